/* SPDX-License-Identifier: MIT */
/* sbpf k8s: what manifests of Kubernetes say, and which profile is really in force. */
#include "k8s.h"

#include "commands.h"
#include "common.h"

#include <string.h>

static const struct subcommand {
	const char *name;
	int (*main)(int argc, char **argv);
} subcommands[] = {
	{ "check", k8s_check_main },
	{ "convert", k8s_convert_main },
};

static const struct tool tool = {
	.name = "sbpf k8s",
	.synopsis = "COMMAND [ARGUMENT...]",
	.summary = "Look at Kubernetes: what containers run under, and resources for "
		   "it.\n\nCommands:\n"
		   "  check      say what each container of manifests really runs under\n"
		   "  convert    write a profile as a SeccompProfile resource, and back",
	.notes = "'sbpf k8s COMMAND --help' says more about a command.",
	.stops_at_operand = true,
};

int k8s_main(int argc, char **argv)
{
	int operand, status;

	if (!options_parse(&tool, NULL, 0, argc, argv, &operand, &status))
		return status;
	if (operand == argc)
		return usage_error(&tool, "which command?");
	for (size_t i = 0; i < COUNT(subcommands); i++) {
		if (!strcmp(subcommands[i].name, argv[operand]))
			return subcommands[i].main(argc - operand, argv + operand);
	}
	return usage_error(&tool, "there is no command '%s'", argv[operand]);
}
