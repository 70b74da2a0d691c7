# SPDX-License-Identifier: MIT
"""containerd: as ctr uses it, and through its CRI socket, as a kubelet does."""
import json
import os

from common import Daemon, Done, must, read, run, wait_for, write
from containers import CASES, DEFAULT, UNCONFINED, Case, Container, Engine
from cri import LOCALHOST, RUNTIME_DEFAULT, UNCONFINED as CRI_UNCONFINED, Cri, container_log
from defaults import CAPABILITIES, compare
from image import NAME, PAUSE

POD = Case("pod", DEFAULT, [])
CASES_OF_DEFAULT = Case("capabilities", DEFAULT, [])

CONFIG = """version = 2
root = "{folder}/root"
state = "{folder}/state"
[grpc]
  address = "{folder}/socket"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{folder}"
    conf_dir = "{folder}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.sbpf-oci]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.sbpf-oci.options]
        BinaryName = "{sbpf_oci}"
"""


class Containerd(Engine):
    """What ctr and CRI share. containerd hands the profile to the runtime as it is."""
    reading = "oci"
    runtimes = {"system": "runc", "ours": "runc", "oci": "sbpf-oci"}
    namespace = ""

    def start(self):
        self.folder = self.setting.path(self.name)
        os.mkdir(self.folder)
        self.socket = f"{self.folder}/socket"
        config = write(
            f"{self.folder}/config.toml",
            CONFIG.format(folder=self.folder, pause=PAUSE, sbpf_oci=self.setting.sbpf_oci_wrapper))
        self.daemon = Daemon(self.setting.path(f"{self.name}.log"), "containerd", "-c", config)
        self.daemon.wait_until("containerd", lambda: self.ctr("version").status == 0)
        self.load(self.image.archive)

    def stop(self):
        self.daemon.stop()

    def ctr(self, *arguments):
        return run("ctr", "-a", self.socket, "-n", self.namespace, *arguments)

    def must(self, *arguments):
        return must("ctr", "-a", self.socket, "-n", self.namespace, *arguments)

    def load(self, archive):
        self.must("images", "import", "--snapshotter", "native", archive)


class Ctr(Containerd):
    name = "ctr"
    namespace = "default"

    def options(self, runtime, file):
        binary = self.setting.sbpf_oci_wrapper if runtime == "sbpf-oci" else runtime
        profile = {
            DEFAULT: ["--seccomp"],
            UNCONFINED: []
        }.get(file, ["--seccomp", "--seccomp-profile", file])
        return ["--snapshotter", "native", "--runc-binary", binary, *profile]

    def run(self, runtime, file, command):
        name = self.next_name()
        return self.ctr("run", "--rm", "--cgroup", f"sbpf-engines/{name}",
                        *self.options(runtime, file), NAME, name, *command)

    def launch(self, runtime, file, command):
        name = self.next_name()
        self.must("run", "-d", "--cgroup",
                  f"sbpf-engines/{name}", "--log-uri", f"file://{self.folder}/{name}.log",
                  *self.options(runtime, file), NAME, name, *command)
        tasks = [line.split() for line in self.must("tasks", "ls").splitlines()]
        pid = next(int(task[1]) for task in tasks if task[0] == name)
        return Container(
            name, pid,
            f"{self.folder}/state/io.containerd.runtime.v2.task/default/{name}/config.json")

    def output(self, container):
        log = f"{self.folder}/{container.name}.log"
        return read(log) if os.path.exists(log) else ""

    def remove(self, container):
        self.ctr("tasks", "kill", "-s", "KILL", container.name)
        self.ctr("tasks", "rm", "-f", container.name)
        self.ctr("containers", "rm", container.name)


class KubernetesCri(Containerd):
    """A pod for each runtime; the runtime is the handler that a RuntimeClass names."""
    name = "cri"
    namespace = "k8s.io"

    def start(self):
        super().start()
        self.load(self.image.pause)
        self.cri = Cri(self.socket)
        self.pods = {}

    def stop(self):
        for runtime in list(self.pods):
            self.remove_pod(runtime)
        super().stop()

    def pod(self, runtime):
        if runtime not in self.pods:
            self.pods[runtime] = self.cri.run_pod(f"pod-{runtime}", runtime, "/sbpf-engines",
                                                  self.folder)
        return self.pods[runtime]

    def pause(self, runtime):
        """The pod's own container, under the engine's default profile."""
        return self.describe(self.pod(runtime)[0], self.cri.pod(self.pod(runtime)))

    def describe(self, name, details):
        config = write(f"{self.folder}/{name}.json", json.dumps(details["runtimeSpec"]))
        return Container(name, details["pid"], config)

    def create(self, runtime, file, command):
        seccomp = {
            DEFAULT: (RUNTIME_DEFAULT, ""),
            UNCONFINED: (CRI_UNCONFINED, "")
        }.get(file, (LOCALHOST, file))
        name = self.next_name()
        self.last_log = f"{self.folder}/{name}.log"
        return self.cri.start_container(self.pod(runtime), name, NAME, command, seccomp)

    def run(self, runtime, file, command):
        container = self.create(runtime, file, command)
        ended = wait_for("a container's end", lambda: self.cri.container(container)[0] == 2)
        _, status, _ = self.cri.container(container)
        self.cri.remove_container(container)
        return Done(status, container_log(self.last_log)) if ended else None

    def launch(self, runtime, file, command):
        container = self.create(runtime, file, command)
        return self.describe(container, self.cri.container(container)[2])

    def output(self, container):
        return container_log(self.last_log)

    def remove(self, container):
        self.cri.remove_container(container.name)

    def check_defaults(self, checks):
        """RuntimeDefault with other capabilities, as sbpf computes it from a manifest."""
        for add, drop in CAPABILITIES:
            name = self.next_name()
            container = self.cri.start_container(self.pod(checks.runtime), name, NAME,
                                                 ["sleep", "600"], (RUNTIME_DEFAULT, ""),
                                                 (add, drop))
            container = self.describe(container, self.cri.container(container)[2])
            equal, words = compare(self.setting.sbpf, self.folder, container.config,
                                   "containerd-1.6", add, drop)
            checks.check(CASES_OF_DEFAULT, equal,
                         f"k8s check computes it: add {add}, drop {drop}", words)
            checks.check_filter(CASES_OF_DEFAULT, container)
            self.remove(container)

    def check_more(self, checks):
        """The own container of a new pod, and what `kubectl exec` does under a profile."""
        self.check_defaults(checks)
        self.remove_pod(checks.runtime)
        checks.check_filter(POD, self.pause(checks.runtime))
        container = self.launch(checks.runtime, CASES["kill"].file, ["sleep", "600"])
        status, text = self.cri.execute(container.name, ["sh", "-c", "mkdir logs; exit $?"])
        self.remove(container)
        checks.check(CASES["kill"], status == 159 and "Bad system call" in text,
                     f"exec mkdir: {text.strip()}", f"exit status {status}")
        self.remove_pod(checks.runtime)

    def remove_pod(self, runtime):
        self.cri.remove_pod(self.pods.pop(runtime))
