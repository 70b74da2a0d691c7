/* SPDX-License-Identifier: MIT */
/* The drop-in libseccomp.so.2: filters, their ABIs, attributes, merging and transactions. */
#include "compat.h"

#include <errno.h>

/* A level that has everything, so that no result depends on the kernel. */
static void set_level(void)
{
	ck_assert_int_eq(seccomp_api_set(7), 0);
}

/* ---- Making and resetting ---- */

static const struct {
	uint32_t action;
	unsigned int level;
	bool valid;
} default_actions[] = {
	{ SCMP_ACT_ALLOW, 1, true },
	{ SCMP_ACT_KILL, 1, true },
	{ SCMP_ACT_TRAP, 1, true },
	{ SCMP_ACT_ERRNO(0), 1, true },
	{ SCMP_ACT_ERRNO(4095), 1, true },
	{ SCMP_ACT_ERRNO(4096), 7, false },
	{ SCMP_ACT_ERRNO(0xffff), 7, false },
	{ SCMP_ACT_TRACE(0xffff), 1, true },
	{ SCMP_ACT_LOG, 3, true },
	{ SCMP_ACT_LOG, 2, false },
	{ SCMP_ACT_KILL_PROCESS, 3, true },
	{ SCMP_ACT_KILL_PROCESS, 2, false },
	{ SCMP_ACT_NOTIFY, 7, false },
	{ SCMP_ACT_ALLOW + 1, 7, false },
	{ SCMP_ACT_KILL + 1, 7, false },
	{ SCMP_ACT_KILL - 1, 7, false },
	{ SCMP_ACT_TRAP + 1, 7, false },
	{ 0xdeadbeef, 7, false },
};

START_TEST(default_action_is_an_action_of_the_level_but_never_notify)
{
	scmp_filter_ctx filter;
	scmp_filter_ctx other;

	set_level();
	other = seccomp_init(SCMP_ACT_ALLOW);
	ck_assert_int_eq(seccomp_api_set(default_actions[_i].level), 0);
	filter = seccomp_init(default_actions[_i].action);
	ck_assert_int_eq(filter != NULL, default_actions[_i].valid);
	ck_assert_int_eq(seccomp_reset(other, default_actions[_i].action),
			 default_actions[_i].valid ? 0 : -EINVAL);
	seccomp_release(filter);
	seccomp_release(other);
}
END_TEST

START_TEST(new_filter_is_for_the_native_abi_and_has_libseccomps_attributes)
{
	static const uint32_t values[_SCMP_FLTATR_MAX] = {
		[SCMP_FLTATR_ACT_DEFAULT] = SCMP_ACT_TRAP,
		[SCMP_FLTATR_ACT_BADARCH] = SCMP_ACT_KILL,
		[SCMP_FLTATR_CTL_NNP] = 1,
		[SCMP_FLTATR_CTL_OPTIMIZE] = 1,
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	uint32_t value;

	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_NATIVE), 0);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_S390), -EEXIST);
	for (int i = SCMP_FLTATR_ACT_DEFAULT; i < _SCMP_FLTATR_MAX; i++) {
		ck_assert_int_eq(seccomp_attr_get(filter, (enum scmp_filter_attr)i, &value), 0);
		ck_assert_uint_eq(value, values[i]);
	}
	ck_assert_int_eq(seccomp_notify_fd(filter), -1);
	seccomp_release(filter);
}
END_TEST

START_TEST(reset_forgets_rules_abis_attributes_and_transactions)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86");
	uint32_t value;

	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0), 0);
	ck_assert_int_eq(seccomp_transaction_start(filter), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("read"), 0), 0);
	ck_assert_int_eq(seccomp_reset(filter, SCMP_ACT_LOG), 0);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_NATIVE), 0);
	if (seccomp_arch_native() != SCMP_ARCH_X86)
		ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_X86), -EEXIST);
	ck_assert_int_eq(seccomp_attr_get(filter, SCMP_FLTATR_CTL_NNP, &value), 0);
	ck_assert_uint_eq(value, 1);
	seccomp_transaction_reject(filter);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_NATIVE), 0);
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), 0);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", 0, 0), SCMP_ACT_LOG);
	seccomp_release(filter);
}
END_TEST

START_TEST(reset_without_a_filter_asks_the_kernel_again)
{
	unsigned int found;

	ck_assert_int_eq(seccomp_reset(NULL, SCMP_ACT_ALLOW), 0);
	found = seccomp_api_get();
	ck_assert_int_eq(seccomp_api_set(found == 1 ? 2 : 1), 0);
	ck_assert_int_eq(seccomp_reset(NULL, 0xdeadbeef), 0);
	ck_assert_uint_eq(seccomp_api_get(), found);
}
END_TEST

/* ---- What is no filter ---- */

static void assert_refused(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp condition = SCMP_A0(SCMP_CMP_EQ, 1);
	scmp_filter_ctx other = seccomp_init(SCMP_ACT_ALLOW);
	uint32_t value;
	size_t size = 0;
	int number = number_of("read");

	ck_assert_int_eq(seccomp_merge(filter, other), -EINVAL);
	ck_assert_int_eq(seccomp_merge(other, filter), -EINVAL);
	ck_assert_int_eq(seccomp_attr_get(filter, SCMP_FLTATR_CTL_NNP, &value), -EINVAL);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 1), -EINVAL);
	ck_assert_int_eq(seccomp_syscall_priority(filter, number, 1), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_KILL, number, 0), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add_exact(filter, SCMP_ACT_KILL, number, 0), -EINVAL);
	ck_assert_int_eq(seccomp_rule_add_array(filter, SCMP_ACT_KILL, number, 1, &condition),
			 -EINVAL);
	ck_assert_int_eq(seccomp_rule_add_exact_array(filter, SCMP_ACT_KILL, number, 1, &condition),
			 -EINVAL);
	ck_assert_int_eq(seccomp_load(filter), -EINVAL);
	ck_assert_int_eq(seccomp_precompute(filter), -EINVAL);
	ck_assert_int_eq(seccomp_export_bpf(filter, -1), -EINVAL);
	ck_assert_int_eq(seccomp_export_bpf_mem(filter, NULL, &size), -EINVAL);
	ck_assert_int_eq(seccomp_export_pfc(filter, -1), -EINVAL);
	ck_assert_int_eq(seccomp_notify_fd(filter), -EINVAL);
	ck_assert_int_eq(seccomp_transaction_start(filter), -EINVAL);
	ck_assert_int_eq(seccomp_transaction_commit(filter), -EINVAL);
	seccomp_transaction_reject(filter);
	seccomp_release(other);
}

START_TEST(null_and_other_memory_are_no_filters)
{
	static uint64_t zeros[512];
	uint64_t junk[512];

	memset(junk, 0xa5, sizeof(junk));
	assert_refused(NULL);
	assert_refused(zeros);
	assert_refused(junk);
	ck_assert_int_eq(seccomp_reset(junk, SCMP_ACT_ALLOW), -EINVAL);
	ck_assert_int_eq(seccomp_arch_add(junk, SCMP_ARCH_X86), -EINVAL);
	ck_assert_int_eq(seccomp_arch_remove(NULL, SCMP_ARCH_X86), -EINVAL);
	ck_assert_int_eq(seccomp_arch_exist(zeros, SCMP_ARCH_X86), -EINVAL);
	seccomp_release(NULL);
	seccomp_release(junk);
}
END_TEST

START_TEST(filter_without_an_abi_takes_abis_only)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), 0);
	assert_refused(filter);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_NATIVE), -EEXIST);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_S390X), 0);
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_S390X), 0);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_NATIVE), 0);
	ck_assert_int_eq(seccomp_precompute(filter), 0);
	seccomp_release(filter);
}
END_TEST

/* ---- ABIs ---- */

START_TEST(abis_are_added_and_removed_once)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86_64), -EEXIST);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), -EEXIST);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_X86), -EEXIST);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_X86), -EEXIST);
	ck_assert_int_eq(seccomp_arch_add(filter, 1), -EINVAL);
	ck_assert_int_eq(seccomp_arch_remove(filter, 1), -EINVAL);
	ck_assert_int_eq(seccomp_arch_exist(filter, 1), -EINVAL);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_S390X), -EDOM);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_S390X), -EEXIST);
	seccomp_release(filter);
}
END_TEST

START_TEST(abi_has_the_rules_added_after_it)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("read"), 0), 0);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("write"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_TRAP);
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", 0, 0), SCMP_ACT_ALLOW);
	ck_assert_uint_eq(verdict_of(filter, "x86", "write", 0, 0), SCMP_ACT_TRAP);
	ck_assert_uint_eq(verdict_of(filter, "x32", "write", 0, 0), SCMP_ACT_KILL);
	seccomp_release(filter);
}
END_TEST

START_TEST(removed_abi_gets_the_bad_arch_action_and_comes_back_empty)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("read"), 0), 0);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(38)), 0);
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_X86_64), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_ERRNO(38));
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", 0, 0), SCMP_ACT_TRAP);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86_64), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_ALLOW);
	seccomp_release(filter);
}
END_TEST

START_TEST(x32_alone_leaves_x86_64_out)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x32");

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("read"), 0), 0);
	ck_assert_uint_eq(verdict_of(filter, "x32", "read", 0, 0), SCMP_ACT_TRAP);
	ck_assert_uint_eq(verdict_of(filter, "x32", "write", 0, 0), SCMP_ACT_ALLOW);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_KILL);
	seccomp_release(filter);
}
END_TEST

/* All of one byte order, whatever machines they are of. */
START_TEST(abis_of_several_machines_are_all_in_the_filter)
{
	static const char *const abis[] = { "x86",     "x32",	   "arm",	  "aarch64",
					    "mipsel",  "mipsel64", "mipsel64n32", "loongarch64",
					    "ppc64le", "riscv64",  "sh" };
	scmp_filter_ctx filter = filter_for(SCMP_ACT_KILL, "x86_64");

	for (size_t i = 0; i < COUNT(abis); i++) {
		uint32_t token = seccomp_arch_resolve_name(abis[i]);

		ck_assert_int_eq(seccomp_arch_add(filter, token), 0);
	}
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ALLOW, number_of("read"), 1,
					  SCMP_A0(SCMP_CMP_EQ, 3)),
			 0);
	for (size_t i = 0; i < COUNT(abis); i++) {
		ck_assert_uint_eq(verdict_of(filter, abis[i], "read", 3, 0), SCMP_ACT_ALLOW);
		ck_assert_uint_eq(verdict_of(filter, abis[i], "read", 4, 0), SCMP_ACT_KILL);
	}
	seccomp_release(filter);
}
END_TEST

START_TEST(order_of_adding_abis_does_not_matter)
{
	scmp_filter_ctx filters[2] = { filter_for(SCMP_ACT_ALLOW, "x86_64"),
				       filter_for(SCMP_ACT_ALLOW, "x86") };
	struct sock_filter *programs[2];
	size_t counts[2];

	/* This machine's own ABI comes first. */
	if (seccomp_arch_native() != SCMP_ARCH_X86_64 && seccomp_arch_native() != SCMP_ARCH_X86)
		return;
	ck_assert_int_eq(seccomp_arch_add(filters[0], SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_arch_add(filters[1], SCMP_ARCH_X86_64), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(seccomp_rule_add(filters[i], SCMP_ACT_KILL, number_of("read"), 0),
				 0);
		programs[i] = export_program(filters[i], &counts[i]);
		seccomp_release(filters[i]);
	}
	ck_assert_uint_eq(counts[0], counts[1]);
	ck_assert_mem_eq(programs[0], programs[1], counts[0] * sizeof(*programs[0]));
	free(programs[0]);
	free(programs[1]);
}
END_TEST

/* ---- Attributes ---- */

static const struct {
	enum scmp_filter_attr attribute;
	unsigned int level; /* from which on it can be set */
} switches[] = {
	{ SCMP_FLTATR_CTL_NNP, 1 },	 { SCMP_FLTATR_CTL_TSYNC, 2 },
	{ SCMP_FLTATR_API_TSKIP, 1 },	 { SCMP_FLTATR_CTL_LOG, 3 },
	{ SCMP_FLTATR_CTL_SSB, 4 },	 { SCMP_FLTATR_API_SYSRAWRC, 1 },
	{ SCMP_FLTATR_CTL_WAITKILL, 1 },
};

START_TEST(switches_are_on_for_any_value_but_0)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	uint32_t value;

	set_level();
	ck_assert_int_eq(seccomp_attr_set(filter, switches[_i].attribute, 17), 0);
	ck_assert_int_eq(seccomp_attr_get(filter, switches[_i].attribute, &value), 0);
	ck_assert_uint_eq(value, 1);
	ck_assert_int_eq(seccomp_attr_set(filter, switches[_i].attribute, 0), 0);
	ck_assert_int_eq(seccomp_attr_get(filter, switches[_i].attribute, &value), 0);
	ck_assert_uint_eq(value, 0);
	seccomp_release(filter);
}
END_TEST

START_TEST(switches_need_their_level)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	for (unsigned int level = 1; level <= 7; level++) {
		ck_assert_int_eq(seccomp_api_set(level), 0);
		ck_assert_int_eq(seccomp_attr_set(filter, switches[_i].attribute, 1),
				 level < switches[_i].level ? -EOPNOTSUPP : 0);
	}
	seccomp_release(filter);
}
END_TEST

START_TEST(other_attributes_are_checked)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	uint32_t value = 5;

	set_level();
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_ACT_DEFAULT, SCMP_ACT_KILL), -EACCES);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, 0xdeadbeef), -EINVAL);
	ck_assert_int_eq(seccomp_attr_get(filter, SCMP_FLTATR_ACT_BADARCH, &value), 0);
	ck_assert_uint_eq(value, SCMP_ACT_KILL);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 0), -EOPNOTSUPP);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 3), -EOPNOTSUPP);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), 0);
	ck_assert_int_eq(seccomp_attr_get(filter, SCMP_FLTATR_CTL_OPTIMIZE, &value), 0);
	ck_assert_uint_eq(value, 2);
	ck_assert_int_eq(seccomp_attr_get(filter, SCMP_FLTATR_CTL_NNP, NULL), -EINVAL);
	for (int attribute = -1; attribute < 2000; attribute += 1001) {
		ck_assert_int_eq(seccomp_attr_get(filter, (enum scmp_filter_attr)attribute, &value),
				 -EINVAL);
		ck_assert_int_eq(seccomp_attr_set(filter, (enum scmp_filter_attr)attribute, 1),
				 -EINVAL);
	}
	ck_assert_int_eq(seccomp_attr_set(filter, _SCMP_FLTATR_MIN, 1), -EINVAL);
	ck_assert_int_eq(seccomp_attr_set(filter, _SCMP_FLTATR_MAX, 1), -EINVAL);
	seccomp_release(filter);
}
END_TEST

START_TEST(tsync_and_notify_go_together_from_level_6_on)
{
	int number = number_of("read");

	for (unsigned int level = 5; level <= 6; level++) {
		scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
		int wanted = level == 5 ? -EINVAL : 0;

		ck_assert_int_eq(seccomp_api_set(level), 0);
		ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1), 0);
		ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_NOTIFY, number, 0), wanted);
		ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 0), 0);
		ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_NOTIFY, number, 0), 0);
		ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1), wanted);
		seccomp_release(filter);
	}
}
END_TEST

START_TEST(optimisation_level_changes_no_instruction)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	struct sock_filter *programs[2];
	size_t counts[2];

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_KILL, number_of("read"), 0), 0);
	for (uint32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 1 + i), 0);
		programs[i] = export_program(filter, &counts[i]);
	}
	ck_assert_uint_eq(counts[0], counts[1]);
	ck_assert_mem_eq(programs[0], programs[1], counts[0] * sizeof(*programs[0]));
	free(programs[0]);
	free(programs[1]);
	seccomp_release(filter);
}
END_TEST

/* ---- Merging ---- */

START_TEST(merge_brings_abis_and_rules_and_frees_the_source)
{
	scmp_filter_ctx target = filter_for(SCMP_ACT_KILL, "x86_64");
	scmp_filter_ctx source = filter_for(SCMP_ACT_KILL, "x86");

	ck_assert_int_eq(seccomp_rule_add(target, SCMP_ACT_ALLOW, number_of("read"), 1,
					  SCMP_A0(SCMP_CMP_EQ, 1)),
			 0);
	ck_assert_int_eq(seccomp_rule_add(source, SCMP_ACT_ALLOW, number_of("write"), 1,
					  SCMP_A1(SCMP_CMP_EQ, 2)),
			 0);
	ck_assert_int_eq(seccomp_precompute(target), 0);
	ck_assert_int_eq(seccomp_merge(target, source), 0);
	ck_assert_int_eq(seccomp_arch_exist(target, SCMP_ARCH_X86), 0);
	ck_assert_uint_eq(verdict_of(target, "x86_64", "read", 1, 0), SCMP_ACT_ALLOW);
	ck_assert_uint_eq(verdict_of(target, "x86_64", "write", 0, 2), SCMP_ACT_KILL);
	ck_assert_uint_eq(verdict_of(target, "x86", "read", 1, 0), SCMP_ACT_KILL);
	ck_assert_uint_eq(verdict_of(target, "x86", "write", 0, 2), SCMP_ACT_ALLOW);
	ck_assert_uint_eq(verdict_of(target, "x86", "write", 0, 3), SCMP_ACT_KILL);
	seccomp_release(target);
}
END_TEST

START_TEST(merge_refuses_what_does_not_go_together)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_KILL, "x86_64");
	scmp_filter_ctx others[] = {
		filter_for(SCMP_ACT_ALLOW, "x86"),
		filter_for(SCMP_ACT_KILL, "x86"),
		filter_for(SCMP_ACT_KILL, "s390x"),
		filter_for(SCMP_ACT_KILL, "x86_64"),
	};
	static const int codes[COUNT(others)] = { -EINVAL, -EINVAL, -EDOM, -EEXIST };

	set_level();
	ck_assert_int_eq(seccomp_attr_set(others[1], SCMP_FLTATR_CTL_NNP, 0), 0);
	for (size_t i = 0; i < COUNT(others); i++) {
		ck_assert_int_eq(seccomp_merge(filter, others[i]), codes[i]);
		ck_assert_int_eq(seccomp_precompute(others[i]), 0);
		seccomp_release(others[i]);
	}
	ck_assert_int_eq(seccomp_merge(filter, filter), -EEXIST);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_X86), -EEXIST);
	seccomp_release(filter);
}
END_TEST

/* ---- Transactions ---- */

START_TEST(reject_undoes_rules_and_abis_but_no_attributes)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");
	uint32_t value;

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("read"), 0), 0);
	ck_assert_int_eq(seccomp_transaction_start(filter), 0);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("write"), 0), 0);
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_X86_64), 0);
	ck_assert_int_eq(seccomp_arch_add(filter, SCMP_ARCH_X86), 0);
	ck_assert_int_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0), 0);
	ck_assert_int_eq(seccomp_precompute(filter), 0);
	seccomp_transaction_reject(filter);
	ck_assert_int_eq(seccomp_arch_exist(filter, SCMP_ARCH_X86), -EEXIST);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_TRAP);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "write", 0, 0), SCMP_ACT_ALLOW);
	ck_assert_uint_eq(verdict_of(filter, "x86", "read", 0, 0), SCMP_ACT_KILL);
	ck_assert_int_eq(seccomp_attr_get(filter, SCMP_FLTATR_CTL_NNP, &value), 0);
	ck_assert_uint_eq(value, 0);
	seccomp_release(filter);
}
END_TEST

START_TEST(transactions_nest)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");
	static const char *const calls[] = { "read", "write", "close" };

	for (size_t i = 0; i < COUNT(calls); i++) {
		ck_assert_int_eq(seccomp_transaction_start(filter), 0);
		ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of(calls[i]), 0),
				 0);
	}
	seccomp_transaction_reject(filter);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "close", 0, 0), SCMP_ACT_ALLOW);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "write", 0, 0), SCMP_ACT_TRAP);
	ck_assert_int_eq(seccomp_transaction_commit(filter), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "write", 0, 0), SCMP_ACT_TRAP);
	seccomp_transaction_reject(filter);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "write", 0, 0), SCMP_ACT_ALLOW);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_ALLOW);
	seccomp_release(filter);
}
END_TEST

START_TEST(ends_of_no_transaction_do_nothing)
{
	scmp_filter_ctx filter = filter_for(SCMP_ACT_ALLOW, "x86_64");

	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_TRAP, number_of("read"), 0), 0);
	seccomp_transaction_reject(filter);
	ck_assert_int_eq(seccomp_transaction_commit(filter), 0);
	ck_assert_uint_eq(verdict_of(filter, "x86_64", "read", 0, 0), SCMP_ACT_TRAP);
	/* One that is left open is freed with the filter. */
	ck_assert_int_eq(seccomp_transaction_start(filter), 0);
	seccomp_release(filter);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("compat_context");
	TCase *making = tcase_create("making");
	TCase *abis = tcase_create("abis");
	TCase *attributes = tcase_create("attributes");
	TCase *together = tcase_create("merging and transactions");

	tcase_add_loop_test(making, default_action_is_an_action_of_the_level_but_never_notify, 0,
			    COUNT(default_actions));
	tcase_add_test(making, new_filter_is_for_the_native_abi_and_has_libseccomps_attributes);
	tcase_add_test(making, reset_forgets_rules_abis_attributes_and_transactions);
	tcase_add_test(making, reset_without_a_filter_asks_the_kernel_again);
	tcase_add_test(making, null_and_other_memory_are_no_filters);
	tcase_add_test(making, filter_without_an_abi_takes_abis_only);
	suite_add_tcase(suite, making);
	tcase_add_test(abis, abis_are_added_and_removed_once);
	tcase_add_test(abis, abi_has_the_rules_added_after_it);
	tcase_add_test(abis, removed_abi_gets_the_bad_arch_action_and_comes_back_empty);
	tcase_add_test(abis, x32_alone_leaves_x86_64_out);
	tcase_add_test(abis, abis_of_several_machines_are_all_in_the_filter);
	tcase_add_test(abis, order_of_adding_abis_does_not_matter);
	suite_add_tcase(suite, abis);
	tcase_add_loop_test(attributes, switches_are_on_for_any_value_but_0, 0, COUNT(switches));
	tcase_add_loop_test(attributes, switches_need_their_level, 0, COUNT(switches));
	tcase_add_test(attributes, other_attributes_are_checked);
	tcase_add_test(attributes, tsync_and_notify_go_together_from_level_6_on);
	tcase_add_test(attributes, optimisation_level_changes_no_instruction);
	suite_add_tcase(suite, attributes);
	tcase_add_test(together, merge_brings_abis_and_rules_and_frees_the_source);
	tcase_add_test(together, merge_refuses_what_does_not_go_together);
	tcase_add_test(together, reject_undoes_rules_and_abis_but_no_attributes);
	tcase_add_test(together, transactions_nest);
	tcase_add_test(together, ends_of_no_transaction_do_nothing);
	suite_add_tcase(suite, together);
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
