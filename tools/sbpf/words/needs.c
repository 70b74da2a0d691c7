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

/*
 * Measured with runc 1.1.5 and crun 1.8.1 on Linux 6.18, x86_64, by starting a container under a
 * profile that refuses one call, with EPERM, ENOSYS and KILL_PROCESS (scripts/measure-startup;
 * docs/lint.md has the table). execve and exit_group are any program's needs.
 */
const struct runtime_need runtime_needs[] = {
	/* runc with no_new_privs, without; crun with, without. */
	{ "openat", { FAILS, FAILS, STARTS, STARTS } },
	{ "close", { FAILS, FAILS, DIES_WITH_IT, DIES_WITH_IT } },
	{ "write", { FAILS, FAILS, STARTS, FAILS } },
	{ "fstatfs", { FAILS, FAILS, STARTS, STARTS } },
	{ "getdents64", { FAILS, FAILS, STARTS, STARTS } },
	{ "epoll_ctl", { DIES_WITH_IT, DIES_WITH_IT, STARTS, STARTS } },
	{ "getpid", { DIES_WITH_IT, DIES_WITH_IT, STARTS, STARTS } },
	{ "read", { STARTS, FAILS, STARTS, STARTS } },
	{ "newfstatat", { STARTS, FAILS, STARTS, STARTS } },
	{ "fstat", { STARTS, FAILS, STARTS, STARTS } },
	{ "chdir", { STARTS, FAILS, STARTS, STARTS } },
	{ "getcwd", { STARTS, FAILS, STARTS, STARTS } },
	{ "getppid", { STARTS, FAILS, STARTS, STARTS } },
	{ "prctl", { STARTS, FAILS, STARTS, FAILS } },
	{ "capget", { STARTS, FAILS, STARTS, STARTS } },
	{ "capset", { STARTS, FAILS, STARTS, FAILS } },
	{ "setgroups", { STARTS, FAILS, STARTS, STARTS } },
	{ "setgid", { STARTS, FAILS, STARTS, STARTS } },
	{ "setuid", { STARTS, FAILS, STARTS, STARTS } },
	{ "setresgid", { STARTS, STARTS, STARTS, FAILS } },
	{ "setresuid", { STARTS, STARTS, STARTS, FAILS } },
	{ "rt_sigaction", { STARTS, STARTS, STARTS, FAILS } },
	{ "rt_sigprocmask", { STARTS, STARTS, STARTS, FAILS } },
	{ "futex", { STARTS, DIES_WITH_IT, STARTS, STARTS } },
	{ "fcntl", { STARTS, DIES_WITH_IT, STARTS, STARTS } },
	{ "faccessat2", { STARTS, DIES_WITH_IT, STARTS, STARTS } },
};
const size_t runtime_need_count = COUNT(runtime_needs);
