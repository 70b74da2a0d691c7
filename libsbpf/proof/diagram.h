/* SPDX-License-Identifier: MIT */
/*
 * Decision diagrams over the bits of struct seccomp_data: ordered, reduced, equal ones once, with
 * 32-bit values as leaves. So two diagrams mean the same if and only if they are the same number.
 *
 * Order: the bits of each word from the highest to the lowest; the words as word_rank[] has them:
 * arch, number, then of each argument the upper and the lower half. A function that is handed
 * DIAGRAM_FAILED gives it back, so a used-up limit is seen once, at the end.
 */
#ifndef SBPF_LIB_DIAGRAM_H
#define SBPF_LIB_DIAGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint32_t diagram;

#define DIAGRAM_FAILED UINT32_MAX

/* A leaf where the verdict is not known. One with this action is none of the kernel's. */
#define DIAGRAM_UNKNOWN 0x00010000u

/* Words in their order: the halves of argument i are DIAGRAM_ARGUMENTS + 2i (upper) and + 1. */
enum {
	DIAGRAM_ARCH = 0,
	DIAGRAM_NUMBER = 1,
	DIAGRAM_ARGUMENTS = 2,
	DIAGRAM_POINTER = 14, /* upper half of the instruction pointer; the lower follows */
	DIAGRAM_WORDS = 16,
};

struct diagram_node {
	uint16_t variable; /* word × 32 + bits below the highest; DIAGRAM_WORDS × 32 for a leaf */
	uint16_t words;	   /* bits: 1 << word that it depends on */
	diagram low;	   /* a leaf's value */
	diagram high;
	uint32_t next; /* in the chain of the unique table; 0 at its end */
};

struct diagram_cached {
	uint32_t operation;
	diagram a, b, c;
	diagram result;
};

struct diagrams {
	struct diagram_node *nodes;
	uint32_t count;
	uint32_t capacity;
	uint32_t limit; /* of nodes */
	uint64_t steps; /* that operations may still take for the present question */
	uint64_t taken; /* for all questions */
	uint32_t *heads;
	struct diagram_cached *cache;
	uint32_t cache_size;
	uint32_t forgotten; /* entries of the cache that made room for others since it grew */
	bool out_of_memory;
};

/* Two-sided operations on leaves. */
enum diagram_operation {
	DIAGRAM_DIFFER = 1, /* 1 where the leaves differ, else 0 */
	DIAGRAM_STRICTER, /* the verdict the kernel takes of two filters; the first is the newer */
	DIAGRAM_WIDER,	  /* 1 where the first is less restrictive than the second, else 0 */
	DIAGRAM_LOOSER,	  /* the more permissive verdict; of equal actions the first */
};

/* limit: of nodes, each some 20 bytes; of steps, 16 times as many. 0, or -1 without memory. */
int diagrams_init(struct diagrams *diagrams, uint32_t limit);
void diagrams_free(struct diagrams *diagrams);

/* Begins a question, which may take that many steps again: a limit of nodes is none of time. */
void diagrams_begin(struct diagrams *diagrams);

diagram diagram_leaf(struct diagrams *diagrams, uint32_t value);

/* Whether any diagram so far may have such a leaf. */
bool diagram_has_leaf(const struct diagrams *diagrams, uint32_t value);

bool diagram_is_leaf(const struct diagrams *diagrams, diagram d);
uint32_t diagram_value(const struct diagrams *diagrams, diagram d);

/* The bit of a word: 1 where it is set, else 0. */
diagram diagram_bit(struct diagrams *diagrams, unsigned int word, unsigned int bit);

/* set where the bit of a word is set, clear elsewhere. Neither depends on that bit or one before.
 */
diagram diagram_test(struct diagrams *diagrams, unsigned int word, unsigned int bit, diagram clear,
		     diagram set);

/* Whether d is that. */
bool diagram_is_bit(const struct diagrams *diagrams, diagram d, unsigned int word,
		    unsigned int bit);

/* A word in which the bits that mask lacks count as clear. */
struct diagram_part {
	unsigned int word;
	uint32_t mask;
};

/* The numbers from first to last. */
struct diagram_values {
	uint32_t first;
	uint32_t last;
};

/*
 * yes where a part has one of these values, else no. Only what it is where the part has one of the
 * values asked for counts: elsewhere it is anything, which makes it smaller.
 */
diagram diagram_within(struct diagrams *diagrams, const struct diagram_part *part,
		       const struct diagram_values *values, const struct diagram_values *asked,
		       diagram yes, diagram no);

/* yes where a word has this value, else no. */
diagram diagram_equals(struct diagrams *diagrams, unsigned int word, uint32_t value, diagram yes,
		       diagram no);

/* yes where a word is above a value, else no. */
diagram diagram_above(struct diagrams *diagrams, unsigned int word, uint32_t value, diagram yes,
		      diagram no);

struct diagram_case {
	uint32_t value;
	diagram then;
};

/*
 * By the value of a word: what the case with that value says, otherwise where there is none. Cases
 * by ascending value, each once. None of the diagrams depends on an earlier word, and what cases
 * say not on this one.
 */
diagram diagram_select(struct diagrams *diagrams, unsigned int word,
		       const struct diagram_case *cases, size_t count, diagram otherwise);

/* yes where condition is 1, no where it is 0. condition has no other leaves. */
diagram diagram_choose(struct diagrams *diagrams, diagram condition, diagram yes, diagram no);
diagram diagram_apply(struct diagrams *diagrams, enum diagram_operation operation, diagram a,
		      diagram b);

/* d with a word fixed to a value. */
diagram diagram_fix(struct diagrams *diagrams, diagram d, unsigned int word, uint32_t value);

/* d at one point: words[DIAGRAM_WORDS] in the order above. */
uint32_t diagram_at(const struct diagrams *diagrams, diagram d, const uint32_t *words);

/*
 * The first point in the order of the words, each as small as can be, at which d has another value
 * than 0; false when there is none. Words that do not matter are 0.
 */
bool diagram_first(const struct diagrams *diagrams, diagram d, uint32_t *words);

/* The words that d depends on, as bits 1 << word. */
unsigned int diagram_words(const struct diagrams *diagrams, diagram d);

/* The variable's word of the root of d; DIAGRAM_WORDS for a leaf. */
unsigned int diagram_word(const struct diagrams *diagrams, diagram d);

/*
 * The next range of values of a word on which d is one diagram. d must depend on no earlier word.
 * Starts at first; stores its last value and what d is there.
 */
void diagram_range(const struct diagrams *diagrams, diagram d, unsigned int word, uint32_t first,
		   uint32_t *last, diagram *there);

/* Follows d through the bits of a word that it begins with. */
void diagram_pass(const struct diagrams *diagrams, diagram *d, unsigned int word, uint32_t value);

/* The bits of a pair of words (the first is the upper half) that d, which begins there, looks at.
 */
uint64_t diagram_bits(const struct diagrams *diagrams, diagram d, unsigned int first);

#endif
