/* SPDX-License-Identifier: MIT */
/* What a policy means on one ABI, number by number (docs/semantics.md). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "arch.h"
#include "calls.h"
#include "error.h"

/* Tables are dense up to here; arm's private calls and numbers added by hand may lie above. */
#define DENSE_MAX 1024u
#define SUB_CALLS 32u
#define NONE UINT32_MAX

/* A filter with more alternatives for one call would be far too large. */
#define CLAUSES_MAX (1u << 16)

/* A rule that bears on a number, in a list in document order. */
struct entry {
	const struct policy_rule *rule;
	uint32_t next;
	uint32_t last; /* of the list, in its first entry */
};

struct list {
	uint32_t first;
};

/* The rules of a number outside the dense range. */
struct far_list {
	uint32_t number;
	uint32_t next; /* in its bucket */
	struct list list;
};

/* A rule on socketcall or ipc, or one on a sub-call that extends to it. */
struct multiplexed {
	struct policy_rule rule;
	const struct policy_rule *origin; /* for the document order */
};

struct builder {
	const struct sbpf_policy *policy;
	struct arena *arena;
	int abi;
	const int16_t *numbers; /* of calls in it: see call_table_numbers() */
	struct entry *entries;
	uint32_t entry_count;
	struct list *dense;   /* by number */
	uint32_t dense_count; /* of them: the numbers of the ABI's table, as long as they are few */
	uint32_t dense_end;   /* the last that has rules, and one */
	struct far_list *far;
	uint32_t far_count;
	uint32_t *far_buckets;	/* the first far number of each */
	unsigned int far_bits;	/* of the number of buckets */
	struct list *sub[2];	/* by sub-call: of socketcall, of ipc */
	int32_t multiplexer[2]; /* their call ids, once seen; else -1 */
	struct call *calls;
	size_t call_count;
	struct sbpf_error *error;
	bool unknown_enosys; /* calls that are unknown to the policy get ENOSYS */
};

/* ---- Sorting rules by number ---- */

/* A rule that says the same as the one before it on this call says nothing. */
static bool repeats_last(const struct builder *builder, const struct list *list,
			 const struct policy_rule *rule)
{
	const struct policy_rule *last;

	if (list->first == NONE)
		return false;
	last = builder->entries[builder->entries[list->first].last].rule;
	return last->conditions == rule->conditions && last->verdict == rule->verdict &&
	       last->condition_count == rule->condition_count;
}

static inline void append(struct builder *builder, struct list *list,
			  const struct policy_rule *rule)
{
	uint32_t index;

	if (repeats_last(builder, list, rule))
		return;
	index = builder->entry_count++;

	builder->entries[index].rule = rule;
	builder->entries[index].next = NONE;
	if (list->first == NONE)
		list->first = index;
	else
		builder->entries[builder->entries[list->first].last].next = index;
	builder->entries[list->first].last = index;
}

static struct list *far_list_of(struct builder *builder, uint32_t number)
{
	/* Fibonacci hashing (Knuth, TAOCP 6.4): neighbours go to different buckets. */
	uint32_t *bucket = &builder->far_buckets[number * 0x9e3779b1u >> (32 - builder->far_bits)];
	struct far_list *far;

	for (uint32_t i = *bucket; i != NONE; i = builder->far[i].next) {
		if (builder->far[i].number == number)
			return &builder->far[i].list;
	}
	far = &builder->far[builder->far_count];
	*far = (struct far_list){ number, *bucket, { NONE } };
	*bucket = builder->far_count++;
	return &far->list;
}

static inline struct list *list_of(struct builder *builder, uint32_t number)
{
	if (number >= builder->dense_count)
		return far_list_of(builder, number);
	if (builder->dense_end <= number)
		builder->dense_end = number + 1;
	return &builder->dense[number];
}

/* The list of the sub-call that a rule's call is on this ABI, or NULL. */
static struct list *sub_list_of(struct builder *builder, int32_t call)
{
	uint32_t sub;
	int multiplexer = call_multiplexer(builder->abi, call, &sub);

	if (multiplexer < 0 || sub >= SUB_CALLS)
		return NULL;
	for (int i = 0; i < 2; i++) {
		if (builder->multiplexer[i] < 0)
			builder->multiplexer[i] = multiplexer;
		if (builder->multiplexer[i] == multiplexer)
			return &builder->sub[i][sub];
	}
	return NULL;
}

/* The table number a rule is about on this ABI, or -1. */
static int64_t number_of(const struct builder *builder, const struct policy_rule *rule)
{
	if (rule->call >= 0 && builder->numbers[rule->call] >= -1)
		return builder->numbers[rule->call];
	if (rule->call >= 0)
		return call_table_number(builder->abi, rule->call);
	return rule->abi == builder->abi ? (int64_t)rule->number : -1;
}

static void sort_rules(struct builder *builder)
{
	const struct sbpf_policy *policy = builder->policy;
	bool multiplexes = abi_has_multiplexers(builder->abi);

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		int64_t number = number_of(builder, rule);
		int32_t call = rule->call;
		struct list *sub;

		if (number >= 0)
			append(builder, list_of(builder, (uint32_t)number), rule);
		if (!multiplexes)
			continue;
		if (call < 0 && number >= 0)
			call = call_by_table_number(builder->abi, (uint32_t)number);
		sub = call >= 0 ? sub_list_of(builder, call) : NULL;
		if (sub)
			append(builder, sub, rule);
	}
}

/* ---- Multiplexed calls ---- */

static bool is_literal(const struct builder *builder)
{
	return builder->policy->reading == SBPF_READING_LITERAL;
}

static bool repeats_default(const struct builder *builder, const struct policy_rule *rule)
{
	return rule->verdict == builder->policy->default_verdict;
}

/* A rule that repeats the default says nothing, but literally it shields its call from later ones.
 */
static bool is_void(const struct builder *builder, const struct policy_rule *rule)
{
	return repeats_default(builder, rule) && !is_literal(builder);
}

/* The first rule of a list that stands without conditions: it wins outright. NULL when none does.
 */
static const struct policy_rule *find_outright(const struct builder *builder,
					       const struct list *list)
{
	for (uint32_t i = list->first; i != NONE; i = builder->entries[i].next) {
		const struct policy_rule *rule = builder->entries[i].rule;

		if (!rule->condition_count && !is_void(builder, rule))
			return rule;
	}
	return NULL;
}

/*
 * The conditions of a sub-call lie behind a pointer, so they cannot be checked. Dropping them must
 * not widen: only a rule that is more restrictive than the default goes without them, and
 * literally one that repeats the default too.
 */
static bool extends_unchecked(const struct builder *builder, const struct policy_rule *rule)
{
	return verdict_rank(rule->verdict) > verdict_rank(builder->policy->default_verdict) ||
	       repeats_default(builder, rule);
}

static bool extends(const struct builder *builder, const struct policy_rule *rule,
		    const struct policy_rule *outright)
{
	if (is_void(builder, rule))
		return false;
	if (is_literal(builder))
		return !rule->condition_count || extends_unchecked(builder, rule);
	if (outright)
		return rule == outright;
	return extends_unchecked(builder, rule);
}

static int by_origin(const void *a, const void *b)
{
	const struct multiplexed *left = a;
	const struct multiplexed *right = b;

	return (left->origin > right->origin) - (left->origin < right->origin);
}

/*
 * That argument 0 is the sub-call: the whole register where the rule allows more than the default,
 * else the bits that the kernel reads, or the rule could be passed by. [0] and [1] are these two.
 */
static struct sbpf_condition *sub_call_conditions(struct builder *builder, int which, uint32_t sub)
{
	uint32_t mask = call_multiplexer_mask(builder->multiplexer[which]);
	struct sbpf_condition *conditions = arena_alloc(builder->arena, 2, sizeof(*conditions));

	if (!conditions)
		return NULL;
	conditions[0] = (struct sbpf_condition){ 0, SBPF_EQ, sub, 0 };
	conditions[1] = (struct sbpf_condition){ 0, SBPF_MASKED_EQ, mask, sub };
	return conditions;
}

static bool allows_more(const struct builder *builder, const struct policy_rule *rule)
{
	return verdict_rank(rule->verdict) < verdict_rank(builder->policy->default_verdict);
}

/* Adds what the rules of one sub-call say of the multiplexer. */
static size_t extend_sub(struct builder *builder, int which, uint32_t sub,
			 struct multiplexed *rules, size_t count)
{
	const struct list *list = &builder->sub[which][sub];
	const struct policy_rule *outright = find_outright(builder, list);
	struct sbpf_condition *conditions = NULL;

	for (uint32_t i = list->first; i != NONE; i = builder->entries[i].next) {
		const struct policy_rule *rule = builder->entries[i].rule;

		if (!extends(builder, rule, outright))
			continue;
		if (!conditions)
			conditions = sub_call_conditions(builder, which, sub);
		if (!conditions)
			return SIZE_MAX;
		rules[count] = (struct multiplexed){ *rule, rule };
		rules[count].rule.conditions = &conditions[!allows_more(builder, rule)];
		rules[count].rule.condition_count = 1;
		count++;
	}
	return count;
}

static size_t count_entries(const struct builder *builder, const struct list *list)
{
	size_t count = 0;

	for (uint32_t i = list->first; i != NONE; i = builder->entries[i].next)
		count++;
	return count;
}

/* Makes the list one of these rules; they need entries of their own. */
static int replace_list(struct builder *builder, struct list *list, const struct multiplexed *rules,
			size_t count)
{
	uint32_t base = builder->entry_count;
	struct entry *more = arena_alloc_raw(builder->arena, base + count, sizeof(*more));

	if (!more)
		return -1;
	memcpy(more, builder->entries, base * sizeof(*more));
	builder->entries = more;
	*list = (struct list){ NONE };
	for (size_t i = 0; i < count; i++)
		append(builder, list, &rules[i].rule);
	return 0;
}

/* Merges the rules of a multiplexer's sub-calls into its own list, in document order. */
static int extend_multiplexer(struct builder *builder, int which)
{
	struct list *own =
		list_of(builder,
			(uint32_t)call_table_number(builder->abi, builder->multiplexer[which]));
	struct multiplexed *rules;
	size_t count = 0;

	for (uint32_t sub = 0; sub < SUB_CALLS; sub++)
		count += count_entries(builder, &builder->sub[which][sub]);
	rules = arena_alloc_raw(builder->arena, count + count_entries(builder, own),
				sizeof(*rules));
	count = 0;
	if (!rules)
		return -1;
	for (uint32_t i = own->first; i != NONE; i = builder->entries[i].next) {
		const struct policy_rule *rule = builder->entries[i].rule;

		rules[count++] = (struct multiplexed){ *rule, rule };
	}
	for (uint32_t sub = 0; sub < SUB_CALLS; sub++) {
		count = extend_sub(builder, which, sub, rules, count);
		if (count == SIZE_MAX)
			return -1;
	}
	qsort(rules, count, sizeof(*rules), by_origin);
	return replace_list(builder, own, rules, count);
}

/* ---- The canonical form of one number ---- */

/* Two conditions of one rule on one argument. */
static bool repeats_argument(const struct policy_rule *rule)
{
	unsigned int seen = 0;

	for (uint32_t i = 0; i < rule->condition_count; i++) {
		unsigned int bit = 1u << rule->conditions[i].argument;

		if (seen & bit)
			return true;
		seen |= bit;
	}
	return false;
}

/*
 * A rule with two conditions on one argument is as many rules as it has conditions, as runc has
 * it; literally all of them must hold.
 */
static bool is_split(const struct builder *builder, const struct policy_rule *rule)
{
	return !is_literal(builder) && repeats_argument(rule);
}

static size_t count_clauses(const struct builder *builder, const struct policy_rule *rule)
{
	return is_split(builder, rule) ? rule->condition_count : 1;
}

static size_t add_clauses(const struct builder *builder, const struct policy_rule *rule,
			  struct clause *clauses)
{
	if (!is_split(builder, rule)) {
		*clauses = (struct clause){ rule->conditions, rule->condition_count, rule->verdict,
					    rule->source };
		return 1;
	}
	for (uint32_t i = 0; i < rule->condition_count; i++)
		clauses[i] =
			(struct clause){ &rule->conditions[i], 1, rule->verdict, rule->source };
	return rule->condition_count;
}

/* The clauses of a list's rules, up to the one that decides whatever the arguments. */
static int add_conditional(struct builder *builder, struct call *call, const struct list *list,
			   const struct policy_rule *last)
{
	struct clause *clauses;
	size_t most = 0;

	for (uint32_t i = list->first; i != NONE; i = builder->entries[i].next)
		most += count_clauses(builder, builder->entries[i].rule);
	if (most > CLAUSES_MAX)
		return error_set(builder->error, SBPF_ERROR_TOO_LARGE,
				 "number %u of %s has %zu alternatives; at most %u are compiled",
				 call->number, abi_name(builder->abi), most, CLAUSES_MAX);
	clauses = arena_alloc_raw(builder->arena, most, sizeof(*clauses));
	if (!clauses)
		return error_memory(builder->error);
	for (uint32_t i = list->first; i != NONE; i = builder->entries[i].next) {
		const struct policy_rule *rule = builder->entries[i].rule;

		if (rule == last)
			break;
		if (!is_void(builder, rule))
			call->clause_count +=
				add_clauses(builder, rule, clauses + call->clause_count);
	}
	call->clauses = clauses;
	return 0;
}

/* The arguments of which the kernel reads only the lower half, where only that is to be compared.
 */
static uint8_t narrow_arguments(const struct builder *builder, uint32_t number)
{
	int id = call_by_table_number(builder->abi, number);
	uint8_t narrow = 0;

	if (builder->policy->width != SBPF_WIDTH_KERNEL || id < 0)
		return 0;
	for (unsigned int argument = 0; argument < 6; argument++) {
		if (call_parameter_bits(builder->abi, id, argument) == 32)
			narrow |= (uint8_t)(1u << argument);
	}
	return narrow;
}

static int add_call(struct builder *builder, uint32_t number, const struct list *list)
{
	struct call *call = &builder->calls[builder->call_count++];
	const struct policy_rule *outright = find_outright(builder, list);

	*call = (struct call){ .number = number,
			       .otherwise = outright ? outright->verdict
						     : builder->policy->default_verdict };
	if (outright && !is_literal(builder))
		return 0;
	call->narrow = narrow_arguments(builder, number);
	return add_conditional(builder, call, list, outright);
}

/* ---- Numbers no rule names ---- */

static bool answers_enosys(const struct sbpf_policy *policy)
{
	return policy->unknown_as_enosys &&
	       verdict_rank(policy->default_verdict) >= verdict_rank(SECCOMP_RET_USER_NOTIF);
}

static uint32_t enosys(const struct sbpf_policy *policy)
{
	int number = errno_find(policy->machine, "ENOSYS");

	return SECCOMP_RET_ERRNO | (uint32_t)(number < 0 ? ENOSYS : number);
}

/* Whether a call was first released after the newest that the policy names, if it names one. */
static bool is_newer(const struct builder *builder, int id)
{
	return id >= 0 && builder->policy->newest && call_since(id) > builder->policy->newest;
}

/* A call that no rule names: newer ones are unknown, and arm's private ones beyond the table not.
 */
static void add_unnamed(struct builder *builder, uint32_t number)
{
	struct call call = { .number = number, .otherwise = builder->policy->default_verdict };
	int id = call_by_table_number(builder->abi, number);

	if (is_newer(builder, id))
		call.otherwise = enosys(builder->policy);
	else if (id < 0 || number <= call_table_max(builder->abi))
		return;
	builder->calls[builder->call_count++] = call;
}

/* Makes lists, if only empty ones, for the calls outside the dense range. */
static void list_far(struct builder *builder)
{
	for (int id = 0; id < sbpf_call_count(); id++) {
		int64_t number = call_table_number(builder->abi, id);

		if (number >= (int64_t)builder->dense_count)
			list_of(builder, (uint32_t)number);
	}
}

/* ---- One ABI ---- */

/* The most numbers that no rule names and that have a verdict of their own all the same. */
static size_t most_unnamed(const struct builder *builder)
{
	return builder->unknown_enosys ? (size_t)sbpf_call_count() : 0;
}

/* As many buckets as there may be far numbers, or half as many. */
static int start_far(struct builder *builder, size_t most)
{
	size_t size;

	for (builder->far_bits = 1; most >> (builder->far_bits + 1);)
		builder->far_bits++;
	size = (size_t)1 << builder->far_bits;
	builder->far = arena_alloc_raw(builder->arena, most, sizeof(*builder->far));
	builder->far_buckets = arena_alloc_raw(builder->arena, size, sizeof(*builder->far_buckets));
	if (!builder->far || !builder->far_buckets)
		return -1;
	memset(builder->far_buckets, 0xff, size * sizeof(*builder->far_buckets));
	return 0;
}

static int start(struct builder *builder)
{
	size_t rules = builder->policy->rule_count;
	size_t most = rules + most_unnamed(builder) + 2; /* socketcall and ipc by their sub-calls */
	size_t lists;

	/* A rule stands in its number's list and in its sub-call's. */
	builder->entries =
		arena_alloc_raw(builder->arena, 2 * rules + 1, sizeof(*builder->entries));
	builder->dense_count = call_table_max(builder->abi) + 1;
	if (builder->dense_count > DENSE_MAX)
		builder->dense_count = DENSE_MAX;
	lists = builder->dense_count + 2 * SUB_CALLS;
	builder->dense = arena_alloc_raw(builder->arena, lists, sizeof(struct list));
	builder->calls = arena_alloc_raw(builder->arena, most, sizeof(*builder->calls));
	if (!builder->entries || !builder->dense || !builder->calls || start_far(builder, most))
		return -1;
	memset(builder->dense, 0xff, lists * sizeof(struct list));
	builder->sub[0] = builder->dense + builder->dense_count;
	builder->sub[1] = builder->sub[0] + SUB_CALLS;
	builder->multiplexer[0] = builder->multiplexer[1] = -1;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = ((const struct far_list *)a)->number;
	uint32_t right = ((const struct far_list *)b)->number;

	return (left > right) - (left < right);
}

static int add_number(struct builder *builder, uint32_t number, const struct list *list)
{
	if (list->first != NONE)
		return add_call(builder, number, list);
	if (builder->unknown_enosys)
		add_unnamed(builder, number);
	return 0;
}

static int canonicalize(struct builder *builder)
{
	uint32_t end = builder->dense_end;

	if (builder->unknown_enosys && end <= call_table_max(builder->abi))
		end = builder->dense_count;
	for (uint32_t number = 0; number < end; number++) {
		if (add_number(builder, number, &builder->dense[number]))
			return -1;
	}
	if (builder->unknown_enosys)
		list_far(builder);
	qsort(builder->far, builder->far_count, sizeof(*builder->far), by_number);
	for (size_t i = 0; i < builder->far_count; i++) {
		if (add_number(builder, builder->far[i].number, &builder->far[i].list))
			return -1;
	}
	return 0;
}

int policy_calls(const struct sbpf_policy *policy, int abi, struct arena *arena,
		 struct abi_calls *calls, struct sbpf_error *error)
{
	struct builder builder = { .policy = policy, .arena = arena, .abi = abi, .error = error };

	builder.numbers = call_table_numbers(abi);
	builder.unknown_enosys = answers_enosys(policy);
	if (start(&builder))
		return error_memory(error);
	sort_rules(&builder);
	for (int i = 0; i < 2; i++) {
		if (builder.multiplexer[i] >= 0 && extend_multiplexer(&builder, i))
			return error_memory(error);
	}
	if (canonicalize(&builder))
		return -1;
	*calls = (struct abi_calls){
		.abi = abi,
		.calls = builder.calls,
		.count = builder.call_count,
		.otherwise = policy->default_verdict,
		.above = builder.unknown_enosys ? enosys(policy) : policy->default_verdict,
		.table_max = call_table_max(abi),
	};
	return 0;
}
