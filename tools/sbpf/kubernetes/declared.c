/* SPDX-License-Identifier: MIT */
/* A seccompProfile as it is written. */
#include "kubernetes.h"

#include <string.h>

bool declared_read(struct check *check, const struct manifest_node *context, enum level level,
		   struct declared *declared)
{
	const struct manifest_node *node = manifest_member(context, "seccompProfile");
	const char *profile = manifest_text(node, "localhostProfile");

	if (!node)
		return false;
	if (!profile)
		profile = manifest_text(manifest_member(node, "oci"), "ref");
	*declared = (struct declared){
		.level = level,
		.type = check_keep(check, manifest_text(node, "type")),
		.profile = check_keep(check, profile),
		.line = manifest_place(context, "seccompProfile")->key->line,
		.node = node,
	};
	if (!declared->type)
		declared->type = "";
	return true;
}
