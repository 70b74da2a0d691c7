# SPDX-License-Identifier: MIT
"""sbpf why: which line refused a call, and what to write."""
import json
import os

from common import DOCKER, expect, path_of, run, run_tests, write

X86_64, X86, AARCH64 = 0xC000003E, 0x40000003, 0xC00000B7
KILL_THREAD, KILL_PROCESS, TRAP, ERRNO = 0, 0x80000000, 0x30000, 0x50000
LOG = 0x7FFC0000


def record(number, code=ERRNO, arch=X86_64, pid=100, comm='"worker"', exe='"/srv/worker"', sig=0):
    """What the kernel writes (kernel/auditsc.c: audit_seccomp)."""
    return (f"audit(1764384000.101:{pid}): auid=4294967295 uid=0 gid=0 ses=4294967295 "
            f"subj=unconfined pid={pid} comm={comm} exe={exe} sig={sig} arch={arch:x} "
            f"syscall={number} compat={int(arch == X86)} ip=0x7f25c8a1b2c3 code={code:#x}")


def log(*lines):
    return write("log", ("\n".join(lines) + "\n").encode())


def why(*arguments, **options):
    """The JSON report on a log."""
    done = run("why", "--arch", "x86_64", "--format", "json", "-o", "-", *arguments, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


RULES = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
    "syscalls": [
        {"names": ["read", "write", "execve"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["mkdir", "rmdir"], "action": "SCMP_ACT_KILL_PROCESS"},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_EQ"}]},
        {"names": ["unlink"], "action": "SCMP_ACT_LOG"},
        {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 3,
         "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}]},
    ],
}


# ---- Records


FORMS = {
    "dmesg": "[   12.345678] audit: type=1326 " + record(41),
    "journalctl -k": "Nov 29 02:40:00 node1 kernel: audit: type=1326 " + record(41),
    "journalctl _TRANSPORT=audit": "Nov 29 02:40:00 node1 audit[100]: SECCOMP " +
                                   record(41).split(": ", 1)[1],
    "audit.log": "type=SECCOMP msg=" + record(41),
    "audit.log, enriched": "type=SECCOMP msg=" + record(41) +
                           '\x1dARCH=x86_64 SYSCALL=socket AUID="unset" UID="root"',
    "ausearch -i": "type=SECCOMP msg=audit(11/29/26 02:40:00.101:45) : auid=unset uid=root "
                   "gid=root ses=unset subj=unconfined pid=100 comm=worker exe=/srv/worker sig=SIG0 "
                   "arch=x86_64 syscall=socket compat=0 ip=0x7f25c8a1b2c3 code=errno",
    "netlink": record(41),
}


def test_every_form_of_a_record_is_read():
    rules = write("rules.json", RULES)
    for form, line in FORMS.items():
        report = why("-p", rules, "--log", log("other: line", line, ""))
        assert report["records"] == 1 and not report["broken"], form
        [one] = report["refused"]
        assert (one["abi"], one["nr"], one["name"], one["pid"]) == ("x86_64", 41, "socket", 100), form
        assert one["program"] == "/srv/worker" and one["count"] == 1, form


def test_names_in_digits_and_without_a_file():
    rules = write("rules.json", RULES)
    report = why("-p", rules, "--log", log(
        "type=1326 " + record(41, comm="6D79206A6F62", exe="(null)"),
        "type=1326 " + record(57, exe="2F6F70742F6D7920617070")))
    assert sorted(one["program"] for one in report["refused"]) == ["/opt/my app", "my job"]


def test_other_records_and_broken_ones():
    rules = write("rules.json", RULES)
    report = why("-p", rules, "--log", log(
        "type=1300 audit(1.1:1): arch=c000003e syscall=41 success=no exit=-1 code=0x50000",
        "type=1326 audit(1.1:1): pid=1 comm=\"x\" cut of here",
        "type=1326 " + record(41).replace("c000003e", "zz"),
        "usb 1-1: new device"))
    assert report["records"] == 0 and report["broken"] == 2 and report["refused"] == []


def test_a_name_cannot_forge_fields():
    rules = write("rules.json", RULES)
    line = FORMS["ausearch -i"].replace("comm=worker", "comm=arch=i386 syscall=read code=kill")
    [one] = why("-p", rules, "--log", log(line))["refused"]
    assert (one["abi"], one["name"], one["verdict"]["text"]) == ("x86_64", "socket", "ERRNO(1)")


def test_long_lines_are_cut_and_the_next_one_is_read():
    rules = write("rules.json", RULES)
    report = why("-p", rules, "--log", log("x" * 3000000, "type=1326 " + record(41)))
    assert report["records"] == 1 and report["broken"] == 0


def test_a_log_comes_from_standard_input():
    rules = write("rules.json", RULES)
    assert why("-p", rules, "--log", "-", input=record(41) + "\n")["records"] == 1
    assert why("-p", rules, "--log", "-", input=record(41))["records"] == 1
    assert why("-p", rules, "--log", "-", input="")["refused"] == []


# ---- What decided


def test_call_rule_and_line_are_named():
    rules = write("rules.json", RULES)
    text = lines_of(rules)
    report = why("-p", rules, "--log", log(
        record(57), record(57), record(57), record(83, KILL_PROCESS, sig=31),
        record(40, KILL_PROCESS, X86, sig=31), record(87, LOG)))
    fork, mkdir, rmdir, unlink = report["refused"]
    assert (fork["name"], fork["count"], fork["rule"], fork["cause"]) == \
        ("fork", 3, None, "defaultAction")
    assert "defaultAction" in text[fork["line"] - 1]
    assert (mkdir["abi"], mkdir["name"], mkdir["rule"]) == ("x86_64", "mkdir", "syscalls[1]")
    assert mkdir["verdict"] == {"value": KILL_PROCESS, "text": "KILL_PROCESS"}
    assert '"mkdir"' in "".join(text[mkdir["line"] - 1:mkdir["line"] + 3])
    assert (rmdir["abi"], rmdir["name"], rmdir["rule"]) == ("x86", "rmdir", "syscalls[1]")
    assert (unlink["name"], unlink["rule"], unlink["verdict"]["text"]) == \
        ("unlink", "syscalls[3]", "LOG")


def test_arguments_are_not_known():
    rules = write("rules.json", RULES)
    [one] = why("-p", rules, "--log", log(record(41)))["refused"]
    assert one["args"] is None and one["decoded"] == "socket(?)"
    assert "as the record has none" in one["opens"]


def test_where_several_rules_can_have_decided_all_are_named():
    rules = write("rules.json", RULES)
    [one] = why("-p", rules, "--log", log(record(62)))["refused"]
    assert one["rule"] is None and one["line"] is None and one["cause"] is None
    assert one["verdict"] == {"value": ERRNO, "text": "ERRNO(0)"}
    candidates = {(each["rule"], each["verdict"]["text"]) for each in one["candidates"]}
    assert candidates == {("syscalls[4]", "ERRNO(3)"), (None, "ERRNO(1)")}
    assert one["allCandidates"] is True
    text = run("why", "--arch", "x86_64", "-p", rules, "--log", log(record(62))).stderr
    assert "kill(?): ERRNO, 1 time" in text
    assert "syscalls[4]: ERRNO(ESRCH)" in text and "defaultAction: ERRNO(EPERM)" in text


def test_a_rule_that_never_decides_is_no_candidate():
    shadowed = write("shadowed.json", {**RULES, "syscalls": [
        {"names": ["kill"], "action": "SCMP_ACT_TRAP",
         "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_LT"}]},
        {"names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS",
         "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}]}]})
    trap, kill = why("-p", shadowed, "--log", log(record(62, TRAP), record(62, KILL_PROCESS)))[
        "refused"]
    assert trap["rule"] == "syscalls[0]" and not trap["foreign"]
    assert kill["foreign"], "by the first rule that holds, the second never does"


def test_other_filters_are_told_apart():
    rules = write("rules.json", RULES)
    report = why("-p", rules, "--log", log(
        record(0), record(83, ERRNO), record(41, KILL_THREAD), record(34, KILL_PROCESS, AARCH64)))
    assert [one["foreign"] for one in report["refused"]] == [True, True, True, False]
    assert report["refused"][0]["add"] is None
    assert "another filter" in report["refused"][0]["reason"]
    assert report["refused"][3]["cause"].startswith("the profile does not cover")


def test_there_is_an_end_to_kinds():
    rules = write("rules.json", RULES)
    lines = [record(number, KILL_PROCESS, 0x1234) for number in range(5000)]
    report = why("-p", rules, "--log", log(*lines))
    assert len(report["refused"]) == 2048 and report["others"] == 5000 - 2048


# ---- What to write


def test_additions_are_written_and_proven():
    with open(DOCKER, "rb") as file:
        before = file.read().decode()
    out = path_of("out.json")
    report = why("-p", DOCKER, "--log", log(record(272), record(165)), "--apply", out)
    with open(out, "rb") as file:
        after = file.read().decode()
    assert report["applied"] == out
    assert [one["add"] for one in report["refused"]] == [
        {"names": ["unshare"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["mount"], "action": "SCMP_ACT_ALLOW"}]
    assert "make namespaces" in report["refused"][0]["opens"]
    # The text is as it was, but for one piece.
    same = len(os.path.commonprefix([before, after]))
    piece = after[same:same + len(after) - len(before)]
    assert after.replace(piece, "", 1) == before and '["unshare", "mount"]' in piece, piece
    done = run("diff", "--one-target", "--arch", "x86_64", "--format", "json", DOCKER, out)
    names = {row["name"] for row in json.loads(done.stdout)}
    assert names == {"unshare", "mount"}, names
    assert why("-p", out, "--log", log(record(272)))["refused"][0]["foreign"]


def test_without_additions_the_profile_stays_as_it_is():
    rules = write("rules.json", RULES)
    out = path_of("same.json")
    why("-p", rules, "--log", log(record(0)), "--apply", out)
    assert lines_of(out) == lines_of(rules)


def test_nothing_refused_is_one_line():
    rules = write("rules.json", RULES)
    done = run("why", "-p", rules, "--log", log("nothing"))
    assert done.returncode == 0 and done.stdout == ""
    assert done.stderr == f"sbpf why: {rules}: nothing was logged\n"


# ---- The command line


def test_a_report_goes_to_a_file_or_standard_error():
    rules = write("rules.json", RULES)
    done = run("why", "-p", rules, "--log", log(record(41)))
    assert done.stdout == "" and "socket(?): ERRNO(EPERM), 1 time" in done.stderr
    assert "made by /srv/worker (process 100)" in done.stderr
    done = run("why", "-p", rules, "--log", log(record(41)), "-o", path_of("report"))
    assert done.stdout == done.stderr == ""
    assert "socket(?): ERRNO(EPERM), 1 time" in "\n".join(lines_of(path_of("report")))


def test_sarif_names_lines():
    rules = write("rules.json", RULES)
    sarif = json.loads(expect("why", "--arch", "x86_64", "-p", rules, "--log",
                              log(record(83, KILL_PROCESS), record(0)), "--format", "sarif",
                              "-o", "-"))
    [one] = sarif["runs"]
    assert one["tool"]["driver"]["name"] == "sbpf why"
    refused, foreign = one["results"]
    assert (refused["ruleId"], foreign["ruleId"]) == ("refused-call", "foreign-refusal")
    place = refused["locations"][0]
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "syscalls[1]"
    assert place["physicalLocation"]["region"]["startLine"] == \
        refused["properties"]["line"]


def test_control_characters_do_nothing():
    rules = write("rules.json", RULES)
    text = run("why", "-p", rules, "--log", log(record(41, comm="1B5B326A", exe="(null)"))).stderr
    assert "\x1b" not in text and "made by \\x1b[2j" in text


def test_wrong_usage():
    rules = write("rules.json", RULES)
    for arguments, status in ((("why",), 2), (("why", "--log", "x", "--format", "xml"), 2),
                              (("why", "-p", rules, "--log", path_of("no-such-log")), 1),
                              (("why", "-p", path_of("no-such"), "--log", log("")), 1)):
        done = run(*arguments)
        assert done.returncode == status and done.stderr.startswith("sbpf why: "), arguments


if __name__ == "__main__":
    run_tests(globals())
