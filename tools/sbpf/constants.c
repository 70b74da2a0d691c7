/* SPDX-License-Identifier: MIT */
/*
 * Numbers of include/uapi and include/linux/socket.h of Linux 6.12. Written down instead of taken
 * from this machine's headers: those may lack new ones, and the filter may be another machine's.
 */
#include "constants.h"

#include "common.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct constant {
	const char *name; /* NULL ends a table */
	uint32_t value;
};

static const struct constant families[] = {
	{ "AF_UNSPEC", 0 },    { "AF_UNIX", 1 },	{ "AF_LOCAL", 1 },
	{ "AF_INET", 2 },      { "AF_AX25", 3 },	{ "AF_IPX", 4 },
	{ "AF_APPLETALK", 5 }, { "AF_NETROM", 6 },	{ "AF_BRIDGE", 7 },
	{ "AF_ATMPVC", 8 },    { "AF_X25", 9 },		{ "AF_INET6", 10 },
	{ "AF_ROSE", 11 },     { "AF_DECnet", 12 },	{ "AF_NETBEUI", 13 },
	{ "AF_SECURITY", 14 }, { "AF_KEY", 15 },	{ "AF_NETLINK", 16 },
	{ "AF_PACKET", 17 },   { "AF_ASH", 18 },	{ "AF_ECONET", 19 },
	{ "AF_ATMSVC", 20 },   { "AF_RDS", 21 },	{ "AF_SNA", 22 },
	{ "AF_IRDA", 23 },     { "AF_PPPOX", 24 },	{ "AF_WANPIPE", 25 },
	{ "AF_LLC", 26 },      { "AF_IB", 27 },		{ "AF_MPLS", 28 },
	{ "AF_CAN", 29 },      { "AF_TIPC", 30 },	{ "AF_BLUETOOTH", 31 },
	{ "AF_IUCV", 32 },     { "AF_RXRPC", 33 },	{ "AF_ISDN", 34 },
	{ "AF_PHONET", 35 },   { "AF_IEEE802154", 36 }, { "AF_CAIF", 37 },
	{ "AF_ALG", 38 },      { "AF_NFC", 39 },	{ "AF_VSOCK", 40 },
	{ "AF_KCM", 41 },      { "AF_QIPCRTR", 42 },	{ "AF_SMC", 43 },
	{ "AF_XDP", 44 },      { "AF_MCTP", 45 },	{ NULL, 0 },
};

static const struct constant socket_types[] = {
	{ "SOCK_STREAM", 1 },	 { "SOCK_DGRAM", 2 }, { "SOCK_RAW", 3 },     { "SOCK_RDM", 4 },
	{ "SOCK_SEQPACKET", 5 }, { "SOCK_DCCP", 6 },  { "SOCK_PACKET", 10 }, { NULL, 0 },
};

static const struct constant clone_flags[] = {
	{ "CLONE_NEWTIME", 0x80 },
	{ "CLONE_VM", 0x100 },
	{ "CLONE_FS", 0x200 },
	{ "CLONE_FILES", 0x400 },
	{ "CLONE_SIGHAND", 0x800 },
	{ "CLONE_PIDFD", 0x1000 },
	{ "CLONE_PTRACE", 0x2000 },
	{ "CLONE_VFORK", 0x4000 },
	{ "CLONE_PARENT", 0x8000 },
	{ "CLONE_THREAD", 0x10000 },
	{ "CLONE_NEWNS", 0x20000 },
	{ "CLONE_SYSVSEM", 0x40000 },
	{ "CLONE_SETTLS", 0x80000 },
	{ "CLONE_PARENT_SETTID", 0x100000 },
	{ "CLONE_CHILD_CLEARTID", 0x200000 },
	{ "CLONE_DETACHED", 0x400000 },
	{ "CLONE_UNTRACED", 0x800000 },
	{ "CLONE_CHILD_SETTID", 0x1000000 },
	{ "CLONE_NEWCGROUP", 0x2000000 },
	{ "CLONE_NEWUTS", 0x4000000 },
	{ "CLONE_NEWIPC", 0x8000000 },
	{ "CLONE_NEWUSER", 0x10000000 },
	{ "CLONE_NEWPID", 0x20000000 },
	{ "CLONE_NEWNET", 0x40000000 },
	{ "CLONE_IO", 0x80000000 },
	{ NULL, 0 },
};

static const struct constant personalities[] = {
	{ "PER_LINUX", 0 },
	{ "PER_LINUX32", 8 },
	{ "UNAME26", 0x20000 },
	{ "PER_LINUX32|UNAME26", 0x20008 },
	{ "ADDR_NO_RANDOMIZE", 0x40000 },
	{ NULL, 0 },
};

static const struct constant prctl_options[] = {
	{ "PR_SET_PDEATHSIG", 1 },
	{ "PR_GET_PDEATHSIG", 2 },
	{ "PR_GET_DUMPABLE", 3 },
	{ "PR_SET_DUMPABLE", 4 },
	{ "PR_GET_KEEPCAPS", 7 },
	{ "PR_SET_KEEPCAPS", 8 },
	{ "PR_SET_NAME", 15 },
	{ "PR_GET_NAME", 16 },
	{ "PR_GET_SECCOMP", 21 },
	{ "PR_SET_SECCOMP", 22 },
	{ "PR_CAPBSET_READ", 23 },
	{ "PR_CAPBSET_DROP", 24 },
	{ "PR_GET_TSC", 25 },
	{ "PR_SET_TSC", 26 },
	{ "PR_GET_SECUREBITS", 27 },
	{ "PR_SET_SECUREBITS", 28 },
	{ "PR_SET_TIMERSLACK", 29 },
	{ "PR_GET_TIMERSLACK", 30 },
	{ "PR_SET_MM", 35 },
	{ "PR_SET_CHILD_SUBREAPER", 36 },
	{ "PR_GET_CHILD_SUBREAPER", 37 },
	{ "PR_SET_NO_NEW_PRIVS", 38 },
	{ "PR_GET_NO_NEW_PRIVS", 39 },
	{ "PR_GET_TID_ADDRESS", 40 },
	{ "PR_SET_THP_DISABLE", 41 },
	{ "PR_GET_THP_DISABLE", 42 },
	{ "PR_CAP_AMBIENT", 47 },
	{ "PR_GET_SPECULATION_CTRL", 52 },
	{ "PR_SET_SPECULATION_CTRL", 53 },
	{ "PR_SET_VMA", 1398164801 },
	{ "PR_SET_PTRACER", 1499557217 },
	{ NULL, 0 },
};

static const struct constant keyctl_operations[] = {
	{ "KEYCTL_GET_KEYRING_ID", 0 },
	{ "KEYCTL_JOIN_SESSION_KEYRING", 1 },
	{ "KEYCTL_UPDATE", 2 },
	{ "KEYCTL_REVOKE", 3 },
	{ "KEYCTL_CHOWN", 4 },
	{ "KEYCTL_SETPERM", 5 },
	{ "KEYCTL_DESCRIBE", 6 },
	{ "KEYCTL_CLEAR", 7 },
	{ "KEYCTL_LINK", 8 },
	{ "KEYCTL_UNLINK", 9 },
	{ "KEYCTL_SEARCH", 10 },
	{ "KEYCTL_READ", 11 },
	{ "KEYCTL_INSTANTIATE", 12 },
	{ "KEYCTL_NEGATE", 13 },
	{ "KEYCTL_SET_REQKEY_KEYRING", 14 },
	{ "KEYCTL_SET_TIMEOUT", 15 },
	{ "KEYCTL_ASSUME_AUTHORITY", 16 },
	{ "KEYCTL_GET_SECURITY", 17 },
	{ "KEYCTL_SESSION_TO_PARENT", 18 },
	{ "KEYCTL_REJECT", 19 },
	{ "KEYCTL_INSTANTIATE_IOV", 20 },
	{ "KEYCTL_INVALIDATE", 21 },
	{ "KEYCTL_GET_PERSISTENT", 22 },
	{ "KEYCTL_DH_COMPUTE", 23 },
	{ "KEYCTL_PKEY_QUERY", 24 },
	{ "KEYCTL_PKEY_ENCRYPT", 25 },
	{ "KEYCTL_PKEY_DECRYPT", 26 },
	{ "KEYCTL_PKEY_SIGN", 27 },
	{ "KEYCTL_PKEY_VERIFY", 28 },
	{ "KEYCTL_RESTRICT_KEYRING", 29 },
	{ "KEYCTL_MOVE", 30 },
	{ "KEYCTL_CAPABILITIES", 31 },
	{ "KEYCTL_WATCH_KEY", 32 },
	{ NULL, 0 },
};

static const struct constant bpf_commands[] = {
	{ "BPF_MAP_CREATE", 0 },
	{ "BPF_MAP_LOOKUP_ELEM", 1 },
	{ "BPF_MAP_UPDATE_ELEM", 2 },
	{ "BPF_MAP_DELETE_ELEM", 3 },
	{ "BPF_MAP_GET_NEXT_KEY", 4 },
	{ "BPF_PROG_LOAD", 5 },
	{ "BPF_OBJ_PIN", 6 },
	{ "BPF_OBJ_GET", 7 },
	{ "BPF_PROG_ATTACH", 8 },
	{ "BPF_PROG_DETACH", 9 },
	{ NULL, 0 },
};

static const struct constant seccomp_operations[] = {
	{ "SECCOMP_SET_MODE_STRICT", 0 },
	{ "SECCOMP_SET_MODE_FILTER", 1 },
	{ "SECCOMP_GET_ACTION_AVAIL", 2 },
	{ "SECCOMP_GET_NOTIF_SIZES", 3 },
	{ NULL, 0 },
};

static const struct constant ptrace_requests[] = {
	{ "PTRACE_TRACEME", 0 },
	{ "PTRACE_PEEKTEXT", 1 },
	{ "PTRACE_PEEKDATA", 2 },
	{ "PTRACE_PEEKUSER", 3 },
	{ "PTRACE_POKETEXT", 4 },
	{ "PTRACE_POKEDATA", 5 },
	{ "PTRACE_POKEUSER", 6 },
	{ "PTRACE_CONT", 7 },
	{ "PTRACE_KILL", 8 },
	{ "PTRACE_SINGLESTEP", 9 },
	{ "PTRACE_ATTACH", 0x10 },
	{ "PTRACE_DETACH", 0x11 },
	{ "PTRACE_SYSCALL", 0x18 },
	{ "PTRACE_SETOPTIONS", 0x4200 },
	{ "PTRACE_GETEVENTMSG", 0x4201 },
	{ "PTRACE_GETSIGINFO", 0x4202 },
	{ "PTRACE_SETSIGINFO", 0x4203 },
	{ "PTRACE_GETREGSET", 0x4204 },
	{ "PTRACE_SETREGSET", 0x4205 },
	{ "PTRACE_SEIZE", 0x4206 },
	{ "PTRACE_INTERRUPT", 0x4207 },
	{ "PTRACE_LISTEN", 0x4208 },
	{ NULL, 0 },
};

static const struct constant socketcall_calls[] = {
	{ "SYS_SOCKET", 1 },	  { "SYS_BIND", 2 },	    { "SYS_CONNECT", 3 },
	{ "SYS_LISTEN", 4 },	  { "SYS_ACCEPT", 5 },	    { "SYS_GETSOCKNAME", 6 },
	{ "SYS_GETPEERNAME", 7 }, { "SYS_SOCKETPAIR", 8 },  { "SYS_SEND", 9 },
	{ "SYS_RECV", 10 },	  { "SYS_SENDTO", 11 },	    { "SYS_RECVFROM", 12 },
	{ "SYS_SHUTDOWN", 13 },	  { "SYS_SETSOCKOPT", 14 }, { "SYS_GETSOCKOPT", 15 },
	{ "SYS_SENDMSG", 16 },	  { "SYS_RECVMSG", 17 },    { "SYS_ACCEPT4", 18 },
	{ "SYS_RECVMMSG", 19 },	  { "SYS_SENDMMSG", 20 },   { NULL, 0 },
};

static const struct constant ipc_calls[] = {
	{ "SEMOP", 1 },	  { "SEMGET", 2 },  { "SEMCTL", 3 },  { "SEMTIMEDOP", 4 }, { "MSGSND", 11 },
	{ "MSGRCV", 12 }, { "MSGGET", 13 }, { "MSGCTL", 14 }, { "SHMAT", 21 },	   { "SHMDT", 22 },
	{ "SHMGET", 23 }, { "SHMCTL", 24 }, { NULL, 0 },
};

static const struct constant mode_bits[] = {
	{ "S_ISVTX", 01000 },
	{ "S_ISGID", 02000 },
	{ "S_ISUID", 04000 },
	{ "S_IFIFO", 010000 },
	{ "S_IFCHR", 020000 },
	{ "S_IFDIR", 040000 },
	{ "S_IFBLK", 060000 },
	{ "S_IFREG", 0100000 },
	{ "S_IFSOCK", 0140000 },
	{ "S_IFMT", 0170000 },
	{ NULL, 0 },
};

static const struct constant open_flags[] = {
	{ "O_WRONLY", 1 },
	{ "O_RDWR", 2 },
	{ "O_CREAT", 0x40 },
	{ "O_EXCL", 0x80 },
	{ "O_NOCTTY", 0x100 },
	{ "O_TRUNC", 0x200 },
	{ "O_APPEND", 0x400 },
	{ "O_NONBLOCK", 0x800 },
	{ "O_CLOEXEC", 0x80000 },
	{ "O_PATH", 0x200000 },
	{ NULL, 0 },
};

static const struct constant protections[] = {
	{ "PROT_READ", 1 },
	{ "PROT_WRITE", 2 },
	{ "PROT_EXEC", 4 },
	{ NULL, 0 },
};

static const struct constant map_flags[] = {
	{ "MAP_SHARED", 1 },
	{ "MAP_PRIVATE", 2 },
	{ "MAP_FIXED", 0x10 },
	{ "MAP_ANONYMOUS", 0x20 },
	{ "MAP_GROWSDOWN", 0x100 },
	{ "MAP_LOCKED", 0x2000 },
	{ "MAP_NORESERVE", 0x4000 },
	{ "MAP_POPULATE", 0x8000 },
	{ "MAP_STACK", 0x20000 },
	{ "MAP_HUGETLB", 0x40000 },
	{ NULL, 0 },
};

static const struct constant ioctl_requests[] = {
	{ "TCGETS", 0x5401 },
	{ "TCSETS", 0x5402 },
	{ "TCSETSW", 0x5403 },
	{ "TCSETSF", 0x5404 },
	{ "TIOCSCTTY", 0x540e },
	{ "TIOCGPGRP", 0x540f },
	{ "TIOCSPGRP", 0x5410 },
	{ "TIOCSTI", 0x5412 },
	{ "TIOCGWINSZ", 0x5413 },
	{ "TIOCSWINSZ", 0x5414 },
	{ "FIONREAD", 0x541b },
	{ "TIOCLINUX", 0x541c },
	{ "FIONBIO", 0x5421 },
	{ "TIOCNOTTY", 0x5422 },
	{ "TIOCSETD", 0x5423 },
	{ "TIOCGETD", 0x5424 },
	{ "FIONCLEX", 0x5450 },
	{ "FIOCLEX", 0x5451 },
	{ NULL, 0 },
};

static const struct constant fcntl_commands[] = {
	{ "F_DUPFD", 0 },
	{ "F_GETFD", 1 },
	{ "F_SETFD", 2 },
	{ "F_GETFL", 3 },
	{ "F_SETFL", 4 },
	{ "F_DUPFD_CLOEXEC", 1030 },
	{ "F_SETPIPE_SZ", 1031 },
	{ "F_GETPIPE_SZ", 1032 },
	{ "F_ADD_SEALS", 1033 },
	{ "F_GET_SEALS", 1034 },
	{ NULL, 0 },
};

static const struct constant mount_flags[] = {
	{ "MS_RDONLY", 1 },
	{ "MS_NOSUID", 2 },
	{ "MS_NODEV", 4 },
	{ "MS_NOEXEC", 8 },
	{ "MS_SYNCHRONOUS", 0x10 },
	{ "MS_REMOUNT", 0x20 },
	{ "MS_MANDLOCK", 0x40 },
	{ "MS_DIRSYNC", 0x80 },
	{ "MS_NOATIME", 0x400 },
	{ "MS_NODIRATIME", 0x800 },
	{ "MS_BIND", 0x1000 },
	{ "MS_MOVE", 0x2000 },
	{ "MS_REC", 0x4000 },
	{ "MS_SILENT", 0x8000 },
	{ "MS_UNBINDABLE", 0x20000 },
	{ "MS_PRIVATE", 0x40000 },
	{ "MS_SLAVE", 0x80000 },
	{ "MS_SHARED", 0x100000 },
	{ "MS_RELATIME", 0x200000 },
	{ "MS_STRICTATIME", 0x1000000 },
	{ "MS_LAZYTIME", 0x2000000 },
	{ NULL, 0 },
};

static const struct constant policies[] = {
	{ "SCHED_OTHER", 0 }, { "SCHED_FIFO", 1 },     { "SCHED_RR", 2 }, { "SCHED_BATCH", 3 },
	{ "SCHED_IDLE", 5 },  { "SCHED_DEADLINE", 6 }, { NULL, 0 },
};

static const struct constant clocks[] = {
	{ "CLOCK_REALTIME", 0 },
	{ "CLOCK_MONOTONIC", 1 },
	{ "CLOCK_PROCESS_CPUTIME_ID", 2 },
	{ "CLOCK_THREAD_CPUTIME_ID", 3 },
	{ "CLOCK_MONOTONIC_RAW", 4 },
	{ "CLOCK_REALTIME_COARSE", 5 },
	{ "CLOCK_MONOTONIC_COARSE", 6 },
	{ "CLOCK_BOOTTIME", 7 },
	{ "CLOCK_REALTIME_ALARM", 8 },
	{ "CLOCK_BOOTTIME_ALARM", 9 },
	{ "CLOCK_TAI", 11 },
	{ NULL, 0 },
};

/* How values of a set are made up, and whether some machines have others. */
enum {
	ARE_FLAGS = 1, /* of several, joined by | */
	VARY = 2,      /* asm-generic's; other numbers on the machines of varying_machines[] */
};

static const struct set {
	const struct constant *constants;
	unsigned int traits;
} sets[] = {
	{ families, 0 },
	{ socket_types, VARY },
	{ clone_flags, ARE_FLAGS },
	{ personalities, 0 },
	{ prctl_options, 0 },
	{ keyctl_operations, 0 },
	{ bpf_commands, 0 },
	{ seccomp_operations, 0 },
	{ ptrace_requests, 0 },
	{ socketcall_calls, 0 },
	{ ipc_calls, 0 },
	{ mode_bits, ARE_FLAGS },
	{ open_flags, ARE_FLAGS | VARY },
	{ protections, ARE_FLAGS },
	{ map_flags, ARE_FLAGS | VARY },
	{ ioctl_requests, VARY },
	{ fcntl_commands, 0 },
	{ mount_flags, ARE_FLAGS },
	{ policies, 0 },
	{ clocks, 0 },
};
#define SETS (sizeof(sets) / sizeof(sets[0]))

/* The beginnings of the names of ABIs with <asm/...> headers of their own for sets that vary. */
static const char *const varying_machines[] = { "mips", "parisc", "ppc", "sh" };

/* Which argument of which call takes which constants. */
static const struct use {
	const char *call;
	unsigned int argument;
	const struct constant *constants;
	const char *only; /* ABIs whose names begin so; NULL: all without a row of their own */
} uses[] = {
	/* CONFIG_CLONE_BACKWARDS2 of kernel/fork.c: the stack comes first. */
	{ "clone", 1, clone_flags, "s390" },
	{ "clone", 0, clone_flags, NULL },
	{ "unshare", 0, clone_flags, NULL },
	{ "setns", 1, clone_flags, NULL },
	{ "socket", 0, families, NULL },
	{ "socketpair", 0, families, NULL },
	{ "socket", 1, socket_types, NULL },
	{ "socketpair", 1, socket_types, NULL },
	{ "personality", 0, personalities, NULL },
	{ "prctl", 0, prctl_options, NULL },
	{ "keyctl", 0, keyctl_operations, NULL },
	{ "bpf", 0, bpf_commands, NULL },
	{ "seccomp", 0, seccomp_operations, NULL },
	{ "ptrace", 0, ptrace_requests, NULL },
	{ "socketcall", 0, socketcall_calls, NULL },
	{ "ipc", 0, ipc_calls, NULL },
	{ "chmod", 1, mode_bits, NULL },
	{ "fchmod", 1, mode_bits, NULL },
	{ "fchmodat", 2, mode_bits, NULL },
	{ "fchmodat2", 2, mode_bits, NULL },
	{ "mknod", 1, mode_bits, NULL },
	{ "mknodat", 2, mode_bits, NULL },
	{ "open", 1, open_flags, NULL },
	{ "openat", 2, open_flags, NULL },
	{ "mprotect", 2, protections, NULL },
	{ "pkey_mprotect", 2, protections, NULL },
	{ "mmap", 2, protections, NULL },
	{ "mmap2", 2, protections, NULL },
	{ "mmap", 3, map_flags, NULL },
	{ "mmap2", 3, map_flags, NULL },
	{ "ioctl", 1, ioctl_requests, NULL },
	{ "fcntl", 1, fcntl_commands, NULL },
	{ "fcntl64", 1, fcntl_commands, NULL },
	{ "mount", 3, mount_flags, NULL },
	{ "sched_setscheduler", 1, policies, NULL },
	{ "clock_settime", 0, clocks, NULL },
	{ "clock_gettime", 0, clocks, NULL },
	{ "clock_adjtime", 0, clocks, NULL },
	{ "clock_nanosleep", 0, clocks, NULL },
};

static bool begins_with(int abi, const char *prefix)
{
	struct sbpf_abi description;

	return sbpf_abi_describe(abi, &description) &&
	       !strncmp(description.name, prefix, strlen(prefix));
}

static bool is_valid_on(const struct set *set, int abi)
{
	size_t count = sizeof(varying_machines) / sizeof(varying_machines[0]);

	for (size_t i = 0; i < count && set->traits & VARY; i++) {
		if (begins_with(abi, varying_machines[i]))
			return false;
	}
	return true;
}

static const struct set *set_of(const struct constant *constants)
{
	size_t i = 0;

	while (sets[i].constants != constants)
		i++;
	return &sets[i];
}

static const struct set *find_set(int abi, const char *call, unsigned int argument)
{
	for (size_t i = 0; call && i < sizeof(uses) / sizeof(uses[0]); i++) {
		const struct use *use = &uses[i];
		const struct set *set = set_of(use->constants);

		if (strcmp(use->call, call) || (use->only && !begins_with(abi, use->only)))
			continue;
		if (use->argument == argument)
			return is_valid_on(set, abi) ? set : NULL;
		if (use->only)
			return NULL;
	}
	return NULL;
}

/* ---- Printing ---- */

static void print_number(FILE *out, uint64_t value)
{
	fprintf(out, value < 4096 ? "%" PRIu64 : "0x%" PRIx64, value);
}

static const char *name_of(const struct set *set, uint64_t value)
{
	for (const struct constant *one = set->constants; one->name; one++) {
		if (one->value == value)
			return one->name;
	}
	return NULL;
}

/* How many bits without a name may stand beside those with one. */
#define UNNAMED_MAX 3

static uint64_t unnamed_bits(const struct set *set, uint64_t value)
{
	for (const struct constant *one = set->constants; one->name; one++) {
		if (one->value && !(one->value & (one->value - 1)))
			value &= ~(uint64_t)one->value;
	}
	return value;
}

/* The known bits by name, the others as a number. */
static void print_flags(FILE *out, const struct set *set, uint64_t value)
{
	const char *separator = "";

	for (const struct constant *one = set->constants; one->name; one++) {
		if (!one->value || one->value & (one->value - 1) || !(one->value & value))
			continue;
		fprintf(out, "%s%s", separator, one->name);
		value &= ~(uint64_t)one->value;
		separator = "|";
	}
	if (value)
		fprintf(out, "%s0x%" PRIx64, separator, value);
}

/* Whether names tell more than a number. */
static bool are_flags(const struct set *set, uint64_t value)
{
	uint64_t unnamed = unnamed_bits(set, value);

	return set->traits & ARE_FLAGS && value != unnamed &&
	       __builtin_popcountll(unnamed) <= UNNAMED_MAX;
}

void constant_print(FILE *out, int abi, const char *call, unsigned int argument, uint64_t value)
{
	const struct set *set = find_set(abi, call, argument);
	const char *name = set ? name_of(set, value) : NULL;

	if (name)
		fputs(name, out);
	else if (set && are_flags(set, value))
		print_flags(out, set, value);
	else
		print_number(out, value);
}

void constant_print_bits(FILE *out, int abi, const char *call, unsigned int argument,
			 uint64_t value)
{
	const struct set *set = find_set(abi, call, argument);
	bool several = value & (value - 1);

	if (!set || !are_flags(set, value)) {
		print_number(out, value);
		return;
	}
	fputs(several ? "(" : "", out);
	constant_print(out, abi, call, argument, value);
	fputs(several ? ")" : "", out);
}

/* ---- Parsing ---- */

static bool find_value(int abi, const char *name, size_t length, uint64_t *value)
{
	for (size_t i = 0; i < SETS; i++) {
		if (!is_valid_on(&sets[i], abi))
			continue;
		for (const struct constant *one = sets[i].constants; one->name; one++) {
			if (strlen(one->name) == length && !strncmp(one->name, name, length)) {
				*value = one->value;
				return true;
			}
		}
	}
	return false;
}

bool constant_parse(int abi, const char *text, uint64_t *value)
{
	*value = 0;
	for (;;) {
		size_t length = strcspn(text, "|");
		uint64_t one;

		if (!find_value(abi, text, length, &one))
			return false;
		*value |= one;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

const char *constant_suggest(const char *name)
{
	const char *names[512];
	size_t count = 0;

	for (size_t i = 0; i < SETS; i++) {
		for (const struct constant *one = sets[i].constants; one->name; one++) {
			if (count < sizeof(names) / sizeof(names[0]))
				names[count++] = one->name;
		}
	}
	return nearest_name(name, names, count);
}
