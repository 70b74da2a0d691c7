/* SPDX-License-Identifier: MIT */
/* The rules of a profile for one target, by call; and policies of some of them. */
#ifndef SBPF_TOOLS_ASSERTION_RECORDS_H
#define SBPF_TOOLS_ASSERTION_RECORDS_H

#include "cell.h"

/* One call of one rule. */
struct rule_record {
	size_t entry; /* in syscalls[] */
	size_t name;  /* in its names[]; 0 for 'name' */
	const char *call;
	size_t group;
	uint32_t verdict;
	const struct sbpf_condition *conditions; /* not owned */
	size_t condition_count;
};

/* Those of a group, which are the calls that one multiplexer reaches, or one call. */
struct record_group {
	size_t first;
	size_t count;
};

struct records {
	struct rule_record *list; /* by group, and in the document's order in each */
	size_t count;
	struct record_group *groups; /* by sbpf_call_find() of the multiplexer or call */
	size_t *by_entry;	     /* indexes in the list, in the document's order */
	uint32_t fallback;	     /* the default verdict */
};

/* False when there is no memory, which was reported. */
bool records_find(const struct cell *cell, struct records *records);
void records_free(struct records *records);

size_t group_of(const char *call);

/* By the place in the document. */
int records_compare(const struct rule_record *a, const struct rule_record *b);

/* By group, and by that in each. */
int records_compare_groups(const void *one, const void *two);

/* Where in by_entry the rules of an entry begin, or would. */
size_t records_of_entry(const struct records *records, size_t entry);

/*
 * What rules mean in this order, with ABIs beside the machine's own (bit = ABI index), read as the
 * cell's target has it. 0, or -1 on error.
 */
int records_meaning(const struct cell *cell, const struct rule_record *list, size_t count,
		    uint32_t fallback, uint64_t covered, sbpf_meaning *meaning,
		    struct sbpf_error *error);

#endif
