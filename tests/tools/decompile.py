# SPDX-License-Identifier: MIT
"""sbpf decompile: profiles of filters, and what no profile can say."""
import glob
import json
import os
import random

from common import DOCKER, PROJECT, compile_raw, expect, path_of, program, run, run_tests, write

X86_64 = 0xC000003E
I386 = 0x40000003
LOAD_NUMBER = (0x20, 0, 0, 0)
LOAD_ARCH = (0x20, 0, 0, 4)
ALLOW, EPERM = (0x06, 0, 0, 0x7FFF0000), (0x06, 0, 0, 0x50001)
KILL, KILL_THREAD = (0x06, 0, 0, 0x80000000), (0x06, 0, 0, 0)
TARGET = ("--arch", "x86_64")


def load_lower(argument):
    return (0x20, 0, 0, 16 + 8 * argument)


def load_upper(argument):
    return (0x20, 0, 0, 20 + 8 * argument)


def jump_equal(k, yes, no):
    return (0x15, yes, no, k)


def jump_greater_equal(k, yes, no):
    return (0x35, yes, no, k)


def jump_set(k, yes, no):
    return (0x45, yes, no, k)


def on_x86_64(*body):
    """Other architectures are killed, and so is x32."""
    return program(LOAD_ARCH, jump_equal(X86_64, 1, 0), KILL, LOAD_NUMBER,
                   jump_equal(0xFFFFFFFF, 2, 0), jump_set(0x40000000, 0, 1), KILL, *body)


def compiled(path, *options):
    """What a policy means by itself, however the target reads profiles."""
    if path.endswith(".bpf"):
        return path
    return compile_raw("meant.bpf", path, *TARGET, *options)


def decompile(path, *options):
    """The profile, after it was proven again from outside, in every reading."""
    made = path_of("made.json")
    expect("decompile", *TARGET, *options, "-o", made, path)
    meant = compiled(path, *options)
    for reading in ("docker", "oci", "literal"):
        # Runtimes compare whole registers.
        expect("prove", *TARGET, *options, "--reading", reading, "--width", "profile", meant, made)
    with open(made, encoding="utf-8") as file:
        return json.load(file)


def refusal(path, *options):
    made = path_of("refused.json")
    done = run("decompile", *TARGET, *options, "-o", made, path)
    assert done.returncode == 1, (path, done)
    assert not os.path.exists(made)
    return done.stderr


def rules_on(profile, name):
    return [(rule["action"], *((a["index"], a["op"][9:], a["value"]) + ((a["valueTwo"],)
            if "valueTwo" in a else ()) for a in rule.get("args", [])))
            for rule in profile["syscalls"] if name in rule["names"]]


def test_the_projects_profiles_come_back():
    for path in glob.glob(os.path.join(PROJECT, "profiles", "*.json")):
        decompile(path)
        for machine in ("x86_64", "aarch64", "s390x", "x86"):
            raw = compile_raw("raw.bpf", path, "--arch", machine)
            text = expect("decompile", "--arch", machine, raw)
            expect("prove", "--arch", machine, raw, write("back.json", text.encode()))


def test_every_reading_and_width_comes_back():
    for options in (("--reading", "oci"), ("--reading", "literal"), ("--width", "kernel"),
                    ("--enosys",), ("--bad-arch", "KILL_THREAD"), ("--abi", "x86")):
        decompile(DOCKER, *options)


def test_dockers_profile_keeps_its_conditions():
    profile = decompile(compile_raw("docker.bpf", DOCKER, *TARGET))
    assert rules_on(profile, "clone") == [
        ("SCMP_ACT_ALLOW", (0, "MASKED_EQ", 0x7E020000, 0))], rules_on(profile, "clone")
    assert rules_on(profile, "socket") == [
        ("SCMP_ACT_ALLOW", (0, "LE", 37)), ("SCMP_ACT_ALLOW", (0, "EQ", 39)),
        ("SCMP_ACT_ALLOW", (0, "GE", 41))], rules_on(profile, "socket")
    assert profile["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_X86"]


def test_a_linear_filter_comes_back():
    path = write("linear.bpf", on_x86_64(jump_equal(83, 2, 0), jump_equal(59, 1, 0), ALLOW, EPERM))
    profile = decompile(path)
    assert profile == {
        "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": ["execve", "mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}],
    }, profile


def test_a_test_of_the_lower_half_is_masked():
    path = write("lower.bpf", on_x86_64(jump_equal(41, 0, 2), load_lower(0), jump_equal(40, 1, 0),
                                        ALLOW, EPERM))
    assert rules_on(decompile(path), "socket") == [
        ("SCMP_ACT_ERRNO", (0, "MASKED_EQ", 0xFFFFFFFF, 40))]


def test_any_of_some_bits_is_a_rule_for_each():
    path = write("bits.bpf", on_x86_64(jump_equal(56, 0, 2), load_lower(0),
                                       jump_set(0x10020000, 1, 0), ALLOW, EPERM))
    assert sorted(rules_on(decompile(path), "clone")) == [
        ("SCMP_ACT_ERRNO", (0, "MASKED_EQ", 0x20000, 0x20000)),
        ("SCMP_ACT_ERRNO", (0, "MASKED_EQ", 0x10000000, 0x10000000))]


def values(*conditions):
    """Which of 0 to 63 any of the conditions on argument 0 takes."""
    tests = {"EQ": lambda a, v: a == v[0], "LE": lambda a, v: a <= v[0],
             "GE": lambda a, v: a >= v[0], "NE": lambda a, v: a != v[0],
             "MASKED_EQ": lambda a, v: a & v[0] == v[1] & v[0]}
    return {a for a in range(64) for (_, op, *v) in conditions if tests[op](a, v)}


def test_ranges_one_after_the_other_need_no_order():
    """Engines on libseccomp keep none among conditional rules."""
    ranges = [("SCMP_ACT_TRAP", 4), ("SCMP_ACT_LOG", 9), ("SCMP_ACT_TRAP", 20)]
    profile = write("chain.json", {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["dup"], "action": action,
                      "args": [{"index": 0, "value": last, "op": "SCMP_CMP_LE"}]}
                     for action, last in ranges]})
    rules = rules_on(decompile(compile_raw("chain.bpf", profile, *TARGET)), "dup")
    by_action = {action: values(*(condition for one, condition in rules if one == action))
                 for action in ("SCMP_ACT_TRAP", "SCMP_ACT_LOG")}
    assert by_action == {"SCMP_ACT_TRAP": {*range(5), *range(10, 21)},
                         "SCMP_ACT_LOG": set(range(5, 10))}, rules


def test_a_range_between_defaults_is_blocks():
    path = write("between.bpf", on_x86_64(
        jump_equal(32, 0, 4), load_upper(0), jump_equal(0, 0, 2), load_lower(0),
        jump_greater_equal(5, 1, 0), ALLOW, jump_greater_equal(10, 0, 1), ALLOW, EPERM))
    rules = rules_on(decompile(path), "dup")
    assert ("SCMP_ACT_ERRNO", (0, "EQ", 5)) in rules and len(rules) == 3, rules


def test_foreign_architectures_name_the_option():
    path = write("thread.bpf", program(LOAD_ARCH, jump_equal(X86_64, 1, 0), KILL_THREAD,
                                       LOAD_NUMBER, jump_set(0x40000000, 0, 1),
                                       KILL_THREAD, jump_equal(83, 1, 0), ALLOW, EPERM))
    assert "--bad-arch 'KILL_THREAD'" in refusal(path)


def test_a_number_without_a_name_cannot_be_said():
    message = refusal(write("nameless.bpf", on_x86_64(jump_equal(9999, 1, 0), ALLOW, EPERM)))
    assert "x86_64 number 9999" in message and "has no name" in message, message


def test_one_name_cannot_differ_between_architectures():
    path = write("differ.bpf", program(
        LOAD_ARCH, jump_equal(I386, 6, 0), jump_equal(X86_64, 1, 0), KILL, LOAD_NUMBER,
        jump_set(0x40000000, 0, 1), KILL, jump_equal(83, 1, 0), ALLOW, EPERM))
    message = refusal(path)
    assert "mkdir" in message and "on all architectures" in message, message


def test_data_without_a_key_cannot_be_said():
    path = write("data.bpf", on_x86_64(jump_equal(83, 1, 0), ALLOW, (0x06, 0, 0, 0x30007)))
    assert "mkdir gets the value 0x00030007" in refusal(path)
    path = write("large.bpf", on_x86_64(jump_equal(83, 1, 0), ALLOW, (0x06, 0, 0, 0x5FFFF)))
    assert "mkdir gets the value 0x0005ffff" in refusal(path)


def test_what_is_not_known_is_not_guessed():
    path = write("product.bpf", on_x86_64(load_lower(0), (0x07, 0, 0, 0), (0x2C, 0, 0, 0),
                                          jump_equal(9, 1, 0), ALLOW, EPERM))
    assert "cannot be expressed exactly" in refusal(path)


def test_a_reason_for_newer_numbers_names_the_option():
    profile = write("enosys.json", {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
        {"names": ["read", "openat2"], "action": "SCMP_ACT_ALLOW"}]})
    raw = compile_raw("enosys.bpf", profile, *TARGET, "--enosys")
    decompile(raw, "--enosys")
    assert "--enosys" in refusal(raw)


def test_numbers_without_a_name_may_differ_on_request():
    """libseccomp takes all numbers from 0x40000000 on for x32's."""
    path = write("libseccomp.bpf", program(
        LOAD_ARCH, jump_equal(X86_64, 1, 0), KILL, LOAD_NUMBER, jump_equal(0xFFFFFFFF, 2, 0),
        jump_greater_equal(0x40000000, 0, 1), KILL, jump_equal(83, 1, 0), ALLOW, EPERM))
    assert "number 2147483648" in refusal(path)
    made = path_of("named.json")
    done = run("decompile", *TARGET, "--named-only", "-o", made, path)
    assert done.returncode == 0 and "warning: x86_64 number 2147483648" in done.stderr, done
    with open(made, encoding="utf-8") as file:
        assert rules_on(json.load(file), "mkdir") == [("SCMP_ACT_ERRNO",)]


def test_named_only_does_not_excuse_a_name():
    path = write("two.bpf", program(
        LOAD_ARCH, jump_equal(I386, 6, 0), jump_equal(X86_64, 1, 0), KILL, LOAD_NUMBER,
        jump_set(0x40000000, 0, 1), KILL, jump_equal(83, 1, 0), ALLOW, EPERM))
    assert run("decompile", *TARGET, "--named-only", path).returncode == 1


SOCKETS = {"defaultAction": "SCMP_ACT_ERRNO",
           "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]}


def sockets(*rules, default="ERRNO"):
    return write("sockets.json", {
        **SOCKETS, "defaultAction": "SCMP_ACT_" + default, "syscalls": [
            {"names": [name], "action": "SCMP_ACT_" + action, "args": [
                {"index": 0, "op": "SCMP_CMP_EQ", "value": value} for value in sub_calls]}
            for name, action, *sub_calls in rules]})


def test_a_multiplexer_is_decided_before_its_calls():
    """Read literally the first rule decides, and one on sendto speaks of socketcall too."""
    made = decompile(sockets(("sendto", "KILL_PROCESS"), ("socketcall", "ALLOW")))
    assert [rule["names"] for rule in made["syscalls"]] == [["socketcall"], ["sendto"]], made


def test_a_call_that_is_shut_behind_its_multiplexer_stays_shut():
    made = decompile(sockets(("socketcall", "KILL_PROCESS", 11), ("sendto", "ALLOW")))
    actions = [rule[0] for rule in rules_on(made, "sendto")]
    assert actions == ["SCMP_ACT_ALLOW"] * 2, made  # two complements: neither extends


def test_what_a_rule_refuses_behind_a_multiplexer_no_profile_gives_back():
    path = write("back.bpf", program(
        LOAD_ARCH, jump_equal(X86_64, 3, 0), jump_equal(I386, 0, 7), LOAD_NUMBER,
        jump_equal(369, 4, 3), LOAD_NUMBER, jump_set(0x40000000, 3, 0), jump_equal(44, 1, 0),
        ALLOW, EPERM, KILL))
    message = refusal(path, "--named-only")
    assert "x86 socketcall(SYS_SENDTO" in message and "takes back to the default" in message, message


def test_what_needs_its_order_behind_a_multiplexer_is_warned_of():
    path = sockets(("socketcall", "ALLOW", 11), ("sendto", "KILL_PROCESS"))
    decompile(path)
    done = run("decompile", *TARGET, path)
    assert "warning: the order of the rules on sendto and on socketcall" in done.stderr, done
    for rules in ((("socketcall", "ALLOW"), ("sendto", "KILL_PROCESS")),
                  (("socketcall", "KILL_PROCESS", 11), ("sendto", "ALLOW")),
                  (("socketcall", "KILL_PROCESS", 11), ("sendto", "KILL_PROCESS"))):
        done = run("decompile", *TARGET, sockets(*rules))
        assert done.returncode == 0 and not done.stderr, (rules, done)


def test_a_rule_that_repeats_the_default_is_not_written():
    """It would be a shield in one reading only."""
    path = write("shield.json", {**SOCKETS, "syscalls": [
        {"names": ["read"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]})
    assert rules_on(decompile(path), "read") == [("SCMP_ACT_ALLOW",)]
    assert rules_on(decompile(path, "--reading", "literal"), "read") == []


def test_the_kernels_width_is_written_for_programs_that_have_none():
    path = write("width.json", {
        "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "args": [
                {"index": 0, "op": "SCMP_CMP_EQ", "value": 40}]}]})
    assert rules_on(decompile(path), "socket") == [("SCMP_ACT_ERRNO", (0, "EQ", 40))]
    assert rules_on(decompile(path, "--width", "kernel"), "socket") == [
        ("SCMP_ACT_ERRNO", (0, "MASKED_EQ", 0xFFFFFFFF, 40))]


def test_abi_leaves_the_others_out():
    path = write("two.bpf", program(
        LOAD_ARCH, jump_equal(I386, 6, 0), jump_equal(X86_64, 1, 0), KILL, LOAD_NUMBER,
        jump_set(0x40000000, 0, 1), KILL, jump_equal(83, 1, 0), ALLOW, EPERM))
    message = refusal(path, "--named-only")
    assert "--abi '' writes it without x86," in message, message
    made = path_of("alone.json")
    expect("decompile", *TARGET, "--named-only", "--abi", "", "-o", made, path)
    with open(made, encoding="utf-8") as file:
        assert json.load(file)["architectures"] == ["SCMP_ARCH_X86_64"]


def random_condition(rng):
    value = rng.choice([0, 1, 5, 38, 0xFFFFFFFF, 1 << 32, rng.getrandbits(rng.choice((4, 32, 64)))])
    return {"index": rng.randrange(3), "value": value, "valueTwo": rng.getrandbits(32),
            "op": "SCMP_CMP_" + rng.choice(["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"])}


def random_profile(rng):
    names = ["read", "mkdir", "openat", "clone", "sendto", "socketcall", "accept", "shmget", "ipc"]
    actions = ["ALLOW", "ERRNO", "LOG", "TRACE", "TRAP", "KILL_PROCESS"]
    rules = []
    for _ in range(rng.randrange(10)):
        rules.append({"names": rng.sample(names, rng.randrange(1, 4)),
                      "action": "SCMP_ACT_" + rng.choice(actions), "errnoRet": rng.randrange(3),
                      "args": [random_condition(rng) for _ in range(rng.choice((0, 1, 1, 2)))]})
    return {"defaultAction": "SCMP_ACT_" + rng.choice(actions[:2]), "syscalls": rules,
            "architectures": ["SCMP_ARCH_X86_64"] + ["SCMP_ARCH_X86"] * rng.randrange(2)}


def test_random_profiles_come_back_the_same_in_every_reading():
    rng = random.Random(4)
    refused = 0
    for _ in range(60):
        path = write("random.json", random_profile(rng))
        options = ("--reading", rng.choice(["docker", "literal"]),
                   "--width", rng.choice(["profile", "kernel"]))
        if run("decompile", *TARGET, *options, path).returncode == 1:
            refused += 1
            continue
        decompile(path, *options)
    assert refused <= 8, refused


if __name__ == "__main__":
    run_tests(globals())
