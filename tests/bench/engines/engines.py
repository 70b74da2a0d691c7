#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures what seccomp adds to the start of a container.

Takes the release build in build/release; scripts/bench-engines makes it, and runs this.
"""

import argparse
import collections
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile

import bundle
import places
import plot
import report
from places import Failure

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__)))))
RELEASE = os.path.join(PROJECT, "build/release")
PROFILE = os.path.join(PROJECT, "profiles/docker.json")
HELPERS = os.path.join(RELEASE, "tests/bench/engines")
DROPIN = os.path.join(RELEASE, "libsbpf/compat/libseccomp.so.2")
SBPF_OCI = os.path.join(RELEASE, "tools/sbpf-oci/sbpf-oci")
SBPF = os.path.join(RELEASE, "tools/sbpf/sbpf")

# A round of Docker takes seconds, one of the runtimes a tenth of that.
DOCKER_SHARE = 5

# crun's way with cgroups costs the same with every filter, and fails on hybrid ones.
CRUN_ARGUMENTS = ["--cgroup-manager=disabled"]

Variant = collections.namedtuple("Variant", "key place seccomp through_sbpf_oci")

VARIANTS = (
    Variant("none", "system", False, False),
    Variant("system", "system", True, False),
    Variant("dropin-none", "dropin", False, False),
    Variant("dropin", "dropin", True, False),
    Variant("sbpf-oci-none", "system", False, True),
    Variant("sbpf-oci", "system", True, True),
)


def runtime_command(runtime, through_sbpf_oci):
    """The words before a runtime's command."""
    path = shutil.which(runtime)
    arguments = CRUN_ARGUMENTS if runtime == "crun" else []
    if through_sbpf_oci:
        return [SBPF_OCI, f"--sbpf-runtime={path}"] + arguments
    return [path] + arguments


class Direct:
    """A runtime that is started as it is."""

    def __init__(self, runtime, work, all_places):
        self.name = self.runtime = runtime
        self.work = work
        self.places = all_places

    def words(self, variant, command):
        return runtime_command(self.runtime, variant.through_sbpf_oci) + [
            "--root", os.path.join(self.work, "state")] + command

    def start(self, variant):
        kind = "with" if variant.seccomp else "without"
        return self.words(variant, ["run", "--bundle", os.path.join(self.work, kind),
                                    f"{self.name}-{variant.key}"])

    @contextlib.contextmanager
    def live(self, variant):
        """The pid of a process in a container that lasts."""
        place = self.places[variant.place]
        pid_file = os.path.join(self.work, "live.pid")
        place.start(self.words(variant, ["run", "--detach", "--pid-file", pid_file, "--bundle",
                                         os.path.join(self.work, "live"), "live"]))
        try:
            with open(pid_file, encoding="ascii") as file:
                yield file.read()
        finally:
            place.run(self.words(variant, ["delete", "--force", "live"]))


class Docker:
    """docker run, with one of the runtimes."""

    def __init__(self, runtime, daemons):
        self.name = f"docker-{runtime}"
        self.runtime = runtime
        self.daemons = daemons

    def words(self, variant, options, command):
        name = "sbpf-oci" if variant.through_sbpf_oci else f"plain-{self.runtime}"
        profile = PROFILE if variant.seccomp else "unconfined"
        return self.daemons[variant.place].client + [
            "run", "--rm", "--network", "none", "--security-opt", f"seccomp={profile}",
            "--runtime", name] + options + ["bench:1"] + command

    def start(self, variant):
        return self.words(variant, [], ["/bin/true"])

    @contextlib.contextmanager
    def live(self, variant):
        daemon = self.daemons[variant.place]
        name = daemon.place.run(self.words(variant, ["-d"], ["/bin/sleep", "60"]))
        try:
            yield daemon.place.run(daemon.client + ["inspect", "-f", "{{.State.Pid}}", name])
        finally:
            daemon.place.run(daemon.client + ["kill", name])


def variants_of(engine):
    """sbpf-oci runs crun, so that it is no variant of runc."""
    return [variant for variant in VARIANTS
            if engine.runtime == "crun" or not variant.through_sbpf_oci]


def measure_starts(commands, rounds, work):
    """Readings in microseconds, by name, in the rounds' order; commands are (name, place, words)."""
    lines = "".join("\t".join([name, place.namespace] + words) + "\n"
                    for name, place, words in commands)
    log = os.path.join(work, "errors")
    result = subprocess.run([os.path.join(HELPERS, "bench-start"), str(rounds), log], input=lines,
                            stdout=subprocess.PIPE, text=True, check=False)
    if result.returncode != 0:
        with open(log, encoding="utf-8", errors="replace") as file:
            raise Failure("a start failed: " + file.read()[-2000:])
    readings = collections.defaultdict(list)
    for line in result.stdout.splitlines():
        _, name, reading = line.split("\t")
        readings[name].append(float(reading))
    return readings


def call_helper(place, *arguments):
    return float(place.run([os.path.join(HELPERS, "bench-calls")] + list(arguments)))


def measure_compiles(engine, all_places, rounds, work):
    """What the runtime's calls to libseccomp take, by either library, in new processes."""
    readings = collections.defaultdict(list)
    for _ in range(rounds):
        for key in ("system", "dropin"):
            readings[key].append(call_helper(all_places[key], engine.runtime,
                                             os.path.join(work, "seccomp.json")))
    return readings


def dump_filters(engine, work):
    """The filters of live containers, as files."""
    files = {}
    for variant in variants_of(engine):
        if variant.seccomp:
            files[variant.key] = os.path.join(work, f"{engine.name}-{variant.key}.bpf")
            with engine.live(variant) as pid:
                subprocess.run([SBPF, "dump", "--index", "0", "--format", "raw", "-o",
                                files[variant.key], pid], check=True)
    return files


def measure_installs(files, place, rounds):
    """What seccomp(2) takes for each of the filters, in new processes."""
    readings = collections.defaultdict(list)
    for _ in range(rounds):
        for key, path in files.items():
            readings[key].append(call_helper(place, "install", path))
    return readings


def measure_engine(engine, all_places, rounds, work):
    filters = dump_filters(engine, work)
    instruction_size = 8
    return {
        "rounds": rounds,
        "start_us": measure_starts(
            [(variant.key, all_places[variant.place], engine.start(variant))
             for variant in variants_of(engine)], rounds, work),
        "compile_us": measure_compiles(engine, all_places, rounds, work),
        "install_us": measure_installs(filters, all_places["system"], rounds),
        "instructions": {key: os.path.getsize(path) // instruction_size
                         for key, path in filters.items()},
    }


def make_idle_runtime(work):
    """/bin/true, which by its last bytes takes filters, as sbpf-oci asks of a runtime."""
    path = os.path.join(work, "true")
    with open("/bin/true", "rb") as true, open(path, "wb") as file:
        file.write(true.read() + b"run.oci.seccomp_bpf_data")
    os.chmod(path, 0o755)
    return path


def measure_sbpf_oci(place, rounds, work):
    """sbpf-oci alone: with a runtime that does nothing."""
    alone = [SBPF_OCI, "--sbpf-runtime=" + make_idle_runtime(work), "run", "--bundle"]
    return {
        "rounds": rounds,
        "start_us": measure_starts([("true", place, ["/bin/true"])] + [
            (kind, place, alone + [os.path.join(work, kind), "alone"])
            for kind in ("without", "with")], rounds, work),
    }


def make_docker_engines(all_places, root, stack):
    runtimes = {}
    for name, runtime, through_sbpf_oci in (("plain-crun", "crun", False),
                                            ("plain-runc", "runc", False),
                                            ("sbpf-oci", "crun", True)):
        words = runtime_command(runtime, through_sbpf_oci)
        runtimes[name] = {"path": words[0], "runtimeArgs": words[1:]}
    daemons = {name: places.Docker(place, runtimes, root, stack)
               for name, place in all_places.items()}
    return [Docker(runtime, daemons) for runtime in ("crun", "runc")]


def prepare(work):
    root = os.path.join(work, "root")
    seccomp = bundle.oci_profile(PROFILE)
    bundle.make_root(root)
    bundle.write(os.path.join(work, "seccomp.json"), seccomp)
    bundle.make_bundle(os.path.join(work, "with"), root, seccomp, ["/bin/true"])
    bundle.make_bundle(os.path.join(work, "without"), root, None, ["/bin/true"])
    bundle.make_bundle(os.path.join(work, "live"), root, seccomp, ["/bin/sleep", "60"])
    return root


def measure(names, rounds):
    with tempfile.TemporaryDirectory(prefix="sbpf-bench-") as work, \
            contextlib.ExitStack() as stack:
        root = prepare(work)
        all_places = {
            "system": places.Place("system", places.system_libseccomp(), work, stack),
            "dropin": places.Place("dropin", DROPIN, work, stack),
        }
        results = {}
        for name in ("crun", "runc"):
            if name in names:
                engine = Direct(name, work, all_places)
                results[name] = measure_engine(engine, all_places, rounds, work)
        if "crun" in names:
            results["sbpf-oci"] = measure_sbpf_oci(all_places["system"], rounds, work)
        if "docker" in names:
            for engine in make_docker_engines(all_places, root, stack):
                results[engine.name] = measure_engine(engine, all_places,
                                                      max(rounds // DOCKER_SHARE, 1), work)
        return results


def versions():
    def first_line(*words):
        return subprocess.run(words, check=True, capture_output=True,
                              text=True).stdout.splitlines()[0]

    file_name = os.path.basename(places.system_libseccomp())
    return {
        "libsbpf": first_line(SBPF, "--version").split()[-1],
        "libseccomp": file_name.partition(".so.")[2],
        "crun": first_line("crun", "--version").split()[-1],
        "runc": first_line("runc", "--version").split()[-1],
        "docker": first_line("dockerd", "--version").split()[2].rstrip(","),
        "kernel": os.uname().release,
    }


def warn_of_load():
    load = os.getloadavg()[0]
    if load > os.cpu_count():
        print(f"bench-engines: the machine is busy (load average {load:.1f}); wait until it is not "
              "for figures that count", file=sys.stderr)


def read_arguments():
    parser = argparse.ArgumentParser(
        prog="bench-engines", allow_abbrev=False,
        description="Measures container starts without seccomp and with Docker's default policy: "
        "by the system's libseccomp, by the drop-in in its place, and through sbpf-oci.")
    parser.add_argument("engines", nargs="*", metavar="ENGINE",
                        help="crun, runc, docker; all of them unless some are named")
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"for crun and runc, 200; docker gets one for {DOCKER_SHARE}")
    parser.add_argument("--brief", action="store_true", help="20 rounds")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--svg", metavar="FOLDER", help="draw plots into FOLDER")
    parser.add_argument("--docs", action="store_true",
                        help="draw them into docs/, and write the tables into its performance.md")
    arguments = parser.parse_args()
    for name in arguments.engines:
        if name not in ("crun", "runc", "docker"):
            parser.error(f"no engine '{name}'; there are crun, runc and docker")
    if arguments.rounds is None:
        arguments.rounds = 20 if arguments.brief else 200
    if arguments.rounds < 1:
        parser.error("--rounds: at least 1")
    return arguments


def main():
    arguments = read_arguments()
    # So that what was started is ended.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(1))
    if os.geteuid() != 0:
        raise Failure("needs root, for mount namespaces and containers")
    warn_of_load()
    results = {
        "versions": versions(),
        "engines": measure(arguments.engines or ["crun", "runc", "docker"], arguments.rounds),
    }
    print(report.as_json(results) if arguments.format == "json" else report.as_text(results))
    if arguments.svg:
        plot.draw(results, arguments.svg)
    if arguments.docs:
        plot.draw(results, os.path.join(PROJECT, "docs"))
        report.write_into(os.path.join(PROJECT, "docs/performance.md"), results)


if __name__ == "__main__":
    try:
        main()
    except (Failure, OSError) as failure:
        sys.exit(f"bench-engines: {failure}")
    except subprocess.CalledProcessError as failure:
        sys.exit(f"bench-engines: {failure}\n{failure.stderr or ''}")
