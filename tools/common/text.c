/* SPDX-License-Identifier: MIT */
/* Text from elsewhere must not steer the terminal that shows it. */
#include "common.h"

#include <stdio.h>

/* The length of the UTF-8 sequence that begins here, 0 when it is none (RFC 3629, section 4). */
static size_t sequence_length(const unsigned char *at, size_t room)
{
	size_t length = at[0] < 0x80   ? 1
			: at[0] < 0xc2 ? 0
			: at[0] < 0xe0 ? 2
			: at[0] < 0xf0 ? 3
			: at[0] < 0xf5 ? 4
				       : 0;

	if (length > room)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

/* Controls (C0, DEL, C1), and what turns the direction of writing round (UAX #9). */
static bool is_control(const unsigned char *at, size_t length)
{
	if (length == 1)
		return at[0] < 0x20 || at[0] == 0x7f;
	if (length == 2)
		return at[0] == 0xc2 && at[1] < 0xa0;
	return length == 3 && at[0] == 0xe2 &&
	       ((at[1] == 0x80 && ((at[2] >= 0xaa && at[2] <= 0xae) || at[2] == 0x8e ||
				   at[2] == 0x8f || at[2] == 0xa8 || at[2] == 0xa9)) ||
		(at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

void text_write(FILE *out, const char *text, size_t size, const char *kept)
{
	const unsigned char *at = (const unsigned char *)text;

	while (size) {
		size_t length = sequence_length(at, size);
		bool shown = length && !is_control(at, length);

		for (const char *one = kept; length == 1 && *one; one++)
			shown = shown || *at == (unsigned char)*one;
		if (!length)
			length = 1;
		for (size_t i = 0; !shown && i < length; i++)
			fprintf(out, "\\x%02x", at[i]);
		if (shown)
			fwrite(at, 1, length, out);
		at += length;
		size -= length;
	}
}
