/* SPDX-License-Identifier: MIT */
#include "needs.h"

#include "common.h"

/*
 * Measured on x86_64 and x86 by refusing each call to programs that do nothing but return, of glibc
 * 2.36 and musl 1.2.3, with EPERM, with ENOSYS and by killing; on arm64 by tracing the same
 * programs of glibc. What one of the libraries does without is left out.
 */
const struct need static_needs[] = {
	{ "execve", NULL, NULL, ANY_REFUSAL },
	/* Thread-local storage; other ABIs set it without a call. */
	{ "arch_prctl", "x86_64 x32", NULL, ANY_REFUSAL },
	{ "set_thread_area", "x86 m68k mips mips64 mips64n32", NULL, ANY_REFUSAL },
	{ "set_tls", "arm", NULL, ANY_REFUSAL },
	{ "set_tid_address", NULL, NULL, ENDING_REFUSAL },
};
const size_t static_need_count = COUNT(static_needs);

/* The loader of glibc, which maps the libraries; musl's needs mprotect, and mmap when killed. */
const struct need dynamic_needs[] = {
	{ "openat open", NULL, NULL, ANY_REFUSAL },
	{ "read", NULL, NULL, ANY_REFUSAL },
	{ "pread64", "x86_64 x32", NULL, ANY_REFUSAL },
	{ "newfstatat fstat fstatat64 fstat64 statx", NULL, NULL, ANY_REFUSAL },
	{ "mmap2", NULL, NULL, ANY_REFUSAL },
	{ "mmap", NULL, "mmap2", ANY_REFUSAL },
	{ "mprotect", NULL, NULL, ANY_REFUSAL },
	{ "close", NULL, NULL, ANY_REFUSAL },
	{ "brk", NULL, NULL, ENDING_REFUSAL },
	{ "munmap", NULL, NULL, ENDING_REFUSAL },
	{ "access faccessat", NULL, NULL, ENDING_REFUSAL },
	{ "prlimit64 ugetrlimit getrlimit", NULL, NULL, ENDING_REFUSAL },
	{ "set_robust_list", NULL, NULL, ENDING_REFUSAL },
};
const size_t dynamic_need_count = COUNT(dynamic_needs);
