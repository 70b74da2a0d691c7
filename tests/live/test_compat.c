/* SPDX-License-Identifier: MIT */
/* The drop-in libseccomp.so.2 on the running kernel: loading, threads and listeners. */
#include "live.h"

#include <errno.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <seccomp.h>

/* What a case saw of the drop-in, in memory shared with the test. */
static struct noted {
	int load;
	int second_load;
	int listener;
	int second_listener;
	long in_thread; /* getppid(2) there */
	int in_thread_errno;
} * noted;

static const uint64_t no_arguments[6];

/* All calls allowed, but for getppid(2). */
static scmp_filter_ctx filter_on_getppid(uint32_t action)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (seccomp_rule_add(filter, action, SCMP_SYS(getppid), 0))
		abort();
	return filter;
}

static void run(case_body body, struct seen *seen)
{
	noted = mmap(NULL, sizeof(*noted), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	ck_assert_ptr_ne(noted, MAP_FAILED);
	assert_survived(run_case(body, NULL, seen), seen);
}

static void note_no_new_privs(struct seen *seen)
{
	seen->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
}

/* ---- Loading ---- */

static void load_and_call(struct seen *seen, const struct sbpf_filter *unused)
{
	scmp_filter_ctx filter = filter_on_getppid(SCMP_ACT_ERRNO(EXDEV));

	(void)unused;
	noted->load = seccomp_load(filter);
	noted->listener = seccomp_notify_fd(filter);
	seccomp_release(filter);
	call_getppid(seen, no_arguments);
	note_no_new_privs(seen);
}

START_TEST(loaded_filter_is_in_force_with_no_new_privs)
{
	struct seen seen;

	run(load_and_call, &seen);
	ck_assert_int_eq(noted->load, 0);
	ck_assert_int_eq(noted->listener, -1);
	ck_assert_int_eq(seen.value, -1);
	ck_assert_int_eq(seen.error, EXDEV);
	ck_assert(seen.no_new_privs);
}
END_TEST

static void load_with_prctl(struct seen *seen, const struct sbpf_filter *unused)
{
	seccomp_api_set(1);
	load_and_call(seen, unused);
}

START_TEST(level_1_loads_with_prctl)
{
	struct seen seen;

	run(load_with_prctl, &seen);
	ck_assert_int_eq(noted->load, 0);
	ck_assert_int_eq(seen.error, EXDEV);
}
END_TEST

static bool drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, sets) == 0;
}

static void load_without_privileges(struct seen *seen, const struct sbpf_filter *unused)
{
	scmp_filter_ctx filter = filter_on_getppid(SCMP_ACT_ERRNO(EXDEV));

	(void)unused;
	if (!drop_capabilities() || seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0))
		abort();
	noted->load = seccomp_load(filter);
	seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	noted->second_load = seccomp_load(filter);
	note_no_new_privs(seen);
	call_getppid(seen, no_arguments);
}

START_TEST(refused_load_is_canceled_or_its_errno_where_asked_for)
{
	struct seen seen;

	run(load_without_privileges, &seen);
	ck_assert_int_eq(noted->load, -ECANCELED);
	ck_assert_int_eq(noted->second_load, -EACCES);
	ck_assert(!seen.no_new_privs);
	ck_assert_int_gt(seen.value, 0);
}
END_TEST

/* Of this machine's byte order, for in another one the program would be none to the kernel. */
#define OTHER_ARCH (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? SCMP_ARCH_PARISC64 : SCMP_ARCH_RISCV64)

static void load_without_the_native_abi(struct seen *seen, const struct sbpf_filter *unused)
{
	scmp_filter_ctx filter = filter_on_getppid(SCMP_ACT_KILL);

	(void)unused;
	if (seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW) ||
	    seccomp_arch_remove(filter, SCMP_ARCH_NATIVE) || seccomp_arch_add(filter, OTHER_ARCH))
		abort();
	noted->load = seccomp_load(filter);
	call_getppid(seen, no_arguments);
}

START_TEST(filter_for_other_abis_gives_this_one_the_bad_arch_action)
{
	struct seen seen;

	if (seccomp_arch_native() == OTHER_ARCH)
		return;
	run(load_without_the_native_abi, &seen);
	ck_assert_int_eq(noted->load, 0);
	ck_assert_int_gt(seen.value, 0);
}
END_TEST

/* ---- Threads ---- */

static int to_thread[2], from_thread[2];

static void wait_for(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		abort();
}

static void signal_to(int fd)
{
	if (write(fd, "", 1) != 1)
		abort();
}

/* A thread that loads a filter of its own where it is handed one, and calls when told to. */
static void *thread(void *filter)
{
	if (filter && seccomp_load(filter))
		abort();
	signal_to(from_thread[1]);
	wait_for(to_thread[0]);
	errno = 0;
	noted->in_thread = syscall(SYS_getppid);
	noted->in_thread_errno = errno;
	return NULL;
}

static void load_for_threads(scmp_filter_ctx of_thread)
{
	scmp_filter_ctx filter = filter_on_getppid(SCMP_ACT_ERRNO(EXDEV));
	pthread_t other;

	if (pipe(to_thread) || pipe(from_thread) ||
	    pthread_create(&other, NULL, thread, of_thread) ||
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1))
		abort();
	wait_for(from_thread[0]);
	noted->load = seccomp_load(filter);
	signal_to(to_thread[1]);
	pthread_join(other, NULL);
}

static void load_for_all_threads(struct seen *seen, const struct sbpf_filter *unused)
{
	(void)unused;
	load_for_threads(NULL);
	call_getppid(seen, no_arguments);
}

START_TEST(tsync_reaches_all_threads)
{
	struct seen seen;

	run(load_for_all_threads, &seen);
	ck_assert_int_eq(noted->load, 0);
	ck_assert_int_eq(noted->in_thread, -1);
	ck_assert_int_eq(noted->in_thread_errno, EXDEV);
	ck_assert_int_eq(seen.error, EXDEV);
}
END_TEST

static void load_beside_another_filter(struct seen *seen, const struct sbpf_filter *unused)
{
	(void)unused;
	load_for_threads(filter_on_getppid(SCMP_ACT_ERRNO(EPIPE)));
	call_getppid(seen, no_arguments);
}

static void load_beside_another_filter_at_level_5(struct seen *seen,
						  const struct sbpf_filter *unused)
{
	seccomp_api_set(5);
	load_beside_another_filter(seen, unused);
}

/* With the flag TSYNC_ESRCH and without. */
START_TEST(thread_that_cannot_follow_is_esrch)
{
	static const case_body bodies[] = { load_beside_another_filter,
					    load_beside_another_filter_at_level_5 };
	struct seen seen;

	for (size_t i = 0; i < 2; i++) {
		run(bodies[i], &seen);
		ck_assert_int_eq(noted->load, -ESRCH);
		ck_assert_int_eq(noted->in_thread_errno, EPIPE);
		ck_assert_int_gt(seen.value, 0);
	}
}
END_TEST

/* ---- Listeners ---- */

/* Answers one notification from a child, which makes a call that gets the number for a result. */
static void answer_child(struct seen *seen, int listener, long number)
{
	struct seccomp_notif *request = NULL;
	struct seccomp_notif_resp *response = NULL;
	int status;
	pid_t child = fork();

	if (child == 0)
		syscall(SYS_exit_group, syscall(SYS_getppid) == number ? 0 : 1);
	if (child < 0 || seccomp_notify_alloc(&request, &response) ||
	    seccomp_notify_receive(listener, request) ||
	    seccomp_notify_id_valid(listener, request->id))
		abort();
	response->id = request->id;
	response->val = number;
	if (seccomp_notify_respond(listener, response) || waitpid(child, &status, 0) != child)
		abort();
	seen->value = status;
	seccomp_notify_free(request, response);
}

static void listen(struct seen *seen, bool for_threads)
{
	scmp_filter_ctx filter = filter_on_getppid(SCMP_ACT_NOTIFY);

	if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, for_threads) ||
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_WAITKILL, seccomp_api_get() >= 7))
		abort();
	noted->load = seccomp_load(filter);
	noted->listener = seccomp_notify_fd(filter);
	answer_child(seen, noted->listener, 4711);
	noted->second_load = seccomp_load(filter);
	noted->second_listener = seccomp_notify_fd(filter);
}

static void listen_alone(struct seen *seen, const struct sbpf_filter *unused)
{
	(void)unused;
	listen(seen, false);
}

static void listen_for_threads(struct seen *seen, const struct sbpf_filter *unused)
{
	(void)unused;
	listen(seen, true);
}

static void assert_listened(case_body body)
{
	struct seen seen;

	run(body, &seen);
	ck_assert_int_eq(noted->load, 0);
	ck_assert_int_ge(noted->listener, 0);
	ck_assert_int_eq(seen.value, 0);
	ck_assert_int_eq(noted->second_load, 0);
	ck_assert_int_eq(noted->second_listener, noted->listener);
}

START_TEST(listener_answers_and_serves_later_loads_of_its_filter)
{
	if (seccomp_api_get() < 5)
		return;
	assert_listened(listen_alone);
}
END_TEST

START_TEST(listener_goes_together_with_tsync)
{
	if (seccomp_api_get() < 6)
		return;
	assert_listened(listen_for_threads);
}
END_TEST

static void load_two_listeners(struct seen *seen, const struct sbpf_filter *unused)
{
	scmp_filter_ctx first = filter_on_getppid(SCMP_ACT_NOTIFY);
	scmp_filter_ctx second = filter_on_getppid(SCMP_ACT_NOTIFY);

	(void)seen;
	(void)unused;
	noted->load = seccomp_load(first);
	noted->listener = seccomp_notify_fd(first);
	noted->second_load = seccomp_load(second);
	noted->second_listener = seccomp_notify_fd(second);
}

START_TEST(second_filter_loads_without_a_listener_beside_one)
{
	struct seen seen;

	if (seccomp_api_get() < 5)
		return;
	run(load_two_listeners, &seen);
	ck_assert_int_eq(noted->load, 0);
	ck_assert_int_ge(noted->listener, 0);
	ck_assert_int_eq(noted->second_load, 0);
	ck_assert_int_eq(noted->second_listener, -1);
}
END_TEST

static void listen_and_merge(struct seen *seen, const struct sbpf_filter *unused)
{
	scmp_filter_ctx source = filter_on_getppid(SCMP_ACT_NOTIFY);
	scmp_filter_ctx target = seccomp_init(SCMP_ACT_ALLOW);
	/* Of this machine's byte order. */
	uint32_t other = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? SCMP_ARCH_SHEB : SCMP_ARCH_SH;

	(void)seen;
	(void)unused;
	if (seccomp_arch_add(target, other) || seccomp_arch_remove(target, SCMP_ARCH_NATIVE))
		abort();
	noted->load = seccomp_load(source);
	noted->listener = seccomp_notify_fd(source);
	if (seccomp_merge(target, source))
		abort();
	noted->second_listener = seccomp_notify_fd(target);
}

START_TEST(merge_keeps_the_listener)
{
	struct seen seen;

	if (seccomp_api_get() < 5)
		return;
	run(listen_and_merge, &seen);
	ck_assert_int_eq(noted->load, 0);
	ck_assert_int_ge(noted->listener, 0);
	ck_assert_int_eq(noted->second_listener, noted->listener);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		loaded_filter_is_in_force_with_no_new_privs,
		level_1_loads_with_prctl,
		refused_load_is_canceled_or_its_errno_where_asked_for,
		filter_for_other_abis_gives_this_one_the_bad_arch_action,
		tsync_reaches_all_threads,
		thread_that_cannot_follow_is_esrch,
		listener_answers_and_serves_later_loads_of_its_filter,
		listener_goes_together_with_tsync,
		second_filter_loads_without_a_listener_beside_one,
		merge_keeps_the_listener,
	};

	return run_tests("compat", tests, sizeof(tests) / sizeof(tests[0]));
}
