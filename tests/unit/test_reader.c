/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* asprintf(3) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "place.h"
#include "reader.h"

static const struct dialect lax = { "text", 3, true };

static struct outline outline;
static struct sbpf_error error;

static int read_as(const struct dialect *dialect, const char *text)
{
	error = (struct sbpf_error){ 0 };
	return outline_read(text, strlen(text), dialect, &outline, &error);
}

static void teardown(void)
{
	outline_free(&outline);
}

/* What a path leads to, as it is written. */
static void assert_at(const char *path, const char *written)
{
	uint32_t place;

	ck_assert_msg(place_find(&outline, path, &place), "no %s", path);
	ck_assert_uint_eq(outline.places[place].end - outline.places[place].at, strlen(written));
	ck_assert_mem_eq(outline.text + outline.places[place].at, written, strlen(written));
}

static void assert_nothing_at(const char *path)
{
	uint32_t place;

	ck_assert_msg(!place_find(&outline, path, &place), "there is %s", path);
}

/* ---- Places ---- */

START_TEST(every_value_has_its_place)
{
	ck_assert_int_eq(read_as(&strict_dialect,
				 " {\"a\" : [1, -2.5e+3 , []] ,\n\"b\":{\"c\":null,"
				 "\"d\":\"x\\\"]\"},\"\":[{}]}\n"),
			 0);
	assert_at("a", "[1, -2.5e+3 , []]");
	assert_at("a[0]", "1");
	assert_at("a[1]", "-2.5e+3");
	assert_at("a[2]", "[]");
	assert_at("b.c", "null");
	assert_at("b.d", "\"x\\\"]\"");
	assert_nothing_at("a[3]");
	assert_nothing_at("a.b");
	assert_nothing_at("b[0]");
	assert_nothing_at("b.e");
	assert_nothing_at("a[2][0]");
	ck_assert_uint_eq(outline.count, 10);
	ck_assert_uint_eq(outline.objects, 3);
	ck_assert_uint_eq(outline.arrays, 3);
	ck_assert_uint_eq(outline.members, 5);
	ck_assert_uint_eq(outline.count - 1 - outline.members, 4);
	ck_assert_uint_eq(outline.places[0].at, 1);
	ck_assert_uint_eq(outline.places[0].end, outline.length - 1);
}
END_TEST

START_TEST(key_of_a_place_is_its_quote)
{
	unsigned int line, column;
	uint32_t place;

	ck_assert_int_eq(read_as(&strict_dialect, "{\n \"a\":\n [ 7]}"), 0);
	place = place_member(&outline, 0, "a");
	ck_assert(has_key(&outline, place));
	outline_line(&outline, outline.places[place].key, &line, &column);
	ck_assert_uint_eq(line, 2);
	ck_assert_uint_eq(column, 2);
	place = place_element(&outline, place, 0);
	ck_assert(!has_key(&outline, place));
	ck_assert_uint_eq(outline.places[place].key, outline.places[place].at);
	outline_line(&outline, outline.places[place].at, &line, &column);
	ck_assert_uint_eq(line, 3);
	ck_assert_uint_eq(column, 4);
	/* And back to an earlier line. */
	outline_line(&outline, 0, &line, &column);
	ck_assert_uint_eq(line, 1);
	ck_assert_uint_eq(column, 1);
}
END_TEST

/* Strings are looked at eight bytes at a time: what is special may be anywhere in them. */
START_TEST(strings_of_any_length_end_where_they_end)
{
	static const char *const ends[] = { "",	    "\\n",	"\\\"",
					    "\\\\", "\xc3\xa9", "\\ud83d\\ude00",
					    "\x7f" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		for (int length = 0; length < 20; length++) {
			char string[48], text[64];

			snprintf(string, sizeof(string), "\"%.*s%s%.*s\"", length,
				 "~}{],:#/ !~~~~~~~~~~", ends[i], 19 - length,
				 "]]]]]]]]]]]]]]]]]]]]");
			snprintf(text, sizeof(text), "[%s]", string);
			ck_assert_int_eq(read_as(&strict_dialect, text), 0);
			assert_at("[0]", string);
			outline_free(&outline);
		}
	}
}
END_TEST

START_TEST(bytes_that_no_string_may_hold_are_found_anywhere)
{
	static const char *const bad[] = {
		"\n", "\x1f", "\x01", "\x80", "\xff", "\xc0\x80", "\\x"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (int length = 0; length < 20; length++) {
			char text[64];

			snprintf(text, sizeof(text), "[\"%.*s%s%.*s\"]", length,
				 "aaaaaaaaaaaaaaaaaaaa", bad[i], 19 - length,
				 "bbbbbbbbbbbbbbbbbbbb");
			ck_assert_int_eq(read_as(&strict_dialect, text), -1);
			ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
			ck_assert_uint_eq(error.column, length + 3);
			outline_free(&outline);
		}
	}
}
END_TEST

START_TEST(keys_are_compared_as_they_are_meant)
{
	uint32_t at;
	char key[8];

	ck_assert_int_eq(
		read_as(&lax, "{\"l\\u0069nux\\u0000x\":1,\"\\ud83d\\ude00\\/\":2,\"\\ud83d\":3}"),
		0);
	at = place_inside(&outline, 0);
	ck_assert(key_is(&outline, at, "linux"));
	ck_assert(!key_is(&outline, at, "linu"));
	ck_assert(!key_is(&outline, at, "linuxx"));
	at = outline.places[at].next;
	ck_assert(key_is(&outline, at, "\xf0\x9f\x98\x80/"));
	ck_assert_uint_eq(string_length(&outline, outline.places[at].key), 5);
	ck_assert_str_eq(key_copy(&outline, at, key, sizeof(key)), "\xf0\x9f\x98\x80");
	at = outline.places[at].next;
	ck_assert_uint_eq(string_length(&outline, outline.places[at].key), 3);
	ck_assert_uint_eq(outline.places[at].next, 0);
}
END_TEST

/* ---- Equal keys ---- */

static bool may_repeat(const char *text)
{
	bool result;

	ck_assert_int_eq(read_as(&strict_dialect, text), 0);
	result = outline.may_repeat;
	outline_free(&outline);
	return result;
}

START_TEST(equal_keys_of_one_object_are_noticed)
{
	ck_assert(may_repeat("{\"a\":0,\"b\":0,\"a\":0}"));
	ck_assert(may_repeat("[{\"a\":{\"b\":1,\"b\":2}}]"));
	ck_assert(may_repeat("{\"a\":0,\"\\u0061\":0}"));
	ck_assert(!may_repeat("{\"a\":{\"a\":[{\"a\":0},{\"a\":0}]},\"b\":{\"a\":0}}"));
}
END_TEST

START_TEST(equal_keys_are_noticed_in_large_objects_too)
{
	char text[1024] = "{", *end = text + 1;

	for (int i = 0; i < 60; i++)
		end += sprintf(end, "\"k%d\":0,", i);
	sprintf(end, "\"k50\":0}");
	ck_assert(may_repeat(text));
}
END_TEST

/* ---- The lax dialect ---- */

/* Objects and arrays in turns that are no period of 64, open or closed. */
static char *nest(size_t depth, bool open)
{
	char *text = malloc(depth * 5 + 1), *end = text;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < depth; i++) {
		bool is_object = (open ? i : depth - 1 - i) % 5 < 2;

		end += sprintf(end, "%s",
			       open	   ? is_object ? "{\"k\":" : "["
			       : is_object ? "}"
					   : "]");
	}
	*end = '\0';
	return text;
}

START_TEST(any_depth_is_read_when_lax)
{
	static const size_t depths[] = { 31, 32, 33, 63, 64, 65, 127, 128, 129, 640, 100001 };

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		char *open = nest(depths[i], true), *close = nest(depths[i], false), *text;

		ck_assert_int_gt(asprintf(&text, "%s0%s", open, close), 0);
		ck_assert_msg(!read_as(&lax, text), "%zu: %s", depths[i], error.message);
		ck_assert_uint_eq(outline.count, 3);
		ck_assert_uint_eq(outline.objects + outline.arrays, depths[i]);
		outline_free(&outline);
		ck_assert_int_eq(read_as(&strict_dialect, text), depths[i] > 32 ? -1 : 0);
		outline_free(&outline);
		text[strlen(text) - 1] ^= '}' ^ ']';
		ck_assert_int_eq(read_as(&lax, text), -1);
		outline_free(&outline);
		text[strlen(text) - 1] = '\0';
		ck_assert_int_eq(read_as(&lax, text), -1);
		ck_assert_ptr_nonnull(strstr(error.message, "the text ends too early"));
		ck_assert_uint_eq(error.column, strlen(text) + 1);
		outline_free(&outline);
		free(text);
		free(close);
		free(open);
	}
}
END_TEST

START_TEST(places_are_kept_of_members_as_deep_as_is_asked_for)
{
	ck_assert_int_eq(read_as(&lax,
				 "{\"a\":{\"b\":{\"c\":{\"d\":2},\"e\":[{\"f\":3}]}},"
				 "\"g\":[4,[5],{\"h\":{}}],\"i\":{\"j\":[]},\"k\":{\"l\":6}}"),
			 0);
	assert_at("a.b.c", "{\"d\":2}");
	assert_at("a.b.e", "[{\"f\":3}]");
	assert_at("g", "[4,[5],{\"h\":{}}]");
	assert_at("i.j", "[]");
	assert_at("k.l", "6");
	assert_nothing_at("a.b.c.d");
	assert_nothing_at("g[0]");
	assert_nothing_at("g[2].h");
	ck_assert_uint_eq(outline.count, 10);
	ck_assert_uint_eq(outline.members, 12);
}
END_TEST

static const char *const lax_texts[] = {
	"{\"a\":\"\\u0000\"}", "[\"\\ud800\"]", "[\"\xff\"]",
	"/**/[/* ] */]//",     "//\n[]",	"[1/*,*/,//]\n2]",
};

START_TEST(what_only_the_lax_dialect_takes)
{
	ck_assert_int_eq(read_as(&lax, lax_texts[_i]), 0);
	ck_assert(outline.has_comments == !!strchr(lax_texts[_i], '/'));
	outline_free(&outline);
	ck_assert_int_eq(read_as(&strict_dialect, lax_texts[_i]), -1);
}
END_TEST

static const struct {
	const char *text;
	unsigned int column;
} no_texts[] = {
	{ "[] /", 4 },	    { "[1 /* ]", 4 },	 { "/", 1 },	 { "[\"\\u12\"]", 3 },
	{ "[\"\\x\"]", 3 }, { "[\"\t\"]", 3 },	 { "[1] 2", 5 }, { "{\"a\":01}", 6 },
	{ "[1,]", 4 },	    { "{\"a\"/:1}", 5 }, { "[/*/]", 2 },
};

START_TEST(what_the_lax_dialect_refuses)
{
	ck_assert_int_eq(read_as(&lax, no_texts[_i].text), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
	ck_assert_uint_eq(error.line, 1);
	ck_assert_uint_eq(error.column, no_texts[_i].column);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reader");
	TCase *tests = tcase_create("reader");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, every_value_has_its_place);
	tcase_add_test(tests, key_of_a_place_is_its_quote);
	tcase_add_test(tests, strings_of_any_length_end_where_they_end);
	tcase_add_test(tests, bytes_that_no_string_may_hold_are_found_anywhere);
	tcase_add_test(tests, keys_are_compared_as_they_are_meant);
	tcase_add_test(tests, equal_keys_of_one_object_are_noticed);
	tcase_add_test(tests, equal_keys_are_noticed_in_large_objects_too);
	tcase_add_test(tests, any_depth_is_read_when_lax);
	tcase_add_test(tests, places_are_kept_of_members_as_deep_as_is_asked_for);
	tcase_add_loop_test(tests, what_only_the_lax_dialect_takes, 0,
			    sizeof(lax_texts) / sizeof(lax_texts[0]));
	tcase_add_loop_test(tests, what_the_lax_dialect_refuses, 0,
			    sizeof(no_texts) / sizeof(no_texts[0]));
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
