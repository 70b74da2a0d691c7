/* SPDX-License-Identifier: MIT */
/* Calls that stand for one another, calls that libraries try, and what ends a process. */
#include "lint.h"

#include "call.h"
#include "lint_families.h"

#include <stdlib.h>
#include <string.h>

/* Takes the next word of a list; false at its end. */
#define WORD_MAX 40
static bool next_word(const char **list, char word[WORD_MAX])
{
	size_t length;

	*list += strspn(*list, " ");
	length = strcspn(*list, " ");
	if (!length || length >= WORD_MAX)
		return false;
	memcpy(word, *list, length);
	word[length] = '\0';
	*list += length;
	return true;
}

/* The table's own name, which lives on; NULL when no ABI has it. */
static const char *kept_name(const char *word)
{
	for (int i = 0; i < sbpf_call_count(); i++) {
		if (!strcmp(sbpf_call_at(i), word))
			return sbpf_call_at(i);
	}
	return NULL;
}

/* ---- Siblings -------------------------------------------------------------------------- */

/* A denial that somebody wrote down. */
struct denial {
	const struct record *record; /* NULL: there is none */
	struct outcome outcome;
};

/*
 * Whether a rule denies the call, whole or under conditions. A call that merely is not on a list
 * of what is allowed is no such thing, and ENOSYS is a request to use a sibling.
 */
static bool find_denial(struct lint *lint, int abi, const char *call, struct denial *denial)
{
	uint32_t verdict;

	denial->record = NULL;
	if (!outcome_of(lint, abi, call, &denial->outcome))
		return false;
	verdict = denial->outcome.restrictive.a;
	if (is_permitted(verdict) || (denial->outcome.always && verdict == lint->enosys_verdict))
		return false;
	for (size_t i = 0; i < lint->record_count; i++) {
		const struct record *record = &lint->records[i];

		if (strcmp(record->call, call) != 0)
			continue;
		if (record->verdict == verdict || !denial->outcome.always)
			denial->record = record;
		if (record->verdict == verdict)
			break;
	}
	return denial->record != NULL;
}

struct gap_search {
	struct lint *lint;
	const struct family *family;
	int abi;
	struct clusters denied; /* one cluster: the calls that are denied */
	struct clusters ways;	/* one cluster: those that do the same */
	struct lint_place place;
	bool conditional; /* some are denied only with certain arguments */
};

/* What is allowed whatever the arguments leads around a denial. */
static void look_for_ways(struct gap_search *search, const char *denied,
			  const struct denial *denial)
{
	const char *list = search->family->ways ? search->family->ways : search->family->calls;
	char word[WORD_MAX];

	while (next_word(&list, word)) {
		struct sbpf_example example;
		struct outcome way;

		if (!strcmp(word, denied) || !kept_name(word) ||
		    !outcome_of(search->lint, search->abi, word, &way) ||
		    !is_permitted(way.restrictive.a))
			continue;
		if (!search->denied.count)
			search->place = denial->record->place;
		search->conditional |= !denial->outcome.always;
		example = way.restrictive;
		example.b = denial->outcome.restrictive.a;
		cluster_add(search->lint, &search->ways, 0, 0, kept_name(word), &example);
		cluster_add(search->lint, &search->denied, 0, 0, kept_name(denied),
			    &denial->outcome.restrictive);
	}
}

static void look_at_family(struct gap_search *search)
{
	const char *list = search->family->calls;
	char word[WORD_MAX];

	while (next_word(&list, word)) {
		struct denial denial;

		if (find_denial(search->lint, search->abi, word, &denial) &&
		    (denial.outcome.always || search->family->same_arguments))
			look_for_ways(search, word, &denial);
	}
}

static const char *get_text(bool conditional, size_t count)
{
	if (conditional)
		return "may get";
	return count == 1 ? "gets" : "get";
}

static void add_gap(struct gap_search *search)
{
	struct lint *lint = search->lint;
	struct cluster *ways = &search->ways.list[0];
	struct cluster *denied = &search->denied.list[0];
	char *way_names = names_text(lint, ways);
	char *denied_names = names_text(lint, denied);
	char abis[ABIS_MAX], verdict[VERDICT_MAX], other[VERDICT_MAX];

	if (way_names && denied_names)
		lint_add(lint, SIBLING_GAP, SEVERITY_WARNING, &search->place,
			 (struct evidence){ &ways->example, true },
			 "%s %s %s, but %s %s %s on %s, and with %s programs can %s: give %s the "
			 "same rule",
			 denied_names, get_text(search->conditional, denied->count),
			 sbpf_verdict_format(ways->example.b, other, sizeof(other)), way_names,
			 get_text(false, ways->count),
			 sbpf_verdict_format(ways->example.a, verdict, sizeof(verdict)),
			 abis_text(lint, ways->abis, abis), ways->count == 1 ? "it" : "these",
			 search->family->effect, ways->count == 1 ? "it" : "them");
	free(way_names);
	free(denied_names);
}

void lint_siblings(struct lint *lint)
{
	for (size_t i = 0; i < family_count && !lint->failed; i++) {
		struct gap_search search = { .lint = lint, .family = &families[i] };

		for (size_t j = 0; j < lint->abi_count; j++) {
			search.abi = lint->ordered[j];
			look_at_family(&search);
		}
		if (search.ways.count && search.denied.count && !lint->failed)
			add_gap(&search);
		clusters_free(&search.ways);
		clusters_free(&search.denied);
	}
}

/* ---- Probes ---------------------------------------------------------------------------- */

/* Whether what the library falls back on is there: else the profile means to deny all of it. */
static bool has_fallback(struct lint *lint, int abi, const struct probe *probe)
{
	const char *list = probe->fallback;
	char word[WORD_MAX];
	struct outcome outcome;

	while (list && next_word(&list, word)) {
		if (outcome_of(lint, abi, word, &outcome) && is_permitted(outcome.permissive.a))
			return true;
	}
	return !list;
}

static bool is_hazard(const struct lint *lint, const struct outcome *outcome)
{
	uint32_t verdict = outcome->restrictive.a;
	uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

	return outcome->always && !is_permitted(verdict) && verdict != lint->enosys_verdict &&
	       action != SECCOMP_RET_USER_NOTIF && action != SECCOMP_RET_TRACE;
}

/* In the key of a cluster, beside its severity: so that its ABIs are those of all its calls. */
#define ONLY_32_BIT 0x10u

static enum severity severity_of(const struct cluster *cluster)
{
	return (enum severity)(cluster->key[1] & ~(size_t)ONLY_32_BIT);
}

static void look_at_probe(struct lint *lint, int abi, const struct probe *probe,
			  struct clusters *clusters)
{
	struct outcome outcome;
	bool ends, breaks;

	if (!outcome_of(lint, abi, probe->call, &outcome) || !is_hazard(lint, &outcome) ||
	    !has_fallback(lint, abi, probe))
		return;
	ends = (outcome.restrictive.a & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO;
	breaks = ends ? probe->unasked : probe->breaks;
	cluster_add(lint, clusters, deciding_entry(lint->part->policy, &outcome.restrictive.data),
		    (breaks ? SEVERITY_WARNING : SEVERITY_NOTE) |
			    (probe->only_32_bit ? ONLY_32_BIT : 0),
		    kept_name(probe->call), &outcome.restrictive);
}

static const char *user_of(const char *call)
{
	for (size_t i = 0; i < probe_count; i++) {
		if (!strcmp(probes[i].call, call))
			return probes[i].user;
	}
	return "";
}

static const char *consequence(const struct cluster *cluster)
{
	if ((cluster->example.a & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return "which ends the program";
	if (severity_of(cluster) == SEVERITY_WARNING)
		return "on which they fail, as they fall back on older calls for ENOSYS only";
	return "on which they do without";
}

static void add_hazard(struct lint *lint, const struct cluster *cluster)
{
	struct lint_place place = place_of_entry(lint, cluster->key[0]);
	char abis[ABIS_MAX], verdict[VERDICT_MAX];
	char *names = names_text(lint, cluster);
	const char *first = cluster->names[0];

	if (names)
		lint_add(lint, ENOSYS_HAZARD, severity_of(cluster), &place,
			 (struct evidence){ &cluster->example, false },
			 "%s: libraries try newer calls (%s: %s), and by %s get %s, %s: allow %s, "
			 "or answer ENOSYS, with a rule or with --enosys",
			 names, first, user_of(first), abis_text(lint, cluster->abis, abis),
			 sbpf_verdict_format(cluster->example.a, verdict, sizeof(verdict)),
			 consequence(cluster), cluster->count == 1 ? "it" : "them");
	free(names);
}

void lint_probes(struct lint *lint)
{
	struct clusters clusters = { 0 };

	for (size_t i = 0; i < lint->abi_count; i++) {
		for (size_t j = 0; j < probe_count; j++)
			look_at_probe(lint, lint->ordered[i], &probes[j], &clusters);
	}
	for (size_t i = 0; i < clusters.count && !lint->failed; i++)
		add_hazard(lint, &clusters.list[i]);
	clusters_free(&clusters);
}

/* ---- Listeners and kills --------------------------------------------------------------- */

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

	for (size_t i = 0; i < hand_over_count; i++) {
		const struct hand_over *part = &hand_overs[i];

		if (strcmp(part->call, record->call) != 0)
			continue;
		if (part->by_process)
			lint_add(lint, LISTENER_DEADLOCK, SEVERITY_ERROR, &record->place, evidence,
				 "%s waits for the agent's answer, but %s, so that both may wait "
				 "for ever: take %s out of this rule",
				 record->call, part->part, record->call);
		else
			lint_add(lint, LISTENER_DEADLOCK, SEVERITY_WARNING, &record->place,
				 evidence,
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
