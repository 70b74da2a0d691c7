/* SPDX-License-Identifier: MIT */
/* The capabilities of a container, as the runtimes count them. */
#include "kubernetes.h"

#include <string.h>
#include <strings.h>

#define BIT(number) (UINT64_C(1) << (number))
/* CRI-O's own default: CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP and
 * NET_BIND_SERVICE. */
#define CRIO_CAPABILITIES UINT64_C(0x5fb)

static uint64_t all_capabilities(void)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < 64 && sbpf_capability_name(i); i++)
		all |= BIT(i);
	return all;
}

/* Manifests leave out CAP_; runtimes take it with and without, in any case. */
static uint64_t capability_of(const char *name)
{
	if (!strncasecmp(name, "CAP_", 4))
		name += 4;
	for (unsigned int i = 0; i < 64 && sbpf_capability_name(i); i++) {
		if (!strcasecmp(sbpf_capability_name(i) + 4, name))
			return BIT(i);
	}
	return 0;
}

/* What a list names; *all: ALL too. */
static uint64_t listed(const struct manifest_node *list, bool *all)
{
	uint64_t capabilities = 0;

	*all = false;
	if (!list || list->kind != MANIFEST_SEQUENCE)
		return 0;
	for (const struct manifest_node *one = list->first; one; one = one->next) {
		const char *name = manifest_string(one);

		if (!name)
			continue;
		if (!strcasecmp(name, "ALL"))
			*all = true;
		capabilities |= capability_of(name);
	}
	return capabilities;
}

/* ALL counts first, so that adding some and dropping all leaves the former. */
uint64_t capabilities_of(const struct check *check, const struct manifest_node *context)
{
	const struct manifest_node *lists = manifest_member(context, "capabilities");
	uint64_t held = check->options->runtime == RUNTIME_CRIO ? CRIO_CAPABILITIES
								: SBPF_DOCKER_CAPABILITIES;
	bool adds_all, drops_all;
	uint64_t added = listed(manifest_member(lists, "add"), &adds_all);
	uint64_t dropped = listed(manifest_member(lists, "drop"), &drops_all);

	if (adds_all)
		held = all_capabilities();
	if (drops_all)
		held = 0;
	return (held | added) & ~dropped;
}

const char *capabilities_text(struct check *check, uint64_t capabilities)
{
	char text[1024] = "";
	size_t length = 0;

	for (unsigned int i = 0; i < 64 && sbpf_capability_name(i); i++) {
		if (capabilities & BIT(i))
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
						   length ? "," : "", sbpf_capability_name(i) + 4);
	}
	return check_keep(check, text);
}
