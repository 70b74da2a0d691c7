/* SPDX-License-Identifier: MIT */
/*
 * Calls that were refused, grouped by call, rule and condition. The groups lie in memory that is
 * shared with processes forked later, so that a watcher can fill them for the one that reports.
 */
#ifndef SBPF_TOOLS_REFUSALS_H
#define SBPF_TOOLS_REFUSALS_H

#include "sbpf.h"

#include <sys/types.h>

/* Where the verdict came from. */
enum refusal_origin {
	ORIGIN_PROFILE,
	ORIGIN_FOREIGN, /* another filter */
};

#define NO_ENTRY UINT64_MAX

/* What the calls of a group have in common; filled with zeros where it says nothing. */
struct refusal_key {
	int32_t abi;	 /* ABI index, or -1 for an arch that is none */
	uint32_t arch;	 /* as in struct seccomp_data */
	uint32_t number; /* likewise */
	uint32_t verdict;
	uint32_t origin; /* enum refusal_origin */
	uint32_t cause;	 /* enum sbpf_cause, of ORIGIN_PROFILE */
	uint64_t entry;	 /* in syscalls[]: the rule that decided; NO_ENTRY: none did */
	uint32_t blind;	 /* 1: the arguments are not known */
	uint32_t condition_count;
	struct sbpf_condition conditions[6]; /* that part its calls from others (narrow.h) */
};

#define REFUSAL_PROGRAM_MAX 256
#define REFUSAL_DECODED_MAX 1024

struct refusal {
	struct refusal_key key;
	uint64_t count;
	/* Of the first call: */
	struct seccomp_data data;
	int32_t pid;
	bool has_offset;
	uint64_t offset;		   /* in the object, of the instruction that made it */
	char object[REFUSAL_PROGRAM_MAX];  /* the library that made it, or "" */
	char program[REFUSAL_PROGRAM_MAX]; /* the file that the process executes, or its name */
	char decoded[REFUSAL_DECODED_MAX];
};

/* The most groups; calls of further ones are counted only. */
#define REFUSALS_MAX 2048

struct refusals;

/* None yet. NULL when there is no memory. */
struct refusals *refusals_new(void);
void refusals_free(struct refusals *refusals);

/*
 * Counts a call. Its group, *is_new if it was the first of it and its example is the caller's to
 * fill; NULL when there are too many groups.
 */
struct refusal *refusals_count(struct refusals *refusals, const struct refusal_key *key,
			       bool *is_new);

/* How many groups there are, and each, in the order of their first calls until they are sorted. */
size_t refusals_size(const struct refusals *refusals);
struct refusal *refusals_at(struct refusals *refusals, size_t index);

/* How many calls are in groups, and how many found no room in any. */
uint64_t refusals_total(const struct refusals *refusals);
uint64_t refusals_others(const struct refusals *refusals);

/* The most frequent first, of equals the one that began earlier. Nothing can be counted any more.
 */
void refusals_sort(struct refusals *refusals);

#endif
