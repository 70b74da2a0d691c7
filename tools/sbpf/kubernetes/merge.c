/* SPDX-License-Identifier: MIT */
/*
 * Where a merge of two profiles' JSON is stricter than what they mean together: it puts the
 * conditions of a rule of each side by side, and where both test one argument differently there is
 * no rule left (KEP-6061). Only rules that let a call through count here.
 */
#include "kubernetes.h"

#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of one side and one call; more are not looked at. */
#define RULES_MAX 64

struct condition_list {
	struct sbpf_condition list[12];
	size_t count;
};

/* The rules of one policy that let a call through under conditions. */
struct side {
	const char *call;
	struct condition_list rules[RULES_MAX];
	size_t count;
	bool has_more; /* or a rule without conditions, which conflicts with nothing */
};

struct merge {
	struct check *check;
	const struct sbpf_policy *sides[2];
	struct sbpf_policy *merged; /* the calls with conflicts, as the merge has them */
	struct sbpf_error error;
	bool has_conflict;
};

static bool note_rule(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct side *side = context;
	struct condition_list *list;

	if (strcmp(call, side->call) || !is_permitted(rule->verdict))
		return true;
	if (!rule->condition_count || rule->condition_count > 6 || side->count == RULES_MAX) {
		side->has_more = true;
		return false;
	}
	list = &side->rules[side->count++];
	memcpy(list->list, rule->conditions, rule->condition_count * sizeof(list->list[0]));
	list->count = rule->condition_count;
	return true;
}

static bool read_side(const struct sbpf_policy *policy, const char *call, struct side *side)
{
	*side = (struct side){ .call = call };
	sbpf_policy_rules(policy, note_rule, side);
	return side->count && !side->has_more;
}

static bool is_same(const struct sbpf_condition *a, const struct sbpf_condition *b)
{
	return a->compare == b->compare && a->value == b->value &&
	       (a->compare != SBPF_MASKED_EQ || a->value_two == b->value_two);
}

/* Both rules' conditions; false where they test one argument differently. */
static bool join(const struct condition_list *a, const struct condition_list *b,
		 struct condition_list *both)
{
	*both = *a;
	for (size_t i = 0; i < b->count; i++) {
		bool is_new = true;

		for (size_t j = 0; j < a->count; j++) {
			if (a->list[j].argument != b->list[i].argument)
				continue;
			if (!is_same(&a->list[j], &b->list[i]))
				return false;
			is_new = false;
		}
		if (is_new)
			both->list[both->count++] = b->list[i];
	}
	return true;
}

/* What the merge leaves of a call, if the two have something that conflicts. */
static int merge_call(struct merge *merge, const struct side *a, const struct side *b)
{
	struct condition_list both;
	bool has_conflict = false;

	for (size_t i = 0; i < a->count; i++) {
		for (size_t j = 0; j < b->count; j++) {
			if (!join(&a->rules[i], &b->rules[j], &both))
				has_conflict = true;
			else if (sbpf_policy_add_rule(merge->merged, SECCOMP_RET_ALLOW, a->call,
						      both.list, both.count, &merge->error))
				return -1;
		}
	}
	if (!has_conflict)
		return sbpf_policy_add_rule(merge->merged, SECCOMP_RET_ALLOW, a->call, NULL, 0,
					    &merge->error);
	merge->has_conflict = true;
	return sbpf_policy_add_rule(merge->merged, SECCOMP_RET_ERRNO | EPERM, a->call, NULL, 0,
				    &merge->error);
}

/* All calls without a conflict are let through by the merged one, and so never stricter there. */
static int merge_calls(struct merge *merge)
{
	struct side *sides = calloc(2, sizeof(sides[0]));
	int failed = !sides;

	for (int i = 0; !failed && i < sbpf_call_count(); i++) {
		const char *call = sbpf_call_at(i);

		if (read_side(merge->sides[0], call, &sides[0]) &&
		    read_side(merge->sides[1], call, &sides[1]))
			failed = merge_call(merge, &sides[0], &sides[1]);
	}
	free(sides);
	return failed;
}

static const char *call_text(struct check *check, const struct sbpf_example *example)
{
	const char *kept;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	call_print(out, example->abi, &example->data);
	fclose(out);
	kept = check_keep(check, text);
	free(text);
	return kept;
}

static const char *find_call(struct merge *merge)
{
	struct sbpf_space *space =
		sbpf_space_new(merge->check->options->machine, LINT_NODES, &merge->error);
	struct sbpf_example example;
	sbpf_meaning a, b, together, merged;
	const char *text = NULL;

	if (!sbpf_meaning_of_policy(space, merge->sides[0], &a, &merge->error) &&
	    !sbpf_meaning_of_policy(space, merge->sides[1], &b, &merge->error) &&
	    !sbpf_meaning_stack(space, a, b, &together, &merge->error) &&
	    !sbpf_meaning_of_policy(space, merge->merged, &merged, &merge->error) &&
	    sbpf_meaning_compare(space, together, merged, SBPF_SUBSET, &example, &merge->error) ==
		    SBPF_REFUTED)
		text = call_text(merge->check, &example);
	sbpf_space_free(space);
	return text;
}

/* Every ABI that one of them covers, so that no other difference is found. */
static int add_abis(struct merge *merge)
{
	int failed = 0;

	for (int abi = 0; abi < sbpf_abi_count() && !failed; abi++) {
		if (sbpf_policy_has_abi(merge->sides[0], abi) ||
		    sbpf_policy_has_abi(merge->sides[1], abi))
			failed =
				sbpf_policy_add_abi(merge->merged, name_of_abi(abi), &merge->error);
	}
	return failed;
}

const char *merge_refuses(struct check *check, const struct sbpf_policy *one,
			  const struct sbpf_policy *other)
{
	struct sbpf_target target = check->options->target;
	struct merge merge = { .check = check, .sides = { one, other } };
	const char *call = NULL;

	/* The first rule that holds, so that refusing what is left comes last. */
	target.reading = SBPF_READING_LITERAL;
	target.bad_arch = "ALLOW";
	merge.merged = sbpf_policy_new(SECCOMP_RET_ALLOW, &target, &merge.error);
	if (merge.merged && !add_abis(&merge) && !merge_calls(&merge) && merge.has_conflict)
		call = find_call(&merge);
	sbpf_policy_free(merge.merged);
	return call;
}
