#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbpf run where a filter of its caller's refuses its own system calls, one after the other: it
ends, and never leaves the command running."""
import errno
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SBPF, REFUSE = sys.argv[1:3]
PATIENCE = 30
ERRORS = (errno.EPERM, errno.ENOSYS, errno.EINVAL, errno.EINTR, errno.EAGAIN)
# glibc's buffered output makes a write(2) again that claims to have written nothing.
NOT_AS_NOTHING = {"write", "writev"}
# json-c asks for a random number again while that is interrupted; a signal ends sbpf meanwhile.
ENDS_AT_A_SIGNAL_ONLY = {("getrandom", errno.EINTR)}
SHELL = "/bin/sh"
WATCHING = ("kill", "rt_sigprocmask", "rt_sigtimedwait", "wait4", "pipe2", "getpid", "prctl")
# Where strace(1) cannot tell.
OTHERS = ("brk", "clone", "close", "execve", "exit_group", "mmap", "munmap", "newfstatat", "openat",
          "read", "rt_sigaction", "rt_sigtimedwait_time64", "seccomp", "uname", "write")


def call_numbers():
    """Name to number, for the ABI that sbpf itself is a program of."""
    profile = '{"defaultAction": "SCMP_ACT_ALLOW"}'
    shown = subprocess.run([SBPF, "show", "--format", "json", "-"], input=profile, text=True,
                           capture_output=True, check=True)
    machine = json.loads(shown.stdout)["machine"]
    listed = subprocess.run([SBPF, "syscalls", "--abi", machine, "--format", "json"], text=True,
                            capture_output=True, check=True)
    return {call["name"]: call["numbers"][machine] for call in json.loads(listed.stdout)["calls"]
            if machine in call["numbers"]}


def calls_of_a_run(numbers):
    """The calls that a run makes, from start to end."""
    with tempfile.NamedTemporaryFile("r") as trace:
        command = ["strace", "-f", "-o", trace.name, SBPF, "run", SHELL, "-c", "exit 7"]
        if not shutil.which("strace") or subprocess.run(command, check=False,
                                                        stderr=subprocess.DEVNULL).returncode != 7:
            print("SKIP: every call it makes: strace(1) does not work; those known are tried")
            return sorted({*WATCHING, *OTHERS} & set(numbers))
        names = set(re.findall(r"^\d+ +(\w+)\(", trace.read(), re.M))
    assert {"execve", "exit_group", "wait4"} <= names, names
    return sorted(names & set(numbers))


class Run:
    """sbpf run of a shell's command; of all that holds the pipe, nothing is left after end()."""
    def __init__(self, rules, script):
        self.read, write = os.pipe()
        self.process = subprocess.Popen(
            [REFUSE, rules, SBPF, "run", SHELL, "-c", script], stdin=subprocess.DEVNULL,
            stdout=write, stderr=subprocess.PIPE, start_new_session=True)
        os.close(write)

    def wait_for_output(self, seconds):
        return bool(select.select([self.read], [], [], seconds)[0]) and os.read(self.read, 100)

    def end(self):
        """The exit status and the messages, or None when it or the command did not end."""
        deadline = time.monotonic() + PATIENCE
        try:
            messages = self.process.communicate(timeout=PATIENCE)[1].decode(errors="replace")
            while self.wait_for_output(max(0, deadline - time.monotonic())):
                pass
            gone = not self.wait_for_output(0) and select.select([self.read], [], [], 0)[0]
        except subprocess.TimeoutExpired:
            gone = False
        if not gone:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()
        os.close(self.read)
        return (self.process.returncode, messages) if gone else None


def ends_with_a_short_command(rules):
    ended = Run(rules, "exit 7").end()
    if not ended:
        return "hangs with a command that ends"
    return None if ended[0] else "succeeds with a command that does not"


def ends_at_a_signal(rules):
    run = Run(rules, "echo up; exec sleep 600")
    run.wait_for_output(1)
    run.process.terminate()
    ended = run.end()
    if not ended:
        return "does not end at SIGTERM, or leaves the command"
    return None if ended[0] else "succeeds when it was ended"


def check_every_call(numbers):
    failures = []
    for name in calls_of_a_run(numbers):
        errors = ERRORS if name in NOT_AS_NOTHING else ERRORS + (0,)
        for error in errors:
            rules = f"{numbers[name]}:{error}"
            problems = [ends_at_a_signal(rules)]
            if (name, error) not in ENDS_AT_A_SIGNAL_ONLY:
                problems.append(ends_with_a_short_command(rules))
            failures += [f"{name} = {errno.errorcode.get(error, 0)}: {problem}"
                         for problem in problems if problem]
    return failures


def check_message(rules, script, wanted):
    """125, with the reason; the run has nothing to end it but itself."""
    ended = Run(rules, script).end()
    if ended and ended[0] == 125 and re.fullmatch(wanted, ended[1].strip()):
        return []
    return [f"{rules}: {ended} is not 125 and '{wanted}'"]


def check_messages(numbers):
    def rules_for(name, *condition):
        """32-bit ABIs have two calls of some kinds."""
        return ",".join(":".join(map(str, (numbers[one], errno.EPERM, *condition)))
                        for one in (name, name + "_time64") if one in numbers)

    failures = []
    for name in WATCHING:
        failures += check_message(
            rules_for(name), "exec sleep 600",
            f"sbpf run: {SHELL}: not started: {name}: "
            "(Operation not permitted|Function not implemented)")
    # What is refused only when the command runs already.
    for name, rules in (("wait4", rules_for("wait4", 0, 0xffffffff)),
                        ("rt_sigtimedwait", rules_for("rt_sigtimedwait", 2, 0))):
        for more in ("", "," + rules_for("kill", 1, int(signal.SIGKILL))):
            failures += check_message(
                rules + more, "kill -CHLD $PPID; exec sleep 600",
                f"sbpf run: {SHELL}: ended, as it cannot be watched: {name}: "
                "Operation not permitted")
    return failures


def main():
    numbers = call_numbers()
    if Run("4294967295:1", "exit 7").end() != (7, ""):
        print("SKIP: seccomp filters cannot be used here")
        sys.exit(77)
    failures = check_messages(numbers) + check_every_call(numbers)
    print("\n".join(failures))
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
