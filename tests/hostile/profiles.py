# SPDX-License-Identifier: MIT
"""Profiles of up to 4 MiB, the most that is read, each of a shape that is work for some step."""
import random

LIMIT = 4 << 20

# Names that x86_64 has; the shapes need some hundred.
NAMES = """read write open close stat fstat lstat poll lseek mmap mprotect munmap brk ioctl pread64 pwrite64
readv writev access pipe select sched_yield mremap msync mincore madvise shmget shmat shmctl dup dup2 pause
nanosleep getitimer alarm setitimer getpid sendfile socket connect accept sendto recvfrom sendmsg recvmsg
shutdown bind listen getsockname getpeername socketpair setsockopt getsockopt clone fork vfork wait4 kill
uname semget semop semctl shmdt msgget msgsnd msgrcv msgctl fcntl flock fsync fdatasync truncate ftruncate
getdents getcwd chdir fchdir rename mkdir rmdir creat link unlink symlink readlink chmod fchmod chown fchown
lchown umask gettimeofday getrlimit getrusage sysinfo times ptrace getuid syslog getgid setuid setgid geteuid
getegid setpgid getppid getpgrp setsid setreuid setregid getgroups setgroups setresuid getresuid setresgid
getresgid getpgid setfsuid setfsgid getsid capget capset rt_sigpending rt_sigtimedwait rt_sigqueueinfo
rt_sigsuspend sigaltstack utime mknod personality statfs fstatfs getpriority setpriority mlock munlock
mlockall munlockall prctl arch_prctl setrlimit chroot sync acct mount swapon swapoff reboot sethostname
setdomainname quotactl gettid readahead setxattr getxattr listxattr removexattr tkill time futex
sched_setaffinity sched_getaffinity io_setup io_destroy io_submit io_cancel epoll_create getdents64
restart_syscall semtimedop fadvise64 timer_create clock_settime clock_gettime epoll_wait epoll_ctl tgkill
utimes mbind mq_open kexec_load waitid add_key request_key keyctl ioprio_set inotify_init openat mkdirat
mknodat fchownat newfstatat unlinkat renameat linkat symlinkat fchmodat faccessat pselect6 ppoll unshare
splice tee vmsplice move_pages utimensat epoll_pwait signalfd eventfd fallocate accept4 signalfd4 eventfd2
epoll_create1 dup3 pipe2 inotify_init1 preadv pwritev perf_event_open recvmmsg fanotify_init prlimit64
clock_adjtime syncfs sendmmsg setns getcpu process_vm_readv kcmp finit_module sched_setattr renameat2
seccomp getrandom memfd_create bpf execveat userfaultfd membarrier mlock2 copy_file_range preadv2 statx
io_uring_setup pidfd_open clone3 openat2 pidfd_getfd landlock_create_ruleset memfd_secret""".split()
CAPABILITIES = "CHOWN KILL SYS_ADMIN SYS_PTRACE BPF NET_RAW SYSLOG SYS_CHROOT".split()
SHAPES = {}


def shape(function):
    SHAPES[function.__name__] = function
    return function


def profile(rules, default="ERRNO", more=""):
    """Rules joined as long as the text stays within the limit."""
    head = '{"defaultAction":"SCMP_ACT_%s",%s"syscalls":[' % (default, more)
    room = LIMIT - len(head) - 2
    kept = []
    for rule in rules:
        room -= len(rule) + 1
        if room < 0:
            break
        kept.append(rule)
    return head + ",".join(kept) + "]}"


def rule(names, action="ALLOW", conditions="", more=""):
    names = names if isinstance(names, str) else '","'.join(names)
    conditions = ',"args":[%s]' % conditions if conditions else ""
    return '{"names":["%s"],"action":"SCMP_ACT_%s"%s%s}' % (names, action, conditions, more)


def condition(index, operator, value, two=None):
    two = "" if two is None else ',"valueTwo":%d' % two
    return '{"index":%d,"value":%d%s,"op":"SCMP_CMP_%s"}' % (index, value, two, operator)


def fill(piece, separator=",", size=LIMIT - 4096):
    """A piece, or what it makes of a count, as often as fits."""
    parts = []
    while size > 0:
        part = piece(len(parts)) if callable(piece) else piece
        size -= len(part) + len(separator)
        parts.append(part)
    return separator.join(parts[:-1])


# ---- Names -----------------------------------------------------------------------------------------


@shape
def one_name_again_and_again():
    return profile([rule(fill("read", '","'))])


@shape
def all_names_again_and_again():
    return profile([rule(fill(lambda i: NAMES[i % len(NAMES)], '","'))])


@shape
def unknown_names():
    return profile([rule(fill(lambda i: "u%06x" % i, '","'))])


@shape
def long_unknown_names():
    return profile([rule(fill(lambda i: "u%06x" % i + "n" * 60000, '","'))])


@shape
def names_in_escapes():
    return profile([rule(fill("\\u0072\\u0065\\u0061\\u0064", '","'))])


# ---- Rules -----------------------------------------------------------------------------------------


@shape
def unconditional_rules():
    return profile(rule("mkdir", "ERRNO" if i % 2 else "LOG") for i in range(1 << 20))


@shape
def a_rule_for_each_name():
    return profile(rule(NAMES[i % len(NAMES)], more=',"errnoRet":%d' % (i % 4000)) for i in range(1 << 20))


@shape
def equal_rules():
    return profile(rule("openat", conditions=condition(0, "EQ", 7)) for _ in range(1 << 20))


@shape
def values_on_one_call():
    return profile(rule("openat", conditions=condition(0, "EQ", i * 5)) for i in range(1 << 20))


@shape
def few_values_on_one_call():
    return profile(rule("openat", conditions=condition(0, "EQ", i * 5)) for i in range(3000))


@shape
def wide_values_on_one_call():
    return profile(rule("openat", conditions=condition(1, "NE", (i << 33) + i)) for i in range(1 << 20))


@shape
def masks_on_one_call():
    return profile(rule("clone", conditions=condition(0, "MASKED_EQ", (1 << i % 64) | i, i)) for i in range(1 << 20))


@shape
def few_masks_on_one_call():
    return profile(rule("clone", ("LOG", "TRAP")[i % 2], condition(i % 6, "MASKED_EQ", (5 << i % 60) | i, i))
                   for i in range(100))


@shape
def ranges_on_one_call():
    return profile(rule("ioctl", ("ERRNO", "LOG", "TRAP")[i % 3], condition(1, ("GT", "LE")[i % 2], i * 977))
                   for i in range(1 << 20))


@shape
def conditions_on_all_arguments():
    source = random.Random(1)
    def one():
        return ",".join(condition(a, source.choice(("LT", "GE", "EQ", "NE")), source.getrandbits(40)) for a in range(6))
    return profile(rule("futex", ("LOG", "TRAP")[i % 2], one()) for i in range(1 << 20))


@shape
def few_conditions_on_all_arguments():
    source = random.Random(2)
    def one():
        return ",".join(condition(a, source.choice(("LT", "GE", "EQ", "NE")), source.getrandbits(8)) for a in range(6))
    return profile(rule("futex", ("LOG", "TRAP", "ALLOW")[i % 3], one()) for i in range(12))


@shape
def capability_sets_and_conditions():
    """For each of some calls a dozen rules on four arguments, a third of them for those with a capability."""
    source = random.Random(2)
    def one():
        return ",".join(condition(a, source.choice(("LT", "GE", "EQ", "NE")), source.getrandbits(8)) for a in range(4))
    return profile(rule(NAMES[i % 40], ("LOG", "TRAP", "ALLOW")[i // 40 % 3], one(),
                        ',"includes":{"caps":["CAP_%s"]}' % CAPABILITIES[i // 40 % 8] if i % 3 == 0 else "")
                   for i in range(40 * 12))


@shape
def conditions_on_all_calls():
    return profile(rule(NAMES[i % len(NAMES)], conditions=condition(i % 6, "EQ", i)) for i in range(1 << 20))


@shape
def two_rules_on_many_calls():
    return profile([rule(NAMES, "LOG", condition(0, "EQ", 3) + "," + condition(1, "GT", 77)),
                    rule(NAMES, "TRAP", condition(2, "MASKED_EQ", 12, 4) + "," + condition(3, "LT", 1 << 40))])


@shape
def alternatives_in_one_rule():
    return profile([rule("openat", conditions=fill(lambda i: condition(1, "EQ", i)))])


@shape
def conditions_on_many_names():
    return profile([rule(fill(lambda i: NAMES[i % len(NAMES)], '","', 2 << 20),
                         conditions=fill(lambda i: condition(1, "EQ", i), size=2 << 20))])


# ---- Guards and targets ----------------------------------------------------------------------------


@shape
def capabilities_in_guards():
    listed = '","'.join("CAP_" + name for name in CAPABILITIES)
    return profile(rule(NAMES[i % len(NAMES)], more=',"excludes":{"caps":["%s"]}' % listed) for i in range(1 << 20))


@shape
def one_guard_of_many():
    caps = fill(lambda i: "CAP_" + CAPABILITIES[i % len(CAPABILITIES)], '","', 2 << 20)
    arches = fill(lambda i: ("amd64", "arm64", "s390x")[i % 3], '","', 2 << 20)
    return profile([rule("bpf", more=',"includes":{"caps":["%s"],"arches":["%s"]}' % (caps, arches))])


@shape
def many_min_kernels():
    return profile(rule("bpf", more=',"includes":{"minKernel":"%d.%d"}' % (2 + i % 5, i % 99)) for i in range(1 << 20))


@shape
def all_architectures_again():
    known = "X86_64 X86 X32 ARM AARCH64 MIPS MIPS64 MIPSEL PPC PPC64 PPC64LE S390 S390X RISCV64 LOONGARCH64".split()
    listed = fill(lambda i: '"SCMP_ARCH_%s"' % known[i % len(known)])
    return profile([rule("read")], more='"architectures":[%s],' % listed)


@shape
def sub_architectures():
    listed = fill('"SCMP_ARCH_X86"')
    return profile([rule("read")], more='"archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":[%s]}],' % listed)


@shape
def architectures_map():
    listed = fill('{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]}')
    return profile([rule("read")], more='"archMap":[%s],' % listed)


# ---- Text ------------------------------------------------------------------------------------------


@shape
def unknown_keys():
    return profile([rule("read")], more=fill(lambda i: '"key%d":0' % i) + ",")


@shape
def unknown_keys_in_rules():
    return profile(rule("read", more=',"k%d":{"a":[]},"l":1' % i) for i in range(1 << 20))


@shape
def one_comment():
    return profile([rule("read", more=',"comment":"%s"' % ("c" * (LIMIT - 4096)))])


@shape
def many_comments():
    return profile([rule("read", more="," + fill('"comment":""'))])


@shape
def control_characters():
    return profile([rule(fill("\\u001b[31m", '","'))])


@shape
def deep_nesting():
    return profile([rule("read")], more='"x":' + "[" * (LIMIT // 2 - 4096) + "]" * (LIMIT // 2 - 4096) + ",")


@shape
def nesting_within_the_limit():
    return profile([rule("read")], more='"x":[%s],' % fill("[" * 28 + "]" * 28))


@shape
def white_space():
    return profile([rule("read")], more=" " * (LIMIT - 4096))


@shape
def empty_rules():
    return profile(fill("{}").split(",")[:1 << 20])


@shape
def a_long_number():
    return profile([rule("read", conditions='{"index":0,"value":%s,"op":"SCMP_CMP_EQ"}' % ("9" * (LIMIT - 4096)))])


@shape
def a_long_flag():
    return profile([rule("read")], more='"flags":["%s"],' % ("F" * (LIMIT - 4096)))


@shape
def flags_again_and_again():
    return profile([rule("read")], more='"flags":[%s],' % fill('"SECCOMP_FILTER_FLAG_LOG"'))


@shape
def a_config():
    """A runtime's config.json, most of it about other things."""
    mounts = fill(lambda i: '{"destination":"/m%d","options":["ro","nosuid"]}' % i)
    return '{"ociVersion":"1.0.2","process":{"args":["true"],"cwd":"/"},"root":{"path":"r"},"mounts":[%s],"linux":{"seccomp":%s}}' % (
        mounts, profile([rule(NAMES)]))


@shape
def a_config_with_capabilities():
    caps = fill(lambda i: '"CAP_%s"' % CAPABILITIES[i % len(CAPABILITIES)])
    return '{"ociVersion":"1.0.2","process":{"args":["true"],"cwd":"/","capabilities":{"bounding":[%s]}},"root":{"path":"r"},"linux":{"seccomp":%s}}' % (
        caps, profile([rule(NAMES)]))
