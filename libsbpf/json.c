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

/* Reads one value into what its owner keeps it in. 0, or -1 with an error. */
typedef int parse_function(struct parser *parser, const struct place *place,
			   struct json_object *value, void *into);

struct member {
	const char *key;
	parse_function *parse;
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

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

static void warn_unknown_key(struct parser *parser, const struct place *place,
			     const struct member *members, size_t count)
{
	const char *likely = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!strcasecmp(members[i].key, place->key))
			likely = members[i].key;
	}
	if (likely)
		profile_warn(parser->profile, place, SBPF_WARN_UNKNOWN_KEY,
			     "unknown key '%s' is ignored, but programs in Go such as Docker "
			     "read it as '%s': write it so",
			     printable(place->key).text, likely);
	else
		profile_warn(parser->profile, place, SBPF_WARN_UNKNOWN_KEY,
			     "unknown key '%s' is ignored", printable(place->key).text);
}

/*
 * Reads the members of an object by their table. A null counts as absent, as in Go. Bit i of
 * *seen tells whether members[i] is there.
 */
static int read_members(struct parser *parser, const struct place *place,
			struct json_object *object, const struct member *members, size_t count,
			void *into, unsigned int *seen)
{
	*seen = 0;
	if (!json_object_is_type(object, json_type_object))
		return wrong_type(parser, place, object, "an object");
	json_object_object_foreach(object, key, value)
	{
		const struct place member = { .parent = place, .key = key };
		size_t i = 0;

		while (i < count && strcmp(members[i].key, key) != 0)
			i++;
		if (i == count) {
			warn_unknown_key(parser, &member, members, count);
		} else if (value) {
			*seen |= 1u << i;
			if (members[i].parse(parser, &member, value, into))
				return -1;
		}
	}
	return 0;
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
	struct profile_action *action = into;
	uint64_t number;

	if (read_unsigned(parser, place, value, "the number of an errno: 0 to 4095", &number))
		return -1;
	if (number > ERRNO_MAX)
		return profile_error(parser->profile, place, parser->error,
				     "errno %" PRIu64
				     " is too large: the kernel returns at most %d",
				     number, ERRNO_MAX);
	action->data = (uint16_t)number;
	return 0;
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

static int read_guard(struct parser *parser, const struct place *place, struct json_object *value,
		      struct profile_guard *guard)
{
	static const struct member members[] = {
		{ "caps", parse_guard_capabilities },
		{ "arches", parse_guard_arches },
		{ "minKernel", parse_min_kernel },
	};
	unsigned int seen;

	return read_members(parser, place, value, members, COUNT(members), guard, &seen);
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

static int parse_condition(struct parser *parser, const struct place *place,
			   struct json_object *value, void *into)
{
	static const struct member members[] = {
		{ "index", parse_index },
		{ "value", parse_value },
		{ "op", parse_compare },
		{ "valueTwo", parse_value_two },
	};
	const struct place value_two = { .parent = place, .key = "valueTwo" };
	struct sbpf_condition *condition = into;
	unsigned int seen;

	if (read_members(parser, place, value, members, COUNT(members), condition, &seen))
		return -1;
	for (size_t i = 0; i < 3; i++) {
		if (!(seen & 1u << i))
			return profile_error(parser->profile, place, parser->error,
					     "a condition needs '%s': it has 'index', 'value' and "
					     "'op'",
					     members[i].key);
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
	[RULE_NAMES] = { "names", parse_names },
	[RULE_NAME] = { "name", parse_name },
	[RULE_ACTION] = { "action", parse_rule_action },
	[RULE_ERRNO_NUMBER] = { "errnoRet", parse_rule_errno_number },
	[RULE_ERRNO_SYMBOL] = { "errno", parse_rule_errno_symbol },
	[RULE_ARGS] = { "args", parse_conditions },
	[RULE_INCLUDES] = { "includes", parse_includes },
	[RULE_EXCLUDES] = { "excludes", parse_excludes },
	[RULE_COMMENT] = { "comment", parse_ignored },
};

static const char *key_if_seen(const struct member *members, unsigned int seen, size_t index)
{
	return seen & 1u << index ? members[index].key : NULL;
}

/* That there is a name; an empty list is a list, but an empty string no name (as in Go: none). */
static int check_names(struct parser *parser, const struct place *place,
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
	return profile_error(parser->profile, place, parser->error,
			     "a rule needs 'names', an array of names of system calls");
}

static int parse_rule(struct parser *parser, const struct place *place, struct json_object *value,
		      void *into)
{
	struct profile_rule *rule = into;
	unsigned int seen;

	if (read_members(parser, place, value, rule_members, COUNT(rule_members), rule, &seen) ||
	    check_names(parser, place, rule, seen))
		return -1;
	if (!(seen & 1u << RULE_ACTION))
		return profile_error(parser->profile, place, parser->error,
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

static int parse_arch_entry(struct parser *parser, const struct place *place,
			    struct json_object *value, void *into)
{
	static const struct member members[] = {
		{ "architecture", parse_entry_machine },
		{ "subArchitectures", parse_entry_abis },
	};
	unsigned int seen;

	if (read_members(parser, place, value, members, COUNT(members), into, &seen))
		return -1;
	if (!(seen & 1))
		return profile_error(parser->profile, place, parser->error,
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
	[PROFILE_DEFAULT_ACTION] = { "defaultAction", parse_default_action },
	[PROFILE_DEFAULT_ERRNO_NUMBER] = { "defaultErrnoRet", parse_default_errno_number },
	[PROFILE_DEFAULT_ERRNO_SYMBOL] = { "defaultErrno", parse_default_errno_symbol },
	[PROFILE_ARCHITECTURES] = { "architectures", parse_architectures },
	[PROFILE_ARCH_MAP] = { "archMap", parse_arch_map },
	[PROFILE_SYSCALLS] = { "syscalls", parse_rules },
	[PROFILE_FLAGS] = { "flags", parse_flags },
	[PROFILE_COMMENT] = { "comment", parse_ignored },
	[PROFILE_LISTENER_PATH] = { "listenerPath", parse_ignored },
	[PROFILE_LISTENER_METADATA] = { "listenerMetadata", parse_ignored },
};

static int read_profile(struct parser *parser, struct json_object *object)
{
	struct profile *profile = parser->profile;
	unsigned int seen;

	if (read_members(parser, profile->base, object, profile_members, COUNT(profile_members),
			 profile, &seen))
		return -1;
	if (!(seen & 1u << PROFILE_DEFAULT_ACTION))
		return profile_error(profile, profile->base, parser->error,
				     "a profile needs 'defaultAction', such as SCMP_ACT_ERRNO");
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

/* A member of an object; NULL when it is absent or null, or the object is none. */
static struct json_object *member_of(struct json_object *object, const char *key)
{
	struct json_object *member = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &member);
	return member;
}

static bool is_profile(struct json_object *document)
{
	return member_of(document, "defaultAction") ||
	       !(member_of(document, "ociVersion") || member_of(document, "linux"));
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
		return profile_error(
			profile, NULL, parser->error,
			"this config.json asks for no filter: it has no linux.seccomp");
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

/*
 * Compares the tree with the text: json-c 0.16 keeps only the last of equal keys, and when memory
 * runs out it goes on without the member, the element or the end of the string.
 */
static int check_tree(struct parser *parser)
{
	const struct syntax *facts = &parser->facts;
	struct syntax found = { 0 };

	count_tree(parser->profile->document, &found);
	if (found.values == facts->values && found.nulls == facts->nulls &&
	    found.bytes == facts->bytes)
		return 0;
	if (report_duplicate(&parser->profile->finder, parser->error))
		return -1;
	return error_memory(parser->error);
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

int profile_parse(const char *text, size_t length, struct profile *profile,
		  struct sbpf_error *error)
{
	struct parser parser = { .profile = profile, .error = error };

	*profile = (struct profile){ .finder = { .text = text, .length = length } };
	if (length > SBPF_TEXT_MAX)
		return error_set(error, SBPF_ERROR_PROFILE,
				 "the text has %zu bytes: a profile has at most %u", length,
				 SBPF_TEXT_MAX);
	if (syntax_check(text, length, &parser.facts, error))
		return -1;
	if (text[find_value(&profile->finder, NULL)] != '{')
		return profile_error(profile, NULL, error, "a profile is a JSON object: { ... }");
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
