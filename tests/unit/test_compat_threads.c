/* SPDX-License-Identifier: MIT */
/* The drop-in libseccomp.so.2: filters of several threads at once. */
#include "compat.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 50

/* What one thread makes again and again; the last program is kept. */
struct worker {
	pthread_t thread;
	uint32_t action;
	struct sock_filter *program;
	size_t count;
};

static scmp_filter_ctx make(uint32_t action)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_transaction_start(filter), 0);
	for (int i = 0; i < sbpf_call_count(); i += 7)
		ck_assert_int_eq(seccomp_rule_add(filter, action, number_of(sbpf_call_at(i)), 1,
						  SCMP_A0(SCMP_CMP_EQ, 3)),
				 0);
	ck_assert_int_eq(seccomp_transaction_commit(filter), 0);
	return filter;
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (int i = 0; i < ROUNDS; i++) {
		scmp_filter_ctx filter = make(worker->action);

		free(worker->program);
		worker->program = export_program(filter, &worker->count);
		seccomp_release(filter);
	}
	return NULL;
}

START_TEST(threads_make_their_own_filters)
{
	struct worker workers[THREADS] = { 0 };

	for (uint32_t i = 0; i < THREADS; i++) {
		workers[i].action = SCMP_ACT_ERRNO(i + 1);
		ck_assert_int_eq(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (uint32_t i = 0; i < THREADS; i++) {
		scmp_filter_ctx filter;
		struct sock_filter *wanted;
		size_t count;

		ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
		filter = make(workers[i].action);
		wanted = export_program(filter, &count);
		ck_assert_uint_eq(workers[i].count, count);
		ck_assert_mem_eq(workers[i].program, wanted, count * sizeof(*wanted));
		free(wanted);
		free(workers[i].program);
		seccomp_release(filter);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compat_threads");
	TCase *threads = tcase_create("threads");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(threads, 60);
	tcase_add_test(threads, threads_make_their_own_filters);
	suite_add_tcase(suite, threads);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
