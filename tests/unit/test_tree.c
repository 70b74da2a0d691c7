/* SPDX-License-Identifier: MIT */
/* Search trees decide every value as their segments say, and the thorough ones are small. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "chain.h"
#include "tree.h"
#include "walk.h"

#define SEGMENTS_MAX 2048

struct stage {
	struct arena arena;
	struct arena scratch;
	struct dag dag;
	struct segment segments[SEGMENTS_MAX];
	uint32_t count;
};

static struct stage stage;

static void start(void)
{
	stage = (struct stage){ 0 };
	ck_assert_int_eq(dag_init(&stage.dag, &stage.arena, &stage.scratch), 0);
}

static void finish(void)
{
	arena_free(&stage.scratch);
	arena_free(&stage.arena);
}

/* The next segment, from where the one before ended up to last. */
static void add(uint32_t last, uint32_t verdict, uint32_t weight)
{
	uint32_t first = stage.count ? stage.segments[stage.count - 1].last + 1 : 0;

	ck_assert_uint_lt(stage.count, SEGMENTS_MAX);
	stage.segments[stage.count++] =
		(struct segment){ first, last, dag_return(&stage.dag, verdict), weight };
}

/* The values each go to verdict 1, all others to 0; values ascend. */
static void add_values(const uint32_t *values, size_t count)
{
	uint32_t next = 0;

	for (size_t i = 0; i < count; i++) {
		if (values[i] > next)
			add(values[i] - 1, 0, 1);
		add(values[i], 1, 1);
		next = values[i] + 1;
	}
	if (next)
		add(UINT32_MAX, 0, 1);
	stage.count = segments_merge(stage.segments, stage.count);
}

static int32_t build(bool thorough, uint32_t size_cost, struct tree_history *history)
{
	uint64_t steps = 0;
	const struct tree_options options = { .thorough = thorough,
					      .size_cost = size_cost,
					      .steps = &steps,
					      .steps_max = UINT64_C(1) << 30 };
	int32_t root =
		tree_build(&stage.dag, WORD_NUMBER, stage.segments, stage.count, &options, history);

	ck_assert_int_ge(root, 0);
	return root;
}

static uint32_t decide(int32_t root, uint32_t value, unsigned int *tests)
{
	return (uint32_t)(walk(&stage.dag, root, (struct words){ { value } }, tests) -
			  stage.dag.nodes);
}

static uint32_t wanted_node(uint32_t value)
{
	uint32_t s = 0;

	while (stage.segments[s].last < value)
		s++;
	return (uint32_t)stage.segments[s].node;
}

static void assert_value(int32_t root, uint32_t value)
{
	unsigned int tests;

	ck_assert_msg(decide(root, value, &tests) == wanted_node(value), "value 0x%x", value);
}

/* Ends, middles and neighbours of all segments, and some values by chance. */
static void assert_right(int32_t root, uint32_t *state)
{
	for (uint32_t s = 0; s < stage.count; s++) {
		const struct segment *segment = &stage.segments[s];

		assert_value(root, segment->first);
		assert_value(root, segment->last);
		assert_value(root, segment->first + (segment->last - segment->first) / 2);
	}
	for (int i = 0; i < 300; i++)
		assert_value(root, chance(state) >> chance(state) % 32);
}

/* ---- Merging ---- */

START_TEST(merged_neighbours_add_their_weights)
{
	add(9, 1, 3);
	add(19, 1, 4);
	add(29, 2, 5);
	add(39, 1, 6);
	add(UINT32_MAX, 1, 7);
	ck_assert_uint_eq(segments_merge(stage.segments, stage.count), 3);
	ck_assert_uint_eq(stage.segments[0].first, 0);
	ck_assert_uint_eq(stage.segments[0].last, 19);
	ck_assert_uint_eq(stage.segments[0].weight, 7);
	ck_assert_uint_eq(stage.segments[1].last, 29);
	ck_assert_uint_eq(stage.segments[1].weight, 5);
	ck_assert_uint_eq(stage.segments[2].first, 30);
	ck_assert_uint_eq(stage.segments[2].last, UINT32_MAX);
	ck_assert_uint_eq(stage.segments[2].weight, 13);
}
END_TEST

/* ---- Right decisions ---- */

/* Small gaps as in tables of calls, now and then a wide one; a few nodes. */
/* In steps, for which of two arguments a compiler computes first is its own affair. */
static void add_segment(uint32_t *state, uint32_t last, uint32_t nodes)
{
	uint32_t weight = chance(state) % 60;
	uint32_t node = chance(state) % nodes;

	add(last, node, weight);
}

static void add_random(uint32_t *state, uint32_t count, uint32_t nodes)
{
	uint32_t last = chance(state) % 5;

	for (uint32_t s = 0; s + 1 < count && last < 0xf0000000; s++) {
		add_segment(state, last, nodes);
		last += 1 + (chance(state) % 3 ? 0 : chance(state) % 12);
		if (chance(state) % 50 == 0)
			last += chance(state) >> 8;
	}
	add_segment(state, UINT32_MAX, nodes);
	stage.count = segments_merge(stage.segments, stage.count);
}

static void check_random(uint32_t *state, uint32_t most, bool thorough)
{
	start();
	add_random(state, 1 + chance(state) % most, 2 + chance(state) % 6);
	assert_right(build(thorough, chance(state) % 700, NULL), state);
	finish();
}

START_TEST(quick_tree_decides_right)
{
	uint32_t state = 2463534242u;

	for (int round = 0; round < 200; round++)
		check_random(&state, round % 4 ? 90 : 1500, false);
}
END_TEST

START_TEST(thorough_tree_decides_right)
{
	uint32_t state = 362436069u + (uint32_t)_i;

	for (int round = 0; round < 15; round++)
		check_random(&state, round % 3 ? 30 : 120, true);
}
END_TEST

/* More segments than the search takes. */
START_TEST(hundreds_of_segments_decide_right)
{
	static const uint32_t counts[] = { 639, 640, 641, 700, 2000 };
	uint32_t state = 521288629u;

	for (size_t i = 0; i < COUNT(counts); i++) {
		start();
		for (uint32_t s = 0; s + 1 < counts[i]; s++)
			add(stage.count ? stage.segments[s - 1].last + 1 + chance(&state) % 3 : 1,
			    s % 3, 1);
		add(UINT32_MAX, 5, 1);
		assert_right(build(counts[i] > 640, 20, NULL), &state);
		finish();
	}
}
END_TEST

START_TEST(many_segments_with_full_effort_decide_right)
{
	uint32_t state = 88675123u;

	for (uint32_t s = 0; s < 300; s++)
		add(s * 7 + s % 5, s % 4, s % 9);
	add(UINT32_MAX, 9, 0);
	assert_right(build(true, 20, NULL), &state);
}
END_TEST

START_TEST(one_segment_needs_no_test)
{
	add(UINT32_MAX, 3, 1);
	for (int thorough = 0; thorough < 2; thorough++)
		ck_assert(dag_is_return(&stage.dag, build(thorough, 20, NULL), 3));
}
END_TEST

START_TEST(ends_of_all_values_are_single_values)
{
	uint32_t state = 5783321u;

	add(0, 1, 1);
	add(UINT32_MAX - 1, 2, 1);
	add(UINT32_MAX, 1, 1);
	for (int thorough = 0; thorough < 2; thorough++)
		assert_right(build(thorough, 20, NULL), &state);
}
END_TEST

static void assert_same_node(const struct node *a, const struct node *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_int_eq(a->compare, b->compare);
	ck_assert_int_eq(a->word, b->word);
	ck_assert_uint_eq(a->mask, b->mask);
	ck_assert_uint_eq(a->k, b->k);
	ck_assert_int_eq(a->yes, b->yes);
	ck_assert_int_eq(a->no, b->no);
}

START_TEST(same_segments_give_the_same_nodes)
{
	for (int thorough = 0; thorough < 2; thorough++) {
		uint32_t state = 6615241u;
		struct stage first;
		int32_t root;

		start();
		add_random(&state, 100, 4);
		root = build(thorough, 20, NULL);
		first = stage;
		start();
		state = 6615241u;
		add_random(&state, 100, 4);
		ck_assert_int_eq(build(thorough, 20, NULL), root);
		ck_assert_uint_eq(stage.dag.count, first.dag.count);
		for (uint32_t i = 0; i < stage.dag.count; i++)
			assert_same_node(&stage.dag.nodes[i], &first.dag.nodes[i]);
		finish();
		arena_free(&first.scratch);
		arena_free(&first.arena);
	}
}
END_TEST

/* Equal nodes exist once, so the same tree has the same root. */
START_TEST(search_past_the_most_steps_is_left_to_the_quick_tree)
{
	struct tree_history history = { 0 };
	uint64_t steps = 0;
	struct tree_options options = { .thorough = true, .size_cost = 20, .steps = &steps };
	uint32_t state = 30011u;
	int32_t quick;
	int32_t root;

	add_random(&state, 90, 4);
	quick = build(false, 20, NULL);
	for (options.steps_max = 1; options.steps_max < 4000000; options.steps_max *= 3) {
		steps = 0;
		root = tree_build(&stage.dag, WORD_NUMBER, stage.segments, stage.count, &options,
				  &history);
		ck_assert_uint_le(steps, options.steps_max);
		if (root != quick)
			break;
		ck_assert_uint_eq(history.region_count, 0);
		ck_assert_ptr_null(history.segments);
	}
	ck_assert_uint_gt(options.steps_max, 1000);
	ck_assert_int_ne(root, quick);
	ck_assert_int_eq(root, build(true, 20, NULL));
}
END_TEST

/* ---- Small trees ---- */

static const uint32_t subsets[] = { 0, 8, 0x20000, 0x20008 };
static const uint32_t low_bits[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
static const uint32_t one[] = { 39 };
static const uint32_t two[] = { 38, 40 };
static const uint32_t odd[] = { 65, 67, 69, 71, 73, 75, 77, 79 };
static const uint32_t ends[] = { 0, UINT32_MAX };
static const uint32_t whole[] = { 5, 6, 7, 8, 9 };

/* The fewest tests by hand, for size alone. */
static const struct {
	const uint32_t *values;
	size_t count;
	int tests;
} small[] = {
	{ subsets, COUNT(subsets), 1 },	  /* JSET of all other bits */
	{ low_bits, COUNT(low_bits), 1 }, /* JGE 8 */
	{ one, COUNT(one), 1 },		  { two, COUNT(two), 2 },
	{ odd, COUNT(odd), 3 }, /* JGE on both sides, JSET 1 */
	{ ends, COUNT(ends), 2 },	  { whole, COUNT(whole), 2 },
};

START_TEST(thorough_tree_is_the_smallest)
{
	uint32_t state = 123456789u;
	int32_t root;

	if (small[_i].values[small[_i].count - 1] == UINT32_MAX) {
		add(0, 1, 1);
		add(UINT32_MAX - 1, 0, 1);
		add(UINT32_MAX, 1, 1);
	} else {
		add_values(small[_i].values, small[_i].count);
	}
	root = build(true, 10000, NULL);
	assert_right(root, &state);
	ck_assert_int_eq(dag_size(&stage.dag, root), small[_i].tests);
	assert_right(build(false, 10000, NULL), &state);
}
END_TEST

START_TEST(heavy_value_is_decided_first)
{
	unsigned int tests;

	add(99, 0, 1);
	add(100, 1, 500);
	add(200, 0, 1);
	add(201, 2, 1);
	add(UINT32_MAX, 0, 1);
	for (int thorough = 0; thorough < 2; thorough++) {
		int32_t root = build(thorough, 1, NULL);

		ck_assert_uint_eq(decide(root, 100, &tests), (uint32_t)stage.segments[1].node);
		ck_assert_uint_eq(tests, 1);
		ck_assert_uint_eq(decide(root, 201, &tests), (uint32_t)stage.segments[3].node);
		ck_assert_uint_eq(tests, 2);
	}
}
END_TEST

/* 64 equally heavy segments: no value needs many more than the 6 tests of a balanced tree. */
START_TEST(trees_are_balanced)
{
	for (uint32_t s = 0; s < 63; s++)
		add(s * 40 + 39, s % 8 + (s & 1) * 100, 10);
	add(UINT32_MAX, 999, 10);
	for (int thorough = 0; thorough < 2; thorough++) {
		int32_t root = build(thorough, 0, NULL);

		for (uint32_t s = 0; s < 64; s++) {
			unsigned int tests;

			decide(root, s * 40 + 7, &tests);
			ck_assert_uint_le(tests, 7);
		}
	}
}
END_TEST

/* ---- Peels ---- */

START_TEST(peels_are_tested_heaviest_first)
{
	struct peels peels = { .list = { { 3, 0, 1, 5 }, { 70, 0, 2, 9 }, { 900, 0, 1, 7 } },
			       .count = 3,
			       .rest = 0 };

	peels_arrange(&peels, 0, 1000);
	ck_assert_uint_eq(peels.count, 3);
	ck_assert_uint_eq(peels.list[0].value, 70);
	ck_assert_uint_eq(peels.list[1].value, 900);
	ck_assert_uint_eq(peels.list[2].value, 3);
}
END_TEST

START_TEST(values_of_few_bits_are_one_test)
{
	struct peels peels = { .list = { { 0, 0, 1, 1 },
					 { 8, 0, 1, 1 },
					 { 0x20000, 0, 1, 1 },
					 { 0x20008, 0, 1, 1 },
					 { 0xffffffff, 0, 1, 1 } },
			       .count = 5,
			       .rest = 0 };

	peels_arrange(&peels, 0, UINT32_MAX);
	ck_assert_uint_eq(peels.count, 2);
	ck_assert_uint_eq(peels.list[0].mask, 0x20008);
	ck_assert_uint_eq(peels.list[0].weight, 4);
	ck_assert_uint_eq(peels.list[1].value, 0xffffffff);
	ck_assert_uint_eq(peels.list[1].mask, 0);
}
END_TEST

/* One of the four goes elsewhere, or lies in the region without being among the values. */
START_TEST(values_that_go_elsewhere_are_not_covered)
{
	struct peels peels = { .list = { { 0, 0, 1, 1 }, { 8, 0, 2, 1 }, { 0x20008, 0, 1, 1 } },
			       .count = 3,
			       .rest = 0 };

	peels_arrange(&peels, 0, UINT32_MAX);
	ck_assert_uint_eq(peels.count, 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_eq(peels.list[i].mask, 0);
}
END_TEST

/* Values outside the region never come here, so they may go anywhere. */
START_TEST(values_outside_the_region_do_not_matter)
{
	static const struct {
		uint32_t values[2];
		uint32_t first;
		uint32_t last;
		uint32_t mask;
	} regions[] = { { { 0x10, 0x12 }, 0x3, 0x20, 0x12 }, { { 5, 6 }, 5, 6, 7 } };

	for (size_t r = 0; r < COUNT(regions); r++) {
		struct peels peels = { .list = { { regions[r].values[0], 0, 1, 1 },
						 { regions[r].values[1], 0, 1, 1 } },
				       .count = 2,
				       .rest = 0 };

		peels_arrange(&peels, regions[r].first, regions[r].last);
		ck_assert_uint_eq(peels.count, 1);
		ck_assert_uint_eq(peels.list[0].mask, regions[r].mask);
	}
}
END_TEST

/* ---- History ---- */

/* The same segments but for the end, with a value changed here and there. */
static void change_some(uint32_t *state, uint32_t changes)
{
	for (uint32_t i = 0; i < changes; i++) {
		uint32_t s = chance(state) % stage.count;

		stage.segments[s].node = dag_return(&stage.dag, 50 + chance(state) % 3);
	}
	stage.segments[stage.count - 1].node = dag_return(&stage.dag, 77);
	stage.count = segments_merge(stage.segments, stage.count);
}

static void check_history(uint32_t *state)
{
	struct tree_history history = { 0 };
	int32_t first;

	start();
	add_random(state, 80, 4);
	first = build(true, 20, &history);
	assert_right(first, state);
	ck_assert_uint_eq(history.segment_count, stage.count);
	for (uint32_t changes = 0; changes < 9; changes += 4) {
		change_some(state, changes);
		assert_right(build(true, 600, &history), state);
	}
	finish();
}

START_TEST(trees_that_share_parts_decide_right)
{
	uint32_t state = 1812433253u + (uint32_t)_i;

	for (int round = 0; round < 4; round++)
		check_history(&state);
}
END_TEST

START_TEST(like_segments_share_the_tree_built_before)
{
	struct tree_history history = { 0 };
	uint32_t state = 69069u;
	int before;
	int both;
	int32_t first;
	int32_t second;

	add_random(&state, 80, 4);
	first = build(true, 20, &history);
	before = dag_size(&stage.dag, first);
	change_some(&state, 2);
	second = build(true, 600, &history);
	assert_right(second, &state);
	/* A test above both makes the size that of their union. */
	both = dag_size(&stage.dag, dag_test(&stage.dag, BPF_JEQ, WORD_ARCH, 1, first, second));
	ck_assert_int_le(both, before + 7);
}
END_TEST

/* Its last segment may go on at the very tree that would use it. */
START_TEST(history_keeps_no_region_that_reaches_the_end)
{
	struct tree_history history = { 0 };
	uint32_t state = 1664525u;

	add_random(&state, 60, 4);
	build(true, 20, &history);
	ck_assert_uint_gt(history.region_count, 0);
	for (uint32_t r = 0; r < history.region_count; r++)
		ck_assert_uint_ne(history.regions[r].last, UINT32_MAX);
}
END_TEST

/* ---- Running ---- */

static TCase *decision_tests(void)
{
	TCase *tests = tcase_create("decisions");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, quick_tree_decides_right);
	tcase_add_loop_test(tests, thorough_tree_decides_right, 0, 6);
	tcase_add_test(tests, hundreds_of_segments_decide_right);
	tcase_add_test(tests, same_segments_give_the_same_nodes);
	tcase_add_loop_test(tests, trees_that_share_parts_decide_right, 0, 5);
	return tests;
}

static TCase *tree_tests(void)
{
	TCase *tests = tcase_create("trees");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, start, finish);
	tcase_add_test(tests, merged_neighbours_add_their_weights);
	tcase_add_test(tests, search_past_the_most_steps_is_left_to_the_quick_tree);
	tcase_add_test(tests, many_segments_with_full_effort_decide_right);
	tcase_add_test(tests, one_segment_needs_no_test);
	tcase_add_test(tests, ends_of_all_values_are_single_values);
	tcase_add_loop_test(tests, thorough_tree_is_the_smallest, 0, COUNT(small));
	tcase_add_test(tests, heavy_value_is_decided_first);
	tcase_add_test(tests, trees_are_balanced);
	tcase_add_test(tests, peels_are_tested_heaviest_first);
	tcase_add_test(tests, values_of_few_bits_are_one_test);
	tcase_add_test(tests, values_that_go_elsewhere_are_not_covered);
	tcase_add_test(tests, values_outside_the_region_do_not_matter);
	tcase_add_test(tests, like_segments_share_the_tree_built_before);
	tcase_add_test(tests, history_keeps_no_region_that_reaches_the_end);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("tree");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, decision_tests());
	suite_add_tcase(suite, tree_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
