/* SPDX-License-Identifier: MIT */
/* The report for programs. */
#include "account.h"

#include "json_writer.h"
#include "sarif.h"
#include "suspects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Members ---- */

static void print_line(FILE *out, unsigned int line)
{
	if (line)
		fprintf(out, "%u", line);
	else
		fputs("null", out);
}

/* The text that print(out, account, index) writes, as a string; null for none. */
static void print_text(FILE *out, const struct account *account, size_t index,
		       void (*print)(FILE *out, const struct account *account, size_t index))
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	if (stream) {
		print(stream, account, index);
		fclose(stream);
	}
	json_string(out, text && *text ? text : NULL);
	free(text);
}

static void print_decoded(FILE *out, const struct account *account, size_t index)
{
	account_call(out, refusals_at(account->refusals, index));
}

static void print_decision(FILE *out, const struct account *account, const struct refusal *refusal)
{
	struct decision decision;

	account_decide(account, refusal, &decision);
	fputs("\"rule\": ", out);
	json_string(out, *decision.path ? decision.path : NULL);
	fputs(", \"line\": ", out);
	print_line(out, decision.line);
	fputs(", \"cause\": ", out);
	json_string(out, decision.cause ? decision.cause : *decision.path ? "rule" : NULL);
}

/* Of a record that several rules can have given. */
static void print_suspects(FILE *out, const struct account *account, const struct refusal *refusal)
{
	struct suspects suspects;
	struct decision decision;

	account_decide(account, refusal, &decision);
	if (!decision.is_open)
		return;
	suspects_find(account->part->policy, account->target, &refusal->data,
		      refusal->key.verdict & SECCOMP_RET_ACTION_FULL, account->effort, &suspects);
	fputs(", \"candidates\": [", out);
	for (size_t i = 0; i < suspects.count && i < SUSPECTS_MAX; i++) {
		struct refusal one = { .key = { .cause = suspects.list[i].cause,
						.entry = suspects.list[i].entry } };

		fputs(i ? ", {" : "{", out);
		print_decision(out, account, &one);
		fputs(", \"verdict\": ", out);
		json_verdict(out, suspects.list[i].verdict);
		putc('}', out);
	}
	fprintf(out, "], \"allCandidates\": %s",
		suspects.count <= SUSPECTS_MAX && !suspects.unknown ? "true" : "false");
}

static void print_maker(FILE *out, const struct refusal *refusal)
{
	fprintf(out, ", \"count\": %" PRIu64 ", \"pid\": ", refusal->count);
	if (refusal->pid > 0)
		fprintf(out, "%d", refusal->pid);
	else
		fputs("null", out);
	fputs(", \"program\": ", out);
	json_string(out, *refusal->program ? refusal->program : NULL);
	fputs(", \"object\": ", out);
	json_string(out, *refusal->object ? refusal->object : NULL);
	fputs(", \"offset\": ", out);
	if (refusal->has_offset)
		json_hex(out, refusal->offset);
	else
		fputs("null", out);
}

static void print_rules(FILE *out, const struct text_rule *rules, size_t count)
{
	putc('[', out);
	for (size_t i = 0; i < count; i++) {
		fputs(i ? ", " : "", out);
		text_rule_print(out, &rules[i], NULL, NULL);
	}
	putc(']', out);
}

/* What stands in the way of a rule that is merely added. */
static void print_manner(FILE *out, const struct account *account, const struct amended_call *call)
{
	if (call->manner == MANNER_NONE) {
		fputs(", \"addable\": false", out);
		return;
	}
	fputs(", \"addable\": true", out);
	if (call->manner != MANNER_REPLACED)
		return;
	fputs(", \"replaces\": [", out);
	for (size_t i = 0; i < call->replaced_count && i < REPLACED_MAX; i++)
		fprintf(out, "%s\"%ssyscalls[%zu]\"", i ? ", " : "", account->part->prefix,
			call->replaced[i]);
	fputs("], \"rules\": ", out);
	print_rules(out, call->rules, call->rule_count);
}

static void print_addition(FILE *out, const struct account *account, size_t index)
{
	const struct addition *addition = &account->amendment->additions[index];
	const struct amended_call *call = account->amendment->call_of[index];

	fputs(", \"add\": ", out);
	if (call)
		text_rule_print(out, &addition->rule, NULL, NULL);
	else
		fputs("null", out);
	fputs(", \"architecture\": ", out);
	json_string(out, addition->abi >= 0 ? abi_of(addition->abi).scmp_name : NULL);
	if (call)
		print_manner(out, account, call);
	fputs(", \"reason\": ", out);
	json_string(out, addition->reason);
	fputs(", \"opens\": ", out);
	print_text(out, account, index, opens_print);
}

/* ---- JSON ---- */

static void print_group(FILE *out, const struct account *account, size_t index)
{
	const struct refusal *refusal = refusals_at(account->refusals, index);
	const struct refusal_key *key = &refusal->key;

	fputs("{\"abi\": ", out);
	json_string(out, key->abi >= 0 ? name_of_abi(key->abi) : NULL);
	fprintf(out, ", \"arch\": %" PRIu32 ", \"nr\": %" PRIu32 ", \"name\": ", key->arch,
		key->number);
	json_string(out, sbpf_call_name(key->abi, key->number));
	fputs(", \"args\": ", out);
	if (key->blind)
		fputs("null", out);
	else
		json_arguments(out, &refusal->data);
	fputs(", \"decoded\": ", out);
	print_text(out, account, index, print_decoded);
	fputs(", \"verdict\": ", out);
	json_verdict(out, key->verdict);
	fputs(", ", out);
	print_decision(out, account, refusal);
	fputs(", \"file\": ", out);
	json_string(out, account->part->path);
	fprintf(out, ", \"foreign\": %s", key->origin == ORIGIN_FOREIGN ? "true" : "false");
	print_suspects(out, account, refusal);
	print_maker(out, refusal);
	print_addition(out, account, index);
	putc('}', out);
}

static void print_groups(FILE *out, const struct account *account, bool handled)
{
	const char *separator = "";

	putc('[', out);
	for (size_t i = 0; i < refusals_size(account->refusals); i++) {
		if (account_is_handled(account, i) != handled)
			continue;
		fprintf(out, "%s\n  ", separator);
		print_group(out, account, i);
		separator = ",";
	}
	putc(']', out);
}

void account_json(FILE *out, const struct account *account)
{
	if (account->log)
		fprintf(out, "{\"status\": null, \"records\": %" PRIu64 ", \"broken\": %" PRIu64,
			account->log->records, account->log->broken);
	else
		fprintf(out, "{\"status\": %d", account->status);
	fputs(", \"refused\": ", out);
	print_groups(out, account, false);
	fputs(", \"fallbacks\": ", out);
	print_groups(out, account, true);
	fprintf(out,
		", \"others\": %" PRIu64 ", \"applied\": ", refusals_others(account->refusals));
	json_string(out, account->applied);
	fputs("}\n", out);
}

/* ---- SARIF ---- */

static const struct sarif_rule sarif_rules[] = {
	{ "refused-call", "A program made a call that the profile refuses.", "warning" },
	{ "foreign-refusal", "A program made a call that another filter refused.", "note" },
};

struct property_context {
	const struct account *account;
	size_t index;
};

static void print_properties(FILE *out, const void *context)
{
	const struct property_context *one = context;

	print_group(out, one->account, one->index);
}

static void print_message(FILE *out, const struct account *account, size_t index)
{
	const struct refusal *refusal = refusals_at(account->refusals, index);
	const struct amended_call *call = account->amendment->call_of[index];
	char verdict[VERDICT_MAX];

	account_call(out, refusal);
	fprintf(out, " got %s, %" PRIu64 " time%s", account_verdict(account, refusal, verdict),
		refusal->count, refusal->count == 1 ? "" : "s");
	if (call && call->manner == MANNER_APPENDED) {
		fputs(". To let just it pass, add to syscalls: ", out);
		text_rule_print(out, &account->amendment->additions[index].rule, NULL, NULL);
	}
}

static void print_result(FILE *out, struct sarif_log *log, const struct account *account,
			 size_t index)
{
	const struct refusal *refusal = refusals_at(account->refusals, index);
	const struct property_context context = { account, index };
	bool foreign = refusal->key.origin == ORIGIN_FOREIGN;
	struct decision decision;
	char *message = NULL;
	size_t length;
	FILE *stream = open_memstream(&message, &length);

	account_decide(account, refusal, &decision);
	if (stream) {
		print_message(stream, account, index);
		fclose(stream);
	}
	sarif_result(out, log,
		     &(struct sarif_result){
			     .rule = foreign,
			     .level = sarif_rules[foreign].level,
			     .message = message,
			     .file = account->part->path,
			     .line = decision.line,
			     .path = *decision.path ? decision.path : decision.cause,
			     .print_properties = print_properties,
			     .context = &context,
		     });
	free(message);
}

void account_sarif(FILE *out, const struct account *account)
{
	struct sarif_log log = { account->tool->name, sarif_rules, COUNT(sarif_rules), 0 };

	sarif_begin(out, &log);
	for (size_t i = 0; i < refusals_size(account->refusals); i++) {
		if (!account_is_handled(account, i))
			print_result(out, &log, account, i);
	}
	sarif_end(out, &log);
}
