/* SPDX-License-Identifier: MIT */
/* Listeners and kills. */
#include "lint.h"

#include "call.h"

#include <stdlib.h>
#include <string.h>

static uint32_t action_of(uint32_t verdict)
{
	return verdict & SECCOMP_RET_ACTION_FULL;
}

static bool example_of(struct lint *lint, const char *call, struct sbpf_example *example)
{
	struct outcome outcome;

	for (size_t i = 0; i < lint->abi_count; i++) {
		if (outcome_of(lint, lint->ordered[i], call, &outcome)) {
			*example = outcome.restrictive;
			return true;
		}
	}
	return false;
}

static void look_at_listener(struct lint *lint, const struct record *record)
{
	struct sbpf_example example;
	bool found = example_of(lint, record->call, &example) &&
		     action_of(example.a) == SECCOMP_RET_USER_NOTIF;
	struct evidence evidence = { found ? &example : NULL, false };
	struct lint_place place = place_of_record(lint, record);

	for (size_t i = 0; i < hand_over_count; i++) {
		const struct hand_over *part = &hand_overs[i];

		if (strcmp(part->call, record->call) != 0)
			continue;
		if (part->by_process)
			lint_add(lint, LISTENER_DEADLOCK, SEVERITY_ERROR, &place, evidence,
				 "%s waits for the agent's answer, but %s, so that both may wait "
				 "for ever: take %s out of this rule",
				 record->call, part->part, record->call);
		else
			lint_add(lint, LISTENER_DEADLOCK, SEVERITY_WARNING, &place, evidence,
				 "%s waits for the agent's answer, but %s: an agent that is under "
				 "this filter itself waits for ever; keep the agent outside, or "
				 "take %s out of this rule",
				 record->call, part->part, record->call);
	}
}

static void add_kill(struct lint *lint, const struct lint_place *place,
		     const struct sbpf_example *example)
{
	lint_add(lint, KILL_THREAD, SEVERITY_WARNING, place, (struct evidence){ example, false },
		 "KILL_THREAD, which SCMP_ACT_KILL is too, ends the calling thread only: the rest "
		 "of the process goes on without it, with its locks held; use "
		 "SCMP_ACT_KILL_PROCESS");
}

/* One finding for each rule. */
static void look_at_kill(struct lint *lint, const struct record *record, bool *done)
{
	struct lint_place place = place_of_entry(lint, record->entry);
	struct sbpf_example example;
	bool found;

	if (record->entry >= lint->outline.entry_count || done[record->entry])
		return;
	done[record->entry] = true;
	found = example_of(lint, record->call, &example) &&
		action_of(example.a) == SECCOMP_RET_KILL_THREAD;
	add_kill(lint, &place, found ? &example : NULL);
}

void lint_actions(struct lint *lint)
{
	struct lint_place place = place_of_default(lint);
	bool *done = calloc(lint->outline.entry_count + 1, sizeof(*done));

	if (!done) {
		lint_fail(lint, NULL);
		return;
	}
	if (action_of(lint->default_verdict) == SECCOMP_RET_KILL_THREAD)
		add_kill(lint, &place, NULL);
	for (size_t i = 0; i < lint->record_count && !lint->failed; i++) {
		const struct record *record = &lint->records[i];

		if (action_of(record->verdict) == SECCOMP_RET_USER_NOTIF)
			look_at_listener(lint, record);
		if (action_of(record->verdict) == SECCOMP_RET_KILL_THREAD)
			look_at_kill(lint, record, done);
	}
	free(done);
}
