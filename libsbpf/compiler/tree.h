/* SPDX-License-Identifier: MIT */
/* Search trees over one 32-bit word: which node goes on for which values. */
#ifndef SBPF_LIB_TREE_H
#define SBPF_LIB_TREE_H

#include "dag.h"

/* Values first to last of the word go on at node. */
struct segment {
	uint32_t first;
	uint32_t last;
	int32_t node;
	uint32_t weight; /* how often such a value is expected, relative to the others */
};

/* A node that decides values first to last of the word number in a tree built before. */
struct tree_region {
	uint32_t first;
	uint32_t last;
	int32_t node;
	uint32_t depth; /* mean tests below it, in 1/16 */
};

/* Trees built before over the same word, whose parts another tree may go on at. */
struct tree_history {
	struct tree_region *regions;
	uint32_t region_count;
	uint32_t region_capacity;
	struct segment *segments; /* what the tree built before means */
	uint32_t segment_count;
};

struct tree_options {
	bool thorough;
	uint32_t size_cost; /* what one test more costs, in weight × depth */
	/* Of a thorough search: counts the splits and chains looked at. Where a tree would take
	 * them past the most, the quick tree serves. */
	uint64_t *steps;
	uint64_t steps_max;
};

/*
 * Builds the tree for segments that cover all values in order; neighbours differ in their node.
 * history may be NULL. Returns the root, or -1 when there is no memory.
 */
int32_t tree_build(struct dag *dag, uint8_t word, const struct segment *segments, uint32_t count,
		   const struct tree_options *options, struct tree_history *history);

/* Merges neighbours with the same node in place; returns the new count. */
uint32_t segments_merge(struct segment *segments, uint32_t count);

#endif
