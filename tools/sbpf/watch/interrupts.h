/* SPDX-License-Identifier: MIT */
/* Calls that are interrupted only because they are watched. */
#ifndef SBPF_TOOLS_INTERRUPTS_H
#define SBPF_TOOLS_INTERRUPTS_H

#include "tracees.h"

/*
 * In a stop for a signal that the thread is about to get, and in one for SIGCONT where it had not
 * stopped (signal 0): a call that ended with EINTR for it begins again, if without a tracer the
 * signal would not have been noticed. For a signal that is, EINTR is put back.
 */
void interrupts_undo(struct tracee *tracee, int signal);

#endif
