# SPDX-License-Identifier: MIT
"""sbpf-oci with the real crun: what is in force in a container."""
import fcntl
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time

import common

SBPF_OCI = os.environ["SBPF_OCI"]
CALLS = ["sh", "mkdir", "grep", "ls", "sleep"]

# crun refuses cgroups that are half version 2, and needs none here.
RUNTIME = """#!/bin/sh
exec unshare -m sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null
	exec crun --cgroup-manager=disabled "$@"' crun "$@"
"""

DENY_MKDIR = {"defaultAction": "SCMP_ACT_ALLOW",
              "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}


def skip(reason):
    print("skipped:", reason)
    sys.exit(77)


def make_root():
    root = common.path_of("bundle/rootfs")
    for name in ("bin", "proc", "dev", "tmp"):
        os.makedirs(os.path.join(root, name))
    shutil.copy(shutil.which("busybox"), os.path.join(root, "bin"))
    for name in CALLS:
        os.symlink("busybox", os.path.join(root, "bin", name))


def write_config(profile, *command, **members):
    namespaces = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]
    common.write("bundle/config.json", {
        "ociVersion": "1.0.2",
        "process": {"user": {"uid": 0, "gid": 0}, "args": list(command), "env": ["PATH=/bin"], "cwd": "/",
                    "noNewPrivileges": True},
        "root": {"path": "rootfs"},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                   {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}],
        "linux": {"namespaces": namespaces, **({"seccomp": profile} if profile else {})},
        **members})


def call(*arguments, **options):
    return subprocess.run([SBPF_OCI, "--sbpf-runtime", common.path_of("runtime"), "--sbpf-log",
                           common.path_of("log"), "--root", common.path_of("state"), *arguments],
                          capture_output=True, text=True, check=False, timeout=60, **options)


def run(profile, *command, **members):
    write_config(profile, *command, **members)
    return call("run", "--bundle", common.path_of("bundle"), "c")


def prepare():
    for program in ("crun", "busybox", "unshare"):
        if not shutil.which(program):
            skip("there is no " + program)
    if os.geteuid():
        skip("a container needs root here")
    os.makedirs(common.path_of("bundle"))
    common.write("runtime", RUNTIME.encode())
    os.chmod(common.path_of("runtime"), 0o755)
    make_root()
    done = run(None, "sh", "-c", "echo works")
    if done.stdout != "works\n":
        skip("crun cannot run a container: " + done.stderr)


def test_the_profile_is_in_force():
    done = run(DENY_MKDIR, "mkdir", "/tmp/new")
    assert done.returncode == 1 and "No space left on device" in done.stderr, done


def run_without(profile, *command, **members):
    """What crun alone does."""
    write_config(profile, *command, **members)
    return subprocess.run([common.path_of("runtime"), "--root", common.path_of("state"), "run", "--bundle",
                           common.path_of("bundle"), "c"], capture_output=True, text=True, check=False,
                          timeout=60)


def test_one_filter_and_no_descriptor_reach_the_container():
    command = ["sh", "-c", "ls /proc/self/fd; grep Seccomp_filters /proc/self/status"]
    done = run(DENY_MKDIR, *command)
    assert done.stdout.endswith("\nSeccomp_filters:\t1\n"), done
    assert done.stdout == run_without(DENY_MKDIR, *command).stdout


def both(text, *options, environment=None, limit=None, descriptors=()):
    """What sbpf-oci and what crun alone make of a config and options, which are to be the same."""
    def few():
        if limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))

    with open(common.path_of("bundle/config.json"), "wb") as file:
        file.write(text)
    command = ["--root", common.path_of("state"), "run", "--bundle", common.path_of("bundle"), *options, "c"]
    return [subprocess.run([*program, *command], capture_output=True, text=True, check=False, timeout=60,
                           env={**os.environ, **(environment or {})}, preexec_fn=few, pass_fds=descriptors)
            for program in ([SBPF_OCI, "--sbpf-runtime", common.path_of("runtime"), "--sbpf-log",
                             common.path_of("log")], [common.path_of("runtime")])]


def text_of(profile, *command, **members):
    write_config(profile, *command, **members)
    with open(common.path_of("bundle/config.json"), "rb") as file:
        return file.read()


def test_descriptors_are_passed_on_as_by_crun_alone():
    text = text_of(DENY_MKDIR, "sh", "-c", "ls /proc/self/fd; mkdir /tmp/new")
    with open("/dev/null", "rb") as null:
        first, high = os.dup(null.fileno()), fcntl.fcntl(null, fcntl.F_DUPFD, 30)
        for options, environment in (((), {}), (("--preserve-fds", "0"), {}), (("--preserve-fds=40", ), {}),
                                     (("--preserve-fds=59", ), {}), (("--preserve-fds=60", ), {}),
                                     (("--preserve-fds=61", ), {}), (("--preserve-fds", "1000000"), {}),
                                     ((), {"LISTEN_FDS": "61"}), ((), {"LISTEN_FDS": "1000000"}),
                                     (("--preserve-fds=30", ), {"LISTEN_FDS": "31"})):
            for kept in ((), (first, ), (first, high)):
                ours, alone = both(text, *options, environment=environment, limit=64, descriptors=kept)
                assert ours.stdout == alone.stdout and ours.returncode == alone.returncode == 1, (options, ours, alone)
                assert "No space left on device" in ours.stderr, ours
        os.close(first)
        os.close(high)


def test_a_config_is_taken_as_by_crun_alone():
    plain = text_of(DENY_MKDIR, "sh", "-c", "mkdir /tmp/new; hostname; echo \"$A\"")
    assert plain.count(b'"PATH=/bin"') == 1
    for old, new in ((b"{", b'{"x":"\\u0000","y":"\\ud800","z":"\\u0000",'), (b'"linux"', b'"l\\u0069nux"'),
                     (b"{", b'{"hostname":"b","annotations":{"a":"\\udc00 \\u0000","b":""},'),
                     (b'"PATH=/bin"', b'"PATH=/bin","A=' + b"x" * 100000 + b'"'),
                     (b"{", b'{"annotations":{"a":"' + b"x" * (5 << 20) + b'"},'),
                     (b"{", b'{"deep":' + b"[" * 1000 + b"]" * 1000 + b","),
                     (b'"seccomp"', b'"seccomp\\u0000x"'), (b'"linux"', b'"linux\\u0000x"'),
                     (b"{", b'// "x\n{ /* } **/'), (b'"PATH=/bin"', b'"PATH=/bin", "A=\\u00e9\\ud83d\\ude00"')):
        text = plain.replace(old, new, 1)
        ours, alone = both(text)
        assert (ours.returncode, ours.stdout, ours.stderr) == (alone.returncode, alone.stdout, alone.stderr), (
            new[:60], ours, alone)
        assert "No space left on device" in ours.stderr, ours


def test_what_crun_refuses_does_not_start():
    plain = text_of(DENY_MKDIR, "echo", "started")
    for text in (b"", plain[:-1], plain + b"x", b"\xef\xbb\xbf" + plain, plain.replace(b"PATH", b"\n", 1),
                 plain.replace(b"{", b'{"a":01,', 1), plain.replace(b"{", b"{'a':1,", 1)):
        ours, alone = both(text)
        assert ours.returncode and alone.returncode and "started" not in ours.stdout + alone.stdout, (ours, alone)


def test_hooks_inherit_no_descriptor():
    out = common.path_of("hook")
    for stage in ("createRuntime", "poststart"):
        hooks = {stage: [{"path": "/bin/sh", "args": ["sh", "-c", "ls /proc/self/fd >" + out]}]}
        seen = []
        for one in (run, run_without):
            done = one(DENY_MKDIR, "sleep", "0.1", hooks=hooks)
            assert done.returncode == 0, done
            with open(out, encoding="utf-8") as file:
                seen.append(file.read())
        assert seen[0] == seen[1] != "", (stage, seen)


def test_create_start_exec_state_and_delete_work_together():
    write_config(DENY_MKDIR, "sleep", "300")
    pid_file = common.path_of("pid")
    # The container keeps stdout and stderr: they are to be no pipe that is waited for.
    quiet = [SBPF_OCI, "--sbpf-runtime", common.path_of("runtime"), "--root", common.path_of("state"),
             "create", "--bundle", common.path_of("bundle"), "--pid-file", pid_file, "c"]
    subprocess.run(quiet, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=60)
    try:
        assert call("start", "c").returncode == 0
        state = json.loads(call("state", "c").stdout)
        assert state["bundle"] == common.path_of("bundle") and state["status"] == "running"
        done = call("exec", "c", "mkdir", "/tmp/new")
        assert done.returncode == 1 and "No space left on device" in done.stderr, done
        with open(pid_file, encoding="utf-8") as file:
            pid = "pid:" + file.read().strip()
        done = common.run("prove", pid, common.path_of("bundle/config.json"), "--reading", "oci")
        assert done.returncode == 0 or "CAP_SYS_" in done.stderr or "CHECKPOINT" in done.stderr, done
    finally:
        assert call("delete", "--force", "c").returncode == 0


def test_flags_are_those_of_the_profile():
    for flags, works in ((["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"], True),
                         (["SECCOMP_FILTER_FLAG_NONE"], False)):
        done = run({**DENY_MKDIR, "flags": flags}, "mkdir", "/tmp/new")
        assert ("No space left on device" in done.stderr) == works, done


def test_a_notify_profile_hands_its_listener_over():
    path = common.path_of("agent.sock")
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": path, "listenerMetadata": "for the agent",
               "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_NOTIFY"}]}
    received = []

    def serve():
        connection = server.accept()[0]
        message, descriptors = socket.recv_fds(connection, 65536, 4)[:2]
        received.append((json.loads(message.rstrip(b"\0")), len(descriptors)))
        for descriptor in descriptors:
            os.close(descriptor)
        connection.close()

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen(1)
        server.settimeout(30)
        agent = threading.Thread(target=serve, daemon=True)
        agent.start()
        # When the last listener is closed, the kernel answers ENOSYS.
        done = run(profile, "sh", "-c", "sleep 0.2; mkdir /tmp/new")
        agent.join(30)
    assert "Function not implemented" in done.stderr, done
    assert received[0][1] == 1 and received[0][0]["metadata"] == "for the agent", received


def recordings(folder, count):
    """They are written when the last process of the container has ended."""
    end = time.monotonic() + 60
    while len(names := sorted(os.listdir(folder))) < count and time.monotonic() < end:
        time.sleep(0.05)
    found = []
    for name in names:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            found.append((name, json.load(file)["abis"]))
    return found


def test_a_container_is_recorded_and_does_what_it_would():
    folder = common.path_of("recordings")
    os.makedirs(folder)
    command = ["sh", "-c", "mkdir /tmp/new; grep TracerPid /proc/self/status; ls /proc/self/fd; exit 7"]
    write_config(DENY_MKDIR, *command)
    alone = call("run", "--bundle", common.path_of("bundle"), "c")
    for _ in range(2):
        done = call("--sbpf-record", folder, "run", "--bundle", common.path_of("bundle"), "c")
        assert (done.returncode, done.stdout, done.stderr) == (7, alone.stdout, alone.stderr), done
    found = recordings(folder, 2)
    assert [name for name, _ in found] == ["c.2.json", "c.json"], found
    (calls, ) = found[0][1].values()
    assert calls["mkdir"]["refused"] == calls["mkdir"]["count"] == 1, calls
    assert "refused" not in calls["execve"] and "exit_group" in calls, calls


def test_what_is_executed_in_a_recorded_container_is_recorded():
    folder = common.path_of("executed")
    os.makedirs(folder)
    write_config(DENY_MKDIR, "sleep", "60")
    # The container has the streams, and would keep a pipe open.
    subprocess.run([SBPF_OCI, "--sbpf-runtime", common.path_of("runtime"), "--root", common.path_of("state"),
                    "--sbpf-record", folder, "run", "--detach", "--bundle", common.path_of("bundle"), "d"],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                   timeout=60)
    done = call("--sbpf-record", folder, "exec", "--cwd", "/", "d", "sh", "-c", "mkdir /tmp/new; exit 6")
    assert done.returncode == 6 and "No space left on device" in done.stderr, done
    call("delete", "--force", "d")
    found = recordings(folder, 2)
    assert [name for name, _ in found] == ["d.2.json", "d.json"], found
    assert any(calls["mkdir"]["refused"] == 1 for _, abis in found for calls in abis.values() if "mkdir" in calls)


def test_each_filter_was_proven():
    with open(common.path_of("log"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert lines and all("proven equal" in line for line in lines if " error: " not in line), lines


prepare()
common.run_tests(dict(globals()))
sys.exit(0)
