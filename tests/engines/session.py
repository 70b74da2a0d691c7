# SPDX-License-Identifier: MIT
"""A user at a terminal."""
import os
import pty
import select
import time

from common import PATIENCE


def type_into(command, lines, prompt, environment, folder):
    """Starts a command at a terminal, types each line when the prompt is there, and returns all
    that was to be seen."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    seen, end, lines = "", time.monotonic() + PATIENCE, list(lines)
    typed_at = 0
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            seen += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            # The other side of the terminal is gone.
            break
        if lines and prompt in seen[typed_at:]:
            typed_at = len(seen)
            os.write(terminal, lines.pop(0).encode() + b"\n")
    os.close(terminal)
    os.waitpid(process, 0)
    return seen
