/* SPDX-License-Identifier: MIT */
/*
 * The filter as a graph: a diamond for each test, a coloured leaf for each verdict. Loads, masks
 * and long jumps are not drawn: the test that follows says what it looks at.
 */
#include "format.h"

#include "arch.h"
#include "instruction.h"

static const struct colour {
	uint32_t action;
	const char *name; /* of the X11 colour scheme */
} colours[] = {
	{ SECCOMP_RET_ALLOW, "palegreen" },	  { SECCOMP_RET_LOG, "khaki" },
	{ SECCOMP_RET_TRACE, "lightskyblue" },	  { SECCOMP_RET_USER_NOTIF, "plum" },
	{ SECCOMP_RET_ERRNO, "orange" },	  { SECCOMP_RET_TRAP, "salmon" },
	{ SECCOMP_RET_KILL_THREAD, "orangered" }, { SECCOMP_RET_KILL_PROCESS, "red" },
};

static const char *colour_of(uint32_t verdict)
{
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		if (colours[i].action == (verdict & SECCOMP_RET_ACTION_FULL))
			return colours[i].name;
	}
	return "white";
}

static bool is_drawn(const struct sock_filter *instruction)
{
	return instruction->code != (BPF_LD | BPF_W | BPF_ABS) &&
	       instruction->code != (BPF_ALU | BPF_AND | BPF_K) && !is_jump_always(instruction);
}

/* The first instruction from index on that the graph shows. */
static size_t find_drawn(const struct sock_filter *program, size_t index)
{
	while (!is_drawn(&program[index]))
		index = is_jump_always(&program[index]) ? target_always(program, index) : index + 1;
	return index;
}

static void add_edge(struct text *text, const struct sock_filter *program, size_t from, size_t to,
		     const char *label)
{
	text_add(text, "\tn%zu -> n%zu%s;\n", from, find_drawn(program, to), label);
}

static void add_branch(const struct sock_filter *program, size_t index, const char *description,
		       struct text *text)
{
	text_add(text, "\tn%zu [shape=diamond, label=\"%s\"];\n", index, description);
	add_edge(text, program, index, target_true(program, index), " [label=\"yes\"]");
	add_edge(text, program, index, target_false(program, index),
		 " [label=\"no\", style=dashed]");
}

static void add_node(const struct sbpf_filter *filter, const struct known *known, size_t index,
		     struct text *text)
{
	const struct sock_filter *instruction = &filter->program[index];
	char description[DESCRIPTION_MAX];

	describe(filter, known, index, description);
	if (is_branch(instruction)) {
		add_branch(filter->program, index, description, text);
	} else if (instruction->code == (BPF_RET | BPF_K)) {
		text_add(text, "\tn%zu [shape=box, style=filled, fillcolor=%s, label=\"%s\"];\n",
			 index, colour_of(instruction->k), description);
	} else {
		text_add(text, "\tn%zu [shape=box, label=\"", index);
		text_add_instruction(text, filter->program, index);
		text_add(text, "\"];\n");
		if (BPF_CLASS(instruction->code) != BPF_RET)
			add_edge(text, filter->program, index, index + 1, "");
	}
}

void format_dot(const struct sbpf_filter *filter, const struct known *known, struct text *text)
{
	text_add(text, "digraph filter {\n\tlabel=\"%s, %zu instructions\";\n",
		 abi_name(filter->machine), filter->count);
	text_add(text, "\tstart [shape=plaintext];\n");
	text_add(text, "\tstart -> n%zu;\n", find_drawn(filter->program, 0));
	for (size_t i = 0; i < filter->count; i++) {
		if (known[i].reached && is_drawn(&filter->program[i]))
			add_node(filter, &known[i], i, text);
	}
	text_add(text, "}\n");
}
