/* SPDX-License-Identifier: MIT */
/* What a profile lets through that was never seen. */
#ifndef SBPF_TOOLS_UNUSED_H
#define SBPF_TOOLS_UNUSED_H

#include "advice.h"
#include "operand.h"

struct unused_call {
	const char *name;
	size_t danger;	     /* in dangers; danger_count for none */
	bool is_in_force;    /* rules of the target let it through, not only those of others */
	bool is_conditional; /* and these have conditions, all of them */
	unsigned int line;   /* of its first name in an entry that lets through */
};

struct unused {
	struct unused_call *calls; /* those in force first, of these the most dangerous */
	size_t count;
	size_t in_force;
	size_t allowed;	      /* calls that rules of the target let through */
	size_t seen;	      /* of these */
	size_t kept;	      /* and those that no recorder need see */
	const char **refused; /* calls that were seen and have no such rule */
	size_t refused_count;
};

/* False when that failed, which was reported; then there is nothing to free. */
bool unused_find(const struct tool *tool, const struct advice *advice,
		 const struct operand_part *part, struct unused *unused);
void unused_free(struct unused *unused);

/* Whether the recordings or the tables want a call to stay. */
bool unused_keeps(const struct advice *advice, int call);

/*
 * The profile without them, malloc'd; with stage they are logged instead. NULL when there is no
 * memory, which was reported.
 */
char *unused_remove(const struct tool *tool, const struct advice *advice,
		    const struct operand_part *part, bool stage, size_t *length);

/*
 * Whether the text lets nothing through that the profile does not, under every target that the
 * guards tell apart on the machines of the recording, and all that was seen and the profile lets
 * through. What is wrong was reported.
 */
bool unused_prove(const struct tool *tool, const struct advice *advice,
		  const struct operand_part *part, const struct sbpf_target *target,
		  const char *name, const char *text, size_t length);

#endif
