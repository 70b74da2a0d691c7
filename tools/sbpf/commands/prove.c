/* SPDX-License-Identifier: MIT */
/* sbpf prove: whether two policies mean the same, or one allows nothing that the other does not. */
#include "call.h"
#include "causes.h"
#include "commands.h"
#include "common.h"
#include "json_writer.h"
#include "pair.h"

#include <stdio.h>
#include <string.h>

enum prove_status {
	STATUS_HOLDS = 0,
	STATUS_REFUTED = 1,
	STATUS_TROUBLE = 2,
	STATUS_UNKNOWN = 3,
};

enum prove_format { FORMAT_TEXT, FORMAT_JSON };

struct prove_options {
	bool subset;
	enum prove_format format;
};

static const struct option_row prove_rows[] = {
	{ "subset", 0, NULL, "only that A allows nothing that B does not",
	  offsetof(struct prove_options, subset) },
	{ "format", 0, "text|json", "how to answer (default: text)",
	  offsetof(struct prove_options, format) },
};

static const struct tool tool = {
	.name = "sbpf prove",
	.synopsis = "[OPTION...] A B",
	.summary = "Prove that two policies give every call the same verdict, or show a call for\n"
		   "which they do not.",
	.notes =
		"Two profiles are compared for every target that their machines, minKernel and\n"
		"capabilities tell apart, but for what --arch, --kernel and --caps say.\n"
		"A and B are each a profile, a raw filter, pid:N (the filters of a process), - or\n"
		"a stack of those, NEWEST+OLDER. The exit status is 0 when it holds, 1 when it\n"
		"does not, 3 when it is not known, and 2 on wrong usage or what cannot be read.",
};

/* The question, and all that stands for its answer. */
struct proof {
	const struct prove_options *options;
	struct pair *pair;
	enum sbpf_answer answer;
	const struct one_target *target; /* of the example */
	struct sbpf_example example;
};

/* ---- Deciding ---- */

static enum sbpf_answer compare(struct proof *proof, struct sbpf_space *space)
{
	enum sbpf_relation relation = proof->options->subset ? SBPF_SUBSET : SBPF_EQUAL;
	struct sbpf_error error = { 0 };
	enum sbpf_answer answer;
	sbpf_meaning a, b;

	if (!pair_meanings(&tool, space, proof->pair, &a, &b))
		return SBPF_UNKNOWN;
	answer = sbpf_meaning_compare(space, a, b, relation, &proof->example, &error);
	if (answer == SBPF_UNKNOWN)
		report_error(tool.name, NULL, &error);
	return answer;
}

/* What stands in the way of an answer is reported. */
static enum sbpf_answer decide_for(struct proof *proof, const struct one_target *target,
				   bool *goes_on)
{
	struct sbpf_space *space = operand_space(&tool, &target->target);
	enum sbpf_answer answer = space ? compare(proof, space) : SBPF_UNKNOWN;

	*goes_on = targets_go_on(&tool, &proof->pair->targets,
				 (size_t)(target - proof->pair->targets.list) + 1, space);
	sbpf_space_free(space);
	return answer;
}

/* One target that refutes is enough; what is not known of another does not count then. False when
 * the profiles could not be read for a target, which was reported. */
static bool decide(struct proof *proof)
{
	const struct targets *targets = &proof->pair->targets;
	bool goes_on = true;

	proof->answer = SBPF_HOLDS;
	for (size_t i = 0; i < targets->count && goes_on; i++) {
		const struct one_target *target = &targets->list[i];
		enum sbpf_answer answer;

		if (!pair_retarget(&tool, i, proof->pair))
			return false;
		answer = decide_for(proof, target, &goes_on);
		if (answer == SBPF_REFUTED) {
			proof->answer = SBPF_REFUTED;
			proof->target = target;
			return true;
		}
		if (answer == SBPF_UNKNOWN)
			proof->answer = SBPF_UNKNOWN;
	}
	if (targets->limited)
		proof->answer = SBPF_UNKNOWN;
	return true;
}

/* ---- Answering ---- */

static const char *result_text(const struct proof *proof)
{
	switch (proof->answer) {
	case SBPF_HOLDS:
		return proof->options->subset ? "subset" : "equal";
	case SBPF_REFUTED:
		return "different";
	default:
		return "unknown";
	}
}

static void print_json(struct page *page, const struct proof *proof)
{
	fprintf(page->stream, "{\"result\": \"%s\", \"example\": ", result_text(proof));
	json_example(page->stream, proof->answer == SBPF_REFUTED ? &proof->example : NULL);
	fputs(", \"target\": ", page->stream);
	target_json(page->stream, proof->target);
	fputs(", \"targets\": ", page->stream);
	targets_json(page->stream, &proof->pair->targets);
	fputs("}\n", page->stream);
}

/* The ABIs that a kernel of a machine has. */
static uint64_t abis_of(int machine)
{
	return operand_abis(machine, &(struct operand){ 0 });
}

static void print_side(struct page *page, const struct proof *proof, const char *side,
		       const struct operand *operand, uint32_t verdict)
{
	fprintf(page->stream, "  %s: ", side);
	verdict_print(page, true, verdict, proof->target->machine);
	putc('\n', page->stream);
	causes_print(page->stream, "     ", operand, proof->target->machine, &proof->example.data);
}

static void print_refutation(struct page *page, const struct proof *proof)
{
	const struct sbpf_example *example = &proof->example;

	if (proof->options->subset)
		fprintf(page->stream,
			"different: %s may do more than %s: it allows what %s does not\n",
			proof->pair->a.name, proof->pair->b.name, proof->pair->b.name);
	else
		fprintf(page->stream, "different: %s and %s do not mean the same\n",
			proof->pair->a.name, proof->pair->b.name);
	fputs("  call: ", page->stream);
	call_print(page->stream, example->abi, &example->data);
	fprintf(page->stream, " (arch 0x%08x, nr %u)\n", example->data.arch,
		(unsigned int)example->data.nr);
	fputs("  target: ", page->stream);
	target_print(page->stream, proof->target, abis_of(proof->target->machine));
	putc('\n', page->stream);
	print_side(page, proof, "a", &proof->pair->a, example->a);
	print_side(page, proof, "b", &proof->pair->b, example->b);
	if (proof->target == proof->pair->targets.list)
		return;
	fputs("  but it holds for ", page->stream);
	target_print(page->stream, proof->pair->targets.list, 0);
	fputs(" (--one-target)\n", page->stream);
}

static void print_scope(struct page *page, const struct proof *proof)
{
	targets_print(page->stream, "  ", &proof->pair->targets,
		      abis_of(proof->pair->targets.list[0].machine));
}

static void print_proven(struct page *page, const struct proof *proof)
{
	if (proof->options->subset)
		fprintf(page->stream,
			"subset: %s allows nothing that %s does not; only %s may do more\n",
			proof->pair->a.name, proof->pair->b.name, proof->pair->b.name);
	else
		fprintf(page->stream, "equal: %s and %s give every call the same verdict\n",
			proof->pair->a.name, proof->pair->b.name);
	fputs("  covered: every number with all arguments, by every arch\n", page->stream);
	print_scope(page, proof);
}

static void print_text(struct page *page, const struct proof *proof)
{
	switch (proof->answer) {
	case SBPF_HOLDS:
		print_proven(page, proof);
		break;
	case SBPF_REFUTED:
		print_refutation(page, proof);
		break;
	default:
		fprintf(page->stream,
			"unknown: %s and %s could not be compared completely; no call is known on "
			"which they fail\n",
			proof->pair->a.name, proof->pair->b.name);
		print_scope(page, proof);
	}
}

static int answer(struct pair *pair, const void *options, enum color_choice color)
{
	static const enum prove_status statuses[] = {
		[SBPF_HOLDS] = STATUS_HOLDS,
		[SBPF_REFUTED] = STATUS_REFUTED,
		[SBPF_UNKNOWN] = STATUS_UNKNOWN,
	};
	struct proof proof = { .options = options, .pair = pair };
	struct page page;
	bool shown;

	if (!decide(&proof) || !page_open(tool.name, &page))
		return STATUS_TROUBLE;
	page.color = color;
	page.is_data = proof.options->format == FORMAT_JSON;
	if (page.is_data)
		print_json(&page, &proof);
	else
		print_text(&page, &proof);
	shown = page_show(tool.name, &page, NULL);
	page_free(&page);
	return shown ? (int)statuses[proof.answer] : STATUS_TROUBLE;
}

int prove_main(int argc, char **argv)
{
	struct prove_options options = { 0 };
	const struct option_group group = { "Options", prove_rows, COUNT(prove_rows), &options };

	return pair_command(&tool, &group, argc, argv, answer);
}
