/* SPDX-License-Identifier: MIT */
/* What the parts of sbpf lint share: findings, what is looked at, the checks. */
#ifndef SBPF_TOOLS_LINT_H
#define SBPF_TOOLS_LINT_H

#include "families.h"
#include "operand.h"
#include "outline.h"
#include "targets.h"

#include <stdio.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

/* Of a space's diagram: a profile that needs more is refused, within seconds. */
#define LINT_NODES 2000000u

/* The identifiers, in the order of lint_rules. */
enum lint_id {
	WIDTH_BYPASS,
	WIDTH_REFUSAL,
	READING_DIFFERS,
	RUNTIME_IGNORES,
	UNKNOWN_SYSCALL,
	SHADOWED_RULE,
	REDUNDANT_RULE,
	EQUALS_DEFAULT,
	MISSING_ABI,
	MULTIPLEXER,
	SIBLING_GAP,
	ENOSYS_HAZARD,
	LISTENER_DEADLOCK,
	KILL_THREAD,
	OVERLAPPING_RULES,
	TRACE_REFUSES_NOTHING,
	CANNOT_START,
	CANNOT_EXIT,
	RUNTIME_STARTUP,
	UNKNOWN_KEY,
	ERRNO_TOO_LARGE,
	WITHOUT_EFFECT,
	FILTER_EXEMPT,
	LINT_IDS,
};

/* One kind of finding. A finding may be less severe than its kind. */
struct lint_rule {
	const char *name;
	enum severity severity;
	const char *summary; /* a sentence */
};

extern const struct lint_rule lint_rules[LINT_IDS];
extern const char *const severity_names[];

/* Where a finding is: a path in the profile and its line. */
struct lint_place {
	char path[160];
	unsigned int line; /* 0: not known */
};

struct finding {
	enum lint_id id;
	enum severity severity;
	const char *file;
	struct lint_place place;
	char *message;
	const char *call; /* the message begins with it and ": "; NULL: with something else */
	bool has_example;
	bool has_other; /* the example's b counts */
	struct sbpf_example example;
	size_t order;			 /* of adding */
	const struct one_target *target; /* where several are looked at; the first that shows it */
};

struct findings {
	struct finding *list;
	size_t count;
};

/* One call of one rule that applies to the target. */
struct record {
	size_t entry;	   /* in syscalls[] */
	size_t name;	   /* in its names[]; 0 for 'name' */
	const char *call;  /* as sbpf_call_at() gives it: one pointer, one call */
	size_t call_index; /* of sbpf_call_at() */
	size_t group;	   /* in lint->groups */
	bool is_first;	   /* on its call */
	bool is_absent;	   /* none of the ABIs has the call */
	uint32_t verdict;
	const struct sbpf_condition *conditions; /* the policy's */
	size_t condition_count;
};

/* The records on one call, or on all calls that one multiplexer reaches, in document order. */
struct group {
	size_t first;
	size_t count;
};

/* Room for the names of all ABIs. */
#define ABIS_MAX 256

/* One profile that is looked at, and what was found in it. */
struct lint {
	const struct tool *tool;
	const struct sbpf_target *target; /* as the user gave it */
	const struct operand_part *part;
	struct lint_outline outline;
	int machine;
	uint64_t abis;	 /* of the machine's kernel that the policy covers: bit = ABI index */
	int ordered[64]; /* the same, the machine first */
	size_t abi_count;
	uint64_t kernel_abis;	 /* all of the machine's kernel */
	char abi_list[ABIS_MAX]; /* abis without the machine, as struct sbpf_target has it */
	const char *machine_name;
	uint32_t default_verdict;
	uint32_t enosys_verdict;
	struct sbpf_space *space;
	sbpf_meaning meaning;
	struct record *records; /* by group */
	size_t record_count;
	size_t absent_count;  /* of the records behind them, on calls that none of the ABIs has */
	struct group *groups; /* as many as there are calls */
	bool *is_on_target; /* by call: one of the ABIs has it, by itself or behind a multiplexer */
	bool *is_gap;	    /* by call: a rule on it is in vain, which a finding says */
	struct finding *findings;
	size_t finding_count;
	size_t counts[LINT_IDS]; /* of findings, those too that are not listed */
	bool is_listed;		 /* the last one */
	bool failed;		 /* which was reported */
};

/*
 * Looks at one profile, loaded for the target. What fails is reported in the tool's name, and
 * false. The findings are to be freed either way.
 */
bool lint_look_at(const struct tool *tool, const struct sbpf_target *target, int machine,
		  const struct operand_part *part, struct findings *findings);
void lint_findings_free(struct findings *findings);

/* ---- Findings (findings.c) ---- */

/* A call that shows it. */
struct evidence {
	const struct sbpf_example *example; /* NULL: there is none */
	bool has_other;			    /* its b counts: what it would get otherwise */
};

/* Adds a finding; what goes wrong is kept in lint->failed. */
#define FINDINGS_MAX 200 /* of one kind; more are counted only */
void lint_add(struct lint *lint, enum lint_id id, enum severity severity,
	      const struct lint_place *place, struct evidence evidence, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* The finding that was added last is about this call, with whose name its message begins. */
void lint_about(struct lint *lint, const char *call);

/* A finding for each kind of which some are not listed. */
void lint_add_rest(struct lint *lint);

/* Reports what stands in the way, once, and ends the work on this profile. */
void lint_fail(struct lint *lint, const struct sbpf_error *error);

struct lint_place place_of_entry(const struct lint *lint, size_t entry);
struct lint_place place_of_name(const struct lint *lint, size_t entry, size_t name);
struct lint_place place_of_record(const struct lint *lint, const struct record *record);
struct lint_place place_of_default(const struct lint *lint);

/* ---- Findings that speak of several calls ---- */

/* Calls with the same to say about them. */
struct cluster {
	size_t key[2];
	struct lint_place place;
	struct sbpf_example example; /* of the first call */
	const char **names;	     /* each once */
	size_t count;
	uint64_t abis; /* bit = ABI index */
};

struct clusters {
	struct cluster *list;
	size_t count;
	size_t *slots; /* by key: an index of list, plus 1; 0 for none */
	size_t slot_count;
};

/* The cluster with this key, a new one if need be; the name is added. NULL: no memory, reported. */
struct cluster *cluster_add(struct lint *lint, struct clusters *clusters, size_t first_key,
			    size_t second_key, const char *name,
			    const struct sbpf_example *example);
void clusters_free(struct clusters *clusters);

/* "mount, umount2 and 3 more"; malloc'd, NULL without memory, which was reported. */
char *names_text(struct lint *lint, const struct cluster *cluster);

/* "x86_64, x86": the machine first. Returns buffer. */
char *abis_text(const struct lint *lint, uint64_t abis, char buffer[ABIS_MAX]);

/* ---- Calls (records.c) ---- */

/* What a policy gives a call of an ABI over all arguments. */
struct outcome {
	bool always;			/* the same whatever the arguments */
	struct sbpf_example permissive; /* the least restrictive verdict, in a */
	struct sbpf_example restrictive;
};

/* False when the ABI lacks the call, or what it gets is not known. */
bool outcome_of(struct lint *lint, int abi, const char *call, struct outcome *outcome);

/* A call that gets this action (SECCOMP_RET_*, without data) on an ABI; false when none does. */
bool example_with_action(struct lint *lint, int abi, const char *call, uint32_t action,
			 struct sbpf_example *example);

/* Where the verdict for a call comes from: an entry, or NO_ENTRY for the default and others. */
#define NO_ENTRY ((size_t)-1)
size_t deciding_entry(const struct sbpf_policy *policy, const struct seccomp_data *data);

/* The records on a call and those related to it; NULL when no ABI has it, or there are none. */
const struct group *group_of_call(const struct lint *lint, const char *call);

/* All rules of the policy, and which calls are on the target; false when that failed, which was
 * reported. */
bool records_collect(struct lint *lint);

/* ---- Trials (trial.c) ---- */

/* The policy of the rules on one record's call and those related to it, with something changed. */
struct trial {
	enum sbpf_reading reading;
	enum sbpf_width width;
	const bool *without; /* as lint->records: those that are left out; NULL for none */
	size_t removed;	     /* one more that is left out; NO_ENTRY for none */
	size_t marked;	     /* a record whose verdict gets other data; NO_ENTRY for none */
	size_t first;	     /* a record that comes before all others; NO_ENTRY for none */
};

/* The trial that changes nothing. */
struct trial trial_plain(const struct lint *lint);

/* False when that failed, which was reported. */
bool trial_meaning(struct lint *lint, struct sbpf_space *space, const struct record *record,
		   const struct trial *trial, sbpf_meaning *meaning);

/* A space for a few trials; NULL when that failed, which was reported. */
struct sbpf_space *trial_space(struct lint *lint);

/* ---- The checks: each adds its findings ---- */

void lint_widths(struct lint *lint);
void lint_readings(struct lint *lint);
void lint_runtimes(struct lint *lint);
void lint_names(struct lint *lint);
void lint_idle_rules(struct lint *lint);
void lint_entries(struct lint *lint);
void lint_multiplexers(struct lint *lint);
void lint_siblings(struct lint *lint);
void lint_probes(struct lint *lint);
void lint_actions(struct lint *lint);
void lint_overlaps(struct lint *lint);
void lint_traces(struct lint *lint);
void lint_starts(struct lint *lint);
void lint_keys(struct lint *lint);
void lint_exemptions(struct lint *lint);

/* ---- Output ---- */

/* {call, "a": verdict, "b": verdict or null}, or null without an example. */
void finding_example_json(FILE *out, const struct finding *finding);

void findings_sarif(FILE *out, const struct finding *findings, size_t count);

#endif
