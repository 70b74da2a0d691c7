/* SPDX-License-Identifier: MIT */
/* The builder API, and what rules mean together on one number (docs/semantics.md). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "action.h"
#include "calls.h"
#include "walk.h"

#define DENY (SECCOMP_RET_ERRNO | 1)
#define ENOSYS_VERDICT "ERRNO(38)"
#define RULES_MAX 6

static struct sbpf_policy *new_policy(uint32_t verdict, const struct sbpf_target *target)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(verdict, target, &error);

	ck_assert_msg(policy, "%s", error.message);
	return policy;
}

/* ---- Errors of the builder ---- */

static void assert_usage(const struct sbpf_error *error, const char *message)
{
	ck_assert_int_eq(error->code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(error->message, message);
	ck_assert_str_eq(error->where, "");
}

static const struct sbpf_target x86_64 = { .machine = "x86_64", .abis = "" };

START_TEST(new_policy_needs_a_verdict_of_linux)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_policy_new(0x12340000, &x86_64, &error));
	assert_usage(&error, "verdict 0x12340000 is no SECCOMP_RET_* value of Linux");
	ck_assert_ptr_null(sbpf_policy_new(0x12340000, &x86_64, NULL));
}
END_TEST

START_TEST(what_hands_over_the_listener_cannot_wait_for_it)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;

	ck_assert_ptr_null(sbpf_policy_new(SECCOMP_RET_USER_NOTIF, &x86_64, &error));
	assert_usage(&error, "NOTIFY cannot be the default: the process would wait for its own "
			     "listener before it could hand it over");
	error = (struct sbpf_error){ 0 };
	policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &x86_64, &error);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_USER_NOTIF, "write", NULL, 0,
					      &error),
			 -1);
	assert_usage(&error, "write cannot have NOTIFY: the process would wait for its own "
			     "listener before it could hand it over");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(new_policy_needs_a_known_machine)
{
	const struct sbpf_target vax = { .machine = "vax" };
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_policy_new(SECCOMP_RET_ALLOW, &vax, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(
		error.message,
		"unknown machine 'vax': it is named as in x86_64, amd64 or SCMP_ARCH_X86_64");
}
END_TEST

static const struct sbpf_condition good[] = { { 0, SBPF_EQ, 1, 0 }, { 1, SBPF_EQ, 1, 0 } };
static const struct sbpf_condition far_argument[] = { { 0, SBPF_EQ, 1, 0 }, { 6, SBPF_EQ, 1, 0 } };
static const struct sbpf_condition no_compare[] = { { 0, (enum sbpf_compare)0, 1, 0 } };
static const struct sbpf_condition wrong_compare[] = { { 0, (enum sbpf_compare)8, 1, 0 } };

static const struct {
	uint32_t verdict;
	const char *call;
	const struct sbpf_condition *conditions;
	size_t count;
	const char *message;
} wrong_rules[] = {
	{ 0x00010000, "read", NULL, 0, "verdict 0x00010000 is no SECCOMP_RET_* value of Linux" },
	{ SECCOMP_RET_ALLOW, NULL, NULL, 0,
	  "a rule needs the name of a system call, such as \"mkdir\"" },
	{ SECCOMP_RET_ALLOW, "mkdri", NULL, 0,
	  "unknown system call 'mkdri'; did you mean 'mkdir'?" },
	{ SECCOMP_RET_ALLOW, "frobnicate", NULL, 0, "unknown system call 'frobnicate'" },
	{ SECCOMP_RET_ALLOW, "", NULL, 0,
	  "a rule needs the name of a system call, such as \"mkdir\"" },
	{ SECCOMP_RET_ALLOW, "read", NULL, 2, "no conditions are given, but their count is 2" },
	{ SECCOMP_RET_ALLOW, "read", far_argument, 2,
	  "condition 1: argument 6; calls have arguments 0 to 5" },
#if SIZE_MAX > UINT32_MAX
	{ SECCOMP_RET_ALLOW, "read", good, (size_t)UINT32_MAX + 1,
	  "4294967296 conditions are too many" },
#endif
	{ SECCOMP_RET_ERRNO | 4096, "read", NULL, 0,
	  "errno 4096 is too large: the kernel returns at most 4095" },
	{ SECCOMP_RET_ALLOW, "read", no_compare, 1, "condition 0: unknown comparison 0" },
	{ SECCOMP_RET_ALLOW, "read", wrong_compare, 1, "condition 0: unknown comparison 8" },
};

START_TEST(wrong_rule_leaves_the_policy_as_it_was)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "read", NULL, 0, &error),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, wrong_rules[_i].verdict, wrong_rules[_i].call,
					      wrong_rules[_i].conditions, wrong_rules[_i].count,
					      &error),
			 -1);
	assert_usage(&error, wrong_rules[_i].message);
	ck_assert_uint_eq(policy->rule_count, 1);
	sbpf_policy_free(policy);
}
END_TEST

static const struct {
	uint32_t verdict;
	const char *abi;
	uint32_t number;
	const struct sbpf_condition *conditions;
	size_t count;
	const char *message;
} wrong_numbers[] = {
	{ 0x00010000, "x86", 1, NULL, 0, "verdict 0x00010000 is no SECCOMP_RET_* value of Linux" },
	{ SECCOMP_RET_ALLOW, NULL, 1, NULL, 0, "no ABI is named" },
	{ SECCOMP_RET_ALLOW, "y86", 1, NULL, 0,
	  "unknown ABI 'y86'; names are as in x86_64, SCMP_ARCH_X86_64 or amd64" },
	{ SECCOMP_RET_ALLOW, "mips", 3999, NULL, 0, "mips has no number 3999: its first is 4000" },
	{ SECCOMP_RET_ALLOW, "SCMP_ARCH_MIPS64N32", 0, NULL, 0,
	  "mips64n32 has no number 0: its first is 6000" },
	{ SECCOMP_RET_ALLOW, "x86_64", 0x40000027, NULL, 0,
	  "x86_64 has no number 0x40000027: numbers with bit 30 are those of x32, use abi x32" },
	{ SECCOMP_RET_ALLOW, "x86_64", UINT32_MAX - 1, NULL, 0,
	  "x86_64 has no number 0xfffffffe: numbers with bit 30 are those of x32, use abi x32" },
	{ SECCOMP_RET_ALLOW, "x86", 1, NULL, 1, "no conditions are given, but their count is 1" },
	{ SECCOMP_RET_ALLOW, "x86", 1, far_argument, 2,
	  "condition 1: argument 6; calls have arguments 0 to 5" },
};

START_TEST(wrong_number_leaves_the_policy_as_it_was)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_policy_add_number(policy, wrong_numbers[_i].verdict,
						wrong_numbers[_i].abi, wrong_numbers[_i].number,
						wrong_numbers[_i].conditions,
						wrong_numbers[_i].count, &error),
			 -1);
	assert_usage(&error, wrong_numbers[_i].message);
	ck_assert_uint_eq(policy->rule_count, 0);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(null_policy_is_a_usage_error)
{
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_policy_add_abi(NULL, "x86", &error), -1);
	assert_usage(&error, "there is no policy");
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_add_flags(NULL, SECCOMP_FILTER_FLAG_LOG, &error), -1);
	assert_usage(&error, "there is no policy");
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_add_rule(NULL, DENY, "read", NULL, 0, &error), -1);
	assert_usage(&error, "there is no policy");
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_add_number(NULL, DENY, "x86", 1, NULL, 0, &error), -1);
	assert_usage(&error, "there is no policy");
	ck_assert_int_eq(sbpf_policy_machine(NULL), -1);
	ck_assert_uint_eq(sbpf_policy_flags(NULL), 0);
	ck_assert(!sbpf_policy_depends_on_kernel(NULL));
	ck_assert(!sbpf_policy_has_abi(NULL, 0));
	ck_assert_uint_eq(sbpf_policy_warning_count(NULL), 0);
	ck_assert_ptr_null(sbpf_policy_warning(NULL, 0));
	sbpf_policy_free(NULL);
}
END_TEST

/* As sbpf.h has it: a call that is handed NULL by a failed call leaves the first error. */
START_TEST(first_error_stays)
{
	const struct sbpf_target vax = { .machine = "vax" };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &vax, &error);
	struct sbpf_error first = error;

	ck_assert_int_eq(sbpf_policy_add_abi(policy, "x86", &error), -1);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, DENY, "read", NULL, 0, &error), -1);
	ck_assert_int_eq(sbpf_policy_add_number(policy, DENY, "x86", 0, NULL, 0, &error), -1);
	ck_assert_int_eq(sbpf_policy_add_flags(policy, 0, &error), -1);
	ck_assert_mem_eq(&error, &first, sizeof(error));
}
END_TEST

START_TEST(abis_are_added_by_any_name_and_once)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_policy_machine(policy), sbpf_abi_find("x86_64"));
	ck_assert(sbpf_policy_has_abi(policy, sbpf_abi_find("x86_64")));
	ck_assert(!sbpf_policy_has_abi(policy, sbpf_abi_find("x86")));
	ck_assert_int_eq(sbpf_policy_add_abi(policy, "SCMP_ARCH_X86", &error), 0);
	ck_assert_int_eq(sbpf_policy_add_abi(policy, "x86", &error), 0);
	ck_assert_int_eq(sbpf_policy_add_abi(policy, "amd64", &error), 0);
	ck_assert(sbpf_policy_has_abi(policy, sbpf_abi_find("x86")));
	ck_assert_uint_eq(policy->abi_count, 2);
	ck_assert(!sbpf_policy_has_abi(policy, -1));
	ck_assert(!sbpf_policy_has_abi(policy, sbpf_abi_count()));
	ck_assert_int_eq(sbpf_policy_add_abi(policy, "y86", &error), -1);
	assert_usage(&error,
		     "unknown ABI 'y86'; names are as in x86_64, SCMP_ARCH_X86_64 or amd64");
	sbpf_policy_free(policy);
	policy = new_policy(DENY, &x86_64);
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_add_abi(policy, NULL, &error), -1);
	assert_usage(&error, "no ABI is named");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(removed_abi_is_bad_arch)
{
	struct sbpf_policy *policy = new_policy(SECCOMP_RET_ALLOW, &x86_64);
	const struct seccomp_data own = { .nr = 1, .arch = 0xc000003e };
	const struct seccomp_data other = { .nr = 1, .arch = 0x40000003 };
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter;

	ck_assert_int_eq(sbpf_policy_add_abi(policy, "x86", &error), 0);
	ck_assert_int_eq(sbpf_policy_remove_abi(policy, "amd64", &error), 0);
	ck_assert(!sbpf_policy_has_abi(policy, sbpf_abi_find("x86_64")));
	ck_assert_int_eq(sbpf_policy_machine(policy), sbpf_abi_find("x86_64"));
	filter = sbpf_compile(policy, &(struct sbpf_options){ .prove = true }, &error);
	ck_assert_msg(filter, "%s", error.message);
	ck_assert_uint_eq(sbpf_filter_run(filter, &own, NULL), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(sbpf_filter_run(filter, &other, NULL), SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(sbpf_policy_verdict(policy, &own, NULL, NULL, NULL),
			  SECCOMP_RET_KILL_PROCESS);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(removing_an_abi_that_is_not_covered_is_a_usage_error)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_policy_remove_abi(policy, "x86", &error), -1);
	assert_usage(&error, "the policy does not cover ABI 'x86'");
	sbpf_policy_free(policy);
	policy = new_policy(DENY, &x86_64);
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_remove_abi(policy, NULL, &error), -1);
	assert_usage(&error, "no ABI is named");
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_remove_abi(NULL, "x86", &error), -1);
	assert_usage(&error, "there is no policy");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(x32_alone_leaves_x86_64_out)
{
	struct sbpf_policy *policy = new_policy(SECCOMP_RET_ALLOW, &x86_64);
	const struct seccomp_data own = { .nr = 1, .arch = 0xc000003e };
	const struct seccomp_data x32 = { .nr = 0x40000001, .arch = 0xc000003e };
	const struct seccomp_data skipped = { .nr = -1, .arch = 0xc000003e };
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter;

	ck_assert_int_eq(sbpf_policy_add_abi(policy, "x32", &error), 0);
	ck_assert_int_eq(sbpf_policy_remove_abi(policy, "x86_64", &error), 0);
	ck_assert_int_eq(sbpf_policy_add_number(policy, DENY, "x32", 0x40000001, NULL, 0, &error),
			 0);
	filter = sbpf_compile(policy, &(struct sbpf_options){ .prove = true }, &error);
	ck_assert_msg(filter, "%s", error.message);
	ck_assert_uint_eq(sbpf_filter_run(filter, &own, NULL), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(sbpf_filter_run(filter, &x32, NULL), DENY);
	ck_assert_uint_eq(sbpf_filter_run(filter, &skipped, NULL), SECCOMP_RET_ALLOW);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

/* -1 is written by tracers; it is x86_64's where x32 is not covered. */
START_TEST(skipped_call_can_have_a_rule)
{
	struct sbpf_policy *policy = new_policy(SECCOMP_RET_ALLOW, &x86_64);
	const struct seccomp_data skipped = { .nr = -1, .arch = 0xc000003e };
	const struct seccomp_data near = { .nr = -2, .arch = 0xc000003e };
	enum sbpf_cause cause;
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter;

	ck_assert_int_eq(sbpf_policy_add_number(policy, DENY, "x86_64", UINT32_MAX, NULL, 0,
						&error),
			 0);
	filter = sbpf_compile(policy, &(struct sbpf_options){ .prove = true }, &error);
	ck_assert_msg(filter, "%s", error.message);
	ck_assert_uint_eq(sbpf_filter_run(filter, &skipped, NULL), DENY);
	ck_assert_uint_eq(sbpf_filter_run(filter, &near, NULL), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(sbpf_policy_verdict(policy, &skipped, &cause, NULL, NULL), DENY);
	ck_assert_int_eq(cause, SBPF_BY_RULE);
	ck_assert_uint_eq(sbpf_policy_verdict(policy, &near, &cause, NULL, NULL),
			  SECCOMP_RET_KILL_PROCESS);
	ck_assert_int_eq(cause, SBPF_BY_BAD_ARCH);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(every_abi_fits_in_one_policy)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		struct sbpf_abi facts;

		ck_assert(sbpf_abi_describe(abi, &facts));
		ck_assert_int_eq(sbpf_policy_add_abi(policy, facts.name, &error), 0);
	}
	ck_assert_uint_eq(policy->abi_count, (size_t)sbpf_abi_count());
	filter = sbpf_compile(policy, NULL, &error);
	ck_assert_msg(filter, "%s", error.message);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(flags_gather)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_error error = { 0 };

	ck_assert_uint_eq(sbpf_policy_flags(policy), 0);
	ck_assert_int_eq(sbpf_policy_add_flags(policy, SECCOMP_FILTER_FLAG_LOG, &error), 0);
	ck_assert_int_eq(sbpf_policy_add_flags(policy, SECCOMP_FILTER_FLAG_TSYNC, &error), 0);
	ck_assert_int_eq(sbpf_policy_add_flags(policy,
					       SECCOMP_FILTER_FLAG_LOG |
						       SECCOMP_FILTER_FLAG_NEW_LISTENER,
					       &error),
			 -1);
	assert_usage(&error, "a policy cannot ask for filter flag 0x8");
	ck_assert_uint_eq(sbpf_policy_flags(policy),
			  SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_TSYNC);
	sbpf_policy_free(policy);
	policy = new_policy(DENY, &x86_64);
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_add_flags(policy, 1u << 31, &error), -1);
	assert_usage(&error, "a policy cannot ask for filter flag 0x80000000");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(conditions_are_copied)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_condition mine = { 2, SBPF_MASKED_EQ, 7, 5 };

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ALLOW, "read", &mine, 1, NULL),
			 0);
	mine = (struct sbpf_condition){ 0 };
	ck_assert_uint_eq(policy->rules[0].conditions[0].argument, 2);
	ck_assert_int_eq(policy->rules[0].conditions[0].compare, SBPF_MASKED_EQ);
	ck_assert_uint_eq(policy->rules[0].conditions[0].value, 7);
	ck_assert_uint_eq(policy->rules[0].conditions[0].value_two, 5);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(target_reaches_the_policy)
{
	const struct sbpf_target target = { .machine = "aarch64",
					    .abis = "arm",
					    .bad_arch = "LOG",
					    .unknown_as_enosys = true,
					    .strict = true };
	struct sbpf_policy *policy = new_policy(DENY, &target);

	ck_assert_int_eq(policy->machine, sbpf_abi_find("aarch64"));
	ck_assert_int_eq(policy->abis[0], sbpf_abi_find("aarch64"));
	ck_assert_int_eq(policy->abis[1], sbpf_abi_find("arm"));
	ck_assert_uint_eq(policy->bad_arch, SECCOMP_RET_LOG);
	ck_assert_uint_eq(policy->default_verdict, DENY);
	ck_assert(policy->unknown_as_enosys);
	ck_assert(policy->strict);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(ranks_go_from_permissive_to_restrictive)
{
	static const uint32_t order[] = {
		SECCOMP_RET_ALLOW,	 SECCOMP_RET_LOG,	   SECCOMP_RET_TRACE | 9,
		SECCOMP_RET_USER_NOTIF,	 SECCOMP_RET_ERRNO | 4095, SECCOMP_RET_TRAP,
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS,
	};

	for (size_t i = 1; i < COUNT(order); i++)
		ck_assert_uint_gt(verdict_rank(order[i]), verdict_rank(order[i - 1]));
	ck_assert_uint_eq(verdict_rank(SECCOMP_RET_ERRNO | 1), verdict_rank(SECCOMP_RET_ERRNO));
	ck_assert_uint_eq(verdict_rank(0x12340000), verdict_rank(SECCOMP_RET_KILL_PROCESS));
}
END_TEST

/* ---- The canonical form in words ---- */

static void write_clause(FILE *out, const struct clause *clause)
{
	static const char *const signs[] = {
		[SBPF_NE] = "!=", [SBPF_LT] = "<", [SBPF_LE] = "<=",	   [SBPF_EQ] = "==",
		[SBPF_GE] = ">=", [SBPF_GT] = ">", [SBPF_MASKED_EQ] = "&",
	};
	char verdict[32];

	for (uint32_t i = 0; i < clause->condition_count; i++) {
		const struct sbpf_condition *condition = &clause->conditions[i];

		fprintf(out, "%sa%u%s%llu", i ? "," : "", condition->argument,
			signs[condition->compare], (unsigned long long)condition->value);
		if (condition->compare == SBPF_MASKED_EQ)
			fprintf(out, "==%llu", (unsigned long long)condition->value_two);
	}
	fprintf(out, " %s; ", sbpf_verdict_format(clause->verdict, verdict, sizeof(verdict)));
}

/* "a0==1 ALLOW; else ERRNO(1)", or the verdict alone where nothing is asked. */
static void write_call(FILE *out, const struct abi_calls *calls, uint32_t number)
{
	uint32_t otherwise = number > calls->table_max ? calls->above : calls->otherwise;
	char verdict[32];

	for (size_t i = 0; i < calls->count; i++) {
		const struct call *call = &calls->calls[i];

		ck_assert(!i || calls->calls[i - 1].number < call->number);
		if (call->number != number)
			continue;
		otherwise = call->otherwise;
		for (size_t c = 0; c < call->clause_count; c++)
			write_clause(out, &call->clauses[c]);
		if (call->clause_count)
			fprintf(out, "else ");
	}
	fprintf(out, "%s", sbpf_verdict_format(otherwise, verdict, sizeof(verdict)));
}

static void assert_meaning(const struct sbpf_policy *policy, const char *abi, uint32_t number,
			   const char *wanted)
{
	struct sbpf_error error = { 0 };
	struct arena arena = { 0 };
	struct abi_calls calls;
	char text[512] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(policy_calls(policy, sbpf_abi_find(abi), &arena, &calls, &error), 0);
	write_call(out, &calls, number);
	fclose(out);
	ck_assert_str_eq(text, wanted);
	arena_free(&arena);
}

struct rule {
	uint32_t verdict;
	const char *call;
	size_t count;
	struct sbpf_condition conditions[4];
};

static void add_rules(struct sbpf_policy *policy, const struct rule *rules)
{
	struct sbpf_error error = { 0 };

	for (size_t i = 0; i < RULES_MAX && rules[i].call; i++)
		ck_assert_msg(!sbpf_policy_add_rule(policy, rules[i].verdict, rules[i].call,
						    rules[i].conditions, rules[i].count, &error),
			      "%s", error.message);
}

/* ---- Rules of one call ---- */

#define ALLOW SECCOMP_RET_ALLOW
#define LOG SECCOMP_RET_LOG
#define TRAP SECCOMP_RET_TRAP
#define ERRNO(number) (SECCOMP_RET_ERRNO | (number))
#define IF(argument, compare, value)                                                               \
	{                                                                                          \
		argument, compare, value, 0                                                        \
	}

/* On read(2) of x86_64, number 0. */
static const struct {
	uint32_t otherwise;
	struct rule rules[RULES_MAX];
	const char *meaning;
} reads[] = {
	{ DENY, { { 0 } }, "ERRNO(1)" },
	{ DENY, { { ALLOW, "read", 0, { { 0 } } } }, "ALLOW" },
	/* What repeats the default is dropped, so it shields nothing. */
	{ DENY, { { DENY, "read", 0, { { 0 } } }, { ALLOW, "read", 0, { { 0 } } } }, "ALLOW" },
	{ DENY,
	  { { DENY, "read", 1, { IF(0, SBPF_EQ, 1) } },
	    { ALLOW, "read", 1, { IF(1, SBPF_GT, 2) } } },
	  "a1>2 ALLOW; else ERRNO(1)" },
	{ DENY, { { DENY, "read", 1, { IF(0, SBPF_EQ, 1) } } }, "ERRNO(1)" },
	/* Other data is another verdict. */
	{ DENY, { { ERRNO(2), "read", 0, { { 0 } } } }, "ERRNO(2)" },
	/* The first unconditional rule wins outright, also over conditions before it. */
	{ DENY, { { ALLOW, "read", 0, { { 0 } } }, { LOG, "read", 0, { { 0 } } } }, "ALLOW" },
	{ DENY,
	  { { TRAP, "read", 1, { IF(0, SBPF_EQ, 1) } },
	    { ALLOW, "read", 0, { { 0 } } },
	    { LOG, "read", 1, { IF(0, SBPF_EQ, 2) } } },
	  "ALLOW" },
	/* Else the rules stand in order. */
	{ DENY,
	  { { TRAP, "read", 1, { IF(0, SBPF_EQ, 1) } },
	    { ALLOW, "write", 0, { { 0 } } },
	    { LOG, "read", 2, { IF(5, SBPF_LE, 9), IF(2, SBPF_NE, 3) } } },
	  "a0==1 TRAP; a5<=9,a2!=3 LOG; else ERRNO(1)" },
	/* Two conditions on one argument make alternatives of all conditions of the rule. */
	{ DENY,
	  { { ALLOW, "read", 3, { IF(0, SBPF_GE, 5), IF(1, SBPF_EQ, 7), IF(0, SBPF_LT, 9) } },
	    { LOG, "read", 1, { IF(0, SBPF_EQ, 6) } } },
	  "a0>=5 ALLOW; a1==7 ALLOW; a0<9 ALLOW; a0==6 LOG; else ERRNO(1)" },
	{ ALLOW,
	  { { ERRNO(9), "read", 1, { IF(0, SBPF_MASKED_EQ, 6) } } },
	  "a0&6==0 ERRNO(9); else ALLOW" },
};

START_TEST(rules_of_one_call_mean)
{
	struct sbpf_policy *policy = new_policy(reads[_i].otherwise, &x86_64);

	add_rules(policy, reads[_i].rules);
	assert_meaning(policy, "x86_64", 0, reads[_i].meaning);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(rule_says_nothing_where_the_abi_lacks_the_call)
{
	const struct sbpf_target target = { .machine = "aarch64", .abis = "arm" };
	struct sbpf_policy *policy = new_policy(DENY, &target);
	const struct rule rules[RULES_MAX] = { { ALLOW, "mkdir", 0, { { 0 } } } };
	struct sbpf_error error = { 0 };
	struct arena arena = { 0 };
	struct abi_calls calls;

	add_rules(policy, rules);
	assert_meaning(policy, "arm", 39, "ALLOW");
	ck_assert_int_eq(policy_calls(policy, sbpf_abi_find("aarch64"), &arena, &calls, &error), 0);
	ck_assert_uint_eq(calls.count, 0);
	arena_free(&arena);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Rules by number ---- */

static const struct {
	const char *machine;
	const char *abis;
	const char *abi;
	uint32_t number;
	uint32_t table_number;
} numbers[] = {
	{ "x86_64", "x32", "x86_64", 83, 83 },
	{ "x86_64", "x32", "x32", 83, 83 },
	{ "x86_64", "x32", "x32", 0x40000000 + 83, 83 },
	{ "x86_64", "", "x86_64", 0x80000001, 0x80000001 },
	{ "x86_64", "", "x86_64", 5000, 5000 }, /* no call has it */
	{ "mips", "", "mips", 4039, 39 },
	{ "mips64", "mips64n32", "mips64n32", 6081, 81 },
	{ "aarch64", "arm", "arm", 0xf0002, 0xf0002 }, /* cacheflush */
};

START_TEST(rule_by_number_is_on_that_number_alone)
{
	const struct sbpf_target target = { .machine = numbers[_i].machine,
					    .abis = numbers[_i].abis };
	struct sbpf_policy *policy = new_policy(DENY, &target);
	uint32_t number = numbers[_i].table_number;

	ck_assert_int_eq(sbpf_policy_add_number(policy, ALLOW, numbers[_i].abi, numbers[_i].number,
						good, 1, NULL),
			 0);
	assert_meaning(policy, numbers[_i].abi, number, "a0==1 ALLOW; else ERRNO(1)");
	assert_meaning(policy, numbers[_i].abi, number - 1, "ERRNO(1)");
	assert_meaning(policy, numbers[_i].abi, number + 1, "ERRNO(1)");
	for (size_t i = 0; i < policy->abi_count; i++) {
		struct sbpf_abi abi;

		sbpf_abi_describe(policy->abis[i], &abi);
		if (strcmp(abi.name, numbers[_i].abi) != 0)
			assert_meaning(policy, abi.name, number, "ERRNO(1)");
	}
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(rules_by_name_and_number_stand_together)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);

	ck_assert_int_eq(sbpf_policy_add_number(policy, TRAP, "x86_64", 0, good, 2, NULL), 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, ALLOW, "read", good, 1, NULL), 0);
	assert_meaning(policy, "x86_64", 0, "a0==1,a1==1 TRAP; a0==1 ALLOW; else ERRNO(1)");
	ck_assert_int_eq(sbpf_policy_add_number(policy, LOG, "x86_64", 0, NULL, 0, NULL), 0);
	assert_meaning(policy, "x86_64", 0, "LOG");
	sbpf_policy_free(policy);
}
END_TEST

/* Far numbers are sorted, whatever order they were added in. */
START_TEST(far_numbers_ascend)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);

	for (uint32_t i = 0; i < 40; i++)
		ck_assert_int_eq(sbpf_policy_add_number(policy, ALLOW, "x86_64",
							0x40000u - 1000 * i, NULL, 0, NULL),
				 0);
	for (uint32_t i = 0; i < 40; i++)
		assert_meaning(policy, "x86_64", 0x40000u - 1000 * i, "ALLOW");
	sbpf_policy_free(policy);
}
END_TEST

/* Within the time limit of a test, which a search through all of them for each would exceed. */
START_TEST(many_far_numbers_are_told_apart_quickly)
{
	const uint32_t count = 150000;
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct sbpf_error error = { 0 };
	struct arena arena = { 0 };
	struct abi_calls calls;
	uint32_t added = 0, right = 0;

	for (uint32_t i = 0; i < 2 * count; i++)
		added += sbpf_policy_add_number(policy, i < count ? LOG : ALLOW, "x86_64",
						2000 + i % count * 1024, good, 1, NULL) == 0;
	ck_assert_uint_eq(added, (uintmax_t)2 * count);
	ck_assert_int_eq(policy_calls(policy, sbpf_abi_find("x86_64"), &arena, &calls, &error), 0);
	ck_assert_uint_eq(calls.count, count);
	for (uint32_t i = 0; i < count; i++)
		right += calls.calls[i].number == 2000 + i * 1024 &&
			 calls.calls[i].clause_count == 2;
	ck_assert_uint_eq(right, count);
	arena_free(&arena);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Unknown as ENOSYS ---- */

/* Known: read 0, clone3 435 (5.3), openat2 437 (5.6), futex_waitv 449 (5.16), mseal 462 (6.10). */
static const struct {
	const char *machine;
	uint32_t otherwise;
	bool enosys;
	struct rule rules[RULES_MAX];
	uint32_t number;
	const char *meaning;
} newer[] = {
	{ "x86_64", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 449, ENOSYS_VERDICT },
	{ "x86_64", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 437, "ALLOW" },
	{ "x86_64", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 435, "ERRNO(1)" },
	/* pidfd_getfd is of the same release. */
	{ "x86_64", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 438, "ERRNO(1)" },
	{ "x86_64", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 83, "ERRNO(1)" },
	/* Between calls of the table: no call at all. */
	{ "x86_64", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 400, "ERRNO(1)" },
	/* Above the table. */
	{ "x86_64", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 1000, ENOSYS_VERDICT },
	{ "x86_64",
	  DENY,
	  true,
	  { { ALLOW, "openat2", 0, { { 0 } } } },
	  UINT32_MAX,
	  ENOSYS_VERDICT },
	{ "x86_64", DENY, false, { { ALLOW, "openat2", 0, { { 0 } } } }, 449, "ERRNO(1)" },
	{ "x86_64", DENY, false, { { ALLOW, "openat2", 0, { { 0 } } } }, 1000, "ERRNO(1)" },
	/* A named call is not newer, even when its rules repeat the default or do not hold. */
	{ "x86_64", DENY, true, { { DENY, "futex_waitv", 0, { { 0 } } } }, 449, "ERRNO(1)" },
	{ "x86_64", DENY, true, { { DENY, "futex_waitv", 0, { { 0 } } } }, 462, ENOSYS_VERDICT },
	{ "x86_64",
	  DENY,
	  true,
	  { { ALLOW, "mseal", 1, { IF(0, SBPF_EQ, 1) } } },
	  462,
	  "a0==1 ALLOW; else ERRNO(1)" },
	/* A policy that names nothing has no newest call, but numbers above the table are unknown.
	 */
	{ "x86_64", DENY, true, { { 0 } }, 449, "ERRNO(1)" },
	{ "x86_64", DENY, true, { { 0 } }, 1000, ENOSYS_VERDICT },
	/* Permissive defaults stay. */
	{ "x86_64", ALLOW, true, { { DENY, "openat2", 0, { { 0 } } } }, 449, "ALLOW" },
	{ "x86_64", ALLOW, true, { { DENY, "openat2", 0, { { 0 } } } }, 1000, "ALLOW" },
	{ "x86_64", LOG, true, { { DENY, "openat2", 0, { { 0 } } } }, 1000, "LOG" },
	{ "x86_64",
	  SECCOMP_RET_TRACE,
	  true,
	  { { DENY, "openat2", 0, { { 0 } } } },
	  1000,
	  "TRACE(0)" },
	{ "x86_64",
	  SECCOMP_RET_KILL_PROCESS,
	  true,
	  { { ALLOW, "openat2", 0, { { 0 } } } },
	  1000,
	  ENOSYS_VERDICT },
	/* arm's private calls lie far above the others; get_tls is of 4.15. */
	{ "arm", DENY, true, { { ALLOW, "renameat2", 0, { { 0 } } } }, 0xf0006, ENOSYS_VERDICT },
	{ "arm", DENY, true, { { ALLOW, "renameat2", 0, { { 0 } } } }, 0xf0005, "ERRNO(1)" },
	{ "arm", DENY, true, { { ALLOW, "renameat2", 0, { { 0 } } } }, 0xf0007, ENOSYS_VERDICT },
	{ "arm", DENY, true, { { ALLOW, "renameat2", 0, { { 0 } } } }, 0xf0000, ENOSYS_VERDICT },
	{ "arm", DENY, true, { { ALLOW, "renameat2", 0, { { 0 } } } }, 472, ENOSYS_VERDICT },
	{ "arm", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 0xf0005, "ERRNO(1)" },
	{ "arm", DENY, true, { { 0 } }, 0xf0006, "ERRNO(1)" },
	{ "arm", DENY, true, { { ALLOW, "cacheflush", 0, { { 0 } } } }, 0xf0002, "ALLOW" },
	{ "arm", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 0xf0006, "ERRNO(1)" },
	/* The machine's own errno. */
	{ "mips", DENY, true, { { ALLOW, "openat2", 0, { { 0 } } } }, 449, "ERRNO(89)" },
};

START_TEST(newer_calls_get_enosys)
{
	const struct sbpf_target target = { .machine = newer[_i].machine,
					    .abis = "",
					    .unknown_as_enosys = newer[_i].enosys };
	struct sbpf_policy *policy = new_policy(newer[_i].otherwise, &target);

	add_rules(policy, newer[_i].rules);
	assert_meaning(policy, newer[_i].machine, newer[_i].number, newer[_i].meaning);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(rule_by_number_above_the_table_is_not_unknown)
{
	const struct sbpf_target target = { .machine = "x86_64",
					    .abis = "",
					    .unknown_as_enosys = true };
	struct sbpf_policy *policy = new_policy(DENY, &target);

	ck_assert_int_eq(sbpf_policy_add_number(policy, DENY, "x86_64", 3000, NULL, 0, NULL), 0);
	assert_meaning(policy, "x86_64", 2999, ENOSYS_VERDICT);
	assert_meaning(policy, "x86_64", 3000, "ERRNO(1)");
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Multiplexed calls ---- */

#define SOCKETCALL 102 /* of x86; 1 is socket, 2 bind, 3 connect, 5 accept */
#define IPC 117	       /* of x86; 1 is semop, 21 shmat */

static const struct {
	uint32_t otherwise;
	struct rule rules[RULES_MAX];
	uint32_t number;
	const char *meaning;
} multiplexed[] = {
	{ DENY, { { ALLOW, "socket", 0, { { 0 } } } }, SOCKETCALL, "a0==1 ALLOW; else ERRNO(1)" },
	{ DENY, { { ALLOW, "socket", 0, { { 0 } } } }, 359, "ALLOW" },
	/* accept has no number of its own there. */
	{ DENY, { { ALLOW, "accept", 0, { { 0 } } } }, SOCKETCALL, "a0==5 ALLOW; else ERRNO(1)" },
	{ DENY, { { ALLOW, "shmat", 0, { { 0 } } } }, IPC, "a0==21 ALLOW; else ERRNO(1)" },
	{ DENY,
	  { { ALLOW, "shmat", 0, { { 0 } } }, { ALLOW, "bind", 0, { { 0 } } } },
	  SOCKETCALL,
	  "a0==2 ALLOW; else ERRNO(1)" },
	/* The kernel takes ipc's sub-call from the lower 16 bits, a version from the others. */
	{ ALLOW,
	  { { ERRNO(9), "shmget", 0, { { 0 } } } },
	  IPC,
	  "a0&65535==23 ERRNO(9); else ALLOW" },
	{ DENY,
	  { { ERRNO(9), "semget", 0, { { 0 } } } },
	  IPC,
	  "a0&65535==2 ERRNO(9); else ERRNO(1)" },
	/* Conditions that cannot be checked there must not allow more. */
	{ DENY, { { ALLOW, "socket", 1, { IF(0, SBPF_EQ, 1) } } }, SOCKETCALL, "ERRNO(1)" },
	{ DENY, { { LOG, "socket", 1, { IF(0, SBPF_EQ, 1) } } }, SOCKETCALL, "ERRNO(1)" },
	/* What is more restrictive goes without them. */
	{ ALLOW,
	  { { ERRNO(9), "socket", 1, { IF(0, SBPF_EQ, 40) } } },
	  SOCKETCALL,
	  "a0&4294967295==1 ERRNO(9); else ALLOW" },
	{ DENY,
	  { { TRAP, "socket", 2, { IF(0, SBPF_EQ, 40), IF(0, SBPF_EQ, 41) } } },
	  SOCKETCALL,
	  "a0&4294967295==1 TRAP; else ERRNO(1)" },
	/* The same action with other data is not more restrictive. */
	{ DENY, { { ERRNO(9), "socket", 1, { IF(0, SBPF_EQ, 40) } } }, SOCKETCALL, "ERRNO(1)" },
	/* Dropped and void rules have no effect there either. */
	{ DENY, { { DENY, "socket", 0, { { 0 } } } }, SOCKETCALL, "ERRNO(1)" },
	{ ALLOW,
	  { { TRAP, "socket", 1, { IF(0, SBPF_EQ, 40) } }, { LOG, "socket", 0, { { 0 } } } },
	  SOCKETCALL,
	  "a0&4294967295==1 LOG; else ALLOW" },
	{ DENY,
	  { { ALLOW, "socket", 0, { { 0 } } }, { LOG, "socket", 0, { { 0 } } } },
	  SOCKETCALL,
	  "a0==1 ALLOW; else ERRNO(1)" },
	/* Sub-calls and rules on the multiplexer stand in the order of the document. */
	{ DENY,
	  { { ALLOW, "connect", 0, { { 0 } } },
	    { LOG, "socketcall", 1, { IF(0, SBPF_LE, 3) } },
	    { ALLOW, "bind", 0, { { 0 } } },
	    { TRAP, "socket", 0, { { 0 } } } },
	  SOCKETCALL,
	  "a0==3 ALLOW; a0<=3 LOG; a0==2 ALLOW; a0&4294967295==1 TRAP; else ERRNO(1)" },
	{ DENY,
	  { { TRAP, "socket", 0, { { 0 } } }, { ALLOW, "socketcall", 0, { { 0 } } } },
	  SOCKETCALL,
	  "ALLOW" },
	{ DENY,
	  { { TRAP, "socket", 0, { { 0 } } }, { DENY, "socketcall", 0, { { 0 } } } },
	  SOCKETCALL,
	  "a0&4294967295==1 TRAP; else ERRNO(1)" },
	/* Two restrictive rules on one sub-call both go there, the first wins. */
	{ ALLOW,
	  { { TRAP, "socket", 1, { IF(0, SBPF_EQ, 40) } },
	    { ERRNO(9), "socket", 1, { IF(0, SBPF_EQ, 1) } } },
	  SOCKETCALL,
	  "a0&4294967295==1 TRAP; a0&4294967295==1 ERRNO(9); else ALLOW" },
};

START_TEST(rules_reach_the_multiplexed_form)
{
	const struct sbpf_target x86 = { .machine = "x86_64", .abis = "x86" };
	struct sbpf_policy *policy = new_policy(multiplexed[_i].otherwise, &x86);

	add_rules(policy, multiplexed[_i].rules);
	assert_meaning(policy, "x86", multiplexed[_i].number, multiplexed[_i].meaning);
	assert_meaning(policy, "x86_64", SOCKETCALL,
		       multiplexed[_i].otherwise == ALLOW ? "ALLOW" : "ERRNO(1)");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(rule_by_number_of_a_sub_call_reaches_the_multiplexer)
{
	const struct sbpf_target x86 = { .machine = "x86", .abis = "" };
	struct sbpf_policy *policy = new_policy(DENY, &x86);

	ck_assert_int_eq(sbpf_policy_add_number(policy, ALLOW, "x86", 361, NULL, 0, NULL), 0);
	assert_meaning(policy, "x86", SOCKETCALL, "a0==2 ALLOW; else ERRNO(1)");
	ck_assert_int_eq(sbpf_policy_add_number(policy, LOG, "x86", SOCKETCALL, NULL, 0, NULL), 0);
	assert_meaning(policy, "x86", SOCKETCALL, "LOG");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(multiplexers_of_other_machines_are_known)
{
	static const struct {
		const char *machine;
		uint32_t number;
	} socketcalls[] = { { "s390x", 102 }, { "s390", 102 }, { "ppc64le", 102 },
			    { "mips", 102 },  { "m68k", 102 }, { "sh", 102 } };

	for (size_t i = 0; i < COUNT(socketcalls); i++) {
		const struct sbpf_target target = { .machine = socketcalls[i].machine, .abis = "" };
		struct sbpf_policy *policy = new_policy(DENY, &target);
		const struct rule rules[RULES_MAX] = { { ALLOW, "accept4", 0, { { 0 } } } };

		add_rules(policy, rules);
		assert_meaning(policy, socketcalls[i].machine, socketcalls[i].number,
			       "a0==18 ALLOW; else ERRNO(1)");
		sbpf_policy_free(policy);
	}
}
END_TEST

/* ---- The same as a profile ---- */

#define PROFILE                                                                                    \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,"                            \
	"\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],"            \
	"\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":["                                   \
	"{\"names\":[\"read\",\"write\",\"accept\"],\"action\":\"SCMP_ACT_ALLOW\"},"               \
	"{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\","                                   \
	"\"args\":[{\"index\":0,\"value\":40,\"op\":\"SCMP_CMP_NE\"}]},"                           \
	"{\"names\":[\"clone\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,"             \
	"\"value\":2114060288,\"valueTwo\":0,\"op\":\"SCMP_CMP_MASKED_EQ\"}]},"                    \
	"{\"names\":[\"mkdir\"],\"action\":\"SCMP_ACT_KILL\"}]}"

START_TEST(builder_and_profile_give_the_same_instructions)
{
	const struct sbpf_target target = { .machine = "x86_64" };
	const struct rule rules[RULES_MAX] = {
		{ ALLOW, "read", 0, { { 0 } } },
		{ ALLOW, "write", 0, { { 0 } } },
		{ ALLOW, "accept", 0, { { 0 } } },
		{ ALLOW, "socket", 1, { IF(0, SBPF_NE, 40) } },
		{ ALLOW, "clone", 1, { IF(0, SBPF_MASKED_EQ, 2114060288) } },
		{ SECCOMP_RET_KILL_THREAD, "mkdir", 0, { { 0 } } },
	};
	struct sbpf_error error = { 0 };
	struct sbpf_policy *loaded = sbpf_load_json(PROFILE, strlen(PROFILE), &target, &error);
	struct sbpf_policy *built = new_policy(ERRNO(38), &x86_64);
	size_t count[2];

	ck_assert_msg(loaded, "%s: %s", error.where, error.message);
	ck_assert_int_eq(sbpf_policy_add_abi(built, "x86", &error), 0);
	ck_assert_int_eq(sbpf_policy_add_abi(built, "x32", &error), 0);
	ck_assert_int_eq(sbpf_policy_add_flags(built, SECCOMP_FILTER_FLAG_LOG, &error), 0);
	add_rules(built, rules);
	ck_assert_uint_eq(sbpf_policy_flags(loaded), sbpf_policy_flags(built));
	for (enum sbpf_effort effort = SBPF_QUICK; effort <= SBPF_THOROUGH; effort++) {
		const struct sbpf_options options = { .effort = effort };
		struct sbpf_filter *from_text = sbpf_compile(loaded, &options, &error);
		struct sbpf_filter *from_rules = sbpf_compile(built, &options, &error);
		const struct sock_filter *text_program = sbpf_filter_program(from_text, &count[0]);
		const struct sock_filter *rule_program = sbpf_filter_program(from_rules, &count[1]);

		ck_assert_uint_eq(count[0], count[1]);
		ck_assert_uint_gt(count[0], 20);
		ck_assert_mem_eq(text_program, rule_program, count[0] * sizeof(*text_program));
		sbpf_filter_free(from_text);
		sbpf_filter_free(from_rules);
	}
	sbpf_policy_free(loaded);
	sbpf_policy_free(built);
}
END_TEST

/* ---- Running ---- */

struct listed {
	char text[256];
	size_t left; /* how many are still wanted */
};

static bool list_rule(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct listed *listed = context;
	size_t length = strlen(listed->text);

	snprintf(listed->text + length, sizeof(listed->text) - length, "%zu.%zu %s %x %zu; ",
		 rule->entry, rule->name, call, rule->verdict, rule->condition_count);
	return --listed->left > 0;
}

START_TEST(rules_are_listed_in_their_order_without_what_guards_take_away)
{
	static const char text[] =
		"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": ["
		"{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\","
		" \"includes\": {\"caps\": [\"CAP_SYS_ADMIN\"]}},"
		"{\"names\": [\"write\", \"frobnicate\", \"dup\"], \"action\": \"SCMP_ACT_TRAP\","
		" \"args\": [{\"index\": 0, \"value\": 1, \"op\": \"SCMP_CMP_EQ\"}]},"
		"{\"names\": [\"dup\"], \"action\": \"SCMP_ACT_ERRNO\"}]}";
	struct listed all = { .left = 9 }, first = { .left = 1 };
	struct sbpf_policy *policy = sbpf_load_json(text, sizeof(text) - 1, &x86_64, NULL);

	ck_assert_ptr_nonnull(policy);
	sbpf_policy_rules(policy, list_rule, &all);
	ck_assert_str_eq(all.text, "1.0 write 30000 1; 1.2 dup 30000 1; 2.0 dup 50001 0; ");
	sbpf_policy_rules(policy, list_rule, &first);
	ck_assert_str_eq(first.text, "1.0 write 30000 1; ");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(rules_on_numbers_are_not_listed)
{
	struct sbpf_policy *policy = new_policy(DENY, &x86_64);
	struct listed none = { .left = 9 };

	ck_assert_int_eq(sbpf_policy_add_number(policy, SECCOMP_RET_ALLOW, "x86_64", 0, NULL, 0,
						NULL),
			 0);
	sbpf_policy_rules(policy, list_rule, &none);
	sbpf_policy_rules(NULL, list_rule, &none);
	sbpf_policy_rules(policy, NULL, NULL);
	ck_assert_str_eq(none.text, "");
	sbpf_policy_free(policy);
}
END_TEST

static TCase *builder_tests(void)
{
	TCase *tests = tcase_create("builder");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, new_policy_needs_a_verdict_of_linux);
	tcase_add_test(tests, new_policy_needs_a_known_machine);
	tcase_add_test(tests, what_hands_over_the_listener_cannot_wait_for_it);
	tcase_add_loop_test(tests, wrong_rule_leaves_the_policy_as_it_was, 0, COUNT(wrong_rules));
	tcase_add_loop_test(tests, wrong_number_leaves_the_policy_as_it_was, 0,
			    COUNT(wrong_numbers));
	tcase_add_test(tests, null_policy_is_a_usage_error);
	tcase_add_test(tests, first_error_stays);
	tcase_add_test(tests, abis_are_added_by_any_name_and_once);
	tcase_add_test(tests, removed_abi_is_bad_arch);
	tcase_add_test(tests, removing_an_abi_that_is_not_covered_is_a_usage_error);
	tcase_add_test(tests, x32_alone_leaves_x86_64_out);
	tcase_add_test(tests, skipped_call_can_have_a_rule);
	tcase_add_test(tests, every_abi_fits_in_one_policy);
	tcase_add_test(tests, rules_are_listed_in_their_order_without_what_guards_take_away);
	tcase_add_test(tests, rules_on_numbers_are_not_listed);
	tcase_add_test(tests, flags_gather);
	tcase_add_test(tests, conditions_are_copied);
	tcase_add_test(tests, target_reaches_the_policy);
	tcase_add_test(tests, ranks_go_from_permissive_to_restrictive);
	tcase_add_test(tests, builder_and_profile_give_the_same_instructions);
	return tests;
}

static TCase *meaning_tests(void)
{
	TCase *tests = tcase_create("meaning");

	tcase_add_loop_test(tests, rules_of_one_call_mean, 0, COUNT(reads));
	tcase_add_test(tests, rule_says_nothing_where_the_abi_lacks_the_call);
	tcase_add_loop_test(tests, rule_by_number_is_on_that_number_alone, 0, COUNT(numbers));
	tcase_add_test(tests, rules_by_name_and_number_stand_together);
	tcase_add_test(tests, far_numbers_ascend);
	tcase_add_test(tests, many_far_numbers_are_told_apart_quickly);
	tcase_add_loop_test(tests, newer_calls_get_enosys, 0, COUNT(newer));
	tcase_add_test(tests, rule_by_number_above_the_table_is_not_unknown);
	tcase_add_loop_test(tests, rules_reach_the_multiplexed_form, 0, COUNT(multiplexed));
	tcase_add_test(tests, rule_by_number_of_a_sub_call_reaches_the_multiplexer);
	tcase_add_test(tests, multiplexers_of_other_machines_are_known);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("policy");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, builder_tests());
	suite_add_tcase(suite, meaning_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
