# SPDX-License-Identifier: MIT
"""sbpf merge: one profile for what several allow together, or each."""
import json
import os
import random

from common import (DOCKER, PROJECT, answer, compile_raw, expect, path_of, read_program, run,
                    run_tests, write)

X86_64, I386 = 0xC000003E, 0x40000003
TARGET = ("--arch", "x86_64")
BLOCK_MKDIR = os.path.join(PROJECT, "profiles", "block-mkdir.json")

# Permissive to restrictive (seccomp(2)).
ACTIONS = [0x7FFF0000, 0x7FFC0000, 0x7FF00000, 0x7FC00000, 0x50000, 0x30000, 0, 0x80000000]


def rank(verdict):
    return ACTIONS.index(verdict & 0xFFFF0000)


def profile(name, *rules, default="ALLOW", architectures=("SCMP_ARCH_X86_64",)):
    return write(name, {"defaultAction": "SCMP_ACT_" + default,
                        "architectures": list(architectures), "syscalls": list(rules)})


def rule(name, action, errno=1, *args):
    return {"names": [name], "action": "SCMP_ACT_" + action, "errnoRet": errno,
            "args": [{"index": index, "op": "SCMP_CMP_" + op, "value": value}
                     for index, op, value in args]}


def merge(how, *paths):
    made = path_of("merged.json")
    expect("merge", how, *TARGET, *paths, "-o", made)
    return made


def rules_of(path):
    with open(path, encoding="utf-8") as file:
        made = json.load(file)
    return made["defaultAction"], [(r["names"], r["action"], r.get("errnoRet"))
                                   for r in made["syscalls"]]


def test_an_intersection_is_the_stack():
    made = merge("--intersect", DOCKER, BLOCK_MKDIR)
    expect("prove", "--one-target", *TARGET, DOCKER + "+" + BLOCK_MKDIR, made)
    expect("prove", "--one-target", *TARGET, DOCKER, made, status=1)
    expect("prove", "--one-target", "--subset", *TARGET, made, DOCKER)
    expect("prove", "--one-target", "--subset", *TARGET, made, BLOCK_MKDIR)


def test_each_is_within_a_union():
    a = profile("a.json", rule("read", "ALLOW"), rule("dup", "LOG"), default="ERRNO")
    b = profile("b.json", rule("write", "ALLOW"), rule("dup", "TRAP"), default="KILL_PROCESS")
    made = merge("--union", a, b)
    assert rules_of(made) == ("SCMP_ACT_ERRNO", [(["dup"], "SCMP_ACT_LOG", None),
                                                 (["read", "write"], "SCMP_ACT_ALLOW", None)])
    expect("prove", "--one-target", "--subset", *TARGET, a, made)
    expect("prove", "--one-target", "--subset", *TARGET, b, made)


def test_of_equal_actions_the_first_policys_data_stays():
    a = profile("a.json", rule("dup", "ERRNO", 13))
    b = profile("b.json", rule("dup", "ERRNO", 38))
    for how in ("--intersect", "--union"):
        assert rules_of(merge(how, a, b))[1] == [(["dup"], "SCMP_ACT_ERRNO", 13)]
        assert rules_of(merge(how, b, a))[1] == [(["dup"], "SCMP_ACT_ERRNO", 38)]


def test_a_union_of_complements_stays_shut_behind_socketcall():
    both = ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86")
    a = profile("a.json", rule("socket", "ALLOW", 1, (0, "LT", 9)), default="ERRNO",
                architectures=both)
    b = profile("b.json", rule("socket", "ALLOW", 1, (0, "GE", 9)), default="ERRNO",
                architectures=both)
    raw = read_program(compile_raw("union.bpf", merge("--union", a, b), *TARGET))
    assert answer(raw, I386, 359, [5] * 6) == answer(raw, I386, 359, [10] * 6) == 0x7FFF0000
    assert answer(raw, I386, 102, [1] * 6) == 0x50001


def test_more_than_two_are_merged():
    paths = [profile(f"{name}.json", rule(name, "TRAP")) for name in ("read", "dup", "write")]
    assert rules_of(merge("--intersect", *paths))[1] == [
        (["dup", "read", "write"], "SCMP_ACT_TRAP", None)]


def test_flags_are_kept():
    flagged = write("flagged.json", {"defaultAction": "SCMP_ACT_ALLOW",
                                     "flags": ["SECCOMP_FILTER_FLAG_LOG"]})
    with open(merge("--intersect", BLOCK_MKDIR, flagged), encoding="utf-8") as file:
        assert json.load(file)["flags"] == ["SECCOMP_FILTER_FLAG_LOG"]


def test_what_no_profile_can_say_is_not_written():
    narrow = profile("narrow.json", rule("mkdir", "ERRNO"))
    wide = profile("wide.json", architectures=("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"))
    only = profile("only.json", rule("mkdir", "TRAP"), default="KILL_PROCESS",
                   architectures=("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"))
    made = path_of("refused.json")
    done = run("merge", "--union", *TARGET, narrow, only, "-o", made)
    assert done.returncode == 1 and "no profile can say this: x86" in done.stderr, done
    assert not os.path.exists(made)
    assert rules_of(merge("--intersect", narrow, wide))[1] == [(["mkdir"], "SCMP_ACT_ERRNO", 1)]


def test_a_profile_without_architectures_is_told_how_to_join_one_that_has():
    patch = write("patch.json", {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["setns"], "action": "SCMP_ACT_ALLOW"}]})
    for paths in ((DOCKER, patch), (patch, DOCKER)):
        done = run("merge", "--union", *TARGET, *paths)
        lines = done.stderr.splitlines()
        assert done.returncode == 1 and "patch.json: covers x86_64 but not x86, x32" in lines[0]
        assert all("no profile can say this" in line for line in lines[1:]) and lines[1:], lines
        assert "--abi x86,x32 takes all for the same ABIs" in done.stderr, done.stderr
        made = path_of("patched.json")
        expect("merge", "--union", *TARGET, "--abi", "x86,x32", *paths, "-o", made)
        expect("prove", "--one-target", "--subset", *TARGET, "--abi", "x86,x32", DOCKER, made)
        expect("prove", "--one-target", "--subset", *TARGET, "--abi", "x86,x32", patch, made)
    done = run("merge", "--intersect", *TARGET, DOCKER, patch)
    assert done.returncode == 0 and "warning: covers x86_64 but not x86, x32" in done.stderr, done


def test_what_does_not_fit_into_a_filter_is_not_written():
    """Of each the filter takes some 2,400 instructions, and together they add up."""
    rng = random.Random(5)
    calls = json.loads(expect("syscalls", "--abi", "x86_64", "--format", "json"))["calls"]
    paths = [profile(f"large{argument}.json", *(
        rule(call["name"], "ERRNO", 2, (argument, "EQ", rng.getrandbits(31)))
        for call in calls[:200] for _ in range(8)), default="KILL_PROCESS") for argument in (0, 1)]
    for path in paths:
        compile_raw("large.bpf", path, *TARGET)
    made = path_of("large.json")
    done = run("merge", "--intersect", *TARGET, *paths, "-o", made)
    assert done.returncode == 1 and "4096" in done.stderr, done.stderr
    assert "A+B is that stack" in done.stderr, done.stderr
    assert not os.path.exists(made)


def test_wrong_usage_is_told_from_failure():
    for arguments in ((), ("--union",), ("--union", DOCKER), (DOCKER, DOCKER),
                      ("--union", "--intersect", DOCKER, DOCKER)):
        assert run("merge", *arguments).returncode == 2, arguments
    assert run("merge", "--union", DOCKER, path_of("missing.json")).returncode == 1


NAMES = {"read": (0, 3), "dup": (32, 41), "clone": (56, 120), "personality": (135, 136),
         "socket": (41, 359), "socketcall": (None, 102), "fcntl": (72, 55)}


def random_rule(rng):
    conditions = [(rng.randrange(2), rng.choice(["NE", "LT", "LE", "EQ", "GE", "GT"]),
                   rng.choice([0, 1, 5, 9, 38, 0xFFFFFFFF, 1 << 33]))
                  for _ in range(rng.choice((0, 1, 1, 2)))]
    return {**rule("", rng.choice(["ALLOW", "ERRNO", "LOG", "TRACE", "TRAP", "KILL_THREAD"]),
                   rng.randrange(1, 4), *conditions), "names": rng.sample(sorted(NAMES), 2)}


def random_profile(rng, name, architectures):
    return profile(name, *(random_rule(rng) for _ in range(rng.randrange(10))),
                   default=rng.choice(["ALLOW", "ERRNO", "KILL_PROCESS"]),
                   architectures=architectures)


def check_calls(rng, how, a, b, made):
    pick = min if how == "--union" else max
    for _ in range(300):
        narrow = rng.random() < 0.5
        number = rng.choice(sorted(NAMES.values(), key=str))[narrow]
        values = [0, 1, 4, 5, 6, 9, 10, 37, 38, 39, 0xFFFFFFFF] + ([] if narrow else [1 << 33])
        arguments = [rng.choice(values) for _ in range(6)]
        call = (I386 if narrow else X86_64, 999 if number is None else number, arguments)
        # Of equal ranks, the first.
        wanted = pick((answer(one, *call) for one in (a, b)), key=rank)
        assert answer(made, *call) == wanted, (how, call, hex(wanted))


def test_random_pairs_are_the_pointwise_minimum_and_maximum():
    rng = random.Random(9)
    refused = 0
    for round_number in range(30):
        architectures = [("SCMP_ARCH_X86_64",), ("SCMP_ARCH_X86_64", "SCMP_ARCH_X86")][
            round_number % 2]
        paths = [random_profile(rng, f"random{i}.json", architectures) for i in range(2)]
        a, b = [read_program(compile_raw("part.bpf", path, *TARGET)) for path in paths]
        for how in ("--intersect", "--union"):
            made = path_of("merged.json")
            if run("merge", how, *TARGET, *paths, "-o", made).returncode:
                refused += 1
                assert len(architectures) > 1  # one name may mean several calls only there
                continue
            check_calls(rng, how, a, b, read_program(compile_raw("made.bpf", made, *TARGET)))
    assert refused <= 6, refused


if __name__ == "__main__":
    run_tests(globals())
