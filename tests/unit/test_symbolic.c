/* SPDX-License-Identifier: MIT */
/* Programs as diagrams: what is exact, what is unknown, limits, and allocations that fail. */
#define _GNU_SOURCE

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <linux/audit.h>

#include "allocator.h"
#include "diagram.h"
#include "program_meaning.h"
#include "sbpf.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define NUMBER 0
#define ARGUMENT(i) (16 + 8 * (i))

/* ---- Asking ---- */

static sbpf_meaning meaning_of(struct sbpf_space *space, const struct sock_filter *program,
			       size_t count)
{
	struct sbpf_error error = { 0 };
	sbpf_meaning meaning = 0;

	ck_assert_msg(!sbpf_meaning_of_program(space, program, count, &meaning, &error), "%s",
		      error.message);
	return meaning;
}

static struct sbpf_space *new_space(const char *machine, uint32_t limit)
{
	struct sbpf_space *space = sbpf_space_new(sbpf_abi_find(machine), limit, NULL);

	ck_assert_ptr_nonnull(space);
	return space;
}

/* ---- Exact ---- */

/* Pairs of programs that mean the same by different arithmetic. */
static const struct {
	const char *what;
	struct sock_filter a[10], b[10];
	size_t a_count, b_count;
} twins[] = {
	{ "an addition moves the constant",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 10),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 15, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1), ALLOW, KILL },
	  5,
	  4 },
	{ "a subtraction wraps around",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_SUB | BPF_K, 10),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0xfffffff6, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 9, 1, 0), ALLOW, KILL },
	  5,
	  4 },
	{ "a product by four is a shift by two",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 4),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 12, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 12, 0, 1), ALLOW, KILL },
	  5,
	  5 },
	{ "a quotient by eight is a shift by three",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 8),
	    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 16, 0, 1), ALLOW, KILL },
	  5,
	  4 },
	{ "the scratch memory keeps a word",
	  { LOAD(NUMBER), BPF_STMT(BPF_ST, 3), LOAD(ARGUMENT(0)), BPF_STMT(BPF_LDX | BPF_MEM, 3),
	    BPF_STMT(BPF_MISC | BPF_TXA, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1), ALLOW,
	    KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1), ALLOW, KILL },
	  8,
	  4 },
	{ "X is zero at the start, and a quotient by it ends the program with 0",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), ALLOW },
	  { BPF_STMT(BPF_RET | BPF_K, 0) },
	  3,
	  1 },
	{ "the length is that of the data",
	  { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 64, 0, 1),
	    ALLOW, KILL },
	  { ALLOW },
	  4,
	  1 },
	{ "a shift by X of a known value is exact modulo 32",
	  { LOAD(NUMBER), BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 33),
	    BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
	    ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1, 1, 0), ALLOW, KILL },
	  6,
	  4 },
	{ "the negative of a negative",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_NEG, 0), BPF_STMT(BPF_ALU | BPF_NEG, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1), ALLOW, KILL },
	  6,
	  4 },
	{ "a verdict in A",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1),
	    BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0) },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO) },
	  4,
	  4 },
	{ "two ways lead to one jump",
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 10, 0, 1),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 20, 0, 2),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 25, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 25, 0, 1), ALLOW, KILL },
	  6,
	  4 },
	{ "jumps about one word say nothing of another",
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 10, 0, 3), LOAD(ARGUMENT(0)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 1), ALLOW, KILL },
	  { LOAD(ARGUMENT(0)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 3), LOAD(NUMBER),
	    BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 9, 0, 1), ALLOW, KILL },
	  6,
	  6 },
	{ "nothing is above the largest number",
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, UINT32_MAX, 0, 1), ALLOW, KILL },
	  { KILL },
	  4,
	  1 },
	{ "what no call comes to may be anything",
	  { LOAD(ARGUMENT(0)), BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD(NUMBER),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 10, 0, 4),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 2, 0), BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
	    BPF_STMT(BPF_RET | BPF_A, 0), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 10, 0, 1), ALLOW, KILL },
	  9,
	  4 },
	{ "what a mask clears is looked at later",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xbfffffff),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 0, 3), LOAD(NUMBER),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x40000000, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x40000005, 0, 1), ALLOW, KILL },
	  7,
	  4 },
	{ "a constant between the values that a mask leaves",
	  { LOAD(NUMBER), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf0),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x18, 0, 2),
	    BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x1c, 0, 1), ALLOW, KILL },
	  { LOAD(NUMBER), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0xe0, 0, 1), ALLOW, KILL },
	  6,
	  4 },
	{ "a product of words that decides nothing",
	  { LOAD(NUMBER), BPF_STMT(BPF_MISC | BPF_TAX, 0), BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 1), ALLOW, ALLOW },
	  { ALLOW },
	  6,
	  1 },
};

START_TEST(programs_of_one_meaning_are_one_diagram)
{
	struct sbpf_space *space = new_space("x86_64", 0);

	ck_assert_msg(meaning_of(space, twins[_i].a, twins[_i].a_count) ==
			      meaning_of(space, twins[_i].b, twins[_i].b_count),
		      "%s", twins[_i].what);
	sbpf_space_free(space);
}
END_TEST

/* On x86 an upper half is 0, so a test of it decides nothing there. */
START_TEST(upper_halves_do_not_count_where_registers_are_narrow)
{
	const struct sock_filter test[] = { LOAD(ARGUMENT(0) + 4),
					    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), KILL,
					    ALLOW };
	const struct sock_filter none[] = { ALLOW };
	struct sbpf_space *space = new_space("x86_64", 0);
	struct sbpf_example example = { 0 };

	ck_assert_int_eq(sbpf_meaning_compare(space, meaning_of(space, test, COUNT(test)),
					      meaning_of(space, none, 1), SBPF_EQUAL, &example,
					      NULL),
			 SBPF_REFUTED);
	ck_assert_uint_eq(example.data.arch, AUDIT_ARCH_X86_64);
	ck_assert_uint_eq(example.data.args[0], UINT64_C(1) << 32);
	ck_assert_uint_eq(example.a, SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(example.b, SECCOMP_RET_ALLOW);
	sbpf_space_free(space);
}
END_TEST

START_TEST(byte_order_decides_which_half_comes_first)
{
	const struct sock_filter program[] = { LOAD(ARGUMENT(2)),
					       BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1), KILL,
					       ALLOW };
	static const struct {
		const char *machine;
		uint64_t value;
	} orders[] = { { "x86_64", 7 }, { "s390x", UINT64_C(7) << 32 } };

	for (size_t i = 0; i < COUNT(orders); i++) {
		struct sbpf_space *space = new_space(orders[i].machine, 0);
		struct seccomp_data data = { .arch = 1, .args = { 0, 0, orders[i].value } };
		uint32_t verdict = 1;

		ck_assert(sbpf_meaning_verdict(space, meaning_of(space, program, COUNT(program)),
					       &data, &verdict));
		ck_assert_uint_eq(verdict, SECCOMP_RET_KILL_PROCESS);
		sbpf_space_free(space);
	}
}
END_TEST

/* ---- Unknown ---- */

/* Number 1 is allowed; what others get hangs on a product of two words. */
static const struct sock_filter half_known[] = {
	LOAD(NUMBER),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 6, 0),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	LOAD(ARGUMENT(0)),
	BPF_STMT(BPF_ALU | BPF_MUL | BPF_X, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 1),
	KILL,
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	ALLOW,
};

START_TEST(product_of_words_is_unknown_where_it_counts)
{
	struct sbpf_space *space = new_space("x86_64", 0);
	sbpf_meaning meaning = meaning_of(space, half_known, COUNT(half_known));
	struct seccomp_data data = { .nr = 1 };
	uint32_t verdict = 0;

	ck_assert(sbpf_meaning_verdict(space, meaning, &data, &verdict));
	ck_assert_uint_eq(verdict, SECCOMP_RET_ALLOW);
	data.nr = 2;
	ck_assert(!sbpf_meaning_verdict(space, meaning, &data, &verdict));
	sbpf_space_free(space);
}
END_TEST

START_TEST(comparing_with_unknown_refutes_only_by_what_is_known)
{
	const struct sock_filter allow[] = { ALLOW };
	const struct sock_filter kill[] = { KILL };
	struct sbpf_space *space = new_space("x86_64", 0);
	sbpf_meaning half = meaning_of(space, half_known, COUNT(half_known));
	struct sbpf_example example = { 0 };
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_meaning_compare(space, half, meaning_of(space, allow, 1), SBPF_EQUAL,
					      &example, &error),
			 SBPF_UNKNOWN);
	ck_assert_int_eq(error.code, SBPF_ERROR_LIMIT);
	ck_assert_int_eq(sbpf_meaning_compare(space, half, meaning_of(space, kill, 1), SBPF_EQUAL,
					      &example, NULL),
			 SBPF_REFUTED);
	ck_assert_int_eq(example.data.nr, 1);
	ck_assert_int_eq(sbpf_meaning_compare(space, half, half, SBPF_EQUAL, NULL, NULL),
			 SBPF_UNKNOWN);
	sbpf_space_free(space);
}
END_TEST

static bool count_difference(void *context, const struct sbpf_difference *difference)
{
	size_t *count = context;

	ck_assert_uint_ne(difference->example.a, DIAGRAM_UNKNOWN);
	ck_assert_uint_ne(difference->example.b, DIAGRAM_UNKNOWN);
	++*count;
	return true;
}

START_TEST(differences_are_known_ones)
{
	const struct sock_filter kill[] = { KILL };
	struct sbpf_space *space = new_space("x86_64", 0);
	struct sbpf_error error = { 0 };
	size_t count = 0;

	ck_assert_int_eq(sbpf_meaning_differences(space,
						  meaning_of(space, half_known, COUNT(half_known)),
						  meaning_of(space, kill, 1), count_difference,
						  &count, &error),
			 -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_LIMIT);
	ck_assert_uint_gt(count, 0);
	sbpf_space_free(space);
}
END_TEST

/* ---- Limits ---- */

/* Every second number is allowed; the last two also by the other. */
START_TEST(numbers_that_alternate_are_passed_over_at_once)
{
	const struct sock_filter even[] = { LOAD(NUMBER),
					    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1), KILL,
					    ALLOW };
	const struct sock_filter but_last[] = {
		LOAD(NUMBER),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1, 0, 1),
		KILL,
		ALLOW,
	};
	struct sbpf_space *space = new_space("x86_64", 0);
	size_t count = 0;

	ck_assert_int_eq(sbpf_meaning_differences(space, meaning_of(space, even, COUNT(even)),
						  meaning_of(space, but_last, COUNT(but_last)),
						  count_difference, &count, NULL),
			 0);
	ck_assert_uint_gt(count, 0);
	ck_assert_uint_lt(count, 64);
	sbpf_space_free(space);
}
END_TEST

/* A comparison of two words takes 2^32 nodes in this order. */
static const struct sock_filter word_by_word[] = {
	LOAD(NUMBER),
	BPF_STMT(BPF_MISC | BPF_TAX, 0),
	LOAD(ARGUMENT(0)),
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_X, 0, 0, 1),
	ALLOW,
	KILL,
};

START_TEST(small_limit_is_named)
{
	static const uint32_t limits[] = { 1, 1000, 100000 };
	struct sbpf_space *space = new_space("x86_64", limits[_i]);
	struct sbpf_error error = { 0 };
	sbpf_meaning meaning;

	ck_assert_int_eq(sbpf_meaning_of_program(space, word_by_word, COUNT(word_by_word), &meaning,
						 &error),
			 -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_LIMIT);
	ck_assert_ptr_nonnull(strstr(error.message, "limit"));
	sbpf_space_free(space);
}
END_TEST

/* Each jump doubles the states: what X and the scratch memory hold depends on the way. */
START_TEST(states_that_double_are_limited)
{
	static struct sock_filter program[256];
	struct sbpf_space *space = new_space("x86_64", 0);
	struct sbpf_error error = { 0 };
	sbpf_meaning meaning;
	size_t count = 0;

	for (uint32_t i = 0; i < 30; i++) {
		program[count++] = (struct sock_filter)LOAD(ARGUMENT(i % 6) + i % 2 * 4);
		program[count++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1u << i, 0, 3);
		program[count++] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0);
		program[count++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 1u << i);
		program[count++] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0);
	}
	program[count++] = (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0);
	program[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	ck_assert_int_eq(sbpf_meaning_of_program(space, program, count, &meaning, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_LIMIT);
	sbpf_space_free(space);
}
END_TEST

/* ---- Memory ---- */

static const char profile[] =
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86\"],\"syscalls\":["
	"{\"names\":[\"read\",\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"
	"\"value\":40,\"op\":\"SCMP_CMP_LT\"}]}]}";

static bool accept_all(void *context, const struct sbpf_difference *difference)
{
	(void)context;
	(void)difference;
	return true;
}

/* Everything that can be asked; the code of the first error. */
static enum sbpf_code ask_all(const struct sbpf_policy *policy)
{
	struct sbpf_error error = { 0 };
	struct sbpf_space *space = sbpf_space_new(sbpf_abi_find("x86_64"), 0, &error);
	sbpf_meaning a, b, both;

	if (space && !sbpf_meaning_of_policy(space, policy, &a, &error) &&
	    !sbpf_meaning_of_program(space, twins[0].a, twins[0].a_count, &b, &error) &&
	    !sbpf_meaning_stack(space, a, b, &both, &error) &&
	    sbpf_meaning_compare(space, a, both, SBPF_EQUAL, NULL, &error) == SBPF_REFUTED)
		sbpf_meaning_differences(space, a, both, accept_all, NULL, &error);
	sbpf_space_free(space);
	return error.code;
}

START_TEST(failed_allocation_is_an_error_of_memory_and_leaks_nothing)
{
	const struct sbpf_target target = { .machine = "x86_64", .kernel = "6.1" };
	struct sbpf_policy *policy = sbpf_load_json(profile, strlen(profile), &target, NULL);
	unsigned long failing = 1;
	bool failed;

	ck_assert_ptr_nonnull(policy);
	do {
		long before = allocator_live();
		enum sbpf_code code;
		long after;

		allocator_arm(failing);
		code = ask_all(policy);
		failed = allocator_disarm();
		after = allocator_live();
		ck_assert_msg(code == (failed ? SBPF_ERROR_MEMORY : SBPF_OK),
			      "allocation %lu: error %d", failing, (int)code);
		ck_assert_msg(before == after, "allocation %lu: %ld blocks left", failing,
			      after - before);
		failing++;
	} while (failed);
	ck_assert_uint_gt(failing, 6);
	sbpf_policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("symbolic");
	TCase *tests = tcase_create("symbolic");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, programs_of_one_meaning_are_one_diagram, 0, COUNT(twins));
	tcase_add_test(tests, upper_halves_do_not_count_where_registers_are_narrow);
	tcase_add_test(tests, byte_order_decides_which_half_comes_first);
	tcase_add_test(tests, product_of_words_is_unknown_where_it_counts);
	tcase_add_test(tests, comparing_with_unknown_refutes_only_by_what_is_known);
	tcase_add_test(tests, differences_are_known_ones);
	tcase_add_test(tests, numbers_that_alternate_are_passed_over_at_once);
	tcase_add_loop_test(tests, small_limit_is_named, 0, 3);
	tcase_add_test(tests, states_that_double_are_limited);
	tcase_add_test(tests, failed_allocation_is_an_error_of_memory_and_leaks_nothing);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
