/* SPDX-License-Identifier: MIT */
#include "advice.h"

#include "call.h"
#include "facts.h"
#include "families.h"
#include "needs.h"
#include "operand.h"

#include <stdlib.h>
#include <string.h>

const struct option_row advice_rows[] = {
	{ "runtime", 0, "all|runc|crun|none",
	  "the container runtime that starts the program: what it calls\n"
	  "between filter and program is let through too (default: all)",
	  offsetof(struct advice_options, runtime) },
	{ "no-new-privs", 0, NULL, "containers have no_new_privs set: the runtimes need less",
	  offsetof(struct advice_options, no_new_privs) },
	{ "portable", 0, NULL,
	  "add what another C library (glibc, musl) or machine (x86_64,\n"
	  "aarch64) calls in place of what was seen",
	  offsetof(struct advice_options, portable) },
	{ "without-refused", 0, NULL,
	  "leave out calls that a filter refused each time they were seen",
	  offsetof(struct advice_options, without_refused) },
};
const size_t advice_row_count = COUNT(advice_rows);

bool is_on_abis(uint64_t abis, const char *call)
{
	uint32_t number;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abis >> abi & 1 && sbpf_call_number(abi, call, &number))
			return true;
	}
	return false;
}

bool is_answered(uint64_t abis, const char *call)
{
	uint32_t number;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abis >> abi & 1 && sbpf_call_number(abi, call, &number) &&
		    !sbpf_call_exempt(abi, number))
			return true;
	}
	return false;
}

static struct advised_call *find(struct advice *advice, const char *name)
{
	int index = sbpf_call_find(name);

	return index < 0 ? NULL : &advice->calls[index];
}

static void add(struct advice *advice, const char *name, enum advice_reason reason)
{
	struct advised_call *call = find(advice, name);

	if (call && !call->reason && is_on_abis(advice->wide_abis, name))
		call->reason = reason;
}

/* ---- What was seen ---- */

/* "5.9"; false for what is not known. */
static bool parse_release(const char *release, unsigned long numbers[2])
{
	char *end;

	numbers[0] = strtoul(release, &end, 10);
	if (end == release || *end != '.')
		return false;
	numbers[1] = strtoul(end + 1, NULL, 10);
	return true;
}

static bool is_newer(const char *release, const char *other)
{
	unsigned long a[2], b[2];

	if (!parse_release(release, a))
		return false;
	return !parse_release(other, b) || a[0] > b[0] || (a[0] == b[0] && a[1] > b[1]);
}

static void add_seen(struct advice *advice, const struct recorded_call *seen)
{
	struct advised_call *call = find(advice, seen->name);
	bool is_refused = seen->count == seen->refused;

	if (!call || (is_refused && advice->options.without_refused))
		return;
	if (!call->reason || !is_refused)
		call->reason = is_refused ? ADVICE_REFUSED : ADVICE_SEEN;
	if (call->runs < seen->runs)
		call->runs = seen->runs;
	if (is_newer(sbpf_call_since(seen->name), advice->newest))
		advice->newest = sbpf_call_since(seen->name);
}

/* The sub-calls of which a recording tells, all where it does not. */
static bool was_behind(const struct recorded_call *seen, const struct sbpf_multiplexed *one)
{
	const struct recorded_argument *sub = &seen->arguments[0];

	if (!sub->bits || sub->many)
		return true;
	for (size_t i = 0; i < sub->count; i++) {
		if ((sub->values[i].value & one->mask) == one->sub)
			return true;
	}
	return false;
}

/* A rule on a call covers its form behind a multiplexer too (docs/semantics.md). */
static void add_behind(struct advice *advice, const struct recorded_call *seen)
{
	struct sbpf_multiplexed one;

	for (size_t i = 0; sbpf_multiplexed_at(i, &one); i++) {
		struct advised_call *call = find(advice, one.call);

		if (strcmp(one.multiplexer, seen->name) != 0 || !was_behind(seen, &one))
			continue;
		call->is_behind = true;
		if (!call->reason)
			call->reason = ADVICE_BEHIND;
	}
}

static void collect_seen(const struct tool *tool, struct advice *advice)
{
	for (int abi = 0; abi < advice->recording->abi_count; abi++) {
		const struct recorded_abi *recorded = &advice->recording->abis[abi];

		if (!(advice->abis >> abi & 1))
			continue;
		for (size_t i = 0; i < recorded->count; i++) {
			const struct recorded_call *seen = &recorded->calls[i];

			if (!seen->name)
				report(tool->name,
				       "warning: call number %u of %s has no name, and no profile "
				       "can let it through",
				       seen->number, name_of_abi(abi));
			else if (is_multiplexer(seen->name))
				add_behind(advice, seen);
			else
				add_seen(advice, seen);
		}
	}
}

/* ---- What is needed beside ---- */

static bool is_needed_on(const struct need *need, int abi)
{
	return (!need->abis || lists_word(need->abis, name_of_abi(abi))) &&
	       (!need->in_place || !is_on_abis(UINT64_C(1) << abi, need->in_place));
}

/* The first of the calls that the ABI has, unless another one of them is let through. */
static void add_need(struct advice *advice, const struct need *need, int abi)
{
	const char *list = need->calls;
	const char *first = NULL;
	char word[WORD_MAX];

	while (next_word(&list, word)) {
		if (!is_on_abis(UINT64_C(1) << abi, word))
			continue;
		if (find(advice, word)->reason)
			return;
		if (!first)
			first = kept_name(word);
	}
	if (first)
		add(advice, first, ADVICE_START);
}

static void add_needs(struct advice *advice, const struct need *needs, size_t count)
{
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		for (size_t i = 0; advice->wide_abis >> abi & 1 && i < count; i++) {
			if (is_needed_on(&needs[i], abi))
				add_need(advice, &needs[i], abi);
		}
	}
}

static bool is_named(size_t runtime, enum runtime_choice choice)
{
	static const char *const names[] = { [RUNTIME_RUNC] = "runc ", [RUNTIME_CRUN] = "crun " };

	return !strncmp(runtimes[runtime], names[choice], strlen(names[choice]));
}

/* Whether a runtime that is meant makes the call; what it can do without only where it is tame. */
static bool is_of_runtime(const struct advice *advice, const struct runtime_need *need)
{
	enum runtime_choice choice = advice->options.runtime;
	bool nnp = advice->options.no_new_privs;
	enum start start = need->starts[nnp ? START_NNP : START];
	enum start exec = need->starts[nnp ? EXEC_NNP : EXEC];

	if (choice == RUNTIME_NONE || (choice != RUNTIME_ALL && !is_named(need->runtime, choice)))
		return false;
	if (start == FAILS || exec == FAILS)
		return true;
	return (start == DIES_WITH_IT || exec == DIES_WITH_IT) &&
	       (advice->options.refusals_end || danger_of(need->call) == danger_count);
}

const char *advice_runtimes(const struct advice *advice, const char *call)
{
	static const char *const texts[] = { "none", "runc", "crun", "runc and crun" };
	unsigned int which = 0;

	for (size_t i = 0; i < runtime_need_count; i++) {
		const struct runtime_need *need = &runtime_needs[i];

		if (!strcmp(need->call, call) && is_of_runtime(advice, need))
			which |= is_named(need->runtime, RUNTIME_CRUN) ? 2 : 1;
	}
	return texts[which];
}

static void add_unseen(struct advice *advice)
{
	static const enum advice_reason reasons[UNSEEN_REASONS] = {
		[UNSEEN_VDSO] = ADVICE_VDSO,
		[UNSEEN_END] = ADVICE_END,
		[UNSEEN_SIGNAL] = ADVICE_SIGNAL,
		[UNSEEN_RESTART] = ADVICE_RESTART,
	};

	for (size_t i = 0; i < unseen_call_count; i++)
		add(advice, unseen_calls[i].call, reasons[unseen_calls[i].reason]);
	for (size_t i = 0; i < runtime_need_count; i++) {
		if (is_of_runtime(advice, &runtime_needs[i]))
			add(advice, runtime_needs[i].call, ADVICE_RUNTIME);
	}
}

/* ---- Siblings ---- */

static bool has_siblings(enum advice_reason reason)
{
	return reason == ADVICE_SEEN || reason == ADVICE_BEHIND || reason == ADVICE_START;
}

/* Of a group the call that has siblings; NULL when none of them does. */
static const char *find_model(struct advice *advice, const char *list)
{
	char word[WORD_MAX];

	while (next_word(&list, word)) {
		if (has_siblings(find(advice, word)->reason))
			return kept_name(word);
	}
	return NULL;
}

static void add_siblings(struct advice *advice)
{
	for (size_t i = 0; i < sibling_group_count; i++) {
		const char *list = sibling_groups[i].calls;
		const char *model = find_model(advice, list);
		char word[WORD_MAX];

		while (model && next_word(&list, word)) {
			struct advised_call *call = find(advice, word);

			if (call->reason)
				continue;
			add(advice, word, ADVICE_SIBLING);
			call->model = model;
		}
	}
}

/* ---- ABIs ---- */

static uint64_t relatives_of(int machine)
{
	return operand_abis(machine, &(struct operand){ 0 });
}

/* The machine whose kernel has the ABI: one that was seen, this one, or itself. */
static int machine_of(uint64_t seen, int abi)
{
	int native = sbpf_abi_native();

	for (int i = 0; i < sbpf_abi_count(); i++) {
		if (seen >> i & 1 && i != abi && relatives_of(i) >> abi & 1)
			return i;
	}
	return relatives_of(native) >> abi & 1 ? native : abi;
}

static bool find_abis(const struct tool *tool, struct advice *advice, int machine)
{
	uint64_t seen = 0;

	for (int abi = 0; abi < advice->recording->abi_count; abi++)
		seen |= (uint64_t)(advice->recording->abis[abi].count > 0) << abi;
	if (machine >= 0)
		seen &= relatives_of(machine);
	if (!seen) {
		report(tool->name, "the recordings have no call%s%s", machine >= 0 ? " of " : "",
		       machine >= 0 ? name_of_abi(machine) : "");
		return false;
	}
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (seen >> abi & 1)
			advice->machines |= UINT64_C(1)
					    << (machine >= 0 ? machine : machine_of(seen, abi));
	}
	advice->abis = seen | advice->machines;
	advice->wide_abis = advice->abis;
	if (advice->options.portable)
		advice->wide_abis |= UINT64_C(1) << sbpf_abi_find("x86_64") |
				     UINT64_C(1) << sbpf_abi_find("aarch64");
	return true;
}

/* ---- All of it ---- */

struct recording *recordings_read(const struct tool *tool, char **paths, size_t count)
{
	struct recording *all = recording_new(0);

	if (!all)
		report(tool->name, "out of memory");
	for (size_t i = 0; i < count && all; i++) {
		struct recording *one = recording_read(tool->name, paths[i]);

		if (one)
			recording_merge(all, one);
		if (one && all->failed)
			report(tool->name, "out of memory");
		if (!one || all->failed) {
			recording_free(all);
			all = NULL;
		}
		recording_free(one);
	}
	return all;
}

bool advice_make(const struct tool *tool, const struct recording *recording, int machine,
		 const struct advice_options *options, struct advice *advice)
{
	*advice = (struct advice){ .recording = recording, .options = *options, .newest = "?" };
	if (!find_abis(tool, advice, machine))
		return false;
	advice->calls = calloc((size_t)sbpf_call_count(), sizeof(advice->calls[0]));
	if (!advice->calls) {
		report(tool->name, "out of memory");
		return false;
	}
	collect_seen(tool, advice);
	add_needs(advice, static_needs, static_need_count);
	add_needs(advice, dynamic_needs, dynamic_need_count);
	add_unseen(advice);
	if (options->portable)
		add_siblings(advice);
	return true;
}

void advice_free(struct advice *advice)
{
	free(advice->calls);
	advice->calls = NULL;
}

bool advice_is_tried(const struct advice *advice, int call)
{
	const char *name = sbpf_call_at(call);
	char twin[WORD_MAX];

	for (size_t i = 0; i < probe_count; i++) {
		if (!strcmp(probes[i].call, name))
			return true;
	}
	return is_newer(sbpf_call_since(name), advice->newest) || find_twin(name, twin);
}

bool advice_says_enosys(const struct advice *advice, int call)
{
	return !advice->calls[call].reason && is_answered(advice->wide_abis, sbpf_call_at(call)) &&
	       advice_is_tried(advice, call);
}
