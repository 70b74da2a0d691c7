/* SPDX-License-Identifier: MIT */
/* The command that makes an output: in the output itself for humans, and to be run as printed. */
#include "gen.h"

#include <string.h>

#define PLAIN                                                                                      \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"                                     \
	"0123456789_.,=+@%:-"

static bool has_control(const char *word)
{
	for (; *word; word++) {
		if ((unsigned char)*word < 0x20 || *word == 0x7f)
			return true;
	}
	return false;
}

/* Bash's $'...', which dash lacks but which no control character leaves for the terminal. */
static void print_escaped(const char *word, FILE *stream)
{
	fputs("$'", stream);
	for (; *word; word++) {
		unsigned char byte = (unsigned char)*word;

		if (byte < 0x20 || byte == 0x7f || byte == '\'' || byte == '\\')
			fprintf(stream, "\\%03o", byte);
		else
			putc(byte, stream);
	}
	fputs("'", stream);
}

void command_print_word(const char *word, FILE *stream)
{
	if (has_control(word)) {
		print_escaped(word, stream);
		return;
	}
	if (*word && !word[strspn(word, PLAIN "/")]) {
		fputs(word, stream);
		return;
	}
	putc('\'', stream);
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\'", stream);
		putc(*word, stream);
	}
	putc('\'', stream);
}

/*
 * What could end the comment, hide what follows or end the quotes becomes '?', which a shell takes
 * for any character.
 */
void command_print_comment_word(const char *word, FILE *stream)
{
	const char *quote = strpbrk(word, " ()") ? "'" : "";

	fputs(quote, stream);
	for (; *word; word++)
		putc(strchr(PLAIN " ()", *word) ? *word : '?', stream);
	fputs(quote, stream);
}

static void print_base_name(const char *path, FILE *stream)
{
	command_print_comment_word(base_name(path), stream);
}

/* How the words of the user's are printed: the values of options, and paths. */
struct form {
	void (*print_value)(const char *value, FILE *stream);
	void (*print_path)(const char *path, FILE *stream);
};

static void print_option(const char *name, const char *value, const struct form *form, FILE *stream)
{
	if (!value)
		return;
	fprintf(stream, " --%s=", name);
	if (*value)
		form->print_value(value, stream);
}

static void print_machines(const struct gen_work *work, FILE *stream)
{
	struct sbpf_abi machine;

	fprintf(stream, " --arch=");
	for (size_t i = 0; i < work->machine_count; i++) {
		if (sbpf_abi_describe(work->machines[i], &machine))
			fprintf(stream, "%s%s", i ? "," : "", machine.name);
	}
}

/* Without those that are at their default. */
static void print_target(const struct sbpf_target *target, const struct form *form, FILE *stream)
{
	static const char *const readings[] = {
		[SBPF_READING_DOCKER] = NULL,
		[SBPF_READING_OCI] = "oci",
		[SBPF_READING_LITERAL] = "literal",
	};
	static const char *const widths[] = {
		[SBPF_WIDTH_PROFILE] = NULL,
		[SBPF_WIDTH_KERNEL] = "kernel",
	};

	print_option("abi", target->abis, form, stream);
	print_option("kernel", target->kernel, form, stream);
	print_option("caps", target->capabilities, form, stream);
	print_option("bad-arch", target->bad_arch, form, stream);
	fprintf(stream, "%s%s", target->unknown_as_enosys ? " --enosys" : "",
		target->strict ? " --strict" : "");
	print_option("reading", readings[target->reading], form, stream);
	print_option("width", widths[target->width], form, stream);
}

static void print_command(const struct gen_work *work, const struct form *form, FILE *stream)
{
	fprintf(stream, "%s", PROGRAM);
	print_machines(work, stream);
	print_target(&work->target, form, stream);
	if (strcmp(work->effort, "thorough") != 0)
		print_option("effort", work->effort, form, stream);
	if (strcmp(work->format, "c") != 0)
		print_option("format", work->format, form, stream);
	for (size_t i = 0; i < work->source_count; i++) {
		fprintf(stream, " --name %s=", work->sources[i].identifier);
		form->print_path(work->sources[i].path, stream);
	}
	fprintf(stream, " -o ");
}

void command_print_in_comment(const struct gen_work *work, FILE *stream)
{
	static const struct form form = { command_print_comment_word, print_base_name };

	print_command(work, &form, stream);
	fprintf(stream, "HEADER");
}

void command_print(const struct gen_work *work, const char *output, FILE *stream)
{
	static const struct form form = { command_print_word, command_print_word };

	print_command(work, &form, stream);
	command_print_word(output, stream);
}
