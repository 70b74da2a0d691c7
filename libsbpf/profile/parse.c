/* SPDX-License-Identifier: MIT */
#include "parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "action.h"
#include "arch.h"
#include "error.h"
#include "target.h"

#define ERRNO_DEFAULT 1 /* EPERM */
#define ARGUMENT_MAX 5
/* What a member is kept in. */
#define IN(type, field) .offset = offsetof(type, field)

#define ANY_VALUE "an unsigned 64-bit integer: 0 to 18446744073709551615"

/* ---- Keys that are missing ---- */

/* Room for a key of which it is to be said what it is like. */
#define KEY_SIZE 256

uint32_t find_spelling(const struct outline *outline, uint32_t object, const char *wanted)
{
	uint32_t at = place_type(outline, object) == '{' ? place_inside(outline, object) : 0;
	char key[KEY_SIZE];

	for (; at; at = outline->places[at].next) {
		key_copy(outline, at, key, sizeof(key));
		if (strcmp(key, wanted) != 0 && is_spelling_of(key, wanted))
			break;
	}
	return at;
}

/* The unknown member of an object that is most like one that it must have; 0 when there is none. */
static uint32_t find_misspelt(const struct outline *outline, uint32_t object,
			      const struct schema *schema, const char *wanted)
{
	uint32_t near = find_spelling(outline, object, wanted);
	char key[KEY_SIZE];

	if (near)
		return near;
	for (near = place_inside(outline, object); near; near = outline->places[near].next) {
		const char *likely;

		key_copy(outline, near, key, sizeof(key));
		likely = schema_find(schema, key) ? NULL : schema_suggest(schema, key);
		if (likely && !strcmp(likely, wanted))
			break;
	}
	return near;
}

int refuse_missing(struct parser *parser, uint32_t object, const struct schema *schema,
		   const char *wanted, const char *needs)
{
	const struct outline *outline = &parser->profile->outline;
	uint32_t other = find_misspelt(outline, object, schema, wanted);
	char key[KEY_SIZE];

	if (!other)
		return profile_error(parser->profile, object, parser->error, "%s", needs);
	key_copy(outline, other, key, sizeof(key));
	return profile_error(
		parser->profile, other, parser->error,
		strcasecmp(key, wanted)
			? "write '%s' for '%s': %s"
			: "write '%s' for '%s', which programs in Go such as Docker take "
			  "too, but others do not: %s",
		wanted, printable(key).text, needs);
}

/* That an object has a member: -1 with an error when it has not. */
static int require(struct parser *parser, uint32_t object, const struct schema *schema,
		   unsigned int seen, size_t index)
{
	const struct member *member = &schema->members[index];

	if (seen & 1u << index)
		return 0;
	return refuse_missing(parser, object, schema, member->key, member->needs);
}

static uint32_t place_of(const struct parser *parser, uint32_t object, const char *key)
{
	return place_member(&parser->profile->outline, object, key);
}

/* Notes a member that is there without effect. */
static void warn_of(struct parser *parser, uint32_t object, const char *key, const char *message)
{
	profile_warn(parser->profile, place_of(parser, object, key), SBPF_WARN_IGNORED,
		     "'%s' has no effect: %s", key, message);
}

/* ---- Actions ---- */

static int parse_action(struct parser *parser, struct value value, void *into)
{
	struct profile_action *action = into;
	const struct action *found;
	const char *name = read_string(parser, value, NULL);
	char names[128];

	if (!name)
		return -1;
	found = strncmp(name, "SCMP_ACT_", 9) ? NULL : action_find(name);
	if (!found) {
		action_names(names, sizeof(names));
		return profile_error(parser->profile, value.place, parser->error,
				     "unknown action '%s': it is SCMP_ACT_ and one of %s",
				     printable(name).text, names);
	}
	action->ret = found->ret;
	action->has_data = found->has_data;
	return 0;
}

static int parse_default_action(struct parser *parser, struct value value, void *into)
{
	struct profile_action *action = into;

	if (parse_action(parser, value, action))
		return -1;
	/* Nobody could hand over the listener: the calls for that would wait for it. */
	if (action->ret == SECCOMP_RET_USER_NOTIF)
		return profile_error(parser->profile, value.place, parser->error,
				     "SCMP_ACT_NOTIFY cannot be the default: the process would "
				     "wait for its own listener before it could hand it over; "
				     "give it to single calls");
	return 0;
}

/* Each of the two keys is taken for the other; one is the other with "Ret" behind. */
static int wrong_errno(struct parser *parser, uint32_t place, bool wants_symbol)
{
	const struct outline *outline = &parser->profile->outline;
	char key[KEY_SIZE];
	int length = (int)strlen(key_copy(outline, place, key, sizeof(key)));

	if (wants_symbol)
		return profile_error(
			parser->profile, place, parser->error,
			"must be the symbol of an errno, such as \"EPERM\": its number "
			"goes into '%sRet'",
			key);
	return profile_error(parser->profile, place, parser->error,
			     "must be the number of an errno: 0 to 4095, in decimal digits; a "
			     "symbol such as \"EPERM\" goes into '%.*s', which only Podman and "
			     "CRI-O know",
			     length - (int)strlen("Ret"), key);
}

static int parse_errno_number(struct parser *parser, struct value value, void *into)
{
	struct profile *profile = parser->profile;
	struct profile_action *action = into;
	uint64_t number;

	if (place_type(&profile->outline, value.place) == '"')
		return wrong_errno(parser, value.place, false);
	if (read_unsigned(parser, value, "the number of an errno: 0 to 4095", &number))
		return -1;
	if (number > UINT16_MAX)
		return profile_error(profile, value.place, parser->error,
				     "errno %" PRIu64
				     " is too large: the kernel returns at most %d",
				     number, ERRNO_MAX);
	action->data = (uint16_t)(number > ERRNO_MAX ? ERRNO_MAX : number);
	if (number <= ERRNO_MAX)
		return 0;
	return profile_ignore(profile, value.place, profile->outline.places[value.place].at,
			      SBPF_WARN_ERRNO, parser->error,
			      profile->strict ? "errno %" PRIu64
						" is too large: the kernel returns at most %d"
					      : "errno %" PRIu64
						" is taken as %d, for the kernel returns no more",
			      number, ERRNO_MAX);
}

/* An empty symbol counts as absent, as in containers/common. */
static int parse_errno_symbol(struct parser *parser, struct value value, void *into)
{
	char type = place_type(&parser->profile->outline, value.place);
	struct profile_action *action = into;
	const char *symbol;

	if (type >= '0' && type <= '9')
		return wrong_errno(parser, value.place, true);
	symbol = read_string(parser, value, NULL);
	if (!symbol)
		return -1;
	action->errno_symbol = *symbol ? symbol : NULL;
	return 0;
}

/* What can be said of an action once the whole object is read; keys that were not there are NULL.
 */
static void complete_action(struct parser *parser, uint32_t object, struct profile_action *action,
			    const char *number_key, const char *symbol_key)
{
	static const char why[] = "only SCMP_ACT_ERRNO and SCMP_ACT_TRACE carry a number";

	if (!number_key)
		action->data = ERRNO_DEFAULT;
	if (action->has_data)
		return;
	if (number_key)
		warn_of(parser, object, number_key, why);
	if (symbol_key && action->errno_symbol)
		warn_of(parser, object, symbol_key, why);
}

/* ---- includes and excludes ---- */

static int parse_capability(struct parser *parser, struct value value, void *into)
{
	uint64_t *capabilities = into;
	const char *name = read_string(parser, value, NULL);
	const char *known;
	int number;

	if (!name)
		return -1;
	number = capability_find(name);
	known = number < 0 ? "CAP_NET_RAW" : capability_name(number);
	/* Container runtimes compare the names to the letter. */
	if (number < 0 || strcmp(name, known) != 0)
		return profile_error(parser->profile, value.place, parser->error,
				     number < 0 ? "unknown capability '%s': capabilities(7) lists "
						  "them, such as %s"
						: "unknown capability '%s': write %s",
				     printable(name).text, known);
	*capabilities |= UINT64_C(1) << number;
	return 0;
}

static int parse_go_name(struct parser *parser, struct value value, void *into)
{
	const char **name = into;

	*name = read_string(parser, value, NULL);
	if (!*name)
		return -1;
	if (abi_by_go_name(*name) < 0)
		return profile_error(parser->profile, value.place, parser->error,
				     "unknown architecture '%s': here it is named as in Go, such "
				     "as amd64, x86, arm64, arm, ppc64le, riscv64 or s390x",
				     printable(*name).text);
	return 0;
}

/* An empty version counts as absent, as in Docker and containers/common. */
static int parse_min_kernel(struct parser *parser, struct value value, void *into)
{
	uint32_t *min_kernel = into;
	const char *version = read_string(parser, value, NULL);

	if (!version)
		return -1;
	*min_kernel = kernel_parse(version);
	if (*version && (!*min_kernel || version[strspn(version, "0123456789.")]))
		return profile_error(parser->profile, value.place, parser->error,
				     "'%s' is no kernel version: it is written as in 4.8 or "
				     "5.10.0, with numbers up to " KERNEL_MAX,
				     printable(version).text);
	return 0;
}

static const struct member guard_members[] = {
	{ KEY("caps"), ALL, parse_capability, IN(struct profile_guard, capabilities) },
	{ KEY("arches"), LIST, parse_go_name, IN(struct profile_guard, arches),
	  .size = sizeof(const char *) },
	{ KEY("minKernel"), ONE, parse_min_kernel, IN(struct profile_guard, min_kernel) },
};

static const struct schema guard_schema = SCHEMA(guard_members, NULL);

const struct member capabilities_member = { KEY("bounding"), ALL, .parse = parse_capability };

/* ---- Conditions ---- */

static int parse_index(struct parser *parser, struct value value, void *into)
{
	unsigned int *argument = into;
	uint64_t number;

	if (read_unsigned(parser, value, "the number of an argument: 0 to 5", &number))
		return -1;
	if (number > ARGUMENT_MAX)
		return profile_error(parser->profile, value.place, parser->error,
				     "there is no argument %" PRIu64
				     ": a call has arguments 0 to %d",
				     number, ARGUMENT_MAX);
	*argument = (unsigned int)number;
	return 0;
}

static int parse_value(struct parser *parser, struct value value, void *into)
{
	return read_unsigned(parser, value, ANY_VALUE, into);
}

static int parse_compare(struct parser *parser, struct value value, void *into)
{
	enum sbpf_compare *compare = into;
	const char *name = read_string(parser, value, NULL);
	char names[128];

	if (!name)
		return -1;
	*compare = compare_find(name);
	if (*compare)
		return 0;
	compare_names(names, sizeof(names));
	return profile_error(parser->profile, value.place, parser->error,
			     "unknown operator '%s': it is one of %s", printable(name).text, names);
}

#define NEEDS_OF_CONDITION(key) "a condition needs '" key "': it has 'index', 'value' and 'op'"

static const struct member condition_members[] = {
	{ KEY("index"), ONE, parse_index, IN(struct sbpf_condition, argument),
	  .needs = NEEDS_OF_CONDITION("index") },
	{ KEY("value"), ONE, parse_value, IN(struct sbpf_condition, value),
	  .needs = NEEDS_OF_CONDITION("value") },
	{ KEY("op"), ONE, parse_compare, IN(struct sbpf_condition, compare),
	  .needs = NEEDS_OF_CONDITION("op") },
	{ KEY("valueTwo"), ONE, parse_value, IN(struct sbpf_condition, value_two) },
};

static int finish_condition(struct parser *parser, uint32_t object, void *into, unsigned int seen);

static const struct schema condition_schema = SCHEMA(condition_members, finish_condition);

static int finish_condition(struct parser *parser, uint32_t object, void *into, unsigned int seen)
{
	struct sbpf_condition *condition = into;

	for (size_t i = 0; i < condition_schema.count; i++) {
		if (condition_members[i].needs &&
		    require(parser, object, &condition_schema, seen, i))
			return -1;
	}
	if (condition->compare != SBPF_MASKED_EQ && condition->value_two) {
		warn_of(parser, object, "valueTwo", "only SCMP_CMP_MASKED_EQ compares with it");
		condition->value_two = 0;
	}
	return 0;
}

/* ---- Rules ---- */

static int parse_name(struct parser *parser, struct value value, void *into)
{
	struct profile_name *name = into;
	size_t length;

	name->text = read_string(parser, value, &length);
	if (!name->text)
		return -1;
	name->length = (uint32_t)length;
	name->place = value.place;
	return 0;
}

static int refuse_empty_name(struct parser *parser, uint32_t name)
{
	return profile_error(parser->profile, name, parser->error,
			     "the name of a system call is expected, not an empty string");
}

static int parse_one_of_names(struct parser *parser, struct value value, void *into)
{
	const struct profile_name *name = into;

	if (parse_name(parser, value, into))
		return -1;
	return name->length ? 0 : refuse_empty_name(parser, value.place);
}

/* A string without meaning for the filter: a comment, or whom a runtime hands the listener to. */
static int parse_ignored(struct parser *parser, struct value value, void *into)
{
	(void)into;
	return read_string(parser, value, NULL) ? 0 : -1;
}

enum {
	RULE_NAMES,
	RULE_NAME,
	RULE_ACTION,
	RULE_ERRNO_NUMBER,
	RULE_ERRNO_SYMBOL,
};

static const struct member rule_members[] = {
	[RULE_NAMES] = { KEY("names"), LIST, parse_one_of_names, IN(struct profile_rule, names),
			 .size = sizeof(struct profile_name),
			 .needs = "a rule needs 'names', an array of names of system calls" },
	[RULE_NAME] = { KEY("name"), ONE, parse_name, IN(struct profile_rule, name) },
	[RULE_ACTION] = { KEY("action"), ONE, parse_action, IN(struct profile_rule, action),
			  .needs = "a rule needs 'action', such as SCMP_ACT_ALLOW" },
	[RULE_ERRNO_NUMBER] = { KEY("errnoRet"), ONE, parse_errno_number,
				IN(struct profile_rule, action) },
	[RULE_ERRNO_SYMBOL] = { KEY("errno"), ONE, parse_errno_symbol,
				IN(struct profile_rule, action) },
	{ KEY("args"), LIST, NULL, IN(struct profile_rule, conditions), .inside = &condition_schema,
	  .size = sizeof(struct sbpf_condition) },
	{ KEY("includes"), ONE, NULL, IN(struct profile_rule, includes), .inside = &guard_schema },
	{ KEY("excludes"), ONE, NULL, IN(struct profile_rule, excludes), .inside = &guard_schema },
	{ KEY("comment"), IDLE, .parse = parse_ignored },
};

static int finish_rule(struct parser *parser, uint32_t object, void *into, unsigned int seen);

static const struct schema rule_schema = SCHEMA(rule_members, finish_rule);

static const char *key_if_seen(const struct member *members, unsigned int seen, size_t index)
{
	return seen & 1u << index ? members[index].key : NULL;
}

/* That there is a name; an empty list is a list, but an empty string no name (as in Go: none). */
static int check_names(struct parser *parser, uint32_t object, const struct profile_rule *rule,
		       unsigned int seen)
{
	if (rule->name.length || rule->names.count)
		return 0;
	if (seen & 1u << RULE_NAMES) {
		profile_warn(parser->profile, place_of(parser, object, "names"), SBPF_WARN_IGNORED,
			     "the rule has no effect: it names no system call");
		return 0;
	}
	if (seen & 1u << RULE_NAME)
		return refuse_empty_name(parser, place_of(parser, object, "name"));
	return require(parser, object, &rule_schema, seen, RULE_NAMES);
}

static int finish_rule(struct parser *parser, uint32_t object, void *into, unsigned int seen)
{
	struct profile_rule *rule = into;

	rule->place = object;
	if (check_names(parser, object, rule, seen) ||
	    require(parser, object, &rule_schema, seen, RULE_ACTION))
		return -1;
	complete_action(parser, object, &rule->action,
			key_if_seen(rule_members, seen, RULE_ERRNO_NUMBER),
			key_if_seen(rule_members, seen, RULE_ERRNO_SYMBOL));
	return 0;
}

/* ---- Architectures and flags ---- */

static int parse_architecture(struct parser *parser, struct value value, void *into)
{
	int *abi = into;
	const char *name = read_string(parser, value, NULL);
	struct sbpf_abi near;

	if (!name)
		return -1;
	*abi = abi_by_scmp_name(name);
	if (*abi >= 0)
		return 0;
	if (sbpf_abi_describe(sbpf_abi_find(name), &near))
		return profile_error(parser->profile, value.place, parser->error,
				     "unknown architecture '%s': write %s", printable(name).text,
				     near.scmp_name);
	return profile_error(parser->profile, value.place, parser->error,
			     "unknown architecture '%s': it is named as in seccomp_arch_add(3), "
			     "such as SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_AARCH64, "
			     "SCMP_ARCH_ARM, SCMP_ARCH_RISCV64 or SCMP_ARCH_S390X",
			     printable(name).text);
}

static const struct member arch_members[] = {
	{ KEY("architecture"), ONE, parse_architecture, IN(struct profile_arch, machine),
	  .needs = "an entry of 'archMap' needs 'architecture', such as SCMP_ARCH_X86_64" },
	{ KEY("subArchitectures"), LIST, parse_architecture, IN(struct profile_arch, abis),
	  .size = sizeof(int) },
};

static int finish_arch(struct parser *parser, uint32_t object, void *into, unsigned int seen);

static const struct schema arch_schema = SCHEMA(arch_members, finish_arch);

static int finish_arch(struct parser *parser, uint32_t object, void *into, unsigned int seen)
{
	struct profile_arch *entry = into;
	uint64_t bit;

	if (require(parser, object, &arch_schema, seen, 0))
		return -1;
	bit = UINT64_C(1) << entry->machine;
	if (parser->machines & bit)
		return profile_error(parser->profile, place_of(parser, object, "architecture"),
				     parser->error,
				     "'archMap' has an entry for this architecture "
				     "already: keep one of them");
	parser->machines |= bit;
	return 0;
}

static int parse_flag(struct parser *parser, struct value value, void *into)
{
	unsigned int *flags = into;
	unsigned int flag;
	const char *name = read_string(parser, value, NULL);
	char names[192];

	if (!name)
		return -1;
	flag = flag_find(name);
	if (!flag) {
		flag_names(names, sizeof(names));
		return profile_error(parser->profile, value.place, parser->error,
				     "'%s' is no flag that a profile can ask for: it is one of %s",
				     printable(name).text, names);
	}
	*flags |= flag;
	return 0;
}

/* ---- The profile ---- */

enum {
	PROFILE_DEFAULT_ACTION,
	PROFILE_ERRNO_NUMBER,
	PROFILE_ERRNO_SYMBOL,
};

static const struct member profile_members[] = {
	[PROFILE_DEFAULT_ACTION] = { KEY("defaultAction"), ONE, parse_default_action,
				     IN(struct profile, default_action) },
	[PROFILE_ERRNO_NUMBER] = { KEY("defaultErrnoRet"), ONE, parse_errno_number,
				   IN(struct profile, default_action) },
	[PROFILE_ERRNO_SYMBOL] = { KEY("defaultErrno"), ONE, parse_errno_symbol,
				   IN(struct profile, default_action) },
	{ KEY("architectures"), LIST, parse_architecture, IN(struct profile, architectures),
	  .size = sizeof(int) },
	{ KEY("archMap"), LIST, NULL, IN(struct profile, arch_map), .inside = &arch_schema,
	  .size = sizeof(struct profile_arch) },
	{ KEY("syscalls"), LIST, NULL, IN(struct profile, rules), .inside = &rule_schema,
	  .size = sizeof(struct profile_rule) },
	{ KEY("flags"), ALL, parse_flag, IN(struct profile, flags) },
	{ KEY("comment"), IDLE, .parse = parse_ignored },
	{ KEY("listenerPath"), ONE, .parse = parse_ignored },
	{ KEY("listenerMetadata"), ONE, .parse = parse_ignored },
};

static int finish_profile(struct parser *parser, uint32_t object, void *into, unsigned int seen)
{
	struct profile *profile = into;

	complete_action(parser, object, &profile->default_action,
			key_if_seen(profile_members, seen, PROFILE_ERRNO_NUMBER),
			key_if_seen(profile_members, seen, PROFILE_ERRNO_SYMBOL));
	return 0;
}

const struct schema profile_schema = SCHEMA(profile_members, finish_profile);
