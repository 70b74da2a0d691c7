/* SPDX-License-Identifier: MIT */
/* Whether the text of a profile has a meaning, and in which calls it has not. */
#ifndef SBPF_TOOLS_PROFILE_PROOF_H
#define SBPF_TOOLS_PROFILE_PROOF_H

#include "profile_writer.h"

struct profile_proof {
	const struct profile_request *request;
	const struct profile_outline *outline;
	bool quiet;	   /* report nothing */
	const char *where; /* which reading is looked at: ", read literally", or "" */
	size_t statements; /* of what cannot be said */
	size_t tolerated;  /* differences in numbers without a name */
};

/* Notes that no profile can say this, for profile_report_statements(). */
void proof_state(struct profile_proof *proof, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* How many differences that may be were not warned of. */
void proof_warn_rest(const struct profile_proof *proof);

/*
 * Whether the text means what is requested, in each reading, but for what may differ, and its
 * filter is not too large. What is wrong was stated.
 */
bool proof_holds(struct profile_proof *proof, const char *text, size_t length);

/*
 * The first call whose rules also speak of its form behind a multiplexer and do not agree there, be
 * it among themselves or with those on the multiplexer: their order decides, and engines on
 * libseccomp keep none. NULL when there is none.
 */
const char *outline_unordered_call(const struct profile_outline *outline);

#endif
