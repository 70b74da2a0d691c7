/* SPDX-License-Identifier: MIT */
/* Text to struct profile, and the only file that knows json-c. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "action.h"
#include "arch.h"
#include "error.h"
#include "profile.h"
#include "schema.h"
#include "syntax.h"
#include "target.h"

#define ERRNO_DEFAULT 1 /* EPERM */
#define ARGUMENT_MAX 5
#define ANY_VALUE "an unsigned 64-bit integer: 0 to 18446744073709551615"

struct parser {
	struct profile *profile;
	struct syntax facts;
	struct sbpf_error *error;
};

/* ---- Values of any kind ---------------------------------------------------------------- */

static int wrong_type(struct parser *parser, const struct place *place, struct json_object *value,
		      const char *wanted)
{
	static const char *const names[] = {
		[json_type_null] = "null",	  [json_type_boolean] = "true or false",
		[json_type_double] = "a number",  [json_type_int] = "a number",
		[json_type_object] = "an object", [json_type_array] = "an array",
		[json_type_string] = "a string",
	};

	return profile_error(parser->profile, place, parser->error, "must be %s, but is %s", wanted,
			     names[json_object_get_type(value)]);
}

/* The text of a string, NULL when it is none. */
static const char *read_string(struct parser *parser, const struct place *place,
			       struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string(value);
	wrong_type(parser, place, value, "a string");
	return NULL;
}

/* Whether the text spells the number just so: json-c takes -0 for 0 and saturates at UINT64_MAX. */
static bool is_spelled(struct parser *parser, const struct place *place, uint64_t number)
{
	struct finder *finder = &parser->profile->finder;
	const char *text = finder->text + find_value(finder, place);
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);

	return !strncmp(text, digits, (size_t)length) &&
	       !(text[length] >= '0' && text[length] <= '9');
}

/* wanted names what is expected, with its range. */
static int read_unsigned(struct parser *parser, const struct place *place,
			 struct json_object *value, const char *wanted, uint64_t *number)
{
	const struct syntax *facts = &parser->facts;
	bool valid = json_object_is_type(value, json_type_int) && json_object_get_int64(value) >= 0;

	*number = 0;
	if (valid) {
		*number = json_object_get_uint64(value);
		if ((*number == 0 && facts->has_negative_zero) ||
		    (*number == UINT64_MAX && facts->has_huge_integer))
			valid = is_spelled(parser, place, *number);
	}
	if (!valid)
		return profile_error(parser->profile, place, parser->error,
				     "must be %s, in decimal digits", wanted);
	return 0;
}

static int read_list(struct parser *parser, const struct place *place, struct json_object *value,
		     parse_function *parse, void *into, size_t stride)
{
	struct place element = { .parent = place };
	unsigned char *item = into;
	const struct array_list *list = json_object_get_array(value);

	for (; element.index < list->length; element.index++, item += stride) {
		if (parse(parser, &element, list->array[element.index], item))
			return -1;
	}
	return 0;
}

/* A new array of what parse makes of each element; NULL on error. */
static void *new_list(struct parser *parser, const struct place *place, struct json_object *value,
		      parse_function *parse, size_t size, size_t *count)
{
	void *items;

	if (!json_object_is_type(value, json_type_array)) {
		wrong_type(parser, place, value, "an array");
		return NULL;
	}
	*count = json_object_array_length(value);
	items = arena_alloc(&parser->profile->arena, *count + 1, size);
	if (!items) {
		error_memory(parser->error);
		return NULL;
	}
	return read_list(parser, place, value, parse, items, size) ? NULL : items;
}

static int ignore_unknown_key(struct parser *parser, const struct place *place,
			      const struct schema *schema)
{
	struct profile *profile = parser->profile;
	struct printable key = printable(place->key);
	const char *likely = NULL;
	const char *fate = profile->strict ? "" : " is ignored";
	size_t offset = 0;

	if (profile->strict || profile_keeps_warnings(profile)) {
		likely = schema_suggest(schema, place->key);
		offset = find_key(&profile->finder, place);
	}
	if (likely && !strcasecmp(likely, place->key))
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

/*
 * Reads the members of an object by their schema. A null counts as absent, as in Go. Bit i of
 * *seen tells whether members[i] is there.
 */
static int read_members(struct parser *parser, const struct place *place,
			struct json_object *object, const struct schema *schema, void *into,
			unsigned int *seen)
{
	*seen = 0;
	if (!json_object_is_type(object, json_type_object))
		return wrong_type(parser, place, object, "an object");
	json_object_object_foreach(object, key, value)
	{
		const struct place place_of_member = { .parent = place, .key = key };
		const struct member *member = schema_find(schema, key);

		if (!member && ignore_unknown_key(parser, &place_of_member, schema))
			return -1;
		if (!member || !value)
			continue;
		*seen |= 1u << (member - schema->members);
		if (member->parse(parser, &place_of_member, value, into))
			return -1;
	}
	return 0;
}

/* A member of an object; NULL when it is absent or null, or the object is none. */
static struct json_object *member_of(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &member);
	return member;
}

/* The key of an object that is another one but for its spelling; NULL when there is none. */
static const char *find_spelling(struct json_object *object, const char *wanted)
{
	json_object_object_foreach(object, key, value)
	{
		(void)value;
		if (strcmp(key, wanted) != 0 && is_spelling_of(key, wanted))
			return key;
	}
	return NULL;
}

/* The unknown key of an object that is most like one that it must have; NULL when there is none. */
static const char *find_misspelt(struct json_object *object, const struct schema *schema,
				 const char *wanted)
{
	const char *near = find_spelling(object, wanted);

	if (near)
		return near;
	json_object_object_foreach(object, key, value)
	{
		const char *likely = schema_find(schema, key) ? NULL : schema_suggest(schema, key);

		(void)value;
		if (likely && !strcmp(likely, wanted))
			return key;
	}
	return NULL;
}

/* An error about a key that an object must have: needs says who wants it and what it looks like. */
static int refuse_missing(struct parser *parser, const struct place *place,
			  struct json_object *object, const struct schema *schema,
			  const char *wanted, const char *needs)
{
	const char *other = find_misspelt(object, schema, wanted);
	const struct place there = { .parent = place, .key = other };

	if (!other)
		return profile_error(parser->profile, place, parser->error, "%s", needs);
	return profile_error(
		parser->profile, &there, parser->error,
		strcasecmp(other, wanted)
			? "write '%s' for '%s': %s"
			: "write '%s' for '%s', which programs in Go such as Docker take "
			  "too, but others do not: %s",
		wanted, printable(other).text, needs);
}

/* A string without meaning for the filter: a comment, or whom a runtime hands the listener to. */
static int parse_ignored(struct parser *parser, const struct place *place,
			 struct json_object *value, void *into)
{
	(void)into;
	return read_string(parser, place, value) ? 0 : -1;
}

/* ---- Actions --------------------------------------------------------------------------- */

static int parse_action(struct parser *parser, const struct place *place, struct json_object *value,
			void *into)
{
	struct profile_action *action = into;
	const struct action *found;
	const char *name = read_string(parser, place, value);
	char names[128];

	if (!name)
		return -1;
	found = strncmp(name, "SCMP_ACT_", 9) ? NULL : action_find(name);
	if (!found) {
		action_names(names, sizeof(names));
		return profile_error(parser->profile, place, parser->error,
				     "unknown action '%s': it is SCMP_ACT_ and one of %s",
				     printable(name).text, names);
	}
	action->ret = found->ret;
	action->has_data = found->has_data;
	return 0;
}

static int parse_errno_number(struct parser *parser, const struct place *place,
			      struct json_object *value, void *into)
{
	struct profile *profile = parser->profile;
	struct profile_action *action = into;
	uint64_t number;

	if (read_unsigned(parser, place, value, "the number of an errno: 0 to 4095", &number))
		return -1;
	if (number > UINT16_MAX)
		return profile_error(profile, place, parser->error,
				     "errno %" PRIu64
				     " is too large: the kernel returns at most %d",
				     number, ERRNO_MAX);
	action->data = (uint16_t)(number > ERRNO_MAX ? ERRNO_MAX : number);
	if (number <= ERRNO_MAX)
		return 0;
	return profile_ignore(profile, place, find_value(&profile->finder, place), SBPF_WARN_ERRNO,
			      parser->error,
			      profile->strict ? "errno %" PRIu64
						" is too large: the kernel returns at most %d"
					      : "errno %" PRIu64
						" is taken as %d, for the kernel returns no more",
			      number, ERRNO_MAX);
}

/* An empty symbol counts as absent, as in containers/common. */
static int parse_errno_symbol(struct parser *parser, const struct place *place,
			      struct json_object *value, void *into)
{
	struct profile_action *action = into;
	const char *symbol = read_string(parser, place, value);

	if (!symbol)
		return -1;
	action->errno_symbol = *symbol ? symbol : NULL;
	return 0;
}

static void warn_without_effect(struct parser *parser, const struct place *object, const char *key)
{
	const struct place place = { .parent = object, .key = key };

	profile_warn(parser->profile, &place, SBPF_WARN_IGNORED,
		     "'%s' has no effect: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE carry a number",
		     key);
}

/* What can be said of an action once the whole object is read; keys that were not there are NULL.
 */
static void complete_action(struct parser *parser, const struct place *object,
			    struct profile_action *action, const char *number_key,
			    const char *symbol_key)
{
	if (!number_key)
		action->data = ERRNO_DEFAULT;
	if (action->has_data)
		return;
	if (number_key)
		warn_without_effect(parser, object, number_key);
	if (symbol_key && action->errno_symbol)
		warn_without_effect(parser, object, symbol_key);
}

/* ---- includes and excludes ------------------------------------------------------------- */

static int parse_capability(struct parser *parser, const struct place *place,
			    struct json_object *value, void *into)
{
	uint64_t *capabilities = into;
	const char *name = read_string(parser, place, value);
	const char *known;
	int number;

	if (!name)
		return -1;
	number = capability_find(name);
	known = number < 0 ? "CAP_NET_RAW" : capability_name(number);
	/* Container runtimes compare the names to the letter. */
	if (number < 0 || strcmp(name, known) != 0)
		return profile_error(parser->profile, place, parser->error,
				     number < 0 ? "unknown capability '%s': capabilities(7) lists "
						  "them, such as %s"
						: "unknown capability '%s': write %s",
				     printable(name).text, known);
	*capabilities |= UINT64_C(1) << number;
	return 0;
}

static int parse_capabilities(struct parser *parser, const struct place *place,
			      struct json_object *value, void *into)
{
	if (!json_object_is_type(value, json_type_array))
		return wrong_type(parser, place, value, "an array");
	return read_list(parser, place, value, parse_capability, into, 0);
}

static int parse_guard_capabilities(struct parser *parser, const struct place *place,
				    struct json_object *value, void *into)
{
	struct profile_guard *guard = into;

	return parse_capabilities(parser, place, value, &guard->capabilities);
}

static int parse_go_name(struct parser *parser, const struct place *place,
			 struct json_object *value, void *into)
{
	const char **name = into;

	*name = read_string(parser, place, value);
	if (!*name)
		return -1;
	if (abi_by_go_name(*name) < 0)
		return profile_error(parser->profile, place, parser->error,
				     "unknown architecture '%s': here it is named as in Go, such "
				     "as amd64, x86, arm64, arm, ppc64le, riscv64 or s390x",
				     printable(*name).text);
	return 0;
}

static int parse_guard_arches(struct parser *parser, const struct place *place,
			      struct json_object *value, void *into)
{
	struct profile_guard *guard = into;

	guard->arches = new_list(parser, place, value, parse_go_name, sizeof(*guard->arches),
				 &guard->arch_count);
	return guard->arches ? 0 : -1;
}

/* An empty version counts as absent, as in Docker and containers/common. */
static int parse_min_kernel(struct parser *parser, const struct place *place,
			    struct json_object *value, void *into)
{
	struct profile_guard *guard = into;
	const char *version = read_string(parser, place, value);

	if (!version)
		return -1;
	guard->min_kernel = kernel_parse(version);
	if (*version && (!guard->min_kernel || version[strspn(version, "0123456789.")]))
		return profile_error(parser->profile, place, parser->error,
				     "'%s' is no kernel version: it is written as in 4.8 or "
				     "5.10.0, with numbers up to " KERNEL_MAX,
				     printable(version).text);
	return 0;
}

static const struct member guard_members[] = {
	{ "caps", .parse = parse_guard_capabilities },
	{ "arches", .parse = parse_guard_arches },
	{ "minKernel", .parse = parse_min_kernel },
};

static const struct schema guard_schema = SCHEMA(guard_members);

static int read_guard(struct parser *parser, const struct place *place, struct json_object *value,
		      struct profile_guard *guard)
{
	unsigned int seen;

	return read_members(parser, place, value, &guard_schema, guard, &seen);
}

/* ---- Conditions ------------------------------------------------------------------------ */

static int parse_index(struct parser *parser, const struct place *place, struct json_object *value,
		       void *into)
{
	struct sbpf_condition *condition = into;
	uint64_t number;

	if (read_unsigned(parser, place, value, "the number of an argument: 0 to 5", &number))
		return -1;
	if (number > ARGUMENT_MAX)
		return profile_error(parser->profile, place, parser->error,
				     "there is no argument %" PRIu64
				     ": a call has arguments 0 to %d",
				     number, ARGUMENT_MAX);
	condition->argument = (unsigned int)number;
	return 0;
}

static int parse_value(struct parser *parser, const struct place *place, struct json_object *value,
		       void *into)
{
	struct sbpf_condition *condition = into;

	return read_unsigned(parser, place, value, ANY_VALUE, &condition->value);
}

static int parse_value_two(struct parser *parser, const struct place *place,
			   struct json_object *value, void *into)
{
	struct sbpf_condition *condition = into;

	return read_unsigned(parser, place, value, ANY_VALUE, &condition->value_two);
}

static int parse_compare(struct parser *parser, const struct place *place,
			 struct json_object *value, void *into)
{
	struct sbpf_condition *condition = into;
	const char *name = read_string(parser, place, value);
	char names[128];

	if (!name)
		return -1;
	condition->compare = compare_find(name);
	if (condition->compare)
		return 0;
	compare_names(names, sizeof(names));
	return profile_error(parser->profile, place, parser->error,
			     "unknown operator '%s': it is one of %s", printable(name).text, names);
}

static const struct member condition_members[] = {
	{ "index", .parse = parse_index },
	{ "value", .parse = parse_value },
	{ "op", .parse = parse_compare },
	{ "valueTwo", .parse = parse_value_two },
};

static const struct schema condition_schema = SCHEMA(condition_members);

static int parse_condition(struct parser *parser, const struct place *place,
			   struct json_object *value, void *into)
{
	const struct place value_two = { .parent = place, .key = "valueTwo" };
	struct sbpf_condition *condition = into;
	unsigned int seen;
	char needs[80];

	if (read_members(parser, place, value, &condition_schema, condition, &seen))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		const char *key = condition_members[i].key;

		snprintf(needs, sizeof(needs),
			 "a condition needs '%s': it has 'index', 'value' and 'op'", key);
		if (!(seen & 1u << i))
			return refuse_missing(parser, place, value, &condition_schema, key, needs);
	}
	if (condition->compare != SBPF_MASKED_EQ && condition->value_two) {
		profile_warn(parser->profile, &value_two, SBPF_WARN_IGNORED,
			     "'valueTwo' has no effect: only SCMP_CMP_MASKED_EQ compares with it");
		condition->value_two = 0;
	}
	return 0;
}

/* ---- Rules ----------------------------------------------------------------------------- */

static int read_call_name(struct parser *parser, const struct place *place,
			  struct json_object *value, struct profile_name *name)
{
	name->text = read_string(parser, place, value);
	if (!name->text)
		return -1;
	name->length = (size_t)json_object_get_string_len(value);
	return 0;
}

static int refuse_empty_name(struct parser *parser, const struct place *place)
{
	return profile_error(parser->profile, place, parser->error,
			     "the name of a system call is expected, not an empty string");
}

static int parse_element_of_names(struct parser *parser, const struct place *place,
				  struct json_object *value, void *into)
{
	struct profile_name *name = into;

	if (read_call_name(parser, place, value, name))
		return -1;
	return name->length ? 0 : refuse_empty_name(parser, place);
}

static int parse_names(struct parser *parser, const struct place *place, struct json_object *value,
		       void *into)
{
	struct profile_rule *rule = into;

	rule->names = new_list(parser, place, value, parse_element_of_names, sizeof(*rule->names),
			       &rule->name_count);
	return rule->names ? 0 : -1;
}

static int parse_name(struct parser *parser, const struct place *place, struct json_object *value,
		      void *into)
{
	struct profile_rule *rule = into;

	return read_call_name(parser, place, value, &rule->name);
}

static int parse_rule_action(struct parser *parser, const struct place *place,
			     struct json_object *value, void *into)
{
	struct profile_rule *rule = into;

	return parse_action(parser, place, value, &rule->action);
}

static int parse_rule_errno_number(struct parser *parser, const struct place *place,
				   struct json_object *value, void *into)
{
	struct profile_rule *rule = into;

	return parse_errno_number(parser, place, value, &rule->action);
}

static int parse_rule_errno_symbol(struct parser *parser, const struct place *place,
				   struct json_object *value, void *into)
{
	struct profile_rule *rule = into;

	return parse_errno_symbol(parser, place, value, &rule->action);
}

static int parse_conditions(struct parser *parser, const struct place *place,
			    struct json_object *value, void *into)
{
	struct profile_rule *rule = into;

	rule->conditions = new_list(parser, place, value, parse_condition,
				    sizeof(*rule->conditions), &rule->condition_count);
	return rule->conditions ? 0 : -1;
}

static int parse_includes(struct parser *parser, const struct place *place,
			  struct json_object *value, void *into)
{
	struct profile_rule *rule = into;

	return read_guard(parser, place, value, &rule->includes);
}

static int parse_excludes(struct parser *parser, const struct place *place,
			  struct json_object *value, void *into)
{
	struct profile_rule *rule = into;

	return read_guard(parser, place, value, &rule->excludes);
}

enum {
	RULE_NAMES,
	RULE_NAME,
	RULE_ACTION,
	RULE_ERRNO_NUMBER,
	RULE_ERRNO_SYMBOL,
	RULE_ARGS,
	RULE_INCLUDES,
	RULE_EXCLUDES,
	RULE_COMMENT,
};

static const struct member rule_members[] = {
	[RULE_NAMES] = { "names", .parse = parse_names },
	[RULE_NAME] = { "name", .parse = parse_name },
	[RULE_ACTION] = { "action", .parse = parse_rule_action },
	[RULE_ERRNO_NUMBER] = { "errnoRet", .parse = parse_rule_errno_number },
	[RULE_ERRNO_SYMBOL] = { "errno", .parse = parse_rule_errno_symbol },
	[RULE_ARGS] = { "args", parse_conditions, .inside = &condition_schema },
	[RULE_INCLUDES] = { "includes", parse_includes, .inside = &guard_schema },
	[RULE_EXCLUDES] = { "excludes", parse_excludes, .inside = &guard_schema },
	[RULE_COMMENT] = { "comment", parse_ignored, .idle = true },
};

static const struct schema rule_schema = SCHEMA(rule_members);

static const char *key_if_seen(const struct member *members, unsigned int seen, size_t index)
{
	return seen & 1u << index ? members[index].key : NULL;
}

/* That there is a name; an empty list is a list, but an empty string no name (as in Go: none). */
static int check_names(struct parser *parser, const struct place *place, struct json_object *object,
		       const struct profile_rule *rule, unsigned int seen)
{
	const struct place name = { .parent = place, .key = "name" };
	const struct place names = { .parent = place, .key = "names" };

	if (rule->name.length || rule->name_count)
		return 0;
	if (seen & 1u << RULE_NAMES) {
		profile_warn(parser->profile, &names, SBPF_WARN_IGNORED,
			     "the rule has no effect: it names no system call");
		return 0;
	}
	if (seen & 1u << RULE_NAME)
		return refuse_empty_name(parser, &name);
	return refuse_missing(parser, place, object, &rule_schema, "names",
			      "a rule needs 'names', an array of names of system calls");
}

static int parse_rule(struct parser *parser, const struct place *place, struct json_object *value,
		      void *into)
{
	struct profile_rule *rule = into;
	unsigned int seen;

	if (read_members(parser, place, value, &rule_schema, rule, &seen) ||
	    check_names(parser, place, value, rule, seen))
		return -1;
	if (!(seen & 1u << RULE_ACTION))
		return refuse_missing(parser, place, value, &rule_schema, "action",
				      "a rule needs 'action', such as SCMP_ACT_ALLOW");
	complete_action(parser, place, &rule->action,
			key_if_seen(rule_members, seen, RULE_ERRNO_NUMBER),
			key_if_seen(rule_members, seen, RULE_ERRNO_SYMBOL));
	return 0;
}

static int parse_rules(struct parser *parser, const struct place *place, struct json_object *value,
		       void *into)
{
	struct profile *profile = into;

	profile->rules = new_list(parser, place, value, parse_rule, sizeof(*profile->rules),
				  &profile->rule_count);
	return profile->rules ? 0 : -1;
}

/* ---- Architectures and flags ----------------------------------------------------------- */

static int parse_architecture(struct parser *parser, const struct place *place,
			      struct json_object *value, void *into)
{
	int *abi = into;
	const char *name = read_string(parser, place, value);
	struct sbpf_abi near;

	if (!name)
		return -1;
	*abi = abi_by_scmp_name(name);
	if (*abi >= 0)
		return 0;
	if (sbpf_abi_describe(sbpf_abi_find(name), &near))
		return profile_error(parser->profile, place, parser->error,
				     "unknown architecture '%s': write %s", printable(name).text,
				     near.scmp_name);
	return profile_error(parser->profile, place, parser->error,
			     "unknown architecture '%s': it is named as in seccomp_arch_add(3), "
			     "such as SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_AARCH64, "
			     "SCMP_ARCH_ARM, SCMP_ARCH_RISCV64 or SCMP_ARCH_S390X",
			     printable(name).text);
}

static int parse_architectures(struct parser *parser, const struct place *place,
			       struct json_object *value, void *into)
{
	struct profile *profile = into;

	profile->architectures =
		new_list(parser, place, value, parse_architecture, sizeof(*profile->architectures),
			 &profile->architecture_count);
	return profile->architectures ? 0 : -1;
}

static int parse_entry_machine(struct parser *parser, const struct place *place,
			       struct json_object *value, void *into)
{
	struct profile_arch *entry = into;

	return parse_architecture(parser, place, value, &entry->machine);
}

static int parse_entry_abis(struct parser *parser, const struct place *place,
			    struct json_object *value, void *into)
{
	struct profile_arch *entry = into;

	entry->abis = new_list(parser, place, value, parse_architecture, sizeof(*entry->abis),
			       &entry->abi_count);
	return entry->abis ? 0 : -1;
}

static const struct member arch_members[] = {
	{ "architecture", .parse = parse_entry_machine },
	{ "subArchitectures", .parse = parse_entry_abis },
};

static const struct schema arch_schema = SCHEMA(arch_members);

static int parse_arch_entry(struct parser *parser, const struct place *place,
			    struct json_object *value, void *into)
{
	unsigned int seen;

	if (read_members(parser, place, value, &arch_schema, into, &seen))
		return -1;
	if (!(seen & 1))
		return refuse_missing(parser, place, value, &arch_schema, "architecture",
				      "an entry of 'archMap' needs 'architecture', such as "
				      "SCMP_ARCH_X86_64");
	return 0;
}

static int parse_arch_map(struct parser *parser, const struct place *place,
			  struct json_object *value, void *into)
{
	struct profile *profile = into;
	uint64_t seen = 0;

	profile->arch_map = new_list(parser, place, value, parse_arch_entry,
				     sizeof(*profile->arch_map), &profile->arch_map_count);
	if (!profile->arch_map)
		return -1;
	for (size_t i = 0; i < profile->arch_map_count; i++) {
		const struct place element = { .parent = place, .index = i };
		const struct place architecture = { .parent = &element, .key = "architecture" };
		uint64_t bit = UINT64_C(1) << profile->arch_map[i].machine;

		if (seen & bit)
			return profile_error(profile, &architecture, parser->error,
					     "'archMap' has an entry for this architecture "
					     "already: keep one of them");
		seen |= bit;
	}
	return 0;
}

static int parse_flag(struct parser *parser, const struct place *place, struct json_object *value,
		      void *into)
{
	unsigned int *flags = into;
	unsigned int flag;
	const char *name = read_string(parser, place, value);
	char names[192];

	if (!name)
		return -1;
	flag = flag_find(name);
	if (!flag) {
		flag_names(names, sizeof(names));
		return profile_error(parser->profile, place, parser->error,
				     "'%s' is no flag that a profile can ask for: it is one of %s",
				     printable(name).text, names);
	}
	*flags |= flag;
	return 0;
}

static int parse_flags(struct parser *parser, const struct place *place, struct json_object *value,
		       void *into)
{
	struct profile *profile = into;

	if (!json_object_is_type(value, json_type_array))
		return wrong_type(parser, place, value, "an array");
	return read_list(parser, place, value, parse_flag, &profile->flags, 0);
}

/* ---- The profile ----------------------------------------------------------------------- */

static int parse_default_action(struct parser *parser, const struct place *place,
				struct json_object *value, void *into)
{
	struct profile *profile = into;

	if (parse_action(parser, place, value, &profile->default_action))
		return -1;
	/* Nobody could hand over the listener: the calls for that would wait for it. */
	if (profile->default_action.ret == SECCOMP_RET_USER_NOTIF)
		return profile_error(profile, place, parser->error,
				     "SCMP_ACT_NOTIFY cannot be the default: the process would "
				     "wait for its own listener before it could hand it over; "
				     "give it to single calls");
	return 0;
}

static int parse_default_errno_number(struct parser *parser, const struct place *place,
				      struct json_object *value, void *into)
{
	struct profile *profile = into;

	return parse_errno_number(parser, place, value, &profile->default_action);
}

static int parse_default_errno_symbol(struct parser *parser, const struct place *place,
				      struct json_object *value, void *into)
{
	struct profile *profile = into;

	return parse_errno_symbol(parser, place, value, &profile->default_action);
}

enum {
	PROFILE_DEFAULT_ACTION,
	PROFILE_DEFAULT_ERRNO_NUMBER,
	PROFILE_DEFAULT_ERRNO_SYMBOL,
	PROFILE_ARCHITECTURES,
	PROFILE_ARCH_MAP,
	PROFILE_SYSCALLS,
	PROFILE_FLAGS,
	PROFILE_COMMENT,
	PROFILE_LISTENER_PATH,
	PROFILE_LISTENER_METADATA,
};

static const struct member profile_members[] = {
	[PROFILE_DEFAULT_ACTION] = { "defaultAction", .parse = parse_default_action },
	[PROFILE_DEFAULT_ERRNO_NUMBER] = { "defaultErrnoRet", .parse = parse_default_errno_number },
	[PROFILE_DEFAULT_ERRNO_SYMBOL] = { "defaultErrno", .parse = parse_default_errno_symbol },
	[PROFILE_ARCHITECTURES] = { "architectures", .parse = parse_architectures },
	[PROFILE_ARCH_MAP] = { "archMap", parse_arch_map, .inside = &arch_schema },
	[PROFILE_SYSCALLS] = { "syscalls", parse_rules, .inside = &rule_schema },
	[PROFILE_FLAGS] = { "flags", .parse = parse_flags },
	[PROFILE_COMMENT] = { "comment", parse_ignored, .idle = true },
	[PROFILE_LISTENER_PATH] = { "listenerPath", .parse = parse_ignored },
	[PROFILE_LISTENER_METADATA] = { "listenerMetadata", .parse = parse_ignored },
};

static const struct schema profile_schema = SCHEMA(profile_members);

static bool looks_like_profile(struct json_object *value)
{
	const char *key = profile_members[PROFILE_DEFAULT_ACTION].key;

	return json_object_is_type(value, json_type_object) &&
	       (json_object_object_get_ex(value, key, NULL) || find_spelling(value, key));
}

static int refuse_wrapped(struct parser *parser, const struct place *place,
			  struct json_object *value);

static int refuse_member(struct parser *parser, const struct place *place,
			 struct json_object *value)
{
	char where[128];

	if (!looks_like_profile(value))
		return refuse_wrapped(parser, place, value);
	return profile_error(
		parser->profile, place, parser->error,
		"a profile stands under '%s', where none is looked for: take that "
		"object out and hand it over alone, or put it under linux.seccomp of a "
		"config.json",
		place_format(place, where, sizeof(where)));
}

/* Refuses a document with a profile somewhere inside of it: -1, or 0 when there is none. */
static int refuse_wrapped(struct parser *parser, const struct place *place,
			  struct json_object *value)
{
	struct place inside = { .parent = place };
	int result = 0;

	if (json_object_is_type(value, json_type_array)) {
		size_t count = json_object_array_length(value);

		for (; !result && inside.index < count; inside.index++)
			result = refuse_member(parser, &inside,
					       json_object_array_get_idx(value, inside.index));
	}
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			inside.key = key;
			if (!result)
				result = refuse_member(parser, &inside, member);
		}
	}
	return result;
}

static int refuse_without_default(struct parser *parser, struct json_object *object)
{
	const struct place *base = parser->profile->base;

	if (!looks_like_profile(object) && refuse_wrapped(parser, base, object))
		return -1;
	return refuse_missing(parser, base, object, &profile_schema, "defaultAction",
			      "a profile needs 'defaultAction', such as SCMP_ACT_ERRNO");
}

static int read_profile(struct parser *parser, struct json_object *object)
{
	struct profile *profile = parser->profile;
	unsigned int seen;

	if (!member_of(object, profile_members[PROFILE_DEFAULT_ACTION].key))
		return refuse_without_default(parser, object);
	if (read_members(parser, profile->base, object, &profile_schema, profile, &seen))
		return -1;
	complete_action(parser, profile->base, &profile->default_action,
			key_if_seen(profile_members, seen, PROFILE_DEFAULT_ERRNO_NUMBER),
			key_if_seen(profile_members, seen, PROFILE_DEFAULT_ERRNO_SYMBOL));
	return 0;
}

/* ---- The document ---------------------------------------------------------------------- */

/* The object that is a member of *object, NULL when it is absent or null. */
static int descend(struct parser *parser, const struct place *place, struct json_object **object)
{
	struct json_object *member = NULL;

	json_object_object_get_ex(*object, place->key, &member);
	*object = member;
	if (member && !json_object_is_type(member, json_type_object))
		return wrong_type(parser, place, member, "an object");
	return 0;
}

static int read_bounding_set(struct parser *parser, struct json_object *document)
{
	const struct place process = { .key = "process" };
	const struct place capabilities = { .parent = &process, .key = "capabilities" };
	const struct place bounding = { .parent = &capabilities, .key = "bounding" };
	struct profile *profile = parser->profile;
	struct json_object *object = document;
	struct json_object *list = NULL;

	if (descend(parser, &process, &object) ||
	    (object && descend(parser, &capabilities, &object)))
		return -1;
	if (!object || !json_object_object_get_ex(object, bounding.key, &list) || !list)
		return 0;
	profile->has_capabilities = true;
	return parse_capabilities(parser, &bounding, list, &profile->capabilities);
}

static bool is_profile(struct json_object *document)
{
	return member_of(document, "defaultAction") ||
	       !(member_of(document, "ociVersion") || member_of(document, "linux"));
}

static int refuse_without_seccomp(struct parser *parser, struct json_object *document)
{
	if (refuse_wrapped(parser, NULL, document))
		return -1;
	return profile_error(parser->profile, NULL, parser->error,
			     "this config.json asks for no filter: it has no linux.seccomp");
}

/* config.json of the OCI runtime specification. */
static int read_config(struct parser *parser, struct json_object *document)
{
	struct profile *profile = parser->profile;
	struct json_object *object = document;

	if (descend(parser, &profile->config[0], &object) ||
	    (object && descend(parser, &profile->config[1], &object)))
		return -1;
	if (!object)
		return refuse_without_seccomp(parser, document);
	if (read_bounding_set(parser, document))
		return -1;
	profile->base = &profile->config[1];
	return read_profile(parser, object);
}

static int read_document(struct parser *parser)
{
	struct profile *profile = parser->profile;
	struct json_object *document = profile->document;

	profile->config[0] = (struct place){ .key = "linux" };
	profile->config[1] = (struct place){ .parent = &profile->config[0], .key = "seccomp" };
	if (!is_profile(document))
		return read_config(parser, document);
	if (member_of(document, "defaultAction") &&
	    member_of(member_of(document, "linux"), "seccomp"))
		return profile_error(profile, &profile->config[1], parser->error,
				     "the text is either a profile, with 'defaultAction', or a "
				     "config.json, with this: remove one of them");
	return read_profile(parser, document);
}

static void count_tree(struct json_object *value, struct syntax *found)
{
	const struct array_list *list;

	switch (json_object_get_type(value)) {
	case json_type_null:
		found->nulls++;
		break;
	case json_type_string:
		found->bytes += (size_t)json_object_get_string_len(value);
		break;
	case json_type_array:
		list = json_object_get_array(value);
		found->values += list->length;
		for (size_t i = 0; i < list->length; i++)
			count_tree(list->array[i], found);
		break;
	case json_type_object: {
		json_object_object_foreach(value, key, member)
		{
			found->values++;
			found->bytes += strlen(key);
			count_tree(member, found);
		}
		break;
	}
	default:
		break;
	}
}

/* What counts in a config.json. */
static const struct member linux_members[] = { { "seccomp", .inside = &profile_schema } };
static const struct schema linux_schema = SCHEMA(linux_members);
static const struct member capability_members[] = { { .key = "bounding" } };
static const struct schema capability_schema = SCHEMA(capability_members);
static const struct member process_members[] = { { "capabilities", .inside = &capability_schema } };
static const struct schema process_schema = SCHEMA(process_members);
static const struct member config_members[] = {
	{ "linux", .inside = &linux_schema },
	{ "process", .inside = &process_schema },
};
static const struct schema config_schema = SCHEMA(config_members);

static int report_duplicate(void *context, const struct duplicate *duplicate)
{
	struct parser *parser = context;
	struct profile *profile = parser->profile;
	struct printable key = printable(duplicate->place->key);
	unsigned int line, column;

	if (duplicate->idle)
		return profile_ignore(
			profile, duplicate->place, duplicate->second, SBPF_WARN_IGNORED,
			parser->error,
			"the key '%s' stands more than once in one object; it has no effect",
			key.text);
	find_line(&profile->finder, duplicate->first, &line, &column);
	return profile_error_at(
		profile, duplicate->place, duplicate->second, parser->error,
		"the key '%s' stands twice in one object, first in line %u: keep one "
		"of them",
		key.text, line);
}

/*
 * Compares the tree with the text: json-c 0.16 keeps only the last of equal keys, and when memory
 * runs out it goes on without the member, the element or the end of the string.
 */
static int check_tree(struct parser *parser)
{
	const struct schema *schema =
		is_profile(parser->profile->document) ? &profile_schema : &config_schema;
	const struct syntax *facts = &parser->facts;
	struct syntax replaced = { 0 };
	struct syntax found = { 0 };

	count_tree(parser->profile->document, &found);
	if (found.values != facts->values || found.nulls != facts->nulls ||
	    found.bytes != facts->bytes) {
		if (find_duplicates(&parser->profile->finder, schema, report_duplicate, parser,
				    &replaced))
			return error_memory(parser->error);
	}
	if (found.values + replaced.values == facts->values &&
	    found.nulls + replaced.nulls == facts->nulls &&
	    found.bytes + replaced.bytes == facts->bytes)
		return 0;
	return error_memory(parser->error);
}

/*
 * The most memory that json-c may take for a text's tree. An empty object of it has a table for 16
 * members, an empty array room for 32 elements; a profile of 4 MiB, densely written, stays below.
 */
#define TREE_MAX ((size_t)192 << 20)
#define TREE_OBJECT 780u
#define TREE_ARRAY 340u
#define TREE_MEMBER 240u /* of an object with many */
#define TREE_ELEMENT 64u

static int check_size(struct parser *parser)
{
	const struct syntax *facts = &parser->facts;
	size_t size = facts->objects * TREE_OBJECT + facts->arrays * TREE_ARRAY +
		      facts->members * TREE_MEMBER +
		      (facts->values - facts->members) * TREE_ELEMENT + facts->bytes;

	if (size <= TREE_MAX)
		return 0;
	return profile_error(
		parser->profile, NULL, parser->error,
		"the text holds too much for a profile: %zu objects, %zu arrays and %zu "
		"values in them would take more than %zu MiB of memory",
		facts->objects, facts->arrays, facts->values, TREE_MAX >> 20);
}

/* syntax_check() accepted the text, UTF-8 included, so that only memory can be wanting here. */
static struct json_object *make_tree(const char *text, size_t length)
{
	/* json-c counts a value inside of the innermost object as a level of its own. */
	struct json_tokener *tokener = json_tokener_new_ex(SBPF_NESTING_MAX + 1);
	struct json_object *tree;

	if (!tokener)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	tree = json_tokener_parse_ex(tokener, text, (int)length);
	json_tokener_free(tokener);
	return tree;
}

int profile_parse(const char *text, size_t length, bool strict, struct profile *profile,
		  struct sbpf_error *error)
{
	struct parser parser = { .profile = profile, .error = error };

	*profile = (struct profile){
		.finder = { .text = text, .length = length },
		.strict = strict,
	};
	if (length > SBPF_TEXT_MAX)
		return error_set(error, SBPF_ERROR_PROFILE,
				 "the text has %zu bytes: a profile has at most %u", length,
				 SBPF_TEXT_MAX);
	if (syntax_check(text, length, &parser.facts, error))
		return -1;
	if (text[find_value(&profile->finder, NULL)] != '{')
		return profile_error(profile, NULL, error, "a profile is a JSON object: { ... }");
	if (check_size(&parser))
		return -1;
	profile->document = make_tree(text, length);
	if (!profile->document)
		return error_memory(error);
	if (check_tree(&parser))
		return -1;
	return read_document(&parser);
}

void profile_release_document(void *document)
{
	json_object_put(document);
}

void profile_release(struct profile *profile)
{
	profile_release_document(profile->document);
	arena_free(&profile->arena);
}
