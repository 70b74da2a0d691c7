# SPDX-License-Identifier: MIT
"""sbpf k8s convert: profiles as SeccompProfile resources and back, the same or refused by name."""
import json
import os

import yaml

from common import PROJECT, expect, path_of, run, run_tests, write

ABIS = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]


def rule(names, action="ALLOW", **more):
    return {"names": names, "action": "SCMP_ACT_" + action, **more}


def argument(index, op, value, **more):
    return {"index": index, "op": "SCMP_CMP_" + op, "value": value, **more}


def profile(*rules, default="ERRNO", **more):
    return {"defaultAction": "SCMP_ACT_" + default, "architectures": ABIS, "syscalls": list(rules), **more}


SAME = [
    profile(rule(["read", "write", "read"])),
    profile(default="KILL_PROCESS"),
    profile(default="ALLOW", architectures=None),
    profile(rule(["mkdir"], "ERRNO", errnoRet=28), rule([]), default="ALLOW"),
    profile(rule(["mkdir"], "ERRNO", errno="ENOSYS", errnoRet=3), default="ALLOW"),
    profile({"name": "open", "action": "SCMP_ACT_ALLOW", "comment": "y: 'n'"}),
    profile(rule(["personality"], args=[argument(0, "EQ", (1 << 63) - 1)])),
    profile(rule(["clone"], args=[argument(0, "MASKED_EQ", 2114060288, valueTwo=0)])),
    profile(rule(["clone"], args=[argument(0, "MASKED_EQ", 255, valueTwo=17)])),
    profile(rule(["ioctl"], args=[argument(1, "NE", 5), argument(2, "LT", 4096)])),
    profile(rule(["socket"], "ERRNO", args=[argument(0, "EQ", 16)]),
            rule(["socket"], args=[argument(0, "GE", 2)]), defaultErrnoRet=1),
    profile(rule(["ptrace"], "TRACE", errnoRet=7), default="LOG", defaultErrnoRet=38),
    profile(rule(["mkdir"], "NOTIFY"), default="ALLOW", listenerMetadata="on: 1",
            listenerPath="/var/run/security-profiles-operator/agent.sock"),
    profile(rule(["read"]), flags=["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"]),
    profile(rule(["read"], includes={}, excludes={"caps": []}, args=None)),
    {"linux": {"seccomp": profile(rule(["read"]))}},
]


def test_the_same_both_ways():
    for index, content in enumerate(SAME):
        path = write("profile.json", content)
        for api in ("v1", "v1beta1"):
            made = expect("k8s", "convert", "--api", api, path)
            document = yaml.safe_load(made)
            assert document["metadata"]["name"] == "profile", made
            assert document["apiVersion"].endswith("/" + api), made
            resource = write("made.yaml", made.encode())
            assert expect("prove", "--all-targets", path, resource).startswith("equal"), (index, made)
            back = write("back.json", expect("k8s", "convert", resource).encode())
            json.load(open(back, encoding="utf-8"))
            assert expect("prove", "--all-targets", path, back).startswith("equal"), (index, made)
            # And again, to the letter
            assert expect("k8s", "convert", "--name", "profile", "--api", api, back) == made, made


def test_the_projects_own():
    for name in ("block-mkdir", "block-mkdir-kill"):
        path = os.path.join(PROJECT, "profiles", name + ".json")
        made = write("own.yaml", expect("k8s", "convert", path).encode())
        assert expect("prove", "--all-targets", path, made).startswith("equal"), name
    docker = os.path.join(PROJECT, "profiles", "docker.json")
    flat = path_of("flat.json")
    expect("flatten", "--kernel", "6.12", "-o", flat, docker)
    made = write("docker.yaml", expect("k8s", "convert", flat).encode())
    assert expect("prove", "--kernel", "6.12", "--one-target", docker, made).startswith("equal")


REFUSED = [
    (profile(defaultErrnoRet=38), "defaultErrnoRet: a SeccompProfile cannot say this: the default is EPERM"),
    (profile(defaultErrno="ENOSYS"), "defaultErrno: a SeccompProfile cannot say this"),
    (profile(rule(["read"], includes={"caps": ["CAP_BPF"]})), "includes: a SeccompProfile cannot say this"),
    (profile(rule(["read"], excludes={"arches": ["arm64"]})), "excludes: a SeccompProfile cannot say this"),
    (profile(rule(["read"], includes={"minKernel": "4.8"})), "includes: a SeccompProfile cannot say this"),
    ({"defaultAction": "SCMP_ACT_ALLOW", "archMap": [{"architecture": "SCMP_ARCH_X86_64"}]},
     "archMap: a SeccompProfile cannot say this"),
    (profile(rule(["socket"], args=[argument(0, "EQ", 1 << 63)])), "value: a SeccompProfile cannot say this"),
    (profile(rule(["clone"], args=[argument(0, "MASKED_EQ", 1, valueTwo=(1 << 64) - 1)])),
     "valueTwo: a SeccompProfile cannot say this"),
    (profile(rule(["read"], "ERRNO", errnoRet=0), default="ALLOW"), "an errnoRet of 0 is none there"),
    (profile(rule(["read"], "ERRNO", errnoRet=5000), default="ALLOW"), "errnoRet: a SeccompProfile cannot"),
    (profile(rule(["mkdir"], "NOTIFY"), default="ALLOW", listenerPath="/run/agent.sock"),
     "listenerPath: a SeccompProfile cannot say this"),
    (profile(architectures=["SCMP_ARCH_LOONGARCH64"]), "it has no architecture SCMP_ARCH_LOONGARCH64"),
    (profile(rule(["read"], args=[argument(0, "EQ", 1)] * 7)), "a rule has at most 6 args"),
    (profile(default="NONE"), "defaultAction: unknown action"),
]


def test_what_cannot_be_said_is_refused_by_name():
    for content, message in REFUSED:
        path = write("refused.json", content)
        done = run("k8s", "convert", path)
        assert done.returncode == 1 and not done.stdout and message in done.stderr, (content, done.stderr)
    done = run("k8s", "convert", write("refused.json", REFUSED[2][0]))
    line = open(path_of("refused.json"), encoding="utf-8").read().splitlines().index('   "includes": {') + 1
    assert f"refused.json:{line}:16: includes" in done.stderr, done.stderr


def test_a_reading_that_runtimes_do_not_have():
    """Read literally the first rule shields the call, which engines drop."""
    shield = write("shield.json", profile(rule(["brk"], "ERRNO"), rule(["brk"])))
    assert run("k8s", "convert", shield).returncode == 0
    done = run("k8s", "convert", "--reading", "literal", shield)
    assert done.returncode == 1 and "brk(0) would get ALLOW in place of ERRNO(EPERM)" in done.stderr, done


def test_names():
    for name, wanted in (("My_profile.json", "my-profile"), ("a.b.json", "a-b"), ("x", "x")):
        made = expect("k8s", "convert", write(name, SAME[0]))
        assert f"\n  name: {wanted}\n" in made, made
    made = expect("k8s", "convert", "--name", "on", "-", input=json.dumps(SAME[0]))
    assert yaml.safe_load(made)["metadata"]["name"] == "on", made
    for name in ("A", "a_b", "-a", "a-", "a..b", "", "a" * 254, "a/b"):
        done = run("k8s", "convert", "--name", name, "-", input="{}")
        assert done.returncode == 2 and "is no name of an object" in done.stderr, (name, done)
    assert run("k8s", "convert").returncode == 2


run_tests(globals())
