// SPDX-License-Identifier: MIT
/* The reference against verdicts worked out by hand from docs/semantics.md. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "reference.h"

#define X86_64 0xc000003e
#define X86 0x40000003
#define AARCH64 0xc00000b7
#define ARM 0x40000028
#define S390X 0x80000016
#define MIPS 0x00000008
#define MIPS64 0x80000008
#define X32 0x40000000

#define ALLOW SECCOMP_RET_ALLOW
#define LOG SECCOMP_RET_LOG
#define TRACE(data) (SECCOMP_RET_TRACE | (data))
#define ERRNO(data) (SECCOMP_RET_ERRNO | (data))
#define TRAP SECCOMP_RET_TRAP
#define KILL_THREAD SECCOMP_RET_KILL_THREAD
#define KILL_PROCESS SECCOMP_RET_KILL_PROCESS

static struct tables *tables;

static uint32_t run(const char *profile, const struct sbpf_target *target, uint32_t arch,
		    uint32_t number, uint64_t argument_0, uint64_t argument_1)
{
	struct reference *reference = reference_new(tables, profile, strlen(profile), target);
	struct seccomp_data data = { .nr = (int)number, .arch = arch };
	uint32_t verdict;

	ck_assert_ptr_nonnull(reference);
	data.args[0] = argument_0;
	data.args[1] = argument_1;
	verdict = reference_verdict(reference, &data);
	reference_free(reference);
	return verdict;
}

#define EXPECT(verdict, profile, target, ...)                                                      \
	ck_assert_uint_eq(run(profile, target, __VA_ARGS__), verdict)

static const struct sbpf_target x86_64 = { .machine = "x86_64", .kernel = "6.1" };
static const struct sbpf_target aarch64 = { .machine = "aarch64", .kernel = "6.1" };

/* ---- Resolving ---- */

START_TEST(other_abis_are_bad_architecture)
{
	static const char profile[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
	struct sbpf_target target = x86_64;

	EXPECT(ALLOW, profile, &target, X86_64, 0, 0, 0);
	EXPECT(KILL_PROCESS, profile, &target, X86, 0, 0, 0);
	EXPECT(KILL_PROCESS, profile, &target, AARCH64, 0, 0, 0);
	target.bad_arch = "KILL_THREAD";
	EXPECT(KILL_THREAD, profile, &target, X86, 0, 0, 0);
	target.bad_arch = "SCMP_ACT_ERRNO(38)";
	EXPECT(ERRNO(38), profile, &target, X86, 0, 0, 0);
	target.abis = "x86";
	EXPECT(ALLOW, profile, &target, X86, 0, 0, 0);
	EXPECT(ERRNO(38), profile, &target, ARM, 0, 0, 0);
}
END_TEST

START_TEST(arch_map_gives_the_machines_sub_architectures)
{
	static const char profile[] =
		"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"archMap\":["
		"{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]},"
		"{\"architecture\":\"SCMP_ARCH_AARCH64\",\"subArchitectures\":null}]}";
	struct sbpf_target bare = { .machine = "x86_64", .abis = "" };
	struct sbpf_target s390x = { .machine = "s390x" };

	EXPECT(ALLOW, profile, &x86_64, X86, 0, 0, 0);
	EXPECT(KILL_PROCESS, profile, &bare, X86, 0, 0, 0);
	EXPECT(KILL_PROCESS, profile, &aarch64, ARM, 0, 0, 0);
	EXPECT(KILL_PROCESS, profile, &aarch64, X86, 0, 0, 0);
	EXPECT(ALLOW, profile, &s390x, S390X, 0, 0, 0);
}
END_TEST

START_TEST(architectures_of_another_byte_order_stay)
{
	static const char profile[] = "{\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":["
				      "\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_S390X\"]}";

	EXPECT(LOG, profile, &x86_64, S390X, 0, 0, 0);
}
END_TEST

#define GUARDED(guards)                                                                            \
	"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"name\":\"read\","                  \
	"\"action\":\"SCMP_ACT_ALLOW\"," guards "}]}"

START_TEST(includes_and_excludes_drop_rules)
{
	struct sbpf_target all = { .machine = "x86_64",
				   .kernel = "4.8.0-1",
				   .capabilities = "ALL" };
	struct sbpf_target none = { .machine = "x86_64", .kernel = "4.7.9", .capabilities = "" };
	struct sbpf_target some = { .machine = "x86_64",
				    .kernel = "10.0",
				    .capabilities = "CAP_BPF,SYSLOG" };

	EXPECT(ALLOW, GUARDED("\"includes\":{\"caps\":[\"CAP_CHOWN\"]}"), &x86_64, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), GUARDED("\"includes\":{\"caps\":[\"CAP_BPF\"]}"), &x86_64, X86_64, 0, 0,
	       0);
	EXPECT(ALLOW, GUARDED("\"includes\":{\"caps\":[\"CAP_BPF\",\"CAP_SYSLOG\"]}"), &some,
	       X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), GUARDED("\"includes\":{\"caps\":[\"CAP_BPF\",\"CAP_KILL\"]}"), &some,
	       X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), GUARDED("\"excludes\":{\"caps\":[\"CAP_KILL\",\"CAP_BPF\"]}"), &some,
	       X86_64, 0, 0, 0);
	EXPECT(ALLOW, GUARDED("\"excludes\":{\"caps\":[\"CAP_BPF\"]}"), &none, X86_64, 0, 0, 0);
	EXPECT(ALLOW, GUARDED("\"includes\":{\"minKernel\":\"4.8\"}"), &all, X86_64, 0, 0, 0);
	EXPECT(ALLOW, GUARDED("\"includes\":{\"minKernel\":\"4.8\"}"), &some, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), GUARDED("\"includes\":{\"minKernel\":\"4.8\"}"), &none, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), GUARDED("\"excludes\":{\"minKernel\":\"4.8\"}"), &all, X86_64, 0, 0, 0);
	EXPECT(ALLOW, GUARDED("\"excludes\":{\"minKernel\":\"4.8\"}"), &none, X86_64, 0, 0, 0);
	EXPECT(ALLOW, GUARDED("\"includes\":{\"arches\":[\"arm\",\"amd64\"]}"), &all, X86_64, 0, 0,
	       0);
	EXPECT(ERRNO(1), GUARDED("\"includes\":{\"arches\":[\"x86\"]}"), &all, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), GUARDED("\"excludes\":{\"arches\":[\"amd64\"]}"), &all, X86_64, 0, 0, 0);
}
END_TEST

START_TEST(a_config_brings_its_capabilities)
{
	static const char config[] =
		"{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_BPF\"]}},\"linux\":{"
		"\"seccomp\":"
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		"\"action\":"
		"\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_BPF\"]}},{\"names\":[\"write\"],"
		"\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_CHOWN\"]}}]}}}";
	struct sbpf_target none = { .machine = "x86_64", .capabilities = "" };

	EXPECT(ALLOW, config, &x86_64, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), config, &x86_64, X86_64, 1, 0, 0);
	EXPECT(ERRNO(1), config, &none, X86_64, 0, 0, 0);
}
END_TEST

/* ---- Actions ---- */

#define READ_WITH(action)                                                                          \
	"{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"names\":[\"read\"]," action "}]}"

START_TEST(actions_carry_their_data)
{
	static const struct sbpf_target mips = { .machine = "mips64", .kernel = "6.1" };

	EXPECT(KILL_THREAD, READ_WITH("\"action\":\"SCMP_ACT_KILL\""), &x86_64, X86_64, 0, 0, 0);
	EXPECT(KILL_THREAD, READ_WITH("\"action\":\"SCMP_ACT_LOG\""), &x86_64, X86_64, 1, 0, 0);
	EXPECT(KILL_PROCESS, READ_WITH("\"action\":\"SCMP_ACT_KILL_PROCESS\""), &x86_64, X86_64, 0,
	       0, 0);
	EXPECT(ERRNO(1), READ_WITH("\"action\":\"SCMP_ACT_ERRNO\""), &x86_64, X86_64, 0, 0, 0);
	EXPECT(ERRNO(0), READ_WITH("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":0"), &x86_64, X86_64,
	       0, 0, 0);
	EXPECT(ERRNO(38),
	       READ_WITH("\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2,\"errno\":\"ENOSYS\""),
	       &x86_64, X86_64, 0, 0, 0);
	EXPECT(ERRNO(89), READ_WITH("\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"ENOSYS\""), &mips,
	       MIPS64, 5000, 0, 0);
	EXPECT(TRACE(1), READ_WITH("\"action\":\"SCMP_ACT_TRACE\""), &x86_64, X86_64, 0, 0, 0);
	EXPECT(TRACE(7), READ_WITH("\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":7"), &x86_64, X86_64,
	       0, 0, 0);
	EXPECT(TRAP, READ_WITH("\"action\":\"SCMP_ACT_TRAP\",\"errnoRet\":7"), &x86_64, X86_64, 0,
	       0, 0);
	EXPECT(SECCOMP_RET_USER_NOTIF, READ_WITH("\"action\":\"SCMP_ACT_NOTIFY\""), &x86_64, X86_64,
	       0, 0, 0);
	EXPECT(ERRNO(5), "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":5}", &x86_64,
	       X86_64, 0, 0, 0);
}
END_TEST

/* ---- Rules ---- */

#define WITH_RULES(action, rules)                                                                  \
	"{\"defaultAction\":\"SCMP_ACT_" action "\",\"syscalls\":[" rules "]}"
#define RULE(name, action, args)                                                                   \
	"{\"names\":[\"" name "\"],\"action\":\"SCMP_ACT_" action "\",\"args\":[" args "]}"
#define ARG(index, op, value)                                                                      \
	"{\"index\":" #index ",\"op\":\"SCMP_CMP_" op "\",\"value\":" #value "}"

START_TEST(a_rule_equal_to_the_default_is_dropped)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("read", "ERRNO", "") "," RULE("read", "ALLOW", ""));

	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 0, 0);
}
END_TEST

START_TEST(a_rule_that_differs_only_in_errno_is_kept)
{
	static const char profile[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":["
		"\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2}]}";

	EXPECT(ERRNO(2), profile, &x86_64, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 1, 0, 0);
}
END_TEST

START_TEST(the_first_unconditional_rule_wins_outright)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("read", "TRAP", ARG(0, "EQ", 3)) "," RULE(
					    "read", "LOG", "") "," RULE("read", "ALLOW", ""));

	EXPECT(LOG, profile, &x86_64, X86_64, 0, 3, 0);
	EXPECT(LOG, profile, &x86_64, X86_64, 0, 4, 0);
}
END_TEST

START_TEST(the_first_conditional_rule_that_holds_wins)
{
	static const char profile[] =
		WITH_RULES("ERRNO",
			   RULE("read", "ALLOW",
				ARG(0, "LT", 10) "," ARG(1, "GT", 5)) "," RULE("read", "TRAP",
									       ARG(0, "LE", 10)));

	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 9, 6);
	EXPECT(TRAP, profile, &x86_64, X86_64, 0, 9, 5);
	EXPECT(TRAP, profile, &x86_64, X86_64, 0, 10, 6);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 0, 11, 6);
}
END_TEST

START_TEST(two_conditions_on_one_argument_are_alternatives)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("read", "ALLOW",
					 ARG(0, "EQ", 1) "," ARG(0, "EQ", 2) "," ARG(1, "EQ", 9)));

	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 1, 0);
	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 2, 0);
	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 3, 9);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 0, 3, 8);
}
END_TEST

START_TEST(names_of_other_abis_say_nothing)
{
	static const char profile[] = WITH_RULES("ERRNO", RULE("mkdir", "ALLOW", ""));

	EXPECT(ALLOW, profile, &x86_64, X86_64, 83, 0, 0);
	EXPECT(ERRNO(1), profile, &aarch64, AARCH64, 83, 0, 0);
}
END_TEST

/* ---- Conditions --------------------------------------------------------------------------------
 */

static uint32_t on_argument(const char *op, const char *value, const struct sbpf_target *target,
			    uint32_t arch, uint32_t number, uint64_t argument)
{
	char profile[512];

	snprintf(profile, sizeof(profile),
		 "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
		 "\"action\":"
		 "\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"op\":\"SCMP_CMP_%s\",\"value\":%s}]}]"
		 "}",
		 op, value);
	return run(profile, target, arch, number, argument, 0);
}

static const struct sbpf_target all_x86 = { .machine = "x86_64", .abis = "x86,x32" };

START_TEST(comparisons_are_unsigned_and_64_bits_wide)
{
	static const char big[] = "9223372036854775808";

	ck_assert_uint_eq(on_argument("GT", big, &x86_64, X86_64, 0, UINT64_C(1) << 63), ERRNO(1));
	ck_assert_uint_eq(on_argument("GE", big, &x86_64, X86_64, 0, UINT64_C(1) << 63), ALLOW);
	ck_assert_uint_eq(on_argument("LT", big, &x86_64, X86_64, 0, 5), ALLOW);
	ck_assert_uint_eq(on_argument("LE", "5", &x86_64, X86_64, 0, 0x100000000), ERRNO(1));
	ck_assert_uint_eq(on_argument("EQ", "5", &x86_64, X86_64, 0, 0x100000005), ERRNO(1));
	ck_assert_uint_eq(on_argument("NE", "5", &x86_64, X86_64, 0, 0x100000005), ALLOW);
}
END_TEST

START_TEST(sign_extended_values_are_cut_on_32_bit_abis_only)
{
	static const char minus_one[] = "18446744073709551615";

	ck_assert_uint_eq(on_argument("EQ", minus_one, &all_x86, X86, 3, 0xffffffff), ALLOW);
	ck_assert_uint_eq(on_argument("EQ", minus_one, &all_x86, X32, 0, 0xffffffff), KILL_PROCESS);
	ck_assert_uint_eq(on_argument("EQ", minus_one, &all_x86, X86_64, X32, 0xffffffff),
			  ERRNO(1));
	ck_assert_uint_eq(on_argument("EQ", minus_one, &all_x86, X86_64, X32, UINT64_MAX), ALLOW);
	ck_assert_uint_eq(on_argument("EQ", minus_one, &all_x86, X86_64, 0, 0xffffffff), ERRNO(1));
	/* Any other value above 32 bits is compared as it stands. */
	ck_assert_uint_eq(on_argument("EQ", "4294967301", &all_x86, X86, 3, 5), ERRNO(1));
	ck_assert_uint_eq(on_argument("LT", "4294967301", &all_x86, X86, 3, 0xffffffff), ALLOW);
}
END_TEST

START_TEST(masked_eq_ignores_bits_outside_the_mask)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("read", "ALLOW",
					 "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\",\"value\":240,"
					 "\"valueTwo\":31}"));

	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 0x10, 0);
	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 0xfff1f, 0);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 0, 0x30, 0);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 0, 0x0f, 0);
}
END_TEST

/* ---- Numbers no rule names
 * ----------------------------------------------------------------------- */

static const struct sbpf_target enosys = { .machine = "x86_64", .unknown_as_enosys = true };
static const struct sbpf_target enosys_x32 = { .machine = "x86_64",
					       .abis = "x32",
					       .unknown_as_enosys = true };

START_TEST(bit_30_belongs_to_x32)
{
	static const char profile[] = WITH_RULES("ERRNO", RULE("read", "ALLOW", ""));

	EXPECT(KILL_PROCESS, profile, &x86_64, X86_64, X32, 0, 0);
	EXPECT(KILL_PROCESS, profile, &x86_64, X86_64, 0xfffffffe, 0, 0);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 0xffffffff, 0, 0);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 0x80000000, 0, 0);
	EXPECT(ALLOW, profile, &all_x86, X86_64, X32, 0, 0);
	EXPECT(ERRNO(1), profile, &all_x86, X86_64, 0xffffffff, 0, 0);
	EXPECT(KILL_PROCESS, profile, &aarch64, X86_64, 0xffffffff, 0, 0);
}
END_TEST

START_TEST(unknown_numbers_get_enosys_when_asked_for)
{
	/* openat2 is of 5.6; faccessat2 of 5.8, pidfd_getfd of 5.6. */
	static const char profile[] = WITH_RULES("ERRNO", RULE("openat2", "ALLOW", ""));
	static const struct sbpf_target mips = { .machine = "mips", .unknown_as_enosys = true };

	EXPECT(ALLOW, profile, &enosys, X86_64, 437, 0, 0);
	EXPECT(ERRNO(1), profile, &enosys, X86_64, 438, 0, 0);
	EXPECT(ERRNO(38), profile, &enosys, X86_64, 439, 0, 0);
	EXPECT(ERRNO(1), profile, &enosys, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), profile, &x86_64, X86_64, 439, 0, 0);
	EXPECT(ERRNO(38), profile, &enosys, X86_64, 5000, 0, 0);
	EXPECT(ERRNO(1), profile, &enosys, X86_64, 0xffffffff, 0, 0);
	EXPECT(ERRNO(38), profile, &enosys, X86_64, 0xbfffffff, 0, 0);
	EXPECT(ERRNO(38), profile, &enosys_x32, X86_64, 0xffffffff, 0, 0);
	EXPECT(ERRNO(38), profile, &enosys_x32, X86_64, X32 + 439, 0, 0);
	EXPECT(ERRNO(1), profile, &enosys_x32, X86_64, X32 + 512, 0, 0);
	EXPECT(ERRNO(89), profile, &mips, MIPS, 4439, 0, 0);
	EXPECT(ERRNO(89), profile, &mips, MIPS, 9000, 0, 0);
	EXPECT(ERRNO(1), profile, &mips, MIPS, 439, 0, 0);
}
END_TEST

START_TEST(named_calls_never_get_enosys)
{
	static const char guarded[] =
		WITH_RULES("ERRNO",
			   "{\"names\":[\"faccessat2\"],\"action\":\"SCMP_ACT_ALLOW\",\"includes\":"
			   "{\"caps\":[\"CAP_BPF\"]}}");
	static const char conditional[] =
		WITH_RULES("KILL", RULE("faccessat2", "ALLOW", ARG(0, "EQ", 1)));

	EXPECT(ERRNO(1), guarded, &enosys, X86_64, 439, 0, 0);
	EXPECT(ERRNO(38), guarded, &enosys, X86_64, 441, 0, 0);
	EXPECT(KILL_THREAD, conditional, &enosys, X86_64, 439, 0, 0);
	EXPECT(ALLOW, conditional, &enosys, X86_64, 439, 1, 0);
}
END_TEST

START_TEST(permissive_defaults_stay)
{
	static const char trace[] = WITH_RULES("TRACE", RULE("openat2", "KILL", ""));
	static const char notify[] = WITH_RULES("NOTIFY", RULE("openat2", "KILL", ""));

	EXPECT(TRACE(1), trace, &enosys, X86_64, 5000, 0, 0);
	EXPECT(ERRNO(38), notify, &enosys, X86_64, 5000, 0, 0);
	EXPECT(ERRNO(38), notify, &enosys, X86_64, 439, 0, 0);
	EXPECT(SECCOMP_RET_USER_NOTIF, notify, &enosys, X86_64, 1, 0, 0);
}
END_TEST

/* ---- Multiplexed calls
 * ----------------------------------------------------------------------------- */

START_TEST(unconditional_rules_cover_the_multiplexed_form)
{
	static const char profile[] =
		WITH_RULES("ERRNO",
			   RULE("socket", "ALLOW", "") "," RULE("accept", "LOG",
								"") "," RULE("semop", "ALLOW", ""));

	EXPECT(ALLOW, profile, &all_x86, X86, 359, 0, 0);
	EXPECT(ALLOW, profile, &all_x86, X86, 102, 1, 0);
	EXPECT(LOG, profile, &all_x86, X86, 102, 5, 0);
	EXPECT(ERRNO(1), profile, &all_x86, X86, 102, 2, 0);
	EXPECT(ALLOW, profile, &all_x86, X86, 117, 1, 0);
	EXPECT(ERRNO(1), profile, &all_x86, X86, 117, 2, 0);
}
END_TEST

START_TEST(conditional_rules_never_widen_the_multiplexed_form)
{
	static const char permissive[] =
		WITH_RULES("ERRNO", RULE("socket", "ALLOW", ARG(0, "EQ", 1)));
	static const char restrictive[] =
		WITH_RULES("ALLOW", RULE("socket", "ERRNO", ARG(0, "EQ", 38)));
	static const char equal[] =
		WITH_RULES("ERRNO",
			   "{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":97,"
			   "\"args\":[" ARG(0, "EQ", 38) "]}");

	EXPECT(ERRNO(1), permissive, &all_x86, X86, 102, 1, 0);
	EXPECT(ERRNO(1), restrictive, &all_x86, X86, 102, 1, 0);
	EXPECT(ALLOW, restrictive, &all_x86, X86, 359, 1, 0);
	EXPECT(ERRNO(1), equal, &all_x86, X86, 102, 1, 0);
	EXPECT(ERRNO(97), equal, &all_x86, X86, 359, 38, 0);
}
END_TEST

START_TEST(void_rules_do_not_reach_the_multiplexed_form)
{
	static const char profile[] =
		WITH_RULES("ALLOW", RULE("socket", "KILL", ARG(0, "EQ", 1)) "," RULE(
					    "socket", "LOG", "") "," RULE("bind", "ALLOW", ""));

	EXPECT(LOG, profile, &all_x86, X86, 102, 1, 0);
	EXPECT(ALLOW, profile, &all_x86, X86, 102, 2, 0);
}
END_TEST

START_TEST(a_rule_on_the_multiplexer_itself_wins_outright)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("socket", "ALLOW", "") "," RULE("socketcall", "TRAP", ""));
	static const char ordered[] =
		WITH_RULES("ERRNO", RULE("socketcall", "TRAP", ARG(0, "LE", 1)) "," RULE(
					    "socket", "ALLOW", "") "," RULE("bind", "ALLOW", ""));

	EXPECT(TRAP, profile, &all_x86, X86, 102, 1, 0);
	EXPECT(TRAP, ordered, &all_x86, X86, 102, 1, 0);
	EXPECT(ALLOW, ordered, &all_x86, X86, 102, 2, 0);
}
END_TEST

/* ---- Readings --------------------------------------------------------------------------------
 */

static const struct sbpf_target oci = { .machine = "x86_64",
					.kernel = "6.1",
					.reading = SBPF_READING_OCI };
static const struct sbpf_target literal = {
	.machine = "x86_64", .kernel = "6.1", .abis = "x86,x32", .reading = SBPF_READING_LITERAL
};

START_TEST(an_oci_runtime_applies_guarded_rules)
{
	EXPECT(ERRNO(1),
	       "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
	       "\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_BPF\"]}}]}",
	       &x86_64, X86_64, 0, 0, 0);
	EXPECT(ALLOW,
	       "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
	       "\"action\":\"SCMP_ACT_ALLOW\",\"includes\":{\"caps\":[\"CAP_BPF\"]}}]}",
	       &oci, X86_64, 0, 0, 0);
	EXPECT(ALLOW,
	       "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"read\"],"
	       "\"action\":\"SCMP_ACT_ALLOW\",\"excludes\":{\"arches\":[\"amd64\"]}}]}",
	       &oci, X86_64, 0, 0, 0);
}
END_TEST

START_TEST(an_oci_runtime_takes_names_and_architectures_alone)
{
	static const char single[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
				     "{\"name\":\"read\",\"action\":\"SCMP_ACT_ALLOW\"}]}";
	static const char both[] = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":["
				   "{\"name\":\"read\",\"names\":[\"write\"],"
				   "\"action\":\"SCMP_ACT_ALLOW\"}]}";
	static const char map[] =
		"{\"defaultAction\":\"SCMP_ACT_LOG\",\"architectures\":[\"SCMP_ARCH_X32\"],"
		"\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\","
		"\"subArchitectures\":[\"SCMP_ARCH_X86\"]}]}";

	EXPECT(ALLOW, single, &x86_64, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), single, &oci, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), both, &oci, X86_64, 0, 0, 0);
	EXPECT(ALLOW, both, &oci, X86_64, 1, 0, 0);
	EXPECT(LOG, map, &oci, X86_64, X32, 0, 0);
	EXPECT(KILL_PROCESS, map, &oci, X86, 0, 0, 0);
}
END_TEST

START_TEST(an_oci_runtime_knows_no_errno_symbols)
{
	static const char profile[] =
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrno\":\"ENOSYS\",\"syscalls\":[{"
		"\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\",\"errno\":\"EACCES\","
		"\"errnoRet\":7}]}";

	EXPECT(ERRNO(38), profile, &x86_64, X86_64, 1, 0, 0);
	EXPECT(ERRNO(13), profile, &x86_64, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), profile, &oci, X86_64, 1, 0, 0);
	EXPECT(ERRNO(7), profile, &oci, X86_64, 0, 0, 0);
}
END_TEST

START_TEST(literally_a_rule_that_repeats_the_default_shields_its_call)
{
	static const char outright[] =
		WITH_RULES("ERRNO", RULE("read", "ERRNO", "") "," RULE("read", "ALLOW", ""));
	static const char conditional[] =
		WITH_RULES("ERRNO",
			   RULE("read", "ERRNO", ARG(0, "LE", 2)) "," RULE("read", "ALLOW", ""));

	EXPECT(ERRNO(1), outright, &literal, X86_64, 0, 0, 0);
	EXPECT(ERRNO(1), conditional, &literal, X86_64, 0, 2, 0);
	EXPECT(ALLOW, conditional, &literal, X86_64, 0, 3, 0);
	EXPECT(ALLOW, conditional, &x86_64, X86_64, 0, 2, 0);
}
END_TEST

START_TEST(literally_the_first_rule_that_holds_decides)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("read", "TRAP",
					 ARG(0, "EQ", 3)) "," RULE("read", "LOG",
								   "") "," RULE("read", "ALLOW",
										ARG(0, "EQ", 4)));

	EXPECT(TRAP, profile, &literal, X86_64, 0, 3, 0);
	EXPECT(LOG, profile, &literal, X86_64, 0, 4, 0);
	EXPECT(LOG, profile, &literal, X86_64, 0, 5, 0);
}
END_TEST

START_TEST(literally_two_conditions_on_one_argument_make_a_range)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("read", "ALLOW", ARG(0, "GE", 5) "," ARG(0, "LT", 10)));

	EXPECT(ERRNO(1), profile, &literal, X86_64, 0, 4, 0);
	EXPECT(ALLOW, profile, &literal, X86_64, 0, 5, 0);
	EXPECT(ALLOW, profile, &literal, X86_64, 0, 9, 0);
	EXPECT(ERRNO(1), profile, &literal, X86_64, 0, 10, 0);
	EXPECT(ALLOW, profile, &x86_64, X86_64, 0, 10, 0);
}
END_TEST

START_TEST(literally_a_shield_reaches_the_multiplexed_form)
{
	/* socketcall(1) is socket. */
	static const char shield[] =
		WITH_RULES("ERRNO", RULE("socket", "ERRNO",
					 ARG(0, "EQ", 38)) "," RULE("socket", "ALLOW", ""));
	static const char wider[] =
		WITH_RULES("ERRNO",
			   RULE("socket", "LOG", ARG(0, "EQ", 38)) "," RULE("socket", "ALLOW", ""));
	static const char stricter[] =
		WITH_RULES("ERRNO", RULE("socket", "TRAP", ARG(0, "EQ", 38)) "," RULE("socket",
										      "ALLOW", ""));

	EXPECT(ERRNO(1), shield, &literal, X86, 102, 1, 0);
	EXPECT(ALLOW, shield, &literal, X86, 359, 1, 0);
	EXPECT(ALLOW, shield, &all_x86, X86, 102, 1, 0);
	EXPECT(ALLOW, wider, &literal, X86, 102, 1, 0);
	EXPECT(TRAP, stricter, &literal, X86, 102, 1, 0);
	EXPECT(ALLOW, stricter, &all_x86, X86, 102, 1, 0);
}
END_TEST

START_TEST(literally_a_late_rule_on_the_multiplexer_does_not_win_outright)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("socket", "ALLOW", "") "," RULE("socketcall", "TRAP", ""));

	EXPECT(ALLOW, profile, &literal, X86, 102, 1, 0);
	EXPECT(TRAP, profile, &literal, X86, 102, 2, 0);
}
END_TEST

/* ---- Width -----------------------------------------------------------------------------------
 */

/* read is (int, pointer, size_t): its fd has 32 bits, its buffer those of a register. */
static const struct sbpf_target kernel_width = { .machine = "x86_64",
						 .abis = "x86,x32",
						 .width = SBPF_WIDTH_KERNEL };

START_TEST(the_kernel_reads_the_lower_half_of_an_int)
{
	ck_assert_uint_eq(on_argument("EQ", "5", &kernel_width, X86_64, 0, 0x100000005), ALLOW);
	ck_assert_uint_eq(on_argument("EQ", "5", &kernel_width, X86_64, X32, 0x100000005), ALLOW);
	ck_assert_uint_eq(on_argument("EQ", "5", &all_x86, X86_64, 0, 0x100000005), ERRNO(1));
	ck_assert_uint_eq(on_argument("NE", "5", &kernel_width, X86_64, 0, 0x100000005), ERRNO(1));
	ck_assert_uint_eq(on_argument("GT", "5", &kernel_width, X86_64, 0, 0x100000005), ERRNO(1));
	ck_assert_uint_eq(on_argument("GE", "6", &kernel_width, X86_64, 0, 0xffffffff00000005),
			  ERRNO(1));
}
END_TEST

START_TEST(the_kernel_width_cuts_sign_extended_values_only)
{
	static const char minus_one[] = "18446744073709551615";

	ck_assert_uint_eq(on_argument("EQ", minus_one, &kernel_width, X86_64, 0, 0xffffffff),
			  ALLOW);
	ck_assert_uint_eq(on_argument("EQ", minus_one, &kernel_width, X86_64, 0, UINT64_MAX),
			  ALLOW);
	ck_assert_uint_eq(on_argument("LT", minus_one, &kernel_width, X86_64, 0, UINT64_MAX),
			  ERRNO(1));
	/* Any other value above 32 bits is compared as it stands. */
	ck_assert_uint_eq(on_argument("EQ", "4294967301", &kernel_width, X86_64, 0, 0x100000005),
			  ERRNO(1));
	ck_assert_uint_eq(on_argument("LT", "4294967301", &kernel_width, X86_64, 0, UINT64_MAX),
			  ALLOW);
}
END_TEST

START_TEST(the_kernel_width_keeps_words_and_unknown_parameters_whole)
{
	static const char buffer[] = WITH_RULES("ERRNO", RULE("read", "ALLOW", ARG(1, "EQ", 5)));
	/* fork has no parameters. */
	static const char fork[] = WITH_RULES("ERRNO", RULE("fork", "ALLOW", ARG(0, "EQ", 5)));

	EXPECT(ALLOW, buffer, &kernel_width, X86_64, 0, 0, 5);
	EXPECT(ERRNO(1), buffer, &kernel_width, X86_64, 0, 0, 0x100000005);
	EXPECT(ERRNO(1), buffer, &kernel_width, X86_64, X32, 0, 0x100000005);
	EXPECT(ALLOW, fork, &kernel_width, X86_64, 57, 5, 0);
	EXPECT(ERRNO(1), fork, &kernel_width, X86_64, 57, 0x100000005, 0);
}
END_TEST

START_TEST(widths_differ_between_abis)
{
	/* ioctl's third parameter is a long, but x32 has the compat entry of 32-bit programs. */
	static const char x32_ioctl[] =
		WITH_RULES("ERRNO", RULE("ioctl", "ALLOW", ARG(2, "EQ", 5)));
	struct reference *reference =
		reference_new(tables, x32_ioctl, strlen(x32_ioctl), &kernel_width);
	struct seccomp_data data = { .nr = 16, .arch = X86_64 };

	ck_assert_ptr_nonnull(reference);
	data.args[2] = 0x100000005;
	ck_assert_uint_eq(reference_verdict(reference, &data), ERRNO(1));
	data.nr = X32 + 514;
	ck_assert_uint_eq(reference_verdict(reference, &data), ALLOW);
	reference_free(reference);
}
END_TEST

START_TEST(the_kernel_width_masks_what_is_left)
{
	static const char profile[] =
		WITH_RULES("ERRNO", RULE("read", "ALLOW",
					 "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\","
					 "\"value\":18446744073709551600,"
					 "\"valueTwo\":18446744073709551600}"));
	static const char never[] =
		WITH_RULES("ERRNO", RULE("read", "ALLOW",
					 "{\"index\":0,\"op\":\"SCMP_CMP_MASKED_EQ\","
					 "\"value\":4294967297,\"valueTwo\":4294967297}"));

	EXPECT(ALLOW, profile, &kernel_width, X86_64, 0, 0xfffffff3, 0);
	EXPECT(ALLOW, profile, &kernel_width, X86_64, 0, 0x1fffffff3, 0);
	EXPECT(ERRNO(1), profile, &all_x86, X86_64, 0, 0xfffffff3, 0);
	EXPECT(ERRNO(1), never, &kernel_width, X86_64, 0, 0x100000001, 0);
	EXPECT(ALLOW, never, &all_x86, X86_64, 0, 0x100000001, 0);
}
END_TEST

START_TEST(the_kernel_width_holds_for_the_sub_calls_number)
{
	static const char profile[] = WITH_RULES("ERRNO", RULE("socket", "ALLOW", ""));
	struct sbpf_target s390x = { .machine = "s390x", .abis = "" };

	EXPECT(ALLOW, profile, &s390x, S390X, 102, 1, 0);
	EXPECT(ERRNO(1), profile, &s390x, S390X, 102, 0x100000001, 0);
	s390x.width = SBPF_WIDTH_KERNEL;
	EXPECT(ALLOW, profile, &s390x, S390X, 102, 0x100000001, 0);
	EXPECT(ERRNO(1), profile, &s390x, S390X, 102, 0x100000002, 0);
}
END_TEST

START_TEST(the_library_knows_the_same_widths)
{
	for (size_t i = 0; i < tables->abi_count; i++) {
		int abi = sbpf_abi_find(tables->abis[i].name);

		for (size_t j = 0; j < tables->abis[i].count; j++) {
			int name = tables->abis[i].calls[j].name;
			const char *call = tables->names[name].text;

			for (unsigned int k = 0; k < TABLES_ARGUMENTS; k++) {
				struct sbpf_parameter parameter = { .bits = 64 };

				sbpf_call_parameter(abi, call, k, &parameter);
				ck_assert_msg((parameter.bits == 32) ==
						      tables_is_narrow(tables, (int)i, name, k),
					      "%s, %s, argument %u", tables->abis[i].name, call, k);
			}
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference");
	TCase *all = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int failed;

	tables = tables_read(TABLES_DIR);
	if (!tables)
		return 1;
	suite_add_tcase(suite, all);
	tcase_add_test(all, other_abis_are_bad_architecture);
	tcase_add_test(all, arch_map_gives_the_machines_sub_architectures);
	tcase_add_test(all, architectures_of_another_byte_order_stay);
	tcase_add_test(all, includes_and_excludes_drop_rules);
	tcase_add_test(all, a_config_brings_its_capabilities);
	tcase_add_test(all, actions_carry_their_data);
	tcase_add_test(all, a_rule_equal_to_the_default_is_dropped);
	tcase_add_test(all, a_rule_that_differs_only_in_errno_is_kept);
	tcase_add_test(all, the_first_unconditional_rule_wins_outright);
	tcase_add_test(all, the_first_conditional_rule_that_holds_wins);
	tcase_add_test(all, two_conditions_on_one_argument_are_alternatives);
	tcase_add_test(all, names_of_other_abis_say_nothing);
	tcase_add_test(all, comparisons_are_unsigned_and_64_bits_wide);
	tcase_add_test(all, sign_extended_values_are_cut_on_32_bit_abis_only);
	tcase_add_test(all, masked_eq_ignores_bits_outside_the_mask);
	tcase_add_test(all, bit_30_belongs_to_x32);
	tcase_add_test(all, unknown_numbers_get_enosys_when_asked_for);
	tcase_add_test(all, named_calls_never_get_enosys);
	tcase_add_test(all, permissive_defaults_stay);
	tcase_add_test(all, unconditional_rules_cover_the_multiplexed_form);
	tcase_add_test(all, conditional_rules_never_widen_the_multiplexed_form);
	tcase_add_test(all, void_rules_do_not_reach_the_multiplexed_form);
	tcase_add_test(all, a_rule_on_the_multiplexer_itself_wins_outright);
	tcase_add_test(all, an_oci_runtime_applies_guarded_rules);
	tcase_add_test(all, an_oci_runtime_takes_names_and_architectures_alone);
	tcase_add_test(all, an_oci_runtime_knows_no_errno_symbols);
	tcase_add_test(all, literally_a_rule_that_repeats_the_default_shields_its_call);
	tcase_add_test(all, literally_the_first_rule_that_holds_decides);
	tcase_add_test(all, literally_two_conditions_on_one_argument_make_a_range);
	tcase_add_test(all, literally_a_shield_reaches_the_multiplexed_form);
	tcase_add_test(all, literally_a_late_rule_on_the_multiplexer_does_not_win_outright);
	tcase_add_test(all, the_kernel_reads_the_lower_half_of_an_int);
	tcase_add_test(all, the_kernel_width_cuts_sign_extended_values_only);
	tcase_add_test(all, the_kernel_width_keeps_words_and_unknown_parameters_whole);
	tcase_add_test(all, widths_differ_between_abis);
	tcase_add_test(all, the_kernel_width_masks_what_is_left);
	tcase_add_test(all, the_kernel_width_holds_for_the_sub_calls_number);
	tcase_add_test(all, the_library_knows_the_same_widths);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	free(tables);
	return failed ? 1 : 0;
}
