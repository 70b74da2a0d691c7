/* SPDX-License-Identifier: MIT */
/*
 * What the kernel does with the upper half of an argument, call by call, and that the tables say
 * the same. Each row calls twice, without and with a bit in the upper half.
 */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH ((long)(UINT64_C(1) << 32)) /* 0 where a register has 32 bits */
#define SIZE 4096
#define KCMP_FILE 0	 /* <linux/kcmp.h> */
#define MPOL_PREFERRED 1 /* <linux/mempolicy.h> */

/* A call with one argument that high is added to; -errno on failure. */
typedef long (*caller)(long high);

static long result(long value)
{
	return value < 0 ? -errno : value;
}

static int data_file(void)
{
	int fd = memfd_create("widths", 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, SIZE), 0);
	return fd;
}

/* ---- Processes ---- */

/* The inode of a process's user namespace, which tells it from others. */
static long user_namespace(pid_t process)
{
	char path[64], target[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/user", process);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return -errno;
	return strtol(target + strcspn(target, "["), NULL, 10);
}

static long end_child(long child)
{
	if (child <= 0)
		return result(child);
	kill((pid_t)child, SIGKILL);
	ck_assert_int_eq(waitpid((pid_t)child, NULL, __WALL), child);
	return 0;
}

/* The order of its arguments is another one on s390x: CONFIG_CLONE_BACKWARDS2. */
static long clone_raw(long flags)
{
#ifdef __s390x__
	long child = syscall(SYS_clone, 0, flags, NULL, NULL, 0);
#else
	long child = syscall(SYS_clone, flags, 0, NULL, NULL, 0);
#endif

	if (child == 0) {
		pause();
		_exit(0);
	}
	return child;
}

/* 1: a child in a user namespace of its own. */
static long call_clone(long high)
{
	long child = clone_raw((CLONE_NEWUSER | SIGCHLD) + high);
	bool is_new = child > 0 && user_namespace((pid_t)child) != user_namespace(getpid());
	long ended = end_child(child);

	return ended < 0 ? ended : is_new;
}

static long call_unshare(long high)
{
	return result(syscall(SYS_unshare, CLONE_FS + high));
}

static long ptrace_with(long request_high, long pid_high)
{
	pid_t child = fork();
	long value;

	if (child == 0) {
		pause();
		_exit(0);
	}
	value = result(syscall(SYS_ptrace, PTRACE_SEIZE + request_high, child + pid_high, 0, 0));
	end_child(child);
	return value;
}

static long call_ptrace(long high)
{
	return ptrace_with(0, high);
}

static long call_ptrace_request(long high)
{
	return ptrace_with(high, 0);
}

static long call_kcmp(long high)
{
	return result(syscall(SYS_kcmp, getpid(), getpid(), KCMP_FILE, 0 + high, 0));
}

/* ---- Memory ---- */

/* On s390x the arguments are in memory, out of a filter's reach. */
static long map(long prot, long flags, long fd)
{
#ifdef __s390x__
	const long arguments[] = { 0,  SIZE, PROT_READ | PROT_WRITE | prot, MAP_PRIVATE | flags,
				   fd, 0 };

	return syscall(SYS_mmap, arguments);
#else
	return syscall(SYS_mmap, NULL, SIZE, PROT_READ | PROT_WRITE | prot, MAP_PRIVATE | flags, fd,
		       0);
#endif
}

#ifndef __s390x__
/* The first byte of a page that can be written, or what mmap(2) said. */
static long mapped(long page)
{
	long value = result(page);

	if (page == -1)
		return value;
	value = *(volatile unsigned char *)page = 'x';
	ck_assert_int_eq(munmap((void *)page, SIZE), 0);
	return value;
}

static long call_mmap_prot(long high)
{
	return mapped(map(high, MAP_ANONYMOUS, -1));
}

static long call_mmap_flags(long high)
{
	return mapped(map(0, MAP_ANONYMOUS | high, -1));
}

static long call_mmap_fd(long high)
{
	int fd = data_file();
	long value = mapped(map(0, 0, fd + high));

	close(fd);
	return value;
}
#endif

static long call_mprotect(long high)
{
	long page = map(0, MAP_ANONYMOUS, -1);
	long value = result(syscall(SYS_mprotect, page, SIZE, PROT_READ + high));

	munmap((void *)page, SIZE);
	return value;
}

static long call_mremap(long high)
{
	long page = map(0, MAP_ANONYMOUS, -1);
	long value = result(syscall(SYS_mremap, page, SIZE, SIZE, MREMAP_MAYMOVE + high));

	munmap((void *)page, SIZE);
	return value < 0 ? value : 0;
}

static long call_mbind(long high)
{
	long page = map(0, MAP_ANONYMOUS, -1);
	unsigned long nodes = 1;
	long value = result(syscall(SYS_mbind, page, SIZE, MPOL_PREFERRED + high, &nodes,
				    8 * sizeof(nodes), 0));

	munmap((void *)page, SIZE);
	return value;
}

static long call_remap_file_pages(long high)
{
	int fd = data_file();
	void *page = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	long value = result(syscall(SYS_remap_file_pages, page, SIZE, 0, 0, 0 + high));

	munmap(page, SIZE);
	close(fd);
	return value;
}

/* ---- Vectors ---- */

static char buffer[SIZE];
static const struct iovec vector[2] = { { buffer, 100 }, { buffer + 100, 100 } };

/* high is added to the descriptor, to the count of the vector, or to the upper half of an offset.
 */
static long transfer(long number, long fd_high, long count_high, long offset_high)
{
	int fd = data_file();
	long value =
		result(syscall(number, fd + fd_high, vector, 2 + count_high, 1, offset_high, 0));

	close(fd);
	return value;
}

#define TRANSFER(call)                                                                             \
	static long call_##call##_fd(long high)                                                    \
	{                                                                                          \
		return transfer(SYS_##call, high, 0, 0);                                           \
	}                                                                                          \
	static long call_##call##_count(long high)                                                 \
	{                                                                                          \
		return transfer(SYS_##call, 0, high, 0);                                           \
	}
TRANSFER(readv)
TRANSFER(writev)
TRANSFER(preadv)
TRANSFER(pwritev)
TRANSFER(preadv2)
TRANSFER(pwritev2)

static long call_preadv_offset(long high)
{
	return transfer(SYS_preadv, 0, 0, high);
}

static long call_process_vm_readv(long high)
{
	static char from[SIZE];
	const struct iovec remote = { from, 200 };

	return result(syscall(SYS_process_vm_readv, getpid(), vector, 2 + high, &remote, 1, 0));
}

static long call_process_vm_readv_flags(long high)
{
	static char from[SIZE];
	const struct iovec remote = { from, 200 };

	return result(syscall(SYS_process_vm_readv, getpid(), vector, 2, &remote, 1, 0 + high));
}

static long call_process_madvise(long high)
{
	long page = map(0, MAP_ANONYMOUS, -1);
	const struct iovec pages = { (void *)page, SIZE };
	int process = (int)syscall(SYS_pidfd_open, getpid(), 0);
	long value =
		result(syscall(SYS_process_madvise, process, &pages, 1 + high, MADV_WILLNEED, 0));

	close(process);
	munmap((void *)page, SIZE);
	return value;
}

static long call_vmsplice(long high)
{
	int ends[2];
	long value;

	ck_assert_int_eq(pipe(ends), 0);
	value = result(syscall(SYS_vmsplice, ends[1], vector, 2 + high, 0));
	close(ends[0]);
	close(ends[1]);
	return value;
}

/* ---- Lengths and numbers ---- */

static long call_read_count(long high)
{
	int fd = data_file();
	long value = result(syscall(SYS_read, fd, buffer, 0 + high));

	close(fd);
	return value;
}

static long call_fcntl_dupfd(long high)
{
	long fd = result(syscall(SYS_fcntl, 0, F_DUPFD, 50 + high));

	if (fd > 0)
		close((int)fd);
	return fd;
}

static long call_socket_family(long high)
{
	long fd = result(syscall(SYS_socket, 1 + high, 1, 0)); /* AF_UNIX, SOCK_STREAM */

	if (fd > 0)
		close((int)fd);
	return fd > 0 ? 1 : fd;
}

/* Whether the upper half of an argument changes what the call does. */
enum upper_half { IGNORED, COUNTS };

static const struct row {
	const char *call;
	unsigned int argument;
	enum upper_half upper_half;
	caller make; /* adds to the argument */
} rows[] = {
#ifdef __s390x__
	{ "clone", 1, IGNORED, call_clone },
#else
	{ "clone", 0, IGNORED, call_clone },
	{ "mmap", 2, IGNORED, call_mmap_prot },
	{ "mmap", 3, IGNORED, call_mmap_flags },
	{ "mmap", 4, IGNORED, call_mmap_fd },
#endif
	{ "unshare", 0, COUNTS, call_unshare },
	{ "ptrace", 1, IGNORED, call_ptrace },
	{ "ptrace", 0, COUNTS, call_ptrace_request },
	{ "kcmp", 3, IGNORED, call_kcmp },
	{ "mprotect", 2, COUNTS, call_mprotect },
	{ "mremap", 3, COUNTS, call_mremap },
	{ "mbind", 2, IGNORED, call_mbind },
	{ "remap_file_pages", 4, IGNORED, call_remap_file_pages },
	{ "readv", 0, IGNORED, call_readv_fd },
	{ "readv", 2, IGNORED, call_readv_count },
	{ "writev", 0, IGNORED, call_writev_fd },
	{ "writev", 2, IGNORED, call_writev_count },
	{ "preadv", 0, IGNORED, call_preadv_fd },
	{ "preadv", 2, IGNORED, call_preadv_count },
	{ "preadv", 4, IGNORED, call_preadv_offset },
	{ "pwritev", 0, IGNORED, call_pwritev_fd },
	{ "pwritev", 2, IGNORED, call_pwritev_count },
	{ "preadv2", 0, IGNORED, call_preadv2_fd },
	{ "preadv2", 2, IGNORED, call_preadv2_count },
	{ "pwritev2", 0, IGNORED, call_pwritev2_fd },
	{ "pwritev2", 2, IGNORED, call_pwritev2_count },
	{ "process_vm_readv", 2, IGNORED, call_process_vm_readv },
	{ "process_vm_readv", 5, COUNTS, call_process_vm_readv_flags },
	{ "process_madvise", 2, IGNORED, call_process_madvise },
	{ "vmsplice", 2, IGNORED, call_vmsplice },
	{ "read", 2, COUNTS, call_read_count },
	{ "socket", 0, IGNORED, call_socket_family },
};

/* fcntl(2) ignores the upper half of what is an int to F_DUPFD; of a pointer it does not. */
START_TEST(width_that_depends_on_a_command_is_whole)
{
	struct sbpf_parameter parameter;

	ck_assert_int_eq(call_fcntl_dupfd(HIGH), call_fcntl_dupfd(0));
	ck_assert(sbpf_call_parameter(sbpf_abi_native(), "fcntl", 2, &parameter));
	ck_assert_uint_eq(parameter.bits, 64);
}
END_TEST

static void check_row(const struct row *row)
{
	struct sbpf_parameter parameter;
	long plain = row->make(0);
	long high;

	ck_assert(sbpf_call_parameter(sbpf_abi_native(), row->call, row->argument, &parameter));
	ck_assert_msg(parameter.bits == (row->upper_half == IGNORED ? 32 : 64), "%s %u: %u bits",
		      row->call, row->argument, parameter.bits);
	if (plain < 0) {
		skip(row->call, strerror((int)-plain));
		return;
	}
	high = row->make(HIGH);
	ck_assert_msg((high == plain) == (row->upper_half == IGNORED), "%s %u: %ld, and %ld",
		      row->call, row->argument, plain, high);
}

START_TEST(kernel_reads_as_many_bits_as_the_tables_say)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_row(&rows[i]);
}
END_TEST

static void clone_with_upper_half(struct seen *seen, const struct sbpf_filter *filter)
{
	if (!install(filter, 0, seen))
		return;
	seen->value = clone_raw((CLONE_NEWUSER | SIGCHLD) + HIGH);
	seen->error = errno;
	end_child(seen->value);
}

/* The errno of clone(2) with an upper half under a rule on its lower half. */
static int refused_clone(enum sbpf_width width)
{
	const struct sbpf_target target = { .width = width };
	const struct sbpf_condition condition = {
#ifdef __s390x__
		.argument = 1,
#endif
		.compare = SBPF_EQ,
		.value = CLONE_NEWUSER | SIGCHLD,
	};
	struct sbpf_filter *filter =
		filter_of("clone", SECCOMP_RET_ERRNO | EXDEV, &condition, 1, &target);
	struct seen seen;
	int status = run_case(clone_with_upper_half, filter, &seen);

	sbpf_filter_free(filter);
	ck_assert_msg(seen.installed == 0, "%s", seen.install_error.message);
	assert_survived(status, &seen);
	return seen.value < 0 ? seen.error : 0;
}

START_TEST(kernel_width_refuses_what_the_kernel_cuts)
{
	ck_assert_int_eq(refused_clone(SBPF_WIDTH_KERNEL), EXDEV);
	ck_assert_int_ne(refused_clone(SBPF_WIDTH_PROFILE), EXDEV);
}
END_TEST

int main(void)
{
	const TTest *tests[] = {
		kernel_reads_as_many_bits_as_the_tables_say,
		width_that_depends_on_a_command_is_whole,
		kernel_width_refuses_what_the_kernel_cuts,
	};

	if (sizeof(long) < 8) {
		skip("widths", "registers have no upper half here");
		return STATUS_SKIPPED;
	}
	return run_tests("widths", tests, sizeof(tests) / sizeof(tests[0]));
}
