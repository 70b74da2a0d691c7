/* SPDX-License-Identifier: MIT */
/* getopt_long(3) and --help from one table. */
#include "common.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long(3) returns this plus the row's index over all groups. */
#define FIRST_ROW 256

static const struct option_row common_rows[] = {
	{ "help", 'h', NULL, "print this and exit", 0 },
	{ "version", 'V', NULL, "print the version and exit", 0 },
};
#define COMMON_ROWS COUNT(common_rows)

struct parser {
	const struct tool *tool;
	const struct option_group *groups;
	size_t group_count;
	struct option *longs; /* common_rows, then the groups' rows */
	char *letters;
};

/* The row with this index over common_rows and all groups; *values is its group's. */
static const struct option_row *row_at(const struct parser *parser, size_t index, void **values)
{
	*values = NULL;
	if (index < COMMON_ROWS)
		return &common_rows[index];
	index -= COMMON_ROWS;
	for (size_t i = 0; i < parser->group_count; i++) {
		const struct option_group *group = &parser->groups[i];

		if (index < group->count) {
			*values = group->values;
			return &group->rows[index];
		}
		index -= group->count;
	}
	return NULL;
}

static size_t row_count(const struct parser *parser)
{
	size_t count = COMMON_ROWS;

	for (size_t i = 0; i < parser->group_count; i++)
		count += parser->groups[i].count;
	return count;
}

static bool prepare(struct parser *parser)
{
	size_t count = row_count(parser);
	char *letter;

	parser->longs = calloc(count + 1, sizeof(parser->longs[0]));
	parser->letters = calloc(2 * count + 3, 1);
	if (!parser->longs || !parser->letters)
		return false;

	letter = parser->letters;
	if (parser->tool->stops_at_operand)
		*letter++ = '+';
	*letter++ = ':'; /* tell a missing argument from an unknown option */
	for (size_t i = 0; i < count; i++) {
		void *values;
		const struct option_row *row = row_at(parser, i, &values);

		parser->longs[i].name = row->name;
		parser->longs[i].has_arg = row->argument ? required_argument : no_argument;
		parser->longs[i].val = FIRST_ROW + (int)i;
		if (row->letter)
			*letter++ = row->letter;
		if (row->letter && row->argument)
			*letter++ = ':';
	}
	return true;
}

/* The row that getopt_long(3) means by its return value or by optopt; NULL for none. */
static const struct option_row *row_of(const struct parser *parser, int value, void **values)
{
	if (value >= FIRST_ROW)
		return row_at(parser, (size_t)(value - FIRST_ROW), values);
	for (size_t i = 0; value && i < row_count(parser); i++) {
		const struct option_row *row = row_at(parser, i, values);

		if (row->letter == value)
			return row;
	}
	return NULL;
}

/* The words that a row's argument is one of; NULL where it is no list. */
static const struct option_word *words_of(const struct option_row *row)
{
	for (size_t i = 0; row->argument && i < option_list_count; i++) {
		if (!strcmp(option_lists[i].argument, row->argument))
			return option_lists[i].words;
	}
	return NULL;
}

/* Characters before the help of an option. */
#define LEFT_COLUMN 25

/* Text whose lines begin in the right column. */
static void print_lines(const char *text)
{
	for (const char *at = text; *at; at++) {
		putchar(*at);
		if (*at == '\n')
			printf("%*s", LEFT_COLUMN + 2, "");
	}
}

/* "docker (podman, cri-o): as engines read their own profiles", a line for each meaning. */
static void print_words(const struct option_word *words)
{
	for (const struct option_word *word = words; word->word; word++) {
		const char *separator = " (";

		if (!word->meaning)
			continue;
		printf("%*s%s", LEFT_COLUMN + 2, "", word->word);
		for (const struct option_word *other = words; other->word; other++) {
			if (other->value != word->value || other->meaning)
				continue;
			printf("%s%s", separator, other->word);
			separator = ", ";
		}
		fputs(*separator == ',' ? "):" : ":", stdout);
		printf("\n%*s", LEFT_COLUMN + 4, "");
		print_lines(word->meaning);
		putchar('\n');
	}
}

static void print_rows(const struct option_row *rows, size_t count)
{
	const struct option_word *told = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct option_word *words = words_of(&rows[i]);
		char left[48];
		char letter[] = { '-', rows[i].letter, ',', 0 };

		snprintf(left, sizeof(left), "%4s --%s%s%s", rows[i].letter ? letter : "",
			 rows[i].name, rows[i].argument ? " " : "",
			 rows[i].argument ? rows[i].argument : "");
		if (strlen(left) > LEFT_COLUMN)
			printf(" %s\n%*s", left, LEFT_COLUMN + 2, "");
		else
			printf(" %-*s ", LEFT_COLUMN, left);
		print_lines(rows[i].help);
		putchar('\n');
		if (words && words != told)
			print_words(words);
		told = words;
	}
}

static void print_synopsis(const struct tool *tool)
{
	const char *line = tool->synopsis;
	const char *lead = "Usage:";

	while (*line) {
		int length = (int)strcspn(line, "\n");

		printf("%-6s %s %.*s\n", lead, tool->name, length, line);
		line += length + (line[length] == '\n');
		lead = "";
	}
}

static int print_help(const struct parser *parser)
{
	print_synopsis(parser->tool);
	printf("\n%s\n", parser->tool->summary);
	for (size_t i = 0; i < parser->group_count; i++) {
		printf("\n%s:\n", parser->groups[i].title);
		print_rows(parser->groups[i].rows, parser->groups[i].count);
	}
	printf("\nOther options:\n");
	print_rows(common_rows, COMMON_ROWS);
	if (parser->tool->notes)
		printf("\n%s\n", parser->tool->notes);
	return output_flush(parser->tool->name) ? STATUS_OK : STATUS_FAILURE;
}

static int print_version(const struct tool *tool)
{
	printf("%s %s\n", tool->name, sbpf_version());
	return output_flush(tool->name) ? STATUS_OK : STATUS_FAILURE;
}

/* getopt_long(3) found something it cannot take. */
static int refuse(const struct parser *parser, int found, char **argv)
{
	void *values;
	const struct option_row *row = row_of(parser, optopt, &values);

	if (row && found == ':')
		return usage_error(parser->tool, "--%s needs an argument: %s", row->name,
				   row->argument);
	if (row)
		return usage_error(parser->tool, "--%s takes no argument", row->name);
	if (optopt >= '0' && optopt <= '9')
		return usage_error(parser->tool,
				   "unknown option '-%c'; a number below 0 stands behind --",
				   optopt);
	if (optopt)
		return usage_error(parser->tool, "unknown option '-%c'", optopt);
	return usage_error(parser->tool, "unknown or ambiguous option '%s'", argv[optind - 1]);
}

/* Stores the place of a word among the words that a row's argument lists. */
static bool choose(const struct option_row *row, const char *word, void *value)
{
	size_t length = strlen(word);
	int place = 0;

	for (const char *at = row->argument;; place++) {
		size_t candidate = strcspn(at, "|");

		if (candidate == length && !memcmp(at, word, length)) {
			memcpy(value, &place, sizeof(place));
			return true;
		}
		if (!at[candidate])
			return false;
		at += candidate + 1;
	}
}

/* Stores the value of a word. */
static bool find_word(const struct option_word *words, const char *word, void *value)
{
	for (; words->word; words++) {
		if (!strcmp(words->word, word)) {
			memcpy(value, &words->value, sizeof(words->value));
			return true;
		}
	}
	return false;
}

/* Refuses what is none of the words that a row takes. */
static int refuse_word(const struct tool *tool, const struct option_row *row)
{
	const struct option_word *words = words_of(row);
	char *list = NULL;
	size_t length;
	FILE *out;
	int status;

	if (!words)
		return usage_error(tool, "--%s: '%s' is not one of %s", row->name, optarg,
				   row->argument);
	out = open_memstream(&list, &length);
	for (const struct option_word *word = words; out && word->word; word++)
		fprintf(out, "%s%s", word == words ? "" : "|", word->word);
	if (out)
		fclose(out);
	status = usage_error(tool, "--%s: '%s' is not one of %s", row->name, optarg,
			     list ? list : row->argument);
	free(list);
	return status;
}

/* False when the row cannot take optarg. */
static bool store(const struct option_row *row, void *values)
{
	char *value = (char *)values + row->offset;

	if (!row->argument)
		*(bool *)value = true;
	else if (words_of(row))
		return find_word(words_of(row), optarg, value);
	else if (strchr(row->argument, '|'))
		return choose(row, optarg, value);
	else
		*(const char **)value = optarg;
	return true;
}

static bool parse(const struct parser *parser, int argc, char **argv, int *status)
{
	int found;

	opterr = 0;
	optind = 0; /* begin anew: another options_parse() may have read other options */
	while ((found = getopt_long(argc, argv, parser->letters, parser->longs, NULL)) != -1) {
		void *values;
		const struct option_row *row =
			found == '?' || found == ':' ? NULL : row_of(parser, found, &values);

		if (!row) {
			*status = refuse(parser, found, argv);
			return false;
		}
		if (row >= common_rows && row < common_rows + COMMON_ROWS) {
			*status = row->letter == 'h' ? print_help(parser)
						     : print_version(parser->tool);
			return false;
		}
		if (!store(row, values)) {
			*status = refuse_word(parser->tool, row);
			return false;
		}
	}
	return true;
}

bool options_parse(const struct tool *tool, const struct option_group *groups, size_t group_count,
		   int argc, char **argv, int *operand, int *status)
{
	struct parser parser = { .tool = tool, .groups = groups, .group_count = group_count };
	bool parsed = false;

	if (prepare(&parser)) {
		parsed = parse(&parser, argc, argv, status);
	} else {
		report(tool->name, "out of memory");
		*status = STATUS_FAILURE;
	}
	*operand = optind;
	free(parser.letters);
	free(parser.longs);
	return parsed;
}
