// SPDX-License-Identifier: MIT
/*
 * The worst that programs can do to the proof engine: constructed ones that explode, and the
 * largest random ones. Time and memory must stay within bounds whatever the answer is.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "options.h"

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define SECONDS_MAX 20.0
/* Without --long, for the sake of time. */
#define NODES_SHORT (1u << 19)

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void append(struct program *program, struct sock_filter instruction)
{
	program->code[program->count++] = instruction;
}

static uint32_t argument_half(uint32_t i)
{
	return 16 + i % 12 * 4;
}

static void finish(struct program *program)
{
	append(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 12345, 0, 1));
	append(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	append(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
}

/* ---- Programs that explode ---- */

/* Each jump decides whether X changes: 2^i different states. */
static void double_states(struct program *program)
{
	for (uint32_t i = 0; i < 31; i++) {
		append(program, (struct sock_filter)LOAD(argument_half(i)));
		append(program,
		       (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 1u << i, 0, 3));
		append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0));
		append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 1u << i));
		append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	}
	append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0));
	finish(program);
}

/* The same with the scratch memory, each cell set or not. */
static void double_memory(struct program *program)
{
	for (uint32_t i = 0; i < 16; i++)
		append(program, (struct sock_filter)BPF_STMT(BPF_ST, i));
	for (uint32_t i = 0; i < 900; i++) {
		append(program, (struct sock_filter)LOAD(argument_half(i)));
		append(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
							     1u << i % 32, 0, 1));
		append(program, (struct sock_filter)BPF_STMT(BPF_ST, i % 16));
	}
	append(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_MEM, 3));
	finish(program);
}

/* A sum of all words. */
static void add_words(struct program *program)
{
	append(program, (struct sock_filter)LOAD(0));
	for (uint32_t i = 0; i < 12; i++) {
		append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
		append(program, (struct sock_filter)LOAD(argument_half(i)));
		append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0));
	}
	finish(program);
}

static void compare_words(struct program *program)
{
	append(program, (struct sock_filter)LOAD(16));
	append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	append(program, (struct sock_filter)LOAD(56));
	append(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1));
	append(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_LOG));
	finish(program);
}

static void multiply_by_constants(struct program *program)
{
	append(program, (struct sock_filter)LOAD(0));
	for (uint32_t i = 0; i < 40; i++)
		append(program,
		       (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1));
	finish(program);
}

/* A hash of one word. */
static void mix_one_word(struct program *program)
{
	append(program, (struct sock_filter)LOAD(0));
	for (uint32_t i = 0; i < 200; i++) {
		append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
		append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 13));
		append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0));
		append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 5));
	}
	finish(program);
}

static void shift_by_x(struct program *program)
{
	append(program, (struct sock_filter)LOAD(16));
	append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	append(program, (struct sock_filter)LOAD(24));
	for (uint32_t i = 0; i < 100; i++)
		append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 0));
	finish(program);
}

/* Many comparisons of one word with distant constants, each on its own way. */
static void ladder(struct program *program)
{
	for (uint32_t i = 0; i < 1360; i++) {
		append(program, (struct sock_filter)LOAD(argument_half(i)));
		append(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							     i * 2654435761u, 0, 1));
		append(program,
		       (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | i));
	}
	finish(program);
}

/* The parity of all words by jumps: two states, but each bit counts. */
static void parity(struct program *program)
{
	append(program, (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0));
	for (uint32_t i = 0; i < 384; i++) {
		append(program, (struct sock_filter)LOAD(argument_half(i * 5)));
		append(program, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K,
							     1u << i % 32, 0, 3));
		append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0));
		append(program, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, 1));
		append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
	}
	append(program, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TXA, 0));
	finish(program);
}

static const struct {
	const char *name;
	void (*build)(struct program *program);
} explosions[] = {
	{ "states that double, in X", double_states },
	{ "states that double, in memory", double_memory },
	{ "the sum of all words", add_words },
	{ "two words compared", compare_words },
	{ "products by constants", multiply_by_constants },
	{ "a hash of one word", mix_one_word },
	{ "shifts by X", shift_by_x },
	{ "a ladder of 1360 constants", ladder },
	{ "parity of all words", parity },
};

/* ---- Running ---- */

struct worst {
	double seconds;
	uint64_t seed;
	size_t count;
};

static long peak_mebibytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

/* The seconds for one program, compared with a constant; negative when it is not accepted. */
static double measure(const struct program *program, uint32_t limit, char *text, size_t size)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sbpf_error error = { 0 };
	double start = now();
	struct sbpf_space *space = sbpf_space_new(sbpf_abi_find("x86_64"), limit, &error);
	sbpf_meaning a, b;
	enum sbpf_answer answer = SBPF_UNKNOWN;

	if (!sbpf_meaning_of_program(space, program->code, program->count, &a, &error) &&
	    !sbpf_meaning_of_program(space, &allow, 1, &b, &error))
		answer = sbpf_meaning_compare(space, a, b, SBPF_EQUAL, NULL, &error);
	snprintf(text, size, "%s",
		 answer == SBPF_HOLDS	  ? "equal"
		 : answer == SBPF_REFUTED ? "refuted"
					  : error.message);
	sbpf_space_free(space);
	return error.code == SBPF_ERROR_INVALID ? -1 : now() - start;
}

static bool explode(struct program *program, uint32_t limit)
{
	bool good = true;

	for (size_t i = 0; i < sizeof(explosions) / sizeof(explosions[0]); i++) {
		char text[400];
		double seconds;

		program->count = 0;
		explosions[i].build(program);
		seconds = measure(program, limit, text, sizeof(text));
		printf("%-32s %4zu instructions: %6.2f s, up to %4ld MiB: %s\n", explosions[i].name,
		       program->count, seconds, peak_mebibytes(), text);
		fflush(stdout);
		good = good && seconds >= 0 && seconds < SECONDS_MAX;
	}
	return good;
}

static bool measure_random(struct program *program, uint32_t limit, const struct options *options)
{
	static const char *const names[FLAVOURS] = { "tests", "constants", "memory and X", "all" };

	for (int flavour = 0; flavour < FLAVOURS; flavour++) {
		struct worst worst = { 0 };
		double sum = 0;

		for (unsigned long i = 0; i < options->count; i++) {
			struct random random = { .state = options->seed + i };
			char text[400];
			double seconds;

			program_random(&random, (enum flavour)flavour, BPF_MAXINSNS, program);
			seconds = measure(program, limit, text, sizeof(text));
			sum += seconds;
			if (seconds > worst.seconds)
				worst = (struct worst){ seconds, options->seed + i, 0 };
		}
		printf("4096 random instructions, %-14s mean %.3f s, worst %.3f s (seed %" PRIu64
		       "), up to %ld MiB\n",
		       names[flavour], sum / (double)options->count, worst.seconds, worst.seed,
		       peak_mebibytes());
		if (worst.seconds > SECONDS_MAX)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct program program;
	struct options options = { .seed = 1, .count = 2 };
	uint32_t limit;

	options_read(&options, argc, argv, "PROGRAMS");
	limit = options.is_long ? 0 : NODES_SHORT;
	return explode(&program, limit) && measure_random(&program, limit, &options) ? 0 : 1;
}
