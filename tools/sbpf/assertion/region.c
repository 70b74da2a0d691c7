/* SPDX-License-Identifier: MIT */
/* The calls that an assertion speaks of. */
#include "cell.h"
#include "region_program.h"

#include <stdlib.h>
#include <string.h>

struct builder {
	const struct cell *cell;
	const struct assertion *assertion;
	int abi;
	struct region_program program;
	struct condition_test tests[CONDITION_NODES_MAX]; /* by node */
	sbpf_meaning region;
};

/* Makes a meaning of the calls so far, and begins anew. */
static bool flush(struct builder *builder)
{
	const struct cell *cell = builder->cell;
	const struct sock_filter *code;
	struct sbpf_error error = { 0 };
	sbpf_meaning more;
	size_t count;

	if (!builder->program.calls)
		return true;
	code = region_program_end(&builder->program, abi_of(builder->abi).audit_arch, &count);
	if (sbpf_meaning_of_program(cell->space, code, count, &more, &error) ||
	    sbpf_meaning_union(cell->space, builder->region, more, &builder->region, &error))
		return cell_fail(cell, &error);
	region_program_begin(&builder->program, abi_of(cell->machine).big_endian);
	return true;
}

static bool resolve(struct builder *builder, const struct asserted_call *call)
{
	enum condition_view view =
		builder->assertion->kind == ASSERT_NEVER ? VIEW_KERNEL : VIEW_REGISTER;
	const struct condition *condition = call->condition;
	const char *name = call->name ? call->name : sbpf_call_name(builder->abi, call->number);
	struct parse_trouble trouble;

	for (size_t i = 0; condition && i < condition->count; i++) {
		if (condition->nodes[i].kind == CONDITION_TEST &&
		    !condition_resolve(&condition->nodes[i], builder->abi, name, view,
				       &builder->tests[i], &trouble))
			return assertion_report(builder->cell->tool, builder->cell->file,
						builder->assertion, &trouble);
	}
	return true;
}

/* The number of a call on the ABI; false where it has none. */
static bool number_of(int abi, const struct asserted_call *call, uint32_t *number)
{
	uint32_t offset = abi_of(abi).number_offset;
	bool has_x32 = sbpf_abi_find("x32") >= 0 &&
		       abi_of(abi).audit_arch == abi_of(sbpf_abi_find("x32")).audit_arch;

	if (call->name)
		return sbpf_call_number(abi, call->name, number);
	*number = call->number | (offset == SBPF_X32_BIT ? offset : 0);
	return !has_x32 || !(*number & SBPF_X32_BIT) == !offset || *number == UINT32_MAX;
}

/* Behind a multiplexer a call is made whatever its arguments are: no filter sees them. */
static bool add_multiplexed(struct builder *builder, const struct asserted_call *call)
{
	struct sbpf_multiplexed one;
	uint32_t number;

	if (builder->assertion->kind != ASSERT_NEVER || !call->name ||
	    !sbpf_call_multiplexed(call->name, &one) ||
	    !sbpf_call_number(builder->abi, one.multiplexer, &number))
		return true;
	if (!region_program_has_room(&builder->program, NULL) && !flush(builder))
		return false;
	region_program_add_sub(&builder->program, number, one.mask, one.sub);
	return true;
}

static bool add_call(struct builder *builder, const struct asserted_call *call)
{
	uint32_t number;

	if (!add_multiplexed(builder, call))
		return false;
	if (!number_of(builder->abi, call, &number))
		return true;
	if (!resolve(builder, call))
		return false;
	if (!region_program_has_room(&builder->program, call->condition) && !flush(builder))
		return false;
	region_program_add(&builder->program, number, call->condition, builder->tests);
	return true;
}

static bool add_abi(struct builder *builder)
{
	region_program_begin(&builder->program, abi_of(builder->cell->machine).big_endian);
	for (size_t i = 0; i < builder->assertion->call_count; i++) {
		if (!add_call(builder, &builder->assertion->calls[i]))
			return false;
	}
	return flush(builder);
}

static bool build(const struct cell *cell, const struct assertion *assertion, uint64_t abis,
		  sbpf_meaning *region)
{
	struct builder *builder = malloc(sizeof(*builder));
	bool done = builder != NULL;

	if (!builder) {
		report(cell->tool->name, "out of memory");
		return false;
	}
	builder->cell = cell;
	builder->assertion = assertion;
	builder->region = cell->nothing;
	/* The machine's own first, whose names a message should speak of. */
	for (int i = -1; done && i < sbpf_abi_count(); i++) {
		builder->abi = i < 0 ? cell->machine : i;
		if (abis >> builder->abi & 1 && i != cell->machine)
			done = add_abi(builder);
	}
	*region = builder->region;
	free(builder);
	return done;
}

bool region_find(const struct cell *cell, const struct assertion *assertion, uint64_t covered,
		 sbpf_meaning *region)
{
	uint64_t abis = assertion->every_abi ? cell->kernel_abis
			: assertion->abis    ? assertion->abis & cell->kernel_abis
					     : covered;

	return build(cell, assertion, abis, region);
}

bool region_cut(const struct cell *cell, sbpf_meaning region, sbpf_meaning meaning,
		sbpf_meaning *result)
{
	struct sbpf_error error = { 0 };

	return !sbpf_meaning_stack(cell->space, region, meaning, result, &error) ||
	       cell_fail(cell, &error);
}

bool region_of_group(const struct cell *cell, size_t group, sbpf_meaning *region)
{
	struct asserted_call calls[64] = { { .name = sbpf_call_at((int)group) } };
	struct assertion all = { .kind = ASSERT_VERDICT, .calls = calls, .call_count = 1 };
	struct sbpf_multiplexed one;

	for (size_t i = 0; sbpf_multiplexed_at(i, &one) && all.call_count < COUNT(calls); i++) {
		if (one.multiplexer == calls[0].name || !strcmp(one.multiplexer, calls[0].name))
			calls[all.call_count++] = (struct asserted_call){ .name = one.call };
	}
	return build(cell, &all, cell->kernel_abis, region);
}
