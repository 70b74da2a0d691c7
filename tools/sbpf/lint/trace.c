/* SPDX-License-Identifier: MIT */
/* TRACE as a refusal, which whoever may trace undoes. */
#include "lint.h"

#include "call.h"

#include <stdlib.h>
#include <string.h>

/* Requests of ptrace(2) (include/uapi/linux/ptrace.h). */
#define REQUEST_TRACEME 0u
#define REQUEST_ATTACH 16u
#define REQUEST_SETOPTIONS 0x4200u
#define REQUEST_SEIZE 0x4206u

struct trace_case_search {
	uint64_t request;
	bool permitted;
};

static bool admits(const struct sbpf_test *test, uint64_t value)
{
	if (test->bits == 32)
		value = (uint32_t)value;
	if (test->masked)
		return (value & test->low) == test->high;
	return test->low <= value && value <= test->high;
}

/* Whether the request may be made, whatever the other arguments. */
static bool note_case(void *context, const struct sbpf_case *one)
{
	struct trace_case_search *search = context;

	if (!is_permitted(one->verdict))
		return true;
	for (size_t i = 0; i < one->test_count; i++) {
		if (one->tests[i].argument == 0 && !admits(&one->tests[i], search->request))
			return true;
	}
	search->permitted = true;
	return false;
}

static bool may_request(struct lint *lint, int abi, uint64_t request)
{
	struct trace_case_search search = { .request = request };
	struct sbpf_error error = { 0 };
	uint32_t number;

	if (!sbpf_call_number(abi, "ptrace", &number))
		return false;
	/* More cases than can be listed: some of them will do. */
	if (sbpf_meaning_cases(lint->space, lint->meaning, abi, number, note_case, &search, &error))
		return true;
	return search.permitted;
}

/* PTRACE_O_TRACESECCOMP takes an option of SEIZE, or SETOPTIONS after one of the older ways. */
static bool may_trace(struct lint *lint)
{
	for (size_t i = 0; i < lint->abi_count; i++) {
		int abi = lint->ordered[i];

		if (may_request(lint, abi, REQUEST_SEIZE))
			return true;
		if (may_request(lint, abi, REQUEST_SETOPTIONS) &&
		    (may_request(lint, abi, REQUEST_TRACEME) ||
		     may_request(lint, abi, REQUEST_ATTACH)))
			return true;
	}
	return false;
}

static void add_trace(struct lint *lint, const struct lint_place *place, const char *names,
		      const struct sbpf_example *example)
{
	lint_add(lint, TRACE_REFUSES_NOTHING, SEVERITY_WARNING, place,
		 (struct evidence){ example, false },
		 "%s: TRACE asks a tracer, and this profile lets processes be one (ptrace): who "
		 "traces its own child with PTRACE_O_TRACESECCOMP lets it make the call; use "
		 "SCMP_ACT_ERRNO, or refuse ptrace",
		 names);
}

static void look_at_call(struct lint *lint, const char *call, struct clusters *clusters)
{
	for (size_t i = 0; i < lint->abi_count; i++) {
		struct sbpf_example example;
		struct cluster *cluster;

		if (!example_with_action(lint, lint->ordered[i], call, SECCOMP_RET_TRACE, &example))
			continue;
		cluster = cluster_add(lint, clusters,
				      deciding_entry(lint->part->policy, &example.data), 0, call,
				      &example);
		if (cluster && !cluster->place.line)
			cluster->place = place_of_entry(lint, cluster->key[0]);
	}
}

static bool is_trace(uint32_t verdict)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
}

/* All rules that give TRACE, each call once. */
static void find_rules(struct lint *lint, struct clusters *clusters)
{
	bool *seen = calloc((size_t)sbpf_call_count(), sizeof(*seen));

	if (!seen) {
		lint_fail(lint, NULL);
		return;
	}
	for (size_t i = 0; i < lint->record_count && !lint->failed; i++) {
		const struct record *record = &lint->records[i];

		if (!is_trace(record->verdict) || record->verdict == lint->default_verdict ||
		    seen[record->call_index])
			continue;
		seen[record->call_index] = true;
		look_at_call(lint, record->call, clusters);
	}
	free(seen);
}

static void add_rules(struct lint *lint, const struct clusters *clusters)
{
	for (size_t i = 0; i < clusters->count && !lint->failed; i++) {
		const struct cluster *cluster = &clusters->list[i];
		char *names = names_text(lint, cluster);

		if (names)
			add_trace(lint, &cluster->place, names, &cluster->example);
		free(names);
	}
}

void lint_traces(struct lint *lint)
{
	struct lint_place place = place_of_default(lint);
	bool is_default = is_trace(lint->default_verdict);
	struct clusters clusters = { 0 };

	find_rules(lint, &clusters);
	if ((is_default || clusters.count) && may_trace(lint)) {
		if (is_default)
			add_trace(lint, &place, "calls that no rule decides", NULL);
		add_rules(lint, &clusters);
	}
	clusters_free(&clusters);
}
