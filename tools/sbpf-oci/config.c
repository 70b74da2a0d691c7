/* SPDX-License-Identifier: MIT */
/* The bundle's config.json: read, annotated as text, handed over in memory. See scan.c. */
#include "oci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"

/* From Linux 6.3; older headers lack it, and older kernels refuse it. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

#define CONFIG_NAME "config.json"

char *config_path(const struct invocation *invocation)
{
	const char *bundle = invocation->bundle ? invocation->bundle : ".";
	char *path = NULL;

	/* As crun does: only the plain name is looked for in the bundle (create.c, run.c). */
	if (invocation->config && strcmp(invocation->config, CONFIG_NAME))
		return strdup(invocation->config);
	return asprintf(&path, "%s/%s", bundle, CONFIG_NAME) < 0 ? NULL : path;
}

/* ---- Reading ---- */

/* Enough to tell that there is more than is taken. */
#define READ_MAX ((size_t)CONFIG_MAX + 1)

/* Room for a file of this size, for the byte that shows its end, and for the terminator. */
static size_t room_for(off_t size)
{
	size_t least = 4096;

	if (size < 0 || (size_t)size >= READ_MAX)
		return READ_MAX + 1;
	return (size_t)size + 2 < least ? least : (size_t)size + 2;
}

static bool read_all(int descriptor, struct config *config, size_t room)
{
	while (config->length < room - 1) {
		ssize_t count =
			read(descriptor, config->text + config->length, room - 1 - config->length);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return false;
		if (!count)
			break;
		config->length += (size_t)count;
	}
	config->text[config->length] = '\0';
	return true;
}

bool config_read(struct config *config)
{
	int descriptor = open(config->path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	bool done = false;
	size_t room;
	int number;

	if (descriptor < 0)
		return false;
	if (fstat(descriptor, &status))
		goto out;
	/* A pipe has no size. */
	config->stream = !S_ISREG(status.st_mode);
	room = room_for(config->stream ? (off_t)READ_MAX : status.st_size);
	config->text = malloc(room);
	done = config->text && read_all(descriptor, config, room);
	if (done && config->length > CONFIG_MAX) {
		errno = EFBIG;
		done = false;
	}
	/* crun takes the text for a string of C. */
	if (done)
		config->length = strlen(config->text);
out:
	number = errno;
	close(descriptor);
	errno = number;
	return done;
}

void config_free(struct config *config)
{
	free(config->text);
	free(config->name);
	free(config->path);
}

/* ---- Places in the text ---- */

void config_place(const struct config *config, size_t at, unsigned int *line, unsigned int *column)
{
	struct outline outline = { .text = config->text, .length = config->length };

	outline_line(&outline, at, line, column);
}

bool config_has_lines(const struct config *config)
{
	const char *end = strchr(config->text, '\n');

	return end && end[strspn(end, " \t\n\r")];
}

/* The first character of a member's value; NUL when there is none. */
static char kind_of(const struct config *config, enum part part)
{
	return config->parts[part].length ? config->text[config->parts[part].at] : '\0';
}

bool config_has(const struct config *config, enum part part)
{
	return kind_of(config, part) && kind_of(config, part) != 'n'; /* null */
}

bool config_is_object(const struct config *config, enum part part)
{
	return kind_of(config, part) == '{';
}

/* ---- Strings ---- */

bool config_string(const struct config *config, enum part part, char *text, size_t size)
{
	text[0] = '\0';
	if (kind_of(config, part) == '"')
		string_copy(config->text, config->parts[part].at, text, size);
	return text[0] != '\0';
}

/* ---- Rewriting ---- */

static void put_part(FILE *out, const struct config *config, enum part part)
{
	const struct span *span = &config->parts[part];

	fwrite(config->text + span->at, 1, span->length, out);
}

static void put_annotation(FILE *out, const char *filter)
{
	fprintf(out, "\"%s\":\"%s\"", FILTER_ANNOTATION, filter);
}

/* Whether an object has no members. */
static bool is_empty(const struct config *config, size_t at)
{
	return config->text[at + 1 + strspn(config->text + at + 1, " \t\n\r")] == '}';
}

/* Into the annotations, in place of null, or with an object of its own. The end of what it stands
 * for. */
static size_t put_annotations(FILE *out, const struct config *config, const char *filter)
{
	const struct span *span = &config->parts[PART_ANNOTATIONS];

	if (!span->length)
		fputs("\"annotations\":", out);
	fputc('{', out);
	put_annotation(out, filter);
	if (!span->length) {
		fputs("},", out);
		return config->parts[PART_ROOT].at + 1;
	}
	if (!config_is_object(config, PART_ANNOTATIONS)) {
		fputc('}', out);
		return span->at + span->length;
	}
	if (!is_empty(config, span->at))
		fputc(',', out);
	return span->at + 1;
}

/*
 * A runtime that does not know the annotation must not run the container under another filter than
 * the proven one: with this in its place the container dies at its first call. What crun reads of
 * linux.seccomp beside the annotation stays (1.8 to 1.28: container.c).
 */
static size_t put_profile(FILE *out, const struct config *config, const char *filter)
{
	static const enum part needed[] = { PART_FLAGS, PART_LISTENER_PATH,
					    PART_LISTENER_METADATA };
	const struct span *span = &config->parts[PART_SECCOMP];

	(void)filter;
	fputs("{\"defaultAction\":\"SCMP_ACT_KILL\"", out);
	for (size_t i = 0; i < COUNT(needed); i++) {
		if (!config->parts[needed[i]].length)
			continue;
		fprintf(out, ",\"%s\":", config_key(needed[i]));
		put_part(out, config, needed[i]);
	}
	fputc('}', out);
	return span->at + span->length;
}

/* What is put from some place of the text on; the function says up to which. */
struct edit {
	size_t at;
	size_t (*put)(FILE *out, const struct config *config, const char *filter);
};

static void put_text(FILE *out, const struct config *config, const char *filter)
{
	const struct span *annotations = &config->parts[PART_ANNOTATIONS];
	const struct edit annotation = {
		annotations->length ? annotations->at : config->parts[PART_ROOT].at + 1,
		put_annotations,
	};
	const struct edit profile = { config->parts[PART_SECCOMP].at, put_profile };
	const bool in_order = annotation.at < profile.at;
	const struct edit edits[] = { in_order ? annotation : profile,
				      in_order ? profile : annotation };
	size_t from = 0;

	for (size_t i = 0; i < COUNT(edits); i++) {
		fwrite(config->text + from, 1, edits[i].at - from, out);
		from = edits[i].put(out, config, filter);
	}
	fwrite(config->text + from, 1, config->length - from, out);
}

char *config_rewrite(const struct config *config, const char *filter, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	bool done;

	if (!out)
		return NULL;
	if (filter)
		put_text(out, config, filter);
	else
		fwrite(config->text, 1, config->length, out);
	done = !ferror(out);
	if (fclose(out) || !done) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- Handing over ---- */

static bool write_all(int descriptor, const char *text, size_t length)
{
	while (length) {
		ssize_t count = write(descriptor, text, length);

		if (count < 0 && errno != EINTR)
			return false;
		if (count > 0) {
			text += count;
			length -= (size_t)count;
		}
	}
	return true;
}

static int create_memory(void)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int descriptor = memfd_create(CONFIG_NAME, flags | MFD_NOEXEC_SEAL);

	if (descriptor < 0 && errno == EINVAL)
		descriptor = memfd_create(CONFIG_NAME, flags);
	return descriptor;
}

int config_seal(const char *text, size_t length, int lowest)
{
	int memory = create_memory();
	int inherited = -1;
	int number;

	if (memory < 0)
		return -1;
	if (write_all(memory, text, length) &&
	    !fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL))
		inherited = fcntl(memory, F_DUPFD, lowest);
	number = errno;
	close(memory);
	errno = number;
	return inherited;
}
