/* SPDX-License-Identifier: MIT */
/* Whether a text is JSON to the letter of RFC 8259; json-c 0.16 is laxer, even when strict. */
#ifndef SBPF_LIB_SYNTAX_H
#define SBPF_LIB_SYNTAX_H

#include "sbpf.h"

/* What the text holds, by which the tree that json-c makes of it is checked. */
struct syntax {
	size_t values; /* members of objects and elements of arrays */
	size_t nulls;
	size_t bytes; /* in keys and strings, once escapes are decoded */
	size_t objects;
	size_t arrays;
	size_t members; /* of objects; the other values are elements of arrays */
	bool has_negative_zero;
	bool has_huge_integer; /* above UINT64_MAX, where json-c saturates */
};

/* Checks the text and fills *facts. 0, or -1 with line, column and what would be right. */
int syntax_check(const char *text, size_t length, struct syntax *facts, struct sbpf_error *error);

#endif
