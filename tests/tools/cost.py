# SPDX-License-Identifier: MIT
"""sbpf cost: sizes, steps, the cache, weights."""
import json
import re

from common import DOCKER, compile_raw, expect, path_of, program, read_program, run, run_tests, write

X86_64 = 0xC000003E
STRACE = b"""% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ------------------
 60.00    0.000300           3       100           read
 40.00    0.000200           4        50        10 clone
------ ----------- ----------- --------- --------- ------------------
100.00    0.000500           3       150        10 total
"""
PERF = b"""
 Summary of events:

 cat (4711), 300 events, 97.1%

   syscall            calls  errors  total       min       avg       max       stddev
                                     (msec)    (msec)    (msec)    (msec)        (%)
   --------------- --------  ------ -------- --------- --------- ---------     ------
   read                  60      0     0.179     0.003     0.006     0.012      5.98%
   clone                 20      0     0.179     0.003     0.006     0.012      5.98%

 cat (4712), 300 events, 97.1%

   read                  40      0     0.179     0.003     0.006     0.012      5.98%
   clone                 30      0     0.179     0.003     0.006     0.012      5.98%
"""
# read is allowed in 3 steps, clone by its flags in 6, all others get an errno in 4.
SMALL = program((0x20, 0, 0, 0), (0x15, 4, 0, 0), (0x15, 0, 2, 56), (0x20, 0, 0, 16),
                (0x45, 0, 1, 0x10000000), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000))


def cost(*arguments):
    return json.loads(expect("cost", "--arch", "x86_64", "--format", "json", *arguments))


def own_abi(policy):
    assert policy["abis"][0]["abi"] == "x86_64"
    return policy["abis"][0]


def call_of(policy, name):
    return next(call for call in own_abi(policy)["calls"] if call["name"] == name)


def steps_of(instructions, number):
    """The steps of a call with a small number, by hand; arguments are 0."""
    data = {0: number, 4: X86_64}
    a = at = steps = 0
    while True:
        code, jt, jf, k = instructions[at]
        at += 1
        steps += 1
        if code == 0x20:
            a = data.get(k, 0)
        elif code == 0x54:
            a &= k
        elif code == 0x05:
            at += k
        elif code == 0x06:
            return steps
        else:
            test = {0x10: a == k, 0x20: a > k, 0x30: a >= k, 0x40: bool(a & k)}[code & 0xf0]
            at += jt if test else jf


def test_size_and_steps_of_a_small_filter():
    policy = cost(write("small.bpf", SMALL))["policies"][0]
    assert (policy["instructions"], policy["bytes"]) == (7, 56)
    read, clone, mkdir = (call_of(policy, name) for name in ("read", "clone", "mkdir"))
    assert (read["steps"], read["cached"], read["reason"]) == (3, True, None), read
    assert (clone["steps"], clone["cached"], clone["reason"]) == (6, False, "arguments"), clone
    assert (mkdir["steps"], mkdir["cached"], mkdir["reason"]) == (4, False, "not-allowed"), mkdir
    assert own_abi(policy)["worst"] == 6 and own_abi(policy)["cached"] == 1
    assert policy["dearest"][0]["name"] == "clone" and len(policy["dearest"]) == 10


def test_every_jump_is_followed_as_the_kernel_does():
    # read is 0, write 1, open 2, close 3.
    tests = {0x25: ("write", "open"), 0x35: ("read", "write"), 0x45: ("read", "write")}
    for code, (short, long) in tests.items():
        filter = write("jump.bpf", program((0x20, 0, 0, 0), (code, 0, 1, 1), (0x05, 0, 0, 0),
                                           (0x06, 0, 0, 0x7FFF0000)))
        policy = cost(filter)["policies"][0]
        assert [call_of(policy, name)["steps"] for name in (short, long)] == [3, 4], hex(code)


def test_steps_are_those_an_interpreter_takes():
    raw = compile_raw("docker.bpf", DOCKER, "--arch", "x86_64", "--kernel", "6.1")
    instructions = read_program(raw)
    policy = cost(raw)["policies"][0]
    for call in own_abi(policy)["calls"]:
        steps = steps_of(instructions, call["nr"])
        if call["reason"] == "arguments":
            assert call["steps"] >= steps, call
        else:
            assert call["steps"] == steps, (call, steps)


def test_allowed_by_a_detour_is_said():
    detour = program((0x20, 0, 0, 16), (0x06, 0, 0, 0x7FFF0000))
    policy = cost(write("detour.bpf", detour))["policies"][0]
    assert {call["reason"] for call in own_abi(policy)["calls"]} == {"detour"}


def test_x32_has_no_cache():
    policy = cost(DOCKER)["policies"][0]
    x32 = next(abi for abi in policy["abis"] if abi["abi"] == "x32")
    assert {call["reason"] for call in x32["calls"]} == {"no-cache"}


def test_private_calls_of_arm_are_above_the_cache():
    policy = json.loads(expect("cost", "--arch", "aarch64", "--format", "json", DOCKER))["policies"][0]
    arm = next(abi for abi in policy["abis"] if abi["abi"] == "arm")
    reasons = {call["name"]: call["reason"] for call in arm["calls"]}
    assert reasons["set_tls"] == "above-cache", reasons["set_tls"]
    assert None not in [call["reason"] for call in arm["calls"] if not call["cached"]]


def test_weights_make_the_mean():
    for name, table in (("strace", STRACE), ("perf", PERF), ("plain", b"read 100\nclone 50\n")):
        policy = cost("--weights", write(name, table), write("small.bpf", SMALL))["policies"][0]
        assert own_abi(policy)["mean_without_cache"] == 4, name
        assert own_abi(policy)["mean"] == 2, name
        assert [(call["name"], call["weight"]) for call in policy["dearest"]] == [("clone", 50)]


def test_weights_of_nothing_are_refused():
    done = run("cost", "--weights", write("empty", b"no calls here\n"), DOCKER)
    assert done.returncode == 1 and "counts no call" in done.stderr, done.stderr
    assert run("cost", "--weights", path_of("missing"), DOCKER).returncode == 1


def test_two_policies_stand_beside_each_other():
    small = write("small.bpf", SMALL)
    policies = cost(small, DOCKER)["policies"]
    assert [policy["name"] for policy in policies] == [small, DOCKER]
    lines = expect("cost", "--arch", "x86_64", small, small).splitlines()
    assert any(line.split() == ["instructions", "7", "7"] for line in lines), lines


def test_a_stack_costs_the_sum():
    small = write("small.bpf", SMALL)
    policy = cost(f"{small}+{small}")["policies"][0]
    assert policy["instructions"] == 14 and call_of(policy, "read")["steps"] == 6


def test_wrong_usage():
    assert run("cost").returncode == 2
    assert run("cost", DOCKER, DOCKER, DOCKER).returncode == 2


def test_two_policies_stand_below_letters():
    long = write("a-name-that-is-longer-than-the-column-is-wide.json", {"defaultAction": "SCMP_ACT_ALLOW"})
    lines = expect("cost", "--arch", "x86_64", long, DOCKER).splitlines()
    assert lines[:2] == ["a: " + long, "b: " + DOCKER], lines[:2]
    assert lines[2].split() == ["a", "b"] and lines[3].split()[0] == "instructions", lines
    assert {line.index("b") for line in lines[2:3]} == {re.search(r"\d+$", lines[3]).start()}, lines
    assert expect("cost", "--arch", "x86_64", long).startswith(long + "\ninstructions ")


run_tests(globals())
