/* SPDX-License-Identifier: MIT */
/* What the keys of a profile mean. */
#ifndef SBPF_LIB_PARSE_H
#define SBPF_LIB_PARSE_H

#include "values.h"

/* Of a whole profile, read into a struct profile. */
extern const struct schema profile_schema;

/* Reads a list of names of capabilities, which is a member of *capabilities. */
extern const struct member capabilities_member;

/*
 * An error about a key that the object at a place must have, and what it is most like among those
 * it has. needs says who wants it and what it looks like.
 */
int refuse_missing(struct parser *parser, uint32_t object, const struct schema *schema,
		   const char *wanted, const char *needs);

/* The member whose key is another one but for its spelling; 0 when there is none. */
uint32_t find_spelling(const struct outline *outline, uint32_t object, const char *wanted);

#endif
