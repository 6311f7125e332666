"""A real pseudo-terminal with a command in it, and the screen that a terminal would show."""

import codecs
import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

import pytest
from commandline import ROOT, environment

#: Seconds after which something is wrong; no test is to depend on how fast the machine is.
LONG = 120


class Terminal:
    """``python -m bench ARGUMENTS`` on a terminal of so many columns; use it as a context."""

    def __init__(self, *arguments, columns, lines=40, **more):
        pyte = pytest.importorskip("pyte")
        self.screen = pyte.HistoryScreen(columns, lines, history=1000)
        self._stream = pyte.Stream(self.screen)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._master, slave = pty.openpty()
        self._size(columns, lines)
        of_its_own = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
        env = {k: v for k, v in environment(**more).items() if k not in of_its_own}
        self.process = subprocess.Popen(
            [sys.executable, "-c", _AS_A_SHELL_STARTS_IT, *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            env={**env, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _size(self, columns, lines):
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def widen(self, columns):
        """Make the terminal wider, as one that is dragged."""
        self.screen.resize(columns=columns)
        self._size(columns, self.screen.lines)

    def press(self, keys):
        os.write(self._master, keys.encode())

    def _read(self, pause):
        """Show new output; return whether more is to come."""
        if not select.select([self._master], [], [], pause)[0]:
            return True
        with contextlib.suppress(OSError):  # EIO where the other end is closed
            if read := os.read(self._master, 65536):
                self._stream.feed(self._decoder.decode(read))
                return True
        return False

    @property
    def rows(self):
        """Return the screen, from the first row that a line was written to."""
        above = [
            "".join(row[column].data for column in range(self.screen.columns)).rstrip()
            for row in self.screen.history.top
        ]
        return [*above, *(row.rstrip() for row in self.screen.display)]

    def wait_for(self, shown):
        """Wait until ``shown`` of the rows is true; returns them."""
        end = time.monotonic() + LONG
        while not shown(self.rows):
            assert self._read(0.1), "\n".join(self.rows)
            assert time.monotonic() < end, "\n".join(self.rows)
        return self.rows

    def wait_for_the_end(self):
        """Wait until the command has ended; returns its exit code."""
        end = time.monotonic() + LONG
        while self._read(0.1) and (self.process.poll() is None or self._pending()):
            assert time.monotonic() < end, "\n".join(self.rows)
        return self.process.wait(LONG)

    def _pending(self):
        return bool(select.select([self._master], [], [], 0)[0])


#: Takes the terminal as its own, so that Ctrl-C reaches it, and heeds it.
_AS_A_SHELL_STARTS_IT = """
import fcntl, os, runpy, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("bench", run_name="__main__", alter_sys=True)
"""
