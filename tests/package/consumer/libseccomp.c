/* SPDX-License-Identifier: MIT */
/* A program written for libseccomp, built against the installed drop-in. Also compiles as C++. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <seccomp.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/syscall.h>

/* getppid(2) fails with EXDEV, and of dup(2) only that of descriptor -1. */
static int load(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int result = -ENOMEM;

	if (!filter)
		return result;
	result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EXDEV), SCMP_SYS(getppid), 0);
	if (result == 0)
		result = seccomp_rule_add_exact(filter, SCMP_ACT_ERRNO(EXDEV), SCMP_SYS(dup), 1,
						SCMP_A0_32(SCMP_CMP_EQ, -1));
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

int main(void)
{
	char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, SCMP_SYS(read));
	int named = name && strcmp(name, "read") == 0;

	free(name);
	if (!named || seccomp_version()->minor != SCMP_VER_MINOR)
		return 2;
	if (load() != 0)
		return 3;
	if (syscall(SYS_getppid) != -1 || errno != EXDEV)
		return 4;
	if (syscall(SYS_dup, 0xffffffff) != -1 || errno != EXDEV)
		return 5;
	return syscall(SYS_dup, 2) < 0 ? 6 : 0;
}
