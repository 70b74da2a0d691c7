/* SPDX-License-Identifier: MIT */
/* A command under a profile, for the subcommands that run one: found, run, and how it ended said.
 */
#ifndef SBPF_TOOLS_LAUNCH_H
#define SBPF_TOOLS_LAUNCH_H

#include "common.h"
#include "supervise.h"

/* As env(1), nice(1) and shells have it. */
enum launch_status {
	STATUS_NOT_STARTED = 125, /* sbpf itself failed */
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
};

struct launch {
	char **argv;
	const struct sbpf_filter *filter; /* which the execve(2) must pass; NULL: none */
	bool keep_privileges;
	bool has_profile; /* the user named one */

	/* As in struct supervise_command; NULL: the filter is installed. */
	int (*install)(void *context, unsigned int flags, struct sbpf_error *error);
	void *install_context;
};

/*
 * The filter of a profile (NULL: the built-in one) for the target. NULL when that failed, which was
 * reported; *status is what to exit with then.
 */
struct sbpf_filter *launch_compile(const struct tool *tool, const char *profile,
				   const struct sbpf_target *target, int *status);

/* Runs the command to its end; what went wrong was reported. Returns the status to exit with. */
int launch_run(const struct tool *tool, const struct launch *launch);

#endif
