/* SPDX-License-Identifier: MIT */
#include "diagram.h"

#include <stdlib.h>
#include <string.h>

#include "action.h"
#include "array.h"

#define LEAF_VARIABLE (DIAGRAM_WORDS * 32u)
#define CACHE_MAX (1u << 20)

/* A profile as container runtimes have it fits in; what is allocated has to be paged in. */
#define FIRST_NODES (1u << 12)
#define FIRST_CACHE (1u << 10)

/* So many leaves, from 0 on, have the number of their value. */
#define FIXED_LEAVES 2u

/* An operation that makes few nodes may still take long to find them. */
#define STEPS_PER_NODE 16u
#define STEPS_MIN (UINT64_C(1) << 18)

/* Operations in the cache beside enum diagram_operation. */
enum { CACHED_CHOOSE = 16, CACHED_FIX = 64 };

int diagrams_init(struct diagrams *diagrams, uint32_t limit)
{
	*diagrams = (struct diagrams){ .limit = limit,
				       .capacity = FIRST_NODES,
				       .cache_size = FIRST_CACHE };
	diagrams->nodes = malloc(diagrams->capacity * sizeof(*diagrams->nodes));
	diagrams->heads = calloc(diagrams->capacity, sizeof(*diagrams->heads));
	diagrams->cache = calloc(diagrams->cache_size, sizeof(*diagrams->cache));
	if (!diagrams->nodes || !diagrams->heads || !diagrams->cache) {
		diagrams_free(diagrams);
		return -1;
	}
	/* The leaves 0 and 1 are the nodes 0 and 1, and in no chain. */
	while (diagrams->count < FIXED_LEAVES) {
		diagrams->nodes[diagrams->count] =
			(struct diagram_node){ LEAF_VARIABLE, 0, diagrams->count, 0, 0 };
		diagrams->count++;
	}
	diagrams_begin(diagrams);
	return 0;
}

void diagrams_begin(struct diagrams *diagrams)
{
	uint64_t steps = (uint64_t)diagrams->limit * STEPS_PER_NODE;

	diagrams->steps = steps > STEPS_MIN ? steps : STEPS_MIN;
	diagrams->out_of_memory = false;
}

void diagrams_free(struct diagrams *diagrams)
{
	free(diagrams->nodes);
	free(diagrams->heads);
	free(diagrams->cache);
	*diagrams = (struct diagrams){ 0 };
}

/* ---- Nodes ---- */

static uint32_t mix(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t hash = a * 0x9e3779b1u;

	hash = (hash ^ b ^ (hash >> 15)) * 0x85ebca6bu;
	hash = (hash ^ c ^ (hash >> 13)) * 0xc2b2ae35u;
	return hash ^ (hash >> 16);
}

static uint32_t *head_of(const struct diagrams *diagrams, uint32_t variable, diagram low,
			 diagram high)
{
	return &diagrams->heads[mix(variable, low, high) & (diagrams->capacity - 1)];
}

static void chain_all(struct diagrams *diagrams)
{
	memset(diagrams->heads, 0, diagrams->capacity * sizeof(*diagrams->heads));
	for (uint32_t i = FIXED_LEAVES; i < diagrams->count; i++) {
		struct diagram_node *node = &diagrams->nodes[i];
		uint32_t *head = head_of(diagrams, node->variable, node->low, node->high);

		node->next = *head;
		*head = i;
	}
}

static int grow(struct diagrams *diagrams)
{
	size_t capacity = (size_t)diagrams->capacity * 2;
	struct diagram_node *nodes;
	uint32_t *heads;

	if (diagrams->count >= diagrams->limit)
		return -1;
	nodes = reallocarray(diagrams->nodes, capacity, sizeof(*nodes));
	if (nodes)
		diagrams->nodes = nodes;
	heads = reallocarray(diagrams->heads, capacity, sizeof(*heads));
	if (heads)
		diagrams->heads = heads;
	if (!nodes || !heads) {
		diagrams->out_of_memory = true;
		return -1;
	}
	diagrams->capacity = (uint32_t)capacity;
	chain_all(diagrams);
	return 0;
}

/* The node, or 0 when there is none. */
static diagram find(const struct diagrams *diagrams, uint32_t variable, diagram low, diagram high)
{
	diagram found = *head_of(diagrams, variable, low, high);

	while (found) {
		const struct diagram_node *node = &diagrams->nodes[found];

		if (node->variable == variable && node->low == low && node->high == high)
			break;
		found = node->next;
	}
	return found;
}

static diagram add(struct diagrams *diagrams, const struct diagram_node *node)
{
	uint32_t *head;

	if (diagrams->count == diagrams->capacity && grow(diagrams))
		return DIAGRAM_FAILED;
	head = head_of(diagrams, node->variable, node->low, node->high);
	diagrams->nodes[diagrams->count] = *node;
	diagrams->nodes[diagrams->count].next = *head;
	*head = diagrams->count;
	return diagrams->count++;
}

/* A test of one bit; none where both sides are the same. */
static diagram make(struct diagrams *diagrams, uint32_t variable, diagram low, diagram high)
{
	struct diagram_node node = { .variable = (uint16_t)variable, .low = low, .high = high };
	diagram found;

	if (low == DIAGRAM_FAILED || high == DIAGRAM_FAILED)
		return DIAGRAM_FAILED;
	if (low == high)
		return low;
	found = find(diagrams, variable, low, high);
	if (found)
		return found;
	node.words = (uint16_t)(1u << variable / 32 | diagrams->nodes[low].words |
				diagrams->nodes[high].words);
	return add(diagrams, &node);
}

diagram diagram_leaf(struct diagrams *diagrams, uint32_t value)
{
	struct diagram_node leaf = { .variable = LEAF_VARIABLE, .low = value };
	diagram found = value < FIXED_LEAVES ? value : find(diagrams, LEAF_VARIABLE, value, 0);

	return found || !value ? found : add(diagrams, &leaf);
}

bool diagram_has_leaf(const struct diagrams *diagrams, uint32_t value)
{
	return value < FIXED_LEAVES || find(diagrams, LEAF_VARIABLE, value, 0);
}

bool diagram_is_leaf(const struct diagrams *diagrams, diagram d)
{
	return diagrams->nodes[d].variable == LEAF_VARIABLE;
}

uint32_t diagram_value(const struct diagrams *diagrams, diagram d)
{
	return diagrams->nodes[d].low;
}

unsigned int diagram_words(const struct diagrams *diagrams, diagram d)
{
	return diagrams->nodes[d].words;
}

static uint32_t variable_of(unsigned int word, unsigned int bit)
{
	return word * 32 + (31 - bit);
}

diagram diagram_bit(struct diagrams *diagrams, unsigned int word, unsigned int bit)
{
	return make(diagrams, variable_of(word, bit), diagram_leaf(diagrams, 0),
		    diagram_leaf(diagrams, 1));
}

bool diagram_is_bit(const struct diagrams *diagrams, diagram d, unsigned int word, unsigned int bit)
{
	const struct diagram_node *node = &diagrams->nodes[d];

	return node->variable == variable_of(word, bit) && node->low == 0 && node->high == 1;
}

diagram diagram_test(struct diagrams *diagrams, unsigned int word, unsigned int bit, diagram clear,
		     diagram set)
{
	return make(diagrams, variable_of(word, bit), clear, set);
}

/* d where the variable, which is not after its root's, is clear or set. */
static diagram side(const struct diagrams *diagrams, diagram d, uint32_t variable, bool set)
{
	const struct diagram_node *node = &diagrams->nodes[d];

	if (node->variable != variable)
		return d;
	return set ? node->high : node->low;
}

/* ---- Operations ---- */

static struct diagram_cached *cached(const struct diagrams *diagrams, uint32_t operation, diagram a,
				     diagram b, diagram c)
{
	uint32_t place = mix(a ^ (operation << 24), b, c) & (diagrams->cache_size - 1);

	return &diagrams->cache[place];
}

static bool is_cached(const struct diagram_cached *entry, uint32_t operation, diagram a, diagram b,
		      diagram c)
{
	return entry->operation == operation && entry->a == a && entry->b == b && entry->c == c;
}

/* A cache that is small beside the work forgets what is asked again. It may stay as it is. */
static void grow_cache(struct diagrams *diagrams)
{
	struct diagram_cached *old = diagrams->cache;
	uint32_t old_size = diagrams->cache_size;
	struct diagram_cached *cache;

	diagrams->forgotten = 0;
	if (old_size == CACHE_MAX)
		return;
	cache = calloc((size_t)old_size * 2, sizeof(*cache));
	if (!cache)
		return;
	diagrams->cache = cache;
	diagrams->cache_size = old_size * 2;
	for (uint32_t i = 0; i < old_size; i++) {
		const struct diagram_cached *entry = &old[i];

		if (entry->operation)
			*cached(diagrams, entry->operation, entry->a, entry->b, entry->c) = *entry;
	}
	free(old);
}

static diagram keep(struct diagrams *diagrams, uint32_t operation, diagram a, diagram b, diagram c,
		    diagram result)
{
	struct diagram_cached *entry;

	if (result == DIAGRAM_FAILED)
		return result;
	entry = cached(diagrams, operation, a, b, c);
	diagrams->forgotten += entry->operation != 0;
	*entry = (struct diagram_cached){ operation, a, b, c, result };
	if (diagrams->forgotten > diagrams->cache_size / 2)
		grow_cache(diagrams);
	return result;
}

/* Whether there is no step left. */
static bool is_exhausted(struct diagrams *diagrams)
{
	if (!diagrams->steps)
		return true;
	diagrams->steps--;
	diagrams->taken++;
	return false;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* At most one step down a variable each time: 512 deep. */
diagram diagram_choose(struct diagrams *diagrams, diagram condition, diagram yes, diagram no)
{
	const struct diagram_cached *entry;
	uint32_t variable;

	if (condition == DIAGRAM_FAILED || yes == DIAGRAM_FAILED || no == DIAGRAM_FAILED)
		return DIAGRAM_FAILED;
	if (diagram_is_leaf(diagrams, condition))
		return diagram_value(diagrams, condition) ? yes : no;
	if (yes == no)
		return yes;
	if (yes == diagram_leaf(diagrams, 1) && no == diagram_leaf(diagrams, 0))
		return condition;
	entry = cached(diagrams, CACHED_CHOOSE, condition, yes, no);
	if (is_cached(entry, CACHED_CHOOSE, condition, yes, no))
		return entry->result;
	if (is_exhausted(diagrams))
		return DIAGRAM_FAILED;
	variable = least(diagrams->nodes[condition].variable,
			 least(diagrams->nodes[yes].variable, diagrams->nodes[no].variable));
	return keep(diagrams, CACHED_CHOOSE, condition, yes, no,
		    make(diagrams, variable,
			 diagram_choose(diagrams, side(diagrams, condition, variable, false),
					side(diagrams, yes, variable, false),
					side(diagrams, no, variable, false)),
			 diagram_choose(diagrams, side(diagrams, condition, variable, true),
					side(diagrams, yes, variable, true),
					side(diagrams, no, variable, true))));
}

/* What is not known may be as strict as any. */
static uint32_t strictest(uint32_t verdict)
{
	return verdict == DIAGRAM_UNKNOWN ? SECCOMP_RET_KILL_PROCESS : verdict;
}

/* What is not known may be as permissive as any. */
static uint32_t looser(uint32_t a, uint32_t b)
{
	if (a == DIAGRAM_UNKNOWN || b == DIAGRAM_UNKNOWN)
		return DIAGRAM_UNKNOWN;
	return verdict_rank(b) < verdict_rank(a) ? b : a;
}

static uint32_t operate(enum diagram_operation operation, uint32_t a, uint32_t b)
{
	switch (operation) {
	case DIAGRAM_STRICTER:
		return sbpf_verdict_compare(strictest(b), strictest(a)) < 0 ? b : a;
	case DIAGRAM_WIDER:
		return verdict_rank(a) < verdict_rank(b);
	case DIAGRAM_LOOSER:
		return looser(a, b);
	case DIAGRAM_DIFFER:
	default:
		return a != b;
	}
}

diagram diagram_apply(struct diagrams *diagrams, enum diagram_operation operation, diagram a,
		      diagram b)
{
	const struct diagram_cached *entry;
	uint32_t variable;

	if (a == DIAGRAM_FAILED || b == DIAGRAM_FAILED)
		return DIAGRAM_FAILED;
	if (a == b && (operation == DIAGRAM_STRICTER || operation == DIAGRAM_LOOSER))
		return a;
	if (a == b)
		return diagram_leaf(diagrams, 0);
	if (diagram_is_leaf(diagrams, a) && diagram_is_leaf(diagrams, b))
		return diagram_leaf(diagrams, operate(operation, diagram_value(diagrams, a),
						      diagram_value(diagrams, b)));
	entry = cached(diagrams, operation, a, b, 0);
	if (is_cached(entry, operation, a, b, 0))
		return entry->result;
	if (is_exhausted(diagrams))
		return DIAGRAM_FAILED;
	variable = least(diagrams->nodes[a].variable, diagrams->nodes[b].variable);
	return keep(diagrams, operation, a, b, 0,
		    make(diagrams, variable,
			 diagram_apply(diagrams, operation, side(diagrams, a, variable, false),
				       side(diagrams, b, variable, false)),
			 diagram_apply(diagrams, operation, side(diagrams, a, variable, true),
				       side(diagrams, b, variable, true))));
}

diagram diagram_fix(struct diagrams *diagrams, diagram d, unsigned int word, uint32_t value)
{
	const struct diagram_cached *entry;
	uint32_t variable;
	uint32_t place;

	if (d == DIAGRAM_FAILED)
		return DIAGRAM_FAILED;
	variable = diagrams->nodes[d].variable;
	if (!(diagram_words(diagrams, d) >> word & 1))
		return d;
	if (variable >= word * 32) {
		place = 31 - variable % 32;
		return diagram_fix(diagrams, side(diagrams, d, variable, value >> place & 1), word,
				   value);
	}
	entry = cached(diagrams, CACHED_FIX + word, d, value, 0);
	if (is_cached(entry, CACHED_FIX + word, d, value, 0))
		return entry->result;
	if (is_exhausted(diagrams))
		return DIAGRAM_FAILED;
	return keep(diagrams, CACHED_FIX + word, d, value, 0,
		    make(diagrams, variable,
			 diagram_fix(diagrams, side(diagrams, d, variable, false), word, value),
			 diagram_fix(diagrams, side(diagrams, d, variable, true), word, value)));
}

/* ---- Words ---- */

/* What diagram_within() is about, but for the values asked for. */
struct within {
	struct diagrams *diagrams;
	struct diagram_part part;
	struct diagram_values values;
	bool looks_past; /* yes or no look at the word's bits that mask lacks */
};

/*
 * From first to last only the bits from this one down differ. Two ways lead down, one for either
 * end of the values: 32 deep.
 */
static diagram split(struct within *within, int bit, uint32_t first, uint32_t last, diagram yes,
		     diagram no);

/* The same for a bit that counts as clear, whatever it is. */
static diagram split_unseen(struct within *within, int bit, uint32_t first, uint32_t last,
			    diagram yes, diagram no)
{
	const struct diagram_node *nodes = within->diagrams->nodes;
	uint32_t variable = variable_of(within->part.word, (unsigned int)bit);
	uint32_t middle = (first >> bit | 1) << bit;

	if (first >= middle) /* no value is as asked: anything will do */
		return no;
	if (nodes[yes].variable == variable || nodes[no].variable == variable) {
		within->looks_past = true;
		return DIAGRAM_FAILED;
	}
	return split(within, bit - 1, first, least(last, middle - 1), yes, no);
}

static diagram split(struct within *within, int bit, uint32_t first, uint32_t last, diagram yes,
		     diagram no)
{
	struct diagrams *diagrams = within->diagrams;
	uint32_t variable, middle;

	if (last < within->values.first || first > within->values.last)
		return no;
	if (yes == no || (first >= within->values.first && last <= within->values.last))
		return yes;
	if (!(within->part.mask >> bit & 1))
		return split_unseen(within, bit, first, last, yes, no);
	variable = variable_of(within->part.word, (unsigned int)bit);
	middle = (first >> bit | 1) << bit;
	if (last < middle)
		return split(within, bit - 1, first, last, side(diagrams, yes, variable, false),
			     side(diagrams, no, variable, false));
	if (first >= middle)
		return split(within, bit - 1, first, last, side(diagrams, yes, variable, true),
			     side(diagrams, no, variable, true));
	return make(diagrams, variable,
		    split(within, bit - 1, first, middle - 1, side(diagrams, yes, variable, false),
			  side(diagrams, no, variable, false)),
		    split(within, bit - 1, middle, last, side(diagrams, yes, variable, true),
			  side(diagrams, no, variable, true)));
}

diagram diagram_within(struct diagrams *diagrams, const struct diagram_part *part,
		       const struct diagram_values *values, const struct diagram_values *asked,
		       diagram yes, diagram no)
{
	struct within within = { diagrams, *part, *values, false };
	unsigned int word;
	diagram result;

	if (yes == DIAGRAM_FAILED || no == DIAGRAM_FAILED || is_exhausted(diagrams))
		return DIAGRAM_FAILED;
	word = least(diagram_word(diagrams, yes), diagram_word(diagrams, no));
	if (word >= part->word) {
		result = split(&within, 31, asked->first, asked->last, yes, no);
		if (!within.looks_past)
			return result;
	}
	result = split(&within, 31, asked->first, asked->last, diagram_leaf(diagrams, 1),
		       diagram_leaf(diagrams, 0));
	return diagram_choose(diagrams, result, yes, no);
}

static const struct diagram_values all_values = { 0, UINT32_MAX };

diagram diagram_equals(struct diagrams *diagrams, unsigned int word, uint32_t value, diagram yes,
		       diagram no)
{
	const struct diagram_part whole = { word, UINT32_MAX };
	const struct diagram_values values = { value, value };

	return diagram_within(diagrams, &whole, &values, &all_values, yes, no);
}

diagram diagram_above(struct diagrams *diagrams, unsigned int word, uint32_t value, diagram yes,
		      diagram no)
{
	const struct diagram_part whole = { word, UINT32_MAX };
	const struct diagram_values values = { 0, value };

	return diagram_within(diagrams, &whole, &values, &all_values, no, yes);
}

/* The first of the cases that has a bit set; their higher bits are the same. */
static size_t find_set(const struct diagram_case *cases, size_t count, uint32_t bit)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (cases[middle].value & bit)
			count = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The cases' values are the same above the lowest bits of them. */
static diagram select_below(struct diagrams *diagrams, unsigned int word, unsigned int bits,
			    const struct diagram_case *cases, size_t count, diagram otherwise)
{
	uint32_t variable;
	size_t set;

	if (!count)
		return otherwise;
	if (!bits)
		return cases->then;
	variable = variable_of(word, bits - 1);
	set = find_set(cases, count, 1u << (bits - 1));
	return make(diagrams, variable,
		    select_below(diagrams, word, bits - 1, cases, set,
				 side(diagrams, otherwise, variable, false)),
		    select_below(diagrams, word, bits - 1, cases + set, count - set,
				 side(diagrams, otherwise, variable, true)));
}

diagram diagram_select(struct diagrams *diagrams, unsigned int word,
		       const struct diagram_case *cases, size_t count, diagram otherwise)
{
	if (otherwise == DIAGRAM_FAILED)
		return DIAGRAM_FAILED;
	return select_below(diagrams, word, 32, cases, count, otherwise);
}

/* ---- Looking ---- */

uint32_t diagram_at(const struct diagrams *diagrams, diagram d, const uint32_t *words)
{
	while (!diagram_is_leaf(diagrams, d)) {
		uint32_t variable = diagrams->nodes[d].variable;

		d = side(diagrams, d, variable, words[variable / 32] >> (31 - variable % 32) & 1);
	}
	return diagram_value(diagrams, d);
}

/* In a reduced diagram every node that is no leaf reaches two different leaves, so one that is not
 * 0. */
bool diagram_first(const struct diagrams *diagrams, diagram d, uint32_t *words)
{
	memset(words, 0, DIAGRAM_WORDS * sizeof(*words));
	while (!diagram_is_leaf(diagrams, d)) {
		const struct diagram_node *node = &diagrams->nodes[d];
		bool set = diagram_is_leaf(diagrams, node->low) &&
			   diagram_value(diagrams, node->low) == 0;

		if (set)
			words[node->variable / 32] |= 1u << (31 - node->variable % 32);
		d = set ? node->high : node->low;
	}
	return diagram_value(diagrams, d) != 0;
}

unsigned int diagram_word(const struct diagrams *diagrams, diagram d)
{
	return diagrams->nodes[d].variable / 32;
}

/* What d is for one value of the word. */
static diagram step_through(const struct diagrams *diagrams, diagram d, unsigned int word,
			    uint32_t value)
{
	while (diagram_word(diagrams, d) == word)
		d = side(diagrams, d, diagrams->nodes[d].variable,
			 value >> (31 - diagrams->nodes[d].variable % 32) & 1);
	return d;
}

/* The value before the first one, of base and those after it, that does not lead through d, the
 * word's lower bits, to there. One does not. */
static uint32_t end_ahead(const struct diagrams *diagrams, diagram d, unsigned int word,
			  uint32_t base, diagram there)
{
	/* In a reduced diagram a whole half is what it is there when it is the same node. */
	while (diagram_word(diagrams, d) == word) {
		const struct diagram_node *node = &diagrams->nodes[d];

		if (node->low == there)
			base |= 1u << (31 - node->variable % 32);
		d = node->low == there ? node->high : node->low;
	}
	return base - 1;
}

void diagram_range(const struct diagrams *diagrams, diagram d, unsigned int word, uint32_t first,
		   uint32_t *last, diagram *there)
{
	diagram ahead[32]; /* where first has the bit clear: what d is with first's higher ones */

	for (unsigned int bit = 32; bit-- > 0;) {
		uint32_t variable = variable_of(word, bit);

		ahead[bit] = side(diagrams, d, variable, true);
		d = side(diagrams, d, variable, first >> bit & 1);
	}
	*there = d;
	*last = UINT32_MAX;
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (first >> bit & 1 || ahead[bit] == d)
			continue;
		*last = end_ahead(diagrams, ahead[bit], word, (first >> bit | 1) << bit, d);
		return;
	}
}

void diagram_pass(const struct diagrams *diagrams, diagram *d, unsigned int word, uint32_t value)
{
	*d = step_through(diagrams, *d, word, value);
}

/* The nodes of a pair of words met so far. */
struct met {
	unsigned int first;
	diagram nodes[1024];
	uint32_t count;
	uint64_t bits;
};

static void meet(const struct diagrams *diagrams, diagram d, struct met *met)
{
	const struct diagram_node *node = &diagrams->nodes[d];

	if (node->variable / 32 - met->first > 1)
		return;
	for (uint32_t i = 0; i < met->count; i++) {
		if (met->nodes[i] == d)
			return;
	}
	if (met->count == COUNT(met->nodes)) {
		met->bits = UINT64_MAX; /* too many to look at: any bit may matter */
		return;
	}
	met->nodes[met->count++] = d;
	met->bits |= UINT64_C(1) << (63 - (node->variable - met->first * 32));
	meet(diagrams, node->low, met);
	meet(diagrams, node->high, met);
}

uint64_t diagram_bits(const struct diagrams *diagrams, diagram d, unsigned int first)
{
	struct met met = { .first = first };

	meet(diagrams, d, &met);
	return met.bits;
}
