/* SPDX-License-Identifier: MIT */
/*
 * Policy to decision DAG: one tree over the numbers of each ABI, the arch before them. Only loads
 * of number and arch, comparisons with constants and AND stand before an unconditional ALLOW, so
 * that the kernel can answer it from its cache (kernel/seccomp.c: seccomp_is_const_allow).
 */
#include "lower.h"

#include "arch.h"
#include "arguments.h"
#include "calls.h"
#include "error.h"
#include "tree.h"

/*
 * Weights. A call that the kernel answers from its cache never runs the filter on Linux 5.11 and
 * later, so the others count more. What one test more costs: low for the machine's own ABI, which
 * nearly all calls come from, and high for the others.
 */
#define WEIGHT_CACHED 2u
#define WEIGHT_RUN 13u
#define SIZE_COST_OWN 20u
#define SIZE_COST_OTHER 600u
#define SIZE_COST_ARGUMENTS 8u

struct lowering {
	struct dag *dag;
	const struct sbpf_policy *policy;
	bool thorough;
	struct tree_history history;
	struct sbpf_error *error;
};

/* The segments of one ABI, in order, by the numbers as seccomp_data.nr has them (x32: without bit
 * 30). */
struct line {
	const struct abi_calls *calls;
	uint32_t offset;    /* the first number of the table */
	uint32_t table_max; /* the last one */
	int32_t otherwise;  /* numbers up to there that no rule names */
	int32_t above;
	int32_t skipped; /* -1 where a rule names it, else the default: see build_no_x32() */
	struct segment *segments;
	uint32_t count;
	uint32_t next; /* the first number not covered */
	bool full;     /* UINT32_MAX is covered */
};

/* ---- Segments ---- */

/* How much a call weighs that goes on at a node. */
static uint32_t weigh_call(const struct lowering *lowering, int32_t node)
{
	return dag_is_return(lowering->dag, node, SECCOMP_RET_ALLOW) ? WEIGHT_CACHED : WEIGHT_RUN;
}

/* How much the known calls first to last weigh. A single number is taken for one. */
static uint32_t weigh(const struct lowering *lowering, const struct line *line, uint32_t first,
		      uint32_t last, int32_t node)
{
	uint32_t offset = line->offset;
	uint32_t calls = first == last;

	if (!calls && last >= offset)
		calls = call_table_count(line->calls->abi, first > offset ? first - offset : 0,
					 last - offset);
	return calls * weigh_call(lowering, node);
}

/* weight: of the numbers, if the table has them. */
static inline void extend(struct line *line, uint32_t last, int32_t node, uint32_t weight)
{
	struct segment *segment = &line->segments[line->count];

	if (line->next > line->table_max)
		weight = 0;
	if (line->count && segment[-1].node == node) {
		segment[-1].last = last;
		segment[-1].weight += weight;
	} else {
		*segment = (struct segment){ line->next, last, node, weight };
		line->count++;
	}
	line->full = last == UINT32_MAX;
	line->next = last + 1;
}

/* Numbers up to last that no rule names: within the table, then above it. */
static void fill(const struct lowering *lowering, struct line *line, uint32_t last)
{
	uint32_t table_last = last < line->table_max ? last : line->table_max;

	if (line->next <= table_last)
		extend(line, table_last, line->otherwise,
		       weigh(lowering, line, line->next, table_last, line->otherwise));
	if (line->next <= last)
		extend(line, last, line->above, 0);
}

static int32_t build_call(const struct lowering *lowering, int abi, const struct call *call)
{
	const struct argument_layout layout = {
		.narrow = abi_register_bits(abi) == 32 ? 0x3f : call->narrow,
		.big_endian = abi_big_endian(lowering->policy->machine),
	};
	const struct tree_options options = {
		.thorough = lowering->thorough,
		.size_cost = SIZE_COST_ARGUMENTS,
		.steps = &lowering->dag->work.argument_steps,
		.steps_max = ARGUMENT_STEPS_MAX,
	};

	return arguments_build(lowering->dag, call, &layout, &options);
}

static int start_line(const struct lowering *lowering, const struct abi_calls *calls,
		      struct line *line)
{
	struct dag *dag = lowering->dag;

	*line = (struct line){
		.calls = calls,
		.offset = abi_is_x32(calls->abi) ? 0 : abi_number_offset(calls->abi),
		.otherwise = dag_return(dag, calls->otherwise),
		.above = dag_return(dag, calls->above),
		.skipped = dag_return(dag, lowering->policy->default_verdict),
	};
	line->table_max = line->offset + calls->table_max;
	line->segments =
		arena_alloc_raw(dag->scratch, calls->count * 3 + 4, sizeof(*line->segments));
	return line->segments && line->otherwise >= 0 && line->above >= 0 ? 0 : -1;
}

/* Whether two calls have one verdict, whatever their arguments. */
static bool is_decided_alike(const struct call *a, const struct call *b)
{
	return a->otherwise == b->otherwise && !a->clause_count && !b->clause_count;
}

static int make_line(const struct lowering *lowering, const struct abi_calls *calls,
		     struct line *line)
{
	const struct call *before = NULL;
	uint32_t weight = 0;
	int32_t node = -1;

	if (start_line(lowering, calls, line))
		return -1;
	for (size_t i = 0; i < calls->count; i++) {
		const struct call *call = &calls->calls[i];
		uint32_t number = line->offset + call->number;

		if (!before || !is_decided_alike(before, call)) {
			node = build_call(lowering, calls->abi, call);
			if (node < 0)
				return -1;
			weight = weigh_call(lowering, node);
		}
		before = call;
		if (number > line->next)
			fill(lowering, line, number - 1);
		extend(line, number, node, weight);
		if (number == UINT32_MAX)
			line->skipped = node;
	}
	if (!line->full)
		fill(lowering, line, UINT32_MAX);
	return 0;
}

/* ---- ABIs ---- */

static int32_t build_line(struct lowering *lowering, const struct line *line, bool own)
{
	const struct tree_options options = {
		.thorough = lowering->thorough,
		.size_cost = own ? SIZE_COST_OWN : SIZE_COST_OTHER,
		.steps = &lowering->dag->work.number_steps,
		.steps_max = NUMBER_STEPS_MAX,
	};

	return tree_build(lowering->dag, WORD_NUMBER, line->segments, line->count, &options,
			  &lowering->history);
}

static int make_abi_line(struct lowering *lowering, int abi, struct line *line)
{
	struct abi_calls *calls = arena_alloc(lowering->dag->scratch, 1, sizeof(*calls));

	if (!calls ||
	    policy_calls(lowering->policy, abi, lowering->dag->scratch, calls, lowering->error))
		return -1;
	return make_line(lowering, calls, line);
}

static int32_t build_abi(struct lowering *lowering, int abi)
{
	struct arena mark = arena_mark(lowering->dag->scratch);
	struct line line;
	int32_t root = -1;

	if (!make_abi_line(lowering, abi, &line))
		root = build_line(lowering, &line, abi == lowering->policy->machine);
	arena_rewind(lowering->dag->scratch, mark);
	return root;
}

/*
 * Without x32, numbers with bit 30 are of another ABI; but for -1, which a tracer writes to skip
 * a call and which gets the default if no rule names it.
 */
static int32_t build_no_x32(const struct lowering *lowering, const struct line *line)
{
	return dag_test(lowering->dag, BPF_JEQ, WORD_NUMBER, UINT32_MAX, line->skipped,
			dag_return(lowering->dag, lowering->policy->bad_arch));
}

/* Numbers with bit 30 do not come to the line, so it need not tell them apart. */
static void cut_line(struct line *line)
{
	if (line->segments[line->count - 1].first == UINT32_MAX)
		line->segments[--line->count - 1].last = UINT32_MAX;
}

/*
 * Whether bit 30 is looked at before the tree. Else it is tested at the end of the line, where only
 * calls above the table pay for it; but that parts the end from equal segments before it. Where all
 * of these are ALLOW, nobody pays: the kernel answers from its cache.
 */
static bool tests_x32_first(const struct lowering *lowering, const struct line *line)
{
	const struct segment *last = &line->segments[line->count - 1];

	return last->first > SBPF_X32_BIT ||
	       dag_is_return(lowering->dag, last->node, SECCOMP_RET_ALLOW);
}

/* x86_64's numbers; those with bit 30 go on at special, or are of no ABI where that is -1. */
static int32_t build_x86_64(struct lowering *lowering, int abi, int32_t special)
{
	bool own = abi == lowering->policy->machine;
	struct dag *dag = lowering->dag;
	struct segment *last;
	struct line line;

	if (make_abi_line(lowering, abi, &line))
		return -1;
	cut_line(&line);
	if (special < 0)
		special = build_no_x32(lowering, &line);
	if (tests_x32_first(lowering, &line))
		return dag_test(dag, BPF_JSET, WORD_NUMBER, SBPF_X32_BIT, special,
				build_line(lowering, &line, own));
	last = &line.segments[line.count - 1];
	last->node = dag_test(dag, BPF_JSET, WORD_NUMBER, SBPF_X32_BIT, special, last->node);
	if (last->node < 0)
		return -1;
	line.count = segments_merge(line.segments, line.count);
	return build_line(lowering, &line, own);
}

/*
 * The arch of x86_64, by which x32 comes too. Most of x32's numbers are x86_64's with bit 30, so
 * without the bit its tree may go on in parts of x86_64's; hence x86_64's is built first.
 */
static int32_t build_x86_64_and_x32(struct lowering *lowering, int x86_64, int x32)
{
	struct dag *dag = lowering->dag;
	struct arena mark = arena_mark(dag->scratch);
	int32_t special = x32 < 0 ? -1 : dag_and_later(dag, ~SBPF_X32_BIT);
	int32_t root;

	if (x32 >= 0 && special < 0)
		root = -1;
	else if (x86_64 >= 0)
		root = build_x86_64(lowering, x86_64, special);
	else
		root = dag_test(dag, BPF_JSET, WORD_NUMBER, SBPF_X32_BIT, special,
				dag_return(dag, lowering->policy->bad_arch));
	arena_rewind(dag->scratch, mark);
	if (root >= 0 && x32 >= 0)
		root = dag_set_next(dag, special, build_abi(lowering, x32)) ? -1 : root;
	return root;
}

/* ---- Archs ---- */

static int find_abi(const struct sbpf_policy *policy, uint32_t arch, bool x32)
{
	for (size_t i = 0; i < policy->abi_count; i++) {
		if (abi_audit_arch(policy->abis[i]) == arch && abi_is_x32(policy->abis[i]) == x32)
			return policy->abis[i];
	}
	return -1;
}

static int32_t build_arch(struct lowering *lowering, uint32_t arch)
{
	int x32 = find_abi(lowering->policy, arch, true);
	int abi = find_abi(lowering->policy, arch, false);

	if (arch == abi_audit_arch(sbpf_abi_find("x86_64")))
		return build_x86_64_and_x32(lowering, abi, x32);
	return build_abi(lowering, abi);
}

/* The archs of a policy in order, each once. */
static uint32_t list_archs(const struct sbpf_policy *policy, uint32_t *archs)
{
	uint32_t count = 0;

	for (size_t i = 0; i < policy->abi_count; i++) {
		uint32_t arch = abi_audit_arch(policy->abis[i]);
		uint32_t known = 0;

		while (known < count && archs[known] != arch)
			known++;
		if (known == count)
			archs[count++] = arch;
	}
	return count;
}

int32_t lower_policy(struct dag *dag, const struct sbpf_policy *policy, enum sbpf_effort effort,
		     struct sbpf_error *error)
{
	struct lowering lowering = {
		.dag = dag,
		.policy = policy,
		.thorough = effort == SBPF_THOROUGH,
		.error = error,
	};
	uint32_t archs[POLICY_ABI_MAX];
	int32_t roots[POLICY_ABI_MAX];
	uint32_t count = list_archs(policy, archs);
	int32_t root = dag_return(dag, policy->bad_arch);

	for (uint32_t i = 0; i < count; i++)
		roots[i] = build_arch(&lowering, archs[i]);
	for (uint32_t i = count; i--;)
		root = dag_test(dag, BPF_JEQ, WORD_ARCH, archs[i], roots[i], root);
	if (root < 0)
		error_memory(error);
	return root;
}
