/* SPDX-License-Identifier: MIT */
/* Installing: privileges, flags, threads, and what is said when the kernel refuses. */
#include "allocator.h"
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define REFUSED 99

static struct sbpf_filter *harmless(void)
{
	return filter_of("mkdir", SECCOMP_RET_ERRNO | EPERM, NULL, 0, NULL);
}

static void assert_refused(const struct seen *seen, enum sbpf_code code, int system_errno,
			   const char *words)
{
	ck_assert_int_eq(seen->installed, -1);
	ck_assert_int_eq(seen->install_error.code, code);
	ck_assert_int_eq(seen->install_error.system_errno, system_errno);
	ck_assert_msg(strstr(seen->install_error.message, words) != NULL, "'%s' lacks '%s'",
		      seen->install_error.message, words);
}

/* Runs a case with a filter of its own, and frees it. */
static int run_with(case_body body, struct sbpf_filter *filter, struct seen *seen)
{
	int status = run_case(body, filter, seen);

	sbpf_filter_free(filter);
	return status;
}

/* ---- Privileges ---- */

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, sets) == 0;
}

static void install_plainly(struct seen *seen, const struct sbpf_filter *filter)
{
	install(filter, 0, seen);
}

static void install_and_note_errno(struct seen *seen, const struct sbpf_filter *filter)
{
	errno = 1234;
	seen->installed = sbpf_install(filter, 0, &seen->install_error);
	seen->error = errno;
}

START_TEST(no_new_privs_is_set)
{
	struct seen seen;

	assert_survived(run_with(install_plainly, harmless(), &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert(seen.no_new_privs);
}
END_TEST

START_TEST(errno_is_kept_on_success)
{
	struct seen seen;

	assert_survived(run_with(install_and_note_errno, harmless(), &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert_int_eq(seen.error, 1234);
}
END_TEST

static void install_keeping_privileges(struct seen *seen, const struct sbpf_filter *filter)
{
	install(filter, SBPF_KEEP_PRIVILEGES, seen);
}

static void install_without_capabilities(struct seen *seen, const struct sbpf_filter *filter)
{
	if (drop_capabilities())
		install_keeping_privileges(seen, filter);
}

static bool has_sys_admin(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, sets) == 0 && sets[0].effective & 1u << CAP_SYS_ADMIN;
}

START_TEST(privileges_can_be_kept_with_cap_sys_admin)
{
	struct seen seen;

	if (!has_sys_admin() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) {
		skip("privileges_can_be_kept_with_cap_sys_admin",
		     "no CAP_SYS_ADMIN here, or no_new_privs is set");
		return;
	}
	assert_survived(run_with(install_keeping_privileges, harmless(), &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert(!seen.no_new_privs);
}
END_TEST

START_TEST(privileges_cannot_be_kept_without_cap_sys_admin)
{
	struct seen seen;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)) {
		skip("privileges_cannot_be_kept_without_cap_sys_admin", "no_new_privs is set");
		return;
	}
	assert_survived(run_with(install_without_capabilities, harmless(), &seen), &seen);
	assert_refused(&seen, SBPF_ERROR_PRIVILEGE, EACCES, "CAP_SYS_ADMIN");
	ck_assert(!seen.no_new_privs);
}
END_TEST

/* ---- What is refused before anything is changed ---- */

static void install_with_unknown_flag(struct seen *seen, const struct sbpf_filter *filter)
{
	install(filter, 1u << 20, seen);
}

START_TEST(a_flag_that_does_not_exist_is_named)
{
	struct seen seen;

	assert_survived(run_with(install_with_unknown_flag, harmless(), &seen), &seen);
	assert_refused(&seen, SBPF_ERROR_USAGE, 0, "1048576");
}
END_TEST

START_TEST(notify_needs_a_listener)
{
	struct seen seen;

	assert_survived(run_with(install_plainly,
				 filter_of("mkdirat", SECCOMP_RET_USER_NOTIF, NULL, 0, NULL),
				 &seen),
			&seen);
	assert_refused(&seen, SBPF_ERROR_USAGE, 0, "SECCOMP_FILTER_FLAG_NEW_LISTENER");
}
END_TEST

static void install_wait_killable(struct seen *seen, const struct sbpf_filter *filter)
{
	install(filter, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, seen);
}

START_TEST(wait_killable_recv_needs_a_listener)
{
	struct seen seen;

	assert_survived(run_with(install_wait_killable, harmless(), &seen), &seen);
	assert_refused(&seen, SBPF_ERROR_USAGE, 0, "SECCOMP_FILTER_FLAG_NEW_LISTENER");
}
END_TEST

static struct sbpf_filter *with_flags(unsigned int flags, uint32_t verdict)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, NULL, &error);

	ck_assert_int_eq(sbpf_policy_add_rule(policy, verdict, "getppid", NULL, 0, &error), 0);
	ck_assert_msg(sbpf_policy_add_flags(policy, flags, &error) == 0, "%s", error.message);
	return compile(policy);
}

START_TEST(wait_killable_recv_of_a_profile_is_void_without_a_listener)
{
	struct sbpf_filter *filter =
		with_flags(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, SECCOMP_RET_ERRNO | REFUSED);
	struct seen seen;

	assert_survived(run_with(install_and_call, filter, &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert_int_eq(seen.error, REFUSED);
}
END_TEST

START_TEST(a_filter_for_another_machine_is_refused)
{
	const char *other = sbpf_abi_native() == sbpf_abi_find("aarch64") ? "x86_64" : "aarch64";
	const struct sbpf_target target = { .machine = other };
	struct seen seen;

	assert_survived(run_with(install_plainly,
				 filter_of("mkdirat", SECCOMP_RET_ERRNO, NULL, 0, &target), &seen),
			&seen);
	assert_refused(&seen, SBPF_ERROR_USAGE, 0, other);
	ck_assert_int_eq(seen.no_new_privs, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}
END_TEST

START_TEST(no_filter_keeps_the_first_error)
{
	struct sbpf_error error = { .code = SBPF_ERROR_READ, .message = "the first" };

	ck_assert_int_eq(sbpf_install(NULL, 0, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_READ);
	ck_assert_str_eq(error.message, "the first");
	ck_assert_int_eq(sbpf_install(NULL, 0, NULL), -1);
}
END_TEST

/* ---- Listeners ---- */

static void install_listener(struct seen *seen, const struct sbpf_filter *filter)
{
	if (install(filter,
		    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		    seen))
		seen->value = fcntl(seen->installed, F_GETFD);
}

START_TEST(listener_is_close_on_exec)
{
	struct seen seen;

	assert_survived(run_with(install_listener, harmless(), &seen), &seen);
	ck_assert_int_gt(seen.installed, 2);
	ck_assert_int_eq(seen.value, FD_CLOEXEC);
}
END_TEST

static void install_two_listeners(struct seen *seen, const struct sbpf_filter *filter)
{
	if (sbpf_install(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, NULL) >= 0)
		install(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, seen);
}

START_TEST(a_second_listener_is_refused)
{
	struct seen seen;

	assert_survived(run_with(install_two_listeners, harmless(), &seen), &seen);
	assert_refused(&seen, SBPF_ERROR_KERNEL, EBUSY, "listener");
}
END_TEST

/* ---- Threads ---- */

struct other_thread {
	pthread_barrier_t ready, go;
	const struct sbpf_filter *own_filter; /* it installs this one first, or NULL */
	struct seen *seen;
};

static void *wait_and_call(void *argument)
{
	const uint64_t arguments[6] = { 0 };
	struct other_thread *other = argument;

	if (other->own_filter && sbpf_install(other->own_filter, 0, NULL) < 0)
		abort();
	pthread_barrier_wait(&other->ready);
	pthread_barrier_wait(&other->go);
	call_getppid(other->seen, arguments);
	return NULL;
}

/* Installs with TSYNC while another thread is there, which then calls getppid(2). */
static void install_beside_thread(struct seen *seen, const struct sbpf_filter *filter,
				  unsigned int flags, bool has_own_filter)
{
	struct other_thread other = { .seen = seen, .own_filter = has_own_filter ? filter : NULL };
	pthread_t thread;

	pthread_barrier_init(&other.ready, NULL, 2);
	pthread_barrier_init(&other.go, NULL, 2);
	if (pthread_create(&thread, NULL, wait_and_call, &other))
		return;
	pthread_barrier_wait(&other.ready);
	install(filter, flags, seen);
	pthread_barrier_wait(&other.go);
	pthread_join(thread, NULL);
}

static void install_on_one_thread(struct seen *seen, const struct sbpf_filter *filter)
{
	install_beside_thread(seen, filter, 0, false);
}

static void install_on_all_threads(struct seen *seen, const struct sbpf_filter *filter)
{
	install_beside_thread(seen, filter, SECCOMP_FILTER_FLAG_TSYNC, false);
}

static void install_on_all_with_listener(struct seen *seen, const struct sbpf_filter *filter)
{
	install_beside_thread(seen, filter,
			      SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, false);
}

static void install_on_estranged_threads(struct seen *seen, const struct sbpf_filter *filter)
{
	install_beside_thread(seen, filter, SECCOMP_FILTER_FLAG_TSYNC, true);
}

static void install_on_estranged_with_listener(struct seen *seen, const struct sbpf_filter *filter)
{
	install_beside_thread(seen, filter,
			      SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, true);
}

static struct sbpf_filter *refusing(void)
{
	return filter_of("getppid", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, NULL);
}

START_TEST(without_tsync_other_threads_are_free)
{
	struct seen seen;

	assert_survived(run_with(install_on_one_thread, refusing(), &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert_int_eq(seen.value, getpid());
}
END_TEST

START_TEST(tsync_is_for_all_threads)
{
	struct seen seen;

	assert_survived(run_with(install_on_all_threads, refusing(), &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert_int_eq(seen.error, REFUSED);
}
END_TEST

START_TEST(tsync_and_a_listener_go_together)
{
	struct seen seen;

	assert_survived(run_with(install_on_all_with_listener, refusing(), &seen), &seen);
	ck_assert_int_gt(seen.installed, 2);
	ck_assert_int_eq(seen.error, REFUSED);
}
END_TEST

START_TEST(a_thread_with_filters_of_its_own_cannot_be_synchronised)
{
	struct seen seen;

	assert_survived(run_with(install_on_estranged_threads, refusing(), &seen), &seen);
	assert_refused(&seen, SBPF_ERROR_KERNEL, ESRCH, "thread ");
	assert_survived(run_with(install_on_estranged_with_listener, refusing(), &seen), &seen);
	assert_refused(&seen, SBPF_ERROR_KERNEL, ESRCH, "thread ");
}
END_TEST

/* ---- Refusals of the kernel, most of them played by a filter that is in force ---- */

static void install_until_refused(struct seen *seen, const struct sbpf_filter *filter)
{
	while (sbpf_install(filter, 0, &seen->install_error) == 0)
		seen->value++;
	seen->installed = -1;
}

START_TEST(too_many_instructions_of_all_filters_is_said)
{
	struct seen seen;

	assert_survived(run_with(install_until_refused, harmless(), &seen), &seen);
	assert_refused(&seen, SBPF_ERROR_KERNEL, ENOMEM, "32768 instructions");
}
END_TEST

/* The filter that plays the kernel, and the flags and the filter of the second installation. */
static const struct sbpf_filter *second_filter;
static unsigned int second_flags;

static void install_second(struct seen *seen, const struct sbpf_filter *filter)
{
	if (sbpf_install(filter, 0, NULL) == 0)
		install(second_filter, second_flags, seen);
}

static void play(uint32_t verdict, const struct sbpf_condition *condition,
		 struct sbpf_filter *second, unsigned int flags, struct seen *seen)
{
	struct sbpf_filter *first = filter_of("seccomp", verdict, condition, 1, NULL);

	second_filter = second;
	second_flags = flags;
	assert_survived(run_with(install_second, first, seen), seen);
	sbpf_filter_free(second);
}

static const struct refusal {
	int system_errno;
	enum sbpf_code code;
	const char *words;
} refusals[] = {
	{ EACCES, SBPF_ERROR_PRIVILEGE, "CAP_SYS_ADMIN" },
	{ 524, SBPF_ERROR_KERNEL, "net.core.bpf_jit_limit" },
	{ ENOMEM, SBPF_ERROR_KERNEL, "32768 instructions" },
	{ EBUSY, SBPF_ERROR_KERNEL, "a listener is in force" },
	{ ESRCH, SBPF_ERROR_KERNEL, "cannot be synchronised" },
	{ ENOSYS, SBPF_ERROR_KERNEL, "CONFIG_SECCOMP" },
	{ EPERM, SBPF_ERROR_KERNEL, "must allow seccomp" },
	{ EFAULT, SBPF_ERROR_KERNEL, "could not read" },
	{ EMFILE, SBPF_ERROR_KERNEL, "RLIMIT_NOFILE" },
	{ ENFILE, SBPF_ERROR_KERNEL, "fs.file-max" },
	{ EINVAL, SBPF_ERROR_KERNEL, "CONFIG_SECCOMP_FILTER" },
	{ 133, SBPF_ERROR_KERNEL, "errno 133" },
};

START_TEST(every_refusal_is_put_in_words)
{
	const struct sbpf_condition set_filter = { 0, SBPF_EQ, SECCOMP_SET_MODE_FILTER, 0 };

	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *row = &refusals[i];
		struct seen seen;

		play(SECCOMP_RET_ERRNO | (uint32_t)row->system_errno, &set_filter, harmless(), 0,
		     &seen);
		assert_refused(&seen, row->code, row->system_errno, row->words);
	}
}
END_TEST

static const struct newest_flag {
	unsigned int flags;
	const char *words;
} newest_flags[] = {
	{ 0, "(EINVAL): filters need a kernel that is built with CONFIG_SECCOMP_FILTER" },
	{ SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC needs Linux 3.17" },
	{ SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG,
	  "SECCOMP_FILTER_FLAG_LOG needs Linux 4.14" },
	{ SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW needs Linux 4.17" },
	{ SECCOMP_FILTER_FLAG_NEW_LISTENER, "SECCOMP_FILTER_FLAG_NEW_LISTENER needs Linux 5.0" },
	{ SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER,
	  "SECCOMP_FILTER_FLAG_TSYNC_ESRCH needs Linux 5.7" },
	{ SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs Linux 5.19" },
};

START_TEST(the_newest_flag_that_an_old_kernel_refuses_is_named)
{
	const struct sbpf_condition set_filter = { 0, SBPF_EQ, SECCOMP_SET_MODE_FILTER, 0 };

	for (size_t i = 0; i < sizeof(newest_flags) / sizeof(newest_flags[0]); i++) {
		const struct newest_flag *row = &newest_flags[i];
		struct seen seen;

		play(SECCOMP_RET_ERRNO | EINVAL, &set_filter, harmless(), row->flags, &seen);
		assert_refused(&seen, SBPF_ERROR_KERNEL, EINVAL, row->words);
	}
}
END_TEST

/* Allows what comes before the installation, answers that with an errno, and kills after it. */
static struct sbpf_filter *refusing_and_deadly(uint32_t system_errno)
{
	const struct sbpf_condition installs[] = {
		{ 0, SBPF_EQ, SECCOMP_SET_MODE_FILTER, 0 },
		{ 1, SBPF_EQ, SECCOMP_FILTER_FLAG_LOG, 0 },
	};
	const struct sbpf_condition asks = { 0, SBPF_EQ, SECCOMP_GET_ACTION_AVAIL, 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_KILL_PROCESS, NULL, NULL);
	struct sbpf_filter *filter;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | system_errno, "seccomp",
					      installs, 2, NULL),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "seccomp", &asks, 1, NULL),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "prctl", NULL, 0, NULL),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "exit_group", NULL, 0,
					      NULL),
			 0);
	filter = sbpf_compile(policy, NULL, NULL);
	ck_assert_ptr_nonnull(filter);
	sbpf_policy_free(policy);
	return filter;
}

static void install_second_with_log(struct seen *seen, const struct sbpf_filter *filter)
{
	if (sbpf_install(filter, 0, NULL) == 0)
		install(second_filter, SECCOMP_FILTER_FLAG_LOG, seen);
}

START_TEST(no_call_follows_a_refusal)
{
	struct sbpf_filter *second = harmless();

	second_filter = second;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct sbpf_filter *first = refusing_and_deadly((uint32_t)refusals[i].system_errno);
		struct seen seen;

		assert_survived(run_with(install_second_with_log, first, &seen), &seen);
		assert_refused(&seen, refusals[i].code, refusals[i].system_errno,
			       refusals[i].words);
	}
	sbpf_filter_free(second);
}
END_TEST

START_TEST(flags_of_a_profile_and_of_the_caller_reach_the_kernel)
{
	const struct sbpf_condition both = {
		1, SBPF_EQ, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW, 0
	};
	struct seen seen;

	play(SECCOMP_RET_ERRNO | 133, &both,
	     with_flags(SECCOMP_FILTER_FLAG_LOG, SECCOMP_RET_ERRNO | REFUSED),
	     SECCOMP_FILTER_FLAG_SPEC_ALLOW, &seen);
	assert_refused(&seen, SBPF_ERROR_KERNEL, 133, "errno 133");
}
END_TEST

START_TEST(an_action_that_the_kernel_lacks_is_named)
{
	const struct sbpf_condition asks = { 0, SBPF_EQ, SECCOMP_GET_ACTION_AVAIL, 0 };
	const struct sbpf_target target = { .bad_arch = "ERRNO" };
	struct seen seen;

	play(SECCOMP_RET_ERRNO | EOPNOTSUPP, &asks,
	     filter_of("mkdirat", SECCOMP_RET_LOG, NULL, 0, &target), 0, &seen);
	assert_refused(&seen, SBPF_ERROR_KERNEL, EOPNOTSUPP, "LOG, which came with Linux 4.14");
	ck_assert(strstr(seen.install_error.message, "KILL_PROCESS") == NULL);
}
END_TEST

/* ---- Between fork(2) and execve(2) ---- */

static void install_and_count_memory(struct seen *seen, const struct sbpf_filter *filter)
{
	allocator_arm(1);
	install(filter, 0, seen);
	seen->value = allocator_disarm();
}

START_TEST(installing_allocates_nothing)
{
	struct seen seen;

	assert_survived(run_with(install_and_count_memory, harmless(), &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert_int_eq(seen.value, 0);
}
END_TEST

START_TEST(installing_takes_prctl_and_seccomp_alone)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_KILL_PROCESS, NULL, &error);
	struct sbpf_filter *second = harmless();
	struct seen seen;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "prctl", NULL, 0, &error),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "seccomp", NULL, 0,
					      &error),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "exit_group", NULL, 0,
					      &error),
			 0);
	second_filter = second;
	second_flags = 0;
	assert_survived(run_with(install_second, compile(policy), &seen), &seen);
	ck_assert_int_eq(seen.installed, 0);
	sbpf_filter_free(second);
}
END_TEST

static void install_and_execute(struct seen *seen, const struct sbpf_filter *filter)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)"exit 21", NULL };

	if (install(filter, 0, seen))
		execv("/bin/sh", argv);
}

START_TEST(a_filter_stays_in_force_over_execve)
{
	const struct sbpf_condition is_21 = { 0, SBPF_EQ, 21, 0 };
	struct seen seen;
	int status;

	status = run_with(install_and_execute, harmless(), &seen);
	ck_assert_msg(WIFEXITED(status), "wait status %#x", status);
	ck_assert_int_eq(WEXITSTATUS(status), 21);
	status =
		run_with(install_and_execute,
			 filter_of("exit_group", SECCOMP_RET_KILL_PROCESS, &is_21, 1, NULL), &seen);
	assert_killed(status, &seen);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		no_new_privs_is_set,
		errno_is_kept_on_success,
		privileges_can_be_kept_with_cap_sys_admin,
		privileges_cannot_be_kept_without_cap_sys_admin,
		a_flag_that_does_not_exist_is_named,
		notify_needs_a_listener,
		wait_killable_recv_needs_a_listener,
		wait_killable_recv_of_a_profile_is_void_without_a_listener,
		a_filter_for_another_machine_is_refused,
		no_filter_keeps_the_first_error,
		listener_is_close_on_exec,
		a_second_listener_is_refused,
		without_tsync_other_threads_are_free,
		tsync_is_for_all_threads,
		tsync_and_a_listener_go_together,
		a_thread_with_filters_of_its_own_cannot_be_synchronised,
		too_many_instructions_of_all_filters_is_said,
		every_refusal_is_put_in_words,
		the_newest_flag_that_an_old_kernel_refuses_is_named,
		no_call_follows_a_refusal,
		flags_of_a_profile_and_of_the_caller_reach_the_kernel,
		an_action_that_the_kernel_lacks_is_named,
		installing_allocates_nothing,
		installing_takes_prctl_and_seccomp_alone,
		a_filter_stays_in_force_over_execve,
	};

	return run_tests("install", tests, sizeof(tests) / sizeof(tests[0]));
}
