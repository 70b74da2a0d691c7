/* SPDX-License-Identifier: MIT */
#include "bpf_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How much of the verifier's reasons is kept: their end says what was refused. */
#define LOG_SIZE (256u << 10)

static long bpf(enum bpf_cmd command, union bpf_attr *attributes, size_t size)
{
	return syscall(SYS_bpf, command, attributes, size);
}

static uint64_t address(const void *pointer)
{
	return (uintptr_t)pointer;
}

/* Always -1, as a result. */
static int fail(struct sbpf_error *error, const char *what)
{
	error->system_errno = errno;
	error->code = SBPF_ERROR_KERNEL;
	snprintf(error->message, sizeof(error->message), "%s: %s", what, strerror(errno));
	return -1;
}

int bpf_map_new(int type, size_t key, size_t value, size_t entries, struct sbpf_error *error)
{
	/* Before Linux 5.11 maps counted as locked memory. */
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	union bpf_attr attributes = {
		.map_type = (uint32_t)type,
		.key_size = (uint32_t)key,
		.value_size = (uint32_t)value,
		.max_entries = (uint32_t)entries,
	};
	struct rlimit before;
	long map = bpf(BPF_MAP_CREATE, &attributes, sizeof(attributes));

	if (map < 0 && errno == EPERM && getrlimit(RLIMIT_MEMLOCK, &before) == 0 &&
	    setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0) {
		map = bpf(BPF_MAP_CREATE, &attributes, sizeof(attributes));
		setrlimit(RLIMIT_MEMLOCK, &before);
	}
	return map < 0 ? fail(error, "bpf(BPF_MAP_CREATE)") : (int)map;
}

/* One of the commands on an entry of a map. */
static int act(enum bpf_cmd command, int map, const void *key, uint64_t value, uint64_t flags)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = (uint32_t)map;
	attributes.key = address(key);
	attributes.value = value;
	attributes.flags = flags;
	return (int)bpf(command, &attributes, sizeof(attributes));
}

int bpf_map_get(int map, const void *key, void *value)
{
	return act(BPF_MAP_LOOKUP_ELEM, map, key, address(value), 0);
}

int bpf_map_put(int map, const void *key, const void *value, uint64_t flags)
{
	return act(BPF_MAP_UPDATE_ELEM, map, key, address(value), flags);
}

int bpf_map_delete(int map, const void *key)
{
	return act(BPF_MAP_DELETE_ELEM, map, key, 0, 0);
}

int bpf_map_next(int map, const void *key, void *next)
{
	/* The next key lies where a value else does. */
	return act(BPF_MAP_GET_NEXT_KEY, map, key, address(next), 0);
}

/* The last line of the verifier's log but its statistics. */
static int fail_load(struct sbpf_error *error, char *log)
{
	int reason = errno;
	char *line = NULL;

	for (char *at = strtok(log, "\n"); at; at = strtok(NULL, "\n")) {
		if (strncmp(at, "processed ", 10) != 0)
			line = at;
	}
	errno = reason;
	fail(error, "bpf(BPF_PROG_LOAD)");
	if (line)
		snprintf(error->message, sizeof(error->message), "bpf(BPF_PROG_LOAD): %s: %.200s",
			 strerror(reason), line);
	return -1;
}

int bpf_program_load(struct code *code, const char *name, struct sbpf_error *error)
{
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = address(code->list),
		.license = address("Dual MIT/GPL"),
	};
	long program;
	char *log;

	if (!code_finish(code)) {
		errno = E2BIG;
		return fail(error, "the program of the recorder");
	}
	attributes.insn_cnt = (uint32_t)code->count;
	snprintf(attributes.prog_name, sizeof(attributes.prog_name), "%s", name);
	program = bpf(BPF_PROG_LOAD, &attributes, sizeof(attributes));
	if (program >= 0 || errno == EPERM)
		return program < 0 ? fail(error, "bpf(BPF_PROG_LOAD)") : (int)program;
	log = calloc(1, LOG_SIZE);
	if (!log)
		return fail(error, "bpf(BPF_PROG_LOAD)");
	attributes.log_level = 1;
	attributes.log_buf = address(log);
	attributes.log_size = LOG_SIZE;
	program = bpf(BPF_PROG_LOAD, &attributes, sizeof(attributes));
	if (program < 0)
		fail_load(error, log);
	free(log);
	return (int)program;
}

int bpf_program_attach(int program, const char *tracepoint, struct sbpf_error *error)
{
	union bpf_attr attributes = {
		.raw_tracepoint = { .name = address(tracepoint), .prog_fd = (uint32_t)program },
	};
	long link = bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof(attributes));
	char what[64];

	snprintf(what, sizeof(what), "raw tracepoint %s", tracepoint);
	return link < 0 ? fail(error, what) : (int)link;
}

uint64_t bpf_program_misses(int program)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attributes = {
		.info = { .bpf_fd = (uint32_t)program,
			  .info_len = sizeof(info),
			  .info = address(&info) },
	};

	/* Kernels before 5.12 have no such count, and leave nothing out. */
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof(attributes)) < 0)
		return 0;
	return info.recursion_misses;
}

unsigned int bpf_cpu_count(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
	unsigned int last = 0;
	char text[256];
	char *number;

	/* "0", "0-7", "0,2-63": the last number is the highest. */
	if (file && fgets(text, sizeof(text), file)) {
		number = text + strcspn(text, "\n");
		*number = '\0';
		while (number > text && number[-1] >= '0' && number[-1] <= '9')
			number--;
		last = (unsigned int)strtoul(number, NULL, 10);
	}
	if (file)
		fclose(file);
	return last + 1;
}
