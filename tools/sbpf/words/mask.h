/* SPDX-License-Identifier: MIT */
/* Sets of arguments that a mask tells: (argument & mask) == value. */
#ifndef SBPF_TOOLS_MASK_H
#define SBPF_TOOLS_MASK_H

#include "conditions.h"

struct cube {
	unsigned int argument;
	uint64_t mask;
	uint64_t value;
};

/* Whether the regions are one that a mask alone bounds. */
bool cube_find(const struct region *regions, size_t count, struct cube *cube);

/* "(clone_flags & (CLONE_NEWNS|CLONE_NEWUSER)) == 0". */
void cube_print(FILE *out, const struct wording *wording, const struct cube *cube);

#endif
