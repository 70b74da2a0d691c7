/* SPDX-License-Identifier: MIT */
#include "unused.h"

#include "call.h"
#include "facts.h"
#include "splice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- What stays ---- */

static bool was_seen(const struct advice *advice, const char *name)
{
	uint32_t number;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (advice->abis >> abi & 1 && sbpf_call_number(abi, name, &number) &&
		    recording_find(advice->recording, abi, number))
			return true;
	}
	return false;
}

/* Calls behind a multiplexer are advised, and it may be what lets them through here. */
bool unused_keeps(const struct advice *advice, int call)
{
	const char *name = sbpf_call_at(call);

	return advice->calls[call].reason || (is_multiplexer(name) && was_seen(advice, name));
}

#define ACTION_MAX 48u

/* One entry of the profile, and which of its names go. */
struct entry_names {
	struct splice *splice;
	const struct advice *advice;
	const struct operand_part *part;
	bool stage;
	size_t shift; /* entries that stand before it by now, more than at first */
	bool *gone;   /* by index of sbpf_call_at() */
	bool *named;  /* the same of calls that another entry refuses */
};

/* The word in quotes at a place; "" where what stands there is none of capitals, or too long. */
static void copy_word(const struct operand_part *part, unsigned int line, unsigned int column,
		      char word[ACTION_MAX])
{
	const char *end = part->text + part->length;
	const char *text = part->text;
	size_t length = 0;

	while (--line)
		text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1;
	text += column;
	while (length < ACTION_MAX - 1 && text < end &&
	       (*text == '_' || (*text >= 'A' && *text <= 'Z')))
		word[length++] = *text++;
	word[text < end && *text == '"' ? length : 0] = '\0';
}

/* The action of an entry, whatever the target; false when it is none that lets through. */
static bool lets_through(const struct operand_part *part, size_t entry, uint32_t *verdict)
{
	char path[96], word[ACTION_MAX];
	unsigned int line, column;

	snprintf(path, sizeof(path), "%ssyscalls[%zu].action", part->prefix, entry);
	if (!sbpf_json_locate(part->text, part->length, path, &line, &column))
		return false;
	/* What is escaped is not looked for; it stays. */
	copy_word(part, line, column, word);
	return sbpf_verdict_parse(word, verdict) && is_permitted(*verdict);
}

/* What has LOG is staged already. */
static bool goes(const struct entry_names *names, uint32_t verdict, int call)
{
	return call >= 0 && !unused_keeps(names->advice, call) &&
	       !(names->stage && verdict == SECCOMP_RET_LOG);
}

/* Of an entry the names that go, or those that stay; the last first, as indexes change. */
static void remove_names(const struct entry_names *names, const struct sbpf_entry *entry,
			 size_t index, uint32_t verdict, bool go)
{
	for (size_t i = entry->name_count; i-- > 0;) {
		if (goes(names, verdict, entry->names[i].call) == go)
			splice_remove_name(names->splice, index, i);
	}
}

/* How many entries there are in the place of this one. */
static size_t change_entry(const struct entry_names *names, const struct sbpf_entry *entry,
			   uint32_t verdict, size_t going)
{
	size_t index = entry->index + names->shift;
	bool all = going == entry->name_count;

	if (!going)
		return 1;
	if (names->stage && all) {
		splice_set_action(names->splice, index, "SCMP_ACT_LOG");
		return 1;
	}
	if (all) {
		splice_remove_entry(names->splice, index);
		return 0;
	}
	if (names->stage) {
		splice_repeat_entry(names->splice, index);
		splice_set_action(names->splice, index + 1, "SCMP_ACT_LOG");
		remove_names(names, entry, index + 1, verdict, false);
	}
	remove_names(names, entry, index, verdict, true);
	return names->stage ? 2 : 1;
}

static void note_named(const struct entry_names *names, const struct sbpf_entry *entry)
{
	for (size_t i = 0; i < entry->name_count; i++) {
		if (entry->names[i].call >= 0)
			names->named[entry->names[i].call] = true;
	}
}

static bool edit_entry(void *context, const struct sbpf_entry *entry)
{
	struct entry_names *names = context;
	size_t going = 0;
	uint32_t verdict;

	if (!lets_through(names->part, entry->index, &verdict)) {
		note_named(names, entry);
		return true;
	}
	for (size_t i = 0; i < entry->name_count; i++) {
		int call = entry->names[i].call;

		if (goes(names, verdict, call)) {
			names->gone[call] = true;
			going++;
		}
	}
	names->shift += change_entry(names, entry, verdict, going) - 1;
	return !names->splice->failed;
}

/* Libraries that try a call that is gone, and newer ones, fall back on ENOSYS alone. */
static void add_enosys(const struct entry_names *names)
{
	struct text_rule rule = {
		.verdict = SECCOMP_RET_ERRNO | ENOSYS,
		.names = calloc((size_t)sbpf_call_count(), sizeof(rule.names[0])),
		.comment = "taken out, and tried by libraries, which fall back when told ENOSYS",
	};

	names->splice->failed |= !rule.names;
	for (int call = 0; call < sbpf_call_count() && rule.names; call++) {
		if (names->gone[call] && !names->named[call] &&
		    advice_is_tried(names->advice, call) &&
		    is_answered(UINT64_MAX, sbpf_call_at(call)))
			rule.names[rule.name_count++] = sbpf_call_at(call);
	}
	if (rule.name_count)
		splice_add_rules(names->splice, &rule, 1);
	free(rule.names);
}

char *unused_remove(const struct tool *tool, const struct advice *advice,
		    const struct operand_part *part, bool stage, size_t *length)
{
	struct sbpf_error error = { 0 };
	size_t calls = (size_t)sbpf_call_count();
	struct splice splice;
	struct entry_names names = { .splice = &splice,
				     .advice = advice,
				     .part = part,
				     .stage = stage,
				     .gone = calloc(2 * calls, sizeof(bool)) };

	splice_begin(&splice, part->text, part->length, part->prefix);
	names.named = names.gone ? names.gone + calls : NULL;
	splice.failed |= !names.gone ||
			 sbpf_profile_entries(part->text, part->length, edit_entry, &names, &error);
	if (!splice.failed && !stage)
		add_enosys(&names);
	free(names.gone);
	*length = splice.length;
	if (!splice.failed)
		return splice.text;
	report(tool->name, "out of memory");
	splice_end(&splice);
	return NULL;
}

/* ---- What is not used ---- */

/* Of every call, by index of sbpf_call_at(). */
struct listed_call {
	unsigned int line;
	bool is_in_force;
	bool is_unconditional;
};

struct search {
	const struct advice *advice;
	const struct operand_part *part;
	struct listed_call *listed;
};

static bool note_entry(void *context, const struct sbpf_entry *entry)
{
	struct search *search = context;
	uint32_t verdict;

	if (!lets_through(search->part, entry->index, &verdict))
		return true;
	for (size_t i = 0; i < entry->name_count; i++) {
		const struct sbpf_entry_name *name = &entry->names[i];

		if (name->call >= 0 && !search->listed[name->call].line)
			search->listed[name->call].line = name->line;
	}
	return true;
}

static bool note_rule(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct search *search = context;
	struct listed_call *listed = &search->listed[sbpf_call_find(call)];

	if (is_permitted(rule->verdict) && is_on_abis(search->advice->abis, call)) {
		listed->is_in_force = true;
		listed->is_unconditional |= !rule->condition_count;
	}
	return true;
}

static void add_call(const struct search *search, int call, struct unused *unused)
{
	const struct listed_call *listed = &search->listed[call];
	enum advice_reason reason = search->advice->calls[call].reason;
	bool is_seen = reason == ADVICE_SEEN || reason == ADVICE_REFUSED || reason == ADVICE_BEHIND;
	const char *name = sbpf_call_at(call);

	unused->allowed += listed->is_in_force;
	unused->seen += listed->is_in_force && is_seen;
	unused->kept += listed->is_in_force && !is_seen && unused_keeps(search->advice, call);
	if (reason == ADVICE_SEEN && !listed->is_in_force)
		unused->refused[unused->refused_count++] = name;
	if (!listed->line || unused_keeps(search->advice, call))
		return;
	unused->calls[unused->count++] = (struct unused_call){
		.name = name,
		.danger = danger_of(name),
		.is_in_force = listed->is_in_force,
		.is_conditional = !listed->is_unconditional,
		.line = listed->line,
	};
	unused->in_force += listed->is_in_force;
}

static int compare_calls(const void *a, const void *b)
{
	const struct unused_call *one = a, *other = b;

	if (one->is_in_force != other->is_in_force)
		return one->is_in_force ? -1 : 1;
	if (one->danger != other->danger)
		return one->danger < other->danger ? -1 : 1;
	return strcmp(one->name, other->name);
}

bool unused_find(const struct tool *tool, const struct advice *advice,
		 const struct operand_part *part, struct unused *unused)
{
	size_t calls = (size_t)sbpf_call_count();
	struct search search = { advice, part, calloc(calls, sizeof(search.listed[0])) };
	struct sbpf_error error = { 0 };

	*unused = (struct unused){ .calls = calloc(calls, sizeof(unused->calls[0])),
				   .refused = calloc(calls, sizeof(unused->refused[0])) };
	if (!search.listed || !unused->calls || !unused->refused ||
	    sbpf_profile_entries(part->text, part->length, note_entry, &search, &error)) {
		report(tool->name, "out of memory");
		free(search.listed);
		unused_free(unused);
		return false;
	}
	sbpf_policy_rules(part->policy, note_rule, &search);
	for (int call = 0; call < (int)calls; call++)
		add_call(&search, call, unused);
	qsort(unused->calls, unused->count, sizeof(unused->calls[0]), compare_calls);
	free(search.listed);
	return true;
}

void unused_free(struct unused *unused)
{
	free(unused->calls);
	free(unused->refused);
	*unused = (struct unused){ 0 };
}
