/* SPDX-License-Identifier: MIT */
/* What can be watched from here: whether threads can be traced, and which filters are around. */
#ifndef SBPF_TOOLS_PROBE_H
#define SBPF_TOOLS_PROBE_H

#include "sbpf.h"

/* Numbers below this are tried one by one; those above are taken to be all like one of them. */
#define PROBE_NUMBERS 600

/* One way to enter the kernel from here. */
struct probe_entry {
	uint32_t arch;
	uint32_t offset; /* added to the numbers */
	/* Of each number, and then of those above: */
	bool is_asked[PROBE_NUMBERS + 1];   /* the watcher would be, for some arguments */
	bool is_refused[PROBE_NUMBERS + 1]; /* a filter around refuses it, for some arguments */
};

#define PROBE_ENTRIES 3

struct probe {
	int trace_errno;   /* 0: threads can be traced */
	bool is_traced;	   /* one was */
	bool has_filters;  /* some are in force on this thread */
	bool has_listener; /* and one of them asks a listener: what they refuse is not known */
	bool is_refusing;  /* some number is refused */
	size_t entry_count;
	struct probe_entry entries[PROBE_ENTRIES];
};

/*
 * Tries all of it, for calls that the filter (may be NULL) does not leave to the kernel, in
 * processes that end before this returns. None of these calls is made. The caller's, to be freed
 * with probe_free(); NULL on error.
 */
struct probe *probe_new(const struct sbpf_filter *filter, struct sbpf_error *error);
void probe_free(struct probe *probe);

#endif
