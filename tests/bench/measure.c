// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include "bench.h"

#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One compiler's program and its times in nanoseconds. */
struct subject {
	struct program program;
	uint64_t *compile; /* REPEATS - 1 per round */
	uint64_t *install; /* one per round */
	uint64_t first[PROCESSES];
};

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int compare_times(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

/* In microseconds. */
static double median(uint64_t *times, unsigned int count)
{
	unsigned int middle = count / 2;

	qsort(times, count, sizeof(*times), compare_times);
	return (double)times[middle] / 1000;
}

static uint64_t *new_times(unsigned int rounds)
{
	uint64_t *times = calloc(rounds, sizeof(*times));

	if (!times)
		errx(1, "out of memory");
	return times;
}

/* Processor time, as other load would slow the long ones more than the short ones. */
static uint64_t time_compile(const struct task *task, const struct compiler *compiler,
			     struct program *program)
{
	uint64_t start;

	program_free(program);
	start = now(CLOCK_THREAD_CPUTIME_ID);
	*program = compiler->compile(task);
	return now(CLOCK_THREAD_CPUTIME_ID) - start;
}

/* The first one finds caches and a heap that the compiler before it left, and is not counted. */
static void time_repeats(const struct task *task, const struct compiler *compiler,
			 struct subject *subject, unsigned int round)
{
	uint64_t *times = subject->compile + (size_t)round * (REPEATS - 1);

	time_compile(task, compiler, &subject->program);
	for (unsigned int i = 0; i < REPEATS - 1; i++)
		times[i] = time_compile(task, compiler, &subject->program);
}

/*
 * In a child, as a filter stays for good. The child tells the time through shared memory, because
 * the filter may refuse it every call, exit_group(2) too; of clocks, the monotonic one needs none.
 */
static void time_install(struct subject *subject, uint64_t *shared, unsigned int round)
{
	struct sock_fprog program = {
		.len = (unsigned short)subject->program.count,
		.filter = subject->program.code,
	};
	pid_t child;

	*shared = 0;
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		uint64_t start;

		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		start = now(CLOCK_MONOTONIC);
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
			*shared = now(CLOCK_MONOTONIC) - start;
		_exit(0);
	}
	if (waitpid(child, NULL, 0) < 0)
		err(1, "waitpid");
	if (*shared == 0)
		errx(1, "the kernel refused a filter");
	subject->install[round] = *shared;
}

static void measure_steps(const struct task *task, const struct program *program,
			  struct figures *figures)
{
	int index = sbpf_abi_find(task->machine);
	struct sbpf_abi abi;
	double calls = 0;

	if (!sbpf_abi_describe(index, &abi))
		errx(1, "no machine %s", task->machine);
	for (int i = 0; i < sbpf_call_count(); i++) {
		struct seccomp_data data = { .arch = abi.audit_arch };
		uint32_t number;
		size_t steps;

		if (!sbpf_call_number(index, sbpf_call_at(i), &number))
			continue;
		data.nr = (int)number;
		sbpf_program_run(program->code, program->count, &data, abi.big_endian, &steps);
		calls++;
		figures->steps += (double)steps;
		if ((double)steps > figures->worst)
			figures->worst = (double)steps;
		if (sbpf_program_is_cached(program->code, program->count, abi.audit_arch, number))
			continue;
		figures->uncached++;
		figures->uncached_steps += (double)steps;
	}
	figures->steps /= calls;
	if (figures->uncached > 0)
		figures->uncached_steps /= figures->uncached;
}

static void *share_page(void)
{
	void *page = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		err(1, "mmap");
	return page;
}

static void run_rounds(const struct task *task, const struct compiler compilers[],
		       struct subject *subjects, size_t count, unsigned int rounds)
{
	bool native = sbpf_abi_find(task->machine) == sbpf_abi_native();
	uint64_t *shared = share_page();

	for (unsigned int process = 0; process < PROCESSES; process++)
		for (size_t i = 0; i < count; i++)
			subjects[i].first[process] = time_once(task, &compilers[i]);
	for (unsigned int round = 0; round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			time_repeats(task, &compilers[i], &subjects[i], round);
	for (unsigned int round = 0; native && round < rounds; round++)
		for (size_t i = 0; i < count; i++)
			time_install(&subjects[i], shared, round);
	munmap(shared, sizeof(*shared));
}

void measure(const struct task *task, const struct compiler compilers[], size_t count,
	     unsigned int rounds, struct figures figures[])
{
	struct subject *subjects = calloc(count, sizeof(*subjects));

	if (!subjects)
		errx(1, "out of memory");
	for (size_t i = 0; i < count; i++) {
		subjects[i].compile = new_times(rounds * (REPEATS - 1));
		subjects[i].install = new_times(rounds);
	}
	run_rounds(task, compilers, subjects, count, rounds);
	for (size_t i = 0; i < count; i++) {
		figures[i] = (struct figures){
			.compile = median(subjects[i].compile, rounds * (REPEATS - 1)),
			.first = median(subjects[i].first, PROCESSES),
			.install = median(subjects[i].install, rounds),
			.instructions = (double)subjects[i].program.count,
			.heap = (double)heap_once(task, &compilers[i]),
		};
		measure_steps(task, &subjects[i].program, &figures[i]);
		program_free(&subjects[i].program);
		free(subjects[i].compile);
		free(subjects[i].install);
	}
	free(subjects);
}

double measure_parse(const struct task *task, unsigned int rounds)
{
	uint64_t *times = new_times(rounds);
	double result;

	for (unsigned int round = 0; round < rounds; round++) {
		uint64_t start = now(CLOCK_THREAD_CPUTIME_ID);

		libseccomp_parse_only(task);
		times[round] = now(CLOCK_THREAD_CPUTIME_ID) - start;
	}
	result = median(times, rounds);
	free(times);
	return result;
}
