/* SPDX-License-Identifier: MIT */
/* What transactions keep and bring back: a context's ABIs and rules. */
#include "context.h"

#include <errno.h>
#include <string.h>

static uint64_t abi_bit(int abi)
{
	return UINT64_C(1) << abi;
}

/* ---- ABIs ---- */

bool ruleset_has_abi(const struct ruleset *set, int abi)
{
	for (unsigned int i = 0; i < set->abi_count; i++) {
		if (set->abis[i] == abi)
			return true;
	}
	return false;
}

void ruleset_add_abi(struct ruleset *set, int abi)
{
	set->abis[set->abi_count++] = (uint8_t)abi;
}

void ruleset_remove_abi(struct ruleset *set, int abi)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < set->abi_count; i++) {
		if (set->abis[i] != abi)
			set->abis[left++] = set->abis[i];
	}
	set->abi_count = left;
	for (size_t i = 0; i < set->rule_count; i++)
		set->rules[i].abis &= ~abi_bit(abi);
}

bool ruleset_is_big_endian(const struct ruleset *set)
{
	struct sbpf_abi abi;

	return sbpf_abi_describe(set->abis[0], &abi) && abi.big_endian;
}

/* ---- Rules ---- */

bool ruleset_notifies(const struct ruleset *set)
{
	for (size_t i = 0; i < set->rule_count; i++) {
		if (set->rules[i].abis && set->rules[i].verdict == SCMP_ACT_NOTIFY)
			return true;
	}
	return false;
}

static size_t bucket_of(uint32_t number, const struct sbpf_condition *conditions, uint32_t count)
{
	/* Multiplicative hashing: 2^64 divided by the golden ratio, made odd. */
	const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t hash = number * factor;

	for (uint32_t i = 0; i < count; i++) {
		hash = (hash ^ (conditions[i].argument << 3 | conditions[i].compare)) * factor;
		hash = (hash ^ conditions[i].value) * factor;
		hash = (hash ^ conditions[i].value_two) * factor;
	}
	return hash >> (64 - BUCKET_BITS);
}

static bool same_conditions(const struct sbpf_condition *a, const struct sbpf_condition *b,
			    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (a[i].argument != b[i].argument || a[i].compare != b[i].compare ||
		    a[i].value != b[i].value || a[i].value_two != b[i].value_two)
			return false;
	}
	return true;
}

/* The next rule of a bucket that is on the same call and an ABI of this one and has as many
 * conditions; NULL when there is none. Place is where to go on. */
static const struct rule *next_alike(const struct ruleset *set, uint32_t *place, uint32_t count,
				     const struct rule *rule)
{
	while (*place != 0) {
		const struct rule *other = &set->rules[*place - 1];

		*place = other->next;
		if (other->number == rule->number && other->count == count &&
		    other->abis & rule->abis)
			return other;
	}
	return NULL;
}

bool ruleset_has_outright(const struct ruleset *set, const struct rule *rule)
{
	uint32_t place = set->buckets[bucket_of(rule->number, NULL, 0)];

	return next_alike(set, &place, 0, rule) != NULL;
}

bool ruleset_contradicts(const struct ruleset *set, const struct rule *rule,
			 const struct sbpf_condition *conditions)
{
	uint32_t place = set->buckets[bucket_of(rule->number, conditions, rule->count)];
	const struct rule *other;

	while ((other = next_alike(set, &place, rule->count, rule))) {
		if (other->verdict != rule->verdict &&
		    same_conditions(&set->conditions[other->first], conditions, rule->count))
			return true;
	}
	return false;
}

/* Room for more elements: the array, perhaps at another address, or NULL. */
static void *reserve(void *array, size_t count, size_t more, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity : 64;

	if (more > UINT32_MAX || count > UINT32_MAX - more)
		return NULL;
	if (array && count + more <= *capacity)
		return array;
	while (wanted < count + more)
		wanted *= 2;
	array = reallocarray(array, wanted, size);
	if (array)
		*capacity = wanted;
	return array;
}

static int reserve_rules(struct ruleset *set, size_t rules, size_t conditions)
{
	struct rule *more_rules = reserve(set->rules, set->rule_count, rules, &set->rule_capacity,
					  sizeof(*more_rules));
	struct sbpf_condition *more;

	if (!more_rules)
		return -ENOMEM;
	set->rules = more_rules;
	if (conditions == 0)
		return 0;
	more = reserve(set->conditions, set->condition_count, conditions, &set->condition_capacity,
		       sizeof(*more));
	if (!more)
		return -ENOMEM;
	set->conditions = more;
	return 0;
}

int ruleset_append(struct ruleset *set, const struct rule *rule,
		   const struct sbpf_condition *conditions)
{
	uint32_t *bucket = &set->buckets[bucket_of(rule->number, conditions, rule->count)];
	struct rule *added;

	if (reserve_rules(set, 1, rule->count))
		return -ENOMEM;
	added = &set->rules[set->rule_count++];
	*added = *rule;
	added->first = (uint32_t)set->condition_count;
	added->next = *bucket;
	*bucket = (uint32_t)set->rule_count;
	for (uint32_t i = 0; i < rule->count; i++)
		set->conditions[set->condition_count++] = conditions[i];
	return 0;
}

int ruleset_append_set(struct ruleset *set, const struct ruleset *other)
{
	if (reserve_rules(set, other->rule_count, other->condition_count))
		return -ENOMEM;
	for (unsigned int i = 0; i < other->abi_count; i++)
		ruleset_add_abi(set, other->abis[i]);
	/* There is room for all of them. */
	for (size_t i = 0; i < other->rule_count; i++) {
		const struct rule *rule = &other->rules[i];

		ruleset_append(set, rule, rule->count ? &other->conditions[rule->first] : NULL);
	}
	return 0;
}

void ruleset_clear(struct ruleset *set)
{
	free(set->rules);
	free(set->conditions);
	memset(set, 0, sizeof(*set));
}
