/* SPDX-License-Identifier: MIT */
/* What the files behind sbpf.h's section on proof share. */
#ifndef SBPF_LIB_SPACE_H
#define SBPF_LIB_SPACE_H

#include "diagram.h"
#include "sbpf.h"

struct sbpf_space {
	struct diagrams diagrams;
	int machine;
	size_t culprit; /* what could not be expressed, in the last program that had such */
};

/* Says which limit is used up. Returns -1. */
int space_failed(const struct sbpf_space *space, struct sbpf_error *error);

/* Whether there is a space with these meanings, and the caller has not failed before. 0 or -1. */
int space_check(const struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
		struct sbpf_error *error);

#endif
