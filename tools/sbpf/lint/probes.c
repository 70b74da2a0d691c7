/* SPDX-License-Identifier: MIT */
/* Calls that libraries try before older ones. */
#include "lint.h"

#include "call.h"

#include <stdlib.h>
#include <string.h>

static bool is_hazard(const struct lint *lint, const struct outcome *outcome)
{
	uint32_t verdict = outcome->restrictive.a;
	uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

	return outcome->always && !is_permitted(verdict) && verdict != lint->enosys_verdict &&
	       action != SECCOMP_RET_USER_NOTIF && action != SECCOMP_RET_TRACE;
}

/* In the key of a cluster, beside its severity: so that its ABIs are those of all its calls. */
#define IS_TWIN 0x10u

static enum severity severity_of(const struct cluster *cluster)
{
	return (enum severity)(cluster->key[1] & ~(size_t)IS_TWIN);
}

/* What the library falls back on must be there: else the profile means to deny all of it. */
static void look_at_probe(struct lint *lint, int abi, const struct probe *probe,
			  struct clusters *clusters)
{
	struct outcome outcome;
	bool ends, breaks;

	if (!outcome_of(lint, abi, probe->call, &outcome) || !is_hazard(lint, &outcome) ||
	    (probe->fallback &&
	     !is_one_permitted(lint->space, lint->meaning, abi, probe->fallback)))
		return;
	ends = (outcome.restrictive.a & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO;
	breaks = ends ? probe->unasked : probe->breaks;
	cluster_add(lint, clusters, deciding_entry(lint->part->policy, &outcome.restrictive.data),
		    (breaks ? SEVERITY_WARNING : SEVERITY_NOTE) | (probe->user ? 0 : IS_TWIN),
		    kept_name(probe->call), &outcome.restrictive);
}

static void look_at_twin(struct lint *lint, int abi, const char *call, struct clusters *clusters)
{
	char fallback[FALLBACK_MAX];
	struct probe probe;

	if (probe_of_twin(call, &probe, fallback))
		look_at_probe(lint, abi, &probe, clusters);
}

/* ---- Findings ---- */

static const char *user_of(const char *call)
{
	for (size_t i = 0; i < probe_count; i++) {
		if (!strcmp(probes[i].call, call))
			return probes[i].user;
	}
	return TWIN_USER;
}

static const char *consequence(const struct cluster *cluster)
{
	if ((cluster->example.a & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return "which ends the program";
	if (severity_of(cluster) == SEVERITY_WARNING)
		return "on which they fail, as they fall back on older calls for ENOSYS only";
	return "on which they do without";
}

static void add_hazard(struct lint *lint, const struct cluster *cluster)
{
	struct lint_place place = place_of_entry(lint, cluster->key[0]);
	char abis[ABIS_MAX], verdict[VERDICT_MAX];
	char *names = names_text(lint, cluster);
	const char *first = cluster->names[0];

	if (names)
		lint_add(lint, ENOSYS_HAZARD, severity_of(cluster), &place,
			 (struct evidence){ &cluster->example, false },
			 "%s: libraries try newer calls (%s: %s), and by %s get %s, %s: allow %s, "
			 "or answer ENOSYS, with a rule or with --enosys",
			 names, first, user_of(first), abis_text(lint, cluster->abis, abis),
			 sbpf_verdict_describe(cluster->example.a, lint->machine, verdict,
					       sizeof(verdict)),
			 consequence(cluster), cluster->count == 1 ? "it" : "them");
	free(names);
}

void lint_probes(struct lint *lint)
{
	struct clusters clusters = { 0 };

	for (size_t i = 0; i < lint->abi_count; i++) {
		for (size_t j = 0; j < probe_count; j++)
			look_at_probe(lint, lint->ordered[i], &probes[j], &clusters);
		for (int j = 0; j < sbpf_call_count(); j++)
			look_at_twin(lint, lint->ordered[i], sbpf_call_at(j), &clusters);
	}
	for (size_t i = 0; i < clusters.count && !lint->failed; i++)
		add_hazard(lint, &clusters.list[i]);
	clusters_free(&clusters);
}
