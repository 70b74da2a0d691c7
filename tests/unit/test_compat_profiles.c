/* SPDX-License-Identifier: MIT */
/*
 * The drop-in libseccomp.so.2 driven as container runtimes do, and compared by proof with what
 * libsbpf makes of the same profile.
 */
#include "compat.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>

#include "arch.h"
#include "policy.h"

static const char *const machines[] = { "x86_64", "aarch64", "s390x", "mips64", "x86", "ppc64le" };

static const char *const folders[] = {
	PROJECT_DIR "/profiles",
	PROJECT_DIR "/tests/profiles/unusual",
	PROJECT_DIR "/tests/profiles/malformed",
};

static uint32_t token_of(int abi)
{
	struct sbpf_abi description;

	ck_assert(sbpf_abi_describe(abi, &description));
	return seccomp_arch_resolve_name(description.name);
}

/* Whether all ABIs are of one byte order; libseccomp has no filters of two. */
static bool has_one_order(const struct sbpf_policy *policy)
{
	for (size_t i = 1; i < policy->abi_count; i++) {
		if (abi_big_endian(policy->abis[i]) != abi_big_endian(policy->abis[0]))
			return false;
	}
	return true;
}

static scmp_filter_ctx start(const struct sbpf_policy *policy)
{
	scmp_filter_ctx filter = seccomp_init(policy->default_verdict);

	ck_assert_ptr_nonnull(filter);
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), 0);
	for (size_t i = 0; i < policy->abi_count; i++)
		ck_assert_int_eq(seccomp_arch_add(filter, token_of(policy->abis[i])), 0);
	return filter;
}

/* -EEXIST: an earlier rule has the same conditions, and so decides. */
static void add(scmp_filter_ctx filter, uint32_t action, int number, unsigned int count,
		const struct scmp_arg_cmp *conditions)
{
	int code = seccomp_rule_add_array(filter, action, number, count, conditions);

	ck_assert_msg(code == 0 || code == -EEXIST, "rule on %d: %d", number, code);
}

static void add_rule(scmp_filter_ctx filter, const struct policy_rule *rule)
{
	struct scmp_arg_cmp conditions[64];
	unsigned int seen = 0;
	bool repeats = false;
	int number = number_of(call_name(rule->call));

	ck_assert_uint_le(rule->condition_count, COUNT(conditions));
	for (uint32_t i = 0; i < rule->condition_count; i++) {
		const struct sbpf_condition *condition = &rule->conditions[i];

		repeats |= seen >> condition->argument & 1;
		seen |= 1u << condition->argument;
		conditions[i] = (struct scmp_arg_cmp){
			condition->argument,
			(enum scmp_compare)condition->compare,
			condition->value,
			condition->value_two,
		};
	}
	if (!repeats)
		add(filter, rule->verdict, number, rule->condition_count, conditions);
	/* As runtimes do: two conditions on an argument are a rule each. */
	for (uint32_t i = 0; repeats && i < rule->condition_count; i++)
		add(filter, rule->verdict, number, 1, &conditions[i]);
}

static scmp_filter_ctx drive(const struct sbpf_policy *policy)
{
	scmp_filter_ctx filter = start(policy);

	for (size_t i = 0; i < policy->rule_count; i++) {
		if (policy->rules[i].verdict != policy->default_verdict)
			add_rule(filter, &policy->rules[i]);
	}
	return filter;
}

static void assert_means(scmp_filter_ctx filter, const struct sbpf_policy *policy, const char *path)
{
	struct sbpf_error error = { 0 };
	struct sbpf_space *space = sbpf_space_new(sbpf_policy_machine(policy), 0, &error);
	struct sbpf_example example = { 0 };
	enum sbpf_answer answer = SBPF_UNKNOWN;
	struct sbpf_abi machine;
	sbpf_meaning wanted, made;
	size_t count;
	struct sock_filter *program = export_program(filter, &count);

	ck_assert(sbpf_abi_describe(sbpf_policy_machine(policy), &machine));
	if (!sbpf_meaning_of_policy(space, policy, &wanted, &error) &&
	    !sbpf_meaning_of_program(space, program, count, &made, &error))
		answer = sbpf_meaning_compare(space, wanted, made, SBPF_EQUAL, &example, &error);
	ck_assert_msg(answer == SBPF_HOLDS,
		      "%s on %s: number %d of ABI %d gets %#x, not %#x (first argument %#llx) %s",
		      path, machine.name, example.data.nr, example.abi, example.b, example.a,
		      (unsigned long long)example.data.args[0], error.message);
	free(program);
	sbpf_space_free(space);
}

/* Whether the profile is one that libseccomp can have for this machine. */
static bool check_profile(const char *path, const char *machine)
{
	const struct sbpf_target target = { .machine = machine,
					    .kernel = "6.12",
					    .bad_arch = "KILL_THREAD" };
	struct sbpf_policy *policy = sbpf_load_json_file(path, &target, NULL);
	bool usable = policy && has_one_order(policy);

	if (usable) {
		scmp_filter_ctx filter = drive(policy);

		assert_means(filter, policy, path);
		seccomp_release(filter);
	}
	sbpf_policy_free(policy);
	return usable;
}

START_TEST(profiles_mean_what_libsbpf_makes_of_them)
{
	unsigned int checked = 0;

	ck_assert_int_eq(seccomp_api_set(7), 0);
	for (size_t i = 0; i < COUNT(folders); i++) {
		DIR *folder = opendir(folders[i]);
		const struct dirent *entry;

		ck_assert_ptr_nonnull(folder);
		while ((entry = readdir(folder))) {
			char path[1024];

			snprintf(path, sizeof(path), "%s/%s", folders[i], entry->d_name);
			if (strstr(entry->d_name, ".json"))
				checked += check_profile(path, machines[_i]);
		}
		closedir(folder);
	}
	ck_assert_uint_ge(checked, 20);
}
END_TEST

START_TEST(dockers_profile_takes_no_more_instructions_than_from_libsbpf)
{
	const struct sbpf_target target = { .machine = "x86_64", .kernel = "6.12" };
	struct sbpf_policy *policy =
		sbpf_load_json_file(PROJECT_DIR "/profiles/docker.json", &target, NULL);
	struct sbpf_filter *wanted = sbpf_compile(policy, NULL, NULL);
	scmp_filter_ctx filter = drive(policy);
	size_t wanted_count, count;

	sbpf_filter_program(wanted, &wanted_count);
	free(export_program(filter, &count));
	ck_assert_uint_eq(count, wanted_count);
	seccomp_release(filter);
	sbpf_filter_free(wanted);
	sbpf_policy_free(policy);
}
END_TEST

static Suite *suite(void)
{
	Suite *suite = suite_create("compat_profiles");
	TCase *profiles = tcase_create("profiles");

	tcase_set_timeout(profiles, 120);
	tcase_add_loop_test(profiles, profiles_mean_what_libsbpf_makes_of_them, 0, COUNT(machines));
	tcase_add_test(profiles, dockers_profile_takes_no_more_instructions_than_from_libsbpf);
	suite_add_tcase(suite, profiles);
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
