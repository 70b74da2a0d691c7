/* SPDX-License-Identifier: MIT */
/* What comes to each instruction of a program: every call is followed through it. */
#include "format.h"

#include "arch.h"
#include "error.h"
#include "instruction.h"

#include <stdlib.h>
#include <string.h>

/* An arch that no machine has. */
#define NO_ARCH 0u

/* The object that is handed out, and what it points to. */
struct annotation {
	struct sbpf_notes notes;
	struct sbpf_arrivals *arrivals; /* abi_count of each instruction */
	bool *reached;			/* by the call that is followed */
	int abis[64 + 1];
	struct sbpf_note list[];
};

/* ---- Who comes by ---- */

static void add_arrival(struct sbpf_arrivals *arrivals, uint32_t number, bool named)
{
	if (!named) {
		arrivals->others = true;
		return;
	}
	if (!arrivals->calls || number < arrivals->first)
		arrivals->first = number;
	if (!arrivals->calls || number > arrivals->last)
		arrivals->last = number;
	arrivals->calls++;
}

static void follow(struct annotation *annotation, size_t abi, uint32_t number, bool named)
{
	const struct sbpf_notes *notes = &annotation->notes;
	int index = notes->abis[abi];

	sbpf_program_follow(notes->program, notes->count,
			    index < 0 ? NO_ARCH : abi_audit_arch(index), number,
			    annotation->reached);
	for (size_t i = 0; i < notes->count; i++) {
		if (annotation->reached[i])
			add_arrival(&annotation->arrivals[i * notes->abi_count + abi], number,
				    named);
	}
}

static void follow_calls(struct annotation *annotation)
{
	const struct sbpf_notes *notes = &annotation->notes;

	for (size_t abi = 0; abi < notes->abi_count; abi++) {
		int index = notes->abis[abi];
		uint32_t number;

		for (int call = 0; index >= 0 && call < sbpf_call_count(); call++) {
			if (sbpf_call_number(index, sbpf_call_at(call), &number))
				follow(annotation, abi, number, true);
		}
		/* SBPF_NUMBER_NEWER is no number that JGT could be tried with. */
		number = SBPF_NUMBER_NEWER - 1;
		follow(annotation, abi, index < 0 ? number : number | abi_number_offset(index),
		       false);
	}
}

/* The first ABI of the calls that come to an instruction, and the call where it is only one. */
static void find_call(const struct sbpf_notes *notes, struct sbpf_note *note)
{
	bool several = false;

	note->abi = -1;
	for (size_t abi = 0; abi < notes->abi_count; abi++) {
		const struct sbpf_arrivals *arrivals = &note->arrivals[abi];
		const char *name;

		several = several || arrivals->others || arrivals->calls > 1;
		if (!arrivals->calls)
			continue;
		if (note->abi < 0)
			note->abi = notes->abis[abi];
		name = sbpf_call_name(notes->abis[abi], arrivals->first);
		several = several || (note->call && strcmp(note->call, name) != 0);
		note->call = name;
	}
	if (several)
		note->call = NULL;
}

/* ---- What A holds ---- */

static void join(struct sbpf_note *at, const struct sbpf_note *from)
{
	if (!at->reached) {
		*at = *from;
		return;
	}
	if (at->field != from->field)
		at->field = -1;
	at->mixed = at->mixed || from->mixed || at->kept != from->kept;
	at->kept |= from->kept;
}

static struct sbpf_note after(const struct sbpf_note *before, const struct sock_filter *instruction)
{
	struct sbpf_note note = *before;

	if (instruction->code == (BPF_LD | BPF_W | BPF_ABS))
		note = (struct sbpf_note){ .reached = true,
					   .field = (int)instruction->k,
					   .kept = UINT32_MAX };
	else if (instruction->code == (BPF_ALU | BPF_AND | BPF_K))
		note.kept &= instruction->k;
	else if (!leaves_accumulator(instruction))
		note.field = -1;
	return note;
}

static void find_fields(const struct sock_filter *program, size_t count, struct sbpf_note *list)
{
	list[0] = (struct sbpf_note){ .reached = true, .field = -1, .kept = UINT32_MAX };
	for (size_t i = 0; i < count; i++) {
		struct sbpf_note next;

		if (!list[i].reached || BPF_CLASS(program[i].code) == BPF_RET)
			continue;
		next = after(&list[i], &program[i]);
		if (is_jump_always(&program[i])) {
			join(&list[target_always(program, i)], &next);
		} else if (is_branch(&program[i])) {
			join(&list[target_true(program, i)], &next);
			join(&list[target_false(program, i)], &next);
		} else {
			join(&list[i + 1], &next);
		}
	}
}

/* ---- The whole ---- */

static struct annotation *make_room(const struct sock_filter *program, size_t count, int machine,
				    uint64_t abis)
{
	struct annotation *annotation =
		calloc(1, sizeof(*annotation) + count * sizeof(annotation->list[0]));
	struct sbpf_notes *notes;

	if (!annotation)
		return NULL;
	notes = &annotation->notes;
	*notes = (struct sbpf_notes){ .machine = machine,
				      .program = program,
				      .count = count,
				      .list = annotation->list,
				      .abis = annotation->abis };
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abis >> abi & 1)
			annotation->abis[notes->abi_count++] = abi;
	}
	annotation->abis[notes->abi_count++] = -1;
	annotation->arrivals = calloc(count * notes->abi_count, sizeof(annotation->arrivals[0]));
	annotation->reached = calloc(count, sizeof(annotation->reached[0]));
	if (annotation->arrivals && annotation->reached)
		return annotation;
	sbpf_notes_free(notes);
	return NULL;
}

struct sbpf_notes *sbpf_program_annotate(const struct sock_filter *program, size_t count,
					 int machine, uint64_t abis, struct sbpf_error *error)
{
	struct annotation *annotation;

	if (sbpf_program_check(program, count, error))
		return NULL;
	if (machine < 0 || machine >= sbpf_abi_count()) {
		error_set(error, SBPF_ERROR_USAGE, "no machine has the index %d", machine);
		return NULL;
	}
	annotation = make_room(program, count, machine, abis);
	if (!annotation) {
		error_memory(error);
		return NULL;
	}
	find_fields(program, count, annotation->list);
	follow_calls(annotation);
	for (size_t i = 0; i < count; i++) {
		struct sbpf_note *note = &annotation->list[i];

		note->arrivals = &annotation->arrivals[i * annotation->notes.abi_count];
		find_call(&annotation->notes, note);
	}
	return &annotation->notes;
}

void sbpf_notes_free(struct sbpf_notes *notes)
{
	struct annotation *annotation = (struct annotation *)notes;

	if (!annotation)
		return;
	free(annotation->arrivals);
	free(annotation->reached);
	free(annotation);
}
