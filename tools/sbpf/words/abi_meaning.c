/* SPDX-License-Identifier: MIT */
#include "abi_meaning.h"

#include "call.h"
#include "conditions.h"
#include "mask.h"

#include <stdlib.h>
#include <string.h>

/* More conditions, or verdicts of one call, are not put into words. */
#define CONDITIONS_MAX 24
#define VERDICTS_MAX 16

/* The regions of one number with one verdict. */
struct alike {
	uint32_t verdict;
	struct region *regions;
	size_t count;
	size_t conditions; /* that say where they are */
	bool is_cube;	   /* that is, one mask */
	struct cube cube;
};

struct inquiry {
	const struct tool *tool;
	struct sbpf_space *space;
	sbpf_meaning meaning;
	int abi;
	bool plain;
	struct sbpf_range *ranges;
	size_t range_count;
	struct alike alikes[VERDICTS_MAX];
	size_t alike_count;
	bool out_of_memory;
	bool too_many;
};

/* ---- Ranges ---- */

/* A list with room for one element more. It doubles when full, as its count is a power of two. */
static void *grow(struct inquiry *inquiry, void *list, size_t count, size_t size)
{
	void *larger = count & (count - 1) ? list : reallocarray(list, count ? 2 * count : 1, size);

	inquiry->out_of_memory = inquiry->out_of_memory || !larger;
	return larger;
}

static bool note_range(void *context, const struct sbpf_range *range)
{
	struct inquiry *inquiry = context;
	struct sbpf_range *ranges =
		grow(inquiry, inquiry->ranges, inquiry->range_count, sizeof(ranges[0]));

	if (!ranges)
		return false;
	inquiry->ranges = ranges;
	ranges[inquiry->range_count++] = *range;
	return true;
}

static const struct sbpf_range *range_of(const struct inquiry *inquiry, uint32_t number)
{
	size_t i = 0;

	while (i + 1 < inquiry->range_count && inquiry->ranges[i].last < number)
		i++;
	return &inquiry->ranges[i];
}

/* ---- One call ---- */

static bool note_case(void *context, const struct sbpf_case *one)
{
	struct inquiry *inquiry = context;
	struct region *regions;
	struct alike *alike;
	size_t i = 0;

	while (i < inquiry->alike_count && inquiry->alikes[i].verdict != one->verdict)
		i++;
	if (i == VERDICTS_MAX) {
		inquiry->too_many = true;
		return false;
	}
	alike = &inquiry->alikes[i];
	if (i == inquiry->alike_count)
		inquiry->alikes[inquiry->alike_count++] = (struct alike){ .verdict = one->verdict };
	regions = grow(inquiry, alike->regions, alike->count, sizeof(regions[0]));
	if (!regions)
		return false;
	alike->regions = regions;
	if (region_meet(one, one, &regions[alike->count]))
		alike->count++;
	return true;
}

static void forget_cases(struct inquiry *inquiry)
{
	for (size_t i = 0; i < inquiry->alike_count; i++)
		free(inquiry->alikes[i].regions);
	inquiry->alike_count = 0;
	inquiry->too_many = false;
}

static bool is_known(const struct inquiry *inquiry, uint32_t number, const struct region *region)
{
	struct seccomp_data data = {
		.nr = (int)number,
		.arch = abi_of(inquiry->abi).audit_arch,
	};
	uint32_t verdict;

	if (region)
		region_first(region, &data);
	return sbpf_meaning_verdict(inquiry->space, inquiry->meaning, &data, &verdict);
}

/* Up to so many conditions are read at a glance. */
#define CONDITIONS_FEW 8

/* What takes many words comes last, as what happens otherwise; else what is more restrictive. */
static int compare_alikes(const void *left, const void *right)
{
	const struct alike *a = left;
	const struct alike *b = right;
	bool few = a->conditions <= CONDITIONS_FEW && b->conditions <= CONDITIONS_FEW;

	if (!few && a->conditions != b->conditions)
		return a->conditions < b->conditions ? -1 : 1;
	return -sbpf_verdict_compare(a->verdict, b->verdict);
}

static char *print_when(struct inquiry *inquiry, uint32_t number, const struct alike *alike)
{
	const struct wording wording = { .abi = inquiry->abi,
					 .number = number,
					 .plain = inquiry->plain };
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out) {
		if (alike->is_cube)
			cube_print(out, &wording, &alike->cube);
		else
			regions_print(out, &wording, alike->regions, alike->count);
		fclose(out);
	}
	inquiry->out_of_memory = inquiry->out_of_memory || !text;
	return text;
}

/* All but the last have a condition; when those are too many, the call stays without words. */
static void tell(struct inquiry *inquiry, struct call_meaning *call)
{
	size_t count = inquiry->alike_count;

	for (size_t i = 0; i < count; i++) {
		struct alike *alike = &inquiry->alikes[i];

		alike->count = regions_join(alike->regions, alike->count);
		alike->conditions = regions_sort(alike->regions, alike->count);
		alike->is_cube = cube_find(alike->regions, alike->count, &alike->cube);
	}
	qsort(inquiry->alikes, count, sizeof(inquiry->alikes[0]), compare_alikes);
	if (count > 1 && inquiry->alikes[count - 2].conditions > CONDITIONS_MAX)
		return;
	call->branches = calloc(count + 1, sizeof(call->branches[0]));
	inquiry->out_of_memory = inquiry->out_of_memory || !call->branches;
	for (size_t i = 0; call->branches && i < count; i++) {
		const struct alike *alike = &inquiry->alikes[i];

		call->branches[i] = (struct branch){
			.known = is_known(inquiry, call->number, &alike->regions[0]),
			.verdict = alike->verdict,
			.when = i + 1 < count ? print_when(inquiry, call->number, alike) : NULL,
		};
		call->count++;
	}
}

static void ask_simple(struct inquiry *inquiry, const struct sbpf_range *range,
		       struct call_meaning *call)
{
	call->branches = calloc(1, sizeof(call->branches[0]));
	if (!call->branches) {
		inquiry->out_of_memory = true;
		return;
	}
	call->branches[0] = (struct branch){
		.known = is_known(inquiry, call->number, NULL),
		.verdict = range->verdict,
	};
	call->count = 1;
}

static void ask(struct inquiry *inquiry, struct call_meaning *call)
{
	const struct sbpf_range *range = range_of(inquiry, call->number);

	if (range->always) {
		ask_simple(inquiry, range, call);
		return;
	}
	/* What has too many cases is told in no words; that is no failure. */
	if (!sbpf_meaning_cases(inquiry->space, inquiry->meaning, inquiry->abi, call->number,
				note_case, inquiry, NULL) &&
	    !inquiry->too_many)
		tell(inquiry, call);
	forget_cases(inquiry);
}

static void ask_all(struct inquiry *inquiry, struct abi_meaning *result)
{
	result->calls = calloc((size_t)sbpf_call_count(), sizeof(result->calls[0]));
	inquiry->out_of_memory = inquiry->out_of_memory || !result->calls;
	for (int i = 0; !inquiry->out_of_memory && i < sbpf_call_count(); i++) {
		struct call_meaning *call = &result->calls[result->call_count];

		call->name = sbpf_call_at(i);
		if (!sbpf_call_number(inquiry->abi, call->name, &call->number))
			continue;
		result->call_count++;
		ask(inquiry, call);
	}
}

/* ---- Numbers without a call ---- */

static bool gaps_alike(const struct gap *a, const struct gap *b)
{
	return a->known == b->known && (!a->known || a->verdict == b->verdict);
}

static void add_gap(struct inquiry *inquiry, struct abi_meaning *result, const struct gap *gap)
{
	struct gap *last = result->gap_count ? &result->gaps[result->gap_count - 1] : NULL;
	struct gap *gaps;

	/* Calls in between do not part numbers without one. */
	if (last && gaps_alike(last, gap)) {
		last->last = gap->last;
		return;
	}
	gaps = grow(inquiry, result->gaps, result->gap_count, sizeof(gaps[0]));
	if (!gaps)
		return;
	result->gaps = gaps;
	gaps[result->gap_count++] = *gap;
}

static int compare_numbers(const void *left, const void *right)
{
	const uint32_t *a = left;
	const uint32_t *b = right;

	return (*a > *b) - (*a < *b);
}

/* The numbers of the ABI's calls, ascending; NULL when there is no memory. */
static uint32_t *list_numbers(const struct abi_meaning *result)
{
	uint32_t *numbers = calloc(result->call_count + 1, sizeof(numbers[0]));

	if (!numbers)
		return NULL;
	for (size_t i = 0; i < result->call_count; i++)
		numbers[i] = result->calls[i].number;
	qsort(numbers, result->call_count, sizeof(numbers[0]), compare_numbers);
	return numbers;
}

/* Adds the numbers of a range that no call has. */
static void add_gaps(struct inquiry *inquiry, struct abi_meaning *result,
		     const struct sbpf_range *range, const uint32_t *numbers)
{
	struct gap gap = {
		.first = range->first,
		.known = range->always && is_known(inquiry, range->first, NULL),
		.verdict = range->verdict,
	};

	for (size_t i = 0; i < result->call_count; i++) {
		if (numbers[i] < gap.first || numbers[i] > range->last)
			continue;
		gap.last = numbers[i] - 1;
		if (numbers[i] > gap.first)
			add_gap(inquiry, result, &gap);
		if (numbers[i] == range->last)
			return;
		gap.first = numbers[i] + 1;
	}
	gap.last = range->last;
	add_gap(inquiry, result, &gap);
}

static void find_gaps(struct inquiry *inquiry, struct abi_meaning *result)
{
	uint32_t *numbers = list_numbers(result);

	inquiry->out_of_memory = inquiry->out_of_memory || !numbers;
	for (size_t i = 0; !inquiry->out_of_memory && i < inquiry->range_count; i++)
		add_gaps(inquiry, result, &inquiry->ranges[i], numbers);
	free(numbers);
}

static bool is_uniform(const struct inquiry *inquiry)
{
	const struct sbpf_range *ranges = inquiry->ranges;

	for (size_t i = 0; i < inquiry->range_count; i++) {
		if (!ranges[i].always || ranges[i].verdict != ranges[0].verdict)
			return false;
	}
	return true;
}

/* ---- One ABI ---- */

bool abi_meaning_make(const struct tool *tool, struct sbpf_space *space, sbpf_meaning meaning,
		      int abi, bool plain, struct abi_meaning *result)
{
	struct inquiry inquiry = {
		.tool = tool, .space = space, .meaning = meaning, .abi = abi, .plain = plain
	};
	struct sbpf_error error = { 0 };
	bool made = sbpf_meaning_ranges(space, meaning, abi, note_range, &inquiry, &error) == 0;

	*result = (struct abi_meaning){ .abi = abi };
	if (!made)
		report_error(tool->name, NULL, &error);
	if (made && !inquiry.out_of_memory) {
		result->uniform = is_uniform(&inquiry);
		ask_all(&inquiry, result);
		find_gaps(&inquiry, result);
	}
	if (inquiry.out_of_memory) {
		report(tool->name, "out of memory");
		made = false;
	}
	forget_cases(&inquiry);
	free(inquiry.ranges);
	if (!made)
		abi_meaning_free(result);
	return made;
}

void abi_meaning_free(struct abi_meaning *meaning)
{
	for (size_t i = 0; meaning->calls && i < meaning->call_count; i++) {
		for (size_t j = 0; j < meaning->calls[i].count; j++)
			free(meaning->calls[i].branches[j].when);
		free(meaning->calls[i].branches);
	}
	free(meaning->calls);
	free(meaning->gaps);
	*meaning = (struct abi_meaning){ 0 };
}

bool call_meaning_is_simple(const struct call_meaning *call)
{
	return call->count == 1;
}

static bool branches_equal(const struct branch *a, const struct branch *b)
{
	if (a->known != b->known || (a->known && a->verdict != b->verdict) || !a->when != !b->when)
		return false;
	return !a->when || !strcmp(a->when, b->when);
}

bool call_meanings_equal(const struct call_meaning *a, const struct call_meaning *b)
{
	if (!a->count || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!branches_equal(&a->branches[i], &b->branches[i]))
			return false;
	}
	return true;
}
