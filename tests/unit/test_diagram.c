/* SPDX-License-Identifier: MIT */
/* Decision diagrams: canonical, exact, and within their limits. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "diagram.h"
#include "program_meaning.h"

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
	return diagram_equals(&diagrams, word, value, leaf(yes), no);
}

static uint32_t at_number(diagram d, uint32_t number)
{
	uint32_t words[DIAGRAM_WORDS] = { [DIAGRAM_NUMBER] = number };

	return diagram_at(&diagrams, d, words);
}

/* ---- Canonical form ---- */

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

START_TEST(diagram_knows_the_words_it_depends_on)
{
	diagram d = where(DIAGRAM_ARGUMENTS + 3, 9, 1, where(DIAGRAM_ARCH, 8, 2, leaf(0)));

	ck_assert_uint_eq(diagram_words(&diagrams, d),
			  1u << DIAGRAM_ARCH | 1u << (DIAGRAM_ARGUMENTS + 3));
	ck_assert_uint_eq(diagram_words(&diagrams, leaf(77)), 0);
}
END_TEST

START_TEST(leaves_that_were_never_made_are_nowhere)
{
	ck_assert(!diagram_has_leaf(&diagrams, 77));
	leaf(77);
	ck_assert(diagram_has_leaf(&diagrams, 77));
}
END_TEST

/* ---- Values of words ---- */

#define YES 5
#define NO 6

static diagram within(uint32_t mask, const struct diagram_values *values,
		      const struct diagram_values *asked, diagram yes, diagram no)
{
	const struct diagram_part part = { DIAGRAM_NUMBER, mask };

	return diagram_within(&diagrams, &part, values, asked, yes, no);
}

static const uint32_t masks[] = { UINT32_MAX, 0xbfffffff, 0xf0, 0xa5, 0x80000001 };
static const struct diagram_values ranges[] = {
	{ 0, 0 },
	{ 0, UINT32_MAX },
	{ 1, 0x3f },
	{ 0x18, 0x1b },
	{ 0x20, 0x20 },
	{ 0x21, 0x84 },
	{ 0x80, 0xff },
	{ 0x3fffffff, 0x40000001 },
	{ UINT32_MAX, UINT32_MAX },
};

static bool is_among(uint32_t value, const struct diagram_values *values)
{
	return value >= values->first && value <= values->last;
}

/* All numbers of eight bits, with and without the highest two. */
static void check_within(diagram d, uint32_t mask, const struct diagram_values *values,
			 const struct diagram_values *asked)
{
	for (uint32_t i = 0; i < 1024; i++) {
		uint32_t number = i >> 8 << 30 | (i & 0xff);

		if (is_among(number & mask, asked))
			ck_assert_uint_eq(at_number(d, number),
					  is_among(number & mask, values) ? YES : NO);
	}
}

START_TEST(values_are_told_apart_wherever_they_are_asked_for)
{
	for (size_t i = 0; i < COUNT(ranges); i++) {
		for (size_t j = 0; j < COUNT(ranges); j++) {
			diagram d = within(masks[_i], &ranges[i], &ranges[j], leaf(YES), leaf(NO));

			check_within(d, masks[_i], &ranges[i], &ranges[j]);
		}
	}
}
END_TEST

START_TEST(values_that_are_not_asked_for_make_no_node)
{
	const struct diagram_values values = { 0x1a, 0x1f }, asked = { 0x18, 0x1f };
	diagram low = diagram_test(&diagrams, DIAGRAM_NUMBER, 1, leaf(NO), leaf(YES));

	ck_assert_uint_eq(within(UINT32_MAX, &values, &asked, leaf(YES), leaf(NO)),
			  diagram_test(&diagrams, DIAGRAM_NUMBER, 2, low, leaf(YES)));
}
END_TEST

/* The other sides may look at any bit: those that the mask lacks, and words before. */
START_TEST(sides_of_values_are_any_diagrams)
{
	static const unsigned int words[] = { DIAGRAM_ARCH, DIAGRAM_NUMBER, DIAGRAM_POINTER };
	const struct diagram_values values = { 0x20, 0x3f }, all = { 0, UINT32_MAX };
	diagram yes = where(words[_i], 0x123, YES, leaf(NO));
	diagram no = where(words[_i], 0x145, YES, leaf(NO));
	diagram d = within(0xf0, &values, &all, yes, no);

	for (uint32_t number = 0; number < 512; number++) {
		uint32_t point[DIAGRAM_WORDS] = { 0 };
		bool is_within = is_among(number & 0xf0, &values);

		for (point[DIAGRAM_ARCH] = 0x122; point[DIAGRAM_ARCH] < 0x146;
		     point[DIAGRAM_ARCH]++) {
			point[DIAGRAM_NUMBER] = number;
			point[DIAGRAM_POINTER] = point[DIAGRAM_ARCH];
			ck_assert_uint_eq(diagram_at(&diagrams, d, point),
					  point[words[_i]] == (is_within ? 0x123 : 0x145) ? YES
											  : NO);
		}
	}
}
END_TEST

START_TEST(above_begins_behind_its_value)
{
	diagram d = diagram_above(&diagrams, DIAGRAM_NUMBER, 99, leaf(YES), leaf(NO));

	ck_assert_uint_eq(at_number(d, 99), NO);
	ck_assert_uint_eq(at_number(d, 100), YES);
	ck_assert_uint_eq(at_number(d, UINT32_MAX), YES);
}
END_TEST

START_TEST(cases_lie_over_what_there_was)
{
	const struct diagram_case cases[] = {
		{ 0, leaf(10) },
		{ 7, where(DIAGRAM_ARGUMENTS, 1, 11, leaf(12)) },
		{ 8, leaf(13) },
		{ UINT32_MAX, leaf(14) },
	};
	diagram otherwise = where(DIAGRAM_NUMBER, 7, 20, where(DIAGRAM_NUMBER, 9, 21, leaf(22)));
	diagram expected = otherwise;

	for (size_t i = 0; i < COUNT(cases); i++)
		expected = diagram_equals(&diagrams, DIAGRAM_NUMBER, cases[i].value, cases[i].then,
					  expected);
	ck_assert_uint_eq(diagram_select(&diagrams, DIAGRAM_NUMBER, cases, COUNT(cases), otherwise),
			  expected);
	ck_assert_uint_eq(diagram_select(&diagrams, DIAGRAM_NUMBER, cases, 0, otherwise),
			  otherwise);
}
END_TEST

/* ---- Operations ---- */

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
	{ DIAGRAM_UNKNOWN, 0x80000000, DIAGRAM_UNKNOWN },
	{ 0x80000000, DIAGRAM_UNKNOWN, 0x80000000 },
	{ 0x00000000, DIAGRAM_UNKNOWN, DIAGRAM_UNKNOWN },
	{ DIAGRAM_UNKNOWN, 0x7fff0000, DIAGRAM_UNKNOWN },
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

/* ---- Looking ---- */

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

/* Of the highest bits and some single numbers, drawn by a rule. */
static diagram patchwork(uint32_t seed)
{
	diagram d = leaf(seed & 1);

	for (unsigned int i = 0; i < 12; i++) {
		diagram bit;

		seed = seed * 1664525 + 1013904223;
		bit = diagram_bit(&diagrams, DIAGRAM_NUMBER, 24 + (seed >> 24) % 8);
		d = diagram_choose(&diagrams, bit, seed >> 8 & 1 ? leaf(seed >> 9 & 3) : d, d);
		d = where(DIAGRAM_NUMBER, seed >> 4 & 0xff00000f, seed >> 16 & 3, d);
	}
	return d;
}

static void check_range(diagram d, uint32_t first, uint32_t last, diagram there)
{
	uint32_t words[DIAGRAM_WORDS] = { 0 };

	for (uint64_t value = first; value <= last; value = (value | 0xff) + 1) {
		words[DIAGRAM_NUMBER] = (uint32_t)value;
		ck_assert_uint_eq(leaf(diagram_at(&diagrams, d, words)), there);
		if ((value & 0xffffff) > 0x100)
			value |= 0xffff00;
	}
	words[DIAGRAM_NUMBER] = last;
	ck_assert_uint_eq(leaf(diagram_at(&diagrams, d, words)), there);
	words[DIAGRAM_NUMBER] = last + 1;
	if (last != UINT32_MAX)
		ck_assert_uint_ne(leaf(diagram_at(&diagrams, d, words)), there);
}

START_TEST(ranges_are_as_long_as_can_be)
{
	for (uint32_t seed = 1; seed <= 200; seed++) {
		diagram d = patchwork(seed);
		uint32_t last, first = 0;
		diagram there;

		do {
			diagram_range(&diagrams, d, DIAGRAM_NUMBER, first, &last, &there);
			check_range(d, first, last, there);
			first = last + 1;
		} while (first);
	}
}
END_TEST

/* ---- Limits ---- */

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
	ck_assert_uint_eq(diagram_equals(&diagrams, DIAGRAM_ARCH, 0, one, huge), DIAGRAM_FAILED);
	ck_assert_uint_eq(diagram_select(&diagrams, DIAGRAM_ARCH, NULL, 0, huge), DIAGRAM_FAILED);
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
	tcase_add_test(tests, diagram_knows_the_words_it_depends_on);
	tcase_add_test(tests, leaves_that_were_never_made_are_nowhere);
	tcase_add_loop_test(tests, values_are_told_apart_wherever_they_are_asked_for, 0,
			    COUNT(masks));
	tcase_add_test(tests, values_that_are_not_asked_for_make_no_node);
	tcase_add_loop_test(tests, sides_of_values_are_any_diagrams, 0, 3);
	tcase_add_test(tests, above_begins_behind_its_value);
	tcase_add_test(tests, cases_lie_over_what_there_was);
	tcase_add_test(tests, fixing_a_word_leaves_the_others);
	tcase_add_loop_test(tests, stack_is_the_minimum_of_the_kernel, 0, COUNT(stacks));
	tcase_add_test(tests, wider_is_where_less_is_restricted);
	tcase_add_test(tests, difference_is_where_verdicts_differ);
	tcase_add_test(tests, first_point_is_the_smallest);
	tcase_add_test(tests, ranges_end_where_the_diagram_changes);
	tcase_add_test(tests, ranges_are_as_long_as_can_be);
	tcase_add_test(tests, used_up_limit_is_seen_and_stays_harmless);
	tcase_add_test(tests, used_up_steps_are_seen_and_come_back);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
