/* SPDX-License-Identifier: MIT */
/* Annotations about seccomp: those from before there was a field, and CRI-O's. */
#include "kubernetes.h"

#include <string.h>

#define POD_KEY "seccomp.security.alpha.kubernetes.io/pod"
#define CONTAINER_KEY "container.seccomp.security.alpha.kubernetes.io/"
/* The first version that does not look at them. */
#define DEAD_SINCE 25

static const char *const crio_keys[] = { "seccomp-profile.kubernetes.cri-o.io",
					 "seccomp-profile.crio.io" };

/* One that was found. */
struct annotation {
	const char *value;
	unsigned int line;
	enum level level;
};

struct scan {
	struct check *check;
	const struct pod *pod;
	struct row *row;
	struct annotation old; /* the nearest to the container */
};

static bool starts(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

static bool has_container(const struct pod *pod, const char *name)
{
	for (size_t i = 0; i < ROLES; i++) {
		const struct manifest_node *list = manifest_member(pod->spec, container_lists[i]);

		for (const struct manifest_node *one = list ? list->first : NULL; one;
		     one = one->next) {
			const char *its_name = manifest_text(one, "name");

			if (its_name && !strcmp(its_name, name))
				return true;
		}
	}
	return false;
}

/* Whether a key's last part is about the row's container, or about none, which its first row says.
 */
static bool is_about(const struct scan *scan, const char *name)
{
	if (scan->row->container && !strcmp(scan->row->container, name))
		return true;
	return scan->check->count == scan->pod->first && !has_container(scan->pod, name);
}

/* ---- The field that says the same ---- */

static const struct {
	const char *value;
	const char *type;
} meanings[] = {
	{ "runtime/default", "RuntimeDefault" },
	{ "docker/default", "RuntimeDefault" },
	{ "unconfined", "Unconfined" },
};

static const char *type_of(const char *value)
{
	for (size_t i = 0; i < COUNT(meanings); i++) {
		if (!strcmp(value, meanings[i].value))
			return meanings[i].type;
	}
	return starts(value, "localhost/") ? "Localhost" : "";
}

static const char *field_text(struct check *check, const char *value)
{
	const char *type = type_of(value);

	if (!strcmp(type, "Localhost"))
		return check_print(check, "{type: Localhost, localhostProfile: %.200s}",
				   value + strlen("localhost/"));
	return check_print(check, "{type: %s}", *type ? type : "RuntimeDefault");
}

/* ---- The old ones ---- */

static void take_old(struct scan *scan, const char *key, const struct manifest_node *node)
{
	bool is_pod = !strcmp(key, POD_KEY);
	const char *value = manifest_string(node);
	struct check *check = scan->check;

	if (!is_pod && !(starts(key, CONTAINER_KEY) && is_about(scan, key + strlen(CONTAINER_KEY))))
		return;
	if (!value)
		value = "";
	if (check->options->minor < DEAD_SINCE) {
		if (!scan->old.value || !is_pod)
			scan->old = (struct annotation){ value, node->key->line,
							 is_pod ? LEVEL_POD : LEVEL_CONTAINER };
		return;
	}
	check_add(check, scan->row, DEAD_ANNOTATION, SEVERITY_WARNING, node->key->line,
		  check_print(check,
			      "the annotation %.120s has no effect since Kubernetes 1.%d: write "
			      "securityContext.seccompProfile: %s",
			      key, DEAD_SINCE, field_text(check, value)));
}

/* ---- CRI-O's ---- */

/* What follows CRI-O's key and a slash; NULL: it is another key. */
static const char *rest_of_crio(const char *key)
{
	for (size_t i = 0; i < COUNT(crio_keys); i++) {
		size_t length = strlen(crio_keys[i]);

		if (starts(key, crio_keys[i]) && (key[length] == '/' || !key[length]))
			return key[length] ? key + length + 1 : "POD";
	}
	return NULL;
}

static bool counts_for_crio(const struct declared *declared)
{
	return !declared->level || !strcmp(declared->type, "Unconfined");
}

static void take_crio(struct scan *scan, const char *key, const struct manifest_node *node)
{
	const char *name = rest_of_crio(key);
	struct check *check = scan->check;
	bool is_crio = check->options->runtime == RUNTIME_CRIO;

	if (!name || (strcmp(name, "POD") && !is_about(scan, name)) ||
	    (is_crio && counts_for_crio(&scan->row->declared)))
		return;
	check_add(check, scan->row, DEAD_ANNOTATION, SEVERITY_WARNING, node->key->line,
		  check_print(check, "the annotation %.120s has no effect: %s", key,
			      is_crio ? "a seccompProfile is declared, which counts before it"
				      : "containerd does not know it; write "
					"securityContext.seccompProfile"));
}

struct crio_scan {
	const char *container;
	const struct manifest_node *found;
};

static bool find_crio(void *context, const char *key, const struct manifest_node *node)
{
	struct crio_scan *scan = context;
	const char *name = rest_of_crio(key);

	if (name && (!strcmp(name, "POD") || (scan->container && !strcmp(name, scan->container))))
		scan->found = node->key;
	return !scan->found;
}

const struct manifest_node *annotation_of_crio(const struct pod *pod, const char *container)
{
	struct crio_scan scan = { .container = container };

	manifest_members(manifest_member(pod->metadata, "annotations"), find_crio, &scan);
	return scan.found;
}

/* ---- All ---- */

static bool take(void *context, const char *key, const struct manifest_node *node)
{
	take_old(context, key, node);
	take_crio(context, key, node);
	return true;
}

/* Beside the template they were never looked at. */
static bool take_owners(void *context, const char *key, const struct manifest_node *node)
{
	struct scan *scan = context;

	if (strcmp(key, POD_KEY) && !starts(key, CONTAINER_KEY) && !rest_of_crio(key))
		return true;
	check_add(scan->check, scan->row, DEAD_ANNOTATION, SEVERITY_WARNING, node->key->line,
		  check_print(scan->check,
			      "the annotation %.120s has no effect: it is not the pod's; write "
			      "securityContext.seccompProfile into the template",
			      key));
	return true;
}

void annotations_apply(struct check *check, const struct pod *pod, struct row *row)
{
	struct scan scan = { .check = check, .pod = pod, .row = row };
	const char *value;

	manifest_members(manifest_member(pod->metadata, "annotations"), take, &scan);
	if (pod->owner != pod->metadata && check->count == pod->first)
		manifest_members(manifest_member(pod->owner, "annotations"), take_owners, &scan);
	value = scan.old.value;
	if (!value || row->declared.level)
		return;
	row->declared = (struct declared){
		.level = scan.old.level,
		.type = check_keep(check, type_of(value)),
		.line = scan.old.line,
	};
	if (!strcmp(row->declared.type, "Localhost"))
		row->declared.profile = check_keep(check, value + strlen("localhost/"));
}
