/* SPDX-License-Identifier: MIT */
/* Calls, verdicts and where verdicts come from, as people read them. */
#ifndef SBPF_TOOLS_CALL_H
#define SBPF_TOOLS_CALL_H

#include "operand.h"

#include <stdio.h>

/* Room for a verdict's text. */
#define VERDICT_MAX 32

/* "ERRNO(EPERM)", by the symbols of a machine (an ABI index), or "unknown". Returns buffer. */
char *verdict_text(bool known, uint32_t verdict, int machine, char buffer[VERDICT_MAX]);

/*
 * The order of actions: below 0 when a is more restrictive than b, 0 for the same action
 * (seccomp(2), "filter return values").
 */
int verdict_compare(uint32_t a, uint32_t b);

/* "family" where the tables name the parameter, else "arg0". Returns buffer. */
#define PARAMETER_MAX 48
char *parameter_text(int abi, uint32_t number, unsigned int argument, char buffer[PARAMETER_MAX]);

/* "x86_64 socket(0x28, 0x0, 0x0)", "x86 number 999(0x0)", "arch 0x0 number 5()". */
void call_print(FILE *out, int abi, const struct seccomp_data *data);

/*
 * What gave a call its verdict: a line for each part, "  ALLOW   b.json:10: defaultAction". Lines
 * begin with indent.
 */
void causes_print(FILE *out, const char *indent, const struct operand *operand, int machine,
		  const struct seccomp_data *data);

#endif
