/* SPDX-License-Identifier: MIT */
/* The rules of a call, from what it gets. */
#include "writer.h"

#include "call.h"

#include <stdlib.h>

struct cases {
	struct cover_rule *cases;
	size_t count;
	size_t capacity;
	unsigned int register_bits;
	bool failed;
};

static struct argument_set set_of(const struct sbpf_test *test, unsigned int register_bits)
{
	struct argument_set set = { SET_RANGE, test->low, test->high };

	if (test->masked)
		set.kind = SET_MASK;
	else if (test->bits < register_bits)
		set.kind = SET_LOWER;
	else if (register_bits == 32 && test->high == UINT32_MAX)
		set.high = UINT64_MAX;
	return set;
}

static bool add_case(void *context, const struct sbpf_case *one)
{
	struct cases *cases = context;
	struct cover_rule *rule;

	if (cases->count == cases->capacity) {
		size_t capacity = cases->capacity ? cases->capacity * 2 : 16;
		struct cover_rule *more = reallocarray(cases->cases, capacity, sizeof(*more));

		if (!more) {
			cases->failed = true;
			return false;
		}
		cases->cases = more;
		cases->capacity = capacity;
	}
	rule = &cases->cases[cases->count++];
	*rule = (struct cover_rule){ .verdict = one->verdict };
	for (size_t i = 0; i < one->test_count; i++)
		rule->sets[one->tests[i].argument] = set_of(&one->tests[i], cases->register_bits);
	return true;
}

static bool check_cases(struct writer *writer, const char *name, const struct cases *cases)
{
	for (size_t i = 0; i < cases->count; i++) {
		if (!writer_check_verdict(writer, name, cases->cases[i].verdict))
			return false;
	}
	return true;
}

/*
 * With unknown_as_enosys a call that the profile names is none to be answered so: all are named
 * then, also those that get the default.
 */
static bool cover_cases(struct writer *writer, struct call_rules *call, const struct cases *cases)
{
	static const uint32_t none = UINT32_MAX; /* no verdict: SECCOMP_RET_KILL_PROCESS is less */
	bool all = writer->request->target->unknown_as_enosys && cases->count == 1;

	switch (cover_find(cases->cases, cases->count, all ? none : writer->outline.fallback,
			   &writer->budget, &call->cover)) {
	case COVER_DONE:
		return true;
	case COVER_TOO_LARGE:
		proof_state(
			&writer->proof,
			"%s takes too many rules: a rule tests an argument once, and engines on "
			"libseccomp keep no order of rules, so that a range between others "
			"falls into a rule for each of its bits",
			call->name);
		return true;
	case COVER_NO_MEMORY:
	default:
		return writer_report_memory(writer);
	}
}

bool cover_is_conditional(const struct cover *cover)
{
	const struct cover_rule *rule = &cover->rules[0];

	for (unsigned int i = 0; i < 6; i++) {
		if (rule->sets[i].kind != SET_ALL)
			return true;
	}
	return false;
}

/* A form of a call behind its multiplexer. */
struct sub_call {
	uint32_t number;  /* in argument 0 */
	uint32_t verdict; /* of the call */
	bool differs;	  /* it is to get another one, with some arguments at least */
};

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct sub_call *sub_call = context;
	bool is_its = true;

	for (size_t i = 0; i < one->test_count; i++) {
		const struct sbpf_test *test = &one->tests[i];
		uint64_t number = sub_call->number;

		if (test->argument == 0)
			is_its = test->masked ? (number & test->low) == test->high
					      : test->low <= number && number <= test->high;
	}
	sub_call->differs |= is_its && one->verdict != sub_call->verdict;
	return !sub_call->differs;
}

/* Whether the call's multiplexed form is to get another verdict than the call. */
static bool differs_behind(const struct writer *writer, const char *multiplexer, uint32_t number,
			   uint32_t verdict)
{
	const struct profile_request *request = writer->request;
	struct sub_call sub_call = { number, verdict, false };
	struct sbpf_error error = { 0 };

	for (size_t i = 0; i < writer->outline.abi_count && !sub_call.differs; i++) {
		if (sbpf_call_number(writer->outline.abis[i], multiplexer, &number))
			sbpf_meaning_cases(request->space, request->meaning,
					   writer->outline.abis[i], number, note_case, &sub_call,
					   &error);
	}
	return sub_call.differs;
}

/*
 * A rule without conditions also opens the multiplexed form, one with conditions does not
 * (docs/semantics.md, "Multiplexed calls"): two rules that are each other's complement say the same
 * of the call itself. False when there is no memory, which was reported.
 */
static bool part_from_multiplexer(struct writer *writer, struct call_rules *call)
{
	uint32_t fallback = writer->outline.fallback;
	struct cover_rule *rules = call->cover.rules;
	struct sbpf_multiplexed other;

	if (!call->cover.count || cover_is_conditional(&call->cover) ||
	    rules[0].verdict == fallback || sbpf_verdict_compare(rules[0].verdict, fallback) < 0 ||
	    !sbpf_call_multiplexed(call->name, &other) ||
	    !differs_behind(writer, other.multiplexer, other.sub, rules[0].verdict))
		return true;
	rules = reallocarray(rules, 2, sizeof(*rules));
	if (!rules)
		return writer_report_memory(writer);
	rules[1] = rules[0];
	rules[0].sets[0] = (struct argument_set){ SET_RANGE, 0, 0 };
	rules[1].sets[0] = (struct argument_set){ SET_NOT, 0, 0 };
	call->cover = (struct cover){ rules, 2 };
	return true;
}

/* Finds the rules of one call of one ABI. False when there is no memory, which was reported. */
static bool add_call(struct writer *writer, const char *name, int abi, uint32_t number)
{
	const struct profile_request *request = writer->request;
	struct call_rules *call = &writer->calls[writer->call_count];
	struct sbpf_error error = { 0 };
	struct cases cases = { 0 };
	bool done = true;

	*call = (struct call_rules){ .name = name };
	cases.register_bits = abi_of(abi).register_bits;
	if (sbpf_meaning_cases(request->space, request->meaning, abi, number, add_case, &cases,
			       &error))
		proof_state(&writer->proof, "%s", error.message);
	else if (cases.failed)
		done = writer_report_memory(writer);
	else if (check_cases(writer, name, &cases))
		done = cover_cases(writer, call, &cases) && part_from_multiplexer(writer, call);
	free(cases.cases);
	if (call->cover.count)
		writer->call_count++;
	return done;
}

/* A rule speaks of its call on all ABIs; the widest registers tell the most about it. */
bool writer_find_call(struct writer *writer, const char *name)
{
	const struct profile_outline *outline = &writer->outline;
	uint32_t number;
	size_t abi = 0;

	while (abi < outline->abi_count && !sbpf_call_number(outline->abis[abi], name, &number))
		abi++;
	return abi == outline->abi_count || add_call(writer, name, outline->abis[abi], number);
}

static struct sbpf_condition condition_of(unsigned int argument, const struct argument_set *set)
{
	struct sbpf_condition condition = { argument, SBPF_GE, set->low, 0 };

	if (set->kind == SET_NOT) {
		condition.compare = SBPF_NE;
	} else if (set->kind == SET_MASK && set->low != UINT64_MAX) {
		condition.compare = SBPF_MASKED_EQ;
		condition.value_two = set->high;
	} else if (set->kind == SET_MASK || set->low == set->high) {
		condition.compare = SBPF_EQ;
		condition.value = set->high;
	} else if (set->low == 0) {
		condition.compare = SBPF_LE;
		condition.value = set->high;
	}
	return condition;
}

struct text_rule text_rule_of(const struct cover_rule *rule)
{
	struct text_rule text = { .verdict = rule->verdict };

	for (unsigned int i = 0; i < 6; i++) {
		if (rule->sets[i].kind != SET_ALL)
			text.conditions[text.condition_count++] = condition_of(i, &rule->sets[i]);
	}
	return text;
}
