/* SPDX-License-Identifier: MIT */
/* Calls that a log of the kernel's speaks of, seen through a profile. */
#ifndef SBPF_TOOLS_LOG_H
#define SBPF_TOOLS_LOG_H

#include "audit.h"
#include "operand.h"
#include "refusals.h"

struct log_request {
	const struct tool *tool;
	const char *path; /* "-": standard input */
	const struct sbpf_policy *policy;
	const struct sbpf_target *target;
	/* Called for the first call of each group; may be NULL. */
	void (*follow)(void *context, const struct refusal *refusal);
	void *context;
};

/*
 * Counts the log's calls until its end, or SIGINT or SIGTERM. False when it cannot be read, which
 * was reported.
 */
bool log_collect(const struct log_request *request, struct refusals *refusals,
		 struct audit_input *input);

#endif
