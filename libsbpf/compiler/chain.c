/* SPDX-License-Identifier: MIT */
/* Chains: what to test first, and which values one test can tell from all others. */
#include "chain.h"

/* Values of few bits: at most 2^6 in one test. */
#define BITS_MAX 6

static bool is_peeled(const struct peels *peels, uint32_t value, int32_t node)
{
	for (uint32_t i = 0; i < peels->count; i++) {
		if (peels->list[i].value == value)
			return !peels->list[i].mask && peels->list[i].node == node;
	}
	return peels->rest == node;
}

/*
 * How many peeled values have no bit outside mask, or 0 when a value of the region first to last
 * with no bit outside it goes elsewhere.
 */
static uint32_t count_of_bits(const struct peels *peels, uint32_t mask, int32_t node,
			      uint32_t first, uint32_t last)
{
	uint32_t value = mask;
	uint32_t covered = 0;

	if (__builtin_popcount(mask) > BITS_MAX)
		return 0;
	for (;; value = (value - 1) & mask) {
		if (value >= first && value <= last) {
			if (!is_peeled(peels, value, node))
				return 0;
			covered++;
		}
		if (!value)
			return covered;
	}
}

/* Puts one test of the mask in the place of the values it covers. */
static void cover(struct peels *peels, uint32_t mask, int32_t node)
{
	struct peel test = { .mask = mask, .node = node };
	uint32_t kept = 0;

	for (uint32_t i = 0; i < peels->count; i++) {
		const struct peel *peel = &peels->list[i];

		if (!peel->mask && peel->node == node && !(peel->value & ~mask))
			test.weight += peel->weight;
		else
			peels->list[kept++] = *peel;
	}
	test.value = mask;
	peels->list[kept++] = test;
	peels->count = kept;
}

/* personality(2) in { 0, 8, 0x20000, 0x20008 } is one test: no bit outside 0x20008. */
static void cover_bits(struct peels *peels, uint32_t first, uint32_t last)
{
	for (bool found = true; found;) {
		uint32_t best = 1;
		uint32_t best_mask = 0;
		int32_t node = -1;

		for (uint32_t i = 0; i < peels->count; i++) {
			uint32_t mask = peels->list[i].value;

			if (peels->list[i].mask)
				continue;
			for (uint32_t j = i + 1; j < peels->count; j++) {
				uint32_t both = mask | peels->list[j].value;
				uint32_t covered;

				if (peels->list[j].mask ||
				    peels->list[j].node != peels->list[i].node)
					continue;
				covered = count_of_bits(peels, both, peels->list[i].node, first,
							last);
				if (covered > best) {
					best = covered;
					best_mask = both;
					node = peels->list[i].node;
				}
			}
		}
		found = node >= 0;
		if (found)
			cover(peels, best_mask, node);
	}
}

void peels_arrange(struct peels *peels, uint32_t first, uint32_t last)
{
	cover_bits(peels, first, last);
	for (uint32_t i = 1; i < peels->count; i++) {
		struct peel peel = peels->list[i];
		uint32_t place = i;

		for (; place && peels->list[place - 1].weight < peel.weight; place--)
			peels->list[place] = peels->list[place - 1];
		peels->list[place] = peel;
	}
}

int32_t peels_build(struct dag *dag, uint8_t word, const struct peels *peels)
{
	int32_t node = peels->rest;

	for (uint32_t i = peels->count; i--;) {
		const struct peel *peel = &peels->list[i];

		if (peel->mask)
			node = dag_test(dag, BPF_JSET, word, ~peel->mask, node, peel->node);
		else
			node = dag_test(dag, BPF_JEQ, word, peel->value, peel->node, node);
	}
	return node;
}
