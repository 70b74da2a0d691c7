# SPDX-License-Identifier: MIT
"""Makes what an engine hands its runtime: a profile in OCI form, a config.json, a file system."""

import json
import os
import shutil
import subprocess

# Docker's default.
CAPABILITIES = [
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW",
    "CAP_SETGID", "CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
]

# Machine of uname(2) to Docker's name and the OCI name.
MACHINES = {
    "x86_64": ("amd64", "SCMP_ARCH_X86_64"),
    "aarch64": ("arm64", "SCMP_ARCH_AARCH64"),
    "riscv64": ("riscv64", "SCMP_ARCH_RISCV64"),
    "s390x": ("s390x", "SCMP_ARCH_S390X"),
}

# What a rule holds beside the conditions under which it counts.
RULE_KEYS = ("names", "action", "errnoRet", "args")


def release(text):
    major, minor = text.split("-")[0].split(".")[:2]
    return int(major), int(minor)


def holds(rule, go_name):
    """Whether a rule counts on this machine and kernel with Docker's default capabilities."""
    includes, excludes = rule.get("includes", {}), rule.get("excludes", {})
    kernel = release(os.uname().release)
    if includes.get("arches") and go_name not in includes["arches"]:
        return False
    if not set(includes.get("caps", [])) <= set(CAPABILITIES):
        return False
    if "minKernel" in includes and kernel < release(includes["minKernel"]):
        return False
    if go_name in excludes.get("arches", []):
        return False
    if set(excludes.get("caps", [])) & set(CAPABILITIES):
        return False
    return "minKernel" not in excludes or kernel < release(excludes["minKernel"])


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)


def oci_profile(path):
    """The linux.seccomp that Docker makes of its profile: what holds, in the same order."""
    with open(path, encoding="utf-8") as file:
        profile = json.load(file)
    go_name, oci_name = MACHINES[os.uname().machine]
    abis = next(entry["subArchitectures"] for entry in profile["archMap"]
                if entry["architecture"] == oci_name)
    return {
        "defaultAction": profile["defaultAction"],
        "defaultErrnoRet": profile["defaultErrnoRet"],
        "architectures": [oci_name] + abis,
        "syscalls": [{key: rule[key] for key in RULE_KEYS if key in rule}
                     for rule in profile["syscalls"] if holds(rule, go_name)],
    }


def make_root(folder):
    """A file system with busybox and what is run of it."""
    for name in ("bin", "dev", "etc", "proc", "sys", "tmp"):
        os.makedirs(os.path.join(folder, name))
    shutil.copy(shutil.which("busybox"), os.path.join(folder, "bin/busybox"))
    for applet in ("true", "sleep"):
        os.symlink("busybox", os.path.join(folder, "bin", applet))
    with open(os.path.join(folder, "etc/passwd"), "w", encoding="utf-8") as file:
        file.write("root:x:0:0:root:/:/bin/false\n")


def make_bundle(folder, root, seccomp, words):
    """A bundle as "runc spec" makes it, for these words, with a linux.seccomp or None."""
    os.mkdir(folder)
    subprocess.run(["runc", "spec", "--bundle", folder], check=True)
    path = os.path.join(folder, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    config["root"] = {"path": root, "readonly": True}
    config["process"]["terminal"] = False
    config["process"]["args"] = words
    config["process"]["capabilities"] = {kind: CAPABILITIES
                                         for kind in ("bounding", "effective", "permitted")}
    config["linux"].pop("seccomp", None)
    if seccomp:
        config["linux"]["seccomp"] = seccomp
    write(path, config)
