/* SPDX-License-Identifier: MIT */
/* sbpf cost: what a filter costs, and why. */
#include "call.h"
#include "call_cost.h"
#include "commands.h"
#include "common.h"
#include "histogram.h"
#include "json_writer.h"
#include "operand.h"
#include "pager.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum cost_format { FORMAT_TEXT, FORMAT_JSON };

struct cost_options {
	enum cost_format format;
	enum sbpf_effort effort;
	const char *weights;
	enum color_choice color;
};

static const struct option_row cost_rows[] = {
	{ "weights", 0, "FILE",
	  "how often which calls are made, as strace -c or perf trace -s\n"
	  "print it (default: every call counts the same)",
	  offsetof(struct cost_options, weights) },
	{ "format", 0, "text|json", "how to answer (default: text)",
	  offsetof(struct cost_options, format) },
	{ "effort", 0, "quick|thorough", "how profiles are compiled (default: thorough)",
	  offsetof(struct cost_options, effort) },
};

static const struct tool tool = {
	.name = "sbpf cost",
	.synopsis = "[OPTION...] POLICY [POLICY]",
	.summary =
		"Show what a filter costs: its size, the instructions that calls take, which "
		"calls\n"
		"the kernel answers from its cache, why it does not answer the others, and what\n"
		"installing it takes. With two policies, beside each other.",
	.notes =
		"A POLICY is a profile, a raw filter, pid:N, \"-\", or a stack A+B, newest first.\n"
		"Steps of a call are the most that any arguments take. Linux 5.11 and later run "
		"no\n"
		"instruction for a call in the cache.",
};

#define POLICIES_MAX 2
#define DEAREST 10

/* One policy's costs. */
struct cost {
	struct operand operand;
	struct filters filters;
	struct survey *surveys; /* of the machine's own ABI first, then of its relatives */
	size_t survey_count;
	double install; /* nanoseconds */
};

struct cost_pair {
	const struct cost_options *options;
	struct weights weights;
	struct cost costs[POLICIES_MAX];
	size_t count;
};

/* ---- Measuring ---- */

static size_t instruction_count(const struct cost *cost)
{
	size_t count = 0;

	for (size_t i = 0; i < cost->filters.count; i++)
		count += cost->filters.list[i].count;
	return count;
}

static bool make_surveys(struct cost *cost)
{
	const struct filters *filters = &cost->filters;
	int machine = filters->machine;

	cost->surveys = calloc((size_t)sbpf_abi_count() + 1, sizeof(cost->surveys[0]));
	if (!cost->surveys) {
		report(tool.name, "out of memory");
		return false;
	}
	if (!survey_make(tool.name, filters, machine, &cost->surveys[cost->survey_count++]))
		return false;
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abi != machine && filters->relatives >> abi & 1 &&
		    !survey_make(tool.name, filters, abi, &cost->surveys[cost->survey_count++]))
			return false;
	}
	cost->install = survey_install_time(filters);
	return true;
}

static bool measure(struct cost_pair *comparison, const struct sbpf_target *target, char **names)
{
	for (size_t i = 0; i < comparison->count; i++) {
		struct cost *cost = &comparison->costs[i];

		if (!operand_load(&tool, target, names[i], &cost->operand) ||
		    !filters_make(&tool, target, &cost->operand, comparison->options->effort,
				  &cost->filters) ||
		    !make_surveys(cost))
			return false;
	}
	return true;
}

static void comparison_free(struct cost_pair *comparison)
{
	for (size_t i = 0; i < comparison->count; i++) {
		struct cost *cost = &comparison->costs[i];

		for (size_t j = 0; j < cost->survey_count; j++)
			survey_free(&cost->surveys[j]);
		free(cost->surveys);
		filters_free(&cost->filters);
		operand_free(&cost->operand);
	}
	weights_free(&comparison->weights);
}

/* ---- Figures ---- */

/* How much a call counts: the weights file speaks of the machine's own ABI. */
static uint64_t weigh(const struct cost_pair *comparison, const struct call_cost *call)
{
	return comparison->options->weights ? weight_of(&comparison->weights, call->name) : 1;
}

/* The mean steps of a call; of none, 0. */
static double mean_steps(const struct cost_pair *comparison, const struct survey *survey,
			 bool cache_in_use)
{
	double sum = 0, total = 0;

	for (size_t i = 0; i < survey->count; i++) {
		const struct call_cost *call = &survey->calls[i];
		double weight = (double)weigh(comparison, call);

		total += weight;
		if (!cache_in_use || call->caching != IS_CACHED)
			sum += weight * (double)call->steps;
	}
	return total > 0 ? sum / total : 0;
}

static size_t count_caching(const struct survey *survey, enum caching caching)
{
	size_t count = 0;

	for (size_t i = 0; i < survey->count; i++)
		count += survey->calls[i].caching == caching;
	return count;
}

/* The call that takes most steps; NULL where there is no call. */
static const struct call_cost *find_worst(const struct survey *survey)
{
	const struct call_cost *worst = NULL;

	for (size_t i = 0; i < survey->count; i++) {
		if (!worst || survey->calls[i].steps > worst->steps)
			worst = &survey->calls[i];
	}
	return worst;
}

/* What a call costs over the time that the weights are of. */
static uint64_t price(const struct cost_pair *comparison, const struct call_cost *call)
{
	return call->caching == IS_CACHED ? 0 : call->steps * weigh(comparison, call);
}

/* The dearest calls that the kernel runs the filter for, dearest first; how many there are. */
static size_t find_dearest(const struct cost_pair *comparison, const struct survey *survey,
			   const struct call_cost *dearest[DEAREST])
{
	size_t count = 0;

	for (size_t i = 0; i < survey->count; i++) {
		const struct call_cost *call = &survey->calls[i];
		size_t place = count;

		if (!price(comparison, call))
			continue;
		while (place && price(comparison, dearest[place - 1]) < price(comparison, call))
			place--;
		if (place == DEAREST)
			continue;
		count += count < DEAREST;
		for (size_t last = count - 1; last > place; last--)
			dearest[last] = dearest[last - 1];
		dearest[place] = call;
	}
	return count;
}

/* ---- Text ---- */

#define LABEL_WIDTH 40
#define COLUMN_WIDTH 26

/* A line: the label, then a column for each policy. */
static void print_line(FILE *out, const struct cost_pair *comparison, const char *label,
		       void (*print)(FILE *, const struct cost_pair *, const struct cost *, size_t),
		       size_t detail)
{
	fprintf(out, "%-*s", LABEL_WIDTH, label);
	for (size_t i = 0; i < comparison->count; i++) {
		char *text = NULL;
		size_t length;
		FILE *cell = open_memstream(&text, &length);

		if (cell) {
			print(cell, comparison, &comparison->costs[i], detail);
			fclose(cell);
		}
		if (i + 1 < comparison->count)
			fprintf(out, " %-*s", COLUMN_WIDTH, text ? text : "");
		else
			fprintf(out, " %s", text ? text : "");
		free(text);
	}
	putc('\n', out);
}

static void print_letter(FILE *out, const struct cost_pair *comparison, const struct cost *cost,
			 size_t detail)
{
	(void)detail;
	putc('a' + (int)(cost - comparison->costs), out);
}

/* Columns have no room for paths: with two policies there are letters above them. */
static void print_names(struct page *page, const struct cost_pair *comparison)
{
	page_paint(page, PAINT_TITLE);
	if (comparison->count == 1) {
		fprintf(page->stream, "%s\n", comparison->costs[0].operand.name);
	} else {
		for (size_t i = 0; i < comparison->count; i++)
			fprintf(page->stream, "%c: %s\n", 'a' + (int)i,
				comparison->costs[i].operand.name);
		print_line(page->stream, comparison, "", print_letter, 0);
	}
	page_paint(page, PAINT_NONE);
}

static void print_size(FILE *out, const struct cost_pair *comparison, const struct cost *cost,
		       size_t detail)
{
	(void)comparison;
	fprintf(out, "%zu", instruction_count(cost) * detail);
}

static void print_install(FILE *out, const struct cost_pair *comparison, const struct cost *cost,
			  size_t detail)
{
	(void)comparison;
	(void)detail;
	fprintf(out, "about %.0f us", cost->install / 1000);
}

static void print_mean(FILE *out, const struct cost_pair *comparison, const struct cost *cost,
		       size_t detail)
{
	fprintf(out, "%.2f", mean_steps(comparison, &cost->surveys[detail], true));
}

static void print_mean_uncached(FILE *out, const struct cost_pair *comparison,
				const struct cost *cost, size_t detail)
{
	fprintf(out, "%.2f", mean_steps(comparison, &cost->surveys[detail], false));
}

static void print_worst(FILE *out, const struct cost_pair *comparison, const struct cost *cost,
			size_t detail)
{
	const struct call_cost *worst = find_worst(&cost->surveys[detail]);

	(void)comparison;
	if (worst)
		fprintf(out, "%zu (%s)", worst->steps, worst->name);
}

/* detail: the survey's index times CACHINGS, plus which caching. */
static void print_caching(FILE *out, const struct cost_pair *comparison, const struct cost *cost,
			  size_t detail)
{
	(void)comparison;
	fprintf(out, "%zu",
		count_caching(&cost->surveys[detail / CACHINGS],
			      (enum caching)(detail % CACHINGS)));
}

/* Whether any policy has such calls. */
static bool occurs(const struct cost_pair *comparison, size_t survey, enum caching caching)
{
	for (size_t i = 0; i < comparison->count; i++) {
		if (count_caching(&comparison->costs[i].surveys[survey], caching))
			return true;
	}
	return false;
}

static void print_abi(struct page *page, const struct cost_pair *comparison, size_t survey)
{
	const struct survey *first = &comparison->costs[0].surveys[survey];
	FILE *out = page->stream;

	page_paint(page, PAINT_TITLE);
	fprintf(out, "\n%s, %zu calls\n", name_of_abi(first->abi), first->count);
	page_paint(page, PAINT_NONE);
	print_line(out, comparison, "  mean steps", print_mean, survey);
	print_line(out, comparison, "  mean steps before Linux 5.11", print_mean_uncached, survey);
	print_line(out, comparison, "  most steps", print_worst, survey);
	for (unsigned int caching = 0; caching < CACHINGS; caching++) {
		char label[LABEL_WIDTH + 8];

		if (!occurs(comparison, survey, (enum caching)caching))
			continue;
		snprintf(label, sizeof(label), "  %s%s", caching == IS_CACHED ? "" : "not cached: ",
			 caching_text((enum caching)caching));
		print_line(out, comparison, label, print_caching, survey * CACHINGS + caching);
	}
}

static void print_dearest(struct page *page, const struct cost_pair *comparison,
			  const struct cost *cost)
{
	const struct call_cost *dearest[DEAREST];
	size_t count = find_dearest(comparison, &cost->surveys[0], dearest);
	FILE *out = page->stream;

	page_paint(page, PAINT_TITLE);
	fprintf(out, "\nDearest calls of %s\n", cost->operand.name);
	page_paint(page, PAINT_NONE);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "  %-24s %4zu step%s", dearest[i]->name, dearest[i]->steps,
			dearest[i]->steps == 1 ? " " : "s");
		if (comparison->options->weights)
			fprintf(out, " x %" PRIu64, weigh(comparison, dearest[i]));
		fprintf(out, "  %s\n", caching_text(dearest[i]->caching));
	}
	if (!count)
		fputs("  none: the kernel runs no instruction of it\n", out);
}

/* Calls that arguments decide, or that take a detour, are few enough to be named. */
static void print_reasons(struct page *page, const struct cost *cost, enum caching caching)
{
	const struct survey *survey = &cost->surveys[0];
	FILE *out = page->stream;

	if (!count_caching(survey, caching))
		return;
	page_paint(page, PAINT_TITLE);
	fprintf(out, "\n%s, not cached: %s:\n", cost->operand.name, caching_text(caching));
	page_paint(page, PAINT_NONE);
	putc(' ', out);
	for (size_t i = 0; i < survey->count; i++) {
		if (survey->calls[i].caching == caching)
			fprintf(out, " %s", survey->calls[i].name);
	}
	putc('\n', out);
}

static void print_text(struct page *page, const struct cost_pair *comparison)
{
	FILE *out = page->stream;

	print_names(page, comparison);
	print_line(out, comparison, "instructions", print_size, 1);
	print_line(out, comparison, "bytes", print_size, sizeof(struct sock_filter));
	print_line(out, comparison, "installing takes", print_install, 0);
	for (size_t i = 0; i < comparison->costs[0].survey_count; i++)
		print_abi(page, comparison, i);
	for (size_t i = 0; i < comparison->count; i++) {
		print_dearest(page, comparison, &comparison->costs[i]);
		print_reasons(page, &comparison->costs[i], BY_ARGUMENTS);
		print_reasons(page, &comparison->costs[i], BY_DETOUR);
	}
}

/* ---- JSON ---- */

static const char *const caching_words[CACHINGS] = {
	[IS_CACHED] = "cached", [NOT_ALLOWED] = "not-allowed", [BY_ARGUMENTS] = "arguments",
	[BY_DETOUR] = "detour", [ABOVE_CACHE] = "above-cache", [WITHOUT_CACHE] = "no-cache",
};

static void json_call_cost(FILE *out, const struct cost_pair *comparison,
			   const struct call_cost *call)
{
	fprintf(out, "{\"name\": \"%s\", \"nr\": %" PRIu32 ", \"steps\": %zu, \"weight\": %" PRIu64,
		call->name, call->number, call->steps, weigh(comparison, call));
	fprintf(out,
		", \"cached\": %s, \"reason\": ", call->caching == IS_CACHED ? "true" : "false");
	json_string(out, call->caching == IS_CACHED ? NULL : caching_words[call->caching]);
	putc('}', out);
}

static void json_survey(FILE *out, const struct cost_pair *comparison, const struct survey *survey)
{
	const struct call_cost *worst = find_worst(survey);

	fprintf(out, "{\"abi\": \"%s\", \"mean\": %.4f, \"mean_without_cache\": %.4f",
		name_of_abi(survey->abi), mean_steps(comparison, survey, true),
		mean_steps(comparison, survey, false));
	fprintf(out, ", \"worst\": %zu, \"cached\": %zu, \"calls\": [", worst ? worst->steps : 0,
		count_caching(survey, IS_CACHED));
	for (size_t i = 0; i < survey->count; i++) {
		fputs(i ? ",\n        " : "\n        ", out);
		json_call_cost(out, comparison, &survey->calls[i]);
	}
	fputs("]}", out);
}

static void json_dearest(FILE *out, const struct cost_pair *comparison, const struct cost *cost)
{
	const struct call_cost *dearest[DEAREST];
	size_t count = find_dearest(comparison, &cost->surveys[0], dearest);

	for (size_t i = 0; i < count; i++) {
		fputs(i ? ",\n      " : "\n      ", out);
		json_call_cost(out, comparison, dearest[i]);
	}
}

static void json_cost(FILE *out, const struct cost_pair *comparison, const struct cost *cost)
{
	size_t instructions = instruction_count(cost);

	fputs("\n    {\"name\": ", out);
	json_string(out, cost->operand.name);
	fprintf(out, ", \"instructions\": %zu, \"bytes\": %zu, \"install_us\": %.1f", instructions,
		instructions * sizeof(struct sock_filter), cost->install / 1000);
	fputs(",\n    \"dearest\": [", out);
	json_dearest(out, comparison, cost);
	fputs("],\n    \"abis\": [", out);
	for (size_t i = 0; i < cost->survey_count; i++) {
		fputs(i ? ",\n      " : "\n      ", out);
		json_survey(out, comparison, &cost->surveys[i]);
	}
	fputs("]}", out);
}

static void print_json(FILE *out, const struct cost_pair *comparison)
{
	fputs("{\n  \"machine\": ", out);
	json_string(out, name_of_abi(comparison->costs[0].filters.machine));
	fputs(",\n  \"policies\": [", out);
	for (size_t i = 0; i < comparison->count; i++) {
		fputs(i ? "," : "", out);
		json_cost(out, comparison, &comparison->costs[i]);
	}
	fputs("\n  ]\n}\n", out);
}

/* ---- The command ---- */

static bool answer(const struct cost_pair *comparison)
{
	struct page page;

	if (!page_open(tool.name, &page))
		return false;
	page.color = comparison->options->color;
	page.is_data = comparison->options->format == FORMAT_JSON;
	if (page.is_data)
		print_json(page.stream, comparison);
	else
		print_text(&page, comparison);
	return page_show(tool.name, &page, NULL);
}

int cost_main(int argc, char **argv)
{
	struct cost_options options = { .effort = SBPF_THOROUGH };
	struct sbpf_target target = { 0 };
	const struct option_group groups[] = {
		{ "Options", cost_rows, COUNT(cost_rows), &options },
		{ "Output", color_rows, color_row_count, &options.color },
		{ "Target", target_options, target_option_count, &target },
	};
	struct cost_pair comparison = { .options = &options };
	int operand, status;
	bool answered;

	if (!options_parse(&tool, groups, 3, argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which POLICY?");
	if (argc - operand > POLICIES_MAX)
		return usage_error(&tool, "two policies can stand beside each other, not more");
	comparison.count = (size_t)(argc - operand);
	answered =
		(!options.weights || weights_read(&tool, options.weights, &comparison.weights)) &&
		measure(&comparison, &target, argv + operand) && answer(&comparison);
	comparison_free(&comparison);
	return answered ? STATUS_OK : STATUS_FAILURE;
}
