/* SPDX-License-Identifier: MIT */
/* A meaning in words that people use: ranges of numbers, and tests of arguments. */
#include "arch.h"
#include "error.h"
#include "space.h"

#define CASES_MAX 4096u
/* So many ranges of one argument are easier to read than masks. */
#define RANGES_MAX 16u
#define MASK_BITS_MAX 12
/* Masks so many times as many as ranges are no shorter. */
#define WAYS_MANY 8u

/* ---- Numbers ---- */

static diagram of_abi(struct sbpf_space *space, sbpf_meaning meaning, int abi)
{
	return diagram_fix(&space->diagrams, meaning, DIAGRAM_ARCH, abi_audit_arch(abi));
}

/* The numbers by which an ABI is entered: bit 30 parts x86_64's from x32's. */
static bool enters(int abi, uint32_t number)
{
	int x32 = sbpf_abi_find("x32");

	if (abi_audit_arch(abi) != abi_audit_arch(x32))
		return true;
	return abi_is_x32(abi) == !!(number & abi_number_offset(x32));
}

int sbpf_meaning_ranges(struct sbpf_space *space, sbpf_meaning meaning, int abi,
			bool (*report)(void *context, const struct sbpf_range *range),
			void *context, struct sbpf_error *error)
{
	uint32_t first = 0;
	diagram line;

	if (space_check(space, meaning, meaning, error))
		return -1;
	if (!report || abi < 0 || abi >= sbpf_abi_count())
		return error_set(error, SBPF_ERROR_USAGE, "no ABI, or nobody to report to");
	diagrams_begin(&space->diagrams);
	line = of_abi(space, meaning, abi);
	if (line == DIAGRAM_FAILED)
		return space_failed(space, error);
	for (;;) {
		struct sbpf_range range = { .first = first };
		uint32_t end = first | (SBPF_X32_BIT - 1);
		bool entered = enters(abi, first);
		diagram there;

		diagram_range(&space->diagrams, line, DIAGRAM_NUMBER, first, &range.last, &there);
		/* Another ABI's numbers may change a thousand million times. */
		range.last = entered && range.last < end ? range.last : end;
		range.always = diagram_is_leaf(&space->diagrams, there);
		range.verdict = range.always ? diagram_value(&space->diagrams, there) : 0;
		if (entered && !report(context, &range))
			return 0;
		if (range.last == UINT32_MAX)
			return 0;
		first = range.last + 1;
	}
}

/* ---- Arguments ---- */

struct listing {
	struct sbpf_space *space;
	bool (*report)(void *context, const struct sbpf_case *one);
	void *context;
	struct sbpf_case now;
	uint32_t count;
	bool stopped;
	bool too_many;
};

static void list(struct listing *listing, diagram d);

static void report_case(struct listing *listing, uint32_t verdict)
{
	if (++listing->count > CASES_MAX) {
		listing->too_many = listing->stopped = true;
		return;
	}
	listing->now.verdict = verdict;
	listing->stopped = !listing->report(listing->context, &listing->now);
}

/* An argument in a diagram that begins with it; 32 bits where the upper half does not matter. */
struct argument {
	unsigned int index;
	unsigned int bits;
};

static struct argument argument_of(const struct diagrams *diagrams, diagram d)
{
	unsigned int word = diagram_word(diagrams, d) - DIAGRAM_ARGUMENTS;

	return (struct argument){ word / 2, word % 2 ? 32 : 64 };
}

static unsigned int upper_word(struct argument argument)
{
	return DIAGRAM_ARGUMENTS + 2 * argument.index;
}

static uint64_t widest(struct argument argument)
{
	return argument.bits == 32 ? UINT32_MAX : UINT64_MAX;
}

/* What d is where the argument has this value. */
static diagram at_value(const struct diagrams *diagrams, diagram d, struct argument argument,
			uint64_t value)
{
	diagram_pass(diagrams, &d, upper_word(argument), (uint32_t)(value >> 32));
	diagram_pass(diagrams, &d, upper_word(argument) + 1, (uint32_t)value);
	return d;
}

/* Values of an argument that follow each other, up to a last one, for which d is one diagram. */
struct values {
	uint64_t last;
	diagram there;
};

/* Those from first on, within one run of either half. */
static struct values run_at(const struct diagrams *diagrams, diagram d, struct argument argument,
			    uint64_t first)
{
	unsigned int word = upper_word(argument);
	diagram upper, there;
	uint32_t end;

	diagram_range(diagrams, d, word, (uint32_t)(first >> 32), &end, &upper);
	/* Where the lower half does not matter: whole runs of upper halves. */
	if (diagram_word(diagrams, upper) != word + 1)
		return (struct values){ (uint64_t)end << 32 | UINT32_MAX, upper };
	diagram_range(diagrams, upper, word + 1, (uint32_t)first, &end, &there);
	return (struct values){ (first & ~(uint64_t)UINT32_MAX) | end, there };
}

static struct values range_at(const struct diagrams *diagrams, diagram d, struct argument argument,
			      uint64_t first)
{
	struct values range = run_at(diagrams, d, argument, first);

	while (range.last < widest(argument)) {
		struct values next = run_at(diagrams, d, argument, range.last + 1);

		if (next.there != range.there)
			break;
		range.last = next.last;
	}
	return range;
}

/* How many ranges the argument falls into, up to most + 1. */
static uint32_t count_ranges(const struct diagrams *diagrams, diagram d, struct argument argument,
			     uint32_t most)
{
	uint32_t count = 0;
	uint64_t first = 0;

	while (count <= most) {
		uint64_t last = range_at(diagrams, d, argument, first).last;

		count++;
		if (last == widest(argument))
			break;
		first = last + 1;
	}
	return count;
}

static void list_test(struct listing *listing, diagram d, const struct sbpf_test *test)
{
	listing->now.tests[listing->now.test_count++] = *test;
	list(listing, d);
	listing->now.test_count--;
}

static void list_ranges(struct listing *listing, diagram d, struct argument argument)
{
	const struct diagrams *diagrams = &listing->space->diagrams;
	uint64_t first = 0;

	while (!listing->stopped) {
		struct values range = range_at(diagrams, d, argument, first);
		struct sbpf_test test = { argument.index, argument.bits, false, first, range.last };

		list_test(listing, range.there, &test);
		if (range.last == widest(argument))
			break;
		first = range.last + 1;
	}
}

/* All values of the bits that matter, in ascending order. */
static void list_masks(struct listing *listing, diagram d, struct argument argument, uint64_t mask)
{
	const struct diagrams *diagrams = &listing->space->diagrams;
	uint64_t value = 0;

	do {
		struct sbpf_test test = { argument.index, argument.bits, true, mask, value };

		list_test(listing, at_value(diagrams, d, argument, value), &test);
		value = (value - mask) & mask;
	} while (value && !listing->stopped);
}

/* How many ways there are through the argument's bits, up to CASES_MAX + 1. */
static uint32_t count_ways(const struct diagrams *diagrams, diagram d, struct argument argument,
			   uint32_t so_far)
{
	const struct diagram_node *node = &diagrams->nodes[d];

	if (so_far > CASES_MAX)
		return so_far;
	if (diagram_word(diagrams, d) > upper_word(argument) + 1)
		return so_far + 1;
	so_far = count_ways(diagrams, node->low, argument, so_far);
	return count_ways(diagrams, node->high, argument, so_far);
}

/* One case for each way; test has the bits on the way here. */
static void list_ways(struct listing *listing, diagram d, struct argument argument,
		      const struct sbpf_test *test)
{
	const struct diagrams *diagrams = &listing->space->diagrams;
	unsigned int word = diagram_word(diagrams, d);
	struct sbpf_test next = *test;
	diagram low, high;

	if (listing->stopped)
		return;
	if (word > upper_word(argument) + 1) {
		list_test(listing, d, test);
		return;
	}
	low = diagrams->nodes[d].low;
	high = diagrams->nodes[d].high;
	next.low |= UINT64_C(1) << (63 - (diagrams->nodes[d].variable - upper_word(argument) * 32));
	list_ways(listing, low, argument, &next);
	next.high |= next.low & ~test->low;
	list_ways(listing, high, argument, &next);
}

/* Whichever says it shorter. */
static void list_argument(struct listing *listing, diagram d)
{
	const struct diagrams *diagrams = &listing->space->diagrams;
	struct argument argument = argument_of(diagrams, d);
	uint64_t mask = diagram_bits(diagrams, d, upper_word(argument));
	uint32_t ways = count_ways(diagrams, d, argument, 0);
	uint32_t most = ways / WAYS_MANY < RANGES_MAX ? RANGES_MAX : ways / WAYS_MANY;
	uint32_t ranges = count_ranges(diagrams, d, argument, most);
	int bits = __builtin_popcountll(mask);
	struct sbpf_test all = { argument.index, argument.bits, true, 0, 0 };

	if (bits <= MASK_BITS_MAX && 1u << bits < ranges)
		list_masks(listing, d, argument, mask);
	else if (ranges <= most)
		list_ranges(listing, d, argument);
	else
		list_ways(listing, d, argument, &all);
}

static void list(struct listing *listing, diagram d)
{
	const struct diagrams *diagrams = &listing->space->diagrams;

	if (listing->stopped)
		return;
	if (diagram_is_leaf(diagrams, d))
		report_case(listing, diagram_value(diagrams, d));
	else if (diagram_word(diagrams, d) >= DIAGRAM_POINTER)
		listing->too_many = listing->stopped = true;
	else
		list_argument(listing, d);
}

int sbpf_meaning_cases(struct sbpf_space *space, sbpf_meaning meaning, int abi, uint32_t number,
		       bool (*report)(void *context, const struct sbpf_case *one), void *context,
		       struct sbpf_error *error)
{
	struct listing listing = { .space = space, .report = report, .context = context };
	diagram d;

	if (space_check(space, meaning, meaning, error))
		return -1;
	if (!report || abi < 0 || abi >= sbpf_abi_count())
		return error_set(error, SBPF_ERROR_USAGE, "no ABI, or nobody to report to");
	diagrams_begin(&space->diagrams);
	d = diagram_fix(&space->diagrams, of_abi(space, meaning, abi), DIAGRAM_NUMBER, number);
	if (d == DIAGRAM_FAILED)
		return space_failed(space, error);
	list(&listing, d);
	if (listing.too_many)
		return error_set(
			error, SBPF_ERROR_LIMIT,
			"number %u of %s has too many cases, or depends on where it is called",
			number, abi_name(abi));
	return 0;
}
