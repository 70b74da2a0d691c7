/* SPDX-License-Identifier: MIT */
/* A verdict as the first words of an assertion. */
#ifndef SBPF_TOOLS_VERDICT_WORDS_H
#define SBPF_TOOLS_VERDICT_WORDS_H

#include <stdint.h>
#include <stdio.h>

/* "errno EPERM", by the symbols of a machine (an ABI index); -1: "errno 1". */
void verdict_words(FILE *out, uint32_t verdict, int machine);

#endif
