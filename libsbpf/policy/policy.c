/* SPDX-License-Identifier: MIT */
#include "policy.h"

#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "arch.h"
#include "error.h"
#include "target.h"

/* ---- Building ---- */

int policy_add_abi_index(struct sbpf_policy *policy, int abi, struct sbpf_error *error)
{
	if (policy->abi_set & (UINT64_C(1) << abi))
		return 0;
	if (policy->abi_count == POLICY_ABI_MAX)
		return error_set(error, SBPF_ERROR_USAGE, "more ABIs than there are");
	policy->abi_set |= UINT64_C(1) << abi;
	policy->abis[policy->abi_count++] = abi;
	if (abi == policy->machine)
		policy->leaves_out_own = false;
	return 0;
}

static int check_verdict(uint32_t verdict, struct sbpf_error *error)
{
	if (!action_of(verdict))
		return error_set(error, SBPF_ERROR_USAGE,
				 "verdict 0x%08x is no SECCOMP_RET_* value of Linux", verdict);
	if ((verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO &&
	    (verdict & SECCOMP_RET_DATA) > ERRNO_MAX)
		return error_set(error, SBPF_ERROR_USAGE,
				 "errno %u is too large: the kernel returns at most %d",
				 verdict & SECCOMP_RET_DATA, ERRNO_MAX);
	return 0;
}

static bool notifies(uint32_t verdict)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_USER_NOTIF;
}

/* Handing over the listener takes a write(2) (runc refuses both of these too). */
static int check_notify_default(uint32_t verdict, struct sbpf_error *error)
{
	if (!notifies(verdict))
		return 0;
	return error_set(
		error, SBPF_ERROR_USAGE,
		"NOTIFY cannot be the default: the process would wait for its own listener "
		"before it could hand it over");
}

static int check_notify_rule(const struct policy_rule *rule, struct sbpf_error *error)
{
	if (!notifies(rule->verdict) || rule->call < 0 ||
	    strcmp(call_name(rule->call), "write") != 0)
		return 0;
	return error_set(
		error, SBPF_ERROR_USAGE,
		"write cannot have NOTIFY: the process would wait for its own listener before "
		"it could hand it over");
}

struct sbpf_policy *policy_for_target(const struct target *target, struct sbpf_error *error)
{
	struct sbpf_policy *policy = calloc(1, sizeof(*policy));

	if (!policy) {
		error_memory(error);
		return NULL;
	}
	policy->machine = target->machine;
	policy->bad_arch = target->bad_arch;
	policy->unknown_as_enosys = target->unknown_as_enosys;
	policy->strict = target->strict;
	policy->reading = target->reading;
	policy->width = target->width;
	return policy;
}

struct sbpf_policy *sbpf_policy_new(uint32_t default_verdict, const struct sbpf_target *target,
				    struct sbpf_error *error)
{
	struct sbpf_policy *policy;
	struct target parsed;

	if (error_is_set(error) || check_verdict(default_verdict, error) ||
	    check_notify_default(default_verdict, error) || target_parse(target, &parsed, error))
		return NULL;
	policy = policy_for_target(&parsed, error);
	if (!policy)
		return NULL;
	policy->default_verdict = default_verdict;
	policy->abi_set = UINT64_C(1) << parsed.machine;
	policy->abis[policy->abi_count++] = parsed.machine;
	for (size_t i = 0; i < parsed.abi_count; i++) {
		if (policy_add_abi_index(policy, parsed.abis[i], error)) {
			sbpf_policy_free(policy);
			return NULL;
		}
	}
	return policy;
}

/* ---- Changes ---- */

int policy_check(const struct sbpf_policy *policy, struct sbpf_error *error)
{
	if (error_is_set(error))
		return -1;
	if (!policy)
		return error_set(error, SBPF_ERROR_USAGE, "there is no policy");
	if (error_is_set(&policy->failure))
		return error_pass(error, &policy->failure);
	return 0;
}

/*
 * A policy without a change that was asked for is not the one that was meant, and may be a weaker
 * one: it remembers the failure, and nothing is made of it any more.
 */
static int fail_change(struct sbpf_policy *policy, const struct sbpf_error *found,
		       struct sbpf_error *error)
{
	if (policy)
		error_pass(&policy->failure, found);
	return error_pass(error, found);
}

static int begin_change(struct sbpf_policy *policy, struct sbpf_error *error)
{
	if (error_is_set(error))
		return fail_change(policy, error, error);
	return policy_check(policy, error);
}

static int end_change(struct sbpf_policy *policy, const struct sbpf_error *found,
		      struct sbpf_error *error)
{
	return error_is_set(found) ? fail_change(policy, found, error) : 0;
}

static int unknown_abi(const char *abi, struct sbpf_error *error)
{
	if (!abi)
		return error_set(error, SBPF_ERROR_USAGE, "no ABI is named");
	return error_set(error, SBPF_ERROR_USAGE,
			 "unknown ABI '%s'; names are as in x86_64, SCMP_ARCH_X86_64 or amd64",
			 printable(abi).text);
}

static int add_abi(struct sbpf_policy *policy, const char *abi, struct sbpf_error *error)
{
	int index = abi ? sbpf_abi_find(abi) : -1;

	if (index < 0)
		return unknown_abi(abi, error);
	return policy_add_abi_index(policy, index, error);
}

int sbpf_policy_add_abi(struct sbpf_policy *policy, const char *abi, struct sbpf_error *error)
{
	struct sbpf_error found = { 0 };

	if (begin_change(policy, error))
		return -1;
	add_abi(policy, abi, &found);
	return end_change(policy, &found, error);
}

static int remove_abi(struct sbpf_policy *policy, const char *abi, struct sbpf_error *error)
{
	int index = abi ? sbpf_abi_find(abi) : -1;
	size_t left = 0;

	if (!abi)
		return unknown_abi(abi, error);
	if (!sbpf_policy_has_abi(policy, index))
		return error_set(error, SBPF_ERROR_USAGE, "the policy does not cover ABI '%s'",
				 printable(abi).text);
	if (index == policy->machine)
		policy->leaves_out_own = true;
	policy->abi_set &= ~(UINT64_C(1) << index);
	for (size_t i = 0; i < policy->abi_count; i++) {
		if (policy->abis[i] != index)
			policy->abis[left++] = policy->abis[i];
	}
	policy->abi_count = left;
	return 0;
}

int sbpf_policy_remove_abi(struct sbpf_policy *policy, const char *abi, struct sbpf_error *error)
{
	struct sbpf_error found = { 0 };

	if (begin_change(policy, error))
		return -1;
	remove_abi(policy, abi, &found);
	return end_change(policy, &found, error);
}

int policy_append(struct sbpf_policy *policy, const struct policy_rule *rule,
		  struct sbpf_error *error)
{
	if (policy->rule_count == policy->rule_capacity) {
		size_t capacity = policy->rule_capacity ? policy->rule_capacity * 2 : 512;
		struct policy_rule *rules;

		if (capacity > UINT32_MAX / 2)
			return error_memory(error);
		rules = reallocarray(policy->rules, capacity, sizeof(*rules));
		if (!rules)
			return error_memory(error);
		policy->rules = rules;
		policy->rule_capacity = capacity;
	}
	policy->rules[policy->rule_count++] = *rule;
	return 0;
}

static int check_condition(const struct sbpf_condition *condition, size_t index,
			   struct sbpf_error *error)
{
	if (condition->argument > 5)
		return error_set(error, SBPF_ERROR_USAGE,
				 "condition %zu: argument %u; calls have arguments 0 to 5", index,
				 condition->argument);
	if (condition->compare < SBPF_NE || condition->compare > SBPF_MASKED_EQ)
		return error_set(error, SBPF_ERROR_USAGE, "condition %zu: unknown comparison %d",
				 index, (int)condition->compare);
	return 0;
}

static int check_conditions(const struct sbpf_condition *conditions, size_t count,
			    struct sbpf_error *error)
{
	if (count && !conditions)
		return error_set(error, SBPF_ERROR_USAGE,
				 "no conditions are given, but their count is %zu", count);
	if (count > UINT32_MAX)
		return error_set(error, SBPF_ERROR_USAGE, "%zu conditions are too many", count);
	for (size_t i = 0; i < count; i++) {
		if (check_condition(&conditions[i], i, error))
			return -1;
	}
	return 0;
}

/* Checks what all rules have in common and appends the rule with its own copy of the conditions. */
static int append_rule(struct sbpf_policy *policy, struct policy_rule *rule,
		       const struct sbpf_condition *conditions, size_t count,
		       struct sbpf_error *error)
{
	struct sbpf_condition *copy = NULL;

	if (check_verdict(rule->verdict, error) || check_notify_rule(rule, error) ||
	    check_conditions(conditions, count, error))
		return -1;
	if (count) {
		copy = arena_alloc(&policy->arena, count, sizeof(*copy));
		if (!copy)
			return error_memory(error);
		memcpy(copy, conditions, count * sizeof(*copy));
	}
	rule->conditions = copy;
	rule->condition_count = (uint32_t)count;
	rule->source = (uint32_t)policy->rule_count;
	return policy_append(policy, rule, error);
}

static int add_rule(struct sbpf_policy *policy, uint32_t verdict, const char *call,
		    const struct sbpf_condition *conditions, size_t count, struct sbpf_error *error)
{
	struct policy_rule rule = { .abi = -1, .verdict = verdict };

	if (!call || !*call)
		return error_set(error, SBPF_ERROR_USAGE,
				 "a rule needs the name of a system call, such as \"mkdir\"");
	rule.call = call_find(call, strlen(call));
	if (rule.call < 0) {
		const char *near = sbpf_call_suggest(call);

		return error_set(error, SBPF_ERROR_USAGE, "unknown system call '%s'%s%s%s",
				 printable(call).text, near ? "; did you mean '" : "",
				 near ? near : "", near ? "'?" : "");
	}
	if (append_rule(policy, &rule, conditions, count, error))
		return -1;
	if (call_since(rule.call) > policy->newest)
		policy->newest = call_since(rule.call);
	return 0;
}

int sbpf_policy_add_rule(struct sbpf_policy *policy, uint32_t verdict, const char *call,
			 const struct sbpf_condition *conditions, size_t count,
			 struct sbpf_error *error)
{
	struct sbpf_error found = { 0 };

	if (begin_change(policy, error))
		return -1;
	add_rule(policy, verdict, call, conditions, count, &found);
	return end_change(policy, &found, error);
}

/* Takes the ABI's offset off a number of seccomp_data.nr. */
static int table_number(int abi, uint32_t number, uint32_t *table, struct sbpf_error *error)
{
	uint32_t offset = abi_number_offset(abi);

	if (abi_audit_arch(abi) == AUDIT_ARCH_X86_64 && !abi_is_x32(abi) && number & SBPF_X32_BIT &&
	    number != UINT32_MAX)
		return error_set(error, SBPF_ERROR_USAGE,
				 "x86_64 has no number 0x%08x: numbers with bit 30 are those of "
				 "x32, use abi x32",
				 number);
	if (!abi_is_x32(abi) && number < offset)
		return error_set(error, SBPF_ERROR_USAGE, "%s has no number %u: its first is %u",
				 abi_name(abi), number, offset);
	*table = abi_is_x32(abi) ? number & ~offset : number - offset;
	return 0;
}

static int find_abi(struct sbpf_policy *policy, const char *name)
{
	if (strcmp(abi_name(policy->last_abi), name) != 0) {
		int abi = sbpf_abi_find(name);

		if (abi < 0)
			return -1;
		policy->last_abi = abi;
	}
	return policy->last_abi;
}

static int add_number(struct sbpf_policy *policy, uint32_t verdict, const char *abi,
		      uint32_t number, const struct sbpf_condition *conditions, size_t count,
		      struct sbpf_error *error)
{
	struct policy_rule rule = { .call = -1, .verdict = verdict };

	rule.abi = abi ? find_abi(policy, abi) : -1;
	if (rule.abi < 0)
		return unknown_abi(abi, error);
	if (table_number(rule.abi, number, &rule.number, error))
		return -1;
	return append_rule(policy, &rule, conditions, count, error);
}

int sbpf_policy_add_number(struct sbpf_policy *policy, uint32_t verdict, const char *abi,
			   uint32_t number, const struct sbpf_condition *conditions, size_t count,
			   struct sbpf_error *error)
{
	struct sbpf_error found = { 0 };

	if (begin_change(policy, error))
		return -1;
	add_number(policy, verdict, abi, number, conditions, count, &found);
	return end_change(policy, &found, error);
}

static int add_flags(struct sbpf_policy *policy, unsigned int flags, struct sbpf_error *error)
{
	for (unsigned int bit = 1; bit; bit <<= 1) {
		if ((flags & bit) && !flag_name(bit))
			return error_set(error, SBPF_ERROR_USAGE,
					 "a policy cannot ask for filter flag 0x%x", bit);
	}
	policy->flags |= flags;
	return 0;
}

int sbpf_policy_add_flags(struct sbpf_policy *policy, unsigned int flags, struct sbpf_error *error)
{
	struct sbpf_error found = { 0 };

	if (begin_change(policy, error))
		return -1;
	add_flags(policy, flags, &found);
	return end_change(policy, &found, error);
}

/* ---- Reading ---- */

unsigned int sbpf_policy_flags(const struct sbpf_policy *policy)
{
	return policy ? policy->flags : 0;
}

bool sbpf_policy_depends_on_kernel(const struct sbpf_policy *policy)
{
	return policy && policy->depends_on_kernel;
}

int sbpf_policy_machine(const struct sbpf_policy *policy)
{
	return policy ? policy->machine : -1;
}

bool sbpf_policy_has_abi(const struct sbpf_policy *policy, int abi)
{
	return policy && abi >= 0 && abi < sbpf_abi_count() && (policy->abi_set >> abi & 1);
}

struct sbpf_rule policy_rule_shown(const struct policy_rule *rule)
{
	return (struct sbpf_rule){
		.entry = rule->source,
		.name = rule->call < 0 ? 0 : rule->name,
		.verdict = rule->verdict,
		.conditions = rule->conditions,
		.condition_count = rule->condition_count,
	};
}

void sbpf_policy_rules(const struct sbpf_policy *policy,
		       bool (*report)(void *context, const char *call,
				      const struct sbpf_rule *rule),
		       void *context)
{
	for (size_t i = 0; policy && report && i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		const struct sbpf_rule shown = policy_rule_shown(rule);

		if (rule->call >= 0 && !report(context, call_name(rule->call), &shown))
			return;
	}
}

void policy_warn(struct sbpf_policy *policy, const struct sbpf_error *warning)
{
	if (policy->warning_count == policy->warning_capacity) {
		size_t capacity = policy->warning_capacity ? policy->warning_capacity * 2 : 8;
		struct sbpf_error *warnings;

		warnings = reallocarray(policy->warnings, capacity, sizeof(*warnings));
		if (!warnings)
			return;
		policy->warnings = warnings;
		policy->warning_capacity = capacity;
	}
	policy->warnings[policy->warning_count++] = *warning;
}

size_t sbpf_policy_warning_count(const struct sbpf_policy *policy)
{
	return policy ? policy->warning_count : 0;
}

const struct sbpf_error *sbpf_policy_warning(const struct sbpf_policy *policy, size_t index)
{
	return index < sbpf_policy_warning_count(policy) ? &policy->warnings[index] : NULL;
}

void sbpf_policy_free(struct sbpf_policy *policy)
{
	if (!policy)
		return;
	arena_free(&policy->arena);
	free(policy->rules);
	free(policy->warnings);
	/* After the large blocks: malloc(3) takes the next of those for a time to tidy up. */
	if (policy->document)
		policy->release_document(policy->document);
	free(policy);
}
