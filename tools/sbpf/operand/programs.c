/* SPDX-License-Identifier: MIT */
#include "programs.h"

#include "call.h"

#include <stdlib.h>
#include <string.h>

static bool make_one(const struct tool *tool, const struct operand_part *part,
		     enum sbpf_effort effort, struct filter *filter)
{
	const struct sbpf_options options = { .effort = effort };
	struct sbpf_error error = { 0 };

	filter->name = part->path;
	filter->program = part->program;
	filter->count = part->count;
	if (!part->policy)
		return true;
	filter->compiled = sbpf_compile(part->policy, &options, &error);
	if (!filter->compiled) {
		report_error(tool->name, part->path, &error);
		return false;
	}
	filter->program = sbpf_filter_program(filter->compiled, &filter->count);
	return true;
}

bool filters_make(const struct tool *tool, const struct sbpf_target *target,
		  const struct operand *operand, enum sbpf_effort effort, struct filters *filters)
{
	int machine = operand_machine(tool, target);

	*filters = (struct filters){
		.machine = machine,
		.big_endian = abi_of(machine).big_endian,
		.relatives = operand_abis(machine, &(struct operand){ 0 }),
	};
	filters->list = calloc(operand->count + 1, sizeof(filters->list[0]));
	if (!filters->list) {
		report(tool->name, "out of memory");
		return false;
	}
	filters->count = operand->count;
	for (size_t i = 0; i < operand->count; i++) {
		if (!make_one(tool, &operand->parts[i], effort, &filters->list[i]))
			return false;
	}
	return true;
}

void filters_free(struct filters *filters)
{
	for (size_t i = 0; filters->list && i < filters->count; i++)
		sbpf_filter_free(filters->list[i].compiled);
	free(filters->list);
	*filters = (struct filters){ 0 };
}
