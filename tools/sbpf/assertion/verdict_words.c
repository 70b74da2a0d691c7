/* SPDX-License-Identifier: MIT */
#include "verdict_words.h"

#include "sbpf.h"

#include <ctype.h>
#include <string.h>

/* "ERRNO(EPERM)" in small letters, but for what stands in the parentheses. */
void verdict_words(FILE *out, uint32_t verdict, int machine)
{
	char text[64];
	size_t word;

	if (machine < 0)
		sbpf_verdict_format(verdict, text, sizeof(text));
	else
		sbpf_verdict_describe(verdict, machine, text, sizeof(text));
	word = strcspn(text, "(");
	for (size_t i = 0; i < word; i++)
		putc(tolower((unsigned char)text[i]), out);
	if (text[word])
		fprintf(out, " %.*s", (int)strcspn(text + word + 1, ")"), text + word + 1);
}
