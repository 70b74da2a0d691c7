/* SPDX-License-Identifier: MIT */
/* sbpf merge: several policies as one profile. */
#include "commands.h"
#include "operand.h"
#include "profile_writer.h"

#include <stdlib.h>

struct merge_options {
	const char *output;
	bool intersect;
	bool unite;
};

static const struct option_row merge_rows[] = {
	{ "intersect", 0, NULL,
	  "allow what all allow: what the policies do in force together,\n"
	  "the first being the newest",
	  offsetof(struct merge_options, intersect) },
	{ "union", 0, NULL, "allow what any allows", offsetof(struct merge_options, unite) },
	{ "output", 'o', "FILE", "the file to write (default: standard output)",
	  offsetof(struct merge_options, output) },
};

static const struct tool tool = {
	.name = "sbpf merge",
	.synopsis = "--intersect|--union [OPTION...] POLICY POLICY...",
	.summary = "Write one JSON profile for several policies, proven, or say what of it no\n"
		   "profile can say.",
	.notes = "A POLICY is a profile, a raw filter, pid:N (the filters of a process), - or a\n"
		 "stack of those, NEWEST+OLDER. Of equal actions the data is the first policy's.",
};

/* Changes what is merged so far to what it is with one more. */
static bool add(const struct merge_options *options, struct profile_request *request,
		struct operand *operand, bool first)
{
	struct sbpf_error error = { 0 };
	sbpf_meaning so_far = request->meaning;
	sbpf_meaning one;
	int failed = 0;

	if (!operand_meaning(&tool, request->space, operand, &one))
		return false;
	for (size_t i = 0; i < operand->count; i++) {
		if (operand->parts[i].policy)
			request->flags |= sbpf_policy_flags(operand->parts[i].policy);
	}
	if (first)
		request->meaning = one;
	else if (options->unite)
		failed = sbpf_meaning_union(request->space, so_far, one, &request->meaning, &error);
	else
		failed = sbpf_meaning_stack(request->space, so_far, one, &request->meaning, &error);
	if (failed)
		report_error(tool.name, operand->name, &error);
	return !failed;
}

static bool merge_all(const struct merge_options *options, struct profile_request *request,
		      char **names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct operand operand;
		bool added;

		if (!operand_load(&tool, request->target, names[i], &operand))
			return false;
		added = add(options, request, &operand, i == 0);
		operand_free(&operand);
		if (!added)
			return false;
	}
	return true;
}

static int merge(const struct merge_options *options, const struct sbpf_target *target,
		 char **names, size_t count)
{
	struct profile_request request = {
		.tool = &tool,
		.name = options->unite ? "the union" : "the intersection",
		.target = target,
	};
	char *text = NULL;
	bool written = false;
	size_t length;

	request.machine = operand_machine(&tool, target);
	if (request.machine >= 0)
		request.space = operand_space(&tool, target);
	if (request.space && merge_all(options, &request, names, count))
		text = profile_write(&request, &length);
	if (text)
		written = output_write(tool.name, options->output ? options->output : "-", text,
				       length);
	free(text);
	sbpf_space_free(request.space);
	return written ? STATUS_OK : STATUS_FAILURE;
}

int merge_main(int argc, char **argv)
{
	struct merge_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", merge_rows, sizeof(merge_rows) / sizeof(merge_rows[0]), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (options.intersect == options.unite)
		return usage_error(&tool, "either --intersect or --union");
	if (argc - operand < 2)
		return usage_error(&tool, "which policies are to be merged? Two at least");
	return merge(&options, &target, argv + operand, (size_t)(argc - operand));
}
