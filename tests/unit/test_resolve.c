/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "arch.h"
#include "policy.h"
#include "sbpf.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct sbpf_policy *load(const char *text, const struct sbpf_target *target)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json(text, strlen(text), target, &error);

	ck_assert_msg(policy, "%s: %s", error.where, error.message);
	return policy;
}

static int id_of(const char *name)
{
	return call_find(name, strlen(name));
}

/* ---- ABIs ---- */

#define ARCH_MAP                                                                                   \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":["                                      \
	"{\"architecture\":\"SCMP_ARCH_X86_64\","                                                  \
	"\"subArchitectures\":[\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]},"                             \
	"{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":[\"SCMP_ARCH_ARM\"]},"       \
	"{\"architecture\":\"SCMP_ARCH_RISCV64\",\"subArchitectures\":null}]}"
#define ARCHITECTURES                                                                              \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":["                                \
	"\"SCMP_ARCH_X32\",\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_X32\"]}"

static const struct {
	const char *text;
	struct sbpf_target target;
	const char *abis; /* in their order */
} abi_sets[] = {
	{ ARCH_MAP, { .machine = "x86_64" }, "x86_64 x86 x32 " },
	{ ARCH_MAP, { .machine = "aarch64" }, "aarch64 arm " },
	{ ARCH_MAP, { .machine = "riscv64" }, "riscv64 " },
	{ ARCH_MAP, { .machine = "s390x" }, "s390x " },
	{ ARCH_MAP, { .machine = "x86" }, "x86 " },
	{ ARCH_MAP, { .machine = "x86_64", .abis = "" }, "x86_64 " },
	{ ARCH_MAP, { .machine = "x86_64", .abis = "x32" }, "x86_64 x32 " },
	{ ARCHITECTURES, { .machine = "x86_64" }, "x86_64 x32 x86 " },
	{ ARCHITECTURES, { .machine = "x86" }, "x86 x32 x86_64 " },
	{ ARCHITECTURES, { .machine = "x86_64", .abis = "x86_64,x86" }, "x86_64 x86 " },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", { .machine = "arm" }, "arm " },
};

START_TEST(abis_are_the_machines_and_those_asked_for)
{
	struct sbpf_policy *policy = load(abi_sets[_i].text, &abi_sets[_i].target);
	char names[128] = "";
	size_t length = 0;

	for (size_t i = 0; i < policy->abi_count; i++) {
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s ",
					   abi_name(policy->abis[i]));
		ck_assert_uint_lt(length, sizeof(names));
		ck_assert(sbpf_policy_has_abi(policy, policy->abis[i]));
	}
	ck_assert_str_eq(names, abi_sets[_i].abis);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(target_reaches_the_policy)
{
	const struct sbpf_target target = {
		.machine = "x86_64",
		.bad_arch = "ERRNO(EACCES)",
		.unknown_as_enosys = true,
		.strict = true,
		.reading = SBPF_READING_LITERAL,
		.width = SBPF_WIDTH_KERNEL,
	};
	struct sbpf_policy *policy = load(ARCH_MAP, &target);

	ck_assert_int_eq(sbpf_policy_machine(policy), sbpf_abi_find("x86_64"));
	ck_assert_uint_eq(policy->bad_arch, SECCOMP_RET_ERRNO | 13);
	ck_assert(policy->unknown_as_enosys);
	ck_assert(policy->strict);
	ck_assert_int_eq(policy->reading, SBPF_READING_LITERAL);
	ck_assert_int_eq(policy->width, SBPF_WIDTH_KERNEL);
	sbpf_policy_free(policy);
}
END_TEST

static const struct {
	struct sbpf_target target;
	const char *message; /* NULL: no warning */
} foreign[] = {
	{ { .machine = "x86_64", .abis = "x86,x32" }, NULL },
	{ { .machine = "x86", .abis = "x86_64" }, NULL }, /* a 32-bit program on x86_64 */
	{ { .machine = "aarch64", .abis = "arm" }, NULL },
	{ { .machine = "ppc64", .abis = "ppc" }, NULL },
	{ { .machine = "mips64", .abis = "mips,mips64n32" }, NULL },
	{ { .machine = "s390x", .abis = "s390" }, NULL },
	{ { .machine = "x86_64", .abis = "x86,arm" }, "on x86_64 no call can come by arm" },
	{ { .machine = "aarch64", .abis = "x32,x86_64" },
	  "on aarch64 no call can come by x32, x86_64" },
	{ { .machine = "mips64", .abis = "mipsel" }, "on mips64 no call can come by mipsel" },
	{ { .machine = "ppc64le", .abis = "ppc" }, "on ppc64le no call can come by ppc" },
};

START_TEST(abis_that_cannot_occur_are_warned_of)
{
	struct sbpf_policy *policy =
		load("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}", &foreign[_i].target);
	const struct sbpf_error *warning = sbpf_policy_warning(policy, 0);

	ck_assert_uint_eq(sbpf_policy_warning_count(policy), foreign[_i].message ? 1 : 0);
	if (foreign[_i].message) {
		ck_assert_int_eq(warning->code, SBPF_WARN_IGNORED);
		ck_assert_str_eq(warning->where, "target.abis");
		ck_assert_uint_eq(warning->line, 0);
		ck_assert_str_eq(warning->message, foreign[_i].message);
	}
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(wrong_target_is_reported_before_the_text)
{
	const struct sbpf_target target = { .machine = "vax" };
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json("{", 1, &target, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
}
END_TEST

/* ---- includes and excludes ---- */

static const struct {
	const char *guard;
	struct sbpf_target target;
	bool kept;
} guards[] = {
	{ "\"includes\":{},\"excludes\":{}", { 0 }, true },
	{ "\"includes\":{\"caps\":[],\"arches\":[],\"minKernel\":\"\"}", { 0 }, true },
	{ "\"excludes\":{\"caps\":[],\"arches\":[],\"minKernel\":\"\"}", { 0 }, true },
	/* all of the included capabilities, any of the excluded ones */
	{ "\"includes\":{\"caps\":[\"CAP_CHOWN\"]}", { 0 }, true },
	{ "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", { 0 }, false },
	{ "\"includes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"]}", { 0 }, false },
	{ "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", { .capabilities = "SYS_ADMIN" }, true },
	{ "\"includes\":{\"caps\":[\"CAP_CHOWN\"]}", { .capabilities = "" }, false },
	{ "\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", { 0 }, true },
	{ "\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}", { 0 }, false },
	{ "\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\",\"CAP_CHOWN\"]}", { 0 }, false },
	{ "\"excludes\":{\"caps\":[\"CAP_BPF\"]}", { .capabilities = "ALL" }, false },
	/* any of the architectures, whatever the ABIs */
	{ "\"includes\":{\"arches\":[\"arm64\",\"amd64\"]}", { 0 }, true },
	{ "\"includes\":{\"arches\":[\"arm64\",\"x86\",\"x32\"]}", { 0 }, false },
	{ "\"includes\":{\"arches\":[\"x86\"]}", { .machine = "x86" }, true },
	{ "\"excludes\":{\"arches\":[\"arm64\",\"amd64\"]}", { 0 }, false },
	{ "\"excludes\":{\"arches\":[\"arm64\",\"x86\"]}", { 0 }, true },
	/* from the version on */
	{ "\"includes\":{\"minKernel\":\"4.8\"}", { .kernel = "4.7.9" }, false },
	{ "\"includes\":{\"minKernel\":\"4.8\"}", { .kernel = "4.8" }, true },
	{ "\"includes\":{\"minKernel\":\"4.8\"}", { .kernel = "4.10" }, true },
	{ "\"includes\":{\"minKernel\":\"5.10.2\"}", { .kernel = "5.10.1" }, false },
	{ "\"excludes\":{\"minKernel\":\"4.8\"}", { .kernel = "4.7.9" }, true },
	{ "\"excludes\":{\"minKernel\":\"4.8\"}", { .kernel = "4.8" }, false },
	/* excludes are stronger, and every kind counts */
	{ "\"includes\":{\"arches\":[\"amd64\"]},\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}",
	  { 0 },
	  false },
	{ "\"includes\":{\"arches\":[\"amd64\"],\"caps\":[\"CAP_BPF\"]}", { 0 }, false },
};

START_TEST(rule_is_kept_when_its_guards_hold)
{
	struct sbpf_target target = guards[_i].target;
	struct sbpf_policy *policy;
	char text[512];

	if (!target.machine)
		target.machine = "x86_64";
	if (!target.kernel)
		target.kernel = "6.1";
	snprintf(text, sizeof(text),
		 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		 "\"action\":\"SCMP_ACT_ALLOW\",%s}]}",
		 guards[_i].guard);
	policy = load(text, &target);
	ck_assert_msg(policy->rule_count == guards[_i].kept, "%s", guards[_i].guard);
	sbpf_policy_free(policy);
}
END_TEST

#define CONFIG(bounding)                                                                           \
	"{\"process\":{\"capabilities\":" bounding "},\"linux\":{\"seccomp\":{"                    \
	"\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"                \
	"\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_CHOWN\"]}}]}}}"

static const struct {
	const char *text;
	const char *capabilities;
	bool kept;
} configs[] = {
	{ CONFIG("{\"bounding\":[\"CAP_CHOWN\"]}"), NULL, true },
	{ CONFIG("{\"bounding\":[\"CAP_KILL\"]}"), NULL, false },
	{ CONFIG("{\"bounding\":[]}"), NULL, false },
	{ CONFIG("{\"bounding\":[\"CAP_KILL\"]}"), "CHOWN", true },
	{ CONFIG("{\"bounding\":[\"CAP_CHOWN\"]}"), "", false },
	{ CONFIG("{\"bounding\":null}"), NULL, true },
	{ CONFIG("null"), NULL, true },
};

START_TEST(config_capabilities_stand_in_for_dockers)
{
	const struct sbpf_target target = { .capabilities = configs[_i].capabilities };
	struct sbpf_policy *policy = load(configs[_i].text, &target);

	ck_assert_uint_eq(policy->rule_count, configs[_i].kept);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Rules ---- */

START_TEST(rules_stand_in_document_order)
{
	static const char text[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
		"{\"names\":[\"read\",\"write\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":2,\"value\":9,\"op\":\"SCMP_CMP_LE\"}]},"
		"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_LOG\",\"includes\":{\"arches\":["
		"\"arm\"]}},"
		"{\"name\":\"read\",\"action\":\"SCMP_ACT_TRAP\"}]}";
	const struct sbpf_target target = { .machine = "x86_64" };
	struct sbpf_policy *policy = load(text, &target);
	const struct policy_rule *rules = policy->rules;

	ck_assert_uint_eq(policy->rule_count, 3);
	ck_assert_int_eq(rules[0].call, id_of("read"));
	ck_assert_uint_eq(rules[0].verdict, SECCOMP_RET_ALLOW);
	ck_assert_uint_eq(rules[0].source, 0);
	ck_assert_uint_eq(rules[0].condition_count, 1);
	ck_assert_uint_eq(rules[0].conditions[0].argument, 2);
	ck_assert_uint_eq(rules[0].conditions[0].value, 9);
	ck_assert_int_eq(rules[0].conditions[0].compare, SBPF_LE);
	ck_assert_int_eq(rules[1].call, id_of("write"));
	ck_assert_ptr_eq(rules[1].conditions, rules[0].conditions);
	ck_assert_int_eq(rules[2].call, id_of("read"));
	ck_assert_uint_eq(rules[2].verdict, SECCOMP_RET_TRAP);
	ck_assert_uint_eq(rules[2].source, 2);
	ck_assert_uint_eq(rules[2].condition_count, 0);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(newest_call_counts_in_dropped_rules_too)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
				   "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"},"
				   "{\"names\":[\"openat2\"],\"action\":\"SCMP_ACT_ALLOW\","
				   "\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}}]}";
	struct sbpf_policy *policy = load(text, NULL);

	ck_assert_uint_eq(policy->rule_count, 1);
	ck_assert_uint_eq(policy->newest, 0x050600); /* openat2(2): Linux 5.6 */
	sbpf_policy_free(policy);
}
END_TEST

static const struct {
	const char *action;
	const char *machine;
	uint32_t verdict;
} actions[] = {
	{ "\"SCMP_ACT_ERRNO\"", "x86_64", SECCOMP_RET_ERRNO | 1 },
	{ "\"SCMP_ACT_TRACE\"", "x86_64", SECCOMP_RET_TRACE | 1 },
	{ "\"SCMP_ACT_ERRNO\",\"errnoRet\":0", "x86_64", SECCOMP_RET_ERRNO },
	{ "\"SCMP_ACT_TRACE\",\"errnoRet\":7", "x86_64", SECCOMP_RET_TRACE | 7 },
	{ "\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\"", "x86_64", SECCOMP_RET_ERRNO | 38 },
	{ "\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\"", "mips", SECCOMP_RET_ERRNO | 89 },
	{ "\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\"", "parisc", SECCOMP_RET_ERRNO | 251 },
	{ "\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\",\"errnoRet\":7", "arm", SECCOMP_RET_ERRNO | 38 },
	{ "\"SCMP_ACT_ERRNO\",\"errno\":\"\",\"errnoRet\":7", "arm", SECCOMP_RET_ERRNO | 7 },
	{ "\"SCMP_ACT_ALLOW\",\"errnoRet\":7", "x86_64", SECCOMP_RET_ALLOW },
	{ "\"SCMP_ACT_LOG\",\"errno\":\"ENOSYS\"", "x86_64", SECCOMP_RET_LOG },
	{ "\"SCMP_ACT_NOTIFY\"", "x86_64", SECCOMP_RET_USER_NOTIF },
	{ "\"SCMP_ACT_TRAP\"", "x86_64", SECCOMP_RET_TRAP },
	{ "\"SCMP_ACT_KILL\"", "x86_64", SECCOMP_RET_KILL_THREAD },
	{ "\"SCMP_ACT_KILL_THREAD\"", "x86_64", SECCOMP_RET_KILL_THREAD },
	{ "\"SCMP_ACT_KILL_PROCESS\"", "x86_64", SECCOMP_RET_KILL_PROCESS },
};

START_TEST(actions_become_verdicts)
{
	const struct sbpf_target target = { .machine = actions[_i].machine };
	struct sbpf_policy *policy;
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
		 "\"action\":%s}]}",
		 actions[_i].action);
	policy = load(text, &target);
	ck_assert_uint_eq(policy->rules[0].verdict, actions[_i].verdict);
	sbpf_policy_free(policy);
}
END_TEST

static void check_refused(const char *text, const struct sbpf_target *target, const char *where,
			  const char *message)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json(text, strlen(text), target, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_PROFILE);
	ck_assert_str_eq(error.where, where);
	ck_assert_str_eq(error.message, message);
}

START_TEST(strict_refuses_unknown_calls)
{
	const struct sbpf_target strict = { .machine = "x86_64", .strict = true };

	check_refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		      "\"SCMP_ACT_LOG\",\"names\":[\"read\",\"mkdri\"]}]}",
		      &strict, "syscalls[0].names[1]",
		      "unknown system call 'mkdri'; did you mean 'mkdir'?");
	check_refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		      "\"SCMP_ACT_LOG\",\"name\":\"frobnicate\"}]}",
		      &strict, "syscalls[0].name",
		      "unknown system call 'frobnicate': no ABI has one of this name");
}
END_TEST

START_TEST(strict_accepts_calls_of_other_machines)
{
	const struct sbpf_target strict = { .machine = "aarch64", .strict = true };

	sbpf_policy_free(
		load("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		     "\"SCMP_ACT_LOG\",\"names\":[\"arch_prctl\",\"s390_pci_mmio_read\"]}]}",
		     &strict));
}
END_TEST

START_TEST(unknown_errno_is_an_error_in_a_dropped_rule_too)
{
	const struct sbpf_target target = { .machine = "mips" };

	check_refused("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"action\":"
		      "\"SCMP_ACT_ERRNO\",\"names\":[\"read\"],\"errno\":\"ENOPE\","
		      "\"includes\":{\"arches\":[\"arm\"]}}]}",
		      &target, "syscalls[0].errno",
		      "unknown errno 'ENOPE' on mips: errno(3) lists the symbols, such as EPERM");
}
END_TEST

/* ---- The oci reading ---- */

static const struct sbpf_target oci = {
	.machine = "x86_64",
	.kernel = "4.7",
	.reading = SBPF_READING_OCI,
};

START_TEST(oci_knows_no_arch_map)
{
	struct sbpf_policy *policy = load(ARCH_MAP, &oci);

	ck_assert_uint_eq(policy->abi_count, 1);
	sbpf_policy_free(policy);
	policy = load("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\"],"
		      "\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":["
		      "\"SCMP_ARCH_X32\"]}]}",
		      &oci);
	ck_assert_uint_eq(policy->abi_count, 2);
	ck_assert_int_eq(policy->abis[1], sbpf_abi_find("x86"));
	ck_assert_uint_eq(sbpf_policy_warning_count(policy), 0);
	sbpf_policy_free(policy);
}
END_TEST

static const char *const unheld_guards[] = {
	"\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}", "\"includes\":{\"arches\":[\"arm64\"]}",
	"\"includes\":{\"minKernel\":\"4.8\"}",	       "\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}",
	"\"excludes\":{\"arches\":[\"amd64\"]}",       "\"excludes\":{\"minKernel\":\"4.7\"}",
};

START_TEST(oci_knows_no_guards)
{
	struct sbpf_policy *policy;
	char text[256];

	snprintf(text, sizeof(text),
		 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		 "\"action\":\"SCMP_ACT_ALLOW\",%s}]}",
		 unheld_guards[_i]);
	policy = load(text, &oci);
	ck_assert_uint_eq(policy->rule_count, 1);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(oci_knows_no_single_name)
{
	struct sbpf_policy *policy =
		load("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
		     "{\"name\":\"read\",\"names\":[\"write\"],\"action\":\"SCMP_ACT_LOG\"},\n"
		     "{\"name\":\"mkdir\",\"action\":\"SCMP_ACT_LOG\"},"
		     "{\"name\":\"rmdir\",\"action\":\"SCMP_ACT_LOG\"}]}",
		     &oci);

	ck_assert_uint_eq(policy->rule_count, 1);
	ck_assert_int_eq(policy->rules[0].call, id_of("write"));
	ck_assert_uint_eq(sbpf_policy_warning_count(policy), 1);
	ck_assert_str_eq(sbpf_policy_warning(policy, 0)->where, "syscalls[1].name");
	ck_assert_str_eq(sbpf_policy_warning(policy, 0)->message,
			 "2 of the rules, from this one on, have no effect: OCI runtimes do not "
			 "know 'name'; put the name into 'names'");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(one_rule_with_a_single_name_is_told_by_itself)
{
	struct sbpf_policy *policy = load("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":["
					  "{\"name\":\"mkdir\",\"action\":\"SCMP_ACT_LOG\"}]}",
					  &oci);

	ck_assert_uint_eq(sbpf_policy_warning_count(policy), 1);
	ck_assert_str_eq(sbpf_policy_warning(policy, 0)->message,
			 "this rule has no effect: OCI runtimes do not know 'name'; put the name "
			 "into 'names'");
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(oci_knows_no_symbols_of_errors)
{
	struct sbpf_policy *policy =
		load("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOSYS\","
		     "\"defaultErrnoRet\":2,\"syscalls\":["
		     "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\"},"
		     "{\"names\":[\"write\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\","
		     "\"errnoRet\":7}]}",
		     &oci);

	ck_assert_uint_eq(policy->default_verdict, SECCOMP_RET_ERRNO | 2);
	ck_assert_uint_eq(policy->rules[0].verdict, SECCOMP_RET_ERRNO | 1);
	ck_assert_uint_eq(policy->rules[1].verdict, SECCOMP_RET_ERRNO | 7);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(oci_still_checks_what_it_does_not_know)
{
	check_refused("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOPE\"}", &oci,
		      "defaultErrno",
		      "unknown errno 'ENOPE' on x86_64: errno(3) lists the symbols, such as EPERM");
	check_refused("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"name\":\"\","
		      "\"action\":\"SCMP_ACT_ALLOW\"}]}",
		      &oci, "syscalls[0].name",
		      "the name of a system call is expected, not an empty string");
}
END_TEST

START_TEST(literal_reads_the_keys_that_docker_reads)
{
	const struct sbpf_target literal = { .machine = "x86_64", .reading = SBPF_READING_LITERAL };
	struct sbpf_policy *policy = load(ARCH_MAP, &literal);

	ck_assert_uint_eq(policy->abi_count, 3);
	sbpf_policy_free(policy);
	policy = load("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"name\":\"read\","
		      "\"action\":\"SCMP_ACT_ALLOW\"},{\"names\":[\"mount\"],\"action\":"
		      "\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}}]}",
		      &literal);
	ck_assert_uint_eq(policy->rule_count, 1);
	ck_assert_int_eq(policy->rules[0].call, id_of("read"));
	sbpf_policy_free(policy);
}
END_TEST

/* ---- What depends on the kernel ---- */

#define GUARDED(guard)                                                                             \
	"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"               \
	"\"action\":\"SCMP_ACT_LOG\"" guard "}]}"

static const struct {
	const char *text;
	bool depends;
} kernels[] = {
	{ GUARDED(""), false },
	{ GUARDED(",\"includes\":{\"minKernel\":\"\",\"arches\":[\"amd64\"]}"), false },
	{ GUARDED(",\"includes\":{\"minKernel\":\"4.8\"}"), true },
	{ GUARDED(",\"excludes\":{\"minKernel\":\"4.8\"}"), true },
	{ GUARDED(",\"excludes\":{\"minKernel\":\"255.0\",\"arches\":[\"s390x\"]}"), true },
};

START_TEST(policy_depends_on_the_kernel_with_min_kernel)
{
	const struct sbpf_target target = { .machine = "x86_64" };
	const struct sbpf_target as_oci = { .machine = "x86_64", .reading = SBPF_READING_OCI };
	struct sbpf_policy *policy = load(kernels[_i].text, &target);

	ck_assert(sbpf_policy_depends_on_kernel(policy) == kernels[_i].depends);
	sbpf_policy_free(policy);
	policy = load(kernels[_i].text, &as_oci);
	ck_assert(!sbpf_policy_depends_on_kernel(policy));
	sbpf_policy_free(policy);
}
END_TEST

static TCase *abi_tests(void)
{
	TCase *tests = tcase_create("ABIs");

	tcase_add_loop_test(tests, abis_are_the_machines_and_those_asked_for, 0, COUNT(abi_sets));
	tcase_add_test(tests, target_reaches_the_policy);
	tcase_add_loop_test(tests, abis_that_cannot_occur_are_warned_of, 0, COUNT(foreign));
	tcase_add_test(tests, wrong_target_is_reported_before_the_text);
	return tests;
}

static TCase *rule_tests(void)
{
	TCase *tests = tcase_create("rules");

	tcase_add_loop_test(tests, rule_is_kept_when_its_guards_hold, 0, COUNT(guards));
	tcase_add_loop_test(tests, config_capabilities_stand_in_for_dockers, 0, COUNT(configs));
	tcase_add_test(tests, rules_stand_in_document_order);
	tcase_add_test(tests, newest_call_counts_in_dropped_rules_too);
	tcase_add_loop_test(tests, actions_become_verdicts, 0, COUNT(actions));
	tcase_add_test(tests, strict_refuses_unknown_calls);
	tcase_add_test(tests, strict_accepts_calls_of_other_machines);
	tcase_add_test(tests, unknown_errno_is_an_error_in_a_dropped_rule_too);
	return tests;
}

static TCase *reading_tests(void)
{
	TCase *tests = tcase_create("readings");

	tcase_add_test(tests, oci_knows_no_arch_map);
	tcase_add_loop_test(tests, oci_knows_no_guards, 0, COUNT(unheld_guards));
	tcase_add_test(tests, oci_knows_no_single_name);
	tcase_add_test(tests, one_rule_with_a_single_name_is_told_by_itself);
	tcase_add_test(tests, oci_knows_no_symbols_of_errors);
	tcase_add_test(tests, oci_still_checks_what_it_does_not_know);
	tcase_add_test(tests, literal_reads_the_keys_that_docker_reads);
	tcase_add_loop_test(tests, policy_depends_on_the_kernel_with_min_kernel, 0, COUNT(kernels));
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("resolve");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, abi_tests());
	suite_add_tcase(suite, rule_tests());
	suite_add_tcase(suite, reading_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
