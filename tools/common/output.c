/* SPDX-License-Identifier: MIT */
/* Files that are written whole or not at all. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t written = write(fd, at, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		at += written;
		length -= (size_t)written;
	}
	return true;
}

/* A terminal, pipe or socket cannot be replaced and need not be. */
static bool write_directly(const char *program, const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	bool written = fd >= 0 && write_all(fd, data, length);

	if (fd >= 0 && close(fd) < 0)
		written = false;
	if (!written)
		report(program, "%s: %s", path, strerror(errno));
	return written;
}

/* What mkstemp(3) puts six random letters in place of. */
#define RANDOM_LETTERS                                                                             \
	"XX"                                                                                       \
	"XX"                                                                                       \
	"XX"

/* "folder/name" → "folder/.name." and the letters, malloc'd: rename(2) stays in one file system. */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash + 1 - path) : 0;
	char *name;

	if (asprintf(&name, "%.*s.%s." RANDOM_LETTERS, folder, path, path + folder) < 0)
		return NULL;
	return name;
}

/* What creat(2) would give a new file, for mkstemp(3) gives 0600. */
static mode_t mode_of_new_file(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static bool fill(int fd, const void *data, size_t length, mode_t mode)
{
	return write_all(fd, data, length) && fchmod(fd, mode) == 0 && fsync(fd) == 0;
}

static bool replace(const char *program, const char *path, const void *data, size_t length,
		    mode_t mode)
{
	char *temporary = temporary_name(path);
	int fd = temporary ? mkstemp(temporary) : -1;
	bool written = fd >= 0 && fill(fd, data, length, mode);

	if (fd >= 0 && close(fd) < 0)
		written = false;
	if (written && rename(temporary, path) < 0)
		written = false;
	if (!written) {
		report(program, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			unlink(temporary);
	}
	free(temporary);
	return written;
}

/* A signal between mkstemp(3) and rename(2) would leave the temporary file, so it waits. */
static bool replace_undisturbed(const char *program, const char *path, const void *data,
				size_t length, mode_t mode)
{
	sigset_t all, before;
	bool written;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	written = replace(program, path, data, length, mode);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return written;
}

bool output_write(const char *program, const char *path, const void *data, size_t length)
{
	struct stat existing;
	char *target;
	bool written;

	if (!strcmp(path, "-")) {
		fwrite(data, 1, length, stdout);
		return output_flush(program);
	}
	if (stat(path, &existing) < 0)
		return replace_undisturbed(program, path, data, length, mode_of_new_file());
	if (!S_ISREG(existing.st_mode))
		return write_directly(program, path, data, length);

	/* Through a symbolic link: its target is replaced, not the link. */
	target = realpath(path, NULL);
	if (!target) {
		report(program, "%s: %s", path, strerror(errno));
		return false;
	}
	written = replace_undisturbed(program, target, data, length, existing.st_mode & 07777);
	free(target);
	return written;
}

bool output_flush(const char *program)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	report(program, "standard output: %s", strerror(errno));
	return false;
}
