# SPDX-License-Identifier: MIT
"""What reaches a terminal: no control characters of a profile's, colours only where they are wanted."""
import json
import os
import re

from common import path_of, run, run_tests, write

EVIL = "\x1b[31m\x1b]0;title\x07\x9b2J\u009b2J\u202e\x7f"
PROFILE = {
    "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"],
    "comment": EVIL, EVIL: 1,
    "syscalls": [
        {"names": ["read" + EVIL, EVIL, "mkdir", "x" * 5000], "action": "SCMP_ACT_ALLOW",
         "comment": EVIL, EVIL: EVIL},
        {"names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "args": [
            {"index": 0, "value": 1, "op": "SCMP_CMP_EQ", EVIL: 1}]}]}
BROKEN = [
    {**PROFILE, "defaultAction": EVIL},
    {**PROFILE, "architectures": [EVIL]},
    {**PROFILE, "flags": [EVIL]},
    {**PROFILE, "syscalls": [{"names": ["read"], "action": EVIL}]},
    {**PROFILE, "syscalls": [{"names": [1], "action": "SCMP_ACT_ALLOW", EVIL: 1}]},
    {**PROFILE, "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW",
                              "includes": {"caps": [EVIL], "arches": [EVIL]}}]},
    {**PROFILE, "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW",
                              "args": [{"index": 0, "value": 1, "op": EVIL}]}]},
]
FILE = "evil\x1b[2J\x07.json"


def check_clean(*arguments):
    done = run(*arguments, errors="surrogateescape")
    for text in (done.stdout, done.stderr):
        found = re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\udc80-\udcff]", text)
        assert not found, (arguments, text[max(0, found.start() - 80):found.end() + 20])
        assert max(map(len, text.splitlines()), default=0) < 4000, arguments
    return done


def commands(path):
    for command in ("lint", "explain", "show", "cost", "flatten", "decompile"):
        yield (command, path)
    for command in ("prove", "diff"):
        yield (command, path, path)
    yield ("merge", "--union", path, path)
    yield ("explain", path, "mkdir", "1")
    yield ("run", "-p", path, "--", "true")


def test_text_from_a_profile_does_not_steer_the_terminal():
    path = write(FILE, PROFILE)
    for command in commands(path):
        check_clean(*command)
    assert "\\x1b" in check_clean("lint", path).stdout


def test_nor_does_that_of_an_error():
    for index, profile in enumerate(BROKEN):
        path = write(f"{index}{FILE}", profile)
        for command in commands(path):
            done = check_clean(*command)
            assert done.stderr, command


def test_nor_do_operands():
    for operand in (path_of(FILE + "missing"), "pid:" + EVIL, EVIL + "+" + EVIL):
        operand = operand.replace("\x00", "")
        for command in commands(operand):
            check_clean(*command)
    check_clean("syscalls", EVIL)
    check_clean(EVIL)
    check_clean("prove", "--reading", EVIL, "a", "b")
    check_clean("prove", "--arch", EVIL, "a", "b")


def test_json_stays_json():
    path = write(FILE, PROFILE)
    for command in (("lint", path), ("explain", path), ("show", path), ("cost", path),
                    ("diff", path, write("two.json", {**PROFILE, "syscalls": []}))):
        json.loads(check_clean(*command, "--format", "json").stdout)


def test_colours():
    one = write("one.json", {**PROFILE, "syscalls": []})
    two = write("two.json", {**PROFILE, "defaultAction": "SCMP_ACT_ALLOW", "syscalls": []})
    for command in ("diff", "prove"):
        plain = run(command, one, two).stdout
        assert "\x1b" not in plain
        colored = run(command, "--color", "always", one, two, env={**os.environ, "NO_COLOR": "1"})
        assert "\x1b[32m" in colored.stdout, colored
        assert re.sub("\x1b\\[[0-9]*m", "", colored.stdout) == plain
        assert run(command, "--color", "never", one, two).stdout == plain


run_tests(globals())
