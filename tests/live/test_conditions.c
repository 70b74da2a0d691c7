/* SPDX-License-Identifier: MIT */
/* Conditions on arguments as the kernel passes them. getppid(2) ignores its arguments. */
#include "live.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELD 99 /* the errno of a rule whose conditions hold */

/* On a 32-bit ABI there are no upper halves to test. */
#define HIGH (sizeof(long) == 8 ? UINT64_C(0x100000000) : 0)
#define TOP (sizeof(long) == 8 ? UINT64_MAX : UINT32_MAX)

/* Calls under one filter with several arguments, one process for all. */
static const uint64_t (*tried_arguments)[6];
static size_t tried_count;

static void try_arguments(struct seen *seen, const struct sbpf_filter *filter)
{
	seen->value = 0;
	if (!install(filter, 0, seen))
		return;
	for (size_t i = 0; i < tried_count; i++) {
		struct seen one = { 0 };

		call_getppid(&one, tried_arguments[i]);
		if (one.value == -1 && one.error == HELD)
			seen->value |= 1L << i;
	}
}

/* A bit for each argument list: whether the conditions held for it. */
static long holding(const struct sbpf_condition *conditions, size_t condition_count,
		    const uint64_t (*arguments)[6], size_t count)
{
	struct sbpf_filter *filter =
		filter_of("getppid", SECCOMP_RET_ERRNO | HELD, conditions, condition_count, NULL);
	struct seen seen;
	int status;

	tried_arguments = arguments;
	tried_count = count;
	status = run_case(try_arguments, filter, &seen);
	ck_assert_msg(seen.installed == 0, "%s", seen.install_error.message);
	assert_survived(status, &seen);
	sbpf_filter_free(filter);
	return seen.value;
}

static bool holds(enum sbpf_compare compare, uint64_t argument, uint64_t value, uint64_t value_two)
{
	switch (compare) {
	case SBPF_NE:
		return argument != value;
	case SBPF_LT:
		return argument < value;
	case SBPF_LE:
		return argument <= value;
	case SBPF_EQ:
		return argument == value;
	case SBPF_GE:
		return argument >= value;
	case SBPF_GT:
		return argument > value;
	case SBPF_MASKED_EQ:
		return (argument & value) == (value_two & value);
	}
	return false;
}

static const enum sbpf_compare compares[] = { SBPF_NE, SBPF_LT, SBPF_LE,       SBPF_EQ,
					      SBPF_GE, SBPF_GT, SBPF_MASKED_EQ };
#define COMPARES (sizeof(compares) / sizeof(compares[0]))

START_TEST(every_comparison_is_over_the_whole_register)
{
	const uint64_t edges[] = { 0,		1,
				   0x7fffffff,	0x80000000,
				   0xffffffff,	HIGH,
				   HIGH + 1,	HIGH * 2 + 1,
				   TOP / 2,	TOP / 2 + 1,
				   TOP - 1,	TOP,
				   HIGH * 0x80, HIGH + 0x80000000,
				   0xfffffffe,	TOP - 0xffffffff };
	const size_t edge_count = sizeof(edges) / sizeof(edges[0]);
	uint64_t arguments[16][6] = { 0 };

	for (size_t i = 0; i < edge_count; i++)
		arguments[i][0] = edges[i];
	for (size_t i = 0; i < COMPARES * edge_count; i++) {
		struct sbpf_condition condition = {
			.compare = compares[i / edge_count],
			.value = edges[i % edge_count],
			.value_two = edges[(i + 3) % edge_count],
		};
		long expected = 0;

		for (size_t j = 0; j < edge_count; j++) {
			if (holds(condition.compare, edges[j], condition.value,
				  condition.value_two))
				expected |= 1L << j;
		}
		ck_assert_msg(holding(&condition, 1, arguments, edge_count) == expected,
			      "compare %d with %#llx, %#llx", condition.compare,
			      (unsigned long long)condition.value,
			      (unsigned long long)condition.value_two);
	}
}
END_TEST

START_TEST(each_of_six_arguments_is_tested)
{
	uint64_t arguments[6][6] = { 0 };

	for (unsigned int i = 0; i < 6; i++)
		arguments[i][i] = HIGH + 7;
	for (unsigned int i = 0; i < 6; i++) {
		const struct sbpf_condition condition = { i, SBPF_EQ, HIGH + 7, 0 };

		ck_assert_int_eq(holding(&condition, 1, arguments, 6), 1L << i);
	}
}
END_TEST

START_TEST(all_conditions_of_a_rule_must_hold)
{
	const uint64_t arguments[][6] = { { 1, 0, 5 }, { 1, 0, 4 }, { 2, 0, 5 }, { 2, 0, 4 } };
	const struct sbpf_condition conditions[] = { { 0, SBPF_EQ, 1, 0 }, { 2, SBPF_GE, 5, 0 } };

	ck_assert_int_eq(holding(conditions, 2, arguments, 4), 1);
}
END_TEST

START_TEST(one_of_two_conditions_on_an_argument_is_enough)
{
	const uint64_t arguments[][6] = { { 1 }, { 2 }, { 3 } };
	const struct sbpf_condition conditions[] = { { 0, SBPF_EQ, 1, 0 }, { 0, SBPF_EQ, 3, 0 } };

	ck_assert_int_eq(holding(conditions, 2, arguments, 3), 1 | 4);
}
END_TEST

START_TEST(masked_eq_ignores_bits_outside_mask)
{
	const uint64_t arguments[][6] = { { 0x12 }, { 0x1f2 }, { 0x13 }, { HIGH + 0x12 } };
	const struct sbpf_condition condition = { 0, SBPF_MASKED_EQ, 0x0f, 0xf2 };

	ck_assert_int_eq(holding(&condition, 1, arguments, 4), 1 | 2 | 8);
}
END_TEST

START_TEST(first_rule_that_holds_gives_the_verdict)
{
	const struct sbpf_condition below = { 0, SBPF_LT, 10, 0 }, five = { 0, SBPF_EQ, 5, 0 };
	const uint64_t arguments[][6] = { { 5 }, { 10 } };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, NULL, &error);
	struct sbpf_filter *filter;
	struct seen seen;
	int status;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | HELD, "getppid", &below,
					      1, &error),
			 0);
	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_KILL_PROCESS, "getppid", &five, 1,
					      &error),
			 0);
	filter = compile(policy);
	tried_arguments = arguments;
	tried_count = 2;
	status = run_case(try_arguments, filter, &seen);
	assert_survived(status, &seen);
	ck_assert_int_eq(seen.value, 1);
	sbpf_filter_free(filter);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		every_comparison_is_over_the_whole_register,
		each_of_six_arguments_is_tested,
		all_conditions_of_a_rule_must_hold,
		one_of_two_conditions_on_an_argument_is_enough,
		masked_eq_ignores_bits_outside_mask,
		first_rule_that_holds_gives_the_verdict,
	};

	return run_tests("conditions", tests, sizeof(tests) / sizeof(tests[0]));
}
