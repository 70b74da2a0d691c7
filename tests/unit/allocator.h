/* SPDX-License-Identifier: MIT */
/*
 * allocator.h - an allocator whose n-th allocation fails, in place of the C library's
 *
 * A program that links allocator.c has its malloc(3) and the rest from there, and so do all
 * libraries that it uses. Blocks are counted, so that a test can see what was left behind.
 */
#ifndef SBPF_TESTS_UNIT_ALLOCATOR_H
#define SBPF_TESTS_UNIT_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

/* From now on allocations count from 1, and this one fails; none for 0. */
void allocator_arm(unsigned long which);

/* No allocation fails any more. Whether the one that was to fail was asked for. */
bool allocator_disarm(void);

/* Counts an allocation of another kind; whether it is the one that is to fail. */
bool allocator_must_fail(const void *caller);

/* Whose allocation failed since allocator_arm(), as a return address; NULL when none did. */
const void *allocator_victim(void);

/* Callers for which this is true are spared: their calloc(3) and realloc(3) do not fail. */
extern bool (*allocator_spares)(const void *caller);

/* Whether a sanitizer watches, which speaks of every block that is lost. */
extern const bool allocator_is_watched;

/* The blocks that were allocated and not freed. */
long allocator_live(void);

#endif
