/* SPDX-License-Identifier: MIT */
/*
 * check-libseccomp LIBRARY: whether a libseccomp.so.2 may become the one of all programs. It is
 * loaded with all that it needs, must have every function, and in a child make a filter, put it in
 * force and have it refuse a call. Linked with no libseccomp itself. Exit status 0, else 1 and why.
 */
#include "functions.h"

#include <dlfcn.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* An errno that chmod(2) never gives by itself. */
#define REFUSAL EXDEV

/* What the child found, as its exit status. */
enum finding {
	WORKS = 0,
	NO_CONTEXT = 1,
	NO_RULE = 2,
	NOT_IN_FORCE = 3,
	REFUSES_NOTHING = 4,
	REFUSES_TOO_MUCH = 5,
};

static const char *const findings[] = {
	[WORKS] = "works",
	[NO_CONTEXT] = "seccomp_init() makes no context",
	[NO_RULE] = "seccomp_rule_add() takes no rule",
	[NOT_IN_FORCE] = "seccomp_load() puts no filter in force",
	[REFUSES_NOTHING] = "its filter does not refuse what it should",
	[REFUSES_TOO_MUCH] = "its filter refuses what it should not",
};

static int fail(const char *path, const char *why)
{
	fprintf(stderr, "check-libseccomp: %s: %s\n", path, why);
	return 1;
}

/* NULL, which was reported, where it cannot be loaded or lacks a function. */
static void *load(const char *path)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!library) {
		fprintf(stderr, "check-libseccomp: %s\n", dlerror());
		return NULL;
	}
	for (size_t i = 0; i < COUNT(functions); i++) {
		if (!dlsym(library, functions[i])) {
			fprintf(stderr, "check-libseccomp: %s: has no %s()\n", path, functions[i]);
			return NULL;
		}
	}
	return library;
}

/* A function of the library by the name and type that seccomp.h gives it; C has no cast for it. */
#define TAKE(library, function)                                                                    \
	__extension__({                                                                            \
		__typeof__(function) *taken;                                                       \
		void *address = dlsym(library, #function);                                         \
		memcpy((void *)&taken, &address, sizeof(taken));                                   \
		taken;                                                                             \
	})

static enum finding use(void *library)
{
	scmp_filter_ctx context = TAKE(library, seccomp_init)(SCMP_ACT_ALLOW);

	if (!context)
		return NO_CONTEXT;
	if (TAKE(library, seccomp_rule_add)(context, SCMP_ACT_ERRNO(REFUSAL), SYS_fchmod, 0) < 0)
		return NO_RULE;
	if (TAKE(library, seccomp_load)(context) < 0)
		return NOT_IN_FORCE;
	TAKE(library, seccomp_release)(context);
	if (syscall(SYS_fchmod, -1, 0) == 0 || errno != REFUSAL)
		return REFUSES_NOTHING;
	return syscall(SYS_getppid) < 0 ? REFUSES_TOO_MUCH : WORKS;
}

int main(int argc, char **argv)
{
	void *library;
	pid_t child;
	int status;

	if (argc != 2) {
		fprintf(stderr, "usage: check-libseccomp LIBRARY\n");
		return 2;
	}
	library = load(argv[1]);
	if (!library)
		return 1;
	child = fork();
	if (child == 0)
		_exit((int)use(library));
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return fail(argv[1], strerror(errno));
	if (WIFSIGNALED(status))
		return fail(argv[1], strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == WORKS)
		return 0;
	if ((size_t)WEXITSTATUS(status) >= COUNT(findings))
		return fail(argv[1], "ends the process");
	return fail(argv[1], findings[WEXITSTATUS(status)]);
}
