# SPDX-License-Identifier: MIT
"""sbpf prove: answers, exit statuses, examples, kinds of operands."""
import json
import os
import re
import subprocess

from common import (DOCKER, SBPF, SBPF_GEN, compile_raw, expect, path_of, program, run, run_tests,
                    write)

LOAD_NUMBER = (0x20, 0, 0, 0)
LOAD_ARGUMENT_0 = (0x20, 0, 0, 16)
ALLOW = (0x06, 0, 0, 0x7FFF0000)
EPERM = (0x06, 0, 0, 0x50001)

KERNEL = re.match(r"[0-9.]*", os.uname().release)[0]
DOCKER_CAPABILITIES = ["CAP_" + name for name in (
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "NET_BIND_SERVICE", "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP")]


def profile(*rules, default="SCMP_ACT_ALLOW"):
    return {"defaultAction": default, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": list(rules)}


def rule(name, action="SCMP_ACT_ERRNO", **more):
    return {"names": [name], "action": action, **more}


def answer_json(*arguments, status):
    return json.loads(expect("prove", "--arch", "x86_64", "--format", "json", *arguments,
                             status=status))


def test_a_compiled_filter_is_equal_to_its_profile():
    raw = compile_raw("docker.bpf", DOCKER)
    text = expect("prove", DOCKER, raw)
    assert text.startswith("equal: "), text
    assert "covered: every number with all arguments" in text, text
    for machine in "x86_64", "aarch64", "s390x":
        raw = compile_raw("docker-other.bpf", DOCKER, "--arch", machine)
        answer = json.loads(expect("prove", "--arch", machine, "--format", "json", DOCKER, raw))
        assert answer["result"] == "equal" and answer["example"] is None, answer
        assert [one["machine"] for one in answer["targets"]] == [machine], answer


def test_a_refutation_names_call_verdicts_and_rules():
    one = write("one.json", profile(rule("mkdir")))
    none = write("none.json", profile())
    text = expect("prove", "--arch", "x86_64", one, none, status=1)
    assert "call: x86_64 mkdir(" in text and "(arch 0xc000003e, nr 83)" in text, text
    assert f"a: ERRNO(EPERM)\n     {one}:7: syscalls[0]\n" in text, text
    assert f"b: ALLOW\n     {none}:2: defaultAction\n" in text, text
    assert f"target: x86_64 with x86 and x32, kernel {KERNEL}, Docker's 14 capabilities\n" in text
    answer = answer_json(one, none, status=1)
    assert answer.pop("targets") == [answer["target"]], answer
    assert answer == {
        "result": "different", "target": {"machine": "x86_64", "kernel": KERNEL,
                                          "capabilities": DOCKER_CAPABILITIES},
        "example": {
            "abi": "x86_64", "arch": 0xC000003E, "nr": 83, "name": "mkdir",
            "args": ["0x0"] * 6,
            "a": {"value": 0x50001, "text": "ERRNO(1)"},
            "b": {"value": 0x7FFF0000, "text": "ALLOW"},
        },
    }


def test_the_example_has_the_least_arguments():
    condition = {"index": 1, "value": 0x100000005, "op": "SCMP_CMP_GE"}
    one = write("one.json", profile(rule("read", args=[condition])))
    none = write("none.json", profile())
    assert answer_json(one, none, status=1)["example"]["args"] == \
        ["0x0", "0x100000005", "0x0", "0x0", "0x0", "0x0"]


def test_subset_asks_one_way_only():
    strict = write("strict.json", profile(rule("mkdir"), rule("chmod")))
    loose = write("loose.json", profile(rule("mkdir")))
    proven = answer_json("--subset", strict, loose, status=0)
    assert (proven["result"], proven["example"], proven["target"]) == ("subset", None, None)
    refuted = answer_json("--subset", loose, strict, status=1)
    assert refuted["result"] == "different"
    assert refuted["example"]["name"] == "chmod"
    text = expect("prove", "--subset", strict, loose)
    assert text.startswith(f"subset: {strict} allows nothing that {loose} does not; only {loose} "
                           "may do more\n"), text
    text = expect("prove", "--subset", loose, strict, status=1)
    assert text.startswith(f"different: {loose} may do more than {strict}: "), text


def test_a_stack_takes_the_stricter_action_and_the_newer_data():
    one = write("one.json", profile(rule("mkdir", errnoRet=5)))
    two = write("two.json", profile(rule("mkdir", errnoRet=7), rule("chmod", "SCMP_ACT_KILL")))
    both = write("both.json", profile(rule("mkdir", errnoRet=5), rule("chmod", "SCMP_ACT_KILL")))
    assert answer_json(f"{one}+{two}", both, status=0)["result"] == "equal"
    different = answer_json(f"{two}+{one}", both, status=1)
    assert different["example"]["a"] == {"value": 0x50007, "text": "ERRNO(7)"}
    text = expect("prove", "--arch", "x86_64", f"{two}+{one}", both, status=1)
    assert f"{two}:7: syscalls[0]: ERRNO(E2BIG)\n" in text and f"{one}:7: syscalls[0]: ERRNO(EIO)\n" in text


def test_a_file_with_a_plus_in_its_name_is_that_file():
    one = write("a+b.json", profile(rule("mkdir")))
    same = write("one.json", profile(rule("mkdir")))
    assert answer_json(one, same, status=0)["result"] == "equal"


def test_standard_input_is_an_operand():
    one = write("one.json", profile(rule("mkdir")))
    with open(one, encoding="utf-8") as file:
        assert expect("prove", "--arch", "x86_64", "-", one, stdin=file).startswith("equal: ")


def test_places_in_a_config_are_found():
    one = write("config.json", {"linux": {"seccomp": profile(rule("mkdir"))}})
    none = write("none.json", profile())
    text = expect("prove", "--arch", "x86_64", one, none, status=1)
    assert f"{one}:9: linux.seccomp.syscalls[0]\n" in text, text


def test_what_cannot_be_expressed_is_unknown():
    multiply = (0x24, 0, 0, 3)
    hard = write("hard.bpf", program(LOAD_ARGUMENT_0, (0x02, 0, 0, 0), multiply, (0x07, 0, 0, 0),
                                     (0x60, 0, 0, 0), (0x2C, 0, 0, 0), (0x15, 0, 1, 12345),
                                     EPERM, ALLOW))
    none = write("none.bpf", program(ALLOW))
    done = run("prove", "--arch", "x86_64", "--format", "json", hard, none)
    assert done.returncode == 3, (done.returncode, done.stdout)
    found = json.loads(done.stdout)
    assert found["result"] == "unknown" and found["example"] is None, found
    assert done.stderr.startswith("sbpf prove: "), done.stderr


def test_readings_tell_a_profile_from_its_filter():
    shield = write("shield.json", profile(rule("mkdir", "SCMP_ACT_ALLOW"), rule("mkdir")))
    raw = compile_raw("shield.bpf", shield, "--arch", "x86_64")
    assert answer_json(shield, raw, status=0)["result"] == "equal"
    assert answer_json("--reading", "literal", shield, raw, status=1)["example"]["name"] == "mkdir"


def opened(*guards):
    """A pair of profiles of which the second opens bpf, where the guard says so."""
    return (write("closed.json", profile(rule("read", "SCMP_ACT_ALLOW"), default="SCMP_ACT_ERRNO")),
            write("opened.json", profile(rule("read", "SCMP_ACT_ALLOW"), *(
                rule("bpf", "SCMP_ACT_ALLOW", **guard) for guard in guards),
                default="SCMP_ACT_ERRNO")))


def find_target(*guards, options=()):
    """Where opened() is weaker; None where it is not."""
    closed, weaker = opened(*guards)
    done = run("prove", "--subset", "--format", "json", *options, weaker, closed)
    answer = json.loads(done.stdout)
    assert done.returncode == (1 if answer["target"] else 0), done
    if answer["target"]:
        assert answer["example"]["name"] == "bpf", answer
    return answer["target"]


def test_every_target_that_a_guard_names_is_looked_at():
    assert find_target({"includes": {"arches": ["arm64"]}})["machine"] == "aarch64"
    assert find_target({"excludes": {"arches": ["amd64"]}}) is not None
    assert "CAP_BPF" in find_target({"includes": {"caps": ["CAP_BPF"]}})["capabilities"]
    both = {"includes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"]}, "excludes": {"caps": ["CAP_CHOWN"]}}
    held = find_target(both)["capabilities"]
    assert {"CAP_BPF", "CAP_SYS_ADMIN"} <= set(held) and "CAP_CHOWN" not in held, held
    assert find_target({"includes": {"minKernel": "99.2"}})["kernel"] == "99.2"
    assert find_target({"excludes": {"minKernel": "4.0"}})["kernel"] == "3.19"
    everything = {"includes": {"caps": ["CAP_BPF"], "arches": ["s390x"], "minKernel": "99.2"}}
    target = find_target(everything)
    assert (target["machine"], target["kernel"]) == ("s390x", "99.2"), target
    assert "CAP_BPF" in target["capabilities"], target


def test_a_target_that_is_named_is_the_only_one():
    assert find_target({"includes": {"arches": ["arm64"]}}, options=["--arch", "x86_64"]) is None
    assert find_target({"includes": {"arches": ["arm64"]}},
                       options=["--arch", "x86_64,aarch64"])["machine"] == "aarch64"
    assert find_target({"includes": {"caps": ["CAP_BPF"]}}, options=["--caps", "NET_RAW"]) is None
    assert find_target({"includes": {"minKernel": "99.2"}}, options=["--kernel", "6.1"]) is None
    assert find_target({"includes": {"minKernel": "99.2"}}, {"includes": {"arches": ["arm64"]}},
                       options=["--kernel", "6.1"])["machine"] == "aarch64"
    # ABIs beside this machine's own leave the others out as well.
    another = "s390x" if os.uname().machine == "aarch64" else "arm64"
    assert find_target({"includes": {"arches": [another]}}, options=["--abi", "x86"]) is None


def test_one_target_may_be_enough():
    closed, weaker = opened({"includes": {"caps": ["CAP_BPF"]}})
    text = expect("prove", "--subset", weaker, closed, status=1)
    assert re.search(r"  but it holds for .*, kernel .*, Docker's 14 capabilities "
                     r"\(--one-target\)\n", text), text
    text = expect("prove", "--subset", "--one-target", weaker, closed)
    assert "other capabilities, which rules ask for (BPF)\n" in text, text
    assert run("prove", "--one-target", "--all-targets", weaker, closed).returncode == 2


def test_guards_that_never_open_are_no_difference():
    never = {"includes": {"caps": ["CAP_BPF"]}, "excludes": {"caps": ["CAP_BPF"]}}
    assert find_target(never) is None
    assert find_target({"includes": {"arches": ["arm64"]}, "excludes": {"arches": ["arm64"]}}) is None


def test_the_answer_says_what_was_looked_at_and_what_not():
    closed, weaker = opened({"includes": {"caps": ["CAP_BPF"], "arches": ["arm64"],
                                          "minKernel": "5.8"}})
    options = ["--arch", "x86_64", "--kernel", "6.1", "--caps", "BPF,NET_RAW"]
    text = expect("prove", *options, closed, weaker)
    assert ("looked at: x86_64 with x86 and x32, kernel 6.1, the capabilities NET_RAW, BPF\n"
            in text), text
    assert ("not looked at: other machines, which the profiles name; other kernels, which rules "
            "ask for (minKernel); other capabilities, which rules ask for (BPF)\n") in text, text
    text = expect("prove", "--subset", closed, weaker)
    assert re.search("  looked at: [45] targets: .*aarch64.*; kernels .*, 5.7; ", text), text
    assert "Docker's 14 capabilities, and 1 other set of BPF\n" in text, text
    assert "not looked at: machines that no profile names\n" in text, text


def test_a_filter_is_of_one_target():
    _, weaker = opened({"includes": {"caps": ["CAP_BPF"]}})
    raw = compile_raw("opened.bpf", weaker, "--arch", "x86_64")
    text = expect("prove", "--arch", "x86_64", weaker, raw)
    assert text.startswith("equal: ") and "other capabilities, which rules ask for (BPF); " \
        "a filter was made for one target\n" in text, text
    # Without a machine, a filter has this one's order of bytes.
    own = compile_raw("own.bpf", weaker)
    for filter_, *wrong in ((own, "--all-targets"), (raw, "--arch", "x86_64,aarch64")):
        done = run("prove", *wrong, weaker, filter_)
        assert done.returncode == 2 and "is a filter, which was made for one" in done.stderr, done


def test_too_many_targets_are_unknown():
    names = "CHOWN KILL BPF SYSLOG SETUID SETGID FOWNER FSETID NET_RAW MKNOD SYS_BOOT SYS_TIME " \
        "SYS_NICE SYS_ADMIN"
    closed, weaker = opened(*({"includes": {"caps": ["CAP_" + name]}} for name in names.split()))
    same = write("same.json", open(weaker, "rb").read())
    done = run("prove", weaker, same)
    assert done.returncode == 3 and done.stdout.startswith("unknown: "), done
    assert "more sets of capabilities apart than can be looked at" in done.stderr, done.stderr
    assert run("diff", weaker, same).returncode == 2
    assert expect("prove", "--caps", "BPF", weaker, same).startswith("equal: ")


def test_long_profiles_are_looked_at_for_some_targets_and_that_is_said():
    rules = [rule("read", excludes={"arches": ["s390"], "minKernel": f"{3 + i % 90}.{i % 200}"})
             for i in range(4000)]
    long = write("long.json", profile(*rules))
    done = run("prove", long, long)
    assert done.returncode == 3 and done.stdout.startswith("unknown: "), done
    assert re.search(r"only the first \d+ of \d+ targets are looked at", done.stderr), done.stderr
    assert run("diff", long, long).returncode == 2
    assert run("prove", "--one-target", long, long).returncode == 0


def test_machines_are_a_list():
    one = write("one.json", profile(rule("mkdir")))
    answer = json.loads(expect("prove", "--arch", "s390x,x86_64", "--format", "json", one, one))
    assert [target["machine"] for target in answer["targets"]] == ["s390x", "x86_64"], answer
    for wrong in ("x86_64,", "x86_64,x86_64", "x32", "x86_64,vax"):
        done = run("prove", "--arch", wrong, one, one)
        assert done.returncode == 2 and "sbpf prove: --arch: " in done.stderr, done


def test_trouble_is_neither_equal_nor_different():
    none = write("none.json", profile())
    for wrong, message in (
            (path_of("missing.json"), "No such file or directory"),
            (write("empty", b""), "is empty; it must be a profile or a filter"),
            (write("odd.bpf", b"\x06\0\0\0\0\0"), "6 bytes are neither a profile nor a filter"),
            (write("bad.bpf", program((0xFF, 0, 0, 0))), "instruction 0"),
            (write("bad.json", b"{}"), "defaultAction"),
            ("pid:x", "stands the number of a process"),
            ("pid:0", "stands the number of a process"),
            (none + "+", "a stack is A+B, newest first")):
        done = run("prove", wrong, none)
        assert done.returncode == 2 and done.stdout == "", (wrong, done.returncode, done.stdout)
        assert done.stderr.startswith("sbpf prove: ") and message in done.stderr, done.stderr


def test_wrong_usage():
    none = write("none.json", profile())
    assert run("prove", none).returncode == 2
    assert run("prove", none, none, none).returncode == 2
    done = run("prove", "--reading", "other", none, none)
    assert done.returncode == 2
    assert "--reading: 'other' is not one of docker|podman|" in done.stderr, done.stderr


def test_readings_go_by_the_names_of_engines():
    guarded = write("guarded.json", profile(rule("bpf", includes={"caps": ["CAP_BPF"]})))
    opened_by = {"docker": 0, "podman": 0, "cri-o": 0, "crio": 0, "literal": 0, "oci": 1,
                 "containerd": 1, "ctr": 1, "runc": 1, "crun": 1, "kubernetes": 1}
    for option in ("--reading", "--runtime"):
        for name, refuses in opened_by.items():
            one = json.loads(expect("explain", "--arch", "x86_64", "--format", "json", option, name,
                                    guarded, "bpf"))
            assert (one["verdict"]["action"] == "ERRNO") == bool(refuses), (name, one)
    for tool in (SBPF_GEN,), (SBPF, "run"):
        shown = subprocess.run([*tool, "--help"], check=True,
                               capture_output=True, text=True).stdout
        for name in opened_by:
            assert re.search(rf"\b{name}\b", shown), (tool, name)
        assert "Kubernetes on CRI-O is cri-o" in shown, shown


run_tests(globals())
