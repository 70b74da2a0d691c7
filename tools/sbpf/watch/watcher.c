/* SPDX-License-Identifier: MIT */
#include "watcher.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *const notes[] = {
	[NOTE_TRACES] = "a program that is watched wants to trace others (ptrace), which it cannot "
			"do while it is watched; --engine notify leaves that to it",
	[NOTE_INSTALLS] = "a program that is watched installs a filter of its own; what that "
			  "refuses with an errno is not seen",
	[NOTE_NOTIFIED] = "calls are watched by notification: a signal may interrupt them (EINTR) "
			  "where the profile's answer would come, and calls that are killed or "
			  "trapped are not seen",
	[NOTE_FILTERS] = "another filter is in force around this one; calls that it refuses as "
			 "well get the profile's answer, but are not seen",
	[NOTE_LISTENER] = "a filter with a listener is in force around this one; what that is "
			  "asked for does not get the profile's answer, and is not seen",
};

bool message_send(int socket, enum message_kind kind, int value)
{
	const struct message message = { kind, value };

	return write(socket, &message, sizeof(message)) == sizeof(message);
}

bool message_receive(int socket, struct message *message)
{
	ssize_t length;

	do
		length = read(socket, message, sizeof(*message));
	while (length < 0 && errno == EINTR);
	return length == sizeof(*message);
}

int message_send_descriptor(int socket, int descriptor)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte = 0;
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int message_receive_descriptor(int socket)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	char byte;
	struct iovec vector = { &byte, 1 };
	struct msghdr message = { .msg_iov = &vector,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int descriptor;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&message) ||
	    control.header.cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&descriptor, CMSG_DATA(&control.header), sizeof(descriptor));
	return descriptor;
}

void watcher_note(struct watcher *watcher, enum watcher_note note)
{
	const struct watch_observer *observer = &watcher->request->observer;

	if (watcher->noted >> note & 1)
		return;
	watcher->noted |= 1u << note;
	if (observer->noted && !watcher->is_reported)
		observer->noted(observer->context, notes[note]);
}

void watcher_call(struct watcher *watcher, const struct watch_call *call)
{
	const struct watch_observer *observer = &watcher->request->observer;

	if (observer->called && !watcher->is_reported)
		observer->called(observer->context, call);
}

static void report_notes(const struct watcher *watcher)
{
	for (size_t i = 0; i < COUNT(notes); i++) {
		if (watcher->noted >> i & 1)
			report(watcher->request->program, "%s", notes[i]);
	}
}

/* Whoever reads what this process was started with waits for the end of its pipes. */
static void leave_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int stream = 0; stream <= 2; stream++) {
		if (null >= 0)
			dup2(null, stream);
		else
			close(stream);
	}
}

void watcher_end(struct watcher *watcher, bool is_over)
{
	const struct watch_observer *observer = &watcher->request->observer;

	if (watcher->is_reported)
		return;
	if (!observer->noted)
		report_notes(watcher);
	if (observer->ended)
		observer->ended(observer->context);
	fflush(NULL);
	watcher->is_reported = true;
	leave_streams();
	if (watcher->socket < 0)
		return;
	message_send(watcher->socket, MESSAGE_ENDED, is_over);
	close(watcher->socket);
	watcher->socket = -1;
}

void watcher_listen(struct watcher *watcher)
{
	struct message message;

	if (watcher->socket < 0)
		return;
	errno = 0;
	while (message_receive(watcher->socket, &message)) {
		if (message.kind == MESSAGE_REPORT) {
			watcher_end(watcher, false);
			return;
		}
	}
	if (errno == EAGAIN)
		return;
	close(watcher->socket);
	watcher->socket = -1;
}
