/* SPDX-License-Identifier: MIT */
/* The report for people. */
#include "account.h"

#include "suspects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static const char *shown_path(const struct account *account)
{
	return strcmp(account->part->path, "-") ? account->part->path : "<stdin>";
}

/* ---- Why ---- */

/* The rules that can have decided a call whose arguments are not known. */
static void print_suspects(FILE *out, const struct account *account, const struct refusal *refusal)
{
	char text[VERDICT_MAX];
	struct suspects suspects;

	suspects_find(account->part->policy, account->target, &refusal->data,
		      refusal->key.verdict & SECCOMP_RET_ACTION_FULL, account->effort, &suspects);
	fputs("  the record has no arguments; any of these may have decided:\n", out);
	for (size_t i = 0; i < suspects.count && i < SUSPECTS_MAX; i++) {
		const struct suspect *suspect = &suspects.list[i];
		struct refusal one = { .key = { .cause = suspect->cause,
						.entry = suspect->entry } };
		struct decision decision;

		account_decide(account, &one, &decision);
		fprintf(out, "    %s:%u: %s: %s\n", shown_path(account), decision.line,
			decision.cause ? decision.cause : decision.path,
			verdict_text(true, suspect->verdict, refusal->key.abi, text));
	}
	if (suspects.count > SUSPECTS_MAX)
		fprintf(out, "    and %zu more\n", suspects.count - SUSPECTS_MAX);
	if (suspects.unknown)
		fputs("    and perhaps others: its rules are too many to look at\n", out);
}

/* Of a call with more rules than anybody reads, the first ones and the one that decided. */
#define RULES_MAX 40

static size_t hide_rules(struct opinion *opinion)
{
	const struct rule_finding *decisive = opinion_decisive(opinion);
	size_t hidden;

	if (opinion->count <= RULES_MAX)
		return 0;
	if (decisive && decisive >= &opinion->findings[RULES_MAX])
		opinion->findings[RULES_MAX - 1] = *decisive;
	hidden = opinion->count - RULES_MAX;
	opinion->count = RULES_MAX;
	return hidden;
}

/* Each rule on the call and why it did or did not decide. */
static void print_why(struct page *page, const struct account *account,
		      const struct refusal *refusal)
{
	const struct opinion_call call = {
		.abi = refusal->key.abi,
		.number = refusal->key.number,
		.reading = account->target->reading,
		.indent = "  ",
	};
	struct decision decision;
	struct opinion opinion;
	size_t hidden = 0;

	account_decide(account, refusal, &decision);
	if (refusal->key.origin == ORIGIN_FOREIGN) {
		fputs("  not by this profile: another filter gave that, such as one that the "
		      "program installed\n",
		      page->stream);
		return;
	}
	if (decision.is_open) {
		print_suspects(page->stream, account, refusal);
		return;
	}
	if (opinion_form(account->part, &account->lines, &refusal->data, &opinion)) {
		hidden = hide_rules(&opinion);
		opinion_print(page, &call, &opinion);
	}
	if (hidden)
		fprintf(page->stream, "  and %zu more rules on the call\n", hidden);
	opinion_free(&opinion);
}

static void print_maker(FILE *out, const struct refusal *refusal)
{
	if (!*refusal->program && refusal->pid <= 0)
		return;
	fprintf(out, "  made by %s", *refusal->program ? refusal->program : "a process");
	if (refusal->pid > 0)
		fprintf(out, " (process %d)", refusal->pid);
	if (*refusal->object && refusal->has_offset)
		fprintf(out, ", in %s at 0x%" PRIx64, refusal->object, refusal->offset);
	putc('\n', out);
}

/* ---- What to write ---- */

static void print_rules(FILE *out, const struct text_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fputs("    ", out);
		text_rule_print(out, &rules[i], NULL, NULL);
		putc('\n', out);
	}
}

static void print_replaced(FILE *out, const struct account *account,
			   const struct amended_call *call)
{
	fprintf(out, "  to let just it pass, take %s out of", call->name);
	for (size_t i = 0; i < call->replaced_count && i < REPLACED_MAX; i++)
		fprintf(out, "%s %ssyscalls[%zu]", i ? "," : "", account->part->prefix,
			call->replaced[i]);
	if (call->replaced_count > REPLACED_MAX)
		fprintf(out, " and %zu more", call->replaced_count - REPLACED_MAX);
	fputs(call->rule_count ? ", and write instead:\n" : "; nothing is needed instead\n", out);
	print_rules(out, call->rules, call->rule_count);
}

static void print_rule(FILE *out, const struct account *account, size_t index)
{
	const struct addition *addition = &account->amendment->additions[index];
	const struct amended_call *call = account->amendment->call_of[index];

	if (!call)
		return;
	if (call->manner == MANNER_NONE) {
		fprintf(out,
			"  no rules were found that let just it pass; those on %s have to be "
			"written anew\n",
			call->name);
	} else if (call->manner == MANNER_REPLACED) {
		print_replaced(out, account, call);
	} else if (addition->kind == ADDITION_ENOSYS) {
		fprintf(out,
			"  libraries fall back on %s for ENOSYS, but not for this (%s); add to "
			"syscalls:\n",
			addition->fallback, addition->user);
		print_rules(out, &addition->rule, 1);
	} else {
		fputs("  to let just it pass, add to syscalls:\n", out);
		print_rules(out, &addition->rule, 1);
	}
}

static void print_addition(FILE *out, const struct account *account, size_t index)
{
	const struct addition *addition = &account->amendment->additions[index];
	char *opens = NULL;
	size_t length;
	FILE *stream;

	if (addition->reason)
		fprintf(out, "  nothing to write: %s\n", addition->reason);
	if (addition->abi >= 0)
		fprintf(out, "  to cover its ABI, add %s to the profile's architectures\n",
			abi_of(addition->abi).scmp_name);
	print_rule(out, account, index);
	stream = open_memstream(&opens, &length);
	if (stream) {
		opens_print(stream, account, index);
		if (fclose(stream) != EOF && *opens)
			fprintf(out, "  that opens %s\n", opens);
	}
	free(opens);
}

/* ---- All of it ---- */

static void print_group(struct page *page, const struct account *account, size_t index)
{
	const struct refusal *refusal = refusals_at(account->refusals, index);
	uint32_t action = refusal->key.verdict & SECCOMP_RET_ACTION_FULL;
	char verdict[VERDICT_MAX];
	FILE *out = page->stream;

	putc('\n', out);
	account_call(out, refusal);
	if (refusal->key.abi >= 0 && refusal->key.abi != account->amendment->question.machine)
		fprintf(out, " by %s", name_of_abi(refusal->key.abi));
	else if (refusal->key.abi < 0)
		fprintf(out, " by arch 0x%" PRIx32, refusal->key.arch);
	fprintf(out, ": %s", account_verdict(account, refusal, verdict));
	if (action == SECCOMP_RET_USER_NOTIF)
		fputs(", which a listener would have answered", out);
	else if (action == SECCOMP_RET_TRACE)
		fputs(", which a tracer would have decided", out);
	else if (action == SECCOMP_RET_LOG)
		fputs(", so that it passed", out);
	fprintf(out, ", %" PRIu64 " time%s\n", refusal->count, plural(refusal->count));
	print_why(page, account, refusal);
	print_maker(out, refusal);
	print_addition(out, account, index);
}

/* Calls on whose refusal libraries do what they did before the call existed. */
static void print_handled(FILE *out, const struct account *account, size_t index)
{
	const struct refusal *refusal = refusals_at(account->refusals, index);
	const struct addition *addition = &account->amendment->additions[index];
	struct decision decision;

	account_decide(account, refusal, &decision);
	fprintf(out,
		"%s was answered with ENOSYS %" PRIu64 " time%s, by %s:%u: %s; libraries then fall "
		"back on %s (%s): nothing to write\n",
		addition->name, refusal->count, plural(refusal->count), shown_path(account),
		decision.line, decision.cause ? decision.cause : decision.path, addition->fallback,
		addition->user);
}

static void print_head(FILE *out, const struct account *account)
{
	uint64_t calls;
	size_t groups = account_refused(account, &calls);
	const char *verb = account->log ? "logged" : "refused";

	fprintf(out, "%s: ", account->tool->name);
	if (!calls)
		fprintf(out, "%s: nothing was %s", shown_path(account), verb);
	else
		fprintf(out, "%s: %" PRIu64 " call%s of %zu kind%s %s %s", shown_path(account),
			calls, plural(calls), groups, plural(groups), calls == 1 ? "was" : "were",
			verb);
	if (account->log && account->log->broken)
		fprintf(out, "; %" PRIu64 " record%s could not be understood", account->log->broken,
			plural(account->log->broken));
	putc('\n', out);
}

static void print_end(FILE *out, const struct account *account)
{
	const struct amendment *amendment = account->amendment;
	uint64_t others = refusals_others(account->refusals);
	bool any = amendment->abis;

	for (size_t i = 0; i < amendment->call_count; i++)
		any |= amendment->calls[i].manner != MANNER_NONE;
	if (others)
		fprintf(out,
			"\n%" PRIu64 " call%s of further kinds: no more than %d kinds are told "
			"apart\n",
			others, plural(others), REFUSALS_MAX);
	if (account->applied)
		fprintf(out, "%s%s has %s; it is proven that nothing else changed\n",
			any ? "\n" : "", account->applied,
			any ? "these additions" : "the profile as it was");
	else if (any)
		fputs("\n--apply FILE writes the profile with these additions\n", out);
}

void account_text(struct page *page, const struct account *account)
{
	bool first = true;

	print_head(page->stream, account);
	for (size_t i = 0; i < refusals_size(account->refusals); i++) {
		if (!account_is_handled(account, i))
			print_group(page, account, i);
	}
	for (size_t i = 0; i < refusals_size(account->refusals); i++) {
		if (!account_is_handled(account, i))
			continue;
		fputs(first ? "\n" : "", page->stream);
		print_handled(page->stream, account, i);
		first = false;
	}
	print_end(page->stream, account);
}
