/* SPDX-License-Identifier: MIT */
/*
 * The recorder in the kernel: sees every call of the threads that it is told of and of all that
 * they make, but for those that a filter refuses, which end before it. Counters and no queue, so
 * that what it cannot keep is counted as lost.
 */
#ifndef SBPF_TOOLS_BPF_ENGINE_H
#define SBPF_TOOLS_BPF_ENGINE_H

#include "recording.h"
#include "wanted.h"

#include <sys/types.h>

struct bpf_engine;

/*
 * Starts to record: whoever is in a cgroup (a descriptor of its folder), or with -1 the threads
 * that join or are added. NULL on error; one of the code SBPF_ERROR_PRIVILEGE says which
 * capabilities are missing. Ends with bpf_engine_free().
 */
struct bpf_engine *bpf_engine_start(const struct wanted *wanted, int cgroup,
				    struct sbpf_error *error);
void bpf_engine_free(struct bpf_engine *engine);

/*
 * Records the calling thread from its next execve(2) on, and all that it starts. One system call;
 * async-signal-safe.
 */
void bpf_engine_join(const struct bpf_engine *engine);

/* Records the threads of a process and of all processes that it started. False on error. */
bool bpf_engine_add(struct bpf_engine *engine, pid_t process, struct sbpf_error *error);

/* How many threads are recorded, up to a limit: 0 when all that joined or were added ended. */
size_t bpf_engine_threads(const struct bpf_engine *engine, size_t limit);

/* How many calls were seen by now. */
uint64_t bpf_engine_calls(const struct bpf_engine *engine);

/* Ends the recording, and counts in another what was seen. False on error. */
bool bpf_engine_collect(struct bpf_engine *engine, struct recording *recording,
			struct sbpf_error *error);

#endif
