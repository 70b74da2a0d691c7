/* SPDX-License-Identifier: MIT */
/* The drop-in libseccomp.so.2: architectures, call names and numbers, API level and listeners. */
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <sys/wait.h>

#include "sbpf.h"

#include <seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- libseccomp itself ---- */

#ifdef SYSTEM_LIBSECCOMP
/* A function of the system's library; NULL when it cannot be had. */
static void *system_function(const char *name)
{
	/* By its path, as a library of its name is loaded already. */
	void *library = dlopen(SYSTEM_LIBSECCOMP, RTLD_NOW | RTLD_LOCAL);

	return library ? dlsym(library, name) : NULL;
}
#else
static void *system_function(const char *name)
{
	(void)name;
	return NULL;
}
#endif

/* ---- Architectures ---- */

static const struct {
	const char *name;
	uint32_t token;
} arches[] = {
	{ "x86", SCMP_ARCH_X86 },
	{ "x86_64", SCMP_ARCH_X86_64 },
	{ "x32", SCMP_ARCH_X32 },
	{ "arm", SCMP_ARCH_ARM },
	{ "aarch64", SCMP_ARCH_AARCH64 },
	{ "loongarch64", SCMP_ARCH_LOONGARCH64 },
	{ "m68k", SCMP_ARCH_M68K },
	{ "mips", SCMP_ARCH_MIPS },
	{ "mipsel", SCMP_ARCH_MIPSEL },
	{ "mips64", SCMP_ARCH_MIPS64 },
	{ "mipsel64", SCMP_ARCH_MIPSEL64 },
	{ "mips64n32", SCMP_ARCH_MIPS64N32 },
	{ "mipsel64n32", SCMP_ARCH_MIPSEL64N32 },
	{ "parisc", SCMP_ARCH_PARISC },
	{ "parisc64", SCMP_ARCH_PARISC64 },
	{ "ppc", SCMP_ARCH_PPC },
	{ "ppc64", SCMP_ARCH_PPC64 },
	{ "ppc64le", SCMP_ARCH_PPC64LE },
	{ "riscv64", SCMP_ARCH_RISCV64 },
	{ "s390", SCMP_ARCH_S390 },
	{ "s390x", SCMP_ARCH_S390X },
	{ "sh", SCMP_ARCH_SH },
	{ "sheb", SCMP_ARCH_SHEB },
};

START_TEST(token_of_an_architecture_is_its_audit_arch_but_for_x32)
{
	struct sbpf_abi abi;

	ck_assert_uint_eq(seccomp_arch_resolve_name(arches[_i].name), arches[_i].token);
	ck_assert(sbpf_abi_describe(sbpf_abi_find(arches[_i].name), &abi));
	if (arches[_i].token != SCMP_ARCH_X32)
		ck_assert_uint_eq(abi.audit_arch, arches[_i].token);
}
END_TEST

START_TEST(every_abi_has_a_token)
{
	ck_assert_int_eq(sbpf_abi_count(), COUNT(arches));
}
END_TEST

START_TEST(names_of_other_families_are_no_architectures)
{
	static const char *const names[] = { "",       "amd64",	 "SCMP_ARCH_X86_64",
					     "i686",   "386",	 "x86_64 ",
					     "X86_64", "native", "mips3l64n32" };

	for (size_t i = 0; i < COUNT(names); i++)
		ck_assert_uint_eq(seccomp_arch_resolve_name(names[i]), 0);
	ck_assert_uint_eq(seccomp_arch_resolve_name(NULL), 0);
}
END_TEST

START_TEST(native_architecture_is_the_one_of_token_0)
{
	struct sbpf_abi native;

	ck_assert(sbpf_abi_describe(sbpf_abi_native(), &native));
	ck_assert_uint_eq(seccomp_arch_native(), seccomp_arch_resolve_name(native.name));
	for (int i = 0; i < sbpf_call_count(); i++) {
		const char *name = sbpf_call_at(i);

		ck_assert_int_eq(seccomp_syscall_resolve_name_arch(SCMP_ARCH_NATIVE, name),
				 seccomp_syscall_resolve_name_arch(native.audit_arch, name));
		ck_assert_int_eq(seccomp_syscall_resolve_name(name),
				 seccomp_syscall_resolve_name_arch(SCMP_ARCH_NATIVE, name));
	}
}
END_TEST

/* ---- Numbers of names ---- */

static int number_of(uint32_t token, const char *name)
{
	return seccomp_syscall_resolve_name_arch(token, name);
}

static bool is_multiplexed(int abi, const char *name)
{
	uint32_t number;
	int pseudo = number_of(SCMP_ARCH_X86, name);

	return sbpf_call_number(abi, "socketcall", &number) && pseudo >= -224 && pseudo <= -101;
}

START_TEST(number_is_the_tables_or_else_the_pseudo_number)
{
	int abi = sbpf_abi_find(arches[_i].name);

	for (int i = 0; i < sbpf_call_count(); i++) {
		const char *name = sbpf_call_at(i);
		int found = number_of(arches[_i].token, name);
		uint32_t number;

		if (sbpf_call_number(abi, name, &number) && !is_multiplexed(abi, name))
			ck_assert_int_eq(found, (int)number);
		else
			ck_assert_msg(found < -100, "%s is %d", name, found);
	}
}
END_TEST

START_TEST(pseudo_number_of_a_name_is_the_same_everywhere)
{
	for (int i = 0; i < sbpf_call_count(); i++) {
		int pseudo = 0;

		for (size_t j = 0; j < COUNT(arches); j++) {
			int number = number_of(arches[j].token, sbpf_call_at(i));

			if (number >= 0)
				continue;
			ck_assert_int_eq(number, pseudo == 0 ? number : pseudo);
			pseudo = number;
		}
	}
}
END_TEST

static const struct {
	const char *name;
	int number;
} numbers[] = {
	{ "socket", -101 },	     { "accept4", -118 },      { "sendmmsg", -120 },
	{ "semop", -201 },	     { "semtimedop", -204 },   { "msgsnd", -211 },
	{ "shmctl", -224 },	     { "arch_prctl", -10001 }, { "riscv_flush_icache", -10243 },
	{ "riscv_hwprobe", -10250 },
};

START_TEST(pseudo_numbers_are_those_of_libseccomp)
{
	const char *name = numbers[_i].name;
	bool on_x86 = numbers[_i].number > -1000;
	int number = number_of(on_x86 ? SCMP_ARCH_X86 : SCMP_ARCH_M68K, name);

	ck_assert_int_eq(number, numbers[_i].number);
}
END_TEST

START_TEST(numbers_of_x32_carry_bit_30)
{
	ck_assert_int_eq(number_of(SCMP_ARCH_X32, "read"), 0x40000000);
	ck_assert_int_eq(number_of(SCMP_ARCH_X32, "execve"), 0x40000000 + 520);
}
END_TEST

START_TEST(numbers_of_mips_have_their_offsets)
{
	ck_assert_int_eq(number_of(SCMP_ARCH_MIPS, "read"), 4003);
	ck_assert_int_eq(number_of(SCMP_ARCH_MIPSEL64, "read"), 5000);
	ck_assert_int_eq(number_of(SCMP_ARCH_MIPS64N32, "read"), 6000);
}
END_TEST

START_TEST(unknown_names_and_tokens_are_an_error)
{
	static const uint32_t tokens[] = { 1, 0xffffffff, 0xc000003f };

	for (size_t i = 0; i < COUNT(arches); i++) {
		ck_assert_int_eq(number_of(arches[i].token, "INVALID"), __NR_SCMP_ERROR);
		ck_assert_int_eq(number_of(arches[i].token, ""), __NR_SCMP_ERROR);
		ck_assert_int_eq(number_of(arches[i].token, NULL), __NR_SCMP_ERROR);
	}
	for (size_t i = 0; i < COUNT(tokens); i++) {
		ck_assert_int_eq(number_of(tokens[i], "read"), __NR_SCMP_ERROR);
		ck_assert_int_eq(seccomp_syscall_resolve_name_rewrite(tokens[i], "read"),
				 __NR_SCMP_ERROR);
		ck_assert_ptr_null(seccomp_syscall_resolve_num_arch(tokens[i], 0));
	}
	ck_assert_int_eq(seccomp_syscall_resolve_name(NULL), __NR_SCMP_ERROR);
	ck_assert_int_eq(seccomp_syscall_resolve_name_rewrite(SCMP_ARCH_X86, NULL),
			 __NR_SCMP_ERROR);
	ck_assert_int_eq(seccomp_syscall_resolve_name_rewrite(SCMP_ARCH_X86, "INVALID"),
			 __NR_SCMP_ERROR);
}
END_TEST

static const struct {
	uint32_t token;
	const char *name;
	int number;
} rewrites[] = {
	{ SCMP_ARCH_X86, "socket", 102 },
	{ SCMP_ARCH_X86, "sendmmsg", 102 },
	{ SCMP_ARCH_X86, "semop", 117 },
	{ SCMP_ARCH_X86, "shmctl", 117 },
	{ SCMP_ARCH_X86, "read", 3 },
	{ SCMP_ARCH_X86, "arch_prctl", 384 },
	{ SCMP_ARCH_X86_64, "socket", 41 },
	{ SCMP_ARCH_X86_64, "shmctl", 31 },
	{ SCMP_ARCH_X86_64, "socketcall", -10060 },
	{ SCMP_ARCH_MIPS, "socket", 4102 },
	{ SCMP_ARCH_S390X, "bind", 102 },
	{ SCMP_ARCH_AARCH64, "open", -10166 },
	{ SCMP_ARCH_X32, "socket", 0x40000029 },
};

START_TEST(rewriting_gives_the_multiplexer)
{
	ck_assert_int_eq(seccomp_syscall_resolve_name_rewrite(rewrites[_i].token,
							      rewrites[_i].name),
			 rewrites[_i].number);
}
END_TEST

/* ---- Names of numbers ---- */

/* Fails the test unless the number has this name, NULL being none. */
static void check_name(uint32_t token, int number, const char *name)
{
	char *found = seccomp_syscall_resolve_num_arch(token, number);

	ck_assert_pstr_eq(found, name);
	free(found);
}

START_TEST(every_number_leads_back_to_its_name)
{
	for (int i = 0; i < sbpf_call_count(); i++) {
		const char *name = sbpf_call_at(i);
		int number = number_of(arches[_i].token, name);

		/* -10191 is sys_debug_setcontext too, where neither is there. */
		if (strcmp(name, "switch_endian") != 0 || number >= 0)
			check_name(arches[_i].token, number, name);
	}
}
END_TEST

START_TEST(number_in_the_table_has_a_name_also_when_multiplexed)
{
	check_name(SCMP_ARCH_X86, 359, "socket");
	check_name(SCMP_ARCH_X86, -101, "socket");
	check_name(SCMP_ARCH_S390X, 394, "semctl");
}
END_TEST

START_TEST(pseudo_number_of_a_call_that_is_there_has_no_name)
{
	check_name(SCMP_ARCH_X86_64, -101, NULL);
	check_name(SCMP_ARCH_X86_64, -10001, NULL);
	check_name(SCMP_ARCH_AARCH64, -10001, "arch_prctl");
}
END_TEST

START_TEST(two_names_of_one_pseudo_number)
{
	check_name(SCMP_ARCH_X86_64, -10191, "sys_debug_setcontext");
	check_name(SCMP_ARCH_PPC, -10191, NULL);
	ck_assert_int_eq(number_of(SCMP_ARCH_X86_64, "switch_endian"), -10191);
}
END_TEST

START_TEST(numbers_without_their_offset_have_names_too)
{
	check_name(SCMP_ARCH_X32, 0, "read");
	check_name(SCMP_ARCH_X32, 0x40000000, "read");
	check_name(SCMP_ARCH_MIPS, 3, "read");
	check_name(SCMP_ARCH_MIPS, 4003, "read");
}
END_TEST

START_TEST(numbers_of_no_call_have_no_name)
{
	static const int none[] = { __NR_SCMP_ERROR, __NR_SCMP_UNDEF, -99,     -100,   -121, -205,
				    -100001,	     INT_MIN,	      INT_MAX, 0xfffff };

	for (size_t i = 0; i < COUNT(arches); i++) {
		for (size_t j = 0; j < COUNT(none); j++)
			check_name(arches[i].token, none[j], NULL);
	}
}
END_TEST

/* ---- Against libseccomp ---- */

/* parisc64 has no _llseek (arch/parisc/kernel/syscalls/syscall.tbl: 32), libseccomp says 140. */
static bool is_known_to_differ(size_t arch, const char *name)
{
	return arches[arch].token == SCMP_ARCH_PARISC64 && strcmp(name, "_llseek") == 0;
}

START_TEST(numbers_are_those_of_libseccomp)
{
	int (*number)(uint32_t, const char *) =
		system_function("seccomp_syscall_resolve_name_arch");
	int (*rewritten)(uint32_t, const char *) =
		system_function("seccomp_syscall_resolve_name_rewrite");

	for (int i = 0; number && rewritten && i < sbpf_call_count(); i++) {
		const char *name = sbpf_call_at(i);
		int theirs = number(arches[_i].token, name);

		/* Calls that are newer than the system's library, also on this ABI only. */
		if (theirs == __NR_SCMP_ERROR || is_known_to_differ((size_t)_i, name))
			continue;
		if (theirs < -10000 && number_of(arches[_i].token, name) >= 0)
			continue;
		ck_assert_msg(number_of(arches[_i].token, name) == theirs, "%s is %d", name,
			      theirs);
		ck_assert_int_eq(seccomp_syscall_resolve_name_rewrite(arches[_i].token, name),
				 rewritten(arches[_i].token, name));
	}
}
END_TEST

static void compare_names(size_t arch, char *(*name_of)(uint32_t, int), int first, int last)
{
	for (int number = first; number < last; number++) {
		char *theirs = name_of(arches[arch].token, number);
		uint32_t known;

		/* Which of the two names of -10191 it is differs between libseccomp's releases. */
		if (theirs && number != -10191 && !is_known_to_differ(arch, theirs) &&
		    !(number < -10000 &&
		      sbpf_call_number(sbpf_abi_find(arches[arch].name), theirs, &known)))
			check_name(arches[arch].token, number, theirs);
		free(theirs);
	}
}

START_TEST(names_are_those_of_libseccomp)
{
	char *(*name_of)(uint32_t, int) = system_function("seccomp_syscall_resolve_num_arch");

	if (!name_of)
		return;
	compare_names((size_t)_i, name_of, -10300, -10000);
	compare_names((size_t)_i, name_of, -300, 500);
	compare_names((size_t)_i, name_of, 4000, 6500);
	compare_names((size_t)_i, name_of, 0xf0000, 0xf0010);
	compare_names((size_t)_i, name_of, 0x40000000, 0x40000000 + 600);
}
END_TEST

/* ---- The header ---- */

START_TEST(header_has_the_numbers_of_the_compiler)
{
	ck_assert_int_eq(SCMP_SYS(read), __NR_read);
	ck_assert_int_eq(SCMP_SYS(seccomp), __NR_seccomp);
	ck_assert_int_eq(__PNR_socket, -101);
	ck_assert_int_eq(__PNR_oldwait4, -10146);
#ifndef __NR_set_tls
	ck_assert_int_eq(SCMP_SYS(set_tls), __PNR_set_tls);
#endif
}
END_TEST

START_TEST(condition_macros_fill_the_struct)
{
	const struct scmp_arg_cmp conditions[] = {
		SCMP_CMP(3, SCMP_CMP_NE, (scmp_datum_t)-1),
		SCMP_CMP32(3, SCMP_CMP_NE, -1),
		SCMP_A5_32(SCMP_CMP_MASKED_EQ, -2, -1),
		SCMP_A1_64(SCMP_CMP_MASKED_EQ, 1, 2),
		SCMP_A4(SCMP_CMP_LE, 7),
	};
	static const struct scmp_arg_cmp expected[] = {
		{ 3, SCMP_CMP_NE, UINT64_MAX, 0 },
		{ 3, SCMP_CMP_NE, UINT32_MAX, 0 },
		{ 5, SCMP_CMP_MASKED_EQ, UINT32_MAX - 1, UINT32_MAX },
		{ 1, SCMP_CMP_MASKED_EQ, 1, 2 },
		{ 4, SCMP_CMP_LE, 7, 0 },
	};

	for (size_t i = 0; i < COUNT(expected); i++) {
		ck_assert_uint_eq(conditions[i].arg, expected[i].arg);
		ck_assert_int_eq(conditions[i].op, expected[i].op);
		ck_assert_uint_eq(conditions[i].datum_a, expected[i].datum_a);
		ck_assert_uint_eq(conditions[i].datum_b, expected[i].datum_b);
	}
}
END_TEST

START_TEST(actions_are_the_kernels)
{
	ck_assert_uint_eq(SCMP_ACT_KILL_PROCESS, SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(SCMP_ACT_KILL, SECCOMP_RET_KILL_THREAD);
	ck_assert_uint_eq(SCMP_ACT_TRAP, SECCOMP_RET_TRAP);
	ck_assert_uint_eq(SCMP_ACT_ERRNO(0x12345), SECCOMP_RET_ERRNO | 0x2345);
	ck_assert_uint_eq(SCMP_ACT_TRACE(0x12345), SECCOMP_RET_TRACE | 0x2345);
	ck_assert_uint_eq(SCMP_ACT_NOTIFY, SECCOMP_RET_USER_NOTIF);
	ck_assert_uint_eq(SCMP_ACT_LOG, SECCOMP_RET_LOG);
	ck_assert_uint_eq(SCMP_ACT_ALLOW, SECCOMP_RET_ALLOW);
}
END_TEST

START_TEST(version_is_the_headers)
{
	const struct scmp_version *version = seccomp_version();

	ck_assert_uint_eq(version->major, 2);
	ck_assert_uint_eq(version->minor, 6);
	ck_assert_uint_eq(version->micro, 0);
	ck_assert_uint_eq(version->minor, SCMP_VER_MINOR);
}
END_TEST

/* ---- API level ---- */

START_TEST(level_is_the_one_that_libseccomp_finds)
{
	unsigned int (*level)(void) = system_function("seccomp_api_get");
	const struct scmp_version *(*version)(void) = system_function("seccomp_version");

	ck_assert_uint_ge(seccomp_api_get(), 1);
	ck_assert_uint_le(seccomp_api_get(), 7);
	/* 2.5 knows no level above 6. */
	if (level && version && (version()->minor >= 6 || level() < 6))
		ck_assert_uint_eq(seccomp_api_get(), level());
	else if (level)
		ck_assert_uint_ge(seccomp_api_get(), level());
}
END_TEST

START_TEST(asking_for_the_level_leaves_errno_alone)
{
	errno = EXDEV;
	seccomp_api_get();
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(level_that_is_set_is_in_force)
{
	for (unsigned int level = 1; level <= 7; level++) {
		ck_assert_int_eq(seccomp_api_set(level), 0);
		ck_assert_uint_eq(seccomp_api_get(), level);
	}
}
END_TEST

START_TEST(level_out_of_range_changes_nothing)
{
	static const unsigned int wrong[] = { 0, 8, 1024, UINT_MAX };

	ck_assert_int_eq(seccomp_api_set(5), 0);
	for (size_t i = 0; i < COUNT(wrong); i++)
		ck_assert_int_eq(seccomp_api_set(wrong[i]), -EINVAL);
	ck_assert_uint_eq(seccomp_api_get(), 5);
}
END_TEST

START_TEST(reset_without_a_filter_asks_the_kernel_again)
{
	unsigned int found;

	/* Where all tests share one process, another one may have set a level. */
	ck_assert_int_eq(seccomp_reset(NULL, SCMP_ACT_ALLOW), 0);
	found = seccomp_api_get();
	ck_assert_int_eq(seccomp_api_set(found > 1 ? 1 : 2), 0);
	ck_assert_int_eq(seccomp_reset(NULL, SCMP_ACT_ALLOW), 0);
	ck_assert_uint_eq(seccomp_api_get(), found);
}
END_TEST

static void *ask_level(void *answer)
{
	*(unsigned int *)answer = seccomp_api_get();
	return NULL;
}

START_TEST(threads_that_ask_first_get_the_same_level)
{
	pthread_t threads[8];
	unsigned int levels[COUNT(threads)];

	for (size_t i = 0; i < COUNT(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_level, &levels[i]), 0);
	for (size_t i = 0; i < COUNT(threads); i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
		ck_assert_uint_eq(levels[i], seccomp_api_get());
	}
}
END_TEST

/* ---- Listeners ---- */

START_TEST(allocated_notifications_are_clear)
{
	static const struct seccomp_notif no_request;
	static const struct seccomp_notif_resp no_response;
	struct seccomp_notif *request = NULL;
	struct seccomp_notif_resp *response = NULL;

	if (seccomp_api_get() < 5)
		return;
	ck_assert_int_eq(seccomp_notify_alloc(&request, &response), 0);
	ck_assert_mem_eq(request, &no_request, sizeof(no_request));
	ck_assert_mem_eq(response, &no_response, sizeof(no_response));
	seccomp_notify_free(request, response);
}
END_TEST

START_TEST(either_part_of_a_notification_may_be_left_out)
{
	struct seccomp_notif *request = NULL;
	struct seccomp_notif_resp *response = NULL;

	if (seccomp_api_get() < 5)
		return;
	ck_assert_int_eq(seccomp_notify_alloc(&request, NULL), 0);
	ck_assert_int_eq(seccomp_notify_alloc(NULL, &response), 0);
	ck_assert_int_eq(seccomp_notify_alloc(NULL, NULL), 0);
	ck_assert_ptr_nonnull(request);
	ck_assert_ptr_nonnull(response);
	seccomp_notify_free(request, NULL);
	seccomp_notify_free(NULL, response);
	seccomp_notify_free(NULL, NULL);
}
END_TEST

START_TEST(listeners_need_level_5)
{
	struct seccomp_notif request = { 0 };
	struct seccomp_notif_resp response = { 0 };

	ck_assert_int_eq(seccomp_api_set(4), 0);
	ck_assert_int_eq(seccomp_notify_receive(-1, &request), -EOPNOTSUPP);
	ck_assert_int_eq(seccomp_notify_respond(-1, &response), -EOPNOTSUPP);
	ck_assert_int_eq(seccomp_notify_id_valid(-1, 1), -EOPNOTSUPP);
}
END_TEST

START_TEST(notifications_need_level_2)
{
	struct seccomp_notif *request = NULL;

	ck_assert_int_eq(seccomp_api_set(1), 0);
	ck_assert_int_eq(seccomp_notify_alloc(&request, NULL), -EOPNOTSUPP);
	ck_assert_ptr_null(request);
}
END_TEST

START_TEST(failure_of_the_kernel_is_in_errno)
{
	struct seccomp_notif request = { 0 };
	struct seccomp_notif_resp response = { 0 };

	ck_assert_int_eq(seccomp_api_set(5), 0);
	ck_assert_int_eq(seccomp_notify_receive(-1, &request), -ECANCELED);
	ck_assert_int_eq(errno, EBADF);
	errno = 0;
	ck_assert_int_eq(seccomp_notify_respond(-1, &response), -ECANCELED);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(seccomp_notify_id_valid(-1, 1), -ENOENT);
}
END_TEST

/* A listener for getsid(2); -1 when this kernel lets the test have none. */
static int listen_to_getsid(void)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, NULL, &error);
	struct sbpf_filter *filter;
	int listener;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, SECCOMP_RET_USER_NOTIF, "getsid", NULL, 0,
					      &error),
			 0);
	filter = sbpf_compile(policy, NULL, &error);
	listener = sbpf_install(filter, SECCOMP_FILTER_FLAG_NEW_LISTENER, &error);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
	return listener;
}

START_TEST(filter_that_notifies_is_refused_beside_a_listener_of_another_program)
{
	int listener = listen_to_getsid();
	scmp_filter_ctx filter;

	if (listener < 0)
		return;
	filter = seccomp_init(SCMP_ACT_ALLOW);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_NOTIFY,
					  seccomp_syscall_resolve_name("getsid"), 0),
			 0);
	ck_assert_int_eq(seccomp_load(filter), -ECANCELED);
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_int_eq(seccomp_notify_fd(filter), -1);
	seccomp_release(filter);
	close(listener);
}
END_TEST

START_TEST(notifications_are_allocated_after_a_filter_refuses_seccomp)
{
	struct seccomp_notif *request = NULL;
	struct seccomp_notif_resp *response = NULL;
	scmp_filter_ctx filter;

	ck_assert_int_eq(seccomp_reset(NULL, SCMP_ACT_ALLOW), 0);
	if (seccomp_api_get() < 5)
		return;
	ck_assert_int_eq(seccomp_notify_alloc(NULL, NULL), 0);
	filter = seccomp_init(SCMP_ACT_ALLOW);
	ck_assert_int_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
					  seccomp_syscall_resolve_name("seccomp"), 0),
			 0);
	ck_assert_int_eq(seccomp_load(filter), 0);
	seccomp_release(filter);
	ck_assert_int_eq(seccomp_notify_alloc(&request, &response), 0);
	seccomp_notify_free(request, response);
}
END_TEST

START_TEST(listener_answers_a_call)
{
	int listener = listen_to_getsid();
	struct seccomp_notif *request;
	struct seccomp_notif_resp *response;
	int status;
	pid_t child;

	if (listener < 0)
		return;
	child = fork();
	if (child == 0)
		_exit(getsid(0) == 77 ? 0 : 1);
	ck_assert_int_eq(seccomp_notify_alloc(&request, &response), 0);
	ck_assert_int_eq(seccomp_notify_receive(listener, request), 0);
	ck_assert_int_eq(request->data.nr, SCMP_SYS(getsid));
	ck_assert_int_eq(seccomp_notify_id_valid(listener, request->id), 0);
	response->id = request->id;
	response->val = 77;
	ck_assert_int_eq(seccomp_notify_respond(listener, response), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);

	ck_assert_int_eq(seccomp_notify_id_valid(listener, request->id), -ENOENT);
	ck_assert_int_eq(seccomp_notify_respond(listener, response), -ECANCELED);
	ck_assert_int_eq(errno, ENOENT);
	seccomp_notify_free(request, response);
	close(listener);
}
END_TEST

/* ---------------------------------------------------------------------------------------- */

static TCase *arch_tests(void)
{
	TCase *tests = tcase_create("architectures");

	tcase_add_loop_test(tests, token_of_an_architecture_is_its_audit_arch_but_for_x32, 0,
			    COUNT(arches));
	tcase_add_test(tests, every_abi_has_a_token);
	tcase_add_test(tests, names_of_other_families_are_no_architectures);
	tcase_add_test(tests, native_architecture_is_the_one_of_token_0);
	return tests;
}

static TCase *number_tests(void)
{
	TCase *tests = tcase_create("numbers and names");

	tcase_add_loop_test(tests, number_is_the_tables_or_else_the_pseudo_number, 0,
			    COUNT(arches));
	tcase_add_test(tests, pseudo_number_of_a_name_is_the_same_everywhere);
	tcase_add_loop_test(tests, pseudo_numbers_are_those_of_libseccomp, 0, COUNT(numbers));
	tcase_add_test(tests, numbers_of_x32_carry_bit_30);
	tcase_add_test(tests, numbers_of_mips_have_their_offsets);
	tcase_add_test(tests, unknown_names_and_tokens_are_an_error);
	tcase_add_loop_test(tests, rewriting_gives_the_multiplexer, 0, COUNT(rewrites));
	tcase_add_loop_test(tests, every_number_leads_back_to_its_name, 0, COUNT(arches));
	tcase_add_test(tests, number_in_the_table_has_a_name_also_when_multiplexed);
	tcase_add_test(tests, pseudo_number_of_a_call_that_is_there_has_no_name);
	tcase_add_test(tests, two_names_of_one_pseudo_number);
	tcase_add_test(tests, numbers_without_their_offset_have_names_too);
	tcase_add_test(tests, numbers_of_no_call_have_no_name);
	tcase_add_loop_test(tests, numbers_are_those_of_libseccomp, 0, COUNT(arches));
	tcase_add_loop_test(tests, names_are_those_of_libseccomp, 0, COUNT(arches));
	return tests;
}

static TCase *header_tests(void)
{
	TCase *tests = tcase_create("header");

	tcase_add_test(tests, header_has_the_numbers_of_the_compiler);
	tcase_add_test(tests, condition_macros_fill_the_struct);
	tcase_add_test(tests, actions_are_the_kernels);
	tcase_add_test(tests, version_is_the_headers);
	return tests;
}

/* Each test is a process of its own, which has not asked for the level yet. */
static TCase *level_tests(void)
{
	TCase *tests = tcase_create("API level");

	tcase_add_test(tests, level_is_the_one_that_libseccomp_finds);
	tcase_add_test(tests, asking_for_the_level_leaves_errno_alone);
	tcase_add_test(tests, level_that_is_set_is_in_force);
	tcase_add_test(tests, level_out_of_range_changes_nothing);
	tcase_add_test(tests, reset_without_a_filter_asks_the_kernel_again);
	tcase_add_test(tests, threads_that_ask_first_get_the_same_level);
	return tests;
}

static TCase *listener_tests(void)
{
	TCase *tests = tcase_create("listeners");

	tcase_add_test(tests, allocated_notifications_are_clear);
	tcase_add_test(tests, either_part_of_a_notification_may_be_left_out);
	tcase_add_test(tests, listeners_need_level_5);
	tcase_add_test(tests, notifications_need_level_2);
	tcase_add_test(tests, failure_of_the_kernel_is_in_errno);
	tcase_add_test(tests, filter_that_notifies_is_refused_beside_a_listener_of_another_program);
	tcase_add_test(tests, notifications_are_allocated_after_a_filter_refuses_seccomp);
	tcase_add_test(tests, listener_answers_a_call);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("compat_names");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, arch_tests());
	suite_add_tcase(suite, number_tests());
	suite_add_tcase(suite, header_tests());
	suite_add_tcase(suite, level_tests());
	suite_add_tcase(suite, listener_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
