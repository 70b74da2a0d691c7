/* SPDX-License-Identifier: MIT */
/*
 * The trace engine: refused calls stop at PTRACE_EVENT_SECCOMP and are answered here with what the
 * watched filter gives them. The call's number becomes -1, for which the kernel neither makes a
 * call nor asks the filters again (kernel/seccomp.c: __seccomp_filter, case SECCOMP_RET_TRACE).
 *
 * A thread may be killed at any time, so that any ptrace(2) on it fails with ESRCH. Its end is what
 * is heard of it next, and nothing is to be done about it here.
 */
#include "interrupts.h"
#include "registers.h"
#include "rewrite.h"
#include "tracees.h"
#include "watcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                                    \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |     \
	 PTRACE_O_TRACEEXIT | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL)

/* <sys/ptrace.h> of musl lacks it. */
#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

/* How long a signal that came at the wrong time may wait. */
#define SIGNAL_MICROSECONDS 20000

/* How often is looked for the next stop before this process sleeps, and how often that is tried. */
#define TRIES_MAX 200
#define WAITS_BETWEEN 256

#define SECCOMP_SIGNAL_CODE 1 /* SYS_SECCOMP of <asm-generic/siginfo.h> */

struct trace {
	struct watcher *watcher;
	struct tracees tracees;
};

static uint32_t action_of(uint32_t verdict)
{
	return verdict & SECCOMP_RET_ACTION_FULL;
}

static bool kills(uint32_t verdict)
{
	return action_of(verdict) == SECCOMP_RET_KILL_PROCESS ||
	       action_of(verdict) == SECCOMP_RET_KILL_THREAD;
}

/* What the watched filter says. */
static uint32_t verdict_on(const struct trace *trace, const struct seccomp_data *data)
{
	const struct sbpf_filter *filter = trace->watcher->request->filter;

	return filter ? sbpf_filter_run(filter, data, NULL) : SECCOMP_RET_ALLOW;
}

static void tell(struct trace *trace, pid_t tid, const struct seccomp_data *data, uint32_t verdict,
		 bool is_foreign)
{
	const struct watch_call call = {
		.pid = tracees_get(&trace->tracees, tid)->pid,
		.tid = tid,
		.data = *data,
		.verdict = verdict,
		.is_foreign = is_foreign,
	};

	watcher_call(trace->watcher, &call);
}

/* ---- Calls that ask ---- */

/* The errno with which the kernel answers without a tracer and a listener; -1: the call is made. */
static int errno_of(uint32_t verdict)
{
	uint32_t data = verdict & SECCOMP_RET_DATA;

	switch (action_of(verdict)) {
	case SECCOMP_RET_ERRNO:
		return data > 4095 ? 4095 : (int)data;
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_USER_NOTIF:
		return ENOSYS;
	}
	return -1;
}

/* No call is made that may be refused: where it cannot be read, its process ends. */
static void end_unread(pid_t tid)
{
	if (errno != ESRCH)
		kill(tid, SIGKILL);
}

/* Calls by which a program is watched less, or does less, than it would. */
static void notice(const struct trace *trace, const struct seccomp_data *data)
{
	if (data->nr == SYS_seccomp && data->args[0] == SECCOMP_SET_MODE_FILTER)
		watcher_note(trace->watcher, NOTE_INSTALLS);
	if (data->nr == SYS_ptrace &&
	    (data->args[0] == PTRACE_TRACEME || data->args[0] == PTRACE_ATTACH ||
	     data->args[0] == PTRACE_SEIZE))
		watcher_note(trace->watcher, NOTE_TRACES);
}

static void answer(struct trace *trace, pid_t tid)
{
	struct seccomp_data data;
	uint32_t verdict, marked, mark;
	bool is_marked, is_foreign = false;
	int error;

	if (!registers_call(tid, &data, &mark)) {
		end_unread(tid);
		return;
	}
	is_marked = rewrite_marked(mark, &marked);
	verdict = trace->watcher->request->by_mark && is_marked ? marked : verdict_on(trace, &data);
	error = errno_of(verdict);
	/* Another filter's SECCOMP_RET_TRACE, which without a watcher has no tracer. */
	if (error < 0 && !is_marked) {
		is_foreign = true;
		verdict = SECCOMP_RET_TRACE;
		error = ENOSYS;
	}
	if (error < 0)
		notice(trace, &data);
	if (error >= 0 || trace->watcher->request->all)
		tell(trace, tid, &data, verdict, is_foreign);
	if (error >= 0 && !registers_answer(tid, &data, error))
		end_unread(tid);
}

/* ---- Calls that are refused by a signal ---- */

static void see_sigsys(struct trace *trace, pid_t tid)
{
	struct seccomp_data data;
	siginfo_t info;
	uint32_t verdict;
	bool is_foreign;

	if (ptrace(PTRACE_GETSIGINFO, tid, 0, &info) < 0)
		return;
	tracees_get(&trace->tracees, tid)->is_signalled = true;
	if (info.si_code != SECCOMP_SIGNAL_CODE || !registers_refused(tid, &data))
		return;
	data.nr = info.si_syscall;
	data.arch = info.si_arch;
	data.instruction_pointer = (uintptr_t)info.si_call_addr;
	verdict = verdict_on(trace, &data);
	/* Before Linux 5.16 the signal that kills stops too; its end is told. */
	if (kills(verdict))
		return;
	is_foreign = action_of(verdict) != SECCOMP_RET_TRAP && !trace->watcher->request->by_mark;
	if (action_of(verdict) != SECCOMP_RET_TRAP)
		verdict = SECCOMP_RET_TRAP | ((uint32_t)info.si_errno & SECCOMP_RET_DATA);
	tell(trace, tid, &data, verdict, is_foreign);
}

/*
 * A thread that ends by SIGSYS: the one that was killed for its call, or another of its process. No
 * signal that is sent ends a thread without having stopped it here.
 */
static void see_exit(struct trace *trace, pid_t tid)
{
	struct tracee *tracee = tracees_get(&trace->tracees, tid);
	struct seccomp_data data;
	unsigned long status = 0;
	uint32_t verdict;

	if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &status) < 0 || (status & 0x7f) != SIGSYS ||
	    !registers_refused(tid, &data))
		return;
	verdict = verdict_on(trace, &data);
	if (kills(verdict))
		tell(trace, tid, &data, verdict, false);
	else if (!tracee->is_signalled)
		tell(trace, tid, &data, SECCOMP_RET_KILL_PROCESS,
		     !trace->watcher->request->by_mark);
}

/* ---- Other stops ---- */

/* A thread that executes takes the number of its process, and the others are gone. */
static void see_exec(struct trace *trace, pid_t pid)
{
	const struct watch_observer *observer = &trace->watcher->request->observer;
	unsigned long before = 0;

	if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &before) == 0 && (pid_t)before != pid)
		tracees_forget(&trace->tracees, (pid_t)before);
	tracees_forget(&trace->tracees, pid);
	if (observer->executed && !trace->watcher->is_reported)
		observer->executed(observer->context, pid);
}

static bool stops(int signal)
{
	return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* A process stops or goes on. SIGCONT is told to one that goes on already, too. */
static void see_group(struct trace *trace, pid_t tid, int signal)
{
	struct tracee *tracee = tracees_get(&trace->tracees, tid);

	if (!stops(signal) && !tracee->is_stopped)
		interrupts_undo(tracee, 0);
	tracee->is_stopped = stops(signal);
}

/* Looks at a stop, and lets the thread go on as it would without a tracer. */
static void handle_stop(struct trace *trace, pid_t tid, int status)
{
	int event = status >> 16;
	long signal = 0;

	switch (event) {
	case PTRACE_EVENT_SECCOMP:
		answer(trace, tid);
		break;
	case PTRACE_EVENT_EXEC:
		see_exec(trace, tid);
		break;
	case PTRACE_EVENT_EXIT:
		see_exit(trace, tid);
		break;
	case PTRACE_EVENT_STOP:
		see_group(trace, tid, WSTOPSIG(status));
		break;
	case 0:
		signal = WSTOPSIG(status);
		interrupts_undo(tracees_get(&trace->tracees, tid), (int)signal);
		if (signal == SIGSYS)
			see_sigsys(trace, tid);
	}
	if (event == PTRACE_EVENT_STOP && stops(WSTOPSIG(status)))
		ptrace(PTRACE_LISTEN, tid, 0, 0);
	else
		ptrace(PTRACE_CONT, tid, 0, signal);
}

/* ---- The life of the watcher ---- */

static int seize(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0 ? errno : 0;
}

/* Waits for who is to be watched; false when nobody comes, which is the end too. */
static bool wait_for_join(struct watcher *watcher)
{
	struct message message;
	int error;

	while (message_receive(watcher->socket, &message) && message.kind == MESSAGE_JOIN) {
		error = seize(message.value);
		message_send(watcher->socket, MESSAGE_JOINED, error);
		if (!error)
			return true;
	}
	watcher_end(watcher, true);
	return false;
}

/* ---- Waiting ---- */

/* What came by signal and was not looked at yet. */
static volatile sig_atomic_t is_called, is_over;

/*
 * A signal may come just before waitpid(2), which then sleeps: so it comes again until it was seen.
 */
static void note_signal(int signal)
{
	const struct itimerval soon = { .it_value.tv_usec = SIGNAL_MICROSECONDS };

	if (signal == SIGIO)
		is_called = 1;
	else if (signal != SIGALRM)
		is_over = 1;
	if (is_called || is_over)
		setitimer(ITIMER_REAL, &soon, NULL);
}

/*
 * A sleeping waitpid(2) and two calls of ptrace(2) are all that a stop takes, and most of what
 * watching costs. So stops send no SIGCHLD, and the starter's messages come by signal.
 */
static void listen_by_signal(const struct watcher *watcher)
{
	static const int numbers[] = { SIGIO, SIGTERM, SIGINT, SIGHUP, SIGALRM };
	struct sigaction action = { .sa_handler = note_signal };
	const struct sigaction no_stops = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigfillset(&action.sa_mask);
	sigaction(SIGCHLD, &no_stops, NULL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		sigaction(numbers[i], &action, NULL);
		sigaddset(&wanted, numbers[i]);
	}
	sigprocmask(SIG_UNBLOCK, &wanted, NULL);
	if (fcntl(watcher->socket, F_SETOWN, getpid()) == 0)
		fcntl(watcher->socket, F_SETFL, O_ASYNC | O_NONBLOCK);
}

static void see_signals(struct watcher *watcher)
{
	const struct itimerval never = { 0 };

	if (!is_called && !is_over)
		return;
	setitimer(ITIMER_REAL, &never, NULL);
	if (is_called) {
		is_called = 0;
		watcher_listen(watcher);
	}
	if (is_over) {
		is_over = 0;
		watcher_end(watcher, false);
	}
}

/*
 * To be woken takes as long as to look some ten times again, on a virtual machine some hundred
 * times: worth it as long as the next stop comes soon, which the last ones tell.
 */
static pid_t look_again(int *status)
{
	static unsigned int tries = TRIES_MAX, waits;
	pid_t tid = 0;

	/* What was given up is tried now and then. */
	if (!tries && ++waits % WAITS_BETWEEN == 0)
		tries = TRIES_MAX;
	for (unsigned int i = 0; i < tries && !tid; i++)
		tid = waitpid(-1, status, __WALL | WNOHANG);
	tries = tid ? TRIES_MAX : tries / 2;
	return tid;
}

/* The next thread that stops or ends; false when there is none any more. */
static bool wait_for_thread(struct watcher *watcher, pid_t *tid, int *status)
{
	do {
		see_signals(watcher);
		*tid = look_again(status);
		if (!*tid)
			*tid = waitpid(-1, status, __WALL);
	} while (*tid < 0 && errno == EINTR);
	return *tid > 0;
}

int trace_watch(struct watcher *watcher)
{
	static struct trace trace;
	pid_t tid;
	int status;

	trace.watcher = watcher;
	if (!wait_for_join(watcher))
		return 1;
	listen_by_signal(watcher);
	watcher_listen(watcher);
	while (wait_for_thread(watcher, &tid, &status)) {
		if (WIFSTOPPED(status))
			handle_stop(&trace, tid, status);
		else
			tracees_forget(&trace.tracees, tid);
	}
	watcher_end(watcher, true);
	return 0;
}
