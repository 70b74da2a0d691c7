/* SPDX-License-Identifier: MIT */
/*
 * A verdict that the kernel does by itself, exactly, stays. So allowed calls never stop, and those
 * that the kernel answers from its cache are the same as before.
 */
#include "rewrite.h"

#include <stdlib.h>
#include <string.h>

static const struct sock_filter allows_all[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };

static bool is_asked(uint32_t verdict, bool all)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
		return true;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return all;
	}
	return false;
}

struct sbpf_filter *rewrite_for_trace(const struct sbpf_filter *filter, bool all,
				      struct sbpf_error *error)
{
	int machine = filter ? sbpf_filter_machine(filter) : sbpf_abi_native();
	size_t count = 1;
	const struct sock_filter *from = filter ? sbpf_filter_program(filter, &count) : allows_all;
	struct sock_filter program[BPF_MAXINSNS];

	memcpy(program, from, count * sizeof(program[0]));
	for (size_t i = 0; i < count; i++) {
		if (program[i].code == (BPF_RET | BPF_K) && is_asked(program[i].k, all))
			program[i].k = SECCOMP_RET_TRACE | REWRITE_MARK;
	}
	return sbpf_filter_of_program(program, count, machine,
				      filter ? sbpf_filter_flags(filter) : 0, error);
}
