/* SPDX-License-Identifier: MIT */
/* The verdict of one call, rule by rule: docs/semantics.md done by hand. */
#include "action.h"
#include "arch.h"
#include "policy.h"

#include <errno.h>

/* One call and what is looked for among the rules. */
struct inquiry {
	const struct sbpf_policy *policy;
	const struct seccomp_data *data;
	int abi;
	uint32_t number; /* of the table */
	void (*report)(void *context, const struct sbpf_rule *rule);
	void *context;
	bool decided;
	uint32_t verdict;
	const struct policy_rule *outright;
	int asked; /* the call that find_outright() was last asked for, and its answer */
	const struct policy_rule *answered;
};

/* How a rule bears on the call: not at all, on the call itself, or on a sub-call. */
enum bearing { BEARS_NOT, BEARS_DIRECTLY, BEARS_MULTIPLEXED };

/* ---- Conditions ---- */

/* Whether only the lower half of an argument counts. */
static bool is_narrow(const struct inquiry *inquiry, unsigned int argument)
{
	int call = call_by_table_number(inquiry->abi, inquiry->number);

	if (abi_register_bits(inquiry->abi) == 32)
		return true;
	return inquiry->policy->width == SBPF_WIDTH_KERNEL && call >= 0 &&
	       call_parameter_bits(inquiry->abi, call, argument) == 32;
}

static uint64_t cut(bool narrow, uint64_t value)
{
	return narrow && value >> 32 == UINT32_MAX ? (uint32_t)value : value;
}

static bool condition_holds(const struct inquiry *inquiry, const struct sbpf_condition *condition)
{
	uint64_t argument = inquiry->data->args[condition->argument];
	bool narrow = is_narrow(inquiry, condition->argument);
	uint64_t value = cut(narrow, condition->value);

	if (narrow)
		argument = (uint32_t)argument;
	switch (condition->compare) {
	case SBPF_NE:
		return argument != value;
	case SBPF_LT:
		return argument < value;
	case SBPF_LE:
		return argument <= value;
	case SBPF_EQ:
		return argument == value;
	case SBPF_GE:
		return argument >= value;
	case SBPF_GT:
		return argument > value;
	case SBPF_MASKED_EQ:
	default:
		return (argument & value) == (cut(narrow, condition->value_two) & value);
	}
}

/* Two conditions on one argument make all of a rule's conditions alternatives. */
static bool are_alternatives(const struct policy_rule *rule)
{
	unsigned int seen = 0;

	for (uint32_t i = 0; i < rule->condition_count; i++) {
		if (seen >> rule->conditions[i].argument & 1)
			return true;
		seen |= 1u << rule->conditions[i].argument;
	}
	return false;
}

static bool is_literal(const struct inquiry *inquiry)
{
	return inquiry->policy->reading == SBPF_READING_LITERAL;
}

static bool rule_holds(const struct inquiry *inquiry, const struct policy_rule *rule)
{
	bool any = are_alternatives(rule) && !is_literal(inquiry);

	for (uint32_t i = 0; i < rule->condition_count; i++) {
		if (condition_holds(inquiry, &rule->conditions[i]) == any)
			return any;
	}
	return !any;
}

/* ---- Rules ---- */

static bool repeats_default(const struct inquiry *inquiry, const struct policy_rule *rule)
{
	return rule->verdict == inquiry->policy->default_verdict;
}

/* Literally, a rule that repeats the default is one like any other. */
static bool is_dropped(const struct inquiry *inquiry, const struct policy_rule *rule)
{
	return repeats_default(inquiry, rule) && !is_literal(inquiry);
}

static int call_of(int abi, const struct policy_rule *rule)
{
	if (rule->call >= 0)
		return rule->call;
	return rule->abi == abi ? call_by_table_number(abi, rule->number) : -1;
}

/* Whether argument 0 is a sub-call to a rule: what the kernel reads of it, or to allow more all. */
static bool is_sub_call(const struct inquiry *inquiry, const struct policy_rule *rule,
			int multiplexer, uint32_t sub)
{
	uint64_t first = inquiry->data->args[0];

	if (verdict_rank(rule->verdict) >= verdict_rank(inquiry->policy->default_verdict))
		first &= call_multiplexer_mask(multiplexer);
	else if (is_narrow(inquiry, 0))
		first = (uint32_t)first;
	return first == sub;
}

static enum bearing bearing_of(const struct inquiry *inquiry, const struct policy_rule *rule)
{
	int call = call_of(inquiry->abi, rule);
	int multiplexer;
	uint32_t sub;

	if (rule->call < 0 && rule->abi == inquiry->abi && rule->number == inquiry->number)
		return BEARS_DIRECTLY;
	if (call < 0)
		return BEARS_NOT;
	if (call_table_number(inquiry->abi, call) == (int64_t)inquiry->number)
		return BEARS_DIRECTLY;
	multiplexer = call_multiplexer(inquiry->abi, call, &sub);
	if (multiplexer < 0 ||
	    call_table_number(inquiry->abi, multiplexer) != (int64_t)inquiry->number)
		return BEARS_NOT;
	return is_sub_call(inquiry, rule, multiplexer, sub) ? BEARS_MULTIPLEXED : BEARS_NOT;
}

/* The first rule on a call that stands without conditions. */
static const struct policy_rule *find_outright(const struct inquiry *inquiry, int call)
{
	for (size_t i = 0; i < inquiry->policy->rule_count; i++) {
		const struct policy_rule *rule = &inquiry->policy->rules[i];

		if (call_of(inquiry->abi, rule) == call && !rule->condition_count &&
		    !is_dropped(inquiry, rule))
			return rule;
	}
	return NULL;
}

/* The first rule without conditions on the very number, which decides whatever the arguments. */
static const struct policy_rule *find_decisive(const struct inquiry *inquiry)
{
	for (size_t i = 0; i < inquiry->policy->rule_count; i++) {
		const struct policy_rule *rule = &inquiry->policy->rules[i];

		if (!rule->condition_count && !is_dropped(inquiry, rule) &&
		    bearing_of(inquiry, rule) == BEARS_DIRECTLY)
			return rule;
	}
	return NULL;
}

/* Whether the rule could decide the multiplexed form of its call, and if not why. */
static enum sbpf_fate fate_of_extension(struct inquiry *inquiry, const struct policy_rule *rule)
{
	int call = call_of(inquiry->abi, rule);
	const struct policy_rule *outright;

	/* All rules that bear on one sub-call are on the same call. */
	if (call != inquiry->asked)
		inquiry->answered = find_outright(inquiry, call);
	inquiry->asked = call;
	outright = inquiry->answered;
	if (is_literal(inquiry) && (!rule->condition_count || repeats_default(inquiry, rule)))
		return SBPF_DECIDES;
	if (outright && !is_literal(inquiry))
		return rule == outright ? SBPF_DECIDES : SBPF_IS_VOID;
	if (verdict_rank(rule->verdict) > verdict_rank(inquiry->policy->default_verdict))
		return SBPF_DECIDES;
	return SBPF_CANNOT_EXTEND;
}

static enum sbpf_fate fate_of(struct inquiry *inquiry, const struct policy_rule *rule,
			      enum bearing bearing)
{
	enum sbpf_fate fate = SBPF_DECIDES;

	if (is_dropped(inquiry, rule))
		return SBPF_REPEATS_DEFAULT;
	if (inquiry->outright && rule != inquiry->outright && !is_literal(inquiry))
		return SBPF_IS_VOID;
	if (bearing == BEARS_MULTIPLEXED)
		fate = fate_of_extension(inquiry, rule);
	else if (!rule_holds(inquiry, rule))
		fate = SBPF_DOES_NOT_HOLD;
	if (fate == SBPF_DECIDES && inquiry->decided)
		fate = SBPF_COMES_LATER;
	return fate;
}

static void look_at(struct inquiry *inquiry, const struct policy_rule *rule, enum bearing bearing)
{
	enum sbpf_fate fate = fate_of(inquiry, rule, bearing);
	struct sbpf_rule shown = policy_rule_shown(rule);

	shown.multiplexed = bearing == BEARS_MULTIPLEXED;
	shown.fate = fate;
	if (fate == SBPF_DECIDES) {
		inquiry->decided = true;
		inquiry->verdict = rule->verdict;
	}
	if (inquiry->report)
		inquiry->report(inquiry->context, &shown);
}

/* ---- Calls no rule decides ---- */

static bool is_named(const struct inquiry *inquiry)
{
	for (size_t i = 0; i < inquiry->policy->rule_count; i++) {
		if (bearing_of(inquiry, &inquiry->policy->rules[i]) == BEARS_DIRECTLY)
			return true;
	}
	return false;
}

static bool is_unknown(const struct inquiry *inquiry)
{
	const struct sbpf_policy *policy = inquiry->policy;
	int call = call_by_table_number(inquiry->abi, inquiry->number);

	if (!policy->unknown_as_enosys || is_named(inquiry) ||
	    verdict_rank(policy->default_verdict) < verdict_rank(SECCOMP_RET_USER_NOTIF))
		return false;
	if (call < 0)
		return inquiry->number > call_table_max(inquiry->abi) &&
		       (uint32_t)inquiry->data->nr >= abi_number_offset(inquiry->abi);
	return policy->newest && call_since(call) > policy->newest;
}

static uint32_t answer_undecided(const struct inquiry *inquiry, enum sbpf_cause *cause)
{
	int number;

	if (!is_unknown(inquiry)) {
		*cause = SBPF_BY_DEFAULT;
		return inquiry->policy->default_verdict;
	}
	*cause = SBPF_BY_UNKNOWN_CALL;
	number = errno_find(inquiry->policy->machine, "ENOSYS");
	return SECCOMP_RET_ERRNO | (uint32_t)(number < 0 ? ENOSYS : number);
}

/* ---- One call ---- */

/* The covered ABI that a call enters by, or -1. */
static int entry_of(const struct sbpf_policy *policy, const struct seccomp_data *data)
{
	int x32 = sbpf_abi_find("x32");
	bool bit = (uint32_t)data->nr & abi_number_offset(x32);

	for (size_t i = 0; i < policy->abi_count; i++) {
		int abi = policy->abis[i];

		if (abi_audit_arch(abi) != data->arch)
			continue;
		if (data->arch != abi_audit_arch(x32) || abi_is_x32(abi) == bit)
			return abi;
	}
	return -1;
}

static uint32_t table_number(int abi, uint32_t number)
{
	return abi_is_x32(abi) ? number & ~abi_number_offset(abi) : number - abi_number_offset(abi);
}

/* A number that a tracer writes to skip a call; without x32 it is x86_64's for all its bit 30. */
static bool is_skipped(const struct sbpf_policy *policy, const struct seccomp_data *data)
{
	int x86_64 = sbpf_abi_find("x86_64");

	return data->nr == -1 && data->arch == abi_audit_arch(x86_64) &&
	       sbpf_policy_has_abi(policy, x86_64);
}

static uint32_t answer_foreign(const struct sbpf_policy *policy, enum sbpf_cause *cause)
{
	*cause = SBPF_BY_BAD_ARCH;
	return policy->bad_arch;
}

static uint32_t answer(struct inquiry *inquiry, enum sbpf_cause *cause)
{
	inquiry->outright = find_decisive(inquiry);
	for (size_t i = 0; i < inquiry->policy->rule_count; i++) {
		const struct policy_rule *rule = &inquiry->policy->rules[i];
		enum bearing bearing = bearing_of(inquiry, rule);

		if (bearing != BEARS_NOT)
			look_at(inquiry, rule, bearing);
	}
	*cause = SBPF_BY_RULE;
	return inquiry->decided ? inquiry->verdict : answer_undecided(inquiry, cause);
}

static uint32_t answer_skipped(struct inquiry *inquiry, enum sbpf_cause *cause)
{
	inquiry->abi = sbpf_abi_find("x86_64");
	inquiry->number = UINT32_MAX;
	if (is_named(inquiry))
		return answer(inquiry, cause);
	*cause = SBPF_BY_DEFAULT;
	return inquiry->policy->default_verdict;
}

uint32_t sbpf_policy_verdict(const struct sbpf_policy *policy, const struct seccomp_data *data,
			     enum sbpf_cause *cause,
			     void (*report)(void *context, const struct sbpf_rule *rule),
			     void *context)
{
	struct inquiry inquiry = {
		.policy = policy,
		.data = data,
		.report = report,
		.context = context,
		.asked = -1,
	};
	enum sbpf_cause ignored;

	if (!cause)
		cause = &ignored;
	*cause = SBPF_BY_FAILURE;
	if (!data || policy_check(policy, NULL))
		return SECCOMP_RET_KILL_PROCESS;
	inquiry.abi = entry_of(policy, data);
	if (inquiry.abi >= 0) {
		inquiry.number = table_number(inquiry.abi, (uint32_t)data->nr);
		return answer(&inquiry, cause);
	}
	return is_skipped(policy, data) ? answer_skipped(&inquiry, cause)
					: answer_foreign(policy, cause);
}
