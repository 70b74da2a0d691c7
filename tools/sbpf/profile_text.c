/* SPDX-License-Identifier: MIT */
#include "profile_text.h"

#include "json.h"
#include "multiplex.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Verdicts -------------------------------------------------------------------------- */

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

	for (size_t i = 0; i < sizeof(verdict_names) / sizeof(verdict_names[0]); i++) {
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

/* ---- Text ------------------------------------------------------------------------------ */

struct condition {
	const char *operator;
	uint64_t value;
	uint64_t value_two;
};

static struct condition condition_of(const struct argument_set *set)
{
	if (set->kind == SET_NOT)
		return (struct condition){ "SCMP_CMP_NE", set->low, 0 };
	if (set->kind == SET_MASK && set->low == UINT64_MAX)
		return (struct condition){ "SCMP_CMP_EQ", set->high, 0 };
	if (set->kind == SET_MASK)
		return (struct condition){ "SCMP_CMP_MASKED_EQ", set->low, set->high };
	if (set->low == set->high)
		return (struct condition){ "SCMP_CMP_EQ", set->low, 0 };
	if (set->low == 0)
		return (struct condition){ "SCMP_CMP_LE", set->high, 0 };
	return (struct condition){ "SCMP_CMP_GE", set->low, 0 };
}

static void write_conditions(FILE *out, const struct cover_rule *rule)
{
	bool first = true;

	for (unsigned int i = 0; i < 6; i++) {
		struct condition condition;

		if (rule->sets[i].kind == SET_ALL)
			continue;
		condition = condition_of(&rule->sets[i]);
		fprintf(out, "%s\n\t\t\t\t{ \"index\": %u, \"value\": %" PRIu64,
			first ? ",\n\t\t\t\"args\": [" : ",", i, condition.value);
		if (rule->sets[i].kind == SET_MASK && condition.operator[9] == 'M')
			fprintf(out, ", \"valueTwo\": %" PRIu64, condition.value_two);
		fprintf(out, ", \"op\": \"%s\" }", condition.operator);
		first = false;
	}
	if (!first)
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

/* Marks the names as written. */
static void write_names(FILE *out, struct profile_outline *outline, const struct call_rules *like)
{
	size_t column = FIRST_COLUMN;
	bool first = true;

	fputs("\t\t\t\"names\": [", out);
	for (size_t i = 0; i < outline->call_count; i++) {
		struct call_rules *call = &outline->calls[i];
		size_t width = strlen(call->name) + strlen("\"\", ");

		if (!cover_equal(&call->cover, &like->cover))
			continue;
		if (column + width > LINE_WIDTH)
			column = NEXT_COLUMN;
		if (!first)
			fputs(column == NEXT_COLUMN ? ",\n\t\t\t\t" : ", ", out);
		column += width;
		json_string(out, call->name);
		call->written = true;
		first = false;
	}
	fputs("],\n", out);
}

/* The rules of all calls that have the same as this one. */
static void write_group(FILE *out, struct profile_outline *outline, const struct call_rules *call,
			bool *first)
{
	for (size_t i = 0; i < call->cover.count; i++) {
		const struct cover_rule *rule = &call->cover.rules[i];

		fputs(*first ? "\n\t\t{\n" : ",\n\t\t{\n", out);
		write_names(out, outline, call);
		write_verdict(out, "action", "errnoRet", "\t\t\t", rule->verdict);
		write_conditions(out, rule);
		fputs("\n\t\t}", out);
		*first = false;
	}
}

bool call_is_conditional(const struct call_rules *call)
{
	const struct cover_rule *rule = &call->cover.rules[0];

	for (unsigned int i = 0; i < 6; i++) {
		if (rule->sets[i].kind != SET_ALL)
			return true;
	}
	return false;
}

/* Rules on other calls also speak of multiplexers: those on them must come first. */
static int turn_of(const struct call_rules *call)
{
	if (!call_is_conditional(call))
		return 1;
	return is_multiplexer(call->name) ? 0 : 2;
}

static void write_rules(FILE *out, struct profile_outline *outline)
{
	bool first = true;

	fputs("\t\"syscalls\": [", out);
	for (int turn = 0; turn < 3; turn++) {
		for (size_t i = 0; i < outline->call_count; i++) {
			if (!outline->calls[i].written && turn_of(&outline->calls[i]) == turn)
				write_group(out, outline, &outline->calls[i], &first);
		}
	}
	fputs(first ? "]\n" : "\n\t]\n", out);
}

static void write_architectures(FILE *out, const struct profile_outline *outline)
{
	fputs("\t\"architectures\": [", out);
	for (size_t i = 0; i < outline->abi_count; i++) {
		struct sbpf_abi description;

		if (!sbpf_abi_describe(outline->abis[i], &description))
			continue;
		fputs(i ? ", " : "", out);
		json_string(out, description.scmp_name);
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
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!(flags & names[i].flag))
			continue;
		fputs(first ? "" : ", ", out);
		json_string(out, names[i].name);
		first = false;
	}
	fputs("],\n", out);
}

char *profile_text(struct profile_outline *outline, size_t *length)
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
