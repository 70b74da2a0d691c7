/* SPDX-License-Identifier: MIT */
/*
 * A traced thread gets to see signals that are ignored, which else the kernel drops as they are
 * sent (kernel/signal.c: sig_ignored), and SIGCONT although it goes on already
 * (ptrace_trap_notify). Most calls that they interrupt the kernel begins again by itself; these
 * here end with EINTR (signal(7)), which a program that has no handler need not expect.
 */
#include "interrupts.h"

#include "common.h"
#include "registers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The kernel's own: the call is made again, whatever the signal's handler wants. */
#define ERESTARTNOINTR 513

/* Where the time that a call may take stands. */
enum limit {
	LIMIT_NONE,
	LIMIT_MILLISECONDS, /* negative: none */
	LIMIT_POINTER,	    /* NULL: none; else it is not looked at */
};

static const struct interrupted {
	const char *call;
	enum limit limit;
	unsigned int argument;
} calls[] = {
	{ "epoll_wait", LIMIT_MILLISECONDS, 3 }, { "epoll_pwait", LIMIT_MILLISECONDS, 3 },
	{ "epoll_pwait2", LIMIT_POINTER, 3 },	 { "semop", LIMIT_NONE, 0 },
	{ "semtimedop", LIMIT_POINTER, 3 },	 { "rt_sigtimedwait", LIMIT_POINTER, 2 },
	{ "io_getevents", LIMIT_POINTER, 4 },
};

static const struct interrupted *find(const struct seccomp_data *data)
{
	const char *name;
	char arch[16];

	snprintf(arch, sizeof(arch), "0x%08x", data->arch);
	name = sbpf_call_name(sbpf_abi_find(arch), (uint32_t)data->nr);
	for (size_t i = 0; name && i < COUNT(calls); i++) {
		if (!strcmp(calls[i].call, name))
			return &calls[i];
	}
	return NULL;
}

/* ---- Signals that nobody notices ---- */

static uint64_t read_set(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	return line ? strtoull(line + strlen(key), NULL, 16) : 0;
}

static bool is_unnoticed(pid_t tid, int signal)
{
	static const int ignored_by_default[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };
	char path[32], status[4096];
	uint64_t bit = UINT64_C(1) << (signal - 1);
	ssize_t length;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	length = read(file, status, sizeof(status) - 1);
	close(file);
	status[length > 0 ? length : 0] = '\0';
	if (read_set(status, "\nSigIgn:") & bit)
		return true;
	for (size_t i = 0; i < COUNT(ignored_by_default); i++) {
		if (signal == ignored_by_default[i])
			return !(read_set(status, "\nSigCgt:") & bit);
	}
	return false;
}

/* ---- Beginning again ---- */

static uint64_t now_in_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/*
 * Has the call begin again. One with a limit does so with all of it, so after that time has gone by
 * it has ended, with nothing. Limits behind pointers are left alone, and EINTR with them.
 */
static void begin_again(struct tracee *tracee, const struct seccomp_data *data,
			const struct interrupted *call)
{
	uint64_t limit = data->args[call->argument], now = now_in_milliseconds();
	bool is_limited = call->limit != LIMIT_NONE && limit &&
			  !(call->limit == LIMIT_MILLISECONDS && (int)limit < 0);

	if (is_limited && call->limit == LIMIT_POINTER)
		return;
	/* Not again, if it would have ended by itself. */
	if (tracee->waits_at != data->instruction_pointer ||
	    (is_limited && now - tracee->waits_last > (uint32_t)limit)) {
		tracee->waits_at = data->instruction_pointer;
		tracee->waits_since = now;
	}
	tracee->waits_last = now;
	if (is_limited && now - tracee->waits_since >= (uint32_t)limit) {
		tracee->waits_at = 0;
		registers_set_result(tracee->tid, 0);
		return;
	}
	tracee->is_again = registers_set_result(tracee->tid, -ERESTARTNOINTR);
}

void interrupts_undo(struct tracee *tracee, int signal)
{
	const struct interrupted *call;
	struct seccomp_data data;

	if (tracee->is_again && signal && registers_result(tracee->tid, -ERESTARTNOINTR, &data) &&
	    find(&data) && !is_unnoticed(tracee->tid, signal)) {
		registers_set_result(tracee->tid, -EINTR);
		tracee->waits_at = 0;
	}
	if (!registers_result(tracee->tid, -EINTR, &data))
		return;
	tracee->is_again = false;
	call = find(&data);
	if (call && (!signal || is_unnoticed(tracee->tid, signal)))
		begin_again(tracee, &data, call);
}
