/* SPDX-License-Identifier: MIT */
/* Sets of arguments of one call: where they meet, their least member, what they are in C. */
#ifndef SBPF_TOOLS_CONDITIONS_H
#define SBPF_TOOLS_CONDITIONS_H

#include "sbpf.h"

#include <stdio.h>

/* What holds of one argument; all of it at once. */
struct bounds {
	uint64_t low; /* of the whole register */
	uint64_t high;
	uint32_t lower_low; /* of its lower half */
	uint32_t lower_high;
	uint64_t mask; /* (argument & mask) == value */
	uint64_t value;
};

/* The calls whose every argument is within its bounds, and two verdicts on them. */
struct region {
	struct bounds bounds[6];
	uint32_t a;
	uint32_t b;
};

/* Where both cases hold; false when they do not meet. */
bool region_meet(const struct sbpf_case *a, const struct sbpf_case *b, struct region *region);

/* The least arguments in a region, one by one. */
void region_first(const struct region *region, struct seccomp_data *data);

/* Joins neighbours, which must not overlap. Returns how many regions are left. */
size_t regions_join(struct region *regions, size_t count);

/* How conditions are written for one call. */
struct wording {
	int abi;
	uint32_t number;
	bool plain; /* "args[0] == 0x28" for programs, not "family == AF_VSOCK" */
};

/* Sorts the regions. Returns how many conditions say where they are. */
size_t regions_sort(struct region *regions, size_t count);

/*
 * "family == AF_KCM || family >= 0x29": what holds in one of the sorted regions; nothing for a
 * region of all calls.
 */
void regions_print(FILE *out, const struct wording *wording, const struct region *regions,
		   size_t count);

/* "(flags & 0x6) != 0x2": what holds in none of the sorted regions. */
void regions_print_outside(FILE *out, const struct wording *wording, const struct region *regions,
			   size_t count);

#endif
