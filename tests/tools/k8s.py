# SPDX-License-Identifier: MIT
"""Kubernetes: SeccompProfile resources as policies."""
import json

from common import expect, run, run_tests, write

GROUP = "security-profiles-operator.x-k8s.io"
TARGET = ("--arch", "x86_64", "--kernel", "6.12")


def resource(spec, version="v1", name="one"):
    """A manifest; spec is lines of YAML."""
    body = "".join(f"  {line}\n" for line in spec.splitlines())
    return (f"apiVersion: {GROUP}/{version}\nkind: SeccompProfile\nmetadata:\n  name: {name}\nspec:\n"
            f"{body}")


BLOCK = """defaultAction: SCMP_ACT_ALLOW
architectures: [SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32]
syscalls:
- action: SCMP_ACT_ERRNO
  names:
  - mkdir
  - mkdirat
- action: SCMP_ACT_ERRNO
  errnoRet: 38
  names:
  - io_uring_setup"""


SAME = {"defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"},
                     {"names": ["io_uring_setup"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]}


def test_a_resource_is_a_policy():
    same = write("same.json", SAME)
    for version in ("v1", "v1beta1"):
        path = write("block.yaml", resource(BLOCK, version).encode())
        assert expect("prove", *TARGET, path, same).startswith("equal"), version
    lines = "# nothing\n---\n" + resource(BLOCK) + "---\nkind: ConfigMap\n"
    assert expect("prove", *TARGET, "-", same, input=lines).startswith("equal")
    item = {"apiVersion": f"{GROUP}/v1", "kind": "SeccompProfile",
            "spec": {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                {"action": "SCMP_ACT_ERRNO", "names": ["mkdir"], "errnoRet": 0}]}}
    path = write("list.json", {"kind": "List", "items": [item]})
    assert "ERRNO(EPERM)" in expect("explain", *TARGET, path, "mkdir")


def test_a_command_runs_under_a_resource():
    path = write("run.yaml", resource(BLOCK).encode())
    for options in ({}, {"input": resource(BLOCK)}):
        done = run("run", "-p", "-" if options else path, "mkdir", "/tmp/never", **options)
        assert done.returncode == 1 and "Operation not permitted" in done.stderr, done
    done = run("run", "-p", write("bad.yaml", resource("archMap: []").encode()), "true")
    assert done.returncode == 125 and "bad.yaml:6:3: archMap: a SeccompProfile has no" in done.stderr, done
    done = run("run", "-p", write("bad.json", b'{"defaultAction": 1}'), "true")
    assert done.returncode == 125 and "bad.json:1: defaultAction" in done.stderr, done


def test_places_are_those_of_the_manifest():
    path = write("lines.yaml", resource(BLOCK + "\n  - mkdirx").encode())
    done = run("explain", *TARGET, path, "mkdir")
    assert f"{path}:17: syscalls[1].names[1]: warning: unknown system call" in done.stderr, done.stderr
    found = json.loads(run("lint", *TARGET, "--format", "json", path).stdout)
    assert [one["line"] for one in found if one["id"] == "unknown-syscall"] == [17], found


REFUSED = [
    ("defaultErrnoRet: 38", "6:3: defaultErrnoRet: a SeccompProfile has no such field"),
    ("archMap: []", "6:3: archMap: a SeccompProfile has no such field"),
    ("baseProfileName: runc-v1", "6:20: baseProfileName: this profile is a union"),
    ("architectures: SCMP_ARCH_X86", "6:18: architectures: must be a list"),
    ("syscalls:\n- {names: [read], action: SCMP_ACT_ALLOW, includes: {caps: [CAP_BPF]}}",
     "7:45: includes: a SeccompProfile has no such field"),
    ("syscalls:\n- {names: [read], action: SCMP_ACT_ERRNO, errnoRet: 4096}",
     "7:55: errnoRet: must be an integer from 0 to 4095"),
    ("syscalls:\n- names: [socket]\n  action: SCMP_ACT_ERRNO\n"
     "  args: [{index: 0, value: 9223372036854775808, op: SCMP_CMP_EQ}]",
     "9:30: value: must be an integer from 0 to 9223372036854775807"),
    ("syscalls:\n- read", "7:5: must be a mapping"),
    ("syscalls:\n- names: [1]\n  action: SCMP_ACT_ALLOW", "7:13: names: must be a string"),
]


def test_what_a_resource_cannot_say_is_named():
    for spec, message in REFUSED:
        text = resource(spec + "\ndefaultAction: SCMP_ACT_ERRNO")
        done = run("explain", *TARGET, "-", "read", input=text)
        assert done.returncode == 1 and f"<stdin>:{message}" in done.stderr, (spec, done.stderr)


def test_one_resource_is_taken():
    two = resource(BLOCK) + "---\n" + resource(BLOCK, name="two")
    done = run("explain", "-", "read", input=two)
    assert done.returncode == 1 and "<stdin>:18:1: there is a second SeccompProfile" in done.stderr, done
    old = run("explain", "-", "read", input=resource(BLOCK, "v1alpha1"))
    assert old.returncode == 1 and "apiVersion: must be" in old.stderr
    none = run("explain", "-", "read", input="kind: Pod # SeccompProfile\n")
    assert none.returncode == 1 and "there is no SeccompProfile in it" in none.stderr
    bad = run("explain", "-", "read", input=resource(BLOCK) + "  syscalls: []\n")
    assert "<stdin>:17:3: the key 'syscalls' stands twice, first in line 8" in bad.stderr, bad.stderr


def test_aliases_do_not_make_it_large():
    names = ", ".join(["read"] * 2000)
    text = resource(f"defaultAction: SCMP_ACT_ALLOW\nsyscalls:\n- &a {{names: [{names}], "
                    "action: SCMP_ACT_ERRNO}\n" + "\n".join(["- *a"] * 4000))
    done = run("explain", "-", "read", input=text)
    assert done.returncode == 1 and "longer than 4 MiB" in done.stderr, done.stderr


run_tests(globals())
