/* SPDX-License-Identifier: MIT */
/* Memory that is freed all at once. Initialise with { 0 }. */
#ifndef SBPF_LIB_ARENA_H
#define SBPF_LIB_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *block;
	struct arena_block *spare; /* rewound: malloc(3) would hand their pages back each time */
	size_t used;
};

/* count objects of size bytes, zeroed and aligned for any type; NULL when there is no memory. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* The same, not zeroed: for what is written whole before it is read. */
void *arena_alloc_raw(struct arena *arena, size_t count, size_t size);

/*
 * Takes back all that was allocated since arena_mark(), for what is allocated next. Marks are
 * rewound in the opposite order of their making.
 */
struct arena arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena mark);

void arena_free(struct arena *arena);

#endif
