# SPDX-License-Identifier: MIT
"""Docker: dockerd with the client, a daemon of our own with nothing of the system's."""
import json
import os

from common import HERE, Daemon, must, run, write
from containers import CASES, DEFAULT, Container, Engine
from session import type_into

DOCKER = "/usr/bin/docker"


def security(file):
    return [] if file == DEFAULT else ["--security-opt", f"seccomp={file}"]


class Docker(Engine):
    name = "docker"
    reading = "docker"
    # Docker 20.10 drops it.
    keeps_listener = False
    runtimes = {"system": "runc", "ours": "runc", "oci": "sbpf-oci"}

    def start(self):
        folder = self.setting.path("docker")
        os.mkdir(folder)
        self.environment = dict(os.environ, DOCKER_HOST=f"unix://{folder}/socket",
                                DOCKER_CONFIG=f"{folder}/client")
        config = write(
            f"{folder}/daemon.json",
            json.dumps({
                "bridge": "none",
                "iptables": False,
                "ip6tables": False,
                "storage-driver": "vfs",
                "data-root": f"{folder}/data",
                "exec-root": f"{folder}/run",
                "pidfile": f"{folder}/pid",
                "hosts": [f"unix://{folder}/socket"],
                "exec-opts": ["native.cgroupdriver=cgroupfs"],
                "cgroup-parent": "sbpf-engines",
                "runtimes": {
                    "sbpf-oci": {
                        "path": self.setting.sbpf_oci,
                        "runtimeArgs": [f"--sbpf-log={self.setting.sbpf_oci_log}"]
                    }
                },
            }))
        self.daemon = Daemon(self.setting.path("dockerd.log"), "dockerd", "--config-file", config)
        self.daemon.wait_until("dockerd", lambda: self.docker("version").status == 0)
        self.must("import", self.image.layer, "busybox:latest")
        self.bundles = f"{folder}/run/containerd/daemon/io.containerd.runtime.v2.task/moby"

    def stop(self):
        self.daemon.stop()

    def docker(self, *arguments):
        return run(DOCKER, *arguments, env=self.environment)

    def must(self, *arguments):
        return must(DOCKER, *arguments, env=self.environment)

    def run(self, runtime, file, command):
        return self.docker("run", "--rm", "--runtime", runtime, *security(file), "busybox",
                           *command)

    def launch(self, runtime, file, command):
        name = self.must("run", "-d", "--runtime", runtime, *security(file), "busybox",
                         *command).split()[-1]
        pid = int(self.must("inspect", "-f", "{{.State.Pid}}", name))
        return Container(name, pid, f"{self.bundles}/{name}/config.json")

    def output(self, container):
        return self.docker("logs", container.name).text

    def remove(self, container):
        self.docker("rm", "-f", container.name)

    def check_more(self, checks):
        """The session of a user at a terminal."""
        for name, words in (("errno",
                             "mkdir: can't create directory 'test': Operation not permitted"),
                            ("kill", "Bad system call")):
            folder = os.path.join(HERE, "profiles")
            runtime = [] if checks.way != "oci" else ["--runtime", checks.runtime]
            command = [
                DOCKER, "run", *runtime, "--rm", "-it", "--security-opt", f"seccomp={name}.json",
                "busybox", "sh"
            ]
            seen = type_into(command, ["mkdir test", "exit"], "/ # ", self.environment, folder)
            checks.check(
                CASES[name], words in seen,
                f"typed: docker run --rm -it --security-opt seccomp={name}.json "
                f"busybox sh, mkdir test: {words}", seen)
