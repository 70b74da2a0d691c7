/* SPDX-License-Identifier: MIT */
/* sbpf diff: the calls that two policies answer differently. */
#include "call.h"
#include "commands.h"
#include "common.h"
#include "differences.h"
#include "json.h"
#include "operand.h"
#include "pager.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As diff(1) has it. */
enum diff_status {
	STATUS_SAME = 0,
	STATUS_DIFFERENT = 1,
	STATUS_TROUBLE = 2,
};

enum diff_format { FORMAT_TEXT, FORMAT_JSON };

struct diff_options {
	enum diff_format format;
};

static const struct option_row diff_rows[] = {
	{ "format", 0, "text|json", "how to list them (default: text)",
	  offsetof(struct diff_options, format) },
};

static const struct tool tool = {
	.name = "sbpf diff",
	.synopsis = "[OPTION...] A B",
	.summary = "List the calls that two policies answer differently, a line for each call and\n"
		   "condition, what B newly allows first.",
	.notes =
		"Lines begin with + where B is more permissive, - where it is more restrictive, ~\n"
		"where only the data differs, ? where an answer is not known. A and B are each a\n"
		"profile, a raw filter, pid:N (the filters of a process), - or a stack of those,\n"
		"NEWEST+OLDER. The exit status is 0 when there are none, 1 when there are some,\n"
		"and 2 on wrong usage, on what cannot be read, and when not all is known.",
};

static const char signs[] = {
	[NEWLY_ALLOWED] = '+', [MORE_PERMISSIVE] = '+',	 [NOT_KNOWN] = '?',
	[NEWLY_DENIED] = '-',  [MORE_RESTRICTIVE] = '-', [OTHER_DATA] = '~',
};

/* What is asked, and the answer. */
struct question {
	const struct diff_options *options;
	struct operand operand_a;
	struct operand operand_b;
	struct comparison asked;
	struct rows rows;
};

/* ---- Text ------------------------------------------------------------------------------ */

/* Larger numbers are better read in hexadecimal: x32's begin at 0x40000000. */
#define NUMBERS_DECIMAL 65535

static void print_numbers(FILE *out, const struct row *row)
{
	const char *call = sbpf_call_name(row->abi, row->first);
	struct sbpf_abi abi;

	if (row->abi < 0) {
		fputs("any other arch", out);
		return;
	}
	fputs(sbpf_abi_describe(row->abi, &abi) ? abi.name : "?", out);
	if (row->is_foreign && row->first == 0 && row->last == UINT32_MAX)
		fputs(", any call", out);
	else if (row->first != row->last)
		fprintf(out,
			row->last > NUMBERS_DECIMAL ? " 0x%" PRIx32 " to 0x%" PRIx32
						    : " %" PRIu32 " to %" PRIu32,
			row->first, row->last);
	else if (call)
		fprintf(out, " %s", call);
	else
		fprintf(out, row->last > NUMBERS_DECIMAL ? " 0x%" PRIx32 : " %" PRIu32, row->first);
}

static void print_row(FILE *out, const struct row *row)
{
	char a[VERDICT_MAX], b[VERDICT_MAX];

	fprintf(out, "%c ", signs[row->importance]);
	print_numbers(out, row);
	if (row->condition)
		fprintf(out, " if %s", row->condition);
	else if (row->depends)
		fputs(" with some arguments", out);
	fprintf(out, ": %s -> %s\n", verdict_text(row->known_a, row->example.a, a),
		verdict_text(row->known_b, row->example.b, b));
}

/* Bit 30 of a number parts x86_64's from x32's, whose arch is the same. */
static bool is_every_number(const struct row *row)
{
	return (row->first & 0x3fffffff) == 0 && (row->last & 0x3fffffff) == 0x3fffffff;
}

/* The row of archs that are no ABI speaks for foreign ABIs with the same answers. */
static bool is_said(const struct rows *rows, const struct row *row)
{
	for (size_t i = 0; row->is_foreign && row->abi >= 0 && i < rows->count; i++) {
		const struct row *other = &rows->list[i];

		if (other->abi < 0 && is_every_number(row) && same_verdicts(row, other))
			return true;
	}
	return false;
}

static void print_text(FILE *out, const struct question *question)
{
	if (question->rows.count)
		fprintf(out, "--- %s\n+++ %s\n", question->operand_a.name,
			question->operand_b.name);
	for (size_t i = 0; i < question->rows.count; i++) {
		if (!is_said(&question->rows, &question->rows.list[i]))
			print_row(out, &question->rows.list[i]);
	}
}

/* ---- JSON ------------------------------------------------------------------------------ */

static bool is_range(const struct row *row)
{
	return row->is_foreign || row->first != row->last;
}

static bool is_everything(const struct row *row)
{
	return row->first == 0 && row->last == UINT32_MAX;
}

/* "nr >= 470 && nr <= 511 && …": what the row says beside its ABI and number; or null. */
static void print_when(FILE *out, const struct row *row)
{
	const char *condition = row->condition ? row->condition
				: row->depends ? "some arguments"
					       : NULL;
	char *text;

	if (!is_range(row) || is_everything(row)) {
		json_string(out, condition);
		return;
	}
	if (asprintf(&text, "nr >= %" PRIu32 " && nr <= %" PRIu32 "%s%s%s", row->first, row->last,
		     condition ? " && (" : "", condition ? condition : "",
		     condition ? ")" : "") < 0)
		return;
	json_string(out, text);
	free(text);
}

static void print_verdict(FILE *out, bool known, uint32_t verdict)
{
	if (known)
		json_verdict(out, verdict);
	else
		fputs("null", out);
}

static void print_row_json(FILE *out, const struct row *row)
{
	struct sbpf_abi abi;

	fputs("{\"abi\": ", out);
	json_string(out, sbpf_abi_describe(row->abi, &abi) ? abi.name : NULL);
	if (is_range(row))
		fputs(", \"nr\": null, \"name\": ", out);
	else
		fprintf(out, ", \"nr\": %" PRIu32 ", \"name\": ", row->first);
	json_string(out, is_range(row) ? NULL : sbpf_call_name(row->abi, row->first));
	fputs(", \"when\": ", out);
	print_when(out, row);
	fputs(", \"a\": ", out);
	print_verdict(out, row->known_a, row->example.a);
	fputs(", \"b\": ", out);
	print_verdict(out, row->known_b, row->example.b);
	fputs(", \"example\": ", out);
	json_example(out, row->known_a && row->known_b ? &row->example : NULL);
	putc('}', out);
}

static void print_json(FILE *out, const struct question *question)
{
	putc('[', out);
	for (size_t i = 0; i < question->rows.count; i++) {
		fputs(i ? ",\n" : "", out);
		print_row_json(out, &question->rows.list[i]);
	}
	fputs("]\n", out);
}

/* ---- The command ----------------------------------------------------------------------- */

static bool load(struct question *question, const struct sbpf_target *target, char **names)
{
	struct comparison *asked = &question->asked;

	asked->space = operand_space(&tool, target);
	if (!asked->space || !operand_load(&tool, target, names[0], &question->operand_a) ||
	    !operand_load(&tool, target, names[1], &question->operand_b))
		return false;
	asked->machine = operand_machine(&tool, target);
	asked->plain = question->options->format == FORMAT_JSON;
	asked->abis = operand_abis(asked->machine, &question->operand_a) |
		      operand_abis(asked->machine, &question->operand_b);
	return operand_meaning(&tool, asked->space, &question->operand_a, &asked->a) &&
	       operand_meaning(&tool, asked->space, &question->operand_b, &asked->b);
}

/* Every meaning equals itself, unless something in it is unknown. */
static bool is_complete(const struct comparison *asked)
{
	struct sbpf_error error = { 0 };

	if (sbpf_meaning_compare(asked->space, asked->a, asked->a, SBPF_EQUAL, NULL, &error) ==
		    SBPF_HOLDS &&
	    sbpf_meaning_compare(asked->space, asked->b, asked->b, SBPF_EQUAL, NULL, &error) ==
		    SBPF_HOLDS)
		return true;
	report_error(tool.name, NULL, &error);
	return false;
}

static int show(const struct question *question)
{
	struct page page;
	bool shown;

	if (!page_open(tool.name, &page))
		return STATUS_TROUBLE;
	if (question->options->format == FORMAT_JSON)
		print_json(page.stream, question);
	else
		print_text(page.stream, question);
	shown = page_show(tool.name, &page, NULL);
	page_free(&page);
	if (!shown || !is_complete(&question->asked))
		return STATUS_TROUBLE;
	return question->rows.count ? STATUS_DIFFERENT : STATUS_SAME;
}

int diff_main(int argc, char **argv)
{
	struct diff_options options = { 0 };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", diff_rows, sizeof(diff_rows) / sizeof(diff_rows[0]), &options },
		{ "Target", target_options, target_option_count, &target },
	};
	struct question question = { .options = &options };
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	if (argc - operand != 2)
		return usage_error(&tool, "which two policies are to be compared?");
	status = STATUS_TROUBLE;
	if (load(&question, &target, argv + operand) &&
	    rows_find(&tool, &question.asked, &question.rows))
		status = show(&question);
	rows_free(&question.rows);
	operand_free(&question.operand_a);
	operand_free(&question.operand_b);
	sbpf_space_free(question.asked.space);
	return status;
}
