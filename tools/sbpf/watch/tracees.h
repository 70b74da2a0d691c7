/* SPDX-License-Identifier: MIT */
/* What the watcher remembers of threads. */
#ifndef SBPF_TOOLS_TRACEES_H
#define SBPF_TOOLS_TRACEES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A thread has one place by its number, and of two with the same place the later one is
 * remembered: memory is bounded, and what was forgotten is found in /proc again.
 */
#define TRACEES_MAX 4096

struct tracee {
	pid_t tid;	   /* 0: none */
	pid_t pid;	   /* of its process */
	bool is_signalled; /* a SIGSYS was on its way to it */
	bool is_stopped;   /* with its process */

	/* A call that is made again after an interruption. */
	bool is_again;
	uint64_t waits_at;    /* the call's address; 0: none */
	uint64_t waits_since; /* milliseconds of CLOCK_MONOTONIC: when it first was interrupted */
	uint64_t waits_last;
};

struct tracees {
	struct tracee places[TRACEES_MAX];
};

/* The thread's; found in /proc where it was not remembered. Its own number is its process's where
 * that cannot be read. */
struct tracee *tracees_get(struct tracees *tracees, pid_t tid);

/* The process that /proc says a thread is of; its own number where that cannot be read. */
pid_t tracees_process_of(pid_t tid);

void tracees_forget(struct tracees *tracees, pid_t tid);

#endif
