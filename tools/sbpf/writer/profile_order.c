/* SPDX-License-Identifier: MIT */
/* Rules of a profile that speak of the same calls through a multiplexer (docs/semantics.md). */
#include "call.h"
#include "profile_proof.h"

#include <string.h>

/* What the rules on a call make of its form behind a multiplexer. */
struct implied {
	const char *call; /* NULL: nothing */
	uint32_t verdict;
};

/* The sub-calls of a multiplexer are numbered below this. */
#define SUB_CALLS_MAX 32

struct order {
	const struct profile_outline *outline;
	const char *multiplexer;
	struct implied implied[SUB_CALLS_MAX]; /* by number of the sub-call */
	const char *unordered;
};

static bool is_covered(const struct profile_outline *outline, const char *call)
{
	uint32_t number;

	for (size_t i = 0; i < outline->abi_count; i++) {
		if (sbpf_call_number(outline->abis[i], call, &number))
			return true;
	}
	return false;
}

/* Left out conditions must not allow more. */
static bool extends(const struct profile_outline *outline, const struct text_rule *rule)
{
	return !rule->condition_count || sbpf_verdict_compare(rule->verdict, outline->fallback) < 0;
}

static void note_implied(struct order *order, const struct text_rule *rule, const char *call)
{
	struct sbpf_multiplexed one;
	struct implied *implied;

	if (!sbpf_call_multiplexed(call, &one) || one.multiplexer != order->multiplexer ||
	    one.sub >= SUB_CALLS_MAX)
		return;
	implied = &order->implied[one.sub];
	if (implied->call && implied->verdict != rule->verdict)
		order->unordered = call;
	*implied = (struct implied){ call, rule->verdict };
}

static bool may_hold(const struct sbpf_condition *condition, uint64_t number)
{
	switch (condition->compare) {
	case SBPF_NE:
		return number != condition->value;
	case SBPF_LT:
		return number < condition->value;
	case SBPF_LE:
		return number <= condition->value;
	case SBPF_EQ:
		return number == condition->value;
	case SBPF_GE:
		return number >= condition->value;
	case SBPF_GT:
		return number > condition->value;
	case SBPF_MASKED_EQ:
	default:
		return (number & condition->value) == (condition->value_two & condition->value);
	}
}

/* Of a rule on the multiplexer: whether it may speak of a sub-call. */
static bool speaks_of(const struct text_rule *rule, uint32_t number)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		if (rule->conditions[i].argument == 0 && !may_hold(&rule->conditions[i], number))
			return false;
	}
	return true;
}

static void compare_with(struct order *order, const struct text_rule *rule)
{
	for (uint32_t number = 0; number < SUB_CALLS_MAX; number++) {
		const struct implied *implied = &order->implied[number];

		if (implied->call && implied->verdict != rule->verdict && speaks_of(rule, number))
			order->unordered = implied->call;
	}
}

static bool names(const struct text_rule *rule, const char *call)
{
	for (size_t i = 0; i < rule->name_count; i++) {
		if (!strcmp(rule->names[i], call))
			return true;
	}
	return false;
}

/* A rule on the multiplexer without conditions decides alone. */
static bool is_decided(const struct order *order)
{
	for (size_t i = 0; i < order->outline->rule_count; i++) {
		const struct text_rule *rule = &order->outline->rules[i];

		if (!rule->condition_count && names(rule, order->multiplexer))
			return true;
	}
	return false;
}

static void look_through(struct order *order)
{
	const struct profile_outline *outline = order->outline;

	if (!is_covered(outline, order->multiplexer) || is_decided(order))
		return;
	for (size_t i = 0; i < outline->rule_count; i++) {
		const struct text_rule *rule = &outline->rules[i];

		for (size_t j = 0; extends(outline, rule) && j < rule->name_count; j++)
			note_implied(order, rule, rule->names[j]);
	}
	for (size_t i = 0; i < outline->rule_count; i++) {
		if (names(&outline->rules[i], order->multiplexer))
			compare_with(order, &outline->rules[i]);
	}
}

const char *outline_unordered_call(const struct profile_outline *outline)
{
	struct order order = { 0 };
	struct sbpf_multiplexed one;

	for (size_t i = 0; sbpf_multiplexed_at(i, &one); i++) {
		if (one.multiplexer == order.multiplexer)
			continue;
		order = (struct order){ .outline = outline, .multiplexer = one.multiplexer };
		look_through(&order);
		if (order.unordered)
			return order.unordered;
	}
	return NULL;
}
