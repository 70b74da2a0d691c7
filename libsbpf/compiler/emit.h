/* SPDX-License-Identifier: MIT */
/* Decision DAG to instructions. */
#ifndef SBPF_LIB_EMIT_H
#define SBPF_LIB_EMIT_H

#include "dag.h"

/*
 * Instructions in reverse order: the last of the program first. There may be more than the
 * kernel takes; the caller looks.
 */
struct code {
	struct sock_filter *reversed;
	size_t count;
	size_t capacity;
};

/* Emits all that is reachable from root. Allocates from the DAG's arena. 0, or -1 without memory.
 */
int emit_dag(const struct dag *dag, int32_t root, struct code *code);

#endif
