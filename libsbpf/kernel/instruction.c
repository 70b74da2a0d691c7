/* SPDX-License-Identifier: MIT */
/* What kernel/seccomp.c: seccomp_check_filter takes; BPF_MOD, for one, is not among it. */
#include "instruction.h"

#include "array.h"

static const char *offset_fault(const struct sock_filter *instruction, size_t left)
{
	(void)left;
	return instruction->k >= sizeof(struct seccomp_data) || instruction->k % 4
		       ? "loads no aligned word of struct seccomp_data"
		       : NULL;
}

static const char *scratch_fault(const struct sock_filter *instruction, size_t left)
{
	(void)left;
	return instruction->k >= BPF_MEMWORDS ? "names a scratch word above 15" : NULL;
}

static const char *divisor_fault(const struct sock_filter *instruction, size_t left)
{
	(void)left;
	return instruction->k ? NULL : "divides by zero";
}

static const char *shift_fault(const struct sock_filter *instruction, size_t left)
{
	(void)left;
	return instruction->k > 31 ? "shifts by more than 31 bits" : NULL;
}

static const char *jump_fault(const struct sock_filter *instruction, size_t left)
{
	return instruction->k >= left ? "jumps out of the program" : NULL;
}

static const char *branch_fault(const struct sock_filter *instruction, size_t left)
{
	return instruction->jt >= left || instruction->jf >= left ? "jumps out of the program"
								  : NULL;
}

static const struct operation operations[] = {
	{ BPF_LD | BPF_W | BPF_ABS, OPERAND_OFFSET, "ld", NULL, offset_fault },
	{ BPF_LD | BPF_IMM, OPERAND_CONSTANT, "ld", "A = %s", NULL },
	{ BPF_LD | BPF_W | BPF_LEN, OPERAND_LENGTH, "ld", "A = size of the data", NULL },
	{ BPF_LD | BPF_MEM, OPERAND_SCRATCH, "ld", "A = M[%s]", scratch_fault },
	{ BPF_LDX | BPF_IMM, OPERAND_CONSTANT, "ldx", "X = %s", NULL },
	{ BPF_LDX | BPF_W | BPF_LEN, OPERAND_LENGTH, "ldx", "X = size of the data", NULL },
	{ BPF_LDX | BPF_MEM, OPERAND_SCRATCH, "ldx", "X = M[%s]", scratch_fault },
	{ BPF_ST, OPERAND_SCRATCH, "st", "M[%s] = A", scratch_fault },
	{ BPF_STX, OPERAND_SCRATCH, "stx", "M[%s] = X", scratch_fault },
	{ BPF_ALU | BPF_ADD | BPF_K, OPERAND_CONSTANT, "add", "A += %s", NULL },
	{ BPF_ALU | BPF_ADD | BPF_X, OPERAND_X, "add", "A += X", NULL },
	{ BPF_ALU | BPF_SUB | BPF_K, OPERAND_CONSTANT, "sub", "A -= %s", NULL },
	{ BPF_ALU | BPF_SUB | BPF_X, OPERAND_X, "sub", "A -= X", NULL },
	{ BPF_ALU | BPF_MUL | BPF_K, OPERAND_CONSTANT, "mul", "A *= %s", NULL },
	{ BPF_ALU | BPF_MUL | BPF_X, OPERAND_X, "mul", "A *= X", NULL },
	{ BPF_ALU | BPF_DIV | BPF_K, OPERAND_CONSTANT, "div", "A /= %s", divisor_fault },
	{ BPF_ALU | BPF_DIV | BPF_X, OPERAND_X, "div", "A /= X", NULL },
	{ BPF_ALU | BPF_AND | BPF_K, OPERAND_CONSTANT, "and", "A &= %s", NULL },
	{ BPF_ALU | BPF_AND | BPF_X, OPERAND_X, "and", "A &= X", NULL },
	{ BPF_ALU | BPF_OR | BPF_K, OPERAND_CONSTANT, "or", "A |= %s", NULL },
	{ BPF_ALU | BPF_OR | BPF_X, OPERAND_X, "or", "A |= X", NULL },
	{ BPF_ALU | BPF_XOR | BPF_K, OPERAND_CONSTANT, "xor", "A ^= %s", NULL },
	{ BPF_ALU | BPF_XOR | BPF_X, OPERAND_X, "xor", "A ^= X", NULL },
	{ BPF_ALU | BPF_LSH | BPF_K, OPERAND_CONSTANT, "lsh", "A <<= %s", shift_fault },
	{ BPF_ALU | BPF_LSH | BPF_X, OPERAND_X, "lsh", "A <<= X", NULL },
	{ BPF_ALU | BPF_RSH | BPF_K, OPERAND_CONSTANT, "rsh", "A >>= %s", shift_fault },
	{ BPF_ALU | BPF_RSH | BPF_X, OPERAND_X, "rsh", "A >>= X", NULL },
	{ BPF_ALU | BPF_NEG, OPERAND_NONE, "neg", "A = -A", NULL },
	{ BPF_JMP | BPF_JA, OPERAND_NONE, "jmp", NULL, jump_fault },
	{ BPF_JMP | BPF_JEQ | BPF_K, OPERAND_CONSTANT, "jeq", NULL, branch_fault },
	{ BPF_JMP | BPF_JEQ | BPF_X, OPERAND_X, "jeq", NULL, branch_fault },
	{ BPF_JMP | BPF_JGE | BPF_K, OPERAND_CONSTANT, "jge", NULL, branch_fault },
	{ BPF_JMP | BPF_JGE | BPF_X, OPERAND_X, "jge", NULL, branch_fault },
	{ BPF_JMP | BPF_JGT | BPF_K, OPERAND_CONSTANT, "jgt", NULL, branch_fault },
	{ BPF_JMP | BPF_JGT | BPF_X, OPERAND_X, "jgt", NULL, branch_fault },
	{ BPF_JMP | BPF_JSET | BPF_K, OPERAND_CONSTANT, "jset", NULL, branch_fault },
	{ BPF_JMP | BPF_JSET | BPF_X, OPERAND_X, "jset", NULL, branch_fault },
	{ BPF_RET | BPF_K, OPERAND_CONSTANT, "ret", NULL, NULL },
	{ BPF_RET | BPF_A, OPERAND_A, "ret", "return A", NULL },
	{ BPF_MISC | BPF_TAX, OPERAND_NONE, "tax", "X = A", NULL },
	{ BPF_MISC | BPF_TXA, OPERAND_NONE, "txa", "A = X", NULL },
};

const struct operation *operation_find(uint16_t code)
{
	for (size_t i = 0; i < COUNT(operations); i++) {
		if (operations[i].code == code)
			return &operations[i];
	}
	return NULL;
}

bool alu(uint16_t code, uint32_t operand, uint32_t *a)
{
	switch (BPF_OP(code)) {
	case BPF_ADD:
		*a += operand;
		break;
	case BPF_SUB:
		*a -= operand;
		break;
	case BPF_MUL:
		*a *= operand;
		break;
	case BPF_DIV:
		if (!operand)
			return false;
		*a /= operand;
		break;
	case BPF_AND:
		*a &= operand;
		break;
	case BPF_OR:
		*a |= operand;
		break;
	case BPF_XOR:
		*a ^= operand;
		break;
	case BPF_LSH:
		*a <<= operand & 31;
		break;
	case BPF_RSH:
		*a >>= operand & 31;
		break;
	case BPF_NEG:
		*a = -*a;
		break;
	}
	return true;
}

bool test_holds(uint16_t code, uint32_t a, uint32_t operand)
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
