/* SPDX-License-Identifier: MIT */
/* The bundle's config.json: read, annotated as text, handed over in memory. */
#include "oci.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Enough to tell that there is more than the library takes. */
#define READ_MAX ((size_t)SBPF_TEXT_MAX + 1)

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
	/* A pipe has no size, and can be read only once: by us. */
	room = room_for(S_ISREG(status.st_mode) ? status.st_size : (off_t)READ_MAX);
	config->text = malloc(room);
	done = config->text && read_all(descriptor, config, room);
out:
	number = errno;
	close(descriptor);
	errno = number;
	return done;
}

void config_free(struct config *config)
{
	free(config->text);
	free(config->path);
}

/* ---- Places in the text ---- */

static size_t skip_lines(const struct config *config, unsigned int count)
{
	const char *at = config->text;

	while (count--)
		at = strchr(at, '\n') + 1;
	return (size_t)(at - config->text);
}

/* The offset of the value at a path as sbpf_json_locate() takes it; false when there is none. */
static bool find(const struct config *config, const char *path, size_t *offset)
{
	unsigned int line, column;

	if (!sbpf_json_locate(config->text, config->length, path, &line, &column))
		return false;
	*offset = skip_lines(config, line - 1) + column - 1;
	return true;
}

bool config_is_json(const struct config *config)
{
	size_t at;

	return find(config, "", &at);
}

static const char *skip_space(const char *at)
{
	return at + strspn(at, " \t\n\r");
}

/* at: the opening quote. Behind the closing one. */
static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++)
		at += *at == '\\';
	return at + 1;
}

/* at: the opening bracket of an object or an array. Behind the closing one. */
static const char *skip_container(const char *at)
{
	unsigned int depth = 0;

	do {
		if (*at == '"') {
			at = skip_string(at);
			continue;
		}
		depth += *at == '{' || *at == '[';
		depth -= *at == '}' || *at == ']';
		at++;
	} while (depth > 0);
	return at;
}

bool config_find_profile(struct config *config)
{
	const char *value;

	if (!find(config, "linux.seccomp", &config->profile))
		return false;
	value = config->text + config->profile;
	config->profile_length = *value == '{' ? (size_t)(skip_container(value) - value) : 0;
	return true;
}

static const char *skip_value(const char *at)
{
	if (*at == '"')
		return skip_string(at);
	if (*at == '{' || *at == '[')
		return skip_container(at);
	return at + strcspn(at, ",]} \t\n\r");
}

/* The character of a string that is no escape but \u, which is the only one letters have. */
static const char *next_unit(const char *at, unsigned long *unit)
{
	char digits[5] = "";

	*unit = (unsigned char)*at;
	if (at[0] != '\\' || at[1] != 'u')
		return at + 1;
	memcpy(digits, at + 2, 4);
	*unit = strtoul(digits, NULL, 16);
	return at + 6;
}

/* at: the opening quote of a key. Whether runtimes read it as this one, of letters and marks. */
static bool is_key(const char *at, const char *key)
{
	for (at++; *key && *at != '"'; key++) {
		unsigned long unit;

		at = next_unit(at, &unit);
		if (unit != (unsigned char)*key)
			return false;
	}
	return !*key && *at == '"';
}

/* Whether a key may stand in the text at all, plainly or behind escapes. */
static bool may_have(const struct config *config, const char *key)
{
	return strstr(config->text, key) || strstr(config->text, "\\u");
}

static bool find_annotations(const struct config *config, size_t *offset)
{
	return may_have(config, "annotations") && find(config, "annotations", offset);
}

/* The object of annotations, or NULL when there is none. */
static const char *annotations_of(const struct config *config)
{
	size_t at;

	if (!find_annotations(config, &at) || config->text[at] != '{')
		return NULL;
	return config->text + at;
}

bool config_has_filter(const struct config *config)
{
	const char *at = may_have(config, FILTER_ANNOTATION) ? annotations_of(config) : NULL;

	if (!at)
		return false;
	/*
	 * Of two equal keys crun takes the first with yajl, and the last with json-c: so that ours
	 * counts, there must be no other. Nor are all values strings: json-c's crun ignores null.
	 */
	for (at = skip_space(at + 1); *at == '"'; at = skip_space(at + (*at == ','))) {
		if (is_key(at, FILTER_ANNOTATION))
			return true;
		at = skip_space(skip_string(at));
		at = skip_space(skip_value(skip_space(at + 1)));
	}
	return false;
}

/* ---- Rewriting ---- */

/* What is put in place of some bytes of the text. */
struct edit {
	size_t offset;
	size_t removed;
	const char *before;
	const char *filter; /* between the two others, or NULL */
	const char *after;
};

/* Where the annotation goes: into the object, in place of null, or with an object of its own. */
static struct edit plan_annotation(const struct config *config, const char *filter)
{
	struct edit edit = { .before = "", .filter = filter };
	size_t at;

	if (!find_annotations(config, &at)) {
		edit.offset = (size_t)(skip_space(config->text) + 1 - config->text);
		edit.before = "\"annotations\":{";
		edit.after = "},";
		return edit;
	}
	edit.offset = at + 1;
	edit.after = *skip_space(config->text + at + 1) == '}' ? "" : ",";
	if (config->text[at] == 'n')
		edit = (struct edit){ at, 4, "{", filter, "}" };
	return edit;
}

/* What crun reads of linux.seccomp beside an annotation (1.8 to 1.28: container.c). */
static bool profile_is_needed(const char *profile, size_t length)
{
	static const char *const keys[] = { "\"flags\"", "\"listener", "\\u" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (memmem(profile, length, keys[i], strlen(keys[i])))
			return true;
	}
	return false;
}

/*
 * A runtime that does not know the annotation must not run the container under another filter than
 * the proven one: with this in its place the container dies at its first call. And crun need not
 * read hundreds of names again.
 */
static struct edit plan_profile(const struct config *config)
{
	struct edit edit = { .offset = config->profile, .before = "", .after = "" };

	if (profile_is_needed(config->text + config->profile, config->profile_length))
		return edit;
	edit.removed = config->profile_length;
	edit.before = "{\"defaultAction\":\"SCMP_ACT_KILL\"}";
	return edit;
}

/* The text from one offset to another, then what an edit puts after that. */
static void put(FILE *out, const struct config *config, size_t from, const struct edit *edit)
{
	fwrite(config->text + from, 1, edit->offset - from, out);
	fputs(edit->before, out);
	if (edit->filter)
		fprintf(out, "\"%s\":\"%s\"", FILTER_ANNOTATION, edit->filter);
	fputs(edit->after, out);
}

char *config_rewrite(const struct config *config, const char *filter, size_t *length)
{
	const struct edit annotation = plan_annotation(config, filter);
	const struct edit profile = plan_profile(config);
	bool in_order = annotation.offset < profile.offset;
	const struct edit *first = in_order ? &annotation : &profile;
	const struct edit *second = in_order ? &profile : &annotation;
	size_t rest = second->offset + second->removed;
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	bool done;

	if (!out)
		return NULL;
	put(out, config, 0, first);
	put(out, config, first->offset + first->removed, second);
	fwrite(config->text + rest, 1, config->length - rest, out);
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
