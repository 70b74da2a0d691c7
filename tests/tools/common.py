# SPDX-License-Identifier: MIT
"""What the tests of sbpf's commands share: running it, and an interpreter of filters."""
import json
import os
import re
import struct
import subprocess
import tempfile

SBPF = os.environ["SBPF"]
SBPF_GEN = os.environ["SBPF_GEN"]
PROJECT = os.environ["PROJECT"]
DOCKER = os.path.join(PROJECT, "profiles", "docker.json")

FOLDER = tempfile.TemporaryDirectory(prefix="sbpf-test-")


def path_of(name):
    return os.path.join(FOLDER.name, name)


def write(name, content):
    """A file with bytes, or with a profile in JSON."""
    with open(path_of(name), "wb") as file:
        file.write(content if isinstance(content, bytes) else json.dumps(content, indent=1).encode())
    return path_of(name)


def run(*arguments, **options):
    return subprocess.run([SBPF, *arguments], capture_output=True, text=True, check=False, **options)


def expect(*arguments, status=0, **options):
    """stdout; a wrong exit status fails the test."""
    done = run(*arguments, **options)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def compile_raw(name, profile, *options):
    """The raw filter of a profile, as a file."""
    subprocess.run([SBPF_GEN, "--format", "raw", "-o", path_of(name), *options, profile], check=True,
                   stderr=subprocess.DEVNULL)
    return path_of(name)


def program(*instructions):
    """A raw filter for little-endian machines of (code, jt, jf, k)."""
    return b"".join(struct.pack("<HBBI", *one) for one in instructions)


def read_program(path):
    with open(path, "rb") as file:
        return list(struct.iter_unpack("<HBBI", file.read()))


JUMPS = {
    0x10: lambda a, b: a == b,
    0x20: lambda a, b: a > b,
    0x30: lambda a, b: a >= b,
    0x40: lambda a, b: bool(a & b),
}


def answer(instructions, arch, number, arguments):
    """The verdict of a compiled filter, which uses these instructions only, on little-endian."""
    data = struct.pack("<IIQ6Q", number, arch, 0, *arguments)
    a = at = 0
    while True:
        code, jt, jf, k = instructions[at]
        at += 1
        if code == 0x20:
            a = struct.unpack_from("<I", data, k)[0]
        elif code == 0x54:
            a &= k
        elif code == 0x05:
            at += k
        elif code == 0x06:
            return k
        else:
            assert code & 0x0f == 0x05, hex(code)
            at += jt if JUMPS[code & 0xf0](a, k) else jf


def holds(when, number, arguments):
    """Whether a row's condition holds; it is in C."""
    if when in (None, "some arguments"):
        return True
    text = re.sub(r"\(uint32_t\)(args\[\d\])", r"(\1 & 0xffffffff)", when)
    text = text.replace("&&", " and ").replace("||", " or ")
    text = re.sub(r"!(?!=)", " not ", text)
    return bool(eval(text, {"args": arguments, "nr": number}))  # pylint: disable=eval-used


def run_tests(names):
    for name, test in sorted(names.items()):
        if name.startswith("test_"):
            test()
            print("ok", name[5:].replace("_", " "))
