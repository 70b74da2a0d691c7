/* SPDX-License-Identifier: MIT */
/* Rules on a call in place of all that a profile has on it. */
#ifndef SBPF_TOOLS_REPLACEMENT_H
#define SBPF_TOOLS_REPLACEMENT_H

#include "amendment.h"
#include "splice.h"

/*
 * Takes the call out of the entries of the draft that apply to it for the target, and adds rules by
 * which it gets what is wanted. The call is told which. False when there are no such rules.
 */
bool replace_rules(const struct amendment *amendment, sbpf_meaning wanted,
		   struct amended_call *call, struct splice *splice);

#endif
