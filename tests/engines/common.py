# SPDX-License-Identifier: MIT
"""What the engines' tests share: results, commands that end in time, and where things are."""
import dataclasses
import os
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))

# The longest that one command of an engine may take, in seconds, on a busy machine.
PATIENCE = 60


@dataclasses.dataclass
class Setting:
    """One run of the tests."""
    build: str
    folder: str
    ways: list
    # A root folder with newer engines, or "".
    newer: str = ""

    def path(self, *names):
        return os.path.join(self.folder, *names)

    @property
    def sbpf(self):
        return os.path.join(self.build, "tools/sbpf/sbpf")

    @property
    def sbpf_gen(self):
        return os.path.join(self.build, "tools/sbpf-gen/sbpf-gen")

    @property
    def sbpf_oci(self):
        return os.path.join(self.build, "tools/sbpf-oci/sbpf-oci")

    @property
    def sbpf_oci_wrapper(self):
        """sbpf-oci for engines that hand a runtime no options: it writes down each start."""
        return self.path("sbpf-oci")

    @property
    def sbpf_oci_log(self):
        return self.path("sbpf-oci.log")

    @property
    def library(self):
        return os.path.realpath(os.path.join(self.build, "libsbpf/compat/libseccomp.so.2"))


class Results:
    """Prints a line for each check and counts."""

    def __init__(self, log):
        self.passed = 0
        self.failures = []
        self.log = log

    def check(self, holds, engine, way, profile, what, detail=""):
        """detail is what one needs to see when it fails; the log has it always."""
        line = f"{'ok' if holds else 'FAIL':5} {engine:14} {way:7} {profile:16} {what}"
        print(line, flush=True)
        print(line, detail, sep="\n", end="\n\n", file=self.log, flush=True)
        if holds:
            self.passed += 1
            return
        self.failures.append(line)
        for text in str(detail).strip().splitlines()[-25:]:
            print("      | " + text, flush=True)

    def note(self, text):
        """For the log only."""
        print(text, end="\n\n", file=self.log, flush=True)


@dataclasses.dataclass
class Done:
    status: int
    text: str


def run(*command, patience=PATIENCE, **options):
    """A command's exit status and all that it prints. Like timeout(1), it gives 124 to what did
    not end in time."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, timeout=patience,
                              check=False, **options)
    except subprocess.TimeoutExpired as late:
        return Done(124,
                    f"{' '.join(command)}: did not end within {patience} s\n{late.output or ''}")
    return Done(done.returncode, done.stdout)


def must(*command, **options):
    """The output of a command that has to succeed."""
    done = run(*command, **options)
    if done.status != 0:
        raise RuntimeError(f"{' '.join(command)}: exit status {done.status}\n{done.text}")
    return done.text


def wait_for(what, holds, patience=PATIENCE):
    """Waits until holds() is true, and returns that."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        value = holds()
        if value:
            return value
        time.sleep(0.02)
    raise RuntimeError(f"waited {patience} s in vain for {what}")


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Daemon:
    """A process that goes on until stop(); its output is in a file."""

    def __init__(self, log, *command, **options):
        self.log = log
        with open(log, "wb") as output:
            # pylint: disable=consider-using-with
            self.process = subprocess.Popen(command, stdout=output, stderr=output, **{
                "stdin": subprocess.DEVNULL,
                **options
            })
        self.pid = self.process.pid

    def wait_until(self, what, holds):

        def holds_or_died():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args[0]} ended: {read(self.log)[-2000:]}")
            return holds()

        return wait_for(what, holds_or_died)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
