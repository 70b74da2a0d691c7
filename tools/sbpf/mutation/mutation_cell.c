/* SPDX-License-Identifier: MIT */
/*
 * A mutant's rules on a group of calls are compared with the profile's: what a rule says of one
 * call does not depend on rules on others. Assertions that hold are two regions, of the calls that
 * have one verdict and of those that are never allowed, so that a mutant is looked at once however
 * many there are.
 */
#include "mutate.h"

#include <stdlib.h>
#include <string.h>

/* Rules that may be read for all mutants of a target: some ten seconds. */
#define WORK_MAX UINT64_C(50000000)

/* ---- Opening ---- */

static bool add_bound(struct mutation_cell *mutation, const struct assertion *assertion)
{
	const struct cell *cell = mutation->cell;
	sbpf_meaning *bounds =
		reallocarray(mutation->bounds, mutation->bound_count + 1, sizeof(bounds[0]));
	struct operand bound;
	bool done;

	if (!bounds) {
		report(cell->tool->name, "out of memory");
		return false;
	}
	mutation->bounds = bounds;
	if (!operand_load_quietly(cell->tool, &cell->target->target, assertion->policy, &bound))
		return false;
	done = operand_meaning(cell->tool, cell->space, &bound, &bounds[mutation->bound_count]) &&
	       cell_flatten(cell, bounds[mutation->bound_count], &bounds[mutation->bound_count]);
	mutation->bound_count += done;
	operand_free(&bound);
	return done;
}

static bool add_region(struct mutation_cell *mutation, const struct assertion *assertion)
{
	const struct cell *cell = mutation->cell;
	sbpf_meaning *all =
		assertion->kind == ASSERT_NEVER ? &mutation->refused : &mutation->pinned;
	struct sbpf_error error = { 0 };
	sbpf_meaning region;

	if (!region_find(cell, assertion, cell->stand.covered, &region))
		return false;
	return !sbpf_meaning_union(cell->space, *all, region, all, &error) ||
	       cell_fail(cell, &error);
}

/* What the assertions say that hold; one that fails tells nothing. */
static bool add_assertions(struct mutation_cell *mutation)
{
	const struct test_file *file = &mutation->suite->file;
	bool done = true;

	mutation->pinned = mutation->refused = mutation->cell->nothing;
	mutation->bound_count = 0;
	for (size_t i = 0; done && i < file->count; i++) {
		const struct assertion *assertion = &file->assertions[i];

		if (assertion->section != mutation->cell->section ||
		    !mutation->suite->results[i].passed)
			continue;
		done = assertion->kind == ASSERT_WITHIN ? add_bound(mutation, assertion)
							: add_region(mutation, assertion);
	}
	return done;
}

/* Forgets what is known, in a space without it. */
static bool begin_anew(struct mutation_cell *mutation)
{
	memset(mutation->known, 0, ((size_t)sbpf_call_count() + 1) * sizeof(mutation->known[0]));
	return cell_clear(mutation->cell) && add_assertions(mutation) &&
	       cell_constant(mutation->cell, SECCOMP_RET_TRACE, &mutation->trace);
}

bool mutation_open(struct suite *suite, struct cell *cell, struct mutation_cell *mutation)
{
	size_t calls = (size_t)sbpf_call_count();

	*mutation = (struct mutation_cell){ .suite = suite, .cell = cell };
	mutation->seen = calloc(calls, sizeof(mutation->seen[0]));
	mutation->groups = calloc(calls, sizeof(mutation->groups[0]));
	mutation->known = calloc(calls + 1, sizeof(mutation->known[0]));
	if (!mutation->seen || !mutation->groups || !mutation->known) {
		report(cell->tool->name, "out of memory");
		return false;
	}
	return records_find(cell, &mutation->records) &&
	       mutant_room_make(cell, &mutation->records, &mutation->room) && begin_anew(mutation);
}

void mutation_close(struct mutation_cell *mutation)
{
	records_free(&mutation->records);
	mutant_room_free(&mutation->room);
	free(mutation->seen);
	free(mutation->groups);
	free(mutation->known);
	free(mutation->bounds);
	*mutation = (struct mutation_cell){ 0 };
}

/* ---- Groups ---- */

static struct record_group group_at(const struct mutation_cell *mutation, size_t group)
{
	if (group == GROUPS_ALL)
		return (struct record_group){ 0, mutation->records.count };
	return mutation->records.groups[group];
}

static struct group_known *know(struct mutation_cell *mutation, size_t group)
{
	const struct cell *cell = mutation->cell;
	struct record_group rules = group_at(mutation, group);
	struct group_known *known =
		&mutation->known[group == GROUPS_ALL ? (size_t)sbpf_call_count() : group];
	struct sbpf_error error = { 0 };

	if (known->ready)
		return known;
	if (group == GROUPS_ALL ? !cell_constant(cell, SECCOMP_RET_ALLOW, &known->all)
				: !region_of_group(cell, group, &known->all))
		return NULL;
	if (!region_cut(cell, known->all, mutation->pinned, &known->pinned) ||
	    !region_cut(cell, known->all, mutation->refused, &known->refused))
		return NULL;
	if (records_meaning(cell, &mutation->records.list[rules.first], rules.count,
			    mutation->records.fallback, cell->stand.covered, &known->plain,
			    &error)) {
		cell_fail(cell, &error);
		return NULL;
	}
	known->ready = true;
	return known;
}

/* ---- Trying ---- */

static bool is_above(const struct mutation_cell *mutation, sbpf_meaning changed, sbpf_meaning bound,
		     bool *above)
{
	struct sbpf_error error = { 0 };
	enum sbpf_answer answer = sbpf_meaning_compare(mutation->cell->space, changed, bound,
						       SBPF_SUBSET, NULL, &error);

	*above |= answer == SBPF_REFUTED;
	return answer != SBPF_UNKNOWN || cell_fail(mutation->cell, &error);
}

/* Whether an assertion notices what a group's rules mean now. */
static bool is_noticed(const struct mutation_cell *mutation, const struct group_known *known,
		       sbpf_meaning changed, bool *noticed)
{
	const struct cell *cell = mutation->cell;
	sbpf_meaning before, after, flat;

	if (!region_cut(cell, known->pinned, known->plain, &before) ||
	    !region_cut(cell, known->pinned, changed, &after))
		return false;
	*noticed = before != after;
	if (!region_cut(cell, known->refused, changed, &after) ||
	    !is_above(mutation, after, mutation->trace, noticed))
		return false;
	for (size_t i = 0; i < mutation->bound_count && !*noticed; i++) {
		if (!region_cut(cell, known->all, changed, &after) ||
		    !cell_flatten(cell, after, &flat) ||
		    !is_above(mutation, flat, mutation->bounds[i], noticed))
			return false;
	}
	return true;
}

static bool try_group(struct mutation_cell *mutation, const struct mutant *mutant, size_t group,
		      struct effect *effect)
{
	const struct group_known *known = know(mutation, group);
	struct record_group rules = group_at(mutation, group);
	uint32_t fallback =
		mutant->kind == MUTANT_DEFAULT ? mutant->verdict : mutation->records.fallback;
	struct sbpf_error error = { 0 };
	sbpf_meaning changed;

	if (!known)
		return false;
	mutation->work += rules.count;
	mutant_apply(mutant, &mutation->records, rules.first, rules.count, group, &mutation->room);
	if (records_meaning(mutation->cell, mutation->room.list, mutation->room.count, fallback,
			    mutation->cell->stand.covered, &changed, &error))
		return cell_fail(mutation->cell, &error);
	if (changed == known->plain)
		return true;
	if (!effect->differs) {
		effect->differs = true;
		effect->plain = known->plain;
		effect->changed = (struct stand){ changed, mutation->cell->stand.covered };
	}
	return is_noticed(mutation, known, changed, &effect->killed);
}

static bool try_groups(struct mutation_cell *mutation, const struct mutant *mutant,
		       struct effect *effect)
{
	size_t count = mutant_groups(mutant, &mutation->records, mutation->seen, mutation->groups);
	bool done = true;

	/* Which calls are newer than the profile depends on all of its names. */
	if (count && mutation->cell->target->target.unknown_as_enosys)
		return try_group(mutation, mutant, GROUPS_ALL, effect);
	for (size_t i = 0; done && i < count && !effect->killed; i++)
		done = try_group(mutation, mutant, mutation->groups[i], effect);
	return done;
}

/* Assertions range over the ABIs that are covered, so they are decided again. */
static bool try_abi(struct mutation_cell *mutation, const struct mutant *mutant,
		    struct effect *effect)
{
	const struct cell *cell = mutation->cell;
	const struct test_file *file = &mutation->suite->file;
	bool is_alone = file->sections[cell->section].target_count == 1;
	struct sbpf_error error = { 0 };

	effect->changed.covered = cell->stand.covered & ~(UINT64_C(1) << mutant->abi);
	effect->plain = cell->stand.meaning;
	if (effect->changed.covered == cell->stand.covered)
		return true;
	if (records_meaning(cell, mutation->records.list, mutation->records.count,
			    mutation->records.fallback, effect->changed.covered,
			    &effect->changed.meaning, &error))
		return cell_fail(cell, &error);
	effect->differs = effect->changed.meaning != cell->stand.meaning;
	for (size_t i = 0; i < file->count && effect->differs && !effect->killed; i++) {
		struct outcome outcome;

		if (file->assertions[i].section != cell->section ||
		    !mutation->suite->results[i].passed)
			continue;
		if (!assertion_decide(cell, &file->assertions[i], &effect->changed, &outcome))
			return false;
		effect->killed = !outcome.passed || (outcome.is_void && is_alone);
	}
	return true;
}

static bool try_once(struct mutation_cell *mutation, const struct mutant *mutant,
		     struct effect *effect)
{
	*effect = (struct effect){ 0 };
	if (mutant->kind == MUTANT_ABI)
		return try_abi(mutation, mutant, effect);
	if (mutant->kind == MUTANT_DEFAULT)
		return try_group(mutation, mutant, GROUPS_ALL, effect);
	return try_groups(mutation, mutant, effect);
}

/* How much of a space one mutant may be begun in; then a new one is. */
#define SPACE_WORK UINT64_C(6000000)

bool mutation_try(struct mutation_cell *mutation, const struct mutant *mutant,
		  struct effect *effect)
{
	const struct cell *cell = mutation->cell;

	if (mutation->work > WORK_MAX) {
		report(cell->tool->name, "%s: is too long for so many mutants", cell->operand.name);
		return false;
	}
	if (sbpf_space_work(cell->space) > SPACE_WORK && !begin_anew(mutation))
		return false;
	return try_once(mutation, mutant, effect);
}
