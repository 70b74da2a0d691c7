/* SPDX-License-Identifier: MIT */
/*
 * Key by key, by a table of what there is in profiles: what has no field in the resource is refused
 * by its name, unless it says nothing.
 */
#include "convert.h"

#include "common.h"
#include "json_writer.h"
#include "manifest.h"
#include "resource.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LISTENERS "/var/run/security-profiles-operator/"

/* Of one list, which are compared with one another. */
#define NAMES_MAX 10000

struct output {
	FILE *stream;
	struct sbpf_error *error;
	bool failed;
};

/* Returns false. */
static bool fail(struct output *output, const struct manifest_node *node, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool fail(struct output *output, const struct manifest_node *node, const char *format, ...)
{
	va_list arguments;

	*output->error = (struct sbpf_error){
		.code = SBPF_ERROR_SYNTAX,
		.line = node->line,
		.column = node->column,
	};
	if (node->key)
		snprintf(output->error->where, sizeof(output->error->where), "%s",
			 manifest_value(node->key)->text);
	va_start(arguments, format);
	vsnprintf(output->error->message, sizeof(output->error->message), format, arguments);
	va_end(arguments);
	output->failed = true;
	return false;
}

/* ---- Scalars ---- */

/* Whether YAML takes a text for the string that it is, without quotes. */
static bool is_plain(const char *text)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on",
					     "off",  "null",  "y",   "n" };

	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	for (size_t i = 0; i < COUNT(words); i++) {
		if (!strcasecmp(text, words[i]))
			return false;
	}
	for (; *text; text++) {
		if (!isalnum((unsigned char)*text) && !strchr("_-./", *text))
			return false;
	}
	return true;
}

static void write_string(FILE *out, const char *text)
{
	if (is_plain(text))
		fputs(text, out);
	else
		json_string(out, text);
}

/* The first of a list that has this text. */
static bool stands_before(const struct manifest_node *list, const struct manifest_node *node)
{
	for (const struct manifest_node *one = list->first; one != node; one = one->next) {
		if (!strcmp(one->text, node->text))
			return true;
	}
	return false;
}

/* A set: the resource has each name once. */
static bool write_names(struct output *output, const char *indent, const char *key,
			const struct manifest_node *list)
{
	FILE *out = output->stream;

	if (list->count > NAMES_MAX)
		return fail(output, list, "has more than %d names", NAMES_MAX);
	fprintf(out, "%s%s:\n", indent, key);
	for (const struct manifest_node *one = list->first; one; one = one->next) {
		if (stands_before(list, one))
			continue;
		fprintf(out, "%s- ", indent);
		write_string(out, one->text);
		putc('\n', out);
	}
	return true;
}

/* ---- Rules ---- */

/* A number as it is written: JSON has 1.0 and 1e3 too, which the library takes as integers. */
static bool take_number(struct output *output, const struct manifest_node *node, uint64_t maximum,
			const char *what, uint64_t *number)
{
	*number = 0;
	if (!node)
		return true;
	if (!manifest_integer(node, number))
		return fail(output, node, "must be written as an integer");
	if (*number <= maximum)
		return true;
	return fail(output, node,
		    "a SeccompProfile cannot say this: %s is at most %" PRIu64 " there", what,
		    maximum);
}

static bool write_argument(struct output *output, const struct manifest_node *node)
{
	uint64_t index, value, value_two;

	if (!take_number(output, manifest_place(node, "index"), 5, "an index", &index) ||
	    !take_number(output, manifest_place(node, "value"), INT64_MAX, "a value", &value) ||
	    !take_number(output, manifest_place(node, "valueTwo"), INT64_MAX, "a value",
			 &value_two))
		return false;
	fprintf(output->stream, "    - index: %" PRIu64 "\n      value: %" PRIu64 "\n", index,
		value);
	if (value_two)
		fprintf(output->stream, "      valueTwo: %" PRIu64 "\n", value_two);
	fprintf(output->stream, "      op: %s\n", manifest_text(node, "op"));
	return true;
}

static bool write_arguments(struct output *output, const struct manifest_node *rule)
{
	const struct manifest_node *list = manifest_member(rule, "args");

	if (!list || !list->count)
		return true;
	if (list->count > 6)
		return fail(output, list,
			    "a SeccompProfile cannot say this: a rule has at most 6 "
			    "args there");
	fputs("    args:\n", output->stream);
	for (const struct manifest_node *one = list->first; one; one = one->next) {
		if (!write_argument(output, one))
			return false;
	}
	return true;
}

static bool carries_errno(const char *action)
{
	return strstr(action, "ERRNO") || strstr(action, "TRACE");
}

/* The errno that an action has: by its symbol, its number, or EPERM. */
static bool take_errno(struct output *output, const struct manifest_node *node,
		       const char *number_key, const char *symbol_key, uint64_t *number)
{
	const char *symbol = manifest_text(node, symbol_key);
	char text[64];
	uint32_t verdict;

	*number = 1;
	if (symbol && *symbol) {
		snprintf(text, sizeof(text), "ERRNO(%s)", symbol);
		if (!sbpf_verdict_parse(text, &verdict))
			return fail(output, manifest_place(node, symbol_key), "no such errno");
		*number = verdict & SECCOMP_RET_DATA;
		return true;
	}
	return !manifest_member(node, number_key) ||
	       take_number(output, manifest_place(node, number_key), 4095, "an errno", number);
}

/* Guards without anything in them say nothing. */
static bool has_no_guard(struct output *output, const struct manifest_node *rule, const char *key)
{
	const struct manifest_node *guard = manifest_member(rule, key);

	for (const struct manifest_node *one = guard ? guard->first : NULL; one; one = one->next) {
		const struct manifest_node *value = manifest_value(one);

		if (!manifest_is_null(value) && (value->count || value->kind == MANIFEST_SCALAR))
			return fail(
				output, manifest_place(rule, key),
				"a SeccompProfile cannot say this: decide it for a target first, "
				"by sbpf flatten");
	}
	return true;
}

static bool write_errno(struct output *output, const struct manifest_node *rule, const char *action)
{
	uint64_t number;

	if (!carries_errno(action))
		return true;
	if (!take_errno(output, rule, "errnoRet", "errno", &number))
		return false;
	if (!number)
		return fail(output, rule,
			    "a SeccompProfile cannot say this: an errnoRet of 0 is "
			    "none there, and so EPERM");
	if (number != 1)
		fprintf(output->stream, "    errnoRet: %" PRIu64 "\n", number);
	return true;
}

static bool write_rule(struct output *output, const struct manifest_node *rule)
{
	const struct manifest_node *names = manifest_member(rule, "names");
	const char *name = manifest_text(rule, "name");
	const char *action = manifest_text(rule, "action");

	if (!has_no_guard(output, rule, "includes") || !has_no_guard(output, rule, "excludes"))
		return false;
	/* Which says nothing, and has no place there. */
	if (!name && (!names || !names->count))
		return true;
	fprintf(output->stream, "  - action: %s\n", action);
	if (!write_errno(output, rule, action))
		return false;
	if (name)
		fprintf(output->stream, "    names:\n    - %s\n", name);
	else
		write_names(output, "    ", "names", names);
	return !output->failed && write_arguments(output, rule);
}

static bool write_rules(struct output *output, const struct manifest_node *profile)
{
	const struct manifest_node *rules = manifest_member(profile, "syscalls");
	long empty = ftell(output->stream);
	long before;

	fputs("  syscalls:\n", output->stream);
	before = ftell(output->stream);
	for (const struct manifest_node *one = rules ? rules->first : NULL; one; one = one->next) {
		if (!write_rule(output, one))
			return false;
	}
	if (ftell(output->stream) == before)
		fseek(output->stream, empty, SEEK_SET);
	return true;
}

/* ---- The rest of a profile ---- */

static const char *const architectures[] = {
	"SCMP_ARCH_NATIVE",    "SCMP_ARCH_X86",	    "SCMP_ARCH_X86_64",	  "SCMP_ARCH_X32",
	"SCMP_ARCH_ARM",       "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS",	  "SCMP_ARCH_MIPS64",
	"SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32",
	"SCMP_ARCH_PPC",       "SCMP_ARCH_PPC64",   "SCMP_ARCH_PPC64LE",  "SCMP_ARCH_S390",
	"SCMP_ARCH_S390X",     "SCMP_ARCH_PARISC",  "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
};

static bool is_architecture(const char *name)
{
	for (size_t i = 0; i < COUNT(architectures); i++) {
		if (!strcmp(architectures[i], name))
			return true;
	}
	return false;
}

static bool write_architectures(struct output *output, const struct manifest_node *profile)
{
	const struct manifest_node *map = manifest_member(profile, "archMap");
	const struct manifest_node *list = manifest_member(profile, "architectures");

	if (map && map->count)
		return fail(
			output, manifest_place(profile, "archMap"),
			"a SeccompProfile cannot say this: decide it for a target first, by sbpf "
			"flatten");
	if (!list || !list->count)
		return true;
	for (const struct manifest_node *one = list->first; one; one = one->next) {
		if (!is_architecture(one->text))
			return fail(
				output, one,
				"a SeccompProfile cannot say this: it has no architecture %.40s",
				one->text);
	}
	return write_names(output, "  ", "architectures", list);
}

static bool check_default(struct output *output, const struct manifest_node *profile)
{
	const struct manifest_node *node = manifest_place(profile, "defaultErrno");
	uint64_t number;

	if (!carries_errno(manifest_text(profile, "defaultAction")))
		return true;
	if (!take_errno(output, profile, "defaultErrnoRet", "defaultErrno", &number))
		return false;
	if (number == 1)
		return true;
	if (manifest_is_null(node))
		node = manifest_place(profile, "defaultErrnoRet");
	return fail(output, node,
		    "a SeccompProfile cannot say this: the default is EPERM there; name the calls "
		    "that are to get another errno in rules");
}

static bool write_listener(struct output *output, const struct manifest_node *profile)
{
	const char *path = manifest_text(profile, "listenerPath");
	const char *metadata = manifest_text(profile, "listenerMetadata");

	if (path && *path) {
		if (strncmp(path, LISTENERS, strlen(LISTENERS)))
			return fail(
				output, manifest_place(profile, "listenerPath"),
				"a SeccompProfile cannot say this: the path begins with " LISTENERS
				" there");
		fputs("  listenerPath: ", output->stream);
		write_string(output->stream, path);
		putc('\n', output->stream);
	}
	if (metadata && *metadata) {
		fputs("  listenerMetadata: ", output->stream);
		json_string(output->stream, metadata);
		putc('\n', output->stream);
	}
	return true;
}

static bool write_spec(struct output *output, const struct manifest_node *profile)
{
	const struct manifest_node *flags = manifest_member(profile, "flags");

	if (!check_default(output, profile))
		return false;
	fprintf(output->stream, "spec:\n  defaultAction: %s\n",
		manifest_text(profile, "defaultAction"));
	if (!write_architectures(output, profile))
		return false;
	if (flags && flags->count && !write_names(output, "  ", "flags", flags))
		return false;
	return write_listener(output, profile) && write_rules(output, profile);
}

/* ---- Documents ---- */

typedef bool document_writer(struct output *output, const struct manifest_node *root,
			     const void *context);

/* What a writer makes of the one document of a text. */
static char *write_document(const char *text, size_t length, document_writer *write,
			    const void *context, size_t *size, struct sbpf_error *error)
{
	struct manifest *manifest = manifest_open(text, length, error);
	struct output output = { .error = error };
	const struct manifest_node *root;
	char *made = NULL;
	bool done = false;

	if (manifest && manifest_next(manifest, &root, error) == 1) {
		output.stream = open_memstream(&made, size);
		done = output.stream && write(&output, root, context);
		if (output.stream && fclose(output.stream))
			done = false;
	}
	manifest_close(manifest);
	if (done)
		return made;
	if (!error->code)
		*error = (struct sbpf_error){ .code = SBPF_ERROR_MEMORY,
					      .message = "out of memory" };
	free(made);
	return NULL;
}

struct heading {
	const char *version;
	const char *name;
};

static bool write_resource(struct output *output, const struct manifest_node *root,
			   const void *context)
{
	const struct manifest_node *profile = manifest_find(root, "linux.seccomp");
	const struct heading *heading = context;

	fprintf(output->stream,
		"apiVersion: " RESOURCE_GROUP "/%s\nkind: " RESOURCE_KIND "\nmetadata:\n  name: ",
		heading->version);
	write_string(output->stream, heading->name);
	putc('\n', output->stream);
	return write_spec(output, profile ? profile : root);
}

char *convert_to_resource(const char *text, size_t length, const char *version, const char *name,
			  size_t *size, struct sbpf_error *error)
{
	const struct heading heading = { version, name };

	return write_document(text, length, write_resource, &heading, size, error);
}

/* ---- Layout ---- */

static void write_value(FILE *out, const struct manifest_node *node, int depth);

/* Lists of strings in one line, of objects with a line for each. */
static void write_list(FILE *out, const struct manifest_node *list, int depth)
{
	bool in_lines = list->first && list->first->kind != MANIFEST_SCALAR;

	putc('[', out);
	for (const struct manifest_node *one = list->first; one; one = one->next) {
		if (in_lines)
			fprintf(out, "%s\n%*s", one == list->first ? "" : ",", 2 * depth + 2, "");
		else if (one != list->first)
			fputs(", ", out);
		write_value(out, one, depth + 1);
	}
	if (in_lines)
		fprintf(out, "\n%*s", 2 * depth, "");
	putc(']', out);
}

static void write_members(FILE *out, const struct manifest_node *object, int depth)
{
	putc('{', out);
	for (const struct manifest_node *one = object->first; one; one = one->next) {
		fprintf(out, "%s\n%*s", one == object->first ? "" : ",", 2 * depth + 2, "");
		json_string(out, one->key->text);
		fputs(": ", out);
		write_value(out, one, depth + 1);
	}
	fprintf(out, "\n%*s}", 2 * depth, "");
}

static void write_value(FILE *out, const struct manifest_node *node, int depth)
{
	if (node->kind == MANIFEST_MAPPING)
		write_members(out, node, depth);
	else if (node->kind == MANIFEST_SEQUENCE)
		write_list(out, node, depth);
	else if (node->is_plain)
		fputs(node->text, out);
	else
		json_string(out, node->text);
}

static bool write_layout(struct output *output, const struct manifest_node *root,
			 const void *context)
{
	(void)context;
	write_value(output->stream, root, 0);
	putc('\n', output->stream);
	return true;
}

char *convert_layout(const char *text, size_t length, size_t *size, struct sbpf_error *error)
{
	return write_document(text, length, write_layout, NULL, size, error);
}
