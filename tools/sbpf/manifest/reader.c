/* SPDX-License-Identifier: MIT */
/* libyaml's events, put together to a tree. */
#include "manifest.h"

#include "source.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define BLOCK_NODES 512

struct block {
	struct block *next;
	size_t used;
	struct manifest_node nodes[BLOCK_NODES];
};

struct anchor {
	char *name;
	const struct manifest_node *node;
};

/* A sequence or mapping whose end was not read yet. */
struct level {
	struct manifest_node *node;
	struct manifest_node *last;
	struct manifest_node *key; /* whose value comes next */
};

struct manifest {
	struct source source;
	yaml_parser_t parser;
	bool is_begun;
	bool is_over;
	struct block *blocks; /* of the document */
	size_t node_count;
	void *anchors; /* a tree of tsearch(3) */
	struct level levels[MANIFEST_DEPTH_MAX + 1];
	size_t depth;
	struct manifest_node *root;
};

/* ---- Errors ---- */

static int fail_memory(struct sbpf_error *error)
{
	*error = (struct sbpf_error){ .code = SBPF_ERROR_MEMORY, .message = "out of memory" };
	return -1;
}

static int fail_template(struct sbpf_error *error, unsigned int line)
{
	return source_error(error, line, 1, "unrendered template: run helm template first");
}

/* What libyaml found wrong. */
static int fail_parser(const struct manifest *manifest, struct sbpf_error *error)
{
	const yaml_parser_t *parser = &manifest->parser;
	unsigned int line = (unsigned int)parser->problem_mark.line + 1;
	unsigned int column = (unsigned int)parser->problem_mark.column + 1;
	const char *problem = parser->problem ? parser->problem : "this is no YAML";
	const char *context = parser->context ? parser->context : "";
	unsigned int other;

	if (parser->error == YAML_MEMORY_ERROR)
		return fail_memory(error);
	if (parser->error == YAML_READER_ERROR) {
		source_position(&manifest->source, parser->problem_offset, &line, &column);
		return source_error(error, line, column, "%s (byte 0x%x)", problem,
				    (unsigned int)parser->problem_value);
	}
	other = parser->context ? (unsigned int)parser->context_mark.line + 1 : line;
	other = source_template(&manifest->source, other < line ? other : line, line);
	if (other)
		return fail_template(error, other);
	if (source_at(&manifest->source, line, column) == '\t')
		return source_error(error, line, column, "a tab cannot indent YAML: use spaces");
	if (parser->context && parser->context_mark.line + 1 != line)
		return source_error(error, line, column, "%s, %s of line %zu", problem, context,
				    parser->context_mark.line + 1);
	return source_error(error, line, column, "%s%s%s", problem, *context ? ", " : "", context);
}

static int fail_node(const struct manifest_node *node, struct sbpf_error *error, const char *text)
{
	return source_error(error, node->line, node->column, "%s", text);
}

/* ---- Nodes ---- */

static struct manifest_node *new_node(struct manifest *manifest, const yaml_event_t *event,
				      struct sbpf_error *error)
{
	struct block *block = manifest->blocks;
	struct manifest_node *node;

	if (manifest->node_count == MANIFEST_NODES_MAX) {
		source_error(error, (unsigned int)event->start_mark.line + 1,
			     (unsigned int)event->start_mark.column + 1,
			     "the document has more than %u values: split it", MANIFEST_NODES_MAX);
		return NULL;
	}
	if (!block || block->used == BLOCK_NODES) {
		block = calloc(1, sizeof(*block));
		if (!block) {
			fail_memory(error);
			return NULL;
		}
		block->next = manifest->blocks;
		manifest->blocks = block;
	}
	manifest->node_count++;
	node = &block->nodes[block->used++];
	node->line = (unsigned int)event->start_mark.line + 1;
	node->column = (unsigned int)event->start_mark.column + 1;
	return node;
}

static void free_anchor(void *pointer)
{
	struct anchor *anchor = pointer;

	free(anchor->name);
	free(anchor);
}

static void free_document(struct manifest *manifest)
{
	while (manifest->blocks) {
		struct block *block = manifest->blocks;

		manifest->blocks = block->next;
		for (size_t i = 0; i < block->used; i++)
			free(block->nodes[i].text);
		free(block);
	}
	tdestroy(manifest->anchors, free_anchor);
	manifest->anchors = NULL;
	manifest->node_count = 0;
	manifest->depth = 0;
	manifest->root = NULL;
}

/* ---- Anchors ---- */

static int compare_anchors(const void *one, const void *two)
{
	return strcmp(((const struct anchor *)one)->name, ((const struct anchor *)two)->name);
}

/* A name that stands again means the later value from there on. */
static int add_anchor(struct manifest *manifest, const yaml_char_t *name,
		      const struct manifest_node *node, struct sbpf_error *error)
{
	struct anchor *anchor, **found;

	if (!name)
		return 0;
	anchor = calloc(1, sizeof(*anchor));
	if (anchor)
		anchor->name = strdup((const char *)name);
	found = anchor && anchor->name ? tsearch(anchor, &manifest->anchors, compare_anchors)
				       : NULL;
	if (found)
		(*found)->node = node;
	if (!found || *found != anchor) {
		if (anchor)
			free_anchor(anchor);
	}
	return found ? 0 : fail_memory(error);
}

static int resolve_alias(struct manifest *manifest, const yaml_char_t *name,
			 struct manifest_node *node, struct sbpf_error *error)
{
	struct anchor wanted = { .name = (char *)name };
	struct anchor **found = tfind(&wanted, &manifest->anchors, compare_anchors);

	if (!found)
		return source_error(error, node->line, node->column,
				    "there is no anchor '&%.80s' before this alias",
				    (const char *)name);
	node->target = (*found)->node;
	if (node->target->is_open)
		return source_error(error, node->line, node->column,
				    "'*%.80s' stands inside of what it means", (const char *)name);
	node->kind = node->target->kind;
	return 0;
}

/* ---- Members ---- */

static const char *key_text(const struct manifest_node *node)
{
	return manifest_value(node->key)->text;
}

struct member {
	const struct manifest_node *node;
};

static int compare_members(const void *one, const void *two)
{
	const struct manifest_node *a = ((const struct member *)one)->node;
	const struct manifest_node *b = ((const struct member *)two)->node;
	int order = strcmp(key_text(a), key_text(b));

	if (order)
		return order;
	if (a->key->line != b->key->line)
		return a->key->line < b->key->line ? -1 : 1;
	return (a->key->column > b->key->column) - (a->key->column < b->key->column);
}

/* The API server is strict here, and other readers take the first, or the last. */
static int check_repeats(const struct manifest_node *mapping, struct sbpf_error *error)
{
	struct member *members;
	size_t count = 0;
	int result = 0;

	if (mapping->count < 2)
		return 0;
	members = calloc(mapping->count, sizeof(members[0]));
	if (!members)
		return fail_memory(error);
	for (const struct manifest_node *at = mapping->first; at; at = at->next)
		members[count++].node = at;
	qsort(members, count, sizeof(members[0]), compare_members);
	for (size_t i = 1; i < count && !result; i++) {
		const struct manifest_node *before = members[i - 1].node, *node = members[i].node;

		if (!strcmp(key_text(before), key_text(node)))
			result = source_error(error, node->key->line, node->key->column,
					      "the key '%.80s' stands twice, first in line %u",
					      key_text(node), before->key->line);
	}
	free(members);
	return result;
}

static bool is_merge(const struct manifest_node *member)
{
	return member->key->is_plain && member->key->text && !strcmp(member->key->text, "<<");
}

/* Adds what a value of << takes in. */
static int add_merged(struct manifest_node *mapping, const struct manifest_node *value,
		      struct sbpf_error *error)
{
	const struct manifest_node *one = manifest_value(value);

	if (one->kind != MANIFEST_MAPPING)
		return fail_node(value, error, "<< takes a mapping, or a sequence of mappings");
	mapping->merges = true;
	mapping->reach += one->reach;
	if (mapping->reach > MANIFEST_MERGED_MAX)
		return source_error(error, value->line, value->column,
				    "with << the mapping has more than %d members",
				    MANIFEST_MERGED_MAX);
	return 0;
}

static int count_members(struct manifest_node *mapping, struct sbpf_error *error)
{
	mapping->reach = 1 + mapping->count;
	for (const struct manifest_node *at = mapping->first; at; at = at->next) {
		const struct manifest_node *value = manifest_value(at);

		if (!is_merge(at))
			continue;
		if (value->kind != MANIFEST_SEQUENCE)
			return add_merged(mapping, at, error);
		for (const struct manifest_node *one = value->first; one; one = one->next) {
			if (add_merged(mapping, one, error))
				return -1;
		}
	}
	return 0;
}

/* ---- Events ---- */

static int check_key(const struct manifest *manifest, const struct manifest_node *node,
		     struct sbpf_error *error)
{
	unsigned int line;

	if (node->kind == MANIFEST_SCALAR)
		return 0;
	line = source_template(&manifest->source, node->line, node->line);
	if (line)
		return fail_template(error, line);
	return fail_node(node, error, "a key must be a string here, not a collection");
}

/* Puts a node where it belongs. */
static int attach(struct manifest *manifest, struct manifest_node *node, struct sbpf_error *error)
{
	struct level *level;

	if (!manifest->depth) {
		manifest->root = node;
		return 0;
	}
	level = &manifest->levels[manifest->depth - 1];
	if (level->node->kind == MANIFEST_MAPPING) {
		if (!level->key) {
			level->key = node;
			return check_key(manifest, node, error);
		}
		node->key = level->key;
		level->key = NULL;
	}
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->count++;
	return 0;
}

static int take_scalar(struct manifest *manifest, yaml_event_t *event, struct manifest_node *node,
		       struct sbpf_error *error)
{
	node->kind = MANIFEST_SCALAR;
	node->is_plain = event->data.scalar.plain_implicit &&
			 event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	/* Which is malloc'd. */
	node->text = (char *)event->data.scalar.value;
	event->data.scalar.value = NULL;
	if (strlen(node->text) != event->data.scalar.length)
		return fail_node(node, error, "a string has a byte 0 in it");
	if (add_anchor(manifest, event->data.scalar.anchor, node, error))
		return -1;
	return attach(manifest, node, error);
}

static int begin_collection(struct manifest *manifest, struct manifest_node *node,
			    enum manifest_kind kind, const yaml_char_t *anchor,
			    struct sbpf_error *error)
{
	node->kind = kind;
	node->is_open = true;
	if (manifest->depth == MANIFEST_DEPTH_MAX)
		return source_error(error, node->line, node->column,
				    "nested more than %d levels deep", MANIFEST_DEPTH_MAX);
	if (add_anchor(manifest, anchor, node, error) || attach(manifest, node, error))
		return -1;
	manifest->levels[manifest->depth++] = (struct level){ .node = node };
	return 0;
}

static int end_collection(struct manifest *manifest, struct sbpf_error *error)
{
	struct manifest_node *node = manifest->levels[--manifest->depth].node;

	node->is_open = false;
	if (node->kind != MANIFEST_MAPPING)
		return 0;
	return check_repeats(node, error) ? -1 : count_members(node, error);
}

static int take_node(struct manifest *manifest, yaml_event_t *event, struct sbpf_error *error)
{
	struct manifest_node *node = new_node(manifest, event, error);

	if (!node)
		return -1;
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		if (resolve_alias(manifest, event->data.alias.anchor, node, error))
			return -1;
		return attach(manifest, node, error);
	case YAML_SCALAR_EVENT:
		return take_scalar(manifest, event, node, error);
	case YAML_SEQUENCE_START_EVENT:
		return begin_collection(manifest, node, MANIFEST_SEQUENCE,
					event->data.sequence_start.anchor, error);
	default:
		return begin_collection(manifest, node, MANIFEST_MAPPING,
					event->data.mapping_start.anchor, error);
	}
}

/* 1 at the end of a document, 0 to go on, -1 on error. */
static int take_event(struct manifest *manifest, yaml_event_t *event, struct sbpf_error *error)
{
	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		manifest->is_over = true;
		return 1;
	case YAML_DOCUMENT_END_EVENT:
		return 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return end_collection(manifest, error);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_START_EVENT:
		return 0;
	default:
		return take_node(manifest, event, error);
	}
}

/* ---- Streams ---- */

struct manifest *manifest_open(const char *text, size_t length, struct sbpf_error *error)
{
	struct manifest *manifest = calloc(1, sizeof(*manifest));

	if (!manifest) {
		fail_memory(error);
		return NULL;
	}
	if (!source_read(text, length, &manifest->source, error)) {
		free(manifest);
		return NULL;
	}
	manifest->is_begun = yaml_parser_initialize(&manifest->parser);
	if (!manifest->is_begun) {
		fail_memory(error);
		manifest_close(manifest);
		return NULL;
	}
	yaml_parser_set_encoding(&manifest->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&manifest->parser,
				     (const unsigned char *)manifest->source.text,
				     manifest->source.length);
	return manifest;
}

int manifest_next(struct manifest *manifest, const struct manifest_node **root,
		  struct sbpf_error *error)
{
	int result = 0;

	free_document(manifest);
	*root = NULL;
	while (!manifest->is_over && !result) {
		yaml_event_t event;

		if (!yaml_parser_parse(&manifest->parser, &event)) {
			manifest->is_over = true;
			return fail_parser(manifest, error);
		}
		result = take_event(manifest, &event, error);
		yaml_event_delete(&event);
	}
	if (result < 0) {
		manifest->is_over = true;
		return -1;
	}
	*root = manifest->root;
	return manifest->root ? 1 : 0;
}

void manifest_close(struct manifest *manifest)
{
	if (!manifest)
		return;
	free_document(manifest);
	if (manifest->is_begun)
		yaml_parser_delete(&manifest->parser);
	source_free(&manifest->source);
	free(manifest);
}
