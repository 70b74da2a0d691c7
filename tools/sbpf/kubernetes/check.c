/* SPDX-License-Identifier: MIT */
/* From the text of manifests to the rows of their containers. */
#include "kubernetes.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 100000u

static struct row *new_row(struct check *check)
{
	struct row *rows = check->rows;

	if (check->count == ROWS_MAX) {
		report(check->tool->name,
		       "%s: there are more than %u containers: hand them over in "
		       "parts",
		       check->file, ROWS_MAX);
		check->failed = true;
		return NULL;
	}
	if (!(check->count & (check->count - 1))) {
		rows = reallocarray(rows, check->count ? 2 * check->count : 1, sizeof(rows[0]));
		if (!rows) {
			report(check->tool->name, "out of memory");
			check->failed = true;
			return NULL;
		}
		check->rows = rows;
	}
	rows[check->count] = (struct row){ .file = check->file };
	return &rows[check->count];
}

/* What is looked at for each container: its pod's annotations and, here and there, its others. */
static bool count_work(struct check *check, const struct pod *pod,
		       const struct manifest_node *container)
{
	const struct manifest_node *annotations = manifest_member(pod->metadata, "annotations");
	size_t others = manifest_value(container)->count;

	for (int role = 0; role < ROLES; role++) {
		const struct manifest_node *list =
			manifest_member(pod->spec, container_lists[role]);

		others += list ? list->count : 0;
	}
	if (check->count == pod->first)
		others *= 1 + (annotations ? annotations->count : 0);
	return check_work(check, container, others + (annotations ? annotations->count : 0));
}

static bool add_container(struct check *check, const struct pod *pod,
			  const struct manifest_node *container, enum role role)
{
	struct row *row = count_work(check, pod, container) ? new_row(check) : NULL;

	if (!row)
		return false;
	row->line = container->line;
	row->kind = pod->kind;
	row->name = pod->name;
	row->namespace = pod->namespace;
	row->container = check_keep(check, manifest_text(container, "name"));
	row->role = role;
	effective_find(check, pod, container, row);
	check->count++;
	return !check->failed;
}

static bool add_pod(struct check *check, const struct pod *found)
{
	struct pod pod = *found;

	pod.first = check->count;
	for (int role = 0; role < ROLES; role++) {
		const struct manifest_node *list = manifest_member(pod.spec, container_lists[role]);

		if (!list || list->kind != MANIFEST_SEQUENCE)
			continue;
		for (const struct manifest_node *one = list->first; one; one = one->next) {
			if (!add_container(check, &pod, one, (enum role)role))
				return false;
		}
	}
	security_find(check, &pod, pod.first);
	return !check->failed;
}

/* Each document of a text is handed to take(check, root). */
static bool read_text(struct check *check, const char *file, const char *text, size_t length,
		      bool (*take)(struct check *check, const struct manifest_node *root))
{
	struct sbpf_error error = { 0 };
	struct manifest *manifest = manifest_open(text, length, &error);
	const struct manifest_node *root;
	int result = -1;

	check->file = file;
	while (manifest && (result = manifest_next(manifest, &root, &error)) > 0) {
		if (!take(check, root))
			break;
	}
	if (result < 0) {
		report_error(check->tool->name, file, &error);
		check->failed = true;
	}
	manifest_close(manifest);
	return !check->failed;
}

static bool take_document(struct check *check, const struct manifest_node *root)
{
	return pods_find(check, root, add_pod);
}

static bool note_class(struct check *check, const struct manifest_node *root)
{
	struct runtime_class *classes =
		reallocarray(check->classes, check->class_count + 1, sizeof(classes[0]));

	if (!classes) {
		report(check->tool->name, "out of memory");
		check->failed = true;
		return false;
	}
	check->classes = classes;
	classes[check->class_count++] = (struct runtime_class){
		check_keep(check, manifest_text(manifest_member(root, "metadata"), "name")),
		check_keep(check, manifest_text(root, "handler")),
	};
	return !check->failed;
}

static bool note_object(struct check *check, const struct manifest_node *root)
{
	const char *kind = manifest_text(root, "kind");

	if (!strcmp(kind, "Namespace"))
		security_note(check, root, false);
	if (!strcmp(kind, "RuntimeClass"))
		return note_class(check, root);
	return !check->failed;
}

static bool note_document(struct check *check, const struct manifest_node *root)
{
	return objects_find(check, root, note_object);
}

bool check_note(struct check *check, const char *file, const char *text, size_t length)
{
	return read_text(check, file, text, length, note_document);
}

bool check_text(struct check *check, const char *file, const char *text, size_t length)
{
	return read_text(check, file, text, length, take_document);
}

static bool take_namespace(struct check *check, const struct manifest_node *root)
{
	const char *kind = manifest_text(root, "kind");

	if (kind && !strcmp(kind, "Namespace"))
		security_note(check, root, true);
	return !check->failed;
}

bool check_namespaces(struct check *check, const char *file, const char *text, size_t length)
{
	size_t before = check->space_count;

	if (!read_text(check, file, text, length, take_namespace))
		return false;
	if (check->space_count > before)
		return true;
	report(check->tool->name, "%s: there is no Namespace in it", file);
	check->failed = true;
	return false;
}

void check_free(struct check *check)
{
	policies_free(check);
	for (size_t i = 0; i < check->count; i++)
		free(check->rows[i].findings);
	free(check->rows);
	free(check->spaces);
	free(check->classes);
	check_forget(check);
}
