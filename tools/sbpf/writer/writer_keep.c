/* SPDX-License-Identifier: MIT */
/* The rules of a policy as its author grouped them, as far as they mean the same to everybody. */
#include "writer.h"

#include "call.h"

#include <stdlib.h>
#include <string.h>

/* More rules of one call, or of all, are found from the meaning, or are too many at all. */
#define RULES_MAX 512
#define ITEMS_MAX 65536

/* A rule of the policy on one call. */
struct author_rule {
	const char *call;
	size_t order;
	struct sbpf_rule rule;
};

/* A rule of the text on one call. */
struct item {
	size_t place; /* of the entry in the policy, from 1; those of place 0 come first */
	size_t part;  /* of an entry that becomes several */
	const char *name;
	struct text_rule rule;
	bool shields; /* it repeats the default: to be left out, if nothing after it needs it */
};

struct keeper {
	struct writer *writer;
	struct author_rule *rules; /* by call, those of one in their order */
	size_t rule_count;
	size_t rule_capacity;
	struct item *items;
	size_t item_count;
	size_t item_capacity;
	bool failed; /* no memory, which was reported, or too many */
};

/* Room for one more element. NULL when there is none. */
static void *grow(struct keeper *keeper, void *list, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 64;
	void *larger;

	if (count < *capacity)
		return list;
	larger = reallocarray(list, wanted, size);
	if (!larger) {
		keeper->failed = true;
		writer_report_memory(keeper->writer);
		return NULL;
	}
	*capacity = wanted;
	return larger;
}

/* ---- The policy's rules ---- */

static bool note_rule(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct keeper *keeper = context;
	struct author_rule *rules = grow(keeper, keeper->rules, keeper->rule_count,
					 &keeper->rule_capacity, sizeof(*rules));

	if (!rules)
		return false;
	keeper->rules = rules;
	rules[keeper->rule_count] = (struct author_rule){ call, keeper->rule_count, *rule };
	keeper->rule_count++;
	return true;
}

/* A call's name is always the same string. */
static int compare_rules(const void *left, const void *right)
{
	const struct author_rule *a = left;
	const struct author_rule *b = right;

	if (a->call != b->call)
		return a->call < b->call ? -1 : 1;
	return (a->order > b->order) - (a->order < b->order);
}

/* ---- Sets ---- */

static uint64_t cut(bool narrow, uint64_t value)
{
	return narrow && value >> 32 == UINT32_MAX ? (uint32_t)value : value;
}

/* The values for which a condition holds, in registers of 32 bits or 64. False: for none. */
static bool set_of(const struct sbpf_condition *condition, bool narrow, struct argument_set *set)
{
	uint64_t most = narrow ? UINT32_MAX : UINT64_MAX;
	uint64_t value = cut(narrow, condition->value);
	uint64_t bits = cut(narrow, condition->value_two) & value;

	*set = (struct argument_set){ SET_RANGE, 0, most };
	switch (condition->compare) {
	case SBPF_NE:
		*set = (struct argument_set){ SET_NOT, value, 0 };
		return true;
	case SBPF_LT:
		set->high = value && value - 1 < most ? value - 1 : most;
		return value > 0;
	case SBPF_LE:
		set->high = value < most ? value : most;
		return true;
	case SBPF_EQ:
		*set = (struct argument_set){ SET_RANGE, value, value };
		return value <= most;
	case SBPF_GE:
		set->low = value;
		return value <= most;
	case SBPF_GT:
		set->low = value + 1;
		return value < most;
	case SBPF_MASKED_EQ:
	default:
		*set = (struct argument_set){ value ? SET_MASK : SET_ALL, value, bits };
		return bits <= most;
	}
}

static bool cover_rule_of(const struct text_rule *rule, bool narrow, struct cover_rule *cover)
{
	*cover = (struct cover_rule){ .verdict = rule->verdict };
	for (size_t i = 0; i < rule->condition_count; i++) {
		const struct sbpf_condition *condition = &rule->conditions[i];

		if (!set_of(condition, narrow, &cover->sets[condition->argument]))
			return false;
	}
	return true;
}

static bool conflict(const struct text_rule *a, const struct text_rule *b, bool narrow)
{
	struct cover_rule left, right;

	return cover_rule_of(a, narrow, &left) && cover_rule_of(b, narrow, &right) &&
	       cover_rules_conflict(&left, &right);
}

/* Whether two of a call's rules can hold at once with different verdicts. */
static bool need_order(struct keeper *keeper, const struct item *items, size_t count)
{
	uint64_t cost = (uint64_t)count * count;

	if (keeper->writer->budget < cost)
		return true;
	keeper->writer->budget -= cost;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = i + 1; j < count; j++) {
			if (conflict(&items[i].rule, &items[j].rule, false) ||
			    conflict(&items[i].rule, &items[j].rule, true))
				return true;
		}
	}
	return false;
}

/* ---- Widths ---- */

/* Whether the kernel reads only the lower half of a wider register. */
static bool is_cut(const struct writer *writer, const char *call, unsigned int argument)
{
	for (size_t i = 0; i < writer->outline.abi_count; i++) {
		struct sbpf_parameter parameter;
		int abi = writer->outline.abis[i];

		if (abi_of(abi).register_bits == 64 &&
		    sbpf_call_parameter(abi, call, argument, &parameter) && parameter.bits == 32)
			return true;
	}
	return false;
}

/* Makes a condition look at the lower half by itself. False where one condition cannot. */
static bool narrow_condition(struct sbpf_condition *condition)
{
	uint64_t value = cut(true, condition->value);
	uint64_t bits = cut(true, condition->value_two) & value;

	if (condition->compare == SBPF_EQ) {
		bits = value;
		value = UINT32_MAX;
	} else if (condition->compare != SBPF_MASKED_EQ) {
		return false;
	}
	condition->compare = SBPF_MASKED_EQ;
	condition->value = (uint32_t)value;
	condition->value_two = bits;
	return bits <= UINT32_MAX;
}

static bool narrow_rule(const struct writer *writer, const char *call, struct text_rule *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		struct sbpf_condition *condition = &rule->conditions[i];

		if (is_cut(writer, call, condition->argument) && !narrow_condition(condition))
			return false;
	}
	return true;
}

/* ---- The rules of one call ---- */

static bool has_alternatives(const struct sbpf_rule *rule)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < rule->condition_count; i++) {
		if (seen >> rule->conditions[i].argument & 1)
			return true;
		seen |= 1u << rule->conditions[i].argument;
	}
	return false;
}

/* One that never holds is left out. */
static bool add_item(struct keeper *keeper, const struct item *item)
{
	struct cover_rule ignored;
	struct item *items;

	if (!cover_rule_of(&item->rule, false, &ignored))
		return true;
	if (keeper->item_count == ITEMS_MAX) {
		keeper->failed = true;
		return false;
	}
	items = grow(keeper, keeper->items, keeper->item_count, &keeper->item_capacity,
		     sizeof(*items));
	if (!items)
		return false;
	keeper->items = items;
	items[keeper->item_count++] = *item;
	return true;
}

/* Adds a rule with some of its conditions. */
static bool add_rule(struct keeper *keeper, const struct author_rule *author, size_t part,
		     const struct sbpf_condition *conditions, size_t count)
{
	const struct writer *writer = keeper->writer;
	struct item item = {
		.place = author->rule.entry + 1,
		.part = part,
		.name = author->call,
		.rule.verdict = author->rule.verdict,
		.rule.condition_count = count,
		.shields = author->rule.verdict == writer->outline.fallback,
	};

	if (count)
		memcpy(item.rule.conditions, conditions, count * sizeof(*conditions));
	if (writer->request->target->width == SBPF_WIDTH_KERNEL &&
	    !narrow_rule(writer, author->call, &item.rule))
		return false;
	return verdict_is_writable(item.rule.verdict) && add_item(keeper, &item);
}

/* Two conditions on one argument are alternatives, but read literally both must hold. */
static bool add_conditional(struct keeper *keeper, const struct author_rule *author)
{
	const struct sbpf_rule *rule = &author->rule;

	if (!has_alternatives(rule))
		return add_rule(keeper, author, 0, rule->conditions, rule->condition_count);
	if (keeper->writer->request->target->reading == SBPF_READING_LITERAL)
		return false;
	for (size_t i = 0; i < rule->condition_count; i++) {
		if (!add_rule(keeper, author, i, &rule->conditions[i], 1))
			return false;
	}
	return true;
}

/* Of the call's rules, the one that makes all others void; count when there is none. */
static size_t find_outright(const struct keeper *keeper, const struct author_rule *rules,
			    size_t count)
{
	size_t i = 0;

	while (i < count && (rules[i].rule.condition_count ||
			     rules[i].rule.verdict == keeper->writer->outline.fallback))
		i++;
	return i;
}

static bool add_rules(struct keeper *keeper, const struct author_rule *rules, size_t count)
{
	bool literal = keeper->writer->request->target->reading == SBPF_READING_LITERAL;
	size_t outright = find_outright(keeper, rules, count);

	if (outright < count && (!literal || outright == 0))
		return add_rule(keeper, &rules[outright], 0, NULL, 0);
	if (outright < count || count > RULES_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct author_rule *rule = &rules[i];
		bool again = i && rule->rule.conditions == rules[i - 1].rule.conditions &&
			     rule->rule.entry == rules[i - 1].rule.entry;

		if (!literal && rule->rule.verdict == keeper->writer->outline.fallback)
			continue;
		/* Literally, the default for all that comes here. */
		if (!rule->rule.condition_count)
			break;
		if (!again && !add_conditional(keeper, rule))
			return false;
	}
	return true;
}

/* Adds the call's rules as they are. False, and none is added, where others are needed. */
static bool keep_call(struct keeper *keeper, const struct author_rule *rules, size_t count)
{
	size_t first = keeper->item_count;
	size_t left = first;

	if (!add_rules(keeper, rules, count) ||
	    need_order(keeper, keeper->items + first, keeper->item_count - first)) {
		keeper->item_count = first;
		return false;
	}
	for (size_t i = first; i < keeper->item_count; i++) {
		if (!keeper->items[i].shields)
			keeper->items[left++] = keeper->items[i];
	}
	keeper->item_count = left;
	return true;
}

/* Adds the rules that the call's meaning needs. */
static void derive_call(struct keeper *keeper, const char *name, size_t place)
{
	struct writer *writer = keeper->writer;
	size_t before = writer->call_count;
	const struct cover *cover;

	if (!writer_find_call(writer, name))
		keeper->failed = true;
	if (keeper->failed || writer->call_count == before)
		return;
	cover = &writer->calls[before].cover;
	for (size_t i = 0; i < cover->count; i++) {
		const struct item item = {
			.place = place,
			.part = i,
			.name = name,
			.rule = text_rule_of(&cover->rules[i]),
		};

		if (!add_item(keeper, &item))
			return;
	}
}

static bool is_covered(const struct writer *writer, const char *call)
{
	uint32_t number;

	for (size_t i = 0; i < writer->outline.abi_count; i++) {
		if (sbpf_call_number(writer->outline.abis[i], call, &number))
			return true;
	}
	return false;
}

static void write_calls(struct keeper *keeper, bool derive_multiplexed)
{
	struct sbpf_multiplexed other;
	size_t last;

	for (size_t first = 0; first < keeper->rule_count && !keeper->failed; first = last) {
		const struct author_rule *rules = &keeper->rules[first];
		const char *call = rules->call;
		bool multiplexed = is_multiplexer(call) || sbpf_call_multiplexed(call, &other);

		for (last = first; last < keeper->rule_count; last++) {
			if (keeper->rules[last].call != call)
				break;
		}
		if (!is_covered(keeper->writer, call) ||
		    (derive_multiplexed && is_multiplexer(call)))
			continue;
		if ((derive_multiplexed && multiplexed) || !keep_call(keeper, rules, last - first))
			derive_call(keeper, call, rules->rule.entry + 1);
	}
	for (int i = 0; derive_multiplexed && i < sbpf_call_count() && !keeper->failed; i++) {
		if (is_multiplexer(sbpf_call_at(i)))
			derive_call(keeper, sbpf_call_at(i), 0);
	}
}

/* ---- Entries ---- */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_conditions(const struct sbpf_condition *a, const struct sbpf_condition *b)
{
	int result = compare_numbers(a->argument, b->argument);

	if (!result)
		result = compare_numbers(a->compare, b->compare);
	if (!result)
		result = compare_numbers(a->value, b->value);
	return result ? result : compare_numbers(a->value_two, b->value_two);
}

/* 0 for items that are one entry. */
static int compare_entries(const struct item *a, const struct item *b)
{
	int result = compare_numbers(a->place, b->place);

	if (!result)
		result = compare_numbers(a->part, b->part);
	if (!result)
		result = compare_numbers(a->rule.verdict, b->rule.verdict);
	if (!result)
		result = compare_numbers(a->rule.condition_count, b->rule.condition_count);
	for (size_t i = 0; !result && i < a->rule.condition_count; i++)
		result = compare_conditions(&a->rule.conditions[i], &b->rule.conditions[i]);
	return result;
}

static int compare_items(const void *left, const void *right)
{
	const struct item *a = left;
	const struct item *b = right;
	int result = compare_entries(a, b);

	return result ? result : strcmp(a->name, b->name);
}

static bool list_entries(struct keeper *keeper)
{
	struct writer *writer = keeper->writer;
	struct profile_outline *outline = &writer->outline;

	if (keeper->item_count)
		qsort(keeper->items, keeper->item_count, sizeof(keeper->items[0]), compare_items);
	writer->names = calloc(keeper->item_count + 1, sizeof(writer->names[0]));
	outline->rules = calloc(keeper->item_count + 1, sizeof(outline->rules[0]));
	if (!writer->names || !outline->rules)
		return writer_report_memory(writer);
	for (size_t i = 0; i < keeper->item_count; i++) {
		const struct item *item = &keeper->items[i];
		struct text_rule *rule;

		if (!i || compare_entries(item, item - 1)) {
			rule = &outline->rules[outline->rule_count++];
			*rule = item->rule;
			rule->names = &writer->names[i];
		}
		rule = &outline->rules[outline->rule_count - 1];
		writer->names[i] = item->name;
		rule->name_count++;
	}
	return true;
}

bool writer_keep_rules(struct writer *writer, const struct sbpf_policy *policy,
		       bool derive_multiplexed)
{
	struct keeper keeper = { .writer = writer };
	bool listed = false;

	sbpf_policy_rules(policy, note_rule, &keeper);
	if (keeper.rule_count)
		qsort(keeper.rules, keeper.rule_count, sizeof(keeper.rules[0]), compare_rules);
	write_calls(&keeper, derive_multiplexed);
	if (!keeper.failed && !writer->proof.statements)
		listed = list_entries(&keeper);
	free(keeper.rules);
	free(keeper.items);
	return listed;
}
