/* SPDX-License-Identifier: MIT */
/*
 * Clauses to tests of argument halves. A question is the list of clauses that are still open, with
 * what is left to decide of each condition. Deciding one half of one argument gives other, smaller
 * questions; equal questions are answered once, so rules of one call merge into one decision.
 * Where that grows past a budget, the clauses are tested one after the other instead.
 */
#include "arguments.h"

#include <stdlib.h>
#include <string.h>

/*
 * Conditions looked at per call before the plain chain is taken; far above what real profiles
 * need. Each takes some 32 bytes until the filter is ready.
 */
#define WORK_MAX (1u << 20)
#define ALL_WORK_MAX (1u << 21) /* of all calls together */
#define KNOWN_MAX 64u

/* A chain may be long to walk, so it has to save a quarter of the tests; another order any. */
#define CHAIN_SHARE 4
#define ANY_SHARE 4096

/* What a condition still depends on. */
enum left { LEFT_BOTH, LEFT_LOWER, LEFT_UPPER };

/* What is left of a condition: of all 64 bits, or of one half when the other is decided. */
struct open {
	uint8_t argument;
	uint8_t left;	/* enum left; of one half, low and high have 32 bits */
	uint8_t masked; /* (value & low) == high, else low <= value <= high */
	uint8_t negate;
	uint32_t reserved; /* questions are compared bytewise */
	uint64_t low;
	uint64_t high;
};

struct open_clause {
	uint32_t verdict;
	uint32_t count; /* of its conditions in the question's list */
};

/* A test of the half in question whose outcome is known. */
struct known {
	uint32_t mask;
	uint32_t value;
	uint32_t outcome;
};

/* Clauses in order, each with its open conditions; what no clause decides goes to otherwise. */
struct question {
	uint32_t clause_count;
	uint32_t open_count;
	struct open_clause *clauses;
	struct open *opens;
};

struct answer {
	struct answer *next;
	const void *key;
	size_t size;
	int32_t node;
};

#define ANSWER_BUCKETS 512u

struct builder {
	struct dag *dag;
	const struct argument_layout *layout;
	const struct tree_options *options;
	bool lower_first; /* of an argument of 64 bits, the lower half is decided first */
	int32_t otherwise;
	uint32_t work; /* conditions looked at */
	bool exceeded; /* the budget, which is no lack of memory */
	struct answer *answers[ANSWER_BUCKETS];
};

enum truth { NEVER, ALWAYS, DEPENDS };

static int32_t ask(struct builder *builder, const struct question *question);

/* ---- Conditions ---- */

static uint64_t widest(const struct open *open)
{
	return open->left == LEFT_BOTH ? UINT64_MAX : UINT32_MAX;
}

/* A mask of leading ones is a range: (value & 0xffffff00) == 0 is value <= 0xff. */
static void mask_to_range(struct open *open)
{
	uint64_t rest = ~open->low & widest(open);

	if (open->masked && !(rest & (rest + 1))) {
		open->masked = 0;
		open->low = open->high;
		open->high |= rest;
	}
}

/* Whether what is left of a condition depends on anything. */
static enum truth simplify(struct open *open)
{
	enum truth truth = DEPENDS;

	if (open->masked && (open->high & ~open->low))
		truth = NEVER;
	else if (open->masked && !open->low)
		truth = ALWAYS;
	if (truth == DEPENDS)
		mask_to_range(open);
	if (truth == DEPENDS && !open->masked) {
		if (open->low > open->high)
			truth = NEVER;
		else if (open->low == 0 && open->high == widest(open))
			truth = ALWAYS;
	}
	if (truth != DEPENDS && open->negate)
		truth = truth == NEVER ? ALWAYS : NEVER;
	return truth;
}

/* A 64-bit value as one of 32 bits is meant: a sign-extended one is cut. */
static uint64_t cut(uint64_t value)
{
	return value >> 32 == UINT32_MAX ? (uint32_t)value : value;
}

/* The upper half is 0 on a 32-bit ABI, or nobody reads it: only the lower is left to decide. */
static enum truth narrow(struct open *open)
{
	open->left = LEFT_LOWER;
	if (open->masked) {
		if (open->high >> 32)
			return open->negate ? ALWAYS : NEVER;
		open->low = (uint32_t)open->low;
	} else if (open->low > UINT32_MAX) {
		return open->negate ? ALWAYS : NEVER;
	} else if (open->high > UINT32_MAX) {
		open->high = UINT32_MAX;
	}
	return simplify(open);
}

static void set_range(struct open *open, uint64_t low, uint64_t high)
{
	open->low = low;
	open->high = high;
}

/* LT 0 and GT of the largest value never hold: a range from 1 to 0. */
static void set_compare(struct open *open, enum sbpf_compare compare, uint64_t value)
{
	switch (compare) {
	case SBPF_NE:
		open->negate = 1;
		set_range(open, value, value);
		break;
	case SBPF_LT:
		set_range(open, value ? 0 : 1, value ? value - 1 : 0);
		break;
	case SBPF_LE:
		set_range(open, 0, value);
		break;
	case SBPF_EQ:
	case SBPF_MASKED_EQ:
		set_range(open, value, value);
		break;
	case SBPF_GE:
		set_range(open, value, UINT64_MAX);
		break;
	case SBPF_GT:
		set_range(open, value < UINT64_MAX ? value + 1 : 1,
			  value < UINT64_MAX ? UINT64_MAX : 0);
		break;
	}
}

static enum truth open_condition(const struct sbpf_condition *condition,
				 const struct argument_layout *layout, struct open *open)
{
	bool is_narrow = layout->narrow >> condition->argument & 1;
	uint64_t value = is_narrow ? cut(condition->value) : condition->value;
	uint64_t two = is_narrow ? cut(condition->value_two) : condition->value_two;
	enum truth truth;

	*open = (struct open){ .argument = (uint8_t)condition->argument };
	if (condition->compare == SBPF_MASKED_EQ) {
		open->masked = 1;
		set_range(open, value, two & value);
	} else {
		set_compare(open, condition->compare, value);
	}
	truth = simplify(open);
	return truth == DEPENDS && is_narrow ? narrow(open) : truth;
}

/* ---- Questions ---- */

static bool make_question(struct builder *builder, struct question *question, uint32_t clauses,
			  uint32_t opens)
{
	*question = (struct question){ 0 };
	question->clauses =
		arena_alloc_raw(builder->dag->scratch, clauses, sizeof(struct open_clause));
	question->opens = arena_alloc_raw(builder->dag->scratch, opens, sizeof(struct open));
	return question->clauses && question->opens;
}

/*
 * Ends a clause whose conditions were added to the question's list. A clause without any left
 * holds outright; nothing after it counts, and the caller stops when this says so.
 */
static bool end_clause(struct question *question, uint32_t verdict, uint32_t opens)
{
	question->clauses[question->clause_count++] = (struct open_clause){ verdict, opens };
	question->open_count += opens;
	return opens == 0;
}

static uint8_t word_of(const struct builder *builder, unsigned int argument, bool lower)
{
	return (uint8_t)(WORD_ARGUMENTS + 2 * argument + (lower == builder->layout->big_endian));
}

/* ---- What one half leaves of a condition ---- */

/* One half of one argument, and what masked tests said of it already. */
struct scope {
	unsigned int argument;
	bool lower;
	struct known known[KNOWN_MAX];
	uint32_t known_count;
};

/* A masked test of one half; not masked when the mask is none or leading ones: that is a range. */
struct half {
	bool masked;
	uint32_t mask;
	uint32_t value;
};

static uint32_t half_of(const struct open *open, uint64_t bits, bool lower)
{
	return (uint32_t)(open->left == LEFT_BOTH && !lower ? bits >> 32 : bits);
}

static struct half mask_half(const struct open *open, bool lower)
{
	uint32_t mask = half_of(open, open->low, lower);

	return (struct half){ open->masked && mask && (~mask & (~mask + 1)), mask,
			      half_of(open, open->high, lower) };
}

/* Goes on with the other half of a mask. */
static void keep_other_half(struct open *open, bool lower)
{
	open->low = half_of(open, open->low, !lower);
	open->high = half_of(open, open->high, !lower);
	open->left = lower ? LEFT_UPPER : LEFT_LOWER;
}

/* Whether the upper half lies on the edge of a range, so that the lower half decides. */
static enum truth range_upper(struct open *open, uint32_t upper)
{
	uint32_t low = (uint32_t)(open->low >> 32);
	uint32_t high = (uint32_t)(open->high >> 32);

	if (upper < low || upper > high)
		return NEVER;
	set_range(open, upper == low ? (uint32_t)open->low : 0,
		  upper == high ? (uint32_t)open->high : UINT32_MAX);
	open->left = LEFT_LOWER;
	return DEPENDS;
}

/* A lower half below the range's lower end wants an upper half above that end's, and so on. */
static enum truth range_lower(struct open *open, uint32_t lower)
{
	uint64_t low = (open->low >> 32) + (lower < (uint32_t)open->low);
	uint64_t high = (open->high >> 32) + (lower <= (uint32_t)open->high);

	if (low >= high)
		return NEVER;
	set_range(open, low, high - 1);
	open->left = LEFT_UPPER;
	return DEPENDS;
}

static enum truth mask_value(struct open *open, bool lower, uint32_t value)
{
	struct half half = mask_half(open, lower);

	if ((value & half.mask) != half.value)
		return NEVER;
	if (open->left != LEFT_BOTH)
		return ALWAYS;
	keep_other_half(open, lower);
	return DEPENDS;
}

static enum truth range_value(struct open *open, bool lower, uint32_t value)
{
	if (open->left != LEFT_BOTH)
		return value >= open->low && value <= open->high ? ALWAYS : NEVER;
	return lower ? range_lower(open, value) : range_upper(open, value);
}

/* What is left of a condition when the half has this value. */
static enum truth decide_value(struct open *open, bool lower, uint32_t value)
{
	enum truth truth =
		open->masked ? mask_value(open, lower, value) : range_value(open, lower, value);

	if (truth != DEPENDS)
		return (truth == ALWAYS) == !open->negate ? ALWAYS : NEVER;
	return simplify(open);
}

/* What is left when a masked test of the half turned out so. */
static enum truth decide_mask(struct open *open, bool lower, bool outcome)
{
	if (!outcome)
		return open->negate ? ALWAYS : NEVER;
	if (open->left != LEFT_BOTH)
		return open->negate ? NEVER : ALWAYS;
	keep_other_half(open, lower);
	return simplify(open);
}

/* Whether (half & mask) == value is known from other tests: 1, 0 or -1 when it is not. */
static int is_known(const struct known *known, uint32_t count, const struct half *half)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t common = known[i].mask & half->mask;

		if (known[i].mask == half->mask && known[i].value == half->value)
			return known[i].outcome != 0;
		if (!known[i].outcome)
			continue;
		if ((known[i].value ^ half->value) & common)
			return 0;
		if (common == half->mask)
			return 1;
	}
	return -1;
}

/* ---- Deciding one half ---- */

/* Whether a condition has something to say about the half in question. */
static bool is_about(const struct builder *builder, const struct open *open,
		     const struct scope *scope)
{
	if (open->argument != scope->argument)
		return false;
	if (open->left == LEFT_BOTH)
		return scope->lower == builder->lower_first;
	return scope->lower == (open->left == LEFT_LOWER);
}

static enum truth decide_open(const struct builder *builder, const struct scope *scope,
			      const uint32_t *value, struct open *open)
{
	struct half half;
	int outcome;

	if (!is_about(builder, open, scope))
		return DEPENDS;
	if (value)
		return decide_value(open, scope->lower, *value);
	half = mask_half(open, scope->lower);
	if (!half.masked)
		return DEPENDS;
	outcome = is_known(scope->known, scope->known_count, &half);
	return outcome < 0 ? DEPENDS : decide_mask(open, scope->lower, outcome);
}

/* The question that is left when the half has a value, or (value NULL) when masked tests are known.
 */
static bool reduce(struct builder *builder, const struct question *question,
		   const struct scope *scope, const uint32_t *value, struct question *left)
{
	const struct open *open = question->opens;

	builder->work += question->open_count + 1;
	builder->dag->work.conditions += question->open_count + 1;
	builder->exceeded |=
		builder->work > WORK_MAX || builder->dag->work.conditions > ALL_WORK_MAX;
	if (builder->exceeded ||
	    !make_question(builder, left, question->clause_count, question->open_count))
		return false;
	for (uint32_t c = 0; c < question->clause_count; c++) {
		const struct open_clause *clause = &question->clauses[c];
		struct open *kept = left->opens + left->open_count;
		uint32_t count = 0;
		bool never = false;

		for (uint32_t i = 0; i < clause->count; i++, open++) {
			enum truth truth;

			kept[count] = *open;
			truth = decide_open(builder, scope, value, &kept[count]);
			never = never || truth == NEVER;
			count += truth == DEPENDS && !never;
		}
		if (!never && end_clause(left, clause->verdict, count))
			break;
	}
	return true;
}

static int compare_words(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

static void add_edge(uint32_t *edges, uint32_t *count, uint64_t edge)
{
	if (edge <= UINT32_MAX)
		edges[(*count)++] = (uint32_t)edge;
}

/* The values of the half at which the outcome of a condition about it may change. */
static void add_edges(const struct open *open, bool lower, uint32_t *edges, uint32_t *count)
{
	uint64_t low = half_of(open, open->low, lower);
	uint64_t high = half_of(open, open->high, lower);

	if (open->masked) {
		struct half half = mask_half(open, lower);

		add_edge(edges, count, half.value);
		add_edge(edges, count, (uint64_t)half.value + (uint32_t)~half.mask + 1);
		return;
	}
	add_edge(edges, count, low);
	add_edge(edges, count, high + 1);
	if (open->left == LEFT_BOTH && !lower) {
		add_edge(edges, count, low + 1);
		add_edge(edges, count, high);
	}
}

static uint32_t *find_edges(struct builder *builder, const struct question *question,
			    const struct scope *scope, uint32_t *count)
{
	uint32_t *edges = arena_alloc_raw(builder->dag->scratch,
					  4 * (size_t)question->open_count + 1, sizeof(*edges));
	uint32_t kept = 0;

	*count = 0;
	if (!edges)
		return NULL;
	add_edge(edges, count, 0);
	for (uint32_t i = 0; i < question->open_count; i++) {
		if (is_about(builder, &question->opens[i], scope))
			add_edges(&question->opens[i], scope->lower, edges, count);
	}
	qsort(edges, *count, sizeof(*edges), compare_words);
	for (uint32_t i = 0; i < *count; i++) {
		if (!kept || edges[kept - 1] != edges[i])
			edges[kept++] = edges[i];
	}
	*count = kept;
	return edges;
}

/* All conditions about the half are ranges: a tree over the values between their edges. */
static int32_t decide_ranges(struct builder *builder, const struct question *question,
			     const struct scope *scope)
{
	uint32_t count;
	uint32_t *edges = find_edges(builder, question, scope, &count);
	struct segment *segments;

	segments = edges ? arena_alloc_raw(builder->dag->scratch, count, sizeof(*segments)) : NULL;
	if (!segments)
		return -1;
	for (uint32_t i = 0; i < count; i++) {
		struct question left;

		if (!reduce(builder, question, scope, &edges[i], &left))
			return -1;
		segments[i] =
			(struct segment){ edges[i], i + 1 < count ? edges[i + 1] - 1 : UINT32_MAX,
					  ask(builder, &left), 1 };
		if (segments[i].node < 0)
			return -1;
	}
	count = segments_merge(segments, count);
	return tree_build(builder->dag, word_of(builder, scope->argument, scope->lower), segments,
			  count, builder->options, NULL);
}

static int32_t test_half(struct builder *builder, uint8_t word, const struct half *half,
			 int32_t yes, int32_t no)
{
	if (!half->value)
		return dag_test(builder->dag, BPF_JSET, word, half->mask, no, yes);
	if (half->value == half->mask && !(half->mask & (half->mask - 1)))
		return dag_test(builder->dag, BPF_JSET, word, half->mask, yes, no);
	return dag_test_masked(builder->dag, word, half->mask, half->value, yes, no);
}

static const struct open *find_masked(const struct builder *builder,
				      const struct question *question, const struct scope *scope)
{
	for (uint32_t i = 0; i < question->open_count; i++) {
		const struct open *open = &question->opens[i];

		if (is_about(builder, open, scope) && mask_half(open, scope->lower).masked)
			return open;
	}
	return NULL;
}

/* Decides the half: first the masked tests, one at a time, then the ranges. */
static int32_t decide_half(struct builder *builder, const struct question *question,
			   struct scope *scope)
{
	const struct open *masked = find_masked(builder, question, scope);
	struct question left;
	struct half half;
	int32_t sides[2];

	if (!masked)
		return decide_ranges(builder, question, scope);
	half = mask_half(masked, scope->lower);
	builder->exceeded |= scope->known_count == KNOWN_MAX;
	if (builder->exceeded)
		return -1;
	scope->known_count++;
	for (uint32_t outcome = 0; outcome < 2; outcome++) {
		scope->known[scope->known_count - 1] =
			(struct known){ half.mask, half.value, outcome };
		if (!reduce(builder, question, scope, NULL, &left))
			return -1;
		sides[outcome] = decide_half(builder, &left, scope);
	}
	scope->known_count--;
	return test_half(builder, word_of(builder, scope->argument, scope->lower), &half, sides[1],
			 sides[0]);
}

/* ---- Asking ---- */

/* The bytes that tell a question from others: whole words of 32 bits. */
static void *make_key(struct builder *builder, const struct question *question, size_t *size)
{
	size_t clauses = question->clause_count * sizeof(*question->clauses);
	size_t opens = question->open_count * sizeof(*question->opens);
	unsigned char *key = arena_alloc_raw(builder->dag->scratch, clauses + opens + 1, 1);

	*size = clauses + opens;
	if (key) {
		memcpy(key, question->clauses, clauses);
		memcpy(key + clauses, question->opens, opens);
	}
	return key;
}

static struct answer **find_answer(struct builder *builder, const unsigned char *key, size_t size)
{
	struct answer **place;
	uint32_t hash = 0;
	uint32_t word;

	for (size_t i = 0; i + sizeof(word) <= size; i += sizeof(word)) {
		memcpy(&word, key + i, sizeof(word));
		hash = (hash ^ word ^ (hash >> 15)) * 0x85ebca6bu;
	}
	place = &builder->answers[(hash ^ (hash >> 16)) & (ANSWER_BUCKETS - 1)];
	while (*place && ((*place)->size != size || memcmp((*place)->key, key, size) != 0))
		place = &(*place)->next;
	return place;
}

/* Decides a half of the first open condition's argument; all its conditions have the same left. */
static int32_t answer(struct builder *builder, const struct question *question)
{
	const struct open *first = question->opens;
	struct scope scope; /* known[] is long, and empty */

	scope.argument = first->argument;
	scope.known_count = 0;
	scope.lower = first->left == LEFT_BOTH ? builder->lower_first : first->left == LEFT_LOWER;
	return decide_half(builder, question, &scope);
}

static int32_t ask(struct builder *builder, const struct question *question)
{
	struct answer **place;
	struct answer *found;
	size_t size;
	void *key;

	if (!question->clause_count)
		return builder->otherwise;
	if (!question->clauses[0].count)
		return dag_return(builder->dag, question->clauses[0].verdict);
	key = make_key(builder, question, &size);
	if (!key)
		return -1;
	place = find_answer(builder, key, size);
	if (*place)
		return (*place)->node;
	found = arena_alloc_raw(builder->dag->scratch, 1, sizeof(*found));
	if (!found)
		return -1;
	*found = (struct answer){ NULL, key, size, answer(builder, question) };
	place = find_answer(builder, key, size);
	*place = found;
	return found->node;
}

/* ---- One clause after the other ---- */

/* A range of one half: at most two tests, one where an end is the end of all values. */
static int32_t chain_range(struct dag *dag, uint8_t word, uint32_t low, uint32_t high, int32_t yes,
			   int32_t no)
{
	if (low == high)
		return dag_test(dag, BPF_JEQ, word, low, yes, no);
	if (high != UINT32_MAX)
		yes = dag_test(dag, BPF_JGT, word, high, no, yes);
	return low ? dag_test(dag, BPF_JGE, word, low, yes, no) : yes;
}

static int32_t chain_range_64(struct builder *builder, const struct open *open, int32_t yes,
			      int32_t no)
{
	uint8_t lower = word_of(builder, open->argument, true);
	uint8_t upper = word_of(builder, open->argument, false);
	uint32_t low = (uint32_t)(open->low >> 32);
	uint32_t high = (uint32_t)(open->high >> 32);
	int32_t at_low;
	int32_t at_high;

	if (low == high)
		return dag_test(builder->dag, BPF_JEQ, upper, low,
				chain_range(builder->dag, lower, (uint32_t)open->low,
					    (uint32_t)open->high, yes, no),
				no);
	at_low = chain_range(builder->dag, lower, (uint32_t)open->low, UINT32_MAX, yes, no);
	at_high = chain_range(builder->dag, lower, 0, (uint32_t)open->high, yes, no);
	yes = dag_test(builder->dag, BPF_JEQ, upper, low, at_low,
		       dag_test(builder->dag, BPF_JEQ, upper, high, at_high, yes));
	return chain_range(builder->dag, upper, low, high, yes, no);
}

static int32_t chain_masked(struct builder *builder, const struct open *open, int32_t yes,
			    int32_t no)
{
	for (int lower = 1; lower >= (open->left == LEFT_BOTH ? 0 : 1); lower--) {
		struct half half = { true, half_of(open, open->low, lower),
				     half_of(open, open->high, lower) };

		if (half.mask)
			yes = test_half(builder, word_of(builder, open->argument, lower), &half,
					yes, no);
	}
	return yes;
}

static int32_t chain_open(struct builder *builder, const struct open *open, int32_t yes, int32_t no)
{
	if (open->negate) {
		int32_t swap = yes;

		yes = no;
		no = swap;
	}
	if (open->masked)
		return chain_masked(builder, open, yes, no);
	if (open->left != LEFT_BOTH)
		return chain_range(builder->dag, word_of(builder, open->argument, true),
				   (uint32_t)open->low, (uint32_t)open->high, yes, no);
	return chain_range_64(builder, open, yes, no);
}

static int32_t chain(struct builder *builder, const struct question *question)
{
	const struct open *open = question->opens + question->open_count;
	int32_t node = builder->otherwise;

	for (uint32_t c = question->clause_count; c--;) {
		int32_t yes = dag_return(builder->dag, question->clauses[c].verdict);

		for (uint32_t i = 0; i < question->clauses[c].count; i++)
			yes = chain_open(builder, --open, yes, node);
		node = yes;
	}
	return node;
}

/* ---- A call ---- */

static bool first_question(struct builder *builder, const struct call *call,
			   struct question *question)
{
	size_t most = 0;

	for (size_t c = 0; c < call->clause_count; c++)
		most += call->clauses[c].condition_count;
	if (most > UINT32_MAX || call->clause_count > UINT32_MAX ||
	    !make_question(builder, question, (uint32_t)call->clause_count, (uint32_t)most))
		return false;
	for (size_t c = 0; c < call->clause_count; c++) {
		const struct clause *clause = &call->clauses[c];
		struct open *kept = question->opens + question->open_count;
		uint32_t count = 0;
		bool never = false;

		for (uint32_t i = 0; i < clause->condition_count; i++) {
			enum truth truth = open_condition(&clause->conditions[i], builder->layout,
							  &kept[count]);

			never = never || truth == NEVER;
			count += truth == DEPENDS && !never;
		}
		if (!never && end_clause(question, clause->verdict, count))
			break;
	}
	return true;
}

/*
 * The better of two decisions that mean the same: a, unless b saves more than one test in share.
 * -1 without memory.
 */
static int32_t smaller(const struct dag *dag, int32_t a, int32_t b, int share)
{
	int size_a = a < 0 ? -1 : dag_size(dag, a);
	int size_b = b < 0 ? -1 : dag_size(dag, b);

	if (size_a < 0 || size_b < 0)
		return -1;
	return share * (size_a - size_b) > size_a ? b : a;
}

/* All answers for one order of the halves; -1 without memory or past the budget. */
static int32_t ask_in_order(struct builder *builder, const struct question *question,
			    bool lower_first)
{
	memset(builder->answers, 0, sizeof(builder->answers));
	builder->work = 0;
	builder->exceeded = false;
	builder->lower_first = lower_first;
	return ask(builder, question);
}

/* The smallest of the decisions known. The lower half first fails most, and is preferred. */
static int32_t build(struct builder *builder, const struct call *call)
{
	struct question question;
	int32_t chained;
	int32_t other;
	int32_t node;

	if (!first_question(builder, call, &question))
		return -1;
	node = ask_in_order(builder, &question, true);
	if (node < 0 && !builder->exceeded)
		return -1;
	if (question.clause_count < 2 && node >= 0)
		return node;
	chained = chain(builder, &question);
	node = node < 0 ? chained : smaller(builder->dag, node, chained, CHAIN_SHARE);
	if (!builder->options->thorough)
		return node;
	other = ask_in_order(builder, &question, false);
	return other < 0 && builder->exceeded ? node
					      : smaller(builder->dag, node, other, ANY_SHARE);
}

static int32_t build_conditional(struct dag *dag, const struct call *call,
				 const struct argument_layout *layout,
				 const struct tree_options *options, int32_t otherwise)
{
	struct builder builder;
	struct arena mark = arena_mark(dag->scratch);
	int32_t node;

	/* Not one initialiser: the rest is set for each order of the halves. */
	builder.dag = dag;
	builder.layout = layout;
	builder.options = options;
	builder.otherwise = otherwise;
	node = build(&builder, call);
	arena_rewind(dag->scratch, mark);
	return node;
}

int32_t arguments_build(struct dag *dag, const struct call *call,
			const struct argument_layout *layout, const struct tree_options *options)
{
	int32_t otherwise = dag_return(dag, call->otherwise);

	if (otherwise < 0 || !call->clause_count)
		return otherwise;
	return build_conditional(dag, call, layout, options, otherwise);
}
