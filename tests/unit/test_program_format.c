/* SPDX-License-Identifier: MIT */
#include "sbpf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* mkdir of x86_64 is refused. */
static const struct sock_filter program[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xc000003e, 0, 3),
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 83, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};

START_TEST(calls_are_named_after_the_arch_that_the_program_tests)
{
	struct sbpf_error error = { 0 };
	size_t length = 0;
	char *text = sbpf_program_format(program, COUNT(program), sbpf_abi_find("x86_64"),
					 SBPF_FORMAT_ASM, &length, &error);

	ck_assert_msg(text != NULL, "%s", error.message);
	ck_assert_uint_eq(length, strlen(text));
	ck_assert_str_eq(text, "; x86_64, 6 instructions\n"
			       "l0:\tld [4]                          ; arch\n"
			       "l1:\tjeq #0xc000003e, l2, l5         ; arch == x86_64/x32\n"
			       "l2:\tld [0]                          ; number\n"
			       "l3:\tjeq #0x53, l4, l5               ; number == 83 (mkdir)\n"
			       "l4:\tret #0x50001                    ; ERRNO(EPERM)\n"
			       "l5:\tret #0x7fff0000                 ; ALLOW\n");
	free(text);
}
END_TEST

START_TEST(raw_is_in_the_byte_order_of_the_machine)
{
	static const uint8_t little[] = { 0x15, 0, 0, 3, 0x3e, 0, 0, 0xc0 };
	static const uint8_t big[] = { 0, 0x15, 0, 3, 0xc0, 0, 0, 0x3e };
	static const struct {
		const char *machine;
		const uint8_t *second;
	} cases[] = { { "x86_64", little }, { "s390x", big } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct sbpf_error error = { 0 };
		size_t length = 0;
		char *raw = sbpf_program_format(program, COUNT(program),
						sbpf_abi_find(cases[i].machine), SBPF_FORMAT_RAW,
						&length, &error);

		ck_assert_msg(raw != NULL, "%s", error.message);
		ck_assert_uint_eq(length, 8 * COUNT(program));
		ck_assert_mem_eq(raw + 8, cases[i].second, 8);
		free(raw);
	}
}
END_TEST

START_TEST(a_program_that_the_kernel_refuses_is_refused)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_program_format(program, COUNT(program) - 2, sbpf_abi_find("x86_64"),
					       SBPF_FORMAT_ASM, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_INVALID);
}
END_TEST

START_TEST(an_index_that_is_no_machine_is_refused)
{
	static const int indexes[] = { -1, 1000 };

	for (size_t i = 0; i < COUNT(indexes); i++) {
		struct sbpf_error error = { 0 };

		ck_assert_ptr_null(sbpf_program_format(program, COUNT(program), indexes[i],
						       SBPF_FORMAT_RAW, NULL, &error));
		ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("program_format");
	TCase *tests = tcase_create("program_format");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, calls_are_named_after_the_arch_that_the_program_tests);
	tcase_add_test(tests, raw_is_in_the_byte_order_of_the_machine);
	tcase_add_test(tests, a_program_that_the_kernel_refuses_is_refused);
	tcase_add_test(tests, an_index_that_is_no_machine_is_refused);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
