/* SPDX-License-Identifier: MIT */
/* sbpf record: what programs call. */
#include "record.h"
#include "commands.h"
#include "completeness.h"
#include "recording.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row record_rows[] = {
	{ "output", 'o', "FILE", "where the recording goes, - is standard output",
	  offsetof(struct record_options, output) },
	{ "args", 0, "CALL,...",
	  "keep the values of all arguments but pointers of these calls,\n"
	  "beside those of calls whose arguments decide what they do",
	  offsetof(struct record_options, args) },
	{ "engine", 0, "auto|bpf|trace",
	  "bpf counts in the kernel and needs CAP_BPF and CAP_PERFMON,\n"
	  "trace stops each call by ptrace; auto: bpf where it may\n"
	  "(default: auto)",
	  offsetof(struct record_options, engine) },
};

static const struct option_row running_rows[] = {
	{ "pid", 0, "N", "a process and what it started, until it ends or ^C",
	  offsetof(struct record_options, pid) },
	{ "cgroup", 0, "PATH", "all in a cgroup (version 2), until ^C",
	  offsetof(struct record_options, cgroup) },
	{ "seconds", 0, "N", "stop after so many seconds",
	  offsetof(struct record_options, seconds) },
};

static const struct option_row profile_rows[] = {
	{ "profile", 'p', "FILE",
	  "run the command under this profile, and record what it\n"
	  "refuses too (engine trace)",
	  offsetof(struct record_options, profile) },
	{ "keep-privileges", 0, NULL,
	  "do not set no_new_privs, so that set-user-ID programs work;\n"
	  "needs CAP_SYS_ADMIN",
	  offsetof(struct record_options, keep_privileges) },
};

static const struct option_row merge_rows[] = {
	{ "merge", 0, NULL, "add up recordings, and say how complete they are",
	  offsetof(struct record_options, merge) },
	{ "format", 0, "text|json", "how to say that (default: text)",
	  offsetof(struct record_options, format) },
};

static const struct tool tool = {
	.name = "sbpf record",
	.synopsis = "-o FILE [OPTION...] [--] COMMAND [ARGUMENT...]\n"
		    "-o FILE [OPTION...] --pid N | --cgroup PATH\n"
		    "-o FILE --merge RECORDING...",
	.summary = "Record which system calls programs make.",
	.notes = "The exit status is the command's, or as that of 'sbpf run'. Nothing is recorded "
		 "of\n"
		 "calls that the vDSO answers without the kernel, such as clock_gettime.",
	.stops_at_operand = true,
};

/* ---- Adding up ---- */

static void say_completeness(const struct record_options *options,
			     const struct recording *recording)
{
	/* Standard output may be where the recording goes. */
	FILE *out = strcmp(options->output, "-") ? stdout : stderr;

	if (options->format == FORMAT_JSON)
		completeness_print_json(out, recording);
	else
		completeness_print(out, recording);
}

static int merge(const struct record_options *options, char **paths)
{
	struct recording *sum = recording_new(0);
	bool done = sum;

	if (!sum)
		report(tool.name, "out of memory");
	for (; done && *paths; paths++) {
		struct recording *recording = recording_read(tool.name, *paths);

		done = recording;
		if (recording)
			recording_merge(sum, recording);
		recording_free(recording);
	}
	done = done && recording_write(tool.name, sum, options->output);
	if (done)
		say_completeness(options, sum);
	recording_free(sum);
	return done && output_flush(tool.name) ? STATUS_OK : STATUS_FAILURE;
}

/* ---- What is asked for ---- */

/* Options go together as the synopsis has them; NULL, or what is wrong. */
static const char *objection(const struct record_options *options, bool has_operand)
{
	bool is_running = options->pid || options->cgroup;

	if (!options->output)
		return "where is the recording to go? Say it with --output FILE";
	if (options->merge)
		return is_running || options->profile || options->args
			       ? "--merge goes with --output and --format alone"
		       : has_operand ? NULL
				     : "which recordings are to be added up?";
	if (options->format != FORMAT_TEXT)
		return "--format is for --merge; a recording is JSON";
	if (options->pid && options->cgroup)
		return "either --pid or --cgroup";
	if (is_running && has_operand)
		return "either a command, or a process or cgroup";
	if (is_running && options->engine == ENGINE_TRACE)
		return "--pid and --cgroup need the engine bpf";
	if (is_running && options->profile)
		return "--profile is for a command";
	if (options->profile && options->engine == ENGINE_BPF)
		return "the engine bpf does not see what a profile refuses: use trace";
	if (options->seconds && !is_running)
		return "--seconds goes with --pid or --cgroup";
	if (options->keep_privileges && !options->profile)
		return "--keep-privileges goes with --profile";
	return is_running || has_operand ? NULL : "which command is to be recorded?";
}

/* Better before the command than behind it. */
static bool may_write(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder;
	bool may;

	if (!strcmp(path, "-") || access(path, W_OK) == 0)
		return true;
	folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	may = folder && access(folder, W_OK | X_OK) == 0;
	if (!may)
		report(tool.name, "%s: no file can be made there", path);
	free(folder);
	return may;
}

static int record(const struct record_options *options, const struct sbpf_target *target,
		  char **argv)
{
	struct wanted *wanted = wanted_new();
	int status = STATUS_USAGE;

	if (!wanted) {
		report(tool.name, "out of memory");
		return STATUS_FAILURE;
	}
	if (!options->args || wanted_add(wanted, &tool, options->args)) {
		if (!may_write(options->output))
			status = STATUS_FAILURE;
		else if (options->pid || options->cgroup)
			status = record_running(&tool, options, wanted);
		else
			status = record_command(&tool, options, target, wanted, argv);
	}
	wanted_free(wanted);
	return status;
}

int record_main(int argc, char **argv)
{
	struct record_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", record_rows, COUNT(record_rows), &options },
		{ "What runs already", running_rows, COUNT(running_rows), &options },
		{ "Under a profile", profile_rows, COUNT(profile_rows), &options },
		{ "Several runs", merge_rows, COUNT(merge_rows), &options },
		{ "Target of the profile", target_options, target_option_count, &target },
	};
	const char *wrong;
	int operand, status;

	if (!options_parse(&tool, groups, COUNT(groups), argc, argv, &operand, &status))
		return status;
	/* What follows a recording is not a command's own: options may. */
	if (options.merge) {
		struct tool merging = tool;

		merging.stops_at_operand = false;
		if (!options_parse(&merging, groups, COUNT(groups), argc, argv, &operand, &status))
			return status;
	}
	wrong = objection(&options, operand < argc);
	if (wrong)
		return usage_error(&tool, "%s", wrong);
	if (options.merge)
		return merge(&options, argv + operand);
	return record(&options, &target, argv + operand);
}
