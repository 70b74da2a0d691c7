#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What every command does when its standard output fails, and how messages are written."""
import os
import re
import resource
import signal
import socket
import subprocess
import tempfile

from common import PROJECT, SBPF, SBPF_GEN, expect, path_of, run_tests, write

PROFILE = write("profile.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]})
DOUBTFUL = write("doubtful.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["no_such_call"], "action": "SCMP_ACT_ERRNO", "includes": {"minKernel": "4.8"}}]})
LOG = write("log", b"type=1326 arch=c000003e syscall=83 code=0x50000\n")
LISTED = write("listed.json", {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
    {"names": ["read"], "action": "SCMP_ACT_ALLOW"}]})
RECORDING = write("worker.rec", b'{"recording":1,"runs":1,"abis":{"x86_64":{"read":{"count":1,"runs":1}}}}')
POD = write("pod.yaml", b"kind: Pod\nspec: {containers: [{name: a}]}\n")

# What a command says when it fails: where 1 is an answer, it is 2 (sbpf(1), EXIT STATUS).
COMMANDS = {
    "run": (["--help"], 1),
    "why": (["-p", PROFILE, "--log", LOG, "-o", "-"], 1),
    "record": (["--merge", "-o", "-", RECORDING], 1),
    "prove": ([PROFILE, PROFILE], 2),
    "diff": ([PROFILE, PROFILE], 2),
    "dump": (["--help"], 1),
    "decompile": ([PROFILE], 1),
    "flatten": ([PROFILE], 1),
    "merge": (["--union", PROFILE, PROFILE], 1),
    "explain": ([PROFILE], 1),
    "show": ([PROFILE], 1),
    "cost": ([PROFILE], 1),
    "lint": ([DOUBTFUL], 2),
    "minimise": ([LISTED, RECORDING], 1),
    "profile": ([RECORDING], 1),
    "test": ([os.path.join(PROJECT, "profiles", "block-mkdir.test")], 2),
    "k8s": (["check", POD], 2),
    "syscalls": (["read"], 1),
}


def commands():
    """(command, exit status when it fails), with those of other programs and formats."""
    for name, (arguments, status) in COMMANDS.items():
        yield [SBPF, name, *arguments], status
        yield [SBPF, "help", name], 1
        if "--format" in expect("help", name) and arguments != ["--help"]:
            yield [SBPF, name, "--format", "json", *arguments], status
    yield [SBPF, "show", "--graph", PROFILE], 1
    yield [SBPF, "lint", "--format", "sarif", DOUBTFUL], 2
    yield [SBPF, "k8s", "check", "--format", "json", POD], 2
    yield [SBPF, "k8s", "check", "--format", "sarif", POD], 2
    yield [SBPF, "k8s", "convert", PROFILE], 1
    yield [SBPF, "--help"], 1
    yield [SBPF, "--version"], 1
    for form in ("c", "raw", "base64", "asm", "json", "dot"):
        yield [SBPF_GEN, "--format", form, "-o", "-", PROFILE], 1
    yield [SBPF_GEN, "-o", "/dev/stdout", PROFILE], 1
    yield [SBPF_GEN, "--help"], 1
    if "SBPF_OCI" in os.environ:
        yield [os.environ["SBPF_OCI"], "--help"], 1


def fail(command, status, message, **options):
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=60,
                          **options)
    assert done.returncode == status, (command, status, done)
    if message:
        line = done.stderr.splitlines()[-1]
        assert re.fullmatch(rf"[-a-z]+( [a-z0-9]+){{0,2}}: (standard output|/dev/stdout): {message}", line), done
    else:
        assert "standard output" not in done.stderr, done


def test_every_command_is_here():
    named = re.findall(r"^  (\w+) ", expect("--help").split("Commands:")[1].split("Other")[0], re.M)
    assert sorted(named) == sorted(COMMANDS), named


def test_disk_is_full():
    with open("/dev/full", "w", encoding="utf-8") as full:
        for command, status in commands():
            fail(command, status, "No space left on device", stdout=full)


def test_file_may_not_grow():
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))

    for command, status in commands():
        with tempfile.TemporaryFile() as file:
            fail(command, status, "File too large", stdout=file, preexec_fn=limit)


def test_output_file_may_not_grow():
    """The old file stays, and no other is left."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))

    with tempfile.TemporaryDirectory(prefix="sbpf-test-") as folder:
        path = os.path.join(folder, "file")
        for command in ([SBPF, "decompile", PROFILE], [SBPF, "flatten", PROFILE],
                        [SBPF, "merge", "--union", PROFILE, PROFILE], [SBPF, "show", PROFILE],
                        [SBPF_GEN, PROFILE]):
            with open(path, "w", encoding="utf-8") as file:
                file.write("old")
            done = subprocess.run([*command, "-o", path], stderr=subprocess.PIPE, text=True,
                                  check=False, preexec_fn=limit)
            assert done.returncode == 1 and "file: File too large\n" in done.stderr, done
            assert os.listdir(folder) == ["file"]
            with open(path, encoding="utf-8") as file:
                assert file.read() == "old"


def test_nobody_reads():
    """The signal ends it, or, where it is ignored, a message."""
    def ignore():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)

    reader, writer = os.pipe()
    os.close(reader)
    for command, status in commands():
        fail(command, -signal.SIGPIPE, "", stdout=writer)
        fail(command, status, "Broken pipe", stdout=writer, restore_signals=False,
             preexec_fn=ignore)
    os.close(writer)


def test_message_is_written_at_once():
    """A socket for datagrams keeps what each write(2) held apart."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    for command in ([SBPF, "flatten", "--strict", DOUBTFUL], [SBPF, "explain", path_of("none")],
                    [SBPF_GEN, "-o", path_of("made.h"), DOUBTFUL], [SBPF_GEN, "--nothing"],
                    [SBPF_GEN, "--check", path_of("made.h"), PROFILE]):
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=there, check=False)
        here.setblocking(False)
        written = []
        try:
            while True:
                written.append(here.recv(65536))
        except BlockingIOError:
            pass
        assert written, command
        for line in written:
            assert line.endswith(b"\n") and line.count(b"\n") == 1, (command, written)


def test_command_of_run_has_its_own_limit():
    """What sbpf does about the signal is not for the command."""
    handled = subprocess.run([SBPF, "run", "-p", os.path.join(PROJECT, "profiles", "docker.json"),
                              "sh", "-c", "ulimit -f 0; echo more >" + path_of("limited")],
                             stderr=subprocess.DEVNULL, check=False)
    assert handled.returncode == 128 + signal.SIGXFSZ, handled


run_tests(globals())
