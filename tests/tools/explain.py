# SPDX-License-Identifier: MIT
"""sbpf explain: verdicts and their causes, names of arguments, what a whole policy means."""
import fcntl
import json
import os
import pty
import random
import re
import struct
import termios

from common import (DOCKER, PROJECT, SBPF, answer, compile_raw, expect, holds, program, read_program,
                    run, run_tests, write)

X86_64, X86 = 0xC000003E, 0x40000003
X32_BIT = 0x40000000
RULES = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["write"], "action": "SCMP_ACT_TRAP",
         "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}]},
        {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_LT"}]},
        {"names": ["socket"], "action": "SCMP_ACT_LOG",
         "args": [{"index": 0, "value": 25, "op": "SCMP_CMP_GT"}]},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
    ],
}


def text(*arguments):
    return expect("explain", "--arch", "x86_64", *arguments)


def explain(*arguments):
    return json.loads(text("--format", "json", *arguments))


def test_a_call_that_no_filter_is_asked_for_is_named():
    rules = write("uprobe.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["uprobe"], "action": "SCMP_ACT_KILL_PROCESS"}]})
    first, rule, steps = text(rules, "uprobe").splitlines()
    assert first.endswith(": from Linux 6.18 on the kernel asks no filter, before that KILL_PROCESS")
    assert rule.endswith("syscalls[0]: KILL_PROCESS: decides before Linux 6.18"), rule
    assert "instructions run" in steps
    assert "Linux 6.18" not in text(rules, "read")
    assert explain(rules, "uprobe")["exemptSince"] == "6.18"
    assert explain(rules, "read")["exemptSince"] is None


def test_json_of_one_call_has_exactly_these_members():
    rules = write("rules.json", RULES)
    one = explain(rules, "socket", "0x27")
    assert list(one) == ["abi", "arch", "nr", "name", "args", "verdict", "rule", "line", "exemptSince",
                         "steps", "cached"], list(one)
    assert (one["abi"], one["arch"], one["nr"], one["name"]) == ("x86_64", X86_64, 41, "socket")
    assert one["args"] == ["0x27", "0x0", "0x0", "0x0", "0x0", "0x0"]
    assert one["verdict"] == {"value": 0x7FFF0000, "action": "ALLOW", "data": 0}
    assert one["rule"] == "syscalls[3]" and one["cached"] is False and one["steps"] > 0
    with open(rules, encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert '"socket"' in "".join(lines[one["line"] - 1:one["line"] + 3]), one["line"]


def test_default_and_bad_arch_have_no_rule():
    rules = write("rules.json", RULES)
    one = explain(rules, "mkdir")
    assert one["verdict"] == {"value": 0x50001, "action": "ERRNO", "data": 1}
    assert one["rule"] is None and one["line"] is None
    one = explain("--abi", "x32", rules, "read")
    assert one["verdict"]["action"] == "KILL_PROCESS" and one["rule"] is None


def test_what_the_kernel_caches():
    rules = write("rules.json", RULES)
    assert explain(rules, "read")["cached"] is True
    assert explain("--abi", "x86", rules, "read")["cached"] is True
    assert explain("--abi", "x32", DOCKER, "read")["cached"] is False


def test_text_says_why_rules_did_not_decide():
    rules = write("rules.json", RULES)
    assert "syscalls[1]: TRAP if fd == 1: void" in text(rules, "write", "1")
    assert "syscalls[2]: ERRNO(EPERM): dropped: it repeats the default" in text(rules, "mkdir")
    both = text(rules, "socket", "35")
    assert "syscalls[3]: ALLOW if family < AF_VSOCK: decides" in both, both
    assert "syscalls[4]: LOG if family > AF_WANPIPE: comes too late" in both, both
    neither = write("neither.json", {**RULES, "syscalls": RULES["syscalls"][3:4]})
    assert "syscalls[0]: ALLOW if family < AF_VSOCK: does not hold" in \
        text(neither, "socket", "AF_VSOCK")
    assert ":2: defaultAction: ERRNO(EPERM): decides" in text(neither, "socket", "AF_VSOCK")


def test_config_json_has_lines_too():
    config = write("config.json", {"ociVersion": "1.0.0", "linux": {"seccomp": RULES}})
    one = explain(config, "read")
    assert one["rule"] == "linux.seccomp.syscalls[0]" and one["line"] > 5, one


def test_paths_of_a_config_json_are_the_same_in_all_commands():
    config = {"ociVersion": "1.0.0", "linux": {"seccomp": {
        "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["mkdir", "mkdr"], "action": "SCMP_ACT_ERRNO"}]}}}
    path = write("config.json", config)
    allow = write("allow.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    entry = r"config\.json:\d+: linux\.seccomp\.syscalls\[0\]"
    key = r"config\.json:\d+: linux\.seccomp\.defaultAction"
    assert re.search(entry + ": ERRNO", text(path, "mkdir"))
    assert re.search(key + ": ALLOW", text(path, "read"))
    assert re.search(entry + r"\.names\[1\]: warning: unknown", run("cost", path).stderr)
    assert re.search(r"config\.json:\d+: warning: linux\.seccomp\.syscalls\[0\]\.names\[1\]: no ",
                     run("lint", path).stdout)
    assert re.search(entry + "$", run("prove", "--subset", allow, path).stdout, re.M)
    config["linux"]["seccomp"]["syscalls"][0]["action"] = "ERRNO"
    assert re.search(entry + r"\.action: ", run("explain", write("config.json", config)).stderr)


def test_constants_and_numbers_are_arguments():
    flags = explain(DOCKER, "clone", "CLONE_NEWUSER|CLONE_NEWNS")
    assert flags["args"][0] == hex(0x10000000 | 0x20000) and flags["verdict"]["action"] == "ERRNO"
    assert explain(DOCKER, "socket", "AF_VSOCK")["args"][0] == "0x28"
    assert explain("--", DOCKER, "personality", "-1")["args"][0] == "0xffffffffffffffff"
    assert explain("--abi", "x86", "--", DOCKER, "personality", "-1")["args"][0] == "0xffffffff"
    assert "(clone_flags & (CLONE_NEWNS|" in text(DOCKER, "clone")


def test_x32_numbers_need_no_bit():
    numbers = {explain("--abi", "x32", DOCKER, str(number))["nr"]
               for number in (83, X32_BIT | 83)}
    assert numbers == {X32_BIT | 83}
    one = explain(DOCKER, str(X32_BIT | 83))
    assert (one["abi"], one["name"], one["nr"]) == ("x32", "mkdir", X32_BIT | 83)


def test_stack_and_raw_filter():
    block = write("block.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir"], "action": "SCMP_ACT_KILL_PROCESS"}]})
    assert explain(f"{DOCKER}+{block}", "mkdir")["verdict"]["action"] == "KILL_PROCESS"
    assert explain(f"{DOCKER}+{block}", "mkdir")["rule"] == "syscalls[0]"
    raw = write("raw.bpf", program((0x20, 0, 0, 0), (0x15, 0, 1, 83), (0x06, 0, 0, 0x5000D),
                                   (0x06, 0, 0, 0x7FFF0000)))
    one = explain(raw, "mkdir")
    assert one["verdict"] == {"value": 0x5000D, "action": "ERRNO", "data": 13}
    assert (one["rule"], one["line"], one["steps"]) == (None, None, 3)


def random_argument(chance):
    return chance.choice([0, 1, 8, 38, 39, 40, 0x20000, 0x10000000, 0xFFFFFFFF, 0x100000028,
                          chance.getrandbits(64)])


def test_verdicts_are_those_of_an_interpreter():
    chance = random.Random(4)
    raw = compile_raw("docker.bpf", DOCKER, "--arch", "x86_64", "--kernel", "6.1")
    instructions = read_program(raw)
    for _ in range(100):
        number = chance.choice([41, 56, 135, chance.randrange(480)])
        arguments = [random_argument(chance) for _ in range(6)]
        words = [str(number), *map(hex, arguments)]
        one = explain("--effort", "quick", "--kernel", "6.1", DOCKER, *words)
        assert one["verdict"]["value"] == answer(instructions, X86_64, number, arguments), words
        assert explain(raw, *words)["verdict"] == one["verdict"], words


def meanings(*arguments):
    """By ABI and number: what has a name, and what has not."""
    whole = explain(*arguments)
    named = {(abi["abi"], call["nr"]): call["cases"] for abi in whole["abis"]
             for call in abi["calls"]}
    gaps = {abi["abi"]: abi["unnamed"] for abi in whole["abis"]}
    return named, gaps, whole["other_archs"]


def test_whole_policy_is_what_an_interpreter_finds():
    chance = random.Random(5)
    raw = compile_raw("docker.bpf", DOCKER, "--arch", "x86_64", "--kernel", "6.1")
    instructions = read_program(raw)
    for policy in (DOCKER, raw):
        named, gaps, others = meanings("--kernel", "6.1", policy)
        for (abi, number), cases in named.items():
            for _ in range(20):
                arguments = [random_argument(chance) for _ in range(6)]
                if abi == "x86":
                    arguments = [argument & 0xFFFFFFFF for argument in arguments]
                case = next(case for case in cases if holds(case["when"], number, arguments))
                arch = X86 if abi == "x86" else X86_64
                assert case["verdict"]["value"] == answer(instructions, arch, number, arguments), \
                    (abi, number, arguments)
        assert gaps["x86_64"][-1]["last"] == 0xBFFFFFFF
        assert others["value"] == answer(instructions, 5, 0, [0] * 6)


def test_masks_are_told_as_masks():
    cases = meanings(DOCKER)[0][("x86_64", 56)]
    assert [case["when"] for case in cases] == ["(args[0] & 0x7e020000) == 0x0", None], cases
    assert ("clone: ALLOW if (clone_flags & (CLONE_NEWNS|CLONE_NEWCGROUP|CLONE_NEWUTS|"
            "CLONE_NEWIPC|CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET)) == 0\n") in text(DOCKER)


def equal_to(call, values):
    return write("equal.json", {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": [call], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}]} for value in values]})


def test_few_values_are_told_one_by_one_and_many_by_a_mask():
    cases = meanings(equal_to("socket", [1, 3]))[0][("x86_64", 41)]
    assert cases[0]["when"] == "args[0] == 0x1 || args[0] == 0x3" or \
        holds(cases[0]["when"], 41, [3]) and "&" not in cases[0]["when"].replace("&&", ""), cases
    values = [a | b | c | d for a in (0, 4) for b in (0, 16) for c in (0, 64) for d in (0, 256)]
    cases = meanings("--width", "kernel", equal_to("socket", values))[0][("x86_64", 41)]
    assert cases[0]["when"] == "(args[0] & 0xfffffeab) == 0x0", cases
    cases = meanings(equal_to("socket", values))[0][("x86_64", 41)]
    assert cases[0]["when"] == "(args[0] & 0xfffffffffffffeab) == 0x0", cases


def test_numbers_without_a_call_are_told():
    odd = write("odd.bpf", program((0x20, 0, 0, 0), (0x15, 0, 1, 400), (0x06, 0, 0, 0x50001),
                                   (0x06, 0, 0, 0x7FFF0000)))
    gaps = meanings(odd)[1]["x86_64"]
    assert [(gap["verdict"]["text"]) for gap in gaps] == ["ALLOW", "ERRNO(1)", "ALLOW"]
    assert (gaps[1]["first"], gaps[1]["last"]) == (400, 400)


def test_whole_policy_in_words():
    words = text(DOCKER)
    for part in ("ALLOW, whatever the arguments", "By x86: ", "By x32: ", "By any other arch: "
                 "KILL_PROCESS", "clone: ALLOW if (clone_flags & (CLONE_NEWNS|",
                 "personality == PER_LINUX32", "AF_VSOCK"):
        assert part in words, part
    assert "By x86: KILL_PROCESS, whatever the call" in text("--abi", "", DOCKER)


def test_an_abi_that_the_profile_does_not_cover_is_told_in_few_words():
    one = write("one.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []})
    assert """
By x32

  KILL_PROCESS, whatever the arguments: every call

  KILL_PROCESS: every number without a call
  ALLOW: 4294967295, which a tracer writes to skip a call
""" in text(one)


def test_a_machine_may_lack_the_call_of_several_targets():
    block = os.path.join(PROJECT, "profiles", "block-mkdir.json")
    both = ("explain", "--arch", "x86_64,aarch64")
    told = expect(*both, block, "mkdir")
    assert "mkdir() by x86_64, number 83: ERRNO(EPERM)\n" in told, told
    assert "\nmkdir: aarch64 lacks this call\n" in told, told
    answers = json.loads(expect(*both, "--format", "json", block, "mkdir"))
    assert [one["answer"] and one["answer"]["nr"] for one in answers] == [83, None], answers
    assert run("explain", "--arch", "aarch64", block, "mkdir").returncode == 1
    assert run(*both, block, "mkdri").returncode == 1


def test_what_most_calls_get_is_said_by_the_others():
    block = write("most.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]})
    words = text(block)
    assert "ALLOW, whatever the arguments: every call but\n    mkdir mkdirat\n" in words, words
    assert " getpid " not in words and " getpid " in text("--all", block), words
    few = write("few.json", {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]})
    assert "whatever the arguments: every call but\n    read write\n" in text(few)
    assert "whatever the arguments: 2 calls\n    read write\n" in text(few)
    assert " socketcall " in text("--all", DOCKER)


def test_several_targets():
    guarded = write("guarded.json", {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_BPF"]}}]})
    words = expect("explain", "--arch", "x86_64,aarch64", guarded, "bpf")
    assert words.startswith("@@ x86_64, kernel ") and "\n@@ aarch64, kernel " in words, words
    found = json.loads(expect("explain", "--arch", "x86_64", "--all-targets", "--format", "json",
                              guarded, "bpf"))
    assert [(len(one["targets"]), one["answer"]["verdict"]["action"]) for one in found] == \
        [(1, "ERRNO"), (1, "ALLOW")], found
    assert "CAP_BPF" in found[1]["targets"][0]["capabilities"], found


def test_unknown_arithmetic_is_called_unknown():
    square = write("square.bpf", program((0x20, 0, 0, 0), (0x07, 0, 0, 0), (0x20, 0, 0, 16),
                                         (0x2C, 0, 0, 0), (0x15, 0, 1, 7), (0x06, 0, 0, 0x50001),
                                         (0x06, 0, 0, 0x7FFF0000)))
    assert "unknown" in text(square)


def on_terminal(pager, *arguments):
    """What a terminal of 24 lines shows."""
    pid, terminal = pty.fork()
    if pid == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
        os.environ["PAGER"] = pager
        os.execv(SBPF, [SBPF, "explain", *arguments])
    shown = b""
    try:
        while chunk := os.read(terminal, 65536):
            shown += chunk
    except OSError:
        pass  # the child is done
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    return shown.decode()


def test_pager_gets_what_is_longer_than_the_screen():
    pager = "sed s/^/paged:/"
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as error:  # a chroot may be without /dev/pts
        print(f"SKIP: no terminal to be had: {error}")
        return
    assert "paged:By any other arch" in on_terminal(pager, DOCKER)
    assert "paged:" not in on_terminal(pager, DOCKER, "read")
    for none in ("", "cat", "no-such-pager-here 2>&-"):
        assert "By any other arch" in on_terminal(none, DOCKER), none
    assert "paged:" not in expect("explain", DOCKER, env={**os.environ, "PAGER": pager})


def test_wrong_usage_says_what_would_be_right():
    done = run("explain", DOCKER, "sokcet")
    assert done.returncode == 1 and "did you mean socket?" in done.stderr, done.stderr
    done = run("explain", DOCKER, "socket", "AF_VSOK")
    assert done.returncode == 2 and "AF_VSOCK" in done.stderr, done.stderr
    done = run("explain", "--abi", "arm64x", DOCKER, "read")
    assert done.returncode == 2 and "arm64x" in done.stderr, done.stderr
    assert run("explain", DOCKER, "read", *"1234567").returncode == 2
    assert run("explain").returncode == 2


run_tests(globals())
