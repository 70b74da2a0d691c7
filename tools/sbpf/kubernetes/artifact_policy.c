/* SPDX-License-Identifier: MIT */
/*
 * What a profile from a registry means together with its base: the artifact's files are in a folder
 * with an OCI image layout, as skopeo and oras write it, and each has to have its digest.
 */
#include "kubernetes.h"

#include <inttypes.h>
#include <sha256.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST "sha256:"
#define CONFIG_TYPE "application/vnd.cncf.seccomp-profile.config.v1+json"
/* What runtimes take of an artifact. */
#define ARTIFACT_MAX (1u << 20)
#define ENTRIES_MAX 128

/* The artifact of a container and what is in force with it. */
struct artifact {
	struct check *check;
	struct policy_facts *facts;
	const struct sbpf_policy *baseline; /* the runtime's own default */
	const struct sbpf_policy *base;
	uint64_t capabilities;
};

/* Returns false. */
static bool refuse(struct artifact *artifact, const char *problem)
{
	artifact->facts->problem = problem;
	return false;
}

/* ---- Blobs ---- */

/* Reads the blob of a digest into the facts' part. */
static bool read_blob(struct artifact *artifact, const char *digest)
{
	struct policy_facts *facts = artifact->facts;
	char found[SHA256_DIGEST_STRING_LENGTH];
	const char *wanted = digest ? strstr(digest, DIGEST) : NULL;

	if (!wanted || strlen(wanted) != strlen(DIGEST) + 64 || strchr(wanted, '/'))
		return refuse(artifact, "the artifact's manifest has no digest of its layer");
	wanted += strlen(DIGEST);
	free(facts->part.text);
	facts->part = (struct operand_part){
		.path = (char *)check_print(artifact->check, "%s/blobs/sha256/%s",
					    artifact->check->options->artifacts, wanted),
		.prefix = "",
	};
	if (!policy_read(artifact->check, facts))
		return false;
	if (SHA256Data((const uint8_t *)facts->part.text, facts->part.length, found) &&
	    !strcmp(found, wanted))
		return true;
	return refuse(artifact,
		      check_print(artifact->check, "%s does not have the digest of its name",
				  facts->part.path));
}

/* Hands the one document of the part's text to take(artifact, root). */
static bool read_json(struct artifact *artifact,
		      bool (*take)(struct artifact *artifact, const struct manifest_node *root))
{
	const struct operand_part *part = &artifact->facts->part;
	struct sbpf_error error = { 0 };
	struct manifest *manifest = manifest_open(part->text, part->length, &error);
	const struct manifest_node *root;
	bool done = false;

	if (manifest && manifest_next(manifest, &root, &error) == 1)
		done = take(artifact, root);
	else
		refuse(artifact, check_print(artifact->check, "%s: is no JSON: %s", part->path,
					     error.message));
	manifest_close(manifest);
	return done;
}

/* ---- The artifact ---- */

static bool take_manifest(struct artifact *artifact, const struct manifest_node *root)
{
	const struct manifest_node *layers = manifest_member(root, "layers");
	const char *type = manifest_text(manifest_member(root, "config"), "mediaType");

	if (!type || strcmp(type, CONFIG_TYPE))
		return refuse(
			artifact,
			check_print(artifact->check,
				    "the artifact's config is of the media type %.80s, and must "
				    "be of " CONFIG_TYPE,
				    type ? type : "(none)"));
	if (!layers || layers->kind != MANIFEST_SEQUENCE || layers->count != 1)
		return refuse(artifact,
			      "the artifact must have one layer: the profile as raw JSON");
	return read_blob(artifact, manifest_text(layers->first, "digest"));
}

static bool asks_agent(const char *action)
{
	return action && !strcmp(action, "SCMP_ACT_NOTIFY");
}

static bool take_profile(struct artifact *artifact, const struct manifest_node *root)
{
	const struct manifest_node *entries = manifest_member(root, "syscalls");
	bool is_list = entries && entries->kind == MANIFEST_SEQUENCE;

	if (manifest_member(root, "listenerPath") || manifest_member(root, "listenerMetadata") ||
	    asks_agent(manifest_text(root, "defaultAction")))
		return refuse(artifact, "runtimes refuse an artifact with a listener, or NOTIFY");
	if (is_list && entries->count > ENTRIES_MAX)
		return refuse(artifact,
			      check_print(artifact->check,
					  "the artifact's profile has %zu entries in syscalls, "
					  "and runtimes take %d",
					  entries->count, ENTRIES_MAX));
	for (const struct manifest_node *one = is_list ? entries->first : NULL; one;
	     one = one->next) {
		if (asks_agent(manifest_text(one, "action")))
			return refuse(artifact,
				      "runtimes refuse an artifact with a listener, or NOTIFY");
	}
	return true;
}

static bool load_artifact(struct artifact *artifact, const char *reference)
{
	struct operand_part *part = &artifact->facts->part;
	struct sbpf_target target = artifact->check->options->target;
	struct sbpf_error error = { 0 };

	if (!read_blob(artifact, reference) || !read_json(artifact, take_manifest))
		return false;
	if (part->length > ARTIFACT_MAX)
		return refuse(artifact, "the artifact's profile is longer than the 1 MiB that "
					"runtimes take");
	if (!read_json(artifact, take_profile))
		return false;
	target.reading = SBPF_READING_OCI;
	part->policy = sbpf_load_json(part->text, part->length, &target, &error);
	return part->policy ||
	       refuse(artifact, check_print(artifact->check, "%s: %s: %s", part->path, error.where,
					    error.message));
}

/* ---- Together ---- */

static bool find_bases(struct artifact *artifact, const struct manifest_node *base)
{
	const char *type = manifest_text(base, "type");
	struct policy_facts *facts = policy_of_default(artifact->check, artifact->capabilities);

	artifact->baseline = facts ? facts->part.policy : NULL;
	artifact->base = artifact->baseline;
	if (!type || strcmp(type, "Localhost"))
		return artifact->base;
	facts = policy_of_file(artifact->check, manifest_text(base, "localhostProfile"),
			       artifact->capabilities);
	if (facts && facts->problem) {
		artifact->facts->is_missing = facts->is_missing;
		return refuse(artifact, facts->problem);
	}
	artifact->base = facts ? facts->part.policy : NULL;
	return artifact->base;
}

/* The strictest of the three counts, call by call. */
static void intersect(struct artifact *artifact)
{
	const struct sbpf_policy *const policies[] = { artifact->facts->part.policy, artifact->base,
						       artifact->baseline };
	struct check *check = artifact->check;
	struct sbpf_error error = { 0 };
	struct sbpf_space *space = sbpf_space_new(check->options->machine, LINT_NODES, &error);
	sbpf_meaning all = 0, one;
	int failed = 0;

	for (size_t i = 0; i < COUNT(policies) && !failed; i++) {
		failed = sbpf_meaning_of_policy(space, policies[i], &one, &error) ||
			 (i && sbpf_meaning_stack(space, all, one, &one, &error));
		all = one;
	}
	if (failed)
		refuse(artifact,
		       check_print(check, "the intersection cannot be found: %s", error.message));
	else
		policy_describe(check, artifact->facts, space, all);
	sbpf_space_free(space);
	if (!failed)
		artifact->facts->stricter = merge_refuses(check, policies[0], policies[1]);
	if (!failed && !artifact->facts->stricter && artifact->base != artifact->baseline)
		artifact->facts->stricter = merge_refuses(check, policies[0], policies[2]);
}

struct policy_facts *policy_of_artifact(struct check *check, const struct manifest_node *oci,
					uint64_t capabilities)
{
	const struct manifest_node *base = manifest_member(oci, "baseProfile");
	const char *reference = manifest_text(oci, "ref");
	const char *path = manifest_text(base, "localhostProfile");
	struct artifact artifact = { .check = check, .capabilities = capabilities };
	const char *key;

	if (!check->options->artifacts || (path && !check->options->profiles))
		return NULL;
	key = check_print(check, "%s|%s|%" PRIx64, reference, path ? path : "", capabilities);
	artifact.facts = policy_find(check, key);
	if (artifact.facts)
		return artifact.facts;
	artifact.facts = policy_new(check, key);
	if (!artifact.facts)
		return NULL;
	if (load_artifact(&artifact, reference) && find_bases(&artifact, base))
		intersect(&artifact);
	free(artifact.facts->part.text);
	artifact.facts->part.text = NULL;
	return artifact.facts;
}
