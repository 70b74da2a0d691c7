/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "arch.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))
#define ARGUMENTS 6

static int id_of(const char *call)
{
	return call_find(call, strlen(call));
}

/* ---- Signatures ---- */

struct expected {
	const char *name;
	enum sbpf_kind kind;
	unsigned int bits;
};

static const struct {
	const char *abi;
	const char *call;
	struct expected parameters[ARGUMENTS];
} signatures[] = {
	{ "x86_64", "getpid", { { NULL, SBPF_KIND_NUMBER, 0 } } },
	{ "x86_64",
	  "socket",
	  { { "family", SBPF_KIND_SIGNED, 32 },
	    { "type", SBPF_KIND_SIGNED, 32 },
	    { "protocol", SBPF_KIND_SIGNED, 32 } } },
	{ "x86_64",
	  "openat",
	  { { "dfd", SBPF_KIND_FD, 32 },
	    { "filename", SBPF_KIND_POINTER, 64 },
	    { "flags", SBPF_KIND_FLAGS, 32 },
	    /* umode_t has 16 bits. */
	    { "mode", SBPF_KIND_FLAGS, 32 } } },
	{ "x86",
	  "read",
	  { { "fd", SBPF_KIND_FD, 32 },
	    { "buf", SBPF_KIND_POINTER, 32 },
	    { "count", SBPF_KIND_SIZE, 32 } } },
	/* 64 bits are two arguments of a 32-bit ABI, on arm an even one first. */
	{ "x86_64",
	  "pread64",
	  { { "fd", SBPF_KIND_FD, 32 },
	    { "buf", SBPF_KIND_POINTER, 64 },
	    { "count", SBPF_KIND_SIZE, 64 },
	    { "pos", SBPF_KIND_SIGNED, 64 } } },
	{ "arm",
	  "pread64",
	  { { "fd", SBPF_KIND_FD, 32 },
	    { "buf", SBPF_KIND_POINTER, 32 },
	    { "count", SBPF_KIND_SIZE, 32 },
	    { "pad", SBPF_KIND_NUMBER, 32 },
	    { "pos_lo", SBPF_KIND_NUMBER, 32 },
	    { "pos_hi", SBPF_KIND_NUMBER, 32 } } },
	{ "m68k",
	  "pread64",
	  { { "fd", SBPF_KIND_FD, 32 },
	    { "buf", SBPF_KIND_POINTER, 32 },
	    { "count", SBPF_KIND_SIZE, 32 },
	    { "pos_hi", SBPF_KIND_NUMBER, 32 },
	    { "pos_lo", SBPF_KIND_NUMBER, 32 } } },
	{ "x86",
	  "fanotify_mark",
	  { { "fanotify_fd", SBPF_KIND_FD, 32 },
	    { "flags", SBPF_KIND_FLAGS, 32 },
	    { "mask_lo", SBPF_KIND_NUMBER, 32 },
	    { "mask_hi", SBPF_KIND_NUMBER, 32 },
	    { "dfd", SBPF_KIND_FD, 32 },
	    { "pathname", SBPF_KIND_POINTER, 32 } } },
	/* The orders of CONFIG_CLONE_BACKWARDS and CONFIG_CLONE_BACKWARDS2. */
	{ "x86_64",
	  "clone",
	  { { "clone_flags", SBPF_KIND_FLAGS, 32 },
	    { "newsp", SBPF_KIND_POINTER, 64 },
	    { "parent_tidptr", SBPF_KIND_POINTER, 64 },
	    { "child_tidptr", SBPF_KIND_POINTER, 64 },
	    { "tls", SBPF_KIND_POINTER, 64 } } },
	{ "aarch64",
	  "clone",
	  { { "clone_flags", SBPF_KIND_FLAGS, 32 },
	    { "newsp", SBPF_KIND_POINTER, 64 },
	    { "parent_tidptr", SBPF_KIND_POINTER, 64 },
	    { "tls", SBPF_KIND_POINTER, 64 },
	    { "child_tidptr", SBPF_KIND_POINTER, 64 } } },
	{ "s390x",
	  "clone",
	  { { "newsp", SBPF_KIND_POINTER, 64 },
	    { "clone_flags", SBPF_KIND_FLAGS, 32 },
	    { "parent_tidptr", SBPF_KIND_POINTER, 64 },
	    { "child_tidptr", SBPF_KIND_POINTER, 64 },
	    { "tls", SBPF_KIND_POINTER, 64 } } },
	/* An argument block in memory, as some old ABIs have for mmap. */
	{ "s390x", "mmap", { { "arg", SBPF_KIND_POINTER, 64 } } },
};

START_TEST(signature_is_the_kernels)
{
	int abi = sbpf_abi_find(signatures[_i].abi);

	for (unsigned int i = 0; i < ARGUMENTS; i++) {
		const struct expected *expected = &signatures[_i].parameters[i];
		struct sbpf_parameter found;

		ck_assert_int_eq(sbpf_call_parameter(abi, signatures[_i].call, i, &found),
				 expected->name != NULL);
		if (!expected->name)
			continue;
		ck_assert_str_eq(found.name, expected->name);
		ck_assert_int_eq(found.kind, expected->kind);
		ck_assert_uint_eq(found.bits, expected->bits);
	}
}
END_TEST

/* ---- Widths ---- */

static const struct {
	const char *abi;
	const char *call;
	unsigned int argument;
	unsigned int bits;
} widths[] = {
	{ "x86_64", "personality", 0, 32 },
	{ "x86", "personality", 0, 32 },
	/* Declared long, and cut inside. */
	{ "ppc64le", "personality", 0, 32 },
	{ "mips64n32", "personality", 0, 32 },
	{ "x86_64", "clone", 0, 32 },
	{ "x86_64", "clone", 4, 64 },
	{ "s390x", "clone", 1, 32 },
	{ "s390x", "clone", 0, 64 },
	{ "x86_64", "mmap", 2, 32 },
	{ "aarch64", "mmap", 3, 32 },
	{ "riscv64", "mmap", 4, 32 },
	{ "x32", "readv", 2, 32 },
	{ "x86_64", "ptrace", 1, 32 },
	{ "parisc64", "mmap2", 2, 32 },
	{ "ppc64", "_llseek", 1, 32 },
	{ "ppc64", "_llseek", 2, 64 },
	/* ppc64 refuses a prot that it does not know. */
	{ "ppc64", "mmap", 2, 64 },
	{ "ppc64", "mmap", 3, 32 },
	/* An upper half makes these fail, or means something to some commands. */
	{ "x86_64", "mprotect", 2, 64 },
	{ "x86_64", "fcntl", 2, 64 },
	{ "ppc64", "socketcall", 0, 32 },
	{ "s390x", "ipc", 0, 32 },
	{ "x86_64", "unshare", 0, 64 },
	{ "x86_64", "prctl", 0, 32 },
	{ "x86_64", "prctl", 1, 64 },
	{ "x86_64", "ptrace", 0, 64 },
	{ "aarch64", "fallocate", 2, 64 },
	{ "x86_64", "chmod", 1, 32 },
	{ "x86", "setuid", 0, 32 },
	/* x32 has x86_64's registers, and entries of its own for some calls. */
	{ "x86_64", "ioctl", 2, 64 },
	{ "x32", "ioctl", 2, 32 },
	{ "x86_64", "ptrace", 2, 64 },
	{ "x32", "ptrace", 2, 32 },
	{ "x32", "ioctl", 1, 32 },
	{ "x32", "read", 1, 64 },
	{ "x32", "read", 2, 64 },
	{ "x32", "recvfrom", 1, 64 },
	{ "x32", "recvfrom", 2, 32 },
	/* By their definitions in newer releases than the rest. */
	{ "x86_64", "setxattrat", 2, 32 },
	{ "x86_64", "open_tree_attr", 4, 64 },
	{ "x86_64", "listns", 2, 64 },
};

START_TEST(width_is_what_the_kernel_reads)
{
	int abi = sbpf_abi_find(widths[_i].abi);
	struct sbpf_parameter parameter;

	ck_assert_uint_eq(call_parameter_bits(abi, id_of(widths[_i].call), widths[_i].argument),
			  widths[_i].bits);
	ck_assert(sbpf_call_parameter(abi, widths[_i].call, widths[_i].argument, &parameter));
	ck_assert_uint_eq(parameter.bits, widths[_i].bits);
}
END_TEST

static const char *const twins[][2] = {
	{ "mips", "mipsel" },	{ "mips64", "mipsel64" }, { "mips64n32", "mipsel64n32" },
	{ "ppc64", "ppc64le" }, { "sh", "sheb" },
};

START_TEST(byte_order_alone_changes_no_width)
{
	int one = sbpf_abi_find(twins[_i][0]);
	int other = sbpf_abi_find(twins[_i][1]);

	for (int id = 0; id < sbpf_call_count(); id++) {
		for (unsigned int i = 0; i < ARGUMENTS; i++)
			ck_assert_uint_eq(call_parameter_bits(one, id, i),
					  call_parameter_bits(other, id, i));
	}
}
END_TEST

/* ---- What is not known ---- */

static const struct {
	const char *abi;
	const char *call;
	unsigned int argument;
} unknowns[] = {
	{ "x86_64", "socket", 3 }, /* past its parameters */
	{ "x86_64", "socket", 6 }, /* past all arguments */
	{ "x86_64", "socket", 0xffffffff }, { "x86_64", "rseq_slice_yield", 0 }, /* has none */
	{ "x86_64", "nfsservctl", 0 }, /* not implemented any more */
	{ "arm", "cacheflush", 0 },    /* in no table of the kernel */
	{ "aarch64", "open", 0 },      /* not a call of this ABI */
};

START_TEST(unknown_parameter_is_whole)
{
	int abi = sbpf_abi_find(unknowns[_i].abi);
	struct sbpf_parameter parameter;

	ck_assert_uint_eq(call_parameter_bits(abi, id_of(unknowns[_i].call), unknowns[_i].argument),
			  64);
	ck_assert(!sbpf_call_parameter(abi, unknowns[_i].call, unknowns[_i].argument, &parameter));
}
END_TEST

START_TEST(unknown_call_or_abi_has_no_parameters)
{
	struct sbpf_parameter parameter;

	ck_assert(!sbpf_call_parameter(sbpf_abi_native(), "no_such_call", 0, &parameter));
	ck_assert(!sbpf_call_parameter(-1, "read", 0, &parameter));
	ck_assert(!sbpf_call_parameter(sbpf_abi_count(), "read", 0, &parameter));
}
END_TEST

/* ---- All of them ---- */

static void check_call(int abi, const char *call)
{
	struct sbpf_parameter parameter;
	struct sbpf_abi facts;
	bool ended = false;

	ck_assert(sbpf_abi_describe(abi, &facts));
	for (unsigned int i = 0; i < ARGUMENTS; i++) {
		bool found = sbpf_call_parameter(abi, call, i, &parameter);

		ck_assert_msg(!found || !ended, "%s: a gap before %u", call, i);
		ended = !found;
		if (!found)
			continue;
		ck_assert_uint_ge(strlen(parameter.name), 1);
		ck_assert_int_le(parameter.kind, SBPF_KIND_SIZE);
		if (parameter.bits != 32)
			ck_assert_uint_eq(parameter.bits, facts.register_bits);
		/* n32 has a compat_uptr_t. */
		if (parameter.kind == SBPF_KIND_POINTER)
			ck_assert_uint_ge(parameter.bits, facts.word_bits);
	}
}

START_TEST(parameters_fit_their_abi)
{
	for (int id = 0; id < sbpf_call_count(); id++)
		check_call(_i, sbpf_call_at(id));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("signatures");
	TCase *tests = tcase_create("parameters");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, signature_is_the_kernels, 0, COUNT(signatures));
	tcase_add_loop_test(tests, width_is_what_the_kernel_reads, 0, COUNT(widths));
	tcase_add_loop_test(tests, byte_order_alone_changes_no_width, 0, COUNT(twins));
	tcase_add_loop_test(tests, unknown_parameter_is_whole, 0, COUNT(unknowns));
	tcase_add_test(tests, unknown_call_or_abi_has_no_parameters);
	tcase_add_loop_test(tests, parameters_fit_their_abi, 0, sbpf_abi_count());
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
