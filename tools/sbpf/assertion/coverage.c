/* SPDX-License-Identifier: MIT */
/*
 * Which rules and defaults an assertion speaks of. A rule decides the calls whose verdict changes
 * when only its own does; it is spoken of when one of these is in an assertion's region.
 */
#include "records.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* A name in an entry, over all cells of a profile. */
struct name_state {
	char *text;
	bool decides;
	bool covered;
};

struct entry_state {
	unsigned int line;
	struct name_state *names;
	size_t name_count;
};

/* One profile, whatever the sections and targets it is looked at in. */
struct profile_state {
	struct suite *suite;
	const struct cell *cell; /* the first of it */
	struct entry_state *entries;
	size_t entry_count;
	bool default_decides;
	bool default_covered;
	bool failed;
};

/* What is asked about one cell. */
struct inquiry {
	struct profile_state *state;
	const struct cell *cell;
	struct records records;
	sbpf_meaning spoken; /* ALLOW: the calls of all regions */
	struct rule_record *tagged;
};

/* ---- Names ---- */

static bool add_entry(void *context, const struct sbpf_entry *entry)
{
	struct profile_state *state = context;
	struct entry_state *entries =
		reallocarray(state->entries, state->entry_count + 1, sizeof(entries[0]));
	struct entry_state *one;

	state->failed = !entries;
	if (!entries)
		return false;
	state->entries = entries;
	one = &entries[state->entry_count++];
	*one = (struct entry_state){
		.line = entry->line,
		.names = calloc(entry->name_count + 1, sizeof(one->names[0])),
	};
	for (size_t i = 0; one->names && i < entry->name_count; i++) {
		one->names[i].text = strdup(entry->names[i].text);
		state->failed |= !one->names[one->name_count++].text;
	}
	state->failed |= !one->names;
	return !state->failed;
}

static bool read_entries(struct profile_state *state)
{
	const struct operand_part *part = state->cell->part;
	struct sbpf_error error = { 0 };

	if (sbpf_profile_entries(part->text, part->length, add_entry, state, &error))
		return cell_fail(state->cell, &error);
	if (state->failed)
		report(state->cell->tool->name, "out of memory");
	return !state->failed;
}

static void free_state(struct profile_state *state)
{
	for (size_t i = 0; i < state->entry_count; i++) {
		for (size_t j = 0; j < state->entries[i].name_count; j++)
			free(state->entries[i].names[j].text);
		free(state->entries[i].names);
	}
	free(state->entries);
}

/* ---- What decides ---- */

static bool repeats_default(const struct inquiry *inquiry, const struct rule_record *record)
{
	return record->verdict == inquiry->records.fallback &&
	       inquiry->cell->target->target.reading != SBPF_READING_LITERAL;
}

/*
 * In place of a verdict one that stands in the same relation to the default, which is ERRNO(1) or
 * ERRNO(4): equal, more permissive, more restrictive, or the same action. The one that is looked
 * for has another than all others.
 */
static uint32_t tag(const struct inquiry *inquiry, const struct rule_record *record,
		    uint32_t fallback, bool wanted)
{
	int order = sbpf_verdict_compare(record->verdict, inquiry->records.fallback);

	if (repeats_default(inquiry, record))
		return fallback;
	if (order > 0)
		return wanted ? SECCOMP_RET_LOG : SECCOMP_RET_ALLOW;
	if (order < 0 || record->verdict == inquiry->records.fallback)
		return wanted ? SECCOMP_RET_TRAP : SECCOMP_RET_KILL_PROCESS;
	return SECCOMP_RET_ERRNO | (wanted ? 3 : 2);
}

/* What rules mean, one of them marked; count of them is none. */
static bool mark(struct inquiry *inquiry, size_t first, size_t count, size_t marked,
		 uint32_t fallback, sbpf_meaning *meaning)
{
	struct test_target target = *inquiry->cell->target;
	struct cell cell = *inquiry->cell;
	struct sbpf_error error = { 0 };

	target.target.unknown_as_enosys = false;
	cell.target = &target;
	for (size_t i = 0; i < count; i++) {
		inquiry->tagged[i] = inquiry->records.list[first + i];
		inquiry->tagged[i].verdict =
			tag(inquiry, &inquiry->tagged[i], fallback, i == marked);
	}
	return !records_meaning(&cell, inquiry->tagged, count, fallback, cell.stand.covered,
				meaning, &error) ||
	       cell_fail(inquiry->cell, &error);
}

/* Whether two meanings differ, and whether they do in a region. */
static bool tell_apart(const struct inquiry *inquiry, sbpf_meaning a, sbpf_meaning b,
		       sbpf_meaning region, bool *differ, bool *spoken)
{
	sbpf_meaning in_a, in_b;

	*spoken = false;
	*differ = a != b;
	if (!*differ)
		return true;
	if (!region_cut(inquiry->cell, region, a, &in_a) ||
	    !region_cut(inquiry->cell, region, b, &in_b))
		return false;
	*spoken = in_a != in_b;
	return true;
}

static struct name_state *state_of(const struct profile_state *state,
				   const struct rule_record *record)
{
	if (record->entry >= state->entry_count ||
	    record->name >= state->entries[record->entry].name_count)
		return NULL;
	return &state->entries[record->entry].names[record->name];
}

/* The rules of one group of calls. */
static bool ask_group(struct inquiry *inquiry, const struct record_group *group, size_t index)
{
	sbpf_meaning all, region, plain, marked;

	if (!group->count)
		return true;
	if (!region_of_group(inquiry->cell, index, &all) ||
	    !region_cut(inquiry->cell, all, inquiry->spoken, &region) ||
	    !mark(inquiry, group->first, group->count, group->count, SECCOMP_RET_ERRNO | 1, &plain))
		return false;
	for (size_t i = 0; i < group->count; i++) {
		const struct rule_record *record = &inquiry->records.list[group->first + i];
		struct name_state *state = state_of(inquiry->state, record);
		bool differ, spoken;

		if (!state || repeats_default(inquiry, record))
			continue;
		if (!mark(inquiry, group->first, group->count, i, SECCOMP_RET_ERRNO | 1, &marked) ||
		    !tell_apart(inquiry, plain, marked, region, &differ, &spoken))
			return false;
		state->decides |= differ;
		state->covered |= spoken;
	}
	return true;
}

/* The default decides the calls whose verdict changes with it. */
static bool ask_default(struct inquiry *inquiry)
{
	struct records *records = &inquiry->records;
	struct profile_state *state = inquiry->state;
	sbpf_meaning one, other;
	bool differ, spoken;

	if (!mark(inquiry, 0, records->count, records->count, SECCOMP_RET_ERRNO | 1, &one))
		return false;
	if (!mark(inquiry, 0, records->count, records->count, SECCOMP_RET_ERRNO | 4, &other) ||
	    !tell_apart(inquiry, one, other, inquiry->spoken, &differ, &spoken))
		return false;
	state->default_decides |= differ;
	state->default_covered |= spoken;
	return true;
}

/* The calls that the assertions of the cell's section speak of. */
static bool find_spoken(struct inquiry *inquiry)
{
	const struct cell *cell = inquiry->cell;
	struct sbpf_error error = { 0 };

	inquiry->spoken = cell->nothing;
	for (size_t i = 0; i < cell->file->count; i++) {
		const struct assertion *assertion = &cell->file->assertions[i];
		sbpf_meaning region;

		if (assertion->section != cell->section || assertion->kind == ASSERT_WITHIN)
			continue;
		if (!region_find(cell, assertion, cell->stand.covered, &region))
			return false;
		if (sbpf_meaning_union(cell->space, inquiry->spoken, region, &inquiry->spoken,
				       &error))
			return cell_fail(cell, &error);
	}
	return true;
}

static bool ask(struct profile_state *state, const struct cell *cell)
{
	struct inquiry inquiry = { .state = state, .cell = cell };
	bool done = find_spoken(&inquiry) && records_find(cell, &inquiry.records);

	inquiry.tagged = calloc(inquiry.records.count + 1, sizeof(inquiry.tagged[0]));
	if (done && !inquiry.tagged) {
		report(cell->tool->name, "out of memory");
		done = false;
	}
	done = done && ask_default(&inquiry);
	for (size_t i = 0; done && i < (size_t)sbpf_call_count(); i++)
		done = ask_group(&inquiry, &inquiry.records.groups[i], i);
	free(inquiry.tagged);
	records_free(&inquiry.records);
	return done;
}

/* ---- What is left ---- */

static struct gap_found *add_gap(struct suite *suite)
{
	struct gap_found *gaps = reallocarray(suite->gaps, suite->gap_count + 1, sizeof(gaps[0]));

	if (!gaps)
		return NULL;
	suite->gaps = gaps;
	gaps[suite->gap_count] = (struct gap_found){ 0 };
	return &gaps[suite->gap_count++];
}

static bool is_left(const struct name_state *name, bool decides)
{
	return name->decides == decides && !name->covered;
}

/* The names of an entry that decide and are not spoken of, or those that decide nothing. */
static bool list_names(const struct profile_state *state, size_t index, bool decides)
{
	const struct entry_state *entry = &state->entries[index];
	struct gap_found *gap;
	size_t count = 0;

	for (size_t i = 0; i < entry->name_count; i++)
		count += is_left(&entry->names[i], decides);
	if (!count)
		return true;
	gap = add_gap(state->suite);
	if (!gap)
		return false;
	gap->cell = state->cell;
	snprintf(gap->path, sizeof(gap->path), "%ssyscalls[%zu]", state->cell->part->prefix, index);
	gap->line = entry->line;
	gap->decides = decides;
	gap->names = calloc(count, sizeof(gap->names[0]));
	for (size_t i = 0; gap->names && i < entry->name_count; i++) {
		if (!is_left(&entry->names[i], decides))
			continue;
		gap->names[gap->name_count] = strdup(entry->names[i].text);
		if (!gap->names[gap->name_count++])
			return false;
	}
	return gap->names;
}

static bool list_default(const struct profile_state *state)
{
	struct gap_found *gap;

	if (!state->default_decides || state->default_covered)
		return true;
	gap = add_gap(state->suite);
	if (!gap)
		return false;
	gap->cell = state->cell;
	snprintf(gap->path, sizeof(gap->path), "%sdefaultAction", state->cell->part->prefix);
	gap->line = state->cell->lines.fallback;
	gap->decides = true;
	return true;
}

static bool list_gaps(const struct profile_state *state)
{
	bool done = list_default(state);

	for (size_t i = 0; done && i < state->entry_count; i++)
		done = list_names(state, i, true) && list_names(state, i, false);
	if (!done)
		report(state->cell->tool->name, "out of memory");
	return done;
}

static bool same_profile(const struct cell *a, const struct cell *b)
{
	return !strcmp(a->part->path, b->part->path);
}

static bool cover_profile(struct suite *suite, size_t first)
{
	struct profile_state state = { .suite = suite, .cell = &suite->cells[first] };
	bool done = read_entries(&state);

	for (size_t i = first; done && i < suite->cell_count; i++) {
		if (same_profile(&suite->cells[i], state.cell))
			done = ask(&state, &suite->cells[i]);
	}
	done = done && list_gaps(&state);
	free_state(&state);
	return done;
}

bool suite_cover(struct suite *suite)
{
	for (size_t i = 0; i < suite->cell_count; i++) {
		size_t first = 0;

		while (!same_profile(&suite->cells[first], &suite->cells[i]))
			first++;
		if (first == i && !cover_profile(suite, i))
			return false;
	}
	return true;
}
