/* SPDX-License-Identifier: MIT */
/* What is true of a pod as a whole. */
#include "kubernetes.h"

#include <string.h>

const char *const container_lists[ROLES] = { "containers", "initContainers",
					     "ephemeralContainers" };

bool pod_is_windows(const struct pod *pod)
{
	const char *name = manifest_text(manifest_member(pod->spec, "os"), "name");

	return name && !strcmp(name, "windows");
}

bool pod_declares(const struct pod *pod)
{
	if (manifest_member(manifest_member(pod->spec, "securityContext"), "seccompProfile"))
		return true;
	for (size_t i = 0; i < ROLES; i++) {
		const struct manifest_node *list = manifest_member(pod->spec, container_lists[i]);

		for (const struct manifest_node *one = list ? list->first : NULL; one;
		     one = one->next) {
			if (manifest_member(manifest_member(one, "securityContext"),
					    "seccompProfile"))
				return true;
		}
	}
	return false;
}
