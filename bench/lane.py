"""A lane: one reusable worker process, which can be killed without harm to anything else."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from bench.cell import blank
from bench.plan import Cell
from bench.records import Record

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
_OUTPUT_LINES = 5


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know beside its cells."""

    threads: int
    plugins: tuple[str, ...]
    modules: tuple[str, ...]
    entries: bytes


class Lane:
    """Runs cells one at a time in a worker process, which is started when it is first needed."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._output = tempfile.TemporaryFile()
        self._closed = False

    def run(
        self,
        cell: Cell,
        device: str,
        timeout: float | None,
        tell: Callable[[str], None] = lambda text: None,
    ) -> tuple[Record, dict[str, Any]] | None:
        """Run a cell; None if the lane was closed meanwhile. ``tell`` gets what the cell logs.

        A cell that takes more than ``timeout`` seconds is killed and recorded as a timeout; one
        that takes its process along is recorded as crashed, with the last lines it printed.
        """
        if self._closed:
            return None
        try:
            connection = self._ready()
            self._output.truncate(0)
            self._output.seek(0)
            connection.send((cell, device))
            end = None if timeout is None else time.monotonic() + timeout
            while True:
                if not connection.poll(None if end is None else max(0, end - time.monotonic())):
                    self._stop()
                    return self._lost(cell, "timeout", f"stopped after {timeout:g} s", timeout)
                said = connection.recv()
                if not isinstance(said, str):
                    record, arrays = said
                    break
                tell(said)
        except (EOFError, OSError):
            if self._closed:
                return None
            return self._lost(cell, "crashed", self._death(), timeout)
        return replace(record, timeout=timeout), arrays

    def close(self) -> None:
        """Kill the worker; whatever it was doing is given up."""
        self._closed = True
        self._stop()

    def _ready(self) -> Connection:
        """The connection to a running worker, started if there is none."""
        if self._connection is not None and self._process is not None:
            return self._connection
        ours, theirs = socket.socketpair()
        environment = {
            **os.environ,
            **dict.fromkeys(_THREAD_VARIABLES, str(self.setup.threads)),
            "PYTHONPATH": os.pathsep.join(path for path in (os.getcwd(), *sys.path) if path),
        }
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.worker", str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                env=environment,
                # A session of its own: Ctrl-C is for the coordinator, and a kill reaches the
                # worker's own children too.
                start_new_session=True,
            )
        self._connection = Connection(ours.detach())
        if self._closed:
            # Closed while the process was being started: nobody else would end it.
            self._stop()
            raise EOFError
        self._connection.send(vars(self.setup))
        if self._connection.recv() != "ready":
            raise OSError("the worker did not start")
        return self._connection

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        connection, self._connection = self._connection, None
        if connection is not None and not self._closed:
            connection.close()

    def _death(self) -> str:
        """How the worker died, and the last lines it printed."""
        code = self._process.wait() if self._process else None
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").strip().splitlines()
        self._stop()
        how = f"exit code {code}"
        if code is not None and code < 0:
            how = f"killed by {signal.Signals(-code).name}"
        return "\n".join([f"the worker process ended: {how}", *lines[-_OUTPUT_LINES:]])

    def _lost(
        self, cell: Cell, status: str, message: str, timeout: float | None
    ) -> tuple[Record, dict[str, Any]]:
        return blank(
            cell, status=status, message=message, timeout=timeout, threads=self.setup.threads
        ), {}
