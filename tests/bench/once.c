// SPDX-License-Identifier: MIT
/* One compile in a process of its own, which runs this program or bench-heap with --once. */
#define _GNU_SOURCE
#include "bench.h"
#include "meter.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

void print_once(const struct task *task, const struct compiler *compiler)
{
	struct program program;

	meter_start();
	program = compiler->compile(task);
	printf("%" PRIu64 "\n", meter_read());
	program_free(&program);
}

/* The program beside this one of the name "bench" and the suffix. */
static void find_program(char path[PATH_MAX], const char *suffix)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0)
		err(1, "/proc/self/exe");
	self[length] = '\0';
	if (snprintf(path, PATH_MAX, "%s%s", self, suffix) >= PATH_MAX)
		errx(1, "the path of this program is too long");
}

static void become(const char *path, const struct task *task, const char *key, int output)
{
	if (dup2(output, STDOUT_FILENO) < 0)
		err(1, "dup2");
	execl(path, path, "--once", key, "--arch", task->machine, "--abi", task->abis, "--",
	      task->path, (char *)NULL);
	err(1, "%s", path);
}

static uint64_t run_once(const char *suffix, const struct task *task, const char *key)
{
	char path[PATH_MAX];
	uint64_t reading;
	int ends[2];
	int status;
	FILE *output;
	pid_t child;

	find_program(path, suffix);
	if (pipe2(ends, O_CLOEXEC) < 0)
		err(1, "pipe2");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0)
		become(path, task, key, ends[1]);
	close(ends[1]);
	output = fdopen(ends[0], "r");
	if (!output || fscanf(output, "%" SCNu64, &reading) != 1)
		errx(1, "%s --once %s did not tell its reading", path, key);
	fclose(output);
	if (waitpid(child, &status, 0) < 0 || status != 0)
		errx(1, "%s --once %s failed", path, key);
	return reading;
}

uint64_t time_once(const struct task *task, const struct compiler *compiler)
{
	return run_once("", task, compiler->key);
}

uint64_t heap_once(const struct task *task, const struct compiler *compiler)
{
	return run_once("-heap", task, compiler->key);
}
