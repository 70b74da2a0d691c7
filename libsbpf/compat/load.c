/* SPDX-License-Identifier: MIT */
/* Putting filters in force. Opens no file and allocates nothing once the filter is compiled. */
#include "context.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/syscall.h>

/* Attributes that are a flag of their own. */
static const struct {
	enum scmp_filter_attr attribute;
	unsigned int flag;
} flag_attributes[] = {
	{ SCMP_FLTATR_CTL_TSYNC, SECCOMP_FILTER_FLAG_TSYNC },
	{ SCMP_FLTATR_CTL_LOG, SECCOMP_FILTER_FLAG_LOG },
	{ SCMP_FLTATR_CTL_SSB, SECCOMP_FILTER_FLAG_SPEC_ALLOW },
};

static bool wants_listener(const struct context *context)
{
	return ruleset_notifies(&context->set) && compat_has_action(SCMP_ACT_NOTIFY);
}

static unsigned int flags_of(const struct context *context)
{
	unsigned int flags = 0;

	for (size_t i = 0; i < COUNT(flag_attributes); i++) {
		if (context->attributes[flag_attributes[i].attribute])
			flags |= flag_attributes[i].flag;
	}
	if (flags & SECCOMP_FILTER_FLAG_TSYNC && compat_has_flag(SECCOMP_FILTER_FLAG_TSYNC_ESRCH))
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	if (wants_listener(context)) {
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
		if (context->attributes[SCMP_FLTATR_CTL_WAITKILL])
			flags |= SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	}
	return flags;
}

/* Whether this process, or the one that it was forked from, has had a listener. */
static atomic_bool had_listener;

/* A positive result is a thread that cannot follow, or the listener (seccomp(2)). */
static int install(struct context *context, const struct sock_fprog *program, unsigned int flags)
{
	long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program);

	if (result < 0)
		return errno;
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) {
		context->listener = (int)result;
		atomic_store(&had_listener, true);
	} else if (result > 0) {
		return ESRCH;
	}
	return 0;
}

/*
 * Where the filters in force have a listener already, the kernel takes no second one
 * (kernel/seccomp.c: has_duplicate_listener). When it is of this process, this filter's or
 * another's, the filter is loaded without, and calls that it gives NOTIFY fail with ENOSYS. When it
 * came along through execve(2), nobody here can know, and the failure stands.
 */
static int install_beside_listeners(struct context *context, const struct sock_fprog *program)
{
	const unsigned int of_listeners =
		SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	unsigned int flags = flags_of(context);
	int failed = install(context, program, flags);

	if (failed == EBUSY && flags & SECCOMP_FILTER_FLAG_NEW_LISTENER &&
	    atomic_load(&had_listener))
		failed = install(context, program, flags & ~of_listeners);
	return failed;
}

/* 0, or the errno. */
static int install_program(struct context *context)
{
	const struct sock_fprog program = {
		.len = (unsigned short)(context->program->size / sizeof(struct sock_filter)),
		/* The kernel only reads it; the uapi struct lacks the const. */
		.filter = (struct sock_filter *)context->program->code,
	};

	if (context->attributes[SCMP_FLTATR_CTL_NNP] && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return errno;
	if (compat_has_seccomp())
		return install_beside_listeners(context, &program);
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) ? errno : 0;
}

COMPAT_API int seccomp_load(const scmp_filter_ctx ctx)
{
	struct context *context = usable_context_of(ctx);
	int code = context ? program_compile(context) : -EINVAL;
	int failed;

	if (code)
		return code;
	failed = install_program(context);
	if (failed == ESRCH)
		return -ESRCH;
	return failed ? system_code(context, failed) : 0;
}

COMPAT_API int seccomp_notify_fd(const scmp_filter_ctx ctx)
{
	const struct context *context = usable_context_of(ctx);

	return context ? context->listener : -EINVAL;
}
