/* SPDX-License-Identifier: MIT */
/*
 * Tests on the running kernel. A filter cannot be taken off again, so every case is a process of
 * its own that leaves what it saw in memory shared with the test.
 */
#ifndef SBPF_TESTS_LIVE_H
#define SBPF_TESTS_LIVE_H

#include "sbpf.h"

#include <check.h>

#if defined(__x86_64__) && !defined(__X32_SYSCALL_BIT)
#define __X32_SYSCALL_BIT 0x40000000 /* musl's <sys/syscall.h> lacks it */
#endif

/* What the case's process saw. */
struct seen {
	long value;    /* of the call under test */
	int error;     /* its errno, when the value is -1 */
	int installed; /* what sbpf_install() returned */
	struct sbpf_error install_error;
	bool no_new_privs; /* afterwards */
	int signal_errno;  /* siginfo of SIGSYS */
	int signal_code;
	int signal_call;
	unsigned int signal_arch;
	bool survived; /* the case went on after the call */
};

typedef void (*case_body)(struct seen *seen, const struct sbpf_filter *filter);

/* Runs a case in a child process and returns its wait status. */
int run_case(case_body body, const struct sbpf_filter *filter, struct seen *seen);

/* An allow-all policy with one rule: call gets the verdict. Compiled; the caller's. */
struct sbpf_filter *filter_of(const char *call, uint32_t verdict,
			      const struct sbpf_condition *conditions, size_t count,
			      const struct sbpf_target *target);

/* Compiles a policy and frees it; a failure ends the test. */
struct sbpf_filter *compile(struct sbpf_policy *policy);

/* sbpf_install() with what it returned noted. */
bool install(const struct sbpf_filter *filter, unsigned int flags, struct seen *seen);

/* getppid(2) with six arguments, which it does not look at but filters do; noted. */
void call_getppid(struct seen *seen, const uint64_t arguments[6]);

/* A case: install, then getppid(2). */
void install_and_call(struct seen *seen, const struct sbpf_filter *filter);

/* Whether the case ended by itself, or by SIGSYS. */
#define assert_survived(status, seen)                                                              \
	do {                                                                                       \
		int ended = (status);                                                              \
		ck_assert_msg(WIFEXITED(ended) && (seen)->survived, "wait status %#x", ended);     \
	} while (0)
#define assert_killed(status, seen)                                                                \
	do {                                                                                       \
		int ended = (status);                                                              \
		ck_assert_msg(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGSYS, "wait status %#x",  \
			      ended);                                                              \
		ck_assert(!(seen)->survived);                                                      \
	} while (0)

/* Says that a case cannot run here, and why. */
void skip(const char *what, const char *why);

/* For ctest: all cases of this program were skipped. */
#define STATUS_SKIPPED 77

/* Runs the cases of a suite; the exit status of the program. */
int run_tests(const char *name, const TTest *const *tests, size_t count);

#endif
