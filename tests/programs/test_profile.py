#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Programs work under the profiles that are made of their recordings: test_profile.py BUILD [PROGRAM...]

Each is recorded, as root and as another user; then it does the same again under `sbpf run` and in
containers of runc and crun, as both users, with no_new_privs and without. No profile lets half as many
calls through as Docker's default does. Prints a line for each program."""
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import programs

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
SBPF = pathlib.Path(sys.argv[1]).resolve() / "tools/sbpf/sbpf"
DOCKER = PROJECT / "profiles/docker.json"
USERS = {"root": [], "postgres": ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]}
NAMES = ("nginx", "redis", "postgres", "python3", "node", "openssh", "git", "tar", "curl", "go")
RUNS = 3
# Some work is more than one command: each gets a recording of its own.
RECORD = 'exec "$0" record -o "$1.$$" -- "${@:2}"'


def record(folder, name, user):
    """What the program does, and the recordings."""
    place = folder / f"{user}.rec"
    under = ["bash", "-c", RECORD, SBPF, place, *USERS[user]]
    return programs.work(name, under), sorted(folder.glob(f"{user}.rec.*"))


def make_profile(folder, recordings):
    profile = folder / "profile.json"
    subprocess.run([SBPF, "profile", "-o", profile, *recordings], check=True, capture_output=True)
    for reading in ("docker", "oci", "literal"):
        found = json.loads(subprocess.run([SBPF, "lint", "--reading", reading, "--format", "json", profile],
                                          capture_output=True, check=False).stdout)
        assert {one["severity"] for one in found} <= {"note"}, (reading, found)
    return profile


def calls_of(profile):
    """The calls of this machine that a profile lets through, with some arguments at least."""
    explained = json.loads(subprocess.run([SBPF, "explain", "--format", "json", profile],
                                          capture_output=True, check=True).stdout)
    native = explained["abis"][0]["calls"]
    return {call["name"] for call in native
            if any(case["verdict"]["text"] == "ALLOW" for case in call["cases"])}


def ways(profile):
    """(text, user, command that comes before the program's)."""
    for user, change in USERS.items():
        yield f"sbpf run as {user}", user, [SBPF, "run", "-p", profile, "--", *change]
    for runtime, user, privileges in itertools.product(("runc", "crun"), USERS, ("new", "no-new")):
        yield (f"{runtime} as {user}, {privileges} privileges", user,
               [sys.executable, HERE / "container.py", runtime, profile, user, privileges])


def try_program(name, docker):
    with tempfile.TemporaryDirectory(prefix="profile-") as temporary:
        folder = pathlib.Path(temporary)
        os.environ["TMPDIR"] = temporary
        os.chmod(folder, 0o777)
        expected, recordings = {}, set()
        for user, _ in itertools.product(USERS, range(RUNS)):
            done, found = record(folder, name, user)
            alone = programs.work(name, USERS[user])
            assert done == alone, (name, user, "recorded", done, alone)
            expected[user] = alone
            recordings |= set(found)
        profile = make_profile(folder, sorted(recordings))
        calls = calls_of(profile)
        for way, user, under in ways(profile):
            done = programs.work(name, under)
            assert done == expected[user], (name, way, done, expected[user])
        assert 2 * len(calls) < len(docker), (name, len(calls), len(docker))
        print(f"{name}: {len(recordings)} recordings, {len(calls)} calls let through, "
              f"Docker's default {len(docker)}", flush=True)


def main():
    docker = calls_of(DOCKER)
    for name in sys.argv[2:] or NAMES:
        try_program(name, docker)


main()
