/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include "common.h"
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Docker's default profile takes dot(1) a second, and 300 KiB. */
#ifndef PICTURE_SECONDS_MAX
#define PICTURE_SECONDS_MAX 30
#endif
#define PICTURE_MAX (64U << 20)
#define PIECE (64U << 10)
#define PAUSE_NANOSECONDS 5000000

const char *picture_format(const char *path)
{
	static const struct {
		const char *ending;
		const char *format;
	} pictures[] = {
		{ "svg", "svg" },   { "svgz", "svgz" }, { "png", "png" },   { "pdf", "pdf" },
		{ "ps", "ps" },	    { "eps", "eps" },	{ "jpg", "jpg" },   { "jpeg", "jpg" },
		{ "gif", "gif" },   { "bmp", "bmp" },	{ "webp", "webp" }, { "tif", "tif" },
		{ "tiff", "tiff" }, { "ico", "ico" },
	};
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash ? slash + 1 : path;
	const char *dot = name ? strrchr(name, '.') : NULL;

	for (size_t i = 0; dot && i < COUNT(pictures); i++) {
		if (!strcasecmp(dot + 1, pictures[i].ending))
			return pictures[i].format;
	}
	return NULL;
}

/* dot(1) at work. */
struct drawing {
	const char *program;
	const char *format;
	pid_t child;
	int input;  /* the graph */
	int output; /* end of the pipe that dot(1) writes to */
	time_t deadline;
	char *picture;
	size_t size;
	size_t capacity;
};

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/* ---- Starting ---- */

/* In the child: becomes dot(1), or tells errno. */
static void become_dot(const struct drawing *drawing, int output, int failure, pid_t parent)
{
	char option[16];
	char *const arguments[] = { (char[]){ "dot" }, option, NULL };
	int error;

	snprintf(option, sizeof(option), "-T%s", drawing->format);
	/* What dot(1) starts is ended with it, and it ends with this process. */
	if (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
	    dup2(drawing->input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0)
		execvp(arguments[0], arguments);
	error = errno;
	write_all(failure, &error, sizeof(error));
	_exit(STATUS_FAILURE);
}

/* 0, or the errno of the child; then it is gone. */
static int wait_for_start(struct drawing *drawing, int failure)
{
	int error = 0;
	ssize_t length;

	do
		length = read(failure, &error, sizeof(error));
	while (length < 0 && errno == EINTR);
	if (length <= 0)
		return 0;
	waitpid(drawing->child, NULL, 0);
	drawing->child = 0;
	return error;
}

/* The numbers 0 to 2 are given to dot(1), so none of these may be one, where they are closed. */
static bool open_pipe(int ends[2])
{
	int low[2];

	if (pipe2(low, O_CLOEXEC) < 0)
		return false;
	for (size_t i = 0; i < 2; i++) {
		ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close(low[i]);
	}
	return ends[0] >= 0 && ends[1] >= 0;
}

static void close_pipe(const int ends[2])
{
	for (size_t i = 0; i < 2; i++) {
		if (ends[i] >= 0)
			close(ends[i]);
	}
}

/* 0, or an errno. */
static int start(struct drawing *drawing)
{
	int output[2] = { -1, -1 }, failure[2] = { -1, -1 };
	pid_t parent = getpid();
	int error = 0;

	signal(SIGCHLD,
	       SIG_DFL); /* who started this may ignore it, and no child could be waited for */
	if (!open_pipe(output) || !open_pipe(failure) || (drawing->child = fork()) < 0) {
		error = errno;
		drawing->child = 0;
	}
	if (!error && drawing->child == 0)
		become_dot(drawing, output[1], failure[1], parent);
	if (!error) {
		close(failure[1]);
		failure[1] = -1;
		error = wait_for_start(drawing, failure[0]);
	}
	if (!error) {
		drawing->output = output[0];
		output[0] = -1;
	}
	close_pipe(output);
	close_pipe(failure);
	return error;
}

/* ---- Reading ---- */

/* For one more piece; twice as much each time, for an allocator may move it. */
static bool make_room(struct drawing *drawing)
{
	size_t capacity = drawing->capacity ? 2 * drawing->capacity : PIECE;
	char *more;

	if (drawing->capacity - drawing->size >= PIECE)
		return true;
	more = realloc(drawing->picture, capacity);
	if (!more)
		return false;
	drawing->picture = more;
	drawing->capacity = capacity;
	return true;
}

/* Until dot(1) closes it; 0 or an errno. */
static int take_picture(struct drawing *drawing)
{
	struct pollfd ready = { .fd = drawing->output, .events = POLLIN };

	while (drawing->size < PICTURE_MAX) {
		time_t left = drawing->deadline - now();
		ssize_t length;

		if (left <= 0)
			return ETIMEDOUT;
		if (poll(&ready, 1, (int)left * 1000) <= 0)
			continue; /* the time says whether it goes on */
		if (!make_room(drawing))
			return ENOMEM;
		length = read(drawing->output, drawing->picture + drawing->size, PIECE);
		if (length == 0)
			return 0;
		if (length < 0 && errno != EINTR)
			return errno;
		drawing->size += length < 0 ? 0 : (size_t)length;
	}
	return EFBIG;
}

/* Ends it where it failed or does not end by itself; 0 or an errno. */
static int reap(struct drawing *drawing, int failure, int *status)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NANOSECONDS };
	pid_t waited;

	do {
		if (!failure && now() >= drawing->deadline)
			failure = ETIMEDOUT;
		if (failure)
			kill(-drawing->child, SIGKILL);
		waited = waitpid(drawing->child, status, failure ? 0 : WNOHANG);
		if (waited == 0)
			nanosleep(&pause, NULL);
	} while (waited == 0 || (waited < 0 && errno == EINTR));
	return failure ? failure : waited < 0 ? errno : 0;
}

/* ---- The whole ---- */

/* The graph as a file to read from, with a number above 2; -1 with errno. */
static int open_graph(const char *graph, size_t length)
{
	int low = memfd_create("graph", MFD_CLOEXEC);
	int file = low < 0 ? -1 : fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	bool filled = file >= 0 && write_all(file, graph, length) && lseek(file, 0, SEEK_SET) == 0;
	int error = errno;

	if (low >= 0)
		close(low);
	if (!filled && file >= 0)
		close(file);
	errno = error;
	return filled ? file : -1;
}

static bool judge(const struct drawing *drawing, int failure, int status)
{
	const char *program = drawing->program;

	if (failure == ENOENT)
		report(program, "a picture needs dot(1): install Graphviz, or write a file *.dot");
	else if (failure == ETIMEDOUT)
		report(program, "dot: ended after %d seconds without a picture: write a file *.dot",
		       PICTURE_SECONDS_MAX);
	else if (failure == EFBIG)
		report(program,
		       "dot: ended as its picture is larger than %u MiB: write a file "
		       "*.dot",
		       PICTURE_MAX >> 20);
	else if (failure)
		report(program, "dot: %s", strerror(failure));
	else if (WIFSIGNALED(status))
		report(program, "dot could not draw the graph: killed by signal %d",
		       WTERMSIG(status));
	else if (status)
		report(program, "dot could not draw the graph: exit status %d",
		       WEXITSTATUS(status));
	else if (!drawing->size)
		report(program, "dot could not draw the graph: it wrote nothing");
	else
		return true;
	return false;
}

char *picture_draw(const char *program, const char *format, const char *graph, size_t length,
		   size_t *size)
{
	struct drawing drawing = { .program = program,
				   .format = format,
				   .input = open_graph(graph, length),
				   .output = -1,
				   .deadline = now() + PICTURE_SECONDS_MAX };
	int failure = drawing.input < 0 ? errno : start(&drawing);
	int status = 0;

	if (!failure)
		failure = take_picture(&drawing);
	if (drawing.child)
		failure = reap(&drawing, failure, &status);
	if (drawing.output >= 0)
		close(drawing.output);
	if (drawing.input >= 0)
		close(drawing.input);
	if (!judge(&drawing, failure, status)) {
		free(drawing.picture);
		return NULL;
	}
	*size = drawing.size;
	return drawing.picture;
}
