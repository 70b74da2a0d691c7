/* SPDX-License-Identifier: MIT */
/*
 * The engine that is notified, for where processes cannot be traced. The listener of a filter
 * (seccomp_unotify(2)) has to reach the watcher from a process whose every call may wait for the
 * watcher. So another process shares its descriptors (CLONE_FILES) and hands the listener over;
 * the number of it is left in memory, without a call, and execve(2) ends the sharing.
 */
#include "watcher.h"

#include "common.h"
#include "tracees.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1u << 5)
#endif

/* How long the other process waits for the number: an installation takes far less. */
#define TRIES 20000
#define PAUSE_NANOSECONDS 500000

/* ---- In the process that is watched ---- */

#define LISTENER_NONE (-1)   /* not yet */
#define LISTENER_FAILED (-2) /* there will be none */

static void hand_over(int socket, volatile const int *listener)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NANOSECONDS };

	for (unsigned int i = 0; i < TRIES && *listener == LISTENER_NONE; i++)
		nanosleep(&pause, NULL);
	_exit(*listener < 0 || message_send_descriptor(socket, *listener) < 0);
}

static pid_t share_descriptors(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
}

/* Nobody's child, so that who is watched has none that it does not know. */
static bool start_handing_over(int socket, volatile const int *listener)
{
	pid_t between = share_descriptors();
	int status;

	if (between == 0) {
		pid_t other = share_descriptors();

		if (other == 0)
			hand_over(socket, listener);
		_exit(other < 0);
	}
	return between > 0 && waitpid(between, &status, 0) == between && status == 0;
}

/* With the kernel's way to wait that signals do not interrupt once a call is received (5.19). */
static int install(const struct sbpf_filter *filter, unsigned int flags, struct sbpf_error *error)
{
	struct sbpf_error first = { 0 };
	int listener;

	flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	listener = sbpf_install(filter, flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &first);
	if (listener < 0 && first.system_errno == EINVAL)
		listener = sbpf_install(filter, flags, error);
	else if (listener < 0 && error)
		*error = first;
	return listener;
}

int notify_install(int socket, const struct sbpf_filter *filter, unsigned int flags,
		   volatile int *listener, struct sbpf_error *error)
{
	int installed;

	*listener = LISTENER_NONE;
	if (!start_handing_over(socket, listener)) {
		if (error)
			*error = (struct sbpf_error){
				.code = SBPF_ERROR_KERNEL,
				.system_errno = errno,
				.message = "no process can be started to hand the listener over",
			};
		return -1;
	}
	installed = install(filter, flags, error);
	*listener = installed < 0 ? LISTENER_FAILED : installed;
	return installed < 0 ? -1 : 0;
}

/* ---- In the watcher ---- */

static void fill_response(struct seccomp_notif_resp *response, uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		response->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		break;
	case SECCOMP_RET_ERRNO:
		response->error = -(int)(verdict & SECCOMP_RET_DATA);
		if (response->error < -4095)
			response->error = -4095;
		break;
	default:
		response->error = -ENOSYS;
	}
}

/* Calls may end while they wait, by a signal; then there is nothing to be answered (ENOENT). */
static void answer(struct watcher *watcher, int listener)
{
	const struct sbpf_filter *filter = watcher->request->filter;
	struct seccomp_notif notified = { 0 };
	struct seccomp_notif_resp response = { 0 };
	struct watch_call call;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notified) < 0)
		return;
	call = (struct watch_call){
		.pid = tracees_process_of((pid_t)notified.pid),
		.tid = (pid_t)notified.pid,
		.data = notified.data,
		.verdict =
			filter ? sbpf_filter_run(filter, &notified.data, NULL) : SECCOMP_RET_ALLOW,
	};
	watcher_call(watcher, &call);
	response.id = notified.id;
	fill_response(&response, call.verdict);
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static int open_signals(void)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	return signalfd(-1, &wanted, SFD_CLOEXEC);
}

/* Until no process has the filter any more, which the kernel tells since Linux 5.9. */
static void answer_all(struct watcher *watcher, int listener)
{
	struct pollfd polled[] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = watcher->socket, .events = POLLIN },
		{ .fd = open_signals(), .events = POLLIN },
	};

	while (poll(polled, COUNT(polled), -1) > 0 || errno == EINTR) {
		if (polled[0].revents & POLLIN)
			answer(watcher, listener);
		else if (polled[0].revents)
			return;
		if (polled[1].revents)
			watcher_listen(watcher);
		if (polled[2].revents & POLLIN)
			watcher_end(watcher, false);
		if (watcher->is_reported)
			polled[2].fd = -1;
		polled[1].fd = watcher->socket;
	}
}

int notify_watch(struct watcher *watcher)
{
	struct message message;
	int listener;

	if (!message_receive(watcher->socket, &message) || message.kind != MESSAGE_JOIN)
		return EXIT_FAILURE;
	message_send(watcher->socket, MESSAGE_JOINED, 0);
	listener = message_receive_descriptor(watcher->socket);
	if (listener < 0)
		return EXIT_FAILURE;
	answer_all(watcher, listener);
	watcher_end(watcher, true);
	return EXIT_SUCCESS;
}
