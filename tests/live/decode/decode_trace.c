/* SPDX-License-Identifier: MIT */
/*
 * Runs a program whose filter hands calls to its tracer, and prints each as decode_call() has it:
 * decode_trace [--caller|--blind] PROGRAM ARGUMENT... Each such call gets EPERM. --caller: with the
 * place that it was made at; --blind: without looking at the program.
 */
#include "decode.h"

#include "sbpf.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define CANNOT_BE_TESTED 77

static void fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

/* The ABI of a call: the one with this arch, of x86_64's two by its number. */
static int abi_of_call(const struct seccomp_data *data)
{
	struct sbpf_abi abi;

	for (int i = 0; sbpf_abi_describe(i, &abi); i++) {
		bool is_x32 = !strcmp(abi.name, "x32");

		if (abi.audit_arch == data->arch && is_x32 == !!(data->nr & SBPF_X32_BIT))
			return i;
	}
	return -1;
}

static void read_call(pid_t child, struct seccomp_data *data)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) <= 0)
		fail("decode_trace: PTRACE_GET_SYSCALL_INFO");
	*data = (struct seccomp_data){ .nr = (int)info.seccomp.nr,
				       .arch = info.arch,
				       .instruction_pointer = info.instruction_pointer };
	for (size_t i = 0; i < 6; i++)
		data->args[i] = info.seccomp.args[i];
}

static void refuse(pid_t child)
{
	ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, orig_rax), -1L);
	ptrace(PTRACE_POKEUSER, child, offsetof(struct user_regs_struct, rax), -(long)EPERM);
}

static void print_call(pid_t child, const char *option)
{
	char object[PATH_MAX];
	struct seccomp_data data;
	uint64_t offset;

	read_call(child, &data);
	decode_call(stdout, strcmp(option, "--blind") ? child : 0, abi_of_call(&data), &data);
	if (!strcmp(option, "--caller") && decode_caller(child, &data, object, &offset))
		printf(" %s+0x%lx", object, (unsigned long)offset);
	putchar('\n');
	refuse(child);
}

static int follow(pid_t child, const char *option)
{
	int status;

	for (;;) {
		int signal = 0;

		if (waitpid(child, &status, 0) != child)
			fail("decode_trace: waitpid");
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			print_call(child, option);
		else if (WSTOPSIG(status) != SIGTRAP)
			signal = WSTOPSIG(status);
		ptrace(PTRACE_CONT, child, 0, signal);
	}
}

int main(int argc, char **argv)
{
	const char *option = argc > 1 && !strncmp(argv[1], "--", 2) ? argv[1] : "";
	char **words = argv + 1 + !!*option;
	int status;
	pid_t child;

	if (argc < 2 || !*words)
		return 2;
	child = fork();
	if (child < 0)
		fail("decode_trace: fork");
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(CANNOT_BE_TESTED);
		raise(SIGSTOP);
		execv(words[0], words);
		fail(words[0]);
	}
	if (waitpid(child, &status, 0) != child)
		fail("decode_trace: waitpid");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, child, 0, 0);
	return follow(child, option);
}
