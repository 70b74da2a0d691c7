/* SPDX-License-Identifier: MIT */
/*
 * A recording: which calls programs made, how often and in how many runs, and which values the
 * arguments had that matter. As JSON:
 *
 *	{"recording": 1, "runs": 2, "abis": {"x86_64": {"socket": {"count": 3, "runs": 2,
 *		"programs": {"nginx": 3}, "args": {"family": {"0x2": 3}}}}}}
 *
 * A call without a name is "#999", its number in seccomp_data.nr. "refused" counts those of the
 * calls that a filter refused; "lost" what a recorder could not count; "args_runs" has the values
 * that were seen in more runs than one; "many" stands among an argument's values for all that are
 * not listed. Unknown keys are ignored.
 */
#ifndef SBPF_TOOLS_RECORDING_H
#define SBPF_TOOLS_RECORDING_H

#include "sbpf.h"

/* Bounds of what is kept, and of what is read. */
#define RECORDED_COUNT_MAX ((UINT64_C(1) << 53) - 1) /* counts stop here: JSON's exact numbers */
#define RECORDED_CALLS_MAX 2048	  /* of an ABI; more are lost, and counted there */
#define RECORDED_PROGRAMS_MAX 256 /* of a call; those of others are in its count alone */
#define RECORDED_VALUES_MAX 64	  /* of an argument; others are its many */
#define RECORDED_PROGRAM_MAX 64	  /* bytes of a name with its end, the rest is cut off */
#define RECORDING_TEXT_MAX (16u << 20)

struct recorded_value {
	uint64_t value;
	uint64_t count;
	uint64_t runs; /* in how many it was seen */
};

/*
 * The values of one argument, as far as the kernel reads it. Where the counts of all, and many, add
 * up to less than the call's, the argument was not always recorded.
 */
struct recorded_argument {
	unsigned int bits; /* that the kernel reads: 32 or 64; 0: nothing was recorded */
	struct recorded_value *values; /* ascending */
	size_t count;
	uint64_t many; /* calls with other values; 0: these are all */
};

struct recorded_program {
	char name[RECORDED_PROGRAM_MAX]; /* of its file, as comm has it: 15 bytes */
	uint64_t count;
};

struct recorded_call {
	uint32_t number;  /* as in seccomp_data.nr */
	const char *name; /* static storage; NULL: the ABI has no such call */
	uint64_t count;	  /* with the refused ones */
	uint64_t runs;
	uint64_t refused;
	struct recorded_program *programs; /* by name */
	size_t program_count;
	struct recorded_argument arguments[6];
};

/* Of these the index + 1 of a call is kept by number, less the offset of the ABI's numbers. */
#define RECORDED_PLACES 1024

struct recorded_abi {
	struct recorded_call *calls; /* by name; those without one at the end, by number */
	size_t count;
	uint16_t places[RECORDED_PLACES];
};

struct recording {
	uint64_t runs;
	uint64_t lost;		   /* calls that a recorder could not count */
	struct recorded_abi *abis; /* abi_count of them, by ABI index */
	int abi_count;
	bool failed; /* there was no memory: it is not all, and cannot be written */
};

/*
 * A recording of this many runs without a call; 0 to merge others into. NULL: no memory. The
 * caller's, to be freed with recording_free().
 */
struct recording *recording_new(uint64_t runs);
void recording_free(struct recording *recording);

/*
 * Counts calls of an ABI that a program (NULL: not known) made in this run, refused: or rather
 * tried to. Returns the call, valid until the next one is counted; NULL when it is lost.
 */
struct recorded_call *recording_count(struct recording *recording, int abi, uint32_t number,
				      const char *program, uint64_t count, bool refused);

/*
 * Counts a value of an argument (0 to 5) of a call that was just counted. The bits that the kernel
 * does not read are cut off. Nothing is kept of arguments that the call does not have.
 */
void recording_value(struct recording *recording, int abi, struct recorded_call *call,
		     unsigned int argument, uint64_t value, uint64_t count);

/* The same of values that are not known any more. */
void recording_many(struct recording *recording, int abi, struct recorded_call *call,
		    unsigned int argument, uint64_t count);

/* NULL when it was not made. */
const struct recorded_call *recording_find(const struct recording *recording, int abi,
					   uint32_t number);

/* Adds the runs of another recording. */
void recording_merge(struct recording *into, const struct recording *other);

/* A text as a recording, the caller's. NULL on error, which says what would be right. */
struct recording *recording_parse(const char *text, size_t length, struct sbpf_error *error);

/*
 * Reads a recording from a file, "-" is standard input. NULL when that failed, which was reported;
 * tool: begins messages ("sbpf record").
 */
struct recording *recording_read(const char *tool, const char *path);

/*
 * Writes a recording whole or not at all, as output_write() does; equal recordings are equal files.
 * False when that failed, which was reported.
 */
bool recording_write(const char *tool, const struct recording *recording, const char *path);

/* The same into memory, the caller's to free(3); NULL: no memory. */
char *recording_format(const struct recording *recording, size_t *length);

#endif
