#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges the results of scripts/test-libseccomp by the table of expected differences.

usage: judge.py [--no-table] TABLE RESULT...

RESULT is a file that a suite wrote, named SUITE-MODE.KIND or SUITE.KIND, where KIND says which
program wrote it (READERS). A table line whose tests all pass is an error as a failure is: it is
stale. The last line printed is the count. Exit status: 0 when nothing failed, else 1.
"""

import collections
import os
import re
import sys

# What share of the simulation tests must pass, whatever the table says.
SIMULATION_BAR = 0.90

# One test and its outcome: passed, failed or skipped. `line` and `part` say which line of a
# regression test it is, and which of the calls that the line stands for.
Result = collections.namedtuple("Result", "suite mode test line part kind outcome detail")

# A line of the table; `where` is its number.
Expected = collections.namedtuple("Expected", "suites modes test line reason where")


class Failure(Exception):
    pass


# ---- Reading results ---------------------------------------------------------------------------


def read_regression(suite, mode, lines):
    """The log of the original's driver."""
    outcomes = {"SUCCESS": "passed", "SKIPPED": "skipped", "FAILURE": "failed", "ERROR": "failed"}
    kind, complete = "", False
    for line in lines:
        if match := re.match(r" test type:  (\S+)", line):
            kind = match[1]
        elif match := re.match(r"Test (\S+)%%(\d+)-(\d+) result: +(\S+) ?(.*)", line):
            yield Result(suite, mode, match[1], int(match[2]), int(match[3]), kind,
                         outcomes[match[4]], match[5].strip())
        elif line.startswith(" tests errored:"):
            complete = True
    if not complete:
        raise Failure("the driver did not come to its end")


def read_go(suite, mode, lines):
    """`go test -v`; tests that run in a process of their own are named once more, indented."""
    outcomes = {"PASS": "passed", "SKIP": "skipped", "FAIL": "failed"}
    complete = False
    for line in lines:
        if match := re.match(r"--- (PASS|SKIP|FAIL): (\S+)", line):
            yield Result(suite, mode, match[2], 0, 0, "go", outcomes[match[1]], "")
        complete = complete or line.strip() in ("PASS", "FAIL")
    if not complete:
        raise Failure("the tests did not come to their end")


def read_unittest(suite, mode, lines):
    """`python3 -m unittest -v`"""
    outcomes = {"ok": "passed", "FAIL": "failed", "ERROR": "failed"}
    complete = False
    for line in lines:
        if match := re.match(r"(\w+) \(.*\) \.\.\. (ok|FAIL|ERROR)$", line):
            yield Result(suite, mode, match[1], 0, 0, "python", outcomes[match[2]], "")
        complete = complete or re.match(r"Ran \d+ tests? in", line)
    if not complete:
        raise Failure("the tests did not come to their end")


def read_proof(suite, mode, lines):
    """prove.py; what differs is where regression tests have their line."""
    for line in lines:
        test, answer, *detail = line.rstrip("\n").split(" ", 2)
        passed = answer == "equal"
        yield Result(suite, mode, test, 0 if passed else answer, 0, "proof",
                     "passed" if passed else "failed", " ".join(detail))


READERS = {
    "regression": read_regression,
    "go": read_go,
    "unittest": read_unittest,
    "proof": read_proof,
}


def read_results(paths):
    """All results, each test once: the driver names tests that it leaves to a second run."""
    results = {}
    for path in paths:
        name, kind = os.path.basename(path).rsplit(".", 1)
        suite, _, mode = name.partition("-")
        mode = mode.split("-")[0] or kind
        with open(path, encoding="utf-8", errors="replace") as file:
            try:
                for result in READERS[kind](suite, mode, file):
                    key = result[:5]
                    if key not in results or results[key].outcome == "skipped":
                        results[key] = result
            except Failure as failure:
                results[name] = Result(suite, mode, name, 0, 0, kind, "failed", str(failure))
    return list(results.values())


# ---- The table ---------------------------------------------------------------------------------


def read_table(path):
    """Expected failures. The columns are explained in the file."""
    table = []
    with open(path, encoding="utf-8") as file:
        for number, text in enumerate(file, 1):
            if not text.strip() or text.startswith("#"):
                continue
            fields = text.split(None, 4)
            if len(fields) < 5:
                raise Failure(f"{path}:{number}: a line has suite, mode, test, line and reason")
            suites, modes, test, lines, reason = fields
            for line in lines_of(lines):
                table.append(Expected(suites.split(","), modes.split(","), test, line,
                                      reason.strip(), number))
    return table


def lines_of(text):
    """What the column says: none, a number or a range of them, or a word."""
    if text == "-":
        return [0]
    if match := re.fullmatch(r"(\d+)(?:-(\d+))?", text):
        return range(int(match[1]), int(match[2] or match[1]) + 1)
    return [text]


def explains(expected, result):
    return (result.suite in expected.suites and result.mode in expected.modes
            and result.test == expected.test and result.line == expected.line)


def stale_lines(table, failures, results):
    """What the table says of suites that ran, but did not happen."""
    ran = {(result.suite, result.mode) for result in results}
    for expected in table:
        for suite in expected.suites:
            for mode in expected.modes:
                alone = expected._replace(suites=[suite], modes=[mode])
                if (suite, mode) in ran and not any(explains(alone, one) for one in failures):
                    yield (f"{suite} {mode} {expected.test} {expected.line or '-'} passes: line "
                           f"{expected.where} of the table is stale")


# ---- Report ------------------------------------------------------------------------------------


def name_of(result):
    parts = [result.suite, result.mode, result.test]
    if result.line:
        parts.append(f"{result.line}:{result.part}" if result.part else str(result.line))
    return " ".join(parts)


def print_counts(results, expected_ones):
    groups = collections.defaultdict(collections.Counter)
    for result in results:
        outcome = "expected" if result in expected_ones else result.outcome
        groups[result.suite, result.mode, result.kind][outcome] += 1
    print(f"{'suite':8}{'mode':12}{'type':14}{'total':>7}{'passed':>8}{'in table':>10}"
          f"{'failed':>8}{'skipped':>9}")
    for (suite, mode, kind), counts in sorted(groups.items()):
        total = sum(counts.values()) - counts["skipped"]
        print(f"{suite:8}{mode:12}{kind:14}{total:7}{counts['passed']:8}{counts['expected']:10}"
              f"{counts['failed']:8}{counts['skipped']:9}")


def simulation_rate(results):
    outcomes = [result.outcome for result in results
                if result.kind == "bpf-sim" and result.outcome != "skipped"]
    passed = outcomes.count("passed")
    if not outcomes:
        return 1.0
    print(f"simulation: {passed} of {len(outcomes)} pass, {100 * passed / len(outcomes):.1f} %")
    return passed / len(outcomes)


def judge(table, results):
    failures = [result for result in results if result.outcome == "failed"]
    expected_ones = {one for one in failures if any(explains(line, one) for line in table)}
    faults = [f"{name_of(one)} {one.detail}".rstrip() for one in failures
              if one not in expected_ones]
    faults += sorted(stale_lines(table, failures, results))
    print_counts(results, expected_ones)
    if simulation_rate(results) < SIMULATION_BAR:
        faults.append(f"fewer than {SIMULATION_BAR:.0%} of the simulation tests pass")
    for fault in faults[:60]:
        print(f"failed: {fault}")
    if len(faults) > 60:
        print(f"failed: and {len(faults) - 60} more")
    passed = sum(result.outcome == "passed" for result in results)
    print(f"{passed} passed, {len(expected_ones)} expected differences, {len(faults)} failed")
    return 1 if faults else 0


def main():
    arguments = sys.argv[1:]
    use_table = "--no-table" not in arguments
    paths = [argument for argument in arguments if argument != "--no-table"]
    if len(paths) < 2:
        print("usage: judge.py [--no-table] TABLE RESULT...", file=sys.stderr)
        return 2
    try:
        return judge(read_table(paths[0]) if use_table else [], read_results(paths[1:]))
    except (Failure, OSError) as error:
        print(f"judge.py: {error}", file=sys.stderr)
        return 1


sys.exit(main())
