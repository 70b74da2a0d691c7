/* SPDX-License-Identifier: MIT */
/* Where the verdicts of operands come from. */
#ifndef SBPF_TOOLS_CAUSES_H
#define SBPF_TOOLS_CAUSES_H

#include "operand.h"

#include <stdio.h>

/*
 * What gave a call its verdict: a line for each part, "  ALLOW   b.json:10: defaultAction". Lines
 * begin with indent.
 */
void causes_print(FILE *out, const char *indent, const struct operand *operand, int machine,
		  const struct seccomp_data *data);

#endif
