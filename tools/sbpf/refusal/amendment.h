/* SPDX-License-Identifier: MIT */
/* A profile with additions for refused calls, and the proof that nothing else changed. */
#ifndef SBPF_TOOLS_AMENDMENT_H
#define SBPF_TOOLS_AMENDMENT_H

#include "addition.h"

/* How a call's additions stand in the new text. */
enum manner {
	MANNER_APPENDED, /* the rules as they are, behind all others */
	MANNER_REPLACED, /* rules in place of those that the profile had on the call */
	MANNER_NONE,	 /* not at all: no rules that say just this were found */
};

#define REPLACED_MAX 4

/* What is done for all refusals of one call. */
struct amended_call {
	const char *name;
	enum manner manner;
	bool appends;		  /* no rule decided any of them, so that a further one may do */
	struct text_rule *wanted; /* of the additions, each once */
	size_t wanted_count;
	/* With MANNER_REPLACED: the rules that now speak of it, and entries that did. */
	struct text_rule *rules;
	size_t rule_count;
	size_t replaced[REPLACED_MAX];
	size_t replaced_count; /* of all of them */
};

struct amendment {
	uint64_t bytes; /* that attempts have read */
	const struct tool *tool;
	const struct operand_part *part; /* the profile, the operand's only part */
	struct refusals *refusals;
	struct addition_question question;
	struct addition *additions;    /* one for each refusal */
	struct amended_call **call_of; /* likewise; NULL: no rule is needed */
	struct amended_call *calls;
	size_t call_count;
	uint64_t abis; /* that are covered now: bit = ABI index */
	struct draft before;
	struct draft after; /* with all additions, proven */
};

/*
 * Finds the additions, and makes the text. refusals must be there as long as the amendment is.
 * False when that failed, or the proof found another difference: it was reported, and there is no
 * text to be had. amendment_free() is needed all the same.
 */
bool amend(const struct tool *tool, const struct sbpf_target *target, const struct operand *operand,
	   struct refusals *refusals, struct amendment *amendment);
void amendment_free(struct amendment *amendment);

#endif
