/* SPDX-License-Identifier: MIT */
/*
 * Few sets of capabilities that stand for all of them. What a call gets depends on the rules that
 * name it, and those on no capability but what their guards name. So the sets need not be all
 * combinations of all capabilities: for each call by itself, every set of its rules that can apply
 * at once has to apply under one of them.
 */
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "error.h"
#include "guards.h"
#include "target.h"

/* Of one call: guards that differ, and states of its capabilities that are tried. */
#define TERMS_MAX 64u
#define STATES_MAX 4096u
/* Sets in the answer, and steps on the way to it. */
#define SETS_MAX 512u
#define WORK_MAX (UINT64_C(1) << 28)

/* The part of a guard that is about capabilities. */
struct term {
	uint64_t includes;
	uint64_t excludes;
};

/* One call, or a call and its multiplexer: their guards, each once, in order. */
struct group {
	struct term terms[TERMS_MAX];
	size_t count;
	uint64_t named; /* capabilities */
};

/* A set in the making: those of fixed are decided, by bits. */
struct choice {
	uint64_t fixed;
	uint64_t bits;
};

struct search {
	const struct sbpf_guards *guards;
	int machine;
	uint32_t kernel;
	struct group *groups;
	size_t group_count;
	size_t group_capacity;
	struct choice choices[SETS_MAX];
	size_t choice_count;
	uint64_t states[STATES_MAX]; /* of one group: capabilities held of those named */
	size_t state_count;
	uint64_t work;
	struct sbpf_error *error;
};

bool guard_allows(const struct guard *guard, int machine, uint32_t kernel)
{
	uint64_t bit = UINT64_C(1) << machine;

	if ((guard->excludes_machines & bit) ||
	    (guard->excludes_kernel && kernel >= guard->excludes_kernel))
		return false;
	return (!guard->includes_machines || (guard->includes_machines & bit)) &&
	       guard->includes_kernel <= kernel;
}

/* ---- Groups ---- */

static int too_many(struct search *search)
{
	return error_set(search->error, SBPF_ERROR_LIMIT,
			 "the guards tell more sets of capabilities apart than can be looked at; "
			 "name one set to look at");
}

static int compare_terms(const void *left, const void *right)
{
	const struct term *a = left;
	const struct term *b = right;

	if (a->includes != b->includes)
		return a->includes < b->includes ? -1 : 1;
	return (a->excludes > b->excludes) - (a->excludes < b->excludes);
}

static int compare_groups(const void *left, const void *right)
{
	const struct group *a = left;
	const struct group *b = right;
	int more = (b->count > a->count) - (b->count < a->count);

	/* Those with the most to say first, for others fit into their sets. */
	return more ? more : memcmp(a->terms, b->terms, a->count * sizeof(a->terms[0]));
}

static int add_term(struct search *search, struct group *group, const struct guard *guard)
{
	const struct term term = { guard->includes_capabilities, guard->excludes_capabilities };

	if (!(term.includes | term.excludes) ||
	    !guard_allows(guard, search->machine, search->kernel))
		return 0;
	for (size_t i = 0; i < group->count; i++) {
		if (!compare_terms(&group->terms[i], &term))
			return 0;
	}
	if (group->count == TERMS_MAX)
		return too_many(search);
	group->terms[group->count++] = term;
	group->named |= term.includes | term.excludes;
	return 0;
}

/* guards->calls is sorted by call. */
static int add_terms(struct search *search, struct group *group, int call)
{
	const struct sbpf_guards *guards = search->guards;
	size_t low = 0, high = guards->call_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (guards->calls[middle].call < call)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < guards->call_count && guards->calls[low].call == call; low++) {
		if (add_term(search, group, &guards->guards[guards->calls[low].guard]))
			return -1;
	}
	return 0;
}

/* The multiplexer that some ABI enters a call by, or -1. */
static int multiplexer_of(int call)
{
	uint32_t sub;
	int found = -1;

	for (int abi = 0; found < 0 && abi < sbpf_abi_count(); abi++)
		found = call_multiplexer(abi, call, &sub);
	return found;
}

static int add_group(struct search *search, int call)
{
	int multiplexer = multiplexer_of(call);
	struct group group = { .count = 0 };
	struct group *list;

	if (add_terms(search, &group, call) ||
	    (multiplexer >= 0 && add_terms(search, &group, multiplexer)))
		return -1;
	if (!group.count)
		return 0;
	qsort(group.terms, group.count, sizeof(group.terms[0]), compare_terms);
	if (search->group_count == search->group_capacity) {
		size_t capacity = search->group_capacity ? 2 * search->group_capacity : 16;

		list = reallocarray(search->groups, capacity, sizeof(list[0]));
		if (!list)
			return error_memory(search->error);
		search->groups = list;
		search->group_capacity = capacity;
	}
	search->groups[search->group_count++] = group;
	return 0;
}

/* Each once: most calls share their guards with others. */
static int find_groups(struct search *search)
{
	size_t kept = 0;

	for (int call = 0; call < sbpf_call_count(); call++) {
		if (add_group(search, call))
			return -1;
	}
	if (search->group_count)
		qsort(search->groups, search->group_count, sizeof(search->groups[0]),
		      compare_groups);
	for (size_t i = 0; i < search->group_count; i++) {
		if (!kept || compare_groups(&search->groups[kept - 1], &search->groups[i]))
			search->groups[kept++] = search->groups[i];
	}
	search->group_count = kept;
	return 0;
}

/* ---- States ---- */

/* Capabilities that the same terms include and the same terms exclude. */
struct atom {
	uint64_t members;
	bool included; /* by some term */
	bool excluded;
};

static struct atom find_atom(const struct group *group, uint64_t rest)
{
	uint64_t first = rest & (~rest + 1);
	struct atom atom = { .members = rest };

	for (size_t i = 0; i < group->count; i++) {
		const struct term *term = &group->terms[i];

		atom.members &= term->includes & first ? term->includes : ~term->includes;
		atom.members &= term->excludes & first ? term->excludes : ~term->excludes;
		atom.included = atom.included || (term->includes & first);
		atom.excluded = atom.excluded || (term->excludes & first);
	}
	return atom;
}

/*
 * All states that terms can tell apart. Of an atom all are held or none; one of several only
 * counts where it is neither "all of them", for includes, nor "none of them", for excludes.
 */
static int find_states(struct search *search, const struct group *group)
{
	uint64_t rest = group->named;

	search->states[0] = 0;
	search->state_count = 1;
	while (rest) {
		struct atom atom = find_atom(group, rest);
		uint64_t first = atom.members & (~atom.members + 1);
		bool partly = atom.included && atom.excluded && first != atom.members;
		size_t count = search->state_count;

		if (count * (partly ? 3u : 2u) > STATES_MAX)
			return too_many(search);
		for (size_t i = 0; i < count; i++)
			search->states[search->state_count++] = search->states[i] | atom.members;
		for (size_t i = 0; partly && i < count; i++)
			search->states[search->state_count++] = search->states[i] | first;
		rest &= ~atom.members;
	}
	return 0;
}

/* Which of a group's guards let their rules apply: bit = term. */
static uint64_t truth_of(const struct group *group, uint64_t held)
{
	uint64_t truth = 0;

	for (size_t i = 0; i < group->count; i++) {
		const struct term *term = &group->terms[i];

		if (!(term->includes & ~held) && !(term->excludes & held))
			truth |= UINT64_C(1) << i;
	}
	return truth;
}

/* ---- Choices ---- */

static bool is_covered(struct search *search, const struct group *group, uint64_t truth)
{
	for (size_t i = 0; i < search->choice_count; i++) {
		const struct choice *choice = &search->choices[i];

		search->work += group->count;
		if (!(group->named & ~choice->fixed) && truth_of(group, choice->bits) == truth)
			return true;
	}
	return false;
}

/* Puts a state into a set that has room for it. */
static bool fit(struct search *search, const struct group *group, uint64_t state)
{
	for (size_t i = 0; i < search->choice_count; i++) {
		struct choice *choice = &search->choices[i];

		search->work++;
		if ((choice->bits ^ state) & choice->fixed & group->named)
			continue;
		choice->bits |= state;
		choice->fixed |= group->named;
		return true;
	}
	return false;
}

/* What is in no set yet, by all states of the same truth, and else in a set of its own. */
static int cover_state(struct search *search, const struct group *group, uint64_t state)
{
	uint64_t truth = truth_of(group, state);

	if (is_covered(search, group, truth))
		return 0;
	for (size_t i = 0; i < search->state_count; i++) {
		search->work += group->count;
		if (truth_of(group, search->states[i]) == truth &&
		    fit(search, group, search->states[i]))
			return 0;
	}
	if (search->choice_count == SETS_MAX)
		return too_many(search);
	search->choices[search->choice_count++] = (struct choice){ group->named, state };
	return 0;
}

static int cover(struct search *search, const struct group *group)
{
	if (find_states(search, group))
		return -1;
	for (size_t i = 0; i < search->state_count; i++) {
		if (search->work > WORK_MAX)
			return too_many(search);
		if (cover_state(search, group, search->states[i]))
			return -1;
	}
	return 0;
}

/* What no guard counts on is as Docker has it. */
static int take_choices(const struct search *search, struct classes *classes)
{
	classes->sets = calloc(search->choice_count + 1, sizeof(classes->sets[0]));
	if (!classes->sets)
		return error_memory(search->error);
	classes->count = search->choice_count;
	for (size_t i = 0; i < search->choice_count; i++) {
		const struct choice *choice = &search->choices[i];

		classes->sets[i] = choice->bits | (target_docker_capabilities & ~choice->fixed);
	}
	return 0;
}

int classes_find(const struct sbpf_guards *guards, int machine, uint32_t kernel, bool default_known,
		 struct classes *classes, struct sbpf_error *error)
{
	struct search *search = calloc(1, sizeof(*search));
	int result;

	*classes = (struct classes){ 0 };
	if (!search)
		return error_memory(error);
	search->guards = guards;
	search->machine = machine;
	search->kernel = kernel;
	search->error = error;
	if (default_known)
		search->choices[search->choice_count++] =
			(struct choice){ UINT64_MAX, target_docker_capabilities };
	result = find_groups(search);
	for (size_t i = 0; !result && i < search->group_count; i++)
		result = cover(search, &search->groups[i]);
	if (!result)
		result = take_choices(search, classes);
	free(search->groups);
	free(search);
	return result;
}
