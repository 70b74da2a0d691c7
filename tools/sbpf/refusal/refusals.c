/* SPDX-License-Identifier: MIT */
#include "refusals.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A power of two, so that one chain of places leads through all. */
#define SLOTS ((size_t)4 * REFUSALS_MAX)

struct refusals {
	uint64_t others;
	size_t count;
	uint16_t slots[SLOTS]; /* an index of list, plus 1; 0 for none */
	struct refusal list[REFUSALS_MAX];
};

struct refusals *refusals_new(void)
{
	void *memory = mmap(NULL, sizeof(struct refusals), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void refusals_free(struct refusals *refusals)
{
	if (refusals)
		munmap(refusals, sizeof(*refusals));
}

/* FNV-1a. */
static size_t hash(const struct refusal_key *key)
{
	const unsigned char *bytes = (const unsigned char *)key;
	uint64_t value = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof(*key); i++)
		value = (value ^ bytes[i]) * UINT64_C(0x100000001b3);
	return (size_t)(value ^ value >> 32) % SLOTS;
}

_Static_assert(sizeof(struct refusal_key) == 40 + 6 * sizeof(struct sbpf_condition),
	       "keys are compared byte by byte, and so have none without a meaning");

struct refusal *refusals_count(struct refusals *refusals, const struct refusal_key *key,
			       bool *is_new)
{
	size_t slot = hash(key);
	struct refusal *refusal;

	*is_new = false;
	for (; refusals->slots[slot]; slot = (slot + 1) % SLOTS) {
		refusal = &refusals->list[refusals->slots[slot] - 1];
		if (!memcmp(&refusal->key, key, sizeof(*key))) {
			refusal->count++;
			return refusal;
		}
	}
	if (refusals->count == REFUSALS_MAX) {
		refusals->others++;
		return NULL;
	}
	refusal = &refusals->list[refusals->count++];
	refusals->slots[slot] = (uint16_t)refusals->count;
	refusal->key = *key;
	refusal->count = 1;
	*is_new = true;
	return refusal;
}

size_t refusals_size(const struct refusals *refusals)
{
	return refusals->count;
}

struct refusal *refusals_at(struct refusals *refusals, size_t index)
{
	return &refusals->list[index];
}

uint64_t refusals_total(const struct refusals *refusals)
{
	uint64_t total = 0;

	for (size_t i = 0; i < refusals->count; i++)
		total += refusals->list[i].count;
	return total;
}

uint64_t refusals_others(const struct refusals *refusals)
{
	return refusals->others;
}

struct place {
	uint64_t count;
	size_t index;
};

static int compare(const void *a, const void *b)
{
	const struct place *first = a, *second = b;

	if (first->count != second->count)
		return first->count > second->count ? -1 : 1;
	return first->index < second->index ? -1 : 1;
}

/* Moves each group once: the places are a permutation of few long records. */
static void permute(struct refusals *refusals, struct place *places)
{
	for (size_t i = 0; i < refusals->count; i++) {
		struct refusal kept = refusals->list[i];
		size_t at = i;

		while (places[at].index != i && places[at].index != SIZE_MAX) {
			size_t from = places[at].index;

			refusals->list[at] = refusals->list[from];
			places[at].index = SIZE_MAX;
			at = from;
		}
		if (places[at].index != SIZE_MAX)
			refusals->list[at] = kept;
		places[at].index = SIZE_MAX;
	}
}

void refusals_sort(struct refusals *refusals)
{
	struct place *places = calloc(refusals->count + 1, sizeof(places[0]));

	if (!places)
		return;
	for (size_t i = 0; i < refusals->count; i++)
		places[i] = (struct place){ refusals->list[i].count, i };
	qsort(places, refusals->count, sizeof(places[0]), compare);
	permute(refusals, places);
	free(places);
}
