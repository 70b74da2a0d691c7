/* SPDX-License-Identifier: MIT */
/* Messages on stderr. */
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(const char *text)
{
	text_write(stderr, text, strlen(text), "");
}

static void put_format(const char *format, va_list arguments)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, arguments);
	put(text);
}

void report(const char *program, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", program);
	va_start(arguments, format);
	put_format(format, arguments);
	va_end(arguments);
	putc('\n', stderr);
}

int usage_error(const struct tool *tool, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s: ", tool->name);
	va_start(arguments, format);
	put_format(format, arguments);
	va_end(arguments);
	fprintf(stderr, "\nTry '%s --help'.\n", tool->name);
	return STATUS_USAGE;
}

/*
 * Whether the message is about what stands in the file: not about the caller's options, and not
 * about a file that cannot be read, whose message names it.
 */
static bool is_in_file(const struct sbpf_error *error)
{
	return error->code != SBPF_ERROR_USAGE && error->code != SBPF_ERROR_READ;
}

static void put_place(const char *program, const char *file, const struct sbpf_error *error)
{
	/* What stands in the profile has a line. */
	const char *option = error->line ? NULL : target_option_of(error->where);

	fprintf(stderr, "%s: ", program);
	if (file && is_in_file(error)) {
		put(strcmp(file, "-") ? file : "<stdin>");
		if (error->line)
			fprintf(stderr, ":%u", error->line);
		if (error->line && error->column && error->code == SBPF_ERROR_SYNTAX)
			fprintf(stderr, ":%u", error->column);
		fputs(": ", stderr);
	}
	if (error->where[0]) {
		put(option ? option : error->where);
		fputs(": ", stderr);
	}
}

void report_error(const char *program, const char *file, const struct sbpf_error *error)
{
	put_place(program, file, error);
	put(error->message);
	putc('\n', stderr);
}

void report_warning(const char *program, const char *file, const struct sbpf_error *warning)
{
	put_place(program, file, warning);
	fputs("warning: ", stderr);
	put(warning->message);
	putc('\n', stderr);
}

void report_warnings(const char *program, const char *file, const struct sbpf_policy *policy)
{
	size_t count = sbpf_policy_warning_count(policy);

	for (size_t i = 0; i < count; i++) {
		const struct sbpf_error *warning = sbpf_policy_warning(policy, i);

		if (warning->code != SBPF_WARN_FOREIGN_ABI)
			report_warning(program, file, warning);
	}
}

#define NAME_MAX_LENGTH 32

/* Insertions, deletions and replacements that turn one word into the other. */
static size_t edit_distance(const char *from, const char *to)
{
	size_t row[NAME_MAX_LENGTH + 1];
	size_t length = strlen(to);

	if (length > NAME_MAX_LENGTH)
		return SIZE_MAX;
	for (size_t i = 0; i <= length; i++)
		row[i] = i;
	for (; *from; from++) {
		size_t diagonal = row[0]++;

		for (size_t i = 1; i <= length; i++) {
			size_t best = diagonal + (*from != to[i - 1]);

			if (row[i] + 1 < best)
				best = row[i] + 1;
			if (row[i - 1] + 1 < best)
				best = row[i - 1] + 1;
			diagonal = row[i];
			row[i] = best;
		}
	}
	return row[length];
}

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	size_t limit = strlen(word) / 3 + 2; /* more edits than that make another word */

	for (size_t i = 0; i < count; i++) {
		size_t distance = edit_distance(word, names[i]);

		if (distance < limit) {
			limit = distance;
			nearest = names[i];
		}
	}
	return nearest;
}
