# SPDX-License-Identifier: MIT
"""sbpf test: what assertions come to, against a filter that is run, and mutants, against files."""
import copy
import glob
import itertools
import json
import os
import pty
import random
import re
import subprocess
import xml.etree.ElementTree

from common import DOCKER, PROJECT, SBPF, answer, compile_raw, expect, path_of, read_program, run, run_tests, write

MACHINE = {"x86_64": 0xc000003e, "x86": 0x40000003, "x32": 0xc000003e}
UPPER = 1 << 32


def rule(names, action="ALLOW", *args, **more):
    made = {"names": names if isinstance(names, list) else [names], "action": "SCMP_ACT_" + action}
    if args:
        made["args"] = [dict(zip(("index", "op", "value", "valueTwo"), one)) for one in args]
        for one in made["args"]:
            one["op"] = "SCMP_CMP_" + one["op"]
    return {**made, **more}


def profile(*rules, default="ERRNO", abis=("X86_64", "X86", "X32"), **more):
    return {"defaultAction": "SCMP_ACT_" + default,
            "architectures": ["SCMP_ARCH_" + abi for abi in abis], "syscalls": list(rules), **more}


def file_of(lines, policy, target="x86_64", name="one"):
    """A test file of these lines beside its profile."""
    write(name + ".json", policy)
    text = f"profile {name}.json\ntarget {target}\n" + "".join(line + "\n" for line in lines)
    return write(name + ".test", text.encode())


def ask(lines, policy, *options, target="x86_64", name="one"):
    """The answer in JSON, whatever the status says."""
    done = run("test", "--format", "json", *options, file_of(lines, policy, target, name))
    assert done.returncode in (0, 1), (lines, done.stderr)
    answered = json.loads(done.stdout)
    assert done.returncode == bool(answered["failed"]), (done.returncode, answered)
    return answered


def holds(line, policy, *options, **more):
    return not ask([line], policy, *options, **more)["failed"]


def example_of(line, policy, **more):
    failed = ask([line], policy, **more)["failed"]
    assert len(failed) == 1, (line, failed)
    example = failed[0]["example"]
    return example["abi"], example["name"], [int(a, 16) for a in example["args"]], example["verdict"]["text"]


# ---- What lines mean


def test_each_verdict_is_asserted():
    verdicts = {"allow": "ALLOW", "log": "LOG", "errno 7": "ERRNO", "kill": "KILL",
                "kill_thread": "KILL_THREAD", "kill_process": "KILL_PROCESS", "trap": "TRAP",
                "trace 7": "TRACE", "notify": "NOTIFY", "errno E2BIG": "ERRNO"}
    same = {"errno 7": {"errno E2BIG"}, "errno E2BIG": {"errno 7"}, "kill": {"kill_thread"},
            "kill_thread": {"kill"}}
    for word, action in verdicts.items():
        more = {"errnoRet": 7} if action in ("ERRNO", "TRACE") else {}
        policy = profile(rule("mkdir", action, **more), default="ERRNO")
        for other in verdicts:
            if word == "notify" and other == "notify":
                continue
            expected = other == word or other in same.get(word, ())
            assert holds(other + " mkdir", policy) == expected, (word, other)


def test_a_condition_is_read_as_explain_writes_it():
    """Every branch that explain prints of Docker's policy is pasted."""
    text = expect("explain", "--arch", "x86_64", DOCKER)
    part = text.split("By arguments:\n")[1].split("\n\n")[0]
    lines, call = [], None
    for line in part.splitlines():
        found = re.match(r"    (\w+): (\w+) if (.*)$", line)
        if found:
            call, condition = found[1], found[3]
            lines.append(f"{found[2].lower()} {call}({condition})")
        else:
            assert line == "        else ERRNO(EPERM)", line
            lines.append(f"errno EPERM {call}(!({condition}))")
    assert len(lines) == 6, lines
    assert not ask(lines, json.load(open(DOCKER, encoding="utf-8")))["failed"]


def test_all_arguments_count():
    policy = profile(rule("socket", "ALLOW", (0, "LT", 38)), rule("socket", "ALLOW", (0, "GT", 40)))
    assert holds("allow socket(family in {AF_INET, AF_INET6, 0x29})", policy)
    assert holds("errno EPERM socket(family >= AF_ALG && family <= 40)", policy)
    assert example_of("allow socket", policy) == ("x86_64", "socket", [38, 0, 0, 0, 0, 0], "ERRNO(1)")
    assert example_of("errno EPERM socket(family != 2)", policy)[2][0] == 0
    assert example_of("errno EPERM socket(family > 38)", policy)[2][0] == 41
    assert example_of("allow socket(protocol == 5 && !(type & SOCK_CLOEXEC))", policy)[2] == \
        [38, 0, 5, 0, 0, 0]


def test_an_int_is_a_register_in_a_verdict_and_what_the_kernel_reads_in_never():
    policy = profile(rule("socket", "ALLOW", (0, "LT", 38)), rule("socket", "ALLOW", (0, "GT", 40)),
                     abis=["X86_64"])
    assert holds("errno EPERM socket(family == AF_ALG)", policy)
    assert holds("never socket((uint64_t)family == AF_ALG)", policy)
    assert example_of("never socket(family == AF_ALG)", policy)[2][0] == UPPER + 38
    assert example_of("errno EPERM socket((uint32_t)family == AF_ALG)", policy)[2][0] == UPPER + 38
    assert holds("never socket(family == AF_ALG)", policy, target="x86_64 width kernel")


def test_never_looks_behind_the_multiplexer():
    policy = profile(rule("socketcall"), abis=["X86_64", "X86"])
    assert holds("errno EPERM socket", policy)
    assert example_of("never socket(family == AF_ALG)", policy) == \
        ("x86", "socketcall", [1, 0, 0, 0, 0, 0], "ALLOW")
    assert holds("never socket(family == AF_ALG) on x86_64", policy)
    assert holds("never semget", profile(rule("ipc", "ALLOW", (0, "EQ", 3)), abis=["X86"]))
    # The kernel takes a version from the upper half of ipc's first argument.
    assert example_of("never semget", profile(rule("ipc", "ALLOW", (0, "GT", 3)), abis=["X86"]))[2][0] == \
        0x10002
    narrow = profile(rule("socketcall", "ALLOW", (0, "NE", 1)), abis=["X86"])
    assert holds("never socket", narrow)


def test_every_abi_is_also_one_that_the_filter_does_not_cover():
    policy = profile(rule("read"), abis=["X86_64"])
    assert holds("allow read", policy)
    assert holds("never read on x86, x32", policy)
    assert example_of("allow read on every abi", policy)[0] in ("x86", "x32")
    assert holds("kill_process read on x86", policy)
    assert holds("allow read on x86", policy, target="x86_64 bad-arch ALLOW")


def test_within_counts_what_is_allowed():
    write("wide.json", profile(rule(["read", "write"]), rule("open", "LOG"), default="KILL_PROCESS"))
    narrow = profile(rule("open"), rule("read", "LOG"), rule("write", "TRACE", errnoRet=3))
    assert holds("within wide.json", narrow)
    assert example_of("within wide.json", profile(rule(["read", "close"])))[1] == "close"


def test_other_machines_and_readings():
    policy = profile(rule("read", "ERRNO", errnoRet=89), abis=["X86_64"])
    # 89 is ENOSYS on mips, and EDESTADDRREQ here.
    mips = {**policy, "architectures": ["SCMP_ARCH_MIPSEL64"]}
    assert holds("errno ENOSYS read", mips, target="mipsel64")
    assert holds("errno EDESTADDRREQ read", policy)
    guarded = profile(rule("mount", includes={"caps": ["CAP_SYS_ADMIN"]}))
    assert holds("errno EPERM mount", guarded)
    assert holds("allow mount", guarded, target="x86_64 reading oci")
    assert holds("allow mount", guarded, target="x86_64 caps CAP_CHOWN, CAP_SYS_ADMIN")
    newer = profile(rule("mount", includes={"minKernel": "5.10"}))
    assert holds("allow mount", newer, target="x86_64 kernel 5.10")
    assert holds("errno EPERM mount", newer, target="x86_64 kernel 5.9")
    assert holds("errno ENOSYS openat2", profile(rule("read")), target="x86_64 enosys")
    answered = ask(["allow arch_prctl, read"], profile(rule(["arch_prctl", "read"])),
                   target="x86_64, aarch64")
    assert not answered["failed"], answered


def test_an_assertion_without_a_call_fails():
    policy = profile(rule("stat"), abis=["X86_64"])
    for line in ("allow stat64", "allow stat(arg0 == 1 && arg0 == 2)", "allow read on x86, x32"):
        failed = ask([line], {**policy, "syscalls": [rule(["stat", "read"])]})["failed"]
        assert failed and (failed[0]["example"] is None) == (" on " not in line), (line, failed)
    assert "no call is in its region" in ask(["allow stat64"], policy)["failed"][0]["message"]


def test_sections():
    write("a.json", profile(rule("read")))
    write("b.json", profile(rule("write")))
    text = ("profile a.json\ntarget x86_64\ntarget aarch64\nallow read\nerrno EPERM write # no\n\n"
            "target x86_64 bad-arch ALLOW abis none\nallow read on x86\n"
            "profile b.json\nallow write\nallow read on x86\nerrno EPERM read\n")
    expect("test", write("sections.test", text.encode()))
    broken = text.replace("profile b", "target x86_64\nprofile b").replace("allow write", "allow read")
    failed = json.loads(expect("test", "--format", "json", write("sections.test", broken.encode()),
                               status=1))["failed"]
    assert [f["line"] for f in failed] == [11, 12], failed


# ---- An oracle

PARAMETERS = {"socket": ["family", "type", "protocol"], "personality": ["personality"],
              "read": ["fd", "buf", "count"]}
EDGES = [0, 1, 2, 3, 37, 38, 39, 40, 41, 0x7fffffff, 0x80000000, UPPER - 1, UPPER, UPPER + 2,
         UPPER + 38, (1 << 64) - 2, (1 << 64) - 1]
OPERATORS = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
             "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}
NAMES = {"<": "LT", "<=": "LE", "==": "EQ", "!=": "NE", ">=": "GE", ">": "GT"}


def random_test(source, call):
    """A comparison and what it is of (bits, arguments)."""
    index = source.randrange(len(PARAMETERS[call]))
    name = source.choice([PARAMETERS[call][index], f"arg{index}"])
    value = source.choice([0, 1, 2, 38, 40, 0x80000000, UPPER + 2])
    kind = source.randrange(4)

    def cut(number, bits):
        return number & (UPPER - 1) if bits == 32 else number

    if kind == 0:
        mask = source.choice([1, 3, 0x26, UPPER + 1])
        value &= mask
        operator = source.choice(["==", "!="])
        return (f"({name} & {mask}) {operator} {value}",
                lambda bits, a: OPERATORS[operator](a[index] & mask, value))
    if kind == 1:
        values = source.sample([0, 1, 2, 38, 40, 41], 3)
        text = ", ".join(hex(v) for v in values)
        return f"{name} in {{{text}}}", lambda bits, a: a[index] in values
    operator = source.choice(list(OPERATORS))
    if kind == 2:
        return (f"(uint32_t){name} {operator} {value}",
                lambda bits, a: OPERATORS[operator](cut(a[index], 32), value))
    return f"{name} {operator} {value:#x}", lambda bits, a: OPERATORS[operator](a[index], value)


def random_condition(source, call, depth=2):
    if not depth or source.random() < 0.4:
        return random_test(source, call)
    left, is_left = random_condition(source, call, depth - 1)
    right, is_right = random_condition(source, call, depth - 1)
    kind = source.randrange(3)
    if kind == 0:
        return f"({left}) && ({right})", lambda bits, a: is_left(bits, a) and is_right(bits, a)
    if kind == 1:
        return f"({left} || {right})", lambda bits, a: is_left(bits, a) or is_right(bits, a)
    return f"!({left})", lambda bits, a: not is_left(bits, a)


def random_policy(source):
    rules = []
    for _ in range(source.randrange(1, 4)):
        call = source.choice(list(PARAMETERS))
        args = []
        for index in source.sample(range(len(PARAMETERS[call])), source.randrange(2)):
            if source.random() < 0.3:
                args.append((index, "MASKED_EQ", source.choice([1, 3, 0x26]), source.choice([0, 1, 2])))
            else:
                args.append((index, NAMES[source.choice(list(NAMES))], source.choice([0, 2, 38, 40])))
        rules.append(rule(call, source.choice(["ALLOW", "ERRNO", "KILL_PROCESS"]), *args))
    return profile(*rules)


NUMBERS = {("x86_64", "socket"): 41, ("x86_64", "personality"): 135, ("x86_64", "read"): 0,
           ("x86", "socket"): 359, ("x86", "personality"): 136, ("x86", "read"): 3,
           ("x32", "socket"): 41 | 1 << 30, ("x32", "personality"): 135 | 1 << 30, ("x32", "read"): 1 << 30}
VERDICTS = {"allow": 0x7fff0000, "errno EPERM": 0x50001, "kill_process": 0x80000000}


def samples(abi, call):
    edges = [e for e in EDGES if abi != "x86" or e < UPPER]
    for one in itertools.product(edges, repeat=min(2, len(PARAMETERS[call]))):
        yield list(one) + [0] * (6 - len(one))
    if len(PARAMETERS[call]) == 3:
        for one in edges:
            for two in edges:
                yield [one, 0, two, 0, 0, 0]
                yield [0, one, two, 0, 0, 0]


def test_random_assertions_agree_with_the_filter_that_is_run():
    source = random.Random(11)
    outcomes = {True: 0, False: 0}
    for number in range(60):
        policy = random_policy(source)
        code = read_program(compile_raw("oracle.bpf", write("oracle.json", policy), "--arch", "x86_64"))
        lines, conditions = [], []
        for _ in range(8):
            call = source.choice(list(PARAMETERS))
            text, inside = random_condition(source, call)
            word = source.choice(list(VERDICTS))
            lines.append((f"{word} {call}({text})", call, word))
            conditions.append(inside)
        answered = ask([line for line, _, _ in lines], policy, name="oracle")
        failed = {f["line"] - 3: f for f in answered["failed"]}
        for index, (line, call, word) in enumerate(lines):
            found = failed.get(index)
            outcomes[found is None] += 1
            check_against_samples(code, line, call, VERDICTS[word], conditions[index], found)
    assert min(outcomes.values()) > 50, outcomes


def check_against_samples(code, line, call, verdict, inside, found):
    if found and found["example"]:
        abi, args = found["example"]["abi"], [int(a, 16) for a in found["example"]["args"]]
        assert inside(64, args), (line, found)
        got = answer(code, MACHINE[abi], NUMBERS[abi, call], args)
        assert got == found["example"]["verdict"]["value"] != verdict, (line, found, got)
        return
    for abi in ("x86_64", "x86", "x32"):
        for args in samples(abi, call):
            if not inside(64, args):
                continue
            assert not found, (line, "speaks of a call", args)
            assert answer(code, MACHINE[abi], NUMBERS[abi, call], args) == verdict, (line, abi, args)


# ---- What is wrong with a file


def test_mistakes_are_told_with_their_place():
    cases = [
        ("alow read", "1: a line begins with profile", "did you mean allow?"),
        ("allow raed", "7: there is no call raed; did you mean read?"),
        ("allow socket(famly == 2)", "14: socket has no parameter famly on x86_64; it has family, type"),
        ("allow socket(family == AF_INTE)", "24: there is no constant AF_INTE; the nearest is AF_INET"),
        ("allow socket(family = 2)", "21: ==, !=, <, <=, >, >=, & or in must stand here, not '='"),
        ("allow socket(family & 2 == 2)", "25: & and a comparison need parentheses: (family & …) == …"),
        ("allow socket((family & 2) < 2)", "27: after & only == and != can stand"),
        ("allow socket(family == 2", "25: '&&', '||' or ')' must stand here, not the end of the line"),
        ("allow socket(family == )", "24: a number or a constant such as AF_INET must stand here, not ')'"),
        ("allow socket(family in {1, 2)", "29: ',' or '}' must stand here, not ')'"),
        ("allow socket(2 == family)", "14: a parameter such as family"),
        ("allow socket(args[6] == 2)", "19: a number from 0 to 5 must stand here"),
        ("allow socket(family == 0x1ffffffffffffffff)", "24: the number has more than 64 bits"),
        ("allow socket(family == 12ab)", "24: '12ab' is no number"),
        ("allow read write", "12: ',' or 'on' must stand here, not 'write'"),
        ("allow read on z80", "15: an ABI such as x86_64"),
        ("allow read on every thing", "21: 'abi' must stand here, not 'thing'"),
        ("allow read on aarch64", "1: no target here has the ABI aarch64"),
        ("errno EFOO read", "7: an errno such as EPERM or 1 must stand here, not 'EFOO'"),
        ("allow number 5000000000", "14: after 'number' the number of a call must stand"),
        ("allow", "6: the name of a call must stand here, not the end of the line"),
        ("within", "7: a policy must stand after 'within'"),
        ("target z80", "1: there is no machine 'z80'"),
        ("target x86_64 kernel", "21: a release such as 5.10 must stand here, not the end"),
        ("target x86_64 colour red", "15: reading, kernel, caps"),
        ("target x86_64 reading oic", "there is no reading 'oic'; it is docker, oci or literal"),
        ("profile", "8: the file of a profile must stand after 'profile'"),
        ("allow read\x1b[31m", "11: a control character"),
        ("allow socket(" + "(" * 40, "conditions nest at most 32 deep"),
        ("allow socket(family in {" + "1, " * 300 + "1})", "at most 256 comparisons"),
        ("allow socket(" + "!" * 40 + "family)", "conditions nest at most 32 deep"),
    ]
    for line, *texts in cases:
        done = run("test", file_of(["allow write", line], profile(rule("write"))))
        assert done.returncode == 2 and not done.stdout, (line, done)
        place = path_of("one.test") + ":4:"
        assert done.stderr.startswith("sbpf test: " + place), (line, done.stderr)
        for text in texts:
            assert text in done.stderr, (line, text, done.stderr)


def test_files_that_cannot_be_read():
    for content, text in ((b"allow read\n", ":1:1: a line 'profile FILE' must stand before this"),
                          (b"", "asserts nothing"), (b"# nothing\n\n", "asserts nothing"),
                          (b"profile gone.json\nallow read\n", "gone.json: No such file"),
                          (b"\xff\n", "no UTF-8"), (b"profile a\0b\n", "control character"),
                          (b"profile bad.json\nallow read\n", "bad.json")):
        write("bad.json", b"{}")
        done = run("test", write("bad.test", content))
        assert done.returncode == 2 and text in done.stderr, (content, done.stderr)
    assert run("test", path_of("none.test")).returncode == 2
    assert run("test").returncode == 2
    assert run("test", "--format", "html", path_of("x")).returncode == 2
    for score in ("9", "9/", "9/0", "11/10", "-1/2", "9/10x"):
        assert run("test", "--min-score", score, path_of("x")).returncode == 2, score
    # A line may not become another by a target that cannot be.
    done = run("test", file_of(["allow read"], profile(rule("read")), target="x86_64 kernel x"))
    assert done.returncode == 2 and "one.test:2: " in done.stderr, done.stderr


def test_a_file_of_many_lines_is_refused():
    done = run("test", file_of(["allow read"] * 4097, profile(rule("read"))))
    assert done.returncode == 2 and "at most 4096 assertions" in done.stderr
    done = run("test", write("long.test", b"#" * (4 << 20) + b"\n"))
    assert done.returncode == 2 and "large" in done.stderr, done.stderr


# ---- Coverage


def names_of(answered, kind="uncovered"):
    return {name for gap in answered[kind] for name in gap["names"] or [gap["rule"]]}


def test_rules_and_defaults_without_an_assertion_are_listed():
    policy = profile(rule(["read", "write"]), rule("mkdir", "KILL_PROCESS", (1, "EQ", 5)),
                     rule("mkdir", "LOG", (1, "GT", 5)), rule("read"),
                     rule("no_such_call"), rule("close", "ERRNO", errnoRet=1))
    answered = ask(["allow read"], policy)
    assert names_of(answered) == {"write", "mkdir", "defaultAction"}, answered
    assert names_of(answered, "idle") == {"read", "no_such_call", "close"}, answered
    answered = ask(["allow read, write", "kill_process mkdir(mode == 5)"], policy)
    assert [(g["rule"], g["names"]) for g in answered["uncovered"]] == \
        [("defaultAction", None), ("syscalls[2]", ["mkdir"])], answered
    answered = ask(["allow read, write", "kill_process mkdir(mode == 5)", "log mkdir(mode > 5)",
                    "errno EPERM mkdir(mode < 5)"], policy)
    assert not answered["uncovered"] and not answered["failed"], answered
    # A failed line speaks of its calls too; 'within' of none.
    write("all.json", profile(default="ALLOW"))
    assert "write" not in names_of(ask(["log write"], policy))
    assert "write" in names_of(ask(["within all.json"], policy))


def test_names_of_a_profile_are_data():
    names = ['a", "b', "x, y", "\\", "read\n", "\x1b[31m"]
    answered = ask(["allow read"], profile(rule(["read", *names])))
    assert [g["names"] for g in answered["idle"]] == [names], answered
    for form in ("tap", "text", "junit", "sarif"):
        out = run("test", "--format", form, path_of("one.test")).stdout
        assert "\x1b" not in out, (form, out)


def test_a_rule_in_the_literal_reading_may_repeat_the_default():
    policy = profile(rule("mkdir", "ERRNO", (1, "EQ", 5)), rule("mkdir"))
    answered = ask(["allow mkdir(mode == 6)"], policy, target="x86_64 reading literal")
    assert [(g["rule"], g["names"]) for g in answered["uncovered"]] == \
        [("defaultAction", None), ("syscalls[0]", ["mkdir"])], answered
    assert names_of(ask(["allow mkdir"], policy), "idle") == {"mkdir"}


# ---- Mutants


def apply(policy, path, text):
    """The profile that a mutant is, from its words."""
    made = copy.deepcopy(policy)
    entry = re.search(r"syscalls\[(\d+)\]", path)
    one = made["syscalls"][int(entry[1])] if entry else None
    operators = {sign: name for sign, name in NAMES.items()}

    def action(where, verdict, key, errno):
        found = re.match(r"(\w+)(?:\((\w+)\))?$", verdict)
        where[key] = "SCMP_ACT_" + found[1]
        where.pop(errno, None)
        if found[2]:
            where[errno] = {"EPERM": 1, "EACCES": 13, "ENOSYS": 38}[found[2]]

    if text == "drop the rule":
        del made["syscalls"][int(entry[1])]
    elif found := re.fullmatch(r"drop the name (\w+)", text):
        one["names"].remove(found[1])
    elif found := re.fullmatch(r"change the name (\w+) to (\w+)", text):
        one["names"][one["names"].index(found[1])] = found[2]
    elif found := re.fullmatch(r"change the action to (.*)", text):
        action(one, found[1], "action", "errnoRet")
    elif found := re.fullmatch(r"change the default to (.*)", text):
        action(made, found[1], "defaultAction", "defaultErrnoRet")
    elif found := re.fullmatch(r"drop args\[(\d+)\]", text):
        del one["args"][int(found[1])]
    elif found := re.fullmatch(r"change the operator (\S+) of args\[(\d+)\] to (\S+)", text):
        arg = one["args"][int(found[2])]
        if found[1] == "&":
            arg["value"] = arg.get("valueTwo", 0)
        arg["op"] = "SCMP_CMP_" + operators[found[3]]
    elif found := re.fullmatch(r"change the value of args\[(\d+)\] to (\w+)", text):
        one["args"][int(found[1])]["value"] = int(found[2], 16)
    elif found := re.fullmatch(r"change bit (\d+) of the mask of args\[(\d+)\]", text):
        arg = one["args"][int(found[2])]
        arg["value"] ^= 1 << int(found[1])
        arg["valueTwo"] = arg.get("valueTwo", 0) & ~(1 << int(found[1]))
    elif found := re.fullmatch(r"change bit (\d+) of the masked value of args\[(\d+)\]", text):
        one["args"][int(found[2])]["valueTwo"] = \
            one["args"][int(found[2])].get("valueTwo", 0) ^ 1 << int(found[1])
    elif found := re.fullmatch(r"change the index of args\[(\d+)\] to (\d)", text):
        one["args"][int(found[1])]["index"] = int(found[2])
    elif found := re.fullmatch(r"exchange it with syscalls\[(\d+)\]", text):
        i, j = int(entry[1]), int(found[1])
        made["syscalls"][i], made["syscalls"][j] = made["syscalls"][j], made["syscalls"][i]
    elif found := re.fullmatch(r"drop the ABI (\w+)", text):
        gone = "SCMP_ARCH_" + found[1].upper()
        for where in made.get("archMap", [made]):
            for key in ("architectures", "subArchitectures"):
                where[key] = [a for a in where.get(key, []) if a != gone] if key in where else None
                if where[key] is None:
                    del where[key]
    else:
        raise AssertionError(text)
    return made


def check_survivors(policy, lines, answered, every=1):
    """What survives is another profile, its line tells, and no line before did."""
    base = ask(lines, policy)
    assert not base["failed"], base["failed"]
    write("plain.json", policy)
    for survivor in answered["survivors"][::every]:
        made = apply(policy, survivor["rule"], survivor["mutant"])
        expect("diff", "--one-target", "--arch", "x86_64", write("plain.json", policy),
               write("made.json", made), status=1)
        assert not ask(lines, made)["failed"], survivor
        assert survivor["assertion"], survivor
        assert holds(survivor["assertion"], policy), survivor
        assert not holds(survivor["assertion"], made), survivor
        text = json.dumps(policy, indent=1).splitlines()
        assert 1 <= survivor["line"] <= len(text), survivor


KINDS = profile(
    rule(["read", "write", "close"]),
    rule("socket", "ALLOW", (0, "LT", 38)), rule("socket", "ALLOW", (0, "EQ", 39), (1, "NE", 3)),
    rule("clone", "ALLOW", (0, "MASKED_EQ", 0x7e020000, 0x20000)),
    rule("mkdir", "LOG", (1, "GE", 8)), rule("mkdir", "KILL_PROCESS", (1, "LE", 9)),
    rule(["unlink", "rmdir"], "ERRNO", errnoRet=38), rule("personality", "ALLOW", (0, "GT", UPPER)),
    rule("openat", "TRAP"), rule("openat"), rule("bind", "KILL_THREAD"))


def test_mutants_of_every_kind_are_files_that_the_lines_tell():
    answered = ask(["allow read on x86_64"], KINDS, "--mutate", name="kinds")
    check_survivors(KINDS, ["allow read on x86_64"], answered)
    words = {re.sub(r"\[\d+\]|\d+", "", s["mutant"].split(" to ")[0].split(" name ")[0])
             for s in answered["survivors"]}
    for kind in ("drop the rule", "drop the", "change the", "change the action", "drop args",
                 "change the operator < of args", "change the value of args", "change bit  of the mask of args",
                 "change bit  of the masked value of args", "change the index of args",
                 "exchange it with syscalls", "change the default", "drop the ABI x"):
        assert kind in words, (kind, words)
    assert answered["mutants"] == answered["killed"] + len(answered["survivors"])


def test_the_score_counts_what_files_show():
    """Each mutant of a small profile, by a file of its own: killed if the lines fail on it."""
    lines = ["allow read, write", "allow socket(family == 2)", "never socket(family == AF_ALG)"]
    policy = profile(rule(["read", "write", "close"]), rule("socket", "ALLOW", (0, "LE", 37)),
                     rule("mkdir", "LOG", (1, "MASKED_EQ", 6, 2)), abis=["X86_64", "X86"])
    everything = ask(["allow read"], policy, "--mutate")
    answered = ask(lines, policy, "--mutate")
    assert everything["mutants"] == answered["mutants"]
    alive = {(s["rule"], s["mutant"]) for s in answered["survivors"]}
    told = 0
    for survivor in everything["survivors"]:
        made = apply(policy, survivor["rule"], survivor["mutant"])
        killed = bool(ask(lines, made)["failed"])
        assert killed == ((survivor["rule"], survivor["mutant"]) not in alive), survivor
        told += killed
    assert told == answered["killed"] - everything["killed"] > 10, (told, answered)


def test_within_notices_what_is_newly_allowed():
    write("bound.json", profile(rule("read")))
    answered = ask(["within bound.json"], profile(rule("read")), "--mutate")
    assert not [s for s in answered["survivors"] if s["mutant"] in
                ("change the default to ALLOW", "change the default to LOG", "change the name read to readahead")]
    assert "drop the rule" in [s["mutant"] for s in answered["survivors"]]
    alone = ask(["never write on x86_64"], profile(rule("read")), "--mutate")
    assert "change the name read to readahead" in [s["mutant"] for s in alone["survivors"]]


def test_mutants_of_equal_meaning_do_not_count():
    # The second rule is void, the third a repetition; the order of like rules does not matter.
    policy = profile(rule("read"), rule("read", "LOG", (0, "EQ", 3)), rule("read"),
                     abis=["X86_64"])
    answered = ask(["allow write"], profile(rule("write"), abis=["X86_64"]), "--mutate")
    answered = ask(["errno EPERM write"], policy, "--mutate")
    check_survivors(policy, ["errno EPERM write"], answered)
    assert not [s for s in answered["survivors"] if s["mutant"] == "drop the rule"], answered


def test_a_name_that_cannot_have_its_verdict_is_no_mutant():
    policy = profile(rule(["waitpid", "read"], "NOTIFY"), abis=["X86"])
    assert sorted(["waitpid", "write"])[1] == "write"
    survivors = ask(["errno EPERM open"], policy, "--mutate")["survivors"]
    assert "drop the name waitpid" in [s["mutant"] for s in survivors] or not survivors
    assert not [s for s in survivors if s["mutant"].endswith("to write")]


def test_other_readings_have_their_mutants():
    for reading in ("literal", "oci"):
        target = f"x86_64 reading {reading}"
        lines = ["allow read on x86_64"]
        answered = ask(lines, KINDS, "--mutate", target=target)
        assert answered["survivors"]
        for survivor in answered["survivors"][::5]:
            made = apply(KINDS, survivor["rule"], survivor["mutant"])
            assert not ask(lines, made, target=target)["failed"], survivor
            assert holds(survivor["assertion"], KINDS, target=target), survivor
            assert not holds(survivor["assertion"], made, target=target), survivor
    answered = ask(["allow read on x86_64"], KINDS, "--mutate", target="x86_64 enosys")
    for survivor in answered["survivors"][::5]:
        made = apply(KINDS, survivor["rule"], survivor["mutant"])
        assert not holds(survivor["assertion"], made, target="x86_64 enosys"), survivor


def test_docker():
    text = expect("test", "--init", DOCKER, "--arch", "x86_64", "--kernel", "6.12")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "profile", "target"))]
    policy = json.load(open(DOCKER, encoding="utf-8"))
    whole = ask(lines, policy, "--mutate", target="x86_64 kernel 6.12")
    assert not whole["failed"] and not whole["uncovered"] and not whole["survivors"]
    assert whole["killed"] == whole["mutants"] > 1000, whole
    half = ask(lines[::3], policy, "--mutate", target="x86_64 kernel 6.12")
    assert half["killed"] < half["mutants"] == whole["mutants"]
    check_survivors(policy, lines[::3], half, every=len(half["survivors"]) // 40 + 1)


# ---- The project's own


def test_what_lies_beside_the_profiles():
    files = sorted(glob.glob(os.path.join(PROJECT, "profiles", "*.test")))
    profiles = glob.glob(os.path.join(PROJECT, "profiles", "*.json"))
    assert len(files) > 3 and {f[:-len(".test")] for f in files} <= {p[:-len(".json")] for p in profiles}
    answered = json.loads(expect("test", "--format", "json", "--min-score", "1/1", *files))
    assert not answered["uncovered"] and not answered["survivors"], answered


# ---- First files


def test_first_files_pass_and_leave_nothing():
    for path in sorted(glob.glob(os.path.join(PROJECT, "profiles", "*.json")) +
                       glob.glob(os.path.join(PROJECT, "tests/profiles/unusual", "*.json"))):
        first = path_of("first.test")
        for options in (["--arch", "x86_64"], ["--arch", "aarch64", "--reading", "oci"],
                        ["--arch", "s390x", "--caps", "ALL", "--enosys"]):
            if run("explain", *options[:4], path).returncode:
                continue  # no policy for this machine
            expect("test", "--init", path, "-o", first, *options)
            answered = json.loads(expect("test", "--format", "json", "--mutate", first))
            assert not answered["uncovered"] and not answered["survivors"], (path, options, answered)
            assert answered["killed"] == answered["mutants"], (path, options)


def test_a_first_file_names_its_profile_from_its_folder():
    os.makedirs(path_of("in/there"), exist_ok=True)
    write("in/policy.json", profile(rule("read")))
    expect("test", "--init", "policy.json", "-o", "there/first.test", cwd=path_of("in"))
    with open(path_of("in/there/first.test"), encoding="utf-8") as file:
        assert "\nprofile ../policy.json\n" in file.read()
    expect("test", path_of("in/there/first.test"))
    kept = path_of("in/there/first.test")
    before = os.stat(kept)
    assert run("test", "--init", path_of("in/none.json"), "-o", kept).returncode == 2
    assert os.stat(kept).st_mtime_ns == before.st_mtime_ns
    assert run("test", "--init", path_of("in/policy.json"), kept).returncode == 2


# ---- Formats


LINES = ["allow read", "allow write # <no> & \"no\"", "errno EPERM mount"]


def test_formats():
    policy = profile(rule("read"), rule(["open", "openat"]))
    file = file_of(LINES, policy)
    tap = expect("test", file, status=1).splitlines()
    assert tap[:2] == ["TAP version 14", "1..3"], tap
    assert [line for line in tap if re.match("(not )?ok ", line)] == [
        f"ok 1 - {file}:3: allow read", f"not ok 2 - {file}:4: allow write",
        f"ok 3 - {file}:5: errno EPERM mount"], tap
    assert f"# no assertion: {path_of('one.json')}:" in "\n".join(tap)
    junit = xml.etree.ElementTree.fromstring(expect("test", "--format", "junit", file, status=1))
    assert [(len(s), s.get("tests"), s.get("failures")) for s in junit] == [(4, "3", "1")]
    assert [case.get("name") for case in junit.iter("testcase") if len(case)] == ["line 4: allow write"]
    sarif = json.loads(expect("test", "--format", "sarif", "--mutate", file, status=1))["runs"][0]
    kinds = [r["ruleId"] for r in sarif["results"]]
    assert kinds[:2] == ["assertion-failed", "rule-uncovered"] and "mutant-survives" in kinds
    text = expect("test", "--format", "text", file, status=1)
    assert text.startswith(f"FAILED {file}:4: allow write\n    x86_64 write(0, 0, 0) is ERRNO(EPERM), not ALLOW\n"
                           f"    by {path_of('one.json')}:2: defaultAction\n"), text
    assert "No assertion speaks of 2 rules:" in text and text.endswith("2 of 3 assertions hold\n"), text
    answered = json.loads(expect("test", "--format", "json", file, file, status=1))
    assert answered["assertions"] == 6 and len(answered["failed"]) == 2
    assert {"assertions", "failed", "uncovered", "mutants", "killed", "survivors"} <= set(answered)
    failed = answered["failed"][0]
    assert (failed["line"], failed["text"], failed["example"]["name"]) == (4, "allow write", "write")
    expect("test", "-o", path_of("report.xml"), "--format", "junit", file, status=1)
    xml.etree.ElementTree.parse(path_of("report.xml"))


def test_the_score_that_is_wanted():
    policy = profile(rule("read"), abis=["X86_64"])
    answered = ask(["allow read"], policy, "--mutate")
    file = file_of(["allow read"], policy)
    killed, mutants = answered["killed"], answered["mutants"]
    assert 0 < killed < mutants, answered
    expect("test", "--min-score", f"{killed}/{mutants}", file)
    out = expect("test", "--min-score", f"{killed + 1}/{mutants}", file, status=1)
    assert f"# killed {killed} of {mutants} mutants\nnot ok 2 - " in out, out
    # 11,999 of 12,000 are not all.
    expect("test", "--min-score", f"{killed * 1000 + 1}/{mutants * 1000}", file, status=1)
    text = expect("test", "--min-score", "1/1", "--format", "text", file, status=1)
    assert text.endswith(f"1 of 1 assertion holds, killed {killed} of {mutants} mutants, where 1 of 1 are wanted\n")


def on_terminal(*arguments, **environment):
    """What a terminal gets."""
    leader, follower = pty.openpty()
    with subprocess.Popen([SBPF, *arguments], stdin=subprocess.DEVNULL, stdout=follower, stderr=follower,
                          env={**os.environ, "TERM": "xterm", "PAGER": "cat", **environment}) as process:
        os.close(follower)
        text = b""
        try:
            while more := os.read(leader, 4096):
                text += more
        except OSError:
            pass  # the other end is closed
    os.close(leader)
    return text.decode().replace("\r\n", "\n"), process.returncode


def test_a_terminal_gets_text_and_progress():
    file = file_of(LINES, profile(rule("read"), rule(["open", "openat"])))
    text, status = on_terminal("test", "--mutate", file)
    assert status == 1 and "\033[" in text and "\rmutants: " in text and "TAP" not in text, text
    assert "FAILED" in text and " of 3 assertions hold" in text, text
    text, status = on_terminal("test", file, NO_COLOR="1")
    assert status == 1 and "\033[3" not in text and "2 of 3 assertions hold\n" in text, text


def test_standard_input():
    write("stdin.json", profile(rule("read")))
    text = f"profile {path_of('stdin.json')}\nallow read\n"
    assert "ok 1 - <stdin>:2: allow read" in expect("test", "-", input=text)


run_tests(globals())
