/* SPDX-License-Identifier: MIT */
/* A file that takes the place of another, or of none, when all of it is on disk. */
#ifndef SBPF_TOOLS_REPLACE_H
#define SBPF_TOOLS_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

struct stat;

/* write(2) until all is written; false with errno. */
bool write_all(int fd, const void *data, size_t length);

/*
 * Writes path, which is no symbolic link; existing describes the regular file that is there, or is
 * NULL. False when it failed, which was reported.
 */
bool replace_file(const char *program, const char *path, const struct stat *existing,
		  const void *data, size_t length);

#endif
