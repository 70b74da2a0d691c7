/* SPDX-License-Identifier: MIT */
/* What a watcher tells of refused calls, as groups. */
#ifndef SBPF_TOOLS_WITNESS_H
#define SBPF_TOOLS_WITNESS_H

#include "refusals.h"
#include "watch.h"

struct witness {
	const struct sbpf_policy *policy; /* that the watched filter is compiled from */
	struct refusals *refusals;
	/* Called for the first call of each group; may be NULL. */
	void (*follow)(void *context, const struct refusal *refusal);
	void *context;
};

/* For struct watch_observer's called; context is the witness. */
void witness_called(void *context, const struct watch_call *call);

#endif
