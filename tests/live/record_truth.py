# SPDX-License-Identifier: MIT
"""
record_truth.py SBPF TRUTH CALL_X86 [RUNS]: what `sbpf record` says of a program that makes every call
of the table from four threads in each of three processes is what that program made, and what a
profile refused is what it was refused; by every engine that is permitted here.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

SBPF, TRUTH, CALL_X86 = sys.argv[1:4]
RUNS = int(sys.argv[4]) if len(sys.argv) > 4 else 2
NATIVE = os.uname().machine
REFUSED = 777
NOBODY = {"user": 65534, "group": 65534, "extra_groups": ()}

# Never made: they end or change the program that makes them, and no filter is asked.
IMPOSSIBLE = {"exit", "exit_group", "uretprobe", "uprobe"}
# Made only where they are refused: they wait for ever, or return to where nobody came from.
DANGEROUS = {"rt_sigreturn", "sigreturn", "pause", "sigsuspend", "vfork"}
# What the program itself needs.
NEEDED = IMPOSSIBLE | {"write", "mmap", "rt_sigprocmask", "clone", "wait4", "execve"}


def table(abi):
    done = subprocess.run([SBPF, "syscalls", "--abi", abi, "--format", "json"], check=True,
                          capture_output=True, text=True)
    return {call["numbers"][abi]: call["name"] for call in json.loads(done.stdout)["calls"]
            if abi in call["numbers"]}


def abis():
    """The ABIs by which the program can enter the kernel here."""
    has_x86 = NATIVE == "x86_64" and CALL_X86 and subprocess.run(
        [CALL_X86], check=False, capture_output=True).returncode >= 0
    return [NATIVE] + (["x86"] if has_x86 else [])


TABLES = [(abi, table(abi)) for abi in abis()]


def plan(refused):
    """The calls to make; without a name there are some too."""
    words = []
    for index, (_, names) in enumerate(TABLES):
        words += [f"{index}:{number}" for number, name in names.items()
                  if name not in IMPOSSIBLE and (name not in DANGEROUS or name in refused)
                  and number < 1000]
        words += [f"{index}:{number}" for number in (700, 999)]
    return words


def read_made(output):
    """By ABI and key of the recording: made and refused."""
    made = {}
    for line in output.splitlines():
        abi, number, count, refused = map(int, line.split())
        name, names = TABLES[abi]
        made[name, names.get(number, f"#{number}")] = (count, refused)
    return made


def read_recorded(path):
    with open(path, encoding="utf-8") as file:
        recording = json.load(file)
    assert "lost" not in recording, recording["lost"]
    return {(abi, name): (call["programs"]["truth"], call.get("refused", 0))
            for abi, calls in recording["abis"].items() for name, call in calls.items()
            if "truth" in call["programs"]}


def compare(folder, seed, options, prefix=(), refused=(), **user):
    path = os.path.join(folder, "recording.json")
    command = [SBPF, "record", "-o", path, *options, "--", *prefix, os.path.join(folder, "truth"),
               str(seed), str(REFUSED), *plan(refused)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250, **user)
    assert done.returncode == 0, (seed, done.returncode, done.stderr)
    made, recorded = read_made(done.stdout), read_recorded(path)
    os.unlink(path)
    wrong = {key: (made.get(key), recorded.get(key)) for key in made.keys() | recorded.keys()
             if made.get(key) != recorded.get(key)}
    assert not wrong, (f"seed {seed}: made and recorded of", wrong)
    for name in refused:
        for abi, names in TABLES:
            if name in names.values():
                assert made[abi, name][0] == made[abi, name][1] > 0, (seed, abi, name)
    return len(made), sum(count for count, _ in made.values())


def write_profile(folder, seed):
    """A profile that refuses a third of the calls, and all that are dangerous."""
    names = sorted({name for _, names in TABLES for name in names.values()} - NEEDED)
    refused = DANGEROUS | set(random.Random(seed).sample(names, len(names) // 3))
    refused &= set(names)
    path = os.path.join(folder, "profile.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"defaultAction": "SCMP_ACT_ALLOW",
                   "architectures": ["SCMP_ARCH_" + abi.upper() for abi, _ in TABLES],
                   "syscalls": [{"names": sorted(refused), "action": "SCMP_ACT_ERRNO",
                                 "errnoRet": REFUSED}]}, file)
    os.chmod(path, 0o644)
    return path, refused


def may_record_in_kernel():
    return subprocess.run([SBPF, "record", "-o", "/dev/null", "--engine", "bpf", "true"], check=False,
                          capture_output=True).returncode == 0


def main():
    user = NOBODY if os.geteuid() == 0 else {}
    kernel = bool(user) and may_record_in_kernel()
    if not kernel:
        print("skipped: no root, or no recording in the kernel here")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        shutil.copy(TRUTH, folder)
        for _ in range(RUNS):
            seed = random.randrange(1 << 30)
            drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all")
            if kernel:
                print("bpf", *compare(folder, seed, ("--engine", "bpf"), drop))
            print("trace", *compare(folder, seed, ("--engine", "trace"), **user))
            profile, refused = write_profile(folder, seed)
            print("refused", *compare(folder, seed, ("-p", profile), refused=refused, **user))


main()
