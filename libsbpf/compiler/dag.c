/* SPDX-License-Identifier: MIT */
#include "dag.h"

#include <string.h>

#define FIRST_NODES 512u
#define FIRST_TABLE 1024u

int dag_init(struct dag *dag, struct arena *arena, struct arena *scratch)
{
	*dag = (struct dag){ .arena = arena,
			     .scratch = scratch,
			     .capacity = FIRST_NODES,
			     .table_size = FIRST_TABLE,
			     .last_return = -1 };
	dag->nodes = arena_alloc_raw(arena, dag->capacity, sizeof(*dag->nodes));
	dag->table = arena_alloc_raw(arena, dag->table_size, sizeof(*dag->table));
	if (!dag->nodes || !dag->table)
		return -1;
	memset(dag->table, 0xff, dag->table_size * sizeof(*dag->table));
	return 0;
}

static uint32_t hash_node(const struct node *node)
{
	uint32_t hash = node->kind * 31u + node->compare;

	hash = (hash ^ node->word) * 0x9e3779b1u;
	hash = (hash ^ node->mask ^ (hash >> 15)) * 0x85ebca6bu;
	hash = (hash ^ node->k ^ (hash >> 13)) * 0xc2b2ae35u;
	hash = (hash ^ (uint32_t)node->yes ^ (hash >> 16)) * 0x9e3779b1u;
	hash = (hash ^ (uint32_t)node->no ^ (hash >> 15)) * 0x85ebca6bu;
	return hash ^ (hash >> 13);
}

static bool equal(const struct node *a, const struct node *b)
{
	return a->kind == b->kind && a->compare == b->compare && a->word == b->word &&
	       a->mask == b->mask && a->k == b->k && a->yes == b->yes && a->no == b->no;
}

/* The place in the table of an equal node, or the empty one where it belongs. */
static int32_t *find(struct dag *dag, const struct node *node)
{
	uint32_t place = hash_node(node) & (dag->table_size - 1);

	while (dag->table[place] >= 0 && !equal(&dag->nodes[dag->table[place]], node))
		place = (place + 1) & (dag->table_size - 1);
	return &dag->table[place];
}

/* Doubles the room for nodes and keeps the table at most half full. */
static int grow(struct dag *dag)
{
	struct node *nodes = arena_alloc_raw(dag->arena, dag->capacity * (size_t)2, sizeof(*nodes));
	int32_t *table = arena_alloc_raw(dag->arena, dag->table_size * (size_t)2, sizeof(*table));

	if (!nodes || !table)
		return -1;
	memcpy(nodes, dag->nodes, dag->count * sizeof(*nodes));
	memset(table, 0xff, dag->table_size * (size_t)2 * sizeof(*table));
	dag->nodes = nodes;
	dag->table = table;
	dag->capacity *= 2;
	dag->table_size *= 2;
	for (uint32_t i = 0; i < dag->count; i++)
		*find(dag, &dag->nodes[i]) = (int32_t)i;
	return 0;
}

static int32_t intern(struct dag *dag, const struct node *node)
{
	int32_t *place = find(dag, node);

	if (*place >= 0)
		return *place;
	if (dag->count == dag->capacity) {
		if (grow(dag))
			return -1;
		place = find(dag, node);
	}
	dag->nodes[dag->count] = *node;
	*place = (int32_t)dag->count;
	return (int32_t)dag->count++;
}

int32_t dag_return(struct dag *dag, uint32_t verdict)
{
	struct node node = { .kind = NODE_RETURN, .k = verdict, .yes = -1, .no = -1 };

	if (dag->last_return < 0 || dag->nodes[dag->last_return].k != verdict)
		dag->last_return = intern(dag, &node);
	return dag->last_return;
}

static int32_t test(struct dag *dag, struct node node)
{
	if (node.yes < 0 || node.no < 0)
		return -1;
	if (node.yes == node.no)
		return node.yes;
	return intern(dag, &node);
}

int32_t dag_test(struct dag *dag, uint8_t compare, uint8_t word, uint32_t k, int32_t yes,
		 int32_t no)
{
	return test(dag, (struct node){ NODE_TEST, compare, word, MASK_ALL, k, yes, no });
}

int32_t dag_test_masked(struct dag *dag, uint8_t word, uint32_t mask, uint32_t k, int32_t yes,
			int32_t no)
{
	return test(dag, (struct node){ NODE_TEST, BPF_JEQ, word, mask, k, yes, no });
}

/* Not in the table: it equals no other node until it is told where it goes on. */
int32_t dag_and_later(struct dag *dag, uint32_t mask)
{
	if (dag->count == dag->capacity && grow(dag))
		return -1;
	dag->nodes[dag->count] = (struct node){ .kind = NODE_AND, .word = WORD_NUMBER, .k = mask };
	return (int32_t)dag->count++;
}

int dag_set_next(struct dag *dag, int32_t node, int32_t next)
{
	if (node < 0 || next < 0)
		return -1;
	dag->nodes[node].yes = dag->nodes[node].no = next;
	return 0;
}

int dag_size(const struct dag *dag, int32_t root)
{
	struct arena mark = arena_mark(dag->scratch);
	uint8_t *seen = arena_alloc(dag->scratch, dag->count, 1);
	int32_t *stack = arena_alloc_raw(dag->scratch, (size_t)dag->count + 1, sizeof(*stack));
	int size = 0;
	uint32_t top = 0;

	if (!seen || !stack) {
		arena_rewind(dag->scratch, mark);
		return -1;
	}
	stack[top++] = root;
	seen[root] = 1;
	while (top) {
		const struct node *node = &dag->nodes[stack[--top]];

		if (node->kind == NODE_RETURN)
			continue;
		size++;
		for (int side = 0; side < 2; side++) {
			int32_t next = side ? node->yes : node->no;

			if (!seen[next]) {
				seen[next] = 1;
				stack[top++] = next;
			}
		}
	}
	arena_rewind(dag->scratch, mark);
	return size;
}
