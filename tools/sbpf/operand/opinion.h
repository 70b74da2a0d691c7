/* SPDX-License-Identifier: MIT */
/* What one part of an operand says about one call, rule by rule. */
#ifndef SBPF_TOOLS_OPINION_H
#define SBPF_TOOLS_OPINION_H

#include "operand.h"
#include "pager.h"

/* Where in the text of a profile its rules stand. */
struct part_lines {
	unsigned int *entries; /* of syscalls[], 1-based; 0: unknown */
	size_t count;
	unsigned int fallback; /* of defaultAction */
};

/* All of them in one walk; none for a raw filter. False when there is no memory. */
bool part_lines_read(const struct operand_part *part, struct part_lines *lines);
void part_lines_free(struct part_lines *lines);

/* One rule of a profile on the call. */
struct rule_finding {
	struct sbpf_rule rule;
	char path[64]; /* "syscalls[3]", "linux.seccomp.syscalls[3]" */
	unsigned int line;
};

struct opinion {
	const struct operand_part *part;
	const struct part_lines *lines;
	uint32_t verdict;
	enum sbpf_cause cause; /* of a profile */
	struct rule_finding *findings;
	size_t count;
	bool out_of_memory;
};

/*
 * Asks a profile about a call; a raw filter says nothing but its verdict, which is the caller's to
 * fill in. lines are kept. False when there is no memory; opinion_free() is needed all the same.
 */
bool opinion_form(const struct operand_part *part, const struct part_lines *lines,
		  const struct seccomp_data *data, struct opinion *opinion);
void opinion_free(struct opinion *opinion);

/* The rule that gave the verdict, or NULL. */
const struct rule_finding *opinion_decisive(const struct opinion *opinion);

/* "defaultAction", "the profile does not cover this ABI (--bad-arch)"; NULL: it was a rule. */
const char *opinion_cause(const struct opinion *opinion);

/* How a call's opinion is printed. */
struct opinion_call {
	int abi;
	uint32_t number;
	enum sbpf_reading reading;
	const char *indent; /* of each line */
};

/* A line for each rule on the call, and one for what decided where none of them did. */
void opinion_print(struct page *page, const struct opinion_call *call,
		   const struct opinion *opinion);

#endif
