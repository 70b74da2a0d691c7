/* SPDX-License-Identifier: MIT */
/*
 * Filters as a graph: a frame for each, a diamond for each test, a coloured leaf for each verdict.
 * Loads, masks and jumps are not drawn: the test that follows says what they are for.
 */
#include "format.h"

#include "arch.h"
#include "array.h"
#include "error.h"
#include "instruction.h"

#include <stdlib.h>

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
	for (size_t i = 0; i < COUNT(colours); i++) {
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

static void add_edge(struct text *text, const struct sock_filter *program, size_t graph,
		     size_t from, size_t to, const char *attributes)
{
	text_add(text, "\t\tf%zu_%zu -> f%zu_%zu%s;\n", graph, from, graph, find_drawn(program, to),
		 attributes);
}

static void add_edges(struct text *text, const struct sock_filter *program, size_t graph,
		      size_t index)
{
	if (is_branch(&program[index])) {
		add_edge(text, program, graph, index, target_true(program, index),
			 " [label=\"yes\"]");
		add_edge(text, program, graph, index, target_false(program, index),
			 " [label=\"no\", style=dashed]");
	} else if (BPF_CLASS(program[index].code) != BPF_RET) {
		add_edge(text, program, graph, index, index + 1, "");
	}
}

static void add_node(struct text *text, const struct sbpf_notes *notes, size_t graph, size_t index)
{
	const struct sock_filter *instruction = &notes->program[index];

	text_add(text, "\t\tf%zu_%zu [label=\"", graph, index);
	text_add_sentence(text, notes, index, false);
	if (is_branch(instruction))
		text_add(text, "\", shape=diamond];\n");
	else if (instruction->code == (BPF_RET | BPF_K))
		text_add(text, "\", shape=box, style=filled, fillcolor=%s];\n",
			 colour_of(instruction->k));
	else
		text_add(text, "\", shape=box];\n");
	add_edges(text, notes->program, graph, index);
}

static void add_graph(struct text *text, const struct sbpf_notes *notes, size_t graph)
{
	text_add(text, "\tsubgraph cluster_%zu {\n\t\tlabel=\"%s, %zu instructions\";\n", graph,
		 abi_name(notes->machine), notes->count);
	text_add(text, "\t\tf%zu_start [label=\"start\", shape=plaintext];\n", graph);
	text_add(text, "\t\tf%zu_start -> f%zu_%zu;\n", graph, graph,
		 find_drawn(notes->program, 0));
	for (size_t i = 0; i < notes->count; i++) {
		if (notes->list[i].reached && is_drawn(&notes->program[i]))
			add_node(text, notes, graph, i);
	}
	text_add(text, "\t}\n");
}

static void add_graphs(struct text *text, struct sbpf_notes *const stack[], size_t count)
{
	text_add(text, "digraph filter {\n");
	for (size_t i = 0; i < count; i++)
		add_graph(text, stack[i], i);
	text_add(text, "}\n");
}

void format_dot(const struct sbpf_filter *filter, struct sbpf_notes *notes, struct text *text)
{
	(void)filter;
	add_graphs(text, &notes, 1);
}

char *sbpf_notes_draw(struct sbpf_notes *const stack[], size_t count, struct sbpf_error *error)
{
	struct text text = { 0 };

	if (error_is_set(error))
		return NULL;
	if (!stack && count) {
		error_set(error, SBPF_ERROR_USAGE, "no notes to draw");
		return NULL;
	}
	add_graphs(&text, stack, count);
	if (!text.failed)
		return text.data;
	free(text.data);
	error_memory(error);
	return NULL;
}
