/* SPDX-License-Identifier: MIT */
/* Rules without an effect: those that never decide, and those that change nothing. */
#include "lint.h"

#include <stdlib.h>

/* More rules on one call than that are not tried one by one. */
#define TRIALS_MAX 256

/* Nor are any once as many rules as that were compared with, or the proof took as many steps: a
 * second's work or less. */
#define WORK_MAX 50000
#define STEPS_MAX UINT64_C(4000000)

enum idleness { WORKS, NEVER_DECIDES, CHANGES_NOTHING, REPEATS_DEFAULT, IDLENESSES };

struct idle_search {
	struct lint *lint;
	bool *without;	/* records that are out of the way already */
	size_t *counts; /* records by entry */
	size_t work;	/* rules that trials were made of */
	uint64_t steps; /* that trials took: sbpf_space_work() */
	bool is_cut;	/* rules were not tried, as the work was used up */
	struct clusters found[IDLENESSES];
};

static const struct group *group_of(const struct lint *lint, size_t index)
{
	return &lint->groups[lint->records[index].group];
}

/* Whether a call has a rule without conditions, which decides it before all others. */
static bool is_void(const struct idle_search *search, size_t index)
{
	const struct lint *lint = search->lint;
	const struct record *record = &lint->records[index];
	const struct group *group = group_of(lint, index);

	if (!record->condition_count || lint->target->reading == SBPF_READING_LITERAL)
		return false;
	for (size_t i = group->first; i < group->first + group->count; i++) {
		const struct record *other = &lint->records[i];

		if (other->call == record->call && !other->condition_count &&
		    other->verdict != lint->default_verdict)
			return true;
	}
	return false;
}

static struct trial plain_trial(const struct idle_search *search)
{
	struct trial plain = trial_plain(search->lint);

	plain.without = search->without;
	return plain;
}

/* Whether the policy means the same with this change. */
static bool is_same(struct idle_search *search, size_t index, const struct trial *changed)
{
	struct lint *lint = search->lint;
	struct trial plain = plain_trial(search);
	struct sbpf_space *space = trial_space(lint);
	sbpf_meaning a, b;
	bool same = space && trial_meaning(lint, space, &lint->records[index], &plain, &a) &&
		    trial_meaning(lint, space, &lint->records[index], changed, &b) && a == b;

	search->steps += sbpf_space_work(space);
	sbpf_space_free(space);
	return same;
}

static enum idleness judge(struct idle_search *search, size_t index)
{
	struct trial removed = plain_trial(search), marked = removed, first = removed;
	const struct lint *lint = search->lint;

	removed.removed = marked.marked = first.first = index;
	if (!is_same(search, index, &removed))
		return WORKS;
	if (lint->records[index].verdict == lint->default_verdict &&
	    lint->target->reading != SBPF_READING_LITERAL)
		return REPEATS_DEFAULT;
	if (is_void(search, index))
		return NEVER_DECIDES;
	/* What is said earlier too does no harm; what contradicts it is in vain. */
	if (!is_same(search, index, &marked) || is_same(search, index, &first))
		return CHANGES_NOTHING;
	return NEVER_DECIDES;
}

static bool is_guarded(const struct lint *lint, size_t entry)
{
	return entry < lint->outline.entry_count && lint->outline.entries[entry].is_guarded;
}

/* With other capabilities, kernels or machines a rule may be needed: this target does not tell. */
static bool depends_on_target(const struct lint *lint, size_t index)
{
	const struct group *group = group_of(lint, index);

	for (size_t i = group->first; i < group->first + group->count; i++) {
		if (i != index && lint->records[i].entry != lint->records[index].entry &&
		    is_guarded(lint, lint->records[i].entry))
			return true;
	}
	return false;
}

/* On a machine with a direct call, one that is a sub-call here may need its rule. */
static bool is_sub_call_only(const struct lint *lint, const struct record *record)
{
	uint32_t number;

	for (size_t i = 0; i < lint->abi_count; i++) {
		if (sbpf_call_number(lint->ordered[i], record->call, &number))
			return false;
	}
	return true;
}

/* A rule that is alone on its call works, unless it repeats the default. */
static bool is_worth_trying(struct idle_search *search, size_t index)
{
	const struct lint *lint = search->lint;
	size_t related = group_of(lint, index)->count;

	if (search->work > WORK_MAX || search->steps > STEPS_MAX) {
		search->is_cut = search->is_cut || related > 1;
		return false;
	}
	search->work += related > 1 && related <= TRIALS_MAX ? related : 0;

	/* With ENOSYS for what is newer than the profile, a call that is named gets the default. */
	if (lint->records[index].verdict == lint->default_verdict)
		return related <= TRIALS_MAX && !lint->target->unknown_as_enosys;
	return related > 1 && related <= TRIALS_MAX && !depends_on_target(lint, index) &&
	       !is_sub_call_only(lint, &lint->records[index]);
}

/* ---- Findings ---- */

/* The records of each entry. */
static size_t *count_entries(struct lint *lint)
{
	size_t *counts = calloc(lint->outline.entry_count + 1, sizeof(counts[0]));

	if (!counts)
		lint_fail(lint, NULL);
	for (size_t i = 0; counts && i < lint->record_count; i++) {
		if (lint->records[i].entry < lint->outline.entry_count)
			counts[lint->records[i].entry]++;
	}
	return counts;
}

static const char *const advice[IDLENESSES] = {
	[NEVER_DECIDES] = "this rule never decides: another one on the call comes first, or has no "
			  "conditions, which makes it the only one; remove one of them",
	[CHANGES_NOTHING] =
		"without this the policy would be the same, as other rules say so too; remove it",
	[REPEATS_DEFAULT] = "this rule repeats the default, so engines drop it, and it shields "
			    "nothing from other rules; remove it",
};

static const enum lint_id ids[IDLENESSES] = {
	[NEVER_DECIDES] = SHADOWED_RULE,
	[CHANGES_NOTHING] = REDUNDANT_RULE,
	[REPEATS_DEFAULT] = EQUALS_DEFAULT,
};

/* They were found from the last to the first. */
static void reverse_names(struct cluster *cluster)
{
	for (size_t i = 0; i < cluster->count / 2; i++) {
		const char *name = cluster->names[i];

		cluster->names[i] = cluster->names[cluster->count - 1 - i];
		cluster->names[cluster->count - 1 - i] = name;
	}
}

static void add_idle(struct idle_search *search, enum idleness idleness, struct cluster *cluster)
{
	struct lint *lint = search->lint;
	enum lint_id id = ids[idleness];
	struct lint_place place = place_of_entry(lint, cluster->key[0]);
	char *names;

	reverse_names(cluster);
	names = names_text(lint, cluster);

	if (search->counts[cluster->key[0]] > cluster->count)
		place = cluster->place;
	if (names)
		lint_add(lint, id, lint_rules[id].severity, &place, (struct evidence){ 0 },
			 "%s: %s", names, advice[idleness]);
	free(names);
}

static void note_place(struct cluster *cluster, struct lint_place place)
{
	if (!cluster->place.line || place.line < cluster->place.line)
		cluster->place = place;
}

static void add_cut(struct lint *lint)
{
	struct lint_place place = { 0 };

	snprintf(place.path, sizeof(place.path), "%ssyscalls", lint->part->prefix);
	lint_add(
		lint, SHADOWED_RULE, SEVERITY_NOTE, &place, (struct evidence){ 0 },
		"not every rule was looked at for whether it has an effect, as there is so much to "
		"compare; rules may be idle that are not listed here");
}

/* From the last rule to the first, so that of two equal ones the later is to be removed. */
void lint_idle_rules(struct lint *lint)
{
	struct idle_search search = { .lint = lint };

	search.without = calloc(lint->record_count + 1, sizeof(search.without[0]));
	search.counts = count_entries(lint);
	if (!search.without)
		lint_fail(lint, NULL);
	for (size_t i = lint->record_count; search.without && i-- && !lint->failed;) {
		const struct record *record = &lint->records[i];
		enum idleness idleness = is_worth_trying(&search, i) ? judge(&search, i) : WORKS;
		struct cluster *cluster;

		if (idleness == WORKS || lint->failed)
			continue;
		search.without[i] = true;
		cluster = cluster_add(lint, &search.found[idleness], record->entry, 0, record->call,
				      NULL);
		if (cluster)
			note_place(cluster, place_of_record(lint, record));
	}
	for (int kind = WORKS; kind < IDLENESSES; kind++) {
		for (size_t i = 0; i < search.found[kind].count; i++)
			add_idle(&search, (enum idleness)kind, &search.found[kind].list[i]);
		clusters_free(&search.found[kind]);
	}
	if (search.is_cut && !lint->failed)
		add_cut(lint);
	free(search.without);
	free(search.counts);
}
