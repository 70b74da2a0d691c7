/* SPDX-License-Identifier: MIT */
#include "repeats.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

/* Keys are compared in some tens of bytes each: those of one object, then they are dropped. */
struct key {
	const char *text;
	uint32_t place;
	uint32_t first;	  /* the place of the first that is equal */
	bool is_replaced; /* an equal one follows */
};

struct search {
	struct parser *parser;
	struct arena arena;
};

static int compare_places(const void *left, const void *right)
{
	const struct key *a = left, *b = right;

	return (a->place > b->place) - (a->place < b->place);
}

static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order ? order : compare_places(a, b);
}

/* The keys of one object in their order; *count of them. NULL when there is no memory. */
static struct key *collect_keys(struct search *search, uint32_t object, size_t *count)
{
	const struct outline *outline = &search->parser->profile->outline;
	const struct place *places = outline->places;
	uint32_t first = place_inside(outline, object);
	struct key *keys;

	*count = 0;
	for (uint32_t at = first; at; at = places[at].next)
		++*count;
	keys = arena_alloc(&search->arena, *count + 1, sizeof(*keys));
	if (!keys)
		return NULL;
	for (uint32_t at = first, i = 0; at; at = places[at].next, i++) {
		size_t size = string_length(outline, places[at].key) + 4;
		char *text = arena_alloc_raw(&search->arena, size, 1);

		if (!text)
			return NULL;
		keys[i].place = keys[i].first = at;
		keys[i].text = key_copy(outline, at, text, size);
	}
	return keys;
}

static bool is_repeat(const struct key *key)
{
	return key->first != key->place;
}

static bool has_effect(const struct schema *schema, const struct key *key)
{
	const struct member *member = schema_find(schema, key->text);

	return member && member->form != IDLE;
}

/* Notes which keys are equal; NULL, or the first that stands there again and has an effect. */
static const struct key *compare(struct key *keys, size_t count, const struct schema *schema)
{
	const struct key *worst = NULL;

	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++) {
		if (strcmp(keys[i - 1].text, keys[i].text) != 0)
			continue;
		keys[i - 1].is_replaced = true;
		keys[i].first = keys[i - 1].first;
		if (has_effect(schema, &keys[i]) && (!worst || keys[i].place < worst->place))
			worst = &keys[i];
	}
	return worst;
}

static int refuse(struct parser *parser, const struct key *key)
{
	struct outline *outline = &parser->profile->outline;
	unsigned int line, column;

	outline_line(outline, outline->places[key->first].key, &line, &column);
	return profile_key_error(parser->profile, key->place, parser->error,
				 "the key '%s' stands twice in one object, first in line %u: keep "
				 "one of them",
				 printable(key->text).text, line);
}

static int ignore(struct parser *parser, const struct key *key)
{
	struct profile *profile = parser->profile;

	return profile_ignore(profile, key->place, profile->outline.places[key->place].key,
			      SBPF_WARN_IGNORED, parser->error,
			      "the key '%s' stands more than once in one object; it has no effect",
			      printable(key->text).text);
}

/* Leaves the keys in the order of the text. */
static int check_keys(struct search *search, struct key *keys, size_t count,
		      const struct schema *schema)
{
	const struct key *worst = compare(keys, count, schema);

	if (worst)
		return refuse(search->parser, worst);
	qsort(keys, count, sizeof(*keys), compare_places);
	for (size_t i = 0; i < count; i++) {
		if (is_repeat(&keys[i]) && ignore(search->parser, &keys[i]))
			return -1;
	}
	return 0;
}

/* Takes the keys that are there already out of the object; the first gets their value. */
static void drop_repeats(struct outline *outline, const struct key *keys, size_t count)
{
	struct place *places = outline->places;
	uint32_t last = 0;

	for (size_t i = 0; i < count; i++) {
		const struct place *place = &places[keys[i].place];

		if (is_repeat(&keys[i])) {
			places[last].next = place->next;
			places[keys[i].first].at = place->at;
			places[keys[i].first].end = 0;
		} else {
			last = keys[i].place;
		}
	}
}

static int search_value(struct search *search, uint32_t place, const struct schema *schema);

static int search_object(struct search *search, uint32_t object, const struct schema *schema)
{
	struct arena mark = arena_mark(&search->arena);
	size_t count;
	struct key *keys = collect_keys(search, object, &count);

	if (!keys)
		return error_memory(search->parser->error);
	if (check_keys(search, keys, count, schema))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct member *known = schema_find(schema, keys[i].text);

		if (!keys[i].is_replaced &&
		    search_value(search, keys[i].place, known ? known->inside : NULL))
			return -1;
	}
	drop_repeats(&search->parser->profile->outline, keys, count);
	arena_rewind(&search->arena, mark);
	return 0;
}

static int search_value(struct search *search, uint32_t place, const struct schema *schema)
{
	const struct outline *outline = &search->parser->profile->outline;

	if (place_type(outline, place) == '{')
		return search_object(search, place, schema);
	for (uint32_t at = place_inside(outline, place); at; at = outline->places[at].next) {
		if (search_value(search, at, schema))
			return -1;
	}
	return 0;
}

int check_repeats(struct parser *parser, const struct schema *schema)
{
	struct search search = { .parser = parser };
	int result;

	if (!parser->profile->outline.may_repeat)
		return 0;
	result = search_value(&search, 0, schema);
	arena_free(&search.arena);
	return result;
}
