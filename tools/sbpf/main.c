/* SPDX-License-Identifier: MIT */
/* sbpf: finds the subcommand and hands over to it. */
#include "commands.h"
#include "common.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	const char *summary;
	int (*main)(int argc, char **argv);
} commands[] = {
	{ "run", "run a command under a profile", run_main },
	{ "why", "say which calls a profile refused, and what to write", why_main },
	{ "record", "record which calls programs make", record_main },
	{ "profile", "write a profile from recordings", profile_main },
	{ "minimise", "take out of a profile what recordings never had", minimise_main },
	{ "prove", "prove that two policies mean the same", prove_main },
	{ "diff", "show which calls two policies answer differently", diff_main },
	{ "dump", "write down the filters of a process", dump_main },
	{ "decompile", "write a filter as a profile", decompile_main },
	{ "flatten", "write a profile for one target, as every runtime reads it", flatten_main },
	{ "merge", "make one profile of several policies", merge_main },
	{ "explain", "say what a policy means, whole or for a call", explain_main },
	{ "show", "disassemble a filter", show_main },
	{ "cost", "show what a filter costs", cost_main },
	{ "lint", "look for what a profile does not do as it looks", lint_main },
	{ "k8s", "say what the containers of Kubernetes manifests run under", k8s_main },
	{ "test", "check what a profile does against a file of assertions", test_main },
	{ "syscalls", "look up system calls by name or number", syscalls_main },
};
#define COMMANDS COUNT(commands)

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

static int unknown_command(const struct tool *tool, const char *name)
{
	const char *names[COMMANDS];
	const char *nearest;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	nearest = nearest_name(name, names, COMMANDS);
	if (nearest)
		return usage_error(tool, "there is no command '%s'; did you mean '%s'?", name,
				   nearest);
	return usage_error(tool, "there is no command '%s'", name);
}

static const char *summarize(char *summary, size_t size)
{
	size_t length = (size_t)snprintf(summary, size,
					 "Seccomp profiles as small, exact filters.\n\nCommands:");

	for (size_t i = 0; i < COMMANDS && length < size; i++)
		length += (size_t)snprintf(summary + length, size - length, "\n  %-10s %s",
					   commands[i].name, commands[i].summary);
	return summary;
}

/* "help run" is "run --help", and "help" alone is "--help". */
static void reorder_help(int argc, char **argv)
{
	static char option[] = "--help";

	if (argc < 2 || strcmp(argv[1], "help"))
		return;
	if (argc > 2)
		argv[1] = argv[2];
	argv[argc > 2 ? 2 : 1] = option;
}

int main(int argc, char **argv)
{
	char summary[1024];
	const struct tool tool = {
		.name = "sbpf",
		.synopsis = "COMMAND [ARGUMENT...]\nhelp COMMAND",
		.summary = summarize(summary, sizeof(summary)),
		.notes = "'sbpf help COMMAND' says more about a command.",
		.stops_at_operand = true,
	};
	const struct command *command;
	int operand, status;

	output_begin();
	reorder_help(argc, argv);
	if (!options_parse(&tool, NULL, 0, argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which command?");
	command = find_command(argv[operand]);
	if (!command)
		return unknown_command(&tool, argv[operand]);
	return command->main(argc - operand, argv + operand);
}
