/* SPDX-License-Identifier: MIT */
/*
 * The instructions of classic BPF that seccomp takes: how each is written, what its constant has to
 * be, what it computes and where it leads. proof/program_meaning.c reads none of it.
 */
#ifndef SBPF_LIB_INSTRUCTION_H
#define SBPF_LIB_INSTRUCTION_H

#include "sbpf.h"

#include <linux/bpf_common.h>

/* What an instruction works on beside A. */
enum operand {
	OPERAND_NONE,
	OPERAND_CONSTANT,
	OPERAND_OFFSET,	 /* in struct seccomp_data */
	OPERAND_SCRATCH, /* a word of the scratch memory */
	OPERAND_X,
	OPERAND_A,
	OPERAND_LENGTH, /* of struct seccomp_data */
};

struct operation {
	uint16_t code;
	enum operand operand;
	const char *name;     /* in bpf_asm's language (bpf_exp.y of Linux 6.12) */
	const char *sentence; /* "A += %s", with k for %s; NULL for what names a field or a jump */
	/* What is wrong with the constant or the jump, or NULL. left: instructions after it. */
	const char *(*find_fault)(const struct sock_filter *instruction, size_t left);
};

/* NULL for a code that seccomp filters cannot have. */
const struct operation *operation_find(uint16_t code);

/* What A is after arithmetic with an operand. False for a division by zero, which ends the run. */
bool alu(uint16_t code, uint32_t operand, uint32_t *a);

/* Whether the condition of a jump holds. */
bool test_holds(uint16_t code, uint32_t a, uint32_t operand);

static inline bool is_jump_always(const struct sock_filter *instruction)
{
	return instruction->code == (BPF_JMP | BPF_JA);
}

/* Whether it is a jump on a condition. */
static inline bool is_branch(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_JMP && !is_jump_always(instruction);
}

/* Whether A is the same after it: storing, loading X, TAX. */
static inline bool leaves_accumulator(const struct sock_filter *instruction)
{
	uint16_t class = BPF_CLASS(instruction->code);

	return class == BPF_ST || class == BPF_STX || class == BPF_LDX || class == BPF_JMP ||
	       instruction->code == (BPF_MISC | BPF_TAX);
}

static inline size_t target_true(const struct sock_filter *program, size_t index)
{
	return index + 1 + program[index].jt;
}

static inline size_t target_false(const struct sock_filter *program, size_t index)
{
	return index + 1 + program[index].jf;
}

static inline size_t target_always(const struct sock_filter *program, size_t index)
{
	return index + 1 + program[index].k;
}

#endif
