# SPDX-License-Identifier: MIT
"""How many instructions text to filter takes, and how many of them are json-c's, by callgrind.

    instructions.py BENCH PROFILE [MACHINE [ABIS]]

BENCH is the program of tests/bench. What is counted is one load and one quick compile, and freeing both. All
that runs inside of a call to json-c is json-c's, its malloc(3) too; the rest is the library's.
"""
import collections
import os
import re
import subprocess
import sys
import tempfile


def run(bench, profile, machine, abis, output):
    # Symbols are bound before, not counted as part of the first call to a function.
    subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + output, "--toggle-collect=print_once",
                    bench, "--once", "libsbpf_quick", "--arch", machine, "--abi", abis, "--", profile],
                   env={**os.environ, "LD_BIND_NOW": "1"}, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def name_of(names, text):
    """A name in callgrind's format, which has "(7) name" the first time and "(7)" from then on."""
    number, name = re.fullmatch(r"\((\d+)\)(?: (.*))?", text).groups()
    return names.setdefault(number, name)


def read_costs(path):
    """Instructions of all functions, and of calls from other objects into json-c by function."""
    objects, functions = {}, {}
    total, calls = 0, collections.Counter()
    caller = called = function = None
    is_call = False
    with open(path) as file:
        for line in file:
            key, _, text = line.rstrip("\n").partition("=")
            if key == "ob":
                caller = name_of(objects, text)
            elif key == "cob":
                called = name_of(objects, text)
            elif key in ("fn", "cfn"):
                function = name_of(functions, text)
            elif key == "calls":
                is_call = True
            elif re.match(r"[-+*\d]", line):
                cost = int(line.split()[1])
                if is_call and "json-c" in (called or caller) and "json-c" not in caller:
                    calls[function] += cost
                elif not is_call:
                    total += cost
                is_call, called = False, None
    return total, calls


def main():
    bench, profile, machine, abis = (sys.argv[1:] + ["x86_64", "x86,x32"][len(sys.argv) - 3:])[:4]
    with tempfile.TemporaryDirectory() as folder:
        run(bench, profile, machine, abis, folder + "/callgrind")
        total, calls = read_costs(folder + "/callgrind")
    own = sum(calls.values())
    print("%s for %s with %s, quick: %s instructions" % (os.path.basename(profile), machine, abis, f"{total:,}"))
    print("json-c    %12s" % f"{own:,}")
    for function, cost in calls.most_common(2):
        print("  %-24s %12s" % (function, f"{cost:,}"))
    print("the rest  %12s, %.3f of json-c's" % (f"{total - own:,}", (total - own) / own))


if __name__ == "__main__":
    main()
