/* SPDX-License-Identifier: MIT */
#include "cell.h"

#include <linux/bpf_common.h>
#include <stdlib.h>
#include <string.h>

bool cell_fail(const struct cell *cell, const struct sbpf_error *error)
{
	report_error(cell->tool->name, cell->operand.name, error);
	return false;
}

bool cell_constant(const struct cell *cell, uint32_t verdict, sbpf_meaning *meaning)
{
	const struct sock_filter always = { .code = BPF_RET | BPF_K, .k = verdict };
	struct sbpf_error error = { 0 };

	return !sbpf_meaning_of_program(cell->space, &always, 1, meaning, &error) ||
	       cell_fail(cell, &error);
}

/* ---- Opening ---- */

/* A target that cannot be is a fault of the file's line. */
static bool check_target(const struct tool *tool, const struct test_file *file,
			 const struct test_target *target)
{
	struct sbpf_error error = { 0 };
	struct sbpf_policy *policy = sbpf_policy_new(SECCOMP_RET_ALLOW, &target->target, &error);

	sbpf_policy_free(policy);
	if (!policy)
		report(tool->name, "%s:%u: %s", strcmp(file->path, "-") ? file->path : "<stdin>",
		       target->line, error.message);
	return policy;
}

static uint64_t covered_abis(const struct sbpf_policy *policy)
{
	uint64_t covered = 0;

	for (int abi = 0; abi < sbpf_abi_count(); abi++)
		covered |= (uint64_t)sbpf_policy_has_abi(policy, abi) << abi;
	return covered;
}

static bool load(struct cell *cell, const struct test_section *section)
{
	if (!operand_load_quietly(cell->tool, &cell->target->target, section->profile,
				  &cell->operand))
		return false;
	cell->part = &cell->operand.parts[0];
	if (cell->operand.count == 1 && cell->part->policy)
		return true;
	report(cell->tool->name,
	       "%s:%u: %s is no profile, but a filter or a stack: its rules are not known",
	       cell->file->path, section->line, section->profile);
	return false;
}

bool cell_open(const struct tool *tool, const struct test_file *file, size_t section,
	       const struct test_target *target, struct cell *cell)
{
	*cell = (struct cell){
		.tool = tool,
		.file = file,
		.target = target,
		.section = section,
		.machine = target->machine,
	};
	if (!check_target(tool, file, target) || !load(cell, &file->sections[section]))
		return false;
	if (!part_lines_read(cell->part, &cell->lines)) {
		report(tool->name, "out of memory");
		return false;
	}
	cell->stand.covered = covered_abis(cell->part->policy);
	cell->kernel_abis = operand_abis(cell->machine, &cell->operand);
	return cell_clear(cell);
}

bool cell_clear(struct cell *cell)
{
	struct sbpf_error error = { 0 };

	sbpf_space_free(cell->space);
	cell->space = sbpf_space_new(cell->machine, 0, &error);
	if (!cell->space ||
	    sbpf_meaning_of_policy(cell->space, cell->part->policy, &cell->stand.meaning, &error))
		return cell_fail(cell, &error);
	return cell_constant(cell, SECCOMP_RET_KILL_PROCESS, &cell->nothing);
}

void cell_free(struct cell *cell)
{
	part_lines_free(&cell->lines);
	operand_free(&cell->operand);
	sbpf_space_free(cell->space);
	*cell = (struct cell){ 0 };
}

/* ---- Verdicts ---- */

/* The number that an errno's symbol has on a machine, as others count otherwise. */
static uint32_t translate(uint32_t verdict, int machine)
{
	char native[64], other[64];

	if ((verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return verdict;
	sbpf_verdict_describe(verdict, sbpf_abi_native(), native, sizeof(native));
	for (uint32_t number = 1; number < 4096; number++) {
		sbpf_verdict_describe(SECCOMP_RET_ERRNO | number, machine, other, sizeof(other));
		if (!strcmp(native, other))
			return SECCOMP_RET_ERRNO | number;
	}
	return verdict;
}

uint32_t cell_verdict(const struct cell *cell, const struct assertion *assertion)
{
	const char *data = strchr(assertion->verdict, '(');
	uint32_t verdict;

	if (!sbpf_verdict_parse(assertion->verdict, &verdict))
		return SECCOMP_RET_KILL_PROCESS;
	if (cell->machine == sbpf_abi_native() || !data || (data[1] >= '0' && data[1] <= '9'))
		return verdict;
	return translate(verdict, cell->machine);
}

bool cell_flatten(const struct cell *cell, sbpf_meaning meaning, sbpf_meaning *flat)
{
	struct sbpf_error error = { 0 };
	sbpf_meaning trace, log;

	return cell_constant(cell, SECCOMP_RET_TRACE, &trace) &&
	       cell_constant(cell, SECCOMP_RET_LOG, &log) &&
	       ((!sbpf_meaning_union(cell->space, trace, meaning, flat, &error) &&
		 !sbpf_meaning_stack(cell->space, log, *flat, flat, &error)) ||
		cell_fail(cell, &error));
}
