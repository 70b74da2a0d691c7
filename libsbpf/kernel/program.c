/* SPDX-License-Identifier: MIT */
/*
 * The kernel's rules for programs, and its way of running them (Linux 6.12: net/core/filter.c:
 * bpf_check_classic, check_load_and_stores; kernel/seccomp.c: seccomp_check_filter,
 * seccomp_is_const_allow).
 */
#include "sbpf.h"

#include <linux/audit.h>
#include <string.h>

#include "error.h"
#include "instruction.h"

#define DATA_SIZE ((uint32_t)sizeof(struct seccomp_data))

/* ---- Validity ---- */

/* What is wrong with an instruction, or NULL. left is the number of those after it. */
static const char *find_fault(const struct sock_filter *instruction, size_t left)
{
	const struct operation *operation = operation_find(instruction->code);

	if (!operation)
		return "is none that seccomp takes";
	return operation->find_fault ? operation->find_fault(instruction, left) : NULL;
}

static bool is_scratch_load(const struct sock_filter *instruction)
{
	return instruction->code == (BPF_LD | BPF_MEM) || instruction->code == (BPF_LDX | BPF_MEM);
}

/*
 * The first instruction that loads a scratch word which some way to it did not store, or count.
 * As the kernel has it, an instruction behind a return is reached with what stood before that.
 */
static size_t find_unstored(const struct sock_filter *program, size_t count)
{
	uint16_t stored[BPF_MAXINSNS];
	uint16_t now = 0;

	memset(stored, 0xff, sizeof(stored));
	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *instruction = &program[pc];
		uint16_t class = BPF_CLASS(instruction->code);

		now &= stored[pc];
		if (class == BPF_ST || class == BPF_STX) {
			now |= (uint16_t)(1u << instruction->k);
		} else if (is_scratch_load(instruction)) {
			if (!(now >> instruction->k & 1))
				return pc;
		} else if (is_jump_always(instruction)) {
			stored[target_always(program, pc)] &= now;
			now = UINT16_MAX;
		} else if (is_branch(instruction)) {
			stored[target_true(program, pc)] &= now;
			stored[target_false(program, pc)] &= now;
			now = UINT16_MAX;
		}
	}
	return count;
}

int sbpf_program_check(const struct sock_filter *program, size_t count, struct sbpf_error *error)
{
	size_t unstored;

	if (error_is_set(error))
		return -1;
	if (!program || !count)
		return error_set(error, SBPF_ERROR_INVALID, "a program needs an instruction");
	if (count > BPF_MAXINSNS)
		return error_set(error, SBPF_ERROR_TOO_LARGE,
				 "%zu instructions, %zu more than the kernel's limit of %d", count,
				 count - BPF_MAXINSNS, BPF_MAXINSNS);
	for (size_t pc = 0; pc < count; pc++) {
		const char *fault = find_fault(&program[pc], count - pc - 1);

		if (fault)
			return error_set(error, SBPF_ERROR_INVALID,
					 "instruction %zu (code 0x%02x, k 0x%08x) %s", pc,
					 program[pc].code, program[pc].k, fault);
	}
	if (BPF_CLASS(program[count - 1].code) != BPF_RET)
		return error_set(error, SBPF_ERROR_INVALID,
				 "instruction %zu is the last and no return", count - 1);
	unstored = find_unstored(program, count);
	if (unstored < count)
		return error_set(error, SBPF_ERROR_INVALID,
				 "instruction %zu loads scratch word %u before it is stored",
				 unstored, program[unstored].k);
	return 0;
}

/* ---- Running ---- */

struct machine {
	uint32_t a;
	uint32_t x;
	uint32_t memory[BPF_MEMWORDS];
	size_t pc;
	bool done;
	uint32_t verdict;
};

/* A word of struct seccomp_data as a machine of this byte order lays it out. */
static uint32_t data_word(const struct seccomp_data *data, uint32_t offset, bool big_endian)
{
	const uint64_t quads[] = {
		data->instruction_pointer,
		data->args[0],
		data->args[1],
		data->args[2],
		data->args[3],
		data->args[4],
		data->args[5],
	};
	uint64_t quad;

	if (offset < 8)
		return offset < 4 ? (uint32_t)data->nr : data->arch;
	quad = quads[(offset - 8) / 8];
	return (offset % 8 != 0) == big_endian ? (uint32_t)quad : (uint32_t)(quad >> 32);
}

static void load(struct machine *machine, const struct sock_filter *instruction,
		 const struct seccomp_data *data, bool big_endian)
{
	bool to_x = BPF_CLASS(instruction->code) == BPF_LDX;
	uint32_t value = 0;

	switch (BPF_MODE(instruction->code)) {
	case BPF_ABS:
		value = data_word(data, instruction->k, big_endian);
		break;
	case BPF_LEN:
		value = DATA_SIZE;
		break;
	case BPF_IMM:
		value = instruction->k;
		break;
	case BPF_MEM:
		value = machine->memory[instruction->k];
		break;
	}
	*(to_x ? &machine->x : &machine->a) = value;
}

static uint32_t operand_of(const struct machine *machine, const struct sock_filter *instruction)
{
	return BPF_SRC(instruction->code) == BPF_X ? machine->x : instruction->k;
}

/* Dividing by an X of zero ends the program with 0 (bpf_convert_filter). */
static void compute(struct machine *machine, const struct sock_filter *instruction)
{
	if (!alu(instruction->code, operand_of(machine, instruction), &machine->a)) {
		machine->done = true;
		machine->verdict = 0;
	}
}

static size_t jump(const struct machine *machine, const struct sock_filter *instruction)
{
	if (is_jump_always(instruction))
		return instruction->k;
	return test_holds(instruction->code, machine->a, operand_of(machine, instruction))
		       ? instruction->jt
		       : instruction->jf;
}

static void step(struct machine *machine, const struct sock_filter *instruction,
		 const struct seccomp_data *data, bool big_endian)
{
	switch (BPF_CLASS(instruction->code)) {
	case BPF_LD:
	case BPF_LDX:
		load(machine, instruction, data, big_endian);
		break;
	case BPF_ST:
		machine->memory[instruction->k] = machine->a;
		break;
	case BPF_STX:
		machine->memory[instruction->k] = machine->x;
		break;
	case BPF_ALU:
		compute(machine, instruction);
		break;
	case BPF_JMP:
		machine->pc += jump(machine, instruction);
		break;
	case BPF_RET:
		machine->done = true;
		machine->verdict =
			BPF_RVAL(instruction->code) == BPF_A ? machine->a : instruction->k;
		break;
	case BPF_MISC:
		if (BPF_MISCOP(instruction->code) == BPF_TAX)
			machine->x = machine->a;
		else
			machine->a = machine->x;
		break;
	}
}

uint32_t sbpf_program_run(const struct sock_filter *program, size_t count,
			  const struct seccomp_data *data, bool big_endian, size_t *steps)
{
	struct machine machine = { .verdict = SECCOMP_RET_KILL_PROCESS };
	size_t taken = 0;

	while (program && data && !machine.done && machine.pc < count) {
		const struct sock_filter *instruction = &program[machine.pc++];

		step(&machine, instruction, data, big_endian);
		taken++;
	}
	if (steps)
		*steps = taken;
	return machine.verdict;
}

/* ---- The kernel's cache ---- */

/* What seccomp_is_const_allow() carries out; any other instruction ends its look ahead. */
static bool is_foreseen(const struct sock_filter *instruction)
{
	switch (instruction->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return instruction->k < offsetof(struct seccomp_data, instruction_pointer);
	case BPF_RET | BPF_K:
	case BPF_JMP | BPF_JA:
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_ALU | BPF_AND | BPF_K:
		return true;
	default:
		return false;
	}
}

bool sbpf_program_is_cached(const struct sock_filter *program, size_t count, uint32_t audit_arch,
			    uint32_t number)
{
	const struct seccomp_data data = { .nr = (int)number, .arch = audit_arch };
	struct machine machine = { 0 };

	if (!program || (audit_arch == AUDIT_ARCH_X86_64 && number & SBPF_X32_BIT))
		return false;
	while (!machine.done && machine.pc < count) {
		const struct sock_filter *instruction = &program[machine.pc++];

		if (!is_foreseen(instruction))
			return false;
		step(&machine, instruction, &data, false);
	}
	return machine.done && machine.verdict == SECCOMP_RET_ALLOW;
}
