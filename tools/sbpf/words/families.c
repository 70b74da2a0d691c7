/* SPDX-License-Identifier: MIT */
#include "families.h"

#include "call.h"
#include "common.h"

#include <string.h>

bool next_word(const char **list, char word[WORD_MAX])
{
	size_t length;

	*list += strspn(*list, " ");
	length = strcspn(*list, " ");
	if (!length || length >= WORD_MAX)
		return false;
	memcpy(word, *list, length);
	word[length] = '\0';
	*list += length;
	return true;
}

bool lists_word(const char *list, const char *wanted)
{
	char word[WORD_MAX];

	while (next_word(&list, word)) {
		if (!strcmp(word, wanted))
			return true;
	}
	return false;
}

/* From the manual pages of the calls; io_uring: io_uring_enter(2), IORING_OP_*. */
const struct family families[] = {
	{ "change the mode of files", "chmod fchmod fchmodat fchmodat2", NULL, false },
	{ "change the owner of files", "chown fchown lchown fchownat chown32 fchown32 lchown32",
	  NULL, false },
	{ "make directories", "mkdir mkdirat", NULL, true },
	{ "make device and special files", "mknod mknodat", NULL, true },
	{ "remove files", "unlink unlinkat", NULL, false },
	{ "remove directories", "rmdir", "unlinkat", false },
	{ "rename files", "rename renameat renameat2", NULL, false },
	{ "make hard links", "link linkat", NULL, false },
	{ "make symbolic links", "symlink symlinkat", NULL, false },
	{ "read symbolic links", "readlink readlinkat", NULL, false },
	{ "open files", "open openat openat2", NULL, true },
	{ "create files", "creat", "open openat openat2", false },
	{ "cut files", "truncate truncate64", NULL, false },
	{ "set the times of files", "utime utimes futimesat utimensat utimensat_time64", NULL,
	  false },
	{ "set extended attributes", "setxattr lsetxattr fsetxattr setxattrat", NULL, false },
	{ "remove extended attributes", "removexattr lremovexattr fremovexattr removexattrat", NULL,
	  false },
	{ "read extended attributes", "getxattr lgetxattr fgetxattr getxattrat", NULL, false },
	{ "list directories", "getdents getdents64", NULL, false },
	{ "write to descriptors", "write", "writev pwrite64 pwritev pwritev2", false },
	{ "read from descriptors", "read", "readv pread64 preadv preadv2", false },
	{ "execute programs", "execve execveat", NULL, true },
	{ "start processes", "clone", "clone3 fork vfork", false },
	{ "start processes", "fork vfork", "clone clone3 fork vfork", false },
	{ "start processes with any flags", "clone clone3", NULL, true },
	{ "make namespaces", "unshare", "clone clone3", true },
	{ "mount file systems", "mount", "fsmount open_tree", false },
	{ "unmount file systems", "umount umount2", NULL, true },
	{ "read and write the memory of other processes", "ptrace",
	  "process_vm_readv process_vm_writev", false },
	{ "read the memory of other processes", "process_vm_readv", "ptrace", false },
	{ "write the memory of other processes", "process_vm_writev", "ptrace", false },
	{ "load kernel modules", "init_module finit_module", NULL, false },
	{ "load another kernel", "kexec_load kexec_file_load", NULL, false },
	{ "send signals", "kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal",
	  NULL, true },
	{ "set the user", "setuid setreuid setresuid setuid32 setreuid32 setresuid32", NULL,
	  false },
	{ "set the group", "setgid setregid setresgid setgid32 setregid32 setresgid32", NULL,
	  false },
	{ "set the supplementary groups", "setgroups setgroups32", NULL, true },
	{ "set the clock", "settimeofday stime clock_settime clock_settime64", NULL, false },
	{ "adjust the clock", "adjtimex clock_adjtime clock_adjtime64", NULL, false },
	{ "set resource limits", "setrlimit prlimit64", NULL, true },
	{ "set scheduling", "sched_setscheduler sched_setparam sched_setattr", NULL, false },
	{ "use I/O ports", "iopl ioperm", NULL, false },
	{ "map memory", "mmap mmap2", NULL, true },
	{ "change the protection of memory", "mprotect pkey_mprotect", NULL, true },
	{ "lock memory", "mlock mlock2 mlockall", NULL, false },
	{ "accept connections", "accept accept4", NULL, false },
	{ "send on sockets", "send sendto sendmsg sendmmsg", NULL, false },
	{ "receive from sockets", "recv recvfrom recvmsg recvmmsg recvmmsg_time64", NULL, false },
	{ "watch files", "inotify_init inotify_init1", NULL, false },
	{ "ask whether files may be accessed", "access faccessat faccessat2", NULL, false },
	{ "read the attributes of files", "stat lstat stat64 lstat64 newfstatat fstatat64 statx",
	  NULL, false },
	{ "make pipes", "pipe pipe2", NULL, false },
	{ "duplicate descriptors", "dup2 dup3", NULL, false },
	{ "wait for events of descriptors", "poll ppoll ppoll_time64", NULL, false },
	{ "wait for descriptors", "select _newselect pselect6 pselect6_time64", NULL, false },
	{ "wait for events of epoll", "epoll_wait epoll_pwait epoll_pwait2", NULL, false },
	{ "make epoll instances", "epoll_create epoll_create1", NULL, false },
	{ "make event descriptors", "eventfd eventfd2", NULL, false },
	{ "make signal descriptors", "signalfd signalfd4", NULL, false },
	{ "change the working directory", "chdir fchdir", NULL, false },
	{ EFFECT_UNSEEN,
	  "open openat openat2 mkdir mkdirat unlink unlinkat rename renameat renameat2 link "
	  "linkat symlink symlinkat socket connect accept accept4 bind listen send sendto sendmsg "
	  "recv recvfrom recvmsg setxattr fsetxattr getxattr fgetxattr",
	  "io_uring_setup", true },
};
const size_t family_count = COUNT(families);

/*
 * glibc's and musl's sources: what they do when the newer call fails. Where they give up the error
 * to the caller unless it is ENOSYS, programs break on EPERM.
 */
const struct probe probes[] = {
	{ "clone3", "clone", true, true, "glibc 2.34 starts threads with it" },
	{ "faccessat2", "faccessat", true, false, "faccessat(3) of glibc and musl" },
	{ "fchmodat2", "fchmodat", true, false, "fchmodat(3) of glibc and musl" },
	{ "statx", "newfstatat fstatat64 stat stat64 fstat", true, true,
	  "stat(3) of musl, and of glibc where times have 32 bits" },
	{ "openat2", "openat open", true, false, "container runtimes and systemd" },
	{ "epoll_pwait2", "epoll_pwait epoll_wait", true, false, "epoll_pwait2(3)" },
	{ "preadv2", "preadv readv", true, false, "preadv2(3)" },
	{ "pwritev2", "pwritev writev", true, false, "pwritev2(3)" },
	{ "close_range", "close", false, false, "closefrom(3) and posix_spawn(3)" },
	{ "rseq", NULL, false, true, "glibc 2.35 at the start of every thread" },
	{ "set_robust_list", NULL, false, true, "C libraries at the start of threads" },
};
const size_t probe_count = COUNT(probes);

/* musl's sources: what it calls beside the form with 32 bits when that with 64 fails. */
const struct twin_fallback twin_fallbacks[] = {
	{ "clock_gettime64", "gettimeofday" },
	{ "clock_nanosleep_time64", "nanosleep" },
	{ "pselect6_time64", "_newselect" },
};
const size_t twin_fallback_count = COUNT(twin_fallbacks);

/* seccomp_unotify(2), "An overview of the steps"; crun and LXC send the descriptor as it shows. */
const struct hand_over hand_overs[] = {
	{ "sendmsg", "the process sends its listener to the agent with it", true },
	{ "sendmmsg", "a process may send its listener to the agent with it", true },
	{ "socketcall", "a 32-bit process may send its listener to the agent through it", true },
	{ "recvmsg", "the agent receives the listener with it", false },
	{ "ioctl", "the agent takes and answers every notification with it", false },
	{ "pidfd_getfd", "an agent may take the listener out of the process with it", false },
	{ "process_vm_readv", "an agent reads the arguments of the call with it", false },
	{ "poll", "an agent waits for notifications with it", false },
	{ "ppoll", "an agent waits for notifications with it", false },
	{ "epoll_wait", "an agent waits for notifications with it", false },
	{ "epoll_pwait", "an agent waits for notifications with it", false },
};
const size_t hand_over_count = COUNT(hand_overs);

/* Linux 5.1 gave 32-bit ABIs a second form of each call that takes or gives a time. */
#define TWINS_SINCE "5.1"

bool find_twin(const char *call, char twin[WORD_MAX])
{
	static const char *const endings[] = { "_time64", "64" };
	size_t length = strlen(call);

	for (size_t i = 0; i < 2 && length < WORD_MAX; i++) {
		size_t ending = strlen(endings[i]);

		if (length <= ending || strcmp(call + length - ending, endings[i]) != 0)
			continue;
		memcpy(twin, call, length - ending);
		twin[length - ending] = '\0';
		if (kept_name(twin))
			return !strcmp(sbpf_call_since(call), TWINS_SINCE);
	}
	return false;
}

bool probe_of_twin(const char *call, struct probe *probe, char fallback[FALLBACK_MAX])
{
	char twin[WORD_MAX];

	if (!find_twin(call, twin))
		return false;
	snprintf(fallback, FALLBACK_MAX, "%s", twin);
	for (size_t i = 0; i < twin_fallback_count; i++) {
		if (!strcmp(twin_fallbacks[i].call, call))
			snprintf(fallback, FALLBACK_MAX, "%s %s", twin, twin_fallbacks[i].fallback);
	}
	*probe = (struct probe){ call, fallback, true, true, NULL };
	return true;
}

/* ---- What they fall back on ---- */

static bool note_permitted(void *context, const struct sbpf_case *one)
{
	bool *permitted = context;

	*permitted = is_permitted(one->verdict);
	return !*permitted;
}

static bool is_number_permitted(struct sbpf_space *space, sbpf_meaning meaning, int abi,
				uint32_t number)
{
	struct sbpf_error error = { 0 };
	bool permitted = false;

	sbpf_meaning_cases(space, meaning, abi, number, note_permitted, &permitted, &error);
	return permitted;
}

/* Whether a call that the ABI has only behind a multiplexer is allowed there. */
static bool is_permitted_behind(struct sbpf_space *space, sbpf_meaning meaning, int abi,
				const char *call)
{
	struct sbpf_multiplexed one;
	struct seccomp_data data;
	uint32_t number, verdict;

	if (!sbpf_call_multiplexed(call, &one) || !sbpf_call_number(abi, one.multiplexer, &number))
		return false;
	data = (struct seccomp_data){
		.arch = abi_of(abi).audit_arch,
		.nr = (int)number,
		.args = { one.sub },
	};
	return sbpf_meaning_verdict(space, meaning, &data, &verdict) && is_permitted(verdict);
}

bool is_one_permitted(struct sbpf_space *space, sbpf_meaning meaning, int abi, const char *list)
{
	char word[WORD_MAX];
	uint32_t number;

	while (next_word(&list, word)) {
		if (sbpf_call_number(abi, word, &number)
			    ? is_number_permitted(space, meaning, abi, number)
			    : is_permitted_behind(space, meaning, abi, word))
			return true;
	}
	return false;
}
