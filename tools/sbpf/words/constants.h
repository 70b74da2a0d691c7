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
 * The value of an argument as a call has it: "O_RDONLY|O_CLOEXEC", where constant_print() says
 * "O_CLOEXEC", and all that has no name in hexadecimal at the end. False, and nothing is printed,
 * when none of it has a name.
 */
bool constant_print_whole(FILE *out, int abi, const char *call, unsigned int argument,
			  uint64_t value);

/* The same by the sets of arch/constants.tbl in a list: "clone-flags+signals". */
bool constant_print_set(FILE *out, int abi, const char *list, uint64_t value);

/*
 * The name of a value, of one with flags the name of the rest ("FUTEX_WAKE"), by argument or by
 * sets; NULL when it has none.
 */
const char *constant_name(int abi, const char *call, unsigned int argument, uint64_t value);
const char *constant_name_in(int abi, const char *list, uint64_t value);

/* The value of a constant, whose name has this length, in sets; false when it has none there. */
bool constant_value_in(int abi, const char *list, const char *name, size_t length, uint64_t *value);

/* What the constants of an argument are. */
enum constant_form {
	CONSTANT_NONE,	/* it has none */
	CONSTANT_VALUE, /* it is one of them */
	CONSTANT_FLAGS, /* it holds several, perhaps with a field that is one of several */
};
enum constant_form constant_form(int abi, const char *call, unsigned int argument);

/* The same of sets; CONSTANT_NONE when one of them is not there. */
enum constant_form constant_set_form(const char *list);

/*
 * The value of a constant by name on the ABI, or of several with | between them. False when one
 * is not known there.
 */
bool constant_parse(int abi, const char *text, uint64_t *value);

/* The known constant most like this one, for messages; NULL when none is near. */
const char *constant_suggest(const char *name);

#endif
