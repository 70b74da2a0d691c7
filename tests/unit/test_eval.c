/* SPDX-License-Identifier: MIT */
/* Programs are checked, run and answered from the cache as the kernel does it. */
#include <errno.h>
#include <linux/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "sbpf.h"
#include "walk.h"

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define IMM(value) BPF_STMT(BPF_LD | BPF_IMM, value)
#define IMM_X(value) BPF_STMT(BPF_LDX | BPF_IMM, value)
#define ALU(operation, value) BPF_STMT(BPF_ALU | (operation) | BPF_K, value)
#define ALU_X(operation) BPF_STMT(BPF_ALU | (operation) | BPF_X, 0)
#define JUMP(compare, value, jt, jf) BPF_JUMP(BPF_JMP | (compare) | BPF_K, value, jt, jf)
#define JUMP_X(compare, jt, jf) BPF_JUMP(BPF_JMP | (compare) | BPF_X, 0, jt, jf)
#define JA(distance) BPF_STMT(BPF_JMP | BPF_JA, distance)
#define RET(value) BPF_STMT(BPF_RET | BPF_K, value)
#define RET_A BPF_STMT(BPF_RET | BPF_A, 0)
#define STORE(word) BPF_STMT(BPF_ST, word)
#define STORE_X(word) BPF_STMT(BPF_STX, word)
#define FETCH(word) BPF_STMT(BPF_LD | BPF_MEM, word)
#define FETCH_X(word) BPF_STMT(BPF_LDX | BPF_MEM, word)
#define LENGTH_MAX 10

/* ---- Checking ---- */

/* A program ends with the first instruction of code 0xffff. */
#define END                                                                                        \
	{                                                                                          \
		0xffff, 0, 0, 0                                                                    \
	}

static size_t length_of(const struct sock_filter *program)
{
	size_t count = 0;

	while (program[count].code != 0xffff)
		count++;
	return count;
}

static const struct {
	struct sock_filter program[LENGTH_MAX];
	const char *message; /* NULL when it is accepted */
} checks[] = {
	{ { RET(0), END }, NULL },
	{ { RET_A, END }, NULL },
	{ { LOAD(0), RET(0), END }, NULL },
	{ { LOAD(60), RET(0), END }, NULL },
	{ { LOAD(64), RET(0), END },
	  "instruction 0 (code 0x20, k 0x00000040) loads no aligned word of struct seccomp_data" },
	{ { LOAD(0xfffffffc), RET(0), END },
	  "instruction 0 (code 0x20, k 0xfffffffc) loads no aligned word of struct seccomp_data" },
	{ { RET(1), LOAD(2), RET(0), END },
	  "instruction 1 (code 0x20, k 0x00000002) loads no aligned word of struct seccomp_data" },
	{ { LOAD(61), RET(0), END },
	  "instruction 0 (code 0x20, k 0x0000003d) loads no aligned word of struct seccomp_data" },
	/* Divisors and shifts. */
	{ { ALU(BPF_DIV, 1), RET(0), END }, NULL },
	{ { ALU(BPF_DIV, 0), RET(0), END },
	  "instruction 0 (code 0x34, k 0x00000000) divides by zero" },
	{ { ALU_X(BPF_DIV), RET(0), END }, NULL },
	{ { ALU(BPF_LSH, 31), ALU(BPF_RSH, 31), RET(0), END }, NULL },
	{ { ALU(BPF_LSH, 32), RET(0), END },
	  "instruction 0 (code 0x64, k 0x00000020) shifts by more than 31 bits" },
	{ { ALU(BPF_RSH, 32), RET(0), END },
	  "instruction 0 (code 0x74, k 0x00000020) shifts by more than 31 bits" },
	{ { ALU(BPF_RSH, 0xffffffff), RET(0), END },
	  "instruction 0 (code 0x74, k 0xffffffff) shifts by more than 31 bits" },
	{ { ALU_X(BPF_LSH), ALU_X(BPF_RSH), RET(0), END }, NULL },
	/* Jumps. */
	{ { JA(0), RET(0), END }, NULL },
	{ { JA(1), RET(0), END },
	  "instruction 0 (code 0x05, k 0x00000001) jumps out of the program" },
	{ { JA(0xffffffff), RET(0), END },
	  "instruction 0 (code 0x05, k 0xffffffff) jumps out of the program" },
	{ { JUMP(BPF_JEQ, 0, 1, 0), RET(0), RET(1), END }, NULL },
	{ { JUMP(BPF_JEQ, 0, 2, 0), RET(0), RET(1), END },
	  "instruction 0 (code 0x15, k 0x00000000) jumps out of the program" },
	{ { JUMP(BPF_JGT, 7, 0, 2), RET(0), RET(1), END },
	  "instruction 0 (code 0x25, k 0x00000007) jumps out of the program" },
	{ { JUMP_X(BPF_JGE, 0, 255), RET(0), END },
	  "instruction 0 (code 0x3d, k 0x00000000) jumps out of the program" },
	{ { JUMP(BPF_JSET, 1, 1, 0), RET(0), END },
	  "instruction 0 (code 0x45, k 0x00000001) jumps out of the program" },
	/* The end. */
	{ { RET(0), LOAD(0), END }, "instruction 1 is the last and no return" },
	{ { IMM(1), END }, "instruction 0 is the last and no return" },
	/* Scratch words. */
	{ { STORE(15), FETCH(15), RET_A, END }, NULL },
	{ { STORE_X(3), FETCH_X(3), RET_A, END }, NULL },
	{ { STORE(16), RET(0), END },
	  "instruction 0 (code 0x02, k 0x00000010) names a scratch word above 15" },
	{ { STORE_X(16), RET(0), END },
	  "instruction 0 (code 0x03, k 0x00000010) names a scratch word above 15" },
	{ { FETCH(16), RET(0), END },
	  "instruction 0 (code 0x60, k 0x00000010) names a scratch word above 15" },
	{ { FETCH_X(0x80000000), RET(0), END },
	  "instruction 0 (code 0x61, k 0x80000000) names a scratch word above 15" },
	{ { FETCH(0), RET(0), END }, "instruction 0 loads scratch word 0 before it is stored" },
	{ { STORE(1), FETCH_X(2), RET(0), END },
	  "instruction 1 loads scratch word 2 before it is stored" },
	/* Stored on one way, not on the other. */
	{ { JUMP(BPF_JEQ, 0, 0, 1), STORE(4), FETCH(4), RET(0), END },
	  "instruction 2 loads scratch word 4 before it is stored" },
	{ { JUMP(BPF_JEQ, 0, 1, 0), STORE(4), FETCH(4), RET(0), END },
	  "instruction 2 loads scratch word 4 before it is stored" },
	{ { JUMP(BPF_JEQ, 0, 0, 2), STORE(4), JA(1), STORE(4), FETCH(4), RET(0), END }, NULL },
	{ { JA(1), STORE(4), FETCH(4), RET(0), END },
	  "instruction 2 loads scratch word 4 before it is stored" },
	{ { STORE(4), JA(0), FETCH(4), RET(0), END }, NULL },
	/* What no way leads to is checked as if all had been stored behind a jump ... */
	{ { JA(1), FETCH(4), RET(0), END }, NULL },
	/* ... and as it stood behind a return. */
	{ { RET(0), FETCH(4), RET(0), END },
	  "instruction 1 loads scratch word 4 before it is stored" },
	{ { STORE(4), RET(0), FETCH(4), RET(0), END }, NULL },
};

START_TEST(program_is_checked_by_the_kernels_rules)
{
	const struct sock_filter *program = checks[_i].program;
	struct sbpf_error error = { 0 };
	int result = sbpf_program_check(program, length_of(program), &error);

	ck_assert_str_eq(error.message, checks[_i].message ? checks[_i].message : "");
	ck_assert_int_eq(result, checks[_i].message ? -1 : 0);
	ck_assert_int_eq(error.code, checks[_i].message ? SBPF_ERROR_INVALID : SBPF_OK);
	ck_assert_int_eq(sbpf_program_check(program, length_of(program), NULL), result);
}
END_TEST

/* kernel/seccomp.c: seccomp_check_filter of Linux 6.12. */
static const uint16_t allowed[] = {
	BPF_LD | BPF_W | BPF_ABS,
	BPF_LD | BPF_W | BPF_LEN,
	BPF_LDX | BPF_W | BPF_LEN,
	BPF_RET | BPF_K,
	BPF_RET | BPF_A,
	BPF_ALU | BPF_ADD | BPF_K,
	BPF_ALU | BPF_ADD | BPF_X,
	BPF_ALU | BPF_SUB | BPF_K,
	BPF_ALU | BPF_SUB | BPF_X,
	BPF_ALU | BPF_MUL | BPF_K,
	BPF_ALU | BPF_MUL | BPF_X,
	BPF_ALU | BPF_DIV | BPF_K,
	BPF_ALU | BPF_DIV | BPF_X,
	BPF_ALU | BPF_AND | BPF_K,
	BPF_ALU | BPF_AND | BPF_X,
	BPF_ALU | BPF_OR | BPF_K,
	BPF_ALU | BPF_OR | BPF_X,
	BPF_ALU | BPF_XOR | BPF_K,
	BPF_ALU | BPF_XOR | BPF_X,
	BPF_ALU | BPF_LSH | BPF_K,
	BPF_ALU | BPF_LSH | BPF_X,
	BPF_ALU | BPF_RSH | BPF_K,
	BPF_ALU | BPF_RSH | BPF_X,
	BPF_ALU | BPF_NEG,
	BPF_LD | BPF_IMM,
	BPF_LDX | BPF_IMM,
	BPF_MISC | BPF_TAX,
	BPF_MISC | BPF_TXA,
	BPF_LD | BPF_MEM,
	BPF_LDX | BPF_MEM,
	BPF_ST,
	BPF_STX,
	BPF_JMP | BPF_JA,
	BPF_JMP | BPF_JEQ | BPF_K,
	BPF_JMP | BPF_JEQ | BPF_X,
	BPF_JMP | BPF_JGE | BPF_K,
	BPF_JMP | BPF_JGE | BPF_X,
	BPF_JMP | BPF_JGT | BPF_K,
	BPF_JMP | BPF_JGT | BPF_X,
	BPF_JMP | BPF_JSET | BPF_K,
	BPF_JMP | BPF_JSET | BPF_X,
};

static bool is_allowed(uint16_t code)
{
	for (size_t i = 0; i < COUNT(allowed); i++) {
		if (allowed[i] == code)
			return true;
	}
	return false;
}

START_TEST(only_seccomps_instructions_are_accepted)
{
	for (uint32_t code = 0; code <= UINT16_MAX; code++) {
		const struct sock_filter program[] = { STORE(4), { (uint16_t)code, 0, 0, 4 },
						       RET(0),	 RET(0),
						       RET(0),	 RET(0),
						       RET(0) };
		struct sbpf_error error = { 0 };
		char message[80];
		int result = sbpf_program_check(program, COUNT(program), &error);

		snprintf(message, sizeof(message),
			 "instruction 1 (code 0x%02x, k 0x00000004) is none that seccomp takes",
			 code);
		ck_assert_int_eq(result, is_allowed((uint16_t)code) ? 0 : -1);
		ck_assert_str_eq(error.message, result ? message : "");
	}
}
END_TEST

START_TEST(program_has_1_to_4096_instructions)
{
	static struct sock_filter program[5000];
	struct sbpf_error error = { 0 };

	for (size_t i = 0; i < COUNT(program); i++)
		program[i] = (struct sock_filter)RET(0);
	ck_assert_int_eq(sbpf_program_check(program, 4096, &error), 0);
	ck_assert_int_eq(sbpf_program_check(program, 0, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_INVALID);
	ck_assert_str_eq(error.message, "a program needs an instruction");
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_program_check(NULL, 4, &error), -1);
	ck_assert_str_eq(error.message, "a program needs an instruction");
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_program_check(program, 4097, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_TOO_LARGE);
	ck_assert_str_eq(error.message,
			 "4097 instructions, 1 more than the kernel's limit of 4096");
}
END_TEST

/* ---- Running ---- */

static const struct seccomp_data sample = {
	.nr = -2,
	.arch = 0xc000003e,
	.instruction_pointer = 0x1122334455667788,
	.args = { 0x0102030405060708, 0x1112131415161718, 0x2122232425262728, 0x3132333435363738,
		  0x4142434445464748, 0x5152535455565758 },
};

static const struct {
	struct sock_filter program[LENGTH_MAX];
	uint32_t verdict;
	size_t steps;
} runs[] = {
	{ { RET(0x12345678), END }, 0x12345678, 1 },
	{ { RET_A, END }, 0, 1 },
	{ { LOAD(0), RET_A, END }, 0xfffffffe, 2 },
	{ { LOAD(4), RET_A, END }, 0xc000003e, 2 },
	{ { LOAD(8), RET_A, END }, 0x55667788, 2 },
	{ { LOAD(12), RET_A, END }, 0x11223344, 2 },
	{ { LOAD(16), RET_A, END }, 0x05060708, 2 },
	{ { LOAD(20), RET_A, END }, 0x01020304, 2 },
	{ { LOAD(56), RET_A, END }, 0x55565758, 2 },
	{ { LOAD(60), RET_A, END }, 0x51525354, 2 },
	{ { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), RET_A, END }, 64, 2 },
	{ { BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0), RET_A, END },
	  64,
	  3 },
	{ { IMM(7), ALU(BPF_ADD, 0xfffffffe), RET_A, END }, 5, 3 },
	{ { IMM(7), IMM_X(9), ALU_X(BPF_ADD), RET_A, END }, 16, 4 },
	{ { IMM(7), ALU(BPF_SUB, 9), RET_A, END }, 0xfffffffe, 3 },
	{ { IMM(7), IMM_X(9), ALU_X(BPF_SUB), RET_A, END }, 0xfffffffe, 4 },
	{ { IMM(0x10001), ALU(BPF_MUL, 0x10001), RET_A, END }, 0x20001, 3 },
	{ { IMM(6), IMM_X(7), ALU_X(BPF_MUL), RET_A, END }, 42, 4 },
	{ { IMM(0xfffffffe), ALU(BPF_DIV, 3), RET_A, END }, 0x55555554, 3 },
	{ { IMM(43), IMM_X(7), ALU_X(BPF_DIV), RET_A, END }, 6, 4 },
	/* A division by zero ends the program with 0. */
	{ { IMM(43), IMM_X(0), ALU_X(BPF_DIV), RET(9), END }, 0, 3 },
	{ { IMM(0xff), ALU(BPF_AND, 0x3c), RET_A, END }, 0x3c, 3 },
	{ { IMM(0xff), IMM_X(0x3c), ALU_X(BPF_AND), RET_A, END }, 0x3c, 4 },
	{ { IMM(0xf0), ALU(BPF_OR, 0x3c), RET_A, END }, 0xfc, 3 },
	{ { IMM(0xf0), IMM_X(0x3c), ALU_X(BPF_OR), RET_A, END }, 0xfc, 4 },
	{ { IMM(0xf0), ALU(BPF_XOR, 0x3c), RET_A, END }, 0xcc, 3 },
	{ { IMM(0xf0), IMM_X(0x3c), ALU_X(BPF_XOR), RET_A, END }, 0xcc, 4 },
	{ { IMM(0x80000001), ALU(BPF_LSH, 1), RET_A, END }, 2, 3 },
	{ { IMM(0x80000001), ALU(BPF_RSH, 31), RET_A, END }, 1, 3 },
	/* Shifts by X take its lower five bits. */
	{ { IMM(3), IMM_X(33), ALU_X(BPF_LSH), RET_A, END }, 6, 4 },
	{ { IMM(6), IMM_X(0xffffffe1), ALU_X(BPF_RSH), RET_A, END }, 3, 4 },
	{ { IMM(6), IMM_X(32), ALU_X(BPF_RSH), RET_A, END }, 6, 4 },
	{ { IMM(1), BPF_STMT(BPF_ALU | BPF_NEG, 0), RET_A, END }, 0xffffffff, 3 },
	{ { IMM(8), BPF_STMT(BPF_MISC | BPF_TAX, 0), IMM(1), ALU_X(BPF_ADD), RET_A, END }, 9, 5 },
	/* Scratch words keep apart. */
	{ { IMM(5), STORE(0), IMM(6), STORE(15), FETCH(0), RET_A, END }, 5, 6 },
	{ { IMM_X(5), STORE_X(3), IMM_X(1), FETCH(3), ALU_X(BPF_ADD), RET_A, END }, 6, 6 },
	{ { IMM(5), STORE(7), IMM(1), FETCH_X(7), ALU_X(BPF_ADD), RET_A, END }, 6, 6 },
	/* Jumps. */
	{ { JA(1), RET(1), RET(2), END }, 2, 2 },
	{ { IMM(5), JUMP(BPF_JEQ, 5, 0, 1), RET(1), RET(2), END }, 1, 3 },
	{ { IMM(6), JUMP(BPF_JEQ, 5, 0, 1), RET(1), RET(2), END }, 2, 3 },
	{ { IMM(5), JUMP(BPF_JGT, 5, 0, 1), RET(1), RET(2), END }, 2, 3 },
	{ { IMM(0x80000000), JUMP(BPF_JGT, 5, 0, 1), RET(1), RET(2), END }, 1, 3 },
	{ { IMM(5), JUMP(BPF_JGE, 5, 0, 1), RET(1), RET(2), END }, 1, 3 },
	{ { IMM(4), JUMP(BPF_JGE, 5, 0, 1), RET(1), RET(2), END }, 2, 3 },
	{ { IMM(4), JUMP(BPF_JSET, 6, 0, 1), RET(1), RET(2), END }, 1, 3 },
	{ { IMM(1), JUMP(BPF_JSET, 6, 0, 1), RET(1), RET(2), END }, 2, 3 },
	{ { IMM(5), IMM_X(5), JUMP_X(BPF_JEQ, 0, 1), RET(1), RET(2), END }, 1, 4 },
	{ { IMM(5), IMM_X(4), JUMP_X(BPF_JGT, 0, 1), RET(1), RET(2), END }, 1, 4 },
	{ { IMM(5), IMM_X(6), JUMP_X(BPF_JGE, 0, 1), RET(1), RET(2), END }, 2, 4 },
	{ { IMM(5), IMM_X(2), JUMP_X(BPF_JSET, 0, 1), RET(1), RET(2), END }, 2, 4 },
};

START_TEST(instruction_does_what_the_kernels_does)
{
	const struct sock_filter *program = runs[_i].program;
	struct sbpf_error error = { 0 };
	size_t steps;

	ck_assert_msg(!sbpf_program_check(program, length_of(program), &error), "%s",
		      error.message);
	ck_assert_uint_eq(sbpf_program_run(program, length_of(program), &sample, false, &steps),
			  runs[_i].verdict);
	ck_assert_uint_eq(steps, runs[_i].steps);
	ck_assert_uint_eq(sbpf_program_run(program, length_of(program), &sample, false, NULL),
			  runs[_i].verdict);
}
END_TEST

/* On a big-endian machine the upper half comes first; number and arch are words of their own. */
START_TEST(big_endian_machines_have_the_upper_half_first)
{
	static const struct {
		uint32_t offset;
		uint32_t word;
	} words[] = { { 0, 0xfffffffe },  { 4, 0xc000003e },  { 8, 0x11223344 },
		      { 12, 0x55667788 }, { 16, 0x01020304 }, { 20, 0x05060708 },
		      { 56, 0x51525354 }, { 60, 0x55565758 } };

	for (size_t i = 0; i < COUNT(words); i++) {
		const struct sock_filter program[] = { LOAD(words[i].offset), RET_A };

		ck_assert_uint_eq(sbpf_program_run(program, 2, &sample, true, NULL), words[i].word);
	}
}
END_TEST

/* ---- The cache ---- */

#define ALLOW RET(SECCOMP_RET_ALLOW)

/* For number 5 on arch 7. */
static const struct {
	struct sock_filter program[LENGTH_MAX];
	bool cached;
} caches[] = {
	{ { ALLOW, END }, true },
	{ { RET(SECCOMP_RET_LOG), END }, false },
	{ { RET(SECCOMP_RET_ALLOW | 1), END }, false },
	{ { RET_A, END }, false },
	{ { LOAD(0), JUMP(BPF_JEQ, 5, 0, 1), ALLOW, RET(0), END }, true },
	{ { LOAD(0), JUMP(BPF_JEQ, 6, 0, 1), ALLOW, RET(0), END }, false },
	{ { LOAD(4), JUMP(BPF_JEQ, 7, 0, 1), ALLOW, RET(0), END }, true },
	{ { LOAD(4), JUMP(BPF_JEQ, 5, 0, 1), ALLOW, RET(0), END }, false },
	{ { LOAD(0), JUMP(BPF_JGE, 5, 0, 1), ALLOW, RET(0), END }, true },
	{ { LOAD(0), JUMP(BPF_JGT, 5, 0, 1), ALLOW, RET(0), END }, false },
	{ { LOAD(0), JUMP(BPF_JGT, 4, 0, 1), ALLOW, RET(0), END }, true },
	{ { LOAD(0), JUMP(BPF_JSET, 4, 0, 1), ALLOW, RET(0), END }, true },
	{ { LOAD(0), JUMP(BPF_JSET, 2, 0, 1), ALLOW, RET(0), END }, false },
	{ { LOAD(0), ALU(BPF_AND, 4), JUMP(BPF_JEQ, 4, 0, 1), ALLOW, RET(0), END }, true },
	{ { JA(1), RET(0), ALLOW, END }, true },
	/* Before any load the kernel takes the accumulator for 0. */
	{ { JUMP(BPF_JEQ, 0, 0, 1), ALLOW, RET(0), END }, true },
	/* What the kernel does not follow, even where it could not matter. */
	{ { LOAD(8), ALLOW, END }, false },
	{ { LOAD(16), ALLOW, END }, false },
	{ { LOAD(60), ALLOW, END }, false },
	{ { LOAD(0), ALU(BPF_OR, 1), ALLOW, END }, false },
	{ { LOAD(0), ALU(BPF_ADD, 1), ALLOW, END }, false },
	{ { LOAD(0), ALU(BPF_SUB, 0), ALLOW, END }, false },
	{ { LOAD(0), ALU_X(BPF_AND), ALLOW, END }, false },
	{ { LOAD(0), JUMP_X(BPF_JGE, 0, 0), ALLOW, END }, false },
	{ { IMM(0), ALLOW, END }, false },
	{ { IMM_X(0), ALLOW, END }, false },
	{ { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), ALLOW, END }, false },
	{ { STORE(0), ALLOW, END }, false },
	{ { BPF_STMT(BPF_MISC | BPF_TAX, 0), ALLOW, END }, false },
	/* A way not taken may hold anything. */
	{ { LOAD(0), JUMP(BPF_JEQ, 5, 1, 0), LOAD(16), ALLOW, END }, true },
};

START_TEST(number_is_cached_when_the_kernel_would)
{
	const struct sock_filter *program = caches[_i].program;

	ck_assert(sbpf_program_is_cached(program, length_of(program), 7, 5) == caches[_i].cached);
}
END_TEST

/* seccomp_cache_check_allow(): the number is beyond the bitmap. */
START_TEST(x32_numbers_are_never_cached)
{
	const struct sock_filter allow[] = { ALLOW };

	ck_assert(sbpf_program_is_cached(allow, 1, AUDIT_ARCH_X86_64, 39));
	ck_assert(!sbpf_program_is_cached(allow, 1, AUDIT_ARCH_X86_64, 0x40000000 + 39));
	ck_assert(!sbpf_program_is_cached(allow, 1, AUDIT_ARCH_X86_64, UINT32_MAX));
	ck_assert(sbpf_program_is_cached(allow, 1, AUDIT_ARCH_I386, 39));
}
END_TEST

START_TEST(x32_is_never_cached)
{
	const struct sock_filter program[] = { ALLOW };

	ck_assert(sbpf_program_is_cached(program, 1, 0xc000003e, 0x3fffffff));
	ck_assert(!sbpf_program_is_cached(program, 1, 0xc000003e, 0x40000000));
	ck_assert(!sbpf_program_is_cached(program, 1, 0xc000003e, 0x400001ff));
	ck_assert(sbpf_program_is_cached(program, 1, 0xc00000b7, 0x40000000));
}
END_TEST

/* ---- The running kernel ---- */

#define MUTANTS 300
#define MUTANT_LENGTH 24

enum answer { REFUSED, ACCEPTED, UNKNOWN };

/* Loads the program in a child, which tells by its exit status whether the kernel took it. */
static enum answer ask_kernel(const struct sock_filter *program, size_t count)
{
	struct sock_fprog list = { (unsigned short)count,
				   (struct sock_filter *)(uintptr_t)program };
	int status;
	pid_t child = fork();

	if (child == 0) {
		/* Killed children need not dump core. */
		if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			_exit(UNKNOWN);
		if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &list))
			_exit(ACCEPTED);
		_exit(errno == EINVAL ? REFUSED : UNKNOWN);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return UNKNOWN;
	/* Its exit was refused, killed or trapped: the filter is in force. */
	return WIFEXITED(status) ? (enum answer)WEXITSTATUS(status) : ACCEPTED;
}

/* A program that the kernel takes, made of instructions of all kinds. */
static void make_valid(struct sock_filter *program, uint32_t *state)
{
	for (size_t pc = 0; pc + 1 < MUTANT_LENGTH; pc++) {
		uint16_t code = allowed[chance(state) % COUNT(allowed)];
		uint8_t left = (uint8_t)(MUTANT_LENGTH - pc - 1);
		struct sock_filter instruction = { code, (uint8_t)(chance(state) % left),
						   (uint8_t)(chance(state) % left), 1 };

		if (BPF_CLASS(code) == BPF_JMP)
			instruction.k = chance(state) % left;
		else if (code == (BPF_LD | BPF_W | BPF_ABS))
			instruction.k = chance(state) % 16 * 4;
		else if (code == (BPF_LD | BPF_MEM) || code == (BPF_LDX | BPF_MEM))
			instruction = (struct sock_filter)STORE(chance(state) % 16);
		else if (BPF_CLASS(code) == BPF_ST || BPF_CLASS(code) == BPF_STX)
			instruction.k = chance(state) % 16;
		program[pc] = instruction;
	}
	program[MUTANT_LENGTH - 1] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
}

/* Changes a field of an instruction or two: often just over an edge. */
static void mutate(struct sock_filter *program, uint32_t *state)
{
	static const uint32_t constants[] = {
		0, 1, 15, 16, 17, 31, 32, 33, 60, 61, 63, 64, MUTANT_LENGTH, 0x80000000, 0xffffffff
	};
	uint32_t changes = chance(state) % 3;

	for (uint32_t i = 0; i < changes; i++) {
		struct sock_filter *instruction = &program[chance(state) % MUTANT_LENGTH];

		switch (chance(state) % 5) {
		case 0:
			instruction->code = (uint16_t)(chance(state) % 0x110);
			break;
		case 1:
			instruction->code = allowed[chance(state) % COUNT(allowed)];
			break;
		case 2:
			instruction->jt = (uint8_t)(chance(state) % (2 * MUTANT_LENGTH));
			break;
		case 3:
			*instruction = (struct sock_filter)FETCH(chance(state) % 16);
			break;
		default:
			instruction->k = constants[chance(state) % COUNT(constants)];
		}
	}
}

static bool kernel_has_seccomp(void)
{
	const struct sock_filter allow[] = { ALLOW };

	return ask_kernel(allow, 1) == ACCEPTED;
}

/* Some that check accepts and some that it refuses; the kernel says the same of all. */
START_TEST(running_kernel_accepts_the_same_programs)
{
	uint32_t state = 2654435769u;
	unsigned int counts[2] = { 0 };

	if (!kernel_has_seccomp()) {
		fprintf(stderr, "skipped: no seccomp filter can be installed here\n");
		return;
	}
	for (int i = 0; i < MUTANTS; i++) {
		struct sock_filter program[MUTANT_LENGTH];
		struct sbpf_error error = { 0 };
		enum answer wanted;

		make_valid(program, &state);
		mutate(program, &state);
		wanted = sbpf_program_check(program, COUNT(program), &error) ? REFUSED : ACCEPTED;
		counts[wanted]++;
		ck_assert_msg(ask_kernel(program, COUNT(program)) == wanted, "mutant %d: %s", i,
			      error.message);
	}
	ck_assert_uint_gt(counts[REFUSED], MUTANTS / 5);
	ck_assert_uint_gt(counts[ACCEPTED], MUTANTS / 5);
}
END_TEST

START_TEST(running_kernel_agrees_on_the_examples)
{
	if (!kernel_has_seccomp()) {
		fprintf(stderr, "skipped: no seccomp filter can be installed here\n");
		return;
	}
	for (size_t i = 0; i < COUNT(checks); i++) {
		size_t count = length_of(checks[i].program);

		ck_assert_msg(ask_kernel(checks[i].program, count) ==
				      (checks[i].message ? REFUSED : ACCEPTED),
			      "example %zu", i);
	}
}
END_TEST

/* ---- Running the tests ---- */

int main(void)
{
	Suite *suite = suite_create("eval");
	TCase *tests = tcase_create("programs");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, program_is_checked_by_the_kernels_rules, 0, COUNT(checks));
	tcase_add_test(tests, only_seccomps_instructions_are_accepted);
	tcase_add_test(tests, program_has_1_to_4096_instructions);
	tcase_add_loop_test(tests, instruction_does_what_the_kernels_does, 0, COUNT(runs));
	tcase_add_test(tests, big_endian_machines_have_the_upper_half_first);
	tcase_add_loop_test(tests, number_is_cached_when_the_kernel_would, 0, COUNT(caches));
	tcase_add_test(tests, x32_numbers_are_never_cached);
	tcase_add_test(tests, x32_is_never_cached);
	tcase_add_test(tests, running_kernel_accepts_the_same_programs);
	tcase_add_test(tests, running_kernel_agrees_on_the_examples);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
