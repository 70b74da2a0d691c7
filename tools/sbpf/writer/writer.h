/* SPDX-License-Identifier: MIT */
/* How the parts of profile_writer.c work together; for these alone. */
#ifndef SBPF_TOOLS_WRITER_H
#define SBPF_TOOLS_WRITER_H

#include "profile_proof.h"
#include "rules.h"

/* The rules of one call. */
struct call_rules {
	const char *name;
	struct cover cover; /* not empty */
	bool listed;
};

struct writer {
	const struct profile_request *request;
	uint32_t bad_arch;
	struct profile_outline outline;
	struct profile_proof proof;
	struct call_rules *calls;
	size_t call_count;
	uint64_t budget;    /* for covers */
	const char **names; /* of the outline's rules */
};

/* Returns false. */
bool writer_report_memory(const struct writer *writer);

/* Whether a profile can have the verdict that someone gets; else that was stated. */
bool writer_check_verdict(struct writer *writer, const char *who, uint32_t verdict);

/* Finds the ABIs that the profile covers, and its default. False where there are none. */
bool writer_find_frame(struct writer *writer);

/*
 * Finds the rules of a call from what it gets, and adds it to the writer's calls if it needs any.
 * What no rules say is stated. False when there is no memory, which was reported.
 */
bool writer_find_call(struct writer *writer, const char *name);

bool cover_is_conditional(const struct cover *cover);

struct text_rule text_rule_of(const struct cover_rule *rule);

/*
 * Lists the outline's rules as the policy has them, where its rules say the same in every reading
 * and need no order, and rules found from the meaning for other calls. With derive_multiplexed the
 * latter are all that are multiplexers or have one. Changes what is in the writer already. False
 * when there is no memory, which was reported, or when some call cannot be written.
 */
bool writer_keep_rules(struct writer *writer, const struct sbpf_policy *policy,
		       bool derive_multiplexed);

#endif
