// SPDX-License-Identifier: MIT
/*
 * What the efforts cost at worst: compiles random profiles for random machines and prints the most
 * that one of them takes, in what the compiler counts and in processor time. No test: what is
 * counted is the same on every run, the times are not.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dag.h"
#include "generator.h"
#include "lower.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { NUMBER_STEPS, ARGUMENT_STEPS, CONDITIONS, NODES, THOROUGH, QUICK, FIGURES };

static const char *const figure_names[FIGURES] = {
	[NUMBER_STEPS] = "steps over numbers", [ARGUMENT_STEPS] = "steps over arguments",
	[CONDITIONS] = "conditions looked at", [NODES] = "nodes of the decision",
	[THOROUGH] = "thorough, microseconds", [QUICK] = "quick, microseconds",
};

struct measure {
	const struct tables *tables;
	uint64_t sum[FIGURES];
	uint64_t worst[FIGURES];
	uint64_t seed[FIGURES]; /* of the worst profile */
	unsigned long count;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

static void take(struct measure *measure, int figure, uint64_t seed, uint64_t value)
{
	measure->sum[figure] += value;
	if (value < measure->worst[figure])
		return;
	measure->worst[figure] = value;
	measure->seed[figure] = seed;
}

static bool compile(struct measure *measure, uint64_t seed, const struct sbpf_policy *policy,
		    enum sbpf_effort effort)
{
	struct arena arena = { 0 };
	struct arena scratch = { 0 };
	struct sbpf_error error;
	uint64_t start = now();
	struct dag dag;
	bool good = !dag_init(&dag, &arena, &scratch) &&
		    lower_policy(&dag, policy, effort, &error) >= 0;

	take(measure, effort == SBPF_QUICK ? QUICK : THOROUGH, seed, now() - start);
	if (good && effort == SBPF_THOROUGH) {
		take(measure, NUMBER_STEPS, seed, dag.work.number_steps);
		take(measure, ARGUMENT_STEPS, seed, dag.work.argument_steps);
		take(measure, CONDITIONS, seed, dag.work.conditions);
		take(measure, NODES, seed, dag.count);
	}
	arena_free(&scratch);
	arena_free(&arena);
	return good;
}

/* Profiles that are for another machine alone do not count. */
static bool measure_profile(struct measure *measure, uint64_t seed)
{
	struct random random = { .state = seed };
	struct generated_target target;
	struct sbpf_policy *policy;
	struct sbpf_error error;
	bool good = true;
	char *text;

	generate_target(&random, measure->tables, &target);
	text = generate_profile(&random, measure->tables, &target);
	policy = text ? sbpf_load_json(text, strlen(text), &target.target, &error) : NULL;
	if (policy) {
		measure->count++;
		good = compile(measure, seed, policy, SBPF_QUICK) &&
		       compile(measure, seed, policy, SBPF_THOROUGH);
	}
	sbpf_policy_free(policy);
	free(text);
	return good;
}

static void print(const struct measure *measure)
{
	printf("%lu profiles              mean       worst  seed of the worst\n", measure->count);
	for (int figure = 0; figure < FIGURES; figure++)
		printf("%-23s %11" PRIu64 " %11" PRIu64 "  %" PRIu64 "\n", figure_names[figure],
		       measure->sum[figure] / (measure->count ? measure->count : 1),
		       measure->worst[figure], measure->seed[figure]);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "profiles", required_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long profiles = 10000;
	unsigned long seed = 1;
	struct measure measure = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			seed = strtoul(optarg, NULL, 0);
		else if (option == 'p')
			profiles = strtoul(optarg, NULL, 0);
		else
			return fprintf(stderr, "usage: %s [--seed N] [--profiles N]\n", argv[0]), 2;
	}
	measure.tables = tables_read(TABLES_DIR);
	if (!measure.tables)
		return 1;
	for (unsigned long i = 0; i < profiles; i++) {
		if (!measure_profile(&measure, seed + i))
			return fprintf(stderr, "seed %lu does not compile\n", seed + i), 1;
	}
	print(&measure);
	return 0;
}
