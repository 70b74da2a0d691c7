/* SPDX-License-Identifier: MIT */
/* Looking values up in a tree. */
#include "manifest.h"

#include <ctype.h>
#include <string.h>

const struct manifest_node *manifest_value(const struct manifest_node *node)
{
	return node && node->target ? node->target : node;
}

static const char *key_of(const struct manifest_node *member)
{
	return manifest_value(member->key)->text;
}

static bool is_merge(const struct manifest_node *member)
{
	return member->key->is_plain && member->key->text && !strcmp(member->key->text, "<<");
}

/* ---- Merges ---- */

static const struct manifest_node *find_own(const struct manifest_node *mapping, const char *key)
{
	for (const struct manifest_node *at = mapping->first; at; at = at->next) {
		if (!is_merge(at) && !strcmp(key_of(at), key))
			return at;
	}
	return NULL;
}

/* Of several mappings the first that has the key counts. The reader bounds how many there are. */
static const struct manifest_node *find_merged(const struct manifest_node *mapping, const char *key)
{
	for (const struct manifest_node *at = mapping->first; at; at = at->next) {
		const struct manifest_node *value = manifest_value(at);
		const struct manifest_node *found = NULL;

		if (!is_merge(at))
			continue;
		if (value->kind == MANIFEST_MAPPING)
			return manifest_place(value, key);
		for (const struct manifest_node *one = value->first; one && !found; one = one->next)
			found = manifest_place(manifest_value(one), key);
		return found;
	}
	return NULL;
}

const struct manifest_node *manifest_place(const struct manifest_node *mapping, const char *key)
{
	const struct manifest_node *found;

	mapping = manifest_value(mapping);
	if (!mapping || mapping->kind != MANIFEST_MAPPING)
		return NULL;
	found = find_own(mapping, key);
	return found || !mapping->merges ? found : find_merged(mapping, key);
}

/* ---- Looking up ---- */

const struct manifest_node *manifest_member(const struct manifest_node *mapping, const char *key)
{
	const struct manifest_node *value = manifest_value(manifest_place(mapping, key));

	return manifest_is_null(value) ? NULL : value;
}

const struct manifest_node *manifest_find(const struct manifest_node *node, const char *path)
{
	char key[64];

	while (node && *path) {
		size_t length = strcspn(path, ".");

		if (length >= sizeof(key))
			return NULL;
		memcpy(key, path, length);
		key[length] = '\0';
		node = manifest_member(node, key);
		path += length + (path[length] == '.');
	}
	return manifest_value(node);
}

/* A mapping that members are reported of, and those that hide them. */
struct walk {
	const struct manifest_node *mapping; /* whose meaning counts */
	bool (*report)(void *context, const char *key, const struct manifest_node *value);
	void *context;
};

static bool walk_members(const struct walk *walk, const struct manifest_node *mapping)
{
	for (const struct manifest_node *at = mapping->first; at; at = at->next) {
		const struct manifest_node *value = manifest_value(at);

		if (!is_merge(at)) {
			if ((!walk->mapping->merges ||
			     manifest_place(walk->mapping, key_of(at)) == at) &&
			    !walk->report(walk->context, key_of(at), at))
				return false;
			continue;
		}
		if (value->kind == MANIFEST_MAPPING && !walk_members(walk, value))
			return false;
		for (const struct manifest_node *one = value->first;
		     value->kind == MANIFEST_SEQUENCE && one; one = one->next) {
			if (!walk_members(walk, manifest_value(one)))
				return false;
		}
	}
	return true;
}

bool manifest_members(const struct manifest_node *mapping,
		      bool (*report)(void *context, const char *key,
				     const struct manifest_node *value),
		      void *context)
{
	struct walk walk = { .report = report, .context = context };

	walk.mapping = manifest_value(mapping);
	if (!walk.mapping || walk.mapping->kind != MANIFEST_MAPPING)
		return true;
	return walk_members(&walk, walk.mapping);
}

/* ---- Scalars ---- */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

bool manifest_is_null(const struct manifest_node *node)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL", NULL };

	node = manifest_value(node);
	return !node ||
	       (node->kind == MANIFEST_SCALAR && node->is_plain && is_one_of(node->text, words));
}

bool manifest_boolean(const struct manifest_node *node, bool *value)
{
	static const char *const yes[] = { "true", "True", "TRUE", "yes", "Yes",
					   "YES",  "on",   "On",   "ON",  NULL };
	static const char *const no[] = { "false", "False", "FALSE", "no",  "No",
					  "NO",	   "off",   "Off",   "OFF", NULL };

	node = manifest_value(node);
	if (!node || node->kind != MANIFEST_SCALAR || !node->is_plain)
		return false;
	*value = is_one_of(node->text, yes);
	return *value || is_one_of(node->text, no);
}

/* The base of an integer, and where its digits begin. */
static unsigned int base_of(const char **at)
{
	static const struct {
		const char *prefix;
		unsigned int base;
	} bases[] = { { "0x", 16 }, { "0o", 8 }, { "0b", 2 } };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		if (!strncmp(*at, bases[i].prefix, 2)) {
			*at += 2;
			return bases[i].base;
		}
	}
	return **at == '0' && (*at)[1] ? 8 : 10;
}

bool manifest_integer(const struct manifest_node *node, uint64_t *value)
{
	const char *at;
	unsigned int base;

	node = manifest_value(node);
	if (!node || node->kind != MANIFEST_SCALAR || !node->is_plain)
		return false;
	at = node->text;
	base = base_of(&at);
	if (!*at)
		return false;
	for (*value = 0; *at; at++) {
		unsigned int digit = isdigit((unsigned char)*at) ? (unsigned int)(*at - '0')
				     : isxdigit((unsigned char)*at)
					     ? (unsigned int)((*at | 0x20) - 'a' + 10)
					     : base;

		if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			return false;
	}
	return true;
}

/* Digits, with a fraction and an exponent, as RFC 8259 has them. */
static bool is_json_number(const char *at)
{
	at += *at == '-';
	if (!isdigit((unsigned char)*at) || (*at == '0' && isdigit((unsigned char)at[1])))
		return false;
	at += strspn(at, "0123456789");
	if (*at == '.' && isdigit((unsigned char)at[1]))
		at += 1 + strspn(at + 1, "0123456789");
	if (*at == 'e' || *at == 'E') {
		at += 1 + (at[1] == '-' || at[1] == '+');
		if (!isdigit((unsigned char)*at))
			return false;
		at += strspn(at, "0123456789");
	}
	return !*at;
}

bool manifest_is_number(const struct manifest_node *node)
{
	uint64_t value;

	node = manifest_value(node);
	if (!node || node->kind != MANIFEST_SCALAR || !node->is_plain)
		return false;
	return is_json_number(node->text) || manifest_integer(node, &value);
}

const char *manifest_string(const struct manifest_node *node)
{
	bool value;

	node = manifest_value(node);
	if (!node || node->kind != MANIFEST_SCALAR || manifest_is_null(node) ||
	    manifest_boolean(node, &value) || manifest_is_number(node))
		return NULL;
	return node->text;
}

const char *manifest_text(const struct manifest_node *mapping, const char *key)
{
	return manifest_string(manifest_member(mapping, key));
}
