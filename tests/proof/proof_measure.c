// SPDX-License-Identifier: MIT
/*
 * How long the proof engine takes for Docker's default profile: the policy, this library's filters,
 * libseccomp's, and comparing them; also libseccomp's time to compile; and what a process pays that
 * does it once, from new processes of this program with --once. Medians in microseconds of
 * processor time.
 */
#define _GNU_SOURCE /* pipe2(2) */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS 21

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(double *times)
{
	qsort(times, ROUNDS, sizeof(*times), by_size);
	return times[ROUNDS / 2];
}

/* One side and the other in a space of their own, each timed. */
struct figures_of_proof {
	double policy[ROUNDS], program[ROUNDS], compare[ROUNDS];
	enum sbpf_answer answer;
};

static void prove(const struct sbpf_policy *policy, const struct sock_filter *code, size_t count,
		  size_t round, struct figures_of_proof *figures)
{
	struct sbpf_error error = { 0 };
	double times[4];
	struct sbpf_space *space;
	sbpf_meaning a, b;

	times[0] = now();
	space = sbpf_space_new(sbpf_abi_find("x86_64"), 0, &error);
	if (sbpf_meaning_of_policy(space, policy, &a, &error))
		errx(1, "%s", error.message);
	times[1] = now();
	if (sbpf_meaning_of_program(space, code, count, &b, &error))
		errx(1, "%s", error.message);
	times[2] = now();
	figures->answer = sbpf_meaning_compare(space, a, b, SBPF_EQUAL, NULL, &error);
	times[3] = now();
	sbpf_space_free(space);
	figures->policy[round] = times[1] - times[0];
	figures->program[round] = times[2] - times[1];
	figures->compare[round] = times[3] - times[2];
}

static void print_proof(const char *what, const struct sbpf_policy *policy,
			const struct sock_filter *code, size_t count)
{
	static const char *const answers[] = { "equal", "different", "", "unknown" };
	struct figures_of_proof figures;

	for (size_t i = 0; i < ROUNDS; i++)
		prove(policy, code, count, i, &figures);
	printf("%-24s %5zu instructions: policy %6.0f, program %6.0f, comparing %6.0f: %s\n", what,
	       count, median(figures.policy), median(figures.program), median(figures.compare),
	       answers[figures.answer]);
}

static void print_compile_times(const struct task *task)
{
	double times[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		double start = now();
		struct program program = libseccomp_compile(task);

		times[i] = now() - start;
		free(program.code);
	}
	printf("libseccomp compiles in   %.0f\n", median(times));
	for (int prove_it = 0; prove_it < 2; prove_it++) {
		const struct sbpf_options options = { .prove = prove_it };
		const struct sbpf_target target = { .machine = task->machine, .abis = task->abis };

		for (size_t i = 0; i < ROUNDS; i++) {
			double start = now();
			struct sbpf_policy *policy =
				sbpf_load_json(task->text, task->length, &target, NULL);
			struct sbpf_filter *filter = sbpf_compile(policy, &options, NULL);

			times[i] = now() - start;
			if (!filter)
				errx(1, "not compiled");
			sbpf_filter_free(filter);
			sbpf_policy_free(policy);
		}
		printf("libsbpf compiles%s in %.0f\n", prove_it ? " and proves" : "",
		       median(times));
	}
}

static void print_all(const struct task *task)
{
	const struct sbpf_target target = { .machine = task->machine,
					    .abis = task->abis,
					    .bad_arch = "KILL_THREAD" };
	struct sbpf_policy *policy = sbpf_load_json(task->text, task->length, &target, NULL);
	struct program theirs[2] = { libseccomp_compile(task), libseccomp_compile_optimized(task) };

	for (int effort = 0; effort < 2; effort++) {
		const struct sbpf_options options = { .effort = (enum sbpf_effort)effort };
		struct sbpf_filter *filter = sbpf_compile(policy, &options, NULL);
		size_t count;
		const struct sock_filter *code = sbpf_filter_program(filter, &count);

		print_proof(effort ? "libsbpf, thorough" : "libsbpf, quick", policy, code, count);
		sbpf_filter_free(filter);
	}
	for (size_t i = 0; i < 2; i++) {
		print_proof(i ? "libseccomp, optimized" : "libseccomp", policy, theirs[i].code,
			    theirs[i].count);
		free(theirs[i].code);
	}
	print_compile_times(task);
	sbpf_policy_free(policy);
}

/* ---- Once in a process ---- */

struct figures_once {
	double compile, policy, program, compare; /* compile: from the profile's text */
};

static struct figures_once prove_once(const struct task *task)
{
	const struct sbpf_target target = { .machine = task->machine, .abis = task->abis };
	struct figures_once figures;
	struct figures_of_proof proof;
	struct sbpf_policy *policy;
	struct sbpf_filter *filter;
	const struct sock_filter *code;
	double start = now();
	size_t count;

	policy = sbpf_load_json(task->text, task->length, &target, NULL);
	filter = sbpf_compile(policy, NULL, NULL);
	figures.compile = now() - start;
	code = sbpf_filter_program(filter, &count);
	if (!code)
		errx(1, "not compiled");
	prove(policy, code, count, 0, &proof);
	figures.policy = proof.policy[0];
	figures.program = proof.program[0];
	figures.compare = proof.compare[0];
	sbpf_filter_free(filter);
	sbpf_policy_free(policy);
	return figures;
}

static struct figures_once ask_process(const struct task *task)
{
	struct figures_once figures;
	int ends[2];
	int status;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		err(1, "pipe2");
	child = fork();
	if (child < 0)
		err(1, "fork");
	if (child == 0) {
		if (dup2(ends[1], STDOUT_FILENO) >= 0)
			execl("/proc/self/exe", "proof_measure", "--once", task->path,
			      (char *)NULL);
		err(1, "/proc/self/exe");
	}
	close(ends[1]);
	if (read(ends[0], &figures, sizeof(figures)) != (ssize_t)sizeof(figures))
		errx(1, "a new process did not tell its figures");
	close(ends[0]);
	if (waitpid(child, &status, 0) < 0 || status != 0)
		errx(1, "a new process failed");
	return figures;
}

static void print_new_processes(const struct task *task)
{
	double compile[ROUNDS], policy[ROUNDS], program[ROUNDS], compare[ROUNDS], sum[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		struct figures_once figures = ask_process(task);

		compile[i] = figures.compile;
		policy[i] = figures.policy;
		program[i] = figures.program;
		compare[i] = figures.compare;
		sum[i] = compile[i] + policy[i] + program[i] + compare[i];
	}
	printf("first in a process: compile %.0f, policy %.0f, program %.0f, comparing %.0f; "
	       "together %.0f\n",
	       median(compile), median(policy), median(program), median(compare), median(sum));
}

static void write_figures(const struct task *task)
{
	struct figures_once figures = prove_once(task);

	if (write(STDOUT_FILENO, &figures, sizeof(figures)) != (ssize_t)sizeof(figures))
		err(1, "stdout");
}

int main(int argc, char **argv)
{
	bool is_once = argc == 3 && !strcmp(argv[1], "--once");
	struct task task = { .path = argc > 1 ? argv[argc - 1] : DOCKER_PROFILE,
			     .machine = "x86_64",
			     .abis = "x86,x32" };
	char *text = malloc(SBPF_TEXT_MAX);
	FILE *file = fopen(task.path, "r");

	if (!text || !file)
		err(1, "%s", task.path);
	task.length = fread(text, 1, SBPF_TEXT_MAX, file);
	task.text = text;
	fclose(file);
	if (is_once) {
		write_figures(&task);
	} else {
		print_all(&task);
		print_new_processes(&task);
	}
	free(text);
	return 0;
}
