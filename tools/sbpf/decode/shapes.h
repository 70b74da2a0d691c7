/* SPDX-License-Identifier: MIT */
/* What the values of calls are, and where each is found: tables. */
#ifndef SBPF_TOOLS_SHAPES_H
#define SBPF_TOOLS_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a value is. */
enum shape {
	SHAPE_KIND,   /* by the parameter's kind: its constants, a descriptor, a number … */
	SHAPE_ABSENT, /* the call does not look at it */

	/* Values by themselves. */
	SHAPE_NUMBER,
	SHAPE_SIGNED,
	SHAPE_HEX,
	SHAPE_ADDRESS, /* a pointer that is not followed */
	SHAPE_FD,
	SHAPE_FOLDER, /* a descriptor, or AT_FDCWD */
	SHAPE_OCTAL,
	SHAPE_MODE, /* type and permissions of a file */
	SHAPE_ID,   /* of a user or group; -1: stays */
	SHAPE_DEVICE,
	SHAPE_SIGNAL,
	SHAPE_CAPABILITY,
	SHAPE_CONSTANTS,   /* of: sets of arch/constants.tbl */
	SHAPE_NAMED,	   /* a number, but some have names; of */
	SHAPE_PERMISSIONS, /* constants, and permissions of a file in its last nine bits; of */
	SHAPE_REQUEST,	   /* of ioctl(2) */

	/* Pointers to what is printed. */
	SHAPE_STRING,
	SHAPE_PATH,	   /* where it is relative: to the descriptor before it, or none */
	SHAPE_BYTES,	   /* length: how many */
	SHAPE_OPTION,	   /* a number where that is the length, else bytes */
	SHAPE_STRINGS,	   /* pointers to strings, the last is NULL */
	SHAPE_ENVIRONMENT, /* how many of them */
	SHAPE_STRUCT,	   /* of: a structure; length: how much of it is there */
	SHAPE_ARRAY,	   /* of: a structure; length: how many of them, else 1 */
	SHAPE_SOCKADDR,	   /* length */
	SHAPE_SIGSET,	   /* length: bytes, else a long */
	SHAPE_FDSET,	   /* length: bits */
	SHAPE_BITS,	   /* length: bytes */
	SHAPE_INSIDE,	   /* a structure within another; of */
};

/* The first that is a pointer which is followed. */
#define SHAPE_FIRST_FOLLOWED SHAPE_STRING

/* A parameter of a call. */
struct parameter_row {
	const char *call;
	const char *parameter; /* as arch/signatures.tbl names it */
	enum shape shape;
	const char *of;
	const char *length; /* the parameter that has it */
	/* It holds where this parameter has one of these constants, with commas and no spaces
	 * between; "!A,B": where it has none of these, but one that is known; "~A,B": where it has
	 * no bit of these, which are of the sets in of. */
	const char *when;
	const char *names;
	const char *unseen; /* what is there says what the call does, and no filter sees it */
};

/* The rows of a call: one parameter may have several, of which the first that holds counts. */
const struct parameter_row *parameter_rows(const char *call, size_t *count);

/* What parameters of this name are in calls without a row for them; NULL when nothing is known. */
const struct parameter_row *parameter_common(const char *parameter);

/* All of them, for tests. */
const struct parameter_row *parameter_row_at(size_t index);

enum width {
	WIDTH_8,
	WIDTH_16,
	WIDTH_32,
	WIDTH_64,
	WIDTH_LONG,
	WIDTH_TIME, /* a long; 64 bits on x32 and in calls that end with 64 */
	WIDTH_INSIDE,
	WIDTH_ARRAY, /* of bytes */
};

/* A member of a structure. */
struct field_row {
	const char *structure;
	const char *name; /* "": the structure is just this value */
	enum width width;
	enum shape shape;
	const char *of;
	const char *length; /* the member that has it, or how many bytes the array has */
	size_t size;	    /* of WIDTH_ARRAY */
	bool is_optional;   /* 0: there is none, and it is not printed */
};

/* The members of a structure, in the order of memory; NULL when there is none of this name. */
const struct field_row *structure_fields(const char *structure, size_t *count);

/* All of them, for tests. */
const struct field_row *field_row_at(size_t index);

/* Whether a structure is so on an ABI. */
bool structure_is_known(const char *structure, const char *abi);

/* Whether members follow each other without gaps on x86 machines. */
bool structure_is_packed(const char *structure);

#endif
