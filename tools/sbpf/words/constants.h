/* SPDX-License-Identifier: MIT */
/* C constants that the arguments of well-known calls take. */
#ifndef SBPF_TOOLS_CONSTANTS_H
#define SBPF_TOOLS_CONSTANTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Prints the value of an argument: "AF_VSOCK", "CLONE_NEWUSER|CLONE_NEWNS", or a number where no
 * constant of this call's argument has the value on the ABI.
 */
void constant_print(FILE *out, int abi, const char *call, unsigned int argument, uint64_t value);

/* The same as the operand of an operator: "(CLONE_NEWUSER|CLONE_NEWNS)" where it is several. */
void constant_print_operand(FILE *out, int abi, const char *call, unsigned int argument,
			    uint64_t value);

/* "AF_VSOCK (40)", or the number alone where it has no name. Returns buffer. */
#define CONSTANT_MAX 256
char *constant_text(int abi, const char *call, unsigned int argument, uint64_t value,
		    char buffer[CONSTANT_MAX]);

/*
 * Prints bits of an argument, as a mask or what a mask leaves: "(CLONE_NEWNS|CLONE_NEWUSER)", or a
 * number where the argument's constants are no flags.
 */
void constant_print_bits(FILE *out, int abi, const char *call, unsigned int argument,
			 uint64_t value);

/*
 * The value of a constant by name on the ABI, or of several with | between them. False when one
 * is not known there.
 */
bool constant_parse(int abi, const char *text, uint64_t *value);

/* The known constant most like this one, for messages; NULL when none is near. */
const char *constant_suggest(const char *name);

#endif
