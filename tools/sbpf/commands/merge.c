/* SPDX-License-Identifier: MIT */
/* sbpf merge: several policies as one profile. */
#include "call.h"
#include "commands.h"
#include "operand.h"
#include "pager.h"
#include "profile_writer.h"

#include <stdio.h>
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

/* The policies, and what is merged of them so far. */
struct merger {
	const struct merge_options *options;
	char **names;
	size_t count;
	uint64_t
		*covered; /* by policy: bit = an ABI that it covers; 0 for one that is no profile */
	struct profile_request request;
};

/* ---- Merging ---- */

static void note_parts(struct merger *merger, const struct operand *operand, size_t index)
{
	for (size_t i = 0; i < operand->count; i++) {
		const struct sbpf_policy *policy = operand->parts[i].policy;

		/* A filter has no width but its own. */
		merger->request.both_widths = merger->request.both_widths && policy;
		merger->request.flags |= sbpf_policy_flags(policy);
		for (int abi = 0; abi < sbpf_abi_count(); abi++)
			merger->covered[index] |= (uint64_t)sbpf_policy_has_abi(policy, abi) << abi;
	}
}

/* Changes what is merged so far to what it is with one more. */
static bool add(struct merger *merger, struct operand *operand, size_t index)
{
	struct profile_request *request = &merger->request;
	struct sbpf_error error = { 0 };
	sbpf_meaning so_far = request->meaning;
	sbpf_meaning one;
	int failed = 0;

	if (!operand_meaning(&tool, request->space, operand, &one))
		return false;
	note_parts(merger, operand, index);
	if (index == 0)
		request->meaning = one;
	else if (merger->options->unite)
		failed = sbpf_meaning_union(request->space, so_far, one, &request->meaning, &error);
	else
		failed = sbpf_meaning_stack(request->space, so_far, one, &request->meaning, &error);
	if (failed)
		report_error(tool.name, operand->name, &error);
	return !failed;
}

static bool merge_all(struct merger *merger)
{
	for (size_t i = 0; i < merger->count; i++) {
		struct operand operand;
		bool added;

		if (!operand_load(&tool, merger->request.target, merger->names[i], &operand))
			return false;
		added = add(merger, &operand, i);
		operand_free(&operand);
		if (!added)
			return false;
	}
	return profile_restrict(&merger->request);
}

/* ---- Cures ---- */

/* "SCMP_ARCH_X86_64", "SCMP_ARCH_X32" with the quotes. */
static char *list_architectures(uint64_t abis, char *text, size_t size)
{
	size_t length = 0;

	*text = '\0';
	for (int abi = 0; abi < sbpf_abi_count() && length < size; abi++) {
		if (abis >> abi & 1)
			length += (size_t)snprintf(text + length, size - length, "%s\"%s\"",
						   length ? ", " : "", abi_of(abi).scmp_name);
	}
	return text;
}

static uint64_t all_covered(const struct merger *merger)
{
	uint64_t all = 0;

	for (size_t i = 0; i < merger->count; i++)
		all |= merger->covered[i];
	return all;
}

/* Profiles that cover fewer ABIs than others refuse all calls by the rest. */
static bool report_coverage(const struct merger *merger, bool is_warning)
{
	uint64_t all = all_covered(merger);
	uint64_t own = UINT64_C(1) << merger->request.machine;
	char has[256], rest[256], wanted[256], list[512];
	bool reported = false;

	for (size_t i = 0; i < merger->count; i++) {
		uint64_t covered = merger->covered[i];

		if (!covered || covered == all)
			continue;
		report(tool.name,
		       "%s: %scovers %s but not %s, as another of the policies does%s: --abi %s "
		       "takes all for the same ABIs, or give it \"architectures\": [%s]",
		       merger->names[i], is_warning ? "warning: " : "",
		       abis_list(covered, ", ", has, sizeof(has)),
		       abis_list(all & ~covered, ", ", rest, sizeof(rest)),
		       is_warning ? "" : ", and no profile says both",
		       abis_list(all & ~own, ",", wanted, sizeof(wanted)),
		       list_architectures(all, list, sizeof(list)));
		reported = true;
	}
	return reported;
}

static void report_cure(const struct merger *merger)
{
	const struct profile_trouble *trouble = merger->request.trouble;

	if (trouble->too_large && merger->options->intersect)
		report(tool.name, "the policies need no merging to be in force together: install "
				  "one after the other; as an operand of sbpf, A+B is that stack");
	else if (trouble->too_large)
		report(tool.name,
		       "no stack of filters is a union; leave out rules that are not needed");
	if (trouble->abis && report_coverage(merger, false))
		profile_report_statements(&merger->request);
	else
		profile_report_cure(&merger->request);
}

/* ---- Command ---- */

static bool merge_and_write(struct merger *merger)
{
	const char *output = merger->options->output;
	bool written = false;
	char *text = NULL;
	size_t length;

	if (merge_all(merger)) {
		text = profile_write(&merger->request, &length);
		if (!text)
			report_cure(merger);
	}
	if (text && merger->options->intersect)
		report_coverage(merger, true);
	if (text)
		written = page_show_data(tool.name, text, length, output);
	free(text);
	return written;
}

static int merge(const struct merge_options *options, const struct sbpf_target *target,
		 char **names, size_t count)
{
	struct profile_trouble trouble = { 0 };
	struct merger merger = { .options = options, .names = names, .count = count };
	bool written = false;

	merger.request = (struct profile_request){
		.tool = &tool,
		.name = options->unite ? "the union" : "the intersection",
		.target = target,
		.both_widths = target->width == SBPF_WIDTH_KERNEL,
		.trouble = &trouble,
	};
	merger.covered = calloc(count, sizeof(merger.covered[0]));
	if (!merger.covered)
		report(tool.name, "out of memory");
	merger.request.machine = operand_machine(&tool, target);
	if (merger.covered && merger.request.machine >= 0)
		merger.request.space = operand_space(&tool, target);
	if (merger.request.space)
		written = merge_and_write(&merger);
	free(merger.covered);
	sbpf_space_free(merger.request.space);
	return written ? STATUS_OK : STATUS_FAILURE;
}

int merge_main(int argc, char **argv)
{
	struct merge_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", merge_rows, COUNT(merge_rows), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (options.intersect == options.unite)
		return usage_error(&tool, "say which: --intersect allows what all of them allow, "
					  "--union what any does");
	if (argc - operand < 2)
		return usage_error(&tool, "which policies are to be merged? Two at least");
	return merge(&options, &target, argv + operand, (size_t)(argc - operand));
}
