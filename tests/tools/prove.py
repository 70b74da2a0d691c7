# SPDX-License-Identifier: MIT
"""sbpf prove: answers, exit statuses, examples, kinds of operands."""
import json

from common import DOCKER, compile_raw, expect, path_of, program, run, run_tests, write

LOAD_NUMBER = (0x20, 0, 0, 0)
LOAD_ARGUMENT_0 = (0x20, 0, 0, 16)
ALLOW = (0x06, 0, 0, 0x7FFF0000)
EPERM = (0x06, 0, 0, 0x50001)


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
        assert expect("prove", "--arch", machine, "--format", "json", DOCKER, raw) == \
            '{"result": "equal", "example": null}\n'


def test_a_refutation_names_call_verdicts_and_rules():
    one = write("one.json", profile(rule("mkdir")))
    none = write("none.json", profile())
    text = expect("prove", "--arch", "x86_64", one, none, status=1)
    assert "call: x86_64 mkdir(" in text and "(arch 0xc000003e, nr 83)" in text, text
    assert f"a: ERRNO(1)\n     {one}:7: syscalls[0]\n" in text, text
    assert f"b: ALLOW\n     {none}:2: defaultAction\n" in text, text
    assert answer_json(one, none, status=1) == {
        "result": "different",
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
    assert answer_json("--subset", strict, loose, status=0) == {"result": "subset", "example": None}
    refuted = answer_json("--subset", loose, strict, status=1)
    assert refuted["result"] == "different"
    assert refuted["example"]["name"] == "chmod"


def test_a_stack_takes_the_stricter_action_and_the_newer_data():
    one = write("one.json", profile(rule("mkdir", errnoRet=5)))
    two = write("two.json", profile(rule("mkdir", errnoRet=7), rule("chmod", "SCMP_ACT_KILL")))
    both = write("both.json", profile(rule("mkdir", errnoRet=5), rule("chmod", "SCMP_ACT_KILL")))
    assert answer_json(f"{one}+{two}", both, status=0)["result"] == "equal"
    different = answer_json(f"{two}+{one}", both, status=1)
    assert different["example"]["a"] == {"value": 0x50007, "text": "ERRNO(7)"}
    text = expect("prove", "--arch", "x86_64", f"{two}+{one}", both, status=1)
    assert f"{two}:7: syscalls[0]: ERRNO(7)\n" in text and f"{one}:7: syscalls[0]: ERRNO(5)\n" in text


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
    assert f"{one}:9: syscalls[0]\n" in text, text


def test_what_cannot_be_expressed_is_unknown():
    multiply = (0x24, 0, 0, 3)
    hard = write("hard.bpf", program(LOAD_ARGUMENT_0, (0x02, 0, 0, 0), multiply, (0x07, 0, 0, 0),
                                     (0x60, 0, 0, 0), (0x2C, 0, 0, 0), (0x15, 0, 1, 12345),
                                     EPERM, ALLOW))
    none = write("none.bpf", program(ALLOW))
    done = run("prove", "--arch", "x86_64", "--format", "json", hard, none)
    assert done.returncode == 3, (done.returncode, done.stdout)
    assert done.stdout == '{"result": "unknown", "example": null}\n'
    assert done.stderr.startswith("sbpf prove: "), done.stderr


def test_readings_tell_a_profile_from_its_filter():
    shield = write("shield.json", profile(rule("mkdir", "SCMP_ACT_ALLOW"), rule("mkdir")))
    raw = compile_raw("shield.bpf", shield, "--arch", "x86_64")
    assert answer_json(shield, raw, status=0)["result"] == "equal"
    assert answer_json("--reading", "literal", shield, raw, status=1)["example"]["name"] == "mkdir"


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
    assert "--reading: 'other' is not one of docker|oci|literal" in done.stderr, done.stderr


run_tests(globals())
