#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The other formats agree with each other and with the tools that read them."""
import base64
import ctypes
import json
import os
import re
import shutil
import struct
import subprocess
import unittest

from common import GenTest, guarded_profile, profile

UNAME26 = 0x0020000  # sys/personality.h

# Opcodes of linux/bpf_common.h by what the assembly calls them.
CODES = {"ld [": 0x20, "jmp": 0x05, "jeq": 0x15, "jgt": 0x25, "jge": 0x35, "jset": 0x45,
         "and": 0x54, "ret": 0x06}

CONDITIONS = json.dumps({
    "defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [
        {"names": ["read", "write", "exit", "exit_group"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}]},
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW",
         "args": [{"index": 0, "value": 0x7e020000, "valueTwo": 0,
                   "op": "SCMP_CMP_MASKED_EQ"}]}]})


def assemble(text):
    """The bytes of the little-endian program in the assembly, as an assembler would make them."""
    lines = [line.split(";")[0].strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    program = b""
    for index, line in enumerate(lines):
        label, instruction = line.split(":", 1)
        assert label == f"l{index}", line
        name = instruction.split()[0]
        code = CODES["ld [" if name == "ld" else name]
        constant = re.search(r"#0x([0-9a-f]+)|\[(\d+)\]", instruction)
        k = 0
        if constant:
            k = int(constant[1], 16) if constant[1] else int(constant[2])
        targets = [int(target) - index - 1 for target in re.findall(r"\bl(\d+)", instruction)]
        if name == "jmp":
            k, targets = targets[0], []
        program += struct.pack("<HBBI", code, *(targets or (0, 0)), k)
    return program


class FormatsTest(GenTest):
    def setUp(self):
        super().setUp()
        self.write("web.json", CONDITIONS)

    def format(self, name, *arguments):
        return self.gen("--arch", "x86_64", "--format", name, "-o", "-", "web.json", *arguments)

    def test_same_bytes_whatever_kernel_builds(self):
        libc = ctypes.CDLL(None)

        def before():
            assert libc.personality(UNAME26) >= 0 and os.uname().release.startswith("2.6.")

        self.write("guarded.json", guarded_profile())
        for name in ("c", "raw", "base64", "asm", "json", "dot"):
            command = ["--format", name, "-o", "-", "guarded.json"]
            older = self.run_gen(*command, preexec_fn=before)
            self.assertEqual(older.returncode, 0, older.stderr)
            self.assertEqual(older.stdout, self.gen(*command), name)
            self.assertNotEqual(older.stdout, self.gen("--kernel", "2.6.78", *command), name)

    def test_assembly_assembles_to_raw(self):
        self.assertEqual(assemble(self.format("asm").decode()), self.format("raw"))

    def test_base64_decodes_to_raw(self):
        text = self.format("base64")
        self.assertEqual(text.count(b"\n"), 1)
        self.assertEqual(base64.b64decode(text, validate=False), self.format("raw"))

    def test_json_holds_the_raw_program(self):
        document = json.loads(self.format("json"))
        self.assertEqual(document["machine"], "x86_64")
        self.assertEqual(sorted(document["abis"]), ["x32", "x86", "x86_64"])
        self.assertEqual(document["flags"], [])
        program = b"".join(struct.pack("<HBBI", i["code"], i["jt"], i["jf"], i["k"])
                           for i in document["instructions"])
        self.assertEqual(program, self.format("raw"))
        for index, instruction in enumerate(document["instructions"]):
            self.assertEqual(instruction["index"], index)
            if instruction["op"] in ("jeq", "jgt", "jge", "jset"):
                self.assertEqual(instruction["true"], index + 1 + instruction["jt"])
                self.assertEqual(instruction["false"], index + 1 + instruction["jf"])

    def test_header_holds_the_raw_program(self):
        header = self.format("c").decode()
        program = b"".join(
            struct.pack("<HBBI", int(code, 16), int(jt), int(jf), int(k, 16))
            for code, jt, jf, k in re.findall(
                r"^\t\{ (0x\w+), (\d+), (\d+), (0x\w+)u \}, /\* l\d+: .* \*/$", header,
                re.MULTILINE))
        self.assertEqual(program, self.format("raw"))

    def test_graphviz_draws_the_graph(self):
        if not shutil.which("dot"):
            self.skipTest("Graphviz is not installed")
        result = subprocess.run(["dot", "-Tsvg"], input=self.format("dot"), capture_output=True,
                                timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr.decode())
        self.assertEqual(result.stderr, b"")
        self.assertIn(b"ALLOW", result.stdout)
        self.assertIn(b"(socket)", result.stdout)

    def test_raw_has_the_byte_order_of_the_machine(self):
        self.write("web.json", profile())
        little = self.gen("--arch", "mipsel", "--format", "raw", "-o", "-", "web.json")
        big = self.gen("--arch", "mips", "--format", "raw", "-o", "-", "web.json")
        # Load of seccomp_data.arch or nr, whichever the compiler tests first.
        self.assertEqual(little[:2], b"\x20\x00")
        self.assertEqual(big[:2], b"\x00\x20")
        self.assertEqual(len(little), len(big))


if __name__ == "__main__":
    unittest.main()
