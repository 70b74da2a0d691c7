/* SPDX-License-Identifier: MIT */
/* sbpf profile: a profile from recordings. */
#include "advice.h"
#include "advice_profile.h"
#include "argument_rules.h"
#include "call.h"
#include "commands.h"
#include "operand.h"
#include "pager.h"
#include "recording.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct profile_options {
	const char *output;
	const char *arguments;
};

static const struct option_row profile_rows[] = {
	{ "output", 'o', "FILE", "the file to write (default: standard output)",
	  offsetof(struct profile_options, output) },
	{ "args", 0, "CALL,...",
	  "let these calls through only with the values that were seen;\n"
	  "CALL.ARGUMENT for one argument alone",
	  offsetof(struct profile_options, arguments) },
};

static const struct tool tool = {
	.name = "sbpf profile",
	.synopsis = "[OPTION...] RECORDING...",
	.summary =
		"Write a profile that lets through what was recorded, and what no recorder sees:\n"
		"what starts and ends programs, what container runtimes call, what the vDSO "
		"answers.",
	.notes = "RECORDING is a file of sbpf record, or - for standard input. The profile means "
		 "the\n"
		 "same to all runtimes and lets through all that was recorded: both are proven.",
};

struct profiler {
	const struct profile_options *options;
	const struct advice_options *advice_options;
	const struct sbpf_target *target;
};

/* ---- What is said of it ---- */

static void report_counts(const struct profiler *profiler, const struct advice *advice)
{
	const struct recording *recording = advice->recording;
	struct advice_counts counts;
	size_t seen, added = 0;
	char abis[128];

	advice_count(advice, &counts);
	seen = counts.reasons[ADVICE_SEEN] + counts.reasons[ADVICE_REFUSED] +
	       counts.reasons[ADVICE_BEHIND];
	for (size_t i = ADVICE_BEHIND + 1; i < ADVICE_REASONS; i++)
		added += counts.reasons[i];
	report(tool.name,
	       "%s: %zu calls of %" PRIu64 " run%s on %s, and %zu that no recorder need see; "
	       "%zu are answered ENOSYS, all others EPERM",
	       profiler->options->output ? profiler->options->output : "the profile", seen,
	       recording->runs, recording->runs == 1 ? "" : "s",
	       abis_list(advice->abis, ", ", abis, sizeof(abis)), added, counts.enosys);
	if (counts.reasons[ADVICE_REFUSED])
		report(tool.name,
		       "warning: %zu of these were refused each time by another filter; "
		       "--without-refused leaves them out",
		       counts.reasons[ADVICE_REFUSED]);
	if (recording->lost)
		report(tool.name,
		       "warning: the recorder lost %" PRIu64 " calls; what they were is not known",
		       recording->lost);
}

/* ---- Command ---- */

static bool write_profile(const struct profiler *profiler, const struct advice *advice,
			  const struct argument_choice *choice)
{
	const char *output = profiler->options->output;
	size_t length;
	char *text = advice_text(&tool, advice, choice, &length);
	bool written = text &&
		       advice_prove(&tool, advice, choice, profiler->target,
				    output ? output : "the profile", text, length) &&
		       page_show_data(tool.name, text, length, output);

	free(text);
	if (written)
		report_counts(profiler, advice);
	return written;
}

static int make_profile(const struct profiler *profiler, const struct recording *recording,
			int machine)
{
	struct argument_choice choice;
	int status = STATUS_FAILURE;
	struct advice advice;

	if (!advice_make(&tool, recording, machine, profiler->advice_options, &advice))
		return STATUS_FAILURE;
	if (argument_choice_parse(&tool, &advice, profiler->options->arguments, &choice, &status)) {
		status = write_profile(profiler, &advice, &choice) ? STATUS_OK : STATUS_FAILURE;
		argument_choice_free(&choice);
	}
	advice_free(&advice);
	return status;
}

int profile_main(int argc, char **argv)
{
	struct profile_options options = { 0 };
	struct advice_options advice = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", profile_rows, COUNT(profile_rows), &options },
		{ "What is let through beside", advice_rows, advice_row_count, &advice },
		{ "Target", target_options, target_option_count, &target },
	};
	struct profiler profiler = { .options = &options,
				     .advice_options = &advice,
				     .target = &target };
	int machine = -1, operand, status;
	struct recording *recording;

	if (!options_parse(&tool, groups, COUNT(groups), argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which recordings?");
	if (target.machine) {
		machine = operand_machine(&tool, &target);
		if (machine < 0)
			return STATUS_USAGE;
	}
	recording = recordings_read(&tool, argv + operand, (size_t)(argc - operand));
	status = recording ? make_profile(&profiler, recording, machine) : STATUS_FAILURE;
	recording_free(recording);
	return status;
}
