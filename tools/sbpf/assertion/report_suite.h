/* SPDX-License-Identifier: MIT */
/* What 'sbpf test' says, for people and for programs. */
#ifndef SBPF_TOOLS_REPORT_SUITE_H
#define SBPF_TOOLS_REPORT_SUITE_H

#include "pager.h"
#include "suite.h"

enum suite_format { SUITE_TEXT, SUITE_TAP, SUITE_JUNIT, SUITE_SARIF, SUITE_JSON };

/* All suites of a command. */
struct suites {
	const struct suite *list;
	size_t count;
	bool mutated;
	size_t mutants;
	size_t killed;
	uint64_t wanted; /* of least_of mutants at least; least_of 0: none is wanted */
	uint64_t least_of;
};

/* Whether as many mutants were killed as are wanted. */
bool suites_score_reached(const struct suites *suites);

void suites_print(struct page *page, enum suite_format format, const struct suites *suites);

/* For the formats: a failed assertion in one line, malloc'd. */
char *failure_text(const struct suite *suite, const struct assertion_result *result);

/* "profile.json:12: syscalls[3]", what decided a failed one's call; malloc'd. */
char *failure_cause(const struct assertion_result *result);

/* "read, write" of a gap, malloc'd; NULL for a default. */
char *gap_names(const struct gap_found *gap);

void junit_print(FILE *out, const struct suites *suites);
void suite_sarif_print(FILE *out, const struct suites *suites);

#endif
