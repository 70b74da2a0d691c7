/* SPDX-License-Identifier: MIT */
/* Policy to decision DAG. */
#ifndef SBPF_LIB_LOWER_H
#define SBPF_LIB_LOWER_H

#include "dag.h"
#include "policy.h"

/*
 * The most that a thorough compile looks at, so that it takes some tenths of a second whatever the
 * profile is: splits and chains of its trees over numbers, of all ABIs, and over arguments, of all
 * calls. A tree that would go past is built quickly.
 */
#define NUMBER_STEPS_MAX (UINT64_C(1) << 26)
#define ARGUMENT_STEPS_MAX (UINT64_C(1) << 25)

/* Returns the root, which looks at WORD_ARCH first; -1 with an error when there is no memory. */
int32_t lower_policy(struct dag *dag, const struct sbpf_policy *policy, enum sbpf_effort effort,
		     struct sbpf_error *error);

#endif
