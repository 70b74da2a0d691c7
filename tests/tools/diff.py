# SPDX-License-Identifier: MIT
"""sbpf diff: every difference is listed, every example and condition is true."""
import json
import random
import re

from common import (DOCKER, answer, compile_raw, expect, holds, read_program, run, run_tests, write)

X86_64, X86 = 0xC000003E, 0x40000003
X32_BIT = 0x40000000
ABIS = {"x86_64": X86_64, "x86": X86, "x32": X86_64}
CALLS = ["read", "write", "close", "mkdir", "socket", "clone", "lseek", "personality", "prctl",
         "ioctl", "mremap", "openat2"]
ACTIONS = ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_ERRNO", "SCMP_ACT_TRAP", "SCMP_ACT_KILL"]
VALUES = [0, 1, 2, 3, 8, 40, 0xFF, 0x7E020000, 0x80000000, 0xFFFFFFFF, 0x100000000, 0x10000000A,
          0xFFFFFFFFFFFFFFFF]
VAGUE = "some arguments"  # conditions that would take too many words
OPERATORS = ["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]


def profile(*rules, default="SCMP_ACT_ALLOW", architectures=("SCMP_ARCH_X86_64",)):
    return {"defaultAction": default, "architectures": list(architectures), "syscalls": list(rules)}


def rule(name, action="SCMP_ACT_ERRNO", **more):
    return {"names": [name], "action": action, **more}


def listed(a, b, *options):
    done = run("diff", "--arch", "x86_64", "--format", "json", *options, a, b)
    rows = json.loads(done.stdout)
    assert done.returncode == (1 if rows else 0), (done.returncode, done.stderr)
    return rows


def random_condition(chance):
    condition = {"index": chance.randrange(3), "value": chance.choice(VALUES),
                 "op": "SCMP_CMP_" + chance.choice(OPERATORS)}
    if condition["op"].endswith("MASKED_EQ"):
        condition["valueTwo"] = condition["value"] & chance.choice(VALUES)
    return condition


def random_profile(chance):
    rules = []
    for _ in range(chance.randrange(12)):
        conditions = [random_condition(chance) for _ in range(chance.choice([0, 0, 1, 1, 2]))]
        rules.append(rule(chance.choice(CALLS), chance.choice(ACTIONS), args=conditions))
    architectures = ["SCMP_ARCH_X86_64", *chance.sample(["SCMP_ARCH_X86", "SCMP_ARCH_X32"],
                                                        chance.randrange(3))]
    return profile(*rules, default=chance.choice(ACTIONS), architectures=architectures)


def numbers_of_calls():
    table = json.loads(expect("syscalls", "--abi", "x86_64,x86,x32", "--format", "json", *CALLS))
    return {(abi, number) for call in table["calls"] for abi, number in call["numbers"].items()}


def random_calls(chance, count):
    known = sorted(numbers_of_calls())
    for _ in range(count):
        abi, number = chance.choice(known)
        if chance.randrange(8) == 0:
            number = number & X32_BIT | chance.choice([400, 500, 1000, 0x3FFFFFFF])
        wide = abi != "x86"
        arguments = [(chance.choice(VALUES) + chance.randrange(-1, 2)) %
                     (1 << (64 if wide else 32)) for _ in range(6)]
        yield abi, number, arguments


def matching(rows, abi, number, arguments):
    return [row for row in rows if row["abi"] == abi and row["nr"] in (None, number) and
            holds(row["when"], number, arguments)]


def check_rows(found, a, b):
    """The rows of one call: exactly one when its verdicts differ, else none."""
    if any(row["when"] == VAGUE for row in found):
        return
    assert len(found) == (1 if a != b else 0), (a, b, found)
    assert not found or (found[0]["a"]["value"], found[0]["b"]["value"]) == (a, b), (a, b, found)


def check_examples(rows, a, b):
    for row in rows:
        example = row["example"]
        arguments = [int(one, 16) for one in example["args"]]
        assert holds(row["when"], example["nr"], arguments), row
        for side, instructions in ("a", a), ("b", b):
            found = answer(instructions, example["arch"], example["nr"], arguments)
            assert found == example[side]["value"] == row[side]["value"], (row, side, found)
        assert row["a"] != row["b"], row


def check_pair(chance, *profiles):
    names = [write(f"{side}.json", one) for side, one in zip("ab", profiles)]
    programs = [read_program(compile_raw(f"{side}.bpf", name, "--arch", "x86_64"))
                for side, name in zip("ab", names)]
    rows = listed(*names)
    check_examples(rows, *programs)
    for abi, number, arguments in random_calls(chance, 400):
        a, b = (answer(one, ABIS[abi], number, arguments) for one in programs)
        check_rows(matching(rows, abi, number, arguments), a, b)
    return rows


def test_random_pairs():
    for seed in range(30):
        chance = random.Random(seed)
        check_pair(chance, random_profile(chance), random_profile(chance))


def test_no_words_hide_that_more_is_allowed():
    """The first call on which they differ is refused; the last one is newly allowed."""
    masks = [rule("keyctl", "SCMP_ACT_ALLOW", args=[
        {"index": index, "value": factor << 2 * i + 5, "valueTwo": 1 << 2 * i + 5,
         "op": "SCMP_CMP_MASKED_EQ"} for index, factor in enumerate((9, 3, 5))])
             for i in range(16)]
    low, high = (write(f"{value:x}.json", profile(
        *masks, rule("keyctl", "SCMP_ACT_ALLOW",
                     args=[{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}]),
        default="SCMP_ACT_ERRNO")) for value in (0, 0xFFFFFFFFFFFFFFFF))
    for old, new, first in (low, high, "0xffffffffffffffff"), (high, low, "0x0"):
        rows = listed(old, new, "--fail-on", "weaker")
        assert [(row["when"], row["a"]["text"], row["b"]["text"]) for row in rows] == [
            (VAGUE, "ERRNO(1)", "ALLOW"), (VAGUE, "ALLOW", "ERRNO(1)")], rows
        assert rows[0]["example"]["args"][0] == first, rows


def test_ranges_meet_masks():
    below = {"index": 0, "value": 0x10000000A, "op": "SCMP_CMP_LE"}
    masked = {"index": 0, "value": 0x100000000, "valueTwo": 0x100000000,
              "op": "SCMP_CMP_MASKED_EQ"}
    rows = check_pair(random.Random(0), profile(rule("read", args=[below])),
                      profile(rule("read", args=[masked], errnoRet=5)))
    assert {(row["a"]["text"], row["b"]["text"]): row["example"]["args"][0] for row in rows} == {
        ("ERRNO(1)", "ALLOW"): "0x0",
        ("ERRNO(1)", "ERRNO(5)"): "0x100000000",
        ("ALLOW", "ERRNO(5)"): "0x10000000b",
    }, rows


def test_what_is_newly_allowed_comes_first():
    a = write("a.json", profile(rule("mkdir"), rule("chmod", "SCMP_ACT_KILL"),
                                rule("read", errnoRet=5)))
    b = write("b.json", profile(rule("chmod"), rule("read", errnoRet=6), rule("write")))
    text = expect("diff", "--arch", "x86_64", a, b, status=1)
    text, scope = text.split("looked at: ", 1)
    assert scope.startswith("x86_64 with x86 and x32, kernel "), scope
    assert text == (f"--- {a}\n+++ {b}\n"
                    "+ x86_64 mkdir: ERRNO(EPERM) -> ALLOW\n"
                    "+ x86_64 chmod: KILL_THREAD -> ERRNO(EPERM)\n"
                    "- x86_64 write: ALLOW -> ERRNO(EPERM)\n"
                    "~ x86_64 read: ERRNO(EIO) -> ERRNO(ENXIO)\n"
                    f"weaker: {b} may do more than {a}, where a line begins with +\n"), text


def test_equal_policies_have_an_empty_list():
    raw = compile_raw("docker.bpf", DOCKER)
    text = expect("diff", DOCKER, raw)
    assert text.startswith(f"no difference: {DOCKER} and {raw} give every call the same verdict\n"
                           "looked at: "), text
    assert expect("diff", DOCKER, DOCKER).startswith("no difference: ")
    assert expect("diff", "--format", "json", DOCKER, raw) == "[]\n"


def test_numbers_without_a_call_and_foreign_archs_are_ranges():
    a = write("a.json", profile(default="SCMP_ACT_ERRNO"))
    b = write("b.json", profile(default="SCMP_ACT_ALLOW"))
    rows = listed(a, b)
    # A tracer skips a call with number -1, which has x32's bit.
    assert [row["nr"] for row in rows if row["abi"] != "x86_64"] == [0xFFFFFFFF]
    assert [row["nr"] for row in rows if row["name"] == "read"] == [0]
    last = [row for row in rows if row["when"] and row["when"].endswith("nr <= 1073741823")]
    assert len(last) == 1 and last[0]["nr"] is None and last[0]["name"] is None, last
    rows = listed("--bad-arch=KILL_THREAD", a, compile_raw("a.bpf", a, "--arch", "x86_64"))
    foreign = [row for row in rows if row["abi"] == "aarch64"]
    assert len(foreign) == 1 and foreign[0]["nr"] is None and foreign[0]["when"] is None, foreign
    other = [row for row in rows if row["abi"] is None]
    assert len(other) == 1 and other[0]["example"]["name"] is None, other


def test_conditions_are_short():
    masked = {"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    unequal = [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"} for value in (0, 8, 0x20000)]
    a = write("a.json", profile(rule("prctl", "SCMP_ACT_ALLOW", args=[masked]),
                                *[rule("lseek", "SCMP_ACT_ALLOW", args=[one]) for one in unequal],
                                default="SCMP_ACT_ERRNO"))
    b = write("b.json", profile(rule("prctl", "SCMP_ACT_ALLOW"), rule("lseek", "SCMP_ACT_ALLOW"),
                                default="SCMP_ACT_ERRNO"))
    found = {row["name"]: row["when"] for row in listed(a, b)}
    assert found == {"prctl": "(args[0] & 0x7e020000) != 0x0",
                     "lseek": "args[0] != 0 && args[0] != 0x8 && args[0] != 0x20000"}, found


GUARDED = profile(rule("read", "SCMP_ACT_ALLOW"), *(
    rule(name, "SCMP_ACT_ALLOW", includes=guard) for name, guard in (
        ("bpf", {"arches": ["arm64"]}), ("mount", {"caps": ["CAP_SYS_ADMIN"]}),
        ("ptrace", {"minKernel": "99.1"}))), default="SCMP_ACT_ERRNO")


def test_each_target_that_guards_name_has_its_rows():
    a = write("a.json", profile(rule("read", "SCMP_ACT_ALLOW"), default="SCMP_ACT_ERRNO"))
    b = write("b.json", GUARDED)
    done = run("diff", "--format", "json", a, b)
    found = {(row["target"]["machine"], row["abi"], row["name"]) for row in json.loads(done.stdout)}
    assert done.returncode == 1, done
    for expected in (("aarch64", "aarch64", "bpf"), ("x86_64", "x86_64", "mount"),
                     ("aarch64", "aarch64", "mount"), ("x86_64", "x86_64", "ptrace")):
        assert expected in found, (expected, found)
    assert ("x86_64", "x86_64", "bpf") not in found, found
    text = expect("diff", a, b, status=1)
    assert re.search("@@ x86_64, kernel .*, Docker's 14 capabilities and SYS_ADMIN @@\n"
                     r"\+ x86_64 mount: ", text), text
    assert "+ aarch64 bpf: " in text and " targets: " in text, text


def test_fail_on():
    a = write("a.json", profile(rule("read", "SCMP_ACT_ALLOW"), default="SCMP_ACT_ERRNO"))
    b = write("b.json", GUARDED)
    for old, new, different, weaker in ((a, b, 1, 1), (b, a, 1, 0), (a, a, 0, 0)):
        assert run("diff", old, new).returncode == different
        assert run("diff", "--fail-on", "different", old, new).returncode == different
        assert run("diff", "--fail-on", "weaker", old, new).returncode == weaker
        assert run("diff", "--fail-on", "never", old, new).returncode == 0
        assert run("prove", "--subset", new, old).returncode == weaker
    assert f"not weaker: {a} may do nothing that {b} may not\n" in expect(
        "diff", "--fail-on", "weaker", b, a)
    assert run("diff", "--fail-on", "never", a, a + ".missing").returncode == 2


def test_calls_that_differ_in_their_names_alone_share_a_line():
    a = write("a.json", profile(rule("mkdir"), rule("chmod"), rule("rmdir", errnoRet=2)))
    b = write("b.json", profile())
    text = expect("diff", "--arch", "x86_64", a, b, status=1)
    assert "+ x86_64 mkdir, chmod: " in text and "+ x86_64 rmdir: " in text, text
    assert len(listed(a, b)) == 3


def test_trouble_is_neither_equal_nor_different():
    a = write("a.json", profile())
    assert run("diff", a).returncode == 2
    assert run("diff", a, a + ".missing").returncode == 2
    hard = write("hard.bpf", bytes.fromhex("2000000010000000" "0700000000000000"
                                           "2c00000000000000" "1500000139300000"
                                           "0600000001000500" "060000000000ff7f"))
    done = run("diff", "--arch", "x86_64", hard, a)
    assert done.returncode == 2 and done.stderr.startswith("sbpf diff: "), done.stderr
    done = run("diff", "--arch", "x86_64", "--format", "json", hard, hard)
    (row,) = json.loads(done.stdout)
    assert done.returncode == 2 and row["incomplete"] is True and row["target"]["machine"] == "x86_64", row
    assert not any(row[key] for key in ("abi", "nr", "name", "when", "a", "b", "example")), row


def test_conditions_past_the_effort_stay_without_words():
    """For each of 40 calls a dozen rules on three arguments, for nine machines."""
    random = __import__("random").Random(2)
    names = ("read write open close stat fstat poll lseek mmap mprotect munmap brk ioctl pread64 readv writev access "
             "pipe select mremap msync mincore madvise shmget shmat shmctl dup dup2 pause nanosleep getitimer alarm "
             "setitimer getpid sendfile socket connect accept sendto recvfrom").split()
    rules = [rule(name, action, args=[
        {"index": index, "value": random.getrandbits(8), "op": "SCMP_CMP_" + random.choice(("LT", "GE", "EQ", "NE"))}
        for index in range(3)]) for _ in range(4) for action in ("SCMP_ACT_LOG", "SCMP_ACT_TRAP", "SCMP_ACT_ALLOW")
             for name in names]
    a = write("a.json", profile(*rules, default="SCMP_ACT_ERRNO"))
    b = write("b.json", profile(*rules, default="SCMP_ACT_TRACE"))
    done = run("diff", "--arch", "x86_64,aarch64,ppc64le,s390x,riscv64,loongarch64,mips64,arm,x86", a, b)
    assert done.returncode == 1 and done.stderr.count("are not put into words") == 1, done.stderr
    assert re.search(r"\+ x86 .* with some arguments: ERRNO\(EPERM\) -> TRACE", done.stdout), done.stdout


def test_flags_that_differ_are_named():
    a, b = profile(), profile()
    b["flags"] = ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]
    a, b = write("a.json", a), write("b.json", b)
    for command in "diff", "prove":
        for other, named in (b, True), (a, False):
            text = expect(command, a, other)
            assert ("; flags, which differ" in text) == named, text


def test_what_is_not_known_is_not_called_equal():
    """Twelve capabilities of one call make more sets than are looked at; the last rule needs one."""
    names = [f"CAP_{name}" for name in (
        "CHOWN", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_RAW", "BPF",
        "PERFMON", "SYSLOG", "LEASE", "SYS_BOOT")]
    rules = [rule("read", "SCMP_ACT_ALLOW", includes={"caps": [name]},
                  args=[{"index": 0, "value": at, "op": "SCMP_CMP_EQ"}])
             for at, name in enumerate(names)]
    more = rule("read", "SCMP_ACT_ALLOW", includes={"caps": names[8:]},
                excludes={"caps": names[:8]},
                args=[{"index": 1, "value": 77, "op": "SCMP_CMP_EQ"}])
    a = write("a.json", profile(*rules, default="SCMP_ACT_ERRNO"))
    b = write("b.json", profile(*rules, more, default="SCMP_ACT_ERRNO"))
    for options in (), ("--fail-on", "weaker"), ("--fail-on", "never"):
        done = run("diff", *options, a, b)
        assert done.returncode == 2, done
        assert done.stdout.startswith("unknown: "), done.stdout
        assert "not looked at: " in done.stdout and "more targets than can" in done.stdout
    assert run("prove", "--subset", b, a).returncode == 3
    done = run("diff", "--format", "json", a, b)
    rows = json.loads(done.stdout)
    assert done.returncode == 2 and len(rows) == 1, done
    assert rows[0]["incomplete"] is True and rows[0]["target"] is None and rows[0]["a"] is None, rows


run_tests(globals())
