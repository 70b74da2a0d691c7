/* SPDX-License-Identifier: MIT */
/* A policy with something changed, as far as it bears on one call: small, so that many are tried.
 */
#include "lint.h"

/* Data that no profile gives: it keeps the action, and so the order of verdicts. */
#define MARK 0x7a5u

struct trial trial_plain(const struct lint *lint)
{
	return (struct trial){
		.reading = lint->target->reading,
		.width = lint->target->width,
		.removed = NO_ENTRY,
		.marked = NO_ENTRY,
		.first = NO_ENTRY,
	};
}

static uint32_t mark(uint32_t verdict)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) | ((verdict & SECCOMP_RET_DATA) ^ MARK);
}

static int add_record(const struct lint *lint, const struct trial *trial, size_t index,
		      struct sbpf_policy *policy, struct sbpf_error *error)
{
	const struct record *record = &lint->records[index];
	uint32_t verdict = index == trial->marked ? mark(record->verdict) : record->verdict;

	return sbpf_policy_add_rule(policy, verdict, record->call, record->conditions,
				    record->condition_count, error);
}

static int add_records(const struct lint *lint, const struct trial *trial,
		       const struct record *record, struct sbpf_policy *policy,
		       struct sbpf_error *error)
{
	const struct group *group = &lint->groups[record->group];

	if (trial->first != NO_ENTRY && add_record(lint, trial, trial->first, policy, error))
		return -1;
	for (size_t i = group->first; i < group->first + group->count; i++) {
		if (i == trial->first || i == trial->removed ||
		    (trial->without && trial->without[i]))
			continue;
		if (add_record(lint, trial, i, policy, error))
			return -1;
	}
	return 0;
}

struct sbpf_space *trial_space(struct lint *lint)
{
	struct sbpf_error error = { 0 };
	struct sbpf_space *space = sbpf_space_new(lint->machine, LINT_NODES, &error);

	if (!space)
		lint_fail(lint, &error);
	return space;
}

bool trial_meaning(struct lint *lint, struct sbpf_space *space, const struct record *record,
		   const struct trial *trial, sbpf_meaning *meaning)
{
	struct sbpf_target target = *lint->target;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;
	bool done;

	target.machine = lint->machine_name;
	target.abis = lint->abi_list;
	target.reading = trial->reading;
	target.width = trial->width;
	policy = sbpf_policy_new(lint->default_verdict, &target, &error);
	done = policy && !add_records(lint, trial, record, policy, &error) &&
	       !sbpf_meaning_of_policy(space, policy, meaning, &error);
	sbpf_policy_free(policy);
	if (!done)
		lint_fail(lint, &error);
	return done;
}
