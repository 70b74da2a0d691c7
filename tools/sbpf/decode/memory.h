/* SPDX-License-Identifier: MIT */
/* The memory of another process. */
#ifndef SBPF_TOOLS_MEMORY_H
#define SBPF_TOOLS_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The most bytes that are read at once. */
#define READ_MAX 4096

/*
 * Reads up to size bytes, READ_MAX at most. Returns how many there were before the first that could
 * not be read.
 */
size_t memory_read(pid_t tid, uint64_t address, void *buffer, size_t size);

#endif
