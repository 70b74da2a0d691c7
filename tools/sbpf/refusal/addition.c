/* SPDX-License-Identifier: MIT */
#include "addition.h"

#include "call.h"
#include "narrow.h"

#include <string.h>

/* The machines' errno symbols are known to what reads profiles. */
uint32_t enosys_of(int machine)
{
	const struct sbpf_target target = {
		.machine = name_of_abi(machine),
		.abis = "",
		.unknown_as_enosys = true,
	};
	const struct seccomp_data data = {
		.arch = abi_of(machine).audit_arch,
		.nr = (int)SBPF_NUMBER_NEWER,
	};
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_KILL_PROCESS, &target, &error);
	uint32_t verdict = sbpf_policy_verdict(policy, &data, NULL, NULL, NULL);

	sbpf_policy_free(policy);
	return verdict;
}

/* ---- What libraries fall back on ---- */

/* What is known of a call as a probe, be it a twin or not. */
static bool find_probe(const char *call, struct probe *probe, char fallback[FALLBACK_MAX])
{
	for (size_t i = 0; i < probe_count; i++) {
		if (strcmp(probes[i].call, call) != 0)
			continue;
		*probe = probes[i];
		snprintf(fallback, FALLBACK_MAX, "%s", probe->fallback ? probe->fallback : "");
		return true;
	}
	if (!probe_of_twin(call, probe, fallback))
		return false;
	probe->user = TWIN_USER;
	return true;
}

/* Whether those who call it do without it after ENOSYS, as the draft stands. */
static bool has_fallback(const struct addition_question *question, const struct draft *draft,
			 int abi, struct addition *addition)
{
	struct probe probe;

	if (!find_probe(addition->name, &probe, addition->fallback) || !probe.breaks ||
	    !is_one_permitted(question->space, draft->meaning, abi, addition->fallback)) {
		addition->fallback[0] = '\0';
		return false;
	}
	addition->user = probe.user;
	return true;
}

/* ---- Conditions ---- */

/* Those of the group; for a call whose ABI was not covered, what they are under the draft. */
static void take_conditions(const struct draft *draft, const struct refusal *refusal,
			    struct addition *addition)
{
	struct refusal_key key = refusal->key;
	uint32_t verdict;

	if (key.blind)
		return;
	if (key.cause == SBPF_BY_BAD_ARCH) {
		verdict = sbpf_policy_verdict(draft->policy, &refusal->data, NULL, NULL, NULL);
		narrow_call(draft->policy, &refusal->data, verdict, false, &key);
	}
	addition->rule.condition_count = key.condition_count;
	memcpy(addition->rule.conditions, key.conditions, sizeof(key.conditions));
}

/* ---- The addition ---- */

/* Why nothing in a profile would let it pass; NULL: something would. */
static const char *find_obstacle(const struct addition_question *question,
				 const struct refusal *refusal, const char *name)
{
	int abi = refusal->key.abi;

	if (refusal->key.origin == ORIGIN_FOREIGN)
		return "another filter gave this verdict, not the profile";
	if (abi < 0 || !(question->relatives >> abi & 1))
		return "no ABI of this machine has that arch";
	if (!name)
		return "no profile can name a number without a name";
	if (refusal->key.cause == SBPF_BY_BAD_ARCH && question->target->abis)
		return "--abi says which ABIs are covered, and this one is not among them";
	return NULL;
}

void addition_find(const struct addition_question *question, const struct draft *draft,
		   const struct refusal *refusal, struct addition *addition)
{
	int abi = refusal->key.abi;
	const char *name = sbpf_call_name(abi, refusal->key.number);
	uint32_t action = refusal->key.verdict & SECCOMP_RET_ACTION_FULL;
	bool falls_back;

	*addition = (struct addition){ .abi = -1 };
	addition->reason = find_obstacle(question, refusal, name);
	if (addition->reason)
		return;
	addition->name = kept_name(name);
	addition->rule.names = &addition->name;
	addition->rule.name_count = 1;
	falls_back = has_fallback(question, draft, abi, addition);
	if (falls_back && refusal->key.verdict == question->enosys) {
		addition->is_handled = true;
		addition->reason = "libraries fall back on an older call";
		return;
	}
	if (refusal->key.cause == SBPF_BY_BAD_ARCH && !sbpf_policy_has_abi(draft->policy, abi)) {
		addition->abi = abi;
		return;
	}
	addition->kind = ADDITION_RULE;
	addition->rule.verdict = SECCOMP_RET_ALLOW;
	if (falls_back &&
	    (action == SECCOMP_RET_ERRNO || action == SECCOMP_RET_TRAP ||
	     action == SECCOMP_RET_KILL_THREAD || action == SECCOMP_RET_KILL_PROCESS)) {
		addition->kind = ADDITION_ENOSYS;
		addition->rule.verdict = question->enosys;
		return;
	}
	take_conditions(draft, refusal, addition);
}
