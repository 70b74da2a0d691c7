# SPDX-License-Identifier: MIT
"""Writes the tests that a build folder registered as scripts for another machine.

usage: list_tests.py OUTPUT-FOLDER PATTERN NOT-PATTERN <ctest --show-only=json-v1

A test whose name the one pattern matches and the other not becomes OUTPUT-FOLDER/NAME: its
environment, folder and command. Its name goes to standard output. Programs of this machine stand in the commands by their
path, those of the other one are found by their name.
"""

import json
import os
import re
import shlex
import sys


def properties_of(test):
    return {entry["name"]: entry["value"] for entry in test["properties"]}


def script_of(test):
    properties = properties_of(test)
    command = list(test["command"])
    name = os.path.basename(command[0])
    if name in ("sh", "bash") or name.startswith("python3"):
        command[0] = "python3" if name.startswith("python3") else name
    lines = ["cd " + shlex.quote(properties["WORKING_DIRECTORY"])]
    lines += ["export " + shlex.quote(setting) for setting in properties.get("ENVIRONMENT", [])]
    lines += ["exec " + shlex.join(command)]
    return "\n".join(lines) + "\n"


def main():
    folder, wanted, unwanted = sys.argv[1:]
    for test in json.load(sys.stdin)["tests"]:
        if not re.search(wanted, test["name"]) or re.search(unwanted, test["name"]):
            continue
        with open(os.path.join(folder, test["name"]), "w", encoding="utf-8") as script:
            script.write(script_of(test))
        print(test["name"])


main()
