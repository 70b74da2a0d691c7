/* SPDX-License-Identifier: MIT */
/*
 * SECCOMP_RET_TRACE is weaker than the ERRNO of another filter, which then answers in its place. So
 * it has to be known what the filters around refuse. A process that is not traced and has
 * SECCOMP_RET_TRACE for every call finds out: the kernel makes none of its calls and answers
 * ENOSYS, unless a filter around says something stronger. Which of these say ENOSYS themselves is
 * seen with a tracer, which gives another answer.
 */
#include "probe.h"

#include "common.h"
#include "registers.h"
#include "rewrite.h"

#include <errno.h>
#include <linux/audit.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A number above all that are tried, for those that are not. */
#define NUMBER_ABOVE 4000

/* No filter gives it by chance. */
#define TRACER_ERRNO 4001

/* What a prober has reached, in memory that is shared with it. */
struct progress {
	struct probe probe;    /* the first, so that it has the same address */
	size_t entry, number;  /* the next to be tried */
	volatile bool is_held; /* until there is a tracer */
};

/* ---- Calls ---- */

static long enter(const struct probe_entry *entry, uint32_t number, const long arguments[6])
{
	long result;

#ifdef __x86_64__
	if (entry->arch == AUDIT_ARCH_I386) {
		/* The kernel is not to look at the sixth, which would need the frame's register. */
		__asm__ volatile("int $0x80"
				 : "=a"(result)
				 : "a"(number), "b"(arguments[0]), "c"(arguments[1]),
				   "d"(arguments[2]), "S"(arguments[3]), "D"(arguments[4])
				 : "memory", "r8", "r9", "r10", "r11");
		return (int)result;
	}
#endif
	result = syscall((long)(int)(number + entry->offset), arguments[0], arguments[1],
			 arguments[2], arguments[3], arguments[4], arguments[5]);
	return result == -1 ? -errno : result;
}

static uint32_t number_at(size_t index)
{
	return index < PROBE_NUMBERS ? (uint32_t)index : NUMBER_ABOVE;
}

/* Whether something else than the wanted answer comes, for any of some arguments. */
static bool differs(const struct probe_entry *entry, size_t index, long wanted, bool is_thorough)
{
	uint32_t number = number_at(index);
	const long zeros[6] = { 0 }, ones[6] = { -1, -1, -1, -1, -1, -1 };

	if (enter(entry, number, zeros) != wanted)
		return true;
	if (!is_thorough)
		return false;
	if (enter(entry, number, ones) != wanted)
		return true;
	for (size_t argument = 0; argument < 3; argument++) {
		/* Numbers, as of families and commands, and flags. */
		for (long value = 1; value < 128; value++) {
			long arguments[6] = { 0 };

			arguments[argument] =
				value < 64 ? value : (long)(UINT64_C(1) << (value - 64));
			if (enter(entry, number, arguments) != wanted)
				return true;
		}
	}
	return false;
}

/* ---- The process that tries ---- */

/* SECCOMP_RET_TRACE for all but the call that ends the process. */
static bool install(uint32_t arch, unsigned int flags)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
	};
	const struct sock_fprog given = { COUNT(program), program };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	       syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &given) >= 0;
}

static bool is_exempt(const struct probe *probe, const struct probe_entry *entry, size_t index)
{
	return entry == probe->entries && number_at(index) == SYS_exit_group;
}

static void try_entry(struct progress *progress, struct probe_entry *entry, bool is_traced)
{
	struct probe *probe = &progress->probe;
	long wanted = is_traced ? -TRACER_ERRNO : -ENOSYS;

	while (progress->number <= PROBE_NUMBERS) {
		size_t index = progress->number++;

		if (!entry->is_asked[index] || entry->is_refused[index] ||
		    is_exempt(probe, entry, index))
			continue;
		if (differs(entry, index, wanted, !is_traced))
			entry->is_refused[index] = probe->is_refusing = true;
	}
}

/* Goes on where another process has ended. */
static void try_calls(struct progress *progress, bool is_traced)
{
	struct probe *probe = &progress->probe;

	while (progress->is_held)
		sched_yield();
	if (!install(probe->entries[0].arch, 0))
		return;
	while (progress->entry < probe->entry_count) {
		try_entry(progress, &probe->entries[progress->entry], is_traced);
		progress->entry++;
		progress->number = 0;
	}
}

/* ---- Who starts it ---- */

static bool kernel_refuses_listener(const struct probe *probe)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(!install(probe->entries[0].arch, SECCOMP_FILTER_FLAG_NEW_LISTENER) &&
		      errno == EBUSY);
	return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	       WEXITSTATUS(status);
}

/* Answers the child's calls until it has ended; gives its wait status. */
static int trace_child(struct probe *probe, pid_t child)
{
	int status;

	while (waitpid(child, &status, __WALL) == child && WIFSTOPPED(status)) {
		int event = status >> 16;
		struct seccomp_data data;
		uint32_t mark;

		if (event == PTRACE_EVENT_SECCOMP) {
			/* Linux before 5.3 does not say which call it is. */
			if (!registers_call(child, &data, &mark) ||
			    !registers_answer(child, &data, TRACER_ERRNO))
				probe->trace_errno = ENOSYS;
			else
				probe->is_traced = true;
		}
		ptrace(PTRACE_CONT, child, 0, event ? 0 : WSTOPSIG(status));
	}
	return status;
}

/* Starts one process that tries; its wait status, or -1. */
static int run_child(struct progress *progress, bool is_traced)
{
	pid_t child;
	int status = -1;

	progress->is_held = is_traced;
	child = fork();
	if (child == 0) {
		/* As whoever is to be watched, whose tracer is no relative. */
		prctl(PR_SET_PTRACER, getppid(), 0, 0, 0);
		try_calls(progress, is_traced);
		syscall(SYS_exit_group, 0);
	}
	if (child < 0)
		return -1;
	if (is_traced &&
	    ptrace(PTRACE_SEIZE, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL) < 0) {
		progress->probe.trace_errno = errno;
		kill(child, SIGKILL);
	}
	progress->is_held = false;
	if (is_traced)
		return trace_child(&progress->probe, child);
	waitpid(child, &status, 0);
	return status;
}

/* What ends the process that tries is stronger than any answer, with and without a watcher. */
static void run_children(struct progress *progress, bool is_traced)
{
	progress->entry = progress->number = 0;
	while (progress->entry < progress->probe.entry_count) {
		size_t entry = progress->entry, number = progress->number;
		int status = run_child(progress, is_traced);

		if (status < 0 || WIFEXITED(status) || progress->probe.trace_errno)
			return;
		/* Where there is no such entry, or a filter kills before it is tried. */
		if (WTERMSIG(status) != SIGSYS ||
		    (entry == progress->entry && number == progress->number)) {
			progress->entry++;
			progress->number = 0;
		}
	}
}

/* ---- Entries ---- */

/* Whether the watcher is asked for some of the number's calls. */
static bool may_ask(const struct sbpf_filter *filter, uint32_t arch, uint32_t number)
{
	bool reached[BPF_MAXINSNS] = { false };
	size_t count;
	const struct sock_filter *program = sbpf_filter_program(filter, &count);

	sbpf_program_follow(program, count, arch, number, reached);
	for (size_t i = 0; i < count; i++) {
		if (reached[i] && program[i].code == (BPF_RET | BPF_K) &&
		    rewrite_is_asked(program[i].k))
			return true;
	}
	return false;
}

/* An ABI, with the numbers of it that the watcher is asked for (filter: NULL for none). */
static void add_entry(struct probe *probe, int index, const struct sbpf_filter *filter)
{
	struct probe_entry *entry = &probe->entries[probe->entry_count];
	struct sbpf_abi abi;

	if (!sbpf_abi_describe(index, &abi))
		return;
	entry->arch = abi.audit_arch;
	entry->offset = abi.number_offset;
	for (size_t i = 0; filter && i <= PROBE_NUMBERS; i++)
		entry->is_asked[i] = may_ask(filter, entry->arch, number_at(i) + entry->offset);
	probe->entry_count++;
}

static void try_all(struct progress *progress, const struct sbpf_filter *filter)
{
	struct probe *probe = &progress->probe;

	probe->has_filters = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_FILTER;
	if (!probe->has_filters)
		filter = NULL;
	add_entry(probe, sbpf_abi_native(), filter);
	if (filter && (probe->has_listener = kernel_refuses_listener(probe)))
		memset(probe->entries[0].is_asked, 0, sizeof(probe->entries[0].is_asked));
	else if (filter) {
#ifdef __x86_64__
		add_entry(probe, sbpf_abi_find("x86"), filter);
		add_entry(probe, sbpf_abi_find("x32"), filter);
#endif
		run_children(progress, false);
	}
	/* One call at least, to see whether it can be traced. */
	probe->entries[0].is_asked[SYS_getppid] = true;
	run_children(progress, true);
	if (!probe->is_traced && !probe->trace_errno)
		probe->trace_errno = ENOSYS;
}

struct probe *probe_new(const struct sbpf_filter *filter, struct sbpf_error *error)
{
	struct progress *progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (progress == MAP_FAILED) {
		if (error && error->code == SBPF_OK)
			*error = (struct sbpf_error){ .code = SBPF_ERROR_MEMORY,
						      .system_errno = errno,
						      .message = "out of memory" };
		return NULL;
	}
	try_all(progress, filter);
	return &progress->probe;
}

void probe_free(struct probe *probe)
{
	if (probe)
		munmap(probe, sizeof(struct progress));
}
