/* SPDX-License-Identifier: MIT */
/* The assertion that would tell a mutant from the profile. */
#include "call_region.h"
#include "mutate.h"
#include "verdict_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lines ---- */

struct suggestion {
	const struct mutation_cell *mutation;
	const struct effect *effect;
	struct sbpf_example example; /* the least call that gets something else */
	char *condition;	     /* where it differs; NULL: too many words */
};

enum scope { SCOPE_CALL, SCOPE_REGION, SCOPE_POINT };

static void print_point(FILE *out, const struct seccomp_data *data)
{
	for (unsigned int i = 0; i < 6; i++)
		fprintf(out, "%sarg%u == 0x%" PRIx64, i ? " && " : "", i, (uint64_t)data->args[i]);
}

static void print_calls(FILE *out, const struct suggestion *suggestion, enum scope scope)
{
	const struct sbpf_example *example = &suggestion->example;
	const char *name = sbpf_call_name(example->abi, (uint32_t)example->data.nr);

	if (name)
		fputs(name, out);
	else
		fprintf(out, "number %" PRIu32, (uint32_t)example->data.nr);
	if (scope == SCOPE_CALL)
		return;
	putc('(', out);
	if (scope == SCOPE_POINT)
		print_point(out, &example->data);
	else
		fputs(suggestion->condition, out);
	putc(')', out);
}

static char *make_line(const struct suggestion *suggestion, enum scope scope, bool by_number,
		       bool on_abi)
{
	const struct sbpf_example *example = &suggestion->example;
	char *line = NULL;
	size_t length;
	FILE *out = open_memstream(&line, &length);

	if (!out)
		return NULL;
	verdict_words(out, example->a, by_number ? -1 : suggestion->mutation->cell->machine);
	putc(' ', out);
	print_calls(out, suggestion, scope);
	if (on_abi)
		fprintf(out, " on %s", name_of_abi(example->abi));
	if (!fclose(out))
		return line;
	free(line);
	return NULL;
}

/* Whether a line holds for the targets of the section, and for some call. */
static bool holds(const struct suggestion *suggestion, const struct assertion *assertion)
{
	const struct suite *suite = suggestion->mutation->suite;
	bool is_void = true;

	for (size_t i = 0; i < suite->cell_count; i++) {
		const struct cell *cell = &suite->cells[i];
		struct outcome outcome;

		if (cell->section != suggestion->mutation->cell->section)
			continue;
		if (!assertion_decide(cell, assertion, &cell->stand, &outcome) || !outcome.passed)
			return false;
		is_void &= outcome.is_void;
	}
	return !is_void;
}

/* Whether the mutant fails a line that the profile passes. */
static bool notices(const struct suggestion *suggestion, const struct assertion *assertion)
{
	const struct cell *cell = suggestion->mutation->cell;
	const struct effect *effect = suggestion->effect;
	sbpf_meaning region, plain, changed;

	return region_find(cell, assertion, effect->changed.covered, &region) &&
	       region_cut(cell, region, effect->plain, &plain) &&
	       region_cut(cell, region, effect->changed.meaning, &changed) && plain != changed;
}

static bool is_right(const struct suggestion *suggestion, const char *line)
{
	struct assertion assertion;
	bool right;

	if (!line || !assertion_parse(line, &assertion))
		return false;
	assertion.section = suggestion->mutation->cell->section;
	right = holds(suggestion, &assertion) && notices(suggestion, &assertion);
	assertion_free(&assertion);
	return right;
}

/* The shortest line first. */
static const struct {
	enum scope scope;
	bool on_abi;
} candidates[] = {
	{ SCOPE_CALL, false },	{ SCOPE_REGION, false }, { SCOPE_CALL, true },
	{ SCOPE_REGION, true }, { SCOPE_POINT, true },
};

static char *choose_line(const struct suggestion *suggestion)
{
	for (size_t i = 0; i < 2 * COUNT(candidates); i++) {
		enum scope scope = candidates[i / 2].scope;
		char *line;

		if (scope == SCOPE_REGION && !suggestion->condition)
			continue;
		line = make_line(suggestion, scope, i % 2, candidates[i / 2].on_abi);
		if (is_right(suggestion, line))
			return line;
		free(line);
	}
	return NULL;
}

char *mutation_suggest(const struct mutation_cell *mutation, const struct effect *effect)
{
	const struct cell *cell = mutation->cell;
	struct suggestion suggestion = { .mutation = mutation, .effect = effect };
	char *line;

	if (sbpf_meaning_compare(cell->space, effect->plain, effect->changed.meaning, SBPF_EQUAL,
				 &suggestion.example, NULL) != SBPF_REFUTED ||
	    suggestion.example.abi < 0)
		return NULL;
	suggestion.condition =
		call_region(cell, effect->plain, effect->changed.meaning, &suggestion.example);
	line = choose_line(&suggestion);
	free(suggestion.condition);
	return line;
}
