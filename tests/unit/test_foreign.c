/* SPDX-License-Identifier: MIT */
/* Texts that people hand over instead of a profile are called what they are. */
#include <string.h>

#include <check.h>

#include "sbpf.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct {
	const char *text;
	unsigned int line;
	const char *parts[3]; /* of the message */
} texts[] = {
	{ "apiVersion: v1\nkind: Pod\nspec:\n  securityContext:\n    seccompProfile:\n"
	  "      type: Localhost\n      localhostProfile: profiles/audit.json\n",
	  7,
	  { "YAML, a Kubernetes manifest", "'profiles/audit.json'", "/var/lib/kubelet/seccomp" } },
	{ "# comment\n---\napiVersion: v1\nkind: Pod\n",
	  3,
	  { "YAML, a Kubernetes manifest", "would name", "localhostProfile" } },
	{ "---\ndefaultAction: SCMP_ACT_ALLOW\n", 2, { "this is YAML", "profile is JSON", "" } },
	{ "\n[plugins.\"io.containerd\"]\n  x = 1\n", 2, { "this is TOML", "", "" } },
	{ "version = 2\n", 1, { "this is TOML", "", "" } },
	{ "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"spec\": {\"securityContext\":\n"
	  "{\"seccompProfile\": {\"localhostProfile\": \"a\\u001b.json\"}}}}",
	  3,
	  { "this is a Kubernetes manifest", "'a\\u001b.json'", "" } },
	{ "apiVersion: v1\nkind: Pod\nlocalhostProfile: \"a\033[2Jb\"", 3, { "'a?[2Jb'", "", "" } },
	/* None of these. */
	{ "{\"defaultAction\": }", 1, { "value", "", "" } },
	{ "hello", 1, { "value", "", "" } },
	{ "", 1, { "", "", "" } },
	{ "localhostProfile", 1, { "value", "", "" } },
};

START_TEST(a_text_is_called_what_it_is)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json(texts[_i].text, strlen(texts[_i].text), NULL, &error));
	for (size_t i = 0; i < 3; i++)
		ck_assert_msg(strstr(error.message, texts[_i].parts[i]), "%s", error.message);
	ck_assert_uint_eq(error.line, texts[_i].line);
	ck_assert_ptr_null(sbpf_load_json(texts[_i].text, strlen(texts[_i].text), NULL, NULL));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("foreign");
	TCase *tests = tcase_create("foreign");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, a_text_is_called_what_it_is, 0, COUNT(texts));
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
