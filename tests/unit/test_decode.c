/* SPDX-License-Identifier: MIT */
/* The tables of decoding, and what they say of calls. tests/live/decode.py reads real processes. */
#include "decode.h"

#include "constants.h"
#include "shapes.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether a call has a parameter of this name on some ABI; then which one it is there. */
static bool has_parameter(const char *call, const char *name, unsigned int *argument)
{
	struct sbpf_parameter parameter;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		for (*argument = 0; sbpf_call_parameter(abi, call, *argument, &parameter);
		     (*argument)++) {
			if (!strcmp(parameter.name, name))
				return true;
		}
	}
	return false;
}

static bool some_call_has(const char *name)
{
	unsigned int argument;

	for (int i = 0; i < sbpf_call_count(); i++) {
		if (has_parameter(sbpf_call_at(i), name, &argument))
			return true;
	}
	return false;
}

static bool is_constant(const char *name, size_t length)
{
	char text[64];
	uint64_t value;

	snprintf(text, sizeof(text), "%.*s", (int)length, name);
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (constant_parse(abi, text, &value))
			return true;
	}
	return false;
}

/* Whether a shape takes a structure, or sets of constants. */
static void check_of(enum shape shape, const char *of, const char *where)
{
	size_t count;

	switch (shape) {
	case SHAPE_STRUCT:
	case SHAPE_ARRAY:
	case SHAPE_INSIDE:
		ck_assert_msg(of && structure_fields(of, &count), "%s: no structure %s", where, of);
		break;
	case SHAPE_CONSTANTS:
	case SHAPE_NAMED:
	case SHAPE_PERMISSIONS:
		ck_assert_msg(of && constant_set_form(of) != CONSTANT_NONE, "%s: no sets %s", where,
			      of);
		break;
	case SHAPE_ABSENT:
		break;
	default:
		ck_assert_msg(!of, "%s: has no use for %s", where, of);
	}
}

START_TEST(parameters_are_those_of_calls)
{
	const struct parameter_row *row;
	unsigned int argument;

	for (size_t i = 0; (row = parameter_row_at(i)); i++) {
		if (strcmp(row->call, "*") != 0)
			ck_assert_msg(has_parameter(row->call, row->parameter, &argument),
				      "%s has no %s", row->call, row->parameter);
		else
			ck_assert_msg(some_call_has(row->parameter), "no call has %s",
				      row->parameter);
		check_of(row->shape, row->of, row->parameter);
	}
}
END_TEST

START_TEST(lengths_and_conditions_are_parameters)
{
	const struct parameter_row *row;
	unsigned int argument;

	for (size_t i = 0; (row = parameter_row_at(i)); i++) {
		if (!strcmp(row->call, "*"))
			ck_assert_msg(!row->when && (!row->length || some_call_has(row->length)),
				      "%s", row->parameter);
		else if (row->length && !isdigit((unsigned char)*row->length))
			ck_assert_msg(has_parameter(row->call, row->length, &argument),
				      "%s has no %s", row->call, row->length);
		if (row->when)
			ck_assert_msg(has_parameter(row->call, row->when, &argument) &&
					      strcmp(row->when, row->parameter) != 0,
				      "%s has no %s", row->call, row->when);
	}
}
END_TEST

START_TEST(conditions_are_constants)
{
	const struct parameter_row *row;

	for (size_t i = 0; (row = parameter_row_at(i)); i++) {
		const char *name = row->names ? row->names : "";

		if (*name == '~')
			ck_assert_msg(row->of && constant_set_form(row->of) != CONSTANT_NONE,
				      "%s %s: flags of which sets?", row->call, row->parameter);
		for (name += *name == '!' || *name == '~'; *name;) {
			size_t length = strcspn(name, ",");

			ck_assert_msg(is_constant(name, length), "%s %s: no constant %s", row->call,
				      row->parameter, name);
			name += length + (name[length] == ',');
		}
	}
}
END_TEST

/* What is behind the first rows of a call would not be found. */
START_TEST(rows_of_a_call_stand_together)
{
	const struct parameter_row *row;

	for (size_t i = 0; (row = parameter_row_at(i)); i++) {
		size_t count;
		const struct parameter_row *rows = parameter_rows(row->call, &count);

		if (strcmp(row->call, "*") != 0)
			ck_assert_msg(row >= rows && row < rows + count, "%s", row->call);
	}
}
END_TEST

START_TEST(members_are_of_structures)
{
	const struct field_row *field;

	for (size_t i = 0; (field = field_row_at(i)); i++) {
		size_t count;
		const struct field_row *first = structure_fields(field->structure, &count);
		bool is_there = !field->length;

		ck_assert_msg(field >= first && field < first + count, "%s", field->structure);
		check_of(field->shape, field->of, field->name);
		ck_assert_msg((field->width == WIDTH_ARRAY) == (field->size > 0), "%s.%s",
			      field->structure, field->name);
		for (size_t j = 0; j < count && field->length; j++)
			is_there = is_there || !strcmp(first[j].name, field->length);
		ck_assert_msg(is_there, "%s has no %s", field->structure, field->length);
	}
}
END_TEST

/* ---- What filters see ---- */

static enum decode_test test_of(const char *abi_name, const char *call, unsigned int argument)
{
	int abi = sbpf_abi_find(abi_name);
	uint32_t number = UINT32_MAX;

	ck_assert(sbpf_call_number(abi, call, &number));
	return decode_test(abi, number, argument);
}

START_TEST(filters_test_small_sets_of_values)
{
	ck_assert_int_eq(test_of("x86_64", "socket", 0), DECODE_TEST_VALUE);
	ck_assert_int_eq(test_of("x86_64", "socket", 1), DECODE_TEST_FLAGS);
	ck_assert_int_eq(test_of("x86_64", "socket", 2), DECODE_TEST_VALUE);
	ck_assert_int_eq(test_of("x86_64", "clone", 0), DECODE_TEST_FLAGS);
	ck_assert_int_eq(test_of("s390x", "clone", 0), DECODE_TEST_NONE);
	ck_assert_int_eq(test_of("s390x", "clone", 1), DECODE_TEST_FLAGS);
	ck_assert_int_eq(test_of("x86_64", "ioctl", 1), DECODE_TEST_VALUE);
	ck_assert_int_eq(test_of("x86_64", "prctl", 0), DECODE_TEST_VALUE);
	ck_assert_int_eq(test_of("aarch64", "openat", 2), DECODE_TEST_FLAGS);
	ck_assert_int_eq(test_of("aarch64", "setsockopt", 2), DECODE_TEST_VALUE);
}
END_TEST

START_TEST(filters_test_no_pointers_descriptors_and_sizes)
{
	ck_assert_int_eq(test_of("x86_64", "openat", 0), DECODE_TEST_NONE);
	ck_assert_int_eq(test_of("x86_64", "openat", 1), DECODE_TEST_NONE);
	ck_assert_int_eq(test_of("x86_64", "read", 2), DECODE_TEST_NONE);
	ck_assert_int_eq(test_of("x86_64", "fcntl", 2), DECODE_TEST_NONE);
	ck_assert_int_eq(test_of("x86_64", "read", 5), DECODE_TEST_NONE);
	ck_assert_int_eq(decode_test(sbpf_abi_find("x86_64"), 99999, 0), DECODE_TEST_NONE);
}
END_TEST

static const char *unseen_of(const char *abi_name, const char *call)
{
	int abi = sbpf_abi_find(abi_name);
	uint32_t number = UINT32_MAX;

	ck_assert(sbpf_call_number(abi, call, &number));
	return decode_unseen(abi, number);
}

START_TEST(what_no_filter_sees_is_told)
{
	ck_assert_str_eq(unseen_of("x86_64", "clone3"), "clone_args");
	ck_assert_str_eq(unseen_of("aarch64", "openat2"), "open_how");
	ck_assert_str_eq(unseen_of("x86", "socketcall"), "arguments");
	ck_assert_str_eq(unseen_of("x86", "mmap"), "mmap arguments");
	ck_assert_ptr_null(unseen_of("x86_64", "mmap"));
	ck_assert_ptr_null(unseen_of("x86_64", "openat"));
	ck_assert_ptr_null(decode_unseen(sbpf_abi_find("x86_64"), 99999));
	ck_assert_ptr_null(decode_unseen(-1, 0));
}
END_TEST

/* ---- Without a thread ---- */

static char *text_of(const char *abi_name, const char *call, const uint64_t arguments[6])
{
	int abi = sbpf_abi_find(abi_name);
	struct seccomp_data data = { 0 };
	uint32_t number = 4242;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	sbpf_call_number(abi, call, &number);
	data.nr = (int)number;
	for (size_t i = 0; i < 6; i++)
		data.args[i] = arguments[i];
	decode_call(out, 0, abi, &data);
	fclose(out);
	return text;
}

#define ASSERT_TEXT(expected, abi, call, ...)                                                      \
	do {                                                                                       \
		char *text = text_of(abi, call, (const uint64_t[6]){ __VA_ARGS__ });               \
                                                                                                   \
		ck_assert_str_eq(text, expected);                                                  \
		free(text);                                                                        \
	} while (0)

START_TEST(registers_are_cut_as_the_kernel_cuts_them)
{
	ASSERT_TEXT("socket(AF_INET, SOCK_STREAM, IPPROTO_IP)", "x86_64", "socket",
		    UINT64_C(0xffffffff00000002), 1);
	ASSERT_TEXT("unlinkat(AT_FDCWD, 0x1000, AT_REMOVEDIR)", "x86_64", "unlinkat", 0xffffff9c,
		    0x1000, UINT64_C(0x100000200));
	ASSERT_TEXT("kill(-1, SIGKILL)", "x86_64", "kill", 0xffffffff, 9);
	ASSERT_TEXT("chmod(NULL, 0644)", "x86_64", "chmod", 0, 0xabcd0000 | 0644);
	ASSERT_TEXT("setresuid(-1, 0, 1000)", "aarch64", "setresuid", UINT64_MAX, 0, 1000);
}
END_TEST

START_TEST(constants_are_those_of_the_machine)
{
	ASSERT_TEXT("socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP)", "mips64", "socket", 2, 1, 6);
	ASSERT_TEXT("kill(1, SIGUSR1)", "mips", "kill", 1, 16);
	ASSERT_TEXT("clone(NULL, CLONE_NEWUSER|SIGCHLD)", "s390x", "clone", 0, 0x10000011);
}
END_TEST

START_TEST(commands_tell_what_other_arguments_are)
{
	ASSERT_TEXT("fcntl(3, F_GETFD)", "x86_64", "fcntl", 3, 1, 0xdead);
	ASSERT_TEXT("fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK)", "x86_64", "fcntl", 3, 4, 04000);
	ASSERT_TEXT("prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN)", "x86_64", "prctl", 24, 21, 1, 2, 3);
	ASSERT_TEXT("prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)", "x86_64", "prctl", 38, 1);
	ASSERT_TEXT("keyctl(KEYCTL_LINK, 55, KEY_SPEC_PROCESS_KEYRING)", "x86_64", "keyctl", 8, 55,
		    0xfffffffe);
	ASSERT_TEXT("ptrace(PTRACE_TRACEME)", "x86_64", "ptrace", 0, 1, 2, 3);
	ASSERT_TEXT("ioctl(0, _IOC(_IOC_READ|_IOC_WRITE, 0x2a, 0x7, 0x10), 0x9)", "x86_64", "ioctl",
		    0, 0xc0102a07, 9);
}
END_TEST

START_TEST(unknown_calls_are_numbers)
{
	ASSERT_TEXT("syscall_0x1092(0x1, 0x0, 0x3)", "x86_64", "no_such_call", 1, 0, 3);
	ASSERT_TEXT("syscall_0x1092()", "no_such_abi", "no_such_call", 0);
}
END_TEST

START_TEST(nobody_called_without_a_thread)
{
	const struct seccomp_data data = { .instruction_pointer = 0x1000 };
	char object[PATH_MAX];
	uint64_t offset;

	ck_assert(!decode_caller(0, &data, object, &offset));
	ck_assert(!decode_caller(getpid(), &(struct seccomp_data){ 0 }, object, &offset));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decode");
	TCase *tables = tcase_create("tables");
	TCase *calls = tcase_create("calls");
	SRunner *runner;
	int failed;

	tcase_add_test(tables, parameters_are_those_of_calls);
	tcase_add_test(tables, lengths_and_conditions_are_parameters);
	tcase_add_test(tables, conditions_are_constants);
	tcase_add_test(tables, rows_of_a_call_stand_together);
	tcase_add_test(tables, members_are_of_structures);
	tcase_add_test(calls, filters_test_small_sets_of_values);
	tcase_add_test(calls, filters_test_no_pointers_descriptors_and_sizes);
	tcase_add_test(calls, what_no_filter_sees_is_told);
	tcase_add_test(calls, registers_are_cut_as_the_kernel_cuts_them);
	tcase_add_test(calls, constants_are_those_of_the_machine);
	tcase_add_test(calls, commands_tell_what_other_arguments_are);
	tcase_add_test(calls, unknown_calls_are_numbers);
	tcase_add_test(calls, nobody_called_without_a_thread);
	suite_add_tcase(suite, tables);
	suite_add_tcase(suite, calls);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
