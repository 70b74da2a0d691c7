/* SPDX-License-Identifier: MIT */
/* The command line: PROGRAM [GLOBAL OPTION...] COMMAND [OPTION...] [--] CONTAINER */
#include "oci.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tool tool = { .name = PROGRAM };

#define AT(field) offsetof(struct invocation, field)

static const struct option_row own_rows[] = {
	{ "sbpf-runtime", 0, "PATH", "the runtime that does all else (default: crun from PATH)",
	  AT(runtime) },
	{ "sbpf-log", 0, "FILE", "a line for each start, in place of the runtime's --log",
	  AT(own_log) },
	{ "sbpf-bad-arch", 0, "ACTION",
	  "for calls from ABIs the profile does not name\n(default: KILL_PROCESS)", AT(bad_arch) },
	{ "sbpf-record", 0, "DIR",
	  "record what the container calls in DIR/CONTAINER.json, as sbpf record\ndoes",
	  AT(record) },
	{ "sbpf-effort", 0, "quick|thorough", "how much to search for a smaller filter",
	  AT(effort) },
	{ "help", 0, NULL, "print this and exit; crun(1) has the runtime's options", AT(help) },
};

/* crun's, which it takes before the command (crun 1.8 to 1.28: crun.c). */
static const struct option_row global_rows[] = {
	{ "debug", 0, NULL, NULL, AT(debug) },
	{ "cgroup-manager", 0, "MANAGER", NULL, AT(passed_on) },
	{ "systemd-cgroup", 0, NULL, NULL, AT(passed_on_flag) },
	{ "log", 0, "FILE", NULL, AT(log) },
	{ "log-format", 0, "FORMAT", NULL, AT(log_format) },
	{ "log-level", 0, "LEVEL", NULL, AT(passed_on) },
	{ "root", 0, "DIR", NULL, AT(passed_on) },
	{ "rootless", 0, "VALUE", NULL, AT(passed_on) },
	{ "version", 'v', NULL, NULL, AT(version) },
	{ "version", 'V', NULL, NULL, AT(version) },
	{ "usage", 0, NULL, NULL, AT(usage) },
};

/* crun's for create and run (create.c, run.c). */
static const struct option_row start_rows[] = {
	{ "bundle", 'b', "DIR", NULL, AT(bundle) },
	{ "config", 'f', "FILE", NULL, AT(config) },
	{ "console-socket", 0, "SOCKET", NULL, AT(passed_on) },
	{ "preserve-fds", 0, "N", NULL, AT(preserve_fds) },
	{ "pid-file", 0, "FILE", NULL, AT(passed_on) },
	{ "detach", 'd', NULL, NULL, AT(passed_on_flag) },
	{ "keep", 0, NULL, NULL, AT(passed_on_flag) },
	{ "no-pivot", 0, NULL, NULL, AT(passed_on_flag) },
	{ "no-subreaper", 0, NULL, NULL, AT(passed_on_flag) },
	{ "no-new-keyring", 0, NULL, NULL, AT(passed_on_flag) },
	{ "help", 0, NULL, NULL, AT(usage) },
	{ "usage", 0, NULL, NULL, AT(usage) },
};

/* And for exec (exec.c). */
static const struct option_row exec_rows[] = {
	{ "apparmor", 0, "PROFILE", NULL, AT(passed_on) },
	{ "cap", 'c', "CAP", NULL, AT(passed_on) },
	{ "cgroup", 0, "PATH", NULL, AT(passed_on) },
	{ "console-socket", 0, "SOCKET", NULL, AT(passed_on) },
	{ "cwd", 0, "DIR", NULL, AT(passed_on) },
	{ "detach", 'd', NULL, NULL, AT(passed_on_flag) },
	{ "env", 'e', "NAME=VALUE", NULL, AT(passed_on) },
	{ "no-new-privs", 0, NULL, NULL, AT(passed_on_flag) },
	{ "pid-file", 0, "FILE", NULL, AT(passed_on) },
	{ "preserve-fds", 0, "N", NULL, AT(passed_on) },
	{ "process", 'p', "FILE", NULL, AT(passed_on) },
	{ "process-label", 0, "LABEL", NULL, AT(passed_on) },
	{ "tty", 't', NULL, NULL, AT(passed_on_flag) },
	{ "user", 'u', "USER", NULL, AT(passed_on) },
	{ "help", 0, NULL, NULL, AT(usage) },
	{ "usage", 0, NULL, NULL, AT(usage) },
};

#define ROWS_MAX (COUNT(own_rows) + COUNT(global_rows) + COUNT(start_rows) + COUNT(exec_rows))

static bool is_own(const struct option_row *row)
{
	return row >= own_rows && row < own_rows + COUNT(own_rows);
}

/* ---- Reading options of some tables ---- */

struct reader {
	const struct option_row *rows[ROWS_MAX];
	size_t count;
	struct option longs[ROWS_MAX + 1];
	char letters[2 * ROWS_MAX + 3];
};

/* getopt_long(3) returns this plus the row's index. */
#define FIRST_ROW 256

static void add_rows(struct reader *reader, const struct option_row *rows, size_t count)
{
	char *letter = reader->letters + strlen(reader->letters);

	/* Options end at the first operand, as for crun, whose argp(3) is this getopt_long(3). */
	if (!reader->count)
		*letter++ = '+';
	for (size_t i = 0; i < count; i++) {
		struct option *option = &reader->longs[reader->count];

		option->name = rows[i].name;
		option->has_arg = rows[i].argument ? required_argument : no_argument;
		option->val = FIRST_ROW + (int)reader->count;
		if (rows[i].letter)
			*letter++ = rows[i].letter;
		if (rows[i].letter && rows[i].argument)
			*letter++ = ':';
		reader->rows[reader->count++] = &rows[i];
	}
}

static const struct option_row *row_of(const struct reader *reader, int found)
{
	if (found >= FIRST_ROW)
		return reader->rows[found - FIRST_ROW];
	for (size_t i = 0; i < reader->count; i++) {
		if (found != '?' && reader->rows[i]->letter == found)
			return reader->rows[i];
	}
	return NULL;
}

static bool store(const struct option_row *row, struct invocation *invocation)
{
	static const char *const efforts[] = { "quick", "thorough" };
	void *value = (char *)invocation + row->offset;

	if (!row->argument) {
		*(bool *)value = true;
		return true;
	}
	if (row->offset != AT(effort)) {
		*(const char **)value = optarg;
		return true;
	}
	for (size_t i = 0; i < COUNT(efforts); i++) {
		if (!strcmp(optarg, efforts[i])) {
			invocation->effort = (enum sbpf_effort)i;
			return true;
		}
	}
	return false;
}

static void forward(struct invocation *invocation, char **argv, int from, int to)
{
	for (int i = from; i < to; i++)
		invocation->argv[invocation->argc++] = argv[i];
}

/*
 * Reads options up to the first operand and forwards those of the runtime; *next is where it
 * stopped. False when an own option is wrong, which was reported.
 */
static bool read_options(const struct reader *reader, struct invocation *invocation, int argc,
			 char **argv, int *next, int *status)
{
	int found;

	opterr = 0;
	optind = 0; /* begin anew */
	*next = 1;
	while ((found = getopt_long(argc, argv, reader->letters, reader->longs, NULL)) != -1) {
		const struct option_row *row = row_of(reader, found);

		if (!row && !strncmp(argv[*next], "--sbpf-", 7)) {
			*status = usage_error(&tool, "unknown option '%s', or without its argument",
					      argv[*next]);
			return false;
		}
		/* getopt_long(3) has no letter for it, as it returns it for what is unknown. */
		if (!row && !strcmp(argv[*next], "-?"))
			invocation->usage = true;
		else if (!row)
			invocation->unknown = argv[*next];
		if (!row)
			return true;
		if (!store(row, invocation)) {
			*status = usage_error(&tool, "--%s: '%s' is not one of %s", row->name,
					      optarg, row->argument);
			return false;
		}
		if (!is_own(row))
			forward(invocation, argv, *next, optind);
		*next = optind;
	}
	return true;
}

/* From the end of the options to the first operand: behind "--" where that stands between. */
static int skip_marker(struct invocation *invocation, int argc, char **argv, int next)
{
	if (next == argc || strcmp(argv[next], "--"))
		return next;
	forward(invocation, argv, next, next + 1);
	return next + 1;
}

/* ---- The whole line ---- */

static bool is_start(const char *command)
{
	return command && (!strcmp(command, "create") || !strcmp(command, "run"));
}

static bool check_own(const struct invocation *invocation, int *status)
{
	uint32_t verdict;

	if (!invocation->bad_arch || sbpf_verdict_parse(invocation->bad_arch, &verdict))
		return true;
	*status = usage_error(&tool,
			      "--sbpf-bad-arch: '%s' is no action, such as KILL_PROCESS or ERRNO",
			      invocation->bad_arch);
	return false;
}

static bool parse_command(struct invocation *invocation, const struct option_row *rows,
			  size_t count, int argc, char **argv, int *status)
{
	struct reader reader = { 0 };
	int next;

	add_rows(&reader, rows, count);
	if (!read_options(&reader, invocation, argc, argv, &next, status))
		return false;
	invocation->options_end = invocation->argc;
	forward(invocation, argv, next, argc);
	return true;
}

bool invocation_parse(struct invocation *invocation, int argc, char **argv, int *status)
{
	struct reader reader = { 0 };
	int next;

	invocation->argv = calloc((size_t)argc + 6, sizeof(invocation->argv[0]));
	if (!invocation->argv) {
		report(PROGRAM, "out of memory");
		*status = STATUS_FAILURE;
		return false;
	}
	invocation->argc = 1;
	add_rows(&reader, own_rows, COUNT(own_rows));
	add_rows(&reader, global_rows, COUNT(global_rows));
	if (!read_options(&reader, invocation, argc, argv, &next, status) ||
	    !check_own(invocation, status))
		return false;
	if (!invocation->unknown)
		next = skip_marker(invocation, argc, argv, next);
	if (next == argc || invocation->unknown) {
		for (int i = next; i < argc && !invocation->command; i++)
			invocation->command = is_start(argv[i]) ? argv[i] : NULL;
		forward(invocation, argv, next, argc);
		return true;
	}
	invocation->command = argv[next];
	forward(invocation, argv, next, next + 1);
	if (is_start(invocation->command))
		return parse_command(invocation, start_rows, COUNT(start_rows), argc - next,
				     argv + next, status);
	if (invocation->record && invocation_is_exec(invocation))
		return parse_command(invocation, exec_rows, COUNT(exec_rows), argc - next,
				     argv + next, status);
	forward(invocation, argv, next + 1, argc);
	return true;
}

bool invocation_is_start(const struct invocation *invocation)
{
	return is_start(invocation->command) && !invocation->usage;
}

bool invocation_is_exec(const struct invocation *invocation)
{
	return invocation->command && !strcmp(invocation->command, "exec") && !invocation->usage;
}

const char *invocation_container(const struct invocation *invocation)
{
	char **at = invocation->argv + invocation->options_end;

	if (!invocation->options_end || invocation->unknown)
		return NULL;
	if (*at && !strcmp(*at, "--"))
		at++;
	return *at;
}

void invocation_add(struct invocation *invocation, char *option, char *argument)
{
	char **place = invocation->argv + invocation->options_end;

	memmove(place + 2, place,
		(size_t)(invocation->argc - invocation->options_end) * sizeof(*place));
	place[0] = option;
	place[1] = argument;
	invocation->options_end += 2;
	invocation->argc += 2;
}

void invocation_free(struct invocation *invocation)
{
	free(invocation->argv);
}

/* ---- Help ---- */

int invocation_help(void)
{
	puts("Usage: " PROGRAM " [--sbpf-OPTION...] [OPTION...] COMMAND [ARGUMENT...]\n\n"
	     "The OCI runtime crun, with seccomp profiles compiled and proven by libsbpf. All\n"
	     "commands and options but these are crun's; 'crun --help' lists them.\n");
	for (size_t i = 0; i < COUNT(own_rows); i++) {
		const struct option_row *row = &own_rows[i];

		printf("  --%s%s%s\n      ", row->name, row->argument ? "=" : "",
		       row->argument ? row->argument : "");
		for (const char *at = row->help; *at; at++) {
			putchar(*at);
			if (*at == '\n')
				fputs("      ", stdout);
		}
		putchar('\n');
	}
	puts("\nThe environment variable SBPF_OCI_RUNTIME names the runtime too.");
	return output_flush(PROGRAM) ? STATUS_OK : STATUS_FAILURE;
}
