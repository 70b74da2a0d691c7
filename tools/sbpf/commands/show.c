/* SPDX-License-Identifier: MIT */
/* sbpf show: what stands in a filter, instruction by instruction. */
#include "call.h"
#include "commands.h"
#include "common.h"
#include "json_writer.h"
#include "listing.h"
#include "operand.h"
#include "pager.h"
#include "picture.h"

#include <inttypes.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

enum show_format { FORMAT_TEXT, FORMAT_JSON };

struct show_options {
	enum show_format format;
	const char *output;
	enum sbpf_effort effort;
	bool graph;
	enum color_choice color;
};

static const struct option_row show_rows[] = {
	{ "format", 0, "text|json", "how to show it (default: text)",
	  offsetof(struct show_options, format) },
	{ "graph", 0, NULL,
	  "show the decisions as a graph in Graphviz's language, or as a\n"
	  "picture when the output is a file *.svg, *.png or the like",
	  offsetof(struct show_options, graph) },
	{ "output", 'o', "FILE", "write to a file", offsetof(struct show_options, output) },
	{ "effort", 0, "quick|thorough",
	  "how profiles are compiled before they are shown\n"
	  "(default: thorough)",
	  offsetof(struct show_options, effort) },
};

static const struct tool tool = {
	.name = "sbpf show",
	.synopsis = "[OPTION...] POLICY",
	.summary = "Disassemble a filter: what each instruction does, where its jumps lead, and "
		   "which\n"
		   "calls come to it.",
	.notes = "A POLICY is a profile, a raw filter, pid:N, \"-\", or a stack A+B, newest first.",
};

/* ---- Text ---- */

static bool is_test(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_JMP && BPF_OP(instruction->code) != BPF_JA;
}

/* A sentence of the library's; without memory for it, a question mark. */
static void print_sentence(FILE *out, const struct sbpf_notes *notes, size_t index, bool negated)
{
	char *sentence = sbpf_instruction_describe(notes, index, negated);

	fputs(sentence ? sentence : "?", out);
	free(sentence);
}

/* "if number >= 83 (mkdir) goto 20 (+16)"; a jump over nothing is not worth a word. */
static void print_test(FILE *out, const struct sbpf_notes *notes, size_t index)
{
	const struct sock_filter *test = &notes->program[index];
	bool negated = test->jt == 0;
	unsigned int jump = negated ? test->jf : test->jt;
	unsigned int other = negated ? test->jt : test->jf;

	fputs("if ", out);
	print_sentence(out, notes, index, negated);
	fprintf(out, " goto %zu (+%u)", index + 1 + jump, jump);
	if (other)
		fprintf(out, " else %zu (+%u)", index + 1 + other, other);
}

static void print_instruction(FILE *out, const struct sbpf_notes *notes, size_t index)
{
	const struct sock_filter *instruction = &notes->program[index];

	if (is_test(instruction)) {
		print_test(out, notes, index);
		return;
	}
	print_sentence(out, notes, index, false);
	if (BPF_CLASS(instruction->code) == BPF_JMP)
		fprintf(out, " (+%" PRIu32 ")", instruction->k);
}

/* Fills text with what print_instruction() writes, cut to size. */
static void print_into(char *text, size_t size, const struct sbpf_notes *notes, size_t index)
{
	FILE *out = fmemopen(text, size, "w");

	text[0] = '\0';
	if (!out)
		return;
	print_instruction(out, notes, index);
	fclose(out);
	text[size - 1] = '\0';
}

/* What the column of descriptions is wide at most; longer ones stand out. */
#define DESCRIPTION_MAX 52
#define DESCRIPTION_SIZE 256

static int description_width(const struct sbpf_notes *notes)
{
	char text[DESCRIPTION_SIZE];
	size_t width = strlen("what it does");

	for (size_t i = 0; i < notes->count && width < DESCRIPTION_MAX; i++) {
		print_into(text, sizeof(text), notes, i);
		if (strlen(text) > width)
			width = strlen(text);
	}
	return width < DESCRIPTION_MAX ? (int)width : DESCRIPTION_MAX;
}

static void print_row(struct page *page, const struct sbpf_notes *notes, size_t index, int width)
{
	const struct sock_filter *instruction = &notes->program[index];
	char text[DESCRIPTION_SIZE];

	print_into(text, sizeof(text), notes, index);
	fprintf(page->stream, "%5zu  %04x %02x %02x %08" PRIx32 "  ", index, instruction->code,
		instruction->jt, instruction->jf, instruction->k);
	if (instruction->code == (BPF_RET | BPF_K))
		page_paint(page, paint_of(instruction->k));
	fprintf(page->stream, "%-*s", width, text);
	page_paint(page, PAINT_NONE);
	fputs("  ", page->stream);
	listing_reach(page->stream, notes, index);
	putc('\n', page->stream);
}

/* index: of the filter in its stack. */
static void print_text(struct page *page, const char *name, const struct sbpf_notes *notes,
		       size_t index)
{
	size_t count = notes->count;
	int width = description_width(notes);

	if (index)
		putc('\n', page->stream);
	page_paint(page, PAINT_TITLE);
	fprintf(page->stream, "%s: %zu instruction%s, %zu bytes, for %s\n", name, count,
		count == 1 ? "" : "s", count * sizeof(struct sock_filter),
		name_of_abi(notes->machine));
	page_paint(page, PAINT_QUIET);
	fprintf(page->stream, "%5s  %-19s  %-*s  %s\n", "", "code jt jf k", width, "what it does",
		"calls that come here");
	page_paint(page, PAINT_NONE);
	for (size_t i = 0; i < count; i++)
		print_row(page, notes, i, width);
}

/* ---- JSON ---- */

/* For programs: the errno as a number. */
static void print_plainly(FILE *out, const struct sbpf_notes *notes, size_t index)
{
	const struct sock_filter *instruction = &notes->program[index];
	char verdict[VERDICT_MAX];

	if (instruction->code != (BPF_RET | BPF_K))
		print_instruction(out, notes, index);
	else
		fprintf(out, "return %s",
			sbpf_verdict_format(instruction->k, verdict, sizeof(verdict)));
}

/* A string of what print() writes; without memory for it, null. */
static void json_printed(FILE *out, void (*print)(FILE *, const struct sbpf_notes *, size_t),
			 const struct sbpf_notes *notes, size_t index)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (stream) {
		print(stream, notes, index);
		fclose(stream);
	}
	json_string(out, text);
	free(text);
}

static void json_instruction(FILE *out, const struct sbpf_notes *notes, size_t index)
{
	const struct sock_filter *instruction = &notes->program[index];

	fprintf(out, "      {\"index\": %zu, \"code\": %u, \"jt\": %u, \"jf\": %u, \"k\": %" PRIu32,
		index, instruction->code, instruction->jt, instruction->jf, instruction->k);
	if (is_test(instruction))
		fprintf(out, ", \"true\": %zu, \"false\": %zu", index + 1 + instruction->jt,
			index + 1 + instruction->jf);
	else if (BPF_CLASS(instruction->code) == BPF_JMP)
		fprintf(out, ", \"target\": %zu", index + 1 + instruction->k);
	fputs(", \"text\": ", out);
	json_printed(out, print_plainly, notes, index);
	fputs(", \"reach\": ", out);
	json_printed(out, listing_reach, notes, index);
	putc('}', out);
}

static void print_json(FILE *out, const char *name, const struct sbpf_notes *notes, size_t index)
{
	fputs(index ? ",\n    {\"name\": " : "\n    {\"name\": ", out);
	json_string(out, name);
	fputs(", \"instructions\": [\n", out);
	for (size_t i = 0; i < notes->count; i++) {
		fputs(i ? ",\n" : "", out);
		json_instruction(out, notes, i);
	}
	fputs("\n    ]}", out);
}

/* ---- The command ---- */

static void print_listings(struct page *page, const struct show_options *options,
			   const struct filters *filters, struct sbpf_notes *const *stack)
{
	bool json = options->format == FORMAT_JSON;
	FILE *out = page->stream;

	if (json) {
		fputs("{\n  \"machine\": ", out);
		json_string(out, name_of_abi(filters->machine));
		fputs(",\n  \"filters\": [", out);
	}
	for (size_t i = 0; i < filters->count; i++) {
		if (json)
			print_json(out, filters->list[i].name, stack[i], i);
		else
			print_text(page, filters->list[i].name, stack[i], i);
	}
	fputs(json ? "\n  ]\n}\n" : "", out);
}

/* The graph as it is, or what dot(1) makes of it where the file's name is one of a picture. */
static bool write_graph(const struct show_options *options, struct page *page)
{
	const char *format = picture_format(options->output);
	char *picture = NULL;
	size_t size;
	bool written;

	if (!format)
		return page_show(tool.name, page, options->output);
	if (fflush(page->stream) == EOF)
		report(tool.name, "out of memory");
	else
		picture = picture_draw(tool.name, format, page->text, page->length, &size);
	written = picture && output_write(tool.name, options->output, picture, size);
	free(picture);
	return written;
}

static bool print_graph(struct page *page, struct sbpf_notes *const *stack, size_t count)
{
	struct sbpf_error error = { 0 };
	char *graph = sbpf_notes_draw(stack, count, &error);

	if (graph)
		fputs(graph, page->stream);
	else
		report(tool.name, "%s", error.message);
	free(graph);
	return graph != NULL;
}

static bool show_stack(const struct show_options *options, const struct filters *filters,
		       struct sbpf_notes *const *stack)
{
	struct page page = { 0 };
	bool shown = false;

	if (!page_open(tool.name, &page))
		return false;
	page.color = options->color;
	page.is_data = options->graph || options->format == FORMAT_JSON;
	if (options->graph) {
		shown = print_graph(&page, stack, filters->count) && write_graph(options, &page);
	} else {
		print_listings(&page, options, filters, stack);
		shown = page_show(tool.name, &page, options->output);
	}
	page_free(&page);
	return shown;
}

static bool show(const struct show_options *options, const struct filters *filters)
{
	struct sbpf_notes **stack = calloc(filters->count + 1, sizeof(struct sbpf_notes *));
	size_t made = 0;
	bool shown;

	if (!stack) {
		report(tool.name, "out of memory");
		return false;
	}
	while (made < filters->count &&
	       (stack[made] = listing_make(tool.name, filters, &filters->list[made])))
		made++;
	shown = made == filters->count && show_stack(options, filters, stack);
	for (size_t i = 0; i < made; i++)
		sbpf_notes_free(stack[i]);
	free(stack);
	return shown;
}

int show_main(int argc, char **argv)
{
	struct show_options options = { .effort = SBPF_THOROUGH };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", show_rows, COUNT(show_rows), &options },
		{ "Output", color_rows, color_row_count, &options.color },
		{ "Target", target_options, target_option_count, &target },
	};
	struct filters filters = { 0 };
	struct operand policy;
	int operand, status;
	bool shown;

	if (!options_parse(&tool, groups, 3, argc, argv, &operand, &status))
		return status;
	if (operand + 1 != argc)
		return usage_error(&tool, operand == argc ? "which POLICY?"
							  : "one POLICY is enough; a stack is A+B");
	if (options.graph && options.format == FORMAT_JSON)
		return usage_error(&tool, "--graph is no JSON: leave --format out");
	if (!operand_load(&tool, &target, argv[operand], &policy))
		return STATUS_FAILURE;
	shown = filters_make(&tool, &target, &policy, options.effort, &filters) &&
		show(&options, &filters);
	filters_free(&filters);
	operand_free(&policy);
	return shown ? STATUS_OK : STATUS_FAILURE;
}
