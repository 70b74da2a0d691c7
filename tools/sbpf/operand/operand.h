/* SPDX-License-Identifier: MIT */
/*
 * A POLICY operand: a profile, a SeccompProfile manifest, a raw filter, "pid:N" (the filters of a
 * live process), "-" (standard input), or a stack "A+B" of those, newest first.
 */
#ifndef SBPF_TOOLS_OPERAND_H
#define SBPF_TOOLS_OPERAND_H

#include "common.h"

struct operand_part {
	char *path; /* as the user named it: "-", "profile.json", "pid:7" */

	/* A profile; else all of it is NULL and 0. */
	char *text;
	size_t length;
	const char *prefix; /* of its paths: "linux.seccomp." in a config.json, else "" */
	struct sbpf_policy *policy;

	/* A raw filter, in this machine's byte order; else NULL and 0. */
	struct sock_filter *program;
	size_t count;
};

struct operand {
	char *name;
	struct operand_part *parts; /* newest first */
	size_t count;
};

/*
 * Understands an operand, the profiles in it for the target. False when that failed, which was
 * reported; then there is nothing to free. Warnings of profiles are reported too.
 */
bool operand_load(const struct tool *tool, const struct sbpf_target *target, const char *name,
		  struct operand *operand);

/* The same without the warnings of profiles. */
bool operand_load_quietly(const struct tool *tool, const struct sbpf_target *target,
			  const char *name, struct operand *operand);

/*
 * The same for one profile and nothing else; path NULL: the built-in one. Like operand_load(),
 * warnings are reported.
 */
bool operand_load_profile(const struct tool *tool, const struct sbpf_target *target,
			  const char *path, struct operand *operand);

/*
 * Reads the profiles of an operand anew, for another target and without their warnings. False when
 * that failed, which was reported; then they are as before.
 */
bool operand_retarget(const struct tool *tool, const struct sbpf_target *target,
		      struct operand *operand);

/* A profile or a SeccompProfile manifest alone, "-" for standard input. NULL on error. */
struct sbpf_policy *operand_profile(const struct sbpf_target *target, const char *path,
				    struct sbpf_error *error);

/* The meaning of all parts together. False when that failed, which was reported. */
bool operand_meaning(const struct tool *tool, struct sbpf_space *space,
		     const struct operand *operand, sbpf_meaning *meaning);

void operand_free(struct operand *operand);

/* The machine that a target means, as an ABI index; -1 when there is none, which was reported. */
int operand_machine(const struct tool *tool, const struct sbpf_target *target);

/* A space for meanings of the target's calls. NULL when that failed, which was reported. */
struct sbpf_space *operand_space(const struct tool *tool, const struct sbpf_target *target);

/*
 * The ABIs of a kernel of this machine, and those that a profile among the parts covers: bit = ABI
 * index.
 */
uint64_t operand_abis(int machine, const struct operand *operand);

#endif
