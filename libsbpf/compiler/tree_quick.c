/* SPDX-License-Identifier: MIT */
/*
 * The quick tree. Values that differ from equal neighbours on both sides are peeled off: one JEQ
 * instead of two boundaries. What remains is split by JGE where the weight is halved. Linear but
 * for the splitting, so that a filter is ready in microseconds.
 */
#include "tree_quick.h"

#include "chain.h"

/* More values in a row are split by a JGE first. */
#define CHAIN_MAX 4u
/* Neighbouring single values that are peeled together. */
#define GROUP_MAX 3u

/* A run of segments of one node, but for single values among them. */
struct run {
	const struct segment *segments;
	uint32_t count; /* odd ones are single values */
	uint32_t weight;
	int32_t node;
};

struct quick {
	struct dag *dag;
	uint8_t word;
	const struct run *runs;
};

static bool is_single(const struct segment *segment)
{
	return segment->first == segment->last;
}

/* How many segments after place belong to its run: single values, then its node again. */
static uint32_t more_of_run(const struct segment *segments, uint32_t place, uint32_t count)
{
	for (uint32_t i = 1; i <= GROUP_MAX && place + i + 1 < count; i++) {
		if (!is_single(&segments[place + i]))
			return 0;
		if (segments[place + i + 1].node == segments[place].node)
			return i + 1;
	}
	return 0;
}

static uint32_t find_runs(const struct segment *segments, uint32_t count, struct run *runs)
{
	uint32_t run_count = 0;

	for (uint32_t place = 0; place < count;) {
		struct run *run = &runs[run_count++];
		uint32_t last = place;
		uint32_t more;

		while ((more = more_of_run(segments, last, count)) != 0)
			last += more;
		*run = (struct run){ &segments[place], last - place + 1, 0, segments[place].node };
		for (uint32_t i = place; i <= last; i++)
			run->weight += segments[i].weight;
		place = last + 1;
	}
	return run_count;
}

static int32_t chain(const struct quick *quick, const struct segment *segments, uint32_t count,
		     int32_t rest)
{
	struct peels peels;

	peels.count = peels.rest_weight = 0;
	peels.rest = rest;
	for (uint32_t i = 0; i < count; i++) {
		if (segments[i].node == rest)
			continue;
		peels.list[peels.count++] = (struct peel){ .value = segments[i].first,
							   .node = segments[i].node,
							   .weight = segments[i].weight };
	}
	peels_arrange(&peels, segments[0].first, segments[count - 1].last);
	return peels_build(quick->dag, quick->word, &peels);
}

static uint32_t count_peels(const struct segment *segments, uint32_t count, int32_t rest)
{
	uint32_t peels = 0;

	for (uint32_t i = 0; i < count; i++)
		peels += segments[i].node != rest;
	return peels;
}

/* Few values off a run are a chain; more are halved. */
static int32_t build_run(const struct quick *quick, const struct segment *segments, uint32_t count,
			 int32_t rest)
{
	uint32_t peels = count_peels(segments, count, rest);
	uint32_t middle = 0;

	if (peels <= CHAIN_MAX)
		return chain(quick, segments, count, rest);
	for (uint32_t passed = 0; passed < peels / 2; middle++)
		passed += segments[middle].node != rest;
	return dag_test(quick->dag, BPF_JGE, quick->word, segments[middle].first,
			build_run(quick, segments + middle, count - middle, rest),
			build_run(quick, segments, middle, rest));
}

/* The place that splits runs first to last (not included) into halves of equal weight. */
static uint32_t find_middle(const struct run *runs, uint32_t first, uint32_t last)
{
	uint64_t total = 0;
	uint64_t before = 0;
	uint32_t middle = first;

	for (uint32_t i = first; i < last; i++)
		total += runs[i].weight + runs[i].count;
	while (middle + 1 < last &&
	       before + (runs[middle].weight + runs[middle].count) / 2 < total / 2) {
		before += runs[middle].weight + runs[middle].count;
		middle++;
	}
	return middle > first ? middle : first + 1;
}

static int32_t build_runs(const struct quick *quick, uint32_t first, uint32_t last)
{
	const struct run *runs = quick->runs;
	uint32_t middle;

	if (last - first == 1)
		return build_run(quick, runs[first].segments, runs[first].count, runs[first].node);
	middle = find_middle(runs, first, last);
	return dag_test(quick->dag, BPF_JGE, quick->word, runs[middle].segments[0].first,
			build_runs(quick, middle, last), build_runs(quick, first, middle));
}

int32_t tree_quick(struct dag *dag, uint8_t word, const struct segment *segments, uint32_t count)
{
	struct quick quick = { .dag = dag, .word = word };
	struct run *runs = arena_alloc_raw(dag->scratch, count, sizeof(*runs));

	if (!runs)
		return -1;
	quick.runs = runs;
	return build_runs(&quick, 0, find_runs(segments, count, runs));
}
