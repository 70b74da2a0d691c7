/* SPDX-License-Identifier: MIT */
/* Numbers and names of calls, the negative ones of calls that an ABI lacks among them. */
#include <string.h>

#include "compat.h"
#include "pseudo.h"

/* ---- Pseudo numbers ---- */

static const char *name_at(size_t index)
{
	return strings + pseudo_names[index];
}

/* 0 for a name that no ABI has. */
static int pseudo_of_name(const char *name)
{
	size_t low = 0;
	size_t high = PSEUDO_COUNT;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name_at(middle), name);

		if (order == 0)
			return pseudo_numbers[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 0;
}

/* The first place in pseudo_by_number[] with a number that is not above this one. */
static size_t place_of_pseudo(int number)
{
	size_t low = 0;
	size_t high = PSEUDO_COUNT;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pseudo_numbers[pseudo_by_number[middle]] > number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const char *name_of_pseudo(int number)
{
	size_t place = place_of_pseudo(number);

	if (place == PSEUDO_COUNT || pseudo_numbers[pseudo_by_number[place]] != number)
		return NULL;
	return name_at(pseudo_by_number[place]);
}

/* ---- Numbers ---- */

bool compat_find_multiplexed(int abi, const char *call, struct sbpf_multiplexed *multiplexed,
			     uint32_t *number)
{
	return sbpf_call_multiplexed(call, multiplexed) &&
	       sbpf_call_number(abi, multiplexed->multiplexer, number);
}

/*
 * Where socketcall(2) and ipc(2) also reach a call, libseccomp has it go by its pseudo number even
 * when the ABI has a number for it, as x86 does since Linux 4.3.
 */
int compat_number_of_name(int abi, const char *name)
{
	struct sbpf_multiplexed multiplexed;
	uint32_t number, other;
	int pseudo;

	if (sbpf_call_number(abi, name, &number) &&
	    !compat_find_multiplexed(abi, name, &multiplexed, &other))
		return (int)number;
	pseudo = pseudo_of_name(name);
	return pseudo ? pseudo : __NR_SCMP_ERROR;
}

const char *compat_name_of_number(int abi, int number)
{
	return number < 0 ? name_of_pseudo(number) : sbpf_call_name(abi, (uint32_t)number);
}

/* ---- The public face ---- */

COMPAT_API int seccomp_syscall_resolve_name_arch(uint32_t arch_token, const char *name)
{
	int abi = compat_abi_of_token(arch_token);

	return abi < 0 || !name ? __NR_SCMP_ERROR : compat_number_of_name(abi, name);
}

COMPAT_API int seccomp_syscall_resolve_name(const char *name)
{
	return seccomp_syscall_resolve_name_arch(SCMP_ARCH_NATIVE, name);
}

COMPAT_API int seccomp_syscall_resolve_name_rewrite(uint32_t arch_token, const char *name)
{
	int abi = compat_abi_of_token(arch_token);
	struct sbpf_multiplexed multiplexed;
	uint32_t rewritten;

	if (abi >= 0 && compat_find_multiplexed(abi, name, &multiplexed, &rewritten))
		return (int)rewritten;
	return seccomp_syscall_resolve_name_arch(arch_token, name);
}

/* As libseccomp does, takes numbers of x32 and mips without their offset too. */
static int with_offset(int abi, int number)
{
	struct sbpf_abi description;

	if (number < 0 || !sbpf_abi_describe(abi, &description) ||
	    (uint32_t)number >= description.number_offset)
		return number;
	return number + (int)description.number_offset;
}

COMPAT_API char *seccomp_syscall_resolve_num_arch(uint32_t arch_token, int num)
{
	int abi = compat_abi_of_token(arch_token);
	const char *name = abi < 0 ? NULL : compat_name_of_number(abi, with_offset(abi, num));

	/* On an ABI that has a number for a call its pseudo number is none. */
	if (!name || (num < 0 && compat_number_of_name(abi, name) != num))
		return NULL;
	return strdup(name);
}
