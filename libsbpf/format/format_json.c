/* SPDX-License-Identifier: MIT */
/* Every string here is one of ours, in ASCII without quotes and backslashes: nothing to escape. */
#include "format.h"

#include "action.h"
#include "arch.h"
#include "instruction.h"

static void add_abis(const struct sbpf_filter *filter, struct text *text)
{
	const char *separator = "";

	text_add(text, "\"abis\": [");
	if (filter->abi_set >> filter->machine & 1) {
		text_add(text, "\"%s\"", abi_name(filter->machine));
		separator = ", ";
	}
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		if (!(filter->abi_set >> abi & 1) || abi == filter->machine)
			continue;
		text_add(text, "%s\"%s\"", separator, abi_name(abi));
		separator = ", ";
	}
	text_add(text, "]");
}

static void add_flags(const struct sbpf_filter *filter, struct text *text)
{
	const char *separator = "";

	text_add(text, "\"flags\": [");
	for (unsigned int bit = 0; bit < 32; bit++) {
		unsigned int flag = filter->flags & 1u << bit;

		if (!flag)
			continue;
		if (flag_name(flag))
			text_add(text, "%s\"%s\"", separator, flag_name(flag));
		else
			text_add(text, "%s\"0x%x\"", separator, flag);
		separator = ", ";
	}
	text_add(text, "]");
}

static void add_targets(const struct sbpf_filter *filter, size_t index, struct text *text)
{
	const struct sock_filter *instruction = &filter->program[index];

	if (is_jump_always(instruction))
		text_add(text, ", \"target\": %zu", target_always(filter->program, index));
	else if (is_branch(instruction))
		text_add(text, ", \"true\": %zu, \"false\": %zu",
			 target_true(filter->program, index), target_false(filter->program, index));
}

static void add_instruction(const struct sbpf_filter *filter, struct sbpf_notes *notes,
			    size_t index, struct text *text)
{
	const struct sock_filter *instruction = &filter->program[index];
	const struct operation *operation = operation_find(instruction->code);
	char verdict[32];

	text_add(text, "{\"index\": %zu, \"code\": %u, \"jt\": %u, \"jf\": %u, \"k\": %u", index,
		 instruction->code, instruction->jt, instruction->jf, instruction->k);
	text_add(text, ", \"op\": \"%s\"", operation ? operation->name : "unknown");
	add_targets(filter, index, text);
	text_add(text, ", \"comment\": \"");
	/* For programs: the errno as a number. */
	if (instruction->code == (BPF_RET | BPF_K) && notes->list[index].reached)
		text_add(text, "%s", sbpf_verdict_format(instruction->k, verdict, sizeof(verdict)));
	else
		text_add_comment(text, notes, index);
	text_add(text, "\"}");
}

void format_json(const struct sbpf_filter *filter, struct sbpf_notes *notes, struct text *text)
{
	text_add(text, "{\"machine\": \"%s\", ", abi_name(filter->machine));
	add_abis(filter, text);
	text_add(text, ", ");
	add_flags(filter, text);
	text_add(text, ", \"instructions\": [");
	for (size_t i = 0; i < filter->count; i++) {
		text_add(text, "%s\n\t", i ? "," : "");
		add_instruction(filter, notes, i, text);
	}
	text_add(text, "\n]}\n");
}
