/* SPDX-License-Identifier: MIT */
/*
 * Watching: a process under a filter, and what it and its children call.
 *
 * The watcher is a process of its own and not the parent of what it watches. So the parent stays
 * the parent, with exit statuses, stops and signals as they are without a watcher.
 */
#ifndef SBPF_TOOLS_WATCH_H
#define SBPF_TOOLS_WATCH_H

#include "sbpf.h"

#include <sys/types.h>

/* One call that was watched. The thread is stopped at it: its memory and /proc files can be read.
 */
struct watch_call {
	pid_t pid;		  /* in the watcher's PID namespace */
	pid_t tid;		  /* the thread that made the call */
	struct seccomp_data data; /* as the filter sees it */
	uint32_t verdict;	  /* what it gets: SECCOMP_RET_* with its data */
	bool is_foreign;	  /* another filter than the watched one gave it */
};

/* What is told, in the watcher's process, one call at a time. */
struct watch_observer {
	void *context;
	void (*called)(void *context, const struct watch_call *call);

	/* A process became another program: /proc/PID/exe is the new one. May be NULL. */
	void (*executed)(void *context, pid_t pid);

	/*
	 * A sentence on what cannot be seen, or is not as it is without a watcher. Once for each.
	 * NULL: they go to stderr before ended().
	 */
	void (*noted)(void *context, const char *note);

	/*
	 * Once, and the last: no process is left, or the report is wanted now. May be NULL. The
	 * watcher's standard streams are those of who started it, unless it is detached.
	 */
	void (*ended)(void *context);
};

enum watch_engine {
	WATCH_AUTO = 0, /* by ptrace(2), where that is refused by notification */
	WATCH_TRACE = 1,
	WATCH_NOTIFY = 2,
};

struct watch_request {
	const char *program; /* begins messages: "sbpf why" */
	enum watch_engine engine;

	/* Whose verdicts the calls get; it must live as long as the watch. NULL: all are allowed.
	 */
	const struct sbpf_filter *filter;

	/*
	 * Somebody else installs a filter that watch_filter() gave another time: the verdicts are
	 * those of that one's, and the filter above is NULL.
	 */
	bool by_mark;

	/* Every call is told, not those alone that are refused. What LOG allows is then not logged.
	 */
	bool all;

	/*
	 * The watcher is a daemon: in the root folder, without descriptors of who starts it, with
	 * /dev/null for standard streams. It outlives who starts it.
	 */
	bool detached;

	/* A descriptor that a detached watcher keeps: what is to be written when it ends. 0: none.
	 */
	int kept;

	struct watch_observer observer;
};

struct watch;

/* Starts the watcher. The caller's, to be freed with watch_free(). NULL on error. */
struct watch *watch_start(const struct watch_request *request, struct sbpf_error *error);

/*
 * The filter to install in place of the request's: where that refuses, this has the watcher asked.
 * The watch's own.
 */
const struct sbpf_filter *watch_filter(const struct watch *watch);

/*
 * In the process that is to be watched, with one thread, before watch_filter() is installed:
 * returns once it and all that it will start are watched. Once a watch. For whoever has others
 * install the filter; only the trace engine can. Async-signal-safe. 0, or -1 on error.
 */
int watch_join(struct watch *watch, struct sbpf_error *error);

/*
 * The same, and installs the filter with the flags of sbpf_install(), like which it returns.
 * Async-signal-safe.
 */
int watch_install(struct watch *watch, unsigned int flags, struct sbpf_error *error);

enum watch_end {
	WATCH_DONE = 0, /* no watched process is left, and ended() has returned */
	WATCH_LEFT = 1, /* the report was wanted before; the watcher goes on, but tells no more */
	WATCH_DIED = 2, /* and all that it watched with it */
};

/*
 * In the starter, after the command's end: waits until the watcher has called ended(). Says on a
 * terminal that there are still processes, and takes SIGINT, SIGTERM or SIGHUP for the wish to have
 * the report now; it unblocks these while it waits. That the watcher died is reported.
 */
enum watch_end watch_finish(struct watch *watch);

/* Frees a watch, NULL too; a watcher that was not waited for goes on as after WATCH_LEFT. */
void watch_free(struct watch *watch);

#endif
