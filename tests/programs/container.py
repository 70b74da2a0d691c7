#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a command in a container whose files are this system's, under a profile.

    container.py RUNTIME PROFILE USER PRIVILEGES COMMAND [ARGUMENT...]

RUNTIME is runc or crun, USER a name, PRIVILEGES "new" or "no-new". The exit status is the command's.
"""
import json
import os
import pwd
import subprocess
import sys
import tempfile

# Docker's.
CAPABILITIES = [f"CAP_{name}" for name in
                """AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW
                SETFCAP SETGID SETPCAP SETUID SYS_CHROOT""".split()]
# In a mount namespace of its own, without the second cgroup hierarchy that crun does not take.
START = """mount --rbind / "$1/root"
[ ! -d /sys/fs/cgroup/unified ] || umount "$1/root/sys/fs/cgroup/unified" /sys/fs/cgroup/unified
bundle=$1
shift
exec "$@" --root "$bundle/state" run --bundle "$bundle" "program-$$" """
RUNTIMES = {"runc": ["runc"], "crun": ["crun", "--cgroup-manager=disabled"]}


def configure(bundle, profile, user, no_new_privs, command):
    subprocess.run(["runc", "spec", "--bundle", bundle], check=True)
    path = os.path.join(bundle, "config.json")
    with open(path, encoding="utf-8") as file:
        config = json.load(file)
    entry = pwd.getpwnam(user)
    sets = ["bounding", "effective", "permitted"] if entry.pw_uid == 0 else ["bounding"]
    config["process"].update(
        terminal=False, args=command, cwd="/", noNewPrivileges=no_new_privs,
        user={"uid": entry.pw_uid, "gid": entry.pw_gid},
        env=[f"PATH={os.environ['PATH']}", f"HOME={entry.pw_dir}", "LC_ALL=C"],
        capabilities=dict.fromkeys(sets, CAPABILITIES))
    config["process"].pop("rlimits", None)
    config["root"] = {"path": "root", "readonly": False}
    config["mounts"] = [mount for mount in config["mounts"] if mount["destination"] in
                        ("/proc", "/dev", "/dev/pts", "/dev/shm")]
    config["linux"]["namespaces"] = [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]
    config["linux"].pop("maskedPaths", None)
    config["linux"].pop("readonlyPaths", None)
    with open(profile, encoding="utf-8") as file:
        config["linux"]["seccomp"] = json.load(file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(config, file)


def main():
    runtime, profile, user, privileges, *command = sys.argv[1:]
    bundle = tempfile.mkdtemp(prefix="sbpf-container-")
    os.mkdir(os.path.join(bundle, "root"))
    configure(bundle, profile, user, privileges == "no-new", command)
    os.execvp("unshare", ["unshare", "-m", "sh", "-c", START, "sh", bundle, *RUNTIMES[runtime]])


main()
