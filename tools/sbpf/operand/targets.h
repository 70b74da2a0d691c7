/* SPDX-License-Identifier: MIT */
/* The targets that policies are looked at for: one, those of --arch, or all that guards name. */
#ifndef SBPF_TOOLS_TARGETS_H
#define SBPF_TOOLS_TARGETS_H

#include "operand.h"

#include <stdio.h>

/* The options that choose them. */
struct target_choice {
	struct sbpf_target target; /* machine: a list, as it was written */
	bool all;
	bool one;
};

/* --all-targets and --one-target, with their offsets into struct target_choice. */
extern const struct option_row targets_rows[];
extern const size_t targets_row_count;

/* Whether targets beside the one that is asked for are looked at. */
enum targets_default {
	TARGETS_ASKED, /* with --all-targets */
	TARGETS_NAMED, /* where profiles alone are compared, and name some, too */
};

/* One of them; strings are owned by struct targets. */
struct one_target {
	struct sbpf_target target;
	int machine;
	bool own_capabilities; /* a config.json's, whatever they are */
	uint64_t capabilities; /* bit = CAP_* number */
	char kernel[32];       /* "6.18.5" */
};

struct targets {
	struct one_target *list;
	size_t count;	/* that are looked at */
	size_t found;	/* all there are */
	bool all;	/* that the guards of the profiles tell apart, but for what options say */
	bool limited;	/* there are more than can be looked at; which was reported */
	uint64_t bytes; /* of the texts that are read for each of them */
	uint64_t work;	/* that was done for those looked at, in steps of the proof */
	bool has_filters;
	bool has_other_flags; /* the profiles of one operand, than those of another */
	const struct target_choice *choice;
	uint64_t machines; /* that profiles name: bit = ABI index */
	uint64_t capabilities;
	size_t kernels;
	char **strings;
	size_t string_count;
};

/* The target to load operands for, which is the first: --arch may name several machines. False
 * when one is none, which was reported. */
bool targets_first(const struct tool *tool, const struct target_choice *choice,
		   struct sbpf_target *first);

/* All of them for loaded operands. False when that failed, which was reported. */
bool targets_find(const struct tool *tool, const struct target_choice *choice,
		  enum targets_default otherwise, const struct operand *const *operands,
		  size_t count, struct targets *targets);
void targets_free(struct targets *targets);

/* "x86_64 with x86 and x32, kernel 6.18.5, Docker's 14 capabilities". abis: bit = ABI index; 0:
 * without them. */
void target_print(FILE *out, const struct one_target *target, uint64_t abis);

/*
 * After so many targets are done, the last of them in this space: whether to go on with the next.
 * False after the last, and when the work that all may take is used up: then the others are left
 * out, targets are limited, and that was reported.
 */
bool targets_go_on(const struct tool *tool, struct targets *targets, size_t done,
		   const struct sbpf_space *space);

/*
 * Two lines: what was looked at and what was not. abis are of the machine where there is one
 * target. prefix begins the lines.
 */
void targets_print(FILE *out, const char *prefix, const struct targets *targets, uint64_t abis);

/* {"machine": "x86_64", "kernel": "6.18.5", "capabilities": ["CAP_CHOWN", …]} or null. */
void target_json(FILE *out, const struct one_target *target);

/* A list of those. */
void targets_json(FILE *out, const struct targets *targets);

#endif
