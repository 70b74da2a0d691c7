/* SPDX-License-Identifier: MIT */
/* What a C compiler defines for each machine, so that a header picks its filter. */
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
	for (size_t i = 0; i < COUNT(conditions); i++) {
		if (!strcmp(conditions[i].machine, facts.name))
			return conditions[i].text;
	}
	return NULL;
}
