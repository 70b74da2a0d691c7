/* SPDX-License-Identifier: MIT */
#include "mutants.h"

#include <stdlib.h>
#include <string.h>

/* What is gone through. */
struct nursery {
	const struct cell *cell; /* the first */
	const struct records *records;
	struct mutants *mutants;
	size_t capacity;
	bool failed; /* which was reported */
	/* The rules of one entry, by name; those of all cells, each name once. */
	const struct rule_record **rules;
	size_t count;
};

/* ---- A list ---- */

static struct mutant *add(struct nursery *nursery, const struct mutant *mutant)
{
	struct mutants *mutants = nursery->mutants;

	if (nursery->failed)
		return NULL;
	if (mutants->count == nursery->capacity) {
		size_t capacity = nursery->capacity ? 2 * nursery->capacity : 1024;
		struct mutant *list = NULL;

		if (mutants->count >= MUTANTS_MAX)
			report(nursery->cell->tool->name, "%s: has more than %d mutants",
			       nursery->cell->part->path, MUTANTS_MAX);
		else
			list = reallocarray(mutants->list, capacity, sizeof(list[0]));
		if (!list && mutants->count < MUTANTS_MAX)
			report(nursery->cell->tool->name, "out of memory");
		nursery->failed = !list;
		if (!list)
			return NULL;
		mutants->list = list;
		nursery->capacity = capacity;
	}
	mutants->list[mutants->count] = *mutant;
	return &mutants->list[mutants->count++];
}

/* ---- Verdicts ---- */

/* NOTIFY and TRACE are no slips, and a profile cannot have the former everywhere. */
static const uint32_t actions[] = {
	SECCOMP_RET_ALLOW, SECCOMP_RET_LOG,	    SECCOMP_RET_ERRNO | 1,
	SECCOMP_RET_TRAP,  SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS,
};

/* EPERM, EACCES and ENOSYS on this machine's and most others. */
static const uint32_t errnos[] = { 1, 13, 38 };

static void change_verdict(struct nursery *nursery, const struct mutant *base, uint32_t verdict,
			   const char *what)
{
	bool has_errno = (verdict & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
	int machine = nursery->cell->machine;
	size_t count = has_errno ? COUNT(errnos) : 0;
	char text[VERDICT_MAX];

	for (size_t i = 0; i < COUNT(actions) + count; i++) {
		uint32_t other = i < COUNT(actions)
					 ? actions[i]
					 : SECCOMP_RET_ERRNO | errnos[i - COUNT(actions)];
		struct mutant *mutant;

		if (i < COUNT(actions) &&
		    (other & SECCOMP_RET_ACTION_FULL) == (verdict & SECCOMP_RET_ACTION_FULL))
			continue;
		if (other == verdict)
			continue;
		mutant = add(nursery, base);
		if (!mutant)
			return;
		mutant->verdict = other;
		snprintf(mutant->text, sizeof(mutant->text), "change %s to %s", what,
			 verdict_text(true, other, machine, text));
	}
}

/* ---- Conditions ---- */

static const char *const comparisons[] = {
	[SBPF_NE] = "!=", [SBPF_LT] = "<", [SBPF_LE] = "<=",	   [SBPF_EQ] = "==",
	[SBPF_GE] = ">=", [SBPF_GT] = ">", [SBPF_MASKED_EQ] = "&",
};

static struct mutant *change_condition(struct nursery *nursery, const struct mutant *base,
				       const struct sbpf_condition *condition)
{
	struct mutant *mutant = add(nursery, base);

	if (mutant)
		mutant->condition = *condition;
	return mutant;
}

static void change_operator(struct nursery *nursery, const struct mutant *base)
{
	const struct sbpf_condition *old = &base->condition;
	bool masked = old->compare == SBPF_MASKED_EQ;

	for (enum sbpf_compare compare = SBPF_NE; compare <= SBPF_GT; compare++) {
		struct sbpf_condition condition = *old;
		struct mutant *mutant;

		if (compare == old->compare || (masked && compare != SBPF_EQ))
			continue;
		condition.compare = compare;
		condition.value = masked ? old->value_two : old->value;
		mutant = change_condition(nursery, base, &condition);
		if (!mutant)
			return;
		snprintf(mutant->text, sizeof(mutant->text),
			 "change the operator %s of args[%zu] to %s", comparisons[old->compare],
			 base->index, comparisons[compare]);
	}
}

static void change_value(struct nursery *nursery, const struct mutant *base)
{
	for (int step = -1; step <= 1; step += 2) {
		struct sbpf_condition condition = base->condition;
		struct mutant *mutant;

		condition.value += (uint64_t)(int64_t)step;
		mutant = change_condition(nursery, base, &condition);
		if (!mutant)
			return;
		snprintf(mutant->text, sizeof(mutant->text),
			 "change the value of args[%zu] to 0x%llx", base->index,
			 (unsigned long long)condition.value);
	}
}

/* Every bit is taken out of the mask or put in, and every expected one turned round. */
static void change_mask(struct nursery *nursery, const struct mutant *base)
{
	for (unsigned int i = 0; i < 128; i++) {
		uint64_t bit = UINT64_C(1) << i % 64;
		struct sbpf_condition condition = base->condition;
		bool in_mask = i < 64;
		struct mutant *mutant;

		if (!in_mask && !(condition.value & bit))
			continue;
		condition.value_two &= condition.value;
		if (in_mask) {
			condition.value ^= bit;
			condition.value_two &= ~bit;
		} else {
			condition.value_two ^= bit;
		}
		mutant = change_condition(nursery, base, &condition);
		if (!mutant)
			return;
		snprintf(mutant->text, sizeof(mutant->text), "change bit %u of the %s of args[%zu]",
			 i % 64, in_mask ? "mask" : "masked value", base->index);
	}
}

static void change_argument(struct nursery *nursery, const struct mutant *base)
{
	struct sbpf_condition condition = base->condition;
	struct mutant *mutant;

	condition.argument = (condition.argument + 1) % 6;
	mutant = change_condition(nursery, base, &condition);
	if (mutant)
		snprintf(mutant->text, sizeof(mutant->text), "change the index of args[%zu] to %u",
			 base->index, condition.argument);
}

static void change_conditions(struct nursery *nursery, const struct rule_record *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++) {
		struct mutant base = {
			.kind = MUTANT_DROP_CONDITION,
			.entry = rule->entry,
			.index = i,
			.condition = rule->conditions[i],
		};

		snprintf(base.text, sizeof(base.text), "drop args[%zu]", i);
		add(nursery, &base);
		base.kind = MUTANT_CONDITION;
		change_operator(nursery, &base);
		if (base.condition.compare == SBPF_MASKED_EQ)
			change_mask(nursery, &base);
		else
			change_value(nursery, &base);
		change_argument(nursery, &base);
	}
}

/* ---- Names ---- */

/* No profile has NOTIFY on the call by which a listener is handed over. */
static bool is_viable(uint32_t verdict, const char *call)
{
	return (verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_USER_NOTIF ||
	       strcmp(call, "write") != 0;
}

static void change_names(struct nursery *nursery)
{
	for (size_t i = 0; i < nursery->count; i++) {
		const struct rule_record *rule = nursery->rules[i];
		int next = sbpf_call_find(rule->call) + 1;
		struct mutant mutant = {
			.kind = MUTANT_DROP_NAME,
			.entry = rule->entry,
			.name = rule->name,
			.call = rule->call,
		};

		snprintf(mutant.text, sizeof(mutant.text), "drop the name %s", rule->call);
		if (nursery->count > 1)
			add(nursery, &mutant);
		mutant.kind = MUTANT_CHANGE_NAME;
		mutant.call = sbpf_call_at(next < sbpf_call_count() ? next : 0);
		snprintf(mutant.text, sizeof(mutant.text), "change the name %s to %s", rule->call,
			 mutant.call);
		if (is_viable(rule->verdict, mutant.call))
			add(nursery, &mutant);
	}
}

/* ---- Entries ---- */

static void change_entry(struct nursery *nursery)
{
	const struct rule_record *rule = nursery->rules[0];
	struct mutant mutant = { .kind = MUTANT_DROP_RULE, .entry = rule->entry };

	snprintf(mutant.text, sizeof(mutant.text), "drop the rule");
	add(nursery, &mutant);
	change_names(nursery);
	mutant.kind = MUTANT_VERDICT;
	change_verdict(nursery, &mutant, rule->verdict, "the action");
	change_conditions(nursery, rule);
}

static int compare_rules(const void *one, const void *two)
{
	return records_compare(*(const struct rule_record *const *)one,
			       *(const struct rule_record *const *)two);
}

/* The rules of all cells by place, each once. */
static const struct rule_record **list_rules(struct nursery *nursery, const struct records *records,
					     size_t cell_count, size_t *count)
{
	const struct rule_record **rules;
	size_t all = 0, kept = 0;

	for (size_t i = 0; i < cell_count; i++)
		all += records[i].count;
	rules = calloc(all + 1, sizeof(void *));
	if (!rules) {
		report(nursery->cell->tool->name, "out of memory");
		return NULL;
	}
	*count = 0;
	for (size_t i = 0; i < cell_count; i++) {
		for (size_t j = 0; j < records[i].count; j++)
			rules[(*count)++] = &records[i].list[j];
	}
	if (*count)
		qsort(rules, *count, sizeof(struct rule_record *), compare_rules);
	for (size_t i = 0; i < *count; i++) {
		if (!kept || records_compare(rules[kept - 1], rules[i]))
			rules[kept++] = rules[i];
	}
	*count = kept;
	return rules;
}

static void change_entries(struct nursery *nursery, const struct rule_record **rules, size_t count)
{
	for (size_t i = 0, next; i < count; i = next) {
		next = i + 1;
		while (next < count && rules[next]->entry == rules[i]->entry)
			next++;
		nursery->rules = &rules[i];
		nursery->count = next - i;
		change_entry(nursery);
	}
}

/* ---- Order ---- */

static bool is_known(const struct nursery *nursery, size_t entry, size_t other)
{
	const struct mutants *mutants = nursery->mutants;

	for (size_t i = mutants->count; i-- && mutants->list[i].kind == MUTANT_ORDER;) {
		if (mutants->list[i].entry == entry && mutants->list[i].other == other)
			return true;
	}
	return false;
}

/* Entries that follow each other on one call of the first cells' records. */
static void change_order(struct nursery *nursery, const struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		const struct rule_record *rule = &records->list[i];

		for (size_t j = i + 1; j < records->count && records->list[j].group == rule->group;
		     j++) {
			const struct rule_record *other = &records->list[j];
			struct mutant mutant = {
				.kind = MUTANT_ORDER,
				.entry = rule->entry,
				.other = other->entry,
			};

			if (other->call != rule->call || other->entry == rule->entry)
				continue;
			snprintf(mutant.text, sizeof(mutant.text), "exchange it with syscalls[%zu]",
				 other->entry);
			if (!is_known(nursery, mutant.entry, mutant.other))
				add(nursery, &mutant);
			break;
		}
	}
}

/* ---- All ---- */

static void change_abis(struct nursery *nursery, const struct cell *const *cells, size_t count)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < count; i++) {
		for (int abi = 0; abi < sbpf_abi_count(); abi++) {
			struct mutant mutant = { .kind = MUTANT_ABI, .abi = abi };

			if (!(cells[i]->stand.covered >> abi & 1) || abi == cells[i]->machine ||
			    seen >> abi & 1)
				continue;
			seen |= UINT64_C(1) << abi;
			snprintf(mutant.text, sizeof(mutant.text), "drop the ABI %s",
				 name_of_abi(abi));
			add(nursery, &mutant);
		}
	}
}

bool mutants_find(const struct cell *const *cells, const struct records *records, size_t count,
		  struct mutants *mutants)
{
	struct nursery nursery = { .cell = cells[0], .mutants = mutants };
	const struct mutant fallback = { .kind = MUTANT_DEFAULT };
	const struct rule_record **rules;
	size_t rule_count;

	*mutants = (struct mutants){ 0 };
	rules = list_rules(&nursery, records, count, &rule_count);
	if (!rules)
		return false;
	change_entries(&nursery, rules, rule_count);
	free(rules);
	for (size_t i = 0; i < count; i++)
		change_order(&nursery, &records[i]);
	change_verdict(&nursery, &fallback, records[0].fallback, "the default");
	change_abis(&nursery, cells, count);
	return !nursery.failed;
}

void mutants_free(struct mutants *mutants)
{
	free(mutants->list);
	*mutants = (struct mutants){ 0 };
}

/* ---- Applying one ---- */

bool mutant_room_make(const struct cell *cell, const struct records *records,
		      struct mutant_room *room)
{
	size_t most = 1;

	for (size_t i = 0; i < records->count; i++) {
		if (records->list[i].condition_count > most)
			most = records->list[i].condition_count;
	}
	*room = (struct mutant_room){
		.list = calloc(records->count + 2, sizeof(room->list[0])),
		.conditions = calloc(most, sizeof(room->conditions[0])),
	};
	if (!room->list || !room->conditions)
		report(cell->tool->name, "out of memory");
	return room->list && room->conditions;
}

void mutant_room_free(struct mutant_room *room)
{
	free(room->list);
	free(room->conditions);
}

static bool is_about(const struct mutant *mutant, const struct rule_record *rule)
{
	bool one_name = mutant->kind == MUTANT_DROP_NAME || mutant->kind == MUTANT_CHANGE_NAME;

	return rule->entry == mutant->entry && (!one_name || rule->name == mutant->name);
}

/* An entry's conditions are changed once, whatever the number of its names. */
static void change_rule(const struct mutant *mutant, struct rule_record *rule,
			struct mutant_room *room)
{
	size_t count = 0;

	if (mutant->kind == MUTANT_VERDICT) {
		rule->verdict = mutant->verdict;
		return;
	}
	for (size_t i = 0; i < rule->condition_count; i++) {
		if (i != mutant->index)
			room->conditions[count++] = rule->conditions[i];
		else if (mutant->kind == MUTANT_CONDITION)
			room->conditions[count++] = mutant->condition;
	}
	rule->conditions = room->conditions;
	rule->condition_count = count;
}

/* Puts a rule at its place in the document, among those of its group. */
static void insert(struct mutant_room *room, const struct rule_record *rule)
{
	size_t place = room->count++;

	while (place && records_compare_groups(&room->list[place - 1], rule) > 0) {
		room->list[place] = room->list[place - 1];
		place--;
	}
	room->list[place] = *rule;
}

static void put_rule(const struct mutant *mutant, const struct rule_record *old,
		     struct mutant_room *room)
{
	struct rule_record rule = *old;

	switch (mutant->kind) {
	case MUTANT_DROP_RULE:
	case MUTANT_DROP_NAME:
	case MUTANT_CHANGE_NAME:
		if (is_about(mutant, old))
			return;
		break;
	case MUTANT_VERDICT:
	case MUTANT_DROP_CONDITION:
	case MUTANT_CONDITION:
		if (is_about(mutant, old))
			change_rule(mutant, &rule, room);
		break;
	case MUTANT_ORDER:
		if (old->entry == mutant->entry)
			rule.entry = mutant->other;
		else if (old->entry == mutant->other)
			rule.entry = mutant->entry;
		break;
	case MUTANT_DEFAULT:
	case MUTANT_ABI:
	default:
		break;
	}
	insert(room, &rule);
}

/* The rule that gets a new name; NULL where the target lacks it. */
static const struct rule_record *find_renamed(const struct mutant *mutant,
					      const struct records *records)
{
	for (size_t i = records_of_entry(records, mutant->entry); i < records->count; i++) {
		const struct rule_record *rule = &records->list[records->by_entry[i]];

		if (rule->entry != mutant->entry)
			return NULL;
		if (rule->name == mutant->name)
			return rule;
	}
	return NULL;
}

void mutant_apply(const struct mutant *mutant, const struct records *records, size_t first,
		  size_t count, size_t group, struct mutant_room *room)
{
	const struct rule_record *old = NULL;
	struct rule_record renamed;

	room->count = 0;
	for (size_t i = first; i < first + count; i++)
		put_rule(mutant, &records->list[i], room);
	if (mutant->kind == MUTANT_CHANGE_NAME &&
	    (group == GROUPS_ALL || group == group_of(mutant->call)))
		old = find_renamed(mutant, records);
	if (!old)
		return;
	renamed = *old;
	renamed.call = mutant->call;
	renamed.group = group_of(mutant->call);
	insert(room, &renamed);
}

/* ---- Where it counts ---- */

struct group_list {
	bool *seen; /* by group */
	size_t *groups;
	size_t count;
};

static void add_group(struct group_list *list, size_t group)
{
	if (list->seen[group])
		return;
	list->seen[group] = true;
	list->groups[list->count++] = group;
}

static void add_groups(struct group_list *list, const struct mutant *mutant,
		       const struct records *records, size_t entry)
{
	for (size_t i = records_of_entry(records, entry); i < records->count; i++) {
		const struct rule_record *rule = &records->list[records->by_entry[i]];

		if (rule->entry != entry)
			return;
		if (entry != mutant->entry || is_about(mutant, rule))
			add_group(list, rule->group);
	}
}

size_t mutant_groups(const struct mutant *mutant, const struct records *records, bool *seen,
		     size_t *groups)
{
	struct group_list list = { .seen = seen };

	list.groups = groups;
	add_groups(&list, mutant, records, mutant->entry);
	if (mutant->kind == MUTANT_ORDER)
		add_groups(&list, mutant, records, mutant->other);
	if (list.count && mutant->kind == MUTANT_CHANGE_NAME)
		add_group(&list, group_of(mutant->call));
	for (size_t i = 0; i < list.count; i++)
		seen[groups[i]] = false;
	return list.count;
}
