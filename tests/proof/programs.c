// SPDX-License-Identifier: MIT
#include "programs.h"

#include <stdio.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

#include "machine.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
/* Cells that random programs use; all are written at the start. */
#define CELLS 3
/* A verdict that the kernel does not know, by which the engine marks what it does not know. */
#define UNKNOWN_LEAF 0x00010000u

static const uint32_t verdicts[] = {
	SECCOMP_RET_ALLOW,	  SECCOMP_RET_ERRNO | 1,     SECCOMP_RET_ERRNO | 38,
	SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,   SECCOMP_RET_TRAP,
	SECCOMP_RET_TRACE | 7,	  SECCOMP_RET_LOG,	     SECCOMP_RET_USER_NOTIF,
	SECCOMP_RET_ALLOW,	  SECCOMP_RET_ERRNO | 0xfff, SECCOMP_RET_TRACE,
};

/* Actions that no kernel knows: it kills the process, and in a stack their number counts. */
static const uint32_t odd_verdicts[] = { 0x00020000, 0x7ff80001, 0xffff0000, 0x40000000 };

/* ---- Random constants ---- */

static uint32_t random_verdict(struct random *random)
{
	if (random_chance(random, 3))
		return odd_verdicts[random_below(random, COUNT(odd_verdicts))];
	return verdicts[random_below(random, COUNT(verdicts))];
}

static uint32_t random_constant(struct random *random)
{
	static const uint32_t values[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0x40000000, 0x40000001,
		0xffffffff,	   0x80000000,	    0x7fffffff,		0xffff0000, 0xff,
	};

	if (random_chance(random, 45))
		return (uint32_t)random_below(random, 12);
	if (random_chance(random, 55))
		return values[random_below(random, COUNT(values))];
	if (random_chance(random, 50))
		return UINT32_C(1) << random_below(random, 32);
	return (uint32_t)(random_next(random) >> (32 + random_below(random, 32)));
}

/* ---- Random instructions ---- */

static struct sock_filter load_word(struct random *random)
{
	uint32_t offset = random_chance(random, 50) ? (uint32_t)random_below(random, 4) * 4
						    : 16 + (uint32_t)random_below(random, 12) * 4;

	/* The instruction pointer, which no filter looks at, now and then. */
	if ((offset == 8 || offset == 12) && random_chance(random, 85))
		offset -= 8;
	return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}

static struct sock_filter jump(struct random *random, enum flavour flavour, size_t left)
{
	static const uint16_t tests[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	size_t reach = left < 8 ? left : 8;
	uint16_t code = BPF_JMP | tests[random_below(random, COUNT(tests))];

	if (random_chance(random, 4))
		return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
						    (uint32_t)random_below(random, reach));
	if (left > 8 && random_chance(random, 20))
		reach = left < 255 ? left : 255;
	if (flavour >= FLAVOUR_MEMORY && random_chance(random, 12))
		code |= BPF_X;
	return (struct sock_filter)BPF_JUMP(code,
					    BPF_SRC(code) == BPF_X ? 0 : random_constant(random),
					    (uint8_t)random_below(random, reach),
					    (uint8_t)random_below(random, reach));
}

static struct sock_filter arithmetic(struct random *random, enum flavour flavour)
{
	static const uint16_t operations[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
					       BPF_OR,	BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG };
	uint16_t operation = operations[random_below(random, COUNT(operations))];
	uint32_t k = random_constant(random);

	if (flavour == FLAVOUR_TESTS)
		operation = BPF_AND;
	if (operation == BPF_NEG)
		return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_NEG, 0);
	if (flavour == FLAVOUR_ALL && random_chance(random, 30))
		return (struct sock_filter)BPF_STMT(BPF_ALU | operation | BPF_X, 0);
	if (operation == BPF_LSH || operation == BPF_RSH)
		k %= 32;
	/* Only quotients by powers of two can be expressed. */
	if (operation == BPF_DIV && (k == 0 || flavour < FLAVOUR_ALL))
		k = UINT32_C(1) << random_below(random, 32);
	return (struct sock_filter)BPF_STMT(BPF_ALU | operation | BPF_K, k);
}

static struct sock_filter move(struct random *random)
{
	uint32_t cell = (uint32_t)random_below(random, CELLS);
	const struct sock_filter moves[] = {
		BPF_STMT(BPF_LD | BPF_IMM, random_constant(random)),
		BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, random_constant(random)),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0),
		BPF_STMT(BPF_LD | BPF_MEM, cell),
		BPF_STMT(BPF_LDX | BPF_MEM, cell),
		BPF_STMT(BPF_ST, cell),
		BPF_STMT(BPF_STX, cell),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
	};

	return moves[random_below(random, COUNT(moves))];
}

static struct sock_filter instruction(struct random *random, enum flavour flavour, size_t left)
{
	size_t kind = random_below(random, 100);

	if (kind < 25)
		return load_word(random);
	if (kind < 65)
		return jump(random, flavour, left);
	if (kind < (left < 8 ? 75 : 67))
		return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, random_verdict(random));
	if (kind < 82 || flavour < FLAVOUR_MEMORY)
		return arithmetic(random, flavour);
	return move(random);
}

/* ret A, with a verdict in A whose lowest bits are those of a word. */
static void return_some_bits(struct random *random, struct program *program)
{
	struct sock_filter *end = &program->code[program->count - 4];

	end[0] = load_word(random);
	end[1] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x15);
	end[2] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
	end[3] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
}

void program_random(struct random *random, enum flavour flavour, size_t length,
		    struct program *program)
{
	size_t at = 0;

	program->count = length;
	for (; flavour >= FLAVOUR_MEMORY && at < CELLS && at + 2 < length; at++)
		program->code[at] = (struct sock_filter)BPF_STMT(BPF_ST, (uint32_t)at);
	if (at + 1 < length)
		program->code[at++] = load_word(random);
	for (; at + 1 < length; at++)
		program->code[at] = instruction(random, flavour, length - at - 1);
	program->code[at] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, random_verdict(random));
	if (flavour == FLAVOUR_ALL && length > 8 && random_chance(random, 30))
		return_some_bits(random, program);
	if (!machine_accepts(program->code, program->count))
		program_random(random, flavour < FLAVOUR_MEMORY ? flavour : FLAVOUR_CONSTANT,
			       length, program);
}

/* ---- Mutants ---- */

/* Another operation of the same class, so that most mutants are accepted. */
static uint16_t other_code(struct random *random, uint16_t code)
{
	switch (BPF_CLASS(code)) {
	case BPF_JMP:
	case BPF_ALU:
		return (uint16_t)(code ^ (1u << (3 + random_below(random, 5))));
	default:
		return (uint16_t)random_below(random, 0xb0);
	}
}

static uint32_t other_constant(struct random *random, uint32_t k)
{
	switch (random_below(random, 6)) {
	case 0:
		return k + 1;
	case 1:
		return k - 1;
	case 2:
		return random_constant(random);
	case 3:
		return k + (random_chance(random, 50) ? 4 : (uint32_t)-4);
	default:
		return k ^ (UINT32_C(1) << random_below(random, 32));
	}
}

static void mutate_jump(struct random *random, struct sock_filter *changed)
{
	uint8_t old = changed->jt;

	switch (random_below(random, 3)) {
	case 0:
		changed->jt = changed->jf;
		changed->jf = old;
		break;
	case 1:
		changed->jt = (uint8_t)(changed->jt + (random_chance(random, 50) ? 1 : -1));
		break;
	default:
		changed->jf = (uint8_t)(changed->jf + (random_chance(random, 50) ? 1 : -1));
		break;
	}
}

bool program_mutate(struct random *random, const struct program *program, size_t at,
		    struct program *mutant)
{
	struct sock_filter *changed = &mutant->code[at];
	bool is_jump = BPF_CLASS(program->code[at].code) == BPF_JMP;

	*mutant = *program;
	switch (random_below(random, is_jump ? 8 : 5)) {
	case 0:
		changed->code = other_code(random, changed->code);
		break;
	case 1:
	case 2:
		changed->k = other_constant(random, changed->k);
		break;
	case 3: /* swapped with the next */
		*changed = program->code[at + (at + 1 < program->count)];
		mutant->code[at + (at + 1 < program->count)] = program->code[at];
		break;
	case 4: /* replaced by another one of the program */
		*changed = program->code[random_below(random, program->count)];
		break;
	default:
		mutate_jump(random, changed);
	}
	return machine_accepts(mutant->code, mutant->count);
}

bool program_is_expressible(const struct program *program)
{
	for (size_t i = 0; i < program->count; i++) {
		const struct sock_filter *code = &program->code[i];

		switch (code->code) {
		case BPF_RET | BPF_K:
			if (code->k == UNKNOWN_LEAF)
				return false;
			break;
		case BPF_ALU | BPF_MUL | BPF_X:
		case BPF_ALU | BPF_DIV | BPF_X:
		case BPF_ALU | BPF_LSH | BPF_X:
		case BPF_ALU | BPF_RSH | BPF_X:
		case BPF_RET | BPF_A:
			return false;
		case BPF_ALU | BPF_DIV | BPF_K:
			if (code->k & (code->k - 1))
				return false;
			break;
		}
	}
	return true;
}

void program_print(const struct program *program)
{
	for (size_t i = 0; i < program->count; i++)
		fprintf(stderr, "\t/* %3zu */ { 0x%02x, %u, %u, 0x%08x },\n", i,
			program->code[i].code, program->code[i].jt, program->code[i].jf,
			program->code[i].k);
}
