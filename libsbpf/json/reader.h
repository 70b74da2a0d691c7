/* SPDX-License-Identifier: MIT */
/*
 * The one reader of JSON text. It checks a text to the letter of RFC 8259, which json-c 0.16 does
 * not even when strict, and keeps where each value stands, in one pass. It makes no values, and
 * needs nothing but the public header, so that a program can be linked with it alone.
 */
#ifndef SBPF_LIB_READER_H
#define SBPF_LIB_READER_H

#include "sbpf.h"

/* Where one value stands; offsets are in bytes from the beginning of the text. */
struct place {
	uint32_t key;  /* its key's opening quote; the value itself where it has no key */
	uint32_t at;   /* its first byte */
	uint32_t end;  /* behind its last byte */
	uint32_t next; /* index of the next place in the same object or array, 0 = it is the last */
};

/* What may stand in a text. */
struct dialect {
	const char *name;    /* of such a text, for messages */
	unsigned int levels; /* places are kept of values in as many objects and arrays */
	/*
	 * Any depth, bytes from 0x80 on that are no UTF-8, \u0000, halves of surrogate pairs, and
	 * comments as in C; else at most SBPF_NESTING_MAX levels, and none of these. Such a text
	 * may be large, so places are kept of members alone, and not of what is inside of arrays.
	 */
	bool lax;
};

/* A profile's: all places are kept. */
extern const struct dialect strict_dialect;

struct outline {
	const char *text; /* the caller's, not terminated */
	size_t length;
	struct place *places; /* [0] is the document; what is inside of a place follows it */
	uint32_t count;
	/* What the whole text holds, whether its place is kept or not. */
	size_t objects;
	size_t arrays;
	size_t members;	 /* of objects; all other places but the document are elements of arrays */
	bool may_repeat; /* an object may have equal keys; without it none that is kept has */
	bool has_comments;
	/* What was looked up last, so that lines in the text's order cost one walk. */
	size_t line_start;
	size_t line_seen;   /* no line begins between line_start and this */
	unsigned int lines; /* before line_start */
};

/*
 * Reads a text of at most UINT32_MAX - 1 bytes. 0, or -1 with line, column and what would be right.
 * Free with outline_free() on success and on failure.
 */
int outline_read(const char *text, size_t length, const struct dialect *dialect,
		 struct outline *outline, struct sbpf_error *error);
void outline_free(struct outline *outline);

/* 1-based line and column (in bytes) of an offset. */
void outline_line(struct outline *outline, size_t offset, unsigned int *line, unsigned int *column);

/* The value of four hexadecimal digits, or -1. */
int32_t hexadecimal(const char *at, const char *end);

#endif
