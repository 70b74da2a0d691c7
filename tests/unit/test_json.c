/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* mempcpy() */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "policy.h"
#include "profile.h"
#include "sbpf.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MALFORMED PROJECT_DIR "/tests/profiles/malformed/"
#define UNUSUAL PROJECT_DIR "/tests/profiles/unusual/"

static const struct sbpf_target x86_64 = { .machine = "x86_64", .kernel = "6.12" };

static struct sbpf_policy *load(const char *text, struct sbpf_error *error)
{
	*error = (struct sbpf_error){ 0 };
	return sbpf_load_json(text, strlen(text), &x86_64, error);
}

static struct sbpf_policy *load_valid(const char *text)
{
	struct sbpf_error error;
	struct sbpf_policy *policy = load(text, &error);

	ck_assert_msg(policy, "%s: %s", error.where, error.message);
	return policy;
}

/* ---- Malformed files ---- */

/* One line of malformed.tbl. */
struct row {
	char file[64];
	char code[16];
	unsigned int line, column;
	char where[160];
	char message[352];
};

static bool read_row(FILE *table, struct row *row)
{
	char line[800];

	do {
		if (!fgets(line, sizeof(line), table))
			return false;
	} while (line[0] == '#');
	ck_assert_int_eq(sscanf(line, "%63[^\t]\t%15[^\t]\t%u\t%u\t%159[^\t]\t%351[^\n]", row->file,
				row->code, &row->line, &row->column, row->where, row->message),
			 6);
	if (!strcmp(row->where, "-"))
		row->where[0] = '\0';
	return true;
}

static void check_row(const struct row *row)
{
	struct sbpf_error error = { 0 };
	char path[512];
	bool syntax = !strcmp(row->code, "SYNTAX");

	snprintf(path, sizeof(path), "%s%s.json", MALFORMED, row->file);
	ck_assert_msg(!sbpf_load_json_file(path, &x86_64, &error), "%s was accepted", row->file);
	ck_assert_msg(!strcmp(error.message, row->message), "%s: message is '%s'", row->file,
		      error.message);
	ck_assert_msg(!strcmp(error.where, row->where), "%s: where is '%s'", row->file,
		      error.where);
	ck_assert_msg(error.line == row->line && error.column == row->column,
		      "%s: position is %u:%u", row->file, error.line, error.column);
	ck_assert_msg(error.code == (syntax ? SBPF_ERROR_SYNTAX : SBPF_ERROR_PROFILE),
		      "%s: code is %d", row->file, (int)error.code);
	ck_assert_int_eq(error.system_errno, 0);
}

static size_t count_files(const char *folder)
{
	DIR *directory = opendir(folder);
	size_t count = 0;

	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

START_TEST(malformed_files_give_the_errors_of_the_table)
{
	FILE *table = fopen(PROJECT_DIR "/tests/unit/malformed.tbl", "r");
	struct row row;
	size_t count = 0;

	ck_assert_ptr_nonnull(table);
	for (; read_row(table, &row); count++)
		check_row(&row);
	fclose(table);
	ck_assert_uint_eq(count, count_files(MALFORMED));
}
END_TEST

/* ---- Unusual files ---- */

static const struct {
	const char *file;
	uint32_t default_verdict;
	size_t rules;
	size_t warnings;
} unusual[] = {
	{ "all-flags", SECCOMP_RET_ERRNO | 1, 1, 0 },
	{ "config-with-equal-annotations", SECCOMP_RET_LOG, 0, 3 },
	{ "carriage-returns", SECCOMP_RET_ERRNO | 1, 1, 0 },
	{ "config-without-version", SECCOMP_RET_KILL_THREAD, 0, 0 },
	{ "empty-beside-arch-map", SECCOMP_RET_ERRNO | 1, 2, 0 },
	{ "empty-beside-architectures", SECCOMP_RET_ERRNO | 1, 2, 0 },
	{ "errno-above-4095", SECCOMP_RET_ERRNO | 4095, 1, 2 },
	{ "escapes", SECCOMP_RET_ALLOW, 1, 0 },
	{ "keys-in-any-order", SECCOMP_RET_ALLOW, 1, 0 },
	{ "keys-without-effect-twice", SECCOMP_RET_ALLOW, 1, 5 },
	{ "largest-errno", SECCOMP_RET_ERRNO | 4095, 1, 0 },
	{ "largest-numbers", SECCOMP_RET_ERRNO | 1, 1, 0 },
	{ "nested-32-deep", SECCOMP_RET_ALLOW, 0, 1 },
	{ "notify-on-other-calls", SECCOMP_RET_ERRNO | 1, 2, 0 },
	{ "notify-on-write-of-another-machine", SECCOMP_RET_ERRNO | 1, 0, 0 },
	{ "null-default-action-in-config", SECCOMP_RET_LOG, 0, 0 },
	{ "null-seccomp-beside-profile", SECCOMP_RET_LOG, 0, 1 },
	{ "null-syscalls", SECCOMP_RET_LOG, 0, 0 },
	{ "nulls-count-as-absent", SECCOMP_RET_ERRNO | 1, 1, 0 },
	{ "only-default-action", SECCOMP_RET_ALLOW, 0, 0 },
	{ "space-around", SECCOMP_RET_ERRNO | 1, 1, 0 },
	{ "symbolic-errno-wins", SECCOMP_RET_ERRNO | 38, 2, 0 },
	{ "two-conditions-on-one-argument", SECCOMP_RET_ERRNO | 1, 1, 0 },
	{ "unknown-keys-of-any-type", SECCOMP_RET_ALLOW, 1, 5 },
	{ "utf8-comments", SECCOMP_RET_ALLOW, 0, 0 },
	{ "value-32-deep", SECCOMP_RET_ALLOW, 0, 1 },
	{ "whole-config", SECCOMP_RET_ERRNO | 1, 1, 0 },
};

static struct sbpf_policy *load_unusual(const char *file)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	char path[512];

	snprintf(path, sizeof(path), "%s%s.json", UNUSUAL, file);
	policy = sbpf_load_json_file(path, &x86_64, &error);
	ck_assert_msg(policy, "%s: %s: %s", file, error.where, error.message);
	return policy;
}

START_TEST(unusual_files_are_accepted)
{
	struct sbpf_policy *policy = load_unusual(unusual[_i].file);

	ck_assert_uint_eq(policy->default_verdict, unusual[_i].default_verdict);
	ck_assert_uint_eq(policy->rule_count, unusual[_i].rules);
	ck_assert_uint_eq(sbpf_policy_warning_count(policy), unusual[_i].warnings);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(every_unusual_file_is_tested)
{
	ck_assert_uint_eq(COUNT(unusual), count_files(UNUSUAL));
}
END_TEST

START_TEST(conditions_are_read_to_the_last_bit)
{
	struct sbpf_policy *policy = load_unusual("largest-numbers");
	const struct sbpf_condition *conditions = policy->rules[0].conditions;

	ck_assert_uint_eq(policy->rules[0].condition_count, 2);
	ck_assert_uint_eq(conditions[0].argument, 5);
	ck_assert_int_eq(conditions[0].compare, SBPF_MASKED_EQ);
	ck_assert_uint_eq(conditions[0].value, UINT64_MAX);
	ck_assert_uint_eq(conditions[0].value_two, UINT64_MAX);
	ck_assert_uint_eq(conditions[1].argument, 0);
	ck_assert_int_eq(conditions[1].compare, SBPF_LT);
	ck_assert_uint_eq(conditions[1].value, UINT64_C(1) << 63);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(second_value_counts_for_masked_eq_only)
{
	struct sbpf_policy *policy =
		load_valid("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"name\":\"read\","
			   "\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"value\":1,"
			   "\"valueTwo\":2,\"op\":\"SCMP_CMP_GE\"}]}]}");

	ck_assert_uint_eq(policy->rules[0].conditions[0].value, 1);
	ck_assert_uint_eq(policy->rules[0].conditions[0].value_two, 0);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(all_flags_reach_the_policy)
{
	struct sbpf_policy *policy = load_unusual("all-flags");

	ck_assert_uint_eq(sbpf_policy_flags(policy),
			  SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG |
				  SECCOMP_FILTER_FLAG_SPEC_ALLOW |
				  SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(config_gives_its_bounding_set_and_abis)
{
	struct sbpf_policy *policy = load_unusual("whole-config");

	ck_assert(sbpf_policy_has_abi(policy, sbpf_abi_find("x86")));
	ck_assert_uint_eq(policy->rules[0].verdict, SECCOMP_RET_ALLOW);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(empty_lists_of_architectures_leave_the_others)
{
	static const char *const files[] = { "empty-beside-arch-map",
					     "empty-beside-architectures" };
	struct sbpf_policy *policy = load_unusual(files[_i]);

	ck_assert_uint_eq(policy->abi_count, 2);
	ck_assert_int_eq(policy->abis[1], sbpf_abi_find("x86"));
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Texts ---- */

START_TEST(text_ends_at_its_length)
{
	static const char text[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}}}";
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json(text, sizeof(text) - 3, &x86_64, &error);

	ck_assert_ptr_nonnull(policy);
	sbpf_policy_free(policy);
}
END_TEST

static char *padded_profile(size_t length)
{
	static const char profile[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";
	char *text = malloc(length);

	ck_assert_ptr_nonnull(text);
	memset(text, ' ', length);
	memcpy(text, profile, sizeof(profile) - 1);
	return text;
}

START_TEST(text_of_4_mib_is_accepted)
{
	char *text = padded_profile(SBPF_TEXT_MAX);
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_load_json(text, SBPF_TEXT_MAX, &x86_64, &error);

	ck_assert_ptr_nonnull(policy);
	sbpf_policy_free(policy);
	free(text);
}
END_TEST

/* head, then count times unit, then tail; as text of at most 4 MiB. */
static char *repeated(const char *head, const char *unit, const char *tail)
{
	size_t length = strlen(unit);
	size_t room = SBPF_TEXT_MAX - strlen(head) - strlen(tail);
	char *text = malloc(SBPF_TEXT_MAX + 1), *end = text;

	ck_assert_ptr_nonnull(text);
	end += sprintf(end, "%s", head);
	for (size_t used = length; used <= room; used += length)
		end = mempcpy(end, unit, length);
	memcpy(end - (end[-1] == ','), tail, strlen(tail) + 1);
	return text;
}

/* What is densely written and has a meaning; json-c takes some 40 times the text for it. */
static const char *const dense[] = {
	"{\"names\":[],\"action\":\"SCMP_ACT_LOG\"},",
	"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_LOG\",\"args\":[]},",
	("{\"name\":\"read\",\"action\":\"SCMP_ACT_LOG\",\"args\":[{\"index\":0,\"value\":1,"
	 "\"op\":\"SCMP_CMP_EQ\"}]},"),
};

START_TEST(dense_profile_of_4_mib_is_accepted)
{
	char *text =
		repeated("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[", dense[_i], "]}");

	sbpf_policy_free(load_valid(text));
	free(text);
}
END_TEST

START_TEST(text_that_takes_too_much_memory_is_refused)
{
	static const char *const units[] = { "{},", "[],", "{\"a\":{}}," };
	struct sbpf_error error;

	for (size_t i = 0; i < COUNT(units); i++) {
		char *text =
			repeated("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"x\":[", units[i], "]}");

		ck_assert_ptr_null(load(text, &error));
		ck_assert_int_eq(error.code, SBPF_ERROR_PROFILE);
		ck_assert_ptr_nonnull(strstr(error.message, "the text holds too much"));
		free(text);
	}
}
END_TEST

START_TEST(text_above_4_mib_is_refused)
{
	char *text = padded_profile(SBPF_TEXT_MAX + 1);
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json(text, SBPF_TEXT_MAX + 1, &x86_64, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_PROFILE);
	ck_assert_str_eq(error.message,
			 "the text has 4194305 bytes: a profile has at most 4194304");
	free(text);
}
END_TEST

START_TEST(no_text_is_a_usage_error)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json(NULL, 0, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
}
END_TEST

START_TEST(errors_may_be_ignored)
{
	static const char *const texts[] = { "{", "[]", "{}", "{\"x\":1,\"x\":1}" };

	for (size_t i = 0; i < COUNT(texts); i++)
		ck_assert_ptr_null(sbpf_load_json(texts[i], strlen(texts[i]), NULL, NULL));
}
END_TEST

START_TEST(first_error_is_kept)
{
	struct sbpf_error error = { .code = SBPF_ERROR_KERNEL, .message = "before" };

	ck_assert_ptr_null(sbpf_load_json("{", 1, &x86_64, &error));
	ck_assert_ptr_null(sbpf_load_json("{}", 2, &x86_64, &error));
	ck_assert_ptr_null(sbpf_load_json_file("/", &x86_64, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_KERNEL);
	ck_assert_str_eq(error.message, "before");
	ck_assert_str_eq(error.where, "");
	ck_assert_uint_eq(error.line, 0);
	ck_assert_int_eq(error.system_errno, 0);
}
END_TEST

START_TEST(control_characters_do_not_reach_messages)
{
	struct sbpf_error error;

	ck_assert_ptr_null(load("{\"defaultAction\":\"\\u001b[31m\\n\"}", &error));
	ck_assert_mem_eq(error.message, "unknown action '?[31m?'", 23);
}
END_TEST

START_TEST(long_names_are_cut_between_characters)
{
	struct sbpf_error error;
	char text[256] = "{\"defaultAction\":\"", *end = text + strlen(text);

	memset(end, 'x', 59);
	memcpy(end + 59, "\xc3\xa9yyyy\"}", 9);
	ck_assert_ptr_null(load(text, &error));
	ck_assert_mem_eq(error.message + 16, "xxx", 3);
	ck_assert_mem_eq(error.message + 16 + 59, "...'", 4);
}
END_TEST

/* ---- Warnings ---- */

static const struct {
	const char *text;
	enum sbpf_code code;
	unsigned int line, column;
	const char *where;
	const char *message;
} warnings[] = {
	{ "{\n \"defaultAction\": \"SCMP_ACT_ALLOW\",\n  \"_comment\": 1 }", SBPF_WARN_UNKNOWN_KEY,
	  3, 3, "_comment", "unknown key '_comment' is ignored" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"Syscalls\": [] }", SBPF_WARN_UNKNOWN_KEY, 1,
	  37, "Syscalls",
	  "unknown key 'Syscalls' is ignored, but programs in Go such as Docker read it as "
	  "'syscalls': write it so" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
	  "{\"names\":[],\"action\":\"SCMP_ACT_LOG\"}] }",
	  SBPF_WARN_IGNORED, 2, 2, "syscalls[0].names",
	  "the rule has no effect: it names no system call" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrnoRet\": 1}", SBPF_WARN_IGNORED, 1,
	  37, "defaultErrnoRet",
	  "'defaultErrnoRet' has no effect: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE carry a "
	  "number" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"defaultErrno\": \"EPERM\"}", SBPF_WARN_IGNORED,
	  1, 37, "defaultErrno",
	  "'defaultErrno' has no effect: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE carry a number" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
	  "{\"name\":\"read\",\"action\":\"SCMP_ACT_KILL\",\"errnoRet\":2}] }",
	  SBPF_WARN_IGNORED, 2, 41, "syscalls[0].errnoRet",
	  "'errnoRet' has no effect: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE carry a number" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
	  "{\"name\":\"read\",\"action\":\"SCMP_ACT_KILL\",\"args\":[\n"
	  "{\"index\":0,\"value\":1,\"valueTwo\":2,\"op\":\"SCMP_CMP_EQ\"}]}] }",
	  SBPF_WARN_IGNORED, 3, 22, "syscalls[0].args[0].valueTwo",
	  "'valueTwo' has no effect: only SCMP_CMP_MASKED_EQ compares with it" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
	  "{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\",\"arg\":[]}] }",
	  SBPF_WARN_UNKNOWN_KEY, 2, 44, "syscalls[0].arg",
	  "unknown key 'arg' is ignored; did you mean 'args'?" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"sys_calls\": [] }", SBPF_WARN_UNKNOWN_KEY, 1,
	  37, "sys_calls", "unknown key 'sys_calls' is ignored; did you mean 'syscalls'?" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"comment\":\"a\",\n \"comment\":\"b\"}",
	  SBPF_WARN_IGNORED, 3, 2, "comment",
	  "the key 'comment' stands more than once in one object; it has no effect" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"comment\":\"the first\",\n "
	  "\"comment\":\"\\t\"}",
	  SBPF_WARN_IGNORED, 3, 2, "comment",
	  "the key 'comment' stands more than once in one object; it has no effect" },
	{ "{\"defaultAction\": \"SCMP_ACT_TRACE\",\n\"defaultErrnoRet\": 5000}", SBPF_WARN_ERRNO, 2,
	  20, "defaultErrnoRet", "errno 5000 is taken as 4095, for the kernel returns no more" },
	{ "{\"linux\":{\"seccomp\":{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"x\":{}}}}",
	  SBPF_WARN_UNKNOWN_KEY, 2, 1, "linux.seccomp.x", "unknown key 'x' is ignored" },
	{ "{\"linux\":{\"seccomp\":{\"defaultAction\": \"SCMP_ACT_ALLOW\"}},\n"
	  "\"process\":{\"capabilities\":{\"effective\":[],\"Bounding\":[]}}}",
	  SBPF_WARN_UNKNOWN_KEY, 2, 43, "process.capabilities.Bounding",
	  "unknown key 'Bounding' is ignored, but programs in Go such as Docker read it as "
	  "'bounding': write it so" },
	{ "{\"linux\":{\"seccomp\":{\"defaultAction\": \"SCMP_ACT_ALLOW\"}},\n"
	  "\"process\":{\"args\":[],\"Capabilities\":{\"bounding\":[]}}}",
	  SBPF_WARN_UNKNOWN_KEY, 2, 22, "process.Capabilities",
	  "unknown key 'Capabilities' is ignored, but programs in Go such as Docker read it as "
	  "'capabilities': write it so" },
	{ "{\"linux\":{\"seccomp\":{\"defaultAction\": \"SCMP_ACT_ALLOW\"}},\n\"mounts\":[],"
	  "\"Process\":{}}",
	  SBPF_WARN_UNKNOWN_KEY, 2, 13, "Process",
	  "unknown key 'Process' is ignored, but programs in Go such as Docker read it as "
	  "'process': write it so" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
	  "{\"names\":[\"read\",\n\"opennat\"],\"action\":\"SCMP_ACT_KILL\"}] }",
	  SBPF_WARN_UNKNOWN_CALL, 3, 1, "syscalls[0].names[1]",
	  "unknown system call 'opennat' is ignored; did you mean 'openat'?" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
	  "{\"name\":\"frobnicate\",\"action\":\"SCMP_ACT_KILL\"}] }",
	  SBPF_WARN_UNKNOWN_CALL, 2, 2, "syscalls[0].name",
	  "unknown system call 'frobnicate' is ignored" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [\n"
	  "{\"names\":[],\"name\":\"\",\"action\":\"SCMP_ACT_LOG\"}] }",
	  SBPF_WARN_IGNORED, 2, 2, "syscalls[0].names",
	  "the rule has no effect: it names no system call" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"architectures\": [\"SCMP_ARCH_S390X\"]}",
	  SBPF_WARN_FOREIGN_ABI, 2, 1, "architectures", "on x86_64 no call can come by s390x" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"architectures\": [\"SCMP_ARCH_X86\","
	  "\"SCMP_ARCH_ARM\",\"SCMP_ARCH_AARCH64\",\"SCMP_ARCH_X32\",\"SCMP_ARCH_ARM\"]}",
	  SBPF_WARN_FOREIGN_ABI, 2, 1, "architectures",
	  "on x86_64 no call can come by arm, aarch64" },
	{ "{\"defaultAction\": \"SCMP_ACT_ALLOW\",\n\"archMap\": [{\"architecture\": "
	  "\"SCMP_ARCH_X86_64\",\n\"subArchitectures\": [\"SCMP_ARCH_RISCV64\"]}]}",
	  SBPF_WARN_FOREIGN_ABI, 3, 1, "archMap[0].subArchitectures",
	  "on x86_64 no call can come by riscv64" },
};

START_TEST(warnings_say_what_and_where)
{
	struct sbpf_policy *policy = load_valid(warnings[_i].text);
	const struct sbpf_error *warning = sbpf_policy_warning(policy, 0);

	ck_assert_uint_eq(sbpf_policy_warning_count(policy), 1);
	ck_assert_str_eq(warning->message, warnings[_i].message);
	ck_assert_str_eq(warning->where, warnings[_i].where);
	ck_assert_int_eq(warning->code, warnings[_i].code);
	ck_assert_uint_eq(warning->line, warnings[_i].line);
	ck_assert_uint_eq(warning->column, warnings[_i].column);
	sbpf_policy_free(policy);
}
END_TEST

/* What is ignored with a warning is an error when strict; first texts, then messages. */
static const char *const strictly[][2] = {
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"sycalls\":[]}",
	  "unknown key 'sycalls'; did you mean 'syscalls'?" },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"Syscalls\":[]}",
	  "unknown key 'Syscalls', but programs in Go such as Docker read it as 'syscalls': write "
	  "it "
	  "so" },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"x\":[]}", "unknown key 'x'" },
	{ "{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"}},"
	  "\"process\":{\"capabilities\":{\"bonding\":[]}}}",
	  "unknown key 'bonding'; did you mean 'bounding'?" },
	{ "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"comment\":\"a\",\"comment\":\"b\"}",
	  "the key 'comment' stands more than once in one object; it has no effect" },
	{ "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":4096}",
	  "errno 4096 is too large: the kernel returns at most 4095" },
};

START_TEST(strict_refuses_what_would_be_ignored)
{
	const struct sbpf_target strict = { .machine = "x86_64", .strict = true };
	const char *text = strictly[_i][0];
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json(text, strlen(text), &strict, &error));
	ck_assert_str_eq(error.message, strictly[_i][1]);
	ck_assert_int_eq(error.code, SBPF_ERROR_PROFILE);
	ck_assert_uint_eq(error.line, 1);
	ck_assert_uint_gt(error.column, 1);
	ck_assert_ptr_null(sbpf_load_json(text, strlen(text), &strict, NULL));
}
END_TEST

START_TEST(warnings_may_go_back_to_earlier_rules)
{
	/* Unknown keys are noted while reading, unknown calls after it. */
	struct sbpf_policy *policy =
		load_valid("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[\n"
			   "{\"name\":\"xxxxx\",\"action\":\"SCMP_ACT_LOG\"},\n"
			   "{\"name\":\"read\",\"action\":\"SCMP_ACT_LOG\"},\n"
			   "{\"x\":0,\"name\":\"read\",\"action\":\"SCMP_ACT_LOG\"}]}");

	ck_assert_uint_eq(sbpf_policy_warning_count(policy), 2);
	ck_assert_str_eq(sbpf_policy_warning(policy, 0)->where, "syscalls[2].x");
	ck_assert_uint_eq(sbpf_policy_warning(policy, 0)->line, 4);
	ck_assert_uint_eq(sbpf_policy_warning(policy, 0)->column, 2);
	ck_assert_str_eq(sbpf_policy_warning(policy, 1)->where, "syscalls[0].name");
	ck_assert_uint_eq(sbpf_policy_warning(policy, 1)->line, 2);
	ck_assert_uint_eq(sbpf_policy_warning(policy, 1)->column, 2);
	sbpf_policy_free(policy);
}
END_TEST

/* A profile with count unknown names, one a line; the first stands in line 2. */
static char *profile_with_unknown_names(size_t count)
{
	char *text = malloc(count * 16 + 256), *end = text;

	ck_assert_ptr_nonnull(text);
	end += sprintf(end, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{"
			    "\"action\":\"SCMP_ACT_LOG\",\"names\":[");
	for (size_t i = 0; i < count; i++)
		end += sprintf(end, "%s\n\"no%06zu\"", i ? "," : "", i);
	sprintf(end, "]}]}");
	return text;
}

START_TEST(hundred_warnings_are_all_kept)
{
	char *text = profile_with_unknown_names(PROFILE_WARNINGS_MAX);
	struct sbpf_policy *policy = load_valid(text);

	ck_assert_uint_eq(sbpf_policy_warning_count(policy), 100);
	ck_assert_str_eq(sbpf_policy_warning(policy, 99)->message,
			 "unknown system call 'no000099' is ignored");
	sbpf_policy_free(policy);
	free(text);
}
END_TEST

START_TEST(last_warning_counts_those_that_are_left_out)
{
	char *text = profile_with_unknown_names(300000);
	struct sbpf_policy *policy = load_valid(text);

	ck_assert_uint_eq(sbpf_policy_warning_count(policy), 100);
	ck_assert_uint_eq(sbpf_policy_warning(policy, 98)->line, 100);
	ck_assert_str_eq(sbpf_policy_warning(policy, 98)->where, "syscalls[0].names[98]");
	ck_assert_str_eq(sbpf_policy_warning(policy, 99)->message,
			 "299901 more warnings are not listed");
	ck_assert_str_eq(sbpf_policy_warning(policy, 99)->where, "");
	ck_assert_ptr_null(sbpf_policy_warning(policy, 100));
	sbpf_policy_free(policy);
	free(text);
}
END_TEST

/* A key with an array of a million elements, the last of them this, and 20000 conditions. */
static char *profile_behind_a_long_array(const char *last, const char *last_value)
{
	const size_t elements = 1000000, rules = 20000;
	char *text = malloc(2 * elements + 100 * rules + 256), *end = text;

	ck_assert_ptr_nonnull(text);
	end += sprintf(end, "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"comment\":\"\",\"x\":[");
	for (size_t i = 0; i < elements; i++, end += 2)
		memcpy(end, "7,", 2);
	end += sprintf(end, "%s],\"syscalls\":[", last);
	for (size_t i = 0; i < rules; i++)
		end += sprintf(end,
			       "%s{\"names\":[\"tee\"],\"action\":\"SCMP_ACT_LOG\",\"args\":"
			       "[{\"index\":0,\"value\":%s,\"op\":\"SCMP_CMP_EQ\"}]}",
			       i ? "," : "", i + 1 < rules ? "0" : last_value);
	sprintf(end, "]}");
	return text;
}

/* Within the time limit of a test, which a walk from the start for each of them would exceed. */
START_TEST(numbers_that_may_be_misspelled_are_found_in_one_walk)
{
	char *text = profile_behind_a_long_array("-0", "0");
	struct sbpf_policy *policy = load_valid(text);
	struct sbpf_error error;

	ck_assert_uint_eq(policy->rule_count, 20000);
	sbpf_policy_free(policy);
	free(text);
	text = profile_behind_a_long_array("1", "-0");
	ck_assert_ptr_null(load(text, &error));
	ck_assert_str_eq(error.where, "syscalls[19999].args[0].value");
	free(text);
}
END_TEST

/* ---- Files ---- */

START_TEST(missing_file_is_a_read_error)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json_file("/nonexistent/profile.json", NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_READ);
	ck_assert_int_eq(error.system_errno, ENOENT);
	ck_assert_str_eq(error.message,
			 "cannot read '/nonexistent/profile.json': No such file or directory");
}
END_TEST

START_TEST(control_characters_of_a_path_do_not_reach_messages)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json_file("no\x1b[31mred", NULL, &error));
	ck_assert_str_eq(error.message, "cannot read 'no?[31mred': No such file or directory");
}
END_TEST

START_TEST(directory_is_a_read_error)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json_file("/", NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_READ);
	ck_assert_int_eq(error.system_errno, EISDIR);
	ck_assert_str_eq(error.message, "cannot read '/': Is a directory");
}
END_TEST

START_TEST(endless_file_is_refused)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json_file("/dev/zero", NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_PROFILE);
	ck_assert_str_eq(error.message,
			 "the file is too large: a profile has at most 4194304 bytes");
}
END_TEST

START_TEST(no_path_is_a_usage_error)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_load_json_file(NULL, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
}
END_TEST

START_TEST(dash_is_standard_input)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;

	ck_assert_ptr_nonnull(freopen(UNUSUAL "only-default-action.json", "r", stdin));
	policy = sbpf_load_json_file("-", NULL, &error);
	ck_assert_ptr_nonnull(policy);
	ck_assert_uint_eq(policy->default_verdict, SECCOMP_RET_ALLOW);
	sbpf_policy_free(policy);
}
END_TEST

static TCase *text_tests(void)
{
	TCase *tests = tcase_create("texts");

	tcase_add_test(tests, malformed_files_give_the_errors_of_the_table);
	tcase_add_loop_test(tests, unusual_files_are_accepted, 0, COUNT(unusual));
	tcase_add_test(tests, every_unusual_file_is_tested);
	tcase_add_test(tests, conditions_are_read_to_the_last_bit);
	tcase_add_test(tests, second_value_counts_for_masked_eq_only);
	tcase_add_test(tests, all_flags_reach_the_policy);
	tcase_add_test(tests, config_gives_its_bounding_set_and_abis);
	tcase_add_loop_test(tests, empty_lists_of_architectures_leave_the_others, 0, 2);
	tcase_add_test(tests, text_ends_at_its_length);
	tcase_add_test(tests, text_of_4_mib_is_accepted);
	tcase_add_test(tests, text_above_4_mib_is_refused);
	tcase_add_loop_test(tests, dense_profile_of_4_mib_is_accepted, 0, COUNT(dense));
	tcase_add_test(tests, text_that_takes_too_much_memory_is_refused);
	tcase_add_test(tests, no_text_is_a_usage_error);
	tcase_add_test(tests, errors_may_be_ignored);
	tcase_add_test(tests, first_error_is_kept);
	tcase_add_test(tests, control_characters_do_not_reach_messages);
	tcase_add_test(tests, long_names_are_cut_between_characters);
	return tests;
}

static TCase *warning_tests(void)
{
	TCase *tests = tcase_create("warnings");

	tcase_add_loop_test(tests, warnings_say_what_and_where, 0, COUNT(warnings));
	tcase_add_test(tests, warnings_may_go_back_to_earlier_rules);
	tcase_add_loop_test(tests, strict_refuses_what_would_be_ignored, 0, COUNT(strictly));
	tcase_add_test(tests, hundred_warnings_are_all_kept);
	tcase_add_test(tests, last_warning_counts_those_that_are_left_out);
	tcase_add_test(tests, numbers_that_may_be_misspelled_are_found_in_one_walk);
	return tests;
}

static TCase *file_tests(void)
{
	TCase *tests = tcase_create("files");

	tcase_add_test(tests, missing_file_is_a_read_error);
	tcase_add_test(tests, control_characters_of_a_path_do_not_reach_messages);
	tcase_add_test(tests, directory_is_a_read_error);
	tcase_add_test(tests, endless_file_is_refused);
	tcase_add_test(tests, no_path_is_a_usage_error);
	tcase_add_test(tests, dash_is_standard_input);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("json");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, text_tests());
	suite_add_tcase(suite, warning_tests());
	suite_add_tcase(suite, file_tests());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
