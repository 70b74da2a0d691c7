/* SPDX-License-Identifier: MIT */
#include "witness.h"

#include "decode.h"
#include "narrow.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void find_decoded(const struct watch_call *call, struct refusal *refusal)
{
	FILE *out = fmemopen(refusal->decoded, sizeof(refusal->decoded), "w");

	if (!out)
		return;
	decode_call(out, call->tid, refusal->key.abi, &call->data);
	fclose(out);
	refusal->decoded[sizeof(refusal->decoded) - 1] = '\0';
}

static void find_object(const struct watch_call *call, struct refusal *refusal)
{
	char object[PATH_MAX];

	refusal->has_offset = decode_caller(call->tid, &call->data, object, &refusal->offset);
	if (refusal->has_offset)
		snprintf(refusal->object, sizeof(refusal->object), "%.*s", REFUSAL_PROGRAM_MAX - 1,
			 object);
}

/* The file that a thread's process executes; of what ends it may be gone, and it has a name yet. */
static void find_program(pid_t tid, char program[REFUSAL_PROGRAM_MAX])
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)tid);
	length = readlink(path, program, REFUSAL_PROGRAM_MAX - 1);
	if (length > 0) {
		program[length] = '\0';
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? 0 : read(fd, program, REFUSAL_PROGRAM_MAX - 1);
	program[length > 0 ? length : 0] = '\0';
	program[strcspn(program, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

void witness_called(void *context, const struct watch_call *call)
{
	const struct witness *witness = context;
	struct refusal_key key;
	struct refusal *refusal;
	bool is_new;

	narrow_call(witness->policy, &call->data, call->verdict, call->is_foreign, &key);
	refusal = refusals_count(witness->refusals, &key, &is_new);
	if (!is_new)
		return;
	refusal->data = call->data;
	refusal->pid = call->pid;
	find_program(call->tid, refusal->program);
	find_object(call, refusal);
	find_decoded(call, refusal);
	if (witness->follow)
		witness->follow(witness->context, refusal);
}
