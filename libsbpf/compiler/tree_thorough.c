/* SPDX-License-Identifier: MIT */
/*
 * The thorough tree: segments to the pieces of a line, the line solved, and its cheapest tree
 * built. Where a tree over the same word was built before, its parts are gone on at.
 */
#include "tree_thorough.h"

#include <string.h>

#include "tree_quick.h"

/* ---- Building ---- */

/* A tree, the sum of weight × tests in it, and the weight of its values. */
struct tree {
	int32_t node;
	uint64_t depth;
	uint64_t weight;
};

static struct tree build_range(struct tree_search *search, const struct tree_line *line, uint32_t i,
			       uint32_t j);

static struct tree test(const struct tree_search *search, uint8_t compare, uint32_t k,
			struct tree yes, struct tree no)
{
	uint64_t weight = yes.weight + no.weight;

	return (struct tree){
		dag_test(search->dag, compare, search->word, k, yes.node, no.node),
		yes.depth + no.depth + weight,
		weight,
	};
}

/* The values on a side of pieces i to j, without a JSET. */
static struct tree build_plainly(struct tree_search *search, const struct tree_line *whole,
				 uint32_t side, uint32_t i, uint32_t j)
{
	struct arena mark = arena_mark(search->arena);
	struct tree tree = { -1, 0, 0 };
	struct tree_line line;

	if (window_side(search, whole, side, i, j, &line)) {
		for (uint32_t p = 0; p < line.count; p++)
			line.ends[p] = line.count;
		if (line_prepare(search, &line)) {
			line_solve(search, &line);
			tree = build_range(search, &line, 0, line.count - 1);
		}
	}
	arena_rewind(search->arena, mark);
	return tree;
}

/* A side with one JSET more, or none. */
static struct tree build_side(struct tree_search *search, const struct tree_line *whole,
			      uint32_t side, uint32_t i, uint32_t j, uint32_t mask)
{
	struct tree yes;

	if (!mask)
		return build_plainly(search, whole, side, i, j);
	yes = build_plainly(search, whole, side & side_with(mask), i, j);
	return test(search, BPF_JSET, mask, yes,
		    build_plainly(search, whole, side & ~side_with(mask), i, j));
}

static struct tree build_window(struct tree_search *search, const struct tree_line *whole,
				uint32_t i, uint32_t j)
{
	struct window window = *window_of(&search->windows, i, j);
	uint32_t with = side_with(window.mask);
	struct tree yes = build_side(search, whole, with, i, j, window.mask_with);

	return test(search, BPF_JSET, window.mask, yes,
		    build_side(search, whole, ~with, i, j, window.mask_without));
}

static struct tree build_chain(struct tree_search *search, const struct tree_line *line, uint32_t i,
			       uint32_t j, const struct tree_choice *choice)
{
	bool in_region = choice->kind == CHOICE_REGION_CHAIN;
	struct tree tree = { .weight = (uint64_t)weight_of(line, i, j) };
	struct peels peels;

	line_collect_peels(line, i, j, choice->rest, in_region, &peels);
	tree.depth = peels_depth(&peels);
	if (in_region) {
		const struct tree_region *region = &search->history->regions[choice->rest];

		peels.rest = region->node;
		tree.depth += (uint64_t)peels.rest_weight * region->depth / 16;
	}
	tree.node = peels_build(search->dag, search->word, &peels);
	return tree;
}

/* Keeps where a range of the word number was built, for the trees that follow. */
static void record(const struct tree_search *search, const struct part *first,
		   const struct part *last, const struct tree *tree)
{
	struct tree_history *history = search->history;

	/* The end of the line may lead to the very tree that would go on here: never a cycle. */
	if (!history || history->segments || last->last == UINT32_MAX ||
	    history->region_count == history->region_capacity)
		return;
	history->regions[history->region_count++] =
		(struct tree_region){ first->first, last->last, tree->node,
				      tree->weight ? (uint32_t)(tree->depth * 16 / tree->weight)
						   : 0 };
}

static struct tree build_range(struct tree_search *search, const struct tree_line *line, uint32_t i,
			       uint32_t j)
{
	struct tree_choice choice = line_choose(search, line, i, j);
	struct tree tree = { choice.rest, 0, (uint64_t)weight_of(line, i, j) };
	uint32_t split;

	switch (choice.kind) {
	case CHOICE_NODE:
		break;
	case CHOICE_CHAIN:
	case CHOICE_REGION_CHAIN:
		tree = build_chain(search, line, i, j, &choice);
		break;
	case CHOICE_WINDOW:
		tree = build_window(search, line, i, j);
		break;
	case CHOICE_SPLIT:
		split = line_find_split(search, line, i, j, choice.cost);
		tree = build_range(search, line, i, split - 1);
		tree = test(search, BPF_JGE, line->parts[split].first,
			    build_range(search, line, split, j), tree);
		break;
	}
	if (line->whole)
		record(search, &line->parts[i], &line->parts[j], &tree);
	return tree;
}

/* ---- Pieces ---- */

/* Adds a piece, or lengthens the one before, which ends where it begins and is the same. */
static void add_piece(struct tree_line *line, uint32_t first, uint32_t last, int32_t node,
		      bool known)
{
	struct part *part = &line->parts[line->count];

	if (line->count && part[-1].node == node && part[-1].known == known)
		part[-1].last = last;
	else
		line->parts[line->count++] =
			(struct part){ .first = first, .last = last, .node = node, .known = known };
}

/* Cuts the segments where the tree built before begins or ceases to agree with them. */
static void cut_pieces(const struct segment *segments, uint32_t count,
		       const struct tree_history *history, struct tree_line *line)
{
	const struct segment *before = history ? history->segments : NULL;
	uint32_t first = 0;

	for (uint32_t s = 0; s < count;) {
		uint32_t last = segments[s].last;

		if (before && before->last < last)
			last = before->last;
		add_piece(line, first, last, segments[s].node,
			  before && before->node == segments[s].node);
		if (last == UINT32_MAX)
			return;
		first = last + 1;
		s += last == segments[s].last;
		if (before && last == before->last)
			before++;
	}
}

/* Spreads the weight of each segment over the pieces it was cut into. */
static void weigh_pieces(const struct segment *segments, struct tree_line *line)
{
	uint32_t s = 0;

	for (uint32_t p = 0; p < line->count; p++) {
		struct part *piece = &line->parts[p];
		uint64_t values = (uint64_t)piece->last - piece->first + 1;
		uint64_t whole;

		while (segments[s].last < piece->first)
			s++;
		whole = (uint64_t)segments[s].last - segments[s].first + 1;
		piece->weight = (int32_t)(segments[s].weight * values / whole);
		piece->single = values == 1;
		piece->piece = (uint16_t)p;
	}
}

static bool make_whole(struct tree_search *search, const struct segment *segments, uint32_t count,
		       struct tree_line *line)
{
	const struct tree_history *history = search->history;
	uint32_t known = history && history->segments ? history->segment_count : 0;

	if (!line_start(search, line, count + known))
		return false;
	line->whole = true;
	cut_pieces(segments, count, history, line);
	weigh_pieces(segments, line);
	for (uint32_t p = 0; p < line->count; p++)
		line->ends[p] = line->count;
	return true;
}

static int32_t search_tree(struct tree_search *search, const struct segment *segments,
			   uint32_t count)
{
	struct tree_line whole;
	struct tree tree;

	if (!make_whole(search, segments, count, &whole))
		return -1;
	if (whole.count > PIECE_MAX) {
		search->exceeded = true;
		return -1;
	}
	if (!line_prepare(search, &whole) || !windows_solve(search, &whole))
		return -1;
	line_solve(search, &whole);
	tree = build_range(search, &whole, 0, whole.count - 1);
	return search->failed ? -1 : tree.node;
}

/* Room for where the parts of the first tree over the numbers are; later ones add none. */
static int make_regions(struct dag *dag, struct tree_history *history, uint32_t count)
{
	history->region_capacity = 2 * count;
	history->regions =
		arena_alloc_raw(dag->arena, history->region_capacity, sizeof(*history->regions));
	return history->regions ? 0 : -1;
}

/* Keeps what the first tree means. */
static int keep_segments(struct dag *dag, struct tree_history *history,
			 const struct segment *segments, uint32_t count)
{
	history->segments = arena_alloc(dag->arena, count, sizeof(*segments));
	if (!history->segments)
		return -1;
	memcpy(history->segments, segments, count * sizeof(*segments));
	history->segment_count = count;
	return 0;
}

int32_t tree_thorough(struct dag *dag, uint8_t word, const struct segment *segments, uint32_t count,
		      const struct tree_options *options, struct tree_history *history)
{
	struct tree_search search = { .dag = dag,
				      .arena = dag->scratch,
				      .word = word,
				      .size_cost = (int32_t)options->size_cost,
				      .history = history,
				      .steps = options->steps,
				      .steps_max = options->steps_max };
	struct arena mark = arena_mark(dag->scratch);
	bool first = history && !history->segments;
	int32_t root;

	if (first && make_regions(dag, history, count))
		return -1;
	root = search_tree(&search, segments, count);
	arena_rewind(dag->scratch, mark);
	if (first && root < 0)
		history->region_count = 0;
	if (search.exceeded)
		return tree_quick(dag, word, segments, count);
	if (first && root >= 0 && keep_segments(dag, history, segments, count))
		return -1;
	return root;
}
