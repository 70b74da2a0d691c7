/* SPDX-License-Identifier: MIT */
/* The one table of actions, and of the flags and operators, that parsing and printing share. */
#ifndef SBPF_LIB_ACTION_H
#define SBPF_LIB_ACTION_H

#include "sbpf.h"

#define ERRNO_MAX 4095 /* MAX_ERRNO of linux/err.h, to which kernel/seccomp.c cuts the data */

struct action {
	const char *name; /* without SCMP_ACT_ */
	uint32_t ret;
	bool has_data; /* errnoRet applies */
};

/* By SCMP_ACT_* name, or without the prefix; NULL when there is none. */
const struct action *action_find(const char *name);

/* The action of a verdict; NULL for a value no action has. */
const struct action *action_of(uint32_t verdict);

/*
 * Greater for a more restrictive action; verdicts of one action have the same. The kernel takes an
 * action that it does not know for KILL_PROCESS.
 */
unsigned int verdict_rank(uint32_t verdict);

/* SECCOMP_FILTER_FLAG_* by its name in a profile; 0 when a profile cannot ask for it. */
unsigned int flag_find(const char *name);

/* "SECCOMP_FILTER_FLAG_LOG" of one bit, or NULL. */
const char *flag_name(unsigned int flag);

/* SCMP_CMP_* ; 0 when there is none. */
enum sbpf_compare compare_find(const char *name);
const char *compare_name(enum sbpf_compare compare);

/* "ALLOW, LOG, …": all names for an error message. */
void action_names(char *buffer, size_t size);
void compare_names(char *buffer, size_t size);
void flag_names(char *buffer, size_t size);

/* sbpf_verdict_parse() with the errno symbols of a machine: "ERRNO(ENOSYS)" is 89 on mips. */
bool verdict_parse(int machine, const char *text, uint32_t *verdict);

#endif
