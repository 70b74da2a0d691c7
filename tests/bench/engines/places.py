# SPDX-License-Identifier: MIT
"""Where the engines run: mount namespaces that differ in libseccomp alone, and daemons in them."""

import json
import os
import shutil
import subprocess
import time

# crun takes no hybrid cgroups, so that the second hierarchy is unmounted, everywhere alike. In /run
# engines meet those that the machine has of its own.
ENTER = """
mount -t tmpfs -o mode=755 tmpfs /run
while mountpoint -q /sys/fs/cgroup/unified; do umount /sys/fs/cgroup/unified; done
mount --bind "$1" "$2" && touch "$3" && exec sleep infinity
"""


class Failure(Exception):
    """Something that a user should read."""


def system_libseccomp():
    """The file that crun is linked with."""
    output = subprocess.run(["ldd", shutil.which("crun")], check=True, capture_output=True,
                            text=True).stdout
    for line in output.splitlines():
        words = line.split()
        if words[0] == "libseccomp.so.2" and len(words) > 2:
            return os.path.realpath(words[2])
    raise Failure("crun is not linked with libseccomp.so.2")


def wait_for(what, ready, seconds=30):
    limit = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > limit:
            raise Failure(f"{what} is not there after {seconds} seconds")
        time.sleep(0.05)


def stop(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Place:
    """A mount and a network namespace with a library in place of the system's libseccomp."""

    def __init__(self, name, library, work, stack):
        self.name = name
        self.folder = os.path.join(work, name)
        os.mkdir(self.folder)
        ready = os.path.join(self.folder, "ready")
        holder = subprocess.Popen(["unshare", "--mount", "--net", "--propagation", "private", "sh",
                                   "-c", ENTER, "sh", library, system_libseccomp(), ready])
        stack.callback(stop, holder)
        self.namespace = f"/proc/{holder.pid}/ns/mnt"
        self.enter = ["nsenter", f"--mount={self.namespace}", f"--net=/proc/{holder.pid}/ns/net"]
        wait_for(f"the mount namespace '{name}'", lambda: os.path.exists(ready))

    def run(self, words):
        """What a command prints."""
        return subprocess.run(self.enter + words, check=True, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=60).stdout.strip()

    def start(self, words):
        """For a command whose children live on with its files."""
        with open(os.path.join(self.folder, "output"), "w+", encoding="utf-8") as output:
            status = subprocess.run(self.enter + words, check=False, stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=output, timeout=60).returncode
            if status != 0:
                output.seek(0)
                raise Failure(f"{words[0]} ended with {status}: {output.read()}")


class Docker:
    """A daemon of its own in a place, with these runtimes, and an image of a file system."""

    def __init__(self, place, runtimes, root, stack):
        self.place = place
        self.client = [debian_docker(), "--config", os.path.join(place.folder, "client"), "-H",
                       f"unix://{place.folder}/socket"]
        settings = os.path.join(place.folder, "daemon.json")
        with open(settings, "w", encoding="utf-8") as file:
            json.dump({"runtimes": runtimes}, file)
        with open(os.path.join(place.folder, "log"), "w", encoding="utf-8") as log:
            daemon = subprocess.Popen(
                place.enter + ["dockerd", "--config-file", settings, "--bridge=none",
                               "--iptables=false", "--ip6tables=false", "--ip-forward=false",
                               "--data-root", f"{place.folder}/data",
                               "--exec-root", f"{place.folder}/exec",
                               "--pidfile", f"{place.folder}/pid",
                               "-H", f"unix://{place.folder}/socket"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        stack.callback(stop, daemon)
        wait_for(f"dockerd in '{place.name}'", self.answers)
        subprocess.run(["tar", "-C", root, "-cf", f"{place.folder}/image.tar", "."], check=True)
        place.run(self.client + ["import", f"{place.folder}/image.tar", "bench:1"])

    def answers(self):
        return subprocess.run(self.client + ["version"], check=False, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0


def debian_docker():
    """Debian's client, which fits Debian's daemon, before another one on the path."""
    return "/usr/bin/docker" if os.path.exists("/usr/bin/docker") else shutil.which("docker")
