/* SPDX-License-Identifier: MIT */
/* What the running kernel can, as seccomp_api_get() counts it. */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include <sys/syscall.h>

#include "compat.h"

enum kind { KIND_CALL, KIND_FLAG, KIND_ACTION };

/* What a level adds to the ones below it (seccomp_api_get() in <seccomp.h>). */
static const struct feature {
	unsigned int level;
	enum kind kind;
	uint32_t value;
	unsigned int beside; /* another flag without which the kernel refuses this one */
} features[] = {
	{ 1, KIND_ACTION, SCMP_ACT_KILL_THREAD, 0 },
	{ 1, KIND_ACTION, SCMP_ACT_TRAP, 0 },
	{ 1, KIND_ACTION, SCMP_ACT_ERRNO(0), 0 },
	{ 1, KIND_ACTION, SCMP_ACT_TRACE(0), 0 },
	{ 1, KIND_ACTION, SCMP_ACT_ALLOW, 0 },
	{ 2, KIND_CALL, 0, 0 },
	{ 2, KIND_FLAG, SECCOMP_FILTER_FLAG_TSYNC, 0 },
	{ 3, KIND_FLAG, SECCOMP_FILTER_FLAG_LOG, 0 },
	{ 3, KIND_ACTION, SCMP_ACT_LOG, 0 },
	{ 3, KIND_ACTION, SCMP_ACT_KILL_PROCESS, 0 },
	{ 4, KIND_FLAG, SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0 },
	{ 5, KIND_FLAG, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0 },
	{ 5, KIND_ACTION, SCMP_ACT_NOTIFY, 0 },
	{ 6, KIND_FLAG, SECCOMP_FILTER_FLAG_TSYNC_ESRCH, 0 },
	{ 7, KIND_FLAG, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, SECCOMP_FILTER_FLAG_NEW_LISTENER },
};

#define FEATURE_COUNT COUNT(features)
#define LEVEL_MIN 1
#define LEVEL_MAX 7

/*
 * The level in the lowest bits and a bit a feature above them: one word, so that all threads see
 * ones that belong together. 0 before the kernel has been asked.
 */
static atomic_uint state;

#define LEVEL_BITS 8
#define LEVEL_MASK ((1u << LEVEL_BITS) - 1)
_Static_assert(FEATURE_COUNT + LEVEL_BITS <= 32, "the features have a bit each");

static unsigned int feature_bit(size_t index)
{
	return 1u << (LEVEL_BITS + index);
}

/* ---- Asking the kernel ---- */

/* Each of these calls only asks, or is wrong in a way that the kernel sees after what is asked. */
static bool kernel_has(const struct feature *feature)
{
	long result;

	switch (feature->kind) {
	case KIND_CALL:
		/* Strict mode takes no flags. */
		result = syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL);
		return result < 0 && errno == EINVAL;
	case KIND_FLAG:
		/* A flag that is not known is EINVAL, a filter at address 0 EFAULT. */
		result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				 feature->value | feature->beside, NULL);
		return result < 0 && errno == EFAULT;
	case KIND_ACTION:
		return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &feature->value) == 0;
	}
	return false;
}

static unsigned int ask_kernel(void)
{
	unsigned int level = LEVEL_MAX;
	unsigned int found = 0;
	int saved = errno;

	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		if (features[i].level == LEVEL_MIN || kernel_has(&features[i]))
			found |= feature_bit(i);
		else if (level >= features[i].level)
			level = features[i].level - 1;
	}
	errno = saved;
	return found | level;
}

static unsigned int current_state(void)
{
	unsigned int known = atomic_load(&state);
	unsigned int found;

	if (known != 0)
		return known;
	found = ask_kernel();
	/* What another thread has found or set meanwhile stands. */
	return atomic_compare_exchange_strong(&state, &known, found) ? found : known;
}

/* ---- Answers ---- */

static bool has_feature(enum kind kind, uint32_t value)
{
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		if (features[i].kind == kind && features[i].value == value)
			return current_state() & feature_bit(i);
	}
	return false;
}

unsigned int compat_level(void)
{
	return current_state() & LEVEL_MASK;
}

bool compat_has_action(uint32_t action)
{
	return has_feature(KIND_ACTION, action & SECCOMP_RET_ACTION_FULL);
}

bool compat_has_flag(unsigned int flag)
{
	return has_feature(KIND_FLAG, flag);
}

bool compat_is_action(uint32_t action)
{
	/* MAX_ERRNO of linux/err.h: the kernel returns no errno above it. */
	const uint32_t errno_max = 4095;
	uint32_t data = action & SECCOMP_RET_DATA;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return data <= errno_max;
	case SECCOMP_RET_TRACE:
		return true;
	default:
		return data == 0 && compat_has_action(action);
	}
}

bool compat_has_seccomp(void)
{
	return has_feature(KIND_CALL, 0);
}

void compat_level_reset(void)
{
	atomic_store(&state, ask_kernel());
}

COMPAT_API unsigned int seccomp_api_get(void)
{
	return compat_level();
}

COMPAT_API int seccomp_api_set(unsigned int level)
{
	unsigned int set = level;

	if (level < LEVEL_MIN || level > LEVEL_MAX)
		return -EINVAL;
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		if (features[i].level <= level)
			set |= feature_bit(i);
	}
	atomic_store(&state, set);
	return 0;
}
