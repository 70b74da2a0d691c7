/* SPDX-License-Identifier: MIT */
/* sbpf explain: what a policy means, whole or for one call. */
#include "explain.h"

#include "commands.h"
#include "common.h"
#include "json_writer.h"
#include "targets.h"

#include <stdlib.h>
#include <string.h>

enum explain_format { FORMAT_TEXT, FORMAT_JSON };

struct explain_options {
	enum explain_format format;
	enum sbpf_effort effort;
	bool all;
};

static const struct option_row explain_rows[] = {
	{ "format", 0, "text|json", "how to answer (default: text)",
	  offsetof(struct explain_options, format) },
	{ "effort", 0, "quick|thorough",
	  "how profiles are compiled to count steps (default: thorough)",
	  offsetof(struct explain_options, effort) },
	{ "all", 0, NULL, "name every call, also where \"every call but\" is shorter",
	  offsetof(struct explain_options, all) },
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
 * With a call, --abi says how it comes, not what the filter covers. False: there is no ABI of this
 * name, which was reported.
 */
static bool take_entry(struct sbpf_target *target, int *abi)
{
	const char *name = target->abis;

	target->abis = NULL;
	if (!name)
		return true;
	*abi = sbpf_abi_find(name);
	if (*abi < 0)
		usage_error(&tool, "--abi: a call comes by one ABI, and there is none named '%s'",
			    name);
	return *abi >= 0;
}

/* What is asked about a policy. */
struct request {
	const struct explain_options *options;
	int abi; /* that a call enters by; -1: the machine's own */
	char **words;
	size_t count; /* 0: the whole policy */
	enum color_choice color;
	bool several; /* targets */
};

/* The answer for some targets. */
struct answer {
	const struct one_target **targets;
	size_t count;
	struct page page; /* complete */
};

struct answers {
	struct answer *list;
	size_t count;
};

static int explain(const struct request *request, const struct one_target *target,
		   const struct operand *policy, struct page *page)
{
	struct filters filters = { 0 };
	int status = STATUS_FAILURE;

	if (filters_make(&tool, &target->target, policy, request->options->effort, &filters)) {
		const struct question question = {
			.tool = &tool,
			.target = &target->target,
			.operand = policy,
			.filters = &filters,
			.json = request->options->format == FORMAT_JSON,
			.several = request->several,
			.all = request->options->all,
		};
		int abi = request->abi < 0 ? target->machine : request->abi;

		status = request->count ? explain_call(&question, abi, request->words,
						       request->count, page)
					: explain_policy(&question, page);
	}
	filters_free(&filters);
	return status;
}

/* Takes a complete page over; targets with the same text share an answer. False without memory. */
static bool add_answer(struct answers *answers, const struct one_target *target, struct page *page)
{
	struct answer *answer = answers->list;
	const struct one_target **targets;

	while (answer < answers->list + answers->count &&
	       strcmp(answer->page.text, page->text) != 0)
		answer++;
	targets = reallocarray(answer->targets, answer->count + 1, sizeof(struct one_target *));
	if (!targets)
		return false;
	targets[answer->count++] = target;
	answer->targets = targets;
	if (!answer->page.text) {
		answer->page = *page;
		*page = (struct page){ 0 };
		answers->count++;
	}
	return true;
}

/* One target's answer. Returns an exit status. */
static int answer_for(const struct request *request, const struct one_target *target,
		      const struct operand *policy, struct answers *answers)
{
	struct page page;
	int status;

	if (!page_open(tool.name, &page))
		return STATUS_FAILURE;
	page.color = request->color;
	status = explain(request, target, policy, &page);
	if (status == STATUS_OK && (!page_complete(&page) || !add_answer(answers, target, &page))) {
		report(tool.name, "out of memory");
		status = STATUS_FAILURE;
	}
	page_free(&page);
	return status;
}

static void print_heading(struct page *page, const struct answer *answer)
{
	page_paint(page, PAINT_TITLE);
	for (size_t i = 0; i < answer->count; i++) {
		fputs(i ? "   " : "@@ ", page->stream);
		target_print(page->stream, answer->targets[i], 0);
		fputs(i + 1 < answer->count ? "\n" : " @@\n", page->stream);
	}
	page_paint(page, PAINT_NONE);
}

/* [{"targets": […], "answer": …}, …] */
static void print_list(FILE *out, const struct answers *answers)
{
	for (size_t i = 0; i < answers->count; i++) {
		const struct answer *answer = &answers->list[i];

		fputs(i ? ", {\"targets\": [" : "[{\"targets\": [", out);
		for (size_t k = 0; k < answer->count; k++) {
			fputs(k ? ", " : "", out);
			target_json(out, answer->targets[k]);
		}
		fprintf(out, "], \"answer\": %s}\n", answer->page.text);
	}
	fputs("]\n", out);
}

static bool show(const struct request *request, const struct targets *targets,
		 const struct answers *answers)
{
	struct page page;
	bool shown;

	if (!page_open(tool.name, &page))
		return false;
	page.color = request->color;
	page.is_data = request->options->format == FORMAT_JSON;
	if (page.is_data && targets->count > 1)
		print_list(page.stream, answers);
	for (size_t i = 0; i < answers->count && !(page.is_data && targets->count > 1); i++) {
		if (targets->count > 1)
			print_heading(&page, &answers->list[i]);
		page_append(&page, &answers->list[i].page);
	}
	shown = page_show(tool.name, &page, NULL);
	page_free(&page);
	return shown;
}

static int answer_all(const struct request *request, const struct targets *targets,
		      struct operand *policy)
{
	struct answers answers = { .list = calloc(targets->count + 1, sizeof(answers.list[0])) };
	int status = answers.list ? STATUS_OK : STATUS_FAILURE;

	for (size_t i = 0; status == STATUS_OK && i < targets->count; i++) {
		const struct one_target *target = &targets->list[i];

		if (i && !operand_retarget(&tool, &target->target, policy))
			status = STATUS_FAILURE;
		else
			status = answer_for(request, target, policy, &answers);
	}
	if (status == STATUS_OK && !show(request, targets, &answers))
		status = STATUS_FAILURE;
	for (size_t i = 0; i < answers.count; i++) {
		free(answers.list[i].targets);
		page_free(&answers.list[i].page);
	}
	free(answers.list);
	return status == STATUS_OK && targets->limited ? STATUS_FAILURE : status;
}

int explain_main(int argc, char **argv)
{
	struct explain_options options = { .effort = SBPF_THOROUGH };
	struct target_choice choice = { 0 };
	struct request request = { .options = &options, .abi = -1 };
	const struct option_group groups[] = {
		{ "Options", explain_rows, COUNT(explain_rows), &options },
		{ "Output", color_rows, color_row_count, &request.color },
		{ "Targets", targets_rows, targets_row_count, &choice },
		{ "Target", target_options, target_option_count, &choice.target },
	};
	struct operand policy = { 0 };
	const struct operand *const operands[] = { &policy };
	struct targets targets = { 0 };
	struct sbpf_target first;
	int operand, status;

	if (!options_parse(&tool, groups, 4, argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which POLICY?");
	request.words = argv + operand + 1;
	request.count = (size_t)(argc - operand - 1);
	if (request.count && !take_entry(&choice.target, &request.abi))
		return STATUS_USAGE;
	if (!targets_first(&tool, &choice, &first))
		return STATUS_USAGE;
	if (!operand_load(&tool, &first, argv[operand], &policy))
		return STATUS_FAILURE;
	status = STATUS_FAILURE;
	if (targets_find(&tool, &choice, TARGETS_ASKED, operands, 1, &targets)) {
		request.several = targets.count > 1;
		status = answer_all(&request, &targets, &policy);
	}
	targets_free(&targets);
	operand_free(&policy);
	return status;
}
