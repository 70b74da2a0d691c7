/* SPDX-License-Identifier: MIT */
/* sbpf dump: the filters of a live process. */
#include "commands.h"
#include "common.h"
#include "pager.h"
#include "process.h"
#include "profile_writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum dump_format { FORMAT_ASM, FORMAT_RAW, FORMAT_JSON, FORMAT_PROFILE };

struct dump_options {
	const char *output;
	const char *index;
	enum dump_format format;
};

static const struct option_row dump_rows[] = {
	{ "output", 'o', "FILE", "the file to write (default: standard output)",
	  offsetof(struct dump_options, output) },
	{ "index", 0, "N", "only this filter, 0 is the newest (default: all)",
	  offsetof(struct dump_options, index) },
	{ "format", 0, "asm|raw|json|profile",
	  "how to write: assembly, struct sock_filter[] of one filter, the\n"
	  "instructions with their targets, or a JSON profile proven to mean\n"
	  "what one filter does (default: asm)",
	  offsetof(struct dump_options, format) },
};

static const struct tool tool = {
	.name = "sbpf dump",
	.synopsis = "[OPTION...] PID",
	.summary =
		"Write down the seccomp filters of a process, newest first. The process goes on.",
	.notes = "Reading filters needs CAP_SYS_ADMIN.",
};

static const enum sbpf_format formats[] = {
	[FORMAT_ASM] = SBPF_FORMAT_ASM,
	[FORMAT_RAW] = SBPF_FORMAT_RAW,
	[FORMAT_JSON] = SBPF_FORMAT_JSON,
};

/* The filters that are asked for: count of those from first on. */
struct selection {
	const struct process_filters *filters;
	size_t first;
	size_t count;
};

/* Writes what stands around the filters: JSON has a list where --index chose none. */
static void write_between(FILE *stream, const struct dump_options *options,
			  const struct selection *selection, size_t index)
{
	bool is_first = index == selection->first;

	if (options->format == FORMAT_JSON && !options->index)
		fputs(is_first ? "[" : ",\n", stream);
	else if (options->format == FORMAT_ASM && selection->count > 1)
		fprintf(stream, "%s; filter %zu of %zu%s\n", is_first ? "" : "\n", index,
			selection->filters->count, is_first ? ", the newest" : "");
}

/* What a filter answers to archs that no kernel has, as an option would spell it. */
static void find_bad_arch(const struct sbpf_space *space, sbpf_meaning meaning, char text[32])
{
	const struct seccomp_data foreign = { .arch = UINT32_MAX };
	uint32_t verdict;

	if (sbpf_meaning_verdict(space, meaning, &foreign, &verdict))
		sbpf_verdict_format(verdict, text, 32);
}

/* A profile that means what the filter does; NULL when that was reported. */
static char *format_profile(const struct process_filter *filter, size_t *length)
{
	char bad_arch[32] = "KILL_PROCESS";
	struct sbpf_target target = { .bad_arch = bad_arch };
	struct profile_trouble trouble = { 0 };
	struct profile_request request = {
		.tool = &tool,
		.name = "the filter",
		.machine = sbpf_abi_native(),
		.target = &target,
		.named_only = true,
		.trouble = &trouble,
	};
	struct sbpf_error error = { 0 };
	char *text = NULL;

	request.space = sbpf_space_new(request.machine, 0, &error);
	if (sbpf_meaning_of_program(request.space, filter->program, filter->count, &request.meaning,
				    &error)) {
		report_error(tool.name, NULL, &error);
	} else {
		find_bad_arch(request.space, request.meaning, bad_arch);
		text = profile_write(&request, length);
		if (trouble.abis)
			report(tool.name, "sbpf decompile pid:N has an option for that: --abi");
		profile_report_statements(&request);
	}
	sbpf_space_free(request.space);
	return text;
}

static char *format_filter(const struct process_filter *filter, enum dump_format format,
			   size_t *length)
{
	struct sbpf_error error = { 0 };
	char *text;

	if (format == FORMAT_PROFILE)
		return format_profile(filter, length);
	text = sbpf_program_format(filter->program, filter->count, sbpf_abi_native(),
				   formats[format], length, &error);
	if (!text)
		report_error(tool.name, NULL, &error);
	return text;
}

static bool write_filters(FILE *stream, const struct dump_options *options,
			  const struct selection *selection)
{
	for (size_t i = selection->first; i < selection->first + selection->count; i++) {
		size_t length;
		char *text =
			format_filter(&selection->filters->filters[i], options->format, &length);

		if (!text)
			return false;
		write_between(stream, options, selection, i);
		fwrite(text, 1, length, stream);
		free(text);
	}
	if (options->format == FORMAT_JSON && !options->index)
		fputs("]\n", stream);
	return true;
}

static int dump(const struct dump_options *options, const struct selection *selection)
{
	bool is_binary = options->format == FORMAT_RAW;
	struct page page;
	bool written;

	if (!page_open(tool.name, &page))
		return STATUS_FAILURE;
	page.is_data = true;
	written =
		write_filters(page.stream, options, selection) &&
		page_show(tool.name, &page, !options->output && is_binary ? "-" : options->output);
	page_free(&page);
	return written ? STATUS_OK : STATUS_FAILURE;
}

/* STATUS_OK, or what was reported. */
static int select_filters(const struct dump_options *options, size_t index,
			  struct selection *selection)
{
	size_t count = selection->filters->count;

	if (options->index && index >= count) {
		report(tool.name, "--index: the process has %zu filter%s, 0 to %zu", count,
		       count == 1 ? "" : "s", count - 1);
		return STATUS_FAILURE;
	}
	if (!options->index && count > 1 &&
	    (options->format == FORMAT_RAW || options->format == FORMAT_PROFILE))
		return usage_error(
			&tool,
			"the process has %zu filters, and such a file holds one: --index "
			"0 to %zu says which",
			count, count - 1);
	selection->first = options->index ? index : 0;
	selection->count = options->index ? 1 : count;
	return STATUS_OK;
}

static bool parse_index(const char *text, size_t *index)
{
	char *end;

	errno = 0;
	*index = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

int dump_main(int argc, char **argv)
{
	struct dump_options options = { 0 };
	const struct option_group groups[] = {
		{ "Options", dump_rows, COUNT(dump_rows), &options },
	};
	struct process_filters filters;
	struct selection selection = { .filters = &filters };
	size_t index = 0, skip;
	int operand, status;
	pid_t pid;

	if (!options_parse(&tool, groups, 1, argc, argv, &operand, &status))
		return status;
	if (argc - operand != 1)
		return usage_error(&tool, "which process?");
	skip = strncmp(argv[operand], PROCESS_PREFIX, strlen(PROCESS_PREFIX))
		       ? 0
		       : strlen(PROCESS_PREFIX);
	if (!process_parse(argv[operand] + skip, strlen(argv[operand]) - skip, &pid))
		return usage_error(&tool, "'%s' is not the number of a process", argv[operand]);
	if (options.index && !parse_index(options.index, &index))
		return usage_error(&tool, "--index: '%s' is not a number", options.index);
	if (!process_read(&tool, pid, &filters))
		return STATUS_FAILURE;
	status = select_filters(&options, index, &selection);
	if (status == STATUS_OK)
		status = dump(&options, &selection);
	process_free(&filters);
	return status;
}
