/* SPDX-License-Identifier: MIT */
/* The filters of a live process, by ptrace(2). */
#ifndef SBPF_TOOLS_PROCESS_H
#define SBPF_TOOLS_PROCESS_H

#include "common.h"

#include <sys/types.h>

/* How an operand names a process: "pid:7". */
#define PROCESS_PREFIX "pid:"

struct process_filter {
	struct sock_filter *program; /* in this machine's byte order */
	size_t count;
};

struct process_filters {
	struct process_filter *filters; /* newest first */
	size_t count;
};

/* The number of a process, or of one of its threads. */
bool process_parse(const char *text, size_t length, pid_t *pid);

/*
 * All filters of a process, at least one. It is stopped for that and goes on as it was, also when
 * it was stopped before. False when there are none or they cannot be read, which was reported; then
 * there is nothing to free.
 */
bool process_read(const struct tool *tool, pid_t pid, struct process_filters *filters);

void process_free(struct process_filters *filters);

#endif
