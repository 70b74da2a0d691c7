# SPDX-License-Identifier: MIT
"""The kernel's source, for the scripts that take facts from it."""

import glob
import os
import re
import subprocess

GENERIC = "scripts/syscall.tbl"

# Table: the kernel's table, and its ABI sets or the architecture whose Makefile.syscalls has them.
KERNEL_TABLES = (
    ("x86", "arch/x86/entry/syscalls/syscall_32.tbl", "i386"),
    ("x86_64", "arch/x86/entry/syscalls/syscall_64.tbl", "common 64"),
    ("x32", "arch/x86/entry/syscalls/syscall_64.tbl", "common x32"),
    ("arm", "arch/arm/tools/syscall.tbl", "common eabi"),
    ("arm", "arch/arm64/tools/syscall_32.tbl", "common"),
    ("aarch64", GENERIC, "Makefile.syscalls of arm64"),
    ("loongarch64", GENERIC, "Makefile.syscalls of loongarch"),
    ("riscv64", GENERIC, "Makefile.syscalls of riscv"),
    ("m68k", "arch/m68k/kernel/syscalls/syscall.tbl", "common"),
    ("mips", "arch/mips/kernel/syscalls/syscall_o32.tbl", "o32"),
    # One line of syscall_n64.tbl says "common"; the kernel's build takes any word there.
    ("mips64", "arch/mips/kernel/syscalls/syscall_n64.tbl", "n64 common"),
    ("mips64n32", "arch/mips/kernel/syscalls/syscall_n32.tbl", "n32"),
    ("parisc", "arch/parisc/kernel/syscalls/syscall.tbl", "common 32"),
    ("parisc64", "arch/parisc/kernel/syscalls/syscall.tbl", "common 64"),
    ("ppc", "arch/powerpc/kernel/syscalls/syscall.tbl", "common nospu 32"),
    ("ppc64", "arch/powerpc/kernel/syscalls/syscall.tbl", "common nospu 64"),
    ("s390", "arch/s390/kernel/syscalls/syscall.tbl", "common 32"),
    ("s390x", "arch/s390/kernel/syscalls/syscall.tbl", "common 64"),
    ("sh", "arch/sh/kernel/syscalls/syscall.tbl", "common"),
)
TABLE_FILES = {path for _, path, _ in KERNEL_TABLES} | {
    f"arch/{arch}/kernel/Makefile.syscalls" for arch in ("arm64", "loongarch", "riscv")}
# Where the functions of the calls are; the second in arch/*/.
GENERIC_SOURCES = ("block", "fs", "io_uring", "ipc", "kernel", "mm", "net", "security",
                   "drivers/char/random.c", "drivers/pci/syscall.c")
ARCH_SOURCES = ("entry", "kernel", "mm", "pci", "platforms")


class Failure(Exception):
    """What a script cannot go on without; the text is for its user."""


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def extract(tarball, directory, paths):
    """Unpacks files and whole folders by tar(1), far faster than tarfile; returns directory."""
    command = ["tar", "-xf", tarball, "-C", directory, "--strip-components=1",
               "--wildcards", "--no-wildcards-match-slash"]
    result = subprocess.run(command + [f"*/{path}" for path in sorted(paths)],
                            stderr=subprocess.PIPE, text=True, check=False)
    # A file that this kernel lacks makes tar fail; what reads it says so.
    if not os.path.exists(os.path.join(directory, "Makefile")):
        reason = (result.stderr.splitlines() or ["no Makefile"])[0]
        raise Failure(f"{tarball}: holds no kernel source: {reason}")
    return directory


def find_tarball():
    def release(path):
        return [int(part) for part in re.findall(r"\d+", os.path.basename(path))]

    found = sorted(glob.glob("/usr/src/linux-source-*.tar.xz"), key=release)
    if not found:
        raise Failure("no /usr/src/linux-source-*.tar.xz: install linux-source, or name a kernel "
                      "source folder or tarball")
    return found[-1]


def kernel_release(root):
    text = read(os.path.join(root, "Makefile"))
    parts = [re.search(rf"^{name} = (\d+)$", text, re.M)
             for name in ("VERSION", "PATCHLEVEL")]
    if not all(parts):
        raise Failure(f"{root}/Makefile: has no VERSION and PATCHLEVEL of a kernel")
    return ".".join(part[1] for part in parts)


def abi_sets(root, sets):
    """The ABI words of a kernel table, for scripts/syscall.tbl as in Makefile.asm-headers."""
    if not sets.startswith("Makefile.syscalls of "):
        return sets.split()
    text = read(os.path.join(root, "arch", sets.split()[-1], "kernel/Makefile.syscalls"))
    added = re.findall(r"^syscall_abis_64\s*\+=(.*)$", text, re.M)
    return ["common", "64"] + " ".join(added).split()


def table_rows(root, path, sets):
    """The rows of a kernel table for some ABI sets: number, ABI set, name, entry points."""
    words = abi_sets(root, sets)
    lines = read(os.path.join(root, path)).splitlines()
    rows = (line.partition("#")[0].split() for line in lines)
    return [row for row in rows if len(row) >= 3 and row[1] in words]


def arch_of(path, sets):
    """The folder in arch/ with the code that answers the calls of a kernel table."""
    return path.split("/")[1] if path.startswith("arch/") else sets.split()[-1]


def call_sources():
    """The files and folders that hold the calls' functions, and the tables that name them."""
    paths = set(GENERIC_SOURCES) | TABLE_FILES | {"Makefile", "arch/*/Kconfig"}
    for _, path, sets in KERNEL_TABLES:
        paths |= {f"arch/{arch_of(path, sets)}/{folder}" for folder in ARCH_SOURCES}
    return paths
