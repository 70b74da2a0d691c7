/* SPDX-License-Identifier: MIT */
/*
 * What a policy means, sentence by sentence of docs/semantics.md. It reads the policy's rules
 * itself: sharing a step with the compiler would share its mistakes.
 */
#include "policy_meaning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "arch.h"

#define ALL_ARGUMENTS 0x3fu

/* One rule as it bears on one number of an ABI. */
struct bearing {
	uint32_t number; /* of the table */
	int32_t sub;	 /* the sub-call of a multiplexer, or -1 */
	uint64_t mask;	 /* the bits of argument 0 that have to name it */
	const struct policy_rule *rule;
};

/* What the rules of a policy are read into. All lists are as long as any ABI needs. */
struct reading {
	struct diagrams *diagrams;
	const struct sbpf_policy *policy;
	int abi;
	int call; /* whose arguments conditions speak of; -1: of a number without a name */
	struct bearing *bearings;
	struct bearing *spare; /* as many, to sort with */
	size_t count;
	struct diagram_case *cases;
	size_t *outright;	    /* by call, the first rule without conditions, from 1; or 0 */
	struct answer *answers;	    /* ANSWERS of them: what conditions came to before */
	struct decision *decisions; /* DECISIONS of them: what rules came to before */
};

/* The names of one rule share its conditions, so they need not be read for each name again. */
struct answer {
	const struct sbpf_condition *conditions;
	unsigned int narrow; /* bits: 1 << argument of 32 bits */
	diagram result;
};

#define ANSWERS 256u

/* Many calls stand under the same rules; these need not be decided for each of them. */
struct decision {
	size_t first; /* bearings; none when both are the same */
	size_t last;
	diagram result;
};

#define DECISIONS 64u

/* ---- Conditions ---- */

/* An argument that conditions look at. */
struct argument {
	struct diagrams *diagrams;
	unsigned int index;
	bool is_narrow; /* of 32 bits: on a 32-bit ABI, or because the kernel reads no more of it */
};

static diagram both(struct diagrams *diagrams, diagram a, diagram b)
{
	return diagram_choose(diagrams, a, b, diagram_leaf(diagrams, 0));
}

/* By bit i of 64 of an argument; of a narrow one the upper ones count as clear. */
static diagram test(const struct argument *argument, unsigned int i, diagram clear, diagram set)
{
	unsigned int word = DIAGRAM_ARGUMENTS + 2 * argument->index + (i < 32);

	if (i >= 32 && argument->is_narrow)
		return clear;
	return diagram_test(argument->diagrams, word, i % 32, clear, set);
}

/* holds (1 or 0) where the argument is above value, or (or_equal) not below it; else the other. */
static diagram above(const struct argument *argument, uint64_t value, bool or_equal, bool holds)
{
	diagram yes = diagram_leaf(argument->diagrams, holds);
	diagram no = diagram_leaf(argument->diagrams, !holds);
	diagram result = or_equal ? yes : no;

	for (unsigned int i = 0; i < 64; i++)
		result = value >> i & 1 ? test(argument, i, no, result)
					: test(argument, i, result, yes);
	return result;
}

/* holds (1 or 0) where the argument has value's bits wherever mask has one; else the other. */
static diagram equals(const struct argument *argument, uint64_t value, uint64_t mask, bool holds)
{
	diagram result = diagram_leaf(argument->diagrams, holds);
	diagram no = diagram_leaf(argument->diagrams, !holds);

	for (unsigned int i = 0; i < 64; i++) {
		if (mask >> i & 1)
			result = value >> i & 1 ? test(argument, i, no, result)
						: test(argument, i, result, no);
	}
	return result;
}

/* For a narrow argument a value that is all ones above is a negative number of 32 bits. */
static uint64_t as_written(const struct argument *argument, uint64_t value)
{
	if (argument->is_narrow && value >> 32 == UINT32_MAX)
		return (uint32_t)value;
	return value;
}

static diagram read_condition(const struct argument *argument,
			      const struct sbpf_condition *condition)
{
	uint64_t value = as_written(argument, condition->value);
	uint64_t two = as_written(argument, condition->value_two);

	switch (condition->compare) {
	case SBPF_NE:
		return equals(argument, value, UINT64_MAX, false);
	case SBPF_LT:
		return above(argument, value, true, false);
	case SBPF_LE:
		return above(argument, value, false, false);
	case SBPF_EQ:
		return equals(argument, value, UINT64_MAX, true);
	case SBPF_GE:
		return above(argument, value, true, true);
	case SBPF_GT:
		return above(argument, value, false, true);
	case SBPF_MASKED_EQ:
	default:
		return equals(argument, two & value, value, true);
	}
}

/* ---- Rules ---- */

static bool is_literal(const struct reading *reading)
{
	return reading->policy->reading == SBPF_READING_LITERAL;
}

static bool repeats_default(const struct reading *reading, const struct policy_rule *rule)
{
	return rule->verdict == reading->policy->default_verdict;
}

/* Literally, a rule that repeats the default is one like any other. */
static bool is_dropped(const struct reading *reading, const struct policy_rule *rule)
{
	return repeats_default(reading, rule) && !is_literal(reading);
}

/* Two conditions on one argument: alternatives, each of the rule's conditions. */
static bool has_alternatives(const struct policy_rule *rule)
{
	for (uint32_t i = 0; i < rule->condition_count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (rule->conditions[i].argument == rule->conditions[j].argument)
				return true;
		}
	}
	return false;
}

static diagram read_conditions(const struct reading *reading, const struct policy_rule *rule,
			       unsigned int narrow)
{
	struct diagrams *diagrams = reading->diagrams;
	bool any = has_alternatives(rule) && !is_literal(reading);
	diagram result = diagram_leaf(diagrams, !any);

	for (uint32_t i = 0; i < rule->condition_count; i++) {
		unsigned int index = rule->conditions[i].argument;
		const struct argument argument = { diagrams, index, narrow >> index & 1 };
		diagram condition = read_condition(&argument, &rule->conditions[i]);

		result =
			any ? diagram_choose(diagrams, condition, diagram_leaf(diagrams, 1), result)
			    : both(diagrams, condition, result);
	}
	return result;
}

/* The arguments that have 32 bits, 1 << argument. */
static unsigned int narrow_arguments(const struct reading *reading)
{
	unsigned int narrow = 0;

	if (abi_register_bits(reading->abi) == 32)
		return ALL_ARGUMENTS;
	if (reading->policy->width != SBPF_WIDTH_KERNEL || reading->call < 0)
		return 0;
	for (unsigned int argument = 0; argument < 6; argument++) {
		if (call_parameter_bits(reading->abi, reading->call, argument) == 32)
			narrow |= 1u << argument;
	}
	return narrow;
}

static diagram is_sub_call(const struct reading *reading, const struct bearing *bearing)
{
	const struct argument first = { reading->diagrams, 0, narrow_arguments(reading) & 1 };

	return equals(&first, (uint64_t)bearing->sub, bearing->mask, true);
}

static diagram applies(const struct reading *reading, const struct bearing *bearing)
{
	const struct policy_rule *rule = bearing->rule;
	unsigned int narrow;
	struct answer *answer;

	if (bearing->sub >= 0)
		return is_sub_call(reading, bearing);
	if (!rule->condition_count)
		return diagram_leaf(reading->diagrams, 1);
	narrow = narrow_arguments(reading);
	answer = &reading->answers[((uintptr_t)rule->conditions / sizeof(*rule->conditions) +
				    (size_t)narrow * 31) %
				   ANSWERS];
	if (answer->conditions != rule->conditions || answer->narrow != narrow)
		*answer = (struct answer){ rule->conditions, narrow,
					   read_conditions(reading, rule, narrow) };
	return answer->result;
}

static bool is_outright(const struct bearing *bearing)
{
	return bearing->sub < 0 && !bearing->rule->condition_count;
}

/* A name that a rule has twice. */
static bool says_the_same(const struct bearing *a, const struct bearing *b)
{
	return a->sub == b->sub && a->mask == b->mask && a->rule->verdict == b->rule->verdict &&
	       a->rule->conditions == b->rule->conditions &&
	       a->rule->condition_count == b->rule->condition_count;
}

/* The first of the rules that decides alone, or last. */
static size_t find_decisive(const struct reading *reading, size_t first, size_t last)
{
	while (first < last && (is_dropped(reading, reading->bearings[first].rule) ||
				!is_outright(&reading->bearings[first])))
		first++;
	return first;
}

/*
 * What the rules first to last (not included) say of their number. A rule without conditions makes
 * those before it void too; literally these still come first.
 */
static diagram decide(const struct reading *reading, size_t first, size_t last)
{
	struct diagrams *diagrams = reading->diagrams;
	size_t decisive = find_decisive(reading, first, last);
	diagram result =
		diagram_leaf(diagrams, decisive < last ? reading->bearings[decisive].rule->verdict
						       : reading->policy->default_verdict);

	if (decisive < last && !is_literal(reading))
		return result;
	for (size_t i = decisive; i-- > first;) {
		const struct bearing *bearing = &reading->bearings[i];

		if (!is_dropped(reading, bearing->rule) &&
		    !(i > first && says_the_same(bearing, bearing - 1)))
			result = diagram_choose(diagrams, applies(reading, bearing),
						diagram_leaf(diagrams, bearing->rule->verdict),
						result);
	}
	return result;
}

static size_t place_of(const struct reading *reading, size_t first, size_t last)
{
	size_t hash = last - first;

	for (size_t i = first; i < last; i++)
		hash = hash * 31 + (uintptr_t)reading->bearings[i].rule->conditions / 16 +
		       reading->bearings[i].rule->verdict;
	return hash % DECISIONS;
}

static bool are_the_same(const struct reading *reading, const struct decision *decision,
			 size_t first, size_t last)
{
	if (decision->last - decision->first != last - first)
		return false;
	for (size_t i = first; i < last; i++) {
		if (!says_the_same(&reading->bearings[i],
				   &reading->bearings[decision->first + i - first]))
			return false;
	}
	return true;
}

/* The kernel's widths are each call's own, so there every call is decided for itself. */
static diagram decide_once(const struct reading *reading, size_t first, size_t last)
{
	struct decision *decision = &reading->decisions[place_of(reading, first, last)];

	if (reading->policy->width == SBPF_WIDTH_KERNEL ||
	    !are_the_same(reading, decision, first, last))
		*decision = (struct decision){ first, last, decide(reading, first, last) };
	return decision->result;
}

/* ---- Numbers in order ---- */

/* Sorts by one byte of the number and leaves equal ones in their order. */
static void sort_by_byte(struct reading *reading, unsigned int shift)
{
	struct bearing *sorted = reading->spare;
	size_t ends[256] = { 0 };

	for (size_t i = 0; i < reading->count; i++)
		ends[reading->bearings[i].number >> shift & 0xff]++;
	for (size_t i = 1; i < 256; i++)
		ends[i] += ends[i - 1];
	for (size_t i = reading->count; i--;)
		sorted[--ends[reading->bearings[i].number >> shift & 0xff]] = reading->bearings[i];
	reading->spare = reading->bearings;
	reading->bearings = sorted;
}

/* Hundreds of numbers that are mostly below 512: two rounds for most ABIs. */
static void sort_bearings(struct reading *reading)
{
	uint32_t varying = 0;

	for (size_t i = 1; i < reading->count; i++)
		varying |= reading->bearings[i].number ^ reading->bearings[0].number;
	for (unsigned int shift = 0; shift < 32; shift += 8) {
		if (varying >> shift & 0xff)
			sort_by_byte(reading, shift);
	}
}

/* ---- Which rules bear on which number ---- */

/* The call a rule is about on this ABI, by name or number; -1 for a number without a name. */
static int call_of(const struct reading *reading, const struct policy_rule *rule)
{
	if (rule->call >= 0)
		return rule->call;
	return rule->abi == reading->abi ? call_by_table_number(rule->abi, rule->number) : -1;
}

/* Finds for each call the first rule that stands without conditions. */
static void find_outright(struct reading *reading)
{
	memset(reading->outright, 0, (size_t)sbpf_call_count() * sizeof(*reading->outright));
	for (size_t i = reading->policy->rule_count; i--;) {
		const struct policy_rule *rule = &reading->policy->rules[i];
		int call = call_of(reading, rule);

		if (call >= 0 && !rule->condition_count && !is_dropped(reading, rule))
			reading->outright[call] = i + 1;
	}
}

/* Whether a rule also speaks of its call's multiplexed form: it must not allow more there. */
static bool extends(const struct reading *reading, const struct policy_rule *rule, int call)
{
	size_t outright = reading->outright[call];

	if (is_literal(reading))
		return !rule->condition_count || repeats_default(reading, rule) ||
		       verdict_rank(rule->verdict) > verdict_rank(reading->policy->default_verdict);
	if (outright)
		return rule == &reading->policy->rules[outright - 1];
	return verdict_rank(rule->verdict) > verdict_rank(reading->policy->default_verdict);
}

static void bear(struct reading *reading, int64_t number, const struct policy_rule *rule)
{
	if (number >= 0)
		reading->bearings[reading->count++] =
			(struct bearing){ .number = (uint32_t)number, .sub = -1, .rule = rule };
}

/*
 * A rule on a sub-call. To allow more than the default, all of argument 0 has to name it; else what
 * the kernel takes the sub-call from does.
 */
static void bear_multiplexed(struct reading *reading, int multiplexer, uint32_t sub,
			     const struct policy_rule *rule)
{
	bool allows_more =
		verdict_rank(rule->verdict) < verdict_rank(reading->policy->default_verdict);

	reading->bearings[reading->count++] = (struct bearing){
		.number = (uint32_t)call_table_number(reading->abi, multiplexer),
		.sub = (int32_t)sub,
		.mask = allows_more ? UINT64_MAX : call_multiplexer_mask(multiplexer),
		.rule = rule,
	};
}

/* Lists all rules by the number they bear on, those on one number in the document's order. */
static void list_bearings(struct reading *reading)
{
	const struct sbpf_policy *policy = reading->policy;

	reading->count = 0;
	find_outright(reading);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		int call = call_of(reading, rule);
		int multiplexer = -1;
		uint32_t sub = 0;

		if (rule->call >= 0)
			bear(reading, call_table_number(reading->abi, call), rule);
		else if (rule->abi == reading->abi)
			bear(reading, rule->number, rule);
		if (call >= 0)
			multiplexer = call_multiplexer(reading->abi, call, &sub);
		if (multiplexer >= 0 && extends(reading, rule, call))
			bear_multiplexed(reading, multiplexer, sub, rule);
	}
	sort_bearings(reading);
}

/* ---- Numbers no rule names ---- */

static bool unknown_is_enosys(const struct sbpf_policy *policy)
{
	return policy->unknown_as_enosys &&
	       verdict_rank(policy->default_verdict) >= verdict_rank(SECCOMP_RET_USER_NOTIF);
}

static uint32_t enosys(const struct sbpf_policy *policy)
{
	int number = errno_find(policy->machine, "ENOSYS");

	return SECCOMP_RET_ERRNO | (uint32_t)(number < 0 ? ENOSYS : number);
}

static bool is_newer(const struct reading *reading, int call)
{
	uint32_t newest = reading->policy->newest;

	return newest && call >= 0 && call_since(call) > newest;
}

/* Lists calls that are newer than any the policy names, and known ones above the table. */
static void list_unnamed(struct reading *reading)
{
	reading->count = 0;
	for (int call = 0; call < sbpf_call_count(); call++) {
		int64_t number = call_table_number(reading->abi, call);

		if (is_newer(reading, call) || number > (int64_t)call_table_max(reading->abi))
			bear(reading, number, NULL);
	}
	sort_bearings(reading);
}

/* The verdicts of all numbers before any rule speaks. */
static diagram unruled(struct reading *reading)
{
	const struct sbpf_policy *policy = reading->policy;
	struct diagrams *diagrams = reading->diagrams;
	uint32_t offset = abi_number_offset(reading->abi);
	diagram result = diagram_leaf(diagrams, policy->default_verdict);
	diagram known = result;
	diagram unknown;

	if (!unknown_is_enosys(policy))
		return result;
	unknown = diagram_leaf(diagrams, enosys(policy));
	list_unnamed(reading);
	for (size_t i = 0; i < reading->count; i++) {
		uint32_t number = reading->bearings[i].number;
		int call = call_by_table_number(reading->abi, number);

		reading->cases[i] =
			(struct diagram_case){ offset + number,
					       is_newer(reading, call) ? unknown : known };
	}
	result = diagram_above(diagrams, DIAGRAM_NUMBER, offset + call_table_max(reading->abi),
			       unknown, result);
	return diagram_select(diagrams, DIAGRAM_NUMBER, reading->cases, reading->count, result);
}

/* ---- ABIs ---- */

static diagram read_abi(struct reading *reading, int abi)
{
	uint32_t offset = abi_number_offset(abi);
	diagram otherwise;
	size_t count = 0;
	size_t last;

	reading->abi = abi;
	otherwise = unruled(reading);
	list_bearings(reading);
	memset(reading->decisions, 0, DECISIONS * sizeof(*reading->decisions));
	for (size_t first = 0; first < reading->count; first = last) {
		uint32_t number = reading->bearings[first].number;

		reading->call = call_by_table_number(abi, number);
		for (last = first; last < reading->count; last++) {
			if (reading->bearings[last].number != number)
				break;
		}
		reading->cases[count++] =
			(struct diagram_case){ offset + number, decide_once(reading, first, last) };
	}
	return diagram_select(reading->diagrams, DIAGRAM_NUMBER, reading->cases, count, otherwise);
}

/* Whether a rule names -1, which a tracer writes to skip a call. */
static bool names_skipped(const struct sbpf_policy *policy, int abi)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->call < 0 && rule->abi == abi && rule->number == UINT32_MAX)
			return true;
	}
	return false;
}

/* Where numbers with bit 30 come by the same arch: x32's, or of no ABI of the filter. */
static diagram with_x32(struct reading *reading, diagram x86_64, int x32)
{
	const struct sbpf_policy *policy = reading->policy;
	struct diagrams *diagrams = reading->diagrams;
	diagram special;

	if (x32 >= 0)
		special = read_abi(reading, x32);
	else
		special = diagram_equals(diagrams, DIAGRAM_NUMBER, UINT32_MAX,
					 names_skipped(policy, sbpf_abi_find("x86_64"))
						 ? x86_64
						 : diagram_leaf(diagrams, policy->default_verdict),
					 diagram_leaf(diagrams, policy->bad_arch));
	return diagram_choose(diagrams, diagram_bit(diagrams, DIAGRAM_NUMBER, 30), special, x86_64);
}

static diagram read_all(struct reading *reading)
{
	const struct sbpf_policy *policy = reading->policy;
	struct diagrams *diagrams = reading->diagrams;
	int x32 = sbpf_abi_find("x32");
	int x86_64 = sbpf_abi_find("x86_64");
	bool has_x32 = sbpf_policy_has_abi(policy, x32);
	bool has_x86_64 = sbpf_policy_has_abi(policy, x86_64);
	diagram bad = diagram_leaf(diagrams, policy->bad_arch);
	diagram result = bad;

	for (size_t i = 0; i < policy->abi_count; i++) {
		int abi = policy->abis[i];

		if (abi != x32 && abi != x86_64)
			result = diagram_equals(diagrams, DIAGRAM_ARCH, abi_audit_arch(abi),
						read_abi(reading, abi), result);
	}
	if (has_x32 || has_x86_64)
		result = diagram_equals(diagrams, DIAGRAM_ARCH, abi_audit_arch(x86_64),
					with_x32(reading,
						 has_x86_64 ? read_abi(reading, x86_64) : bad,
						 has_x32 ? x32 : -1),
					result);
	return result;
}

/* false without memory. */
static bool begin(struct reading *reading)
{
	size_t calls = (size_t)sbpf_call_count();
	size_t most = reading->policy->rule_count * 2; /* each rule and its multiplexed form */

	if (most < calls)
		most = calls;
	reading->bearings = reallocarray(NULL, most, sizeof(*reading->bearings));
	reading->spare = reallocarray(NULL, most, sizeof(*reading->spare));
	reading->cases = reallocarray(NULL, most, sizeof(*reading->cases));
	reading->outright = reallocarray(NULL, calls, sizeof(*reading->outright));
	reading->answers = calloc(ANSWERS, sizeof(*reading->answers));
	reading->decisions = reallocarray(NULL, DECISIONS, sizeof(*reading->decisions));
	return reading->bearings && reading->spare && reading->cases && reading->outright &&
	       reading->answers && reading->decisions;
}

static void end(struct reading *reading)
{
	free(reading->decisions);
	free(reading->answers);
	free(reading->outright);
	free(reading->cases);
	free(reading->spare);
	free(reading->bearings);
}

diagram meaning_of_rules(struct diagrams *diagrams, const struct sbpf_policy *policy)
{
	struct reading reading = { .diagrams = diagrams, .policy = policy };
	diagram result = DIAGRAM_FAILED;

	if (begin(&reading))
		result = read_all(&reading);
	else
		diagrams->out_of_memory = true;
	end(&reading);
	return result;
}
