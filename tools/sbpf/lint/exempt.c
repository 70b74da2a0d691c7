/* SPDX-License-Identifier: MIT */
/* Calls that the kernel answers without asking filters. */
#include "lint.h"

#include "call.h"

#include <stdlib.h>

/* The release from which on an ABI's call is exempt, and what the profile has it get; or NULL. */
static const char *find_exemption(struct lint *lint, int abi, const char *call,
				  struct outcome *outcome)
{
	uint32_t number;

	if (!sbpf_call_number(abi, call, &number) || !sbpf_call_exempt(abi, number) ||
	    !outcome_of(lint, abi, call, outcome) || is_permitted(outcome->restrictive.a))
		return NULL;
	return sbpf_call_exempt(abi, number);
}

static void add_exempt(struct lint *lint, const struct cluster *cluster)
{
	const struct sbpf_example *example = &cluster->example;
	char *names = names_text(lint, cluster);
	char abis[ABIS_MAX], verdict[VERDICT_MAX];

	if (names)
		lint_add(lint, FILTER_EXEMPT, SEVERITY_WARNING, &cluster->place,
			 (struct evidence){ example, false },
			 "%s: from Linux %s on the kernel does not ask filters for %s on %s, so "
			 "that "
			 "%s is never given: no filter can refuse %s",
			 names, sbpf_call_exempt(example->abi, (uint32_t)example->data.nr),
			 cluster->count == 1 ? "this call" : "these calls",
			 abis_text(lint, cluster->abis, abis),
			 sbpf_verdict_describe(example->a, lint->machine, verdict, sizeof(verdict)),
			 cluster->count == 1 ? "it" : "them");
	free(names);
}

/* A call that a rule names, for its author means it to be refused. */
void lint_exemptions(struct lint *lint)
{
	struct clusters clusters = { 0 };

	for (size_t i = 0; i < lint->record_count && !lint->failed; i++) {
		const struct record *record = &lint->records[i];

		for (size_t j = 0; record->is_first && j < lint->abi_count; j++) {
			struct outcome outcome;
			struct cluster *cluster;

			const char *since =
				find_exemption(lint, lint->ordered[j], record->call, &outcome);

			if (!since)
				continue;
			cluster = cluster_add(lint, &clusters, record->entry, (size_t)since,
					      record->call, &outcome.restrictive);
			if (cluster && !cluster->place.path[0])
				cluster->place = place_of_entry(lint, record->entry);
		}
	}
	for (size_t i = 0; i < clusters.count && !lint->failed; i++)
		add_exempt(lint, &clusters.list[i]);
	clusters_free(&clusters);
}
