/* SPDX-License-Identifier: MIT */
/* What the runtime is: whether it takes a finished filter by an annotation, as crun does. */
#include "oci.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How long it may take to say what it is, in seconds. */
#define PATIENCE 10

/* A program that names the annotation takes it. That crun does is seen in no time. */
static bool names_annotation(const char *path)
{
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *content = MAP_FAILED;
	bool found = false;

	if (descriptor < 0)
		return false;
	if (!fstat(descriptor, &status) && S_ISREG(status.st_mode) && status.st_size > 0)
		content = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
	close(descriptor);
	if (content == MAP_FAILED)
		return false;
	/* A script may speak of it without taking it. */
	if (!memcmp(content, "\177ELF", status.st_size < 4 ? (size_t)status.st_size : 4))
		found = memmem(content, (size_t)status.st_size, FILTER_ANNOTATION,
			       strlen(FILTER_ANNOTATION));
	munmap(content, (size_t)status.st_size);
	return found;
}

/* ---- What --version prints ---- */

static long milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Starts "PATH --version" with a pipe for its output. False: that failed. */
static bool start(const char *path, int *output, pid_t *process)
{
	char *argv[] = { (char *)path, (char *)"--version", NULL };
	posix_spawn_file_actions_t actions;
	int ends[2];
	bool done;

	if (pipe2(ends, O_CLOEXEC))
		return false;
	if (posix_spawn_file_actions_init(&actions)) {
		close(ends[0]);
		close(ends[1]);
		return false;
	}
	done = !posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) &&
	       !posix_spawn_file_actions_adddup2(&actions, ends[1], 1) &&
	       !posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) &&
	       !posix_spawn(process, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	*output = ends[0];
	if (!done)
		close(ends[0]);
	return done;
}

/* Until it closes its output, has printed more than matters, or takes too long. */
static void read_output(int output, char *text, size_t size)
{
	const long end = milliseconds() + PATIENCE * 1000L;
	size_t length = 0;

	while (length + 1 < size) {
		struct pollfd poll_for = { .fd = output, .events = POLLIN };
		long left = end - milliseconds();
		ssize_t count;

		if (left <= 0 || (poll(&poll_for, 1, (int)left) <= 0 && errno != EINTR))
			break;
		if (!poll_for.revents)
			continue;
		count = read(output, text + length, size - 1 - length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			break;
		length += (size_t)count;
	}
	text[length] = '\0';
}

/* Waits for its end, which is made to come. Whether that was a success. */
static bool wait_for_end(pid_t process)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	const long end = milliseconds() + PATIENCE * 1000L;
	pid_t ended;
	int status;

	while ((ended = waitpid(process, &status, WNOHANG)) == 0 && milliseconds() < end)
		nanosleep(&pause, NULL);
	if (ended == 0) {
		kill(process, SIGKILL);
		while ((ended = waitpid(process, &status, 0)) < 0 && errno == EINTR)
			;
	}
	return ended == process && WIFEXITED(status) && !WEXITSTATUS(status);
}

/* False when it says nothing, or fails. */
static bool ask(const char *path, char *text, size_t size)
{
	int output;
	pid_t process;

	if (!start(path, &output, &process))
		return false;
	read_output(output, text, size);
	close(output);
	return wait_for_end(process) && text[0] != '\0';
}

bool runtime_takes_filters(const struct invocation *invocation)
{
	const char *path = invocation->runtime;
	char text[512];

	if (names_annotation(path) || !ask(path, text, sizeof(text)) ||
	    !strncmp(text, "crun version ", 13) || strstr(text, "\ncrun version "))
		return true;
	text[strcspn(text, "\r\n")] = '\0';
	log_line(invocation, LEVEL_ERROR,
		 "the runtime '%s' calls itself '%s': " PROGRAM " takes crun, from 0.18 on, for no "
		 "other runtime takes a finished filter; install crun, or name it with "
		 "--sbpf-runtime=PATH or SBPF_OCI_RUNTIME",
		 path, text);
	return false;
}
