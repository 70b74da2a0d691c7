#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is watched is as it is without a watcher, and the watcher is told what is refused:
watch.py WATCH SBPF MAKE_CALLS."""
import atexit
import collections
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

WATCH, SBPF, MAKE_CALLS = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
PATIENCE = 60
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="watch-"))

Call = collections.namedtuple("Call", "pid tid arch name number verdict whose args")


def profile(**answers):
    """A profile that allows all but some calls: action, or errno."""
    rules = []
    for name, answer in answers.items():
        action = answer if isinstance(answer, str) else "ERRNO"
        rules.append({"names": [name], "action": "SCMP_ACT_" + action})
        if isinstance(answer, int):
            rules[-1]["errnoRet"] = answer
    path = FOLDER / "profile.json"
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))
    return path


def run(path, *command, **more):
    return subprocess.run([SBPF, "run", "-p", path, "--", *command], timeout=PATIENCE, check=False,
                          capture_output=True, **more)


def watch(path, *command, options=(), **more):
    """The process's end, and the lines that the watcher wrote."""
    told = FOLDER / "told"
    done = subprocess.run([WATCH, *options, told, path, *command], timeout=PATIENCE, check=False,
                          capture_output=True, **more)
    return done, told.read_text().splitlines()


def calls_of(told):
    calls = []
    for line in told:
        word, *rest = line.split(" ")
        if word == "call":
            calls.append(Call(*rest[:7], tuple(int(value, 16) for value in rest[7:])))
    return calls


def both(path, *command, **more):
    """What the watcher was told, of a command that must do the same as under `sbpf run`."""
    alone = run(path, *command, **more)
    done, told = watch(path, *command, **more)
    assert (done.returncode, done.stdout) == (alone.returncode, alone.stdout), (done, alone)
    assert told[-1] == "end", told
    return calls_of(told)


def test_each_action():
    target = FOLDER / "new"
    for answer, program, number, verdict in (
            (13, "mkdir", 83, "ERRNO(13)"), ("KILL_PROCESS", "mkdir", 83, "KILL_PROCESS"),
            ("KILL_THREAD", "mkdir", 83, "KILL_THREAD"), ("TRAP", "mkdir", 83, "TRAP"),
            ("TRACE", "mkdir", 83, "TRACE(1)")):
        calls = both(profile(mkdir=answer), f"/bin/{program}", target)
        assert [call[3:7] for call in calls] == [("mkdir", str(number), verdict, "own")], calls
        assert not target.exists()
    assert not both(profile(mkdir="LOG"), "/bin/mkdir", "-p", target)
    assert target.exists()


def test_nothing_refused_is_nothing_told():
    done, told = watch("-", "/bin/true")
    assert (done.returncode, done.stderr) == (0, b"") and told[-1] == "end"
    assert not calls_of(told) and [line for line in told if line.startswith("exec")]


def test_all_tells_each_call():
    done, told = watch("-", "/bin/sh", "-c", "exit 3", options=["-a"])
    names = [call.name for call in calls_of(told)]
    assert done.returncode == 3
    assert names[0] == "execve" and names[-1] == "exit_group" and "openat" in names, names
    assert {call.verdict for call in calls_of(told)} == {"ALLOW"}


def test_pipelines():
    script = "for i in $(seq 100); do echo $i | cat | cat; done; getent passwd root; mkdir x"
    calls = both(profile(mkdir=1), "/bin/sh", "-c", script)
    assert [call.name for call in calls] == ["mkdir"]


# ---- Random calls

# Harmless whatever the arguments are, where a filter lets them through.
HARMLESS = """getuid getppid getgid geteuid getegid times getpgrp umask
    getpriority""".split()
# Never let through.
OTHERS = """mount umount2 ptrace reboot swapon swapoff sethostname setdomainname acct chroot mkdir rmdir
    unlink rename link symlink chmod chown setuid setgid setreuid kexec_load init_module delete_module
    quotactl bpf keyctl add_key request_key perf_event_open userfaultfd io_setup mknod truncate sync
    personality unshare setns pivot_root settimeofday clock_settime vhangup syslog fanotify_init
    socket connect bind listen semget msgget shmget inotify_init1 memfd_create kcmp""".split()


def random_profile(chance, may_wait):
    """A profile of each action, with conditions, and the words for make_calls."""
    def answer(harmless):
        kinds = ["ERRNO"] * 6 + ["TRAP", "TRACE", "KILL_PROCESS", "KILL_THREAD"]
        kind = chance.choice(kinds + ["ALLOW", "LOG"] * 4 if harmless else kinds)
        # Those above 511 the kernel takes for its own, when a signal is waiting.
        values = [0, 1, 13, 38, 95, 511] + [512, 516, 4095] * may_wait
        rule = {"action": "SCMP_ACT_" + kind}
        if kind in ("ERRNO", "TRACE"):
            rule["errnoRet"] = chance.choice(values)
        return rule, kind.startswith("KILL")
    rules, words = [], []
    for name in HARMLESS + OTHERS:
        rule, kills = answer(name in HARMLESS)
        if chance.random() < 0.3:
            other, kills_too = answer(name in HARMLESS)
            condition = {"index": chance.randrange(5), "op": chance.choice(
                ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_LT"]), "value": chance.randrange(4)}
            rules.append({"names": [name], "args": [condition], **other})
            complement = {"SCMP_CMP_EQ": "SCMP_CMP_NE", "SCMP_CMP_GE": "SCMP_CMP_LT",
                          "SCMP_CMP_LT": "SCMP_CMP_GE"}
            rule["args"] = [{**condition, "op": complement[condition["op"]]}]
            kills = kills or kills_too
        rules.append({"names": [name], **rule})
        words.append("!" * kills + name)
    path = FOLDER / "random.json"
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules,
                                "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
                                                  "SCMP_ARCH_X32"]}))
    return path, words


def to_file(command, user, before):
    """What a command writes into a file, where writes are not interrupted, and how it ends."""
    with open(FOLDER / "out", "w+") as out:
        done = subprocess.run([*before, *command], stdout=out, stderr=subprocess.PIPE, user=user,
                              extra_groups=[] if user else None, timeout=PATIENCE, check=False)
        out.seek(0)
        # A process has the same number in no two runs.
        return done.returncode, done.stderr, re.sub(r"(get(ppid|pgrp)\S* \d: )[1-9]\d*", r"\1N",
                                                    re.sub(r"(times\S* \d: )\d+", r"\1N", out.read()))


def compare_random(seed, count, period=0, user=None, before=()):
    chance = random.Random(seed)
    path, words = random_profile(chance, not period)
    command = [MAKE_CALLS, seed, count, period, *words]
    command = [str(word) for word in command]
    told = FOLDER / "told"
    told.write_text("")
    os.chmod(told, 0o666)
    alone = to_file([SBPF, "run", "-p", path, "--", *command], user, before)
    watched = to_file([WATCH, told, path, *command], user, before)
    for one, other in zip(alone[2].splitlines(), watched[2].splitlines()):
        assert one == other, (seed, one, other)
    assert alone == watched and not alone[0], (seed, alone, watched)
    lines = told.read_text().splitlines()
    verdicts = collections.Counter(call.verdict.split("(")[0] for call in calls_of(lines))
    assert verdicts["TRAP"] == alone[2].count("trapped"), (seed, verdicts)
    ends = re.findall(r"^status 1f |^\S+ 1: $", alone[2], re.M)
    assert verdicts["KILL_PROCESS"] + verdicts["KILL_THREAD"] == len(ends), (seed, verdicts, len(ends))
    return [line for line in lines if line.startswith("note")]


def test_random_calls():
    for seed in range(1, 5):
        assert not compare_random(seed, 1000)


def test_random_calls_without_privileges():
    compare_random(11, 1000, user=65534)


def test_random_calls_under_a_timer():
    compare_random(21, 3000, period=100)


def test_random_calls_inside_dockers_profile():
    notes = compare_random(31, 1000, before=[SBPF, "run", "--"])
    assert len(notes) == 1 and "another filter is in force" in notes[0], notes


def main():
    if os.uname().machine != "x86_64":
        sys.exit(77)
    os.chmod(FOLDER, 0o755)
    atexit.register(shutil.rmtree, FOLDER)
    tests = [test for name, test in sorted(globals().items()) if name.startswith("test_")]
    for test in tests:
        begin = time.monotonic()
        test()
        print(f"{test.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
    print(f"{len(tests)} tests")


main()
