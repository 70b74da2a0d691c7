/* SPDX-License-Identifier: MIT */
/* What the guards of profiles tell apart: the input of classes.c. */
#ifndef SBPF_LIB_GUARDS_H
#define SBPF_LIB_GUARDS_H

#include "sbpf.h"

/* What has to hold for a rule to apply; all of it 0: it always does. */
struct guard {
	uint64_t includes_machines; /* bit = ABI index; 0: any */
	uint64_t excludes_machines;
	uint64_t includes_capabilities; /* bit = CAP_* number */
	uint64_t excludes_capabilities;
	uint32_t includes_kernel; /* as kernel_parse() gives it; 0: any */
	uint32_t excludes_kernel;
};

/* One call of one rule with a guard. */
struct guarded {
	int32_t call; /* id */
	uint32_t guard;
};

struct sbpf_guards {
	bool lacks_some; /* a profile could not be added */
	enum sbpf_reading reading;
	struct guard *guards;
	size_t guard_count;
	size_t guard_capacity;
	struct guarded *calls;
	size_t call_count;
	size_t call_capacity;
	uint64_t machines;	   /* bit = ABI index */
	bool has_own_capabilities; /* a config.json says which it holds */
};

/* Sets of capabilities that together make every set of rules apply that any set would. */
struct classes {
	uint64_t *sets; /* malloc'd; Docker's 14 first, where they are the default */
	size_t count;
};

/*
 * The classes for one machine and kernel. default_known: Docker's capabilities are looked at in any
 * case, and need no set of their own. SBPF_ERROR_LIMIT when they are too many. 0, or -1.
 */
int classes_find(const struct sbpf_guards *guards, int machine, uint32_t kernel, bool default_known,
		 struct classes *classes, struct sbpf_error *error);

/* Whether a guard leaves its rule to the capabilities on a machine and a kernel. */
bool guard_allows(const struct guard *guard, int machine, uint32_t kernel);

#endif
