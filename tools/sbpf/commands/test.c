/* SPDX-License-Identifier: MIT */
/* sbpf test: whether a profile still does what was agreed on. */
#include "commands.h"
#include "initial.h"
#include "mutate.h"
#include "report_suite.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As test runners have it. */
enum test_status {
	STATUS_PASSED = 0,
	STATUS_FAILED = 1,
	STATUS_TROUBLE = 2,
};

/* None of those that an option names. */
#define FORMAT_UNSAID ((enum suite_format)(SUITE_JSON + 1))

struct test_options {
	enum suite_format format;
	const char *output;
	const char *initial;
	const char *least;
	bool mutate;
	enum color_choice color;
};

static const struct option_row test_rows[] = {
	{ "format", 0, "text|tap|junit|sarif|json",
	  "how to report (default: text on a terminal, else tap)",
	  offsetof(struct test_options, format) },
	{ "mutate", 0, NULL, "change the profile in small ways, and count which changes fail",
	  offsetof(struct test_options, mutate) },
	{ "min-score", 0, "N/M", "fail when fewer than N of M mutants are killed; with --mutate",
	  offsetof(struct test_options, least) },
	{ "init", 0, "PROFILE", "write a first file for a profile, and look at no other",
	  offsetof(struct test_options, initial) },
	{ "output", 'o', "FILE", "where the report, or the first file, goes",
	  offsetof(struct test_options, output) },
};

static const struct tool tool = {
	.name = "sbpf test",
	.synopsis = "[OPTION...] FILE...\n--init PROFILE [TARGET OPTION...] [-o FILE]",
	.summary = "Check that profiles do what the lines of a file assert, for all arguments.",
	.notes = "A line of FILE (\"-\": standard input) is one of\n"
		 "  profile FILE                    the profile that the next lines are about\n"
		 "  target MACHINE[, MACHINE...] [reading R] [kernel K] [caps C] [width W]\n"
		 "         [abis A] [bad-arch ACTION] [enosys]\n"
		 "  allow|log|errno E|kill|kill_process|trap|trace [N]|notify CALLS [on ABIS]\n"
		 "  never CALLS [on ABIS]           none of them is allowed, or logged\n"
		 "  within POLICY                   allows nothing that POLICY does not\n"
		 "CALLS are names, each with a condition in parentheses where one is meant:\n"
		 "  allow read, socket(family in {AF_INET, AF_INET6})\n"
		 "  never socket(family == AF_ALG) on every abi\n"
		 "The exit status is 0 when all hold, 1 when one does not, 2 on wrong usage or a\n"
		 "file that cannot be read. The target options are for --init.",
};

#define SCORE_MAX 999999999

/* "N/M", of which N is not the larger. */
static bool parse_least(struct test_options *options, struct suites *suites)
{
	unsigned long wanted, of;
	char *slash, *end;

	if (!options->least)
		return true;
	options->mutate = true;
	wanted = strtoul(options->least, &slash, 10);
	of = *slash == '/' ? strtoul(slash + 1, &end, 10) : 0;
	if (strspn(options->least, "0123456789/") != strlen(options->least) ||
	    slash == options->least || !of || *end || of > SCORE_MAX || wanted > of) {
		usage_error(&tool, "--min-score: '%s' is no N/M such as 9/10", options->least);
		return false;
	}
	suites->wanted = (unsigned int)wanted;
	suites->least_of = (unsigned int)of;
	return true;
}

static bool look_at(const struct test_options *options, const char *path, struct suite *suite)
{
	bool progress = isatty(STDERR_FILENO) && options->color != COLOR_NEVER;

	return suite_run(&tool, path, progress, suite) && suite_cover(suite) &&
	       (!options->mutate || suite_mutate(suite));
}

static bool show(const struct test_options *options, const struct suites *suites)
{
	struct page page;
	bool shown;

	if (!page_open(tool.name, &page))
		return false;
	page.color = options->color;
	page.is_data = options->format > SUITE_TAP;
	suites_print(&page, options->format, suites);
	shown = page_show(tool.name, &page, options->output);
	page_free(&page);
	return shown;
}

static int run(const struct test_options *options, char **paths, struct suites *suites)
{
	struct suite *list = calloc(suites->count, sizeof(list[0]));
	int status = list ? STATUS_PASSED : STATUS_TROUBLE;

	suites->list = list;
	suites->mutated = options->mutate;
	for (size_t i = 0; i < suites->count && status != STATUS_TROUBLE; i++) {
		if (!look_at(options, paths[i], &list[i]))
			status = STATUS_TROUBLE;
		else if (list[i].failed)
			status = STATUS_FAILED;
		suites->mutants += list[i].mutants;
		suites->killed += list[i].killed;
	}
	if (status == STATUS_PASSED && !suites_score_reached(suites))
		status = STATUS_FAILED;
	if (status != STATUS_TROUBLE && !show(options, suites))
		status = STATUS_TROUBLE;
	for (size_t i = 0; list && i < suites->count; i++)
		suite_free(&list[i]);
	free(list);
	return status;
}

int test_main(int argc, char **argv)
{
	struct test_options options = { .format = FORMAT_UNSAID };
	struct sbpf_target target = { 0 };
	struct suites suites = { 0 };
	const struct option_group groups[] = {
		{ "Options", test_rows, COUNT(test_rows), &options },
		{ "Output", color_rows, color_row_count, &options.color },
		{ "Target, with --init", target_options, target_option_count, &target },
	};
	int operand, status;

	if (!options_parse(&tool, groups, COUNT(groups), argc, argv, &operand, &status))
		return status;
	if (!parse_least(&options, &suites))
		return STATUS_TROUBLE;
	if (options.format == FORMAT_UNSAID)
		options.format = isatty(STDOUT_FILENO) && !options.output ? SUITE_TEXT : SUITE_TAP;
	suites.count = (size_t)(argc - operand);
	if (options.initial && suites.count)
		return usage_error(&tool, "--init writes a first file, and looks at no '%s'",
				   argv[operand]);
	if (options.initial)
		return initial_write(&tool, &target, options.initial, options.output)
			       ? STATUS_PASSED
			       : STATUS_TROUBLE;
	if (!suites.count)
		return usage_error(&tool, "which FILE says what is asserted?");
	return run(&options, argv + operand, &suites);
}
