/* SPDX-License-Identifier: MIT */
/* What one compile costs: processor time in bench (clock.c), memory in bench-heap (heap.c). */
#ifndef BENCH_METER_H
#define BENCH_METER_H

#include <stdint.h>

/* Starts from here. */
void meter_start(void);

/*
 * Since meter_start(). clock.c: nanoseconds of this thread's processor time; heap.c: the most
 * bytes of malloc(3) memory held at one time, beyond what was held then.
 */
uint64_t meter_read(void);

#endif
