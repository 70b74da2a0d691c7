# SPDX-License-Identifier: MIT
"""Podman, with its runtimes crun and runc."""
import os

from common import must, run
from containers import DEFAULT, Container, Engine

# Podman would raise its limits, which not every process may.
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]


class Podman(Engine):
    name = "podman"
    reading = "docker"
    # Its default leaves user namespaces to everybody.
    default_says = []
    runtimes = {"system": "crun", "ours": "crun", "oci": "sbpf-oci"}

    def start(self):
        folder = self.setting.path(self.name)
        os.mkdir(folder)
        self.options = [
            "--root",
            f"{folder}/root",
            "--runroot",
            f"{folder}/run",
            "--tmpdir",
            f"{folder}/tmp",
            "--storage-driver",
            "vfs",
            "--cgroup-manager",
            "cgroupfs",
            "--events-backend",
            "file",
        ]
        self.must("import", self.image.layer, "busybox:latest")

    def stop(self):
        self.podman("rm", "-f", "-a", "-t", "0")

    def podman(self, *arguments):
        return run("podman", *self.options, *arguments)

    def must(self, *arguments):
        return must("podman", *self.options, *arguments)

    def arguments(self, runtime, file):
        binary = self.setting.sbpf_oci_wrapper if runtime == "sbpf-oci" else runtime
        security = [] if file == DEFAULT else ["--security-opt", f"seccomp={file}"]
        return [
            "--runtime", binary, "run", "--network", "none", "--cgroup-parent", "/sbpf-engines",
            *LIMITS, *security
        ]

    def run(self, runtime, file, command):
        return self.podman(*self.arguments(runtime, file), "--rm", "localhost/busybox", *command)

    def launch(self, runtime, file, command):
        name = self.must(*self.arguments(runtime, file), "-d", "localhost/busybox",
                         *command).split()[-1]
        details = self.must("inspect", "-f", "{{.State.Pid}} {{.OCIConfigPath}}", name).split()
        return Container(name, int(details[0]), details[1])

    def output(self, container):
        return self.podman("logs", container.name).text

    def remove(self, container):
        self.podman("rm", "-f", "-t", "0", container.name)


class PodmanRunc(Podman):
    name = "podman-runc"
    runtimes = {"system": "runc", "ours": "runc"}
