/* SPDX-License-Identifier: MIT */
/*
 * The profile is read back as others read it, and compared with a policy that is made from the
 * recording's numbers and values alone.
 */
#include "advice_profile.h"
#include "call.h"
#include "operand.h"

#include <stdlib.h>
#include <string.h>

struct proof {
	struct advice_claim claim;
	const struct advice *advice;
	const struct argument_choice *choice;
	const struct sbpf_target *target; /* as the user gave it */
	const char *text;
	size_t length;
	int machine;
	struct sbpf_error error;
};

/* ---- What was seen ---- */

struct seen_rules {
	const struct advice *advice;
	const struct argument_choice *choice;
	struct sbpf_policy *policy;
	const char *abi;
	uint32_t number;
	struct sbpf_error *error;
	bool failed;
};

static void add_seen(void *context, const struct sbpf_condition *conditions, size_t count)
{
	struct seen_rules *rules = context;

	rules->failed |=
		sbpf_policy_add_number(rules->policy, SECCOMP_RET_ALLOW, rules->abi, rules->number,
				       conditions, count, rules->error) != 0;
}

/* A multiplexer with the sub-calls that it was seen with, or has. */
static void add_multiplexer(struct seen_rules *rules, const struct recorded_call *seen)
{
	const struct recorded_argument *sub = &seen->arguments[0];
	struct sbpf_multiplexed one;

	for (size_t i = 0; sbpf_multiplexed_at(i, &one); i++) {
		struct sbpf_condition condition = { 0, SBPF_EQ, one.sub, 0 };
		bool was_seen = !sub->bits || sub->many;

		for (size_t j = 0; j < sub->count; j++)
			was_seen |= (sub->values[j].value & one.mask) == one.sub;
		if (was_seen && !strcmp(one.multiplexer, seen->name))
			add_seen(rules, &condition, 1);
	}
}

static void add_call(struct seen_rules *rules, const struct recorded_call *seen)
{
	int call = seen->name ? sbpf_call_find(seen->name) : -1;
	unsigned int arguments;

	if (call < 0 || (seen->count == seen->refused && rules->advice->options.without_refused))
		return;
	arguments = rules->choice ? rules->choice->arguments[call] : 0;
	rules->number = seen->number;
	if (is_multiplexer(seen->name))
		add_multiplexer(rules, seen);
	else if (arguments)
		argument_combinations(seen, arguments, add_seen, rules);
	else
		add_seen(rules, NULL, 0);
}

static bool add_abi(struct seen_rules *rules, int abi)
{
	const struct recorded_abi *recorded = &rules->advice->recording->abis[abi];

	rules->abi = name_of_abi(abi);
	if (sbpf_policy_add_abi(rules->policy, rules->abi, rules->error))
		return false;
	for (size_t i = 0; i < recorded->count && !rules->failed; i++)
		add_call(rules, &recorded->calls[i]);
	return !rules->failed;
}

/* Nothing is stricter than the end of the process. */
bool advice_meaning_of_seen(const struct advice *advice, const struct argument_choice *choice,
			    int machine, struct sbpf_space *space, sbpf_meaning *meaning,
			    struct sbpf_error *error)
{
	struct sbpf_target target = { .machine = name_of_abi(machine), .width = SBPF_WIDTH_KERNEL };
	uint64_t relatives = operand_abis(machine, &(struct operand){ 0 });
	struct seen_rules rules = { .advice = advice, .choice = choice, .error = error };
	bool done;

	rules.policy = sbpf_policy_new(SECCOMP_RET_KILL_PROCESS, &target, error);
	done = rules.policy;
	for (int abi = 0; abi < advice->recording->abi_count && done; abi++) {
		if (advice->abis & relatives & UINT64_C(1) << abi)
			done = add_abi(&rules, abi);
	}
	done = done && !sbpf_meaning_of_policy(space, rules.policy, meaning, error);
	sbpf_policy_free(rules.policy);
	return done;
}

/* ---- The text ---- */

static const struct way {
	enum sbpf_reading reading;
	enum sbpf_width width;
	const char *differs; /* what is reported where it means something else than the first */
} ways[] = {
	{ SBPF_READING_DOCKER, SBPF_WIDTH_PROFILE, NULL },
	{ SBPF_READING_OCI, SBPF_WIDTH_PROFILE, "means something else as runc and crun read it" },
	{ SBPF_READING_LITERAL, SBPF_WIDTH_PROFILE, "means something else read literally" },
	{ SBPF_READING_DOCKER, SBPF_WIDTH_KERNEL, "means something else with --width kernel" },
};

static bool meaning_of_text(struct proof *proof, const struct way *way, sbpf_meaning *meaning)
{
	struct sbpf_target target = *proof->target;
	struct sbpf_policy *policy;
	bool done;

	target.machine = name_of_abi(proof->machine);
	target.abis = NULL;
	target.reading = way->reading;
	target.width = way->width;
	policy = sbpf_load_json(proof->text, proof->length, &target, &proof->error);
	done = policy &&
	       !sbpf_meaning_of_policy(proof->claim.space, policy, meaning, &proof->error);
	sbpf_policy_free(policy);
	return done;
}

static bool report_call(const struct advice_claim *claim, const struct sbpf_example *example,
			const char *what)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out) {
		call_print(out, example->abi, &example->data);
		if (fclose(out) == EOF)
			length = 0;
	}
	report(claim->tool->name, "%s: %s: %s", claim->name, text ? text : "", what);
	free(text);
	return false;
}

bool advice_holds(const struct advice_claim *claim, sbpf_meaning a, sbpf_meaning b,
		  enum sbpf_relation relation, const char *what, struct sbpf_error *error)
{
	struct sbpf_example example;
	enum sbpf_answer answer =
		sbpf_meaning_compare(claim->space, a, b, relation, &example, error);

	if (answer == SBPF_REFUTED)
		return report_call(claim, &example, what);
	return answer == SBPF_HOLDS;
}

static bool prove_for_machine(struct proof *proof)
{
	sbpf_meaning seen, first, other;

	if (!advice_meaning_of_seen(proof->advice, proof->choice, proof->machine,
				    proof->claim.space, &seen, &proof->error) ||
	    !meaning_of_text(proof, &ways[0], &first))
		return false;
	for (size_t i = 1; i < COUNT(ways); i++) {
		if (!meaning_of_text(proof, &ways[i], &other) ||
		    !advice_holds(&proof->claim, first, other, SBPF_EQUAL, ways[i].differs,
				  &proof->error))
			return false;
	}
	return advice_holds(&proof->claim, seen, first, SBPF_SUBSET,
			    "was seen, and would not be let through", &proof->error);
}

bool advice_prove(const struct tool *tool, const struct advice *advice,
		  const struct argument_choice *choice, const struct sbpf_target *target,
		  const char *name, const char *text, size_t length)
{
	struct proof proof = { .claim = { tool, name, NULL },
			       .advice = advice,
			       .choice = choice,
			       .target = target,
			       .text = text,
			       .length = length };
	bool proven = true;

	for (int abi = 0; abi < sbpf_abi_count() && proven; abi++) {
		if (!(advice->machines >> abi & 1))
			continue;
		proof.machine = abi;
		proof.claim.space = sbpf_space_new(abi, 0, &proof.error);
		proven = proof.claim.space && prove_for_machine(&proof);
		sbpf_space_free(proof.claim.space);
	}
	if (proof.error.code)
		report_error(tool->name, name, &proof.error);
	return proven;
}
