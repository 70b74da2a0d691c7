# SPDX-License-Identifier: MIT
"""bubblewrap takes a finished filter: one that sbpf-gen wrote, and one that sbpf read from a live
process."""
from common import Daemon, must, read
from containers import CASES, PROBE, UNCONFINED, DEFAULT
from filters import Prover
from programs import innermost_filtered


class Bubblewrap:
    name = "bubblewrap"

    def __init__(self, _, image):
        self.image = image


class BubblewrapChecks:
    def __init__(self, setting, results, engine):
        self.setting = setting
        self.results = results
        self.engine = engine
        self.prover = Prover(setting)

    def run_all(self):
        for case in CASES.values():
            if case.file not in (UNCONFINED, DEFAULT):
                self.run_case(case)

    def run_case(self, case):
        compiled = self.setting.path(f"{case.name}.bpf")
        dumped = self.setting.path(f"{case.name}-dumped.bpf")
        must(self.setting.sbpf_gen, "--format", "raw", "-o", compiled, case.file)
        self.check_filter(case, compiled, "sbpf-gen's filter", dumped)
        self.check_filter(case, dumped, "the filter of a live process", None)

    def check_filter(self, case, path, what, dump_to):
        log = self.setting.path(f"bubblewrap-{case.name}.log")
        with open(path, "rb") as file:
            bwrap = Daemon(log, "bwrap", "--bind", self.engine.image.root, "/", "--tmpfs", "/tmp",
                           "--proc", "/proc", "--dev", "/dev", "--die-with-parent", "--seccomp",
                           str(file.fileno()), "sh", "-c", PROBE, pass_fds=[file.fileno()])
        try:
            bwrap.wait_until("bubblewrap's command", lambda: "done" in read(log))
            process = innermost_filtered(bwrap.pid)
            missing = [line for line in case.says if line not in read(log)]
            self.check(case, not missing, f"{what}: the command behaves",
                       f"{read(log)}\nnot there: {missing}")
            equal, text = self.prover.prove(f"pid:{process}", case.file)
            self.check(case, equal, f"{what}: proven equal to the profile", text)
            if dump_to:
                self.prover.dump(process, dump_to)
        finally:
            bwrap.stop()

    def check(self, case, holds, what, detail):
        self.results.check(holds, self.engine.name, "raw", case.name, what, detail)
