/* SPDX-License-Identifier: MIT */
/* sbpf record: a command, or what runs already, from start to end. */
#include "bpf_engine.h"
#include "launch.h"
#include "record.h"
#include "trace_recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* How often is looked whether there is still something to record. */
#define TICK_NANOSECONDS 100000000
#define TICKS_A_SECOND 10

/* ---- The end of a recording ---- */

static bool is_empty(const struct recording *recording)
{
	for (int abi = 0; abi < recording->abi_count; abi++) {
		if (recording->abis[abi].count)
			return false;
	}
	return true;
}

/* Writes what there is; false when that failed, which was reported. */
static bool finish(const struct tool *tool, const struct record_options *options,
		   const struct recording *recording)
{
	if (recording->lost)
		report(tool->name,
		       "%" PRIu64 " calls or more are lost: there was no room to count them",
		       recording->lost);
	return recording_write(tool->name, recording, options->output);
}

/* ---- Waiting ---- */

static void fill_end_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGQUIT);
}

/* What ends the wait but a signal. */
struct wait {
	const struct bpf_engine *engine;
	bool until_empty;  /* no thread is recorded any more */
	int process;	   /* a descriptor: until it ended; -1: none */
	uint64_t seconds;  /* 0: no limit */
	bool has_progress; /* on standard error */
};

static bool is_over(const struct wait *wait, uint64_t ticks)
{
	struct pollfd process = { .fd = wait->process, .events = POLLIN };

	if (wait->seconds && ticks >= wait->seconds * TICKS_A_SECOND)
		return true;
	if (wait->process >= 0 && poll(&process, 1, 0) > 0)
		return true;
	return wait->until_empty && bpf_engine_threads(wait->engine, 1) == 0;
}

static void show_progress(const struct wait *wait, uint64_t ticks)
{
	if (!wait->has_progress || ticks % TICKS_A_SECOND)
		return;
	fprintf(stderr, "\r%" PRIu64 " s, %" PRIu64 " calls; ^C ends the recording",
		ticks / TICKS_A_SECOND, bpf_engine_calls(wait->engine));
	fflush(stderr);
}

/* The signals that end it must be blocked. */
static void wait_for_end(const struct wait *wait)
{
	const struct timespec tick = { .tv_nsec = TICK_NANOSECONDS };
	sigset_t signals;

	fill_end_signals(&signals);
	for (uint64_t ticks = 0; !is_over(wait, ticks); ticks++) {
		show_progress(wait, ticks);
		if (sigtimedwait(&signals, NULL, &tick) > 0)
			break;
	}
	if (wait->has_progress)
		fputs("\r\033[K", stderr);
}

/* ---- A command, in the kernel ---- */

/* For launch: the command's process has only to say that it is it. */
static int join(void *context, unsigned int flags, struct sbpf_error *error)
{
	(void)flags;
	(void)error;
	bpf_engine_join(context);
	return 0;
}

/* What the command left running is recorded to its end. */
static void wait_for_rest(const struct tool *tool, const struct bpf_engine *engine)
{
	const struct wait wait = { .engine = engine, .until_empty = true, .process = -1 };

	if (bpf_engine_threads(engine, 1) && isatty(STDERR_FILENO))
		report(tool->name,
		       "the command ended, but what it started runs on and is recorded; "
		       "^C ends the recording");
	wait_for_end(&wait);
}

static bool write_seen(const struct tool *tool, const struct record_options *options,
		       struct bpf_engine *engine, bool is_command)
{
	struct recording *recording = recording_new(1);
	struct sbpf_error error = { 0 };
	bool done = recording;

	if (!recording)
		report(tool->name, "out of memory");
	else if (!bpf_engine_collect(engine, recording, &error))
		report_error(tool->name, NULL, &error);
	/* Without a call there was no command, which was reported. */
	else if (!is_command || !is_empty(recording))
		done = finish(tool, options, recording);
	done = done && error.code == SBPF_OK;
	recording_free(recording);
	return done;
}

static int record_in_kernel(const struct tool *tool, const struct record_options *options,
			    struct bpf_engine *engine, char **argv)
{
	const struct launch launch = {
		.argv = argv,
		.has_profile = true, /* no hint that it is missing */
		.install = join,
		.install_context = engine,
	};
	int status = launch_run(tool, &launch);

	wait_for_rest(tool, engine);
	return write_seen(tool, options, engine, true) ? status : STATUS_NOT_STARTED;
}

/* ---- A command, by trace ---- */

/* What the watcher wrote; NULL when it is not there, which was reported. */
static struct recording *read_back(const struct tool *tool, int output)
{
	struct sbpf_error error = { 0 };
	struct recording *recording = NULL;
	struct stat status;
	char *text;

	if (fstat(output, &status) < 0 || status.st_size == 0) {
		report(tool->name, "nothing was recorded: the watcher has not written it down");
		return NULL;
	}
	text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, output, 0);
	if (text == MAP_FAILED) {
		report(tool->name, "mmap: %s", strerror(errno));
		return NULL;
	}
	recording = recording_parse(text, (size_t)status.st_size, &error);
	if (!recording)
		report_error(tool->name, NULL, &error);
	munmap(text, (size_t)status.st_size);
	return recording;
}

/* To have no_new_privs set is a change of its own, which a recording does without where it may. */
static bool may_keep_privileges(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct held[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capget, &header, held) == 0 &&
	       held[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
}

static int install_watched(void *context, unsigned int flags, struct sbpf_error *error)
{
	return watch_install(context, flags, error);
}

/* Runs the command in a watch that tells of every call; it has ended then, or left. */
static int run_watched(const struct tool *tool, const struct record_options *options,
		       const struct watch_request *request, char **argv, bool *is_watched)
{
	struct sbpf_error error = { 0 };
	struct watch *watch = watch_start(request, &error);
	const struct launch launch = {
		.argv = argv,
		.filter = request->filter,
		.keep_privileges =
			options->keep_privileges || (!options->profile && may_keep_privileges()),
		.has_profile = true, /* no hint that it is missing */
		.install = install_watched,
		.install_context = watch,
	};
	int status = STATUS_NOT_STARTED;

	if (!watch) {
		report_error(tool->name, NULL, &error);
		return status;
	}
	status = launch_run(tool, &launch);
	*is_watched = watch_finish(watch) != WATCH_DIED;
	watch_free(watch);
	return status;
}

static int record_by_trace(const struct tool *tool, const struct record_options *options,
			   const struct sbpf_filter *filter, const struct wanted *wanted,
			   char **argv)
{
	int output = memfd_create("recording", MFD_CLOEXEC), status = STATUS_NOT_STARTED;
	struct trace_recorder *recorder = output < 0 ? NULL : trace_recorder_new(wanted, output);
	struct watch_request request = {
		.program = tool->name,
		.engine = options->engine == ENGINE_TRACE ? WATCH_TRACE : WATCH_AUTO,
		.filter = filter,
		.all = true,
	};
	struct recording *recording = NULL;
	bool is_watched = false;

	if (!recorder) {
		report(tool->name, "%s", output < 0 ? strerror(errno) : "out of memory");
	} else {
		request.observer = trace_recorder_observer(recorder);
		status = run_watched(tool, options, &request, argv, &is_watched);
	}
	if (is_watched)
		recording = read_back(tool, output);
	if (!recording || (!is_empty(recording) && !finish(tool, options, recording)))
		status = STATUS_NOT_STARTED;
	recording_free(recording);
	trace_recorder_free(recorder);
	if (output >= 0)
		close(output);
	return status;
}

static int record_under_profile(const struct tool *tool, const struct record_options *options,
				const struct sbpf_target *target, const struct wanted *wanted,
				char **argv)
{
	int status = STATUS_NOT_STARTED;
	struct sbpf_filter *filter = launch_compile(tool, options->profile, target, &status);

	if (filter)
		status = record_by_trace(tool, options, filter, wanted, argv);
	sbpf_filter_free(filter);
	return status;
}

int record_command(const struct tool *tool, const struct record_options *options,
		   const struct sbpf_target *target, const struct wanted *wanted, char **argv)
{
	struct sbpf_error error = { 0 };
	struct bpf_engine *engine = NULL;
	int status;

	if (options->profile)
		return record_under_profile(tool, options, target, wanted, argv);
	if (options->engine == ENGINE_TRACE)
		return record_by_trace(tool, options, NULL, wanted, argv);
	engine = bpf_engine_start(wanted, -1, &error);
	if (!engine) {
		report_error(tool->name, NULL, &error);
		if (options->engine == ENGINE_BPF)
			return STATUS_NOT_STARTED;
		report(tool->name, "recording by ptrace instead, which is slower");
		return record_by_trace(tool, options, NULL, wanted, argv);
	}
	status = record_in_kernel(tool, options, engine, argv);
	bpf_engine_free(engine);
	return status;
}

/* ---- What runs already ---- */

/* The whole number of an option, at least 1; false when it is none, which was reported. */
static bool take_number(const struct tool *tool, const char *option, const char *text,
			uint64_t most, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	if (text[0] >= '0' && text[0] <= '9' && !*end && !errno && *number && *number <= most)
		return true;
	usage_error(tool, "%s: '%s' is no whole number from 1 to %" PRIu64, option, text, most);
	return false;
}

static int open_cgroup(const struct tool *tool, const char *path)
{
	int cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (cgroup < 0)
		report(tool->name, "%s: %s", path, strerror(errno));
	return cgroup;
}

static int open_process(const struct tool *tool, uint64_t pid)
{
	int process = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);

	if (process < 0)
		report(tool->name, "--pid: process %" PRIu64 ": %s", pid, strerror(errno));
	return process;
}

static bool start_running(const struct tool *tool, const struct record_options *options,
			  const struct wanted *wanted, struct bpf_engine **engine, pid_t pid,
			  int cgroup)
{
	struct sbpf_error error = { 0 };

	*engine = bpf_engine_start(wanted, cgroup, &error);
	if (*engine && (!pid || bpf_engine_add(*engine, pid, &error)))
		return true;
	report_error(tool->name, error.code == SBPF_ERROR_PRIVILEGE ? NULL : options->cgroup,
		     &error);
	if (error.code == SBPF_ERROR_PRIVILEGE)
		report(tool->name,
		       "nothing was recorded: without them a command can be recorded, but "
		       "nothing that runs already");
	return false;
}

int record_running(const struct tool *tool, const struct record_options *options,
		   const struct wanted *wanted)
{
	struct wait wait = { .process = -1, .has_progress = isatty(STDERR_FILENO) };
	struct bpf_engine *engine = NULL;
	int cgroup = -1, status = STATUS_FAILURE;
	uint64_t pid = 0;
	sigset_t signals;

	if (options->pid && !take_number(tool, "--pid", options->pid, INT32_MAX, &pid))
		return STATUS_USAGE;
	if (options->seconds &&
	    !take_number(tool, "--seconds", options->seconds, UINT32_MAX, &wait.seconds))
		return STATUS_USAGE;
	fill_end_signals(&signals);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return STATUS_FAILURE;
	if (pid && (wait.process = open_process(tool, pid)) < 0)
		return STATUS_FAILURE;
	if (options->cgroup && (cgroup = open_cgroup(tool, options->cgroup)) < 0)
		return STATUS_FAILURE;
	if (start_running(tool, options, wanted, &engine, (pid_t)pid, cgroup)) {
		wait.engine = engine;
		wait_for_end(&wait);
		status = write_seen(tool, options, engine, false) ? STATUS_OK : STATUS_FAILURE;
	}
	bpf_engine_free(engine);
	return status;
}
