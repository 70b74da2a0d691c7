/* SPDX-License-Identifier: MIT */
/* What a test file comes to: its assertions, what they leave out, and what they would miss. */
#ifndef SBPF_TOOLS_SUITE_H
#define SBPF_TOOLS_SUITE_H

#include "cell.h"

struct assertion_result {
	bool passed;
	struct outcome outcome; /* of the first cell that it fails on */
	const struct cell *cell;
};

/* Rules of one entry, or a default, that no assertion speaks of. */
struct gap_found {
	const struct cell *cell; /* the first that they are looked at in */
	char path[64];		 /* "syscalls[3]", "defaultAction" */
	unsigned int line;
	char **names; /* as the profile has them; NULL for a default */
	size_t name_count;
	bool decides; /* else: no call of any target, so that none can */
};

/* A changed profile that no assertion tells from the profile. */
struct survivor {
	const struct cell *cell; /* that it is another one for */
	char *mutant;		 /* "drop the name read" */
	char path[64];
	unsigned int line;
	char *assertion; /* the line that tells them apart; NULL: none was found */
};

struct suite {
	const struct tool *tool;
	struct test_file file;
	struct cell *cells;
	size_t cell_count;
	struct assertion_result *results; /* of the file's assertions */
	size_t failed;
	struct gap_found *gaps;
	size_t gap_count;
	bool mutated;
	size_t mutants; /* of other meaning than the profile */
	size_t killed;
	struct survivor *survivors;
	size_t survivor_count;
	bool progress; /* on stderr, a terminal */
};

/* Reads a file and decides its assertions. False when that failed, which was reported;
 * suite_free() is needed all the same. */
bool suite_run(const struct tool *tool, const char *path, bool progress, struct suite *suite);

/* The same for a text of a file of this name. */
bool suite_run_text(const struct tool *tool, const char *path, const char *text, size_t length,
		    struct suite *suite);

/* Finds what no assertion speaks of. */
bool suite_cover(struct suite *suite);

void suite_free(struct suite *suite);

/* "12 of 300" on a terminal, over itself; a total of 0 takes it away. */
void suite_progress(const struct suite *suite, const char *what, size_t done, size_t total);

#endif
