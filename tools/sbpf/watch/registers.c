/* SPDX-License-Identifier: MIT */
#include "registers.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

/* What of PTRACE_GET_SYSCALL_INFO's answer every kernel with it has (Linux 5.3). */
static bool read_info(pid_t tid, struct __ptrace_syscall_info *info)
{
	*info = (struct __ptrace_syscall_info){ 0 };
	return ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(*info), info) > 0;
}

bool registers_call(pid_t tid, struct seccomp_data *data, uint32_t *trace_data)
{
	struct __ptrace_syscall_info info;

	if (!read_info(tid, &info))
		return false;
	if (info.op != PTRACE_SYSCALL_INFO_SECCOMP) {
		errno = ENOSYS;
		return false;
	}
	*data = (struct seccomp_data){
		.nr = (int)info.seccomp.nr,
		.arch = info.arch,
		.instruction_pointer = info.instruction_pointer,
	};
	for (size_t i = 0; i < 6; i++)
		data->args[i] = info.seccomp.args[i];
	*trace_data = info.seccomp.ret_data;
	return true;
}

#if defined(__x86_64__)

bool registers_known(void)
{
	return true;
}

/* What a 64-bit tracer pokes has the layout of 64 bits, whatever the thread runs. */
bool registers_answer(pid_t tid, const struct seccomp_data *data, int error)
{
	(void)data;
	return ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.orig_rax), -1L) == 0 &&
	       ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.rax), -(long)error) == 0;
}

static void set_arguments(struct seccomp_data *data, const struct user_regs_struct *registers)
{
	const uint64_t wide[] = { registers->rdi, registers->rsi, registers->rdx,
				  registers->r10, registers->r8,  registers->r9 };
	const uint64_t narrow[] = { registers->rbx, registers->rcx, registers->rdx,
				    registers->rsi, registers->rdi, registers->rbp };

	for (size_t i = 0; i < 6; i++)
		data->args[i] = data->arch == AUDIT_ARCH_I386 ? (uint32_t)narrow[i] : wide[i];
}

bool registers_refused(pid_t tid, struct seccomp_data *data)
{
	struct __ptrace_syscall_info info;
	struct user_regs_struct registers;
	int number;

	if (!read_info(tid, &info) || ptrace(PTRACE_GETREGS, tid, 0, &registers) < 0)
		return false;
	/* A thread that is killed alone has what the kernel puts there before a call. */
	number = (int)registers.orig_rax;
	if (number == -1 || ((int)registers.rax != number && (int)registers.rax != -ENOSYS))
		return false;
	*data = (struct seccomp_data){
		.nr = number,
		.arch = info.arch,
		.instruction_pointer = registers.rip,
	};
	set_arguments(data, &registers);
	return true;
}

bool registers_result(pid_t tid, long result, struct seccomp_data *data)
{
	struct __ptrace_syscall_info info;
	struct user_regs_struct registers;

	errno = 0;
	if (ptrace(PTRACE_PEEKUSER, tid, offsetof(struct user, regs.rax), 0) != result || errno ||
	    !read_info(tid, &info) || ptrace(PTRACE_GETREGS, tid, 0, &registers) < 0 ||
	    (int)registers.orig_rax == -1)
		return false;
	*data = (struct seccomp_data){
		.nr = (int)registers.orig_rax,
		.arch = info.arch,
		.instruction_pointer = registers.rip,
	};
	set_arguments(data, &registers);
	return true;
}

bool registers_set_result(pid_t tid, long result)
{
	return ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.rax), result) == 0;
}

#elif defined(__aarch64__)

#include <asm/ptrace.h>

/* The kernel shows 32-bit threads with the 18 registers of struct pt_regs on 32-bit Arm. */
union registers {
	struct user_pt_regs wide;
	uint32_t narrow[18];
};

bool registers_known(void)
{
	return true;
}

static bool read_registers(pid_t tid, union registers *registers, struct iovec *vector)
{
	*vector = (struct iovec){ registers, sizeof(*registers) };
	return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, vector) == 0;
}

bool registers_answer(pid_t tid, const struct seccomp_data *data, int error)
{
	int none = -1;
	struct iovec number = { &none, sizeof(none) };
	union registers registers;
	struct iovec vector;

	if (ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &number) < 0 ||
	    !read_registers(tid, &registers, &vector))
		return false;
	if (data->arch == AUDIT_ARCH_ARM)
		registers.narrow[0] = (uint32_t)-error;
	else
		registers.wide.regs[0] = (uint64_t) - (int64_t)error;
	return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &vector) == 0;
}

bool registers_refused(pid_t tid, struct seccomp_data *data)
{
	struct __ptrace_syscall_info info;
	union registers registers;
	struct iovec vector;

	if (!read_info(tid, &info) || !read_registers(tid, &registers, &vector))
		return false;
	*data = (struct seccomp_data){
		.arch = info.arch,
		.instruction_pointer = info.instruction_pointer,
	};
	data->nr = data->arch == AUDIT_ARCH_ARM ? (int)registers.narrow[7]
						: (int)registers.wide.regs[8];
	for (size_t i = 0; i < 6; i++)
		data->args[i] =
			data->arch == AUDIT_ARCH_ARM ? registers.narrow[i] : registers.wide.regs[i];
	return true;
}

/* The kernel has forgotten the call by then (arch/arm64/kernel/signal.c: do_signal). */
bool registers_result(pid_t tid, long result, struct seccomp_data *data)
{
	(void)tid;
	(void)result;
	(void)data;
	return false;
}

bool registers_set_result(pid_t tid, long result)
{
	(void)tid;
	(void)result;
	return false;
}

#else

bool registers_known(void)
{
	return false;
}

bool registers_answer(pid_t tid, const struct seccomp_data *data, int error)
{
	(void)tid;
	(void)data;
	(void)error;
	return false;
}

bool registers_refused(pid_t tid, struct seccomp_data *data)
{
	(void)tid;
	(void)data;
	return false;
}

bool registers_result(pid_t tid, long result, struct seccomp_data *data)
{
	(void)tid;
	(void)result;
	(void)data;
	return false;
}

bool registers_set_result(pid_t tid, long result)
{
	(void)tid;
	(void)result;
	return false;
}

#endif
