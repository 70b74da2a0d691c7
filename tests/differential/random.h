/* SPDX-License-Identifier: MIT */
/* Numbers that look random and are the same for the same seed everywhere. */
#ifndef SBPF_TESTS_RANDOM_H
#define SBPF_TESTS_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

uint64_t random_next(struct random *random);

/* 0 to limit - 1; limit is not 0. */
size_t random_below(struct random *random, size_t limit);

/* True in percent of a hundred cases. */
bool random_chance(struct random *random, unsigned int percent);

#endif
