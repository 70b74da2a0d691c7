/* SPDX-License-Identifier: MIT */
#include "sbpf.h"

#include "arch.h"
#include "filter.h"

#include <check.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define AND(k) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, k)
#define JUMP(operation, k, jt, jf) BPF_JUMP(BPF_JMP | (operation) | BPF_K, k, jt, jf)
#define GOTO(distance) BPF_STMT(BPF_JMP | BPF_JA, distance)
#define RETURN(verdict) BPF_STMT(BPF_RET | BPF_K, verdict)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct sbpf_filter *make_filter(const char *machine, const char *other_abi,
				       const struct sock_filter *program, size_t count)
{
	struct sbpf_filter *filter =
		calloc(1, sizeof(*filter) + count * sizeof(filter->program[0]));

	ck_assert_ptr_nonnull(filter);
	filter->machine = sbpf_abi_find(machine);
	filter->abi_set = UINT64_C(1) << filter->machine;
	if (other_abi)
		filter->abi_set |= UINT64_C(1) << sbpf_abi_find(other_abi);
	filter->count = count;
	memcpy(filter->program, program, count * sizeof(filter->program[0]));
	return filter;
}

/* mkdir is refused, openat too with the lowest bit of argument 2 set, and so is another arch. */
static struct sbpf_filter *make_small_filter(void)
{
	static const struct sock_filter program[] = {
		LOAD(4),
		JUMP(BPF_JEQ, 0xc000003e, 0, 7),
		LOAD(0),
		JUMP(BPF_JGE, 84, 4, 0),
		JUMP(BPF_JGT, 82, 2, 0),
		GOTO(0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ERRNO | 1),
		JUMP(BPF_JEQ, 257, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(32),
		JUMP(BPF_JSET, 1, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | 1),
		RETURN(SECCOMP_RET_LOG),
	};

	return make_filter("x86_64", NULL, program, COUNT(program));
}

static void assert_format(struct sbpf_filter *filter, enum sbpf_format format, const char *expected)
{
	struct sbpf_error error = { 0 };
	size_t length = 0;
	char *text = sbpf_filter_format(filter, format, &length, &error);

	ck_assert_msg(text != NULL, "%s", error.message);
	ck_assert_str_eq(text, expected);
	ck_assert_uint_eq(length, strlen(expected));
	free(text);
	free(filter);
}

START_TEST(asm_names_calls_fields_and_verdicts)
{
	assert_format(make_small_filter(), SBPF_FORMAT_ASM,
		      "; x86_64, 14 instructions\n"
		      "l0:\tld [4]                          ; arch\n"
		      "l1:\tjeq #0xc000003e, l2, l9         ; arch == x86_64\n"
		      "l2:\tld [0]                          ; number\n"
		      "l3:\tjge #0x54, l8, l4               ; number >= 84 (rmdir)\n"
		      "l4:\tjgt #0x52, l7, l5               ; number > 82 (rename)\n"
		      "l5:\tjmp l6\n"
		      "l6:\tret #0x7fff0000                 ; ALLOW\n"
		      "l7:\tret #0x50001                    ; ERRNO(EPERM)\n"
		      "l8:\tjeq #0x101, l10, l9             ; number == 257 (openat)\n"
		      "l9:\tret #0x80000000                 ; KILL_PROCESS\n"
		      "l10:\tld [32]                        ; args[2] (openat's flags)\n"
		      "l11:\tjset #0x1, l12, l13            ; args[2] (openat's flags) & 1\n"
		      "l12:\tret #0x50001                   ; ERRNO(EPERM)\n"
		      "l13:\tret #0x7ffc0000                ; LOG\n");
}
END_TEST

START_TEST(asm_finds_the_call_that_two_bounds_leave)
{
	static const struct sock_filter program[] = {
		LOAD(0),  JUMP(BPF_JGE, 83, 0, 3),  JUMP(BPF_JGE, 84, 2, 0),
		LOAD(20), RETURN(SECCOMP_RET_TRAP), RETURN(SECCOMP_RET_ALLOW),
	};

	assert_format(make_filter("x86_64", NULL, program, COUNT(program)), SBPF_FORMAT_ASM,
		      "; x86_64, 6 instructions\n"
		      "l0:\tld [0]                          ; number\n"
		      "l1:\tjge #0x53, l2, l5               ; number >= 83 (mkdir)\n"
		      "l2:\tjge #0x54, l5, l3               ; number >= 84 (rmdir)\n"
		      "l3:\tld [20]                         ; args[0].upper (mkdir's pathname)\n"
		      "l4:\tret #0x30000                    ; TRAP\n"
		      "l5:\tret #0x7fff0000                 ; ALLOW\n");
}
END_TEST

START_TEST(asm_names_calls_that_x32_shares_after_its_bit_is_cleared)
{
	static const struct sock_filter program[] = {
		LOAD(0),
		AND(0xbfffffff),
		JUMP(BPF_JEQ, 41, 0, 2),
		LOAD(16),
		JUMP(BPF_JEQ, 40, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_KILL_THREAD),
	};

	assert_format(make_filter("x86_64", "x32", program, COUNT(program)), SBPF_FORMAT_ASM,
		      "; x86_64, 7 instructions\n"
		      "l0:\tld [0]                          ; number\n"
		      "l1:\tand #0xbfffffff\n"
		      "l2:\tjeq #0x29, l3, l5               ; number & 0xbfffffff == 41 (socket)\n"
		      "l3:\tld [16]                         ; args[0] (socket's family)\n"
		      "l4:\tjeq #0x28, l6, l5               ; args[0] (socket's family) == 0x28\n"
		      "l5:\tret #0x7fff0000                 ; ALLOW\n"
		      "l6:\tret #0x0                        ; KILL_THREAD\n");
}
END_TEST

START_TEST(asm_names_calls_of_x32_alone_after_its_bit_is_cleared)
{
	static const struct sock_filter program[] = {
		LOAD(0),
		AND(0xbfffffff),
		JUMP(BPF_JEQ, 520, 0, 0),
		RETURN(SECCOMP_RET_ALLOW),
	};

	assert_format(make_filter("x86_64", "x32", program, COUNT(program)), SBPF_FORMAT_ASM,
		      "; x86_64, 4 instructions\n"
		      "l0:\tld [0]                          ; number\n"
		      "l1:\tand #0xbfffffff\n"
		      "l2:\tjeq #0x208, l3, l3              ; number & 0xbfffffff == 520 (execve)\n"
		      "l3:\tret #0x7fff0000                 ; ALLOW\n");
}
END_TEST

START_TEST(asm_names_no_call_where_two_abis_disagree)
{
	/* 83 is mkdir on x86_64 and symlink on x86. */
	static const struct sock_filter program[] = {
		LOAD(0),
		JUMP(BPF_JEQ, 83, 1, 0),
		RETURN(SECCOMP_RET_ALLOW),
		LOAD(4),
		JUMP(BPF_JEQ, 0x40000003, 0, 1),
		LOAD(0),
		RETURN(SECCOMP_RET_ALLOW),
	};

	assert_format(make_filter("x86_64", "x86", program, COUNT(program)), SBPF_FORMAT_ASM,
		      "; x86_64, 7 instructions\n"
		      "l0:\tld [0]                          ; number\n"
		      "l1:\tjeq #0x53, l3, l2               ; number == 83\n"
		      "l2:\tret #0x7fff0000                 ; ALLOW\n"
		      "l3:\tld [4]                          ; arch\n"
		      "l4:\tjeq #0x40000003, l5, l6         ; arch == x86\n"
		      "l5:\tld [0]                          ; number\n"
		      "l6:\tret #0x7fff0000                 ; ALLOW\n");
}
END_TEST

START_TEST(asm_takes_the_upper_half_first_on_big_endian_machines)
{
	static const struct sock_filter program[] = {
		LOAD(16),
		LOAD(20),
		RETURN(SECCOMP_RET_ALLOW),
	};

	assert_format(make_filter("s390x", NULL, program, COUNT(program)), SBPF_FORMAT_ASM,
		      "; s390x, 3 instructions\n"
		      "l0:\tld [16]                         ; args[0].upper\n"
		      "l1:\tld [20]                         ; args[0]\n"
		      "l2:\tret #0x7fff0000                 ; ALLOW\n");
}
END_TEST

static struct sbpf_filter *make_tiny_filter(const char *machine)
{
	static const struct sock_filter program[] = {
		LOAD(0),
		JUMP(BPF_JEQ, 83, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | 1),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return make_filter(machine, NULL, program, COUNT(program));
}

static void assert_raw(const char *machine, const uint8_t *expected, size_t expected_length)
{
	struct sbpf_filter *filter = make_tiny_filter(machine);
	struct sbpf_error error = { 0 };
	size_t length = 0;
	char *raw = sbpf_filter_format(filter, SBPF_FORMAT_RAW, &length, &error);

	ck_assert_msg(raw != NULL, "%s", error.message);
	ck_assert_uint_eq(length, expected_length);
	ck_assert_mem_eq(raw, expected, expected_length);
	free(raw);
	free(filter);
}

START_TEST(raw_is_little_endian_for_x86_64)
{
	static const uint8_t expected[] = {
		0x20, 0, 0, 0, 0,    0, 0,    0,    0x15, 0, 0, 1, 0x53, 0, 0,	  0,
		0x06, 0, 0, 0, 0x01, 0, 0x05, 0x00, 0x06, 0, 0, 0, 0,	 0, 0xff, 0x7f,
	};

	assert_raw("x86_64", expected, sizeof(expected));
}
END_TEST

START_TEST(raw_is_big_endian_for_s390x)
{
	static const uint8_t expected[] = {
		0, 0x20, 0, 0, 0,    0,	   0, 0,    0, 0x15, 0, 1, 0,	 0,    0, 0x53,
		0, 0x06, 0, 0, 0x00, 0x05, 0, 0x01, 0, 0x06, 0, 0, 0x7f, 0xff, 0, 0,
	};

	assert_raw("s390x", expected, sizeof(expected));
}
END_TEST

START_TEST(base64_is_one_line_of_raw)
{
	/* As base64(1) writes the bytes of the two tests above. */
	assert_format(make_tiny_filter("x86_64"), SBPF_FORMAT_BASE64,
		      "IAAAAAAAAAAVAAABUwAAAAYAAAABAAUABgAAAAAA/38=\n");
	assert_format(make_tiny_filter("s390x"), SBPF_FORMAT_BASE64,
		      "ACAAAAAAAAAAFQABAAAAUwAGAAAABQABAAYAAH//AAA=\n");
}
END_TEST

START_TEST(base64_fills_the_last_group)
{
	static const struct sock_filter program[] = {
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_ALLOW),
	};

	assert_format(make_filter("x86_64", NULL, program, 1), SBPF_FORMAT_BASE64,
		      "BgAAAAAA/38=\n");
	assert_format(make_filter("x86_64", NULL, program, 2), SBPF_FORMAT_BASE64,
		      "BgAAAAAA/38GAAAAAAD/fw==\n");
	assert_format(make_filter("x86_64", NULL, program, 3), SBPF_FORMAT_BASE64,
		      "BgAAAAAA/38GAAAAAAD/fwYAAAAAAP9/\n");
}
END_TEST

START_TEST(json_has_targets_abis_and_flags)
{
	static const struct sock_filter program[] = {
		LOAD(4),
		JUMP(BPF_JEQ, 0x40000003, 0, 1),
		GOTO(0),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sbpf_filter *filter = make_filter("x86_64", "x86", program, COUNT(program));

	filter->flags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	assert_format(
		filter, SBPF_FORMAT_JSON,
		"{\"machine\": \"x86_64\", \"abis\": [\"x86_64\", \"x86\"], "
		"\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\", \"SECCOMP_FILTER_FLAG_SPEC_ALLOW\"], "
		"\"instructions\": [\n"
		"\t{\"index\": 0, \"code\": 32, \"jt\": 0, \"jf\": 0, \"k\": 4, "
		"\"op\": \"ld\", \"comment\": \"arch\"},\n"
		"\t{\"index\": 1, \"code\": 21, \"jt\": 0, \"jf\": 1, \"k\": 1073741827, "
		"\"op\": \"jeq\", \"true\": 2, \"false\": 3, \"comment\": \"arch == x86\"},\n"
		"\t{\"index\": 2, \"code\": 5, \"jt\": 0, \"jf\": 0, \"k\": 0, "
		"\"op\": \"jmp\", \"target\": 3, \"comment\": \"\"},\n"
		"\t{\"index\": 3, \"code\": 6, \"jt\": 0, \"jf\": 0, \"k\": 2147418112, "
		"\"op\": \"ret\", \"comment\": \"ALLOW\"}\n"
		"]}\n");
}
END_TEST

START_TEST(json_without_flags_has_an_empty_list)
{
	static const struct sock_filter program[] = { RETURN(SECCOMP_RET_USER_NOTIF) };

	assert_format(make_filter("aarch64", NULL, program, 1), SBPF_FORMAT_JSON,
		      "{\"machine\": \"aarch64\", \"abis\": [\"aarch64\"], \"flags\": [], "
		      "\"instructions\": [\n"
		      "\t{\"index\": 0, \"code\": 6, \"jt\": 0, \"jf\": 0, \"k\": 2143289344, "
		      "\"op\": \"ret\", \"comment\": \"NOTIFY\"}\n"
		      "]}\n");
}
END_TEST

START_TEST(dot_draws_tests_and_coloured_verdicts)
{
	assert_format(
		make_small_filter(), SBPF_FORMAT_DOT,
		"digraph filter {\n"
		"\tsubgraph cluster_0 {\n"
		"\t\tlabel=\"x86_64, 14 instructions\";\n"
		"\t\tf0_start [label=\"start\", shape=plaintext];\n"
		"\t\tf0_start -> f0_1;\n"
		"\t\tf0_1 [label=\"arch == x86_64\", shape=diamond];\n"
		"\t\tf0_1 -> f0_3 [label=\"yes\"];\n"
		"\t\tf0_1 -> f0_9 [label=\"no\", style=dashed];\n"
		"\t\tf0_3 [label=\"number >= 84 (rmdir)\", shape=diamond];\n"
		"\t\tf0_3 -> f0_8 [label=\"yes\"];\n"
		"\t\tf0_3 -> f0_4 [label=\"no\", style=dashed];\n"
		"\t\tf0_4 [label=\"number > 82 (rename)\", shape=diamond];\n"
		"\t\tf0_4 -> f0_7 [label=\"yes\"];\n"
		"\t\tf0_4 -> f0_6 [label=\"no\", style=dashed];\n"
		"\t\tf0_6 [label=\"return ALLOW\", shape=box, style=filled, fillcolor=palegreen];\n"
		"\t\tf0_7 [label=\"return ERRNO(EPERM)\", shape=box, style=filled, "
		"fillcolor=orange];\n"
		"\t\tf0_8 [label=\"number == 257 (openat)\", shape=diamond];\n"
		"\t\tf0_8 -> f0_11 [label=\"yes\"];\n"
		"\t\tf0_8 -> f0_9 [label=\"no\", style=dashed];\n"
		"\t\tf0_9 [label=\"return KILL_PROCESS\", shape=box, style=filled, "
		"fillcolor=red];\n"
		"\t\tf0_11 [label=\"args[2] (openat's flags) & 1\", shape=diamond];\n"
		"\t\tf0_11 -> f0_12 [label=\"yes\"];\n"
		"\t\tf0_11 -> f0_13 [label=\"no\", style=dashed];\n"
		"\t\tf0_12 [label=\"return ERRNO(EPERM)\", shape=box, style=filled, "
		"fillcolor=orange];\n"
		"\t\tf0_13 [label=\"return LOG\", shape=box, style=filled, fillcolor=khaki];\n"
		"\t}\n"
		"}\n");
}
END_TEST

START_TEST(no_filter_keeps_the_first_error)
{
	struct sbpf_error error = { .code = SBPF_ERROR_SYNTAX, .message = "first" };

	ck_assert_ptr_null(sbpf_filter_format(NULL, SBPF_FORMAT_ASM, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_SYNTAX);
	ck_assert_str_eq(error.message, "first");
}
END_TEST

START_TEST(unknown_format_is_an_error)
{
	struct sbpf_filter *filter = make_tiny_filter("x86_64");
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_filter_format(filter, (enum sbpf_format)99, NULL, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	ck_assert_str_eq(error.message, "no such format: 99, must be one of enum sbpf_format");
	free(filter);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("format");
	TCase *tests = tcase_create("format");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, asm_names_calls_fields_and_verdicts);
	tcase_add_test(tests, asm_finds_the_call_that_two_bounds_leave);
	tcase_add_test(tests, asm_names_calls_that_x32_shares_after_its_bit_is_cleared);
	tcase_add_test(tests, asm_names_calls_of_x32_alone_after_its_bit_is_cleared);
	tcase_add_test(tests, asm_names_no_call_where_two_abis_disagree);
	tcase_add_test(tests, asm_takes_the_upper_half_first_on_big_endian_machines);
	tcase_add_test(tests, raw_is_little_endian_for_x86_64);
	tcase_add_test(tests, raw_is_big_endian_for_s390x);
	tcase_add_test(tests, base64_is_one_line_of_raw);
	tcase_add_test(tests, base64_fills_the_last_group);
	tcase_add_test(tests, json_has_targets_abis_and_flags);
	tcase_add_test(tests, json_without_flags_has_an_empty_list);
	tcase_add_test(tests, dot_draws_tests_and_coloured_verdicts);
	tcase_add_test(tests, no_filter_keeps_the_first_error);
	tcase_add_test(tests, unknown_format_is_an_error);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
