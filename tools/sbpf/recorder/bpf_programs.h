/* SPDX-License-Identifier: MIT */
/*
 * The programs that count calls in the kernel, and the maps by which they are spoken to. Each
 * thread that is recorded has an entry in a map, by its number; new threads and processes get one
 * from the thread that made them.
 */
#ifndef SBPF_TOOLS_BPF_PROGRAMS_H
#define SBPF_TOOLS_BPF_PROGRAMS_H

#include "bpf_code.h"

#include <sys/syscall.h>

#define COMM_MAX 16 /* TASK_COMM_LEN */

/* By which ABI a call came in, on one machine. */
enum bpf_slot { SLOT_NATIVE, SLOT_32, SLOT_X32, SLOTS };

/* Numbers below this have a place in the arrays: [slot * SLOT_NUMBERS + number]. */
#define SLOT_NUMBERS 1024u

/* The names of the ABIs by slot, NULL for none; and whether there are programs for this machine. */
extern const char *const bpf_slot_abis[SLOTS];
bool bpf_programs_exist(void);

/* Whether they look at the status of a thread. */
bool bpf_programs_read_status(void);

enum thread_state {
	THREAD_JOINED = 1, /* it has not become the command yet */
	THREAD_RECORDED = 2,
};

struct thread_entry {
	char program[COMM_MAX];
	uint32_t state;
	uint32_t unused;
};

struct call_key {
	uint32_t number;
	uint32_t slot;
	char program[COMM_MAX];
};

struct value_key {
	uint32_t number;
	uint32_t place; /* slot | argument << 8 */
	uint64_t value;
};

/* What is kept of the arguments of one call: set by this program, counted by the kernel's. */
struct wanted_entry {
	uint32_t arguments;   /* bit = argument */
	uint32_t narrow;      /* those of which only the lower half is read */
	uint64_t distinct[6]; /* how many values there are */
	uint64_t many[6];     /* calls with others */
};

/* The last is none that is lost: calls that are among the totals. */
enum lost_kind { LOST_CALLS, LOST_THREADS, LOST_KINDS, IN_TOTALS = LOST_KINDS, ALL_KINDS };

/* Descriptors of the maps. */
struct bpf_maps {
	int threads; /* hash: uint32_t number of a thread → struct thread_entry */
	int calls;   /* hash for each CPU: struct call_key → uint64_t */
	int totals;  /* array for each CPU: calls that have no room there any more */
	int values;  /* hash: struct value_key → uint64_t */
	int wanted;  /* array: struct wanted_entry */
	int lost;    /* array: uint64_t by enum lost_kind */
	int cgroup;  /* array of one cgroup: whoever is in it is recorded; -1: threads alone are */
};

/* Where this kernel has what the programs look at. */
struct bpf_offsets {
	long pid;    /* in struct task_struct */
	long status; /* of the thread_info in it; x86 alone */
};

/* The call with these arguments has a thread recorded from its next execve(2) on. */
#define JOIN_CALL SYS_getppid
struct bpf_cookie {
	uint64_t halves[2];
};

/* Each writes one program, for the raw tracepoint of its name. */
void bpf_write_sys_enter(struct code *code, const struct bpf_maps *maps,
			 const struct bpf_offsets *offsets, const struct bpf_cookie *cookie);
void bpf_write_fork(struct code *code, const struct bpf_maps *maps,
		    const struct bpf_offsets *offsets);
void bpf_write_exec(struct code *code, const struct bpf_maps *maps);
void bpf_write_exit(struct code *code, const struct bpf_maps *maps);

#endif
