/* SPDX-License-Identifier: MIT */
/* The calls that two meanings answer differently, in rows as people read them. */
#ifndef SBPF_TOOLS_DIFFERENCES_H
#define SBPF_TOOLS_DIFFERENCES_H

#include "common.h"

/* What comes first in the list. */
enum importance {
	NEWLY_ALLOWED,
	MORE_PERMISSIVE,
	NOT_KNOWN,
	NEWLY_DENIED,
	MORE_RESTRICTIVE,
	OTHER_DATA,
};

/* Neighbouring numbers of an ABI, or one of them, and a condition. */
struct row {
	int abi;
	uint32_t first;
	uint32_t last;
	bool is_foreign; /* an ABI that the machine's kernel does not have: all its numbers */
	bool depends;	 /* on arguments */
	char *condition; /* malloc'd; NULL: there is none, or it takes too many words */
	bool known_a;
	bool known_b;
	struct sbpf_example example;
	enum importance importance;
};

struct rows {
	struct row *list; /* the most important first */
	size_t count;
	bool incomplete; /* not all is known, or could be looked at; which was reported */
};

/* What two meanings are compared for. */
struct comparison {
	int machine;
	struct sbpf_space *space;
	uint64_t abis; /* listed call by call: bit = ABI index */
	bool plain;    /* conditions for programs: struct wording */
	sbpf_meaning a;
	sbpf_meaning b;
	/* What may be done yet to put conditions into words, in steps like sbpf_space_work()'s:
	 * past it, which is reported, they stay "with some arguments". */
	uint64_t *effort;
};

/* The effort for all targets of a command: a second or less. */
#define EFFORT_MAX UINT64_C(4000000)

/* False when that failed, which was reported; rows_free() is needed all the same. */
bool rows_find(const struct tool *tool, const struct comparison *comparison, struct rows *rows);

/* Whether two rows speak of the same two answers. */
bool same_verdicts(const struct row *a, const struct row *b);

void rows_free(struct rows *rows);

#endif
