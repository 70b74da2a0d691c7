/* SPDX-License-Identifier: MIT */
/* Which keys the objects of a profile have, what their values are, and where these are kept. */
#ifndef SBPF_LIB_SCHEMA_H
#define SBPF_LIB_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "array.h"

struct json_object;
struct parser;

/* A value, and where it stands. */
struct value {
	struct json_object *json;
	uint32_t place;
};

/* Reads one value into what it is kept in. 0, or -1 with an error. */
typedef int parse_function(struct parser *parser, struct value value, void *into);

/*
 * What is left to do once all members of the object at a place are read: bit i of seen is for
 * members[i].
 */
typedef int finish_function(struct parser *parser, uint32_t object, void *into, unsigned int seen);

struct schema;

struct member {
	const char *key;
	size_t length; /* of the key */
	enum {
		ONE,  /* one value */
		LIST, /* an array, kept as a struct list */
		ALL,  /* an array whose elements are all read into the same place */
		IDLE, /* one value, which has no effect: a comment */
	} form;
	parse_function *parse;	     /* of the value, or of an element; NULL: an object */
	size_t offset;		     /* of what it is kept in, in what the object is kept in */
	const struct schema *inside; /* of the object that is the value, or of those in its array */
	size_t size;		     /* of an element of a list */
	const char *needs;	     /* who must have the key and what for, for the error */
};

struct schema {
	const struct member *members;
	size_t count;
	finish_function *finish;
};

#define KEY(key) key, sizeof(key) - 1

#define SCHEMA(members, finish)                                                                    \
	{                                                                                          \
		members, COUNT(members), finish                                                    \
	}

/* The member with this key; NULL when the schema, which may be NULL, has none. */
const struct member *schema_find(const struct schema *schema, const char *key);

/* The key of effect that another was probably meant to be; NULL when none is near. */
const char *schema_suggest(const struct schema *schema, const char *key);

/* Whether a key is another one but for case, '_' and '-': defaultAction and default_action. */
bool is_spelling_of(const char *key, const char *known);

#endif
