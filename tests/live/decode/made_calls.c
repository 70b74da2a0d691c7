/* SPDX-License-Identifier: MIT */
/*
 * Makes calls, each of which a filter keeps from being made: made_calls errno|trace CALLS.
 * The filter knows them by where they are made; the rest of this program's calls are its own. All
 * that they point to is static and this program is not position-independent, so that two runs have
 * the same pointers.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define P(pointer) ((long)(pointer))

/* The places behind the instructions, each of which is in one function, once: -O0. */
extern const char made_here[];
extern const char made_here_32bit[];

static __attribute__((noinline)) long enter(long number, const long *a)
{
	register long r10 __asm__("r10") = a[3];
	register long r8 __asm__("r8") = a[4];
	register long r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall\n\t.globl made_here\nmade_here:"
			 : "=a"(result)
			 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

static __attribute__((noinline)) long enter_32bit(long number, const long *a)
{
	long result;

	__asm__ volatile("push %%rbp\n\tmov %[sixth], %%rbp\n\tint $0x80\n\t"
			 ".globl made_here_32bit\nmade_here_32bit:\n\tpop %%rbp"
			 : "=a"(result)
			 : "a"(number), "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]),
			   "D"(a[4]), [sixth] "r"(a[5])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static void must_be_refused(long result)
{
	if (result != -EPERM) {
		fprintf(stderr, "made_calls: a call gave %ld instead of EPERM\n", result);
		exit(EXIT_FAILURE);
	}
}

#define CALL(name, ...) must_be_refused(enter(SYS_##name, (const long[6]){ __VA_ARGS__ }))
#define CALL32(number, ...) must_be_refused(enter_32bit(number, (const long[6]){ __VA_ARGS__ }))

static int install(uint32_t verdict)
{
	const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(uintptr_t)made_here, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(uintptr_t)made_here_32bit, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, verdict),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { COUNT(program), (struct sock_filter *)program };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

#include "usual_calls.h"

#include "hostile_calls.h"

static const struct {
	const char *name;
	void (*make)(void);
} kinds[] = {
	{ "usual", make_usual },
	{ "hostile", make_hostile },
	{ "random", make_random },
	{ "undumpable", make_undumpable },
};

int main(int argc, char **argv)
{
	const long none[6] = { 0 };
	bool is_traced = argc == 3 && !strcmp(argv[1], "trace");

	if (argc != 3)
		return 2;
	prepare();
	if (install(is_traced ? SECCOMP_RET_TRACE : SECCOMP_RET_ERRNO | EPERM)) {
		perror("made_calls: filter");
		return EXIT_FAILURE;
	}
	/* What follows must not be made. */
	must_be_refused(enter(SYS_getppid, none));
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (!strcmp(kinds[i].name, argv[2]))
			kinds[i].make();
	}
	return EXIT_SUCCESS;
}
