/* SPDX-License-Identifier: MIT */
/* sbpf k8s convert: profiles as SeccompProfile resources, and back. */
#include "convert.h"
#include "k8s.h"
#include "resource.h"

#include "common.h"
#include "pager.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A name of an object: a DNS subdomain (RFC 1123). */
#define NAME_LENGTH 253

enum api { API_V1, API_V1BETA1 };

struct convert_options {
	const char *name;
	enum api api;
	const char *output;
	struct sbpf_target target; /* the reading alone */
};

static const struct option_row rows[] = {
	{ "name", 0, "NAME", "the resource's name (default: the file's)",
	  offsetof(struct convert_options, name) },
	{ "api", 0, "v1|v1beta1", "the resource's version (default: v1)",
	  offsetof(struct convert_options, api) },
	{ "reading", 0, "READING", "how the profile is read",
	  offsetof(struct convert_options, target.reading) },
	{ "output", 'o', "FILE", "the file to write (default: standard output)",
	  offsetof(struct convert_options, output) },
};

static const struct tool tool = {
	.name = "sbpf k8s convert",
	.synopsis = "[OPTION...] FILE",
	.summary = "Write a profile as a SeccompProfile resource of the Security Profiles "
		   "Operator, or\n"
		   "such a resource as a profile, proven to mean the same.",
	.notes = "FILE is one or the other, or - for standard input. What the resource cannot say\n"
		 "(guards, archMap, another default errno than EPERM, values above 2^63 - 1) is\n"
		 "refused by name; 'sbpf flatten' decides guards and archMap for a target.",
};

static bool is_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++) {
		bool is_edge = !i || i + 1 == length || name[i - 1] == '.' || name[i + 1] == '.';

		if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) &&
		    (is_edge || !strchr("-.", name[i])))
			return false;
	}
	return length && length <= NAME_LENGTH;
}

/* "My profile.json": my-profile. */
static char *name_of_file(const char *file)
{
	const char *slash = strrchr(file, '/');
	char *name = strdup(!strcmp(file, "-") ? "profile" : slash ? slash + 1 : file);
	char *end = name ? strrchr(name, '.') : NULL;

	if (end && end > name)
		*end = '\0';
	for (char *at = name; at && *at; at++)
		*at = isalnum((unsigned char)*at) ? (char)tolower((unsigned char)*at) : '-';
	return name;
}

static bool read_all(int fd, char *text, size_t *length)
{
	*length = 0;
	while (*length <= SBPF_TEXT_MAX) {
		ssize_t count = read(fd, text + *length, SBPF_TEXT_MAX + 1 - *length);

		if (!count)
			return true;
		if (count < 0 && errno != EINTR)
			return false;
		*length += count > 0 ? (size_t)count : 0;
	}
	errno = EFBIG;
	return false;
}

static char *read_file(const char *file, size_t *length)
{
	bool is_stdin = !strcmp(file, "-");
	int fd = is_stdin ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);
	char *text = malloc(SBPF_TEXT_MAX + 1);
	bool done = text && fd >= 0 && read_all(fd, text, length);

	if (!done)
		report(tool.name, "%s: %s", is_stdin ? "<stdin>" : file,
		       text ? strerror(errno) : "out of memory");
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (done)
		return text;
	free(text);
	return NULL;
}

/* ---- Both ways ---- */

static char *to_profile(const char *text, size_t length, size_t *size, struct sbpf_error *error)
{
	size_t raw_length;
	char *raw = resource_profile(text, length, &raw_length, error);
	char *made = raw ? convert_layout(raw, raw_length, size, error) : NULL;

	if (made && convert_prove(raw, raw_length, SBPF_READING_OCI, made, *size, error)) {
		free(made);
		made = NULL;
	}
	free(raw);
	return made;
}

/* What the resource says is read from its own text again. */
static int prove(const struct convert_options *options, const char *text, size_t length,
		 const char *made, size_t size, struct sbpf_error *error)
{
	size_t again_length;
	char *again = resource_profile(made, size, &again_length, error);
	int result = again ? convert_prove(text, length, options->target.reading, again,
					   again_length, error)
			   : -1;

	free(again);
	return result;
}

static char *to_resource(const struct convert_options *options, const char *name, const char *text,
			 size_t length, size_t *size, struct sbpf_error *error)
{
	struct sbpf_policy *policy = sbpf_load_json(text, length, &options->target, error);
	char *made = NULL;

	if (policy)
		made = convert_to_resource(text, length, options->api == API_V1 ? "v1" : "v1beta1",
					   name, size, error);
	if (made && prove(options, text, length, made, *size, error)) {
		free(made);
		made = NULL;
	}
	sbpf_policy_free(policy);
	return made;
}

/* ---- Command ---- */

static int convert(const struct convert_options *options, const char *file, const char *name)
{
	struct sbpf_error error = { 0 };
	size_t length, size;
	char *text = read_file(file, &length);
	char *made = NULL;
	bool written = false;

	if (!text)
		return STATUS_FAILURE;
	if (resource_seems(text, length))
		made = to_profile(text, length, &size, &error);
	else
		made = to_resource(options, name, text, length, &size, &error);
	if (made)
		written = page_show_data(tool.name, made, size, options->output);
	else
		report_error(tool.name, file, &error);
	free(made);
	free(text);
	return written ? STATUS_OK : STATUS_FAILURE;
}

int k8s_convert_main(int argc, char **argv)
{
	struct convert_options options = { 0 };
	const struct option_group groups[] = { { "Options", rows, COUNT(rows), &options } };
	int operand, status;
	char *name;

	if (!options_parse(&tool, groups, 1, argc, argv, &operand, &status))
		return status;
	if (argc - operand != 1)
		return usage_error(&tool, "which profile?");
	name = options.name ? strdup(options.name) : name_of_file(argv[operand]);
	if (!name || !is_name(name))
		status = name ? usage_error(&tool,
					    "--name: '%s' is no name of an object, which has small "
					    "letters, digits, - and .",
					    name)
			      : STATUS_FAILURE;
	else
		status = convert(&options, argv[operand], name);
	free(name);
	return status;
}
