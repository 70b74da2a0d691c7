#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is watched is as it is without a watcher, and the watcher is told what is refused:
watch.py WATCH SBPF."""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

WATCH, SBPF = sys.argv[1:3]
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


def main():
    if os.uname().machine != "x86_64":
        sys.exit(77)
    tests = [test for name, test in sorted(globals().items()) if name.startswith("test_")]
    for test in tests:
        test()
    print(f"{len(tests)} tests")


main()
