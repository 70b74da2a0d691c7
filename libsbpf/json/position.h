/* SPDX-License-Identifier: MIT */
/*
 * Where a value stands in a JSON text. json-c keeps no positions, so they are found by walking
 * the text again, and only when there is something to report. The text is known to be valid.
 */
#ifndef SBPF_LIB_POSITION_H
#define SBPF_LIB_POSITION_H

#include "sbpf.h"
#include "schema.h"
#include "syntax.h"

/* A member or an element of the place above it; a NULL place is the document. */
struct place {
	const struct place *parent;
	const char *key; /* NULL: the element at index */
	size_t index;
};

/* "syscalls[3].args[0].op", cut to size, terminated; "" for the document. Returns buffer. */
char *place_format(const struct place *place, char *buffer, size_t size);

/*
 * A walk that remembers the elements, the members and the line it was at, so that places that are
 * asked for in document order cost one walk together. Initialise text and length.
 */
struct finder {
	const char *text;
	size_t length;
	struct {
		size_t container; /* offset of its '[' or '{' */
		size_t index;	  /* of the element in an array */
		size_t at;	  /* offset of the element or the key, 0 = nothing remembered */
	} last[SBPF_NESTING_MAX];
	unsigned int lines; /* before line_start */
	size_t line_start;
	size_t line_seen; /* no line begins between line_start and this */
};

/* The offset of a place's value, or of its key when it is a member. */
size_t find_value(struct finder *finder, const struct place *place);
size_t find_key(struct finder *finder, const struct place *place);

/* 1-based line and column (in bytes) of an offset. */
void find_line(struct finder *finder, size_t offset, unsigned int *line, unsigned int *column);

/* The offset of the value at a path as place_format() writes it; false when there is none. */
bool find_path(struct finder *finder, const char *path, size_t *offset);

/* From a '[' to its first element, and from one to the next; or to the ']'. */
size_t first_element(const struct finder *finder, size_t array);
size_t next_element(const struct finder *finder, size_t element);

/* A key that an object has once more: what place and the two offsets of the key are. */
struct duplicate {
	const struct place *place;
	size_t first;
	size_t second;
	bool idle; /* it has no effect */
};

/*
 * Hands the keys that objects have more than once to report(context, duplicate), until that is not
 * 0 or there is no memory: then -1. Of an object with such keys that have an effect only the
 * first is reported. *replaced is what stands in the values that a later one replaces.
 */
int find_duplicates(struct finder *finder, const struct schema *schema,
		    int (*report)(void *context, const struct duplicate *duplicate), void *context,
		    struct syntax *replaced);

#endif
