/* SPDX-License-Identifier: MIT */
/*
 * Where in a config.json the members stand that matter here. All else may be whatever a JSON text
 * of RFC 8259 can hold, as deep as it likes: what is no profile is the runtime's to judge. The
 * comments that crun's yajl takes become blanks, for crun's json-c ends some of them elsewhere.
 */
#include "oci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

struct scan {
	struct config *config;
	char *text; /* ends with NUL, which stands nowhere else */
	size_t at;
	unsigned char *open; /* a bit for each open bracket: whether it is an object's */
	bool in_profile;     /* which is the library's to judge, as it is written */
	enum part part;	     /* what problem is about, if not about the text at this place */
	const char *problem; /* once there is one */
};

static bool fail(struct scan *scan, const char *problem)
{
	if (!scan->problem)
		scan->problem = problem;
	return false;
}

/* ---- Tokens ---- */

static void blank(char *at, const char *end)
{
	for (; at < end; at++) {
		if (*at != '\n')
			*at = ' ';
	}
}

/* at the '/' that begins it. False when it is no comment. */
static bool skip_comment(struct scan *scan)
{
	char *start = scan->text + scan->at;
	const char *end = NULL;

	if (start[1] == '/')
		end = start + strcspn(start, "\n");
	else if (start[1] == '*' && (end = strstr(start + 2, "*/")))
		end += 2;
	if (!end)
		return fail(scan, "a comment is neither // to the end of a line nor closed by */");
	scan->at = (size_t)(end - scan->text);
	if (!scan->in_profile)
		blank(start, end);
	scan->config->commented = true;
	return true;
}

static bool skip_blank(struct scan *scan)
{
	for (;;) {
		scan->at += strspn(scan->text + scan->at, " \t\n\r");
		if (scan->text[scan->at] != '/')
			return true;
		if (!skip_comment(scan))
			return false;
	}
}

/* Takes a character, with the blanks behind it. */
static bool take(struct scan *scan, char wanted)
{
	if (scan->text[scan->at] != wanted)
		return false;
	scan->at++;
	return skip_blank(scan);
}

static size_t count_hex(const char *at)
{
	return strspn(at, "0123456789abcdefABCDEF");
}

/* Every \u counts, also those of half a pair; bytes from 0x80 on are not looked at. */
static bool skip_string(struct scan *scan)
{
	const char *at = scan->text + scan->at;

	if (*at != '"')
		return fail(scan, "a string is expected");
	for (at++; *at != '"'; at++) {
		scan->at = (size_t)(at - scan->text);
		if ((unsigned char)*at < 0x20)
			return fail(scan, "a string has no closing quote, or a control character");
		if (*at != '\\')
			continue;
		at++;
		if (*at == 'u' && count_hex(at + 1) >= 4)
			at += 4;
		else if (!*at || !strchr("\"\\/bfnrt", *at))
			return fail(scan, "no escape sequence of JSON");
	}
	scan->at = (size_t)(at + 1 - scan->text);
	return true;
}

static size_t count_digits(const char *at)
{
	return strspn(at, "0123456789");
}

/* The length of the number at a place; 0 when it is none. */
static size_t number_length(const char *start)
{
	const char *at = start + (*start == '-');
	size_t digits = count_digits(at);

	if (!digits || (*at == '0' && digits > 1))
		return 0;
	at += digits;
	if (*at == '.') {
		digits = count_digits(at + 1);
		at += 1 + digits;
		if (!digits)
			return 0;
	}
	if (*at == 'e' || *at == 'E') {
		at++;
		at += *at == '+' || *at == '-';
		digits = count_digits(at);
		at += digits;
		if (!digits)
			return 0;
	}
	return (size_t)(at - start);
}

static bool skip_scalar(struct scan *scan)
{
	static const char *const words[] = { "true", "false", "null" };
	const char *at = scan->text + scan->at;
	size_t length = number_length(at);

	if (*at == '"')
		return skip_string(scan);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strncmp(at, words[i], strlen(words[i])))
			length = strlen(words[i]);
	}
	if (!length)
		return fail(scan, "a value is expected");
	scan->at += length;
	return true;
}

/* ---- Whole values, however deep ---- */

static void remember(struct scan *scan, size_t depth, bool object)
{
	unsigned char bit = (unsigned char)(1u << depth % 8);

	scan->open[depth / 8] &= (unsigned char)~bit;
	if (object)
		scan->open[depth / 8] |= bit;
}

static bool in_object(const struct scan *scan, size_t depth)
{
	return scan->open[(depth - 1) / 8] >> (depth - 1) % 8 & 1;
}

static bool skip_key(struct scan *scan)
{
	if (!skip_string(scan) || !skip_blank(scan))
		return false;
	return take(scan, ':') || fail(scan, "':' is expected");
}

/* Behind a value: closes what ends here. *more: another value follows, whose key was read. */
static bool leave(struct scan *scan, size_t *depth, bool *more)
{
	for (*more = false; *depth && !*more;) {
		bool object = in_object(scan, *depth);

		if (!skip_blank(scan))
			return false;
		if (take(scan, ','))
			*more = true;
		else if (scan->problem)
			return false;
		else if (scan->text[scan->at] == (object ? '}' : ']'))
			scan->at++, --*depth;
		else
			return fail(scan,
				    object ? "',' or '}' is expected" : "',' or ']' is expected");
		if (*more && object && !skip_key(scan))
			return false;
	}
	return true;
}

static bool skip_value(struct scan *scan)
{
	size_t depth = 0;
	bool more = true;

	while (more) {
		char bracket = scan->text[scan->at];
		bool object = bracket == '{';

		if (!object && bracket != '[') {
			if (!skip_scalar(scan) || !leave(scan, &depth, &more))
				return false;
			continue;
		}
		remember(scan, depth++, object);
		if (!take(scan, bracket))
			return false;
		if (scan->text[scan->at] == (object ? '}' : ']')) {
			scan->at++;
			depth--;
			if (!leave(scan, &depth, &more))
				return false;
		} else if (object && !skip_key(scan)) {
			return false;
		}
	}
	return true;
}

/* ---- The members that matter ---- */

/* One character of a string: no escape but \u can stand for one of a key that is looked for. */
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

/* at: the opening quote of a key. For crun, which is in C, a key ends at a \u0000 in it. */
static bool is_key(const char *at, const char *key)
{
	unsigned long unit;

	for (at++; *key; key++) {
		if (*at == '"')
			return false;
		at = next_unit(at, &unit);
		if (unit != (unsigned char)*key)
			return false;
	}
	if (*at == '"')
		return true;
	next_unit(at, &unit);
	return !unit;
}

static enum part find_row(enum part parent, const char *key)
{
	for (int i = PART_ROOT + 1; i < PART_COUNT; i++) {
		if (rows[i].parent == parent && is_key(key, rows[i].key))
			return (enum part)i;
	}
	return PART_ROOT;
}

static bool has_rows(enum part part)
{
	return part == PART_LINUX || part == PART_SECCOMP || part == PART_ANNOTATIONS;
}

static bool walk_object(struct scan *scan, enum part parent);

static bool read_member(struct scan *scan, enum part part)
{
	struct span *span = &scan->config->parts[part];
	bool outside = part == PART_SECCOMP;
	bool done;

	if (part == PART_ROOT || (span->length && !rows[part].once))
		return skip_value(scan);
	if (span->length) {
		scan->part = part;
		return fail(scan,
			    "the key stands there twice: runtimes differ in which of them they "
			    "take, so remove one");
	}
	*span = (struct span){ .at = scan->at, .length = 1 };
	if (outside)
		scan->in_profile = true;
	/* No deeper than the table: linux, seccomp. */
	done = has_rows(part) && scan->text[scan->at] == '{' ? walk_object(scan, part)
							     : skip_value(scan);
	span->length = scan->at - span->at;
	if (outside)
		scan->in_profile = false;
	return done;
}

/* At its opening bracket. */
static bool walk_object(struct scan *scan, enum part parent)
{
	if (!take(scan, '{'))
		return false;
	if (scan->text[scan->at] == '}') {
		scan->at++;
		return true;
	}
	do {
		const size_t key = scan->at;

		if (!skip_key(scan) || !read_member(scan, find_row(parent, scan->text + key)) ||
		    !skip_blank(scan))
			return false;
	} while (take(scan, ','));
	if (scan->problem || scan->text[scan->at] != '}')
		return fail(scan, "',' or '}' is expected");
	scan->at++;
	return true;
}

static bool walk_text(struct scan *scan)
{
	if (!skip_blank(scan))
		return false;
	scan->config->parts[PART_ROOT].at = scan->at;
	if (scan->text[scan->at] == '{' ? !walk_object(scan, PART_ROOT) : !skip_value(scan))
		return false;
	scan->config->parts[PART_ROOT].length = scan->at - scan->config->parts[PART_ROOT].at;
	if (!skip_blank(scan))
		return false;
	return !scan->text[scan->at] || fail(scan, "more text follows the JSON");
}

const char *config_key(enum part part)
{
	return rows[part].key;
}

/* "linux.seccomp" */
static void format_path(enum part part, char *text, size_t size)
{
	enum part parent = rows[part].parent;

	snprintf(text, size, "%s%s%s", parent ? rows[parent].key : "", parent ? "." : "",
		 rows[part].key);
}

bool config_scan(struct config *config, struct sbpf_error *error)
{
	struct scan scan = { .config = config, .text = config->text };
	bool done;

	*error = (struct sbpf_error){ .code = SBPF_ERROR_PROFILE };
	scan.open = calloc(config->length / 8 + 1, 1);
	if (!scan.open) {
		snprintf(error->message, sizeof(error->message), "out of memory");
		return false;
	}
	done = walk_text(&scan);
	free(scan.open);
	if (done)
		return true;
	config_place(config, scan.at, &error->line, &error->column);
	snprintf(error->message, sizeof(error->message), "%s%s",
		 scan.part ? "" : "no JSON: ", scan.problem);
	if (scan.part)
		format_path(scan.part, error->where, sizeof(error->where));
	return false;
}
