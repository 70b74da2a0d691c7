/* SPDX-License-Identifier: MIT */
#include "region_program.h"

#include <stddef.h>

/* A test is seven instructions at most, each with jumps on the way to both of its targets. */
#define TEST_ROOM 14
#define CALL_ROOM 16
#define NEAR 250

/* ---- Instructions ---- */

static size_t put(struct region_program *program, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	program->code[--program->first] = (struct sock_filter){ code, jt, jf, k };
	return program->first;
}

static size_t put_return(struct region_program *program, uint32_t verdict)
{
	return put(program, BPF_RET | BPF_K, 0, 0, verdict);
}

static size_t put_load(struct region_program *program, size_t offset)
{
	return put(program, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

/* A place from which a conditional jump can reach the target. */
static size_t bring_near(struct region_program *program, size_t target)
{
	size_t distance = target - program->first;

	return distance < NEAR ? target : put(program, BPF_JMP | BPF_JA, 0, 0, (uint32_t)distance);
}

static size_t put_jump(struct region_program *program, uint16_t operation, uint32_t k, size_t yes,
		       size_t no)
{
	yes = bring_near(program, yes);
	no = bring_near(program, no);
	return put(program, (uint16_t)(BPF_JMP | operation | BPF_K),
		   (uint8_t)(yes - program->first), (uint8_t)(no - program->first), k);
}

/* ---- Tests ---- */

static size_t half_of(const struct region_program *program, unsigned int argument, bool upper)
{
	return offsetof(struct seccomp_data, args) + argument * sizeof(uint64_t) +
	       (upper != program->big_endian ? sizeof(uint32_t) : 0);
}

/* Where one half of an argument is compared; of 32 bits the upper half is 0, and nothing is read.
 */
static size_t put_half(struct region_program *program, const struct condition_test *test,
		       bool upper, uint16_t operation, size_t yes, size_t no)
{
	uint32_t mask = (uint32_t)(upper ? test->mask >> 32 : test->mask);
	uint32_t value = (uint32_t)(upper ? test->value >> 32 : test->value);

	if (upper && test->bits == 32) {
		bool holds = operation == BPF_JEQ ? value == 0 : operation == BPF_JGE && value == 0;

		return holds ? yes : no;
	}
	put_jump(program, operation, value, yes, no);
	if (test->masked)
		put(program, BPF_ALU | BPF_AND | BPF_K, 0, 0, mask);
	return put_load(program, half_of(program, test->argument, upper));
}

static size_t put_equal(struct region_program *program, const struct condition_test *test,
			size_t yes, size_t no)
{
	size_t lower = put_half(program, test, false, BPF_JEQ, yes, no);

	return put_half(program, test, true, BPF_JEQ, lower, no);
}

/* Above the value, or (or_equal) not below it. */
static size_t put_above(struct region_program *program, const struct condition_test *test,
			bool or_equal, size_t yes, size_t no)
{
	size_t lower = put_half(program, test, false, or_equal ? BPF_JGE : BPF_JGT, yes, no);
	size_t same = put_half(program, test, true, BPF_JEQ, lower, no);

	return put_half(program, test, true, BPF_JGT, yes, same);
}

static size_t put_test(struct region_program *program, const struct condition_test *test,
		       size_t yes, size_t no)
{
	switch (test->compare) {
	case SBPF_NE:
		return put_equal(program, test, no, yes);
	case SBPF_GT:
	case SBPF_GE:
		return put_above(program, test, test->compare == SBPF_GE, yes, no);
	case SBPF_LT:
	case SBPF_LE:
		return put_above(program, test, test->compare == SBPF_LT, no, yes);
	case SBPF_EQ:
	case SBPF_MASKED_EQ:
	default:
		return put_equal(program, test, yes, no);
	}
}

static size_t put_node(struct region_program *program, const struct condition *condition,
		       const struct condition_test *tests, size_t index, size_t yes, size_t no)
{
	const struct condition_node *node = &condition->nodes[index];

	switch (node->kind) {
	case CONDITION_AND:
		yes = put_node(program, condition, tests, node->right, yes, no);
		return put_node(program, condition, tests, node->left, yes, no);
	case CONDITION_OR:
		no = put_node(program, condition, tests, node->right, yes, no);
		return put_node(program, condition, tests, node->left, yes, no);
	case CONDITION_NOT:
		return put_node(program, condition, tests, node->left, no, yes);
	case CONDITION_TEST:
	default:
		return put_test(program, &tests[index], yes, no);
	}
}

/* ---- Programs ---- */

void region_program_begin(struct region_program *program, bool big_endian)
{
	program->first = BPF_MAXINSNS;
	program->big_endian = big_endian;
	program->calls = 0;
	program->inside = put_return(program, SECCOMP_RET_ALLOW);
	program->outside = put_return(program, SECCOMP_RET_KILL_PROCESS);
	program->next = program->outside;
}

bool region_program_has_room(const struct region_program *program,
			     const struct condition *condition)
{
	size_t tests = 0;

	for (size_t i = 0; condition && i < condition->count; i++)
		tests += condition->nodes[i].kind == CONDITION_TEST;
	return program->first > (size_t)2 * CALL_ROOM + tests * TEST_ROOM;
}

/* A call of the number goes on at body. */
static void put_call(struct region_program *program, uint32_t number, size_t body)
{
	put_jump(program, BPF_JEQ, number, body, program->next);
	program->next = put_load(program, offsetof(struct seccomp_data, nr));
	program->calls++;
}

void region_program_add(struct region_program *program, uint32_t number,
			const struct condition *condition, const struct condition_test *tests)
{
	size_t body = program->inside;

	if (condition)
		body = put_node(program, condition, tests, condition->root, body, program->next);
	put_call(program, number, body);
}

void region_program_add_sub(struct region_program *program, uint32_t number, uint32_t mask,
			    uint32_t sub)
{
	const struct condition_test test = {
		.bits = 64,
		.masked = true,
		.mask = mask,
		.compare = SBPF_EQ,
		.value = sub,
	};

	put_call(program, number,
		 put_half(program, &test, false, BPF_JEQ, program->inside, program->next));
}

const struct sock_filter *region_program_end(struct region_program *program, uint32_t audit_arch,
					     size_t *count)
{
	put_jump(program, BPF_JEQ, audit_arch, program->next, program->outside);
	put_load(program, offsetof(struct seccomp_data, arch));
	*count = BPF_MAXINSNS - program->first;
	return &program->code[program->first];
}
