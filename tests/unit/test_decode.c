/* SPDX-License-Identifier: MIT */
/* The tables of decoding, and what they say of calls. tests/live/decode.py reads real processes. */
#include "decode.h"

#include "constants.h"
#include "shapes.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static char *text_of(pid_t tid, const char *abi_name, const char *call, const uint64_t arguments[6])
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
	decode_call(out, tid, abi, &data);
	fclose(out);
	return text;
}

#define ASSERT_TEXT(expected, abi, call, ...) ASSERT_TEXT_OF(0, expected, abi, call, __VA_ARGS__)
#define ASSERT_TEXT_OF(tid, expected, abi, call, ...)                                              \
	do {                                                                                       \
		char *text = text_of(tid, abi, call, (const uint64_t[6]){ __VA_ARGS__ });          \
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
	ck_assert(!decode_caller(getpid(), &data, object, &offset));
}
END_TEST

/* ---- Layouts, of this process's own memory ---- */

/* Where pointers of 32 bits reach, a page. */
#define LOW 0x20000000u

static uint8_t *low;

static void map_low(void)
{
	low = mmap((void *)(uintptr_t)LOW, 4096, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	ck_assert_ptr_eq(low, (void *)(uintptr_t)LOW);
	memcpy(low + 256, "text", 5);
}

static void unmap_low(void)
{
	munmap(low, 4096);
}

#define PUT(type, ...)                                                                             \
	do {                                                                                       \
		const type put[] = { __VA_ARGS__ };                                                \
                                                                                                   \
		memcpy(low, put, sizeof(put));                                                     \
	} while (0)

/* Of an ABI with this machine's order of bytes. */
#define ASSERT_READ(expected, abi, call, ...)                                                      \
	ASSERT_TEXT_OF(getpid(), expected, abi, call, __VA_ARGS__)

START_TEST(longs_and_times_have_the_size_of_the_abi)
{
	PUT(uint32_t, 1, 5, 0, 0);
	ASSERT_READ("nanosleep({tv_sec=1, tv_nsec=5}, NULL)", "x86", "nanosleep", LOW);
	ASSERT_READ("nanosleep({tv_sec=1, tv_nsec=5}, NULL)", "arm", "nanosleep", LOW);
	PUT(uint64_t, 1, 5);
	ASSERT_READ("nanosleep({tv_sec=1, tv_nsec=5}, NULL)", "x86_64", "nanosleep", LOW);
	ASSERT_READ("nanosleep({tv_sec=1, tv_nsec=5}, NULL)", "x32", "nanosleep", LOW);
	ASSERT_READ("clock_settime64(CLOCK_REALTIME, {tv_sec=1, tv_nsec=5})", "arm",
		    "clock_settime64", 0, LOW);
}
END_TEST

START_TEST(pointers_have_the_size_of_the_abi)
{
	PUT(uint32_t, LOW + 256, 4);
	ASSERT_READ("writev(-1, [{iov_base=\"text\", iov_len=4}], 1)", "x32", "writev", -1, LOW, 1);
	ASSERT_READ("writev(-1, [{iov_base=\"text\", iov_len=4}], 1)", "x86", "writev", -1, LOW, 1);
	PUT(uint64_t, LOW + 256, 4);
	ASSERT_READ("writev(-1, [{iov_base=\"text\", iov_len=4}], 1)", "aarch64", "writev", -1, LOW,
		    1);
}
END_TEST

START_TEST(members_of_64_bits_stand_as_the_abi_has_them)
{
	PUT(uint32_t, 1, 7, 0, 9);
	ASSERT_READ("epoll_ctl(-1, EPOLL_CTL_ADD, -1, {events=EPOLLIN, data=0x7})", "x86_64",
		    "epoll_ctl", -1, 1, -1, LOW);
	ASSERT_READ("epoll_ctl(-1, EPOLL_CTL_ADD, -1, {events=EPOLLIN, data=0x7})", "x86",
		    "epoll_ctl", -1, 1, -1, LOW);
	PUT(uint32_t, 1, 7, 9, 0);
	ASSERT_READ("epoll_ctl(-1, EPOLL_CTL_ADD, -1, {events=EPOLLIN, data=0x9})", "aarch64",
		    "epoll_ctl", -1, 1, -1, LOW);
	PUT(uint32_t, 0, 5, 0, 6, 0);
	ASSERT_READ(
		"fcntl64(-1, F_SETLK64, {l_type=F_RDLCK, l_whence=SEEK_SET, l_start=5, l_len=6})",
		"x86", "fcntl64", -1, 13, LOW);
	PUT(uint32_t, 0, 9, 5, 0, 6, 0);
	ASSERT_READ(
		"fcntl64(-1, F_SETLK64, {l_type=F_RDLCK, l_whence=SEEK_SET, l_start=5, l_len=6})",
		"arm", "fcntl64", -1, 13, LOW);
}
END_TEST

START_TEST(structures_of_another_layout_are_pointers)
{
	PUT(uint64_t, 1, 0x10000000, 0, 0);
	ASSERT_READ("rt_sigaction(SIGINT, {sa_handler=SIG_IGN, sa_flags=SA_RESTART, "
		    "sa_restorer=NULL, sa_mask=[]}, NULL, 8)",
		    "aarch64", "rt_sigaction", 2, LOW, 0, 8);
	ASSERT_READ("rt_sigaction(SIGINT, 0x20000000, NULL, 8)", "riscv64", "rt_sigaction", 2, LOW,
		    0, 8);
}
END_TEST

static void address_of(uint16_t family, const void *rest, size_t size)
{
	memset(low, 0, 128);
	memcpy(low, &family, sizeof(family));
	memcpy(low + sizeof(family), rest, size);
}

START_TEST(addresses_are_told_by_family)
{
	address_of(38, "hash\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0sha256", 28);
	ASSERT_READ("bind(-1, {sa_family=AF_ALG, salg_type=\"hash\", salg_name=\"sha256\"}, 88)",
		    "x86_64", "bind", -1, LOW, 88);
	address_of(40, "\0\0\5\0\0\0\2\0\0\0", 10);
	ASSERT_READ("bind(-1, {sa_family=AF_VSOCK, svm_cid=2, svm_port=5}, 16)", "x86_64", "bind",
		    -1, LOW, 16);
	address_of(17, "\0\3\5\0\0\0", 6);
	ASSERT_READ("bind(-1, {sa_family=AF_PACKET, sll_protocol=htons(0x3), sll_ifindex=5}, 20)",
		    "x86_64", "bind", -1, LOW, 20);
	ASSERT_READ("bind(-1, {sa_family=AF_PACKET, sa_data=\"\\0\\3\\5\\0\"}, 6)", "x86_64",
		    "bind", -1, LOW, 6);
	ASSERT_READ("bind(-1, 0x20000000, 1)", "x86_64", "bind", -1, LOW, 1);
}
END_TEST

START_TEST(the_caller_is_found_as_in_maps)
{
	const struct seccomp_data data = { .instruction_pointer = LOW + 4096 };
	char object[PATH_MAX];
	uint64_t offset;

	ck_assert(decode_caller(getpid(), &data, object, &offset));
	ck_assert_str_eq(object, "[anonymous]");
	ck_assert_uint_eq(offset, 4096);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decode");
	TCase *tables = tcase_create("tables");
	TCase *calls = tcase_create("calls");
	TCase *layouts = tcase_create("layouts");
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
	tcase_add_checked_fixture(layouts, map_low, unmap_low);
	tcase_add_test(layouts, longs_and_times_have_the_size_of_the_abi);
	tcase_add_test(layouts, pointers_have_the_size_of_the_abi);
	tcase_add_test(layouts, members_of_64_bits_stand_as_the_abi_has_them);
	tcase_add_test(layouts, structures_of_another_layout_are_pointers);
	tcase_add_test(layouts, addresses_are_told_by_family);
	tcase_add_test(layouts, the_caller_is_found_as_in_maps);
	suite_add_tcase(suite, calls);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	suite_add_tcase(suite, layouts);
#else
	tcase_free(layouts);
#endif
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
