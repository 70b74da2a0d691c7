/* SPDX-License-Identifier: MIT */
/* What of a thread's registers is about its system call; the only file that knows machines. */
#ifndef SBPF_TOOLS_REGISTERS_H
#define SBPF_TOOLS_REGISTERS_H

#include "sbpf.h"

#include <sys/types.h>

/* Whether calls can be read and answered on this machine. */
bool registers_known(void);

/*
 * The call at whose PTRACE_EVENT_SECCOMP the thread is stopped, and the data of the filter's
 * SECCOMP_RET_TRACE. False with errno: ESRCH when it is gone.
 */
bool registers_call(pid_t tid, struct seccomp_data *data, uint32_t *trace_data);

/*
 * Has the thread's call, as registers_call() gave it, not be made and give this errno, or 0. False
 * as above.
 */
bool registers_answer(pid_t tid, const struct seccomp_data *data, int error);

/*
 * The call that brought a thread to its SIGSYS or its end: arch, number, arguments and address. The
 * kernel has put the registers back as they were (syscall_rollback). False when it is gone, or the
 * registers are not as after a call that was refused.
 */
bool registers_refused(pid_t tid, struct seccomp_data *data);

/*
 * In a stop between a call and the return from it: the call that has given this result (0 or a
 * negative errno, which may be one of the kernel's own). False when there is none.
 */
bool registers_result(pid_t tid, long result, struct seccomp_data *data);
bool registers_set_result(pid_t tid, long result);

#endif
