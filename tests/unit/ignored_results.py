# SPDX-License-Identifier: MIT
"""Compilers warn of each call whose result must be looked at, and of no other.

Usage: ignored_results.py INCLUDE COMPILER [OPTION...]
"""
import os
import re
import subprocess
import sys
import tempfile

# Arguments need not make sense: nothing is run.
IGNORED = {
    "sbpf_load_json": 'NULL, 0, NULL, NULL',
    "sbpf_load_json_file": '"profile.json", NULL, NULL',
    "sbpf_policy_new": "0, NULL, NULL",
    "sbpf_policy_add_abi": 'NULL, "x86", NULL',
    "sbpf_policy_remove_abi": 'NULL, "x86", NULL',
    "sbpf_policy_add_rule": 'NULL, 0, "mkdir", NULL, 0, NULL',
    "sbpf_policy_add_number": 'NULL, 0, "x86", 39, NULL, 0, NULL',
    "sbpf_policy_add_flags": "NULL, 0, NULL",
    "sbpf_compile": "NULL, NULL, NULL",
    "sbpf_install": "NULL, 0, NULL",
    "sbpf_program_check": "NULL, 0, NULL",
    "sbpf_filter_format": "NULL, SBPF_FORMAT_RAW, NULL, NULL",
    "sbpf_program_annotate": "NULL, 0, 0, 0, NULL",
    "sbpf_notes_draw": "NULL, 0, NULL",
    "sbpf_program_format": "NULL, 0, 0, SBPF_FORMAT_RAW, NULL, NULL",
    "sbpf_space_new": "0, 0, NULL",
    "sbpf_meaning_of_policy": "NULL, NULL, NULL, NULL",
    "sbpf_meaning_of_program": "NULL, NULL, 0, NULL, NULL",
    "sbpf_meaning_stack": "NULL, 0, 0, NULL, NULL",
    "sbpf_meaning_union": "NULL, 0, 0, NULL, NULL",
    "sbpf_meaning_compare": "NULL, 0, 0, SBPF_EQUAL, NULL, NULL",
    "sbpf_guards_new": "SBPF_READING_DOCKER, NULL",
    "sbpf_guards_add": "NULL, NULL, 0, NULL",
    "sbpf_guards_targets": "NULL, NULL, NULL, NULL, NULL",
    "sbpf_profile_entries": "NULL, 0, NULL, NULL, NULL",
    "sbpf_verdict_parse": '"ALLOW", NULL',
}
# Some of the others.
FREE = {
    "sbpf_policy_free": "NULL",
    "sbpf_filter_flags": "NULL",
    "sbpf_policy_verdict": "NULL, NULL, NULL, NULL, NULL",
}

# Of the source that is made: where the first call stands.
FIRST_LINE = 7


def main(include, *compiler):
    calls = "".join(f"\t{name}({arguments});\n" for name, arguments in {**IGNORED, **FREE}.items())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ignored.c")
        with open(path, "w", encoding="utf-8") as source:
            source.write(f'#include "sbpf.h"\n\nvoid ignore(void);\n\nvoid ignore(void)\n{{\n{calls}}}\n')
        done = subprocess.run([*compiler, "-I", include, "-Wunused-result", "-c", "-o", os.devnull, path],
                              capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}, check=False)
    if done.returncode:
        sys.exit(f"the calls do not compile:\n{done.stderr}")
    # The line, as clang does not say the name.
    names = {FIRST_LINE + i: name for i, name in enumerate([*IGNORED, *FREE])}
    warned = {names[int(line)] for line in re.findall(r"ignored\.c:(\d+):\d+: warning: ignoring return value", done.stderr)}
    if warned != set(IGNORED):
        sys.exit(f"no warning: {sorted(set(IGNORED) - warned)}; a warning: {sorted(warned - set(IGNORED))}")
    print(f"{len(warned)} calls warn")


main(*sys.argv[1:])
