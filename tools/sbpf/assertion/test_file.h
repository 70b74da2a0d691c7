/* SPDX-License-Identifier: MIT */
/* The file of 'sbpf test': what is asserted of which profile, for which targets. */
#ifndef SBPF_TOOLS_TEST_FILE_H
#define SBPF_TOOLS_TEST_FILE_H

#include "common.h"
#include "conditions_parse.h"

/* The most lines that assert something, and the most targets of a file. */
#define ASSERTIONS_MAX 4096
#define TEST_TARGETS_MAX 256

/* What a line asserts. */
enum assertion_kind {
	ASSERT_VERDICT, /* every call of its region gets this verdict */
	ASSERT_NEVER,	/* no call of its region is allowed, or allowed and logged */
	ASSERT_WITHIN,	/* nothing is allowed that another policy does not allow */
};

/* Calls of one name or number for which a condition holds. */
struct asserted_call {
	const char *name; /* as sbpf_call_at() has it; NULL: by number */
	uint32_t number;
	struct condition *condition; /* NULL: whatever the arguments */
	size_t at;		     /* in the line */
};

struct assertion {
	unsigned int line;
	char *text;    /* without blanks around it and comments */
	size_t column; /* where text begins in the line, 0-based */
	enum assertion_kind kind;
	char verdict[40]; /* as sbpf_verdict_parse() takes it: "ERRNO(EPERM)" */
	struct asserted_call *calls;
	size_t call_count;
	uint64_t abis;	/* bit = ABI index; 0: those that the filter covers */
	bool every_abi; /* all of the machine's kernel */
	char *policy;	/* of ASSERT_WITHIN: its path from here */
	size_t section;
};

/* A target, which owns its strings. */
struct test_target {
	unsigned int line; /* 0: no line says it */
	struct sbpf_target target;
	int machine;
	char *strings[5];
	size_t string_count;
};

/* A profile and the targets for which lines assert something of it. */
struct test_section {
	char *profile; /* its path from here */
	char *shown;   /* as the file has it */
	unsigned int line;
	size_t first_target; /* of the file's */
	size_t target_count;
};

struct test_file {
	const char *path; /* not owned; "-": standard input */
	struct assertion *assertions;
	size_t count;
	struct test_section *sections;
	size_t section_count;
	struct test_target *targets;
	size_t target_count;
};

/*
 * Reads a text, which need not be terminated. path is what messages and paths in it begin with.
 * False when it is no such file, which was reported (tool NULL: not); test_file_free() is needed
 * all the same.
 */
bool test_file_parse(const struct tool *tool, const char *path, const char *text, size_t length,
		     struct test_file *file);

/* The same of a file; "-" is standard input. */
bool test_file_read(const struct tool *tool, const char *path, struct test_file *file);

/* A line that asserts something and was made up: what is wrong with it is not reported. */
bool assertion_parse(const char *line, struct assertion *assertion);

void assertion_free(struct assertion *assertion);
void test_file_free(struct test_file *file);

/* "FILE:LINE:COLUMN: what is wrong" on stderr. at: in the assertion's text. Returns false. */
bool assertion_report(const struct tool *tool, const struct test_file *file,
		      const struct assertion *assertion, const struct parse_trouble *trouble);

#endif
