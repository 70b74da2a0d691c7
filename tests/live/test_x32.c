/* SPDX-License-Identifier: MIT */
/*
 * The x32 ABI on a kernel that has it (CONFIG_X86_X32_ABI; Debian's: with syscall.x32=y). What the
 * kernel does with a call must be what the filter's verdict for it says.
 */
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

#include <linux/audit.h>

#define REFUSED 99
#define BY_DEFAULT 98
#define X32(number) (__X32_SYSCALL_BIT | (number))

/* Numbers that x32 has for itself (arch/x86/entry/syscalls/syscall_64.tbl). */
#define X32_IOCTL X32(514)
#define X32_EXECVE X32(520)

/* The call of the case, by number, with one argument. */
static uint32_t called_number;
static uint64_t called_argument;

static void call(struct seen *seen, const struct sbpf_filter *filter)
{
	if (filter && !install(filter, 0, seen))
		return;
	errno = 0;
	seen->value = syscall((long)called_number, called_argument, 0, 0, 0, 0, 0);
	seen->error = errno;
}

/* Filters as the target says, with a rule on getppid, one on ioctl and one on execve. */
static struct sbpf_filter *filter_for(const struct sbpf_target *target)
{
	const struct sbpf_condition wide = { 0, SBPF_EQ, 0x100000005, 0 };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, target, &error);

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | REFUSED, "getppid", &wide,
					      1, &error),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | REFUSED, "ioctl", NULL, 0,
					      &error),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_KILL_PROCESS, "execve", NULL, 0,
					      &error),
			 0);
	return compile(policy);
}

static const struct sbpf_target with_x32 = { .abis = "x86,x32" };
static const struct sbpf_target without_x32 = { .abis = "x86" };
static const struct sbpf_target refusing_x32 = { .abis = "", .bad_arch = "ERRNO(98)" };

static const struct entry {
	const struct sbpf_target *target;
	uint32_t number;
	uint64_t argument;
	uint32_t verdict;
} entries[] = {
	{ &with_x32, SYS_getpid, 0, SECCOMP_RET_ALLOW },
	{ &with_x32, X32(SYS_getpid), 0, SECCOMP_RET_ALLOW },
	/* conditions are over the whole register */
	{ &with_x32, SYS_getppid, 0x100000005, SECCOMP_RET_ERRNO | REFUSED },
	{ &with_x32, X32(SYS_getppid), 0x100000005, SECCOMP_RET_ERRNO | REFUSED },
	{ &with_x32, X32(SYS_getppid), 5, SECCOMP_RET_ALLOW },
	{ &with_x32, X32(SYS_getppid), 0x200000005, SECCOMP_RET_ALLOW },
	/* calls with another number on x32, and what stands at x86_64's number there: nothing */
	{ &with_x32, SYS_ioctl, UINT32_MAX, SECCOMP_RET_ERRNO | REFUSED },
	{ &with_x32, X32_IOCTL, UINT32_MAX, SECCOMP_RET_ERRNO | REFUSED },
	{ &with_x32, X32(SYS_ioctl), UINT32_MAX, SECCOMP_RET_ALLOW },
	{ &with_x32, 514, UINT32_MAX, SECCOMP_RET_ALLOW },
	{ &with_x32, X32_EXECVE, 0, SECCOMP_RET_KILL_PROCESS },
	{ &with_x32, X32(SYS_execve), 0, SECCOMP_RET_ALLOW },
	{ &with_x32, X32(1000), 0, SECCOMP_RET_ALLOW },
	/* the bit above: no ABI has such numbers, and the kernel takes it for x32 */
	{ &with_x32, X32(SYS_getpid) | 0x80000000, 0, SECCOMP_RET_ALLOW },

	{ &without_x32, SYS_getpid, 0, SECCOMP_RET_ALLOW },
	{ &without_x32, X32(SYS_getpid), 0, SECCOMP_RET_KILL_PROCESS },
	{ &without_x32, X32(SYS_getppid), 0x100000005, SECCOMP_RET_KILL_PROCESS },
	{ &without_x32, X32(1000), 0, SECCOMP_RET_KILL_PROCESS },

	{ &refusing_x32, X32(SYS_getpid), 0, SECCOMP_RET_ERRNO | BY_DEFAULT },
	{ &refusing_x32, X32_IOCTL, UINT32_MAX, SECCOMP_RET_ERRNO | BY_DEFAULT },
	{ &refusing_x32, UINT32_MAX, 0, SECCOMP_RET_ALLOW },
};

/* What the call gives where no filter is in the way. */
static struct seen unfiltered(void)
{
	struct seen seen;

	assert_survived(run_case(call, NULL, &seen), &seen);
	return seen;
}

static void assert_kernel_follows(const struct sbpf_filter *filter, uint32_t verdict)
{
	struct seen free = { 0 };
	struct seen seen;
	int status;

	if (verdict == SECCOMP_RET_ALLOW)
		free = unfiltered();
	status = run_case(call, filter, &seen);
	if (verdict == SECCOMP_RET_KILL_PROCESS) {
		assert_killed(status, &seen);
		return;
	}
	assert_survived(status, &seen);
	if (verdict == SECCOMP_RET_ALLOW) {
		ck_assert_int_eq(seen.error, free.error);
		ck_assert_int_eq(seen.value == -1, free.value == -1);
	} else {
		ck_assert_int_eq(seen.value, -1);
		ck_assert_uint_eq((uint32_t)seen.error, verdict & SECCOMP_RET_DATA);
	}
}

START_TEST(the_kernel_does_what_the_verdict_says)
{
	const struct entry *entry = &entries[_i];
	const struct seccomp_data data = {
		.nr = (int)entry->number,
		.arch = AUDIT_ARCH_X86_64,
		.args = { entry->argument },
	};
	struct sbpf_filter *filter = filter_for(entry->target);

	called_number = entry->number;
	called_argument = entry->argument;
	ck_assert_uint_eq(sbpf_filter_run(filter, &data, NULL), entry->verdict);
	assert_kernel_follows(filter, entry->verdict);
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(x32_has_its_own_number_of_ioctl)
{
	struct seen seen;

	called_argument = UINT32_MAX;
	called_number = X32_IOCTL;
	seen = unfiltered();
	ck_assert_int_eq(seen.error, EBADF);
	called_number = X32(SYS_ioctl);
	seen = unfiltered();
	ck_assert_int_eq(seen.error, ENOSYS);
}
END_TEST

/* ---- A real x32 program, started under the filter ---- */

static void execute_program(struct seen *seen, const struct sbpf_filter *filter)
{
	char *argv[] = { (char *)"call_x32", NULL };

	if (!filter || install(filter, 0, seen))
		execv(PROGRAM_CALL_X32, argv);
}

static int status_of_program(const struct sbpf_target *target, uint32_t verdict, struct seen *seen)
{
	struct sbpf_filter *filter = filter_of("getppid", verdict, NULL, 0, target);
	int status = run_case(execute_program, filter, seen);

	sbpf_filter_free(filter);
	return status;
}

START_TEST(an_x32_program_runs_under_a_filter_with_x32)
{
	struct seen seen;
	int status;

	if (!*PROGRAM_CALL_X32) {
		skip("an_x32_program_runs_under_a_filter_with_x32", "the compiler has no -mx32");
		return;
	}
	status = run_case(execute_program, NULL, &seen);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "wait status %#x", status);
	status = status_of_program(&with_x32, SECCOMP_RET_ERRNO | REFUSED, &seen);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == REFUSED, "wait status %#x",
		      status);
}
END_TEST

START_TEST(an_x32_program_is_killed_under_a_filter_without_x32)
{
	struct seen seen;

	if (!*PROGRAM_CALL_X32) {
		skip("an_x32_program_is_killed_under_a_filter_without_x32",
		     "the compiler has no -mx32");
		return;
	}
	assert_killed(status_of_program(&without_x32, SECCOMP_RET_ERRNO | REFUSED, &seen), &seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("x32");
	TCase *cases = tcase_create("x32");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (syscall(X32(SYS_getppid)) != getppid()) {
		skip("x32", "this kernel has none (CONFIG_X86_X32_ABI, syscall.x32=y)");
		return STATUS_SKIPPED;
	}
	tcase_set_timeout(cases, 60);
	suite_add_tcase(suite, cases);
	tcase_add_loop_test(cases, the_kernel_does_what_the_verdict_says, 0,
			    sizeof(entries) / sizeof(entries[0]));
	tcase_add_test(cases, x32_has_its_own_number_of_ioctl);
	tcase_add_test(cases, an_x32_program_runs_under_a_filter_with_x32);
	tcase_add_test(cases, an_x32_program_is_killed_under_a_filter_without_x32);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#else

int main(void)
{
	skip("x32", "this machine is no x86_64");
	return STATUS_SKIPPED;
}

#endif
