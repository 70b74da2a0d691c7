/* SPDX-License-Identifier: MIT */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#define RULES_MAX 1024
/* With more cases than this, single values of arguments with masks are parts of a mask. */
#define VALUES_MAX 32

#define ARGUMENTS 6

struct search {
	const struct cover_rule *cases;
	size_t count;
	struct cover *cover;
	size_t capacity;
	uint64_t *budget;
	bool masked[ARGUMENTS]; /* a case tests it by a mask */
	enum cover_answer answer;
};

/* ---- Sets ---- */

/* The least value from first on that has these bits under the mask; false when there is none. */
static bool least_masked(uint64_t first, uint64_t mask, uint64_t bits, uint64_t *least)
{
	uint64_t wrong = (first & mask) ^ bits;
	uint64_t below;
	int place;

	*least = first;
	if (!wrong)
		return true;
	place = 63 - __builtin_clzll(wrong);
	if (first >> place & 1) {
		/* Too large there: a free bit above must be raised. */
		uint64_t raisable = place == 63 ? 0 : ~first & ~mask & (UINT64_MAX << (place + 1));

		if (!raisable)
			return false;
		place = __builtin_ctzll(raisable);
	}
	below = (UINT64_C(1) << place) - 1;
	*least = ((first | UINT64_C(1) << place) & ~below) | (bits & below);
	return true;
}

static bool range_meets_mask(uint64_t low, uint64_t high, uint64_t mask, uint64_t bits)
{
	uint64_t least;

	return least_masked(low, mask, bits, &least) && least <= high;
}

static bool range_meets_lower(const struct argument_set *range, const struct argument_set *lower)
{
	uint64_t low = (uint32_t)range->low;
	uint64_t high = (uint32_t)range->high;

	if (range->high - range->low >= UINT32_MAX)
		return true;
	if (range->low >> 32 == range->high >> 32)
		return low <= lower->high && lower->low <= high;
	return low <= lower->high || lower->low <= high;
}

/* Both in order of their kinds; neither is all values, nor all but one. */
static bool meet_in_order(const struct argument_set *a, const struct argument_set *b)
{
	if (a->kind == SET_MASK)
		return !((a->high ^ b->high) & a->low & b->low);
	if (a->kind == SET_LOWER && b->kind == SET_MASK)
		return range_meets_mask(a->low, a->high, (uint32_t)b->low, (uint32_t)b->high);
	if (b->kind == SET_MASK)
		return range_meets_mask(a->low, a->high, b->low, b->high);
	if (a->kind != b->kind)
		return range_meets_lower(a, b);
	return a->low <= b->high && b->low <= a->high;
}

/* Whether the set has no other value than this one. */
static bool is_only(const struct argument_set *set, uint64_t value)
{
	return (set->kind == SET_RANGE && set->low == value && set->high == value) ||
	       (set->kind == SET_MASK && set->low == UINT64_MAX && set->high == value);
}

static bool sets_meet(const struct argument_set *a, const struct argument_set *b)
{
	if (a->kind == SET_ALL || b->kind == SET_ALL)
		return true;
	if (a->kind == SET_NOT)
		return !is_only(b, a->low);
	if (b->kind == SET_NOT)
		return !is_only(a, b->low);
	return a->kind <= b->kind ? meet_in_order(a, b) : meet_in_order(b, a);
}

/* The bits that all values of the set share: a mask and their values. */
static void shared_bits(const struct argument_set *set, uint64_t *mask, uint64_t *bits)
{
	uint64_t differ = set->low ^ set->high;

	*mask = set->low;
	*bits = set->high;
	if (set->kind == SET_MASK)
		return;
	*mask = differ ? ~(UINT64_MAX >> __builtin_clzll(differ)) : UINT64_MAX;
	if (set->kind == SET_LOWER)
		*mask &= UINT32_MAX;
	*bits = set->low & *mask;
}

/* inner is no SET_NOT; outer is one condition, and so never SET_LOWER. */
static bool set_contains(const struct argument_set *outer, const struct argument_set *inner)
{
	uint64_t mask, bits;

	if (outer->kind == SET_ALL || inner->kind == SET_ALL)
		return outer->kind == SET_ALL;
	if (outer->kind == SET_NOT)
		return !sets_meet(inner,
				  &(struct argument_set){ SET_RANGE, outer->low, outer->low });
	if (outer->kind == SET_RANGE && inner->kind == SET_RANGE)
		return outer->low <= inner->low && inner->high <= outer->high;
	shared_bits(inner, &mask, &bits);
	if (outer->kind == SET_MASK)
		return !(outer->low & ~mask) && (bits & outer->low) == outer->high;
	return inner->kind == SET_MASK && outer->low <= bits && (bits | ~mask) <= outer->high;
}

/* ---- Rules ---- */

static bool rules_meet(const struct cover_rule *a, const struct cover_rule *b)
{
	for (unsigned int i = 0; i < ARGUMENTS; i++) {
		if (!sets_meet(&a->sets[i], &b->sets[i]))
			return false;
	}
	return true;
}

static bool rule_contains(const struct cover_rule *outer, const struct cover_rule *inner)
{
	for (unsigned int i = 0; i < ARGUMENTS; i++) {
		if (!set_contains(&outer->sets[i], &inner->sets[i]))
			return false;
	}
	return true;
}

static size_t count_conditions(const struct cover_rule *rule)
{
	size_t count = 0;

	for (unsigned int i = 0; i < ARGUMENTS; i++)
		count += rule->sets[i].kind != SET_ALL;
	return count;
}

/* Takes the cost of some comparisons. With the budget used up, all looks wrong. */
static bool pay(struct search *search, size_t cost)
{
	if (*search->budget < cost) {
		*search->budget = 0;
		search->answer = COVER_TOO_LARGE;
		return false;
	}
	*search->budget -= cost;
	return true;
}

/* Whether the rule would speak of a call that is another's to decide. */
static bool is_wrong(struct search *search, const struct cover_rule *rule)
{
	if (!pay(search, search->count))
		return true;
	for (size_t i = 0; i < search->count; i++) {
		const struct cover_rule *other = &search->cases[i];

		if (other->verdict != rule->verdict && rules_meet(rule, other))
			return true;
	}
	return false;
}

/* A rule with the same verdict has all of these calls. */
static bool is_covered(struct search *search, const struct cover_rule *rule)
{
	if (!pay(search, search->cover->count))
		return true;
	for (size_t i = 0; i < search->cover->count; i++) {
		const struct cover_rule *earlier = &search->cover->rules[i];

		if (earlier->verdict == rule->verdict && rule_contains(earlier, rule))
			return true;
	}
	return false;
}

static void append(struct search *search, const struct cover_rule *rule)
{
	struct cover *cover = search->cover;

	if (cover->count == search->capacity) {
		size_t capacity = search->capacity ? search->capacity * 2 : 16;
		struct cover_rule *rules = reallocarray(cover->rules, capacity, sizeof(*rules));

		if (!rules || capacity > RULES_MAX) {
			search->answer = rules ? COVER_TOO_LARGE : COVER_NO_MEMORY;
			cover->rules = rules ? rules : cover->rules;
			return;
		}
		cover->rules = rules;
		search->capacity = capacity;
	}
	cover->rules[cover->count++] = *rule;
}

/* ---- Widening ---- */

/* Puts the set in the place of the rule's where no other case is touched. */
static bool try_set(struct search *search, struct cover_rule *rule, unsigned int argument,
		    enum set_kind kind, uint64_t low, uint64_t high)
{
	struct argument_set before = rule->sets[argument];

	rule->sets[argument] = (struct argument_set){ kind, low, high };
	if (!is_wrong(search, rule))
		return true;
	rule->sets[argument] = before;
	return false;
}

/* A single value stays one: it is the easiest to read. */
static void widen_range(struct search *search, struct cover_rule *rule, unsigned int argument)
{
	uint64_t low = rule->sets[argument].low;
	uint64_t high = rule->sets[argument].high;

	if (low == high)
		return;
	if (low == 0 && high != UINT64_MAX && try_set(search, rule, argument, SET_NOT, high + 1, 0))
		return;
	if (high == UINT64_MAX && low && try_set(search, rule, argument, SET_NOT, low - 1, 0))
		return;
	if (low == 0 || high == UINT64_MAX)
		return;
	if (!try_set(search, rule, argument, SET_RANGE, 0, high))
		try_set(search, rule, argument, SET_RANGE, low, UINT64_MAX);
}

/* Conditions go where they are not needed, but never all: such a rule would stand alone. */
static void widen(struct search *search, struct cover_rule *rule)
{
	for (unsigned int i = 0; i < ARGUMENTS; i++) {
		if (rule->sets[i].kind == SET_ALL)
			continue;
		if (count_conditions(rule) > 1 && try_set(search, rule, i, SET_ALL, 0, 0))
			continue;
		if (rule->sets[i].kind == SET_RANGE)
			widen_range(search, rule, i);
	}
}

static bool is_value(const struct argument_set *set)
{
	return set->low == UINT64_MAX || set->low == UINT32_MAX;
}

static void widen_mask(struct search *search, struct cover_rule *rule, unsigned int argument)
{
	const struct argument_set *set = &rule->sets[argument];

	if (set->kind != SET_MASK || (is_value(set) && search->count <= VALUES_MAX))
		return;
	for (int bit = 63; bit >= 0; bit--) {
		uint64_t mask = set->low & ~(UINT64_C(1) << bit);

		if (mask && mask != set->low)
			try_set(search, rule, argument, SET_MASK, mask, set->high & mask);
	}
}

/* ---- Splitting ---- */

/* Whether one condition cannot say it, or only one that is better part of a mask. */
static bool must_split(const struct search *search, const struct cover_rule *rule,
		       unsigned int argument)
{
	const struct argument_set *set = &rule->sets[argument];

	if (set->kind == SET_LOWER)
		return true;
	if (set->kind != SET_RANGE)
		return false;
	if (set->low == set->high)
		return search->count > VALUES_MAX && search->masked[argument];
	return set->low != 0 && set->high != UINT64_MAX;
}

static void add(struct search *search, struct cover_rule rule)
{
	if (is_covered(search, &rule))
		return;
	for (unsigned int i = 0; i < ARGUMENTS; i++)
		widen_mask(search, &rule, i);
	append(search, &rule);
}

static void split(struct search *search, const struct cover_rule *rule, unsigned int argument);

/* A range as blocks of 2^n values that begin at a multiple of 2^n: each is one masked test. */
static void split_range(struct search *search, const struct cover_rule *rule, unsigned int argument)
{
	const struct argument_set *set = &rule->sets[argument];
	uint64_t width = set->kind == SET_LOWER ? UINT32_MAX : UINT64_MAX;
	struct cover_rule part = *rule;
	uint64_t low = set->low;

	while (search->answer == COVER_DONE) {
		uint64_t block = low ? (low & -low) - 1 : width;

		while (block > set->high - low)
			block >>= 1;
		part.sets[argument] = (struct argument_set){ SET_MASK, width & ~block, low };
		split(search, &part, argument + 1);
		if (low + block == set->high)
			break;
		low += block + 1;
	}
}

static void split(struct search *search, const struct cover_rule *rule, unsigned int argument)
{
	while (argument < ARGUMENTS && !must_split(search, rule, argument))
		argument++;
	if (argument == ARGUMENTS)
		add(search, *rule);
	else
		split_range(search, rule, argument);
}

static void cover_case(struct search *search, size_t index)
{
	struct cover_rule rule = search->cases[index];

	if (is_covered(search, &rule))
		return;
	widen(search, &rule);
	split(search, &rule, 0);
}

static void note_masks(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		for (unsigned int j = 0; j < ARGUMENTS; j++)
			search->masked[j] |= search->cases[i].sets[j].kind == SET_MASK;
	}
}

/* ---- What is exported ---- */

enum cover_answer cover_find(const struct cover_rule *cases, size_t count, uint32_t fallback,
			     uint64_t *budget, struct cover *cover)
{
	struct search search = { .cases = cases, .count = count, .cover = cover };

	search.budget = budget;
	*cover = (struct cover){ 0 };
	note_masks(&search);
	for (size_t i = 0; i < count && search.answer == COVER_DONE; i++) {
		if (cases[i].verdict != fallback)
			cover_case(&search, i);
	}
	if (search.answer != COVER_DONE) {
		free(cover->rules);
		*cover = (struct cover){ 0 };
	}
	return search.answer;
}

bool cover_rules_conflict(const struct cover_rule *a, const struct cover_rule *b)
{
	return a->verdict != b->verdict && rules_meet(a, b);
}

bool cover_equal(const struct cover *a, const struct cover *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct cover_rule *left = &a->rules[i];
		const struct cover_rule *right = &b->rules[i];

		if (left->verdict != right->verdict)
			return false;
		for (unsigned int j = 0; j < ARGUMENTS; j++) {
			if (left->sets[j].kind != right->sets[j].kind ||
			    left->sets[j].low != right->sets[j].low ||
			    left->sets[j].high != right->sets[j].high)
				return false;
		}
	}
	return true;
}
