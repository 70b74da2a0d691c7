/* SPDX-License-Identifier: MIT */
#include "bpf_engine.h"

#include "bpf_kernel.h"
#include "bpf_programs.h"
#include "btf.h"
#include "common.h"
#include "process_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Some megabytes of the kernel's memory. What has no room is counted all the same. */
#define THREADS_MAX 32768
#define CALLS_MAX 8192
#define VALUES_MAX 16384

enum program_index { PROGRAM_EXIT, PROGRAM_EXEC, PROGRAM_FORK, PROGRAM_SYS_ENTER, PROGRAMS };

struct bpf_engine {
	struct bpf_maps maps;
	struct bpf_cookie cookie;
	int programs[PROGRAMS];
	int links[PROGRAMS];
	int abis[SLOTS];		      /* index, -1 for none */
	bool is_wanted[SLOTS * SLOT_NUMBERS]; /* some argument of it is */
	unsigned int cpus;
	uint64_t *each; /* a value for each CPU */
};

static bool fail(struct sbpf_error *error, enum sbpf_code code, const char *message)
{
	error->code = code;
	snprintf(error->message, sizeof(error->message), "%s", message);
	return false;
}

static bool fail_for_memory(struct sbpf_error *error)
{
	return fail(error, SBPF_ERROR_MEMORY, "out of memory");
}

/* ---- Maps ---- */

struct map_row {
	size_t offset; /* in struct bpf_maps */
	int type;
	size_t key;
	size_t value;
	size_t entries;
};

static const struct map_row map_rows[] = {
	{ offsetof(struct bpf_maps, threads), BPF_MAP_TYPE_HASH, sizeof(uint32_t),
	  sizeof(struct thread_entry), THREADS_MAX },
	{ offsetof(struct bpf_maps, calls), BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct call_key),
	  sizeof(uint64_t), CALLS_MAX },
	{ offsetof(struct bpf_maps, totals), BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint32_t),
	  sizeof(uint64_t), (size_t)SLOTS *SLOT_NUMBERS },
	{ offsetof(struct bpf_maps, values), BPF_MAP_TYPE_HASH, sizeof(struct value_key),
	  sizeof(uint64_t), VALUES_MAX },
	{ offsetof(struct bpf_maps, wanted), BPF_MAP_TYPE_ARRAY, sizeof(uint32_t),
	  sizeof(struct wanted_entry), (size_t)SLOTS *SLOT_NUMBERS },
	{ offsetof(struct bpf_maps, lost), BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint64_t),
	  ALL_KINDS },
};

static const struct map_row cgroup_row = { offsetof(struct bpf_maps, cgroup),
					   BPF_MAP_TYPE_CGROUP_ARRAY, sizeof(uint32_t),
					   sizeof(uint32_t), 1 };

static int *map_of(struct bpf_engine *engine, const struct map_row *row)
{
	return (int *)(void *)((char *)&engine->maps + row->offset);
}

static bool make_map(struct bpf_engine *engine, const struct map_row *row, struct sbpf_error *error)
{
	int map = bpf_map_new(row->type, row->key, row->value, row->entries, error);

	*map_of(engine, row) = map;
	return map >= 0;
}

static bool make_maps(struct bpf_engine *engine, int cgroup, struct sbpf_error *error)
{
	const uint32_t first = 0;

	for (size_t i = 0; i < COUNT(map_rows); i++) {
		if (!make_map(engine, &map_rows[i], error))
			return false;
	}
	if (cgroup < 0)
		return true;
	return make_map(engine, &cgroup_row, error) &&
	       (bpf_map_put(engine->maps.cgroup, &first, &cgroup, BPF_ANY) == 0 ||
		fail(error, SBPF_ERROR_KERNEL, "is no cgroup of version 2"));
}

/* Tells the programs which arguments of a call are wanted. */
static bool want_call(struct bpf_engine *engine, const struct wanted *wanted, enum bpf_slot slot,
		      uint32_t place)
{
	struct sbpf_abi abi = { 0 };
	struct wanted_entry entry = { 0 };
	uint32_t index = (uint32_t)slot * SLOT_NUMBERS + place;
	struct sbpf_parameter parameter;
	uint32_t number;

	sbpf_abi_describe(engine->abis[slot], &abi);
	number = place + abi.number_offset;
	entry.arguments = wanted_arguments(wanted, engine->abis[slot], number);
	if (!entry.arguments)
		return true;
	engine->is_wanted[index] = true;
	for (unsigned int i = 0; i < 6; i++) {
		if (sbpf_call_parameter(engine->abis[slot],
					sbpf_call_name(engine->abis[slot], number), i,
					&parameter) &&
		    parameter.bits == 32)
			entry.narrow |= 1u << i;
	}
	return bpf_map_put(engine->maps.wanted, &index, &entry, BPF_ANY) == 0;
}

static bool fill_wanted(struct bpf_engine *engine, const struct wanted *wanted,
			struct sbpf_error *error)
{
	for (int slot = 0; slot < SLOTS; slot++) {
		if (engine->abis[slot] < 0)
			continue;
		for (uint32_t place = 0; place < SLOT_NUMBERS; place++) {
			if (!want_call(engine, wanted, (enum bpf_slot)slot, place))
				return fail(error, SBPF_ERROR_KERNEL, strerror(errno));
		}
	}
	return true;
}

/* ---- Programs ---- */

static bool find_offsets(struct bpf_offsets *offsets, struct sbpf_error *error)
{
	struct btf btf;
	bool done = btf_read(&btf, error);
	long info, status;

	if (done) {
		info = btf_offset(&btf, "task_struct", "thread_info");
		status = btf_offset(&btf, "thread_info", "status");
		offsets->pid = btf_offset(&btf, "task_struct", "pid");
		offsets->status = info < 0 || status < 0 ? -1 : info + status;
		if (offsets->pid < 0 || (bpf_programs_read_status() && offsets->status < 0))
			done = fail(error, SBPF_ERROR_KERNEL,
				    "the kernel's task_struct is not as it is known");
	}
	btf_free(&btf);
	return done;
}

static void write_program(struct code *code, enum program_index index,
			  const struct bpf_engine *engine, const struct bpf_offsets *offsets)
{
	*code = (struct code){ 0 };
	switch (index) {
	case PROGRAM_EXIT:
		bpf_write_exit(code, &engine->maps);
		break;
	case PROGRAM_EXEC:
		bpf_write_exec(code, &engine->maps);
		break;
	case PROGRAM_FORK:
		bpf_write_fork(code, &engine->maps, offsets);
		break;
	default:
		bpf_write_sys_enter(code, &engine->maps, offsets, &engine->cookie);
	}
}

/* In this order, so that whoever is recorded is followed. */
static const char *const tracepoints[PROGRAMS] = {
	[PROGRAM_EXIT] = "sched_process_exit",
	[PROGRAM_EXEC] = "sched_process_exec",
	[PROGRAM_FORK] = "sched_process_fork",
	[PROGRAM_SYS_ENTER] = "sys_enter",
};

static bool start_programs(struct bpf_engine *engine, struct sbpf_error *error)
{
	struct bpf_offsets offsets = { 0 };
	struct code *code = malloc(sizeof(*code));
	bool done = code ? find_offsets(&offsets, error) : fail_for_memory(error);

	for (int i = 0; i < PROGRAMS && done; i++) {
		write_program(code, (enum program_index)i, engine, &offsets);
		engine->programs[i] = bpf_program_load(code, "sbpf_record", error);
		done = engine->programs[i] >= 0;
	}
	for (int i = 0; i < PROGRAMS && done; i++) {
		engine->links[i] = bpf_program_attach(engine->programs[i], tracepoints[i], error);
		done = engine->links[i] >= 0;
	}
	free(code);
	return done;
}

/* ---- From start to end ---- */

/* EPERM is what all of bpf(2) says to who may not. */
static void explain_refusal(struct sbpf_error *error)
{
	if (error->system_errno == EPERM)
		fail(error, SBPF_ERROR_PRIVILEGE,
		     "recording in the kernel needs CAP_BPF and CAP_PERFMON (before Linux 5.8 "
		     "CAP_SYS_ADMIN)");
}

static struct bpf_engine *new_engine(void)
{
	struct bpf_engine *engine = calloc(1, sizeof(*engine));

	if (!engine)
		return NULL;
	engine->maps = (struct bpf_maps){ -1, -1, -1, -1, -1, -1, -1 };
	for (int i = 0; i < PROGRAMS; i++)
		engine->programs[i] = engine->links[i] = -1;
	for (int i = 0; i < SLOTS; i++)
		engine->abis[i] = bpf_slot_abis[i] ? sbpf_abi_find(bpf_slot_abis[i]) : -1;
	engine->cpus = bpf_cpu_count();
	engine->each = calloc(engine->cpus, sizeof(engine->each[0]));
	if (engine->each)
		return engine;
	free(engine);
	return NULL;
}

struct bpf_engine *bpf_engine_start(const struct wanted *wanted, int cgroup,
				    struct sbpf_error *error)
{
	struct bpf_engine *engine;

	if (!bpf_programs_exist()) {
		fail(error, SBPF_ERROR_USAGE,
		     "recording in the kernel is for x86_64 and aarch64 programs of sbpf alone");
		return NULL;
	}
	engine = new_engine();
	if (!engine)
		fail_for_memory(error);
	else if (getrandom(&engine->cookie, sizeof(engine->cookie), 0) !=
		 (ssize_t)sizeof(engine->cookie))
		fail(error, SBPF_ERROR_KERNEL, "getrandom");
	else if (make_maps(engine, cgroup, error) && fill_wanted(engine, wanted, error) &&
		 start_programs(engine, error))
		return engine;
	explain_refusal(error);
	bpf_engine_free(engine);
	return NULL;
}

static void close_all(int *descriptors, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (descriptors[i] >= 0)
			close(descriptors[i]);
		descriptors[i] = -1;
	}
}

void bpf_engine_free(struct bpf_engine *engine)
{
	if (!engine)
		return;
	close_all(engine->links, PROGRAMS);
	close_all(engine->programs, PROGRAMS);
	for (size_t i = 0; i < COUNT(map_rows); i++)
		close_all(map_of(engine, &map_rows[i]), 1);
	close_all(&engine->maps.cgroup, 1);
	free(engine->each);
	free(engine);
}

/* ---- Threads ---- */

void bpf_engine_join(const struct bpf_engine *engine)
{
	syscall(JOIN_CALL, engine->cookie.halves[0], engine->cookie.halves[1]);
}

static bool add_thread(void *context, pid_t thread, const char *program)
{
	const struct bpf_engine *engine = context;
	struct thread_entry entry = { .state = THREAD_RECORDED };
	uint32_t number = (uint32_t)thread;

	snprintf(entry.program, sizeof(entry.program), "%s", program);
	return bpf_map_put(engine->maps.threads, &number, &entry, BPF_NOEXIST) == 0;
}

bool bpf_engine_add(struct bpf_engine *engine, pid_t process, struct sbpf_error *error)
{
	return process_tree_each(process, add_thread, engine, error);
}

size_t bpf_engine_threads(const struct bpf_engine *engine, size_t limit)
{
	uint32_t thread, last;
	size_t count = 0;

	while (count < limit &&
	       bpf_map_next(engine->maps.threads, count ? &last : NULL, &thread) == 0) {
		last = thread;
		count++;
	}
	return count;
}

/* ---- What was seen ---- */

/* The sum of all CPUs' values. */
static uint64_t read_each(const struct bpf_engine *engine, int map, const void *key)
{
	uint64_t sum = 0;

	if (bpf_map_get(map, key, engine->each) < 0)
		return 0;
	for (unsigned int i = 0; i < engine->cpus; i++)
		sum += engine->each[i];
	return sum;
}

uint64_t bpf_engine_calls(const struct bpf_engine *engine)
{
	struct call_key key, last;
	uint64_t sum = 0;
	const void *from = NULL;

	for (size_t i = 0; i < CALLS_MAX && bpf_map_next(engine->maps.calls, from, &key) == 0;
	     i++) {
		sum += read_each(engine, engine->maps.calls, &key);
		last = key;
		from = &last;
	}
	return sum;
}

static void collect_calls(const struct bpf_engine *engine, struct recording *recording)
{
	struct call_key key, last;
	const void *from = NULL;
	char program[COMM_MAX + 1];

	while (bpf_map_next(engine->maps.calls, from, &key) == 0) {
		uint64_t count = read_each(engine, engine->maps.calls, &key);

		snprintf(program, sizeof(program), "%.*s", COMM_MAX, key.program);
		recording_count(recording, engine->abis[key.slot], key.number, program, count,
				false);
		last = key;
		from = &last;
	}
}

/* The ABI and the number that have a place in the arrays; false where there is none. */
static bool find_number(const struct bpf_engine *engine, uint32_t index, int *abi, uint32_t *number)
{
	struct sbpf_abi description;

	*abi = engine->abis[index / SLOT_NUMBERS];
	if (!sbpf_abi_describe(*abi, &description))
		return false;
	*number = index % SLOT_NUMBERS + description.number_offset;
	return true;
}

static uint64_t read_lost(const struct bpf_engine *engine, uint32_t kind)
{
	uint64_t count = 0;

	return bpf_map_get(engine->maps.lost, &kind, &count) == 0 ? count : 0;
}

/* Those whose programs had no room. */
static void collect_totals(const struct bpf_engine *engine, struct recording *recording)
{
	if (!read_lost(engine, IN_TOTALS))
		return;
	for (uint32_t index = 0; index < SLOTS * SLOT_NUMBERS; index++) {
		uint64_t count = read_each(engine, engine->maps.totals, &index);
		uint32_t number;
		int abi;

		if (count && find_number(engine, index, &abi, &number))
			recording_count(recording, abi, number, NULL, count, false);
	}
}

/* The call to add values to; NULL where it is lost. */
static struct recorded_call *find_call(struct recording *recording, int abi, uint32_t number)
{
	if (!recording_find(recording, abi, number))
		return NULL;
	return recording_count(recording, abi, number, NULL, 0, false);
}

static void collect_values(const struct bpf_engine *engine, struct recording *recording)
{
	struct value_key key, last;
	const void *from = NULL;

	while (bpf_map_next(engine->maps.values, from, &key) == 0) {
		int abi = engine->abis[key.place & 0xff];
		struct recorded_call *call = find_call(recording, abi, key.number);
		uint64_t count;

		if (call && bpf_map_get(engine->maps.values, &key, &count) == 0)
			recording_value(recording, abi, call, key.place >> 8, key.value, count);
		last = key;
		from = &last;
	}
}

static void collect_many(const struct bpf_engine *engine, struct recording *recording)
{
	for (uint32_t index = 0; index < SLOTS * SLOT_NUMBERS; index++) {
		struct recorded_call *call;
		struct wanted_entry entry;
		uint32_t number;
		int abi;

		if (!engine->is_wanted[index] ||
		    bpf_map_get(engine->maps.wanted, &index, &entry) < 0 ||
		    !find_number(engine, index, &abi, &number))
			continue;
		call = find_call(recording, abi, number);
		for (unsigned int i = 0; i < 6 && call; i++) {
			if (entry.many[i])
				recording_many(recording, abi, call, i, entry.many[i]);
		}
	}
}

/* Calls that were not counted, and threads that were not followed: one call each at least. */
static void collect_lost(const struct bpf_engine *engine, struct recording *recording)
{
	for (uint32_t kind = 0; kind < LOST_KINDS; kind++)
		recording->lost += read_lost(engine, kind);
	for (int i = 0; i < PROGRAMS; i++)
		recording->lost += bpf_program_misses(engine->programs[i]);
}

bool bpf_engine_collect(struct bpf_engine *engine, struct recording *recording,
			struct sbpf_error *error)
{
	close_all(engine->links, PROGRAMS);
	collect_calls(engine, recording);
	collect_totals(engine, recording);
	collect_values(engine, recording);
	collect_many(engine, recording);
	collect_lost(engine, recording);
	return !recording->failed || fail_for_memory(error);
}
