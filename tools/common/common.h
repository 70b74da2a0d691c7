/* SPDX-License-Identifier: MIT */
/* What all tools share: options, reports on stderr, files written whole or not at all. */
#ifndef SBPF_TOOLS_COMMON_H
#define SBPF_TOOLS_COMMON_H

#include "sbpf.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum status {
	STATUS_OK = 0,
	STATUS_FAILURE = 1,
	STATUS_USAGE = 2,
};

/* ---- Options ---- */

/* A word that an option takes. */
struct option_word {
	const char *word;
	int value;
	const char
		*meaning; /* of the first word with this value; the others are other names of it */
};

/* One option: this row parses it and prints its help. */
struct option_row {
	const char *name; /* long name, without the dashes */
	char letter;	  /* short name, or 0 */
	/*
	 * What it takes ("FILE"): the value is a const char *. Words to choose from ("text|json"):
	 * the value is an enum, the word's place. The name of a list of words (option_lists): an
	 * enum too, the word's value. NULL: a flag, the value is a bool.
	 */
	const char *argument;
	const char *help; /* lines end with \n but for the last */
	size_t offset;	  /* of the value in the group's values */
};

struct option_group {
	const char *title; /* above the options in the help: "Options" */
	const struct option_row *rows;
	size_t count;
	void *values; /* the struct that the offsets point into */
};

/* One program, or one subcommand of sbpf. */
struct tool {
	const char *name;      /* begins every message: "sbpf run" */
	const char *synopsis;  /* what follows the name in the help; a line for each form */
	const char *summary;   /* the help's paragraph above the options */
	const char *notes;     /* the help's paragraph below them, or NULL */
	bool stops_at_operand; /* options after the first operand belong to somebody else */
};

/*
 * Reads the options of all groups, --help and --version. True: go on, argv[*operand] is the first
 * operand (argv may be reordered). False: help, version or an error was printed, exit with *status.
 */
bool options_parse(const struct tool *tool, const struct option_group *groups, size_t group_count,
		   int argc, char **argv, int *operand, int *status);

/* The rows of the target options, with offsets into struct sbpf_target. */
extern const struct option_row target_options[];
extern const size_t target_option_count;

/* Arguments that are a word of a list, which ends with one that is NULL. */
struct option_list {
	const char *argument; /* as in struct option_row */
	const struct option_word *words;
};

extern const struct option_list option_lists[];
extern const size_t option_list_count;

/* "--arch" for "target.machine", as struct sbpf_error has it in where; NULL for other places. */
const char *target_option_of(const char *where);

/* The most machines that --arch can list. */
#define MACHINES_MAX 32

/*
 * The machines of a list such as "x86_64,aarch64", as ABI indexes; NULL: this one. False when one
 * is none or stands there twice, which was reported as wrong usage.
 */
bool machines_parse(const struct tool *tool, const char *list, int machines[MACHINES_MAX],
		    size_t *count);

/* "Try 'sbpf run --help'." after a message on wrong usage. Returns STATUS_USAGE. */
int usage_error(const struct tool *tool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- Reports ---- */

/* "PROGRAM: message" on stderr; control characters are written as \xNN. */
void report(const char *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * "PROGRAM: FILE:LINE: WHERE: message" on stderr, without the parts that are not known. file is as
 * the user named it ("-" is shown as <stdin>), or NULL.
 */
void report_error(const char *program, const char *file, const struct sbpf_error *error);

/* The same form with "warning: " before the message. */
void report_warning(const char *program, const char *file, const struct sbpf_error *warning);

/* All warnings of a policy, but that its profile is for other machines too. */
void report_warnings(const char *program, const char *file, const struct sbpf_policy *policy);

/* The one of count names that is most like the word, or NULL when none is near. */
const char *nearest_name(const char *word, const char *const *names, size_t count);

/*
 * The length in bytes of the UTF-8 sequence that begins here, 0 when it is none (RFC 3629,
 * section 4). room: of bytes there; a terminated text ends itself.
 */
size_t text_sequence(const char *text, size_t room);

/*
 * The character of this sequence where it could steer a terminal or a reader: controls (C0 but NUL,
 * DEL, C1), separators of lines, and what turns the direction of writing (UAX #9); else 0.
 */
unsigned int text_steers(const char *text, size_t length);

/*
 * Writes text with the bytes of control characters, of what turns the direction of writing and of
 * what is no UTF-8 as \xNN, but for those in kept ("\n\t").
 */
void text_write(FILE *out, const char *text, size_t size, const char *kept);

/* ---- Output ---- */

/*
 * To be called first: a message is one write(2), and a file that may not grow (RLIMIT_FSIZE) is an
 * error, not the end. Programs that this one executes get neither.
 */
void output_begin(void);

/*
 * Writes a file whole or not at all: a temporary file in the same folder takes its place when all
 * is on disk. "-" is standard output; a device, pipe or socket is written to directly. A symbolic
 * link stays one, and one that leads nowhere is an error. Owner, group, permissions and attributes
 * of an old file are kept where that may be, set-ID bits are not. False when it failed, which was
 * reported; then the old file is as it was.
 */
bool output_write(const char *program, const char *path, const void *data, size_t length);

/* Flushes stdout at the end; false when anything printed there was lost, which was reported. */
bool output_flush(const char *program);

#endif
