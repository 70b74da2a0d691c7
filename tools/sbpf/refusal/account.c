/* SPDX-License-Identifier: MIT */
#include "account.h"

#include "suspects.h"

#include <inttypes.h>
#include <string.h>

bool account_is_handled(const struct account *account, size_t index)
{
	return account->amendment->additions[index].is_handled;
}

size_t account_refused(const struct account *account, uint64_t *calls)
{
	size_t groups = 0;

	*calls = refusals_others(account->refusals);
	for (size_t i = 0; i < refusals_size(account->refusals); i++) {
		if (account_is_handled(account, i))
			continue;
		groups++;
		*calls += refusals_at(account->refusals, i)->count;
	}
	return groups;
}

void account_decide(const struct account *account, const struct refusal *refusal,
		    struct decision *decision)
{
	const struct refusal_key *key = &refusal->key;
	const struct opinion opinion = { .cause = key->cause };

	*decision = (struct decision){ 0 };
	if (key->origin == ORIGIN_FOREIGN) {
		decision->cause = "another filter";
		return;
	}
	decision->cause = opinion_cause(&opinion);
	if (key->cause == SBPF_BY_DEFAULT)
		decision->line = account->lines.fallback;
	decision->is_open = key->cause == SBPF_BY_RULE && key->entry == NO_ENTRY;
	if (key->entry == NO_ENTRY)
		return;
	snprintf(decision->path, sizeof(decision->path), "%ssyscalls[%" PRIu64 "]",
		 account->part->prefix, key->entry);
	if (key->entry < account->lines.count)
		decision->line = account->lines.entries[key->entry];
}

void account_call(FILE *out, const struct refusal *refusal)
{
	const char *name = sbpf_call_name(refusal->key.abi, refusal->key.number);

	if (*refusal->decoded)
		fputs(refusal->decoded, out);
	else if (!refusal->key.blind)
		call_print(out, refusal->key.abi, &refusal->data);
	else if (name)
		fprintf(out, "%s(?)", name);
	else
		fprintf(out, "number %" PRIu32 "(?)", refusal->key.number);
}

char *account_verdict(const struct account *account, const struct refusal *refusal,
		      char buffer[VERDICT_MAX])
{
	sbpf_verdict_describe(refusal->key.verdict, account->amendment->question.machine, buffer,
			      VERDICT_MAX);
	if (refusal->key.blind && !(refusal->key.verdict & SECCOMP_RET_DATA))
		buffer[strcspn(buffer, "(")] = '\0';
	return buffer;
}

/* ---- What is opened ---- */

static bool has_word(const char *list, const char *name)
{
	char word[WORD_MAX];

	while (list && next_word(&list, word)) {
		if (!strcmp(word, name))
			return true;
	}
	return false;
}

/* Another call of the family that the ABI has, allowed by the old profile or not. */
static bool find_sibling(const struct account *account, const struct family *family, int abi,
			 const char *name, bool permitted, char word[WORD_MAX])
{
	const struct amendment *amendment = account->amendment;
	const char *list = family->calls;
	uint32_t number;

	while (next_word(&list, word)) {
		if (strcmp(word, name) != 0 && sbpf_call_number(abi, word, &number) &&
		    is_one_permitted(amendment->question.space, amendment->before.meaning, abi,
				     word) == permitted)
			return true;
	}
	return false;
}

/* Whether the call does what the family says, and is not only done by others too. */
static bool is_effect(const struct family *family, const char *name)
{
	return has_word(family->ways, name) ||
	       (has_word(family->calls, name) && strcmp(family->effect, EFFECT_UNSEEN) != 0);
}

static void print_family(FILE *out, const struct account *account, const struct family *family,
			 int abi, const char *name)
{
	char word[WORD_MAX];

	fputs(family->effect, out);
	if (find_sibling(account, family, abi, name, true, word))
		fprintf(out, ", as they can by %s", word);
	else if (find_sibling(account, family, abi, name, false, word))
		fprintf(out, ", for which %s is refused", word);
}

void opens_print(FILE *out, const struct account *account, size_t index)
{
	const struct addition *addition = &account->amendment->additions[index];
	const struct refusal_key *key = &refusals_at(account->refusals, index)->key;
	bool any = false;

	if (addition->kind == ADDITION_ENOSYS)
		fputs("nothing: it stays refused, and libraries fall back", out);
	else if (addition->kind == ADDITION_NONE && addition->abi >= 0)
		fprintf(out, "%s: its calls then get what the rules say for them",
			name_of_abi(addition->abi));
	if (addition->kind != ADDITION_RULE)
		return;
	for (size_t i = 0; i < family_count; i++) {
		const struct family *family = &families[i];

		if (!is_effect(family, addition->name) ||
		    (any && !strcmp(families[i - 1].effect, family->effect)))
			continue;
		fputs(any ? "; to " : "the way to ", out);
		print_family(out, account, family, key->abi, addition->name);
		any = true;
	}
	if (key->blind)
		fprintf(out, "%s%s with any arguments, as the record has none", any ? "; " : "",
			addition->name);
}
