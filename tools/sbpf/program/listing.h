/* SPDX-License-Identifier: MIT */
/* The calls that come to an instruction of a filter, in words. */
#ifndef SBPF_TOOLS_LISTING_H
#define SBPF_TOOLS_LISTING_H

#include "programs.h"

#include <stdio.h>

/*
 * Notes on a filter, to be freed with sbpf_notes_free(); constants have their names. NULL when
 * there is no memory, which was reported.
 */
struct sbpf_notes *listing_make(const char *program, const struct filters *filters,
				const struct filter *filter);

/*
 * "mkdir", or "x86_64 0-82, x32 39-": the calls that come to an instruction, by the lowest and the
 * highest of their numbers. Those of x32 stand without bit 30; an open end is above all calls.
 */
void listing_reach(FILE *out, const struct sbpf_notes *notes, size_t index);

#endif
