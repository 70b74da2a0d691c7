/* SPDX-License-Identifier: MIT */
/* Names of calls that the target does not have. */
#include "lint.h"

#include "lint_families.h"

#include <stdlib.h>
#include <string.h>

/* More names of no ABI are only counted: finding what each is like takes a while. */
#define UNKNOWN_MAX 100

/* The newest release that the tables know a call of, such as "7.0". */
static const char *newest_release(void)
{
	const char *newest = "1.0";

	for (int i = 0; i < sbpf_call_count(); i++) {
		const char *since = sbpf_call_since(sbpf_call_at(i));

		if (since && strverscmp(since, newest) > 0 && since[0] != '?')
			newest = since;
	}
	return newest;
}

static const struct library_function *find_function(const char *name)
{
	for (size_t i = 0; i < library_function_count; i++) {
		if (!strcmp(library_functions[i].name, name))
			return &library_functions[i];
	}
	return NULL;
}

/* The call behind a macro's or a kernel function's name, such as "__NR_mkdir"; NULL for none. */
static const char *without_prefix(const char *name)
{
	static const char *const prefixes[] = {
		"sys_",	      "__sys_",	     "__se_sys_", "__do_sys_",	  "ksys_",
		"__x64_sys_", "__ia32_sys_", "SYS_",	  "__arm64_sys_", "__NR_",
		"__NR3264_",  "NR_",	     "__SNR_",	  "SCMP_SYS_",	  "__PNR_",
		"syscall_",   "sys_enter_",  "sys_exit_", "compat_sys_",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i]);

		if (!strncmp(name, prefixes[i], length) && kept_name(name + length))
			return kept_name(name + length);
	}
	return NULL;
}

static void add_unknown(struct lint *lint, const struct outline_name *name,
			const struct lint_place *place)
{
	const struct library_function *function = find_function(name->text);
	const char *plain = without_prefix(name->text);
	const char *suggestion = sbpf_call_suggest(name->text);
	struct evidence none = { 0 };

	if (plain)
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "a profile names calls without the prefix of '%s', so this says nothing: "
			 "write %s",
			 name->text, plain);
	else if (function)
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "no kernel has a call %s, which is a function of the C library: name the "
			 "calls that it makes (%s)",
			 name->text, function->calls);
	else if (suggestion)
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "no kernel has a call %s, so this says nothing: did you mean %s?",
			 name->text, suggestion);
	else
		lint_add(lint, UNKNOWN_SYSCALL, SEVERITY_WARNING, place, none,
			 "no kernel up to Linux %s has a call %s, so this says nothing: if it is "
			 "newer than that, take a newer version of this program, else remove it",
			 newest_release(), name->text);
}

/*
 * A name of another ABI goes into foreign, a cluster for each rule, but one for all rules with
 * 'name', as there is one for each call; a name of no ABI gets its own finding.
 */
static void look_at_name(struct lint *lint, size_t index, struct clusters *foreign, size_t *unknown)
{
	const struct outline_name *name = &lint->outline.names[index];
	const struct outline_entry *entry = &lint->outline.entries[name->entry];
	struct lint_place place;
	struct cluster *cluster;

	if (!name->text)
		return;
	if (name->call < 0) {
		place = place_of_name(lint, index);
		if ((*unknown)++ < UNKNOWN_MAX)
			add_unknown(lint, name, &place);
		return;
	}
	/* A rule for certain machines is right to name their calls. */
	if (entry->includes_arches || lint->is_on_target[name->call] || lint->is_gap[name->call])
		return;
	cluster = cluster_add(lint, foreign, entry->has_name ? NO_ENTRY : name->entry, 0,
			      sbpf_call_at(name->call), NULL);
	if (cluster && !cluster->place.path[0])
		cluster->place = place_of_name(lint, index);
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
		 "%zu more names are of no kernel's calls and not listed here: correct the ones "
		 "that are, and look again",
		 count);
}

void lint_names(struct lint *lint)
{
	struct clusters foreign = { 0 };
	size_t unknown = 0;

	for (size_t i = 0; i < lint->outline.name_count && !lint->failed; i++)
		look_at_name(lint, i, &foreign, &unknown);
	if (unknown > UNKNOWN_MAX)
		add_more(lint, unknown - UNKNOWN_MAX);
	for (size_t i = 0; i < foreign.count; i++)
		add_foreign(lint, &foreign.list[i]);
	clusters_free(&foreign);
}
