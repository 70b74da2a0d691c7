/* SPDX-License-Identifier: MIT */
/*
 * Where in a config.json the members stand that matter here. All else may be whatever a JSON text
 * of RFC 8259 can hold, as deep as it likes: what is no profile is the runtime's to judge. The
 * comments that crun's yajl takes become blanks, for crun's json-c ends some of them elsewhere.
 */
#include "oci.h"

#include <stdio.h>
#include <string.h>

#include "place.h"

/* As deep as the members of linux.seccomp. */
static const struct dialect dialect = { "JSON", .levels = 3, .lax = true };

/*
 * The members that are looked for, and in which other one. Where the runtime could take another
 * one of two equal keys than is taken here, there must be only one.
 */
static const struct row {
	enum part parent;
	const char *key;
	bool once;
} rows[PART_COUNT] = {
	[PART_LINUX] = { PART_ROOT, "linux", true },
	[PART_SECCOMP] = { PART_LINUX, "seccomp", true },
	[PART_FLAGS] = { PART_SECCOMP, "flags", true },
	[PART_LISTENER_PATH] = { PART_SECCOMP, "listenerPath", true },
	[PART_LISTENER_METADATA] = { PART_SECCOMP, "listenerMetadata", true },
	[PART_ANNOTATIONS] = { PART_ROOT, "annotations", true },
	[PART_FILTER] = { PART_ANNOTATIONS, FILTER_ANNOTATION, true },
	[PART_RECEIVER] = { PART_ANNOTATIONS, "run.oci.seccomp.receiver", true },
	[PART_PLUGINS] = { PART_ANNOTATIONS, "run.oci.seccomp.plugins", true },
	/* Podman: libpod/define/annotations.go. CRI-O: pkg/annotations. containerd:
	 * pkg/cri/annotations. */
	[PART_PODMAN_PROFILE] = { PART_ANNOTATIONS, "io.podman.annotations.seccomp", false },
	[PART_CRIO_PROFILE] = { PART_ANNOTATIONS, "io.kubernetes.cri-o.SeccompProfilePath", false },
	[PART_CRIO_CONTAINER] = { PART_ANNOTATIONS, "io.kubernetes.container.name", false },
	[PART_CRIO_POD] = { PART_ANNOTATIONS, "io.kubernetes.pod.name", false },
	[PART_CRIO_NAMESPACE] = { PART_ANNOTATIONS, "io.kubernetes.pod.namespace", false },
	[PART_CRI_CONTAINER] = { PART_ANNOTATIONS, "io.kubernetes.cri.container-name", false },
	[PART_CRI_POD] = { PART_ANNOTATIONS, "io.kubernetes.cri.sandbox-name", false },
	[PART_CRI_NAMESPACE] = { PART_ANNOTATIONS, "io.kubernetes.cri.sandbox-namespace", false },
};

/* ---- Members ---- */

static enum part find_row(const struct outline *outline, enum part parent, uint32_t member)
{
	for (int i = PART_ROOT + 1; i < PART_COUNT; i++) {
		if (rows[i].parent == parent && key_is(outline, member, rows[i].key))
			return (enum part)i;
	}
	return PART_ROOT;
}

const char *config_key(enum part part)
{
	return rows[part].key;
}

static bool refuse_second(struct outline *outline, enum part part, uint32_t place,
			  struct sbpf_error *error)
{
	enum part parent = rows[part].parent;

	error->code = SBPF_ERROR_PROFILE;
	outline_line(outline, outline->places[place].at, &error->line, &error->column);
	snprintf(error->where, sizeof(error->where), "%s%s%s", parent ? rows[parent].key : "",
		 parent ? "." : "", rows[part].key);
	snprintf(error->message, sizeof(error->message),
		 "the key stands there twice: runtimes differ in which of them they take, so "
		 "remove one");
	return false;
}

static void note(struct config *config, const struct outline *outline, enum part part,
		 uint32_t place)
{
	const struct place *found = &outline->places[place];

	config->parts[part] = (struct span){ found->at, found->end - found->at };
}

/* Finds the members of an object, and what is inside of them: no deeper than the table. */
static bool find_parts(struct config *config, struct outline *outline, enum part parent,
		       uint32_t object, struct sbpf_error *error)
{
	uint32_t at = place_type(outline, object) == '{' ? place_inside(outline, object) : 0;

	for (; at; at = outline->places[at].next) {
		enum part part = find_row(outline, parent, at);

		if (part == PART_ROOT)
			continue;
		if (config->parts[part].length && rows[part].once)
			return refuse_second(outline, part, at, error);
		if (!config->parts[part].length)
			note(config, outline, part, at);
		if (!find_parts(config, outline, part, at, error))
			return false;
	}
	return true;
}

/* ---- Comments ---- */

/* The length of a string or a comment in a text that was read; else 1. */
static size_t token_length(const char *at)
{
	size_t length = 1;

	if (at[0] == '/')
		return at[1] == '/' ? strcspn(at, "\n") : (size_t)(strstr(at + 2, "*/") + 2 - at);
	if (at[0] != '"')
		return 1;
	for (; at[length] != '"'; length++)
		length += at[length] == '\\';
	return length + 1;
}

/* Outside of the profile, which is the library's to judge as it is written. */
static void blank_comments(struct config *config)
{
	const struct span *profile = &config->parts[PART_SECCOMP];
	size_t end;

	for (size_t at = 0; at < config->length; at = end) {
		end = at + token_length(config->text + at);
		if (config->text[at] != '/' ||
		    (at >= profile->at && at < profile->at + profile->length))
			continue;
		for (; at < end; at++) {
			if (config->text[at] != '\n')
				config->text[at] = ' ';
		}
	}
}

bool config_scan(struct config *config, struct sbpf_error *error)
{
	struct outline outline;
	bool done;

	*error = (struct sbpf_error){ 0 };
	done = !outline_read(config->text, config->length, &dialect, &outline, error) &&
	       find_parts(config, &outline, PART_ROOT, 0, error);
	if (done) {
		note(config, &outline, PART_ROOT, 0);
		config->commented = outline.has_comments;
	}
	outline_free(&outline);
	if (config->commented)
		blank_comments(config);
	return done;
}
