# SPDX-License-Identifier: MIT
"""sbpf show: listings, what comes to an instruction, graphs and pictures."""
import json

from common import DOCKER, compile_raw, expect, path_of, program, read_program, run, run_tests, write

BLOCK_MKDIR = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
               "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
SOCKET = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
          "syscalls": [{"names": ["socket"], "action": "SCMP_ACT_ERRNO",
                        "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}]}]}


def show(*arguments):
    return expect("show", "--arch", "x86_64", *arguments)


def listing(*arguments):
    return json.loads(show("--format", "json", *arguments))


def test_text_names_calls_verdicts_and_targets():
    text = show(write("block.json", BLOCK_MKDIR))
    assert "number == 83 (mkdir)" in text or "number != 83 (mkdir)" in text, text
    assert "return ERRNO(EPERM)" in text and "return ALLOW" in text and "return KILL_PROCESS" in text
    assert "arch != x86_64/x32 goto" in text and "(+" in text


def test_arguments_are_named_with_constants():
    text = show(write("socket.json", SOCKET))
    assert "args[0] (socket's family) != AF_VSOCK" in text or \
           "args[0] (socket's family) == AF_VSOCK" in text, text
    assert "args[0].upper (socket's family)" in text


def test_only_the_calls_that_can_come_reach_an_instruction():
    filters = listing(write("socket.json", SOCKET))["filters"]
    loads = [one for one in filters[0]["instructions"] if one["text"].startswith("A = args[0]")]
    assert loads and all(one["reach"] == "socket" for one in loads), loads
    kills = [one for one in filters[0]["instructions"] if one["text"] == "return KILL_PROCESS"]
    assert all("x32" in one["reach"] and "x86_64" not in one["reach"] for one in kills), kills


def test_json_has_the_instructions_of_a_raw_filter():
    raw = compile_raw("docker.bpf", DOCKER, "--arch", "x86_64", "--kernel", "6.1")
    instructions = listing(raw)["filters"][0]["instructions"]
    assert [(one["code"], one["jt"], one["jf"], one["k"]) for one in instructions] == \
        read_program(raw)
    for index, one in enumerate(instructions):
        if "true" in one:
            assert one["true"] == index + 1 + one["jt"] and one["false"] == index + 1 + one["jf"]


def test_every_operation_is_written():
    filter = write("odd.bpf", program(
        (0x00, 0, 0, 7), (0x02, 0, 0, 3), (0x61, 0, 0, 3), (0x0C, 0, 0, 0), (0x74, 0, 0, 2),
        (0x87, 0, 0, 0), (0x84, 0, 0, 0), (0x80, 0, 0, 0), (0x1D, 0, 1, 0), (0x16, 0, 0, 0),
        (0x06, 0, 0, 0)))
    texts = [one["text"] for one in listing(filter)["filters"][0]["instructions"]]
    assert texts == ["A = 0x7", "M[0x3] = A", "X = M[0x3]", "A += X", "A >>= 0x2", "A = X",
                     "A = -A", "A = size of the data", "if A == X goto 9 (+0) else 10 (+1)",
                     "return A", "return KILL_THREAD"] or \
        texts[8] == "if A != X goto 10 (+1)", texts


def test_a_stack_shows_its_filters_newest_first():
    block = write("block.json", BLOCK_MKDIR)
    filters = listing(f"{block}+{DOCKER}")["filters"]
    assert [one["name"] for one in filters] == [block, DOCKER]
    assert show(f"{block}+{DOCKER}").count(" instructions, ") == 2


def test_efforts_differ_in_size():
    quick, thorough = (len(listing("--effort", effort, DOCKER)["filters"][0]["instructions"])
                       for effort in ("quick", "thorough"))
    assert thorough < quick, (thorough, quick)


def test_graph_draws_every_verdict():
    graph = show("--graph", write("block.json", BLOCK_MKDIR))
    assert graph.startswith("digraph filter {") and graph.rstrip().endswith("}")
    assert 'label="return ERRNO(EPERM)", shape=box, style=filled, fillcolor=orange' in graph
    assert 'label="yes"' in graph and 'label="no", style=dashed' in graph


def test_output_goes_to_a_file():
    assert show("-o", path_of("text"), write("block.json", BLOCK_MKDIR)) == ""
    with open(path_of("text"), encoding="utf-8") as file:
        assert "return ERRNO(EPERM)" in file.read()


def test_wrong_usage_is_refused():
    assert run("show").returncode == 2
    assert run("show", DOCKER, DOCKER).returncode == 2
    assert run("show", "--graph", "--format", "json", DOCKER).returncode == 2
    assert run("show", path_of("missing")).returncode == 1


run_tests(globals())
