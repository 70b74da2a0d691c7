/* SPDX-License-Identifier: MIT */
/* sbpf-gen: profiles to filters at build time, as a C header or in another format. */
#include "gen.h"

#include "picture.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const struct tool tool = {
	.name = PROGRAM,
	.synopsis = "[OPTION]... -o FILE PROFILE\n"
		    "[OPTION]... -o FILE --name IDENT=PROFILE...\n"
		    "[OPTION]... --check FILE PROFILE",
	.summary =
		"Compiles seccomp profiles to filters: as a C header that installs them and needs\n"
		"no library, or in another format.",
	.notes = "A profile without --name is called after its file: block-mkdir.json becomes\n"
		 "block_mkdir, a digit or keyword in front gets profile_ before it, \"-\" "
		 "(standard\n"
		 "input) becomes profile. A C header can hold several machines: --arch "
		 "x86_64,aarch64.\n"
		 "Exit status: 0 done or fresh, 1 failed or stale, 2 wrong usage.",
};

#define WORK(field) offsetof(struct gen_work, field)

static const struct option_row rows[] = {
	{ "output", 'o', "FILE", "the file to write; \"-\" is standard output", WORK(output) },
	{ "check", 0, "FILE",
	  "write nothing, whatever --output says; fail when FILE is\n"
	  "not what would be written",
	  WORK(check) },
	{ "format", 0, "FORMAT",
	  "c (default), raw, base64, asm, json or dot (a picture, where\nFILE is *.svg, *.png or "
	  "the like)",
	  WORK(format) },
	{ "name", 0, "IDENT=PROFILE",
	  "a profile and what its symbols begin with; may be given\n"
	  "several times for a C header",
	  WORK(name) },
	{ "effort", 0, "EFFORT", "quick or thorough (default)", WORK(effort) },
	{ "unproven", 0, NULL,
	  "write a filter that is too large to be proven equal to its\n"
	  "profile, too",
	  WORK(unproven) },
	{ "verbose", 'v', NULL, "report the size of each filter", WORK(verbose) },
};

static const struct format {
	const char *name;
	bool is_header;		 /* written here, not by the library; can hold several filters */
	enum sbpf_format format; /* of the library */
} formats[] = {
	{ .name = "c", .is_header = true },	 { "raw", false, SBPF_FORMAT_RAW },
	{ "base64", false, SBPF_FORMAT_BASE64 }, { "asm", false, SBPF_FORMAT_ASM },
	{ "json", false, SBPF_FORMAT_JSON },	 { "dot", false, SBPF_FORMAT_DOT },
};

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < COUNT(formats); i++) {
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	}
	return NULL;
}

static int check_output(const struct gen_work *work)
{
	if (!work->output && !work->check)
		return usage_error(&tool,
				   "where to write? --output FILE, or - for standard output");
	if (work->check && !strcmp(work->check, "-"))
		return usage_error(&tool, "--check needs a file, not standard input");
	if ((work->output && !*work->output) || (work->check && !*work->check))
		return usage_error(&tool, "--%s: the file's name is empty",
				   work->output && !*work->output ? "output" : "check");
	return STATUS_OK;
}

/* A file that is made from itself is lost. */
static int check_not_a_source(const struct gen_work *work)
{
	const struct source *source = NULL;

	if (!work->check && strcmp(work->output, "-") != 0)
		source = sources_find_file(work, work->output);
	if (source)
		return usage_error(&tool,
				   "--output: '%s' is the profile '%s' itself; name another file",
				   work->output, source->path);
	return STATUS_OK;
}

static int check_words(const struct gen_work *work)
{
	if (!find_format(work->format))
		return usage_error(&tool,
				   "--format: no such format: '%s', must be c, raw, base64, asm, "
				   "json or dot",
				   work->format);
	if (strcmp(work->effort, "quick") != 0 && strcmp(work->effort, "thorough") != 0)
		return usage_error(&tool, "--effort: '%s' must be quick or thorough", work->effort);
	return STATUS_OK;
}

static int check_names(const struct gen_work *work)
{
	size_t from_stdin = 0;

	for (size_t i = 0; i < work->source_count; i++) {
		const struct source *source = &work->sources[i];

		if (source->identifier[0] == '\0' || source->path[0] == '\0')
			return usage_error(&tool,
					   "--name needs IDENT=PROFILE, such as web=web.json");
		if (!identifier_is_valid(source->identifier))
			return usage_error(
				&tool, "--name: '%s' is no C identifier, or a keyword of C or C++",
				source->identifier);
		for (size_t j = 0; j < i; j++) {
			if (!strcmp(work->sources[j].identifier, source->identifier))
				return usage_error(&tool, "--name: %s stands there twice",
						   source->identifier);
		}
		from_stdin += !strcmp(source->path, "-");
	}
	if (from_stdin > 1)
		return usage_error(&tool, "standard input can be one profile only");
	return STATUS_OK;
}

static int check_counts(const struct gen_work *work)
{
	if (find_format(work->format)->is_header)
		return STATUS_OK;
	if (work->machine_count > 1)
		return usage_error(&tool, "--format %s holds one machine only, --arch names %zu",
				   work->format, work->machine_count);
	if (work->source_count > 1)
		return usage_error(&tool, "--format %s holds one profile only, --name gives %zu",
				   work->format, work->source_count);
	return STATUS_OK;
}

/* The profile without a name, and that there is one or the other. */
static int take_operand(struct gen_work *work, int count, char **operands)
{
	/* sources_take_names() leaves only what getopt_long(3) takes for an abbreviation. */
	if (work->name)
		return usage_error(&tool, "--name must be spelt out");
	if (work->source_count && count)
		return usage_error(&tool, "'%s' needs a --name too, like the others", operands[0]);
	if (count > 1)
		return usage_error(&tool, "several profiles need names: --name IDENT=PROFILE");
	if (!work->source_count && !count)
		return usage_error(&tool, "which profile? A file, or - for standard input");
	if (count && operands[0][0] == '\0')
		return usage_error(&tool, "the profile's name is empty");
	if (count && !sources_add_path(work, operands[0])) {
		report(PROGRAM, "out of memory");
		return STATUS_FAILURE;
	}
	return STATUS_OK;
}

static int check_usage(struct gen_work *work, int operand_count, char **operands)
{
	int status = check_output(work);

	if (status == STATUS_OK)
		status = check_words(work);
	if (status == STATUS_OK)
		status = take_operand(work, operand_count, operands);
	if (status == STATUS_OK)
		status = check_names(work);
	if (status == STATUS_OK &&
	    !machines_parse(&tool, work->target.machine, work->machines, &work->machine_count))
		status = STATUS_USAGE;
	if (status == STATUS_OK)
		status = check_counts(work);
	if (status == STATUS_OK)
		status = check_not_a_source(work);
	return status;
}

/* What dot(1) makes of a graph, in place of it, where the file's name is one of a picture. */
static char *draw_graph(const struct gen_work *work, char *graph, size_t *length)
{
	const char *format = picture_format(work->check ? work->check : work->output);
	char *picture;

	if (!graph || !format)
		return graph;
	picture = picture_draw(PROGRAM, format, graph, *length, length);
	free(graph);
	return picture;
}

static char *format_work(const struct gen_work *work, size_t *length)
{
	const struct format *format = find_format(work->format);
	struct sbpf_error error = { 0 };
	char *data;

	if (format->is_header) {
		data = header_format(work, length);
		if (!data)
			report(PROGRAM, "out of memory");
		return data;
	}
	data = sbpf_filter_format(work->sources[0].filters[0], format->format, length, &error);
	if (!data)
		report_error(PROGRAM, NULL, &error);
	return format->format == SBPF_FORMAT_DOT ? draw_graph(work, data, length) : data;
}

static void report_stale(const struct gen_work *work, const char *state)
{
	fprintf(stderr, "%s: ", PROGRAM);
	command_print_word(work->check, stderr);
	fprintf(stderr, ": %s, regenerate it: ", state);
	command_print(work, work->check, stderr);
	putc('\n', stderr);
}

/* Whether the file is what would be written. */
static enum status compare(const struct gen_work *work, const char *data, size_t length)
{
	size_t found_length;
	char *found = read_file(work->check, length, &found_length);
	enum status status = STATUS_FAILURE;

	if (found && found_length == length && !memcmp(found, data, length))
		status = STATUS_OK;
	else if (found || errno == EFBIG)
		report_stale(work, "stale");
	else if (errno == ENOENT)
		report_stale(work, "missing");
	else
		report(PROGRAM, "%s: %s", work->check, strerror(errno));
	free(found);
	return status;
}

static enum status make(struct gen_work *work)
{
	enum status status = sources_read(work);
	size_t length;
	char *data;

	if (status == STATUS_OK)
		status = sources_compile(work);
	if (status != STATUS_OK)
		return status;
	data = format_work(work, &length);
	if (!data)
		return STATUS_FAILURE;
	if (work->check)
		status = compare(work, data, length);
	else if (!output_write(PROGRAM, work->output, data, length))
		status = STATUS_FAILURE;
	free(data);
	return status;
}

int main(int argc, char **argv)
{
	struct gen_work work = { .format = "c", .effort = "thorough" };
	const struct option_group groups[] = {
		{ "Options", rows, COUNT(rows), &work },
		{ "Target", target_options, target_option_count, &work.target },
	};
	int status = STATUS_FAILURE;
	int operand;

	output_begin();
	argc = sources_take_names(&work, argc, argv);
	if (argc < 0) {
		report(PROGRAM, "out of memory");
	} else if (options_parse(&tool, groups, COUNT(groups), argc, argv, &operand, &status)) {
		status = check_usage(&work, argc - operand, argv + operand);
		if (status == STATUS_OK)
			status = make(&work);
	}
	sources_free(&work);
	return status;
}
