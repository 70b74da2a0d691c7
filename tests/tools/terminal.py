# SPDX-License-Identifier: MIT
"""
What reaches a terminal: no control characters of a profile's, colours only where they are wanted,
lines as wide as it is, and a pager for more of them than it has.
"""
import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import termios

from common import DOCKER, PROJECT, SBPF, path_of, run, run_tests, write

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


BLOCK = os.path.join(PROJECT, "profiles", "block-mkdir.json")
KILL = os.path.join(PROJECT, "profiles", "block-mkdir-kill.json")
LISTINGS = [("lint", DOCKER), ("explain", DOCKER),
            ("explain", "--all-targets", BLOCK, "mkdirat"), ("show", DOCKER),
            ("cost", DOCKER, BLOCK), ("diff", DOCKER, KILL), ("prove", BLOCK, KILL),
            ("syscalls",), ("syscalls", "mkdir", "83")]
DATA = [("merge", "--intersect", BLOCK, KILL), ("flatten", DOCKER), ("decompile", BLOCK),
        ("lint", "--format", "json", DOCKER), ("syscalls", "--format", "json")]


def show(*arguments, columns=80, rows=9999, **environment):
    """What a terminal of this size is sent, stderr aside."""
    terminal, other = os.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    modes = termios.tcgetattr(other)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(other, termios.TCSANOW, modes)
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "PAGER")}
    shown = b""
    with subprocess.Popen([SBPF, *arguments], stdout=other, stderr=subprocess.DEVNULL,
                          stdin=subprocess.DEVNULL,
                          env={**known, "TERM": "xterm", **environment}):
        os.close(other)
        try:
            while block := os.read(terminal, 65536):
                shown += block
        except OSError:  # the other end is closed
            pass
    os.close(terminal)
    return shown.decode()


def unpainted(text):
    return re.sub("\x1b\\[[0-9]*m", "", text)


def test_a_terminal_has_colours_unless_it_is_not_to():
    for command in LISTINGS:
        assert re.search("\x1b\\[[1-9]", show(*command)), command
        for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            assert "\x1b" not in show(*command, **environment), command
        assert "\x1b" not in run(*command).stdout, command
        assert run(command[0], "--color", "always", *command[1:]).stdout != run(*command).stdout
    assert "\x1b[32mALLOW" in show("explain", DOCKER, "read")
    assert "\x1b[33mwarning: " in show("lint", DOCKER)


def test_lines_wrap_between_words_and_nothing_else_changes():
    for command in LISTINGS:
        plain = run(*command).stdout
        for columns in (60, 200):
            lines = unpainted(show(*command, columns=columns)).splitlines()
            for line in lines:
                assert len(line) <= columns or len(line.split()) == 1, (command, line)
            if command[0] != "cost":  # which measures
                assert "".join("".join(lines).split()) == "".join(plain.split()), command
    assert max(map(len, run("lint", DOCKER).stdout.splitlines())) > 200


def test_long_words_break_between_flags():
    lines = show("explain", DOCKER, "clone", "CLONE_NEWUSER", columns=60, NO_COLOR="1").splitlines()
    assert "    (CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|CLONE_NEWIPC|" in lines, lines


def test_what_follows_is_indented():
    findings = run("lint", DOCKER).stdout.splitlines()
    lines = unpainted(show("lint", DOCKER)).splitlines()
    assert [line for line in lines if line[0] != " "] == \
        [line for line in (re.match(".{0,80}(?= |$)", whole)[0] for whole in findings) if line[0] != " "]


def test_columns_stay_together():
    lines = show("syscalls", "mkdir", "--abi", "x86,arm,m68k,parisc,parisc64,ppc,ppc64,ppc64le,s390",
                 columns=40, NO_COLOR="1").splitlines()
    assert lines[1:] == ["          39  x86 arm m68k parisc",
                         "              parisc64 ppc ppc64 ppc64le",
                         "              s390"], lines
    shown = show("show", BLOCK, columns=60, NO_COLOR="1")
    instruction = r"\n +\d+  [0-9a-f]{4} [0-9a-f]{2} [0-9a-f]{2} [0-9a-f]{8}  (.*)\n {28}\w"
    assert "return KILL_PROCESS" in re.findall(instruction, shown), shown


def test_data_is_shown_as_it_is():
    for command in DATA:
        assert show(*command, columns=40) == run(*command).stdout, command


def test_what_is_longer_than_the_terminal_goes_through_the_pager():
    pager = path_of("pager")
    for command in LISTINGS + DATA:
        if command[0] == "cost" or command[1:] == ("mkdir", "83"):
            continue
        whole = show(*command)
        assert show(*command, rows=5, PAGER=f"cat >{pager}; echo paged") == "paged\n", command
        with open(pager, encoding="utf-8") as file:
            assert file.read() == whole, command
        assert show(*command, rows=5, PAGER="") == whole, command
        assert show(*command, PAGER="echo paged") == whole, command


def test_who_quits_the_pager_has_seen_enough():
    # Whether the pager has ended when it is written to is chance.
    for _ in range(60):
        assert show("prove", BLOCK, KILL, rows=3, PAGER="exec 0<&-; echo paged") == "paged\n"


def test_filters_of_a_process_go_through_the_pager_too():
    with subprocess.Popen([SBPF, "run", "-p", BLOCK, "sh", "-c", "echo $$; exec sleep 300"],
                          stdout=subprocess.PIPE, text=True) as started:
        child = started.stdout.readline().strip()
        try:
            plain = run("dump", child)
            if plain.returncode:
                print("SKIP: no leave to read filters:", plain.stderr.strip())
                return
            assert show("dump", child, columns=40) == plain.stdout
            assert show("dump", child, rows=5, PAGER="echo paged") == "paged\n"
            raw = path_of("shown.bpf")
            assert show("dump", "--format", "raw", "-o", raw, child, rows=5, PAGER="echo paged") == ""
        finally:
            os.kill(int(child), signal.SIGKILL)


run_tests(globals())
