// SPDX-License-Identifier: MIT
/*
 * Times commands from start to exit, all of them in each round and in another order each time, so
 * that what the machine does besides falls on all alike.
 *
 * The mount namespace that a command belongs into is entered before the clock starts: making and
 * entering it is no part of a reading. Commands are started with posix_spawn(3), which shares this
 * program's memory until exec, and not by a shell.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 64
#define WORDS_MAX 64
#define ROUNDS_MAX 100000

static const char usage[] =
	"usage: bench-start ROUNDS LOG <COMMANDS >READINGS\n"
	"COMMANDS has a line for each: NAME, the file of a mount namespace, and the command's "
	"words\n"
	"with absolute paths, with a tab between them. READINGS has the round, the name and\n"
	"microseconds. LOG gets the commands' error output. Round 0 is not among the readings.\n";

struct command {
	char *line; /* owns what the others point to */
	char *name;
	char *words[WORDS_MAX + 1];
	int namespace;
};

/* False when there are too few words or too many. */
static bool split(struct command *command)
{
	char *rest = command->line;
	char *path;
	size_t count = 0;

	command->name = strsep(&rest, "\t");
	path = strsep(&rest, "\t");
	while (rest && count < WORDS_MAX)
		command->words[count++] = strsep(&rest, "\t");
	if (count == 0 || rest)
		return false;
	command->words[count] = NULL;
	command->namespace = open(path, O_RDONLY | O_CLOEXEC);
	if (command->namespace < 0)
		err(1, "%s", path);
	return true;
}

static size_t read_commands(struct command commands[COMMANDS_MAX])
{
	size_t count = 0;
	size_t size = 0;
	char *line = NULL;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) > 0) {
		if (count == COMMANDS_MAX)
			errx(1, "line %zu: at most %d commands", count + 1, COMMANDS_MAX);
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		commands[count].line = line;
		if (!split(&commands[count]))
			errx(1, "line %zu: wants a name, a namespace and 1 to %d words", count + 1,
			     WORDS_MAX);
		count++;
		line = NULL;
		size = 0;
	}
	free(line);
	return count;
}

/* Input and output are nothing, errors go to the log. */
static void prepare_files(posix_spawn_file_actions_t *files, int log)
{
	if (posix_spawn_file_actions_init(files) != 0 ||
	    posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
	    posix_spawn_file_actions_adddup2(files, log, STDERR_FILENO) != 0)
		errx(1, "out of memory");
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Nanoseconds from before the start until the command has ended and is reaped. */
static uint64_t run(const struct command *command, const posix_spawn_file_actions_t *files,
		    const char *log)
{
	uint64_t started;
	uint64_t ended;
	int problem;
	int status;
	pid_t child;

	if (setns(command->namespace, CLONE_NEWNS) < 0)
		err(1, "%s: cannot enter its mount namespace", command->name);
	started = now();
	problem = posix_spawn(&child, command->words[0], files, NULL, command->words, environ);
	if (problem != 0)
		errx(1, "%s: %s: %s", command->name, command->words[0], strerror(problem));
	if (waitpid(child, &status, 0) < 0)
		err(1, "waitpid");
	ended = now();
	if (status != 0)
		errx(1, "%s failed with wait status 0x%x; its messages are in %s", command->name,
		     (unsigned int)status, log);
	return ended - started;
}

/* A linear congruential generator: the same numbers on every run. Its upper bits are the good ones.
 */
static size_t draw(uint64_t *state, size_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*state >> 33) % below;
}

/* Fisher and Yates's shuffle. */
static void shuffle(size_t *order, size_t count, uint64_t *state)
{
	for (size_t i = count - 1; i > 0; i--) {
		size_t other = draw(state, i + 1);
		size_t kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

static void run_rounds(const struct command *commands, size_t count, unsigned long rounds,
		       const posix_spawn_file_actions_t *files, const char *log)
{
	size_t order[COMMANDS_MAX];
	uint64_t state = 1;

	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (unsigned long round = 0; round <= rounds; round++) {
		shuffle(order, count, &state);
		for (size_t i = 0; i < count; i++) {
			const struct command *command = &commands[order[i]];
			uint64_t reading = run(command, files, log);

			if (round > 0)
				printf("%lu\t%s\t%.1f\n", round, command->name,
				       (double)reading / 1000);
		}
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX];
	posix_spawn_file_actions_t files;
	unsigned long rounds;
	size_t count;
	int log;

	rounds = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	if (rounds == 0 || rounds > ROUNDS_MAX) {
		fputs(usage, stderr);
		return 2;
	}
	log = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log < 0)
		err(1, "%s", argv[2]);
	count = read_commands(commands);
	if (count == 0)
		errx(1, "no commands");
	prepare_files(&files, log);
	run_rounds(commands, count, rounds, &files, argv[2]);
	posix_spawn_file_actions_destroy(&files);
	for (size_t i = 0; i < count; i++)
		free(commands[i].line);
	return 0;
}
