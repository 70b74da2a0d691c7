#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The C header: it compiles everywhere without a warning, and what it installs holds."""
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import unittest

from common import GenTest, guarded_profile, profile

# The C compiler of the build, which may be that of another C library.
GCC = [os.environ.get("CC", "gcc"), *shlex.split(os.environ.get("CFLAGS", ""))]
LANGUAGES = [("gcc", "c", "gnu99"), ("gcc", "c", "c11"), ("gcc", "c", "c17"),
             ("g++", "c++", "c++17"), ("clang", "c", "gnu99"), ("clang", "c", "c11"),
             ("clang++", "c++", "c++17")]
WARNINGS = ["-Werror", "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Wundef", "-Wcast-qual",
            "-Wconversion", "-Wredundant-decls", "-Wunused"]

USED = """
#include "out.h"
int main(void)
{
	return one_install(0) + two_install(0) + (int)sizeof(one_filter);
}
"""
UNUSED = '#include "out.h"\nint main(void)\n{\n\treturn 0;\n}\n'

REFUSED = """
#include "out.h"
#include <sys/stat.h>
int main(void)
{
	if (web_install(0) != 0)
		return 1;
	if (mkdir("made", 0700) != -1 || errno != EPERM)
		return 2;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1)
		return 3;
	return rmdir("made") == -1 && errno == ENOENT ? 0 : 4;
}
"""

BAD_FLAG = """
#include "out.h"
#include <sys/stat.h>
int main(void)
{
	if (web_install(1u << 30) != -1 || errno != EINVAL)
		return 1;
	return mkdir("made", 0700) == 0 ? 0 : 2;
}
"""

LISTENER = """
#include "out.h"
#include <fcntl.h>
int main(void)
{
	int listener;

	if (web_install(0) != -1 || errno != EINVAL)
		return 1;
	listener = web_install(SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (listener < 3)
		return 2;
	return fcntl(listener, F_GETFD) == FD_CLOEXEC ? 0 : 3;
}
"""

# Twice, as the kernel takes the flag only with a listener.
WITHOUT_LISTENER = """
#include "out.h"
int main(void)
{
	return web_install(0) == 0 && web_install(1u << 1) == 0 ? 0 : 1;
}
"""

# On all threads, and with the listener as the result.
LISTENER_ON_ALL_THREADS = """
#include "out.h"
#include <fcntl.h>
#include <pthread.h>
static void *wait_for(void *barrier)
{
	pthread_barrier_wait((pthread_barrier_t *)barrier);
	pthread_barrier_wait((pthread_barrier_t *)barrier);
	return prctl(PR_GET_SECCOMP, 0UL, 0UL, 0UL, 0UL) == 2 ? 0 : barrier;
}

int main(void)
{
	pthread_barrier_t barrier;
	pthread_t thread;
	void *failed;
	int listener;

	pthread_barrier_init(&barrier, 0, 2);
	pthread_create(&thread, 0, wait_for, &barrier);
	pthread_barrier_wait(&barrier);
	listener = web_install(INSTALL_FLAGS);
	pthread_barrier_wait(&barrier);
	pthread_join(thread, &failed);
	if (listener < 3 || fcntl(listener, F_GETFD) != FD_CLOEXEC)
		return 1;
	return failed ? 2 : 0;
}
"""

# A thread with a filter of its own is no descendant of the filter that TSYNC brings.
TSYNC = """
#include "out.h"
#include <pthread.h>
static void *diverge(void *barrier)
{
	long failed = web_install(0);

	pthread_barrier_wait((pthread_barrier_t *)barrier);
	pthread_barrier_wait((pthread_barrier_t *)barrier);
	return failed ? barrier : 0;
}

int main(void)
{
	pthread_barrier_t barrier;
	pthread_t thread;
	void *failed;
	int result;

	pthread_barrier_init(&barrier, 0, 2);
	pthread_create(&thread, 0, diverge, &barrier);
	pthread_barrier_wait(&barrier);
	result = web_install(SECCOMP_FILTER_FLAG_TSYNC);
	if (result != -1 || errno != ESRCH)
		return 1;
	pthread_barrier_wait(&barrier);
	pthread_join(thread, &failed);
	return failed ? 2 : 0;
}
"""

# A compiler's target, and the one machine whose filter it shall get; None: no filter fits.
TARGETS = {
    "x86_64-linux-gnu": "x86_64", "x86_64-linux-gnux32": None, "i686-linux-gnu": "x86",
    "aarch64-linux-gnu": "aarch64", "aarch64_be-linux-gnu": None,
    "arm-linux-gnueabihf": "arm", "armeb-linux-gnueabi": None,
    "riscv64-linux-gnu": "riscv64", "riscv32-linux-gnu": None,
    "powerpc-linux-gnu": "ppc", "powerpc64-linux-gnu": "ppc64",
    "powerpc64le-linux-gnu": "ppc64le", "s390x-linux-gnu": "s390x",
    "mips-linux-gnu": "mips", "mipsel-linux-gnu": "mipsel",
    "mips64-linux-gnuabi64": "mips64", "mips64el-linux-gnuabi64": "mipsel64",
    "mips64-linux-gnuabin32": None,
}
MACHINES = ["x86_64", "x86", "aarch64", "arm", "riscv64", "loongarch64", "ppc", "ppc64",
            "ppc64le", "s390", "s390x", "mips", "mipsel", "mips64", "mipsel64", "parisc",
            "parisc64", "m68k", "sh", "sheb"]


class HeaderTest(GenTest):
    def compile(self, compiler, language, standard, source, *options):
        if not shutil.which(compiler):
            self.skipTest(compiler + " is not installed")
        self.write("main.c", source)
        result = subprocess.run(
            [*(GCC if compiler == "gcc" else [compiler]), "-x", language, "-std=" + standard,
             *WARNINGS, *options, "main.c", "-o", "program"],
            cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)

    def run_program(self, text, source, *options):
        self.write("web.json", text)
        self.gen("--name", "web=web.json", "-o", "out.h")
        self.compile("gcc", "c", "gnu99", source, *options)
        result = subprocess.run(["./program"], cwd=self.folder, timeout=60)
        self.assertEqual(result.returncode, 0)

    def test_compiles_without_warnings_used_or_not(self):
        self.write("one.json", profile())
        self.write("two.json", profile(flags=["SECCOMP_FILTER_FLAG_LOG"]))
        self.gen("--arch", "x86_64,aarch64,x86", "--name", "one=one.json", "--name",
                 "two=two.json", "-o", "out.h")
        for language, source, optimise in itertools.product(LANGUAGES, (USED, UNUSED),
                                                            ("-O0", "-O2")):
            with self.subTest(language=language, used=source is USED, optimise=optimise):
                self.compile(*language, source, optimise)

    def test_compiles_for_a_32_bit_machine(self):
        # Without gcc-multilib, the kernel's headers lie in the 64-bit machine's folder only.
        triplet = subprocess.run(["gcc", "-print-multiarch"], capture_output=True, text=True,
                                 check=True).stdout.strip()
        options = ["-m32", "-c", "-isystem", "/usr/include/" + triplet]
        probe = subprocess.run([*GCC, *options, "-x", "c", "-", "-o", self.path("probe.o")],
                               input=b"#include <errno.h>\n#include <sys/prctl.h>\n"
                                     b"#include <unistd.h>\n",
                               capture_output=True, timeout=60)
        if probe.returncode != 0:
            self.skipTest("no 32-bit C library")
        self.write("one.json", profile())
        self.gen("--arch", "x86_64,x86", "--name", "one=one.json", "--name", "two=one.json",
                 "-o", "out.h")
        self.compile("gcc", "c", "c11", USED, *options)

    def test_compiles_where_a_feature_macro_hides_syscall(self):
        self.write("one.json", profile())
        self.gen("--name", "one=one.json", "--name", "two=one.json", "-o", "out.h")
        for standard in ("gnu99", "c11"):
            self.compile("gcc", "c", standard, USED, "-D_POSIX_C_SOURCE=200809L")

    def test_two_headers_go_into_one_file(self):
        self.write("web.json", profile())
        self.gen("--name", "a_b=web.json", "--name", "c=web.json", "-o", "out.h")
        self.gen("--name", "a=web.json", "--name", "b_c=web.json", "-o", "other.h")
        self.compile("gcc", "c", "c11", """
            #include "out.h"
            #include "other.h"
            #include "out.h"
            int main(void)
            {
                return a_b_install(0) + c_install(0) + a_install(0) + b_c_install(0);
            }
            """)

    def test_other_machine_is_an_error_that_says_why(self):
        self.write("web.json", profile())
        self.gen("--arch", "s390x", "-o", "out.h", "web.json")
        result = subprocess.run(["gcc", "-fsyntax-only", "-x", "c", "out.h"], cwd=self.folder,
                                capture_output=True, text=True, timeout=60)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("no filter for this machine", result.stderr)

    def test_each_compiler_target_gets_the_filter_of_its_machine(self):
        if not shutil.which("clang"):
            self.skipTest("clang is not installed")
        self.write("web.json", profile())
        header = self.gen("--arch", ",".join(MACHINES), "-o", "-", "web.json").decode()
        start = header.index("#if defined(__x86_64__)")
        conditions = re.findall(r"^#(?:if|elif) (.*)$", header[start:], re.MULTILINE)
        self.assertEqual(len(conditions), len(MACHINES))
        source = "".join(f"#if {condition}\nmachine_{name}\n#endif\n"
                         for name, condition in zip(MACHINES, conditions))
        for target, machine in TARGETS.items():
            result = subprocess.run(["clang", "--target=" + target, "-E", "-P", "-Wundef",
                                     "-Werror", "-"], input=source, capture_output=True,
                                    text=True, timeout=60)
            with self.subTest(target=target):
                self.assertEqual(result.stderr, "")
                self.assertEqual(result.stdout.split(),
                                 ["machine_" + machine] if machine else [])

    def test_installed_filter_refuses_mkdir(self):
        self.run_program(profile(), REFUSED)
        self.assertFalse(os.path.exists(self.path("made")))

    def test_refused_install_leaves_calls_alone(self):
        self.run_program(profile(), BAD_FLAG)

    def test_notify_needs_and_gets_a_listener(self):
        self.run_program(profile(action="SCMP_ACT_NOTIFY"), LISTENER)

    def test_thread_that_tsync_cannot_bring_along_is_esrch(self):
        self.run_program(profile(), TSYNC, "-pthread")

    def test_wait_killable_without_a_listener_is_left_out(self):
        self.run_program(profile(flags=["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]),
                         WITHOUT_LISTENER)

    def test_listener_and_tsync_of_the_profile_go_together(self):
        self.run_program(profile(action="SCMP_ACT_NOTIFY",
                                 flags=["SECCOMP_FILTER_FLAG_TSYNC",
                                        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]),
                         LISTENER_ON_ALL_THREADS, "-pthread", "-DINSTALL_FLAGS=(1u << 3)")

    def test_listener_and_tsync_of_the_caller_go_together(self):
        self.run_program(profile(), LISTENER_ON_ALL_THREADS, "-pthread",
                         "-DINSTALL_FLAGS=(1u << 3 | 1u << 0)")

    def test_profile_flags_are_ored_in(self):
        self.write("web.json", profile(flags=["SECCOMP_FILTER_FLAG_TSYNC",
                                              "SECCOMP_FILTER_FLAG_LOG"]))
        header = self.gen("-o", "-", "web.json").decode()
        self.assertIn("\tflags |= 0x3u; /* SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG */\n",
                      header)

    def test_names_profile_hash_and_command_but_no_path(self):
        self.write("deep/folder/web-server.json", profile())
        digest = subprocess.run(["sha256sum", "deep/folder/web-server.json"], cwd=self.folder,
                                capture_output=True, text=True, check=True).stdout.split()[0]
        header = self.gen("--arch", "x86_64", "--kernel", "6.1", "--caps", "", "--enosys",
                          "--strict", "--bad-arch", "SCMP_ACT_ERRNO", "--effort", "quick",
                          "--reading", "literal", "--width", "kernel", "-o", "-",
                          self.path("deep/folder/web-server.json")).decode()
        self.assertIn(f" * web_server is made from web-server.json, SHA-256\n *\t{digest}\n", header)
        self.assertIn(" *\tsbpf-gen --arch=x86_64 --kernel=6.1 --caps= --bad-arch=SCMP_ACT_ERRNO "
                      "--enosys --strict --reading=literal --width=kernel --effort=quick "
                      "--name web_server=web-server.json -o HEADER\n", header)
        self.assertNotIn("deep", header)
        self.assertNotIn(self.folder, header)

    def test_names_the_kernel_that_a_profile_depends_on(self):
        self.write("plain.json", profile())
        self.write("guarded.json", guarded_profile())
        plain = self.run_gen("-o", "-", "plain.json")
        self.assertNotIn(b" --kernel=", plain.stdout)
        self.assertEqual(plain.stderr, b"")
        made = self.run_gen("-o", "-", "guarded.json")
        header = made.stdout
        newest = re.search(rb" --kernel=(\d+\.\d+) ", header)[1].decode()
        self.assertEqual(made.stderr.decode(),
                         "sbpf-gen: guarded.json: warning: depends on the kernel (minKernel): "
                         f"compiled for Linux {newest}, the newest known; name another with "
                         "--kernel\n")
        named = self.run_gen("--kernel", newest, "-o", "-", "guarded.json")
        self.assertEqual((named.stdout, named.stderr), (header, b""))
        self.assertIn(b" --kernel=4.7.1 ",
                      self.gen("--kernel", "4.7.1", "-o", "-", "guarded.json"))
        self.gen("-o", "out.h", "guarded.json")
        stale = self.run_gen("--check", "out.h", "--enosys", "guarded.json")
        self.assertEqual(stale.returncode, 1)
        self.assertIn(f" --kernel={newest} ".encode(), stale.stderr)

    def test_same_input_gives_the_same_bytes_from_anywhere(self):
        self.write("a/web.json", profile())
        self.write("b/c/web.json", profile())
        self.gen("--name", "web=web.json", "-o", "out.h", cwd=self.path("a"))
        self.gen("-o", self.path("other.h"), "../b/c/web.json", cwd=self.path("a"))
        self.assertEqual(self.read("a/out.h"), self.read("other.h"))
        self.assertEqual(self.read("other.h"), self.gen("-o", "-", self.path("a/web.json")))

    def test_identifiers_come_from_file_names(self):
        for name, identifier in {"block-mkdir.json": "block_mkdir", "9p.json": "profile_9p",
                                 "default.json": "profile_default", "class": "profile_class",
                                 ".hidden": "_hidden", "a.b.json": "a_b", "Web": "Web"}.items():
            self.write(name, profile())
            with self.subTest(name=name):
                header = self.gen("-o", "-", "--", name).decode()
                self.assertIn(f"static inline int {identifier}_install(unsigned int flags)\n",
                              header)
        header = self.gen("-o", "-", "-", stdin=profile().encode()).decode()
        self.assertIn("static inline int profile_install(unsigned int flags)\n", header)

    def test_odd_file_name_cannot_leave_the_comment(self):
        self.write("a*\\ \n\"'?.json", profile())
        self.gen("--name", "one=a*\\ \n\"'?.json", "--name", "two=a*\\ \n\"'?.json", "-o", "out.h")
        self.compile("gcc", "c", "c11", USED)
        self.assertIn(b"--name one='a?? ????.json'", self.read("out.h"))


if __name__ == "__main__":
    unittest.main()
