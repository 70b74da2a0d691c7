/* SPDX-License-Identifier: MIT */
/*
 * Following a call through a program by its arch and number alone. Jumps lead forward only, so one
 * pass meets every instruction after all that lead to it.
 */
#include "instruction.h"

#include <string.h>

/* What is known when control reaches an instruction. */
struct state {
	uint32_t a;
	uint16_t most; /* instructions run before it, on the longest way */
	bool reached;
	bool known; /* what A holds, whatever the arguments are */
};

/* The state after an instruction that is no jump; what reads X or the scratch memory is unknown. */
static struct state after(const struct state *before, const struct sock_filter *instruction,
			  uint32_t audit_arch, uint32_t number)
{
	struct state state = *before;

	switch (instruction->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		state.known = instruction->k <= offsetof(struct seccomp_data, arch);
		state.a = instruction->k ? audit_arch : number;
		break;
	case BPF_LD | BPF_IMM:
		state.known = true;
		state.a = instruction->k;
		break;
	case BPF_ALU | BPF_AND | BPF_K:
		state.a &= instruction->k;
		break;
	default:
		state.known = state.known && leaves_accumulator(instruction);
		break;
	}
	return state;
}

/* Adds a way to an instruction to those found before. */
static void arrive(struct state *at, const struct state *from)
{
	if (!at->reached) {
		*at = *from;
		return;
	}
	at->known = at->known && from->known && at->a == from->a;
	if (from->most > at->most)
		at->most = from->most;
}

/* Goes on from an instruction, which counts in next, to those that may be run after it. */
static void leave(const struct sock_filter *program, size_t index, struct state *states,
		  const struct state *next)
{
	const struct sock_filter *instruction = &program[index];
	bool decided = next->known && BPF_SRC(instruction->code) == BPF_K;
	bool holds = decided && test_holds(instruction->code, next->a, instruction->k);

	if (is_jump_always(instruction)) {
		arrive(&states[target_always(program, index)], next);
		return;
	}
	if (!is_branch(instruction)) {
		arrive(&states[index + 1], next);
		return;
	}
	if (!decided || holds)
		arrive(&states[target_true(program, index)], next);
	if (!decided || !holds)
		arrive(&states[target_false(program, index)], next);
}

size_t sbpf_program_follow(const struct sock_filter *program, size_t count, uint32_t audit_arch,
			   uint32_t number, bool *reached)
{
	struct state states[BPF_MAXINSNS];
	size_t most = 0;

	if (!program || !count || count > BPF_MAXINSNS)
		return 0;
	memset(states, 0, count * sizeof(states[0]));
	states[0].reached = true;
	for (size_t i = 0; i < count; i++) {
		struct state next;

		if (reached)
			reached[i] = states[i].reached;
		if (!states[i].reached)
			continue;
		next = after(&states[i], &program[i], audit_arch, number);
		next.most++;
		if (BPF_CLASS(program[i].code) != BPF_RET)
			leave(program, i, states, &next);
		else if (next.most > most)
			most = next.most;
	}
	return most;
}
