/* SPDX-License-Identifier: MIT */
/* ABIs by the tokens that seccomp.h has for them. */
#include <string.h>

#include "compat.h"

static bool is_x32(const struct sbpf_abi *abi)
{
	return abi->audit_arch == SCMP_ARCH_X86_64 && !abi->is_machine;
}

static uint32_t token_of(const struct sbpf_abi *abi)
{
	return is_x32(abi) ? SCMP_ARCH_X32 : abi->audit_arch;
}

int compat_abi_of_token(uint32_t token)
{
	int native = sbpf_abi_native();
	struct sbpf_abi abi;

	if (token == SCMP_ARCH_NATIVE || token == compat_token_of_abi(native))
		return native;
	for (int i = 0; sbpf_abi_describe(i, &abi); i++) {
		if (token_of(&abi) == token)
			return i;
	}
	return -1;
}

uint32_t compat_token_of_abi(int abi)
{
	struct sbpf_abi description;

	return sbpf_abi_describe(abi, &description) ? token_of(&description) : 0;
}

COMPAT_API uint32_t seccomp_arch_native(void)
{
	return compat_token_of_abi(sbpf_abi_native());
}

COMPAT_API uint32_t seccomp_arch_resolve_name(const char *arch_name)
{
	int abi = sbpf_abi_find(arch_name);
	struct sbpf_abi description;

	/* libseccomp knows neither Docker's names of architectures nor those of uname(2). */
	if (!sbpf_abi_describe(abi, &description) || strcmp(description.name, arch_name) != 0)
		return 0;
	return token_of(&description);
}
