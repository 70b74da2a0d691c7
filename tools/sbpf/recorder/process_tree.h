/* SPDX-License-Identifier: MIT */
/* The threads of a running process and of all processes that it started. */
#ifndef SBPF_TOOLS_PROCESS_TREE_H
#define SBPF_TOOLS_PROCESS_TREE_H

#include "sbpf.h"

#include <sys/types.h>

/*
 * Hands every thread to add(context, thread, program), which returns whether it is new, as often as
 * it takes until none is: threads that a known one makes meanwhile must be known to add() by then.
 * False with an error, when there is no such process or /proc cannot be read.
 */
bool process_tree_each(pid_t process, bool (*add)(void *context, pid_t thread, const char *program),
		       void *context, struct sbpf_error *error);

#endif
