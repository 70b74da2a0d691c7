/* SPDX-License-Identifier: MIT */
/* Which rules of a profile can have given an action to a call whose arguments are not known. */
#ifndef SBPF_TOOLS_SUSPECTS_H
#define SBPF_TOOLS_SUSPECTS_H

#include "refusals.h"

#define SUSPECTS_MAX 8

struct suspect {
	enum sbpf_cause cause;
	uint64_t entry; /* in syscalls[]; NO_ENTRY: no rule */
	uint32_t verdict;
	struct seccomp_data data; /* a call that it decides */
};

struct suspects {
	struct suspect list[SUSPECTS_MAX];
	size_t count; /* of all there are */
	bool unknown; /* whether there are any cannot be told */
};

/* What may be done for all that is asked, in rules that are looked at: a second or two. */
#define SUSPECTS_EFFORT UINT64_C(20000000)

/*
 * All of them, each with a call that shows it; none when the profile never answers this number so.
 * action: SECCOMP_RET_* without data. For calls of data->arch and data->nr. What it takes is taken
 * from the effort; past it the answer is unknown.
 */
void suspects_find(const struct sbpf_policy *policy, const struct sbpf_target *target,
		   const struct seccomp_data *data, uint32_t action, uint64_t *effort,
		   struct suspects *suspects);

#endif
