/* SPDX-License-Identifier: MIT */
/* Policy to decision DAG. */
#ifndef SBPF_LIB_LOWER_H
#define SBPF_LIB_LOWER_H

#include "dag.h"
#include "policy.h"

/* Returns the root, which looks at WORD_ARCH first; -1 with an error when there is no memory. */
int32_t lower_policy(struct dag *dag, const struct sbpf_policy *policy, enum sbpf_effort effort,
		     struct sbpf_error *error);

#endif
