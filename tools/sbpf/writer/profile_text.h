/* SPDX-License-Identifier: MIT */
/* The text of a profile, in the OCI schema's keys. */
#ifndef SBPF_TOOLS_PROFILE_TEXT_H
#define SBPF_TOOLS_PROFILE_TEXT_H

#include "sbpf.h"

#include <stdio.h>

#define ABIS_MAX 64
#define ERRNO_MAX 4095

/* An entry of syscalls[]. */
struct text_rule {
	uint32_t verdict;
	struct sbpf_condition conditions[6];
	size_t condition_count;
	const char **names; /* not owned */
	size_t name_count;
	const char *comment; /* NULL: none */
};

struct profile_outline {
	uint32_t fallback;  /* the default verdict */
	unsigned int flags; /* SECCOMP_FILTER_FLAG_* */
	int abis[ABIS_MAX];
	size_t abi_count;
	struct text_rule *rules; /* in the order of the text */
	size_t rule_count;
};

/* Whether a profile can have this verdict; the outline must have no other. */
bool verdict_is_writable(uint32_t verdict);

/*
 * {"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{…}]}: a rule, on lines of its own
 * that begin with separator and, inside it, unit; or on one line where separator is NULL.
 */
void text_rule_print(FILE *out, const struct text_rule *rule, const char *separator,
		     const char *unit);

/* malloc'd; NULL when there is no memory. */
char *profile_text(const struct profile_outline *outline, size_t *length);

#endif
