/* SPDX-License-Identifier: MIT */
/* The text of a stream, in UTF-8, and what its lines look like; for the room alone. */
#ifndef SBPF_TOOLS_SOURCE_H
#define SBPF_TOOLS_SOURCE_H

#include "sbpf.h"

struct source {
	char *text; /* UTF-8, terminated */
	size_t length;
};

/* Copies a text; UTF-16 becomes UTF-8. False on error. */
bool source_read(const char *text, size_t length, struct source *source, struct sbpf_error *error);
void source_free(struct source *source);

/* 1-based line and column, in characters, of an offset. */
void source_position(const struct source *source, size_t offset, unsigned int *line,
		     unsigned int *column);

/*
 * The first line, from first to last (1-based), with something of a template that was not rendered
 * ("{{") outside of quotes and comments; 0 when there is none.
 */
unsigned int source_template(const struct source *source, unsigned int first, unsigned int last);

/* The byte at a line and column, or 0. */
char source_at(const struct source *source, unsigned int line, unsigned int column);

/* Fills an error about a place in the text. Returns -1. */
int source_error(struct sbpf_error *error, unsigned int line, unsigned int column,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
