// SPDX-License-Identifier: MIT
/*
 * Any bytes as a program: the library accepts it when the kernel's rules do, and runs it as the
 * kernel does. The input is one struct seccomp_data, then instructions.
 */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "sbpf.h"
#include "target.h"

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void run(const struct sock_filter *program, size_t count, const struct seccomp_data *data,
		bool big_endian)
{
	size_t steps = 0;
	uint32_t verdict = sbpf_program_run(program, count, data, big_endian, &steps);

	expect(verdict == machine_run(program, data, big_endian));
	expect(steps >= 1 && steps <= count);
	if (sbpf_program_is_cached(program, count, data->arch, (uint32_t)data->nr))
		expect(verdict == SECCOMP_RET_ALLOW);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbpf_error error = { 0 };
	struct sock_filter *program;
	struct seccomp_data call;
	bool accepted;
	size_t count;

	if (size < sizeof(call))
		return 0;
	memcpy(&call, data, sizeof(call));
	count = (size - sizeof(call)) / sizeof(*program);
	program = malloc(count ? count * sizeof(*program) : 1);
	if (!program)
		return 0;
	memcpy(program, data + sizeof(call), count * sizeof(*program));
	accepted = sbpf_program_check(program, count, &error) == 0;
	expect(accepted == machine_accepts(program, count));
	expect(accepted || (error.code == SBPF_ERROR_INVALID && error.message[0]));
	if (accepted) {
		run(program, count, &call, false);
		run(program, count, &call, true);
	}
	free(program);
	return 0;
}
