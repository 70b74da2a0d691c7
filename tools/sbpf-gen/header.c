/* SPDX-License-Identifier: MIT */
/*
 * The C header. It must compile without a warning as C99, C11 and C++17 with every warning on, so
 * it has no casts of pointers, no narrowing and no declaration that a language mode hides; and with
 * old kernel headers, so it holds the kernel's numbers instead of their names.
 */
#include "gen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAG_WAIT_KILLABLE_RECV (1u << 5)

/* linux/seccomp.h: what a profile can ask for whether there is a listener or not. */
static const struct flag {
	unsigned int bit;
	const char *name;
} flags[] = {
	{ 1u << 0, "SECCOMP_FILTER_FLAG_TSYNC" },
	{ 1u << 1, "SECCOMP_FILTER_FLAG_LOG" },
	{ 1u << 2, "SECCOMP_FILTER_FLAG_SPEC_ALLOW" },
};

static void print_sources(const struct gen_work *work, FILE *stream)
{
	for (size_t i = 0; i < work->source_count; i++) {
		const struct source *source = &work->sources[i];

		fprintf(stream, " * %s is made from ", source->identifier);
		command_print_comment_word(base_name(source->path), stream);
		fprintf(stream, ", SHA-256\n *	%s\n", source->digest);
	}
}

static void print_introduction(const struct gen_work *work, FILE *stream)
{
	const char *first = work->sources[0].identifier;

	fprintf(stream, "/*\n * Seccomp filters made by sbpf-gen. Do not edit: change the profile "
			"and run\n *	");
	command_print_in_comment(work, stream);
	fprintf(stream, "\n *\n");
	print_sources(work, stream);
	fprintf(stream,
		" *\n"
		" * if (%s_install(0) < 0)\n"
		" *	err(1, \"seccomp\");\n"
		" *\n"
		" * sets no_new_privs and puts the filter in force on the calling thread and on "
		"all that\n"
		" * it starts, for good. flags: SECCOMP_FILTER_FLAG_* beside those that the "
		"profile asks\n"
		" * for. Returns 0, or the listener's descriptor with "
		"SECCOMP_FILTER_FLAG_NEW_LISTENER, or\n"
		" * -1 with errno: ESRCH when SECCOMP_FILTER_FLAG_TSYNC met a thread that it could "
		"not\n"
		" * bring along. Async-signal-safe. %s_filter[] is the program itself.\n"
		" */\n",
		first, first);
}

/* Lengths keep the guards of {a_b, c} and {a, b_c} apart. */
static void print_guard(const struct gen_work *work, FILE *stream)
{
	fprintf(stream, "SBPF_GEN");
	for (size_t i = 0; i < work->source_count; i++)
		fprintf(stream, "_%zu%s", strlen(work->sources[i].identifier),
			work->sources[i].identifier);
	fprintf(stream, "_H");
}

static void print_opening(const struct gen_work *work, FILE *stream)
{
	print_introduction(work, stream);
	fprintf(stream, "#ifndef ");
	print_guard(work, stream);
	fprintf(stream, "\n#define ");
	print_guard(work, stream);
	fprintf(stream,
		"\n\n#include <errno.h>\n"
		"#include <linux/filter.h>\n"
		"#include <linux/seccomp.h>\n"
		"#include <sys/prctl.h>\n"
		"#include <unistd.h>\n\n"
		"/* Strict language modes hide it; C++ compilers for Linux never do. */\n"
		"#if !defined(__cplusplus) && !defined(SBPF_GEN_SYSCALL) && !defined(__USE_MISC) "
		"&& \\\n\t!defined(_GNU_SOURCE) && !defined(_BSD_SOURCE)\n"
		"#define SBPF_GEN_SYSCALL\n"
		"long syscall(long number, ...);\n"
		"#endif\n");
}

/* One instruction, with its line of assembly (up to end) as the comment. */
static void print_instruction(const struct sock_filter *instruction, const char *line,
			      const char *end, FILE *stream)
{
	fprintf(stream, "\t{ 0x%02x, %u, %u, 0x%08xu }, /* ", instruction->code, instruction->jt,
		instruction->jf, instruction->k);
	for (; line < end; line++)
		putc(*line == '\t' ? ' ' : *line, stream);
	fprintf(stream, " */\n");
}

/* False when there is no memory for the assembly. */
static bool print_program(const struct source *source, size_t index, FILE *stream)
{
	const struct sbpf_filter *filter = source->filters[index];
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);
	char *assembly = sbpf_filter_format(filter, SBPF_FORMAT_ASM, NULL, NULL);
	const char *line = assembly;

	if (!assembly)
		return false;
	fprintf(stream,
		"\n__attribute__((__unused__))\n"
		"static const struct sock_filter %s_filter[] = {\n",
		source->identifier);
	for (size_t i = 0; i < count; i++) {
		while (*line == ';')
			line += strcspn(line, "\n") + 1;
		print_instruction(&program[i], line, line + strcspn(line, "\n"), stream);
		line += strcspn(line, "\n") + 1;
	}
	fprintf(stream, "};\n");
	free(assembly);
	return true;
}

static void print_flags(const struct sbpf_filter *filter, FILE *stream)
{
	unsigned int wanted = sbpf_filter_flags(filter);
	unsigned int always = wanted & ~FLAG_WAIT_KILLABLE_RECV;
	const char *separator = " ";

	if (always) {
		fprintf(stream, "\tflags |= 0x%xu; /*", always);
		for (size_t i = 0; i < COUNT(flags); i++) {
			if (!(always & flags[i].bit))
				continue;
			fprintf(stream, "%s%s", separator, flags[i].name);
			separator = " | ";
		}
		fprintf(stream, " */\n");
	}
	if (wanted & FLAG_WAIT_KILLABLE_RECV)
		fprintf(stream, "\tif (flags & 0x8u) /* a listener, which this is about */\n"
				"\t\tflags |= 0x20u; /* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV "
				"*/\n");
	/* A result cannot be a descriptor and the id of a thread (seccomp(2)). */
	fprintf(stream, "\tif ((flags & 0x9u) == 0x9u) /* TSYNC with a listener */\n"
			"\t\tflags |= 0x10u; /* SECCOMP_FILTER_FLAG_TSYNC_ESRCH */\n");
}

static void print_install(const struct source *source, size_t index, int machine, FILE *stream)
{
	const struct sbpf_filter *filter = source->filters[index];
	uint32_t seccomp = 0;
	size_t count;

	sbpf_filter_program(filter, &count);
	sbpf_call_number(machine, "seccomp", &seccomp);
	fprintf(stream,
		"\n__attribute__((__unused__))\n"
		"static inline int %s_install(unsigned int flags)\n{\n"
		"\tconst struct {\n"
		"\t\tunsigned short len;\n"
		"\t\tconst struct sock_filter *filter;\n"
		"\t} program = { %zu, %s_filter }; /* a struct sock_fprog of const */\n"
		"\tlong result;\n\n",
		source->identifier, count, source->identifier);
	print_flags(filter, stream);
	if (sbpf_filter_needs_listener(filter))
		fprintf(stream, "\tif (!(flags & 0x8u)) { /* SECCOMP_FILTER_FLAG_NEW_LISTENER, for "
				"NOTIFY */\n"
				"\t\terrno = EINVAL;\n"
				"\t\treturn -1;\n"
				"\t}\n");
	fprintf(stream,
		"\tif (prctl(38, 1UL, 0UL, 0UL, 0UL) != 0) /* PR_SET_NO_NEW_PRIVS */\n"
		"\t\treturn -1;\n"
		"\t/* seccomp(SECCOMP_SET_MODE_FILTER, flags, &program) */\n"
		"\tresult = syscall(%uL, 1UL, (unsigned long)flags, &program);\n"
		"\tif (result > 0 && !(flags & 0x8u)) { /* a thread that TSYNC could not bring "
		"along */\n"
		"\t\terrno = ESRCH;\n"
		"\t\treturn -1;\n"
		"\t}\n"
		"\treturn (int)result;\n"
		"}\n",
		seccomp);
}

static bool print_machine(const struct gen_work *work, size_t index, FILE *stream)
{
	int machine = work->machines[index];

	fprintf(stream, "\n#%s %s\n", index ? "elif" : "if", machine_condition(machine));
	for (size_t i = 0; i < work->source_count; i++) {
		if (!print_program(&work->sources[i], index, stream))
			return false;
		print_install(&work->sources[i], index, machine, stream);
	}
	return true;
}

static bool print_header(const struct gen_work *work, FILE *stream)
{
	print_opening(work, stream);
	for (size_t i = 0; i < work->machine_count; i++) {
		if (!print_machine(work, i, stream))
			return false;
	}
	fprintf(stream, "\n#else\n#error \"no filter for this machine: name it to sbpf-gen with "
			"--arch\"\n#endif\n\n#endif\n");
	return !ferror(stream);
}

char *header_format(const struct gen_work *work, size_t *length)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, length);
	bool printed;

	if (!stream)
		return NULL;
	printed = print_header(work, stream);
	if (fclose(stream) == 0 && printed)
		return text;
	free(text);
	return NULL;
}
