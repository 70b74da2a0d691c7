/* SPDX-License-Identifier: MIT */
/* The two answers of sbpf explain: about one call, and about a whole policy. */
#ifndef SBPF_TOOLS_EXPLAIN_H
#define SBPF_TOOLS_EXPLAIN_H

#include "operand.h"
#include "pager.h"
#include "programs.h"

struct question {
	const struct tool *tool;
	const struct sbpf_target *target;
	const struct operand *operand;
	const struct filters *filters;
	bool json;
	bool several; /* targets are asked about, of which some may lack the call */
	bool all;     /* every name, also where "every call but" is shorter */
};

/*
 * Writes down what happens to one call: abi is the ABI that it enters by, words its name or number
 * and up to six arguments. Returns an exit status; what went wrong was reported.
 */
int explain_call(const struct question *question, int abi, char **words, size_t count,
		 struct page *page);

/* Writes down what the whole policy means. */
int explain_policy(const struct question *question, struct page *page);

#endif
