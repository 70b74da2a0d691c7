#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Files that are written: what is kept of the old one, links, special files, and failures."""
import os
import signal
import stat
import struct
import subprocess
import tempfile
import time

from common import SBPF, SBPF_GEN, path_of, run_tests, write

PROFILE = write("profile.json", {"defaultAction": "SCMP_ACT_ALLOW"})
USER = {"user": 65534, "group": 65534, "extra_groups": []}  # without a file of its own
WRITERS = {
    "sbpf decompile": [SBPF, "decompile", PROFILE],
    "sbpf-gen": [SBPF_GEN, "--format", "json", PROFILE],
}


def write_to(path, status=0, message="", folder=None, **options):
    """With both programs; nothing else may be left in the folder."""
    for name, command in WRITERS.items():
        before = set(os.listdir(folder)) if folder else set()
        done = subprocess.run([*command, "-o", path], capture_output=True, text=True, check=False,
                              timeout=60, **options)
        assert done.returncode == status and message in done.stderr, (name, path, done)
        if folder:
            left = set(os.listdir(folder)) - before - {os.path.basename(path)}
            assert not left, (name, left)


def in_folder(test):
    with tempfile.TemporaryDirectory(prefix="sbpf-test-") as folder:
        test(folder)


def content(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def old_file(folder, mode=0o640):
    path = os.path.join(folder, "file")
    with open(path, "w", encoding="utf-8") as file:
        file.write("old")
    os.chmod(path, mode)
    return path


def test_owner_and_mode_are_kept_but_no_set_ids():
    def test(folder):
        path = old_file(folder)
        if os.geteuid() == 0:
            os.chown(path, 12345, 23456)
        os.chmod(path, 0o6751)
        before = os.stat(path)
        write_to(path, folder=folder)
        after = os.stat(path)
        assert stat.S_IMODE(after.st_mode) == 0o751, oct(after.st_mode)
        assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
        assert content(path).startswith("{")
    in_folder(test)


def test_user_attributes_are_kept():
    def test(folder):
        path = old_file(folder)
        try:
            os.setxattr(path, "user.note", b"kept")
        except OSError:
            print("SKIP: attributes: not on this file system")
            return
        write_to(path, folder=folder)
        assert os.getxattr(path, "user.note") == b"kept"
    in_folder(test)


def access_list():
    """rw for the owner, r for a user, nothing for the group, with the mask r (acl(5))."""
    nobody = 0xffffffff
    entries = ((1, 6, nobody), (2, 4, 12345), (4, 0, nobody), (0x10, 4, nobody), (0x20, 0, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def test_access_control_list_is_kept():
    def test(folder):
        path = old_file(folder)
        try:
            os.setxattr(path, "system.posix_acl_access", access_list())
        except OSError:
            print("SKIP: access control lists: not on this file system")
            return
        write_to(path, folder=folder)
        assert os.getxattr(path, "system.posix_acl_access") == access_list()
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o640 and content(path).startswith("{")
    in_folder(test)


def test_owner_that_cannot_be_kept_is_told():
    """Another user's file in a folder of one's own; its group gets what all others have."""
    def test(folder):
        for program in WRITERS.values():
            os.chmod(path_of("."), 0o755)
            if subprocess.run([program[0], "--version"], check=False, stdout=subprocess.DEVNULL,
                              **USER).returncode:
                print("SKIP: another user cannot execute", program[0])
                return
        os.chown(folder, 65534, 65534)
        for name, command in WRITERS.items():
            path = old_file(folder, 0o664)
            os.chmod(path, 0o676)
            done = subprocess.run([*command, "-o", path], capture_output=True, text=True,
                                  check=False, **USER)
            assert done.returncode == 0, (name, done)
            for what in ("owner", "group"):
                message = f"file: warning: its {what} cannot be kept: Operation not permitted\n"
                assert message in done.stderr, (name, done)
            after = os.stat(path)
            assert (after.st_uid, after.st_gid) == (65534, 65534)
            assert stat.S_IMODE(after.st_mode) == 0o666, oct(after.st_mode)
            assert os.listdir(folder) == ["file"]
            os.unlink(path)

    if os.geteuid():
        print("SKIP: another owner: not root")
        return
    in_folder(test)


def test_signal_comes_before_or_after_the_file():
    def test(folder):
        for command in WRITERS.values():
            path = os.path.join(folder, "file")
            subprocess.run([*command, "-o", path], check=True)
            new = content(path)
            for step in range(40):
                old_file(folder)
                with subprocess.Popen([*command, "-o", path]) as process:
                    time.sleep(step / 8000)
                    process.terminate()
                assert process.returncode in (0, -signal.SIGTERM), process.returncode
                assert content(path) in ("old", new)
                assert process.returncode or content(path) == new
                assert os.listdir(folder) == ["file"]
    in_folder(test)


def test_links_stay_and_lead_to_what_is_written():
    def test(folder):
        path, link = old_file(folder), os.path.join(folder, "link")
        os.symlink("file", link)
        write_to(link, folder=folder)
        assert os.readlink(link) == "file" and content(path).startswith("{")
    in_folder(test)


def test_dangling_and_looping_links_are_refused():
    def test(folder):
        # C libraries have words of their own for a loop.
        for target, message in (("nowhere", "does not exist"), ("link", "ymbolic link")):
            link = os.path.join(folder, "link")
            os.symlink(target, link)
            write_to(link, 1, message, folder)
            assert os.readlink(link) == target and os.listdir(folder) == ["link"]
            os.unlink(link)
    in_folder(test)


def test_special_files_are_written_in_place():
    write_to("/dev/null")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    write_to("/dev/full", 1, "No space left on device")
    for path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        with tempfile.TemporaryFile("w+") as file:
            file.write("head\n")
            file.flush()
            subprocess.run([*WRITERS["sbpf-gen"], "-o", path], stdout=file, check=True)
            file.seek(0)
            assert file.read().startswith("head\n{"), path


def test_long_names():
    def test(folder):
        for length in (250, 255):
            write_to(os.path.join(folder, "n" * length), folder=folder)
        write_to(os.path.join(folder, "n" * 256), 1, "name too long", folder)
    in_folder(test)


def test_a_failure_leaves_the_old_file():
    def test(folder):
        path = old_file(folder)
        limit = ["prlimit", "--fsize=10"]
        for command in WRITERS.values():
            done = subprocess.run([*limit, *command, "-o", path], capture_output=True, check=False)
            assert done.returncode and b"File too large" in done.stderr, done
        assert content(path) == "old" and os.listdir(folder) == ["file"]
    in_folder(test)


def test_messages_do_not_go_to_the_file_where_stderr_is_closed():
    def test(folder):
        path = os.path.join(folder, "file")
        subprocess.run(["sh", "-c", 'exec "$@" 2>&- >&- <&-', "sh", *WRITERS["sbpf-gen"], "-o", path],
                       check=True)
        assert content(path).startswith("{") and content(path).endswith("}\n")
    in_folder(test)


run_tests(globals())
