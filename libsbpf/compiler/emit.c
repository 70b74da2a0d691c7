/* SPDX-License-Identifier: MIT */
/*
 * Instructions from the last to the first, so that every target of a jump is known. A test is one
 * instruction, with a load (and an AND) before it where some way to it has something else in the
 * accumulator; other ways enter behind the load. A target too far for an 8-bit jump gets a nearer
 * stand-in: a return is repeated, anything else is reached over a JA.
 */
#include "emit.h"

#include <string.h>

#include <linux/filter.h>

#define REACH 255u

/* The ways into a node. */
enum entry {
	ENTRY_LOAD,   /* the accumulator holds anything */
	ENTRY_MASK,   /* it holds the word, not masked */
	ENTRY_DIRECT, /* it holds what the test compares */
	ENTRY_COUNT,
};

struct spot {
	uint32_t at[ENTRY_COUNT]; /* index in code.reversed */
	bool wanted[ENTRY_COUNT];
	bool seen;
	bool ordered;
};

struct emitter {
	const struct dag *dag;
	struct code *code;
	struct spot *spots;
	int32_t *order; /* nodes, parents before children */
	uint32_t order_count;
};

/* A NODE_AND before a return changes nothing. */
static int32_t skip_and(const struct dag *dag, int32_t node)
{
	const struct node *n = &dag->nodes[node];

	if (n->kind == NODE_AND && dag->nodes[n->yes].kind == NODE_RETURN)
		return n->yes;
	return node;
}

/* How a node is entered from one that leaves (word & mask) in the accumulator. */
static enum entry entry_from(const struct node *from, const struct node *to)
{
	if (to->kind != NODE_TEST)
		return ENTRY_DIRECT;
	if (!from || from->word != to->word)
		return ENTRY_LOAD;
	if (from->kind == NODE_AND || from->mask == to->mask)
		return ENTRY_DIRECT;
	return from->mask == MASK_ALL ? ENTRY_MASK : ENTRY_LOAD;
}

/* ---- Order ---- */

static void want(struct emitter *emitter, const struct node *from, int32_t to)
{
	emitter->spots[to].wanted[entry_from(from, &emitter->dag->nodes[to])] = true;
}

/* Lists what is reachable, each node after all it leads to, and which entries are wanted. */
static int find_order(struct emitter *emitter, int32_t root)
{
	const struct dag *dag = emitter->dag;
	int32_t *stack = arena_alloc_raw(dag->scratch, 2 * (size_t)dag->count + 1, sizeof(*stack));
	uint32_t top = 0;

	if (!stack)
		return -1;
	want(emitter, NULL, root);
	stack[top++] = root;
	while (top) {
		int32_t index = stack[top - 1];
		const struct node *node = &dag->nodes[index];
		struct spot *spot = &emitter->spots[index];
		bool first = !spot->seen;

		spot->seen = true;
		for (int side = 0; first && node->kind != NODE_RETURN && side < 2; side++) {
			int32_t next = skip_and(dag, side ? node->no : node->yes);

			want(emitter, node, next);
			if (!emitter->spots[next].seen)
				stack[top++] = next;
		}
		if (stack[top - 1] != index)
			continue;
		top--;
		if (!spot->ordered)
			emitter->order[emitter->order_count++] = index;
		spot->ordered = true;
	}
	return 0;
}

/* ---- Instructions ---- */

static int put(struct emitter *emitter, struct sock_filter instruction)
{
	struct code *code = emitter->code;

	if (code->count == code->capacity) {
		size_t capacity = code->capacity ? code->capacity * 2 : 512;
		struct sock_filter *more;

		more = arena_alloc_raw(emitter->dag->arena, capacity, sizeof(*more));
		if (!more)
			return -1;
		if (code->count)
			memcpy(more, code->reversed, code->count * sizeof(*more));
		code->reversed = more;
		code->capacity = capacity;
	}
	code->reversed[code->count++] = instruction;
	return 0;
}

static uint32_t distance(const struct emitter *emitter, uint32_t target)
{
	return (uint32_t)emitter->code->count - target - 1;
}

static uint32_t *target_of(struct emitter *emitter, const struct node *from, int32_t to)
{
	return &emitter->spots[to].at[entry_from(from, &emitter->dag->nodes[to])];
}

static int put_return(struct emitter *emitter, int32_t node)
{
	emitter->spots[node].at[ENTRY_DIRECT] = (uint32_t)emitter->code->count;
	return put(emitter,
		   (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, emitter->dag->nodes[node].k));
}

/* Puts a stand-in for a target here, where it is in reach. */
static int put_nearer(struct emitter *emitter, const struct node *from, int32_t to)
{
	uint32_t *target = target_of(emitter, from, to);
	uint32_t jump = distance(emitter, *target);

	if (emitter->dag->nodes[to].kind == NODE_RETURN)
		return put_return(emitter, to);
	*target = (uint32_t)emitter->code->count;
	return put(emitter, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, jump));
}

/* Brings both targets into reach; a stand-in for one may put the other out of it. */
static int bring_near(struct emitter *emitter, const struct node *node, int32_t yes, int32_t no)
{
	for (;;) {
		if (distance(emitter, *target_of(emitter, node, yes)) > REACH) {
			if (put_nearer(emitter, node, yes))
				return -1;
		} else if (distance(emitter, *target_of(emitter, node, no)) > REACH) {
			if (put_nearer(emitter, node, no))
				return -1;
		} else {
			return 0;
		}
	}
}

static int put_test(struct emitter *emitter, int32_t index)
{
	const struct node *node = &emitter->dag->nodes[index];
	struct spot *spot = &emitter->spots[index];
	int32_t yes = skip_and(emitter->dag, node->yes);
	int32_t no = skip_and(emitter->dag, node->no);
	struct sock_filter test = { .code = (uint16_t)(BPF_JMP | node->compare | BPF_K),
				    .k = node->k };
	int failed = bring_near(emitter, node, yes, no);

	test.jt = (uint8_t)distance(emitter, *target_of(emitter, node, yes));
	test.jf = (uint8_t)distance(emitter, *target_of(emitter, node, no));
	spot->at[ENTRY_DIRECT] = (uint32_t)emitter->code->count;
	failed |= put(emitter, test);
	if (node->mask != MASK_ALL && (spot->wanted[ENTRY_MASK] || spot->wanted[ENTRY_LOAD])) {
		spot->at[ENTRY_MASK] = (uint32_t)emitter->code->count;
		failed |= put(emitter,
			      (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, node->mask));
	}
	if (spot->wanted[ENTRY_LOAD]) {
		spot->at[ENTRY_LOAD] = (uint32_t)emitter->code->count;
		failed |= put(emitter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
								    node->word * 4u));
	}
	return failed;
}

/* An AND falls through to what follows, so that stands next or behind a JA. */
static int put_and(struct emitter *emitter, int32_t index)
{
	const struct node *node = &emitter->dag->nodes[index];
	uint32_t jump = distance(emitter, *target_of(emitter, node, node->yes));

	if (jump && put(emitter, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, jump)))
		return -1;
	emitter->spots[index].at[ENTRY_DIRECT] = (uint32_t)emitter->code->count;
	return put(emitter, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, node->k));
}

static int put_node(struct emitter *emitter, int32_t index)
{
	switch (emitter->dag->nodes[index].kind) {
	case NODE_RETURN:
		return put_return(emitter, index);
	case NODE_AND:
		return put_and(emitter, index);
	default:
		return put_test(emitter, index);
	}
}

int emit_dag(const struct dag *dag, int32_t root, struct code *code)
{
	struct emitter emitter = { .dag = dag, .code = code };

	*code = (struct code){ 0 };
	emitter.spots = arena_alloc(dag->arena, dag->count, sizeof(*emitter.spots));
	emitter.order = arena_alloc_raw(dag->arena, dag->count, sizeof(*emitter.order));
	if (!emitter.spots || !emitter.order)
		return -1;
	root = skip_and(dag, root);
	if (find_order(&emitter, root))
		return -1;
	for (uint32_t i = 0; i < emitter.order_count; i++) {
		if (put_node(&emitter, emitter.order[i]))
			return -1;
	}
	return 0;
}
