/* SPDX-License-Identifier: MIT */
/* Calls that lie where a filter may go wrong: on the edges of what a profile tells apart. */
#ifndef SBPF_TESTS_CALLS_H
#define SBPF_TESTS_CALLS_H

#include "random.h"
#include "reference.h"

/* Any call: of any ABI, covered or not, with a number and arguments on an edge. */
void calls_edge(struct random *random, const struct reference *reference,
		struct seccomp_data *data);

/* A call with this number (as in seccomp_data.nr) of an ABI, with arguments on an edge. */
void calls_with_number(struct random *random, const struct reference *reference, int abi,
		       uint32_t number, struct seccomp_data *data);

#endif
