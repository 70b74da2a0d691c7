// SPDX-License-Identifier: MIT
#include "generator.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define POOL_MAX 24

/* A profile in the making. */
struct draft {
	struct random *random;
	struct random *variation; /* NULL: no rules for another reading or width */
	const struct tables *tables;
	int machine;
	const char *pool[POOL_MAX]; /* the calls it is about: few, so that rules meet */
	size_t pool_count;
	FILE *text;
};

static const char *const actions[] = { "ALLOW", "LOG",		"TRACE", "NOTIFY",
				       "ERRNO", "TRAP",		"KILL",	 "KILL_THREAD",
				       "ALLOW", "KILL_PROCESS", "ERRNO", "ERRNO" };
/* NOTIFY cannot be the default: nobody could hand over the listener. */
static const char *const default_actions[] = { "ALLOW", "LOG",	"TRACE",       "ERRNO",
					       "TRAP",	"KILL", "KILL_THREAD", "KILL_PROCESS" };
static const char *const operators[] = { "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ", "EQ" };
static const char *const capabilities[] = { "CHOWN",	  "KILL",	 "SYS_ADMIN", "SYS_PTRACE",
					    "SYS_CHROOT", "AUDIT_WRITE", "BPF",	      "PERFMON",
					    "SYSLOG",	  "NET_RAW" };
static const char *const kernels[] = { "3.10", "4.7.10", "4.8", "4.8.0-1-amd64", "5.15", "6.18.3" };
static const char *const min_kernels[] = { "4.8", "5.15", "4.7.10", "6.18.4", "" };
static const char *const symbols[] = { "EPERM",	     "ENOENT",	"EACCES",      "ENOSYS",
				       "EOPNOTSUPP", "EDEADLK", "ENAMETOOLONG" };

static const char *pick(struct random *random, const char *const *words, size_t count)
{
	return words[random_below(random, count)];
}

/* ---- Targets ---- */

static const char *some_machine(struct random *random, const struct tables *tables)
{
	static const char *const usual[] = { "x86_64", "aarch64", "s390x", "mips64" };

	if (random_chance(random, 80))
		return pick(random, usual, COUNT(usual));
	for (;;) {
		const char *name = tables->abis[random_below(random, tables->abi_count)].name;

		/* These are ABIs of a machine, but no machines. */
		if (strcmp(name, "x32") != 0 && !strstr(name, "n32"))
			return name;
	}
}

/* The ABIs that a kernel of the machine has beside its own, or any others. */
static const char *natural_abis(const char *machine)
{
	static const char *const families[][2] = {
		{ "x86_64", "x86,x32" },
		{ "aarch64", "arm" },
		{ "s390x", "s390" },
		{ "mips64", "mips,mips64n32" },
		{ "ppc64", "ppc" },
		{ "parisc64", "parisc" },
		{ "mipsel64", "mipsel,mipsel64n32" },
	};

	for (size_t i = 0; i < COUNT(families); i++)
		if (strcmp(families[i][0], machine) == 0)
			return families[i][1];
	return "";
}

static void generate_capabilities(struct random *random, char *text, size_t size)
{
	text[0] = '\0';
	if (random_chance(random, 20)) {
		snprintf(text, size, "ALL");
		return;
	}
	for (size_t i = random_below(random, 4); i > 0; i--) {
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s%s", used ? "," : "",
			 random_chance(random, 50) ? "CAP_" : "",
			 pick(random, capabilities, COUNT(capabilities)));
	}
}

static void generate_bad_arch(struct random *random, char *text, size_t size)
{
	if (random_chance(random, 50))
		snprintf(text, size, "%s", pick(random, actions, COUNT(actions)));
	else
		snprintf(text, size, "ERRNO(%zu)", random_below(random, 4096));
}

static void generate_reading(struct random *random, struct sbpf_target *target)
{
	static const enum sbpf_reading readings[] = { SBPF_READING_DOCKER, SBPF_READING_OCI,
						      SBPF_READING_LITERAL, SBPF_READING_LITERAL };

	if (random_chance(random, 58))
		return;
	target->reading = readings[random_below(random, COUNT(readings))];
	if (target->reading == SBPF_READING_DOCKER || random_chance(random, 60))
		target->width = SBPF_WIDTH_KERNEL;
}

static bool has_usual_meaning(const struct sbpf_target *target)
{
	return target->reading == SBPF_READING_DOCKER && target->width == SBPF_WIDTH_PROFILE;
}

void generate_target(struct random *random, const struct tables *tables,
		     struct generated_target *target)
{
	memset(target, 0, sizeof(*target));
	target->variation.state = ~random->state;
	generate_reading(&target->variation, &target->target);
	snprintf(target->machine, sizeof(target->machine), "%s", some_machine(random, tables));
	snprintf(target->kernel, sizeof(target->kernel), "%s",
		 pick(random, kernels, COUNT(kernels)));
	target->target.machine = target->machine;
	target->target.kernel = target->kernel;
	if (random_chance(random, 40)) {
		snprintf(target->abis, sizeof(target->abis), "%s", natural_abis(target->machine));
		target->target.abis = target->abis;
	}
	if (random_chance(random, 60)) {
		generate_capabilities(random, target->capabilities, sizeof(target->capabilities));
		target->target.capabilities = target->capabilities;
	}
	if (random_chance(random, 30)) {
		generate_bad_arch(random, target->bad_arch, sizeof(target->bad_arch));
		target->target.bad_arch = target->bad_arch;
	}
	target->target.unknown_as_enosys = random_chance(random, 35);
}

/* ---- Pieces of a profile -----------------------------------------------------------------------
 */

static void fill_pool(struct draft *draft)
{
	const struct tables *tables = draft->tables;

	draft->pool_count = 1 + random_below(draft->random, POOL_MAX);
	for (size_t i = 0; i < draft->pool_count; i++) {
		const struct table_abi *abi = &tables->abis[draft->machine];
		int name = abi->calls[random_below(draft->random, abi->count)].name;
		const struct table_sub_call *sub_call =
			&tables->sub_calls[random_below(draft->random, tables->sub_call_count)];

		if (random_chance(draft->random, 25))
			name = sub_call->name;
		else if (random_chance(draft->random, 8))
			name = sub_call->multiplexer;
		else if (random_chance(draft->random, 15))
			name = (int)random_below(draft->random, tables->name_count);
		/* NOTIFY on write is refused like NOTIFY as the default. */
		if (strcmp(tables->names[name].text, "write") == 0)
			name = sub_call->name;
		draft->pool[i] = tables->names[name].text;
	}
}

static uint64_t generate_value(struct random *random)
{
	static const uint64_t values[] = {
		0,
		1,
		UINT32_MAX,
		UINT32_MAX - 1,
		UINT64_C(1) << 32,
		(UINT64_C(1) << 32) + 5,
		UINT64_C(1) << 31,
		UINT64_MAX,
		UINT64_MAX - 1,
		UINT64_C(1) << 63,
		UINT64_C(0xffffffff80000000),
		UINT64_C(0xffffffff00000000),
		UINT64_C(0xffffffff00000005),
		UINT64_C(0x7e020000),
		UINT64_C(0x00000001ffffffff),
	};

	if (random_chance(random, 40))
		return random_below(random, 8);
	if (random_chance(random, 60))
		return values[random_below(random, COUNT(values))];
	if (random_chance(random, 50))
		return UINT64_C(1) << random_below(random, 64);
	return random_next(random) >> random_below(random, 64);
}

static void write_errno(struct draft *draft, const char *number_key, const char *symbol_key)
{
	struct random *random = draft->random;

	if (random_chance(random, 35))
		fprintf(draft->text, ",\"%s\":%zu", number_key,
			random_chance(random, 60) ? random_below(random, 3)
						  : random_below(random, 5000));
	if (random_chance(random, 15))
		fprintf(draft->text, ",\"%s\":\"%s\"", symbol_key,
			pick(random, symbols, COUNT(symbols)));
}

static void write_condition(struct draft *draft)
{
	struct random *random = draft->random;
	const char *compare = pick(random, operators, COUNT(operators));

	fprintf(draft->text, "{\"index\":%zu,\"op\":\"SCMP_CMP_%s\",\"value\":%" PRIu64,
		random_chance(random, 70) ? random_below(random, 2) : random_below(random, 6),
		compare, generate_value(random));
	if (strcmp(compare, "MASKED_EQ") == 0 || random_chance(random, 10))
		fprintf(draft->text, ",\"valueTwo\":%" PRIu64, generate_value(random));
	fputc('}', draft->text);
}

static void write_conditions(struct draft *draft)
{
	static const unsigned char counts[] = { 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4, 6 };
	size_t count = counts[random_below(draft->random, COUNT(counts))];

	if (count == 0 && random_chance(draft->random, 50))
		return;
	fputs(",\"args\":[", draft->text);
	for (size_t i = 0; i < count; i++) {
		if (i)
			fputc(',', draft->text);
		write_condition(draft);
	}
	fputc(']', draft->text);
}

static void write_names(struct draft *draft)
{
	size_t count = 1 + random_below(draft->random, 4);

	if (random_chance(draft->random, 20)) {
		fprintf(draft->text, "\"name\":\"%s\",",
			pick(draft->random, draft->pool, draft->pool_count));
		return;
	}
	fputs("\"names\":[", draft->text);
	for (size_t i = 0; i < count; i++)
		fprintf(draft->text, "%s\"%s\"", i ? "," : "",
			random_chance(draft->random, 3)
				? "no_such_call"
				: pick(draft->random, draft->pool, draft->pool_count));
	fputs("],", draft->text);
}

/* The name in Docker's files: the first of the column. */
static void write_go_name(struct draft *draft, int abi)
{
	const char *names = draft->tables->abis[abi].go;

	fprintf(draft->text, "\"%.*s\"", (int)strcspn(names, ","), names);
}

static void write_guard(struct draft *draft, const char *key)
{
	struct random *random = draft->random;
	const char *separator = "";

	fprintf(draft->text, ",\"%s\":{", key);
	if (random_chance(random, 40)) {
		fputs("\"arches\":[", draft->text);
		write_go_name(draft, (int)random_below(random, draft->tables->abi_count));
		if (random_chance(random, 60)) {
			fputc(',', draft->text);
			write_go_name(draft, draft->machine);
		}
		fputc(']', draft->text);
		separator = ",";
	}
	if (random_chance(random, 50)) {
		fprintf(draft->text, "%s\"caps\":[\"CAP_%s\",\"CAP_%s\"]", separator,
			pick(random, capabilities, COUNT(capabilities) / 2),
			pick(random, capabilities + COUNT(capabilities) / 2,
			     COUNT(capabilities) / 2));
		separator = ",";
	}
	if (random_chance(random, 30))
		fprintf(draft->text, "%s\"minKernel\":\"%s\"", separator,
			pick(random, min_kernels, COUNT(min_kernels)));
	fputc('}', draft->text);
}

static void write_rule(struct draft *draft)
{
	fputc('{', draft->text);
	write_names(draft);
	fprintf(draft->text, "\"action\":\"SCMP_ACT_%s\"",
		pick(draft->random, actions, COUNT(actions)));
	write_errno(draft, "errnoRet", "errno");
	write_conditions(draft);
	if (random_chance(draft->random, 15))
		write_guard(draft, "includes");
	if (random_chance(draft->random, 15))
		write_guard(draft, "excludes");
	fputc('}', draft->text);
}

/* ---- Rules for other readings and widths ---- */

/* Around the halves of a register: what is left of them when the upper one is cut. */
static uint64_t split_value(struct random *random)
{
	static const uint64_t upper[] = { 0, 1, UINT32_MAX, UINT32_MAX - 1, UINT32_C(1) << 31 };
	static const uint64_t lower[] = {
		0, 1, 5, 40, UINT32_MAX, UINT32_MAX - 1, UINT32_C(1) << 31
	};
	uint64_t value = lower[random_below(random, COUNT(lower))];

	if (random_chance(random, 40))
		return random_below(random, 4);
	return upper[random_below(random, COUNT(upper))] << 32 | value;
}

/* Likely an argument of which the kernel reads 32 bits, if there is one. */
static size_t split_argument(const struct draft *draft, const char *call)
{
	int name = tables_name(draft->tables, call);
	size_t argument = random_below(draft->variation, TABLES_ARGUMENTS);

	for (size_t i = 0; i < 3; i++) {
		if (tables_is_narrow(draft->tables, draft->machine, name, (unsigned int)argument))
			break;
		argument = random_below(draft->variation, TABLES_ARGUMENTS);
	}
	return argument;
}

static void write_split_condition(struct draft *draft, size_t argument)
{
	const char *compare = pick(draft->variation, operators, COUNT(operators));
	uint64_t value = split_value(draft->variation);
	uint64_t value_two = split_value(draft->variation);

	fprintf(draft->text,
		"{\"index\":%zu,\"op\":\"SCMP_CMP_%s\",\"value\":%" PRIu64 ",\"valueTwo\":%" PRIu64
		"}",
		argument, compare, value, value_two);
}

/* Conditions that meet on few arguments, often two or three on the same. */
static void write_meeting_conditions(struct draft *draft, const char *call)
{
	size_t argument = split_argument(draft, call);
	size_t count = 1 + random_below(draft->variation, 3);

	fputs(",\"args\":[", draft->text);
	for (size_t i = 0; i < count; i++) {
		if (random_chance(draft->variation, 40))
			argument = split_argument(draft, call);
		if (i)
			fputc(',', draft->text);
		write_split_condition(draft, argument);
	}
	fputc(']', draft->text);
}

/* Rules on one call: exceptions that repeat the default, with conditions and without, in any
 * order. */
static void write_meeting_rules(struct draft *draft, const char *default_action)
{
	struct random *random = draft->variation;
	const char *call = pick(random, draft->pool, draft->pool_count);
	size_t count = 2 + random_below(random, 4);

	for (size_t i = 0; i < count; i++) {
		fprintf(draft->text, "%s{\"names\":[\"%s\"],\"action\":\"SCMP_ACT_%s\"",
			i ? ",\n" : "", call,
			random_chance(random, 40) ? default_action
						  : pick(random, actions, COUNT(actions)));
		if (random_chance(random, 70))
			write_meeting_conditions(draft, call);
		fputc('}', draft->text);
	}
}

/* ---- Whole profiles -----------------------------------------------------------------------------
 */

static void write_abi_list(struct draft *draft)
{
	const char *natural = natural_abis(draft->tables->abis[draft->machine].name);
	const char *separator = "";

	fputc('[', draft->text);
	for (size_t i = 0; i < draft->tables->abi_count; i++) {
		const struct table_abi *abi = &draft->tables->abis[i];
		bool likely = strstr(natural, abi->name) != NULL;

		if (!random_chance(draft->random, likely ? 70 : 6))
			continue;
		fprintf(draft->text, "%s\"%s\"", separator, abi->scmp);
		separator = ",";
	}
	fputc(']', draft->text);
}

static void write_abis(struct draft *draft)
{
	size_t other = random_below(draft->random, draft->tables->abi_count);
	bool has_own = random_chance(draft->random, 80);

	if (random_chance(draft->random, 20))
		return;
	if (random_chance(draft->random, 50)) {
		fputs(",\"architectures\":", draft->text);
		write_abi_list(draft);
		return;
	}
	if (other == (size_t)draft->machine)
		has_own = false;
	fprintf(draft->text, ",\"archMap\":[{\"architecture\":\"%s\",\"subArchitectures\":",
		draft->tables->abis[other].scmp);
	write_abi_list(draft);
	fputc('}', draft->text);
	if (has_own) {
		fprintf(draft->text, ",{\"architecture\":\"%s\",\"subArchitectures\":",
			draft->tables->abis[draft->machine].scmp);
		write_abi_list(draft);
		fputc('}', draft->text);
	}
	fputc(']', draft->text);
}

static void write_profile(struct draft *draft)
{
	size_t rules = random_below(draft->random, random_chance(draft->random, 10) ? 120 : 25);
	const char *default_action = pick(draft->random, default_actions, COUNT(default_actions));

	fprintf(draft->text, "{\"defaultAction\":\"SCMP_ACT_%s\"", default_action);
	write_errno(draft, "defaultErrnoRet", "defaultErrno");
	write_abis(draft);
	fputs(",\"syscalls\":[", draft->text);
	for (size_t i = 0; i < rules; i++) {
		if (i)
			fputs(",\n", draft->text);
		if (draft->variation && random_chance(draft->variation, 30)) {
			write_meeting_rules(draft, default_action);
			fputs(",\n", draft->text);
		}
		write_rule(draft);
	}
	fputs("]}\n", draft->text);
}

/* As part of a config.json, with capabilities of its own. */
static void write_config(struct draft *draft)
{
	fprintf(draft->text,
		"{\"process\":{\"capabilities\":{\"bounding\":[\"CAP_%s\",\"CAP_CHOWN\"]}},"
		"\"linux\":{\"seccomp\":",
		pick(draft->random, capabilities + 1, COUNT(capabilities) - 1));
	write_profile(draft);
	fputs("}}\n", draft->text);
}

char *generate_profile(struct random *random, const struct tables *tables,
		       const struct generated_target *target)
{
	struct random variation = target->variation;
	struct draft draft = { .random = random,
			       .variation = has_usual_meaning(&target->target) ? NULL : &variation,
			       .tables = tables,
			       .machine = tables_abi(tables, target->machine) };
	char *text = NULL;
	size_t size;

	draft.text = open_memstream(&text, &size);
	if (!draft.text)
		return NULL;
	fill_pool(&draft);
	if (random_chance(random, 5))
		write_config(&draft);
	else
		write_profile(&draft);
	fclose(draft.text);
	return text;
}
