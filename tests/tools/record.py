# SPDX-License-Identifier: MIT
"""sbpf record: recordings made, read, added up, and what is said of them."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from common import SBPF, expect, path_of, run, run_tests, write

NATIVE = os.uname().machine
BPF_MACHINES = ("x86_64", "aarch64")


def recording(runs=1, lost=None, **calls):
    """A recording of x86_64 calls, each a dictionary or a tuple of count and runs."""
    entries = {name: call if isinstance(call, dict) else {"count": call[0], "runs": call[1]}
               for name, call in calls.items()}
    made = {"recording": 1, "runs": runs, "abis": {"x86_64": entries}}
    return made if lost is None else {**made, "lost": lost}


def merge(*paths, status=0):
    out = path_of("sum.json")
    said = expect("record", "--merge", "--format", "json", *paths, "-o", out, status=status)
    with open(out, encoding="utf-8") as file:
        return json.loads(said), json.load(file)["abis"]["x86_64"]


def record(engine, *command, options=(), status=0):
    """What an engine saw of a command."""
    out = path_of("made.json")
    done = run("record", "-o", out, "--engine", engine, *options, "--", *command)
    assert done.returncode == status, done
    with open(out, encoding="utf-8") as file:
        return json.load(file)


def may_record_in_kernel():
    done = run("record", "-o", path_of("probe.json"), "--engine", "bpf", "true")
    assert done.returncode in (0, 125), done
    return done.returncode == 0


def refuse(content, where, what):
    done = run("record", "--merge", write("wrong.json", content), "-o", path_of("none.json"))
    assert done.returncode == 1, done
    assert done.stderr.startswith(f"sbpf record: {path_of('wrong.json')}:"), done.stderr
    assert f": {where}: " in done.stderr or not where, done.stderr
    assert what in done.stderr, done.stderr
    assert not os.path.exists(path_of("none.json"))


# ---- Reading and adding up


def test_counts_and_runs_add_up():
    first = recording(2, read=(10, 2), socket={
        "count": 3, "runs": 1, "refused": 1, "programs": {"nginx": 3},
        "args": {"family": {"0x2": 2, "0xa": 1}}})
    second = recording(1, 4, socket={
        "count": 2, "runs": 1, "programs": {"nginx": 1, "sh": 1},
        "args": {"family": {"0x02": 2}}}, **{"#999": (1, 1)})
    said, calls = merge(write("a.json", first), write("b.json", second))
    assert calls == {
        "read": {"count": 10, "runs": 2},
        "socket": {"count": 5, "runs": 2, "refused": 1, "programs": {"nginx": 4, "sh": 1},
                   "args": {"family": {"0x2": 4, "0xa": 1}}, "args_runs": {"family": {"0x2": 2}}},
        "#999": {"count": 1, "runs": 1}}
    assert (said["runs"], said["lost"], said["calls"]) == (3, 4, 3)


def test_the_order_of_merging_does_not_matter():
    parts = [write(f"part{i}.json", recording(i + 1, socket={
        "count": 100, "runs": 1, "args": {"type": {hex(value): 1 for value in values}}}))
        for i, values in enumerate((range(40), range(30, 90), (7, 200, 3000)))]
    results = []
    for order in (parts, parts[::-1], [parts[1], parts[2], parts[0]]):
        expect("record", "--merge", *order, "-o", path_of("order.json"))
        with open(path_of("order.json"), "rb") as file:
            results.append(file.read())
    assert results[0] == results[1] == results[2]
    made = json.loads(results[0])["abis"]["x86_64"]["socket"]["args"]["type"]
    assert len(made) == 65 and made["many"] == 26 + 2, made


def test_a_recording_from_standard_input_goes_to_standard_output():
    text = json.dumps(recording(read=(1, 1)))
    done = run("record", "--merge", "-", "-o", "-", input=text)
    assert json.loads(done.stdout) == json.loads(text), done
    assert done.stderr.startswith("runs      1, with 1 call"), done.stderr


def test_counts_stop_where_json_numbers_do():
    most = 2 ** 53 - 1
    path = write("most.json", recording(read=(most, 1)))
    assert merge(path, path)[1]["read"]["count"] == most


def test_every_fault_is_refused_with_its_place():
    refuse(recording(read={"count": 1, "runs": 2}), "abis.x86_64.read.runs", "from 1 to 1")
    refuse(recording(read={"runs": 1}), "abis.x86_64.read", "must have the member 'count'")
    refuse(recording(read=(0, 1)), "abis.x86_64.read.count", "whole number")
    refuse(recording(read=(1.5, 1)), "abis.x86_64.read.count", "whole number")
    refuse(recording(read=("1", 1)), "abis.x86_64.read.count", "whole number")
    refuse(recording(0), "runs", "from 1 to")
    refuse(recording(raed=(1, 1)), "abis.x86_64.raed", "did you mean 'read'?")
    refuse(recording(socketcall=(1, 1)), "abis.x86_64.socketcall", "x86_64 has no call of this name")
    refuse(recording(read=(1, 1), **{"#0": (1, 1)}), "abis.x86_64.#0", "stands there twice")
    refuse(recording(**{"#4294967296": (1, 1)}), "abis.x86_64.#4294967296", "at most 4294967295")
    refuse({"recording": 1, "runs": 1, "abis": {"amd64": {}}}, "abis.amd64", "write 'x86_64'")
    refuse({"recording": 1, "runs": 1, "abis": {"z80": {}}}, "abis.z80", "no ABI of this name")
    refuse({"recording": 1, "runs": 1}, "", "must have the member 'abis'")
    refuse({"recording": 2, "runs": 1, "abis": {}}, "recording", "from 1 to 1")
    refuse({"defaultAction": "SCMP_ACT_ERRNO"}, "", "is no recording")
    refuse(b'{"recording":1,"runs":1,"abis":{}', "", "ends too early")
    refuse(b'{"recording":1,"runs":1,"runs":1,"abis":{}}', "", "'runs' stands there twice")
    for args, where, what in (
            ({"domain": {"0x2": 1}}, "domain", "no such parameter"),
            ({"family": {"2": 1}}, "family.2", "hexadecimal"),
            ({"family": {"0x100000000": 1}}, "family.0x100000000", "reads 32 bits"),
            ({"family": {"0x2": 2}}, "family.0x2", "from 1 to 1"),
            ({"family": {"0x2": 1, "0x02": 1}}, "family.0x02", "stands there twice"),
            ({"family": {hex(i): 1 for i in range(65)}}, "family.0x40", "at most 64 values")):
        refuse(recording(socket={"count": 1, "runs": 1, "args": args}),
               "abis.x86_64.socket.args." + where, what)


def test_a_fault_has_its_line():
    text = b'{"recording": 1,\n"runs": 1,\n"abis": {"x86_64": {\n"read": {"count": 1, "runs": 7}}}}'
    done = run("record", "--merge", write("line.json", text), "-o", path_of("none.json"))
    assert done.stderr == (f"sbpf record: {path_of('line.json')}:4: abis.x86_64.read.runs: must be a "
                           "whole number from 1 to 1\n"), done.stderr


# ---- How complete it is


def test_unseen_calls_are_estimated():
    # 5 calls in one run, 2 in two, 3 in all four: 25 / 4 rounded up, and (5 + 4 + 12 - 5) of 21.
    calls = {**{name: (1, 1) for name in ("read", "write", "open", "close", "stat")},
             **{name: (9, 2) for name in ("fstat", "lstat")},
             **{name: (9, 4) for name in ("poll", "lseek", "mmap")}}
    said, _ = merge(write("four.json", recording(4, **calls)))
    assert (said["once"], said["twice"], said["unseen"]) == (5, 2, 7), said
    assert said["coverage"] == {"known": 16, "of": 21} and said["enough_runs"], said
    assert {call["name"] for call in said["one_run"]} == {"read", "write", "open", "close", "stat"}
    text = expect("record", "--merge", path_of("four.json"), "-o", path_of("sum.json"))
    assert "coverage  16 of 21, 76 %" in text and "unseen    at least 7 calls" in text, text
    assert "one run   x86_64 close, x86_64 open, x86_64 read, x86_64 stat, x86_64 write\n" in text


def test_without_calls_in_two_runs_the_corrected_form_is_taken():
    said, _ = merge(write("q2.json", recording(3, read=(1, 1), write=(1, 1), open=(1, 1), poll=(3, 3))))
    assert (said["once"], said["twice"], said["unseen"]) == (3, 0, 3), said


def test_it_says_what_to_run_next():
    for made, said in ((recording(1, read=(1, 1)), "at least 2 more"),
                       (recording(3, read=(1, 1), poll=(3, 3)), "one run alone has"),
                       (recording(3, read=(3, 3)), "would hardly show more"),
                       (recording(3, 7, read=(3, 3)), "7 calls were lost")):
        text = expect("record", "--merge", write("next.json", made), "-o", path_of("sum.json"))
        assert said in text.splitlines()[-1], (said, text)


# ---- What is asked for


def test_wrong_usage_says_what_would_be_right():
    out = ("-o", path_of("none.json"))
    for arguments, said in (
            (("true",), "where is the recording to go?"),
            (out, "which command"),
            ((*out, "--merge"), "which recordings"),
            ((*out, "--pid", "1", "true"), "either a command"),
            ((*out, "--pid", "x"), "'x' is no whole number"),
            ((*out, "--pid", "1", "--cgroup", "/x"), "either --pid or --cgroup"),
            ((*out, "--pid", "1", "--engine", "trace"), "need the engine bpf"),
            ((*out, "--seconds", "1", "true"), "--seconds goes with"),
            ((*out, "-p", "x.json", "--engine", "bpf", "true"), "does not see what a profile refuses"),
            ((*out, "--format", "json", "true"), "--format is for --merge"),
            ((*out, "--args", "sokcet", "true"), "did you mean 'socket'?")):
        done = run("record", *arguments)
        assert done.returncode == 2 and said in done.stderr, (arguments, done)
    assert not os.path.exists(path_of("none.json"))


def test_a_place_that_cannot_be_written_is_told_before():
    done = run("record", "-o", "/nowhere/x.json", "sh", "-c", "echo started")
    assert done.returncode == 1 and not done.stdout and "/nowhere/x.json" in done.stderr, done


# ---- A command


def test_a_command_is_recorded_from_its_start():
    for engine in ENGINES:
        made = record(engine, "sh", "-c", "cat /dev/null; exit 7", status=7)
        calls = made["abis"][NATIVE]
        assert made["runs"] == 1 and "lost" not in made
        assert calls["execve"] == {"count": 2, "runs": 1, "programs": {"sbpf": 1, "sh": 1}}, calls
        assert calls["exit_group"]["programs"] == {"cat": 1, "sh": 1}


def test_engines_agree():
    # One child: the signals of two may come as one.
    made = [record(engine, "sh", "-c", "ls /; true") for engine in ENGINES]
    assert all(one == made[0] for one in made), made


def test_counts_are_exact_in_threads_and_processes():
    program = """
import os, threading
def work():
    for _ in range(500):
        os.getppid()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for _ in range(3):
    child = os.fork()
    if not child:
        work()
        os.execv(os.sys.executable, ["python", "-c", "import os; os.getppid()"])
    os.waitpid(child, 0)
threading.Thread(target=lambda: os.execv(os.sys.executable, ["python", "-c", "import os; os.getppid()"])).start()
threading.Event().wait()
"""
    for engine in ENGINES:
        calls = record(engine, os.path.realpath(sys.executable), "-c", program)["abis"][NATIVE]
        assert calls["getppid"]["count"] == 7 * 500 + 4, (engine, calls["getppid"])
        assert calls["execve"]["count"] == 5, (engine, calls["execve"])


def test_arguments_that_matter_are_kept_and_others_on_demand():
    program = """
import socket, os, fcntl
for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET):
    socket.socket(family, socket.SOCK_DGRAM)
fcntl.fcntl(0, fcntl.F_GETFD)
for mode in range(100):
    os.umask(mode)
"""
    python = os.path.realpath(sys.executable)
    for engine in ENGINES:
        calls = record(engine, python, "-c", program, options=("--args", "umask,lseek"))["abis"][NATIVE]
        assert calls["socket"]["args"]["family"] == {"0x1": 1, "0x2": 2}, calls["socket"]
        assert calls["fcntl"]["args"]["cmd"]["0x1"] >= 1
        masks = calls["umask"]["args"]["mask"]
        assert len(masks) == 65 and masks["many"] == 36 and masks["0x3f"] == 1, masks
        assert "whence" in calls["lseek"]["args"] and "args" not in calls["read"]
    assert "args" not in record(engine, python, "-c", program)["abis"][NATIVE]["umask"]


def test_what_the_command_leaves_running_is_recorded_too():
    for engine in ENGINES:
        made = record(engine, "sh", "-c", "(sleep 0.7; exec cat /dev/null) & exit 0")
        assert made["abis"][NATIVE]["exit_group"]["programs"] == {"sh": 1, "sleep": 1, "cat": 1}


def test_a_command_that_is_not_found_leaves_no_file():
    for engine in ENGINES:
        for command, status in (("no-such-command", 127), ("/", 126)):
            done = run("record", "-o", path_of("absent.json"), "--engine", engine, command)
            assert done.returncode == status and not os.path.exists(path_of("absent.json")), done


def test_what_a_profile_refuses_is_recorded_as_refused():
    profile = write("profile.json", {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["kill"], "action": "SCMP_ACT_KILL_PROCESS"}]})
    made = record("trace", "sh", "-c", "mkdir x y; ls / >/dev/null; kill -0 $$",
                  options=("-p", profile), status=159)
    calls = made["abis"][NATIVE]
    name = "mkdir" if "mkdir" in calls else "mkdirat"
    assert calls[name] == {"count": 2, "runs": 1, "refused": 2, "programs": {"mkdir": 2}}, calls
    assert calls["kill"]["refused"] == 1 and "refused" not in calls["write"], calls["kill"]




# ---- What runs already


def start_loop():
    loop = subprocess.Popen(["sh", "-c", "echo; while :; do cat /dev/null; sleep 0.02; done"],
                            stdout=subprocess.PIPE)
    loop.stdout.readline()
    return loop


def test_a_process_is_recorded_until_it_is_enough():
    loop = start_loop()
    try:
        made = path_of("pid.json")
        expect("record", "-o", made, "--pid", str(loop.pid), "--seconds", "1")
        with open(made, encoding="utf-8") as file:
            calls = json.load(file)["abis"][NATIVE]
        assert calls["execve"]["programs"].keys() == {"sh"}, calls["execve"]
        assert {"cat", "sleep"} <= calls["exit_group"]["programs"].keys()
        recorder = subprocess.Popen([SBPF, "record", "-o", made, "--pid", str(loop.pid)])
        time.sleep(0.5)
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(20) == 0
        recorder = subprocess.Popen([SBPF, "record", "-o", made, "--pid", str(loop.pid)])
        time.sleep(0.3)
    finally:
        loop.kill()
        loop.wait()
    assert recorder.wait(20) == 0
    assert "No such process" in run("record", "-o", made, "--pid", str(loop.pid)).stderr


def test_a_cgroup_is_recorded():
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "cgroup2", "none", folder], check=False).returncode:
            print("skipped: no cgroup of version 2 can be mounted")
            return
        group = os.path.join(folder, f"sbpf-test-{os.getpid()}")
        os.mkdir(group)
        loop = start_loop()
        try:
            with open(os.path.join(group, "cgroup.procs"), "w", encoding="utf-8") as file:
                file.write(str(loop.pid))
            expect("record", "-o", path_of("cgroup.json"), "--cgroup", group, "--seconds", "1")
            with open(path_of("cgroup.json"), encoding="utf-8") as file:
                calls = json.load(file)["abis"][NATIVE]
            assert {"cat", "sleep"} == calls["exit_group"]["programs"].keys(), calls["exit_group"]
            assert calls["execve"]["programs"].keys() == {"sh"}
        finally:
            loop.kill()
            loop.wait()
            time.sleep(0.2)
            os.rmdir(group)
            subprocess.run(["umount", folder], check=True)
    done = run("record", "-o", path_of("none.json"), "--cgroup", "/proc")
    assert done.returncode == 1 and "/proc: is no cgroup of version 2" in done.stderr, done


def test_without_the_right_it_is_said_what_is_missing_and_what_then_happens():
    if os.geteuid():
        return
    os.chmod(os.path.dirname(path_of("x")), 0o777)
    user = {"user": 65534, "group": 65534, "extra_groups": ()}
    done = run("record", "-o", path_of("user.json"), "--engine", "bpf", "true", **user)
    assert done.returncode == 125 and "CAP_BPF and CAP_PERFMON" in done.stderr, done
    assert not os.path.exists(path_of("user.json"))
    done = run("record", "-o", path_of("user.json"), "--pid", "1", **user)
    assert done.returncode == 1 and "nothing was recorded" in done.stderr, done
    done = run("record", "-o", path_of("user.json"), "sh", "-c", "exit 3", **user)
    assert done.returncode == 3 and "recording by ptrace instead" in done.stderr, done
    assert os.path.getsize(path_of("user.json")) > 100


KERNEL = may_record_in_kernel()
ENGINES = ("trace", "bpf") if KERNEL else ("trace",)
if not KERNEL:
    print("the kernel's recorder is skipped: it is not permitted here")
    for test in ("test_a_process_is_recorded_until_it_is_enough", "test_a_cgroup_is_recorded"):
        del globals()[test]
run_tests(globals())
