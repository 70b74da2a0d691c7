/* SPDX-License-Identifier: MIT */
/* JUnit's XML, as CI systems read it, and SARIF. */
#include "report_suite.h"

#include "sarif.h"

#include <stdlib.h>
#include <string.h>

/* ---- JUnit ---- */

/* Text in XML 1.0, which has no control characters but tab and the ends of lines. */
static void print_xml(FILE *out, const char *text)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	for (; text && *text; text++) {
		const char *found = strchr(special, *text);

		if (found)
			fputs(entities[found - special], out);
		else
			putc((unsigned char)*text < ' ' && *text != '\t' ? '?' : *text, out);
	}
}

static void print_case(FILE *out, const struct suite *suite, size_t index)
{
	const struct assertion *assertion = &suite->file.assertions[index];
	const struct assertion_result *result = &suite->results[index];
	char *text, *cause;

	fprintf(out, "    <testcase name=\"line %u: ", assertion->line);
	print_xml(out, assertion->text);
	fputs("\" classname=\"", out);
	print_xml(out, suite->file.path);
	if (result->passed) {
		fputs("\"/>\n", out);
		return;
	}
	text = failure_text(suite, result);
	cause = failure_cause(result);
	fputs("\">\n      <failure message=\"", out);
	print_xml(out, text);
	fputs("\">", out);
	print_xml(out, cause);
	fputs("</failure>\n    </testcase>\n", out);
	free(text);
	free(cause);
}

static void print_notes(FILE *out, const struct suite *suite)
{
	fputs("    <system-out>", out);
	for (size_t i = 0; i < suite->gap_count; i++) {
		const struct gap_found *gap = &suite->gaps[i];
		char *names;

		if (!gap->decides)
			continue;
		fputs("no assertion: ", out);
		print_xml(out, gap->cell->part->path);
		names = gap_names(gap);
		fprintf(out, ":%u: %s%s%s\n", gap->line, gap->path, names ? ": " : "",
			names ? names : "");
		free(names);
	}
	for (size_t i = 0; i < suite->survivor_count; i++) {
		const struct survivor *survivor = &suite->survivors[i];

		fputs("survives: ", out);
		print_xml(out, survivor->cell->part->path);
		fprintf(out, ":%u: %s: ", survivor->line, survivor->path);
		print_xml(out, survivor->mutant);
		fputs("\n    ", out);
		print_xml(out, survivor->assertion);
		putc('\n', out);
	}
	if (suite->mutated)
		fprintf(out, "killed %zu of %zu mutants\n", suite->killed, suite->mutants);
	fputs("</system-out>\n", out);
}

/* The score that is wanted is a case of its own, which can fail. */
static void print_score(FILE *out, const struct suites *suites)
{
	bool reached = suites_score_reached(suites);

	if (!suites->least_of)
		return;
	fprintf(out,
		"  <testsuite name=\"mutants\" tests=\"1\" failures=\"%d\">\n"
		"    <testcase name=\"at least %llu of %llu mutants are killed\" "
		"classname=\"mutants\"",
		!reached, (unsigned long long)suites->wanted, (unsigned long long)suites->least_of);
	if (reached)
		fputs("/>\n", out);
	else
		fprintf(out, ">\n      <failure message=\"killed %zu of %zu\"/>\n    </testcase>\n",
			suites->killed, suites->mutants);
	fputs("  </testsuite>\n", out);
}

void junit_print(FILE *out, const struct suites *suites)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sbpf test\">\n", out);
	for (size_t i = 0; i < suites->count; i++) {
		const struct suite *suite = &suites->list[i];

		fputs("  <testsuite name=\"", out);
		print_xml(out, suite->file.path);
		fprintf(out, "\" tests=\"%zu\" failures=\"%zu\">\n", suite->file.count,
			suite->failed);
		for (size_t j = 0; j < suite->file.count; j++)
			print_case(out, suite, j);
		print_notes(out, suite);
		fputs("  </testsuite>\n", out);
	}
	print_score(out, suites);
	fputs("</testsuites>\n", out);
}

/* ---- SARIF ---- */

enum { RULE_FAILED, RULE_UNCOVERED, RULE_SURVIVES };

static const struct sarif_rule rules[] = {
	[RULE_FAILED] = { "assertion-failed", "The profile does not do what a line asserts.",
			  "error" },
	[RULE_UNCOVERED] = { "rule-uncovered", "No assertion speaks of a rule of the profile.",
			     "note" },
	[RULE_SURVIVES] = { "mutant-survives",
			    "A change of the profile's meaning would fail no assertion.",
			    "warning" },
};

static void print_one(FILE *out, struct sarif_log *log, size_t rule, char *message,
		      const char *file, unsigned int line, const char *path)
{
	const struct sarif_result result = {
		.rule = rule,
		.level = rules[rule].level,
		.message = message ? message : "",
		.file = file,
		.line = line,
		.path = path,
	};

	sarif_result(out, log, &result);
	free(message);
}

static char *join(const char *one, const char *between, const char *two)
{
	char *text;

	return asprintf(&text, "%s%s%s", one, two ? between : "", two ? two : "") < 0 ? NULL : text;
}

static void print_failures(FILE *out, struct sarif_log *log, const struct suite *suite)
{
	for (size_t i = 0; i < suite->file.count; i++) {
		char *text, *cause;

		if (suite->results[i].passed)
			continue;
		text = failure_text(suite, &suite->results[i]);
		cause = failure_cause(&suite->results[i]);
		print_one(out, log, RULE_FAILED, join(text ? text : "", ", by ", cause),
			  suite->file.path, suite->file.assertions[i].line,
			  suite->file.assertions[i].text);
		free(text);
		free(cause);
	}
}

void suite_sarif_print(FILE *out, const struct suites *suites)
{
	struct sarif_log log = {
		.tool = "sbpf test",
		.rules = rules,
		.rule_count = COUNT(rules),
	};

	sarif_begin(out, &log);
	for (size_t i = 0; i < suites->count; i++) {
		const struct suite *suite = &suites->list[i];

		print_failures(out, &log, suite);
		for (size_t j = 0; j < suite->gap_count; j++) {
			const struct gap_found *gap = &suite->gaps[j];
			char *names = gap_names(gap);

			if (gap->decides)
				print_one(out, &log, RULE_UNCOVERED,
					  join("no assertion speaks of it", ": ", names),
					  gap->cell->part->path, gap->line, gap->path);
			free(names);
		}
		for (size_t j = 0; j < suite->survivor_count; j++) {
			const struct survivor *survivor = &suite->survivors[j];

			print_one(out, &log, RULE_SURVIVES,
				  join(survivor->mutant, "; noticed by: ", survivor->assertion),
				  survivor->cell->part->path, survivor->line, survivor->path);
		}
	}
	sarif_end(out, &log);
}
