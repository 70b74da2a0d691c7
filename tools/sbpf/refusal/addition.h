/* SPDX-License-Identifier: MIT */
/* What to write into a profile so that a refused call passes, and as little else as can be. */
#ifndef SBPF_TOOLS_ADDITION_H
#define SBPF_TOOLS_ADDITION_H

#include "families.h"
#include "operand.h"
#include "profile_text.h"
#include "refusals.h"

/* A profile as it is at some step, read for the target. */
struct draft {
	char *text;
	size_t length;
	struct sbpf_policy *policy;
	sbpf_meaning meaning;
};

enum addition_kind {
	ADDITION_NONE,	 /* because of reason */
	ADDITION_RULE,	 /* a rule that allows it */
	ADDITION_ENOSYS, /* a rule that answers so, on which libraries do what they did before */
};

struct addition {
	enum addition_kind kind;
	const char *reason; /* a clause: "another filter refuses it" */
	int abi;	    /* that the profile must cover first; -1: it does */
	bool is_handled;    /* nothing is needed: libraries fall back on what it got */
	const char *name;   /* static storage */
	struct text_rule rule;
	char fallback[FALLBACK_MAX]; /* what libraries fall back on: one of these; or "" */
	const char *user;	     /* which libraries do; or NULL */
};

/* What additions are found for. */
struct addition_question {
	const struct sbpf_target *target;
	int machine;
	uint64_t relatives; /* ABIs of a kernel of the machine: bit = ABI index */
	uint32_t enosys;    /* ERRNO with the machine's number for ENOSYS */
	struct sbpf_space *space;
};

/* For a call that the draft refuses; of ABIs, only addition->abi is said where it has to be. */
void addition_find(const struct addition_question *question, const struct draft *draft,
		   const struct refusal *refusal, struct addition *addition);

/* The verdict for a call that is not there yet: ERRNO with ENOSYS of a machine (an ABI index). */
uint32_t enosys_of(int machine);

#endif
