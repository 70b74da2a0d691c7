/* SPDX-License-Identifier: MIT */
/* The 32-bit way into an x86_64 kernel, for 64-bit programs and 32-bit ones, and numbers of x32. */
#include "live.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__

#include <linux/audit.h>

#define REFUSED 99

/* A call of the x86 ABI; the kernel cuts the registers to 32 bits. */
static long call_32bit(const char *call, const uint64_t arguments[4])
{
	uint32_t number = 0;
	long result;

	if (!sbpf_call_number(sbpf_abi_find("x86"), call, &number))
		return -ENOSYS;
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"((uint64_t)number), "b"(arguments[0]), "c"(arguments[1]),
			   "d"(arguments[2]), "S"(arguments[3])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static long enter_32bit(uint64_t first_argument)
{
	return call_32bit("getppid", (const uint64_t[4]){ first_argument });
}

/* Without CONFIG_IA32_EMULATION the instruction is a fault. */
static bool has_32bit(void)
{
	pid_t parent = getpid();
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(enter_32bit(0) == parent ? EXIT_SUCCESS : EXIT_FAILURE);
	return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status) == EXIT_SUCCESS;
}

static uint64_t first_argument;

static void enter_32bit_under(struct seen *seen, const struct sbpf_filter *filter)
{
	if (install(filter, 0, seen))
		seen->value = enter_32bit(first_argument);
}

/* The result of getppid(2) by the 32-bit entry. */
static long value_32bit(const struct sbpf_filter *filter, uint64_t argument)
{
	struct seen seen;
	int status;

	first_argument = argument;
	status = run_case(enter_32bit_under, filter, &seen);
	ck_assert_msg(seen.installed == 0, "%s", seen.install_error.message);
	assert_survived(status, &seen);
	return seen.value;
}

START_TEST(a_rule_is_for_every_abi_of_the_filter)
{
	const struct sbpf_target target = { .abis = "x86" };
	struct sbpf_filter *filter =
		filter_of("getppid", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, &target);
	struct seen seen;
	int status = run_case(install_and_call, filter, &seen);

	assert_survived(status, &seen);
	ck_assert_int_eq(seen.error, REFUSED);
	ck_assert_int_eq(value_32bit(filter, 0), -REFUSED);
	sbpf_filter_free(filter);
}
END_TEST

/* 64 is semget on x86_64 and getppid on x86. */
START_TEST(numbers_of_one_abi_do_not_leak_into_another)
{
	const struct sbpf_target target = { .abis = "x86" };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, &error);
	struct sbpf_filter *filter;

	ck_assert_int_eq(sbpf_policy_add_number(policy, SECCOMP_RET_ERRNO | REFUSED, "x86_64", 64,
						NULL, 0, &error),
			 0);
	filter = compile(policy);
	ck_assert_int_eq(value_32bit(filter, 0), getpid());
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(an_abi_outside_the_filter_is_killed)
{
	const struct sbpf_target target = { .abis = "" };
	struct sbpf_filter *filter = filter_of("mkdir", SECCOMP_RET_ERRNO, NULL, 0, &target);
	struct seen seen;
	int status = run_case(enter_32bit_under, filter, &seen);

	assert_killed(status, &seen);
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(an_abi_outside_the_filter_gets_the_action_asked_for)
{
	const struct sbpf_target target = { .abis = "", .bad_arch = "SCMP_ACT_ERRNO" };
	struct sbpf_filter *filter = filter_of("mkdir", SECCOMP_RET_ERRNO, NULL, 0, &target);

	ck_assert_int_eq(value_32bit(filter, 0), -EPERM);
	sbpf_filter_free(filter);
}
END_TEST

static struct seen *trap_seen;

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	trap_seen->signal_arch = info->si_arch;
	trap_seen->signal_call = info->si_syscall;
}

static void enter_32bit_with_handler(struct seen *seen, const struct sbpf_filter *filter)
{
	struct sigaction action = { .sa_sigaction = on_trap, .sa_flags = SA_SIGINFO };

	trap_seen = seen;
	sigaction(SIGSYS, &action, NULL);
	enter_32bit_under(seen, filter);
}

START_TEST(trap_names_the_abi_that_was_entered)
{
	const struct sbpf_target target = { .abis = "x86" };
	struct sbpf_filter *filter = filter_of("getppid", SECCOMP_RET_TRAP, NULL, 0, &target);
	struct seen seen;
	int status = run_case(enter_32bit_with_handler, filter, &seen);

	assert_survived(status, &seen);
	ck_assert_uint_eq(seen.signal_arch, AUDIT_ARCH_I386);
	ck_assert_int_eq(seen.signal_call, 64);
	sbpf_filter_free(filter);
}
END_TEST

/* What conditions mean for arguments that have no upper half. */
static const struct condition_32bit {
	struct sbpf_condition condition;
	uint64_t argument;
	bool holds;
} conditions_32bit[] = {
	{ { 0, SBPF_EQ, 5, 0 }, 5, true },
	{ { 0, SBPF_EQ, 5, 0 }, 6, false },
	/* the register's upper half does not count */
	{ { 0, SBPF_EQ, 5, 0 }, 0xdeadbeef00000005, true },
	/* a sign-extended value is cut */
	{ { 0, SBPF_EQ, 0xffffffffffffffff, 0 }, 0xffffffff, true },
	{ { 0, SBPF_EQ, 0xfffffffffffffffe, 0 }, 0xfffffffe, true },
	{ { 0, SBPF_GT, 0xfffffffffffffffe, 0 }, 0xffffffff, true },
	{ { 0, SBPF_MASKED_EQ, 0xff, 0xffffffffffffff80 }, 0x80, true },
	/* any other value above 32 bits is compared as it stands */
	{ { 0, SBPF_EQ, 0x100000005, 0 }, 5, false },
	{ { 0, SBPF_NE, 0x100000005, 0 }, 5, true },
	{ { 0, SBPF_LT, 0x100000000, 0 }, 0xffffffff, true },
	{ { 0, SBPF_LE, 0x100000000, 0 }, 0xffffffff, true },
	{ { 0, SBPF_GE, 0x100000000, 0 }, 0xffffffff, false },
	{ { 0, SBPF_GT, 0x100000000, 0 }, 0xffffffff, false },
	{ { 0, SBPF_MASKED_EQ, 0x1000000ff, 0x100000005 }, 5, false },
	{ { 0, SBPF_MASKED_EQ, 0x1000000ff, 0x5 }, 5, true },
};

START_TEST(conditions_take_32bit_arguments_as_zero_extended)
{
	const struct sbpf_target target = { .abis = "x86" };

	for (size_t i = 0; i < sizeof(conditions_32bit) / sizeof(conditions_32bit[0]); i++) {
		const struct condition_32bit *row = &conditions_32bit[i];
		struct sbpf_filter *filter = filter_of("getppid", SECCOMP_RET_ERRNO | REFUSED,
						       &row->condition, 1, &target);
		bool held = value_32bit(filter, row->argument) == -REFUSED;

		ck_assert_msg(held == row->holds, "row %zu", i);
		sbpf_filter_free(filter);
	}
}
END_TEST

/* ---- A real 32-bit program, started under the filter ---- */

static void execute_program(struct seen *seen, const struct sbpf_filter *filter)
{
	char *argv[] = { (char *)"call_x86", NULL };

	if (install(filter, 0, seen))
		execv(PROGRAM_CALL_X86, argv);
}

/* ---- ipc(2) ---- */

#define SHMGET 23
#define VERSIONED (1u << 16 | SHMGET)

static void make_segment_under(struct seen *seen, const struct sbpf_filter *filter)
{
	const uint64_t arguments[4] = { first_argument, IPC_PRIVATE, 4096, 0600 };

	if (!install(filter, 0, seen))
		return;
	seen->value = call_32bit("ipc", arguments);
	if (seen->value >= 0)
		shmctl((int)seen->value, IPC_RMID, NULL);
}

/* The result of ipc(2) with this argument 0 by the 32-bit entry. */
static long value_of_ipc(const struct sbpf_filter *filter, uint64_t argument)
{
	struct seen seen;
	int status;

	first_argument = argument;
	status = run_case(make_segment_under, filter, &seen);
	assert_survived(status, &seen);
	return seen.value;
}

/* The kernel takes a version from the upper 16 bits of argument 0, and makes the segment. */
START_TEST(a_sub_call_of_ipc_is_refused_whatever_its_version)
{
	const struct sbpf_target target = { .abis = "x86" };
	struct sbpf_filter *other =
		filter_of("semget", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, &target);
	struct sbpf_filter *filter =
		filter_of("shmget", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, &target);
	bool possible = value_of_ipc(other, SHMGET) >= 0;

	if (possible)
		ck_assert_int_ge(value_of_ipc(other, VERSIONED), 0);
	else
		skip("segments of ipc(2)", "this kernel makes none");
	ck_assert_int_eq(value_of_ipc(filter, SHMGET), -REFUSED);
	ck_assert_int_eq(value_of_ipc(filter, VERSIONED), -REFUSED);
	ck_assert_int_eq(value_of_ipc(filter, UINT64_C(0xffff0000) | SHMGET), -REFUSED);
	sbpf_filter_free(filter);
	sbpf_filter_free(other);
}
END_TEST

START_TEST(a_32bit_program_runs_under_the_filter)
{
	const struct sbpf_target target = { .abis = "x86" };
	struct sbpf_filter *filter;
	struct seen seen;
	int status;

	if (!*PROGRAM_CALL_X86) {
		skip("a_32bit_program_runs_under_the_filter", "the compiler has no -m32");
		return;
	}
	filter = filter_of("getppid", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, &target);
	status = run_case(execute_program, filter, &seen);
	ck_assert_msg(WIFEXITED(status), "wait status %#x", status);
	ck_assert_int_eq(WEXITSTATUS(status), REFUSED);
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(a_32bit_program_is_killed_where_its_abi_is_not_in_the_filter)
{
	const struct sbpf_target target = { .abis = "" };
	struct sbpf_filter *filter;
	struct seen seen;
	int status;

	if (!*PROGRAM_CALL_X86) {
		skip("a_32bit_program_is_killed_where_its_abi_is_not_in_the_filter",
		     "the compiler has no -m32");
		return;
	}
	filter = filter_of("mkdir", SECCOMP_RET_ERRNO, NULL, 0, &target);
	status = run_case(execute_program, filter, &seen);
	assert_killed(status, &seen);
	sbpf_filter_free(filter);
}
END_TEST

/* ---- Numbers with bit 30: seccomp sees them whether the kernel has x32 or not ---- */

static void call_x32(struct seen *seen, const struct sbpf_filter *filter)
{
	if (!install(filter, 0, seen))
		return;
	errno = 0;
	seen->value = syscall(__X32_SYSCALL_BIT | SYS_getppid);
	seen->error = errno;
}

START_TEST(x32_numbers_are_killed_without_x32_in_the_filter)
{
	const struct sbpf_target target = { .abis = "" };
	struct sbpf_filter *filter = filter_of("mkdir", SECCOMP_RET_ERRNO, NULL, 0, &target);
	struct seen seen;
	int status = run_case(call_x32, filter, &seen);

	assert_killed(status, &seen);
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(x32_numbers_have_their_rules_with_x32_in_the_filter)
{
	const struct sbpf_target target = { .abis = "x32" };
	struct sbpf_filter *filter =
		filter_of("getppid", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, &target);
	struct seen seen;
	int status = run_case(call_x32, filter, &seen);

	assert_survived(status, &seen);
	ck_assert_int_eq(seen.error, REFUSED);
	sbpf_filter_free(filter);
}
END_TEST

static void call_number_minus_one(struct seen *seen, const struct sbpf_filter *filter)
{
	if (!install(filter, 0, seen))
		return;
	errno = 0;
	seen->value = syscall(-1L);
	seen->error = errno;
}

START_TEST(number_0xffffffff_gets_the_default)
{
	const struct sbpf_target target = { .abis = "" };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ERRNO | REFUSED, &target, &error);
	struct sbpf_filter *filter;
	struct seen seen;
	int status;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "exit_group", NULL, 0,
					      &error),
			 0);
	filter = compile(policy);
	status = run_case(call_number_minus_one, filter, &seen);
	assert_survived(status, &seen);
	ck_assert_int_eq(seen.error, REFUSED);
	sbpf_filter_free(filter);
}
END_TEST

/* ---- Calls that no filter is asked for ---- */

static uint32_t exempt_number;

static void make_exempt_call(struct seen *seen, const struct sbpf_filter *filter)
{
	if (!install(filter, 0, seen))
		return;
	seen->value = syscall((long)exempt_number);
	seen->error = errno;
}

/* uretprobe(2) raises SIGILL outside of its trampoline, and uprobe(2) fails with ENXIO. */
static void check_exempt(const char *call, const char *release)
{
	int abi = sbpf_abi_native();
	struct sbpf_filter *filter = filter_of(call, SECCOMP_RET_ERRNO | REFUSED, NULL, 0, NULL);
	struct seen seen;
	int status;

	ck_assert(sbpf_call_number(abi, call, &exempt_number));
	if (strverscmp(release, sbpf_call_exempt(abi, exempt_number)) < 0) {
		skip(call, "this kernel may ask filters for it");
		sbpf_filter_free(filter);
		return;
	}
	status = run_case(make_exempt_call, filter, &seen);
	sbpf_filter_free(filter);
	ck_assert_int_eq(seen.installed, 0);
	ck_assert((WIFSIGNALED(status) && WTERMSIG(status) == SIGILL) ||
		  (seen.survived && seen.error != REFUSED));
}

START_TEST(no_filter_is_asked_for_exempt_calls)
{
	struct utsname system;

	ck_assert_int_eq(uname(&system), 0);
	check_exempt("uretprobe", system.release);
	check_exempt("uprobe", system.release);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		no_filter_is_asked_for_exempt_calls,
		x32_numbers_are_killed_without_x32_in_the_filter,
		x32_numbers_have_their_rules_with_x32_in_the_filter,
		number_0xffffffff_gets_the_default,
		a_rule_is_for_every_abi_of_the_filter,
		numbers_of_one_abi_do_not_leak_into_another,
		an_abi_outside_the_filter_is_killed,
		an_abi_outside_the_filter_gets_the_action_asked_for,
		trap_names_the_abi_that_was_entered,
		conditions_take_32bit_arguments_as_zero_extended,
		a_sub_call_of_ipc_is_refused_whatever_its_version,
		a_32bit_program_runs_under_the_filter,
		a_32bit_program_is_killed_where_its_abi_is_not_in_the_filter,
	};
	size_t count = sizeof(tests) / sizeof(tests[0]);

	if (!has_32bit()) {
		skip("the 32-bit entry", "this kernel has none (CONFIG_IA32_EMULATION)");
		count = 4;
	}
	return run_tests("entries", tests, count);
}

#elif defined(__i386__)

#define REFUSED 99

static void execute_program(struct seen *seen, const struct sbpf_filter *filter)
{
	char *argv[] = { (char *)"call_x86_64", NULL };

	if (!filter || install(filter, 0, seen))
		execv(PROGRAM_CALL_X86_64, argv);
}

/* Whether the kernel has the 64-bit ABI too. */
static bool has_64bit(void)
{
	struct seen seen;
	int status = *PROGRAM_CALL_X86_64 ? run_case(execute_program, NULL, &seen) : -1;

	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS && !seen.survived;
}

static const struct sbpf_target all_abis = { .machine = "x86_64", .abis = "x86,x32" };

START_TEST(a_32bit_program_installs_a_filter_of_all_abis)
{
	struct sbpf_filter *filter =
		filter_of("getppid", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, &all_abis);
	struct seen seen;
	int status = run_case(install_and_call, filter, &seen);

	ck_assert_int_eq(seen.installed, 0);
	assert_survived(status, &seen);
	ck_assert_int_eq(seen.error, REFUSED);
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(a_64bit_program_runs_under_the_filter_of_a_32bit_one)
{
	struct sbpf_filter *filter =
		filter_of("getppid", SECCOMP_RET_ERRNO | REFUSED, NULL, 0, &all_abis);
	struct seen seen;
	int status;

	if (!has_64bit()) {
		skip("a_64bit_program_runs_under_the_filter_of_a_32bit_one",
		     "no 64-bit program can be made, or run");
		return;
	}
	status = run_case(execute_program, filter, &seen);
	ck_assert_msg(WIFEXITED(status), "wait status %#x", status);
	ck_assert_int_eq(WEXITSTATUS(status), REFUSED);
	sbpf_filter_free(filter);
}
END_TEST

START_TEST(a_64bit_program_is_killed_under_a_filter_for_x86)
{
	struct sbpf_filter *filter = filter_of("mkdir", SECCOMP_RET_ERRNO, NULL, 0, NULL);
	struct seen seen;

	if (!has_64bit()) {
		skip("a_64bit_program_is_killed_under_a_filter_for_x86",
		     "no 64-bit program can be made, or run");
		return;
	}
	assert_killed(run_case(execute_program, filter, &seen), &seen);
	sbpf_filter_free(filter);
}
END_TEST

static void install_alone(struct seen *seen, const struct sbpf_filter *filter)
{
	install(filter, 0, seen);
}

START_TEST(a_filter_without_x86_is_refused_in_a_32bit_program)
{
	const struct sbpf_target target = { .machine = "x86_64", .abis = "" };
	struct sbpf_filter *filter = filter_of("mkdir", SECCOMP_RET_ERRNO, NULL, 0, &target);
	struct seen seen;

	assert_survived(run_case(install_alone, filter, &seen), &seen);
	ck_assert_int_eq(seen.installed, -1);
	ck_assert_int_eq(seen.install_error.code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(
		seen.install_error.message,
		"the filter is for x86_64 and does not cover this one; compile it for x86");
	sbpf_filter_free(filter);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		a_32bit_program_installs_a_filter_of_all_abis,
		a_64bit_program_runs_under_the_filter_of_a_32bit_one,
		a_64bit_program_is_killed_under_a_filter_for_x86,
		a_filter_without_x86_is_refused_in_a_32bit_program,
	};

	return run_tests("entries", tests, sizeof(tests) / sizeof(tests[0]));
}

#else

int main(void)
{
	skip("the entries of x86_64 kernels", "this machine has none");
	return STATUS_SKIPPED;
}

#endif
