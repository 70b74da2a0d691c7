/* SPDX-License-Identifier: MIT */
/* The proof that a conversion changed nothing. */
#include "convert.h"

#include "call.h"
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODES 2000000u

struct proof {
	const char *texts[2];
	size_t lengths[2];
	enum sbpf_reading readings[2];
	struct sbpf_error *error;
	bool failed;
};

static int find_meaning(const struct proof *proof, size_t index, const struct sbpf_target *target,
			struct sbpf_space *space, unsigned int *flags, sbpf_meaning *meaning)
{
	struct sbpf_target its_own = *target;
	struct sbpf_policy *policy;
	int result;

	its_own.reading = proof->readings[index];
	policy = sbpf_load_json(proof->texts[index], proof->lengths[index], &its_own, proof->error);
	result = sbpf_meaning_of_policy(space, policy, meaning, proof->error);
	*flags = sbpf_policy_flags(policy);
	sbpf_policy_free(policy);
	return result;
}

/* The call that shows it. */
static void report_difference(struct proof *proof, int machine, const struct sbpf_example *example)
{
	char a[VERDICT_MAX], b[VERDICT_MAX];
	char *call = NULL;
	size_t length;
	FILE *out = open_memstream(&call, &length);

	if (out) {
		call_print(out, example->abi, &example->data);
		fclose(out);
	}
	*proof->error = (struct sbpf_error){ .code = SBPF_ERROR_PROOF };
	snprintf(proof->error->message, sizeof(proof->error->message),
		 "as runtimes read the result, %s would get %s in place of %s: flatten the profile "
		 "for "
		 "its target first",
		 call ? call : "a call", sbpf_verdict_describe(example->b, machine, b, sizeof(b)),
		 sbpf_verdict_describe(example->a, machine, a, sizeof(a)));
	free(call);
}

static bool prove_one(void *context, const struct sbpf_guards_target *target)
{
	struct proof *proof = context;
	struct sbpf_space *space = sbpf_space_new(target->machine, NODES, proof->error);
	struct sbpf_example example;
	unsigned int flags[2] = { 0 };
	sbpf_meaning meanings[2];
	enum sbpf_answer answer = SBPF_UNKNOWN;

	if (!find_meaning(proof, 0, &target->target, space, &flags[0], &meanings[0]) &&
	    !find_meaning(proof, 1, &target->target, space, &flags[1], &meanings[1]))
		answer = sbpf_meaning_compare(space, meanings[0], meanings[1], SBPF_EQUAL, &example,
					      proof->error);
	if (answer == SBPF_REFUTED)
		report_difference(proof, target->machine, &example);
	sbpf_space_free(space);
	proof->failed = answer != SBPF_HOLDS || flags[0] != flags[1];
	return !proof->failed;
}

int convert_prove(const char *text, size_t length, enum sbpf_reading reading, const char *other,
		  size_t other_length, struct sbpf_error *error)
{
	struct proof proof = {
		.texts = { text, other },
		.lengths = { length, other_length },
		.readings = { reading, SBPF_READING_OCI },
		.error = error,
	};
	struct sbpf_guards *guards = sbpf_guards_new(reading, error);
	int result = -1;

	if (!sbpf_guards_add(guards, text, length, error) &&
	    !sbpf_guards_add(guards, other, other_length, error))
		result = sbpf_guards_targets(guards, NULL, prove_one, &proof, error);
	sbpf_guards_free(guards);
	return result || proof.failed ? -1 : 0;
}
