#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is watched is as it is without a watcher, and the watcher is told what is refused:
watch.py WATCH SBPF MAKE_CALLS."""
import atexit
import collections
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

WATCH, SBPF, MAKE_CALLS = (pathlib.Path(path).resolve() for path in sys.argv[1:4])
PATIENCE = 60
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="watch-"))

Call = collections.namedtuple("Call", "pid tid arch name number verdict whose args")


def profile(**answers):
    """A profile that allows all but some calls: action, or errno."""
    rules = []
    for name, answer in answers.items():
        action = answer if isinstance(answer, str) else "ERRNO"
        rules.append({"names": [name], "action": "SCMP_ACT_" + action})
        if isinstance(answer, int):
            rules[-1]["errnoRet"] = answer
    path = FOLDER / "profile.json"
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules}))
    return path


def run(path, *command, **more):
    return subprocess.run([SBPF, "run", "-p", path, "--", *command], timeout=PATIENCE, check=False,
                          capture_output=True, **more)


def watch(path, *command, options=(), **more):
    """The process's end, and the lines that the watcher wrote."""
    told = FOLDER / "told"
    done = subprocess.run([WATCH, *options, told, path, *command], timeout=PATIENCE, check=False,
                          capture_output=True, **more)
    return done, told.read_text().splitlines()


def calls_of(told):
    calls = []
    for line in told:
        word, *rest = line.split(" ")
        if word == "call":
            calls.append(Call(*rest[:7], tuple(int(value, 16) for value in rest[7:])))
    return calls


def both(path, *command, **more):
    """What the watcher was told, of a command that must do the same as under `sbpf run`."""
    alone = run(path, *command, **more)
    done, told = watch(path, *command, **more)
    assert (done.returncode, done.stdout) == (alone.returncode, alone.stdout), (done, alone)
    assert told[-1] == "end", told
    return calls_of(told)


def test_each_action():
    target = FOLDER / "new"
    for answer, program, number, verdict in (
            (13, "mkdir", 83, "ERRNO(13)"), ("KILL_PROCESS", "mkdir", 83, "KILL_PROCESS"),
            ("KILL_THREAD", "mkdir", 83, "KILL_THREAD"), ("TRAP", "mkdir", 83, "TRAP"),
            ("TRACE", "mkdir", 83, "TRACE(1)")):
        calls = both(profile(mkdir=answer), f"/bin/{program}", target)
        assert [call[3:7] for call in calls] == [("mkdir", str(number), verdict, "own")], calls
        assert not target.exists()
    assert not both(profile(mkdir="LOG"), "/bin/mkdir", "-p", target)
    assert target.exists()


def test_nothing_refused_is_nothing_told():
    done, told = watch("-", "/bin/true")
    assert (done.returncode, done.stderr) == (0, b"") and told[-1] == "end"
    assert not calls_of(told) and [line for line in told if line.startswith("exec")]


def test_all_tells_each_call():
    done, told = watch("-", "/bin/sh", "-c", "exit 3", options=["-a"])
    names = [call.name for call in calls_of(told)]
    assert done.returncode == 3
    assert names[0] == "execve" and names[-1] == "exit_group" and "openat" in names, names
    assert {call.verdict for call in calls_of(told)} == {"ALLOW"}


def test_pipelines():
    script = "for i in $(seq 100); do echo $i | cat | cat; done; getent passwd root; mkdir x"
    calls = both(profile(mkdir=1), "/bin/sh", "-c", script)
    assert [call.name for call in calls] == ["mkdir"]


def test_by_notification():
    script = "mkdir x; ls /; for i in 1 2 3; do echo $i | cat | cat; done; exit 3"
    path = profile(mkdir=38)
    alone = run(path, "/bin/sh", "-c", script)
    done, told = watch(path, "/bin/sh", "-c", script, options=["-n"])
    assert (done.returncode, done.stdout, done.stderr) == (3, alone.stdout, alone.stderr), done
    assert [call.name for call in calls_of(told)] == ["mkdir"], told
    assert told[0].startswith("note calls are watched by notification") and told[-1] == "end"


def test_what_is_traced_already_is_watched_by_notification():
    told = FOLDER / "told"
    done = subprocess.run(["strace", "-f", "-o", "/dev/null", WATCH, told, profile(mkdir=13),
                           "/bin/mkdir", FOLDER / "new"], timeout=PATIENCE, check=False,
                          capture_output=True)
    assert done.returncode == 1 and b"Permission denied" in done.stderr, done
    assert [call.name for call in calls_of(told.read_text().splitlines())] == ["mkdir"]


def test_programs_that_trace_and_that_install_filters_are_noticed():
    for word, command in (("ptrace", ["/usr/bin/strace", "-o", "/dev/null", "true"]),
                          ("filter of its own", [SBPF, "run", "true"])):
        _, told = watch("-", *command)
        notes = [line for line in told if line.startswith("note")]
        assert len(notes) == 1 and word in notes[0], told


def test_another_thread_executes():
    source = ("import os, threading, sys, time\n"
              "threading.Thread(target=os.execv, args=('/bin/sh', ['sh', '-c', "
              "'mkdir x; exit 5'])).start()\ntime.sleep(60)")
    calls = both(profile(mkdir=13), sys.executable, "-c", source)
    assert [call.name for call in calls] == ["mkdir"] and calls[0].pid == calls[0].tid


INTERRUPTED = """
import ctypes, os, select, signal, sys, time
poll, libc = select.epoll(), ctypes.CDLL(None, use_errno=True)
reader, writer = os.pipe()
if int(sys.argv[1]) < 0:
    poll.register(reader, select.EPOLLIN)
parent = os.getpid()
if not os.fork():
    for number in (signal.SIGWINCH, signal.SIGCONT, signal.SIGUSR1) * 4:
        time.sleep(0.03)
        os.kill(parent, number)
    if sys.argv[2] == "noticed":
        os.kill(parent, signal.SIGUSR2)
    time.sleep(0.1)
    os.write(writer, b"x")
    os._exit(0)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.signal(signal.SIGUSR2, lambda *args: None)
result = libc.epoll_wait(poll.fileno(), ctypes.create_string_buffer(64), 1, int(sys.argv[1]))
print(result, ctypes.get_errno() if result < 0 else 0)
"""


def test_signals_that_nobody_notices_interrupt_nothing():
    """A traced process gets to see the signals that it ignores."""
    path = profile(mkdir=13)
    for limit, signals in (("-1", "none"), ("-1", "noticed"), ("500", "none"), ("100", "none")):
        both(path, sys.executable, "-c", INTERRUPTED, limit, signals)


def test_daemons_are_watched_to_their_end():
    script = "(setsid sh -c 'sleep 0.3; mkdir x' &) ; exit 4"
    calls = both(profile(mkdir=13), "/bin/sh", "-c", script)
    assert [call.name for call in calls] == ["mkdir"]


def test_the_report_can_be_had_before():
    told, place = FOLDER / "told", FOLDER / "place"
    place.mkdir()
    script = "mkdir x; (trap '' TERM; while sleep 0.1; do mkdir x || exit; done) & sleep 0.5"
    with open(FOLDER / "messages", "w+b") as messages:
        process = subprocess.Popen([WATCH, told, profile(mkdir=0), "/bin/sh", "-c", script],
                                   stderr=messages, cwd=place)
        time.sleep(1.5)
        process.terminate()
        assert process.wait(PATIENCE) == 0
        messages.seek(0)
        assert messages.read().endswith(b"watch: left\n")
    lines = told.read_text().splitlines()
    assert lines[-1] == "end" and len(calls_of(lines)) > 1
    # Those that are left are watched on, and answered, but nothing is told any more.
    time.sleep(0.3)
    assert told.read_text().splitlines() == lines
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and os.readlink(f"/proc/{name}/cwd") == str(place):
                os.kill(int(name), 9)


def test_what_is_watched_ends_with_the_watcher():
    told = FOLDER / "told"
    process = subprocess.Popen([WATCH, told, profile(mkdir=13), "/bin/sleep", "600"],
                               stderr=subprocess.PIPE)
    time.sleep(0.5)
    sleeper = next(pid for pid in os.listdir("/proc") if pid.isdigit() and is_child(pid, process))
    status = pathlib.Path(f"/proc/{sleeper}/status").read_text()
    os.kill(int(re.search(r"TracerPid:\s(\d+)", status)[1]), 9)
    messages = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 128 + 9 and b"has ended before its time" in messages, messages


def is_child(pid, process):
    try:
        return int(pathlib.Path(f"/proc/{pid}/stat").read_text().split()[3]) == process.pid
    except OSError:
        return False


def test_set_user_id_programs():
    if os.getuid():
        return
    program = pathlib.Path(FOLDER, "id")
    shutil.copy("/usr/bin/id", program)
    os.chmod(program, 0o4755)
    command = ["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups", program, "-u"]
    done, told = watch(profile(mkdir=13), *command, options=["-k"])
    alone = subprocess.run([SBPF, "run", "--keep-privileges", "-p", profile(mkdir=13), *command],
                           check=False, capture_output=True, timeout=PATIENCE)
    assert done.stdout == alone.stdout == b"0\n" and told[-1] == "end", (done, alone)


# ---- Random calls

# Harmless whatever the arguments are, where a filter lets them through.
HARMLESS = """getuid getppid getgid geteuid getegid times getpgrp umask
    getpriority""".split()
# Never let through.
OTHERS = """mount umount2 ptrace reboot swapon swapoff sethostname setdomainname acct chroot mkdir rmdir
    unlink rename link symlink chmod chown setuid setgid setreuid kexec_load init_module delete_module
    quotactl bpf keyctl add_key request_key perf_event_open userfaultfd io_setup mknod truncate sync
    personality unshare setns pivot_root settimeofday clock_settime vhangup syslog fanotify_init
    socket connect bind listen semget msgget shmget inotify_init1 memfd_create kcmp""".split()


def random_profile(chance, may_wait):
    """A profile of each action, with conditions, and the words for make_calls."""
    def answer(harmless):
        kinds = ["ERRNO"] * 6 + ["TRAP", "TRACE", "KILL_PROCESS", "KILL_THREAD"]
        kind = chance.choice(kinds + ["ALLOW", "LOG"] * 4 if harmless else kinds)
        # Those above 511 the kernel takes for its own, when a signal is waiting.
        values = [0, 1, 13, 38, 95, 511] + [512, 516, 4095] * may_wait
        rule = {"action": "SCMP_ACT_" + kind}
        if kind in ("ERRNO", "TRACE"):
            rule["errnoRet"] = chance.choice(values)
        return rule, kind.startswith("KILL")
    rules, words = [], []
    for name in HARMLESS + OTHERS:
        rule, kills = answer(name in HARMLESS)
        if chance.random() < 0.3:
            other, kills_too = answer(name in HARMLESS)
            condition = {"index": chance.randrange(5), "op": chance.choice(
                ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_LT"]), "value": chance.randrange(4)}
            rules.append({"names": [name], "args": [condition], **other})
            complement = {"SCMP_CMP_EQ": "SCMP_CMP_NE", "SCMP_CMP_GE": "SCMP_CMP_LT",
                          "SCMP_CMP_LT": "SCMP_CMP_GE"}
            rule["args"] = [{**condition, "op": complement[condition["op"]]}]
            kills = kills or kills_too
        rules.append({"names": [name], **rule})
        words.append("!" * kills + name)
    path = FOLDER / "random.json"
    path.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules,
                                "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
                                                  "SCMP_ARCH_X32"]}))
    return path, words


def to_file(command, user, before):
    """What a command writes into a file, where writes are not interrupted, and how it ends."""
    with open(FOLDER / "out", "w+") as out:
        done = subprocess.run([*before, *command], stdout=out, stderr=subprocess.PIPE, user=user,
                              extra_groups=[] if user else None, timeout=PATIENCE, check=False)
        out.seek(0)
        # A process has the same number in no two runs.
        return done.returncode, done.stderr, re.sub(r"(get(ppid|pgrp)\S* \d: )[1-9]\d*", r"\1N",
                                                    re.sub(r"(times\S* \d: )\d+", r"\1N", out.read()))


def compare_random(seed, count, period=0, user=None, before=()):
    chance = random.Random(seed)
    path, words = random_profile(chance, not period)
    command = [MAKE_CALLS, seed, count, period, *words]
    command = [str(word) for word in command]
    told = FOLDER / "told"
    told.write_text("")
    os.chmod(told, 0o666)
    alone = to_file([SBPF, "run", "-p", path, "--", *command], user, before)
    watched = to_file([WATCH, told, path, *command], user, before)
    for one, other in zip(alone[2].splitlines(), watched[2].splitlines()):
        assert one == other, (seed, one, other)
    assert alone == watched and not alone[0], (seed, alone, watched)
    lines = told.read_text().splitlines()
    verdicts = collections.Counter(call.verdict.split("(")[0] for call in calls_of(lines))
    assert verdicts["TRAP"] == alone[2].count("trapped"), (seed, verdicts)
    ends = re.findall(r"^status 1f |^\S+ 1: $", alone[2], re.M)
    assert verdicts["KILL_PROCESS"] + verdicts["KILL_THREAD"] == len(ends), (seed, verdicts, len(ends))
    return [line for line in lines if line.startswith("note")]


def test_random_calls():
    for seed in range(1, 5):
        assert not compare_random(seed, 1000)


def test_random_calls_without_privileges():
    compare_random(11, 1000, user=65534)


def test_random_calls_under_a_timer():
    compare_random(21, 3000, period=100)


def test_random_calls_inside_dockers_profile():
    notes = compare_random(31, 1000, before=[SBPF, "run", "--"])
    assert len(notes) == 1 and "another filter is in force" in notes[0], notes


def main():
    if os.uname().machine != "x86_64":
        sys.exit(77)
    os.chmod(FOLDER, 0o755)
    atexit.register(shutil.rmtree, FOLDER)
    tests = [test for name, test in sorted(globals().items()) if name.startswith("test_")]
    for test in tests:
        begin = time.monotonic()
        test()
        print(f"{test.__name__}: {time.monotonic() - begin:.1f} s", flush=True)
    print(f"{len(tests)} tests")


main()
