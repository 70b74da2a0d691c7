/* SPDX-License-Identifier: MIT */
/* A policy to a filter: the stages of the compiler in a row, and the proof of what they made. */
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "emit.h"
#include "error.h"
#include "filter.h"
#include "lower.h"

static bool needs_listener(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_RET &&
	       (instruction->k & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

/* A filter of instructions that stand in reverse order. */
static struct sbpf_filter *make_filter(const struct code *code, const struct sbpf_policy *policy,
				       struct sbpf_error *error)
{
	struct sbpf_filter *filter;

	if (code->count > BPF_MAXINSNS) {
		error_set(
			error, SBPF_ERROR_TOO_LARGE,
			"the filter needs %zu instructions, %zu more than the kernel's limit of %d",
			code->count, code->count - BPF_MAXINSNS, BPF_MAXINSNS);
		return NULL;
	}
	filter = malloc(sizeof(*filter) + code->count * sizeof(*filter->program));
	if (!filter) {
		error_memory(error);
		return NULL;
	}
	*filter = (struct sbpf_filter){
		.machine = policy->machine,
		.abi_set = policy->abi_set,
		.leaves_out_own = policy->leaves_out_own,
		.flags = policy->flags,
		.count = code->count,
	};
	for (size_t i = 0; i < code->count; i++) {
		const struct sock_filter *from = &code->reversed[code->count - 1 - i];

		filter->program[i] = *from;
		filter->needs_listener |= needs_listener(from);
	}
	return filter;
}

static bool check_options(const struct sbpf_options *options, struct sbpf_error *error)
{
	if (options && options->effort != SBPF_QUICK && options->effort != SBPF_THOROUGH) {
		error_set(error, SBPF_ERROR_USAGE, "unknown effort %d", (int)options->effort);
		return false;
	}
	return true;
}

/* Two readings that share no code, of the policy and of the program, have to meet. */
static int prove_filter(const struct sbpf_policy *policy, const struct sbpf_filter *filter,
			struct sbpf_error *error)
{
	struct sbpf_space *space = sbpf_space_new(policy->machine, 0, error);
	enum sbpf_answer answer = SBPF_UNKNOWN;
	struct sbpf_example example;
	sbpf_meaning meant, made;

	if (!sbpf_meaning_of_policy(space, policy, &meant, error) &&
	    !sbpf_meaning_of_program(space, filter->program, filter->count, &made, error))
		answer = sbpf_meaning_compare(space, meant, made, SBPF_EQUAL, &example, error);
	if (answer == SBPF_REFUTED)
		error_set(error, SBPF_ERROR_PROOF,
			  "the filter answers number %u of arch 0x%08x with 0x%08x, the policy "
			  "with 0x%08x: "
			  "a fault of libsbpf",
			  (unsigned int)example.data.nr, example.data.arch, example.b, example.a);
	sbpf_space_free(space);
	return answer == SBPF_HOLDS ? 0 : -1;
}

/* The stages in a row; what they leave is in the arenas. */
static struct sbpf_filter *make(const struct sbpf_policy *policy, enum sbpf_effort effort,
				struct arena *arena, struct arena *scratch,
				struct sbpf_error *error)
{
	struct code code;
	struct dag dag;
	int32_t root;

	if (dag_init(&dag, arena, scratch)) {
		error_memory(error);
		return NULL;
	}
	root = lower_policy(&dag, policy, effort, error);
	if (root < 0)
		return NULL;
	if (emit_dag(&dag, root, &code)) {
		error_memory(error);
		return NULL;
	}
	return make_filter(&code, policy, error);
}

struct sbpf_filter *sbpf_compile(const struct sbpf_policy *policy,
				 const struct sbpf_options *options, struct sbpf_error *error)
{
	enum sbpf_effort effort = options ? options->effort : SBPF_QUICK;
	struct arena arena = { 0 };
	struct arena scratch = { 0 };
	struct sbpf_filter *filter;

	if (policy_check(policy, error) || !check_options(options, error))
		return NULL;
	filter = make(policy, effort, &arena, &scratch, error);
	arena_free(&scratch);
	arena_free(&arena);
	if (filter && options && options->prove && prove_filter(policy, filter, error)) {
		sbpf_filter_free(filter);
		filter = NULL;
	}
	return filter;
}

struct sbpf_filter *sbpf_filter_of_program(const struct sock_filter *program, size_t count,
					   int machine, unsigned int flags,
					   struct sbpf_error *error)
{
	struct sbpf_filter *filter;
	struct sbpf_abi abi;

	if (sbpf_program_check(program, count, error))
		return NULL;
	if (!sbpf_abi_describe(machine, &abi) || !abi.is_machine) {
		error_set(error, SBPF_ERROR_USAGE, "there is no machine with the ABI index %d",
			  machine);
		return NULL;
	}
	filter = malloc(sizeof(*filter) + count * sizeof(*program));
	if (!filter) {
		error_memory(error);
		return NULL;
	}
	*filter = (struct sbpf_filter){
		.machine = machine,
		.abi_set = UINT64_C(1) << machine,
		.flags = flags,
		.count = count,
	};
	memcpy(filter->program, program, count * sizeof(*program));
	for (size_t i = 0; i < count; i++)
		filter->needs_listener |= needs_listener(&program[i]);
	return filter;
}

const struct sock_filter *sbpf_filter_program(const struct sbpf_filter *filter, size_t *count)
{
	if (count)
		*count = filter ? filter->count : 0;
	return filter ? filter->program : NULL;
}

int sbpf_filter_machine(const struct sbpf_filter *filter)
{
	return filter ? filter->machine : -1;
}

unsigned int sbpf_filter_flags(const struct sbpf_filter *filter)
{
	return filter ? filter->flags : 0;
}

bool sbpf_filter_needs_listener(const struct sbpf_filter *filter)
{
	return filter && filter->needs_listener;
}

uint32_t sbpf_filter_run(const struct sbpf_filter *filter, const struct seccomp_data *data,
			 size_t *steps)
{
	if (!filter || !data)
		return SECCOMP_RET_KILL_PROCESS;
	return sbpf_program_run(filter->program, filter->count, data,
				abi_big_endian(filter->machine), steps);
}

void sbpf_filter_free(struct sbpf_filter *filter)
{
	free(filter);
}

const char *sbpf_version(void)
{
	return SBPF_VERSION;
}
