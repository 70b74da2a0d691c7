/* SPDX-License-Identifier: MIT */
/* sbpf prove: whether two policies mean the same, or one allows nothing that the other does not. */
#include "call.h"
#include "commands.h"
#include "common.h"
#include "json.h"
#include "operand.h"

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
		"A and B are each a profile, a raw filter, pid:N (the filters of a process), - or\n"
		"a stack of those, NEWEST+OLDER. The exit status is 0 when it holds, 1 when it\n"
		"does not, 3 when it is not known, and 2 on wrong usage or what cannot be read.",
};

/* The question, and all that stands for its answer. */
struct proof {
	const struct prove_options *options;
	int machine;
	struct sbpf_space *space;
	struct operand a;
	struct operand b;
	enum sbpf_answer answer;
	struct sbpf_example example;
};

/* ---- Deciding ---- */

static bool load(struct proof *proof, const struct sbpf_target *target, char **names)
{
	proof->space = operand_space(&tool, target);
	if (!proof->space)
		return false;
	proof->machine = operand_machine(&tool, target);
	return operand_load(&tool, target, names[0], &proof->a) &&
	       operand_load(&tool, target, names[1], &proof->b);
}

/* What stands in the way of an answer is reported. */
static enum sbpf_answer decide(struct proof *proof)
{
	enum sbpf_relation relation = proof->options->subset ? SBPF_SUBSET : SBPF_EQUAL;
	struct sbpf_error error = { 0 };
	enum sbpf_answer answer;
	sbpf_meaning a, b;

	if (!operand_meaning(&tool, proof->space, &proof->a, &a) ||
	    !operand_meaning(&tool, proof->space, &proof->b, &b))
		return SBPF_UNKNOWN;
	answer = sbpf_meaning_compare(proof->space, a, b, relation, &proof->example, &error);
	if (answer == SBPF_UNKNOWN)
		report_error(tool.name, NULL, &error);
	return answer;
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

static void print_json(const struct proof *proof)
{
	printf("{\"result\": \"%s\", \"example\": ", result_text(proof));
	json_example(stdout, proof->answer == SBPF_REFUTED ? &proof->example : NULL);
	puts("}");
}

static void print_covered(const struct proof *proof)
{
	uint64_t abis =
		operand_abis(proof->machine, &proof->a) | operand_abis(proof->machine, &proof->b);
	struct sbpf_abi description = { .name = "?" };

	sbpf_abi_describe(proof->machine, &description);
	printf("  covered: every number with all arguments, by %s", description.name);
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abi != proof->machine && (abis >> abi & 1) &&
		    sbpf_abi_describe(abi, &description))
			printf(", %s", description.name);
	}
	puts(" and every other arch");
}

static void print_side(const struct proof *proof, const char *side, const struct operand *operand,
		       uint32_t verdict)
{
	char text[VERDICT_MAX];

	printf("  %s: %s\n", side, verdict_text(true, verdict, text));
	causes_print(stdout, "     ", operand, proof->machine, &proof->example.data);
}

static void print_refutation(const struct proof *proof)
{
	const struct sbpf_example *example = &proof->example;

	if (proof->options->subset)
		printf("different: %s allows what %s does not\n", proof->a.name, proof->b.name);
	else
		printf("different: %s and %s do not mean the same\n", proof->a.name, proof->b.name);
	fputs("  call: ", stdout);
	call_print(stdout, example->abi, &example->data);
	printf(" (arch 0x%08x, nr %u)\n", example->data.arch, (unsigned int)example->data.nr);
	print_side(proof, "a", &proof->a, example->a);
	print_side(proof, "b", &proof->b, example->b);
}

static void print_text(const struct proof *proof)
{
	switch (proof->answer) {
	case SBPF_HOLDS:
		if (proof->options->subset)
			printf("subset: %s allows nothing that %s does not\n", proof->a.name,
			       proof->b.name);
		else
			printf("equal: %s and %s give every call the same verdict\n", proof->a.name,
			       proof->b.name);
		print_covered(proof);
		break;
	case SBPF_REFUTED:
		print_refutation(proof);
		break;
	default:
		printf("unknown: %s and %s could not be compared completely; no call is known on "
		       "which they fail\n",
		       proof->a.name, proof->b.name);
	}
}

static int answer(struct proof *proof)
{
	static const enum prove_status statuses[] = {
		[SBPF_HOLDS] = STATUS_HOLDS,
		[SBPF_REFUTED] = STATUS_REFUTED,
		[SBPF_UNKNOWN] = STATUS_UNKNOWN,
	};

	proof->answer = decide(proof);
	if (proof->options->format == FORMAT_JSON)
		print_json(proof);
	else
		print_text(proof);
	return output_flush(tool.name) ? (int)statuses[proof->answer] : STATUS_TROUBLE;
}

int prove_main(int argc, char **argv)
{
	struct prove_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", prove_rows, sizeof(prove_rows) / sizeof(prove_rows[0]), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	struct proof proof = { .options = &options };
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (argc - operand != 2)
		return usage_error(&tool, "which two policies are to be compared?");
	status = STATUS_TROUBLE;
	if (load(&proof, &target, argv + operand))
		status = answer(&proof);
	operand_free(&proof.a);
	operand_free(&proof.b);
	sbpf_space_free(proof.space);
	return status;
}
