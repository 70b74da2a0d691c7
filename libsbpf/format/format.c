/* SPDX-License-Identifier: MIT */
#include "format.h"

#include "arch.h"
#include "array.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

static const struct format_writer {
	enum sbpf_format format;
	void (*plain)(const struct sbpf_filter *filter, struct text *text);
	void (*annotated)(const struct sbpf_filter *filter, struct sbpf_notes *notes,
			  struct text *text);
} writers[] = {
	{ SBPF_FORMAT_RAW, format_raw, NULL }, { SBPF_FORMAT_BASE64, format_base64, NULL },
	{ SBPF_FORMAT_ASM, NULL, format_asm }, { SBPF_FORMAT_JSON, NULL, format_json },
	{ SBPF_FORMAT_DOT, NULL, format_dot },
};

static const struct format_writer *find_writer(enum sbpf_format format)
{
	for (size_t i = 0; i < COUNT(writers); i++) {
		if (writers[i].format == format)
			return &writers[i];
	}
	return NULL;
}

static int write_annotated(const struct format_writer *writer, const struct sbpf_filter *filter,
			   struct text *text, struct sbpf_error *error)
{
	struct sbpf_notes *notes = sbpf_program_annotate(filter->program, filter->count,
							 filter->machine, filter->abi_set, error);

	if (!notes)
		return -1;
	writer->annotated(filter, notes, text);
	sbpf_notes_free(notes);
	return 0;
}

char *sbpf_filter_format(const struct sbpf_filter *filter, enum sbpf_format format, size_t *length,
			 struct sbpf_error *error)
{
	const struct format_writer *writer = find_writer(format);
	struct text text = { 0 };

	if (error_is_set(error))
		return NULL;
	if (!filter) {
		error_set(error, SBPF_ERROR_USAGE, "no filter to write");
		return NULL;
	}
	if (!writer) {
		error_set(error, SBPF_ERROR_USAGE,
			  "no such format: %d, must be one of enum sbpf_format", (int)format);
		return NULL;
	}
	if (writer->plain)
		writer->plain(filter, &text);
	else if (write_annotated(writer, filter, &text, error))
		return NULL;
	/* Terminates the text, also where there is none. */
	text_add(&text, "%s", "");
	if (text.failed) {
		free(text.data);
		error_memory(error);
		return NULL;
	}
	if (length)
		*length = text.length;
	return text.data;
}

/* Every ABI of the machine's byte order: a program says itself by which it can be entered. */
static uint64_t possible_abis(int machine)
{
	uint64_t set = 0;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abi_big_endian(abi) == abi_big_endian(machine))
			set |= UINT64_C(1) << abi;
	}
	return set;
}

char *sbpf_program_format(const struct sock_filter *program, size_t count, int machine,
			  enum sbpf_format format, size_t *length, struct sbpf_error *error)
{
	struct sbpf_filter *filter;
	char *text = NULL;

	if (machine < 0 || machine >= sbpf_abi_count()) {
		error_set(error, SBPF_ERROR_USAGE, "no machine has the index %d", machine);
		return NULL;
	}
	if (sbpf_program_check(program, count, error))
		return NULL;
	filter = calloc(1, sizeof(*filter) + count * sizeof(filter->program[0]));
	if (filter) {
		filter->machine = machine;
		filter->abi_set = possible_abis(machine);
		filter->count = count;
		memcpy(filter->program, program, count * sizeof(program[0]));
		text = sbpf_filter_format(filter, format, length, error);
	} else {
		error_memory(error);
	}
	free(filter);
	return text;
}
