/* SPDX-License-Identifier: MIT */
/*
 * The rules on the call are put into a policy of their own, where each of this action bears a mark
 * in its verdict's data: what the call can get there says which of them can decide.
 */
#include "suspects.h"

#include "call.h"
#include "conditions.h"

#include <stdlib.h>
#include <string.h>

/* Marks are an ERRNO's data, of which there are so many; 0 is the default's. */
#define MARKS_MAX 4095

/* A space for few rules. */
#define SUSPECT_NODES 200000u

struct search {
	const struct sbpf_policy *policy;
	const char *call;
	uint32_t fallback; /* the default verdict */
	uint32_t action;
	bool literal;
	struct seccomp_data data;
	struct sbpf_policy *marked;
	struct sbpf_error error;
	uint64_t *entries; /* of marks, from 1 on */
	uint32_t *verdicts;
	size_t marks;
	uint64_t *effort;
	struct suspects *suspects;
};

/* ---- The policy with marks ---- */

static bool bears_on(const struct search *search, const char *call)
{
	struct sbpf_multiplexed behind;

	return !strcmp(call, search->call) ||
	       (sbpf_call_multiplexed(call, &behind) && !strcmp(behind.multiplexer, search->call));
}

static bool mark_rule(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct search *search = context;
	uint32_t verdict = rule->verdict;

	if (!*search->effort) {
		search->suspects->unknown = true;
		return false;
	}
	--*search->effort;
	if (!bears_on(search, call) || (!search->literal && verdict == search->fallback))
		return true;
	if ((verdict & SECCOMP_RET_ACTION_FULL) == search->action) {
		if (search->marks == MARKS_MAX) {
			search->suspects->unknown = true;
			return false;
		}
		search->entries[++search->marks] = rule->entry;
		search->verdicts[search->marks] = verdict;
		verdict = search->action | (uint32_t)search->marks;
	}
	return !sbpf_policy_add_rule(search->marked, verdict, call, rule->conditions,
				     rule->condition_count, &search->error);
}

/* The verdict of a number that has no name, between those that have. */
static uint32_t default_of(const struct sbpf_policy *policy)
{
	const struct sbpf_abi machine = abi_of(sbpf_policy_machine(policy));
	struct seccomp_data data = { .arch = machine.audit_arch };
	uint32_t number = machine.number_offset;

	while (sbpf_call_name(sbpf_policy_machine(policy), number))
		number++;
	data.nr = (int)number;
	return sbpf_policy_verdict(policy, &data, NULL, NULL, NULL);
}

static bool make_marked(struct search *search, const struct sbpf_target *target, int abi)
{
	uint32_t fallback = search->fallback;
	struct sbpf_target marked = {
		.machine = name_of_abi(sbpf_policy_machine(search->policy)),
		.abis = name_of_abi(abi),
		.reading = target->reading,
		.width = target->width,
	};

	if ((fallback & SECCOMP_RET_ACTION_FULL) == search->action)
		fallback = search->action;
	if (abi == sbpf_policy_machine(search->policy))
		marked.abis = "";
	search->marked = sbpf_policy_new(fallback, &marked, &search->error);
	if (search->marked)
		sbpf_policy_rules(search->policy, mark_rule, search);
	return search->marked && !search->error.code && !search->suspects->unknown;
}

/* ---- What it can get ---- */

static void add_suspect(struct suspects *suspects, const struct suspect *suspect)
{
	for (size_t i = 0; i < suspects->count && i < SUSPECTS_MAX; i++) {
		if (suspects->list[i].entry == suspect->entry &&
		    suspects->list[i].verdict == suspect->verdict)
			return;
	}
	if (suspects->count < SUSPECTS_MAX)
		suspects->list[suspects->count] = *suspect;
	suspects->count++;
}

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct search *search = context;
	uint32_t mark = one->verdict & SECCOMP_RET_DATA;
	struct suspect suspect = { SBPF_BY_DEFAULT, NO_ENTRY, search->fallback, search->data };
	struct region region;

	if ((one->verdict & SECCOMP_RET_ACTION_FULL) != search->action)
		return true;
	if (mark && mark <= search->marks) {
		suspect.cause = SBPF_BY_RULE;
		suspect.entry = search->entries[mark];
		suspect.verdict = search->verdicts[mark];
	}
	if (region_meet(one, one, &region))
		region_first(&region, &suspect.data);
	add_suspect(search->suspects, &suspect);
	return true;
}

static void look_at_rules(struct search *search, const struct sbpf_target *target, int abi)
{
	struct sbpf_space *space = NULL;
	sbpf_meaning meaning;

	search->fallback = default_of(search->policy);
	search->literal = target->reading == SBPF_READING_LITERAL;
	search->entries = calloc(MARKS_MAX + 1, sizeof(search->entries[0]));
	search->verdicts = calloc(MARKS_MAX + 1, sizeof(search->verdicts[0]));
	if (search->entries && search->verdicts && make_marked(search, target, abi))
		space = sbpf_space_new(sbpf_policy_machine(search->policy), SUSPECT_NODES,
				       &search->error);
	if (!space || sbpf_meaning_of_policy(space, search->marked, &meaning, &search->error) ||
	    sbpf_meaning_cases(space, meaning, abi, (uint32_t)search->data.nr, note_case, search,
			       &search->error))
		search->suspects->unknown = true;
	sbpf_space_free(space);
	sbpf_policy_free(search->marked);
	free(search->entries);
	free(search->verdicts);
}

void suspects_find(const struct sbpf_policy *policy, const struct sbpf_target *target,
		   const struct seccomp_data *data, uint32_t action, uint64_t *effort,
		   struct suspects *suspects)
{
	int abi = abi_of_data(data);
	enum sbpf_cause cause;
	uint32_t verdict = sbpf_policy_verdict(policy, data, &cause, NULL, NULL);
	struct search search = {
		.policy = policy,
		.call = sbpf_call_name(abi, (uint32_t)data->nr),
		.action = action,
		.data = *data,
		.suspects = suspects,
	};

	search.effort = effort;
	*suspects = (struct suspects){ 0 };
	if (cause != SBPF_BY_BAD_ARCH && cause != SBPF_BY_UNKNOWN_CALL && search.call)
		look_at_rules(&search, target, abi);
	else if ((verdict & SECCOMP_RET_ACTION_FULL) == action)
		add_suspect(suspects, &(struct suspect){ cause, NO_ENTRY, verdict, *data });
}
