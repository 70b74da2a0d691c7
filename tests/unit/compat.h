/* SPDX-License-Identifier: MIT */
/* What the tests of the drop-in libseccomp.so.2 share: asking a filter for its verdict. */
#ifndef SBPF_TESTS_UNIT_COMPAT_H
#define SBPF_TESTS_UNIT_COMPAT_H

#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "sbpf.h"

#include <seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Whether a filter's ABIs, which have one byte order, have the other one than this machine. */
static inline bool is_swapped(scmp_filter_ctx filter)
{
	struct sbpf_abi native, abi;

	ck_assert(sbpf_abi_describe(sbpf_abi_native(), &native));
	for (int i = 0; sbpf_abi_describe(i, &abi); i++) {
		if (seccomp_arch_exist(filter, seccomp_arch_resolve_name(abi.name)) == 0)
			return abi.big_endian != native.big_endian;
	}
	return false;
}

/* The bytes of a filter as it is exported, to be freed. */
static inline void *export_bytes(scmp_filter_ctx filter, size_t *size)
{
	void *bytes;

	*size = 0;
	ck_assert_int_eq(seccomp_export_bpf_mem(filter, NULL, size), 0);
	bytes = malloc(*size);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(seccomp_export_bpf_mem(filter, bytes, size), 0);
	return bytes;
}

static inline void swap_program(struct sock_filter *program, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		program[i].code = __builtin_bswap16(program[i].code);
		program[i].k = __builtin_bswap32(program[i].k);
	}
}

/* The same as instructions, in this machine's byte order. */
static inline struct sock_filter *export_program(scmp_filter_ctx filter, size_t *count)
{
	size_t size;
	struct sock_filter *program = export_bytes(filter, &size);

	*count = size / sizeof(*program);
	if (is_swapped(filter))
		swap_program(program, *count);
	return program;
}

/* The verdict for a call by a number of an ABI ("x32"), with its first two arguments. */
static inline uint32_t verdict_of_number(scmp_filter_ctx filter, const char *abi, uint32_t number,
					 uint64_t first, uint64_t second)
{
	struct seccomp_data data = { .nr = (int)number, .args = { first, second } };
	struct sbpf_abi description;
	struct sock_filter *program;
	uint32_t verdict;
	size_t count;

	ck_assert(sbpf_abi_describe(sbpf_abi_find(abi), &description));
	data.arch = description.audit_arch;
	program = export_program(filter, &count);
	verdict = sbpf_program_run(program, count, &data, description.big_endian, NULL);
	free(program);
	return verdict;
}

/* The same for a call by its name. */
static inline uint32_t verdict_of(scmp_filter_ctx filter, const char *abi, const char *call,
				  uint64_t first, uint64_t second)
{
	uint32_t number;

	ck_assert_msg(sbpf_call_number(sbpf_abi_find(abi), call, &number), "%s has no %s", abi,
		      call);
	return verdict_of_number(filter, abi, number, first, second);
}

/* A filter for one ABI, whether it is this machine's or not. */
static inline scmp_filter_ctx filter_for(uint32_t default_action, const char *abi)
{
	scmp_filter_ctx filter = seccomp_init(default_action);
	uint32_t token = seccomp_arch_resolve_name(abi);

	ck_assert_ptr_nonnull(filter);
	if (token == seccomp_arch_native())
		return filter;
	ck_assert_int_eq(seccomp_arch_remove(filter, SCMP_ARCH_NATIVE), 0);
	ck_assert_int_eq(seccomp_arch_add(filter, token), 0);
	return filter;
}

/* The number that rules name a call by. */
static inline int number_of(const char *call)
{
	int number = seccomp_syscall_resolve_name(call);

	ck_assert_msg(number != __NR_SCMP_ERROR, "%s is not known", call);
	return number;
}

#endif
