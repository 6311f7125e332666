"""The supervisor: starts a worker, stores the end of its output, and ends all that it started.

Started as ``bench.workers.supervisor`` by a worker slot. No estimator runs in it, so that it can
always answer. Descendants of the worker that lose their parent become its children, and it ends
them with the worker: on request of the slot, when the worker dies, and when the coordinator does.

Requests of the slot: NEW (a cell begins: delete the output so far), TAIL (send the output), WHERE
with the id of a process (0: the worker) that is to print its stack, END. The supervisor answers NEW
and TAIL, and reports the end of the worker, with a JSON object: ``code`` (exit code or minus the
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

from bench.workers import launch, os_control

NEW, TAIL, WHERE, END = b"new", b"tail", b"where", b"end"
#: Signal at which a worker, and the process of its cell, print their stack.
WHERE_SIGNAL = signal.SIGUSR1

_TAIL_BYTES = 16_384
# More than a pipe holds, but bounded: a worker may print without end.
_READS = 32
_INTERVAL = 1.0  # seconds between checks that the coordinator is alive


class _Supervisor:
    def __init__(self, control: Connection, work: int, parent: int, scratch: str) -> None:
        self._control = control
        self._parent = parent
        self._scratch = scratch
        self._tail = b""
        self._output, worker_output = os.pipe()
        os.set_blocking(self._output, False)
        self._child_ended, wakeup = os.pipe()
        os.set_blocking(self._child_ended, False)
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self._worker = subprocess.Popen(
            launch.command("bench.workers.worker", work, os.getpid()),
            pass_fds=[work],
            stdin=subprocess.DEVNULL,
            stdout=worker_output,
            stderr=worker_output,
            # A signal that an estimator sends to its own group must not reach the supervisor.
            start_new_session=True,
        ).pid
        os.close(worker_output)
        os.close(work)

    def serve(self) -> None:
        """Answer the worker slot until the worker has ended."""
        with selectors.DefaultSelector() as selector:
            for source in (self._control, self._output, self._child_ended):
                selector.register(source, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in selector.select(_INTERVAL)}
                if os.getppid() != self._parent:
                    return self._end_orphaned()
                if self._output in ready and not self._read_output():
                    selector.unregister(self._output)
                if self._child_ended in ready:
                    os.read(self._child_ended, 4096)
                    code = os_control.reap().get(self._worker)
                    if code is not None:
                        return self._end(code)
                if self._control in ready:
                    try:
                        request = self._control.recv_bytes()
                    except (EOFError, OSError):
                        return self._end_orphaned()
                    if request == END:
                        return self._end(None)
                    self._answer(request)

    def _answer(self, request: bytes) -> None:
        self._read_output()
        if request == NEW:
            self._tail = b""
            self._reply(None)
        elif request == TAIL:
            self._reply(None)
        elif request.startswith(WHERE):
            with suppress(ProcessLookupError):
                os.kill(int(request.split()[1]) or self._worker, WHERE_SIGNAL)
            time.sleep(0.1)
            self._read_output()

    def _read_output(self) -> bool:
        """Read what was printed, and store the end of it; False where nothing more can come."""
        for _ in range(_READS):
            try:
                more = os.read(self._output, 1 << 16)
            except BlockingIOError:
                return True
            if not more:
                return False
            self._tail = (self._tail + more)[-_TAIL_BYTES:]
        return True

    def _reply(self, code: int | None) -> None:
        reply = {"code": code, "tail": self._tail.decode(errors="replace")}
        with suppress(OSError):
            self._control.send_bytes(json.dumps(reply).encode())

    def _end(self, code: int | None) -> None:
        self._read_output()
        os_control.end_descendants()
        self._read_output()
        self._reply(code)

    def _end_orphaned(self) -> None:
        """End all processes after the coordinator has died, and remove its sample cache."""
        os_control.end_descendants()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)


def main() -> None:
    """Supervise a worker; arguments: two file descriptors, the parent's id, a scratch folder."""
    control, work, parent, scratch = sys.argv[1:]
    os_control.adopt_orphans()
    _Supervisor(Connection(int(control)), int(work), int(parent), scratch).serve()


if __name__ == "__main__":
    main()
