/* SPDX-License-Identifier: MIT */
/* Files that are written whole or not at all. */
#include "common.h"
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void go_on(int signal)
{
	(void)signal;
}

void output_begin(void)
{
	static char message[4096];
	struct sigaction limit;

	setvbuf(stderr, message, _IOLBF, sizeof(message));
	if (sigaction(SIGXFSZ, NULL, &limit) == 0 && limit.sa_handler == SIG_DFL) {
		limit = (struct sigaction){ .sa_handler = go_on, .sa_flags = SA_RESTART };
		sigaction(SIGXFSZ, &limit, NULL);
	}
}

static bool report_path(const char *program, const char *path, int error)
{
	report(program, "%s: %s", path, strerror(error));
	return false;
}

/* A terminal, pipe or socket cannot be replaced and need not be. */
static bool write_directly(const char *program, const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	bool written = fd >= 0 && write_all(fd, data, length);
	int error = errno;

	if (fd >= 0 && close(fd) < 0 && written) {
		error = errno;
		written = false;
	}
	return written || report_path(program, path, error);
}

/* The descriptor that a path such as /dev/stdout or /dev/fd/3 means, or -1. */
static int find_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };

	if (!strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < COUNT(folders); i++) {
		const char *number = path + strlen(folders[i]);

		if (!strncmp(path, folders[i], strlen(folders[i])) && *number &&
		    strlen(number) < 6 && !number[strspn(number, "0123456789")])
			return atoi(number); /* NOLINT(cert-err34-c): digits, and few */
	}
	return -1;
}

/* What is there, through symbolic links: 1 something, 0 nothing, -1 reported. */
static int look(const char *program, const char *path, struct stat *existing)
{
	struct stat link;

	if (stat(path, existing) == 0)
		return 1;
	if (errno != ENOENT) {
		report_path(program, path, errno);
		return -1;
	}
	if (lstat(path, &link) == 0 && S_ISLNK(link.st_mode)) {
		report(program, "%s: a symbolic link to a file that does not exist", path);
		return -1;
	}
	return 0;
}

/* Through a symbolic link: its target is replaced, not the link. */
static bool replace_target(const char *program, const char *path, const struct stat *existing,
			   const void *data, size_t length)
{
	char *target;
	bool written;

	/* A folder that may be written to is no leave to replace what is not. */
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0)
		return report_path(program, path, errno);
	target = realpath(path, NULL);
	if (!target)
		return report_path(program, path, errno);
	written = replace_file(program, target, existing, data, length);
	free(target);
	return written;
}

bool output_write(const char *program, const char *path, const void *data, size_t length)
{
	int descriptor = find_descriptor(path);
	struct stat existing;

	if (!strcmp(path, "-")) {
		fwrite(data, 1, length, stdout);
		return output_flush(program);
	}
	if (descriptor >= 0)
		return write_all(descriptor, data, length) || report_path(program, path, errno);
	switch (look(program, path, &existing)) {
	case 0:
		return replace_file(program, path, NULL, data, length);
	case 1:
		return S_ISREG(existing.st_mode)
			       ? replace_target(program, path, &existing, data, length)
			       : write_directly(program, path, data, length);
	}
	return false;
}

bool output_flush(const char *program)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	report(program, "standard output: %s", strerror(errno));
	return false;
}
