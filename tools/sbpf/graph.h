/* SPDX-License-Identifier: MIT */
/* Filters as graphs, in the language of Graphviz and as pictures. */
#ifndef SBPF_TOOLS_GRAPH_H
#define SBPF_TOOLS_GRAPH_H

#include "listing.h"
#include "pager.h"

/* A diamond for each test, a coloured leaf for each verdict, a frame for each filter. */
void graph_print(FILE *out, const struct listing *listings, size_t count);

/*
 * Turns a page that holds a graph into one that holds its picture (SVG), drawn by dot(1). False
 * when that failed, which was reported.
 */
bool graph_render(const char *program, struct page *page);

#endif
