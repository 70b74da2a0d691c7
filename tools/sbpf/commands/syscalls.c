/* SPDX-License-Identifier: MIT */
/* sbpf syscalls: names and numbers of system calls across ABIs. */
#include "call.h"
#include "commands.h"
#include "common.h"
#include "default_profile.h"
#include "pager.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum syscalls_format { FORMAT_TEXT, FORMAT_JSON };

struct syscalls_options {
	const char *abis;
	enum syscalls_format format;
	enum color_choice color;
};

static const struct option_row syscalls_rows[] = {
	{ "abi", 0, "LIST",
	  "only these ABIs, such as x86_64,arm (default: all; for the\n"
	  "table of all calls, those of this machine)",
	  offsetof(struct syscalls_options, abis) },
	{ "format", 0, "text|json", "how to answer (default: text)",
	  offsetof(struct syscalls_options, format) },
};

static const struct tool tool = {
	.name = "sbpf syscalls",
	.synopsis = "[OPTION...] [NAME|NUMBER...]",
	.summary = "Show the numbers of calls by name, or the calls by number, decimal or 0x\n"
		   "hexadecimal; without an operand, a table of all calls.",
	.notes = "Numbers are as in seccomp_data.nr, so those of x32 have bit 30 set; in a query\n"
		 "it may be left out.",
};

/* The ABIs asked about, by index. */
struct selection {
	int *abis;
	size_t count;
};

/* One operand, understood. */
struct query {
	const char *name; /* NULL: a number */
	uint32_t number;
};

/* ---- Looking up ---- */

/* The call with this number; a number of x32 may come without its bit. */
static const char *call_of_number(int abi, uint32_t number)
{
	const char *name = sbpf_call_name(abi, number);

	if (name || abi_of(abi).number_offset != SBPF_X32_BIT)
		return name;
	return sbpf_call_name(abi, number | SBPF_X32_BIT);
}

static bool has_call(const struct selection *selection, const char *name)
{
	uint32_t number;

	for (size_t i = 0; i < selection->count; i++) {
		if (sbpf_call_number(selection->abis[i], name, &number))
			return true;
	}
	return false;
}

static bool has_number(const struct selection *selection, uint32_t wanted)
{
	for (size_t i = 0; i < selection->count; i++) {
		if (call_of_number(selection->abis[i], wanted))
			return true;
	}
	return false;
}

/* "83" and "0x53"; anything else is no number. */
static bool parse_number(const char *text, uint32_t *number)
{
	int base = !strncmp(text, "0x", 2) || !strncmp(text, "0X", 2) ? 16 : 10;
	const char *digits = base == 16 ? text + 2 : text;
	unsigned long long value;
	char *end;

	if (!*digits || digits[strspn(digits, "0123456789abcdefABCDEF")])
		return false;
	errno = 0;
	value = strtoull(digits, &end, base);
	if (*end || errno || value > UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

/* Understands an operand; false when there is no such call, which was reported. */
static bool understand(const struct selection *selection, const char *operand, struct query *query)
{
	const char *suggestion;

	*query = (struct query){ 0 };
	if (parse_number(operand, &query->number)) {
		if (has_number(selection, query->number))
			return true;
		report(tool.name, "%s: no call of these ABIs has this number", operand);
		return false;
	}
	query->name = operand;
	if (has_call(selection, operand))
		return true;
	suggestion = sbpf_call_suggest(operand);
	if (sbpf_call_since(operand))
		report(tool.name, "%s: these ABIs lack this call", operand);
	else if (suggestion)
		report(tool.name, "%s: there is no such call; did you mean %s?", operand,
		       suggestion);
	else
		report(tool.name, "%s: there is no such call", operand);
	return false;
}

/* ---- Text ---- */

/* A line for each number, with all ABIs where the call has it. */
static void print_name(struct page *page, const struct selection *selection, const char *name)
{
	const char *since = sbpf_call_since(name);
	FILE *out = page->stream;

	page_paint(page, PAINT_TITLE);
	fprintf(out, "%s (since Linux %s)\n", name, since ? since : "?");
	page_paint(page, PAINT_NONE);
	for (size_t i = 0; i < selection->count; i++) {
		uint32_t number, other;
		size_t before = 0;

		if (!sbpf_call_number(selection->abis[i], name, &number))
			continue;
		while (before < i && !(sbpf_call_number(selection->abis[before], name, &other) &&
				       other == number))
			before++;
		if (before < i)
			continue; /* on the line of an earlier ABI */
		fprintf(out, "  %10" PRIu32 "  %s", number, name_of_abi(selection->abis[i]));
		for (size_t j = i + 1; j < selection->count; j++) {
			if (sbpf_call_number(selection->abis[j], name, &other) && other == number)
				fprintf(out, " %s", name_of_abi(selection->abis[j]));
		}
		putc('\n', out);
	}
}

static bool is_call(int abi, uint32_t number, const char *name)
{
	const char *other = call_of_number(abi, number);

	return other && !strcmp(other, name);
}

/* A line for each call, with all ABIs where the number means it. */
static void print_number(struct page *page, const struct selection *selection, uint32_t number)
{
	FILE *out = page->stream;

	page_paint(page, PAINT_TITLE);
	fprintf(out, "%" PRIu32 " (0x%" PRIx32 ")\n", number, number);
	page_paint(page, PAINT_NONE);
	for (size_t i = 0; i < selection->count; i++) {
		const char *name = call_of_number(selection->abis[i], number);
		size_t before = 0;

		if (!name)
			continue;
		while (before < i && !is_call(selection->abis[before], number, name))
			before++;
		if (before < i)
			continue;
		fprintf(out, "  %-24s  %s", name, name_of_abi(selection->abis[i]));
		for (size_t j = i + 1; j < selection->count; j++) {
			if (is_call(selection->abis[j], number, name))
				fprintf(out, " %s", name_of_abi(selection->abis[j]));
		}
		putc('\n', out);
	}
}

static void print_table(struct page *page, const struct selection *selection)
{
	FILE *out = page->stream;

	page_paint(page, PAINT_TITLE);
	fprintf(out, "%-28s %-8s", "call", "since");
	for (size_t i = 0; i < selection->count; i++)
		fprintf(out, " %11s", name_of_abi(selection->abis[i]));
	putc('\n', out);
	page_paint(page, PAINT_NONE);
	for (int call = 0; call < sbpf_call_count(); call++) {
		const char *name = sbpf_call_at(call);
		uint32_t number;

		if (!has_call(selection, name))
			continue;
		fprintf(out, "%-28s %-8s", name, sbpf_call_since(name));
		for (size_t i = 0; i < selection->count; i++) {
			if (sbpf_call_number(selection->abis[i], name, &number))
				fprintf(out, " %11" PRIu32, number);
			else
				fprintf(out, " %11s", "-");
		}
		putc('\n', out);
	}
}

static void print_text(struct page *page, const struct selection *selection,
		       const struct query *queries, size_t count)
{
	if (!queries)
		print_table(page, selection);
	for (size_t i = 0; queries && i < count; i++) {
		if (queries[i].name)
			print_name(page, selection, queries[i].name);
		else
			print_number(page, selection, queries[i].number);
	}
}

/* ---- JSON; names of calls and ABIs are plain words that need no escapes ---- */

static void print_name_json(FILE *out, const struct selection *selection, const char *name,
			    const char *separator)
{
	const char *since = sbpf_call_since(name);
	const char *comma = "";
	uint32_t number;

	if (since && strcmp(since, "?"))
		fprintf(out, "%s\n    {\"name\": \"%s\", \"since\": \"%s\", \"numbers\": {",
			separator, name, since);
	else
		fprintf(out, "%s\n    {\"name\": \"%s\", \"since\": null, \"numbers\": {",
			separator, name);
	for (size_t i = 0; i < selection->count; i++) {
		if (!sbpf_call_number(selection->abis[i], name, &number))
			continue;
		fprintf(out, "%s\"%s\": %" PRIu32, comma, name_of_abi(selection->abis[i]), number);
		comma = ", ";
	}
	fprintf(out, "}}");
}

static void print_number_json(FILE *out, const struct selection *selection, uint32_t number,
			      const char *separator)
{
	const char *comma = "";

	fprintf(out, "%s\n    {\"number\": %" PRIu32 ", \"calls\": {", separator, number);
	for (size_t i = 0; i < selection->count; i++) {
		const char *name = call_of_number(selection->abis[i], number);

		if (!name)
			continue;
		fprintf(out, "%s\"%s\": \"%s\"", comma, name_of_abi(selection->abis[i]), name);
		comma = ", ";
	}
	fprintf(out, "}}");
}

static void print_all_json(FILE *out, const struct selection *selection)
{
	const char *separator = "";

	for (int call = 0; call < sbpf_call_count(); call++) {
		if (!has_call(selection, sbpf_call_at(call)))
			continue;
		print_name_json(out, selection, sbpf_call_at(call), separator);
		separator = ",";
	}
}

static void print_json(FILE *out, const struct selection *selection, const struct query *queries,
		       size_t count)
{
	const char *separator = "";

	fprintf(out, "{\n  \"calls\": [");
	if (!queries)
		print_all_json(out, selection);
	for (size_t i = 0; queries && i < count; i++) {
		if (!queries[i].name)
			continue;
		print_name_json(out, selection, queries[i].name, separator);
		separator = ",";
	}
	fprintf(out, "\n  ],\n  \"numbers\": [");
	separator = "";
	for (size_t i = 0; queries && i < count; i++) {
		if (queries[i].name)
			continue;
		print_number_json(out, selection, queries[i].number, separator);
		separator = ",";
	}
	fprintf(out, "\n  ]\n}\n");
}

/* ---- Which ABIs ---- */

static void select_abi(struct selection *selection, int abi)
{
	for (size_t i = 0; i < selection->count; i++) {
		if (selection->abis[i] == abi)
			return;
	}
	selection->abis[selection->count++] = abi;
}

static int select_listed(struct selection *selection, const char *list)
{
	while (*list) {
		size_t length = strcspn(list, ",");
		char name[32];
		int abi;

		snprintf(name, sizeof(name), "%.*s", (int)length, list);
		abi = length < sizeof(name) ? sbpf_abi_find(name) : -1;
		if (abi < 0)
			return usage_error(&tool, "--abi: there is no ABI '%.*s'", (int)length,
					   list);
		select_abi(selection, abi);
		list += length + (list[length] == ',');
	}
	if (!selection->count)
		return usage_error(&tool, "--abi: which ABIs?");
	return STATUS_OK;
}

/* The built-in profile names the ABIs that go with a machine. */
static int select_machine(struct selection *selection)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy =
		sbpf_load_json(default_profile, default_profile_length, NULL, &error);

	if (!policy) {
		report_error(tool.name, NULL, &error);
		return STATUS_FAILURE;
	}
	select_abi(selection, sbpf_policy_machine(policy));
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (sbpf_policy_has_abi(policy, abi))
			select_abi(selection, abi);
	}
	sbpf_policy_free(policy);
	return STATUS_OK;
}

static int select_abis(struct selection *selection, const char *list, bool all)
{
	if (list)
		return select_listed(selection, list);
	if (!all)
		return select_machine(selection);
	for (int abi = 0; abi < sbpf_abi_count(); abi++)
		select_abi(selection, abi);
	return STATUS_OK;
}

/* ---- The command ---- */

static bool show(const struct syscalls_options *options, const struct selection *selection,
		 const struct query *queries, size_t count)
{
	struct page page;

	if (!page_open(tool.name, &page))
		return false;
	page.color = options->color;
	page.is_data = options->format == FORMAT_JSON;
	if (page.is_data)
		print_json(page.stream, selection, queries, count);
	else
		print_text(&page, selection, queries, count);
	return page_show(tool.name, &page, NULL);
}

/* Prints what the operands ask for; those that ask for nothing known were reported. */
static int answer(const struct syscalls_options *options, const struct selection *selection,
		  int argc, char **operands)
{
	struct query *queries = calloc((size_t)argc + 1, sizeof(queries[0]));
	int status = STATUS_OK;
	size_t count = 0;

	if (!queries) {
		report(tool.name, "out of memory");
		return STATUS_FAILURE;
	}
	for (int i = 0; i < argc; i++) {
		if (understand(selection, operands[i], &queries[count]))
			count++;
		else
			status = STATUS_FAILURE;
	}
	if (!show(options, selection, argc ? queries : NULL, count))
		status = STATUS_FAILURE;
	free(queries);
	return status;
}

int syscalls_main(int argc, char **argv)
{
	struct syscalls_options options = { 0 };
	const struct option_group groups[] = {
		{ "Options", syscalls_rows, COUNT(syscalls_rows), &options },
		{ "Output", color_rows, color_row_count, &options.color },
	};
	struct selection selection = { 0 };
	int operand, status;

	if (!options_parse(&tool, groups, 2, argc, argv, &operand, &status))
		return status;
	selection.abis = calloc((size_t)sbpf_abi_count() + 1, sizeof(selection.abis[0]));
	if (!selection.abis) {
		report(tool.name, "out of memory");
		return STATUS_FAILURE;
	}
	status = select_abis(&selection, options.abis, operand < argc);
	if (status == STATUS_OK)
		status = answer(&options, &selection, argc - operand, argv + operand);
	free(selection.abis);
	return status;
}
