/* SPDX-License-Identifier: MIT */
/* A profile that lets through what was seen and what is needed beside, and the proof of it. */
#ifndef SBPF_TOOLS_ADVICE_PROFILE_H
#define SBPF_TOOLS_ADVICE_PROFILE_H

#include "advice.h"
#include "argument_rules.h"

/*
 * The text of a profile, with a comment in every entry that says why. malloc'd; NULL when there is
 * no memory, which was reported.
 */
char *advice_text(const struct tool *tool, const struct advice *advice,
		  const struct argument_choice *choice, size_t *length);

/* How many calls a profile lets through for each reason, and how many get ENOSYS. */
struct advice_counts {
	size_t reasons[ADVICE_REASONS];
	size_t enosys;
};
void advice_count(const struct advice *advice, struct advice_counts *counts);

/* "seen in 2 of 3 runs", "start of every program"; malloc'd, NULL without memory. */
char *advice_why(const struct advice *advice, int call);

/*
 * Whether the text means the same to docker, oci and literal readers, compares what the kernel
 * reads, and lets through all that was seen: for every machine of the recording. What is wrong was
 * reported, with a call that shows it. name: of the text, for messages.
 */
bool advice_prove(const struct tool *tool, const struct advice *advice,
		  const struct argument_choice *choice, const struct sbpf_target *target,
		  const char *name, const char *text, size_t length);

/* The parts of it that other proofs take. */

/*
 * On one machine: what was seen is let through, and all else ends the process. choice: NULL, or the
 * arguments of which only the values that were seen count. False on error.
 */
bool advice_meaning_of_seen(const struct advice *advice, const struct argument_choice *choice,
			    int machine, struct sbpf_space *space, sbpf_meaning *meaning,
			    struct sbpf_error *error);

/* Whether the relation holds; a call that shows that it does not was reported with what is wrong.
 */
struct advice_claim {
	const struct tool *tool;
	const char *name; /* of the text, for messages */
	struct sbpf_space *space;
};
bool advice_holds(const struct advice_claim *claim, sbpf_meaning a, sbpf_meaning b,
		  enum sbpf_relation relation, const char *what, struct sbpf_error *error);

#endif
