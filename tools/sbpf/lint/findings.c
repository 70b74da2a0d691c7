/* SPDX-License-Identifier: MIT */
/* Findings, and calls put together that have one finding in common. */
#include "lint.h"

#include "call.h"
#include "json_writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* More names than that are counted only. */
#define NAMES_SHOWN 30

const char *const severity_names[] = {
	[SEVERITY_ERROR] = "error",
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_NOTE] = "note",
};

const struct lint_rule lint_rules[LINT_IDS] = {
	[WIDTH_BYPASS] = { "width-bypass", SEVERITY_WARNING,
			   "The upper half of an argument, which the kernel ignores, gets a call "
			   "past a condition." },
	[WIDTH_REFUSAL] = { "width-refusal", SEVERITY_NOTE,
			    "The upper half of an argument, which the kernel ignores, makes a "
			    "condition refuse a valid call." },
	[READING_DIFFERS] = { "reading-differs", SEVERITY_WARNING,
			      "Container engines give a call another verdict than the text says." },
	[RUNTIME_IGNORES] = { "runtime-ignores", SEVERITY_WARNING,
			      "Runtimes that are handed the file as it is ignore keys on which a "
			      "verdict depends." },
	[UNKNOWN_SYSCALL] = { "unknown-syscall", SEVERITY_WARNING,
			      "A rule names a call that the target does not have." },
	[SHADOWED_RULE] = { "shadowed-rule", SEVERITY_WARNING, "A rule never decides a call." },
	[REDUNDANT_RULE] = { "redundant-rule", SEVERITY_NOTE,
			     "Without a rule the policy would be the same." },
	[EQUALS_DEFAULT] = { "equals-default", SEVERITY_NOTE,
			     "A rule gives what the default gives anyway." },
	[MISSING_ABI] = { "missing-abi", SEVERITY_WARNING,
			  "An ABI of the machine is open or shut by accident." },
	[MULTIPLEXER] = { "multiplexer", SEVERITY_WARNING,
			  "socketcall or ipc reaches a call whose rules do not hold there." },
	[SIBLING_GAP] = { "sibling-gap", SEVERITY_WARNING,
			  "A call is denied, but another one that does the same is allowed." },
	[ENOSYS_HAZARD] = { "enosys-hazard", SEVERITY_WARNING,
			    "A call that C libraries try first fails with another error than "
			    "ENOSYS." },
	[LISTENER_DEADLOCK] = { "listener-deadlock", SEVERITY_ERROR,
				"A process may wait for a listener that it has yet to hand over." },
	[KILL_THREAD] = { "kill-thread", SEVERITY_WARNING,
			  "A forbidden call ends one thread and leaves the process running." },
	[OVERLAPPING_RULES] = { "overlapping-rules", SEVERITY_WARNING,
				"Two rules of different verdict hold for one call, and engines "
				"built on libseccomp do not go by their order." },
	[TRACE_REFUSES_NOTHING] = { "trace-refuses-nothing", SEVERITY_WARNING,
				    "TRACE stands for a refusal, and processes may trace their "
				    "children." },
	[CANNOT_START] = { "cannot-start", SEVERITY_ERROR,
			   "A call that programs make before main() is refused." },
	[CANNOT_EXIT] = { "cannot-exit", SEVERITY_ERROR,
			  "A call that ends programs, threads or signal handlers is refused." },
	[RUNTIME_STARTUP] = { "runtime-startup", SEVERITY_NOTE,
			      "A call that container runtimes make after the filter is in force is "
			      "refused." },
	[UNKNOWN_KEY] = { "unknown-key", SEVERITY_WARNING,
			  "A key that no runtime knows, and so ignores." },
	[ERRNO_TOO_LARGE] = { "errno-too-large", SEVERITY_WARNING,
			      "An errno above the largest that the kernel returns." },
	[WITHOUT_EFFECT] = { "without-effect", SEVERITY_WARNING,
			     "Something that stands in the profile has no effect." },
	[FILTER_EXEMPT] = { "filter-exempt", SEVERITY_WARNING,
			    "A rule refuses a call that the kernel does not ask filters for." },
};

/* ---- Findings ---- */

void lint_fail(struct lint *lint, const struct sbpf_error *error)
{
	if (lint->failed)
		return;
	if (error)
		report_error(lint->tool->name, lint->part->path, error);
	else
		report(lint->tool->name, "out of memory");
	lint->failed = true;
}

static char *format_message(const char *format, va_list arguments)
{
	char *message;

	return vasprintf(&message, format, arguments) < 0 ? NULL : message;
}

void lint_add(struct lint *lint, enum lint_id id, enum severity severity,
	      const struct lint_place *place, struct evidence evidence, const char *format, ...)
{
	struct finding *findings;
	struct finding *finding;
	va_list arguments;

	lint->is_listed = lint->counts[id]++ < FINDINGS_MAX;
	if (!lint->is_listed)
		return;
	findings = reallocarray(lint->findings, lint->finding_count + 1, sizeof(findings[0]));
	if (!findings) {
		lint_fail(lint, NULL);
		return;
	}
	lint->findings = findings;
	finding = &findings[lint->finding_count];
	*finding = (struct finding){
		.id = id,
		.severity = severity,
		.file = lint->part->path,
		.place = *place,
		.has_example = evidence.example,
		.has_other = evidence.has_other,
		.order = lint->finding_count,
	};
	if (evidence.example)
		finding->example = *evidence.example;
	va_start(arguments, format);
	finding->message = format_message(format, arguments);
	va_end(arguments);
	if (finding->message)
		lint->finding_count++;
	else
		lint_fail(lint, NULL);
}

void lint_about(struct lint *lint, const char *call)
{
	if (!lint->failed && lint->is_listed)
		lint->findings[lint->finding_count - 1].call = call;
}

void lint_add_rest(struct lint *lint)
{
	struct lint_place place = { 0 };

	snprintf(place.path, sizeof(place.path), "%ssyscalls", lint->part->prefix);
	for (int id = 0; id < LINT_IDS && !lint->failed; id++) {
		size_t count = lint->counts[id];

		if (count <= FINDINGS_MAX)
			continue;
		lint->counts[id] = 0;
		lint_add(lint, (enum lint_id)id, lint_rules[id].severity, &place,
			 (struct evidence){ 0 },
			 "%zu more of these %s not listed: mend those that are, and look again",
			 count - FINDINGS_MAX, count == FINDINGS_MAX + 1 ? "is" : "are");
	}
}

struct lint_place place_of_entry(const struct lint *lint, size_t entry)
{
	struct lint_place place = { .line = 0 };

	if (entry == NO_ENTRY)
		return place_of_default(lint);
	snprintf(place.path, sizeof(place.path), "%ssyscalls[%zu]", lint->part->prefix, entry);
	if (entry < lint->outline.entry_count)
		place.line = lint->outline.entries[entry].line;
	return place;
}

struct lint_place place_of_name(const struct lint *lint, size_t entry, size_t name)
{
	const struct outline_entry *at = &lint->outline.entries[entry];
	struct lint_place place = { .line = lint->outline.lines[at->first_name + name] };

	if (at->has_name)
		snprintf(place.path, sizeof(place.path), "%ssyscalls[%zu].name", lint->part->prefix,
			 entry);
	else
		snprintf(place.path, sizeof(place.path), "%ssyscalls[%zu].names[%zu]",
			 lint->part->prefix, entry, name);
	return place;
}

struct lint_place place_of_record(const struct lint *lint, const struct record *record)
{
	return place_of_name(lint, record->entry, record->name);
}

struct lint_place place_of_default(const struct lint *lint)
{
	struct lint_place place = { .line = lint->outline.default_line };

	snprintf(place.path, sizeof(place.path), "%sdefaultAction", lint->part->prefix);
	return place;
}

/* ---- Clusters ---- */

static size_t *find_slot(const struct clusters *clusters, const size_t key[2])
{
	uint64_t hash =
		(key[0] * UINT64_C(0x9e3779b97f4a7c15)) ^ (key[1] * UINT64_C(0xc2b2ae3d27d4eb4f));

	hash ^= hash >> 32;
	for (;; hash++) {
		size_t *slot = &clusters->slots[hash & (clusters->slot_count - 1)];

		if (!*slot || !memcmp(clusters->list[*slot - 1].key, key, 2 * sizeof(key[0])))
			return slot;
	}
}

/* Room for twice as many, at half the slots taken. */
static bool grow_clusters(struct clusters *clusters)
{
	size_t capacity = clusters->slot_count ? clusters->slot_count : 8;
	struct cluster *list = reallocarray(clusters->list, capacity, sizeof(list[0]));

	if (!list)
		return false;
	clusters->list = list;
	free(clusters->slots);
	clusters->slots = calloc(2 * capacity, sizeof(clusters->slots[0]));
	clusters->slot_count = clusters->slots ? 2 * capacity : 0;
	for (size_t i = 0; clusters->slots && i < clusters->count; i++)
		*find_slot(clusters, list[i].key) = i + 1;
	return clusters->slots;
}

static struct cluster *take_cluster(struct clusters *clusters, size_t first_key, size_t second_key,
				    const struct sbpf_example *example)
{
	const size_t key[2] = { first_key, second_key };
	size_t *slot;

	if (2 * clusters->count >= clusters->slot_count && !grow_clusters(clusters))
		return NULL;
	slot = find_slot(clusters, key);
	if (!*slot) {
		clusters->list[clusters->count] = (struct cluster){ .key = { key[0], key[1] } };
		if (example)
			clusters->list[clusters->count].example = *example;
		*slot = ++clusters->count;
	}
	return &clusters->list[*slot - 1];
}

static bool add_name(struct cluster *cluster, const char *name)
{
	const char **names;

	for (size_t i = 0; i < cluster->count; i++) {
		if (cluster->names[i] == name || !strcmp(cluster->names[i], name))
			return true;
	}
	names = reallocarray(cluster->names, cluster->count + 1, sizeof(names[0]));
	if (!names)
		return false;
	cluster->names = names;
	names[cluster->count++] = name;
	return true;
}

struct cluster *cluster_add(struct lint *lint, struct clusters *clusters, size_t first_key,
			    size_t second_key, const char *name, const struct sbpf_example *example)
{
	struct cluster *cluster = take_cluster(clusters, first_key, second_key, example);

	if (!cluster || !add_name(cluster, name)) {
		lint_fail(lint, NULL);
		return NULL;
	}
	if (example && example->abi >= 0)
		cluster->abis |= UINT64_C(1) << example->abi;
	return cluster;
}

void clusters_free(struct clusters *clusters)
{
	for (size_t i = 0; i < clusters->count; i++)
		free(clusters->list[i].names);
	free(clusters->list);
	free(clusters->slots);
	*clusters = (struct clusters){ 0 };
}

char *names_text(struct lint *lint, const struct cluster *cluster)
{
	size_t shown = cluster->count > NAMES_SHOWN + 1 ? NAMES_SHOWN : cluster->count;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out) {
		lint_fail(lint, NULL);
		return NULL;
	}
	for (size_t i = 0; i < shown; i++)
		fprintf(out, "%s%s", i ? ", " : "", cluster->names[i]);
	if (shown < cluster->count)
		fprintf(out, " and %zu more", cluster->count - shown);
	if (fclose(out)) {
		free(text);
		text = NULL;
		lint_fail(lint, NULL);
	}
	return text;
}

char *abis_text(const struct lint *lint, uint64_t abis, char buffer[ABIS_MAX])
{
	uint64_t own = UINT64_C(1) << lint->machine;
	const char *separator = (abis & own) && (abis & ~own) ? ", " : "";
	int length =
		snprintf(buffer, ABIS_MAX, "%s%s", abis & own ? lint->machine_name : "", separator);

	abis_list(abis & ~own, ", ", buffer + length, (size_t)(ABIS_MAX - length));
	return buffer;
}

/* ---- Output ---- */

void finding_example_json(FILE *out, const struct finding *finding)
{
	if (!finding->has_example) {
		fputs("null", out);
		return;
	}
	putc('{', out);
	json_call(out, finding->example.abi, &finding->example.data);
	fputs(", \"a\": ", out);
	json_verdict(out, finding->example.a);
	fputs(", \"b\": ", out);
	if (finding->has_other)
		json_verdict(out, finding->example.b);
	else
		fputs("null", out);
	putc('}', out);
}
