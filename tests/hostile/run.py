# SPDX-License-Identifier: MIT
"""Every command that takes a profile, on profiles made to be work. Prints, for each of them, the
processor time and the most memory; fails when a command takes more than MEMORY_MAX, hangs, or ends
by a signal. Times are never judged. SBPF, SBPF_GEN and SBPF_OCI are the programs, the last one when
it is built.

    run.py [--brief] [--only SHAPE] [--command NAME] [--slow SECONDS]
"""
import argparse
import os
import resource
import signal
import sys
import tempfile

import profiles

SBPF = os.environ["SBPF"]
SBPF_GEN = os.environ["SBPF_GEN"]
SBPF_OCI = os.environ.get("SBPF_OCI")
DOCKER = os.path.join(os.environ["PROJECT"], "profiles", "docker.json")
MEMORY_MAX = 256 << 10  # KiB
HANG = 60  # seconds of processor time

# FILE is the profile, OUT a file to write, BUNDLE a folder with a config.json that has the profile.
COMMANDS = {
    "run": [SBPF, "run", "-p", "FILE", "--", "true"],
    "prove": [SBPF, "prove", "FILE", DOCKER],
    "prove-itself": [SBPF, "prove", "FILE", "FILE"],
    "diff": [SBPF, "diff", "FILE", DOCKER],
    "explain": [SBPF, "explain", "FILE"],
    "explain-call": [SBPF, "explain", "FILE", "openat"],
    "explain-one": [SBPF, "explain", "FILE", "openat", "1", "5", "2"],
    "lint": [SBPF, "lint", "FILE"],
    "lint-json": [SBPF, "lint", "--format", "json", "FILE"],
    "show": [SBPF, "show", "FILE"],
    "cost": [SBPF, "cost", "FILE"],
    "decompile": [SBPF, "decompile", "FILE"],
    "merge": [SBPF, "merge", "--union", "FILE", DOCKER],
    "flatten": [SBPF, "flatten", "FILE"],
    "intersect": [SBPF, "merge", "--intersect", "FILE", DOCKER],
    "gen": [SBPF_GEN, "-o", "OUT", "--name", "it=FILE"],
    "gen-quick": [SBPF_GEN, "--effort", "quick", "-o", "OUT", "--name", "it=FILE"],
    "gen-arm64": [SBPF_GEN, "--arch", "aarch64", "-o", "OUT", "--name", "it=FILE"],
    "gen-json": [SBPF_GEN, "--format", "json", "-o", "OUT", "FILE"],
    "gen-asm": [SBPF_GEN, "--format", "asm", "-o", "OUT", "FILE"],
    "gen-raw": [SBPF_GEN, "--format", "raw", "-o", "OUT", "FILE"],
    "gen-base64": [SBPF_GEN, "--format", "base64", "-o", "OUT", "FILE"],
    "gen-dot": [SBPF_GEN, "--format", "dot", "-o", "OUT", "FILE"],
}
if SBPF_OCI:
    COMMANDS["oci"] = [SBPF_OCI, "create", "--bundle", "BUNDLE", "id"]

# With --brief for every shape; of the others, one for each shape in turn.
BRIEF = ["explain-call", "gen"]
OTHERS = [name for name in COMMANDS if name not in BRIEF]

# What sbpf-oci starts in place of crun.
RUNTIME = "#!/bin/sh\nexit 0\n"
CONFIG = '{"ociVersion":"1.0.2","process":{"args":["true"],"cwd":"/"},"root":{"path":"r"},"linux":{"seccomp":%s}}'


def write_all(folder, text):
    """The profile, and a bundle with it, or with what is a config.json already."""
    with open(os.path.join(folder, "it.json"), "w") as file:
        file.write(text)
    with open(os.path.join(folder, "bundle", "config.json"), "w") as file:
        file.write(text if text.startswith('{"ociVersion"') else CONFIG % text)


def start(arguments, output):
    """The process id of a command, its processor time bounded."""
    pid = os.fork()
    if pid:
        return pid
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.dup2(output, 2)
    resource.setrlimit(resource.RLIMIT_CPU, (HANG, HANG))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execv(arguments[0], arguments)
    return None


def measure(arguments, errors):
    """Exit status, seconds of processor time, and KiB."""
    output = os.open(errors, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    pid = start(arguments, output)
    os.close(output)
    _, status, usage = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only")
    parser.add_argument("--command", choices=COMMANDS)
    parser.add_argument("--brief", action="store_true",
                        help="for each shape two commands that touch most of the library, and another one in turn")
    parser.add_argument("--slow", type=float, default=0, help="print only what takes as long")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "it.json")
        bundle = os.path.join(folder, "bundle")
        errors = os.path.join(folder, "errors")
        os.mkdir(bundle)
        os.environ["SBPF_OCI_RUNTIME"] = os.path.join(folder, "runtime")
        with open(os.environ["SBPF_OCI_RUNTIME"], "w") as file:
            file.write(RUNTIME)
        os.chmod(file.name, 0o755)
        for index, (shape, make) in enumerate(profiles.SHAPES.items()):
            if options.only and options.only not in shape:
                continue
            if os.fork() == 0:  # so that its memory is no command's
                write_all(folder, make())
                os._exit(0)
            os.wait()
            brief = BRIEF + [OTHERS[index % len(OTHERS)]]
            for name, command in COMMANDS.items():
                if options.command and options.command != name or options.brief and name not in brief:
                    continue
                arguments = [a.replace("FILE", path).replace("OUT", folder + "/out").replace("BUNDLE", bundle) for a in command]
                status, seconds, memory = measure(arguments, errors)
                if seconds >= options.slow or memory > MEMORY_MAX or status < 0:
                    with open(errors, errors="replace") as file:
                        said = file.read(200).split("\n")[0].replace(folder, "")
                    print("%-36s %-13s %7.2f s %8.1f MiB  exit %d  %s" % (shape, name, seconds, memory / 1024, status, said[:90]), flush=True)
                if status < 0 or memory > MEMORY_MAX:
                    failed += 1
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
