/* SPDX-License-Identifier: MIT */
/*
 * The ranges of a line. What a range costs is the least of
 *   - nothing, where one node decides it all;
 *   - a JGE between two parts, and the best of both sides;
 *   - a chain of JEQ for single values, then one node, or a part of a tree built before;
 *   - within a window of a whole line, a JSET (window.c).
 * Longer ranges take what shorter ones cost. Only costs are kept: the tree is built from the top,
 * and what is best is found again there.
 */
#include "tree_thorough.h"

/* Wider ranges of the whole line are only split near their middle: the ends hardly ever pay. */
#define SPLIT_WINDOW 128u
#define NEVER INT32_MAX

/* Leaves a range one value at a time; what stays goes on at rest. */
struct chain {
	int32_t rest;
	int32_t rest_weight;
	int32_t count;
	int32_t weights[CHAIN_MAX]; /* of the values that leave, from the heaviest */
	int32_t cost;		    /* of their tests: weight × tests */
	bool dead;		    /* what should leave is no single value, or one too many */
};

/* What is known of the parts first to j, for growing j. */
struct row {
	uint32_t first;
	uint32_t runs;
	bool uniform;	 /* one node */
	bool dead;	 /* no chain lives, nor will */
	int32_t several; /* the node of a run that is no single value, or -1 */
	struct chain chains[CHAINS];
	uint32_t chain_count;
	struct chain known; /* what the tree built before knows stays */
	uint32_t region;    /* the first that may hold the range */
};

void *search_alloc(struct tree_search *search, size_t count, size_t size)
{
	void *bytes = arena_alloc_raw(search->arena, count, size);

	search->failed = search->failed || !bytes;
	return bytes;
}

/* ---- Chains ---- */

static void leave(struct chain *chain, int32_t weight)
{
	int32_t place = chain->count++;

	for (; place && chain->weights[place - 1] < weight; place--) {
		chain->weights[place] = chain->weights[place - 1];
		chain->cost += chain->weights[place];
	}
	chain->weights[place] = weight;
	chain->cost += weight * (place + 1);
}

static void lengthen(struct chain *chain, const struct part *part, bool stays, bool joined)
{
	if (stays)
		chain->rest_weight += part->weight;
	else if (joined || !part->single || chain->count == (int32_t)CHAIN_MAX)
		chain->dead = true;
	else
		leave(chain, part->weight);
}

static bool is_joined(const struct tree_line *line, const struct row *row, uint32_t p)
{
	return p > row->first && line->parts[p].joined;
}

/* A chain that ends at the node of part j, from the row's start to the part before j. */
static void start_chain(const struct tree_line *line, struct row *row, uint32_t j)
{
	struct chain *chain = &row->chains[row->chain_count++];

	*chain = (struct chain){ .rest = line->parts[j].node };
	for (uint32_t p = row->first; p < j && !chain->dead; p++)
		lengthen(chain, &line->parts[p], line->parts[p].node == chain->rest,
			 is_joined(line, row, p));
}

static bool has_chain(const struct row *row, int32_t rest)
{
	for (uint32_t c = 0; c < row->chain_count; c++) {
		if (row->chains[c].rest == rest)
			return true;
	}
	return false;
}

/* Of two runs of several values with different nodes, no chain can end at both. */
static void note_several(struct row *row, int32_t node)
{
	row->dead = row->several >= 0 && row->several != node;
	row->several = node;
}

static void lengthen_chains(const struct tree_line *line, struct row *row, uint32_t j)
{
	const struct part *part = &line->parts[j];
	bool joined = is_joined(line, row, j);
	bool several = joined || !part->single;
	bool lives = false;

	row->runs += !joined;
	if (several)
		note_several(row, part->node);
	if ((row->runs <= FIRST_RUNS || several) && row->chain_count < CHAINS &&
	    !has_chain(row, part->node))
		start_chain(line, row, j);
	for (uint32_t c = 0; c < row->chain_count; c++) {
		struct chain *chain = &row->chains[c];

		if (!chain->dead)
			lengthen(chain, part, part->node == chain->rest, joined);
		lives = lives || !chain->dead;
	}
	row->dead = row->dead || (!lives && row->runs > FIRST_RUNS);
}

/* Takes part j into the row; it is the one after the last. */
static void add_part(const struct tree_line *line, struct row *row, uint32_t j)
{
	const struct part *part = &line->parts[j];

	row->uniform = row->uniform && part->node == line->parts[row->first].node;
	if (!row->dead)
		lengthen_chains(line, row, j);
	if (line->whole && !row->known.dead)
		lengthen(&row->known, part, part->known, false);
}

/* Not one initialiser: chains are set when they are started. */
static void start_row(struct row *row, uint32_t first)
{
	row->first = first;
	row->runs = 0;
	row->uniform = true;
	row->dead = false;
	row->several = -1;
	row->chain_count = 0;
	row->known = (struct chain){ .rest = -1 };
	row->region = 0;
}

static int32_t chain_cost(const struct tree_search *search, const struct chain *chain)
{
	return chain->cost + (chain->rest_weight + search->size_cost) * chain->count;
}

static void try_chains(const struct tree_search *search, const struct row *row,
		       struct tree_choice *best)
{
	for (uint32_t c = 0; c < row->chain_count && !row->dead; c++) {
		const struct chain *chain = &row->chains[c];
		int32_t cost = chain->dead ? NEVER : chain_cost(search, chain);

		if (cost < best->cost)
			*best = (struct tree_choice){ cost, CHOICE_CHAIN, chain->rest };
	}
}

void line_collect_peels(const struct tree_line *line, uint32_t i, uint32_t j, int32_t rest,
			bool in_region, struct peels *peels)
{
	peels->count = 0;
	peels->rest_weight = 0;
	/* No value is known to go where the tree built before goes on. */
	peels->rest = in_region ? -1 : rest;
	for (uint32_t p = i; p <= j; p++) {
		const struct part *part = &line->parts[p];

		if (in_region ? part->known : part->node == rest)
			peels->rest_weight += (uint32_t)part->weight;
		else
			peels->list[peels->count++] =
				(struct peel){ .value = part->first,
					       .node = part->node,
					       .weight = (uint32_t)part->weight };
	}
	peels_arrange(peels, line->parts[i].first, line->parts[j].last);
}

uint32_t peels_depth(const struct peels *peels)
{
	uint32_t depth = peels->rest_weight * peels->count;

	for (uint32_t p = 0; p < peels->count; p++)
		depth += peels->list[p].weight * (p + 1);
	return depth;
}

/* Chains where one test may do for several values. In a window that is a JSET like others. */
static void try_arranged(const struct tree_search *search, const struct tree_line *line,
			 const struct row *row, uint32_t j, struct tree_choice *best)
{
	if (line->parts[j].last - line->parts[row->first].first < WINDOW_WIDTH)
		return;
	for (uint32_t c = 0; c < row->chain_count && !row->dead; c++) {
		const struct chain *chain = &row->chains[c];
		struct peels peels;
		int32_t cost;

		if (chain->dead || chain->count < 2)
			continue;
		line_collect_peels(line, row->first, j, chain->rest, false, &peels);
		cost = (int32_t)(peels_depth(&peels) + (uint32_t)search->size_cost * peels.count);
		if (cost < best->cost)
			*best = (struct tree_choice){ cost, CHOICE_CHAIN, chain->rest };
	}
}

/*
 * The smallest region of the tree built before that holds the values first to last. Regions nest,
 * inner ones come first, and in a row the last value only grows, so this goes on where it ended.
 */
static bool find_region(const struct tree_history *history, struct row *row, uint32_t first,
			uint32_t last)
{
	while (row->region < history->region_count &&
	       (history->regions[row->region].first > first ||
		history->regions[row->region].last < last))
		row->region++;
	return row->region < history->region_count;
}

static void try_region_chain(const struct tree_search *search, const struct tree_line *line,
			     struct row *row, uint32_t j, struct tree_choice *best)
{
	const struct tree_history *history = search->history;
	int32_t cost = chain_cost(search, &row->known);

	if (!history || !history->segments || row->known.dead || cost >= best->cost ||
	    !find_region(history, row, line->parts[row->first].first, line->parts[j].last))
		return;
	cost += (int32_t)((int64_t)row->known.rest_weight * history->regions[row->region].depth /
			  16);
	if (cost < best->cost)
		*best = (struct tree_choice){ cost, CHOICE_REGION_CHAIN, (int32_t)row->region };
}

/* ---- Splits ---- */

/* The splits of a range: their count, and the first part on the right of the first. */
static uint32_t list_splits(uint32_t i, uint32_t j, uint32_t *first)
{
	uint32_t count = j - i < SPLIT_WINDOW ? j - i : SPLIT_WINDOW;

	*first = i + 1 + (j - i - count) / 2;
	return count;
}

static int32_t least_sum(const int32_t *left, const int32_t *right, uint32_t count)
{
	int32_t least = NEVER;

	for (uint32_t k = 0; k < count; k++) {
		int32_t sum = left[k] + right[k];

		least = sum < least ? sum : least;
	}
	return least;
}

static int32_t split_cost(const struct tree_search *search, const struct tree_line *line,
			  uint32_t i, uint32_t j)
{
	uint32_t first;
	uint32_t count = list_splits(i, j, &first);
	const int32_t *left = &line->costs[i * (size_t)line->stride + first - 1];
	const int32_t *right = &line->costs[j * (size_t)line->stride + first];

	return weight_of(line, i, j) + search->size_cost + least_sum(left, right, count);
}

uint32_t line_find_split(const struct tree_search *search, const struct tree_line *line, uint32_t i,
			 uint32_t j, int32_t cost)
{
	int32_t sum = cost - weight_of(line, i, j) - search->size_cost;
	uint32_t k;

	list_splits(i, j, &k);
	while (cost_of(line, i, k - 1) + cost_of(line, k, j) != sum)
		k++;
	return k;
}

/* ---- Ranges ---- */

static void try_window(const struct tree_search *search, uint32_t i, uint32_t j,
		       struct tree_choice *best)
{
	const struct windows *windows = &search->windows;

	if (j < windows->ends[i] && window_of(windows, i, j)->cost < best->cost)
		*best = (struct tree_choice){ window_of(windows, i, j)->cost, CHOICE_WINDOW, -1 };
}

static struct tree_choice choose(const struct tree_search *search, const struct tree_line *line,
				 struct row *row, uint32_t j)
{
	struct tree_choice best = { 0, CHOICE_NODE, line->parts[j].node };

	if (row->uniform)
		return best;
	best.cost = split_cost(search, line, row->first, j);
	best.kind = CHOICE_SPLIT;
	try_chains(search, row, &best);
	if (line->whole) {
		try_arranged(search, line, row, j, &best);
		try_region_chain(search, line, row, j, &best);
		try_window(search, row->first, j, &best);
	}
	return best;
}

void line_solve(const struct tree_search *search, struct tree_line *line)
{
	struct row row;

	for (uint32_t i = line->count; i--;) {
		start_row(&row, i);
		for (uint32_t j = i; j < line->ends[i]; j++) {
			int32_t cost;

			add_part(line, &row, j);
			cost = choose(search, line, &row, j).cost;
			line->costs[i * (size_t)line->stride + j] = cost;
			line->costs[j * (size_t)line->stride + i] = cost;
		}
	}
}

struct tree_choice line_choose(const struct tree_search *search, const struct tree_line *line,
			       uint32_t i, uint32_t j)
{
	struct row row;

	start_row(&row, i);
	for (uint32_t p = i; p <= j; p++)
		add_part(line, &row, p);
	return choose(search, line, &row, j);
}

/* ---- Lines ---- */

bool line_start(struct tree_search *search, struct tree_line *line, uint32_t parts)
{
	*line = (struct tree_line){
		.parts = search_alloc(search, parts, sizeof(*line->parts)),
		.sums = search_alloc(search, parts + (size_t)1, sizeof(*line->sums)),
		.ends = search_alloc(search, parts, sizeof(*line->ends)),
	};
	return !search->failed;
}

/* Counts steps before they are taken; false when that is past the most. */
static bool count_up(struct tree_search *search, uint64_t steps)
{
	search->exceeded = search->exceeded || steps > search->steps_max - *search->steps;
	search->failed = search->failed || search->exceeded;
	*search->steps += search->exceeded ? 0 : steps;
	return !search->failed;
}

/* The splits and chains of all ranges. */
static uint64_t count_steps(const struct tree_line *line)
{
	uint64_t steps = line->count;

	for (uint32_t i = 0; i < line->count; i++) {
		uint64_t length = line->ends[i] - i;
		uint64_t splits = length < SPLIT_WINDOW ? length / 2 : SPLIT_WINDOW;

		steps += length * (splits + CHAINS);
	}
	return steps;
}

bool line_prepare(struct tree_search *search, struct tree_line *line)
{
	uint32_t longest = 1;

	line->sums[0] = 0;
	for (uint32_t i = 0; i < line->count; i++) {
		line->sums[i + 1] = line->sums[i] + line->parts[i].weight;
		if (line->ends[i] - i > longest)
			longest = line->ends[i] - i;
	}
	/* A row of a band is as long as its ranges reach to the right and to the left. */
	line->stride = longest == line->count ? longest : 2 * (longest - 1);
	if (!count_up(search, count_steps(line)))
		return false;
	line->costs = search_alloc(search, line->count * ((size_t)line->stride + 1),
				   sizeof(*line->costs));
	return !search->failed;
}
