/* SPDX-License-Identifier: MIT */
#include "resolve.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "array.h"
#include "error.h"
#include "policy.h"

struct resolver {
	struct profile *profile;
	const struct target *target;
	struct sbpf_policy *policy;
	uint64_t capabilities;
	const char *go_name; /* of the machine */
	size_t nameless;     /* rules without a name that counts; the place of the first's 'name' */
	uint32_t first_nameless;
	bool oci_only; /* keys outside of the OCI schema do not count */
	struct sbpf_error *error;
};

/* ---- ABIs ---- */

/* The ELF machine of an ABI, where a 64-bit machine that also runs a 32-bit one's programs is it.
 */
static uint32_t elf_family(int abi)
{
	static const struct {
		uint32_t narrow, wide;
	} pairs[] = {
		{ EM_386, EM_X86_64 },
		{ EM_ARM, EM_AARCH64 },
		{ EM_PPC, EM_PPC64 },
	};
	uint32_t machine = abi_audit_arch(abi) & 0xffff; /* EM_* in AUDIT_ARCH_* */

	for (size_t i = 0; i < COUNT(pairs); i++) {
		if (machine == pairs[i].narrow)
			return pairs[i].wide;
	}
	return machine;
}

bool call_can_come(int machine, int abi)
{
	return abi_big_endian(abi) == abi_big_endian(machine) &&
	       elf_family(abi) == elf_family(machine);
}

/* The names of those ABIs by which no call can come; NULL when there are none. */
static const char *list_foreign(int machine, const int *abis, size_t count, char *names,
				size_t size)
{
	uint64_t seen = 0;
	size_t length = 0;

	for (size_t i = 0; i < count && length < size; i++) {
		uint64_t bit = UINT64_C(1) << abis[i];

		if (call_can_come(machine, abis[i]) || (seen & bit))
			continue;
		seen |= bit;
		length += (size_t)snprintf(names + length, size - length, "%s%s",
					   length ? ", " : "", abi_name(abis[i]));
	}
	return length ? names : NULL;
}

#define WHY_FOREIGN "on %s no call can come by %s"

/* Adds the ABIs of a list in the profile. */
static int add_abis(struct resolver *resolver, const struct list *list)
{
	const int *abis = list->items;
	int machine = resolver->policy->machine;
	char names[256];

	if (list_foreign(machine, abis, list->count, names, sizeof(names)))
		profile_warn(resolver->profile, list->place, SBPF_WARN_FOREIGN_ABI, WHY_FOREIGN,
			     abi_name(machine), names);
	for (size_t i = 0; i < list->count; i++) {
		if (policy_add_abi_index(resolver->policy, abis[i], resolver->error))
			return -1;
	}
	return 0;
}

static int add_wanted_abis(struct resolver *resolver)
{
	const struct target *target = resolver->target;
	struct sbpf_error warning = { 0 };
	char names[256];

	if (list_foreign(target->machine, target->abis, target->abi_count, names, sizeof(names))) {
		error_set_at(&warning, SBPF_WARN_IGNORED, "target.abis", WHY_FOREIGN,
			     abi_name(target->machine), names);
		policy_warn(resolver->policy, &warning);
	}
	for (size_t i = 0; i < target->abi_count; i++) {
		if (policy_add_abi_index(resolver->policy, target->abis[i], resolver->error))
			return -1;
	}
	return 0;
}

static int add_mapped_abis(struct resolver *resolver)
{
	const struct list *map = &resolver->profile->arch_map;

	for (size_t i = 0; i < map->count; i++) {
		const struct profile_arch *entry = (const struct profile_arch *)map->items + i;

		if (entry->machine == resolver->target->machine)
			return add_abis(resolver, &entry->abis);
	}
	return 0;
}

/* The machine's own ABI and those that the target, or else the profile, asks for. */
static int set_abis(struct resolver *resolver)
{
	struct profile *profile = resolver->profile;
	const struct target *target = resolver->target;
	bool mapped = profile->arch_map.count && !resolver->oci_only;

	if (mapped && profile->architectures.count)
		return profile_error(profile, profile->arch_map.place, resolver->error,
				     "a profile has either 'architectures' or 'archMap', not both: "
				     "remove one of them");
	if (policy_add_abi_index(resolver->policy, target->machine, resolver->error))
		return -1;
	if (target->has_abis)
		return add_wanted_abis(resolver);
	if (mapped)
		return add_mapped_abis(resolver);
	return add_abis(resolver, &profile->architectures);
}

/* ---- Verdicts ---- */

/* key: of the errno's symbol, in the object that the action is of. */
static int find_verdict(struct resolver *resolver, const struct profile_action *action,
			uint32_t object, const char *key, uint32_t *verdict)
{
	int number = action->data;

	if (action->errno_symbol)
		number = errno_find(resolver->target->machine, action->errno_symbol);
	if (number < 0)
		return profile_error(resolver->profile,
				     place_member(&resolver->profile->outline, object, key),
				     resolver->error,
				     "unknown errno '%s' on %s: errno(3) lists the symbols, such "
				     "as EPERM",
				     printable(action->errno_symbol).text,
				     abi_name(resolver->target->machine));
	if (resolver->oci_only)
		number = action->data;
	*verdict = action->ret | (action->has_data ? (uint32_t)number : 0);
	return 0;
}

/* ---- Rules ---- */

static bool lists_arch(const struct profile_guard *guard, const char *go_name)
{
	const char **arches = guard->arches.items;

	for (size_t i = 0; i < guard->arches.count; i++) {
		if (!strcmp(arches[i], go_name))
			return true;
	}
	return false;
}

static bool applies(const struct resolver *resolver, const struct profile_rule *rule)
{
	const struct profile_guard *excludes = &rule->excludes;
	const struct profile_guard *includes = &rule->includes;
	uint32_t kernel = resolver->target->kernel;

	if (resolver->oci_only)
		return true;
	if (lists_arch(excludes, resolver->go_name) ||
	    (excludes->capabilities & resolver->capabilities) ||
	    (excludes->min_kernel && kernel >= excludes->min_kernel))
		return false;
	return (!includes->arches.count || lists_arch(includes, resolver->go_name)) &&
	       !(includes->capabilities & ~resolver->capabilities) &&
	       includes->min_kernel <= kernel;
}

/* An unknown name: profiles name calls of every architecture and kernel, so it may be right. */
static int report_unknown(struct resolver *resolver, uint32_t place, const char *name)
{
	const char *near = NULL;

	if (resolver->target->strict || profile_keeps_warnings(resolver->profile))
		near = sbpf_call_suggest(name);
	if (resolver->target->strict)
		return profile_error(resolver->profile, place, resolver->error,
				     near ? "unknown system call '%s'; did you mean '%s'?"
					  : "unknown system call '%s': no ABI has one of this name",
				     printable(name).text, near);
	profile_warn(resolver->profile, place, SBPF_WARN_UNKNOWN_CALL,
		     near ? "unknown system call '%s' is ignored; did you mean '%s'?"
			  : "unknown system call '%s' is ignored",
		     printable(name).text, near);
	return 0;
}

/*
 * Handing over the listener needs write(2): a process that waits for its listener at that call
 * waits for ever. runc refuses such a profile for the same reason.
 */
static int check_notify(struct resolver *resolver, const struct policy_rule *rule, uint32_t place)
{
	if ((rule->verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_USER_NOTIF ||
	    strcmp(call_name(rule->call), "write") != 0)
		return 0;
	return profile_error(resolver->profile, place, resolver->error,
			     "write cannot have SCMP_ACT_NOTIFY: the process would wait for its "
			     "own listener before it could hand it over; take write out of this "
			     "rule");
}

static int add_name(struct resolver *resolver, struct policy_rule *rule, bool kept,
		    const struct profile_name *name)
{
	struct sbpf_policy *policy = resolver->policy;
	uint32_t since;

	rule->call = call_find(name->text, name->length);
	if (rule->call < 0)
		return report_unknown(resolver, name->place, name->text);
	since = call_since(rule->call);
	if (since > policy->newest)
		policy->newest = since;
	if (!kept)
		return 0;
	if (check_notify(resolver, rule, name->place))
		return -1;
	return policy_append(policy, rule, resolver->error);
}

/* Gives the rule a copy of the conditions that lives as long as the policy. */
static int copy_conditions(struct resolver *resolver, const struct profile_rule *from,
			   struct policy_rule *rule)
{
	struct sbpf_condition *copy;

	if (!from->conditions.count)
		return 0;
	copy = arena_alloc(&resolver->policy->arena, from->conditions.count, sizeof(*copy));
	if (!copy)
		return error_memory(resolver->error);
	memcpy(copy, from->conditions.items, from->conditions.count * sizeof(*copy));
	rule->conditions = copy;
	rule->condition_count = from->conditions.count;
	return 0;
}

static int add_names(struct resolver *resolver, struct policy_rule *rule, bool kept,
		     const struct profile_rule *from)
{
	const struct profile_name *names = from->names.items;

	if (from->name.length && !resolver->oci_only) {
		if (from->names.count)
			return profile_error(resolver->profile, from->name.place, resolver->error,
					     "a rule has either 'name' or 'names', not both: put "
					     "the name into 'names'");
		return add_name(resolver, rule, kept, &from->name);
	}
	for (uint32_t i = 0; i < from->names.count; i++) {
		rule->name = i;
		if (add_name(resolver, rule, kept, &names[i]))
			return -1;
	}
	return 0;
}

static int add_rule(struct resolver *resolver, const struct profile_rule *from, size_t index)
{
	struct policy_rule rule = { .abi = -1, .source = (uint32_t)index };
	bool kept = applies(resolver, from);

	if (resolver->oci_only && from->name.length && !from->names.count && !resolver->nameless++)
		resolver->first_nameless = from->name.place;
	if (!resolver->oci_only && (from->includes.min_kernel || from->excludes.min_kernel))
		resolver->policy->depends_on_kernel = true;
	if (find_verdict(resolver, &from->action, from->place, "errno", &rule.verdict))
		return -1;
	if (kept && copy_conditions(resolver, from, &rule))
		return -1;
	return add_names(resolver, &rule, kept, from);
}

/* ---- Warnings ---- */

/* Old profiles have 'name' in every rule: they get one warning together. */
static void warn_nameless(struct resolver *resolver)
{
	uint32_t name = resolver->first_nameless;

	if (resolver->nameless == 1)
		profile_warn(resolver->profile, name, SBPF_WARN_IGNORED,
			     "this rule has no effect: OCI runtimes do not know 'name'; put the "
			     "name into 'names'");
	else if (resolver->nameless)
		profile_warn(resolver->profile, name, SBPF_WARN_IGNORED,
			     "%zu of the rules, from this one on, have no effect: OCI runtimes do "
			     "not know 'name'; put the name into 'names'",
			     resolver->nameless);
}

static void hand_over_warnings(struct resolver *resolver)
{
	struct profile *profile = resolver->profile;
	size_t count = profile->warning_count;

	if (count > PROFILE_WARNINGS_MAX) {
		struct sbpf_error *last = &profile->warnings[PROFILE_WARNINGS_MAX - 1];

		*last = (struct sbpf_error){ 0 };
		error_set(last, SBPF_WARN_IGNORED, "%zu more warnings are not listed",
			  count - (PROFILE_WARNINGS_MAX - 1)); /* 2 at least */
		count = PROFILE_WARNINGS_MAX;
	}
	for (size_t i = 0; i < count; i++)
		policy_warn(resolver->policy, &profile->warnings[i]);
}

/* ---- Profile to policy ---- */

static int fill(struct resolver *resolver)
{
	const struct profile *profile = resolver->profile;
	struct sbpf_policy *policy = resolver->policy;
	const struct profile_rule *rules = profile->rules.items;

	if (set_abis(resolver) || find_verdict(resolver, &profile->default_action, profile->base,
					       "defaultErrno", &policy->default_verdict))
		return -1;
	for (size_t i = 0; i < profile->rules.count; i++) {
		if (add_rule(resolver, &rules[i], i))
			return -1;
	}
	warn_nameless(resolver);
	return 0;
}

struct sbpf_policy *resolve(struct profile *profile, const struct target *target,
			    struct sbpf_error *error)
{
	struct resolver resolver = { .profile = profile, .target = target, .error = error };
	struct sbpf_policy *policy = policy_for_target(target, error);
	struct sbpf_abi machine;

	if (!policy)
		return NULL;
	policy->flags = profile->flags;
	sbpf_abi_describe(target->machine, &machine);
	resolver.policy = policy;
	resolver.oci_only = target->reading == SBPF_READING_OCI;
	resolver.go_name = machine.go_name;
	resolver.capabilities = target->has_capabilities    ? target->capabilities
				: profile->has_capabilities ? profile->capabilities
							    : target_docker_capabilities;
	if (fill(&resolver)) {
		sbpf_policy_free(policy);
		return NULL;
	}
	hand_over_warnings(&resolver);
	return policy;
}
