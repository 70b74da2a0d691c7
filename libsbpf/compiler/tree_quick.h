/* SPDX-License-Identifier: MIT */
/* The tree without a search, in little more than the time to read the segments. */
#ifndef SBPF_LIB_TREE_QUICK_H
#define SBPF_LIB_TREE_QUICK_H

#include "tree.h"

/* As tree_build(). */
int32_t tree_quick(struct dag *dag, uint8_t word, const struct segment *segments, uint32_t count);

#endif
