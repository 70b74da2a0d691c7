/* SPDX-License-Identifier: MIT */
/*
 * The thorough search for a tree: lines of parts, solved by dynamic programming (line.c), windows
 * that a JSET parts (window.c), and the tree built from both (tree_thorough.c).
 *
 * What a tree costs is the sum of weight × tests over its values, plus size_cost for each test.
 */
#ifndef SBPF_LIB_TREE_THOROUGH_H
#define SBPF_LIB_TREE_THOROUGH_H

#include "chain.h"
#include "tree.h"

/* More pieces are left to the quick tree: the costs grow with the square. */
#define PIECE_MAX 1024u
#define CHAIN_MAX 5u
/* Chains end at the node of one of the first runs, or at that of a run that is no single value. */
#define FIRST_RUNS 3u
#define CHAINS (FIRST_RUNS + 1)
/* Values of a window, from end to end: their low five bits tell them apart. */
#define WINDOW_WIDTH 32u
#define MASKS 32u /* of the low five bits; the first is none */
#define ALL_SIDES UINT32_MAX

/* Some values of a line that go on at one node. */
struct part {
	uint32_t first;
	uint32_t last;
	int32_t node;
	int32_t weight;
	uint16_t piece; /* of the whole line that it belongs to */
	bool single;	/* one value: first */
	bool joined;	/* goes on where the part before it does, so nothing has to part them */
	bool known;	/* the tree built before decides it the same way */
};

/*
 * Parts in the order of their values, and what ranges of them cost, as far as they are solved: all,
 * or a band of short ones. costs[i * stride + j] is of the parts i to j, and so is
 * costs[j * stride + i]: what the splits of a range add up then lies in two rows.
 */
struct tree_line {
	struct part *parts;
	uint32_t count;
	bool whole;	 /* the line that the tree is for; else what masks leave of it */
	int32_t *sums;	 /* sums[i]: the weights of the parts before i */
	uint32_t *ends;	 /* ranges from i are solved up to this part, not included */
	uint16_t *index; /* by piece: the first part of it or of one after it */
	uint32_t stride;
	int32_t *costs;
};

/* The best JSETs for a range of the whole line: one, and one below it on either side; 0 is none. */
struct window {
	int32_t cost;
	uint8_t mask;
	uint8_t mask_with;
	uint8_t mask_without;
};

struct windows {
	uint32_t *ends; /* windows from a piece reach up to this one, not included */
	uint32_t *open; /* and those that may get better up to this one */
	uint32_t *rows; /* the window of pieces i to j is at rows[i] + j */
	struct window *best;
	uint32_t count;
};

struct tree_search {
	struct dag *dag;
	struct arena *arena;
	uint8_t word;
	int32_t size_cost;
	struct tree_history *history;
	struct windows windows;
	uint64_t *steps;
	uint64_t steps_max;
	bool failed; /* no memory, or more steps than the most */
	bool exceeded;
};

enum choice_kind { CHOICE_NODE, CHOICE_CHAIN, CHOICE_REGION_CHAIN, CHOICE_SPLIT, CHOICE_WINDOW };

/* How a range is decided. */
struct tree_choice {
	int32_t cost;
	enum choice_kind kind;
	int32_t rest; /* of a chain: the node, or the index of the region */
};

static inline int32_t weight_of(const struct tree_line *line, uint32_t i, uint32_t j)
{
	return line->sums[j + 1] - line->sums[i];
}

static inline int32_t cost_of(const struct tree_line *line, uint32_t i, uint32_t j)
{
	return line->costs[i * (size_t)line->stride + j];
}

static inline struct window *window_of(const struct windows *windows, uint32_t i, uint32_t j)
{
	return &windows->best[windows->rows[i] + j];
}

/* As tree_build(). */
int32_t tree_thorough(struct dag *dag, uint8_t word, const struct segment *segments, uint32_t count,
		      const struct tree_options *options, struct tree_history *history);

/* Scratch memory for the search, not zeroed; notes it when there is none. */
void *search_alloc(struct tree_search *search, size_t count, size_t size);

/* ---- line.c ---- */

/* A line with room for so many parts. */
bool line_start(struct tree_search *search, struct tree_line *line, uint32_t parts);

/* Makes room for the costs, once parts and ends are set; counts the steps that solving it takes. */
bool line_prepare(struct tree_search *search, struct tree_line *line);

/* Finds what each range costs. */
void line_solve(const struct tree_search *search, struct tree_line *line);

/* What is best for a range of a solved line. */
struct tree_choice line_choose(const struct tree_search *search, const struct tree_line *line,
			       uint32_t i, uint32_t j);

/* The first part on the right of a split that costs so much. */
uint32_t line_find_split(const struct tree_search *search, const struct tree_line *line, uint32_t i,
			 uint32_t j, int32_t cost);

/* What leaves the chain of a range, arranged in its order. */
void line_collect_peels(const struct tree_line *line, uint32_t i, uint32_t j, int32_t rest,
			bool in_region, struct peels *peels);

/* The sum of weight × tests in a chain. */
uint32_t peels_depth(const struct peels *peels);

/* ---- window.c ---- */

/* Finds the best JSETs of all windows of a whole line that is prepared. */
bool windows_solve(struct tree_search *search, const struct tree_line *whole);

/* Values with the low bits b, for all b that have a bit of the mask: as a set, bit b. */
uint32_t side_with(uint32_t mask);

/* The values of the pieces i to j whose low bits are in a set. */
bool window_side(struct tree_search *search, const struct tree_line *whole, uint32_t side,
		 uint32_t i, uint32_t j, struct tree_line *line);

#endif
