/* SPDX-License-Identifier: MIT */
/* Facts about calls: which do the same, which stand in for which. */
#ifndef SBPF_TOOLS_FAMILIES_H
#define SBPF_TOOLS_FAMILIES_H

#include "sbpf.h"

/* Takes the next word of a list of names that spaces separate; false at its end. */
#define WORD_MAX 40
bool next_word(const char **list, char word[WORD_MAX]);

/* Whether a word is among them. */
bool lists_word(const char *list, const char *word);

/* Calls that do the same. Names are separated by spaces. */
struct family {
	const char *effect;  /* "change the mode of files" */
	const char *calls;   /* denying one of these */
	const char *ways;    /* is in vain with one of these; NULL: calls */
	bool same_arguments; /* a condition on one of them is in vain too */
};
/* The effect of a call that does what others do, past every filter. */
#define EFFECT_UNSEEN "do so unseen by any filter"
extern const struct family families[];
extern const size_t family_count;

/* A call that libraries try before an older one. */
struct probe {
	const char *call;
	const char *fallback; /* what they fall back on, one of these; NULL: they go without */
	bool breaks;	      /* they fall back on ENOSYS only */
	bool unasked;	      /* without being asked to by the program */
	const char *user;     /* who does */
};
extern const struct probe probes[];
extern const size_t probe_count;

/*
 * What libraries fall back on for a call with 64-bit times beside the one of the same name with 32.
 * The calls themselves are in the tables (find_twin).
 */
struct twin_fallback {
	const char *call;
	const char *fallback;
};
extern const struct twin_fallback twin_fallbacks[];
extern const size_t twin_fallback_count;

/* "clock_settime" for "clock_settime64", "futex" for "futex_time64"; false when it is no twin. */
bool find_twin(const char *call, char twin[WORD_MAX]);

/* Such a call as a probe, without its user; fallback is filled with what libraries fall back on.
 * False when it is no twin. */
#define FALLBACK_MAX ((size_t)2 * WORD_MAX)
bool probe_of_twin(const char *call, struct probe *probe, char fallback[FALLBACK_MAX]);

/* Who probes for twins. */
#define TWIN_USER "32-bit programs with a C library of today"

/* Whether an ABI's call of one of these names is allowed, with some arguments, by itself or behind
 * its multiplexer. */
bool is_one_permitted(struct sbpf_space *space, sbpf_meaning meaning, int abi, const char *list);

/* A call that takes part in handing over a listener or in listening. */
struct hand_over {
	const char *call;
	const char *part;
	bool by_process; /* the process itself makes it, before anybody listens */
};
extern const struct hand_over hand_overs[];
extern const size_t hand_over_count;

#endif
