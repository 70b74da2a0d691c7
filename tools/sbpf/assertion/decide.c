/* SPDX-License-Identifier: MIT */
/* Whether an assertion holds. */
#include "cell.h"

/* Fills the example's verdicts with what the call gets. */
static void settle(const struct cell *cell, const struct stand *stand, struct outcome *outcome)
{
	uint32_t verdict;

	if (sbpf_meaning_verdict(cell->space, stand->meaning, &outcome->example.data, &verdict))
		outcome->example.a = verdict;
}

static bool compare(const struct cell *cell, sbpf_meaning got, sbpf_meaning wanted,
		    enum sbpf_relation relation, const struct stand *stand, struct outcome *outcome)
{
	struct sbpf_error error = { 0 };

	switch (sbpf_meaning_compare(cell->space, got, wanted, relation, &outcome->example,
				     &error)) {
	case SBPF_HOLDS:
		outcome->passed = true;
		return true;
	case SBPF_REFUTED:
		settle(cell, stand, outcome);
		return true;
	case SBPF_UNKNOWN:
	default:
		return cell_fail(cell, &error);
	}
}

static bool decide_within(const struct cell *cell, const struct assertion *assertion,
			  const struct stand *stand, struct outcome *outcome)
{
	struct operand bound;
	sbpf_meaning meaning, flat, flat_bound;
	bool done;

	if (!operand_load_quietly(cell->tool, &cell->target->target, assertion->policy, &bound))
		return false;
	done = operand_meaning(cell->tool, cell->space, &bound, &meaning) &&
	       cell_flatten(cell, stand->meaning, &flat) &&
	       cell_flatten(cell, meaning, &flat_bound) &&
	       compare(cell, flat, flat_bound, SBPF_SUBSET, stand, outcome);
	operand_free(&bound);
	return done;
}

bool assertion_decide(const struct cell *cell, const struct assertion *assertion,
		      const struct stand *stand, struct outcome *outcome)
{
	bool is_never = assertion->kind == ASSERT_NEVER;
	sbpf_meaning region, verdict, got, wanted;

	*outcome = (struct outcome){ .passed = false };
	if (assertion->kind == ASSERT_WITHIN)
		return decide_within(cell, assertion, stand, outcome);
	if (!region_find(cell, assertion, stand->covered, &region))
		return false;
	outcome->is_void = region == cell->nothing;
	return cell_constant(cell, is_never ? SECCOMP_RET_TRACE : cell_verdict(cell, assertion),
			     &verdict) &&
	       region_cut(cell, region, stand->meaning, &got) &&
	       region_cut(cell, region, verdict, &wanted) &&
	       compare(cell, got, wanted, is_never ? SBPF_SUBSET : SBPF_EQUAL, stand, outcome);
}
