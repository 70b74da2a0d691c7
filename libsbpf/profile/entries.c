/* SPDX-License-Identifier: MIT */
/* What stands in a profile's syscalls[], whatever it means for a target. */
#include <stdlib.h>

#include "arch.h"
#include "error.h"
#include "profile.h"

struct listing {
	struct profile *profile;
	struct sbpf_entry_name *names; /* room for those of any entry */
	bool (*report)(void *context, const struct sbpf_entry *entry);
	void *context;
};

static unsigned int line_of(struct profile *profile, const struct place *place)
{
	unsigned int line, column;

	find_line(&profile->finder, find_value(&profile->finder, place), &line, &column);
	return line;
}

static struct sbpf_entry_name
describe_name(struct profile *profile, const struct profile_name *name, const struct place *place)
{
	return (struct sbpf_entry_name){
		.text = name->text,
		.call = call_find(name->text, name->length),
		.line = line_of(profile, place),
	};
}

static bool is_guarded(const struct profile_guard *guard)
{
	return guard->arch_count || guard->capabilities || guard->min_kernel;
}

static bool report_entry(struct listing *listing, size_t index, const struct place *syscalls)
{
	struct profile *profile = listing->profile;
	const struct profile_rule *rule = &profile->rules[index];
	const struct place place = { .parent = syscalls, .index = index };
	const struct place name = { .parent = &place, .key = "name" };
	const struct place names = { .parent = &place, .key = "names" };
	struct place element = { .parent = &names };
	struct sbpf_entry entry = {
		.index = index,
		.line = line_of(profile, &place),
		.names = listing->names,
		.name_count = rule->name_count,
		.has_name = rule->name.length && !rule->name_count,
		.is_guarded = is_guarded(&rule->includes) || is_guarded(&rule->excludes),
		.includes_machines = rule->includes.arch_count,
		.has_errno = rule->action.errno_symbol,
	};

	for (; element.index < rule->name_count; element.index++)
		listing->names[element.index] =
			describe_name(profile, &rule->names[element.index], &element);
	if (entry.has_name)
		listing->names[entry.name_count++] = describe_name(profile, &rule->name, &name);
	return listing->report(listing->context, &entry);
}

static int report_entries(struct listing *listing, struct sbpf_error *error)
{
	const struct profile *profile = listing->profile;
	const struct place syscalls = { .parent = profile->base, .key = "syscalls" };
	size_t most = 1;

	for (size_t i = 0; i < profile->rule_count; i++) {
		if (profile->rules[i].name_count > most)
			most = profile->rules[i].name_count;
	}
	listing->names = calloc(most, sizeof(listing->names[0]));
	if (!listing->names)
		return error_memory(error);
	for (size_t i = 0; i < profile->rule_count; i++) {
		if (!report_entry(listing, i, &syscalls))
			break;
	}
	free(listing->names);
	return 0;
}

int sbpf_profile_entries(const char *text, size_t length,
			 bool (*report)(void *context, const struct sbpf_entry *entry),
			 void *context, struct sbpf_error *error)
{
	struct profile profile;
	struct listing listing = { .profile = &profile, .report = report, .context = context };
	int result;

	if (error_is_set(error))
		return -1;
	if (!text || !report)
		return error_set(error, SBPF_ERROR_USAGE,
				 "no text to read entries from, or nobody to report to");
	result = profile_parse(text, length, false, &profile, error);
	if (!result)
		result = report_entries(&listing, error);
	profile_release(&profile);
	return result;
}
