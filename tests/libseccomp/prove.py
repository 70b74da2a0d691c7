#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares the filters of the original's simulation tests, as two libraries make them, by proof.

usage: prove.py SBPF TESTS OURS ORIGINAL

SBPF is the command, TESTS the folder with the built tests, OURS and ORIGINAL the folders of the
two libraries. Each test program runs with either and writes its filter; `sbpf diff` compares the
two for every arch, number and argument. Prints for each test one line `TEST equal`, or a line for
each kind of difference, `TEST KIND example`, where KIND is

    numbers     numbers 0x80000000 to 0xbfffffff of x86_64, which no call has
    registers   the upper halves of 64-bit registers, on the ABIs with 32-bit pointers
    verdicts    anything else
"""

import json
import os
import subprocess
import sys
import tempfile

WIDE_REGISTER_ABIS = {"x32", "mips64n32", "mipsel64n32"}
NO_CALLS = "nr >= 2147483648 && nr <= 3221225471"


def write_filter(test, library, path):
    environment = dict(os.environ, LD_LIBRARY_PATH=library)
    with open(path, "wb") as output:
        subprocess.run([test, "-b"], env=environment, stdout=output, check=True, timeout=60)


def machine_of(path):
    """A machine with the filter's byte order: opcodes are below 256, so they show it."""
    with open(path, "rb") as file:
        return "x86_64" if file.read(1) != b"\0" else "s390x"


def differences(sbpf, original, ours):
    command = [sbpf, "diff", "--format", "json", "--arch", machine_of(original), original, ours]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stderr.strip())
    return json.loads(run.stdout)


def kind_of(difference):
    # The example is the smallest such call.
    upper_half = any(int(value, 16) >> 32 for value in difference["example"]["args"])
    if difference["abi"] == "x86_64" and difference["when"] == NO_CALLS:
        return "numbers"
    if difference["abi"] in WIDE_REGISTER_ABIS and upper_half:
        return "registers"
    return "verdicts"


def compare(sbpf, test, ours, original, folder):
    paths = [os.path.join(folder, side) for side in ("original", "ours")]
    for library, path in zip((original, ours), paths):
        write_filter(test, library, path)
    examples = {}
    for difference in differences(sbpf, *paths):
        examples.setdefault(kind_of(difference), difference["example"])
    return examples


def describe(example):
    number = example["name"] or hex(example["nr"])
    arguments = ", ".join(example["args"])
    return (f"{example['abi']} {number}({arguments}): original {example['a']['text']}, "
            f"ours {example['b']['text']}")


def main():
    if len(sys.argv) != 5:
        print("usage: prove.py SBPF TESTS OURS ORIGINAL", file=sys.stderr)
        return 2
    sbpf, tests, ours, original = sys.argv[1:]
    names = sorted(name[:-2] for name in os.listdir(tests) if "-sim-" in name and name[-2:] == ".c")
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            try:
                examples = compare(sbpf, os.path.join(tests, name), ours, original, folder)
            except (RuntimeError, OSError, ValueError, subprocess.SubprocessError) as error:
                print(f"{name} unknown {error}")
                continue
            for kind, example in sorted(examples.items()):
                print(f"{name} {kind} {describe(example)}")
            if not examples:
                print(f"{name} equal")
    return 0


sys.exit(main())
