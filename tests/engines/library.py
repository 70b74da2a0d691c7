# SPDX-License-Identifier: MIT
"""Which libseccomp the engines use: ours in the place of the system's, and who opened which."""
import contextlib
import ctypes
import os
import struct
import subprocess
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2


def mapped_file(name):
    """The file of a library that this process has loaded."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        return next(line.split()[-1] for line in maps
                    if os.path.basename(line.split()[-1]).startswith(name))


# Loaded before anything is put in its place.
SYSTEM = ctypes.CDLL("libseccomp.so.2")
SYSTEM_PATH = mapped_file("libseccomp.so.2")


@contextlib.contextmanager
def in_place_of_the_system_s(library):
    """A bind mount reaches also what is started with an empty environment, such as `runc init`."""
    subprocess.run(["mount", "--bind", library, SYSTEM_PATH], check=True)
    try:
        yield
    finally:
        # Processes that still have the file mapped do not hinder a lazy unmount.
        LIBC.umount2(SYSTEM_PATH.encode(), MNT_DETACH)


@contextlib.contextmanager
def library_by_environment(library):
    os.environ["LD_LIBRARY_PATH"] = os.path.dirname(library)
    try:
        yield
    finally:
        del os.environ["LD_LIBRARY_PATH"]


class Watch:
    """Says which programs open the libraries, by fanotify(7): the opening waits for an answer, so
    that the program is there to be looked at, however short its life."""

    FAN_CLASS_CONTENT = 0x4
    FAN_CLOEXEC = 0x1
    FAN_MARK_ADD = 0x1
    FAN_OPEN_PERM = 0x10000
    FAN_ALLOW = 0x1
    AT_FDCWD = -100

    def __init__(self, libraries_by_name):
        self.opened = []
        self.names = {(os.stat(path).st_ino, os.stat(path).st_dev): name
                      for name, path in libraries_by_name.items()}
        self.descriptor = LIBC.fanotify_init(self.FAN_CLASS_CONTENT | self.FAN_CLOEXEC, os.O_RDONLY)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "fanotify_init")
        for path in libraries_by_name.values():
            if LIBC.fanotify_mark(self.descriptor, self.FAN_MARK_ADD,
                                  ctypes.c_uint64(self.FAN_OPEN_PERM), self.AT_FDCWD,
                                  path.encode()) < 0:
                raise OSError(ctypes.get_errno(), "fanotify_mark", path)
        threading.Thread(target=self.answer_all, daemon=True).start()

    def answer_all(self):
        header = struct.Struct("=IBBHQii")
        while True:
            events = os.read(self.descriptor, 4096)
            while events:
                length, _, _, _, _, file, process = header.unpack_from(events)
                events = events[length:]
                self.note(file, process)
                os.write(self.descriptor, struct.pack("=iI", file, self.FAN_ALLOW))
                os.close(file)

    def note(self, file, process):
        # 0 is a process that is outside this PID namespace.
        if process == 0:
            return
        status = os.fstat(file)
        with open(f"/proc/{process}/cmdline", "rb") as cmdline:
            words = cmdline.read().split(b"\0")
        program = os.path.basename(words[0].decode(errors="replace"))
        # runc executes a copy of itself in memory as "runc init"; that one compiles.
        if words[1:2] == [b"init"]:
            program = "runc init"
        self.opened.append((self.names[status.st_ino, status.st_dev], program))

    @contextlib.contextmanager
    def noting(self):
        """Gives a set of (library, program) that is filled when the block ends."""
        start = len(self.opened)
        noted = set()
        yield noted
        noted.update(self.opened[start:])


def libraries(opened):
    return sorted({name for name, _ in opened})


def users(opened):
    return ", ".join(sorted({program for _, program in opened}))
