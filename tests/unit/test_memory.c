/* SPDX-License-Identifier: MIT */
/*
 * Loading and compiling where the n-th allocation fails, for every n: the result is an error of
 * memory or the right filter, and nothing is left behind. The allocator's functions are defined
 * here, so that json-c's allocations fail as well, but for one kind that it does not survive.
 */
#define _GNU_SOURCE /* dladdr(3) */

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "allocator.h"
#include "arena.h"
#include "sbpf.h"
#include "walk.h"

/* So many allocations fail in turn; of the thorough search's hundreds of thousands, some. */
#define EACH 2000

#define DOCKER PROJECT_DIR "/profiles/docker.json"

/* ---- The allocator ---- */

/*
 * json-c 0.16 loses the element or member that it was about to add where an array or an object
 * cannot grow. That is an error of memory all the same, but some blocks are left then.
 */
static bool loses_blocks(const void *caller)
{
	Dl_info info;

	return dladdr(caller, &info) && info.dli_sname &&
	       (!strncmp(info.dli_sname, "array_list", 10) ||
		!strncmp(info.dli_sname, "lh_table", 8));
}

/* The linker sends the library's calls of arenas here (--wrap). */
void *__wrap_arena_alloc(struct arena *arena, size_t count, size_t size);
void *__wrap_arena_alloc_raw(struct arena *arena, size_t count, size_t size);
void *__real_arena_alloc(struct arena *arena, size_t count, size_t size);
void *__real_arena_alloc_raw(struct arena *arena, size_t count, size_t size);

void *__wrap_arena_alloc(struct arena *arena, size_t count, size_t size)
{
	return allocator_must_fail(__builtin_return_address(0))
		       ? NULL
		       : __real_arena_alloc(arena, count, size);
}

void *__wrap_arena_alloc_raw(struct arena *arena, size_t count, size_t size)
{
	return allocator_must_fail(__builtin_return_address(0))
		       ? NULL
		       : __real_arena_alloc_raw(arena, count, size);
}

/* ---- Runs ---- */

/* A bit of everything that a profile may have, with unknown keys and calls for warnings. */
static const char everything[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"capabilities\":{\"bounding\":"
	"[\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"]}},\"linux\":{\"seccomp\":{"
	"\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOSYS\",\"comment\":\"\\u20ac\","
	"\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":"
	"[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]}],\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],"
	"\"more\":0,\"and\":0,\"yet\":0,\"others\":\"past forty bytes, so that json-c's buffer "
	"grows\",\"mystery\":[1,2.5,null,true,{\"a\":\"b\"}],\"DefaultAction\":\"x\","
	"\"listenerPath\":\"/run/listener\",\"syscalls\":["
	"{\"names\":[\"read\",\"write\",\"frobnicate\",\"socketcall\",\"accept\",\"shmat\"],"
	"\"action\":\"SCMP_ACT_ALLOW\",\"secret\":7},"
	"{\"name\":\"socket\",\"action\":\"SCMP_ACT_TRAP\",\"args\":"
	"[{\"index\":0,\"value\":40,\"op\":\"SCMP_CMP_EQ\"},"
	"{\"index\":1,\"value\":18446744073709551615,\"valueTwo\":3,"
	"\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"
	"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
	"[{\"index\":0,\"value\":2114060288,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}],"
	"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"],\"arches\":[\"amd64\"],\"minKernel\":\"4.8\"},"
	"\"excludes\":{\"caps\":[\"CAP_SYS_BOOT\"],\"arches\":[\"arm64\"]}},"
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"EACCES\",\"errnoRet\":1},"
	"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":"
	"[{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]},"
	"{\"names\":[\"ptrace\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":5}]}}}";

static const struct {
	const char *path; /* NULL: the text above */
	const char *abis;
	enum sbpf_effort effort;
	bool unknown_as_enosys;
} cases[] = {
	{ NULL, NULL, SBPF_QUICK, false },
	{ NULL, NULL, SBPF_THOROUGH, true },
	{ DOCKER, NULL, SBPF_QUICK, true },
	{ DOCKER, "", SBPF_THOROUGH, false },
};

/* Loads and compiles; NULL with an error when either fails. */
static struct sbpf_filter *make(int which, struct sbpf_error *error)
{
	const struct sbpf_target target = { .machine = "x86_64",
					    .abis = cases[which].abis,
					    .kernel = "6.12",
					    .unknown_as_enosys = cases[which].unknown_as_enosys };
	const struct sbpf_options options = { .effort = cases[which].effort };
	struct sbpf_policy *policy =
		cases[which].path ? sbpf_load_json_file(cases[which].path, &target, error)
				  : sbpf_load_json(everything, strlen(everything), &target, error);
	struct sbpf_filter *filter = sbpf_compile(policy, &options, error);

	sbpf_policy_free(policy);
	return filter;
}

static void assert_same(const struct sbpf_filter *filter, const struct sbpf_filter *wanted)
{
	size_t count[2];
	const struct sock_filter *program = sbpf_filter_program(filter, &count[0]);
	const struct sock_filter *right = sbpf_filter_program(wanted, &count[1]);

	ck_assert_uint_eq(count[0], count[1]);
	ck_assert_mem_eq(program, right, count[0] * sizeof(*program));
	ck_assert_uint_eq(sbpf_filter_flags(filter), sbpf_filter_flags(wanted));
}

/* One run; whether all its allocations succeeded. */
static bool run_with_failure(int which, unsigned long failing, const struct sbpf_filter *wanted)
{
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter;
	long before = allocator_live();
	long after;
	bool failed;

	allocator_arm(failing);
	filter = make(which, &error);
	failed = allocator_disarm();
	if (filter) {
		ck_assert_int_eq(error.code, SBPF_OK);
		assert_same(filter, wanted);
	} else {
		ck_assert_msg(error.code == SBPF_ERROR_MEMORY, "allocation %lu: %d: %s: %s",
			      failing, (int)error.code, error.where, error.message);
		ck_assert_str_eq(error.message, "out of memory");
	}
	sbpf_filter_free(filter);
	after = allocator_live();
	ck_assert_msg(after == before || loses_blocks(allocator_victim()),
		      "allocation %lu: %ld blocks left", failing, after - before);
	return !failed;
}

START_TEST(failed_allocation_is_an_error_and_leaks_nothing)
{
	struct sbpf_error error = { 0 };
	struct sbpf_filter *wanted = make(_i, &error);
	unsigned long failing = 1;

	ck_assert_msg(wanted, "%s: %s", error.where, error.message);
	while (!run_with_failure(_i, failing, wanted))
		failing += failing < EACH ? 1 : failing / 8;
	ck_assert_uint_gt(failing, 20);
	sbpf_filter_free(wanted);
}
END_TEST

static bool count_names(void *context, const struct sbpf_entry *entry)
{
	*(size_t *)context += entry->name_count;
	return true;
}

START_TEST(entries_report_failed_allocations)
{
	unsigned long failing;
	bool failed = true;

	for (failing = 1; failed; failing++) {
		struct sbpf_error error = { 0 };
		long before = allocator_live();
		size_t names = 0;
		int result;

		allocator_arm(failing);
		result = sbpf_profile_entries(everything, strlen(everything), count_names, &names,
					      &error);
		failed = allocator_disarm();
		/* There may be no memory for a warning. */
		ck_assert(failed || !result);
		ck_assert_int_eq(error.code, result ? SBPF_ERROR_MEMORY : SBPF_OK);
		ck_assert_uint_eq(names, result ? 0 : 11);
		ck_assert(allocator_live() == before || loses_blocks(allocator_victim()));
	}
	ck_assert_uint_gt(failing, 20);
}
END_TEST

/* ---- The builder ---- */

static int build(struct sbpf_error *error)
{
	const struct sbpf_condition condition = { 0, SBPF_EQ, 1, 0 };
	const struct sbpf_target target = { .machine = "x86_64" };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, error);
	int failed = 0;

	for (int i = 0; i < 600 && !failed; i++)
		failed =
			sbpf_policy_add_rule(policy, SECCOMP_RET_LOG, "read", &condition, 1, error);
	sbpf_policy_free(policy);
	return failed;
}

START_TEST(builder_reports_failed_allocations)
{
	bool failed = true;
	unsigned long failing;

	for (failing = 1; failed; failing++) {
		struct sbpf_error error = { 0 };
		long before = allocator_live();
		long after;
		int result;

		allocator_arm(failing);
		result = build(&error);
		failed = allocator_disarm();
		after = allocator_live();
		ck_assert_int_eq(after, before);
		ck_assert_int_eq(error.code, failed ? SBPF_ERROR_MEMORY : SBPF_OK);
		ck_assert_int_eq(result, failed ? -1 : 0);
	}
	/* The policy, its rules twice, a block of conditions, and the conditions themselves. */
	ck_assert_uint_eq(failing - 1, 4 + 600 + 1);
}
END_TEST

/* Without the rule it would allow what was to be logged. */
START_TEST(nothing_is_made_of_a_policy_without_memory_for_a_rule)
{
	const struct sbpf_target target = { .machine = "x86_64", .abis = "" };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, NULL);
	struct sbpf_error error = { 0 };

	allocator_arm(1);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_LOG, "read", NULL, 0, NULL), -1);
	ck_assert(allocator_disarm());
	ck_assert_ptr_null(sbpf_compile(policy, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_MEMORY);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Formats ---- */

START_TEST(formats_report_failed_allocations)
{
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = make(2, &error);
	bool failed = true;

	ck_assert_ptr_nonnull(filter);
	for (unsigned long failing = 1; failed; failing++) {
		long before = allocator_live();
		long after;
		size_t length;
		char *text;

		error = (struct sbpf_error){ 0 };
		allocator_arm(failing);
		text = sbpf_filter_format(filter, (enum sbpf_format)_i, &length, &error);
		failed = allocator_disarm();
		ck_assert(!text == failed);
		ck_assert_int_eq(error.code, failed ? SBPF_ERROR_MEMORY : SBPF_OK);
		free(text);
		after = allocator_live();
		ck_assert_int_eq(after, before);
		ck_assert_uint_lt(failing, 10000);
	}
	sbpf_filter_free(filter);
}
END_TEST

/* ---- Running ---- */

int main(void)
{
	Suite *suite = suite_create("memory");
	TCase *tests = tcase_create("memory");
	SRunner *runner;
	int failed;

	if (allocator_is_watched)
		allocator_spares = loses_blocks;
	tcase_set_timeout(tests, 300);
	tcase_add_loop_test(tests, failed_allocation_is_an_error_and_leaks_nothing, 0,
			    COUNT(cases));
	tcase_add_test(tests, entries_report_failed_allocations);
	tcase_add_test(tests, builder_reports_failed_allocations);
	tcase_add_test(tests, nothing_is_made_of_a_policy_without_memory_for_a_rule);
	tcase_add_loop_test(tests, formats_report_failed_allocations, SBPF_FORMAT_RAW,
			    SBPF_FORMAT_DOT + 1);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
