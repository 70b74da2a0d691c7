#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Exit statuses, messages and files: 0 done, 1 failed, 2 wrong usage, and nothing half-written."""
import os
import subprocess
import unittest

from common import GEN, GenTest, profile

WRONG_USAGE = [
    [],
    ["web.json"],
    ["-o", "out"],
    ["-o"],
    ["-o", "out", ""],
    ["-o", "", "web.json"],
    ["--check", "", "web.json"],
    ["-o", "out", "--check", "", "web.json"],
    ["-o", "out", "web.json", "web.json"],
    ["-o", "out", "--name", "a=web.json", "web.json"],
    ["-o", "out", "--name", "a=web.json", "--name", "a=other.json"],
    ["-o", "out", "--name"],
    ["-o", "out", "--name", "web.json"],
    ["-o", "out", "--name", "=web.json"],
    ["-o", "out", "--name", "a="],
    ["-o", "out", "--name", "9p=web.json"],
    ["-o", "out", "--name", "a-b=web.json"],
    ["-o", "out", "--name", "a b=web.json"],
    ["-o", "out", "--name", "\u00e9=web.json"],
    ["-o", "out", "--name", "int=web.json"],
    ["-o", "out", "--name", "class=web.json"],
    ["-o", "out", "--name", "typeof=web.json"],
    ["-o", "out", "--name", "a=-", "--name", "b=-"],
    ["-o", "out", "--nam", "a=web.json", "--nam", "b=web.json"],
    ["-o", "out", "--format", "elf", "web.json"],
    ["-o", "out", "--format", "", "web.json"],
    ["-o", "out", "--effort", "some", "web.json"],
    ["-o", "out", "--arch", "x87", "web.json"],
    ["-o", "out", "--arch", "x32", "web.json"],
    ["-o", "out", "--arch", "", "web.json"],
    ["-o", "out", "--arch", "x86_64,", "web.json"],
    ["-o", "out", "--arch", "x86_64,amd64", "web.json"],
    ["-o", "out", "--arch", "x86_64", "--abi", "x87", "web.json"],
    ["-o", "out", "--arch", "x86_64", "--abi", "x86,,x32", "web.json"],
    ["-o", "out", "--kernel", "new", "web.json"],
    ["-o", "out", "--kernel", "6.99999999999", "web.json"],
    ["-o", "out", "--caps", ", ", "web.json"],
    ["-o", "out", "--reading", "rnuc", "web.json"],
    ["-o", "out", "--caps", "NET_ROW", "web.json"],
    ["-o", "out", "--bad-arch", "SCMP_ACT_STOP", "web.json"],
    ["-o", "out", "--strict=yes", "web.json"],
    ["-o", "out", "--unknown", "web.json"],
    ["-o", "out", "-x", "web.json"],
    ["--check", "-", "web.json"],
    *[["-o", "out", "--format", name, "--arch", "x86_64,aarch64", "web.json"]
      for name in ("raw", "asm", "json", "dot", "base64")],
    *[["-o", "out", "--format", name, "--name", "a=web.json", "--name", "b=web.json"]
      for name in ("raw", "asm", "json", "dot", "base64")],
]

FAILURES = {
    "missing": ["-o", "out", "missing.json"],
    "folder": ["-o", "out", "."],
    "no JSON": ["-o", "out", "broken.json"],
    "second profile broken": ["-o", "out", "--name", "a=web.json", "--name", "b=broken.json"],
    "unknown call when strict": ["-o", "out", "--strict", "unknown.json"],
    "no folder for the output": ["-o", "none/out", "web.json"],
    "full device": ["-o", "/dev/full", "web.json"],
}


class UsageTest(GenTest):
    def setUp(self):
        super().setUp()
        self.write("web.json", profile())
        self.write("broken.json", '{"defaultAction": ')
        self.write("unknown.json", profile(calls=["mkdir", "mkdirr"]))
        self.files = sorted(os.listdir(self.folder))

    def assert_no_new_file(self):
        found = sorted(os.listdir(self.folder))
        for name in set(found) - set(self.files):
            os.unlink(self.path(name))
        self.assertEqual(found, self.files)

    def assert_one_message(self, result):
        lines = result.stderr.decode().splitlines()
        self.assertTrue(lines[0].startswith("sbpf-gen: "), lines)
        self.assertEqual(len(lines), len(set(lines)))
        self.assertLessEqual(len(lines), 2)

    def test_wrong_usage_is_2_and_writes_nothing(self):
        for arguments in WRONG_USAGE:
            with self.subTest(arguments=arguments):
                result = self.run_gen(*arguments)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertEqual(result.stdout, b"")
                self.assert_one_message(result)
                self.assert_no_new_file()

    def test_failure_is_1_and_writes_nothing(self):
        for name, arguments in FAILURES.items():
            with self.subTest(name):
                result = self.run_gen(*arguments)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assert_one_message(result)
                self.assert_no_new_file()

    def test_message_names_the_option(self):
        for option, value in {"--abi": "x87", "--kernel": "new", "--caps": "NET_ROW",
                              "--bad-arch": "STOP"}.items():
            result = self.run_gen("-o", "out", option, value, "web.json")
            self.assertTrue(result.stderr.startswith(f"sbpf-gen: {option}: ".encode()),
                            result.stderr)

    def test_profile_is_not_overwritten(self):
        os.mkdir(self.path("folder"))
        os.symlink("../web.json", self.path("folder/symbolic"))
        os.link(self.path("web.json"), self.path("folder/hard"))
        before = os.stat(self.path("web.json"))
        for output in ("web.json", "./folder/../web.json", self.path("web.json"),
                       "folder/symbolic", "folder/hard"):
            for arguments in (["web.json"], ["--name", "a=web.json"],
                              ["--name", "b=unknown.json", "--name", "a=web.json"]):
                with self.subTest(output=output, arguments=arguments):
                    result = self.run_gen("-o", output, *arguments)
                    self.assertEqual(result.returncode, 2)
                    self.assertIn(f"'{output}' is the profile 'web.json' itself".encode(),
                                  result.stderr)
        with open(self.path("web.json"), "rb") as file:
            result = subprocess.run([GEN, "-o", "web.json", "-"], cwd=self.folder, stdin=file,
                                    capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 2)
        after = os.stat(self.path("web.json"))
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))
        self.assertEqual(self.read("web.json").decode(), profile())
        self.assertTrue(os.path.islink(self.path("folder/symbolic")))

    def test_failure_leaves_the_old_file(self):
        self.write("out.h", "old")
        self.assertEqual(self.run_gen("-o", "out.h", "broken.json").returncode, 1)
        self.assertEqual(self.read("out.h"), b"old")

    def test_too_large_profile_is_an_error(self):
        self.write("large.json", " " * (4 << 20) + profile())
        result = self.run_gen("-o", "out", "large.json")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.decode(),
                         "sbpf-gen: large.json: larger than 4194304 bytes\n")

    def test_syntax_error_names_file_and_line(self):
        result = self.run_gen("-o", "out", "broken.json")
        self.assertTrue(result.stderr.startswith(b"sbpf-gen: broken.json:1:"), result.stderr)

    def test_warning_is_printed_once_and_no_failure(self):
        result = self.run_gen("--arch", "x86_64,aarch64", "-o", "out", "unknown.json")
        self.assertEqual(result.returncode, 0)
        message = result.stderr.decode()
        self.assertEqual(message.count("mkdirr"), 1, message)
        self.assertTrue(message.startswith("sbpf-gen: unknown.json:1: syscalls[0].names[1]: "
                                           "warning: "), message)

    def test_verbose_reports_sizes(self):
        result = self.run_gen("-v", "--arch", "x86_64,s390x", "-o", "out", "web.json")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stderr.decode(), r"\Aweb: x86_64: \d+ instructions\n"
                                                 r"web: s390x: \d+ instructions\n\Z")

    def test_quiet_without_verbose(self):
        result = self.run_gen("-o", "out", "web.json")
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, b"", b""))

    def test_actions_with_and_without_prefix_are_the_same_filter(self):
        raw = [self.gen("--format", "raw", "--bad-arch", action, "-o", "-", "web.json")
               for action in ("KILL_THREAD", "SCMP_ACT_KILL_THREAD")]
        self.assertEqual(raw[0], raw[1])

    def test_help_and_version(self):
        text = self.gen("--help").decode()
        for option in ("--output FILE", "--check FILE", "--format FORMAT", "--name IDENT=PROFILE",
                       "--arch", "--abi LIST", "--kernel", "--caps LIST", "--bad-arch ACTION",
                       "--enosys", "--strict", "--effort EFFORT"):
            self.assertIn(option, text)
        self.assertRegex(self.gen("--version").decode(), r"\Asbpf-gen \d+\.\d+\.\d+\n\Z")

    def test_check_tells_fresh_from_stale_and_missing(self):
        self.assertEqual(self.run_gen("--check", "out.h", "web.json").returncode, 1)
        self.assert_no_new_file()
        self.gen("-o", "out.h", "web.json")
        before = os.stat(self.path("out.h"))
        self.gen("--check", "out.h", "web.json")
        self.gen("--check", "out.h", "-o", "out.h", "web.json")

        result = self.run_gen("--check", "out.h", "--enosys", "web.json")
        self.assertEqual(result.returncode, 1)
        self.write("web.json", profile(calls=["rmdir"]))
        result = self.run_gen("--check", "out.h", "web.json")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr.decode(),
                         r"\Asbpf-gen: out\.h: stale, regenerate it: sbpf-gen --arch=\w+ "
                         r"--name web=web\.json -o out\.h\n\Z")
        after = os.stat(self.path("out.h"))
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))

    def test_stale_command_can_be_run_as_it_is_printed(self):
        profiles = ["in/web server's.json", "in/$HOME.json", "in/line\nbreak.json", "~/tilde.json"]
        for name in profiles:
            self.write(name, profile())
        os.mkdir(self.path("out put"))
        names = [word for index, name in enumerate(profiles)
                 for word in ("--name", f"{'n' * 300}{index}={name}")]
        options = ["--arch", "x86_64,aarch64", "--caps", "CHOWN, KILL", "--bad-arch", "ERRNO(38)",
                   "--abi", "", "--effort", "quick", "--strict", "--enosys", "--reading", "oci",
                   "--width", "kernel"]
        output = self.path("out put/it's.h")
        result = self.run_gen(*options, *names, "--check", output)
        self.assertEqual(result.returncode, 1)
        command = result.stderr.decode().split(": missing, regenerate it: ")[1]
        self.assertTrue(command.startswith("sbpf-gen --arch=x86_64,aarch64 --abi= "), command)
        environment = dict(os.environ, PATH=os.path.dirname(GEN) + ":" + os.environ["PATH"])
        subprocess.run(["bash", "-c", command], cwd=self.folder, env=environment, check=True,
                       timeout=60)
        self.gen(*options, *names, "--check", output)

    def test_check_sees_a_file_that_is_cut_or_longer(self):
        self.gen("-o", "out.h", "web.json")
        text = self.read("out.h").decode()
        for changed in (text[:-1], text + "\n", ""):
            self.write("out.h", changed)
            self.assertEqual(self.run_gen("--check", "out.h", "web.json").returncode, 1)

    def test_check_works_for_every_format(self):
        for name in ("raw", "asm", "json", "dot", "base64"):
            self.gen("--format", name, "-o", "out", "web.json")
            self.gen("--format", name, "--check", "out", "web.json")


if __name__ == "__main__":
    unittest.main()
