/* SPDX-License-Identifier: MIT */
/* A child process that installs a filter and becomes a command, and the wait for its end. */
#ifndef SBPF_TOOLS_SUPERVISE_H
#define SBPF_TOOLS_SUPERVISE_H

#include "sbpf.h"

struct supervise_command {
	const char *path; /* the file to execute */
	char **argv;
	char **environment;

	/*
	 * What installs a filter in the child in place of sbpf_install(), with the same result: for
	 * commands that are watched (watch_install()). Async-signal-safe. May be NULL.
	 */
	int (*install)(void *context, unsigned int flags, struct sbpf_error *error);
	void *install_context;
};

/* One of the four is set, or the command ran and exited with exit_status. */
struct supervise_outcome {
	struct sbpf_error install_error; /* the filter could not be installed */
	int exec_errno;			 /* the command could not be executed */
	int system_errno;		 /* a system call of the supervisor's own failed: */
	const char *system_call;	 /* this one */
	bool was_started;		 /* and the command, which it had started, was ended */
	int signal;			 /* a signal ended the command */
	bool core_dumped;
	int exit_status;
};

/*
 * Runs the command with the filter (install_flags: of sbpf_install()), which may be NULL where
 * command->install has its own, and waits for its end.
 * Signals that are sent to this process go to the command, and it stops when the command does.
 * Leaves all signals blocked, for a caller that has only to report and to exit.
 *
 * The command does not outlive this process: the kernel kills it (PR_SET_PDEATHSIG). That holds
 * while the command does not undo it, and does not become a set-user-ID program.
 */
void supervise(const struct supervise_command *command, const struct sbpf_filter *filter,
	       unsigned int install_flags, struct supervise_outcome *outcome);

#endif
