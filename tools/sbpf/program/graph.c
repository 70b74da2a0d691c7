/* SPDX-License-Identifier: MIT */
#include "graph.h"

#include "call.h"
#include "follow.h"

#include <inttypes.h>
#include <linux/bpf_common.h>

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

/* Loads, masks and jumps are not drawn: the test that follows says what they are for. */
static bool is_drawn(const struct sock_filter *instruction)
{
	return instruction->code != (BPF_LD | BPF_W | BPF_ABS) &&
	       instruction->code != (BPF_ALU | BPF_AND | BPF_K) &&
	       instruction->code != (BPF_JMP | BPF_JA);
}

/* The first instruction from index on that is drawn. */
static size_t find_drawn(const struct sock_filter *program, size_t index)
{
	while (!is_drawn(&program[index]))
		index += 1 + (program[index].code == (BPF_JMP | BPF_JA) ? program[index].k : 0);
	return index;
}

static void draw_edge(FILE *out, const struct listing *listing, size_t graph, size_t from,
		      size_t to, const char *attributes)
{
	fprintf(out, "\t\tf%zu_%zu -> f%zu_%zu%s;\n", graph, from, graph,
		find_drawn(listing->filter->program, to), attributes);
}

static void draw_edges(FILE *out, const struct listing *listing, size_t graph, size_t index)
{
	const struct sock_filter *program = listing->filter->program;
	size_t yes, no;

	if (flow_targets(program, index, &yes, &no)) {
		draw_edge(out, listing, graph, index, yes, " [label=\"yes\"]");
		draw_edge(out, listing, graph, index, no, " [label=\"no\", style=dashed]");
	} else if (BPF_CLASS(program[index].code) != BPF_RET) {
		draw_edge(out, listing, graph, index, index + 1, "");
	}
}

/* What listing_describe() writes has neither quotes nor backslashes. */
static void draw_node(FILE *out, const struct listing *listing, size_t graph, size_t index)
{
	const struct sock_filter *instruction = &listing->filter->program[index];

	fprintf(out, "\t\tf%zu_%zu [label=\"", graph, index);
	listing_describe(out, listing, index, false);
	if (is_test(instruction))
		fputs("\", shape=diamond];\n", out);
	else if (instruction->code == (BPF_RET | BPF_K))
		fprintf(out, "\", shape=box, style=filled, fillcolor=%s];\n",
			colour_of(instruction->k));
	else
		fputs("\", shape=box];\n", out);
	draw_edges(out, listing, graph, index);
}

static void draw_filter(FILE *out, const struct listing *listing, size_t graph)
{
	const struct filter *filter = listing->filter;

	fprintf(out, "\tsubgraph cluster_%zu {\n\t\tlabel=\"%s, %zu instructions\";\n", graph,
		name_of_abi(listing->filters->machine), filter->count);
	fprintf(out, "\t\tf%zu_start [label=\"start\", shape=plaintext];\n", graph);
	fprintf(out, "\t\tf%zu_start -> f%zu_%zu;\n", graph, graph, find_drawn(filter->program, 0));
	for (size_t i = 0; i < filter->count; i++) {
		if (listing->fields[i].reached && is_drawn(&filter->program[i]))
			draw_node(out, listing, graph, i);
	}
	fputs("\t}\n", out);
}

void graph_print(FILE *out, const struct listing *listings, size_t count)
{
	fputs("digraph filter {\n", out);
	for (size_t i = 0; i < count; i++)
		draw_filter(out, &listings[i], i);
	fputs("}\n", out);
}
