/* SPDX-License-Identifier: MIT */
/* A compiled filter. Immutable after sbpf_compile(). */
#ifndef SBPF_LIB_FILTER_H
#define SBPF_LIB_FILTER_H

#include "sbpf.h"

struct sbpf_filter {
	int machine;
	uint64_t abi_set;    /* bit = ABI index */
	bool leaves_out_own; /* its policy was told not to cover the machine's own ABI */
	unsigned int flags;  /* SECCOMP_FILTER_FLAG_* of the policy */
	bool needs_listener;
	size_t count;
	struct sock_filter program[];
};

#endif
