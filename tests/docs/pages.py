#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
README, docs and the manual pages, word for word: their commands are run and print what is shown,
their C compiles, their JSON, YAML and TOML is that, and what docs/lint.md shows has its finding.

A command is a line of a `console` block, or of a manual page, that begins with `$ `; what follows is
what it prints, where … stands for any text. Without such lines it may print what it likes. The lines
of a `sh` block are commands without output, which succeed. What cannot be tried here stands in
elsewhere.tbl, with the reason.
"""
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

PROJECT = os.environ["PROJECT"]
PROGRAMS = {name: os.environ[variable] for name, variable in
            (("sbpf", "SBPF"), ("sbpf-gen", "SBPF_GEN"), ("sbpf-oci", "SBPF_OCI"))}
# Statuses of commands that answer: 2 is wrong usage, from 125 on the command was not run.
ANSWERS = (0, 1, 159)
# Files that the pages speak of.
FILES = {"profile.json": "block-mkdir.json", "worker.json": "block-mkdir.json",
         "parser.json": "docker.json", "web.json": "block-mkdir.json", "job.json": "docker.json",
         "old.json": "block-mkdir-kill.json", "new.json": "block-mkdir.json",
         "pulled.json": "docker.json", "node.json": "docker.json"}


def pages():
    folders = ("", "docs", "docs/man", "profiles")
    return [os.path.join(folder, name) for folder in folders
            for name in sorted(os.listdir(os.path.join(PROJECT, folder)))
            if re.search(r"\.(md|[1-8])$", name)]


def read(page):
    with open(os.path.join(PROJECT, page), encoding="utf-8") as file:
        return file.read()


def markdown_blocks(text):
    """Language, heading above and text of every fenced block."""
    heading, block, language = "", None, ""
    for line in text.splitlines():
        fence = re.match(r" *```(.*)$", line)
        if fence and block is None:
            language, block = fence[1].strip(), []
        elif fence:
            yield language, heading, "\n".join(block) + "\n"
            block = None
        elif block is not None:
            block.append(line)
        elif line.startswith("#"):
            heading = line.lstrip("# ")


def manual_blocks(text):
    """The same for literal displays of a manual page; those with a prompt are of a console."""
    for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed$|^\.Dl (\$ [^\n]*)$", text, re.M | re.S):
        block = (block[0] or block[1] + "\n").replace("\\&", "").replace("\\e", "\\")
        yield ("console" if block.startswith("$ ") else "text"), "", block


def blocks(page):
    return (markdown_blocks if page.endswith(".md") else manual_blocks)(read(page))


def sessions(block):
    """The commands of a console block, each with what is shown of its output."""
    for command in re.split(r"^\$ ", block, flags=re.M)[1:]:
        line, _, output = command.partition("\n")
        yield line, output


def logical_lines(block):
    return [line for line in block.replace("\\\n", " ").splitlines()
            if line and not line.startswith("#")]


def elsewhere():
    """Page, beginning, whether it was needed."""
    table = {}
    with open(os.path.join(os.path.dirname(__file__), "elsewhere.tbl"), encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                page, rest = line.split(" | ", 1)
                table[page, rest.rsplit(" | ", 1)[0]] = False
    return table


def is_like(output, shown):
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, output, re.S) is not None


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.elsewhere = elsewhere()
        cls.folder = tempfile.TemporaryDirectory(prefix="sbpf-docs-")
        bin_folder = os.path.join(cls.folder.name, ".bin")
        os.mkdir(bin_folder)
        for name, path in PROGRAMS.items():
            os.symlink(path, os.path.join(bin_folder, name))
        cls.environment = {"PATH": bin_folder + os.pathsep + os.environ["PATH"], "LC_ALL": "C",
                           "HOME": cls.folder.name, "TERM": "dumb"}
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        """Every page finds its files as the project has them."""
        self.work = os.path.join(self.folder.name, self.id().rsplit(".", 1)[1])
        profiles = os.path.join(PROJECT, "profiles")
        shutil.copytree(profiles, os.path.join(self.work, "profiles"))
        for folder in (profiles, os.path.join(PROJECT, "docs", "examples")):
            for name in os.listdir(folder):
                shutil.copy(os.path.join(folder, name), self.work)
        for name, original in FILES.items():
            shutil.copy(os.path.join(profiles, original), os.path.join(self.work, name))
        for name in ("worker.rec", "try"):
            shutil.copy(os.path.join(PROJECT, "tests", "docs", name), self.work)
        with open(os.path.join(self.work, "program"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nexit 0\n")
        os.chmod(os.path.join(self.work, "program"), 0o755)

    def is_elsewhere(self, page, line):
        found = False
        for where, beginning in self.elsewhere:
            if where == page and (beginning == "*" or line.startswith(beginning)):
                self.elsewhere[where, beginning] = found = True
        return found

    def shell(self, script):
        """Exit status and output of a script, as a terminal without a person would show it."""
        done = subprocess.run(["bash", "-c", script], cwd=self.work, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
        return done.returncode, done.stdout

    def try_console(self, page, block):
        before = 0
        for line, shown in sessions(block):
            if self.is_elsewhere(page, line):
                continue
            status, output = self.shell(f"(exit {before}); {line}")
            with self.subTest(page=page, command=line):
                self.assertIn(status, ANSWERS, output)
                if shown.strip():
                    self.assertTrue(is_like(output, shown), f"shown:\n{shown}\nprinted:\n{output}")
            before = status

    def try_commands(self, page, block):
        for line in logical_lines(block):
            if self.is_elsewhere(page, line):
                continue
            with self.subTest(page=page, command=line):
                status, output = self.shell(line)
                self.assertEqual(status, 0, output)

    def try_c(self, page, block):
        source = block
        if "main(" not in block:
            includes = re.findall(r"^#include.*\n", block, re.M)
            body = re.sub(r"^#include.*\n", "", block, flags=re.M)
            error = "" if "struct sbpf_error error" in body else "struct sbpf_error error = { 0 };\n"
            source = ("#include <err.h>\n#include <errno.h>\n#include <sbpf.h>\n" + "".join(includes) +
                      "int main(void)\n{\n" + error + body + "(void)error;\nreturn 0;\n}\n")
        done = subprocess.run(["cc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                               "-I" + os.path.join(PROJECT, "include"), "-x", "c", "-"],
                              cwd=self.work, input=source, capture_output=True, text=True,
                              timeout=60, check=False)
        with self.subTest(page=page, block=block):
            self.assertEqual(done.returncode, 0, done.stderr)

    def try_data(self, page, language, block):
        if self.is_elsewhere(page, language):
            return
        with self.subTest(page=page, block=block):
            if language == "json":
                json.loads("[" + block + "]" if block.startswith("{ \"names\"") else block)
            elif language == "toml":
                import tomllib
                tomllib.loads(block)
            else:
                import yaml
                list(yaml.safe_load_all(block))

    def try_finding(self, heading, block):
        """A profile, or rules of one, has the finding that it stands under."""
        found = []
        for default in ("ALLOW", "ERRNO", "KILL_PROCESS"):
            text = block
            if block.startswith("{ \"names\""):
                text = ('{"defaultAction": "SCMP_ACT_%s", "architectures": ["SCMP_ARCH_X86_64", '
                        '"SCMP_ARCH_X86", "SCMP_ARCH_X32"], "syscalls": [%s]}' % (default, block))
            done = subprocess.run([PROGRAMS["sbpf"], "lint", "--arch", "x86_64", "--format", "json",
                                   "-"], input=text, capture_output=True, text=True, timeout=60,
                                  check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            found += [one["id"] for one in json.loads(done.stdout)]
        with self.subTest(heading=heading, block=block):
            self.assertIn(heading, found)

    def try_block(self, page, language, heading, block):
        if language == "console":
            self.try_console(page, block)
        elif language == "sh":
            self.try_commands(page, block)
        elif language == "c":
            self.try_c(page, block)
        elif language in ("json", "yaml", "toml"):
            self.try_data(page, language, block)
            if page == "docs/lint.md" and language == "json" and "-" in heading:
                self.try_finding(heading, block)
        else:
            self.assertIn(language, ("", "text", "ini"), f"{page}: blocks of {language}")

    def test_pages(self):
        tried = 0
        for page in pages():
            for language, heading, block in blocks(page):
                if not self.is_elsewhere(page, "*"):
                    self.try_block(page, language, heading, block)
                    tried += 1
        self.assertGreater(tried, 10)
        unused = [key for key, needed in self.elsewhere.items() if not needed]
        self.assertEqual(unused, [], "lines of elsewhere.tbl that fit nothing")


if __name__ == "__main__":
    if os.uname().machine != "x86_64":
        sys.exit(77)
    unittest.main(verbosity=2)
