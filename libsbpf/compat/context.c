/* SPDX-License-Identifier: MIT */
/* The context behind a pointer of a program, and what goes for all of them. */
#include "context.h"

struct context *context_of(scmp_filter_ctx pointer)
{
	struct context *context = pointer;

	return context && context->magic == CONTEXT_MAGIC ? context : NULL;
}

struct context *usable_context_of(scmp_filter_ctx pointer)
{
	struct context *context = context_of(pointer);

	return context && context->set.abi_count > 0 ? context : NULL;
}

bool context_takes_action(const struct context *context, uint32_t action)
{
	if (!compat_is_action(action))
		return false;
	/* Before TSYNC_ESRCH the id of a thread and a listener could not be told apart. */
	return action != SCMP_ACT_NOTIFY || !context->attributes[SCMP_FLTATR_CTL_TSYNC] ||
	       compat_has_flag(SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
}

void program_free(struct program *program)
{
	if (!program)
		return;
	sbpf_filter_free(program->filter);
	free(program->swapped);
	free(program);
}

void context_changed(struct context *context)
{
	program_free(context->program);
	context->program = NULL;
}
