/* SPDX-License-Identifier: MIT */
/*
 * A program of one of the ABIs of x86_64, without a C library, for few compilers have one for each:
 * it exits with the errno of getppid(2), 0 when that is not refused. Numbers:
 * arch/x86/entry/syscalls/syscall_32.tbl and syscall_64.tbl.
 */
#ifdef __i386__

#define NUMBER_GETPPID 64
#define NUMBER_EXIT 1

static long enter(long number, long argument)
{
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(argument) : "memory");
	return result;
}

#else

#ifdef __ILP32__
#define X32_BIT 0x40000000
#else
#define X32_BIT 0
#endif
#define NUMBER_GETPPID (X32_BIT | 110)
#define NUMBER_EXIT (X32_BIT | 60)

static long enter(long number, long argument)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(argument)
			 : "memory", "rcx", "r11");
	return result;
}

#endif

void _start(void);

void _start(void)
{
	long result = enter(NUMBER_GETPPID, 0);

	for (;;)
		enter(NUMBER_EXIT, result < 0 ? -result : 0);
}
