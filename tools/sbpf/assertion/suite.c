/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

void suite_progress(const struct suite *suite, const char *what, size_t done, size_t total)
{
	if (!suite->progress)
		return;
	if (total)
		fprintf(stderr, "\r%s: %zu of %zu\033[K", what, done, total);
	else
		fputs("\r\033[K", stderr);
	fflush(stderr);
}

static bool open_cells(struct suite *suite)
{
	const struct test_file *file = &suite->file;
	size_t count = 0;

	for (size_t i = 0; i < file->section_count; i++)
		count += file->sections[i].target_count;
	suite->cells = calloc(count + 1, sizeof(suite->cells[0]));
	if (!suite->cells) {
		report(suite->tool->name, "out of memory");
		return false;
	}
	for (size_t i = 0; i < file->section_count; i++) {
		const struct test_section *section = &file->sections[i];

		for (size_t j = 0; j < section->target_count; j++) {
			const struct test_target *target =
				&file->targets[section->first_target + j];

			if (!cell_open(suite->tool, file, i, target,
				       &suite->cells[suite->cell_count++]))
				return false;
		}
	}
	return true;
}

/* An ABI that no target's kernel has would leave a line without a call, and without a failure. */
static bool check_abis(struct suite *suite, const struct assertion *assertion)
{
	struct parse_trouble trouble = { .at = 0 };
	uint64_t known = 0;
	char list[256];

	for (size_t i = 0; i < suite->cell_count; i++) {
		if (suite->cells[i].section == assertion->section)
			known |= suite->cells[i].kernel_abis;
	}
	if (!(assertion->abis & ~known))
		return true;
	snprintf(trouble.message, sizeof(trouble.message), "no target here has the ABI %s",
		 abis_list(assertion->abis & ~known, ", ", list, sizeof(list)));
	return assertion_report(suite->tool, &suite->file, assertion, &trouble);
}

/* It fails when it fails for one target, or speaks of no call for any. */
static bool decide(struct suite *suite, size_t index)
{
	const struct assertion *assertion = &suite->file.assertions[index];
	struct assertion_result *result = &suite->results[index];
	bool all_void = true;

	if (!check_abis(suite, assertion))
		return false;
	result->passed = true;
	for (size_t i = 0; i < suite->cell_count && result->passed; i++) {
		const struct cell *cell = &suite->cells[i];

		if (cell->section != assertion->section)
			continue;
		if (!assertion_decide(cell, assertion, &cell->stand, &result->outcome))
			return false;
		result->cell = cell;
		result->passed = result->outcome.passed;
		all_void &= result->outcome.is_void;
	}
	if (result->passed && all_void)
		result->passed = false;
	else
		result->outcome.is_void = false;
	suite->failed += !result->passed;
	return true;
}

/* The file is read. */
static bool run(struct suite *suite)
{
	bool done = open_cells(suite);

	suite->results = calloc(suite->file.count + 1, sizeof(suite->results[0]));
	if (done && !suite->results) {
		report(suite->tool->name, "out of memory");
		done = false;
	}
	for (size_t i = 0; done && i < suite->file.count; i++) {
		suite_progress(suite, "assertions", i, suite->file.count);
		done = decide(suite, i);
	}
	suite_progress(suite, "", 0, 0);
	return done;
}

bool suite_run(const struct tool *tool, const char *path, bool progress, struct suite *suite)
{
	*suite = (struct suite){ .tool = tool, .progress = progress };
	return test_file_read(tool, path, &suite->file) && run(suite);
}

bool suite_run_text(const struct tool *tool, const char *path, const char *text, size_t length,
		    struct suite *suite)
{
	*suite = (struct suite){ .tool = tool };
	return test_file_parse(tool, path, text, length, &suite->file) && run(suite);
}

void suite_free(struct suite *suite)
{
	for (size_t i = 0; i < suite->gap_count; i++) {
		for (size_t j = 0; j < suite->gaps[i].name_count; j++)
			free(suite->gaps[i].names[j]);
		free(suite->gaps[i].names);
	}
	for (size_t i = 0; i < suite->survivor_count; i++) {
		free(suite->survivors[i].mutant);
		free(suite->survivors[i].assertion);
	}
	for (size_t i = 0; i < suite->cell_count; i++)
		cell_free(&suite->cells[i]);
	free(suite->cells);
	free(suite->results);
	free(suite->gaps);
	free(suite->survivors);
	test_file_free(&suite->file);
	*suite = (struct suite){ 0 };
}
