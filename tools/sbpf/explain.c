/* SPDX-License-Identifier: MIT */
/* sbpf explain: what a policy means, whole or for one call. */
#include "explain.h"

#include "commands.h"
#include "common.h"

#include <string.h>

enum explain_format { FORMAT_TEXT, FORMAT_JSON };

struct explain_options {
	enum explain_format format;
	enum sbpf_effort effort;
};

static const struct option_row explain_rows[] = {
	{ "format", 0, "text|json", "how to answer (default: text)",
	  offsetof(struct explain_options, format) },
	{ "effort", 0, "quick|thorough",
	  "how profiles are compiled to count steps (default: thorough)",
	  offsetof(struct explain_options, effort) },
};

static const struct tool tool = {
	.name = "sbpf explain",
	.synopsis = "[OPTION...] POLICY\n[OPTION...] POLICY CALL [ARGUMENT...]",
	.summary = "Say what a policy means: as a whole, or what happens to one call and why.",
	.notes =
		"A POLICY is a profile, a raw filter, pid:N, \"-\", or a stack A+B, newest first.\n"
		"A CALL is a name or a number; an ARGUMENT is a number, or C constants such as\n"
		"CLONE_NEWUSER|CLONE_NEWNS, and 0 where it is left out. With a CALL, --abi names "
		"the\n"
		"one ABI that it enters by (default: the machine's own). A negative number needs "
		"--\n"
		"in front of the operands.",
};

/*
 * With a call, --abi says how it comes, not what the filter covers. Returns the ABI, or -1: there
 * is none of this name, which was reported.
 */
static int take_entry(struct sbpf_target *target)
{
	const char *name = target->abis;
	int abi;

	target->abis = NULL;
	if (!name)
		return operand_machine(&tool, target);
	abi = sbpf_abi_find(name);
	if (abi < 0)
		usage_error(&tool, "--abi: a call comes by one ABI, and there is none named '%s'",
			    name);
	return abi;
}

static int explain(const struct question *question, int abi, char **words, size_t count)
{
	struct page page;
	int status;

	if (!page_open(tool.name, &page))
		return STATUS_FAILURE;
	status = count ? explain_call(question, abi, words, count, page.stream)
		       : explain_policy(question, page.stream);
	if (status == STATUS_OK && !page_show(tool.name, &page, NULL))
		status = STATUS_FAILURE;
	page_free(&page);
	return status;
}

int explain_main(int argc, char **argv)
{
	struct explain_options options = { .effort = SBPF_THOROUGH };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", explain_rows, sizeof(explain_rows) / sizeof(explain_rows[0]),
		  &options },
		{ "Target", target_options, target_option_count, &target },
	};
	struct filters filters = { 0 };
	struct operand policy;
	int operand, status, abi = -1;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which POLICY?");
	if (operand + 1 < argc && (abi = take_entry(&target)) < 0)
		return STATUS_USAGE;
	if (!operand_load(&tool, &target, argv[operand], &policy))
		return STATUS_FAILURE;
	status = STATUS_FAILURE;
	if (filters_make(&tool, &target, &policy, options.effort, &filters)) {
		const struct question question = { &tool, &target, &policy, &filters,
						   options.format == FORMAT_JSON };

		status = explain(&question, abi, argv + operand + 1, (size_t)(argc - operand - 1));
	}
	filters_free(&filters);
	operand_free(&policy);
	return status;
}
