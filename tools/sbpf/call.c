/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <inttypes.h>
#include <string.h>

char *verdict_text(bool known, uint32_t verdict, int machine, char buffer[VERDICT_MAX])
{
	if (known)
		return sbpf_verdict_describe(verdict, machine, buffer, VERDICT_MAX);
	snprintf(buffer, VERDICT_MAX, "unknown");
	return buffer;
}

/* kernel/seccomp.c: seccomp_run_filters compares actions as signed numbers; the least wins. */
int verdict_compare(uint32_t a, uint32_t b)
{
	int32_t action_a = (int32_t)(a & SECCOMP_RET_ACTION_FULL);
	int32_t action_b = (int32_t)(b & SECCOMP_RET_ACTION_FULL);

	return (action_a > action_b) - (action_a < action_b);
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
	for (unsigned int i = 0; i < count; i++)
		fprintf(out, "%s0x%" PRIx64, i ? ", " : "", (uint64_t)data->args[i]);
	putc(')', out);
}

/* ---- Where a verdict comes from ---- */

static void note_decisive(void *context, const struct sbpf_rule *rule)
{
	if (rule->fate == SBPF_DECIDES)
		*(struct sbpf_rule *)context = *rule;
}

/* "b.json:10: defaultAction". */
static void print_place(FILE *out, const struct operand_part *part, const char *path)
{
	unsigned int line, column;
	char whole[80];

	snprintf(whole, sizeof(whole), "%s%s", part->prefix, path);
	fputs(strcmp(part->path, "-") ? part->path : "<stdin>", out);
	if (sbpf_json_locate(part->text, part->length, whole, &line, &column))
		fprintf(out, ":%u", line);
	fprintf(out, ": %s", whole);
}

static void print_rule(FILE *out, const struct operand_part *part, const struct sbpf_rule *rule)
{
	char path[64];

	snprintf(path, sizeof(path), "syscalls[%zu]", rule->entry);
	print_place(out, part, path);
	if (rule->multiplexed)
		fputs(", on the call that this one multiplexes", out);
}

static uint32_t print_profile_cause(FILE *out, const struct operand_part *part,
				    const struct seccomp_data *data)
{
	struct sbpf_rule rule = { 0 };
	enum sbpf_cause cause = SBPF_BY_DEFAULT;
	uint32_t verdict = sbpf_policy_verdict(part->policy, data, &cause, note_decisive, &rule);

	switch (cause) {
	case SBPF_BY_RULE:
		print_rule(out, part, &rule);
		break;
	case SBPF_BY_DEFAULT:
		print_place(out, part, "defaultAction");
		break;
	case SBPF_BY_BAD_ARCH:
		fprintf(out, "%s: an ABI that it does not cover (--bad-arch)", part->path);
		break;
	case SBPF_BY_UNKNOWN_CALL:
		fprintf(out, "%s: newer than the profile (--enosys)", part->path);
		break;
	case SBPF_BY_FAILURE:
		fprintf(out, "%s: no policy", part->path);
		break;
	}
	return verdict;
}

static void print_program_cause(FILE *out, const struct operand_part *part, int machine,
				const struct seccomp_data *data, size_t place)
{
	struct sbpf_abi description = { 0 };
	char text[VERDICT_MAX];
	uint32_t verdict;
	size_t steps;

	sbpf_abi_describe(machine, &description);
	verdict =
		sbpf_program_run(part->program, part->count, data, description.big_endian, &steps);
	fprintf(out, "%s: filter %zu, %s after %zu instructions", part->path, place,
		verdict_text(true, verdict, machine, text), steps);
}

void causes_print(FILE *out, const char *indent, const struct operand *operand, int machine,
		  const struct seccomp_data *data)
{
	char text[VERDICT_MAX];

	for (size_t i = 0; i < operand->count; i++) {
		const struct operand_part *part = &operand->parts[i];

		fputs(indent, out);
		if (part->policy) {
			uint32_t verdict = print_profile_cause(out, part, data);

			if (operand->count > 1)
				fprintf(out, ": %s", verdict_text(true, verdict, machine, text));
		} else {
			print_program_cause(out, part, machine, data, i);
		}
		putc('\n', out);
	}
}
