# SPDX-License-Identifier: MIT
"""What the tests of sbpf-gen share: profiles, a folder for each test, and running the tool."""
import json
import os
import subprocess
import tempfile
import unittest

GEN = os.environ["SBPF_GEN"]


def profile(action="SCMP_ACT_ERRNO", calls=("mkdir", "mkdirat"), **more):
    """A profile that allows all but the calls."""
    document = {"defaultAction": "SCMP_ACT_ALLOW",
                "syscalls": [{"names": list(calls), "action": action}]}
    document.update(more)
    return json.dumps(document)


def guarded_profile():
    """One that says something else for kernels before 4.8."""
    document = json.loads(profile())
    document["syscalls"][0]["includes"] = {"minKernel": "4.8"}
    return json.dumps(document)


class GenTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_gen(self, *arguments, cwd=None, stdin=b"", **options):
        return subprocess.run([GEN, *arguments], cwd=cwd or self.folder, input=stdin,
                              capture_output=True, timeout=60, **options)

    def gen(self, *arguments, **options):
        """Runs sbpf-gen, which must succeed, and returns its standard output."""
        result = self.run_gen(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        return result.stdout
