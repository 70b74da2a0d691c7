/* SPDX-License-Identifier: MIT */
/* The text of a profile, in the OCI schema's keys. */
#ifndef SBPF_TOOLS_PROFILE_TEXT_H
#define SBPF_TOOLS_PROFILE_TEXT_H

#include "cover.h"

#define ABIS_MAX 64
#define ERRNO_MAX 4095

/* The rules of one call. */
struct call_rules {
	const char *name;
	struct cover cover; /* not empty */
	bool written;
};

struct profile_outline {
	uint32_t fallback;  /* the default verdict */
	unsigned int flags; /* SECCOMP_FILTER_FLAG_* */
	int abis[ABIS_MAX];
	size_t abi_count;
	struct call_rules *calls;
	size_t call_count;
};

/* Whether a profile can have this verdict; the outline must have no other. */
bool verdict_is_writable(uint32_t verdict);

bool call_is_conditional(const struct call_rules *call);

/* malloc'd; NULL when there is no memory. Calls with the same rules stand together. */
char *profile_text(struct profile_outline *outline, size_t *length);

#endif
