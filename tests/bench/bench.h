/* SPDX-License-Identifier: MIT */
/* The two compilers that are compared, and what is measured of each. */
#ifndef BENCH_H
#define BENCH_H

#include "sbpf.h"

/* A profile text and the machine with the ABIs, separated by commas, that it is compiled for. */
struct task {
	const char *path;
	const char *text;
	size_t length;
	const char *machine;
	const char *abis;
};

struct program {
	struct sock_filter *code; /* malloc'd */
	size_t count;

	/* What was made on the way to it; freeing that is not part of getting there. */
	void *made[2];
	void (*drop)(void *made[2]);
};

/* Frees a program and all that was made on the way to it. */
void program_free(struct program *program);

struct compiler {
	const char *key; /* in JSON and for --once */
	/* Text to filter; exits with a message when it fails, as there is nothing to measure. */
	struct program (*compile)(const struct task *task);
};

/* As libseccomp comes. */
struct program libseccomp_compile(const struct task *task);

/* With SCMP_FLTATR_CTL_OPTIMIZE 2, a binary tree. */
struct program libseccomp_compile_optimized(const struct task *task);

/* "2.5.4" */
const char *libseccomp_version(void);

/* What json-c alone takes for the text, as both sides need it. */
void libseccomp_parse_only(const struct task *task);

/* Of calls of the machine's own ABI with zero arguments; in microseconds, instructions, bytes. */
struct figures {
	double compile;	       /* text to filter, again and again */
	double first;	       /* text to filter, the first time in a process */
	double instructions;   /* of the whole program */
	double steps;	       /* instructions run, mean */
	double worst;	       /* instructions run, most */
	double uncached;       /* calls for which the kernel (5.11 on) runs the program */
	double uncached_steps; /* mean of those */
	double install;	       /* seccomp(2); 0 for another machine's program */
	double heap;	       /* most bytes of malloc(3) memory held while compiling */
};

enum {
	REPEATS = 5,	/* compiles in a row in a round, of which the first is not counted */
	PROCESSES = 15, /* for figures.first */
};

/* Measures the compilers in turn, round by round, so that all see the same machine. */
void measure(const struct task *task, const struct compiler compilers[], size_t count,
	     unsigned int rounds, struct figures figures[]);

/* Median time of parsing alone, in microseconds. */
double measure_parse(const struct task *task, unsigned int rounds);

/* For --once: compiles, then prints the reading of the meter that is linked in. */
void print_once(const struct task *task, const struct compiler *compiler);

/* The nanoseconds of one compile in a new process. */
uint64_t time_once(const struct task *task, const struct compiler *compiler);

/* The peak of malloc(3) memory of one compile in a new process, in bytes. */
uint64_t heap_once(const struct task *task, const struct compiler *compiler);

#endif
