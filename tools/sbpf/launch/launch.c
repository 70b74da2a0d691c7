/* SPDX-License-Identifier: MIT */
#include "launch.h"

#include "default_profile.h"
#include "operand.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- The filter ---- */

struct sbpf_filter *launch_compile(const struct tool *tool, const char *profile,
				   const struct sbpf_target *target, int *status)
{
	const char *file = profile ? profile : "built-in profile";
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	struct sbpf_filter *filter;

	if (profile)
		policy = operand_profile(target, profile, &error);
	else
		policy = sbpf_load_json(default_profile, default_profile_length, target, &error);
	if (policy)
		report_warnings(tool->name, file, policy);
	filter = sbpf_compile(policy, NULL, &error);
	if (!filter) {
		report_error(tool->name, file, &error);
		*status = error.code == SBPF_ERROR_USAGE ? STATUS_USAGE : STATUS_NOT_STARTED;
	}
	sbpf_policy_free(policy);
	return filter;
}

/* ---- The command ---- */

/* 0, or the errno execve(2) would give for what can be seen before. */
static int executable_error(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? errno : 0;
}

/* "/bin:/usr/bin" and "ls" → "/bin/ls", malloc'd, as execvp(3) finds it; NULL with errno. */
static char *search_path(const char *name, const char *path)
{
	int denied = ENOENT;

	for (;;) {
		size_t length = strcspn(path, ":");
		char *candidate;
		int error;

		/* An empty entry is the current directory. */
		if (asprintf(&candidate, "%.*s%s%s", (int)length, path, length ? "/" : "", name) <
		    0)
			return NULL;
		error = executable_error(candidate);
		if (!error)
			return candidate;
		/* A folder that cannot be looked into is no reason to speak of permissions. */
		if (error == EACCES && access(candidate, F_OK) == 0)
			denied = EACCES;
		free(candidate);
		if (!path[length])
			break;
		path += length + 1;
	}
	errno = denied;
	return NULL;
}

/* The file to execute, malloc'd, or NULL with errno. */
static char *find_command(const char *name)
{
	const char *path = getenv("PATH");

	if (!strchr(name, '/'))
		return search_path(name, path ? path : "/bin:/usr/bin");
	errno = executable_error(name);
	return errno ? NULL : strdup(name);
}

static int status_of_exec_error(int error)
{
	return error == ENOENT || error == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

/* What the filter says to the execve(2) of the command. */
static uint32_t exec_verdict(const struct sbpf_filter *filter,
			     const struct supervise_command *command)
{
	struct sbpf_abi native;
	struct seccomp_data data = {
		.nr = SYS_execve,
		.args = { (uintptr_t)command->path, (uintptr_t)command->argv,
			  (uintptr_t)command->environment },
	};

	/* A filter for another machine is what sbpf_install() will speak of. */
	if (sbpf_filter_machine(filter) != sbpf_abi_native() ||
	    !sbpf_abi_describe(sbpf_abi_native(), &native))
		return SECCOMP_RET_ALLOW;
	data.arch = native.audit_arch;
	return sbpf_filter_run(filter, &data, NULL);
}

/* The exec happens under the filter, so a profile may forbid it; better said than found out. */
static bool may_exec(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE: /* a tracer may be there to allow it */
		return true;
	}
	return false;
}

/* Whether no tracer took up the execve(2): the kernel then answers ENOSYS. */
static bool is_untraced(uint32_t verdict, const struct supervise_outcome *outcome)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE &&
	       outcome->exec_errno == ENOSYS;
}

static void report_no_exec(const struct tool *tool, uint32_t verdict)
{
	bool trace = (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
	char text[32];

	report(tool->name,
	       "the profile answers execve with %s%s, so no command can be started under it; it "
	       "must allow execve",
	       sbpf_verdict_describe(verdict, sbpf_abi_native(), text, sizeof(text)),
	       trace ? " and no tracer is there to decide" : "");
}

/* ---- How it ended ---- */

static int report_outcome(const struct tool *tool, const char *name,
			  const struct supervise_outcome *outcome)
{
	int signal = outcome->signal;

	if (outcome->install_error.code == SBPF_ERROR_PRIVILEGE) {
		report(tool->name, "--keep-privileges needs CAP_SYS_ADMIN");
		return STATUS_NOT_STARTED;
	}
	if (outcome->install_error.code != SBPF_OK) {
		report_error(tool->name, NULL, &outcome->install_error);
		return STATUS_NOT_STARTED;
	}
	if (outcome->exec_errno) {
		report(tool->name, "%s: %s", name, strerror(outcome->exec_errno));
		return status_of_exec_error(outcome->exec_errno);
	}
	if (outcome->system_errno) {
		report(tool->name, "%s: %s: %s: %s", name,
		       outcome->was_started ? "ended, as it cannot be watched" : "not started",
		       outcome->system_call, strerror(outcome->system_errno));
		return STATUS_NOT_STARTED;
	}
	if (!signal)
		return outcome->exit_status;
	/* Those two are how commands usually end, and shells say nothing either. */
	if (signal != SIGINT && signal != SIGPIPE)
		report(tool->name, "%s: %s%s", name, strsignal(signal),
		       outcome->core_dumped ? " (core dumped)" : "");
	return 128 + signal;
}

/* What is no command may be a profile whose option is missing. */
static bool may_be_profile(const char *name)
{
	const char *ending = strrchr(name, '.');
	struct stat status;

	return (ending && !strcmp(ending, ".json")) ||
	       (stat(name, &status) == 0 && S_ISREG(status.st_mode));
}

static int report_no_command(const struct tool *tool, const struct launch *launch, int error)
{
	const char *name = launch->argv[0];
	int status = status_of_exec_error(error);
	bool is_hinted = !launch->has_profile && may_be_profile(name);

	report(tool->name, "%s: %s%s%s%s", name,
	       status == STATUS_NOT_FOUND ? "command not found" : strerror(error),
	       is_hinted ? "; a profile needs its option: --profile " : "", is_hinted ? name : "",
	       is_hinted ? " COMMAND" : "");
	return status;
}

int launch_run(const struct tool *tool, const struct launch *launch)
{
	struct supervise_command command = { .argv = launch->argv,
					     .environment = environ,
					     .install = launch->install,
					     .install_context = launch->install_context };
	struct supervise_outcome outcome = { 0 };
	int status = STATUS_NOT_STARTED;
	char *path = find_command(launch->argv[0]);
	uint32_t verdict;

	if (!path)
		return report_no_command(tool, launch, errno);
	command.path = path;
	verdict = launch->filter ? exec_verdict(launch->filter, &command) : SECCOMP_RET_ALLOW;
	if (!may_exec(verdict)) {
		report_no_exec(tool, verdict);
		goto out;
	}
	supervise(&command, launch->filter, launch->keep_privileges ? SBPF_KEEP_PRIVILEGES : 0,
		  &outcome);
	if (is_untraced(verdict, &outcome))
		report_no_exec(tool, verdict);
	else
		status = report_outcome(tool, launch->argv[0], &outcome);
out:
	free(path);
	return status;
}
