/* SPDX-License-Identifier: MIT */
/* Counting calls, their programs and values, and adding recordings up. */
#include "recording.h"

#include "call.h"
#include "common.h"

#include <stdlib.h>
#include <string.h>

struct recording *recording_new(uint64_t runs)
{
	struct recording *recording = calloc(1, sizeof(*recording));

	if (!recording)
		return NULL;
	recording->runs = runs;
	recording->abi_count = sbpf_abi_count();
	recording->abis = calloc((size_t)recording->abi_count, sizeof(recording->abis[0]));
	if (recording->abis)
		return recording;
	free(recording);
	return NULL;
}

static void free_call(struct recorded_call *call)
{
	free(call->programs);
	for (unsigned int i = 0; i < COUNT(call->arguments); i++)
		free(call->arguments[i].values);
}

void recording_free(struct recording *recording)
{
	if (!recording)
		return;
	for (int abi = 0; abi < recording->abi_count; abi++) {
		for (size_t i = 0; i < recording->abis[abi].count; i++)
			free_call(&recording->abis[abi].calls[i]);
		free(recording->abis[abi].calls);
	}
	free(recording->abis);
	free(recording);
}

static void add(uint64_t *sum, uint64_t count)
{
	*sum = *sum + count < *sum || *sum + count > RECORDED_COUNT_MAX ? RECORDED_COUNT_MAX
									: *sum + count;
}

/* Opens a gap before element `at` of an array of count elements, which may move. */
static bool open_gap(struct recording *recording, void **array, size_t count, size_t at,
		     size_t size)
{
	char *bytes = *array;

	/* There is room for the next power of two. */
	if ((count & (count - 1)) == 0)
		bytes = reallocarray(*array, count ? 2 * count : 1, size);
	if (!bytes) {
		recording->failed = true;
		return false;
	}
	*array = bytes;
	memmove(bytes + (at + 1) * size, bytes + at * size, (count - at) * size);
	memset(bytes + at * size, 0, size);
	return true;
}

/* ---- Calls ---- */

/* Where the place of a number is kept; NULL when it is not. */
static uint16_t *place_of(const struct recording *recording, int abi, uint32_t number)
{
	uint32_t offset = abi_of(abi).number_offset;

	if (number - offset >= RECORDED_PLACES)
		return NULL;
	return &recording->abis[abi].places[number - offset];
}

/* The index of a call, or of where it would stand, in the order of names. */
static size_t search_call(const struct recorded_abi *calls, const char *name, uint32_t number)
{
	size_t low = 0, high = calls->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct recorded_call *call = &calls->calls[middle];
		bool is_before = name ? call->name && strcmp(call->name, name) < 0
				      : call->name || call->number < number;

		if (is_before)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct recorded_call *find_call(const struct recording *recording, int abi, uint32_t number)
{
	const struct recorded_abi *calls = &recording->abis[abi];
	uint32_t place = number - abi_of(abi).number_offset;
	size_t at;

	if (place < RECORDED_PLACES)
		return calls->places[place] ? &calls->calls[calls->places[place] - 1] : NULL;
	at = search_call(calls, sbpf_call_name(abi, number), number);
	return at < calls->count && calls->calls[at].number == number ? &calls->calls[at] : NULL;
}

const struct recorded_call *recording_find(const struct recording *recording, int abi,
					   uint32_t number)
{
	if (abi < 0 || abi >= recording->abi_count)
		return NULL;
	return find_call(recording, abi, number);
}

static struct recorded_call *insert_call(struct recording *recording, int abi, uint32_t number)
{
	struct recorded_abi *calls = &recording->abis[abi];
	const char *name = sbpf_call_name(abi, number);
	size_t at = search_call(calls, name, number);
	void *array = calls->calls;

	if (calls->count == RECORDED_CALLS_MAX ||
	    !open_gap(recording, &array, calls->count, at, sizeof(calls->calls[0])))
		return NULL;
	calls->calls = array;
	calls->count++;
	calls->calls[at].name = name;
	calls->calls[at].number = number;
	for (size_t i = at; i < calls->count; i++) {
		uint16_t *place = place_of(recording, abi, calls->calls[i].number);

		if (place)
			*place = (uint16_t)(i + 1);
	}
	return &calls->calls[at];
}

/* ---- Programs ---- */

/* What no JSON string or terminal can hold becomes '?', so that a name is read as it was kept. */
static void clean_name(const char *program, char name[RECORDED_PROGRAM_MAX])
{
	size_t length = 0;

	while (*program) {
		size_t sequence = text_sequence(program, SIZE_MAX);
		bool is_plain = sequence && !text_steers(program, sequence);
		size_t width = is_plain ? sequence : 1;

		if (length + width >= RECORDED_PROGRAM_MAX)
			break;
		memcpy(name + length, is_plain ? program : "?", width);
		length += width;
		program += sequence ? sequence : 1;
	}
	name[length] = '\0';
}

/* The index of a program, or of where it would stand. */
static size_t search_program(const struct recorded_call *call, const char *name)
{
	size_t low = 0, high = call->program_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(call->programs[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void count_program(struct recording *recording, struct recorded_call *call,
			  const char *program, uint64_t count)
{
	char name[RECORDED_PROGRAM_MAX];
	void *array = call->programs;
	size_t at;

	clean_name(program, name);
	at = search_program(call, name);
	if (at == call->program_count || strcmp(call->programs[at].name, name) != 0) {
		if (call->program_count == RECORDED_PROGRAMS_MAX ||
		    !open_gap(recording, &array, call->program_count, at,
			      sizeof(call->programs[0])))
			return;
		call->programs = array;
		call->program_count++;
		memcpy(call->programs[at].name, name, sizeof(name));
	}
	add(&call->programs[at].count, count);
}

struct recorded_call *recording_count(struct recording *recording, int abi, uint32_t number,
				      const char *program, uint64_t count, bool refused)
{
	struct recorded_call *call = NULL;

	if (abi >= 0 && abi < recording->abi_count) {
		call = find_call(recording, abi, number);
		if (!call)
			call = insert_call(recording, abi, number);
	}
	if (!call) {
		add(&recording->lost, count);
		return NULL;
	}
	add(&call->count, count);
	call->runs = call->runs ? call->runs : 1;
	if (refused)
		add(&call->refused, count);
	if (program)
		count_program(recording, call, program, count);
	return call;
}

/* ---- Values ---- */

static size_t search_value(const struct recorded_argument *argument, uint64_t value)
{
	size_t low = 0, high = argument->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (argument->values[middle].value < value)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The argument with its width set; NULL when the call has no such parameter. */
static struct recorded_argument *find_argument(int abi, struct recorded_call *call,
					       unsigned int argument)
{
	struct sbpf_parameter parameter;

	if (argument >= COUNT(call->arguments))
		return NULL;
	if (!call->arguments[argument].bits) {
		if (!call->name || !sbpf_call_parameter(abi, call->name, argument, &parameter))
			return NULL;
		call->arguments[argument].bits = parameter.bits;
	}
	return &call->arguments[argument];
}

/*
 * The value, which is made where it is new. Of too many the smallest are kept, so that the order in
 * which recordings are merged is of no account; NULL when this one is not among them.
 */
static struct recorded_value *keep_value(struct recording *recording,
					 struct recorded_argument *argument, uint64_t value)
{
	size_t at = search_value(argument, value);
	void *array = argument->values;

	if (at < argument->count && argument->values[at].value == value)
		return &argument->values[at];
	if (argument->count == RECORDED_VALUES_MAX) {
		if (at == argument->count)
			return NULL;
		add(&argument->many, argument->values[--argument->count].count);
		memmove(&argument->values[at + 1], &argument->values[at],
			(argument->count - at) * sizeof(argument->values[0]));
		argument->values[at] = (struct recorded_value){ 0 };
	} else if (!open_gap(recording, &array, argument->count, at, sizeof(argument->values[0]))) {
		return NULL;
	} else {
		argument->values = array;
	}
	argument->count++;
	argument->values[at].value = value;
	return &argument->values[at];
}

static void count_value(struct recording *recording, struct recorded_argument *argument,
			const struct recorded_value *seen)
{
	struct recorded_value *kept = keep_value(recording, argument, seen->value);

	if (!kept) {
		add(&argument->many, seen->count);
		return;
	}
	add(&kept->count, seen->count);
	add(&kept->runs, seen->runs);
}

void recording_value(struct recording *recording, int abi, struct recorded_call *call,
		     unsigned int argument, uint64_t value, uint64_t count)
{
	struct recorded_argument *found = find_argument(abi, call, argument);
	struct recorded_value *kept;

	if (!found)
		return;
	kept = keep_value(recording, found, found->bits == 32 ? (uint32_t)value : value);
	if (!kept) {
		add(&found->many, count);
		return;
	}
	add(&kept->count, count);
	kept->runs = kept->runs ? kept->runs : 1;
}

void recording_many(struct recording *recording, int abi, struct recorded_call *call,
		    unsigned int argument, uint64_t count)
{
	struct recorded_argument *found = find_argument(abi, call, argument);

	(void)recording;
	if (found)
		add(&found->many, count);
}

/* ---- Merging ---- */

static void merge_argument(struct recording *into, struct recorded_argument *argument,
			   const struct recorded_argument *other)
{
	if (!other->bits)
		return;
	argument->bits = other->bits;
	for (size_t i = 0; i < other->count; i++)
		count_value(into, argument, &other->values[i]);
	add(&argument->many, other->many);
}

static void merge_call(struct recording *into, int abi, const struct recorded_call *other)
{
	struct recorded_call *call = find_call(into, abi, other->number);

	if (!call)
		call = insert_call(into, abi, other->number);
	if (!call) {
		add(&into->lost, other->count);
		return;
	}
	add(&call->count, other->count);
	add(&call->runs, other->runs);
	add(&call->refused, other->refused);
	for (size_t i = 0; i < other->program_count; i++)
		count_program(into, call, other->programs[i].name, other->programs[i].count);
	for (unsigned int i = 0; i < COUNT(call->arguments); i++)
		merge_argument(into, &call->arguments[i], &other->arguments[i]);
}

void recording_merge(struct recording *into, const struct recording *other)
{
	add(&into->runs, other->runs);
	add(&into->lost, other->lost);
	into->failed |= other->failed;
	for (int abi = 0; abi < other->abi_count; abi++) {
		for (size_t i = 0; i < other->abis[abi].count; i++)
			merge_call(into, abi, &other->abis[abi].calls[i]);
	}
}
