/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <ctype.h>
#include <string.h>

#include "distance.h"

/* A key of up to this length may have one typing error, a longer one two. */
#define SHORT_KEY 4
#define KEY_MIN 3

const struct member *schema_find(const struct schema *schema, const char *key)
{
	for (size_t i = 0; schema && i < schema->count; i++) {
		const char *known = schema->members[i].key;

		if (*known == *key && !strcmp(known, key))
			return &schema->members[i];
	}
	return NULL;
}

static const char *skip_joints(const char *text)
{
	return text + strspn(text, "_-");
}

bool is_spelling_of(const char *key, const char *known)
{
	for (;;) {
		key = skip_joints(key);
		known = skip_joints(known);
		if (tolower((unsigned char)*key) != tolower((unsigned char)*known))
			return false;
		if (!*key)
			return true;
		key++;
		known++;
	}
}

const char *schema_suggest(const struct schema *schema, const char *key)
{
	size_t length = strlen(key);
	unsigned int nearest = length <= SHORT_KEY ? 1 : 2;
	const char *suggestion = NULL;

	for (size_t i = 0; i < schema->count; i++) {
		if (schema->members[i].form != IDLE && is_spelling_of(key, schema->members[i].key))
			return schema->members[i].key;
	}
	if (length < KEY_MIN || length > DISTANCE_LENGTH_MAX)
		return NULL;
	for (size_t i = 0; i < schema->count; i++) {
		const char *known = schema->members[i].key;
		unsigned int found = text_distance(key, length, known, strlen(known));

		if (schema->members[i].form != IDLE &&
		    (found < nearest || (found == nearest && !suggestion))) {
			nearest = found;
			suggestion = known;
		}
	}
	return suggestion;
}
