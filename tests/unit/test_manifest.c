/* SPDX-License-Identifier: MIT */
/* Manifests: what is read, where it stands, and what is refused, with line and column. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "manifest.h"

static struct manifest *manifest;
static const struct manifest_node *root;
static struct sbpf_error error;

static int begin(const char *text, size_t length)
{
	error = (struct sbpf_error){ 0 };
	manifest_close(manifest);
	manifest = manifest_open(text, length, &error);
	return manifest ? manifest_next(manifest, &root, &error) : -1;
}

static void read_text(const char *text)
{
	ck_assert_msg(begin(text, strlen(text)) == 1, "%s: %s", text, error.message);
}

static void teardown(void)
{
	manifest_close(manifest);
	manifest = NULL;
}

static void assert_text(const char *path, const char *text)
{
	const char *found = manifest_string(manifest_find(root, path));

	ck_assert_msg(found && !strcmp(found, text), "%s is %s", path, found ? found : "nothing");
}

/* ---- What is read ---- */

START_TEST(values_have_their_places)
{
	const struct manifest_node *node;

	read_text("kind: Pod\nspec:\n  containers:\n  - name: \"a\"\n    é: x\n");
	assert_text("kind", "Pod");
	node = manifest_find(root, "spec.containers");
	ck_assert_int_eq(node->kind, MANIFEST_SEQUENCE);
	ck_assert_uint_eq(node->count, 1);
	ck_assert_uint_eq(node->first->line, 4);
	node = manifest_place(node->first, "é");
	ck_assert_uint_eq(node->line, 5);
	ck_assert_uint_eq(node->column, 8);
	ck_assert_uint_eq(node->key->column, 5);
	ck_assert_ptr_null(manifest_member(root, "other"));
	ck_assert_ptr_null(manifest_find(root, "kind.name"));
}
END_TEST

START_TEST(a_stream_has_many_documents)
{
	char *text = malloc((size_t)10000 * 32);
	size_t length = 0;
	int count = 0;

	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < 10000; i++)
		length += (size_t)sprintf(text + length, "---\nkind: K%d\n", i);
	for (int result = begin(text, length); result;
	     result = manifest_next(manifest, &root, &error)) {
		ck_assert_msg(result == 1, "%s", error.message);
		ck_assert_uint_eq(manifest_member(root, "kind")->line, 2 * (unsigned)count + 2);
		count++;
	}
	ck_assert_int_eq(count, 10000);
	free(text);
}
END_TEST

START_TEST(a_stream_may_be_empty)
{
	ck_assert_int_eq(begin("", 0), 0);
	ck_assert_int_eq(begin("# nothing\n", 10), 0);
	read_text("---\n---\nkind: Pod\n");
	ck_assert(manifest_is_null(root));
	ck_assert_int_eq(manifest_next(manifest, &root, &error), 1);
	assert_text("kind", "Pod");
	ck_assert_int_eq(manifest_next(manifest, &root, &error), 0);
	ck_assert_int_eq(manifest_next(manifest, &root, &error), 0);
}
END_TEST

START_TEST(json_is_read_too)
{
	read_text(
		"{\n\t\"kind\": \"Pod\",\n\t\"a\": [\"\\ud83d\\ude00\", \"\\\\ud83d\", \"\\/\"]}");
	assert_text("kind", "Pod");
	ck_assert_str_eq(manifest_string(manifest_member(root, "a")->first), "\xf0\x9f\x98\x80");
	ck_assert_str_eq(manifest_string(manifest_member(root, "a")->first->next), "\\ud83d");
	ck_assert_uint_eq(manifest_member(root, "a")->first->line, 3);
}
END_TEST

START_TEST(encodings_are_told_by_their_mark)
{
	static const char little[] = "\xff\xfe"
				     "a\0:\0 \0=\xd8\0\xde\n\0";
	static const char big[] = "\xfe\xff"
				  "\0a\0:\0 \0\xe9";

	ck_assert_int_eq(begin(little, sizeof(little) - 1), 1);
	assert_text("a", "\xf0\x9f\x98\x80");
	ck_assert_int_eq(begin(big, sizeof(big) - 1), 1);
	assert_text("a", "\xc3\xa9");
	read_text("\xef\xbb\xbfkind: Pod\n");
	assert_text("kind", "Pod");
	ck_assert_int_eq(begin("\xff\xfe"
			       "a\0\0\xdc",
			       6),
			 -1);
	ck_assert_uint_eq(error.line, 1);
	ck_assert_uint_eq(error.column, 2);
}
END_TEST

START_TEST(scalars_are_what_they_look_like)
{
	const char *kinds = "bbsnnnsossss";
	bool value;

	read_text("[yes, off, \"true\", 1, -2.5e3, 0x1f, 1.2.3, ~, 'null', !!str 5, 1e, 08]");
	for (const struct manifest_node *at = root->first; at; at = at->next) {
		char kind = manifest_boolean(at, &value) ? 'b'
			    : manifest_is_number(at)	 ? 'n'
			    : manifest_is_null(at)	 ? 'o'
			    : manifest_string(at)	 ? 's'
							 : '?';

		ck_assert_msg(kind == *kinds, "%s is %c", at->text, kind);
		kinds++;
	}
	ck_assert(manifest_boolean(root->first, &value) && value);
	ck_assert(manifest_boolean(root->first->next, &value) && !value);
}
END_TEST

START_TEST(integers_have_their_bases)
{
	static const uint64_t values[] = { 0, 10, 31, 15, 8, 5, UINT64_MAX };
	uint64_t value;
	size_t count = 0;

	read_text("[0, 10, 0x1F, 0o17, 010, 0b101, 18446744073709551615]");
	for (const struct manifest_node *at = root->first; at; at = at->next) {
		ck_assert_msg(manifest_integer(at, &value), "%s", at->text);
		ck_assert_uint_eq(value, values[count++]);
	}
	read_text("[-1, 0x, 08, 18446744073709551616, '1', 1.0, a]");
	for (const struct manifest_node *at = root->first; at; at = at->next)
		ck_assert_msg(!manifest_integer(at, &value), "%s", at->text);
}
END_TEST

/* ---- Anchors ---- */

START_TEST(an_alias_is_the_value_at_its_own_place)
{
	read_text("a: &x {type: Localhost}\nb: *x\nc: &x 7\nd: *x\n");
	assert_text("b.type", "Localhost");
	ck_assert_uint_eq(manifest_place(root, "b")->line, 2);
	ck_assert_uint_eq(manifest_member(root, "b")->line, 1);
	ck_assert(manifest_is_number(manifest_place(root, "d")));
}
END_TEST

START_TEST(merges_are_looked_up)
{
	read_text("- &a {x: '1', y: '1'}\n- &b {y: '2', z: '2'}\n"
		  "- {<<: [*a, *b], x: '3'}\n- {<<: *b}\n- {\"<<\": '4'}\n");
	root = root->first->next->next;
	assert_text("x", "3");
	assert_text("y", "1");
	assert_text("z", "2");
	root = root->next;
	assert_text("z", "2");
	ck_assert_ptr_null(manifest_member(root, "x"));
	root = root->next;
	assert_text("<<", "4");
}
END_TEST

static bool collect(void *context, const char *key, const struct manifest_node *value)
{
	char *text = context;

	sprintf(text + strlen(text), "%s%s ", key, manifest_string(value));
	return true;
}

START_TEST(members_are_told_once)
{
	char text[64] = "";

	read_text("- &a {x: a, y: a}\n- {z: c, <<: [*a, {y: b, w: b}], x: c}\n");
	manifest_members(root->first->next, collect, text);
	ck_assert_str_eq(text, "zc ya wb xc ");
}
END_TEST

/* ---- What is refused ---- */

static const struct {
	const char *text;
	unsigned int line;
	unsigned int column;
	const char *message; /* a part */
} refused[] = {
	{ "a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' stands twice, first in line 1" },
	{ "{\"a\": 1, 'a': 2}", 1, 10, "stands twice" },
	{ "a:\n\tb: 1\n", 2, 1, "a tab cannot indent YAML" },
	{ "a:\n  b: 1\n c: 2\n", 3, 2, "did not find expected key" },
	{ "a: [1, 2\nb: 3\n", 2, 2, "line 1" },
	{ "a: *x\n", 1, 4, "there is no anchor '&x'" },
	{ "a: &x\n  b: *x\n", 2, 6, "stands inside of what it means" },
	{ "name: {{ .Values.name }}\n", 1, 1, "unrendered template: run helm template first" },
	{ "a: 1\nname: {{ include \"x\" . }}\n", 2, 1, "unrendered template" },
	{ "a: 1\n{{- if .Values.x }}\nb: 2\n{{- end }}\n", 2, 1, "unrendered template" },
	{ "labels:\n  {{- include \"x\" . | nindent 4 }}\n", 2, 1, "unrendered template" },
	{ "? [a, b]\n: c\n", 1, 3, "a key must be a string here" },
	{ "a: {<<: 1}\n", 1, 9, "<< takes a mapping" },
	{ "a: 'x\n\nb: 2\n", 4, 1, "line 1" },
	{ "a: 1\nb: \xff\n", 2, 4, "invalid leading UTF-8 octet (byte 0xff)" },
	{ "a: \x01\n", 1, 4, "control characters are not allowed" },
	{ "a: \"\\0\"\n", 1, 4, "byte 0" },
	{ "a: @b\n", 1, 4, "cannot start any token" },
	{ "{\"a\": \"\\ud83d\"}", 1, 10, "invalid Unicode character escape" },
};

START_TEST(faults_have_a_place)
{
	const char *text = refused[_i].text;
	int result = begin(text, strlen(text));

	while (result == 1)
		result = manifest_next(manifest, &root, &error);
	ck_assert_msg(result == -1, "%s is taken", text);
	ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
	ck_assert_msg(strstr(error.message, refused[_i].message), "%s: %s", text, error.message);
	ck_assert_msg(error.line == refused[_i].line && error.column == refused[_i].column,
		      "%s: %u:%u: %s", text, error.line, error.column, error.message);
	ck_assert_int_eq(manifest_next(manifest, &root, &error), 0);
}
END_TEST

/* A text made of a piece many times. */
static int begin_many(const char *head, const char *piece, size_t count)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int result;

	ck_assert_ptr_nonnull(out);
	fputs(head, out);
	for (size_t i = 0; i < count; i++)
		fputs(piece, out);
	ck_assert_int_eq(fclose(out), 0);
	result = begin(text, length);
	free(text);
	return result;
}

START_TEST(a_template_in_a_text_is_none)
{
	read_text("a: \"{{ x }}\"\nb: |\n  {{ y }}\nc: '{{'\n");
	assert_text("a", "{{ x }}");
	ck_assert_int_eq(begin_many("a: |\n  {{ y }}\n", "b: 2\n", 2), -1);
	ck_assert_ptr_nonnull(strstr(error.message, "stands twice"));
}
END_TEST

/* ---- Bounds ---- */

START_TEST(depth_is_bounded)
{
	ck_assert_int_eq(begin_many("a: ", "[", 1000000), -1);
	ck_assert_uint_eq(error.line, 1);
	ck_assert_uint_eq(error.column, 3 + MANIFEST_DEPTH_MAX);
	ck_assert_ptr_nonnull(strstr(error.message, "nested more than"));
	ck_assert_int_eq(begin_many("", "- ", 1000000), -1);
	ck_assert_ptr_nonnull(strstr(error.message, "nested more than"));
	ck_assert_int_eq(begin_many("", "{? ", 100000), -1);
}
END_TEST

START_TEST(values_are_bounded)
{
	ck_assert_int_eq(begin_many("[", "a,", MANIFEST_NODES_MAX), -1);
	ck_assert_ptr_nonnull(strstr(error.message, "values: split it"));
	ck_assert_uint_eq(error.line, 1);
}
END_TEST

START_TEST(directives_are_bounded)
{
	ck_assert_int_eq(begin_many("", "%TAG !a! x\n", 1000), -1);
	ck_assert_uint_eq(error.line, 65);
}
END_TEST

/* Each line means ten times the line before it: ten to the power of 30 values. */
static int begin_bomb(const char *first, const char *other)
{
	char text[4096];
	size_t length = (size_t)sprintf(text, "%s", first);

	for (int i = 1; i < 31; i++) {
		length += (size_t)sprintf(text + length, "a%d: &a%d %c", i, i, *other);
		for (int j = 0; j < 10; j++)
			length += (size_t)sprintf(text + length, "%s*a%d", j ? ", " : other + 1,
						  i - 1);
		length += (size_t)sprintf(text + length, "%s\n", *other == '{' ? "]}" : "]");
	}
	return begin(text, length);
}

START_TEST(bombs_stay_references)
{
	ck_assert_int_eq(begin_bomb("a0: &a0 [x]\n", "["), 1);
	ck_assert_uint_eq(manifest_member(root, "a30")->count, 10);
	ck_assert_int_eq(begin_bomb("a0: &a0 {x: 1}\n", "{<<: ["), -1);
	ck_assert_ptr_nonnull(strstr(error.message, "with << the mapping has more than"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("manifest");
	TCase *tests = tcase_create("manifest");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, values_have_their_places);
	tcase_add_test(tests, a_stream_has_many_documents);
	tcase_add_test(tests, a_stream_may_be_empty);
	tcase_add_test(tests, json_is_read_too);
	tcase_add_test(tests, encodings_are_told_by_their_mark);
	tcase_add_test(tests, scalars_are_what_they_look_like);
	tcase_add_test(tests, integers_have_their_bases);
	tcase_add_test(tests, an_alias_is_the_value_at_its_own_place);
	tcase_add_test(tests, merges_are_looked_up);
	tcase_add_test(tests, members_are_told_once);
	tcase_add_loop_test(tests, faults_have_a_place, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tests, a_template_in_a_text_is_none);
	tcase_add_test(tests, depth_is_bounded);
	tcase_add_test(tests, values_are_bounded);
	tcase_add_test(tests, directives_are_bounded);
	tcase_add_test(tests, bombs_stay_references);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
