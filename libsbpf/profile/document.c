/* SPDX-License-Identifier: MIT */
/* A text to struct profile: where in it the profile stands, alone or in a config.json. */
#include "error.h"
#include "parse.h"
#include "repeats.h"

/* ---- Profiles where none is looked for ------------------------------------------------- */

static bool looks_like_profile(const struct parser *parser, struct value value)
{
	return place_member(&parser->profile->outline, value.place, "defaultAction") ||
	       (place_type(&parser->profile->outline, value.place) == '{' &&
		find_spelling(parser, value, "defaultAction"));
}

static int refuse_wrapped(struct parser *parser, struct value value);

static int refuse_member(struct parser *parser, struct value value)
{
	char where[128];

	if (!looks_like_profile(parser, value))
		return refuse_wrapped(parser, value);
	return profile_error(
		parser->profile, value.place, parser->error,
		"a profile stands under '%s', where none is looked for: take that "
		"object out and hand it over alone, or put it under linux.seccomp of a "
		"config.json",
		place_format(&parser->profile->outline, value.place, where, sizeof(where)));
}

/* Refuses a value with a profile somewhere inside of it: -1, or 0 when there is none. */
static int refuse_wrapped(struct parser *parser, struct value value)
{
	struct walk walk = walk_into(parser, value);

	while (walk_next(parser, &walk)) {
		if (refuse_member(parser, walk.value))
			return -1;
	}
	return 0;
}

/* ---- The profile ----------------------------------------------------------------------- */

static int refuse_without_default(struct parser *parser, struct value object)
{
	if (!looks_like_profile(parser, object) && refuse_wrapped(parser, object))
		return -1;
	return refuse_missing(parser, object, &profile_schema, "defaultAction",
			      "a profile needs 'defaultAction', such as SCMP_ACT_ERRNO");
}

static int read_profile(struct parser *parser, struct value object)
{
	parser->profile->base = object.place;
	if (!member_of(parser, object, "defaultAction").json)
		return refuse_without_default(parser, object);
	return read_object(parser, object, &profile_schema, parser->profile);
}

/* ---- config.json of the OCI runtime specification -------------------------------------- */

/* The object that is a member of *object, none when it is absent or null. */
static int descend(struct parser *parser, struct value *object, const char *key)
{
	*object = member_of(parser, *object, key);
	if (object->json && place_type(&parser->profile->outline, object->place) != '{')
		return refuse_type(parser, *object, "an object");
	return 0;
}

static int read_bounding_set(struct parser *parser, struct value document)
{
	struct profile *profile = parser->profile;
	struct value at = document;

	if (descend(parser, &at, "process") || descend(parser, &at, "capabilities"))
		return -1;
	at = member_of(parser, at, capabilities_member.key);
	profile->has_capabilities = at.json;
	return at.json ? read_all(parser, at, &capabilities_member, &profile->capabilities) : 0;
}

static int refuse_without_seccomp(struct parser *parser, struct value document)
{
	if (refuse_wrapped(parser, document))
		return -1;
	return profile_error(parser->profile, 0, parser->error,
			     "this config.json asks for no filter: it has no linux.seccomp");
}

static int read_config(struct parser *parser, struct value document)
{
	struct value at = document;

	if (descend(parser, &at, "linux") || descend(parser, &at, "seccomp"))
		return -1;
	if (!at.json)
		return refuse_without_seccomp(parser, document);
	if (read_bounding_set(parser, document))
		return -1;
	return read_profile(parser, at);
}

/* What counts in a config.json. */
static const struct member linux_members[] = { { "seccomp", .inside = &profile_schema } };
static const struct schema linux_schema = SCHEMA(linux_members, NULL);
static const struct member capability_members[] = { { .key = "bounding" } };
static const struct schema capability_schema = SCHEMA(capability_members, NULL);
static const struct member process_members[] = { { "capabilities", .inside = &capability_schema } };
static const struct schema process_schema = SCHEMA(process_members, NULL);
static const struct member config_members[] = {
	{ "linux", .inside = &linux_schema },
	{ "process", .inside = &process_schema },
};
static const struct schema config_schema = SCHEMA(config_members, NULL);

/* ---- The document ---------------------------------------------------------------------- */

/* Whether the document has a member that is not null. */
static bool has(const struct outline *outline, const char *key)
{
	for (uint32_t at = place_inside(outline, 0); at; at = outline->places[at].next) {
		if (key_is(outline, at, key) && place_type(outline, at) != 'n')
			return true;
	}
	return false;
}

static bool is_profile(const struct outline *outline)
{
	return has(outline, "defaultAction") ||
	       !(has(outline, "ociVersion") || has(outline, "linux"));
}

/* A profile that stands alone. */
static int read_alone(struct parser *parser, struct value document)
{
	struct value at = member_of(parser, member_of(parser, document, "linux"), "seccomp");

	if (member_of(parser, document, "defaultAction").json && at.json)
		return profile_error(parser->profile, at.place, parser->error,
				     "the text is either a profile, with 'defaultAction', or a "
				     "config.json, with this: remove one of them");
	return read_profile(parser, document);
}

int profile_parse(const char *text, size_t length, bool strict, struct profile *profile,
		  struct sbpf_error *error)
{
	struct parser parser = { .profile = profile, .error = error };
	struct value document = { .place = 0 };
	bool alone;

	*profile = (struct profile){ .strict = strict };
	if (length > SBPF_TEXT_MAX)
		return error_set(error, SBPF_ERROR_PROFILE,
				 "the text has %zu bytes: a profile has at most %u", length,
				 SBPF_TEXT_MAX);
	if (outline_read(text, length, &strict_dialect, &profile->outline, error))
		return -1;
	if (place_type(&profile->outline, 0) != '{')
		return profile_error(profile, 0, error, "a profile is a JSON object: { ... }");
	alone = is_profile(&profile->outline);
	if (check_size(&parser) ||
	    check_repeats(&parser, alone ? &profile_schema : &config_schema) || read_tree(&parser))
		return -1;
	document.json = profile->document;
	return alone ? read_alone(&parser, document) : read_config(&parser, document);
}

void profile_release(struct profile *profile)
{
	arena_free(&profile->arena);
	outline_free(&profile->outline);
	profile_release_document(profile->document);
}
