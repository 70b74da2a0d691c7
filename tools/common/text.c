/* SPDX-License-Identifier: MIT */
/* Text from elsewhere must not steer the terminal that shows it. */
#include "common.h"

#include <stdio.h>

size_t text_sequence(const char *text, size_t room)
{
	const unsigned char *at = (const unsigned char *)text;
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

/* The character of a sequence of one to three bytes. */
static unsigned int character_of(const unsigned char *at, size_t length)
{
	if (length == 1)
		return at[0];
	if (length == 2)
		return (at[0] & 0x1fu) << 6 | (at[1] & 0x3fu);
	return (at[0] & 0x0fu) << 12 | (at[1] & 0x3fu) << 6 | (at[2] & 0x3fu);
}

unsigned int text_steers(const char *text, size_t length)
{
	unsigned int character;

	if (length < 1 || length > 3)
		return 0;
	character = character_of((const unsigned char *)text, length);
	if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x200e ||
	    character == 0x200f || (character >= 0x2028 && character <= 0x202e) ||
	    (character >= 0x2066 && character <= 0x2069))
		return character;
	return 0;
}

void text_write(FILE *out, const char *text, size_t size, const char *kept)
{
	while (size) {
		size_t length = text_sequence(text, size);
		bool shown = length && *text && !text_steers(text, length);

		for (const char *one = kept; length == 1 && *one; one++)
			shown = shown || *text == *one;
		if (!length)
			length = 1;
		for (size_t i = 0; !shown && i < length; i++)
			fprintf(out, "\\x%02x", (unsigned char)text[i]);
		if (shown)
			fwrite(text, 1, length, out);
		text += length;
		size -= length;
	}
}
