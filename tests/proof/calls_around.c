// SPDX-License-Identifier: MIT
#include "calls_around.h"

#include <linux/audit.h>

#include "calls.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void pool_stress(struct pool *pool, const struct sock_filter *instruction, size_t times)
{
	for (size_t i = 0; i < times && pool->count < POOL_MAX; i++)
		pool->constants[pool->count++] = instruction->k;
}

void pool_add_program(struct pool *pool, const struct program *program)
{
	for (size_t i = 0; i < program->count; i++) {
		uint16_t class = BPF_CLASS(program->code[i].code);

		if (class == BPF_JMP || class == BPF_ALU || class == BPF_LD || class == BPF_LDX)
			pool_stress(pool, &program->code[i], 1);
	}
}

static uint32_t word(const struct pool *pool, struct random *random)
{
	uint32_t value = 0;

	if (random_chance(random, 25))
		return (uint32_t)random_below(random, 3) - random_chance(random, 10);
	if (pool->count && random_chance(random, 92))
		value = pool->constants[random_below(random, pool->count)];
	else
		return (uint32_t)(random_next(random) >> random_below(random, 33));
	switch (random_below(random, 12)) {
	case 0:
	case 1:
		return value + 1;
	case 2:
	case 3:
		return value - 1;
	case 4:
		return value ^ (UINT32_C(1) << random_below(random, 32));
	case 5:
		return ~value;
	case 6:
		return value | pool->constants[random_below(random, pool->count)];
	case 7:
		return value + pool->constants[random_below(random, pool->count)];
	case 8:
		return random_chance(random, 50) ? value >> random_below(random, 32)
						 : value << random_below(random, 32);
	default:
		return value;
	}
}

static uint32_t arch(const struct pool *pool, struct random *random)
{
	static const uint32_t usual[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 };

	if (random_chance(random, 75))
		return usual[random_below(random, COUNT(usual))];
	if (random_chance(random, 50))
		return pool->tables->abis[random_below(random, pool->tables->abi_count)].audit;
	return word(pool, random);
}

bool pool_is_narrow(const struct pool *pool, uint32_t audit)
{
	for (size_t i = 0; i < pool->tables->abi_count; i++)
		if (pool->tables->abis[i].audit == audit &&
		    pool->tables->abis[i].register_bits == 32)
			return true;
	return false;
}

static void make_possible(const struct pool *pool, struct seccomp_data *call)
{
	if (!pool_is_narrow(pool, call->arch))
		return;
	for (size_t i = 0; i < 6; i++)
		call->args[i] = (uint32_t)call->args[i];
}

static uint64_t argument(const struct pool *pool, struct random *random)
{
	uint64_t upper = random_chance(random, 50) ? 0 : word(pool, random);

	return upper << 32 | word(pool, random);
}

void pool_call(const struct pool *pool, struct random *random, struct seccomp_data *call)
{
	if (pool->reference && random_chance(random, 50)) {
		calls_edge(random, pool->reference, call);
		make_possible(pool, call);
		return;
	}
	call->arch = arch(pool, random);
	call->nr = (int)word(pool, random);
	call->instruction_pointer = argument(pool, random);
	for (size_t i = 0; i < 6; i++)
		call->args[i] = argument(pool, random);
	/* Programs with X compare words with each other. */
	if (random_chance(random, 20))
		call->args[random_below(random, 6)] = call->args[random_below(random, 6)];
	if (random_chance(random, 5))
		call->args[random_below(random, 6)] = (uint32_t)call->nr;
	make_possible(pool, call);
}

void pool_vary(const struct pool *pool, struct random *random, struct seccomp_data *call)
{
	size_t which = random_below(random, 8);

	if (which == 6)
		call->nr = (int)word(pool, random);
	else if (which == 7)
		call->arch = arch(pool, random);
	else if (random_chance(random, 50))
		call->args[which] =
			(call->args[which] & ~UINT64_C(0xffffffff)) | word(pool, random);
	else
		call->args[which] = (uint32_t)call->args[which] | (uint64_t)word(pool, random)
									  << 32;
	make_possible(pool, call);
}
