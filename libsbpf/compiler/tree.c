/* SPDX-License-Identifier: MIT */
/* Which of the two ways to a tree is taken, and what both expect of the segments. */
#include "tree.h"

#include "tree_quick.h"
#include "tree_thorough.h"

uint32_t segments_merge(struct segment *segments, uint32_t count)
{
	uint32_t merged = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (merged && segments[merged - 1].node == segments[i].node) {
			segments[merged - 1].last = segments[i].last;
			segments[merged - 1].weight += segments[i].weight;
		} else {
			segments[merged++] = segments[i];
		}
	}
	return merged;
}

int32_t tree_build(struct dag *dag, uint8_t word, const struct segment *segments, uint32_t count,
		   const struct tree_options *options, struct tree_history *history)
{
	if (options->thorough)
		return tree_thorough(dag, word, segments, count, options, history);
	return tree_quick(dag, word, segments, count);
}
