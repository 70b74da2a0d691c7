/* SPDX-License-Identifier: MIT */
#include "syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define UINT64_MAX_DIGITS "18446744073709551615"

struct scan {
	const unsigned char *text;
	const unsigned char *at;
	const unsigned char *end;
	unsigned int depth;
	struct syntax *facts;
	struct sbpf_error *error;
};

/* ---- Saying what is wrong -------------------------------------------------------------- */

static void locate(const struct scan *scan, const unsigned char *at, unsigned int *line,
		   unsigned int *column)
{
	const unsigned char *start = scan->text;
	const unsigned char *newline;

	*line = 1;
	while ((newline = memchr(start, '\n', (size_t)(at - start)))) {
		start = newline + 1;
		++*line;
	}
	*column = (unsigned int)(at - start) + 1;
}

__attribute__((format(printf, 3, 4))) static int refuse(struct scan *scan, const unsigned char *at,
							const char *format, ...)
{
	struct sbpf_error *error = scan->error;
	va_list arguments;

	if (!error || error->code != SBPF_OK)
		return -1;
	error->code = SBPF_ERROR_SYNTAX;
	locate(scan, at, &error->line, &error->column);
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return -1;
}

static int refuse_end(struct scan *scan, const unsigned char *open)
{
	unsigned int line, column;

	locate(scan, open, &line, &column);
	return refuse(scan, scan->end,
		      "the text ends too early: the '%c' of line %u, column %u is not closed",
		      *open, line, column);
}

static bool follows(const struct scan *scan, const unsigned char *at, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(scan->end - at) >= length && !memcmp(at, word, length);
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

static const char *why_no_value(const struct scan *scan, const unsigned char *at)
{
	for (size_t i = 0; i < sizeof(no_values) / sizeof(*no_values); i++) {
		if (follows(scan, at, no_values[i].start))
			return no_values[i].message;
	}
	return "a value is expected: an object, an array, a string in double quotes, a number, "
	       "true, false or null";
}

/* ---- Strings --------------------------------------------------------------------------- */

/* The length of the UTF-8 sequence at a byte of 0x80 or more (RFC 3629), 0 when it is none. */
static size_t utf8_length(const unsigned char *at, const unsigned char *end)
{
	size_t length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;

	if (*at < 0xc2 || *at > 0xf4 || (size_t)(end - at) < length)
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

/* The value of four hexadecimal digits, or -1. */
static int32_t hexadecimal(const unsigned char *at, const unsigned char *end)
{
	int32_t value = 0;

	if (end - at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		unsigned char letter = at[i] | 0x20;

		if (at[i] >= '0' && at[i] <= '9')
			value = value << 4 | (at[i] - '0');
		else if (letter >= 'a' && letter <= 'f')
			value = value << 4 | (letter - 'a' + 10);
		else
			return -1;
	}
	return value;
}

static int check_unicode_escape(struct scan *scan)
{
	const unsigned char *at = scan->at;
	int32_t unit = hexadecimal(at + 2, scan->end);
	int32_t low = -1;

	if (unit < 0)
		return refuse(scan, at, "four hexadecimal digits are expected after \\u");
	if (unit == 0)
		return refuse(scan, at, "a string may not hold a NUL character");
	scan->at += 6;
	if (unit < 0xd800 || unit > 0xdfff) {
		scan->facts->bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
		return 0;
	}
	if (unit < 0xdc00 && follows(scan, scan->at, "\\u"))
		low = hexadecimal(scan->at + 2, scan->end);
	if (low < 0xdc00 || low > 0xdfff)
		return refuse(scan, at,
			      "half of a surrogate pair is no character: write both "
			      "halves, \\ud800 to \\udbff and then \\udc00 to \\udfff");
	scan->at += 6;
	scan->facts->bytes += 4;
	return 0;
}

static int check_escape(struct scan *scan)
{
	const unsigned char *at = scan->at;

	if (scan->end - at >= 2 && at[1] == 'u')
		return check_unicode_escape(scan);
	if (scan->end - at >= 2 && !(at[1] && strchr("\"\\/bfnrt", at[1])))
		return refuse(scan, at,
			      "a backslash is followed by one of \" \\ / b f n r t u; for a "
			      "backslash itself write \\\\");
	scan->at += scan->end - at >= 2 ? 2 : 1;
	scan->facts->bytes++;
	return 0;
}

/* What stands out in a string: an escape, a character beyond ASCII, or one that may not be. */
static int check_special(struct scan *scan)
{
	size_t length;

	if (*scan->at == '\\')
		return check_escape(scan);
	if (*scan->at < 0x20)
		return refuse(scan, scan->at, "%s",
			      *scan->at == '\n'
				      ? "a string ends on its line: close it with a "
					"double quote or write \\n"
				      : "a control character in a string is written as an "
					"escape such as \\t or \\u001f");
	length = utf8_length(scan->at, scan->end);
	if (!length)
		return refuse(scan, scan->at,
			      "the text is not UTF-8: these bytes are no character");
	scan->at += length;
	scan->facts->bytes += length;
	return 0;
}

static int check_string(struct scan *scan)
{
	const unsigned char *open = scan->at++;

	for (;;) {
		const unsigned char *at = scan->at;

		while (at < scan->end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
			at++;
		scan->facts->bytes += (size_t)(at - scan->at);
		scan->at = at;
		if (at == scan->end)
			return refuse_end(scan, open);
		if (*at == '"')
			break;
		if (check_special(scan))
			return -1;
	}
	scan->at++;
	return 0;
}

/* ---- Numbers and words ----------------------------------------------------------------- */

static size_t skip_digits(struct scan *scan)
{
	const unsigned char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - start);
}

static bool skip_one_of(struct scan *scan, const char *characters)
{
	if (scan->at == scan->end || !*scan->at || !strchr(characters, *scan->at))
		return false;
	scan->at++;
	return true;
}

static void note_integer(struct scan *scan, const unsigned char *digits, size_t count,
			 bool negative)
{
	size_t most = sizeof(UINT64_MAX_DIGITS) - 1;

	if (negative && *digits == '0')
		scan->facts->has_negative_zero = true;
	if (!negative &&
	    (count > most || (count == most && memcmp(digits, UINT64_MAX_DIGITS, most) > 0)))
		scan->facts->has_huge_integer = true;
}

static int check_number(struct scan *scan)
{
	const unsigned char *start = scan->at;
	bool negative = skip_one_of(scan, "-");
	const unsigned char *digits = scan->at;
	size_t count = skip_digits(scan);
	bool integer = true;

	if (!count)
		return refuse(scan, start, "a digit is expected after '-'");
	if (count > 1 && *digits == '0')
		return refuse(scan, start, "a number has no leading zeros");
	if (skip_one_of(scan, ".")) {
		integer = false;
		if (!skip_digits(scan))
			return refuse(scan, start, "a digit is expected after the point");
	}
	if (skip_one_of(scan, "eE")) {
		integer = false;
		skip_one_of(scan, "+-");
		if (!skip_digits(scan))
			return refuse(scan, start, "a digit is expected in the exponent");
	}
	if (skip_one_of(scan, "xX"))
		return refuse(scan, start, "numbers are decimal: JSON has no hexadecimal");
	if (integer)
		note_integer(scan, digits, count, negative);
	return 0;
}

static int check_word(struct scan *scan, const char *word)
{
	if (!follows(scan, scan->at, word))
		return refuse(scan, scan->at, "%s", why_no_value(scan, scan->at));
	scan->at += strlen(word);
	return 0;
}

/* ---- Objects and arrays ---------------------------------------------------------------- */

/* The next byte that is no white space, or -1 at the end. */
static int peek(struct scan *scan)
{
	const unsigned char *at = scan->at;

	while (at < scan->end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	scan->at = at;
	return at < scan->end ? *at : -1;
}

static int check_value(struct scan *scan);

static int check_member(struct scan *scan, const unsigned char *open)
{
	int next = peek(scan);

	if (next < 0)
		return refuse_end(scan, open);
	if (next == '}')
		return refuse(scan, scan->at,
			      "a key is missing here; no comma may stand before '}'");
	if (next == '/' || next == '#')
		return refuse(scan, scan->at, "%s", why_no_value(scan, scan->at));
	if (next != '"')
		return refuse(scan, scan->at, "a key in double quotes is expected");
	if (check_string(scan))
		return -1;
	next = peek(scan);
	if (next < 0)
		return refuse_end(scan, open);
	if (next != ':')
		return refuse(scan, scan->at, "a colon is expected after a key");
	scan->at++;
	if (peek(scan) < 0)
		return refuse_end(scan, open);
	scan->facts->members++;
	return check_value(scan);
}

static int check_element(struct scan *scan, const unsigned char *open)
{
	return peek(scan) < 0 ? refuse_end(scan, open) : check_value(scan);
}

/* What stands between a value and the next one or the end; 1 after a comma, 0 after the end. */
static int check_separator(struct scan *scan, const unsigned char *open, char close)
{
	int next = peek(scan);

	if (next < 0)
		return refuse_end(scan, open);
	if (next != ',' && next != close) {
		if (next == '/' || next == '#')
			return refuse(scan, scan->at, "%s", why_no_value(scan, scan->at));
		return refuse(scan, scan->at, "%s",
			      close == '}'
				      ? "a comma or '}' is expected after a value in an object"
				      : "a comma or ']' is expected after a value in an array");
	}
	scan->at++;
	return next == ',';
}

static int check_container(struct scan *scan, char close,
			   int (*check)(struct scan *scan, const unsigned char *open))
{
	const unsigned char *open = scan->at;
	size_t *count = close == '}' ? &scan->facts->objects : &scan->facts->arrays;
	int more = 1;

	++*count;
	if (++scan->depth > SBPF_NESTING_MAX)
		return refuse(scan, open, "objects and arrays may be nested 32 levels deep");
	scan->at++;
	if (peek(scan) == close) {
		scan->at++;
		more = 0;
	}
	while (more > 0) {
		if (check(scan, open))
			return -1;
		scan->facts->values++;
		more = check_separator(scan, open, close);
	}
	scan->depth--;
	return more;
}

/* scan->at is at a byte that is no white space. */
static int check_value(struct scan *scan)
{
	switch (*scan->at) {
	case '{':
		return check_container(scan, '}', check_member);
	case '[':
		return check_container(scan, ']', check_element);
	case '"':
		return check_string(scan);
	case 't':
		return check_word(scan, "true");
	case 'f':
		return check_word(scan, "false");
	case 'n':
		scan->facts->nulls++;
		return check_word(scan, "null");
	default:
		if (*scan->at == '-' || (*scan->at >= '0' && *scan->at <= '9'))
			return check_number(scan);
		return refuse(scan, scan->at, "%s", why_no_value(scan, scan->at));
	}
}

int syntax_check(const char *text, size_t length, struct syntax *facts, struct sbpf_error *error)
{
	const unsigned char *bytes = (const unsigned char *)text;
	struct scan scan = {
		.text = bytes,
		.at = bytes,
		.end = bytes + length,
		.facts = facts,
		.error = error,
	};

	*facts = (struct syntax){ 0 };
	if (peek(&scan) < 0)
		return refuse(&scan, scan.at, "the text is empty: a JSON object is expected");
	if (check_value(&scan))
		return -1;
	if (peek(&scan) >= 0)
		return refuse(&scan, scan.at, "the profile ends before this: remove what follows");
	return 0;
}
