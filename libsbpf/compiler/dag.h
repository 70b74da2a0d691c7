/* SPDX-License-Identifier: MIT */
/*
 * The decision DAG between lower.c and emit.c. Equal nodes exist once. A function here that is
 * handed a negative node gives one back, so a failed allocation is checked once, at the root.
 */
#ifndef SBPF_LIB_DAG_H
#define SBPF_LIB_DAG_H

#include <linux/bpf_common.h>

#include "arena.h"
#include "sbpf.h"

/* Words of struct seccomp_data, as offset / 4. */
enum {
	WORD_NUMBER = 0,
	WORD_ARCH = 1,
	WORD_ARGUMENTS = 4,
};

#define MASK_ALL UINT32_MAX

enum node_kind {
	NODE_RETURN, /* ret k */
	NODE_TEST,   /* load word, and mask; compare with k; yes or no */
	NODE_AND,    /* the word number loses the bits outside k; goes on at yes */
};

struct node {
	uint8_t kind;
	uint8_t compare; /* BPF_JEQ, BPF_JGE, BPF_JGT or BPF_JSET */
	uint8_t word;
	uint32_t mask;
	uint32_t k;
	int32_t yes;
	int32_t no;
};

/* What was looked at so far, of which there is a most (lower.h, arguments.c). */
struct work {
	uint64_t conditions;	 /* over all calls */
	uint64_t number_steps;	 /* of thorough searches over numbers */
	uint64_t argument_steps; /* and over arguments */
};

struct dag {
	struct arena *arena;   /* for what lives as long as the DAG */
	struct arena *scratch; /* for what a stage needs for a moment, and rewinds */
	struct node *nodes;
	uint32_t count;
	uint32_t capacity;
	struct work work;
	int32_t last_return; /* most calls of a policy have one verdict */
	int32_t *table;	     /* hash → node, open addressing; -1 is empty */
	uint32_t table_size;
};

int dag_init(struct dag *dag, struct arena *arena, struct arena *scratch);

int32_t dag_return(struct dag *dag, uint32_t verdict);
int32_t dag_test(struct dag *dag, uint8_t compare, uint8_t word, uint32_t k, int32_t yes,
		 int32_t no);

/* The same for (word & mask), which costs an instruction. */
int32_t dag_test_masked(struct dag *dag, uint8_t word, uint32_t mask, uint32_t k, int32_t yes,
			int32_t no);

/* A NODE_AND that is told later where it goes on; dag_set_next() fails when it is handed no node.
 */
int32_t dag_and_later(struct dag *dag, uint32_t mask);
int dag_set_next(struct dag *dag, int32_t node, int32_t next);

/* Calls that a node decides alone: a NODE_RETURN with this verdict. */
static inline bool dag_is_return(const struct dag *dag, int32_t node, uint32_t verdict)
{
	return dag->nodes[node].kind == NODE_RETURN && dag->nodes[node].k == verdict;
}

/* Nodes reachable from a root, the returns not counted. -1 without memory. */
int dag_size(const struct dag *dag, int32_t root);

#endif
