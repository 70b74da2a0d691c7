/* SPDX-License-Identifier: MIT */
/* The watcher's process: what the engines share, and how it talks with who started it. */
#ifndef SBPF_TOOLS_WATCHER_H
#define SBPF_TOOLS_WATCHER_H

#include "watch.h"

/* What goes over the socket between the watcher and its starter. */
enum message_kind {
	MESSAGE_READY,	/* the watcher's; value: its process ID */
	MESSAGE_JOIN,	/* to the watcher; value: the process that wants to be watched */
	MESSAGE_JOINED, /* its answer; value: 0 or an errno */
	MESSAGE_FINISH, /* to the watcher: who has not joined will not */
	MESSAGE_REPORT, /* to the watcher: the report is wanted now */
	MESSAGE_ENDED,	/* the watcher's, when ended() has returned; value: whether all is over */
};

struct message {
	int kind;
	int value;
};

bool message_send(int socket, enum message_kind kind, int value);
/* The next message; false at the other side's end, and when there is none on a socket that does
 * not block. */
bool message_receive(int socket, struct message *message);

struct watcher {
	const struct watch_request *request;
	const struct sbpf_filter *filter; /* what is installed in place of the request's */
	int socket;			  /* -1 once the report is given */
	unsigned int noted;		  /* bit = enum watcher_note */
	bool is_reported;
};

/* What an observer is told once. */
enum watcher_note {
	NOTE_TRACES,   /* a watched program wants to trace others */
	NOTE_INSTALLS, /* or installs a filter of its own */
	NOTE_NOTIFIED, /* the engine is the one that is notified */
	NOTE_FILTERS,  /* filters around refuse calls too */
	NOTE_LISTENER, /* a filter around has a listener */
};

void watcher_note(struct watcher *watcher, enum watcher_note note);
void watcher_call(struct watcher *watcher, const struct watch_call *call);

/* Tells the observer of the end and the starter of that; is_over: no process is left. Once. */
void watcher_end(struct watcher *watcher, bool is_over);

/* Does what the starter asks for; after it has gone, nothing is asked any more. */
void watcher_listen(struct watcher *watcher);

/* The watcher's life, from the first join to the last process; returns its exit status. */
int trace_watch(struct watcher *watcher);
int notify_watch(struct watcher *watcher);

/* Sends a descriptor to the watcher, and takes it there; async-signal-safe. -1 on error. */
int message_send_descriptor(int socket, int descriptor);
int message_receive_descriptor(int socket);

/*
 * In the process that is to be watched: installs the filter and hands its listener to the watcher.
 * Async-signal-safe. 0, or -1 on error.
 */
int notify_install(int socket, const struct sbpf_filter *filter, unsigned int flags,
		   volatile int *listener, struct sbpf_error *error);

#endif
