/* SPDX-License-Identifier: MIT */
#ifndef SBPF_TOOLS_INITIAL_H
#define SBPF_TOOLS_INITIAL_H

#include "common.h"

/*
 * Writes a first test file for a profile and a target to output, NULL for standard output: it
 * passes and speaks of every rule. False when that failed, which was reported.
 */
bool initial_write(const struct tool *tool, const struct sbpf_target *target, const char *profile,
		   const char *output);

#endif
