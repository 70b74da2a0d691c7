/* SPDX-License-Identifier: MIT */
/*
 * Watches the container from its start: a daemon traces this process before it becomes the runtime,
 * and so all that the runtime starts. Its process ID, streams and exit status stay as they are.
 */
#include "oci.h"

#include "trace_recorder.h"
#include "wanted.h"
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How many recordings of containers with the same name a folder may have. */
#define NUMBER_MAX 1000000

struct watching {
	char folder[PATH_MAX];
	char container[NAME_MAX + 1];
	int file; /* without a name until it is whole */
	struct wanted *wanted;
	struct trace_recorder *recorder;
	struct watch_observer inner;
	struct watch *watch;
};

/* ---- In the watcher ---- */

/* Gives the file a name that no other has. */
static void name_file(const struct watching *watching)
{
	char from[64], to[PATH_MAX + NAME_MAX + 32];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", watching->file);
	for (unsigned int number = 1; number <= NUMBER_MAX; number++) {
		char ending[16] = "";

		if (number > 1)
			snprintf(ending, sizeof(ending), ".%u", number);
		snprintf(to, sizeof(to), "%s/%s%s.json", watching->folder, watching->container,
			 ending);
		if (linkat(AT_FDCWD, from, AT_FDCWD, to, AT_SYMLINK_FOLLOW) == 0 || errno != EEXIST)
			return;
	}
}

static void called(void *context, const struct watch_call *call)
{
	struct watching *watching = context;

	watching->inner.called(watching->inner.context, call);
}

static void executed(void *context, pid_t pid)
{
	struct watching *watching = context;

	watching->inner.executed(watching->inner.context, pid);
}

static void ended(void *context)
{
	struct watching *watching = context;

	watching->inner.ended(watching->inner.context);
	if (fsync(watching->file) == 0 && lseek(watching->file, 0, SEEK_END) > 0)
		name_file(watching);
}

/* ---- In this process ---- */

static bool name_container(struct watching *watching, const char *name)
{
	/* crun takes none with a slash; it is part of a path here. */
	if (!name || !*name || name[0] == '.' || strchr(name, '/') ||
	    strlen(name) > sizeof(watching->container) - 24) {
		errno = EINVAL;
		return false;
	}
	snprintf(watching->container, sizeof(watching->container), "%s", name);
	return true;
}

static bool prepare(struct watching *watching, const struct invocation *invocation)
{
	watching->file = -1;
	if (!name_container(watching, invocation_container(invocation)) ||
	    !realpath(invocation->record, watching->folder))
		return false;
	watching->file = open(watching->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	watching->wanted = wanted_new();
	if (watching->file < 0 || !watching->wanted)
		return false;
	watching->recorder = trace_recorder_new(watching->wanted, watching->file);
	return watching->recorder;
}

static bool watch(struct watching *watching, const struct sbpf_filter *filter,
		  struct sbpf_error *error)
{
	const struct watch_request request = {
		.program = PROGRAM,
		.engine = WATCH_TRACE,
		.filter = filter,
		.by_mark = !filter,
		.all = true,
		.detached = true,
		.kept = watching->file,
		.observer = { .context = watching,
			      .called = called,
			      .executed = executed,
			      .ended = ended },
	};

	watching->inner = trace_recorder_observer(watching->recorder);
	watching->watch = watch_start(&request, error);
	return watching->watch && watch_join(watching->watch, error) == 0;
}

struct watching *watching_start(const struct invocation *invocation,
				const struct sbpf_filter *filter)
{
	struct watching *watching = calloc(1, sizeof(*watching));
	struct sbpf_error error = { 0 };

	if (!watching || !prepare(watching, invocation)) {
		log_line(invocation, LEVEL_WARNING, "%s: the container is not recorded: %s",
			 invocation->record, strerror(errno));
	} else if (!watch(watching, filter, &error)) {
		log_line(invocation, LEVEL_WARNING, "%s: the container is not recorded: %s",
			 invocation->record, error.message);
	} else {
		return watching;
	}
	watching_free(watching);
	return NULL;
}

const struct sbpf_filter *watching_filter(const struct watching *watching)
{
	return watch_filter(watching->watch);
}

void watching_free(struct watching *watching)
{
	if (!watching)
		return;
	watch_free(watching->watch);
	trace_recorder_free(watching->recorder);
	wanted_free(watching->wanted);
	if (watching->file >= 0)
		close(watching->file);
	free(watching);
}
