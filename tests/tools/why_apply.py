# SPDX-License-Identifier: MIT
"""sbpf why of commands: what parts a refused call from others, and profiles with the additions."""
import errno
import json
import os
import platform
import subprocess
import sys

from common import DOCKER, SBPF, expect, path_of, run, run_tests, write

# By number, as x86_64 and i386 have them.
SOCKET, UNSHARE, CLONE, PRCTL, MKDIR, FCNTL, CLONE3, GETPPID, SOCKETPAIR, PERSONALITY = \
    41, 272, 56, 157, 83, 72, 435, 110, 53, 135
X86_GETPPID, X86_SOCKETCALL = 64, 102
CLONE_NEWUSER, CLONE_NEWNS = 0x10000000, 0x20000

# Calls by number, native ones and, by int 0x80, those of i386; prints what came of each.
CALLER = r"""
import ctypes, json, mmap, sys
libc = ctypes.CDLL(None, use_errno=True)
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes.fromhex("53 89f8 89f3 89d1 cd80 5b c3"))
enter = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint] * 3)(
    ctypes.addressof(ctypes.c_char.from_buffer(code)))
results = []
for abi, number, *arguments in json.loads(sys.argv[1]):
    if abi == "x86":
        result = enter(number, *(arguments + [0, 0])[:2])
        results.append(-result if result < 0 else 0)
        continue
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, arguments))
    results.append(ctypes.get_errno() if result < 0 else 0)
print(json.dumps(results))
"""


def native(number, *arguments):
    return ["x86_64", number, *arguments]


def command_of(calls):
    return [sys.executable, "-S", "-c", CALLER, json.dumps(calls)]


def why(profile, calls, *options, command=None):
    """The report, and the errno that each call gave."""
    report = path_of("report.json")
    if os.path.exists(report):
        os.remove(report)
    done = run("why", "-p", profile, "--format", "json", "-o", report, *options, "--",
               *(command or command_of(calls)))
    with open(report, encoding="utf-8") as file:
        result = json.load(file)
    assert result["status"] == done.returncode, (result["status"], done)
    return result, json.loads(done.stdout) if done.stdout else None


def settle(profile, calls, *options):
    """Applies what is to be added, until that changes nothing: the reports, and the last results."""
    out = path_of("out.json")
    first, _ = why(profile, calls, "--apply", out, *options)
    again, results = why(out, calls, *options)
    assert again["refused"] == [], again["refused"]
    return first, out, results


def verdict(profile, call, *arguments, options=()):
    one = json.loads(expect("explain", "--arch", "x86_64", "--format", "json", *options, profile, call,
                            *map(str, arguments)))
    return one["verdict"]["action"]


def changed(before, after, *options):
    """The calls that sbpf diff shows, by ABI."""
    rows = json.loads(run("diff", "--one-target", "--format", "json", *options, before, after).stdout)
    return {(row["abi"], row["name"]) for row in rows}


def equal(index, value):
    return {"index": index, "value": value, "op": "SCMP_CMP_EQ"}


def allow(call, *conditions):
    rule = {"names": [call], "action": "SCMP_ACT_ALLOW"}
    return {**rule, "args": list(conditions)} if conditions else rule


def denying(*rules, **more):
    return write("profile.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": list(rules), **more})


def refuse(call, *conditions, action="SCMP_ACT_ERRNO", **more):
    return {**allow(call, *conditions), "action": action, **more}


def docker_without(*names, rules=(), **more):
    """Docker's profile, where nothing speaks of these calls."""
    with open(DOCKER, encoding="utf-8") as file:
        profile = json.load(file)
    for entry in profile["syscalls"]:
        entry["names"] = [name for name in entry["names"] if name not in names]
    profile["syscalls"] = [entry for entry in profile["syscalls"] if entry["names"]] + list(rules)
    return write("profile.json", {**profile, **more})


# ---- What parts calls


def test_a_selecting_argument_makes_a_condition():
    """Families, namespaces, commands; of others the name."""
    profile = docker_without("socketpair", "prctl", "mkdir")
    calls = [native(SOCKET, 40, 1), native(SOCKET, 38, 5), native(SOCKET, 40, 2),
             native(UNSHARE, CLONE_NEWNS), native(PRCTL, 16), native(MKDIR, 0, 0o755),
             native(SOCKETPAIR, 1, 1, 0, 0), native(PERSONALITY, 0x40000)]
    report, _ = why(profile, calls)
    adds = {(one["name"], one["count"]): one["add"] for one in report["refused"]
            if one["name"] != "prctl" or one["args"][0] == "0x10"}
    assert adds == {
        ("socket", 2): allow("socket", equal(0, 40)),
        ("socket", 1): allow("socket", equal(0, 38)),
        ("unshare", 1): allow("unshare", equal(0, CLONE_NEWNS)),
        ("prctl", 1): allow("prctl", equal(0, 16)),
        ("mkdir", 1): allow("mkdir"),
        ("socketpair", 1): allow("socketpair", equal(0, 1)),
        ("personality", 1): allow("personality", equal(0, 0x40000)),
    }, adds


def test_arguments_that_rules_look_at_make_conditions_too():
    """As a mask where they look through one."""
    profile = docker_without("clone", "fcntl", rules=[
        allow("clone", {"index": 0, "value": 0x7E020000, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}),
        allow("fcntl", equal(1, 3)), allow("fcntl", equal(1, 1)), allow("fcntl", equal(1, 2)),
        allow("fcntl", equal(1, 1030), equal(0, 77))])
    report, _ = why(profile, [native(CLONE, CLONE_NEWUSER | 17, 0, 0, 0, 0), native(FCNTL, 1, 1030, 0)])
    adds = [one["add"] for one in report["refused"]]
    assert allow("clone", {"index": 0, "value": 0x7E020000, "valueTwo": CLONE_NEWUSER,
                           "op": "SCMP_CMP_MASKED_EQ"}) in adds, adds
    assert allow("fcntl", equal(0, 1), equal(1, 1030)) in adds, adds


def test_what_the_kernel_does_not_read_makes_no_difference():
    report, out, results = settle(DOCKER, [native(SOCKET, 0x100000026, 5)])
    # The filter sees 0x100000026, which is above AF_VSOCK: allowed.
    assert report["refused"] == [] and results[0] != errno.EPERM
    report, out, results = settle(DOCKER, [native(SOCKET, 0x100000026, 5)], "--width", "kernel")
    assert report["refused"][0]["add"]["args"] == [
        {"index": 0, "value": 0xFFFFFFFF, "valueTwo": 38, "op": "SCMP_CMP_MASKED_EQ"}]
    assert verdict(out, "socket", 38) == "ALLOW" and verdict(out, "socket", 40) == "ERRNO"


def test_groups_count_and_come_by_frequency():
    calls = [native(SOCKET, 38, 5)] + 3 * [native(UNSHARE, CLONE_NEWNS)] + 2 * [native(SOCKET, 40, 1)]
    report, _ = why(DOCKER, calls)
    assert [(one["name"], one["count"]) for one in report["refused"]] == [
        ("unshare", 3), ("socket", 2), ("socket", 1)]
    one = report["refused"][1]
    assert one["decoded"].startswith("socket(AF_VSOCK, ") and one["args"][0] == "0x28"
    assert os.path.realpath(sys.executable) == one["program"] and one["pid"] > 1
    assert one["object"] and one["offset"].startswith("0x")


# ---- How profiles speak of the call already


def test_a_list_of_what_is_allowed():
    report, out, results = settle(DOCKER, [native(UNSHARE, CLONE_NEWNS), native(SOCKET, 40, 1)])
    assert changed(DOCKER, out) == {(abi, name) for abi in ("x86_64", "x86", "x32")
                                    for name in ("unshare", "socket")}
    assert verdict(out, "unshare", CLONE_NEWUSER) == "ERRNO"
    assert verdict(out, "socket", 38) == "ERRNO"
    assert results[0] in (0, errno.EPERM) and report["refused"][0]["addable"]


def test_a_rule_that_wins_outright_is_replaced():
    """Where all but some calls are allowed, by rules on the others."""
    report, out, _ = settle(denying(refuse("socket"), refuse("unshare")),
                            [native(SOCKET, 40, 1), native(UNSHARE, 0)])
    by_name = {one["name"]: one for one in report["refused"]}
    assert by_name["socket"]["rule"] == "syscalls[0]"
    assert by_name["socket"]["replaces"] == ["syscalls[0]"]
    assert verdict(out, "socket", 40) == "ALLOW" and verdict(out, "socket", 38) == "ERRNO"
    assert verdict(out, "unshare", 0) == "ALLOW" and verdict(out, "unshare", 1) == "ERRNO"


def test_a_rule_with_conditions_is_replaced():
    report, out, _ = settle(
        denying(refuse("socket", equal(0, 40)), refuse("socket", equal(0, 38))),
        [native(SOCKET, 40, 1)])
    assert report["refused"][0]["rule"] == "syscalls[0]"
    assert verdict(out, "socket", 40) == "ALLOW" and verdict(out, "socket", 38) == "ERRNO"


def test_a_rule_against_the_default_is_replaced():
    """No two rules of different verdicts speak of one call, for engines keep no order of them."""
    profile = docker_without("socket", rules=[
        refuse("socket", equal(0, 40), errnoRet=13),
        allow("socket", {"index": 0, "value": 50, "op": "SCMP_CMP_LT"})])
    report, out, _ = settle(profile, [native(SOCKET, 40, 1)])
    assert report["refused"][0]["verdict"]["text"] == "ERRNO(13)"
    assert verdict(out, "socket", 40) == "ALLOW" and verdict(out, "socket", 51) == "ERRNO"
    with open(out, encoding="utf-8") as file:
        on_socket = [rule for rule in json.load(file)["syscalls"] if "socket" in rule["names"]]
    assert all(rule["action"] == "SCMP_ACT_ALLOW" for rule in on_socket), on_socket


def test_other_names_of_a_replaced_entry_stay():
    rule = {"names": ["mkdir", "socket", "rmdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}
    _, out, _ = settle(docker_without("mkdir", "socket", "rmdir", rules=[rule]), [native(SOCKET, 1, 1)])
    with open(out, encoding="utf-8") as file:
        entries = json.load(file)["syscalls"]
    assert {**rule, "names": ["mkdir", "rmdir"]} in entries
    assert verdict(out, "socket", 1) == "ALLOW" and verdict(out, "socket", 2) == "ERRNO"
    assert verdict(out, "mkdir") == "ERRNO"


def test_alternatives():
    """Two conditions on one argument are two rules."""
    profile = docker_without("socket", rules=[
        allow("socket", equal(0, 1), equal(0, 2))])
    _, out, _ = settle(profile, [native(SOCKET, 40, 1)])
    assert [verdict(out, "socket", family) for family in (1, 2, 40, 3)] == \
        ["ALLOW", "ALLOW", "ALLOW", "ERRNO"]


def test_every_reading():
    for reading in ("docker", "oci", "literal"):
        options = ("--reading", reading)
        profile = write("flat.json", expect("flatten", DOCKER).encode())
        _, out, _ = settle(profile, [native(UNSHARE, CLONE_NEWNS), native(SOCKET, 40, 1)], *options)
        assert verdict(out, "socket", 40, options=options) == "ALLOW"
        assert verdict(out, "socket", 38, options=options) == "ERRNO"


# ---- Other ABIs


def test_an_abi_that_is_not_covered():
    """By architectures, by archMap, and where there is neither."""
    with open(DOCKER, encoding="utf-8") as file:
        docker = json.load(file)
    del docker["archMap"]
    own = "SCMP_ARCH_X86_64"
    for more in ({"architectures": [own]}, {}, {"archMap": [
            {"architecture": "SCMP_ARCH_AARCH64"}, {"architecture": own, "subArchitectures": None}]},
            {"archMap": [{"architecture": "SCMP_ARCH_AARCH64"}]}, {"architectures": None},
            {"archMap": [{"architecture": own, "subArchitectures": ["SCMP_ARCH_X32"]}]}):
        profile = write("profile.json", {**docker, **more})
        report, out, results = settle(profile, [["x86", X86_GETPPID]])
        [one] = report["refused"]
        assert (one["abi"], one["name"], one["architecture"]) == ("x86", "getppid", "SCMP_ARCH_X86")
        assert one["verdict"]["text"] == "KILL_PROCESS" and one["add"] is None
        assert report["status"] == 128 + 31 and results == [0]
        assert {abi for abi, _ in changed(profile, out)} == {"x86"}


def test_an_abi_that_an_option_leaves_out():
    report, _ = why(DOCKER, [["x86", X86_GETPPID]], "--abi", "")
    assert report["refused"][0]["architecture"] is None and "--abi" in report["refused"][0]["reason"]


def test_a_multiplexed_call():
    """What lies behind the pointer is not seen: the addition is on the multiplexer."""
    profile = docker_without("socketcall")
    report, out, _ = settle(profile, [["x86", X86_SOCKETCALL, 1, 0]])
    [one] = report["refused"]
    assert one["add"] == allow("socketcall", equal(0, 1))
    assert changed(profile, out) == {("x86", "socketcall")}


# ---- Actions


def test_what_a_listener_or_a_tracer_would_decide():
    profile = denying(refuse("mkdir", action="SCMP_ACT_NOTIFY"),
                      refuse("socket", action="SCMP_ACT_TRACE"))
    report, results = why(profile, [native(MKDIR, 0, 0), native(SOCKET, 1, 1)])
    assert results == [errno.ENOSYS, errno.ENOSYS]
    assert [one["verdict"]["text"] for one in report["refused"]] == ["NOTIFY", "TRACE(1)"]
    text = run("why", "-p", profile, "--", *command_of([native(MKDIR, 0, 0)])).stderr
    assert "NOTIFY, which a listener would have answered" in text


def test_enosys_where_libraries_fall_back():
    profile = docker_without("clone3")
    report, out, results = settle(profile, [native(CLONE3, 0, 0)])
    [one] = report["refused"]
    assert one["add"] == {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.ENOSYS}
    assert results == [errno.ENOSYS] and verdict(out, "clone3") == "ERRNO"
    again, _ = why(out, [native(CLONE3, 0, 0)])
    assert again["refused"] == [] and again["fallbacks"][0]["name"] == "clone3"
    # Without the older call there is nothing to fall back on.
    report, _ = why(docker_without("clone3", "clone", "fork", "vfork"), [native(CLONE3, 0, 0)])
    assert report["refused"][0]["add"] == allow("clone3")


def test_kills_and_traps():
    for action, status in (("SCMP_ACT_KILL_PROCESS", 128 + 31), ("SCMP_ACT_TRAP", 128 + 31)):
        profile = denying(refuse("socket", action=action))
        report, _, results = settle(profile, [native(SOCKET, 1, 1)])
        assert report["status"] == status and report["refused"][0]["count"] == 1
        assert report["refused"][0]["rule"] == "syscalls[0]" and len(results) == 1


def test_a_filter_of_the_program_itself_is_named():
    inner = write("inner.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        refuse("socket", action="SCMP_ACT_KILL_PROCESS")]})
    report, _ = why(DOCKER, None, command=[SBPF, "run", "-p", inner, "--",
                                           *command_of([native(SOCKET, 1, 1)])])
    [one] = [one for one in report["refused"] if one["name"] == "socket"]
    assert one["foreign"] and one["add"] is None and one["rule"] is None


def test_a_call_without_a_name():
    report, _ = why(DOCKER, [native(2000)])
    assert report["refused"][0]["name"] is None and report["refused"][0]["add"] is None
    assert "no profile can name" in report["refused"][0]["reason"]


def test_a_command_that_may_not_be_executed():
    profile = docker_without("execve")
    report, _ = why(profile, [])
    assert report["status"] == 125
    assert [one["add"] for one in report["refused"]] == [allow("execve")]


# ---- Texts

CALLS = [native(UNSHARE, 0), native(SOCKET, 40, 1)]
ENTRY = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}


def amended(text):
    """The text with additions; what was there before is there still, in its order."""
    profile = write("profile.json", text.encode())
    out = path_of("out.json")
    why(profile, CALLS, "--apply", out)
    with open(out, "rb") as file:
        after = file.read().decode()
    return after


def lists(text):
    return [(rule["names"], rule.get("args")) for rule in json.loads(text)["syscalls"]]


def default_errno(*rules):
    """All that a python needs, and what is beside it."""
    with open(DOCKER, encoding="utf-8") as file:
        docker = json.load(file)
    return {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": docker["syscalls"] + list(rules)}


def test_the_layout_is_that_of_the_neighbours():
    profile = default_errno(ENTRY)
    for text in (json.dumps(profile), json.dumps(profile, indent=2), json.dumps(profile, indent="\t"),
                 json.dumps(profile, separators=(",", ":")),
                 json.dumps(profile, indent=4).replace("\n", "\r\n") + "\r\n",
                 json.dumps({"linux": {"seccomp": profile}, "ociVersion": "1.0.0"}, indent=1)):
        after = amended(text)
        start = len(os.path.commonprefix([text, after]))
        piece = after[start:start + len(after) - len(text)]
        assert text == after[:start] + after[start + len(piece):]
        assert ("\n" in piece) == ("\n" in text) and ("\r\n" in piece) == ("\r\n" in text), piece
        parsed = json.loads(after)
        parsed = parsed["linux"]["seccomp"] if "linux" in parsed else parsed
        assert parsed["syscalls"][-2:] == [allow("unshare", equal(0, 0)), allow("socket", equal(0, 40))]


def test_a_profile_without_rules():
    for before in ('{"defaultAction":"SCMP_ACT_TRACE"}', '{"defaultAction":"SCMP_ACT_TRACE",\n'
                   '\t"syscalls": []\n}', '{ "syscalls": null, "defaultAction" : "SCMP_ACT_TRACE" }'):
        log = write("log", "\n".join(
            f"type=1326 arch=c000003e syscall={number} code=0x7ff00000" for number in (272, 41)).encode())
        profile, out = write("profile.json", before.encode()), path_of("out.json")
        expect("why", "--arch", "x86_64", "-p", profile, "--log", log, "--apply", out)
        with open(out, encoding="utf-8") as file:
            assert lists(file.read()) == [(["unshare", "socket"], None)], before


def test_names_and_entries_are_taken_out_with_their_commas():
    log = write("log", b"type=1326 arch=c000003e syscall=41 code=0x50000\n")
    other = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}
    for rules in ([refuse("socket")], [refuse("socket"), other], [other, refuse("socket")],
                  [other, refuse("socket"), other], [{"name": "socket", "action": "SCMP_ACT_ERRNO"}],
                  [{**other, "names": ["socket", "rmdir"]}], [{**other, "names": ["rmdir", "socket"]}],
                  [{**other, "names": ["socket", "rmdir", "socket"]}, refuse("socket")]):
        for indent in (None, 1):
            profile = write("profile.json", json.dumps({"defaultAction": "SCMP_ACT_ALLOW",
                                                        "syscalls": rules}, indent=indent).encode())
            out = path_of("out.json")
            expect("why", "--arch", "x86_64", "-p", profile, "--log", log, "--apply", out)
            with open(out, encoding="utf-8") as file:
                after = json.load(file)["syscalls"]
            names = [[name for name in [rule.get("name"), *rule.get("names", [])]
                      if name not in (None, "socket")] for rule in rules]
            assert [rule["names"] for rule in after] == [each for each in names if each], (rules, after)


def test_the_proof_refuses_what_cannot_be_said():
    """A multiplexer that a rule on another call refuses cannot be given back to the default."""
    profile = denying(refuse("socket", equal(0, 40)),
                      architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"])
    out = path_of("out.json")
    report, _ = why(profile, [["x86", X86_SOCKETCALL, 1, 0]], "--apply", out)
    [one] = report["refused"]
    assert one["addable"] is False and one["name"] == "socketcall"
    with open(profile, encoding="utf-8") as before, open(out, encoding="utf-8") as after:
        assert before.read() == after.read()


def can_watch():
    done = run("why", "--engine", "trace", "--", "true")
    return platform.machine() == "x86_64" and done.returncode == 0


if __name__ == "__main__":
    if not can_watch():
        print("SKIP: no command can be watched here, or its calls have other numbers")
        sys.exit(77)
    run_tests(globals())
