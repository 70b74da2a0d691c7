# SPDX-License-Identifier: MIT
"""
sbpf lint, overlapping-rules: found exactly where the order of rules counts, and where libseccomp
makes something else of a profile.
"""
import ctypes
import errno
import json
import os
import random

from common import expect, path_of, run, run_tests, write

TARGET = ("--arch", "x86_64", "--kernel", "6.12", "--bad-arch", "KILL_THREAD")
ABIS = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]
VERDICTS = {"ALLOW": 0x7fff0000, "LOG": 0x7ffc0000, "TRAP": 0x00030000, "KILL_PROCESS": 0x80000000,
            "ERRNO": 0x00050000}
UPPER = 1 << 32

LIBSECCOMP = None
try:
    LIBSECCOMP = ctypes.CDLL("libseccomp.so.2")
    LIBSECCOMP.seccomp_init.restype = ctypes.c_void_p
except OSError:
    print("no libseccomp")


class Condition(ctypes.Structure):
    """struct scmp_arg_cmp of seccomp.h."""
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("datum_a", ctypes.c_uint64),
                ("datum_b", ctypes.c_uint64)]


# ---- Profiles --------------------------------------------------------------------------------

def rule(call, action, *conditions, number=None):
    made = {"names": [call], "action": "SCMP_ACT_" + action,
            "args": [{"index": i, "op": "SCMP_CMP_" + op, "value": v, "valueTwo": two}
                     for i, op, v, two in conditions]}
    return made if number is None else {**made, "errnoRet": number}


def profile(default, *rules, abis=1):
    return {"defaultAction": "SCMP_ACT_" + default, "architectures": ABIS[:abis],
            "syscalls": list(rules)}


def verdict_of(rule_or_profile, key="action"):
    name = rule_or_profile[key][len("SCMP_ACT_"):]
    return VERDICTS[name] | (rule_or_profile.get("errnoRet", 1) if name == "ERRNO" else 0)


def random_condition(source, arguments):
    op = source.choice(OPERATORS)
    return (source.choice(arguments), op, source.randrange(1, 8), source.randrange(8))


def random_rule(source, calls, arguments):
    action = source.choice(["ALLOW", "LOG", "TRAP", "KILL_PROCESS", "ERRNO", "ERRNO"])
    conditions = [random_condition(source, arguments)
                  for _ in range(source.choice([0, 1, 1, 1, 1, 2]))]
    return rule(source.choice(calls), action, *conditions,
                number=source.randrange(1, 4) if action == "ERRNO" else None)


def random_profile(source, calls, arguments, abis=1):
    rules = [random_rule(source, calls, arguments) for _ in range(source.randrange(2, 5))]
    return profile(source.choice(["ALLOW", "ERRNO", "KILL_PROCESS"]), *rules, abis=abis)


# ---- Findings --------------------------------------------------------------------------------

def overlaps(policy, *options):
    done = run("lint", *TARGET, "--format", "json", *options, write("overlap.json", policy))
    assert done.returncode in (0, 1), done.stderr
    return [f for f in json.loads(done.stdout) if f["id"] == "overlapping-rules"]


def entry_of(finding):
    return int(finding["path"].split("[")[1].split("]")[0])


def verdict_at(policy, example):
    path = write("verdict.json", policy)
    answer = json.loads(expect("explain", *TARGET, "--abi", example["abi"], "--format", "json", path,
                               str(example["nr"]), *example["args"]))
    return answer["verdict"]["value"]


def with_first(policy, entry):
    rules = policy["syscalls"]
    return {**policy, "syscalls": [rules[entry], *rules[:entry], *rules[entry + 1:]]}


def is_outright(policy, one):
    return not one["args"] and verdict_of(one) != verdict_of(policy, "defaultAction")


def reordered(source, policy):
    """Another order of the rules, but those without conditions stay in theirs."""
    outright = iter([r for r in policy["syscalls"] if is_outright(policy, r)])
    mixed = source.sample(policy["syscalls"], len(policy["syscalls"]))
    return {**policy, "syscalls": [next(outright) if is_outright(policy, r) else r for r in mixed]}


def condition_holds(condition, arguments):
    value, argument = condition["value"], arguments[condition["index"]]
    return {"NE": argument != value, "LT": argument < value, "LE": argument <= value,
            "EQ": argument == value, "GE": argument >= value, "GT": argument > value,
            "MASKED_EQ": argument & value == condition["valueTwo"] & value,
            }[condition["op"][len("SCMP_CMP_"):]]


def rule_holds(one, arguments):
    """Two conditions on one argument are alternatives."""
    indexes = [c["index"] for c in one["args"]]
    some = any if len(set(indexes)) < len(indexes) else all
    return some(condition_holds(c, arguments) for c in one["args"])


# ---- libseccomp ------------------------------------------------------------------------------

def add_to_libseccomp(context, call, verdict, conditions):
    """False where it has such a rule with another verdict, and refuses this one."""
    listed = (Condition * len(conditions))(
        *(Condition(c["index"], 1 + OPERATORS.index(c["op"][len("SCMP_CMP_"):]), c["value"],
                    c["valueTwo"]) for c in conditions))
    number = LIBSECCOMP.seccomp_syscall_resolve_name(call.encode())
    status = LIBSECCOMP.seccomp_rule_add_array(context, ctypes.c_uint32(verdict), number,
                                               len(conditions), listed)
    assert status in (0, -errno.EEXIST), (call, status)
    return status == 0


def libseccomp_filter(policy):
    """
    As runc and crun hand a profile to it: without rules that repeat the default. None when it
    refuses a rule.
    """
    default = verdict_of(policy, "defaultAction")
    context = ctypes.c_void_p(LIBSECCOMP.seccomp_init(ctypes.c_uint32(default)))
    taken = True
    for one in policy["syscalls"]:
        indexes = [c["index"] for c in one["args"]]
        alternatives = [one["args"]]
        if len(set(indexes)) < len(indexes):
            alternatives = [[c] for c in one["args"]]
        for conditions in alternatives:
            if verdict_of(one) != default:
                taken &= add_to_libseccomp(context, one["names"][0], verdict_of(one), conditions)
    path = path_of("libseccomp.bpf")
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    status = LIBSECCOMP.seccomp_export_bpf(context, file)
    os.close(file)
    LIBSECCOMP.seccomp_release(context)
    assert status == 0, status
    return path if taken else None


def differences(policy):
    """Where libseccomp makes something else of the calls that rules name; None: it refuses them."""
    path = libseccomp_filter(policy)
    if not path:
        return None
    answer = run("diff", *TARGET, "--format", "json", write("diff.json", policy), path)
    assert answer.returncode in (0, 1), answer.stderr
    named = {one["names"][0] for one in policy["syscalls"]}
    return [d["example"] for d in json.loads(answer.stdout)
            if d["example"].get("name") in named]


# ---- Tests -----------------------------------------------------------------------------------

def test_two_rules_that_hold_at_once():
    exact = rule("socket", "ERRNO", (0, "EQ", 16, 0), number=97)
    others = rule("socket", "ALLOW", (2, "NE", 9, 0))
    found, = overlaps(profile("KILL_PROCESS", exact, others))
    assert (found["path"], found["severity"]) == ("syscalls[1]", "warning")
    assert "syscalls[0]" in found["message"] and found["message"].startswith("socket: ")
    example = found["example"]
    assert (example["name"], example["args"][:3]) == ("socket", ["0x10", "0x0", "0x0"])
    assert (example["a"]["text"], example["b"]["text"]) == ("ERRNO(97)", "ALLOW")


def test_no_overlap_where_one_rule_decides_or_none_contradicts():
    low, high = (0, "LT", 5, 0), (0, "GT", 3, 0)
    for rules in ([rule("socket", "ALLOW", low), rule("socket", "ALLOW", high)],
                  [rule("socket", "ALLOW", low), rule("socket", "LOG", (0, "GE", 5, 0))],
                  [rule("socket", "ALLOW", low), rule("socket", "LOG", high), rule("socket", "TRAP")],
                  [rule("socket", "ALLOW", low), rule("socket", "ERRNO", high)],
                  [rule("socket", "ALLOW"), rule("socket", "LOG")],
                  [rule("socket", "ALLOW", low), rule("bind", "LOG", high)]):
        assert overlaps(profile("ERRNO", *rules)) == [], rules


def test_only_what_is_in_force_for_the_target_overlaps():
    low = rule("socket", "ALLOW", (0, "LT", 5, 0))
    guarded = {**rule("socket", "LOG", (0, "GT", 3, 0)), "includes": {"caps": ["CAP_SYS_ADMIN"]}}
    policy = profile("ERRNO", low, guarded)
    assert overlaps(policy) == []
    assert len(overlaps(policy, "--caps", "SYS_ADMIN")) == 1
    assert len(overlaps(policy, "--reading", "oci")) == 1


def test_the_order_that_engines_ignore_is_a_finding_in_the_literal_reading_too():
    policy = profile("ERRNO", rule("socket", "ALLOW", (0, "LT", 5, 0)),
                     rule("socket", "LOG", (0, "GT", 3, 0)))
    assert len(overlaps(policy, "--reading", "literal")) == 1
    outright = {**policy, "syscalls": [*policy["syscalls"], rule("socket", "TRAP")]}
    assert overlaps(outright, "--reading", "literal") == []


def test_a_rule_on_a_multiplexer_overlaps_one_on_its_sub_call():
    policy = profile("ALLOW", rule("socketcall", "KILL_PROCESS", (0, "LT", 3, 0)),
                     rule("socket", "ERRNO"), abis=3)
    found, = overlaps(policy)
    assert (found["example"]["abi"], found["example"]["args"][0]) == ("x86", "0x1"), found


def test_all_rules_that_overlap_are_found_one_for_each():
    rules = [rule("socket", "ERRNO", (0, "GE", n, 0), number=n + 1) for n in range(5)]
    found = overlaps(profile("ALLOW", *rules))
    assert sorted(entry_of(f) for f in found) == [1, 2, 3, 4]


def test_findings_that_differ_in_the_name_alone_are_one_line():
    one, two = (rule("socket", action, (0, op, 4, 0)) for action, op in (("ALLOW", "LE"),
                                                                        ("LOG", "GE")))
    one["names"] = two["names"] = ["socket", "bind", "listen"]
    policy = profile("ERRNO", one, two)
    assert len(overlaps(policy)) == 3
    text = run("lint", *TARGET, path_of("overlap.json")).stdout
    lines = [line for line in text.splitlines() if "[overlapping-rules]" in line]
    assert len(lines) == 1 and "socket, bind, listen: this rule" in lines[0], lines


def test_more_overlaps_than_are_listed_are_said():
    rules = [rule("socket", "ERRNO", (0, "GE", n, 0), number=n + 1) for n in range(400)]
    found = overlaps(profile("ALLOW", *rules))
    assert "more rules may hold at once" in found[-1]["message"] or found[-1]["path"] != "syscalls"
    assert any(f["path"] == "syscalls" for f in found)


def test_every_finding_shows_a_call_that_the_order_decides():
    source = random.Random(1)
    seen = [0, 0]
    for _ in range(250):
        policy = random_profile(source, ["socket", "socketcall", "accept", "semget", "ipc"], [0, 1],
                                abis=3)
        found = overlaps(policy)
        seen[bool(found)] += 1
        for finding in found:
            example = finding["example"]
            assert verdict_at(policy, example) == example["a"]["value"] != example["b"]["value"]
            ahead = with_first(policy, entry_of(finding))
            assert verdict_at(ahead, example) == example["b"]["value"], (policy, finding)
        if not found:
            expect("prove", *TARGET, write("a.json", policy),
                   write("b.json", reordered(source, policy)))
    assert min(seen) > 30, seen


def test_libseccomp_agrees_where_no_rules_overlap():
    if not LIBSECCOMP:
        return
    source = random.Random(2)
    with_finding = [0, 0]
    for index in range(400):
        arguments = [0] if index % 2 else [0, 2]
        policy = random_profile(source, ["socket"], arguments)
        differ = differences(policy)
        if differ is None:
            continue
        if overlaps(policy):
            with_finding[bool(differ)] += 1
            continue
        # Rules on several arguments may fail in libseccomp: one holds, and it does not heed it.
        assert not differ or len(arguments) > 1, (policy, differ)
        for example in differ:
            values = [int(a, 16) for a in example["args"]]
            held = {verdict_of(r) for r in policy["syscalls"]
                    if verdict_of(r) != verdict_of(policy, "defaultAction")
                    and rule_holds(r, values)}
            held = held or {verdict_of(policy, "defaultAction")}
            assert held == {example["a"]["value"]}, (policy, example)
    same, different = with_finding
    print(f"with the finding, libseccomp makes something else of {different} of"
          f" {same + different} profiles")
    assert different > same


if __name__ == "__main__":
    run_tests(globals())
