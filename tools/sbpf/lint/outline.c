/* SPDX-License-Identifier: MIT */
/* A walk over JSON that is known to be valid; anything else merely ends it early. */
#include "lint.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	const char *at;
	const char *end;
	unsigned int line;
	struct outline *outline;
	bool failed; /* no memory */
};

struct word {
	const char *text; /* between the quotes */
	size_t length;
};

/* What to do with one member of an object. It must leave the reader behind the value. */
typedef void take_member(struct reader *reader, const struct word *key);

/* ---- JSON ------------------------------------------------------------------------------ */

static char peek(struct reader *reader)
{
	for (; reader->at < reader->end && strchr(" \t\r\n", *reader->at); reader->at++)
		reader->line += *reader->at == '\n';
	return reader->at < reader->end ? *reader->at : '\0';
}

/* Whether the next character is this one, which is then passed. */
static bool pass(struct reader *reader, char wanted)
{
	if (peek(reader) != wanted)
		return false;
	reader->at++;
	return true;
}

static struct word read_word(struct reader *reader)
{
	struct word word = { .text = ++reader->at };

	while (reader->at < reader->end && *reader->at != '"')
		reader->at += *reader->at == '\\' && reader->end - reader->at > 1 ? 2 : 1;
	word.length = (size_t)(reader->at - word.text);
	reader->at += reader->at < reader->end;
	return word;
}

static void skip_value(struct reader *reader)
{
	size_t depth = 0;

	do {
		char next = peek(reader);

		if (!next)
			return;
		if (next == '"') {
			read_word(reader);
			continue;
		}
		if (next == '{' || next == '[')
			depth++;
		else if (next == '}' || next == ']')
			depth--;
		reader->at++;
		if (!strchr("{}[],:", next))
			reader->at += strcspn(reader->at, " \t\r\n,:]}\"");
	} while (depth);
}

static bool is_word(const struct word *word, const char *text)
{
	return word->length == strlen(text) && !memcmp(word->text, text, word->length);
}

static void read_object(struct reader *reader, take_member *take)
{
	if (!pass(reader, '{')) {
		skip_value(reader);
		return;
	}
	while (peek(reader) == '"') {
		struct word key = read_word(reader);

		pass(reader, ':');
		peek(reader);
		take(reader, &key);
		pass(reader, ',');
	}
	pass(reader, '}');
}

/* Whether there is one more element. */
static bool next_element(struct reader *reader)
{
	pass(reader, ',');
	return peek(reader) && !pass(reader, ']');
}

/* ---- Profiles -------------------------------------------------------------------------- */

static struct outline_entry *last_entry(struct reader *reader)
{
	return &reader->outline->entries[reader->outline->entry_count - 1];
}

/* Room for one more; twice as much each time it is full, when the count is a power of two. */
static void *grow(struct reader *reader, void *list, size_t count, size_t size)
{
	void *larger = list;

	if (!(count & (count - 1)))
		larger = reallocarray(list, count ? 2 * count : 1, size);
	reader->failed |= !larger;
	return larger;
}

static void take_name(struct reader *reader)
{
	struct outline *outline = reader->outline;
	struct outline_name *names =
		grow(reader, outline->names, outline->name_count, sizeof(names[0]));
	struct outline_name name = {
		.line = reader->line,
		.call = -1,
		.entry = outline->entry_count - 1,
		.next = NO_NAME,
	};
	struct word word;

	if (!names || peek(reader) != '"') {
		skip_value(reader);
		return;
	}
	outline->names = names;
	word = read_word(reader);
	if (!memchr(word.text, '\\', word.length)) {
		name.text = strndup(word.text, word.length);
		reader->failed |= !name.text;
	} else {
		outline->has_escapes = true;
	}
	names[outline->name_count++] = name;
	last_entry(reader)->name_count++;
}

static void take_names(struct reader *reader)
{
	if (!pass(reader, '[')) {
		skip_value(reader);
		return;
	}
	while (next_element(reader))
		take_name(reader);
}

/* An empty name counts as absent, as does null. */
static void take_only_name(struct reader *reader)
{
	if (peek(reader) != '"' || (reader->end - reader->at > 1 && reader->at[1] == '"')) {
		skip_value(reader);
		return;
	}
	last_entry(reader)->has_name = true;
	take_name(reader);
}

static void take_include(struct reader *reader, const struct word *key)
{
	bool says_something = true;

	if (*reader->at == '[') {
		const char *next = reader->at + 1 + strspn(reader->at + 1, " \t\r\n");

		says_something = *next != ']';
	}
	last_entry(reader)->is_guarded |= says_something;
	if (is_word(key, "arches"))
		last_entry(reader)->includes_arches |= says_something;
	skip_value(reader);
}

static void take_exclude(struct reader *reader, const struct word *key)
{
	bool includes_arches = last_entry(reader)->includes_arches;

	take_include(reader, key);
	last_entry(reader)->includes_arches = includes_arches;
}

static void take_rule_member(struct reader *reader, const struct word *key)
{
	if (is_word(key, "names")) {
		take_names(reader);
	} else if (is_word(key, "name")) {
		take_only_name(reader);
	} else if (is_word(key, "includes")) {
		read_object(reader, take_include);
	} else if (is_word(key, "excludes")) {
		read_object(reader, take_exclude);
	} else {
		last_entry(reader)->has_errno |= is_word(key, "errno");
		skip_value(reader);
	}
}

static void take_rule(struct reader *reader)
{
	struct outline *outline = reader->outline;
	struct outline_entry *entries =
		grow(reader, outline->entries, outline->entry_count, sizeof(entries[0]));

	if (!entries) {
		skip_value(reader);
		return;
	}
	outline->entries = entries;
	entries[outline->entry_count++] = (struct outline_entry){
		.line = reader->line,
		.first_name = outline->name_count,
	};
	read_object(reader, take_rule_member);
}

static void take_rules(struct reader *reader)
{
	if (!pass(reader, '[')) {
		skip_value(reader);
		return;
	}
	while (next_element(reader))
		take_rule(reader);
}

static void take_profile_member(struct reader *reader, const struct word *key)
{
	struct outline *outline = reader->outline;

	if (is_word(key, "syscalls")) {
		take_rules(reader);
		return;
	}
	if (is_word(key, "defaultAction"))
		outline->default_line = reader->line;
	outline->has_default_errno |= is_word(key, "defaultErrno");
	if (is_word(key, "archMap") || is_word(key, "architectures")) {
		outline->abis_key = is_word(key, "archMap") ? "archMap" : "architectures";
		outline->abis_line = reader->line;
	}
	skip_value(reader);
}

static void take_linux_member(struct reader *reader, const struct word *key)
{
	if (is_word(key, "seccomp"))
		read_object(reader, take_profile_member);
	else
		skip_value(reader);
}

static void take_config_member(struct reader *reader, const struct word *key)
{
	if (is_word(key, "linux"))
		read_object(reader, take_linux_member);
	else
		skip_value(reader);
}

/* From the last to the first, so that each knows the next. */
static bool index_names(struct outline *outline)
{
	size_t calls = (size_t)sbpf_call_count();

	outline->first_name = reallocarray(NULL, calls, sizeof(outline->first_name[0]));
	if (!outline->first_name)
		return false;
	for (size_t i = 0; i < calls; i++)
		outline->first_name[i] = NO_NAME;
	for (size_t i = outline->name_count; i--;) {
		struct outline_name *name = &outline->names[i];

		name->call = name->text ? call_index(name->text) : -1;
		if (name->call < 0)
			continue;
		name->next = outline->first_name[name->call];
		outline->first_name[name->call] = i;
	}
	return true;
}

bool outline_read(const char *text, size_t length, struct outline *outline)
{
	struct reader reader = {
		.at = text,
		.end = text + length,
		.line = 1,
		.outline = outline,
	};
	unsigned int line, column;
	bool is_config = sbpf_json_locate(text, length, "linux.seccomp", &line, &column);

	*outline = (struct outline){ .prefix = is_config ? "linux.seccomp." : "" };
	read_object(&reader, is_config ? take_config_member : take_profile_member);
	return !reader.failed && index_names(outline);
}

void outline_free(struct outline *outline)
{
	for (size_t i = 0; i < outline->name_count; i++)
		free(outline->names[i].text);
	free(outline->names);
	free(outline->entries);
	free(outline->first_name);
	*outline = (struct outline){ 0 };
}
