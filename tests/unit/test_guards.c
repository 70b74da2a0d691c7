/* SPDX-License-Identifier: MIT */
/* The targets that guards tell apart: none is left out, and they are few. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "arch.h"
#include "sbpf.h"
#include "target.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define TARGETS_MAX 600

struct seen {
	size_t count;
	struct {
		int machine;
		char kernel[16];
		char capabilities[1024];
		bool has_machine, has_kernel, has_capabilities;
		uint64_t held;
	} list[TARGETS_MAX];
};

static bool note(void *context, const struct sbpf_guards_target *target)
{
	struct seen *seen = context;

	ck_assert_uint_lt(seen->count, TARGETS_MAX);
	seen->list[seen->count].machine = target->machine;
	seen->list[seen->count].held = target->capabilities;
	seen->list[seen->count].has_machine = target->target.machine != NULL;
	seen->list[seen->count].has_kernel = target->target.kernel != NULL;
	seen->list[seen->count].has_capabilities = target->target.capabilities != NULL;
	if (target->target.kernel)
		strncpy(seen->list[seen->count].kernel, target->target.kernel, 15);
	if (target->target.capabilities)
		strncpy(seen->list[seen->count].capabilities, target->target.capabilities, 1023);
	seen->count++;
	return true;
}

static struct seen *find(const char *text, const struct sbpf_target *wanted)
{
	struct sbpf_error error = { 0 };
	struct sbpf_guards *guards =
		sbpf_guards_new(wanted ? wanted->reading : SBPF_READING_DOCKER, &error);
	struct seen *seen = calloc(1, sizeof(*seen));

	ck_assert(guards && seen);
	ck_assert_msg(!sbpf_guards_add(guards, text, strlen(text), &error), "%s", error.message);
	ck_assert_msg(!sbpf_guards_targets(guards, wanted, note, seen, &error), "%s",
		      error.message);
	sbpf_guards_free(guards);
	return seen;
}

#define RULE(name, guards) "{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_ALLOW\"," guards "}"
#define PROFILE(head, rules)                                                                       \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\"," head "\"syscalls\":[" rules "]}"

/* ---- Machines ---- */

static const struct {
	const char *text;
	struct sbpf_target wanted;
	const char *machines; /* in their order; NULL: all */
} machine_sets[] = {
	{ PROFILE("", ""), { .machine = NULL }, "" },
	{ PROFILE("\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"],",
		  ""),
	  { 0 },
	  "x86_64 " },
	{ PROFILE("\"architectures\":[\"SCMP_ARCH_X86\"],", ""), { 0 }, "x86 " },
	{ PROFILE("\"architectures\":[\"SCMP_ARCH_X32\"],", ""), { 0 }, "x86_64 " },
	{ PROFILE("\"architectures\":[\"SCMP_ARCH_S390\",\"SCMP_ARCH_S390X\",\"SCMP_ARCH_ARM\"],",
		  ""),
	  { 0 },
	  "arm s390x " },
	{ PROFILE("\"archMap\":[{\"architecture\":\"SCMP_ARCH_RISCV64\"}],", ""),
	  { 0 },
	  "riscv64 " },
	{ PROFILE("", RULE("bpf", "\"includes\":{\"arches\":[\"arm64\",\"x32\"]}")),
	  { 0 },
	  "aarch64 " },
	{ PROFILE("", RULE("bpf", "\"includes\":{\"arches\":[\"arm64\"]}")),
	  { .reading = SBPF_READING_OCI },
	  "" },
	{ PROFILE("", RULE("bpf", "\"includes\":{\"arches\":[\"arm64\"]}")),
	  { .machine = "s390x" },
	  "s390x " },
	{ PROFILE("", RULE("bpf", "\"excludes\":{\"arches\":[\"arm64\"]}")), { 0 }, NULL },
};

START_TEST(machines_are_those_that_are_named)
{
	struct seen *seen = find(machine_sets[_i].text, &machine_sets[_i].wanted);
	uint64_t found = 0, expected = UINT64_C(1) << seen->list[0].machine;
	struct sbpf_abi abi;

	ck_assert_int_eq(seen->list[0].machine, machine_sets[_i].wanted.machine
							? sbpf_abi_find("s390x")
							: sbpf_abi_native());
	for (size_t i = 0; i < seen->count; i++)
		found |= UINT64_C(1) << seen->list[i].machine;
	for (int i = 0; sbpf_abi_describe(i, &abi); i++) {
		char word[32];

		snprintf(word, sizeof(word), "%s ", abi.name);
		if (machine_sets[_i].machines ? strstr(machine_sets[_i].machines, word) != NULL
					      : abi.is_machine)
			expected |= UINT64_C(1) << i;
	}
	if (machine_sets[_i].machines && strstr(machine_sets[_i].machines, "x86 "))
		expected &= ~(UINT64_C(1) << sbpf_abi_find("x32"));
	ck_assert_msg(found == expected, "%llx, not %llx", (unsigned long long)found,
		      (unsigned long long)expected);
	ck_assert_uint_eq(seen->count, (size_t)__builtin_popcountll(found));
	free(seen);
}
END_TEST

/* ---- Kernels ---- */

/* What any kernel that runs this is past. */
static const struct {
	const char *text;
	const char *kernels; /* after the running one */
} kernel_sets[] = {
	{ PROFILE("", RULE("bpf", "\"includes\":{\"minKernel\":\"3.8\"}")), "3.7 " },
	{ PROFILE("", RULE("bpf", "\"excludes\":{\"minKernel\":\"4.0\"}")), "3.19 " },
	{ PROFILE("", RULE("bpf", "\"excludes\":{\"minKernel\":\"2.6.30\"}")), "2.6.29 " },
	{ PROFILE("", RULE("bpf", "\"includes\":{\"minKernel\":\"3.1\"},"
				  "\"excludes\":{\"minKernel\":\"4.0\"}")),
	  "3.19 3.0 " },
	{ PROFILE("", RULE("bpf", "\"includes\":{\"minKernel\":\"3.0\"},"
				  "\"excludes\":{\"minKernel\":\"3.0.5\"}")),
	  "3.0.4 2.6 " },
	{ PROFILE("", RULE("bpf", "\"includes\":{\"minKernel\":\"3.8\",\"arches\":[\"arm64\"]}")),
	  "" },
	{ PROFILE("", ""), "" },
};

START_TEST(kernels_are_on_either_side_of_each_step)
{
	struct sbpf_target wanted = { .machine = "x86_64" };
	struct seen *seen = find(kernel_sets[_i].text, &wanted);
	char found[64] = "";
	size_t used = 0;

	ck_assert(!seen->list[0].has_kernel);
	for (size_t i = 1; i < seen->count && used < sizeof(found); i++)
		used += (size_t)snprintf(found + used, sizeof(found) - used, "%s ",
					 seen->list[i].kernel);
	ck_assert_str_eq(found, kernel_sets[_i].kernels);
	free(seen);
	/* What the caller names is the only one. */
	wanted.kernel = "6.1";
	seen = find(kernel_sets[_i].text, &wanted);
	ck_assert_uint_eq(seen->count, 1);
	ck_assert_str_eq(seen->list[0].kernel, "6.1");
	free(seen);
}
END_TEST

START_TEST(kernels_around_the_running_one)
{
	/* All steps lie below, or above, any kernel that runs this. */
	struct seen *seen = find(PROFILE("", RULE("bpf", "\"includes\":{\"minKernel\":\"2.6\"},"
							 "\"excludes\":{\"minKernel\":\"99.5\"}")),
				 NULL);

	ck_assert_uint_eq(seen->count, 3);
	ck_assert(!seen->list[0].has_kernel);
	ck_assert_str_eq(seen->list[1].kernel, "99.5");
	ck_assert_str_eq(seen->list[2].kernel, "2.5");
	free(seen);
	seen = find(PROFILE("", RULE("bpf", "\"includes\":{\"minKernel\":\"99.0\"}") "," RULE(
					"bpf", "\"includes\":{\"minKernel\":\"99.4\"}")),
		    NULL);
	ck_assert_uint_eq(seen->count, 3);
	ck_assert_str_eq(seen->list[1].kernel, "99.4");
	ck_assert_str_eq(seen->list[2].kernel, "99.3");
	free(seen);
}
END_TEST

/* ---- Capabilities ---- */

/* What every call of a few gets, under capabilities. */
#define CALLS 5
static const char *const calls[CALLS] = { "bpf", "mount", "socket", "socketcall", "syslog" };

static void ask(const char *text, const char *capabilities, uint32_t verdicts[CALLS + 1])
{
	struct sbpf_target target = { .machine = "x86", .capabilities = capabilities };
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json(text, strlen(text), &target, &error);
	struct seccomp_data data = { .arch = abi_audit_arch(sbpf_abi_find("x86")) };
	uint32_t number = 0;

	ck_assert_msg(policy, "%s", error.message);
	for (size_t i = 0; i < CALLS; i++) {
		sbpf_call_number(sbpf_abi_find("x86"), calls[i], &number);
		data.nr = (int)number;
		verdicts[i] = sbpf_policy_verdict(policy, &data, NULL, NULL, NULL);
	}
	/* socket by its multiplexer */
	sbpf_call_number(sbpf_abi_find("x86"), "socketcall", &number);
	data.nr = (int)number;
	data.args[0] = 1;
	verdicts[CALLS] = sbpf_policy_verdict(policy, &data, NULL, NULL, NULL);
	sbpf_policy_free(policy);
}

static const char *const names[] = { "CHOWN", "SYS_ADMIN", "BPF", "SYSLOG", "KILL", "NET_RAW" };
#define NAMES COUNT(names)

static void print_names(FILE *out, unsigned int set)
{
	const char *separator = "";

	for (size_t i = 0; i < NAMES; i++) {
		if (set >> i & 1) {
			fprintf(out, "%s\"CAP_%s\"", separator, names[i]);
			separator = ",";
		}
	}
}

/* A profile of some guarded rules, each with an errno of its own. */
static char *random_profile(unsigned int *seed)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int count = 1 + rand_r(seed) % 8;

	ck_assert(out);
	fputs("{\"defaultAction\":\"SCMP_ACT_KILL_PROCESS\",\"syscalls\":[", out);
	for (int i = 0; i < count; i++) {
		fprintf(out, "%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":%d,",
			i ? "," : "", calls[rand_r(seed) % CALLS], i + 1);
		fputs("\"includes\":{\"caps\":[", out);
		print_names(out, (unsigned int)rand_r(seed) & (unsigned int)rand_r(seed));
		fputs("]},\"excludes\":{\"caps\":[", out);
		print_names(out, (unsigned int)rand_r(seed) & (unsigned int)rand_r(seed) &
					 (unsigned int)rand_r(seed));
		fputs("]}}", out);
	}
	fputs("]}", out);
	fclose(out);
	return text;
}

/* Whatever is held of those named, each call gets what it gets under a set that was found. */
START_TEST(no_set_of_rules_is_left_out)
{
	unsigned int seed = 100 + (unsigned int)_i;
	char *text = random_profile(&seed);
	struct sbpf_target wanted = { .machine = "x86", .kernel = "6.1" };
	struct seen *seen = find(text, &wanted);
	uint32_t(*found)[CALLS + 1] = calloc(seen->count, sizeof(*found));

	ck_assert(found);
	for (size_t i = 0; i < seen->count; i++)
		ask(text, seen->list[i].has_capabilities ? seen->list[i].capabilities : NULL,
		    found[i]);
	for (unsigned int set = 0; set < 1u << NAMES; set++) {
		uint32_t verdicts[CALLS + 1];
		char list[128] = "";
		size_t used = 0;

		for (size_t i = 0; i < NAMES && used < sizeof(list); i++) {
			if (set >> i & 1)
				used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s",
							 used ? "," : "", names[i]);
		}
		ask(text, list, verdicts);
		for (size_t call = 0; call < COUNT(verdicts); call++) {
			size_t i = 0;

			while (i < seen->count && found[i][call] != verdicts[call])
				i++;
			ck_assert_msg(i < seen->count, "call %zu under %s: %s", call, list, text);
		}
	}
	ck_assert(!seen->list[0].has_capabilities);
	free(found);
	free(seen);
	free(text);
}
END_TEST

#define WHEN(list, name) "\"" list "\":{\"caps\":[\"" name "\"]}"

static const char strangers[] = PROFILE(
	"", RULE("bpf", WHEN("includes", "CAP_BPF")) "," RULE(
		    "mount",
		    WHEN("includes",
			 "CAP_SYS_ADMIN")) "," RULE("syslog",
						    WHEN("includes",
							 "CAP_SYSLOG")) "," RULE("kill",
										 WHEN("excludes",
										      "CAP_KILL")));

/* Calls that have nothing to do with each other share their sets. */
START_TEST(sets_are_few)
{
	struct seen *seen = find(strangers, NULL);

	ck_assert_uint_eq(seen->count, 2);
	ck_assert_uint_eq(seen->list[0].held, SBPF_DOCKER_CAPABILITIES);
	ck_assert(strstr(seen->list[1].capabilities, "CAP_BPF"));
	ck_assert(strstr(seen->list[1].capabilities, "CAP_SYS_ADMIN"));
	ck_assert(strstr(seen->list[1].capabilities, "CAP_SYSLOG"));
	ck_assert(!strstr(seen->list[1].capabilities, "CAP_KILL"));
	ck_assert(strstr(seen->list[1].capabilities, "CAP_CHOWN"));
	free(seen);
}
END_TEST

/* One call that every second capability has a say in. */
START_TEST(too_many_sets_are_an_error)
{
	struct sbpf_error error = { 0 };
	struct sbpf_guards *guards = sbpf_guards_new(SBPF_READING_DOCKER, &error);
	struct seen *seen = calloc(1, sizeof(*seen));
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	ck_assert(guards && seen && out);
	fputs("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[", out);
	for (unsigned int i = 0; i < 20; i++)
		fprintf(out,
			"%s{\"names\":[\"bpf\"],\"action\":\"SCMP_ACT_ALLOW\","
			"\"includes\":{\"caps\":[\"%s\"]}}",
			i ? "," : "", sbpf_capability_name(i));
	fputs("]}", out);
	fclose(out);
	ck_assert(!sbpf_guards_add(guards, text, length, &error));
	ck_assert_int_eq(sbpf_guards_targets(guards, NULL, note, seen, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_LIMIT);
	error = (struct sbpf_error){ 0 };
	/* With capabilities that the caller names there is nothing to look for. */
	ck_assert(!sbpf_guards_targets(guards, &(struct sbpf_target){ .capabilities = "" }, note,
				       seen, &error));
	sbpf_guards_free(guards);
	free(seen);
	free(text);
}
END_TEST

/* A config.json that says what it holds leaves Docker's 14 to be looked at as any other set. */
START_TEST(capabilities_of_a_config_are_the_first)
{
	struct seen *seen =
		find("{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_BPF\"]}},\"linux\":{"
		     "\"seccomp\":" PROFILE("",
					    RULE("bpf",
						 "\"includes\":{\"caps\":[\"CAP_SYSLOG\"]}")) "}}",
		     NULL);

	ck_assert_uint_eq(seen->count, 3);
	ck_assert(!seen->list[0].has_capabilities);
	ck_assert(!(seen->list[1].held >> 34 & 1) != !(seen->list[2].held >> 34 & 1));
	free(seen);
}
END_TEST

START_TEST(what_is_named)
{
	const char *text = PROFILE("", RULE("bpf", "\"includes\":{\"caps\":[\"CAP_BPF\"],"
						   "\"minKernel\":\"5.8\"},"
						   "\"excludes\":{\"caps\":[\"CAP_KILL\"]}"));
	struct sbpf_guards *guards = sbpf_guards_new(SBPF_READING_DOCKER, NULL);
	struct sbpf_error error = { 0 };

	ck_assert(!sbpf_guards_add(guards, text, strlen(text), NULL));
	ck_assert_uint_eq(sbpf_guards_capabilities(guards), UINT64_C(1) << 39 | UINT64_C(1) << 5);
	ck_assert_uint_eq(sbpf_guards_kernels(guards), 1);
	ck_assert_uint_eq(sbpf_guards_machines(guards), 0);
	ck_assert(!sbpf_guards_hold_own(guards));
	text = "{\"process\":{\"capabilities\":{\"bounding\":[]}},\"linux\":{\"seccomp\":"
	       "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}}}";
	ck_assert(!sbpf_guards_add(guards, text, strlen(text), NULL));
	ck_assert(sbpf_guards_hold_own(guards));
	ck_assert_int_eq(sbpf_guards_add(guards, "{", 1, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
	ck_assert_uint_eq(target_docker_capabilities, SBPF_DOCKER_CAPABILITIES);
	ck_assert_str_eq(sbpf_capability_name(39), "CAP_BPF");
	ck_assert_ptr_null(sbpf_capability_name(41));
	sbpf_guards_free(guards);
	sbpf_guards_free(NULL);
	ck_assert_int_eq(sbpf_guards_targets(NULL, NULL, note, NULL, NULL), -1);
	ck_assert_ptr_null(sbpf_guards_new((enum sbpf_reading)9, NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guards");
	TCase *tests = tcase_create("guards");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, machines_are_those_that_are_named, 0, COUNT(machine_sets));
	tcase_add_loop_test(tests, kernels_are_on_either_side_of_each_step, 0, COUNT(kernel_sets));
	tcase_add_test(tests, kernels_around_the_running_one);
	tcase_add_loop_test(tests, no_set_of_rules_is_left_out, 0, 60);
	tcase_add_test(tests, sets_are_few);
	tcase_add_test(tests, too_many_sets_are_an_error);
	tcase_add_test(tests, capabilities_of_a_config_are_the_first);
	tcase_add_test(tests, what_is_named);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
