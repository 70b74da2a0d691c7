/* SPDX-License-Identifier: MIT */
/* What a call asks for, as strace would print it, and who made it. */
#ifndef SBPF_TOOLS_DECODE_H
#define SBPF_TOOLS_DECODE_H

#include "sbpf.h"

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

/* The most bytes that a call takes in text. */
#define DECODED_MAX 1000

/*
 * Prints one call: openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC). What its arguments point to
 * is read from the thread tid, which must be stopped at the call; tid <= 0: nothing can be read,
 * numbers and constants only. abi is an ABI's index or -1. Always one line of printable ASCII, at
 * most DECODED_MAX bytes, whatever the thread's memory holds; what cannot be read is printed as the
 * pointer to it. Takes at most some hundred reads.
 */
void decode_call(FILE *out, pid_t tid, int abi, const struct seccomp_data *data);

/*
 * The file, as /proc/PID/maps names it, that made the call, and the offset in it behind the
 * instruction, or "[vdso]" and the like, or "[anonymous]" and the offset in that mapping. False
 * when it cannot be read, or is nowhere. A file's name may have any bytes. Some microseconds, and
 * on kernels before 6.11 as many as the process has mappings.
 */
bool decode_caller(pid_t tid, const struct seccomp_data *data, char object[PATH_MAX],
		   uint64_t *offset);

/* How a filter can tell the values of an argument apart. */
enum decode_test {
	DECODE_TEST_NONE,  /* a pointer, a descriptor, a size: no small set of values */
	DECODE_TEST_VALUE, /* it is one of a few: (family == AF_INET) */
	DECODE_TEST_FLAGS, /* it is several bits: (clone_flags & CLONE_NEWUSER) */
};
enum decode_test decode_test(int abi, uint32_t number, unsigned int argument);

/*
 * What says what a call does, but no filter sees, for it is in memory that the call points to:
 * "clone_args" of clone3, "open_how" of openat2. NULL for other calls. Static storage.
 */
const char *decode_unseen(int abi, uint32_t number);

#endif
