/* SPDX-License-Identifier: MIT */
/* Filling struct sbpf_error. Every helper keeps the first error and accepts NULL. */
#ifndef SBPF_LIB_ERROR_H
#define SBPF_LIB_ERROR_H

#include "sbpf.h"

/* Sets code and message. Returns -1, so that a caller can `return error_set(...)`. */
int error_set(struct sbpf_error *error, enum sbpf_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with a path in the profile. */
int error_set_at(struct sbpf_error *error, enum sbpf_code code, const char *where,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Whether something has failed before: a call that is handed such an error does nothing, and fails.
 */
static inline bool error_is_set(const struct sbpf_error *error)
{
	return error && error->code != SBPF_OK;
}

/* Hands on an error that was found. Returns -1. */
int error_pass(struct sbpf_error *error, const struct sbpf_error *found);

/* Notes the file as its reader named it, in an error or a warning about it. */
void error_set_file(struct sbpf_error *error, const char *file);

/* "out of memory". */
int error_memory(struct sbpf_error *error);

/* A text from a profile as a message shows it: cut to a readable length, no control characters. */
struct printable {
	char text[64];
};
struct printable printable(const char *text);

#endif
