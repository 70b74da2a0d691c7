/* SPDX-License-Identifier: MIT */
/* A profile as it was written, before any target: parse.c makes it, resolve.c reads it. */
#ifndef SBPF_LIB_PROFILE_H
#define SBPF_LIB_PROFILE_H

#include "arena.h"
#include "position.h"
#include "sbpf.h"

/* The most warnings that are kept; when there are more, the last one says how many. */
#define PROFILE_WARNINGS_MAX 100

struct json_object;

struct profile_action {
	uint32_t ret; /* SECCOMP_RET_*, no data */
	bool has_data;
	uint16_t data;		  /* errnoRet, else 1; counts with has_data and without a symbol */
	const char *errno_symbol; /* "EPERM", whose number depends on the machine; or NULL */
};

/* includes or excludes; a list that is absent has count 0. */
struct profile_guard {
	const char **arches; /* Docker's names, known to be valid */
	size_t arch_count;
	uint64_t capabilities; /* bit = CAP_* number */
	uint32_t min_kernel;   /* as kernel_parse() gives it, 0 = none */
};

struct profile_name {
	const char *text;
	size_t length;
};

struct profile_rule {
	const struct profile_name *names;
	size_t name_count;
	struct profile_name name; /* Docker's old form of one name; length 0 without */
	struct profile_action action;
	const struct sbpf_condition *conditions;
	size_t condition_count;
	struct profile_guard includes;
	struct profile_guard excludes;
};

/* One entry of archMap. */
struct profile_arch {
	int machine; /* ABI index */
	const int *abis;
	size_t abi_count;
};

/* Initialise text with profile_parse() and free with profile_release(). */
struct profile {
	struct arena arena;
	struct json_object *document; /* owns the strings */
	struct finder finder;	      /* the caller's text, while loading */
	struct place config[2];	      /* "linux" and "seccomp" of a config.json */
	const struct place *base;     /* where the profile begins in the document */
	struct profile_action default_action;
	const int *architectures; /* ABI indexes */
	size_t architecture_count;
	const struct profile_arch *arch_map;
	size_t arch_map_count;
	bool has_capabilities; /* a config.json's process.capabilities.bounding */
	uint64_t capabilities;
	unsigned int flags;		  /* SECCOMP_FILTER_FLAG_* */
	const struct profile_rule *rules; /* as in syscalls[] */
	size_t rule_count;
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

/* Sets an error about the value at a place, with its path, line and column. Returns -1. */
int profile_error(struct profile *profile, const struct place *place, struct sbpf_error *error,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same at an offset in the text. */
int profile_error_at(struct profile *profile, const struct place *place, size_t offset,
		     struct sbpf_error *error, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* What is ignored with a warning, or an error when strict: at an offset in the text. 0 or -1. */
int profile_ignore(struct profile *profile, const struct place *place, size_t offset,
		   enum sbpf_code code, struct sbpf_error *error, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* Notes a warning about the key at a place. */
void profile_warn(struct profile *profile, const struct place *place, enum sbpf_code code,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether a warning would still be kept, so that work for its message is worth it. */
bool profile_keeps_warnings(const struct profile *profile);

#endif
