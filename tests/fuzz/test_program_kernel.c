// SPDX-License-Identifier: MIT
/*
 * sbpf_program_check() against this machine's kernel, on many small random programs.
 *
 * A process with a listener is refused another one, but only after the kernel has checked the
 * program: EBUSY means that it would have taken it, EINVAL that it would not. So one process can
 * ask about any number of programs without being bound by them (kernel/seccomp.c:
 * seccomp_set_mode_filter, has_duplicate_listener; Linux 5.0).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"
#include "random.h"
#include "sbpf.h"

#define PROGRAMS 20000
#define INSTRUCTIONS 12
#define SKIPPED 77

static long set_filter(const struct sock_filter *program, size_t count)
{
	struct sock_fprog wrapped = { .len = (unsigned short)count,
				      .filter = (struct sock_filter *)program };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &wrapped);
}

/* Mostly instructions that the kernel knows, with constants near what it allows. */
static void random_instruction(struct random *random, struct sock_filter *instruction)
{
	static const uint16_t operations[] = { BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET };
	uint16_t code = (uint16_t)random_below(random, 0xb0);

	if (random_chance(random, 40))
		code = BPF_LD | BPF_W | BPF_ABS;
	else if (random_chance(random, 30))
		code = (uint16_t)(BPF_JMP | operations[random_below(random, 4)]);
	else if (random_chance(random, 30))
		code = random_chance(random, 50) ? BPF_ST : BPF_LD | BPF_MEM;
	else if (random_chance(random, 3))
		code = (uint16_t)random_next(random);
	instruction->code = code;
	instruction->jt = (uint8_t)random_below(random, INSTRUCTIONS / 3);
	instruction->jf = (uint8_t)random_below(random, INSTRUCTIONS / 3);
	instruction->k = (uint32_t)random_below(random, 4) * 4;
	if (random_chance(random, 5))
		instruction->k = (uint32_t)random_below(random, 70);
	else if (random_chance(random, 1))
		instruction->k = (uint32_t)random_next(random);
}

static size_t random_program(struct random *random, struct sock_filter *program)
{
	size_t count = 1 + random_below(random, INSTRUCTIONS);

	for (size_t i = 0; i < count; i++)
		random_instruction(random, &program[i]);
	if (random_chance(random, 95))
		program[count - 1] = (struct sock_filter)
			BPF_STMT(random_chance(random, 50) ? BPF_RET | BPF_K : BPF_RET | BPF_A, 0);
	return count;
}

static int compare(struct random *random, unsigned int *taken)
{
	struct sock_filter program[INSTRUCTIONS];
	size_t count = random_program(random, program);
	bool accepted = sbpf_program_check(program, count, NULL) == 0;
	bool kernel;

	set_filter(program, count);
	kernel = errno == EBUSY;
	*taken += kernel;
	if (accepted == kernel && machine_accepts(program, count) == kernel)
		return 0;
	fprintf(stderr, "the kernel says %s (%s), the library %s, of:\n", kernel ? "yes" : "no",
		strerror(errno), accepted ? "yes" : "no");
	for (size_t i = 0; i < count; i++)
		fprintf(stderr, "\t{ 0x%04x, %u, %u, 0x%08" PRIx32 " }\n", program[i].code,
			program[i].jt, program[i].jf, program[i].k);
	return 1;
}

static int compare_all(void)
{
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct random random = { .state = 1 };
	unsigned int taken = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || set_filter(&allow, 1) < 0) {
		perror("no listener on this kernel");
		return SKIPPED;
	}
	for (int i = 0; i < PROGRAMS; i++)
		if (compare(&random, &taken))
			return 1;
	printf("%d programs, %u of them valid: the same as the kernel\n", PROGRAMS, taken);
	fflush(stdout);
	/* Too few of either kind would prove nothing. */
	return taken > PROGRAMS / 20 && taken < PROGRAMS / 2 ? 0 : 1;
}

int main(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(compare_all());
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
