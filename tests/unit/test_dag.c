/* SPDX-License-Identifier: MIT */
/* Arenas, and decision DAGs in which equal nodes exist once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "walk.h"

static struct arena arena;
static struct arena scratch;
static struct dag dag;

static void start(void)
{
	ck_assert_int_eq(dag_init(&dag, &arena, &scratch), 0);
}

static void finish(void)
{
	arena_free(&scratch);
	arena_free(&arena);
}

/* ---- Arenas ---- */

static bool is_zero(const unsigned char *bytes, size_t count)
{
	while (count && !bytes[count - 1])
		count--;
	return !count;
}

START_TEST(arena_gives_zeroed_aligned_memory)
{
	size_t sizes[] = { 1, 3, 16, 17, 1000, 32768, 40000, 1 };
	struct arena own = { 0 };

	for (int round = 0; round < 2; round++) {
		struct arena mark = arena_mark(&own);

		for (size_t i = 0; i < COUNT(sizes); i++) {
			unsigned char *bytes = arena_alloc(&own, 1, sizes[i]);

			ck_assert_ptr_nonnull(bytes);
			ck_assert_uint_eq((uintptr_t)bytes % _Alignof(max_align_t), 0);
			ck_assert(is_zero(bytes, sizes[i]));
			memset(bytes, 0xa5, sizes[i]);
		}
		arena_rewind(&own, mark);
	}
	arena_free(&own);
}
END_TEST

START_TEST(arena_refuses_sizes_that_overflow)
{
	struct arena own = { 0 };

	ck_assert_ptr_null(arena_alloc(&own, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(arena_alloc(&own, SIZE_MAX, 1));
	ck_assert_ptr_null(own.block);
}
END_TEST

START_TEST(arena_rewinds_to_its_mark)
{
	struct arena own = { 0 };
	char *kept = arena_alloc(&own, 4, 1);
	struct arena mark = arena_mark(&own);
	char *first = arena_alloc(&own, 8, 1);

	memcpy(kept, "kep", 4);
	ck_assert_ptr_nonnull(arena_alloc(&own, 100000, 1));
	ck_assert_ptr_nonnull(arena_alloc(&own, 100000, 1));
	arena_rewind(&own, mark);
	ck_assert_ptr_eq(arena_alloc(&own, 8, 1), first);
	ck_assert_str_eq(kept, "kep");
	arena_free(&own);
	ck_assert_ptr_null(own.block);
}
END_TEST

/* ---- Nodes ---- */

START_TEST(equal_nodes_exist_once)
{
	int32_t allow = dag_return(&dag, 1);
	int32_t deny = dag_return(&dag, 2);
	int32_t test = dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, allow, deny);

	ck_assert_int_ne(allow, deny);
	ck_assert_int_eq(dag_return(&dag, 1), allow);
	ck_assert_int_eq(dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, allow, deny), test);
	ck_assert_int_eq(dag_test_masked(&dag, WORD_NUMBER, MASK_ALL, 5, allow, deny), test);
	ck_assert_uint_eq(dag.count, 3);
}
END_TEST

START_TEST(nodes_that_differ_in_anything_are_two)
{
	int32_t allow = dag_return(&dag, 1);
	int32_t deny = dag_return(&dag, 2);
	int32_t log = dag_return(&dag, 3);

	dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, allow, deny);
	dag_test(&dag, BPF_JGE, WORD_NUMBER, 5, allow, deny);
	dag_test(&dag, BPF_JEQ, WORD_ARCH, 5, allow, deny);
	dag_test(&dag, BPF_JEQ, WORD_NUMBER, 6, allow, deny);
	dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, deny, allow);
	dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, allow, log);
	dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, log, deny);
	dag_test_masked(&dag, WORD_NUMBER, 0xff, 5, allow, deny);
	ck_assert_uint_eq(dag.count, 3 + 8);
}
END_TEST

START_TEST(test_with_one_outcome_is_no_test)
{
	int32_t allow = dag_return(&dag, 1);

	ck_assert_int_eq(dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, allow, allow), allow);
	ck_assert_int_eq(dag_test_masked(&dag, WORD_NUMBER, 7, 5, allow, allow), allow);
	ck_assert_uint_eq(dag.count, 1);
}
END_TEST

START_TEST(no_node_gives_no_node)
{
	int32_t allow = dag_return(&dag, 1);

	ck_assert_int_eq(dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, -1, allow), -1);
	ck_assert_int_eq(dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, allow, -1), -1);
	ck_assert_int_eq(dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, -1, -1), -1);
	ck_assert_int_eq(dag_test_masked(&dag, WORD_NUMBER, 7, 5, -1, allow), -1);
	ck_assert_int_eq(dag_set_next(&dag, -1, allow), -1);
	ck_assert_int_eq(dag_set_next(&dag, dag_and_later(&dag, 1), -1), -1);
}
END_TEST

/* Growing moves the nodes and sorts the table anew; equal nodes are found all the same. */
START_TEST(many_nodes_keep_their_index)
{
	int32_t allow = dag_return(&dag, 1);
	int32_t deny = dag_return(&dag, 2);
	int32_t first = dag_test(&dag, BPF_JEQ, WORD_NUMBER, 0, allow, deny);

	for (uint32_t k = 1; k < 5000; k++)
		ck_assert_int_eq(dag_test(&dag, BPF_JEQ, WORD_NUMBER, k, allow, deny),
				 first + (int32_t)k);
	for (uint32_t k = 0; k < 5000; k++)
		ck_assert_int_eq(dag_test(&dag, BPF_JEQ, WORD_NUMBER, k, allow, deny),
				 first + (int32_t)k);
	ck_assert_uint_eq(dag.count, 5002);
	ck_assert_uint_eq(dag.nodes[first + 4321].k, 4321);
}
END_TEST

/* So many that their places in the table collide. */
START_TEST(many_masks_are_many_nodes)
{
	int32_t allow = dag_return(&dag, 1);
	int32_t deny = dag_return(&dag, 2);

	for (uint32_t mask = 1; mask <= 5000; mask++)
		ck_assert_int_eq(dag_test_masked(&dag, 4, mask, 0, allow, deny),
				 deny + (int32_t)mask);
}
END_TEST

START_TEST(and_is_told_later_where_it_goes_on)
{
	int32_t later = dag_and_later(&dag, 0xff);
	int32_t other = dag_and_later(&dag, 0xff);
	int32_t allow = dag_return(&dag, 1);
	int32_t test = dag_test(&dag, BPF_JEQ, WORD_NUMBER, 5, allow, dag_return(&dag, 2));
	unsigned int tests;

	ck_assert_int_ne(later, other);
	ck_assert_int_eq(dag_set_next(&dag, later, test), 0);
	ck_assert_int_eq(dag_set_next(&dag, other, allow), 0);
	ck_assert_uint_eq(walk(&dag, later, (struct words){ { 0x105 } }, &tests)->k, 1);
	ck_assert_uint_eq(walk(&dag, later, (struct words){ { 0x106 } }, &tests)->k, 2);
	ck_assert_uint_eq(tests, 1);
}
END_TEST

START_TEST(and_after_growing_is_in_place)
{
	int32_t allow = dag_return(&dag, 1);
	int32_t deny = dag_return(&dag, 2);
	int32_t later;

	while (dag.count < dag.capacity)
		dag_test(&dag, BPF_JEQ, WORD_NUMBER, dag.count, allow, deny);
	later = dag_and_later(&dag, 0xf0);
	ck_assert_int_eq(later, 512);
	ck_assert_uint_eq(dag.capacity, 1024);
	ck_assert_int_eq(dag_set_next(&dag, later, allow), 0);
	ck_assert_uint_eq(dag.nodes[later].k, 0xf0);
	ck_assert_int_eq(dag_return(&dag, 2), deny);
}
END_TEST

START_TEST(only_a_return_of_the_verdict_is_one)
{
	int32_t allow = dag_return(&dag, 1);
	int32_t test = dag_test(&dag, BPF_JEQ, WORD_NUMBER, 1, allow, dag_return(&dag, 2));

	ck_assert(dag_is_return(&dag, allow, 1));
	ck_assert(!dag_is_return(&dag, allow, 2));
	ck_assert(!dag_is_return(&dag, test, 1));
}
END_TEST

START_TEST(size_counts_shared_nodes_once_and_no_returns)
{
	int32_t allow = dag_return(&dag, 1);
	int32_t deny = dag_return(&dag, 2);
	int32_t shared = dag_test(&dag, BPF_JEQ, WORD_NUMBER, 1, allow, deny);
	int32_t left = dag_test(&dag, BPF_JEQ, WORD_ARCH, 2, shared, deny);
	int32_t right = dag_test(&dag, BPF_JEQ, WORD_ARCH, 3, allow, shared);
	int32_t root = dag_test(&dag, BPF_JGE, WORD_NUMBER, 4, left, right);

	ck_assert_int_eq(dag_size(&dag, allow), 0);
	ck_assert_int_eq(dag_size(&dag, shared), 1);
	ck_assert_int_eq(dag_size(&dag, left), 2);
	ck_assert_int_eq(dag_size(&dag, root), 4);
}
END_TEST

/* ---- Running ---- */

int main(void)
{
	Suite *suite = suite_create("dag");
	TCase *arenas = tcase_create("arenas");
	TCase *nodes = tcase_create("nodes");
	SRunner *runner;
	int failed;

	tcase_add_test(arenas, arena_gives_zeroed_aligned_memory);
	tcase_add_test(arenas, arena_refuses_sizes_that_overflow);
	tcase_add_test(arenas, arena_rewinds_to_its_mark);
	tcase_add_checked_fixture(nodes, start, finish);
	tcase_add_test(nodes, equal_nodes_exist_once);
	tcase_add_test(nodes, nodes_that_differ_in_anything_are_two);
	tcase_add_test(nodes, test_with_one_outcome_is_no_test);
	tcase_add_test(nodes, no_node_gives_no_node);
	tcase_add_test(nodes, many_nodes_keep_their_index);
	tcase_add_test(nodes, many_masks_are_many_nodes);
	tcase_add_test(nodes, and_is_told_later_where_it_goes_on);
	tcase_add_test(nodes, and_after_growing_is_in_place);
	tcase_add_test(nodes, only_a_return_of_the_verdict_is_one);
	tcase_add_test(nodes, size_counts_shared_nodes_once_and_no_returns);
	suite_add_tcase(suite, arenas);
	suite_add_tcase(suite, nodes);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
