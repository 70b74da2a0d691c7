/* SPDX-License-Identifier: MIT */
#include "wanted.h"

#include "call.h"
#include "common.h"

#include <stdlib.h>
#include <string.h>

/*
 * What a call does, or with which part of the kernel, is decided by these. They have few values,
 * and none is a pointer, a descriptor or a size.
 */
static const struct {
	const char *call;
	const char *parameters; /* as in arch/signatures.tbl, separated by spaces */
} defaults[] = {
	{ "arch_prctl", "option" },
	{ "bpf", "cmd" },
	{ "clone", "clone_flags" },
	{ "epoll_ctl", "op" },
	{ "fanotify_init", "flags" },
	{ "fcntl", "cmd" },
	{ "fcntl64", "cmd" },
	{ "fsconfig", "cmd" },
	{ "futex", "op" },
	{ "futex_time64", "op" },
	{ "getsockopt", "level optname" },
	{ "io_uring_register", "opcode" },
	{ "ioctl", "cmd" },
	{ "iopl", "level" },
	{ "ipc", "call" },
	{ "kcmp", "type" },
	{ "keyctl", "option" },
	{ "madvise", "behavior" },
	{ "membarrier", "cmd" },
	{ "memfd_create", "flags" },
	{ "mmap", "prot" },
	{ "mmap2", "prot" },
	{ "modify_ldt", "func" },
	{ "mount", "flags" },
	{ "mprotect", "prot" },
	{ "msgctl", "cmd" },
	{ "personality", "personality" },
	{ "pkey_mprotect", "prot" },
	{ "prctl", "option" },
	{ "prlimit64", "resource" },
	{ "process_madvise", "behavior" },
	{ "ptrace", "request" },
	{ "quotactl", "cmd" },
	{ "quotactl_fd", "cmd" },
	{ "reboot", "cmd" },
	{ "sched_setscheduler", "policy" },
	{ "seccomp", "op flags" },
	{ "semctl", "cmd" },
	{ "setns", "flags" },
	{ "setsockopt", "level optname" },
	{ "shmctl", "cmd" },
	{ "socket", "family type protocol" },
	{ "socketcall", "call" },
	{ "socketpair", "family type protocol" },
	{ "sysfs", "option" },
	{ "syslog", "type" },
	{ "umount2", "flags" },
	{ "unshare", "unshare_flags" },
	{ "userfaultfd", "flags" },
};

/* Of each ABI and call the arguments: [abi * sbpf_call_count() + index of the call]. */
struct wanted {
	uint8_t *arguments;
};

static uint8_t *arguments_of(const struct wanted *wanted, int abi, int call)
{
	return &wanted->arguments[(size_t)abi * (size_t)sbpf_call_count() + (size_t)call];
}

/* Whether a name is a word of a list with spaces between. */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	while (*list) {
		size_t word = strcspn(list, " ");

		if (word == length && !memcmp(list, name, length))
			return true;
		list += word + (list[word] == ' ');
	}
	return false;
}

/* Adds those of a call that are listed; all but pointers without a list. */
static void add_call(struct wanted *wanted, int call, const char *parameters)
{
	for (int abi = 0; abi < sbpf_abi_count(); abi++) {
		struct sbpf_parameter parameter;

		for (unsigned int i = 0; i < 6; i++) {
			if (!sbpf_call_parameter(abi, sbpf_call_at(call), i, &parameter))
				break;
			if (parameters ? is_listed(parameters, parameter.name)
				       : parameter.kind != SBPF_KIND_POINTER)
				*arguments_of(wanted, abi, call) |= (uint8_t)(1u << i);
		}
	}
}

struct wanted *wanted_new(void)
{
	struct wanted *wanted = calloc(1, sizeof(*wanted));

	if (!wanted)
		return NULL;
	wanted->arguments = calloc((size_t)sbpf_abi_count(), (size_t)sbpf_call_count());
	if (!wanted->arguments) {
		free(wanted);
		return NULL;
	}
	for (size_t i = 0; i < COUNT(defaults); i++) {
		int call = sbpf_call_find(defaults[i].call);

		if (call >= 0)
			add_call(wanted, call, defaults[i].parameters);
	}
	return wanted;
}

void wanted_free(struct wanted *wanted)
{
	if (!wanted)
		return;
	free(wanted->arguments);
	free(wanted);
}

static bool refuse_call(const struct tool *tool, const char *name)
{
	const char *suggestion = sbpf_call_suggest(name);

	usage_error(tool, "--args: there is no call '%s'%s%s%s", name,
		    suggestion ? "; did you mean '" : "", suggestion ? suggestion : "",
		    suggestion ? "'?" : "");
	return false;
}

bool wanted_add(struct wanted *wanted, const struct tool *tool, const char *calls)
{
	while (*calls) {
		size_t length = strcspn(calls, ",");
		char name[64];
		int call;

		snprintf(name, sizeof(name), "%.*s", (int)length, calls);
		call = length < sizeof(name) ? sbpf_call_find(name) : -1;
		if (call < 0)
			return refuse_call(tool, name);
		add_call(wanted, call, NULL);
		calls += length + (calls[length] == ',');
	}
	return true;
}

unsigned int wanted_arguments(const struct wanted *wanted, int abi, uint32_t number)
{
	const char *name = sbpf_call_name(abi, number);
	int call = name ? sbpf_call_find(name) : -1;

	return call < 0 ? 0 : *arguments_of(wanted, abi, call);
}
