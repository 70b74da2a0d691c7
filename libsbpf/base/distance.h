/* SPDX-License-Identifier: MIT */
/* How far two words are from one another, for suggestions. */
#ifndef SBPF_LIB_DISTANCE_H
#define SBPF_LIB_DISTANCE_H

#include <stddef.h>

#define DISTANCE_LENGTH_MAX 64

/*
 * The number of inserted, deleted, changed and swapped neighbouring letters between two words of
 * at most DISTANCE_LENGTH_MAX letters (optimal string alignment).
 */
unsigned int text_distance(const char *a, size_t a_length, const char *b, size_t b_length);

#endif
