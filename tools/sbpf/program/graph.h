/* SPDX-License-Identifier: MIT */
/* Filters as graphs, in the language of Graphviz. */
#ifndef SBPF_TOOLS_GRAPH_H
#define SBPF_TOOLS_GRAPH_H

#include "listing.h"

/* A diamond for each test, a coloured leaf for each verdict, a frame for each filter. */
void graph_print(FILE *out, const struct listing *listings, size_t count);

#endif
