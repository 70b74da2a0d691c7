// SPDX-License-Identifier: MIT
#include "judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "machine.h"

/* ---- Sides ---- */

/* kernel/seccomp.c, seccomp_run_filters(): the action that is least as a signed number. */
static int32_t action(uint32_t verdict)
{
	return (int32_t)(verdict & SECCOMP_RET_ACTION_FULL);
}

uint32_t side_verdict(const struct side *side, const struct seccomp_data *call, bool big_endian)
{
	uint32_t verdict;

	if (side->reference)
		return reference_verdict(side->reference, call);
	verdict = machine_run(side->filters[0]->code, call, big_endian);
	for (size_t i = 1; i < side->count; i++) {
		uint32_t older = machine_run(side->filters[i]->code, call, big_endian);

		if (action(older) < action(verdict))
			verdict = older;
	}
	return verdict;
}

/* What an action permits; the kernel kills the process for one that it does not know. */
static int restriction(uint32_t verdict)
{
	static const uint32_t order[] = {
		SECCOMP_RET_ALLOW,	 SECCOMP_RET_LOG,   SECCOMP_RET_TRACE,
		SECCOMP_RET_USER_NOTIF,	 SECCOMP_RET_ERRNO, SECCOMP_RET_TRAP,
		SECCOMP_RET_KILL_THREAD,
	};
	int rank = 0;

	while (rank < 7 && order[rank] != (verdict & SECCOMP_RET_ACTION_FULL))
		rank++;
	return rank;
}

/* ---- Complaints ---- */

void print_call(const struct seccomp_data *call)
{
	fprintf(stderr, "\tarch 0x%08" PRIx32 ", nr 0x%" PRIx32 ", arguments", (uint32_t)call->arch,
		(uint32_t)call->nr);
	for (size_t i = 0; i < 6; i++)
		fprintf(stderr, " 0x%" PRIx64, (uint64_t)call->args[i]);
	fprintf(stderr, ", ip 0x%" PRIx64 "\n", (uint64_t)call->instruction_pointer);
}

/* Prints both sides' programs, so that a line in a log is enough to repeat it. Returns false. */
__attribute__((format(printf, 3, 4))) static bool
complain(const struct judge *judge, const struct seccomp_data *call, const char *format, ...)
{
	const struct side *sides[] = { &judge->a, &judge->b };
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	if (call) {
		print_call(call);
		fprintf(stderr, "\ta says 0x%08" PRIx32 ", b says 0x%08" PRIx32 "\n",
			side_verdict(&judge->a, call, judge->big_endian),
			side_verdict(&judge->b, call, judge->big_endian));
	}
	for (size_t i = 0; i < 2; i++) {
		if (sides[i]->reference)
			fprintf(stderr, "%c: a policy\n", "ab"[i]);
		for (size_t j = 0; j < sides[i]->count; j++) {
			fprintf(stderr, "%c, filter %zu:\n", "ab"[i], j);
			program_print(sides[i]->filters[j]);
		}
	}
	return false;
}

/* ---- Samples ---- */

void judge_draw(struct judge *judge, const struct seccomp_data *seeds, size_t seed_count)
{
	for (size_t i = 0; i < judge->sample_count; i++) {
		struct sample *sample = &judge->samples[i];
		uint32_t unused;

		if (i < seed_count) {
			sample->call = seeds[i];
		} else if (seed_count && random_chance(judge->random, 80)) {
			sample->call = seeds[random_below(judge->random, seed_count)];
			for (size_t times = 1 + random_below(judge->random, 2); times; times--)
				pool_vary(judge->pool, judge->random, &sample->call);
		} else {
			pool_call(judge->pool, judge->random, &sample->call);
		}
		sample->a = side_verdict(&judge->a, &sample->call, judge->big_endian);
		sample->b = side_verdict(&judge->b, &sample->call, judge->big_endian);
		sample->known_a = sbpf_meaning_verdict(judge->space, judge->meaning_a,
						       &sample->call, &unused);
		sample->known_b = sbpf_meaning_verdict(judge->space, judge->meaning_b,
						       &sample->call, &unused);
		judge->tally->samples++;
		judge->tally->differing_samples += sample->a != sample->b;
	}
}

static bool judge_verdict(struct judge *judge, const struct sample *sample, sbpf_meaning meaning,
			  uint32_t wanted)
{
	uint32_t verdict;

	if (!sbpf_meaning_verdict(judge->space, meaning, &sample->call, &verdict)) {
		judge->tally->unknown_samples++;
		return judge->may_be_unknown ||
		       complain(judge, &sample->call, "a verdict is unknown without need");
	}
	return verdict == wanted ||
	       complain(judge, &sample->call,
			"sbpf_meaning_verdict says 0x%08" PRIx32 ", running 0x%08" PRIx32, verdict,
			wanted);
}

bool judge_verdicts(struct judge *judge)
{
	for (size_t i = 0; i < judge->sample_count; i++) {
		const struct sample *sample = &judge->samples[i];

		if (!judge_verdict(judge, sample, judge->meaning_a, sample->a) ||
		    !judge_verdict(judge, sample, judge->meaning_b, sample->b))
			return false;
	}
	return true;
}

/* ---- Comparisons ---- */

static bool violates(enum sbpf_relation relation, uint32_t a, uint32_t b)
{
	return relation == SBPF_SUBSET ? restriction(a) < restriction(b) : a != b;
}

static uint32_t machine_arch(const struct judge *judge)
{
	struct sbpf_abi abi = { 0 };

	sbpf_abi_describe(judge->machine, &abi);
	return abi.audit_arch;
}

/* The order in which counterexamples count: number, then arguments. */
static bool comes_before(const struct seccomp_data *a, const struct seccomp_data *b)
{
	if (a->nr != b->nr)
		return (uint32_t)a->nr < (uint32_t)b->nr;
	for (size_t i = 0; i < 6; i++)
		if (a->args[i] != b->args[i])
			return a->args[i] < b->args[i];
	return false;
}

/* The ABI a call enters by: of two with one arch, x32 has bit 30 of the number. -1: of none. */
static int entry(const struct judge *judge, const struct seccomp_data *call)
{
	const struct tables *tables = judge->pool->tables;

	for (size_t i = 0; i < tables->abi_count; i++) {
		bool is_x32 = strcmp(tables->abis[i].name, "x32") == 0;
		bool shares = is_x32 || strcmp(tables->abis[i].name, "x86_64") == 0;

		if (tables->abis[i].audit == call->arch &&
		    (!shares || is_x32 == ((uint32_t)call->nr >> 30 & 1)))
			return sbpf_abi_find(tables->abis[i].name);
	}
	return -1;
}

static bool example_is_true(struct judge *judge, enum sbpf_relation relation,
			    const struct sbpf_example *example)
{
	uint32_t a = side_verdict(&judge->a, &example->data, judge->big_endian);
	uint32_t b = side_verdict(&judge->b, &example->data, judge->big_endian);
	int abi = entry(judge, &example->data);

	if (a != example->a || b != example->b)
		return complain(judge, &example->data,
				"an example claims 0x%08" PRIx32 " and 0x%08" PRIx32, example->a,
				example->b);
	if (!violates(relation, a, b))
		return complain(judge, &example->data, "an example shows no difference");
	if (abi != example->abi)
		return complain(judge, &example->data, "an example claims ABI %d, it is %d",
				example->abi, abi);
	for (size_t i = 0; i < 6 && pool_is_narrow(judge->pool, example->data.arch); i++)
		if (example->data.args[i] >> 32)
			return complain(judge, &example->data, "an example that cannot occur");
	return true;
}

/* No sample that both sides know refutes the claim. */
static bool samples_agree(struct judge *judge, enum sbpf_relation relation, bool refuted,
			  const struct sbpf_example *example)
{
	uint32_t own = machine_arch(judge);

	for (size_t i = 0; i < judge->sample_count; i++) {
		const struct sample *sample = &judge->samples[i];

		if (!sample->known_a || !sample->known_b ||
		    !violates(relation, sample->a, sample->b))
			continue;
		if (!refuted)
			return complain(judge, &sample->call, "relation %d: a difference unseen",
					(int)relation);
		if (sample->call.arch == own &&
		    (example->data.arch != own || comes_before(&sample->call, &example->data)))
			return complain(judge, &sample->call,
					"an example is not the smallest: nr 0x%" PRIx32,
					(uint32_t)example->data.nr);
	}
	return true;
}

static bool judge_relation(struct judge *judge, enum sbpf_relation relation,
			   enum sbpf_answer *answer)
{
	struct sbpf_example example = { 0 };
	struct sbpf_error error = { 0 };

	*answer = sbpf_meaning_compare(judge->space, judge->meaning_a, judge->meaning_b, relation,
				       &example, &error);
	if (*answer == SBPF_UNKNOWN && !error.code)
		return complain(judge, NULL, "unknown without a reason");
	if (*answer == SBPF_UNKNOWN && !judge->may_be_unknown && !judge->may_be_large)
		return complain(judge, NULL, "unknown without need: %s", error.message);
	if (*answer == SBPF_REFUTED && !example_is_true(judge, relation, &example))
		return false;
	if (*answer == SBPF_UNKNOWN && judge->may_be_large)
		return true;
	return samples_agree(judge, relation, *answer == SBPF_REFUTED, &example);
}

/* Makes a of b and b of a. */
static void turn(struct judge *judge)
{
	struct side side = judge->a;
	sbpf_meaning meaning = judge->meaning_a;

	judge->a = judge->b;
	judge->b = side;
	judge->meaning_a = judge->meaning_b;
	judge->meaning_b = meaning;
	for (size_t i = 0; i < judge->sample_count; i++) {
		struct sample old = judge->samples[i];

		judge->samples[i] =
			(struct sample){ old.call, old.b, old.a, old.known_b, old.known_a };
	}
}

bool judge_comparisons(struct judge *judge)
{
	enum sbpf_answer equal, forth, back;
	struct tally *tally = judge->tally;
	bool good = judge_relation(judge, SBPF_EQUAL, &equal) &&
		    judge_relation(judge, SBPF_SUBSET, &forth);

	if (!good)
		return false;
	turn(judge);
	good = judge_relation(judge, SBPF_SUBSET, &back);
	turn(judge);
	if (equal == SBPF_HOLDS && (forth != SBPF_HOLDS || back != SBPF_HOLDS))
		return complain(judge, NULL, "equal, but no subset");
	if (equal != SBPF_UNKNOWN &&
	    (judge->meaning_a == judge->meaning_b) != (equal == SBPF_HOLDS))
		return complain(judge, NULL, "the diagrams are not canonical");
	tally->pairs++;
	tally->equal += equal == SBPF_HOLDS;
	tally->refuted += equal == SBPF_REFUTED;
	tally->unknown += equal == SBPF_UNKNOWN;
	return good;
}

enum sbpf_answer judge_equal(struct judge *judge)
{
	return sbpf_meaning_compare(judge->space, judge->meaning_a, judge->meaning_b, SBPF_EQUAL,
				    NULL, NULL);
}

/* ---- Differences ---- */

#define LISTED_MAX 4096

struct listing {
	struct judge *judge;
	struct sbpf_difference differences[LISTED_MAX];
	size_t count;
	bool cut;
	bool good;
};

static bool differences_are_true(struct judge *judge, const struct sbpf_difference *difference)
{
	const struct sbpf_example *example = &difference->example;
	uint32_t number = (uint32_t)example->data.nr;

	if (!example_is_true(judge, SBPF_EQUAL, example))
		return false;
	if (example->abi != difference->abi)
		return complain(judge, &example->data, "listed for ABI %d", difference->abi);
	if (number < difference->first || number > difference->last)
		return complain(judge, &example->data,
				"an example outside of 0x%" PRIx32 " to 0x%" PRIx32,
				difference->first, difference->last);
	return true;
}

static bool take(void *context, const struct sbpf_difference *difference)
{
	struct listing *listing = context;

	if (listing->count == LISTED_MAX) {
		listing->cut = true;
		return false;
	}
	listing->differences[listing->count++] = *difference;
	listing->judge->tally->listed++;
	listing->good = differences_are_true(listing->judge, difference);
	return listing->good;
}

static const struct sbpf_difference *find_listed(const struct listing *listing, int abi,
						 uint32_t number)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct sbpf_difference *one = &listing->differences[i];

		if (one->abi == abi && one->first <= number && number <= one->last)
			return one;
	}
	return NULL;
}

static bool sample_is_listed(struct listing *listing, const struct sample *sample)
{
	struct judge *judge = listing->judge;
	const struct sbpf_difference *one =
		find_listed(listing, entry(judge, &sample->call), (uint32_t)sample->call.nr);

	if (sample->a != sample->b && sample->known_a && sample->known_b && !one && !listing->cut)
		return complain(judge, &sample->call, "a difference is not listed");
	if (one && one->always && one->abi >= 0 &&
	    (sample->a != one->example.a || sample->b != one->example.b))
		return complain(judge, &sample->call, "a difference is not always there");
	return true;
}

/* No two of one ABI overlap, and they come in order. */
static bool listing_is_ordered(struct listing *listing)
{
	for (size_t i = 1; i < listing->count; i++) {
		const struct sbpf_difference *one = &listing->differences[i];
		const struct sbpf_difference *before = &listing->differences[i - 1];

		if (one->first > one->last ||
		    (one->abi == before->abi && one->abi >= 0 && one->first <= before->last))
			return complain(listing->judge, &one->example.data,
					"differences are out of order");
	}
	return true;
}

bool judge_differences(struct judge *judge)
{
	static struct listing listing;
	struct sbpf_error error = { 0 };
	int failed;
	bool good;

	listing = (struct listing){ .judge = judge, .good = true };
	failed = sbpf_meaning_differences(judge->space, judge->meaning_a, judge->meaning_b, take,
					  &listing, &error);
	/* What is known is listed before the rest is said to be unknown. */
	if (failed &&
	    (error.code != SBPF_ERROR_LIMIT || !(judge->may_be_unknown || judge->may_be_large)))
		return complain(judge, NULL, "no differences: %s", error.message);
	judge->tally->cut += listing.cut;
	good = listing.good && listing_is_ordered(&listing);
	if (good && !failed && !listing.count != (judge->meaning_a == judge->meaning_b))
		return complain(judge, NULL, "%zu differences listed", listing.count);
	listing.cut |= failed && judge->may_be_large;
	for (size_t i = 0; good && i < judge->sample_count; i++)
		good = sample_is_listed(&listing, &judge->samples[i]);
	return good;
}

/* ---- Ranges ---- */

struct ranges {
	struct judge *judge;
	int abi;
	uint32_t next; /* where the next range has to begin */
	size_t count;
	bool cut;
	bool good;
};

static bool take_range(void *context, const struct sbpf_range *range)
{
	struct ranges *ranges = context;
	struct judge *judge = ranges->judge;

	if (++ranges->count > LISTED_MAX) {
		ranges->cut = true;
		return false;
	}
	for (size_t i = 0; ranges->good && i < judge->sample_count; i++) {
		const struct sample *sample = &judge->samples[i];
		uint32_t number = (uint32_t)sample->call.nr;

		if (sample->known_a && range->always && range->first <= number &&
		    number <= range->last && entry(judge, &sample->call) == ranges->abi)
			ranges->good = sample->a == range->verdict ||
				       complain(judge, &sample->call, "a range is wrong");
	}
	if (ranges->good && range->last < range->first)
		ranges->good = complain(judge, NULL, "an empty range");
	/* Numbers of another ABI with the same arch may be left out, whole quarters of them. */
	if (ranges->good && range->first != ranges->next &&
	    ((range->first | ranges->next) & 0x3fffffff))
		ranges->good = complain(judge, NULL, "ranges leave out 0x%" PRIx32, ranges->next);
	ranges->next = range->last + 1;
	return ranges->good;
}

bool judge_ranges(struct judge *judge, int abi)
{
	struct ranges ranges = { .judge = judge, .abi = abi, .good = true };
	struct sbpf_error error = { 0 };

	if (sbpf_meaning_ranges(judge->space, judge->meaning_a, abi, take_range, &ranges, &error))
		return complain(judge, NULL, "no ranges: %s", error.message);
	if (!ranges.good || ranges.cut)
		return ranges.good;
	if (ranges.next & 0x3fffffff)
		return complain(judge, NULL, "ranges end at 0x%" PRIx32, ranges.next);
	return true;
}

/* ---- Cases ---- */

#define CASES_MAX 4096

struct cases {
	struct judge *judge;
	struct sbpf_case list[CASES_MAX];
	size_t count;
};

static bool take_case(void *context, const struct sbpf_case *one)
{
	struct cases *cases = context;

	cases->list[cases->count++] = *one;
	return cases->count < CASES_MAX;
}

static bool test_holds(const struct sbpf_test *test, const struct seccomp_data *call)
{
	uint64_t argument = call->args[test->argument];

	if (test->bits == 32)
		argument = (uint32_t)argument;
	return test->masked ? (argument & test->low) == test->high
			    : test->low <= argument && argument <= test->high;
}

static bool case_holds(const struct sbpf_case *one, const struct seccomp_data *call)
{
	for (size_t i = 0; i < one->test_count; i++)
		if (!test_holds(&one->tests[i], call))
			return false;
	return true;
}

/* The share of all arguments for which a test holds. */
static long double share(const struct sbpf_test *test)
{
	if (test->masked)
		return test->high & ~test->low
			       ? 0
			       : 1.0L /
					 (long double)(UINT64_C(1)
						       << (__builtin_popcountll(test->low) / 2)) /
					 (long double)(UINT64_C(1)
						       << ((__builtin_popcountll(test->low) + 1) /
							   2));
	return ((long double)(test->high - test->low) + 1) / (test->bits == 32 ? 0x1p32L : 0x1p64L);
}

/* Cases that do not overlap and are everything have shares that make up 1. */
static bool shares_make_one(const struct cases *cases)
{
	long double sum = 0;

	for (size_t i = 0; i < cases->count; i++) {
		long double product = 1;

		for (size_t j = 0; j < cases->list[i].test_count; j++)
			product *= share(&cases->list[i].tests[j]);
		sum += product;
	}
	return sum > 1 - 1e-12L && sum < 1 + 1e-12L;
}

static bool case_is_right(struct cases *cases, const struct seccomp_data *call)
{
	struct judge *judge = cases->judge;
	uint32_t wanted = side_verdict(&judge->a, call, judge->big_endian);
	size_t holding = 0;
	uint32_t unused;

	if (!sbpf_meaning_verdict(judge->space, judge->meaning_a, call, &unused))
		return true;
	for (size_t i = 0; i < cases->count; i++) {
		if (!case_holds(&cases->list[i], call))
			continue;
		holding++;
		if (cases->list[i].verdict != wanted)
			return complain(judge, call, "a case says 0x%08" PRIx32,
					cases->list[i].verdict);
	}
	return holding == 1 || complain(judge, call, "%zu cases hold", holding);
}

/* An argument at the edge of a test. */
static uint64_t edge(struct random *random, const struct sbpf_test *test)
{
	switch (random_below(random, 5)) {
	case 0:
		return test->low;
	case 1:
		return test->low - 1;
	case 2:
		return test->high;
	case 3:
		return test->high + 1;
	default:
		return test->masked ? test->high | (random_next(random) & ~test->low)
				    : test->low + (test->high - test->low) / 2;
	}
}

static bool cases_are_right(struct cases *cases, struct seccomp_data *call)
{
	struct judge *judge = cases->judge;
	bool narrow = pool_is_narrow(judge->pool, call->arch);

	for (size_t i = 0; i < 200; i++) {
		const struct sbpf_case *one =
			&cases->list[random_below(judge->random, cases->count)];

		for (size_t j = 0; j < 6; j++)
			call->args[j] =
				random_next(judge->random) >> random_below(judge->random, 64);
		for (size_t j = 0; j < one->test_count; j++)
			call->args[one->tests[j].argument] = edge(judge->random, &one->tests[j]);
		for (size_t j = 0; j < 6 && narrow; j++)
			call->args[j] = (uint32_t)call->args[j];
		if (!case_is_right(cases, call))
			return false;
	}
	return true;
}

bool judge_cases(struct judge *judge, int abi, uint32_t number)
{
	static struct cases cases;
	struct sbpf_error error = { 0 };
	struct sbpf_abi description;
	struct seccomp_data call = { .nr = (int)number };

	cases.judge = judge;
	cases.count = 0;
	sbpf_abi_describe(abi, &description);
	call.arch = description.audit_arch;
	if (sbpf_meaning_cases(judge->space, judge->meaning_a, abi, number, take_case, &cases,
			       &error)) {
		judge->tally->uncut_numbers++;
		return error.code == SBPF_ERROR_LIMIT ||
		       complain(judge, &call, "no cases: %s", error.message);
	}
	judge->tally->cases += cases.count;
	if (cases.count == 0)
		return complain(judge, &call, "no cases at all");
	if (cases.count == CASES_MAX)
		return true;
	if (!shares_make_one(&cases))
		return complain(judge, &call, "%zu cases overlap or leave something out",
				cases.count);
	return cases_are_right(&cases, &call);
}
