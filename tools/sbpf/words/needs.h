/* SPDX-License-Identifier: MIT */
/* What programs, and the runtimes that start them, call whatever they are for. */
#ifndef SBPF_TOOLS_NEEDS_H
#define SBPF_TOOLS_NEEDS_H

#include <stddef.h>

/* What a refusal must be for the program not to go on. */
enum refusal { ANY_REFUSAL, ENDING_REFUSAL };

/* Calls before main(). Names are separated by spaces. */
struct need {
	const char *calls;    /* one of these will do; an ABI without any has no such need */
	const char *abis;     /* that have this need; NULL: all */
	const char *in_place; /* ABIs with this call have the need by that one; NULL: none */
	enum refusal refusal;
};

/* Of every program, and beside them of those that are linked dynamically. */
extern const struct need static_needs[];
extern const size_t static_need_count;
extern const struct need dynamic_needs[];
extern const size_t dynamic_need_count;

/* How a runtime starts a program: a container's first, or another one in a container that runs. */
enum way { START_NNP, START, EXEC_NNP, EXEC, WAYS };

/* What becomes of it when a call is refused after the filter is in force. */
enum start { STARTS, DIES_WITH_IT, FAILS };

/* "runc 1.1"; arch/startup.tbl. */
extern const char *const runtimes[];
extern const size_t runtime_count;

struct runtime_need {
	size_t runtime; /* in runtimes; ascending */
	const char *call;
	enum start starts[WAYS];
};
extern const struct runtime_need runtime_needs[];
extern const size_t runtime_need_count;

#endif
