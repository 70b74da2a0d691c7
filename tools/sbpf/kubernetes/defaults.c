/* SPDX-License-Identifier: MIT */
/* Which default profile is which runtime's. */
#include "defaults.h"

#include "kubernetes.h"

static const struct {
	const char *name;
	const char *profile; /* where the project has it */
	const char *text;
	const size_t *length;
} defaults[RUNTIMES] = {
	[RUNTIME_CONTAINERD] = { "containerd 2.1", "profiles/containerd-2.1.json",
				 containerd_2_profile, &containerd_2_profile_length },
	[RUNTIME_CONTAINERD_1] = { "containerd 1.6", "profiles/containerd-1.6.json",
				   containerd_1_profile, &containerd_1_profile_length },
	[RUNTIME_CRIO] = { "CRI-O", "profiles/cri-o.json", crio_profile, &crio_profile_length },
};

const char *default_text(enum runtime runtime, size_t *length)
{
	*length = *defaults[runtime].length;
	return defaults[runtime].text;
}

const char *default_name(enum runtime runtime)
{
	return defaults[runtime].profile;
}

const char *runtime_name(enum runtime runtime)
{
	return defaults[runtime].name;
}
