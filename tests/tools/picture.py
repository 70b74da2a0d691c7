#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Graphs as pictures: dot(1) draws them, and what it does wrong is no picture and no wait."""
import os
import shutil
import subprocess
import time

from common import FOLDER, SBPF, SBPF_GEN, path_of, run_tests, write

PROFILE = write("block.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]})
PROGRAMS = {
    "show": [SBPF, "show", "--arch", "x86_64", "--graph", PROFILE],
    "gen": [SBPF_GEN, "--arch", "x86_64", "--format", "dot", PROFILE],
}
BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG", "PNG": b"\x89PNG", "pdf": b"%PDF", "ps": b"%!PS",
              "jpg": b"\xff\xd8", "jpeg": b"\xff\xd8", "gif": b"GIF8"}


def start(name, output, path, **options):
    """A program with another PATH."""
    return subprocess.Popen([*PROGRAMS[name], "-o", output], env={**os.environ, "PATH": path},
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def stand_in(name, script):
    """A folder with a dot(1) that is this script, for PATH."""
    folder = os.path.join(FOLDER.name, name)
    os.mkdir(folder)
    with open(os.path.join(folder, "dot"), "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + script)
    os.chmod(os.path.join(folder, "dot"), 0o755)
    return folder + ":" + os.environ["PATH"]


def refuse(path, message, **options):
    """Both programs; the old file stays, and nothing else is left."""
    folder = os.path.join(FOLDER.name, "out")
    os.makedirs(folder, exist_ok=True)
    for name in PROGRAMS:
        with open(os.path.join(folder, name + ".svg"), "w", encoding="utf-8") as file:
            file.write("old")
    started = {name: start(name, os.path.join(folder, name + ".svg"), path, **options)
               for name in PROGRAMS}
    for name, process in started.items():
        errors = process.communicate(timeout=120)[1]
        assert process.returncode == 1 and message in errors, (name, process.returncode, errors)
        with open(os.path.join(folder, name + ".svg"), encoding="utf-8") as file:
            assert file.read() == "old"
    assert sorted(os.listdir(folder)) == sorted(name + ".svg" for name in PROGRAMS)


def alive(pid_file):
    """The processes of a file with a number a line that are still there, and no zombies."""
    left = []
    with open(pid_file, encoding="utf-8") as file:
        for pid in file.read().split():
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                    if stat.read().rsplit(")", 1)[1].split()[0] not in "ZX":
                        left.append(pid)
            except FileNotFoundError:
                pass
    return left


def expect_ended(pid_file):
    for _ in range(200):
        if not alive(pid_file):
            return
        time.sleep(0.05)
    raise AssertionError(f"still there: {alive(pid_file)}")


def test_dot_draws_what_the_name_says():
    if not shutil.which("dot"):
        print("SKIP: no dot(1)")
        return
    for ending, beginning in BEGINNINGS.items():
        for name in PROGRAMS:
            path = path_of(f"{name}.{ending}")
            process = start(name, path, os.environ["PATH"])
            errors = process.communicate(timeout=60)[1]
            assert process.returncode == 0, (ending, errors)
            with open(path, "rb") as file:
                assert file.read(5).startswith(beginning), (name, ending)


def test_other_names_are_text():
    for output in ("a.dot", "a.gv", "a.svg.txt", "a.png/file", "svg", "a."):
        path = path_of(output)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        for name in PROGRAMS:
            assert start(name, path, "/nonexistent").wait() == 0
            with open(path, encoding="utf-8") as file:
                assert file.read().startswith("digraph"), (name, output)
            os.unlink(path)


def test_check_compares_with_the_picture():
    path = stand_in("fixed", "cat >/dev/null; echo picture")
    assert start("gen", path_of("fixed.png"), path).wait() == 0
    for content, status in (("picture\n", 0), ("other\n", 1)):
        write("fixed.png", content.encode())
        done = subprocess.run([*PROGRAMS["gen"], "--check", path_of("fixed.png")], check=False,
                              env={**os.environ, "PATH": path}, stderr=subprocess.DEVNULL)
        assert done.returncode == status


def test_dot_is_missing_or_no_program():
    refuse("/nonexistent", "install Graphviz")
    path = stand_in("forbidden", "")
    os.chmod(os.path.join(FOLDER.name, "forbidden", "dot"), 0o644)
    refuse(path.split(":", maxsplit=1)[0], "dot: Permission denied")


def test_dot_fails():
    refuse(stand_in("failing", "echo half; exit 3"), "exit status 3")
    refuse(stand_in("killed", "echo half; kill -SEGV $$"), "killed by signal 11")
    refuse(stand_in("empty", "exit 0"), "it wrote nothing")
    refuse(stand_in("deaf", "exec <&-; exit 1"), "exit status 1")


def test_dot_writes_without_end():
    refuse(stand_in("endless", "exec cat /dev/zero"), "larger than 64 MiB")


def test_dot_does_not_end():
    """It waits in another process that holds the pipe, or without the pipe: both are ended."""
    pids = path_of("pids")
    script = f"sleep 600 & echo $! >>{pids}; echo $$ >>{pids}; echo half; "
    path = stand_in("hanging", script + "wait")
    done = subprocess.run([os.environ["DRAW"]], input="digraph {}", capture_output=True, text=True,
                          env={**os.environ, "PATH": path}, timeout=120, check=False)
    assert done.returncode == 1 and not done.stdout, done
    assert "ended after 2 seconds without a picture" in done.stderr, done
    expect_ended(pids)


def test_dot_does_not_outlive_the_program():
    pids = path_of("child")
    process = start("show", path_of("never.svg"),
                    stand_in("slow", f"echo $$ >{pids}.new; mv {pids}.new {pids}; exec sleep 600"))
    for _ in range(400):
        if os.path.exists(pids):
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    expect_ended(pids)


def test_program_is_started_with_nothing_open_or_with_children_ignored():
    path = stand_in("plain", "cat >/dev/null; echo picture")
    command = " ".join(PROGRAMS["show"]) + f" -o {path_of('closed.svg')}"
    for before in ("exec <&- >&-; ", "trap '' CHLD; "):
        done = subprocess.run(["sh", "-c", before + command], env={**os.environ, "PATH": path},
                              check=False, timeout=60)
        assert done.returncode == 0, before
        with open(path_of("closed.svg"), encoding="utf-8") as file:
            assert file.read() == "picture\n"


if __name__ == "__main__":
    run_tests(globals())
