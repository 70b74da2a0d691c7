/* SPDX-License-Identifier: MIT */
/*
 * The thorough tree: dynamic programming over the segments. The cost of a region of neighbouring
 * pieces is the sum of weight × tests, plus size_cost for every test in it, and the least of
 *   - nothing, where one node decides it all;
 *   - a chain of JEQ for single values, then one node, or a part of a tree built before;
 *   - a JGE between two pieces and the best of both sides;
 *   - within a window of few values, a JSET and the best of both sides, where values that went to
 *     the other side no longer part their neighbours.
 */
#include "tree.h"

#include <string.h>

/* More pieces than this are left to the quick tree: the tables here grow with the square. */
#define PIECE_MAX 640u
/* Splits looked at in one compile before the rest is left to the quick tree: about a second. */
#define SPLITS_MAX (1u << 25)
/* Wider regions are only split near their middle: the ends hardly ever pay. */
#define SPLIT_WINDOW 128u
#define CHAIN_MAX 8u
#define WINDOW_WIDTH 32u
#define WINDOW_RUNS 24u
#define WINDOW_TESTS 2 /* JSETs below each other */
#define DEEP_TESTS 6   /* the second is tried where the best so far has as many tests */
#define MEMO_SMALL 1024u
#define MEMO_LARGE 65536u
#define MEMO_PIECES 24u /* from so many pieces on, the large one */
#define NEVER UINT64_MAX

struct piece {
	uint32_t first;
	uint32_t last;
	int32_t node;
	uint32_t weight;
	bool single; /* one value: first */
	bool known;  /* the tree built before decides it the same way */
};

enum choice_kind { CHOICE_NODE, CHOICE_CHAIN, CHOICE_REGION_CHAIN, CHOICE_SPLIT, CHOICE_WINDOW };

struct choice {
	uint64_t cost;
	uint16_t tests;
	uint16_t split; /* the first piece on the right */
	uint8_t kind;
	int32_t rest; /* of a chain: the node, or the index of the region */
};

/* The regions of some pieces: choices[i * count + j] is the best for pieces i to j. */
struct table {
	const struct piece *pieces;
	uint32_t count;
	const uint64_t *weights; /* sums: weights[i] of the pieces before i */
	struct choice *choices;
	bool windows; /* whether JSET may be tried */
};

/* The best known for a set of values in a window, to be found again. */
struct memo {
	uint32_t base;
	uint32_t set;
	uint64_t cost;
	uint16_t tests;
	uint8_t depth; /* JSETs that were allowed, plus 1; 0 is an empty place */
	uint8_t mask;  /* of the best JSET, 0 when another test is best */
};

struct search {
	struct dag *dag;
	uint8_t word;
	uint32_t size_cost;
	struct tree_history *history;
	struct memo *memo; /* made when the first window is tried */
	uint32_t memo_size;
	bool failed; /* no memory for it */
};

/* Some values near each other, each with its node. */
struct window {
	uint32_t base;
	int32_t node[WINDOW_WIDTH];
	uint32_t weight[WINDOW_WIDTH];
};

static void fill_table(struct search *search, struct table *table);
static int32_t build_region(struct search *search, const struct table *table, uint32_t i,
			    uint32_t j);

static uint64_t weight_of(const struct table *table, uint32_t i, uint32_t j)
{
	return table->weights[j + 1] - table->weights[i];
}

/* ---- Chains ---------------------------------------------------------------------------- */

/* Whether a chain ends there for this piece: at its node, or in the tree built before. */
static bool stays(const struct piece *piece, int32_t rest, bool in_region)
{
	return in_region ? piece->known : piece->node == rest;
}

/* Collects the pieces i to j that leave the chain; false when one is no single value, or too many
 * do. */
static bool collect_peels(const struct table *table, uint32_t i, uint32_t j, int32_t rest,
			  bool in_region, struct peels *peels)
{
	peels->count = 0;
	peels->rest_weight = 0;
	peels->rest = rest;
	for (uint32_t p = i; p <= j; p++) {
		const struct piece *piece = &table->pieces[p];

		if (stays(piece, rest, in_region)) {
			peels->rest_weight += piece->weight;
			continue;
		}
		if (!piece->single || peels->count == CHAIN_MAX)
			return false;
		peels->list[peels->count++] = (struct peel){ .value = piece->first,
							     .node = piece->node,
							     .weight = piece->weight };
	}
	peels_arrange(peels, table->pieces[i].first, table->pieces[j].last);
	return true;
}

static uint64_t chain_cost(const struct search *search, const struct peels *peels)
{
	uint64_t cost = (uint64_t)peels->rest_weight * peels->count;

	for (uint32_t p = 0; p < peels->count; p++)
		cost += (uint64_t)peels->list[p].weight * (p + 1) + search->size_cost;
	return cost;
}

static void try_chain(const struct search *search, const struct table *table, uint32_t i,
		      uint32_t j, int32_t rest, struct choice *best)
{
	struct peels peels;
	uint64_t cost;

	if (!collect_peels(table, i, j, rest, false, &peels))
		return;
	cost = chain_cost(search, &peels);
	if (cost < best->cost)
		*best = (struct choice){ cost, (uint16_t)peels.count, 0, CHOICE_CHAIN, rest };
}

/* The smallest region of the tree built before that holds the values first to last, or -1. */
static int32_t find_region(const struct tree_history *history, uint32_t first, uint32_t last)
{
	int32_t best = -1;

	for (uint32_t r = 0; r < history->region_count; r++) {
		const struct tree_region *region = &history->regions[r];

		if (region->first > first || region->last < last)
			continue;
		if (best < 0 || region->last - region->first <
					history->regions[best].last - history->regions[best].first)
			best = (int32_t)r;
	}
	return best;
}

static void try_region_chain(const struct search *search, const struct table *table, uint32_t i,
			     uint32_t j, struct choice *best)
{
	struct peels peels;
	int32_t region;
	uint64_t cost;

	if (!search->history || !collect_peels(table, i, j, -1, true, &peels))
		return;
	region = find_region(search->history, table->pieces[i].first, table->pieces[j].last);
	if (region < 0)
		return;
	cost = chain_cost(search, &peels) +
	       (uint64_t)peels.rest_weight * search->history->regions[region].depth / 16;
	if (cost < best->cost)
		*best = (struct choice){ cost, (uint16_t)peels.count, 0, CHOICE_REGION_CHAIN,
					 region };
}

/* The nodes worth ending a chain at: that of a piece that is no single value, else of the ends. */
static void try_chains(const struct search *search, const struct table *table, uint32_t i,
		       uint32_t j, struct choice *best)
{
	int32_t tried = -1;

	if (j - i > 4 * CHAIN_MAX)
		return;
	for (uint32_t p = i; p <= j; p++) {
		if (table->pieces[p].single)
			continue;
		try_chain(search, table, i, j, table->pieces[p].node, best);
		return;
	}
	for (uint32_t p = i; p <= j && p <= i + 2; p++) {
		if (table->pieces[p].node == tried)
			continue;
		tried = table->pieces[p].node;
		try_chain(search, table, i, j, tried, best);
	}
}

static int32_t build_chain(struct search *search, const struct table *table, uint32_t i, uint32_t j,
			   const struct choice *choice)
{
	bool in_region = choice->kind == CHOICE_REGION_CHAIN;
	struct peels peels;

	collect_peels(table, i, j, in_region ? -1 : choice->rest, in_region, &peels);
	if (in_region && search->history)
		peels.rest = search->history->regions[choice->rest].node;
	return peels_build(search->dag, search->word, &peels);
}

/* ---- Windows --------------------------------------------------------------------------- */

static uint32_t value_of(const struct window *window, uint32_t bit)
{
	return window->base + bit;
}

/* The values of a set as pieces: neighbours in the set with one node are one piece. */
static uint32_t set_pieces(const struct window *window, uint32_t set, struct piece *pieces,
			   uint64_t *weights)
{
	uint32_t count = 0;

	weights[0] = 0;
	for (; set; set &= set - 1) {
		uint32_t bit = (uint32_t)__builtin_ctz(set);
		uint32_t value = value_of(window, bit);

		if (count && pieces[count - 1].node == window->node[bit]) {
			pieces[count - 1].last = value;
			pieces[count - 1].weight += window->weight[bit];
			pieces[count - 1].single = false;
		} else {
			if (count == WINDOW_RUNS)
				return 0;
			pieces[count++] = (struct piece){
				value, value, window->node[bit], window->weight[bit], true, false
			};
		}
		weights[count] = weights[count - 1] + pieces[count - 1].weight;
	}
	return count;
}

/* The values of a set that have a bit of the mask. */
static uint32_t values_with(const struct window *window, uint32_t set, uint32_t mask)
{
	uint32_t with = 0;

	for (; set; set &= set - 1) {
		uint32_t bit = (uint32_t)__builtin_ctz(set);

		if (value_of(window, bit) & mask)
			with |= 1u << bit;
	}
	return with;
}

static uint32_t count_nodes(const struct piece *pieces, uint32_t count)
{
	uint32_t nodes = 0;

	for (uint32_t p = 0; p < count; p++) {
		uint32_t q = 0;

		while (pieces[q].node != pieces[p].node)
			q++;
		nodes += q == p;
	}
	return nodes;
}

static struct memo *find_memo(const struct search *search, const struct window *window,
			      uint32_t set)
{
	uint32_t low = (uint32_t)__builtin_ctz(set);
	uint32_t base = window->base + low;
	uint32_t hash = (base * 0x9e3779b1u) ^ ((set >> low) * 0x85ebca6bu);
	uint32_t place = (hash ^ (hash >> 15)) & (search->memo_size - 1);
	struct memo *memo = &search->memo[place];

	if (memo->depth && (memo->base != base || memo->set != set >> low))
		memo->depth = 0;
	memo->base = base;
	memo->set = set >> low;
	return memo;
}

static struct memo solve_set(struct search *search, const struct window *window, uint32_t set,
			     int depth);

/* The bits that differ between values of a set: only these can part it. */
static uint32_t differing_bits(const struct window *window, uint32_t set)
{
	uint32_t first = value_of(window, (uint32_t)__builtin_ctz(set));
	uint32_t bits = 0;

	for (; set; set &= set - 1)
		bits |= first ^ value_of(window, (uint32_t)__builtin_ctz(set));
	return bits;
}

/* Tries all JSETs on the low bits; their sides are windows with one JSET less. */
static void try_masks(struct search *search, const struct window *window, uint32_t set, int depth,
		      uint64_t weight, struct memo *best)
{
	uint32_t differing = differing_bits(window, set);

	for (uint32_t mask = 1; mask < WINDOW_WIDTH; mask++) {
		uint32_t with = values_with(window, set, mask);
		uint64_t cost = weight + search->size_cost;
		struct memo side;
		uint16_t tests;

		if ((mask & ~differing) || !with || with == set)
			continue;
		side = solve_set(search, window, with, depth - 1);
		cost += side.cost;
		tests = side.tests;
		if (cost >= best->cost)
			continue;
		side = solve_set(search, window, set & ~with, depth - 1);
		cost += side.cost;
		if (cost >= best->cost)
			continue;
		best->cost = cost;
		best->tests = (uint16_t)(tests + side.tests + 1);
		best->mask = (uint8_t)mask;
	}
}

/* The table of a set's pieces, filled, in scratch memory; its count is 0 when that is not to be
 * had. */
static struct table make_table(struct search *search, const struct window *window, uint32_t set)
{
	struct arena *scratch = search->dag->scratch;
	struct piece *pieces = arena_alloc_raw(scratch, WINDOW_RUNS, sizeof(*pieces));
	uint64_t *weights = arena_alloc_raw(scratch, WINDOW_RUNS + 1, sizeof(*weights));
	struct table table = { pieces, 0, weights, NULL, false };

	if (!pieces || !weights) {
		search->failed = true;
		return table;
	}
	table.count = set_pieces(window, set, pieces, weights);
	table.choices =
		arena_alloc_raw(scratch, (size_t)table.count * table.count, sizeof(*table.choices));
	if (!table.choices) {
		search->failed = true;
		table.count = 0;
	}
	fill_table(search, &table);
	return table;
}

/* Without a JSET: what the table of the set says. */
static uint32_t solve_plainly(struct search *search, const struct window *window, uint32_t set,
			      struct memo *best)
{
	struct arena mark = arena_mark(search->dag->scratch);
	struct table table = make_table(search, window, set);
	uint32_t nodes = 0;

	if (table.count) {
		best->cost = table.choices[table.count - 1].cost;
		best->tests = table.choices[table.count - 1].tests;
		nodes = table.count > 2 ? count_nodes(table.pieces, table.count) : UINT32_MAX;
	}
	arena_rewind(search->dag->scratch, mark);
	return nodes;
}

static uint64_t weight_of_set(const struct window *window, uint32_t set)
{
	uint64_t weight = 0;

	for (; set; set &= set - 1)
		weight += window->weight[__builtin_ctz(set)];
	return weight;
}

static struct memo solve_set(struct search *search, const struct window *window, uint32_t set,
			     int depth)
{
	struct memo *memo = find_memo(search, window, set);
	struct memo best = *memo;
	uint32_t nodes;

	if (memo->depth > depth)
		return best;
	best.depth = (uint8_t)(depth + 1);
	best.mask = 0;
	best.cost = NEVER;
	nodes = solve_plainly(search, window, set, &best);
	if (best.cost == NEVER)
		return best;
	if (depth > 0 && best.tests >= nodes)
		try_masks(search, window, set, depth, weight_of_set(window, set), &best);
	memo = find_memo(search, window, set);
	*memo = best;
	return best;
}

static int32_t build_plainly(struct search *search, const struct window *window, uint32_t set)
{
	struct arena mark = arena_mark(search->dag->scratch);
	struct table table = make_table(search, window, set);
	int32_t node = -1;

	if (table.count)
		node = build_region(search, &table, 0, table.count - 1);
	arena_rewind(search->dag->scratch, mark);
	return node;
}

static int32_t build_set(struct search *search, const struct window *window, uint32_t set,
			 int depth)
{
	struct memo best = solve_set(search, window, set, depth);
	uint32_t with = values_with(window, set, best.mask);
	/* It may have been found with more JSETs allowed than here. */
	int below = best.depth - 2;

	if (!best.mask)
		return build_plainly(search, window, set);
	return dag_test(search->dag, BPF_JSET, search->word, best.mask,
			build_set(search, window, with, below),
			build_set(search, window, set & ~with, below));
}

/* The window of pieces i to j; the set of its values, or 0 when it is too wide. */
static uint32_t make_window(const struct table *table, uint32_t i, uint32_t j,
			    struct window *window)
{
	uint32_t width = table->pieces[j].last - table->pieces[i].first;

	if (width >= WINDOW_WIDTH)
		return 0;
	window->base = table->pieces[i].first;
	for (uint32_t p = i; p <= j; p++) {
		const struct piece *piece = &table->pieces[p];
		uint32_t values = piece->last - piece->first + 1;

		for (uint32_t v = 0; v < values; v++) {
			uint32_t bit = piece->first + v - window->base;

			window->node[bit] = piece->node;
			window->weight[bit] = piece->weight / values + (v < piece->weight % values);
		}
	}
	return width == WINDOW_WIDTH - 1 ? UINT32_MAX : (1u << (width + 1)) - 1;
}

static bool has_memo(struct search *search, uint32_t pieces)
{
	if (!search->memo && !search->failed) {
		search->memo_size = pieces < MEMO_PIECES ? MEMO_SMALL : MEMO_LARGE;
		search->memo =
			arena_alloc(search->dag->scratch, search->memo_size, sizeof(*search->memo));
		search->failed = !search->memo;
	}
	return search->memo;
}

static void try_window(struct search *search, const struct table *table, uint32_t i, uint32_t j,
		       struct choice *best)
{
	struct window window;
	uint32_t set;
	struct memo found;

	if (j - i < 2 || j - i >= WINDOW_RUNS || best->tests <= 1)
		return;
	set = make_window(table, i, j, &window);
	if (!set || !has_memo(search, table->count))
		return;
	found = solve_set(search, &window, set, best->tests < DEEP_TESTS ? 1 : WINDOW_TESTS);
	if (found.cost < best->cost)
		*best = (struct choice){ found.cost, found.tests, 0, CHOICE_WINDOW, -1 };
}

/* ---- Regions --------------------------------------------------------------------------- */

static void try_splits(const struct search *search, const struct table *table, uint32_t i,
		       uint32_t j, struct choice *best)
{
	uint64_t test = weight_of(table, i, j) + search->size_cost;
	uint32_t low = i + 1;
	uint32_t high = j;

	if (j - i > SPLIT_WINDOW) {
		low = i + 1 + (j - i) / 2 - SPLIT_WINDOW / 2;
		high = low + SPLIT_WINDOW - 1;
	}
	for (uint32_t k = low; k <= high; k++) {
		const struct choice *left = &table->choices[i * table->count + k - 1];
		const struct choice *right = &table->choices[k * table->count + j];
		uint64_t cost = test + left->cost + right->cost;

		if (cost < best->cost)
			*best = (struct choice){ cost, (uint16_t)(left->tests + right->tests + 1),
						 (uint16_t)k, CHOICE_SPLIT, -1 };
	}
}

static struct choice choose(struct search *search, const struct table *table, uint32_t i,
			    uint32_t j)
{
	struct choice best = { NEVER, UINT16_MAX, 0, CHOICE_NODE, table->pieces[i].node };
	bool one = true;

	for (uint32_t p = i + 1; p <= j && one; p++)
		one = table->pieces[p].node == table->pieces[i].node;
	if (one) {
		best.cost = 0;
		best.tests = 0;
		return best;
	}
	try_splits(search, table, i, j, &best);
	try_chains(search, table, i, j, &best);
	if (table->windows) {
		try_region_chain(search, table, i, j, &best);
		try_window(search, table, i, j, &best);
	}
	return best;
}

static void fill_table(struct search *search, struct table *table)
{
	for (uint32_t length = 1; length <= table->count; length++) {
		for (uint32_t i = 0; i + length <= table->count; i++)
			table->choices[i * table->count + i + length - 1] =
				choose(search, table, i, i + length - 1);
	}
}

/* Keeps where a region of the word number was built, for the trees that follow. */
static void record(struct search *search, const struct table *table, uint32_t i, uint32_t j,
		   int32_t node)
{
	struct tree_history *history = search->history;
	const struct choice *choice = &table->choices[i * table->count + j];
	uint64_t weight = weight_of(table, i, j);
	uint64_t depth = choice->cost - (uint64_t)choice->tests * search->size_cost;

	/* The end of the line may lead to the very tree that would go on here: never a cycle. */
	if (!history || history->segments || table->pieces[j].last == UINT32_MAX ||
	    history->region_count == history->region_capacity)
		return;
	history->regions[history->region_count++] =
		(struct tree_region){ table->pieces[i].first, table->pieces[j].last, node,
				      weight ? (uint32_t)(depth * 16 / weight) : 0 };
}

static int32_t build_region(struct search *search, const struct table *table, uint32_t i,
			    uint32_t j)
{
	const struct choice *choice = &table->choices[i * table->count + j];
	struct window window;
	uint32_t set;
	int32_t node = -1;

	switch (choice->kind) {
	case CHOICE_NODE:
		node = choice->rest;
		break;
	case CHOICE_CHAIN:
	case CHOICE_REGION_CHAIN:
		node = build_chain(search, table, i, j, choice);
		break;
	case CHOICE_WINDOW:
		set = make_window(table, i, j, &window);
		node = build_set(search, &window, set, WINDOW_TESTS);
		break;
	case CHOICE_SPLIT:
		node = dag_test(search->dag, BPF_JGE, search->word,
				table->pieces[choice->split].first,
				build_region(search, table, choice->split, j),
				build_region(search, table, i, choice->split - 1));
		break;
	}
	if (table->windows)
		record(search, table, i, j, node);
	return node;
}

/* ---- Pieces ---------------------------------------------------------------------------- */

static bool joins(const struct piece *left, int32_t node, bool known)
{
	return left->node == node && left->known == known;
}

/* The segments cut where the tree built before begins or ceases to agree with them. */
static uint32_t cut_pieces(const struct segment *segments, uint32_t count,
			   const struct tree_history *history, struct piece *pieces)
{
	uint32_t made = 0;
	uint32_t h = 0;

	for (uint32_t s = 0; s < count; s++) {
		uint32_t first = segments[s].first;

		for (;;) {
			uint32_t last = segments[s].last;
			bool known = false;

			if (history && history->segments) {
				while (history->segments[h].last < first)
					h++;
				if (history->segments[h].last < last)
					last = history->segments[h].last;
				known = history->segments[h].node == segments[s].node;
			}
			if (made && joins(&pieces[made - 1], segments[s].node, known))
				pieces[made - 1].last = last;
			else
				pieces[made++] = (struct piece){ first, last,  segments[s].node,
								 0,	false, known };
			if (last == segments[s].last)
				break;
			first = last + 1;
		}
	}
	return made;
}

/* Spreads the weight of each segment over the pieces it was cut into. */
static void weigh_pieces(const struct segment *segments, struct piece *pieces, uint32_t count)
{
	uint32_t s = 0;

	for (uint32_t p = 0; p < count; p++) {
		uint64_t values = (uint64_t)pieces[p].last - pieces[p].first + 1;
		uint64_t whole;

		while (segments[s].last < pieces[p].first)
			s++;
		whole = (uint64_t)segments[s].last - segments[s].first + 1;
		pieces[p].weight = (uint32_t)(segments[s].weight * values / whole);
		pieces[p].single = values == 1;
	}
}

static int32_t search_pieces(struct search *search, const struct piece *pieces, uint32_t count)
{
	struct arena *arena = search->dag->scratch;
	uint64_t *weights = arena_alloc(arena, count + (size_t)1, sizeof(*weights));
	struct table table = { pieces, count, weights, NULL, true };
	int32_t root;

	table.choices = arena_alloc_raw(arena, (size_t)count * count, sizeof(*table.choices));
	if (!weights || !table.choices)
		return -1;
	for (uint32_t p = 0; p < count; p++)
		weights[p + 1] = weights[p] + pieces[p].weight;
	fill_table(search, &table);
	root = search->failed ? -1 : build_region(search, &table, 0, count - 1);
	return search->failed ? -1 : root;
}

static int keep_history(struct search *search, uint32_t count)
{
	struct tree_history *history = search->history;

	history->region_capacity = count * 8 + 8;
	history->regions = arena_alloc_raw(search->dag->arena, history->region_capacity,
					   sizeof(*history->regions));
	return history->regions ? 0 : -1;
}

/* Counts what a search will look at, and says when that is too much. */
static bool uses_up(struct dag *dag, uint32_t pieces)
{
	uint64_t regions = (uint64_t)pieces * pieces / 2;

	dag->splits += regions * (pieces < SPLIT_WINDOW ? pieces : SPLIT_WINDOW) / 2;
	return dag->splits > SPLITS_MAX;
}

int32_t tree_search(struct dag *dag, uint8_t word, const struct segment *segments, uint32_t count,
		    const struct tree_options *options, struct tree_history *history)
{
	struct search search = { dag, word, options->size_cost, history, NULL, 0, false };
	struct tree_options quick = *options;
	uint32_t known = history && history->segments ? history->segment_count : 0;
	struct piece *pieces =
		arena_alloc_raw(dag->scratch, (size_t)count + known, sizeof(*pieces));
	uint32_t piece_count;
	int32_t root;

	if (!pieces || (history && !history->regions && keep_history(&search, count)))
		return -1;
	piece_count = cut_pieces(segments, count, history, pieces);
	weigh_pieces(segments, pieces, piece_count);
	if (piece_count > PIECE_MAX || uses_up(dag, piece_count)) {
		quick.thorough = false;
		return tree_build(dag, word, segments, count, &quick, NULL);
	}
	root = search_pieces(&search, pieces, piece_count);
	if (history && !history->segments) {
		history->segments = arena_alloc(dag->arena, count, sizeof(*segments));
		if (!history->segments)
			return -1;
		memcpy(history->segments, segments, count * sizeof(*segments));
		history->segment_count = count;
	}
	return root;
}
