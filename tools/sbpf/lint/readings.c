/* SPDX-License-Identifier: MIT */
/* Widths and readings: the same text, understood in different ways. */
#include "lint.h"

#include "call.h"
#include "constants.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Widths ---- */

/* The rule that gave the verdict, else the first one with conditions on the call. */
static size_t entry_to_blame(const struct lint *lint, const struct sbpf_policy *policy,
			     const struct record *record, const struct seccomp_data *data)
{
	const struct group *group = &lint->groups[record->group];
	size_t entry = deciding_entry(policy, data);

	for (size_t i = group->first; entry == NO_ENTRY && i < group->first + group->count; i++) {
		if (lint->records[i].call == record->call && lint->records[i].condition_count)
			entry = lint->records[i].entry;
	}
	return entry;
}

/* The argument whose upper half makes the difference. */
static unsigned int cut_argument(const struct sbpf_example *example,
				 struct sbpf_parameter *parameter)
{
	const char *call = sbpf_call_name(example->abi, (uint32_t)example->data.nr);

	for (unsigned int i = 0; call && i < 6; i++) {
		if (sbpf_call_parameter(example->abi, call, i, parameter) &&
		    parameter->bits == 32 && example->data.args[i] >> 32)
			return i;
	}
	*parameter = (struct sbpf_parameter){ .name = "argument" };
	return 0;
}

/* What the upper half of an argument does, which the kernel does not read. */
static const struct width_finding {
	enum lint_id id;
	enum severity severity;
	const char *reads;
	const char *advice;
} bypass = { WIDTH_BYPASS, SEVERITY_WARNING, "of which the kernel reads",
	     "compile with --width kernel, for a runtime by 'sbpf flatten --width kernel', or "
	     "compare with SCMP_CMP_MASKED_EQ and the value 4294967295" },
  refusal = { WIDTH_REFUSAL, SEVERITY_NOTE, "which the kernel takes for",
	      "if programs pass such values, compile with --width kernel, for a runtime by 'sbpf "
	      "flatten --width kernel'" };

static void add_width(struct lint *lint, const struct width_finding *finding,
		      const struct record *record, const struct sbpf_example *example, size_t entry)
{
	struct lint_place place = place_of_entry(lint, entry);
	char got[VERDICT_MAX], meant[VERDICT_MAX], passed[CONSTANT_MAX], read[CONSTANT_MAX];
	struct sbpf_parameter parameter;
	unsigned int argument = cut_argument(example, &parameter);
	uint64_t value = example->data.args[argument];

	lint_add(lint, finding->id, finding->severity, &place, (struct evidence){ example, true },
		 "%s: %s when %s is %s, %s %s, for which it is %s: %s", record->call,
		 sbpf_verdict_describe(example->a, lint->machine, got, sizeof(got)), parameter.name,
		 constant_text(example->abi, record->call, argument, value, passed), finding->reads,
		 constant_text(example->abi, record->call, argument, (uint32_t)value, read),
		 sbpf_verdict_describe(example->b, lint->machine, meant, sizeof(meant)),
		 finding->advice);
	lint_about(lint, record->call);
}

/* Compares in one direction: what a allows and b does not. */
static bool is_looser(struct lint *lint, struct sbpf_space *space, sbpf_meaning a, sbpf_meaning b,
		      enum sbpf_relation relation, struct sbpf_example *example)
{
	struct sbpf_error error = { 0 };
	enum sbpf_answer answer = sbpf_meaning_compare(space, a, b, relation, example, &error);

	if (answer == SBPF_UNKNOWN)
		lint_fail(lint, &error);
	return answer == SBPF_REFUTED;
}

static void swap(struct sbpf_example *example)
{
	uint32_t verdict = example->a;

	example->a = example->b;
	example->b = verdict;
}

/* The entries are those of the profile's width, whatever width was asked for. */
static void compare_widths(struct lint *lint, const struct sbpf_policy *registers,
			   const struct record *record)
{
	struct trial profile = trial_plain(lint), kernel = trial_plain(lint);
	struct sbpf_space *space = trial_space(lint);
	struct sbpf_example example = { 0 };
	sbpf_meaning a, b;

	profile.width = SBPF_WIDTH_PROFILE;
	kernel.width = SBPF_WIDTH_KERNEL;
	if (!space || !trial_meaning(lint, space, record, &profile, &a) ||
	    !trial_meaning(lint, space, record, &kernel, &b))
		goto out;
	if (is_looser(lint, space, a, b, SBPF_SUBSET, &example))
		add_width(lint, &bypass, record, &example,
			  entry_to_blame(lint, registers, record, &example.data));
	if (is_looser(lint, space, b, a, SBPF_SUBSET, &example)) {
		swap(&example);
		add_width(lint, &refusal, record, &example,
			  entry_to_blame(lint, registers, record, &example.data));
	}
out:
	sbpf_space_free(space);
}

/* The profile in another way; NULL when it has no meaning in that, or on failure, reported. */
static struct sbpf_policy *load_as(struct lint *lint, enum sbpf_reading reading,
				   enum sbpf_width width, bool resolve_abis)
{
	struct sbpf_target target = *lint->target;
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy;

	target.reading = reading;
	target.width = width;
	target.strict = false;
	if (!resolve_abis)
		target.abis = lint->abi_list;
	policy = sbpf_load_json(lint->part->text, lint->part->length, &target, &error);
	if (!policy && error.code == SBPF_ERROR_MEMORY)
		lint_fail(lint, &error);
	return policy;
}

/* The same in the width that was asked for; loaded, to be freed, where it is not at hand. */
static const struct sbpf_policy *read_as(struct lint *lint, enum sbpf_reading reading,
					 bool resolve_abis, struct sbpf_policy **loaded)
{
	if (lint->target->reading == reading)
		return lint->part->policy;
	*loaded = load_as(lint, reading, lint->target->width, resolve_abis);
	return *loaded;
}

static bool has_conditions(const struct lint *lint, const struct record *record)
{
	const struct group *group = &lint->groups[record->group];

	for (size_t i = group->first; i < group->first + group->count; i++) {
		if (lint->records[i].call == record->call && lint->records[i].condition_count)
			return true;
	}
	return false;
}

/* More rules on one call than that take seconds to compare. */
#define COMPARED_MAX 4096

static void add_uncompared(struct lint *lint, const struct record *record)
{
	struct lint_place place = place_of_record(lint, record);

	lint_add(lint, WIDTH_BYPASS, SEVERITY_NOTE, &place, (struct evidence){ 0 },
		 "%s: its %zu rules are too many for looking at the widths of its arguments",
		 record->call, lint->groups[record->group].count);
}

static bool is_conditional(const struct lint *lint)
{
	for (size_t i = 0; i < lint->record_count; i++) {
		if (lint->records[i].condition_count)
			return true;
	}
	return false;
}

void lint_widths(struct lint *lint)
{
	const struct sbpf_policy *registers = lint->part->policy;
	struct sbpf_policy *loaded = NULL;

	if (!is_conditional(lint))
		return;
	if (lint->target->width != SBPF_WIDTH_PROFILE)
		registers = loaded =
			load_as(lint, lint->target->reading, SBPF_WIDTH_PROFILE, false);
	for (size_t i = 0; registers && i < lint->record_count && !lint->failed; i++) {
		const struct record *record = &lint->records[i];

		if (!record->is_first || !has_conditions(lint, record))
			continue;
		if (lint->groups[record->group].count > COMPARED_MAX)
			add_uncompared(lint, record);
		else
			compare_widths(lint, registers, record);
	}
	sbpf_policy_free(loaded);
}

/* ---- Readings ---- */

struct readings {
	const struct sbpf_policy *docker;
	const struct sbpf_policy *literal;
	struct sbpf_policy *loaded[2];
	struct clusters clusters;
};

static void compare_readings(struct lint *lint, struct readings *readings,
			     const struct record *record)
{
	struct trial docker = trial_plain(lint), literal = trial_plain(lint);
	struct sbpf_space *space = trial_space(lint);
	struct sbpf_example example = { 0 };
	sbpf_meaning a, b;

	docker.reading = SBPF_READING_DOCKER;
	literal.reading = SBPF_READING_LITERAL;
	if (space && trial_meaning(lint, space, record, &docker, &a) &&
	    trial_meaning(lint, space, record, &literal, &b) &&
	    is_looser(lint, space, a, b, SBPF_EQUAL, &example))
		cluster_add(lint, &readings->clusters,
			    deciding_entry(readings->docker, &example.data),
			    deciding_entry(readings->literal, &example.data), record->call,
			    &example);
	sbpf_space_free(space);
}

/* Two conditions on one argument are alternatives to engines. */
static bool repeats_argument(const struct record *record)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < record->condition_count; i++) {
		if (seen >> record->conditions[i].argument & 1)
			return true;
		seen |= 1u << record->conditions[i].argument;
	}
	return false;
}

/*
 * Rules are read the same way by all where none repeats the default or has two conditions on one
 * argument, and none without conditions stands beside others that say something else.
 */
static bool may_differ(const struct lint *lint, const struct record *record)
{
	const struct group *group = &lint->groups[record->group];
	bool has_outright = false, has_others = false;

	for (size_t i = group->first; i < group->first + group->count; i++) {
		const struct record *other = &lint->records[i];

		if (other->verdict == lint->default_verdict || repeats_argument(other))
			return true;
		has_outright |= !other->condition_count;
		has_others |= other->verdict != record->verdict;
	}
	return has_outright && has_others;
}

static void add_reading(struct lint *lint, const struct cluster *cluster)
{
	struct lint_place place =
		place_of_entry(lint,
			       cluster->key[1] == NO_ENTRY ? cluster->key[0] : cluster->key[1]);
	struct lint_place other = place_of_entry(lint, cluster->key[0]);
	struct lint_place literal = place_of_entry(lint, cluster->key[1]);
	char engines[VERDICT_MAX], text[VERDICT_MAX];
	char *names = names_text(lint, cluster);

	if (names)
		lint_add(lint, READING_DIFFERS, SEVERITY_WARNING, &place,
			 (struct evidence){ &cluster->example, true },
			 "as it is written, %s gives %s %s, but container engines drop rules that "
			 "repeat the default, take a rule without conditions first and two "
			 "conditions on one argument as alternatives, so that it gets %s from %s: "
			 "write rules that do not depend on their order",
			 literal.path, names,
			 sbpf_verdict_describe(cluster->example.b, lint->machine, text,
					       sizeof(text)),
			 sbpf_verdict_describe(cluster->example.a, lint->machine, engines,
					       sizeof(engines)),
			 other.path);
	free(names);
}

/* Once they are needed, for that takes a while in a long profile. */
static bool load_readings(struct lint *lint, struct readings *readings)
{
	if (!readings->docker)
		readings->docker = read_as(lint, SBPF_READING_DOCKER, false, &readings->loaded[0]);
	if (!readings->literal)
		readings->literal =
			read_as(lint, SBPF_READING_LITERAL, false, &readings->loaded[1]);
	return readings->docker && readings->literal;
}

void lint_readings(struct lint *lint)
{
	struct readings readings = { 0 };

	for (size_t i = 0; i < lint->record_count && !lint->failed; i++) {
		if (!lint->records[i].is_first || !may_differ(lint, &lint->records[i]))
			continue;
		if (!load_readings(lint, &readings))
			break;
		compare_readings(lint, &readings, &lint->records[i]);
	}
	for (size_t i = 0; i < readings.clusters.count; i++)
		add_reading(lint, &readings.clusters.list[i]);
	clusters_free(&readings.clusters);
	sbpf_policy_free(readings.loaded[0]);
	sbpf_policy_free(readings.loaded[1]);
}

/* ---- Runtimes ---- */

struct runtimes {
	struct lint *lint;
	const struct sbpf_policy *docker;
	const struct sbpf_policy *oci;
	struct sbpf_policy *loaded[2];
	struct sbpf_space *space;
	sbpf_meaning engine;
	sbpf_meaning runtime;
	struct clusters clusters;
};

/* The key of all rules with 'name' together: old profiles have one for each call. */
#define NAMELESS (NO_ENTRY - 1)

static void note_call(struct runtimes *runtimes, size_t entry, const char *name,
		      const struct sbpf_example *example)
{
	struct lint *lint = runtimes->lint;
	bool has_name = entry < lint->outline.entry_count && lint->outline.entries[entry].has_name;
	struct cluster *cluster =
		cluster_add(lint, &runtimes->clusters, has_name ? NAMELESS : entry, example->b,
			    name, example);

	if (cluster && !cluster->place.path[0])
		cluster->place = place_of_entry(lint, entry);
	/* Calls come by number, rules by line: the first rule stands for all. */
	if (cluster && has_name && lint->outline.entries[entry].line < cluster->place.line)
		cluster->place = place_of_entry(lint, entry);
}

/* Numbers without a name have nothing but the default. */
static void note_number(struct runtimes *runtimes, const struct sbpf_difference *difference,
			uint32_t number)
{
	struct sbpf_example example = difference->example;
	const char *name = sbpf_call_name(difference->abi, number);
	size_t entry, other;

	example.data.nr = (int)number;
	if (!name ||
	    !sbpf_meaning_verdict(runtimes->space, runtimes->engine, &example.data, &example.a) ||
	    !sbpf_meaning_verdict(runtimes->space, runtimes->runtime, &example.data, &example.b) ||
	    example.a == example.b)
		return;
	entry = deciding_entry(runtimes->oci, &example.data);
	other = deciding_entry(runtimes->docker, &example.data);
	note_call(runtimes, entry == NO_ENTRY ? other : entry, name, &example);
}

/* An ABI that only one of them covers has a finding of its own. */
static bool note_difference(void *context, const struct sbpf_difference *difference)
{
	struct runtimes *runtimes = context;
	uint32_t last = difference->last;

	if (!sbpf_policy_has_abi(runtimes->docker, difference->abi) ||
	    !sbpf_policy_has_abi(runtimes->oci, difference->abi))
		return true;
	/* The tables' numbers are dense: more neighbours than that have no names. */
	if (last - difference->first > 2048)
		last = difference->first + 2048;
	for (uint32_t number = difference->first; number <= last; number++) {
		note_number(runtimes, difference, number);
		if (number == UINT32_MAX)
			break;
	}
	return !runtimes->lint->failed;
}

static const char *ignored_keys(const struct lint *lint, size_t entry)
{
	const struct outline_entry *at;

	if (entry == NAMELESS)
		return "'name'";
	if (entry >= lint->outline.entry_count)
		return "'defaultErrno'";
	at = &lint->outline.entries[entry];
	return at->is_guarded ? "'includes' and 'excludes'" : "symbolic errnos";
}

/* Where the file is one for a runtime, what the guards are to keep shut is open. */
static enum severity runtime_severity(const struct lint *lint, const struct sbpf_example *example)
{
	bool opens = is_permitted(example->b) && !is_permitted(example->a);

	return opens && lint->target->reading == SBPF_READING_OCI ? SEVERITY_ERROR
								  : SEVERITY_WARNING;
}

static void add_runtime(struct lint *lint, const struct cluster *cluster)
{
	char engine[VERDICT_MAX], runtime[VERDICT_MAX];
	char *names = names_text(lint, cluster);

	if (names)
		lint_add(
			lint, RUNTIME_IGNORES, runtime_severity(lint, &cluster->example),
			&cluster->place, (struct evidence){ &cluster->example, true },
			"runc, crun and containerd's CRI ignore %s in a file that they are handed: "
			"%s get%s %s there, and %s from Docker; flatten it for the target: "
			"sbpf flatten, with --arch, --kernel and --caps",
			ignored_keys(lint, cluster->key[0]), names, cluster->count == 1 ? "s" : "",
			sbpf_verdict_describe(cluster->example.b, lint->machine, runtime,
					      sizeof(runtime)),
			sbpf_verdict_describe(cluster->example.a, lint->machine, engine,
					      sizeof(engine)));
	free(names);
}

static uint64_t lost_abis(const struct lint *lint, const struct runtimes *runtimes)
{
	uint64_t lost = 0;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if ((lint->kernel_abis >> abi & 1) && sbpf_policy_has_abi(runtimes->docker, abi) &&
		    !sbpf_policy_has_abi(runtimes->oci, abi))
			lost |= UINT64_C(1) << abi;
	}
	return lost;
}

static void add_lost_abis(struct lint *lint, const struct runtimes *runtimes)
{
	uint64_t lost = lost_abis(lint, runtimes);
	struct lint_place place = { .line = lint->outline.abis_line };
	struct sbpf_example example = { 0 };
	struct sbpf_abi abi;
	char abis[ABIS_MAX], verdict[VERDICT_MAX];

	if (!lost || !lint->outline.abis_key)
		return;
	example.abi = __builtin_ctzll(lost);
	abi = abi_of(example.abi);
	example.data.arch = abi.audit_arch;
	example.data.nr = (int)abi.number_offset;
	example.a = sbpf_policy_verdict(runtimes->docker, &example.data, NULL, NULL, NULL);
	example.b = sbpf_policy_verdict(runtimes->oci, &example.data, NULL, NULL, NULL);
	snprintf(place.path, sizeof(place.path), "%s%s", lint->part->prefix,
		 lint->outline.abis_key);
	lint_add(
		lint, RUNTIME_IGNORES, SEVERITY_WARNING, &place,
		(struct evidence){ &example, true },
		"runc, crun and containerd's CRI ignore '%s' in a file that they are handed: calls "
		"by %s get %s there; name these ABIs in 'architectures', or flatten it: sbpf "
		"flatten",
		lint->outline.abis_key, abis_text(lint, lost, abis),
		sbpf_verdict_describe(example.b, lint->machine, verdict, sizeof(verdict)));
}

static void compare_runtimes(struct runtimes *runtimes)
{
	struct sbpf_error error = { 0 };

	if (sbpf_meaning_of_policy(runtimes->space, runtimes->docker, &runtimes->engine, &error) ||
	    sbpf_meaning_of_policy(runtimes->space, runtimes->oci, &runtimes->runtime, &error) ||
	    sbpf_meaning_differences(runtimes->space, runtimes->engine, runtimes->runtime,
				     note_difference, runtimes, &error))
		lint_fail(runtimes->lint, &error);
}

/* Whether the profile has keys that the OCI schema does not. */
static bool has_engine_keys(const struct lint *lint)
{
	const struct lint_outline *outline = &lint->outline;

	if (outline->has_default_errno ||
	    (outline->abis_key && strcmp(outline->abis_key, "architectures") != 0))
		return true;
	for (size_t i = 0; i < outline->entry_count; i++) {
		const struct outline_entry *entry = &outline->entries[i];

		if (entry->is_guarded || entry->has_name || entry->has_errno)
			return true;
	}
	return false;
}

void lint_runtimes(struct lint *lint)
{
	struct runtimes runtimes = { .lint = lint };

	if (!has_engine_keys(lint))
		return;
	runtimes.docker = read_as(lint, SBPF_READING_DOCKER, true, &runtimes.loaded[0]);
	runtimes.oci = read_as(lint, SBPF_READING_OCI, true, &runtimes.loaded[1]);
	runtimes.space = trial_space(lint);
	if (runtimes.docker && runtimes.oci && runtimes.space)
		compare_runtimes(&runtimes);
	for (size_t i = 0; i < runtimes.clusters.count; i++)
		add_runtime(lint, &runtimes.clusters.list[i]);
	if (runtimes.docker && runtimes.oci)
		add_lost_abis(lint, &runtimes);
	clusters_free(&runtimes.clusters);
	sbpf_space_free(runtimes.space);
	sbpf_policy_free(runtimes.loaded[0]);
	sbpf_policy_free(runtimes.loaded[1]);
}
