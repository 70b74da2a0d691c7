/* SPDX-License-Identifier: MIT */
/* A text to struct profile: where in it the profile stands, alone or in a config.json. */
#include "error.h"
#include "parse.h"
#include "repeats.h"

/* A member of an object that is not null, 0 when there is none. */
static uint32_t find_member(const struct outline *outline, uint32_t object, const char *key)
{
	uint32_t at = place_type(outline, object) == '{' ? place_inside(outline, object) : 0;

	while (at && (!key_is(outline, at, key) || place_type(outline, at) == 'n'))
		at = outline->places[at].next;
	return at;
}

/* ---- Profiles where none is looked for ---- */

static bool looks_like_profile(const struct outline *outline, uint32_t place)
{
	return place_member(outline, place, "defaultAction") ||
	       find_spelling(outline, place, "defaultAction");
}

/* Refuses what has a profile somewhere inside of it: -1, or 0 when there is none. */
static int refuse_wrapped(struct parser *parser, uint32_t place)
{
	const struct outline *outline = &parser->profile->outline;
	char where[128];

	for (uint32_t at = place_inside(outline, place); at; at = outline->places[at].next) {
		if (looks_like_profile(outline, at))
			return profile_error(parser->profile, at, parser->error,
					     "a profile stands under '%s', where none is looked "
					     "for: take that object out and hand it over alone, or "
					     "put it under linux.seccomp of a config.json",
					     place_format(outline, at, where, sizeof(where)));
		if (refuse_wrapped(parser, at))
			return -1;
	}
	return 0;
}

/* ---- The profile ---- */

static int refuse_without_default(struct parser *parser, uint32_t place)
{
	if (!looks_like_profile(&parser->profile->outline, place) && refuse_wrapped(parser, place))
		return -1;
	return refuse_missing(parser, place, &profile_schema, "defaultAction",
			      "a profile needs 'defaultAction', such as SCMP_ACT_ERRNO");
}

static int read_profile(struct parser *parser, struct value object)
{
	parser->profile->base = object.place;
	if (!find_member(&parser->profile->outline, object.place, "defaultAction"))
		return refuse_without_default(parser, object.place);
	return read_object(parser, object, &profile_schema, parser->profile);
}

/* ---- config.json of the OCI runtime specification ---- */

/* Steps into the object that is a member; json is NULL where it is absent or null, then and before.
 */
static int descend(struct parser *parser, struct value *object, const char *key)
{
	const struct outline *outline = &parser->profile->outline;
	uint32_t member = object->json ? find_member(outline, object->place, key) : 0;

	if (!member) {
		object->json = NULL;
		return 0;
	}
	if (place_type(outline, member) != '{')
		return refuse_type(parser, member, "an object");
	return take_member(parser, object, member);
}

/* What counts in a config.json. */
static const struct member linux_members[] = { { KEY("seccomp"), .inside = &profile_schema } };
static const struct schema linux_schema = SCHEMA(linux_members, NULL);
static const struct member capability_members[] = {
	{ KEY("bounding"), .form = ONE },     { KEY("effective"), .form = IDLE },
	{ KEY("inheritable"), .form = IDLE }, { KEY("permitted"), .form = IDLE },
	{ KEY("ambient"), .form = IDLE },
};
static const struct schema capability_schema = SCHEMA(capability_members, NULL);
static const struct member process_members[] = { { KEY("capabilities"),
						   .inside = &capability_schema } };
static const struct schema process_schema = SCHEMA(process_members, NULL);
static const struct member config_members[] = {
	{ KEY("linux"), .inside = &linux_schema },
	{ KEY("process"), .inside = &process_schema },
};
static const struct schema config_schema = SCHEMA(config_members, NULL);

/* Room for a key that may be another one but for its spelling. */
#define KEY_SIZE 256

/*
 * Steps into a member as descend() does. One whose key is written otherwise is no such member,
 * which is worth a warning; an object of a config.json has many keys that are of no concern here.
 */
static int descend_closely(struct parser *parser, struct value *object, const char *key,
			   const struct schema *schema)
{
	const struct outline *outline = &parser->profile->outline;
	uint32_t other = object->json ? find_spelling(outline, object->place, key) : 0;
	char spelled[KEY_SIZE];

	if (other && ignore_unknown_key(parser, other,
					key_copy(outline, other, spelled, sizeof(spelled)), schema))
		return -1;
	return descend(parser, object, key);
}

/* The keys beside the bounding set, of which there are few. */
static int check_sets(struct parser *parser, uint32_t object)
{
	const struct outline *outline = &parser->profile->outline;
	char key[KEY_SIZE];

	for (uint32_t at = place_inside(outline, object); at; at = outline->places[at].next) {
		key_copy(outline, at, key, sizeof(key));
		if (!schema_find(&capability_schema, key) &&
		    ignore_unknown_key(parser, at, key, &capability_schema))
			return -1;
	}
	return 0;
}

static int read_bounding_set(struct parser *parser, struct value document)
{
	struct profile *profile = parser->profile;
	struct value at = document;
	uint32_t list;

	if (descend_closely(parser, &at, "process", &config_schema) ||
	    descend_closely(parser, &at, "capabilities", &process_schema))
		return -1;
	if (at.json && check_sets(parser, at.place))
		return -1;
	list = at.json ? find_member(&profile->outline, at.place, capabilities_member.key) : 0;
	if (!list)
		return 0;
	profile->has_capabilities = true;
	return take_member(parser, &at, list) ||
			       read_all(parser, at, &capabilities_member, &profile->capabilities)
		       ? -1
		       : 0;
}

static int read_config(struct parser *parser, struct value document)
{
	struct value at = document;

	if (descend(parser, &at, "linux") || descend(parser, &at, "seccomp"))
		return -1;
	if (at.json)
		return read_bounding_set(parser, document) || read_profile(parser, at) ? -1 : 0;
	if (refuse_wrapped(parser, document.place))
		return -1;
	return profile_error(parser->profile, document.place, parser->error,
			     "this config.json asks for no filter: it has no linux.seccomp");
}

/* ---- The document ---- */

static bool is_profile(const struct outline *outline)
{
	return find_member(outline, 0, "defaultAction") ||
	       !(find_member(outline, 0, "ociVersion") || find_member(outline, 0, "linux"));
}

/* A profile that stands alone. */
static int read_alone(struct parser *parser, struct value document)
{
	const struct outline *outline = &parser->profile->outline;
	uint32_t system = find_member(outline, document.place, "linux");
	uint32_t other = system ? find_member(outline, system, "seccomp") : 0;

	if (other && find_member(outline, document.place, "defaultAction"))
		return profile_error(parser->profile, other, parser->error,
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
	    check_repeats(&parser, alone ? &profile_schema : &config_schema) || make_tree(&parser))
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
