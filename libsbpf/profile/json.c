/* SPDX-License-Identifier: MIT */
/* The only file that knows json-c: its tree is made, checked and read here. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "array.h"
#include "error.h"
#include "values.h"

/* ---- Values of any kind ---- */

int refuse_type(struct parser *parser, uint32_t place, const char *wanted)
{
	static const struct {
		char first;
		const char *name;
	} types[] = {
		{ 'n', "null" },      { 't', "true or false" }, { 'f', "true or false" },
		{ '{', "an object" }, { '[', "an array" },	{ '"', "a string" },
	};
	char first = place_type(&parser->profile->outline, place);
	const char *name = "a number";

	for (size_t i = 0; i < COUNT(types); i++) {
		if (types[i].first == first)
			name = types[i].name;
	}
	return profile_error(parser->profile, place, parser->error, "must be %s, but is %s", wanted,
			     name);
}

/* Whether a string is as long as what stands at its place. */
static bool has_length(const struct outline *outline, const struct place *place, size_t length)
{
	/* It is written longer with escapes, and its end is not told where it repeats a key. */
	return place->end == place->at + length + 2 || string_length(outline, place->at) == length;
}

/* Whether a value, but for what is inside of it, is what stands at its place. */
static bool agrees(const struct outline *outline, struct value value)
{
	const struct place *place = &outline->places[value.place];
	enum json_type type;
	size_t length;

	if (outline->text[place->at] == '"') {
		length = (size_t)json_object_get_string_len(value.json);
		/* What is no string has the length 0 too. */
		return (length || json_object_is_type(value.json, json_type_string)) &&
		       has_length(outline, place, length);
	}
	type = json_object_get_type(value.json);
	switch (outline->text[place->at]) {
	case '{':
		return type == json_type_object;
	case '[':
		return type == json_type_array;
	case 'n':
		return type == json_type_null;
	case 't':
	case 'f':
		return type == json_type_boolean;
	default:
		return type == json_type_int || type == json_type_double;
	}
}

const char *read_string(struct parser *parser, struct value value, size_t *length)
{
	if (!json_object_is_type(value.json, json_type_string)) {
		refuse_type(parser, value.place, "a string");
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

/* ---- By a schema ---- */

int ignore_unknown_key(struct parser *parser, uint32_t place, const char *name,
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
	if (member->parse)
		return member->parse(parser, value, into);
	/* An element of a list; what is no object is written whole. */
	if (member->size)
		memset(into, 0, member->size);
	return read_object(parser, value, member->inside, into);
}

static int read_elements(struct parser *parser, struct value array, const struct member *member,
			 unsigned char *into, size_t stride)
{
	const struct outline *outline = &parser->profile->outline;
	const struct array_list *list = json_object_get_array(array.json);
	uint32_t place = place_inside(outline, array.place);

	for (size_t i = 0; i < list->length; i++, into += stride) {
		const struct value value = { list->array[i], place };

		if (!place || !agrees(outline, value))
			return error_memory(parser->error);
		if (read_one(parser, value, member, into))
			return -1;
		place = outline->places[place].next;
	}
	return place ? error_memory(parser->error) : 0;
}

int read_all(struct parser *parser, struct value array, const struct member *member, void *into)
{
	if (!json_object_is_type(array.json, json_type_array))
		return refuse_type(parser, array.place, "an array");
	return read_elements(parser, array, member, into, 0);
}

static int read_list(struct parser *parser, struct value array, const struct member *member,
		     struct list *list)
{
	if (!json_object_is_type(array.json, json_type_array))
		return refuse_type(parser, array.place, "an array");
	list->count = (uint32_t)json_object_array_length(array.json);
	list->place = array.place;
	list->items = arena_alloc_raw(&parser->profile->arena, list->count, member->size);
	if (!list->items)
		return error_memory(parser->error);
	return read_elements(parser, array, member, list->items, member->size);
}

static int read_form(struct parser *parser, struct value value, const struct member *member,
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

/* The member of a schema whose key is written at a place just so; NULL when there is none. */
static const struct member *find_written(const struct outline *outline, uint32_t place,
					 const struct schema *schema)
{
	const struct place *member = &outline->places[place];
	const char *written = outline->text + member->key + 1;
	size_t room = member->at - member->key;

	for (size_t i = 0; i < schema->count; i++) {
		const char *key = schema->members[i].key;
		size_t length = schema->members[i].length;

		if (length < room && written[length] == '"' && *written == *key &&
		    !memcmp(written, key, length))
			return &schema->members[i];
	}
	return NULL;
}

/*
 * Reads a member of an object, if it is one that counts, and notes that it was seen. Its key is
 * compared with what stands there too.
 */
static int read_member(struct parser *parser, struct value value, const char *key,
		       const struct schema *schema, void *into, unsigned int *seen)
{
	const struct outline *outline = &parser->profile->outline;
	const struct member *member = find_written(outline, value.place, schema);

	if ((member ? strcmp(key, member->key) != 0 : !key_is(outline, value.place, key)) ||
	    !agrees(outline, value))
		return error_memory(parser->error);
	if (!member)
		member = schema_find(schema, key);
	if (!member)
		return ignore_unknown_key(parser, value.place, key, schema);
	if (!value.json)
		return 0;
	*seen |= 1u << (member - schema->members);
	return read_form(parser, value, member, into);
}

int read_object(struct parser *parser, struct value object, const struct schema *schema, void *into)
{
	const struct place *places = parser->profile->outline.places;
	uint32_t place = place_inside(&parser->profile->outline, object.place);
	unsigned int seen = 0;

	if (!json_object_is_type(object.json, json_type_object))
		return refuse_type(parser, object.place, "an object");
	for (struct lh_entry *entry = json_object_get_object(object.json)->head; entry;
	     entry = entry->next) {
		const struct value value = { (struct json_object *)lh_entry_v(entry), place };

		if (!place)
			return error_memory(parser->error);
		if (read_member(parser, value, lh_entry_k(entry), schema, into, &seen))
			return -1;
		place = places[place].next;
	}
	if (place)
		return error_memory(parser->error);
	return schema->finish ? schema->finish(parser, object.place, into, seen) : 0;
}

int take_member(struct parser *parser, struct value *object, uint32_t member)
{
	char key[32];

	key_copy(&parser->profile->outline, member, key, sizeof(key));
	object->place = member;
	if (!json_object_object_get_ex(object->json, key, &object->json) || !object->json)
		return error_memory(parser->error);
	return 0;
}

/* ---- The tree ---- */

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
	size_t values = outline->count - 1;
	size_t size = outline->objects * TREE_OBJECT + outline->arrays * TREE_ARRAY +
		      outline->members * TREE_MEMBER + (values - outline->members) * TREE_ELEMENT +
		      outline->length;

	if (size <= TREE_MAX)
		return 0;
	return profile_error(
		parser->profile, 0, parser->error,
		"the text holds too much for a profile: %zu objects, %zu arrays and %zu "
		"values in them would take more than %zu MiB of memory",
		outline->objects, outline->arrays, values, TREE_MAX >> 20);
}

/* The outline was read from the text, UTF-8 included, so that only memory can be wanting here. */
int make_tree(struct parser *parser)
{
	const struct outline *outline = &parser->profile->outline;
	/* json-c counts a value inside of the innermost object as a level of its own. */
	struct json_tokener *tokener = json_tokener_new_ex(SBPF_NESTING_MAX + 1);

	if (!tokener)
		return error_memory(parser->error);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	parser->profile->document =
		json_tokener_parse_ex(tokener, outline->text, (int)outline->length);
	json_tokener_free(tokener);
	return agrees(outline, (struct value){ parser->profile->document, 0 })
		       ? 0
		       : error_memory(parser->error);
}

void profile_release_document(void *document)
{
	json_object_put(document);
}
