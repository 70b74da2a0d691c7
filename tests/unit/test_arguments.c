/* SPDX-License-Identifier: MIT */
/* Decisions over arguments mean what their conditions say, and known ones are as small as can be.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "arguments.h"
#include "walk.h"

#define OTHERWISE 1000u /* the verdict of no clause; clause i has the verdict i */
#define CLAUSES_MAX 64
#define ALL_NARROW 0x3f

struct stage {
	struct arena arena;
	struct arena scratch;
	struct dag dag;
};

static void start(struct stage *stage)
{
	*stage = (struct stage){ 0 };
	ck_assert_int_eq(dag_init(&stage->dag, &stage->arena, &stage->scratch), 0);
}

static void finish(struct stage *stage)
{
	arena_free(&stage->scratch);
	arena_free(&stage->arena);
}

/* ---- What conditions say ---- */

static uint64_t as_on(const struct argument_layout *layout, uint64_t value)
{
	if (layout->narrow && value >> 32 == UINT32_MAX)
		return (uint32_t)value;
	return value;
}

static bool holds(const struct sbpf_condition *condition, const struct argument_layout *layout,
		  const uint64_t *arguments)
{
	uint64_t argument = arguments[condition->argument];
	uint64_t value = as_on(layout, condition->value);
	uint64_t two = as_on(layout, condition->value_two);

	switch (condition->compare) {
	case SBPF_NE:
		return argument != value;
	case SBPF_LT:
		return argument < value;
	case SBPF_LE:
		return argument <= value;
	case SBPF_EQ:
		return argument == value;
	case SBPF_GE:
		return argument >= value;
	case SBPF_GT:
		return argument > value;
	default:
		return (argument & value) == (two & value);
	}
}

static uint32_t wanted_verdict(const struct call *call, const struct argument_layout *layout,
			       const uint64_t *arguments)
{
	for (size_t c = 0; c < call->clause_count; c++) {
		const struct clause *clause = &call->clauses[c];
		uint32_t held = 0;

		while (held < clause->condition_count &&
		       holds(&clause->conditions[held], layout, arguments))
			held++;
		if (held == clause->condition_count)
			return clause->verdict;
	}
	return call->otherwise;
}

/* ---- What the decision says ---- */

static uint32_t decide(const struct stage *stage, int32_t root,
		       const struct argument_layout *layout, const uint64_t *arguments)
{
	struct words words = { { 0 } };
	unsigned int tests;

	for (unsigned int i = 0; i < 6; i++) {
		unsigned int lower = WORD_ARGUMENTS + 2 * i + (layout->big_endian ? 1 : 0);

		words.word[lower] = (uint32_t)arguments[i];
		words.word[lower ^ 1] = (uint32_t)(arguments[i] >> 32);
	}
	return walk(&stage->dag, root, words, &tests)->k;
}

static int32_t build(struct stage *stage, const struct call *call,
		     const struct argument_layout *layout, bool thorough)
{
	uint64_t steps = 0;
	const struct tree_options options = { .thorough = thorough,
					      .size_cost = 8,
					      .steps = &steps,
					      .steps_max = UINT64_C(1) << 30 };
	int32_t root = arguments_build(&stage->dag, call, layout, &options);

	ck_assert_int_ge(root, 0);
	return root;
}

static void assert_right(const struct stage *stage, int32_t root, const struct call *call,
			 const struct argument_layout *layout, const uint64_t *arguments)
{
	uint32_t wanted = wanted_verdict(call, layout, arguments);
	uint32_t found = decide(stage, root, layout, arguments);

	ck_assert_msg(found == wanted, "%u, not %u, for 0x%llx 0x%llx 0x%llx (narrow 0x%x)", found,
		      wanted, (unsigned long long)arguments[0], (unsigned long long)arguments[1],
		      (unsigned long long)arguments[2], layout->narrow);
}

static const struct argument_layout layouts[] = {
	{ 0, false },
	{ 0, true },
	{ ALL_NARROW, false },
	{ ALL_NARROW, true },
};

/* ---- One condition ---- */

static const uint64_t edges[] = {
	0,
	1,
	2,
	0x7fffffff,
	0x80000000,
	0x80000001,
	0xfffffffe,
	0xffffffff,
	0x100000000,
	0x100000001,
	0x1ffffffff,
	0x200000000,
	0x1234567800000000,
	0x1234567887654321,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xfffffffeffffffff,
	0xffffffff00000000,
	0xffffffff00000001,
	0xffffffff80000000,
	0xffffffffffffff9c, /* AT_FDCWD, sign-extended */
	0xfffffffffffffffe,
	0xffffffffffffffff,
};

static void assert_right_at_edges(const struct stage *stage, int32_t root, const struct call *call,
				  const struct argument_layout *layout)
{
	for (size_t i = 0; i < COUNT(edges); i++) {
		for (int near = -1; near <= 1; near++) {
			uint64_t arguments[6] = { 0 };

			arguments[3] = edges[i] + (uint64_t)(int64_t)near;
			if (layout->narrow)
				arguments[3] = (uint32_t)arguments[3];
			assert_right(stage, root, call, layout, arguments);
		}
	}
}

static void check_condition(const struct sbpf_condition *condition)
{
	const struct clause clause = { condition, 1, 0, 0 };
	const struct call call = { .otherwise = OTHERWISE, .clauses = &clause, .clause_count = 1 };

	for (size_t l = 0; l < COUNT(layouts); l++) {
		for (int thorough = 0; thorough < 2; thorough++) {
			struct stage stage;
			int32_t root;

			start(&stage);
			root = build(&stage, &call, &layouts[l], thorough);
			assert_right_at_edges(&stage, root, &call, &layouts[l]);
			finish(&stage);
		}
	}
}

START_TEST(comparison_is_right_at_its_edges)
{
	for (size_t i = 0; i < COUNT(edges); i++) {
		const struct sbpf_condition condition = { 3, (enum sbpf_compare)_i, edges[i], 0 };

		check_condition(&condition);
	}
}
END_TEST

START_TEST(masked_comparison_is_right_at_its_edges)
{
	for (size_t i = 0; i < COUNT(edges); i++) {
		for (size_t j = 0; j < COUNT(edges); j++) {
			const struct sbpf_condition condition = { 3, SBPF_MASKED_EQ, edges[i],
								  edges[j] };

			check_condition(&condition);
		}
	}
}
END_TEST

static const struct {
	enum sbpf_compare compare;
	uint64_t value;
	uint64_t value_two;
	unsigned int register_bits;
	bool always; /* else never */
} constants[] = {
	{ SBPF_LT, 0, 0, 64, false },
	{ SBPF_GE, 0, 0, 64, true },
	{ SBPF_GT, UINT64_MAX, 0, 64, false },
	{ SBPF_LE, UINT64_MAX, 0, 64, true },
	{ SBPF_MASKED_EQ, 0, 0, 64, true },
	{ SBPF_MASKED_EQ, 0, 5, 64, true },
	{ SBPF_EQ, 0x100000000, 0, 32, false },
	{ SBPF_NE, 0x100000000, 0, 32, true },
	{ SBPF_LT, 0x100000000, 0, 32, true },
	{ SBPF_LE, 0x100000000, 0, 32, true },
	{ SBPF_GE, 0x100000000, 0, 32, false },
	{ SBPF_GT, 0xffffffff, 0, 32, false },
	{ SBPF_LE, 0xffffffff, 0, 32, true },
	{ SBPF_LE, UINT64_MAX, 0, 32, true }, /* cut to 32 bits: the largest value */
	{ SBPF_GT, UINT64_MAX, 0, 32, false },
	{ SBPF_MASKED_EQ, 0x100000000, 0, 32, true },
	{ SBPF_MASKED_EQ, 0x100000000, 0x100000000, 32, false },
	{ SBPF_MASKED_EQ, 0x1ffffffff, 0x1ffffffff, 32, false },
};

START_TEST(condition_that_depends_on_nothing_needs_no_test)
{
	const struct argument_layout layout = { constants[_i].register_bits == 32 ? ALL_NARROW : 0,
						false };
	const struct sbpf_condition condition = { 0, constants[_i].compare, constants[_i].value,
						  constants[_i].value_two };
	const struct clause clause = { &condition, 1, 0, 0 };
	const struct call call = { .otherwise = OTHERWISE, .clauses = &clause, .clause_count = 1 };
	struct stage stage;

	start(&stage);
	ck_assert(dag_is_return(&stage.dag, build(&stage, &call, &layout, false),
				constants[_i].always ? 0 : OTHERWISE));
	finish(&stage);
}
END_TEST

/* ---- Known calls ---- */

static const struct sbpf_condition personalities[] = {
	{ 0, SBPF_EQ, 0, 0 },	    { 0, SBPF_EQ, 8, 0 },	   { 0, SBPF_EQ, 0x20000, 0 },
	{ 0, SBPF_EQ, 0x20008, 0 }, { 0, SBPF_EQ, 0xffffffff, 0 },
};

static const struct sbpf_condition families[] = {
	{ 0, SBPF_LT, 38, 0 },
	{ 0, SBPF_EQ, 39, 0 },
	{ 0, SBPF_GT, 40, 0 },
};

static const struct sbpf_condition namespaces[] = { { 0, SBPF_MASKED_EQ, 0x7e020000, 0 } };
static const struct sbpf_condition terminal[] = { { 1, SBPF_EQ, 0x5412, 0 } };
static const struct sbpf_condition page[] = { { 1, SBPF_LT, 4096, 0 } };
static const struct sbpf_condition half[] = { { 1, SBPF_LE, 0xffffffff, 0 } };
static const struct sbpf_condition wide_mask[] = { { 0, SBPF_MASKED_EQ, 0x500000005,
						     0x100000004 } };
static const struct sbpf_condition not_both[] = { { 0, SBPF_MASKED_EQ, 0x6, 0x6 } };
static const struct sbpf_condition odd_or_flag[] = {
	{ 0, SBPF_MASKED_EQ, 0x1, 0x1 },
	{ 0, SBPF_MASKED_EQ, 0x2, 0x2 },
};

/* Every condition a clause of its own, all with one verdict. */
static const struct {
	const struct sbpf_condition *conditions;
	size_t count;
	int tests_64;
	int tests_32;
	int more_when_quick; /* a JGE before the run of which 0 is the end */
} known[] = {
	{ personalities, COUNT(personalities), 3, 2,
	  1 },					    /* JSET, JEQ 0xffffffff; upper half is 0 */
	{ families, COUNT(families), 3, 2, 0 },	    /* JEQ 38, JEQ 40; upper half is 0 */
	{ namespaces, COUNT(namespaces), 1, 1, 0 }, /* JSET */
	{ terminal, COUNT(terminal), 2, 1, 0 },
	{ page, COUNT(page), 2, 1, 0 },
	{ half, COUNT(half), 1, 0, 0 },
	{ wide_mask, COUNT(wide_mask), 2, 0, 0 }, /* a register of 32 bits has no bit 32 */
	{ not_both, COUNT(not_both), 1, 1, 0 },	  /* AND, JEQ */
	{ odd_or_flag, COUNT(odd_or_flag), 2, 2, 0 },
};

static void check_known(unsigned int which, const struct argument_layout *layout, bool thorough)
{
	struct clause clauses[CLAUSES_MAX] = { { 0 } };
	const struct call call = { .otherwise = OTHERWISE,
				   .clauses = clauses,
				   .clause_count = known[which].count };
	struct stage stage;
	int32_t root;

	for (size_t c = 0; c < known[which].count; c++)
		clauses[c] = (struct clause){ &known[which].conditions[c], 1, 7, 0 };
	start(&stage);
	root = build(&stage, &call, layout, thorough);
	ck_assert_int_eq(dag_size(&stage.dag, root),
			 (layout->narrow ? known[which].tests_32 : known[which].tests_64) +
				 (thorough ? 0 : known[which].more_when_quick));
	for (size_t i = 0; i < COUNT(edges); i++) {
		uint64_t arguments[6] = { edges[i], edges[i] };

		if (layout->narrow)
			arguments[0] = arguments[1] = (uint32_t)edges[i];
		assert_right(&stage, root, &call, layout, arguments);
	}
	finish(&stage);
}

START_TEST(known_call_takes_so_many_tests)
{
	for (size_t l = 0; l < COUNT(layouts); l++) {
		check_known((unsigned int)_i, &layouts[l], false);
		check_known((unsigned int)_i, &layouts[l], true);
	}
}
END_TEST

/* The lower half is tested first, as it fails most. */
START_TEST(lower_half_comes_first)
{
	const struct clause clause = { terminal, 1, 7, 0 };
	const struct call call = { .otherwise = OTHERWISE, .clauses = &clause, .clause_count = 1 };

	for (int big_endian = 0; big_endian < 2; big_endian++) {
		const struct argument_layout layout = { 0, big_endian };
		struct stage stage;

		start(&stage);
		ck_assert_uint_eq(stage.dag.nodes[build(&stage, &call, &layout, false)].word,
				  WORD_ARGUMENTS + 2 + (big_endian ? 1 : 0));
		finish(&stage);
	}
}
END_TEST

START_TEST(call_without_clauses_is_its_verdict)
{
	const struct call call = { .otherwise = OTHERWISE };
	struct stage stage;

	start(&stage);
	ck_assert(dag_is_return(&stage.dag, build(&stage, &call, &layouts[0], false), OTHERWISE));
	finish(&stage);
}
END_TEST

/* What stands behind a clause that always holds is not looked at, and a clause that never does is
 * skipped. */
START_TEST(clauses_that_always_or_never_hold_are_settled)
{
	const struct sbpf_condition never = { 0, SBPF_LT, 0, 0 };
	const struct sbpf_condition always = { 0, SBPF_GE, 0, 0 };
	const struct clause clauses[] = { { &never, 1, 5, 0 },
					  { &always, 1, 6, 0 },
					  { terminal, 1, 7, 0 } };
	const struct call call = { .otherwise = OTHERWISE, .clauses = clauses, .clause_count = 3 };
	struct stage stage;

	start(&stage);
	ck_assert(dag_is_return(&stage.dag, build(&stage, &call, &layouts[0], false), 6));
	finish(&stage);
}
END_TEST

/* ---- Many clauses ---- */

static const uint64_t picks[] = {
	0,
	1,
	2,
	3,
	8,
	38,
	40,
	0x20000,
	0x20008,
	0xffff,
	0xff00,
	0xf0f0f0f0,
	0xffffff00,
	0xffffffff,
	0x100000000,
	0x100000003,
	0x800000001,
	0xffffffff00000000,
	0xfffffffffffffff0,
	UINT64_MAX,
};

struct random_call {
	struct sbpf_condition conditions[CLAUSES_MAX][3];
	struct clause clauses[CLAUSES_MAX];
	struct call call;
};

static struct sbpf_condition random_condition(uint32_t *state, unsigned int argument)
{
	return (struct sbpf_condition){ argument, (enum sbpf_compare)(1 + chance(state) % 7),
					picks[chance(state) % COUNT(picks)],
					picks[chance(state) % COUNT(picks)] };
}

/* At most three conditions a clause, on arguments 0, 1 and 2, and few verdicts. */
static void make_random_call(struct random_call *random, uint32_t *state)
{
	size_t count = 1 + chance(state) % 9;

	*random = (struct random_call){ .call = { .otherwise = OTHERWISE,
						  .clauses = random->clauses,
						  .clause_count = count } };
	for (size_t c = 0; c < count; c++) {
		uint32_t kept = 0;

		for (unsigned int argument = 0; argument < 3; argument++) {
			if (chance(state) % 2 || (argument == 2 && !kept))
				random->conditions[c][kept++] = random_condition(state, argument);
		}
		random->clauses[c] = (struct clause){ random->conditions[c], kept,
						      chance(state) % 3, (uint32_t)c };
	}
}

static void check_random_call(const struct random_call *random, uint32_t *state)
{
	const struct argument_layout *layout = &layouts[chance(state) % COUNT(layouts)];
	struct stage stage;
	int32_t root;

	start(&stage);
	root = build(&stage, &random->call, layout, chance(state) % 2);
	for (int try = 0; try < 400; try++) {
		uint64_t arguments[6] = { 0 };

		for (unsigned int i = 0; i < 3; i++) {
			arguments[i] = picks[chance(state) % COUNT(picks)] + chance(state) % 3 - 1;
			if (layout->narrow)
				arguments[i] = (uint32_t)arguments[i];
		}
		assert_right(&stage, root, &random->call, layout, arguments);
	}
	finish(&stage);
}

START_TEST(many_clauses_give_the_first_that_holds)
{
	uint32_t state = 0x2545f491u + (uint32_t)_i;

	for (int round = 0; round < 100; round++) {
		static struct random_call random;

		make_random_call(&random, &state);
		check_random_call(&random, &state);
	}
}
END_TEST

/* As many bounds as clauses: a search tree is no larger than the chain, and far less deep. */
START_TEST(many_bounds_are_found_by_halving)
{
	static struct random_call random;
	struct stage stage;
	int32_t root;

	random.call = (struct call){ .otherwise = OTHERWISE,
				     .clauses = random.clauses,
				     .clause_count = 60 };
	for (uint32_t c = 0; c < 60; c++) {
		random.conditions[c][0] = (struct sbpf_condition){ 0, SBPF_LE, 100 + 17 * c, 0 };
		random.clauses[c] = (struct clause){ random.conditions[c], 1, c, 0 };
	}
	start(&stage);
	root = build(&stage, &random.call, &layouts[2], _i);
	ck_assert_int_eq(dag_size(&stage.dag, root), 60);
	for (uint32_t value = 0; value < 1200; value++) {
		const uint64_t arguments[6] = { value };
		struct words words = { { [WORD_ARGUMENTS] = value } };
		unsigned int tests;

		assert_right(&stage, root, &random.call, &layouts[2], arguments);
		walk(&stage.dag, root, words, &tests);
		ck_assert_uint_le(tests, 7);
	}
	finish(&stage);
}
END_TEST

#define TANGLE 26

/* A bit of two arguments each: every test of the first doubles the questions about the second. */
static void make_tangle(struct random_call *tangle)
{
	*tangle = (struct random_call){ .call = { .otherwise = OTHERWISE,
						  .clauses = tangle->clauses,
						  .clause_count = TANGLE } };
	for (uint32_t c = 0; c < TANGLE; c++) {
		const uint64_t bit = UINT64_C(1) << c;

		tangle->conditions[c][0] = (struct sbpf_condition){ 0, SBPF_MASKED_EQ, bit, bit };
		tangle->conditions[c][1] = (struct sbpf_condition){ 1, SBPF_MASKED_EQ, bit, bit };
		tangle->clauses[c] = (struct clause){ tangle->conditions[c], 2, c, 0 };
	}
}

/* Past the budget the clauses are tested one after the other. */
START_TEST(tangle_past_the_budget_is_a_chain)
{
	static struct random_call tangle;
	uint32_t state = 88172645u;
	struct stage stage;
	int32_t root;

	make_tangle(&tangle);
	start(&stage);
	root = build(&stage, &tangle.call, &layouts[0], _i);
	ck_assert_int_eq(dag_size(&stage.dag, root), (intmax_t)2 * TANGLE);
	for (int try = 0; try < 4000; try++) {
		uint64_t arguments[6] = { (uint64_t)chance(&state) << 32, (uint64_t)chance(&state)
										  << 32 };

		arguments[0] |= chance(&state) & chance(&state);
		arguments[1] |= chance(&state) & chance(&state) & chance(&state);
		assert_right(&stage, root, &tangle.call, &layouts[0], arguments);
	}
	finish(&stage);
}
END_TEST

static const struct sbpf_condition chained[] = {
	{ 2, SBPF_NE, 0x800000001, 0 },
	{ 2, SBPF_NE, 40, 0 },
	{ 2, SBPF_LT, 0x100000003, 0 },
	{ 2, SBPF_LT, 38, 0 },
	{ 2, SBPF_LE, 0x800000001, 0 },
	{ 2, SBPF_EQ, 0x20008, 0 },
	{ 2, SBPF_EQ, 0x800000001, 0 },
	{ 2, SBPF_GE, 0x100000003, 0 },
	{ 2, SBPF_GE, 0xffffff00, 0 },
	{ 2, SBPF_GT, 0x800000001, 0 },
	{ 2, SBPF_GT, 0xff00, 0 },
	{ 2, SBPF_MASKED_EQ, 0x100000003, 0x100000001 },
	{ 2, SBPF_MASKED_EQ, 0xf0f0f0f0, 0 },
};

/* Behind the tangle, argument 3 chooses one of the conditions above. */
static void add_chained(struct random_call *tangle)
{
	for (uint32_t c = 0; c < COUNT(chained); c++) {
		struct sbpf_condition *conditions = tangle->conditions[TANGLE + c];

		conditions[0] = (struct sbpf_condition){ 3, SBPF_EQ, c, 0 };
		conditions[1] = chained[c];
		tangle->clauses[TANGLE + c] = (struct clause){ conditions, 2, 100 + c, 0 };
	}
	tangle->call.clause_count = TANGLE + COUNT(chained);
}

START_TEST(chain_is_right_for_every_comparison)
{
	static struct random_call tangle;
	struct stage stage;
	int32_t root;

	make_tangle(&tangle);
	add_chained(&tangle);
	start(&stage);
	root = build(&stage, &tangle.call, &layouts[_i], false);
	ck_assert_int_ge(dag_size(&stage.dag, root), 2 * TANGLE + (int)COUNT(chained));
	ck_assert_int_le(dag_size(&stage.dag, root), 2 * TANGLE + 7 * (int)COUNT(chained));
	for (size_t i = 0; i < 3 * COUNT(picks) * COUNT(chained); i++) {
		uint64_t pick = picks[i / COUNT(chained) / 3] + i / COUNT(chained) % 3 - 1;
		uint64_t arguments[6] = { 0, 0, pick, i % COUNT(chained) };

		if (layouts[_i].narrow)
			arguments[2] = (uint32_t)pick;
		assert_right(&stage, root, &tangle.call, &layouts[_i], arguments);
	}
	finish(&stage);
}
END_TEST

/* ---- Running ---- */

int main(void)
{
	Suite *suite = suite_create("arguments");
	TCase *one = tcase_create("one condition");
	TCase *calls = tcase_create("known calls");
	TCase *many = tcase_create("many clauses");
	SRunner *runner;
	int failed;

	tcase_set_timeout(one, 60);
	tcase_add_loop_test(one, comparison_is_right_at_its_edges, SBPF_NE, SBPF_MASKED_EQ);
	tcase_add_test(one, masked_comparison_is_right_at_its_edges);
	tcase_add_loop_test(one, condition_that_depends_on_nothing_needs_no_test, 0,
			    COUNT(constants));
	tcase_add_loop_test(calls, known_call_takes_so_many_tests, 0, COUNT(known));
	tcase_add_test(calls, lower_half_comes_first);
	tcase_add_test(calls, call_without_clauses_is_its_verdict);
	tcase_add_test(calls, clauses_that_always_or_never_hold_are_settled);
	tcase_set_timeout(many, 120);
	tcase_add_loop_test(many, many_clauses_give_the_first_that_holds, 0, 10);
	tcase_add_loop_test(many, many_bounds_are_found_by_halving, 0, 2);
	tcase_add_loop_test(many, tangle_past_the_budget_is_a_chain, 0, 2);
	tcase_add_loop_test(many, chain_is_right_for_every_comparison, 0, COUNT(layouts));
	suite_add_tcase(suite, one);
	suite_add_tcase(suite, calls);
	suite_add_tcase(suite, many);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
