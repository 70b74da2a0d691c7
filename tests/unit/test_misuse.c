/* SPDX-License-Identifier: MIT */
/* The public interface used wrongly: an error each time, and never a weaker filter. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <check.h>

#include "sbpf.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define DENY (SECCOMP_RET_ERRNO | EPERM)

static const struct sbpf_target x86_64 = { .machine = "x86_64", .abis = "" };
static const struct sbpf_condition good = { 0, SBPF_EQ, 1, 0 };
static const struct sbpf_condition far = { 6, SBPF_EQ, 1, 0 };
static const struct sbpf_condition no_compare = { .argument = 0, .value = 1 };
static const struct sbpf_condition wrong_compare = { 0, (enum sbpf_compare)8, 1, 0 };

static struct sbpf_policy *new_policy(void)
{
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &x86_64, NULL);

	ck_assert_ptr_nonnull(policy);
	return policy;
}

/* ---- Changes that fail ---- */

static int add_misspelt(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, "mkdr", NULL, 0, error);
}

static int add_empty_name(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, "", NULL, 0, error);
}

static int add_no_name(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, NULL, NULL, 0, error);
}

static int add_unknown_verdict(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, 0x12340000, "mkdir", NULL, 0, error);
}

static int add_large_errno(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, SECCOMP_RET_ERRNO | 5000, "mkdir", NULL, 0, error);
}

static int add_argument_6(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, "mkdir", &far, 1, error);
}

static int add_no_compare(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, "mkdir", &no_compare, 1, error);
}

static int add_wrong_compare(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, "mkdir", &wrong_compare, 1, error);
}

static int add_no_conditions(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, "mkdir", NULL, 1, error);
}

static int add_too_many(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, DENY, "mkdir", &good, SIZE_MAX, error);
}

static int add_notify_of_write(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_rule(policy, SECCOMP_RET_USER_NOTIF, "write", NULL, 0, error);
}

static int add_number_of_no_abi(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_number(policy, DENY, NULL, 83, NULL, 0, error);
}

static int add_number_of_unknown_abi(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_number(policy, DENY, "vax", 83, NULL, 0, error);
}

static int add_number_of_another_abi(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_number(policy, DENY, "x86_64", 0x40000053, NULL, 0, error);
}

static int add_number_without_verdict(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_number(policy, 0x00010000, "x86_64", 83, NULL, 0, error);
}

static int add_unknown_abi(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_abi(policy, "vax", error);
}

static int add_no_abi(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_abi(policy, NULL, error);
}

static int remove_other_abi(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_remove_abi(policy, "x86", error);
}

static int remove_no_abi(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_remove_abi(policy, NULL, error);
}

static int add_unknown_flag(struct sbpf_policy *policy, struct sbpf_error *error)
{
	return sbpf_policy_add_flags(policy, 1u << 30, error);
}

static int (*const changes[])(struct sbpf_policy *policy, struct sbpf_error *error) = {
	add_misspelt,	     add_empty_name,
	add_no_name,	     add_unknown_verdict,
	add_large_errno,     add_argument_6,
	add_no_compare,	     add_wrong_compare,
	add_no_conditions,   add_too_many,
	add_notify_of_write, add_number_of_no_abi,
	add_unknown_abi,     add_number_of_unknown_abi,
	add_no_abi,	     add_number_of_another_abi,
	remove_other_abi,    add_number_without_verdict,
	remove_no_abi,	     add_unknown_flag,
};

/* Nothing comes of the policy but the message that the change gave. */
static void assert_unfit(struct sbpf_policy *policy, const char *message)
{
	const struct seccomp_data data = { .nr = 83, .arch = 0xc000003e };
	struct sbpf_space *space = sbpf_space_new(sbpf_abi_find("x86_64"), 0, NULL);
	enum sbpf_cause cause = SBPF_BY_RULE;
	struct sbpf_error error = { 0 };
	sbpf_meaning meaning;

	ck_assert_ptr_null(sbpf_compile(policy, NULL, NULL));
	ck_assert_ptr_null(sbpf_compile(policy, NULL, &error));
	ck_assert_str_eq(error.message, message);
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_meaning_of_policy(space, policy, &meaning, &error), -1);
	ck_assert_str_eq(error.message, message);
	error = (struct sbpf_error){ 0 };
	ck_assert_int_eq(sbpf_policy_add_rule(policy, DENY, "mkdir", NULL, 0, &error), -1);
	ck_assert_str_eq(error.message, message);
	ck_assert_uint_eq(sbpf_policy_verdict(policy, &data, &cause, NULL, NULL),
			  SECCOMP_RET_KILL_PROCESS);
	ck_assert_int_eq(cause, SBPF_BY_FAILURE);
	sbpf_space_free(space);
}

START_TEST(nothing_is_made_of_a_policy_to_which_a_change_failed)
{
	struct sbpf_policy *policy = new_policy();
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(changes[_i](policy, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_ne(error.message, "");
	assert_unfit(policy, error.message);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(nor_where_nobody_looked)
{
	struct sbpf_policy *policy = new_policy();

	ck_assert_int_eq(changes[_i](policy, NULL), -1);
	ck_assert_ptr_null(sbpf_compile(policy, NULL, NULL));
	sbpf_policy_free(policy);
}
END_TEST

/* The rule is not added, and a policy without it may be weaker. */
START_TEST(change_with_an_error_that_is_set_fails_and_counts)
{
	const struct sbpf_error first = { .code = SBPF_ERROR_READ, .message = "before" };
	struct sbpf_policy *policy = new_policy();
	struct sbpf_error error = first;

	ck_assert_int_eq(sbpf_policy_add_rule(policy, DENY, "mkdir", NULL, 0, &error), -1);
	ck_assert_mem_eq(&error, &first, sizeof(first));
	assert_unfit(policy, "before");
	sbpf_policy_free(policy);
}
END_TEST

/* ---- The first error ---- */

static bool never(void)
{
	ck_abort_msg("called in spite of the error");
	return false;
}

static bool never_difference(void *context, const struct sbpf_difference *difference)
{
	return context && difference && never();
}

static bool never_range(void *context, const struct sbpf_range *range)
{
	return context && range && never();
}

static bool never_case(void *context, const struct sbpf_case *one)
{
	return context && one && never();
}

static bool never_target(void *context, const struct sbpf_guards_target *target)
{
	return context && target && never();
}

static const char profile[] = "{\"defaultAction\":\"SCMP_ACT_ALLOW\"}";

/* Every call that takes an error, with arguments that would do without it. */
START_TEST(every_call_fails_where_the_error_is_set)
{
	const struct sbpf_error first = { .code = SBPF_ERROR_KERNEL, .message = "before" };
	int machine = sbpf_abi_find("x86_64");
	struct sbpf_policy *policy = new_policy();
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, NULL);
	struct sbpf_space *space = sbpf_space_new(machine, 0, NULL);
	struct sbpf_guards *guards = sbpf_guards_new(SBPF_READING_DOCKER, NULL);
	struct sbpf_error error = first;
	sbpf_meaning meaning, made;
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);

	ck_assert_int_eq(sbpf_meaning_of_policy(space, policy, &meaning, NULL), 0);
	ck_assert_ptr_null(sbpf_load_json(profile, strlen(profile), &x86_64, &error));
	ck_assert_ptr_null(sbpf_load_json_file(PROJECT_DIR "/profiles/docker.json", NULL, &error));
	ck_assert_ptr_null(sbpf_policy_new(SECCOMP_RET_ALLOW, &x86_64, &error));
	ck_assert_ptr_null(sbpf_compile(policy, NULL, &error));
	ck_assert_int_eq(sbpf_install(filter, 0, &error), -1);
	ck_assert_int_eq(prctl(PR_GET_SECCOMP), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	ck_assert_int_eq(sbpf_program_check(program, count, &error), -1);
	ck_assert_ptr_null(sbpf_filter_format(filter, SBPF_FORMAT_ASM, NULL, &error));
	ck_assert_ptr_null(
		sbpf_program_format(program, count, machine, SBPF_FORMAT_ASM, NULL, &error));
	ck_assert_ptr_null(sbpf_space_new(machine, 0, &error));
	ck_assert_int_eq(sbpf_meaning_of_policy(space, policy, &made, &error), -1);
	ck_assert_int_eq(sbpf_meaning_of_program(space, program, count, &made, &error), -1);
	ck_assert_int_eq(sbpf_meaning_stack(space, meaning, meaning, &made, &error), -1);
	ck_assert_int_eq(sbpf_meaning_union(space, meaning, meaning, &made, &error), -1);
	ck_assert_int_eq(sbpf_meaning_compare(space, meaning, meaning, SBPF_EQUAL, NULL, &error),
			 SBPF_UNKNOWN);
	ck_assert_int_eq(sbpf_meaning_differences(space, meaning, meaning, never_difference, &count,
						  &error),
			 -1);
	ck_assert_int_eq(sbpf_meaning_ranges(space, meaning, machine, never_range, &count, &error),
			 -1);
	ck_assert_int_eq(sbpf_meaning_cases(space, meaning, machine, 0, never_case, &count, &error),
			 -1);
	ck_assert_ptr_null(sbpf_guards_new(SBPF_READING_DOCKER, &error));
	ck_assert_int_eq(sbpf_guards_add(guards, profile, strlen(profile), &error), -1);
	ck_assert_int_eq(sbpf_guards_targets(guards, NULL, never_target, &count, &error), -1);
	ck_assert_mem_eq(&error, &first, sizeof(first));
	sbpf_guards_free(guards);
	sbpf_space_free(space);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Nothing in place of something ---- */

START_TEST(nothing_is_no_program_and_no_policy)
{
	const struct seccomp_data data = { .nr = 83, .arch = 0xc000003e };
	struct sbpf_policy *policy = new_policy();
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, NULL);
	struct sbpf_error error = { 0 };
	enum sbpf_cause cause;
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);

	ck_assert_int_eq(sbpf_install(NULL, 0, NULL), -1);
	ck_assert_int_eq(sbpf_install(NULL, 0, &error), -1);
	ck_assert_str_eq(error.message, "there is no filter to install");
	ck_assert_ptr_null(sbpf_compile(NULL, NULL, NULL));
	ck_assert_uint_eq(sbpf_filter_run(NULL, &data, NULL), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(sbpf_filter_run(filter, NULL, NULL), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(sbpf_program_run(NULL, 3, &data, false, NULL), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(sbpf_program_run(program, 0, &data, false, NULL),
			  SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(sbpf_program_run(program, count, NULL, false, NULL),
			  SECCOMP_RET_KILL_PROCESS);
	ck_assert(!sbpf_program_is_cached(NULL, 3, data.arch, 83));
	ck_assert_uint_eq(sbpf_policy_verdict(NULL, &data, &cause, NULL, NULL),
			  SECCOMP_RET_KILL_PROCESS);
	ck_assert_int_eq(cause, SBPF_BY_FAILURE);
	ck_assert_uint_eq(sbpf_policy_verdict(policy, NULL, &cause, NULL, NULL),
			  SECCOMP_RET_KILL_PROCESS);
	ck_assert(!sbpf_call_parameter(0, NULL, 0, NULL));
	ck_assert(!sbpf_call_parameter(sbpf_abi_find("x86_64"), "read", 0, NULL));
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(flags_that_there_are_not_install_nothing)
{
	struct sbpf_policy *policy = new_policy();
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, NULL);
	struct sbpf_error error = { 0 };

	ck_assert_int_eq(sbpf_install(filter, 1u << 20, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_int_eq(prctl(PR_GET_SECCOMP), 0);
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

START_TEST(a_meaning_that_was_not_made_compares_with_nothing)
{
	int machine = sbpf_abi_find("x86_64");
	struct sbpf_space *space = sbpf_space_new(machine, 0, NULL);
	struct sbpf_policy *policy = new_policy();
	struct sbpf_error error = { 0 };
	sbpf_meaning meaning, none = 0;

	ck_assert_int_eq(sbpf_meaning_of_policy(space, policy, &meaning, NULL), 0);
	ck_assert_int_eq(add_misspelt(policy, NULL), -1);
	ck_assert_int_eq(sbpf_meaning_of_policy(space, policy, &none, NULL), -1);
	ck_assert_int_eq(sbpf_meaning_compare(space, none, none, SBPF_EQUAL, NULL, &error),
			 SBPF_UNKNOWN);
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_int_eq(sbpf_meaning_compare(space, none, meaning, SBPF_SUBSET, NULL, NULL),
			 SBPF_UNKNOWN);
	ck_assert_int_eq(sbpf_meaning_compare(space, meaning, meaning, (enum sbpf_relation)7, NULL,
					      NULL),
			 SBPF_UNKNOWN);
	ck_assert_int_eq(sbpf_meaning_compare(NULL, meaning, meaning, SBPF_EQUAL, NULL, NULL),
			 SBPF_UNKNOWN);
	ck_assert_int_eq(sbpf_meaning_stack(space, meaning, none, &none, NULL), -1);
	ck_assert_int_eq(sbpf_meaning_stack(space, meaning, meaning, NULL, NULL), -1);
	sbpf_policy_free(policy);
	sbpf_space_free(space);
}
END_TEST

START_TEST(guards_that_lack_a_profile_tell_no_targets)
{
	struct sbpf_guards *guards = sbpf_guards_new(SBPF_READING_DOCKER, NULL);
	struct sbpf_error error = { 0 };
	int context = 0;

	ck_assert_int_eq(sbpf_guards_add(guards, "{", 1, NULL), -1);
	ck_assert_int_eq(sbpf_guards_add(guards, profile, strlen(profile), NULL), 0);
	ck_assert_int_eq(sbpf_guards_targets(guards, NULL, never_target, &context, &error), -1);
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	sbpf_guards_free(guards);
}
END_TEST

START_TEST(guards_remember_that_adding_had_no_text)
{
	struct sbpf_guards *guards = sbpf_guards_new(SBPF_READING_DOCKER, NULL);
	int context = 0;

	ck_assert_int_eq(sbpf_guards_add(guards, NULL, 0, NULL), -1);
	ck_assert_int_eq(sbpf_guards_targets(guards, NULL, never_target, &context, NULL), -1);
	sbpf_guards_free(guards);
}
END_TEST

START_TEST(guards_remember_that_adding_had_an_error_that_is_set)
{
	struct sbpf_guards *guards = sbpf_guards_new(SBPF_READING_DOCKER, NULL);
	struct sbpf_error error = { .code = SBPF_ERROR_MEMORY };
	int context = 0;

	ck_assert_int_eq(sbpf_guards_add(guards, profile, strlen(profile), &error), -1);
	ck_assert_int_eq(sbpf_guards_targets(guards, NULL, never_target, &context, NULL), -1);
	sbpf_guards_free(guards);
}
END_TEST

/* A length that is none; nothing can be read behind the text. */
START_TEST(length_that_no_text_has_is_too_long)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sbpf_error error = { 0 };

	ck_assert_ptr_ne(pages, MAP_FAILED);
	ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
	pages[page - 1] = '{';
	ck_assert_ptr_null(sbpf_load_json(pages + page - 1, SIZE_MAX / 2, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_PROFILE);
	munmap(pages, 2 * page);
}
END_TEST

START_TEST(error_that_nothing_ends_is_cut)
{
	struct {
		struct sbpf_error error;
		char after[8];
	} no_end;
	char text[2048];

	memset(&no_end, 'x', sizeof(no_end));
	no_end.error.code = SBPF_ERROR_READ;
	sbpf_error_format(&no_end.error, text, sizeof(text));
	ck_assert_uint_lt(strlen(text), SBPF_ERROR_TEXT_MAX);
	no_end.error.code = SBPF_ERROR_USAGE;
	sbpf_error_format(&no_end.error, text, sizeof(text));
	ck_assert_uint_lt(strlen(text), SBPF_ERROR_TEXT_MAX);
}
END_TEST

static const struct sbpf_target wrong_targets[] = {
	{ .machine = "vax" },
	{ .machine = "" },
	{ .abis = "vax" },
	{ .kernel = "new" },
	{ .capabilities = "CAP_FLY" },
	{ .bad_arch = "DENY" },
	{ .bad_arch = "ERRNO(5000)" },
	{ .reading = (enum sbpf_reading)3 },
	{ .width = (enum sbpf_width)2 },
};

START_TEST(wrong_target_makes_no_policy)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_policy_new(SECCOMP_RET_ALLOW, &wrong_targets[_i], NULL));
	ck_assert_ptr_null(sbpf_load_json(profile, strlen(profile), &wrong_targets[_i], &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_ne(error.message, "");
}
END_TEST

/* ---- Errors in one line ---- */

START_TEST(error_is_one_line_with_file_line_and_column)
{
	const char *path = PROJECT_DIR "/tests/profiles/malformed/unknown-action.json";
	struct sbpf_error error = { 0 };
	char text[SBPF_ERROR_TEXT_MAX];

	ck_assert_ptr_null(sbpf_load_json_file(path, &x86_64, &error));
	ck_assert_str_eq(error.file, path);
	ck_assert_str_eq(sbpf_error_format(&error, text, sizeof(text)), PROJECT_DIR
			 "/tests/profiles/malformed/unknown-action.json:4:34: syscalls[0].action: "
			 "unknown action 'SCMP_ACT_DENY': it is SCMP_ACT_ and one of ALLOW, LOG, "
			 "TRACE, NOTIFY, ERRNO, TRAP, KILL_THREAD, KILL, KILL_PROCESS");
}
END_TEST

START_TEST(warning_says_its_file)
{
	const char *path = PROJECT_DIR "/tests/profiles/unusual/errno-above-4095.json";
	struct sbpf_policy *policy = sbpf_load_json_file(path, &x86_64, NULL);
	char text[SBPF_ERROR_TEXT_MAX];

	ck_assert_str_eq(
		sbpf_error_format(sbpf_policy_warning(policy, 0), text, sizeof(text)), PROJECT_DIR
		"/tests/profiles/unusual/errno-above-4095.json:3:21: defaultErrnoRet: warning: "
		"errno 65535 is taken as 4095, for the kernel returns no more");
	sbpf_policy_free(policy);
}
END_TEST

static const struct {
	struct sbpf_error error;
	const char *text;
} lines[] = {
	{ { .code = SBPF_OK, .message = "stale" }, "no error" },
	{ { .code = SBPF_ERROR_USAGE, .message = "m" }, "m" },
	{ { .code = SBPF_ERROR_USAGE, .where = "target.abis", .message = "m" }, "target.abis: m" },
	{ { .code = SBPF_ERROR_SYNTAX, .line = 3, .column = 2, .message = "m" }, "3:2: m" },
	{ { .code = SBPF_ERROR_SYNTAX, .line = 3, .file = "f", .message = "m" }, "f:3: m" },
	{ { .code = SBPF_ERROR_PROFILE, .file = "a\x1b[m\n", .message = "m\t" }, "a?[m?: m?" },
	{ { .code = SBPF_ERROR_READ, .file = "f", .message = "cannot read 'f'" },
	  "cannot read 'f'" },
};

START_TEST(error_in_one_line)
{
	char text[SBPF_ERROR_TEXT_MAX];

	ck_assert_str_eq(sbpf_error_format(&lines[_i].error, text, sizeof(text)), lines[_i].text);
}
END_TEST

START_TEST(error_text_is_cut_to_its_room)
{
	struct sbpf_error error = { .code = SBPF_ERROR_PROFILE, .line = ~0u, .column = ~0u };
	char text[SBPF_ERROR_TEXT_MAX], small[8];

	memset(error.file, 'f', sizeof(error.file) - 1);
	memset(error.where, 'w', sizeof(error.where) - 1);
	memset(error.message, 'm', sizeof(error.message) - 1);
	sbpf_error_format(&error, text, sizeof(text));
	ck_assert_str_eq(text + strlen(text) - strlen(error.message), error.message);
	ck_assert_str_eq(sbpf_error_format(&error, small, sizeof(small)), "fffffff");
	ck_assert_str_eq(sbpf_error_format(NULL, small, sizeof(small)), "no erro");
	ck_assert_ptr_eq(sbpf_error_format(&error, small, 0), small);
	ck_assert_ptr_null(sbpf_error_format(&error, NULL, 8));
}
END_TEST

START_TEST(end_of_a_long_path_is_kept)
{
	char path[1024];
	struct sbpf_error error = { 0 };

	memset(path, '/', sizeof(path));
	memcpy(path + sizeof(path) - sizeof("no-such.json"), "no-such.json",
	       sizeof("no-such.json"));
	ck_assert_ptr_null(sbpf_load_json_file(path, &x86_64, &error));
	ck_assert_uint_eq(strlen(error.file), sizeof(error.file) - 1);
	ck_assert_mem_eq(error.file, ".../", 4);
	ck_assert_str_eq(error.file + sizeof(error.file) - sizeof("/no-such.json"),
			 "/no-such.json");
}
END_TEST

/* ---- Running ---- */

int main(void)
{
	Suite *suite = suite_create("misuse");
	TCase *tests = tcase_create("misuse");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, nothing_is_made_of_a_policy_to_which_a_change_failed, 0,
			    COUNT(changes));
	tcase_add_loop_test(tests, nor_where_nobody_looked, 0, COUNT(changes));
	tcase_add_test(tests, change_with_an_error_that_is_set_fails_and_counts);
	tcase_add_test(tests, every_call_fails_where_the_error_is_set);
	tcase_add_test(tests, nothing_is_no_program_and_no_policy);
	tcase_add_test(tests, flags_that_there_are_not_install_nothing);
	tcase_add_test(tests, a_meaning_that_was_not_made_compares_with_nothing);
	tcase_add_test(tests, guards_that_lack_a_profile_tell_no_targets);
	tcase_add_test(tests, guards_remember_that_adding_had_no_text);
	tcase_add_test(tests, guards_remember_that_adding_had_an_error_that_is_set);
	tcase_add_test(tests, length_that_no_text_has_is_too_long);
	tcase_add_test(tests, error_that_nothing_ends_is_cut);
	tcase_add_loop_test(tests, wrong_target_makes_no_policy, 0, COUNT(wrong_targets));
	tcase_add_test(tests, error_is_one_line_with_file_line_and_column);
	tcase_add_test(tests, warning_says_its_file);
	tcase_add_loop_test(tests, error_in_one_line, 0, COUNT(lines));
	tcase_add_test(tests, error_text_is_cut_to_its_room);
	tcase_add_test(tests, end_of_a_long_path_is_kept);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
