// SPDX-License-Identifier: MIT
/*
 * What crun and runc ask of libseccomp at the start of a container, and the system call after that,
 * each by the clock. Which libseccomp.so.2 answers is the dynamic linker's business.
 *
 * The calls are those that crun 1.8 and runc 1.1 make, as seen with uprobes, in their order. The
 * profile is read and its rules are laid out before the clock starts.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>
#include <seccomp.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CALLS_MAX 1024
#define ARGUMENTS_MAX 6
#define ABIS_MAX 8

static const char usage[] =
	"usage: bench-calls crun|runc PROFILE   microseconds from seccomp_init to the exported "
	"filter\n"
	"       bench-calls install FILTER      microseconds of seccomp(2) with a raw filter\n"
	"PROFILE is a linux.seccomp object of OCI.\n";

static const char prefix[] = "SCMP_ARCH_";

struct call {
	const char *name;
	uint32_t action;
	struct scmp_arg_cmp conditions[ARGUMENTS_MAX];
	unsigned int count;
};

struct profile {
	struct json_object *document; /* owns the names */
	char abis[ABIS_MAX][32];      /* libseccomp's names */
	size_t abi_count;
	uint32_t default_action;
	struct call calls[CALLS_MAX];
	size_t count;
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

/* Docker's default has no other actions. */
static uint32_t action_of(struct json_object *object, const char *action_key, const char *errno_key)
{
	const char *name = json_object_get_string(member(object, action_key));
	struct json_object *number = member(object, errno_key);

	if (name && strcmp(name, "SCMP_ACT_ALLOW") == 0)
		return SCMP_ACT_ALLOW;
	if (!name || strcmp(name, "SCMP_ACT_ERRNO") != 0)
		errx(1, "no action %s", name ? name : "(none)");
	return SCMP_ACT_ERRNO(number ? (uint32_t)json_object_get_int(number) : (uint32_t)EPERM);
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

static void lay_out_rule(struct profile *profile, struct json_object *rule)
{
	struct json_object *names = member(rule, "names");
	struct json_object *arguments = member(rule, "args");
	struct call call = {
		.action = action_of(rule, "action", "errnoRet"),
		.count = (unsigned int)length_of(arguments),
	};

	if (call.count > ARGUMENTS_MAX || profile->count + length_of(names) > CALLS_MAX)
		errx(1, "at most %d conditions and %d calls", ARGUMENTS_MAX, CALLS_MAX);
	for (unsigned int i = 0; i < call.count; i++)
		call.conditions[i] = condition_of(json_object_array_get_idx(arguments, i));
	for (size_t i = 0; i < length_of(names); i++) {
		call.name = text_at(names, i);
		profile->calls[profile->count++] = call;
	}
}

/* "SCMP_ARCH_X86_64" is "x86_64" to libseccomp. */
static void lay_out_abi(struct profile *profile, const char *name)
{
	size_t length = 0;
	char *abi;

	if (profile->abi_count == ABIS_MAX || strncmp(name, prefix, strlen(prefix)) != 0)
		errx(1, "%s: at most %d of SCMP_ARCH_...", name, ABIS_MAX);
	abi = profile->abis[profile->abi_count++];
	name += strlen(prefix);
	while (*name && length < sizeof(profile->abis[0]) - 1)
		abi[length++] = (char)tolower((unsigned char)*name++);
}

static struct profile *read_profile(const char *path)
{
	struct profile *profile = calloc(1, sizeof(*profile));
	struct json_object *abis;
	struct json_object *rules;

	if (!profile)
		errx(1, "out of memory");
	profile->document = json_object_from_file(path);
	if (!profile->document)
		errx(1, "%s: %s", path, json_util_get_last_err());
	abis = member(profile->document, "architectures");
	for (size_t i = 0; i < length_of(abis); i++)
		lay_out_abi(profile, text_at(abis, i));
	profile->default_action = action_of(profile->document, "defaultAction", "defaultErrnoRet");
	rules = member(profile->document, "syscalls");
	for (size_t i = 0; i < length_of(rules); i++)
		lay_out_rule(profile, json_object_array_get_idx(rules, i));
	return profile;
}

static void check(int status, const char *what)
{
	if (status < 0)
		errx(1, "%s: %s", what, strerror(-status));
}

static int export_filter(scmp_filter_ctx filter)
{
	int file = memfd_create("filter", MFD_CLOEXEC);

	if (file < 0)
		err(1, "memfd_create");
	check(seccomp_export_bpf(filter, file), "seccomp_export_bpf");
	return file;
}

static void add_abi(scmp_filter_ctx filter, const char *name)
{
	int status = seccomp_arch_add(filter, seccomp_arch_resolve_name(name));

	check(status == -EEXIST ? 0 : status, name);
}

/* crun adds rules without conditions by another call than those with conditions. */
static void call_as_crun(const struct profile *profile)
{
	scmp_filter_ctx filter = seccomp_init(profile->default_action);

	for (size_t i = 0; i < profile->abi_count; i++)
		add_abi(filter, profile->abis[i]);
	for (size_t i = 0; i < profile->count; i++) {
		const struct call *call = &profile->calls[i];
		int number = seccomp_syscall_resolve_name(call->name);

		if (number == __NR_SCMP_ERROR)
			continue;
		if (call->count == 0)
			check(seccomp_rule_add(filter, call->action, number, 0), call->name);
		else
			check(seccomp_rule_add_array(filter, call->action, number, call->count,
						     call->conditions),
			      call->name);
	}
	close(export_filter(filter));
	seccomp_release(filter);
}

/* runc looks for the newest call of every ABI, for the numbers that are to fail with ENOSYS. */
static void find_newest_calls(const struct profile *profile)
{
	for (size_t i = 0; i < profile->abi_count; i++) {
		uint32_t token = seccomp_arch_resolve_name(profile->abis[i]);
		int newest = -1;

		for (size_t j = 0; j < profile->count; j++) {
			int number =
				seccomp_syscall_resolve_name_arch(token, profile->calls[j].name);

			if (number > newest)
				newest = number;
		}
		if (newest < 0)
			errx(1, "%s: none of the calls", profile->abis[i]);
	}
}

static void call_as_runc(const struct profile *profile)
{
	scmp_filter_ctx filter = seccomp_init(profile->default_action);
	uint32_t value;

	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1), "SCMP_FLTATR_CTL_TSYNC");
	for (size_t i = 0; i < profile->abi_count; i++)
		add_abi(filter, profile->abis[i]);
	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0), "SCMP_FLTATR_CTL_NNP");
	for (size_t i = 0; i < profile->count; i++) {
		const struct call *call = &profile->calls[i];
		int number = seccomp_syscall_resolve_name(call->name);

		if (number != __NR_SCMP_ERROR)
			check(seccomp_rule_add_array(filter, call->action, number, call->count,
						     call->conditions),
			      call->name);
	}
	close(export_filter(filter));
	find_newest_calls(profile);
	check(seccomp_attr_get(filter, SCMP_FLTATR_CTL_NNP, &value), "SCMP_FLTATR_CTL_NNP");
	check(seccomp_attr_get(filter, SCMP_FLTATR_CTL_LOG, &value), "SCMP_FLTATR_CTL_LOG");
	seccomp_release(filter);
}

static double microseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double time_calls(void (*call)(const struct profile *), const char *path)
{
	struct profile *profile = read_profile(path);
	double started = microseconds();
	double took;

	call(profile);
	took = microseconds() - started;
	json_object_put(profile->document);
	free(profile);
	return took;
}

static size_t read_filter(const char *path, struct sock_filter filter[BPF_MAXINSNS])
{
	FILE *file = fopen(path, "rbe");
	size_t count;

	if (!file)
		err(1, "%s", path);
	count = fread(filter, sizeof(*filter), BPF_MAXINSNS, file);
	if (count == 0 || fgetc(file) != EOF)
		errx(1, "%s: no raw filter", path);
	fclose(file);
	return count;
}

/* The flag is the one that crun sets. */
static double time_install(const char *path)
{
	static struct sock_filter filter[BPF_MAXINSNS];
	struct sock_fprog program = {
		.len = (unsigned short)read_filter(path, filter),
		.filter = filter,
	};
	double started;
	long status;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(1, "no_new_privs");
	started = microseconds();
	status = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
			 &program);
	if (status < 0)
		err(1, "seccomp");
	return microseconds() - started;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "crun") == 0)
		printf("%.1f\n", time_calls(call_as_crun, argv[2]));
	else if (argc == 3 && strcmp(argv[1], "runc") == 0)
		printf("%.1f\n", time_calls(call_as_runc, argv[2]));
	else if (argc == 3 && strcmp(argv[1], "install") == 0)
		printf("%.1f\n", time_install(argv[2]));
	else {
		fputs(usage, stderr);
		return 2;
	}
	return 0;
}
