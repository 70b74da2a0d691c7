/* SPDX-License-Identifier: MIT */
/* json-c's tree of a profile, read value by value along with the places in the text. */
#ifndef SBPF_LIB_VALUES_H
#define SBPF_LIB_VALUES_H

#include "profile.h"
#include "schema.h"

struct parser {
	struct profile *profile;
	struct sbpf_error *error;
	uint64_t machines; /* bit = ABI index: for which archMap has an entry */
};

/* Refuses a text whose outline was read and whose tree would be too large. 0, or -1. */
int check_size(struct parser *parser);

/* Makes the tree, profile->document, and compares it with the outline. 0, or -1 with an error. */
int read_tree(struct parser *parser);

/* What is in an object or an array, in its order. Initialise with walk_into(). */
struct walk {
	const char *key; /* NULL of an element */
	struct value value;
	/* What comes next. */
	struct lh_entry *entry;
	struct array_list *list;
	size_t index;
	uint32_t place;
};

struct walk walk_into(const struct parser *parser, struct value container);

/* Sets key and value; false at the end. */
bool walk_next(const struct parser *parser, struct walk *walk);

/* The member of an object; json is NULL when it is absent or null, or the object is none. */
struct value member_of(const struct parser *parser, struct value object, const char *key);

/* The text of a string, NULL with an error when it is none; *length may be NULL. */
const char *read_string(struct parser *parser, struct value value, size_t *length);

/* wanted names what is expected, with its range. */
int read_unsigned(struct parser *parser, struct value value, const char *wanted, uint64_t *number);

/* Reads all elements of an array into the same. */
int read_all(struct parser *parser, struct value array, const struct member *member, void *into);

/* Reads the members of an object by its schema. A null counts as absent, as in Go. */
int read_object(struct parser *parser, struct value object, const struct schema *schema,
		void *into);

/* An error about what a value is. Returns -1. */
int refuse_type(struct parser *parser, struct value value, const char *wanted);

#endif
