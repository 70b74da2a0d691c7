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

static unsigned int line_of(struct profile *profile, uint32_t place)
{
	unsigned int line, column;

	outline_line(&profile->outline, profile->outline.places[place].at, &line, &column);
	return line;
}

static struct sbpf_entry_name describe_name(struct profile *profile,
					    const struct profile_name *name)
{
	return (struct sbpf_entry_name){
		.text = name->text,
		.call = call_find(name->text, name->length),
		.line = line_of(profile, name->place),
	};
}

static bool is_guarded(const struct profile_guard *guard)
{
	return guard->arches.count || guard->capabilities || guard->min_kernel;
}

static bool report_entry(struct listing *listing, const struct profile_rule *rule, size_t index)
{
	struct profile *profile = listing->profile;
	const struct profile_name *names = rule->names.items;
	struct sbpf_entry entry = {
		.index = index,
		.line = line_of(profile, rule->place),
		.names = listing->names,
		.name_count = rule->names.count,
		.has_name = rule->name.length && !rule->names.count,
		.is_guarded = is_guarded(&rule->includes) || is_guarded(&rule->excludes),
		.includes_machines = rule->includes.arches.count,
		.has_errno = rule->action.errno_symbol,
	};

	for (size_t i = 0; i < rule->names.count; i++)
		listing->names[i] = describe_name(profile, &names[i]);
	if (entry.has_name)
		listing->names[entry.name_count++] = describe_name(profile, &rule->name);
	return listing->report(listing->context, &entry);
}

static int report_entries(struct listing *listing, struct sbpf_error *error)
{
	const struct list *list = &listing->profile->rules;
	const struct profile_rule *rules = list->items;
	size_t most = 1;

	for (size_t i = 0; i < list->count; i++) {
		if (rules[i].names.count > most)
			most = rules[i].names.count;
	}
	listing->names = calloc(most, sizeof(listing->names[0]));
	if (!listing->names)
		return error_memory(error);
	for (size_t i = 0; i < list->count; i++) {
		if (!report_entry(listing, &rules[i], i))
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
