/* SPDX-License-Identifier: MIT */
#include "bpf_programs.h"

#include "recording.h"

#include <stddef.h>

/* R6 to R9 keep what they hold when a helper is called. */
#define CONTEXT BPF_REG_6 /* the tracepoint's arguments, 8 bytes each */
#define ENTRY BPF_REG_7
#define NUMBER BPF_REG_8
#define SLOT BPF_REG_9
#define FRAME BPF_REG_10

/* The stack, below the frame. */
enum {
	AT_THREAD_NUMBER = -8,
	AT_COUNT = -16,
	AT_INDEX = -24, /* in the arrays */
	AT_SCRATCH = -32,
	AT_CALL = AT_SCRATCH - (int)sizeof(struct call_key),
	AT_THREAD = AT_CALL - (int)sizeof(struct thread_entry),
	AT_VALUE = AT_THREAD - (int)sizeof(struct value_key),
	AT_ARGUMENTS = AT_VALUE - 48,
	AT_REGISTERS = AT_ARGUMENTS - 96,
};

/* ---- Machines ---- */

/* Of struct pt_regs: which bytes hold the arguments, and where each of them is, by slot. */
struct register_layout {
	int first;
	int length;
	int arguments[SLOTS][6];
};

#if defined(__x86_64__) && !defined(__ILP32__)
const char *const bpf_slot_abis[SLOTS] = { "x86_64", "x86", "x32" };

/* arch/x86/include/asm/ptrace.h: r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax … */
static const struct register_layout layout = {
	.first = 32,
	.length = 88,
	.arguments = {
		[SLOT_NATIVE] = { 112, 104, 96, 56, 72, 64 },
		[SLOT_32] = { 40, 88, 96, 104, 112, 32 },
		[SLOT_X32] = { 112, 104, 96, 56, 72, 64 },
	},
};

#define TS_COMPAT 2 /* arch/x86/include/asm/thread_info.h */
#define X32_BIT 0x40000000
#elif defined(__aarch64__) && !defined(__ILP32__)
const char *const bpf_slot_abis[SLOTS] = { "aarch64", "arm", NULL };

/* arch/arm64/include/asm/ptrace.h: x0 to x30, sp, pc, pstate */
static const struct register_layout layout = {
	.first = 0,
	.length = 48,
	.arguments = {
		[SLOT_NATIVE] = { 0, 8, 16, 24, 32, 40 },
		[SLOT_32] = { 0, 8, 16, 24, 32, 40 },
	},
};

#define PSTATE_OFFSET 264
#define PSTATE_32_BIT 0x10 /* PSR_MODE32_BIT */
#else
const char *const bpf_slot_abis[SLOTS] = { NULL };
static const struct register_layout layout = { 0 };
#endif

bool bpf_programs_exist(void)
{
	return layout.length > 0;
}

bool bpf_programs_read_status(void)
{
#if defined(__x86_64__)
	return true;
#else
	return false;
#endif
}

/* ---- Pieces ---- */

/* to = FRAME + offset */
static void point(struct code *code, int to, int offset)
{
	code_move(code, to, FRAME);
	code_compute(code, BPF_ADD, to, offset);
}

/* R0 = the value of a key on the stack, or 0 */
static void look_up(struct code *code, int map, int key)
{
	code_map(code, BPF_REG_1, map);
	point(code, BPF_REG_2, key);
	code_call(code, BPF_FUNC_map_lookup_elem);
}

/* R0 = 0 when the entry was written; flags: BPF_ANY, BPF_NOEXIST */
static void put(struct code *code, int map, int key, int value, int32_t flags)
{
	code_map(code, BPF_REG_1, map);
	point(code, BPF_REG_2, key);
	point(code, BPF_REG_3, value);
	code_set(code, BPF_REG_4, flags);
	code_call(code, BPF_FUNC_map_update_elem);
}

/* Copies memory that R3 points to into the stack. */
static void read_kernel(struct code *code, int to, int32_t length)
{
	point(code, BPF_REG_1, to);
	code_set(code, BPF_REG_2, length);
	code_call(code, BPF_FUNC_probe_read_kernel);
}

static void read_comm(struct code *code, int to)
{
	point(code, BPF_REG_1, to);
	code_set(code, BPF_REG_2, COMM_MAX);
	code_call(code, BPF_FUNC_get_current_comm);
}

static void store_thread_number(struct code *code)
{
	code_call(code, BPF_FUNC_get_current_pid_tgid);
	code_store(code, BPF_W, FRAME, AT_THREAD_NUMBER, BPF_REG_0);
}

/* A counter that R0 points to, of this CPU alone. */
static void count_own(struct code *code)
{
	code_load(code, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
	code_compute(code, BPF_ADD, BPF_REG_1, 1);
	code_store(code, BPF_DW, BPF_REG_0, 0, BPF_REG_1);
}

/* A counter of all CPUs. */
static void count_shared(struct code *code, int pointer, int offset)
{
	code_set(code, BPF_REG_1, 1);
	code_add_shared(code, pointer, offset, BPF_REG_1);
}

static void count_lost(struct code *code, const struct bpf_maps *maps, int32_t kind)
{
	code_label out = code_label_new(code);

	code_store_value(code, BPF_W, FRAME, AT_SCRATCH, kind);
	look_up(code, maps->lost, AT_SCRATCH);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, out);
	count_shared(code, BPF_REG_0, 0);
	code_place(code, out);
}

/* An entry for this thread with its name, at AT_THREAD. */
static void make_thread(struct code *code, int32_t state)
{
	read_comm(code, AT_THREAD);
	code_store_value(code, BPF_W, FRAME, AT_THREAD + (int)offsetof(struct thread_entry, state),
			 state);
	code_store_value(code, BPF_W, FRAME, AT_THREAD + (int)offsetof(struct thread_entry, unused),
			 0);
}

/* Adds AT_THREAD under AT_THREAD_NUMBER. */
static void put_thread(struct code *code, const struct bpf_maps *maps)
{
	code_label done = code_label_new(code);

	put(code, maps->threads, AT_THREAD_NUMBER, AT_THREAD, BPF_ANY);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, done);
	count_lost(code, maps, LOST_THREADS);
	code_place(code, done);
}

/* Copies 8 bytes at a time. */
static void copy(struct code *code, int to, int to_offset, int from, int from_offset, size_t length)
{
	for (size_t i = 0; i < length; i += 8) {
		code_load(code, BPF_DW, BPF_REG_1, from, from_offset + (int)i);
		code_store(code, BPF_DW, to, to_offset + (int)i, BPF_REG_1);
	}
}

/* ---- sys_enter: whose call it is ---- */

static void read_registers(struct code *code)
{
	code_load(code, BPF_DW, BPF_REG_3, CONTEXT, 0);
	code_compute(code, BPF_ADD, BPF_REG_3, layout.first);
	read_kernel(code, AT_REGISTERS, layout.length);
}

/* Where an argument is on the stack then. */
static int argument_at(enum bpf_slot slot, unsigned int argument)
{
	return AT_REGISTERS + layout.arguments[slot][argument] - layout.first;
}

/* NUMBER = that of the call */
static void load_number(struct code *code)
{
	code_load(code, BPF_DW, NUMBER, CONTEXT, 8);
	code_narrow(code, NUMBER);
}

/* A thread that makes the call with the cookie is one from now on. */
static void join(struct code *code, const struct bpf_maps *maps, const struct bpf_cookie *cookie,
		 code_label out)
{
	code_jump(code, BPF_JNE, NUMBER, JOIN_CALL, out);
	read_registers(code);
	for (unsigned int i = 0; i < 2; i++) {
		code_load(code, BPF_DW, BPF_REG_1, FRAME, argument_at(SLOT_NATIVE, i));
		code_set64(code, BPF_REG_2, cookie->halves[i]);
		code_jump_register(code, BPF_JNE, BPF_REG_1, BPF_REG_2, out);
	}
	make_thread(code, THREAD_JOINED);
	put_thread(code, maps);
	code_go(code, out);
}

static void store_program(struct code *code, int from, int offset)
{
	copy(code, FRAME, AT_CALL + (int)offsetof(struct call_key, program), from, offset,
	     COMM_MAX);
}

/* Goes on with the program in the call's key, or goes out. */
static void find_thread(struct code *code, const struct bpf_maps *maps,
			const struct bpf_cookie *cookie, code_label out)
{
	const int state = (int)offsetof(struct thread_entry, state);
	code_label found = code_label_new(code);
	code_label recorded = code_label_new(code);

	look_up(code, maps->threads, AT_THREAD_NUMBER);
	code_jump(code, BPF_JNE, BPF_REG_0, 0, found);
	join(code, maps, cookie, out);
	code_place(code, found);
	code_move(code, ENTRY, BPF_REG_0);
	code_load(code, BPF_W, BPF_REG_1, ENTRY, state);
	code_jump(code, BPF_JEQ, BPF_REG_1, THREAD_RECORDED, recorded);
	code_jump(code, BPF_JNE, NUMBER, SYS_execve, out);
	code_store_value(code, BPF_W, ENTRY, state, THREAD_RECORDED);
	code_place(code, recorded);
	store_program(code, ENTRY, 0);
}

/* The same for whoever is in the cgroup. */
static void find_member(struct code *code, const struct bpf_maps *maps, code_label out)
{
	code_label found = code_label_new(code);
	code_label named = code_label_new(code);

	code_map(code, BPF_REG_1, maps->cgroup);
	code_set(code, BPF_REG_2, 0);
	code_call(code, BPF_FUNC_current_task_under_cgroup);
	code_jump(code, BPF_JNE, BPF_REG_0, 1, out);
	look_up(code, maps->threads, AT_THREAD_NUMBER);
	code_jump(code, BPF_JNE, BPF_REG_0, 0, found);
	/* Where there is no room, it has its own name again each time. */
	make_thread(code, THREAD_RECORDED);
	put(code, maps->threads, AT_THREAD_NUMBER, AT_THREAD, BPF_ANY);
	store_program(code, FRAME, AT_THREAD);
	code_go(code, named);
	code_place(code, found);
	code_move(code, ENTRY, BPF_REG_0);
	store_program(code, ENTRY, 0);
	code_place(code, named);
}

/* ---- sys_enter: which call it is ---- */

#if defined(__x86_64__)
/* A 32-bit call may come from 64-bit code too (int 0x80), so that its segment does not tell. */
static void find_slot(struct code *code, const struct bpf_offsets *offsets)
{
	code_label done = code_label_new(code);

	code_call(code, BPF_FUNC_get_current_task);
	code_move(code, BPF_REG_3, BPF_REG_0);
	code_compute(code, BPF_ADD, BPF_REG_3, (int32_t)offsets->status);
	read_kernel(code, AT_SCRATCH, 4);
	code_set(code, SLOT, SLOT_32);
	code_load(code, BPF_W, BPF_REG_1, FRAME, AT_SCRATCH);
	code_compute(code, BPF_AND, BPF_REG_1, TS_COMPAT);
	code_jump(code, BPF_JNE, BPF_REG_1, 0, done);
	code_set(code, SLOT, SLOT_NATIVE);
	code_move(code, BPF_REG_1, NUMBER);
	code_compute(code, BPF_AND, BPF_REG_1, X32_BIT);
	code_jump(code, BPF_JEQ, BPF_REG_1, 0, done);
	code_set(code, SLOT, SLOT_X32);
	code_place(code, done);
}

/* R1 = the number in the ABI's table */
static void load_place(struct code *code)
{
	code_label done = code_label_new(code);

	code_move(code, BPF_REG_1, NUMBER);
	code_jump(code, BPF_JNE, SLOT, SLOT_X32, done);
	code_compute(code, BPF_AND, BPF_REG_1, X32_BIT - 1);
	code_place(code, done);
}
#else
static void find_slot(struct code *code, const struct bpf_offsets *offsets)
{
	(void)offsets;
	code_set(code, SLOT, SLOT_NATIVE);
#if defined(__aarch64__)
	code_label done = code_label_new(code);

	code_load(code, BPF_DW, BPF_REG_3, CONTEXT, 0);
	code_compute(code, BPF_ADD, BPF_REG_3, PSTATE_OFFSET);
	read_kernel(code, AT_SCRATCH, 8);
	code_load(code, BPF_DW, BPF_REG_1, FRAME, AT_SCRATCH);
	code_compute(code, BPF_AND, BPF_REG_1, PSTATE_32_BIT);
	code_jump(code, BPF_JEQ, BPF_REG_1, 0, done);
	code_set(code, SLOT, SLOT_32);
	code_place(code, done);
#endif
}

static void load_place(struct code *code)
{
	code_move(code, BPF_REG_1, NUMBER);
}
#endif

/* The index in the arrays, which is past their ends for a number without a place. */
static void store_index(struct code *code)
{
	code_label done = code_label_new(code);

	code_store_value(code, BPF_W, FRAME, AT_INDEX, -1);
	load_place(code);
	code_jump(code, BPF_JGE, BPF_REG_1, SLOT_NUMBERS, done);
	code_move(code, BPF_REG_2, SLOT);
	code_compute(code, BPF_MUL, BPF_REG_2, SLOT_NUMBERS);
	code_combine(code, BPF_ADD, BPF_REG_1, BPF_REG_2);
	code_store(code, BPF_W, FRAME, AT_INDEX, BPF_REG_1);
	code_place(code, done);
}

/* Another CPU may add the same entry between; where there is no room, the call alone is counted. */
static void count_call(struct code *code, const struct bpf_maps *maps)
{
	code_label count = code_label_new(code);
	code_label lost = code_label_new(code);
	code_label done = code_label_new(code);

	look_up(code, maps->calls, AT_CALL);
	code_jump(code, BPF_JNE, BPF_REG_0, 0, count);
	code_store_value(code, BPF_DW, FRAME, AT_COUNT, 1);
	put(code, maps->calls, AT_CALL, AT_COUNT, BPF_NOEXIST);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, done);
	look_up(code, maps->calls, AT_CALL);
	code_jump(code, BPF_JNE, BPF_REG_0, 0, count);
	count_lost(code, maps, IN_TOTALS);
	look_up(code, maps->totals, AT_INDEX);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, lost);
	code_place(code, count);
	count_own(code);
	code_go(code, done);
	code_place(code, lost);
	count_lost(code, maps, LOST_CALLS);
	code_place(code, done);
}

/* ---- sys_enter: with which values ---- */

static void store_arguments(struct code *code)
{
	code_label narrow = code_label_new(code);
	code_label done = code_label_new(code);

	read_registers(code);
	code_jump(code, BPF_JEQ, SLOT, SLOT_32, narrow);
	for (unsigned int i = 0; i < 6; i++)
		copy(code, FRAME, AT_ARGUMENTS + 8 * (int)i, FRAME, argument_at(SLOT_NATIVE, i), 8);
	code_go(code, done);
	code_place(code, narrow);
	for (unsigned int i = 0; i < 6; i++)
		copy(code, FRAME, AT_ARGUMENTS + 8 * (int)i, FRAME, argument_at(SLOT_32, i), 8);
	code_place(code, done);
}

/* The key of one argument's value, at AT_VALUE. */
static void make_value(struct code *code, unsigned int argument)
{
	code_label whole = code_label_new(code);

	code_load(code, BPF_DW, BPF_REG_2, FRAME, AT_ARGUMENTS + 8 * (int)argument);
	code_load(code, BPF_W, BPF_REG_1, ENTRY, (int)offsetof(struct wanted_entry, narrow));
	code_compute(code, BPF_AND, BPF_REG_1, 1 << argument);
	code_jump(code, BPF_JEQ, BPF_REG_1, 0, whole);
	code_narrow(code, BPF_REG_2);
	code_place(code, whole);
	code_store(code, BPF_DW, FRAME, AT_VALUE + (int)offsetof(struct value_key, value),
		   BPF_REG_2);
	code_store(code, BPF_W, FRAME, AT_VALUE + (int)offsetof(struct value_key, number), NUMBER);
	code_move(code, BPF_REG_1, SLOT);
	code_compute(code, BPF_OR, BPF_REG_1, (int32_t)argument << 8);
	code_store(code, BPF_W, FRAME, AT_VALUE + (int)offsetof(struct value_key, place),
		   BPF_REG_1);
}

static void count_value(struct code *code, const struct bpf_maps *maps, unsigned int argument)
{
	const int distinct = (int)offsetof(struct wanted_entry, distinct) + 8 * (int)argument;
	const int many = (int)offsetof(struct wanted_entry, many) + 8 * (int)argument;
	code_label is_many = code_label_new(code);
	code_label again = code_label_new(code);
	code_label found = code_label_new(code);
	code_label done = code_label_new(code);

	code_load(code, BPF_W, BPF_REG_1, ENTRY, (int)offsetof(struct wanted_entry, arguments));
	code_compute(code, BPF_AND, BPF_REG_1, 1 << argument);
	code_jump(code, BPF_JEQ, BPF_REG_1, 0, done);
	make_value(code, argument);
	look_up(code, maps->values, AT_VALUE);
	code_jump(code, BPF_JNE, BPF_REG_0, 0, found);
	code_load(code, BPF_DW, BPF_REG_1, ENTRY, distinct);
	code_jump(code, BPF_JGE, BPF_REG_1, RECORDED_VALUES_MAX, is_many);
	code_store_value(code, BPF_DW, FRAME, AT_COUNT, 1);
	put(code, maps->values, AT_VALUE, AT_COUNT, BPF_NOEXIST);
	code_jump(code, BPF_JNE, BPF_REG_0, 0, again);
	count_shared(code, ENTRY, distinct);
	code_go(code, done);
	code_place(code, again);
	look_up(code, maps->values, AT_VALUE);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, is_many);
	code_place(code, found);
	count_shared(code, BPF_REG_0, 0);
	code_go(code, done);
	code_place(code, is_many);
	count_shared(code, ENTRY, many);
	code_place(code, done);
}

static void count_values(struct code *code, const struct bpf_maps *maps, code_label out)
{
	look_up(code, maps->wanted, AT_INDEX);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, out);
	code_move(code, ENTRY, BPF_REG_0);
	code_load(code, BPF_W, BPF_REG_1, ENTRY, (int)offsetof(struct wanted_entry, arguments));
	code_jump(code, BPF_JEQ, BPF_REG_1, 0, out);
	store_arguments(code);
	for (unsigned int i = 0; i < 6; i++)
		count_value(code, maps, i);
}

/* ---- The programs ---- */

void bpf_write_sys_enter(struct code *code, const struct bpf_maps *maps,
			 const struct bpf_offsets *offsets, const struct bpf_cookie *cookie)
{
	code_label out = code_label_new(code);

	code_move(code, CONTEXT, BPF_REG_1);
	store_thread_number(code);
	load_number(code);
	if (maps->cgroup >= 0)
		find_member(code, maps, out);
	else
		find_thread(code, maps, cookie, out);
	find_slot(code, offsets);
	code_store(code, BPF_W, FRAME, AT_CALL + (int)offsetof(struct call_key, number), NUMBER);
	code_store(code, BPF_W, FRAME, AT_CALL + (int)offsetof(struct call_key, slot), SLOT);
	store_index(code);
	count_call(code, maps);
	count_values(code, maps, out);
	code_place(code, out);
	code_exit(code);
}

/* sched_process_fork(parent, child): the parent is who runs. */
void bpf_write_fork(struct code *code, const struct bpf_maps *maps,
		    const struct bpf_offsets *offsets)
{
	code_label out = code_label_new(code);

	code_move(code, CONTEXT, BPF_REG_1);
	store_thread_number(code);
	look_up(code, maps->threads, AT_THREAD_NUMBER);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, out);
	copy(code, FRAME, AT_THREAD, BPF_REG_0, 0, sizeof(struct thread_entry));
	code_load(code, BPF_DW, BPF_REG_3, CONTEXT, 8);
	code_compute(code, BPF_ADD, BPF_REG_3, (int32_t)offsets->pid);
	read_kernel(code, AT_THREAD_NUMBER, 4);
	put_thread(code, maps);
	code_place(code, out);
	code_exit(code);
}

/*
 * sched_process_exec(task, old number, …): the thread has its process's number now, whichever it
 * was, and its new name.
 */
void bpf_write_exec(struct code *code, const struct bpf_maps *maps)
{
	const int state = (int)offsetof(struct thread_entry, state);
	code_label out = code_label_new(code);

	code_load(code, BPF_DW, BPF_REG_8, BPF_REG_1, 8);
	code_narrow(code, BPF_REG_8);
	code_store(code, BPF_W, FRAME, AT_SCRATCH, BPF_REG_8);
	look_up(code, maps->threads, AT_SCRATCH);
	code_jump(code, BPF_JEQ, BPF_REG_0, 0, out);
	code_load(code, BPF_W, BPF_REG_9, BPF_REG_0, state);
	make_thread(code, 0);
	code_store(code, BPF_W, FRAME, AT_THREAD + state, BPF_REG_9);
	store_thread_number(code);
	put_thread(code, maps);
	code_load(code, BPF_W, BPF_REG_1, FRAME, AT_THREAD_NUMBER);
	code_jump_register(code, BPF_JEQ, BPF_REG_1, BPF_REG_8, out);
	code_store(code, BPF_W, FRAME, AT_SCRATCH, BPF_REG_8);
	code_map(code, BPF_REG_1, maps->threads);
	point(code, BPF_REG_2, AT_SCRATCH);
	code_call(code, BPF_FUNC_map_delete_elem);
	code_place(code, out);
	code_exit(code);
}

/* sched_process_exit(task, …): a thread makes no calls behind it. */
void bpf_write_exit(struct code *code, const struct bpf_maps *maps)
{
	store_thread_number(code);
	code_map(code, BPF_REG_1, maps->threads);
	point(code, BPF_REG_2, AT_THREAD_NUMBER);
	code_call(code, BPF_FUNC_map_delete_elem);
	code_exit(code);
}
