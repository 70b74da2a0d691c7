/* SPDX-License-Identifier: MIT */
/* The drop-in libseccomp.so.2: rules, their return codes, and what they mean. */
#include "compat.h"

#include <errno.h>

#define KILL SCMP_ACT_KILL
#define ALLOW SCMP_ACT_ALLOW

/* ---- Return codes ---- */

START_TEST(rule_with_a_bad_part_is_refused)
{
	scmp_filter_ctx filter = seccomp_init(ALLOW);
	int read = number_of("read");

	ck_assert_int_eq(seccomp_api_set(2), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, ALLOW, read, 0), -EACCES);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL - 1, read, 0), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_LOG, read, 0), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(4096), read, 0), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 7), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add_array(filter, KILL, read, 1, NULL), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 1, SCMP_CMP(6, SCMP_CMP_EQ, 1)),
			 -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 1, SCMP_A0(_SCMP_CMP_MIN, 1)),
			 -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 1, SCMP_A0(_SCMP_CMP_MAX, 1)),
			 -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 2, SCMP_A0(SCMP_CMP_GT, 1),
					  SCMP_A0(SCMP_CMP_LT, 5)),
			 -EINVAL);
	ck_assert_uint_eq(verdict_of_number(filter, "x86_64", 0, 0, 0),
			  seccomp_arch_native() == SCMP_ARCH_X86_64 ? ALLOW : KILL);
	seccomp_release(filter);
}
END_TEST

static const struct {
	int number;
	bool tskip;
	int code;
} numbers[] = {
	{ -1, false, -EINVAL },	 { -1, true, 0 },	{ -2, true, -EINVAL },
	{ -99, false, -EINVAL }, { -100001, false, 0 }, { 0x3fffffff, false, 0 },
};

START_TEST(numbers_are_checked)
{
	scmp_filter_ctx filter = seccomp_init(ALLOW);

	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_API_TSKIP, numbers[_i].tskip), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, numbers[_i].number, 0), numbers[_i].code);
	ck_assert_int_eq(seccomp_syscall_priority(filter, numbers[_i].number, 5), numbers[_i].code);
	seccomp_release(filter);
}
END_TEST

/* The exact functions leave nothing out and change nothing. */
START_TEST(exact_rules_fail_where_others_are_bent)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86");

	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("tuxcall"), 0), -EDOM);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("socket"), 1,
						SCMP_A0(SCMP_CMP_EQ, 2)),
			 -EINVAL);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("accept"), 1,
						SCMP_A1(SCMP_CMP_EQ, 2)),
			 -EINVAL);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("socket"), 0), 0);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("accept"), 0), 0);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("read"), 1,
						SCMP_A0(SCMP_CMP_EQ, 2)),
			 0);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_ARM), 0);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("read"), 0), -EOPNOTSUPP);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("tuxcall"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "arm", "read", 2, 0), ALLOW);
	seccomp_release(filter);
}
END_TEST

START_TEST(negative_number_without_a_name_reaches_no_abi)
{
	scmp_filter_ctx filter = seccomp_init(ALLOW);

	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, -100001, 0), -EDOM);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, -100001, 0), 0);
	seccomp_release(filter);
	filter = filter_for(ALLOW, seccomp_arch_native() == SCMP_ARCH_X86_64 ? "arm" : "x86_64");
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, -100001, 0), -EFAULT);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, -100001, 0), -EFAULT);
	ck_assert_int_eq(seccomp_syscall_priority(filter, -100001, 1), -EFAULT);
	seccomp_release(filter);
}
END_TEST

START_TEST(rule_that_contradicts_one_with_the_same_conditions_is_refused)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");
	int read = number_of("read");
	int mkdir = number_of("mkdir");

	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 2, SCMP_A0(SCMP_CMP_EQ, 1),
					  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, 0x12)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, read, 2,
					  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, 2),
					  SCMP_A0(SCMP_CMP_EQ, 1)),
			 -EEXIST);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 2,
					  SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, 2),
					  SCMP_A0(SCMP_CMP_EQ, 1)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, read, 1, SCMP_A0(SCMP_CMP_EQ, 1)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, mkdir, 1, SCMP_A0(SCMP_CMP_EQ, 1)),
			 0);
	/* A rule without conditions decides alone. */
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, read, 0), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 0), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 1, SCMP_A0(SCMP_CMP_EQ, 1)), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 1, 2), SCMP_ACT_TRAP);
	seccomp_release(filter);
}
END_TEST

/* More rules than there are buckets to look for them in. */
START_TEST(contradiction_is_found_among_many_rules)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");
	int read = number_of("read");

	for (uint64_t i = 0; i < 3000; i++)
		ck_assert_int_eq(seccomp_rule_add(filter, KILL, read, 1, SCMP_A0(SCMP_CMP_EQ, i)),
				 0);
	for (uint64_t i = 0; i < 3000; i++) {
		ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, read, 1,
						  SCMP_A0(SCMP_CMP_EQ, i)),
				 -EEXIST);
		ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, read, 1,
						  SCMP_A1(SCMP_CMP_EQ, i)),
				 0);
	}
	seccomp_release(filter);
}
END_TEST

START_TEST(refused_rule_leaves_the_filter_as_it_was)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");
	struct sock_filter *programs[2];
	size_t counts[2];

	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("read"), 0), 0);
	programs[0] = export_program(filter, &counts[0]);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, -100001, 0), -EFAULT);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("write"), 2,
					  SCMP_A0(SCMP_CMP_EQ, 1), SCMP_A0(SCMP_CMP_EQ, 2)),
			 -EINVAL);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, number_of("write"), 0), -EOPNOTSUPP);
	programs[1] = export_program(filter, &counts[1]);
	ck_assert_uint_eq(counts[0], counts[1]);
	ck_assert_mem_eq(programs[0], programs[1], counts[0] * sizeof(*programs[0]));
	free(programs[0]);
	free(programs[1]);
	seccomp_release(filter);
}
END_TEST

/* ---- Meaning ---- */

START_TEST(rule_without_conditions_wins_wherever_it_stands)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("read"), 1,
					  SCMP_A0(SCMP_CMP_EQ, 1)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(5), number_of("read"), 0), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(6), number_of("read"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 1, 0), SCMP_ACT_ERRNO(5));
	seccomp_release(filter);
}
END_TEST

START_TEST(first_of_overlapping_conditional_rules_decides)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(1), number_of("read"), 1,
					  SCMP_A1(SCMP_CMP_GT, 100)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(2), number_of("read"), 1,
					  SCMP_A1(SCMP_CMP_GT, 50)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(3), number_of("read"), 1,
					  SCMP_A1(SCMP_CMP_GT, 200)),
			 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 300), SCMP_ACT_ERRNO(1));
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 51), SCMP_ACT_ERRNO(2));
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 50), ALLOW);
	seccomp_release(filter);
}
END_TEST

static const struct {
	enum scmp_compare compare;
	uint64_t a;
	uint64_t b;
	uint64_t holds;
	uint64_t fails;
} comparisons[] = {
	{ SCMP_CMP_NE, 1ull << 32, 0, 0, 1ull << 32 },
	{ SCMP_CMP_LT, 1ull << 32, 0, 0xffffffff, 1ull << 32 },
	{ SCMP_CMP_LE, 1ull << 32, 0, 1ull << 32, (1ull << 32) + 1 },
	{ SCMP_CMP_EQ, UINT64_MAX, 0, UINT64_MAX, UINT32_MAX },
	{ SCMP_CMP_GE, 5ull << 32, 0, 5ull << 32, (5ull << 32) - 1 },
	{ SCMP_CMP_GT, 5ull << 32, 0, (5ull << 32) + 1, 5ull << 32 },
	{ SCMP_CMP_MASKED_EQ, 0xf0000000f, 0x300000005, 0x73000000a5, 0x74000000a5 },
};

START_TEST(comparisons_are_unsigned_and_64_bits_wide)
{
	const struct scmp_arg_cmp condition = {
		1,
		comparisons[_i].compare,
		comparisons[_i].a,
		comparisons[_i].b,
	};
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_rule_add_array(filter, KILL, number_of("read"), 1, &condition), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, comparisons[_i].holds), KILL);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, comparisons[_i].fails), ALLOW);
	seccomp_release(filter);
}
END_TEST

/* The kernel hands a filter 32-bit arguments with upper halves of 0. */
START_TEST(value_above_32_bits_holds_on_no_32_bit_abi)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86");

	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("read"), 1,
					  SCMP_A0_64(SCMP_CMP_EQ, 0x100000005)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("read"), 1,
					  SCMP_A0_64(SCMP_CMP_EQ, (uint64_t)-3)),
			 0);
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", 5, 0),
			  SBPF_COMPAT_LOWER_HALF ? KILL : ALLOW);
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", (uint32_t)-3, 0), KILL);
	seccomp_release(filter);
}
END_TEST

START_TEST(x32_compares_whole_registers)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x32");

	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("read"), 1,
					  SCMP_A0_64(SCMP_CMP_EQ, 0x100000005)),
			 0);
	ck_assert_uint_eq(verdict_of(filter, "x32", "read", 0x100000005, 0), KILL);
	ck_assert_uint_eq(verdict_of(filter, "x32", "read", 5, 0), ALLOW);
	seccomp_release(filter);
}
END_TEST

/* ---- socketcall(2) and ipc(2) ---- */

/* Calls that x86 has directly too, and that it has in this way only; with their sub-calls. */
static const struct {
	const char *call;
	uint32_t sub;
	bool direct;
} sub_calls[] = {
	{ "socket", 1, true },
	{ "accept", 5, false },
	{ "send", 9, false },
};

static const struct {
	uint32_t default_action;
	uint32_t action;
	bool conditional;
	bool extends;
} extensions[] = {
	{ SCMP_ACT_ERRNO(1), ALLOW, false, true },
	{ SCMP_ACT_ERRNO(1), ALLOW, true, false },
	{ SCMP_ACT_ERRNO(1), KILL, true, true },
	{ SCMP_ACT_ERRNO(1), SCMP_ACT_KILL_PROCESS, true, true },
	{ KILL, SCMP_ACT_KILL_PROCESS, true, true },
	{ SCMP_ACT_KILL_PROCESS, KILL, true, false },
	{ ALLOW, SCMP_ACT_LOG, true, true },
};

START_TEST(rule_extends_to_socketcall_unless_that_widens)
{
	uint32_t otherwise = extensions[_i].default_action;
	uint32_t action = extensions[_i].action;

	ck_assert_int_eq(seccomp_api_set(7), 0);
	for (size_t i = 0; i < COUNT(sub_calls); i++) {
		scmp_filter_ctx filter = filter_for(otherwise, "x86");
		const char *call = sub_calls[i].call;

		ck_assert_int_eq(seccomp_rule_add(filter, action, number_of(call),
						  extensions[_i].conditional,
						  SCMP_A0(SCMP_CMP_EQ, 7)),
				 0);
		ck_assert_uint_eq(verdict_of(filter, "x86", "socketcall", sub_calls[i].sub, 0),
				  extensions[_i].extends ? action : otherwise);
		ck_assert_uint_eq(verdict_of(filter, "x86", "socketcall", 17, 0), otherwise);
		if (sub_calls[i].direct)
			ck_assert_uint_eq(verdict_of(filter, "x86", call, 7, 0), action);
		seccomp_release(filter);
	}
}
END_TEST

START_TEST(conditional_rule_is_void_beside_one_without_on_a_sub_call)
{
	for (size_t i = 0; i < COUNT(sub_calls); i++) {
		scmp_filter_ctx filter = filter_for(SCMP_ACT_ERRNO(1), "x86");
		int number = number_of(sub_calls[i].call);

		ck_assert_int_eq(seccomp_rule_add(filter, KILL, number, 1, SCMP_A0(SCMP_CMP_EQ, 7)),
				 0);
		ck_assert_int_eq(seccomp_rule_add(filter, ALLOW, number, 0), 0);
		ck_assert_uint_eq(verdict_of(filter, "x86", "socketcall", sub_calls[i].sub, 0),
				  ALLOW);
		seccomp_release(filter);
	}
}
END_TEST

START_TEST(ipc_calls_are_reached_by_their_numbers)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86");

	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("semop"), 0), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("shmctl"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86", "ipc", 1, 0), KILL);
	ck_assert_uint_eq(verdict_of(filter, "x86", "ipc", 24, 0), KILL);
	ck_assert_uint_eq(verdict_of(filter, "x86", "ipc", 4, 0), ALLOW);
	seccomp_release(filter);
}
END_TEST

/* The kernel takes a version from the upper 16 bits: a refusal holds for all, a permission for 0.
 */
START_TEST(ipc_calls_are_refused_in_every_version)
{
	uint32_t versioned = 1u << 16 | 23;
	scmp_filter_ctx filter = filter_for(ALLOW, "x86");

	ck_assert_int_eq(seccomp_rule_add(filter, KILL, number_of("shmget"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86", "ipc", versioned, 0), KILL);
	seccomp_release(filter);
	filter = filter_for(KILL, "x86");
	ck_assert_int_eq(seccomp_rule_add(filter, ALLOW, number_of("shmget"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86", "ipc", 23, 0), ALLOW);
	ck_assert_uint_eq(verdict_of(filter, "x86", "ipc", versioned, 0), KILL);
	seccomp_release(filter);
}
END_TEST

/* ---- Numbers ---- */

START_TEST(tracers_number_has_rules_of_its_own)
{
	scmp_filter_ctx filter = filter_for(KILL, "x86_64");

	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_API_TSKIP, 1), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, ALLOW, -1, 0), 0);
	ck_assert_uint_eq(verdict_of_number(filter, "x86_64", UINT32_MAX, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict_of_number(filter, "x86", UINT32_MAX, 0, 0), ALLOW);
	ck_assert_uint_eq(verdict_of_number(filter, "x86_64", UINT32_MAX - 1, 0, 0), KILL);
	seccomp_release(filter);
}
END_TEST

/* 0x3fff is no call of any ABI; on x32 it has bit 30, as all numbers there. */
START_TEST(unknown_number_counts_as_it_stands)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X32), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, 0x3fff, 0), 0);
	ck_assert_uint_eq(verdict_of_number(filter, "x86_64", 0x3fff, 0, 0), KILL);
	ck_assert_uint_eq(verdict_of_number(filter, "x86", 0x3fff, 0, 0), KILL);
	ck_assert_uint_eq(verdict_of_number(filter, "x32", 0x40003fff, 0, 0), KILL);
	ck_assert_uint_eq(verdict_of_number(filter, "x86_64", 0x3ffe, 0, 0), ALLOW);
	seccomp_release(filter);
}
END_TEST

/* 400 is a gap on x86_64, and msgrcv or another call elsewhere. */
START_TEST(unknown_number_does_not_become_another_call)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86");
	const char *native = sbpf_call_name(sbpf_abi_native(), 400);

	ck_assert_ptr_nonnull(sbpf_call_name(sbpf_abi_find("x86"), 400));
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, 400, 0), native ? 0 : -EFAULT);
	ck_assert_uint_eq(verdict_of_number(filter, "x86", 400, 0, 0), native ? KILL : ALLOW);
	seccomp_release(filter);
}
END_TEST

START_TEST(number_of_x32_is_none_of_x86_64)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");
	bool foreign = seccomp_arch_native() != SCMP_ARCH_X86_64;

	ck_assert_int_eq(seccomp_rule_add(filter, KILL, 0x40000fff, 0), foreign ? -EFAULT : 0);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, KILL, 0x40000fff, 0),
			 foreign ? -EFAULT : -EDOM);
	ck_assert_int_eq(seccomp_precompute(filter), 0);
	seccomp_release(filter);
}
END_TEST

/* The x32 number of a call is none of the native ABI's: the rule must not be lost in silence. */
START_TEST(number_that_no_abi_has_is_refused_beside_a_foreign_abi)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");
	int write = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X32, "write");

	ck_assert_int_eq(write, 0x40000001);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X32), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, KILL, write, 0), -EFAULT);
	ck_assert_int_eq(seccomp_syscall_priority(filter, write, 1), -EFAULT);
	ck_assert_uint_eq(verdict_of(filter, "x32", "write", 0, 0), ALLOW);
	seccomp_release(filter);
}
END_TEST

START_TEST(notify_on_write_is_taken_as_libseccomp_takes_it)
{
	scmp_filter_ctx filter = filter_for(ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_api_set(7), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_NOTIFY, number_of("write"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "write", 0, 0), SCMP_ACT_NOTIFY);
	seccomp_release(filter);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("compat_rules");
	TCase *codes = tcase_create("codes");
	TCase *meaning = tcase_create("meaning");
	TCase *multiplexed = tcase_create("multiplexed");
	TCase *unusual = tcase_create("numbers");

	tcase_add_test(codes, rule_with_a_bad_part_is_refused);
	tcase_add_loop_test(codes, numbers_are_checked, 0, COUNT(numbers));
	tcase_add_test(codes, exact_rules_fail_where_others_are_bent);
	tcase_add_test(codes, negative_number_without_a_name_reaches_no_abi);
	tcase_add_test(codes, rule_that_contradicts_one_with_the_same_conditions_is_refused);
	tcase_add_test(codes, contradiction_is_found_among_many_rules);
	tcase_add_test(codes, refused_rule_leaves_the_filter_as_it_was);
	suite_add_tcase(suite, codes);
	tcase_add_test(meaning, rule_without_conditions_wins_wherever_it_stands);
	tcase_add_test(meaning, first_of_overlapping_conditional_rules_decides);
	tcase_add_loop_test(meaning, comparisons_are_unsigned_and_64_bits_wide, 0,
			    COUNT(comparisons));
	tcase_add_test(meaning, value_above_32_bits_holds_on_no_32_bit_abi);
	tcase_add_test(meaning, x32_compares_whole_registers);
	suite_add_tcase(suite, meaning);
	tcase_add_loop_test(multiplexed, rule_extends_to_socketcall_unless_that_widens, 0,
			    COUNT(extensions));
	tcase_add_test(multiplexed, conditional_rule_is_void_beside_one_without_on_a_sub_call);
	tcase_add_test(multiplexed, ipc_calls_are_reached_by_their_numbers);
	tcase_add_test(multiplexed, ipc_calls_are_refused_in_every_version);
	suite_add_tcase(suite, multiplexed);
	tcase_add_test(unusual, tracers_number_has_rules_of_its_own);
	tcase_add_test(unusual, unknown_number_counts_as_it_stands);
	tcase_add_test(unusual, unknown_number_does_not_become_another_call);
	tcase_add_test(unusual, number_of_x32_is_none_of_x86_64);
	tcase_add_test(unusual, number_that_no_abi_has_is_refused_beside_a_foreign_abi);
	tcase_add_test(unusual, notify_on_write_is_taken_as_libseccomp_takes_it);
	suite_add_tcase(suite, unusual);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
