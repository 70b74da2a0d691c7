/* SPDX-License-Identifier: MIT */
/*
 * Changes to the text of a profile that the library has accepted. What is not changed stays as it
 * is, byte by byte; what is added is laid out like what stands beside it.
 */
#ifndef SBPF_TOOLS_SPLICE_H
#define SBPF_TOOLS_SPLICE_H

#include "profile_text.h"

#include <stdbool.h>
#include <stddef.h>

struct splice {
	char *text; /* malloc'd */
	size_t length;
	const char *prefix; /* of its paths: "linux.seccomp." in a config.json, else "" */
	bool failed; /* no memory, or a place that is not there: the text is not to be used */
};

/* Copies the text. After a failure all others do nothing. */
void splice_begin(struct splice *splice, const char *text, size_t length, const char *prefix);
void splice_end(struct splice *splice);

/* Behind the last entry of syscalls[]. */
void splice_add_rules(struct splice *splice, const struct text_rule *rules, size_t count);

/* A copy of an entry behind it, with an index one higher. */
void splice_repeat_entry(struct splice *splice, size_t entry);

/* Another action, such as "SCMP_ACT_LOG", in the place of an entry's. */
void splice_set_action(struct splice *splice, size_t entry, const char *action);

/* Indexes behind what is removed are one lower afterwards. */
void splice_remove_entry(struct splice *splice, size_t entry);
void splice_remove_name(struct splice *splice, size_t entry, size_t name);

/* Has the profile cover an ABI beside the machine's own; maps: its archMap counts. */
void splice_add_abi(struct splice *splice, int machine, int abi, bool maps);

#endif
