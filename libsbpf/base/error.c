/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct printable printable(const char *text)
{
	struct printable out;
	size_t most = sizeof(out.text) - sizeof("...");
	size_t length = strnlen(text, most + 1);
	bool cut = length > most;

	if (cut) {
		/* Back to the first byte of the UTF-8 sequence that does not fit. */
		length = most;
		while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	for (size_t i = 0; i < length; i++)
		out.text[i] = (unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i];
	memcpy(out.text + length, cut ? "..." : "", cut ? sizeof("...") : 1);
	return out;
}

static void fill(struct sbpf_error *error, enum sbpf_code code, const char *where,
		 const char *format, va_list arguments)
{
	if (!error || error->code != SBPF_OK)
		return;
	error->code = code;
	snprintf(error->where, sizeof(error->where), "%s", where);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
}

int error_set(struct sbpf_error *error, enum sbpf_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fill(error, code, "", format, arguments);
	va_end(arguments);
	return -1;
}

int error_set_at(struct sbpf_error *error, enum sbpf_code code, const char *where,
		 const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fill(error, code, where, format, arguments);
	va_end(arguments);
	return -1;
}

int error_pass(struct sbpf_error *error, const struct sbpf_error *found)
{
	if (error && error->code == SBPF_OK)
		*error = *found;
	return -1;
}

void error_set_file(struct sbpf_error *error, const char *file)
{
	size_t length = strlen(file);
	size_t most = sizeof(error->file) - 1;

	if (length <= most)
		snprintf(error->file, sizeof(error->file), "%s", file);
	else /* the end says more */
		snprintf(error->file, sizeof(error->file), "...%s", file + length - (most - 3));
}

int error_memory(struct sbpf_error *error)
{
	return error_set(error, SBPF_ERROR_MEMORY, "out of memory");
}

/* ---- In one line ---- */

struct line {
	char *buffer;
	size_t size;
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int added;

	va_start(arguments, format);
	added = vsnprintf(line->buffer + line->length, line->size - line->length, format,
			  arguments);
	va_end(arguments);
	line->length += added < 0 ? 0 : (size_t)added;
	if (line->length >= line->size)
		line->length = line->size - 1;
}

/* A string of an error, which nothing ends where the caller did not initialise that. */
static void add_string(struct line *line, const char *string, size_t size)
{
	add(line, "%.*s", (int)size - 1, string);
}

static void add_place(struct line *line, const struct sbpf_error *error)
{
	/* About a file that cannot be read the message says all. */
	bool has_file = error->code != SBPF_ERROR_READ && error->file[0];

	if (has_file)
		add_string(line, error->file, sizeof(error->file));
	if (error->line)
		add(line, "%s%u", has_file ? ":" : "", error->line);
	if (error->line && error->column)
		add(line, ":%u", error->column);
	if (line->length)
		add(line, ": ");
	if (!error->where[0])
		return;
	add_string(line, error->where, sizeof(error->where));
	add(line, ": ");
}

char *sbpf_error_format(const struct sbpf_error *error, char *buffer, size_t size)
{
	struct line line = { .buffer = buffer, .size = size };

	if (!buffer || !size)
		return buffer;
	buffer[0] = '\0';
	if (!error_is_set(error)) {
		add(&line, "no error");
		return buffer;
	}
	add_place(&line, error);
	add(&line, "%s", error->code >= SBPF_WARN_UNKNOWN_KEY ? "warning: " : "");
	add_string(&line, error->message, sizeof(error->message));
	for (char *at = buffer; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			*at = '?';
	}
	return buffer;
}
