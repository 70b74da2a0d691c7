# SPDX-License-Identifier: MIT
"""Proofs about filters of live processes, by sbpf."""
import collections
import functools
import json
import struct
import subprocess

import library
from common import PATIENCE, read, run

# linux/audit.h. The stub of runc distinguishes x32 by bit 30 of the number.
AUDIT_ARCHES = {
    "x86_64": 0xC000003E,
    "x32": 0xC000003E,
    "x86": 0x40000003,
    "aarch64": 0xC00000B7,
    "arm": 0x40000028,
}
X32_BIT = 0x40000000

RET_ALLOW = 0x7FFF0000
RET_ERRNO = 0x00050000
ENOSYS = 38

OTHER = "other"

JEQ, JGT, JSET = 0x15, 0x25, 0x45
LD_NR, LD_ARCH = (0x20, 0, 0, 0), (0x20, 0, 0, 4)


def jump(code, k, yes, no):
    return (code, yes, no, k)


def ret(value):
    return (0x06, 0, 0, value)


def pack(instructions):
    return b"".join(struct.pack("=HBBI", code, jt, jf, k) for code, jt, jf, k in instructions)


def stub_instructions(largest):
    """A filter that gives ENOSYS to what lies above the largest number of its ABI, else ALLOW.

    In force together with a profile whose default is ERRNO it means what runc's filter does, which
    looks at that first: of equal actions the newest filter's data counts.
    """
    instructions = []
    for abi, number in largest.items():
        part = [LD_NR]
        if AUDIT_ARCHES[abi] == AUDIT_ARCHES["x32"]:
            # Over this part when the bit is not as it is in this ABI's numbers.
            part.append(jump(JSET, X32_BIT, *((0, 3) if abi == "x32" else (3, 0))))
        part += [jump(JGT, number, 0, 1), ret(RET_ERRNO | ENOSYS), ret(RET_ALLOW)]
        instructions += [LD_ARCH, jump(JEQ, AUDIT_ARCHES[abi], 0, len(part)), *part]
    return instructions + [ret(RET_ALLOW)]


# Its numbers for calls that an ABI lacks begin there; those between are of socketcall and ipc.
PSEUDO, UNKNOWN = -10000, -1


def system_library_knows(item):
    arch = library.SYSTEM.seccomp_arch_resolve_name(item["abi"].encode())
    number = library.SYSTEM.seccomp_syscall_resolve_name_arch(arch, item["name"].encode())
    return number != UNKNOWN and number > PSEUDO


def difference_class(item):
    """Why a filter of libseccomp differs from the profile's meaning: see docs/libseccomp.md."""
    example = item["example"]
    if item["name"] and not system_library_knows(item):
        return "calls that this libseccomp does not know"
    if item["abi"] == "x86_64" and item["nr"] is None and example["nr"] >= 0x80000000:
        return "numbers of no ABI"
    if item["abi"] == "x32" and item["when"]:
        return "upper halves of x32 arguments"
    if item["name"] in ("ipc", "socketcall") and item["when"]:
        return "arguments of multiplexed calls"
    return OTHER


def in_words(classes):
    return ", ".join(f"{name} ({count})" for name, count in classes.items()) or "nothing"


class Prover:
    def __init__(self, setting):
        self.sbpf = setting.sbpf

    def instructions(self, process):
        """How many instructions the newest filter of a process has; None without a filter."""
        done = run(self.sbpf, "dump", "--format", "json", str(process))
        if done.status != 0:
            return None
        filters = json.loads(done.text)
        return len(filters[0]["instructions"]) if filters else None

    def dump(self, process, path, index=0):
        """The file of one filter of a live process, or an error's text."""
        return run(self.sbpf, "dump", "--index", str(index), "--format", "raw", "-o", path,
                   str(process))

    def prove(self, one, other, *options):
        """Whether two policies are equal, and sbpf's words."""
        done = run(self.sbpf, "prove", *options, one, other)
        return done.status == 0, done.text

    def differences(self, one, other, *options):
        """How two policies differ, one by the system's library: counts by class, and in words."""
        words = run(self.sbpf, "diff", *options, one, other)
        if words.status > 1:
            raise RuntimeError(f"sbpf diff: exit status {words.status}: {words.text}")
        listed = subprocess.run([self.sbpf, "diff", "--format", "json", *options, one, other],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                timeout=PATIENCE, check=False).stdout
        classes = collections.Counter(difference_class(item) for item in json.loads(listed))
        return classes, words.text

    @functools.lru_cache(maxsize=None)
    def numbers(self, abi):
        table = json.loads(run(self.sbpf, "syscalls", "--abi", abi, "--format", "json").text)
        return {call["name"]: call["numbers"][abi] for call in table["calls"]}

    def largest_numbers(self, seccomp):
        """By ABI, the largest number that an OCI seccomp object names."""
        names = {name for rule in seccomp.get("syscalls") or [] for name in rule["names"]}
        largest = {}
        for architecture in seccomp["architectures"]:
            abi = architecture.removeprefix("SCMP_ARCH_").lower()
            known = [number for name, number in self.numbers(abi).items() if name in names]
            if known:
                largest[abi] = max(known)
        return largest

    def write_stub(self, config, path):
        """The filter that says what runc puts in front of the profile in a config.json; None when
        that is nothing."""
        seccomp = json.loads(read(config))["linux"]["seccomp"]
        if seccomp["defaultAction"] != "SCMP_ACT_ERRNO" or not seccomp.get("architectures"):
            return None
        with open(path, "wb") as file:
            file.write(pack(stub_instructions(self.largest_numbers(seccomp))))
        return path
