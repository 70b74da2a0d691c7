/* SPDX-License-Identifier: MIT */
#include "replace.h"

#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What Linux has at most in the names of a file's extended attributes, and in one of them. */
#define ATTRIBUTE_SIZE_MAX 65536

bool write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length) {
		ssize_t written = write(fd, at, length);

		if (written <= 0) {
			errno = written < 0 ? errno : EIO;
			return false;
		}
		at += written;
		length -= (size_t)written;
	}
	return true;
}

/* ---- What the old file leaves ---- */

/* What creat(2) would give a new file, for mkstemp(3) gives 0600. */
static mode_t mode_of_new_file(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* Access control lists, and what users have attached; not file capabilities and the like. */
static bool is_kept(const char *attribute)
{
	return !strcmp(attribute, "system.posix_acl_access") || !strncmp(attribute, "user.", 5);
}

static bool copy_attribute(const char *path, int fd, const char *name, char *value)
{
	ssize_t size = getxattr(path, name, value, ATTRIBUTE_SIZE_MAX);

	return size >= 0 && fsetxattr(fd, name, value, (size_t)size, 0) == 0;
}

/* False with errno; a file system without attributes has none to copy. */
static bool copy_attributes(const char *path, int fd)
{
	char *names = malloc((size_t)2 * ATTRIBUTE_SIZE_MAX);
	ssize_t size = names ? listxattr(path, names, ATTRIBUTE_SIZE_MAX) : -1;
	bool copied = names && (size >= 0 || errno == ENOTSUP);

	for (ssize_t i = 0; copied && i < size; i += (ssize_t)strlen(names + i) + 1) {
		if (is_kept(names + i))
			copied = copy_attribute(path, fd, names + i, names + ATTRIBUTE_SIZE_MAX);
	}
	free(names);
	return copied;
}

static void warn_of(const char *program, const char *path, const char *what)
{
	report(program, "%s: warning: its %s cannot be kept: %s", path, what, strerror(errno));
}

/* Where there is an access control list, the mode's group bits are its mask. */
static bool inherit_group(const char *program, const char *path, int fd, gid_t group)
{
	if (fchown(fd, (uid_t)-1, group) < 0) {
		warn_of(program, path, "group");
		return false;
	}
	if (!copy_attributes(path, fd)) {
		warn_of(program, path, "extended attributes");
		return false;
	}
	return true;
}

/*
 * Owner, group, mode and attributes of the old file go to the new one, as far as this user may;
 * set-user-ID and the like do not. Another group, or one that a list that is lost had limited, gets
 * no more than all others have.
 */
static bool inherit(const char *program, const char *path, int fd, const struct stat *existing)
{
	mode_t mode = existing->st_mode & 0777;

	if (!inherit_group(program, path, fd, existing->st_gid))
		mode = (mode & ~070U) | (mode & 07U) << 3;
	if (fchmod(fd, mode) < 0)
		return false;
	if (fchown(fd, existing->st_uid, (gid_t)-1) < 0)
		warn_of(program, path, "owner");
	return true;
}

/* ---- The new file ---- */

/* What mkstemp(3) puts six random letters in place of. */
#define RANDOM_LETTERS                                                                             \
	"XX"                                                                                       \
	"XX"                                                                                       \
	"XX"

/* A short name in the same folder, malloc'd, for mkstemp(3): rename(2) stays in one file system. */
static char *temporary_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name;

	if (asprintf(&name, "%.*s.sbpf-" RANDOM_LETTERS, slash ? (int)(slash + 1 - path) : 0,
		     path) < 0)
		return NULL;
	return name;
}

/* Not 0 to 2, where they are closed: a message would go to the file. */
static int open_temporary(char *name)
{
	int fd = mkostemp(name, O_CLOEXEC);
	int moved, error;

	if (fd < 0 || fd > STDERR_FILENO)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	error = errno;
	close(fd);
	if (moved < 0)
		unlink(name);
	errno = error;
	return moved;
}

static bool fill(const char *program, const char *path, int fd, const struct stat *existing,
		 const void *data, size_t length)
{
	if (!write_all(fd, data, length))
		return false;
	if (existing ? !inherit(program, path, fd, existing) : fchmod(fd, mode_of_new_file()) < 0)
		return false;
	return fsync(fd) == 0;
}

static bool replace(const char *program, const char *path, const struct stat *existing,
		    const void *data, size_t length)
{
	char *temporary = temporary_name(path);
	int fd = temporary ? open_temporary(temporary) : -1;
	bool written = fd >= 0 && fill(program, path, fd, existing, data, length);
	int error = errno;

	if (fd >= 0 && close(fd) < 0 && written) {
		error = errno;
		written = false;
	}
	if (written && rename(temporary, path) < 0) {
		error = errno;
		written = false;
	}
	if (!written) {
		report(program, "%s: %s%s", path, fd < 0 ? "no file can be made beside it: " : "",
		       strerror(error));
		if (fd >= 0)
			unlink(temporary);
	}
	free(temporary);
	return written;
}

/* A signal between mkstemp(3) and rename(2) would leave the temporary file, so it waits. */
bool replace_file(const char *program, const char *path, const struct stat *existing,
		  const void *data, size_t length)
{
	sigset_t all, before;
	bool written;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	written = replace(program, path, existing, data, length);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return written;
}
