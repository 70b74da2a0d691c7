/* SPDX-License-Identifier: MIT */
/* Decision diagrams: canonical, exact, and within their limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "diagram.h"
#include "meaning.h"
#include "symbolic.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define LIMIT (1u << 16)

static struct diagrams diagrams;

static void start(void)
{
	ck_assert_int_eq(diagrams_init(&diagrams, LIMIT), 0);
}

static void finish(void)
{
	diagrams_free(&diagrams);
}

static diagram leaf(uint32_t value)
{
	return diagram_leaf(&diagrams, value);
}

/* yes where a word has a value. */
static diagram where(unsigned int word, uint32_t value, uint32_t yes, diagram no)
{
	return diagram_choose(&diagrams, word_equals(&diagrams, word, value, 0), leaf(yes), no);
}

static uint32_t at_number(diagram d, uint32_t number)
{
	uint32_t words[DIAGRAM_WORDS] = { [DIAGRAM_NUMBER] = number };

	return diagram_at(&diagrams, d, words);
}

/* ---- Canonical form ---------------------------------------------------------------------- */

START_TEST(equal_functions_are_one_diagram)
{
	diagram forth = where(DIAGRAM_NUMBER, 5, 1, where(DIAGRAM_NUMBER, 6, 2, leaf(3)));
	diagram back = where(DIAGRAM_NUMBER, 6, 2, where(DIAGRAM_NUMBER, 5, 1, leaf(3)));

	ck_assert_uint_eq(forth, back);
	ck_assert_uint_ne(forth, where(DIAGRAM_NUMBER, 6, 2, where(DIAGRAM_NUMBER, 7, 1, leaf(3))));
}
END_TEST

START_TEST(test_that_decides_nothing_is_no_node)
{
	diagram same = where(DIAGRAM_ARCH, 7, 4, leaf(4));

	ck_assert_uint_eq(same, leaf(4));
	ck_assert(diagram_is_leaf(&diagrams, same));
	ck_assert_uint_eq(diagram_word(&diagrams, same), DIAGRAM_WORDS);
}
END_TEST

START_TEST(order_of_words_is_that_of_the_header)
{
	diagram d = where(DIAGRAM_ARGUMENTS + 3, 9, 1, where(DIAGRAM_ARCH, 8, 2, leaf(0)));

	ck_assert_uint_eq(diagram_word(&diagrams, d), DIAGRAM_ARCH);
	ck_assert_uint_eq(diagram_word(&diagrams, diagram_fix(&diagrams, d, DIAGRAM_ARCH, 0)),
			  DIAGRAM_ARGUMENTS + 3);
}
END_TEST

/* ---- Operations --------------------------------------------------------------------------- */

START_TEST(fixing_a_word_leaves_the_others)
{
	diagram d = where(DIAGRAM_ARCH, 1, 10, where(DIAGRAM_NUMBER, 2, 20, leaf(30)));

	ck_assert_uint_eq(diagram_fix(&diagrams, d, DIAGRAM_ARCH, 1), leaf(10));
	ck_assert_uint_eq(diagram_fix(&diagrams, d, DIAGRAM_ARCH, 3),
			  where(DIAGRAM_NUMBER, 2, 20, leaf(30)));
	ck_assert_uint_eq(diagram_fix(&diagrams, d, DIAGRAM_NUMBER, 2),
			  where(DIAGRAM_ARCH, 1, 10, leaf(20)));
	ck_assert_uint_eq(diagram_fix(&diagrams, d, DIAGRAM_POINTER, 2), d);
}
END_TEST

/* kernel/seccomp.c, seccomp_run_filters(): the least action as a signed number, the newer's data.
 */
static const struct {
	uint32_t newer, older, both;
} stacks[] = {
	{ 0x7fff0000, 0x00050001, 0x00050001 },
	{ 0x00050002, 0x00050001, 0x00050002 },
	{ 0x00050001, 0x00000000, 0x00000000 },
	{ 0x00000000, 0x80000000, 0x80000000 },
	{ 0x80000000, 0x00000000, 0x80000000 },
	{ 0x7ff00003, 0x7ffc0000, 0x7ff00003 },
	{ 0x7fc00000, 0x7ff00003, 0x7fc00000 },
	{ 0x00030000, 0x00050001, 0x00030000 },
	/* Actions that the kernel does not know. */
	{ 0x7ff80000, 0x7ff00001, 0x7ff00001 },
	{ 0x00020000, 0x00000000, 0x00000000 },
	{ 0x00020000, 0x00030000, 0x00020000 },
	{ 0xffff0000, 0x80000000, 0x80000000 },
	/* What is unknown may be as strict as any. */
	{ SYMBOLIC_UNKNOWN, 0x80000000, SYMBOLIC_UNKNOWN },
	{ 0x80000000, SYMBOLIC_UNKNOWN, 0x80000000 },
	{ 0x00000000, SYMBOLIC_UNKNOWN, SYMBOLIC_UNKNOWN },
	{ SYMBOLIC_UNKNOWN, 0x7fff0000, SYMBOLIC_UNKNOWN },
};

START_TEST(stack_is_the_minimum_of_the_kernel)
{
	ck_assert_uint_eq(diagram_apply(&diagrams, DIAGRAM_STRICTER, leaf(stacks[_i].newer),
					leaf(stacks[_i].older)),
			  leaf(stacks[_i].both));
}
END_TEST

START_TEST(wider_is_where_less_is_restricted)
{
	diagram a = where(DIAGRAM_NUMBER, 1, 0x7fff0000, leaf(0x00050001));
	diagram b = where(DIAGRAM_NUMBER, 2, 0x7fff0000, leaf(0x00050026));
	diagram wider = diagram_apply(&diagrams, DIAGRAM_WIDER, a, b);

	ck_assert_uint_eq(at_number(wider, 1), 1);
	ck_assert_uint_eq(at_number(wider, 2), 0);
	/* The same action with other data is as restrictive. */
	ck_assert_uint_eq(at_number(wider, 3), 0);
}
END_TEST

START_TEST(difference_is_where_verdicts_differ)
{
	diagram a = where(DIAGRAM_NUMBER, 1, 7, leaf(8));
	diagram b = where(DIAGRAM_NUMBER, 2, 7, leaf(8));
	diagram differ = diagram_apply(&diagrams, DIAGRAM_DIFFER, a, b);

	ck_assert_uint_eq(at_number(differ, 1), 1);
	ck_assert_uint_eq(at_number(differ, 2), 1);
	ck_assert_uint_eq(at_number(differ, 3), 0);
	ck_assert_uint_eq(diagram_apply(&diagrams, DIAGRAM_DIFFER, a, a), leaf(0));
}
END_TEST

/* ---- Looking ------------------------------------------------------------------------------ */

START_TEST(first_point_is_the_smallest)
{
	diagram d = where(DIAGRAM_NUMBER, 9, 1, where(DIAGRAM_ARGUMENTS, 4, 1, leaf(0)));
	uint32_t words[DIAGRAM_WORDS];

	ck_assert(diagram_first(&diagrams, d, words));
	ck_assert_uint_eq(words[DIAGRAM_NUMBER], 0);
	ck_assert_uint_eq(words[DIAGRAM_ARGUMENTS], 4);
	ck_assert(diagram_first(&diagrams, where(DIAGRAM_NUMBER, 9, 1, leaf(0)), words));
	ck_assert_uint_eq(words[DIAGRAM_NUMBER], 9);
	ck_assert(!diagram_first(&diagrams, leaf(0), words));
}
END_TEST

START_TEST(ranges_end_where_the_diagram_changes)
{
	diagram d = where(DIAGRAM_NUMBER, 100, 1, where(DIAGRAM_NUMBER, 101, 1, leaf(0)));
	static const uint32_t lasts[] = { 99, 101, UINT32_MAX };
	uint32_t first = 0;

	for (size_t i = 0; i < COUNT(lasts); i++) {
		uint32_t last;
		diagram there;

		diagram_range(&diagrams, d, DIAGRAM_NUMBER, first, &last, &there);
		ck_assert_uint_eq(last, lasts[i]);
		ck_assert_uint_eq(there, leaf(i == 1));
		first = last + 1;
	}
}
END_TEST

/* ---- Limits ------------------------------------------------------------------------------- */

/* 1 where two words are equal: a diagram of 2^32 nodes in this order. */
static diagram compare_words(unsigned int a, unsigned int b)
{
	diagram result = leaf(1);

	for (unsigned int i = 0; i < 32; i++) {
		diagram bit = diagram_bit(&diagrams, b, i);
		diagram other = diagram_choose(&diagrams, bit, leaf(0), leaf(1));
		diagram same = diagram_choose(&diagrams, diagram_bit(&diagrams, a, i), bit, other);

		result = diagram_choose(&diagrams, same, result, leaf(0));
	}
	return result;
}

START_TEST(used_up_limit_is_seen_and_stays_harmless)
{
	diagram one = where(DIAGRAM_NUMBER, 1, 5, leaf(6));
	diagram huge = compare_words(DIAGRAM_NUMBER, DIAGRAM_ARGUMENTS);

	ck_assert_uint_eq(huge, DIAGRAM_FAILED);
	ck_assert(!diagrams.out_of_memory);
	ck_assert_uint_le(diagrams.count, LIMIT);
	ck_assert_uint_eq(diagram_choose(&diagrams, huge, one, one), DIAGRAM_FAILED);
	ck_assert_uint_eq(diagram_apply(&diagrams, DIAGRAM_DIFFER, one, huge), DIAGRAM_FAILED);
	ck_assert_uint_eq(diagram_fix(&diagrams, huge, DIAGRAM_ARCH, 0), DIAGRAM_FAILED);
	ck_assert_uint_eq(at_number(one, 1), 5);
}
END_TEST

/* Steps are limited too: a few nodes may take for ever to find. */
START_TEST(used_up_steps_are_seen_and_come_back)
{
	diagram a = where(DIAGRAM_NUMBER, 1, 5, leaf(6));
	diagram b = where(DIAGRAM_ARCH, 1, 5, leaf(6));

	diagrams.steps = 3;
	ck_assert_uint_eq(diagram_apply(&diagrams, DIAGRAM_DIFFER, a, b), DIAGRAM_FAILED);
	diagrams_begin(&diagrams);
	ck_assert_uint_ne(diagram_apply(&diagrams, DIAGRAM_DIFFER, a, b), DIAGRAM_FAILED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diagram");
	TCase *tests = tcase_create("diagram");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, start, finish);
	tcase_add_test(tests, equal_functions_are_one_diagram);
	tcase_add_test(tests, test_that_decides_nothing_is_no_node);
	tcase_add_test(tests, order_of_words_is_that_of_the_header);
	tcase_add_test(tests, fixing_a_word_leaves_the_others);
	tcase_add_loop_test(tests, stack_is_the_minimum_of_the_kernel, 0, COUNT(stacks));
	tcase_add_test(tests, wider_is_where_less_is_restricted);
	tcase_add_test(tests, difference_is_where_verdicts_differ);
	tcase_add_test(tests, first_point_is_the_smallest);
	tcase_add_test(tests, ranges_end_where_the_diagram_changes);
	tcase_add_test(tests, used_up_limit_is_seen_and_stays_harmless);
	tcase_add_test(tests, used_up_steps_are_seen_and_come_back);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
