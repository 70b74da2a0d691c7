/* SPDX-License-Identifier: MIT */
/* The structures that calls are handed, as the kernel's UAPI headers have them. */
#include "shapes.h"

#include "common.h"

#include <string.h>

/* By structure, in the order of memory. */
static const struct field_row fields[] = {
	/* One value. */
	{ "int", "", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "u64", "", .width = WIDTH_64, .shape = SHAPE_NUMBER },
	{ "long", "", .width = WIDTH_LONG, .shape = SHAPE_SIGNED },
	{ "offset", "", .width = WIDTH_64, .shape = SHAPE_SIGNED },
	{ "descriptor", "", .width = WIDTH_32, .shape = SHAPE_FD },
	{ "id", "", .width = WIDTH_32, .shape = SHAPE_ID },
	{ "id16", "", .width = WIDTH_16, .shape = SHAPE_ID },
	{ "address", "", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS },
	{ "word", "", .width = WIDTH_32, .shape = SHAPE_HEX },
	{ "mask", "", .width = WIDTH_LONG, .shape = SHAPE_HEX },

	{ "timespec", "tv_sec", .width = WIDTH_TIME, .shape = SHAPE_SIGNED },
	{ "timespec", "tv_nsec", .width = WIDTH_TIME, .shape = SHAPE_SIGNED },
	{ "timeval", "tv_sec", .width = WIDTH_TIME, .shape = SHAPE_SIGNED },
	{ "timeval", "tv_usec", .width = WIDTH_TIME, .shape = SHAPE_SIGNED },
	{ "itimerspec", "it_interval", .width = WIDTH_INSIDE, .shape = SHAPE_INSIDE,
	  .of = "timespec" },
	{ "itimerspec", "it_value", .width = WIDTH_INSIDE, .shape = SHAPE_INSIDE,
	  .of = "timespec" },
	{ "itimerval", "it_interval", .width = WIDTH_INSIDE, .shape = SHAPE_INSIDE,
	  .of = "timeval" },
	{ "itimerval", "it_value", .width = WIDTH_INSIDE, .shape = SHAPE_INSIDE, .of = "timeval" },
	{ "timezone", "tz_minuteswest", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "timezone", "tz_dsttime", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "utimbuf", "actime", .width = WIDTH_TIME, .shape = SHAPE_SIGNED },
	{ "utimbuf", "modtime", .width = WIDTH_TIME, .shape = SHAPE_SIGNED },

	{ "iovec", "iov_base", .width = WIDTH_LONG, .shape = SHAPE_BYTES, .length = "iov_len" },
	{ "iovec", "iov_len", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },
	{ "iovec to fill", "iov_base", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS },
	{ "iovec to fill", "iov_len", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },

	{ "msghdr", "msg_name", .width = WIDTH_LONG, .shape = SHAPE_SOCKADDR,
	  .length = "msg_namelen" },
	{ "msghdr", "msg_namelen", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "msghdr", "msg_iov", .width = WIDTH_LONG, .shape = SHAPE_ARRAY, .of = "iovec",
	  .length = "msg_iovlen" },
	{ "msghdr", "msg_iovlen", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },
	{ "msghdr", "msg_control", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS,
	  .is_optional = true },
	{ "msghdr", "msg_controllen", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },
	{ "msghdr", "msg_flags", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "message-flags" },
	{ "msghdr to fill", "msg_name", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS },
	{ "msghdr to fill", "msg_namelen", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "msghdr to fill", "msg_iov", .width = WIDTH_LONG, .shape = SHAPE_ARRAY,
	  .of = "iovec to fill", .length = "msg_iovlen" },
	{ "msghdr to fill", "msg_iovlen", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },
	{ "msghdr to fill", "msg_control", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS,
	  .is_optional = true },
	{ "msghdr to fill", "msg_controllen", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },
	{ "mmsghdr", "msg_hdr", .width = WIDTH_INSIDE, .shape = SHAPE_INSIDE, .of = "msghdr" },
	{ "mmsghdr", "msg_len", .width = WIDTH_32, .shape = SHAPE_NUMBER, .is_optional = true },

	{ "open_how", "flags", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "access-modes+open-flags" },
	{ "open_how", "mode", .width = WIDTH_64, .shape = SHAPE_OCTAL },
	{ "open_how", "resolve", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "resolve-flags" },

	{ "clone_args", "flags", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "clone-flags+clone3-flags" },
	{ "clone_args", "pidfd", .width = WIDTH_64, .shape = SHAPE_ADDRESS, .is_optional = true },
	{ "clone_args", "child_tid", .width = WIDTH_64, .shape = SHAPE_ADDRESS,
	  .is_optional = true },
	{ "clone_args", "parent_tid", .width = WIDTH_64, .shape = SHAPE_ADDRESS,
	  .is_optional = true },
	{ "clone_args", "exit_signal", .width = WIDTH_64, .shape = SHAPE_SIGNAL },
	{ "clone_args", "stack", .width = WIDTH_64, .shape = SHAPE_ADDRESS },
	{ "clone_args", "stack_size", .width = WIDTH_64, .shape = SHAPE_HEX },
	{ "clone_args", "tls", .width = WIDTH_64, .shape = SHAPE_ADDRESS, .is_optional = true },
	{ "clone_args", "set_tid", .width = WIDTH_64, .shape = SHAPE_ARRAY, .of = "int",
	  .length = "set_tid_size", .is_optional = true },
	{ "clone_args", "set_tid_size", .width = WIDTH_64, .shape = SHAPE_NUMBER,
	  .is_optional = true },
	{ "clone_args", "cgroup", .width = WIDTH_64, .shape = SHAPE_FD, .is_optional = true },

	{ "mount_attr", "attr_set", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "mount-attributes" },
	{ "mount_attr", "attr_clr", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "mount-attributes" },
	{ "mount_attr", "propagation", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "mount-flags", .is_optional = true },
	{ "mount_attr", "userns_fd", .width = WIDTH_64, .shape = SHAPE_FD, .is_optional = true },

	{ "sigaction", "sa_handler", .width = WIDTH_LONG, .shape = SHAPE_CONSTANTS,
	  .of = "signal-handlers" },
	{ "sigaction", "sa_flags", .width = WIDTH_LONG, .shape = SHAPE_CONSTANTS,
	  .of = "signal-action-flags" },
	{ "sigaction", "sa_restorer", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS },
	{ "sigaction", "sa_mask", .width = WIDTH_ARRAY, .shape = SHAPE_SIGSET, .size = 8 },
	{ "stack_t", "ss_sp", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS },
	{ "stack_t", "ss_flags", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "signal-stack-flags" },
	{ "stack_t", "ss_size", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },
	{ "siginfo", "si_signo", .width = WIDTH_32, .shape = SHAPE_SIGNAL },
	{ "siginfo", "si_errno", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "siginfo", "si_code", .width = WIDTH_32, .shape = SHAPE_CONSTANTS, .of = "signal-codes" },
	{ "sigset argument", "ss", .width = WIDTH_LONG, .shape = SHAPE_SIGSET, .length = "ss_len" },
	{ "sigset argument", "ss_len", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },

	{ "rlimit", "rlim_cur", .width = WIDTH_LONG, .shape = SHAPE_NAMED,
	  .of = "resource-limits" },
	{ "rlimit", "rlim_max", .width = WIDTH_LONG, .shape = SHAPE_NAMED,
	  .of = "resource-limits" },
	{ "rlimit64", "rlim_cur", .width = WIDTH_64, .shape = SHAPE_NAMED,
	  .of = "resource-limits" },
	{ "rlimit64", "rlim_max", .width = WIDTH_64, .shape = SHAPE_NAMED,
	  .of = "resource-limits" },
	{ "sched_attr", "size", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "sched_attr", "sched_policy", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "policies" },
	{ "sched_attr", "sched_flags", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "scheduling-flags" },
	{ "sched_attr", "sched_nice", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "sched_attr", "sched_priority", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "sched_attr", "sched_runtime", .width = WIDTH_64, .shape = SHAPE_NUMBER },
	{ "sched_attr", "sched_deadline", .width = WIDTH_64, .shape = SHAPE_NUMBER },
	{ "sched_attr", "sched_period", .width = WIDTH_64, .shape = SHAPE_NUMBER },
	{ "sched_attr", "sched_util_min", .width = WIDTH_32, .shape = SHAPE_NUMBER,
	  .is_optional = true },
	{ "sched_attr", "sched_util_max", .width = WIDTH_32, .shape = SHAPE_NUMBER,
	  .is_optional = true },

	{ "pollfd", "fd", .width = WIDTH_32, .shape = SHAPE_FD },
	{ "pollfd", "events", .width = WIDTH_16, .shape = SHAPE_CONSTANTS, .of = "poll-events" },
	{ "pollfd", "revents", .width = WIDTH_16, .shape = SHAPE_CONSTANTS, .of = "poll-events",
	  .is_optional = true },
	{ "epoll_event", "events", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "epoll-events" },
	{ "epoll_event", "data", .width = WIDTH_64, .shape = SHAPE_HEX },

	{ "flock", "l_type", .width = WIDTH_16, .shape = SHAPE_CONSTANTS, .of = "lock-types" },
	{ "flock", "l_whence", .width = WIDTH_16, .shape = SHAPE_NAMED, .of = "seek-origins" },
	{ "flock", "l_start", .width = WIDTH_LONG, .shape = SHAPE_SIGNED },
	{ "flock", "l_len", .width = WIDTH_LONG, .shape = SHAPE_SIGNED },
	{ "flock64", "l_type", .width = WIDTH_16, .shape = SHAPE_CONSTANTS, .of = "lock-types" },
	{ "flock64", "l_whence", .width = WIDTH_16, .shape = SHAPE_CONSTANTS,
	  .of = "seek-origins" },
	{ "flock64", "l_start", .width = WIDTH_64, .shape = SHAPE_SIGNED },
	{ "flock64", "l_len", .width = WIDTH_64, .shape = SHAPE_SIGNED },
	{ "f_owner_ex", "type", .width = WIDTH_32, .shape = SHAPE_CONSTANTS, .of = "owner-types" },
	{ "f_owner_ex", "pid", .width = WIDTH_32, .shape = SHAPE_SIGNED },

	{ "sock_fprog", "len", .width = WIDTH_16, .shape = SHAPE_NUMBER },
	{ "sock_fprog", "filter", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS },
	{ "capability header", "version", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "capability-versions" },
	{ "capability header", "pid", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "capabilities", "effective", .width = WIDTH_32, .shape = SHAPE_HEX },
	{ "capabilities", "permitted", .width = WIDTH_32, .shape = SHAPE_HEX },
	{ "capabilities", "inheritable", .width = WIDTH_32, .shape = SHAPE_HEX },
	{ "linger", "l_onoff", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "linger", "l_linger", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "sembuf", "sem_num", .width = WIDTH_16, .shape = SHAPE_NUMBER },
	{ "sembuf", "sem_op", .width = WIDTH_16, .shape = SHAPE_SIGNED },
	{ "sembuf", "sem_flg", .width = WIDTH_16, .shape = SHAPE_CONSTANTS,
	  .of = "ipc-flags+semaphore-flags" },

	{ "file times", "tv_sec", .width = WIDTH_TIME, .shape = SHAPE_SIGNED },
	{ "file times", "tv_nsec", .width = WIDTH_TIME, .shape = SHAPE_NAMED, .of = "time-marks" },
	{ "sigevent", "sigev_value", .width = WIDTH_LONG, .shape = SHAPE_HEX },
	{ "sigevent", "sigev_signo", .width = WIDTH_32, .shape = SHAPE_SIGNAL },
	{ "sigevent", "sigev_notify", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "signal-events" },

	{ "futex_waitv", "val", .width = WIDTH_64, .shape = SHAPE_NUMBER },
	{ "futex_waitv", "uaddr", .width = WIDTH_64, .shape = SHAPE_ADDRESS },
	{ "futex_waitv", "flags", .width = WIDTH_32, .shape = SHAPE_HEX },
	{ "futex_waitv", "__reserved", .width = WIDTH_32, .shape = SHAPE_HEX, .is_optional = true },
	{ "mnt_id_req", "size", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "mnt_id_req", "spare", .width = WIDTH_32, .shape = SHAPE_HEX, .is_optional = true },
	{ "mnt_id_req", "mnt_id", .width = WIDTH_64, .shape = SHAPE_HEX },
	{ "mnt_id_req", "param", .width = WIDTH_64, .shape = SHAPE_HEX },
	{ "xattr_args", "value", .width = WIDTH_64, .shape = SHAPE_BYTES, .length = "size" },
	{ "xattr_args", "size", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "xattr_args", "flags", .width = WIDTH_32, .shape = SHAPE_CONSTANTS, .of = "xattr-flags" },
	{ "file_handle", "handle_bytes", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "file_handle", "handle_type", .width = WIDTH_32, .shape = SHAPE_SIGNED },
	{ "timex", "modes", .width = WIDTH_32, .shape = SHAPE_HEX },
	{ "mq_attr", "mq_flags", .width = WIDTH_LONG, .shape = SHAPE_CONSTANTS,
	  .of = "open-flags" },
	{ "mq_attr", "mq_maxmsg", .width = WIDTH_LONG, .shape = SHAPE_SIGNED },
	{ "mq_attr", "mq_msgsize", .width = WIDTH_LONG, .shape = SHAPE_SIGNED },
	{ "mq_attr", "mq_curmsgs", .width = WIDTH_LONG, .shape = SHAPE_SIGNED },

	{ "winsize", "ws_row", .width = WIDTH_16, .shape = SHAPE_NUMBER },
	{ "winsize", "ws_col", .width = WIDTH_16, .shape = SHAPE_NUMBER },
	{ "winsize", "ws_xpixel", .width = WIDTH_16, .shape = SHAPE_NUMBER },
	{ "winsize", "ws_ypixel", .width = WIDTH_16, .shape = SHAPE_NUMBER },
	{ "ifreq", "ifr_name", .width = WIDTH_ARRAY, .shape = SHAPE_STRING, .size = 16 },

	{ "mmap arguments", "addr", .width = WIDTH_LONG, .shape = SHAPE_ADDRESS },
	{ "mmap arguments", "len", .width = WIDTH_LONG, .shape = SHAPE_NUMBER },
	{ "mmap arguments", "prot", .width = WIDTH_LONG, .shape = SHAPE_CONSTANTS,
	  .of = "protections" },
	{ "mmap arguments", "flags", .width = WIDTH_LONG, .shape = SHAPE_CONSTANTS,
	  .of = "map-types+map-flags" },
	{ "mmap arguments", "fd", .width = WIDTH_LONG, .shape = SHAPE_FD },
	{ "mmap arguments", "offset", .width = WIDTH_LONG, .shape = SHAPE_HEX },

	{ "bpf map", "map_type", .width = WIDTH_32, .shape = SHAPE_CONSTANTS, .of = "bpf-maps" },
	{ "bpf map", "key_size", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "bpf map", "value_size", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "bpf map", "max_entries", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "bpf map", "map_flags", .width = WIDTH_32, .shape = SHAPE_HEX },
	{ "bpf element", "map_fd", .width = WIDTH_32, .shape = SHAPE_FD },
	{ "bpf element", "key", .width = WIDTH_64, .shape = SHAPE_ADDRESS },
	{ "bpf element", "value", .width = WIDTH_64, .shape = SHAPE_ADDRESS },
	{ "bpf element", "flags", .width = WIDTH_64, .shape = SHAPE_HEX },
	{ "bpf program", "prog_type", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "bpf-programs" },
	{ "bpf program", "insn_cnt", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "bpf program", "insns", .width = WIDTH_64, .shape = SHAPE_ADDRESS },
	{ "bpf program", "license", .width = WIDTH_64, .shape = SHAPE_STRING },
	{ "bpf object", "pathname", .width = WIDTH_64, .shape = SHAPE_PATH },
	{ "bpf object", "bpf_fd", .width = WIDTH_32, .shape = SHAPE_FD },
	{ "bpf attachment", "target_fd", .width = WIDTH_32, .shape = SHAPE_FD },
	{ "bpf attachment", "attach_bpf_fd", .width = WIDTH_32, .shape = SHAPE_FD },
	{ "bpf attachment", "attach_type", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "bpf attachment", "attach_flags", .width = WIDTH_32, .shape = SHAPE_HEX },

	{ "landlock_ruleset_attr", "handled_access_fs", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "landlock-file-access" },
	{ "landlock_ruleset_attr", "handled_access_net", .width = WIDTH_64,
	  .shape = SHAPE_CONSTANTS, .of = "landlock-net-access" },
	{ "landlock_ruleset_attr", "scoped", .width = WIDTH_64, .shape = SHAPE_CONSTANTS,
	  .of = "landlock-scopes" },
	{ "landlock_path_beneath_attr", "allowed_access", .width = WIDTH_64,
	  .shape = SHAPE_CONSTANTS, .of = "landlock-file-access" },
	{ "landlock_path_beneath_attr", "parent_fd", .width = WIDTH_32, .shape = SHAPE_FD },
	{ "perf_event_attr", "type", .width = WIDTH_32, .shape = SHAPE_NAMED, .of = "perf-types" },
	{ "perf_event_attr", "size", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "perf_event_attr", "config", .width = WIDTH_64, .shape = SHAPE_HEX },
	{ "io_uring_params", "sq_entries", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "io_uring_params", "cq_entries", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "io_uring_params", "flags", .width = WIDTH_32, .shape = SHAPE_CONSTANTS,
	  .of = "io-uring-setup-flags" },
	{ "io_uring_params", "sq_thread_cpu", .width = WIDTH_32, .shape = SHAPE_NUMBER },
	{ "io_uring_params", "sq_thread_idle", .width = WIDTH_32, .shape = SHAPE_NUMBER },
};

const struct field_row *structure_fields(const char *structure, size_t *count)
{
	const struct field_row *first = NULL;

	*count = 0;
	for (size_t i = 0; i < COUNT(fields); i++) {
		bool is_of = !strcmp(fields[i].structure, structure);

		if (first && !is_of)
			break;
		first = is_of && !first ? &fields[i] : first;
		*count += is_of;
	}
	return first;
}

const struct field_row *field_row_at(size_t index)
{
	return index < COUNT(fields) ? &fields[index] : NULL;
}

/* Those that have this layout on some ABIs only; with commas around each. */
static const struct {
	const char *structure;
	const char *abis;
} layouts[] = {
	/* Elsewhere without sa_restorer, or in another order. */
	{ "sigaction", ",x86,x86_64,x32,arm,aarch64,ppc,ppc64,ppc64le,s390,s390x,sh,sheb," },
	/* On mips in another order. */
	{ "stack_t",
	  ",x86,x86_64,x32,arm,aarch64,loongarch64,m68k,parisc,parisc64,ppc,ppc64,ppc64le,"
	  "riscv64,s390,s390x,sh,sheb," },
	{ "siginfo",
	  ",x86,x86_64,x32,arm,aarch64,loongarch64,m68k,parisc,parisc64,ppc,ppc64,ppc64le,"
	  "riscv64,s390,s390x,sh,sheb," },
};

bool structure_is_known(const char *structure, const char *abi)
{
	char word[32];

	snprintf(word, sizeof(word), ",%s,", abi);
	for (size_t i = 0; i < COUNT(layouts); i++) {
		if (!strcmp(layouts[i].structure, structure))
			return strstr(layouts[i].abis, word);
	}
	return true;
}

/* EPOLL_PACKED of include/uapi/linux/eventpoll.h. */
bool structure_is_packed(const char *structure)
{
	return !strcmp(structure, "epoll_event");
}
