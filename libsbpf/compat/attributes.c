/* SPDX-License-Identifier: MIT */
/* The attributes of a context: which there are, and what may be set to what. */
#include "context.h"

#include <errno.h>

enum kind {
	KIND_NONE,
	KIND_READ_ONLY,
	KIND_ACTION,
	KIND_SWITCH,
	KIND_OPTIMIZATION, /* 1 or 2 */
};

static const struct attribute {
	enum kind kind;
	unsigned int flag; /* SECCOMP_FILTER_FLAG_* without which it cannot be set; or 0 */
	uint32_t initial;
} attributes[_SCMP_FLTATR_MAX] = {
	[SCMP_FLTATR_ACT_DEFAULT] = { KIND_READ_ONLY, 0, 0 },
	[SCMP_FLTATR_ACT_BADARCH] = { KIND_ACTION, 0, SCMP_ACT_KILL },
	[SCMP_FLTATR_CTL_NNP] = { KIND_SWITCH, 0, 1 },
	[SCMP_FLTATR_CTL_TSYNC] = { KIND_SWITCH, SECCOMP_FILTER_FLAG_TSYNC, 0 },
	[SCMP_FLTATR_API_TSKIP] = { KIND_SWITCH, 0, 0 },
	[SCMP_FLTATR_CTL_LOG] = { KIND_SWITCH, SECCOMP_FILTER_FLAG_LOG, 0 },
	[SCMP_FLTATR_CTL_SSB] = { KIND_SWITCH, SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0 },
	[SCMP_FLTATR_CTL_OPTIMIZE] = { KIND_OPTIMIZATION, 0, 1 },
	[SCMP_FLTATR_API_SYSRAWRC] = { KIND_SWITCH, 0, 0 },
	[SCMP_FLTATR_CTL_WAITKILL] = { KIND_SWITCH, 0, 0 },
};

void attributes_reset(struct context *context, uint32_t default_action)
{
	for (size_t i = 0; i < _SCMP_FLTATR_MAX; i++)
		context->attributes[i] = attributes[i].initial;
	context->attributes[SCMP_FLTATR_ACT_DEFAULT] = default_action;
}

int system_code(const struct context *context, int system_errno)
{
	return context->attributes[SCMP_FLTATR_API_SYSRAWRC] ? -system_errno : -ECANCELED;
}

/* NULL when there is none of this number. */
static const struct attribute *find_attribute(enum scmp_filter_attr attr)
{
	if ((unsigned int)attr >= _SCMP_FLTATR_MAX || attributes[attr].kind == KIND_NONE)
		return NULL;
	return &attributes[attr];
}

COMPAT_API int seccomp_attr_get(const scmp_filter_ctx ctx, enum scmp_filter_attr attr,
				uint32_t *value)
{
	const struct context *context = usable_context_of(ctx);

	if (!context || !find_attribute(attr) || !value)
		return -EINVAL;
	*value = context->attributes[attr];
	return 0;
}

/* Before TSYNC_ESRCH a thread and a listener could not be told apart (seccomp(2)). */
static bool clashes_with_notify(const struct context *context, enum scmp_filter_attr attr,
				uint32_t value)
{
	return attr == SCMP_FLTATR_CTL_TSYNC && value &&
	       !compat_has_flag(SECCOMP_FILTER_FLAG_TSYNC_ESRCH) && ruleset_notifies(&context->set);
}

static int set_switch(struct context *context, enum scmp_filter_attr attr, uint32_t value)
{
	if (attributes[attr].flag && !compat_has_flag(attributes[attr].flag))
		return -EOPNOTSUPP;
	if (clashes_with_notify(context, attr, value))
		return -EINVAL;
	context->attributes[attr] = value != 0;
	return 0;
}

COMPAT_API int seccomp_attr_set(scmp_filter_ctx ctx, enum scmp_filter_attr attr, uint32_t value)
{
	struct context *context = usable_context_of(ctx);
	const struct attribute *attribute = find_attribute(attr);

	if (!context || !attribute)
		return -EINVAL;
	switch (attribute->kind) {
	case KIND_READ_ONLY:
		return -EACCES;
	case KIND_ACTION:
		if (!context_takes_action(context, value))
			return -EINVAL;
		context_changed(context);
		break;
	case KIND_OPTIMIZATION:
		if (value != 1 && value != 2)
			return -EOPNOTSUPP;
		break;
	default:
		return set_switch(context, attr, value);
	}
	context->attributes[attr] = value;
	return 0;
}
