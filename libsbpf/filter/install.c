/* SPDX-License-Identifier: MIT */
/*
 * Putting a filter in force. Everything here runs between fork(2) and execve(2): no allocation, no
 * stdio, and so messages are put together by hand instead of with error.h.
 */
#include "array.h"
#include "filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's own errno where it has no memory for compiled BPF; not in errno.h. */
#define KERNEL_ENOTSUPP 524

/* Headers of old kernels lack the newest flags; the numbers are the kernel's ABI. */
#ifndef SECCOMP_FILTER_FLAG_TSYNC_ESRCH
#define SECCOMP_FILTER_FLAG_TSYNC_ESRCH (1u << 4)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1u << 5)
#endif

/* ---- Messages without stdio ---- */

struct message {
	struct sbpf_error *error; /* NULL when it is not wanted */
	size_t length;
};

static void append(struct message *message, const char *text)
{
	if (!message->error)
		return;
	while (*text && message->length + 1 < sizeof(message->error->message))
		message->error->message[message->length++] = *text++;
	message->error->message[message->length] = '\0';
}

static void append_number(struct message *message, unsigned long number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	append(message, digits + at);
}

/* Begins a message. Like error_set(), it keeps the first error and accepts NULL. */
static struct message begin(struct sbpf_error *error, enum sbpf_code code, int system_errno)
{
	struct message message = { 0 };

	errno = system_errno ? system_errno : EINVAL;
	if (!error || error->code != SBPF_OK)
		return message;
	message.error = error;
	error->code = code;
	error->system_errno = system_errno;
	error->where[0] = '\0';
	return message;
}

static int fail(struct sbpf_error *error, enum sbpf_code code, int system_errno, const char *text)
{
	struct message message = begin(error, code, system_errno);

	append(&message, text);
	return -1;
}

/* ---- What this kernel can do ---- */

static long call_seccomp(unsigned int operation, unsigned int flags, void *argument)
{
	return syscall(SYS_seccomp, operation, flags, argument);
}

/* A flag or an action, and the first Linux with it (seccomp(2); <linux/seccomp.h> of each). */
struct feature {
	uint32_t value;
	const char *name;
	const char *since;
};

static const struct feature flag_features[] = {
	{ SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC", "3.17" },
	{ SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG", "4.14" },
	{ SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "4.17" },
	{ SECCOMP_FILTER_FLAG_NEW_LISTENER, "SECCOMP_FILTER_FLAG_NEW_LISTENER", "5.0" },
	{ SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH", "5.7" },
	{ SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
	  "5.19" },
};

static const struct feature action_features[] = {
	{ SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS", "4.14" },
	{ SECCOMP_RET_LOG, "LOG", "4.14" },
	{ SECCOMP_RET_USER_NOTIF, "NOTIFY", "5.0" },
};

static bool knows_action(uint32_t action)
{
	/* EINVAL: older than the question itself (4.14), which is as old as these actions. */
	return call_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0 ||
	       (errno != EOPNOTSUPP && errno != EINVAL);
}

static bool returns_action(const struct sbpf_filter *filter, uint32_t action)
{
	for (size_t i = 0; i < filter->count; i++) {
		const struct sock_filter *instruction = &filter->program[i];

		if (instruction->code == (BPF_RET | BPF_K) &&
		    (instruction->k & SECCOMP_RET_ACTION_FULL) == action)
			return true;
	}
	return false;
}

/*
 * ---- Refusals in words ----
 *
 * No more calls are made: the filters in force may have the process killed for any other.
 */

static const struct refusal {
	int system_errno;
	enum sbpf_code code;
	const char *text;
} refusals[] = {
	{ EACCES, SBPF_ERROR_PRIVILEGE,
	  "installing a filter without no_new_privs needs CAP_SYS_ADMIN in the thread's user "
	  "namespace; leave out SBPF_KEEP_PRIVILEGES, or set no_new_privs with prctl(2)" },
	{ KERNEL_ENOTSUPP, SBPF_ERROR_KERNEL,
	  "the kernel's memory for compiled BPF programs is used up; end processes that hold many "
	  "filters, or raise the limit with sysctl net.core.bpf_jit_limit" },
	/* seccomp_attach_filter() has two reasons for it. */
	{ ENOMEM, SBPF_ERROR_KERNEL,
	  "this filter and those in force on this thread already have more than 32768 instructions "
	  "together, which the kernel does not allow, or it has no memory; install fewer filters, "
	  "or one that means all of them" },
	{ EBUSY, SBPF_ERROR_KERNEL,
	  "a filter with a listener is in force on this thread already, and there can be only one; "
	  "use that listener, or install this filter without NOTIFY verdicts" },
	{ ESRCH, SBPF_ERROR_KERNEL,
	  "a thread of the process cannot be synchronised, for it has filters of its own; install "
	  "before threads are started, or on every thread without SECCOMP_FILTER_FLAG_TSYNC" },
	{ ENOSYS, SBPF_ERROR_KERNEL,
	  "there is no seccomp(2) here: the kernel is older than Linux 3.17 or built without "
	  "CONFIG_SECCOMP, or a filter in force answers the call with ENOSYS" },
	{ EPERM, SBPF_ERROR_KERNEL,
	  "seccomp(2) was refused, by a filter that is in force already or by a security module; "
	  "that filter must allow seccomp for another one to be added" },
	{ EFAULT, SBPF_ERROR_KERNEL, "the kernel could not read the filter's instructions" },
	{ EMFILE, SBPF_ERROR_KERNEL,
	  "no file descriptor is left for the listener; close some, or raise RLIMIT_NOFILE" },
	{ ENFILE, SBPF_ERROR_KERNEL,
	  "no open file is left for the listener; the system's limit is sysctl fs.file-max" },
};

static int fail_feature(struct sbpf_error *error, int system_errno, const struct feature *feature)
{
	struct message message = begin(error, SBPF_ERROR_KERNEL, system_errno);

	append(&message, "this kernel lacks ");
	append(&message, feature->name);
	append(&message, ", which came with Linux ");
	append(&message, feature->since);
	return -1;
}

/* The flags are in the order in which the kernel learned them. */
static int fail_invalid(unsigned int flags, struct sbpf_error *error)
{
	const struct feature *newest = NULL;
	struct message message;

	for (size_t i = 0; i < COUNT(flag_features); i++) {
		if (flags & flag_features[i].value)
			newest = &flag_features[i];
	}
	message = begin(error, SBPF_ERROR_KERNEL, EINVAL);
	append(&message, "the kernel refuses the filter (EINVAL): ");
	if (newest) {
		append(&message, newest->name);
		append(&message, " needs Linux ");
		append(&message, newest->since);
		append(&message, ", and ");
	}
	append(&message, "filters need a kernel that is built with CONFIG_SECCOMP_FILTER");
	return -1;
}

static int fail_installing(int system_errno, unsigned int flags, struct sbpf_error *error)
{
	struct message message;

	if (system_errno == EINVAL)
		return fail_invalid(flags, error);
	for (size_t i = 0; i < COUNT(refusals); i++) {
		if (refusals[i].system_errno == system_errno)
			return fail(error, refusals[i].code, system_errno, refusals[i].text);
	}
	message = begin(error, SBPF_ERROR_KERNEL, system_errno);
	append(&message, "seccomp(2) failed with errno ");
	append_number(&message, (unsigned long)system_errno);
	return -1;
}

/* ---- Before anything is changed ---- */

/*
 * What the kernel is asked for: the policy's flags, the caller's, and what they need. The policy's
 * WAIT_KILLABLE_RECV says how to wait for a listener, and so says nothing where there is none.
 */
static unsigned int kernel_flags(const struct sbpf_filter *filter, unsigned int flags)
{
	flags = filter->flags | (flags & ~SBPF_KEEP_PRIVILEGES);
	if (!(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return flags & ~SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	/* A return value cannot be a descriptor and the id of a thread (seccomp_set_mode_filter).
	 */
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return flags;
}

static int check_flags(const struct sbpf_filter *filter, unsigned int flags,
		       struct sbpf_error *error)
{
	unsigned int known = SBPF_KEEP_PRIVILEGES;
	struct message message;

	for (size_t i = 0; i < COUNT(flag_features); i++)
		known |= flag_features[i].value;
	if (flags & ~known) {
		message = begin(error, SBPF_ERROR_USAGE, 0);
		append(&message, "there is no SECCOMP_FILTER_FLAG_* with the value ");
		append_number(&message, flags & ~known);
		return -1;
	}
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		return 0;
	if (filter->needs_listener)
		return fail(error, SBPF_ERROR_USAGE, 0,
			    "the filter has NOTIFY verdicts, which need a listener: install it "
			    "with SECCOMP_FILTER_FLAG_NEW_LISTENER and answer on the descriptor");
	if (flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
		return fail(error, SBPF_ERROR_USAGE, 0,
			    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is about a listener's answers "
			    "and needs SECCOMP_FILTER_FLAG_NEW_LISTENER");
	return 0;
}

/*
 * A filter without this program's own ABI would end the program at its next call, unless its policy
 * was told to leave that out.
 */
static int check_machine(const struct sbpf_filter *filter, struct sbpf_error *error)
{
	struct sbpf_abi native = { 0 }, machine = { 0 };
	struct message message;
	int abi = sbpf_abi_native();

	if (abi >= 0 && filter->abi_set >> abi & 1)
		return 0;
	if (abi == filter->machine && filter->leaves_out_own)
		return 0;
	sbpf_abi_describe(abi, &native);
	sbpf_abi_describe(filter->machine, &machine);
	message = begin(error, SBPF_ERROR_USAGE, 0);
	append(&message, "the filter is for ");
	append(&message, machine.name ? machine.name : "an unknown machine");
	append(&message, " and does not cover this one; compile it for ");
	append(&message, native.name ? native.name : "this machine");
	return -1;
}

/* The kernel takes an action it does not know, and then kills on it. */
static int check_actions(const struct sbpf_filter *filter, struct sbpf_error *error)
{
	for (size_t i = 0; i < COUNT(action_features); i++) {
		const struct feature *action = &action_features[i];

		if (returns_action(filter, action->value) && !knows_action(action->value))
			return fail_feature(error, EOPNOTSUPP, action);
	}
	return 0;
}

static int check_program(const struct sbpf_filter *filter, struct sbpf_error *error)
{
	if (filter->count > 0 && filter->count <= BPF_MAXINSNS)
		return 0;
	return fail(error, SBPF_ERROR_INVALID, 0, "a program has 1 to 4096 instructions");
}

static int check(const struct sbpf_filter *filter, unsigned int flags, struct sbpf_error *error)
{
	if (check_program(filter, error) || check_machine(filter, error) ||
	    check_flags(filter, flags, error))
		return -1;
	return check_actions(filter, error);
}

/* ---- The two system calls ---- */

static int set_no_new_privs(struct sbpf_error *error)
{
	struct message message;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		return 0;
	message = begin(error, SBPF_ERROR_KERNEL, errno);
	append(&message, "prctl(PR_SET_NO_NEW_PRIVS) failed with errno ");
	append_number(&message, (unsigned long)errno);
	append(&message, errno == EINVAL ? ": the kernel is older than Linux 3.5"
					 : ": a filter in force refuses it");
	return -1;
}

/* TSYNC without TSYNC_ESRCH: a positive result is a thread that cannot follow. */
static int fail_thread(long thread, struct sbpf_error *error)
{
	struct message message = begin(error, SBPF_ERROR_KERNEL, ESRCH);

	append(&message, "thread ");
	append_number(&message, (unsigned long)thread);
	append(&message, " cannot be synchronised, for it has filters of its own; install before "
			 "threads are started, or on every thread without "
			 "SECCOMP_FILTER_FLAG_TSYNC");
	return -1;
}

static int install(const struct sbpf_filter *filter, unsigned int flags, struct sbpf_error *error)
{
	struct sock_fprog program = {
		.len = (unsigned short)filter->count,
		/* The kernel only reads it; the uapi struct lacks the const. */
		.filter = (struct sock_filter *)filter->program,
	};
	long result = call_seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);

	if (result < 0)
		return fail_installing(errno, flags, error);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)
		return (int)result;
	return result > 0 ? fail_thread(result, error) : 0;
}

int sbpf_install(const struct sbpf_filter *filter, unsigned int flags, struct sbpf_error *error)
{
	int saved_errno = errno;
	int result;

	/* fail() keeps an error of an earlier call. */
	if (!filter || (error && error->code != SBPF_OK))
		return fail(error, SBPF_ERROR_USAGE, 0, "there is no filter to install");
	if (check(filter, flags, error))
		return -1;
	if (!(flags & SBPF_KEEP_PRIVILEGES) && set_no_new_privs(error))
		return -1;
	result = install(filter, kernel_flags(filter, flags), error);
	if (result >= 0)
		errno = saved_errno;
	return result;
}
