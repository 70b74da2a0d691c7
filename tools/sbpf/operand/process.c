/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* The process that traces it, which is not this one; 0: none. */
static int find_tracer(pid_t pid)
{
	char value[64];
	int tracer = 0;

	if (read_status(pid, "TracerPid", value, sizeof(value)))
		tracer = atoi(value); /* NOLINT(cert-err34-c): the kernel's */
	return tracer == (int)getpid() ? 0 : tracer;
}

static bool has_ended(pid_t pid)
{
	char state[64];

	return read_status(pid, "State", state, sizeof(state)) && strchr("ZX", state[0]);
}

static void report_attach_error(const struct tool *tool, pid_t pid, int error)
{
	int tracer = find_tracer(pid);

	if (error == ESRCH)
		report(tool->name, "pid %d: there is no such process", (int)pid);
	else if (tracer)
		report(tool->name, "pid %d: process %d traces it already", (int)pid, tracer);
	else if (has_ended(pid))
		report(tool->name, "pid %d: has ended and has no filters any more", (int)pid);
	else if (error == EPERM || error == EACCES)
		report(tool->name,
		       "pid %d: may not be traced (%s): it must be this user's, or this one needs "
		       "CAP_SYS_PTRACE; see ptrace(2)",
		       (int)pid, strerror(error));
	else
		report(tool->name, "pid %d: cannot be traced: %s", (int)pid, strerror(error));
}

static void report_stop_error(const struct tool *tool, pid_t pid, int error)
{
	if (error == ESRCH || error == ECHILD)
		report(tool->name, "pid %d: has ended and has no filters any more", (int)pid);
	else if (error == ETIMEDOUT)
		report(tool->name, "pid %d: cannot be stopped, as it waits in the kernel",
		       (int)pid);
	else
		report(tool->name, "pid %d: cannot be stopped: %s", (int)pid, strerror(error));
}

/* Without CONFIG_CHECKPOINT_RESTORE the kernel says EINVAL, as it does of a process without any. */
static bool has_filters(pid_t pid)
{
	char mode[64];

	return read_status(pid, "Seccomp", mode, sizeof(mode)) &&
	       atoi(mode) == SECCOMP_MODE_FILTER; /* NOLINT(cert-err34-c): the kernel's */
}

static void report_filter_error(const struct tool *tool, pid_t pid, int error, bool filtered)
{
	if (error == EIO || (error == EINVAL && filtered))
		report(tool->name,
		       "pid %d: this kernel cannot read filters back: it was built without "
		       "CONFIG_CHECKPOINT_RESTORE",
		       (int)pid);
	else if (error == EINVAL || error == ENOENT)
		report(tool->name, "pid %d: has no seccomp filters", (int)pid);
	else if (error == EACCES || error == EPERM)
		report(tool->name,
		       "pid %d: reading filters needs CAP_SYS_ADMIN, and no seccomp filter on the "
		       "one who reads",
		       (int)pid);
	else if (error == ESRCH)
		report_stop_error(tool, pid, error);
	else
		report(tool->name, "pid %d: filters cannot be read: %s", (int)pid, strerror(error));
}

/* ---- Attaching ---- */

/*
 * Waits until the process is stopped; *signal is what it was about to get, or 0. WNOWAIT leaves
 * that signal with the process, which gets it also where this one is killed before detach().
 */
static bool wait_for_stop(pid_t pid, int *signal)
{
	const struct timespec pause = { .tv_nsec = STOP_PAUSE_NANOSECONDS };

	for (unsigned int i = 0; i < STOP_TRIES; i++) {
		siginfo_t stop = { 0 };

		if (waitid(P_PID, (id_t)pid, &stop,
			   WSTOPPED | WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 &&
		    errno != EINTR)
			return false;
		if (stop.si_pid == pid &&
		    (stop.si_code == CLD_TRAPPED || stop.si_code == CLD_STOPPED)) {
			/* A stop that PTRACE_INTERRUPT or a stop signal made carries no signal. */
			*signal = stop.si_status >> 8 == PTRACE_EVENT_STOP ? 0
									   : stop.si_status & 0x7f;
			return true;
		}
		if (stop.si_pid == pid) {
			waitpid(pid, NULL, __WALL | WNOHANG); /* its parent is waiting for that */
			errno = ESRCH;
			return false;
		}
		nanosleep(&pause, NULL);
	}
	errno = ETIMEDOUT;
	return false;
}

/*
 * Stops the process without a signal; *signal is for detach(). False when that was reported; a
 * process that is not stopped cannot be detached from, which the kernel does when this one ends.
 */
static bool attach(const struct tool *tool, pid_t pid, int *signal)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0) {
		report_attach_error(tool, pid, errno);
		return false;
	}
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0 && wait_for_stop(pid, signal))
		return true;
	report_stop_error(tool, pid, errno);
	return false;
}

/*
 * The kernel stops a process again by itself that was stopped before (PTRACE_SEIZE). False when
 * it is left stopped until this process ends.
 */
static bool detach(pid_t pid, int signal)
{
	return ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)signal) == 0 || errno == ESRCH;
}

/* ---- Reading ---- */

/* 1: read, 0: there is no filter of this index, -1: failed with errno. */
static int read_filter(pid_t pid, size_t index, struct process_filter *filter)
{
	long count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)index, NULL);
	int error;

	if (count < 0)
		return errno == ENOENT ? 0 : -1;
	filter->count = (size_t)count;
	filter->program = calloc(filter->count, sizeof(filter->program[0]));
	if (!filter->program)
		return -1;
	errno = EAGAIN; /* where the length is another */
	if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, (void *)index, filter->program) == count)
		return 1;
	error = errno;
	free(filter->program);
	errno = error;
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

/* False when it failed, which was reported. */
static bool read_stopped(const struct tool *tool, pid_t pid, int signal,
			 struct process_filters *filters)
{
	bool done = read_filters(pid, filters);
	int error = done ? ENOENT : errno;
	bool filtered = has_filters(pid);

	if (!detach(pid, signal)) {
		report(tool->name, "pid %d: cannot be let go: %s", (int)pid, strerror(errno));
		return false;
	}
	if (!done || !filters->count)
		report_filter_error(tool, pid, error, filtered);
	return done && filters->count;
}

bool process_read(const struct tool *tool, pid_t pid, struct process_filters *filters)
{
	sigset_t pauses, before;
	int signal = 0;
	bool read;

	*filters = (struct process_filters){ 0 };
	/* Who is put in the background in the middle would keep the process stopped. */
	sigemptyset(&pauses);
	sigaddset(&pauses, SIGTSTP);
	sigaddset(&pauses, SIGTTOU);
	sigprocmask(SIG_BLOCK, &pauses, &before);
	read = attach(tool, pid, &signal) && read_stopped(tool, pid, signal, filters);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (read)
		put_newest_first(filters);
	else
		process_free(filters);
	return read;
}

void process_free(struct process_filters *filters)
{
	for (size_t i = 0; i < filters->count; i++)
		free(filters->filters[i].program);
	free(filters->filters);
	*filters = (struct process_filters){ 0 };
}
