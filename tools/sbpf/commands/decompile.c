/* SPDX-License-Identifier: MIT */
/* sbpf decompile: a filter as a profile. */
#include "commands.h"
#include "operand.h"
#include "profile_writer.h"

#include <stdlib.h>

struct decompile_options {
	const char *output;
	bool named_only;
};

static const struct option_row decompile_rows[] = {
	{ "output", 'o', "FILE", "the file to write (default: standard output)",
	  offsetof(struct decompile_options, output) },
	{ "named-only", 0, NULL,
	  "let numbers that no call has differ, and warn of them: filters\n"
	  "of libseccomp treat those above 0x80000000 in a way of their own",
	  offsetof(struct decompile_options, named_only) },
};

static const struct tool tool = {
	.name = "sbpf decompile",
	.synopsis = "[OPTION...] POLICY",
	.summary =
		"Write a JSON profile with the same meaning as a filter, proven, or say what of\n"
		"it no profile can say.",
	.notes = "POLICY is a raw filter, a profile, pid:N (the filters of a process), - or a "
		 "stack\n"
		 "of those, NEWEST+OLDER. The profile means the same in every reading; what calls\n"
		 "from other architectures get is no part of it, but --bad-arch.",
};

/* The flags that profiles among the parts ask for. A filter has no width but its own. */
static void note_profiles(const struct operand *operand, struct profile_request *request)
{
	request->both_widths = request->target->width == SBPF_WIDTH_KERNEL;
	for (size_t i = 0; i < operand->count; i++) {
		if (operand->parts[i].policy)
			request->flags |= sbpf_policy_flags(operand->parts[i].policy);
		else
			request->both_widths = false;
	}
}

static char *decompile(struct profile_request *request, const struct operand *operand,
		       size_t *length)
{
	char *text;

	if (!operand_meaning(&tool, request->space, operand, &request->meaning) ||
	    !profile_restrict(request))
		return NULL;
	note_profiles(operand, request);
	text = profile_write(request, length);
	if (!text)
		profile_report_cure(request);
	return text;
}

int decompile_main(int argc, char **argv)
{
	struct decompile_options options = { 0 };
	struct sbpf_target target = { 0 };
	struct profile_trouble trouble = { 0 };
	struct profile_request request = { .tool = &tool, .target = &target, .trouble = &trouble };
	const struct option_group groups[] = {
		{ "Options", decompile_rows, COUNT(decompile_rows), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (argc - operand != 1)
		return usage_error(&tool, "which filter?");
	request.name = argv[operand];
	request.named_only = options.named_only;
	return profile_command(&request, decompile, options.output);
}
