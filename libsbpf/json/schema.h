/* SPDX-License-Identifier: MIT */
/* Which keys the objects of a profile have. */
#ifndef SBPF_LIB_SCHEMA_H
#define SBPF_LIB_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;
struct parser;
struct place;

/* Reads one value into what its owner keeps it in. 0, or -1 with an error. */
typedef int parse_function(struct parser *parser, const struct place *place,
			   struct json_object *value, void *into);

struct schema;

struct member {
	const char *key;
	parse_function *parse;
	const struct schema *inside; /* of the object that is the value, or of those in its array */
	bool idle;		     /* without effect: a comment */
};

struct schema {
	const struct member *members;
	size_t count;
};

#define SCHEMA(members)                                                                            \
	{                                                                                          \
		members, sizeof(members) / sizeof(*(members))                                      \
	}

/* The member with this key; NULL when the schema, which may be NULL, has none. */
const struct member *schema_find(const struct schema *schema, const char *key);

/* The key of effect that another was probably meant to be; NULL when none is near. */
const char *schema_suggest(const struct schema *schema, const char *key);

/* Whether a key is another one but for case, '_' and '-': defaultAction and default_action. */
bool is_spelling_of(const char *key, const char *known);

#endif
