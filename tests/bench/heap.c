// SPDX-License-Identifier: MIT
/*
 * The program's malloc family takes the place of the C library's in every library it uses
 * ("Replacing malloc", glibc manual), counts usable sizes and hands on to the real one.
 */
#include "meter.h"

#include <malloc.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *pointer, size_t size);
void __libc_free(void *pointer);

static size_t held;
static size_t base;
static size_t peak;

static void *count_in(void *pointer)
{
	held += malloc_usable_size(pointer);
	if (held > peak)
		peak = held;
	return pointer;
}

/* The C library's headers give the parameters reserved names.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
void *malloc(size_t size)
{
	return count_in(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return count_in(__libc_calloc(count, size));
}

void *realloc(void *pointer, size_t size)
{
	size_t before = malloc_usable_size(pointer);
	void *moved = __libc_realloc(pointer, size);

	if (!moved && size != 0)
		return NULL;
	held -= before;
	return count_in(moved);
}

void free(void *pointer)
{
	held -= malloc_usable_size(pointer);
	__libc_free(pointer);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

void meter_start(void)
{
	base = held;
	peak = held;
}

uint64_t meter_read(void)
{
	return peak - base;
}
