// SPDX-License-Identifier: MIT
#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <json-c/json.h>

#define X32_BIT UINT32_C(0x40000000)
#define SKIPPED_CALL UINT32_C(0xffffffff)
#define UPPER_HALF UINT64_C(0xffffffff00000000)

/* ---- Words ---- */

struct word {
	const char *name;
	uint32_t value;
};

/* Permissive to restrictive. */
static const struct word actions[] = {
	{ "ALLOW", SECCOMP_RET_ALLOW },
	{ "LOG", SECCOMP_RET_LOG },
	{ "TRACE", SECCOMP_RET_TRACE },
	{ "NOTIFY", SECCOMP_RET_USER_NOTIF },
	{ "ERRNO", SECCOMP_RET_ERRNO },
	{ "TRAP", SECCOMP_RET_TRAP },
	{ "KILL", SECCOMP_RET_KILL_THREAD },
	{ "KILL_THREAD", SECCOMP_RET_KILL_THREAD },
	{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS },
	{ NULL, 0 },
};

static const struct word operators[] = {
	{ "NE", SBPF_NE },
	{ "LT", SBPF_LT },
	{ "LE", SBPF_LE },
	{ "EQ", SBPF_EQ },
	{ "GE", SBPF_GE },
	{ "GT", SBPF_GT },
	{ "MASKED_EQ", SBPF_MASKED_EQ },
	{ NULL, 0 },
};

static const char docker_capabilities[] = "CHOWN,DAC_OVERRIDE,FSETID,FOWNER,MKNOD,NET_RAW,SETGID,"
					  "SETUID,SETFCAP,SETPCAP,NET_BIND_SERVICE,SYS_CHROOT,KILL,"
					  "AUDIT_WRITE";

static const char *without_prefix(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : text;
}

static const struct word *find_word(const struct word *words, const char *name)
{
	for (; words->name; words++)
		if (strcmp(words->name, name) == 0)
			return words;
	return NULL;
}

/* Whether a list separated by commas holds a word. */
static bool list_holds(const char *list, const char *word)
{
	size_t length = strlen(word);

	while (*list) {
		size_t next = strcspn(list, ",");

		if (next == length && strncmp(list, word, length) == 0)
			return true;
		list += next + (list[next] == ',');
	}
	return false;
}

static int rank(uint32_t verdict)
{
	for (int i = 0; actions[i].name; i++)
		if (actions[i].value == (verdict & SECCOMP_RET_ACTION_FULL))
			return i;
	return -1;
}

/* ---- Reading: what one piece of JSON says ---- */

/* The machine, kernel and capabilities that includes and excludes are about. */
struct holder {
	const struct tables *tables;
	int machine;
	char kernel[80];
	const char *capabilities;     /* separated by commas; NULL until known */
	struct json_object *bounding; /* of a config.json; else NULL */
};

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static size_t length_of(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static const char *string_at(struct json_object *array, size_t index)
{
	return json_object_get_string(json_object_array_get_idx(array, index));
}

static bool holds_capability(const struct holder *holder, const char *name)
{
	const char *capabilities = holder->capabilities;
	char prefixed[64];

	name = without_prefix(name, "CAP_");
	if (!capabilities && holder->bounding) {
		for (size_t i = 0; i < length_of(holder->bounding); i++)
			if (strcmp(without_prefix(string_at(holder->bounding, i), "CAP_"), name) ==
			    0)
				return true;
		return false;
	}
	if (!capabilities)
		capabilities = docker_capabilities;
	snprintf(prefixed, sizeof(prefixed), "CAP_%s", name);
	return strcmp(capabilities, "ALL") == 0 || list_holds(capabilities, name) ||
	       list_holds(capabilities, prefixed);
}

static bool is_machine(const struct holder *holder, struct json_object *arch)
{
	return list_holds(holder->tables->abis[holder->machine].go, json_object_get_string(arch));
}

/* An empty release counts as absent. */
static struct json_object *min_kernel(struct json_object *guard)
{
	struct json_object *kernel = get(guard, "minKernel");

	return kernel && json_object_get_string_len(kernel) > 0 ? kernel : NULL;
}

static bool kernel_reaches(const struct holder *holder, const char *wanted)
{
	unsigned int have[3] = { 0 }, want[3] = { 0 };

	sscanf(holder->kernel, "%u.%u.%u", &have[0], &have[1], &have[2]);
	sscanf(wanted, "%u.%u.%u", &want[0], &want[1], &want[2]);
	for (size_t i = 0; i < 2; i++)
		if (have[i] != want[i])
			return have[i] > want[i];
	return have[2] >= want[2];
}

static bool excluded(const struct holder *holder, struct json_object *excludes)
{
	struct json_object *arches = get(excludes, "arches");
	struct json_object *capabilities = get(excludes, "caps");
	struct json_object *kernel = min_kernel(excludes);

	for (size_t i = 0; i < length_of(arches); i++)
		if (is_machine(holder, json_object_array_get_idx(arches, i)))
			return true;
	for (size_t i = 0; i < length_of(capabilities); i++)
		if (holds_capability(holder, string_at(capabilities, i)))
			return true;
	return kernel && kernel_reaches(holder, json_object_get_string(kernel));
}

static bool included(const struct holder *holder, struct json_object *includes)
{
	struct json_object *arches = get(includes, "arches");
	struct json_object *capabilities = get(includes, "caps");
	struct json_object *kernel = min_kernel(includes);
	bool listed = length_of(arches) == 0;

	for (size_t i = 0; i < length_of(arches); i++)
		listed = listed || is_machine(holder, json_object_array_get_idx(arches, i));
	for (size_t i = 0; i < length_of(capabilities); i++)
		if (!holds_capability(holder, string_at(capabilities, i)))
			return false;
	return listed && (!kernel || kernel_reaches(holder, json_object_get_string(kernel)));
}

/* A key outside the OCI schema: absent for an OCI runtime. */
static struct json_object *get_unless_oci(const struct reference *reference,
					  struct json_object *object, const char *key)
{
	return reference->reading == SBPF_READING_OCI ? NULL : get(object, key);
}

/* The verdict of an action with the two keys that may give its data; action may be absent. */
static bool read_verdict(const struct reference *reference, struct json_object *object,
			 const char *action_key, const char *number_key, const char *symbol_key,
			 uint32_t *verdict)
{
	struct json_object *action = get(object, action_key);
	struct json_object *number = get(object, number_key);
	struct json_object *symbol = get_unless_oci(reference, object, symbol_key);
	const struct word *word;
	int data = 1; /* EPERM */

	word = action ? find_word(actions,
				  without_prefix(json_object_get_string(action), "SCMP_ACT_"))
		      : NULL;
	if (!word)
		return false;
	*verdict = word->value;
	if (word->value != SECCOMP_RET_ERRNO && word->value != SECCOMP_RET_TRACE)
		return true;
	if (number)
		data = json_object_get_int(number);
	if (data > 4095) /* the kernel returns no more */
		data = 4095;
	if (symbol && json_object_get_string_len(symbol) > 0)
		data = tables_errno(reference->tables, reference->machine,
				    json_object_get_string(symbol));
	*verdict |= (uint32_t)data;
	return data >= 0;
}

static bool read_condition(struct json_object *object, struct sbpf_condition *condition)
{
	const char *op = json_object_get_string(get(object, "op"));
	const struct word *word = op ? find_word(operators, without_prefix(op, "SCMP_CMP_")) : NULL;

	if (!word)
		return false;
	condition->argument = (unsigned int)json_object_get_int(get(object, "index"));
	condition->compare = (enum sbpf_compare)word->value;
	condition->value = json_object_get_uint64(get(object, "value"));
	condition->value_two = json_object_get_uint64(get(object, "valueTwo"));
	return true;
}

/* ---- Reading: the rules ---- */

static bool add_rule(struct reference *reference, const struct reference_rule *rule)
{
	if (reference->rule_count == reference->rule_capacity) {
		size_t capacity = reference->rule_capacity ? 2 * reference->rule_capacity : 64;
		struct reference_rule *rules =
			reallocarray(reference->rules, capacity, sizeof(*rules));

		if (!rules)
			return false;
		reference->rules = rules;
		reference->rule_capacity = capacity;
	}
	reference->rules[reference->rule_count++] = *rule;
	return true;
}

static bool repeats_an_argument(const struct reference_rule *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		for (size_t j = i + 1; j < rule->condition_count; j++)
			if (rule->conditions[i].argument == rule->conditions[j].argument)
				return true;
	return false;
}

/*
 * When a rule has two conditions on one argument, each of its conditions is a rule of its own. By
 * the literal reading all of them must hold together, as any others.
 */
static bool add_call(struct reference *reference, const struct reference_rule *rule)
{
	struct reference_rule single = *rule;

	if (reference->reading == SBPF_READING_LITERAL || !repeats_an_argument(rule))
		return add_rule(reference, rule);
	single.condition_count = 1;
	for (size_t i = 0; i < rule->condition_count; i++) {
		single.conditions[0] = rule->conditions[i];
		if (!add_rule(reference, &single))
			return false;
	}
	return true;
}

/* Notes that a profile names a call, and adds its rule when that applies. Unknown names say
 * nothing. */
static bool read_name(struct reference *reference, const char *name, bool applies,
		      struct reference_rule *rule)
{
	rule->name = tables_name(reference->tables, name);
	if (rule->name < 0)
		return true;
	reference->named[rule->name] = true;
	return !applies || add_call(reference, rule);
}

static bool read_rule(struct reference *reference, const struct holder *holder,
		      struct json_object *object)
{
	struct json_object *names = get(object, "names");
	struct json_object *name = get_unless_oci(reference, object, "name");
	struct json_object *args = get(object, "args");
	struct reference_rule rule = { 0 };
	bool applies = included(holder, get_unless_oci(reference, object, "includes")) &&
		       !excluded(holder, get_unless_oci(reference, object, "excludes"));

	if (!read_verdict(reference, object, "action", "errnoRet", "errno", &rule.verdict))
		return false;
	rule.condition_count = length_of(args);
	if (rule.condition_count > sizeof(rule.conditions) / sizeof(rule.conditions[0]))
		return false;
	for (size_t i = 0; i < rule.condition_count; i++)
		if (!read_condition(json_object_array_get_idx(args, i), &rule.conditions[i]))
			return false;
	if (length_of(names) == 0)
		return !name || read_name(reference, json_object_get_string(name), applies, &rule);
	for (size_t i = 0; i < length_of(names); i++)
		if (!read_name(reference, string_at(names, i), applies, &rule))
			return false;
	return true;
}

static bool cover(struct reference *reference, struct json_object *list)
{
	for (size_t i = 0; i < length_of(list); i++) {
		int abi = tables_abi_by_scmp(reference->tables, string_at(list, i));

		if (abi < 0)
			return false;
		reference->covered[abi] = true;
	}
	return true;
}

/* The ABIs that the profile asks for beside the machine's own. */
static bool read_abis(struct reference *reference, struct json_object *profile)
{
	struct json_object *map = get_unless_oci(reference, profile, "archMap");

	for (size_t i = 0; i < length_of(map); i++) {
		struct json_object *entry = json_object_array_get_idx(map, i);
		const char *name = json_object_get_string(get(entry, "architecture"));

		if (name && tables_abi_by_scmp(reference->tables, name) == reference->machine)
			return cover(reference, get(entry, "subArchitectures"));
	}
	return cover(reference, get(profile, "architectures"));
}

static bool read_profile(struct reference *reference, const struct holder *holder,
			 struct json_object *profile, const struct sbpf_target *target)
{
	struct json_object *rules = get(profile, "syscalls");

	if (!read_verdict(reference, profile, "defaultAction", "defaultErrnoRet", "defaultErrno",
			  &reference->default_verdict))
		return false;
	if (!target->abis && !read_abis(reference, profile))
		return false;
	for (size_t i = 0; i < length_of(rules); i++)
		if (!read_rule(reference, holder, json_object_array_get_idx(rules, i)))
			return false;
	return true;
}

/* ---- Reading: the target ---- */

static bool read_target_abis(struct reference *reference, const char *list)
{
	while (*list) {
		size_t length = strcspn(list, ",");
		char name[32];
		int abi;

		snprintf(name, sizeof(name), "%.*s", (int)length, list);
		abi = tables_abi(reference->tables, name);
		if (abi < 0)
			return false;
		reference->covered[abi] = true;
		list += length + (list[length] == ',');
	}
	return true;
}

static bool read_bad_arch(struct reference *reference, const char *text)
{
	const struct word *word;
	char name[32] = "";
	int data = 1; /* EPERM */

	reference->bad_arch = SECCOMP_RET_KILL_PROCESS;
	if (!text)
		return true;
	sscanf(without_prefix(text, "SCMP_ACT_"), "%31[A-Z_](%d)", name, &data);
	word = find_word(actions, name);
	if (!word)
		return false;
	reference->bad_arch = word->value;
	if (word->value == SECCOMP_RET_ERRNO || word->value == SECCOMP_RET_TRACE)
		reference->bad_arch |= (uint32_t)data;
	return true;
}

static bool read_target(struct reference *reference, struct holder *holder,
			const struct sbpf_target *target)
{
	struct utsname running;

	uname(&running);
	reference->machine =
		tables_abi(reference->tables, target->machine ? target->machine : running.machine);
	if (reference->machine < 0)
		return false;
	reference->covered[reference->machine] = true;
	reference->unknown_as_enosys = target->unknown_as_enosys;
	reference->reading = target->reading;
	reference->width = target->width;
	holder->tables = reference->tables;
	holder->machine = reference->machine;
	holder->capabilities = target->capabilities;
	snprintf(holder->kernel, sizeof(holder->kernel), "%s",
		 target->kernel ? target->kernel : running.release);
	return (!target->abis || read_target_abis(reference, target->abis)) &&
	       read_bad_arch(reference, target->bad_arch);
}

/* ---- Verdicts ---- */

/* A call as the rules look at it. */
struct view {
	const struct reference *reference;
	int abi;
	int name; /* of the number, in tables.names */
	const struct seccomp_data *data;
};

/* Whether an argument is taken as one of 32 bits: all the register has, or all the kernel reads. */
static bool is_narrow(const struct view *view, unsigned int argument)
{
	const struct tables *tables = view->reference->tables;

	if (tables->abis[view->abi].register_bits == 32)
		return true;
	return view->reference->width == SBPF_WIDTH_KERNEL &&
	       tables_is_narrow(tables, view->abi, view->name, argument);
}

static uint64_t argument_of(const struct view *view, unsigned int argument)
{
	uint64_t whole = view->data->args[argument];

	return is_narrow(view, argument) ? whole & ~UPPER_HALF : whole;
}

/* Beside 32 bits, a value whose upper half is all ones is a sign-extended 32-bit number. */
static uint64_t constant(bool narrow, uint64_t value)
{
	return narrow && (value & UPPER_HALF) == UPPER_HALF ? value & ~UPPER_HALF : value;
}

static bool condition_holds(const struct view *view, const struct sbpf_condition *condition)
{
	bool narrow = is_narrow(view, condition->argument);
	uint64_t argument = argument_of(view, condition->argument);
	uint64_t value = constant(narrow, condition->value);
	uint64_t value_two = constant(narrow, condition->value_two);

	switch (condition->compare) {
	case SBPF_NE:
		return argument != value;
	case SBPF_LT:
		return argument < value;
	case SBPF_LE:
		return argument <= value;
	case SBPF_EQ:
		return argument == value;
	case SBPF_GE:
		return argument >= value;
	case SBPF_GT:
		return argument > value;
	case SBPF_MASKED_EQ:
		return (argument & value) == (value_two & value);
	}
	return false;
}

static bool conditions_hold(const struct view *view, const struct reference_rule *rule)
{
	for (size_t i = 0; i < rule->condition_count; i++)
		if (!condition_holds(view, &rule->conditions[i]))
			return false;
	return true;
}

static bool is_literal(const struct reference *reference)
{
	return reference->reading == SBPF_READING_LITERAL;
}

static bool repeats_default(const struct reference *reference, const struct reference_rule *rule)
{
	return rule->verdict == reference->default_verdict;
}

/* A rule whose verdict equals the default is dropped; by the literal reading none is. */
static bool dropped(const struct reference *reference, const struct reference_rule *rule)
{
	return !is_literal(reference) && repeats_default(reference, rule);
}

/* The first rule without conditions of a call, which makes all others of the call void. */
static const struct reference_rule *outright_rule(const struct reference *reference, int name)
{
	for (size_t i = 0; i < reference->rule_count; i++) {
		const struct reference_rule *rule = &reference->rules[i];

		if (rule->name == name && rule->condition_count == 0 && !dropped(reference, rule))
			return rule;
	}
	return NULL;
}

/* Whether a rule has effect among the rules of its own call; literally, each has. */
static bool effective(const struct reference *reference, const struct reference_rule *rule)
{
	const struct reference_rule *outright;

	if (is_literal(reference))
		return true;
	outright = outright_rule(reference, rule->name);
	return outright ? rule == outright : !dropped(reference, rule);
}

/* The sub-call through which a rule's call is reached by a multiplexer, or NULL. */
static const struct table_sub_call *sub_call_of(const struct reference *reference, int multiplexer,
						const struct reference_rule *rule)
{
	for (size_t i = 0; i < reference->tables->sub_call_count; i++) {
		const struct table_sub_call *sub_call = &reference->tables->sub_calls[i];

		if (sub_call->multiplexer == multiplexer && sub_call->name == rule->name)
			return sub_call;
	}
	return NULL;
}

/*
 * Never widen: a conditional rule extends only when it is more restrictive than the default, or
 * repeats it, which has an effect in the literal reading alone.
 */
static bool extends(const struct reference *reference, const struct reference_rule *rule)
{
	return rule->condition_count == 0 || repeats_default(reference, rule) ||
	       rank(rule->verdict) > rank(reference->default_verdict);
}

/*
 * Whether argument 0 names a sub-call. The kernel takes that of ipc from the lower 16 bits and that
 * of socketcall from the lower 32; only to allow more, the others count too.
 */
static bool names_sub_call(const struct view *view, const struct reference_rule *rule, uint32_t sub)
{
	const struct tables *tables = view->reference->tables;
	bool is_ipc = strcmp(tables->names[view->name].text, "ipc") == 0;

	if (rank(rule->verdict) < rank(view->reference->default_verdict))
		return argument_of(view, 0) == sub;
	if (is_ipc)
		return view->data->args[0] % 65536 == sub;
	return (uint32_t)view->data->args[0] == sub;
}

/* Whether a rule holds for a call: directly or through a multiplexer. */
static bool holds(const struct view *view, const struct reference_rule *rule)
{
	const struct table_sub_call *sub_call;

	if (!effective(view->reference, rule))
		return false;
	if (rule->name == view->name)
		return conditions_hold(view, rule);
	sub_call = sub_call_of(view->reference, view->name, rule);
	return sub_call && names_sub_call(view, rule, sub_call->sub) &&
	       extends(view->reference, rule);
}

/* The rule that decides a call with a name, or NULL. */
static const struct reference_rule *deciding_rule(const struct view *view)
{
	const struct reference *reference = view->reference;
	const struct reference_rule *outright =
		is_literal(reference) ? NULL : outright_rule(reference, view->name);

	if (outright)
		return outright;
	for (size_t i = 0; i < reference->rule_count; i++)
		if (holds(view, &reference->rules[i]))
			return &reference->rules[i];
	return NULL;
}

/* The newest release among the calls that the profile names; 0 when none has a known one. */
static unsigned int newest_named(const struct reference *reference)
{
	unsigned int newest = 0;

	for (size_t i = 0; i < reference->tables->name_count; i++)
		if (reference->named[i] && reference->tables->names[i].since > newest)
			newest = reference->tables->names[i].since;
	return newest;
}

/* A call newer than the profile, for which the unknown-as-ENOSYS option stands in. */
static bool unknown_to_profile(const struct reference *reference, const struct table_abi *abi,
			       uint32_t number, int name)
{
	unsigned int newest = newest_named(reference);

	if (name < 0)
		return number > abi->max;
	return !reference->named[name] && newest && reference->tables->names[name].since > newest;
}

static uint32_t unnamed_verdict(const struct reference *reference, const struct table_abi *abi,
				uint32_t number, int name)
{
	bool restrictive = rank(reference->default_verdict) >= rank(SECCOMP_RET_USER_NOTIF);

	if (reference->unknown_as_enosys && restrictive &&
	    unknown_to_profile(reference, abi, number, name))
		return SECCOMP_RET_ERRNO |
		       (uint32_t)tables_errno(reference->tables, reference->machine, "ENOSYS");
	return reference->default_verdict;
}

int reference_abi(const struct reference *reference, const struct seccomp_data *data)
{
	const struct tables *tables = reference->tables;

	for (size_t i = 0; i < tables->abi_count; i++) {
		const struct table_abi *abi = &tables->abis[i];
		bool x32_number = (uint32_t)data->nr & X32_BIT;

		if (!reference->covered[i] || abi->audit != data->arch)
			continue;
		if (strcmp(abi->name, "x32") == 0 && !x32_number)
			continue;
		if (strcmp(abi->name, "x86_64") == 0 && x32_number)
			continue;
		return (int)i;
	}
	return -1;
}

/* A tracer writes this number to skip a call; where x32 is not covered it gets the default. */
static bool is_skipped_call(const struct reference *reference, const struct seccomp_data *data)
{
	int x86_64 = tables_abi(reference->tables, "x86_64");

	return reference->covered[x86_64] && reference->tables->abis[x86_64].audit == data->arch &&
	       (uint32_t)data->nr == SKIPPED_CALL;
}

/* The number of a call in its ABI's table. */
static uint32_t table_number(const struct table_abi *abi, const struct seccomp_data *data)
{
	return abi->offset == X32_BIT ? (uint32_t)data->nr & ~X32_BIT
				      : (uint32_t)data->nr - abi->offset;
}

uint32_t reference_verdict(const struct reference *reference, const struct seccomp_data *data)
{
	const struct reference_rule *rule = NULL;
	int index = reference_abi(reference, data);
	const struct table_abi *abi;
	uint32_t number;
	int name;

	if (index < 0)
		return is_skipped_call(reference, data) ? reference->default_verdict
							: reference->bad_arch;
	abi = &reference->tables->abis[index];
	if ((uint32_t)data->nr < abi->offset)
		return reference->default_verdict;
	number = table_number(abi, data);
	name = tables_name_of(reference->tables, index, number);
	if (name >= 0)
		rule = deciding_rule(&(struct view){ reference, index, name, data });
	return rule ? rule->verdict : unnamed_verdict(reference, abi, number, name);
}

/*
 * Whether any rule asks for conditions on calls with this name. By the literal reading, those
 * behind a rule without conditions are not asked.
 */
static bool has_conditions(const struct reference *reference, int name)
{
	const struct reference_rule *outright = outright_rule(reference, name);

	if (outright && !is_literal(reference))
		return false;
	for (size_t i = 0; i < reference->rule_count; i++) {
		const struct reference_rule *rule = &reference->rules[i];

		if (rule == outright)
			return false;
		if ((rule->name == name || sub_call_of(reference, name, rule)) &&
		    effective(reference, rule))
			return true;
	}
	return false;
}

bool reference_allows_outright(const struct reference *reference, const struct seccomp_data *data)
{
	int index = reference_abi(reference, data);
	const struct table_abi *abi;
	int name = -1;

	if (reference_verdict(reference, data) != SECCOMP_RET_ALLOW)
		return false;
	if (index < 0)
		return is_skipped_call(reference, data);
	abi = &reference->tables->abis[index];
	if ((uint32_t)data->nr >= abi->offset)
		name = tables_name_of(reference->tables, index, table_number(abi, data));
	return name < 0 || !has_conditions(reference, name);
}

/* ---- Life ---- */

static struct json_object *parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(2 * SBPF_NESTING_MAX);
	struct json_object *document = NULL;

	if (!tokener)
		return NULL;
	if (length <= SBPF_TEXT_MAX)
		document = json_tokener_parse_ex(tokener, text, (int)length);
	json_tokener_free(tokener);
	return document;
}

struct reference *reference_new(const struct tables *tables, const char *text, size_t length,
				const struct sbpf_target *target)
{
	static const struct sbpf_target here;
	struct reference *reference = calloc(1, sizeof(*reference));
	struct json_object *document = parse(text, length);
	struct json_object *profile = get(get(document, "linux"), "seccomp");
	struct holder holder = { 0 };
	bool good;

	if (!target)
		target = &here;
	if (profile)
		holder.bounding = get(get(get(document, "process"), "capabilities"), "bounding");
	else
		profile = document;
	if (!reference)
		return NULL;
	reference->tables = tables;
	good = document && read_target(reference, &holder, target) &&
	       read_profile(reference, &holder, profile, target);
	json_object_put(document);
	if (good)
		return reference;
	fprintf(stderr, "the reference does not understand the profile or its target\n");
	reference_free(reference);
	return NULL;
}

void reference_free(struct reference *reference)
{
	if (reference)
		free(reference->rules);
	free(reference);
}
