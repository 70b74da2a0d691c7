/* SPDX-License-Identifier: MIT */
/* Any program the kernel takes as a diagram, by running it on all calls at once. */
#ifndef SBPF_LIB_PROGRAM_MEANING_H
#define SBPF_LIB_PROGRAM_MEANING_H

#include "diagram.h"
#include "sbpf.h"

/*
 * The program must be one that sbpf_program_check() takes. What cannot be expressed (a product of
 * two words, say) becomes leaves DIAGRAM_UNKNOWN, and *culprit the first such instruction;
 * otherwise *culprit is count. DIAGRAM_FAILED when a limit or the memory is used up.
 */
diagram symbolic_run(struct diagrams *diagrams, const struct sock_filter *program, size_t count,
		     bool big_endian, size_t *culprit);

#endif
