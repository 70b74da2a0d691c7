/* SPDX-License-Identifier: MIT */
/* A transaction is a copy of the ABIs and rules at its start; attributes have no part in it. */
#include "context.h"

#include <errno.h>

/* Takes the last snapshot off the context. It is not NULL. */
static struct snapshot *pop(struct context *context)
{
	struct snapshot *snapshot = context->snapshots;

	context->snapshots = snapshot->next;
	return snapshot;
}

void transactions_clear(struct context *context)
{
	while (context->snapshots) {
		struct snapshot *snapshot = pop(context);

		ruleset_clear(&snapshot->set);
		free(snapshot);
	}
}

COMPAT_API int seccomp_transaction_start(const scmp_filter_ctx ctx)
{
	struct context *context = usable_context_of(ctx);
	struct snapshot *snapshot;

	if (!context)
		return -EINVAL;
	snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return -ENOMEM;
	if (ruleset_append_set(&snapshot->set, &context->set)) {
		ruleset_clear(&snapshot->set);
		free(snapshot);
		return -ENOMEM;
	}
	snapshot->next = context->snapshots;
	context->snapshots = snapshot;
	return 0;
}

COMPAT_API void seccomp_transaction_reject(const scmp_filter_ctx ctx)
{
	struct context *context = context_of(ctx);
	struct snapshot *snapshot;

	if (!context || !context->snapshots)
		return;
	snapshot = pop(context);
	ruleset_clear(&context->set);
	context->set = snapshot->set;
	free(snapshot);
	context_changed(context);
}

COMPAT_API int seccomp_transaction_commit(const scmp_filter_ctx ctx)
{
	struct context *context = usable_context_of(ctx);
	struct snapshot *snapshot;

	if (!context)
		return -EINVAL;
	if (!context->snapshots)
		return 0;
	snapshot = pop(context);
	ruleset_clear(&snapshot->set);
	free(snapshot);
	return 0;
}
