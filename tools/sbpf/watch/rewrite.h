/* SPDX-License-Identifier: MIT */
/* The filter that asks the watcher, made of the one that is watched. */
#ifndef SBPF_TOOLS_REWRITE_H
#define SBPF_TOOLS_REWRITE_H

#include "probe.h"
#include "sbpf.h"

/* The data of SECCOMP_RET_TRACE by which its calls are told from those of other filters. */
#define REWRITE_MARK 0x5bf0u

/* Whether the watcher gives this verdict: ERRNO, TRACE and NOTIFY. */
bool rewrite_is_asked(uint32_t verdict);

/* How the watcher is asked. */
enum rewrite_way { REWRITE_TRACE, REWRITE_NOTIFY };

/*
 * The filter with SECCOMP_RET_TRACE, or with SECCOMP_RET_USER_NOTIF, for each verdict that the
 * watcher gives, with all also for ALLOW and LOG. The kernel does the others as it would without a
 * watcher, and all of a number's that a filter around refuses: that one is stronger than
 * SECCOMP_RET_TRACE. For a tracer also ptrace(2) and seccomp(2) are asked for, where they are not
 * killed. filter may be NULL, which allows all. The caller's; NULL on error.
 */
struct sbpf_filter *rewrite(const struct sbpf_filter *filter, enum rewrite_way way, bool all,
			    const struct probe *probe, struct sbpf_error *error);

#endif
