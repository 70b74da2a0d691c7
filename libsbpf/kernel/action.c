/* SPDX-License-Identifier: MIT */
#include "action.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "array.h"

#define ACTION_PREFIX "SCMP_ACT_"

/* Permissive to restrictive; the first name of a value is the one it is printed with. */
static const struct action actions[] = {
	{ "ALLOW", SECCOMP_RET_ALLOW, false },
	{ "LOG", SECCOMP_RET_LOG, false },
	{ "TRACE", SECCOMP_RET_TRACE, true },
	{ "NOTIFY", SECCOMP_RET_USER_NOTIF, false },
	{ "ERRNO", SECCOMP_RET_ERRNO, true },
	{ "TRAP", SECCOMP_RET_TRAP, false },
	{ "KILL_THREAD", SECCOMP_RET_KILL_THREAD, false },
	{ "KILL", SECCOMP_RET_KILL_THREAD, false },
	{ "KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false },
};

/* NEW_LISTENER and TSYNC_ESRCH change what seccomp(2) returns: they are the caller's to ask for. */
static const struct {
	const char *name;
	unsigned int flag;
} flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};

static const struct {
	const char *name;
	enum sbpf_compare compare;
} comparisons[] = {
	{ "SCMP_CMP_NE", SBPF_NE },
	{ "SCMP_CMP_LT", SBPF_LT },
	{ "SCMP_CMP_LE", SBPF_LE },
	{ "SCMP_CMP_EQ", SBPF_EQ },
	{ "SCMP_CMP_GE", SBPF_GE },
	{ "SCMP_CMP_GT", SBPF_GT },
	{ "SCMP_CMP_MASKED_EQ", SBPF_MASKED_EQ },
};

static const struct action *find_action(const char *name, size_t length)
{
	size_t prefix = sizeof(ACTION_PREFIX) - 1;

	if (length > prefix && !memcmp(name, ACTION_PREFIX, prefix)) {
		name += prefix;
		length -= prefix;
	}
	for (size_t i = 0; i < COUNT(actions); i++) {
		if (strlen(actions[i].name) == length && !memcmp(actions[i].name, name, length))
			return &actions[i];
	}
	return NULL;
}

const struct action *action_find(const char *name)
{
	return find_action(name, strlen(name));
}

const struct action *action_of(uint32_t verdict)
{
	for (size_t i = 0; i < COUNT(actions); i++) {
		if (actions[i].ret == (verdict & SECCOMP_RET_ACTION_FULL))
			return &actions[i];
	}
	return NULL;
}

unsigned int verdict_rank(uint32_t verdict)
{
	const struct action *action = action_of(verdict);

	return (unsigned int)((action ? action : &actions[COUNT(actions) - 1]) - actions);
}

unsigned int flag_find(const char *name)
{
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (!strcmp(flags[i].name, name))
			return flags[i].flag;
	}
	return 0;
}

const char *flag_name(unsigned int flag)
{
	for (size_t i = 0; i < COUNT(flags); i++) {
		if (flags[i].flag == flag)
			return flags[i].name;
	}
	return NULL;
}

enum sbpf_compare compare_find(const char *name)
{
	for (size_t i = 0; i < COUNT(comparisons); i++) {
		if (!strcmp(comparisons[i].name, name))
			return comparisons[i].compare;
	}
	return 0;
}

const char *compare_name(enum sbpf_compare compare)
{
	for (size_t i = 0; i < COUNT(comparisons); i++) {
		if (comparisons[i].compare == compare)
			return comparisons[i].name;
	}
	return NULL;
}

/* Appends an item to a list with commas; what does not fit is cut. */
static void append(char *buffer, size_t size, const char *item)
{
	size_t length = strlen(buffer);

	snprintf(buffer + length, size - length, "%s%s", length ? ", " : "", item);
}

void action_names(char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < COUNT(actions); i++)
		append(buffer, size, actions[i].name);
}

void compare_names(char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < COUNT(comparisons); i++)
		append(buffer, size, comparisons[i].name);
}

void flag_names(char *buffer, size_t size)
{
	buffer[0] = '\0';
	for (size_t i = 0; i < COUNT(flags); i++)
		append(buffer, size, flags[i].name);
}

/* ---- Verdicts ---- */

/* "38)" or "ENOSYS)" → the number, or -1. */
static long parse_data(int machine, const char *text)
{
	char symbol[32];
	size_t length = strcspn(text, ")");
	char *end;
	long number;

	if (!length || length >= sizeof(symbol) || strcmp(text + length, ")") != 0)
		return -1;
	memcpy(symbol, text, length);
	symbol[length] = '\0';
	if (symbol[0] < '0' || symbol[0] > '9')
		return errno_find(machine, symbol);
	number = strtol(symbol, &end, 10);
	return *end ? -1 : number;
}

bool verdict_parse(int machine, const char *text, uint32_t *verdict)
{
	size_t length = strcspn(text, "(");
	const struct action *action = find_action(text, length);
	long data;

	if (!action || (text[length] && !action->has_data))
		return false;
	data = action->has_data ? 1 : 0;
	if (text[length])
		data = parse_data(machine, text + length + 1);
	if (data < 0 || data > (long)SECCOMP_RET_DATA ||
	    (action->ret == SECCOMP_RET_ERRNO && data > ERRNO_MAX))
		return false;
	*verdict = action->ret | (uint32_t)data;
	return true;
}

bool sbpf_verdict_parse(const char *text, uint32_t *verdict)
{
	return text && verdict && verdict_parse(sbpf_abi_native(), text, verdict);
}

char *sbpf_verdict_format(uint32_t verdict, char *buffer, size_t size)
{
	const struct action *action = action_of(verdict);
	uint32_t data = verdict & SECCOMP_RET_DATA;

	if (!action)
		snprintf(buffer, size, "0x%08" PRIx32, verdict);
	else if (action->has_data || data)
		snprintf(buffer, size, "%s(%" PRIu32 ")", action->name, data);
	else
		snprintf(buffer, size, "%s", action->name);
	return buffer;
}

char *sbpf_verdict_describe(uint32_t verdict, int machine, char *buffer, size_t size)
{
	const char *symbol = errno_name(machine, verdict & SECCOMP_RET_DATA);

	if (!symbol || (verdict & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_ERRNO)
		return sbpf_verdict_format(verdict, buffer, size);
	snprintf(buffer, size, "ERRNO(%s)", symbol);
	return buffer;
}

int sbpf_verdict_compare(uint32_t a, uint32_t b)
{
	int32_t action_a = (int32_t)(a & SECCOMP_RET_ACTION_FULL);
	int32_t action_b = (int32_t)(b & SECCOMP_RET_ACTION_FULL);

	return (action_a > action_b) - (action_a < action_b);
}
