/* SPDX-License-Identifier: MIT */
/* A profile from a text, a file or a descriptor to a policy: the way in for C programs. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "foreign.h"
#include "policy.h"
#include "profile.h"
#include "resolve.h"
#include "target.h"

/* Of a text of more bytes the tree is freed before the policy is used. */
#define LATER_MAX (256u << 10)

struct sbpf_policy *sbpf_load_json(const char *text, size_t length,
				   const struct sbpf_target *target, struct sbpf_error *error)
{
	struct sbpf_policy *policy = NULL;
	struct profile profile;
	struct target parsed;

	if (error_is_set(error))
		return NULL;
	if (!text) {
		error_set(error, SBPF_ERROR_USAGE, "no text to read a profile from");
		return NULL;
	}
	if (target_parse(target, &parsed, error))
		return NULL;
	if (!profile_parse(text, length, parsed.strict, &profile, error))
		policy = resolve(&profile, &parsed, error);
	else if (error && length <= SBPF_TEXT_MAX) /* else nobody has looked whether it is there */
		foreign_explain(text, length, error);
	/* Freed with the policy: not on the way to a ready filter. A large one is in the way
	 * longer. */
	if (policy && length <= LATER_MAX) {
		policy->document = profile.document;
		policy->release_document = profile_release_document;
		profile.document = NULL;
	}
	profile_release(&profile);
	return policy;
}

/* Reads the outline and finds a place in it; free the outline in either case. */
static bool locate(const char *text, size_t length, const char *path, struct outline *outline,
		   uint32_t *place)
{
	*outline = (struct outline){ 0 };
	return text && path && !outline_read(text, length, &strict_dialect, outline, NULL) &&
	       place_find(outline, path, place);
}

bool sbpf_json_locate(const char *text, size_t length, const char *path, unsigned int *line,
		      unsigned int *column)
{
	struct outline outline;
	unsigned int unused;
	uint32_t place;
	bool found = locate(text, length, path, &outline, &place);

	if (found)
		outline_line(&outline, outline.places[place].at, line ? line : &unused,
			     column ? column : &unused);
	outline_free(&outline);
	return found;
}

size_t sbpf_json_lines(const char *text, size_t length, const char *path, unsigned int *lines,
		       size_t count)
{
	struct outline outline;
	unsigned int column;
	uint32_t place;
	size_t found = 0;

	if ((!count || lines) && locate(text, length, path, &outline, &place) &&
	    place_type(&outline, place) == '[') {
		for (uint32_t at = place_inside(&outline, place); at;
		     at = outline.places[at].next, found++) {
			if (found < count)
				outline_line(&outline, outline.places[at].at, &lines[found],
					     &column);
		}
	}
	outline_free(&outline);
	return found;
}

/* ---- Files ---- */

/* A file's text; bytes has room for one byte more than the most that is accepted. */
struct input {
	const char *path;
	char *bytes;
	size_t length;
	size_t size;
};

/* Sets the error of the system call that just failed. */
static int fail_to_read(const struct input *input, struct sbpf_error *error)
{
	int number = errno;
	bool first = error && error->code == SBPF_OK;

	error_set(error, SBPF_ERROR_READ, "cannot read '%s': %m", printable(input->path).text);
	if (first)
		error->system_errno = number;
	return -1;
}

static int make_room(struct input *input, struct sbpf_error *error)
{
	size_t size = input->size ? input->size * 4 : 64u << 10;
	char *bytes;

	if (size > SBPF_TEXT_MAX + 1)
		size = SBPF_TEXT_MAX + 1;
	bytes = realloc(input->bytes, size);
	if (!bytes)
		return error_memory(error);
	input->bytes = bytes;
	input->size = size;
	return 0;
}

static int read_all(int file, struct input *input, struct sbpf_error *error)
{
	for (;;) {
		ssize_t count;

		if (input->length > SBPF_TEXT_MAX)
			return error_set(error, SBPF_ERROR_PROFILE,
					 "the file is too large: a profile has at most %u bytes",
					 SBPF_TEXT_MAX);
		if (input->length == input->size && make_room(input, error))
			return -1;
		count = read(file, input->bytes + input->length, input->size - input->length);
		if (count == 0)
			return 0;
		if (count > 0)
			input->length += (size_t)count;
		else if (errno != EINTR)
			return fail_to_read(input, error);
	}
}

static int read_file(struct input *input, struct sbpf_error *error)
{
	int file = open(input->path, O_RDONLY | O_CLOEXEC);
	int result;

	if (file < 0)
		return fail_to_read(input, error);
	result = read_all(file, input, error);
	close(file);
	return result;
}

/* Says of all that was found in a file which it is. */
static void name_file(const char *file, struct sbpf_policy *policy, struct sbpf_error *error)
{
	if (error_is_set(error))
		error_set_file(error, file);
	for (size_t i = 0; policy && i < policy->warning_count; i++)
		error_set_file(&policy->warnings[i], file);
}

struct sbpf_policy *sbpf_load_json_file(const char *path, const struct sbpf_target *target,
					struct sbpf_error *error)
{
	struct sbpf_policy *policy = NULL;
	struct input input = { .path = path };
	bool standard_input = path && !strcmp(path, "-");

	if (error_is_set(error))
		return NULL;
	if (!path) {
		error_set(error, SBPF_ERROR_USAGE, "no path to read a profile from");
		return NULL;
	}
	if (standard_input)
		input.path = "standard input";
	if (!(standard_input ? read_all(STDIN_FILENO, &input, error) : read_file(&input, error)))
		policy = sbpf_load_json(input.bytes, input.length, target, error);
	free(input.bytes);
	name_file(input.path, policy, error);
	return policy;
}
