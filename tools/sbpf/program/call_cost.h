/* SPDX-License-Identifier: MIT */
/* What filters cost, call by call. */
#ifndef SBPF_TOOLS_CALL_COST_H
#define SBPF_TOOLS_CALL_COST_H

#include "programs.h"

/* Whether the kernel's cache answers a call, and if not why. */
enum caching {
	IS_CACHED,
	NOT_ALLOWED,   /* its verdict is another than ALLOW */
	BY_ARGUMENTS,  /* its verdict depends on its arguments */
	BY_DETOUR,     /* allowed always, but by instructions that the kernel does not foresee */
	WITHOUT_CACHE, /* the kernel has no cache for the ABI */
	ABOVE_CACHE,   /* the number is above those of the kernel's calls */
	CACHINGS,
};

/* "its verdict is not ALLOW": why a call is not cached; "cached" when it is. */
const char *caching_text(enum caching caching);

struct call_cost {
	const char *name; /* NULL for a number without one */
	uint32_t number;
	size_t steps; /* instructions of all filters, at most, whatever the arguments */
	enum caching caching;
};

/* Fills in the cost of a call whose number is given. False when there is no memory, reported. */
bool survey_call(const char *program, const struct filters *filters, int abi,
		 struct call_cost *call);

/* Every call of one ABI that has a name. */
struct survey {
	int abi;
	struct call_cost *calls;
	size_t count;
};

/* False when there is no memory, which was reported. */
bool survey_make(const char *program, const struct filters *filters, int abi,
		 struct survey *survey);
void survey_free(struct survey *survey);

/*
 * What seccomp(2) takes to put the filters in force, in nanoseconds: an estimate from what their
 * instructions cost on the machine it was fitted on.
 */
double survey_install_time(const struct filters *filters);

#endif
