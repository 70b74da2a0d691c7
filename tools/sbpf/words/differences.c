/* SPDX-License-Identifier: MIT */
#include "differences.h"

#include "call.h"
#include "conditions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More regions with the same two verdicts, or in text conditions, are not put into words. */
#define REGIONS_MAX 1024
#define CONDITIONS_MAX 24
/* More pairs of cases are not looked at. */
#define PAIRS_MAX (1u << 20)
/* So many regions are looked at as neighbours of another in the time of a step. */
#define PAIRS_A_STEP 8
#define STEPS_A_CASE 4

struct known_numbers {
	uint32_t *list; /* ascending */
	size_t count;
};

struct difference_list {
	struct search *search;
	struct sbpf_difference *list;
	size_t count;
};

/* What b answers otherwise than a, on one side only. */
enum side { B_ALLOWS_MORE, B_ALLOWS_LESS, SIDE_COUNT };

struct search {
	const struct tool *tool;
	const struct comparison *asked;
	struct difference_list differences;
	struct difference_list sides[SIDE_COUNT];
	bool has_sides;		    /* they are looked for when they are needed */
	struct known_numbers known; /* of known_abi */
	int known_abi;
	struct rows rows;
	bool failed; /* which was reported */
};

static void *grow(struct search *search, void *list, size_t count, size_t size)
{
	/* Twice as much each time it is full, which is when the count is a power of two. */
	void *larger = count & (count - 1) ? list : reallocarray(list, count ? 2 * count : 1, size);

	if (!larger && !search->failed) {
		report(search->tool->name, "out of memory");
		search->failed = true;
	}
	return larger;
}

/* False when so much is not left. */
static bool spend(const struct search *search, uint64_t steps)
{
	uint64_t *effort = search->asked->effort;

	if (!*effort)
		return false;
	*effort = steps < *effort ? *effort - steps : 0;
	if (!*effort)
		report(search->tool->name,
		       "there are so many conditions that the other ones are not put into words");
	return *effort != 0;
}

/* ---- Rows ---- */

static enum importance importance_of(const struct row *row)
{
	uint32_t a = row->example.a, b = row->example.b;
	int order = sbpf_verdict_compare(a, b);

	if (!row->known_a || !row->known_b)
		return NOT_KNOWN;
	if (order < 0)
		return is_permitted(b) && !is_permitted(a) ? NEWLY_ALLOWED : MORE_PERMISSIVE;
	if (order > 0)
		return is_permitted(a) && !is_permitted(b) ? NEWLY_DENIED : MORE_RESTRICTIVE;
	return OTHER_DATA;
}

bool same_verdicts(const struct row *a, const struct row *b)
{
	return a->known_a == b->known_a && a->known_b == b->known_b &&
	       a->example.a == b->example.a && a->example.b == b->example.b;
}

static bool same_condition(const struct row *a, const struct row *b)
{
	if (!a->condition || !b->condition)
		return a->depends == b->depends && a->condition == b->condition;
	return !strcmp(a->condition, b->condition);
}

/* Whether a row goes on where the last one ends; known calls of the machine's ABIs stay apart. */
static bool extends(const struct row *last, const struct row *row)
{
	bool is_range = row->is_foreign || (!sbpf_call_name(last->abi, last->last) &&
					    !sbpf_call_name(row->abi, row->first));

	return last->abi >= 0 && last->abi == row->abi && last->is_foreign == row->is_foreign &&
	       is_range && last->last + 1 == row->first && same_verdicts(last, row) &&
	       same_condition(last, row);
}

/* Takes the row's condition over. */
static void add_row(struct search *search, struct row *row)
{
	struct rows *rows = &search->rows;
	struct row *list;

	row->known_a = sbpf_meaning_verdict(search->asked->space, search->asked->a,
					    &row->example.data, &row->example.a);
	row->known_b = sbpf_meaning_verdict(search->asked->space, search->asked->b,
					    &row->example.data, &row->example.b);
	row->importance = importance_of(row);
	if (rows->count && extends(&rows->list[rows->count - 1], row)) {
		rows->list[rows->count - 1].last = row->last;
		free(row->condition);
		return;
	}
	list = grow(search, rows->list, rows->count, sizeof(list[0]));
	if (!list) {
		free(row->condition);
		return;
	}
	rows->list = list;
	list[rows->count++] = *row;
}

/* ---- Sides ---- */

static bool note_difference(void *context, const struct sbpf_difference *difference)
{
	struct difference_list *found = context;
	struct sbpf_difference *list =
		grow(found->search, found->list, found->count, sizeof(list[0]));

	if (!list)
		return false;
	found->list = list;
	list[found->count++] = *difference;
	return true;
}

static bool find_differences(struct search *search, sbpf_meaning b, struct difference_list *found)
{
	struct sbpf_error error = { 0 };

	found->search = search;
	if (sbpf_meaning_differences(search->asked->space, search->asked->a, b, note_difference,
				     found, &error)) {
		if (!search->rows.incomplete)
			report_error(search->tool->name, NULL, &error);
		/* What was found by then is so all the same. */
		search->rows.incomplete = true;
		search->failed = error.code != SBPF_ERROR_LIMIT;
	}
	return !search->failed;
}

/* What allows all that a and b do differs from a where b allows more, both in force where less. */
static bool find_sides(struct search *search)
{
	const struct comparison *asked = search->asked;
	struct sbpf_error error = { 0 };
	sbpf_meaning sides[SIDE_COUNT];

	if (search->has_sides || search->failed)
		return !search->failed;
	search->has_sides = true;
	if (!sbpf_meaning_union(asked->space, asked->a, asked->b, &sides[B_ALLOWS_MORE], &error) &&
	    !sbpf_meaning_stack(asked->space, asked->a, asked->b, &sides[B_ALLOWS_LESS], &error))
		return find_differences(search, sides[B_ALLOWS_MORE],
					&search->sides[B_ALLOWS_MORE]) &&
		       find_differences(search, sides[B_ALLOWS_LESS],
					&search->sides[B_ALLOWS_LESS]);
	report_error(search->tool->name, NULL, &error);
	search->failed = true;
	return false;
}

/* ---- Conditions ---- */

struct cases {
	struct search *search;
	struct sbpf_case *list;
	size_t count;
};

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct cases *cases = context;
	struct sbpf_case *list = grow(cases->search, cases->list, cases->count, sizeof(list[0]));

	if (!list)
		return false;
	cases->list = list;
	list[cases->count++] = *one;
	return true;
}

/* The regions of one call that have the same two verdicts; these may be equal. */
struct group {
	uint32_t a;
	uint32_t b;
	struct region *regions;
	size_t count; /* past REGIONS_MAX only the first are kept */
};

struct groups {
	struct group *list;
	size_t count;
};

static struct group *find_group(struct search *search, struct groups *groups,
				const struct region *region)
{
	struct group *list;

	for (size_t i = 0; i < groups->count; i++) {
		if (groups->list[i].a == region->a && groups->list[i].b == region->b)
			return &groups->list[i];
	}
	list = grow(search, groups->list, groups->count, sizeof(list[0]));
	if (!list)
		return NULL;
	groups->list = list;
	list[groups->count] = (struct group){ .a = region->a, .b = region->b };
	return &list[groups->count++];
}

static void add_region(struct search *search, struct groups *groups, const struct region *region)
{
	struct group *group = find_group(search, groups, region);
	struct region *regions;

	if (!group || group->count++ >= REGIONS_MAX)
		return;
	regions = grow(search, group->regions, group->count - 1, sizeof(regions[0]));
	if (!regions)
		return;
	group->regions = regions;
	regions[group->count - 1] = *region;
}

static void pair_cases(struct search *search, const struct cases *a, const struct cases *b,
		       struct groups *groups)
{
	struct region region;

	for (size_t i = 0; i < a->count; i++) {
		for (size_t j = 0; j < b->count && !search->failed; j++) {
			if (region_meet(&a->list[i], &b->list[j], &region))
				add_region(search, groups, &region);
		}
	}
}

/* False when there are too many. */
static bool find_cases(struct search *search, sbpf_meaning meaning,
		       const struct sbpf_difference *difference, struct cases *cases)
{
	bool found = spend(search, 0) &&
		     sbpf_meaning_cases(search->asked->space, meaning, difference->abi,
					difference->first, note_case, cases, NULL) == 0;

	return spend(search, cases->count * STEPS_A_CASE) && found;
}

/* False when there is no saying on which arguments a number's answers depend. */
static bool find_groups(struct search *search, const struct sbpf_difference *difference,
			struct groups *groups)
{
	struct cases a = { .search = search };
	struct cases b = { .search = search };
	bool found;

	found = find_cases(search, search->asked->a, difference, &a) &&
		find_cases(search, search->asked->b, difference, &b) &&
		a.count <= PAIRS_MAX / (b.count + 1) && spend(search, a.count * b.count);
	if (found)
		pair_cases(search, &a, &b, groups);
	free(a.list);
	free(b.list);
	return found && !search->failed;
}

/* All regions but those of one group, in as few as can be. NULL when there are too many. */
static struct region *find_outside(const struct groups *groups, const struct group *group,
				   size_t *count)
{
	struct region *outside = calloc(REGIONS_MAX, sizeof(outside[0]));

	*count = 0;
	for (size_t i = 0; outside && i < groups->count; i++) {
		const struct group *other = &groups->list[i];

		if (other == group)
			continue;
		if (other->count > REGIONS_MAX - *count) {
			free(outside);
			return NULL;
		}
		memcpy(&outside[*count], other->regions, other->count * sizeof(outside[0]));
		*count += other->count;
	}
	if (outside)
		*count = regions_join(outside, *count);
	return outside;
}

/*
 * Says which arguments are in a group, by those that are not where that is shorter. False when it
 * takes too many words.
 */
static bool print_group(FILE *out, const struct groups *groups, struct group *group,
			const struct wording *wording)
{
	struct region *outside = NULL;
	size_t count = 0, conditions;

	group->count = regions_join(group->regions, group->count);
	conditions = regions_sort(group->regions, group->count);
	if (conditions > 1)
		outside = find_outside(groups, group, &count);
	if (outside && regions_sort(outside, count) == 1) {
		regions_print_outside(out, wording, outside, count);
		conditions = 1;
	} else {
		regions_print(out, wording, group->regions, group->count);
	}
	free(outside);
	return wording->plain || conditions <= CONDITIONS_MAX;
}

/* In C, malloc'd; NULL when there are too many regions for words. */
static char *describe_group(struct search *search, const struct groups *groups, struct group *group,
			    int abi, uint32_t number)
{
	char *text = NULL;
	const struct wording wording = {
		.abi = abi,
		.number = number,
		.plain = search->asked->plain,
	};
	bool in_words = false;
	size_t length;
	FILE *stream;

	if (group->count > REGIONS_MAX ||
	    !spend(search, group->count * group->count / PAIRS_A_STEP))
		return NULL;
	stream = open_memstream(&text, &length);
	if (stream)
		in_words = print_group(stream, groups, group, &wording);
	if (!stream || fclose(stream) == EOF) {
		search->failed = true;
		report(search->tool->name, "out of memory");
	}
	if (in_words && !search->failed)
		return text;
	free(text);
	return NULL;
}

/* ---- From differences to rows ---- */

static struct row make_row(const struct sbpf_difference *difference, uint32_t first, uint32_t last)
{
	struct row row = {
		.abi = difference->abi,
		.first = first,
		.last = last,
		.depends = !difference->always,
		.example = difference->example,
	};

	row.example.data.nr = (int)first;
	return row;
}

/* The first call of a difference that is on a side, or NULL. */
static const struct sbpf_example *find_side(const struct difference_list *side,
					    const struct sbpf_difference *difference)
{
	for (size_t i = 0; i < side->count; i++) {
		const struct sbpf_difference *one = &side->list[i];

		if (one->abi == difference->abi && one->first <= difference->last &&
		    one->last >= difference->first)
			return &one->example;
	}
	return NULL;
}

/* Adds a row whose arguments are not told, and one more for each side that its call is not on: the
 * first call says nothing of the others. */
static void add_sides(struct search *search, const struct sbpf_difference *difference,
		      const struct row *row)
{
	struct row own = *row;
	int order;

	add_row(search, &own);
	if (difference->always || !find_sides(search))
		return;
	order = sbpf_verdict_compare(row->example.a, row->example.b);
	for (int i = 0; i < SIDE_COUNT && !search->failed; i++) {
		const struct sbpf_example *example = find_side(&search->sides[i], difference);
		struct row other = *row;

		if (!example || (i == B_ALLOWS_MORE ? order < 0 : order > 0))
			continue;
		other.example = *example;
		if (!other.is_foreign)
			other.example.data.nr = (int)other.first;
		add_row(search, &other);
	}
}

/* A row for each two verdicts that the numbers get. */
static void add_numbers(struct search *search, const struct sbpf_difference *difference,
			struct groups *groups, uint32_t first, uint32_t last)
{
	struct row row = make_row(difference, first, last);

	if (!groups->count)
		add_sides(search, difference, &row);
	for (size_t i = 0; i < groups->count && !search->failed; i++) {
		struct group *group = &groups->list[i];

		if (group->a == group->b)
			continue;
		row = make_row(difference, first, last);
		region_first(&group->regions[0], &row.example.data);
		row.condition = describe_group(search, groups, group, difference->abi, first);
		add_row(search, &row);
	}
}

static int compare_numbers(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

/* Fills search->known for an ABI. */
static void know_numbers(struct search *search, int abi)
{
	struct known_numbers *known = &search->known;

	if (search->known_abi == abi && known->list)
		return;
	if (!known->list)
		known->list = calloc((size_t)sbpf_call_count() + 1, sizeof(known->list[0]));
	if (!known->list) {
		report(search->tool->name, "out of memory");
		search->failed = true;
		return;
	}
	search->known_abi = abi;
	known->count = 0;
	for (int i = 0; i < sbpf_call_count(); i++) {
		if (sbpf_call_number(abi, sbpf_call_at(i), &known->list[known->count]))
			known->count++;
	}
	qsort(known->list, known->count, sizeof(known->list[0]), compare_numbers);
}

/* Each known call by itself, and what lies between them. */
static void split(struct search *search, const struct sbpf_difference *difference,
		  struct groups *groups)
{
	const struct known_numbers *known = &search->known;
	uint64_t next = difference->first;

	know_numbers(search, difference->abi);
	for (size_t i = 0; i < known->count && !search->failed; i++) {
		uint32_t number = known->list[i];

		if (number < difference->first || number > difference->last)
			continue;
		if (next < number)
			add_numbers(search, difference, groups, (uint32_t)next, number - 1);
		add_numbers(search, difference, groups, number, number);
		next = (uint64_t)number + 1;
	}
	if (next <= difference->last)
		add_numbers(search, difference, groups, (uint32_t)next, difference->last);
}

static void free_groups(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		free(groups->list[i].regions);
	free(groups->list);
}

static void add_difference(struct search *search, const struct sbpf_difference *difference)
{
	bool is_listed = difference->abi >= 0 && (search->asked->abis >> difference->abi & 1);
	struct row row = make_row(difference, difference->first, difference->last);
	struct groups groups = { 0 };

	if (!is_listed) {
		row.example.data.nr = difference->example.data.nr;
		row.is_foreign = true;
		row.depends = row.depends && difference->abi >= 0;
		add_sides(search, difference, &row);
		return;
	}
	if (!difference->always && !find_groups(search, difference, &groups)) {
		free_groups(&groups);
		groups = (struct groups){ 0 };
	}
	if (!search->failed)
		split(search, difference, &groups);
	free_groups(&groups);
}

/* ---- Order ---- */

/* The machine's own ABI first, foreign ones last. */
static int distance(const struct row *row, int machine)
{
	if (row->abi < 0)
		return INT32_MAX;
	if (row->abi == machine)
		return -1;
	return row->abi + (row->is_foreign ? sbpf_abi_count() : 0);
}

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct search *search = context;
	const struct row *a = left, *b = right;
	int64_t keys[] = {
		(int64_t)a->importance - (int64_t)b->importance,
		(int64_t)distance(a, search->asked->machine) - distance(b, search->asked->machine),
		(int64_t)(a->first != a->last) - (b->first != b->last),
		(int64_t)a->first - b->first,
		-sbpf_verdict_compare(a->example.b, b->example.b),
		sbpf_verdict_compare(a->example.a, b->example.a),
		(int64_t)a->example.a - b->example.a,
	};

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (keys[i])
			return keys[i] < 0 ? -1 : 1;
	}
	return 0;
}

/* ---- All rows ---- */

static void find_all(struct search *search)
{
	const struct difference_list *found = &search->differences;

	find_differences(search, search->asked->b, &search->differences);
	for (size_t i = 0; i < found->count && !search->failed; i++)
		add_difference(search, &found->list[i]);
	if (search->rows.count)
		qsort_r(search->rows.list, search->rows.count, sizeof(search->rows.list[0]),
			compare_rows, search);
}

bool rows_find(const struct tool *tool, const struct comparison *comparison, struct rows *rows)
{
	struct search search = { .tool = tool, .asked = comparison };

	find_all(&search);
	free(search.known.list);
	free(search.differences.list);
	for (int i = 0; i < SIDE_COUNT; i++)
		free(search.sides[i].list);
	*rows = search.rows;
	return !search.failed;
}

void rows_free(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free(rows->list[i].condition);
	free(rows->list);
	*rows = (struct rows){ 0 };
}
