/* SPDX-License-Identifier: MIT */
/*
 * What starts and ends a program. Only what is refused whatever the arguments counts, for the
 * machine's own ABI; an agent or a tracer may well answer for the call.
 */
#include "lint.h"

#include "call.h"
#include "needs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t action_of(uint32_t verdict)
{
	return verdict & SECCOMP_RET_ACTION_FULL;
}

static bool ends_process(uint32_t verdict)
{
	return sbpf_verdict_compare(verdict, SECCOMP_RET_TRAP) <= 0;
}

/* Whether the call is refused so whatever its arguments; the example is the mildest refusal. */
static bool is_refused(struct lint *lint, const char *call, enum refusal refusal,
		       struct sbpf_example *example)
{
	struct outcome outcome;
	uint32_t verdict;

	if (!outcome_of(lint, lint->machine, call, &outcome))
		return false;
	verdict = outcome.permissive.a;
	*example = outcome.permissive;
	if (ends_process(verdict))
		return true;
	return refusal == ANY_REFUSAL && action_of(verdict) == SECCOMP_RET_ERRNO;
}

static size_t entry_of(const struct lint *lint, const struct sbpf_example *example)
{
	return deciding_entry(lint->part->policy, &example->data);
}

/* ---- Starting ---- */

static bool has_call(const struct lint *lint, const char *call)
{
	uint32_t number;

	return sbpf_call_number(lint->machine, call, &number);
}

/* The calls that all are refused, the first of which is the one that is made. */
static void look_at_need(struct lint *lint, const struct need *need, struct clusters *clusters)
{
	struct sbpf_example example = { 0 }, first = { 0 };
	const char *list = need->calls;
	const char *call = NULL;
	char word[WORD_MAX];

	if ((need->abis && !lists_word(need->abis, lint->machine_name)) ||
	    (need->in_place && has_call(lint, need->in_place)))
		return;
	while (next_word(&list, word)) {
		if (!has_call(lint, word))
			continue;
		if (!is_refused(lint, word, need->refusal, &example))
			return;
		if (!call) {
			call = kept_name(word);
			first = example;
		}
	}
	if (call)
		cluster_add(lint, clusters, entry_of(lint, &first), first.a, call, &first);
}

static void add_start(struct lint *lint, const struct cluster *cluster, const char *program,
		      enum severity severity)
{
	struct lint_place place = place_of_entry(lint, cluster->key[0]);
	char *names = names_text(lint, cluster);
	char verdict[VERDICT_MAX];

	if (names)
		lint_add(lint, CANNOT_START, severity, &place,
			 (struct evidence){ &cluster->example, false },
			 "%s: before main() %s makes %s, and with %s cannot start: allow %s", names,
			 program, cluster->count == 1 ? "this call" : "these calls",
			 sbpf_verdict_describe(cluster->example.a, lint->machine, verdict,
					       sizeof(verdict)),
			 cluster->count == 1 ? "it" : "them");
	free(names);
}

static void look_at_needs(struct lint *lint, const struct need *needs, size_t count,
			  const char *program, enum severity severity)
{
	struct clusters clusters = { 0 };

	for (size_t i = 0; i < count; i++)
		look_at_need(lint, &needs[i], &clusters);
	for (size_t i = 0; i < clusters.count && !lint->failed; i++)
		add_start(lint, &clusters.list[i], program, severity);
	clusters_free(&clusters);
}

/* ---- Ending ---- */

/* What happens where a call that ends something is refused. */
struct ending {
	const char *calls; /* all that are there are refused */
	const char *other; /* is allowed; NULL: does not count */
	enum refusal refusal;
	enum severity severity;
	const char *text;
};

/* _exit(2) of glibc and musl: exit_group, then exit for ever. */
static const struct ending endings[] = {
	{ "exit_group", NULL, ENDING_REFUSAL, SEVERITY_ERROR,
	  "every program ends with it, and so by a signal" },
	{ "exit_group exit", NULL, ANY_REFUSAL, SEVERITY_ERROR,
	  "no program can end: it crashes, or tries for ever" },
	{ "exit_group", "exit", ANY_REFUSAL, SEVERITY_WARNING,
	  "a program that has threads does not end, for exit ends the calling one alone" },
	{ "exit", "exit_group", ANY_REFUSAL, SEVERITY_WARNING, "threads cannot end" },
	{ "rt_sigreturn sigreturn", NULL, ANY_REFUSAL, SEVERITY_WARNING,
	  "a program crashes when the handler of a signal returns" },
};

/* Whether all calls of the ending that the machine has are refused. */
static bool matches(struct lint *lint, const struct ending *ending, struct clusters *clusters)
{
	const char *list = ending->calls;
	struct sbpf_example example;
	struct outcome outcome;
	char word[WORD_MAX];

	if (ending->other && (!outcome_of(lint, lint->machine, ending->other, &outcome) ||
			      !is_permitted(outcome.permissive.a)))
		return false;
	while (next_word(&list, word)) {
		if (!has_call(lint, word))
			continue;
		if (!is_refused(lint, word, ending->refusal, &example) ||
		    !cluster_add(lint, clusters, 0, 0, kept_name(word), &example))
			return false;
	}
	return clusters->count;
}

static void add_ending(struct lint *lint, const struct ending *ending,
		       const struct cluster *cluster)
{
	struct lint_place place = place_of_entry(lint, entry_of(lint, &cluster->example));
	char *names = names_text(lint, cluster);
	char verdict[VERDICT_MAX];

	if (names)
		lint_add(lint, CANNOT_EXIT, ending->severity, &place,
			 (struct evidence){ &cluster->example, false }, "%s: %s (%s): allow %s",
			 names, ending->text,
			 sbpf_verdict_describe(cluster->example.a, lint->machine, verdict,
					       sizeof(verdict)),
			 cluster->count == 1 ? "it" : "them");
	free(names);
}

/* The first that matches tells of exit and exit_group; the last is about handlers. */
static void look_at_endings(struct lint *lint)
{
	size_t last = COUNT(endings) - 1;
	bool is_told = false;

	for (size_t i = 0; i <= last && !lint->failed; i++) {
		struct clusters clusters = { 0 };

		if ((i == last || !is_told) && matches(lint, &endings[i], &clusters)) {
			add_ending(lint, &endings[i], &clusters.list[0]);
			is_told = true;
		}
		clusters_free(&clusters);
	}
}

/* ---- Runtimes ---- */

static bool prevents(enum start start, uint32_t verdict)
{
	return start == FAILS || (start == DIES_WITH_IT && ends_process(verdict));
}

/* Handlers of signals end with it in every program, which another finding is about. */
static bool is_told_of_ends(const char *call)
{
	return lists_word(endings[COUNT(endings) - 1].calls, call);
}

/* Of which runtimes a refusal of the call prevents the start: bit = index in runtimes. */
static size_t prevented(const char *call, enum way way, uint32_t verdict)
{
	size_t which = 0;

	for (size_t i = 0; i < runtime_need_count; i++) {
		if (!strcmp(runtime_needs[i].call, call) &&
		    prevents(runtime_needs[i].starts[way], verdict))
			which |= (size_t)1 << runtime_needs[i].runtime;
	}
	return which;
}

/* In the key of a cluster: those whose start it prevents with no_new_privs too. */
#define NNP_SHIFT 16u

static void look_at_runtime_need(struct lint *lint, const char *call, struct clusters *clusters)
{
	struct sbpf_example example;
	size_t without;

	if (!call || is_told_of_ends(call) || !is_refused(lint, call, ANY_REFUSAL, &example))
		return;
	without = prevented(call, START, example.a);
	if (without)
		cluster_add(lint, clusters, entry_of(lint, &example),
			    prevented(call, START_NNP, example.a) << NNP_SHIFT | without, call,
			    &example);
}

/* "by runc 1.1, runc 1.3, and without no_new_privs by crun 1.8" */
static void print_runtimes(char *text, size_t size, size_t with, size_t without)
{
	const size_t sets[] = { with, without & ~with };
	const char *const begins[] = { "by ", with ? ", and without no_new_privs by "
						   : "without no_new_privs by " };
	size_t length = 0;

	*text = '\0';
	for (size_t set = 0; set < COUNT(sets); set++) {
		const char *separator = begins[set];

		for (size_t i = 0; i < runtime_count && length < size; i++) {
			if (!(sets[set] >> i & 1))
				continue;
			length += (size_t)snprintf(text + length, size - length, "%s%s", separator,
						   runtimes[i]);
			separator = ", ";
		}
	}
}

/* A profile that a runtime is handed as it is, is one for containers. */
static enum severity runtime_severity(const struct lint *lint)
{
	return lint->target->reading == SBPF_READING_OCI ? SEVERITY_WARNING : SEVERITY_NOTE;
}

static void add_runtime(struct lint *lint, const struct cluster *cluster)
{
	struct lint_place place = place_of_entry(lint, cluster->key[0]);
	char *names = names_text(lint, cluster);
	char verdict[VERDICT_MAX];
	char who[256];

	print_runtimes(who, sizeof(who), cluster->key[1] >> NNP_SHIFT,
		       cluster->key[1] & (((size_t)1 << NNP_SHIFT) - 1));
	if (names)
		lint_add(lint, RUNTIME_STARTUP, runtime_severity(lint), &place,
			 (struct evidence){ &cluster->example, false },
			 "%s: called between filter and program %s; no container starts with "
			 "%s: if this is for containers, allow %s",
			 names, who,
			 sbpf_verdict_describe(cluster->example.a, lint->machine, verdict,
					       sizeof(verdict)),
			 cluster->count == 1 ? "it" : "them");
	free(names);
}

static void look_at_runtimes(struct lint *lint)
{
	struct clusters clusters = { 0 };

	for (size_t i = 0; i < (size_t)sbpf_call_count(); i++)
		look_at_runtime_need(lint, sbpf_call_at((int)i), &clusters);
	for (size_t i = 0; i < clusters.count && !lint->failed; i++)
		add_runtime(lint, &clusters.list[i]);
	clusters_free(&clusters);
}

void lint_starts(struct lint *lint)
{
	look_at_needs(lint, static_needs, static_need_count, "every program", SEVERITY_ERROR);
	look_at_needs(lint, dynamic_needs, dynamic_need_count, "a dynamically linked program",
		      SEVERITY_WARNING);
	look_at_endings(lint);
	look_at_runtimes(lint);
}
