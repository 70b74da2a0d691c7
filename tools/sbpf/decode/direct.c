/* SPDX-License-Identifier: MIT */
/* Calls that are made through socketcall(2) and ipc(2). */
#include "values.h"

#include "common.h"

#include <string.h>

/*
 * The direct call's arguments, as ipc(2) has them: 1 to 3 are its numbers after the sub-call, p is
 * the pointer and 5 what follows it (ipc/syscall.c: ksys_ipc).
 */
static const struct {
	const char *call;
	const char *arguments;
} through_ipc[] = {
	{ "semop", "1p2" },   { "semget", "123" },   { "semctl", "123p" }, { "semtimedop", "1p25" },
	{ "msgsnd", "1p23" }, { "msgrcv", "1p253" }, { "msgget", "12" },   { "msgctl", "12p" },
	{ "shmat", "1p2" },   { "shmdt", "p" },	     { "shmget", "123" },  { "shmctl", "12p" },
};

/* How many arguments each call of socketcall(2) has in memory, by its number: net/socket.c. */
static const uint8_t socket_arguments[] = { 0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4,
					    6, 6, 2, 5, 5, 3, 3, 4, 5, 4 };

static bool find_multiplexed(const char *name, __u64 sub, struct sbpf_multiplexed *found)
{
	for (size_t i = 0; sbpf_multiplexed_at(i, found); i++) {
		if (!strcmp(found->multiplexer, name) && found->sub == (sub & found->mask))
			return true;
	}
	return false;
}

static bool read_socket_arguments(struct decoding *decoding, uint32_t sub, __u64 address,
				  __u64 own[ARGUMENTS_MAX])
{
	uint8_t bytes[ARGUMENTS_MAX * sizeof(uint64_t)];
	size_t count = sub < COUNT(socket_arguments) ? socket_arguments[sub] : 0;
	size_t size = count * decoding->word;

	if (!count || decoding_read(decoding, address, bytes, size) < size)
		return false;
	for (size_t i = 0; i < count; i++)
		own[i] = number_at(bytes + i * decoding->word, decoding->word);
	return true;
}

static bool take_ipc_arguments(const char *call, const __u64 *arguments, __u64 own[ARGUMENTS_MAX])
{
	for (size_t i = 0; i < COUNT(through_ipc); i++) {
		const char *places = through_ipc[i].arguments;

		if (strcmp(through_ipc[i].call, call) != 0)
			continue;
		for (size_t j = 0; places[j]; j++)
			own[j] = arguments[places[j] == 'p' ? 4 : places[j] - '0'];
		return true;
	}
	return false;
}

const char *direct_find(struct decoding *decoding, const char *name, const __u64 *arguments,
			__u64 own[ARGUMENTS_MAX])
{
	struct sbpf_multiplexed found;

	if (!find_multiplexed(name, arguments[0], &found))
		return NULL;
	if (!strcmp(name, "ipc"))
		return take_ipc_arguments(found.call, arguments, own) ? found.call : NULL;
	return read_socket_arguments(decoding, found.sub, arguments[1], own) ? found.call : NULL;
}
