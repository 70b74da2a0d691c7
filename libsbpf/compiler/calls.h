/* SPDX-License-Identifier: MIT */
/* The compiler's canonical form of a policy: one verdict, or clauses, per ABI and number. */
#ifndef SBPF_LIB_CALLS_H
#define SBPF_LIB_CALLS_H

#include "arena.h"
#include "policy.h"

/* One condition list and what it gives; the first whose conditions all hold wins. */
struct clause {
	const struct sbpf_condition *conditions; /* all of them must hold */
	uint32_t condition_count;
	uint32_t verdict;
	uint32_t source;
};

/* A number of an ABI with a meaning of its own. With no clauses, otherwise is the verdict. */
struct call {
	uint32_t number; /* without the ABI's offset */
	uint8_t narrow;	 /* bit = argument of which only the lower half is compared */
	uint32_t otherwise;
	const struct clause *clauses;
	size_t clause_count;
};

/* What one ABI means: calls by ascending number, and the two verdicts of all other numbers. */
struct abi_calls {
	int abi;
	const struct call *calls;
	size_t count;
	uint32_t otherwise; /* a number up to table_max that is not in calls */
	uint32_t above;	    /* a number above table_max that is not in calls */
	uint32_t table_max;
};

/* SEMANTICS sections 4, 6 and 7 for one ABI. Allocates from arena. 0, or -1 on error. */
int policy_calls(const struct sbpf_policy *policy, int abi, struct arena *arena,
		 struct abi_calls *calls, struct sbpf_error *error);

#endif
