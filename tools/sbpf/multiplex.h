/* SPDX-License-Identifier: MIT */
/* Calls that are also reached by socketcall(2) and ipc(2). */
#ifndef SBPF_TOOLS_MULTIPLEX_H
#define SBPF_TOOLS_MULTIPLEX_H

#include <stdbool.h>
#include <stdint.h>

/* The sub-calls of a multiplexer are numbered below this. */
#define SUB_CALLS_MAX 32

bool is_multiplexer(const char *call);

/* The name of the call's multiplexer, and the number in its argument 0; NULL when it has none. */
const char *multiplexer_of(const char *call, uint32_t *number);

#endif
