/* SPDX-License-Identifier: MIT */
/* --arch as a list of machines. */
#include "common.h"

#include <stdio.h>
#include <string.h>

static bool has_machine(const int *machines, size_t count, int abi)
{
	for (size_t i = 0; i < count; i++) {
		if (machines[i] == abi)
			return true;
	}
	return false;
}

static bool add_machine(const struct tool *tool, const char *name, int *machines, size_t *count)
{
	int abi = sbpf_abi_find(name);
	struct sbpf_abi facts;

	if (!sbpf_abi_describe(abi, &facts)) {
		usage_error(tool,
			    "--arch: no such machine: '%s', must be one like x86_64 or aarch64",
			    name);
		return false;
	}
	if (!facts.is_machine) {
		usage_error(tool, "--arch: %s is no machine but an ABI of one: see --abi", name);
		return false;
	}
	if (has_machine(machines, *count, abi) || *count == MACHINES_MAX) {
		usage_error(tool, "--arch: %s stands there twice", name);
		return false;
	}
	machines[(*count)++] = abi;
	return true;
}

bool machines_parse(const struct tool *tool, const char *list, int machines[MACHINES_MAX],
		    size_t *count)
{
	char name[64];
	size_t length;

	*count = 0;
	if (!list) {
		machines[(*count)++] = sbpf_abi_native();
		return true;
	}
	for (;; list += length + 1) {
		length = strcspn(list, ",");
		snprintf(name, sizeof(name), "%.*s", (int)length, list);
		if (!add_machine(tool, name, machines, count))
			return false;
		if (list[length] == '\0')
			return true;
	}
}
