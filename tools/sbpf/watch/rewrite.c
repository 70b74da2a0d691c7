/* SPDX-License-Identifier: MIT */
/*
 * A verdict that the kernel does by itself, exactly, stays. So allowed calls never stop, and those
 * that the kernel answers from its cache are the same as before.
 */
#include "rewrite.h"

#include "common.h"

#include <stddef.h>
#include <string.h>

/* How many instructions stand before the others for calls that are noticed. */
#define NOTICED_MAX 10

static const struct sock_filter allows_all[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };

bool rewrite_is_asked(uint32_t verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
		return true;
	}
	return false;
}

static bool is_let_through(uint32_t verdict)
{
	uint32_t action = verdict & SECCOMP_RET_ACTION_FULL;

	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

/* ---- Marks ---- */

/* Which action is in the upper four bits of the data, so that few others are taken for it. */
static const struct {
	uint32_t action;
	uint32_t mark;
} marks[] = {
	{ SECCOMP_RET_ERRNO, 0x5000 },	    { SECCOMP_RET_TRACE, 0x6000 },
	{ SECCOMP_RET_USER_NOTIF, 0x7000 }, { SECCOMP_RET_ALLOW, 0x9000 },
	{ SECCOMP_RET_LOG, 0xa000 },
};

#define MARK_MASK 0xf000u
#define ERRNO_MAX 4095u

uint32_t rewrite_mark(uint32_t verdict)
{
	uint32_t data = verdict & SECCOMP_RET_DATA;

	for (size_t i = 0; i < COUNT(marks); i++) {
		if (marks[i].action != (verdict & SECCOMP_RET_ACTION_FULL))
			continue;
		if (marks[i].action != SECCOMP_RET_ERRNO)
			return marks[i].mark;
		return marks[i].mark | (data > ERRNO_MAX ? ERRNO_MAX : data);
	}
	return 0;
}

bool rewrite_marked(uint32_t data, uint32_t *verdict)
{
	for (size_t i = 0; i < COUNT(marks); i++) {
		if (marks[i].mark != (data & MARK_MASK))
			continue;
		*verdict = marks[i].action | (data & ~MARK_MASK);
		return marks[i].action == SECCOMP_RET_ERRNO || !(data & ~MARK_MASK);
	}
	return false;
}

/* ---- Which of two programs ---- */

/* Instructions in their order, with room for one that is too long. */
struct code {
	struct sock_filter list[BPF_MAXINSNS];
	size_t count;
	bool is_full;
};

static size_t append(struct code *code, struct sock_filter instruction)
{
	if (code->count == BPF_MAXINSNS) {
		code->is_full = true;
		return 0;
	}
	code->list[code->count] = instruction;
	return code->count++;
}

static void append_all(struct code *code, const struct sock_filter *program, size_t count)
{
	for (size_t i = 0; i < count; i++)
		append(code, program[i]);
}

/* Jumps that are to lead to the second program: their places. */
struct jumps {
	size_t places[PROBE_ENTRIES * (PROBE_NUMBERS + 1)];
	size_t count;
};

/* Numbers from low to high jump away; A holds the number. */
static void append_range(struct code *code, uint32_t low, uint32_t high, struct jumps *jumps)
{
	append(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, low, 0, 2));
	append(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, high, 1, 0));
	jumps->places[jumps->count++] =
		append(code, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
}

/* What the filters around refuse of one entry; other archs go on behind it. */
static void append_entry(struct code *code, const struct probe_entry *entry, struct jumps *jumps)
{
	size_t past;

	append(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, arch)));
	append(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, entry->arch, 1, 0));
	past = append(code, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	append(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						  offsetof(struct seccomp_data, nr)));
	for (size_t i = 0; i <= PROBE_NUMBERS; i++) {
		size_t first = i;

		if (!entry->is_refused[i])
			continue;
		while (i < PROBE_NUMBERS && entry->is_refused[i + 1])
			i++;
		append_range(code, (uint32_t)first + entry->offset,
			     i == PROBE_NUMBERS ? entry->offset + SBPF_NUMBER_NEWER
						: (uint32_t)i + entry->offset,
			     jumps);
	}
	code->list[past].k = (uint32_t)(code->count - past - 1);
}

/* The changed program, and before it tests that have refused numbers go to one as it was. */
static void append_choice(struct code *code, const struct probe *probe,
			  const struct sock_filter *changed, const struct sock_filter *given,
			  size_t count)
{
	struct jumps jumps = { .count = 0 };

	for (size_t i = 0; i < probe->entry_count; i++)
		append_entry(code, &probe->entries[i], &jumps);
	append_all(code, changed, count);
	for (size_t i = 0; i < jumps.count; i++)
		code->list[jumps.places[i]].k = (uint32_t)(code->count - jumps.places[i] - 1);
	append_all(code, given, count);
}

static void set_too_large(struct sbpf_error *error)
{
	static const char message[] =
		"inside the filters that are in force already, the profile's filter is too large "
		"to be watched; compile it without them, or watch outside";

	if (!error || error->code != SBPF_OK)
		return;
	error->code = SBPF_ERROR_TOO_LARGE;
	memcpy(error->message, message, sizeof(message));
}

/* ---- Calls that are noticed ---- */

/* Whether what a number gets can be had from the watcher, whatever the arguments. */
static bool is_never_killed(const struct sock_filter *program, size_t count, uint32_t arch,
			    uint32_t number)
{
	bool reached[BPF_MAXINSNS] = { false };

	sbpf_program_follow(program, count, arch, number, reached);
	for (size_t i = 0; i < count; i++) {
		uint32_t verdict = program[i].k;

		if (reached[i] && BPF_CLASS(program[i].code) == BPF_RET &&
		    (program[i].code != (BPF_RET | BPF_K) ||
		     !(rewrite_is_asked(verdict) || is_let_through(verdict))))
			return false;
	}
	return true;
}

static void append_noticed(struct code *code, const struct sock_filter *given, size_t count)
{
	static const char *const calls[] = { "ptrace", "seccomp" };
	struct sbpf_abi abi = { 0 };
	uint32_t number;

	sbpf_abi_describe(sbpf_abi_native(), &abi);
	for (size_t i = 0; i < COUNT(calls); i++) {
		if (!sbpf_call_number(sbpf_abi_native(), calls[i], &number) ||
		    !is_never_killed(given, count, abi.audit_arch, number))
			continue;
		append(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							  offsetof(struct seccomp_data, arch)));
		append(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, abi.audit_arch,
							  0, 3));
		append(code, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							  offsetof(struct seccomp_data, nr)));
		append(code, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
		append(code, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							  SECCOMP_RET_TRACE |
								  rewrite_mark(SECCOMP_RET_ALLOW)));
	}
}

/* ---- All of it ---- */

static void change(struct sock_filter *program, size_t count, enum rewrite_way way, bool all)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t given = program[i].k;

		if (program[i].code == (BPF_RET | BPF_K) &&
		    (rewrite_is_asked(given) || (all && is_let_through(given))))
			program[i].k = way == REWRITE_TRACE
					       ? SECCOMP_RET_TRACE | rewrite_mark(given)
					       : SECCOMP_RET_USER_NOTIF;
	}
}

struct sbpf_filter *rewrite(const struct sbpf_filter *filter, enum rewrite_way way, bool all,
			    const struct probe *probe, struct sbpf_error *error)
{
	int machine = filter ? sbpf_filter_machine(filter) : sbpf_abi_native();
	size_t count = 1;
	const struct sock_filter *given = filter ? sbpf_filter_program(filter, &count) : allows_all;
	struct sock_filter changed[BPF_MAXINSNS];
	struct code code = { .count = 0 };

	memcpy(changed, given, count * sizeof(changed[0]));
	change(changed, count, way, all);
	if (way == REWRITE_TRACE && count <= BPF_MAXINSNS - NOTICED_MAX)
		append_noticed(&code, given, count);
	if (filter && probe->is_refusing)
		append_choice(&code, probe, changed, given, count);
	else
		append_all(&code, changed, count);
	if (code.is_full) {
		set_too_large(error);
		return NULL;
	}
	return sbpf_filter_of_program(code.list, code.count, machine,
				      filter ? sbpf_filter_flags(filter) : 0, error);
}
