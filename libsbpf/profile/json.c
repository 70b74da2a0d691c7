/* SPDX-License-Identifier: MIT */
/* The only file that knows json-c: its tree is made, checked and read here. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "error.h"
#include "values.h"

/* ---- Walking --------------------------------------------------------------------------- */

struct walk walk_into(const struct parser *parser, struct value container)
{
	struct walk walk = { .place = place_inside(&parser->profile->outline, container.place) };

	if (json_object_is_type(container.json, json_type_object))
		walk.entry = json_object_get_object(container.json)->head;
	else if (json_object_is_type(container.json, json_type_array))
		walk.list = json_object_get_array(container.json);
	return walk;
}

bool walk_next(const struct parser *parser, struct walk *walk)
{
	if (!walk->entry && !(walk->list && walk->index < walk->list->length))
		return false;
	walk->value.place = walk->place;
	walk->place = parser->profile->outline.places[walk->place].next;
	if (walk->list) {
		walk->value.json = walk->list->array[walk->index++];
		return true;
	}
	walk->key = lh_entry_k(walk->entry);
	walk->value.json = (struct json_object *)lh_entry_v(walk->entry);
	walk->entry = walk->entry->next;
	return true;
}

struct value member_of(const struct parser *parser, struct value object, const char *key)
{
	struct value member = { .place = 0 };

	if (!json_object_is_type(object.json, json_type_object))
		return member;
	member.place = place_member(&parser->profile->outline, object.place, key);
	json_object_object_get_ex(object.json, key, &member.json);
	return member;
}

/* ---- Values of any kind ---------------------------------------------------------------- */

int refuse_type(struct parser *parser, struct value value, const char *wanted)
{
	static const char *const names[] = {
		[json_type_null] = "null",	  [json_type_boolean] = "true or false",
		[json_type_double] = "a number",  [json_type_int] = "a number",
		[json_type_object] = "an object", [json_type_array] = "an array",
		[json_type_string] = "a string",
	};

	return profile_error(parser->profile, value.place, parser->error, "must be %s, but is %s",
			     wanted, names[json_object_get_type(value.json)]);
}

const char *read_string(struct parser *parser, struct value value, size_t *length)
{
	if (!json_object_is_type(value.json, json_type_string)) {
		refuse_type(parser, value, "a string");
		return NULL;
	}
	if (length)
		*length = (size_t)json_object_get_string_len(value.json);
	return json_object_get_string(value.json);
}

/* Whether the text spells the number just so: json-c takes -0 for 0 and saturates at UINT64_MAX. */
static bool is_spelled(const struct outline *outline, uint32_t place, uint64_t number)
{
	static const char most[] = "18446744073709551615"; /* UINT64_MAX */
	const struct place *spelled = &outline->places[place];
	const char *text = outline->text + spelled->at;

	if (number == UINT64_MAX)
		return spelled->end - spelled->at == sizeof(most) - 1 &&
		       !memcmp(text, most, sizeof(most) - 1);
	return *text != '-';
}

int read_unsigned(struct parser *parser, struct value value, const char *wanted, uint64_t *number)
{
	*number = 0;
	if (json_object_is_type(value.json, json_type_int) &&
	    json_object_get_int64(value.json) >= 0) {
		*number = json_object_get_uint64(value.json);
		if (is_spelled(&parser->profile->outline, value.place, *number))
			return 0;
	}
	return profile_error(parser->profile, value.place, parser->error,
			     "must be %s, in decimal digits", wanted);
}

/* ---- By a schema ----------------------------------------------------------------------- */

static int ignore_unknown_key(struct parser *parser, uint32_t place, const char *name,
			      const struct schema *schema)
{
	struct profile *profile = parser->profile;
	uint32_t offset = profile->outline.places[place].key;
	struct printable key = printable(name);
	const char *likely = NULL;
	const char *fate = profile->strict ? "" : " is ignored";

	if (profile->strict || profile_keeps_warnings(profile))
		likely = schema_suggest(schema, name);
	if (likely && !strcasecmp(likely, name))
		return profile_ignore(
			profile, place, offset, SBPF_WARN_UNKNOWN_KEY, parser->error,
			"unknown key '%s'%s, but programs in Go such as Docker read it "
			"as '%s': write it so",
			key.text, fate, likely);
	return profile_ignore(profile, place, offset, SBPF_WARN_UNKNOWN_KEY, parser->error,
			      likely ? "unknown key '%s'%s; did you mean '%s'?"
				     : "unknown key '%s'%s",
			      key.text, fate, likely);
}

/* One value, or an element of an array of such. */
static int read_one(struct parser *parser, struct value value, const struct member *member,
		    void *into)
{
	return member->parse ? member->parse(parser, value, into)
			     : read_object(parser, value, member->inside, into);
}

static int read_elements(struct parser *parser, struct value array, const struct member *member,
			 unsigned char *into, size_t stride)
{
	struct walk walk = walk_into(parser, array);

	for (; walk_next(parser, &walk); into += stride) {
		if (read_one(parser, walk.value, member, into))
			return -1;
	}
	return 0;
}

int read_all(struct parser *parser, struct value array, const struct member *member, void *into)
{
	if (!json_object_is_type(array.json, json_type_array))
		return refuse_type(parser, array, "an array");
	return read_elements(parser, array, member, into, 0);
}

static int read_list(struct parser *parser, struct value array, const struct member *member,
		     struct list *list)
{
	if (!json_object_is_type(array.json, json_type_array))
		return refuse_type(parser, array, "an array");
	list->count = json_object_array_length(array.json);
	list->items = arena_alloc(&parser->profile->arena, list->count, member->size);
	if (!list->items)
		return error_memory(parser->error);
	return read_elements(parser, array, member, list->items, member->size);
}

static int read_member(struct parser *parser, struct value value, const struct member *member,
		       unsigned char *owner)
{
	void *into = owner + member->offset;

	switch (member->form) {
	case LIST:
		return read_list(parser, value, member, into);
	case ALL:
		return read_all(parser, value, member, into);
	default:
		return read_one(parser, value, member, into);
	}
}

int read_object(struct parser *parser, struct value object, const struct schema *schema, void *into)
{
	struct walk walk = walk_into(parser, object);
	unsigned int seen = 0;

	if (!json_object_is_type(object.json, json_type_object))
		return refuse_type(parser, object, "an object");
	while (walk_next(parser, &walk)) {
		const struct member *member = schema_find(schema, walk.key);

		if (!member && ignore_unknown_key(parser, walk.value.place, walk.key, schema))
			return -1;
		if (!member || !walk.value.json)
			continue;
		seen |= 1u << (member - schema->members);
		if (read_member(parser, walk.value, member, into))
			return -1;
	}
	return schema->finish ? schema->finish(parser, object, into, seen) : 0;
}

/* ---- The tree -------------------------------------------------------------------------- */

/*
 * The most memory that json-c may take for a text's tree. An empty object of it has a table for 16
 * members, an empty array room for 32 elements; a profile of 4 MiB, densely written, stays below.
 */
#define TREE_MAX ((size_t)192 << 20)
#define TREE_OBJECT 780u
#define TREE_ARRAY 340u
#define TREE_MEMBER 240u /* of an object with many */
#define TREE_ELEMENT 64u

int check_size(struct parser *parser)
{
	const struct outline *outline = &parser->profile->outline;
	size_t size = outline->objects * TREE_OBJECT + outline->arrays * TREE_ARRAY +
		      outline->members * TREE_MEMBER + outline->elements * TREE_ELEMENT +
		      outline->length;

	if (size <= TREE_MAX)
		return 0;
	return profile_error(
		parser->profile, 0, parser->error,
		"the text holds too much for a profile: %zu objects, %zu arrays and %zu "
		"values in them would take more than %zu MiB of memory",
		outline->objects, outline->arrays, outline->members + outline->elements,
		TREE_MAX >> 20);
}

/* The outline was read from the text, UTF-8 included, so that only memory can be wanting here. */
static struct json_object *make_tree(const struct outline *outline)
{
	/* json-c counts a value inside of the innermost object as a level of its own. */
	struct json_tokener *tokener = json_tokener_new_ex(SBPF_NESTING_MAX + 1);
	struct json_object *tree;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	tree = json_tokener_parse_ex(tokener, outline->text, (int)outline->length);
	json_tokener_free(tokener);
	return tree;
}

/* The length of a string whose quote is at an offset; an escape makes it shorter than it is
 * written.
 */
static bool has_length(const struct outline *outline, uint32_t offset, size_t written,
		       size_t length)
{
	return length == written || (length < written && length == string_length(outline, offset));
}

/*
 * Whether the tree has what the text has: when memory runs out, json-c 0.16 goes on without the
 * member, the element or the end of the string. Of equal keys, which the caller has dealt with, the
 * place is empty.
 */
static bool agrees(const struct parser *parser, struct value value)
{
	const struct outline *outline = &parser->profile->outline;
	const struct place *place = &outline->places[value.place];
	struct walk walk;

	if (place->at == place->end)
		return true;
	switch (json_object_get_type(value.json)) {
	case json_type_null:
		return outline->text[place->at] == 'n';
	case json_type_string:
		return has_length(outline, place->at, place->end - place->at - 2,
				  (size_t)json_object_get_string_len(value.json));
	case json_type_object:
	case json_type_array:
		break;
	default:
		return true;
	}
	for (walk = walk_into(parser, value); walk_next(parser, &walk);) {
		if (!walk.value.place ||
		    (walk.key && !key_is(outline, walk.value.place, walk.key)) ||
		    !agrees(parser, walk.value))
			return false;
	}
	return !walk.place;
}

int read_tree(struct parser *parser)
{
	struct profile *profile = parser->profile;
	struct value document = { .place = 0 };

	profile->document = document.json = make_tree(&profile->outline);
	if (!document.json || !agrees(parser, document))
		return error_memory(parser->error);
	return 0;
}

void profile_release_document(void *document)
{
	json_object_put(document);
}
