/* SPDX-License-Identifier: MIT */
#include "mutate.h"

#include <stdlib.h>
#include <string.h>

/* One profile in all its cells. */
struct campaign {
	struct suite *suite;
	struct mutation_cell *cells;
	size_t count;
	struct mutants mutants;
	unsigned int **lines; /* of names, by entry */
	size_t entry_count;
};

/* ---- Lines ---- */

static bool note_lines(void *context, const struct sbpf_entry *entry)
{
	struct campaign *campaign = context;
	unsigned int **lines =
		reallocarray(campaign->lines, campaign->entry_count + 1, sizeof(lines[0]));
	unsigned int *own = calloc(entry->name_count + 1, sizeof(own[0]));

	if (lines)
		campaign->lines = lines;
	if (!lines || !own) {
		free(own);
		return false;
	}
	for (size_t i = 0; i < entry->name_count; i++)
		own[i] = entry->names[i].line;
	lines[campaign->entry_count++] = own;
	return true;
}

/* Where in the profile a mutant is. */
static void place_of(const struct campaign *campaign, const struct mutant *mutant,
		     struct survivor *survivor)
{
	const struct cell *cell = survivor->cell;
	const char *prefix = cell->part->prefix;
	char *path = survivor->path;
	size_t size = sizeof(survivor->path);
	unsigned int column;

	if (mutant->kind == MUTANT_DEFAULT) {
		snprintf(path, size, "%sdefaultAction", prefix);
		survivor->line = cell->lines.fallback;
		return;
	}
	if (mutant->kind == MUTANT_ABI) {
		snprintf(path, size, "%sarchMap", prefix);
		if (!sbpf_json_locate(cell->part->text, cell->part->length, path, &survivor->line,
				      &column))
			snprintf(path, size, "%sarchitectures", prefix);
		if (!survivor->line && !sbpf_json_locate(cell->part->text, cell->part->length, path,
							 &survivor->line, &column))
			survivor->line = 1;
		return;
	}
	if (mutant->entry < cell->lines.count)
		survivor->line = cell->lines.entries[mutant->entry];
	snprintf(path, size, "%ssyscalls[%zu]", prefix, mutant->entry);
	if ((mutant->kind == MUTANT_DROP_NAME || mutant->kind == MUTANT_CHANGE_NAME) &&
	    mutant->entry < campaign->entry_count)
		survivor->line = campaign->lines[mutant->entry][mutant->name];
}

/* ---- Mutants ---- */

static bool add_survivor(struct campaign *campaign, const struct mutant *mutant,
			 const struct mutation_cell *mutation, const struct effect *effect)
{
	struct suite *suite = campaign->suite;
	struct survivor *list =
		reallocarray(suite->survivors, suite->survivor_count + 1, sizeof(list[0]));
	struct survivor *one;

	if (!list) {
		report(suite->tool->name, "out of memory");
		return false;
	}
	suite->survivors = list;
	one = &list[suite->survivor_count++];
	*one = (struct survivor){ .cell = mutation->cell, .mutant = strdup(mutant->text) };
	place_of(campaign, mutant, one);
	one->assertion = mutation_suggest(mutation, effect);
	return one->mutant;
}

static bool try_mutant(struct campaign *campaign, const struct mutant *mutant)
{
	const struct mutation_cell *where = NULL;
	struct effect effect, first = { 0 };
	bool killed = false;

	for (size_t i = 0; i < campaign->count && !killed; i++) {
		if (!mutation_try(&campaign->cells[i], mutant, &effect))
			return false;
		if (effect.differs && !where) {
			where = &campaign->cells[i];
			first = effect;
		}
		killed = effect.killed;
	}
	campaign->suite->mutants += where != NULL;
	campaign->suite->killed += killed;
	return !where || killed || add_survivor(campaign, mutant, where, &first);
}

static bool find_mutants(struct campaign *campaign)
{
	size_t count = campaign->count;
	const struct cell **cells = calloc(count, sizeof(void *));
	struct records *records = calloc(count, sizeof(records[0]));
	bool done = cells && records;

	for (size_t i = 0; done && i < count; i++) {
		cells[i] = campaign->cells[i].cell;
		records[i] = campaign->cells[i].records;
	}
	if (done)
		done = mutants_find(cells, records, count, &campaign->mutants);
	else
		report(campaign->suite->tool->name, "out of memory");
	free(cells);
	free(records);
	return done;
}

static bool run(struct campaign *campaign)
{
	const struct operand_part *part = campaign->cells[0].cell->part;
	struct sbpf_error error = { 0 };
	bool done = true;

	if (sbpf_profile_entries(part->text, part->length, note_lines, campaign, &error))
		return cell_fail(campaign->cells[0].cell, &error);
	if (!find_mutants(campaign))
		return false;
	for (size_t i = 0; done && i < campaign->mutants.count; i++) {
		if (i % 16 == 0)
			suite_progress(campaign->suite, "mutants", i, campaign->mutants.count);
		done = try_mutant(campaign, &campaign->mutants.list[i]);
	}
	suite_progress(campaign->suite, "", 0, 0);
	return done;
}

static bool mutate_profile(struct suite *suite, size_t first)
{
	struct campaign campaign = {
		.suite = suite,
		.cells = calloc(suite->cell_count, sizeof(campaign.cells[0])),
	};
	bool done = campaign.cells;

	if (!done)
		report(suite->tool->name, "out of memory");
	for (size_t i = first; done && i < suite->cell_count; i++) {
		if (!strcmp(suite->cells[i].part->path, suite->cells[first].part->path))
			done = mutation_open(suite, &suite->cells[i],
					     &campaign.cells[campaign.count++]);
	}
	done = done && run(&campaign);
	for (size_t i = 0; i < campaign.count; i++)
		mutation_close(&campaign.cells[i]);
	for (size_t i = 0; i < campaign.entry_count; i++)
		free(campaign.lines[i]);
	mutants_free(&campaign.mutants);
	free(campaign.lines);
	free(campaign.cells);
	return done;
}

bool suite_mutate(struct suite *suite)
{
	suite->mutated = true;
	for (size_t i = 0; i < suite->cell_count; i++) {
		size_t first = 0;

		while (strcmp(suite->cells[first].part->path, suite->cells[i].part->path) != 0)
			first++;
		if (first == i && !mutate_profile(suite, i))
			return false;
	}
	return true;
}
