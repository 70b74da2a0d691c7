/* SPDX-License-Identifier: MIT */
/* Profiles from a registry (type OCI, KEP-6061): the rules of the fields. */
#include "kubernetes.h"

#include <ctype.h>
#include <string.h>

#define DIGEST "@sha256:"
#define DIGEST_LENGTH 64

/* Returns false. */
static bool refuse(struct check *check, struct row *row, const struct manifest_node *node,
		   const char *message)
{
	check_add(check, row, OCI_PROFILE, SEVERITY_ERROR, node ? node->line : row->declared.line,
		  message);
	return false;
}

/* registry/repository@sha256:… and nothing that may change its meaning, as a tag does. */
static bool has_digest(const char *reference)
{
	const char *digest = strstr(reference, DIGEST);
	const char *slash = strchr(reference, '/');

	if (!digest || !slash || slash > digest || digest == slash + 1)
		return false;
	digest += strlen(DIGEST);
	for (int i = 0; i < DIGEST_LENGTH; i++) {
		if (!isdigit((unsigned char)digest[i]) && (digest[i] < 'a' || digest[i] > 'f'))
			return false;
	}
	return !digest[DIGEST_LENGTH];
}

static bool check_base(struct check *check, const struct manifest_node *base, struct row *row)
{
	const char *type = manifest_text(base, "type");
	const char *path = manifest_text(base, "localhostProfile");
	const char *problem;

	if (!type || (strcmp(type, "RuntimeDefault") && strcmp(type, "Localhost")))
		return refuse(check, row, base,
			      "oci.baseProfile.type must be RuntimeDefault or Localhost");
	if (!strcmp(type, "RuntimeDefault"))
		return !path || refuse(check, row, base,
				       "oci.baseProfile.localhostProfile goes with type Localhost "
				       "alone");
	problem = path_problem(check, path);
	if (!problem)
		return true;
	check_add(check, row, LOCALHOST_PATH, SEVERITY_ERROR, base->line, problem);
	return false;
}

bool artifact_check(struct check *check, const struct manifest_node *node, bool privileged,
		    struct row *row)
{
	const struct manifest_node *oci = manifest_member(node, "oci");
	const char *reference = manifest_text(oci, "ref");
	const struct manifest_node *base = manifest_member(oci, "baseProfile");

	if (privileged)
		return refuse(
			check, row, NULL,
			"type OCI is refused for privileged containers: leave out one of both");
	if (!oci || !reference)
		return refuse(check, row, oci,
			      "type OCI needs oci.ref: registry/repository@sha256:…");
	if (!has_digest(reference))
		return refuse(
			check, row, manifest_member(oci, "ref"),
			check_print(check,
				    "oci.ref must name a digest, registry/repository@sha256:…, "
				    "for a tag may mean another profile tomorrow: %.120s",
				    reference));
	return !base || check_base(check, base, row);
}
