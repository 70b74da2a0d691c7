# SPDX-License-Identifier: MIT
"""docs/ci.md: its commands, as they stand on the page, and the output that it shows."""
import json
import os
import re
import shutil
import subprocess
import sys

from common import DOCKER, PROJECT, SBPF, SBPF_GEN, path_of, run_tests

with open(os.path.join(PROJECT, "docs", "ci.md"), encoding="utf-8") as page:
    PAGE = page.read()
STRICT = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir", "mkdirat", "bpf"], "action": "SCMP_ACT_ERRNO"}]}
WEAKER = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
    {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"},
    {"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "excludes": {"caps": ["CAP_BPF"]}}]}


def steps():
    """The name and the commands of each step of the workflow."""
    workflow = re.search(r"```yaml\n(.*?)```", PAGE, re.S)[1]
    found = {}
    for name, lines, line in re.findall(
            r"- name: (.*)\n +run: (?:\|\n((?: {10}.*\n)+)|(.*)\n)", workflow):
        found[name] = line or re.sub(r"^ {10}", "", lines, flags=re.M)
    return found


def environment():
    """sbpf and sbpf-gen by name."""
    folder = path_of("bin")
    os.makedirs(folder, exist_ok=True)
    for name, target in (("sbpf", SBPF), ("sbpf-gen", SBPF_GEN)):
        if not os.path.exists(os.path.join(folder, name)):
            os.symlink(target, os.path.join(folder, name))
    return {**os.environ, "PATH": folder + ":" + os.environ["PATH"], "GITHUB_BASE_REF": "main",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def shell(command, folder):
    return subprocess.run(["sh", "-ec", command], cwd=folder, env=environment(), check=False,
                          capture_output=True, text=True)


def repository(name, *profiles):
    """One commit a profile; origin/main is the first."""
    folder = path_of(name)
    os.makedirs(folder)
    who = "-c user.name=test -c user.email=test@localhost -c commit.gpgsign=false"
    for index, profile in enumerate(profiles):
        with open(os.path.join(folder, "seccomp.json"), "w", encoding="utf-8") as file:
            json.dump(profile, file)
        done = shell(f"git init -q; git add -A; git {who} commit -q --allow-empty -m {index}; " +
                     ("git update-ref refs/remotes/origin/main HEAD" if not index else ":"), folder)
        assert done.returncode == 0, done
    return folder


def test_the_workflow_has_three_steps():
    assert [command.split()[0] for command in steps().values()] == ["sbpf", "git", "sbpf-gen"]


def test_a_weaker_profile_is_refused():
    command = steps()["Take no weaker profile"]
    done = shell(command, repository("weaker", STRICT, WEAKER))
    assert done.returncode == 1 and "bpf" in done.stdout and "weaker: " in done.stdout, done
    done = shell(command, repository("stricter", WEAKER, STRICT))
    assert done.returncode == 0 and "not weaker: " in done.stdout, done
    done = shell(command, repository("same", STRICT, STRICT))
    assert done.returncode == 0 and done.stdout.startswith("no difference: "), done


def test_a_profile_with_findings_is_refused():
    command = steps()["Look at the profile"]
    with open(os.path.join(PROJECT, "profiles", "pure-computation.json"), encoding="utf-8") as file:
        sound = repository("sound", json.load(file))
    assert shell(command, sound).returncode == 0
    trap = {**STRICT, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}]}
    assert shell(command, repository("trap", trap)).returncode == 1


def test_a_stale_header_is_refused():
    folder = repository("header", STRICT)
    command = steps()["Compare the generated header"]
    assert shell(command, folder).returncode == 1
    made = shell(command.replace("--check", "-o"), folder)
    assert made.returncode == 0 and shell(command, folder).returncode == 0, made
    with open(os.path.join(folder, "seccomp.json"), "w", encoding="utf-8") as file:
        json.dump(WEAKER, file)
    assert shell(command, folder).returncode == 1


def test_the_output_on_the_page():
    shown = re.search(r"```console\n\$ (.*)\n([^`]*)```", PAGE)
    done = shell(shown[1], PROJECT)
    assert done.returncode == 0 and done.stdout == shown[2], done.stdout


def test_the_number_of_sets_on_the_page():
    done = shell(f"sbpf prove --format json --arch x86_64 {DOCKER} {DOCKER}", PROJECT)
    sets = {tuple(target["capabilities"]) for target in json.loads(done.stdout)["targets"]}
    assert len(sets) == 4 and "needs four sets" in PAGE, sets


if not shutil.which("git"):
    print("SKIP: there is no git")
    sys.exit(77)
run_tests(globals())
