// SPDX-License-Identifier: MIT
/*
 * Any bytes as what the proof engine makes diagrams of. JSON is a policy: its diagram is that of
 * the filter compiled from it. Anything else is one struct seccomp_data, then instructions: the
 * diagram says of that call what running says, and a counterexample to a changed program is a true
 * one.
 */
#include <stdlib.h>
#include <string.h>

#include "machine.h"
#include "sbpf.h"
#include "target.h"

/* Few, so that what cannot be expressed is given up soon. */
#define NODES 50000

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static struct sbpf_space *new_space(const char *machine)
{
	struct sbpf_space *space = sbpf_space_new(sbpf_abi_find(machine), NODES, NULL);

	expect(space);
	return space;
}

/* ---- Policies ---- */

static void try_policy(const char *text, size_t size, const char *machine)
{
	const struct sbpf_target target = { .machine = machine, .kernel = "6.1" };
	struct sbpf_policy *policy = sbpf_load_json(text, size, &target, NULL);
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, NULL);
	struct sbpf_space *space = new_space(machine);
	struct sbpf_error error = { 0 };
	const struct sock_filter *program;
	sbpf_meaning a, b;
	size_t count;

	if (filter) {
		program = sbpf_filter_program(filter, &count);
		if (!sbpf_meaning_of_policy(space, policy, &a, &error) &&
		    !sbpf_meaning_of_program(space, program, count, &b, &error))
			expect(sbpf_meaning_compare(space, a, b, SBPF_EQUAL, NULL, &error) !=
			       SBPF_REFUTED);
		expect(error.code == SBPF_OK || error.code == SBPF_ERROR_LIMIT);
	}
	sbpf_space_free(space);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}

/* ---- Programs ---- */

static bool is_narrow(uint32_t arch)
{
	struct sbpf_abi abi;

	for (int i = 0; sbpf_abi_describe(i, &abi); i++)
		if (abi.audit_arch == arch && abi.register_bits == 32)
			return true;
	return false;
}

/* Calls that cannot occur have no verdict. */
static void make_possible(struct seccomp_data *call)
{
	for (size_t i = 0; i < 6 && is_narrow(call->arch); i++)
		call->args[i] = (uint32_t)call->args[i];
}

static void expect_verdict(const struct sbpf_space *space, sbpf_meaning meaning,
			   const struct sock_filter *program, const struct seccomp_data *call,
			   bool big_endian)
{
	uint32_t verdict;

	if (sbpf_meaning_verdict(space, meaning, call, &verdict))
		expect(verdict == machine_run(program, call, big_endian));
}

/* What the first verdict of the program is not. */
static void change(struct sock_filter *program, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (BPF_CLASS(program[i].code) == BPF_RET) {
			program[i].k ^= 1;
			return;
		}
	}
}

static void try_program(struct sock_filter *program, size_t count, const struct seccomp_data *call,
			bool big_endian)
{
	struct sbpf_space *space = new_space(big_endian ? "s390x" : "x86_64");
	struct sbpf_example example;
	sbpf_meaning a, b;

	if (!sbpf_meaning_of_program(space, program, count, &a, NULL)) {
		expect_verdict(space, a, program, call, big_endian);
		change(program, count);
		if (!sbpf_meaning_of_program(space, program, count, &b, NULL)) {
			expect_verdict(space, b, program, call, big_endian);
			if (sbpf_meaning_compare(space, a, b, SBPF_EQUAL, &example, NULL) ==
			    SBPF_REFUTED) {
				expect(example.b ==
				       machine_run(program, &example.data, big_endian));
				change(program, count);
				expect(example.a ==
				       machine_run(program, &example.data, big_endian));
				change(program, count);
			}
		}
		change(program, count);
	}
	sbpf_space_free(space);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sock_filter *program;
	struct seccomp_data call;
	size_t count;

	if (size && data[0] == '{') {
		try_policy((const char *)data, size, "x86_64");
		try_policy((const char *)data, size, "s390x");
		return 0;
	}
	if (size < sizeof(call))
		return 0;
	memcpy(&call, data, sizeof(call));
	make_possible(&call);
	count = (size - sizeof(call)) / sizeof(*program);
	program = malloc(count ? count * sizeof(*program) : 1);
	if (!program)
		return 0;
	memcpy(program, data + sizeof(call), count * sizeof(*program));
	if (machine_accepts(program, count)) {
		try_program(program, count, &call, false);
		try_program(program, count, &call, true);
	}
	free(program);
	return 0;
}
