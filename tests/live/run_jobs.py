#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbpf run as a shell's job: stopped, continued, interrupted, hung up, killed, on a terminal and
without one; and what the command inherits."""
import os
import pty
import select
import signal
import subprocess
import sys
import time

SBPF = sys.argv[1]
PATIENCE = 60


def in_session(job):
    """What job(output) returns, in a process that leads a session on a terminal of its own; output
    reads what the terminal shows. True: as it should be."""
    leader, terminal = pty.fork()
    if leader == 0:
        signal.alarm(2 * PATIENCE)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os._exit(0 if job() else 1)
    shown = b""
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        shown += data
        # What a job asks the user to type.
        for word, key in ((b"<ctrl-c>", b"\x03"), (b"<ctrl-z>", b"\x1a")):
            while word in shown:
                shown = shown.replace(word, b"", 1)
                os.write(terminal, key)
    os.close(terminal)
    status = os.waitpid(leader, 0)[1]
    assert status == 0, (status, shown.decode(errors="replace"))


def start_job(*command, foreground=True):
    """A process group of its own, as shells with job control make it."""
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        if foreground:
            os.tcsetpgrp(0, os.getpid())
        for number in (signal.SIGTTOU, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
            signal.signal(number, signal.SIG_DFL)
        os.execv(SBPF, [SBPF, "run", *command])
    try:
        os.setpgid(job, job)
    except PermissionError:
        pass  # it has done so itself, and is sbpf now
    return job


def resume(job):
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)


def stop_of(job):
    """The signal that stopped it; it must not end."""
    status = os.waitpid(job, os.WUNTRACED)[1]
    return os.WSTOPSIG(status) if os.WIFSTOPPED(status) else f"ended with {status:#x}"


def end_of(job):
    status = os.waitpid(job, os.WUNTRACED)[1]
    os.tcsetpgrp(0, os.getpgrp())
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else f"status {status:#x}"


def equal(found, wanted):
    if found != wanted:
        print(f"{found} is not {wanted}", flush=True)
    return found == wanted


def test_a_command_that_stops_itself_is_a_stopped_job():
    def job():
        for name in ("STOP", "TSTP"):
            run = start_job("sh", "-c", f"kill -{name} $$; exit 4")
            if not equal(stop_of(run), signal.SIGTSTP):
                return False
            resume(run)
            if not equal(end_of(run), 4):
                return False
        return True
    in_session(job)


def test_keys_stop_and_interrupt():
    def job():
        # Not where the shell may be in vfork(2), which does not stop.
        run = start_job("sh", "-c", "trap 'exit 9' INT; (sleep 1; echo '<ctrl-z>'; sleep 2; "
                                    "echo '<ctrl-c>'; sleep 5) & wait")
        if not equal(stop_of(run), signal.SIGTSTP):
            return False
        resume(run)
        return equal(end_of(run), 9)
    in_session(job)


def test_keys_reach_a_stopped_command_below_another_program():
    """Where the shell does not see it stop."""
    def job():
        run = start_job(SBPF, "run", "sh", "-c",
                        "(sleep 1; echo '<ctrl-z>'; sleep 3; echo '<ctrl-c>') & kill -STOP $$; "
                        "sleep 0.5; kill -STOP $$; exit 4")
        if not equal(stop_of(run), signal.SIGTSTP):
            return False
        resume(run)
        return equal(end_of(run), 130)
    in_session(job)


def test_a_command_in_the_background_that_reads_is_stopped():
    def job():
        run = start_job("cat", foreground=False)
        if not equal(stop_of(run), signal.SIGTTIN):
            return False
        os.killpg(run, signal.SIGKILL)
        return os.WIFSIGNALED(os.waitpid(run, 0)[1])
    in_session(job)


def test_keys_reach_a_command_in_a_group_of_its_own_once():
    """timeout(1) makes itself a process group where it does not lead one."""
    def job():
        for command, ends in ((["timeout", "600", "sleep", "600"], (124, 130)),
                              (["sh", "-c", "trap 'n=$((n + 1))' INT; echo '<ctrl-c>'; "
                                            "sleep 1; sleep 1; exit $n"], (1,))):
            if command[0] == "timeout":
                command = ["sh", "-c", "(sleep 1; echo '<ctrl-c>') & exec timeout 600 sleep 600"]
            status = end_of(start_job(*command))
            if status not in ends:
                return equal(status, ends)
        return True
    in_session(job)


def test_a_hangup_reaches_the_command_of_a_session_leader():
    read, write = os.pipe()
    leader, terminal = pty.fork()
    if leader == 0:
        os.set_inheritable(write, True)
        os.execv(SBPF, [SBPF, "run", "sh", "-c",
                        f"trap 'echo hung up >&{write}; exit 5' HUP; echo ready; "
                        "while :; do sleep 0.1; done"])
    os.close(write)
    while b"ready" not in os.read(terminal, 100):
        pass
    os.close(terminal)
    assert os.waitpid(leader, 0)[1] >> 8 == 5
    assert os.read(read, 100) == b"hung up\n"
    os.close(read)


class Command:
    """sbpf run without a terminal; the command has said its process number."""
    def __init__(self, script="", **options):
        self.process = subprocess.Popen(
            [SBPF, "run", "sh", "-c", f"echo $$; {script or 'exec sleep 600'}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **options)
        self.command = int(self.process.stdout.readline() or 0)

    def has_state(self, letters):
        with open(f"/proc/{self.command}/stat", "rb") as file:
            return file.read().rsplit(b")", 1)[1].split()[0].decode() in letters

    def wait_for_state(self, letters):
        deadline = time.monotonic() + PATIENCE
        while not self.has_state(letters):
            assert time.monotonic() < deadline, f"not in state {letters}"
            time.sleep(0.01)

    def end(self):
        """The exit status; nothing holds the output any more."""
        assert not select.select([self.process.stdout], [], [], PATIENCE)[0] == [], "still there"
        assert self.process.stdout.read() == b""
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


def test_nothing_stops_where_no_shell_would_see_it():
    run = Command("sleep 0.2; exit 3")
    os.kill(run.command, signal.SIGSTOP)
    run.wait_for_state("T")
    os.kill(run.command, signal.SIGCONT)
    assert run.end() == 3


def test_a_script_may_stop_and_continue_the_command():
    def job():
        # As a shell without job control has it: no process group of its own.
        run = subprocess.Popen([SBPF, "run", "sh", "-c", "echo $$; sleep 1; exit 3"],
                               stdout=subprocess.PIPE)
        command = int(run.stdout.readline())
        for stop in (signal.SIGSTOP, signal.SIGTSTP):
            os.kill(command, stop)
            time.sleep(0.3)
            os.kill(command, signal.SIGCONT)
            time.sleep(0.1)
        return equal(run.wait(timeout=PATIENCE), 3)

    def script():
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os._exit(0 if job() else 1)
        return equal(os.waitpid(child, 0)[1], 0)
    in_session(script)


def test_killed_it_takes_the_command_along():
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGXCPU):
        run = Command()
        if number == signal.SIGKILL:
            os.kill(run.command, signal.SIGSTOP)
        run.process.send_signal(number)
        assert run.end() == (-9 if number == signal.SIGKILL else 128 + number), number


def test_signals_go_to_the_command_and_only_once():
    # Of the real-time signals, musl keeps one more to itself than glibc.
    first_free = signal.SIGRTMIN + 1
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGPWR, first_free, signal.SIGVTALRM):
        run = Command()
        run.process.send_signal(number)
        assert run.end() == 128 + number, number
    run = Command("trap 'n=$((n + 1))' USR1; kill -USR1 0; sleep 0.3; exit $n")
    assert run.end() == 1


def test_an_alarm_set_before_reaches_the_command():
    # Before there is a command, the alarm ends sbpf itself: an emulated machine may need longer.
    for seconds in (0.5, 4, 32):
        run = Command(preexec_fn=lambda: signal.setitimer(signal.ITIMER_REAL, seconds))
        if run.command:
            break
    assert run.end() == 128 + signal.SIGALRM


def status_of_command(*lines, **options):
    done = subprocess.run([SBPF, "run", "grep", "-E", f"^({'|'.join(lines)}):", "/proc/self/status"],
                          capture_output=True, text=True, check=True, timeout=PATIENCE, **options)
    return dict(line.split(":\t") for line in done.stdout.splitlines())


def test_masks_and_actions_are_the_callers():
    blocked, ignored = {signal.SIGTERM, signal.SIGUSR2}, {signal.SIGCHLD, signal.SIGTSTP}

    def prepare():
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33):
                signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    def mask(signals):
        return f"{sum(1 << (number - 1) for number in signals):016x}"

    found = status_of_command("SigBlk", "SigIgn", preexec_fn=prepare)
    assert found == {"SigBlk": mask(blocked), "SigIgn": mask(ignored)}, found


def test_descriptors_are_the_callers():
    script = "for fd in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || echo $fd; done"
    done = subprocess.run(["sh", "-c", f"exec {SBPF} run sh -c '{script}' <&- 2>&-"],
                          capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "1\n", done.stdout


def test_many_arguments():
    words = ["word"] * 20000
    done = subprocess.run([SBPF, "run", "sh", "-c", "echo $#", "sh", *words],
                          capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stdout == "20000\n", done.stdout


def test_first_process_of_a_namespace():
    """It is given orphans, and looks after them."""
    command = ["unshare", "-r", "-pf", "--mount-proc"]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True, timeout=PATIENCE)
    except (OSError, subprocess.CalledProcessError):
        print("SKIP: first process of a namespace: unshare(1) does not work here")
        return
    script = "(sh -c 'sleep 0.1; exit 1' &); sleep 0.5; grep -c 'State:.Z' /proc/[0-9]*/status; exit 3"
    done = subprocess.run([*command, SBPF, "run", "sh", "-c", script], capture_output=True,
                          text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 3 and ":1" not in done.stdout, (done.stdout, done.stderr)
    # Without --fork, sbpf is outside and its child the first process inside.
    done = subprocess.run(["unshare", "-r", "-p", SBPF, "run", "sh", "-c", "exit $$"],
                          capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 1, (done.returncode, done.stderr)


def main():
    for name, test in sorted(globals().items()):
        if name.startswith("test_"):
            test()
            print("ok", name[5:].replace("_", " "), flush=True)


if __name__ == "__main__":
    main()
