#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""sbpf why --log on what this kernel writes of processes under several profiles: calls of each ABI that
it has, killed, trapped, refused and logged."""
import json
import os
import platform
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

SBPF = sys.argv[1]
FOLDER = tempfile.TemporaryDirectory(prefix="sbpf-test-")
# <linux/netlink.h>, <linux/audit.h>
NETLINK_AUDIT, AUDIT_NLGRP_READLOG, AUDIT_SECCOMP = 9, 1, 1326
TRIES = 4

# Calls by number, native ones and, by int 0x80, those of i386.
CALLER = r"""
import ctypes, mmap, sys
libc = ctypes.CDLL(None)
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes.fromhex("53 89f8 89f3 89d1 cd80 5b c3"))
enter = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_uint] * 3)(
    ctypes.addressof(ctypes.c_char.from_buffer(code)))
abi, number, *arguments = sys.argv[1:]
if abi == "x86":
    enter(int(number), 0, 0)
else:
    libc.syscall(ctypes.c_long(int(number)), *[ctypes.c_ulong(int(each)) for each in arguments])
"""


def refuse(call, action, *conditions, **more):
    return {"names": [call], "action": action, "args": list(conditions), **more}


def family(value):
    return {"index": 0, "value": value, "op": "SCMP_CMP_EQ"}


# Of each profile: its rules, and what a program under it calls with the rule that decides.
PROFILES = {
    "kill.json": {
        "rules": [refuse("mkdir", "SCMP_ACT_KILL_PROCESS"), refuse("getppid", "SCMP_ACT_KILL"),
                  refuse("rmdir", "SCMP_ACT_TRAP")],
        "calls": [("x86_64", 83, "mkdir", 0), ("x86_64", 110, "getppid", 1), ("x86", 64, "getppid", 1),
                  ("x86", 39, "mkdir", 0)],
    },
    "log.json": {
        "rules": [refuse("mkdir", "SCMP_ACT_LOG"), refuse("socket", "SCMP_ACT_LOG", family(38)),
                  refuse("socket", "SCMP_ACT_KILL_PROCESS", family(40))],
        "calls": [("x86_64", 83, "mkdir", 0), ("x86_64", 41, "socket", 1, 38),
                  ("x86_64", 41, "socket", 2, 40), ("x86", 39, "mkdir", 0)],
    },
    "errno.json": {
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "rules": [refuse("mkdir", "SCMP_ACT_ERRNO", errnoRet=13),
                  refuse("socket", "SCMP_ACT_ERRNO", family(40), errnoRet=97)],
        "calls": [("x86_64", 83, "mkdir", 0), ("x86_64", 41, "socket", 1, 40)],
    },
}


def write_profile(name, profile):
    path = os.path.join(FOLDER.name, name)
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"defaultAction": "SCMP_ACT_ALLOW", "flags": profile.get("flags", []),
                   "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
                   "syscalls": profile["rules"]}, file, indent=1)
    return path


class Records(threading.Thread):
    """The lines that come, as dmesg has them, of processes of this program."""
    def __init__(self):
        super().__init__(daemon=True)
        self.lines = []
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((0, AUDIT_NLGRP_READLOG))
        self.socket.settimeout(1)
        self.end_at = None

    def run(self):
        while not self.end_at or time.monotonic() < self.end_at:
            try:
                message = self.socket.recv(65536)
            except OSError:  # none for a while, or others log so much that some were lost
                continue
            if struct.unpack_from("<IH", message)[1] == AUDIT_SECCOMP:
                self.lines.append("audit: type=1326 " + message[16:].decode().rstrip("\0\n"))

    def end(self):
        self.end_at = time.monotonic() + 3
        self.join()
        mine = f'exe="{os.path.realpath(sys.executable)}"'
        return [line for line in self.lines if mine in line]


def open_records():
    try:
        return Records()
    except OSError:
        return None


def logged_actions():
    with open("/proc/sys/kernel/seccomp/actions_logged", encoding="ascii") as file:
        return file.read().split()


def run_calls(path, calls):
    for abi, number, _, _, *arguments in calls:
        command = [SBPF, "run", "-p", path, "--", sys.executable, "-S", "-c", CALLER, abi, str(number),
                   *map(str, arguments)]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=False)


def why(path, log):
    done = subprocess.run([SBPF, "why", "-p", path, "--format", "json", "-o", "-", "--log", "-"],
                          input="\n".join(log) + "\n", capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def line_of(path, entry):
    """Where an entry of a profile in JSON with one key a line begins."""
    with open(path, encoding="utf-8") as file:
        begins = [number for number, line in enumerate(file, 1) if line == "  {\n"]
    return begins[entry]


def check(name, path, calls, report):
    """Whether all calls are there, each with its rule; the kernel may lose records of a busy machine."""
    complete = True
    for abi, _, call, entry, *_ in calls:
        rule = f"syscalls[{entry}]"
        found = [one for one in report["refused"] if not one["foreign"] and
                 (one["abi"], one["name"], one["rule"]) == (abi, call, rule)]
        for one in found:
            assert one["line"] == line_of(path, entry), (name, one)
            assert one["program"] == os.path.realpath(sys.executable), one
        complete = complete and bool(found)
    rules = {f"syscalls[{entry}]" for _, _, _, entry, *_ in calls}
    assert all(one["rule"] in rules for one in report["refused"] if not one["foreign"]), report
    return complete


def collect(paths):
    records = Records()
    records.start()
    for name, profile in PROFILES.items():
        run_calls(paths[name], profile["calls"])
    return records.end()


def check_all(paths, log):
    complete = True
    for name, profile in PROFILES.items():
        if name == "errno.json" and "errno" not in logged_actions():
            print("SKIP: refusals with ERRNO are not logged here")
            continue
        report = why(paths[name], log)
        assert report["broken"] == 0 and report["records"] == len(log), report
        # Beside its own calls there are those of other profiles, which this one never gives.
        complete = check(name, paths[name], profile["calls"], report) and \
            any(one["foreign"] for one in report["refused"]) and complete
    return complete


def main():
    if platform.machine() != "x86_64" or not open_records():
        print("SKIP: the kernel's audit records cannot be read here, or calls have other numbers")
        sys.exit(77)
    paths = {name: write_profile(name, profile) for name, profile in PROFILES.items()}
    for _ in range(TRIES):
        log = collect(paths)
        if not log:
            print("SKIP: this kernel logs no calls")
            sys.exit(77)
        if check_all(paths, log):
            return
    raise AssertionError(f"in {TRIES} tries not every call was in the records: {log}")


main()
