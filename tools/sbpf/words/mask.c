/* SPDX-License-Identifier: MIT */
#include "mask.h"

#include "call.h"
#include "constants.h"

#include <inttypes.h>

static bool is_in_range(const struct bounds *bounds)
{
	return bounds->low || bounds->high != UINT64_MAX || bounds->lower_low ||
	       bounds->lower_high != UINT32_MAX;
}

bool cube_find(const struct region *regions, size_t count, struct cube *cube)
{
	unsigned int masks = 0;

	if (count != 1)
		return false;
	for (unsigned int i = 0; i < 6; i++) {
		const struct bounds *bounds = &regions[0].bounds[i];

		if (is_in_range(bounds))
			return false;
		if (bounds->mask) {
			*cube = (struct cube){ i, bounds->mask, bounds->value };
			masks++;
		}
	}
	return masks == 1;
}

void cube_print(FILE *out, const struct wording *wording, const struct cube *cube)
{
	const char *call = sbpf_call_name(wording->abi, wording->number);
	char parameter[PARAMETER_MAX];

	if (wording->plain) {
		fprintf(out, "(args[%u] & 0x%" PRIx64 ") == 0x%" PRIx64, cube->argument, cube->mask,
			cube->value);
		return;
	}
	parameter_text(wording->abi, wording->number, cube->argument, parameter);
	fprintf(out, "(%s & ", parameter);
	constant_print_bits(out, wording->abi, call, cube->argument, cube->mask);
	fputs(") == ", out);
	constant_print_bits(out, wording->abi, call, cube->argument, cube->value);
}
