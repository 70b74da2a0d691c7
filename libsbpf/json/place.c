/* SPDX-License-Identifier: MIT */
#include "place.h"

#include <stdlib.h>
#include <string.h>

/* ---- Strings ---- */

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

/* The unit of a \u escape, which may stand here; else -1. */
static int32_t unit_at(const char *at)
{
	return at[0] == '\\' && at[1] == 'u' ? hexadecimal(at + 2, at + 6) : -1;
}

size_t string_decode(const char **at, char out[4])
{
	static const char escapes[] = "bfnrt", meanings[] = "\b\f\n\r\t";
	const char *text = *at;
	const char *escape;
	int32_t point, low;

	out[0] = text[0];
	*at = text + 1;
	if (text[0] != '\\')
		return 1;
	*at = text + 2;
	if (text[1] != 'u') {
		escape = strchr(escapes, text[1]);
		out[0] = escape ? meanings[escape - escapes] : text[1];
		return 1;
	}
	*at = text + 6;
	point = unit_at(text);
	low = point >= 0xd800 && point < 0xdc00 ? unit_at(*at) : -1;
	if (low >= 0xdc00 && low < 0xe000) {
		*at += 6;
		point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
	}
	return encode((uint32_t)point, out);
}

size_t string_length(const struct outline *outline, uint32_t quote)
{
	const char *at = outline->text + quote + 1;
	size_t length = 0;
	char bytes[4];

	while (*at != '"')
		length += string_decode(&at, bytes);
	return length;
}

bool means_key(const char *written, const char *key)
{
	for (char bytes[4]; *written != '"';) {
		size_t count = string_decode(&written, bytes);

		if (!bytes[0])
			break;
		if (strncmp(key, bytes, count) != 0)
			return false;
		key += count;
	}
	return !*key;
}

char *string_copy(const char *text, size_t quote, char *buffer, size_t size)
{
	const char *at = text + quote + 1;
	size_t length = 0;

	while (*at != '"' && length + 4 < size)
		length += string_decode(&at, buffer + length);
	buffer[length] = '\0';
	return buffer;
}

/* ---- Places ---- */

uint32_t place_inside(const struct outline *outline, uint32_t place)
{
	uint32_t inside = place + 1;

	if (inside == outline->count || outline->places[inside].key >= outline->places[place].end)
		return 0;
	return inside;
}

uint32_t place_member(const struct outline *outline, uint32_t object, const char *key)
{
	uint32_t member = place_type(outline, object) == '{' ? place_inside(outline, object) : 0;

	while (member && !key_is(outline, member, key))
		member = outline->places[member].next;
	return member;
}

uint32_t place_element(const struct outline *outline, uint32_t array, size_t index)
{
	uint32_t element = place_type(outline, array) == '[' ? place_inside(outline, array) : 0;

	while (element && index--)
		element = outline->places[element].next;
	return element;
}

/* Steps into the element that "[3]" names, or the member that a key names; path goes on behind. */
static uint32_t step(const struct outline *outline, const char **path, uint32_t place)
{
	char key[128];
	char *end;
	size_t length;

	if (**path == '[') {
		size_t index = strtoul(*path + 1, &end, 10);

		*path = end + 1;
		return *end == ']' ? place_element(outline, place, index) : 0;
	}
	*path += **path == '.';
	length = strcspn(*path, ".[");
	if (!length || length >= sizeof(key))
		return 0;
	memcpy(key, *path, length);
	key[length] = '\0';
	*path += length;
	return place_member(outline, place, key);
}

bool place_find(const struct outline *outline, const char *path, uint32_t *place)
{
	*place = 0;
	while (*path) {
		*place = step(outline, &path, *place);
		if (!*place)
			return false;
	}
	return true;
}
