/* SPDX-License-Identifier: MIT */
/* A profile as it was written, before any target: json.c and parse.c make it, resolve.c reads it.
 */
#ifndef SBPF_LIB_PROFILE_H
#define SBPF_LIB_PROFILE_H

#include "arena.h"
#include "place.h"
#include "sbpf.h"

/* The most warnings that are kept; when there are more, the last one says how many. */
#define PROFILE_WARNINGS_MAX 100

struct json_object;

/* An array of what its comment says; one that is absent has count 0. */
struct list {
	void *items;
	uint32_t count;
	uint32_t place;
};

struct profile_action {
	uint32_t ret; /* SECCOMP_RET_*, no data */
	bool has_data;
	uint16_t data;		  /* errnoRet, else 1; counts with has_data and without a symbol */
	const char *errno_symbol; /* "EPERM", whose number depends on the machine; or NULL */
};

/* includes or excludes. */
struct profile_guard {
	struct list arches;    /* const char *: Docker's names, known to be valid */
	uint64_t capabilities; /* bit = CAP_* number */
	uint32_t min_kernel;   /* as kernel_parse() gives it, 0 = none */
};

struct profile_name {
	const char *text;
	uint32_t length;
	uint32_t place;
};

struct profile_rule {
	struct list names;	  /* struct profile_name */
	struct profile_name name; /* Docker's old form of one name; length 0 without */
	struct profile_action action;
	struct list conditions; /* struct sbpf_condition */
	struct profile_guard includes;
	struct profile_guard excludes;
	uint32_t place;
};

/* One entry of archMap. */
struct profile_arch {
	int machine;	  /* ABI index */
	struct list abis; /* int: ABI indexes */
};

/* Initialise text with profile_parse() and free with profile_release(). */
struct profile {
	struct arena arena;
	struct json_object *document; /* owns the strings */
	struct outline outline;	      /* of the caller's text, while loading */
	uint32_t base;		      /* the place where the profile begins in the document */
	struct profile_action default_action;
	struct list architectures; /* int: ABI indexes */
	struct list arch_map;	   /* struct profile_arch */
	bool has_capabilities;	   /* a config.json's process.capabilities.bounding */
	uint64_t capabilities;
	unsigned int flags;	     /* SECCOMP_FILTER_FLAG_* */
	struct list rules;	     /* struct profile_rule, as in syscalls[] */
	bool strict;		     /* what is ignored is an error */
	struct sbpf_error *warnings; /* the first PROFILE_WARNINGS_MAX */
	size_t warning_count;	     /* of all there were */
};

/*
 * Reads a text into *profile, which profile_release() frees on success and on failure. strict: what
 * would be ignored with a warning is an error.
 */
int profile_parse(const char *text, size_t length, bool strict, struct profile *profile,
		  struct sbpf_error *error);
void profile_release(struct profile *profile);

/* Frees a document that was taken out of a profile; NULL is allowed. */
void profile_release_document(void *document);

/* "syscalls[3].args[0].op", cut to size, terminated; "" for the document. Returns buffer. */
char *place_format(const struct outline *outline, uint32_t place, char *buffer, size_t size);

/* Sets an error about the value at a place, with its path, line and column. Returns -1. */
int profile_error(struct profile *profile, uint32_t place, struct sbpf_error *error,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same about the key of a place. */
int profile_key_error(struct profile *profile, uint32_t place, struct sbpf_error *error,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));

/* What is ignored with a warning, or an error when strict: at an offset in the text. 0 or -1. */
int profile_ignore(struct profile *profile, uint32_t place, uint32_t offset, enum sbpf_code code,
		   struct sbpf_error *error, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Notes a warning about the key of a place. */
void profile_warn(struct profile *profile, uint32_t place, enum sbpf_code code, const char *format,
		  ...) __attribute__((format(printf, 4, 5)));

/* Whether a warning would still be kept, so that work for its message is worth it. */
bool profile_keeps_warnings(const struct profile *profile);

#endif
