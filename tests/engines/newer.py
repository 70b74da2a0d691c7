# SPDX-License-Identifier: MIT
"""containerd 2, with the runc and crun of its time, as docs/runtimes.md configures it."""
import json
import os
import re
import shutil

from common import HERE, must, read, run, write
from cri import Cri
from defaults import compare
from pages import OOM_LINE, RUNTIMES, Page, blocks_of, installed

CRI_SECTION = '[plugins."io.containerd.cri.v1.runtime"]\n' + OOM_LINE
OLD_SECTION = re.compile(r'( *\[plugins\."io\.containerd\.grpc\.v1\.cri"\]\n)')
RUNC_COPY = "/usr/local/sbin/runc-sbpf"


class NewerPage(Page):
    """Its daemon is another one, in a root folder of its own."""

    def __init__(self, setting, image):
        super().__init__(setting, image)
        self.inside = [os.path.join(HERE, "in-root"), setting.newer]

    def start_containerd(self, config):
        write(f"{self.setting.newer}/etc/containerd/config.toml", config)
        self.start("containerd", *self.inside, "containerd").wait_until(
            "containerd", lambda: self.ctr("version").status == 0)
        dump = must(*self.inside, "containerd", "config", "dump")
        pause = re.search(r"sandbox = ['\"](.*)['\"]", dump)[1]
        for archive in (self.image.archive, self.image.pause):
            self.ctr("images", "import", archive)
        self.ctr("images", "tag", "localhost/pause:1", pause)

    def ctr(self, *arguments):
        return run(*self.inside, "ctr", "-n", "k8s.io", *arguments)


class Newer:
    name = "containerd-2"

    def __init__(self, setting, image):
        self.setting = setting
        self.image = image

    def run_all(self, results):
        if not self.setting.newer:
            print(f"--    {self.name}: skipped, as Debian's newest packages cannot be had")
            return
        with installed(self.setting):
            must("mount", "-t", "tmpfs", "tmpfs", f"{self.setting.newer}/var/lib/containerd")
            turn = NewerPage(self.setting, self.image)
            try:
                self.run_snippets(results, turn)
                self.run_drop_in(results, turn)
            finally:
                turn.end()
                run("umount", "--lazy", f"{self.setting.newer}/var/lib/containerd")

    def check(self, results, holds, what, detail):
        version = must(os.path.join(HERE, "in-root"), self.setting.newer, "containerd", "--version")
        results.check(holds, self.name, "oci", RUNTIMES, f"{what} ({version.split()[2]})", detail)

    def run_snippets(self, results, turn):
        blocks = [text for _, text in blocks_of(RUNTIMES)]
        newer = next(text for text in blocks if text.startswith("version = 3"))
        older = next(text for text in blocks if text.startswith('[plugins."io.containerd.grpc'))
        debian = OLD_SECTION.sub(r"\1" + OOM_LINE,
                                 read(f"{self.setting.newer}/etc/containerd/debian.toml"))
        for what, config in (("its lines for version 3", newer + CRI_SECTION),
                             ("those for version 2 behind Debian's file", debian + older)):
            turn.start_containerd(config)
            holds, words = turn.check_pods({"": False, "runc": False, "sbpf": True})
            self.check(results, holds, f"pods start with runc and sbpf by {what}", words)

    def run_drop_in(self, results, turn):
        """The copy of runc that the page makes: the profile, and what runc puts before it."""
        shutil.copy(f"{self.setting.newer}/usr/sbin/runc", RUNC_COPY)
        must("patchelf", "--set-rpath", "/usr/local/lib/sbpf", RUNC_COPY)
        section = '[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc'
        turn.start_containerd(f'version = 3\n{CRI_SECTION}{section}]\n'
                              '  runtime_type = "io.containerd.runc.v2"\n'
                              f'{section}.options]\n  BinaryName = "{RUNC_COPY}"\n')
        cri = Cri("/run/containerd/containerd.sock")
        pod = cri.run_pod("drop-in", "", "/sbpf-engines", turn.folder)
        try:
            details = cri.pod(pod)
            config = write(f"{turn.folder}/config.json", json.dumps(details["runtimeSpec"]))
            stub = turn.prover.write_stub(config, f"{turn.folder}/stub.bpf")
            equal, words = turn.prover.prove(f"pid:{details['pid']}", f"{stub}+{config}",
                                             "--reading", "oci", "--bad-arch", "KILL_THREAD")
            count = turn.prover.instructions(details["pid"])
            default = compare(self.setting.sbpf, turn.folder, config, "containerd", [], [])
        finally:
            cri.remove_pod(pod)
        self.check(results, equal, f"runc with the drop-in: RuntimeDefault, {count} instructions, "
                   "proven equal to the profile, but ENOSYS above its largest numbers", words)
        self.check(results, default[0], "k8s check computes RuntimeDefault", default[1])
