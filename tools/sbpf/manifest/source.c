/* SPDX-License-Identifier: MIT */
#include "source.h"

#include "manifest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libyaml compares each directive with all before it. */
#define TAG_DIRECTIVES_MAX 64

int source_error(struct sbpf_error *error, unsigned int line, unsigned int column,
		 const char *format, ...)
{
	va_list arguments;

	*error = (struct sbpf_error){
		.code = SBPF_ERROR_SYNTAX,
		.line = line,
		.column = column,
	};
	va_start(arguments, format);
	/* Which va_start() has filled. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return -1;
}

/* ---- Encodings ---- */

static size_t put_utf8(char *out, uint32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3f));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));
	return 4;
}

static uint32_t unit_at(const char *text, size_t offset, bool big_endian)
{
	const unsigned char *at = (const unsigned char *)text + offset;

	return big_endian ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

static bool fail_utf16(const struct source *source, struct sbpf_error *error)
{
	unsigned int line, column;

	source_position(source, source->length, &line, &column);
	source_error(error, line, column, "this is no UTF-16: half of a character is missing");
	return false;
}

/* Three bytes for each unit are enough. */
static bool take_utf16(const char *text, size_t length, bool big_endian, struct source *source,
		       struct sbpf_error *error)
{
	for (size_t at = 0; at < length; at += 2) {
		uint32_t point, low;

		if (at + 1 == length)
			return fail_utf16(source, error);
		point = unit_at(text, at, big_endian);
		if (point >= 0xd800 && point < 0xe000) {
			low = at + 3 < length ? unit_at(text, at + 2, big_endian) : 0;
			if (point >= 0xdc00 || low < 0xdc00 || low >= 0xe000)
				return fail_utf16(source, error);
			point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
			at += 2;
		}
		source->length += put_utf8(source->text + source->length, point);
	}
	source->text[source->length] = '\0';
	return true;
}

/* ---- JSON ---- */

/* The number of four hexadecimal digits behind "\u", or -1. */
static long escaped_unit(const char *at)
{
	char digits[5] = "";
	char *end;
	long unit;

	if (at[0] != '\\' || at[1] != 'u' || strnlen(at, 6) < 6)
		return -1;
	memcpy(digits, at + 2, 4);
	unit = strtol(digits, &end, 16);
	return *end ? -1 : unit;
}

/* JSON writes what is above U+FFFF as two escapes, which libyaml takes for errors. */
static void join_escapes(struct source *source)
{
	char *from = source->text, *to = source->text;
	const char *end = source->text + source->length;

	while (from < end) {
		long high = escaped_unit(from);
		long low = high >= 0xd800 && high < 0xdc00 ? escaped_unit(from + 6) : -1;

		if (low >= 0xdc00 && low < 0xe000) {
			char escape[11];

			snprintf(escape, sizeof(escape), "\\U%08lx",
				 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
			memcpy(to, escape, 10);
			to += 10;
			from += 12;
			continue;
		}
		/* The second of two backslashes begins no escape. */
		if (*from == '\\' && from + 1 < end)
			*to++ = *from++;
		*to++ = *from++;
	}
	*to = '\0';
	source->length = (size_t)(to - source->text);
}

/* ---- Reading ---- */

static bool check_directives(const struct source *source, struct sbpf_error *error)
{
	unsigned int line = 1, count = 0;

	for (const char *at = source->text; at; line++) {
		if (!strncmp(at, "%TAG", 4) && ++count > TAG_DIRECTIVES_MAX) {
			source_error(error, line, 1, "there are more than %d %%TAG directives",
				     TAG_DIRECTIVES_MAX);
			return false;
		}
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return true;
}

static bool copy_text(const char *text, size_t length, struct source *source,
		      struct sbpf_error *error)
{
	const unsigned char *mark = (const unsigned char *)text;

	if (length >= 2 && mark[0] == 0xfe && mark[1] == 0xff)
		return take_utf16(text + 2, length - 2, true, source, error);
	if (length >= 2 && mark[0] == 0xff && mark[1] == 0xfe)
		return take_utf16(text + 2, length - 2, false, source, error);
	if (length >= 3 && mark[0] == 0xef && mark[1] == 0xbb && mark[2] == 0xbf) {
		text += 3;
		length -= 3;
	}
	if (length)
		memcpy(source->text, text, length);
	source->text[length] = '\0';
	source->length = length;
	return true;
}

bool source_read(const char *text, size_t length, struct source *source, struct sbpf_error *error)
{
	char first;

	*source = (struct source){ 0 };
	if (length > MANIFEST_TEXT_MAX) {
		source_error(error, 1, 1, "the text is longer than %u MiB: hand it over in parts",
			     MANIFEST_TEXT_MAX >> 20);
		return false;
	}
	source->text = calloc(1, length + length / 2 + 4);
	if (!source->text) {
		*error = (struct sbpf_error){ .code = SBPF_ERROR_MEMORY,
					      .message = "out of memory" };
		return false;
	}
	if (!copy_text(text, length, source, error) || !check_directives(source, error)) {
		source_free(source);
		return false;
	}
	first = source->text[strspn(source->text, " \t\r\n")];
	if (first == '{' || first == '[')
		join_escapes(source);
	return true;
}

void source_free(struct source *source)
{
	free(source->text);
	*source = (struct source){ 0 };
}

/* ---- Lines ---- */

void source_position(const struct source *source, size_t offset, unsigned int *line,
		     unsigned int *column)
{
	*line = 1;
	*column = 1;
	for (size_t i = 0; i < offset && i < source->length; i++) {
		if (source->text[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)source->text[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static const char *find_line(const struct source *source, unsigned int line)
{
	const char *at = source->text;

	for (unsigned int i = 1; i < line && at; i++) {
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return at;
}

char source_at(const struct source *source, unsigned int line, unsigned int column)
{
	const char *at = find_line(source, line);

	for (unsigned int i = 1; at && *at && *at != '\n' && i < column; i++) {
		do
			at++;
		while (((unsigned char)*at & 0xc0) == 0x80);
	}
	return at ? *at : '\0';
}

/* Whether a line has "{{" outside of quotes and before a comment. */
static bool has_template(const char *line)
{
	char quote = '\0';

	for (const char *at = line; *at && *at != '\n'; at++) {
		if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (at[0] == '{' && at[1] == '{')
			return true;
		else if (*at == '#' && (at == line || at[-1] == ' '))
			return false;
		else if (*at == '"' || *at == '\'')
			quote = *at;
	}
	return false;
}

unsigned int source_template(const struct source *source, unsigned int first, unsigned int last)
{
	const char *at = find_line(source, first);

	for (unsigned int line = first; at && line <= last; line++) {
		if (has_template(at))
			return line;
		at = strchr(at, '\n');
		at = at ? at + 1 : NULL;
	}
	return 0;
}
