/* SPDX-License-Identifier: MIT */
/* Finding the runtime and becoming it. */
#include "oci.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_RUNTIME "crun"

/* Where services look that were started without a PATH, or with one that lacks sbin. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* This program may be installed under the runtime's name: it must not call itself for ever. */
static bool is_this_program(const char *path)
{
	struct stat self, other;

	return !stat("/proc/self/exe", &self) && !stat(path, &other) &&
	       self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

static bool is_runtime(const char *path)
{
	struct stat status;

	return !access(path, X_OK) && !stat(path, &status) && S_ISREG(status.st_mode) &&
	       !is_this_program(path);
}

/*
 * Looks for a name in folders separated by colons. False when it is in none. Not in those relative
 * to the working directory: engines call a runtime from within the bundle.
 */
static bool search(const char *folders, const char *name, char *path, size_t size)
{
	for (const char *at = folders; *at; at += *at == ':') {
		int length = (int)strcspn(at, ":");
		int written = snprintf(path, size, "%.*s/%s", length, at, name);

		if (*at == '/' && written > 0 && (size_t)written < size && is_runtime(path))
			return true;
		at += length;
	}
	return false;
}

/* The path of the runtime in buffer; NULL when there is none, which was reported. */
static const char *find(const struct invocation *invocation, char *buffer, size_t size)
{
	const char *name = invocation->runtime;
	const char *folders = getenv("PATH");

	if (!name || !*name)
		name = getenv("SBPF_OCI_RUNTIME");
	if (!name || !*name)
		name = DEFAULT_RUNTIME;
	if (strchr(name, '/')) {
		if (!is_this_program(name))
			return name;
		log_line(invocation, LEVEL_ERROR, "the runtime '%s' is " PROGRAM " itself", name);
		return NULL;
	}
	if ((folders && search(folders, name, buffer, size)) ||
	    search(DEFAULT_PATH, name, buffer, size))
		return buffer;
	log_line(invocation, LEVEL_ERROR,
		 "there is no runtime '%s' in PATH: install it, or name another one with "
		 "--sbpf-runtime=PATH or SBPF_OCI_RUNTIME",
		 name);
	return NULL;
}

int runtime_execute(struct invocation *invocation)
{
	char buffer[4096];
	const char *path = find(invocation, buffer, sizeof(buffer));

	if (!path)
		return STATUS_FAILURE;
	/* crun chooses its handler by the name it is called by. */
	invocation->argv[0] = (char *)path;
	execv(path, invocation->argv);
	log_line(invocation, LEVEL_ERROR, "cannot execute '%s': %s", path, strerror(errno));
	return STATUS_FAILURE;
}
