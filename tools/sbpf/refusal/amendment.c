/* SPDX-License-Identifier: MIT */
/*
 * What the new profile is to mean is said without its text: what the old one means, united with a
 * policy that kills all but the calls that are to pass. Each change of the text is read back, and
 * kept if it means just that.
 */
#include "amendment.h"

#include "call.h"
#include "replacement.h"
#include "splice.h"

#include <stdlib.h>
#include <string.h>

static bool report_memory(const struct amendment *amendment)
{
	report(amendment->tool->name, "out of memory");
	return false;
}

static bool report_trouble(const struct amendment *amendment, const struct sbpf_error *error)
{
	report_error(amendment->tool->name, amendment->part->path, error);
	return false;
}

/* ---- Drafts ---- */

static void draft_free(struct draft *draft)
{
	free(draft->text);
	sbpf_policy_free(draft->policy);
	*draft = (struct draft){ 0 };
}

/* Reads a text, which becomes the draft's. False with an error. */
static bool draft_read(const struct amendment *amendment, char *text, size_t length,
		       struct draft *draft, struct sbpf_error *error)
{
	const struct addition_question *question = &amendment->question;

	*draft = (struct draft){ .text = text, .length = length };
	draft->policy = sbpf_load_json(text, length, question->target, error);
	return draft->policy &&
	       sbpf_meaning_of_policy(question->space, draft->policy, &draft->meaning, error) == 0;
}

/* The text of a change; false when it cannot be read, or could not be made. */
static bool draft_take(const struct amendment *amendment, struct splice *splice,
		       struct draft *draft)
{
	struct sbpf_error error = { 0 };

	*draft = (struct draft){ 0 };
	if (splice->failed)
		return false;
	if (!draft_read(amendment, splice->text, splice->length, draft, &error))
		draft->text = NULL;
	else
		splice->text = NULL;
	return !error.code;
}

static void draft_replace(struct draft *draft, struct draft *other)
{
	draft_free(draft);
	*draft = *other;
	*other = (struct draft){ 0 };
}

static bool begin(struct amendment *amendment, const struct operand *operand)
{
	struct addition_question *question = &amendment->question;
	const struct operand_part *part = amendment->part;
	struct sbpf_error error = { 0 };
	char *first = malloc(part->length + 1), *second = malloc(part->length + 1);

	question->machine = sbpf_policy_machine(part->policy);
	question->relatives = operand_abis(question->machine, operand);
	question->enosys = enosys_of(question->machine);
	question->space = sbpf_space_new(question->machine, 0, &error);
	if (!first || !second || !question->space) {
		free(first);
		free(second);
		return question->space ? report_memory(amendment)
				       : report_trouble(amendment, &error);
	}
	memcpy(first, part->text, part->length);
	memcpy(second, part->text, part->length);
	if (draft_read(amendment, first, part->length, &amendment->before, &error) &
	    draft_read(amendment, second, part->length, &amendment->after, &error))
		return true;
	return report_trouble(amendment, &error);
}

/* ---- What is to be written ---- */

static bool find_additions(struct amendment *amendment)
{
	size_t count = refusals_size(amendment->refusals);

	amendment->additions = calloc(count + 1, sizeof(amendment->additions[0]));
	amendment->call_of = calloc(count + 1, sizeof(struct amended_call *));
	amendment->calls = calloc(count + 1, sizeof(amendment->calls[0]));
	if (!amendment->additions || !amendment->call_of || !amendment->calls)
		return report_memory(amendment);
	for (size_t i = 0; i < count; i++) {
		addition_find(&amendment->question, &amendment->after,
			      refusals_at(amendment->refusals, i), &amendment->additions[i]);
		if (amendment->additions[i].abi >= 0)
			amendment->abis |= UINT64_C(1) << amendment->additions[i].abi;
	}
	return true;
}

/* What a call gets whose ABI is covered now. */
static void find_second_addition(struct amendment *amendment, size_t index)
{
	const struct refusal *refusal = refusals_at(amendment->refusals, index);
	struct addition *addition = &amendment->additions[index];
	int abi = addition->abi;

	if (is_permitted(
		    sbpf_policy_verdict(amendment->after.policy, &refusal->data, NULL, NULL, NULL)))
		return;
	addition_find(&amendment->question, &amendment->after, refusal, addition);
	addition->abi = abi;
}

/* The ABIs first: what their calls get then is the profile's own word. */
static bool add_abis(struct amendment *amendment)
{
	const struct addition_question *question = &amendment->question;
	struct splice splice;
	struct draft draft;
	bool done;

	if (!amendment->abis)
		return true;
	splice_begin(&splice, amendment->after.text, amendment->after.length,
		     amendment->part->prefix);
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (amendment->abis >> abi & 1)
			splice_add_abi(&splice, question->machine, abi,
				       question->target->reading != SBPF_READING_OCI);
	}
	done = draft_take(amendment, &splice, &draft);
	splice_end(&splice);
	if (!done) {
		report(amendment->tool->name, "%s: no place for an architecture was found",
		       amendment->part->path);
		draft_free(&draft);
		return false;
	}
	draft_replace(&amendment->after, &draft);
	for (size_t i = 0; i < refusals_size(amendment->refusals); i++) {
		if (amendment->additions[i].abi >= 0)
			find_second_addition(amendment, i);
	}
	return true;
}

static bool same_rule(const struct text_rule *a, const struct text_rule *b)
{
	return a->verdict == b->verdict && a->condition_count == b->condition_count &&
	       !memcmp(a->conditions, b->conditions, sizeof(a->conditions));
}

/* One that allows the call whatever its arguments says all that is to be said of it. */
static void want(struct amended_call *call, const struct addition *addition)
{
	const struct text_rule *rule = &addition->rule;
	bool whole = addition->kind == ADDITION_RULE && !rule->condition_count;

	if (call->wanted_count && addition->kind == ADDITION_ENOSYS)
		return;
	if (call->wanted_count && (whole || call->wanted[0].verdict != SECCOMP_RET_ALLOW))
		call->wanted_count = 0;
	else if (call->wanted_count && !call->wanted[0].condition_count)
		return;
	for (size_t i = 0; i < call->wanted_count; i++) {
		if (same_rule(&call->wanted[i], rule))
			return;
	}
	call->wanted[call->wanted_count++] = *rule;
}

static struct amended_call *find_call(struct amendment *amendment, const char *name)
{
	size_t count = refusals_size(amendment->refusals);
	struct amended_call *call = amendment->calls;

	while (call < amendment->calls + amendment->call_count && call->name != name)
		call++;
	if (call->name)
		return call;
	*call = (struct amended_call){ .name = name, .manner = MANNER_NONE, .appends = true };
	call->wanted = calloc(count, sizeof(call->wanted[0]));
	amendment->call_count++;
	return call;
}

static bool collect_calls(struct amendment *amendment)
{
	for (size_t i = 0; i < refusals_size(amendment->refusals); i++) {
		const struct refusal *refusal = refusals_at(amendment->refusals, i);
		const struct addition *addition = &amendment->additions[i];
		struct amended_call *call;

		if (addition->kind == ADDITION_NONE)
			continue;
		call = find_call(amendment, addition->name);
		if (!call->wanted)
			return report_memory(amendment);
		amendment->call_of[i] = call;
		call->appends &= refusal->key.cause != SBPF_BY_RULE;
		want(call, addition);
	}
	return true;
}

/* ---- What it is to mean ---- */

static bool add_wanted(struct sbpf_policy *policy, const struct amended_call *call,
		       struct sbpf_error *error)
{
	for (size_t i = 0; i < call->wanted_count; i++) {
		const struct text_rule *rule = &call->wanted[i];

		if (sbpf_policy_add_rule(policy, rule->verdict, call->name, rule->conditions,
					 rule->condition_count, error))
			return false;
	}
	return true;
}

/* The draft's meaning, and that these calls pass. False with a report. */
static bool find_wanted(const struct amendment *amendment, struct amended_call *const *calls,
			size_t count, sbpf_meaning *wanted)
{
	const struct addition_question *question = &amendment->question;
	const struct draft *draft = &amendment->after;
	struct sbpf_target target = {
		.machine = name_of_abi(question->machine),
		.abis = "",
		.width = question->target->width,
	};
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_KILL_PROCESS, &target, &error);
	bool done = policy;
	sbpf_meaning added;

	for (int abi = 0; done && abi < sbpf_abi_count(); abi++) {
		if (sbpf_policy_has_abi(draft->policy, abi))
			done = !sbpf_policy_add_abi(policy, name_of_abi(abi), &error);
	}
	for (size_t i = 0; done && i < count; i++)
		done = add_wanted(policy, calls[i], &error);
	/* Of two errnos it is the addition's that counts. */
	done = done && !sbpf_meaning_of_policy(question->space, policy, &added, &error) &&
	       !sbpf_meaning_union(question->space, added, draft->meaning, wanted, &error);
	if (!done)
		report_trouble(amendment, &error);
	sbpf_policy_free(policy);
	return done;
}

static bool is_equal(const struct amendment *amendment, sbpf_meaning a, sbpf_meaning b)
{
	struct sbpf_error error = { 0 };

	return sbpf_meaning_compare(amendment->question.space, a, b, SBPF_EQUAL, NULL, &error) ==
	       SBPF_HOLDS;
}

/* ---- The rules as they are ---- */

/* The rules of calls whose only addition is this verdict, in one. */
static void join_names(struct amended_call *const *calls, size_t count, uint32_t verdict,
		       const char **names, struct text_rule *rule)
{
	*rule = (struct text_rule){ .verdict = verdict, .names = names };
	for (size_t i = 0; i < count; i++) {
		const struct text_rule *wanted = calls[i]->wanted;

		if (!wanted->condition_count && wanted->verdict == verdict)
			names[rule->name_count++] = calls[i]->name;
	}
}

static bool append_rules(const struct amendment *amendment, struct amended_call *const *calls,
			 size_t count, struct splice *splice)
{
	const uint32_t verdicts[] = { SECCOMP_RET_ALLOW, amendment->question.enosys };
	const char **names = calloc(count + 1, sizeof(names[0]));

	if (!names)
		return false;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct text_rule rule;

		join_names(calls, count, verdicts[i], names, &rule);
		splice_add_rules(splice, &rule, rule.name_count ? 1 : 0);
	}
	for (size_t i = 0; i < count; i++) {
		if (calls[i]->wanted->condition_count)
			splice_add_rules(splice, calls[i]->wanted, calls[i]->wanted_count);
	}
	free(names);
	return true;
}

/* ---- Attempts ---- */

/* Every attempt reads the profile anew: bytes that are read at most. */
#define BYTES_MAX (UINT64_C(64) << 20)

/* Whether a change in this manner means what is wanted; then the draft has it. */
static bool attempt(struct amendment *amendment, struct amended_call *const *calls, size_t count,
		    enum manner manner)
{
	struct splice splice;
	struct draft draft = { 0 };
	sbpf_meaning wanted;
	bool done;

	if (amendment->bytes > BYTES_MAX || !find_wanted(amendment, calls, count, &wanted))
		return false;
	amendment->bytes += amendment->after.length;
	splice_begin(&splice, amendment->after.text, amendment->after.length,
		     amendment->part->prefix);
	done = manner == MANNER_APPENDED ? append_rules(amendment, calls, count, &splice)
					 : replace_rules(amendment, wanted, calls[0], &splice);
	done = done && draft_take(amendment, &splice, &draft);
	splice_end(&splice);
	done = done && is_equal(amendment, draft.meaning, wanted);
	if (done)
		draft_replace(&amendment->after, &draft);
	draft_free(&draft);
	for (size_t i = 0; done && i < count; i++)
		calls[i]->manner = manner;
	return done;
}

/* All that may be appended at once, as is nearly always possible; else each by itself. */
static bool write_calls(struct amendment *amendment)
{
	struct amended_call **calls = calloc(amendment->call_count + 1, sizeof(void *));
	size_t count = 0;

	if (!calls)
		return report_memory(amendment);
	for (size_t i = 0; i < amendment->call_count; i++) {
		if (amendment->calls[i].appends)
			calls[count++] = &amendment->calls[i];
	}
	if (count)
		attempt(amendment, calls, count, MANNER_APPENDED);
	for (size_t i = 0; i < amendment->call_count; i++) {
		struct amended_call *call = &amendment->calls[i];

		if (call->manner == MANNER_NONE &&
		    !(call->appends && attempt(amendment, &call, 1, MANNER_APPENDED)))
			attempt(amendment, &call, 1, MANNER_REPLACED);
	}
	free(calls);
	return true;
}

/* ---- The proof ---- */

static bool is_listed(const struct amendment *amendment, int abi, uint32_t number)
{
	const char *name = sbpf_call_name(abi, number);
	struct sbpf_multiplexed behind;

	for (size_t i = 0; name && i < amendment->call_count; i++) {
		const struct amended_call *call = &amendment->calls[i];

		if (call->manner != MANNER_NONE &&
		    (!strcmp(call->name, name) || (sbpf_call_multiplexed(call->name, &behind) &&
						   !strcmp(behind.multiplexer, name))))
			return true;
	}
	return false;
}

struct check {
	const struct amendment *amendment;
	bool failed;
};

static bool check_difference(void *context, const struct sbpf_difference *difference)
{
	struct check *check = context;
	const struct amendment *amendment = check->amendment;
	uint64_t number = difference->first;

	if (difference->abi >= 0 && amendment->abis >> difference->abi & 1)
		return true;
	while (number <= difference->last && difference->abi >= 0 &&
	       is_listed(amendment, difference->abi, (uint32_t)number))
		number++;
	check->failed = number <= difference->last;
	if (check->failed)
		report(amendment->tool->name,
		       "%s: the additions would also change what number %u of %s gets",
		       amendment->part->path, (unsigned int)number,
		       difference->abi < 0 ? "other archs" : name_of_abi(difference->abi));
	return !check->failed;
}

/* Asks the new profile about each call that was refused. */
static bool passes(const struct amendment *amendment, size_t index)
{
	const struct refusal *refusal = refusals_at(amendment->refusals, index);
	const struct addition *addition = &amendment->additions[index];
	const struct amended_call *call = amendment->call_of[index];
	uint32_t verdict =
		sbpf_policy_verdict(amendment->after.policy, &refusal->data, NULL, NULL, NULL);

	if (!call || call->manner == MANNER_NONE || is_permitted(verdict) ||
	    (addition->kind == ADDITION_ENOSYS && verdict == amendment->question.enosys))
		return true;
	report(amendment->tool->name, "%s: with the additions %s would still be refused",
	       amendment->part->path, addition->name);
	return false;
}

static bool prove(const struct amendment *amendment)
{
	struct check check = { amendment, false };
	struct sbpf_error error = { 0 };

	if (sbpf_meaning_differences(amendment->question.space, amendment->before.meaning,
				     amendment->after.meaning, check_difference, &check, &error))
		return report_trouble(amendment, &error);
	for (size_t i = 0; !check.failed && i < refusals_size(amendment->refusals); i++)
		check.failed = !passes(amendment, i);
	return !check.failed;
}

bool amend(const struct tool *tool, const struct sbpf_target *target, const struct operand *operand,
	   struct refusals *refusals, struct amendment *amendment)
{
	*amendment = (struct amendment){ .tool = tool,
					 .part = &operand->parts[0],
					 .refusals = refusals,
					 .question.target = target };
	return begin(amendment, operand) && find_additions(amendment) && add_abis(amendment) &&
	       collect_calls(amendment) && write_calls(amendment) && prove(amendment);
}

void amendment_free(struct amendment *amendment)
{
	for (size_t i = 0; i < amendment->call_count; i++) {
		free(amendment->calls[i].wanted);
		free(amendment->calls[i].rules);
	}
	free(amendment->calls);
	free(amendment->call_of);
	free(amendment->additions);
	draft_free(&amendment->before);
	draft_free(&amendment->after);
	sbpf_space_free(amendment->question.space);
	*amendment = (struct amendment){ 0 };
}
