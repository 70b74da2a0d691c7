/* SPDX-License-Identifier: MIT */
/* What an instruction does, in the words of the field that it works on. */
#include "format.h"

#include "arch.h"
#include "instruction.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_OFFSET ((int)offsetof(struct seccomp_data, nr))
#define ARCH_OFFSET ((int)offsetof(struct seccomp_data, arch))
#define ARGUMENTS_OFFSET ((int)offsetof(struct seccomp_data, args))

#define CONSTANT_MAX 256
#define VERDICT_MAX 64

/* A 64-bit field lies in the machine's byte order. */
static bool is_upper_half(const struct sbpf_notes *notes, int offset)
{
	return (offset % 8 == 4) != abi_big_endian(notes->machine);
}

static void add_argument(struct text *text, const struct sbpf_note *note, unsigned int argument,
			 const char *half)
{
	struct sbpf_parameter parameter;

	text_add(text, "args[%u]%s", argument, half);
	if (note->call && sbpf_call_parameter(note->abi, note->call, argument, &parameter))
		text_add(text, " (%s's %s)", note->call, parameter.name);
}

static void add_field(struct text *text, const struct sbpf_notes *notes,
		      const struct sbpf_note *note, int offset)
{
	const char *half = is_upper_half(notes, offset) ? ".upper" : "";

	if (offset < 0)
		text_add(text, "A");
	else if (offset == NUMBER_OFFSET)
		text_add(text, "number");
	else if (offset == ARCH_OFFSET)
		text_add(text, "arch");
	else if (offset < ARGUMENTS_OFFSET)
		text_add(text, "instruction_pointer%s", half);
	else
		add_argument(text, note, (unsigned int)(offset - ARGUMENTS_OFFSET) / 8, half);
}

static uint64_t abis_of(uint32_t audit_arch)
{
	uint64_t set = 0;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abi_audit_arch(abi) == audit_arch)
			set |= UINT64_C(1) << abi;
	}
	return set;
}

/* "x86_64/x32": the ABIs with this audit arch, of those that are in question if there are any. */
static void add_archs(struct text *text, const struct sbpf_notes *notes, uint32_t audit_arch)
{
	uint64_t set = abis_of(audit_arch), asked = 0;
	const char *separator = "";

	for (size_t i = 0; i + 1 < notes->abi_count; i++)
		asked |= UINT64_C(1) << notes->abis[i];
	if (set & asked)
		set &= asked;
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (!(set >> abi & 1))
			continue;
		text_add(text, "%s%s", separator, abi_name(abi));
		separator = "/";
	}
	if (!set)
		text_add(text, "0x%" PRIx32, audit_arch);
}

/* What every ABI that comes here calls this number; NULL when they disagree. */
static const char *call_of(const struct sbpf_notes *notes, const struct sbpf_note *note,
			   uint32_t number)
{
	uint32_t kept = note->mixed ? ~SBPF_X32_BIT : note->kept;
	const char *found = NULL;

	for (size_t i = 0; i < notes->abi_count; i++) {
		int abi = notes->abis[i];
		const char *name;

		if (!note->arrivals[i].calls)
			continue;
		/* x32 shares code with x86_64 where AND has cleared its bit. */
		name = sbpf_call_name(abi, number | (abi_number_offset(abi) & ~kept));
		if (name && found && strcmp(name, found) != 0)
			return NULL;
		found = name ? name : found;
	}
	return found;
}

static void add_number(struct text *text, const struct sbpf_notes *notes,
		       const struct sbpf_note *note, uint32_t value)
{
	const char *name = call_of(notes, note, value);

	if (value < 0x10000)
		text_add(text, "%" PRIu32, value);
	else
		text_add(text, "0x%" PRIx32, value);
	if (name)
		text_add(text, " (%s)", name);
}

/* The name that the caller has for a constant of an argument; "" for none. */
static void name_constant(const struct sbpf_notes *notes, const struct sbpf_note *note,
			  uint32_t value, char *name, size_t size)
{
	name[0] = '\0';
	if (notes->name_constant && note->call && note->field >= ARGUMENTS_OFFSET &&
	    !is_upper_half(notes, note->field))
		notes->name_constant(note->abi, note->call,
				     (unsigned int)(note->field - ARGUMENTS_OFFSET) / 8, value,
				     name, size);
}

/* A constant that a field is compared with, in the field's terms. */
static void add_value(struct text *text, const struct sbpf_notes *notes,
		      const struct sbpf_note *note, const struct sock_filter *test)
{
	bool is_mask = BPF_OP(test->code) == BPF_JSET;
	char name[CONSTANT_MAX];

	name_constant(notes, note, test->k, name, sizeof(name));
	if (BPF_SRC(test->code) == BPF_X)
		text_add(text, "X");
	else if (note->field == ARCH_OFFSET && !is_mask)
		add_archs(text, notes, test->k);
	else if (note->field == NUMBER_OFFSET && !is_mask)
		add_number(text, notes, note, test->k);
	else if (name[0] != '\0')
		text_add(text, "%s", name);
	else if (test->k < 10)
		text_add(text, "%" PRIu32, test->k);
	else
		text_add(text, "0x%" PRIx32, test->k);
}

static void add_test(struct text *text, const struct sbpf_notes *notes, size_t index, bool negated)
{
	static const char *const operators[][2] = {
		[BPF_JEQ >> 4] = { "==", "!=" },
		[BPF_JGT >> 4] = { ">", "<=" },
		[BPF_JGE >> 4] = { ">=", "<" },
		[BPF_JSET >> 4] = { "&", "&" },
	};
	const struct sock_filter *test = &notes->program[index];
	const struct sbpf_note *note = &notes->list[index];
	bool in_brackets = BPF_OP(test->code) == BPF_JSET && negated;

	text_add(text, "%s", in_brackets ? "!(" : "");
	add_field(text, notes, note, note->mixed ? -1 : note->field);
	if (note->field >= 0 && !note->mixed && note->kept != UINT32_MAX)
		text_add(text, " & 0x%" PRIx32, note->kept);
	text_add(text, " %s ", operators[BPF_OP(test->code) >> 4][negated]);
	add_value(text, notes, note, test);
	text_add(text, "%s", in_brackets ? ")" : "");
}

static void add_operation(struct text *text, const struct sock_filter *instruction)
{
	const struct operation *operation = operation_find(instruction->code);
	const char *k = strstr(operation->sentence, "%s");

	if (!k)
		text_add(text, "%s", operation->sentence);
	else
		text_add(text, "%.*s0x%" PRIx32 "%s", (int)(k - operation->sentence),
			 operation->sentence, instruction->k, k + strlen("%s"));
}

/* Whether it tests, gives or loads what has a name. */
static bool has_subject(const struct sock_filter *instruction)
{
	return is_branch(instruction) || instruction->code == (BPF_RET | BPF_K) ||
	       instruction->code == (BPF_LD | BPF_W | BPF_ABS);
}

static void add_subject(struct text *text, const struct sbpf_notes *notes, size_t index,
			bool negated)
{
	const struct sock_filter *instruction = &notes->program[index];
	char verdict[VERDICT_MAX];

	if (is_branch(instruction))
		add_test(text, notes, index, negated);
	else if (BPF_CLASS(instruction->code) == BPF_LD)
		add_field(text, notes, &notes->list[index], (int)instruction->k);
	else
		text_add(text, "%s",
			 sbpf_verdict_describe(instruction->k, notes->machine, verdict,
					       sizeof(verdict)));
}

void text_add_sentence(struct text *text, const struct sbpf_notes *notes, size_t index,
		       bool negated)
{
	const struct sock_filter *instruction = &notes->program[index];

	if (is_jump_always(instruction)) {
		text_add(text, "goto %zu", target_always(notes->program, index));
	} else if (!has_subject(instruction)) {
		add_operation(text, instruction);
	} else {
		if (BPF_CLASS(instruction->code) == BPF_RET)
			text_add(text, "return ");
		else if (BPF_CLASS(instruction->code) == BPF_LD)
			text_add(text, "A = ");
		add_subject(text, notes, index, negated);
	}
}

bool has_comment(const struct sbpf_notes *notes, size_t index)
{
	return notes->list[index].reached && has_subject(&notes->program[index]);
}

void text_add_comment(struct text *text, const struct sbpf_notes *notes, size_t index)
{
	if (has_comment(notes, index))
		add_subject(text, notes, index, false);
}

char *sbpf_instruction_describe(const struct sbpf_notes *notes, size_t index, bool negated)
{
	struct text text = { 0 };

	if (!notes || index >= notes->count)
		return NULL;
	text_add_sentence(&text, notes, index, negated);
	if (!text.failed)
		return text.data;
	free(text.data);
	return NULL;
}
