/* SPDX-License-Identifier: MIT */
/*
 * Windows: ranges of a whole line that lie within 32 values, so that the low five bits tell their
 * values apart. A JSET on some of these bits, its mask, parts them into values with a bit of the
 * mask and values without; what went to the other side no longer parts its neighbours.
 *
 * The values with a bit of the mask of all windows are ranges of one and the same line: the whole
 * one without all other values. So are those without. Solved once, the two lines say what the mask
 * is worth in every window. With a second JSET below the first, on bits the first does not test,
 * it is four lines for a pair of masks. All 31 masks are tried, and all 90 pairs.
 *
 * A side is a set of low bits: bit b is set if values with the low bits b are on it.
 */
#include "tree_thorough.h"

/* ---- Sides ---- */

uint32_t side_with(uint32_t mask)
{
	uint32_t side = 0;

	for (uint32_t low = 0; low < WINDOW_WIDTH; low++)
		side |= (uint32_t)((low & mask) != 0) << low;
	return side;
}

/* Adds what of a piece is on a side. */
static void add_piece(struct tree_line *line, const struct part *piece, uint32_t side)
{
	struct part *part = &line->parts[line->count];
	uint32_t width = piece->last - piece->first;
	uint32_t turn = piece->first % WINDOW_WIDTH;
	/* Bit v is the value first + v. */
	uint32_t values = (side >> turn | side << (-turn % WINDOW_WIDTH)) &
			  (UINT32_MAX >> (WINDOW_WIDTH - 1 - width));
	int32_t count = __builtin_popcount(values);

	if (!values)
		return;
	*part = (struct part){
		.first = piece->first + (uint32_t)__builtin_ctz(values),
		.last = piece->first + WINDOW_WIDTH - 1 - (uint32_t)__builtin_clz(values),
		.node = piece->node,
		.weight = piece->weight * count / (int32_t)(width + 1),
		.piece = piece->piece,
		.single = count == 1,
		.joined = line->count && part[-1].node == piece->node,
	};
	line->count++;
}

bool window_side(struct tree_search *search, const struct tree_line *whole, uint32_t side,
		 uint32_t i, uint32_t j, struct tree_line *line)
{
	if (!line_start(search, line, j - i + 1))
		return false;
	for (uint32_t p = i; p <= j; p++) {
		if (search->windows.ends[p] > p) /* else it is too wide for a window */
			add_piece(line, &whole->parts[p], side);
	}
	return true;
}

/* Solves a side for all windows. */
static bool solve_side(struct tree_search *search, const struct tree_line *whole, uint32_t side,
		       struct tree_line *line)
{
	uint32_t p = 0;

	if (!window_side(search, whole, side, 0, whole->count - 1, line))
		return false;
	line->index = search_alloc(search, whole->count + (size_t)1, sizeof(*line->index));
	if (search->failed)
		return false;
	for (uint32_t piece = 0; piece <= whole->count; piece++) {
		while (p < line->count && line->parts[p].piece < piece)
			p++;
		line->index[piece] = (uint16_t)p;
	}
	for (uint32_t i = 0; i < line->count; i++) {
		uint32_t end = line->index[search->windows.open[line->parts[i].piece]];

		line->ends[i] = end > i ? end : i + 1;
	}
	if (!line_prepare(search, line))
		return false;
	line_solve(search, line);
	return true;
}

/* Whether a side has no value between two pieces. */
static bool is_empty(const struct tree_line *line, uint32_t i, uint32_t j)
{
	return line->index[i] == line->index[j + 1];
}

/* Where the cost of a side between two pieces is. */
static uint32_t place_of(const struct tree_line *line, uint32_t i, uint32_t j)
{
	return line->index[i] * line->stride + line->index[j + 1] - 1;
}

/* Adds what a side costs between two pieces; false when no value is there. */
static bool add_cost(const struct tree_line *line, uint32_t i, uint32_t j, int32_t *cost)
{
	if (is_empty(line, i, j))
		return false;
	*cost += line->costs[place_of(line, i, j)];
	return true;
}

/* ---- Windows worth a try ---- */

static bool list_windows(struct tree_search *search, const struct tree_line *whole)
{
	struct windows *windows = &search->windows;
	uint32_t end = 0;

	windows->ends = search_alloc(search, 3 * (size_t)whole->count, sizeof(*windows->ends));
	if (search->failed)
		return false;
	windows->open = windows->ends + whole->count;
	windows->rows = windows->open + whole->count;
	for (uint32_t i = 0; i < whole->count; i++) {
		end = end > i ? end : i;
		while (end < whole->count &&
		       whole->parts[end].last - whole->parts[i].first < WINDOW_WIDTH)
			end++;
		windows->ends[i] = windows->open[i] = end;
		windows->rows[i] = windows->count - i;
		windows->count += end - i;
	}
	windows->best = search_alloc(search, windows->count, sizeof(*windows->best));
	return !search->failed;
}

/* What the windows cost without a JSET. */
static void start_windows(struct tree_search *search, const struct tree_line *whole)
{
	struct windows *windows = &search->windows;
	struct arena mark = arena_mark(search->arena);
	struct tree_line line;

	if (solve_side(search, whole, ALL_SIDES, &line)) {
		for (uint32_t i = 0; i < whole->count; i++) {
			for (uint32_t j = i; j < windows->open[i]; j++) {
				*window_of(windows, i, j) = (struct window){ 0 };
				add_cost(&line, i, j, &window_of(windows, i, j)->cost);
			}
		}
	}
	arena_rewind(search->arena, mark);
}

/* The weight of each node in a window. */
struct shares {
	int32_t node[WINDOW_WIDTH];
	int32_t weight[WINDOW_WIDTH];
	int32_t count;
	int32_t heaviest;
};

static void add_share(struct shares *shares, const struct part *part)
{
	int32_t s = 0;

	while (s < shares->count && shares->node[s] != part->node)
		s++;
	if (s == shares->count) {
		shares->node[s] = part->node;
		shares->weight[s] = 0;
		shares->count++;
	}
	shares->weight[s] += part->weight;
	if (shares->weight[s] > shares->heaviest)
		shares->heaviest = shares->weight[s];
}

/* No tree costs less: it has a test fewer than nodes, and all of them but one take a second. */
static int32_t least_cost(const struct tree_search *search, const struct shares *shares,
			  int32_t weight)
{
	int32_t second = shares->count > 2 ? weight - shares->heaviest : 0;

	return shares->count < 2 ? 0 : weight + second + search->size_cost * (shares->count - 1);
}

/* Leaves out windows that cannot get better and are in none that can; whether there are others. */
static bool narrow(struct tree_search *search, const struct tree_line *whole)
{
	struct windows *windows = &search->windows;
	bool any = false;
	uint32_t end = 0;

	for (uint32_t i = 0; i < whole->count; i++) {
		struct shares shares;

		shares.count = shares.heaviest = 0;
		end = end > i ? end : i;
		for (uint32_t j = i; j < windows->open[i]; j++) {
			add_share(&shares, &whole->parts[j]);
			if (j >= end && window_of(windows, i, j)->cost >
						least_cost(search, &shares, weight_of(whole, i, j)))
				end = j + 1;
		}
		windows->open[i] = end;
		any = any || end > i;
	}
	return any;
}

/* ---- One JSET ---- */

static void try_mask(const struct tree_search *search, const struct tree_line *whole, uint32_t mask,
		     const struct tree_line *with, const struct tree_line *without)
{
	for (uint32_t i = 0; i < whole->count; i++) {
		for (uint32_t j = i; j < search->windows.open[i]; j++) {
			struct window *window = window_of(&search->windows, i, j);
			int32_t cost = weight_of(whole, i, j) + search->size_cost;

			if (cost < window->cost && add_cost(with, i, j, &cost) &&
			    add_cost(without, i, j, &cost) && cost < window->cost)
				*window = (struct window){ cost, (uint8_t)mask, 0, 0 };
		}
	}
}

static void try_masks(struct tree_search *search, const struct tree_line *whole)
{
	for (uint32_t mask = 1; mask < MASKS && !search->failed; mask++) {
		struct arena mark = arena_mark(search->arena);
		struct tree_line with;
		struct tree_line without;

		if (solve_side(search, whole, side_with(mask), &with) &&
		    solve_side(search, whole, ~side_with(mask), &without))
			try_mask(search, whole, mask, &with, &without);
		arena_rewind(search->arena, mark);
	}
}

/* ---- Two JSETs ---- */

/* What a window leaves on a side, and the best mask there. */
struct range {
	uint16_t first; /* piece */
	uint16_t last;
	int32_t test; /* what a JSET costs before its sides */
	int32_t cost;
	uint8_t mask;
};

/* A side of one mask, with at most one JSET below. */
struct deep {
	struct tree_line line;
	struct range *ranges;
	uint32_t count;
	uint16_t *range_of; /* by the place of a cost: the number of its range, from 1; or 0 */
};

_Static_assert(UINT16_MAX / WINDOW_WIDTH > PIECE_MAX, "ranges of a side have numbers of 16 bits");

/* Marks the ranges that windows leave, where a JSET may be of use both to them and to the window.
 */
static void mark_ranges(const struct tree_search *search, const struct tree_line *whole,
			struct deep *deep)
{
	const struct tree_line *line = &deep->line;

	for (uint32_t i = 0; i < whole->count; i++) {
		for (uint32_t j = i; j < search->windows.open[i]; j++) {
			int32_t test = weight_of(whole, i, j) + search->size_cost;
			uint32_t place;

			if (is_empty(line, i, j) || test >= window_of(&search->windows, i, j)->cost)
				continue;
			place = place_of(line, i, j);
			if (deep->range_of[place] || line->costs[place] <= search->size_cost)
				continue;
			deep->range_of[place] = 1;
			deep->count++;
		}
	}
}

static void list_ranges(const struct tree_search *search, struct deep *deep)
{
	const struct tree_line *line = &deep->line;
	uint32_t r = 0;

	for (uint32_t i = 0; i < line->count; i++) {
		for (uint32_t j = i; j < line->ends[i]; j++) {
			uint32_t place = i * line->stride + j;

			if (!deep->range_of[place])
				continue;
			deep->ranges[r] = (struct range){
				.first = line->parts[i].piece,
				.last = line->parts[j].piece,
				.test = weight_of(line, i, j) + search->size_cost,
				.cost = line->costs[place],
			};
			deep->range_of[place] = (uint16_t)++r;
		}
	}
}

static bool start_deep(struct tree_search *search, const struct tree_line *whole, uint32_t side,
		       struct deep *deep)
{
	size_t places;

	deep->count = 0;
	if (!solve_side(search, whole, side, &deep->line))
		return false;
	places = deep->line.count * ((size_t)deep->line.stride + 1);
	deep->range_of = arena_alloc(search->arena, places, sizeof(*deep->range_of));
	search->failed = !deep->range_of;
	if (search->failed)
		return false;
	mark_ranges(search, whole, deep);
	deep->ranges = search_alloc(search, deep->count, sizeof(*deep->ranges));
	if (search->failed)
		return false;
	list_ranges(search, deep);
	return true;
}

/* Tries a mask in all ranges of a side, given the lines of its own two sides. */
static void deepen(struct deep *deep, uint32_t mask, const struct tree_line *with,
		   const struct tree_line *without)
{
	for (uint32_t r = 0; r < deep->count; r++) {
		struct range *range = &deep->ranges[r];
		int32_t cost = range->test;

		if (add_cost(with, range->first, range->last, &cost) &&
		    add_cost(without, range->first, range->last, &cost) && cost < range->cost) {
			range->cost = cost;
			range->mask = (uint8_t)mask;
		}
	}
}

/* The sides of each mask. */
struct sides {
	struct deep with[MASKS];
	struct deep without[MASKS];
};

/* Two masks without a common bit, each below the other. */
static void try_pair(struct tree_search *search, const struct tree_line *whole, struct sides *sides,
		     uint32_t a, uint32_t b)
{
	struct arena mark = arena_mark(search->arena);
	const struct tree_line *neither = &sides->without[a | b].line;
	struct tree_line only_a;
	struct tree_line only_b;
	struct tree_line both;

	if (solve_side(search, whole, side_with(a) & ~side_with(b), &only_a) &&
	    solve_side(search, whole, side_with(b) & ~side_with(a), &only_b) &&
	    solve_side(search, whole, side_with(a) & side_with(b), &both)) {
		deepen(&sides->with[a], b, &both, &only_a);
		deepen(&sides->with[b], a, &both, &only_b);
		deepen(&sides->without[a], b, &only_b, neither);
		deepen(&sides->without[b], a, &only_a, neither);
	}
	arena_rewind(search->arena, mark);
}

/* Adds what a side of a window costs; returns the mask there. */
static uint8_t add_deep(const struct deep *deep, uint32_t i, uint32_t j, int32_t *cost)
{
	uint32_t place = place_of(&deep->line, i, j);
	const struct range *range;

	if (!deep->range_of[place]) {
		*cost += deep->line.costs[place];
		return 0;
	}
	range = &deep->ranges[deep->range_of[place] - 1];
	*cost += range->cost;
	return range->mask;
}

/* Windows with the mask, and the best below it on either side. */
static void try_deep(const struct tree_search *search, const struct tree_line *whole, uint32_t mask,
		     const struct sides *sides)
{
	const struct deep *with = &sides->with[mask];
	const struct deep *without = &sides->without[mask];

	for (uint32_t i = 0; i < whole->count; i++) {
		for (uint32_t j = i; j < search->windows.open[i]; j++) {
			struct window *window = window_of(&search->windows, i, j);
			struct window tried = { weight_of(whole, i, j) + search->size_cost,
						(uint8_t)mask, 0, 0 };

			if (tried.cost >= window->cost || is_empty(&with->line, i, j) ||
			    is_empty(&without->line, i, j))
				continue;
			tried.mask_with = add_deep(with, i, j, &tried.cost);
			tried.mask_without = add_deep(without, i, j, &tried.cost);
			if (tried.cost < window->cost)
				*window = tried;
		}
	}
}

static void try_pairs(struct tree_search *search, const struct tree_line *whole)
{
	struct arena mark = arena_mark(search->arena);
	struct sides *sides = search_alloc(search, 1, sizeof(*sides));

	for (uint32_t mask = 1; mask < MASKS && !search->failed; mask++) {
		if (start_deep(search, whole, side_with(mask), &sides->with[mask]))
			start_deep(search, whole, ~side_with(mask), &sides->without[mask]);
	}
	for (uint32_t a = 1; a < MASKS; a++) {
		for (uint32_t b = a + 1; b < MASKS && !search->failed; b++) {
			if (!(a & b))
				try_pair(search, whole, sides, a, b);
		}
	}
	for (uint32_t mask = 1; mask < MASKS && !search->failed; mask++)
		try_deep(search, whole, mask, sides);
	arena_rewind(search->arena, mark);
}

bool windows_solve(struct tree_search *search, const struct tree_line *whole)
{
	if (!list_windows(search, whole))
		return false;
	start_windows(search, whole);
	if (!search->failed && narrow(search, whole))
		try_masks(search, whole);
	if (!search->failed && narrow(search, whole))
		try_pairs(search, whole);
	return !search->failed;
}
