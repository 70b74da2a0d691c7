/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include "call.h"
#include "constants.h"

#include <inttypes.h>

static void name_constant(int abi, const char *call, unsigned int argument, uint64_t value,
			  char *buffer, size_t size)
{
	FILE *out = fmemopen(buffer, size, "w");

	buffer[0] = '\0';
	if (!out)
		return;
	constant_print(out, abi, call, argument, value);
	fclose(out);
	buffer[size - 1] = '\0';
}

struct sbpf_notes *listing_make(const char *program, const struct filters *filters,
				const struct filter *filter)
{
	struct sbpf_error error = { 0 };
	struct sbpf_notes *notes =
		sbpf_program_annotate(filter->program, filter->count, filters->machine,
				      filters->relatives, &error);

	if (notes)
		notes->name_constant = name_constant;
	else
		report(program, "%s: %s", filter->name, error.message);
	return notes;
}

static void print_arrivals(FILE *out, int abi, const struct sbpf_arrivals *arrivals)
{
	fputs(abi < 0 ? "other archs" : name_of_abi(abi), out);
	if (arrivals->calls)
		fprintf(out, " %" PRIu32, arrivals->first & ~SBPF_X32_BIT);
	if (arrivals->others && arrivals->calls)
		fputs("-", out);
	else if (arrivals->calls && arrivals->last != arrivals->first)
		fprintf(out, "-%" PRIu32, arrivals->last & ~SBPF_X32_BIT);
	else if (arrivals->others && abi >= 0)
		fputs(" above all calls", out);
}

void listing_reach(FILE *out, const struct sbpf_notes *notes, size_t index)
{
	const struct sbpf_note *note = &notes->list[index];
	const char *separator = "";

	if (note->call) {
		fputs(note->call, out);
		return;
	}
	for (size_t i = 0; i < notes->abi_count; i++) {
		const struct sbpf_arrivals *arrivals = &note->arrivals[i];

		if (!arrivals->calls && !arrivals->others)
			continue;
		fputs(separator, out);
		print_arrivals(out, notes->abis[i], arrivals);
		separator = ", ";
	}
	if (!*separator)
		fputs("no call", out);
}
