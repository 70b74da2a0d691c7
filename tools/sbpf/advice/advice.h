/* SPDX-License-Identifier: MIT */
/* Which calls a profile lets through that is made from a recording, and why each of them. */
#ifndef SBPF_TOOLS_ADVICE_H
#define SBPF_TOOLS_ADVICE_H

#include "common.h"
#include "recording.h"

enum runtime_choice { RUNTIME_ALL, RUNTIME_RUNC, RUNTIME_CRUN, RUNTIME_NONE };

struct advice_options {
	enum runtime_choice runtime; /* who starts the program, beside sbpf run */
	bool no_new_privs;	     /* with this set */
	bool portable;
	bool without_refused;
	bool refusals_end; /* what is refused ends the process, and runtimes do not go on */
};

/* The rows of these options, for a struct advice_options at offset 0. */
extern const struct option_row advice_rows[];
extern const size_t advice_row_count;

/* The first that holds. */
enum advice_reason {
	ADVICE_NONE = 0, /* it is not let through */
	ADVICE_SEEN,
	ADVICE_REFUSED, /* it was seen, and refused each time */
	ADVICE_BEHIND,	/* it was seen, but behind socketcall or ipc */
	ADVICE_START,
	ADVICE_END,
	ADVICE_SIGNAL,
	ADVICE_RESTART,
	ADVICE_VDSO,
	ADVICE_RUNTIME,
	ADVICE_SIBLING,
	ADVICE_REASONS,
};

struct advised_call {
	enum advice_reason reason;
	bool is_behind; /* it was seen behind socketcall or ipc, where no argument can be tested */
	uint64_t runs;	/* in which it was seen, on the ABI with most */
	const char *model; /* of a sibling: the call that was seen */
};

struct advice {
	const struct recording *recording; /* the caller's */
	struct advice_options options;
	uint64_t abis;		    /* that were seen, and their machines: bit = ABI index */
	uint64_t machines;	    /* of these, those whose kernels have all of them */
	uint64_t wide_abis;	    /* those on which the profile is to do */
	struct advised_call *calls; /* by index of sbpf_call_at() */
	const char *newest;	    /* the release of the newest call that was seen: "5.3" */
};

/*
 * All recordings as one; a path "-" is standard input. NULL when that failed, which was reported;
 * else the caller's.
 */
struct recording *recordings_read(const struct tool *tool, char **paths, size_t count);

/*
 * What is known of a recording. machine: -1, or the ABI index of the machine of which alone the
 * calls count. False when that failed, which was reported; then there is nothing to free. Calls
 * without a name are reported, as no profile can have them.
 */
bool advice_make(const struct tool *tool, const struct recording *recording, int machine,
		 const struct advice_options *options, struct advice *advice);
void advice_free(struct advice *advice);

/*
 * Whether the answer to a call that is not let through is ENOSYS: it is newer than all that was
 * seen, or one that libraries only try.
 */
bool advice_says_enosys(const struct advice *advice, int call);

/* The same of any call, whatever ABIs have it and whether it is let through. */
bool advice_is_tried(const struct advice *advice, int call);

/* Whether one of the ABIs (bit = ABI index) has the call. */
bool is_on_abis(uint64_t abis, const char *call);

/* The same, and its kernel asks filters about the call. */
bool is_answered(uint64_t abis, const char *call);

/* "runc and crun": the runtimes that are meant and call it. */
const char *advice_runtimes(const struct advice *advice, const char *call);

#endif
