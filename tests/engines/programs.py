# SPDX-License-Identifier: MIT
"""Programs that make filters of their own with libseccomp, without a profile in JSON: what they
make with ours is compared with what they make with the system's."""
import os
import platform
import subprocess

from common import HERE, Daemon, read, write
from containers import PROBE
from filters import OTHER, Prover, in_words
from library import in_place_of_the_system_s, libraries, library_by_environment, users

MAN_PAGE = """.TH ENGINES 1
.SH NAME
engines \\- a page
"""


def children_of(process):
    """The children of all its threads, by the kernel's list."""
    found = []
    for thread in os.listdir(f"/proc/{process}/task"):
        try:
            found += [
                int(child) for child in read(f"/proc/{process}/task/{thread}/children").split()
            ]
        except FileNotFoundError:
            pass
    return found


def innermost_filtered(process):
    """Of a process and what it started, the one furthest down that has a filter, or None."""
    found, row = None, [process]
    while row:
        for candidate in row:
            try:
                if "\nSeccomp:\t2" in read(f"/proc/{candidate}/status"):
                    found = candidate
            except FileNotFoundError:
                pass
        row = [
            child for parent in row if os.path.exists(f"/proc/{parent}")
            for child in children_of(parent)
        ]
    return found


class Program:
    """name, cases (by name: what the program says, in part), command(case), and what it reads."""
    name = ""
    cases = {}
    reads = ""
    # What the program prints when its filters are in force; without it, having a filter is enough.
    ready = ""

    def __init__(self, setting, image):
        self.setting = setting
        self.image = image

    def launch(self, case, log):
        program = Daemon(log, *self.command(case), stdin=subprocess.PIPE)
        if self.reads:
            program.process.stdin.write(self.reads.encode())
            program.process.stdin.flush()
        else:
            program.process.stdin.close()
        program.wait_until(f"{self.name} to be ready", lambda: self.ready in read(log))
        process = program.wait_until(f"a filter of {self.name}",
                                     lambda: innermost_filtered(program.pid))
        return program, process


class Lxc(Program):
    name = "lxc"
    cases = {"common.seccomp": "mkdir ends with 0", "lxc.conf": "No space left on device"}
    ready = "done"

    def command(self, case):
        own = os.path.join(HERE, "profiles", case)
        profile = own if os.path.exists(own) else f"/usr/share/lxc/config/{case}"
        folder = self.setting.path("lxc")
        os.makedirs(folder, exist_ok=True)
        config = write(
            f"{folder}/config", f"""lxc.rootfs.path = dir:{self.image.root}
lxc.net.0.type = none
lxc.mount.auto = proc
lxc.mount.entry = tmpfs tmp tmpfs defaults
lxc.cgroup.dir = sbpf-engines
lxc.apparmor.profile = unconfined
lxc.seccomp.profile = {profile}
""")
        return ["lxc-execute", "-n", "c1", "-P", folder, "-f", config, "--", "/bin/sh", "-c", PROBE]


class Nspawn(Program):
    name = "systemd-nspawn"
    cases = {
        "default": "mkdir ends with 0",
        "~mkdir": "can't create directory '/tmp/test': Operation not permitted"
    }
    ready = "done"

    def command(self, case):
        more = [] if case == "default" else ["--system-call-filter=~mkdir mkdirat"]
        return [
            "systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--as-pid2", "-D",
            self.image.root, *more, "sh", "-c", PROBE
        ]


class Qemu(Program):
    name = "qemu"
    cases = {"sandbox": "", "sandbox-strict": ""}

    def command(self, case):
        strict = ",obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
        return [
            f"qemu-system-{platform.machine()}", "-sandbox", "on" + (strict if case == "sandbox-strict" else ""),
            "-machine", "none", "-display", "none", "-nodefaults", "-monitor", "none", "-S"
        ]


class Man(Program):
    """What man starts to read a page is under a filter; here it waits for the rest of one."""
    name = "man"
    cases = {"reads": ""}
    reads = MAN_PAGE

    def command(self, case):
        return ["man", "-l", "-"]


class ProgramChecks:
    def __init__(self, setting, results, program, watch):
        self.setting = setting
        self.results = results
        self.program = program
        self.watch = watch
        self.prover = Prover(setting)

    def check(self, way, case, holds, what, detail=""):
        self.results.check(holds, self.program.name, way, case, what, detail)

    def run_all(self, way):
        """There is no third way: these programs have no runtime to exchange."""
        if way == "oci":
            return
        for case in self.program.cases:
            reference = self.filters(case, "system", show=case if way == "system" else None)
            if way == "ours":
                with in_place_of_the_system_s(self.setting.library):
                    self.compare(case, reference, self.filters(case, "ours", show=case))
        if way == "ours":
            self.check_environment()

    def filters(self, case, way, show):
        """The files of its filters, newest first. show is the name under which the program itself
        is checked, too."""
        log = self.setting.path(f"{self.program.name}-{case}-{way}.log")
        with self.watch.noting() as opened:
            program, process = self.program.launch(case, log)
            try:
                files = self.dump(process, f"{self.program.name}-{case}-{way}")
            finally:
                program.stop()
        if show:
            expected = self.program.cases[case]
            self.check(way, show, files and expected in read(log),
                       f"filters in force: {len(files)}; {expected or 'it works'}", read(log))
            self.check(way, show,
                       libraries(opened) == [way], f"{users(opened)} loaded this libseccomp",
                       opened)
        return files

    def dump(self, process, name):
        files = []
        while True:
            path = self.setting.path(f"{name}-{len(files)}.bpf")
            if self.prover.dump(process, path, len(files)).status != 0:
                return files
            files.append(path)

    def compare(self, case, reference, ours):
        self.check("ours", case,
                   len(reference) == len(ours), "as many filters as with the system's library")
        for index, (theirs, our) in enumerate(zip(reference, ours)):
            classes, text = self.prover.differences(theirs, our)
            what = f"filter {index} differs from the system's libseccomp's in: {in_words(classes)}"
            self.check(
                "ours", case, OTHER not in classes,
                what if classes else f"filter {index} proven equal to the system's libseccomp's",
                text)

    def check_environment(self):
        """Without a mount: each of these programs may be told by its environment, too."""
        case = next(iter(self.program.cases))
        with library_by_environment(self.setting.library):
            self.filters(case, "ours", show="LD_LIBRARY_PATH")
