/* SPDX-License-Identifier: MIT */
/* The syntax of the kernel's own assembler, tools/bpf/bpf_asm (bpf_exp.y of Linux 6.12). */
#include "format.h"

#include "arch.h"

#include <linux/bpf_common.h>

/* What kernel/seccomp.c: seccomp_check_filter takes; BPF_MOD, for one, is not among it. */
static const struct operation operations[] = {
	{ "ld", OPERAND_OFFSET, BPF_LD | BPF_W | BPF_ABS },
	{ "ld", OPERAND_CONSTANT, BPF_LD | BPF_IMM },
	{ "ld", OPERAND_LENGTH, BPF_LD | BPF_W | BPF_LEN },
	{ "ld", OPERAND_SCRATCH, BPF_LD | BPF_MEM },
	{ "ldx", OPERAND_CONSTANT, BPF_LDX | BPF_IMM },
	{ "ldx", OPERAND_LENGTH, BPF_LDX | BPF_W | BPF_LEN },
	{ "ldx", OPERAND_SCRATCH, BPF_LDX | BPF_MEM },
	{ "st", OPERAND_SCRATCH, BPF_ST },
	{ "stx", OPERAND_SCRATCH, BPF_STX },
	{ "add", OPERAND_CONSTANT, BPF_ALU | BPF_ADD | BPF_K },
	{ "add", OPERAND_X, BPF_ALU | BPF_ADD | BPF_X },
	{ "sub", OPERAND_CONSTANT, BPF_ALU | BPF_SUB | BPF_K },
	{ "sub", OPERAND_X, BPF_ALU | BPF_SUB | BPF_X },
	{ "mul", OPERAND_CONSTANT, BPF_ALU | BPF_MUL | BPF_K },
	{ "mul", OPERAND_X, BPF_ALU | BPF_MUL | BPF_X },
	{ "div", OPERAND_CONSTANT, BPF_ALU | BPF_DIV | BPF_K },
	{ "div", OPERAND_X, BPF_ALU | BPF_DIV | BPF_X },
	{ "and", OPERAND_CONSTANT, BPF_ALU | BPF_AND | BPF_K },
	{ "and", OPERAND_X, BPF_ALU | BPF_AND | BPF_X },
	{ "or", OPERAND_CONSTANT, BPF_ALU | BPF_OR | BPF_K },
	{ "or", OPERAND_X, BPF_ALU | BPF_OR | BPF_X },
	{ "xor", OPERAND_CONSTANT, BPF_ALU | BPF_XOR | BPF_K },
	{ "xor", OPERAND_X, BPF_ALU | BPF_XOR | BPF_X },
	{ "lsh", OPERAND_CONSTANT, BPF_ALU | BPF_LSH | BPF_K },
	{ "lsh", OPERAND_X, BPF_ALU | BPF_LSH | BPF_X },
	{ "rsh", OPERAND_CONSTANT, BPF_ALU | BPF_RSH | BPF_K },
	{ "rsh", OPERAND_X, BPF_ALU | BPF_RSH | BPF_X },
	{ "neg", OPERAND_NONE, BPF_ALU | BPF_NEG },
	{ "jmp", OPERAND_NONE, BPF_JMP | BPF_JA },
	{ "jeq", OPERAND_CONSTANT, BPF_JMP | BPF_JEQ | BPF_K },
	{ "jeq", OPERAND_X, BPF_JMP | BPF_JEQ | BPF_X },
	{ "jge", OPERAND_CONSTANT, BPF_JMP | BPF_JGE | BPF_K },
	{ "jge", OPERAND_X, BPF_JMP | BPF_JGE | BPF_X },
	{ "jgt", OPERAND_CONSTANT, BPF_JMP | BPF_JGT | BPF_K },
	{ "jgt", OPERAND_X, BPF_JMP | BPF_JGT | BPF_X },
	{ "jset", OPERAND_CONSTANT, BPF_JMP | BPF_JSET | BPF_K },
	{ "jset", OPERAND_X, BPF_JMP | BPF_JSET | BPF_X },
	{ "ret", OPERAND_CONSTANT, BPF_RET | BPF_K },
	{ "ret", OPERAND_A, BPF_RET | BPF_A },
	{ "tax", OPERAND_NONE, BPF_MISC | BPF_TAX },
	{ "txa", OPERAND_NONE, BPF_MISC | BPF_TXA },
};

const struct operation *operation_find(uint16_t code)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		if (operations[i].code == code)
			return &operations[i];
	}
	return NULL;
}

bool is_jump_always(const struct sock_filter *instruction)
{
	return instruction->code == (BPF_JMP | BPF_JA);
}

bool is_branch(const struct sock_filter *instruction)
{
	return BPF_CLASS(instruction->code) == BPF_JMP && !is_jump_always(instruction);
}

size_t target_true(const struct sock_filter *program, size_t index)
{
	return index + 1 + program[index].jt;
}

size_t target_false(const struct sock_filter *program, size_t index)
{
	return index + 1 + program[index].jf;
}

size_t target_always(const struct sock_filter *program, size_t index)
{
	return index + 1 + program[index].k;
}

static void add_operand(struct text *text, enum operand operand, uint32_t k)
{
	switch (operand) {
	case OPERAND_NONE:
		break;
	case OPERAND_CONSTANT:
		text_add(text, " #0x%x", k);
		break;
	case OPERAND_OFFSET:
		text_add(text, " [%u]", k);
		break;
	case OPERAND_SCRATCH:
		text_add(text, " M[%u]", k);
		break;
	case OPERAND_X:
		text_add(text, " x");
		break;
	case OPERAND_A:
		text_add(text, " a");
		break;
	case OPERAND_LENGTH:
		text_add(text, " #len");
		break;
	}
}

void text_add_instruction(struct text *text, const struct sock_filter *program, size_t index)
{
	const struct sock_filter *instruction = &program[index];
	const struct operation *operation = operation_find(instruction->code);

	if (!operation) {
		text_add(text, "code 0x%x", instruction->code);
		return;
	}
	text_add(text, "%s", operation->name);
	add_operand(text, operation->operand, instruction->k);
	if (is_jump_always(instruction))
		text_add(text, " l%zu", target_always(program, index));
	else if (is_branch(instruction))
		text_add(text, ", l%zu, l%zu", target_true(program, index),
			 target_false(program, index));
}

/* Bytes of a line before the comment, where the instruction leaves room. */
#define COMMENT_COLUMN 36

static void add_comment(struct text *text, size_t line_length, const char *comment)
{
	int padding = line_length < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - line_length) : 1;

	text_add(text, "%*s; %s", padding, "", comment);
}

void format_asm(const struct sbpf_filter *filter, const struct place *places, struct text *text)
{
	char description[DESCRIPTION_MAX];

	text_add(text, "; %s, %zu instructions\n", abi_name(filter->machine), filter->count);
	for (size_t i = 0; i < filter->count; i++) {
		size_t start = text->length;

		text_add(text, "l%zu:\t", i);
		text_add_instruction(text, filter->program, i);
		describe(filter, &places[i], i, description);
		if (description[0] != '\0')
			add_comment(text, text->length - start, description);
		text_add(text, "\n");
	}
}
