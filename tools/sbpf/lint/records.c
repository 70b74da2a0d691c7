/* SPDX-License-Identifier: MIT */
/* What the profile says about calls. */
#include "lint.h"

#include "call.h"
#include "conditions.h"

#include <stdlib.h>
#include <string.h>

/* ---- Outcomes ---- */

struct outcome_search {
	int abi;
	uint32_t number;
	struct outcome *outcome;
	size_t cases;
};

static struct sbpf_example example_of(const struct outcome_search *search,
				      const struct sbpf_case *one)
{
	struct sbpf_example example = { .abi = search->abi, .a = one->verdict };
	struct region region;

	if (region_meet(one, one, &region))
		region_first(&region, &example.data);
	example.data.arch = abi_of(search->abi).audit_arch;
	example.data.nr = (int)search->number;
	return example;
}

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct outcome_search *search = context;
	struct outcome *outcome = search->outcome;

	if (!search->cases || sbpf_verdict_compare(one->verdict, outcome->permissive.a) > 0)
		outcome->permissive = example_of(search, one);
	if (!search->cases || sbpf_verdict_compare(one->verdict, outcome->restrictive.a) < 0)
		outcome->restrictive = example_of(search, one);
	outcome->always = !search->cases;
	search->cases++;
	return true;
}

bool outcome_of(struct lint *lint, int abi, const char *call, struct outcome *outcome)
{
	struct outcome_search search = { .abi = abi, .outcome = outcome };
	struct sbpf_error error = { 0 };

	*outcome = (struct outcome){ 0 };
	if (!sbpf_call_number(abi, call, &search.number))
		return false;
	return !sbpf_meaning_cases(lint->space, lint->meaning, abi, search.number, note_case,
				   &search, &error) &&
	       search.cases;
}

struct action_search {
	struct outcome_search outcome;
	uint32_t action;
	bool found;
	struct sbpf_example *example;
};

static bool note_action(void *context, const struct sbpf_case *one)
{
	struct action_search *search = context;

	search->found = (one->verdict & SECCOMP_RET_ACTION_FULL) == search->action;
	if (search->found)
		*search->example = example_of(&search->outcome, one);
	return !search->found;
}

bool example_with_action(struct lint *lint, int abi, const char *call, uint32_t action,
			 struct sbpf_example *example)
{
	struct action_search search = { .outcome.abi = abi, .action = action, .example = example };
	struct sbpf_error error = { 0 };

	return sbpf_call_number(abi, call, &search.outcome.number) &&
	       !sbpf_meaning_cases(lint->space, lint->meaning, abi, search.outcome.number,
				   note_action, &search, &error) &&
	       search.found;
}

/* ---- Deciding entries ---- */

static void note_decisive(void *context, const struct sbpf_rule *rule)
{
	if (rule->fate == SBPF_DECIDES)
		*(size_t *)context = rule->entry;
}

size_t deciding_entry(const struct sbpf_policy *policy, const struct seccomp_data *data)
{
	size_t entry = NO_ENTRY;
	enum sbpf_cause cause;

	sbpf_policy_verdict(policy, data, &cause, note_decisive, &entry);
	return cause == SBPF_BY_RULE ? entry : NO_ENTRY;
}

/* ---- Records ---- */

/* Calls that one multiplexer reaches are in its group, others each in their own. */
static size_t group_index(size_t index)
{
	struct sbpf_multiplexed one;

	if (sbpf_call_multiplexed(sbpf_call_at((int)index), &one))
		return (size_t)sbpf_call_find(one.multiplexer);
	return index;
}

static bool is_on_target(const struct lint *lint, const char *call)
{
	struct sbpf_multiplexed one;
	bool is_multiplexed = sbpf_call_multiplexed(call, &one);
	uint32_t number;

	for (size_t i = 0; i < lint->abi_count; i++) {
		if (sbpf_call_number(lint->ordered[i], call, &number) ||
		    (is_multiplexed &&
		     sbpf_call_number(lint->ordered[i], one.multiplexer, &number)))
			return true;
	}
	return false;
}

static bool find_calls(struct lint *lint)
{
	lint->is_on_target = calloc((size_t)sbpf_call_count(), sizeof(lint->is_on_target[0]));
	for (int i = 0; lint->is_on_target && i < sbpf_call_count(); i++)
		lint->is_on_target[i] = is_on_target(lint, sbpf_call_at(i));
	return lint->is_on_target;
}

struct collection {
	struct lint *lint;
	size_t capacity;
	bool failed; /* no memory */
};

static bool add_record(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct collection *collection = context;
	struct lint *lint = collection->lint;
	size_t index = (size_t)sbpf_call_find(call);

	if (lint->record_count == collection->capacity) {
		size_t capacity = collection->capacity ? 2 * collection->capacity : 512;
		struct record *records =
			reallocarray(lint->records, capacity, sizeof(lint->records[0]));

		collection->failed = !records;
		if (!records)
			return false;
		lint->records = records;
		collection->capacity = capacity;
	}
	lint->records[lint->record_count++] = (struct record){
		.entry = rule->entry,
		.name = rule->name,
		.call = call,
		.call_index = index,
		.group = group_index(index),
		.is_absent = !lint->is_on_target[index],
		.verdict = rule->verdict,
		.conditions = rule->conditions,
		.condition_count = rule->condition_count,
	};
	return true;
}

/* By group, and within one as the document has them; those that are absent at the end. */
static int compare_records(const void *one, const void *two)
{
	const struct record *a = one;
	const struct record *b = two;

	if (a->is_absent != b->is_absent)
		return a->is_absent ? 1 : -1;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	return (a->name > b->name) - (a->name < b->name);
}

/* Parts the records into groups and absent ones. False without memory. */
static bool find_groups(struct lint *lint)
{
	size_t count = (size_t)sbpf_call_count();
	size_t all = lint->record_count;
	bool *seen = calloc(count, sizeof(*seen));

	lint->groups = calloc(count, sizeof(lint->groups[0]));
	if (!seen || !lint->groups) {
		free(seen);
		return false;
	}
	if (all)
		qsort(lint->records, all, sizeof(lint->records[0]), compare_records);
	for (lint->record_count = 0; lint->record_count < all; lint->record_count++) {
		struct record *record = &lint->records[lint->record_count];
		struct group *group = &lint->groups[record->group];

		if (record->is_absent)
			break;
		if (!group->count++)
			group->first = lint->record_count;
		record->is_first = !seen[record->call_index];
		seen[record->call_index] = true;
	}
	lint->absent_count = all - lint->record_count;
	free(seen);
	return true;
}

const struct group *group_of_call(const struct lint *lint, const char *call)
{
	int index = sbpf_call_find(call);

	return index < 0 ? NULL : &lint->groups[group_index((size_t)index)];
}

bool records_collect(struct lint *lint)
{
	struct collection collection = { .lint = lint };
	bool done = find_calls(lint);

	if (done)
		sbpf_policy_rules(lint->part->policy, add_record, &collection);
	done = done && !collection.failed && find_groups(lint);
	if (!done)
		lint_fail(lint, NULL);
	return done;
}
