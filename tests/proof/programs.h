/* SPDX-License-Identifier: MIT */
/* Random programs that the kernel takes, and programs that differ from one in one instruction. */
#ifndef SBPF_TESTS_PROOF_PROGRAMS_H
#define SBPF_TESTS_PROOF_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

#include "random.h"

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	size_t count;
};

/* What a random program may use; each also what those before it do. */
enum flavour {
	FLAVOUR_TESTS,	  /* loads of words, AND with constants, jumps by constants */
	FLAVOUR_CONSTANT, /* all operations by constants, ld len */
	FLAVOUR_MEMORY,	  /* X and the scratch memory hold words, jumps by X */
	FLAVOUR_ALL,	  /* all operations by X, ret A with few bits */
	FLAVOURS,
};

/* length: at least 2 and at most BPF_MAXINSNS. */
void program_random(struct random *random, enum flavour flavour, size_t length,
		    struct program *program);

/* Copies a program and changes one instruction. False when the kernel would refuse the result. */
bool program_mutate(struct random *random, const struct program *program, size_t at,
		    struct program *mutant);

/* Whether all that a program computes can be expressed, so that no answer may be unknown. */
bool program_is_expressible(const struct program *program);

/* A line an instruction, on standard error. */
void program_print(const struct program *program);

#endif
