/* SPDX-License-Identifier: MIT */
/*
 * What the proof engine says of two filters, held against running them. The library's evaluator
 * has no part in it: policies are read by the reference, programs run by the fuzz targets' machine.
 */
#ifndef SBPF_TESTS_PROOF_JUDGE_H
#define SBPF_TESTS_PROOF_JUDGE_H

#include "calls_around.h"

#define FILTERS_MAX 3

/* One side: a policy's reference, or filters with the newest first. */
struct side {
	const struct reference *reference;
	const struct program *filters[FILTERS_MAX];
	size_t count;
};

uint32_t side_verdict(const struct side *side, const struct seccomp_data *call, bool big_endian);

/* One call with what both sides say when they are run. */
struct sample {
	struct seccomp_data call;
	uint32_t a, b;
	bool known_a, known_b; /* to the engine */
};

struct tally {
	unsigned long pairs, equal, refuted, unknown;
	unsigned long samples, unknown_samples, differing_samples;
	unsigned long listed; /* differences */
	unsigned long cut;    /* listings of differences that were too long to check whole */
	unsigned long cases, uncut_numbers;
};

struct judge {
	struct sbpf_space *space;
	struct random *random;
	const struct pool *pool;
	bool big_endian;
	int machine; /* the library's index */
	struct side a, b;
	sbpf_meaning meaning_a, meaning_b;
	bool may_be_unknown; /* something computed cannot be expressed */
	bool may_be_large;   /* for the limit of nodes */
	struct sample *samples;
	size_t sample_count;
	struct tally *tally;
};

/* Draws samples into judge->samples, which has room for them; some are variants of seeds. */
void judge_draw(struct judge *judge, const struct seccomp_data *seeds, size_t seed_count);

/* Each checks one public function; false, with the reason on standard error, when it is wrong. */
bool judge_verdicts(struct judge *judge);
bool judge_comparisons(struct judge *judge);
bool judge_differences(struct judge *judge);
bool judge_ranges(struct judge *judge, int abi);
bool judge_cases(struct judge *judge, int abi, uint32_t number);

/* What EQUAL gave in the last judge_comparisons(). */
enum sbpf_answer judge_equal(struct judge *judge);

void print_call(const struct seccomp_data *call);

#endif
