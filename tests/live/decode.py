# SPDX-License-Identifier: MIT
"""Calls as strace prints them: decode.py DECODE_TRACE MADE_CALLS SBPF.

MADE_CALLS makes calls that its filter refuses; DECODE_TRACE prints each from its stopped thread, and
strace prints the same ones. The two must be the same but for what is listed here.
"""
import json
import os
import re
import shutil
import string
import subprocess
import sys
import tempfile

TRACE, MADE, SBPF = sys.argv[1:]
CANNOT_BE_TESTED = 77
# Whose texts these are: other versions have others.
STRACE = "6.1"
LONGEST = 1000

# What strace has differently, and here is as the kernel or a filter has it. Both sides are changed, in
# this order: the reason, what is found, what it becomes.
SAME = (
    ("the folder that AT_FDCWD is matters to a relative path only", r"AT_FDCWD<[^>]*>", "AT_FDCWD"),
    ("a call through another one is that one to a filter", r"^(?:socketcall|ipc)\(.*\) /\* (.*) \*/$", r"\1"),
    ("times as dates, and names that are not known for certain", r" ?/\* .*? \*/", ""),
    ("an operation of futex is flags to a filter", r"\b(FUTEX_\w+)_PRIVATE\b", r"\1|FUTEX_PRIVATE_FLAG"),
    ("two views of one number", r"\{u32=\d+, u64=(\d+)\}|\{sival_int=\d+, sival_ptr=(\w+)\}", r"\1\2"),
    ("a mark in place of a time is part of it", r"\[UTIME_NOW, ", "[{tv_sec=0, tv_nsec=UTIME_NOW}, "),
    ("a descriptor that is not ignored has events", r"\{fd=-1, events=POLLOUT\}", "{fd=-1}"),
    ("a range is not of descriptors that are open", r"\b(close_range\(\d+|pidfd_getfd\(.*, \d+)<[^>]*>", r"\1"),
    ("no zero is a name", r"(?:AT_STATX_SYNC_AS_STAT|KEXEC_ARCH_DEFAULT)\|", ""),
    ("no zero is a name", r"AT_STATX_SYNC_AS_STAT|FAN_CLASS_NOTIF", "0"),
    ("a structure of all arguments has names", r"mmap\(\{addr=(\w+), len=(\d+), prot=(\w+), flags=([\w|]+), "
                                               r"fd=(-?\d+), offset=(\d+)\}\)", r"mmap(\1, \2, \3, \4, \5, \6)"),
    ("numbers are numbers", r"\b0x[0-9a-f]+\b", lambda found: str(int(found[0], 16))),
    ("flags have no order", r"\b\w+(?:\|\w+)+", lambda found: "|".join(sorted(found[0].split("|")))),
)
# The rest, each as it is here and there; POINTER is any address.
DIFFERENT = {
    # strace wants all of a structure, the kernel takes what it knows of it.
    'openat2(10</usr>, "x", {flags=O_CREAT|O_RDWR}, 8)': 'openat2(10</usr>, "x", POINTER, 8)',
    # The second half of the offset is not looked at, but it is there.
    'pwritev2(12</etc/passwd>, [{iov_base="first", iov_len=5}, {iov_base="second\\n", iov_len=7}], 2, 5, 0, RWF_DSYNC)':
        'pwritev2(12</etc/passwd>, [{iov_base="first", iov_len=5}, {iov_base="second\\n", iov_len=7}], 2, 5, '
        'RWF_DSYNC)',
    # strace looks at some arguments only when the call has returned.
    "epoll_pwait(12</etc/passwd>, POINTER, 5, -1, [INT TERM], 8)":
        "epoll_pwait(12</etc/passwd>, POINTER, 5, -1, POINTER, 8)",
    'recvmsg(11</etc/passwd>, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=POINTER, iov_len=5}, '
    '{iov_base=POINTER, iov_len=7}], msg_iovlen=2, msg_controllen=0}, 0)': "recvmsg(11</etc/passwd>, "
                                                                           "{msg_namelen=0}, 0)",
    'mount("/a", "/b", NULL, MS_BIND|MS_REC, "mode=755")': 'mount("/a", "/b", NULL, MS_BIND|MS_REC, POINTER)',
    # Filters count arguments: they are in their order.
    "clone(CLONE_NEWUSER|SIGCHLD, NULL)": "clone(child_stack=NULL, flags=CLONE_NEWUSER|SIGCHLD)",
    "clone(CLONE_PARENT_SETTID|CLONE_SETTLS|CLONE_THREAD|CLONE_VM, POINTER, POINTER, POINTER, POINTER)":
        "clone(child_stack=POINTER, flags=CLONE_PARENT_SETTID|CLONE_SETTLS|CLONE_THREAD|CLONE_VM, "
        "parent_tid=POINTER, tls=POINTER)",
    # In the order of memory.
    "rt_sigaction(SIGINT, {sa_handler=SIG_IGN, sa_flags=SA_RESTART|SA_RESTORER|SA_SIGINFO, sa_restorer=4096, "
    "sa_mask=[INT QUIT]}, NULL, 8)": "rt_sigaction(SIGINT, {sa_handler=SIG_IGN, sa_mask=[INT QUIT], "
                                     "sa_flags=SA_RESTART|SA_RESTORER|SA_SIGINFO, sa_restorer=4096}, NULL, 8)",
    # Names that strace has beyond these tables.
    "ioctl(12</etc/passwd>, KDSETMODE, 1)": "ioctl(12</etc/passwd>, KDSETMODE, KD_GRAPHICS)",
    "prctl(PR_SET_DUMPABLE, 0)": "prctl(PR_SET_DUMPABLE, SUID_DUMP_DISABLE)",
    "syslog(SYSLOG_ACTION_READ_ALL, POINTER, 100)": "syslog(3, POINTER, 100)",
    "ioprio_set(IOPRIO_WHO_PROCESS, 0, 8196)": "ioprio_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE("
                                               "IOPRIO_CLASS_RT, 4))",
    "futex_waitv([{val=7, uaddr=4096, flags=2}], 1, 0, {tv_sec=1, tv_nsec=500000000}, CLOCK_MONOTONIC)":
        "futex_waitv([{val=7, uaddr=4096, flags=FUTEX_32}], 1, 0, {tv_sec=1, tv_nsec=500000000}, CLOCK_MONOTONIC)",
    "open_by_handle_at(10</usr>, {handle_bytes=8, handle_type=1}, O_RDONLY)":
        'open_by_handle_at(10</usr>, {handle_bytes=8, handle_type=1, '
        'f_handle="\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"}, O_RDONLY)',
    'quotactl(5, "/dev/a", 1, POINTER)': 'quotactl(QCMD(0, 5), "/dev/a", 1, POINTER)',
    "msgsnd(1, POINTER, 5, IPC_NOWAIT)": 'msgsnd(1, {mtype=0, mtext="\\0\\0\\0\\0\\0"}, 5, IPC_NOWAIT)',
    # What a file is that is not made yet.
    'mknodat(AT_FDCWD, "/dev/x", 0644|S_IFIFO, makedev(0, 0))': 'mknodat(AT_FDCWD, "/dev/x", 0644|S_IFIFO)',
    "perf_event_open({type=PERF_TYPE_SOFTWARE, size=112, config=2}, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)":
        "perf_event_open({type=PERF_TYPE_SOFTWARE, size=PERF_ATTR_SIZE_VER5, config=PERF_COUNT_SW_PAGE_FAULTS, "
        "sample_period=0, sample_type=0, read_format=0, precise_ip=0, ...}, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)",
    # Members that say nothing, and those that strace leaves out.
    "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=16, map_flags=0}, 24)":
        "bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=16, map_flags=0, "
        "inner_map_fd=0</dev/null>}, 24)",
    "landlock_create_ruleset({handled_access_fs=LANDLOCK_ACCESS_FS_EXECUTE|LANDLOCK_ACCESS_FS_WRITE_FILE, "
    "handled_access_net=0}, 16, 0)": "landlock_create_ruleset({handled_access_fs=LANDLOCK_ACCESS_FS_EXECUTE|"
                                     "LANDLOCK_ACCESS_FS_WRITE_FILE, ...}, 16, 0)",
    'mount_setattr(10</usr>, "", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=MOUNT_ATTR_NOSUID}, 32)':
        'mount_setattr(10</usr>, "", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=MOUNT_ATTR_NOSUID, '
        'propagation=0, userns_fd=0}, 32)',
    "io_uring_setup(8, {sq_entries=0, cq_entries=0, flags=0, sq_thread_cpu=0, sq_thread_idle=0})":
        "io_uring_setup(8, {flags=0, sq_thread_cpu=0, sq_thread_idle=0})",
    # The last argument is not looked at with these flags, or this mode.
    "prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, NULL)": "prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)",
    "membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0)": "membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0)",
    "futex(POINTER, FUTEX_WAIT_BITSET, 1, NULL, NULL, 255)": "futex(POINTER, FUTEX_WAIT_BITSET, 1, NULL, 255)",
    "kexec_load(0, 0, NULL, KEXEC_ON_CRASH)": "kexec_load(NULL, 0, NULL, KEXEC_ON_CRASH)",
    # Pages, as the call has them.
    "mmap2(NULL, 4096, PROT_READ, MAP_ANONYMOUS|MAP_PRIVATE, -1, 5)":
        "mmap2(NULL, 4096, PROT_READ, MAP_ANONYMOUS|MAP_PRIVATE, -1, 20480)",
    # The tables have no parameters of 16 bits.
    'chown("/a", 0, 65535)': 'chown("/a", 0, -1)',
}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120,
                          stdin=subprocess.DEVNULL, **options)
    if done.returncode == CANNOT_BE_TESTED:
        print(f"{command[0]}: ptrace(2) is refused here")
        sys.exit(CANNOT_BE_TESTED)
    assert done.returncode == 0, (command, done.returncode, done.stderr)
    return done.stdout


def decoded(*words, **options):
    """The calls as they are printed here, without the first, which shows that the filter is there."""
    return run(TRACE, *words, **options).splitlines()[1:]


def printed_by_strace(calls):
    text = run("strace", "-y", "-o", "|cat", MADE, "errno", calls)
    # Calls without a filter are others, or have other results.
    lines = re.findall(r"^(.*?)\s+= -1 EPERM \(Operation not permitted\)$", text, re.M)
    return lines[1:]


def normalised(line):
    for _, found, becomes in SAME:
        line = re.sub(found, becomes, line)
    return line


def without_pointers(line):
    """Without addresses of MADE_CALLS."""
    return normalised(re.sub(r"\b0x4[0-9a-f]{5}\b", "POINTER", line))


def is_same(ours, theirs):
    return (normalised(ours) == normalised(theirs)
            or DIFFERENT.get(without_pointers(ours)) == without_pointers(theirs))


def test_usual_calls_are_as_strace_has_them():
    if not shutil.which("strace") or f"version {STRACE}\n" not in run("strace", "-V"):
        print(f"strace {STRACE}: not here, not compared")
        return
    ours, theirs = decoded(MADE, "trace", "usual"), printed_by_strace("usual")
    assert len(ours) == len(theirs) > 300, (len(ours), len(theirs))
    wrong = [(ours_one, theirs_one) for ours_one, theirs_one in zip(ours, theirs)
             if not is_same(ours_one, theirs_one)]
    assert not wrong, f"{len(wrong)} differ:" + "".join(
        f"\n  {a}\n  {b}\n  {without_pointers(a)}\n  {without_pointers(b)}" for a, b in wrong)
    used = {without_pointers(line) for line in ours}
    assert not set(DIFFERENT) - used, f"no difference any more: {set(DIFFERENT) - used}"


def test_usual_calls_are_these():
    """Some as they are, where no strace is."""
    lines = decoded(MADE, "trace", "usual")
    for expected in (
            'open("/etc/passwd", O_RDONLY|O_CLOEXEC)',
            'open("relative" /* in /tmp */, O_RDWR|O_CREAT, 0644)',
            'openat(AT_FDCWD, "/etc/shadow", O_RDONLY)',
            'openat(AT_FDCWD</tmp>, "relative", O_WRONLY|O_CREAT|O_EXCL|O_TRUNC, 0600)',
            'openat(10</usr>, "bin/true", O_RDONLY|O_NOFOLLOW|O_PATH)',
            'openat(10</usr>, "b\\"\\\\\\1\\t\\2007", O_RDONLY)',
            "openat(AT_FDCWD, 0x8, O_RDONLY)",
            "socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT)",
            'bind(11</etc/passwd>, {sa_family=AF_UNIX, sun_path=@"abs"}, 6)',
            'clone3({flags=CLONE_NEWNS|CLONE_NEWUSER, exit_signal=SIGCHLD, stack=NULL, stack_size=0}, 88)',
            'openat2(AT_FDCWD, "/x", {flags=O_RDWR|O_CREAT, mode=0640, resolve=RESOLVE_BENEATH}, 24)',
            "tkill(1, SIGRT_8)",
            "syscall_0x270f(0x1, 0x2, 0x3, 0x4, 0x5, 0x6)",
            "clock_nanosleep_time64(CLOCK_MONOTONIC, 0, {tv_sec=1, tv_nsec=5}, NULL)",
            "ioctl(12</etc/passwd>, TIOCSTI, \"x\")"):
        assert expected in lines, (expected, [line for line in lines if line[:9] == expected[:9]])
    assert re.fullmatch(r'execve\("/bin/prog", \["prog", "-x", "a \\"b\\"\\n"\], 0x\w+ /\* 3 vars \*/\)',
                        next(line for line in lines if line.startswith("execve"))), lines
    assert any(re.fullmatch(r"socketcall\(SYS_SOCKET, 0x\w+\) /\* socket\(AF_INET, SOCK_STREAM, IPPROTO_IP\) \*/",
                            line) for line in lines)


def check_form(lines):
    for line in lines:
        assert set(line) <= set(string.printable) - set("\t\n\r\v\f"), line
        assert len(line) <= LONGEST, (len(line), line)
        assert re.match(r"\w+\(.*\)( /\* .* \*/)?$", line), line


def test_hostile_memory_is_printed_or_left_as_it_is():
    lines = decoded(MADE, "trace", "hostile")
    check_form(lines)
    for expected in ('open("end" /* in /tmp */, O_RDONLY)', "open(0x10000ffc, O_RDONLY)",
                     "open(0xffffffffffffffff, O_RDONLY)", "open(0x4000000000000000, O_RDONLY)",
                     'open("\\33[31m\\r\\n\\177\\302\\2331m\\342\\200\\256" /* in /tmp */, O_RDONLY)',
                     "connect(5, 0x10000ffc, 100)", "clone3(0x10000ff8, 88)",
                     "rt_sigprocmask(SIG_BLOCK, ~[], NULL, 8)", "prctl(PR_SET_NAME, 0xffffffffffffffff)",
                     "socketcall(SYS_SOCKET, 0x10000ffc)"):
        assert expected in lines, (expected, lines)
    cut = [line for line in lines if len(line) == LONGEST]
    assert len(cut) >= 3 and all(line.endswith("...)") for line in cut), cut
    assert any(line.startswith('open("' + 255 * "e" + '"... ') for line in lines)


def test_anything_is_printed_in_bounds():
    lines = decoded(MADE, "trace", "random")
    assert len(lines) == 6000, len(lines)
    check_form(lines)


def test_without_a_thread_are_numbers_and_constants():
    lines = decoded("--blind", MADE, "trace", "usual")
    check_form(lines)
    assert re.fullmatch(r"open\(0x\w+, O_RDONLY\|O_CLOEXEC\)", lines[0]), lines[0]
    assert "openat(AT_FDCWD, NULL, O_RDONLY)" in lines
    assert not any(mark in line for line in lines for mark in ('"', "{", "<")), lines


def test_memory_that_must_not_be_read_is_pointers():
    if os.geteuid() != 0:
        print("not root: nobody else to be")
        return
    lines = decoded(MADE, "trace", "undumpable", user=65534, group=65534, extra_groups=[])
    for line, expected in zip(lines, (r"open\(0x\w+, O_RDONLY\)", r"connect\(11, 0x\w+, 16\)",
                                      r"execve\(0x\w+, 0x\w+, 0x\w+\)", r"socketcall\(SYS_SOCKET, 0x\w+\)")):
        assert re.fullmatch(expected, line), (line, expected)
    assert len(lines) == 4, lines


def test_other_ways_to_read_give_the_same():
    """Without process_vm_readv(2) there is /proc/PID/mem, without PROCMAP_QUERY the list of all mappings."""
    refused = ("process_vm_readv", "ioctl")
    rules = [{"names": list(refused), "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
               "syscalls": rules}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(profile, file)
        file.flush()
        lines = run(SBPF, "run", "-p", file.name, "--", TRACE, "--caller", MADE, "trace", "usual").splitlines()
    # Those that are refused already never come here.
    expected = [line for line in run(TRACE, "--caller", MADE, "trace", "usual").splitlines()
                if line.partition("(")[0] not in refused]
    assert lines == expected, [pair for pair in zip(lines, expected) if pair[0] != pair[1]]


def test_caller_is_the_instruction_in_its_file():
    with open(MADE, "rb") as file:
        program = file.read()
    seen = set()
    for line in decoded("--caller", MADE, "trace", "usual"):
        place = re.search(r" (/\S+)\+0x([0-9a-f]+)$", line)
        assert place and os.path.samefile(place[1], MADE), line
        offset = int(place[2], 16)
        seen.add(program[offset - 2:offset])
    # syscall, and int $0x80 for the 32-bit calls.
    assert seen == {b"\x0f\x05", b"\xcd\x80"}, seen


def main():
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            print(name)
            test()


main()
