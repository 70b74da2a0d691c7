/* SPDX-License-Identifier: MIT */
/* Where the pods of a document are: by its kind, and in kinds that nobody knows by their looks. */
#include "kubernetes.h"

#include <string.h>

/* Lists in lists. */
#define LISTS_MAX 4

/* Where each kind has its pod, or the template of one: "" for itself. */
static const struct {
	const char *kind;
	const char *path;
} kinds[] = {
	{ "Pod", "" },
	{ "Deployment", "spec.template" },
	{ "ReplicaSet", "spec.template" },
	{ "StatefulSet", "spec.template" },
	{ "DaemonSet", "spec.template" },
	{ "ReplicationController", "spec.template" },
	{ "Job", "spec.template" },
	{ "CronJob", "spec.jobTemplate.spec.template" },
	{ "PodTemplate", "template" },
};

/* What has members of that name but no pods. */
static const char *const others[] = { "CustomResourceDefinition", "ConfigMap", "Secret",
				      "Namespace", "SeccompProfile" };

struct finder {
	struct check *check;
	struct pod pod;
	bool (*report)(struct check *check, const struct pod *pod);
	/* In place of looking for pods. */
	bool (*note)(struct check *check, const struct manifest_node *root);
};

static bool visit(struct finder *finder, const struct manifest_node *node)
{
	const struct manifest_node *value = manifest_value(node);

	return check_work(finder->check, node, 1 + (value ? value->count : 0));
}

/* ---- One pod ---- */

static bool take_pod(struct finder *finder, const struct manifest_node *metadata,
		     const struct manifest_node *spec)
{
	finder->pod.metadata = metadata;
	finder->pod.spec = spec;
	return visit(finder, spec) && finder->report(finder->check, &finder->pod);
}

/* ---- Kinds that nobody knows ---- */

/* A list of mappings with names. */
static bool has_containers(const struct manifest_node *spec)
{
	const struct manifest_node *containers = manifest_member(spec, "containers");

	return containers && containers->kind == MANIFEST_SEQUENCE && containers->first &&
	       manifest_member(containers->first, "name");
}

/* Looks into what is written there, not into aliases: that is found at its anchor. */
static bool search(struct finder *finder, const struct manifest_node *node)
{
	const struct manifest_node *spec = manifest_member(node, "spec");

	if (!visit(finder, node))
		return false;
	if (has_containers(spec))
		return take_pod(finder, manifest_member(node, "metadata"), spec);
	if (has_containers(node))
		return take_pod(finder, NULL, node);
	for (const struct manifest_node *one = node->first; one; one = one->next) {
		if (!one->target && one->kind != MANIFEST_SCALAR && !search(finder, one))
			return false;
	}
	return true;
}

/* ---- Documents ---- */

static bool find_known(struct finder *finder, const struct manifest_node *root, bool *known)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		const struct manifest_node *at;

		if (strcmp(kinds[i].kind, finder->pod.kind))
			continue;
		*known = true;
		finder->pod.is_template = *kinds[i].path;
		at = manifest_find(root, kinds[i].path);
		if (!manifest_member(at, "spec"))
			return true;
		return take_pod(finder, manifest_member(at, "metadata"),
				manifest_member(at, "spec"));
	}
	*known = false;
	return true;
}

static bool is_other(const char *kind)
{
	for (size_t i = 0; i < COUNT(others); i++) {
		if (!strcmp(others[i], kind))
			return true;
	}
	return false;
}

static bool find_object(struct finder *finder, const struct manifest_node *root, int depth);

static bool find_items(struct finder *finder, const struct manifest_node *items, int depth)
{
	if (depth == LISTS_MAX)
		return check_refuse(finder->check, items, "there are too many lists in lists");
	for (const struct manifest_node *one = items->first; one; one = one->next) {
		if (!find_object(finder, manifest_value(one), depth + 1))
			return false;
	}
	return true;
}

static void describe(struct finder *finder, const struct manifest_node *root)
{
	const struct manifest_node *metadata = manifest_member(root, "metadata");
	const char *name = manifest_text(metadata, "name");
	const char *space = manifest_text(metadata, "namespace");

	if (!name)
		name = manifest_text(metadata, "generateName");
	finder->pod = (struct pod){
		.owner = metadata,
		.kind = check_keep(finder->check, manifest_text(root, "kind")),
		.name = check_keep(finder->check, name),
		.namespace = check_keep(finder->check, space),
	};
}

/* Looks for the pods of one object. */
static bool find_pods(struct finder *finder, const struct manifest_node *root)
{
	bool known;

	if (is_other(manifest_text(root, "kind")))
		return true;
	describe(finder, root);
	if (!find_known(finder, root, &known) || known)
		return !finder->check->failed;
	finder->pod.is_template = true;
	return search(finder, root);
}

static bool find_object(struct finder *finder, const struct manifest_node *root, int depth)
{
	const struct manifest_node *items;
	const char *kind;

	if (manifest_is_null(root))
		return true;
	if (root->kind != MANIFEST_MAPPING)
		return check_refuse(finder->check, root,
				    "a manifest is a mapping with apiVersion and kind");
	kind = manifest_text(root, "kind");
	if (!kind)
		return check_refuse(finder->check, root, "a manifest needs a kind");
	items = manifest_member(root, "items");
	if (!visit(finder, root))
		return false;
	if (strlen(kind) >= 4 && !strcmp(kind + strlen(kind) - 4, "List") &&
	    (!items || items->kind == MANIFEST_SEQUENCE))
		return !items || find_items(finder, items, depth);
	if (finder->note)
		return finder->note(finder->check, root);
	return find_pods(finder, root);
}

bool pods_find(struct check *check, const struct manifest_node *root,
	       bool (*take)(struct check *check, const struct pod *pod))
{
	struct finder finder = { .check = check, .report = take };

	return find_object(&finder, root, 0);
}

bool objects_find(struct check *check, const struct manifest_node *root,
		  bool (*take)(struct check *check, const struct manifest_node *root))
{
	struct finder finder = { .check = check, .note = take };

	return find_object(&finder, root, 0);
}
