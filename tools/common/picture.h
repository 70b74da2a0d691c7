/* SPDX-License-Identifier: MIT */
/* Pictures of graphs, drawn by dot(1) of Graphviz. */
#ifndef SBPF_TOOLS_PICTURE_H
#define SBPF_TOOLS_PICTURE_H

#include <stddef.h>

/*
 * What dot(1) calls the format (-T) of a picture with this name: "svg" for "web.svg". NULL where
 * the name is not one of a picture, and the graph is written as text.
 */
const char *picture_format(const char *path);

/*
 * The picture of a graph in Graphviz's language: malloc'd, and its size. dot(1) is ended when it
 * takes too long or writes too much. NULL when that failed, which was reported.
 */
char *picture_draw(const char *program, const char *format, const char *graph, size_t length,
		   size_t *size);

#endif
