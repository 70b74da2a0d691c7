# SPDX-License-Identifier: MIT
"""Names of constants: what they mean on each machine, and how all commands print them."""
import json
import re

from common import DOCKER, expect, run, run_tests, write


def argument(abi, call, *words):
    """The last argument of a call, as a number."""
    policy = write("allow.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    answer = json.loads(expect("explain", "--arch", abi, "--format", "json", "--", policy, call, *words))
    return int(answer["args"][len(words) - 1], 0)


def printed(abi, call, *words):
    """The last argument of a call, as it is printed."""
    policy = write("allow.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    text = expect("explain", "--arch", abi, "--", policy, call, *words)
    return re.match(r"\w+\((.*)\) by ", text)[1].split(", ")[-1]


def test_names_have_the_numbers_of_their_machine():
    for abi, name, value in (
            ("x86_64", "SIGCHLD", 17), ("mips64", "SIGCHLD", 18), ("aarch64", "SIGUSR1", 10),
            ("parisc", "SIGUSR1", 16), ("x86_64", "O_DIRECTORY", 0x10000),
            ("aarch64", "O_DIRECTORY", 0x4000), ("arm", "O_DIRECTORY", 0x4000),
            ("ppc64le", "O_DIRECTORY", 0x4000), ("mips", "MAP_ANONYMOUS", 0x800),
            ("x86_64", "MAP_ANONYMOUS", 0x20), ("mips64", "SOCK_STREAM", 2),
            ("x86_64", "SOCK_STREAM", 1), ("parisc64", "SOL_SOCKET", 0xFFFF),
            ("x86_64", "SOL_SOCKET", 1), ("s390x", "SO_REUSEPORT", 15),
            ("ppc", "TCGETS", 0x402C7413), ("x86_64", "TCGETS", 0x5401),
            ("sh", "FIONREAD", 0x8004667F), ("x86", "ARCH_SET_FS", 0x1002)):
        assert argument(abi, "getppid", name) == value, (abi, name)


def test_name_of_another_machine_is_refused():
    policy = write("allow.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    done = run("explain", "--arch", "aarch64", policy, "getppid", "ARCH_SET_FS")
    assert done.returncode == 2 and "neither a number nor a known constant of aarch64" in done.stderr


def test_kinds_that_authors_type_are_known():
    for name, value in (
            ("AF_XDP", 44), ("SOCK_CLOEXEC", 0x80000), ("IPPROTO_TCP", 6), ("NETLINK_AUDIT", 9),
            ("AT_FDCWD", 2**64 - 100), ("AT_SYMLINK_NOFOLLOW", 0x100), ("MADV_FREE", 8),
            ("MNT_DETACH", 2), ("FUTEX_WAIT_BITSET", 9), ("SO_ATTACH_FILTER", 26),
            ("SECCOMP_SET_MODE_FILTER", 1), ("LINUX_REBOOT_CMD_POWER_OFF", 0x4321FEDC),
            ("Q_GETQUOTA", 0x800007), ("KEYCTL_READ", 11), ("KEY_SPEC_SESSION_KEYRING", 2**64 - 3),
            ("BPF_PROG_LOAD", 5), ("IORING_REGISTER_RESTRICTIONS", 11), ("R_OK", 4),
            ("SCHED_OTHER", 0), ("PTRACE_PEEKUSER", 3), ("MAP_ANON", 0x20), ("O_NDELAY", 0x800),
            ("TIOCSTI", 0x5412), ("SIOCGIFCONF", 0x8912), ("F_SETPIPE_SZ", 1031),
            ("CLONE_NEWUSER|SIGCHLD", 0x10000011)):
        assert argument("x86_64", "getppid", name) == value, name


def test_values_are_printed_by_the_argument_that_takes_them():
    for abi, words, name in (
            ("x86_64", ("socket", "38"), "AF_ALG"),
            ("x86_64", ("socket", "2", "0x80802"), "SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK"),
            ("mips64", ("socket", "2", "1"), "SOCK_DGRAM"),
            ("x86_64", ("clone", "0x10000011"), "CLONE_NEWUSER|SIGCHLD"),
            ("s390x", ("clone", "0", "0x10000011"), "CLONE_NEWUSER|SIGCHLD"),
            ("s390x", ("clone", "0x10000011"), "0x10000011"),
            ("x86_64", ("openat", "-100"), "AT_FDCWD"),
            ("x86_64", ("openat", "0xffffff9c"), "AT_FDCWD"),
            ("x86_64", ("openat", "0", "0", "0x80241"), "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC"),
            ("x86_64", ("openat", "0", "0", "0x101000"), "O_SYNC"),
            ("x86_64", ("mmap", "0", "0", "7"), "PROT_READ|PROT_WRITE|PROT_EXEC"),
            ("x86_64", ("mmap", "0", "0", "0", "0x22"), "MAP_PRIVATE|MAP_ANONYMOUS"),
            ("x86_64", ("futex", "0", "137"), "FUTEX_WAIT_BITSET|FUTEX_PRIVATE_FLAG"),
            ("x86_64", ("mknod", "0", "0x1180"), "S_IFIFO|0x180"),
            ("x86_64", ("kill", "1", "9"), "SIGKILL"),
            ("x86_64", ("personality", "0x20008"), "PER_LINUX32|UNAME26"),
            ("x86_64", ("setsockopt", "0", "0", "26"), "26"),
            ("x86_64", ("read", "38"), "38"),
            ("x86", ("ipc", "0x10017"), "SHMGET|0x10000")):
        assert printed(abi, *words) == name, (abi, words, printed(abi, *words))


def test_diff_prints_masks_as_explain_does():
    masked = write("masked.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["clone"], "action": "SCMP_ACT_ERRNO",
         "args": [{"index": 0, "value": 0x30000000, "op": "SCMP_CMP_MASKED_EQ"}]}]})
    allow = write("allow.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    condition = "(clone_flags & (CLONE_NEWUSER|CLONE_NEWPID)) == 0"
    assert condition in expect("diff", "--arch", "x86_64", masked, allow, status=1)
    assert condition in expect("explain", "--arch", "x86_64", masked, "clone")


def test_every_text_names_the_values_of_arguments():
    allow = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"]}
    loose = write("loose.json", allow)
    tight = write("tight.json", {**allow, "syscalls": [
        {"names": ["socket"], "action": "SCMP_ACT_ERRNO",
         "args": [{"index": 0, "value": 38, "op": "SCMP_CMP_GE"}]},
        {"names": ["prctl"], "action": "SCMP_ACT_ERRNO",
         "args": [{"index": 0, "value": 22, "op": "SCMP_CMP_EQ"}]}]})
    assert "x86_64 socket(AF_ALG, 0, 0) (arch" in \
        expect("prove", "--one-target", "--arch", "x86_64", loose, tight, status=1)
    listed = expect("diff", "--one-target", "--arch", "x86_64", loose, tight, status=1)
    assert "socket if family >= AF_ALG:" in listed, listed
    assert "prctl if option == PR_SET_SECCOMP:" in listed, listed
    empty = write("empty.json", {"defaultAction": "SCMP_ACT_KILL_PROCESS"})
    for abi in ("x86_64", "x86"):
        listed = expect("diff", "--one-target", "--arch", "x86_64", "--abi", "x86", DOCKER, empty, status=1)
        known = "personality {0} PER_LINUX {1} personality {0} PER_LINUX32 {1} personality {0} UNAME26 {1} "
        assert f"- {abi} personality if " + known.format("==", "||") in listed, listed
        assert f"- {abi} personality if " + known.format("!=", "&&") in listed, listed
    found = expect("lint", "--arch", "x86_64", tight, status=1)
    assert "ALLOW when option is 0x100000016, of which the kernel reads PR_SET_SECCOMP (22), " in found
    assert "x86_64 prctl(0x100000016, 0, 0, 0, 0) is ALLOW" in found, found
    example = json.loads(expect("prove", "--format", "json", "--one-target", "--arch", "x86_64", loose,
                                tight, status=1))["example"]
    assert example["args"][0] == "0x26", example


def test_near_name_is_suggested():
    policy = write("allow.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    done = run("explain", policy, "socket", "AF_VSOK")
    assert done.returncode == 2 and "the nearest is AF_VSOCK" in done.stderr, done.stderr


run_tests(globals())
