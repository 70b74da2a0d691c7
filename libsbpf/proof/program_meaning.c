/* SPDX-License-Identifier: MIT */
/*
 * A register holds 32 functions, one for each bit. First, from the first instruction to the last,
 * all states are found in which an instruction may be run (what A, X and the scratch words hold);
 * then, from the last to the first, what the program answers from each of them. It shares nothing
 * with the compiler, and reads instructions for itself (not by kernel/instruction.h). Jumps only go
 * forward, so both are one pass.
 */
#include "program_meaning.h"

#include <stdlib.h>
#include <string.h>

#include <linux/filter.h>

#include "arena.h"

#define STATES_MAX 65536u
#define RETURN_BITS_MAX 12 /* of "ret A" that may vary: up to 4096 different verdicts */
#define NO_VECTOR UINT32_MAX

/* The bits of a register, the lowest first. */
struct vector {
	diagram bits[32];
	struct diagram_part part; /* what it is of a word; mask is 0 where it is nothing such */
};

/* Registers by the index of their vector; NO_VECTOR: not known. */
struct state {
	uint32_t a;
	uint32_t x;
	uint32_t memory[BPF_MEMWORDS];
	struct diagram_values asked; /* where A is of a word: no other value comes here */
	diagram answer;		     /* for these values */
	struct state *yes;	     /* what follows; where a jump's condition holds */
	struct state *no;	     /* where it does not */
	struct state *next;	     /* at the same instruction */
};

static const struct diagram_values all_values = { 0, UINT32_MAX };

struct run {
	struct diagrams *diagrams;
	struct arena arena;
	const struct sock_filter *program;
	size_t count;
	bool big_endian;
	struct state **states; /* by instruction */
	uint32_t state_count;
	struct vector *vectors;
	uint32_t loaded[DIAGRAM_WORDS]; /* the vector of a word; NO_VECTOR before */
	uint32_t vector_count;
	uint32_t vector_capacity;
	size_t culprit;
	bool failed;
};

/* ---- Vectors ---- */

/* The part of a word that a vector is. */
static struct diagram_part find_part(const struct run *run, const struct vector *vector)
{
	const struct diagram_part none = { DIAGRAM_WORDS, 0 };
	struct diagram_part part = none;

	for (unsigned int i = 0; i < 32; i++) {
		diagram bit = vector->bits[i];

		if (bit == DIAGRAM_FAILED)
			return none;
		if (diagram_is_leaf(run->diagrams, bit) && !diagram_value(run->diagrams, bit))
			continue;
		if (!part.mask)
			part.word = diagram_word(run->diagrams, bit);
		if (!diagram_is_bit(run->diagrams, bit, part.word, i))
			return none;
		part.mask |= 1u << i;
	}
	return part;
}

/* The index of a vector; the same for equal ones. */
static uint32_t intern(struct run *run, const struct vector *vector)
{
	for (unsigned int i = 0; i < 32; i++) {
		if (vector->bits[i] == DIAGRAM_FAILED)
			run->failed = true;
	}
	for (uint32_t i = run->vector_count; i--;) {
		if (!memcmp(run->vectors[i].bits, vector->bits, sizeof(vector->bits)))
			return i;
	}
	if (run->vector_count == run->vector_capacity) {
		uint32_t capacity = run->vector_capacity ? run->vector_capacity * 2 : 64;
		struct vector *more = reallocarray(run->vectors, capacity, sizeof(*more));

		if (!more) {
			run->diagrams->out_of_memory = true;
			run->failed = true;
			return 0;
		}
		run->vectors = more;
		run->vector_capacity = capacity;
	}
	run->vectors[run->vector_count] = *vector;
	run->vectors[run->vector_count].part = find_part(run, vector);
	return run->vector_count++;
}

static struct vector spread(struct run *run, uint32_t value)
{
	struct vector vector;

	for (unsigned int i = 0; i < 32; i++)
		vector.bits[i] = diagram_leaf(run->diagrams, value >> i & 1);
	return vector;
}

static uint32_t constant(struct run *run, uint32_t value)
{
	struct vector vector = spread(run, value);

	return intern(run, &vector);
}

/* Whether a register holds the same value for all calls. */
static bool is_constant(const struct run *run, const struct vector *vector, uint32_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < 32; i++) {
		if (!diagram_is_leaf(run->diagrams, vector->bits[i]))
			return false;
		*value |= diagram_value(run->diagrams, vector->bits[i]) << i;
	}
	return true;
}

/* The second operand of an instruction; false when it is not known. */
static bool get_operand(struct run *run, const struct sock_filter *instruction, uint32_t x,
			struct vector *operand)
{
	if (BPF_SRC(instruction->code) != BPF_X) {
		*operand = spread(run, instruction->k);
		return true;
	}
	if (x != NO_VECTOR)
		*operand = run->vectors[x];
	return x != NO_VECTOR;
}

/* The word at an offset in struct seccomp_data, in the diagrams' order of words. */
static unsigned int word_at(const struct run *run, uint32_t offset)
{
	bool second = offset % 8 != 0;
	unsigned int pair;

	if (offset < 8)
		return offset ? DIAGRAM_ARCH : DIAGRAM_NUMBER;
	pair = offset < 16 ? DIAGRAM_POINTER : DIAGRAM_ARGUMENTS + (offset - 16) / 8 * 2;
	return pair + (second == run->big_endian);
}

static uint32_t load_word(struct run *run, uint32_t offset)
{
	unsigned int word = word_at(run, offset);
	struct vector vector;

	if (run->loaded[word] != NO_VECTOR)
		return run->loaded[word];
	for (unsigned int i = 0; i < 32; i++)
		vector.bits[i] = diagram_bit(run->diagrams, word, i);
	run->loaded[word] = intern(run, &vector);
	return run->loaded[word];
}

/* ---- Bits ---- */

static diagram bit_not(struct run *run, diagram a)
{
	return diagram_choose(run->diagrams, a, diagram_leaf(run->diagrams, 0),
			      diagram_leaf(run->diagrams, 1));
}

static diagram bit_and(struct run *run, diagram a, diagram b)
{
	return diagram_choose(run->diagrams, a, b, diagram_leaf(run->diagrams, 0));
}

static diagram bit_or(struct run *run, diagram a, diagram b)
{
	return diagram_choose(run->diagrams, a, diagram_leaf(run->diagrams, 1), b);
}

static diagram bit_xor(struct run *run, diagram a, diagram b)
{
	return diagram_choose(run->diagrams, a, bit_not(run, b), b);
}

/* ---- Arithmetic ---- */

static struct vector add(struct run *run, const struct vector *a, const struct vector *b,
			 diagram carry)
{
	struct vector sum;

	for (unsigned int i = 0; i < 32; i++) {
		diagram either = bit_xor(run, a->bits[i], b->bits[i]);

		sum.bits[i] = bit_xor(run, either, carry);
		carry = bit_or(run, bit_and(run, a->bits[i], b->bits[i]),
			       bit_and(run, either, carry));
	}
	return sum;
}

static struct vector complement(struct run *run, const struct vector *a)
{
	struct vector result;

	for (unsigned int i = 0; i < 32; i++)
		result.bits[i] = bit_not(run, a->bits[i]);
	return result;
}

static struct vector subtract(struct run *run, const struct vector *a, const struct vector *b)
{
	struct vector inverse = complement(run, b);

	return add(run, a, &inverse, diagram_leaf(run->diagrams, 1));
}

static struct vector shift(struct run *run, const struct vector *a, int left)
{
	struct vector result;

	for (int i = 0; i < 32; i++)
		result.bits[i] = i - left >= 0 && i - left < 32 ? a->bits[i - left]
								: diagram_leaf(run->diagrams, 0);
	return result;
}

static struct vector multiply(struct run *run, const struct vector *a, uint32_t factor)
{
	struct vector product = shift(run, a, 32);

	for (int i = 0; i < 32; i++) {
		if (factor >> i & 1) {
			struct vector shifted = shift(run, a, i);

			product = add(run, &product, &shifted, diagram_leaf(run->diagrams, 0));
		}
	}
	return product;
}

static struct vector bitwise(struct run *run, uint16_t operation, const struct vector *a,
			     const struct vector *b)
{
	struct vector result;

	for (unsigned int i = 0; i < 32; i++) {
		if (operation == BPF_AND)
			result.bits[i] = bit_and(run, a->bits[i], b->bits[i]);
		else if (operation == BPF_OR)
			result.bits[i] = bit_or(run, a->bits[i], b->bits[i]);
		else
			result.bits[i] = bit_xor(run, a->bits[i], b->bits[i]);
	}
	return result;
}

/* Operations that need to know their operand: shifts, products, quotients by powers of two. */
static bool compute_by(struct run *run, uint16_t operation, const struct vector *a,
		       uint32_t operand, struct vector *result)
{
	switch (operation) {
	case BPF_LSH:
		*result = shift(run, a, (int)(operand & 31));
		return true;
	case BPF_RSH:
		*result = shift(run, a, -(int)(operand & 31));
		return true;
	case BPF_MUL:
		*result = multiply(run, a, operand);
		return true;
	default:
		if (operation != BPF_DIV || !operand || (operand & (operand - 1)))
			return false;
		*result = shift(run, a, -__builtin_ctz(operand));
		return true;
	}
}

/* A quotient that no shift gives needs both sides to be known. */
static bool divide_constants(struct run *run, uint16_t operation, const struct vector *a,
			     uint32_t divisor, struct vector *result)
{
	uint32_t dividend;

	if (operation != BPF_DIV || !divisor || !is_constant(run, a, &dividend))
		return false;
	*result = spread(run, dividend / divisor);
	return true;
}

static bool operate(struct run *run, uint16_t operation, const struct vector *a,
		    const struct vector *b, struct vector *result)
{
	uint32_t operand;

	switch (operation) {
	case BPF_ADD:
		*result = add(run, a, b, diagram_leaf(run->diagrams, 0));
		return true;
	case BPF_SUB:
		*result = subtract(run, a, b);
		return true;
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		*result = bitwise(run, operation, a, b);
		return true;
	default:
		return is_constant(run, b, &operand) &&
		       (compute_by(run, operation, a, operand, result) ||
			divide_constants(run, operation, a, operand, result));
	}
}

/* What A holds after an ALU instruction; NO_VECTOR when that cannot be expressed. */
static uint32_t compute(struct run *run, const struct sock_filter *instruction,
			const struct state *state)
{
	uint16_t operation = BPF_OP(instruction->code);
	struct vector a, b, result;

	if (state->a == NO_VECTOR || run->failed)
		return NO_VECTOR;
	a = run->vectors[state->a];
	if (operation == BPF_NEG) {
		b = spread(run, 0);
		result = subtract(run, &b, &a);
		return intern(run, &result);
	}
	if (!get_operand(run, instruction, state->x, &b) ||
	    !operate(run, operation, &a, &b, &result))
		return NO_VECTOR;
	return intern(run, &result);
}

/* ---- Comparing ---- */

/* From the lowest bit up: a > b, or a >= b, so far; a higher bit that differs decides. */
static diagram compare_order(struct run *run, const struct vector *a, const struct vector *b,
			     bool or_equal)
{
	diagram result = diagram_leaf(run->diagrams, or_equal);

	for (unsigned int i = 0; i < 32; i++)
		result = diagram_choose(run->diagrams, bit_xor(run, a->bits[i], b->bits[i]),
					a->bits[i], result);
	return result;
}

static diagram compare_equal(struct run *run, const struct vector *a, const struct vector *b)
{
	diagram result = diagram_leaf(run->diagrams, 1);

	for (unsigned int i = 0; i < 32; i++)
		result = bit_and(run, bit_not(run, bit_xor(run, a->bits[i], b->bits[i])), result);
	return result;
}

static diagram compare_bits(struct run *run, const struct vector *a, const struct vector *b)
{
	diagram result = diagram_leaf(run->diagrams, 0);

	for (unsigned int i = 0; i < 32; i++)
		result = bit_or(run, bit_and(run, a->bits[i], b->bits[i]), result);
	return result;
}

/* 1 where the jump's condition holds; false when a register is not known. */
static bool get_condition(struct run *run, const struct sock_filter *instruction,
			  const struct state *state, diagram *result)
{
	struct vector a, b;

	if (state->a == NO_VECTOR || !get_operand(run, instruction, state->x, &b))
		return false;
	a = run->vectors[state->a];
	switch (BPF_OP(instruction->code)) {
	case BPF_JEQ:
		*result = compare_equal(run, &a, &b);
		break;
	case BPF_JSET:
		*result = compare_bits(run, &a, &b);
		break;
	default:
		*result = compare_order(run, &a, &b, BPF_OP(instruction->code) == BPF_JGE);
		break;
	}
	return true;
}

/* The values of A for which a jump's condition holds; false where A is not of one word. */
static bool get_values(const struct run *run, const struct sock_filter *instruction,
		       const struct state *state, struct diagram_values *values)
{
	uint32_t k = instruction->k;

	if (state->a == NO_VECTOR || !run->vectors[state->a].part.mask)
		return false;
	switch (instruction->code) {
	case BPF_JMP | BPF_JEQ | BPF_K:
		*values = (struct diagram_values){ k, k };
		return true;
	case BPF_JMP | BPF_JGE | BPF_K:
		*values = (struct diagram_values){ k, UINT32_MAX };
		return true;
	case BPF_JMP | BPF_JGT | BPF_K:
		*values = (struct diagram_values){ k + 1, UINT32_MAX };
		return k != UINT32_MAX;
	default:
		return false;
	}
}

/* ---- States ---- */

static bool equal(const struct state *a, const struct state *b)
{
	return a->a == b->a && a->x == b->x && !memcmp(a->memory, b->memory, sizeof(a->memory));
}

static void widen(struct diagram_values *values, const struct diagram_values *more)
{
	if (more->first < values->first)
		values->first = more->first;
	if (more->last > values->last)
		values->last = more->last;
}

/* The state at an instruction with these registers, made when it is new; NULL on failure. */
static struct state *reach(struct run *run, size_t pc, const struct state *registers,
			   const struct diagram_values *values)
{
	struct state *state;

	for (state = run->states[pc]; state; state = state->next) {
		if (equal(state, registers)) {
			widen(&state->asked, values);
			return state;
		}
	}
	if (run->state_count++ < STATES_MAX) {
		state = arena_alloc_raw(&run->arena, 1, sizeof(*state));
		run->diagrams->out_of_memory |= !state;
	}
	if (!state) {
		run->failed = true;
		return NULL;
	}
	*state = *registers;
	state->asked = *values;
	state->next = run->states[pc];
	run->states[pc] = state;
	return state;
}

static void load(struct run *run, const struct sock_filter *instruction, struct state *state)
{
	bool to_x = BPF_CLASS(instruction->code) == BPF_LDX;
	uint32_t index;

	switch (BPF_MODE(instruction->code)) {
	case BPF_ABS:
		index = load_word(run, instruction->k);
		break;
	case BPF_LEN:
		index = constant(run, sizeof(struct seccomp_data));
		break;
	case BPF_MEM:
		index = state->memory[instruction->k];
		break;
	default:
		index = constant(run, instruction->k);
		break;
	}
	*(to_x ? &state->x : &state->a) = index;
}

/* The registers after an instruction that goes on to the next. */
static void step(struct run *run, const struct sock_filter *instruction, struct state *state)
{
	switch (BPF_CLASS(instruction->code)) {
	case BPF_LD:
	case BPF_LDX:
		load(run, instruction, state);
		break;
	case BPF_ST:
		state->memory[instruction->k] = state->a;
		break;
	case BPF_STX:
		state->memory[instruction->k] = state->x;
		break;
	case BPF_ALU:
		state->a = compute(run, instruction, state);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(instruction->code) == BPF_TAX)
			state->x = state->a;
		else
			state->a = state->x;
		break;
	}
}

/* An ALU instruction that ends the program: the kernel answers 0 to a division by an X of zero. */
static bool divides_by_zero(const struct run *run, const struct sock_filter *instruction,
			    const struct state *state)
{
	uint32_t divisor;

	return instruction->code == (BPF_ALU | BPF_DIV | BPF_X) && state->x != NO_VECTOR &&
	       is_constant(run, &run->vectors[state->x], &divisor) && !divisor;
}

static size_t target(const struct sock_filter *instruction, size_t pc, bool holds)
{
	if (BPF_OP(instruction->code) == BPF_JA)
		return pc + 1 + instruction->k;
	return pc + 1 + (holds ? instruction->jt : instruction->jf);
}

/* Some of the values asked for hold, some do not; narrows either down as far as one range can. */
static void split(const struct diagram_values *values, struct diagram_values *holds,
		  struct diagram_values *fails)
{
	if (values->first <= holds->first)
		fails->first = values->last + 1;
	else
		holds->first = values->first;
	if (values->last >= holds->last)
		fails->last = values->first - 1;
	else
		holds->last = values->last;
}

/* What earlier jumps about the same word have decided has no other side. */
static void follow_jump(struct run *run, size_t pc, struct state *state)
{
	const struct sock_filter *instruction = &run->program[pc];
	struct diagram_values holds = state->asked, fails = state->asked;
	struct diagram_values values;
	bool is_about_word = get_values(run, instruction, state, &values);
	bool never = is_about_word && (values.last < holds.first || values.first > holds.last);
	bool always = is_about_word && values.first <= fails.first && values.last >= fails.last;

	if (is_about_word && !never && !always)
		split(&values, &holds, &fails);
	if (!never)
		state->yes = reach(run, target(instruction, pc, true), state, &holds);
	state->no = always ? state->yes : reach(run, target(instruction, pc, false), state, &fails);
	if (never)
		state->yes = state->no;
}

static void follow(struct run *run, size_t pc, struct state *state)
{
	const struct sock_filter *instruction = &run->program[pc];
	struct state next = *state;

	if (BPF_CLASS(instruction->code) == BPF_RET || divides_by_zero(run, instruction, state))
		return;
	if (BPF_CLASS(instruction->code) == BPF_JMP) {
		follow_jump(run, pc, state);
		return;
	}
	step(run, instruction, &next);
	state->yes = reach(run, pc + 1, &next, next.a == state->a ? &state->asked : &all_values);
}

/* ---- Answers ---- */

static diagram unknown(struct run *run, size_t pc)
{
	if (pc < run->culprit)
		run->culprit = pc;
	return diagram_leaf(run->diagrams, DIAGRAM_UNKNOWN);
}

/* The verdict in a register, bit by bit from the highest. */
static diagram spell(struct run *run, const struct vector *vector, int bit, uint32_t value)
{
	if (bit < 0)
		return diagram_leaf(run->diagrams, value);
	if (diagram_is_leaf(run->diagrams, vector->bits[bit]))
		return spell(run, vector, bit - 1,
			     value | diagram_value(run->diagrams, vector->bits[bit]) << bit);
	return diagram_choose(run->diagrams, vector->bits[bit],
			      spell(run, vector, bit - 1, value | 1u << bit),
			      spell(run, vector, bit - 1, value));
}

static diagram answer_return(struct run *run, size_t pc, const struct state *state)
{
	struct vector vector;
	unsigned int varying = 0;

	if (BPF_RVAL(run->program[pc].code) != BPF_A)
		return diagram_leaf(run->diagrams, run->program[pc].k);
	if (state->a == NO_VECTOR)
		return unknown(run, pc);
	vector = run->vectors[state->a];
	for (unsigned int i = 0; i < 32; i++)
		varying += !diagram_is_leaf(run->diagrams, vector.bits[i]);
	return varying > RETURN_BITS_MAX ? unknown(run, pc) : spell(run, &vector, 31, 0);
}

static diagram answer_jump(struct run *run, size_t pc, const struct state *state)
{
	const struct sock_filter *instruction = &run->program[pc];
	diagram yes = state->yes->answer;
	diagram no = state->no->answer;
	struct diagram_values values;
	diagram holds;

	if (yes == no)
		return yes;
	if (get_values(run, instruction, state, &values))
		return diagram_within(run->diagrams, &run->vectors[state->a].part, &values,
				      &state->asked, yes, no);
	if (!get_condition(run, instruction, state, &holds))
		return unknown(run, pc);
	return diagram_choose(run->diagrams, holds, yes, no);
}

static diagram answer(struct run *run, size_t pc, const struct state *state)
{
	const struct sock_filter *instruction = &run->program[pc];

	if (BPF_CLASS(instruction->code) == BPF_RET)
		return answer_return(run, pc, state);
	if (BPF_CLASS(instruction->code) == BPF_JMP)
		return answer_jump(run, pc, state);
	if (divides_by_zero(run, instruction, state))
		return diagram_leaf(run->diagrams, 0);
	/* A division that cannot be expressed may also end the program. */
	if (BPF_CLASS(instruction->code) == BPF_ALU && BPF_OP(instruction->code) == BPF_DIV &&
	    state->yes->a == NO_VECTOR)
		return unknown(run, pc);
	return state->yes->answer;
}

static diagram run_all(struct run *run)
{
	struct state first = { .next = NULL };
	uint32_t zero = constant(run, 0);

	memset(run->loaded, 0xff, sizeof(run->loaded));
	first.a = first.x = zero;
	for (size_t i = 0; i < BPF_MEMWORDS; i++)
		first.memory[i] = zero;
	reach(run, 0, &first, &all_values);
	for (size_t pc = 0; pc < run->count && !run->failed; pc++) {
		for (struct state *state = run->states[pc]; state; state = state->next)
			follow(run, pc, state);
	}
	for (size_t pc = run->count; pc-- && !run->failed;) {
		for (struct state *state = run->states[pc]; state; state = state->next) {
			state->answer = answer(run, pc, state);
			run->failed |= state->answer == DIAGRAM_FAILED;
		}
	}
	return run->failed ? DIAGRAM_FAILED : run->states[0]->answer;
}

diagram symbolic_run(struct diagrams *diagrams, const struct sock_filter *program, size_t count,
		     bool big_endian, size_t *culprit)
{
	struct run run = { .diagrams = diagrams,
			   .program = program,
			   .count = count,
			   .big_endian = big_endian,
			   .culprit = count };
	diagram result = DIAGRAM_FAILED;

	run.states = arena_alloc(&run.arena, count, sizeof(struct state *));
	if (run.states)
		result = run_all(&run);
	else
		diagrams->out_of_memory = true;
	*culprit = run.culprit;
	free(run.vectors);
	arena_free(&run.arena);
	return result;
}
