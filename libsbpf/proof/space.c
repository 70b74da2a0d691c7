/* SPDX-License-Identifier: MIT */
/* Spaces of meanings, and what can be asked of two of them. */
#include <stdlib.h>

#include "arch.h"
#include "error.h"
#include "policy.h"
#include "policy_meaning.h"
#include "program_meaning.h"
#include "space.h"

#define NODES_DEFAULT (1u << 21)

int space_failed(const struct sbpf_space *space, struct sbpf_error *error)
{
	if (space->diagrams.out_of_memory)
		return error_memory(error);
	return error_set(error, SBPF_ERROR_LIMIT,
			 "its meaning is too large for the limit of %u diagram nodes",
			 space->diagrams.limit);
}

struct sbpf_space *sbpf_space_new(int machine, uint32_t node_limit, struct sbpf_error *error)
{
	struct sbpf_space *space;

	if (error_is_set(error))
		return NULL;
	if (machine < 0 || machine >= sbpf_abi_count()) {
		error_set(error, SBPF_ERROR_USAGE, "no machine has the index %d", machine);
		return NULL;
	}
	space = calloc(1, sizeof(*space));
	if (!space || diagrams_init(&space->diagrams, node_limit ? node_limit : NODES_DEFAULT)) {
		free(space);
		error_memory(error);
		return NULL;
	}
	space->machine = machine;
	return space;
}

void sbpf_space_free(struct sbpf_space *space)
{
	if (!space)
		return;
	diagrams_free(&space->diagrams);
	free(space);
}

uint64_t sbpf_space_work(const struct sbpf_space *space)
{
	return space ? space->diagrams.taken : 0;
}

/* ---- Making meanings ---- */

/* The same with all upper halves of arguments 0, which they are for this arch. */
static diagram fix_upper_halves(struct diagrams *diagrams, diagram d, int abi)
{
	diagram wide = diagram_fix(diagrams, d, DIAGRAM_ARCH, abi_audit_arch(abi));
	diagram narrow = wide;

	for (unsigned int argument = 0; argument < 6; argument++)
		narrow = diagram_fix(diagrams, narrow, DIAGRAM_ARGUMENTS + 2 * argument, 0);
	if (narrow == wide && wide != DIAGRAM_FAILED)
		return d;
	return diagram_equals(diagrams, DIAGRAM_ARCH, abi_audit_arch(abi), narrow, d);
}

/* Calls that cannot occur must not tell two meanings apart. */
static int keep(struct sbpf_space *space, diagram d, sbpf_meaning *meaning,
		struct sbpf_error *error)
{
	for (int abi = 0; abi < sbpf_abi_count() && d != DIAGRAM_FAILED; abi++) {
		if (abi_register_bits(abi) == 32)
			d = fix_upper_halves(&space->diagrams, d, abi);
	}
	if (d == DIAGRAM_FAILED)
		return space_failed(space, error);
	*meaning = d;
	return 0;
}

int space_check(const struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
		struct sbpf_error *error)
{
	if (error_is_set(error))
		return -1;
	if (!space)
		return error_set(error, SBPF_ERROR_USAGE, "there is no space of meanings");
	if (a >= space->diagrams.count || b >= space->diagrams.count)
		return error_set(error, SBPF_ERROR_USAGE,
				 "there is no such meaning in this space: the call that should "
				 "have made it failed, or made it in another");
	return 0;
}

/* Until there is a meaning, there is one that no call takes. */
static int begin_meaning(const struct sbpf_space *space, sbpf_meaning *meaning,
			 struct sbpf_error *error)
{
	if (!meaning)
		return error_set(error, SBPF_ERROR_USAGE, "no place to put a meaning");
	*meaning = DIAGRAM_FAILED;
	if (error_is_set(error))
		return -1;
	return space ? 0 : error_set(error, SBPF_ERROR_USAGE, "there is no space of meanings");
}

int sbpf_meaning_of_policy(struct sbpf_space *space, const struct sbpf_policy *policy,
			   sbpf_meaning *meaning, struct sbpf_error *error)
{
	if (begin_meaning(space, meaning, error) || policy_check(policy, error))
		return -1;
	if (abi_big_endian(policy->machine) != abi_big_endian(space->machine))
		return error_set(error, SBPF_ERROR_USAGE,
				 "a policy for %s has no meaning among calls of %s",
				 abi_name(policy->machine), abi_name(space->machine));
	diagrams_begin(&space->diagrams);
	return keep(space, meaning_of_rules(&space->diagrams, policy), meaning, error);
}

int sbpf_meaning_of_program(struct sbpf_space *space, const struct sock_filter *program,
			    size_t count, sbpf_meaning *meaning, struct sbpf_error *error)
{
	size_t culprit;
	diagram d;

	if (begin_meaning(space, meaning, error) || sbpf_program_check(program, count, error))
		return -1;
	diagrams_begin(&space->diagrams);
	d = symbolic_run(&space->diagrams, program, count, abi_big_endian(space->machine),
			 &culprit);
	if (culprit < count)
		space->culprit = culprit;
	return keep(space, d, meaning, error);
}

static int combine(struct sbpf_space *space, enum diagram_operation operation, sbpf_meaning a,
		   sbpf_meaning b, sbpf_meaning *meaning, struct sbpf_error *error)
{
	diagram both;

	if (begin_meaning(space, meaning, error) || space_check(space, a, b, error))
		return -1;
	diagrams_begin(&space->diagrams);
	both = diagram_apply(&space->diagrams, operation, a, b);
	if (both == DIAGRAM_FAILED)
		return space_failed(space, error);
	*meaning = both;
	return 0;
}

int sbpf_meaning_stack(struct sbpf_space *space, sbpf_meaning newer, sbpf_meaning older,
		       sbpf_meaning *meaning, struct sbpf_error *error)
{
	return combine(space, DIAGRAM_STRICTER, newer, older, meaning, error);
}

int sbpf_meaning_union(struct sbpf_space *space, sbpf_meaning first, sbpf_meaning second,
		       sbpf_meaning *meaning, struct sbpf_error *error)
{
	return combine(space, DIAGRAM_LOOSER, first, second, meaning, error);
}

/* ---- Points ---- */

static void to_words(const struct seccomp_data *data, uint32_t *words)
{
	words[DIAGRAM_ARCH] = data->arch;
	words[DIAGRAM_NUMBER] = (uint32_t)data->nr;
	for (unsigned int i = 0; i < 6; i++) {
		words[DIAGRAM_ARGUMENTS + 2 * i] = (uint32_t)(data->args[i] >> 32);
		words[DIAGRAM_ARGUMENTS + 2 * i + 1] = (uint32_t)data->args[i];
	}
	words[DIAGRAM_POINTER] = (uint32_t)(data->instruction_pointer >> 32);
	words[DIAGRAM_POINTER + 1] = (uint32_t)data->instruction_pointer;
}

static uint64_t pair(const uint32_t *words, unsigned int first)
{
	return (uint64_t)words[first] << 32 | words[first + 1];
}

static void from_words(const uint32_t *words, struct seccomp_data *data)
{
	*data = (struct seccomp_data){
		.nr = (int)words[DIAGRAM_NUMBER],
		.arch = words[DIAGRAM_ARCH],
		.instruction_pointer = pair(words, DIAGRAM_POINTER),
	};
	for (unsigned int i = 0; i < 6; i++)
		data->args[i] = pair(words, DIAGRAM_ARGUMENTS + 2 * i);
}

bool sbpf_meaning_verdict(const struct sbpf_space *space, sbpf_meaning meaning,
			  const struct seccomp_data *data, uint32_t *verdict)
{
	uint32_t words[DIAGRAM_WORDS];

	if (!data || !verdict || space_check(space, meaning, meaning, NULL))
		return false;
	to_words(data, words);
	*verdict = diagram_at(&space->diagrams, meaning, words);
	return *verdict != DIAGRAM_UNKNOWN;
}

/* The ABI by which a call enters; x32 by its bit. -1 for an arch that is none. */
static int entry_of(const struct seccomp_data *data)
{
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		bool bit = (uint32_t)data->nr & abi_number_offset(sbpf_abi_find("x32"));

		if (abi_audit_arch(abi) != data->arch)
			continue;
		if (data->arch != abi_audit_arch(sbpf_abi_find("x32")) || abi_is_x32(abi) == bit)
			return abi;
	}
	return -1;
}

static void fill_example(const struct sbpf_space *space, diagram a, diagram b,
			 const uint32_t *words, struct sbpf_example *example)
{
	from_words(words, &example->data);
	example->abi = entry_of(&example->data);
	example->a = diagram_at(&space->diagrams, a, words);
	example->b = diagram_at(&space->diagrams, b, words);
}

/* ---- Comparing ---- */

/* 1 where either side is unknown. */
static diagram where_unknown(struct sbpf_space *space, diagram a, diagram b)
{
	struct diagrams *diagrams = &space->diagrams;
	diagram unknown, in_a, in_b, both;

	if (!diagram_has_leaf(diagrams, DIAGRAM_UNKNOWN))
		return diagram_leaf(diagrams, 0);
	unknown = diagram_leaf(diagrams, DIAGRAM_UNKNOWN);
	in_a = diagram_apply(diagrams, DIAGRAM_DIFFER, a, unknown);
	in_b = diagram_apply(diagrams, DIAGRAM_DIFFER, b, unknown);
	both = diagram_choose(diagrams, in_a, in_b, diagram_leaf(diagrams, 0));

	return diagram_choose(diagrams, both, diagram_leaf(diagrams, 0), diagram_leaf(diagrams, 1));
}

/* The first point of d that is not 0, on the machine's own arch if there is one. */
static bool find_first(struct sbpf_space *space, diagram d, uint32_t *words)
{
	uint32_t arch = abi_audit_arch(space->machine);
	diagram own = diagram_fix(&space->diagrams, d, DIAGRAM_ARCH, arch);

	if (own != DIAGRAM_FAILED && diagram_first(&space->diagrams, own, words)) {
		words[DIAGRAM_ARCH] = arch;
		return true;
	}
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		own = diagram_fix(&space->diagrams, d, DIAGRAM_ARCH, abi_audit_arch(abi));
		if (own != DIAGRAM_FAILED && diagram_first(&space->diagrams, own, words)) {
			words[DIAGRAM_ARCH] = abi_audit_arch(abi);
			return true;
		}
	}
	return diagram_first(&space->diagrams, d, words);
}

static diagram violation(struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
			 enum sbpf_relation relation)
{
	return diagram_apply(&space->diagrams,
			     relation == SBPF_SUBSET ? DIAGRAM_WIDER : DIAGRAM_DIFFER, a, b);
}

/* Where the relation is violated and both sides are known. */
static diagram known_violation(struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
			       enum sbpf_relation relation)
{
	return diagram_choose(&space->diagrams, where_unknown(space, a, b),
			      diagram_leaf(&space->diagrams, 0), violation(space, a, b, relation));
}

static bool is_known(struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
		     struct sbpf_error *error)
{
	diagram unknown = where_unknown(space, a, b);

	if (unknown == DIAGRAM_FAILED)
		return space_failed(space, error) == 0;
	if (unknown == diagram_leaf(&space->diagrams, 0))
		return true;
	error_set(error, SBPF_ERROR_LIMIT,
		  "instruction %zu computes what cannot be expressed exactly", space->culprit);
	return false;
}

/* Refuted only where both sides are known; holding only where nothing is unknown. */
enum sbpf_answer sbpf_meaning_compare(struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
				      enum sbpf_relation relation, struct sbpf_example *example,
				      struct sbpf_error *error)
{
	uint32_t words[DIAGRAM_WORDS];
	diagram violated;

	if (space_check(space, a, b, error))
		return SBPF_UNKNOWN;
	if (relation != SBPF_EQUAL && relation != SBPF_SUBSET) {
		error_set(error, SBPF_ERROR_USAGE, "there is no relation %d", (int)relation);
		return SBPF_UNKNOWN;
	}
	diagrams_begin(&space->diagrams);
	violated = known_violation(space, a, b, relation);
	if (violated == DIAGRAM_FAILED) {
		space_failed(space, error);
		return SBPF_UNKNOWN;
	}
	if (find_first(space, violated, words)) {
		if (example)
			fill_example(space, a, b, words, example);
		return SBPF_REFUTED;
	}
	return is_known(space, a, b, error) ? SBPF_HOLDS : SBPF_UNKNOWN;
}

/* ---- Differences ---- */

struct listing {
	struct sbpf_space *space;
	diagram a;
	diagram b;
	diagram differ; /* not 0 where both are known and differ */
	uint32_t arch;
	bool (*report)(void *context, const struct sbpf_difference *difference);
	void *context;
	bool failed;
};

static bool has_failed(struct listing *listing, diagram d)
{
	listing->failed |= d == DIAGRAM_FAILED;
	return listing->failed;
}

/* Some neighbouring numbers on which both sides and their difference are one diagram each. */
static bool report_range(const struct listing *listing, uint32_t first, uint32_t last, diagram a,
			 diagram b, diagram differ)
{
	const struct diagrams *diagrams = &listing->space->diagrams;
	struct sbpf_difference difference = { .first = first, .last = last };
	uint32_t words[DIAGRAM_WORDS];

	diagram_first(diagrams, differ, words);
	words[DIAGRAM_ARCH] = listing->arch;
	words[DIAGRAM_NUMBER] = first;
	fill_example(listing->space, a, b, words, &difference.example);
	difference.abi = difference.example.abi;
	difference.always = diagram_is_leaf(diagrams, a) && diagram_is_leaf(diagrams, b);
	return listing->report(listing->context, &difference);
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/*
 * Ranges end where either side changes, and at bit 30, where x32 begins. Numbers on which both are
 * the same are passed over at once, however often the two change there.
 */
static bool list_arch(const struct listing *listing, diagram a, diagram b, diagram differ)
{
	const struct diagrams *diagrams = &listing->space->diagrams;
	uint32_t first = 0;

	for (;;) {
		uint32_t last, last_a, last_b;
		diagram there, there_a, there_b;

		diagram_range(diagrams, differ, DIAGRAM_NUMBER, first, &last, &there);
		last = least(last, first | (SBPF_X32_BIT - 1));
		if (!diagram_is_leaf(diagrams, there) || diagram_value(diagrams, there)) {
			diagram_range(diagrams, a, DIAGRAM_NUMBER, first, &last_a, &there_a);
			diagram_range(diagrams, b, DIAGRAM_NUMBER, first, &last_b, &there_b);
			last = least(last, least(last_a, last_b));
			if (!report_range(listing, first, last, there_a, there_b, there))
				return false;
		}
		if (last == UINT32_MAX)
			return true;
		first = last + 1;
	}
}

static bool list_abi_arch(struct listing *listing, uint32_t arch)
{
	struct diagrams *diagrams = &listing->space->diagrams;
	diagram a = diagram_fix(diagrams, listing->a, DIAGRAM_ARCH, arch);
	diagram b = diagram_fix(diagrams, listing->b, DIAGRAM_ARCH, arch);
	diagram differ = diagram_fix(diagrams, listing->differ, DIAGRAM_ARCH, arch);

	listing->arch = arch;
	if (has_failed(listing, a) || has_failed(listing, b) || has_failed(listing, differ))
		return false;
	return list_arch(listing, a, b, differ);
}

/* d with the arch of every known ABI answered by nothing: what is left are other archs. */
static diagram without_known(struct sbpf_space *space, diagram d)
{
	struct diagrams *diagrams = &space->diagrams;

	for (int abi = 0; abi < sbpf_abi_count(); abi++)
		d = diagram_equals(diagrams, DIAGRAM_ARCH, abi_audit_arch(abi),
				   diagram_leaf(diagrams, 0), d);
	return d;
}

/* Archs that no ABI has: one example stands for them all. */
static bool list_other_archs(struct listing *listing)
{
	struct sbpf_space *space = listing->space;
	diagram differ = without_known(space, listing->differ);
	struct sbpf_difference difference = { .abi = -1, .last = UINT32_MAX };
	uint32_t words[DIAGRAM_WORDS];

	if (has_failed(listing, differ))
		return false;
	if (!diagram_first(&space->diagrams, differ, words))
		return true;
	fill_example(space, listing->a, listing->b, words, &difference.example);
	return listing->report(listing->context, &difference);
}

static bool is_first_with_arch(int abi)
{
	for (int other = 0; other < abi; other++) {
		if (abi_audit_arch(other) == abi_audit_arch(abi))
			return false;
	}
	return true;
}

int sbpf_meaning_differences(struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
			     bool (*report)(void *context,
					    const struct sbpf_difference *difference),
			     void *context, struct sbpf_error *error)
{
	struct listing listing = {
		.space = space, .a = a, .b = b, .report = report, .context = context
	};
	uint32_t own;
	bool more;

	if (space_check(space, a, b, error))
		return -1;
	if (!report)
		return error_set(error, SBPF_ERROR_USAGE, "nobody to report to");
	diagrams_begin(&space->diagrams);
	listing.differ = known_violation(space, a, b, SBPF_EQUAL);
	own = abi_audit_arch(space->machine);
	more = list_abi_arch(&listing, own);
	for (int abi = 0; more && abi < sbpf_abi_count(); abi++) {
		if (abi_audit_arch(abi) != own && is_first_with_arch(abi))
			more = list_abi_arch(&listing, abi_audit_arch(abi));
	}
	more = more && list_other_archs(&listing);
	if (listing.failed)
		return space_failed(space, error);
	return !more || is_known(space, a, b, error) ? 0 : -1;
}
