/* SPDX-License-Identifier: MIT */
/* Programs do what their DAG says, also where targets are too far for an 8-bit jump. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "emit.h"
#include "lower.h"
#include "policy.h"
#include "walk.h"

static struct arena arena;
static struct arena scratch;
static struct dag dag;
static struct sock_filter *program;
static size_t count;

static void start(void)
{
	ck_assert_int_eq(dag_init(&dag, &arena, &scratch), 0);
}

static void finish(void)
{
	arena_free(&scratch);
	arena_free(&arena);
}

/* The program of root, first instruction first, which the kernel would take. */
static void emit(int32_t root)
{
	struct sbpf_error error = { 0 };
	struct code code;

	ck_assert_int_eq(emit_dag(&dag, root, &code), 0);
	count = code.count;
	program = arena_alloc(&arena, count, sizeof(*program));
	ck_assert_ptr_nonnull(program);
	for (size_t i = 0; i < count; i++)
		program[i] = code.reversed[count - 1 - i];
	ck_assert_msg(!sbpf_program_check(program, count, &error), "%s", error.message);
}

static struct seccomp_data data_of(const struct words *words)
{
	struct seccomp_data data;

	ck_assert_uint_eq(sizeof(data), sizeof(*words));
	memcpy(&data, words, sizeof(data));
	return data;
}

/* Words are laid out as on this machine. */
#define BIG_ENDIAN_DATA (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

static void assert_same_as_walk(int32_t root, const struct words *words)
{
	struct seccomp_data data = data_of(words);
	unsigned int tests;
	uint32_t wanted = walk(&dag, root, *words, &tests)->k;

	ck_assert_uint_eq(sbpf_program_run(program, count, &data, BIG_ENDIAN_DATA, NULL), wanted);
}

static unsigned int count_code(uint16_t code)
{
	unsigned int found = 0;

	for (size_t i = 0; i < count; i++)
		found += program[i].code == code;
	return found;
}

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define AND (BPF_ALU | BPF_AND | BPF_K)
#define RETURN (BPF_RET | BPF_K)
#define JUMP (BPF_JMP | BPF_JA)
#define JEQ (BPF_JMP | BPF_JEQ | BPF_K)
#define JGE (BPF_JMP | BPF_JGE | BPF_K)
#define JGT (BPF_JMP | BPF_JGT | BPF_K)
#define JSET (BPF_JMP | BPF_JSET | BPF_K)

static void assert_program(const struct sock_filter *wanted, size_t wanted_count)
{
	ck_assert_uint_eq(count, wanted_count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(program[i].code == wanted[i].code && program[i].k == wanted[i].k,
			      "instruction %zu is 0x%02x 0x%x", i, program[i].code, program[i].k);
		ck_assert_msg(program[i].jt == wanted[i].jt && program[i].jf == wanted[i].jf,
			      "instruction %zu jumps %u %u", i, program[i].jt, program[i].jf);
	}
}

/* ---- Small programs ---- */

START_TEST(return_is_one_instruction)
{
	static const struct sock_filter wanted[] = { { RETURN, 0, 0, 7 } };

	emit(dag_return(&dag, 7));
	assert_program(wanted, COUNT(wanted));
}
END_TEST

START_TEST(words_are_loaded_once)
{
	static const struct sock_filter wanted[] = {
		{ LOAD, 0, 0, 4 }, { JEQ, 0, 6, 100 },	{ LOAD, 0, 0, 0 },
		{ JGE, 0, 2, 10 }, { JSET, 0, 3, 3 },	{ RETURN, 0, 0, 3 },
		{ JGT, 1, 0, 5 },  { RETURN, 0, 0, 1 }, { RETURN, 0, 0, 2 },
	};
	int32_t one = dag_return(&dag, 1);
	int32_t two = dag_return(&dag, 2);
	int32_t low = dag_test(&dag, BPF_JGT, WORD_NUMBER, 5, two, one);
	int32_t high = dag_test(&dag, BPF_JSET, WORD_NUMBER, 3, dag_return(&dag, 3), two);
	int32_t number = dag_test(&dag, BPF_JGE, WORD_NUMBER, 10, high, low);
	int32_t root = dag_test(&dag, BPF_JEQ, WORD_ARCH, 100, number, two);

	emit(root);
	assert_program(wanted, COUNT(wanted));
	for (uint32_t nr = 0; nr < 20; nr++) {
		for (uint32_t arch = 99; arch < 102; arch++)
			assert_same_as_walk(root, &(struct words){ { nr, arch } });
	}
}
END_TEST

/* A node with two ways in: the one that comes with the word enters behind the load. */
START_TEST(way_that_has_the_word_skips_the_load)
{
	int32_t yes = dag_return(&dag, 1);
	int32_t no = dag_return(&dag, 2);
	int32_t shared = dag_test(&dag, BPF_JEQ, WORD_NUMBER, 3, yes, no);
	int32_t with = dag_test(&dag, BPF_JGE, WORD_NUMBER, 9, no, shared);
	int32_t without = dag_test(&dag, BPF_JEQ, WORD_ARCH, 1, with, shared);
	struct seccomp_data data = { .nr = 3, .arch = 1 };
	size_t steps;

	emit(without);
	ck_assert_uint_eq(count_code(LOAD), 3);
	ck_assert_uint_eq(sbpf_program_run(program, count, &data, false, &steps), 1);
	ck_assert_uint_eq(steps, 2 + 2 + 1 + 1); /* arch; number, JGE; JEQ alone; return */
	data.arch = 2;
	ck_assert_uint_eq(sbpf_program_run(program, count, &data, false, &steps), 1);
	ck_assert_uint_eq(steps, 2 + 2 + 1);
}
END_TEST

/* The accumulator is masked once for neighbours of one mask, and not loaded again for the first. */
START_TEST(mask_is_applied_once)
{
	int32_t one = dag_return(&dag, 1);
	int32_t two = dag_return(&dag, 2);
	int32_t three = dag_return(&dag, 3);
	int32_t second = dag_test_masked(&dag, 4, 0xf0, 0x20, two, three);
	int32_t first = dag_test_masked(&dag, 4, 0xf0, 0x10, one, second);
	int32_t root = dag_test(&dag, BPF_JGE, 4, 0x100, three, first);

	emit(root);
	ck_assert_uint_eq(count_code(LOAD), 1);
	ck_assert_uint_eq(count_code(AND), 1);
	for (uint32_t value = 0; value < 0x110; value++)
		assert_same_as_walk(root, &(struct words){ { 0, 0, 0, 0, value } });
}
END_TEST

/* What a mask took away has to be loaded again. */
START_TEST(word_is_loaded_again_behind_another_mask)
{
	int32_t one = dag_return(&dag, 1);
	int32_t two = dag_return(&dag, 2);
	int32_t whole = dag_test(&dag, BPF_JEQ, 4, 0x35, one, two);
	int32_t other = dag_test_masked(&dag, 4, 0x0f, 0x05, whole, two);
	int32_t root = dag_test_masked(&dag, 4, 0xf0, 0x30, other, whole);

	emit(root);
	ck_assert_uint_eq(count_code(LOAD), 3);
	for (uint32_t value = 0; value < 0x100; value++)
		assert_same_as_walk(root, &(struct words){ { 0, 0, 0, 0, value } });
}
END_TEST

/* As with x32: a bit goes, then the tree of the others. */
START_TEST(and_leaves_the_masked_number_behind)
{
	int32_t one = dag_return(&dag, 1);
	int32_t two = dag_return(&dag, 2);
	int32_t shared = dag_test(&dag, BPF_JEQ, WORD_NUMBER, 7, one, two);
	int32_t and = dag_and_later(&dag, 0xff);
	int32_t root = dag_test(&dag, BPF_JSET, WORD_NUMBER, 0x100, and, shared);

	ck_assert_int_eq(dag_set_next(&dag, and, shared), 0);
	emit(root);
	ck_assert_uint_eq(count_code(LOAD), 1);
	ck_assert_uint_eq(count_code(AND), 1);
	for (uint32_t number = 0; number < 0x200; number++)
		assert_same_as_walk(root, &(struct words){ { number } });
}
END_TEST

START_TEST(and_before_a_return_is_left_out)
{
	int32_t one = dag_return(&dag, 1);
	int32_t and = dag_and_later(&dag, 0xff);
	int32_t root = dag_test(&dag, BPF_JSET, WORD_NUMBER, 0x100, and, dag_return(&dag, 2));

	ck_assert_int_eq(dag_set_next(&dag, and, one), 0);
	emit(root);
	ck_assert_uint_eq(count, 4);
	ck_assert_uint_eq(count_code(AND), 0);
	emit(and);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(program[0].k, 1);
}
END_TEST

/* ---- Far targets ---- */

/* Tests of 1 to length, each with a yes of its own and all with one far no. */
static int32_t add_chain(uint32_t length, int32_t rest, uint32_t verdicts)
{
	int32_t node = rest;

	for (uint32_t k = length; k; k--)
		node = dag_test(&dag, BPF_JEQ, WORD_NUMBER, k, dag_return(&dag, k % verdicts),
				node);
	return node;
}

/* The jump of the first test to the one return reaches 255 instructions, and no more. */
START_TEST(return_is_repeated_only_out_of_reach)
{
	int32_t one = dag_return(&dag, 1);
	int32_t two = dag_return(&dag, 2);
	int32_t root = two;

	for (uint32_t k = 0; k < 257; k++) {
		root = dag_test(&dag, BPF_JEQ, WORD_NUMBER, k, one, root);
		emit(root);
		ck_assert_uint_eq(count, 1 + k + 1 + 2 + (k == 256));
	}
	ck_assert_uint_eq(count_code(JUMP), 0);
	ck_assert_uint_eq(count_code(RETURN), 3);
	for (uint32_t number = 0; number < 300; number++)
		assert_same_as_walk(root, &(struct words){ { number } });
}
END_TEST

START_TEST(far_returns_are_right)
{
	static const uint32_t lengths[] = { 200, 254, 255, 256, 257, 300, 511, 513, 1000, 3000 };
	int32_t root = add_chain(lengths[_i], dag_return(&dag, 9), 9);

	emit(root);
	for (uint32_t number = 0; number < lengths[_i] + 2; number++)
		assert_same_as_walk(root, &(struct words){ { number } });
	ck_assert_uint_eq(count_code(LOAD), 1);
	ck_assert_uint_eq(count_code(JUMP), 0);
	ck_assert_uint_le(count, lengths[_i] + 1 + 10 * (lengths[_i] / 240 + 1));
}
END_TEST

/* Both sides are long trees, so one of them is reached over a JA. */
START_TEST(far_trees_are_reached_over_a_jump)
{
	int32_t left = add_chain(400, dag_return(&dag, 20), 7);
	int32_t right = dag_return(&dag, 30);
	int32_t root;

	for (uint32_t k = 400; k; k--)
		right = dag_test(&dag, BPF_JEQ, 6, k, dag_return(&dag, 10 + k % 5), right);
	root = dag_test(&dag, BPF_JEQ, WORD_ARCH, 5, left, right);
	emit(root);
	ck_assert_uint_eq(count_code(JUMP), 1);
	for (uint32_t k = 0; k < 402; k++) {
		assert_same_as_walk(root, &(struct words){ { k, 5 } });
		assert_same_as_walk(root, &(struct words){ { 0, 6, 0, 0, 0, 0, k } });
	}
}
END_TEST

/* The number masked, with a far tree behind it. */
START_TEST(far_tree_behind_an_and_is_right)
{
	int32_t tree = add_chain(300, dag_return(&dag, 20), 7);
	int32_t others = dag_return(&dag, 30);
	int32_t and = dag_and_later(&dag, 0xffff);
	int32_t root;

	for (uint32_t k = 300; k; k--)
		others = dag_test(&dag, BPF_JEQ, 6, k, dag_return(&dag, 10 + k % 5), others);
	root = dag_test(&dag, BPF_JGE, WORD_NUMBER, 0x10000,
			dag_test(&dag, BPF_JSET, WORD_NUMBER, 0x40000, and, others), tree);
	ck_assert_int_eq(dag_set_next(&dag, and, tree), 0);
	emit(root);
	for (uint32_t k = 0; k < 302; k++) {
		assert_same_as_walk(root, &(struct words){ { k } });
		assert_same_as_walk(root, &(struct words){ { k | 0x40000 } });
		assert_same_as_walk(root, &(struct words){ { 0x20000, 0, 0, 0, 0, 0, k } });
	}
}
END_TEST

/* ---- Any DAG ---- */

static uint32_t random_constant(uint32_t *state)
{
	return chance(state) % 2 ? chance(state) % 16 : chance(state);
}

/* Nodes whose children are any nodes before, most of them near. */
static int32_t add_random_dag(uint32_t *state, uint32_t nodes)
{
	static const uint8_t compares[] = { BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET };
	static const uint8_t words[] = { WORD_NUMBER, WORD_ARCH, 4, 5, 15 };
	int32_t made[4096];
	uint32_t length = 6;

	for (uint32_t r = 0; r < length; r++)
		made[r] = dag_return(&dag, r);
	for (; length < nodes; length++) {
		uint32_t near = chance(state) % 3 ? (length < 8 ? length : 8) : length;
		int32_t yes = made[length - 1 - chance(state) % near];
		int32_t no = made[chance(state) % 4 ? length - 1 : chance(state) % length];
		uint8_t word = words[chance(state) % COUNT(words)];

		if (chance(state) % 5 == 0)
			made[length] = dag_test_masked(&dag, word, chance(state) % 4 ? 0xf0 : 0x1c,
						       (chance(state) % 16) << 4, yes, no);
		else
			made[length] = dag_test(&dag, compares[chance(state) % 4], word,
						random_constant(state), yes, no);
	}
	return made[length - 1];
}

START_TEST(random_dags_run_as_they_are_walked)
{
	uint32_t state = 3039177861u + (uint32_t)_i;
	uint32_t nodes = 10u + 90u * (uint32_t)_i;
	int32_t root = add_random_dag(&state, nodes);

	emit(root);
	for (int try = 0; try < 2000; try++) {
		struct words words = { { 0 } };

		for (size_t w = 0; w < COUNT(words.word); w++)
			words.word[w] = random_constant(&state);
		assert_same_as_walk(root, &words);
	}
}
END_TEST

/* ---- Whole policies ---- */

/* Numbers 0, 2, 4, …, each with its own errno when one of its arguments has a value of its own. */
static struct sbpf_policy *large_policy(uint32_t rules)
{
	const struct sbpf_target target = { .machine = "x86_64", .abis = "" };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, NULL);

	for (uint32_t i = 0; i < rules; i++) {
		const struct sbpf_condition condition = { i % 6, SBPF_EQ, 1000 + i, 0 };

		ck_assert_int_eq(sbpf_policy_add_number(policy, SECCOMP_RET_ERRNO | (i % 4000),
							"x86_64", 2 * i, &condition, 1, NULL),
				 0);
	}
	return policy;
}

static uint32_t run_number(const struct sbpf_filter *filter, uint32_t number, unsigned int argument,
			   uint64_t value)
{
	struct seccomp_data data = { .nr = (int)number, .arch = 0xc000003e };

	data.args[argument] = value;
	return sbpf_filter_run(filter, &data, NULL);
}

START_TEST(large_policies_are_right_at_every_number)
{
	static const uint32_t sizes[] = { 20, 60, 130, 400, 600 };
	const struct sbpf_options options = { .effort = (enum sbpf_effort)(_i % 2) };
	struct sbpf_policy *policy = large_policy(sizes[_i / 2]);
	struct sbpf_error error = { 0 };
	struct sbpf_filter *filter = sbpf_compile(policy, &options, &error);

	ck_assert_msg(filter, "%s", error.message);
	program = (struct sock_filter *)(uintptr_t)sbpf_filter_program(filter, &count);
	ck_assert_msg(!sbpf_program_check(program, count, &error), "%s", error.message);
	for (uint32_t i = 0; i < sizes[_i / 2]; i++) {
		ck_assert_uint_eq(run_number(filter, 2 * i, i % 6, 1000 + i),
				  SECCOMP_RET_ERRNO | (i % 4000));
		ck_assert_uint_eq(run_number(filter, 2 * i, i % 6, 1001 + i), SECCOMP_RET_ALLOW);
		ck_assert_uint_eq(run_number(filter, 2 * i, i % 6, (1ull << 32) + 1000 + i),
				  SECCOMP_RET_ALLOW);
		ck_assert_uint_eq(run_number(filter, 2 * i + 1, i % 6, 1000 + i),
				  SECCOMP_RET_ALLOW);
	}
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
}
END_TEST

/* How many instructions a policy needs, whether the kernel takes them or not. */
static size_t needed(const struct sbpf_policy *policy)
{
	struct sbpf_error error = { 0 };
	struct code code;
	int32_t root;

	start();
	root = lower_policy(&dag, policy, SBPF_QUICK, &error);
	ck_assert_int_ge(root, 0);
	ck_assert_int_eq(emit_dag(&dag, root, &code), 0);
	finish();
	return code.count;
}

static void check_limit(const struct sbpf_policy *policy)
{
	struct sbpf_error error = { 0 };
	size_t instructions = needed(policy);
	struct sbpf_filter *filter = sbpf_compile(policy, NULL, &error);
	char message[200];

	snprintf(message, sizeof(message),
		 "the filter needs %zu instructions, %zu more than the kernel's limit of 4096",
		 instructions, instructions - 4096);
	if (instructions > 4096) {
		ck_assert_ptr_null(filter);
		ck_assert_int_eq(error.code, SBPF_ERROR_TOO_LARGE);
		ck_assert_str_eq(error.message, message);
	} else {
		ck_assert_ptr_nonnull(filter);
		ck_assert_int_eq(error.code, SBPF_OK);
		sbpf_filter_program(filter, &count);
		ck_assert_uint_eq(count, instructions);
	}
	sbpf_filter_free(filter);
}

/* The first number of rules that is too much. */
static uint32_t find_limit(void)
{
	uint32_t fits = 1;
	uint32_t too_many = 2000;

	while (too_many - fits > 1) {
		uint32_t middle = (fits + too_many) / 2;
		struct sbpf_policy *policy = large_policy(middle);

		if (needed(policy) > 4096)
			too_many = middle;
		else
			fits = middle;
		sbpf_policy_free(policy);
	}
	return too_many;
}

/* Goes over the limit in small steps: a number after the other that is refused outright. */
START_TEST(filter_over_the_limit_is_an_error_with_its_size)
{
	struct sbpf_policy *policy = large_policy(find_limit() - 8);
	bool seen[2] = { false };
	size_t instructions;

	for (uint32_t i = 0; (instructions = needed(policy)) < 4120; i++) {
		if (instructions >= 4090)
			check_limit(policy);
		if (instructions == 4096 || instructions == 4097)
			seen[instructions - 4096] = true;
		ck_assert_int_eq(sbpf_policy_add_number(policy, SECCOMP_RET_TRAP, "x86_64",
							8 * i + 1, NULL, 0, NULL),
				 0);
	}
	ck_assert(seen[0] && seen[1]);
	sbpf_policy_free(policy);
}
END_TEST

/* ---- Running ---- */

int main(void)
{
	Suite *suite = suite_create("emit");
	TCase *dags = tcase_create("DAGs");
	TCase *policies = tcase_create("policies");
	SRunner *runner;
	int failed;

	tcase_set_timeout(dags, 60);
	tcase_add_checked_fixture(dags, start, finish);
	tcase_add_test(dags, return_is_one_instruction);
	tcase_add_test(dags, words_are_loaded_once);
	tcase_add_test(dags, way_that_has_the_word_skips_the_load);
	tcase_add_test(dags, mask_is_applied_once);
	tcase_add_test(dags, word_is_loaded_again_behind_another_mask);
	tcase_add_test(dags, and_leaves_the_masked_number_behind);
	tcase_add_test(dags, and_before_a_return_is_left_out);
	tcase_add_test(dags, return_is_repeated_only_out_of_reach);
	tcase_add_loop_test(dags, far_returns_are_right, 0, 10);
	tcase_add_test(dags, far_trees_are_reached_over_a_jump);
	tcase_add_test(dags, far_tree_behind_an_and_is_right);
	tcase_add_loop_test(dags, random_dags_run_as_they_are_walked, 0, 16);
	tcase_set_timeout(policies, 120);
	tcase_add_loop_test(policies, large_policies_are_right_at_every_number, 0, 10);
	tcase_add_test(policies, filter_over_the_limit_is_an_error_with_its_size);
	suite_add_tcase(suite, dags);
	suite_add_tcase(suite, policies);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
