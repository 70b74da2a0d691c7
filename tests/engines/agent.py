# SPDX-License-Identifier: MIT
"""A seccomp agent: it takes listeners from runtimes, as the OCI runtime specification's
listenerPath says, and answers every call that they report with an errno."""
import array
import errno
import fcntl
import json
import os
import select
import socket
import struct
import threading

# linux/seccomp.h: struct seccomp_notif is id, pid, flags and data, seccomp_notif_resp is id, val,
# error and flags.
SECCOMP_IOCTL_NOTIF_RECV = 0xC0502100
SECCOMP_IOCTL_NOTIF_SEND = 0xC0182101
NOTIF_SIZE = 80


class Agent:
    def __init__(self, path, answer):
        self.answer = answer
        self.states = []
        self.answered = 0
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(path)
        self.socket.listen()
        threading.Thread(target=self.take_listeners, daemon=True).start()

    def take_listeners(self):
        while True:
            connection, _ = self.socket.accept()
            with connection:
                text, ancillary, _, _ = connection.recvmsg(1 << 16, socket.CMSG_SPACE(4 * 8))
            state = json.loads(text.rstrip(b"\0"))
            descriptors = array.array("i")
            for _, _, data in ancillary:
                descriptors.frombytes(data)
            listener = descriptors[state["fds"].index("seccompFd")]
            self.states.append(state)
            threading.Thread(target=self.serve, args=(listener, ), daemon=True).start()

    def serve(self, listener):
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while not any(event & select.POLLHUP for _, event in poll.poll()):
            notification = bytearray(NOTIF_SIZE)
            try:
                fcntl.ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, notification)
                call = struct.unpack_from("=Q", notification)[0]
                fcntl.ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND,
                            struct.pack("=QqiI", call, 0, -self.answer, 0))
                self.answered += 1
            except OSError as error:
                # The process ended meanwhile.
                if error.errno != errno.ENOENT:
                    raise
        os.close(listener)
