/* SPDX-License-Identifier: MIT */
/* sbpf diff: the calls that two policies answer differently. */
#include "call.h"
#include "commands.h"
#include "common.h"
#include "differences.h"
#include "json_writer.h"
#include "pair.h"

#include <inttypes.h>
#include <search.h>
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

/* What is worth an exit status of 1. */
enum fail_on { FAIL_ON_DIFFERENT, FAIL_ON_WEAKER, FAIL_ON_NEVER };

struct diff_options {
	enum diff_format format;
	enum fail_on fail_on;
};

static const struct option_row diff_rows[] = {
	{ "fail-on", 0, "different|weaker|never",
	  "exit with 1 when anything differs, or only when B may do more\n"
	  "than A somewhere, or not at all (default: different)",
	  offsetof(struct diff_options, fail_on) },
	{ "format", 0, "text|json", "how to list them (default: text)",
	  offsetof(struct diff_options, format) },
};

static const struct tool tool = {
	.name = "sbpf diff",
	.synopsis = "[OPTION...] A B",
	.summary =
		"List the calls that two policies answer differently, a line for each condition,\n"
		"what B newly allows first.",
	.notes =
		"Two profiles are compared for every target that their machines, minKernel and\n"
		"capabilities tell apart, but for what --arch, --kernel and --caps say.\n"
		"Lines begin with + where B is more permissive, - where it is more restrictive, ~\n"
		"where only the data differs, ? where an answer is not known. A and B are each a\n"
		"profile, a raw filter, pid:N (the filters of a process), - or a stack of those,\n"
		"NEWEST+OLDER. The exit status is 0 when there are none, 1 when there are some\n"
		"(see --fail-on), and 2 on wrong usage, on what cannot be read, and when not all\n"
		"is known.",
};

static const char signs[] = {
	[NEWLY_ALLOWED] = '+', [MORE_PERMISSIVE] = '+',	 [NOT_KNOWN] = '?',
	[NEWLY_DENIED] = '-',  [MORE_RESTRICTIVE] = '-', [OTHER_DATA] = '~',
};

static const enum paint paints[] = {
	[NEWLY_ALLOWED] = PAINT_ALLOW, [MORE_PERMISSIVE] = PAINT_ALLOW, [NOT_KNOWN] = PAINT_REFUSE,
	[NEWLY_DENIED] = PAINT_KILL,   [MORE_RESTRICTIVE] = PAINT_KILL, [OTHER_DATA] = PAINT_REFUSE,
};

/* The rows of one target that none before it has. */
struct section {
	const struct one_target *target;
	struct rows rows;
};

/* What is asked, and the answer. */
struct diff_question {
	const struct diff_options *options;
	struct pair *pair;
	struct section *sections; /* as many as there are targets */
	void *known;		  /* tsearch(3): every row */
	size_t count;		  /* of rows */
	uint64_t effort;	  /* struct comparison */
	bool is_weaker;		  /* B may do more than A somewhere */
	bool incomplete;	  /* which was reported */
	bool out_of_memory;	  /* in printing */
};

/* ---- Text ---- */

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

/* Whether a row says the same of another call, so that one line will do. */
static bool is_alike(const struct row *a, const struct row *b)
{
	return a->abi >= 0 && a->abi == b->abi && !a->is_foreign && !b->is_foreign &&
	       a->first == a->last && b->first == b->last && sbpf_call_name(a->abi, a->first) &&
	       sbpf_call_name(b->abi, b->first) && a->importance == b->importance &&
	       same_verdicts(a, b) && a->depends == b->depends && !a->condition == !b->condition &&
	       (!a->condition || !strcmp(a->condition, b->condition));
}

/* The names of the rows from index on that say the same, after that of the first one. */
static void print_alike(FILE *out, const struct rows *rows, size_t index, bool *told)
{
	const struct row *row = &rows->list[index];

	for (size_t i = index + 1; i < rows->count && rows->list[i].importance == row->importance;
	     i++) {
		if (told[i] || !is_alike(row, &rows->list[i]))
			continue;
		told[i] = true;
		fprintf(out, ", %s", sbpf_call_name(rows->list[i].abi, rows->list[i].first));
	}
}

static void print_row(struct page *page, const struct rows *rows, size_t index, bool *told)
{
	const struct row *row = &rows->list[index];
	char a[VERDICT_MAX], b[VERDICT_MAX];
	FILE *out = page->stream;

	page_paint(page, paints[row->importance]);
	fprintf(out, "%c ", signs[row->importance]);
	print_numbers(out, row);
	print_alike(out, rows, index, told);
	if (row->condition)
		fprintf(out, " if %s", row->condition);
	else if (row->depends)
		fputs(" with some arguments", out);
	fprintf(out, ": %s -> %s", verdict_text(row->known_a, row->example.a, row->example.abi, a),
		verdict_text(row->known_b, row->example.b, row->example.abi, b));
	page_paint(page, PAINT_NONE);
	putc('\n', out);
}

/* Bit 30 of a number parts x86_64's from x32's, whose arch is the same. */
static bool is_every_number(const struct row *row)
{
	const uint32_t others = SBPF_X32_BIT - 1;

	return !(row->first & others) && (row->last & others) == others;
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

static void print_section(struct page *page, struct diff_question *question,
			  const struct section *section)
{
	const struct rows *rows = &section->rows;
	bool *told = calloc(rows->count + 1, sizeof(told[0]));

	if (!told) {
		question->out_of_memory = true;
		return;
	}
	if (question->pair->targets.count > 1) {
		page_paint(page, PAINT_TITLE);
		fputs("@@ ", page->stream);
		target_print(page->stream, section->target, 0);
		fputs(" @@\n", page->stream);
		page_paint(page, PAINT_NONE);
	}
	for (size_t i = 0; i < rows->count; i++) {
		if (!told[i] && !is_said(&question->sections[0].rows, &rows->list[i]) &&
		    !is_said(rows, &rows->list[i]))
			print_row(page, rows, i, told);
	}
	free(told);
}

/* What is not known is no ground to say that there is nothing. */
static void print_summary(FILE *out, const struct diff_question *question)
{
	const char *a = question->pair->a.name, *b = question->pair->b.name;

	if (question->is_weaker)
		fprintf(out, "weaker: %s may do more than %s, where a line begins with +\n", b, a);
	else if (question->incomplete)
		fprintf(out,
			"unknown: %s and %s could not be compared completely; no call is known for "
			"which %s may do more\n",
			a, b, b);
	else if (question->count)
		fprintf(out, "not weaker: %s may do nothing that %s may not\n", b, a);
	else
		fprintf(out, "no difference: %s and %s give every call the same verdict\n", a, b);
}

static void print_text(struct page *page, struct diff_question *question)
{
	const char *a = question->pair->a.name, *b = question->pair->b.name;
	FILE *out = page->stream;

	if (question->count)
		fprintf(out, "--- %s\n+++ %s\n", a, b);
	for (size_t i = 0; i < question->pair->targets.count; i++) {
		if (question->sections[i].rows.count)
			print_section(page, question, &question->sections[i]);
	}
	print_summary(out, question);
	targets_print(out, "", &question->pair->targets,
		      operand_abis(question->pair->targets.list[0].machine,
				   &(struct operand){ 0 }));
}

/* ---- JSON ---- */

static bool is_range(const struct row *row)
{
	return row->is_foreign || row->first != row->last;
}

static bool is_everything(const struct row *row)
{
	return row->first == 0 && row->last == UINT32_MAX;
}

/* "nr >= 470 && nr <= 511 && …": what the row says beside its ABI and number; or null. False when
 * there is no memory. */
static bool print_when(FILE *out, const struct row *row)
{
	const char *condition = row->condition ? row->condition
				: row->depends ? "some arguments"
					       : NULL;
	char *text;

	if (!is_range(row) || is_everything(row)) {
		json_string(out, condition);
		return true;
	}
	if (asprintf(&text, "nr >= %" PRIu32 " && nr <= %" PRIu32 "%s%s%s", row->first, row->last,
		     condition ? " && (" : "", condition ? condition : "",
		     condition ? ")" : "") < 0)
		return false;
	json_string(out, text);
	free(text);
	return true;
}

static void print_verdict(FILE *out, bool known, uint32_t verdict)
{
	if (known)
		json_verdict(out, verdict);
	else
		fputs("null", out);
}

static bool print_row_json(FILE *out, const struct row *row, const struct one_target *target)
{
	struct sbpf_abi abi;
	bool printed;

	fputs("{\"abi\": ", out);
	json_string(out, sbpf_abi_describe(row->abi, &abi) ? abi.name : NULL);
	if (is_range(row))
		fputs(", \"nr\": null, \"name\": ", out);
	else
		fprintf(out, ", \"nr\": %" PRIu32 ", \"name\": ", row->first);
	json_string(out, is_range(row) ? NULL : sbpf_call_name(row->abi, row->first));
	fputs(", \"when\": ", out);
	printed = print_when(out, row);
	fputs(", \"a\": ", out);
	print_verdict(out, row->known_a, row->example.a);
	fputs(", \"b\": ", out);
	print_verdict(out, row->known_b, row->example.b);
	fputs(", \"example\": ", out);
	json_example(out, row->known_a && row->known_b ? &row->example : NULL);
	fputs(", \"target\": ", out);
	target_json(out, target);
	putc('}', out);
	return printed;
}

/* The row that stands for what is not known: of a target, or NULL for those not looked at. */
static void print_incomplete_json(FILE *out, const struct one_target *target)
{
	fputs("{\"abi\": null, \"nr\": null, \"name\": null, \"when\": null, \"a\": null, "
	      "\"b\": null, \"example\": null, \"target\": ",
	      out);
	target_json(out, target);
	fputs(", \"incomplete\": true}", out);
}

static void print_json(FILE *out, struct diff_question *question)
{
	const struct targets *targets = &question->pair->targets;
	const char *separator = "";

	putc('[', out);
	for (size_t i = 0; i < targets->count; i++) {
		const struct section *section = &question->sections[i];

		for (size_t k = 0; k < section->rows.count; k++) {
			fputs(separator, out);
			if (!print_row_json(out, &section->rows.list[k], section->target))
				question->out_of_memory = true;
			separator = ",\n";
		}
		if (section->rows.incomplete) {
			fputs(separator, out);
			print_incomplete_json(out, section->target);
			separator = ",\n";
		}
	}
	if (targets->limited) {
		fputs(separator, out);
		print_incomplete_json(out, NULL);
	}
	fputs("]\n", out);
}

/* ---- Several targets ---- */

/* Whether two rows say the same, on whatever target. */
static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	const int64_t keys[][2] = {
		{ a->abi, b->abi },
		{ a->first, b->first },
		{ a->last, b->last },
		{ a->is_foreign, b->is_foreign },
		{ a->depends, b->depends },
		{ a->known_a, b->known_a },
		{ a->known_b, b->known_b },
		{ a->example.a, b->example.a },
		{ a->example.b, b->example.b },
		{ a->condition != NULL, b->condition != NULL },
	};

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	}
	return a->condition ? strcmp(a->condition, b->condition) : 0;
}

/* Takes out of a section what a target before has. */
static bool keep_news(struct diff_question *question, struct rows *rows)
{
	size_t kept = 0;

	for (size_t i = 0; i < rows->count; i++) {
		struct row **known = tfind(&rows->list[i], &question->known, compare_rows);

		if (known) {
			free(rows->list[i].condition);
			continue;
		}
		rows->list[kept] = rows->list[i];
		if (rows->list[kept].importance <= MORE_PERMISSIVE)
			question->is_weaker = true;
		kept++;
	}
	rows->count = kept;
	question->count += kept;
	for (size_t i = 0; i < kept; i++) {
		if (!tsearch(&rows->list[i], &question->known, compare_rows)) {
			report(tool.name, "out of memory");
			return false;
		}
	}
	return true;
}

static uint64_t abis_of(const struct diff_question *question, int machine)
{
	return operand_abis(machine, &question->pair->a) |
	       operand_abis(machine, &question->pair->b);
}

static bool compare(struct diff_question *question, struct section *section, bool *goes_on)
{
	const struct one_target *target = section->target;
	struct comparison asked = {
		.machine = target->machine,
		.plain = question->options->format == FORMAT_JSON,
		.abis = abis_of(question, target->machine),
		.space = operand_space(&tool, &target->target),
		.effort = &question->effort,
	};
	bool compared = asked.space &&
			pair_meanings(&tool, asked.space, question->pair, &asked.a, &asked.b) &&
			rows_find(&tool, &asked, &section->rows) &&
			keep_news(question, &section->rows);

	question->incomplete = question->incomplete || section->rows.incomplete;
	*goes_on = targets_go_on(&tool, &question->pair->targets,
				 (size_t)(section - question->sections) + 1, asked.space);
	sbpf_space_free(asked.space);
	return compared;
}

static bool compare_all(struct diff_question *question)
{
	struct targets *targets = &question->pair->targets;
	bool goes_on = true;

	question->sections = calloc(targets->count + 1, sizeof(question->sections[0]));
	if (!question->sections) {
		report(tool.name, "out of memory");
		return false;
	}
	for (size_t i = 0; i < targets->count && goes_on; i++) {
		question->sections[i].target = &targets->list[i];
		if (!pair_retarget(&tool, i, question->pair) ||
		    !compare(question, &question->sections[i], &goes_on))
			return false;
	}
	question->incomplete = question->incomplete || targets->limited;
	return true;
}

/* ---- The command ---- */

/* All of it, or nothing. */
static bool show_page(struct page *page, struct diff_question *question)
{
	if (page->is_data)
		print_json(page->stream, question);
	else
		print_text(page, question);
	if (!question->out_of_memory)
		return page_show(tool.name, page, NULL);
	report(tool.name, "out of memory");
	return false;
}

static int show(struct diff_question *question, enum color_choice color)
{
	struct page page;
	bool shown;

	if (!page_open(tool.name, &page))
		return STATUS_TROUBLE;
	page.color = color;
	page.is_data = question->options->format == FORMAT_JSON;
	shown = show_page(&page, question);
	page_free(&page);
	if (!shown || question->incomplete)
		return STATUS_TROUBLE;
	if (question->options->fail_on == FAIL_ON_WEAKER)
		return question->is_weaker ? STATUS_DIFFERENT : STATUS_SAME;
	return question->count && question->options->fail_on != FAIL_ON_NEVER ? STATUS_DIFFERENT
									      : STATUS_SAME;
}

static void forget_row(void *row)
{
	(void)row; /* the section's */
}

static void question_free(struct diff_question *question)
{
	tdestroy(question->known, forget_row);
	for (size_t i = 0; question->sections && i < question->pair->targets.count; i++)
		rows_free(&question->sections[i].rows);
	free(question->sections);
}

static int answer(struct pair *pair, const void *options, enum color_choice color)
{
	struct diff_question question = { .options = options, .pair = pair, .effort = EFFORT_MAX };
	int status = compare_all(&question) ? show(&question, color) : STATUS_TROUBLE;

	question_free(&question);
	return status;
}

int diff_main(int argc, char **argv)
{
	struct diff_options options = { 0 };
	const struct option_group group = { "Options", diff_rows, COUNT(diff_rows), &options };

	return pair_command(&tool, &group, argc, argv, answer);
}
