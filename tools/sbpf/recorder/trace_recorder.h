/* SPDX-License-Identifier: MIT */
/* Counts the calls that a watch tells of. */
#ifndef SBPF_TOOLS_TRACE_RECORDER_H
#define SBPF_TOOLS_TRACE_RECORDER_H

#include "recording.h"
#include "wanted.h"
#include "watch.h"

struct trace_recorder;

/*
 * A recorder whose recording is written to a descriptor when the watch ends, as JSON: what is
 * counted in the watcher's process has to come out of it. It records from the first execve(2) on.
 * The wanted arguments must live as long. The caller's; NULL: no memory.
 */
struct trace_recorder *trace_recorder_new(const struct wanted *wanted, int output);
void trace_recorder_free(struct trace_recorder *recorder);

/* Of a request with all set. */
struct watch_observer trace_recorder_observer(struct trace_recorder *recorder);

#endif
