/* SPDX-License-Identifier: MIT */
#include "trace_recorder.h"

#include "call.h"
#include "replace.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The name of a process, kept where its number leads; of two at one place the later is. */
#define PROGRAMS 1024
#define COMM_MAX 16

struct program {
	pid_t process;
	char name[COMM_MAX];
};

struct trace_recorder {
	struct recording *recording;
	const struct wanted *wanted;
	int output;
	bool is_started;
	uint32_t last_arch; /* whose ABI is: */
	int last_abi;
	struct program programs[PROGRAMS];
};

struct trace_recorder *trace_recorder_new(const struct wanted *wanted, int output)
{
	struct trace_recorder *recorder = calloc(1, sizeof(*recorder));

	if (!recorder)
		return NULL;
	recorder->recording = recording_new(1);
	recorder->wanted = wanted;
	recorder->output = output;
	if (recorder->recording)
		return recorder;
	free(recorder);
	return NULL;
}

void trace_recorder_free(struct trace_recorder *recorder)
{
	if (!recorder)
		return;
	recording_free(recorder->recording);
	free(recorder);
}

/* ---- Programs ---- */

/* The name that a process has now: of its file since it was executed. */
static void read_program(struct program *program, pid_t process)
{
	char path[64];
	ssize_t length = -1;
	int fd;

	program->process = process;
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, program->name, sizeof(program->name) - 1);
		close(fd);
	}
	program->name[length > 0 ? length : 0] = '\0';
	program->name[strcspn(program->name, "\n")] = '\0';
}

static const char *program_of(struct trace_recorder *recorder, pid_t process)
{
	struct program *program = &recorder->programs[(uint32_t)process % PROGRAMS];

	if (program->process != process)
		read_program(program, process);
	return program->name[0] ? program->name : NULL;
}

static void executed(void *context, pid_t process)
{
	struct trace_recorder *recorder = context;

	read_program(&recorder->programs[(uint32_t)process % PROGRAMS], process);
}

/* ---- Calls ---- */

/* The ABI with an audit arch whose numbers have no bit of their own; -1 for none. */
static int abi_of_arch(struct trace_recorder *recorder, uint32_t arch)
{
	struct sbpf_abi abi;

	for (int i = 0; recorder->last_arch != arch && i < sbpf_abi_count(); i++) {
		if (!sbpf_abi_describe(i, &abi) || abi.audit_arch != arch ||
		    abi.number_offset == SBPF_X32_BIT)
			continue;
		recorder->last_arch = arch;
		recorder->last_abi = i;
	}
	return recorder->last_arch == arch ? recorder->last_abi : -1;
}

static int abi_of_call(struct trace_recorder *recorder, const struct seccomp_data *data)
{
	static int x86_64 = -1, x32 = -1;
	int abi = abi_of_arch(recorder, data->arch);

	if (x86_64 < 0) {
		x86_64 = sbpf_abi_find("x86_64");
		x32 = sbpf_abi_find("x32");
	}
	return abi == x86_64 && ((uint32_t)data->nr & SBPF_X32_BIT) ? x32 : abi;
}

/* Between the filter and the command there may be calls of this program's own. */
static bool is_started(struct trace_recorder *recorder, const struct seccomp_data *data)
{
	recorder->is_started |= data->nr == SYS_execve;
	return recorder->is_started;
}

static void called(void *context, const struct watch_call *call)
{
	struct trace_recorder *recorder = context;
	const struct seccomp_data *data = &call->data;
	uint32_t number = (uint32_t)data->nr;
	struct recorded_call *counted;
	unsigned int wanted;
	int abi;

	if (!is_started(recorder, data))
		return;
	abi = abi_of_call(recorder, data);
	counted = recording_count(recorder->recording, abi, number, program_of(recorder, call->pid),
				  1, !is_permitted(call->verdict));
	wanted = counted ? wanted_arguments(recorder->wanted, abi, number) : 0;
	for (unsigned int i = 0; wanted >> i; i++) {
		if (wanted >> i & 1)
			recording_value(recorder->recording, abi, counted, i, data->args[i], 1);
	}
}

/* Nothing is written where the recording is not all. */
static void ended(void *context)
{
	struct trace_recorder *recorder = context;
	size_t length;
	char *text = recording_format(recorder->recording, &length);

	if (text && !write_all(recorder->output, text, length) &&
	    ftruncate(recorder->output, 0) < 0)
		perror("ftruncate");
	free(text);
}

struct watch_observer trace_recorder_observer(struct trace_recorder *recorder)
{
	return (struct watch_observer){
		.context = recorder,
		.called = called,
		.executed = executed,
		.ended = ended,
	};
}
