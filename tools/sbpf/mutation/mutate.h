/* SPDX-License-Identifier: MIT */
/* Whether assertions tell mutants from the profile, for one target. */
#ifndef SBPF_TOOLS_MUTATE_H
#define SBPF_TOOLS_MUTATE_H

#include "mutants.h"
#include "suite.h"

/* Changes the profiles of a suite that was run, and looks which changes are noticed. False when
 * that failed, which was reported. */
bool suite_mutate(struct suite *suite);

/* What is known of one group of calls. */
struct group_known {
	bool ready;
	sbpf_meaning all;     /* ALLOW: its calls */
	sbpf_meaning pinned;  /* those of them that a verdict is asserted of */
	sbpf_meaning refused; /* those that are never allowed */
	sbpf_meaning plain;   /* what the profile's rules on the group mean */
};

struct mutation_cell {
	struct suite *suite;
	struct cell *cell;
	struct records records;
	struct mutant_room room;
	bool *seen; /* by group, as is groups */
	size_t *groups;
	struct group_known *known; /* by group; the last is GROUPS_ALL */
	sbpf_meaning pinned;
	sbpf_meaning refused;
	sbpf_meaning trace;
	sbpf_meaning *bounds; /* of 'within' */
	size_t bound_count;
	uint64_t work; /* rules that were read so far */
};

/* What a mutant does to a profile. */
struct effect {
	bool differs;
	bool killed;
	/* Where it first differs: what the profile and the mutant mean there. */
	sbpf_meaning plain;
	struct stand changed;
};

/* False when that failed, which was reported; mutation_close() is needed all the same. */
bool mutation_open(struct suite *suite, struct cell *cell, struct mutation_cell *mutation);
void mutation_close(struct mutation_cell *mutation);

/* False when it cannot be decided, which was reported. */
bool mutation_try(struct mutation_cell *mutation, const struct mutant *mutant,
		  struct effect *effect);

/*
 * A line that holds for all targets of the section and not for the mutant, malloc'd. NULL when none
 * is found.
 */
char *mutation_suggest(const struct mutation_cell *mutation, const struct effect *effect);

#endif
