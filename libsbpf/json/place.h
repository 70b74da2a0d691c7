/* SPDX-License-Identifier: MIT */
/* Moving about in an outline. Places are named by their index; 0, the document, is inside of none.
 */
#ifndef SBPF_LIB_PLACE_H
#define SBPF_LIB_PLACE_H

#include "reader.h"

/* The first place inside of an object or array, 0 when there is none; the others by .next. */
uint32_t place_inside(const struct outline *outline, uint32_t place);

/* The first member of an object with a key, or an element of an array; 0 when there is none. */
uint32_t place_member(const struct outline *outline, uint32_t object, const char *key);
uint32_t place_element(const struct outline *outline, uint32_t array, size_t index);

/* The place that "syscalls[3].args[0].op" leads to from the document. */
bool place_find(const struct outline *outline, const char *path, uint32_t *place);

/* '{', '[', '"', 't', 'f', 'n', '-' or a digit. */
static inline char place_type(const struct outline *outline, uint32_t place)
{
	return outline->text[outline->places[place].at];
}

/* Whether what is written behind a quote means a key. */
bool means_key(const char *written, const char *key);

/* Whether a member has this key. A \u0000 ends a key, as NUL ends the strings of C. */
static inline bool key_is(const struct outline *outline, uint32_t member, const char *key)
{
	const char *at = outline->text + outline->places[member].key + 1;

	/* Most letters are above the two that have a meaning here. */
	while (*at == *key && (*at > '\\' || (*key && *at != '"' && *at != '\\'))) {
		at++;
		key++;
	}
	return *at == '"' ? !*key : *at == '\\' && means_key(at, key);
}

/* Whether a place is a member of the object it is in, and so has a key. */
static inline bool has_key(const struct outline *outline, uint32_t place)
{
	return outline->places[place].key != outline->places[place].at;
}

/* A string or key, at its opening quote, decoded and terminated; cut when it does not fit into size
 * bytes, at least 4. Returns buffer. */
char *string_copy(const char *text, size_t quote, char *buffer, size_t size);

/* The same of a member's key. */
static inline char *key_copy(const struct outline *outline, uint32_t member, char *buffer,
			     size_t size)
{
	return string_copy(outline->text, outline->places[member].key, buffer, size);
}

/* The length of a string or key, at its opening quote, once its escapes are decoded. */
size_t string_length(const struct outline *outline, uint32_t quote);

/*
 * Decodes one byte or escape of a string at *at, moves *at behind it and returns the number of
 * bytes in out. Half of a surrogate pair is three bytes.
 */
size_t string_decode(const char **at, char out[4]);

#endif
