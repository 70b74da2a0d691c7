/* SPDX-License-Identifier: MIT */
/* The decision that a call's clauses make over its arguments. */
#ifndef SBPF_LIB_ARGUMENTS_H
#define SBPF_LIB_ARGUMENTS_H

#include "calls.h"
#include "dag.h"
#include "tree.h"

/* What the words of an argument are on an ABI of a machine. */
struct argument_layout {
	uint8_t narrow;	 /* bit = argument of which only the lower half counts */
	bool big_endian; /* the upper half comes first */
};

/* Returns the root, or -1 when there is no memory. */
int32_t arguments_build(struct dag *dag, const struct call *call,
			const struct argument_layout *layout, const struct tree_options *options);

#endif
