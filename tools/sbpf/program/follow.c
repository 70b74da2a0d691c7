/* SPDX-License-Identifier: MIT */
/* Jumps lead forward only, so one pass meets every instruction after all that lead to it. */
#include "follow.h"

#include <linux/bpf_common.h>
#include <string.h>

bool is_test(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_JMP && BPF_OP(instruction->code) != BPF_JA;
}

bool flow_targets(const struct sock_filter *program, size_t index, size_t *yes, size_t *no)
{
	const struct sock_filter *instruction = &program[index];

	if (BPF_CLASS(instruction->code) != BPF_JMP)
		return false;
	*yes = index + 1 + (is_test(instruction) ? instruction->jt : instruction->k);
	*no = is_test(instruction) ? index + 1 + instruction->jf : *yes;
	return true;
}

static bool test_holds(const struct sock_filter *instruction, uint32_t a)
{
	switch (BPF_OP(instruction->code)) {
	case BPF_JEQ:
		return a == instruction->k;
	case BPF_JGT:
		return a > instruction->k;
	case BPF_JGE:
		return a >= instruction->k;
	default:
		return a & instruction->k;
	}
}

/* The state after an instruction that is no jump; what reads X or the scratch memory is unknown. */
static struct flow_state after(const struct flow_state *before,
			       const struct sock_filter *instruction, uint32_t audit_arch,
			       uint32_t number)
{
	struct flow_state state = *before;

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
		/* Storing A, and loading X, leave A as it is. */
		if (BPF_CLASS(instruction->code) != BPF_ST &&
		    BPF_CLASS(instruction->code) != BPF_STX &&
		    BPF_CLASS(instruction->code) != BPF_LDX &&
		    instruction->code != (BPF_MISC | BPF_TAX))
			state.known = false;
		break;
	}
	return state;
}

/* Adds a way to an instruction to those found before. */
static void arrive(struct flow_state *at, const struct flow_state *from)
{
	if (!at->reached) {
		*at = *from;
		return;
	}
	at->known = at->known && from->known && at->a == from->a;
	if (from->most > at->most)
		at->most = from->most;
}

size_t flow_follow(const struct sock_filter *program, size_t count, uint32_t audit_arch,
		   uint32_t number, struct flow_state *states)
{
	size_t most = 0;

	memset(states, 0, count * sizeof(states[0]));
	states[0].reached = true;
	for (size_t i = 0; i < count; i++) {
		const struct sock_filter *instruction = &program[i];
		struct flow_state next = states[i];
		size_t yes, no;

		if (!states[i].reached)
			continue;
		next.most++;
		if (BPF_CLASS(instruction->code) == BPF_RET) {
			most = next.most > most ? next.most : most;
		} else if (!flow_targets(program, i, &yes, &no)) {
			next = after(&states[i], instruction, audit_arch, number);
			next.most++;
			arrive(&states[i + 1], &next);
		} else if (is_test(instruction) && next.known &&
			   BPF_SRC(instruction->code) == BPF_K) {
			arrive(&states[test_holds(instruction, next.a) ? yes : no], &next);
		} else {
			arrive(&states[yes], &next);
			arrive(&states[no], &next);
		}
	}
	return most;
}
