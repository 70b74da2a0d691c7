/* SPDX-License-Identifier: MIT */
/* "target x86_64, aarch64 reading oci kernel 5.10": what a line of a test file is about. */
#ifndef SBPF_TOOLS_TARGETS_LINE_H
#define SBPF_TOOLS_TARGETS_LINE_H

#include "test_file.h"

/*
 * Adds a target for each machine of what follows the word 'target', or one for this machine. False
 * when that is no target, with the trouble noted.
 */
bool target_line_parse(struct parse_text *text, unsigned int line, struct test_target **targets,
		       size_t *count);

/* Writes such a line for a target, with its machine's name. */
void target_line_print(FILE *out, const struct sbpf_target *target, int machine);

#endif
