# SPDX-License-Identifier: MIT
"""The values that C constants have in the kernel's headers, as a compiler sees them."""

import os
import re
import subprocess

from kernel_source import Failure, read

# Headers outside of include/uapi whose constants are part of the interface of calls, and the lines
# of each that define them. C libraries have these numbers in headers of their own.
INTERNAL = (
    ("include/linux/socket.h", r"#define (?:AF|SOL|MSG)_\w+\s.*"),
    ("include/linux/net.h", r"#define SOCK_(?:CLOEXEC|NONBLOCK|TYPE_MASK)\s.*"),
    ("include/linux/fs.h", r"#define (?:MNT_(?:FORCE|DETACH|EXPIRE)|UMOUNT_NOFOLLOW)\s.*"),
    ("include/linux/splice.h", r"#define SPLICE_F_\w+\s.*"),
    ("include/linux/swap.h", r"#define SWAP_FLAG_\w+\s.*"),
    ("include/linux/stat.h", r"#define UTIME_\w+\s.*"),
    ("include/linux/syslog.h", r"#define SYSLOG_ACTION_\w+\s.*"),
)
SOCKET_TYPES = r"enum sock_type \{.*?\};"
SHUTDOWNS = r"enum sock_shutdown_cmd \{.*?\};"
# What kernel headers expect of the headers that they include, without which they are C.
STUBS = ("linux/compiler.h", "linux/compiler_types.h", "unistd.h")
# __MIPSEB__: the headers of mips are none without a byte order.
MACROS = ("__user=", "__force=", "__iomem=", "__attribute_const__=", "__KERNEL_STRICT_NAMES",
          "__MIPSEB__")


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def internal_header(root, arch):
    """The constants of headers that are not for user space, as one header."""
    lines = []
    for path, pattern in INTERNAL:
        text = re.sub(r"/\*.*?\*/", "", read(os.path.join(root, path)), flags=re.S)
        lines += re.findall(f"^{pattern}$", text.replace("\\\n", " "), re.M)
    own = os.path.join(root, f"arch/{arch}/include/asm/socket.h")
    net = read(os.path.join(root, "include/linux/net.h"))
    types = re.search(SOCKET_TYPES, read(own) if os.path.exists(own) else "", re.S)
    lines.append((types or re.search(SOCKET_TYPES, net, re.S))[0])
    lines.append(re.search(SHUTDOWNS, net, re.S)[0])
    return "\n".join(lines) + "\n"


def include_options(root, arch, folder):
    """Options of the compiler for the headers of an architecture, with stubs in a folder."""
    generic = os.path.join(root, "include/uapi/asm-generic")
    own = os.path.join(root, f"arch/{arch}/include/uapi")
    for name in os.listdir(generic):
        if not os.path.exists(os.path.join(own, "asm", name)):
            write(os.path.join(folder, "asm", name), f"#include <asm-generic/{name}>\n")
    for name in STUBS:
        write(os.path.join(folder, name), "")
    write(os.path.join(folder, "internal.h"), internal_header(root, arch))
    folders = (folder, own, os.path.join(root, "include/uapi"))
    return (["-nostdinc", "-undef", "-D__linux__", "-D__BITS_PER_LONG=64",
             "-D__SIZEOF_POINTER__=8", "-D__SIZEOF_LONG__=8"]
            + [f"-D{macro}" for macro in MACROS]
            + [f"-I{path}" for path in folders])


def constant_sources():
    """The files and folders of a kernel's source that the constants are in."""
    return ({path for path, _ in INTERNAL}
            | {"include/uapi", "arch/*/include/uapi", "arch/*/include/asm/socket.h"})


def existing(headers, options):
    """Those of the headers that an architecture has."""
    return [header for header in headers
            if compile_text(f"#include <{header}>\n", options).returncode == 0]


def compile_text(text, options):
    compiler = os.environ.get("CC", "cc").split()
    try:
        return subprocess.run(compiler + ["-w", "-O0", "-x", "c", "-S", "-o", "-", "-"] + options,
                              input=text, capture_output=True, text=True, check=False,
                              env={**os.environ, "LC_ALL": "C"})
    except OSError as error:
        raise Failure(f"{compiler[0]}: {error.strerror}: constants need a C compiler, "
                      "set CC") from error


def values(names, headers, options):
    """The value of each name that these headers have."""
    includes = "".join(f"#include <{header}>\n" for header in headers)
    names = set(names)
    while names:
        ordered = sorted(names)
        text = includes + "".join(f"const long long value_{name} = (long long)({name});\n"
                                  for name in ordered)
        result = compile_text(text, options)
        # A line that does not compile: a name that is not there, or needs a type that is not.
        lines = (int(line) - len(headers) - 1
                 for line in re.findall(r"^<stdin>:(\d+):\d+: (?:error|note)", result.stderr, re.M))
        missing = {ordered[line] for line in lines if line >= 0}
        if result.returncode == 0:
            found = re.findall(r"^value_(\w+):\n\s+\.(quad|zero)\s+(-?\d+)", result.stdout, re.M)
            return {name: 0 if kind == "zero" else int(value) for name, kind, value in found}
        if not missing:
            raise Failure(f"{' '.join(headers)}: {result.stderr.strip()}")
        names -= missing
    return {}
