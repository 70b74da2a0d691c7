/* SPDX-License-Identifier: MIT */
/* How often a program makes which calls. */
#ifndef SBPF_TOOLS_HISTOGRAM_H
#define SBPF_TOOLS_HISTOGRAM_H

#include "common.h"

struct weight {
	const char *call; /* static storage */
	uint64_t count;
};

struct weights {
	struct weight *list;
	size_t count;
};

/*
 * Reads the table that `strace -c` or `perf trace -s` prints, or lines "CALL COUNT"; "-" is
 * standard input. Lines that count no known call are passed over. False when that failed or none
 * does, which was reported.
 */
bool weights_read(const struct tool *tool, const char *path, struct weights *weights);
void weights_free(struct weights *weights);

/* How often a call was made; 0 for one that is not in the table. */
uint64_t weight_of(const struct weights *weights, const char *call);

#endif
