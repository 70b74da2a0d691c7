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

/*
 * The filter with SECCOMP_RET_TRACE for each verdict that the watcher gives, with all also for
 * ALLOW and LOG. The kernel does the others as it would without a watcher, and all of a number's
 * that a filter around refuses: that one is stronger than SECCOMP_RET_TRACE. filter may be NULL,
 * which allows all. The caller's; NULL on error.
 */
struct sbpf_filter *rewrite_for_trace(const struct sbpf_filter *filter, bool all,
				      const struct probe *probe, struct sbpf_error *error);

#endif
