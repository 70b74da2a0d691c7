/* SPDX-License-Identifier: MIT */
/* What a policy means for every call of an ABI, in words. */
#ifndef SBPF_TOOLS_ABI_MEANING_H
#define SBPF_TOOLS_ABI_MEANING_H

#include "common.h"

/* A verdict, and the condition in C under which a call gets it. */
struct branch {
	bool known;
	uint32_t verdict;
	char *when; /* NULL: otherwise, which is the last branch */
};

/* What happens to one call. Without branches there are more cases than can be told. */
struct call_meaning {
	const char *name;
	uint32_t number;
	struct branch *branches;
	size_t count;
};

/* Neighbouring numbers that no call has, and their verdict; unknown where arguments count too. */
struct gap {
	uint32_t first;
	uint32_t last;
	bool known;
	uint32_t verdict;
};

struct abi_meaning {
	int abi;
	struct call_meaning *calls; /* by name */
	size_t call_count;
	struct gap *gaps; /* by number; the last ends at the highest number */
	size_t gap_count;
	bool uniform; /* every number gets the verdict of the last gap */
};

/*
 * plain: conditions are "args[0] == 0x28" for programs, not "family == AF_VSOCK". False when that
 * failed, which was reported.
 */
bool abi_meaning_make(const struct tool *tool, struct sbpf_space *space, sbpf_meaning meaning,
		      int abi, bool plain, struct abi_meaning *result);
void abi_meaning_free(struct abi_meaning *meaning);

/* Whether two calls have the same verdicts under the same conditions. */
bool call_meanings_equal(const struct call_meaning *a, const struct call_meaning *b);

/* Whether no argument counts. */
bool call_meaning_is_simple(const struct call_meaning *call);

#endif
