# SPDX-License-Identifier: MIT
"""sbpf profile: what was recorded is let through, what no recorder sees too, and each with its reason."""
import json
import os

from common import PROJECT, expect, path_of, run, run_tests, write

TARGET = ["--arch", "x86_64"]
# What a small program of glibc makes.
SMALL = ["access", "arch_prctl", "brk", "close", "execve", "exit_group", "mmap", "mprotect", "munmap",
         "newfstatat", "openat", "pread64", "prlimit64", "read", "rseq", "set_robust_list",
         "set_tid_address", "write"]
ANSWERED = ("clock_getres", "clock_gettime", "getcpu", "getrandom", "gettimeofday", "time")
ENDS = ("exit", "restart_syscall", "rt_sigreturn")


def recording(calls, runs=1, **more):
    return {"recording": 1, "runs": runs, "abis": {"x86_64": calls}, **more}


def seen(*names, runs=1, **more):
    return {name: {"count": 2 * runs, "runs": runs, **more} for name in names}


def values(count=6, runs=1, **arguments):
    return {"count": count, "runs": runs, "args": arguments}


def profile(document, *options):
    return json.loads(expect("profile", *TARGET, *options, write("one.rec", document)))


def entries_of(policy, call):
    return [entry for entry in policy["syscalls"] if call in entry["names"]]


def allowed(policy):
    return {name for entry in policy["syscalls"] if entry["action"] == "SCMP_ACT_ALLOW"
            for name in entry["names"]}


def comment_of(policy, call):
    entry, = entries_of(policy, call)
    return entry["comment"]


def startup(runtime, no_new_privs):
    """Of arch/startup.tbl what a runtime needs."""
    found = set()
    with open(os.path.join(PROJECT, "arch", "startup.tbl"), encoding="ascii") as file:
        for line in file:
            fields = line.partition("#")[0].split()
            if fields and fields[0] == runtime:
                cells = fields[3::2] if no_new_privs else fields[4::2]
                if "fails" in cells:
                    found.add(fields[2])
    return found


def lint(policy, *options):
    return [(f["id"], f["severity"])
            for f in json.loads(expect("lint", *TARGET, "--fail-on", "error", "--format", "json", *options,
                                       write("made.json", policy)))]


def test_what_was_seen_is_let_through_and_all_else_is_not():
    policy = profile(recording(seen(*SMALL, "getpid")))
    assert policy["defaultAction"] == "SCMP_ACT_ERRNO" and policy["defaultErrnoRet"] == 1
    assert policy["architectures"] == ["SCMP_ARCH_X86_64"]
    assert {*SMALL, "getpid", *ANSWERED, *ENDS} <= allowed(policy)
    assert not {"ptrace", "mount", "socket", "clone", "kill"} & allowed(policy)
    for entry in policy["syscalls"]:
        assert entry["names"] == sorted(entry["names"]) and entry["comment"], entry


def test_every_entry_says_why():
    calls = {**seen(*SMALL, runs=3), **seen("socket", "bind", runs=2), **seen("listen", runs=3)}
    policy = profile(recording(calls, runs=3))
    assert comment_of(policy, "read") == "files: seen in all 3 runs"
    assert comment_of(policy, "listen") == "sockets: seen in all 3 runs"
    assert comment_of(policy, "bind") == "sockets: seen in 2 of 3 runs"
    assert comment_of(policy, "time") == "answered by the vDSO where it can be, and so seen by no recorder"
    assert comment_of(policy, "setuid") == "called between filter and program by runc"
    assert comment_of(policy, "setresuid") == "called between filter and program by crun"
    assert comment_of(policy, "capset") == "called between filter and program by runc and crun"
    assert comment_of(policy, "rt_sigreturn").startswith("return from the handler of a signal")
    assert comment_of(profile(recording(seen("getpid"))), "execve") == "start of every program"
    many = profile(recording({**seen("getpid", runs=9), **seen("getppid", runs=10)}, runs=20))
    assert comment_of(many, "getpid").endswith(": seen in fewer than half of 20 runs")
    assert comment_of(many, "getppid").endswith(": seen in at least half of 20 runs")


def test_purposes_part_the_entries():
    policy = profile(recording(seen(*SMALL, "socket", "bind")))
    assert entries_of(policy, "bind") == entries_of(policy, "socket")
    assert entries_of(policy, "bind") != entries_of(policy, "read")


def test_recordings_add_up():
    a = write("a.rec", recording(seen(*SMALL)))
    b = write("b.rec", recording(seen("getpid")))
    policy = json.loads(expect("profile", *TARGET, a, b))
    assert comment_of(policy, "getpid") == "processes and threads: seen in 1 of 2 runs"
    assert "read" in allowed(policy)


def test_what_is_newer_than_the_recording_gets_enosys():
    policy = profile(recording(seen(*SMALL, "close_range")))  # of Linux 5.9
    entry = policy["syscalls"][-1]
    assert (entry["action"], entry["errnoRet"]) == ("SCMP_ACT_ERRNO", 38)
    assert {"fchmodat2", "futex_waitv", "mseal", "process_madvise"} <= set(entry["names"])
    assert "clone3" in entry["names"], "older, but libraries only try it"
    assert not {"io_uring_setup", "openat", "mount", "uretprobe"} & set(entry["names"])
    older = profile(recording(seen(*SMALL)), "--runtime", "none")["syscalls"][-1]["names"]
    assert {"io_uring_setup", "pidfd_open", "close_range"} <= set(older)


def test_the_result_is_clean_and_proven_the_same_to_all():
    policy = profile(recording({**seen(*SMALL, "socket"), "ioctl": values(cmd={"0x5401": 6})}),
                     "--args", "ioctl")
    made = write("made.json", policy)
    for reading in ("docker", "oci", "literal"):
        assert {s for _, s in lint(policy, "--reading", reading)} <= {"note"}, reading
        assert expect("flatten", *TARGET, "--reading", reading, made) == \
            expect("flatten", *TARGET, made), reading


def test_runtimes_are_those_asked_for():
    document = recording(seen(*SMALL))
    none = allowed(profile(document, "--runtime", "none"))
    assert not {"capset", "setuid", "setresuid", "getppid", "fchown"} & none
    for runtime in ("runc", "crun"):
        for options, no_new_privs in ((["--no-new-privs"], True), ([], False)):
            found = allowed(profile(document, "--runtime", runtime, *options))
            assert startup(runtime, no_new_privs) <= found, (runtime, no_new_privs)
    assert "setuid" not in allowed(profile(document, "--runtime", "runc", "--no-new-privs"))
    both = allowed(profile(document))
    assert startup("runc", False) | startup("crun", False) <= both
    assert not {"fsmount", "open_tree", "tgkill", "ioctl"} & both, "runtimes do without these"


def test_portable_adds_what_others_call_instead():
    policy = profile(recording(seen(*SMALL, "epoll_wait", "fork", "time")), "--portable")
    assert comment_of(policy, "epoll_pwait") == "what other C libraries and machines call instead"
    assert {"open", "stat", "statx", "writev", "readv", "clone", "faccessat"} <= allowed(policy)
    assert not {"process_vm_readv", "clone3", "fsmount"} & allowed(policy)
    assert "epoll_pwait" not in allowed(profile(recording(seen(*SMALL, "epoll_wait"))))
    assert {s for _, s in lint(policy)} <= {"note"}
    assert {s for _, s in lint(policy, "--arch", "aarch64")} <= {"note"}


def test_conditions_hold_for_what_the_kernel_reads():
    policy = profile(recording({**seen(*SMALL), "socket": values(
        family={"0x2": 3, "0xa": 3}, type={"0x1": 6}, protocol={"0x0": 6})}), "--args", "socket.family")
    first, second = entries_of(policy, "socket")
    assert first["args"] == [{"index": 0, "value": 0xffffffff, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]
    assert second["comment"] == "socket with family AF_INET6"
    whole = profile(recording({**seen(*SMALL), "socket": values(
        family={"0x2": 3, "0xa": 3}, type={"0x1": 6}, protocol={"0x0": 6})}), "--args", "socket")
    assert [len(entry["args"]) for entry in entries_of(whole, "socket")] == [3, 3]
    found = [identifier for identifier, _ in lint(whole)]
    assert "width-bypass" not in found and "width-refusal" not in found, found


def test_flags_are_one_condition():
    policy = profile(recording({**seen(*SMALL), "clone": values(
        clone_flags={"0x1200011": 3, "0x3d0f00": 3})}), "--args", "clone")
    entry, = entries_of(policy, "clone")
    assert entry["args"] == [{"index": 0, "value": 0xffffffff & ~(0x1200011 | 0x3d0f00), "valueTwo": 0,
                              "op": "SCMP_CMP_MASKED_EQ"}]
    assert "no clone_flags but CLONE_VM|" in entry["comment"]


def test_arguments_that_are_not_all_known_are_let_through():
    document = recording({**seen(*SMALL, "dup"), "ioctl": values(cmd={"0x5401": 3, "many": 3}),
                          "socket": values(family={"0x2": 2})})
    done = run("profile", *TARGET, "--args", "ioctl,socket,dup,kill", write("one.rec", document))
    assert done.returncode == 0, done.stderr
    for call in ("ioctl", "socket", "dup"):
        entry, = entries_of(json.loads(done.stdout), call)
        assert "args" not in entry
    assert "ioctl: not all values of its argument 1 are in the recording" in done.stderr
    assert "socket: not all values of its argument 0 are in the recording" in done.stderr
    assert "dup: the recording has no values of it; record them with sbpf record --args dup" in done.stderr
    assert "--args: kill was not seen" in done.stderr


def test_more_rules_than_anybody_reads_are_fewer_conditions():
    commands = {hex(i): 1 for i in range(40)}
    document = recording({**seen(*SMALL), "ioctl": {"count": 40, "runs": 1, "args": {
        "cmd": commands, "fd": {hex(i): 20 for i in range(2)}}}})
    done = run("profile", *TARGET, "--args", "ioctl", write("one.rec", document))
    assert "ioctl: more than 64 rules; any value of its argument 1 is let through" in done.stderr
    assert len(entries_of(json.loads(done.stdout), "ioctl")) == 2


def test_calls_behind_a_multiplexer():
    document = recording({**seen(*SMALL), "socket": values(family={"0x2": 6})})
    document["abis"]["x86"] = {"socketcall": values(call={"0x1": 3, "0x3": 3})}
    done = run("profile", *TARGET, "--args", "socket", write("one.rec", document))
    policy = json.loads(done.stdout)
    assert policy["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
    assert {"connect", "socket"} <= allowed(policy)
    assert not {"socketcall", "bind"} & allowed(policy)
    assert "socket was also seen behind socketcall or ipc" in done.stderr
    assert {s for _, s in lint(policy)} <= {"note"}


def test_refused_calls_stand_apart():
    document = recording({**seen(*SMALL), **seen("keyctl", refused=2), **seen("dup", refused=1)})
    policy = profile(document)
    assert comment_of(policy, "keyctl").startswith("tried while recording, and refused each time")
    assert comment_of(policy, "dup").startswith("files: seen")
    policy = profile(document, "--without-refused")
    assert "keyctl" not in allowed(policy) and "dup" in allowed(policy)


def test_what_the_recording_lacks_is_said():
    document = recording({**seen(*SMALL), "#9999": {"count": 1, "runs": 1}}, lost=7)
    done = run("profile", *TARGET, write("one.rec", document))
    assert "call number 9999 of x86_64 has no name" in done.stderr
    assert "lost 7 calls" in done.stderr
    assert "18 calls of 1 run on x86_64" in done.stderr


def test_another_machine():
    arm = {"recording": 1, "runs": 1, "abis": {"aarch64": seen("read", "write", "openat", "epoll_pwait")}}
    policy = json.loads(expect("profile", write("arm.rec", arm)))
    assert policy["architectures"] == ["SCMP_ARCH_AARCH64"]
    assert "arch_prctl" not in allowed(policy) and "faccessat" in allowed(policy)
    both = json.loads(expect("profile", write("arm.rec", arm), write("x86.rec", recording(seen(*SMALL)))))
    assert sorted(both["architectures"]) == ["SCMP_ARCH_AARCH64", "SCMP_ARCH_X86_64"]
    done = run("profile", *TARGET, path_of("arm.rec"))
    assert (done.returncode, done.stderr) == (1, "sbpf profile: the recordings have no call of x86_64\n")


def test_nothing_is_written_when_something_fails():
    kept = write("kept.json", b"kept")
    assert run("profile", "-o", kept, write("bad.rec", b'{"recording": 2}')).returncode == 1
    assert run("profile", "-o", kept, path_of("not-there.rec")).returncode == 1
    for wrong in (["--args", "sokcet"], ["--args", "socket.size"]):
        done = run("profile", *TARGET, *wrong, "-o", kept, write("one.rec", recording(seen("socket"))))
        assert done.returncode == 2, done
    assert "there is no call 'sokcet'; did you mean 'socket'?" in run(
        "profile", *TARGET, "--args", "sokcet", path_of("one.rec")).stderr
    assert run("profile").returncode == 2
    assert run("profile", "--arch", "vax", path_of("one.rec")).returncode == 2
    with open(kept, "rb") as file:
        assert file.read() == b"kept"


run_tests(globals())
