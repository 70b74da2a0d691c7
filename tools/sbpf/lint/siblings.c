/* SPDX-License-Identifier: MIT */
/* Calls that stand for one another. */
#include "lint.h"

#include "call.h"

#include <stdlib.h>
#include <string.h>

/* A denial that somebody wrote down. */
struct denial {
	const struct record *record; /* NULL: there is none */
	struct outcome outcome;
};

/* ENOSYS is a request to use a sibling. */
static bool is_denial(const struct lint *lint, uint32_t verdict, bool always)
{
	return !is_permitted(verdict) && !(always && verdict == lint->enosys_verdict);
}

/*
 * Whether a rule denies the call, whole or under conditions. A call that merely is not on a list
 * of what is allowed is no such thing.
 */
static bool find_denial(struct lint *lint, int abi, const char *call, struct denial *denial)
{
	const struct group *group = group_of_call(lint, call);
	uint32_t verdict;

	denial->record = NULL;
	if (!group || !outcome_of(lint, abi, call, &denial->outcome))
		return false;
	verdict = denial->outcome.restrictive.a;
	if (!is_denial(lint, verdict, denial->outcome.always))
		return false;
	for (size_t i = group->first; i < group->first + group->count; i++) {
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

/* The same where none of the ABIs has the call, but a rule names it: whoever wrote it means it. */
static bool find_absent_denial(const struct lint *lint, const char *call, struct denial *denial)
{
	*denial = (struct denial){ 0 };
	for (size_t i = 0; i < lint->absent_count; i++) {
		const struct record *record = &lint->records[lint->record_count + i];

		if (strcmp(record->call, call) != 0 || record->verdict == lint->default_verdict ||
		    (record->condition_count && is_permitted(record->verdict)))
			continue;
		if (denial->record && record->condition_count)
			continue;
		denial->record = record;
		denial->outcome.always = !record->condition_count;
		denial->outcome.restrictive.a = record->verdict;
		if (denial->outcome.always)
			break;
	}
	return denial->record &&
	       is_denial(lint, denial->outcome.restrictive.a, denial->outcome.always);
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
			search->place = place_of_record(search->lint, denial->record);
		search->conditional |= !denial->outcome.always;
		example = way.restrictive;
		example.b = denial->outcome.restrictive.a;
		cluster_add(search->lint, &search->ways, 0, 0, kept_name(word), &example);
		cluster_add(search->lint, &search->denied, 0, 0, kept_name(denied), NULL);
		search->lint->is_gap[sbpf_call_find(denied)] = true;
	}
}

static void look_at_family(struct gap_search *search)
{
	const char *list = search->family->calls;
	char word[WORD_MAX];

	while (next_word(&list, word)) {
		struct denial denial;

		if ((find_denial(search->lint, search->abi, word, &denial) ||
		     find_absent_denial(search->lint, word, &denial)) &&
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
			 sbpf_verdict_describe(ways->example.b, lint->machine, other,
					       sizeof(other)),
			 way_names, get_text(false, ways->count),
			 sbpf_verdict_describe(ways->example.a, lint->machine, verdict,
					       sizeof(verdict)),
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
