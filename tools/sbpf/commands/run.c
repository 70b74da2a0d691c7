/* SPDX-License-Identifier: MIT */
/* sbpf run: a command under a profile. */
#include "commands.h"
#include "common.h"
#include "launch.h"

struct run_options {
	const char *profile;
	bool keep_privileges;
};

static const struct option_row run_rows[] = {
	{ "profile", 'p', "FILE",
	  "the profile, or - for standard input\n"
	  "(default: Docker's)",
	  offsetof(struct run_options, profile) },
	{ "keep-privileges", 0, NULL,
	  "do not set no_new_privs, so that set-user-ID programs work;\n"
	  "needs CAP_SYS_ADMIN",
	  offsetof(struct run_options, keep_privileges) },
};

static const struct tool tool = {
	.name = "sbpf run",
	.synopsis = "[OPTION...] [--] COMMAND [ARGUMENT...]",
	.summary = "Run a command under a seccomp profile.",
	.notes =
		"The exit status is the command's; 128 + N when signal N ended it; 127 when the\n"
		"command is not found, 126 when it is not executable, 125 when sbpf itself failed\n"
		"and 2 on wrong usage; in these four cases nothing was executed, or the message "
		"says\n"
		"that the command was ended.",
	.stops_at_operand = true,
};

static bool needs_no_listener(const struct sbpf_filter *filter)
{
	if (!sbpf_filter_needs_listener(filter))
		return true;
	report(tool.name, "the profile has NOTIFY actions, which need a listener to answer them; "
			  "sbpf run has none");
	return false;
}

static int run(const struct run_options *options, const struct sbpf_target *target, char **argv)
{
	int status = STATUS_NOT_STARTED;
	struct sbpf_filter *filter = launch_compile(&tool, options->profile, target, &status);
	const struct launch launch = {
		.argv = argv,
		.filter = filter,
		.keep_privileges = options->keep_privileges,
		.has_profile = options->profile,
	};

	if (filter && needs_no_listener(filter))
		status = launch_run(&tool, &launch);
	sbpf_filter_free(filter);
	return status;
}

int run_main(int argc, char **argv)
{
	struct run_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", run_rows, COUNT(run_rows), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which command is to be run?");
	return run(&options, &target, argv + operand);
}
