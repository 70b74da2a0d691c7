/* SPDX-License-Identifier: MIT */
/* Rules in document order for one target. */
#ifndef SBPF_LIB_POLICY_H
#define SBPF_LIB_POLICY_H

#include "arena.h"
#include "sbpf.h"

#define POLICY_ABI_MAX 32

/* One call of one rule. Rules without conditions have condition_count 0. */
struct policy_rule {
	int32_t call; /* call id, or -1: number of abi */
	int32_t abi;
	union {
		uint32_t number; /* without the ABI's offset */
		uint32_t name;	 /* of a call: its index in the entry's names[] */
	};
	uint32_t verdict;
	const struct sbpf_condition *conditions;
	uint32_t condition_count;
	uint32_t source; /* index in the profile's syscalls[], or order of adding */
};

struct sbpf_policy {
	struct arena arena; /* conditions, warnings */
	void *document;	    /* what it was read from, until it is freed; or NULL */
	void (*release_document)(void *document);
	int machine;
	uint64_t abi_set;	  /* bit = ABI index */
	int abis[POLICY_ABI_MAX]; /* the machine's own first, then as they were added */
	size_t abi_count;
	bool leaves_out_own; /* the machine's own ABI was removed: that is what is wanted */
	uint32_t default_verdict;
	uint32_t bad_arch;
	unsigned int flags;
	bool unknown_as_enosys;
	bool strict;
	bool depends_on_kernel; /* a rule has a minKernel */
	enum sbpf_reading reading;
	enum sbpf_width width;
	uint32_t
		newest; /* call_since() of the newest call named, whether its rule applies or not */
	struct policy_rule *rules;
	size_t rule_count;
	size_t rule_capacity;
	int last_abi; /* that a number was added for: others of it are likely to follow */
	struct sbpf_error *warnings;
	size_t warning_count;
	size_t warning_capacity;
	struct sbpf_error failure; /* of the first change that failed: it is not what was meant */
};

struct target;

/* A policy that has what the target says, but no ABI, default or rule yet; NULL without memory. */
struct sbpf_policy *policy_for_target(const struct target *target, struct sbpf_error *error);

/* Whether all that was asked of a policy is in it, and the caller has not failed before. 0 or -1.
 */
int policy_check(const struct sbpf_policy *policy, struct sbpf_error *error);

/* Adds one call of one rule. conditions must live as long as the policy (its arena). */
int policy_append(struct sbpf_policy *policy, const struct policy_rule *rule,
		  struct sbpf_error *error);

/* The rule as the public face shows it. */
struct sbpf_rule policy_rule_shown(const struct policy_rule *rule);

/* Adds a warning, without failing the load when there is no memory for it. */
void policy_warn(struct sbpf_policy *policy, const struct sbpf_error *warning);

/* Adds an ABI by index. */
int policy_add_abi_index(struct sbpf_policy *policy, int abi, struct sbpf_error *error);

#endif
