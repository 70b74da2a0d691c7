/* SPDX-License-Identifier: MIT */
#include "records.h"

#include <stdlib.h>
#include <string.h>

struct collection {
	struct records *records;
	size_t capacity;
	bool failed;
};

size_t group_of(const char *call)
{
	struct sbpf_multiplexed one;

	return (size_t)sbpf_call_find(sbpf_call_multiplexed(call, &one) ? one.multiplexer : call);
}

static bool add_record(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct collection *collection = context;
	struct records *records = collection->records;

	if (records->count == collection->capacity) {
		size_t capacity = collection->capacity ? 2 * collection->capacity : 512;
		struct rule_record *list = reallocarray(records->list, capacity, sizeof(list[0]));

		collection->failed = !list;
		if (!list)
			return false;
		records->list = list;
		collection->capacity = capacity;
	}
	records->list[records->count++] = (struct rule_record){
		.entry = rule->entry,
		.name = rule->name,
		.call = call,
		.group = group_of(call),
		.verdict = rule->verdict,
		.conditions = rule->conditions,
		.condition_count = rule->condition_count,
	};
	return true;
}

int records_compare(const struct rule_record *a, const struct rule_record *b)
{
	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	return (a->name > b->name) - (a->name < b->name);
}

int records_compare_groups(const void *one, const void *two)
{
	const struct rule_record *a = one;
	const struct rule_record *b = two;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return records_compare(a, b);
}

static int compare_places(const void *one, const void *two, void *list)
{
	const struct rule_record *rules = list;
	size_t a = *(const size_t *)one;
	size_t b = *(const size_t *)two;
	int order = records_compare(&rules[a], &rules[b]);

	return order ? order : (a > b) - (a < b);
}

size_t records_of_entry(const struct records *records, size_t entry)
{
	size_t first = 0, end = records->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (records->list[records->by_entry[middle]].entry < entry)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* What no rule speaks of, as ENOSYS is not the profile's. */
static uint32_t find_fallback(const struct cell *cell)
{
	const struct seccomp_data data = {
		.nr = SBPF_NUMBER_NEWER,
		.arch = abi_of(cell->machine).audit_arch,
	};
	struct sbpf_target target = cell->target->target;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	uint32_t verdict;

	target.unknown_as_enosys = false;
	policy = sbpf_load_json(cell->part->text, cell->part->length, &target, &error);
	verdict = sbpf_policy_verdict(policy, &data, NULL, NULL, NULL);
	sbpf_policy_free(policy);
	return verdict;
}

bool records_find(const struct cell *cell, struct records *records)
{
	struct collection collection = { .records = records };

	*records = (struct records){ .fallback = find_fallback(cell) };
	sbpf_policy_rules(cell->part->policy, add_record, &collection);
	records->groups = calloc((size_t)sbpf_call_count(), sizeof(records->groups[0]));
	records->by_entry = calloc(records->count + 1, sizeof(records->by_entry[0]));
	if (!records->list)
		records->list = calloc(1, sizeof(records->list[0]));
	if (collection.failed || !records->list || !records->groups || !records->by_entry) {
		report(cell->tool->name, "out of memory");
		return false;
	}
	if (records->count)
		qsort(records->list, records->count, sizeof(records->list[0]),
		      records_compare_groups);
	for (size_t i = 0; i < records->count; i++) {
		struct record_group *group = &records->groups[records->list[i].group];

		if (!group->count++)
			group->first = i;
		records->by_entry[i] = i;
	}
	if (records->count)
		qsort_r(records->by_entry, records->count, sizeof(records->by_entry[0]),
			compare_places, records->list);
	return true;
}

void records_free(struct records *records)
{
	free(records->list);
	free(records->groups);
	free(records->by_entry);
	*records = (struct records){ 0 };
}

int records_meaning(const struct cell *cell, const struct rule_record *list, size_t count,
		    uint32_t fallback, uint64_t covered, sbpf_meaning *meaning,
		    struct sbpf_error *error)
{
	struct sbpf_target target = cell->target->target;
	struct sbpf_policy *policy;
	int result = -1;

	target.abis = "";
	policy = sbpf_policy_new(fallback, &target, error);
	for (int abi = 0; policy && abi < sbpf_abi_count(); abi++) {
		if (covered >> abi & 1 && sbpf_policy_add_abi(policy, name_of_abi(abi), error))
			goto out;
	}
	for (size_t i = 0; policy && i < count; i++) {
		if (sbpf_policy_add_rule(policy, list[i].verdict, list[i].call, list[i].conditions,
					 list[i].condition_count, error))
			goto out;
	}
	if (policy)
		result = sbpf_meaning_of_policy(cell->space, policy, meaning, error);
out:
	sbpf_policy_free(policy);
	return result;
}
