/* SPDX-License-Identifier: MIT */
/* What the tests of the compiler's stages share: walking a decision DAG by hand, and chance. */
#ifndef SBPF_TESTS_UNIT_WALK_H
#define SBPF_TESTS_UNIT_WALK_H

#include "dag.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A call as the words of struct seccomp_data, which tests name by WORD_*. */
struct words {
	uint32_t word[16];
};

static inline bool test_holds(const struct node *node, uint32_t value)
{
	switch (node->compare) {
	case BPF_JEQ:
		return value == node->k;
	case BPF_JGE:
		return value >= node->k;
	case BPF_JGT:
		return value > node->k;
	default:
		return (value & node->k) != 0;
	}
}

/* The node in which the walk from root ends; *tests counts the tests on the way. */
static inline const struct node *walk(const struct dag *dag, int32_t root, struct words words,
				      unsigned int *tests)
{
	const struct node *node = &dag->nodes[root];

	*tests = 0;
	while (node->kind != NODE_RETURN) {
		bool yes = true;

		if (node->kind == NODE_AND) {
			words.word[WORD_NUMBER] &= node->k;
		} else {
			yes = test_holds(node, words.word[node->word] & node->mask);
			++*tests;
		}
		node = &dag->nodes[yes ? node->yes : node->no];
	}
	return node;
}

/* xorshift32 (Marsaglia 2003): the same numbers on every machine. *state must not be 0. */
static inline uint32_t chance(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif
