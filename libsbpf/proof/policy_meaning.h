/* SPDX-License-Identifier: MIT */
/* A policy as a diagram, read from its rules without the compiler's help. */
#ifndef SBPF_LIB_POLICY_MEANING_H
#define SBPF_LIB_POLICY_MEANING_H

#include "diagram.h"
#include "policy.h"

/* DIAGRAM_FAILED when a limit or the memory is used up. */
diagram meaning_of_rules(struct diagrams *diagrams, const struct sbpf_policy *policy);

#endif
