# SPDX-License-Identifier: MIT
"""The OCI runtimes runc and crun, called as they are, with a bundle of our own."""
import json
import os
import subprocess

from common import must, read, run, write
from containers import UNCONFINED, Container, Engine


class Runtime(Engine):
    """A runtime takes what config.json has: there is no default profile."""
    reading = "oci"
    default_says = None

    def start(self):
        self.folder = self.setting.path(self.name)
        os.mkdir(self.folder)
        must("runc", "spec", cwd=self.folder)
        self.template = json.loads(read(f"{self.folder}/config.json"))
        # Where a process may not raise its limits, the template's would be refused.
        self.template["process"]["rlimits"] = []
        self.template["process"]["terminal"] = False
        self.template["root"] = {"path": self.image.root, "readonly": False}

    def stop(self):
        pass

    def command(self, runtime):
        binary = self.setting.sbpf_oci_wrapper if runtime == "sbpf-oci" else runtime
        return [binary, "--root", f"{self.folder}/state"]

    def make_bundle(self, name, file, command):
        bundle = f"{self.folder}/{name}"
        os.mkdir(bundle)
        config = json.loads(json.dumps(self.template))
        config["process"]["args"] = command
        # A root of its own, so that containers find no folders of others.
        config["mounts"].append({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs"})
        config["linux"]["cgroupsPath"] = f"/sbpf-engines/{name}"
        if file != UNCONFINED:
            config["linux"]["seccomp"] = json.loads(read(file))
        write(f"{bundle}/config.json", json.dumps(config, indent=1))
        return bundle

    def run(self, runtime, file, command):
        name = self.next_name()
        return run(*self.command(runtime), "run", "--bundle", self.make_bundle(name, file, command),
                   name)

    def launch(self, runtime, file, command):
        name = self.next_name()
        bundle = self.make_bundle(name, file, command)
        with open(f"{bundle}/output", "wb") as output:
            status = subprocess.run(
                [*self.command(runtime), "run", "--detach", "--bundle", bundle, name],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=60,
                check=False).returncode
        if status != 0:
            raise RuntimeError(f"{runtime}: exit status {status}: {read(f'{bundle}/output')}")
        state = json.loads(must(*self.command(runtime), "state", name))
        return Container(name, state["pid"], f"{bundle}/config.json")

    def output(self, container):
        return read(f"{os.path.dirname(container.config)}/output")

    def remove(self, container):
        for runtime in set(self.runtimes.values()):
            if run(*self.command(runtime), "delete", "--force", container.name).status == 0:
                return


class Runc(Runtime):
    name = "runc"
    runtimes = {"system": "runc", "ours": "runc"}


class Crun(Runtime):
    name = "crun"
    honours_environment = True
    runtimes = {"system": "crun", "ours": "crun", "oci": "sbpf-oci"}
