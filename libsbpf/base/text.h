/* SPDX-License-Identifier: MIT */
/* Text that grows while it is written. */
#ifndef SBPF_LIB_TEXT_H
#define SBPF_LIB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Initialise with { 0 }; after a failed allocation every call does nothing. */
struct text {
	char *data;
	size_t length;
	size_t capacity;
	bool failed;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_bytes(struct text *text, const void *bytes, size_t count);

#endif
