/* SPDX-License-Identifier: MIT */
#include "profile_text.h"

#include "call.h"
#include "common.h"
#include "json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Verdicts ---- */

static const struct verdict_name {
	uint32_t action;
	const char *name;
	bool has_data;
} verdict_names[] = {
	{ SECCOMP_RET_ALLOW, "SCMP_ACT_ALLOW", false },
	{ SECCOMP_RET_LOG, "SCMP_ACT_LOG", false },
	{ SECCOMP_RET_TRACE, "SCMP_ACT_TRACE", true },
	{ SECCOMP_RET_USER_NOTIF, "SCMP_ACT_NOTIFY", false },
	{ SECCOMP_RET_ERRNO, "SCMP_ACT_ERRNO", true },
	{ SECCOMP_RET_TRAP, "SCMP_ACT_TRAP", false },
	{ SECCOMP_RET_KILL_THREAD, "SCMP_ACT_KILL_THREAD", false },
	{ SECCOMP_RET_KILL_PROCESS, "SCMP_ACT_KILL_PROCESS", false },
};

/* NULL when no profile has this verdict. */
static const struct verdict_name *find_verdict(uint32_t verdict)
{
	uint32_t data = verdict & SECCOMP_RET_DATA;

	for (size_t i = 0; i < COUNT(verdict_names); i++) {
		if (verdict_names[i].action == (verdict & SECCOMP_RET_ACTION_FULL))
			return data <= (verdict_names[i].has_data ? ERRNO_MAX : 0)
				       ? &verdict_names[i]
				       : NULL;
	}
	return NULL;
}

bool verdict_is_writable(uint32_t verdict)
{
	return find_verdict(verdict) != NULL;
}

/* ---- Text ---- */

static const char *const operators[] = {
	[SBPF_NE] = "SCMP_CMP_NE",
	[SBPF_LT] = "SCMP_CMP_LT",
	[SBPF_LE] = "SCMP_CMP_LE",
	[SBPF_EQ] = "SCMP_CMP_EQ",
	[SBPF_GE] = "SCMP_CMP_GE",
	[SBPF_GT] = "SCMP_CMP_GT",
	[SBPF_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
};

static void write_condition(FILE *out, const struct sbpf_condition *condition)
{
	fprintf(out, "{ \"index\": %u, \"value\": %" PRIu64, condition->argument, condition->value);
	if (condition->compare == SBPF_MASKED_EQ)
		fprintf(out, ", \"valueTwo\": %" PRIu64, condition->value_two);
	fprintf(out, ", \"op\": \"%s\" }", operators[condition->compare]);
}

static void write_conditions(FILE *out, const struct text_rule *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		fputs(i ? ",\n\t\t\t\t" : ",\n\t\t\t\"args\": [\n\t\t\t\t", out);
		write_condition(out, &rule->conditions[i]);
	}
	if (rule->condition_count)
		fputs("\n\t\t\t]", out);
}

/* "action": …, and its data under the key. */
static void write_verdict(FILE *out, const char *action_key, const char *data_key,
			  const char *indent, uint32_t verdict)
{
	const struct verdict_name *name = find_verdict(verdict);

	fprintf(out, "%s\"%s\": \"%s\"", indent, action_key, name->name);
	if (name->has_data)
		fprintf(out, ",\n%s\"%s\": %" PRIu32, indent, data_key, verdict & SECCOMP_RET_DATA);
}

/* Columns, with tabs of 8: where a list of names begins, and those of its other lines. */
enum { LINE_WIDTH = 92, FIRST_COLUMN = 34, NEXT_COLUMN = 32 };

static void write_names(FILE *out, const struct text_rule *rule)
{
	size_t column = FIRST_COLUMN;

	fputs("\t\t\t\"names\": [", out);
	for (size_t i = 0; i < rule->name_count; i++) {
		size_t width = strlen(rule->names[i]) + strlen("\"\", ");

		if (column + width > LINE_WIDTH)
			column = NEXT_COLUMN;
		if (i)
			fputs(column == NEXT_COLUMN ? ",\n\t\t\t\t" : ", ", out);
		column += width;
		json_string(out, rule->names[i]);
	}
	fputs("],\n", out);
}

static void write_rules(FILE *out, const struct profile_outline *outline)
{
	fputs("\t\"syscalls\": [", out);
	for (size_t i = 0; i < outline->rule_count; i++) {
		const struct text_rule *rule = &outline->rules[i];

		fputs(i ? ",\n\t\t{\n" : "\n\t\t{\n", out);
		write_names(out, rule);
		write_verdict(out, "action", "errnoRet", "\t\t\t", rule->verdict);
		write_conditions(out, rule);
		if (rule->comment) {
			fputs(",\n\t\t\t\"comment\": ", out);
			json_string(out, rule->comment);
		}
		fputs("\n\t\t}", out);
	}
	fputs(outline->rule_count ? "\n\t]\n" : "]\n", out);
}

/* Beside what stands there already, whose width is not known. */
#define NAMES_PER_LINE 6u

void text_rule_print(FILE *out, const struct text_rule *rule, const char *separator,
		     const char *unit)
{
	const struct verdict_name *verdict = find_verdict(rule->verdict);
	const char *begin = separator ? separator : "", *inside = separator ? unit : "";
	const char *next = separator ? "" : " ";

	fprintf(out, "{%s%s%s\"names\": [", separator ? "" : " ", begin, inside);
	for (size_t i = 0; i < rule->name_count; i++) {
		if (i && i % NAMES_PER_LINE == 0)
			fprintf(out, ",%s%s%s%s", next, begin, inside, inside);
		else
			fputs(i ? ", " : "", out);
		json_string(out, rule->names[i]);
	}
	fprintf(out, "],%s%s%s\"action\": \"%s\"", next, begin, inside, verdict->name);
	if (verdict->has_data)
		fprintf(out, ",%s%s%s\"errnoRet\": %" PRIu32, next, begin, inside,
			rule->verdict & SECCOMP_RET_DATA);
	for (size_t i = 0; i < rule->condition_count; i++) {
		if (i)
			fputs(", ", out);
		else
			fprintf(out, ",%s%s%s\"args\": [", next, begin, inside);
		write_condition(out, &rule->conditions[i]);
	}
	fputs(rule->condition_count ? "]" : "", out);
	if (rule->comment) {
		fprintf(out, ",%s%s%s\"comment\": ", next, begin, inside);
		json_string(out, rule->comment);
	}
	fprintf(out, "%s%s}", next, begin);
}

static void write_architectures(FILE *out, const struct profile_outline *outline)
{
	fputs("\t\"architectures\": [", out);
	for (size_t i = 0; i < outline->abi_count; i++) {
		fputs(i ? ", " : "", out);
		json_string(out, abi_of(outline->abis[i]).scmp_name);
	}
	fputs("],\n", out);
}

static void write_flags(FILE *out, unsigned int flags)
{
	static const struct {
		unsigned int flag;
		const char *name;
	} names[] = {
		{ SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC" },
		{ SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG" },
		{ SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW" },
		{ SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
		  "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" },
	};
	bool first = true;

	if (!flags)
		return;
	fputs("\t\"flags\": [", out);
	for (size_t i = 0; i < COUNT(names); i++) {
		if (!(flags & names[i].flag))
			continue;
		fputs(first ? "" : ", ", out);
		json_string(out, names[i].name);
		first = false;
	}
	fputs("],\n", out);
}

char *profile_text(const struct profile_outline *outline, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (!out)
		return NULL;
	fputs("{\n", out);
	write_verdict(out, "defaultAction", "defaultErrnoRet", "\t", outline->fallback);
	fputs(",\n", out);
	write_architectures(out, outline);
	write_flags(out, outline->flags);
	write_rules(out, outline);
	fputs("}\n", out);
	if (fclose(out) != EOF)
		return text;
	free(text);
	return NULL;
}
