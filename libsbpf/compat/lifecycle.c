/* SPDX-License-Identifier: MIT */
/* A context from seccomp_init() to seccomp_release(): its ABIs, and two made one. */
#include "context.h"

#include <errno.h>

/* With NOTIFY for every call a process would wait for its own listener before it could hand it
 * over. */
static bool is_default_action(uint32_t action)
{
	return compat_is_action(action) && action != SCMP_ACT_NOTIFY;
}

/* The listener stays: the kernel allows a thread no second one (kernel/seccomp.c:
 * has_duplicate_listener). */
static void start(struct context *context, uint32_t default_action)
{
	ruleset_clear(&context->set);
	transactions_clear(context);
	context_changed(context);
	attributes_reset(context, default_action);
	ruleset_add_abi(&context->set, sbpf_abi_native());
}

COMPAT_API scmp_filter_ctx seccomp_init(uint32_t def_action)
{
	struct context *context;

	if (!is_default_action(def_action))
		return NULL;
	context = calloc(1, sizeof(*context));
	if (!context)
		return NULL;
	context->magic = CONTEXT_MAGIC;
	context->listener = -1;
	start(context, def_action);
	return context;
}

COMPAT_API int seccomp_reset(scmp_filter_ctx ctx, uint32_t def_action)
{
	struct context *context = context_of(ctx);

	if (!ctx) {
		compat_level_reset();
		return 0;
	}
	if (!context || !is_default_action(def_action))
		return -EINVAL;
	start(context, def_action);
	return 0;
}

COMPAT_API void seccomp_release(scmp_filter_ctx ctx)
{
	struct context *context = context_of(ctx);

	if (!context)
		return;
	ruleset_clear(&context->set);
	transactions_clear(context);
	context_changed(context);
	/* Volatile, or the compiler leaves out what nobody is allowed to read. */
	*(volatile uint32_t *)&context->magic = 0;
	free(context);
}

/* ---- ABIs ---- */

COMPAT_API int seccomp_arch_exist(const scmp_filter_ctx ctx, uint32_t arch_token)
{
	struct context *context = context_of(ctx);
	int abi = compat_abi_of_token(arch_token);

	if (!context || abi < 0)
		return -EINVAL;
	return ruleset_has_abi(&context->set, abi) ? 0 : -EEXIST;
}

static bool is_big_endian(int abi)
{
	struct sbpf_abi description;

	return sbpf_abi_describe(abi, &description) && description.big_endian;
}

COMPAT_API int seccomp_arch_add(scmp_filter_ctx ctx, uint32_t arch_token)
{
	struct context *context = context_of(ctx);
	int abi = compat_abi_of_token(arch_token);

	if (!context || abi < 0)
		return -EINVAL;
	if (ruleset_has_abi(&context->set, abi))
		return -EEXIST;
	if (context->set.abi_count > 0 &&
	    ruleset_is_big_endian(&context->set) != is_big_endian(abi))
		return -EDOM;
	ruleset_add_abi(&context->set, abi);
	context_changed(context);
	return 0;
}

COMPAT_API int seccomp_arch_remove(scmp_filter_ctx ctx, uint32_t arch_token)
{
	struct context *context = context_of(ctx);
	int abi = compat_abi_of_token(arch_token);

	if (!context || abi < 0)
		return -EINVAL;
	if (!ruleset_has_abi(&context->set, abi))
		return -EEXIST;
	ruleset_remove_abi(&context->set, abi);
	context_changed(context);
	return 0;
}

/* ---- Merging ---- */

static bool attributes_agree(const struct context *a, const struct context *b)
{
	static const enum scmp_filter_attr must_agree[] = {
		SCMP_FLTATR_ACT_DEFAULT,
		SCMP_FLTATR_CTL_NNP,
		SCMP_FLTATR_CTL_TSYNC,
	};

	for (size_t i = 0; i < COUNT(must_agree); i++) {
		if (a->attributes[must_agree[i]] != b->attributes[must_agree[i]])
			return false;
	}
	return true;
}

static bool share_an_abi(const struct ruleset *a, const struct ruleset *b)
{
	for (unsigned int i = 0; i < b->abi_count; i++) {
		if (ruleset_has_abi(a, b->abis[i]))
			return true;
	}
	return false;
}

COMPAT_API int seccomp_merge(scmp_filter_ctx ctx_dst, scmp_filter_ctx ctx_src)
{
	struct context *target = usable_context_of(ctx_dst);
	struct context *source = usable_context_of(ctx_src);

	if (!target || !source || !attributes_agree(target, source))
		return -EINVAL;
	if (ruleset_is_big_endian(&target->set) != ruleset_is_big_endian(&source->set))
		return -EDOM;
	if (share_an_abi(&target->set, &source->set))
		return -EEXIST;
	if (ruleset_append_set(&target->set, &source->set))
		return -ENOMEM;
	context_changed(target);
	if (target->listener < 0)
		target->listener = source->listener;
	seccomp_release(source);
	return 0;
}
