/* SPDX-License-Identifier: MIT */
/*
 * json-c's tree of a profile, read value by value along with the places in the text. What is read
 * is compared with what stands there: when memory runs out, json-c 0.16 goes on without the member,
 * the element or the end of the string. What is there and what is not is for the outline to say.
 */
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

/* Makes the tree of the document, profile->document. 0, or -1 with an error. */
int make_tree(struct parser *parser);

/*
 * Steps from an object to a member that its outline has. 0, or -1 with an error: the tree lacks it.
 */
int take_member(struct parser *parser, struct value *object, uint32_t member);

/* The text of a string, NULL with an error when it is none; *length may be NULL. */
const char *read_string(struct parser *parser, struct value value, size_t *length);

/* wanted names what is expected, with its range. */
int read_unsigned(struct parser *parser, struct value value, const char *wanted, uint64_t *number);

/* Reads all elements of an array into the same. */
int read_all(struct parser *parser, struct value array, const struct member *member, void *into);

/* Reads the members of an object by its schema. A null counts as absent, as in Go. */
int read_object(struct parser *parser, struct value object, const struct schema *schema,
		void *into);

/* Warns of a member that its object's schema lacks, of this key: an error where that is strict. */
int ignore_unknown_key(struct parser *parser, uint32_t place, const char *name,
		       const struct schema *schema);

/* An error about what the value at a place is. Returns -1. */
int refuse_type(struct parser *parser, uint32_t place, const char *wanted);

#endif
