/* SPDX-License-Identifier: MIT */
#include "argument_rules.h"

#include "call.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS 6u

/* The conditions that one argument may meet, any of them. */
struct alternatives {
	unsigned int argument;
	struct sbpf_condition *list;
	size_t count;
};

typedef void rule_report(void *context, const struct sbpf_condition *conditions, size_t count);

/* ---- Combining ---- */

/* Each choice of one alternative for every argument. */
static void combine(const struct alternatives *sets, size_t count, rule_report *each, void *context)
{
	struct sbpf_condition conditions[ARGUMENTS] = { 0 };
	size_t place[ARGUMENTS] = { 0 };
	size_t i;

	do {
		for (i = 0; i < count; i++)
			conditions[i] = sets[i].list[place[i]];
		each(context, conditions, count);
		for (i = count; i > 0; i--) {
			if (++place[i - 1] < sets[i - 1].count)
				break;
			place[i - 1] = 0;
		}
	} while (i > 0);
}

/* ---- What was seen ---- */

static const struct recorded_call *seen_on(const struct advice *advice, int abi, const char *name)
{
	uint32_t number;

	if (!(advice->abis >> abi & 1) || !sbpf_call_number(abi, name, &number))
		return NULL;
	return recording_find(advice->recording, abi, number);
}

/* Whether all values that the argument had are known. */
static bool is_complete(const struct recorded_call *seen, unsigned int argument)
{
	const struct recorded_argument *recorded = &seen->arguments[argument];
	uint64_t counted = 0;

	for (size_t i = 0; i < recorded->count; i++)
		counted += recorded->values[i].count;
	return recorded->bits && !recorded->many && counted >= seen->count;
}

static int compare_values(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

/* The values of an argument on all ABIs, sorted and each once. */
struct values {
	uint64_t list[8 * RECORDED_VALUES_MAX];
	size_t count;
	unsigned int bits; /* the most that a kernel reads */
	bool are_flags;
};

static void add_values(struct values *values, const struct recorded_argument *recorded)
{
	for (size_t i = 0; i < recorded->count && values->count < COUNT(values->list); i++)
		values->list[values->count++] = recorded->values[i].value;
	if (values->bits < recorded->bits)
		values->bits = recorded->bits;
}

static void collect_values(const struct advice *advice, const char *name, unsigned int argument,
			   struct values *values)
{
	size_t kept = 0;

	*values = (struct values){ 0 };
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		const struct recorded_call *seen = seen_on(advice, abi, name);
		struct sbpf_parameter parameter;

		if (!seen)
			continue;
		add_values(values, &seen->arguments[argument]);
		if (sbpf_call_parameter(abi, name, argument, &parameter))
			values->are_flags = parameter.kind == SBPF_KIND_FLAGS;
	}
	qsort(values->list, values->count, sizeof(values->list[0]), compare_values);
	for (size_t i = 0; i < values->count; i++) {
		if (!i || values->list[i] != values->list[kept - 1])
			values->list[kept++] = values->list[i];
	}
	values->count = kept;
}

/* ---- Rules ---- */

/* Only the bits that the kernel reads count, or the rule could be passed by, or refuse too much. */
static struct sbpf_condition equal(unsigned int argument, unsigned int bits, uint64_t value)
{
	if (bits == 64)
		return (struct sbpf_condition){ argument, SBPF_EQ, value, 0 };
	return (struct sbpf_condition){ argument, SBPF_MASKED_EQ, UINT32_MAX, value };
}

static struct sbpf_condition no_other_bits(const struct values *values, unsigned int argument)
{
	uint64_t all = values->bits == 64 ? UINT64_MAX : UINT32_MAX;
	uint64_t seen = 0;

	for (size_t i = 0; i < values->count; i++)
		seen |= values->list[i];
	return (struct sbpf_condition){ argument, SBPF_MASKED_EQ, all & ~seen, 0 };
}

static bool find_alternatives(const struct advice *advice, int call, unsigned int argument,
			      struct alternatives *set)
{
	struct values values;

	collect_values(advice, sbpf_call_at(call), argument, &values);
	*set = (struct alternatives){ .argument = argument };
	set->list = calloc(values.count + 1, sizeof(set->list[0]));
	if (!set->list || !values.count)
		return false;
	if (values.are_flags) {
		set->list[set->count++] = no_other_bits(&values, argument);
		return true;
	}
	for (size_t i = 0; i < values.count; i++)
		set->list[set->count++] = equal(argument, values.bits, values.list[i]);
	return true;
}

size_t argument_rules(const struct advice *advice, const struct argument_choice *choice, int call,
		      rule_report *each, void *context)
{
	struct alternatives sets[ARGUMENTS];
	size_t count = 0, rules = 1;
	bool done = true;

	for (unsigned int i = 0; i < ARGUMENTS && done; i++) {
		if (choice->arguments[call] >> i & 1) {
			done = find_alternatives(advice, call, i, &sets[count]);
			rules *= done ? sets[count].count : 0;
			count++;
		}
	}
	if (done && count && each && rules <= ARGUMENT_RULES_MAX)
		combine(sets, count, each, context);
	for (size_t i = 0; i < count; i++)
		free(sets[i].list);
	return count ? rules : 0;
}

void argument_combinations(const struct recorded_call *seen, unsigned int arguments,
			   rule_report *each, void *context)
{
	struct sbpf_condition lists[ARGUMENTS][RECORDED_VALUES_MAX];
	struct alternatives sets[ARGUMENTS];
	size_t count = 0;

	for (unsigned int i = 0; i < ARGUMENTS; i++) {
		const struct recorded_argument *recorded = &seen->arguments[i];

		if (!(arguments >> i & 1))
			continue;
		for (size_t j = 0; j < recorded->count; j++)
			lists[i][j] =
				(struct sbpf_condition){ i, SBPF_EQ, recorded->values[j].value, 0 };
		sets[count++] = (struct alternatives){ i, lists[i], recorded->count };
	}
	if (count)
		combine(sets, count, each, context);
}

/* ---- Choosing ---- */

/* The argument of a name that the recording's ABIs give it; -1 when it has none. */
static int find_argument(const struct advice *advice, const char *call, const char *name)
{
	struct sbpf_parameter parameter;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		for (unsigned int i = 0; advice->abis >> abi & 1 && i < ARGUMENTS; i++) {
			if (sbpf_call_parameter(abi, call, i, &parameter) &&
			    !strcmp(parameter.name, name))
				return (int)i;
		}
	}
	return -1;
}

/* Whether an argument was recorded at all, and everywhere whole. */
static bool can_choose(const struct advice *advice, const char *name, unsigned int argument,
		       bool *recorded)
{
	bool complete = true;

	*recorded = false;
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		const struct recorded_call *seen = seen_on(advice, abi, name);

		if (!seen)
			continue;
		*recorded |= seen->arguments[argument].bits != 0;
		complete &= is_complete(seen, argument);
	}
	return *recorded && complete;
}

static void choose_one(const struct tool *tool, const struct advice *advice, const char *name,
		       int argument, struct argument_choice *choice)
{
	int call = sbpf_call_find(name);
	bool any = false;

	for (unsigned int i = 0; i < ARGUMENTS; i++) {
		bool recorded;

		if (argument >= 0 && (unsigned int)argument != i)
			continue;
		if (can_choose(advice, name, i, &recorded))
			choice->arguments[call] |= (unsigned char)(1u << i);
		else if (recorded)
			report(tool->name,
			       "warning: --args: %s: not all values of its argument %u are in the "
			       "recording, so any is let through",
			       name, i);
		any |= recorded;
	}
	if (!any)
		report(tool->name,
		       "warning: --args: %s: the recording has no values of it; record them with "
		       "sbpf record --args %s",
		       name, name);
}

/* Leaves out the argument with the most values until the rules can be read. */
static void limit_rules(const struct tool *tool, const struct advice *advice, int call,
			struct argument_choice *choice)
{
	while (argument_rules(advice, choice, call, NULL, NULL) > ARGUMENT_RULES_MAX) {
		unsigned int worst = 0;
		size_t most = 0;

		for (unsigned int i = 0; i < ARGUMENTS; i++) {
			unsigned char one = (unsigned char)(1u << i);
			unsigned char before = choice->arguments[call];
			size_t rules;

			if (!(before & one))
				continue;
			choice->arguments[call] = one;
			rules = argument_rules(advice, choice, call, NULL, NULL);
			choice->arguments[call] = before;
			if (rules > most) {
				most = rules;
				worst = i;
			}
		}
		choice->arguments[call] &= (unsigned char)~(1u << worst);
		report(tool->name,
		       "warning: --args: %s: more than %u rules; any value of its argument %u is "
		       "let through",
		       sbpf_call_at(call), ARGUMENT_RULES_MAX, worst);
	}
}

static bool parse_one(const struct tool *tool, const struct advice *advice, char *word,
		      struct argument_choice *choice, int *status)
{
	char *point = strchr(word, '.');
	int call, argument = -1;

	if (point)
		*point = '\0';
	call = sbpf_call_find(word);
	if (call < 0) {
		const char *near = sbpf_call_suggest(word);

		*status = usage_error(tool, "--args: there is no call '%s'%s%s%s", word,
				      near ? "; did you mean '" : "", near ? near : "",
				      near ? "'?" : "");
		return false;
	}
	if (point)
		argument = find_argument(advice, word, point + 1);
	if (point && argument < 0) {
		*status = usage_error(tool, "--args: %s has no argument '%s'", word, point + 1);
		return false;
	}
	if (!advice->calls[call].reason) {
		report(tool->name, "warning: --args: %s was not seen", word);
		return true;
	}
	if (advice->calls[call].is_behind) {
		report(tool->name,
		       "warning: --args: %s was also seen behind socketcall or ipc, where no "
		       "filter "
		       "sees its arguments, so any are let through",
		       word);
		return true;
	}
	choose_one(tool, advice, word, argument, choice);
	limit_rules(tool, advice, call, choice);
	return true;
}

bool argument_choice_parse(const struct tool *tool, const struct advice *advice, const char *list,
			   struct argument_choice *choice, int *status)
{
	char *copy = strdup(list ? list : "");
	char *rest = copy;
	bool done = true;
	char *word;

	*status = STATUS_FAILURE;
	choice->arguments = calloc((size_t)sbpf_call_count(), 1);
	if (!copy || !choice->arguments) {
		report(tool->name, "out of memory");
		done = false;
	}
	while (done && (word = strsep(&rest, ",")) != NULL)
		done = !*word || parse_one(tool, advice, word, choice, status);
	free(copy);
	if (!done)
		argument_choice_free(choice);
	return done;
}

void argument_choice_free(struct argument_choice *choice)
{
	free(choice->arguments);
	choice->arguments = NULL;
}
