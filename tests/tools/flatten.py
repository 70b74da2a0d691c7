# SPDX-License-Identifier: MIT
"""sbpf flatten: a profile for one target, in the keys that every runtime reads."""
import json
import os
import random

from common import DOCKER, compile_raw, expect, path_of, program, run, run_tests, write

TARGET = ("--arch", "x86_64", "--kernel", "6.1")
READINGS = ("docker", "oci", "literal")


def flatten(path, *options):
    """The profile, proven from outside to mean in every reading what the target made of the file."""
    made = path_of("flat.json")
    expect("flatten", *TARGET, *options, "-o", made, path)
    meant = compile_raw("meant.bpf", path, *TARGET, *options)
    for reading in READINGS:
        # A runtime has one width, and its own idea of capabilities and kernel.
        expect("prove", "--arch", "x86_64", "--caps", "ALL", "--kernel", "3.0",
               "--reading", reading, meant, made)
    with open(made, encoding="utf-8") as file:
        return json.load(file)


def profile(name, *rules, default="ERRNO", **keys):
    return write(name, {"defaultAction": "SCMP_ACT_" + default, "syscalls": list(rules), **keys})


def rule(names, action, *conditions, **keys):
    return {"names": names.split(), "action": "SCMP_ACT_" + action, **keys, "args": [
        {"index": index, "op": "SCMP_CMP_" + op, "value": value}
        for index, op, value in conditions]}


def entries(made):
    return [(" ".join(one["names"]), one["action"][9:],
             *((arg["op"][9:], arg["value"], *([arg["valueTwo"]] if "valueTwo" in arg else []))
               for arg in one.get("args", [])))
            for one in made["syscalls"]]


def test_guards_are_decided():
    path = profile(
        "guards.json", rule("mount", "ALLOW", includes={"caps": ["CAP_SYS_ADMIN"]}),
        rule("reboot", "ALLOW", excludes={"caps": ["CAP_SYS_ADMIN"]}),
        rule("arch_prctl", "ALLOW", includes={"arches": ["amd64"]}),
        rule("ptrace", "ALLOW", includes={"minKernel": "4.8"}),
        {"name": "read", "action": "SCMP_ACT_ALLOW"},
        rule("clone3", "ERRNO", errno="ENOSYS"),
        archMap=[{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}])
    made = flatten(path)
    assert made["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
    assert [one[0] for one in entries(made)] == ["reboot", "arch_prctl", "ptrace", "read", "clone3"]
    assert made["syscalls"][-1]["errnoRet"] == 38
    assert set().union(*made["syscalls"]) <= {"names", "action", "errnoRet", "args"}, made
    made = flatten(path, "--caps", "SYS_ADMIN")
    assert [one[0] for one in entries(made)][0] == "mount"
    # As a runtime reads it that is handed the file: every rule, and no 'name'.
    made = flatten(path, "--reading", "oci")
    assert [one[0] for one in entries(made)] == ["mount", "reboot", "arch_prctl", "ptrace"]


def test_dockers_profile_keeps_its_groups():
    made = entries(flatten(DOCKER))
    assert [one[1:] for one in made if one[0] == "socket"] == [
        ("ALLOW", ("LT", 38)), ("ALLOW", ("EQ", 39)), ("ALLOW", ("GT", 40))], made
    assert "timer_create timer_delete timer_getoverrun" in " ".join(one[0] for one in made)
    assert len(made) > 30


def test_nothing_in_it_is_ignored_by_runtimes():
    flatten(DOCKER)
    found = json.loads(run("lint", *TARGET, "--reading", "oci", "--format", "json",
                           path_of("flat.json")).stdout)
    assert not {"runtime-ignores", "reading-differs"} & {one["id"] for one in found}, found


def test_the_kernels_width_closes_bypasses():
    path = profile("width.json", rule("socket", "ERRNO", (0, "EQ", 40)),
                   rule("personality", "ERRNO", (0, "GT", 7)), default="ALLOW")
    made = flatten(path)
    assert entries(made) == [("socket", "ERRNO", ("EQ", 40)), ("personality", "ERRNO", ("GT", 7))]
    made = flatten(path, "--width", "kernel")
    assert entries(made)[0] == ("socket", "ERRNO", ("MASKED_EQ", 0xFFFFFFFF, 40))
    assert all(op == "MASKED_EQ" and value <= 0xFFFFFFFF
               for one in entries(made)[1:] for op, value, _ in one[2:]), made
    found = json.loads(run("lint", *TARGET, "--format", "json", path_of("flat.json")).stdout)
    assert "width-bypass" not in {one["id"] for one in found}, found


def test_what_never_counts_is_left_out():
    path = profile("void.json", rule("read", "ERRNO"), rule("dup", "LOG", (0, "EQ", 3)),
                   rule("read dup frobnicate", "ALLOW"), rule("write", "ALLOW", (0, "LT", 0)),
                   rule("fcntl", "TRAP", (0, "LT", 10), (0, "EQ", 30)))
    assert entries(flatten(path)) == [("dup read", "ALLOW"), ("fcntl", "TRAP", ("LT", 10)),
                                      ("fcntl", "TRAP", ("EQ", 30))]
    # Read literally, they do.
    made = entries(flatten(path, "--reading", "literal"))
    assert made == [("dup", "ALLOW", ("NE", 3)), ("dup", "LOG", ("EQ", 3))], made


def test_rules_that_need_their_order_are_made_to_need_none():
    path = profile("order.json", rule("read", "ALLOW"), rule("dup", "TRAP", (0, "LE", 4)),
                   rule("dup dup2", "LOG", (0, "LE", 9)))
    made = entries(flatten(path))
    assert made[0] == ("read", "ALLOW") and ("dup2", "LOG", ("LE", 9)) in made, made
    assert ("dup", "TRAP", ("LE", 4)) in made and ("dup", "LOG", ("LE", 9)) not in made, made
    assert ("dup", "LOG", ("EQ", 5)) in made, made


def test_a_multiplexer_comes_first_where_that_counts():
    path = profile("sockets.json", rule("read", "ALLOW"), rule("sendto", "KILL_PROCESS"),
                   rule("socketcall", "ALLOW"),
                   architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
    assert entries(flatten(path)) == [("socketcall", "ALLOW"), ("read", "ALLOW"),
                                      ("sendto", "KILL_PROCESS")]


def test_calls_do_not_open_what_is_refused_behind_their_multiplexer():
    """Two complementary rules on sendto say nothing of socketcall, and need no order with its."""
    path = profile("behind.json", rule("socketcall", "LOG", (0, "EQ", 11)), rule("sendto", "ALLOW"),
                   architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
    assert entries(flatten(path)) == [("socketcall", "LOG", ("EQ", 11)),
                                      ("sendto", "ALLOW", ("EQ", 0)), ("sendto", "ALLOW", ("NE", 0))]
    assert not run("flatten", *TARGET, path).stderr


def test_flags_stay():
    path = profile("flags.json", flags=["SECCOMP_FILTER_FLAG_LOG"])
    assert flatten(path)["flags"] == ["SECCOMP_FILTER_FLAG_LOG"]


def test_what_is_no_profile_is_told_what_to_do():
    raw = write("raw.bpf", program((0x06, 0, 0, 0x7FFF0000)))
    for operand in (raw, DOCKER + "+" + DOCKER):
        done = run("flatten", *TARGET, operand)
        assert done.returncode == 1 and "sbpf decompile" in done.stderr, done
        assert not done.stdout
    assert run("flatten", DOCKER, DOCKER).returncode == run("flatten").returncode == 2


def test_what_has_no_flat_form_is_not_written():
    made = path_of("refused.json")
    # The literal reading lets ipc alone be used; to others the refusal of shmget extends to it.
    path = profile("ipc.json", rule("ipc", "ALLOW"), rule("shmget", "KILL_PROCESS"),
                   architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], default="ALLOW")
    done = run("flatten", *TARGET, "--reading", "literal", "-o", made, path)
    assert done.returncode == 1 and "takes back to the default" in done.stderr, done
    assert not os.path.exists(made)


def random_guard(rng):
    return rng.choice([{}, {}, {"includes": {"caps": ["CAP_SYS_ADMIN"]}},
                       {"excludes": {"caps": ["CAP_CHOWN"]}}, {"includes": {"minKernel": "4.8"}},
                       {"excludes": {"arches": ["amd64"]}}])


def random_rule(rng):
    names = ["read", "dup", "openat", "clone", "socket", "sendto", "socketcall", "shmget", "ipc"]
    conditions = [(rng.randrange(2), rng.choice(["NE", "LT", "LE", "EQ", "GE", "GT"]),
                   rng.choice([0, 1, 9, 40, 0xFFFFFFFF, 1 << 32, (1 << 64) - 100]))
                  for _ in range(rng.choice((0, 0, 1, 1, 2)))]
    return rule(" ".join(rng.sample(names, 2)),
                rng.choice(["ALLOW", "ALLOW", "ERRNO", "LOG", "KILL_PROCESS"]), *conditions,
                **random_guard(rng))


def test_random_profiles_mean_what_they_did():
    rng = random.Random(3)
    refused = 0
    for _ in range(60):
        path = profile("random.json", *(random_rule(rng) for _ in range(rng.randrange(1, 9))),
                       default=rng.choice(["ALLOW", "ERRNO"]),
                       architectures=["SCMP_ARCH_X86_64"] + ["SCMP_ARCH_X86"] * rng.randrange(2))
        options = ("--reading", rng.choice(READINGS), "--width", rng.choice(["profile", "kernel"]))
        if run("flatten", *TARGET, *options, path).returncode == 1:
            refused += 1
            continue
        flatten(path, *options)
    assert refused <= 8, refused


if __name__ == "__main__":
    run_tests(globals())
