/* SPDX-License-Identifier: MIT */
/*
 * Rules on one call that can hold at once and say different things. Engines built on libseccomp
 * choose between such rules by argument, operator and value (libseccomp 2.5.4, src/db.c:
 * _db_tree_add), not by the order of the document.
 */
#include "lint.h"

#include "call.h"

#include <stdlib.h>

/* More findings than that are not made, and of a call with more than TRIALS_MAX rules one. */
#define OVERLAPS_MAX 50
#define TRIALS_MAX 256

/* The rules of one group that are in force, as indexes of lint->records. */
struct overlap_search {
	struct lint *lint;
	size_t *rules;
	size_t count;
	size_t *outright; /* by call: the record that decides it outright, plus 1 */
	bool *named;	  /* by record: a finding names it as the later one */
	size_t found;	  /* in all groups */
	bool is_cut;	  /* there may be more than was reported */
};

/* The same rules in three orders, each a policy, and what is asked of them. */
enum order { IN_DOCUMENT, PERMISSIVE_FIRST, RESTRICTIVE_FIRST, ORDERS };

struct ordering {
	size_t *rules; /* as they were added to the policy */
	struct sbpf_policy *policy;
	sbpf_meaning meaning; /* not of the document's order */
};

struct round {
	struct overlap_search *search;
	struct sbpf_space *space;
	struct ordering orders[ORDERS];
	bool machine_only;
};

/* ---- Rules that are in force ---- */

/* Engines read as docker does, or as OCI runtimes do; none reads literally. */
static bool repeats_default(const struct lint *lint, const struct record *record)
{
	return record->verdict == lint->default_verdict;
}

/* Leaves out what repeats the default, and what another rule makes void. */
static void take_rules(struct overlap_search *search, const struct group *group)
{
	const struct lint *lint = search->lint;
	size_t end = group->first + group->count;

	for (size_t i = group->first; i < end; i++) {
		const struct record *record = &lint->records[i];

		if (!search->outright[record->call_index] && !record->condition_count &&
		    !repeats_default(lint, record))
			search->outright[record->call_index] = i + 1;
	}
	search->count = 0;
	for (size_t i = group->first; i < end; i++) {
		const struct record *record = &lint->records[i];
		size_t outright = search->outright[record->call_index];

		if (!repeats_default(lint, record) && (!outright || outright == i + 1))
			search->rules[search->count++] = i;
	}
	for (size_t i = group->first; i < end; i++)
		search->outright[lint->records[i].call_index] = 0;
}

/* Rules with one verdict do not contradict each other, nor does one rule. */
static bool may_overlap(const struct overlap_search *search)
{
	const struct record *records = search->lint->records;

	for (size_t i = 1; i < search->count; i++) {
		if (records[search->rules[i]].verdict != records[search->rules[0]].verdict)
			return true;
	}
	return false;
}

/* ---- Rules that plainly exclude each other ---- */

static const struct sbpf_condition *equality_on(const struct record *record, unsigned int argument)
{
	const struct sbpf_condition *found = NULL;

	for (size_t i = 0; i < record->condition_count; i++) {
		if (record->conditions[i].argument != argument)
			continue;
		/* Two on one argument are alternatives. */
		if (found || record->conditions[i].compare != SBPF_EQ)
			return NULL;
		found = &record->conditions[i];
	}
	return found;
}

static bool repeats_others(const struct record *record, unsigned int argument)
{
	unsigned int seen = 1u << argument;

	for (size_t i = 0; i < record->condition_count; i++) {
		if (record->conditions[i].argument != argument &&
		    seen >> record->conditions[i].argument & 1)
			return true;
		seen |= 1u << record->conditions[i].argument;
	}
	return false;
}

static int compare_numbers(const void *one, const void *two)
{
	const uint32_t a = *(const uint32_t *)one;
	const uint32_t b = *(const uint32_t *)two;

	return (a > b) - (a < b);
}

/* The lower half of what each rule wants the argument to be; false when one wants no such thing. */
static bool take_values(const struct overlap_search *search, unsigned int argument,
			uint32_t *values)
{
	const struct lint *lint = search->lint;

	for (size_t i = 0; i < search->count; i++) {
		const struct record *record = &lint->records[search->rules[i]];
		const struct sbpf_condition *equality = equality_on(record, argument);

		/* A stricter rule may extend to a multiplexer, without its conditions. */
		if (!equality || repeats_others(record, argument) ||
		    sbpf_verdict_compare(record->verdict, lint->default_verdict) < 0 ||
		    record->call != lint->records[search->rules[0]].call)
			return false;
		values[i] = (uint32_t)equality->value;
	}
	return true;
}

/* Whether all want one argument to be another number: a long list is judged at once by that. */
static bool exclude_each_other(struct overlap_search *search)
{
	const struct record *first = &search->lint->records[search->rules[0]];
	uint32_t *values;
	bool distinct;

	if (!first->condition_count)
		return false;
	values = reallocarray(NULL, search->count, sizeof(values[0]));
	if (!values) {
		lint_fail(search->lint, NULL);
		return true;
	}
	distinct = take_values(search, first->conditions[0].argument, values);
	if (distinct)
		qsort(values, search->count, sizeof(values[0]), compare_numbers);
	for (size_t i = 1; distinct && i < search->count; i++)
		distinct = values[i] != values[i - 1];
	free(values);
	return distinct;
}

/* ---- Orders ---- */

/* A total order of verdicts, from permissive to restrictive; equal ones as in the document. */
static int compare_rules(const void *one, const void *two, void *context)
{
	const struct record *records = context;
	const size_t a = *(const size_t *)one;
	const size_t b = *(const size_t *)two;
	int by_action = sbpf_verdict_compare(records[b].verdict, records[a].verdict);

	if (by_action)
		return by_action;
	if (records[a].verdict != records[b].verdict)
		return records[a].verdict < records[b].verdict ? -1 : 1;
	return (a > b) - (a < b);
}

static int compare_backwards(const void *one, const void *two, void *context)
{
	return -compare_rules(one, two, context);
}

static int (*const comparisons[ORDERS])(const void *one, const void *two, void *context) = {
	[PERMISSIVE_FIRST] = compare_rules,
	[RESTRICTIVE_FIRST] = compare_backwards,
};

static bool make_policy(struct lint *lint, struct ordering *ordering, size_t count,
			struct sbpf_error *error)
{
	struct sbpf_target target = *lint->target;

	target.machine = lint->machine_name;
	target.abis = lint->abi_list;
	target.width = SBPF_WIDTH_PROFILE;
	if (target.reading == SBPF_READING_LITERAL)
		target.reading = SBPF_READING_DOCKER;
	ordering->policy = sbpf_policy_new(lint->default_verdict, &target, error);
	for (size_t i = 0; ordering->policy && i < count; i++) {
		const struct record *record = &lint->records[ordering->rules[i]];

		if (sbpf_policy_add_rule(ordering->policy, record->verdict, record->call,
					 record->conditions, record->condition_count, error))
			return false;
	}
	return ordering->policy != NULL;
}

static bool make_ordering(struct round *round, enum order order)
{
	const struct overlap_search *search = round->search;
	struct ordering *ordering = &round->orders[order];
	struct sbpf_error error = { 0 };

	ordering->rules = reallocarray(NULL, search->count, sizeof(ordering->rules[0]));
	if (!ordering->rules) {
		lint_fail(search->lint, NULL);
		return false;
	}
	for (size_t i = 0; i < search->count; i++)
		ordering->rules[i] = search->rules[i];
	if (comparisons[order])
		qsort_r(ordering->rules, search->count, sizeof(ordering->rules[0]),
			comparisons[order], search->lint->records);
	if (make_policy(search->lint, ordering, search->count, &error) &&
	    (order == IN_DOCUMENT ||
	     !sbpf_meaning_of_policy(round->space, ordering->policy, &ordering->meaning, &error)))
		return true;
	lint_fail(search->lint, &error);
	return false;
}

/* ---- Pairs ---- */

/* The record that decides a call in one order; NO_ENTRY when none does. */
static size_t decider(const struct ordering *ordering, const struct seccomp_data *data)
{
	size_t place = deciding_entry(ordering->policy, data);

	return place == NO_ENTRY ? NO_ENTRY : ordering->rules[place];
}

static void add_overlap(struct round *round, size_t earlier, size_t later,
			const struct sbpf_example *example)
{
	struct lint *lint = round->search->lint;
	const struct record *first = &lint->records[earlier];
	const struct record *second = &lint->records[later];
	struct lint_place place = place_of_entry(lint, second->entry);
	struct lint_place other = place_of_entry(lint, first->entry);
	char a[VERDICT_MAX], b[VERDICT_MAX];

	lint_add(lint, OVERLAPPING_RULES, SEVERITY_WARNING, &place,
		 (struct evidence){ example, true },
		 "%s: this rule (%s) and the earlier %s (%s) hold at once, and engines built on "
		 "libseccomp (runc, crun) choose between them by argument, operator and value, not "
		 "by their order: make them exclude each other",
		 second->call, sbpf_verdict_describe(second->verdict, lint->machine, b, sizeof(b)),
		 other.path, sbpf_verdict_describe(first->verdict, lint->machine, a, sizeof(a)));
	lint_about(lint, second->call);
	round->search->named[later] = true;
	round->search->found++;
}

/* Of the rules that hold, the first in the document decides; the other is one that differs. */
static bool note_overlap(void *context, const struct sbpf_difference *difference)
{
	struct round *round = context;
	const struct record *records = round->search->lint->records;
	struct sbpf_example example = difference->example;
	size_t earlier, later, restrictive;

	if (round->machine_only != (difference->abi == round->search->lint->machine))
		return true;
	earlier = decider(&round->orders[IN_DOCUMENT], &example.data);
	later = decider(&round->orders[PERMISSIVE_FIRST], &example.data);
	restrictive = decider(&round->orders[RESTRICTIVE_FIRST], &example.data);
	if (earlier == NO_ENTRY || later == NO_ENTRY || restrictive == NO_ENTRY)
		return true;
	if (records[later].verdict == records[earlier].verdict ||
	    (records[restrictive].verdict != records[earlier].verdict && restrictive < later))
		later = restrictive;
	if (round->search->named[later])
		return true;
	example.a = records[earlier].verdict;
	example.b = records[later].verdict;
	add_overlap(round, earlier, later, &example);
	return !round->search->lint->failed && round->search->found < OVERLAPS_MAX;
}

static bool look_for_pairs(struct round *round)
{
	const struct ordering *permissive = &round->orders[PERMISSIVE_FIRST];
	const struct ordering *restrictive = &round->orders[RESTRICTIVE_FIRST];
	struct sbpf_error error = { 0 };

	/* The machine's own ABI has the example that a reader knows best. */
	for (int pass = 0; pass < 2; pass++) {
		round->machine_only = pass == 0;
		if (sbpf_meaning_differences(round->space, permissive->meaning,
					     restrictive->meaning, note_overlap, round, &error)) {
			lint_fail(round->search->lint, &error);
			return false;
		}
	}
	return !round->search->lint->failed;
}

/* ---- Rounds ---- */

/* Takes out the rules that were named as the later ones; whether there were any. */
static bool take_out_named(struct overlap_search *search)
{
	size_t left = 0;

	for (size_t i = 0; i < search->count; i++) {
		if (!search->named[search->rules[i]])
			search->rules[left++] = search->rules[i];
	}
	if (left == search->count)
		return false;
	search->count = left;
	return true;
}

/* Whether a rule was found to overlap, and so left out. */
static bool look_once(struct overlap_search *search)
{
	struct round round = {
		.search = search,
		.space = trial_space(search->lint),
	};
	bool found = false;

	if (round.space && make_ordering(&round, IN_DOCUMENT) &&
	    make_ordering(&round, PERMISSIVE_FIRST) && make_ordering(&round, RESTRICTIVE_FIRST))
		found = look_for_pairs(&round) && take_out_named(search);
	for (size_t i = 0; i < ORDERS; i++) {
		free(round.orders[i].rules);
		sbpf_policy_free(round.orders[i].policy);
	}
	sbpf_space_free(round.space);
	return found;
}

/* Until no rules overlap but those that findings name. */
static void look_at_group(struct overlap_search *search, const struct group *group)
{
	take_rules(search, group);
	if (!search->count || exclude_each_other(search))
		return;
	while (may_overlap(search)) {
		if (search->found >= OVERLAPS_MAX) {
			search->is_cut = true;
			return;
		}
		if (!look_once(search))
			return;
		if (group->count > TRIALS_MAX) {
			search->is_cut = may_overlap(search);
			return;
		}
	}
}

static void add_more(struct lint *lint)
{
	struct lint_place place = { 0 };

	snprintf(place.path, sizeof(place.path), "%ssyscalls", lint->part->prefix);
	lint_add(lint, OVERLAPPING_RULES, SEVERITY_WARNING, &place, (struct evidence){ 0 },
		 "more rules may hold at once than are listed here: correct those, and look again");
}

void lint_overlaps(struct lint *lint)
{
	struct overlap_search search = { .lint = lint };
	size_t calls = (size_t)sbpf_call_count();

	if (!lint->record_count)
		return;
	search.rules = reallocarray(NULL, lint->record_count, sizeof(search.rules[0]));
	search.outright = calloc(calls, sizeof(search.outright[0]));
	search.named = calloc(lint->record_count, sizeof(search.named[0]));
	if (!search.rules || !search.outright || !search.named) {
		lint_fail(lint, NULL);
		goto out;
	}
	for (size_t i = 0; i < calls && !lint->failed && !search.is_cut; i++) {
		if (lint->groups[i].count > 1)
			look_at_group(&search, &lint->groups[i]);
	}
	if (search.is_cut && !lint->failed)
		add_more(lint);
out:
	free(search.rules);
	free(search.outright);
	free(search.named);
}
