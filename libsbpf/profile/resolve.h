/* SPDX-License-Identifier: MIT */
/* What a profile asks for on one target. */
#ifndef SBPF_LIB_RESOLVE_H
#define SBPF_LIB_RESOLVE_H

#include "profile.h"
#include "target.h"

/*
 * The policy of a profile for a target, which keeps nothing of either. The caller's, to be freed
 * with sbpf_policy_free(). NULL on error.
 */
struct sbpf_policy *resolve(struct profile *profile, const struct target *target,
			    struct sbpf_error *error);

/* Whether a call can come by an ABI where the kernel is that of a machine. */
bool call_can_come(int machine, int abi);

#endif
