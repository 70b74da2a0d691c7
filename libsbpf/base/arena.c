/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (32u << 10)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(ALIGNMENT) unsigned char bytes[];
};

static struct arena_block *make_block(size_t need)
{
	size_t size = need > BLOCK_SIZE ? need : BLOCK_SIZE;
	struct arena_block *block;

	if (size > SIZE_MAX - sizeof(*block))
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (block)
		block->size = size;
	return block;
}

/* A spare block if the last one is large enough, else a new one. */
static struct arena_block *take_block(struct arena *arena, size_t need)
{
	struct arena_block *block = arena->spare;

	if (!block || block->size < need)
		return make_block(need);
	arena->spare = block->next;
	return block;
}

static int grow(struct arena *arena, size_t need)
{
	struct arena_block *block = take_block(arena, need);

	if (!block)
		return -1;
	block->next = arena->block;
	arena->block = block;
	arena->used = 0;
	return 0;
}

/* Not inline, so that what is done most of the time needs no room on the stack. */
__attribute__((noinline)) static void *alloc_in_new_block(struct arena *arena, size_t need)
{
	if (grow(arena, need))
		return NULL;
	arena->used = need;
	return arena->block->bytes;
}

/* count × size bytes, rounded up so that what follows is aligned. */
static bool add_up(size_t count, size_t size, size_t *need)
{
	if (__builtin_mul_overflow(count, size, need) || *need > SIZE_MAX - ALIGNMENT)
		return false;
	*need = (*need + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	return true;
}

void *arena_alloc_raw(struct arena *arena, size_t count, size_t size)
{
	size_t need;
	void *bytes;

	if (!add_up(count, size, &need))
		return NULL;
	if (!arena->block || arena->block->size - arena->used < need)
		return alloc_in_new_block(arena, need);
	bytes = arena->block->bytes + arena->used;
	arena->used += need;
	return bytes;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
	void *bytes = arena_alloc_raw(arena, count, size);

	return bytes ? memset(bytes, 0, count * size) : NULL;
}

struct arena arena_mark(const struct arena *arena)
{
	return *arena;
}

void arena_rewind(struct arena *arena, struct arena mark)
{
	while (arena->block != mark.block) {
		struct arena_block *block = arena->block;

		arena->block = block->next;
		block->next = arena->spare;
		arena->spare = block;
	}
	arena->used = mark.used;
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_free(struct arena *arena)
{
	free_blocks(arena->block);
	free_blocks(arena->spare);
	*arena = (struct arena){ 0 };
}
