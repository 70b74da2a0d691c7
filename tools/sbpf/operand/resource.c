/* SPDX-License-Identifier: MIT */
/*
 * A resource is written as JSON field by field, by a table of those that there are: what the API
 * server would drop, for there is no such field, must not count here either.
 */
#include "resource.h"

#include "common.h"
#include "json_writer.h"
#include "manifest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX ((uint64_t)INT64_MAX)

struct output {
	FILE *stream;
	unsigned int line; /* that is written */
	struct sbpf_error *error;
	bool failed;
};

enum field_kind {
	FIELD_IGNORED, /* says nothing about calls */
	FIELD_STRING,
	FIELD_STRINGS,
	FIELD_INTEGER,
	FIELD_OBJECTS,
	FIELD_BASE, /* must be empty */
};

struct field {
	const char *name;
	enum field_kind kind;
	uint64_t maximum;
	bool omits_zero;	    /* the operator writes no 0, and none is not 0 to the runtime */
	const struct field *fields; /* of objects; ends with one without a name */
};

static const struct field argument_fields[] = {
	{ .name = "index", .kind = FIELD_INTEGER, .maximum = 5 },
	{ .name = "value", .kind = FIELD_INTEGER, .maximum = VALUE_MAX },
	{ .name = "valueTwo", .kind = FIELD_INTEGER, .maximum = VALUE_MAX },
	{ .name = "op", .kind = FIELD_STRING },
	{ .name = NULL },
};

static const struct field syscall_fields[] = {
	{ .name = "names", .kind = FIELD_STRINGS },
	{ .name = "action", .kind = FIELD_STRING },
	{ .name = "errnoRet", .kind = FIELD_INTEGER, .maximum = 4095, .omits_zero = true },
	{ .name = "args", .kind = FIELD_OBJECTS, .fields = argument_fields },
	{ .name = NULL },
};

static const struct field spec_fields[] = {
	{ .name = "defaultAction", .kind = FIELD_STRING },
	{ .name = "architectures", .kind = FIELD_STRINGS },
	{ .name = "flags", .kind = FIELD_STRINGS },
	{ .name = "listenerPath", .kind = FIELD_STRING },
	{ .name = "listenerMetadata", .kind = FIELD_STRING },
	{ .name = "syscalls", .kind = FIELD_OBJECTS, .fields = syscall_fields },
	{ .name = "baseProfileName", .kind = FIELD_BASE },
	{ .name = "state", .kind = FIELD_IGNORED },
	{ .name = "disabled", .kind = FIELD_IGNORED },
	{ .name = NULL },
};

/* ---- Errors ---- */

/* Returns false. */
static bool fail(struct sbpf_error *error, const struct manifest_node *node, const char *where,
		 const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool fail(struct sbpf_error *error, const struct manifest_node *node, const char *where,
		 const char *format, ...)
{
	va_list arguments;

	/* With a place in the manifest, not in the JSON that was made of it. */
	*error = (struct sbpf_error){
		.code = SBPF_ERROR_SYNTAX,
		.line = node ? node->line : 0,
		.column = node ? node->column : 0,
	};
	snprintf(error->where, sizeof(error->where), "%s", where);
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	return false;
}

/* ---- Values ---- */

/* Goes to the line of a value. Those of an alias may stand above. */
static void go_to(struct output *output, const struct manifest_node *node)
{
	for (; output->line < node->line; output->line++)
		putc('\n', output->stream);
}

static bool write_string(struct output *output, const struct field *field,
			 const struct manifest_node *node)
{
	const char *text = manifest_string(node);

	if (!text)
		return fail(output->error, node, field->name, "must be a string");
	go_to(output, node);
	json_string(output->stream, text);
	return true;
}

static bool write_integer(struct output *output, const struct field *field,
			  const struct manifest_node *node)
{
	uint64_t value;

	if (!manifest_integer(node, &value) || value > field->maximum)
		return fail(output->error, node, field->name,
			    "must be an integer from 0 to %" PRIu64, field->maximum);
	go_to(output, node);
	fprintf(output->stream, "%" PRIu64, value);
	return true;
}

static bool write_object(struct output *output, const struct field *fields,
			 const struct manifest_node *node);

/* What aliases mean may be much longer than the manifest. */
static bool fits(struct output *output, const struct manifest_node *node)
{
	long length = ftell(output->stream);

	if (length >= 0 && length <= (long)SBPF_TEXT_MAX)
		return true;
	return fail(output->error, node, "", "as JSON the profile is longer than %u MiB",
		    SBPF_TEXT_MAX >> 20);
}

static bool write_list(struct output *output, const struct field *field,
		       const struct manifest_node *node)
{
	const struct manifest_node *list = manifest_value(node);
	bool done = true;

	if (list->kind != MANIFEST_SEQUENCE)
		return fail(output->error, node, field->name, "must be a list");
	go_to(output, node);
	putc('[', output->stream);
	for (const struct manifest_node *one = list->first; done && one; one = one->next) {
		if (one != list->first)
			putc(',', output->stream);
		done = fits(output, one) &&
		       (field->kind == FIELD_STRINGS ? write_string(output, field, one)
						     : write_object(output, field->fields, one));
	}
	putc(']', output->stream);
	return done;
}

static bool write_value(struct output *output, const struct field *field,
			const struct manifest_node *node)
{
	switch (field->kind) {
	case FIELD_STRING:
		return write_string(output, field, node);
	case FIELD_INTEGER:
		return write_integer(output, field, node);
	default:
		return write_list(output, field, node);
	}
}

/* ---- Objects ---- */

struct object {
	struct output *output;
	const struct field *fields;
	bool is_empty;
};

static const struct field *find_field(const struct field *fields, const char *name)
{
	for (; fields->name; fields++) {
		if (!strcmp(fields->name, name))
			return fields;
	}
	return NULL;
}

static bool is_left_out(const struct field *field, const struct manifest_node *node)
{
	uint64_t value;

	if (field->kind == FIELD_IGNORED || manifest_is_null(node))
		return true;
	if (field->kind == FIELD_BASE)
		return manifest_string(node) && !*manifest_string(node);
	return field->omits_zero && manifest_integer(node, &value) && !value;
}

static bool write_member(void *context, const char *key, const struct manifest_node *node)
{
	struct object *object = context;
	struct output *output = object->output;
	const struct field *field = find_field(object->fields, key);

	output->failed = true;
	if (!field)
		return fail(output->error, node->key, key,
			    "a SeccompProfile has no such field: the API server would drop it");
	if (is_left_out(field, node)) {
		output->failed = false;
		return true;
	}
	if (field->kind == FIELD_BASE)
		return fail(output->error, node, key,
			    "this profile is a union with another one, which is not here: "
			    "leave the field out, and add that with sbpf merge --union");
	if (!object->is_empty)
		putc(',', output->stream);
	object->is_empty = false;
	go_to(output, node->key);
	json_string(output->stream, field->name);
	putc(':', output->stream);
	output->failed = !write_value(output, field, node);
	return !output->failed;
}

static bool write_object(struct output *output, const struct field *fields,
			 const struct manifest_node *node)
{
	struct object object = { .output = output, .fields = fields, .is_empty = true };

	if (manifest_value(node)->kind != MANIFEST_MAPPING)
		return fail(output->error, node, "", "must be a mapping");
	go_to(output, node);
	putc('{', output->stream);
	if (!manifest_members(node, write_member, &object))
		return false;
	putc('}', output->stream);
	return true;
}

static char *write_profile(const struct manifest_node *spec, size_t *size, struct sbpf_error *error)
{
	struct output output = { .line = 1, .error = error };
	char *text = NULL;
	bool done;

	output.stream = open_memstream(&text, size);
	if (!output.stream) {
		*error = (struct sbpf_error){ .code = SBPF_ERROR_MEMORY,
					      .message = "out of memory" };
		return NULL;
	}
	done = write_object(&output, spec_fields, spec);
	fputs("\n", output.stream);
	if (fclose(output.stream) && done) {
		*error = (struct sbpf_error){ .code = SBPF_ERROR_MEMORY,
					      .message = "out of memory" };
		done = false;
	}
	if (done)
		return text;
	free(text);
	return NULL;
}

/* ---- Streams ---- */

struct search {
	char *text;
	size_t size;
	unsigned int line; /* of the one that was found; 0: none yet */
	struct sbpf_error *error;
};

static bool take_resource(struct search *search, const struct manifest_node *resource)
{
	const char *version = manifest_text(resource, "apiVersion");
	const struct manifest_node *spec = manifest_member(resource, "spec");

	if (search->line)
		return fail(search->error, resource, "",
			    "there is a second SeccompProfile, the first is in line %u: hand over "
			    "one",
			    search->line);
	search->line = resource->line;
	if (!version ||
	    (strcmp(version, RESOURCE_GROUP "/v1") && strcmp(version, RESOURCE_GROUP "/v1beta1")))
		return fail(search->error, resource, "apiVersion",
			    "must be " RESOURCE_GROUP "/v1 or v1beta1");
	if (!spec || spec->kind != MANIFEST_MAPPING)
		return fail(search->error, resource, "spec", "must be a mapping with the profile");
	search->text = write_profile(spec, &search->size, search->error);
	return search->text;
}

static bool take_document(struct search *search, const struct manifest_node *root)
{
	const char *kind = manifest_text(root, "kind");
	const struct manifest_node *items = manifest_member(root, "items");

	if (kind && !strcmp(kind, RESOURCE_KIND))
		return take_resource(search, root);
	if (!kind || !strstr(kind, "List") || !items || items->kind != MANIFEST_SEQUENCE)
		return true;
	for (const struct manifest_node *one = items->first; one; one = one->next) {
		const char *its_kind = manifest_text(one, "kind");

		if (its_kind && !strcmp(its_kind, RESOURCE_KIND) &&
		    !take_resource(search, manifest_value(one)))
			return false;
	}
	return true;
}

char *resource_profile(const char *text, size_t length, size_t *size, struct sbpf_error *error)
{
	struct manifest *manifest = manifest_open(text, length, error);
	struct search search = { .error = error };
	const struct manifest_node *root;
	int result = -1;

	while (manifest && (result = manifest_next(manifest, &root, error)) > 0) {
		if (!take_document(&search, root)) {
			result = -1;
			break;
		}
	}
	if (!result && !search.line)
		result = fail(error, NULL, "", "there is no " RESOURCE_KIND " in it") - 1;
	manifest_close(manifest);
	*size = search.size;
	if (!result)
		return search.text;
	free(search.text);
	return NULL;
}

bool resource_seems(const char *text, size_t length)
{
	unsigned int line, column;
	size_t blanks = 0;

	if (!memmem(text, length, RESOURCE_KIND, strlen(RESOURCE_KIND)))
		return false;
	while (blanks < length && strchr(" \t\r\n", text[blanks]) && text[blanks])
		blanks++;
	if (blanks < length && text[blanks] != '{')
		return true;
	return sbpf_json_locate(text, length, "kind", &line, &column) &&
	       !sbpf_json_locate(text, length, "defaultAction", &line, &column);
}
