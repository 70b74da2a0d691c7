/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem(3) */

#include "foreign.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

/* One line of the text. */
struct line {
	const char *text;
	size_t length;
	unsigned int number; /* 1-based */
};

/* Moves to the next line; false at the end. Starts with a line that is all 0. */
static bool next_line(const char *text, size_t length, struct line *line)
{
	const char *start = line->text ? line->text + line->length + 1 : text;
	const char *end;

	if (start >= text + length)
		return false;
	end = memchr(start, '\n', (size_t)(text + length - start));
	line->text = start;
	line->length = (size_t)((end ? end : text + length) - start);
	line->number++;
	return true;
}

static size_t word_length(const struct line *line)
{
	size_t length = 0;

	while (length < line->length &&
	       strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-",
		      line->text[length]) &&
	       line->text[length])
		length++;
	return length;
}

/* "key:" or "key: value" from the first column on. */
static bool is_yaml(const struct line *line)
{
	size_t word = word_length(line);

	return word && word < line->length && line->text[word] == ':' &&
	       (word + 1 == line->length || strchr(" \r", line->text[word + 1]));
}

/* "[section" or "key =" from the first column on. */
static bool is_toml(const struct line *line)
{
	size_t word = word_length(line);

	if (line->length > 1 && line->text[0] == '[')
		return (line->text[1] >= 'a' && line->text[1] <= 'z') || line->text[1] == '[';
	while (word && word < line->length && line->text[word] == ' ')
		word++;
	return word && word < line->length && line->text[word] == '=';
}

/* The first line of the text that is one; NULL as its text when there is none. */
static struct line find_line_of(const char *text, size_t length, bool (*is)(const struct line *))
{
	struct line line = { 0 };

	while (next_line(text, length, &line)) {
		if (is(&line))
			return line;
	}
	return (struct line){ 0 };
}

#define LOCALHOST "localhostProfile"

static bool names_profile(const struct line *line)
{
	return memmem(line->text, line->length, LOCALHOST, strlen(LOCALHOST));
}

/* "profiles/audit.json" of 'localhostProfile: profiles/audit.json', cut to size. */
static void copy_name(const struct line *line, char *name, size_t size)
{
	const char *at = memmem(line->text, line->length, LOCALHOST, strlen(LOCALHOST));
	const char *end = line->text + line->length;
	size_t length = 0;

	at += strlen(LOCALHOST);
	while (at < end && strchr(" \t:\"'", *at))
		at++;
	while (at + length < end && length + 1 < size && !strchr(" \t\r,\"'}", at[length]))
		length++;
	memcpy(name, at, length);
	name[length] = '\0';
}

static void explain_manifest(const char *text, size_t length, const char *what,
			     struct sbpf_error *error)
{
	struct line line = find_line_of(text, length, names_profile);
	char name[96];

	error->column = 0;
	error->where[0] = '\0';
	if (!line.text) {
		snprintf(error->message, sizeof(error->message),
			 "this is %s, not a profile: the profile is the JSON file that its "
			 "securityContext.seccompProfile.localhostProfile would name",
			 what);
		return;
	}
	error->line = line.number;
	copy_name(&line, name, sizeof(name));
	snprintf(error->message, sizeof(error->message),
		 "this is %s, not a profile: take the JSON file that its localhostProfile names, "
		 "'%s', which lies under the kubelet's seccomp folder (/var/lib/kubelet/seccomp)",
		 what, printable(name).text);
}

static bool has(const char *text, size_t length, const char *word)
{
	return memmem(text, length, word, strlen(word));
}

static void explain_text(const char *what, const struct line *line, struct sbpf_error *error)
{
	error->line = line->number;
	error->column = 0;
	error->where[0] = '\0';
	snprintf(error->message, sizeof(error->message),
		 "this is %s, and a profile is JSON: hand over the JSON file that it names, or "
		 "write the profile as JSON",
		 what);
}

void foreign_explain(const char *text, size_t length, struct sbpf_error *error)
{
	struct line line = { 0 };
	size_t blank = 0;

	while (blank < length && text[blank] && strchr(" \t\r\n", text[blank]))
		blank++;
	if (blank < length && text[blank] == '{') {
		if (error->code == SBPF_ERROR_PROFILE && has(text, length, "\"apiVersion\"") &&
		    has(text, length, "\"kind\"") && !has(text, length, "\"defaultAction\""))
			explain_manifest(text, length, "a Kubernetes manifest", error);
		return;
	}
	if (error->code != SBPF_ERROR_SYNTAX)
		return;
	line = find_line_of(text, length, is_yaml);
	if (line.text && has(text, length, "apiVersion:") && has(text, length, "kind:")) {
		error->line = line.number;
		explain_manifest(text, length, "YAML, a Kubernetes manifest", error);
	} else if (line.text) {
		explain_text("YAML", &line, error);
	} else {
		line = find_line_of(text, length, is_toml);
		if (line.text)
			explain_text("TOML", &line, error);
	}
}
