#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbpf why on programs of Debian's whose profile lacks some of their calls: test_why.py BUILD. What it
lists is what strace(1) sees refused, by the rule that explain names; with --apply nothing is refused the
next time, and only those calls have changed."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import programs

BUILD, PROJECT = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).resolve().parents[2]
SBPF = BUILD / "tools/sbpf/sbpf"
# An errno that nothing else gives: "Exchange full".
REFUSAL, REFUSAL_NAME = 54, "EXFULL"

GIT = """git init -q repository && cd repository && echo text >file && git add file &&
git -c user.name=a -c user.email=a@b commit -qm first && git log --format=%s"""


def shell(script):
    """A script in bash, in the folder."""
    def work(under, folder):
        return programs.run([*under, "/bin/bash", "-c", f"cd {folder} && {script}"])
    return work


PROGRAMS = {
    **programs.PROGRAMS,
    "git": shell(GIT),
    "tar": shell("mkdir a && echo text >a/b && tar cf a.tar a && tar tf a.tar && tar xf a.tar -C /tmp"),
    "gcc": shell("echo 'int main(void) { return 0; }' >a.c && gcc -o a a.c && ./a"),
    "find": shell("find /usr/share/perl5 -name '*.pm' | sort | tail -1"),
    "sort": shell("seq 100000 | sort -R --random-source=/dev/zero --parallel=4 | tail -1"),
    "perl": shell("perl -e 'utime(1, 1, \"x\"); print join(\",\", (stat(\"/\"))[2]), umask'"),
    "ls": shell("ls -l / >list && wc -l <list && df / >/dev/null; id -u"),
}
# What a program does without, in one way or another.
REMOVED = {
    "nginx": ["eventfd2", "io_setup", "prctl", "sysinfo"],
    "redis": ["madvise", "sysinfo", "fadvise64", "prctl"],
    "java": ["sysinfo", "statfs", "socket"],
    "go": ["mkdirat", "sched_getaffinity", "madvise"],
    "python3": ["mkdir", "sysinfo", "ioctl"],
    "git": ["getrandom", "umask", "setitimer", "chmod"],
    "tar": ["geteuid", "utimensat", "getegid"],
    "gcc": ["getrusage", "sysinfo", "umask", "prlimit64"],
    "find": ["statfs", "fstatfs", "prlimit64", "fadvise64"],
    "sort": ["sched_getaffinity", "sysinfo", "fadvise64", "prlimit64"],
    "perl": ["umask", "utimensat", "getrandom", "prctl"],
    "ls": ["statfs", "lgetxattr", "ioctl", "socket"],
}


def write_profile(path, name):
    """Docker's without these calls."""
    profile = json.loads((PROJECT / "profiles/docker.json").read_text())
    for entry in profile["syscalls"]:
        entry["names"] = [call for call in entry["names"] if call not in REMOVED[name]]
    profile["syscalls"] = [entry for entry in profile["syscalls"] if entry["names"]]
    profile["defaultErrnoRet"] = REFUSAL
    path.write_text(json.dumps(profile, indent=1))


def ended_trace(trace):
    """What strace wrote, when the first process has ended: with -D nobody waits for strace."""
    end = time.monotonic() + programs.PATIENCE
    while time.monotonic() < end:
        text = pathlib.Path(trace).read_text(errors="replace")
        first = text.split(" ", 1)[0]
        if re.search(rf"^{first} +\+\+\+ ", text, re.M):
            return text
        time.sleep(0.05)
    raise AssertionError(f"strace has not ended: {trace}")


def refused_by_strace(name, profile, trace):
    """The names of the calls that gave the errno, watched by another tracer."""
    pathlib.Path(trace).write_text("")
    done = programs_work(name, ["/usr/bin/strace", "-D", "-f", "-q", "-o", trace, SBPF, "run", "-p",
                                profile, "--"])
    calls = re.findall(r"^\d+ +(?:<\.\.\. )?(\w+)[( ].*= -1 " + REFUSAL_NAME + r"\b",
                       ended_trace(trace), re.M)
    return set(calls), done


def programs_work(name, under):
    with tempfile.TemporaryDirectory(prefix="program-") as folder:
        done = PROGRAMS[name]([str(word) for word in under], pathlib.Path(folder))
        return repr(done).replace(folder, "FOLDER")


def why(name, profile, report, *options):
    done = programs_work(name, [SBPF, "why", "-p", profile, "--format", "json", "-o", report, *options,
                                "--"])
    return json.loads(pathlib.Path(report).read_text()), done


def check_rules(profile, refused):
    for one in refused:
        done = subprocess.run([SBPF, "explain", "--format", "json", "--abi", one["abi"], profile,
                               one["name"], *one["args"]], capture_output=True, text=True, check=True)
        explained = json.loads(done.stdout)
        assert explained["rule"] == one["rule"], (one, explained)
        assert one["rule"] or one["cause"] == "defaultAction", one


def changed(before, after):
    done = subprocess.run([SBPF, "diff", "--one-target", "--format", "json", before, after],
                          capture_output=True, text=True, check=False)
    return {row["name"] for row in json.loads(done.stdout)}


def check_program(name, folder):
    profile, out, report, trace = (folder / each for each in ("profile", "out", "report", "trace"))
    write_profile(profile, name)
    seen, as_run = refused_by_strace(name, profile, trace)
    first, as_watched = why(name, profile, report, "--apply", out)
    listed = {one["name"] for one in first["refused"]}
    assert listed == seen, (name, listed ^ seen)
    assert as_watched == as_run, (name, as_watched, as_run)
    assert listed, f"{name}: nothing was refused"
    check_rules(profile, first["refused"])
    again, _ = why(name, out, report)
    assert again["refused"] == [], (name, again["refused"])
    assert changed(profile, out) == listed, (name, changed(profile, out))
    print(name, sum(one["count"] for one in first["refused"]), "calls refused:", *sorted(listed))


def main():
    with tempfile.TemporaryDirectory(prefix="sbpf-test-") as folder:
        for name in PROGRAMS:
            check_program(name, pathlib.Path(folder))


main()
