/* SPDX-License-Identifier: MIT */
/* Which instructions of a program a call can come by, and how many it takes at most. */
#ifndef SBPF_TOOLS_FOLLOW_H
#define SBPF_TOOLS_FOLLOW_H

#include "sbpf.h"

/* What is known when control reaches an instruction. */
struct flow_state {
	bool reached;
	bool known; /* what A holds, whatever the arguments are */
	uint32_t a;
	size_t most; /* instructions run before it, on the longest way */
};

/*
 * Follows a call with any arguments through a program that sbpf_program_check() takes. states has
 * count elements. Returns the most instructions that it can take; where tests of several arguments
 * depend on each other, some calls may take fewer than this says, none more.
 */
size_t flow_follow(const struct sock_filter *program, size_t count, uint32_t audit_arch,
		   uint32_t number, struct flow_state *states);

/* Where jumps lead; *no is the same as *yes but for tests. False for what is no jump. */
bool flow_targets(const struct sock_filter *program, size_t index, size_t *yes, size_t *no);

/* Whether it is a jump on a condition. */
bool is_test(const struct sock_filter *instruction);

#endif
