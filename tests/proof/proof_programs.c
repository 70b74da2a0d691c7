// SPDX-License-Identifier: MIT
/*
 * Random programs, mutants of them and stacks: whatever the proof engine says of them must agree
 * with running them. A failure prints both programs and the seed that repeats it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

#define SAMPLES 400
/* Some random programs compute what no diagram holds: they are to give up soon. */
#define NODES 150000

struct run {
	const struct tables *tables;
	struct tally tally[FLAVOURS];
	unsigned long limits[FLAVOURS]; /* programs that took more nodes than allowed */
	unsigned long programs[FLAVOURS];
};

/* One attempt, with all that it holds. */
struct attempt {
	struct run *run;
	struct random random;
	enum flavour flavour;
	struct program programs[4];
	struct pool pool;
	struct judge judge;
	struct sample samples[SAMPLES];
};

/* 1 for a meaning, 0 when the limit is used up, -1 for any other error. */
static int find_meaning(struct attempt *attempt, const struct program *program,
			sbpf_meaning *meaning)
{
	struct sbpf_error error = { 0 };

	if (!sbpf_meaning_of_program(attempt->judge.space, program->code, program->count, meaning,
				     &error))
		return 1;
	if (error.code == SBPF_ERROR_LIMIT && attempt->flavour >= FLAVOUR_CONSTANT) {
		attempt->run->limits[attempt->flavour]++;
		return 0;
	}
	fprintf(stderr, "no meaning: %s\n", error.message);
	program_print(program);
	return -1;
}

static int stack(struct attempt *attempt, const struct program *const *filters, size_t count,
		 struct side *side, sbpf_meaning *meaning)
{
	int found = find_meaning(attempt, filters[count - 1], meaning);

	*side = (struct side){ .count = count };
	for (size_t i = 0; i < count; i++)
		side->filters[i] = filters[i];
	/* From the oldest to the newest. */
	for (size_t i = count - 1; found == 1 && i--;) {
		struct sbpf_error error = { 0 };
		sbpf_meaning newer;

		found = find_meaning(attempt, filters[i], &newer);
		if (found == 1 &&
		    sbpf_meaning_stack(attempt->judge.space, newer, *meaning, meaning, &error))
			found = error.code == SBPF_ERROR_LIMIT ? 0 : -1;
	}
	return found;
}

static bool judge_numbers(struct judge *judge)
{
	for (size_t i = 0; i < 8; i++) {
		const struct seccomp_data *call =
			&judge->samples[random_below(judge->random, judge->sample_count)].call;
		int abi = sbpf_abi_find(call->arch == 0x40000003 ? "x86" : "x86_64");

		if (!judge_cases(judge, abi, (uint32_t)call->nr))
			return false;
	}
	return judge_ranges(judge, sbpf_abi_find("x86_64")) &&
	       judge_ranges(judge, sbpf_abi_find("x32"));
}

/* Judges one side against the other; true also when a limit is used up. */
static bool judge_sides(struct attempt *attempt, const struct program *const *a, size_t a_count,
			const struct program *const *b, size_t b_count)
{
	struct judge *judge = &attempt->judge;
	struct sbpf_error error = { 0 };
	int found;
	bool good;

	judge->space = sbpf_space_new(judge->machine, NODES, &error);
	found = judge->space ? stack(attempt, a, a_count, &judge->a, &judge->meaning_a) : -1;
	if (found == 1)
		found = stack(attempt, b, b_count, &judge->b, &judge->meaning_b);
	good = found >= 0;
	if (found == 1) {
		judge_draw(judge, NULL, 0);
		good = judge_verdicts(judge) && judge_comparisons(judge) &&
		       judge_differences(judge) && judge_numbers(judge);
	}
	sbpf_space_free(judge->space);
	return good;
}

static bool try_mutant(struct attempt *attempt)
{
	const struct program *original = &attempt->programs[0];
	struct program *mutant = &attempt->programs[3];
	size_t at = random_below(&attempt->random, original->count);

	if (!program_mutate(&attempt->random, original, at, mutant))
		return true;
	pool_add_program(&attempt->pool, mutant);
	attempt->judge.may_be_unknown =
		!program_is_expressible(original) || !program_is_expressible(mutant);
	return judge_sides(attempt, (const struct program *[]){ original }, 1,
			   (const struct program *[]){ mutant }, 1);
}

static bool try_stack(struct attempt *attempt)
{
	const struct program *all[] = { &attempt->programs[0], &attempt->programs[1],
					&attempt->programs[2] };
	const struct program *turned[] = { all[1], all[0], all[2] };

	attempt->judge.may_be_unknown = false;
	for (size_t i = 0; i < 3; i++)
		attempt->judge.may_be_unknown |= !program_is_expressible(all[i]);
	return judge_sides(attempt, all, 2, turned, 3) && judge_sides(attempt, turned, 2, all, 1);
}

static bool try_seed(struct run *run, struct attempt *attempt, uint64_t seed)
{
	struct random *random = &attempt->random;
	size_t longest;

	random->state = seed;
	attempt->run = run;
	attempt->flavour = (enum flavour)random_below(random, FLAVOURS);
	attempt->pool.tables = run->tables;
	attempt->pool.count = 0;
	attempt->judge = (struct judge){
		.random = random,
		.pool = &attempt->pool,
		.big_endian = random_chance(random, 25),
		.may_be_large = attempt->flavour >= FLAVOUR_MEMORY,
		.samples = attempt->samples,
		.sample_count = SAMPLES,
		.tally = &run->tally[attempt->flavour],
	};
	attempt->judge.machine = sbpf_abi_find(attempt->judge.big_endian ? "s390x" : "x86_64");
	longest = random_chance(random, 10) ? 200 : 40;
	for (size_t i = 0; i < 3; i++) {
		program_random(random, attempt->flavour, 2 + random_below(random, longest),
			       &attempt->programs[i]);
		pool_add_program(&attempt->pool, &attempt->programs[i]);
		run->programs[attempt->flavour]++;
	}
	return try_mutant(attempt) && try_mutant(attempt) && try_stack(attempt);
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "tests", "constants", "memory and X", "all" };
	struct options options = { .seed = 1, .count = 500 };
	static struct attempt attempt;
	struct run run = { 0 };
	bool good = true;

	options_read(&options, argc, argv, "PROGRAMS");
	run.tables = tables_read(TABLES_DIR);
	if (!run.tables)
		return 1;
	options.count *= options.is_long ? 50 : 1;
	for (unsigned long i = 0; good && i < options.count; i++) {
		good = try_seed(&run, &attempt, options.seed + i);
		if (!good)
			fprintf(stderr, "To repeat: %s --seed %" PRIu64 " --count 1\n", argv[0],
				options.seed + i);
	}
	for (size_t i = 0; i < FLAVOURS; i++) {
		printf("-- %s: %lu programs, %lu above the limit of nodes\n", names[i],
		       run.programs[i], run.limits[i]);
		tally_print(&run.tally[i]);
	}
	free((void *)run.tables);
	return good ? 0 : 1;
}
