/* SPDX-License-Identifier: MIT */
/* Two policies that are compared, for each target that counts. */
#ifndef SBPF_TOOLS_PAIR_H
#define SBPF_TOOLS_PAIR_H

#include "operand.h"
#include "pager.h"
#include "targets.h"

struct pair {
	struct operand a;
	struct operand b;
	struct targets targets;
};

/* Reads both for another of the targets; the first is that for which they were read. False when
 * that failed, which was reported. */
bool pair_retarget(const struct tool *tool, size_t target, struct pair *pair);

/* What both mean. False when that failed, which was reported. */
bool pair_meanings(const struct tool *tool, struct sbpf_space *space, const struct pair *pair,
		   sbpf_meaning *a, sbpf_meaning *b);

/*
 * A command on a pair: understands its arguments, with options of its own, loads both and has
 * answer(pair, the options' values, color) give the exit status. That of trouble is 2, be it wrong
 * usage or what cannot be read.
 */
int pair_command(const struct tool *tool, const struct option_group *options, int argc, char **argv,
		 int (*answer)(struct pair *pair, const void *options, enum color_choice color));

#endif
