/* SPDX-License-Identifier: MIT */
#include "causes.h"

#include "call.h"

#include <string.h>

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
	char text[VERDICT_MAX];
	uint32_t verdict;
	size_t steps;

	verdict = sbpf_program_run(part->program, part->count, data, abi_of(machine).big_endian,
				   &steps);
	fprintf(out, "%s: filter %zu, %s after %zu instruction%s", part->path, place,
		verdict_text(true, verdict, machine, text), steps, steps == 1 ? "" : "s");
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
