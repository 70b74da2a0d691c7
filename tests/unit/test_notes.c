/* SPDX-License-Identifier: MIT */
/* Following calls through programs, and what is noted of each instruction. */
#include "sbpf.h"

#include <check.h>
#include <linux/audit.h>
#include <linux/bpf_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define JUMP(operation, k, jt, jf) BPF_JUMP(BPF_JMP | (operation) | BPF_K, k, jt, jf)
#define RETURN(verdict) BPF_STMT(BPF_RET | BPF_K, verdict)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t set_of(const char *abi)
{
	return UINT64_C(1) << sbpf_abi_find(abi);
}

static struct sbpf_notes *annotate(const struct sock_filter *program, size_t count,
				   const char *machine, uint64_t abis)
{
	struct sbpf_error error = { 0 };
	struct sbpf_notes *notes =
		sbpf_program_annotate(program, count, sbpf_abi_find(machine), abis, &error);

	ck_assert_msg(notes != NULL, "%s", error.message);
	return notes;
}

static void assert_sentence(const struct sbpf_notes *notes, size_t index, bool negated,
			    const char *expected)
{
	char *sentence = sbpf_instruction_describe(notes, index, negated);

	ck_assert_ptr_nonnull(sentence);
	ck_assert_str_eq(sentence, expected);
	free(sentence);
}

/* socket is decided by its family, on x86_64; other archs are killed. */
static const struct sock_filter socket_program[] = {
	LOAD(4),
	JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 0, 6),
	LOAD(0),
	JUMP(BPF_JEQ, 41, 0, 3),
	LOAD(16),
	JUMP(BPF_JEQ, 40, 0, 1),
	RETURN(SECCOMP_RET_ERRNO | 1),
	RETURN(SECCOMP_RET_ALLOW),
	RETURN(SECCOMP_RET_KILL_PROCESS),
};

/* ---- Following ---- */

START_TEST(a_call_is_followed_by_arch_and_number)
{
	static const struct {
		uint32_t arch, number;
		size_t steps;
		const char *reached;
	} cases[] = {
		{ AUDIT_ARCH_X86_64, 41, 7, "111111110" },
		{ AUDIT_ARCH_X86_64, 83, 5, "111100010" },
		{ AUDIT_ARCH_I386, 41, 3, "110000001" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		bool reached[COUNT(socket_program)];
		char text[COUNT(socket_program) + 1] = "";

		ck_assert_uint_eq(sbpf_program_follow(socket_program, COUNT(socket_program),
						      cases[i].arch, cases[i].number, reached),
				  cases[i].steps);
		for (size_t j = 0; j < COUNT(reached); j++)
			text[j] = reached[j] ? '1' : '0';
		ck_assert_str_eq(text, cases[i].reached);
	}
}
END_TEST

/* Arithmetic other than AND makes A unknown; what only stores it or loads X does not. */
START_TEST(a_is_known_after_what_leaves_it)
{
	static const struct {
		struct sock_filter between;
		bool known;
	} cases[] = {
		{ BPF_STMT(BPF_ST, 0), true },
		{ BPF_STMT(BPF_STX, 0), true },
		{ BPF_STMT(BPF_LDX | BPF_IMM, 7), true },
		{ BPF_STMT(BPF_MISC | BPF_TAX, 0), true },
		{ BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xff), true },
		{ BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 0), false },
		{ BPF_STMT(BPF_MISC | BPF_TXA, 0), false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct sock_filter program[] = {
			LOAD(0),
			cases[i].between,
			JUMP(BPF_JEQ, 83, 0, 1),
			RETURN(SECCOMP_RET_ALLOW),
			RETURN(SECCOMP_RET_LOG),
		};
		bool reached[COUNT(program)];
		struct sbpf_notes *notes =
			annotate(program, COUNT(program), "x86_64", set_of("x86_64"));

		sbpf_program_follow(program, COUNT(program), AUDIT_ARCH_X86_64, 83, reached);
		ck_assert(reached[3]);
		ck_assert_int_eq(reached[4], !cases[i].known);
		ck_assert_int_eq(notes->list[2].field, cases[i].known ? 0 : -1);
		sbpf_notes_free(notes);
	}
}
END_TEST

START_TEST(what_is_no_program_takes_no_step)
{
	ck_assert_uint_eq(sbpf_program_follow(NULL, 3, 0, 0, NULL), 0);
	ck_assert_uint_eq(sbpf_program_follow(socket_program, 0, 0, 0, NULL), 0);
	ck_assert_uint_eq(sbpf_program_follow(socket_program, BPF_MAXINSNS + 1, 0, 0, NULL), 0);
}
END_TEST

/* ---- Notes ---- */

START_TEST(notes_say_which_calls_come_and_what_a_holds)
{
	struct sbpf_notes *notes = annotate(socket_program, COUNT(socket_program), "x86_64",
					    set_of("x86_64") | set_of("x86"));
	int x86_64 = sbpf_abi_find("x86_64");
	size_t own = notes->abis[0] == x86_64 ? 0 : 1;
	const struct sbpf_note *test = &notes->list[5];

	ck_assert_uint_eq(notes->abi_count, 3);
	ck_assert_int_eq(notes->abis[own], x86_64);
	ck_assert_int_eq(notes->abis[2], -1);
	ck_assert_str_eq(test->call, "socket");
	ck_assert_int_eq(test->abi, x86_64);
	ck_assert_int_eq(test->field, 16);
	ck_assert_uint_eq(test->kept, UINT32_MAX);
	ck_assert_uint_eq(test->arrivals[own].calls, 1);
	ck_assert_uint_eq(test->arrivals[own].first, 41);
	ck_assert(!test->arrivals[own].others);
	ck_assert_uint_eq(test->arrivals[1 - own].calls, 0);
	ck_assert(notes->list[7].arrivals[own].others);
	ck_assert_uint_eq(notes->list[7].arrivals[own].first, 0);
	ck_assert_ptr_null(notes->list[7].call);
	ck_assert_uint_eq(notes->list[8].arrivals[own].calls, 0);
	ck_assert_uint_gt(notes->list[8].arrivals[1 - own].calls, 300);
	ck_assert(notes->list[8].arrivals[2].others);
	sbpf_notes_free(notes);
}
END_TEST

START_TEST(a_word_that_differs_by_the_way_is_none)
{
	static const struct sock_filter program[] = {
		LOAD(0),
		JUMP(BPF_JEQ, 83, 0, 1),
		LOAD(16),
		JUMP(BPF_JEQ, 0, 0, 0),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sbpf_notes *notes = annotate(program, COUNT(program), "x86_64", set_of("x86_64"));

	ck_assert_int_eq(notes->list[3].field, -1);
	assert_sentence(notes, 3, false, "A == 0");
	sbpf_notes_free(notes);
}
END_TEST

START_TEST(a_way_that_nothing_takes_is_not_reached)
{
	static const struct sock_filter program[] = {
		RETURN(SECCOMP_RET_ALLOW),
		RETURN(SECCOMP_RET_LOG),
	};
	struct sbpf_notes *notes = annotate(program, COUNT(program), "x86_64", set_of("x86_64"));

	ck_assert(notes->list[0].reached);
	ck_assert(!notes->list[1].reached);
	sbpf_notes_free(notes);
}
END_TEST

/* ---- Sentences ---- */

START_TEST(tests_are_told_both_ways_round)
{
	static const struct sock_filter program[] = {
		LOAD(0),
		JUMP(BPF_JGE, 83, 0, 0),
		JUMP(BPF_JGT, 83, 0, 0),
		JUMP(BPF_JSET, 64, 0, 0),
		BPF_STMT(BPF_JMP | BPF_JA, 0),
		BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 3),
		RETURN(SECCOMP_RET_ERRNO | 1),
	};
	struct sbpf_notes *notes = annotate(program, COUNT(program), "x86_64", set_of("x86_64"));

	assert_sentence(notes, 0, false, "A = number");
	assert_sentence(notes, 1, false, "number >= 83 (mkdir)");
	assert_sentence(notes, 1, true, "number < 83 (mkdir)");
	assert_sentence(notes, 2, true, "number <= 83 (mkdir)");
	assert_sentence(notes, 3, true, "!(number & 0x40)");
	assert_sentence(notes, 4, false, "goto 5");
	assert_sentence(notes, 5, false, "A <<= 0x3");
	assert_sentence(notes, 6, false, "return ERRNO(EPERM)");
	ck_assert_ptr_null(sbpf_instruction_describe(notes, COUNT(program), false));
	ck_assert_ptr_null(sbpf_instruction_describe(NULL, 0, false));
	sbpf_notes_free(notes);
}
END_TEST

static void name_vsock(int abi, const char *call, unsigned int argument, uint64_t value,
		       char *buffer, size_t size)
{
	bool is_vsock = abi == sbpf_abi_find("x86_64") && !strcmp(call, "socket") && !argument &&
			value == 40;

	ck_assert_uint_ge(size, sizeof("AF_VSOCK"));
	snprintf(buffer, size, "%s", is_vsock ? "AF_VSOCK" : "");
}

START_TEST(constants_stand_by_the_callers_names)
{
	struct sbpf_notes *notes =
		annotate(socket_program, COUNT(socket_program), "x86_64", set_of("x86_64"));

	assert_sentence(notes, 5, false, "args[0] (socket's family) == 0x28");
	notes->name_constant = name_vsock;
	assert_sentence(notes, 5, true, "args[0] (socket's family) != AF_VSOCK");
	sbpf_notes_free(notes);
}
END_TEST

START_TEST(archs_are_those_asked_for_else_all)
{
	struct sbpf_notes *notes =
		annotate(socket_program, COUNT(socket_program), "x86_64", set_of("x86_64"));

	assert_sentence(notes, 1, false, "arch == x86_64");
	sbpf_notes_free(notes);
	notes = annotate(socket_program, COUNT(socket_program), "x86_64", set_of("x86"));
	assert_sentence(notes, 1, true, "arch != x86_64/x32");
	sbpf_notes_free(notes);
}
END_TEST

/* ---- Graphs and errors ---- */

START_TEST(a_stack_is_drawn_in_frames)
{
	static const struct sock_filter allow[] = { RETURN(SECCOMP_RET_ALLOW) };
	static const struct sock_filter log[] = { RETURN(SECCOMP_RET_LOG) };
	struct sbpf_notes *stack[] = {
		annotate(allow, 1, "x86_64", set_of("x86_64")),
		annotate(log, 1, "x86_64", set_of("x86_64")),
	};
	struct sbpf_error error = { 0 };
	char *graph = sbpf_notes_draw(stack, COUNT(stack), &error);

	ck_assert_ptr_nonnull(graph);
	ck_assert_str_eq(graph, "digraph filter {\n"
				"\tsubgraph cluster_0 {\n"
				"\t\tlabel=\"x86_64, 1 instructions\";\n"
				"\t\tf0_start [label=\"start\", shape=plaintext];\n"
				"\t\tf0_start -> f0_0;\n"
				"\t\tf0_0 [label=\"return ALLOW\", shape=box, style=filled, "
				"fillcolor=palegreen];\n"
				"\t}\n"
				"\tsubgraph cluster_1 {\n"
				"\t\tlabel=\"x86_64, 1 instructions\";\n"
				"\t\tf1_start [label=\"start\", shape=plaintext];\n"
				"\t\tf1_start -> f1_0;\n"
				"\t\tf1_0 [label=\"return LOG\", shape=box, style=filled, "
				"fillcolor=khaki];\n"
				"\t}\n"
				"}\n");
	free(graph);
	for (size_t i = 0; i < COUNT(stack); i++)
		sbpf_notes_free(stack[i]);
	ck_assert_ptr_null(sbpf_notes_draw(NULL, 1, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
}
END_TEST

START_TEST(wrong_programs_and_machines_are_refused)
{
	struct sbpf_error error = { 0 };

	ck_assert_ptr_null(sbpf_program_annotate(socket_program, 3, 0, 1, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_INVALID);
	error = (struct sbpf_error){ 0 };
	ck_assert_ptr_null(
		sbpf_program_annotate(socket_program, COUNT(socket_program), -1, 1, &error));
	ck_assert_int_eq(error.code, SBPF_ERROR_USAGE);
	sbpf_notes_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notes");
	TCase *tests = tcase_create("notes");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, a_call_is_followed_by_arch_and_number);
	tcase_add_test(tests, a_is_known_after_what_leaves_it);
	tcase_add_test(tests, what_is_no_program_takes_no_step);
	tcase_add_test(tests, notes_say_which_calls_come_and_what_a_holds);
	tcase_add_test(tests, a_word_that_differs_by_the_way_is_none);
	tcase_add_test(tests, a_way_that_nothing_takes_is_not_reached);
	tcase_add_test(tests, tests_are_told_both_ways_round);
	tcase_add_test(tests, constants_stand_by_the_callers_names);
	tcase_add_test(tests, archs_are_those_asked_for_else_all);
	tcase_add_test(tests, a_stack_is_drawn_in_frames);
	tcase_add_test(tests, wrong_programs_and_machines_are_refused);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
