// SPDX-License-Identifier: MIT
/*
 * truth SEED REFUSED ABI:NUMBER...: makes each of these calls, with arguments that no call takes,
 * at random times from four threads in each of three processes, and writes down all calls that it
 * made and how many of each gave the errno REFUSED, as lines "ABI NUMBER MADE REFUSED". ABI 0 is
 * the native one, 1 that of int 0x80.
 *
 * Without a C library, so that it makes no call but its own.
 */
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define THREADS 4
#define PROCESSES 3
#define NUMBERS 1024
#define CALLS_MAX 2048
#define STACK_SIZE 65536
#define REPEATS 3

struct count {
	uint64_t made;
	uint64_t refused;
};

/* Memory of all processes. */
struct shared {
	struct count counts[2][NUMBERS + 1]; /* the last: numbers that have no place */
};

static struct shared *shared;
static long refused_errno;
static struct {
	int abi;
	uint32_t number;
} plan[CALLS_MAX];
static size_t plan_length;
static char stacks[THREADS][STACK_SIZE] __attribute__((aligned(16)));
static char text[1 << 17];

/* gcc makes calls of these of loops. */
void *memset(void *to, int byte, size_t length);
void *memcpy(void *to, const void *from, size_t length);

void *memset(void *to, int byte, size_t length)
{
	for (volatile char *at = to; length--; at++)
		*at = (char)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t length)
{
	volatile char *at = to;
	const char *source = from;

	while (length--)
		*at++ = *source++;
	return to;
}

/* ---- Machines ---- */

#if defined(__x86_64__)
static long enter(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

/* All six arguments are the same: bp cannot be named. */
static long enter_32(long number, long argument)
{
	long result;

	__asm__ volatile("push %%rbp\n\tmov %%rbx, %%rbp\n\tint $0x80\n\tpop %%rbp"
			 : "=a"(result)
			 : "a"(number), "b"(argument), "c"(argument), "d"(argument), "S"(argument),
			   "D"(argument)
			 : "r8", "r9", "r10", "r11", "memory");
	return result;
}

static void start_thread(unsigned long flags, void *stack, void (*body)(void), uint32_t *alive)
{
	register void (*r12)(void) __asm__("r12") = body;
	register uint32_t *r10 __asm__("r10") = alive;
	long result;

	__asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\t"
			 "call *%%r12\n\thlt\n1:"
			 : "=a"(result)
			 : "a"(SYS_clone), "D"(flags), "S"(stack), "d"(0L), "r"(r10), "r"(r12)
			 : "rcx", "r11", "memory");
}

__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall begin\n\thlt\n");
#elif defined(__aarch64__)
static long enter(long number, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}

static long enter_32(long number, long argument)
{
	(void)number;
	return argument;
}

static void start_thread(unsigned long flags, void *stack, void (*body)(void), uint32_t *alive)
{
	register long x8 __asm__("x8") = SYS_clone;
	register unsigned long x0 __asm__("x0") = flags;
	register void *x1 __asm__("x1") = stack;
	register long x2 __asm__("x2") = 0;
	register long x3 __asm__("x3") = 0;
	register uint32_t *x4 __asm__("x4") = alive;
	register void (*x9)(void) __asm__("x9") = body;

	__asm__ volatile("svc 0\n\tcbnz x0, 1f\n\tblr x9\n1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x9)
			 : "x30", "memory");
}

__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl begin\n");
#endif

/* ---- Calls, each counted before it is made ---- */

static struct count *count_of(int abi, uint32_t number)
{
	return &shared->counts[abi][number < NUMBERS ? number : NUMBERS];
}

static long made(int abi, uint32_t number, long result)
{
	if (result == -refused_errno)
		__atomic_fetch_add(&count_of(abi, number)->refused, 1, __ATOMIC_RELAXED);
	return result;
}

static void count(int abi, uint32_t number)
{
	__atomic_fetch_add(&count_of(abi, number)->made, 1, __ATOMIC_RELAXED);
}

static long call(long number, long a, long b, long c, long d, long e, long f)
{
	count(0, (uint32_t)number);
	return made(0, (uint32_t)number, enter(number, a, b, c, d, e, f));
}

#define CALL(number, a, b, c, d) call(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

__attribute__((noreturn)) static void leave(long number)
{
	for (;;)
		CALL(number, 0, 0, 0, 0);
}

static void spin(uint64_t rounds)
{
	for (volatile uint64_t left = rounds; left; left--)
		;
}

/*
 * Waits for a child, or for all. A call that sleeps could be made again by the kernel, as another
 * or as the same one, without this program's knowing.
 */
static void wait_for(long child)
{
	long result;

	do {
		spin(100000);
		result = CALL(SYS_wait4, child, 0, WNOHANG, 0);
	} while (result == 0 || (result > 0 && child < 0));
}

/* ---- The plan ---- */

/* Numbers of calls that need more than senseless arguments, by ABI. */
#if defined(__x86_64__)
static const uint32_t forks[2] = { SYS_fork, 2 };
static const uint32_t tid_addresses[2] = { SYS_set_tid_address, 258 };
#else
static const uint32_t forks[2] = { UINT32_MAX, UINT32_MAX };
static const uint32_t tid_addresses[2] = { SYS_set_tid_address, UINT32_MAX };
#endif

static uint32_t alive[THREADS]; /* the kernel clears each when its thread has ended */

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

static void make(int abi, uint32_t number, const uint32_t *is_alive)
{
	long argument = number == tid_addresses[abi] ? (long)is_alive : -1;
	long result;

	count(abi, number);
	if (abi == 0)
		result = enter(number, argument, argument, argument, argument, argument, argument);
	else
		result = enter_32(number, argument);
	made(abi, number, result);
	if (number != forks[abi] || result < 0)
		return;
	if (result == 0)
		leave(SYS_exit_group);
	wait_for(result);
}

static void make_all(uint64_t seed, const uint32_t *is_alive)
{
	uint16_t order[CALLS_MAX] = { 0 };

	for (size_t i = 0; i < plan_length; i++) {
		size_t other = next_random(&seed) % (i + 1);

		order[i] = order[other];
		order[other] = (uint16_t)i;
	}
	for (size_t i = 0; i < plan_length; i++) {
		for (uint64_t times = next_random(&seed) % REPEATS + 1; times; times--)
			make(plan[order[i]].abi, plan[order[i]].number, is_alive);
		spin(next_random(&seed) % 2048);
	}
}

static uint64_t first_seed;
static uint32_t process_number;
static uint32_t threads_started;

static void thread_body(void)
{
	uint32_t number = __atomic_load_n(&threads_started, __ATOMIC_ACQUIRE);

	__atomic_store_n(&threads_started, number + 1, __ATOMIC_RELEASE);
	make_all(first_seed + (uint64_t)process_number * THREADS + number, &alive[number]);
	leave(SYS_exit);
}

#define THREAD_FLAGS                                                                               \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |        \
	 CLONE_CHILD_CLEARTID)

static void run_threads(void)
{
	for (uint32_t i = 0; i < THREADS; i++) {
		alive[i] = 1;
		count(0, SYS_clone);
		start_thread(THREAD_FLAGS, stacks[i] + STACK_SIZE, thread_body, &alive[i]);
		while (__atomic_load_n(&threads_started, __ATOMIC_ACQUIRE) == i)
			;
	}
}

static void wait_for_threads(void)
{
	for (uint32_t i = 0; i < THREADS; i++) {
		while (__atomic_load_n(&alive[i], __ATOMIC_ACQUIRE))
			spin(1);
	}
}

static void run_processes(void)
{
	for (uint32_t i = 1; i < PROCESSES; i++) {
		process_number = i;
		if (CALL(SYS_clone, SIGCHLD, 0, 0, 0) == 0) {
			run_threads();
			/* The process ends with the last of its threads. */
			leave(SYS_exit);
		}
	}
	process_number = 0;
	run_threads();
	wait_for_threads();
	wait_for(-1);
}

/* ---- What was made ---- */

static size_t put_number(size_t at, uint64_t value, char end)
{
	char digits[20];
	size_t count_digits = 0;

	do
		digits[count_digits++] = (char)('0' + value % 10);
	while (value /= 10);
	while (count_digits)
		text[at++] = digits[--count_digits];
	text[at++] = end;
	return at;
}

static size_t format_counts(void)
{
	size_t at = 0;

	for (int abi = 0; abi < 2; abi++) {
		for (uint32_t number = 0; number <= NUMBERS; number++) {
			const struct count *one = &shared->counts[abi][number];

			if (!one->made)
				continue;
			at = put_number(at, (uint64_t)abi, ' ');
			at = put_number(at, number, ' ');
			at = put_number(at, one->made, ' ');
			at = put_number(at, one->refused, '\n');
		}
	}
	return at;
}

/* The two calls that follow are told as made. */
static void write_counts(void)
{
	count(0, SYS_write);
	count(0, SYS_exit_group);
	enter(SYS_write, 1, (long)text, (long)format_counts(), 0, 0, 0);
	enter(SYS_exit_group, 0, 0, 0, 0, 0, 0);
}

/* ---- From the beginning ---- */

static uint64_t take_number(const char **at)
{
	uint64_t value = 0;

	while (**at >= '0' && **at <= '9')
		value = value * 10 + (uint64_t)(*(*at)++ - '0');
	*at += **at == ':';
	return value;
}

void begin(long *stack);

void begin(long *stack)
{
	/* A signal that comes, as SIGCHLD to a tracer, has the kernel make a call again. */
	static const uint64_t all_signals = UINT64_MAX;
	long argument_count = stack[0];
	const char **arguments = (const char **)(stack + 1);

	first_seed = take_number(&arguments[1]);
	refused_errno = (long)take_number(&arguments[2]);
	for (long i = 3; i < argument_count && plan_length < CALLS_MAX; i++) {
		plan[plan_length].abi = take_number(&arguments[i]) != 0;
		plan[plan_length++].number = (uint32_t)take_number(&arguments[i]);
	}
	shared = (struct shared *)enter(SYS_mmap, 0, sizeof(*shared), PROT_READ | PROT_WRITE,
					MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	count(0, SYS_mmap);
	CALL(SYS_rt_sigprocmask, SIG_BLOCK, &all_signals, 0, sizeof(all_signals));
	run_processes();
	write_counts();
}
