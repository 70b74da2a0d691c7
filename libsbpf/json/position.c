/* SPDX-License-Identifier: MIT */
#include "position.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"

/* ---- Places in words ------------------------------------------------------------------- */

static size_t format_place(const struct place *place, char *buffer, size_t size)
{
	size_t length;
	int added;

	if (!place)
		return 0;
	length = format_place(place->parent, buffer, size);
	if (place->key)
		added = snprintf(buffer + length, size - length, "%s%s", length ? "." : "",
				 printable(place->key).text);
	else
		added = snprintf(buffer + length, size - length, "[%zu]", place->index);
	length += (size_t)added;
	return length < size ? length : size - 1;
}

char *place_format(const struct place *place, char *buffer, size_t size)
{
	buffer[0] = '\0';
	format_place(place, buffer, size);
	return buffer;
}

/* ---- Walking valid JSON ---------------------------------------------------------------- */

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static size_t skip_space(const struct finder *finder, size_t at)
{
	while (at < finder->length && is_space(finder->text[at]))
		at++;
	return at;
}

/* at: the opening quote. The offset after the closing one. */
static size_t skip_string(const struct finder *finder, size_t at)
{
	for (at++; finder->text[at] != '"'; at++) {
		if (finder->text[at] == '\\')
			at++;
	}
	return at + 1;
}

static size_t skip_container(const struct finder *finder, size_t at)
{
	size_t depth = 0;

	do {
		char byte = finder->text[at];

		if (byte == '"') {
			at = skip_string(finder, at);
			continue;
		}
		if (byte == '{' || byte == '[')
			depth++;
		if (byte == '}' || byte == ']')
			depth--;
		at++;
	} while (depth);
	return at;
}

static size_t skip_value(const struct finder *finder, size_t at)
{
	char byte = finder->text[at];

	if (byte == '"')
		return skip_string(finder, at);
	if (byte == '{' || byte == '[')
		return skip_container(finder, at);
	do
		byte = finder->text[++at];
	while (!is_space(byte) && byte != ',' && byte != ']' && byte != '}');
	return at;
}

/* From an opening bracket to the first thing inside, or to the closing bracket. */
static size_t enter(const struct finder *finder, size_t container)
{
	return skip_space(finder, container + 1);
}

/* From a value to the next element or key, or to the closing bracket. */
static size_t advance(const struct finder *finder, size_t value)
{
	size_t at = skip_space(finder, skip_value(finder, value));

	return finder->text[at] == ',' ? skip_space(finder, at + 1) : at;
}

size_t first_element(const struct finder *finder, size_t array)
{
	return enter(finder, array);
}

size_t next_element(const struct finder *finder, size_t element)
{
	return advance(finder, element);
}

static size_t value_of(const struct finder *finder, size_t key)
{
	size_t colon = skip_space(finder, skip_string(finder, key));

	return skip_space(finder, colon + 1);
}

/* ---- Keys ------------------------------------------------------------------------------ */

static uint32_t hexadecimal(const char *digits)
{
	char text[5] = { digits[0], digits[1], digits[2], digits[3] };

	return (uint32_t)strtoul(text, NULL, 16);
}

/* Writes a code point in UTF-8 and returns its length. */
static size_t encode(uint32_t point, char *out)
{
	size_t length = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

	for (size_t i = length - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	out[0] = (char)(lead[length] | point);
	return length;
}

/* Decodes one byte or escape at *at, moves *at past it and returns the number of bytes in out. */
static size_t decode(const char **at, char out[4])
{
	static const char escapes[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *text = *at;
	const char *escape;
	uint32_t point;

	*at += 1;
	out[0] = text[0];
	if (text[0] != '\\')
		return 1;
	*at += 1;
	if (text[1] != 'u') {
		escape = strchr(escapes, text[1]);
		out[0] = escape ? meanings[escape - escapes] : text[1];
		return 1;
	}
	*at += 4;
	point = hexadecimal(text + 2);
	if (point >= 0xd800 && point <= 0xdfff) {
		*at += 6;
		point = 0x10000 + ((point & 0x3ff) << 10) + (hexadecimal(text + 8) & 0x3ff);
	}
	return encode(point, out);
}

static bool key_equals(const struct finder *finder, size_t offset, const char *key)
{
	const char *at = finder->text + offset + 1;

	while (*at != '"') {
		char bytes[4];
		size_t count = decode(&at, bytes);

		if (strncmp(key, bytes, count))
			return false;
		key += count;
	}
	return !*key;
}

/* ---- Finding --------------------------------------------------------------------------- */

/* From a key onwards: the offset of the key that is wanted, or of the closing bracket. */
static size_t find_key_from(const struct finder *finder, size_t at, const char *key)
{
	while (finder->text[at] == '"' && !key_equals(finder, at, key))
		at = advance(finder, value_of(finder, at));
	return at;
}

static bool remembers(const struct finder *finder, size_t level, size_t container)
{
	return finder->last[level].at && finder->last[level].container == container;
}

static void remember(struct finder *finder, size_t level, size_t container, size_t index, size_t at)
{
	finder->last[level].container = container;
	finder->last[level].index = index;
	finder->last[level].at = at;
}

/* A key of effect stands once in an object, so the walk may begin where the last one ended. */
static size_t find_member(struct finder *finder, size_t object, const char *key, size_t level)
{
	bool resumes = remembers(finder, level, object);
	size_t start = enter(finder, object);
	size_t at = find_key_from(finder, resumes ? finder->last[level].at : start, key);

	if (resumes && finder->text[at] != '"')
		at = find_key_from(finder, start, key);
	remember(finder, level, object, 0, at);
	return at;
}

static size_t find_element(struct finder *finder, size_t array, size_t index, size_t level)
{
	size_t at = enter(finder, array);
	size_t i = 0;

	if (remembers(finder, level, array) && finder->last[level].index <= index) {
		at = finder->last[level].at;
		i = finder->last[level].index;
	}
	for (; i < index; i++)
		at = advance(finder, at);
	remember(finder, level, array, index, at);
	return at;
}

static size_t level_of(const struct place *place)
{
	size_t level = 0;

	while ((place = place->parent))
		level++;
	return level;
}

size_t find_key(struct finder *finder, const struct place *place)
{
	if (!place)
		return skip_space(finder, 0);
	if (!place->key)
		return find_value(finder, place);
	return find_member(finder, find_value(finder, place->parent), place->key, level_of(place));
}

size_t find_value(struct finder *finder, const struct place *place)
{
	if (!place)
		return skip_space(finder, 0);
	if (place->key)
		return value_of(finder, find_key(finder, place));
	return find_element(finder, find_value(finder, place->parent), place->index,
			    level_of(place));
}

/* Steps into the element that "[3]" names; path goes on behind it. */
static bool step_to_element(const struct finder *finder, const char **path, size_t *at)
{
	char *end;
	unsigned long index = strtoul(*path + 1, &end, 10);

	if (finder->text[*at] != '[' || *end != ']')
		return false;
	*at = enter(finder, *at);
	while (index-- && finder->text[*at] != ']')
		*at = advance(finder, *at);
	*path = end + 1;
	return finder->text[*at] != ']';
}

/* Steps into the member that a key names; path goes on behind it. */
static bool step_to_member(const struct finder *finder, const char **path, size_t *at)
{
	char key[128];
	size_t length;

	*path += **path == '.';
	length = strcspn(*path, ".[");
	if (finder->text[*at] != '{' || !length || length >= sizeof(key))
		return false;
	memcpy(key, *path, length);
	key[length] = '\0';
	*path += length;
	*at = find_key_from(finder, enter(finder, *at), key);
	if (finder->text[*at] != '"')
		return false;
	*at = value_of(finder, *at);
	return true;
}

bool find_path(struct finder *finder, const char *path, size_t *offset)
{
	*offset = skip_space(finder, 0);
	while (*path) {
		if (*path == '[' ? !step_to_element(finder, &path, offset)
				 : !step_to_member(finder, &path, offset))
			return false;
	}
	return true;
}

void find_line(struct finder *finder, size_t offset, unsigned int *line, unsigned int *column)
{
	if (offset < finder->line_start) {
		finder->lines = 0;
		finder->line_start = finder->line_seen = 0;
	}
	while (finder->line_seen < offset) {
		const char *newline =
			memchr(finder->text + finder->line_seen, '\n', offset - finder->line_seen);

		finder->line_seen = newline ? (size_t)(newline - finder->text) + 1 : offset;
		if (!newline)
			break;
		finder->lines++;
		finder->line_start = finder->line_seen;
	}
	*line = finder->lines + 1;
	*column = (unsigned int)(offset - finder->line_start) + 1;
}

/* ---- Keys that an object has twice ----------------------------------------------------- */

struct key {
	char *text;
	size_t offset;
	size_t earlier;	  /* the offset of the equal one before it, 0 = none */
	bool is_replaced; /* an equal one follows */
};

struct search {
	struct finder *finder;
	struct arena arena;
	int (*report)(void *context, const struct duplicate *duplicate);
	void *context;
	struct syntax *replaced;
};

static int compare_offsets(const void *left, const void *right)
{
	const struct key *a = left, *b = right;

	return (a->offset > b->offset) - (a->offset < b->offset);
}

static int compare_keys(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order ? order : compare_offsets(a, b);
}

static char *copy_key(struct search *search, size_t offset)
{
	const struct finder *finder = search->finder;
	const char *at = finder->text + offset + 1;
	char *copy = arena_alloc(&search->arena, skip_string(finder, offset) - offset + 4, 1);
	size_t length = 0;

	while (copy && *at != '"')
		length += decode(&at, copy + length);
	return copy;
}

/* The keys of one object in their order; *count of them. NULL when there is no memory. */
static struct key *collect_keys(struct search *search, size_t object, size_t *count)
{
	const struct finder *finder = search->finder;
	struct key *keys;
	size_t at, i = 0;

	for (*count = 0, at = enter(finder, object); finder->text[at] == '"'; ++*count)
		at = advance(finder, value_of(finder, at));
	keys = arena_alloc(&search->arena, *count + 1, sizeof(*keys));
	if (!keys)
		return NULL;
	for (at = enter(finder, object); i < *count; at = advance(finder, value_of(finder, at))) {
		keys[i].offset = at;
		keys[i].text = copy_key(search, at);
		if (!keys[i++].text)
			return NULL;
	}
	return keys;
}

static bool has_effect(const struct schema *schema, const struct key *key)
{
	const struct member *member = schema_find(schema, key->text);

	return member && !member->idle;
}

static int report_key(struct search *search, const struct key *second, bool idle,
		      const struct place *object)
{
	const struct place place = { .parent = object, .key = second->text };
	const struct duplicate duplicate = {
		.place = &place,
		.first = second->earlier,
		.second = second->offset,
		.idle = idle,
	};

	return search->report(search->context, &duplicate) ? -1 : 0;
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
		keys[i].earlier = keys[i - 1].offset;
		if (has_effect(schema, &keys[i]) && (!worst || keys[i].offset < worst->offset))
			worst = &keys[i];
	}
	return worst;
}

static void count_replaced(struct search *search, const struct key *key)
{
	const struct finder *finder = search->finder;
	size_t value = value_of(finder, key->offset);
	struct syntax inside;

	syntax_check(finder->text + value, skip_value(finder, value) - value, &inside, NULL);
	search->replaced->values += inside.values + 1;
	search->replaced->nulls += inside.nulls;
	search->replaced->bytes += inside.bytes + strlen(key->text);
}

/* Leaves the keys in the order of the text. */
static int check_keys(struct search *search, struct key *keys, size_t count,
		      const struct schema *schema, const struct place *object)
{
	const struct key *worst = compare(keys, count, schema);

	if (worst)
		return report_key(search, worst, false, object);
	qsort(keys, count, sizeof(*keys), compare_offsets);
	for (size_t i = 0; i < count; i++) {
		if (keys[i].is_replaced)
			count_replaced(search, &keys[i]);
		if (keys[i].earlier && report_key(search, &keys[i], true, object))
			return -1;
	}
	return 0;
}

static int search_value(struct search *search, size_t value, const struct schema *schema,
			const struct place *place);

static int search_object(struct search *search, size_t object, const struct schema *schema,
			 const struct place *place)
{
	size_t count;
	struct key *keys = collect_keys(search, object, &count);

	if (!keys || check_keys(search, keys, count, schema, place))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct place member = { .parent = place, .key = keys[i].text };
		const struct member *known = schema_find(schema, keys[i].text);

		if (!keys[i].is_replaced &&
		    search_value(search, value_of(search->finder, keys[i].offset),
				 known ? known->inside : NULL, &member))
			return -1;
	}
	return 0;
}

static int search_array(struct search *search, size_t array, const struct schema *schema,
			const struct place *place)
{
	const struct finder *finder = search->finder;
	struct place element = { .parent = place };

	for (size_t at = enter(finder, array); finder->text[at] != ']'; at = advance(finder, at)) {
		if (search_value(search, at, schema, &element))
			return -1;
		element.index++;
	}
	return 0;
}

static int search_value(struct search *search, size_t value, const struct schema *schema,
			const struct place *place)
{
	switch (search->finder->text[value]) {
	case '{':
		return search_object(search, value, schema, place);
	case '[':
		return search_array(search, value, schema, place);
	default:
		return 0;
	}
}

int find_duplicates(struct finder *finder, const struct schema *schema,
		    int (*report)(void *context, const struct duplicate *duplicate), void *context,
		    struct syntax *replaced)
{
	struct search search = {
		.finder = finder,
		.report = report,
		.context = context,
		.replaced = replaced,
	};
	int result;

	*replaced = (struct syntax){ 0 };
	result = search_value(&search, skip_space(finder, 0), schema, NULL);
	arena_free(&search.arena);
	return result;
}
