/* SPDX-License-Identifier: MIT */
/* Finding the runtime and becoming it; identify.c says what it is. */
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

bool runtime_find(struct invocation *invocation)
{
	const char *name = invocation->runtime;
	const char *folders = getenv("PATH");
	char *buffer = invocation->runtime_path;
	size_t size = sizeof(invocation->runtime_path);

	if (!name || !*name)
		name = getenv("SBPF_OCI_RUNTIME");
	if (!name || !*name)
		name = DEFAULT_RUNTIME;
	invocation->runtime = name;
	if (strchr(name, '/')) {
		if (!is_this_program(name))
			return true;
		log_line(invocation, LEVEL_ERROR, "the runtime '%s' is " PROGRAM " itself", name);
		return false;
	}
	if ((folders && search(folders, name, buffer, size)) ||
	    search(DEFAULT_PATH, name, buffer, size)) {
		invocation->runtime = buffer;
		return true;
	}
	log_line(invocation, LEVEL_ERROR,
		 "there is no runtime '%s' in PATH: install it, or name another one with "
		 "--sbpf-runtime=PATH or SBPF_OCI_RUNTIME",
		 name);
	return false;
}

int runtime_execute(struct invocation *invocation)
{
	/* crun chooses its handler by the name it is called by. */
	invocation->argv[0] = (char *)invocation->runtime;
	execv(invocation->runtime, invocation->argv);
	log_line(invocation, LEVEL_ERROR, "cannot execute '%s': %s", invocation->runtime,
		 strerror(errno));
	return STATUS_FAILURE;
}
