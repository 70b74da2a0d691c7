/* SPDX-License-Identifier: MIT */
/*
 * The drop-in libseccomp.so.2 where the n-th allocation fails, for every n: the call that needed it
 * says -ENOMEM and changes nothing, or does without; and nothing is left behind. The allocator's
 * functions are defined here, and the library's calls come to them.
 */
#define _GNU_SOURCE /* memfd_create(2) */

#include "allocator.h"
#include "compat.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- Runs ---- */

/* What was seen; Check allocates too, so nothing is asserted until the run is over. */
struct run {
	int failures;
	int unexpected; /* a code that is neither 0 nor -ENOMEM */
	int file;	/* to export to */
};

/* Notes the code of a call; whether it is to be called again. */
static bool again(struct run *run, int code)
{
	if (code == -ENOMEM)
		run->failures++;
	else if (code != 0)
		run->unexpected = code;
	return code == -ENOMEM;
}

static scmp_filter_ctx make(struct run *run, uint32_t abi)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter) {
		run->failures++;
		filter = seccomp_init(SCMP_ACT_ALLOW);
	}
	again(run, seccomp_arch_remove(filter, SCMP_ARCH_NATIVE));
	again(run, seccomp_arch_add(filter, abi));
	return filter;
}

static void add_rules(struct run *run, scmp_filter_ctx filter, uint32_t action)
{
	static const char *const calls[] = { "read", "socket", "accept", "clone", "openat" };

	for (unsigned int i = 0; i < 150; i++) {
		int number = seccomp_syscall_resolve_name(calls[i % COUNT(calls)]);

		while (again(run,
			     seccomp_rule_add(filter, action, number, 2, SCMP_A0(SCMP_CMP_EQ, i),
					      SCMP_A1(SCMP_CMP_GT, 1ull << 40))))
			;
	}
}

static void use(struct run *run, scmp_filter_ctx filter)
{
	while (again(run, seccomp_precompute(filter)))
		;
	while (again(run, seccomp_export_bpf(filter, run->file)))
		;
	while (again(run, seccomp_export_pfc(filter, run->file)))
		;
}

/* Everything that allocates. */
static void run_all(struct run *run)
{
	scmp_filter_ctx filter = make(run, SCMP_ARCH_X86);
	scmp_filter_ctx other = make(run, SCMP_ARCH_X86_64);

	add_rules(run, filter, SCMP_ACT_KILL);
	add_rules(run, other, SCMP_ACT_TRAP);
	while (again(run, seccomp_transaction_start(filter)))
		;
	while (again(run, seccomp_merge(filter, other)))
		;
	use(run, filter);
	seccomp_transaction_reject(filter);
	use(run, filter);
	again(run, seccomp_reset(filter, SCMP_ACT_LOG));
	use(run, filter);
	seccomp_release(filter);
}

/* What the run that fails nowhere exported, and what this one did. */
static char wanted[1 << 16];
static char exported[sizeof(wanted)];

static size_t read_exports(int file, char *text)
{
	ssize_t length = pread(file, text, sizeof(wanted), 0);

	ck_assert_int_gt(length, 0);
	ck_assert_int_lt(length, sizeof(wanted));
	ck_assert_int_eq(ftruncate(file, 0), 0);
	ck_assert_int_eq(lseek(file, 0, SEEK_SET), 0);
	return (size_t)length;
}

/* Whether the allocation that was to fail was asked for. */
static bool run_with_failure(unsigned long failing, int file)
{
	struct run run = { .file = file };
	long left = -allocator_live();
	bool reached;

	allocator_arm(failing);
	run_all(&run);
	reached = allocator_disarm();
	left += allocator_live();
	ck_assert_msg(left == 0, "allocation %lu: %ld blocks left", failing, left);
	ck_assert_msg(run.unexpected == 0, "allocation %lu: code %d", failing, run.unexpected);
	ck_assert_msg(run.failures <= reached, "allocation %lu: %d failures", failing,
		      run.failures);
	return reached;
}

START_TEST(failed_allocation_is_enomem_once_and_leaks_nothing)
{
	int file = memfd_create("exports", MFD_CLOEXEC);
	unsigned long failing = 1;
	size_t length;

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(seccomp_api_set(7), 0);
	ck_assert(!run_with_failure(ULONG_MAX, file));
	length = read_exports(file, wanted);
	while (run_with_failure(failing, file)) {
		ck_assert_uint_eq(read_exports(file, exported), length);
		ck_assert_mem_eq(exported, wanted, length);
		failing += failing < 2000 ? 1 : failing / 8;
	}
	ck_assert_uint_gt(failing, 50);
	close(file);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compat_memory");
	TCase *memory = tcase_create("memory");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(memory, 300);
	tcase_add_test(memory, failed_allocation_is_enomem_once_and_leaks_nothing);
	suite_add_tcase(suite, memory);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
