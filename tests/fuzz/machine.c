// SPDX-License-Identifier: MIT
#include "machine.h"

#include <stdlib.h>
#include <string.h>

#define CELLS BPF_MEMWORDS

/* ---- Accepting ---- */

static bool is_conditional_jump(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_JMP && BPF_OP(instruction->code) != BPF_JA;
}

static bool is_memory_load(const struct sock_filter *instruction)
{
	return instruction->code == (BPF_LD | BPF_MEM) || instruction->code == (BPF_LDX | BPF_MEM);
}

/* seccomp_check_filter() lists 41 codes; MOD, IND, MSH and part loads are not among them. */
static bool is_known(uint16_t code)
{
	static const uint16_t codes[] = {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0c, 0x14, 0x15, 0x16, 0x1c, 0x1d,
		0x20, 0x24, 0x25, 0x2c, 0x2d, 0x34, 0x35, 0x3c, 0x3d, 0x44, 0x45, 0x4c, 0x4d, 0x54,
		0x5c, 0x60, 0x61, 0x64, 0x6c, 0x74, 0x7c, 0x80, 0x81, 0x84, 0x87, 0xa4, 0xac,
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* What an instruction's k, jt and jf must be, when `left` instructions follow it. */
static bool is_well_formed(const struct sock_filter *instruction, size_t left)
{
	uint32_t k = instruction->k;

	switch (instruction->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return k < sizeof(struct seccomp_data) && k % 4 == 0;
	case BPF_ALU | BPF_DIV | BPF_K:
		return k != 0;
	case BPF_ALU | BPF_LSH | BPF_K:
	case BPF_ALU | BPF_RSH | BPF_K:
		return k < 32;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return k < CELLS;
	case BPF_JMP | BPF_JA:
		return k < left;
	}
	return !is_conditional_jump(instruction) ||
	       (instruction->jt < left && instruction->jf < left);
}

/* Whether every cell of memory that a load reads is written on every way to it. */
static bool writes_before_reads(const struct sock_filter *program, size_t count)
{
	uint16_t *written = malloc(count * sizeof(*written));
	uint16_t now = 0;
	bool good = true;

	if (!written)
		abort();
	memset(written, 0xff, count * sizeof(*written));
	for (size_t i = 0; good && i < count; i++) {
		const struct sock_filter *instruction = &program[i];

		now &= written[i];
		if (instruction->code == BPF_ST || instruction->code == BPF_STX)
			now |= (uint16_t)(1u << instruction->k);
		if (is_memory_load(instruction))
			good = now >> instruction->k & 1;
		if (BPF_CLASS(instruction->code) != BPF_JMP)
			continue;
		if (is_conditional_jump(instruction)) {
			written[i + 1 + instruction->jt] &= now;
			written[i + 1 + instruction->jf] &= now;
		} else {
			written[i + 1 + instruction->k] &= now;
		}
		now = UINT16_MAX;
	}
	free(written);
	return good;
}

bool machine_accepts(const struct sock_filter *program, size_t count)
{
	if (count == 0 || count > BPF_MAXINSNS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_known(program[i].code) || !is_well_formed(&program[i], count - i - 1))
			return false;
	if (BPF_CLASS(program[count - 1].code) != BPF_RET)
		return false;
	return writes_before_reads(program, count);
}

/* ---- Running ---- */

/* A program's registers: A, X and the cells of memory. */
struct state {
	uint32_t a;
	uint32_t x;
	uint32_t cells[CELLS];
};

/* The 32 bits at an offset of struct seccomp_data as a machine of this byte order has it. */
static uint32_t load(const struct seccomp_data *data, uint32_t offset, bool big_endian)
{
	uint64_t wide;
	bool upper;

	if (offset == offsetof(struct seccomp_data, nr))
		return (uint32_t)data->nr;
	if (offset == offsetof(struct seccomp_data, arch))
		return data->arch;
	wide = offset < 16 ? data->instruction_pointer : data->args[(offset - 16) / 8];
	upper = (offset % 8 == 4) != big_endian;
	return upper ? (uint32_t)(wide >> 32) : (uint32_t)wide;
}

/* False: a division by zero, which ends the program with 0, KILL_THREAD. */
static bool calculate(struct state *state, const struct sock_filter *instruction)
{
	uint32_t operand = BPF_SRC(instruction->code) == BPF_X ? state->x : instruction->k;

	switch (BPF_OP(instruction->code)) {
	case BPF_ADD:
		state->a += operand;
		break;
	case BPF_SUB:
		state->a -= operand;
		break;
	case BPF_MUL:
		state->a *= operand;
		break;
	case BPF_DIV:
		if (operand == 0)
			return false;
		state->a /= operand;
		break;
	case BPF_AND:
		state->a &= operand;
		break;
	case BPF_OR:
		state->a |= operand;
		break;
	case BPF_XOR:
		state->a ^= operand;
		break;
	case BPF_LSH:
		/* The kernel's machine takes a shift by a register modulo 32. */
		state->a <<= operand & 31;
		break;
	case BPF_RSH:
		state->a >>= operand & 31;
		break;
	case BPF_NEG:
		state->a = -state->a;
		break;
	}
	return true;
}

static uint32_t jump(const struct state *state, const struct sock_filter *instruction)
{
	uint32_t operand = BPF_SRC(instruction->code) == BPF_X ? state->x : instruction->k;
	bool holds = false;

	switch (BPF_OP(instruction->code)) {
	case BPF_JA:
		return instruction->k;
	case BPF_JEQ:
		holds = state->a == operand;
		break;
	case BPF_JGT:
		holds = state->a > operand;
		break;
	case BPF_JGE:
		holds = state->a >= operand;
		break;
	case BPF_JSET:
		holds = state->a & operand;
		break;
	}
	return holds ? instruction->jt : instruction->jf;
}

/* Loads, stores and moves. */
static void move(struct state *state, const struct sock_filter *instruction,
		 const struct seccomp_data *data, bool big_endian)
{
	switch (instruction->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		state->a = load(data, instruction->k, big_endian);
		break;
	case BPF_LD | BPF_IMM:
		state->a = instruction->k;
		break;
	case BPF_LDX | BPF_IMM:
		state->x = instruction->k;
		break;
	case BPF_LD | BPF_W | BPF_LEN:
		state->a = sizeof(struct seccomp_data);
		break;
	case BPF_LDX | BPF_W | BPF_LEN:
		state->x = sizeof(struct seccomp_data);
		break;
	case BPF_LD | BPF_MEM:
		state->a = state->cells[instruction->k];
		break;
	case BPF_LDX | BPF_MEM:
		state->x = state->cells[instruction->k];
		break;
	case BPF_ST:
		state->cells[instruction->k] = state->a;
		break;
	case BPF_STX:
		state->cells[instruction->k] = state->x;
		break;
	case BPF_MISC | BPF_TAX:
		state->x = state->a;
		break;
	case BPF_MISC | BPF_TXA:
		state->a = state->x;
		break;
	}
}

uint32_t machine_run(const struct sock_filter *program, const struct seccomp_data *data,
		     bool big_endian)
{
	struct state state = { 0 };

	for (size_t at = 0;; at++) {
		const struct sock_filter *instruction = &program[at];

		switch (BPF_CLASS(instruction->code)) {
		case BPF_RET:
			return BPF_RVAL(instruction->code) == BPF_A ? state.a : instruction->k;
		case BPF_JMP:
			at += jump(&state, instruction);
			break;
		case BPF_ALU:
			if (!calculate(&state, instruction))
				return 0;
			break;
		default:
			move(&state, instruction, data, big_endian);
		}
	}
}
