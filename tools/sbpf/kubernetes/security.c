/* SPDX-License-Identifier: MIT */
/* What the PodSecurity levels say of seccomp alone, and which of them a namespace asks for. */
#include "kubernetes.h"

#include <stdlib.h>
#include <string.h>

/* A pod's answers. */
struct answers {
	bool baseline;
	bool restricted;
};

/* ---- Levels ---- */

/* What a securityContext declares; NULL: nothing, "": something without a type. */
static const char *type_of(const struct manifest_node *context)
{
	const struct manifest_node *node = manifest_member(context, "seccompProfile");
	const char *type = manifest_text(node, "type");

	return node && !type ? "" : type;
}

static bool is_restricted(const char *type)
{
	return !strcmp(type, "RuntimeDefault") || !strcmp(type, "Localhost");
}

/* One of a registry is none of those that are refused. */
static bool is_baseline(const char *type)
{
	return is_restricted(type) || !strcmp(type, "OCI");
}

static void add_type(struct answers *answers, const char *type)
{
	if (!type)
		return;
	answers->baseline = answers->baseline && is_baseline(type);
	answers->restricted = answers->restricted && is_restricted(type);
}

static struct answers answer(const struct check *check, const struct pod *pod)
{
	const char *of_pod = type_of(manifest_member(pod->spec, "securityContext"));
	struct answers answers = { true, true };

	add_type(&answers, of_pod);
	for (size_t i = 0; i < ROLES; i++) {
		const struct manifest_node *list = manifest_member(pod->spec, container_lists[i]);

		for (const struct manifest_node *one = list ? list->first : NULL; one;
		     one = one->next) {
			const char *type = type_of(manifest_member(one, "securityContext"));

			add_type(&answers, type);
			if (!type && !of_pod)
				answers.restricted = false;
		}
	}
	if (pod_is_windows(pod) && check->options->minor >= 25)
		answers.restricted = true;
	return answers;
}

/* ---- Namespaces ---- */

static const char *label(struct check *check, const struct manifest_node *labels, const char *mode)
{
	char key[64];
	const char *level;

	snprintf(key, sizeof(key), "pod-security.kubernetes.io/%s", mode);
	level = manifest_text(labels, key);
	if (!level || (strcmp(level, "restricted") && strcmp(level, "baseline")))
		return NULL;
	return check_keep(check, level);
}

void security_note(struct check *check, const struct manifest_node *root, bool is_given)
{
	const struct manifest_node *metadata = manifest_member(root, "metadata");
	const struct manifest_node *labels = manifest_member(metadata, "labels");
	struct space_labels *spaces =
		reallocarray(check->spaces, check->space_count + 1, sizeof(spaces[0]));

	if (!spaces) {
		report(check->tool->name, "out of memory");
		check->failed = true;
		return;
	}
	check->spaces = spaces;
	spaces[check->space_count++] = (struct space_labels){
		.name = check_keep(check, manifest_text(metadata, "name")),
		.enforce = label(check, labels, "enforce"),
		.warn = label(check, labels, "warn"),
		.audit = label(check, labels, "audit"),
		.is_given = is_given,
	};
}

static const struct space_labels *find_space(const struct check *check, const struct row *row)
{
	for (size_t i = 0; i < check->space_count; i++) {
		const struct space_labels *space = &check->spaces[i];

		if (row->namespace ? space->name && !strcmp(space->name, row->namespace)
				   : space->is_given)
			return space;
	}
	return NULL;
}

static void add_mode(struct check *check, struct row *row, const struct space_labels *space,
		     const char *level, const char *effect, enum severity severity)
{
	if (!level || (strcmp(level, "baseline") ? row->restricted : row->baseline))
		return;
	check_add(check, row, POD_SECURITY, severity,
		  row->declared.line ? row->declared.line : row->line,
		  check_print(check,
			      "namespace %s %s %s: %s declares %s; write seccompProfile: {type: "
			      "RuntimeDefault}",
			      space->name ? space->name : "?", effect, level,
			      row->container ? row->container : "a container",
			      row->declared.level ? row->declared.type : "no profile"));
}

/* The API server looks at pods; of what makes them it only warns. */
static void add_findings(struct check *check, const struct pod *pod, struct row *row)
{
	const struct space_labels *space = find_space(check, row);

	if (!space)
		return;
	add_mode(check, row, space, space->enforce,
		 pod->is_template ? "will refuse the pods of this, as it enforces"
				  : "refuses the pod, as it enforces",
		 SEVERITY_ERROR);
	add_mode(check, row, space, space->warn, "warns, as it asks for", SEVERITY_WARNING);
	add_mode(check, row, space, space->audit, "notes in its audit, as it asks for",
		 SEVERITY_NOTE);
}

void security_find(struct check *check, const struct pod *pod, size_t first)
{
	struct answers answers = answer(check, pod);

	for (size_t i = first; i < check->count; i++) {
		check->rows[i].baseline = answers.baseline;
		check->rows[i].restricted = answers.restricted;
		add_findings(check, pod, &check->rows[i]);
	}
}
