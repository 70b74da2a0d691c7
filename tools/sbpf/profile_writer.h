/* SPDX-License-Identifier: MIT */
/* A meaning as a JSON profile, in the OCI schema's keys, the same in every reading. */
#ifndef SBPF_TOOLS_PROFILE_WRITER_H
#define SBPF_TOOLS_PROFILE_WRITER_H

#include "common.h"

struct profile_request {
	const struct tool *tool;
	const char *name; /* of what is written, for messages */
	struct sbpf_space *space;
	sbpf_meaning meaning;
	int machine;
	const struct sbpf_target *target; /* for which the profile must mean it */
	unsigned int flags;		  /* SECCOMP_FILTER_FLAG_* to ask for */
	bool named_only; /* numbers without a name may differ, with a warning for them */
};

/*
 * Returns the malloc'd text of a profile that was proven to have the meaning; *length is its
 * length. NULL when there is none, or none that was found: what a profile cannot say was reported.
 */
char *profile_write(const struct profile_request *request, size_t *length);

#endif
