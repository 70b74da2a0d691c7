# SPDX-License-Identifier: MIT
"""What a Python program sees of the library, through libseccomp's module `seccomp`.

Run with python3 -m unittest; LIBSECCOMP names the folder of the library that is to be tested.
"""

import errno
import os
import struct
import tempfile
import unittest

import seccomp


def failure_in_child(make_filter, call):
    """The errno with which a call fails in a process under a filter; 0 when it succeeds."""
    child = os.fork()
    if child == 0:
        status = 255
        try:
            make_filter().load()
            call()
            status = 0
        except OSError as error:
            status = error.errno
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def instructions(program):
    return [struct.unpack("=HBBI", program[at:at + 8]) for at in range(0, len(program), 8)]


class Binding(unittest.TestCase):
    def test_module_uses_the_library_that_is_tested(self):
        with open("/proc/self/maps", encoding="ascii") as maps:
            libraries = {line.split()[-1] for line in maps if "libseccomp.so" in line}
        self.assertEqual({os.path.realpath(os.environ["LIBSECCOMP"])},
                         {os.path.dirname(library) for library in libraries})

    def test_rule_gives_a_call_its_errno(self):
        def deny_mkdir():
            policy = seccomp.SyscallFilter(seccomp.ALLOW)
            policy.add_rule(seccomp.ERRNO(errno.EDOM), "mkdir")
            policy.add_rule(seccomp.ERRNO(errno.EDOM), "mkdirat")
            return policy

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "new")
            self.assertEqual(errno.EDOM, failure_in_child(deny_mkdir, lambda: os.mkdir(path)))
            self.assertEqual(0, failure_in_child(deny_mkdir, lambda: os.listdir(folder)))

    def test_condition_decides_by_the_argument(self):
        def deny_descriptor_77():
            policy = seccomp.SyscallFilter(seccomp.ALLOW)
            policy.add_rule(seccomp.ERRNO(errno.EXDEV), "close",
                            seccomp.Arg(0, seccomp.EQ, 77))
            return policy

        self.assertEqual(errno.EXDEV, failure_in_child(deny_descriptor_77, lambda: os.close(77)))
        self.assertEqual(errno.EBADF, failure_in_child(deny_descriptor_77, lambda: os.close(78)))

    def test_rule_for_another_arch_stays_there(self):
        policy = seccomp.SyscallFilter(seccomp.KILL)
        policy.add_arch(seccomp.Arch("aarch64"))
        policy.remove_arch(seccomp.Arch())
        policy.add_rule(seccomp.ALLOW, "read")
        self.assertTrue(policy.exist_arch(seccomp.Arch("aarch64")))
        self.assertFalse(policy.exist_arch(seccomp.Arch()))
        values = {value for _, _, _, value in instructions(bytes(policy.export_bpf_mem()))}
        self.assertIn(0xC00000B7, values)
        self.assertNotIn(0xC000003E, values)

    def test_exports_give_the_same_program(self):
        policy = seccomp.SyscallFilter(seccomp.ERRNO(errno.EPERM))
        for name in ("read", "write", "exit_group"):
            policy.add_rule(seccomp.ALLOW, name)
        with tempfile.TemporaryFile() as file:
            policy.export_bpf(file)
            file.seek(0)
            self.assertEqual(bytes(policy.export_bpf_mem()), file.read())

    def test_names_and_numbers_of_calls(self):
        self.assertEqual(63, seccomp.resolve_syscall(seccomp.Arch("aarch64"), "read"))
        self.assertEqual(b"read", seccomp.resolve_syscall(seccomp.Arch("aarch64"), 63))

    def test_failures_are_exceptions(self):
        policy = seccomp.SyscallFilter(seccomp.ALLOW)
        with self.assertRaises(RuntimeError):
            policy.add_rule(seccomp.ALLOW, "read")
        with self.assertRaises(ValueError):
            policy.set_attr(seccomp.Attr.ACT_BADARCH, 1)


if __name__ == "__main__":
    unittest.main()
