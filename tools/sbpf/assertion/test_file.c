/* SPDX-License-Identifier: MIT */
/* Line by line: what the first word says decides how the rest is read. */
#include "test_file.h"

#include "targets_line.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One line that is read. */
struct line_reader {
	const struct tool *tool;
	struct test_file *file;
	unsigned int line;
	struct parse_text text;
	bool targets_open; /* the last section has targets, and no line asserted anything yet */
};

static bool fail_memory(struct line_reader *reader)
{
	return parse_fail(&reader->text, reader->text.at, "out of memory");
}

/* ---- Calls ---- */

static bool unknown_call(struct line_reader *reader, size_t at, const char *name)
{
	const char *near = sbpf_call_suggest(name);

	return parse_fail(&reader->text, at, "there is no call %.60s%s%s%s", name,
			  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

static bool parse_number(struct line_reader *reader, uint32_t *number)
{
	struct parse_text *text = &reader->text;
	size_t length;
	uint64_t value;
	char *end;

	parse_blanks(text);
	length = parse_word(text);
	errno = 0;
	value = strtoull(text->text + text->at, &end, 0);
	if (!length || end != text->text + text->at + length || errno || value > UINT32_MAX)
		return parse_fail(text, text->at,
				  "after 'number' the number of a call must stand, as 999 or "
				  "0x3e7");
	text->at += length;
	*number = (uint32_t)value;
	return true;
}

static bool parse_call_name(struct line_reader *reader, struct asserted_call *call)
{
	struct parse_text *text = &reader->text;
	char found[PARSE_FOUND_MAX], name[80];
	size_t length;

	parse_blanks(text);
	call->at = text->at;
	length = parse_word(text);
	if (!length)
		return parse_fail(text, text->at, "the name of a call must stand here, not %s",
				  parse_found(text, text->at, found));
	snprintf(name, sizeof(name), "%.*s", (int)(length < 79 ? length : 79),
		 text->text + text->at);
	if (!strcmp(name, "number")) {
		text->at += length;
		return parse_number(reader, &call->number);
	}
	call->name = kept_name(name);
	if (!call->name || length > 79)
		return unknown_call(reader, text->at, name);
	text->at += length;
	return true;
}

/* "socket(family == AF_ALG)". */
static bool parse_call(struct line_reader *reader, struct asserted_call *call)
{
	struct parse_text *text = &reader->text;
	char found[PARSE_FOUND_MAX];

	if (!parse_call_name(reader, call))
		return false;
	if (!parse_sign(text, "("))
		return true;
	call->condition = condition_parse(text);
	if (!call->condition)
		return false;
	return parse_sign(text, ")") ||
	       parse_fail(text, text->at, "'&&', '||' or ')' must stand here, not %s",
			  parse_found(text, text->at, found));
}

static bool parse_calls(struct line_reader *reader, struct assertion *assertion)
{
	do {
		struct asserted_call *calls =
			reallocarray(assertion->calls, assertion->call_count + 1, sizeof(calls[0]));

		if (!calls)
			return fail_memory(reader);
		assertion->calls = calls;
		calls[assertion->call_count] = (struct asserted_call){ 0 };
		if (!parse_call(reader, &calls[assertion->call_count++]))
			return false;
	} while (parse_sign(&reader->text, ","));
	return true;
}

/* ---- ABIs ---- */

static bool take_word(struct parse_text *text, const char *word)
{
	parse_blanks(text);
	if (parse_word(text) != strlen(word) ||
	    strncmp(text->text + text->at, word, strlen(word)) != 0)
		return false;
	text->at += strlen(word);
	return true;
}

static bool parse_abi(struct line_reader *reader, uint64_t *abis)
{
	struct parse_text *text = &reader->text;
	char name[PARSE_FOUND_MAX];
	size_t length;
	int abi;

	parse_blanks(text);
	length = parse_word(text);
	snprintf(name, sizeof(name), "%.*s", (int)length, text->text + text->at);
	abi = length ? sbpf_abi_find(name) : -1;
	if (abi < 0)
		return parse_fail(text, text->at,
				  "an ABI such as x86_64, or 'every abi', must stand here, not %s",
				  parse_found(text, text->at, name));
	text->at += length;
	*abis |= UINT64_C(1) << abi;
	return true;
}

/* "on x86, x32", "on every abi"; or nothing. */
static bool parse_abis(struct line_reader *reader, struct assertion *assertion)
{
	struct parse_text *text = &reader->text;
	char found[PARSE_FOUND_MAX];

	if (!take_word(text, "on"))
		return true;
	if (take_word(text, "every")) {
		assertion->every_abi = true;
		return take_word(text, "abi") ||
		       parse_fail(text, text->at, "'abi' must stand here, not %s",
				  parse_found(text, text->at, found));
	}
	do {
		if (!parse_abi(reader, &assertion->abis))
			return false;
	} while (parse_sign(text, ","));
	return true;
}

static bool expect_end(struct line_reader *reader, const char *what)
{
	struct parse_text *text = &reader->text;
	char found[PARSE_FOUND_MAX];

	parse_blanks(text);
	return !text->text[text->at] || parse_fail(text, text->at, "%s must stand here, not %s",
						   what, parse_found(text, text->at, found));
}

/* ---- Paths ---- */

/* A path from here for one that a file has: relative ones are to its folder. NULL: no memory. */
static char *path_from(const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');
	char *whole;

	if (*path == '/' || !slash || !strncmp(path, "pid:", 4))
		return strdup(path);
	if (asprintf(&whole, "%.*s%s", (int)(slash - file + 1), file, path) < 0)
		return NULL;
	return whole;
}

/* The rest of a line, to be freed; NULL where none is left, or no memory. */
static char *take_rest(struct parse_text *text)
{
	char *rest;

	parse_blanks(text);
	rest = text->text[text->at] ? strdup(text->text + text->at) : NULL;
	if (rest)
		text->at += strlen(rest);
	return rest;
}

/* ---- Assertions ---- */

/* A first word, and what it asserts. */
static const struct assertion_word {
	const char *word;
	enum assertion_kind kind;
	const char *verdict;
	bool takes_errno;
	bool takes_data;
} assertion_words[] = {
	{ "allow", ASSERT_VERDICT, "ALLOW", false, false },
	{ "log", ASSERT_VERDICT, "LOG", false, false },
	{ "errno", ASSERT_VERDICT, "ERRNO", true, false },
	{ "kill", ASSERT_VERDICT, "KILL_THREAD", false, false },
	{ "kill_thread", ASSERT_VERDICT, "KILL_THREAD", false, false },
	{ "kill_process", ASSERT_VERDICT, "KILL_PROCESS", false, false },
	{ "trap", ASSERT_VERDICT, "TRAP", false, false },
	{ "trace", ASSERT_VERDICT, "TRACE", false, true },
	{ "notify", ASSERT_VERDICT, "NOTIFY", false, false },
	{ "never", ASSERT_NEVER, "", false, false },
};

/* The errno of "errno EPERM", or the data of "trace 7", as sbpf_verdict_parse() takes it. */
static bool parse_data(struct line_reader *reader, const struct assertion_word *word,
		       struct assertion *assertion)
{
	struct parse_text *text = &reader->text;
	char found[PARSE_FOUND_MAX];
	size_t length;
	uint32_t verdict;
	bool is_number;

	parse_blanks(text);
	length = parse_word(text);
	is_number = isdigit((unsigned char)text->text[text->at]);
	snprintf(assertion->verdict, sizeof(assertion->verdict), "%s", word->verdict);
	if (word->takes_data && !is_number) {
		snprintf(assertion->verdict, sizeof(assertion->verdict), "%s(0)", word->verdict);
		return true;
	}
	if (length && length < 24)
		snprintf(assertion->verdict, sizeof(assertion->verdict), "%s(%.*s)", word->verdict,
			 (int)length, text->text + text->at);
	if (!length || length >= 24 || !sbpf_verdict_parse(assertion->verdict, &verdict))
		return parse_fail(text, text->at, "%s must stand here, not %s",
				  word->takes_errno ? "an errno such as EPERM or 1"
						    : "a number up to 65535",
				  parse_found(text, text->at, found));
	text->at += length;
	return true;
}

static bool parse_region_line(struct line_reader *reader, const struct assertion_word *word,
			      struct assertion *assertion)
{
	assertion->kind = word->kind;
	snprintf(assertion->verdict, sizeof(assertion->verdict), "%s", word->verdict);
	if ((word->takes_errno || word->takes_data) && !parse_data(reader, word, assertion))
		return false;
	return parse_calls(reader, assertion) && parse_abis(reader, assertion) &&
	       expect_end(reader, "',' or 'on'");
}

static bool parse_within(struct line_reader *reader, struct assertion *assertion)
{
	struct parse_text *text = &reader->text;
	char *path = take_rest(text);

	assertion->kind = ASSERT_WITHIN;
	if (!path)
		return parse_fail(text, text->at, "a policy must stand after 'within'");
	assertion->policy = path_from(reader->file->path, path);
	free(path);
	return assertion->policy || fail_memory(reader);
}

static const struct assertion_word *find_assertion_word(struct parse_text *text)
{
	for (size_t i = 0; i < COUNT(assertion_words); i++) {
		if (take_word(text, assertion_words[i].word))
			return &assertion_words[i];
	}
	return NULL;
}

static bool unknown_word(struct line_reader *reader)
{
	const char *names[COUNT(assertion_words) + 3] = { "profile", "target", "within" };
	char word[PARSE_FOUND_MAX];
	const char *near;

	for (size_t i = 0; i < COUNT(assertion_words); i++)
		names[i + 3] = assertion_words[i].word;
	parse_found(&reader->text, reader->text.at, word);
	/* Without its quotes. */
	snprintf(word, sizeof(word), "%.*s", (int)parse_word(&reader->text),
		 reader->text.text + reader->text.at);
	near = nearest_name(word, names, COUNT(names));
	return parse_fail(&reader->text, reader->text.at,
			  "a line begins with profile, target, never, within, or a verdict such as "
			  "allow or errno E%s%s%s",
			  near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
}

/* Reads what the line asserts; the text is the assertion's. */
static bool parse_assertion(struct line_reader *reader, struct assertion *assertion)
{
	const struct assertion_word *word;

	if (take_word(&reader->text, "within"))
		return parse_within(reader, assertion);
	word = find_assertion_word(&reader->text);
	return word ? parse_region_line(reader, word, assertion) : unknown_word(reader);
}

static bool add_assertion(struct line_reader *reader)
{
	struct test_file *file = reader->file;
	struct assertion *list;

	if (!file->section_count)
		return parse_fail(&reader->text, 0, "a line 'profile FILE' must stand before this");
	if (file->count == ASSERTIONS_MAX)
		return parse_fail(&reader->text, 0, "a file has at most %d assertions",
				  ASSERTIONS_MAX);
	list = reallocarray(file->assertions, file->count + 1, sizeof(list[0]));
	if (!list)
		return fail_memory(reader);
	file->assertions = list;
	list[file->count] = (struct assertion){
		.line = reader->line,
		.text = strdup(reader->text.text),
		.section = file->section_count - 1,
	};
	reader->targets_open = false;
	if (!list[file->count++].text)
		return fail_memory(reader);
	return parse_assertion(reader, &list[file->count - 1]);
}

/* ---- Sections ---- */

/* A section with the profile and the targets of the one before, which may be NULL. */
static bool add_section(struct line_reader *reader, const char *profile, const char *shown,
			unsigned int line)
{
	struct test_file *file = reader->file;
	struct test_section *sections =
		reallocarray(file->sections, file->section_count + 1, sizeof(sections[0]));
	struct test_section *section;

	if (!sections)
		return fail_memory(reader);
	file->sections = sections;
	section = &sections[file->section_count];
	*section = (struct test_section){
		.profile = strdup(profile),
		.shown = strdup(shown),
		.line = line,
		.first_target = file->section_count ? section[-1].first_target : 0,
		.target_count = file->section_count ? section[-1].target_count : 0,
	};
	file->section_count++;
	return (section->profile && section->shown) || fail_memory(reader);
}

static bool read_profile(struct line_reader *reader)
{
	struct parse_text *text = &reader->text;
	char *shown = take_rest(text);
	char *profile = shown ? path_from(reader->file->path, shown) : NULL;
	bool done;

	if (!shown)
		return parse_fail(text, text->at,
				  "the file of a profile must stand after "
				  "'profile'");
	reader->targets_open = false;
	done = profile ? add_section(reader, profile, shown, reader->line) : fail_memory(reader);
	free(profile);
	free(shown);
	return done;
}

/*
 * Lines 'target' that follow each other are targets of the same lines; the first of them after an
 * assertion begins anew.
 */
static bool read_target(struct line_reader *reader)
{
	struct test_file *file = reader->file;
	struct test_section *last;
	size_t before = file->target_count;

	if (!file->section_count)
		return parse_fail(&reader->text, 0, "a line 'profile FILE' must stand before this");
	last = &file->sections[file->section_count - 1];
	if (file->count && file->assertions[file->count - 1].section == file->section_count - 1) {
		if (!add_section(reader, last->profile, last->shown, last->line))
			return false;
		last = &file->sections[file->section_count - 1];
	}
	if (!target_line_parse(&reader->text, reader->line, &file->targets, &file->target_count))
		return false;
	if (!reader->targets_open) {
		last->first_target = before;
		last->target_count = 0;
	}
	last->target_count += file->target_count - before;
	reader->targets_open = true;
	return true;
}

/* ---- Lines ---- */

/* What a line says begins at text, terminated; blanks around it and a comment are gone. */
static bool read_line(struct line_reader *reader)
{
	struct parse_text *text = &reader->text;

	if (!text->text[0])
		return true;
	if (take_word(text, "profile"))
		return read_profile(reader);
	if (take_word(text, "target"))
		return read_target(reader);
	return add_assertion(reader);
}

/* Ends the text of a line before its comment, and before blanks. */
static void cut_line(char *line)
{
	size_t length = 0;

	while (line[length] && !(line[length] == '#' &&
				 (!length || line[length - 1] == ' ' || line[length - 1] == '\t')))
		length++;
	while (length && strchr(" \t\r", line[length - 1]))
		length--;
	line[length] = '\0';
}

static bool report_place(const struct tool *tool, const char *path, unsigned int line,
			 size_t column, const char *message)
{
	if (line && tool)
		report(tool->name, "%s:%u:%zu: %s", strcmp(path, "-") ? path : "<stdin>", line,
		       column + 1, message);
	return false;
}

/* Whether the bytes are text; else where not. */
static bool is_text(const char *line, size_t length, size_t *at)
{
	for (*at = 0; *at < length;) {
		size_t sequence = text_sequence(line + *at, length - *at);

		if (!sequence || !line[*at] ||
		    (text_steers(line + *at, sequence) && !strchr("\t\r", line[*at])))
			return false;
		*at += sequence;
	}
	return true;
}

/* line: a copy that may be changed. */
static bool handle_line(struct line_reader *reader, char *line, size_t length)
{
	const char *path = reader->file->path;
	size_t indent, at;

	reader->line++;
	if (!is_text(line, length, &at))
		return report_place(reader->tool, path, reader->line, at,
				    "a control character, or no UTF-8: the file is no text");
	cut_line(line);
	indent = strspn(line, " \t");
	reader->text = (struct parse_text){ .text = line + indent };
	if (!read_line(reader))
		return report_place(reader->tool, path, reader->line,
				    indent + reader->text.trouble.at, reader->text.trouble.message);
	if (reader->file->count &&
	    reader->file->assertions[reader->file->count - 1].line == reader->line)
		reader->file->assertions[reader->file->count - 1].column = indent;
	return true;
}

/* A section that no line gives targets is about this machine. */
static bool complete_targets(struct line_reader *reader)
{
	struct test_file *file = reader->file;
	size_t own = file->target_count;

	reader->text = (struct parse_text){ .text = "" };
	for (size_t i = 0; i < file->section_count; i++) {
		if (file->sections[i].target_count)
			continue;
		if (own == file->target_count &&
		    !target_line_parse(&reader->text, 0, &file->targets, &file->target_count))
			return false;
		file->sections[i].first_target = own;
		file->sections[i].target_count = 1;
	}
	return true;
}

/* A copy of a line that may be changed. */
static bool read_copy(struct line_reader *reader, const char *line, size_t length)
{
	char *copy = malloc(length + 1);
	bool done;

	if (!copy)
		return report_place(reader->tool, reader->file->path, reader->line + 1, 0,
				    "out of memory");
	memcpy(copy, line, length);
	copy[length] = '\0';
	done = handle_line(reader, copy, length);
	free(copy);
	return done;
}

bool test_file_parse(const struct tool *tool, const char *path, const char *text, size_t length,
		     struct test_file *file)
{
	struct line_reader reader = { .tool = tool, .file = file };

	*file = (struct test_file){ .path = path };
	for (const char *at = text; at < text + length;) {
		size_t left = length - (size_t)(at - text);
		const char *end = memchr(at, '\n', left);
		size_t size = end ? (size_t)(end - at) : left;

		if (!read_copy(&reader, at, size))
			return false;
		at += size + (end != NULL);
	}
	if (!complete_targets(&reader))
		return report_place(tool, path, reader.line, 0, reader.text.trouble.message);
	if (!file->count && tool)
		report(tool->name,
		       "%s: asserts nothing; 'sbpf test --init PROFILE' writes a first file",
		       strcmp(path, "-") ? path : "<stdin>");
	return file->count;
}

bool assertion_parse(const char *line, struct assertion *assertion)
{
	struct test_file file = { .path = "" };
	struct line_reader reader = { .file = &file, .text = { .text = line } };

	*assertion = (struct assertion){ .text = strdup(line) };
	if (assertion->text && parse_assertion(&reader, assertion))
		return true;
	assertion_free(assertion);
	return false;
}

bool assertion_report(const struct tool *tool, const struct test_file *file,
		      const struct assertion *assertion, const struct parse_trouble *trouble)
{
	return report_place(tool, file->path, assertion->line, assertion->column + trouble->at,
			    trouble->message);
}

/* ---- Files ---- */

bool test_file_read(const struct tool *tool, const char *path, struct test_file *file)
{
	FILE *in = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *text = malloc(SBPF_TEXT_MAX + 1);
	size_t length = in && text ? fread(text, 1, SBPF_TEXT_MAX + 1, in) : 0;
	bool done = in && text && !ferror(in) && length <= SBPF_TEXT_MAX;

	*file = (struct test_file){ .path = path };
	if (!text)
		report(tool->name, "out of memory");
	else if (!done)
		report(tool->name, "%s: %s", strcmp(path, "-") ? path : "<stdin>",
		       strerror(length > SBPF_TEXT_MAX ? EFBIG : errno));
	if (in && in != stdin)
		fclose(in);
	done = done && test_file_parse(tool, path, text, length, file);
	free(text);
	return done;
}

void assertion_free(struct assertion *assertion)
{
	for (size_t i = 0; i < assertion->call_count; i++)
		condition_free(assertion->calls[i].condition);
	free(assertion->calls);
	free(assertion->text);
	free(assertion->policy);
	*assertion = (struct assertion){ 0 };
}

void test_file_free(struct test_file *file)
{
	for (size_t i = 0; i < file->count; i++)
		assertion_free(&file->assertions[i]);
	for (size_t i = 0; i < file->section_count; i++) {
		free(file->sections[i].profile);
		free(file->sections[i].shown);
	}
	for (size_t i = 0; i < file->target_count; i++) {
		for (size_t j = 0; j < file->targets[i].string_count; j++)
			free(file->targets[i].strings[j]);
	}
	free(file->assertions);
	free(file->sections);
	free(file->targets);
	*file = (struct test_file){ 0 };
}
