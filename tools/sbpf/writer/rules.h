/* SPDX-License-Identifier: MIT */
/*
 * Rules of a profile for one call. A rule tests an argument at most once, for two tests of one
 * would be alternatives. No call is spoken of by two rules of different verdicts, so that their
 * order does not count: engines on libseccomp keep none.
 */
#ifndef SBPF_TOOLS_RULES_H
#define SBPF_TOOLS_RULES_H

#include "sbpf.h"

enum set_kind {
	SET_ALL = 0, /* every value */
	SET_RANGE,   /* low to high */
	SET_LOWER,   /* its lower half is low to high */
	SET_MASK,    /* (value & low) == high */
	SET_NOT,     /* all but low */
};

/* The values that an argument may have. */
struct argument_set {
	enum set_kind kind;
	uint64_t low;
	uint64_t high;
};

struct cover_rule {
	uint32_t verdict;
	struct argument_set sets[6];
};

struct cover {
	struct cover_rule *rules;
	size_t count;
};

enum cover_answer {
	COVER_DONE,
	COVER_TOO_LARGE, /* more rules, or more work, than anybody would want */
	COVER_NO_MEMORY,
};

/* A budget for all covers of a profile: comparisons of two rules. Half a second. */
#define COVER_BUDGET (UINT64_C(1) << 26)

/*
 * Finds rules that give each case its verdict, and none for those that have the default's. The
 * cases are all calls of one number, none overlapping. Each set of a rule is one condition, or
 * SET_ALL; there are no rules of SET_ALL only, but for a call that has one case. What it takes is
 * taken from the budget; past it the answer is COVER_TOO_LARGE.
 */
enum cover_answer cover_find(const struct cover_rule *cases, size_t count, uint32_t fallback,
			     uint64_t *budget, struct cover *cover);

/* Whether some call is spoken of by both, with different verdicts. No set is SET_LOWER. */
bool cover_rules_conflict(const struct cover_rule *a, const struct cover_rule *b);

/* Whether two calls have the same rules. */
bool cover_equal(const struct cover *a, const struct cover *b);

#endif
