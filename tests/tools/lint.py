# SPDX-License-Identifier: MIT
"""sbpf lint: every kind of finding is found where it is, and only there."""
import glob
import json
import os
import re

from common import DOCKER, PROJECT, expect, path_of, run, run_tests, write

TARGET = ("--arch", "x86_64", "--kernel", "6.12")
ABIS = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
UPPER = 1 << 32


def rule(names, action="ALLOW", *args, **more):
    made = {"names": names if isinstance(names, list) else [names], "action": "SCMP_ACT_" + action}
    if args:
        made["args"] = [{"index": i, "value": v, "op": "SCMP_CMP_" + op, "valueTwo": two}
                        for i, op, v, two in args]
    return {**made, **more}


def compare(index, op, value, two=0):
    return (index, op, value, two)


def profile(default, *rules, **more):
    """Nothing is to be found in it but what the rules do. ENOSYS is no hazard."""
    base = {"defaultAction": "SCMP_ACT_" + default, "architectures": ABIS}
    if default == "ERRNO":
        base["defaultErrnoRet"] = 38
    return {**base, "syscalls": list(rules), **more}


# What programs and runtimes need.
NEEDED = [
    "access", "arch_prctl", "brk", "capget", "capset", "chdir", "close", "epoll_ctl", "execve", "exit",
    "exit_group", "fchown", "fcntl", "fstat", "fstatfs", "futex", "getcwd", "getdents64", "getpid", "getppid", "mmap",
    "mprotect", "munmap", "newfstatat", "openat", "prctl", "pread64", "prlimit64", "read",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "set_tid_address", "setgid",
    "setgroups", "setresgid", "setresuid", "setuid", "statx", "write",
]

# What runtimes call and do without, unless the refusal ends them.
SPARED = ["close_range", "faccessat2", "openat2", "tgkill"]

# What the profiles of other tests, made of a rule or two, are right to be told.
STARTING = {"cannot-start", "cannot-exit", "runtime-startup"}


def lint(policy, *options):
    """All other findings, whatever the exit status says."""
    return [f for f in lint_all(policy, *options) if f["id"] not in STARTING]


def starting(policy, *options):
    """Kind, severity and calls of these."""
    return [(f["id"], f["severity"], f["message"].split(": ")[0])
            for f in lint_all(policy, *options) if f["id"] in STARTING]


def lint_all(policy, *options):
    path = policy if isinstance(policy, str) else write("lint.json", policy)
    done = run("lint", *TARGET, "--format", "json", *options, path)
    assert done.returncode in (0, 1), (done.returncode, done.stderr)
    return json.loads(done.stdout)


def only(findings, identifier):
    """The one finding, and that it is of this kind."""
    assert [f["id"] for f in findings] == [identifier], findings
    return findings[0]


def kinds(policy, *options):
    return sorted(f["id"] for f in lint(policy, *options))


def line_of(finding):
    """The text of the line that a finding names."""
    with open(finding["file"], encoding="utf-8") as file:
        return file.read().splitlines()[finding["line"] - 1].strip()


def verdict(path, example, *options):
    """What sbpf explain gives for a finding's example."""
    answer = json.loads(expect("explain", *TARGET, *options, "--abi", example["abi"], "--format",
                               "json", path, str(example["nr"]), *example["args"]))
    return answer["verdict"]["value"]


def test_a_policy_without_faults_gives_nothing():
    assert lint(profile("ERRNO", rule(["read", "write"]))) == []
    assert expect("lint", *TARGET, write("clean.json", profile("ERRNO", rule(NEEDED)))) \
        == "0 errors, 0 warnings, 0 notes\n"


def test_width_bypass_shows_a_call_that_gets_through():
    found = only(lint(profile("ERRNO", rule("personality", "ALLOW", compare(0, "NE", 8)))),
                 "width-bypass")
    assert (found["severity"], found["path"]) == ("warning", "syscalls[0]")
    assert line_of(found) == "{"
    example = found["example"]
    assert (example["name"], example["args"][0]) == ("personality", hex(UPPER + 8))
    assert (example["a"]["text"], example["b"]["text"]) == ("ALLOW", "ERRNO(38)")
    assert "0x100000008" in found["message"] and "--width kernel" in found["message"]


def test_width_refusal_is_a_note():
    found = only(lint(profile("ERRNO", rule("personality", "ALLOW", compare(0, "EQ", 8)))),
                 "width-refusal")
    assert found["severity"] == "note"
    assert found["example"]["args"][0] == hex(UPPER + 8)


def test_arguments_with_64_bits_have_no_width_to_differ_in():
    assert lint(profile("ERRNO", rule("mmap", "ALLOW", compare(1, "LT", 8)))) == []


def test_reading_differs_where_a_shield_is_dropped():
    shield = profile("ERRNO", rule("brk", "ERRNO", errnoRet=38), rule("brk"))
    found = [f for f in lint(shield) if f["id"] == "reading-differs"]
    assert len(found) == 1 and found[0]["path"] == "syscalls[0]", found
    assert (found[0]["example"]["a"]["text"], found[0]["example"]["b"]["text"]) \
        == ("ALLOW", "ERRNO(38)")


def test_reading_differs_where_conditions_become_alternatives():
    both = rule("mmap", "ALLOW", compare(1, "GT", 4), compare(1, "LT", 8))
    found = only(lint(profile("ERRNO", both)), "reading-differs")
    example = found["example"]
    path = path_of("lint.json")
    assert example["a"]["value"] == verdict(path, example)
    assert example["b"]["value"] == verdict(path, example, "--reading", "literal")
    assert example["a"] != example["b"]


def test_runtime_ignores_guards():
    guarded = rule(["reboot", "mount"], includes={"caps": ["CAP_SYS_BOOT"]})
    found = only(lint(profile("ERRNO", guarded)), "runtime-ignores")
    assert "reboot" in found["message"] and "mount" in found["message"]
    example = found["example"]
    assert (example["a"]["text"], example["b"]["text"]) == ("ERRNO(38)", "ALLOW")
    assert verdict(path_of("lint.json"), example, "--reading", "oci") == example["b"]["value"]
    assert kinds(profile("ERRNO", {**guarded, "includes": {}, "excludes": {"caps": []}})) == []


def test_a_file_for_a_runtime_whose_guards_open_calls_is_an_error():
    guarded = rule(["reboot", "mount"], includes={"caps": ["CAP_SYS_BOOT"]})
    path = write("localhost.json", profile("ERRNO", guarded, rule(NEEDED)))
    found, = [f for f in lint(path, "--reading", "oci") if f["id"] == "runtime-ignores"]
    assert found["severity"] == "error" and "sbpf flatten" in found["message"]
    expect("lint", *TARGET, "--reading", "oci", "--fail-on", "error", path, status=1)
    flat = expect("flatten", *TARGET, path)
    assert "runtime-ignores" not in kinds(write("flat.json", flat.encode()), "--reading", "oci")
    shut = rule("reboot", "ERRNO", errnoRet=5, includes={"caps": ["CAP_SYS_BOOT"]})
    found, = [f for f in lint(profile("ALLOW", shut), "--reading", "oci")
              if f["id"] == "runtime-ignores"]
    assert found["severity"] == "warning"


def test_what_a_flattened_profile_compares_has_no_bypass():
    path = write("wide.json", profile("ERRNO", rule("personality", "ALLOW", compare(0, "NE", 8))))
    flat = expect("flatten", *TARGET, "--width", "kernel", path)
    assert "width-bypass" not in kinds(write("flat.json", flat.encode()))


def test_width_findings_of_one_rule_are_one_line():
    wide = rule(["close", "fchdir", "fsync"], "ERRNO", compare(0, "EQ", 9))
    path = write("wide.json", profile("ALLOW", wide, rule("io_uring_setup", "ERRNO")))
    assert [f["id"] for f in lint(path)].count("width-bypass") == 3
    lines = [line for line in run("lint", *TARGET, path).stdout.splitlines() if "[width-byp" in line]
    assert len(lines) == 1 and "close, fchdir, fsync: ALLOW when fd is" in lines[0], lines


def test_runtime_ignores_archmap_and_name():
    mapped = profile("ERRNO", rule("read"))
    del mapped["architectures"]
    mapped["archMap"] = [{"architecture": ABIS[0], "subArchitectures": ABIS[1:]}]
    assert only(lint(mapped), "runtime-ignores")["path"] == "archMap"
    named = profile("ERRNO", *({"name": n, "action": "SCMP_ACT_ALLOW"} for n in ("read", "brk")))
    found = only(lint(named), "runtime-ignores")
    assert found["path"] == "syscalls[0]" and "'name'" in found["message"]
    assert "read, brk" in found["message"]


def test_unknown_calls_of_three_kinds():
    found = lint(profile("ERRNO", rule(["read", "opneat", "fopen", "zzzzqqqq", "riscv_hwprobe"])))
    assert {f["id"] for f in found} == {"unknown-syscall"}
    by_path = {f["path"]: f for f in found}
    assert "did you mean openat?" in by_path["syscalls[0].names[1]"]["message"]
    assert "C library" in by_path["syscalls[0].names[2]"]["message"]
    assert "newer" in by_path["syscalls[0].names[3]"]["message"]
    assert "other ABIs" in by_path["syscalls[0].names[4]"]["message"]
    assert [f["severity"] for f in found] == ["warning", "warning", "warning", "note"]
    assert [line_of(f).strip('",') for f in found] \
        == ["opneat", "fopen", "zzzzqqqq", "riscv_hwprobe"]


def test_names_with_prefixes_and_of_the_library():
    names = ["sys_read", "SYS_write", "__NR_mkdir", "__x64_sys_bpf", "pread", "fstatat", "dlopen"]
    found = lint(profile("ERRNO", rule(names)))
    assert [f["id"] for f in found] == ["unknown-syscall"] * len(names)
    for finding, call in zip(found, ("read", "write", "mkdir", "bpf")):
        assert finding["message"].endswith(f"write {call}") and "prefix" in finding["message"]
    for finding, call in zip(found[4:], ("pread64", "newfstatat", "mmap")):
        assert call in finding["message"], finding


def test_names_in_other_case_and_functions_without_calls():
    found = lint(profile("ERRNO", rule(["OPENAT", "SYS_MKDIR", "__NR_ia32_bpf", "strlen"])))
    assert [f["id"] for f in found] == ["unknown-syscall"] * 4, found
    for finding, call in zip(found, ("openat", "mkdir", "bpf")):
        assert re.search(rf"(write|did you mean) {call}\b", finding["message"]), finding
    assert found[3]["message"].endswith("makes no call: remove it"), found[3]


def test_a_rule_for_other_machines_may_name_their_calls():
    assert kinds(profile("ERRNO", rule("riscv_hwprobe", includes={"arches": ["riscv64"]}))) == []


def test_shadowed_rules():
    void = profile("ERRNO", rule("mmap", "ALLOW", compare(1, "LT", 8)), rule("mmap"))
    found = [f for f in lint(void) if f["id"] == "shadowed-rule"]
    assert [f["path"] for f in found] == ["syscalls[0]"], found
    behind = profile("ERRNO", rule("brk"), rule(["read", "brk"], "LOG"))
    found = only(lint(behind), "shadowed-rule")
    assert (found["path"], found["severity"]) == ("syscalls[1].names[1]", "warning")


def test_redundant_rules():
    twice = profile("ERRNO", rule(["brk", "read"]), rule("brk"))
    found = only(lint(twice), "redundant-rule")
    assert (found["path"], found["severity"]) == ("syscalls[1]", "note")
    again = profile("ERRNO", rule(["brk", "read", "brk"]))
    assert only(lint(again), "redundant-rule")["path"] == "syscalls[0].names[2]"
    part = profile("ERRNO", rule("mmap", "ALLOW", compare(1, "LT", 8)),
                   rule("mmap", "ALLOW", compare(1, "LT", 9)))
    assert only(lint(part), "redundant-rule")["path"] in ("syscalls[0]", "syscalls[1]")


def test_what_is_redundant_can_be_removed():
    policy = profile("ERRNO", rule(["brk", "read"]), rule("brk"), rule("mmap", "ALLOW",
                     compare(1, "LT", 8)), rule("mmap", "ALLOW", compare(1, "LT", 9)))
    gone = {int(f["path"][9:-1]) for f in lint(policy) if f["id"] == "redundant-rule"}
    assert len(gone) == 2
    rest = {**policy, "syscalls": [r for i, r in enumerate(policy["syscalls"]) if i not in gone]}
    expect("prove", *TARGET, write("all.json", policy), write("rest.json", rest))


def test_a_rule_that_depends_on_the_target_is_not_called_redundant():
    guarded = rule(["bpf"], includes={"caps": ["CAP_SYS_ADMIN"]})
    both = profile("ERRNO", rule("bpf"), guarded)
    assert "redundant-rule" in kinds(both, "--caps", "SYS_ADMIN")
    swapped = profile("ERRNO", guarded, {**guarded, "includes": {"caps": ["CAP_BPF"]}})
    assert "redundant-rule" not in kinds(swapped, "--caps", "ALL")


def test_equals_default():
    found = only(lint(profile("ERRNO", rule("ptrace", "ERRNO", errnoRet=38))), "equals-default")
    assert (found["severity"], found["path"]) == ("note", "syscalls[0]")
    assert kinds(profile("ERRNO", rule("openat2", "ERRNO", errnoRet=38)), "--enosys") == []


def test_missing_abi():
    allow = profile("ALLOW", rule("swapon", "KILL_PROCESS"))
    del allow["architectures"]
    found = only(lint(allow), "missing-abi")
    assert found["severity"] == "warning" and found["example"]["a"]["text"] == "KILL_PROCESS"
    deny = profile("ERRNO", rule("read"))
    deny["architectures"] = ABIS[:1]
    assert only(lint(deny), "missing-abi")["severity"] == "note"
    found = only(lint(deny, "--bad-arch", "ALLOW"), "missing-abi")
    assert found["severity"] == "warning" and found["example"]["a"]["text"] == "ALLOW"


def test_multiplexer():
    through = profile("ERRNO", rule("socketcall"), rule("socket", "ALLOW", compare(0, "EQ", 1)))
    found = [f for f in lint(through) if f["id"] == "multiplexer"]
    assert [f["path"] for f in found] == ["syscalls[0].names[0]"], found
    example = found[0]["example"]
    assert (example["abi"], example["name"], example["a"]["text"]) == ("x86", "socketcall", "ALLOW")
    shut = profile("ERRNO", rule("socket", "ALLOW", compare(0, "EQ", 1)))
    found = [f for f in lint(shut) if f["id"] == "multiplexer"]
    assert [(f["severity"], f["example"]["a"]["text"]) for f in found] == [("note", "ERRNO(38)")]
    assert "multiplexer" not in kinds({**shut, "architectures": ABIS[:1]})


def test_sibling_gap():
    chmod = profile("ALLOW", rule(["chmod", "fchmod", "fchmodat", "io_uring_setup"], "ERRNO"))
    found = only(lint(chmod), "sibling-gap")
    assert found["example"]["name"] == "fchmodat2" and "fchmodat2" in found["message"]
    chown = profile("ALLOW", rule(["chown", "fchown", "lchown", "fchownat"], "ERRNO"))
    found = only(lint(chown), "sibling-gap")
    assert found["example"]["abi"] == "x86" and "chown32" in found["message"]


def test_sibling_gap_of_mkdirat_names_mkdir():
    found = [f for f in lint(profile("ALLOW", rule("mkdirat", "ERRNO")))
             if f["id"] == "sibling-gap"]
    assert "mkdir" in [f["example"]["name"] for f in found], found


def test_sibling_gap_behind_a_condition():
    flags = compare(0, "MASKED_EQ", 0x7e020000)
    gap = profile("ERRNO", rule("clone", "ALLOW", flags), rule("clone3"))
    assert "sibling-gap" in kinds(gap)
    assert "sibling-gap" not in kinds(profile("ERRNO", rule("clone", "ALLOW", flags),
                                              rule("clone3", "ERRNO", errnoRet=38)))


OLD_CALLS = {"link": {"linkat"}, "mknod": {"mknodat"}, "chown": {"fchown", "fchownat"},
             "chmod": {"fchmod", "fchmodat", "fchmodat2"}, "rename": {"renameat", "renameat2"},
             "fork": {"clone", "clone3"}, "rmdir": {"unlinkat"}, "umount": {"umount2"},
             "access": {"faccessat", "faccessat2"}, "lstat": {"newfstatat", "statx"},
             "pipe": {"pipe2"}, "dup2": {"dup3"}, "utime": {"utimensat"}, "getdents": {"getdents64"},
             "poll": {"ppoll"}, "select": {"pselect6"},
             "epoll_wait": {"epoll_pwait", "epoll_pwait2"}}


def test_sibling_gap_on_machines_that_lack_the_old_call():
    for machine in ("aarch64", "riscv64", "loongarch64"):
        for old, siblings in OLD_CALLS.items():
            if sibling_is_absent(machine, siblings):
                siblings = {s for s in siblings if s != "renameat"}
            policy = profile("ALLOW", rule(old, "ERRNO"), rule("io_uring_setup", "ERRNO"))
            del policy["architectures"]
            found = [f for f in lint(policy, "--arch", machine) if f["id"] == "sibling-gap"]
            names = set(re.split(r", | get", found[0]["message"].split("but ", 1)[1])[:len(siblings)])
            assert len(found) == 1 and names == siblings, (machine, old, found)
            assert found[0]["path"] == "syscalls[0].names[0]"
            assert "unknown-syscall" not in kinds(policy, "--arch", machine)


def sibling_is_absent(machine, siblings):
    """The machines after arm64 have no renameat."""
    return "renameat" in siblings and machine != "aarch64"


def test_no_gap_where_the_newer_calls_are_denied_too():
    policy = profile("ALLOW", rule(["chmod", "fchmod", "fchmodat", "fchmodat2"], "ERRNO"),
                     rule("mkdir", "ERRNO", errnoRet=38), rule("io_uring_setup", "ERRNO"),
                     rule("rename", includes={"arches": ["amd64"]}))
    del policy["architectures"]
    assert "sibling-gap" not in kinds(policy, "--arch", "aarch64")
    assert "sibling-gap" not in kinds(profile("ERRNO", rule("mkdirat")), "--arch", "aarch64")


def test_a_rule_that_answers_enosys_asks_for_the_sibling():
    policy = profile("ALLOW", rule("clone3", "ERRNO", errnoRet=38))
    assert lint(policy) == []
    policy["syscalls"][0]["errnoRet"] = 1
    assert "sibling-gap" in kinds(policy)


def test_a_call_that_no_rule_denies_has_no_gap():
    assert kinds(profile("ERRNO", rule("openat"))) == []


def test_enosys_hazard():
    eperm = profile("ERRNO", rule(["clone", "faccessat"]), defaultErrnoRet=1)
    found = {f["severity"]: f for f in lint(eperm) if f["id"] == "enosys-hazard"}
    assert "clone3, faccessat2" in found["warning"]["message"]
    assert "rseq, set_robust_list" in found["note"]["message"]
    assert found["warning"]["example"]["a"]["text"] == "ERRNO(1)"
    assert "enosys-hazard" not in kinds(eperm, "--enosys")
    assert kinds(profile("ERRNO", rule(["clone", "faccessat"]))) == []


def test_the_64_bit_times_of_32_bit_abis_are_a_hazard_there():
    policy = profile("ERRNO", rule(["clock_gettime", "clone3", "rseq", "set_robust_list"]),
                     defaultErrnoRet=1)
    found = only(lint(policy), "enosys-hazard")
    assert found["example"]["abi"] == "x86" and "clock_gettime64" in found["message"]


def test_every_call_with_64_bit_times_is_a_hazard_beside_its_twin():
    with open(os.path.join(PROJECT, "arch", "x86.tbl"), encoding="utf-8") as file:
        names = {line.split()[1] for line in file if line[:1].isdigit()}
    twins = {name: re.sub("(_time)?64$", "", name) for name in names
             if name.endswith("_time64") or re.fullmatch("clock_.*64", name)
             or re.fullmatch("timer(fd)?_.*64", name)}
    assert len(twins) == 20
    policy = profile("ERRNO", rule(sorted({*twins.values(), "clone3", "rseq", "set_robust_list"})),
                     defaultErrnoRet=1)
    for machine in ("x86_64", "x86", "arm"):
        found = [f for f in lint(policy, "--arch", machine) if f["id"] == "enosys-hazard"
                 and f["severity"] == "warning" and "clock_gettime64" in f["message"]]
        assert set(found[0]["message"].split(":")[0].split(", ")) == set(twins), (machine, found)


def test_enosys_is_what_the_machine_calls_so():
    policy = profile("ERRNO", rule(["clone"]), defaultErrnoRet=89, architectures=["SCMP_ARCH_MIPS"])
    path = write("mips.json", policy)
    found = json.loads(run("lint", "--arch", "mips", "--format", "json", path).stdout)
    assert "enosys-hazard" not in [f["id"] for f in found], found


def test_listener_deadlock():
    found = [f for f in lint(profile("ALLOW", rule(["sendmsg", "ioctl"], "NOTIFY")))
             if f["id"] == "listener-deadlock"]
    assert [(f["path"], f["severity"]) for f in found] \
        == [("syscalls[0].names[0]", "error"), ("syscalls[0].names[1]", "warning")]
    assert "listener-deadlock" not in kinds(profile("ALLOW", rule("swapon", "NOTIFY")))


def test_kill_thread():
    found = only(lint(profile("ALLOW", rule("swapon", "KILL"))), "kill-thread")
    assert found["example"]["a"]["text"] == "KILL_THREAD"
    assert lint(profile("ALLOW", rule("swapon", "KILL_PROCESS"))) == []
    found = [f for f in lint(profile("KILL_THREAD", rule("read"))) if f["id"] == "kill-thread"]
    assert [f["path"] for f in found] == ["defaultAction"]


def traces(policy, *options):
    return [f for f in lint(policy, *options) if f["id"] == "trace-refuses-nothing"]


def test_trace_refuses_nothing_where_ptrace_is_allowed():
    found, = traces(profile("ALLOW", rule(["unshare", "setns"], "TRACE")))
    assert (found["severity"], found["path"]) == ("warning", "syscalls[0]")
    assert found["message"].startswith("setns, unshare: ")
    assert found["example"]["a"]["text"] == "TRACE(1)"
    found, = traces(profile("TRACE", rule(["ptrace", "read"])))
    assert found["path"] == "defaultAction"
    rules = rule("ptrace", "ALLOW", compare(0, "EQ", 0x4206)), rule("unshare", "TRACE")
    assert [f["path"] for f in traces(profile("ERRNO", *rules))] == ["syscalls[1]"]


def test_trace_refuses_where_nobody_may_trace():
    unshare = rule("unshare", "TRACE")
    assert traces(profile("ALLOW", unshare, rule("ptrace", "ERRNO"))) == []
    assert traces(profile("ALLOW", rule(["unshare", "ptrace"], "TRACE"))) == []
    assert traces(profile("TRACE", rule("read"))) == []
    assert traces(profile("ERRNO", unshare)) == []
    assert traces(profile("ALLOW", rule("unshare", "ERRNO"))) == []
    peek = rule("ptrace", "ALLOW", compare(0, "EQ", 1)), rule("ptrace", "ALLOW", compare(0, "EQ", 0))
    assert traces(profile("ERRNO", unshare, *peek)) == []
    shadowed = rule("swapon", "ERRNO"), rule("swapon", "TRACE")
    assert traces(profile("ALLOW", *shadowed)) == []


def test_unknown_keys():
    policy = profile("ALLOW", {**rule("swapon", "ERRNO"), "arg": [], "zzz": 1, "_comment": "why"},
                     defualtErrnoRet=1)
    found = lint(policy)
    assert [(f["id"], f["severity"], f["path"]) for f in found] == [
        ("unknown-key", "warning", "syscalls[0].arg"), ("unknown-key", "warning", "syscalls[0].zzz"),
        ("unknown-key", "note", "syscalls[0]._comment"),
        ("unknown-key", "warning", "defualtErrnoRet")], found
    assert "did you mean 'args'?" in found[0]["message"]
    assert "did you mean 'defaultErrnoRet'?" in found[3]["message"]
    done = run("lint", *TARGET, path_of("lint.json"))
    assert (done.returncode, done.stderr) == (1, ""), done


def test_what_has_no_effect():
    text = json.dumps(profile("ALLOW", rule("swapon", "KILL_PROCESS", errnoRet=2), rule([], "ERRNO")))
    twice = text.replace('"syscalls"', '"comment": "a", "comment": "b", "syscalls"', 1)
    found = lint(write("twice.json", twice.encode()))
    assert [f["id"] for f in found] == ["without-effect"] * 3
    assert {f["path"] for f in found} == {"comment", "syscalls[0].errnoRet", "syscalls[1].names"}
    mixed = profile("ALLOW", rule("swapon", "ERRNO"))
    mixed["architectures"] = [*ABIS, "SCMP_ARCH_AARCH64"]
    assert lint(mixed) == []


def test_errno_too_large():
    found = only(lint(profile("ALLOW", rule("swapon", "ERRNO", errnoRet=4096))), "errno-too-large")
    assert (found["severity"], found["path"]) == ("warning", "syscalls[0].errnoRet")


def test_an_empty_name_beside_names_is_none():
    policy = profile("ALLOW", {**rule(["swapon", "swapoff", "swappon"], "ERRNO"), "name": ""})
    found = only(lint(policy), "unknown-syscall")
    assert found["path"] == "syscalls[0].names[2]"


def test_filter_exempt():
    policy = profile("ALLOW", rule(["uretprobe", "swapon"], "KILL_PROCESS"))
    found = only(lint(policy), "filter-exempt")
    assert (found["severity"], found["path"]) == ("warning", "syscalls[0]")
    assert found["message"].startswith("uretprobe: from Linux 6.14 on")
    assert found["example"]["a"]["text"] == "KILL_PROCESS"
    assert lint(profile("ERRNO", rule(["uretprobe", "uprobe"]))) == []
    assert "filter-exempt" not in kinds(policy, "--arch", "aarch64")


def test_more_findings_than_are_listed_are_said():
    found = lint(profile("ALLOW", *(rule("swapon", "KILL") for _ in range(300))))
    kills = [f for f in found if f["id"] == "kill-thread"]
    assert len(kills) == 201 and kills[0]["message"].startswith("100 more of these")


def test_exit_status_follows_fail_on():
    note = write("note.json", profile("ERRNO", rule("personality", "ALLOW", compare(0, "EQ", 8)),
                                      rule(NEEDED)))
    warning = write("warning.json", profile("ALLOW", rule("swapon", "KILL")))
    error = write("error.json", profile("ALLOW", rule("sendmmsg", "NOTIFY")))
    expected = {note: (0, 0, 1), warning: (0, 1, 1), error: (1, 1, 1)}
    for path, statuses in expected.items():
        for level, status in zip(("error", "warning", "note"), statuses):
            expect("lint", *TARGET, "--fail-on", level, path, status=status)
    expect("lint", *TARGET, note)
    expect("lint", *TARGET, warning, status=1)


def test_wrong_usage():
    path = write("clean.json", profile("ERRNO", rule(NEEDED)))
    for arguments in ((), (path, path), ("--fail-on", "all", path), ("--format", "xml", path),
                      (path_of("absent.json"),)):
        assert expect("lint", *arguments, status=2) == ""
    assert "'second' is one too many" in run("lint", path, "second").stderr
    assert expect("lint", write("raw.bin", bytes([6, 0, 0, 0, 0, 0, 255, 127])), status=2) == ""


def test_a_config_json_has_its_own_paths():
    config = {"ociVersion": "1.0.2", "linux": {"seccomp": profile("ALLOW", rule("swapon", "KILL"))}}
    found = only(lint(config), "kill-thread")
    assert (found["path"], line_of(found)) == ("linux.seccomp.syscalls[0]", "{")


def test_sarif_names_rules_and_places():
    path = write("warning.json", profile("ALLOW", rule("swapon", "KILL")))
    log = json.loads(expect("lint", *TARGET, "--format", "sarif", path, status=1))
    assert log["version"] == "2.1.0"
    run_of = log["runs"][0]
    rules = run_of["tool"]["driver"]["rules"]
    result, = run_of["results"]
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "kill-thread"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == path and place["region"]["startLine"] == 9
    assert result["level"] == "warning"


def test_text_has_place_identifier_and_call():
    path = write("warning.json", profile("ALLOW", rule("swapon", "KILL")))
    lines = expect("lint", *TARGET, path, status=1).splitlines()
    assert lines[0].startswith(path + ":9: warning: syscalls[0]: ")
    assert lines[0].endswith("[kill-thread]")
    assert lines[1] == "    call: x86_64 swapon(0, 0) is KILL_THREAD"
    assert lines[2] == "0 errors, 1 warning, 0 notes"


def test_the_built_in_default_gives_only_what_holds():
    found = lint(DOCKER)
    assert {f["id"] for f in found} == {"width-bypass", "width-refusal", "runtime-ignores",
                                        "unknown-syscall", "multiplexer"}
    bypass, = (f for f in found if f["id"] == "width-bypass")
    assert bypass["example"]["name"] == "socket" and bypass["severity"] == "warning"
    assert verdict(DOCKER, bypass["example"]) == 0x7FFF0000
    ignored = " ".join(f["message"] for f in found if f["id"] == "runtime-ignores")
    assert "reboot" in ignored and "mount" in ignored
    for finding in found:
        assert finding["line"], finding
        if finding["example"]:
            example = finding["example"]
            assert verdict(DOCKER, example) == example["a"]["value"], finding


def document(*path):
    with open(os.path.join(PROJECT, "docs", *path), encoding="utf-8") as file:
        return file.read()


def test_every_identifier_is_documented():
    log = json.loads(expect("lint", *TARGET, "--format", "sarif",
                            write("clean.json", profile("ERRNO", rule(NEEDED)))))
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    identifiers = sorted(r["id"] for r in rules)
    headings = [h for h in re.findall(r"^## (.+)$", document("lint.md"), re.MULTILINE) if "-" in h
                or h in identifiers]
    assert sorted(headings) == identifiers
    page = document("man", "sbpf.1").split("The identifiers:\n", 1)[1].split("\n.El\n", 1)[0]
    assert re.findall(r"^\.It Li (.+)$", page, re.MULTILINE) == [r["id"] for r in rules]


def test_a_profile_under_which_programs_and_runtimes_start():
    assert starting(profile("ERRNO", rule(NEEDED))) == []
    assert starting(profile("KILL_PROCESS", rule([*NEEDED, *SPARED]))) == []
    assert starting(profile("ALLOW", rule("swapon", "ERRNO"))) == []
    assert starting(DOCKER) == []
    for path in glob.glob(os.path.join(PROJECT, "profiles", "*.json")):
        assert {s for _, s, _ in starting(path)} <= {"note"}, path


def without(*calls):
    return profile("ERRNO", rule([c for c in NEEDED if c not in calls]), defaultErrnoRet=1)


def test_cannot_start():
    assert starting(without("execve")) == [("cannot-start", "error", "execve")]
    assert starting(without("arch_prctl")) == [("cannot-start", "error", "arch_prctl")]
    assert starting(without("mmap", "pread64")) == [("cannot-start", "warning", "pread64, mmap")]
    denied = profile("ALLOW", rule("execve", "ERRNO", errnoRet=38))
    assert starting(denied) == [("cannot-start", "error", "execve")]
    found, = [f for f in lint_all(denied) if f["id"] == "cannot-start"]
    assert (found["path"], found["example"]["a"]["text"]) == ("syscalls[0]", "ERRNO(38)")


def test_what_libraries_do_without_need_not_be_allowed():
    spared = without("access", "brk", "munmap", "prlimit64", "set_robust_list", "set_tid_address",
                     "fstat")
    assert {k for k, _, _ in starting(spared)} == {"runtime-startup"}
    spared["defaultAction"] = "SCMP_ACT_KILL_PROCESS"
    assert ("cannot-start", "error", "set_tid_address") in starting(spared)
    assert ("cannot-start", "warning", "brk, munmap, access, prlimit64, set_robust_list") \
        in starting(spared)


def test_a_condition_an_agent_or_a_tracer_may_let_a_call_through():
    read_only = profile("ALLOW", rule("openat", "ERRNO", compare(2, "EQ", 1)))
    assert starting(read_only) == []
    for action in ("NOTIFY", "TRACE", "LOG"):
        assert starting(profile("ALLOW", rule(["execve", "exit_group", "read"], action))) == []


def test_what_programs_need_is_that_of_their_abi():
    old = {"access", "arch_prctl", "pread64"}
    policy = profile("ERRNO", rule([c for c in NEEDED if c not in old]), defaultErrnoRet=1)
    assert starting(policy, "--arch", "aarch64") == []
    assert ("cannot-start", "error", "arch_prctl") in starting(policy)
    assert ("cannot-start", "error", "set_thread_area") in starting(policy, "--arch", "x86")
    assert ("cannot-start", "error", "set_tls") in starting(policy, "--arch", "arm")
    assert ("cannot-start", "warning", "mmap2") in starting(policy, "--arch", "arm")


def test_cannot_exit():
    assert starting(without("exit", "exit_group")) == [("cannot-exit", "error", "exit_group, exit")]
    assert starting(without("exit")) == [("cannot-exit", "warning", "exit")]
    assert starting(without("exit_group")) == [("cannot-exit", "warning", "exit_group")]
    assert starting(without("rt_sigreturn")) == [("cannot-exit", "warning", "rt_sigreturn")]
    killed = profile("ALLOW", rule("exit_group", "KILL_PROCESS"))
    assert starting(killed) == [("cannot-exit", "error", "exit_group")]


def test_runtime_startup():
    assert starting(without("getdents64")) == [("runtime-startup", "note", "getdents64")]
    assert starting(without("capset", "getdents64"), "--reading", "oci") \
        == [("runtime-startup", "warning", c) for c in ("capset", "getdents64")]
    assert starting(without("epoll_ctl", "fcntl", "faccessat2")) == []
    killed = profile("KILL_PROCESS", rule([*NEEDED, *SPARED[2:]]))
    assert starting(killed) == [("runtime-startup", "note", "close_range"),
                                ("runtime-startup", "note", "faccessat2")]
    found, = [f["message"] for f in lint_all(without("capset")) if f["id"] == "runtime-startup"]
    assert "program without no_new_privs by runc 1.1, crun 1.8, runc 1.3, crun 1.28;" in found
    found, = [f["message"] for f in lint_all(without("write")) if f["id"] == "runtime-startup"]
    assert "program by runc 1.1, runc 1.3, and without no_new_privs by crun 1.8, crun 1.28;" in found


def test_the_profiles_of_the_project_have_no_idle_rules():
    for path in glob.glob(os.path.join(PROJECT, "profiles", "*.json")):
        found = kinds(path)
        assert not {"redundant-rule", "shadowed-rule", "reading-differs"} & set(found), path


def test_several_targets_are_looked_at():
    guarded = write("guarded.json", {
        "defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
            {"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "includes": {"arches": ["arm64"]}}]})

    def places(*options):
        done = run("lint", "--format", "json", *options, guarded)
        assert done.returncode in (0, 1), done
        return [(one["id"], one["target"] and one["target"]["machine"])
                for one in json.loads(done.stdout) if one["path"].startswith("syscalls[0]")]
    assert ("equals-default", None) not in places("--arch", "x86_64")
    assert ("equals-default", None) in places("--arch", "aarch64")
    assert ("equals-default", "aarch64") in places("--arch", "x86_64,aarch64")
    assert ("equals-default", "aarch64") in places("--all-targets")


def test_rules_that_were_not_tried_are_spoken_of():
    def is_cut(count):
        rules = [{"names": ["openat"], "action": "SCMP_ACT_ALLOW", "args": [
            {"index": 2, "value": value * 3, "op": "SCMP_CMP_EQ"}]} for value in range(count)]
        path = write("many.json", {"defaultAction": "SCMP_ACT_ERRNO", "architectures": ABIS,
                                   "syscalls": rules})
        done = run("lint", "--format", "json", *TARGET, path)
        assert done.returncode in (0, 1), done
        return any(one["message"].startswith("not every rule was looked at")
                   for one in json.loads(done.stdout))
    assert not is_cut(20)
    assert is_cut(250)


if __name__ == "__main__":
    run_tests(globals())
