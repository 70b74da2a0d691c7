# SPDX-License-Identifier: MIT
"""What the documentation says to write and to type, word for word, on the engines."""
import contextlib
import glob
import json
import os
import platform
import re
import shutil
import tomllib

import yaml

from common import PROJECT, Daemon, must, read, run, wait_for, write
from containers import CASES
from cri import LOCALHOST, Cri, container_log
from filters import OTHER, Prover
from image import NAME
from podman import LIMITS

RUNTIMES = "docs/runtimes.md"
LIBSECCOMP = "docs/libseccomp.md"
MANUAL = "docs/man/sbpf-oci.1"
README = "README.md"
README_SECTION = "## In the container runtimes"
CRI_SECTION = '[plugins."io.containerd.grpc.v1.cri"]\n'
OOM_LINE = "    restrict_oom_score_adj = true\n"
BUNDLES = "/run/containerd/io.containerd.runtime.v2.task/k8s.io"


def markdown_blocks(text):
    """(language, text) of fenced and of indented code."""
    blocks, lines = [], text.split("\n")
    while lines:
        line = lines.pop(0)
        fence = re.fullmatch(r"( *)```(\w*)", line)
        indented = re.match(r" {4,}(?=\S)", line)
        block = []
        if fence:
            while lines[0].strip() != "```":
                block.append(lines.pop(0)[len(fence[1]):])
            lines.pop(0)
        elif indented:
            width = len(indented[0])
            lines.insert(0, line)
            while lines and lines[0].startswith(" " * width):
                block.append(lines.pop(0)[width:])
        if block:
            blocks.append((fence[2] if fence else "sh", "\n".join(block) + "\n"))
    return blocks


def manual_blocks(text):
    """The displays of a manual page's examples, as they are shown."""
    shown = text[text.index(".Sh EXAMPLES"):text.index(".Sh SEE ALSO")]
    displays = re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed$", shown, re.MULTILINE | re.DOTALL)
    return [("", display.replace("\\e", "\\").replace("\\&", "").replace("\\(dq", '"'))
            for display in displays]


def blocks_of(page):
    text = read(os.path.join(PROJECT, page))
    if page == MANUAL:
        return manual_blocks(text)
    if page == README:
        text = text[text.index(README_SECTION):]
        text = text[:text.index("\n## ", 1)]
    return markdown_blocks(text)


@contextlib.contextmanager
def installed(setting):
    """What `cmake --install` installs, in a system in which nothing is that others would miss."""
    store = setting.path("installed")
    os.makedirs(store, exist_ok=True)
    mounts = []

    def mount(*arguments):
        must("mount", *arguments)
        mounts.append(arguments[-1])

    mount("-t", "tmpfs", "tmpfs", store)
    # On a file system of their own, where overlays may be made.
    for folder in ("/etc", "/usr", "/var"):
        for name in ("upper", "work"):
            os.makedirs(f"{store}{folder}/{name}")
        mount("-t", "overlay", "-o",
              f"lowerdir={folder},upperdir={store}{folder}/upper,workdir={store}{folder}/work",
              "overlay", folder)
    for folder in ("/usr/local", "/var/lib/containerd", "/var/lib/docker", "/var/lib/containers"):
        os.makedirs(folder, exist_ok=True)
        mount("-t", "tmpfs", "tmpfs", folder)
    must("cmake", "--install", setting.build, "--prefix", "/usr/local")
    for folder in ("/usr/local/sbin", "/etc/docker"):
        os.makedirs(folder, exist_ok=True)
    # As a package would have it: so says the manual page.
    os.symlink("/usr/local/bin/sbpf-oci", "/usr/bin/sbpf-oci")
    cgroups = set(glob.glob("/sys/fs/cgroup/*/*/"))
    try:
        yield
    finally:
        for path in reversed(mounts):
            run("umount", "--lazy", path)
        for cgroup in set(glob.glob("/sys/fs/cgroup/*/*/")) - cgroups:
            run("find", cgroup, "-depth", "-type", "d", "-exec", "rmdir", "{}", "+")


class Page:
    """One page's turn: a folder to be in, and daemons that end with it."""

    def __init__(self, setting, image):
        self.setting = setting
        self.image = image
        self.prover = Prover(setting)
        self.folder = setting.path("pages")
        self.daemons = {}
        self.pods = 0
        self.ours = ""
        local = f"{self.folder}/bin:/usr/local/sbin:/usr/local/bin"
        self.environment = dict(os.environ, PATH=f"{local}:{os.environ['PATH']}",
                                STORAGE_DRIVER="vfs", DOCKER_HOST="unix:///run/docker.sock")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(f"{self.folder}/bin")
        os.symlink(os.path.join(PROJECT, "profiles"), f"{self.folder}/profiles")
        shutil.copy(CASES["errno"].file, f"{self.folder}/profile.json")
        # There is no systemd: this is what it would do.
        self.script("systemctl", '[ "$*" = "reload docker" ] && kill -HUP "$(cat /run/docker.pid)"')

    def script(self, name, text):
        path = name if "/" in name else f"{self.folder}/bin/{name}"
        write(path, text if text.startswith("#!") else f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)

    def shell(self, text, **options):
        return run("sh", "-c", text, cwd=self.folder, env=self.environment, **options)

    def start(self, name, *command):
        self.stop(name)
        self.daemons[name] = Daemon(self.setting.path(f"pages-{name}.log"), *command,
                                    env=self.environment)
        return self.daemons[name]

    def stop(self, name):
        if name in self.daemons:
            self.daemons.pop(name).stop()

    def end(self):
        self.shell("docker rm -f web; podman rm -f -a -t 0; "
                   "ctr task kill -s KILL c1; sleep 0.5; ctr task rm -f c1")
        for name in list(self.daemons):
            self.stop(name)

    # ---- Docker ----

    def docker_json(self, text):
        """The file, then what follows on the page: a reload."""
        started = "docker" in self.daemons
        write("/etc/docker/daemon.json", text if started else "{}")
        if not started:
            self.start("docker", "dockerd", "--bridge=none", "--iptables=false",
                       "--ip6tables=false", "--storage-driver=vfs", "--cgroup-parent=sbpf-engines",
                       "--exec-opt=native.cgroupdriver=cgroupfs").wait_until(
                           "dockerd", lambda: self.shell("docker version").status == 0)
            must("docker", "import", self.image.layer, "busybox:latest", env=self.environment)
            write("/etc/docker/daemon.json", text)
        else:
            self.shell("systemctl reload docker")
        path = json.loads(text)["runtimes"]["sbpf"]["path"]
        if started:
            wait_for("a reload",
                     lambda: path in self.shell("docker info -f '{{json .Runtimes}}'").text)
            return self.check_docker(["--runtime", "sbpf"])
        return True, text

    def check_docker(self, options):
        before = self.starts()
        done = self.shell(" ".join(["docker run --rm", *options,
                                    "--security-opt seccomp=profile.json busybox mkdir /tmp/x"]))
        return "Operation not permitted" in done.text and self.starts() == before + 1, done

    @staticmethod
    def starts():
        log = "/var/log/sbpf-oci.log"
        return read(log).count("proven equal") if os.path.exists(log) else 0

    def docker_commands(self, text):
        done = self.shell(f"set -e\n{text}")
        holds = done.status == 0 and "sbpf" in done.text and "equal" in done.text
        if not holds:
            return False, done
        config = json.loads(read("/etc/docker/daemon.json"))
        write("/etc/docker/daemon.json", json.dumps({**config, "default-runtime": "sbpf"}))
        self.shell("systemctl reload docker")
        wait_for("the default runtime",
                 lambda: self.shell("docker info -f '{{.DefaultRuntime}}'").text == "sbpf\n")
        return self.check_docker([])

    # ---- containerd ----

    def start_containerd(self, config):
        """With a line for machines where a process may not lower its OOM score."""
        if CRI_SECTION not in config.replace("  [", "["):
            config += CRI_SECTION
        config = re.sub(r'( *\[plugins\."io\.containerd\.grpc\.v1\.cri"\]\n)', r"\1" + OOM_LINE,
                        config, count=1)
        write("/etc/containerd/config.toml", config)
        self.start("containerd", "containerd").wait_until(
            "containerd", lambda: self.shell("ctr version").status == 0)
        pause = re.search('sandbox_image = "(.*)"', must("containerd", "config", "dump"))[1]
        self.shell(f"ctr images import {self.image.archive}; "
                   f"ctr -n k8s.io images import {self.image.archive}; "
                   f"ctr -n k8s.io images import {self.image.pause}; "
                   f"ctr -n k8s.io images tag localhost/pause:1 {pause}")

    @staticmethod
    def containerd_config():
        """The file as it was, without that line."""
        return read("/etc/containerd/config.toml").replace(OOM_LINE, "")

    def ctr_commands(self, text):
        if "containerd" not in self.daemons:
            self.start_containerd(read("/etc/containerd/config.toml"))
        done = self.shell(f"set -e\n{text}")
        return done.status == 0 and "equal" in done.text, done

    def check_pod(self, handler, oci):
        """Whether a pod of this runtime handler starts, and whose filter its container has."""
        cri = Cri("/run/containerd/containerd.sock")
        self.pods += 1
        pod = cri.run_pod(f"pod{self.pods}", handler, "/sbpf-engines", self.folder)
        file = CASES["errno"].file
        name = f"c{self.pods}"
        container = cri.start_container(pod, name, NAME, ["sh", "-c", "mkdir /tmp/x; sleep 600"],
                                        (LOCALHOST, file))
        try:
            log = f"{self.folder}/{name}.log"
            wait_for("the container", lambda: "Operation not permitted" in container_log(log))
            # libseccomp's filter kills the thread, and differs in what its page says.
            action = "KILL_PROCESS" if oci else "KILL_THREAD"
            process = f"pid:{cri.container(container)[2]['pid']}"
            classes, words = self.prover.differences(process, file, "--reading", "oci",
                                                     "--bad-arch", action)
            equal = not classes if oci else OTHER not in classes
            lines = read(f"{BUNDLES}/{container}/log.json") if oci else ""
        finally:
            cri.remove_container(container)
            cri.remove_pod(pod)
        return equal, words, lines

    def check_pods(self, handlers):
        """handlers: for each, whether it is sbpf-oci."""
        for handler, oci in handlers.items():
            equal, words, lines = self.check_pod(handler, oci)
            if not equal:
                return False, f"handler '{handler}': {words}"
        return True, lines

    def containerd_toml(self, text):
        """Debian's file with this at its end."""
        self.start_containerd(self.containerd_config() + text)
        return self.check_pods({"": False, "runc": False, "sbpf": True})

    def containerd_script(self, text):
        """As BinaryName, and as the default."""
        self.script("/usr/local/bin/sbpf-oci-logged", text)
        config = self.containerd_config().replace("/bin/sbpf-oci", "/bin/sbpf-oci-logged")
        self.start_containerd(
            config.replace('default_runtime_name = "runc"', 'default_runtime_name = "sbpf"'))
        before = self.starts()
        holds, words = self.check_pods({"": True, "runc": False})
        lines = read("/var/log/sbpf-oci.log").splitlines()
        own = [json.loads(line) for line in lines if "pod default/" in line]
        return holds and len(own) >= 2 and self.starts() >= before + 2, words

    def containerd_manual(self, text):
        """A whole file."""
        self.start_containerd(text)
        return self.check_pods({"": False, "sbpf": True})

    def containerd_log(self, text):
        """The form that the page shows is that which containerd has."""
        lines = [json.loads(line) for line in self.check_pod("sbpf", True)[2].splitlines()]
        shown = json.loads(text)

        changing = (r"[0-9a-f]{8,}|\d+|container \S+|pod \S+|\S*config.json|x86.*default|ALLOW|"
                    r"ERRNO\(\w+\)|…")

        def form(line):
            return {key: re.sub(changing, "#", value) for key, value in line.items()}

        return form(shown) in [form(line) for line in lines], lines

    # ---- Podman ----

    def podman_run(self, options, image):
        return self.shell(" ".join([
            "podman --cgroup-manager cgroupfs --events-backend file", options,
            "run --network none --cgroup-parent /sbpf-engines", *LIMITS,
            "--security-opt seccomp=profile.json", image
        ]))

    def containers_conf(self, text):
        write("/etc/containers/containers.conf", text)
        self.shell(f"podman import {self.image.layer} busybox:latest")
        done = self.podman_run("", "-d --replace --name web localhost/busybox sleep 600")
        name = self.shell("podman inspect -f '{{.OCIRuntime}}' web")
        return name.text == "sbpf-oci\n", f"{done}\n{name}"

    def podman_commands(self, text):
        done = self.shell(f"set -e\n{text}")
        named = done.text.startswith("sbpf-oci\n")
        return done.status == 0 and named and "equal" in done.text, done

    def podman_manual(self, text):
        """With the rest of a command in the place of its dots."""
        before = self.starts()
        self.shell(f"podman import {self.image.layer} busybox:latest")
        options = text.removeprefix("podman ").rstrip("\n").removesuffix("run ...")
        done = self.podman_run(options.replace("\\\n", " "), "localhost/busybox mkdir /tmp/x")
        return "Operation not permitted" in done.text and self.starts() == before + 1, done

    # ---- The drop-in ----

    def set_ours(self, text):
        self.ours = text
        return self.shell(f"{text}test -e $ours/libseccomp.so.2").status == 0, text

    def copy_of_runc(self, text):
        done = self.shell(f"set -e\n{self.ours}{text}")
        return "libseccomp: 2.6.0" in done.text, done

    def loads_ours(self, command):
        done = self.shell(f"LD_DEBUG=libs {command} --version")
        return "calling init: /usr/local/lib/sbpf/libseccomp.so.2" in done.text, done

    def copy_of_crun(self, text):
        done = self.shell(f"set -e\n{text}")
        return self.loads_ours("./crun-with-sbpf") if done.status == 0 else (False, done)

    def script_for_crun(self, text):
        self.script("/usr/local/bin/crun-sbpf", text)
        return self.loads_ours("crun-sbpf")

    def unit(self, text):
        folder = "/etc/systemd/system/containerd.service.d"
        os.makedirs(folder, exist_ok=True)
        write(f"{folder}/override.conf", text)
        done = self.shell("systemd-analyze verify --man=no containerd.service")
        return done.status == 0 and "override.conf" not in done.text, done

    def mount_for_a_shell(self, text):
        self.script("shell", "cmp /usr/local/lib/sbpf/libseccomp.so.2 "
                    "/usr/lib/x86_64-linux-gnu/libseccomp.so.2 && echo same")
        done = self.shell(f"SHELL={self.folder}/bin/shell\nexport SHELL\n{text}")
        return "same" in done.text or platform.machine() != "x86_64", done

    def build(self, text):
        write(f"{self.folder}/program.c", "#include <seccomp.h>\n"
              "int main(void) { return seccomp_version()->minor != 6; }\n")
        done = self.shell(f"set -e\n{text}./a.out")
        return done.status == 0, done

    def bubblewrap(self, text):
        done = self.shell(text)
        return "Operation not permitted" in done.text, done

    # ---- What is read, but not run ----

    def parse_toml(self, text):
        return bool(tomllib.loads(text)), text

    def parse_yaml(self, text):
        return bool(yaml.safe_load(text)), text

    def parse_shell(self, text):
        done = self.shell(f"set -n\n{text}")
        return done.status == 0, done


LIVE = "it is about some process: filters of all containers are proven so"
DOTS = "there is more to the command; the other engines' tests do it"

# By page and first line: how it is tried, and where it is only read, why.
TRIES = {
    RUNTIMES: {
        "sbpf prove pid:4711": (Page.parse_shell, LIVE),
        "~ x86_64 open_tree_attr": (None, "what sbpf diff lists: newer.py has the proof"),
        "sbpf-oci: …/config.json": (None, "a line of a log: tests/tools/oci.py has its form"),
        "{": (Page.docker_json, ""),
        "systemctl reload docker": (Page.docker_commands, ""),
        "ctr run -d": (Page.ctr_commands, ""),
        '[plugins."io.containerd.grpc.v1.cri".containerd]': (Page.containerd_toml, ""),
        "version = 3": (Page.parse_toml, "it takes containerd 2, which newer.py has"),
        '{"msg":': (Page.containerd_log, ""),
        "#!/bin/sh\nexec": (Page.containerd_script, ""),
        "apiVersion:": (Page.parse_yaml, "there is no cluster here: its handler is tried by CRI"),
        "spec:": (Page.parse_yaml, "there is no cluster here: such a profile is tried by CRI"),
        "[engine]": (Page.containers_conf, ""),
        "podman inspect": (Page.podman_commands, ""),
        "[crio.runtime": (Page.parse_toml, "Debian has no CRI-O"),
        "sbpf-oci --debug run": (Page.parse_shell, DOTS),
        "ours=": (Page.set_ours, ""),
        "LD_LIBRARY_PATH=$ours crun run": (Page.parse_shell, DOTS),
        "cp /usr/sbin/runc": (Page.copy_of_runc, ""),
        "#!/bin/sh\nLD_LIBRARY_PATH": (Page.script_for_crun, ""),
        "[Service]": (Page.unit, ""),
        "unshare --mount": (Page.mount_for_a_shell, ""),
        "sbpf-gen --format raw": (Page.bubblewrap, ""),
        "podman --runtime crun run": (Page.parse_shell, DOTS),
    },
    LIBSECCOMP: {
        "LD_LIBRARY_PATH=": (Page.parse_shell, DOTS),
        "[Service]\nEnv": (Page.unit, ""),
        "[Service]\nBind": (Page.unit, ""),
        "cp /usr/bin/crun": (Page.copy_of_crun, ""),
        "export PKG_CONFIG_PATH": (Page.build, ""),
    },
    README: {
        "dockerd --add-runtime": (Page.parse_shell, DOTS),
        "LD_LIBRARY_PATH=": (Page.parse_shell, DOTS),
    },
    MANUAL: {
        "{": (Page.docker_json, ""),
        "podman --runtime": (Page.podman_manual, ""),
        "[engine]": (Page.containers_conf, ""),
        "version = 2": (Page.containerd_manual, ""),
        "apiVersion:": (Page.parse_yaml, "there is no cluster here: its handler is tried by CRI"),
        "# sbpf-oci --debug run": (Page.parse_shell, DOTS),
    },
}


class Pages:
    name = "pages"

    def __init__(self, setting, image):
        self.setting = setting
        self.image = image

    def run_all(self, results):
        with installed(self.setting):
            for page, tries in TRIES.items():
                turn = Page(self.setting, self.image)
                if page == MANUAL:
                    turn.docker_json('{"runtimes": {"sbpf": {"path": "/bin/false"}}}')
                try:
                    self.run_page(results, turn, page, dict(tries))
                finally:
                    turn.end()

    @staticmethod
    def run_page(results, turn, page, tries):
        for _, text in blocks_of(page):
            first = text.split("\n")[0]
            key = next((key for key in tries if text.startswith(key)), None)
            if key is None:
                results.check(False, "pages", "", page, f"there is a way to try: {first}", text)
                continue
            attempt, reason = tries.pop(key)
            if not attempt:
                continue
            try:
                holds, detail = attempt(turn, text)
            except (RuntimeError, OSError, ValueError) as error:
                holds, detail = False, error
            verb = "can be read" if reason else "does what the page says"
            results.check(holds, "pages", "", page, f"{verb}: {first}", f"{detail}\n{reason}")
        for key in tries:
            results.check(False, "pages", "", page, f"still has: {key}")
