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
static const char *find_call(const struct place *place, uint32_t number)
{
	const char *found = NULL;

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		const char *name;

		if (!(place->abis >> abi & 1))
			continue;
		/* x32 shares code with x86_64 after AND has cleared its bit. */
		name = sbpf_call_name(abi, number | (abi_number_offset(abi) & ~place->number_mask));
		if (!name)
			continue;
		if (found && strcmp(found, name) != 0)
			return NULL;
		found = name;
	}
	return found;
}

static void bound(struct place *place, uint32_t low, uint32_t high)
{
	if (low > place->low)
		place->low = low;
	if (high < place->high)
		place->high = high;
	if (place->low == place->high)
		place->call = find_call(place, place->low);
}

static void bound_arch(struct place *place, uint32_t audit_arch, bool holds)
{
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if ((abi_audit_arch(abi) == audit_arch) != holds)
			place->abis &= ~(UINT64_C(1) << abi);
	}
}

static void bound_number(struct place *place, const struct sock_filter *branch, bool holds)
{
	uint32_t k = branch->k;

	switch (BPF_OP(branch->code)) {
	case BPF_JEQ:
		if (holds)
			bound(place, k, k);
		else if (k == place->low && k < UINT32_MAX)
			bound(place, k + 1, UINT32_MAX);
		else if (k == place->high && k > 0)
			bound(place, 0, k - 1);
		break;
	case BPF_JGE:
		if (holds)
			bound(place, k, UINT32_MAX);
		else if (k > 0)
			bound(place, 0, k - 1);
		break;
	case BPF_JGT:
		if (!holds)
			bound(place, 0, k);
		else if (k < UINT32_MAX)
			bound(place, k + 1, UINT32_MAX);
		break;
	}
}

/* The place after a branch was taken or not. */
static struct place after_branch(const struct place *from, const struct sock_filter *branch,
				 bool holds)
{
	struct place place = *from;

	if (BPF_SRC(branch->code) != BPF_K)
		return place;
	if (place.loaded == ARCH_OFFSET && BPF_OP(branch->code) == BPF_JEQ &&
	    place.kept == UINT32_MAX)
		bound_arch(&place, branch->k, holds);
	else if (place.loaded == NUMBER_OFFSET && place.kept == place.number_mask)
		bound_number(&place, branch, holds);
	return place;
}

static void forget_number(struct place *place, uint32_t mask)
{
	place->number_mask = mask;
	place->low = 0;
	place->high = mask;
}

/* The place after an instruction that is no jump. */
static struct place after_step(const struct place *from, const struct sock_filter *instruction)
{
	struct place place = *from;

	if (instruction->code == (BPF_LD | BPF_W | BPF_ABS)) {
		place.loaded = (int32_t)instruction->k;
		place.kept = UINT32_MAX;
		if (place.loaded == NUMBER_OFFSET && place.number_mask != UINT32_MAX)
			forget_number(&place, UINT32_MAX);
	} else if (instruction->code == (BPF_ALU | BPF_AND | BPF_K)) {
		place.kept &= instruction->k;
		if (place.loaded == NUMBER_OFFSET)
			forget_number(&place, place.kept);
	} else if (BPF_CLASS(instruction->code) != BPF_ST) {
		place.loaded = -1;
	}
	return place;
}

static bool same_call(const struct place *a, const struct place *b)
{
	return a->call && b->call && strcmp(a->call, b->call) == 0;
}

/* Keeps in place what is true of both. */
static void join(struct place *place, const struct place *other)
{
	if (!place->reached) {
		*place = *other;
		place->reached = true;
		return;
	}
	place->abis |= other->abis;
	if (place->loaded != other->loaded || place->kept != other->kept) {
		place->loaded = -1;
		place->kept = UINT32_MAX;
	}
	if (place->number_mask != other->number_mask)
		forget_number(place, UINT32_MAX);
	if (other->low < place->low)
		place->low = other->low;
	if (other->high > place->high)
		place->high = other->high;
	if (!same_call(place, other))
		place->call = NULL;
}

static void spread(const struct sbpf_filter *filter, struct place *places, size_t index)
{
	const struct sock_filter *instruction = &filter->program[index];
	struct place next;

	if (BPF_CLASS(instruction->code) == BPF_RET)
		return;
	if (is_jump_always(instruction)) {
		join(&places[target_always(filter->program, index)], &places[index]);
	} else if (is_branch(instruction)) {
		next = after_branch(&places[index], instruction, true);
		join(&places[target_true(filter->program, index)], &next);
		next = after_branch(&places[index], instruction, false);
		join(&places[target_false(filter->program, index)], &next);
	} else {
		next = after_step(&places[index], instruction);
		join(&places[index + 1], &next);
	}
}

struct place *places_find(const struct sbpf_filter *filter)
{
	struct place *places = calloc(filter->count + 1, sizeof(*places));

	if (!places)
		return NULL;
	places[0] = (struct place){ .reached = true,
				    .abis = filter->abi_set,
				    .loaded = -1,
				    .kept = UINT32_MAX,
				    .number_mask = UINT32_MAX,
				    .high = UINT32_MAX };
	for (size_t i = 0; i < filter->count; i++) {
		if (places[i].reached)
			spread(filter, places, i);
	}
	return places;
}

/* "argument 0, lower half": a 64-bit field lies in the target's byte order. */
static void name_field(const struct sbpf_filter *filter, const struct place *place, int32_t offset,
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
		snprintf(name, size, "%s%sargument %d, %s", place->call ? place->call : "",
			 place->call ? ": " : "", (offset - ARGUMENTS_OFFSET) / 8, half);
}

static void describe_load(const struct sbpf_filter *filter, const struct place *place,
			  const struct sock_filter *instruction, char description[DESCRIPTION_MAX])
{
	name_field(filter, place, (int32_t)instruction->k, description, DESCRIPTION_MAX);
}

/* "x86_64, x32": the remaining ABIs with this audit arch, or its number. */
static void name_arch(const struct place *place, uint32_t audit_arch, char *name, size_t size)
{
	size_t length = 0;

	for (int abi = 0; abi < sbpf_abi_count() && length < size; abi++) {
		if ((place->abis >> abi & 1) && abi_audit_arch(abi) == audit_arch)
			length += (size_t)snprintf(name + length, size - length, "%s%s",
						   length ? ", " : "", abi_name(abi));
	}
	if (length == 0)
		snprintf(name, size, "0x%08x", audit_arch);
}

static void name_value(const struct place *place, uint32_t value, char *name, size_t size)
{
	const char *call;

	if (place->loaded == ARCH_OFFSET) {
		name_arch(place, value, name, size);
	} else if (place->loaded == NUMBER_OFFSET) {
		call = find_call(place, value);
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

static void describe_branch(const struct sbpf_filter *filter, const struct place *place,
			    const struct sock_filter *branch, char description[DESCRIPTION_MAX])
{
	char field[96], kept[24] = "", value[96] = "X";

	name_field(filter, place, place->loaded, field, sizeof(field));
	if (place->kept != UINT32_MAX)
		snprintf(kept, sizeof(kept), " & 0x%x", place->kept);
	if (BPF_SRC(branch->code) == BPF_K && BPF_OP(branch->code) == BPF_JSET)
		snprintf(value, sizeof(value), "0x%x", branch->k);
	else if (BPF_SRC(branch->code) == BPF_K)
		name_value(place, branch->k, value, sizeof(value));
	snprintf(description, DESCRIPTION_MAX, "%s%s %s %s", field, kept, comparison(branch->code),
		 value);
}

void describe(const struct sbpf_filter *filter, const struct place *place, size_t index,
	      char description[DESCRIPTION_MAX])
{
	const struct sock_filter *instruction = &filter->program[index];

	description[0] = '\0';
	if (!place->reached)
		return;
	if (instruction->code == (BPF_RET | BPF_K))
		sbpf_verdict_describe(instruction->k, filter->machine, description,
				      DESCRIPTION_MAX);
	else if (instruction->code == (BPF_LD | BPF_W | BPF_ABS))
		describe_load(filter, place, instruction, description);
	else if (is_branch(instruction))
		describe_branch(filter, place, instruction, description);
}
