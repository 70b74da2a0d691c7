/* SPDX-License-Identifier: MIT */
/* What happens to one call, and why. */
#include "explain.h"

#include "call.h"
#include "call_cost.h"
#include "common.h"
#include "constants.h"
#include "json_writer.h"
#include "opinion.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct answer {
	const struct question *question;
	int abi;
	struct seccomp_data data;
	unsigned int argument_count;
	struct opinion *opinions; /* as the policy's parts */
	struct part_lines *lines; /* of each part */
	size_t decider;		  /* the part whose verdict it is */
	size_t steps;
	struct call_cost cost;
	bool is_lacked; /* by the ABI; nothing else is known then */
};

/* ---- The call ---- */

/* A number as C writes it, negative ones too; false for what is none. */
static bool parse_number(const char *text, uint64_t *number)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	char *end;

	if (digits[0] < '0' || digits[0] > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 0);
	return !*end && !errno;
}

static bool is_x32(int abi)
{
	return abi_of(abi).number_offset == SBPF_X32_BIT;
}

/* A call by name on the ABI; what is wrong with it is reported. */
static bool find_call(const struct tool *tool, int abi, const char *name, uint32_t *number)
{
	const char *suggestion;

	if (sbpf_call_number(abi, name, number))
		return true;
	suggestion = sbpf_call_suggest(name);
	if (sbpf_call_since(name))
		report(tool->name, "%s: %s lacks this call; --abi chooses another entry", name,
		       name_of_abi(abi));
	else if (suggestion)
		report(tool->name, "%s: there is no such call; did you mean %s?", name, suggestion);
	else
		report(tool->name, "%s: there is no such call", name);
	return false;
}

/* A number with bit 30 comes by x32, whose bit may be left out; all ones, a skipped call, do not.
 */
static int parse_call(struct answer *answer, const char *word)
{
	const struct tool *tool = answer->question->tool;
	uint64_t value;
	uint32_t number;

	if (parse_number(word, &value)) {
		if (value > UINT32_MAX && value < (uint64_t)INT32_MIN)
			return usage_error(tool, "%s: the number of a call has 32 bits", word);
		number = (uint32_t)value;
		if (is_x32(answer->abi))
			number |= SBPF_X32_BIT;
		else if (!strcmp(name_of_abi(answer->abi), "x86_64") && number & SBPF_X32_BIT &&
			 number != UINT32_MAX)
			answer->abi = sbpf_abi_find("x32");
	} else if (answer->question->several && sbpf_call_since(word) &&
		   !sbpf_call_number(answer->abi, word, &number)) {
		answer->is_lacked = true;
		return STATUS_OK;
	} else if (!find_call(tool, answer->abi, word, &number)) {
		return STATUS_FAILURE;
	}
	answer->data.nr = (int)number;
	answer->data.arch = abi_of(answer->abi).audit_arch;
	return STATUS_OK;
}

static int parse_arguments(struct answer *answer, char **words, size_t count)
{
	const struct tool *tool = answer->question->tool;

	if (count > 6)
		return usage_error(tool, "a call has six arguments at most");
	for (size_t i = 0; i < count; i++) {
		uint64_t value;
		const char *suggestion;

		if (!parse_number(words[i], &value) &&
		    !constant_parse(answer->abi, words[i], &value)) {
			suggestion = constant_suggest(words[i]);
			return usage_error(tool,
					   "%s: is neither a number nor a known constant of %s%s%s",
					   words[i], name_of_abi(answer->abi),
					   suggestion ? "; the nearest is " : "",
					   suggestion ? suggestion : "");
		}
		/* The kernel takes the lower halves of registers there. */
		if (abi_of(answer->abi).register_bits == 32)
			value = (uint32_t)value;
		answer->data.args[i] = value;
	}
	answer->argument_count = (unsigned int)count;
	return STATUS_OK;
}

/* ---- What the parts say ---- */

static bool ask(struct answer *answer, size_t index)
{
	const struct operand_part *part = &answer->question->operand->parts[index];
	const struct filters *filters = answer->question->filters;
	const struct filter *filter = &filters->list[index];
	struct opinion *opinion = &answer->opinions[index];
	size_t steps;
	uint32_t verdict = sbpf_program_run(filter->program, filter->count, &answer->data,
					    filters->big_endian, &steps);

	answer->steps += steps;
	if (!part_lines_read(part, &answer->lines[index]) ||
	    !opinion_form(part, &answer->lines[index], &answer->data, opinion))
		return false;
	if (!part->policy)
		opinion->verdict = verdict;
	if (index &&
	    sbpf_verdict_compare(opinion->verdict, answer->opinions[answer->decider].verdict) < 0)
		answer->decider = index;
	return true;
}

static bool ask_all(struct answer *answer)
{
	size_t count = answer->question->filters->count;
	bool asked;

	answer->opinions = calloc(count + 1, sizeof(answer->opinions[0]));
	answer->lines = calloc(count + 1, sizeof(answer->lines[0]));
	asked = answer->opinions && answer->lines;
	for (size_t i = 0; asked && i < count; i++)
		asked = ask(answer, i);
	if (!asked) {
		report(answer->question->tool->name, "out of memory");
		return false;
	}
	answer->cost.number = (uint32_t)answer->data.nr;
	return survey_call(answer->question->tool->name, answer->question->filters, answer->abi,
			   &answer->cost);
}

/* ---- Text ---- */

/* "socket(AF_VSOCK, 1)" with the arguments that were given. */
static void print_call(FILE *out, const struct answer *answer)
{
	uint32_t number = (uint32_t)answer->data.nr;
	const char *name = sbpf_call_name(answer->abi, number);

	if (name)
		fputs(name, out);
	else
		fprintf(out, "number %" PRIu32, number);
	putc('(', out);
	for (unsigned int i = 0; i < answer->argument_count; i++) {
		fputs(i ? ", " : "", out);
		constant_print(out, answer->abi, name, i, answer->data.args[i]);
	}
	fprintf(out, ") by %s", name_of_abi(answer->abi));
	if (name)
		fprintf(out, ", number %" PRIu32, number);
	if (is_x32(answer->abi))
		fprintf(out, " (%" PRIu32 " with bit 30)", number & ~SBPF_X32_BIT);
}

static void print_text(struct page *page, const struct answer *answer)
{
	FILE *out = page->stream;
	const struct operand *operand = answer->question->operand;
	uint32_t verdict = answer->opinions[answer->decider].verdict;
	const char *exempt = sbpf_call_exempt(answer->abi, (uint32_t)answer->data.nr);
	const struct opinion_call call = {
		.abi = answer->abi,
		.number = (uint32_t)answer->data.nr,
		.reading = answer->question->target->reading,
		.indent = "  ",
	};

	print_call(out, answer);
	fputs(": ", out);
	if (exempt)
		fprintf(out, "from Linux %s on the kernel asks no filter, before that ", exempt);
	verdict_print(page, true, verdict, answer->abi);
	putc('\n', out);
	for (size_t i = 0; i < operand->count; i++)
		opinion_print(page, &call, &answer->opinions[i]);
	if (operand->count > 1)
		fprintf(out, "  the strictest of them counts: that of %s\n",
			operand->parts[answer->decider].path);
	fprintf(out, "  %zu instruction%s run", answer->steps, answer->steps == 1 ? "" : "s");
	if (answer->cost.caching == IS_CACHED)
		fputs("; from Linux 5.11 on none, the kernel caches the verdict\n", out);
	else
		fprintf(out, "; not in the kernel's cache: %s\n",
			caching_text(answer->cost.caching));
}

/* ---- JSON ---- */

/* "ERRNO" of "ERRNO(1)". */
static void json_action(FILE *out, uint32_t verdict)
{
	char text[VERDICT_MAX];

	sbpf_verdict_format(verdict, text, sizeof(text));
	text[strcspn(text, "(")] = '\0';
	json_string(out, text);
}

static void print_json(FILE *out, const struct answer *answer)
{
	const struct opinion *opinion = &answer->opinions[answer->decider];
	const struct rule_finding *rule = opinion_decisive(opinion);

	putc('{', out);
	json_call(out, answer->abi, &answer->data);
	fprintf(out, ", \"verdict\": {\"value\": %" PRIu32 ", \"action\": ", opinion->verdict);
	json_action(out, opinion->verdict);
	fprintf(out, ", \"data\": %" PRIu32 "}, \"rule\": ", opinion->verdict & SECCOMP_RET_DATA);
	json_string(out, rule ? rule->path : NULL);
	if (rule && rule->line)
		fprintf(out, ", \"line\": %u", rule->line);
	else
		fputs(", \"line\": null", out);
	fputs(", \"exemptSince\": ", out);
	json_string(out, sbpf_call_exempt(answer->abi, (uint32_t)answer->data.nr));
	fprintf(out, ", \"steps\": %zu, \"cached\": %s}\n", answer->steps,
		answer->cost.caching == IS_CACHED ? "true" : "false");
}

/* ---- The answer ---- */

static void answer_free(struct answer *answer)
{
	for (size_t i = 0; answer->opinions && i < answer->question->filters->count; i++)
		opinion_free(&answer->opinions[i]);
	for (size_t i = 0; answer->lines && i < answer->question->filters->count; i++)
		part_lines_free(&answer->lines[i]);
	free(answer->opinions);
	free(answer->lines);
}

int explain_call(const struct question *question, int abi, char **words, size_t count,
		 struct page *page)
{
	struct answer answer = { .question = question, .abi = abi };
	int status = parse_call(&answer, words[0]);

	if (answer.is_lacked && question->json)
		fputs("null\n", page->stream);
	else if (answer.is_lacked)
		fprintf(page->stream, "%s: %s lacks this call\n", words[0], name_of_abi(abi));
	if (answer.is_lacked)
		return STATUS_OK;
	if (status == STATUS_OK)
		status = parse_arguments(&answer, words + 1, count - 1);
	if (status == STATUS_OK && !ask_all(&answer))
		status = STATUS_FAILURE;
	if (status == STATUS_OK && question->json)
		print_json(page->stream, &answer);
	else if (status == STATUS_OK)
		print_text(page, &answer);
	answer_free(&answer);
	return status;
}
