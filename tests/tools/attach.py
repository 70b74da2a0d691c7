#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbpf dump and pid:N let the process go on as it was, whatever fails on the way."""
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

from common import SBPF, path_of, run, run_tests, write

PTRACE = {"PTRACE_SEIZE": 0x4206, "PTRACE_INTERRUPT": 0x4207, "PTRACE_DETACH": 17,
          "PTRACE_SECCOMP_GET_FILTER": 0x420c}
ENOSYS, EPERM, EINVAL, EIO = 38, 1, 22, 5
CLONE_VFORK = 0x4000
WALL = 0x40000000
SYS_CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}

FILTER = write("filter.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]})


def status_of(pid, key):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith(key + ":"):
                return line.split()[1]
    raise KeyError(key)


def wait_until(holds, what):
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError(what)


def wait_for(pid, state):
    wait_until(lambda: status_of(pid, "State") == state and status_of(pid, "TracerPid") == "0",
               f"pid {pid} does not come to {state}")


def expect_refused(pid, message, *before):
    for command in (["dump", str(pid)], ["show", f"pid:{pid}"]):
        done = subprocess.run([*before, SBPF, *command], capture_output=True, text=True,
                              check=False, timeout=60)
        assert done.returncode == 1 and message in done.stderr, (command, message, done)
        assert f"pid {pid}: " in done.stderr and done.stdout == "", done


class Target:
    """A process below the filter that sleeps, and the sbpf run that waits for it."""

    def __init__(self, *command):
        command = command or ("sleep", "600")
        self.runner = subprocess.Popen([SBPF, "run", "-p", FILTER, "sh", "-c",
                                        'echo $$; exec "$@"', "sh", *command],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.stdout = self.runner.stdout
        self.pid = int(self.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.stdout.close()
        self.runner.wait(timeout=60)


def refusing(name, errno):
    """sbpf run below a filter that refuses one request of ptrace(2)."""
    path = write(f"{name}-{errno}.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["ptrace"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno,
         "args": [{"index": 0, "value": PTRACE[name], "op": "SCMP_CMP_EQ"}]}]})
    return [SBPF, "run", "-p", path]


def test_a_filter_on_sbpf_refuses_a_request():
    with Target() as process:
        pid = process.pid
        wait_for(pid, "S")
        for name, errno, message in (
                ("PTRACE_SEIZE", EPERM, "may not be traced"),
                ("PTRACE_SEIZE", ENOSYS, "cannot be traced: Function not implemented"),
                ("PTRACE_INTERRUPT", EPERM, "cannot be stopped: Operation not permitted"),
                ("PTRACE_SECCOMP_GET_FILTER", EINVAL, "built without CONFIG_CHECKPOINT_RESTORE"),
                ("PTRACE_SECCOMP_GET_FILTER", EIO, "built without CONFIG_CHECKPOINT_RESTORE"),
                ("PTRACE_SECCOMP_GET_FILTER", ENOSYS, "cannot be read: Function not implemented"),
                ("PTRACE_DETACH", EPERM, "cannot be let go: Operation not permitted")):
            expect_refused(pid, message, *refusing(name, errno))
            wait_for(pid, "S")
        waits = write("waits.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["waitid"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS}]})
        expect_refused(pid, "cannot be stopped: Function not implemented", SBPF, "run",
                       "-p", waits)
        wait_for(pid, "S")


def test_process_has_no_filter():
    expect_refused(os.getpid(), "has no seccomp filters")


def test_process_has_ended():
    with subprocess.Popen(["true"]) as process:
        wait_until(lambda: status_of(process.pid, "State") == "Z", "it does not end")
        expect_refused(process.pid, "has ended and has no filters any more")


def test_process_is_traced_by_another():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    with Target() as process:
        assert libc.ptrace(PTRACE["PTRACE_SEIZE"], process.pid, None, None) == 0
        expect_refused(process.pid, f"process {os.getpid()} traces it already")
        assert status_of(process.pid, "TracerPid") == str(os.getpid())
        os.kill(process.pid, signal.SIGKILL)
        os.waitpid(process.pid, WALL)  # its parent gets it after its tracer


def test_thread_is_read_by_its_number():
    with Target(sys.executable, "-c", "import threading, time\n"
                "threading.Thread(target=time.sleep, args=[600]).start()\n"
                "print(flush=True)") as process:
        process.stdout.readline()
        threads = os.listdir(f"/proc/{process.pid}/task")
        assert len(threads) == 2
        for thread in threads:
            assert run("dump", thread).returncode == 0
            wait_for(thread, "S")


def test_stopped_process_stays_stopped_and_signals_arrive():
    with Target(sys.executable, "-c", "import signal, time\n"
                "got = []\n"
                "signal.signal(signal.SIGUSR1, lambda *_: got.append(1))\n"
                "print(flush=True)\n"
                "while len(got) < 20: time.sleep(0.01)\n"
                "print('all', flush=True)\n"
                "time.sleep(600)") as process:
        process.stdout.readline()
        for _ in range(20):
            os.kill(process.pid, signal.SIGSTOP)
            wait_for(process.pid, "T")
            os.kill(process.pid, signal.SIGUSR1)  # is pending until it goes on
            assert run("dump", str(process.pid)).returncode == 0
            wait_for(process.pid, "T")
            os.kill(process.pid, signal.SIGCONT)
            wait_until(lambda: int(status_of(process.pid, "ShdPnd"), 16) == 0, "it is pending")
            time.sleep(0.02)
        assert process.stdout.readline() == b"all\n"


def test_sbpf_is_killed_in_the_middle():
    with Target() as process:
        for step in range(40):
            with subprocess.Popen([SBPF, "dump", str(process.pid)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as sbpf:
                time.sleep(step / 10000)
                sbpf.kill()
            wait_for(process.pid, "S")


def test_process_ends_meanwhile():
    for step in range(20):
        with Target() as process:
            killer = threading.Timer(step / 5000, os.kill, (process.pid, signal.SIGKILL))
            killer.start()
            done = run("dump", str(process.pid))
            killer.join()
            assert done.returncode in (0, 1), done
            assert done.returncode == 0 or done.stderr.count("\n") == 1, done
            assert process.runner.wait(timeout=60) == 128 + signal.SIGKILL


def test_process_cannot_be_stopped():
    """It waits for a child of vfork(2), which no signal but SIGKILL interrupts."""
    if os.uname().machine not in SYS_CLONE:
        print("SKIP: vfork(2) by its number")
        return
    with Target(sys.executable, "-c", f"""
import ctypes, os, time
if ctypes.CDLL(None).syscall({SYS_CLONE[os.uname().machine]}, {CLONE_VFORK | 17}, 0, 0, 0, 0) == 0:
    print(os.getpid(), flush=True)
    time.sleep(600)
    os._exit(0)
time.sleep(600)
""") as process:
        child = int(process.stdout.readline())
        wait_for(process.pid, "D")
        with subprocess.Popen([SBPF, "dump", str(process.pid)], stderr=subprocess.DEVNULL) as sbpf:
            wait_until(lambda: status_of(process.pid, "TracerPid") == str(sbpf.pid), "not traced")
            sbpf.kill()
        wait_for(process.pid, "D")
        done = run("dump", str(process.pid))
        assert done.returncode == 1 and "as it waits in the kernel" in done.stderr, done
        os.kill(child, signal.SIGKILL)
        wait_for(process.pid, "S")


def main():
    with Target() as process:
        done = run("dump", str(process.pid), "-o", path_of("dumped"))
    if done.returncode and ("CAP_SYS" in done.stderr or "CONFIG_" in done.stderr):
        print("skipped:", done.stderr)
        sys.exit(77)
    run_tests(globals())


main()
