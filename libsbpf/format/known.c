/* SPDX-License-Identifier: MIT */
/*
 * What each instruction is about. Jumps lead forward only, so one pass over the program meets
 * every instruction after all of its predecessors.
 */
#include "format.h"

#include "arch.h"
#include "instruction.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_OFFSET ((int32_t)offsetof(struct seccomp_data, nr))
#define ARCH_OFFSET ((int32_t)offsetof(struct seccomp_data, arch))
#define ARGUMENTS_OFFSET ((int32_t)offsetof(struct seccomp_data, args))

/* The name that every remaining ABI which has this number gives to it; NULL when they disagree. */
static const char *find_call(const struct known *known, uint32_t number)
{
	const char *found = NULL;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		const char *name;

		if (!(known->abis >> abi & 1))
			continue;
		/* x32 shares code with x86_64 after AND has cleared its bit. */
		name = sbpf_call_name(abi, number | (abi_number_offset(abi) & ~known->number_mask));
		if (!name)
			continue;
		if (found && strcmp(found, name) != 0)
			return NULL;
		found = name;
	}
	return found;
}

static void bound(struct known *known, uint32_t low, uint32_t high)
{
	if (low > known->low)
		known->low = low;
	if (high < known->high)
		known->high = high;
	if (known->low == known->high)
		known->call = find_call(known, known->low);
}

static void bound_arch(struct known *known, uint32_t audit_arch, bool holds)
{
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if ((abi_audit_arch(abi) == audit_arch) != holds)
			known->abis &= ~(UINT64_C(1) << abi);
	}
}

static void bound_number(struct known *known, const struct sock_filter *branch, bool holds)
{
	uint32_t k = branch->k;

	switch (BPF_OP(branch->code)) {
	case BPF_JEQ:
		if (holds)
			bound(known, k, k);
		else if (k == known->low && k < UINT32_MAX)
			bound(known, k + 1, UINT32_MAX);
		else if (k == known->high && k > 0)
			bound(known, 0, k - 1);
		break;
	case BPF_JGE:
		if (holds)
			bound(known, k, UINT32_MAX);
		else if (k > 0)
			bound(known, 0, k - 1);
		break;
	case BPF_JGT:
		if (!holds)
			bound(known, 0, k);
		else if (k < UINT32_MAX)
			bound(known, k + 1, UINT32_MAX);
		break;
	}
}

/* What is known after a branch was taken or not. */
static struct known after_branch(const struct known *from, const struct sock_filter *branch,
				 bool holds)
{
	struct known known = *from;

	if (BPF_SRC(branch->code) != BPF_K)
		return known;
	if (known.loaded == ARCH_OFFSET && BPF_OP(branch->code) == BPF_JEQ &&
	    known.kept == UINT32_MAX)
		bound_arch(&known, branch->k, holds);
	else if (known.loaded == NUMBER_OFFSET && known.kept == known.number_mask)
		bound_number(&known, branch, holds);
	return known;
}

static void forget_number(struct known *known, uint32_t mask)
{
	known->number_mask = mask;
	known->low = 0;
	known->high = mask;
}

/* What is known after an instruction that is no jump. */
static struct known after_step(const struct known *from, const struct sock_filter *instruction)
{
	struct known known = *from;

	if (instruction->code == (BPF_LD | BPF_W | BPF_ABS)) {
		known.loaded = (int32_t)instruction->k;
		known.kept = UINT32_MAX;
		if (known.loaded == NUMBER_OFFSET && known.number_mask != UINT32_MAX)
			forget_number(&known, UINT32_MAX);
	} else if (instruction->code == (BPF_ALU | BPF_AND | BPF_K)) {
		known.kept &= instruction->k;
		if (known.loaded == NUMBER_OFFSET)
			forget_number(&known, known.kept);
	} else if (BPF_CLASS(instruction->code) != BPF_ST) {
		known.loaded = -1;
	}
	return known;
}

static bool same_call(const struct known *a, const struct known *b)
{
	return a->call && b->call && strcmp(a->call, b->call) == 0;
}

/* Keeps in known what is true of both. */
static void join(struct known *known, const struct known *other)
{
	if (!known->reached) {
		*known = *other;
		known->reached = true;
		return;
	}
	known->abis |= other->abis;
	if (known->loaded != other->loaded || known->kept != other->kept) {
		known->loaded = -1;
		known->kept = UINT32_MAX;
	}
	if (known->number_mask != other->number_mask)
		forget_number(known, UINT32_MAX);
	if (other->low < known->low)
		known->low = other->low;
	if (other->high > known->high)
		known->high = other->high;
	if (!same_call(known, other))
		known->call = NULL;
}

static void spread(const struct sbpf_filter *filter, struct known *known, size_t index)
{
	const struct sock_filter *instruction = &filter->program[index];
	struct known next;

	if (BPF_CLASS(instruction->code) == BPF_RET)
		return;
	if (is_jump_always(instruction)) {
		join(&known[target_always(filter->program, index)], &known[index]);
	} else if (is_branch(instruction)) {
		next = after_branch(&known[index], instruction, true);
		join(&known[target_true(filter->program, index)], &next);
		next = after_branch(&known[index], instruction, false);
		join(&known[target_false(filter->program, index)], &next);
	} else {
		next = after_step(&known[index], instruction);
		join(&known[index + 1], &next);
	}
}

struct known *known_find(const struct sbpf_filter *filter)
{
	struct known *known = calloc(filter->count + 1, sizeof(*known));

	if (!known)
		return NULL;
	known[0] = (struct known){ .reached = true,
				   .abis = filter->abi_set,
				   .loaded = -1,
				   .kept = UINT32_MAX,
				   .number_mask = UINT32_MAX,
				   .high = UINT32_MAX };
	for (size_t i = 0; i < filter->count; i++) {
		if (known[i].reached)
			spread(filter, known, i);
	}
	return known;
}

/* "argument 0, lower half": a 64-bit field lies in the target's byte order. */
static void name_field(const struct sbpf_filter *filter, const struct known *known, int32_t offset,
		       char *name, size_t size)
{
	bool upper = (offset % 8 == 4) != abi_big_endian(filter->machine);
	const char *half = upper ? "upper half" : "lower half";

	if (offset == NUMBER_OFFSET)
		snprintf(name, size, "number");
	else if (offset == ARCH_OFFSET)
		snprintf(name, size, "arch");
	else if (offset < 0)
		snprintf(name, size, "A");
	else if (offset < ARGUMENTS_OFFSET)
		snprintf(name, size, "instruction pointer, %s", half);
	else
		snprintf(name, size, "%s%sargument %d, %s", known->call ? known->call : "",
			 known->call ? ": " : "", (offset - ARGUMENTS_OFFSET) / 8, half);
}

static void describe_load(const struct sbpf_filter *filter, const struct known *known,
			  const struct sock_filter *instruction, char description[DESCRIPTION_MAX])
{
	name_field(filter, known, (int32_t)instruction->k, description, DESCRIPTION_MAX);
}

/* "x86_64, x32": the remaining ABIs with this audit arch, or its number. */
static void name_arch(const struct known *known, uint32_t audit_arch, char *name, size_t size)
{
	size_t length = 0;

	for (int abi = 0; abi < sbpf_abi_count() && length < size; abi++) {
		if ((known->abis >> abi & 1) && abi_audit_arch(abi) == audit_arch)
			length += (size_t)snprintf(name + length, size - length, "%s%s",
						   length ? ", " : "", abi_name(abi));
	}
	if (length == 0)
		snprintf(name, size, "0x%08x", audit_arch);
}

static void name_value(const struct known *known, uint32_t value, char *name, size_t size)
{
	const char *call;

	if (known->loaded == ARCH_OFFSET) {
		name_arch(known, value, name, size);
	} else if (known->loaded == NUMBER_OFFSET) {
		call = find_call(known, value);
		if (call)
			snprintf(name, size, "%u (%s)", value, call);
		else
			snprintf(name, size, "%u", value);
	} else {
		snprintf(name, size, "0x%x", value);
	}
}

static const char *comparison(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
		return "==";
	case BPF_JGT:
		return ">";
	case BPF_JGE:
		return ">=";
	default:
		return "&";
	}
}

static void describe_branch(const struct sbpf_filter *filter, const struct known *known,
			    const struct sock_filter *branch, char description[DESCRIPTION_MAX])
{
	char field[96], kept[24] = "", value[96] = "X";

	name_field(filter, known, known->loaded, field, sizeof(field));
	if (known->kept != UINT32_MAX)
		snprintf(kept, sizeof(kept), " & 0x%x", known->kept);
	if (BPF_SRC(branch->code) == BPF_K && BPF_OP(branch->code) == BPF_JSET)
		snprintf(value, sizeof(value), "0x%x", branch->k);
	else if (BPF_SRC(branch->code) == BPF_K)
		name_value(known, branch->k, value, sizeof(value));
	snprintf(description, DESCRIPTION_MAX, "%s%s %s %s", field, kept, comparison(branch->code),
		 value);
}

void describe(const struct sbpf_filter *filter, const struct known *known, size_t index,
	      char description[DESCRIPTION_MAX])
{
	const struct sock_filter *instruction = &filter->program[index];

	description[0] = '\0';
	if (!known->reached)
		return;
	if (instruction->code == (BPF_RET | BPF_K))
		sbpf_verdict_describe(instruction->k, filter->machine, description,
				      DESCRIPTION_MAX);
	else if (instruction->code == (BPF_LD | BPF_W | BPF_ABS))
		describe_load(filter, known, instruction, description);
	else if (is_branch(instruction))
		describe_branch(filter, known, instruction, description);
}
