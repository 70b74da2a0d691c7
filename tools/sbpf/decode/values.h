/* SPDX-License-Identifier: MIT */
/* One value, printed by its shape. */
#ifndef SBPF_TOOLS_VALUES_H
#define SBPF_TOOLS_VALUES_H

#include "shapes.h"

#include <linux/types.h>
#include <stdio.h>
#include <sys/types.h>

/* The most of a path, of other bytes, and of a list that is printed. */
#define PATH_SHOWN 255
#define BYTES_SHOWN 32
#define ITEMS_SHOWN 32

struct decoding;
struct value;
typedef void printer(struct decoding *decoding, const struct value *value);

/* A call that is being decoded. */
struct decoding {
	FILE *out;
	printer *print; /* any value, which may hold others */
	pid_t tid;	/* its memory and descriptors are read; 0: nothing can be */
	int abi;
	size_t word;	    /* bytes of a long and of a pointer */
	size_t time_word;   /* bytes of seconds */
	size_t align_64;    /* of a 64-bit member */
	bool is_packed;	    /* structures that only x86 machines pack are */
	unsigned int reads; /* of memory that may still be done */
	unsigned int depth; /* of structures around */
};

struct value {
	enum shape shape;
	const char *of;
	uint64_t value;
	unsigned int bits;
	bool has_length;
	uint64_t length;
	bool is_relative;     /* a path, to the working folder; AT_FDCWD, before a relative path */
	const uint8_t *bytes; /* of what stands within a structure */
};

/* ---- values.c: values by themselves ---- */

/* One whose shape is not followed. */
void plain_print(struct decoding *decoding, const struct value *value);

/* ---- follow.c: what is in memory ---- */

/* False: it could not be read, and nothing was printed. */
bool follow_print(struct decoding *decoding, const struct value *value);

/* ---- members.c: structures ---- */

/* Those members that lie within size bytes. */
void members_print(struct decoding *decoding, const char *structure, const uint8_t *bytes,
		   size_t size);

/* The size of a structure in an array. */
size_t structure_size(const struct decoding *decoding, const char *structure);

/* A number of the machine's own byte order, of 1, 2, 4 or 8 bytes. */
uint64_t number_at(const uint8_t *bytes, size_t size);

/* ---- sockets.c ---- */

/* A socket's address. */
void socket_address_print(struct decoding *decoding, const uint8_t *bytes, size_t size);

/* ---- direct.c: calls through others ---- */

#define ARGUMENTS_MAX 6

/*
 * The call that socketcall(2) or ipc(2) makes, and its arguments; NULL: none that is known, or it
 * cannot be read.
 */
const char *direct_find(struct decoding *decoding, const char *name, const __u64 *arguments,
			__u64 own[ARGUMENTS_MAX]);

/* ---- text.c: parts of texts ---- */

/* Reads what the call points to, as memory_read() does, if it may read more. */
size_t decoding_read(struct decoding *decoding, uint64_t address, void *buffer, size_t size);

/* "text" with escapes as in C, in quotes; is_cut: there was more, "text"... */
void quoted_print(FILE *out, const void *text, size_t size, bool is_cut);

/* NULL, or 0x7ffd1234. */
void address_print(FILE *out, uint64_t address);

/* Where a link of the thread's in /proc leads ("cwd", "fd/3"), between two texts; else nothing. */
void link_print(struct decoding *decoding, const char *name, const char *before, const char *after);

#endif
