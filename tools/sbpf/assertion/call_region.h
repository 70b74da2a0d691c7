/* SPDX-License-Identifier: MIT */
/* The arguments with which a call gets a verdict, as a condition. */
#ifndef SBPF_TOOLS_CALL_REGION_H
#define SBPF_TOOLS_CALL_REGION_H

#include "cell.h"

/*
 * "family == AF_ALG": where the call of the example, whatever its arguments, gets the example's
 * verdict a by one meaning and another one by the other; with the same meaning twice: wherever it
 * gets it. malloc'd, "" for all arguments; NULL when there are too many cases, or no memory.
 */
char *call_region(const struct cell *cell, sbpf_meaning meaning, sbpf_meaning other,
		  const struct sbpf_example *example);

#endif
