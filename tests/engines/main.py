# SPDX-License-Identifier: MIT
"""Checks engines; scripts/test-engines calls it, where it can do no harm."""
import argparse
import contextlib
import os
import sys
import traceback

import library
from bubblewrap import Bubblewrap, BubblewrapChecks
from common import Results, Setting, write
from containerd import Ctr, KubernetesCri
from containers import BY_ENVIRONMENT, ContainerChecks
from docker import Docker
from image import make_image
from newer import Newer
from pages import Pages
from podman import Podman, PodmanRunc
from programs import Lxc, Man, Nspawn, ProgramChecks, Qemu
from runtimes import Crun, Runc

CONTAINER_ENGINES = [Docker, Ctr, KubernetesCri, Podman, PodmanRunc, Runc, Crun]
PROGRAMS = [Lxc, Nspawn, Man, Qemu]
# The pages last: they change what the system of the others is.
ALL = [*CONTAINER_ENGINES, *PROGRAMS, Bubblewrap, Newer, Pages]


class Test:
    def __init__(self, setting, results):
        self.setting = setting
        self.results = results
        self.image = make_image(setting.folder)
        watched = {"system": library.SYSTEM_PATH}
        if "ours" in setting.ways:
            watched["ours"] = setting.library
        self.watch = library.Watch(watched)

    def run(self, engine_class):
        engine = engine_class(self.setting, self.image)
        try:
            if engine_class in CONTAINER_ENGINES:
                self.run_containers(engine)
            elif engine_class in PROGRAMS:
                for way in self.setting.ways:
                    ProgramChecks(self.setting, self.results, engine, self.watch).run_all(way)
            elif engine_class in (Newer, Pages):
                if "oci" in self.setting.ways:
                    engine.run_all(self.results)
            elif "ours" in self.setting.ways:
                BubblewrapChecks(self.setting, self.results, engine).run_all()
        except Exception:  # pylint: disable=broad-except
            # What goes wrong with one engine does not keep the others from being tested.
            self.results.check(False, engine.name, "", "", "can be tested", traceback.format_exc())

    def run_containers(self, engine):
        engine.start()
        try:
            for way in self.setting.ways:
                if way in engine.runtimes:
                    self.run_way(engine, way)
        finally:
            engine.stop()

    def run_way(self, engine, way):
        checks = ContainerChecks(self.setting, self.results, engine, way)
        with self.libraries_of(way), self.watch.noting() as opened:
            checks.run_all()
        self.check_library(engine, way, "all", opened)
        if way == "ours" and engine.honours_environment:
            with library.library_by_environment(
                    self.setting.library), self.watch.noting() as opened:
                checks.run_case(BY_ENVIRONMENT)
            self.check_library(engine, way, BY_ENVIRONMENT.name, opened)

    def check_library(self, engine, way, profile, opened):
        # sbpf-oci does without, but executes crun, which is linked with it.
        expected = "ours" if way == "ours" else "system"
        self.results.check(
            library.libraries(opened) == [expected], engine.name, way, profile,
            f"{library.users(opened)} loaded this libseccomp", opened)

    def libraries_of(self, way):
        """The context in which an engine runs that way."""
        if way == "ours":
            return library.in_place_of_the_system_s(self.setting.library)
        return contextlib.nullcontext()


def write_wrapper(setting):
    path = write(setting.sbpf_oci_wrapper, f"""#!/bin/sh
exec {setting.sbpf_oci} --sbpf-log={setting.sbpf_oci_log} "$@"
""")
    os.chmod(path, 0o755)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build")
    parser.add_argument("--folder")
    parser.add_argument("--log")
    parser.add_argument("--newer", default="")
    parser.add_argument("--way", action="append")
    parser.add_argument("engines", nargs="*", metavar="ENGINE")
    return parser.parse_args()


def main():
    options = parse()
    unknown = set(options.engines) - {engine.name for engine in ALL}
    if unknown:
        print(f"test-engines: no such engine: {', '.join(unknown)}", file=sys.stderr)
        return 2
    setting = Setting(options.build, options.folder, options.way, options.newer)
    with open(options.log, "w", encoding="utf-8") as log:
        results = Results(log)
        write_wrapper(setting)
        test = Test(setting, results)
        for engine in ALL:
            if not options.engines or engine.name in options.engines:
                test.run(engine)
    if not results.passed and not results.failures:
        print("test-engines: there is nothing to test of these engines in this way",
              file=sys.stderr)
        return 1
    print(f"{results.passed} passed, {len(results.failures)} failed")
    return 1 if results.failures else 0


sys.exit(main())
