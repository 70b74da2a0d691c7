/* SPDX-License-Identifier: MIT */
#include "replacement.h"

#include "profile_writer.h"

#include <stdlib.h>
#include <string.h>

/* A name of an entry. */
struct mention {
	size_t entry;
	size_t name;
};

/* A call that is named more often is not rewritten: each name is a change of the text. */
#define MENTIONS_MAX 256

/* Where a call is named by rules that apply. */
struct mentions {
	const char *call;
	struct mention *list; /* by entry and name */
	size_t count;
	bool failed;
};

static bool note_rule(void *context, const char *call, const struct sbpf_rule *rule)
{
	struct mentions *mentions = context;
	const struct mention last = { rule->entry, rule->name };
	struct mention *list;

	if (strcmp(call, mentions->call) != 0)
		return true;
	/* Alternatives are rules of one name. */
	if (mentions->count && !memcmp(&mentions->list[mentions->count - 1], &last, sizeof(last)))
		return true;
	list = mentions->count == MENTIONS_MAX
		       ? NULL
		       : reallocarray(mentions->list, mentions->count + 1, sizeof(list[0]));
	mentions->failed = !list;
	if (!list)
		return false;
	mentions->list = list;
	list[mentions->count++] = last;
	return true;
}

static int compare(const void *a, const void *b)
{
	const struct mention *first = a, *second = b;

	if (first->entry != second->entry)
		return first->entry < second->entry ? -1 : 1;
	return (first->name > second->name) - (first->name < second->name);
}

/* How many names the entries have. */
struct sizes {
	const struct mentions *mentions;
	size_t *counts; /* as the list of mentions */
};

static bool note_entry(void *context, const struct sbpf_entry *entry)
{
	struct sizes *sizes = context;

	for (size_t i = 0; i < sizes->mentions->count; i++) {
		if (sizes->mentions->list[i].entry == entry->index)
			sizes->counts[i] = entry->name_count;
	}
	return true;
}

static size_t *find_sizes(const struct draft *draft, const struct mentions *mentions)
{
	struct sizes sizes = { mentions, calloc(mentions->count + 1, sizeof(size_t)) };
	struct sbpf_error error = { 0 };

	if (sizes.counts &&
	    sbpf_profile_entries(draft->text, draft->length, note_entry, &sizes, &error)) {
		free(sizes.counts);
		return NULL;
	}
	return sizes.counts;
}

/* From the last to the first, so that indexes stay true. */
static void remove_mentions(const struct mentions *mentions, const size_t *sizes,
			    struct splice *splice)
{
	size_t end = mentions->count;

	while (end) {
		size_t begin = end - 1, entry = mentions->list[begin].entry;

		while (begin && mentions->list[begin - 1].entry == entry)
			begin--;
		if (end - begin >= sizes[begin])
			splice_remove_entry(splice, entry);
		else
			for (size_t i = end; i > begin; i--)
				splice_remove_name(splice, entry, mentions->list[i - 1].name);
		end = begin;
	}
}

static void tell(struct amended_call *call, const struct mentions *mentions)
{
	call->replaced_count = 0;
	for (size_t i = 0; i < mentions->count; i++) {
		if (i && mentions->list[i].entry == mentions->list[i - 1].entry)
			continue;
		if (call->replaced_count < REPLACED_MAX)
			call->replaced[call->replaced_count] = mentions->list[i].entry;
		call->replaced_count++;
	}
}

bool replace_rules(const struct amendment *amendment, sbpf_meaning wanted,
		   struct amended_call *call, struct splice *splice)
{
	const struct addition_question *question = &amendment->question;
	struct profile_trouble trouble = { 0 };
	const struct profile_request request = {
		.tool = amendment->tool,
		.name = amendment->part->path,
		.space = question->space,
		.meaning = wanted,
		.machine = question->machine,
		.target = question->target,
		.trouble = &trouble,
	};
	struct mentions mentions = { .call = call->name };
	size_t *sizes;
	bool done;

	sbpf_policy_rules(amendment->after.policy, note_rule, &mentions);
	if (mentions.count)
		qsort(mentions.list, mentions.count, sizeof(mentions.list[0]), compare);
	sizes = mentions.failed ? NULL : find_sizes(&amendment->after, &mentions);
	done = sizes && profile_call_rules(&request, &call->name, &call->rules, &call->rule_count);
	if (done) {
		remove_mentions(&mentions, sizes, splice);
		splice_add_rules(splice, call->rules, call->rule_count);
		tell(call, &mentions);
	}
	free(mentions.list);
	free(sizes);
	return done;
}
