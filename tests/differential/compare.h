/* SPDX-License-Identifier: MIT */
/* One profile, read by the library and by the reference, and whether both say the same. */
#ifndef SBPF_TESTS_COMPARE_H
#define SBPF_TESTS_COMPARE_H

#include "reference.h"

#define EFFORTS 2

struct comparison {
	struct reference *reference;
	struct sbpf_policy *policy;
	struct sbpf_filter *filters[EFFORTS]; /* by enum sbpf_effort */
};

/*
 * Reads a profile both ways, compiles it with both efforts and checks that the kernel would take
 * both filters. False when the library refuses the profile, with the reason in *error, or when
 * something is wrong, with a line on standard error and error->code SBPF_OK.
 */
bool comparison_start(struct comparison *comparison, const struct tables *tables, const char *text,
		      size_t length, const struct sbpf_target *target, struct sbpf_error *error);

/* Whether all agree on a call, sbpf_policy_verdict() too, and the kernel's cache holds it if it
 * may; prints what differs. */
bool comparison_agrees(const struct comparison *comparison, const struct seccomp_data *data);

void comparison_end(struct comparison *comparison);

#endif
