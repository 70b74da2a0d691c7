/* SPDX-License-Identifier: MIT */
#include "listing.h"

#include "call.h"
#include "constants.h"
#include "follow.h"

#include <inttypes.h>
#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_OFFSET offsetof(struct seccomp_data, nr)
#define ARCH_OFFSET offsetof(struct seccomp_data, arch)
#define POINTER_OFFSET offsetof(struct seccomp_data, instruction_pointer)
#define ARGUMENTS_OFFSET offsetof(struct seccomp_data, args)

/* A number that no call has, and an arch that no machine has. */
#define NO_CALL 0x3ffffffeu
#define NO_ARCH 0u

/* __X32_SYSCALL_BIT of <asm/unistd.h> on x86_64. */
#define X32_BIT 0x40000000u

/* ---- Who comes by ---- */

static struct arrival *arrival_at(const struct listing *listing, size_t index, size_t abi)
{
	return &listing->arrivals[index * listing->abi_count + abi];
}

static void add_arrival(struct arrival *arrival, uint32_t number, bool named)
{
	if (!named) {
		arrival->unnamed = true;
		return;
	}
	if (!arrival->calls || number < arrival->first)
		arrival->first = number;
	if (!arrival->calls || number > arrival->last)
		arrival->last = number;
	arrival->calls++;
}

static void follow(struct listing *listing, size_t abi, uint32_t number, bool named,
		   struct flow_state *states)
{
	const struct filter *filter = listing->filter;
	int index = listing->abis[abi];

	flow_follow(filter->program, filter->count, index < 0 ? NO_ARCH : abi_of(index).audit_arch,
		    number, states);
	for (size_t i = 0; i < filter->count; i++) {
		if (states[i].reached)
			add_arrival(arrival_at(listing, i, abi), number, named);
	}
}

static void follow_calls(struct listing *listing, struct flow_state *states)
{
	for (size_t abi = 0; abi < listing->abi_count; abi++) {
		int index = listing->abis[abi];
		uint32_t number;

		for (int call = 0; index >= 0 && call < sbpf_call_count(); call++) {
			if (sbpf_call_number(index, sbpf_call_at(call), &number))
				follow(listing, abi, number, true, states);
		}
		number = index < 0 ? 0 : abi_of(index).number_offset | NO_CALL;
		follow(listing, abi, number, false, states);
	}
}

/* ---- What A holds ---- */

static void join_field(struct instruction_field *at, const struct instruction_field *from)
{
	if (!at->reached) {
		*at = *from;
		return;
	}
	at->known = at->known && from->known && at->offset == from->offset;
	at->mixed = at->mixed || from->mixed || at->kept != from->kept;
	at->kept |= from->kept;
}

static struct instruction_field field_after(const struct instruction_field *before,
					    const struct sock_filter *instruction)
{
	struct instruction_field field = *before;

	if (instruction->code == (BPF_LD | BPF_W | BPF_ABS))
		field = (struct instruction_field){
			.reached = true, .known = true, .offset = instruction->k, .kept = UINT32_MAX
		};
	else if (instruction->code == (BPF_ALU | BPF_AND | BPF_K))
		field.kept &= instruction->k;
	else if (BPF_CLASS(instruction->code) != BPF_ST && BPF_CLASS(instruction->code) != BPF_LDX)
		field.known = false;
	return field;
}

static void find_fields(struct listing *listing)
{
	const struct sock_filter *program = listing->filter->program;
	struct instruction_field *fields = listing->fields;

	fields[0] = (struct instruction_field){ .reached = true, .kept = UINT32_MAX };
	for (size_t i = 0; i < listing->filter->count; i++) {
		size_t yes, no;

		if (!fields[i].reached || BPF_CLASS(program[i].code) == BPF_RET)
			continue;
		if (flow_targets(program, i, &yes, &no)) {
			join_field(&fields[yes], &fields[i]);
			join_field(&fields[no], &fields[i]);
		} else {
			struct instruction_field next = field_after(&fields[i], &program[i]);

			join_field(&fields[i + 1], &next);
		}
	}
}

/* ---- Making one ---- */

static void list_abis(struct listing *listing)
{
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (listing->filters->relatives >> abi & 1)
			listing->abis[listing->abi_count++] = abi;
	}
	listing->abis[listing->abi_count++] = -1;
}

bool listing_make(const char *program, const struct filters *filters, const struct filter *filter,
		  struct listing *listing)
{
	struct flow_state *states = calloc(filter->count, sizeof(states[0]));

	*listing = (struct listing){ .filters = filters, .filter = filter };
	listing->abis = calloc((size_t)sbpf_abi_count() + 1, sizeof(listing->abis[0]));
	listing->fields = calloc(filter->count, sizeof(listing->fields[0]));
	if (listing->abis)
		list_abis(listing);
	listing->arrivals =
		calloc(filter->count * (listing->abi_count + 1), sizeof(listing->arrivals[0]));
	if (!states || !listing->abis || !listing->fields || !listing->arrivals) {
		report(program, "out of memory");
		listing_free(listing);
		free(states);
		return false;
	}
	find_fields(listing);
	follow_calls(listing, states);
	free(states);
	return true;
}

void listing_free(struct listing *listing)
{
	free(listing->abis);
	free(listing->fields);
	free(listing->arrivals);
	*listing = (struct listing){ 0 };
}

/* ---- Words ---- */

/* The name of the one call that comes to an instruction; NULL when there are several. */
static const char *only_call(const struct listing *listing, size_t index)
{
	const char *only = NULL;

	for (size_t abi = 0; abi < listing->abi_count; abi++) {
		const struct arrival *arrival = arrival_at(listing, index, abi);
		const char *name;

		if (arrival->unnamed || arrival->calls > 1)
			return NULL;
		if (!arrival->calls)
			continue;
		name = sbpf_call_name(listing->abis[abi], arrival->first);
		if (only && strcmp(only, name))
			return NULL;
		only = name;
	}
	return only;
}

/* What every ABI that comes here calls this number; NULL when they disagree. */
static const char *call_of(const struct listing *listing, size_t index, uint32_t number,
			   uint32_t kept)
{
	const char *found = NULL;

	for (size_t abi = 0; abi < listing->abi_count; abi++) {
		const struct arrival *arrival = arrival_at(listing, index, abi);
		const char *name;

		if (!arrival->calls)
			continue;
		/* x32 shares code with x86_64 where AND has cleared its bit. */
		name = sbpf_call_name(listing->abis[abi],
				      number | (abi_of(listing->abis[abi]).number_offset & ~kept));
		if (name && found && strcmp(name, found))
			return NULL;
		found = name ? name : found;
	}
	return found;
}

/* The first relative that comes here, whose parameters and constants are meant; else any. */
static int abi_here(const struct listing *listing, size_t index)
{
	for (size_t abi = 0; abi < listing->abi_count; abi++) {
		if (arrival_at(listing, index, abi)->calls && listing->abis[abi] >= 0)
			return listing->abis[abi];
	}
	return listing->filters->machine;
}

static bool is_upper_half(const struct listing *listing, uint32_t offset)
{
	return (offset % 8 == 4) != listing->filters->big_endian;
}

static void print_field(FILE *out, const struct listing *listing, size_t index, uint32_t offset)
{
	const char *call = only_call(listing, index);
	const char *half = is_upper_half(listing, offset) ? ".upper" : "";
	unsigned int argument;
	struct sbpf_parameter parameter;

	if (offset == NUMBER_OFFSET) {
		fputs("number", out);
	} else if (offset == ARCH_OFFSET) {
		fputs("arch", out);
	} else if (offset < ARGUMENTS_OFFSET) {
		fprintf(out, "instruction_pointer%s", half);
	} else {
		argument = (offset - (unsigned int)ARGUMENTS_OFFSET) / 8;
		fprintf(out, "args[%u]%s", argument, half);
		if (call &&
		    sbpf_call_parameter(abi_here(listing, index), call, argument, &parameter))
			fprintf(out, " (%s's %s)", call, parameter.name);
	}
}

static void print_archs(FILE *out, uint32_t audit_arch)
{
	const char *separator = "";

	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (abi_of(abi).audit_arch != audit_arch)
			continue;
		fprintf(out, "%s%s", separator, name_of_abi(abi));
		separator = "/";
	}
	if (!*separator)
		fprintf(out, "0x%" PRIx32, audit_arch);
}

/* A constant that a field is compared with, in the field's terms. */
static void print_value(FILE *out, const struct listing *listing, size_t index, uint32_t value)
{
	const struct instruction_field *field = &listing->fields[index];
	const char *call = only_call(listing, index);
	bool is_mask = BPF_OP(listing->filter->program[index].code) == BPF_JSET;
	const char *name;

	if (field->known && field->offset == ARCH_OFFSET && !is_mask) {
		print_archs(out, value);
	} else if (field->known && field->offset == NUMBER_OFFSET && !is_mask) {
		name = call_of(listing, index, value, field->mixed ? ~X32_BIT : field->kept);
		fprintf(out, value < 0x10000 ? "%" PRIu32 : "0x%" PRIx32, value);
		if (name)
			fprintf(out, " (%s)", name);
	} else if (field->known && call && field->offset >= ARGUMENTS_OFFSET &&
		   !is_upper_half(listing, field->offset)) {
		constant_print(out, abi_here(listing, index), call,
			       (field->offset - (unsigned int)ARGUMENTS_OFFSET) / 8, value);
	} else {
		fprintf(out, value < 10 ? "%" PRIu32 : "0x%" PRIx32, value);
	}
}

static void describe_test(FILE *out, const struct listing *listing, size_t index, bool negated)
{
	static const char *const operators[][2] = {
		[BPF_JEQ >> 4] = { "==", "!=" },
		[BPF_JGT >> 4] = { ">", "<=" },
		[BPF_JGE >> 4] = { ">=", "<" },
		[BPF_JSET >> 4] = { "&", "&" },
	};
	const struct sock_filter *test = &listing->filter->program[index];
	const struct instruction_field *field = &listing->fields[index];
	bool is_set = BPF_OP(test->code) == BPF_JSET;

	fputs(is_set && negated ? "!(" : "", out);
	if (field->known && !field->mixed)
		print_field(out, listing, index, field->offset);
	else
		fputs("A", out);
	if (field->known && !field->mixed && field->kept != UINT32_MAX)
		fprintf(out, " & 0x%" PRIx32, field->kept);
	fprintf(out, " %s ", operators[BPF_OP(test->code) >> 4][negated]);
	if (BPF_SRC(test->code) == BPF_X)
		fputs("X", out);
	else
		print_value(out, listing, index, test->k);
	fputs(is_set && negated ? ")" : "", out);
}

/* The operations that a seccomp filter can have beside tests, jumps and loads of a field. */
static const struct operation {
	uint16_t code;
	const char *text; /* %s is k */
} operations[] = {
	{ BPF_LD | BPF_IMM, "A = %s" },
	{ BPF_LD | BPF_W | BPF_LEN, "A = size of the data" },
	{ BPF_LD | BPF_MEM, "A = M[%s]" },
	{ BPF_LDX | BPF_IMM, "X = %s" },
	{ BPF_LDX | BPF_W | BPF_LEN, "X = size of the data" },
	{ BPF_LDX | BPF_MEM, "X = M[%s]" },
	{ BPF_ST, "M[%s] = A" },
	{ BPF_STX, "M[%s] = X" },
	{ BPF_ALU | BPF_ADD | BPF_K, "A += %s" },
	{ BPF_ALU | BPF_ADD | BPF_X, "A += X" },
	{ BPF_ALU | BPF_SUB | BPF_K, "A -= %s" },
	{ BPF_ALU | BPF_SUB | BPF_X, "A -= X" },
	{ BPF_ALU | BPF_MUL | BPF_K, "A *= %s" },
	{ BPF_ALU | BPF_MUL | BPF_X, "A *= X" },
	{ BPF_ALU | BPF_DIV | BPF_K, "A /= %s" },
	{ BPF_ALU | BPF_DIV | BPF_X, "A /= X" },
	{ BPF_ALU | BPF_AND | BPF_K, "A &= %s" },
	{ BPF_ALU | BPF_AND | BPF_X, "A &= X" },
	{ BPF_ALU | BPF_OR | BPF_K, "A |= %s" },
	{ BPF_ALU | BPF_OR | BPF_X, "A |= X" },
	{ BPF_ALU | BPF_XOR | BPF_K, "A ^= %s" },
	{ BPF_ALU | BPF_XOR | BPF_X, "A ^= X" },
	{ BPF_ALU | BPF_LSH | BPF_K, "A <<= %s" },
	{ BPF_ALU | BPF_LSH | BPF_X, "A <<= X" },
	{ BPF_ALU | BPF_RSH | BPF_K, "A >>= %s" },
	{ BPF_ALU | BPF_RSH | BPF_X, "A >>= X" },
	{ BPF_ALU | BPF_NEG, "A = -A" },
	{ BPF_RET | BPF_A, "return A" },
	{ BPF_MISC | BPF_TAX, "X = A" },
	{ BPF_MISC | BPF_TXA, "A = X" },
};

static void describe_operation(FILE *out, const struct sock_filter *instruction)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		const char *text = operations[i].text;
		const char *k = strstr(text, "%s");

		if (operations[i].code != instruction->code)
			continue;
		fwrite(text, 1, k ? (size_t)(k - text) : strlen(text), out);
		if (k)
			fprintf(out, "0x%" PRIx32 "%s", instruction->k, k + 2);
	}
}

void listing_describe(FILE *out, const struct listing *listing, size_t index, bool negated)
{
	const struct sock_filter *instruction = &listing->filter->program[index];
	char verdict[32];

	if (is_test(instruction)) {
		describe_test(out, listing, index, negated);
	} else if (instruction->code == (BPF_RET | BPF_K)) {
		fprintf(out, "return %s",
			sbpf_verdict_describe(instruction->k, listing->filters->machine, verdict,
					      sizeof(verdict)));
	} else if (instruction->code == (BPF_LD | BPF_W | BPF_ABS)) {
		fputs("A = ", out);
		print_field(out, listing, index, instruction->k);
	} else {
		describe_operation(out, instruction);
	}
}

static void print_arrival(FILE *out, int abi, const struct arrival *arrival)
{
	fputs(abi < 0 ? "other archs" : name_of_abi(abi), out);
	if (arrival->calls)
		fprintf(out, " %" PRIu32, arrival->first & ~X32_BIT);
	if (arrival->unnamed && arrival->calls)
		fputs("-", out);
	else if (arrival->calls && arrival->last != arrival->first)
		fprintf(out, "-%" PRIu32, arrival->last & ~X32_BIT);
	else if (arrival->unnamed && abi >= 0)
		fputs(" above all calls", out);
}

void listing_reach(FILE *out, const struct listing *listing, size_t index)
{
	const char *only = only_call(listing, index);
	const char *separator = "";

	if (only) {
		fputs(only, out);
		return;
	}
	for (size_t abi = 0; abi < listing->abi_count; abi++) {
		const struct arrival *arrival = arrival_at(listing, index, abi);

		if (!arrival->calls && !arrival->unnamed)
			continue;
		fputs(separator, out);
		print_arrival(out, listing->abis[abi], arrival);
		separator = ", ";
	}
	if (!*separator)
		fputs("no call", out);
}
