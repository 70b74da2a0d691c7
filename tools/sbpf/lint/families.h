/* SPDX-License-Identifier: MIT */
/* Facts about calls that lint rests on. */
#ifndef SBPF_TOOLS_FAMILIES_H
#define SBPF_TOOLS_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls that do the same. Names are separated by spaces. */
struct family {
	const char *effect;  /* "change the mode of files" */
	const char *calls;   /* denying one of these */
	const char *ways;    /* is in vain with one of these; NULL: calls */
	bool same_arguments; /* a condition on one of them is in vain too */
};
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
 * The calls themselves are in the tables (probes.c).
 */
struct twin_fallback {
	const char *call;
	const char *fallback;
};
extern const struct twin_fallback twin_fallbacks[];
extern const size_t twin_fallback_count;

/* A call that takes part in handing over a listener or in listening. */
struct hand_over {
	const char *call;
	const char *part;
	bool by_process; /* the process itself makes it, before anybody listens */
};
extern const struct hand_over hand_overs[];
extern const size_t hand_over_count;

#endif
