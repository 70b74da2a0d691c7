/* SPDX-License-Identifier: MIT */
/* Text for people, TAP 14 (testanything.org) and JSON. */
#include "report_suite.h"

#include "call.h"
#include "constants.h"
#include "json_writer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *shown(const char *path)
{
	return strcmp(path, "-") ? path : "<stdin>";
}

/* ---- Text ---- */

static void print_target(FILE *out, const struct cell *cell)
{
	if (cell->file->sections[cell->section].target_count > 1 && cell->target->line)
		fprintf(out, "    for %s of line %u\n", name_of_abi(cell->machine),
			cell->target->line);
}

static void print_failure(struct page *page, const struct suite *suite,
			  const struct assertion_result *result)
{
	const struct assertion *assertion = &suite->file.assertions[result - suite->results];
	char *text = failure_text(suite, result);
	char *cause = failure_cause(result);

	page_paint(page, PAINT_KILL);
	fputs("FAILED ", page->stream);
	page_paint(page, PAINT_TITLE);
	fprintf(page->stream, "%s:%u: %s\n", shown(suite->file.path), assertion->line,
		assertion->text);
	page_paint(page, PAINT_NONE);
	fprintf(page->stream, "    %s\n", text ? text : "");
	if (cause)
		fprintf(page->stream, "    by %s\n", cause);
	print_target(page->stream, result->cell);
	free(text);
	free(cause);
}

/* How many gaps of a kind, in rules and defaults. */
static size_t count_gaps(const struct suite *suite, bool decides)
{
	size_t count = 0;

	for (size_t i = 0; i < suite->gap_count; i++) {
		const struct gap_found *gap = &suite->gaps[i];

		if (gap->decides == decides)
			count += gap->names ? gap->name_count : 1;
	}
	return count;
}

static void print_gap(FILE *out, const char *prefix, const struct gap_found *gap)
{
	char *names = gap_names(gap);

	fprintf(out, "%s%s:%u: %s%s%s\n", prefix, gap->cell->part->path, gap->line, gap->path,
		names ? ": " : "", names ? names : "");
	free(names);
}

static void print_gaps(struct page *page, const struct suite *suite)
{
	size_t missed = count_gaps(suite, true);
	size_t idle = count_gaps(suite, false);

	if (missed) {
		page_paint(page, PAINT_REFUSE);
		fprintf(page->stream, "No assertion speaks of %zu rule%s:\n", missed,
			missed == 1 ? "" : "s");
		page_paint(page, PAINT_NONE);
	}
	for (size_t i = 0; i < suite->gap_count; i++) {
		if (suite->gaps[i].decides)
			print_gap(page->stream, "    ", &suite->gaps[i]);
	}
	if (!idle)
		return;
	page_paint(page, PAINT_QUIET);
	fprintf(page->stream,
		"%zu rule%s decide%s no call for the targets of %s (guards, other ABIs, earlier "
		"rules)\n",
		idle, idle == 1 ? "" : "s", idle == 1 ? "s" : "", shown(suite->file.path));
	page_paint(page, PAINT_NONE);
}

/* Whether the next survivor is noticed by the same line. */
static bool shares_line(const struct suite *suite, size_t index)
{
	const struct survivor *one = &suite->survivors[index];

	return index + 1 < suite->survivor_count && one->assertion && one[1].assertion &&
	       !strcmp(one->assertion, one[1].assertion);
}

/* "survives profile.json:12: syscalls[3]: drop the name read", and the line that all of a run need.
 */
static void print_survivors(struct page *page, const struct suite *suite)
{
	for (size_t i = 0; i < suite->survivor_count; i++) {
		const struct survivor *survivor = &suite->survivors[i];

		page_paint(page, PAINT_REFUSE);
		fputs("survives ", page->stream);
		page_paint(page, PAINT_NONE);
		fprintf(page->stream, "%s:%u: %s: %s\n", survivor->cell->part->path, survivor->line,
			survivor->path, survivor->mutant);
		if (survivor->assertion && !shares_line(suite, i))
			fprintf(page->stream, "    %s\n", survivor->assertion);
	}
}

static void print_summary(struct page *page, const struct suites *suites)
{
	size_t assertions = 0, failed = 0;

	for (size_t i = 0; i < suites->count; i++) {
		assertions += suites->list[i].file.count;
		failed += suites->list[i].failed;
	}
	page_paint(page, failed ? PAINT_KILL : PAINT_ALLOW);
	fprintf(page->stream, "%zu of %zu assertion%s hold%s", assertions - failed, assertions,
		assertions == 1 ? "" : "s", assertions == 1 ? "s" : "");
	page_paint(page, suites_score_reached(suites) ? PAINT_NONE : PAINT_KILL);
	if (suites->mutated)
		fprintf(page->stream, ", killed %zu of %zu mutants", suites->killed,
			suites->mutants);
	if (!suites_score_reached(suites))
		fprintf(page->stream, ", where %" PRIu64 " of %" PRIu64 " are wanted",
			suites->wanted, suites->least_of);
	page_paint(page, PAINT_NONE);
	putc('\n', page->stream);
}

static void print_text(struct page *page, const struct suites *suites)
{
	for (size_t i = 0; i < suites->count; i++) {
		const struct suite *suite = &suites->list[i];

		for (size_t j = 0; j < suite->file.count; j++) {
			if (!suite->results[j].passed)
				print_failure(page, suite, &suite->results[j]);
		}
		print_gaps(page, suite);
		print_survivors(page, suite);
	}
	print_summary(page, suites);
}

/* ---- TAP ---- */

/* A description may hold no "#", which begins a directive, but behind a backslash. */
static void print_description(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
}

/* A block of YAML below a line; JSON's strings are YAML's. */
static void print_diagnostic(FILE *out, const char *message, const char *cause)
{
	fputs("  ---\n  message: ", out);
	json_string(out, message);
	if (cause) {
		fputs("\n  rule: ", out);
		json_string(out, cause);
	}
	fputs("\n  ...\n", out);
}

static void print_points(FILE *out, const struct suite *suite, size_t *number)
{
	for (size_t i = 0; i < suite->file.count; i++) {
		const struct assertion *assertion = &suite->file.assertions[i];
		const struct assertion_result *result = &suite->results[i];

		fprintf(out, "%s %zu - ", result->passed ? "ok" : "not ok", ++*number);
		print_description(out, shown(suite->file.path));
		fprintf(out, ":%u: ", assertion->line);
		print_description(out, assertion->text);
		putc('\n', out);
		if (!result->passed) {
			char *text = failure_text(suite, result);
			char *cause = failure_cause(result);

			print_diagnostic(out, text ? text : "", cause);
			free(text);
			free(cause);
		}
	}
}

static void print_notes(FILE *out, const struct suite *suite)
{
	for (size_t i = 0; i < suite->gap_count; i++) {
		if (suite->gaps[i].decides)
			print_gap(out, "# no assertion: ", &suite->gaps[i]);
	}
	for (size_t i = 0; i < suite->survivor_count; i++) {
		const struct survivor *survivor = &suite->survivors[i];

		fprintf(out, "# survives: %s:%u: %s: %s\n", survivor->cell->part->path,
			survivor->line, survivor->path, survivor->mutant);
		if (survivor->assertion)
			fprintf(out, "#     %s\n", survivor->assertion);
	}
}

static void print_tap(FILE *out, const struct suites *suites)
{
	size_t number = 0, plan = suites->least_of > 0;
	bool reached = suites_score_reached(suites);

	for (size_t i = 0; i < suites->count; i++)
		plan += suites->list[i].file.count;
	fprintf(out, "TAP version 14\n1..%zu\n", plan);
	for (size_t i = 0; i < suites->count; i++) {
		print_points(out, &suites->list[i], &number);
		print_notes(out, &suites->list[i]);
	}
	if (suites->mutated)
		fprintf(out, "# killed %zu of %zu mutants\n", suites->killed, suites->mutants);
	if (suites->least_of)
		fprintf(out, "%s %zu - at least %" PRIu64 " of %" PRIu64 " mutants are killed\n",
			reached ? "ok" : "not ok", ++number, suites->wanted, suites->least_of);
}

/* ---- JSON ---- */

static void json_failure(FILE *out, const struct suite *suite,
			 const struct assertion_result *result)
{
	const struct assertion *assertion = &suite->file.assertions[result - suite->results];
	const struct sbpf_example *example = &result->outcome.example;
	char *text = failure_text(suite, result);
	char *cause = failure_cause(result);

	fputs("{\"file\": ", out);
	json_string(out, suite->file.path);
	fprintf(out, ", \"line\": %u, \"text\": ", assertion->line);
	json_string(out, assertion->text);
	fputs(", \"message\": ", out);
	json_string(out, text);
	fputs(", \"rule\": ", out);
	json_string(out, cause);
	fputs(", \"example\": ", out);
	if (result->outcome.is_void) {
		fputs("null}", out);
	} else {
		putc('{', out);
		json_call(out, example->abi, &example->data);
		fputs(", \"verdict\": ", out);
		json_verdict(out, example->a);
		fputs("}}", out);
	}
	free(text);
	free(cause);
}

static void json_gap(FILE *out, const struct gap_found *gap)
{
	fputs("{\"file\": ", out);
	json_string(out, gap->cell->part->path);
	fputs(", \"rule\": ", out);
	json_string(out, gap->path);
	fprintf(out, ", \"line\": %u, \"names\": ", gap->line);
	if (!gap->names) {
		fputs("null}", out);
		return;
	}
	for (size_t i = 0; i < gap->name_count; i++) {
		fputs(i ? ", " : "[", out);
		json_string(out, gap->names[i]);
	}
	fputs("]}", out);
}

static void json_survivor(FILE *out, const struct survivor *survivor)
{
	fputs("{\"mutant\": ", out);
	json_string(out, survivor->mutant);
	fputs(", \"file\": ", out);
	json_string(out, survivor->cell->part->path);
	fputs(", \"rule\": ", out);
	json_string(out, survivor->path);
	fprintf(out, ", \"line\": %u, \"assertion\": ", survivor->line);
	json_string(out, survivor->assertion);
	putc('}', out);
}

static const char *next(bool *first)
{
	const char *separator = *first ? "\n  " : ",\n  ";

	*first = false;
	return separator;
}

static void json_gaps(FILE *out, const struct suites *suites, bool decides)
{
	bool first = true;

	for (size_t i = 0; i < suites->count; i++) {
		for (size_t j = 0; j < suites->list[i].gap_count; j++) {
			if (suites->list[i].gaps[j].decides != decides)
				continue;
			fputs(next(&first), out);
			json_gap(out, &suites->list[i].gaps[j]);
		}
	}
}

static void json_failures(FILE *out, const struct suites *suites)
{
	bool first = true;

	for (size_t i = 0; i < suites->count; i++) {
		const struct suite *suite = &suites->list[i];

		for (size_t j = 0; j < suite->file.count; j++) {
			if (suite->results[j].passed)
				continue;
			fputs(next(&first), out);
			json_failure(out, suite, &suite->results[j]);
		}
	}
}

static void print_json(FILE *out, const struct suites *suites)
{
	size_t assertions = 0;
	bool first = true;

	for (size_t i = 0; i < suites->count; i++)
		assertions += suites->list[i].file.count;
	fprintf(out, "{\"assertions\": %zu, \"failed\": [", assertions);
	json_failures(out, suites);
	fputs("],\n \"uncovered\": [", out);
	json_gaps(out, suites, true);
	fputs("],\n \"idle\": [", out);
	json_gaps(out, suites, false);
	fprintf(out, "],\n \"mutants\": %zu, \"killed\": %zu, \"survivors\": [", suites->mutants,
		suites->killed);
	for (size_t i = 0; i < suites->count; i++) {
		for (size_t j = 0; j < suites->list[i].survivor_count; j++) {
			fputs(next(&first), out);
			json_survivor(out, &suites->list[i].survivors[j]);
		}
	}
	fputs("]}\n", out);
}

/* ---- All ---- */

void suites_print(struct page *page, enum suite_format format, const struct suites *suites)
{
	switch (format) {
	case SUITE_TAP:
		print_tap(page->stream, suites);
		break;
	case SUITE_JUNIT:
		junit_print(page->stream, suites);
		break;
	case SUITE_SARIF:
		suite_sarif_print(page->stream, suites);
		break;
	case SUITE_JSON:
		print_json(page->stream, suites);
		break;
	case SUITE_TEXT:
	default:
		print_text(page, suites);
		break;
	}
}
