/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <check.h>

#include "action.h"
#include "arch.h"
#include "target.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct target parse_valid(const struct sbpf_target *wanted)
{
	struct sbpf_error error = { 0 };
	struct target target;

	ck_assert_msg(!target_parse(wanted, &target, &error), "%s", error.message);
	return target;
}

/* ---- Targets ---- */

START_TEST(defaults_are_this_machine_and_kernel)
{
	struct target target = parse_valid(NULL);
	struct utsname system;

	ck_assert_int_eq(uname(&system), 0);
	ck_assert_int_eq(target.machine, sbpf_abi_native());
	ck_assert_uint_eq(target.kernel, kernel_parse(system.release));
	ck_assert_uint_ne(target.kernel, 0);
	ck_assert_uint_eq(target.bad_arch, SECCOMP_RET_KILL_PROCESS);
	ck_assert(!target.has_abis);
	ck_assert(!target.has_capabilities);
	ck_assert(!target.strict);
	ck_assert(!target.unknown_as_enosys);
	ck_assert_int_eq(target.reading, SBPF_READING_DOCKER);
	ck_assert_int_eq(target.width, SBPF_WIDTH_PROFILE);
}
END_TEST

START_TEST(fields_are_understood)
{
	const struct sbpf_target wanted = {
		.machine = "amd64",
		.abis = "x86, SCMP_ARCH_X32,x86",
		.kernel = "5.10.7-1",
		.capabilities = "CAP_CHOWN,sys_admin",
		.bad_arch = "KILL_THREAD",
		.unknown_as_enosys = true,
		.strict = true,
		.reading = SBPF_READING_LITERAL,
		.width = SBPF_WIDTH_KERNEL,
	};
	struct target target = parse_valid(&wanted);

	ck_assert_int_eq(target.machine, sbpf_abi_find("x86_64"));
	ck_assert(target.has_abis);
	ck_assert_uint_eq(target.abi_count, 2);
	ck_assert_int_eq(target.abis[0], sbpf_abi_find("x86"));
	ck_assert_int_eq(target.abis[1], sbpf_abi_find("x32"));
	ck_assert_uint_eq(target.kernel, 0x050a0007);
	ck_assert(target.has_capabilities);
	ck_assert_uint_eq(target.capabilities, 1u << 0 | 1u << 21);
	ck_assert_uint_eq(target.bad_arch, SECCOMP_RET_KILL_THREAD);
	ck_assert(target.unknown_as_enosys);
	ck_assert(target.strict);
	ck_assert_int_eq(target.reading, SBPF_READING_LITERAL);
	ck_assert_int_eq(target.width, SBPF_WIDTH_KERNEL);
}
END_TEST

START_TEST(empty_lists_mean_none)
{
	const struct sbpf_target wanted = { .abis = "", .capabilities = " " };
	struct target target = parse_valid(&wanted);

	ck_assert(target.has_abis);
	ck_assert_uint_eq(target.abi_count, 0);
	ck_assert(target.has_capabilities);
	ck_assert_uint_eq(target.capabilities, 0);
}
END_TEST

START_TEST(all_capabilities_are_41)
{
	const struct sbpf_target wanted = { .capabilities = "all" };

	ck_assert_uint_eq(parse_valid(&wanted).capabilities, (UINT64_C(1) << 41) - 1);
}
END_TEST

START_TEST(errno_of_bad_arch_is_the_machines)
{
	const struct sbpf_target mips = { .machine = "mips", .bad_arch = "ERRNO(ENOSYS)" };
	const struct sbpf_target aarch64 = { .machine = "aarch64", .bad_arch = "ERRNO(ENOSYS)" };

	ck_assert_uint_eq(parse_valid(&mips).bad_arch, SECCOMP_RET_ERRNO | 89);
	ck_assert_uint_eq(parse_valid(&aarch64).bad_arch, SECCOMP_RET_ERRNO | 38);
}
END_TEST

static const struct {
	struct sbpf_target target;
	const char *where;
	const char *message;
} wrong[] = {
	{ { .machine = "vax" },
	  "target.machine",
	  "unknown machine 'vax': it is named as in x86_64, amd64 or SCMP_ARCH_X86_64" },
	{ { .machine = "x32" },
	  "target.machine",
	  "'x32' is no machine but an ABI of x86_64: ask for machine x86_64 "
	  "and ABI x32" },
	{ { .machine = "mipsel64n32" },
	  "target.machine",
	  "'mipsel64n32' is no machine but an ABI of mipsel64: ask for machine mipsel64 and ABI "
	  "mipsel64n32" },
	{ { .abis = "x86,y86" },
	  "target.abis",
	  "unknown ABI 'y86': it is named as in x86, 386 or SCMP_ARCH_X86" },
	{ { .abis = "x86,,x32" },
	  "target.abis",
	  "item 2 of the list 'x86,,x32' is empty: names are separated by one comma, and \"\" is a "
	  "list of none" },
	{ { .abis = "x86," },
	  "target.abis",
	  "item 2 of the list 'x86,' is empty: names are separated by one comma, and \"\" is a "
	  "list "
	  "of none" },
	{ { .kernel = "6" },
	  "target.kernel",
	  "'6' is no kernel release: it is written as in 6.1 or 6.1.0-50-amd64, with numbers up to "
	  "255.255.65535" },
	{ { .kernel = "" },
	  "target.kernel",
	  "'' is no kernel release: it is written as in 6.1 or 6.1.0-50-amd64, with numbers up to "
	  "255.255.65535" },
	{ { .kernel = "6.99999999999" },
	  "target.kernel",
	  "'6.99999999999' is no kernel release: it is written as in 6.1 or 6.1.0-50-amd64, with "
	  "numbers up to 255.255.65535" },
	{ { .capabilities = "CAP_CHOWN,CAP_FLY" },
	  "target.capabilities",
	  "unknown capability 'CAP_FLY': capabilities(7) lists them, such as CAP_NET_RAW; ALL "
	  "stands for all" },
	{ { .capabilities = ", " },
	  "target.capabilities",
	  "item 1 of the list ', ' is empty: names are separated by one comma, and \"\" is a list "
	  "of "
	  "none" },
	{ { .capabilities = "CHOWN, ,KILL" },
	  "target.capabilities",
	  "item 2 of the list 'CHOWN, ,KILL' is empty: names are separated by one comma, and \"\" "
	  "is "
	  "a list of none" },
	{ { .bad_arch = "DENY" },
	  "target.bad_arch",
	  "'DENY' is no action for calls from other ABIs: the actions are ALLOW, LOG, TRACE, "
	  "NOTIFY, ERRNO, TRAP, KILL_THREAD, KILL, KILL_PROCESS; ERRNO and TRACE take a number or "
	  "a symbol, as in ERRNO(ENOSYS)" },
	{ { .reading = (enum sbpf_reading)3 },
	  "target.reading",
	  "there is no reading 3: it is SBPF_READING_DOCKER, _OCI or _LITERAL" },
	{ { .width = (enum sbpf_width)2 },
	  "target.width",
	  "there is no width 2: it is SBPF_WIDTH_PROFILE or SBPF_WIDTH_KERNEL" },
};

START_TEST(wrong_fields_are_usage_errors)
{
	struct sbpf_error error = { 0 };
	struct target target;

	ck_assert_int_eq(target_parse(&wrong[_i].target, &target, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(error.where, wrong[_i].where);
	ck_assert_str_eq(error.message, wrong[_i].message);
}
END_TEST

/* ---- Kernel releases ---- */

static const struct {
	const char *text;
	uint32_t kernel;
} releases[] = {
	{ "4.8", 0x04080000 },
	{ "5.10.0", 0x050a0000 },
	{ "6.1.0-50-amd64", 0x06010000 },
	{ "6.18.1+", 0x06120001 },
	{ "6.1-rc1", 0x06010000 },
	{ "4.14.336", 0x040e0150 }, /* more than LINUX_VERSION_CODE has room for */
	{ "5.15.167.4-microsoft-standard-WSL2", 0x050f00a7 },
	{ "2.6.32-754.el6.x86_64", 0x02060020 },
	{ "255.255.65535", 0xffffffff },
	{ "256.1", 0 },
	{ "6.256", 0 },
	{ "6.1.65536", 0 },
	{ "6.4294967297", 0 },
	{ "6.99999999999999999999", 0 },
	{ "", 0 },
	{ "6", 0 },
	{ "6.", 0 },
	{ ".6", 0 },
	{ "6.1.", 0 },
	{ "6.1x", 0 },
	{ "v6.1", 0 },
	{ "-6.1", 0 },
};

START_TEST(releases_are_read)
{
	ck_assert_uint_eq(kernel_parse(releases[_i].text), releases[_i].kernel);
}
END_TEST

/* ---- Capabilities ---- */

static const struct {
	const char *name;
	int number;
} capabilities[] = {
	{ "CAP_CHOWN", 0 },	 { "CHOWN", 0 },	{ "cap_sys_admin", 21 },
	{ "Sys_Admin", 21 },	 { "CAP_SETFCAP", 31 }, { "CAP_CHECKPOINT_RESTORE", 40 },
	{ "CAP_CAP_CHOWN", -1 }, { "CAP_", -1 },	{ "", -1 },
};

START_TEST(capabilities_are_found_with_and_without_prefix)
{
	ck_assert_int_eq(capability_find(capabilities[_i].name), capabilities[_i].number);
}
END_TEST

START_TEST(docker_holds_14_capabilities)
{
	static const char list[] = "CHOWN,DAC_OVERRIDE,FSETID,FOWNER,MKNOD,NET_RAW,SETGID,SETUID,"
				   "SETFCAP,SETPCAP,NET_BIND_SERVICE,SYS_CHROOT,KILL,AUDIT_WRITE";
	const struct sbpf_target wanted = { .capabilities = list };

	ck_assert_uint_eq(parse_valid(&wanted).capabilities, target_docker_capabilities);
}
END_TEST

/* ---- Actions ---- */

static const struct {
	const char *text;
	bool valid;
	uint32_t verdict;
} verdicts[] = {
	{ "ALLOW", true, SECCOMP_RET_ALLOW },
	{ "SCMP_ACT_ALLOW", true, SECCOMP_RET_ALLOW },
	{ "LOG", true, SECCOMP_RET_LOG },
	{ "TRACE", true, SECCOMP_RET_TRACE | 1 },
	{ "TRACE(65535)", true, SECCOMP_RET_TRACE | 65535 },
	{ "NOTIFY", true, SECCOMP_RET_USER_NOTIF },
	{ "ERRNO", true, SECCOMP_RET_ERRNO | 1 },
	{ "SCMP_ACT_ERRNO", true, SECCOMP_RET_ERRNO | 1 },
	{ "ERRNO(0)", true, SECCOMP_RET_ERRNO },
	{ "ERRNO(38)", true, SECCOMP_RET_ERRNO | 38 },
	{ "ERRNO(EPERM)", true, SECCOMP_RET_ERRNO | 1 },
	{ "ERRNO(4095)", true, SECCOMP_RET_ERRNO | 4095 },
	{ "TRAP", true, SECCOMP_RET_TRAP },
	{ "KILL", true, SECCOMP_RET_KILL_THREAD },
	{ "KILL_THREAD", true, SECCOMP_RET_KILL_THREAD },
	{ "KILL_PROCESS", true, SECCOMP_RET_KILL_PROCESS },
	{ "ERRNO(4096)", false, 0 },
	{ "TRACE(65536)", false, 0 },
	{ "ERRNO()", false, 0 },
	{ "ERRNO(38", false, 0 },
	{ "ERRNO(38))", false, 0 },
	{ "ERRNO(38)x", false, 0 },
	{ "ERRNO(-1)", false, 0 },
	{ "ERRNO(3 8)", false, 0 },
	{ "ERRNO(ENOPERM)", false, 0 },
	{ "ERRNO(18446744073709551616)", false, 0 },
	{ "ALLOW(1)", false, 0 },
	{ "ALLOW()", false, 0 },
	{ "allow", false, 0 },
	{ "ALLO", false, 0 },
	{ "SCMP_ACT_", false, 0 },
	{ "SCMP_ACT_SCMP_ACT_LOG", false, 0 },
	{ "(1)", false, 0 },
	{ "", false, 0 },
};

START_TEST(verdicts_are_read)
{
	uint32_t verdict = 0;

	ck_assert_int_eq(sbpf_verdict_parse(verdicts[_i].text, &verdict), verdicts[_i].valid);
	ck_assert_uint_eq(verdict, verdicts[_i].verdict);
}
END_TEST

static const struct {
	uint32_t verdict;
	const char *text;
} formats[] = {
	{ SECCOMP_RET_ALLOW, "ALLOW" },
	{ SECCOMP_RET_LOG, "LOG" },
	{ SECCOMP_RET_TRACE | 7, "TRACE(7)" },
	{ SECCOMP_RET_USER_NOTIF, "NOTIFY" },
	{ SECCOMP_RET_ERRNO, "ERRNO(0)" },
	{ SECCOMP_RET_ERRNO | 1, "ERRNO(1)" },
	{ SECCOMP_RET_TRAP, "TRAP" },
	{ SECCOMP_RET_TRAP | 3, "TRAP(3)" },
	{ SECCOMP_RET_KILL_THREAD, "KILL_THREAD" },
	{ SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS" },
	{ 0x12345678, "0x12345678" },
};

START_TEST(verdicts_are_written)
{
	char buffer[32];

	ck_assert_ptr_eq(sbpf_verdict_format(formats[_i].verdict, buffer, sizeof(buffer)), buffer);
	ck_assert_str_eq(buffer, formats[_i].text);
}
END_TEST

START_TEST(written_verdict_is_cut_to_the_buffer)
{
	char buffer[5] = "xxxx";

	ck_assert_str_eq(sbpf_verdict_format(SECCOMP_RET_KILL_PROCESS, buffer, 4), "KIL");
}
END_TEST

static const struct {
	uint32_t verdict;
	const char *machine;
	const char *text;
} descriptions[] = {
	{ SECCOMP_RET_ERRNO | 1, "x86_64", "ERRNO(EPERM)" },
	{ SECCOMP_RET_ERRNO | 38, "x86_64", "ERRNO(ENOSYS)" },
	{ SECCOMP_RET_ERRNO | 38, "x32", "ERRNO(ENOSYS)" },
	{ SECCOMP_RET_ERRNO | 38, "mips64", "ERRNO(EL2NSYNC)" },
	{ SECCOMP_RET_ERRNO | 89, "mips64", "ERRNO(ENOSYS)" },
	{ SECCOMP_RET_ERRNO | 11, "x86_64", "ERRNO(EAGAIN)" },
	{ SECCOMP_RET_ERRNO, "x86_64", "ERRNO(0)" },
	{ SECCOMP_RET_ERRNO | 4095, "x86_64", "ERRNO(4095)" },
	{ SECCOMP_RET_ERRNO | 1, "pdp11", "ERRNO(1)" },
	{ SECCOMP_RET_TRACE | 1, "x86_64", "TRACE(1)" },
	{ SECCOMP_RET_KILL_PROCESS, "x86_64", "KILL_PROCESS" },
	{ 0x12345678, "x86_64", "0x12345678" },
};

START_TEST(errnos_are_described_by_the_symbols_of_the_machine)
{
	int machine = sbpf_abi_find(descriptions[_i].machine);
	uint32_t again = 0;
	char buffer[32];

	ck_assert_ptr_eq(sbpf_verdict_describe(descriptions[_i].verdict, machine, buffer,
					       sizeof(buffer)),
			 buffer);
	ck_assert_str_eq(buffer, descriptions[_i].text);
	if (machine >= 0 && verdict_parse(machine, buffer, &again))
		ck_assert_uint_eq(again, descriptions[_i].verdict);
}
END_TEST

START_TEST(actions_are_ordered_as_the_kernel_compares_them)
{
	static const uint32_t order[] = {
		SECCOMP_RET_KILL_PROCESS,
		SECCOMP_RET_KILL_THREAD,
		0x00020000, /* no action: its number is compared all the same */
		SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO | 4095,
		SECCOMP_RET_USER_NOTIF,
		SECCOMP_RET_TRACE | 9,
		SECCOMP_RET_LOG,
		SECCOMP_RET_ALLOW,
	};

	for (size_t i = 0; i < COUNT(order); i++) {
		for (size_t j = 0; j < COUNT(order); j++)
			ck_assert_int_eq(sbpf_verdict_compare(order[i], order[j]),
					 (i > j) - (i < j));
	}
	ck_assert_int_eq(sbpf_verdict_compare(SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2), 0);
}
END_TEST

START_TEST(flags_and_comparisons_have_their_names)
{
	ck_assert_uint_eq(flag_find("SECCOMP_FILTER_FLAG_LOG"), SECCOMP_FILTER_FLAG_LOG);
	ck_assert_uint_eq(flag_find("SECCOMP_FILTER_FLAG_NEW_LISTENER"), 0);
	ck_assert_str_eq(flag_name(SECCOMP_FILTER_FLAG_TSYNC), "SECCOMP_FILTER_FLAG_TSYNC");
	ck_assert_ptr_null(flag_name(SECCOMP_FILTER_FLAG_NEW_LISTENER));
	ck_assert_ptr_null(flag_name(0));
	for (int compare = SBPF_NE; compare <= SBPF_MASKED_EQ; compare++)
		ck_assert_int_eq(compare_find(compare_name(compare)), compare);
	ck_assert_int_eq(compare_find("SCMP_CMP_EQ"), SBPF_EQ);
	ck_assert_int_eq(compare_find("EQ"), 0);
}
END_TEST

static TCase *target_tests(void)
{
	TCase *tests = tcase_create("targets");

	tcase_add_test(tests, defaults_are_this_machine_and_kernel);
	tcase_add_test(tests, fields_are_understood);
	tcase_add_test(tests, empty_lists_mean_none);
	tcase_add_test(tests, all_capabilities_are_41);
	tcase_add_test(tests, errno_of_bad_arch_is_the_machines);
	tcase_add_loop_test(tests, wrong_fields_are_usage_errors, 0, COUNT(wrong));
	tcase_add_loop_test(tests, releases_are_read, 0, COUNT(releases));
	tcase_add_loop_test(tests, capabilities_are_found_with_and_without_prefix, 0,
			    COUNT(capabilities));
	tcase_add_test(tests, docker_holds_14_capabilities);
	return tests;
}

static TCase *action_tests(void)
{
	TCase *tests = tcase_create("actions");

	tcase_add_loop_test(tests, verdicts_are_read, 0, COUNT(verdicts));
	tcase_add_loop_test(tests, verdicts_are_written, 0, COUNT(formats));
	tcase_add_loop_test(tests, errnos_are_described_by_the_symbols_of_the_machine, 0,
			    COUNT(descriptions));
	tcase_add_test(tests, written_verdict_is_cut_to_the_buffer);
	tcase_add_test(tests, actions_are_ordered_as_the_kernel_compares_them);
	tcase_add_test(tests, flags_and_comparisons_have_their_names);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("target");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, target_tests());
	suite_add_tcase(suite, action_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
