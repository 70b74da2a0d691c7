# SPDX-License-Identifier: MIT
"""sbpf minimise: what was never seen is found and taken out, and nothing else is changed."""
import json
import os

from common import DOCKER, expect, path_of, run, run_tests, write

TARGET = ["--arch", "x86_64"]
SEEN = ["access", "arch_prctl", "brk", "close", "execve", "exit_group", "mmap", "mprotect", "munmap",
        "newfstatat", "openat", "pread64", "prlimit64", "read", "rseq", "set_robust_list",
        "set_tid_address", "write", "socket"]


def recording(runs=5, once=(), twice=(), **more):
    calls = {name: {"count": 9, "runs": runs} for name in SEEN}
    calls.update({name: {"count": 1, "runs": 1} for name in once})
    calls.update({name: {"count": 2, "runs": 2} for name in twice})
    calls.update(more)
    return write("worker.rec", {"recording": 1, "runs": runs, "abis": {"x86_64": calls}})


def minimise(profile, *options, **how):
    return expect("minimise", *TARGET, *options, profile, recording(), **how)


def report(profile, *options):
    return json.loads(minimise(profile, "--format", "json", *options))


def minimised(profile, *options):
    """The profile that is made, after a proof by other commands that it does no more."""
    out = path_of("out.json")
    minimise(profile, *options, "-o", out)
    for reading in ("docker", "oci", "literal"):
        expect("prove", "--reading", reading, "--subset", "--all-targets", *TARGET, out, profile)
    with open(out, encoding="utf-8") as file:
        return json.load(file)


def names_of(policy, action="SCMP_ACT_ALLOW"):
    return {name for entry in policy["syscalls"] if entry["action"] == action for name in entry["names"]}


def rule(names, action="ALLOW", **more):
    return {"names": names, "action": f"SCMP_ACT_{action}", **more}


def policy_of(*rules, default="ERRNO"):
    return write("policy.json", {"defaultAction": f"SCMP_ACT_{default}", "syscalls": list(rules)})


def test_what_was_never_seen_is_listed_the_dangerous_first():
    listed = report(policy_of(rule([*SEEN, "ptrace", "bpf", "getppid", "umask", "alarm", "mount"])))
    assert [call["name"] for call in listed["unused"]] == ["bpf", "mount", "ptrace", "alarm"]
    assert listed["unused"][2] == {
        "name": "ptrace", "danger": listed["unused"][2]["danger"], "conditional": False, "in_force": True,
        "effect": "reads and steers other processes", "line": listed["unused"][2]["line"]}
    assert listed["unused"][3]["danger"] is None
    assert (listed["allowed"], listed["seen"], listed["kept"]) == (25, 19, 2)
    assert listed["completeness"]["runs"] == 5 and listed["runs_needed"] == 5


def test_text_says_the_same():
    text = minimise(policy_of(rule([*SEEN, "ptrace", "alarm"])))
    assert "lets 21 calls through: 19 were seen in 5 runs, 0 no recorder need see, and 2 were never" in text
    assert "  ptrace             reads and steers other processes (line " in text
    assert "  1 that open less: alarm\n" in text


def test_names_are_taken_out_and_the_rest_stays():
    text = """{
	"defaultAction": "SCMP_ACT_ERRNO",   "defaultErrnoRet": 1,
	"architectures": ["SCMP_ARCH_X86_64"],
	"syscalls": [
		{ "comment": "mine", "names": ["read", "ptrace",
			"write"], "action": "SCMP_ACT_ALLOW" },
		{ "names": ["alarm", "mount"], "action": "SCMP_ACT_ALLOW" },
		{ "names": ["bpf"], "action": "SCMP_ACT_KILL_PROCESS" }
	]
}
"""
    path = write("mine.json", text.encode())
    expect("minimise", *TARGET, path, recording(), "-o", path_of("out.json"))
    with open(path_of("out.json"), encoding="utf-8") as file:
        assert file.read() == text.replace('"ptrace",\n\t\t\t"write"', '"write"').replace(
            '\t\t{ "names": ["alarm", "mount"], "action": "SCMP_ACT_ALLOW" },\n', "")


def test_the_result_of_dockers_profile():
    made = minimised(DOCKER)
    assert set(SEEN) <= names_of(made)
    assert not {"ptrace", "mount", "bpf", "process_vm_readv", "clone"} & names_of(made)
    assert {"exit", "rt_sigreturn", "clock_gettime", "capset", "setuid"} <= names_of(made)
    assert "setuid" not in names_of(minimised(DOCKER, "--no-new-privs", "--runtime", "runc"))
    assert "capset" not in names_of(minimised(DOCKER, "--runtime", "none"))
    assert run("minimise", path_of("out.json"), path_of("worker.rec")).returncode == 0


def test_what_libraries_try_gets_enosys():
    made = minimised(policy_of(rule([*SEEN, "faccessat2", "clone3", "mount"])))
    last = made["syscalls"][-1]
    assert (last["names"], last["errnoRet"]) == (["clone3"], 38), "faccessat2 is the runtimes'"
    made = minimised(policy_of(rule([*SEEN, "clone3"]), rule(["clone3"], "KILL_PROCESS")))
    assert "clone3" not in names_of(made, "SCMP_ACT_ERRNO"), "a rule of the author's on it stays"


def test_stage_logs_instead():
    path = policy_of(rule([*SEEN, "ptrace"]), rule(["alarm"]),
                     rule(["personality"], args=[{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]))
    made = minimised(path, "--stage")
    assert names_of(made, "SCMP_ACT_LOG") == {"ptrace", "alarm", "personality"}
    entry, = [entry for entry in made["syscalls"] if "personality" in entry["names"]]
    assert entry["args"], "under its condition"
    again = minimised(path_of("out.json"), "--stage")
    assert again == made
    assert not names_of(minimised(write("staged.json", made)), "SCMP_ACT_LOG")


def test_too_few_runs_are_refused():
    profile = policy_of(rule([*SEEN, "dup", "dup2", "dup3", "alarm"]))
    kept = write("kept.json", b"kept")
    done = run("minimise", *TARGET, "-o", kept, profile, recording(runs=2))
    assert done.returncode == 1
    assert "2 runs say nothing of what others call: 3 are needed at least, or --force" in done.stderr
    done = run("minimise", *TARGET, "-o", kept, profile, recording(once=["dup", "dup2", "dup3"]))
    assert done.returncode == 1 and "more were not seen: some " in done.stderr, done
    with open(kept, "rb") as file:
        assert file.read() == b"kept"
    expect("minimise", *TARGET, "--force", "-o", kept, profile, recording(runs=1))
    assert os.path.getsize(kept) > 100
    few = json.loads(expect("minimise", *TARGET, "--format", "json", profile,
                            recording(once=["dup", "dup2", "dup3"])))
    more = json.loads(expect("minimise", *TARGET, "--format", "json", profile,
                             recording(once=["dup", "dup2", "dup3"], twice=["alarm", "pause"])))
    assert 5 < more["runs_needed"] < few["runs_needed"], (more["runs_needed"], few["runs_needed"])


def test_a_default_that_ends_the_process_keeps_more():
    calls = [*SEEN, "tgkill", "ioctl"]
    assert {"tgkill", "ioctl"} <= names_of(minimised(policy_of(rule(calls), default="KILL_PROCESS")))
    assert not {"tgkill", "ioctl"} & names_of(minimised(policy_of(rule(calls))))


def test_calls_that_were_seen_and_are_refused_are_named():
    listed = report(policy_of(rule([name for name in SEEN if name != "socket"])))
    assert listed["refused"] == ["socket"]
    assert "Seen, and not let through: socket\n" in minimise(path_of("policy.json"))


def test_a_config_json_keeps_all_else():
    seccomp = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [rule([*SEEN, "ptrace"])]}
    config = write("config.json", {"ociVersion": "1.0.2", "linux": {"seccomp": seccomp, "x": [1]}})
    expect("minimise", *TARGET, "-o", path_of("new.json"), config, recording())
    with open(path_of("new.json"), encoding="utf-8") as file:
        made = json.load(file)
    seccomp["syscalls"][0]["names"].remove("ptrace")
    assert made == {"ociVersion": "1.0.2", "linux": {"seccomp": seccomp, "x": [1]}}


def test_what_cannot_be():
    done = run("minimise", *TARGET, policy_of(rule(["mount"], "ERRNO"), default="ALLOW"), recording())
    assert done.returncode == 1 and "lets through by default" in done.stderr
    assert "sbpf merge --intersect" in done.stderr
    assert run("minimise", DOCKER).returncode == 2
    assert run("minimise", DOCKER, path_of("not-there")).returncode == 1
    assert run("minimise", path_of("not-there"), recording()).returncode == 1
    arm = write("arm.rec", {"recording": 1, "runs": 5, "abis": {"aarch64": {"read": {"count": 1, "runs": 1}}}})
    assert "have no call of x86_64" in run("minimise", *TARGET, DOCKER, arm).stderr


run_tests(globals())
