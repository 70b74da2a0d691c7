/* SPDX-License-Identifier: MIT */
/* Values of a word tested one by one before the rest. */
#ifndef SBPF_LIB_CHAIN_H
#define SBPF_LIB_CHAIN_H

#include "dag.h"

/* One value tested with JEQ before the rest of its region. */
struct peel {
	uint32_t value;
	uint32_t mask; /* 0, or the bits that may vary: values of these bits alone are tested at
			  once */
	int32_t node;
	uint32_t weight;
};

#define PEEL_MAX 32u

struct peels {
	struct peel list[PEEL_MAX];
	uint32_t count;
	uint32_t rest_weight;
	int32_t rest;
};

/* Puts the heaviest first and tests values of few bits at once where that saves tests. */
void peels_arrange(struct peels *peels, uint32_t first, uint32_t last);

/* The chain of tests. */
int32_t peels_build(struct dag *dag, uint8_t word, const struct peels *peels);

#endif
