/* SPDX-License-Identifier: MIT */
/* A recording as JSON, a line a call. */
#include "recording.h"

#include "call.h"
#include "common.h"
#include "json_writer.h"

#include <inttypes.h>
#include <stdlib.h>

/* Opens a list's next member: ", " between, and nothing before the first. */
static void separate(FILE *out, bool *first)
{
	fputs(*first ? "" : ", ", out);
	*first = false;
}

static void write_programs(FILE *out, const struct recorded_call *call)
{
	bool first = true;

	if (!call->program_count)
		return;
	fputs(", \"programs\": {", out);
	for (size_t i = 0; i < call->program_count; i++) {
		separate(out, &first);
		json_string(out, call->programs[i].name);
		fprintf(out, ": %" PRIu64, call->programs[i].count);
	}
	putc('}', out);
}

static void write_values(FILE *out, const struct recorded_argument *argument)
{
	bool first = true;

	for (size_t i = 0; i < argument->count; i++) {
		separate(out, &first);
		json_hex(out, argument->values[i].value);
		fprintf(out, ": %" PRIu64, argument->values[i].count);
	}
	if (argument->many) {
		separate(out, &first);
		fprintf(out, "\"many\": %" PRIu64, argument->many);
	}
}

/* In how many runs a value was seen, where it was more than one. */
static void write_runs(FILE *out, const struct recorded_argument *argument)
{
	bool first = true;

	for (size_t i = 0; i < argument->count; i++) {
		if (argument->values[i].runs < 2)
			continue;
		separate(out, &first);
		json_hex(out, argument->values[i].value);
		fprintf(out, ": %" PRIu64, argument->values[i].runs);
	}
}

static bool has_values(const struct recorded_argument *argument)
{
	return argument->count || argument->many;
}

static bool has_runs(const struct recorded_argument *argument)
{
	for (size_t i = 0; i < argument->count; i++) {
		if (argument->values[i].runs > 1)
			return true;
	}
	return false;
}

/* A member of the call with a member for each of its arguments that has something to write. */
static void write_arguments(FILE *out, int abi, const struct recorded_call *call, const char *key,
			    bool (*has)(const struct recorded_argument *),
			    void (*write)(FILE *, const struct recorded_argument *))
{
	char name[PARAMETER_MAX];
	bool first = true;

	for (unsigned int i = 0; i < COUNT(call->arguments); i++) {
		if (!has(&call->arguments[i]))
			continue;
		if (first)
			fprintf(out, ", \"%s\": {", key);
		separate(out, &first);
		json_string(out, parameter_text(abi, call->number, i, name));
		fputs(": {", out);
		write(out, &call->arguments[i]);
		putc('}', out);
	}
	fputs(first ? "" : "}", out);
}

static void write_call(FILE *out, int abi, const struct recorded_call *call)
{
	if (call->name)
		json_string(out, call->name);
	else
		fprintf(out, "\"#%" PRIu32 "\"", call->number);
	fprintf(out, ": {\"count\": %" PRIu64 ", \"runs\": %" PRIu64, call->count, call->runs);
	if (call->refused)
		fprintf(out, ", \"refused\": %" PRIu64, call->refused);
	write_programs(out, call);
	write_arguments(out, abi, call, "args", has_values, write_values);
	write_arguments(out, abi, call, "args_runs", has_runs, write_runs);
	putc('}', out);
}

static void write_abis(FILE *out, const struct recording *recording)
{
	const char *separator = "";

	for (int abi = 0; abi < recording->abi_count; abi++) {
		const struct recorded_abi *calls = &recording->abis[abi];

		if (!calls->count)
			continue;
		fprintf(out, "%s\n    \"%s\": {", separator, name_of_abi(abi));
		for (size_t i = 0; i < calls->count; i++) {
			fputs(i ? ",\n      " : "\n      ", out);
			write_call(out, abi, &calls->calls[i]);
		}
		fputs("\n    }", out);
		separator = ",";
	}
}

char *recording_format(const struct recording *recording, size_t *length)
{
	char *text = NULL;
	FILE *out = recording->failed ? NULL : open_memstream(&text, length);
	bool failed;

	if (!out)
		return NULL;
	fprintf(out, "{\n  \"recording\": 1,\n  \"runs\": %" PRIu64 ",\n", recording->runs);
	if (recording->lost)
		fprintf(out, "  \"lost\": %" PRIu64 ",\n", recording->lost);
	fputs("  \"abis\": {", out);
	write_abis(out, recording);
	fputs("\n  }\n}\n", out);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}

bool recording_write(const char *tool, const struct recording *recording, const char *path)
{
	size_t length;
	char *text = recording_format(recording, &length);
	bool written;

	if (!text) {
		report(tool, "out of memory");
		return false;
	}
	written = output_write(tool, path, text, length);
	free(text);
	return written;
}
