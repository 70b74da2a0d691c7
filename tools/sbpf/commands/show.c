/* SPDX-License-Identifier: MIT */
/* sbpf show: what stands in a filter, instruction by instruction. */
#include "call.h"
#include "commands.h"
#include "common.h"
#include "follow.h"
#include "graph.h"
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

/* "if number >= 83 (mkdir) goto 20 (+16)"; a jump over nothing is not worth a word. */
static void print_test(FILE *out, const struct listing *listing, size_t index)
{
	const struct sock_filter *test = &listing->filter->program[index];
	bool negated = test->jt == 0;
	unsigned int jump = negated ? test->jf : test->jt;
	unsigned int other = negated ? test->jt : test->jf;

	fputs("if ", out);
	listing_describe(out, listing, index, negated);
	fprintf(out, " goto %zu (+%u)", index + 1 + jump, jump);
	if (other)
		fprintf(out, " else %zu (+%u)", index + 1 + other, other);
}

static void print_instruction(FILE *out, const struct listing *listing, size_t index)
{
	const struct sock_filter *instruction = &listing->filter->program[index];

	if (is_test(instruction))
		print_test(out, listing, index);
	else if (BPF_CLASS(instruction->code) == BPF_JMP)
		fprintf(out, "goto %zu (+%" PRIu32 ")", index + 1 + instruction->k, instruction->k);
	else
		listing_describe(out, listing, index, false);
}

/* Fills text with what print() writes, cut to size. */
static void print_into(char *text, size_t size, const struct listing *listing, size_t index)
{
	FILE *out = fmemopen(text, size, "w");

	text[0] = '\0';
	if (!out)
		return;
	print_instruction(out, listing, index);
	fclose(out);
	text[size - 1] = '\0';
}

/* What the column of descriptions is wide at most; longer ones stand out. */
#define DESCRIPTION_MAX 52
#define DESCRIPTION_SIZE 256

static int description_width(const struct listing *listing)
{
	char text[DESCRIPTION_SIZE];
	size_t width = strlen("what it does");

	for (size_t i = 0; i < listing->filter->count && width < DESCRIPTION_MAX; i++) {
		print_into(text, sizeof(text), listing, i);
		if (strlen(text) > width)
			width = strlen(text);
	}
	return width < DESCRIPTION_MAX ? (int)width : DESCRIPTION_MAX;
}

static void print_row(struct page *page, const struct listing *listing, size_t index, int width)
{
	const struct sock_filter *instruction = &listing->filter->program[index];
	char text[DESCRIPTION_SIZE];

	print_into(text, sizeof(text), listing, index);
	fprintf(page->stream, "%5zu  %04x %02x %02x %08" PRIx32 "  ", index, instruction->code,
		instruction->jt, instruction->jf, instruction->k);
	if (instruction->code == (BPF_RET | BPF_K))
		page_paint(page, paint_of(instruction->k));
	fprintf(page->stream, "%-*s", width, text);
	page_paint(page, PAINT_NONE);
	fputs("  ", page->stream);
	listing_reach(page->stream, listing, index);
	putc('\n', page->stream);
}

/* index: of the filter in its stack. */
static void print_text(struct page *page, const struct listing *listing, size_t index)
{
	size_t count = listing->filter->count;
	int width = description_width(listing);

	if (index)
		putc('\n', page->stream);
	page_paint(page, PAINT_TITLE);
	fprintf(page->stream, "%s: %zu instruction%s, %zu bytes, for %s\n", listing->filter->name,
		count, count == 1 ? "" : "s", count * sizeof(struct sock_filter),
		name_of_abi(listing->filters->machine));
	page_paint(page, PAINT_QUIET);
	fprintf(page->stream, "%5s  %-19s  %-*s  %s\n", "", "code jt jf k", width, "what it does",
		"calls that come here");
	page_paint(page, PAINT_NONE);
	for (size_t i = 0; i < count; i++)
		print_row(page, listing, i, width);
}

/* ---- JSON ---- */

/* For programs: the errno as a number. */
static void print_plainly(FILE *out, const struct listing *listing, size_t index)
{
	const struct sock_filter *instruction = &listing->filter->program[index];
	char verdict[VERDICT_MAX];

	if (instruction->code != (BPF_RET | BPF_K))
		print_instruction(out, listing, index);
	else
		fprintf(out, "return %s",
			sbpf_verdict_format(instruction->k, verdict, sizeof(verdict)));
}

/* A string of what print() writes; without memory for it, null. */
static void json_printed(FILE *out, void (*print)(FILE *, const struct listing *, size_t),
			 const struct listing *listing, size_t index)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (stream) {
		print(stream, listing, index);
		fclose(stream);
	}
	json_string(out, text);
	free(text);
}

static void json_instruction(FILE *out, const struct listing *listing, size_t index)
{
	const struct sock_filter *program = listing->filter->program;
	const struct sock_filter *instruction = &program[index];
	size_t yes, no;

	fprintf(out, "      {\"index\": %zu, \"code\": %u, \"jt\": %u, \"jf\": %u, \"k\": %" PRIu32,
		index, instruction->code, instruction->jt, instruction->jf, instruction->k);
	if (is_test(instruction) && flow_targets(program, index, &yes, &no))
		fprintf(out, ", \"true\": %zu, \"false\": %zu", yes, no);
	else if (flow_targets(program, index, &yes, &no))
		fprintf(out, ", \"target\": %zu", yes);
	fputs(", \"text\": ", out);
	json_printed(out, print_plainly, listing, index);
	fputs(", \"reach\": ", out);
	json_printed(out, listing_reach, listing, index);
	putc('}', out);
}

static void print_json(FILE *out, const struct listing *listing, size_t index)
{
	fputs(index ? ",\n    {\"name\": " : "\n    {\"name\": ", out);
	json_string(out, listing->filter->name);
	fputs(", \"instructions\": [\n", out);
	for (size_t i = 0; i < listing->filter->count; i++) {
		fputs(i ? ",\n" : "", out);
		json_instruction(out, listing, i);
	}
	fputs("\n    ]}", out);
}

/* ---- The command ---- */

static void print_listings(struct page *page, const struct show_options *options, int machine,
			   const struct listing *listings, size_t count)
{
	bool json = options->format == FORMAT_JSON;
	FILE *out = page->stream;

	if (options->graph) {
		graph_print(out, listings, count);
		return;
	}
	if (json) {
		fputs("{\n  \"machine\": ", out);
		json_string(out, name_of_abi(machine));
		fputs(",\n  \"filters\": [", out);
	}
	for (size_t i = 0; i < count; i++) {
		if (json)
			print_json(out, &listings[i], i);
		else
			print_text(page, &listings[i], i);
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

static bool show(const struct show_options *options, const struct filters *filters)
{
	struct listing *listings = calloc(filters->count + 1, sizeof(listings[0]));
	struct page page = { 0 };
	size_t made = 0;
	bool shown = false;

	if (!listings) {
		report(tool.name, "out of memory");
		return false;
	}
	while (made < filters->count &&
	       listing_make(tool.name, filters, &filters->list[made], &listings[made]))
		made++;
	if (made == filters->count && page_open(tool.name, &page)) {
		page.color = options->color;
		page.is_data = options->graph || options->format == FORMAT_JSON;
		print_listings(&page, options, filters->machine, listings, made);
		shown = options->graph ? write_graph(options, &page)
				       : page_show(tool.name, &page, options->output);
	}
	page_free(&page);
	for (size_t i = 0; i < made; i++)
		listing_free(&listings[i]);
	free(listings);
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
