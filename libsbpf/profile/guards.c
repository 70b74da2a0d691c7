/* SPDX-License-Identifier: MIT */
/* What the guards of profiles name, and the targets that they tell apart. */
#include "guards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "error.h"
#include "profile.h"
#include "resolve.h"
#include "target.h"

#define BIT(number) (UINT64_C(1) << (number))

/* More targets than these are not worth the time that each of them takes. */
#define TARGETS_MAX 4096u

_Static_assert(SBPF_DOCKER_CAPABILITIES == UINT64_C(0xa80425fb), "as CapEff of proc(5) has it");

struct sbpf_guards *sbpf_guards_new(enum sbpf_reading reading, struct sbpf_error *error)
{
	struct sbpf_guards *guards = NULL;

	if (error_is_set(error))
		return NULL;
	if ((unsigned int)reading > SBPF_READING_LITERAL) {
		error_set(error, SBPF_ERROR_USAGE, "there is no reading %d", (int)reading);
		return NULL;
	}
	guards = calloc(1, sizeof(*guards));
	if (!guards) {
		error_memory(error);
		return NULL;
	}
	guards->reading = reading;
	return guards;
}

void sbpf_guards_free(struct sbpf_guards *guards)
{
	if (!guards)
		return;
	free(guards->guards);
	free(guards->calls);
	free(guards);
}

/* ---- Machines ---- */

static uint64_t all_machines(void)
{
	uint64_t machines = 0;
	struct sbpf_abi abi;

	for (int i = 0; sbpf_abi_describe(i, &abi); i++)
		machines |= (uint64_t)abi.is_machine << i;
	return machines;
}

/* The 64-bit machines whose kernels know an ABI beside their own. */
static uint64_t hosts_of(int abi)
{
	uint64_t hosts = 0;
	struct sbpf_abi host;

	for (int i = 0; sbpf_abi_describe(i, &host); i++) {
		if (i != abi && host.is_machine && host.word_bits == 64 && call_can_come(i, abi))
			hosts |= BIT(i);
	}
	return hosts;
}

/*
 * The machines that a list of ABIs is about: those in it, and of x32 its own; but one that another
 * in the list is host to is meant as an ABI of that.
 */
static uint64_t machines_of(const struct list *list)
{
	const int *abis = list->items;
	uint64_t listed = 0, machines = 0;

	for (size_t i = 0; i < list->count; i++)
		listed |= BIT(abis[i]);
	for (size_t i = 0; i < list->count; i++) {
		uint64_t own = BIT(abis[i]) & all_machines();
		uint64_t hosts = hosts_of(abis[i]);

		machines |= hosts & listed ? 0 : own ? own : hosts;
	}
	return machines;
}

/* The ABIs with these of Docker's names. */
static uint64_t abis_named(const struct list *list)
{
	const char **names = list->items;
	uint64_t abis = 0;
	struct sbpf_abi abi;

	for (size_t i = 0; i < list->count; i++) {
		for (int j = 0; sbpf_abi_describe(j, &abi); j++)
			abis |= (uint64_t)!strcmp(abi.go_name, names[i]) << j;
	}
	return abis;
}

/* ---- Reading ---- */

/* A list with room for one element more; NULL when there is no memory. */
static void *grow(void *list, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity ? 2 * *capacity : 16;
	void *larger;

	if (count < *capacity)
		return list;
	larger = reallocarray(list, more, size);
	if (larger)
		*capacity = more;
	return larger;
}

static int add_guard(struct sbpf_guards *guards, const struct profile_rule *rule,
		     struct sbpf_error *error)
{
	const struct profile_guard *includes = &rule->includes;
	const struct profile_guard *excludes = &rule->excludes;
	struct guard *list =
		grow(guards->guards, guards->guard_count, &guards->guard_capacity, sizeof(list[0]));

	if (!list)
		return error_memory(error);
	guards->guards = list;
	list[guards->guard_count++] = (struct guard){
		.includes_machines = abis_named(&includes->arches),
		.excludes_machines = abis_named(&excludes->arches),
		.includes_capabilities = includes->capabilities,
		.excludes_capabilities = excludes->capabilities,
		.includes_kernel = includes->min_kernel,
		.excludes_kernel = excludes->min_kernel,
	};
	return 0;
}

static int add_name(struct sbpf_guards *guards, const struct profile_name *name,
		    struct sbpf_error *error)
{
	int call = name->length ? call_find(name->text, name->length) : -1;
	struct guarded *list;

	if (call < 0)
		return 0;
	list = grow(guards->calls, guards->call_count, &guards->call_capacity, sizeof(list[0]));
	if (!list)
		return error_memory(error);
	guards->calls = list;
	list[guards->call_count++] = (struct guarded){ call, (uint32_t)guards->guard_count - 1 };
	return 0;
}

/* A rule that a guard excludes from some machines is one of all others. */
static void note_machines(struct sbpf_guards *guards, const struct guard *guard)
{
	if (guard->includes_machines)
		guards->machines |= guard->includes_machines & all_machines();
	else if (guard->excludes_machines)
		guards->machines |= all_machines();
}

static int add_rule(struct sbpf_guards *guards, const struct profile_rule *rule,
		    struct sbpf_error *error)
{
	const struct profile_guard *includes = &rule->includes;
	const struct profile_guard *excludes = &rule->excludes;
	const struct profile_name *names = rule->names.items;

	if (!includes->arches.count && !includes->capabilities && !includes->min_kernel &&
	    !excludes->arches.count && !excludes->capabilities && !excludes->min_kernel)
		return 0;
	if (add_guard(guards, rule, error) || add_name(guards, &rule->name, error))
		return -1;
	note_machines(guards, &guards->guards[guards->guard_count - 1]);
	for (size_t i = 0; i < rule->names.count; i++) {
		if (add_name(guards, &names[i], error))
			return -1;
	}
	return 0;
}

static int add_profile(struct sbpf_guards *guards, const struct profile *profile,
		       struct sbpf_error *error)
{
	const struct profile_arch *entries = profile->arch_map.items;
	const struct profile_rule *rules = profile->rules.items;

	guards->machines |= machines_of(&profile->architectures);
	guards->has_own_capabilities |= profile->has_capabilities;
	if (guards->reading == SBPF_READING_OCI)
		return 0;
	for (size_t i = 0; i < profile->arch_map.count; i++)
		guards->machines |= BIT(entries[i].machine) & all_machines();
	for (size_t i = 0; i < profile->rules.count; i++) {
		if (add_rule(guards, &rules[i], error))
			return -1;
	}
	return 0;
}

static int compare_guarded(const void *left, const void *right)
{
	const struct guarded *a = left;
	const struct guarded *b = right;

	return (a->call > b->call) - (a->call < b->call);
}

int sbpf_guards_add(struct sbpf_guards *guards, const char *text, size_t length,
		    struct sbpf_error *error)
{
	bool lacked_some = guards && guards->lacks_some;
	struct profile profile;
	int result;

	if (guards)
		guards->lacks_some = true; /* until all of them are there */
	if (error_is_set(error))
		return -1;
	if (!guards || !text)
		return error_set(error, SBPF_ERROR_USAGE, "no text to read guards from");
	result = profile_parse(text, length, false, &profile, error);
	if (!result)
		result = add_profile(guards, &profile, error);
	if (guards->call_count)
		qsort(guards->calls, guards->call_count, sizeof(guards->calls[0]), compare_guarded);
	profile_release(&profile);
	guards->lacks_some = result != 0 || lacked_some;
	return result;
}

/* ---- What they name ---- */

uint64_t sbpf_guards_machines(const struct sbpf_guards *guards)
{
	return guards ? guards->machines : 0;
}

uint64_t sbpf_guards_capabilities(const struct sbpf_guards *guards)
{
	uint64_t capabilities = 0;

	for (size_t i = 0; guards && i < guards->guard_count; i++)
		capabilities |= guards->guards[i].includes_capabilities |
				guards->guards[i].excludes_capabilities;
	return capabilities;
}

static int compare_kernels(const void *left, const void *right)
{
	const uint32_t *a = left;
	const uint32_t *b = right;

	return (*a > *b) - (*a < *b);
}

/* Each once, ascending, those of guards that count on a machine (-1: on any); malloc'd. */
static uint32_t *find_kernels(const struct sbpf_guards *guards, int machine, size_t *count)
{
	uint32_t *kernels = calloc(2 * guards->guard_count + 1, sizeof(kernels[0]));
	size_t found = 0, kept = 0;

	for (size_t i = 0; kernels && i < guards->guard_count; i++) {
		struct guard guard = guards->guards[i];

		guard.includes_kernel = guard.excludes_kernel = 0;
		if (machine >= 0 && !guard_allows(&guard, machine, 0))
			continue;
		if (guards->guards[i].includes_kernel)
			kernels[found++] = guards->guards[i].includes_kernel;
		if (guards->guards[i].excludes_kernel)
			kernels[found++] = guards->guards[i].excludes_kernel;
	}
	if (found)
		qsort(kernels, found, sizeof(kernels[0]), compare_kernels);
	for (size_t i = 0; i < found; i++) {
		if (!kept || kernels[kept - 1] != kernels[i])
			kernels[kept++] = kernels[i];
	}
	*count = kept;
	return kernels;
}

size_t sbpf_guards_kernels(const struct sbpf_guards *guards)
{
	size_t count = 0;

	if (guards)
		free(find_kernels(guards, -1, &count));
	return count;
}

bool sbpf_guards_hold_own(const struct sbpf_guards *guards)
{
	return guards && guards->has_own_capabilities;
}

/* ---- Targets ---- */

/* Room for "255.255.65535", and for all capabilities with commas. */
#define RELEASE_SIZE 16
#define LIST_SIZE 1024

struct tour {
	const struct sbpf_guards *guards;
	const struct sbpf_target *wanted;
	bool (*report)(void *context, const struct sbpf_guards_target *target);
	void *context;
	size_t count;
	bool done; /* report() has seen enough */
	struct sbpf_error *error;
};

static void format_release(uint32_t kernel, char release[RELEASE_SIZE])
{
	unsigned int patch = kernel & UINT16_MAX;
	int length = snprintf(release, RELEASE_SIZE, "%u.%u", (unsigned int)(kernel >> 24),
			      (unsigned int)(kernel >> 16 & UINT8_MAX));

	if (patch)
		snprintf(release + length, (size_t)(RELEASE_SIZE - length), ".%u", patch);
}

/* The release before a step that people know, and not before the step below. */
static uint32_t release_below(uint32_t step, uint32_t least)
{
	/* The last releases of their series: 2.6, 3.19, 4.20, 5.19, 6.19. */
	static const uint8_t last_minor[] = { [2] = 6, [3] = 19, [4] = 20, [5] = 19, [6] = 19 };
	uint32_t major = step >> 24, minor = step >> 16 & UINT8_MAX, below;

	bool patched = step & UINT16_MAX;

	if (!patched && minor)
		below = step - (UINT32_C(1) << 16);
	else if (!patched && major > 2 && major - 1 < sizeof(last_minor))
		below = (major - 1) << 24 | (uint32_t)last_minor[major - 1] << 16;
	else
		below = step - 1;
	return below < least ? least : below;
}

static void format_capabilities(uint64_t capabilities, char list[LIST_SIZE])
{
	size_t length = 0;

	list[0] = '\0';
	for (unsigned int i = 0; sbpf_capability_name(i); i++) {
		if (capabilities & BIT(i))
			length += (size_t)snprintf(list + length, LIST_SIZE - length, "%s%s",
						   length ? "," : "", sbpf_capability_name(i));
	}
}

static int visit(struct tour *tour, const struct sbpf_guards_target *target)
{
	if (tour->count++ == TARGETS_MAX)
		return error_set(tour->error, SBPF_ERROR_LIMIT,
				 "the guards tell more than %u targets apart; name a machine, a "
				 "kernel or capabilities",
				 TARGETS_MAX);
	tour->done = !tour->report(tour->context, target);
	return 0;
}

/* All sets of capabilities that count for a machine and a kernel. */
static int visit_sets(struct tour *tour, struct sbpf_guards_target *target, uint32_t kernel)
{
	bool default_known = !tour->guards->has_own_capabilities;
	char list[LIST_SIZE];
	struct classes classes;
	int result = visit(tour, target);

	if (result || tour->done || tour->wanted->capabilities)
		return result;
	result = classes_find(tour->guards, target->machine, kernel, default_known, &classes,
			      tour->error);
	for (size_t i = default_known; !result && !tour->done && i < classes.count; i++) {
		format_capabilities(classes.sets[i], list);
		target->target.capabilities = list;
		target->capabilities = classes.sets[i];
		result = visit(tour, target);
	}
	target->target.capabilities = NULL;
	target->capabilities = SBPF_DOCKER_CAPABILITIES;
	free(classes.sets);
	return result;
}

/* The kernel of the target first, then one of each other span between steps, the newest first. */
static int visit_kernels(struct tour *tour, struct sbpf_guards_target *target, uint32_t own)
{
	char release[RELEASE_SIZE];
	size_t count = 0, place = 0;
	uint32_t *steps = find_kernels(tour->guards, target->machine, &count);
	int result;

	if (!steps)
		return error_memory(tour->error);
	while (place < count && steps[place] <= own)
		place++;
	result = visit_sets(tour, target, own);
	for (size_t i = count + 1; i-- && !result && !tour->done && !tour->wanted->kernel;) {
		uint32_t kernel = i ? steps[i - 1] : release_below(steps[0], 1);

		if (i == place)
			continue;
		/* What is in force between two steps is as just below the upper one. */
		if (i && i < count)
			kernel = release_below(steps[i], steps[i - 1]);
		format_release(kernel, release);
		target->target.kernel = release;
		result = visit_sets(tour, target, kernel);
		target->target.kernel = tour->wanted->kernel;
	}
	free(steps);
	return result;
}

static int visit_machine(struct tour *tour, int machine, uint32_t own)
{
	struct sbpf_guards_target target = {
		.target = *tour->wanted,
		.machine = machine,
		.capabilities = SBPF_DOCKER_CAPABILITIES,
	};

	/* What the caller left to the default stays as it was left. */
	if (machine != sbpf_abi_native() || tour->wanted->machine)
		target.target.machine = abi_name(machine);
	return visit_kernels(tour, &target, own);
}

int sbpf_guards_targets(const struct sbpf_guards *guards, const struct sbpf_target *wanted,
			bool (*report)(void *context, const struct sbpf_guards_target *target),
			void *context, struct sbpf_error *error)
{
	static const struct sbpf_target defaults = { 0 };
	struct tour tour = {
		.guards = guards,
		.wanted = wanted ? wanted : &defaults,
		.report = report,
		.context = context,
		.error = error,
	};
	struct target parsed;
	int result;

	if (error_is_set(error))
		return -1;
	if (!guards || !report)
		return error_set(error, SBPF_ERROR_USAGE, "no guards to find targets of");
	if (guards->lacks_some)
		return error_set(error, SBPF_ERROR_USAGE,
				 "the guards of a profile are lacking, for it could not be read");
	if (target_parse(wanted, &parsed, error))
		return -1;
	result = visit_machine(&tour, parsed.machine, parsed.kernel);
	for (int i = 0; !result && !tour.done && !tour.wanted->machine && i < sbpf_abi_count();
	     i++) {
		if (i != parsed.machine && (guards->machines & BIT(i)))
			result = visit_machine(&tour, i, parsed.kernel);
	}
	return result;
}
