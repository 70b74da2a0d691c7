/* SPDX-License-Identifier: MIT */
/* Counts what the process holds in malloc(3) memory. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include <stddef.h>

/* Starts counting from what is held now. */
void heap_start(void);

/* The most bytes held at one time since heap_start(), beyond what was held then. */
size_t heap_peak(void);

#endif
