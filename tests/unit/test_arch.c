/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#include "arch.h"

static int id_of(const char *name)
{
	return call_find(name, strlen(name));
}

/* The number of a call; fails the test when there is none. */
static uint32_t number_of(const char *abi, const char *name)
{
	uint32_t number = 0;

	ck_assert_msg(sbpf_call_number(sbpf_abi_find(abi), name, &number), "%s has no %s", abi,
		      name);
	return number;
}

static bool has(const char *abi, const char *name)
{
	uint32_t number;

	return sbpf_call_number(sbpf_abi_find(abi), name, &number);
}

static const char *name_of(const char *abi, uint32_t number)
{
	return sbpf_call_name(sbpf_abi_find(abi), number);
}

/* ---- Names and ids ---- */

START_TEST(every_name_finds_its_own_id)
{
	ck_assert_int_eq(sbpf_call_count(), 508);
	for (int id = 0; id < sbpf_call_count(); id++)
		ck_assert_int_eq(id_of(sbpf_call_at(id)), id);
}
END_TEST

START_TEST(names_are_in_ascending_byte_order)
{
	for (int id = 1; id < sbpf_call_count(); id++)
		ck_assert_str_lt(sbpf_call_at(id - 1), sbpf_call_at(id));
}
END_TEST

START_TEST(index_outside_of_the_names_is_null)
{
	ck_assert_ptr_null(sbpf_call_at(-1));
	ck_assert_ptr_null(sbpf_call_at(sbpf_call_count()));
}
END_TEST

START_TEST(null_is_no_name_and_no_place)
{
	uint32_t number;

	ck_assert_int_eq(sbpf_abi_find(NULL), -1);
	ck_assert(!sbpf_abi_describe(0, NULL));
	ck_assert(!sbpf_call_number(0, NULL, &number));
	ck_assert(!sbpf_call_number(sbpf_abi_find("x86_64"), "read", NULL));
	ck_assert_ptr_null(sbpf_call_since(NULL));
	ck_assert_ptr_null(sbpf_call_suggest(NULL));
}
END_TEST

START_TEST(unknown_names_have_no_id)
{
	static const char *const unknown[] = {
		"",	   "mkdi",   "mkdirr",
		"MKDIR",   " mkdir", "sys_mkdir",
		"unused1", "\xff",   "a_name_that_is_longer_than_every_known_one",
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		ck_assert_int_eq(id_of(unknown[i]), -1);
}
END_TEST

START_TEST(name_is_bounded_by_its_length)
{
	ck_assert_int_eq(call_find("mkdirat", 5), id_of("mkdir"));
	ck_assert_int_eq(call_find("mkdir\0at", 8), -1);
	ck_assert_int_eq(call_find("mkdir", 6), -1);
}
END_TEST

/* Each name with one byte changed: most of these reach an occupied slot of the hash. */
START_TEST(near_misses_are_not_found)
{
	for (int id = 0; id < sbpf_call_count(); id++) {
		char name[64];
		size_t length = strlen(sbpf_call_at(id));

		memcpy(name, sbpf_call_at(id), length);
		for (size_t i = 0; i < length; i++) {
			name[i] ^= 0x80;
			ck_assert_int_eq(call_find(name, length), -1);
			name[i] ^= 0x80;
		}
	}
}
END_TEST

/* ---- Numbers ---- */

START_TEST(every_call_of_every_abi_goes_both_ways)
{
	int abi = _i;
	int calls = 0;
	uint32_t max = 0;

	for (int id = 0; id < sbpf_call_count(); id++) {
		int32_t table_number = call_table_number(abi, id);
		uint32_t number;

		if (table_number < 0) {
			ck_assert_int_eq(table_number, -1);
			ck_assert(!sbpf_call_number(abi, sbpf_call_at(id), &number));
			continue;
		}
		calls++;
		if ((uint32_t)table_number > max &&
		    table_number < 0xf0000) /* arm's private calls */
			max = (uint32_t)table_number;
		ck_assert_int_eq(call_by_table_number(abi, (uint32_t)table_number), id);
		ck_assert(sbpf_call_number(abi, sbpf_call_at(id), &number));
		ck_assert_uint_eq(number, abi_number_offset(abi) + (uint32_t)table_number);
		ck_assert_str_eq(sbpf_call_name(abi, number), sbpf_call_at(id));
	}
	ck_assert_int_gt(calls, 300);
	ck_assert_uint_eq(call_table_max(abi), max);
}
END_TEST

START_TEST(every_number_of_every_abi_goes_both_ways)
{
	int abi = _i;

	for (uint32_t number = 0; number < 1u << 20; number++) {
		int id = call_by_table_number(abi, number);

		if (id >= 0)
			ck_assert_int_eq(call_table_number(abi, id), (int32_t)number);
	}
}
END_TEST

static const struct {
	const char *abi;
	const char *name;
	uint32_t number;
} known[] = {
	{ "x86", "restart_syscall", 0 },
	{ "x86", "mkdir", 39 },
	{ "x86", "socketcall", 102 },
	{ "x86", "rseq_slice_yield", 471 },
	{ "x86_64", "read", 0 },
	{ "x86_64", "mkdir", 83 },
	{ "x86_64", "uretprobe", 335 },
	{ "x86_64", "listns", 470 },
	{ "x32", "read", 0x40000000 },
	{ "x32", "mkdir", 0x40000053 },
	{ "x32", "rt_sigaction", 0x40000200 },
	{ "x32", "pwritev2", 0x40000223 },
	{ "arm", "mkdir", 39 },
	{ "arm", "breakpoint", 983041 },
	{ "arm", "set_tls", 983045 },
	{ "arm", "get_tls", 983046 },
	{ "aarch64", "mkdirat", 34 },
	{ "aarch64", "io_setup", 0 },
	{ "loongarch64", "mkdirat", 34 },
	{ "m68k", "atomic_cmpxchg_32", 335 },
	{ "mips", "syscall", 4000 },
	{ "mips", "mkdir", 4039 },
	{ "mipsel", "mkdir", 4039 },
	{ "mips64", "read", 5000 },
	{ "mipsel64", "mkdir", 5081 },
	{ "mips64n32", "mkdir", 6081 },
	{ "mipsel64n32", "set_mempolicy_home_node", 6450 },
	{ "parisc", "accept", 35 },
	{ "parisc64", "bind", 22 },
	{ "ppc", "switch_endian", 363 },
	{ "ppc64le", "mkdir", 39 },
	{ "riscv64", "riscv_hwprobe", 258 },
	{ "s390", "exit", 1 },
	{ "s390x", "s390_sthyi", 380 },
	{ "sh", "cacheflush", 123 },
	{ "sheb", "accept4", 358 },
};

START_TEST(known_numbers_hold)
{
	ck_assert_uint_eq(number_of(known[_i].abi, known[_i].name), known[_i].number);
	ck_assert_str_eq(name_of(known[_i].abi, known[_i].number), known[_i].name);
}
END_TEST

START_TEST(calls_of_other_abis_are_not_there)
{
	ck_assert(!has("aarch64", "mkdir"));
	ck_assert(!has("x86_64", "socketcall"));
	ck_assert(!has("x86", "breakpoint"));
	ck_assert(!has("x32", "uselib"));
	ck_assert(!has("s390", "listns"));
	ck_assert(!has("loongarch64", "memfd_secret"));
}
END_TEST

START_TEST(numbers_without_a_call_have_no_name)
{
	ck_assert_ptr_null(name_of("x86_64", 337));	   /* a hole in the table */
	ck_assert_ptr_null(name_of("x86_64", 472));	   /* the first above it */
	ck_assert_ptr_null(name_of("x86_64", 0x40000000)); /* of x32 */
	ck_assert_ptr_null(name_of("x86_64", 983041));	   /* of arm */
	ck_assert_ptr_null(name_of("x86_64", UINT32_MAX));
	ck_assert_ptr_null(name_of("x32", 0));
	ck_assert_ptr_null(name_of("x32", UINT32_MAX));
	ck_assert_ptr_null(name_of("mips", 39));
	ck_assert_ptr_null(name_of("mips", 3999));
	ck_assert_ptr_null(name_of("mips", 5000));
	ck_assert_ptr_null(name_of("mips", 4221)); /* reserved221 */
	ck_assert_ptr_null(name_of("s390x", 0));
	ck_assert_ptr_null(name_of("arm", 983040));
	ck_assert_ptr_null(name_of("arm", 983047));
}
END_TEST

START_TEST(largest_number_of_a_table)
{
	ck_assert_uint_eq(call_table_max(sbpf_abi_find("x86_64")), 471);
	ck_assert_uint_eq(call_table_max(sbpf_abi_find("x32")), 547);
	ck_assert_uint_eq(call_table_max(sbpf_abi_find("arm")), 471);
	ck_assert_uint_eq(call_table_max(sbpf_abi_find("mips")), 471);
	ck_assert_uint_eq(call_table_max(sbpf_abi_find("s390")), 469);
}
END_TEST

START_TEST(abi_index_out_of_range_is_no_abi)
{
	struct sbpf_abi abi;
	uint32_t number = 7;

	ck_assert(!sbpf_call_number(-1, "read", &number));
	ck_assert(!sbpf_call_number(sbpf_abi_count(), "read", &number));
	ck_assert_uint_eq(number, 7);
	ck_assert_ptr_null(sbpf_call_name(-1, 0));
	ck_assert_ptr_null(sbpf_call_name(sbpf_abi_count(), 0));
	ck_assert(!sbpf_abi_describe(-1, &abi));
	ck_assert(!sbpf_abi_describe(sbpf_abi_count(), &abi));
}
END_TEST

START_TEST(numbers_of_this_system_agree)
{
	int native = sbpf_abi_native();

	ck_assert_str_eq(sbpf_call_name(native, SYS_openat), "openat");
	ck_assert_str_eq(sbpf_call_name(native, SYS_execve), "execve");
	ck_assert_str_eq(sbpf_call_name(native, SYS_seccomp), "seccomp");
	ck_assert_str_eq(sbpf_call_name(native, SYS_exit_group), "exit_group");
}
END_TEST

/* ---- Releases ---- */

START_TEST(since_is_the_first_release)
{
	ck_assert_str_eq(sbpf_call_since("read"), "1.0");
	ck_assert_str_eq(sbpf_call_since("accept4"), "2.6.28");
	ck_assert_str_eq(sbpf_call_since("close_range"), "5.9");
	ck_assert_str_eq(sbpf_call_since("epoll_pwait2"), "5.11");
	ck_assert_str_eq(sbpf_call_since("file_setattr"), "6.17");
	ck_assert_str_eq(sbpf_call_since("rseq_slice_yield"), "7.0");
	ck_assert_str_eq(sbpf_call_since("usr26"), "2.4.8.1");
	ck_assert_str_eq(sbpf_call_since("tuxcall"), "?");
	ck_assert_ptr_null(sbpf_call_since("mkdirr"));
	ck_assert_ptr_null(sbpf_call_since(""));
}
END_TEST

static const struct {
	const char *abi;
	const char *call;
	const char *since;
} exempts[] = {
	{ "x86_64", "uretprobe", "6.14" },
	{ "x86_64", "uprobe", "6.18" },
	/* The exception is the native ABI's. */
	{ "x32", "uretprobe", NULL },
	{ "x86_64", "restart_syscall", NULL },
	{ "x86_64", "rt_sigreturn", NULL },
	{ "aarch64", "read", NULL },
};

START_TEST(exempt_calls_have_a_release)
{
	int abi = sbpf_abi_find(exempts[_i].abi);
	uint32_t number = UINT32_MAX;
	const char *since;

	ck_assert(sbpf_call_number(abi, exempts[_i].call, &number) || !exempts[_i].since);
	since = sbpf_call_exempt(abi, number);
	if (exempts[_i].since)
		ck_assert_str_eq(since, exempts[_i].since);
	else
		ck_assert_ptr_null(since);
	ck_assert_ptr_null(sbpf_call_exempt(-1, number));
	ck_assert_ptr_null(sbpf_call_exempt(abi, UINT32_MAX));
}
END_TEST

START_TEST(packed_releases_compare)
{
	ck_assert_uint_eq(call_since(id_of("read")), 0x010000);
	ck_assert_uint_eq(call_since(id_of("accept4")), 0x02061c);
	ck_assert_uint_eq(call_since(id_of("close_range")), 0x050900);
	ck_assert_uint_eq(call_since(id_of("epoll_pwait2")), 0x050b00);
	ck_assert_uint_eq(call_since(id_of("usr26")), 0x020408);
	ck_assert_uint_eq(call_since(id_of("tuxcall")), 0);
	ck_assert_uint_lt(call_since(id_of("close_range")), call_since(id_of("epoll_pwait2")));
}
END_TEST

/* ---- ABIs ---- */

static const struct {
	const char *name;
	const char *abi;
} names[] = {
	{ "x86", "x86" },
	{ "SCMP_ARCH_X86", "x86" },
	{ "386", "x86" },
	{ "i386", "x86" },
	{ "i686", "x86" },
	{ "amd64", "x86_64" },
	{ "SCMP_ARCH_X32", "x32" },
	{ "amd64p32", "x32" },
	{ "armv7l", "arm" },
	{ "armv6l", "arm" },
	{ "armv5tel", "arm" },
	{ "arm64", "aarch64" },
	{ "loong64", "loongarch64" },
	{ "mipsle", "mipsel" },
	{ "mips64le", "mipsel64" },
	{ "mips64p32", "mips64n32" },
	{ "mips64p32le", "mipsel64n32" },
	{ "mips3l64n32", "mipsel64n32" },
	{ "SCMP_ARCH_SH", "sh" },
	{ "SCMP_ARCH_SHEB", "sheb" },
	{ "sh4", "sh" },
	{ "sh4eb", "sheb" },
	{ "i586", "x86" },
	{ "x64", "x86_64" },
	{ "armhf", "arm" },
	{ "powerpc64le", "ppc64le" },
	{ "ppc64el", "ppc64le" },
	{ "mips64el", "mipsel64" },
	{ "AUDIT_ARCH_X86_64", "x86_64" },
	{ "AUDIT_ARCH_I386", "x86" },
	{ "AUDIT_ARCH_SHEL", "sh" },
	{ "c000003e", "x86_64" },
	{ "0xc000003e", "x86_64" },
	{ "0xC00000B7", "aarch64" },
	{ "3221225534", "x86_64" },
	{ "40000003", "x86" }, /* audit(8) leaves 0x away */
	{ "0x8", "mips" },
};

START_TEST(abi_is_found_by_each_family_of_names)
{
	int index = sbpf_abi_find(names[_i].name);

	ck_assert_int_ge(index, 0);
	ck_assert_str_eq(abi_name(index), names[_i].abi);
}
END_TEST

/* uname(2) says "x86_64" to x32 programs too, and "mips64" on machines of either byte order. */
START_TEST(abi_is_found_by_its_audit_token)
{
	char token[16];
	struct sbpf_abi abi;

	ck_assert(sbpf_abi_describe(_i, &abi));
	snprintf(token, sizeof(token), "0x%x", abi.audit_arch);
	ck_assert(sbpf_abi_describe(sbpf_abi_find(token), &abi));
	ck_assert_uint_eq(abi.audit_arch, strtoul(token, NULL, 16));
}
END_TEST

START_TEST(release_is_that_of_the_newest_call_or_newer)
{
	int major, minor, end = 0;
	unsigned int newest = 0;

	for (int id = 0; id < sbpf_call_count(); id++)
		newest = call_since(id) > newest ? call_since(id) : newest;
	ck_assert_int_eq(sscanf(sbpf_kernel_release(), "%d.%d%n", &major, &minor, &end), 2);
	ck_assert_uint_eq(strlen(sbpf_kernel_release()), (size_t)end);
	ck_assert_uint_ge((unsigned int)(major << 16 | minor << 8), newest);
}
END_TEST

START_TEST(functions_name_the_calls_they_make)
{
	ck_assert_str_eq(sbpf_function_calls("fstatat"), "newfstatat, fstatat64");
	ck_assert_str_eq(sbpf_function_calls("dlsym"), "");
	ck_assert_ptr_null(sbpf_function_calls("read"));
	ck_assert_ptr_null(sbpf_function_calls(""));
	ck_assert_ptr_null(sbpf_function_calls(NULL));
}
END_TEST

START_TEST(abi_name_wins_over_another_abis_uname)
{
	ck_assert_str_eq(abi_name(sbpf_abi_find("x86_64")), "x86_64");
	ck_assert_str_eq(abi_name(sbpf_abi_find("mips64")), "mips64");
	ck_assert_str_eq(abi_name(sbpf_abi_find("mips")), "mips");
}
END_TEST

START_TEST(unknown_abi_is_not_found)
{
	static const char *const unknown[] = {
		"", "x86-64", "X86_64", "scmp_arch_x86", "SCMP_ARCH_", "ia64", "zzz", "3861",
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		ck_assert_int_eq(sbpf_abi_find(unknown[i]), -1);
}
END_TEST

START_TEST(abi_is_found_by_all_its_reported_names)
{
	struct sbpf_abi abi;

	ck_assert_int_eq(sbpf_abi_count(), 23);
	ck_assert(sbpf_abi_describe(_i, &abi));
	ck_assert_str_eq(abi.name, abi_name(_i));
	ck_assert_int_eq(sbpf_abi_find(abi.name), _i);
	ck_assert_int_eq(sbpf_abi_find(abi.scmp_name), _i);
	ck_assert_int_eq(abi_by_scmp_name(abi.scmp_name), _i);
	ck_assert_int_eq(abi_by_go_name(abi.go_name), _i);
	ck_assert_int_ge(sbpf_abi_find(abi.uname_name), 0);
	ck_assert_uint_eq(abi.audit_arch, abi_audit_arch(_i));
	ck_assert_uint_eq(abi.number_offset, abi_number_offset(_i));
	ck_assert_uint_eq(abi.register_bits, abi_register_bits(_i));
	ck_assert_int_eq(abi.big_endian, abi_big_endian(_i));
}
END_TEST

START_TEST(families_do_not_mix)
{
	ck_assert_int_eq(abi_by_scmp_name("x86_64"), -1);
	ck_assert_int_eq(abi_by_scmp_name("amd64"), -1);
	ck_assert_int_eq(abi_by_go_name("x86_64"), -1);
	ck_assert_int_eq(abi_by_go_name("SCMP_ARCH_X86_64"), -1);
	ck_assert_int_eq(abi_by_go_name("386"), sbpf_abi_find("x86"));
	ck_assert_int_eq(abi_by_go_name("mipsel64"), sbpf_abi_find("mipsel64"));
}
END_TEST

START_TEST(description_of_x32)
{
	struct sbpf_abi abi;

	ck_assert(sbpf_abi_describe(sbpf_abi_find("x32"), &abi));
	ck_assert_str_eq(abi.scmp_name, "SCMP_ARCH_X32");
	ck_assert_str_eq(abi.go_name, "x32");
	ck_assert_str_eq(abi.uname_name, "x86_64");
	ck_assert_uint_eq(abi.audit_arch, AUDIT_ARCH_X86_64);
	ck_assert_uint_eq(abi.number_offset, 0x40000000);
	ck_assert_uint_eq(abi.word_bits, 32);
	ck_assert_uint_eq(abi.register_bits, 64);
	ck_assert(!abi.big_endian);
	ck_assert(!abi.is_machine);
	ck_assert(abi_is_x32(sbpf_abi_find("x32")));
	ck_assert(!abi_is_x32(sbpf_abi_find("x86_64")));
}
END_TEST

static const struct {
	const char *name;
	uint32_t audit_arch;
	uint32_t offset;
	unsigned int word_bits;
	unsigned int register_bits;
	bool big_endian;
	bool is_machine;
} facts[] = {
	{ "x86", AUDIT_ARCH_I386, 0, 32, 32, false, true },
	{ "aarch64", AUDIT_ARCH_AARCH64, 0, 64, 64, false, true },
	{ "mips", AUDIT_ARCH_MIPS, 4000, 32, 32, true, true },
	{ "mipsel64", AUDIT_ARCH_MIPSEL64, 5000, 64, 64, false, true },
	{ "mipsel64n32", AUDIT_ARCH_MIPSEL64N32, 6000, 32, 64, false, false },
	{ "ppc64le", AUDIT_ARCH_PPC64LE, 0, 64, 64, false, true },
	{ "s390x", AUDIT_ARCH_S390X, 0, 64, 64, true, true },
	{ "sh", AUDIT_ARCH_SHEL, 0, 32, 32, false, true },
	{ "sheb", AUDIT_ARCH_SH, 0, 32, 32, true, true },
};

START_TEST(descriptions_hold_the_kernels_facts)
{
	struct sbpf_abi abi;

	ck_assert(sbpf_abi_describe(sbpf_abi_find(facts[_i].name), &abi));
	ck_assert_uint_eq(abi.audit_arch, facts[_i].audit_arch);
	ck_assert_uint_eq(abi.number_offset, facts[_i].offset);
	ck_assert_uint_eq(abi.word_bits, facts[_i].word_bits);
	ck_assert_uint_eq(abi.register_bits, facts[_i].register_bits);
	ck_assert_int_eq(abi.big_endian, facts[_i].big_endian);
	ck_assert_int_eq(abi.is_machine, facts[_i].is_machine);
}
END_TEST

START_TEST(native_abi_is_a_machine_of_this_byte_order_and_size)
{
	const uint16_t probe = 1;
	struct sbpf_abi abi;

	ck_assert(sbpf_abi_describe(sbpf_abi_native(), &abi));
	ck_assert(abi.is_machine);
	ck_assert_int_eq(abi.big_endian, *(const unsigned char *)&probe == 0);
#ifndef __ILP32__
	ck_assert_uint_eq(abi.word_bits, 8 * sizeof(long));
#endif
}
END_TEST

/* ---- Suggestions ---- */

static const struct {
	const char *name;
	const char *suggestion;
} suggestions[] = {
	{ "mkdir", "mkdir" },
	{ "mkdirr", "mkdir" },
	{ "mkdri", "mkdir" }, /* swapped letters are one mistake */
	{ "socekt", "socket" },
	{ "sokcte", "socket" }, /* twice */
	{ "opne", "open" },
	{ "opn", "open" },
	{ "stat46", "stat64" },
	{ "personalty", "personality" },
	{ "clock_gettime46", "clock_gettime64" },
	{ "set_mempolicy_home_nodes", "set_mempolicy_home_node" },
	{ "sched_rr_get_interval_time6432", "sched_rr_get_interval_time64" },
	{ "shmgt", "shmat" },	      /* also one from shmdt and shmget: the first of them */
	{ "renameat3", "renameat2" }, /* also one from renameat, which is shorter */
	{ "sys_read", "read" },
	{ "SYS_write", "write" },
	{ "__NR_mkdir", "mkdir" },
	{ "__x64_sys_bpf", "bpf" },
	{ "sys_enter_openat", "openat" },
	{ "sys_mkdirr", "mkdir" },
	{ "sys_pread", "pread64" },
	{ "pread", "pread64" }, /* and not preadv */
	{ "fstatat", "newfstatat" },
	{ "dlopen", "openat" },
	{ "sleep", "clock_nanosleep" },
	{ "dlsym", NULL },
	{ "sys_", NULL },
	{ "op", NULL },	  /* too short to say */
	{ "pone", NULL }, /* two mistakes in four letters */
	{ "", NULL },
	{ "frobnicate", NULL },
	{ "sched_rr_get_interval_time64321", NULL },
};

START_TEST(suggestion_is_the_nearest_name)
{
	const char *suggestion = sbpf_call_suggest(suggestions[_i].name);

	if (suggestions[_i].suggestion)
		ck_assert_str_eq(suggestion, suggestions[_i].suggestion);
	else
		ck_assert_ptr_null(suggestion);
}
END_TEST

START_TEST(calls_are_found_by_name)
{
	for (int i = 0; i < sbpf_call_count(); i++)
		ck_assert_int_eq(sbpf_call_find(sbpf_call_at(i)), i);
	ck_assert_int_eq(sbpf_call_find("frobnicate"), -1);
	ck_assert_int_eq(sbpf_call_find(""), -1);
	ck_assert_int_eq(sbpf_call_find(NULL), -1);
}
END_TEST

START_TEST(newer_number_is_above_all_tables)
{
	struct sbpf_abi abi;

	ck_assert_uint_eq(SBPF_NUMBER_NEWER, 0x3fffffff);
	ck_assert(sbpf_abi_describe(sbpf_abi_find("x32"), &abi));
	ck_assert_uint_eq(abi.number_offset, SBPF_X32_BIT);
	for (int i = 0; i < sbpf_abi_count(); i++) {
		for (int j = 0; j < sbpf_call_count(); j++) {
			uint32_t number = 0;

			if (sbpf_call_number(i, sbpf_call_at(j), &number))
				ck_assert_uint_lt(number & ~SBPF_X32_BIT, SBPF_NUMBER_NEWER);
		}
	}
}
END_TEST

/* ---- Multiplexers ---- */

static const struct {
	const char *abi;
	const char *call;
	const char *multiplexer; /* NULL: only the direct call */
	uint32_t sub;
} multiplexers[] = {
	{ "x86", "socket", "socketcall", 1 },
	{ "x86", "sendmmsg", "socketcall", 20 },
	{ "x86", "accept", "socketcall", 5 }, /* x86 has no direct accept */
	{ "x86", "semop", "ipc", 1 },
	{ "x86", "shmctl", "ipc", 24 },
	{ "s390x", "socket", "socketcall", 1 },
	{ "ppc64le", "msgsnd", "ipc", 11 },
	{ "mips", "recv", "socketcall", 10 },
	{ "m68k", "semtimedop", "ipc", 4 },
	{ "sheb", "shmget", "ipc", 23 },
	{ "x86_64", "socket", NULL, 0 },
	{ "x32", "semop", NULL, 0 },
	{ "aarch64", "socket", NULL, 0 },
	{ "arm", "semop", NULL, 0 },
	{ "mips64", "socket", NULL, 0 },
	{ "x86", "mkdir", NULL, 0 },
	{ "x86", "socketcall", NULL, 0 },
};

START_TEST(multiplexed_calls_are_listed_in_order)
{
	struct sbpf_multiplexed one = { 0 }, found, before = { 0 };
	size_t count = 0;

	for (; sbpf_multiplexed_at(count, &one); count++) {
		ck_assert(sbpf_call_multiplexed(one.call, &found));
		ck_assert_mem_eq(&found, &one, sizeof(one));
		if (before.multiplexer == one.multiplexer)
			ck_assert_uint_lt(before.sub, one.sub);
		before = one;
	}
	ck_assert_uint_eq(count, 32);
	ck_assert(sbpf_multiplexed_at(0, &one));
	ck_assert_str_eq(one.multiplexer, "socketcall");
	ck_assert_uint_eq(one.sub, 1);
	ck_assert_uint_eq(one.mask, 0xffffffff);
	ck_assert_str_eq(one.call, "socket");
	ck_assert(sbpf_call_multiplexed("shmctl", &one));
	ck_assert_str_eq(one.multiplexer, "ipc");
	ck_assert_uint_eq(one.sub, 24);
	ck_assert_uint_eq(one.mask, 0xffff);
}
END_TEST

START_TEST(other_calls_are_not_multiplexed)
{
	struct sbpf_multiplexed one = { .sub = 99 };

	ck_assert(!sbpf_call_multiplexed("mkdir", &one));
	ck_assert(!sbpf_call_multiplexed("socketcall", &one));
	ck_assert(!sbpf_call_multiplexed("nothing", &one));
	ck_assert(!sbpf_call_multiplexed(NULL, &one));
	ck_assert(!sbpf_call_multiplexed("socket", NULL));
	ck_assert(!sbpf_multiplexed_at(32, &one));
	ck_assert(!sbpf_multiplexed_at(SIZE_MAX, &one));
	ck_assert(!sbpf_multiplexed_at(0, NULL));
	ck_assert_uint_eq(one.sub, 99);
}
END_TEST

START_TEST(multiplexer_of_a_call)
{
	int abi = sbpf_abi_find(multiplexers[_i].abi);
	uint32_t sub = 99;
	int id = call_multiplexer(abi, id_of(multiplexers[_i].call), &sub);

	if (multiplexers[_i].multiplexer) {
		ck_assert_int_eq(id, id_of(multiplexers[_i].multiplexer));
		ck_assert_uint_eq(call_multiplexer_mask(id),
				  strcmp(multiplexers[_i].multiplexer, "ipc") ? 0xffffffff
									      : 0xffff);
		ck_assert_uint_eq(sub, multiplexers[_i].sub);
	} else {
		ck_assert_int_eq(id, -1);
		ck_assert_uint_eq(sub, 99);
	}
}
END_TEST

/* ---- Errnos ---- */

static const struct {
	const char *machine;
	const char *symbol;
	int number;
} errnos[] = {
	{ "x86_64", "EPERM", 1 },	{ "x86_64", "ENOSYS", 38 },
	{ "x86_64", "EHWPOISON", 133 }, { "x86_64", "EWOULDBLOCK", 11 },
	{ "x86_64", "ENOTSUP", 95 },	{ "x86_64", "EDEADLOCK", 35 },
	{ "x86_64", "E2BIG", 7 },	{ "ppc64le", "EDEADLOCK", 58 },
	{ "ppc64le", "ENOSYS", 38 },	{ "mips", "ENOSYS", 89 },
	{ "mipsel64", "EDQUOT", 1133 }, { "mips64", "EDEADLOCK", 56 },
	{ "mips64", "EPERM", 1 },	{ "mips64", "ENOTSUP", 122 },
	{ "parisc", "ENOSYS", 251 },	{ "parisc64", "EREFUSED", 239 },
	{ "x86_64", "EREFUSED", -1 },	{ "mips", "EINIT", 141 },
	{ "parisc", "EINIT", -1 },	{ "x86_64", "EPERMM", -1 },
	{ "x86_64", "EPER", -1 },	{ "x86_64", "eperm", -1 },
	{ "x86_64", "", -1 },
};

START_TEST(errno_of_a_symbol)
{
	ck_assert_int_eq(errno_find(sbpf_abi_find(errnos[_i].machine), errnos[_i].symbol),
			 errnos[_i].number);
}
END_TEST

START_TEST(errnos_of_this_system_agree)
{
	ck_assert_int_eq(errno_find(sbpf_abi_native(), "ENOSYS"), ENOSYS);
	ck_assert_int_eq(errno_find(sbpf_abi_native(), "ENOTSUP"), ENOTSUP);
	ck_assert_int_eq(errno_find(sbpf_abi_native(), "EDEADLOCK"), EDEADLOCK);
	ck_assert_int_eq(errno_find(sbpf_abi_native(), "EWOULDBLOCK"), EWOULDBLOCK);
	ck_assert_int_eq(errno_find(sbpf_abi_native(), "EHWPOISON"), EHWPOISON);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static TCase *call_tests(void)
{
	TCase *tests = tcase_create("calls");

	tcase_add_test(tests, every_name_finds_its_own_id);
	tcase_add_test(tests, names_are_in_ascending_byte_order);
	tcase_add_test(tests, index_outside_of_the_names_is_null);
	tcase_add_test(tests, null_is_no_name_and_no_place);
	tcase_add_test(tests, unknown_names_have_no_id);
	tcase_add_test(tests, name_is_bounded_by_its_length);
	tcase_add_test(tests, near_misses_are_not_found);
	tcase_add_loop_test(tests, every_call_of_every_abi_goes_both_ways, 0, sbpf_abi_count());
	tcase_add_loop_test(tests, every_number_of_every_abi_goes_both_ways, 0, sbpf_abi_count());
	tcase_add_loop_test(tests, known_numbers_hold, 0, COUNT(known));
	tcase_add_test(tests, calls_of_other_abis_are_not_there);
	tcase_add_test(tests, numbers_without_a_call_have_no_name);
	tcase_add_test(tests, largest_number_of_a_table);
	tcase_add_test(tests, numbers_of_this_system_agree);
	tcase_add_test(tests, since_is_the_first_release);
	tcase_add_loop_test(tests, exempt_calls_have_a_release, 0, COUNT(exempts));
	tcase_add_test(tests, packed_releases_compare);
	tcase_add_loop_test(tests, suggestion_is_the_nearest_name, 0, COUNT(suggestions));
	tcase_add_test(tests, calls_are_found_by_name);
	tcase_add_test(tests, newer_number_is_above_all_tables);
	tcase_add_loop_test(tests, multiplexer_of_a_call, 0, COUNT(multiplexers));
	tcase_add_test(tests, multiplexed_calls_are_listed_in_order);
	tcase_add_test(tests, other_calls_are_not_multiplexed);
	return tests;
}

static TCase *abi_tests(void)
{
	TCase *tests = tcase_create("ABIs");

	tcase_add_test(tests, abi_index_out_of_range_is_no_abi);
	tcase_add_loop_test(tests, abi_is_found_by_each_family_of_names, 0, COUNT(names));
	tcase_add_test(tests, abi_name_wins_over_another_abis_uname);
	tcase_add_loop_test(tests, abi_is_found_by_its_audit_token, 0, sbpf_abi_count());
	tcase_add_test(tests, release_is_that_of_the_newest_call_or_newer);
	tcase_add_test(tests, functions_name_the_calls_they_make);
	tcase_add_test(tests, unknown_abi_is_not_found);
	tcase_add_loop_test(tests, abi_is_found_by_all_its_reported_names, 0, sbpf_abi_count());
	tcase_add_test(tests, families_do_not_mix);
	tcase_add_test(tests, description_of_x32);
	tcase_add_loop_test(tests, descriptions_hold_the_kernels_facts, 0, COUNT(facts));
	tcase_add_test(tests, native_abi_is_a_machine_of_this_byte_order_and_size);
	tcase_add_loop_test(tests, errno_of_a_symbol, 0, COUNT(errnos));
	tcase_add_test(tests, errnos_of_this_system_agree);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("arch");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, call_tests());
	suite_add_tcase(suite, abi_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
