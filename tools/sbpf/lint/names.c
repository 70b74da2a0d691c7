/* SPDX-License-Identifier: MIT */
/* Names of calls that the target does not have. */
#include "lint.h"

#include <stdlib.h>
#include <string.h>

/* More names of no ABI are only counted: finding what each is like takes a while. */
#define UNKNOWN_MAX 100

/* Whether a name is this call with a prefix: a macro's name, or that of a function in the kernel.
 */
static bool has_prefix(const char *name, const char *call)
{
	size_t more = strlen(name) - strlen(call);

	return strlen(name) > strlen(call) && name[more - 1] == '_' && !strcmp(name + more, call);
}

/* Of a name that may be as long as the file. */
#define NAME_SHOWN "100"

static void add_unknown(struct lint *lint, const char *name, const struct lint_place *place)
{
	const char *calls = sbpf_function_calls(name);
	const char *suggestion = sbpf_call_suggest(name);
	struct evidence none = { 0 };

	if (suggestion && has_prefix(name, suggestion))
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "a profile names calls without the prefix of '%." NAME_SHOWN
			 "s', so this says nothing: "
			 "write %s",
			 name, suggestion);
	else if (calls && !*calls)
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "no kernel has a call %." NAME_SHOWN
			 "s, which is a function of the C library that makes no call: remove it",
			 name);
	else if (calls)
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "no kernel has a call %." NAME_SHOWN
			 "s, which is a function of the C library: name the "
			 "calls that it makes (%s)",
			 name, calls);
	else if (suggestion)
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "no kernel has a call %." NAME_SHOWN
			 "s, so this says nothing: did you mean %s?",
			 name, suggestion);
	else
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "no kernel up to Linux %s has a call %." NAME_SHOWN
			 "s, so this says nothing: if it is "
			 "newer than that, take a newer version of this program, else remove it",
			 sbpf_kernel_release(), name);
}

struct search {
	struct lint *lint;
	struct clusters
		foreign; /* of another ABI: one for each rule, but one for all with 'name' */
	size_t unknown;	 /* names of no ABI: each has its own finding */
};

static void look_at_name(struct search *search, const struct sbpf_entry *entry, size_t index)
{
	const struct sbpf_entry_name *name = &entry->names[index];
	struct lint *lint = search->lint;
	struct lint_place place;
	struct cluster *cluster;

	if (name->call < 0) {
		place = place_of_name(lint, entry->index, index);
		if (search->unknown++ < UNKNOWN_MAX)
			add_unknown(lint, name->text, &place);
		return;
	}
	/* A rule for certain machines is right to name their calls. */
	if (entry->includes_machines || lint->is_on_target[name->call] || lint->is_gap[name->call])
		return;
	cluster = cluster_add(lint, &search->foreign, entry->has_name ? NO_ENTRY : entry->index, 0,
			      sbpf_call_at(name->call), NULL);
	if (cluster && !cluster->place.path[0])
		cluster->place = place_of_name(lint, entry->index, index);
}

static bool look_at_entry(void *context, const struct sbpf_entry *entry)
{
	struct search *search = context;

	for (size_t i = 0; i < entry->name_count && !search->lint->failed; i++)
		look_at_name(search, entry, i);
	return !search->lint->failed;
}

static void add_foreign(struct lint *lint, const struct cluster *cluster)
{
	char *names = names_text(lint, cluster);
	char abis[ABIS_MAX];

	if (names)
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_NOTE, &cluster->place,
			 (struct evidence){ 0 },
			 "%s: only other ABIs than %s have %s: that is right in a profile for "
			 "several machines, else remove %s",
			 names, abis_text(lint, lint->abis, abis),
			 cluster->count == 1 ? "this call" : "these calls",
			 cluster->count == 1 ? "it" : "them");
	free(names);
}

static void add_more(struct lint *lint, size_t count)
{
	struct lint_place place = { .path = "syscalls" };

	lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, &place, (struct evidence){ 0 },
		 "%zu more %s of no kernel's calls and not listed here: correct the ones that are, "
		 "and look again",
		 count, count == 1 ? "name is" : "names are");
}

void lint_names(struct lint *lint)
{
	struct search search = { .lint = lint };
	struct sbpf_error error = { 0 };

	if (sbpf_profile_entries(lint->part->text, lint->part->length, look_at_entry, &search,
				 &error))
		lint_fail(lint, &error);
	if (search.unknown > UNKNOWN_MAX)
		add_more(lint, search.unknown - UNKNOWN_MAX);
	for (size_t i = 0; i < search.foreign.count; i++)
		add_foreign(lint, &search.foreign.list[i]);
	clusters_free(&search.foreign);
}
