/* SPDX-License-Identifier: MIT */
#include "opinion.h"

#include "call.h"

#include <stdlib.h>
#include <string.h>

/* ---- Lines ---- */

bool part_lines_read(const struct operand_part *part, struct part_lines *lines)
{
	unsigned int column;
	char path[48];

	*lines = (struct part_lines){ 0 };
	if (!part->policy)
		return true;
	snprintf(path, sizeof(path), "%sdefaultAction", part->prefix);
	if (!sbpf_json_locate(part->text, part->length, path, &lines->fallback, &column))
		lines->fallback = 0;
	snprintf(path, sizeof(path), "%ssyscalls", part->prefix);
	lines->count = sbpf_json_lines(part->text, part->length, path, NULL, 0);
	lines->entries = calloc(lines->count + 1, sizeof(lines->entries[0]));
	if (!lines->entries)
		return false;
	sbpf_json_lines(part->text, part->length, path, lines->entries, lines->count);
	return true;
}

void part_lines_free(struct part_lines *lines)
{
	free(lines->entries);
	*lines = (struct part_lines){ 0 };
}

/* ---- Asking ---- */

static void note_rule(void *context, const struct sbpf_rule *rule)
{
	struct opinion *opinion = context;
	struct rule_finding *findings =
		reallocarray(opinion->findings, opinion->count + 1, sizeof(findings[0]));
	struct rule_finding *finding;

	if (!findings) {
		opinion->out_of_memory = true;
		return;
	}
	opinion->findings = findings;
	finding = &findings[opinion->count++];
	*finding = (struct rule_finding){ .rule = *rule };
	snprintf(finding->path, sizeof(finding->path), "%ssyscalls[%zu]", opinion->part->prefix,
		 rule->entry);
	if (rule->entry < opinion->lines->count)
		finding->line = opinion->lines->entries[rule->entry];
}

bool opinion_form(const struct operand_part *part, const struct part_lines *lines,
		  const struct seccomp_data *data, struct opinion *opinion)
{
	*opinion = (struct opinion){ .part = part, .lines = lines };
	if (part->policy)
		opinion->verdict = sbpf_policy_verdict(part->policy, data, &opinion->cause,
						       note_rule, opinion);
	return !opinion->out_of_memory;
}

void opinion_free(struct opinion *opinion)
{
	free(opinion->findings);
	opinion->findings = NULL;
	opinion->count = 0;
}

const struct rule_finding *opinion_decisive(const struct opinion *opinion)
{
	for (size_t i = 0; i < opinion->count; i++) {
		if (opinion->findings[i].rule.fate == SBPF_DECIDES)
			return &opinion->findings[i];
	}
	return NULL;
}

/* ---- Text ---- */

static const char *const fates[] = {
	[SBPF_DECIDES] = "decides",
	[SBPF_REPEATS_DEFAULT] = "dropped: it repeats the default",
	[SBPF_IS_VOID] = "void: a rule without conditions decides this call",
	[SBPF_DOES_NOT_HOLD] = "does not hold",
	[SBPF_COMES_LATER] = "comes too late: an earlier rule decides",
	[SBPF_CANNOT_EXTEND] = "its conditions cannot be checked behind a pointer",
};

static const char *const causes[] = {
	[SBPF_BY_DEFAULT] = "defaultAction",
	[SBPF_BY_BAD_ARCH] = "the profile does not cover this ABI (--bad-arch)",
	[SBPF_BY_UNKNOWN_CALL] = "the call is newer than the profile (--enosys)",
	[SBPF_BY_FAILURE] = "there is no policy",
};

const char *opinion_cause(const struct opinion *opinion)
{
	return opinion->cause == SBPF_BY_RULE ? NULL : causes[opinion->cause];
}

static void print_place(FILE *out, const struct opinion_call *call, const struct opinion *opinion,
			const char *path, unsigned int line)
{
	const struct operand_part *part = opinion->part;

	fprintf(out, "%s%s", call->indent, strcmp(part->path, "-") ? part->path : "<stdin>");
	if (line)
		fprintf(out, ":%u", line);
	fprintf(out, ": %s", path);
}

/* Two conditions on one argument make all of a rule's alternatives, but as the author wrote it. */
static bool are_alternatives(const struct opinion_call *call, const struct sbpf_rule *rule)
{
	unsigned int seen = 0;

	if (call->reading == SBPF_READING_LITERAL)
		return false;
	for (size_t i = 0; i < rule->condition_count; i++) {
		if (seen >> rule->conditions[i].argument & 1)
			return true;
		seen |= 1u << rule->conditions[i].argument;
	}
	return false;
}

static void print_conditions(FILE *out, const struct opinion_call *call,
			     const struct sbpf_rule *rule)
{
	const char *separator = are_alternatives(call, rule) ? " || " : " && ";

	for (size_t i = 0; i < rule->condition_count; i++) {
		fputs(i ? separator : " if ", out);
		condition_print(out, call->abi, call->number, &rule->conditions[i]);
	}
}

/* What decides does so only as long as it is asked. */
static void end_reason(FILE *out, const struct opinion_call *call, bool decides)
{
	const char *exempt = sbpf_call_exempt(call->abi, call->number);

	if (decides && exempt)
		fprintf(out, " before Linux %s", exempt);
	putc('\n', out);
}

static void print_finding(struct page *page, const struct opinion_call *call,
			  const struct opinion *opinion, const struct rule_finding *finding)
{
	const struct sbpf_rule *rule = &finding->rule;
	FILE *out = page->stream;

	print_place(out, call, opinion, finding->path, finding->line);
	fputs(": ", out);
	verdict_print(page, true, rule->verdict, call->abi);
	if (!rule->multiplexed)
		print_conditions(out, call, rule);
	else if (rule->condition_count)
		fputs(" on the call that this one reaches, by its arguments", out);
	else
		fputs(" on the call that this one reaches", out);
	fprintf(out, ": %s", fates[rule->fate]);
	end_reason(out, call, rule->fate == SBPF_DECIDES);
}

void opinion_print(struct page *page, const struct opinion_call *call,
		   const struct opinion *opinion)
{
	FILE *out = page->stream;
	bool is_key = opinion->cause == SBPF_BY_DEFAULT;
	char cause[80];

	if (!opinion->part->policy) {
		fprintf(out, "%s%s: ", call->indent, opinion->part->path);
		verdict_print(page, true, opinion->verdict, call->abi);
		fputs(" by its instructions\n", out);
		return;
	}
	for (size_t i = 0; i < opinion->count; i++)
		print_finding(page, call, opinion, &opinion->findings[i]);
	if (opinion->cause == SBPF_BY_RULE)
		return;
	snprintf(cause, sizeof(cause), "%s%s", is_key ? opinion->part->prefix : "",
		 causes[opinion->cause]);
	print_place(out, call, opinion, cause, is_key ? opinion->lines->fallback : 0);
	fputs(": ", out);
	verdict_print(page, true, opinion->verdict, call->abi);
	fprintf(out, ": %s", fates[SBPF_DECIDES]);
	end_reason(out, call, true);
}
