/* SPDX-License-Identifier: MIT */
#include "multiplex.h"

#include <stddef.h>
#include <string.h>

/* Numbers of <linux/net.h> and <linux/ipc.h>. */
static const char *const socket_calls[] = {
	[1] = "socket",	   [2] = "bind",	[3] = "connect",     [4] = "listen",
	[5] = "accept",	   [6] = "getsockname", [7] = "getpeername", [8] = "socketpair",
	[9] = "send",	   [10] = "recv",	[11] = "sendto",     [12] = "recvfrom",
	[13] = "shutdown", [14] = "setsockopt", [15] = "getsockopt", [16] = "sendmsg",
	[17] = "recvmsg",  [18] = "accept4",	[19] = "recvmmsg",   [20] = "sendmmsg",
};

static const char *const ipc_calls[] = {
	[1] = "semop",	 [2] = "semget",  [3] = "semctl",  [4] = "semtimedop",
	[11] = "msgsnd", [12] = "msgrcv", [13] = "msgget", [14] = "msgctl",
	[21] = "shmat",	 [22] = "shmdt",  [23] = "shmget", [24] = "shmctl",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct multiplexer {
	const char *name;
	const char *const *calls;
	size_t count;
} multiplexers[] = {
	{ "socketcall", socket_calls, COUNT(socket_calls) },
	{ "ipc", ipc_calls, COUNT(ipc_calls) },
};

bool is_multiplexer(const char *call)
{
	for (size_t i = 0; i < COUNT(multiplexers); i++) {
		if (!strcmp(multiplexers[i].name, call))
			return true;
	}
	return false;
}

const char *multiplexer_of(const char *call, uint32_t *number)
{
	for (size_t i = 0; i < COUNT(multiplexers); i++) {
		for (uint32_t j = 0; j < multiplexers[i].count; j++) {
			const char *name = multiplexers[i].calls[j];

			if (!name || strcmp(name, call))
				continue;
			*number = j;
			return multiplexers[i].name;
		}
	}
	return NULL;
}
