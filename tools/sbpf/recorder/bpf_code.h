/* SPDX-License-Identifier: MIT */
/* Writing eBPF instructions one after another, with labels to jump to. */
#ifndef SBPF_TOOLS_BPF_CODE_H
#define SBPF_TOOLS_BPF_CODE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CODE_MAX 2048
#define CODE_LABELS_MAX 128

typedef unsigned int code_label;

/* Initialise with { 0 }. Past its bounds nothing is added, and code_finish() says so. */
struct code {
	struct bpf_insn list[CODE_MAX];
	code_label targets[CODE_MAX]; /* where a jump goes, 0 for what is none */
	size_t count;
	size_t labels[CODE_LABELS_MAX]; /* where each is, by label; 0 stands for none */
	code_label label_count;
	bool failed;
};

/* A label that is not placed yet; it must be, behind all that jumps to it. */
code_label code_label_new(struct code *code);
void code_place(struct code *code, code_label label);

void code_move(struct code *code, int to, int from);
void code_set(struct code *code, int to, int32_t value);
void code_set64(struct code *code, int to, uint64_t value);
void code_map(struct code *code, int to, int map); /* a descriptor */

/* operation: BPF_ADD, BPF_AND, …; of 64 bits. */
void code_compute(struct code *code, int operation, int to, int32_t value);
void code_combine(struct code *code, int operation, int to, int from);
/* Cuts a register to its lower half. */
void code_narrow(struct code *code, int to);

/* size: BPF_W or BPF_DW. */
void code_load(struct code *code, int size, int to, int from, int offset);
void code_store(struct code *code, int size, int to, int offset, int from);
void code_store_value(struct code *code, int size, int to, int offset, int32_t value);
/* Adds a register to memory, which other CPUs may do at the same time. */
void code_add_shared(struct code *code, int to, int offset, int from);

/* test: BPF_JEQ, BPF_JNE, BPF_JGE, …; of 64 bits. */
void code_jump(struct code *code, int test, int left, int32_t right, code_label label);
void code_jump_register(struct code *code, int test, int left, int right, code_label label);
void code_go(struct code *code, code_label label);
void code_call(struct code *code, int helper);
void code_exit(struct code *code);

/* Fills in where the jumps go. False when something did not fit or is missing. */
bool code_finish(struct code *code);

#endif
