"""The keeper: starts a worker, keeps the end of its output, and lets nothing of it outlive it.

Started as ``bench.workers.supervisor`` by a lane. No estimator runs in it, so that it can
always answer. All descendants of the worker that lose their parent become its children, and it
ends them with the worker: when the lane says so, when the worker dies, and when the coordinator
does.

The lane sends NEW (a cell begins: forget the output so far), TAIL (tell the output), WHERE with the
number of a process that is to print where it is (0 for the worker), END. The keeper answers NEW and
TAIL, and says that the worker has ended, with one JSON object: ``code`` (exit code or minus the
signal; null while it runs) and ``tail``.
"""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from bench.workers import os_control, start

NEW, TAIL, WHERE, END = b"new", b"tail", b"where", b"end"
#: A worker, and the process of its cell, print where they are when they get this.
WHERE_SIGNAL = signal.SIGUSR1

_KEPT = 16_384
# More than a pipe holds, but not for ever: a worker may print without end.
_READS = 32
_LOOK = 1.0  # seconds between looks at whether the coordinator is there


class _Keeper:
    def __init__(self, control: Connection, work: int, parent: int, scratch: str) -> None:
        self._control = control
        self._parent = parent
        self._scratch = scratch
        self._tail = b""
        self._output, theirs = os.pipe()
        os.set_blocking(self._output, False)
        self._woken, wake = os.pipe()
        os.set_blocking(self._woken, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._worker = subprocess.Popen(
            start.command("bench.workers.worker", work, os.getpid()),
            pass_fds=[work],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            # A signal that an estimator sends to its own group is not for the keeper.
            start_new_session=True,
        ).pid
        os.close(theirs)
        os.close(work)

    def watch(self) -> None:
        """Serve the lane until the worker is gone."""
        with selectors.DefaultSelector() as selector:
            for source in (self._control, self._output, self._woken):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(_LOOK)}
                if os.getppid() != self._parent:
                    return self._deserted()
                if self._output in ready and not self._drain():
                    selector.unregister(self._output)
                if self._woken in ready:
                    os.read(self._woken, 4096)
                    code = os_control.reap().get(self._worker)
                    if code is not None:
                        return self._end(code)
                if self._control in ready:
                    try:
                        asked = self._control.recv_bytes()
                    except (EOFError, OSError):
                        return self._deserted()
                    if asked == END:
                        return self._end(None)
                    self._answer(asked)

    def _answer(self, asked: bytes) -> None:
        self._drain()
        if asked == NEW:
            self._tail = b""
            self._tell(None)
        elif asked.startswith(WHERE):
            with suppress(ProcessLookupError):
                os.kill(int(asked.split()[1]) or self._worker, WHERE_SIGNAL)
            time.sleep(0.1)
            self._drain()
        elif asked == TAIL:
            self._tell(None)

    def _drain(self) -> bool:
        """Read what was printed, and keep the end of it; False where nothing more can come."""
        for _ in range(_READS):
            try:
                more = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return True
            if not more:
                return False
            self._tail = (self._tail + more)[-_KEPT:]
        return True

    def _tell(self, code: int | None) -> None:
        told = {"code": code, "tail": self._tail.decode(errors="replace")}
        try:
            self._control.send_bytes(json.dumps(told).encode())
        except OSError:
            pass

    def _end(self, code: int | None) -> None:
        self._drain()
        os_control.end_descendants()
        self._drain()
        self._tell(code)

    def _deserted(self) -> None:
        """The coordinator is dead: end everything, and remove what it left."""
        os_control.end_descendants()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)


def main() -> None:
    """Keep one worker; arguments are file descriptors, the parent's number, a scratch folder."""
    control, work, parent, scratch = sys.argv[1:]
    os_control.adopt_orphans()
    _Keeper(Connection(int(control)), int(work), int(parent), scratch).watch()


if __name__ == "__main__":
    main()
