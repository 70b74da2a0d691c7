/* SPDX-License-Identifier: MIT */
/* What stands in syscalls[], with its lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "sbpf.h"

struct written {
	char text[1024];
	size_t left; /* how many are still wanted */
};

/* "1@6 guarded: read@7=-1 …": the call's index only where there is none. */
static bool write_down(void *context, const struct sbpf_entry *entry)
{
	struct written *written = context;
	FILE *out = fmemopen(written->text, sizeof(written->text), "a");

	ck_assert_ptr_nonnull(out);
	fprintf(out, "%zu@%u%s%s%s%s:", entry->index, entry->line, entry->has_name ? " name" : "",
		entry->is_guarded ? " guarded" : "", entry->includes_machines ? " machines" : "",
		entry->has_errno ? " errno" : "");
	for (size_t i = 0; i < entry->name_count; i++) {
		const struct sbpf_entry_name *name = &entry->names[i];

		fprintf(out, " %s@%u", name->text, name->line);
		if (name->call < 0)
			fputs("?", out);
		else
			ck_assert_str_eq(sbpf_call_at(name->call), name->text);
	}
	fputs("; ", out);
	fclose(out);
	return --written->left > 0;
}

#define ALLOW "\"action\": \"SCMP_ACT_ALLOW\""

static const struct {
	const char *text;
	const char *entries;
} texts[] = {
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\"}", "" },
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [\n"
	  "{\"names\": [\"read\",\n\"frobnicate\", \"re\\u0061d\"], " ALLOW "},\n\n"
	  "{" ALLOW ",\n\"name\":\n\"write\"}, {\"names\": [], " ALLOW "}]}",
	  "0@2: read@2 frobnicate@3? read@3; 1@5 name: write@7; 2@7:; " },
	/* Whatever the target, and in a config.json. */
	{ "{\"process\": {}, \"linux\": {\n\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\",\n"
	  "\"syscalls\": [{\"includes\": {\"arches\": [\"s390x\"]},\n\"names\": [\"dup\"], " ALLOW
	  "},\n{\"excludes\": {\"minKernel\": \"3.0\"}, \"names\": [\"dup\"], " ALLOW "},\n"
	  "{\"includes\": {\"caps\": []}, \"names\": [\"dup\"], \"action\": \"SCMP_ACT_ERRNO\", "
	  "\"errno\": \"EPERM\"}]}}}",
	  "0@3 guarded machines: dup@4; 1@5 guarded: dup@5; 2@6 errno: dup@6; " },
	/* As OCI runtimes read it. */
	{ "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"name\": \"dup\",\n"
	  "\"names\": [\"read\"], " ALLOW "}]}",
	  "0@1: read@2; " },
};

START_TEST(entries_are_reported_with_their_lines)
{
	struct written written = { .left = 99 };
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_profile_entries(texts[_i].text, strlen(texts[_i].text), write_down,
					      &written, &error),
			 0);
	ck_assert_str_eq(written.text, texts[_i].entries);
	ck_assert_int_eq(error.code, SBPF_OK);
}
END_TEST

START_TEST(report_ends_when_it_has_enough)
{
	struct written written = { .left = 1 };

	ck_assert_int_eq(sbpf_profile_entries(texts[1].text, strlen(texts[1].text), write_down,
					      &written, NULL),
			 0);
	ck_assert_str_eq(written.text, "0@2: read@2 frobnicate@3? read@3; ");
}
END_TEST

START_TEST(what_is_no_profile_has_no_entries)
{
	struct written written = { .left = 99 };
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_profile_entries("{\n]", 3, write_down, &written, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
	ck_assert_uint_eq(error.line, 2);
	/* An error that is set stays. */
	ck_assert_int_eq(sbpf_profile_entries(texts[1].text, strlen(texts[1].text), write_down,
					      &written, &error),
			 -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_profile_entries(NULL, 0, write_down, &written, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_int_eq(sbpf_profile_entries("{}", 2, NULL, NULL, NULL), -1);
	ck_assert_str_eq(written.text, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("entries");
	TCase *tests = tcase_create("entries");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, entries_are_reported_with_their_lines, 0,
			    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tests, report_ends_when_it_has_enough);
	tcase_add_test(tests, what_is_no_profile_has_no_entries);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
