/* SPDX-License-Identifier: MIT */
/* Which arguments of which calls a recorder keeps the values of. */
#ifndef SBPF_TOOLS_WANTED_H
#define SBPF_TOOLS_WANTED_H

#include "recording.h"

struct wanted;

/*
 * Those that a profile may well put a condition on: families of sockets, flags of clone(2),
 * commands of ioctl(2). NULL: no memory. To be freed with wanted_free().
 */
struct wanted *wanted_new(void);
void wanted_free(struct wanted *wanted);

/*
 * Adds all arguments that are no pointers of the calls in a list such as "openat,mmap". False when
 * no ABI has one of them, which was reported as wrong usage of the tool.
 */
struct tool;
bool wanted_add(struct wanted *wanted, const struct tool *tool, const char *calls);

/* Those of one call: bit = argument. */
unsigned int wanted_arguments(const struct wanted *wanted, int abi, uint32_t number);

#endif
