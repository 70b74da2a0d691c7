/* SPDX-License-Identifier: MIT */
#include "tracees.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A status file begins with the lines Name, Umask, State, Tgid; a name has at most 64 bytes. */
pid_t tracees_process_of(pid_t tid)
{
	char path[32], text[512];
	const char *line;
	ssize_t length;
	int file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return tid;
	length = read(file, text, sizeof(text) - 1);
	close(file);
	if (length <= 0)
		return tid;
	text[length] = '\0';
	/* The name's newlines are escaped there. */
	line = strstr(text, "\nTgid:");
	return line ? (pid_t)strtol(line + strlen("\nTgid:"), NULL, 10) : tid;
}

struct tracee *tracees_get(struct tracees *tracees, pid_t tid)
{
	struct tracee *tracee = &tracees->places[(unsigned int)tid % TRACEES_MAX];

	if (tracee->tid != tid)
		*tracee = (struct tracee){ .tid = tid, .pid = tracees_process_of(tid) };
	return tracee;
}

void tracees_forget(struct tracees *tracees, pid_t tid)
{
	struct tracee *tracee = &tracees->places[(unsigned int)tid % TRACEES_MAX];

	if (tracee->tid == tid)
		*tracee = (struct tracee){ 0 };
}
