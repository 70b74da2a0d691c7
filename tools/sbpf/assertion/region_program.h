/* SPDX-License-Identifier: MIT */
/*
 * Calls by number and condition as a program: a meaning is made of it by running it on all calls at
 * once, without a policy's rules of precedence in between.
 */
#ifndef SBPF_TOOLS_REGION_PROGRAM_H
#define SBPF_TOOLS_REGION_PROGRAM_H

#include "conditions_parse.h"

#include <linux/bpf_common.h>

/* Written from its end, so that the targets of jumps are known. */
struct region_program {
	struct sock_filter code[BPF_MAXINSNS];
	size_t first; /* of what is written; all before it is room */
	size_t inside;
	size_t outside;
	size_t next; /* where a call is tried that none written so far is */
	bool big_endian;
	size_t calls;
};

/* Without calls: every call is outside. */
void region_program_begin(struct region_program *program, bool big_endian);

/* The room that a call with this condition may need. */
bool region_program_has_room(const struct region_program *program,
			     const struct condition *condition);

/*
 * Adds the calls of a number, whose argument 0 is sub in the bits of mask if there are any, for
 * which the condition holds (NULL: all of them); its tests are in the order of the nodes.
 */
void region_program_add(struct region_program *program, uint32_t number,
			const struct condition *condition, const struct condition_test *tests);
void region_program_add_sub(struct region_program *program, uint32_t number, uint32_t mask,
			    uint32_t sub);

/* Calls of an arch only. Returns the instructions, of *count. */
const struct sock_filter *region_program_end(struct region_program *program, uint32_t audit_arch,
					     size_t *count);

#endif
