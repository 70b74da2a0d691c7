/* SPDX-License-Identifier: MIT */
/* The report on refused calls: what, by which line, and what to write. */
#ifndef SBPF_TOOLS_ACCOUNT_H
#define SBPF_TOOLS_ACCOUNT_H

#include "amendment.h"
#include "audit.h"
#include "call.h"
#include "opinion.h"

struct account {
	const struct tool *tool;
	const struct sbpf_target *target;
	const struct operand_part *part; /* the profile */
	struct refusals *refusals;	 /* sorted */
	const struct amendment *amendment;
	struct part_lines lines;
	const struct audit_input *log; /* what the calls come from; NULL: a command that ran */
	uint64_t *effort;	       /* left for which rules can have given its records */
	int status;		       /* of that command */
	const char *applied;	       /* the file that has the additions now; NULL: none */
};

/* Each is a whole report. */
void account_text(struct page *page, const struct account *account);
void account_json(FILE *out, const struct account *account);
void account_sarif(FILE *out, const struct account *account);

/* ---- For these ---- */

/* Whether nothing is to be done about a group: libraries fall back on what it got. */
bool account_is_handled(const struct account *account, size_t index);

/* How many groups, and how many calls in them, were refused and are not handled. */
size_t account_refused(const struct account *account, uint64_t *calls);

/* What decided a group's calls. */
struct decision {
	char path[64]; /* "syscalls[3]"; "": no rule */
	unsigned int line;
	const char *cause; /* "defaultAction", "another filter"; NULL: the rule */
	bool is_open;	   /* several may have, as the arguments are not known */
};
void account_decide(const struct account *account, const struct refusal *refusal,
		    struct decision *decision);

/* "openat(AT_FDCWD, …)", or what is known of it. */
void account_call(FILE *out, const struct refusal *refusal);

/* "ERRNO(EPERM)", or "ERRNO" where the data is not known. Returns buffer. */
char *account_verdict(const struct account *account, const struct refusal *refusal,
		      char buffer[VERDICT_MAX]);

/* A sentence without its end on what the addition opens; nothing where nothing is known. */
void opens_print(FILE *out, const struct account *account, size_t index);

#endif
