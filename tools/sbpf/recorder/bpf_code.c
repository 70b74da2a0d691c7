/* SPDX-License-Identifier: MIT */
#include "bpf_code.h"

static void add(struct code *code, struct bpf_insn instruction, code_label target)
{
	if (code->count == CODE_MAX) {
		code->failed = true;
		return;
	}
	code->targets[code->count] = target;
	code->list[code->count++] = instruction;
}

static void emit(struct code *code, int opcode, int to, int from, int offset, int32_t value)
{
	add(code,
	    (struct bpf_insn){ .code = (uint8_t)opcode,
			       .dst_reg = (uint8_t)to & 15,
			       .src_reg = (uint8_t)from & 15,
			       .off = (int16_t)offset,
			       .imm = value },
	    0);
}

code_label code_label_new(struct code *code)
{
	if (code->label_count == CODE_LABELS_MAX - 1) {
		code->failed = true;
		return 0;
	}
	return ++code->label_count;
}

void code_place(struct code *code, code_label label)
{
	code->labels[label] = code->count;
}

void code_move(struct code *code, int to, int from)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}

void code_set(struct code *code, int to, int32_t value)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}

/* The one instruction that is two long. */
void code_set64(struct code *code, int to, uint64_t value)
{
	emit(code, BPF_LD | BPF_IMM | BPF_DW, to, 0, 0, (int32_t)(uint32_t)value);
	emit(code, 0, 0, 0, 0, (int32_t)(uint32_t)(value >> 32));
}

void code_map(struct code *code, int to, int map)
{
	emit(code, BPF_LD | BPF_IMM | BPF_DW, to, BPF_PSEUDO_MAP_FD, 0, map);
	emit(code, 0, 0, 0, 0, 0);
}

void code_compute(struct code *code, int operation, int to, int32_t value)
{
	emit(code, BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
}

void code_combine(struct code *code, int operation, int to, int from)
{
	emit(code, BPF_ALU64 | operation | BPF_X, to, from, 0, 0);
}

void code_narrow(struct code *code, int to)
{
	emit(code, BPF_ALU | BPF_MOV | BPF_X, to, to, 0, 0);
}

void code_load(struct code *code, int size, int to, int from, int offset)
{
	emit(code, BPF_LDX | BPF_MEM | size, to, from, offset, 0);
}

void code_store(struct code *code, int size, int to, int offset, int from)
{
	emit(code, BPF_STX | BPF_MEM | size, to, from, offset, 0);
}

void code_store_value(struct code *code, int size, int to, int offset, int32_t value)
{
	emit(code, BPF_ST | BPF_MEM | size, to, 0, offset, value);
}

void code_add_shared(struct code *code, int to, int offset, int from)
{
	emit(code, BPF_STX | BPF_XADD | BPF_DW, to, from, offset, 0);
}

void code_jump(struct code *code, int test, int left, int32_t right, code_label label)
{
	emit(code, BPF_JMP | test | BPF_K, left, 0, 0, right);
	if (!code->failed)
		code->targets[code->count - 1] = label;
}

void code_jump_register(struct code *code, int test, int left, int right, code_label label)
{
	emit(code, BPF_JMP | test | BPF_X, left, right, 0, 0);
	if (!code->failed)
		code->targets[code->count - 1] = label;
}

void code_go(struct code *code, code_label label)
{
	code_jump(code, BPF_JA, 0, 0, label);
}

void code_call(struct code *code, int helper)
{
	emit(code, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void code_exit(struct code *code)
{
	code_set(code, BPF_REG_0, 0);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

bool code_finish(struct code *code)
{
	for (size_t i = 0; i < code->count && !code->failed; i++) {
		if (!code->targets[i])
			continue;
		if (code->labels[code->targets[i]] <= i)
			code->failed = true;
		else
			code->list[i].off = (int16_t)(code->labels[code->targets[i]] - i - 1);
	}
	return !code->failed;
}
