// SPDX-License-Identifier: MIT
/*
 * The other side: a profile compiled as container runtimes do it, which parse the JSON, take the
 * rules that hold here and feed them to libseccomp one call at a time.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <json-c/json.h>
#include <seccomp.h>

#define ARGUMENTS_MAX 6

/* What decides about includes and excludes. */
struct context {
	const char *go_name;
	unsigned int kernel; /* major << 8 | minor */
};

/* Docker's default capabilities. */
static const char *const held_capabilities[] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_FSETID",
	"CAP_FOWNER",
	"CAP_MKNOD",
	"CAP_NET_RAW",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETFCAP",
	"CAP_SETPCAP",
	"CAP_SYS_CHROOT",
	"CAP_KILL",
	"CAP_NET_BIND_SERVICE",
	"CAP_AUDIT_WRITE",
};

static const struct {
	const char *name;
	uint32_t action;
	bool has_errno;
} actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, false },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG, false },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), true },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, false },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), true },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP, false },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, false },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, false },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, false },
};

static const struct {
	const char *name;
	enum scmp_compare compare;
} compares[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct json_object *member(struct json_object *object, const char *key)
{
	return json_object_object_get(object, key);
}

static size_t length_of(struct json_object *array)
{
	return array ? json_object_array_length(array) : 0;
}

static const char *text_at(struct json_object *array, size_t index)
{
	return json_object_get_string(json_object_array_get_idx(array, index));
}

static struct json_object *parse(const struct task *task)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *document;

	if (!tokener)
		errx(1, "out of memory");
	document = json_tokener_parse_ex(tokener, task->text, (int)task->length);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		errx(1, "not JSON: %s", json_tokener_error_desc(json_tokener_get_error(tokener)));
	json_tokener_free(tokener);
	return document;
}

static unsigned int kernel_number(const char *release)
{
	char *rest;
	unsigned long major = strtoul(release, &rest, 10);

	if (*rest != '.')
		errx(1, "not a kernel release: %s", release);
	return (unsigned int)(major << 8 | strtoul(rest + 1, NULL, 10));
}

static struct context context_of(const struct task *task)
{
	struct context context;
	struct sbpf_abi abi;
	struct utsname host;

	if (!sbpf_abi_describe(sbpf_abi_find(task->machine), &abi) || uname(&host) < 0)
		errx(1, "no machine %s", task->machine);
	context.go_name = abi.go_name;
	context.kernel = kernel_number(host.release);
	return context;
}

static bool is_held(const char *capability)
{
	for (size_t i = 0; i < COUNT(held_capabilities); i++)
		if (strcmp(held_capabilities[i], capability) == 0)
			return true;
	return false;
}

static size_t count_held(struct json_object *capabilities)
{
	size_t held = 0;

	for (size_t i = 0; i < length_of(capabilities); i++)
		held += is_held(text_at(capabilities, i));
	return held;
}

static bool lists(struct json_object *names, const char *name)
{
	for (size_t i = 0; i < length_of(names); i++)
		if (strcmp(text_at(names, i), name) == 0)
			return true;
	return false;
}

static bool reaches_kernel(struct json_object *guard, const struct context *context)
{
	return context->kernel >= kernel_number(json_object_get_string(member(guard, "minKernel")));
}

static bool includes(struct json_object *guard, const struct context *context)
{
	struct json_object *arches = member(guard, "arches");
	struct json_object *capabilities = member(guard, "caps");

	if (length_of(arches) > 0 && !lists(arches, context->go_name))
		return false;
	if (count_held(capabilities) != length_of(capabilities))
		return false;
	return !member(guard, "minKernel") || reaches_kernel(guard, context);
}

static bool excludes(struct json_object *guard, const struct context *context)
{
	return lists(member(guard, "arches"), context->go_name) ||
	       count_held(member(guard, "caps")) > 0 ||
	       (member(guard, "minKernel") && reaches_kernel(guard, context));
}

static uint32_t action_of(struct json_object *object, const char *action_key, const char *errno_key)
{
	const char *name = json_object_get_string(member(object, action_key));
	struct json_object *number = member(object, errno_key);

	for (size_t i = 0; name && i < COUNT(actions); i++) {
		if (strcmp(actions[i].name, name) != 0)
			continue;
		if (!actions[i].has_errno)
			return actions[i].action;
		return actions[i].action |
		       (number ? (uint32_t)json_object_get_int(number) : (uint32_t)EPERM);
	}
	errx(1, "no action %s", name ? name : "(none)");
}

static struct scmp_arg_cmp condition_of(struct json_object *argument)
{
	const char *name = json_object_get_string(member(argument, "op"));
	struct scmp_arg_cmp condition = {
		.arg = (unsigned int)json_object_get_int(member(argument, "index")),
		.datum_a = json_object_get_uint64(member(argument, "value")),
		.datum_b = json_object_get_uint64(member(argument, "valueTwo")),
	};

	for (size_t i = 0; name && i < COUNT(compares); i++)
		if (strcmp(compares[i].name, name) == 0)
			condition.op = compares[i].compare;
	if (condition.op == 0)
		errx(1, "no operator %s", name ? name : "(none)");
	return condition;
}

static bool has_two_on_one_argument(const struct scmp_arg_cmp *conditions, unsigned int count)
{
	unsigned int seen = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (seen & 1u << conditions[i].arg)
			return true;
		seen |= 1u << conditions[i].arg;
	}
	return false;
}

static void add(scmp_filter_ctx filter, uint32_t action, int number,
		const struct scmp_arg_cmp *conditions, unsigned int count)
{
	int status = seccomp_rule_add_array(filter, action, number, count, conditions);

	if (status < 0)
		errx(1, "seccomp_rule_add_array: %s", strerror(-status));
}

/* A rule with two conditions on one argument becomes a rule for each condition, as in runc. */
static void add_call(scmp_filter_ctx filter, uint32_t action, const char *name,
		     const struct scmp_arg_cmp *conditions, unsigned int count)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return;
	if (!has_two_on_one_argument(conditions, count)) {
		add(filter, action, number, conditions, count);
		return;
	}
	for (unsigned int i = 0; i < count; i++)
		add(filter, action, number, &conditions[i], 1);
}

static void add_rule(scmp_filter_ctx filter, uint32_t action, struct json_object *rule)
{
	struct json_object *names = member(rule, "names");
	struct json_object *arguments = member(rule, "args");
	struct scmp_arg_cmp conditions[ARGUMENTS_MAX];
	unsigned int count = (unsigned int)length_of(arguments);

	if (count > ARGUMENTS_MAX)
		errx(1, "a rule with %u conditions", count);
	for (unsigned int i = 0; i < count; i++)
		conditions[i] = condition_of(json_object_array_get_idx(arguments, i));
	if (member(rule, "name"))
		add_call(filter, action, json_object_get_string(member(rule, "name")), conditions,
			 count);
	for (size_t i = 0; i < length_of(names); i++)
		add_call(filter, action, text_at(names, i), conditions, count);
}

static void add_rules(scmp_filter_ctx filter, struct json_object *profile, uint32_t default_action,
		      const struct context *context)
{
	struct json_object *rules = member(profile, "syscalls");

	for (size_t i = 0; i < length_of(rules); i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);
		uint32_t action = action_of(rule, "action", "errnoRet");

		if (action == default_action || !includes(member(rule, "includes"), context) ||
		    excludes(member(rule, "excludes"), context))
			continue;
		add_rule(filter, action, rule);
	}
}

static void add_abi(scmp_filter_ctx filter, const char *name)
{
	uint32_t token = seccomp_arch_resolve_name(name);
	int status = token ? seccomp_arch_add(filter, token) : -EINVAL;

	if (status < 0 && status != -EEXIST)
		errx(1, "libseccomp cannot add %s: %s", name, strerror(-status));
}

static void choose_abis(scmp_filter_ctx filter, const struct task *task)
{
	char *list = strdup(task->abis);
	char *rest = list;

	if (!list)
		errx(1, "out of memory");
	add_abi(filter, task->machine);
	if (seccomp_arch_resolve_name(task->machine) != seccomp_arch_native())
		seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	for (char *name = strsep(&rest, ","); name; name = strsep(&rest, ","))
		if (*name)
			add_abi(filter, name);
	free(list);
}

/* libseccomp before 2.6 exports to a descriptor only. */
static struct program export_program(scmp_filter_ctx filter)
{
	struct program program = { 0 };
	int file = memfd_create("filter", MFD_CLOEXEC);
	struct stat status;

	if (file < 0 || seccomp_export_bpf(filter, file) < 0 || fstat(file, &status) < 0)
		errx(1, "libseccomp cannot export the filter");
	program.count = (size_t)status.st_size / sizeof(*program.code);
	program.code = malloc((size_t)status.st_size);
	if (!program.code || pread(file, program.code, (size_t)status.st_size, 0) != status.st_size)
		errx(1, "cannot read the exported filter");
	close(file);
	return program;
}

static void drop(void *made[2])
{
	seccomp_release(made[0]);
	json_object_put(made[1]);
}

static struct program compile(const struct task *task, uint32_t optimize)
{
	struct context context = context_of(task);
	struct json_object *profile = parse(task);
	uint32_t default_action = action_of(profile, "defaultAction", "defaultErrnoRet");
	scmp_filter_ctx filter = seccomp_init(default_action);
	struct program program;

	if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, optimize) < 0)
		errx(1, "libseccomp cannot begin a filter");
	choose_abis(filter, task);
	add_rules(filter, profile, default_action, &context);
	program = export_program(filter);
	program.made[0] = filter;
	program.made[1] = profile;
	program.drop = drop;
	return program;
}

struct program libseccomp_compile(const struct task *task)
{
	return compile(task, 1);
}

struct program libseccomp_compile_optimized(const struct task *task)
{
	return compile(task, 2);
}

void libseccomp_parse_only(const struct task *task)
{
	json_object_put(parse(task));
}

const char *libseccomp_version(void)
{
	static char text[32];
	const struct scmp_version *version = seccomp_version();

	snprintf(text, sizeof(text), "%u.%u.%u", version->major, version->minor, version->micro);
	return text;
}
