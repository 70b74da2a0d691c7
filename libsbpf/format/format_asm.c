/* SPDX-License-Identifier: MIT */
/* The syntax of the kernel's own assembler, tools/bpf/bpf_asm (bpf_exp.y of Linux 6.12). */
#include "format.h"

#include "arch.h"
#include "instruction.h"

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

static void add_comment(struct text *text, size_t line_length, const struct sbpf_notes *notes,
			size_t index)
{
	int padding = line_length < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - line_length) : 1;

	if (!has_comment(notes, index))
		return;
	text_add(text, "%*s; ", padding, "");
	text_add_comment(text, notes, index);
}

void format_asm(const struct sbpf_filter *filter, struct sbpf_notes *notes, struct text *text)
{
	text_add(text, "; %s, %zu instructions\n", abi_name(filter->machine), filter->count);
	for (size_t i = 0; i < filter->count; i++) {
		size_t start = text->length;

		text_add(text, "l%zu:\t", i);
		text_add_instruction(text, filter->program, i);
		add_comment(text, text->length - start, notes, i);
		text_add(text, "\n");
	}
}
