/* SPDX-License-Identifier: MIT */
#include "pair.h"

bool pair_retarget(const struct tool *tool, size_t target, struct pair *pair)
{
	const struct sbpf_target *wanted = &pair->targets.list[target].target;

	return !target || (operand_retarget(tool, wanted, &pair->a) &&
			   operand_retarget(tool, wanted, &pair->b));
}

bool pair_meanings(const struct tool *tool, struct sbpf_space *space, const struct pair *pair,
		   sbpf_meaning *a, sbpf_meaning *b)
{
	return operand_meaning(tool, space, &pair->a, a) &&
	       operand_meaning(tool, space, &pair->b, b);
}

static bool load(const struct tool *tool, const struct target_choice *choice, char **names,
		 struct pair *pair)
{
	const struct operand *const operands[] = { &pair->a, &pair->b };
	struct sbpf_target first;

	return targets_first(tool, choice, &first) &&
	       operand_load(tool, &first, names[0], &pair->a) &&
	       operand_load(tool, &first, names[1], &pair->b) &&
	       targets_find(tool, choice, TARGETS_NAMED, operands, 2, &pair->targets);
}

int pair_command(const struct tool *tool, const struct option_group *options, int argc, char **argv,
		 int (*answer)(struct pair *pair, const void *options, enum color_choice color))
{
	struct target_choice choice = { 0 };
	enum color_choice color = COLOR_AUTO;
	const struct option_group groups[] = {
		*options,
		{ "Output", color_rows, color_row_count, &color },
		{ "Targets", targets_rows, targets_row_count, &choice },
		{ "Target", target_options, target_option_count, &choice.target },
	};
	struct pair pair = { 0 };
	int operand, status;

	if (!options_parse(tool, groups, COUNT(groups), argc, argv, &operand, &status))
		return status;
	if (argc - operand != 2)
		return usage_error(tool, "which two policies are to be compared?");
	status = STATUS_USAGE;
	if (load(tool, &choice, argv + operand, &pair))
		status = answer(&pair, options->values, color);
	operand_free(&pair.a);
	operand_free(&pair.b);
	targets_free(&pair.targets);
	return status;
}
