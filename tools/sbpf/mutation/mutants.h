/* SPDX-License-Identifier: MIT */
/* Small changes of a profile, as people make them by mistake. */
#ifndef SBPF_TOOLS_MUTANTS_H
#define SBPF_TOOLS_MUTANTS_H

#include "records.h"

/* More than that would take too long to look at. */
#define MUTANTS_MAX 100000

enum mutant_kind {
	MUTANT_DROP_RULE,      /* an entry */
	MUTANT_DROP_NAME,      /* one of several */
	MUTANT_CHANGE_NAME,    /* for the call after it in the alphabet */
	MUTANT_VERDICT,	       /* another action, or another errno */
	MUTANT_DROP_CONDITION, /* one of an entry's */
	MUTANT_CONDITION,      /* another argument, operator, value or mask */
	MUTANT_ORDER,	       /* two entries on a call change places */
	MUTANT_DEFAULT,	       /* its action or errno */
	MUTANT_ABI,	       /* one that is not covered any more */
};

struct mutant {
	enum mutant_kind kind;
	size_t entry;
	size_t name;
	size_t index; /* of the condition */
	struct sbpf_condition condition;
	const char *call; /* that it is about, or the new name */
	size_t other;	  /* the entry that changes places */
	uint32_t verdict;
	int abi;
	char text[160];
};

struct mutants {
	struct mutant *list;
	size_t count;
};

/*
 * All mutants of the rules of a profile for several targets: records of each, and the ABIs that
 * each covers. False when there are too many or there is no memory, which was reported.
 */
bool mutants_find(const struct cell *const *cells, const struct records *records, size_t count,
		  struct mutants *mutants);
void mutants_free(struct mutants *mutants);

/* Room for rules that a mutant changes: those of a list and one more, and conditions. */
struct mutant_room {
	struct rule_record *list;
	size_t count;
	struct sbpf_condition *conditions;
};

/* Room for any mutant of the records. False when there is no memory, which was reported. */
bool mutant_room_make(const struct cell *cell, const struct records *records,
		      struct mutant_room *room);
void mutant_room_free(struct mutant_room *room);

/* In place of a group: of all calls. */
#define GROUPS_ALL SIZE_MAX

/* Fills the room with the rules first to first + count, which are a group's, changed. */
void mutant_apply(const struct mutant *mutant, const struct records *records, size_t first,
		  size_t count, size_t group, struct mutant_room *room);

/*
 * The groups in which a mutant of rules may change anything. seen, of as many elements as there are
 * calls, is false and stays so; groups has as many. Returns how many.
 */
size_t mutant_groups(const struct mutant *mutant, const struct records *records, bool *seen,
		     size_t *groups);

#endif
