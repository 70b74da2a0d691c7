/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* The smallest page there is: memory that can be read never ends within one. */
#define PAGE 4096
#define PAGES_MAX (READ_MAX / PAGE + 1)

/* The parts of a stretch of memory in each of its pages. Returns how many there are. */
static size_t split(uint64_t address, size_t size, struct iovec parts[PAGES_MAX])
{
	size_t count = 0;

	while (size && count < PAGES_MAX) {
		size_t room = PAGE - address % PAGE;
		size_t length = size < room ? size : room;

		/* An address of the other process, which may be wider than one of ours. */
		if (address > UINTPTR_MAX)
			break;
		parts[count++] = (struct iovec){ (void *)(uintptr_t)address, length };
		address += length;
		size -= length;
	}
	return count;
}

/* -1 when the kernel lets nobody read in this way. */
static ssize_t read_directly(pid_t tid, uint64_t address, void *buffer, size_t size)
{
	struct iovec local = { buffer, size };
	struct iovec parts[PAGES_MAX];
	size_t count = split(address, size, parts);

	return count ? process_vm_readv(tid, &local, 1, parts, count, 0) : 0;
}

static ssize_t read_file(pid_t tid, uint64_t address, char *buffer, size_t size)
{
	struct iovec parts[PAGES_MAX];
	size_t count = split(address, size, parts);
	char path[64];
	ssize_t total = 0;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)tid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		ssize_t got = pread(file, buffer + total, parts[i].iov_len,
				    (off_t)(uintptr_t)parts[i].iov_base);

		total += got > 0 ? got : 0;
		if (got != (ssize_t)parts[i].iov_len)
			break;
	}
	close(file);
	return total;
}

/*
 * The two ways are guarded differently: the file by the rules at its opening, the call by those of
 * ptrace(2) each time (mm/process_vm_access.c, fs/proc/base.c: proc_mem_open).
 */
size_t memory_read(pid_t tid, uint64_t address, void *buffer, size_t size)
{
	ssize_t got;

	if (tid <= 0 || !address)
		return 0;
	size = size < READ_MAX ? size : READ_MAX;
	got = read_directly(tid, address, buffer, size);
	if (got < 0)
		got = read_file(tid, address, buffer, size);
	return got > 0 ? (size_t)got : 0;
}
