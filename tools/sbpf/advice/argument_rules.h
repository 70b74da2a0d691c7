/* SPDX-License-Identifier: MIT */
/* Conditions for the values of arguments that were seen. */
#ifndef SBPF_TOOLS_ARGUMENT_RULES_H
#define SBPF_TOOLS_ARGUMENT_RULES_H

#include "advice.h"

/* More rules on one call nobody would read. */
#define ARGUMENT_RULES_MAX 64u

/* The arguments of calls of which only the values that were seen are let through. */
struct argument_choice {
	unsigned char *arguments; /* by index of sbpf_call_at(): bit = argument */
};

/*
 * Understands a list such as "socket,clone.clone_flags,ioctl": calls, or one argument of a call. An
 * argument of which not all values are known is reported and left out. False when the list is none,
 * which was reported as wrong usage; *status is the exit status.
 */
bool argument_choice_parse(const struct tool *tool, const struct advice *advice, const char *list,
			   struct argument_choice *choice, int *status);
void argument_choice_free(struct argument_choice *choice);

/*
 * The rules of a call for the arguments that were chosen: conditions that hold for what the kernel
 * reads, whatever else is in a register. Flags are one condition, that no other bits are set. Calls
 * each(context, conditions, count) for each rule. Returns how many there are.
 */
size_t argument_rules(const struct advice *advice, const struct argument_choice *choice, int call,
		      void (*each)(void *context, const struct sbpf_condition *conditions,
				   size_t count),
		      void *context);

/*
 * The combinations of values that were seen of the chosen arguments on one ABI, as conditions that
 * compare what the kernel reads (SBPF_WIDTH_KERNEL).
 */
void argument_combinations(const struct recorded_call *seen, unsigned int arguments,
			   void (*each)(void *context, const struct sbpf_condition *conditions,
					size_t count),
			   void *context);

#endif
