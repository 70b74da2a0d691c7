/* SPDX-License-Identifier: MIT */
/* What the profile says about calls. */
#include "lint.h"

#include "call.h"
#include "conditions.h"

#include <stdlib.h>
#include <string.h>

bool is_permitted(uint32_t verdict)
{
	return sbpf_verdict_compare(verdict, SECCOMP_RET_LOG) >= 0;
}

/* ---- Names ----------------------------------------------------------------------------- */

bool next_word(const char **list, char word[WORD_MAX])
{
	size_t length;

	*list += strspn(*list, " ");
	length = strcspn(*list, " ");
	if (!length || length >= WORD_MAX)
		return false;
	memcpy(word, *list, length);
	word[length] = '\0';
	*list += length;
	return true;
}

int call_index(const char *call)
{
	int low = 0, high = sbpf_call_count() - 1;

	while (low <= high) {
		int middle = low + (high - low) / 2;
		int order = strcmp(call, sbpf_call_at(middle));

		if (!order)
			return middle;
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return -1;
}

const char *kept_name(const char *word)
{
	int index = call_index(word);

	return index < 0 ? NULL : sbpf_call_at(index);
}

/* ---- Outcomes -------------------------------------------------------------------------- */

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

/* ---- Deciding entries ------------------------------------------------------------------ */

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

/* ---- Records --------------------------------------------------------------------------- */

struct collection {
	struct lint *lint;
	const struct sbpf_policy *policy;
	const int *abis; /* by one of which a call is asked for */
	size_t abi_count;
	struct record **records; /* where they go */
	size_t *count;
	const char *call;
	size_t call_index;
	size_t group;
	bool multiplexed; /* which of the rules are asked for */
	size_t capacity;
	size_t name; /* where to look for the next one, in outline.names; or NO_NAME */
};

/* The name that made the rule: a call may stand in an entry more than once, in order. */
static size_t next_name(struct collection *collection, size_t entry)
{
	const struct outline_name *names = collection->lint->outline.names;
	size_t at = collection->name;

	while (at != NO_NAME && names[at].entry < entry)
		at = names[at].next;
	collection->name = at;
	if (at == NO_NAME || names[at].entry > entry)
		return NO_NAME;
	collection->name = names[at].next;
	return at;
}

/* Calls that one multiplexer reaches are in its group, others each in their own. */
static size_t group_index(size_t index)
{
	struct sbpf_multiplexed one;

	if (sbpf_call_multiplexed(sbpf_call_at((int)index), &one))
		return (size_t)call_index(one.multiplexer);
	return index;
}

static void add_record(void *context, const struct sbpf_rule *rule)
{
	struct collection *collection = context;
	struct lint *lint = collection->lint;
	struct record *records = *collection->records;

	if (rule->multiplexed != collection->multiplexed || lint->failed)
		return;
	if (*collection->count == collection->capacity) {
		collection->capacity = collection->capacity ? 2 * collection->capacity : 512;
		records = reallocarray(records, collection->capacity, sizeof(records[0]));
		if (!records) {
			lint_fail(lint, NULL);
			return;
		}
		*collection->records = records;
	}
	records[(*collection->count)++] = (struct record){
		.entry = rule->entry,
		.name = next_name(collection, rule->entry),
		.call = collection->call,
		.call_index = collection->call_index,
		.group = collection->group,
		.verdict = rule->verdict,
		.conditions = rule->conditions,
		.condition_count = rule->condition_count,
	};
}

/* A way to ask for the rules on a call; false when no ABI has it. */
static bool find_entry(struct collection *collection, struct seccomp_data *data)
{
	struct sbpf_multiplexed one;
	uint32_t number;

	for (size_t at = 0; at < collection->abi_count; at++) {
		int abi = collection->abis[at];

		data->arch = abi_of(abi).audit_arch;
		collection->multiplexed = false;
		if (sbpf_call_number(abi, collection->call, &number)) {
			data->nr = (int)number;
			return true;
		}
		if (sbpf_call_multiplexed(collection->call, &one) &&
		    sbpf_call_number(abi, one.multiplexer, &number)) {
			data->nr = (int)number;
			data->args[0] = one.sub;
			collection->multiplexed = true;
			return true;
		}
	}
	return false;
}

/* By group, and within one as the document has them. */
static int compare_records(const void *one, const void *two)
{
	const struct record *a = one;
	const struct record *b = two;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	return (a->name > b->name) - (a->name < b->name);
}

static void find_groups(struct lint *lint)
{
	size_t count = (size_t)sbpf_call_count();
	bool *seen = calloc(count, sizeof(*seen));

	lint->groups = calloc(count, sizeof(lint->groups[0]));
	if (!seen || !lint->groups) {
		lint_fail(lint, NULL);
		free(seen);
		return;
	}
	qsort(lint->records, lint->record_count, sizeof(lint->records[0]), compare_records);
	for (size_t i = 0; i < lint->record_count; i++) {
		struct record *record = &lint->records[i];
		struct group *group = &lint->groups[record->group];

		if (!group->count++)
			group->first = i;
		record->is_first = !seen[record->call_index];
		seen[record->call_index] = true;
	}
	free(seen);
}

const struct group *group_of_call(const struct lint *lint, const char *call)
{
	int index = call_index(call);

	return index < 0 || !lint->groups ? NULL : &lint->groups[group_index((size_t)index)];
}

static void collect_call(struct collection *collection, size_t index)
{
	const struct outline *outline = &collection->lint->outline;
	struct seccomp_data data = { 0 };

	if (outline->first_name[index] == NO_NAME && !outline->has_escapes)
		return;
	collection->call = sbpf_call_at((int)index);
	collection->call_index = index;
	collection->group = group_index(index);
	collection->name = collection->lint->outline.first_name[index];
	if (find_entry(collection, &data))
		sbpf_policy_verdict(collection->policy, &data, NULL, add_record, collection);
}

bool records_collect(struct lint *lint)
{
	struct collection collection = {
		.lint = lint,
		.policy = lint->part->policy,
		.abis = lint->ordered,
		.abi_count = lint->abi_count,
		.records = &lint->records,
		.count = &lint->record_count,
	};

	for (int i = 0; i < sbpf_call_count() && !lint->failed; i++)
		collect_call(&collection, (size_t)i);
	if (!lint->failed && lint->record_count)
		find_groups(lint);
	return !lint->failed;
}

/* ---- Calls that the target does not have ----------------------------------------------- */

bool find_calls(struct lint *lint)
{
	struct collection collection = { .abis = lint->ordered, .abi_count = lint->abi_count };
	struct seccomp_data data;

	lint->is_on_target = calloc((size_t)sbpf_call_count(), sizeof(lint->is_on_target[0]));
	if (!lint->is_on_target)
		lint_fail(lint, NULL);
	for (int i = 0; lint->is_on_target && i < sbpf_call_count(); i++) {
		collection.call = sbpf_call_at(i);
		lint->is_on_target[i] = find_entry(&collection, &data);
	}
	return !lint->failed;
}

/* By its own names, a call on these ABIs is almost any call of Linux. */
#define MANY_CALLS "x86_64,x86,arm"

/* The profile for the same target, but with more ABIs; NULL on failure, reported. */
static struct sbpf_policy *load_with_more(struct lint *lint)
{
	struct sbpf_target target = *lint->target;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	char abis[ABIS_MAX];

	snprintf(abis, sizeof(abis), "%s%s%s", lint->abi_list, *lint->abi_list ? "," : "",
		 MANY_CALLS);
	target.abis = abis;
	policy = sbpf_load_json(lint->part->text, lint->part->length, &target, &error);
	if (!policy)
		lint_fail(lint, &error);
	return policy;
}

static bool names_others(const struct lint *lint)
{
	for (int i = 0; i < sbpf_call_count(); i++) {
		if (lint->outline.first_name[i] != NO_NAME && !lint->is_on_target[i])
			return true;
	}
	return false;
}

bool absent_collect(struct lint *lint)
{
	int abis[3];
	struct collection collection = {
		.lint = lint,
		.abis = abis,
		.records = &lint->absent,
		.count = &lint->absent_count,
	};
	const char *list = MANY_CALLS;

	if (!names_others(lint))
		return true;
	for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL) {
		char name[WORD_MAX];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(list, ","), list);
		abis[collection.abi_count++] = sbpf_abi_find(name);
	}
	lint->with_more = load_with_more(lint);
	collection.policy = lint->with_more;
	for (int i = 0; i < sbpf_call_count() && !lint->failed; i++) {
		if (!lint->is_on_target[i])
			collect_call(&collection, (size_t)i);
	}
	return !lint->failed;
}
