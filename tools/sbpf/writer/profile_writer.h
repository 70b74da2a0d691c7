/* SPDX-License-Identifier: MIT */
/* A meaning as a JSON profile, in the OCI schema's keys, the same in every reading. */
#ifndef SBPF_TOOLS_PROFILE_WRITER_H
#define SBPF_TOOLS_PROFILE_WRITER_H

#include "common.h"
#include "operand.h"
#include "profile_text.h"

#define STATEMENTS_MAX 8

/* What stood in the way, as far as callers know what to do about it. */
struct profile_trouble {
	uint64_t covered; /* bit = an ABI that the profile would cover */
	uint64_t abis;	  /* those of them that treat a call otherwise than the first does */
	bool too_large;	  /* the filter has too many instructions */
	/* What no profile can say, malloc'd: the first few, and how many there are. */
	char *statements[STATEMENTS_MAX];
	size_t statement_count;
};

struct profile_request {
	const struct tool *tool;
	const char *name; /* of what is written, for messages */
	struct sbpf_space *space;
	sbpf_meaning meaning;
	int machine;
	const struct sbpf_target *target; /* for which the profile must mean it */
	unsigned int flags;		  /* SECCOMP_FILTER_FLAG_* to ask for */
	bool named_only;  /* numbers without a name may differ, with a warning for them */
	bool both_widths; /* it must mean the same with the kernel's width too */
	struct profile_trouble *trouble; /* not NULL; filled on failure */
};

/*
 * Returns the malloc'd text of a profile that has the meaning; *length is its length. It was proven
 * in each reading, with whole registers compared as runtimes do it whatever the target's width, and
 * fits into a filter. NULL when there is none, or none that was found: why was reported, or is for
 * profile_report_cure() to say.
 */
char *profile_write(const struct profile_request *request, size_t *length);

/*
 * The same with the policy's own rules where these say what is meant, and its order: the meaning is
 * the policy's. NULL when there is none of that kind, which is not reported, or no memory.
 */
char *profile_write_like(const struct profile_request *request, const struct sbpf_policy *policy,
			 size_t *length);

/*
 * The rules that give the call *name what the meaning says it gets, whatever their order is, if no
 * other rule speaks of it; none for what gets the default. *rules is malloc'd, and its names are
 * name. False when there are none of that kind; only what no writer could do is reported.
 */
bool profile_call_rules(const struct profile_request *request, const char **name,
			struct text_rule **rules, size_t *count);

/*
 * Leaves of the meaning only the machine's ABI and those that the target names, if it names any: a
 * call from another one gets the bad-architecture verdict. False when that failed, which was
 * reported.
 */
bool profile_restrict(struct profile_request *request);

/* What to do about the trouble, where that is known, and then what no profile can say. */
void profile_report_cure(const struct profile_request *request);

/* Only what no profile can say. */
void profile_report_statements(const struct profile_request *request);

/* Makes the malloc'd text for a loaded operand; NULL when there is none, which was reported. */
typedef char *profile_maker(struct profile_request *request, const struct operand *operand,
			    size_t *length);

/*
 * A command that writes one operand, the request's name, as a profile: gives the request its
 * machine and space, has the text made, and writes it to output, NULL for standard output. The exit
 * status.
 */
int profile_command(struct profile_request *request, profile_maker *make, const char *output);

#endif
