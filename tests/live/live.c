/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int run_case(case_body body, const struct sbpf_filter *filter, struct seen *seen)
{
	const struct rlimit no_core = { 0 };
	struct seen *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t child;

	ck_assert_ptr_ne(shared, MAP_FAILED);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		body(shared, filter);
		shared->survived = true;
		/* Sanitizers make calls of their own in _exit(2), which a filter may not allow. */
		syscall(SYS_exit_group, EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	*seen = *shared;
	munmap(shared, sizeof(*shared));
	return status;
}

struct sbpf_filter *compile(struct sbpf_policy *policy)
{
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, &error);

	ck_assert_msg(filter != NULL, "%s", error.message);
	sbpf_policy_free(policy);
	return filter;
}

struct sbpf_filter *filter_of(const char *call, uint32_t verdict,
			      const struct sbpf_condition *conditions, size_t count,
			      const struct sbpf_target *target)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, target, &error);

	ck_assert_msg(policy != NULL, "%s", error.message);
	ck_assert_msg(sbpf_policy_add_rule(policy, verdict, call, conditions, count, &error) == 0,
		      "%s", error.message);
	return compile(policy);
}

bool install(const struct sbpf_filter *filter, unsigned int flags, struct seen *seen)
{
	seen->installed = sbpf_install(filter, flags, &seen->install_error);
	seen->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	return seen->installed >= 0;
}

void call_getppid(struct seen *seen, const uint64_t arguments[6])
{
	errno = 0;
	seen->value =
		syscall(SYS_getppid, (long)arguments[0], (long)arguments[1], (long)arguments[2],
			(long)arguments[3], (long)arguments[4], (long)arguments[5]);
	seen->error = errno;
}

void install_and_call(struct seen *seen, const struct sbpf_filter *filter)
{
	const uint64_t arguments[6] = { 0 };

	if (install(filter, 0, seen))
		call_getppid(seen, arguments);
}

void skip(const char *what, const char *why)
{
	fprintf(stderr, "SKIP: %s: %s\n", what, why);
}

int run_tests(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *cases = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(cases, 60);
	suite_add_tcase(suite, cases);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(cases, tests[i]);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
