/* SPDX-License-Identifier: MIT */
/*
 * What a profile means, by direct interpretation of docs/semantics.md: no tree, no table but the
 * text files, no code of the library. Slow and plain; the library is compared with it.
 *
 * It takes a profile that the library has accepted and repeats no check of its validity.
 */
#ifndef SBPF_TESTS_REFERENCE_H
#define SBPF_TESTS_REFERENCE_H

#include "sbpf.h"
#include "tables.h"

/* One call of one rule that applies to the target, in document order. */
struct reference_rule {
	int name; /* index in tables.names */
	uint32_t verdict;
	struct sbpf_condition conditions[64];
	size_t condition_count; /* two on one argument only in the literal reading */
};

struct reference {
	const struct tables *tables;
	int machine;
	bool covered[TABLES_ABIS]; /* ABIs of the filter */
	uint32_t bad_arch;
	uint32_t default_verdict;
	bool unknown_as_enosys;
	enum sbpf_reading reading;
	enum sbpf_width width;
	struct reference_rule *rules;
	size_t rule_count;
	size_t rule_capacity;
	bool named[TABLES_NAMES]; /* anywhere in the profile's text */
};

/*
 * Reads a profile for a target; target may be NULL. The tables must outlive the result. NULL with
 * a line on standard error when the profile or the target is not understood.
 */
struct reference *reference_new(const struct tables *tables, const char *text, size_t length,
				const struct sbpf_target *target);

/* The verdict for one call. The arguments are as seccomp_data has them. */
uint32_t reference_verdict(const struct reference *reference, const struct seccomp_data *data);

/*
 * Whether a call's number is allowed outright: no condition is asked. Every such number shall be
 * answered from the kernel's cache.
 */
bool reference_allows_outright(const struct reference *reference, const struct seccomp_data *data);

/* The ABI a call comes from, or -1 when the filter covers none such. */
int reference_abi(const struct reference *reference, const struct seccomp_data *data);

void reference_free(struct reference *reference);

#endif
