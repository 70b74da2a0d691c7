/* SPDX-License-Identifier: MIT */
/*
 * make_calls SEED COUNT PERIOD NAME...: makes COUNT calls, by chance of these names, ABIs,
 * arguments and processes or threads to make them in, and prints what each gave. Two runs with the
 * same seed make the same calls. PERIOD: of a timer in microseconds whose signal interrupts calls,
 * or 0. A name that begins with '!' may kill, and is called in a process of its own.
 */
#include "sbpf.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where a call is made: a killed one ends only that. */
enum place { PLACE_HERE, PLACE_THREAD };

struct attempt {
	const char *name;
	bool may_kill;
	int abi;
	uint32_t number;
	long arguments[6];
	enum place place;
	long result; /* as the kernel gives it */
	bool is_back;
};

static uint64_t state;

static struct {
	int count, code, call, error;
	unsigned int arch;
	long distance; /* of the instruction from make() */
} trapped;

static volatile sig_atomic_t ticks;
static struct itimerval timer;

static uint64_t random_below(uint64_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % limit;
}

static long make_by_int80(const struct attempt *attempt)
{
#ifdef __x86_64__
	const long *given = attempt->arguments;
	long result;

	/* Five arguments: the sixth would be in the frame's register. */
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(attempt->number), "b"(given[0]), "c"(given[1]), "d"(given[2]),
			   "S"(given[3]), "D"(given[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
#else
	(void)attempt;
	return 0;
#endif
}

static void make(struct attempt *attempt)
{
	const long *given = attempt->arguments;

	if (attempt->abi == sbpf_abi_find("x86")) {
		attempt->result = make_by_int80(attempt);
	} else {
		attempt->result = syscall(attempt->number, given[0], given[1], given[2], given[3],
					  given[4], given[5]);
		if (attempt->result == -1)
			attempt->result = -errno;
	}
	attempt->is_back = true;
}

static void handle_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	trapped.count++;
	trapped.code = info->si_code;
	trapped.call = info->si_syscall;
	trapped.arch = info->si_arch;
	trapped.error = info->si_errno;
	trapped.distance = (char *)info->si_call_addr - (char *)syscall;
}

static void handle_tick(int signal)
{
	(void)signal;
	ticks++;
}

static void *make_in_thread(void *attempt)
{
	make(attempt);
	return NULL;
}

/* A thread that is killed never ends for pthread_join(3); it is seen to be gone. */
static bool exists(pid_t thread)
{
	return syscall(SYS_tgkill, getpid(), thread, 0) == 0;
}

struct threaded {
	struct attempt *attempt;
	volatile pid_t thread;
};

static void *start(void *argument)
{
	struct threaded *threaded = argument;

	threaded->thread = (pid_t)syscall(SYS_gettid);
	return make_in_thread(threaded->attempt);
}

static void run_thread(struct attempt *attempt)
{
	struct threaded threaded = { .attempt = attempt };
	pthread_t thread;

	if (pthread_create(&thread, NULL, start, &threaded))
		exit(3);
	while (!threaded.thread || exists(threaded.thread))
		sched_yield();
	pthread_detach(thread);
}

/* Prints what came of it. */
static void print(const struct attempt *attempt)
{
	printf("%s/%d %d: ", attempt->name, attempt->abi, (int)attempt->place);
	if (attempt->is_back)
		printf("%ld", attempt->result);
	if (trapped.count)
		printf(" trapped %d code %d call %d arch %x errno %d at %ld", trapped.count,
		       trapped.code, trapped.call, trapped.arch, trapped.error,
		       attempt->abi == sbpf_abi_native() ? trapped.distance : 0);
	putchar('\n');
	fflush(stdout);
}

static void run_process(struct attempt *attempt)
{
	sigset_t alarm, before;
	int status;
	pid_t child;

	/* fork(2) begins again when a signal comes. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, &before);
	child = fork();
	if (child < 0)
		exit(3);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child == 0) {
		setitimer(ITIMER_REAL, &timer, NULL);
		attempt->place = random_below(4) ? PLACE_HERE : PLACE_THREAD;
		if (attempt->place == PLACE_THREAD)
			run_thread(attempt);
		else
			make(attempt);
		print(attempt);
		_exit(7);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	printf("status %x of %s/%d\n", status, attempt->name, attempt->abi);
	fflush(stdout);
}

static struct attempt choose(char **names, int count)
{
	static const char *const abis[] = { "x86_64", "x86_64", "x86", "x32" };
	struct attempt attempt;

	do {
		const char *name = names[random_below((uint64_t)count)];

		attempt = (struct attempt){
			.name = name + (name[0] == '!'),
			.may_kill = name[0] == '!',
			.abi = sbpf_abi_native(),
		};
		if (!strcmp(abis[0], "x86_64"))
			attempt.abi = sbpf_abi_find(abis[random_below(4)]);
	} while (!sbpf_call_number(attempt.abi, attempt.name, &attempt.number));
	for (size_t i = 0; i < 6; i++)
		attempt.arguments[i] =
			random_below(2) ? (long)random_below(4) : (long)(random_below(1ul << 40));
	return attempt;
}

int main(int argc, char **argv)
{
	const struct rlimit no_core = { 0 };
	struct sigaction trap = { .sa_sigaction = handle_trap, .sa_flags = SA_SIGINFO };
	struct sigaction tick = { .sa_handler = handle_tick };

	if (argc < 5)
		return 2;
	state = strtoull(argv[1], NULL, 10) * 2654435761u + 1;
	timer.it_interval.tv_usec = timer.it_value.tv_usec = atol(argv[3]);
	setrlimit(RLIMIT_CORE, &no_core);
	if (sigaction(SIGSYS, &trap, NULL) || sigaction(SIGALRM, &tick, NULL) ||
	    setitimer(ITIMER_REAL, &timer, NULL))
		return 3;
	for (long i = 0; i < atol(argv[2]); i++) {
		struct attempt attempt = choose(argv + 4, argc - 4);

		memset(&trapped, 0, sizeof(trapped));
		if (attempt.may_kill || random_below(16) == 0) {
			run_process(&attempt);
			continue;
		}
		make(&attempt);
		print(&attempt);
	}
	return ticks || !timer.it_interval.tv_usec ? 0 : 4;
}
