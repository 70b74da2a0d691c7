#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs do the same watched as not watched: test_watch.py BUILD."""
import json
import pathlib
import sys
import tempfile

import programs

BUILD = pathlib.Path(sys.argv[1])
# What a program does without, in one way or another.
REFUSED = {
    "nginx": ["eventfd2", "io_setup", "prctl", "sysinfo"],
    "redis": ["madvise", "sysinfo", "fadvise64", "prctl"],
    "java": ["sysinfo", "statfs", "madvise", "sched_getaffinity"],
    "go": ["mkdirat", "sched_getaffinity", "madvise"],
    "python3": ["mkdir", "sysinfo", "clone3", "ioctl"],
}


def profile_of(name):
    return json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": REFUSED[name], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]})


def main():
    with tempfile.TemporaryDirectory() as folder:
        profile, told = pathlib.Path(folder, "profile.json"), pathlib.Path(folder, "told")
        for name in REFUSED:
            profile.write_text(profile_of(name))
            alone = programs.work(name, [BUILD / "tools/sbpf/sbpf", "run", "-p", profile, "--"])
            watched = programs.work(name, [BUILD / "tests/live/watch", told, profile])
            assert watched == alone, (name, watched, alone)
            lines = told.read_text().splitlines()
            assert lines[-1] == "end", (name, lines[-3:])
            print(name, sum(line.startswith("call") for line in lines), "calls refused")


main()
