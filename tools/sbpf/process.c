/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

/* How long a process may take to stop; one that waits for a disk or a vfork(2) takes for ever. */
#define STOP_TRIES 5000
#define STOP_PAUSE_NANOSECONDS 1000000

bool process_parse(const char *text, size_t length, pid_t *pid)
{
	long value = 0;

	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)text[i]) || value > INT32_MAX / 10 - 1)
			return false;
		value = 10 * value + (text[i] - '0');
	}
	*pid = (pid_t)value;
	return value > 0;
}

/* ---- Why not ---- */

/* The value of a line of /proc/PID/status, such as "TracerPid"; false when there is none. */
static bool read_status(pid_t pid, const char *key, char *value, size_t size)
{
	char path[64], line[256];
	bool found = false;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "re");
	if (!status)
		return false;
	while (!found && fgets(line, sizeof(line), status)) {
		size_t length = strlen(key);

		found = !strncmp(line, key, length) && line[length] == ':';
		if (found)
			snprintf(value, size, "%.*s", (int)strcspn(line + length + 2, "\n"),
				 line + length + 2);
	}
	fclose(status);
	return found;
}

static void report_attach_error(const struct tool *tool, pid_t pid, int error)
{
	char value[64];

	if (error == ESRCH)
		report(tool->name, "pid %d: there is no such process", (int)pid);
	else if (read_status(pid, "TracerPid", value, sizeof(value)) && strcmp(value, "0") != 0)
		report(tool->name, "pid %d: process %s traces it already", (int)pid, value);
	else if (read_status(pid, "State", value, sizeof(value)) && value[0] == 'Z')
		report(tool->name, "pid %d: has ended and has no filters any more", (int)pid);
	else
		report(tool->name,
		       "pid %d: may not be traced (%s): it must be this user's, or this one needs "
		       "CAP_SYS_PTRACE; see ptrace(2)",
		       (int)pid, strerror(error));
}

static void report_filter_error(const struct tool *tool, pid_t pid, int error)
{
	if (error == EINVAL || error == ENOENT)
		report(tool->name, "pid %d: has no seccomp filters", (int)pid);
	else if (error == EACCES || error == EPERM)
		report(tool->name,
		       "pid %d: reading filters needs CAP_SYS_ADMIN, and no seccomp filter on the "
		       "one who reads",
		       (int)pid);
	else if (error == EIO)
		report(tool->name,
		       "pid %d: this kernel cannot read filters back: it was built without "
		       "CONFIG_CHECKPOINT_RESTORE",
		       (int)pid);
	else
		report(tool->name, "pid %d: filters cannot be read: %s", (int)pid, strerror(error));
}

/* ---- Attaching ---- */

/* Waits until the process is stopped; *signal is what it was about to get, or 0. */
static bool wait_for_stop(pid_t pid, int *signal)
{
	const struct timespec pause = { .tv_nsec = STOP_PAUSE_NANOSECONDS };

	for (unsigned int i = 0; i < STOP_TRIES; i++) {
		int status;
		pid_t waited = waitpid(pid, &status, __WALL | WNOHANG);

		if (waited < 0 && errno != EINTR)
			return false;
		if (waited == pid && WIFSTOPPED(status)) {
			/* A stop that PTRACE_INTERRUPT or a stop signal made carries no signal. */
			*signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
			return true;
		}
		if (waited == pid) {
			errno = ESRCH; /* it ended */
			return false;
		}
		nanosleep(&pause, NULL);
	}
	errno = ETIMEDOUT;
	return false;
}

/* Stops the process without a signal; *signal is for detach(). False when that was reported. */
static bool attach(const struct tool *tool, pid_t pid, int *signal)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0) {
		report_attach_error(tool, pid, errno);
		return false;
	}
	/* From here on the kernel detaches when this process ends, whatever happens. */
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && wait_for_stop(pid, signal))
		return true;
	if (errno == ETIMEDOUT)
		report(tool->name, "pid %d: cannot be stopped, as it waits in the kernel",
		       (int)pid);
	else
		report_attach_error(tool, pid, errno);
	return false;
}

/* The kernel stops a process again by itself that was stopped before (PTRACE_SEIZE). */
static void detach(pid_t pid, int signal)
{
	ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)signal);
}

/* ---- Reading ---- */

/* 1: read, 0: there is no filter of this index, -1: failed with errno. */
static int read_filter(pid_t pid, size_t index, struct process_filter *filter)
{
	long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)index, NULL);

	if (count < 0)
		return errno == ENOENT ? 0 : -1;
	filter->count = (size_t)count;
	filter->program = calloc(filter->count, sizeof(filter->program[0]));
	if (!filter->program)
		return -1;
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)index, filter->program) == count)
		return 1;
	free(filter->program);
	return -1;
}

static bool read_filters(pid_t pid, struct process_filters *filters)
{
	for (;;) {
		struct process_filter filter;
		struct process_filter *more;
		int found = read_filter(pid, filters->count, &filter);

		if (found <= 0)
			return found == 0;
		more = reallocarray(filters->filters, filters->count + 1, sizeof(more[0]));
		if (!more) {
			free(filter.program);
			return false;
		}
		filters->filters = more;
		more[filters->count++] = filter;
	}
}

/*
 * Index 0 is the oldest filter: kernel/seccomp.c: get_nth_filter counts from the end of the chain,
 * which begins with the newest, whatever ptrace(2) says.
 */
static void put_newest_first(struct process_filters *filters)
{
	for (size_t i = 0; i < filters->count / 2; i++) {
		struct process_filter *older = &filters->filters[i];
		struct process_filter *newer = &filters->filters[filters->count - 1 - i];
		struct process_filter swapped = *older;

		*older = *newer;
		*newer = swapped;
	}
}

bool process_read(const struct tool *tool, pid_t pid, struct process_filters *filters)
{
	int signal = 0, error;
	bool done;

	*filters = (struct process_filters){ 0 };
	if (!attach(tool, pid, &signal))
		return false;
	done = read_filters(pid, filters);
	error = done ? ENOENT : errno;
	detach(pid, signal);
	put_newest_first(filters);
	if (done && filters->count)
		return true;
	report_filter_error(tool, pid, error);
	process_free(filters);
	return false;
}

void process_free(struct process_filters *filters)
{
	for (size_t i = 0; i < filters->count; i++)
		free(filters->filters[i].program);
	free(filters->filters);
	*filters = (struct process_filters){ 0 };
}
