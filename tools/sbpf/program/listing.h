/* SPDX-License-Identifier: MIT */
/* What each instruction of a filter does, and which calls come to it. */
#ifndef SBPF_TOOLS_LISTING_H
#define SBPF_TOOLS_LISTING_H

#include "programs.h"

#include <stdio.h>

/* Who of one ABI comes to an instruction. */
struct arrival {
	uint32_t calls; /* how many of the calls known by name */
	uint32_t first; /* the lowest and the highest of their numbers */
	uint32_t last;
	bool unnamed; /* numbers that no call has come here too */
};

struct listing {
	const struct filters *filters;
	const struct filter *filter;
	int *abis; /* the relatives, then -1 for any arch that is none of them */
	size_t abi_count;
	struct arrival *arrivals; /* abi_count for each instruction */
	struct instruction_field *fields;
};

/* What A holds when control reaches an instruction. */
struct instruction_field {
	bool reached;
	bool known;	 /* it is a field of struct seccomp_data, the same on every way */
	uint32_t offset; /* of the field */
	uint32_t kept;	 /* the bits of it that AND left */
	bool mixed;	 /* on some ways other bits were left than on others */
};

/* False when there is no memory, which was reported. */
bool listing_make(const char *program, const struct filters *filters, const struct filter *filter,
		  struct listing *listing);
void listing_free(struct listing *listing);

/*
 * "A = number", "return ERRNO(1)", or the test of a jump, such as "number >= 83 (mkdir)", turned
 * round when it is negated.
 */
void listing_describe(FILE *out, const struct listing *listing, size_t index, bool negated);

/*
 * "mkdir", or "x86_64 0-82, x32 39-": the calls that come to an instruction, by the lowest and the
 * highest of their numbers. Those of x32 stand without bit 30; an open end is above all calls.
 */
void listing_reach(FILE *out, const struct listing *listing, size_t index);

#endif
