/* SPDX-License-Identifier: MIT */
/* What the kernel does with the verdict of each action. */
#include "live.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int call_under(uint32_t verdict, case_body body, struct seen *seen)
{
	struct sbpf_filter *filter = filter_of("getppid", verdict, NULL, 0, NULL);
	int status = run_case(body, filter, seen);

	ck_assert_msg(seen->installed >= 0, "%s", seen->install_error.message);
	sbpf_filter_free(filter);
	return status;
}

START_TEST(allow_lets_the_call_through)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ERRNO | 99, NULL, &error);
	struct sbpf_filter *filter;
	struct seen seen;
	int status;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "getppid", NULL, 0,
					      &error),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "exit_group", NULL, 0,
					      &error),
			 0);
	filter = compile(policy);
	status = run_case(install_and_call, filter, &seen);
	assert_survived(status, &seen);
	ck_assert_int_eq(seen.value, getpid());
	sbpf_filter_free(filter);
}
END_TEST

static void install_and_call_another(struct seen *seen, const struct sbpf_filter *filter)
{
	if (!install(filter, 0, seen))
		return;
	errno = 0;
	seen->value = syscall(SYS_getpid);
	seen->error = errno;
}

START_TEST(default_verdict_is_for_calls_without_a_rule)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ERRNO | 99, NULL, &error);
	struct sbpf_filter *filter;
	struct seen seen;
	int status;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "exit_group", NULL, 0,
					      &error),
			 0);
	filter = compile(policy);
	status = run_case(install_and_call_another, filter, &seen);
	assert_survived(status, &seen);
	ck_assert_int_eq(seen.value, -1);
	ck_assert_int_eq(seen.error, 99);
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(log_lets_the_call_through)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_LOG, install_and_call, &seen);

	assert_survived(status, &seen);
	ck_assert_int_eq(seen.value, getpid());
}
END_TEST

START_TEST(errno_is_returned_in_place_of_the_call)
{
	static const int numbers[] = { EPERM, ENOSYS, 133, 4095 };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct seen seen;
		int status = call_under(SECCOMP_RET_ERRNO | (uint32_t)numbers[i], install_and_call,
					&seen);

		assert_survived(status, &seen);
		ck_assert_int_eq(seen.value, -1);
		ck_assert_int_eq(seen.error, numbers[i]);
	}
}
END_TEST

START_TEST(errno_0_pretends_success)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_ERRNO, install_and_call, &seen);

	assert_survived(status, &seen);
	ck_assert_int_eq(seen.value, 0);
}
END_TEST

/* ---- TRAP ---- */

/* SYS_SECCOMP of the kernel's <asm-generic/siginfo.h>, which the C library's headers hide. */
#define CODE_SECCOMP 1

static struct seen *trap_seen;

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	trap_seen->signal_errno = info->si_errno;
	trap_seen->signal_code = info->si_code;
	trap_seen->signal_call = info->si_syscall;
	trap_seen->signal_arch = info->si_arch;
}

static void call_with_handler(struct seen *seen, const struct sbpf_filter *filter)
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	trap_seen = seen;
	sigaction(SIGSYS, &action, NULL);
	install_and_call(seen, filter);
}

START_TEST(trap_sends_sigsys_that_names_the_call)
{
	struct seen seen;
	struct sbpf_abi native;
	int status = call_under(SECCOMP_RET_TRAP, call_with_handler, &seen);

	assert_survived(status, &seen);
	ck_assert(sbpf_abi_describe(sbpf_abi_native(), &native));
	ck_assert_int_eq(seen.signal_code, CODE_SECCOMP);
	ck_assert_int_eq(seen.signal_errno, 0);
	ck_assert_int_eq(seen.signal_call, SYS_getppid);
	ck_assert_uint_eq(seen.signal_arch, native.audit_arch);
}
END_TEST

START_TEST(trap_without_a_handler_kills)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_TRAP, install_and_call, &seen);

	assert_killed(status, &seen);
}
END_TEST

/* ---- KILL ---- */

static void *call_in_thread(void *argument)
{
	const uint64_t arguments[6] = { 0 };

	call_getppid(argument, arguments);
	return NULL;
}

/* Waits until this is the only thread, for ten seconds. musl's pthread_join(3) does not notice that
 * the kernel ended one. */
static void wait_for_threads(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct stat tasks;

	for (int tries = 0; tries < 10000; tries++) {
		if (stat("/proc/self/task", &tasks) || tasks.st_nlink == 3)
			return;
		nanosleep(&pause, NULL);
	}
}

/* The second thread makes the call; the first waits for its end. */
static void call_from_a_thread(struct seen *seen, const struct sbpf_filter *filter)
{
	pthread_t thread;

	seen->value = -2;
	if (!install(filter, 0, seen) || pthread_create(&thread, NULL, call_in_thread, seen))
		return;
	wait_for_threads();
}

START_TEST(kill_thread_ends_the_thread_alone)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_KILL_THREAD, call_from_a_thread, &seen);

	assert_survived(status, &seen);
	ck_assert_int_eq(seen.value, -2);
}
END_TEST

START_TEST(kill_thread_of_the_only_thread_ends_the_process)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_KILL_THREAD, install_and_call, &seen);

	assert_killed(status, &seen);
}
END_TEST

START_TEST(kill_process_ends_all_threads)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_KILL_PROCESS, call_from_a_thread, &seen);

	assert_killed(status, &seen);
}
END_TEST

/* ---- TRACE ---- */

START_TEST(trace_without_a_tracer_answers_enosys)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_TRACE | 7, install_and_call, &seen);

	assert_survived(status, &seen);
	ck_assert_int_eq(seen.value, -1);
	ck_assert_int_eq(seen.error, ENOSYS);
}
END_TEST

/* The traced process: exits with 3 when getppid(2) gave what it should. */
static void be_traced(const struct sbpf_filter *filter)
{
	pid_t parent = getppid();

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	if (sbpf_install(filter, 0, NULL) < 0)
		_exit(EXIT_FAILURE);
	_exit(getppid() == parent ? 3 : 4);
}

START_TEST(trace_hands_its_data_to_the_tracer)
{
	struct sbpf_filter *filter = filter_of("getppid", SECCOMP_RET_TRACE | 7, NULL, 0, NULL);
	unsigned long message = 0;
	int status;
	pid_t child = fork();

	if (child == 0)
		be_traced(filter);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSTOPPED(status));
	ck_assert_int_eq(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESECCOMP), 0);
	ptrace(PTRACE_CONT, child, NULL, NULL);

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status >> 8, SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
	ck_assert_int_eq(ptrace(PTRACE_GETEVENTMSG, child, NULL, &message), 0);
	ck_assert_uint_eq(message, 7);
	ptrace(PTRACE_CONT, child, NULL, NULL);

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 3);
	sbpf_filter_free(filter);
}
END_TEST

/* ---- NOTIFY ---- */

/* Answers one call on the listener with 4242. */
static bool answer(int listener, struct seen *seen)
{
	struct pollfd ready = { .fd = listener, .events = POLLIN };
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp response = { .val = 4242 };

	if (poll(&ready, 1, 10000) != 1 || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return false;
	seen->signal_call = call.data.nr;
	response.id = call.id;
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

/* A child inherits the filter and makes the call; this process has the listener. */
static void call_with_listener(struct seen *seen, const struct sbpf_filter *filter)
{
	const uint64_t arguments[6] = { 0 };
	pid_t child;

	if (!install(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, seen))
		return;
	child = fork();
	if (child == 0) {
		call_getppid(seen, arguments);
		_exit(EXIT_SUCCESS);
	}
	if (!answer(seen->installed, seen))
		kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

START_TEST(notify_gives_the_answer_of_the_listener)
{
	struct seen seen;
	int status = call_under(SECCOMP_RET_USER_NOTIF, call_with_listener, &seen);

	assert_survived(status, &seen);
	ck_assert_int_eq(seen.signal_call, SYS_getppid);
	ck_assert_int_eq(seen.value, 4242);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		allow_lets_the_call_through,
		default_verdict_is_for_calls_without_a_rule,
		log_lets_the_call_through,
		errno_is_returned_in_place_of_the_call,
		errno_0_pretends_success,
		trap_sends_sigsys_that_names_the_call,
		trap_without_a_handler_kills,
		kill_thread_ends_the_thread_alone,
		kill_thread_of_the_only_thread_ends_the_process,
		kill_process_ends_all_threads,
		trace_without_a_tracer_answers_enosys,
		trace_hands_its_data_to_the_tracer,
		notify_gives_the_answer_of_the_listener,
	};

	return run_tests("actions", tests, sizeof(tests) / sizeof(tests[0]));
}
