/* SPDX-License-Identifier: MIT */
/* What parts a refused call from other calls of its number. */
#ifndef SBPF_TOOLS_NARROW_H
#define SBPF_TOOLS_NARROW_H

#include "refusals.h"

/*
 * Asks the policy about a call that got this verdict, from another filter if it is_foreign, and
 * fills the key of its group. Its conditions hold for this call and, of all that it could be
 * confused with, for as few others as one rule can say: an argument that tells which of several
 * things the call does, and arguments that rules on the call look at. None of them tests an
 * argument that another one does.
 */
void narrow_call(const struct sbpf_policy *policy, const struct seccomp_data *data,
		 uint32_t verdict, bool is_foreign, struct refusal_key *key);

#endif
