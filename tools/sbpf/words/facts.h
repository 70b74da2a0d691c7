/* SPDX-License-Identifier: MIT */
/* What is known of calls beside their tables: arch/unseen.tbl, siblings.tbl, dangers.tbl,
 * purposes.tbl. */
#ifndef SBPF_TOOLS_FACTS_H
#define SBPF_TOOLS_FACTS_H

#include <stddef.h>

/* Why a recording may lack a call that its program makes. */
enum unseen_reason { UNSEEN_VDSO, UNSEEN_END, UNSEEN_SIGNAL, UNSEEN_RESTART, UNSEEN_REASONS };

struct unseen_call {
	const char *call;
	enum unseen_reason reason;
};
extern const struct unseen_call unseen_calls[];
extern const size_t unseen_call_count;

/* Calls of which C libraries and machines take one for another; separated by spaces. */
struct sibling_group {
	const char *calls;
};
extern const struct sibling_group sibling_groups[];
extern const size_t sibling_group_count;

/* What a call opens to somebody who has taken over a program; the worst first. */
struct danger {
	const char *call;
	const char *effect; /* "reads and steers other processes" */
};
extern const struct danger dangers[];
extern const size_t danger_count;

/* What calls are for. No call is in two. */
struct purpose {
	const char *name;  /* "files" */
	const char *calls; /* sorted, separated by spaces */
};
extern const struct purpose purposes[];
extern const size_t purpose_count;

/* The place in dangers; danger_count for a call that is not there. */
size_t danger_of(const char *call);

/* The place in purposes; purpose_count for a call that is not there. */
size_t purpose_of(const char *call);

#endif
