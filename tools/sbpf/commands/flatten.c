/* SPDX-License-Identifier: MIT */
/* sbpf flatten: a profile without what runtimes do not read, for one target. */
#include "commands.h"
#include "operand.h"
#include "profile_writer.h"

#include <stdlib.h>

struct flatten_options {
	const char *output;
};

static const struct option_row flatten_rows[] = {
	{ "output", 'o', "FILE", "the file to write (default: standard output)",
	  offsetof(struct flatten_options, output) },
};

static const struct tool tool = {
	.name = "sbpf flatten",
	.synopsis = "[OPTION...] PROFILE",
	.summary =
		"Write a profile as it is for one target, in the keys that every runtime reads:\n"
		"guards and archMap are decided, and it means the same in every reading, proven.",
	.notes = "PROFILE is a file, or - for standard input. Rules stay together as they were,\n"
		 "where that means the same to all. With --width kernel conditions look at what\n"
		 "the kernel reads, whatever the runtime compares.",
};

/* The policy of the one profile that was named; else NULL, and it was reported what to do. */
static const struct sbpf_policy *find_profile(const struct operand *operand)
{
	if (operand->count == 1 && operand->parts[0].policy)
		return operand->parts[0].policy;
	if (operand->count == 1)
		report(tool.name, "%s: is a filter; sbpf decompile writes it as a profile",
		       operand->name);
	else
		report(tool.name, "%s: is not one profile; sbpf decompile writes a stack as one",
		       operand->name);
	return NULL;
}

static char *flatten(struct profile_request *request, const struct operand *operand, size_t *length)
{
	const struct sbpf_policy *policy = find_profile(operand);
	char *text;

	if (!policy || !operand_meaning(&tool, request->space, operand, &request->meaning))
		return NULL;
	request->flags = sbpf_policy_flags(policy);
	text = profile_write_like(request, policy, length);
	if (text)
		return text;
	text = profile_write(request, length);
	if (text)
		report(tool.name,
		       "%s: its rules mean the same to everybody only in another order: they are "
		       "written anew, from what each call gets",
		       request->name);
	else
		profile_report_cure(request);
	return text;
}

int flatten_main(int argc, char **argv)
{
	struct flatten_options options = { 0 };
	struct sbpf_target target = { 0 };
	struct profile_trouble trouble = { 0 };
	struct profile_request request = { .tool = &tool, .target = &target, .trouble = &trouble };
	const struct option_group groups[] = {
		{ "Options", flatten_rows, COUNT(flatten_rows), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (argc - operand != 1)
		return usage_error(&tool, "which profile?");
	request.name = argv[operand];
	request.both_widths = target.width == SBPF_WIDTH_KERNEL;
	return profile_command(&request, flatten, options.output);
}
