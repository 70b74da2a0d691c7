/* SPDX-License-Identifier: MIT */
/*
 * The kernel's rules for programs, and its way of running them (Linux 6.12: net/core/filter.c:
 * bpf_check_classic, check_load_and_stores; kernel/seccomp.c: seccomp_check_filter,
 * seccomp_is_const_allow).
 */
#include "sbpf.h"

#include <linux/audit.h>
#include <string.h>

#include "array.h"
#include "error.h"

#define DATA_SIZE ((uint32_t)sizeof(struct seccomp_data))

/* ---- Validity -------------------------------------------------------------------------- */

/* What the constant of an instruction has to satisfy. */
enum constant_rule {
	CONSTANT_ANY,
	CONSTANT_DATA,	  /* an aligned offset in struct seccomp_data */
	CONSTANT_MEMORY,  /* a scratch word that was stored before */
	CONSTANT_STORE,	  /* a scratch word */
	CONSTANT_DIVISOR, /* not zero */
	CONSTANT_SHIFT,	  /* less than 32 */
	CONSTANT_JUMP,	  /* within the program */
	CONSTANT_BRANCH,  /* both jt and jf within the program */
};

/* Every instruction that seccomp takes. */
static const struct rule {
	uint16_t code;
	uint8_t constant;
} rules[] = {
	{ BPF_LD | BPF_W | BPF_ABS, CONSTANT_DATA },
	{ BPF_LD | BPF_W | BPF_LEN, CONSTANT_ANY },
	{ BPF_LDX | BPF_W | BPF_LEN, CONSTANT_ANY },
	{ BPF_LD | BPF_IMM, CONSTANT_ANY },
	{ BPF_LDX | BPF_IMM, CONSTANT_ANY },
	{ BPF_LD | BPF_MEM, CONSTANT_MEMORY },
	{ BPF_LDX | BPF_MEM, CONSTANT_MEMORY },
	{ BPF_ST, CONSTANT_STORE },
	{ BPF_STX, CONSTANT_STORE },
	{ BPF_MISC | BPF_TAX, CONSTANT_ANY },
	{ BPF_MISC | BPF_TXA, CONSTANT_ANY },
	{ BPF_RET | BPF_K, CONSTANT_ANY },
	{ BPF_RET | BPF_A, CONSTANT_ANY },
	{ BPF_ALU | BPF_ADD | BPF_K, CONSTANT_ANY },
	{ BPF_ALU | BPF_ADD | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_SUB | BPF_K, CONSTANT_ANY },
	{ BPF_ALU | BPF_SUB | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_MUL | BPF_K, CONSTANT_ANY },
	{ BPF_ALU | BPF_MUL | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_DIV | BPF_K, CONSTANT_DIVISOR },
	{ BPF_ALU | BPF_DIV | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_AND | BPF_K, CONSTANT_ANY },
	{ BPF_ALU | BPF_AND | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_OR | BPF_K, CONSTANT_ANY },
	{ BPF_ALU | BPF_OR | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_XOR | BPF_K, CONSTANT_ANY },
	{ BPF_ALU | BPF_XOR | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_LSH | BPF_K, CONSTANT_SHIFT },
	{ BPF_ALU | BPF_LSH | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_RSH | BPF_K, CONSTANT_SHIFT },
	{ BPF_ALU | BPF_RSH | BPF_X, CONSTANT_ANY },
	{ BPF_ALU | BPF_NEG, CONSTANT_ANY },
	{ BPF_JMP | BPF_JA, CONSTANT_JUMP },
	{ BPF_JMP | BPF_JEQ | BPF_K, CONSTANT_BRANCH },
	{ BPF_JMP | BPF_JEQ | BPF_X, CONSTANT_BRANCH },
	{ BPF_JMP | BPF_JGE | BPF_K, CONSTANT_BRANCH },
	{ BPF_JMP | BPF_JGE | BPF_X, CONSTANT_BRANCH },
	{ BPF_JMP | BPF_JGT | BPF_K, CONSTANT_BRANCH },
	{ BPF_JMP | BPF_JGT | BPF_X, CONSTANT_BRANCH },
	{ BPF_JMP | BPF_JSET | BPF_K, CONSTANT_BRANCH },
	{ BPF_JMP | BPF_JSET | BPF_X, CONSTANT_BRANCH },
};

static const struct rule *find_rule(uint16_t code)
{
	for (size_t i = 0; i < COUNT(rules); i++) {
		if (rules[i].code == code)
			return &rules[i];
	}
	return NULL;
}

/* What is wrong with the instruction at pc, or NULL. left is the number of those after it. */
static const char *find_fault(const struct sock_filter *instruction, size_t left)
{
	const struct rule *rule = find_rule(instruction->code);

	if (!rule)
		return "is none that seccomp takes";
	switch ((enum constant_rule)rule->constant) {
	case CONSTANT_DATA:
		if (instruction->k >= DATA_SIZE || instruction->k % 4)
			return "loads no aligned word of struct seccomp_data";
		break;
	case CONSTANT_MEMORY:
	case CONSTANT_STORE:
		if (instruction->k >= BPF_MEMWORDS)
			return "names a scratch word above 15";
		break;
	case CONSTANT_DIVISOR:
		if (!instruction->k)
			return "divides by zero";
		break;
	case CONSTANT_SHIFT:
		if (instruction->k > 31)
			return "shifts by more than 31 bits";
		break;
	case CONSTANT_JUMP:
		if (instruction->k >= left)
			return "jumps out of the program";
		break;
	case CONSTANT_BRANCH:
		if (instruction->jt >= left || instruction->jf >= left)
			return "jumps out of the program";
		break;
	case CONSTANT_ANY:
		break;
	}
	return NULL;
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
		const struct rule *rule = find_rule(instruction->code);

		now &= stored[pc];
		if (rule->constant == CONSTANT_STORE) {
			now |= (uint16_t)(1u << instruction->k);
		} else if (rule->constant == CONSTANT_MEMORY) {
			if (!(now >> instruction->k & 1))
				return pc;
		} else if (rule->constant == CONSTANT_JUMP) {
			stored[pc + 1 + instruction->k] &= now;
			now = UINT16_MAX;
		} else if (rule->constant == CONSTANT_BRANCH) {
			stored[pc + 1 + instruction->jt] &= now;
			stored[pc + 1 + instruction->jf] &= now;
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

/* ---- Running --------------------------------------------------------------------------- */

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

/* Dividing by an X of zero ends the program with 0 (bpf_convert_filter). */
static void divide(struct machine *machine, uint32_t divisor)
{
	if (divisor) {
		machine->a /= divisor;
	} else {
		machine->done = true;
		machine->verdict = 0;
	}
}

static void compute(struct machine *machine, const struct sock_filter *instruction)
{
	uint32_t operand = BPF_SRC(instruction->code) == BPF_X ? machine->x : instruction->k;

	switch (BPF_OP(instruction->code)) {
	case BPF_ADD:
		machine->a += operand;
		break;
	case BPF_SUB:
		machine->a -= operand;
		break;
	case BPF_MUL:
		machine->a *= operand;
		break;
	case BPF_DIV:
		divide(machine, operand);
		break;
	case BPF_AND:
		machine->a &= operand;
		break;
	case BPF_OR:
		machine->a |= operand;
		break;
	case BPF_XOR:
		machine->a ^= operand;
		break;
	case BPF_LSH:
		machine->a <<= operand & 31;
		break;
	case BPF_RSH:
		machine->a >>= operand & 31;
		break;
	case BPF_NEG:
		machine->a = -machine->a;
		break;
	}
}

static bool holds(uint16_t code, uint32_t a, uint32_t operand)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return a == operand;
	case BPF_JGE:
		return a >= operand;
	case BPF_JGT:
		return a > operand;
	default:
		return (a & operand) != 0;
	}
}

static size_t jump(const struct sock_filter *instruction, uint32_t a, uint32_t x)
{
	uint32_t operand = BPF_SRC(instruction->code) == BPF_X ? x : instruction->k;

	if (BPF_OP(instruction->code) == BPF_JA)
		return instruction->k;
	return holds(instruction->code, a, operand) ? instruction->jt : instruction->jf;
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
		machine->pc += jump(instruction, machine->a, machine->x);
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

/* ---- The kernel's cache ---------------------------------------------------------------- */

bool sbpf_program_is_cached(const struct sock_filter *program, size_t count, uint32_t audit_arch,
			    uint32_t number)
{
	uint32_t a = 0;

	if (!program || (audit_arch == AUDIT_ARCH_X86_64 && number & SBPF_X32_BIT))
		return false;
	for (size_t pc = 0; pc < count; pc++) {
		const struct sock_filter *instruction = &program[pc];

		switch (instruction->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (instruction->k >= 8)
				return false;
			a = instruction->k == offsetof(struct seccomp_data, nr) ? number
										: audit_arch;
			break;
		case BPF_RET | BPF_K:
			return instruction->k == SECCOMP_RET_ALLOW;
		case BPF_JMP | BPF_JA:
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += jump(instruction, a, 0);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= instruction->k;
			break;
		default:
			return false;
		}
	}
	return false;
}
