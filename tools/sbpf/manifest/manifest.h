/* SPDX-License-Identifier: MIT */
/*
 * Manifests: a stream of YAML 1.1 documents, or JSON, as trees that know where each value stands.
 * Read from libyaml's events. Bounded in depth, nodes and bytes; an alias is a reference, never a
 * copy.
 */
#ifndef SBPF_TOOLS_MANIFEST_H
#define SBPF_TOOLS_MANIFEST_H

#include "sbpf.h"

#define MANIFEST_TEXT_MAX (64u << 20) /* bytes of a stream */
#define MANIFEST_DEPTH_MAX 128
#define MANIFEST_NODES_MAX 2000000u /* of one document, some 100 bytes each */
#define MANIFEST_MERGED_MAX 4096    /* members of a mapping with those that << takes in */

enum manifest_kind { MANIFEST_SCALAR, MANIFEST_SEQUENCE, MANIFEST_MAPPING };

/* A value. Those that the functions below hand out are never aliases, but for place. */
struct manifest_node {
	enum manifest_kind kind;
	bool is_plain; /* a scalar without quotes and tag, which may be a number, true or null */
	bool is_open;  /* its end was not read yet */
	unsigned int line; /* 1-based; columns are in characters */
	unsigned int column;
	bool merges;			    /* it has a << */
	size_t reach;			    /* members, with those that << takes in, and mappings */
	size_t count;			    /* of elements, or members as they are written */
	const struct manifest_node *target; /* of an alias, else NULL */
	const struct manifest_node *key;    /* of a member of a mapping, else NULL */
	char *text;			    /* of a scalar, terminated */
	struct manifest_node *first;
	struct manifest_node *next;
};

struct manifest;

/*
 * Begins to read a text of length bytes (UTF-8, or UTF-16 with its mark), which is copied. The
 * caller's, to be freed with manifest_close(). NULL on error.
 */
struct manifest *manifest_open(const char *text, size_t length, struct sbpf_error *error);

/*
 * Reads the next document: 1, and *root is valid until the next call; 0 when there is none; -1 on
 * error, with line and column.
 */
int manifest_next(struct manifest *manifest, const struct manifest_node **root,
		  struct sbpf_error *error);
void manifest_close(struct manifest *manifest);

/* ---- Trees: a node may be NULL everywhere, and then has nothing ---- */

/* What an alias stands for, else the node itself. */
const struct manifest_node *manifest_value(const struct manifest_node *node);

/* The member as it is written, which may be an alias: its line is where it is used. */
const struct manifest_node *manifest_place(const struct manifest_node *mapping, const char *key);

/* The value of a member, those of << too; NULL when there is none, or it is null. */
const struct manifest_node *manifest_member(const struct manifest_node *mapping, const char *key);

/* The same along "spec.template.spec". */
const struct manifest_node *manifest_find(const struct manifest_node *node, const char *path);

bool manifest_is_null(const struct manifest_node *node);

/* The text of a string: a scalar in quotes, or one that is no null, boolean or number; else NULL.
 */
const char *manifest_string(const struct manifest_node *node);

/* The same of a member. */
const char *manifest_text(const struct manifest_node *mapping, const char *key);

/* A boolean: true and false as YAML 1.1 has them. False when it is none. */
bool manifest_boolean(const struct manifest_node *node, bool *value);

/* A plain number: an integer as manifest_integer() has it, or what JSON takes for a number. */
bool manifest_is_number(const struct manifest_node *node);

/* An integer from 0 on, as JSON has it, or with 0x, 0o, 0b, or 0 for octal. False when it is none.
 */
bool manifest_integer(const struct manifest_node *node, uint64_t *value);

/*
 * Hands each member of a mapping to report(context, key, value), with those of << that no
 * nearer one hides, until it returns false; value is as manifest_place() has it. False when it was
 * stopped.
 */
bool manifest_members(const struct manifest_node *mapping,
		      bool (*report)(void *context, const char *key,
				     const struct manifest_node *value),
		      void *context);

#endif
