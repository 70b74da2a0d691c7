// SPDX-License-Identifier: MIT
#include "calls.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Numbers ---- */

/* As in seccomp_data.nr. The x32 bit, signs, and the number that skips a call. */
static const uint32_t special_numbers[] = {
	0,	    1,		0x3fffffff, 0x40000000, 0x40000001, 0x400001ff,
	0x40000200, 0x40000300, 0x7fffffff, 0x80000000, 0x80000001, 0xbfffffff,
	0xc0000000, 0xc0000001, 0xfffffffe, 0xffffffff,
};

static uint32_t near(struct random *random, uint32_t number)
{
	return number + (uint32_t)random_below(random, 3) - 1;
}

static uint32_t named_number(struct random *random, const struct reference *reference, int abi)
{
	const struct table_abi *table = &reference->tables->abis[abi];
	const struct reference_rule *rule;
	int64_t number;

	if (reference->rule_count == 0)
		return table->offset;
	rule = &reference->rules[random_below(random, reference->rule_count)];
	number = tables_number(reference->tables, abi, rule->name);
	return number < 0 ? table->offset : (uint32_t)number + table->offset;
}

static uint32_t table_number(struct random *random, const struct table_abi *abi)
{
	return abi->calls[random_below(random, abi->count)].number + abi->offset;
}

/* socketcall and ipc, where the ABI has them. */
static uint32_t multiplexer_number(struct random *random, const struct reference *reference,
				   int abi)
{
	const struct tables *tables = reference->tables;
	size_t index = random_below(random, tables->sub_call_count);
	int64_t number = tables_number(tables, abi, tables->sub_calls[index].multiplexer);

	return number < 0 ? 0 : (uint32_t)number + tables->abis[abi].offset;
}

static uint32_t edge_number(struct random *random, const struct reference *reference, int abi)
{
	const struct table_abi *table = &reference->tables->abis[abi];

	switch (random_below(random, 10)) {
	case 0:
		return special_numbers[random_below(random, COUNT(special_numbers))];
	case 1:
		return near(random, table->offset + table->max);
	case 2:
		return near(random, table->offset);
	case 3:
		return table_number(random, table);
	case 4:
		return near(random, table_number(random, table));
	case 5:
		return multiplexer_number(random, reference, abi);
	case 6:
		return near(random, named_number(random, reference, abi));
	case 7:
		return random_chance(random, 50) ? (uint32_t)random_next(random)
						 : (uint32_t)random_below(random, 8192);
	default:
		return named_number(random, reference, abi);
	}
}

/* ---- Arguments ---- */

/* The conditions of the rules that may bear on a call, chosen by chance; NULL when none does. */
static const struct sbpf_condition *some_condition(struct random *random,
						   const struct reference *reference, int name)
{
	const struct sbpf_condition *chosen = NULL;
	size_t seen = 0;

	for (size_t i = 0; i < reference->rule_count; i++) {
		const struct reference_rule *rule = &reference->rules[i];

		if (rule->name != name)
			continue;
		for (size_t j = 0; j < rule->condition_count; j++)
			if (random_below(random, ++seen) == 0)
				chosen = &rule->conditions[j];
	}
	return chosen;
}

/* Values that lie a step, a bit or a half away from a value. */
static uint64_t edge_of(struct random *random, uint64_t value)
{
	switch (random_below(random, 8)) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return value ^ (UINT64_C(1) << random_below(random, 64));
	case 3:
		return value ^ (UINT64_C(1) << (32 + random_below(random, 32)));
	case 4:
		return value & UINT32_MAX;
	case 5:
		return value | (UINT64_C(0xffffffff) << 32);
	default:
		return value;
	}
}

static uint64_t satisfying(struct random *random, const struct sbpf_condition *condition)
{
	if (condition->compare != SBPF_MASKED_EQ)
		return edge_of(random, condition->value);
	if (random_chance(random, 25))
		return edge_of(random, condition->value & condition->value_two);
	return edge_of(random, (random_next(random) & ~condition->value) |
				       (condition->value & condition->value_two));
}

static uint64_t plain_argument(struct random *random)
{
	static const uint64_t values[] = {
		0,
		1,
		UINT32_MAX,
		UINT64_C(1) << 32,
		UINT64_C(1) << 31,
		UINT64_MAX,
		UINT64_C(1) << 63,
		UINT64_C(0xffffffff80000000),
	};

	if (random_chance(random, 50))
		return random_below(random, 25);
	if (random_chance(random, 50))
		return values[random_below(random, COUNT(values))];
	return random_next(random) >> random_below(random, 64);
}

/* Most calls aim at one condition; the others of its rule are met in part by chance, in part on
 * purpose. */
static void meet_conditions(struct random *random, const struct reference *reference, int name,
			    uint64_t *arguments)
{
	for (size_t i = 0; i < 6; i++) {
		const struct sbpf_condition *condition = some_condition(random, reference, name);

		if (!condition)
			return;
		arguments[condition->argument] = satisfying(random, condition);
	}
}

/* What the kernel does not read of an int; it counts with one width, and not with the other. */
static void fill_upper_halves(struct random *random, uint64_t *arguments)
{
	for (size_t i = 0; i < 6; i++)
		if (random_chance(random, 30))
			arguments[i] ^= random_chance(random, 50) ? UINT64_C(1) << 32
								  : random_next(random) << 32;
}

static void edge_arguments(struct random *random, const struct reference *reference, int name,
			   uint64_t *arguments)
{
	for (size_t i = 0; i < 6; i++)
		arguments[i] = plain_argument(random);
	meet_conditions(random, reference, name, arguments);
	if (reference->width == SBPF_WIDTH_KERNEL)
		fill_upper_halves(random, arguments);
}

/* ---- Calls ---- */

void calls_with_number(struct random *random, const struct reference *reference, int abi,
		       uint32_t number, struct seccomp_data *data)
{
	const struct table_abi *table = &reference->tables->abis[abi];
	int name = tables_name_of(reference->tables, abi, number - table->offset);
	uint64_t arguments[6];

	memset(data, 0, sizeof(*data));
	data->nr = (int)number;
	data->arch = table->audit;
	data->instruction_pointer = random_next(random);
	edge_arguments(random, reference, name, arguments);
	for (size_t i = 0; i < 6; i++)
		/* The kernel zero-extends the registers of a 32-bit ABI. */
		data->args[i] = table->register_bits == 32 ? (uint32_t)arguments[i] : arguments[i];
}

static int covered_abi(struct random *random, const struct reference *reference)
{
	for (;;) {
		int abi = (int)random_below(random, reference->tables->abi_count);

		if (reference->covered[abi])
			return abi;
	}
}

/* An audit arch one bit away: of no ABI, or of another one, which may be a 32-bit ABI. */
static void spoil_arch(struct random *random, struct seccomp_data *data)
{
	data->arch ^= UINT32_C(1) << random_below(random, 32);
	for (size_t i = 0; i < 6; i++)
		data->args[i] = (uint32_t)data->args[i];
}

void calls_edge(struct random *random, const struct reference *reference, struct seccomp_data *data)
{
	int abi = covered_abi(random, reference);

	if (random_chance(random, 10))
		abi = (int)random_below(random, reference->tables->abi_count);
	calls_with_number(random, reference, abi, edge_number(random, reference, abi), data);
	if (random_chance(random, 3))
		spoil_arch(random, data);
}
