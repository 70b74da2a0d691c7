/* SPDX-License-Identifier: MIT */
/* The profile without what is not used, beside the whole one and what was seen. */
#include "advice_profile.h"
#include "call.h"
#include "unused.h"

#include <stdlib.h>

struct subset_proof {
	struct advice_claim claim;
	const struct operand_part *part;
	const char *text;
	size_t length;
	struct sbpf_error error;
	bool holds;
};

/* The meanings of both for one target. */
static bool find_meanings(struct subset_proof *proof, const struct sbpf_target *target,
			  sbpf_meaning *whole, sbpf_meaning *made)
{
	const struct operand_part *part = proof->part;
	struct sbpf_policy *before =
		sbpf_load_json(part->text, part->length, target, &proof->error);
	struct sbpf_policy *after =
		sbpf_load_json(proof->text, proof->length, target, &proof->error);
	bool done = before && after &&
		    !sbpf_meaning_of_policy(proof->claim.space, before, whole, &proof->error) &&
		    !sbpf_meaning_of_policy(proof->claim.space, after, made, &proof->error);

	sbpf_policy_free(before);
	sbpf_policy_free(after);
	return done;
}

static bool prove_target(void *context, const struct sbpf_guards_target *target)
{
	struct subset_proof *proof = context;
	sbpf_meaning whole, made;

	proof->holds = find_meanings(proof, &target->target, &whole, &made) &&
		       advice_holds(&proof->claim, made, whole, SBPF_SUBSET,
				    "would be let through, and was not before", &proof->error);
	return proof->holds;
}

/* For every target on a machine that the guards of the whole profile tell apart. */
static bool prove_subset(struct subset_proof *proof, const struct sbpf_target *target)
{
	const struct operand_part *part = proof->part;
	struct sbpf_guards *guards = sbpf_guards_new(target->reading, &proof->error);
	bool done = guards && !sbpf_guards_add(guards, part->text, part->length, &proof->error) &&
		    !sbpf_guards_targets(guards, target, prove_target, proof, &proof->error);

	sbpf_guards_free(guards);
	return done && proof->holds;
}

/* What was seen, as far as the whole profile lets it through. */
static bool prove_seen(struct subset_proof *proof, const struct advice *advice,
		       const struct sbpf_target *target, int machine)
{
	sbpf_meaning seen, whole, made, wanted;

	return advice_meaning_of_seen(advice, NULL, machine, proof->claim.space, &seen,
				      &proof->error) &&
	       find_meanings(proof, target, &whole, &made) &&
	       !sbpf_meaning_stack(proof->claim.space, seen, whole, &wanted, &proof->error) &&
	       advice_holds(&proof->claim, wanted, made, SBPF_SUBSET,
			    "was seen, and would not be let through any more", &proof->error);
}

bool unused_prove(const struct tool *tool, const struct advice *advice,
		  const struct operand_part *part, const struct sbpf_target *target,
		  const char *name, const char *text, size_t length)
{
	struct subset_proof proof = {
		.claim = { tool, name, NULL }, .part = part, .text = text, .length = length
	};
	bool proven = true;

	for (int abi = 0; abi < sbpf_abi_count() && proven; abi++) {
		struct sbpf_target one = *target;

		if (!(advice->machines >> abi & 1))
			continue;
		one.machine = name_of_abi(abi);
		proof.claim.space = sbpf_space_new(abi, 0, &proof.error);
		proven = proof.claim.space && prove_seen(&proof, advice, &one, abi) &&
			 prove_subset(&proof, &one);
		sbpf_space_free(proof.claim.space);
	}
	if (proof.error.code)
		report_error(tool->name, name, &proof.error);
	return proven;
}
