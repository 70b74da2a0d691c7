/* SPDX-License-Identifier: MIT */
/* The programs that a POLICY stands for, as the kernel would run them. */
#ifndef SBPF_TOOLS_PROGRAMS_H
#define SBPF_TOOLS_PROGRAMS_H

#include "common.h"
#include "operand.h"

struct filter {
	const char *name;
	const struct sock_filter *program; /* this machine's byte order */
	size_t count;
	struct sbpf_filter *compiled; /* owns the program of a profile, else NULL */
};

struct filters {
	struct filter *list; /* newest first */
	size_t count;
	int machine;
	bool big_endian;
	uint64_t relatives; /* the ABIs that a kernel of the machine has: bit = ABI index */
};

/* Compiles what is to be compiled; false when that failed, which was reported. */
bool filters_make(const struct tool *tool, const struct sbpf_target *target,
		  const struct operand *operand, enum sbpf_effort effort, struct filters *filters);
void filters_free(struct filters *filters);

#endif
