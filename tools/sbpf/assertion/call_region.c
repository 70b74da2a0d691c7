/* SPDX-License-Identifier: MIT */
#include "call_region.h"

#include "conditions.h"

#include <stdlib.h>
#include <string.h>

/* Cases of one call; more of them make no line that anybody reads. */
#define CASES_SHOWN 64

struct cases {
	struct sbpf_case list[CASES_SHOWN];
	size_t count;
	bool too_many;
};

struct workings {
	struct cases cases;
	struct cases others;
	struct region regions[CASES_SHOWN * CASES_SHOWN];
	size_t count;
};

static bool add_case(void *context, const struct sbpf_case *one)
{
	struct cases *cases = context;

	cases->too_many = cases->count == CASES_SHOWN;
	if (!cases->too_many)
		cases->list[cases->count++] = *one;
	return !cases->too_many;
}

static bool list_cases(const struct cell *cell, sbpf_meaning meaning,
		       const struct sbpf_example *example, struct cases *cases)
{
	cases->count = 0;
	cases->too_many = false;
	return !sbpf_meaning_cases(cell->space, meaning, example->abi, (uint32_t)example->data.nr,
				   add_case, cases, NULL) &&
	       !cases->too_many;
}

/* Where the call gets the verdict (and another one by the other meaning), or all but that. */
static void find_regions(struct workings *workings, uint32_t verdict, bool differing, bool wanted)
{
	workings->count = 0;
	for (size_t i = 0; i < workings->cases.count; i++) {
		const struct sbpf_case *one = &workings->cases.list[i];

		for (size_t j = 0; j < workings->others.count; j++) {
			const struct sbpf_case *other = &workings->others.list[j];
			bool inside =
				one->verdict == verdict && differing == (other->verdict != verdict);

			if (inside == wanted &&
			    region_meet(one, other, &workings->regions[workings->count]))
				workings->count++;
		}
	}
	workings->count = regions_join(workings->regions, workings->count);
	regions_sort(workings->regions, workings->count);
}

/* What is inside, or that it is not what is outside. */
static char *print(const struct workings *workings, const struct wording *wording, bool inside)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	if (inside)
		regions_print(out, wording, workings->regions, workings->count);
	else
		regions_print_outside(out, wording, workings->regions, workings->count);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static char *shorter(char *a, char *b)
{
	bool first = !b || (a && strlen(a) <= strlen(b));

	free(first ? b : a);
	return first ? a : b;
}

char *call_region(const struct cell *cell, sbpf_meaning meaning, sbpf_meaning other,
		  const struct sbpf_example *example)
{
	const struct wording wording = { .abi = example->abi,
					 .number = (uint32_t)example->data.nr };
	struct workings *workings = calloc(1, sizeof(*workings));
	bool differing = meaning != other;
	char *text = NULL;

	if (workings && list_cases(cell, meaning, example, &workings->cases) &&
	    list_cases(cell, other, example, &workings->others)) {
		find_regions(workings, example->a, differing, true);
		text = print(workings, &wording, true);
		find_regions(workings, example->a, differing, false);
		if (text && workings->count)
			text = shorter(text, print(workings, &wording, false));
	}
	free(workings);
	return text;
}
