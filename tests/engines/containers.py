# SPDX-License-Identifier: MIT
"""The checks that every engine of containers passes, and what such an engine has to do."""
import dataclasses
import errno
import json
import os
import tempfile

from agent import Agent
from common import HERE, PROJECT, Done, read, wait_for, write
from filters import OTHER, Prover, in_words

UNCONFINED = "unconfined"
DEFAULT = "default"

# Says what a profile does, from inside; it stays alive so that its filter can be read.
PROBE = """
mkdir /tmp/test; echo "mkdir ends with $?"
unshare -U true; echo "unshare ends with $?"
ls / >/dev/null; echo "ls ends with $?"
grep Seccomp: /proc/self/status
echo done
exec sleep 600
"""


@dataclasses.dataclass
class Container:
    name: str
    pid: int
    # The OCI config.json that the runtime was handed.
    config: str

    def bounding(self):
        names = json.loads(read(self.config))["process"]["capabilities"].get("bounding") or []
        return ",".join(name.removeprefix("CAP_") for name in names)


@dataclasses.dataclass
class Case:
    """A profile and what a container under it says. file: a path, DEFAULT or UNCONFINED."""
    name: str
    file: str
    says: list
    # The only reading in which it says so, if not in any; the filter is proven in any.
    reading: str = ""


ALLOWED = ["mkdir ends with 0", "ls ends with 0"]
REFUSED = [
    "can't create directory '/tmp/test': Operation not permitted", "mkdir ends with 1",
    "ls ends with 0"
]
KILLED = ["Bad system call", "mkdir ends with 159", "ls ends with 0"]
GUARDED = ["unshare: unshare(0x10000000): Operation not permitted", "unshare ends with 1"]
FILTERED = ["Seccomp:\t2"]

OWN = os.path.join(HERE, "profiles")
SHIPPED = os.path.join(PROJECT, "profiles")

CASES = {
    case.name: case
    for case in (
        Case("errno", f"{OWN}/errno.json", REFUSED + FILTERED),
        Case("kill", f"{OWN}/kill.json", KILLED + FILTERED),
        Case("block-mkdir", f"{SHIPPED}/block-mkdir.json", REFUSED + FILTERED),
        Case("block-mkdir-kill", f"{SHIPPED}/block-mkdir-kill.json", KILLED + FILTERED),
        Case("docker", f"{SHIPPED}/docker.json", ALLOWED + GUARDED + FILTERED, "docker"),
        Case("default", DEFAULT, ALLOWED + FILTERED),
        Case("unconfined", UNCONFINED, ALLOWED + ["unshare ends with 0", "Seccomp:\t0"]),
    )
}

BY_ENVIRONMENT = Case("LD_LIBRARY_PATH", f"{SHIPPED}/docker.json", ALLOWED + FILTERED)


class Engine:
    """name, reading ("docker" or "oci"), runtimes (by way), and what the classes below do:

    start(), stop()
    run(runtime, file, command) -> Done         a container in the foreground
    launch(runtime, file, command) -> Container one in the background
    output(container) -> str
    remove(container)
    """
    name = ""
    reading = ""
    runtimes = {}
    # What its own default profile refuses: None when it has none.
    default_says = GUARDED
    # Whether the environment tells the program that compiles which library to use.
    honours_environment = False
    # Whether a profile's listenerPath reaches the runtime.
    keeps_listener = True

    def __init__(self, setting, image):
        self.setting = setting
        self.image = image
        self.serial = 0

    def check_more(self, checks):
        """What is special to the engine, for the runtime in checks."""

    def next_name(self):
        self.serial += 1
        return f"c{self.serial}"


class ContainerChecks:
    def __init__(self, setting, results, engine, way):
        self.setting = setting
        self.results = results
        self.engine = engine
        self.way = way
        self.runtime = engine.runtimes[way]
        self.prover = Prover(setting)

    def check(self, case, holds, what, detail=""):
        self.results.check(holds, self.engine.name, self.way, case.name, what, detail)

    def run_all(self):
        for case in CASES.values():
            if case.file == DEFAULT and self.engine.default_says is None:
                continue
            self.run_case(case)
        self.check_exit_statuses()
        if self.engine.keeps_listener:
            self.check_listener()
        if self.way == "oci":
            self.check_refusal()
        self.engine.check_more(self)

    def run_case(self, case):
        try:
            container = self.engine.launch(self.runtime, case.file, ["sh", "-c", PROBE])
        except RuntimeError as error:
            self.check(case, False, "starts", error)
            return
        try:
            self.check_container(case, container)
        except RuntimeError as error:
            self.check(case, False, "can be looked at", error)
        finally:
            self.engine.remove(container)

    def check_container(self, case, container):
        text = wait_for(
            f"{self.engine.name}'s container to say something",
            lambda: "done" in self.engine.output(container) and self.engine.output(container))
        if not case.reading or case.reading == self.engine.reading:
            says = case.says + (self.engine.default_says if case.file == DEFAULT else [])
            missing = [line for line in says if line not in text]
            self.check(case, not missing, "container behaves: " + self.summary(says),
                       f"{text}\nnot there: {missing}")
        if case.file != UNCONFINED:
            self.check_filter(case, container)

    def check_filter(self, case, container):
        count = self.prover.instructions(container.pid)
        if self.way == "system":
            self.report_differences(case, container, count)
        else:
            self.prove_equal(case, container, count)

    @staticmethod
    def summary(says):
        if REFUSED[0] in says:
            return "mkdir refused"
        if KILLED[0] in says:
            return "mkdir killed"
        return "unshare refused" if GUARDED[0] in says else "nothing refused"

    def question(self, case, container):
        """The profile as this engine reads it, as operands and options of sbpf."""
        if case.file == DEFAULT:
            profile, options = container.config, ["--reading", "oci"]
        elif self.engine.reading == "docker":
            profile, options = case.file, ["--reading", "docker", "--caps", container.bounding()]
        else:
            profile, options = case.file, ["--reading", "oci"]
        bad_arch = "KILL_PROCESS" if self.way == "oci" else "KILL_THREAD"
        return profile, [*options, "--bad-arch", bad_arch]

    def expectation(self, case, container):
        """The same, with what the runtime adds."""
        profile, options = self.question(case, container)
        if self.runtime == "runc":
            stub = self.prover.write_stub(container.config, self.setting.path("stub.bpf"))
            if stub:
                words = "the profile, but ENOSYS above its largest numbers"
                return f"{stub}+{profile}", options, words
        return profile, options, "the profile"

    def prove_equal(self, case, container, count):
        expected, options, words = self.expectation(case, container)
        equal, text = self.prover.prove(f"pid:{container.pid}", expected, *options)
        self.check(case, equal, f"filter of {count} instructions proven equal to {words}", text)
        if self.way == "oci":
            line = read(self.setting.sbpf_oci_log).splitlines()[-1]
            self.check(case, f"{count} instructions, proven equal" in line,
                       "sbpf-oci has the start in its log", line)

    def report_differences(self, case, container, count):
        expected, options, words = self.expectation(case, container)
        classes, text = self.prover.differences(f"pid:{container.pid}", expected, *options)
        self.check(case, OTHER not in classes,
                   f"filter of {count} instructions differs from {words} in: {in_words(classes)}",
                   text)

    def check_exit_statuses(self):
        """Also what a user sees when mkdir is the container's own program."""
        for name, status, text in (("errno", 1, "Operation not permitted"), ("kill", 159, "")):
            case = CASES[name]
            done = self.engine.run(self.runtime, case.file, ["mkdir", "/tmp/test"])
            self.check(case, done.status == status and text in done.text,
                       f"exit status of mkdir is {status}", f"{done.status}: {done.text}")

    def check_listener(self):
        """A listener's agent decides instead of the profile."""
        folder = tempfile.mkdtemp(dir=self.setting.folder)
        agent = Agent(f"{folder}/agent", errno.EDQUOT)
        profile = json.loads(read(f"{OWN}/notify.json"))
        profile["listenerPath"] = f"{folder}/agent"
        case = Case("notify", write(f"{folder}/notify.json", json.dumps(profile)), [])
        done = self.engine.run(self.runtime, case.file, ["mkdir", "/tmp/test"])
        self.check(case, "Disk quota exceeded" in done.text and agent.answered == 1,
                   "the agent's errno is what mkdir sees",
                   f"{done}\n{agent.answered} answered: {agent.states}")
        metadata = [state.get("metadata") for state in agent.states]
        self.check(case, metadata == ["engines"],
                   "the agent gets the container's state and metadata", agent.states)

    def check_refusal(self):
        """A profile that cannot be had in force starts nothing, and the user sees why."""
        profile = json.loads(read(f"{OWN}/errno.json"))
        profile["syscalls"][0]["errnoRet"] = 70000
        case = Case("bad errno", write(self.setting.path("bad.json"), json.dumps(profile)), [])
        try:
            done = self.engine.run(self.runtime, case.file, ["echo", "started"])
        except RuntimeError as error:
            done = Done(1, str(error))
        refused = done.status != 0 and "started" not in done.text
        self.check(case, refused and "syscalls[0].errnoRet" in done.text,
                   "the start is refused, and the user sees the place in the profile", done)
