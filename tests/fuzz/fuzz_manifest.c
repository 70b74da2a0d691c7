// SPDX-License-Identifier: MIT
/*
 * Any text as a stream of manifests: it is read within bounds, or refused with line and column.
 * What was read is walked through: nothing leads in a circle, and a member is found by its key.
 */
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "target.h"

#define WALK_MAX 20000

static void expect(bool holds)
{
	if (!holds)
		abort();
}

struct walk {
	size_t steps;
	unsigned int depth;
};

static void walk(struct walk *walk, const struct manifest_node *node);

static bool look_at_member(void *context, const char *key, const struct manifest_node *value)
{
	expect(key && value->line && value->column);
	walk(context, value);
	return ((struct walk *)context)->steps < WALK_MAX;
}

/* Aliases are followed, so that depths may add up, but never for ever. */
static void walk(struct walk *at, const struct manifest_node *node)
{
	const struct manifest_node *value = manifest_value(node);
	bool boolean;

	expect(node->line && node->column && !value->target && !value->is_open);
	if (++at->steps >= WALK_MAX || at->depth > 1000)
		return;
	at->depth++;
	if (value->kind == MANIFEST_SCALAR) {
		expect(value->text && !value->first);
		expect(!manifest_string(value) ||
		       (!manifest_is_number(value) && !manifest_boolean(value, &boolean)));
	}
	if (value->kind == MANIFEST_MAPPING) {
		for (const struct manifest_node *one = value->first; one; one = one->next)
			expect(manifest_place(value, manifest_value(one->key)->text) ||
			       !strcmp(manifest_value(one->key)->text, "<<"));
		manifest_members(value, look_at_member, at);
	}
	for (const struct manifest_node *one = value->first;
	     value->kind == MANIFEST_SEQUENCE && one; one = one->next)
		walk(at, one);
	at->depth--;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbpf_error error = { 0 };
	struct manifest *manifest = manifest_open((const char *)data, size, &error);
	const struct manifest_node *root;
	int result = 0;

	while (manifest && (result = manifest_next(manifest, &root, &error)) > 0) {
		struct walk at = { 0 };

		walk(&at, root);
		manifest_find(root, "spec.template.spec.containers");
	}
	expect((manifest && !result) || (error.code && error.line && error.column));
	manifest_close(manifest);
	return 0;
}
