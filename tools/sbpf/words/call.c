/* SPDX-License-Identifier: MIT */
#include "call.h"

#include "constants.h"

#include <inttypes.h>
#include <string.h>

struct sbpf_abi abi_of(int abi)
{
	struct sbpf_abi description = { .name = "?" };

	sbpf_abi_describe(abi, &description);
	return description;
}

const char *name_of_abi(int abi)
{
	return abi_of(abi).name;
}

int abi_of_data(const struct seccomp_data *data)
{
	uint32_t number = (uint32_t)data->nr;
	struct sbpf_abi abi;
	uint32_t offset = 0;
	int found = -1;

	/* A tracer writes this number to skip a call; it is none of x32's. */
	if (number == UINT32_MAX)
		number = 0;
	for (int i = 0; sbpf_abi_describe(i, &abi); i++) {
		if (abi.audit_arch != data->arch || abi.number_offset > number ||
		    (found >= 0 && abi.number_offset < offset))
			continue;
		offset = abi.number_offset;
		found = i;
	}
	return found;
}

char *abis_list(uint64_t abis, const char *separator, char *text, size_t size)
{
	size_t length = 0;

	*text = '\0';
	for (int abi = 0; abi < sbpf_abi_count() && length < size; abi++) {
		if (abis >> abi & 1)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length ? separator : "", name_of_abi(abi));
	}
	return text;
}

char *verdict_text(bool known, uint32_t verdict, int machine, char buffer[VERDICT_MAX])
{
	if (known)
		return sbpf_verdict_describe(verdict, machine, buffer, VERDICT_MAX);
	snprintf(buffer, VERDICT_MAX, "unknown");
	return buffer;
}

void verdict_print(struct page *page, bool known, uint32_t verdict, int machine)
{
	char text[VERDICT_MAX];

	page_paint(page, known ? paint_of(verdict) : PAINT_NONE);
	fputs(verdict_text(known, verdict, machine, text), page->stream);
	page_paint(page, PAINT_NONE);
}

bool is_permitted(uint32_t verdict)
{
	return sbpf_verdict_compare(verdict, SECCOMP_RET_LOG) >= 0;
}

const char *kept_name(const char *word)
{
	return sbpf_call_at(sbpf_call_find(word));
}

bool is_multiplexer(const char *call)
{
	struct sbpf_multiplexed one;

	for (size_t i = 0; sbpf_multiplexed_at(i, &one); i++) {
		if (!strcmp(one.multiplexer, call))
			return true;
	}
	return false;
}

static bool find_parameter(int abi, uint32_t number, unsigned int argument,
			   struct sbpf_parameter *parameter)
{
	const char *call = sbpf_call_name(abi, number);

	return call && sbpf_call_parameter(abi, call, argument, parameter);
}

char *parameter_text(int abi, uint32_t number, unsigned int argument, char buffer[PARAMETER_MAX])
{
	struct sbpf_parameter parameter;

	if (find_parameter(abi, number, argument, &parameter))
		snprintf(buffer, PARAMETER_MAX, "%s", parameter.name);
	else
		snprintf(buffer, PARAMETER_MAX, "arg%u", argument);
	return buffer;
}

/* As many arguments as the call has, and all up to the last that is not 0. */
static unsigned int argument_count(int abi, const struct seccomp_data *data)
{
	struct sbpf_parameter parameter;
	unsigned int count = 0;

	while (count < 6 && find_parameter(abi, (uint32_t)data->nr, count, &parameter))
		count++;
	for (unsigned int i = count; i < 6; i++)
		count = data->args[i] ? i + 1 : count;
	return count;
}

void call_print(FILE *out, int abi, const struct seccomp_data *data)
{
	const char *call = sbpf_call_name(abi, (uint32_t)data->nr);
	unsigned int count = argument_count(abi, data);
	struct sbpf_abi description;

	if (sbpf_abi_describe(abi, &description))
		fprintf(out, "%s ", description.name);
	else
		fprintf(out, "arch 0x%" PRIx32 " ", data->arch);
	if (call)
		fputs(call, out);
	else
		fprintf(out, "number %" PRIu32, (uint32_t)data->nr);
	putc('(', out);
	for (unsigned int i = 0; i < count; i++) {
		fputs(i ? ", " : "", out);
		constant_print(out, abi, call, i, data->args[i]);
	}
	putc(')', out);
}

static const char *const comparisons[] = {
	[SBPF_NE] = "!=", [SBPF_LT] = "<",  [SBPF_LE] = "<=",
	[SBPF_EQ] = "==", [SBPF_GE] = ">=", [SBPF_GT] = ">",
};

void condition_print(FILE *out, int abi, uint32_t number, const struct sbpf_condition *condition)
{
	const char *call = sbpf_call_name(abi, number);
	unsigned int argument = condition->argument;
	bool masked = condition->compare == SBPF_MASKED_EQ;
	char parameter[PARAMETER_MAX];

	parameter_text(abi, number, argument, parameter);
	if (masked) {
		fprintf(out, "(%s & ", parameter);
		constant_print_bits(out, abi, call, argument, condition->value);
		fputs(") == ", out);
		constant_print_bits(out, abi, call, argument, condition->value_two);
	} else {
		fprintf(out, "%s %s ", parameter, comparisons[condition->compare]);
		constant_print_operand(out, abi, call, argument, condition->value);
	}
}
