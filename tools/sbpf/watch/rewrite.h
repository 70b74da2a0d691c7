/* SPDX-License-Identifier: MIT */
/* The filter that asks the watcher, made of the one that is watched. */
#ifndef SBPF_TOOLS_REWRITE_H
#define SBPF_TOOLS_REWRITE_H

#include "probe.h"
#include "sbpf.h"

/*
 * The verdict that a changed SECCOMP_RET_TRACE stands for, as its data: the watcher of a process
 * that is started under a filter of before has nothing else to know it by. 0 for none.
 */
uint32_t rewrite_mark(uint32_t verdict);

/* That verdict; false where the data is another filter's. What NOTIFY and TRACE carry is lost. */
bool rewrite_marked(uint32_t data, uint32_t *verdict);

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
