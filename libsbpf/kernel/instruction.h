/* SPDX-License-Identifier: MIT */
/*
 * The instructions of classic BPF that seccomp takes, a row each. proof/program_meaning.c reads
 * programs without it, so that a mistake here is found.
 */
#ifndef SBPF_LIB_INSTRUCTION_H
#define SBPF_LIB_INSTRUCTION_H

#include <linux/bpf_common.h>

#include "sbpf.h"

/* What stands behind the name in assembly. */
enum operand {
	OPERAND_NONE,
	OPERAND_CONSTANT,
	OPERAND_OFFSET, /* in struct seccomp_data */
	OPERAND_SCRATCH,
	OPERAND_X,
	OPERAND_A,
	OPERAND_LENGTH,
};

/* What the constant, or the targets, have to satisfy. */
enum constant_rule {
	CONSTANT_ANY,
	CONSTANT_DATA,	  /* an aligned offset in struct seccomp_data */
	CONSTANT_MEMORY,  /* a scratch word that was stored before */
	CONSTANT_STORE,	  /* a scratch word */
	CONSTANT_DIVISOR, /* not zero */
	CONSTANT_SHIFT,	  /* less than 32 */
	CONSTANT_JUMP,	  /* within the program */
	CONSTANT_BRANCH,  /* both jt and jf within the program */
};

struct operation {
	char name[5]; /* of bpf_asm */
	uint8_t operand;
	uint8_t constant;
	uint16_t code;
};

/* NULL for a code that seccomp does not take. */
const struct operation *operation_find(uint16_t code);

/* Whether it is JA, or a jump on a condition; and where such jumps lead. */
static inline bool is_jump_always(const struct sock_filter *instruction)
{
	return instruction->code == (BPF_JMP | BPF_JA);
}

static inline bool is_branch(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_JMP && !is_jump_always(instruction);
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
