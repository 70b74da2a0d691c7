/* SPDX-License-Identifier: MIT */
#include "gen.h"

#include <string.h>

#define BIG "__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__"
#define LITTLE "__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__"

/*
 * What GCC and Clang define when they compile for a machine. A filter reads arguments by halves,
 * so the byte order counts also where the audit arch is the same. _MIPS_SIM: 1 is o32, 3 is n64.
 */
static const struct condition {
	const char *machine;
	const char *text;
} conditions[] = {
	{ "x86_64", "defined(__x86_64__) && !defined(__ILP32__)" },
	{ "x86", "defined(__i386__)" },
	{ "aarch64", "defined(__aarch64__) && !defined(__ILP32__) && " LITTLE },
	{ "arm", "defined(__arm__) && defined(__ARM_EABI__) && " LITTLE },
	{ "riscv64", "defined(__riscv) && __riscv_xlen == 64" },
	{ "loongarch64", "defined(__loongarch__) && __loongarch_grlen == 64" },
	{ "ppc", "defined(__powerpc__) && !defined(__powerpc64__) && " BIG },
	{ "ppc64", "defined(__powerpc64__) && " BIG },
	{ "ppc64le", "defined(__powerpc64__) && " LITTLE },
	{ "s390", "defined(__s390__) && !defined(__s390x__)" },
	{ "s390x", "defined(__s390x__)" },
	{ "mips", "defined(__mips__) && _MIPS_SIM == 1 && " BIG },
	{ "mipsel", "defined(__mips__) && _MIPS_SIM == 1 && " LITTLE },
	{ "mips64", "defined(__mips__) && _MIPS_SIM == 3 && " BIG },
	{ "mipsel64", "defined(__mips__) && _MIPS_SIM == 3 && " LITTLE },
	{ "parisc", "defined(__hppa__) && !defined(__LP64__)" },
	{ "parisc64", "defined(__hppa__) && defined(__LP64__)" },
	{ "m68k", "defined(__m68k__)" },
	{ "sh", "defined(__sh__) && " LITTLE },
	{ "sheb", "defined(__sh__) && " BIG },
};

const char *machine_condition(int abi)
{
	struct sbpf_abi facts;

	if (!sbpf_abi_describe(abi, &facts))
		return NULL;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		if (!strcmp(conditions[i].machine, facts.name))
			return conditions[i].text;
	}
	return NULL;
}

static bool has_machine(const struct work *work, int abi)
{
	for (size_t i = 0; i < work->machine_count; i++) {
		if (work->machines[i] == abi)
			return true;
	}
	return false;
}

static bool add_machine(struct work *work, const struct tool *tool, const char *name)
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
	if (has_machine(work, abi) || work->machine_count == MACHINES_MAX) {
		usage_error(tool, "--arch: %s stands there twice", name);
		return false;
	}
	work->machines[work->machine_count++] = abi;
	return true;
}

bool machines_parse(struct work *work, const struct tool *tool)
{
	const char *at = work->target.machine;
	char name[64];
	size_t length;

	if (!at) {
		work->machines[work->machine_count++] = sbpf_abi_native();
		return true;
	}
	for (;; at += length + 1) {
		length = strcspn(at, ",");
		snprintf(name, sizeof(name), "%.*s", (int)length, at);
		if (!add_machine(work, tool, name))
			return false;
		if (at[length] == '\0')
			return true;
	}
}
