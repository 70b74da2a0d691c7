/* SPDX-License-Identifier: MIT */
/*
 * What a policy means, sentence by sentence of docs/semantics.md. It reads the policy's rules
 * itself: sharing a step with the compiler would share its mistakes.
 */
#include "meaning.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"

#define X32_BIT 0x40000000u

/* One rule as it bears on one number of an ABI. */
struct bearing {
	uint32_t number; /* of the table */
	uint32_t order;	 /* of the document */
	const struct policy_rule *rule;
	int64_t sub; /* the sub-call of a multiplexer, or -1 */
};

struct reading {
	struct diagrams *diagrams;
	const struct sbpf_policy *policy;
	int abi;
	int call; /* whose arguments conditions speak of; -1: of a number without a name */
	struct bearing *bearings;
	size_t count;
	struct answer *answers;	    /* ANSWERS of them: what conditions came to before */
	struct decision *decisions; /* DECISIONS of them: what rules came to before */
};

/* The names of one rule share its conditions, so they need not be read for each name again. */
struct answer {
	const struct sbpf_condition *conditions;
	int call; /* whose widths count, or -1 */
	diagram result;
};

#define ANSWERS 4096u

/* Many calls stand under the same rules; these need not be decided for each of them. */
struct decision {
	size_t first; /* bearings; none when both are the same */
	size_t last;
	diagram result;
};

#define DECISIONS 256u

/* ---- Conditions ------------------------------------------------------------------------ */

static diagram both(struct diagrams *diagrams, diagram a, diagram b)
{
	return diagram_choose(diagrams, a, b, diagram_leaf(diagrams, 0));
}

diagram word_equals(struct diagrams *diagrams, unsigned int word, uint32_t value, uint32_t ignored)
{
	diagram yes = diagram_leaf(diagrams, 1);
	diagram no = diagram_leaf(diagrams, 0);

	for (unsigned int i = 0; i < 32; i++) {
		diagram bit = diagram_bit(diagrams, word, i);

		if (ignored >> i & 1)
			continue;
		yes = value >> i & 1 ? diagram_choose(diagrams, bit, yes, no)
				     : diagram_choose(diagrams, bit, no, yes);
	}
	return yes;
}

/* Whether an argument has 32 bits: on a 32-bit ABI, or because the kernel reads no more of it. */
static bool is_narrow(const struct reading *reading, unsigned int argument)
{
	if (abi_register_bits(reading->abi) == 32)
		return true;
	return reading->policy->width == SBPF_WIDTH_KERNEL && reading->call >= 0 &&
	       call_parameter_bits(reading->abi, reading->call, argument) == 32;
}

/* Bit i of 64 of an argument; of a narrow one the upper ones count as clear. */
static diagram argument_bit(const struct reading *reading, unsigned int argument, unsigned int i)
{
	unsigned int word = DIAGRAM_ARGUMENTS + 2 * argument + (i < 32);

	if (i >= 32 && is_narrow(reading, argument))
		return diagram_leaf(reading->diagrams, 0);
	return diagram_bit(reading->diagrams, word, i % 32);
}

/* 1 where the argument is above value, or (or_equal) not below it. */
static diagram above(const struct reading *reading, unsigned int argument, uint64_t value,
		     bool or_equal)
{
	struct diagrams *diagrams = reading->diagrams;
	diagram result = diagram_leaf(diagrams, or_equal);

	for (unsigned int i = 0; i < 64; i++) {
		diagram bit = argument_bit(reading, argument, i);

		result = value >> i & 1
				 ? diagram_choose(diagrams, bit, result, diagram_leaf(diagrams, 0))
				 : diagram_choose(diagrams, bit, diagram_leaf(diagrams, 1), result);
	}
	return result;
}

/* 1 where the argument has value's bits wherever mask has one. */
static diagram equals(const struct reading *reading, unsigned int argument, uint64_t value,
		      uint64_t mask)
{
	struct diagrams *diagrams = reading->diagrams;
	diagram result = diagram_leaf(diagrams, 1);
	diagram no = diagram_leaf(diagrams, 0);

	for (unsigned int i = 0; i < 64; i++) {
		diagram bit = argument_bit(reading, argument, i);

		if (!(mask >> i & 1))
			continue;
		result = value >> i & 1 ? diagram_choose(diagrams, bit, result, no)
					: diagram_choose(diagrams, bit, no, result);
	}
	return result;
}

static diagram negate(const struct reading *reading, diagram d)
{
	return diagram_choose(reading->diagrams, d, diagram_leaf(reading->diagrams, 0),
			      diagram_leaf(reading->diagrams, 1));
}

/* For a narrow argument a value that is all ones above is a negative number of 32 bits. */
static uint64_t as_written(const struct reading *reading, unsigned int argument, uint64_t value)
{
	if (is_narrow(reading, argument) && value >> 32 == UINT32_MAX)
		return (uint32_t)value;
	return value;
}

static diagram holds(const struct reading *reading, const struct sbpf_condition *condition)
{
	unsigned int argument = condition->argument;
	uint64_t value = as_written(reading, argument, condition->value);
	uint64_t two = as_written(reading, argument, condition->value_two);

	switch (condition->compare) {
	case SBPF_NE:
		return negate(reading, equals(reading, argument, value, UINT64_MAX));
	case SBPF_LT:
		return negate(reading, above(reading, argument, value, true));
	case SBPF_LE:
		return negate(reading, above(reading, argument, value, false));
	case SBPF_EQ:
		return equals(reading, argument, value, UINT64_MAX);
	case SBPF_GE:
		return above(reading, argument, value, true);
	case SBPF_GT:
		return above(reading, argument, value, false);
	case SBPF_MASKED_EQ:
	default:
		return equals(reading, argument, two & value, value);
	}
}

/* ---- Rules ----------------------------------------------------------------------------- */

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

static diagram read_conditions(const struct reading *reading, const struct policy_rule *rule)
{
	struct diagrams *diagrams = reading->diagrams;
	bool any = has_alternatives(rule) && !is_literal(reading);
	diagram result = diagram_leaf(diagrams, !any);

	for (uint32_t i = 0; i < rule->condition_count; i++) {
		diagram condition = holds(reading, &rule->conditions[i]);

		result =
			any ? diagram_choose(diagrams, condition, diagram_leaf(diagrams, 1), result)
			    : both(diagrams, condition, result);
	}
	return result;
}

static diagram applies(const struct reading *reading, const struct bearing *bearing)
{
	const struct policy_rule *rule = bearing->rule;
	int call = reading->policy->width == SBPF_WIDTH_KERNEL ? reading->call : -1;
	size_t place = ((uintptr_t)rule->conditions / sizeof(*rule->conditions) +
			(size_t)(call + 1) * 31) %
		       ANSWERS;
	struct answer *answer = &reading->answers[place];

	if (bearing->sub >= 0)
		return equals(reading, 0, (uint64_t)bearing->sub, UINT64_MAX);
	if (!rule->condition_count)
		return diagram_leaf(reading->diagrams, 1);
	if (answer->conditions != rule->conditions || answer->call != call)
		*answer = (struct answer){ rule->conditions, call, read_conditions(reading, rule) };
	return answer->result;
}

static bool is_outright(const struct bearing *bearing)
{
	return bearing->sub < 0 && !bearing->rule->condition_count;
}

/* A name that a rule has twice. */
static bool says_the_same(const struct bearing *a, const struct bearing *b)
{
	return a->sub == b->sub && a->rule->verdict == b->rule->verdict &&
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

/* ---- Which rules bear on which number -------------------------------------------------- */

/* The call a rule is about on this ABI, by name or number; -1 for a number without a name. */
static int call_of(const struct reading *reading, const struct policy_rule *rule)
{
	if (rule->call >= 0)
		return rule->call;
	return rule->abi == reading->abi ? call_by_table_number(rule->abi, rule->number) : -1;
}

/* The first rule on a call that stands without conditions. */
static const struct policy_rule *find_outright(const struct reading *reading, int call)
{
	for (size_t i = 0; i < reading->policy->rule_count; i++) {
		const struct policy_rule *rule = &reading->policy->rules[i];

		if (call_of(reading, rule) == call && !rule->condition_count &&
		    !is_dropped(reading, rule))
			return rule;
	}
	return NULL;
}

/* Whether a rule also speaks of its call's multiplexed form: it must not allow more there. */
static bool extends(const struct reading *reading, const struct policy_rule *rule, int call)
{
	const struct policy_rule *outright = find_outright(reading, call);

	if (is_literal(reading))
		return !rule->condition_count || repeats_default(reading, rule) ||
		       verdict_rank(rule->verdict) > verdict_rank(reading->policy->default_verdict);
	if (outright)
		return rule == outright;
	return verdict_rank(rule->verdict) > verdict_rank(reading->policy->default_verdict);
}

static void bear(struct reading *reading, int64_t number, uint32_t order,
		 const struct policy_rule *rule, int64_t sub)
{
	if (number >= 0)
		reading->bearings[reading->count++] =
			(struct bearing){ (uint32_t)number, order, rule, sub };
}

static int by_number(const void *a, const void *b)
{
	const struct bearing *left = a;
	const struct bearing *right = b;

	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return (left->order > right->order) - (left->order < right->order);
}

/* Lists all rules by the number they bear on. false without memory. */
static bool list_bearings(struct reading *reading)
{
	const struct sbpf_policy *policy = reading->policy;

	reading->bearings =
		reallocarray(NULL, policy->rule_count * 2 + 1, sizeof(*reading->bearings));
	if (!reading->bearings)
		return false;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		int call = call_of(reading, rule);
		int multiplexer = -1;
		uint32_t sub = 0;

		if (rule->call >= 0)
			bear(reading, call_table_number(reading->abi, call), (uint32_t)i, rule, -1);
		else if (rule->abi == reading->abi)
			bear(reading, rule->number, (uint32_t)i, rule, -1);
		if (call >= 0)
			multiplexer = call_multiplexer(reading->abi, call, &sub);
		if (multiplexer >= 0 && extends(reading, rule, call))
			bear(reading, call_table_number(reading->abi, multiplexer), (uint32_t)i,
			     rule, sub);
	}
	qsort(reading->bearings, reading->count, sizeof(*reading->bearings), by_number);
	return true;
}

/* ---- Numbers no rule names ------------------------------------------------------------- */

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

static uint32_t ignored_bits(const struct reading *reading)
{
	return abi_is_x32(reading->abi) ? X32_BIT : 0;
}

static uint32_t number_offset(const struct reading *reading)
{
	return abi_is_x32(reading->abi) ? 0 : abi_number_offset(reading->abi);
}

static diagram number_is(const struct reading *reading, uint32_t number)
{
	return word_equals(reading->diagrams, DIAGRAM_NUMBER, number + number_offset(reading),
			   ignored_bits(reading));
}

/* 1 where the number is above the table's last. */
static diagram above_table(const struct reading *reading)
{
	struct diagrams *diagrams = reading->diagrams;
	uint32_t last = call_table_max(reading->abi) + number_offset(reading);
	diagram result = diagram_leaf(diagrams, 0);

	for (unsigned int i = 0; i < 32; i++) {
		diagram bit = diagram_bit(diagrams, DIAGRAM_NUMBER, i);

		if (ignored_bits(reading) >> i & 1)
			continue;
		result = last >> i & 1
				 ? diagram_choose(diagrams, bit, result, diagram_leaf(diagrams, 0))
				 : diagram_choose(diagrams, bit, diagram_leaf(diagrams, 1), result);
	}
	return result;
}

/* The verdicts of all numbers before any rule speaks. */
static diagram unruled(const struct reading *reading)
{
	const struct sbpf_policy *policy = reading->policy;
	struct diagrams *diagrams = reading->diagrams;
	diagram result = diagram_leaf(diagrams, policy->default_verdict);
	diagram unknown = diagram_leaf(diagrams, enosys(policy));

	if (!unknown_is_enosys(policy))
		return result;
	result = diagram_choose(diagrams, above_table(reading), unknown, result);
	for (int call = 0; policy->newest && call < sbpf_call_count(); call++) {
		int32_t number = call_table_number(reading->abi, call);

		if (number >= 0 && call_since(call) > policy->newest)
			result = diagram_choose(diagrams, number_is(reading, (uint32_t)number),
						unknown, result);
	}
	return result;
}

/* ---- ABIs ------------------------------------------------------------------------------ */

static diagram read_abi(struct diagrams *diagrams, const struct sbpf_policy *policy, int abi)
{
	struct reading reading = { .diagrams = diagrams, .policy = policy, .abi = abi };
	diagram result = unruled(&reading);
	size_t last;

	reading.answers = calloc(ANSWERS, sizeof(*reading.answers));
	reading.decisions = calloc(DECISIONS, sizeof(*reading.decisions));
	if (!reading.answers || !reading.decisions || !list_bearings(&reading)) {
		diagrams->out_of_memory = true;
		free(reading.decisions);
		free(reading.answers);
		diagrams->out_of_memory = true;
		return DIAGRAM_FAILED;
	}
	for (size_t first = 0; first < reading.count; first = last) {
		uint32_t number = reading.bearings[first].number;

		reading.call = call_by_table_number(abi, number);
		for (last = first; last < reading.count; last++) {
			if (reading.bearings[last].number != number)
				break;
		}
		result = diagram_choose(diagrams, number_is(&reading, number),
					decide_once(&reading, first, last), result);
	}
	free(reading.decisions);
	free(reading.answers);
	free(reading.bearings);
	return result;
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
static diagram with_x32(struct diagrams *diagrams, const struct sbpf_policy *policy, diagram x86_64,
			int x32)
{
	diagram special;

	if (x32 >= 0)
		special = read_abi(diagrams, policy, x32);
	else
		special = diagram_choose(diagrams,
					 word_equals(diagrams, DIAGRAM_NUMBER, UINT32_MAX, 0),
					 names_skipped(policy, sbpf_abi_find("x86_64"))
						 ? x86_64
						 : diagram_leaf(diagrams, policy->default_verdict),
					 diagram_leaf(diagrams, policy->bad_arch));
	return diagram_choose(diagrams, diagram_bit(diagrams, DIAGRAM_NUMBER, 30), special, x86_64);
}

diagram meaning_of_rules(struct diagrams *diagrams, const struct sbpf_policy *policy)
{
	int x32 = sbpf_abi_find("x32");
	int x86_64 = sbpf_abi_find("x86_64");
	bool has_x32 = sbpf_policy_has_abi(policy, x32);
	bool has_x86_64 = sbpf_policy_has_abi(policy, x86_64);
	diagram bad = diagram_leaf(diagrams, policy->bad_arch);
	diagram result = bad;

	for (size_t i = 0; i < policy->abi_count; i++) {
		int abi = policy->abis[i];

		if (abi != x32 && abi != x86_64)
			result = diagram_choose(diagrams,
						word_equals(diagrams, DIAGRAM_ARCH,
							    abi_audit_arch(abi), 0),
						read_abi(diagrams, policy, abi), result);
	}
	if (has_x32 || has_x86_64)
		result = diagram_choose(
			diagrams, word_equals(diagrams, DIAGRAM_ARCH, abi_audit_arch(x86_64), 0),
			with_x32(diagrams, policy,
				 has_x86_64 ? read_abi(diagrams, policy, x86_64) : bad,
				 has_x32 ? x32 : -1),
			result);
	return result;
}
