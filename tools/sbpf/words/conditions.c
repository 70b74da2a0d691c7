/* SPDX-License-Identifier: MIT */
#include "conditions.h"

#include "call.h"
#include "common.h"
#include "constants.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct bounds unbounded = {
	.high = UINT64_MAX,
	.lower_high = UINT32_MAX,
};

static bool bounds_equal(const struct bounds *a, const struct bounds *b)
{
	return a->low == b->low && a->high == b->high && a->lower_low == b->lower_low &&
	       a->lower_high == b->lower_high && a->mask == b->mask && a->value == b->value;
}

/* ---- Members ---- */

/* The least number from first on with (number & mask) == value; false when there is none. */
static bool next_masked(uint32_t first, uint32_t mask, uint32_t value, uint32_t *next)
{
	*next = first;
	if ((first & mask) == value)
		return true;
	/* It has the upper bits of first, then a 1 where first has a 0, then as little as can be.
	 */
	for (unsigned int bit = 0; bit < 32; bit++) {
		uint32_t one = UINT32_C(1) << bit;
		uint32_t upper = ~(one | (one - 1));

		if ((first & one) || ((first ^ value) & mask & upper) || (mask & ~value & one))
			continue;
		*next = (first & upper) | one | (value & (one - 1));
		return true;
	}
	return false;
}

/* The least lower half from first on, where the upper half is this one. */
static bool find_lower(const struct bounds *bounds, uint32_t upper, uint32_t first,
		       uint64_t *argument)
{
	uint32_t last = upper == bounds->high >> 32 ? (uint32_t)bounds->high : UINT32_MAX;
	uint32_t lower;

	if (first < bounds->lower_low)
		first = bounds->lower_low;
	if (last > bounds->lower_high)
		last = bounds->lower_high;
	if (!next_masked(first, (uint32_t)bounds->mask, (uint32_t)bounds->value, &lower) ||
	    lower > last)
		return false;
	*argument = (uint64_t)upper << 32 | lower;
	return true;
}

/* The least argument within the bounds; false when there is none. */
static bool find_least(const struct bounds *bounds, uint64_t *argument)
{
	uint32_t mask = (uint32_t)(bounds->mask >> 32);
	uint32_t value = (uint32_t)(bounds->value >> 32);
	uint32_t upper = (uint32_t)(bounds->low >> 32);

	if (bounds->low > bounds->high)
		return false;
	if ((upper & mask) == value && find_lower(bounds, upper, (uint32_t)bounds->low, argument))
		return true;
	/* Any other upper half leaves the lower one free, so the least of them decides. */
	return upper < UINT32_MAX && next_masked(upper + 1, mask, value, &upper) &&
	       upper <= bounds->high >> 32 && find_lower(bounds, upper, 0, argument);
}

static bool narrow(struct bounds *bounds, const struct sbpf_test *test)
{
	uint64_t argument;

	if (test->masked) {
		if ((test->high ^ bounds->value) & test->low & bounds->mask)
			return false;
		bounds->mask |= test->low;
		bounds->value |= test->high;
	} else if (test->bits == 32) {
		if (bounds->lower_low < test->low)
			bounds->lower_low = (uint32_t)test->low;
		if (bounds->lower_high > test->high)
			bounds->lower_high = (uint32_t)test->high;
	} else {
		if (bounds->low < test->low)
			bounds->low = test->low;
		if (bounds->high > test->high)
			bounds->high = test->high;
	}
	return find_least(bounds, &argument);
}

static bool narrow_region(struct region *region, const struct sbpf_case *one)
{
	for (size_t i = 0; i < one->test_count; i++) {
		if (!narrow(&region->bounds[one->tests[i].argument], &one->tests[i]))
			return false;
	}
	return true;
}

bool region_meet(const struct sbpf_case *a, const struct sbpf_case *b, struct region *region)
{
	*region = (struct region){ .a = a->verdict, .b = b->verdict };
	for (size_t i = 0; i < 6; i++)
		region->bounds[i] = unbounded;
	return narrow_region(region, a) && narrow_region(region, b);
}

void region_first(const struct region *region, struct seccomp_data *data)
{
	for (size_t i = 0; i < 6; i++) {
		uint64_t argument = 0;

		find_least(&region->bounds[i], &argument);
		data->args[i] = argument;
	}
}

/* ---- Joining ---- */

/* The one argument in which two regions differ; 6 when they differ in none or in several. */
static unsigned int find_difference(const struct region *a, const struct region *b)
{
	unsigned int found = 6;

	for (unsigned int i = 0; i < 6; i++) {
		if (bounds_equal(&a->bounds[i], &b->bounds[i]))
			continue;
		if (found < 6)
			return 6;
		found = i;
	}
	return found;
}

static bool join_whole(struct bounds *into, const struct bounds *from)
{
	struct bounds joined = *from;

	if (into->high != UINT64_MAX && from->low == into->high + 1)
		joined.low = into->low;
	else if (from->high != UINT64_MAX && into->low == from->high + 1)
		joined.high = into->high;
	else
		return false;
	*into = joined;
	return true;
}

static bool join_lower(struct bounds *into, const struct bounds *from)
{
	struct bounds joined = *from;

	if (into->lower_high != UINT32_MAX && from->lower_low == into->lower_high + 1)
		joined.lower_low = into->lower_low;
	else if (from->lower_high != UINT32_MAX && into->lower_low == from->lower_high + 1)
		joined.lower_high = into->lower_high;
	else
		return false;
	*into = joined;
	return true;
}

/* A bit that may be 0 or 1 does not matter. */
static bool join_masked(struct bounds *into, const struct bounds *from)
{
	uint64_t bit = into->value ^ from->value;

	if (!bit || bit & (bit - 1))
		return false;
	into->mask &= ~bit;
	into->value &= ~bit;
	return true;
}

/* Makes one of two bounds when they differ in one way and nothing lies between them. */
static bool join(struct bounds *into, const struct bounds *from)
{
	bool whole = into->low == from->low && into->high == from->high;
	bool lower = into->lower_low == from->lower_low && into->lower_high == from->lower_high;
	bool masked = into->mask == from->mask && into->value == from->value;

	if (lower && masked)
		return join_whole(into, from);
	if (whole && masked)
		return join_lower(into, from);
	return whole && lower && into->mask == from->mask && join_masked(into, from);
}

static bool join_regions(struct region *into, const struct region *from)
{
	unsigned int argument = find_difference(into, from);

	return argument < 6 && join(&into->bounds[argument], &from->bounds[argument]);
}

/* The first region that can be joined to this one; count when there is none. */
static size_t find_neighbour(const struct region *regions, size_t count, size_t index)
{
	struct region one = regions[index];
	size_t i = 0;

	while (i < count && (i == index || !join_regions(&one, &regions[i])))
		i++;
	return i;
}

size_t regions_join(struct region *regions, size_t count)
{
	size_t done = 0; /* those before it have no neighbours, but perhaps one that has grown */
	size_t now = 0;

	while (now < count) {
		size_t other = find_neighbour(regions, count, now);
		size_t into = other < now ? other : now;
		size_t from = other < now ? now : other;

		if (other == count) {
			done = now < done ? done : now + 1;
			now = done;
			continue;
		}
		join_regions(&regions[into], &regions[from]);
		regions[from] = regions[--count];
		done = from < done ? from : done;
		now = into; /* what has grown may have new neighbours */
	}
	return count;
}

/* ---- Writing ---- */

/* One argument in C. */
struct operand_text {
	int abi;
	const char *call; /* or NULL */
	unsigned int argument;
	char name[PARAMETER_MAX];
	const char *cast; /* before the name, where its lower half is meant */
};

static struct operand_text name_operand(const struct wording *wording, unsigned int argument)
{
	struct operand_text text = {
		.abi = wording->abi,
		.call = wording->plain ? NULL : sbpf_call_name(wording->abi, wording->number),
		.argument = argument,
		.cast = "",
	};

	if (wording->plain)
		snprintf(text.name, sizeof(text.name), "args[%u]", argument);
	else
		parameter_text(wording->abi, wording->number, argument, text.name);
	if (abi_of(wording->abi).register_bits > 32)
		text.cast = "(uint32_t)";
	return text;
}

/* "AF_VSOCK", "(A|B)" where the value has a name. */
static void print_value(FILE *out, const struct operand_text *text, uint64_t value)
{
	if (text->call)
		constant_print_operand(out, text->abi, text->call, text->argument, value);
	else
		fprintf(out, "0x%" PRIx64, value);
}

static void print_bits(FILE *out, const struct operand_text *text, uint64_t bits)
{
	if (text->call)
		constant_print_bits(out, text->abi, text->call, text->argument, bits);
	else
		fprintf(out, "0x%" PRIx64, bits);
}

/* "(x & MASK) == VALUE", or another comparison. */
static void print_masked(FILE *out, const struct operand_text *text, const struct bounds *bounds,
			 const char *comparison)
{
	fprintf(out, "(%s & ", text->name);
	print_bits(out, text, bounds->mask);
	fprintf(out, ") %s ", comparison);
	print_bits(out, text, bounds->value);
}

/* "x == 1", "x >= 2", "x >= 2 && x <= 9". */
static void print_range(FILE *out, const struct operand_text *text, const char *cast, uint64_t low,
			uint64_t high, uint64_t widest)
{
	if (low == high) {
		fprintf(out, "%s%s == ", cast, text->name);
		print_value(out, text, low);
		return;
	}
	if (low == 1 && high == widest) {
		fprintf(out, "%s%s != ", cast, text->name);
		if (text->call)
			print_value(out, text, 0);
		else
			putc('0', out);
		return;
	}
	if (low) {
		fprintf(out, "%s%s >= ", cast, text->name);
		print_value(out, text, low);
	}
	if (high != widest) {
		fprintf(out, "%s%s%s <= ", low ? " && " : "", cast, text->name);
		print_value(out, text, high);
	}
}

/* What holds of one argument, after " && " where something stands before. Whether anything does. */
static bool print_bounds(FILE *out, const struct operand_text *text, const struct bounds *bounds,
			 bool follows)
{
	if (bounds->low || bounds->high != UINT64_MAX) {
		fputs(follows ? " && " : "", out);
		print_range(out, text, "", bounds->low, bounds->high, UINT64_MAX);
		follows = true;
	}
	if (bounds->lower_low || bounds->lower_high != UINT32_MAX) {
		fputs(follows ? " && " : "", out);
		print_range(out, text, text->cast, bounds->lower_low, bounds->lower_high,
			    UINT32_MAX);
		follows = true;
	}
	if (bounds->mask) {
		fputs(follows ? " && " : "", out);
		print_masked(out, text, bounds, "==");
		follows = true;
	}
	return follows;
}

/* Whether anything is printed: all calls are in an unbounded region. */
static bool print_region(FILE *out, const struct wording *wording, const struct region *region)
{
	bool follows = false;

	for (unsigned int i = 0; i < 6; i++) {
		struct operand_text text = name_operand(wording, i);

		follows = print_bounds(out, &text, &region->bounds[i], follows);
	}
	return follows;
}

/* A range of one argument that leaves single values out: what many conditions are. */
struct run {
	unsigned int argument;
	bool lower; /* of its lower half */
};

static uint64_t run_low(const struct run *run, const struct region *region)
{
	const struct bounds *bounds = &region->bounds[run->argument];

	return run->lower ? bounds->lower_low : bounds->low;
}

static uint64_t run_high(const struct run *run, const struct region *region)
{
	const struct bounds *bounds = &region->bounds[run->argument];

	return run->lower ? bounds->lower_high : bounds->high;
}

static bool differ_by_run(const struct run *run, const struct region *a, const struct region *b)
{
	struct bounds left = a->bounds[run->argument];
	const struct bounds *right = &b->bounds[run->argument];

	if (run->lower) {
		left.lower_low = right->lower_low;
		left.lower_high = right->lower_high;
	} else {
		left.low = right->low;
		left.high = right->high;
	}
	return find_difference(a, b) == run->argument && bounds_equal(&left, right);
}

/* How many regions from the first on are one run with single values between them, in order. */
static size_t run_length(const struct run *run, const struct region *regions, size_t count)
{
	size_t length = 1;

	while (length < count && differ_by_run(run, &regions[length - 1], &regions[length]) &&
	       run_low(run, &regions[length]) == run_high(run, &regions[length - 1]) + 2)
		length++;
	return length;
}

/* The highest value of what a run is about. */
static uint64_t run_widest(const struct run *run, const struct wording *wording)
{
	return run->lower || abi_of(wording->abi).register_bits == 32 ? UINT32_MAX : UINT64_MAX;
}

/* Whether a run is all that a condition says, and leaves out no more than single values. */
static bool leaves_values(const struct run *run, const struct wording *wording,
			  const struct region *first, const struct region *last)
{
	struct region whole = *first;
	struct bounds *bounds = &whole.bounds[run->argument];

	if (run_low(run, first) > 1 || run_high(run, last) < run_widest(run, wording) - 1)
		return false;
	if (run->lower) {
		bounds->lower_low = unbounded.lower_low;
		bounds->lower_high = unbounded.lower_high;
	} else {
		bounds->low = unbounded.low;
		bounds->high = unbounded.high;
	}
	for (unsigned int i = 0; i < 6; i++) {
		if (!bounds_equal(&whole.bounds[i], &unbounded))
			return false;
	}
	return true;
}

/* The values that a run leaves out: "x == 0 || x == 5", or "x != 0 && x != 5". */
static void print_values(FILE *out, const struct wording *wording, const struct run *run,
			 const struct region *regions, size_t length, const char *comparison)
{
	struct operand_text text = name_operand(wording, run->argument);
	const char *between = *comparison == '=' ? " || " : " && ";
	const char *separator = "";

	for (size_t i = 0; i <= length; i++) {
		uint64_t value = i ? run_high(run, &regions[i - 1]) + 1 : 0;

		if ((i == 0 && run_low(run, &regions[0]) == 0) ||
		    (i == length && run_high(run, &regions[i - 1]) >= run_widest(run, wording)))
			continue;
		fprintf(out, "%s%s%s %s ", separator, run->lower ? text.cast : "", text.name,
			comparison);
		print_value(out, &text, value);
		separator = between;
	}
}

/* "x <= 9 && x != 3 && x != 5". */
static void print_run(FILE *out, const struct wording *wording, const struct run *run,
		      const struct region *regions, size_t length)
{
	struct operand_text text = name_operand(wording, run->argument);
	struct region whole = regions[0];
	struct bounds *bounds = &whole.bounds[run->argument];
	const struct bounds *last = &regions[length - 1].bounds[run->argument];
	bool follows;

	if (!wording->plain && leaves_values(run, wording, &regions[0], &regions[length - 1])) {
		print_values(out, wording, run, regions, length, "!=");
		return;
	}
	if (run->lower)
		bounds->lower_high = last->lower_high;
	else
		bounds->high = last->high;
	follows = print_region(out, wording, &whole);
	for (size_t i = 0; i + 1 < length; i++) {
		fprintf(out, "%s%s%s != ", follows ? " && " : "", run->lower ? text.cast : "",
			text.name);
		print_value(out, &text, run_high(run, &regions[i]) + 1);
		follows = true;
	}
}

static int compare_bounds(const struct bounds *a, const struct bounds *b)
{
	const uint64_t keys[][2] = {
		{ a->mask, b->mask },
		{ a->value, b->value },
		{ a->low, b->low },
		{ a->high, b->high },
		{ a->lower_low, b->lower_low },
		{ a->lower_high, b->lower_high },
	};

	for (size_t i = 0; i < COUNT(keys); i++) {
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	}
	return 0;
}

static int compare_regions(const void *left, const void *right)
{
	const struct region *a = left;
	const struct region *b = right;

	for (unsigned int i = 0; i < 6; i++) {
		int order = compare_bounds(&a->bounds[i], &b->bounds[i]);

		if (order)
			return order;
	}
	return 0;
}

/* How many regions, from the first on, one condition says. *run: by which it says several. */
static size_t take_condition(const struct region *regions, size_t count, struct run *run)
{
	for (unsigned int i = 0; i < 12; i++) {
		size_t length;

		*run = (struct run){ i / 2, i % 2 };
		length = run_length(run, regions, count);
		if (length > 1)
			return length;
	}
	return 1;
}

size_t regions_sort(struct region *regions, size_t count)
{
	size_t conditions = 0;
	struct run run;

	qsort(regions, count, sizeof(regions[0]), compare_regions);
	for (size_t i = 0; i < count; conditions++)
		i += take_condition(&regions[i], count - i, &run);
	return conditions;
}

void regions_print(FILE *out, const struct wording *wording, const struct region *regions,
		   size_t count)
{
	size_t length;

	for (size_t i = 0; i < count; i += length) {
		struct run run;

		length = take_condition(&regions[i], count - i, &run);
		fputs(i ? " || " : "", out);
		if (length > 1)
			print_run(out, wording, &run, &regions[i], length);
		else
			print_region(out, wording, &regions[i]);
	}
}

/* The one argument that a region bounds, by a mask alone; 6 when there is none. */
static unsigned int find_masked(const struct region *region)
{
	struct region everything = { 0 };
	struct bounds bounds = unbounded;
	unsigned int argument;

	for (unsigned int i = 0; i < 6; i++)
		everything.bounds[i] = unbounded;
	argument = find_difference(region, &everything);
	if (argument == 6)
		return 6;
	bounds.mask = region->bounds[argument].mask;
	bounds.value = region->bounds[argument].value;
	return bounds_equal(&bounds, &region->bounds[argument]) ? argument : 6;
}

/* "x == 0 || x == 5": what a run of all else leaves out. False when the regions are no such run. */
static bool print_left_out(FILE *out, const struct wording *wording, const struct region *regions,
			   size_t count)
{
	struct run run;

	if (wording->plain || count < 2 || take_condition(regions, count, &run) != count ||
	    !leaves_values(&run, wording, &regions[0], &regions[count - 1]))
		return false;
	print_values(out, wording, &run, regions, count, "==");
	return true;
}

void regions_print_outside(FILE *out, const struct wording *wording, const struct region *regions,
			   size_t count)
{
	unsigned int masked = count == 1 ? find_masked(regions) : 6;

	if (masked < 6) {
		struct operand_text text = name_operand(wording, masked);

		print_masked(out, &text, &regions[0].bounds[masked], "!=");
		return;
	}
	if (print_left_out(out, wording, regions, count))
		return;
	fputs("!(", out);
	regions_print(out, wording, regions, count);
	putc(')', out);
}
