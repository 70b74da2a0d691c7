/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem(3) */

#include "reader.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"

/* As many keys of one object are compared with one another while they are read. */
#define KEYS 32

const struct dialect strict_dialect = { "profile", SBPF_NESTING_MAX, false };

/* An object or array that is open. */
struct level {
	const char *open;   /* its bracket */
	uint32_t container; /* index of its place */
	uint32_t last;	    /* of the last place inside, 0 = none */
	uint32_t key_count;
	uint32_t keys[KEYS]; /* in short: see is_new() */
};

/*
 * What reads a part of the text is handed where that begins and returns where it ends, or NULL
 * after an error.
 */
struct reader {
	const char *text;
	const char *end;
	const char *key; /* of the value that comes next; the value itself where it has none */
	struct outline *outline;
	struct sbpf_error *error;
	bool lax;
	bool failed;
	const struct dialect *dialect;
	size_t levels_kept; /* values that are deeper have no place */
	size_t depth;
	uint64_t kinds;	 /* a bit for each of the innermost 64 levels, 1 = an object */
	uint64_t *outer; /* those further out, 64 at a time */
	size_t outer_room;
	size_t room;				   /* for places */
	struct place unkept;			   /* stands for those that are too deep */
	struct level levels[SBPF_NESTING_MAX + 1]; /* [n] holds what is n deep */
};

/* ---- Saying what is wrong ---- */

__attribute__((cold, format(printf, 4, 5))) static const char *
refuse(struct reader *reader, const char *at, enum sbpf_code code, const char *format, ...)
{
	struct sbpf_error *error = reader->error;
	va_list arguments;

	reader->failed = true;
	if (!error || error->code != SBPF_OK)
		return NULL;
	error->code = code;
	if (at)
		outline_line(reader->outline, (size_t)(at - reader->text), &error->line,
			     &error->column);
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return NULL;
}

#define REFUSE(reader, at, ...) refuse(reader, at, SBPF_ERROR_SYNTAX, __VA_ARGS__)

__attribute__((cold)) static const char *refuse_for_memory(struct reader *reader)
{
	return refuse(reader, NULL, SBPF_ERROR_MEMORY, "out of memory");
}

/* open: the bracket or quote that is not closed; NULL when it is too deep to be known. */
__attribute__((cold)) static const char *refuse_end(struct reader *reader, const char *open)
{
	unsigned int line, column;

	if (!open)
		return REFUSE(reader, reader->end,
			      "the text ends too early: brackets are not closed");
	outline_line(reader->outline, (size_t)(open - reader->text), &line, &column);
	return REFUSE(reader, reader->end,
		      "the text ends too early: the '%c' of line %u, column %u is not closed",
		      *open, line, column);
}

static bool follows(const struct reader *reader, const char *at, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(reader->end - at) >= length && !memcmp(at, word, length);
}

/* Beginnings that people write for a value, and what JSON wants in their place. */
static const struct {
	const char *start;
	const char *message;
} no_values[] = {
	{ "\xef\xbb\xbf", "a byte order mark is not allowed: save the text as UTF-8 without it" },
	{ "\xff\xfe", "the text is UTF-16: save it as UTF-8" },
	{ "\xfe\xff", "the text is UTF-16: save it as UTF-8" },
	{ "//", "JSON has no comments: use a 'comment' key" },
	{ "/*", "JSON has no comments: use a 'comment' key" },
	{ "#", "JSON has no comments: use a 'comment' key" },
	{ "'", "a string begins and ends with a double quote" },
	{ "NaN", "JSON has no NaN: write a number" },
	{ "Infinity", "JSON has no Infinity: write a number" },
	{ "True", "write true in lower case" },
	{ "False", "write false in lower case" },
	{ "None", "write null" },
	{ "+", "a number begins with a digit or '-': remove the '+'" },
	{ ".", "a number begins with a digit: write 0 before the point" },
	{ ",", "a value is missing before the comma" },
	{ "]", "a value is missing here; no comma may stand before ']'" },
	{ "}", "a value is missing here; no comma may stand before '}'" },
};

__attribute__((cold)) static const char *refuse_value(struct reader *reader, const char *at)
{
	for (size_t i = 0; i < COUNT(no_values); i++) {
		if (follows(reader, at, no_values[i].start))
			return REFUSE(reader, at, "%s", no_values[i].message);
	}
	return REFUSE(reader, at,
		      "a value is expected: an object, an array, a string in double quotes, a "
		      "number, true, false or null");
}

/* ---- Between values ---- */

static const char *read_comment(struct reader *reader, const char *at)
{
	size_t rest = (size_t)(reader->end - at);
	const char *end = NULL;

	if (follows(reader, at, "//")) {
		end = memchr(at, '\n', rest);
		end = end ? end : reader->end;
	} else if (follows(reader, at, "/*")) {
		end = memmem(at + 2, rest - 2, "*/", 2);
		end = end ? end + 2 : NULL;
	}
	if (!end)
		return REFUSE(reader, at,
			      "a comment is neither // to the end of a line nor closed by */");
	reader->outline->has_comments = true;
	return end;
}

static inline bool is_blank(char byte)
{
	static const bool blanks[256] = {
		[' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true
	};

	return blanks[(unsigned char)byte];
}

static const char *skip_comments(struct reader *reader, const char *at)
{
	while (at != reader->end && *at == '/') {
		at = read_comment(reader, at);
		if (!at)
			return reader->end;
		while (at != reader->end && is_blank(*at))
			at++;
	}
	return at;
}

/* The next byte that is no white space; the end where there is none, or after an error. */
static inline const char *skip_blank(struct reader *reader, const char *at)
{
	const char *end = reader->end;

	while (at != end && is_blank(*at))
		at++;
	return reader->lax ? skip_comments(reader, at) : at;
}

/* ---- Strings ---- */

/* The length of the UTF-8 sequence at a byte of 0x80 or more (RFC 3629), 0 when it is none. */
static size_t utf8_length(const unsigned char *at, size_t rest)
{
	size_t length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;

	if (*at < 0xc2 || *at > 0xf4 || rest < length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Overlong forms, the surrogates, and what is above U+10FFFF. */
	if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) ||
	    (*at == 0xf0 && at[1] < 0x90) || (*at == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

int32_t hexadecimal(const char *at, const char *end)
{
	int32_t value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char letter = (char)(at[i] | 0x20);

		if (at[i] >= '0' && at[i] <= '9')
			value = value << 4 | (at[i] - '0');
		else if (letter >= 'a' && letter <= 'f')
			value = value << 4 | (letter - 'a' + 10);
		else
			return -1;
	}
	return value;
}

static const char *read_unicode_escape(struct reader *reader, const char *at)
{
	int32_t unit = hexadecimal(at + 2, reader->end);
	int32_t low = -1;

	if (unit < 0)
		return REFUSE(reader, at, "four hexadecimal digits are expected after \\u");
	if (reader->lax)
		return at + 6;
	if (unit == 0)
		return REFUSE(reader, at, "a string may not hold a NUL character");
	if (unit < 0xd800 || unit > 0xdfff)
		return at + 6;
	if (unit < 0xdc00 && follows(reader, at + 6, "\\u"))
		low = hexadecimal(at + 8, reader->end);
	if (low < 0xdc00 || low > 0xdfff)
		return REFUSE(reader, at,
			      "half of a surrogate pair is no character: write both "
			      "halves, \\ud800 to \\udbff and then \\udc00 to \\udfff");
	return at + 12;
}

static const char *read_escape(struct reader *reader, const char *at)
{
	if (reader->end - at < 2)
		return reader->end;
	if (at[1] == 'u')
		return read_unicode_escape(reader, at);
	if (!at[1] || !strchr("\"\\/bfnrt", at[1]))
		return REFUSE(reader, at,
			      "a backslash is followed by one of \" \\ / b f n r t u; for a "
			      "backslash itself write \\\\");
	return at + 2;
}

/* What stands out in a string: an escape, a character beyond ASCII, or one that may not be. */
static const char *read_special(struct reader *reader, const char *at)
{
	size_t length = 1;

	if (*at == '\\')
		return read_escape(reader, at);
	if ((unsigned char)*at < 0x20)
		return REFUSE(reader, at, "%s",
			      *at == '\n' ? "a string ends on its line: close it with a "
					    "double quote or write \\n"
					  : "a control character in a string is written as an "
					    "escape such as \\t or \\u001f");
	if (!reader->lax)
		length = utf8_length((const unsigned char *)at, (size_t)(reader->end - at));
	if (!length)
		return REFUSE(reader, at, "the text is not UTF-8: these bytes are no character");
	return at + length;
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The first byte that is no plain character of a string, or the end; eight of them at a time. */
static const char *skip_plain(const char *at, const char *end)
{
	for (; end - at >= 8; at += 8) {
		uint64_t bytes, special;

		memcpy(&bytes, at, sizeof(bytes));
		bytes = le64toh(bytes);
		/*
		 * Up to the first of them, only a special byte has its highest bit here; one above
		 * ASCII keeps it, but for 0xa2 and 0xdc in one of the three.
		 */
		special = (bytes - EACH(0x20)) | ((bytes ^ EACH('"')) - EACH(1)) |
			  ((bytes ^ EACH('\\')) - EACH(1));
		special &= EACH(0x80);
		if (special)
			return at + __builtin_ctzll(special) / 8;
	}
	while (at < end && (signed char)*at >= 0x20 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* at: the first byte that is no plain character, or the end. */
static const char *finish_string(struct reader *reader, const char *open, const char *at)
{
	while (at != reader->end && *at != '"') {
		at = read_special(reader, at);
		if (!at)
			return NULL;
		at = skip_plain(at, reader->end);
	}
	return at == reader->end ? refuse_end(reader, open) : at + 1;
}

/* The same, where it is the end most of the time. */
static inline const char *close_string(struct reader *reader, const char *open, const char *at)
{
	return at != reader->end && *at == '"' ? at + 1 : finish_string(reader, open, at);
}

/* From the opening quote behind the closing one. */
static inline const char *read_string(struct reader *reader, const char *open)
{
	return close_string(reader, open, skip_plain(open + 1, reader->end));
}

/* ---- Numbers and words ---- */

static const char *skip_digits(const struct reader *reader, const char *at)
{
	while (at < reader->end && *at >= '0' && *at <= '9')
		at++;
	return at;
}

/* Behind a character that may stand here in two forms. */
static const char *skip_either(const struct reader *reader, const char *at, const char *either)
{
	return at < reader->end && (*at == either[0] || *at == either[1]) ? at + 1 : at;
}

static const char *read_number(struct reader *reader, const char *start)
{
	const char *digits = skip_either(reader, start, "--");
	const char *at = skip_digits(reader, digits);
	const char *part;

	if (at == digits)
		return REFUSE(reader, start, "a digit is expected after '-'");
	if (at - digits > 1 && *digits == '0')
		return REFUSE(reader, start, "a number has no leading zeros");
	part = skip_either(reader, at, "..");
	if (part != at) {
		at = skip_digits(reader, part);
		if (at == part)
			return REFUSE(reader, start, "a digit is expected after the point");
	}
	part = skip_either(reader, at, "eE");
	if (part != at) {
		part = skip_either(reader, part, "+-");
		at = skip_digits(reader, part);
		if (at == part)
			return REFUSE(reader, start, "a digit is expected in the exponent");
	}
	if (skip_either(reader, at, "xX") != at)
		return REFUSE(reader, start, "numbers are decimal: JSON has no hexadecimal");
	return at;
}

static const char *read_word(struct reader *reader, const char *at)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < COUNT(words); i++) {
		if (follows(reader, at, words[i]))
			return at + strlen(words[i]);
	}
	return refuse_value(reader, at);
}

/* ---- Places ---- */

static bool grow(struct reader *reader)
{
	size_t room = reader->room ? 2 * reader->room : 1024;
	struct place *places = realloc(reader->outline->places, room * sizeof(*places));

	if (!places)
		return false;
	reader->outline->places = places;
	reader->room = room;
	return true;
}

/* The place of a value that begins here, and ends nowhere yet; NULL when there is no memory. */
static inline struct place *add_place(struct reader *reader, const char *at)
{
	struct outline *outline = reader->outline;
	struct level *level;
	struct place *place;

	if (reader->depth > reader->levels_kept)
		return &reader->unkept;
	level = &reader->levels[reader->depth];
	if (outline->count == reader->room && !grow(reader))
		return NULL;
	if (level->last)
		outline->places[level->last].next = outline->count;
	level->last = outline->count;
	place = &outline->places[outline->count++];
	place->key = (uint32_t)(reader->key - reader->text);
	place->at = (uint32_t)(at - reader->text);
	place->next = 0;
	return place;
}

/* ---- Objects and arrays ---- */

/* Makes room for the bits of 64 levels more. */
static bool keep_kinds(struct reader *reader)
{
	size_t count = reader->depth / 64;

	if (count > reader->outer_room) {
		size_t room = 2 * count;
		uint64_t *outer = realloc(reader->outer, room * sizeof(*outer));

		if (!outer)
			return false;
		reader->outer = outer;
		reader->outer_room = room;
	}
	reader->outer[count - 1] = reader->kinds;
	return true;
}

/* At its bracket: behind it, with its place added; it is the innermost one then. */
static const char *enter(struct reader *reader, const char *at)
{
	bool is_object = *at == '{';

	if (reader->depth == SBPF_NESTING_MAX && !reader->lax)
		return REFUSE(reader, at, "objects and arrays may be nested 32 levels deep");
	if (!add_place(reader, at) ||
	    (reader->depth && reader->depth % 64 == 0 && !keep_kinds(reader)))
		return refuse_for_memory(reader);
	++*(is_object ? &reader->outline->objects : &reader->outline->arrays);
	reader->kinds = reader->kinds << 1 | is_object;
	if (++reader->depth <= SBPF_NESTING_MAX) {
		struct level *level = &reader->levels[reader->depth];

		level->open = at;
		level->container = reader->outline->count - 1;
		level->last = 0;
		level->key_count = 0;
	}
	if (reader->lax && !is_object && reader->depth <= reader->levels_kept)
		reader->levels_kept = reader->depth - 1;
	return at + 1;
}

/* At the bracket that closes the innermost one: behind it. */
static const char *leave(struct reader *reader, const char *at)
{
	if (reader->depth <= reader->levels_kept + 1) {
		uint32_t container = reader->levels[reader->depth].container;

		reader->outline->places[container].end = (uint32_t)(at + 1 - reader->text);
	}
	reader->depth--;
	if (reader->depth == reader->levels_kept)
		reader->levels_kept = reader->dialect->levels;
	reader->kinds >>= 1;
	if (reader->depth && reader->depth % 64 == 0)
		reader->kinds = reader->outer[reader->depth / 64 - 1];
	return at + 1;
}

/* An object or an array is not closed. */
__attribute__((cold)) static const char *refuse_open(struct reader *reader)
{
	return refuse_end(reader, reader->depth <= SBPF_NESTING_MAX
					  ? reader->levels[reader->depth].open
					  : NULL);
}

/*
 * Notes a key without escapes, at its quote: whether it is surely none of those before it. Keys are
 * compared by their length and three of their letters.
 */
static bool is_new(struct level *level, const char *key, size_t length)
{
	uint32_t letters = (uint32_t)length << 24 | (uint32_t)(unsigned char)key[1] << 16 |
			   (uint32_t)(unsigned char)key[(length + 1) / 2] << 8 |
			   (unsigned char)key[length];

	if (level->key_count == KEYS)
		return false;
	for (uint32_t i = 0; i < level->key_count; i++) {
		if (level->keys[i] == letters)
			return false;
	}
	level->keys[level->key_count++] = letters;
	return true;
}

__attribute__((cold)) static const char *refuse_key(struct reader *reader, const char *at)
{
	if (at == reader->end)
		return refuse_open(reader);
	if (*at == '}')
		return REFUSE(reader, at, "a key is missing here; no comma may stand before '}'");
	if (*at == '/' || *at == '#')
		return refuse_value(reader, at);
	return REFUSE(reader, at, "a key in double quotes is expected");
}

/* From a key to its value. */
static const char *read_key(struct reader *reader, const char *key)
{
	struct outline *outline = reader->outline;
	const char *at;

	if (key == reader->end || *key != '"')
		return refuse_key(reader, key);
	at = skip_plain(key + 1, reader->end);
	if (reader->depth <= reader->levels_kept &&
	    (at == reader->end || *at != '"' ||
	     !is_new(&reader->levels[reader->depth], key, (size_t)(at - key) - 1)))
		outline->may_repeat = true;
	at = close_string(reader, key, at);
	if (!at)
		return NULL;
	outline->members++;
	if (at == reader->end || *at != ':')
		at = skip_blank(reader, at);
	if (at != reader->end && *at != ':')
		return REFUSE(reader, at, "a colon is expected after a key");
	if (at != reader->end)
		at = skip_blank(reader, at + 1);
	reader->key = key;
	return at == reader->end ? refuse_open(reader) : at;
}

/* From before a value, in the innermost object or array, to its first byte. */
static inline const char *read_next(struct reader *reader, const char *at)
{
	at = skip_blank(reader, at);
	if (reader->kinds & 1)
		return read_key(reader, at);
	reader->key = at;
	return at == reader->end ? refuse_open(reader) : at;
}

__attribute__((cold)) static const char *refuse_separator(struct reader *reader, const char *at)
{
	if (at == reader->end)
		return refuse_open(reader);
	if (*at == '/' || *at == '#')
		return refuse_value(reader, at);
	return REFUSE(reader, at, "%s",
		      reader->kinds & 1 ? "a comma or '}' is expected after a value in an object"
					: "a comma or ']' is expected after a value in an array");
}

/* From behind a value to the first byte of the next one, whatever ends before it. */
static const char *go_on(struct reader *reader, const char *at)
{
	while (reader->depth) {
		if (at == reader->end || *at != ',')
			at = skip_blank(reader, at);
		if (at != reader->end && *at == ',')
			return read_next(reader, at + 1);
		if (at == reader->end || *at != (reader->kinds & 1 ? '}' : ']'))
			return refuse_separator(reader, at);
		at = leave(reader, at);
	}
	return at;
}

/* From its bracket to the first value inside, or behind it where it is empty. */
static const char *read_container(struct reader *reader, const char *at)
{
	at = enter(reader, at);
	if (!at)
		return NULL;
	at = skip_blank(reader, at);
	if (at != reader->end && *at == (reader->kinds & 1 ? '}' : ']'))
		return go_on(reader, leave(reader, at));
	return read_next(reader, at);
}

/* From its first byte to that of the next value, or behind the document. */
static inline const char *read_scalar(struct reader *reader, const char *at)
{
	struct place *place = add_place(reader, at);

	if (!place)
		return refuse_for_memory(reader);
	if (*at == '"')
		at = read_string(reader, at);
	else if (*at == '-' || (*at >= '0' && *at <= '9'))
		at = read_number(reader, at);
	else
		at = read_word(reader, at);
	if (!at)
		return NULL;
	place->end = (uint32_t)(at - reader->text);
	return go_on(reader, at);
}

static void read_text(struct reader *reader)
{
	const char *at = skip_blank(reader, reader->text);

	if (reader->outline->length >= UINT32_MAX)
		REFUSE(reader, at, "the text is longer than any that is read");
	else if (at == reader->end)
		REFUSE(reader, at, "the text is empty: a JSON object is expected");
	if (reader->failed)
		return;
	reader->key = at;
	do
		at = *at != '{' && *at != '[' ? read_scalar(reader, at)
					      : read_container(reader, at);
	while (at && reader->depth);
	if (!at)
		return;
	at = skip_blank(reader, at);
	if (at != reader->end)
		REFUSE(reader, at, "the %s ends before this: remove what follows",
		       reader->dialect->name);
}

int outline_read(const char *text, size_t length, const struct dialect *dialect,
		 struct outline *outline, struct sbpf_error *error)
{
	struct reader reader;

	*outline = (struct outline){ .text = text, .length = length };
	/* Not one initialiser: levels are set when they are entered. */
	memset(&reader, 0, offsetof(struct reader, levels[1]));
	reader.text = text;
	reader.end = text + length;
	reader.outline = outline;
	reader.error = error;
	reader.lax = dialect->lax;
	reader.dialect = dialect;
	reader.levels_kept = dialect->levels;
	read_text(&reader);
	free(reader.outer);
	return reader.failed ? -1 : 0;
}

void outline_free(struct outline *outline)
{
	free(outline->places);
	outline->places = NULL;
	outline->count = 0;
}

void outline_line(struct outline *outline, size_t offset, unsigned int *line, unsigned int *column)
{
	if (offset < outline->line_start)
		outline->lines = outline->line_start = outline->line_seen = 0;
	while (outline->line_seen < offset) {
		size_t rest = offset - outline->line_seen;
		const char *newline = memchr(outline->text + outline->line_seen, '\n', rest);

		outline->line_seen = newline ? (size_t)(newline - outline->text) + 1 : offset;
		if (!newline)
			break;
		outline->lines++;
		outline->line_start = outline->line_seen;
	}
	*line = outline->lines + 1;
	*column = (unsigned int)(offset - outline->line_start) + 1;
}
