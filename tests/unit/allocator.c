/* SPDX-License-Identifier: MIT */
/* The allocator whose n-th allocation fails: see allocator.h. */
#include "allocator.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER
#endif

/* The sanitizers' allocators have names under which they stand in for the C library's, and glibc's
 * has such names too; it may allocate in dlsym(3). Others are looked up. */
#if defined(HAS_SANITIZER)
#define REAL(name) __interceptor_##name
#elif defined(__GLIBC__)
#define REAL(name) __libc_##name
#endif

#ifdef REAL
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);
void REAL(free)(void *block);
#else
#define REAL(name) real_##name

static void *next_function(void **function, const char *name)
{
	if (!*function)
		*function = dlsym(RTLD_NEXT, name);
	return *function;
}

#define NEXT(type, name) ((type)(uintptr_t)next_function(&name##_function, #name))

static void *malloc_function;
static void *realloc_function;
static void *free_function;

static void *real_malloc(size_t size)
{
	return NEXT(void *(*)(size_t), malloc)(size);
}

/* musl's own calls malloc(3), which would be counted again. */
static void *real_calloc(size_t count, size_t size)
{
	size_t bytes;
	void *block = __builtin_mul_overflow(count, size, &bytes) ? NULL : real_malloc(bytes);

	return block ? memset(block, 0, bytes) : NULL;
}

static void *real_realloc(void *old, size_t size)
{
	return NEXT(void *(*)(void *, size_t), realloc)(old, size);
}

static void real_free(void *block)
{
	NEXT(void (*)(void *), free)(block);
}
#endif

/* Shared libraries have to see them too: what one allocates another may free. */
#define EXPORTED __attribute__((visibility("default")))

#ifdef HAS_SANITIZER
const bool allocator_is_watched = true;
#else
const bool allocator_is_watched;
#endif

bool (*allocator_spares)(const void *caller);

static volatile long live;
static volatile unsigned long made;
static volatile unsigned long fatal;
static const void *volatile victim;

void allocator_arm(unsigned long which)
{
	made = 0;
	victim = NULL;
	fatal = which;
}

bool allocator_disarm(void)
{
	bool failed = fatal && made >= fatal;

	fatal = 0;
	return failed;
}

const void *allocator_victim(void)
{
	return victim;
}

long allocator_live(void)
{
	return live;
}

bool allocator_must_fail(const void *caller)
{
	if (++made != fatal)
		return false;
	victim = caller;
	errno = ENOMEM;
	return true;
}

static bool must_fail(const void *caller)
{
	return !(allocator_spares && allocator_spares(caller)) && allocator_must_fail(caller);
}

static void *count_block(void *block)
{
	live += block != NULL;
	return block;
}

/* The C library's headers give the parameters reserved names.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
EXPORTED void *malloc(size_t size)
{
	if (allocator_must_fail(__builtin_return_address(0)))
		return NULL;
	return count_block(REAL(malloc)(size));
}

EXPORTED void *calloc(size_t count, size_t size)
{
	if (must_fail(__builtin_return_address(0)))
		return NULL;
	return count_block(REAL(calloc)(count, size));
}

static void *resize(void *old, size_t size, const void *caller)
{
	void *block;

	if (must_fail(caller))
		return NULL;
	block = REAL(realloc)(old, size);
	return old ? block : count_block(block);
}

EXPORTED void *realloc(void *old, size_t size)
{
	return resize(old, size, __builtin_return_address(0));
}

EXPORTED void *reallocarray(void *old, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return resize(old, bytes, __builtin_return_address(0));
}

/*
 * Never fails: json-c 0.16 copies an object's keys with strdup() and hashes the
 * NULL that it gets without memory (json_tokener.c: json_tokener_parse_ex), which no caller
 * can prevent. The library itself does not use strdup().
 */
EXPORTED char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = count_block(REAL(malloc)(size));

	return copy ? memcpy(copy, text, size) : NULL;
}

EXPORTED void free(void *block)
{
	live -= block != NULL;
	REAL(free)(block);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
