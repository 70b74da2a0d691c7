/* SPDX-License-Identifier: MIT */
/* What sbpf-gen makes of its arguments. */
#ifndef SBPF_GEN_H
#define SBPF_GEN_H

#include "common.h"

#include <stdio.h>

#define PROGRAM "sbpf-gen"

/* The size of a SHA-256 in hexadecimal, with its terminator. */
#define DIGEST_SIZE 65

/* One profile and its filters. */
struct source {
	const char *path; /* as the user wrote it; "-" is standard input */
	char *identifier;
	char *text;
	size_t length;
	char digest[DIGEST_SIZE];
	bool depends_on_kernel;			   /* a rule has a minKernel */
	struct sbpf_filter *filters[MACHINES_MAX]; /* one for each machine of the work */
};

struct gen_work {
	const char *output; /* file to write, or NULL */
	const char *check;  /* file to compare with, or NULL */
	const char *format;
	const char *effort;
	bool unproven;	  /* write what is too large to be proven, too */
	const char *name; /* row of --help; sources hold the values */
	bool verbose;
	struct sbpf_target target;  /* machine: the list as it was written */
	int machines[MACHINES_MAX]; /* ABI indexes */
	size_t machine_count;
	struct source *sources;
	size_t source_count;
};

/* ---- machines.c ---- */

/* The preprocessor's condition for compiling for a machine. */
const char *machine_condition(int abi);

/* ---- identifiers.c ---- */

/* Whether it can begin the names of a header: a C identifier and no keyword of C or C++. */
bool identifier_is_valid(const char *text);

/* "dir/block-mkdir.json" → "block_mkdir", malloc'd. NULL when there is no memory. */
char *identifier_from_path(const char *path);

/* What follows the last slash. */
const char *base_name(const char *path);

/* ---- sources.c ---- */

/*
 * Takes every --name out of argv, so that the rest is ordinary options. Returns the new argc, or
 * -1 when there is no memory.
 */
int sources_take_names(struct gen_work *work, int argc, char **argv);

/* Adds a profile that was given without a name. */
bool sources_add_path(struct gen_work *work, const char *path);

/* The profile that is the file at this path, by whatever name; NULL when none is. */
const struct source *sources_find_file(const struct gen_work *work, const char *path);

/* Reads and compiles all of them. STATUS_OK, or what to exit with after a report. */
enum status sources_read(struct gen_work *work);
enum status sources_compile(struct gen_work *work);

void sources_free(struct gen_work *work);

/* A whole file, or standard input for "-": malloc'd. NULL with errno; EFBIG past limit. */
char *read_file(const char *path, size_t limit, size_t *length);

/* ---- header.c ---- */

/* The C header: malloc'd. NULL when there is no memory. */
char *header_format(const struct gen_work *work, size_t *length);

/* ---- command.c ---- */

/* The command that makes this output, with paths as the user gave them, as a shell takes it. */
void command_print(const struct gen_work *work, const char *output, FILE *stream);

/* The same for humans and within a C comment: base names, and HEADER for the output. */
void command_print_in_comment(const struct gen_work *work, FILE *stream);

/* One word of the user's: quoted for a shell where needed, or harmless in a C comment. */
void command_print_word(const char *word, FILE *stream);
void command_print_comment_word(const char *word, FILE *stream);

#endif
